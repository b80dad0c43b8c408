/* Arrhenius fits against exact lines and hand-made numbers. */
#include <math.h>
#include <string.h>

#include "engine/fits/fits.h"
#include "tests/vt_test.h"

static const double ladder[] = {450, 500, 550, 600, 650, 700};
enum { N_T = 6 };

/* ln x = ln_x0 - ea / kB T. */
static vt_point point_on_line(int glass, double t_k, double ln_x0, double ea, double relative_se)
{
  double x = exp(ln_x0 - ea / (VT_KB_EV * t_k));
  return (vt_point){.comp = 3, .glass = glass, .t_k = t_k, .x = x, .se = relative_se * x};
}

static vt_arrh fit_points(const vt_point *p, int n, double t_ref, double t_extra)
{
  vt_err err;
  vt_arrh a;
  VT_TEST_OK(vt_arrh_fit(p, n, &(vt_fit_spec){.t_ref_k = t_ref, .t_extra_k = t_extra}, NULL, &a, &err), &err);
  return a;
}

static void an_exact_line_is_recovered(void **state)
{
  (void)state;
  vt_point p[N_T];
  for (int i = 0; i < N_T; i++) p[i] = point_on_line(0, ladder[i], -6.5, 0.31, 0.1);
  vt_arrh a = fit_points(p, N_T, 500, 300);
  assert_int_equal(a.resolved, 1);
  near(a.ea_ev, 0.31, 1e-12); /* rounding of exp and log over kB */
  near(a.ln_prefactor, -6.5, 1e-11);
  near(a.log10_ref, (-6.5 - 0.31 / (VT_KB_EV * 500)) / log(10), 1e-12);
  near(log(a.extra), -6.5 - 0.31 / (VT_KB_EV * 300), 1e-10);
  near(a.chi2_red, 0, 1e-12);
  near(a.birge, 1, 0);
  assert_int_equal(a.dof, N_T - 2);
  assert_int_equal(a.n_glasses, 1);
  assert_int_equal(a.extrapolates, 0);
  assert_true(isnan(a.glass_sd_decades));
  assert_int_equal(fit_points(p, N_T, 440, 300).extrapolates, 1);
}

/* Science notes 3.6: for s(ln D) = 0.1 on 450..700 K in six steps, sd(Ea) = 0.0130 eV and sd(log10 D_300) = 0.103; on
 * 500..800 K in four, 0.0153 and 0.137. */
static void errors_are_those_of_the_design(void **state)
{
  (void)state;
  vt_point p[N_T];
  for (int i = 0; i < N_T; i++) p[i] = point_on_line(0, ladder[i], -6.5, 0.31, 0.1);
  vt_arrh a = fit_points(p, N_T, 0, 300);
  near(a.ea_se, 0.0130, 0.00005);
  near(a.log10_extra_se, 0.103, 0.0005);
  assert_int_equal(a.one_glass, 1); /* the error of one trajectory is no interval for its composition */
  assert_true(isnan(a.extra_lo95) && isnan(a.extra_hi95));
  double sum = 0;
  for (int i = 0; i < N_T; i++) sum += 1 / ladder[i];
  near(a.t_ref_k, N_T / sum, 1e-9); /* harmonic mean: level and slope are uncorrelated */
  near(a.cov_ref_ea / (a.log10_ref_se * a.ea_se), 0, 1e-12);
  const double four[] = {500, 600, 700, 800};
  for (int i = 0; i < 4; i++) p[i] = point_on_line(0, four[i], -6.5, 0.31, 0.1);
  a = fit_points(p, 4, 0, 300);
  near(a.ea_se, 0.0153, 0.00005);
  near(a.log10_extra_se, 0.137, 0.0005);
}

/* With errors that are too small by 10 the misfit says so, and the Birge factor puts them right. */
static void one_glass_is_scaled_by_its_misfit(void **state)
{
  (void)state;
  vt_point p[N_T];
  const double residual[N_T] = {0.1, -0.12, 0.02, -0.05, 0.14, -0.09};
  for (int i = 0; i < N_T; i++) {
    p[i] = point_on_line(0, ladder[i], -6.5, 0.31, 0.01);
    p[i].x *= exp(residual[i]);
    p[i].se = 0.01 * p[i].x;
  }
  vt_arrh small = fit_points(p, N_T, 500, 300);
  assert_true(small.birge > 5);
  near(small.birge * small.birge, small.chi2_red, 1e-9);
  for (int i = 0; i < N_T; i++) p[i].se = 0.0001 * p[i].x; /* the size of the given errors must not matter then */
  vt_arrh smaller = fit_points(p, N_T, 500, 300);
  near(smaller.ea_se / small.ea_se, 1, 1e-9);
  for (int i = 0; i < N_T; i++) p[i].se = 10 * p[i].x; /* but large ones are believed */
  vt_arrh large = fit_points(p, N_T, 500, 300);
  near(large.birge, 1, 0);
  assert_true(large.ea_se > 50 * small.ea_se);
}

/* (X^T W X)^-1 of a line ln x = level - ea u through the ladder with 10 % errors: level, both, ea; and the mean u. */
static double sampling_by_hand(double t_ref, double c[3])
{
  double n = 0, s = 0, q = 0;
  for (int i = 0; i < N_T; i++) {
    double u = (1 / ladder[i] - 1 / t_ref) / VT_KB_EV;
    n += 100, s += 100 * u, q += 100 * u * u;
  }
  double det = n * q - s * s;
  c[0] = q / det, c[1] = s / det, c[2] = n / det;
  return s / n;
}

/* Glasses on exact lines of their own: the mean is theirs; of its covariance, two degrees of freedom are their scatter,
 * six are sampling and 6 % in level (where it does not depend on the slope) and 6 meV (T 8.2). */
static void glasses_are_combined_by_their_scatter(void **state)
{
  (void)state;
  const double ea[3] = {0.32, 0.33, 0.34}, shift[3] = {0.08, -0.04, -0.04}; /* of ln x at 500 K */
  vt_point p[3 * N_T];
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < N_T; i++)
      p[g * N_T + i] = point_on_line(10 + g, ladder[i], -7 + shift[g] + ea[g] / (VT_KB_EV * 500), ea[g], 0.1);
  vt_arrh a = fit_points(p, 3 * N_T, 500, 300);
  assert_int_equal(a.n_glasses, 3);
  double s[3], middle = sampling_by_hand(500, s), level = 0.06 * 0.06, slope = 0.006 * 0.006;
  double var_level = (2 * 0.0048 + 6 * (s[0] + level + slope * middle * middle)) / 8 / 3; /* 0.0064 + 2 x 0.0016 */
  double cov = (2 * -0.0006 + 6 * (s[1] + slope * middle)) / 8 / 3; /* 0.08 x -0.01 - 0.04 x 0.01 = 2 x -0.0006 */
  double var_ea = (2 * 1e-4 + 6 * (s[2] + slope)) / 8 / 3;
  assert_int_equal(a.dof, 8);
  near(a.ea_ev, 0.33, 1e-12);
  near(a.ea_se, sqrt(var_ea), 1e-12);
  near(a.log10_ref, -7 / log(10), 1e-12);
  near(a.log10_ref_se, sqrt(var_level) / log(10), 1e-12);
  near(a.cov_ref_ea, cov / log(10), 1e-12);
  near(a.glass_sd_decades, sqrt(0.0048) / log(10), 1e-12);
  near(a.birge, 1, 0);
  double u = (1.0 / 400 - 1.0 / 500) / VT_KB_EV, mean = -7 - 0.33 * u; /* the value of each glass at 400 K, averaged */
  double var = var_level - 2 * u * cov + u * u * var_ea;
  a = fit_points(p, 3 * N_T, 500, 400);
  near(log(a.extra), mean, 1e-10);
  near(a.log10_extra_se, sqrt(var) / log(10), 1e-10);
  near(log(a.extra_hi95) - mean, 2.30600414 * sqrt(var), 1e-6); /* t(0.975, 8) */
}

/* Weights are pooled over the glasses: a glass that claims tiny errors does not pull the others. */
static void weights_are_pooled_over_glasses(void **state)
{
  (void)state;
  vt_point p[2 * N_T], q[2 * N_T];
  for (int g = 0; g < 2; g++)
    for (int i = 0; i < N_T; i++) {
      double bend = 0.05 * (i - 2.5) * (i - 2.5);
      p[g * N_T + i] = point_on_line(g, ladder[i], -6.5 + bend, 0.3, g ? 0.1 : 0.01 * (i + 1));
      q[g * N_T + i] = point_on_line(g, ladder[i], -6.5 + bend, 0.3, g ? 0.01 * (i + 1) : 0.1);
    }
  vt_arrh a = fit_points(p, 2 * N_T, 500, 300), b = fit_points(q, 2 * N_T, 500, 300);
  near(a.ea_ev, b.ea_ev, 1e-12);
  near(a.ea_se, b.ea_se, 1e-12);
  near(a.glass_sd_decades, 0, 1e-12); /* equal data, equal weights: equal lines */
}

static void unresolved_points_are_rejected_and_counted(void **state)
{
  (void)state;
  vt_point p[3 * N_T];
  int n = 0;
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < N_T; i++) p[n++] = point_on_line(g, ladder[i], -6.5, 0.31, 0.1);
  p[0].x = (double)NAN;
  p[1].se = (double)NAN;
  p[2].x = 0;
  p[3].se = 0;
  for (int i = 1; i < N_T; i++) p[2 * N_T + i].x = (double)NAN; /* glass 2 keeps one temperature: no line */
  vt_arrh a = fit_points(p, n, 500, 300);
  assert_int_equal(a.n_points, 2 + N_T);
  assert_int_equal(a.n_rejected, 4 + N_T);
  assert_int_equal(a.n_glasses, 2);
  near(a.ea_ev, 0.31, 1e-12);
}

static void too_few_temperatures_are_not_resolved(void **state)
{
  (void)state;
  vt_point p[4];
  for (int i = 0; i < 2; i++) p[i] = point_on_line(0, ladder[i], -6.5, 0.31, 0.1);
  vt_arrh a = fit_points(p, 2, 500, 300); /* one glass, two temperatures: an exact line without any error */
  assert_int_equal(a.resolved, 0);
  assert_int_equal(a.n_rejected, 2);
  assert_true(isnan(a.ea_ev) && isnan(a.ea_se) && isnan(a.extra) && isnan(a.log10_ref));
  for (int i = 0; i < 2; i++) p[2 + i] = point_on_line(1, ladder[i], -6.4, 0.32, 0.1);
  assert_int_equal(fit_points(p, 4, 500, 300).resolved, 1); /* two glasses are enough */
  for (int i = 0; i < 4; i++) p[i] = point_on_line(0, 500, -6.5, 0.31, 0.1);
  assert_int_equal(fit_points(p, 4, 500, 300).resolved, 0); /* four points at one temperature are not */
  assert_int_equal(fit_points(p, 0, 500, 300).resolved, 0);
}

static void mixed_compositions_are_an_error(void **state)
{
  (void)state;
  vt_err err;
  vt_arrh a;
  vt_point p[2] = {point_on_line(0, 500, -6, 0.3, 0.1), point_on_line(0, 600, -6, 0.3, 0.1)};
  p[1].comp = 4;
  assert_int_equal(vt_arrh_fit(p, 2, &(vt_fit_spec){.t_ref_k = 500, .t_extra_k = 300}, NULL, &a, &err), VT_EINVAL);
  p[1].comp = 3;
  p[1].t_k = 0;
  assert_int_equal(vt_arrh_fit(p, 2, &(vt_fit_spec){.t_ref_k = 500, .t_extra_k = 300}, NULL, &a, &err), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_exact_line_is_recovered),
      cmocka_unit_test(errors_are_those_of_the_design),
      cmocka_unit_test(one_glass_is_scaled_by_its_misfit),
      cmocka_unit_test(glasses_are_combined_by_their_scatter),
      cmocka_unit_test(weights_are_pooled_over_glasses),
      cmocka_unit_test(unresolved_points_are_rejected_and_counted),
      cmocka_unit_test(too_few_temperatures_are_not_resolved),
      cmocka_unit_test(mixed_compositions_are_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
