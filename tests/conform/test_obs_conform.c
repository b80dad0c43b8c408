/* Every built-in observable through the conformance suite. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/conform/obs_conform.h"
#include "tests/vt_test.h"

static const vt_obs_ops *ops_of(void **state) { return *state; }

/* ------------------------------------------------------------------ what a drift does */

static double *values_of(const vt_array_def *defs, int n_defs, double *v, const char *name, int *n_lag)
{
  for (int k = 0; k < n_defs; k++) {
    *n_lag = defs[k].dim[defs[k].n_dim - 1];
    if (strcmp(defs[k].name, name) == 0) return v;
    v += vt_array_count(&defs[k]);
  }
  fail_msg("no array %s", name);
  return NULL;
}

/* Every atom moves by u t: dr^2 = u^2 t^2. */
static void msd_drift(const vt_plan *p, const vt_array_def *defs, int n_defs, const double u[3], double *v)
{
  int n;
  double u2 = u[0] * u[0] + u[1] * u[1] + u[2] * u[2];
  const double *lag = values_of(defs, n_defs, v, "msd/lag_ps", &n);
  double *mean = values_of(defs, n_defs, v, "msd/mean", &n), *m4 = values_of(defs, n_defs, v, "msd/m4", &n);
  for (int s = 0; s < p->comp.n_species; s++)
    for (int k = 0; k < n; k++) {
      mean[s * n + k] = u2 * lag[k] * lag[k] + 0 * mean[s * n + k]; /* NaN stays where there is no origin */
      m4[s * n + k] = u2 * u2 * pow(lag[k], 4) + 0 * m4[s * n + k];
    }
}

/* dP_i = N_i u t; the cell is neutral, so the charge sees nothing. */
static void charge_drift(const vt_plan *p, const vt_array_def *defs, int n_defs, const double u[3], double *v)
{
  int n;
  double u2 = u[0] * u[0] + u[1] * u[1] + u[2] * u[2];
  const double *lag = values_of(defs, n_defs, v, "charge/lag_ps", &n);
  double *corr = values_of(defs, n_defs, v, "charge/corr", &n);
  for (int i = 0; i < p->comp.n_species; i++)
    for (int j = i; j < p->comp.n_species; j++)
      for (int k = 0; k < n; k++) {
        double *c = &corr[vt_pair_index(i, j, p->comp.n_species) * n + k];
        *c = p->comp.count[i] * p->comp.count[j] * u2 * lag[k] * lag[k] + 0 * *c;
      }
}

static const struct {
  const char *name;
  vt_conform_drift *expect; /* NULL: a drift changes nothing */
} drift[] = {{"thermo", NULL}, {"msd", msd_drift},  {"charge", charge_drift},
             {"rdf", NULL},    {"polyhedra", NULL}, {"chains", NULL}};

static void a_drift_changes_what_the_doc_says(void **state)
{
  const vt_obs_ops *ops = ops_of(state);
  for (size_t i = 0; i < sizeof drift / sizeof drift[0]; i++)
    if (strcmp(drift[i].name, ops->doc.name) == 0) {
      vt_conform_obs_drift(ops, drift[i].expect);
      return;
    }
  fail_msg("this test does not know what a drift does to observable '%s': add a row", ops->doc.name);
}

/* ------------------------------------------------------------------ the suite */

static void its_layout_is_pure_and_checked(void **state) { vt_conform_obs_layout(ops_of(state)); }
static void a_split_run_gives_the_same_bits(void **state) { vt_conform_obs_split_run(ops_of(state)); }
static void equal_atoms_may_change_places(void **state) { vt_conform_obs_permutation(ops_of(state)); }
static void whole_lattice_vectors_change_nothing(void **state) { vt_conform_obs_wrapping(ops_of(state)); }
static void finish_writes_every_element(void **state) { vt_conform_obs_complete(ops_of(state)); }
static void sampling_allocates_nothing(void **state) { vt_conform_obs_no_allocation(ops_of(state)); }

static const struct {
  const char *claim;
  CMUnitTestFunction check;
} suite[] = {{"its layout is pure and checked", its_layout_is_pure_and_checked},
             {"a split run gives the same bits", a_split_run_gives_the_same_bits},
             {"equal atoms may change places", equal_atoms_may_change_places},
             {"whole lattice vectors change nothing", whole_lattice_vectors_change_nothing},
             {"a drift changes what the doc says", a_drift_changes_what_the_doc_says},
             {"finish writes every element", finish_writes_every_element},
             {"sampling allocates nothing", sampling_allocates_nothing}};

int main(void)
{
  enum { N_SUITE = sizeof suite / sizeof suite[0], MOST = 32 };
  static struct CMUnitTest tests[MOST * N_SUITE];
  static char names[MOST * N_SUITE][80];
  size_t n = 0;
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o && n < MOST * N_SUITE; o++)
    for (size_t k = 0; k < N_SUITE; k++, n++) {
      (void)snprintf(names[n], sizeof names[n], "%s: %s", (*o)->doc.name, suite[k].claim);
      void *state; /* cmocka wants it without const; every check takes it back as const */
      memcpy(&state, o, sizeof state);
      tests[n] = (struct CMUnitTest){.name = names[n], .test_func = suite[k].check, .initial_state = state};
    }
  return _cmocka_run_group_tests("observables", tests, n, NULL, NULL);
}
