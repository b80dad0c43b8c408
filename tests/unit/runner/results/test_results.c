/* Rows of results.h5: arrays of tasks with their own species scattered to the campaign's species table, and back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/obs/obs.h"
#include "runner/results/results.h"
#include "tests/support/campaigns.h"
#include "tests/support/draw.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ scattered rows against elements' names */

/* Two to five different glasses, so that tasks have other species than the campaign. */
static vt_campaign *draw_campaign(vt_test_draws *r)
{
  static const char *const formula[] = {"LiAlCl4", "NaTaCl6", "LiTaOCl4", "KInI4", "NaAlBr4", "RbGaF4", "KNbOCl4"};
  enum { N = sizeof formula / sizeof *formula };
  char text[256] = "";
  const int n = 2 + (int)vt_test_uniform(r, 0, 4);
  int taken[N] = {0};
  for (int k = 0; k < n; k++) {
    int f = (int)vt_test_uniform(r, 0, N);
    while (taken[f]) f = (f + 1) % N;
    taken[f] = 1;
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? ", " : "", formula[f]);
  }
  return vt_test_small_campaign(text, "[500 K]", 1, "");
}

/* Index into a task's species of the campaign's species k; -1: absent. */
static int species_in(const vt_campaign *c, const vt_composition *comp, int k)
{
  for (int s = 0; s < comp->n_species; s++)
    if (comp->z[s] == c->z[k]) return s;
  return -1;
}

/* The pair of a pair axis by counting: (0,0) (0,1) ... (1,1) ... */
static void pair_at(int n_species, int at, int pair[2])
{
  int k = 0;
  pair[1] = 0;
  for (pair[0] = 0; pair[0] < n_species; pair[0]++)
    for (pair[1] = pair[0]; pair[1] < n_species; pair[1]++)
      if (k++ == at) return;
  fail_msg("no pair %d of %d species", at, n_species);
}

/* Where index `at` of an axis of the row lies in the task; -1: the task has none. */
static int in_task(const vt_campaign *c, const vt_composition *comp, const vt_array_def *task, int axis, int at)
{
  if (task->axis[axis] == VT_AXIS_SPECIES) return species_in(c, comp, at);
  if (task->axis[axis] != VT_AXIS_PAIR) return at < task->dim[axis] ? at : -1;
  int pair[2] = {0}, wanted[2] = {0};
  pair_at(c->n_species, at, pair);
  for (int q = 0; q < 2; q++)
    if ((wanted[q] = species_in(c, comp, pair[q])) < 0) return -1;
  for (int k = 0; k < task->dim[axis]; k++) {
    int mine[2] = {0};
    pair_at(comp->n_species, k, mine);
    if ((mine[0] == wanted[0] && mine[1] == wanted[1]) || (mine[0] == wanted[1] && mine[1] == wanted[0])) return k;
  }
  fail_msg("a pair of %s is missing", comp->name);
  return -1;
}

/* Every element of the row: the task's number of the same elements, or as it was (NaN) where the task has none. */
static int64_t check_row(const vt_campaign *c, const vt_plan *p, const vt_array_def *task, const double *values,
                         const vt_array_def *row, const double *out)
{
  const size_t n = vt_array_count(row);
  int64_t absent = 0;
  for (size_t i = 0; i < n; i++) {
    size_t rest = i, from = 0;
    int at[VT_MAX_DIM], there = 1;
    for (int a = row->n_dim - 1; a >= 0; a--) at[a] = (int)(rest % (size_t)row->dim[a]), rest /= (size_t)row->dim[a];
    for (int a = 0; a < row->n_dim; a++) {
      const int mine = in_task(c, &p->comp, task, a, at[a]);
      there &= mine >= 0;
      from = from * (size_t)task->dim[a] + (size_t)(mine < 0 ? 0 : mine);
    }
    absent += !there;
    if (there ? out[i] != values[from] : !isnan(out[i]))
      fail_msg("%s of %s, element %zu: %g, expected %g", task->name, p->comp.name, i, out[i],
               there ? values[from] : NAN);
  }
  return absent;
}

static const vt_row_def *row_named(const vt_row_def *def, int n, const char *name, int kind, int *at)
{
  for (*at = 0; *at < n; ++*at)
    if (strcmp(def[*at].def.name, name) == 0 && def[*at].kind == kind) return &def[*at];
  fail_msg("no row dataset %s", name);
  return NULL;
}

/* Arrays without values of a whole campaign, as the store hands them out: NaN. */
static void open_rows(const vt_row_def *def, int n, double **out)
{
  for (int k = 0; k < n; k++) {
    const size_t count = vt_array_count(&def[k].def);
    out[k] = vt_test_array(count, sizeof **out);
    for (size_t i = 0; i < count; i++) out[k][i] = NAN;
  }
}

static int64_t check_task(const vt_campaign *c, int i, const vt_row_def *def, int n, const vt_row_source *from)
{
  const vt_plan p = vt_test_plan(c, i);
  vt_array_def mine[VT_MAX_ARRAYS];
  double *out[2 * VT_MAX_ARRAYS] = {NULL};
  int n_mine;
  size_t count, at = 0;
  int64_t absent = 0;
  vt_err err = {0};
  double *values = vt_test_counting_values(&p, 1000 * i, &count);
  VT_TEST_OK(vt_replica_layout(&p, mine, VT_MAX_ARRAYS, &n_mine, &err), &err);
  open_rows(def, n, out);
  VT_TEST_OK(vt_row_fill((void *)(uintptr_t)from, i, (void *const *)out, &err), &err);
  for (int a = 0; a < n_mine; at += vt_array_count(&mine[a]), a++) {
    int k;
    const vt_row_def *row = row_named(def, n, mine[a].name, p.kind, &k);
    absent += check_row(c, &p, &mine[a], values + at, &row->def, out[k]);
  }
  for (int k = 0; k < n; k++) { /* datasets of the other kind of task are left alone */
    if (def[k].kind != p.kind)
      for (size_t e = 0; e < vt_array_count(&def[k].def); e++) assert_true(isnan(out[k][e]));
    free(out[k]);
  }
  free(values);
  return absent;
}

/* Exactly: numbers are copied. */
static void a_row_holds_the_numbers_of_the_same_elements_and_nan_for_absent_ones(void **state)
{
  (void)state;
  enum { CAMPAIGNS = 6 };
  const uint64_t first = vt_test_first_seed(1);
  int64_t absent = 0;
  for (uint64_t seed = first; seed < first + CAMPAIGNS; seed++) {
    vt_test_draws r = {.key = seed};
    vt_campaign *c = draw_campaign(&r);
    char journal[VT_TEST_PATH];
    vt_row_def *def;
    vt_journal *j;
    int n;
    vt_err err = {0};
    vt_test_folder_in_memory(journal, "rows");
    for (int i = 1; i < c->n_tasks; i++) { /* the first task has no result */
      const vt_plan p = vt_test_plan(c, i);
      size_t count;
      double *values = vt_test_counting_values(&p, 1000 * i, &count);
      vt_test_record_result(journal, &p, values, count);
      free(values);
    }
    VT_TEST_OK(vt_journal_open(&j, journal, &err), &err);
    VT_TEST_OK(vt_row_defs(c, &def, &n, &err), &err);
    const vt_row_source from = {.c = c, .j = j, .def = def, .n_def = n};
    double *out[2 * VT_MAX_ARRAYS] = {NULL};
    open_rows(def, n, out);
    VT_TEST_OK(vt_row_fill((void *)(uintptr_t)&from, 0, (void *const *)out, &err), &err);
    for (int k = 0; k < n; free(out[k]), k++)
      for (size_t e = 0; e < vt_array_count(&def[k].def); e++) assert_true(isnan(out[k][e]));
    for (int i = 1; i < c->n_tasks; i++) absent += check_task(c, i, def, n, &from);
    vt_free(def);
    vt_journal_free(j);
    vt_test_folder_remove(journal);
    vt_campaign_free(c);
  }
  assert_true(absent > 1000); /* these campaigns do have absent species */
}

static void paths_tell_observables_from_glasses_and_stand_once(void **state)
{
  (void)state;
  vt_campaign *c = vt_test_small_campaign("LiAlCl4, NaTaCl6", "[500 K]", 1, "");
  vt_row_def *def;
  int n, msd = 0, quench = 0;
  char path[2][96];
  vt_err err = {0};
  VT_TEST_OK(vt_row_defs(c, &def, &n, &err), &err);
  for (int k = 0; k < n; k++) {
    vt_row_path(&def[k], path[0]);
    msd += strcmp(path[0], "/obs/msd/mean") == 0;
    quench += strcmp(path[0], "/glass/quench") == 0;
    for (int q = 0; q < k; q++) {
      vt_row_path(&def[q], path[1]);
      assert_string_not_equal(path[0], path[1]);
    }
  }
  assert_true(msd == 1 && quench == 1);
  vt_free(def);
  vt_campaign_free(c);
}

/* ------------------------------------------------------------------ there and back through a file */

/* Every task of the campaign is done: a glass, then its runs. */
static void run_all(const vt_campaign *c, const char *journal)
{
  vt_result glass = {0};
  vt_err err = {0};
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_plan p = vt_test_plan(c, i);
    const int md = p.kind == VT_TASK_MD;
    vt_result r = {0};
    VT_TEST_OK(vt_replica_run(&p, md ? glass.values : NULL, md ? glass.n_values : 0, NULL, NULL, &r, &err), &err);
    vt_test_record_result(journal, &p, r.values, r.n_values);
    if (!md) vt_result_free(&glass);
    if (md)
      vt_result_free(&r);
    else
      glass = r;
  }
  vt_result_free(&glass);
}

/* Byte by byte: both come from the same numbers in the same order. */
static void the_fits_out_of_a_store_are_those_out_of_the_journal(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  vt_journal *j;
  vt_sim *sim;
  vt_fits *from_journal, *from_store;
  vt_campaign *again;
  const vt_sim_options o = {.n_ranks = 1, .seed = 1};
  vt_campaign *c = vt_test_small_campaign("LiAlCl4, NaTaCl6", "[500 K, 600 K]", 1,
                                          "guard: {temperature: 0, force: 0 eV/A, volume: 0, distance: 0, "
                                          "molecules: off, contacts: off}\n");
  vt_test_folder_in_memory(folder, "results");
  const char *store = vt_test_inside(folder, "results.h5"), *journal = vt_test_inside(folder, "journal");
  run_all(c, journal);
  VT_TEST_OK(vt_journal_open(&j, journal, &err), &err);
  VT_TEST_OK(vt_sim_open(&sim, &o, &err), &err);
  VT_TEST_OK(vt_fits_from_journal(c, j, &from_journal, &err), &err);
  VT_TEST_OK(vt_results_assemble(vt_sim_comm(sim, 0), c, journal, j, from_journal, store, &err), &err);
  VT_TEST_OK(vt_fits_from_store(store, vt_test_env(), NULL, &again, &from_store, &err), &err);
  const vt_fits *a = from_journal, *b = from_store;
  assert_true(a->n_tasks == c->n_tasks && b->n_tasks == c->n_tasks && b->n_quantities == a->n_quantities);
  const size_t n = (size_t)c->n_tasks, groups = (size_t)c->n_comp * (size_t)c->n_temp;
  int done = 0;
  for (size_t i = 0; i < n; i++) done += a->transport[i].n_species > 0;
  assert_int_equal(done, 4);
  assert_true(a->tg[0].n_rows > 12); /* the quench is there to be compared */
  assert_memory_equal(a->transport, b->transport, n * sizeof *a->transport);
  assert_memory_equal(a->structure, b->structure, n * sizeof *a->structure);
  assert_memory_equal(a->tg, b->tg, n * sizeof *a->tg);
  assert_memory_equal(a->group, b->group, groups * sizeof *a->group);
  for (int q = 0; q < a->n_quantities; q++) {
    assert_memory_equal(a->fitted[q].arrh, b->fitted[q].arrh, (size_t)c->n_comp * sizeof *a->fitted[q].arrh);
    assert_memory_equal(a->fitted[q].status, b->fitted[q].status, n * sizeof *a->fitted[q].status);
  }
  vt_fits_free(from_journal);
  vt_fits_free(from_store);
  vt_campaign_free(again);
  vt_campaign_free(c);
  vt_sim_close(sim);
  vt_journal_free(j);
  vt_test_folder_remove(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_row_holds_the_numbers_of_the_same_elements_and_nan_for_absent_ones),
      cmocka_unit_test(paths_tell_observables_from_glasses_and_stand_once),
      cmocka_unit_test(the_fits_out_of_a_store_are_those_out_of_the_journal),
  };
  return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
