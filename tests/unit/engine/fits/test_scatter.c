/* The scatter between glasses against hand-made numbers: what other compositions tell, means by temperature, and what
 * is said of one glass and of wide intervals. */
#include <math.h>

#include "engine/fits/fits.h"
#include "engine/num/num.h"
#include "tests/vt_test.h"

enum { N_T = 4 };
static const double ladder[N_T] = {500, 600, 700, 800};

static vt_glass_line line_of(int comp, double level, double ea)
{
  return (vt_glass_line){.comp = comp, .log10_ref = level, .ea_ev = ea, .var_ref = 0.001, .var_ea = 1e-5, .cov = 2e-5};
}

static vt_point on_line(int comp, int glass, double t_k, double level, double ea, double relative_se)
{
  double x = exp(level - ea * (1 / t_k - 1.0 / 500) / VT_KB_EV);
  return (vt_point){.comp = comp, .glass = glass, .t_k = t_k, .x = x, .se = relative_se * x};
}

static vt_arrh fit(const vt_point *p, int n, const vt_fit_spec *spec)
{
  vt_err err;
  vt_arrh a;
  VT_TEST_OK(vt_arrh_fit(p, n, spec, NULL, &a, &err), &err);
  return a;
}

/* Two others: squares about their means 0.02 and 0.08 decades^2 with 1 and 2 degrees of freedom, sampling 0.001 each.
 */
static void others_are_pooled_without_their_sampling(void **state)
{
  (void)state;
  vt_err err;
  vt_scatter s;
  const vt_glass_line line[8] = {line_of(0, -5.1, 0.30), line_of(0, -4.9, 0.32), line_of(1, -6, 0.40),
                                 line_of(2, -5.2, 0.30), line_of(2, -5.0, 0.30), line_of(2, -4.8, 0.33),
                                 line_of(3, -7.5, 0.50), line_of(3, -6.5, 0.60)};
  VT_TEST_OK(vt_scatter_of_others(line, 8, 3, &s, &err), &err);
  near(s.var_ref, (0.02 + 0.08) / 3 - 0.001, 1e-14);
  near(s.var_ea, (2e-4 + 6e-4) / 3 - 1e-5, 1e-16);
  near(s.cov, (0.002 + 0.006) / 3 - 2e-5, 1e-15); /* 0.1 x 0.01 twice; 0.2 x 0.01 and 0.2 x 0.02 */
  assert_in_range(s.dof, 1, 3);
  VT_TEST_OK(vt_scatter_of_others(line, 3, 0, &s, &err), &err); /* composition 1 has one glass */
  assert_int_equal(s.dof, 0);
  VT_TEST_OK(vt_scatter_of_others(line, 0, 0, &s, &err), &err);
  assert_int_equal(s.dof, 0);
}

/* Twenty compositions of three glasses: equal variances count in full (30 at most), those of which half is 10000 times
 * as large as the rest hardly at all. */
static void others_count_as_far_as_they_agree(void **state)
{
  (void)state;
  vt_err err;
  vt_glass_line line[60];
  vt_scatter s;
  for (int alike = 0; alike < 2; alike++) {
    for (int i = 0; i < 60; i++) {
      const double size = alike || i / 3 % 2 ? 0.1 : 0.001;
      line[i] = line_of(i / 3, -5 + size * (i % 3 - 1), 0.3 + 0.1 * size * (i % 3 - 1));
    }
    VT_TEST_OK(vt_scatter_of_others(line, 60, 7, &s, &err), &err);
    assert_in_range(s.dof, alike ? 30 : 0, alike ? 30 : 2);
  }
}

/* Glasses that agree to the last digit have the errors of their points. */
static void nothing_is_more_certain_than_its_points(void **state)
{
  (void)state;
  vt_point p[2 * N_T];
  double n = 0, s = 0, q = 0;
  for (int i = 0; i < N_T; i++) {
    const double u = (1 / ladder[i] - 1.0 / 500) / VT_KB_EV;
    n += 100, s += 100 * u, q += 100 * u * u; /* 10 % a point */
    for (int g = 0; g < 2; g++) p[g * N_T + i] = on_line(0, g, ladder[i], -12, 0.3, 0.1);
  }
  vt_arrh a = fit(p, 2 * N_T, &(vt_fit_spec){.t_ref_k = 500});
  assert_true(a.ea_se >= (1 - 1e-12) * sqrt(n / (n * q - s * s) / 2));
  assert_true(a.log10_ref_se >= (1 - 1e-12) * sqrt(q / (n * q - s * s) / 2) / log(10));
  assert_true(a.ea_se < 1.1 * sqrt(n / (n * q - s * s) / 2)); /* and no less */
}

static void one_glass_speaks_for_a_composition_only_among_others(void **state)
{
  (void)state;
  vt_point p[N_T];
  for (int i = 0; i < N_T; i++) p[i] = on_line(0, 0, ladder[i], -12, 0.3, 0.1);
  vt_arrh alone = fit(p, N_T, &(vt_fit_spec){.t_ref_k = 500, .t_extra_k = 400});
  assert_int_equal(alone.one_glass, 1);
  near(alone.ea_ev, 0.3, 1e-12);
  assert_true(alone.ea_se > 0 && isfinite(alone.extra));
  assert_true(isnan(vt_arrh_energy(&alone).lo95) && isnan(vt_arrh_at_ref(&alone).lo95));
  assert_true(isnan(vt_arrh_extrapolated(&alone).hi95) && isfinite(vt_arrh_extrapolated(&alone).median));
  const vt_fit_spec spec = {.t_ref_k = 500, .t_extra_k = 400, .others = {.dof = 4, .var_ref = 0.01, .var_ea = 1e-4}};
  vt_arrh among = fit(p, N_T, &spec);
  assert_int_equal(among.one_glass, 0);
  assert_true(vt_arrh_energy(&among).lo95 < 0.3 && vt_arrh_energy(&among).hi95 > 0.3);
  assert_true(among.ea_se > 0.008); /* 10 meV count four of ten, 6 meV the rest, and sampling comes on top */
}

static void a_band_of_more_than_three_decades_has_no_value(void **state)
{
  (void)state;
  vt_point p[2 * N_T];
  for (int i = 0; i < 2 * N_T; i++)
    p[i] = on_line(0, i / N_T, ladder[i % N_T], i / N_T ? -12 : -12.2, i / N_T ? 0.25 : 0.35, 0.1);
  vt_arrh a = fit(p, 2 * N_T, &(vt_fit_spec){.t_ref_k = 600, .t_extra_k = 100});
  const vt_band b = vt_arrh_extrapolated(&a);
  assert_true(a.resolved && isfinite(a.ea_ev));
  assert_true(isnan(b.median) && isnan(b.lo95));
  assert_true(b.hi95 > 0 && b.hi95 < 1e-3); /* below 500 K it is less than there, and not 1e+80 */
}

/* Of ln x: own squares 0.005 with 1 degree of freedom, others at 500 K 0.02 with 1, less sampling, the usual 0.0036
 * with 6; sampling 0.01 everywhere. */
static void means_by_temperature_are_those_by_hand(void **state)
{
  (void)state;
  vt_err err;
  vt_at_t at[6];
  int n;
  const vt_point p[6] = {on_line(0, 0, 500, -12.05, 0.3, 0.1), on_line(0, 1, 500, -11.95, 0.3, 0.1),
                         on_line(1, 0, 500, -10.1, 0.3, 0.1),  on_line(1, 1, 500, -9.9, 0.3, 0.1),
                         on_line(1, 0, 600, -10.2, 0.3, 0.1),  {.comp = 0, .glass = 0, .t_k = 600, .x = NAN, .se = 1}};
  VT_TEST_OK(vt_values_at(p, 6, VT_USUAL_LEVEL, at, &n, &err), &err);
  assert_int_equal(n, 3);
  assert_int_equal(at[0].n_glasses, 2);
  assert_int_equal(at[0].dof, 1 + 1 + 6);
  near(log(at[0].value), -12, 1e-13);
  const double variance = (0.005 + (0.02 - 0.01 + 0.01) + 6 * (0.01 + 0.0036)) / 8;
  near(at[0].se / at[0].value, sqrt(variance / 2), 1e-13);
  near(log(at[0].hi95 / at[0].value), 2.30600414 * sqrt(variance / 2), 1e-7); /* t(0.975, 8) */
  near(log(at[0].value / at[0].lo95), 2.30600414 * sqrt(variance / 2), 1e-7);
  assert_int_equal(at[2].n_glasses, 1); /* nobody else has two glasses at 600 K */
  assert_int_equal(at[2].dof, 0);
  assert_true(isfinite(at[2].value) && at[2].se > 0 && isnan(at[2].lo95));
  const vt_point close[4] = {on_line(0, 0, 500, -12, 0.3, 0.1), on_line(0, 1, 500, -12, 0.3, 0.1),
                             on_line(1, 0, 500, -10, 0.3, 0.5), on_line(1, 1, 500, -10, 0.3, 0.5)};
  VT_TEST_OK(vt_values_at(close, 4, VT_USUAL_LEVEL, at, &n, &err), &err); /* scatter less sampling is negative */
  assert_int_equal(at[0].dof, 1 + 1 + 6);
  near(at[0].se / at[0].value, sqrt(0.01 / 2), 1e-13);
  vt_point bad = p[0];
  bad.t_k = 0;
  assert_int_equal(vt_values_at(&bad, 1, VT_USUAL_LEVEL, at, &n, &err), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(others_are_pooled_without_their_sampling),
      cmocka_unit_test(others_count_as_far_as_they_agree),
      cmocka_unit_test(nothing_is_more_certain_than_its_points),
      cmocka_unit_test(one_glass_speaks_for_a_composition_only_among_others),
      cmocka_unit_test(a_band_of_more_than_three_decades_has_no_value),
      cmocka_unit_test(means_by_temperature_are_those_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
