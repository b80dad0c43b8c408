/* Comparison of compositions against numbers of scripts/oracle_compare.py and constructed verdicts. */
#include <math.h>
#include <string.h>

#include "engine/comparison/comparison.h"
#include "engine/num/num.h"
#include "tests/vt_test.h"

static const vt_compare_limits limits = {.margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};

static const char *const names[] = {"Ada", "Bell", "Curie", "Dirac", "Euler", "Fermi", "Gauss", "Hahn", "Ito"};

static vt_arrh made(double y, double se, int n_glasses, int dof)
{
  return (vt_arrh){.resolved = 1,
                   .n_glasses = n_glasses,
                   .dof = dof,
                   .t_ref_k = 500,
                   .log10_ref = y,
                   .log10_ref_se = se,
                   .ea_ev = 0.3,
                   .ea_se = 0.01};
}

static vt_compare compare_within(const vt_arrh *f, int n, vt_compare_limits lim, uint64_t key)
{
  vt_err err;
  static vt_compare c; /* 15 kB */
  vt_compare_input in = {.fits = f, .n = n, .names = names, .lim = lim, .key = key};
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  return c;
}

static vt_compare compare_campaign(const vt_arrh *f, int n) { return compare_within(f, n, limits, 42); }

/* ------------------------------------------------------------------ numbers */

/* Printed by: /usr/bin/python3 scripts/oracle_compare.py (numpy 1.24.2, scipy 1.10.1). */
static const struct {
  const char *name;
  int k;
  double y[6], s[6];
  double tau, tau_lo, tau_hi, tau_dl, q, q_p, i2, mean;
} oracle[] = {
    {"moderate",
     6,
     {-5.61, -5.48, -5.9, -5.35, -5.72, -5.66},
     {0.05, 0.08, 0.06, 0.1, 0.04, 0.07},
     .tau = 0.174081749988674,
     .tau_lo = 0.0907309569240505,
     .tau_hi = 0.461893908652468,
     .tau_dl = 0.144723704443937,
     .q = 33.5668300309473,
     .q_p = 2.90367398709502e-06,
     .i2 = 0.851043426043204,
     .mean = -5.62996011963711},
    {"homogeneous",
     4,
     {-6.02, -5.97, -6.01, -5.99},
     {0.06, 0.05, 0.08, 0.04},
     .tau = 0,
     .tau_lo = 0,
     .tau_hi = 0.0601995799738207,
     .tau_dl = 0,
     .q = 0.464302712993809,
     .q_p = 0.926660967252535,
     .i2 = 0,
     .mean = -5.99237029985721},
    {"wide",
     3,
     {-4.2, -5.1, -6.4},
     {0.02, 0.3, 0.11},
     .tau = 1.1026505857101,
     .tau_lo = 0.56945812825798,
     .tau_hi = 6.95064942984297,
     .tau_dl = 1.47138116631462,
     .q = 394.814309990795,
     .q_p = 1.84995812202411e-86,
     .i2 = 0.994934327481578,
     .mean = -5.23265994761784},
};

/* One glass each: the given errors are used as they are, as in the oracle. */
static void random_effects_agree_with_scipy(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof oracle / sizeof oracle[0]; i++) {
    vt_arrh f[6];
    for (int k = 0; k < oracle[i].k; k++) f[k] = made(oracle[i].y[k], oracle[i].s[k], 1, 4);
    vt_compare c = compare_campaign(f, oracle[i].k);
    assert_int_equal(c.k, oracle[i].k);
    near(c.tau, oracle[i].tau, 1e-9);
    near(c.tau_lo, oracle[i].tau_lo, 1e-9);
    near(c.tau_hi, oracle[i].tau_hi, 1e-9);
    near(c.tau_dl, oracle[i].tau_dl, 1e-9);
    near(c.q, oracle[i].q, 1e-9);
    near(c.q_p, oracle[i].q_p, 1e-9);
    near(c.i2, oracle[i].i2, 1e-9);
    near(c.mean_decades, oracle[i].mean, 1e-9);
    double sum_w = 0; /* the prediction interval follows from scipy's tau and mean by its formula */
    for (int k = 0; k < oracle[i].k; k++)
      sum_w += 1 / (oracle[i].s[k] * oracle[i].s[k] + oracle[i].tau * oracle[i].tau);
    const double half = vt_t_quantile(0.975, oracle[i].k - 2) * sqrt(oracle[i].tau * oracle[i].tau + 1 / sum_w);
    if (oracle[i].k > 2) near(c.next_lo95, oracle[i].mean - half, 1e-8), near(c.next_hi95, oracle[i].mean + half, 1e-8);
    if (oracle[i].k == 2) assert_true(isnan(c.next_lo95) && isnan(c.next_hi95));
    assert_true(c.range_lo <= c.range && c.range <= c.range_hi);
    assert_true(isnan(c.p_common_level)); /* one glass: no error stratum */
  }
}

/* Means and standard errors of the groups of the script; scipy.stats.f_oneway gives p. */
static void common_slopes_are_tested_between_glasses(void **state)
{
  (void)state;
  vt_arrh f[3] = {made(-5.6225, 0.04090130397269353, 4, 3), made(-5.446666666666666, 0.05238744548500565, 3, 2),
                  made(-5.715999999999999, 0.03171750305430731, 5, 4)};
  for (int i = 0; i < 3; i++) { /* the same numbers as energies */
    f[i].ea_ev = f[i].log10_ref + 6;
    f[i].ea_se = f[i].log10_ref_se;
  }
  vt_compare c = compare_campaign(f, 3);
  assert_true(isnan(c.p_common_level)); /* it needs the lines of the glasses */
  near(c.p_common_slope, 0.00404172742959762, 1e-10);
}

/* Equal numbers of glasses and equal errors: mean and contrasts by hand. */
static void contrasts_are_taken_from_the_mean(void **state)
{
  (void)state;
  const double y[4] = {-5.0, -5.1, -5.2, -5.7}, se = 0.05;
  vt_arrh f[4];
  for (int i = 0; i < 4; i++) f[i] = made(y[i], se, 5, 4);
  vt_compare c = compare_campaign(f, 4);
  near(c.mean_decades, -5.25, 1e-12);
  double half = 1.745883676276 * se * sqrt(0.75); /* t(0.95, 16); var(y_c - mean) = s^2 (1 - 1/4) */
  for (int i = 0; i < 4; i++) {
    near(c.delta[i], y[i] + 5.25, 1e-12);
    near(c.delta_hi90[i] - c.delta[i], half, 1e-9);
    near(c.delta[i] - c.delta_lo90[i], half, 1e-9);
    assert_int_equal(c.comp[i], i);
    assert_int_equal(c.equivalent[i], i == 1 || i == 2 || (i == 0 && 0.25 + half < 0.3));
  }
}

/* The variance between glasses is one number for all: sum of (G-1) G se^2 over sum of (G-1). */
static void glass_variance_is_pooled(void **state)
{
  (void)state;
  vt_arrh f[3] = {made(-5.0, 0.03, 5, 4), made(-5.1, 0.09, 5, 4), made(-5.2, 0.02, 1, 3)};
  vt_compare c = compare_campaign(f, 3);
  double per_glass = (4 * 5 * 0.03 * 0.03 + 4 * 5 * 0.09 * 0.09) / 8;
  double s2[3] = {per_glass / 5, per_glass / 5, per_glass}; /* a single glass cannot be better than one glass */
  double sum_w = 0, mean = 0, q = 0;
  for (int i = 0; i < 3; i++) sum_w += 1 / s2[i], mean += f[i].log10_ref / s2[i];
  mean /= sum_w;
  for (int i = 0; i < 3; i++) q += (f[i].log10_ref - mean) * (f[i].log10_ref - mean) / s2[i];
  near(c.q, q, 1e-9);
}

static void the_draws_are_repeatable(void **state)
{
  (void)state;
  vt_arrh f[4] = {made(-5, 0.1, 5, 4), made(-5.2, 0.1, 5, 4), made(-5.1, 0.1, 5, 4), made(-5.5, 0.1, 5, 4)};
  vt_compare a = compare_within(f, 4, limits, 1), b = compare_within(f, 4, limits, 1);
  vt_compare other = compare_within(f, 4, limits, 2);
  near(a.range_hi, b.range_hi, 0);
  assert_true(other.range_hi != a.range_hi);
  near(other.range_hi, a.range_hi, 0.05 * a.range_hi); /* 4000 draws */
}

/* Without noise the range is what is seen; with nothing but noise it is near zero, far below what is seen. */
static void the_range_is_corrected_for_noise(void **state)
{
  (void)state;
  vt_arrh f[6];
  for (int i = 0; i < 6; i++) f[i] = made(-6 + 0.2 * i, 0.001, 5, 4);
  vt_compare c = compare_campaign(f, 6);
  near(c.range, 1, 0.001);
  near(c.range_hi - c.range_lo, 4 * 0.0014, 0.002);                  /* the two ends, each +-0.001: 2 * 1.96 * 0.0014 */
  for (int i = 0; i < 6; i++) f[i] = made(-6 + 0.05 * i, 0.1, 5, 4); /* sd 0.094 seen, 0.1 expected from noise */
  c = compare_campaign(f, 6);
  near(c.tau, 0, 0);
  assert_true(c.range_lo == 0 && c.range < 0.15 && c.range_hi > 0.2);
}

/* ------------------------------------------------------------------ verdicts */

static void expect_verdict(const vt_compare *c, vt_verdict verdict, const char *says)
{
  if (c->verdict != (int32_t)verdict || !strstr(c->why, says))
    fail_msg("%s: \"%s\", expected %s with \"%s\"", vt_verdict_text((vt_verdict)c->verdict), c->why,
             vt_verdict_text(verdict), says);
}

static void close_and_precise_compositions_are_insensitive(void **state)
{
  (void)state;
  vt_arrh f[9];
  for (int i = 0; i < 9; i++) f[i] = made(-5.5 + 0.02 * (i % 3), 0.03, 5, 4);
  vt_compare c = compare_campaign(f, 9);
  expect_verdict(&c, VT_INSENSITIVE, "all three tests: all compositions lie");
  assert_true(c.tau_hi < 0.2 && c.range_hi < 0.8);
}

static void decades_apart_is_sensitive(void **state)
{
  (void)state;
  vt_arrh f[9];
  for (int i = 0; i < 9; i++) f[i] = made(-5.5 + 0.25 * i, 0.03, 5, 4);
  vt_compare c = compare_campaign(f, 9);
  expect_verdict(&c, VT_SENSITIVE, "differs from the mean");
  for (int i = 0; i < 9; i++) f[i] = made(-5.5 + (i % 2 ? 0.27 : -0.27), 0.03, 5, 4); /* all inside the margin */
  c = compare_campaign(f, 9);
  assert_true(c.delta_lo90[1] < 0.3);
  expect_verdict(&c, VT_UNDECIDED, "straddles");
  const vt_compare_limits strict = {.margin = 0.4, .tau_margin = 0.1, .range_margin = 0.8};
  vt_compare s = compare_within(f, 9, strict, 42);
  expect_verdict(&s, VT_SENSITIVE, "spread tau is at least");
  const vt_compare_limits narrow = {.margin = 0.4, .tau_margin = 0.9, .range_margin = 0.3};
  s = compare_within(f, 9, narrow, 42);
  expect_verdict(&s, VT_SENSITIVE, "range is at least");
}

static void noisy_compositions_are_undecided(void **state)
{
  (void)state;
  vt_arrh f[9];
  for (int i = 0; i < 9; i++) f[i] = made(-5.5 + 0.02 * (i % 3), 0.25, 5, 4);
  vt_compare c = compare_campaign(f, 9);
  expect_verdict(&c, VT_UNDECIDED, "glasses each would be needed instead of 5");
}

static void few_compositions_bound_the_spread_badly(void **state)
{
  (void)state;
  vt_arrh f[3] = {made(-5.5, 0.05, 5, 4), made(-5.4, 0.05, 5, 4), made(-5.6, 0.05, 5, 4)};
  vt_compare c = compare_campaign(f, 3);
  assert_true(c.equivalent[0] && c.equivalent[1] && c.equivalent[2]);
  assert_true(c.tau_hi > 0.2);
  expect_verdict(&c, VT_UNDECIDED, "more compositions (now 3)");
}

static void two_compositions_are_decided_by_their_contrast(void **state)
{
  (void)state;
  vt_arrh f[2] = {made(-5.5, 0.03, 5, 4), made(-5.45, 0.03, 5, 4)};
  vt_compare c = compare_campaign(f, 2);
  assert_true(isnan(c.tau) && isnan(c.tau_hi) && isnan(c.tau_ea_ev)); /* one degree of freedom */
  expect_verdict(&c, VT_INSENSITIVE, "contrast and range: both compositions lie");
  f[1].log10_ref = -4.5;
  c = compare_campaign(f, 2);
  expect_verdict(&c, VT_SENSITIVE, "differs from the mean");
  near(c.range, sqrt(1 - 2 * 0.03 * 0.03), 1e-12);
  near(c.range_hi, 1 + 2.306004135 * 0.03 * sqrt(2), 1e-8); /* t(0.975, 8) */
  f[1].log10_ref = -4.9;                                    /* half of 0.6 is just the margin */
  c = compare_campaign(f, 2);
  expect_verdict(&c, VT_UNDECIDED, "");
}

static void unresolved_compositions_forbid_insensitivity(void **state)
{
  (void)state;
  vt_arrh f[9];
  for (int i = 0; i < 9; i++) f[i] = made(-5.5, 0.03, 5, 4);
  f[4].resolved = 0;
  vt_compare c = compare_campaign(f, 9);
  assert_int_equal(c.k, 8);
  assert_int_equal(c.comp[4], 5);
  expect_verdict(&c, VT_UNDECIDED, "1 of 9 compositions");
  for (int i = 1; i < 9; i++) f[i].resolved = 0;
  c = compare_campaign(f, 9);
  expect_verdict(&c, VT_UNDECIDED, "1 of 9 compositions are resolved");
  assert_true(isnan(c.tau) && isnan(c.range));
}

static void single_glasses_forbid_insensitivity(void **state)
{
  (void)state;
  vt_arrh f[9];
  for (int i = 0; i < 9; i++) f[i] = made(-5.5, 0.03, 1, 4);
  vt_compare c = compare_campaign(f, 9);
  expect_verdict(&c, VT_UNDECIDED, "one glass for each composition");
  f[3].log10_ref = -3;
  c = compare_campaign(f, 9);
  expect_verdict(&c, VT_SENSITIVE, "spread between glasses is not in these intervals");
}

static void malformed_comparisons_are_refused(void **state)
{
  (void)state;
  vt_err err;
  static vt_compare c;
  vt_arrh f[2] = {made(-5.5, 0.03, 5, 4), made(-5.45, 0.03, 5, 4)};
  vt_glass_line line[3] = {{.comp = 0}, {.comp = 1}, {.comp = 1, .glass = 1}};
  vt_compare_input in = {.fits = f, .n = 2, .lim = limits};
  f[1].t_ref_k = 600;
  assert_int_equal(vt_compare_fits(&in, &c, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "reference temperatures"));
  f[1].t_ref_k = 500;
  in.glass = line, in.n_glass = 3;
  assert_int_equal(vt_compare_fits(&in, &c, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "composition 0 has 5 glasses, but 1 lines"));
  in.glass = NULL, in.n_glass = 0;
  in.lim = (vt_compare_limits){.margin = 0.3};
  assert_int_equal(vt_compare_fits(&in, &c, &err), VT_EINVAL);
  in.lim = limits; /* glasses that agree to the last digit are no mistake, but nothing to judge by */
  f[0].log10_ref_se = f[1].log10_ref_se = 0;
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  assert_int_equal(c.verdict, VT_UNDECIDED);
  assert_int_equal(c.k, 0);
  assert_non_null(strstr(c.why, "agree to the last digit"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_effects_agree_with_scipy),
      cmocka_unit_test(common_slopes_are_tested_between_glasses),
      cmocka_unit_test(contrasts_are_taken_from_the_mean),
      cmocka_unit_test(glass_variance_is_pooled),
      cmocka_unit_test(the_draws_are_repeatable),
      cmocka_unit_test(the_range_is_corrected_for_noise),
      cmocka_unit_test(close_and_precise_compositions_are_insensitive),
      cmocka_unit_test(decades_apart_is_sensitive),
      cmocka_unit_test(noisy_compositions_are_undecided),
      cmocka_unit_test(few_compositions_bound_the_spread_badly),
      cmocka_unit_test(two_compositions_are_decided_by_their_contrast),
      cmocka_unit_test(unresolved_compositions_forbid_insensitivity),
      cmocka_unit_test(single_glasses_forbid_insensitivity),
      cmocka_unit_test(malformed_comparisons_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
