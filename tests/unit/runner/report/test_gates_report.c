/* How many runs fail which gate, as a person and a script read it: made-up gates of a small campaign. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/json/json.h"
#include "runner/report/report.h"
#include "tests/support/campaigns.h"
#include "tests/vt_test.h"

/* No task has a result. */
static vt_status nothing(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  (void)ctx, (void)i, (void)p, (void)err;
  *values = NULL;
  return VT_OK;
}

/* Two temperatures, two glasses: four runs.  All are sound; the melt of none is known; the first run ages, the second
 * has free anions and ages. */
static vt_fits *made_up_gates(const vt_campaign *c)
{
  vt_fits *f;
  vt_err err = {0};
  const vt_arrays_from from = {.load = nothing};
  vt_structure_summary s;
  int run = 0;
  VT_TEST_OK(vt_fits_make(c, &from, &f, &err), &err);
  vt_structure_none(&s);
  for (int i = 0; i < c->n_tasks; i++) {
    if (c->task[i].kind != VT_TASK_MD) continue;
    s.worst_z = run < 2 ? 7 : 1;
    s.free_anions = run == 1 ? 0.2 : 0;
    const vt_gate_input in = {
        .comp = &c->comp[0], .structure = &s, .pressure_gpa = 0, .melt_a2 = (double)NAN, .volume_error = (double)NAN};
    vt_gates_judge(&in, &f->gates[i]);
    f->transport[i].n_species = c->comp[0].n_species;
    run++;
  }
  assert_int_equal(run, 4);
  return f;
}

static void the_text_counts_the_runs_that_fail_each_gate_and_tells_the_limits(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf b = {0};
  vt_campaign *c = vt_test_small_campaign("LiAlCl4", "[500 K, 600 K]", 2, "");
  vt_fits *f = made_up_gates(c);
  VT_TEST_OK(vt_report_campaign_text(&b, c, f, &err), &err);
  assert_non_null(strstr(b.s, "\nGates: 2 of 4 runs fail one or more: stationary 2, free_anions 1, pressure 0\n"));
  for (int k = 0; k < VT_N_GATES; k++) assert_non_null(strstr(b.s, vt_gate_rules[k].limit));
  assert_non_null(strstr(b.s, "at least 10 A^2 (no run could"));
  vt_buf_free(&b);
  vt_fits_free(f);
  vt_campaign_free(c);
}

/* The number of runs at a temperature that fail gate k. */
static int64_t failed(const vt_json *list, int k) { return vt_json_get_int(vt_json_at(list, (size_t)k), "failed", -1); }

static void scripts_read_the_counts_of_the_campaign_and_of_each_temperature(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf b = {0};
  vt_json *root;
  vt_campaign *c = vt_test_small_campaign("LiAlCl4", "[500 K, 600 K]", 2, "");
  vt_fits *f = made_up_gates(c);
  VT_TEST_OK(vt_report_campaign_json(&b, c, f, NULL, &err), &err);
  VT_TEST_OK(vt_json_parse(b.s, b.len, &root, &err), &err);
  const vt_json *all = vt_json_get(root, "gates"), *groups = vt_json_get(root, "transport");
  assert_int_equal(vt_json_size(all), VT_N_GATES);
  const vt_json *melt = vt_json_at(all, VT_GATE_MELT), *anions = vt_json_at(all, VT_GATE_FREE_ANIONS);
  assert_string_equal(vt_json_get_text(melt, "name", ""), "melt");
  assert_int_equal(vt_json_get_int(melt, "not_judged", -1), 4);
  near(vt_json_get_num(melt, "limit", 0), 10, 0);
  near(vt_json_get_num(anions, "limit", 0), 0.03, 0);
  assert_int_equal(vt_json_size(vt_json_get(vt_json_at(all, VT_GATE_O_VARIANCE), "limit")), 2);
  assert_int_equal(failed(all, VT_GATE_STATIONARY), 2);
  assert_int_equal(vt_json_get_int(anions, "passed", -1), 3);
  int64_t sum = 0;
  for (size_t k = 0; k < vt_json_size(groups); k++)
    sum += failed(vt_json_get(vt_json_at(groups, k), "gates"), VT_GATE_STATIONARY);
  assert_int_equal(vt_json_size(groups), 2);
  assert_int_equal(sum, 2);
  vt_json_free(root);
  vt_buf_free(&b);
  vt_fits_free(f);
  vt_campaign_free(c);
}

/* The list of one run: null with its reason is not false. */
static void a_run_lists_value_limit_and_whether_it_holds(void **state)
{
  (void)state;
  vt_gates g;
  vt_buf b = {0};
  vt_err err = {0};
  vt_gates_none(&g);
  g.gate[VT_GATE_STATIONARY] = (vt_gate){.value = 7, .state = VT_GATE_FAILED};
  g.gate[VT_GATE_PRESSURE] = (vt_gate){.value = 0.05, .state = VT_GATE_PASSED};
  vt_json *list = vt_gates_json(&g);
  VT_TEST_OK(vt_json_dump(list, VT_JSON_LINE, &b, &err), &err);
  assert_non_null(strstr(b.s, "{\"name\":\"stationary\",\"value\":7.0,\"limit\":3.0,"));
  assert_non_null(strstr(b.s, "\"ok\":false},{\"name\":\"free_anions\",\"value\":null,"));
  assert_non_null(strstr(b.s, "\"ok\":null,\"reason\":\"not observed, or not resolved\"}"));
  assert_non_null(strstr(b.s, "\"ok\":true},{\"name\":\"volume\",\"value\":null,"));
  vt_buf_free(&b);
  vt_json_free(list);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_text_counts_the_runs_that_fail_each_gate_and_tells_the_limits),
      cmocka_unit_test(scripts_read_the_counts_of_the_campaign_and_of_each_temperature),
      cmocka_unit_test(a_run_lists_value_limit_and_whether_it_holds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
