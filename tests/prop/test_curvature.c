/* Curved or straight, and what to believe far below: many simulated data sets with known truth. */
#include <math.h>
#include <stdio.h>

#include "engine/fits/fits.h"
#include "engine/num/num.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

enum { N_T = 6, GLASSES = 5 };
static const double ladder[N_T] = {450, 500, 550, 600, 650, 700};

/* ln x = level - b (1 / (T - t0) - 1 / (500 - t0)); t0 = 0 is an Arrhenius line.  Glasses differ by sd_level in level
 * and by the share sd_b in slope. */
typedef struct truth {
  double level, b_k, t0_k, sd_level, sd_b;
} truth;

static double ln_value(const truth *w, double t_k, double stretch)
{
  return w->level - stretch * w->b_k * (1 / (t_k - w->t0_k) - 1 / (500 - w->t0_k));
}

static vt_arrh measure_at(const truth *w, int n_glasses, const double *t_k, int n_t, uint64_t seed,
                          const vt_fit_spec *spec)
{
  vt_err err;
  vt_arrh a;
  vt_point p[GLASSES * N_T];
  for (int g = 0; g < n_glasses; g++)
    for (int i = 0; i < n_t; i++) {
      double stretch = 1 + w->sd_b * vt_test_normal(seed, 0, 0, (uint32_t)g),
             shift = w->sd_level * vt_test_normal(seed, 1, 0, (uint32_t)g);
      double y = ln_value(w, t_k[i], stretch) + shift + 0.1 * vt_test_normal(seed, 2, i, (uint32_t)g);
      p[g * n_t + i] = (vt_point){.glass = g, .t_k = t_k[i], .x = exp(y), .se = 0.1 * exp(y)};
    }
  VT_TEST_OK(vt_arrh_fit(p, n_glasses * n_t, spec, NULL, &a, &err), &err);
  return a;
}

static vt_arrh measure(const truth *w, int n_glasses, uint64_t seed, const vt_fit_spec *spec)
{
  return measure_at(w, n_glasses, ladder, N_T, seed, spec);
}

/* Ea = 0.30 eV; and a curve with the same slope at 560 K. */
static const truth straight = {.level = -12.5, .b_k = 3481, .t0_k = 0, .sd_level = 0.23, .sd_b = 0.05};
static const truth curved = {.level = -12.5, .b_k = 1440, .t0_k = 200, .sd_level = 0.23, .sd_b = 0.05};

static const vt_fit_spec plain = {.t_ref_k = 500, .t_extra_k = 300};

/* A bound that is not claimed is not missed. */
static int holds(vt_band b, double x) { return (isnan(b.lo95) || b.lo95 < x) && (isnan(b.hi95) || x < b.hi95); }

/* Twenty to one for a curve: on straight data in fewer than 2 % of 300 sets (binomial standard deviation 0.8 %).  On
 * curves chi2 drops by about (200/34)^2 = 35. */
static void straight_data_prefer_the_line_and_curves_the_curve(void **state)
{
  (void)state;
  enum { SETS = 300 };
  int line = 0, curve = 0, clear = 0, wrong = 0;
  for (uint64_t s = 0; s < SETS; s++) {
    vt_arrh a = measure(&straight, GLASSES, 100 + s, &plain), b = measure(&curved, GLASSES, 5000 + s, &plain);
    line += a.vtf.weight < 0.5;
    wrong += a.model == VT_MODEL_VTF;
    curve += b.vtf.weight > 0.5;
    clear += b.model == VT_MODEL_VTF;
  }
  vt_test_between("straight: share that prefers the line", (double)line / SETS, 0.88, 1);
  vt_test_between("straight: share that is called VTF", (double)wrong / SETS, 0, 0.02);
  vt_test_between("curved: share that prefers the curve", (double)curve / SETS, 0.97, 1);
  vt_test_between("curved: share that is called VTF", (double)clear / SETS, 0.80, 1);
}

/* T0 = 200 K: a Gaussian stays within three errors in 99.7 %; the error is linearised, so 98 % of 300 are asked for. */
static void a_known_t0_is_recovered(void **state)
{
  (void)state;
  enum { SETS = 300 };
  int t0 = 0, b = 0, prefactor = 0;
  double sum = 0, sum2 = 0, se = 0;
  for (uint64_t s = 0; s < SETS; s++) {
    vt_arrh a = measure(&curved, GLASSES, 9000 + s, &(vt_fit_spec){.t_ref_k = 500, .tg_k = 450}); /* to 315 K */
    assert_int_equal(a.vtf.reason, VT_VTF_OK);
    t0 += fabs(a.vtf.t0_k - curved.t0_k) < 3 * a.vtf.t0_se;
    b += fabs(a.vtf.b_k - curved.b_k) < 3 * a.vtf.b_se;
    prefactor +=
        fabs(a.vtf.ln_prefactor - (curved.level + curved.b_k / (500 - curved.t0_k))) < 3 * a.vtf.ln_prefactor_se;
    sum += a.vtf.t0_k, sum2 += a.vtf.t0_k * a.vtf.t0_k, se += a.vtf.t0_se;
  }
  vt_test_between("T0 within three errors", (double)t0 / SETS, 0.98, 1);
  vt_test_between("B within three errors", (double)b / SETS, 0.97, 1);
  vt_test_between("prefactor within three errors", (double)prefactor / SETS, 0.97, 1);
  vt_test_between("T0: stated error / scatter", se / SETS / sqrt(sum2 / SETS - sum * sum / SETS / SETS), 0.85, 1.2);
  vt_test_between("T0: mean, K", sum / SETS, 193, 207); /* 35 K / sqrt(300) = 2 K; three of them */
}

/* 300 K from 450 K and up.  Binomial standard deviation 1.3 %. */
static void averaged_extrapolations_cover_both_truths(void **state)
{
  (void)state;
  enum { SETS = 300 };
  const truth *const truths[2] = {&straight, &curved};
  const char *const name[2] = {"straight", "curved"};
  for (int k = 0; k < 2; k++) {
    char what[64];
    double x = exp(ln_value(truths[k], 300, 1));
    int line = 0, average = 0, chosen = 0, resolved = 0;
    for (uint64_t s = 0; s < SETS; s++) {
      vt_arrh a = measure(truths[k], GLASSES, 20000 + s, &plain);
      line += a.extra_lo95 < x && x < a.extra_hi95;
      average += holds((vt_band){a.avg_extra, a.avg_lo95, a.avg_hi95}, x);
      chosen += holds(vt_arrh_extrapolated(&a), x);
      resolved += isfinite(vt_arrh_extrapolated(&a).median);
    }
    (void)snprintf(what, sizeof what, "%s: coverage of the average", name[k]);
    vt_test_between(what, (double)average / SETS, 0.90, 1);
    (void)snprintf(what, sizeof what, "%s: coverage of the chosen model", name[k]);
    vt_test_between(what, (double)chosen / SETS, 0.90, 1);
    (void)snprintf(what, sizeof what, "%s: share that is resolved", name[k]);
    vt_test_between(what, (double)resolved / SETS, k ? 0 : 0.90, 1);
    (void)snprintf(what, sizeof what, "%s: coverage of the line alone", name[k]);
    vt_test_between(what, (double)line / SETS, k ? 0 : 0.90, k ? 0.05 : 0.99);
  }
}

/* Six points of one glass know little of a curve; with other compositions whose glasses agree, the average must still
 * cover.  Binomial standard deviation 1.6 %. */
static void one_glass_does_not_trust_the_line_too_much(void **state)
{
  (void)state;
  enum { SETS = 300 };
  const truth lone = {.level = -12.5, .b_k = 1440, .t0_k = 200};
  const vt_fit_spec among_others = {.t_ref_k = 500, .t_extra_k = 300, .others = {.dof = 6}};
  double x = exp(ln_value(&lone, 300, 1));
  int average = 0;
  for (uint64_t s = 0; s < SETS; s++) {
    vt_arrh a = measure(&lone, 1, 40000 + s, &among_others);
    average += holds((vt_band){a.avg_extra, a.avg_lo95, a.avg_hi95}, x);
  }
  vt_test_between("one glass, curved: coverage of the average", (double)average / SETS, 0.87, 1);
}

/* 500 and 650 K alone, seen from 400 K: the interval holds both truths, the line alone only its own.  Binomial standard
 * deviation 1.3 %. */
static void two_temperatures_cover_both_truths(void **state)
{
  (void)state;
  enum { SETS = 300 };
  static const double two[2] = {500, 650};
  const truth *const truths[2] = {&straight, &curved};
  const char *const name[2] = {"straight", "curved"};
  const vt_fit_spec below = {.t_ref_k = 500, .t_extra_k = 400};
  for (int k = 0; k < 2; k++) {
    char what[64];
    double x = exp(ln_value(truths[k], 400, 1));
    int line = 0, chosen = 0, resolved = 0;
    for (uint64_t s = 0; s < SETS; s++) {
      const vt_arrh a = measure_at(truths[k], GLASSES, two, 2, 60000 + s, &below);
      const vt_band b = vt_arrh_extrapolated(&a);
      line += a.extra_lo95 < x && x < a.extra_hi95;
      chosen += holds(b, x);
      resolved += isfinite(b.median);
    }
    (void)snprintf(what, sizeof what, "two temperatures, %s: coverage", name[k]);
    vt_test_between(what, (double)chosen / SETS, 0.90, 1);
    (void)snprintf(what, sizeof what, "two temperatures, %s: resolved", name[k]);
    vt_test_between(what, (double)resolved / SETS, 0.90, 1);
    (void)snprintf(what, sizeof what, "two temperatures, %s: coverage of the line alone", name[k]);
    vt_test_between(what, (double)line / SETS, k ? 0 : 0.90, k ? 0.80 : 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_temperatures_cover_both_truths),
      cmocka_unit_test(straight_data_prefer_the_line_and_curves_the_curve),
      cmocka_unit_test(a_known_t0_is_recovered),
      cmocka_unit_test(averaged_extrapolations_cover_both_truths),
      cmocka_unit_test(one_glass_does_not_trust_the_line_too_much),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
