/* From arrays to groups, fits and factors of a campaign: made-up arrays whose diffusion is known exactly. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/screening/screening.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ made-up arrays */

enum { MOST_TASKS = 64 };
typedef struct made_up {
  const vt_campaign *c;
  int asked[MOST_TASKS];
  int missing;   /* this task has no result; -1: all have one */
  double differ; /* relative difference of D between one glass and the next */
} made_up;

/* D of an element in cm^2/s: an exact Arrhenius line; every glass the same.  Only alkalis move. */
static double d_of(int z, double t_k)
{
  const double ea = z == 3 ? 0.30 : 0.40;
  return vt_element_role(z) == 'A' ? (z == 3 ? 0.03 : 0.05) * exp(-ea / (VT_KB_EV * t_k)) : 0;
}

/* Lags as the correlator has them: 1 to 16 samples, then 9 to 16 of every doubling. */
static void fill_lags(double *lag, int n, double every_ps)
{
  for (int k = 0, j = 1, octave = 0; k < n; k++, j++) {
    if (j > 16) j = 9, octave++;
    lag[k] = every_ps * (double)(j << octave);
  }
}

static double *values_named(const vt_array_def *def, int n, double *values, const char *name, int *last)
{
  for (int a = 0; a < n; values += vt_array_count(&def[a]), a++) {
    *last = def[a].dim[def[a].n_dim - 1];
    if (strcmp(def[a].name, name) == 0) return values;
  }
  fail_msg("no array %s", name);
  return NULL;
}

/* Brownian motion: <r^2> = 6 D t (1 cm^2/s is 1e4 A^2/ps), <r^4> = 5/3 <r^2>^2. */
static void fill_msd(const vt_plan *p, double factor, const vt_array_def *def, int n, double *values)
{
  int n_lag;
  double *lag = values_named(def, n, values, "msd/lag_ps", &n_lag),
         *mean = values_named(def, n, values, "msd/mean", &n_lag), *m4 = values_named(def, n, values, "msd/m4", &n_lag),
         *origins = values_named(def, n, values, "msd/origins", &n_lag);
  fill_lags(lag, n_lag, p->obs[0].every_ps);
  for (int k = 0; k < n_lag; k++) {
    origins[k] = fmax(1, (p->protocol.produce_ps - lag[k]) / p->obs[0].every_ps);
    for (int s = 0; s < p->comp.n_species; s++) {
      const double r2 = factor * 6e4 * d_of(p->comp.z[s], p->t_k) * lag[k];
      mean[s * n_lag + k] = r2;
      m4[s * n_lag + k] = 5.0 / 3 * r2 * r2;
    }
  }
}

/* A quench whose volume and energy are straight lines: no glass transition. */
static void fill_quench(const vt_array_def *def, int n, double *values)
{
  int n_col;
  double *row = values_named(def, n, values, "glass/quench", &n_col);
  assert_int_equal(n_col, 4);
  for (int a = 0; a < n; a++)
    for (int k = 0; strcmp(def[a].name, "glass/quench") == 0 && k < def[a].dim[0]; k++) {
      const double t_k = 1200 - 700.0 * k / def[a].dim[0];
      row[4 * k] = t_k, row[4 * k + 1] = 1000 + 0.1 * t_k, row[4 * k + 2] = 1e-3 * t_k;
    }
}

static vt_status load(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  made_up *m = ctx;
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  size_t count = 0;
  void *v;
  m->asked[i]++;
  *values = NULL;
  if (i == m->missing) return VT_OK;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  for (int a = 0; a < n; a++) count += vt_array_count(&def[a]);
  VT_PASS(vt_calloc64(&v, count, sizeof(double), err));
  *values = v;
  if (p->kind == VT_TASK_MD)
    fill_msd(p, 1 + m->differ * m->c->task[i].glass, def, n, *values);
  else
    fill_quench(def, n, *values);
  return VT_OK;
}

static vt_fits *fits_of(made_up *m)
{
  vt_fits *f;
  vt_err err = {0};
  const vt_arrays_from from = {.ctx = m, .load = load};
  assert_true(m->c->n_tasks <= MOST_TASKS);
  VT_TEST_OK(vt_fits_make(m->c, &from, &f, &err), &err);
  return f;
}

#define RUN "protocol: {produce: {duration: 600 ps}}\nobserve: {msd: {every: 0.5 ps}}\n"

static vt_campaign *made_up_campaign(const char *compositions, const char *more)
{
  char text[2000];
  (void)snprintf(text, sizeof text,
                 "vitrion: 1\ncampaign: made-up\npotential: {kind: lj}\ncompositions: %s\n"
                 "temperatures: [500 K, 600 K, 700 K]\nglasses: 3\n" RUN "%s",
                 compositions, more);
  return vt_test_campaign(text);
}

/* ------------------------------------------------------------------ claims */

/* The slope of an exact line: rounding only, about 1e-13 of sixty lags. */
static void the_d_of_the_alkali_is_weighted_by_the_numbers_of_its_species(void **state)
{
  (void)state;
  vt_campaign *c = made_up_campaign("{grid: {alkali: [{Li: 0.75, Na: 0.25}], metal: [Al], halogen: [Cl], "
                                    "halogen_to_oxygen: [halogen_only]}, atoms: 48}",
                                    "");
  made_up m = {.c = c, .missing = -1};
  vt_fits *f = fits_of(&m);
  int n_li = 0, n_na = 0;
  for (int s = 0; s < c->comp[0].n_species; s++) {
    if (c->comp[0].z[s] == 3) n_li = c->comp[0].count[s];
    if (c->comp[0].z[s] == 11) n_na = c->comp[0].count[s];
  }
  assert_int_equal(n_li, 3 * n_na);
  for (int i = 0; i < c->n_tasks; i++) {
    if (c->task[i].kind == VT_TASK_GLASS) {
      assert_true(isnan(f->d_alkali[i]));
      continue;
    }
    const double t_k = c->t_k[c->task[i].temp];
    near_relative(f->d_alkali[i], 0.75 * d_of(3, t_k) + 0.25 * d_of(11, t_k), 1e-9);
    assert_true(f->d_alkali_se[i] > 0);
  }
  vt_fits_free(f);
  vt_campaign_free(c);
}

static void arrays_are_asked_for_once_a_task_and_a_missing_one_is_nan(void **state)
{
  (void)state;
  vt_campaign *c = made_up_campaign("{include: [LiAlCl4, NaAlCl4], atoms: 48}", "");
  made_up m = {.c = c, .missing = c->n_tasks - 1};
  assert_int_equal(c->task[m.missing].kind, VT_TASK_MD);
  vt_fits *f = fits_of(&m);
  for (int i = 0; i < c->n_tasks; i++) assert_int_equal(m.asked[i], 1);
  assert_int_equal(f->transport[m.missing].n_species, 0);
  assert_true(isnan(f->d_alkali[m.missing]) && isnan(f->structure[m.missing].tau[0][0].tau_ps));
  assert_int_equal(f->fitted[VT_Q_D_ALKALI].status[m.missing], -1);
  for (int k = 0; k < c->n_comp; k++)
    for (int t = 0; t < c->n_temp; t++) {
      const vt_task *last = &c->task[m.missing];
      const int without = k == last->comp && t == last->temp;
      assert_true(f->group[k * c->n_temp + t].n_results == c->n_glasses - without);
      for (int g = 0; g < c->n_glasses; g++) {
        const vt_task *at = &c->task[f->md[(k * c->n_temp + t) * c->n_glasses + g]];
        assert_true(at->kind == VT_TASK_MD && at->comp == k && at->temp == t && at->glass == g);
      }
    }
  vt_fits_free(f);
  vt_campaign_free(c);
}

/* Arrhenius lines through D that are exact to 1e-9: 1e-9 over a lever of 6.6 per eV. */
static void the_fitted_activation_energies_are_those_of_the_ions(void **state)
{
  (void)state;
  vt_campaign *c = made_up_campaign("{include: [LiAlCl4, NaAlCl4], atoms: 48}", "");
  made_up m = {.c = c, .missing = -1};
  vt_fits *f = fits_of(&m);
  for (int q = 0; q < f->n_quantities; q++) {
    const vt_fitted *one = &f->fitted[q];
    for (int k = 0; k < c->n_comp; k++) {
      const int li = strncmp(c->comp[k].name, "Li", 2) == 0;
      const int known = strcmp(one->what.name, "D_alkali") == 0 || strcmp(one->what.name, li ? "D_Li" : "D_Na") == 0;
      if (known) near(one->arrh[k].ea_ev, li ? 0.30 : 0.40, 1e-8);
      if (known) assert_int_equal(one->arrh[k].n_points, 9);
      if (!known) assert_int_equal(one->arrh[k].resolved, 0); /* of another alkali, of a framework that stands still */
    }
  }
  vt_fits_free(f);
  vt_campaign_free(c);
}

static void the_quantities_are_two_headlines_the_species_and_three_rates(void **state)
{
  (void)state;
  static const char *const want[] = {"D_alkali", "sigma_T", "D_Li",    "D_Na",   "D_Al",
                                     "D_Cl",     "rate_o0", "rate_o1", "rate_o2"};
  vt_quantity q[VT_MAX_QUANTITIES];
  vt_campaign *c = made_up_campaign("{include: [LiAlCl4, NaAlCl4], atoms: 48}", "");
  const int n = vt_quantities_of(c, q);
  assert_true(n == VT_Q_HEADLINES + c->n_species + VT_Q_RATES);
  for (int k = 0; k < n; k++) {
    int found = 0;
    for (size_t w = 0; w < sizeof want / sizeof *want; w++) found += strcmp(q[k].name, want[w]) == 0;
    if (found != 1) fail_msg("quantity '%s'", q[k].name);
    assert_true(q[k].unit[0] && q[k].doc[0]);
  }
  vt_campaign_free(c);
}

static int has_factor(const vt_comparison *x, const char *name)
{
  for (int q = 0; q < x->variance.n_factors; q++)
    if (strcmp(x->factor[q], name) == 0) return 1;
  return 0;
}

/* Two alkalis, two metals; D depends on the alkali alone. */
static void the_variance_goes_to_the_factor_that_makes_it_and_an_excluded_point_is_not_there(void **state)
{
  (void)state;
  static const char grid[] =
      "{grid: {alkali: [Li, Na], metal: [Al, Ta, Nb], halogen: [Cl], halogen_to_oxygen: [halogen_only]}, "
      "exclude: [{alkali: Na, metal: Nb}], atoms: 48}";
  vt_campaign *c = made_up_campaign(grid, "compare: {by: [alkali, metal]}\n");
  assert_int_equal(c->n_comp, 5);
  made_up m = {.c = c, .missing = -1, .differ = 1e-8}; /* glasses that agree to the last digit are not compared */
  vt_fits *f = fits_of(&m);
  const vt_comparison *x = &f->fitted[VT_Q_D_ALKALI].compare;
  assert_int_equal(x->at_t.k, 5);
  assert_true(has_factor(x, "alkali") && has_factor(x, "metal") && has_factor(x, "alkali_per_metal"));
  assert_true(!has_factor(x, "halogen") && !has_factor(x, "halogen_to_oxygen"));
  for (int q = 0; q < x->variance.n_factors; q++) {
    if (strcmp(x->factor[q], "alkali") == 0) assert_true(x->variance.factor[q] > 0.1);
    if (strcmp(x->factor[q], "metal") == 0) assert_true(!(x->variance.factor[q] > 1e-6)); /* zero, or not resolved */
    if (strcmp(x->factor[q], "alkali_per_metal") == 0) assert_true(isnan(x->variance.factor[q])); /* one level */
  }
  vt_fits_free(f);
  vt_campaign_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_d_of_the_alkali_is_weighted_by_the_numbers_of_its_species),
      cmocka_unit_test(arrays_are_asked_for_once_a_task_and_a_missing_one_is_nan),
      cmocka_unit_test(the_fitted_activation_energies_are_those_of_the_ions),
      cmocka_unit_test(the_quantities_are_two_headlines_the_species_and_three_rates),
      cmocka_unit_test(the_variance_goes_to_the_factor_that_makes_it_and_an_excluded_point_is_not_there),
  };
  return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
