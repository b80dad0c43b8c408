/* spec: two texts of a task: protocol 1 has the length of production in it, protocol 2 names itself instead. */
#include <stdio.h>
#include <string.h>

#include "engine/spec/spec.h"
#include "tests/vt_test.h"

static vt_plan any_plan(int kind, int version)
{
  vt_plan p = {.kind = kind, .seed = 7, .block_steps = 50, .t_k = 450, .pot_kind = "lj"};
  p.comp =
      (vt_composition){.name = "LiCl", .n_species = 2, .z = {3, 17}, .count = {4, 4}, .charge = {1, -1}, .n_atoms = 8};
  p.protocol = (vt_protocol){.version = version,
                             .pack_density = 1,
                             .melt_t_k = 1200,
                             .melt_ps = 20,
                             .melt_dt_fs = 2,
                             .quench_rate_k_s = 1e12,
                             .quench_dt_fs = 2,
                             .equil_ps = 50,
                             .equil_dt_fs = 2,
                             .produce_ps = 600,
                             .produce_dt_fs = 2,
                             .thermostat_ps = 0.125,
                             .barostat_ps = 1};
  if (kind == VT_TASK_MD) vt_sha256("a glass", 7, &p.needs);
  return p;
}

/* The lines of a that are not in b, one behind the other. */
static void lines_only_in(const vt_plan *a, const vt_plan *b, char *out, size_t cap)
{
  vt_buf x = {0}, y = {0};
  size_t used = 0;
  vt_plan_canon(a, &x);
  vt_plan_canon(b, &y);
  for (const char *at = x.s; *at;) {
    char line[256];
    const size_t n = strcspn(at, "\n") + 1;
    (void)snprintf(line, sizeof line, "%.*s", (int)n, at);
    if (!strstr(y.s, line)) used += (size_t)snprintf(out + used, cap - used, "%s", line);
    at += n;
  }
  out[used] = '\0';
  vt_buf_free(&x);
  vt_buf_free(&y);
}

static void the_second_text_names_the_protocol_and_no_length_of_production(void **state)
{
  (void)state;
  char only[400];
  for (int kind = VT_TASK_GLASS; kind <= VT_TASK_MD; kind++) {
    const vt_plan one = any_plan(kind, 1), two = any_plan(kind, 2);
    lines_only_in(&one, &two, only, sizeof only);
    assert_string_equal(only, kind == VT_TASK_MD ? "vitrion-task 1\nproduce.duration_ps 600\n" : "vitrion-task 1\n");
    lines_only_in(&two, &one, only, sizeof only);
    assert_string_equal(only, "vitrion-task 2\nprotocol 2\n");
  }
}

/* Key and uid: of protocol 1 the length changes both, of protocol 2 none. */
static void a_longer_production_is_the_same_task_of_protocol_2(void **state)
{
  (void)state;
  for (int version = 1; version <= 2; version++) {
    vt_err err = {0};
    vt_plan a = any_plan(VT_TASK_MD, version), b = a;
    b.protocol.produce_ps *= 2;
    VT_TEST_OK(vt_plan_identify(&a, &err), &err);
    VT_TEST_OK(vt_plan_identify(&b, &err), &err);
    assert_int_equal(vt_uid_equal(&a.uid, &b.uid), version == 2);
    assert_int_equal(vt_plan_key(&a) == vt_plan_key(&b), version == 2);
  }
}

static void a_task_of_no_protocol_or_of_a_later_one_gets_no_uid(void **state)
{
  (void)state;
  static const int wrong[] = {0, 4, -1};
  for (int k = 0; k < 3; k++) {
    vt_err err = {0};
    vt_plan p = any_plan(VT_TASK_GLASS, wrong[k]);
    VT_TEST_REFUSED(vt_plan_identify(&p, &err), VT_EINVAL, &err, "expected 1 to 3");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_second_text_names_the_protocol_and_no_length_of_production),
      cmocka_unit_test(a_longer_production_is_the_same_task_of_protocol_2),
      cmocka_unit_test(a_task_of_no_protocol_or_of_a_later_one_gets_no_uid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
