/* The VTF curve and the model average against exact data and closed forms; what becomes of every point. */
#include <math.h>
#include <string.h>

#include "engine/fits/fits.h"
#include "engine/num/num.h"
#include "tests/vt_test.h"

enum { N_T = 6 };
static const double ladder[N_T] = {450, 500, 550, 600, 650, 700};

static vt_point point(int glass, double t_k, double ln_x, double relative_se)
{
  double x = exp(ln_x);
  return (vt_point){.comp = 3, .glass = glass, .t_k = t_k, .x = x, .se = relative_se * x};
}

static vt_arrh fit_below(const vt_point *p, int n, double t_extra, double tg_k, int32_t *status)
{
  vt_err err;
  vt_arrh a;
  const vt_fit_spec spec = {.t_ref_k = 500, .t_extra_k = t_extra, .tg_k = tg_k};
  VT_TEST_OK(vt_arrh_fit(p, n, &spec, status, &a, &err), &err);
  return a;
}

static vt_arrh fit_with_status(const vt_point *p, int n, double t_extra, int32_t *status)
{
  return fit_below(p, n, t_extra, 0, status);
}

/* Three glasses on exact curves with one T0. */
static void exact_curves_are_recovered(void **state)
{
  (void)state;
  const double t0 = 180, b[3] = {1400, 1500, 1600}, level[3] = {-7, -7.2, -6.8};
  vt_point p[3 * N_T];
  double at_400 = 0;
  for (int g = 0; g < 3; g++) {
    for (int i = 0; i < N_T; i++) p[g * N_T + i] = point(g, ladder[i], level[g] - b[g] / (ladder[i] - t0), 0.002);
    at_400 += (level[g] - b[g] / (400 - t0)) / 3;
  }
  vt_arrh a = fit_with_status(p, 3 * N_T, 400, NULL);
  assert_int_equal(a.vtf.reason, VT_VTF_OK);
  assert_int_equal(a.model, VT_MODEL_VTF);
  assert_int_equal(a.vtf.n_temperatures, N_T);
  near(a.vtf.t0_k, t0, 1e-3); /* the search ends within 2e-5 of a step of 14 K */
  near(a.vtf.b_k, 1500, 0.02);
  near(a.vtf.ln_prefactor, -7, 1e-4);
  near(a.vtf.chi2_red, 0, 1e-4);
  near(log(a.vtf.extra), at_400, 2e-3); /* T0 spread over its likelihood, error 0.5 K */
  near(a.vtf.weight, 1, 1e-9);
  near(log(a.avg_extra), log(a.vtf.extra), 1e-6);
  /* B scatters by 100 with 2 of 8 degrees of freedom, the usual scatter of 6 meV = 70 K / (1 - T0/T)^2 = 30 K is the
   * rest: sqrt((2 100^2 + 6 30^2)/8/3) = 33; and T0 adds to it */
  assert_true(a.vtf.b_se > 25 && a.vtf.b_se < 60);
}

/* kB B (T / (T - T0))^2 at 500 K of a curve that is known to 0.2 %. */
static void the_local_activation_energy_is_the_slope_of_the_curve(void **state)
{
  (void)state;
  const double t0 = 180, b = 1500, want = VT_KB_EV * b * (500 / (500 - t0)) * (500 / (500 - t0));
  vt_point p[3 * N_T];
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < N_T; i++) p[g * N_T + i] = point(g, ladder[i], -7 - b / (ladder[i] - t0), 0.002);
  vt_arrh a = fit_with_status(p, 3 * N_T, 400, NULL);
  assert_int_equal(a.model, VT_MODEL_VTF);
  near(a.vtf.ea_local_ev, want, 1e-4); /* 0.5 K of T0 are 1e-4 eV */
  assert_true(a.vtf.ea_local_lo95 < want && want < a.vtf.ea_local_hi95);
  assert_true(a.vtf.ea_local_ev > a.ea_ev + 0.02); /* the line runs through the middle of the data, 560 K */
}

/* One glass, errors of T0, B and the prefactor against the covariance of the nonlinear fit of three parameters: rows of
 * the Jacobian 1, -1/(T - T0), -B/(T - T0)^2 with weights 1/s^2. */
static void errors_are_those_of_the_nonlinear_fit(void **state)
{
  (void)state;
  vt_err err;
  const double t0 = 200, b = 1440, s = 0.02;
  double x[3 * N_T], y[N_T] = {0}, var[N_T];
  vt_point p[N_T];
  vt_lsq r;
  for (int i = 0; i < N_T; i++) {
    double d = ladder[i] - t0;
    p[i] = point(0, ladder[i], -7 - b / d, s);
    x[3 * i] = 1, x[3 * i + 1] = -1 / d, x[3 * i + 2] = -b / (d * d);
    var[i] = s * s;
  }
  VT_TEST_OK(vt_wls(N_T, 3, y, x, var, &r, &err), &err);
  vt_arrh a = fit_with_status(p, N_T, 400, NULL);
  near(a.vtf.t0_se / sqrt(r.cov[8]), 1, 1e-4); /* T0 itself is off by 1e-4 K */
  near(a.vtf.b_se / sqrt(r.cov[4]), 1, 1e-4);
  near(a.vtf.ln_prefactor_se / sqrt(r.cov[0]), 1, 1e-4);
}

/* chi2 of a curve with this T0 through the line of one glass, by a fit of its own. */
static double chi2_of_curve(const double *y, double t0)
{
  vt_err err;
  vt_lsq r;
  double x[2 * N_T], var[N_T], copy[N_T];
  for (int i = 0; i < N_T; i++) x[2 * i] = 1, x[2 * i + 1] = -1 / (ladder[i] - t0), var[i] = 0.01, copy[i] = y[i];
  VT_TEST_OK(vt_wls(N_T, 2, copy, x, var, &r, &err), &err);
  return r.chi2;
}

/* An exact line: T0 = 0, the same parameters; delta AIC is the penalty of one parameter alone; the probability of a
 * curve is the mean of its likelihood over 0 < T0 < 260 K against that of the line. */
static void a_line_is_the_curve_with_t0_zero(void **state)
{
  (void)state;
  vt_point p[2 * N_T];
  for (int g = 0; g < 2; g++)
    for (int i = 0; i < N_T; i++) p[g * N_T + i] = point(g, ladder[i], -6.5 + 0.1 * g - 3600 / ladder[i], 0.1);
  vt_arrh a = fit_with_status(p, 2 * N_T, 300, NULL);
  near(a.vtf.t0_k, 0, 1e-3);
  near(a.vtf.b_k * VT_KB_EV, a.ea_ev, 1e-6);
  near(a.vtf.ln_prefactor, a.ln_prefactor, 1e-4);
  near(a.vtf.delta_aic, -2, 1e-9);
  double y[N_T], mean = 0;
  for (int i = 0; i < N_T; i++) y[i] = -6.5 - 3600 / ladder[i];
  for (int k = 0; k < 1000; k++) mean += exp(-0.5 * 2 * chi2_of_curve(y, 0.26 * (k + 0.5))) / 1000; /* two glasses */
  near(a.vtf.weight, mean / (1 + mean), 2e-3);                                                      /* 24 nodes */
  near(a.vtf.t0_max_k, VT_TG_OF_CLASS_K, 0);
  assert_int_equal(a.model, VT_MODEL_AVERAGED); /* data never exclude a small T0 */
  assert_true(a.avg_lo95 < a.extra_lo95);       /* and a small T0 means less at 300 K */
  vt_band b = vt_arrh_extrapolated(&a);
  near(b.median, a.avg_extra, 0);
  near(b.lo95, a.avg_lo95, 0);
  near(b.hi95, a.avg_hi95, 0);
}

static void what_is_not_tried_has_a_reason(void **state)
{
  (void)state;
  vt_point p[4 * N_T];
  int n = 0;
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < 2; i++) p[n++] = point(g, ladder[i], -6.5 - 3600 / ladder[i], 0.1);
  vt_arrh a = fit_with_status(p, n, 300, NULL);
  assert_int_equal(a.vtf.reason, VT_VTF_FEW_TEMPERATURES);
  assert_int_equal(a.model, VT_MODEL_AVERAGED);
  assert_true(isnan(a.vtf.t0_k) && isnan(a.vtf.delta_aic) && a.vtf.weight == 0.5); /* as before the points */
  n = 0; /* three temperatures of two glasses are enough: a curve cannot be excluded, and small T0 mean less at 300 K */
  for (int g = 0; g < 2; g++)
    for (int i = 0; i < 3; i++) p[n++] = point(g, ladder[i], -6.5 - 3600 / ladder[i], 0.1);
  a = fit_with_status(p, n, 300, NULL);
  assert_int_equal(a.vtf.reason, VT_VTF_OK);
  assert_int_equal(a.model, VT_MODEL_AVERAGED);
  assert_true(!(a.avg_lo95 >= a.extra_lo95));
  for (int i = 0; i < 4; i++) p[i] = point(0, ladder[i], -6.5 - 3600 / ladder[i], 0.1);
  assert_int_equal(fit_with_status(p, 4, 300, NULL).vtf.reason, VT_VTF_OK);
  for (int i = 0; i < 8; i++) p[i] = point(i / 2, ladder[(i + 1) / 2], -6.5 - 3600 / ladder[(i + 1) / 2], 0.1);
  a = fit_with_status(p, 8, 300,
                      NULL); /* four glasses of two temperatures: five of them, but no curve is ever contradicted */
  assert_int_equal(a.resolved, 1);
  assert_int_equal(a.vtf.reason, VT_VTF_FEW_POINTS);
  assert_int_equal(fit_with_status(p, 2, 300, NULL).vtf.reason, VT_VTF_NO_LINE);
  for (int i = 0; i < N_T; i++) p[i] = point(0, ladder[i], -6.5 + 3600 / ladder[i], 0.1);
  assert_int_equal(fit_with_status(p, N_T, 300, NULL).vtf.reason, VT_VTF_NOT_ACTIVATED);
  for (int i = 0; i < N_T; i++) p[i] = point(0, ladder[i], -6.5 - 1200 / (ladder[i] - 290), 0.1); /* above 260 K */
  a = fit_with_status(p, N_T, 300, NULL);
  assert_int_equal(a.vtf.reason, VT_VTF_AT_MOST);
  assert_true(isnan(a.vtf.t0_k) && isnan(a.vtf.b_k) && a.vtf.weight > 0.5);
}

/* ln x at t of the curve with this T0 through the two lowest points of ln x = -6.5 - 3600 / T. */
static double through_two(double t0_k, double t_k)
{
  const double y1 = -6.5 - 3600 / ladder[0], y2 = -6.5 - 3600 / ladder[1];
  const double b = (y2 - y1) / (1 / (ladder[0] - t0_k) - 1 / (ladder[1] - t0_k));
  return y1 + b * (1 / (ladder[0] - t0_k) - 1 / (t_k - t0_k));
}

/* Two temperatures go with every curve.  Reference: the curve through both points, by hand; half of the probability is
 * the line's, so 2.5 % of all is 5 % of the curves, T0 = 0.95 of 260 K.  Tolerance: the errors of level and slope, 6 %
 * and 6 meV over three glasses, leave 0.06 of ln x there; three of these. */
static void two_temperatures_cannot_test_a_curve(void **state)
{
  (void)state;
  vt_point p[9];
  for (int i = 0; i < 6; i++) p[i] = point(i / 2, ladder[i % 2], -6.5 - 3600 / ladder[i % 2], 0.02);
  vt_arrh a = fit_with_status(p, 6, 400, NULL);
  vt_band b = vt_arrh_extrapolated(&a);
  assert_false(vt_arrh_is_tested(&a));
  assert_non_null(strstr(vt_arrh_untested_text(&a), "two temperatures"));
  near(a.t_min_k, ladder[0], 0);
  near(a.t_max_k, ladder[1], 0);
  near(log(b.lo95), through_two(0.95 * VT_TG_OF_CLASS_K, 400), 0.18);
  assert_true(log(b.lo95) < log(a.extra_lo95) - 0.1); /* the line alone would promise more */
  assert_true(b.hi95 > exp(through_two(0, 400)));
  a = fit_with_status(p, 6, 300, NULL); /* T0 may be next to 300 K: no value, only less than the line's upper end */
  b = vt_arrh_extrapolated(&a);
  assert_true(isfinite(a.extra) && isnan(b.median) && isnan(b.lo95));
  assert_true(b.hi95 > exp(through_two(0, 300)) && b.hi95 < exp(through_two(0, ladder[0])));
  a = fit_with_status(p, 6, 0.5 * (ladder[0] + ladder[1]), NULL); /* between them the line and all curves agree */
  near(log(vt_arrh_extrapolated(&a).median), log(a.extra), 0.05);
  for (int i = 0; i < 9; i++) p[i] = point(i / 3, ladder[i % 3], -6.5 - 3600 / ladder[i % 3], 0.02);
  a = fit_with_status(p, 9, 400, NULL); /* a third one */
  assert_true(vt_arrh_is_tested(&a));
}

/* At a reference temperature beyond them the line has no answer; between them, and with a third one, it has. */
static void an_untested_line_says_nothing_beyond(void **state)
{
  (void)state;
  vt_point p[9];
  vt_arrh a;
  vt_err err = {0};
  for (int i = 0; i < 6; i++) p[i] = point(i / 2, ladder[i % 2], -6.5 - 3600 / ladder[i % 2], 0.02);
  vt_fit_spec spec = {.t_ref_k = ladder[0] - 20, .t_extra_k = 300};
  VT_TEST_OK(vt_arrh_fit(p, 6, &spec, NULL, &a, &err), &err);
  assert_true(a.resolved && a.extrapolates && isnan(vt_arrh_at_ref(&a).median) && isfinite(vt_arrh_energy(&a).lo95));
  spec.t_ref_k = ladder[0] + 20;
  VT_TEST_OK(vt_arrh_fit(p, 6, &spec, NULL, &a, &err), &err);
  assert_true(isfinite(vt_arrh_at_ref(&a).median));
  for (int i = 0; i < 9; i++) p[i] = point(i / 3, ladder[i % 3], -6.5 - 3600 / ladder[i % 3], 0.02);
  spec.t_ref_k = ladder[0] - 20;
  VT_TEST_OK(vt_arrh_fit(p, 9, &spec, NULL, &a, &err), &err);
  assert_true(isfinite(vt_arrh_at_ref(&a).median));
  for (int i = 0; i < 6; i++) p[i] = point(i / 2, ladder[i % 2], -6.5 + 3600 / ladder[i % 2], 0.02); /* falls with T */
  VT_TEST_OK(vt_arrh_fit(p, 6, &spec, NULL, &a, &err), &err);
  assert_true(isnan(vt_arrh_extrapolated(&a).median) && isnan(vt_arrh_extrapolated(&a).hi95));
  for (int i = 0; i < 3; i++) p[i] = point(0, ladder[i], -6.5 - 3600 / ladder[i], 0.02); /* one glass of three */
  VT_TEST_OK(vt_arrh_fit(p, 3, &spec, NULL, &a, &err), &err);
  assert_int_equal(a.vtf.reason, VT_VTF_FEW_POINTS);
  assert_true(a.resolved && isnan(vt_arrh_extrapolated(&a).median));
}

/* T0 = 310 K, seen from 300 K: nothing moves, and no placeholder says otherwise; it is less than at 450 K, though. */
static void below_t0_there_is_no_value(void **state)
{
  (void)state;
  vt_point p[2 * N_T];
  for (int g = 0; g < 2; g++)
    for (int i = 0; i < N_T; i++) p[g * N_T + i] = point(g, ladder[i], -8 + 0.01 * g - 900 / (ladder[i] - 310), 0.005);
  vt_arrh a = fit_below(p, 2 * N_T, 300, 400, NULL);
  assert_int_equal(a.model, VT_MODEL_VTF);
  near(a.vtf.t0_max_k, 0.7 * 450, 1e-12); /* not 400: never next to the lowest temperature */
  assert_true(isnan(a.vtf.extra) && isnan(a.vtf.extra_lo95));
  assert_true(a.vtf.extra_hi95 > 0 && a.vtf.extra_hi95 < 1.2 * p[0].x);
  assert_true(isfinite(fit_below(p, 2 * N_T, 420, 400, NULL).vtf.extra));
  a = fit_below(p, 2 * N_T, 0, 400, NULL); /* no extrapolation asked for */
  assert_true(isnan(a.vtf.extra) && isnan(a.avg_extra) && isfinite(a.vtf.t0_k));
}

/* D in cm^2/s, sigma T in mS K/cm, 1/tau in 1/ps: a factor moves levels by its logarithm and nothing else. */
static void units_only_shift_the_level(void **state)
{
  (void)state;
  vt_point p[2 * N_T], q[2 * N_T];
  const double factor = 3e8;
  for (int i = 0; i < 2 * N_T; i++) {
    double t = ladder[i % N_T];
    p[i] = q[i] = point(i / N_T, t, -6.5 - 3300 / t + 0.08 * sin(3.0 * i), 0.1);
    q[i].x *= factor, q[i].se *= factor;
  }
  vt_arrh a = fit_with_status(p, 2 * N_T, 300, NULL), b = fit_with_status(q, 2 * N_T, 300, NULL);
  near(b.ea_ev, a.ea_ev, 1e-12);
  near(b.log10_ref - a.log10_ref, log10(factor), 1e-12);
  near(b.vtf.t0_k, a.vtf.t0_k, 0.01);
  near(b.vtf.delta_aic, a.vtf.delta_aic, 1e-9);
  near(log10(b.avg_lo95 / a.avg_lo95), log10(factor), 1e-5);
  near(b.ln_prefactor - a.ln_prefactor, log(factor), 1e-10);
}

static void every_point_has_its_fate(void **state)
{
  (void)state;
  vt_point p[3 * N_T];
  int32_t status[3 * N_T];
  int n = 0, sum = 0;
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < N_T; i++) p[n++] = point(g, ladder[i], -6.5 - 3600 / ladder[i], 0.1);
  p[0].x = (double)NAN;
  p[1].x = -1e-9;
  p[2].se = 0;
  p[3].se = (double)INFINITY;
  for (int i = 1; i < N_T; i++) p[2 * N_T + i].x = (double)NAN;
  vt_arrh a = fit_with_status(p, n, 300, status);
  const int32_t first[5] = {VT_POINT_NO_VALUE, VT_POINT_NOT_POSITIVE, VT_POINT_NO_ERROR, VT_POINT_NO_ERROR,
                            VT_POINT_USED};
  for (int i = 0; i < 5; i++) assert_int_equal(status[i], first[i]);
  assert_int_equal(status[2 * N_T], VT_POINT_FEW_T);
  assert_int_equal(status[2 * N_T + 1], VT_POINT_NO_VALUE);
  assert_int_equal(a.n_status[VT_POINT_USED], a.n_points);
  assert_int_equal(a.n_status[VT_POINT_NO_VALUE], N_T);
  for (int k = 0; k < VT_N_POINT_STATUS; k++) {
    sum += a.n_status[k];
    assert_true(strlen(vt_point_status_text((vt_point_status)k)) > 3);
  }
  assert_int_equal(sum, n);
  (void)fit_with_status(p + N_T, 2, 300, status); /* one glass, two temperatures */
  assert_int_equal(status[0], VT_POINT_LONE_GLASS);
  assert_int_equal(status[1], VT_POINT_LONE_GLASS);
}

static void points_of_a_glass_out_of_equilibrium_are_marked(void **state)
{
  (void)state;
  vt_point p[2 * N_T];
  int32_t status[2 * N_T];
  for (int i = 0; i < 2 * N_T; i++) p[i] = point(i / N_T, ladder[i % N_T], -6.5 - 3600 / ladder[i % N_T], 0.1);
  p[0].x = (double)NAN;
  vt_arrh a = fit_with_status(p, 2 * N_T, 300, status), before = a;
  assert_int_equal(a.n_below_tg, 0);
  vt_arrh_mark_glass(p, 2 * N_T, (double)NAN, status, &a); /* not known: nothing is marked */
  assert_int_equal(a.n_below_tg, 0);
  vt_arrh_mark_glass(p, 2 * N_T, 500, status, &a);
  assert_int_equal(a.n_below_tg, 3);
  assert_int_equal(status[0], VT_POINT_NO_VALUE);
  assert_int_equal(status[1], VT_POINT_BELOW_TG);
  assert_int_equal(status[2], VT_POINT_USED);
  assert_int_equal(status[N_T], VT_POINT_BELOW_TG);
  assert_int_equal(a.n_status[VT_POINT_USED] + a.n_status[VT_POINT_BELOW_TG], a.n_points);
  near(a.ea_ev, before.ea_ev, 0);
  near(a.tg_k, 500, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_curves_are_recovered),
      cmocka_unit_test(the_local_activation_energy_is_the_slope_of_the_curve),
      cmocka_unit_test(errors_are_those_of_the_nonlinear_fit),
      cmocka_unit_test(a_line_is_the_curve_with_t0_zero),
      cmocka_unit_test(what_is_not_tried_has_a_reason),
      cmocka_unit_test(two_temperatures_cannot_test_a_curve),
      cmocka_unit_test(an_untested_line_says_nothing_beyond),
      cmocka_unit_test(below_t0_there_is_no_value),
      cmocka_unit_test(units_only_shift_the_level),
      cmocka_unit_test(every_point_has_its_fate),
      cmocka_unit_test(points_of_a_glass_out_of_equilibrium_are_marked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
