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
  double *third = values_of(defs, n_defs, v, "msd/third_mean", &n);
  for (int s = 0; s < p->comp.n_species; s++)
    for (int k = 0; k < n; k++) {
      mean[s * n + k] = u2 * lag[k] * lag[k] + 0 * mean[s * n + k]; /* NaN stays where there is no origin */
      m4[s * n + k] = u2 * u2 * pow(lag[k], 4) + 0 * m4[s * n + k];
      for (int t = 0; t < 3; t++) third[(3 * s + t) * n + k] = u2 * lag[k] * lag[k] + 0 * third[(3 * s + t) * n + k];
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
  int n_path, n_axes;
  const double *time = values_of(defs, n_defs, v, "charge/path_ps", &n_path);
  double *path = values_of(defs, n_defs, v, "charge/path", &n_axes);
  for (int i = 0; i < p->comp.n_species; i++)
    for (int k = 0; k < n_path; k++)
      for (int a = 0; a < 3; a++) path[(i * n_path + k) * 3 + a] += p->comp.count[i] * u[a] * time[k];
}

/* Pairs of the frozen cell by distance after atom j (and not atom i) has moved by d, in all images: brute force. */
static void shifted_pairs(const vt_plan *p, const double d[3], double bin_a, int n_bins, double *count)
{
  vt_cell cell;
  int type[64];
  double x[64][3];
  assert_in_range(p->comp.n_atoms, 1, 64);
  vt_conform_frozen_cell(&cell, type, x);
  for (int at = 0; at < p->comp.n_atoms * p->comp.n_atoms * 125; at++) {
    int i = at % p->comp.n_atoms, j = at / p->comp.n_atoms % p->comp.n_atoms;
    int image = at / (p->comp.n_atoms * p->comp.n_atoms);
    const int shift[3] = {image % 5 - 2, image / 5 % 5 - 2, image / 25 - 2};
    double r2 = 0;
    if (i == j) continue;
    for (int a = 0; a < 3; a++) {
      double e = x[j][a] + d[a] - x[i][a];
      for (int k = 0; k < 3; k++) e += shift[k] * cell.h[k][a];
      r2 += e * e;
    }
    int bin = (int)(sqrt(r2) / bin_a);
    if (bin < n_bins) count[vt_pair_index(type[i], type[j], p->comp.n_species) * n_bins + bin] += 1;
  }
}

/* Self: every atom has gone |u| t.  Distinct: the pairs of the frozen cell, all shifted by u t; |u| t reaches 35 A, so
 * u t is folded into the cell first. */
static void vanhove_drift(const vt_plan *p, const vt_array_def *defs, int n_defs, const double u[3], double *v)
{
  enum { MOST = 6 * 1000 };
  int n_lag, n_bins;
  vt_cell cell;
  int type[64];
  double x[64][3], hi[3][3];
  static double count[MOST];
  const double *lag = values_of(defs, n_defs, v, "vanhove/lag_ps", &n_lag);
  const double *r = values_of(defs, n_defs, v, "vanhove/r", &n_bins);
  double *self = values_of(defs, n_defs, v, "vanhove/self", &n_bins);
  double *distinct = values_of(defs, n_defs, v, "vanhove/distinct", &n_bins);
  const double bin_a = 2 * r[0], pi = 3.14159265358979323846;
  const int n_species = p->comp.n_species;
  vt_conform_frozen_cell(&cell, type, x);
  assert_true(vt_cell_inverse(&cell, hi));
  assert_true(n_species * (n_species + 1) / 2 * n_bins <= MOST);
  for (int k = 0; k < n_lag; k++) {
    double d[3] = {u[0] * lag[k], u[1] * lag[k], u[2] * lag[k]};
    double moved = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    for (int s = 0; s < n_species; s++)
      for (int b = 0; b < n_bins; b++) {
        double *g = &self[(s * n_lag + k) * n_bins + b];
        *g = (b == (int)(moved / bin_a) ? 1 / bin_a : 0) + 0 * *g;
      }
    memset(count, 0, sizeof count);
    vt_cell_wrap(&cell, (const double(*)[3])hi, d);
    shifted_pairs(p, d, bin_a, n_bins, count);
    for (int i = 0; i < n_species; i++)
      for (int j = i; j < n_species; j++)
        for (int b = 0; b < n_bins; b++) {
          const int pair = vt_pair_index(i, j, n_species);
          double shell = 4 * pi / 3 * (pow((b + 1) * bin_a, 3) - pow(b * bin_a, 3));
          double pairs = (i == j ? 1 : 2) * p->comp.count[i] * p->comp.count[j];
          double *g = &distinct[(pair * n_lag + k) * n_bins + b];
          *g = count[pair * n_bins + b] * vt_cell_volume(&cell) / (pairs * shell) + 0 * *g;
        }
  }
}

static const struct {
  const char *name;
  vt_conform_drift *expect; /* NULL: a drift changes nothing */
} drift[] = {
    {"thermo", NULL},    {"msd", msd_drift}, {"charge", charge_drift}, {"rdf", NULL},   {"vanhove", vanhove_drift},
    {"polyhedra", NULL}, {"chains", NULL},   {"residence", NULL},      {"bonds", NULL}, {"jumps", NULL}};

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
