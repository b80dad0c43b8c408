/* How an MD task ended, behind the values of its record. */
#include <stdlib.h>
#include <string.h>

#include "runner/records/records.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static char folder[VT_TEST_PATH];

/* A record of n_bytes of `payload` in a journal of its own. */
static vt_journal *journal_with(const char *name, const vt_plan *p, const void *payload, size_t n_bytes)
{
  vt_journal_writer *w;
  vt_journal *j;
  vt_err err = {0};
  VT_TEST_OK(vt_journal_create(&w, vt_test_inside(folder, name), 0, &err), &err);
  VT_TEST_OK(vt_journal_append(w, VT_REC_RESULT, &p->uid, 0, 0, payload, n_bytes, NULL, 0, &err), &err);
  VT_TEST_OK(vt_journal_sync(w, &err), &err);
  vt_journal_close(w);
  VT_TEST_OK(vt_journal_open(&j, vt_test_inside(folder, name), &err), &err);
  return j;
}

static void a_last_frame_comes_back_and_older_records_have_none(void **state)
{
  (void)state;
  vt_campaign *c = vt_test_small_campaign("LiAlCl4", "[500 K, 600 K]", 1, "");
  const vt_plan p = vt_test_plan(c, 1); /* a glass, then its MD tasks */
  const size_t n_atoms = (size_t)p.comp.n_atoms, n_last = 9 + 6 * n_atoms;
  size_t n, n_behind, got;
  double *values = vt_test_counting_values(&p, 0.1, &n), *back;
  double *last = vt_test_array(n_last, sizeof *last);
  const vt_last_head head = {
      .version = VT_LAST_VERSION, .n_atoms = p.comp.n_atoms, .step = 50, .time_ps = 0.1, .trajectory_bytes = 7};
  vt_result_head h = {
      .version = VT_RESULT_WITH_LAST, .kind = p.kind, .n_values = n, .produce_steps = vt_record_steps(&p)};
  vt_err err = {0};
  void *behind;
  vt_last l;
  int there;
  assert_int_equal(p.kind, VT_TASK_MD);
  for (size_t i = 0; i < n_last; i++) last[i] = 1000 + (double)i;
  VT_TEST_REFUSED(vt_last_pack(&head, last, n_last - 1, &behind, &n_behind, &err), VT_EINVAL, &err, "numbers for");
  VT_TEST_OK(vt_last_pack(&head, last, n_last, &behind, &n_behind, &err), &err);
  const size_t n_values = n * sizeof *values, all = sizeof h + n_values + n_behind;
  assert_int_equal(n_behind, 64 + 8 * n_last);
  char *bytes = vt_test_array(1, all);
  memcpy(bytes, &h, sizeof h);
  memcpy(bytes + sizeof h, values, n_values);
  memcpy(bytes + sizeof h + n_values, behind, n_behind);

  vt_journal *j = journal_with("good", &p, bytes, all);
  VT_TEST_OK(vt_record_last(j, vt_journal_result(j, &p.uid), &p, &l, &there, &err), &err);
  assert_true(there && l.head.step == 50 && l.head.trajectory_bytes == 7);
  assert_true(l.cell[2][2] == 1008 && l.x[0][0] == 1009 && l.v[0][0] == 1009 + 3 * (double)n_atoms);
  vt_last_free(&l);
  VT_TEST_OK(vt_results_load(j, &p, NULL, &back, &got, &err), &err);
  assert_memory_equal(back, values, n_values);
  vt_free(back);
  vt_journal_free(j);

  j = journal_with("cut", &p, bytes, all - 8);
  VT_TEST_REFUSED(vt_results_load(j, &p, NULL, &back, &got, &err), VT_ECORRUPT, &err, "its plan promises");
  vt_err_clear(&err);
  VT_TEST_REFUSED(vt_record_last(j, vt_journal_result(j, &p.uid), &p, &l, &there, &err), VT_ECORRUPT, &err,
                  "do not fit");
  vt_journal_free(j);

  h.version = VT_RESULT_VERSION; /* of a build that did not keep it */
  memcpy(bytes, &h, sizeof h);
  vt_err_clear(&err);
  j = journal_with("older", &p, bytes, sizeof h + n_values);
  VT_TEST_OK(vt_record_last(j, vt_journal_result(j, &p.uid), &p, &l, &there, &err), &err);
  assert_int_equal(there, 0);
  vt_journal_free(j);
  vt_free(behind);
  free(bytes);
  free(last);
  free(values);
  vt_campaign_free(c);
}

static int open_folder(void **state)
{
  (void)state;
  vt_test_folder_in_memory(folder, "last");
  return 0;
}

static int close_folder(void **state)
{
  (void)state;
  vt_test_folder_remove(folder);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_last_frame_comes_back_and_older_records_have_none)};
  return cmocka_run_group_tests(tests, open_folder, close_folder);
}
