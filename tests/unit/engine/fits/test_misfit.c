/* What all glasses do that no line and no curve does: seen, named, and refused or made wider. */
#include <math.h>
#include <string.h>

#include "engine/fits/fits.h"
#include "tests/vt_test.h"

enum { N_T = 6, GLASSES = 5 };
static const double ladder[N_T] = {400, 450, 500, 550, 600, 650};
/* 10 % a point; the same for every run of the test, and nothing that a line follows. */
static const double noise[GLASSES][N_T] = {{0.07, -0.11, 0.02, 0.10, -0.06, 0.01},
                                           {-0.09, 0.04, 0.12, -0.08, 0.03, -0.02},
                                           {0.03, 0.08, -0.14, -0.01, 0.09, -0.05},
                                           {-0.04, -0.06, 0.05, 0.07, -0.11, 0.08},
                                           {0.05, 0.02, -0.03, -0.10, 0.04, 0.01}};

static vt_arrh fit_shifted(const double shift[N_T], double t0_k)
{
  vt_point p[GLASSES * N_T];
  vt_err err;
  vt_arrh a;
  const vt_fit_spec spec = {.t_ref_k = 500, .t_extra_k = 300};
  for (int g = 0; g < GLASSES; g++)
    for (int i = 0; i < N_T; i++) {
      const double x = exp(-6 - (t0_k > 0 ? 1400 : 3700) / (ladder[i] - t0_k) + noise[g][i] + shift[i] * log(10));
      p[g * N_T + i] = (vt_point){.glass = g, .t_k = ladder[i], .x = x, .se = 0.1 * x};
    }
  VT_TEST_OK(vt_arrh_fit(p, GLASSES * N_T, &spec, NULL, &a, &err), &err);
  return a;
}

static void lines_and_curves_are_no_misfit(void **state)
{
  (void)state;
  const double none[N_T] = {0};
  char text[VT_MISFIT_TEXT];
  for (int k = 0; k < 4; k++) {
    vt_arrh a = fit_shifted(none, k * 60.0); /* to 180 K */
    assert_int_equal(a.misfit.kind, VT_MISFIT_NONE);
    assert_true(a.resolved && a.misfit.p > 0.01);
    vt_misfit_text(&a.misfit, text);
    assert_string_equal(text, "");
  }
}

/* 1.6 decades between 500 and 550 K: noise of 10 % of five glasses moves that by 0.05. */
static void a_jump_is_named_and_refused(void **state)
{
  (void)state;
  const double shift[N_T] = {0, 0, 0, 1.6, 1.6, 1.6};
  char text[VT_MISFIT_TEXT];
  vt_arrh a = fit_shifted(shift, 0);
  assert_int_equal(a.misfit.kind, VT_MISFIT_JUMP);
  near(a.misfit.t_k, 500, 0);
  near(a.misfit.next_k, 550, 0);
  near(a.misfit.size_decades, 1.6, 0.1);
  assert_int_equal(a.misfit.refused, 1);
  assert_int_equal(a.resolved, 0);
  assert_true(isnan(a.ea_ev) && isnan(a.extra) && isnan(vt_arrh_extrapolated(&a).hi95));
  assert_int_equal(a.n_points, GLASSES * N_T); /* none was rejected */
  vt_misfit_text(&a.misfit, text);
  assert_non_null(strstr(text, "decades between 500 and 550 K"));
}

static void one_temperature_is_named_and_makes_the_intervals_wider(void **state)
{
  (void)state;
  const double none[N_T] = {0}, shift[N_T] = {0, -0.2, 0, 0, 0, 0}, large[N_T] = {0, -0.6, 0, 0, 0, 0};
  char text[VT_MISFIT_TEXT];
  vt_arrh plain = fit_shifted(none, 0), a = fit_shifted(shift, 0);
  assert_int_equal(a.misfit.kind, VT_MISFIT_POINT);
  near(a.misfit.t_k, 450, 0);
  near(a.misfit.size_decades, -0.2, 0.07);
  assert_true(a.resolved && !a.misfit.refused);
  assert_true(a.dof < plain.dof && a.ea_se > 1.5 * plain.ea_se);
  assert_true(a.misfit.p < 1e-3 && a.misfit.chi2_red > 5);
  vt_misfit_text(&a.misfit, text);
  assert_non_null(strstr(text, "at 450 K lie 0.2"));
  assert_non_null(strstr(text, "below"));
  a = fit_shifted(large, 0);
  assert_int_equal(a.misfit.kind, VT_MISFIT_POINT);
  assert_int_equal(a.resolved, 0); /* 0.3 decades or more */
}

/* What differs between glasses is scatter: one glass that is off at one temperature is no misfit of all. */
static void what_one_glass_does_is_no_misfit_of_all(void **state)
{
  (void)state;
  vt_point p[GLASSES * N_T];
  vt_err err;
  vt_arrh a;
  for (int g = 0; g < GLASSES; g++)
    for (int i = 0; i < N_T; i++) {
      const double off = g == 2 && i == 1 ? 0.5 : 0, x = exp(-6 - 3700 / ladder[i] + noise[g][i] + off);
      p[g * N_T + i] = (vt_point){.glass = g, .t_k = ladder[i], .x = x, .se = 0.1 * x};
    }
  VT_TEST_OK(vt_arrh_fit(p, GLASSES * N_T, &(vt_fit_spec){.t_ref_k = 500}, NULL, &a, &err), &err);
  assert_int_equal(a.misfit.kind, VT_MISFIT_NONE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_and_curves_are_no_misfit),
      cmocka_unit_test(a_jump_is_named_and_refused),
      cmocka_unit_test(one_temperature_is_named_and_makes_the_intervals_wider),
      cmocka_unit_test(what_one_glass_does_is_no_misfit_of_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
