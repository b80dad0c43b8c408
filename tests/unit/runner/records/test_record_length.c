/* A result of another length of production is not the result that a campaign asks for. */
#include <stdlib.h>

#include "runner/records/records.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static vt_plan md_plan(int version, double produce_ps)
{
  vt_campaign *c = vt_test_small_campaign("LiCl", "[300 K]", 1, "");
  vt_plan p = vt_test_plan(c, 1);
  vt_err err = {0};
  vt_campaign_free(c);
  assert_int_equal(p.kind, VT_TASK_MD);
  p.protocol.version = version;
  p.protocol.produce_ps = produce_ps;
  VT_TEST_OK(vt_plan_identify(&p, &err), &err);
  return p;
}

static void the_head_counts_the_full_steps_of_a_production_that_no_uid_tells(void **state)
{
  (void)state;
  vt_plan p = md_plan(2, 1);
  assert_int_equal(vt_record_steps(&p), 500); /* 1 ps at 2 fs */
  p.half_stage = VT_STAGE_PRODUCE;
  assert_int_equal(vt_record_steps(&p), 500);
  p = md_plan(1, 1);
  assert_int_equal(vt_record_steps(&p), 0);
  p.kind = VT_TASK_GLASS, p.protocol.version = 2;
  assert_int_equal(vt_record_steps(&p), 0);
}

static void a_shorter_result_is_not_read_as_the_longer_one(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  const vt_plan shorter = md_plan(2, 1), longer = md_plan(2, 4);
  vt_err err = {0};
  size_t n, got;
  double *values = vt_test_counting_values(&shorter, 0, &n), *back;
  vt_journal *j;
  assert_true(vt_uid_equal(&shorter.uid, &longer.uid));
  vt_test_folder(folder, "lengths");
  vt_test_record_result(folder, &shorter, values, n);
  VT_TEST_OK(vt_journal_open(&j, folder, &err), &err);
  const vt_rec *rec = vt_journal_result(j, &shorter.uid);
  assert_true(vt_record_has_length(j, rec, &shorter) && !vt_record_has_length(j, rec, &longer));
  VT_TEST_OK(vt_results_load(j, &shorter, NULL, &back, &got, &err), &err);
  assert_int_equal(got, n);
  vt_free(back);
  VT_TEST_REFUSED(vt_results_load(j, &longer, NULL, &back, &got, &err), VT_EINVAL, &err,
                  "has a production of 500 steps, the campaign asks for 2000 (protocol.produce.duration)");
  vt_journal_free(j);
  free(values);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_head_counts_the_full_steps_of_a_production_that_no_uid_tells),
      cmocka_unit_test(a_shorter_result_is_not_read_as_the_longer_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
