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

/* A campaign whose runs have two pieces: 4 runs of 8 tasks, all with a result but those of the last run. */
static vt_campaign *in_pieces(void)
{
  return vt_test_campaign("vitrion: 1\ncampaign: pieces\nseed: 7\npotential: {kind: lj}\n"
                          "compositions: {include: [LiAlCl4], atoms: 24}\ntemperatures: [500 K, 600 K]\nglasses: 2\n"
                          "protocol: {produce: {duration: 600 ps + 600 ps}}\n");
}

static void a_run_in_two_pieces_is_one_run(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf b = {0};
  vt_campaign *c = in_pieces();
  const vt_arrays_from from = {.load = nothing};
  vt_fits *f;
  vt_gate_counts n;
  int md = 0;
  VT_TEST_OK(vt_fits_make(c, &from, &f, &err), &err);
  for (int i = 0; i < c->n_tasks; i++) {
    if (c->task[i].kind != VT_TASK_MD) continue;
    md++;
    f->gates[i].gate[VT_GATE_PRESSURE].state = VT_GATE_PASSED;
    if (c->task[i].piece == 2 && c->task[i].temp == 0) { /* what the second piece fails the run fails */
      f->gates[i].gate[VT_GATE_STATIONARY].state = VT_GATE_FAILED;
      f->gates[i].n_failed = 1;
    } else {
      f->gates[i].gate[VT_GATE_STATIONARY].state = VT_GATE_PASSED;
    }
    f->transport[i].n_species = c->comp[0].n_species;
  }
  assert_int_equal(md, 8);
  vt_count_gates(c, f, -1, -1, &n);
  assert_int_equal(n.runs, 4);
  assert_int_equal(n.failing, 2);
  assert_int_equal(n.gate[VT_GATE_STATIONARY].failed, 2);
  assert_int_equal(n.gate[VT_GATE_STATIONARY].passed, 2);
  assert_int_equal(n.gate[VT_GATE_PRESSURE].passed, 4);
  assert_int_equal(n.gate[VT_GATE_MELT].not_judged, 4);
  VT_TEST_OK(vt_report_campaign_text(&b, c, f, &err), &err);
  assert_non_null(strstr(b.s, "\nGates: 2 of 4 runs fail one or more: stationary 2, pressure 0\n"));
  vt_buf_free(&b);
  vt_fits_free(f);
  vt_campaign_free(c);
}

/* Lines are folded: every run of blanks becomes one. */
static void unfold(char *s)
{
  const char *begin = s;
  char *to = s;
  for (; *s; s++)
    if (strchr(" \n", *s) == NULL)
      *to++ = *s;
    else if (to > begin && to[-1] != ' ')
      *to++ = ' ';
  *to = '\0';
}

/* One composition refused at 600 K, the other without a run there, a third without any. */
static void an_empty_cell_has_its_reason_and_what_is_not_done_one_line(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf b = {0};
  vt_campaign *c = vt_test_small_campaign("LiAlCl4, NaAlCl4, KAlCl4", "[500 K, 600 K]", 2, "");
  const vt_arrays_from from = {.load = nothing};
  vt_fits *f;
  VT_TEST_OK(vt_fits_make(c, &from, &f, &err), &err);
  vt_fitted *d = &f->fitted[VT_Q_D_ALKALI];
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    if (t->kind != VT_TASK_MD || t->comp == 2 || (t->comp == 1 && t->temp == 1)) continue;
    f->transport[i].n_species = c->comp[t->comp].n_species;
    vt_group *g = &f->group[t->comp * c->n_temp + t->temp];
    g->n_results = 2;
    g->pool.n_species = c->comp[t->comp].n_species;
    for (int s = 0; s < g->pool.n_species; s++) g->pool.tracer[s].reason = t->temp ? VT_TR_CAGED : VT_TR_OK;
    d->arrh[t->comp].n_rejected++;
    if (t->glass == 0 && t->temp == 0)
      d->at[d->n_at++] = (vt_at_t){.comp = t->comp, .t_k = c->t_k[0], .value = 1e-6, .lo95 = 9e-7, .hi95 = 1.1e-6};
  }
  VT_TEST_OK(vt_report_campaign_text(&b, c, f, &err), &err);
  char wanted[160];
  (void)snprintf(wanted, sizeof wanted, "  (a)  %s\n", vt_tr_reason_text(VT_TR_CAGED));
  assert_non_null(strstr(b.s, "1.00e-06 [9.0e-07, 1.1e-06]   - (a)\n"));
  assert_non_null(strstr(b.s, wanted));
  unfold(b.s);
  assert_non_null(strstr(b.s, "Not finished: 6 of 12 runs have no result"));
  assert_non_null(strstr(b.s, "of NaAlCl4 at 600 K; KAlCl4 Arrhenius fit"));
  const char *k = strstr(b.s, "KAlCl4"); /* of which no table says more */
  assert_null(strstr(k + 1, "KAlCl4"));
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
      cmocka_unit_test(a_run_in_two_pieces_is_one_run),
      cmocka_unit_test(an_empty_cell_has_its_reason_and_what_is_not_done_one_line),
      cmocka_unit_test(a_run_lists_value_limit_and_whether_it_holds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
