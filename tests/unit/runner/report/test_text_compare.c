/* The comparison as a person reads it: every interval that decides stands beside its limit, and none that does not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/report/report.h"
#include "tests/vt_test.h"

static const char *const names[] = {"Ada", "Bell", "Curie"};
static const vt_compare_spec spec = {
    .t_ref_k = 600, .t_extra_k = 300, .margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};

/* n compositions, compared by the program itself; not resolved: none of the fits is. */
static vt_buf text_of(int n, const double *y, int resolved)
{
  static vt_arrh fit[3];
  vt_fitted q = {.what = {"D", "cm^2/s", "made up"}, .arrh = fit};
  vt_err err = {0};
  vt_buf b = {0};
  for (int i = 0; i < n; i++)
    fit[i] = (vt_arrh){.resolved = i < resolved,
                       .n_glasses = 5,
                       .dof = 4,
                       .t_ref_k = 600,
                       .log10_ref = y[i],
                       .log10_ref_se = 0.02,
                       .ea_ev = 0.3,
                       .ea_se = 0.01};
  const vt_compare_input in = {
      .fits = fit,
      .n = n,
      .names = names,
      .lim = {.margin = spec.margin, .tau_margin = spec.tau_margin, .range_margin = spec.range_margin},
      .key = 1};
  VT_TEST_OK(vt_compare_fits(&in, &q.compare.at_t, &err), &err);
  q.compare.variance.residual = (double)NAN;
  vt_report_text(&b, names, n, &q, &spec);
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  return b;
}

static void of_two_the_text_has_contrast_and_range_and_says_that_tau_is_not_asked(void **state)
{
  (void)state;
  vt_buf b = text_of(2, (const double[]){-5, -4.9}, 2);
  assert_non_null(strstr(b.s, "Comparison of 2 compositions at 600 K"));
  /* t(0.95, 8) 0.02 / sqrt(2) = 0.0263; both reach equally far */
  assert_true(strstr(b.s, "  contrast  Bell +0.050 decades from the mean [+0.024, +0.076] (90 %), margin 0.3\n") ||
              strstr(b.s, "  contrast  Ada -0.050 decades from the mean [-0.076, -0.024] (90 %), margin 0.3\n"));
  assert_non_null(strstr(b.s, "tau is not asked of two"));
  assert_null(strstr(b.s, "\n  tau"));
  assert_non_null(strstr(b.s, "Verdict: insensitive. decided by contrast and range"));
  vt_buf_free(&b);
}

static void of_three_all_tests_stand_with_interval_and_limit(void **state)
{
  (void)state;
  vt_buf b = text_of(3, (const double[]){-5, -4.9, -4.8}, 3);
  const char *tau = strstr(b.s, "\n  tau "), *range = strstr(b.s, "\n  range ");
  double x, lo, hi, limit;
  assert_non_null(strstr(b.s, "\n  contrast  "));
  assert_true(tau && range);
  assert_int_equal(sscanf(tau, " tau %lf decades [%lf, %lf] (95 %%), limit %lf", &x, &lo, &hi, &limit), 4);
  assert_true(lo <= x && x <= hi && limit == 0.2);
  assert_int_equal(sscanf(range, " range %lf decades [%lf, %lf] (95 %%), limit %lf", &x, &lo, &hi, &limit), 4);
  assert_true(lo <= x && x <= hi && limit == 0.8);
  assert_null(strstr(b.s, "not asked"));
  vt_buf_free(&b);
}

static void of_one_there_is_nothing_to_compare_and_no_verdict(void **state)
{
  (void)state;
  vt_buf b = text_of(1, (const double[]){-5}, 1);
  assert_non_null(strstr(b.s, "Nothing to compare: one composition\n"));
  assert_null(strstr(b.s, "Verdict"));
  vt_buf_free(&b);
  b = text_of(3, (const double[]){-5, -5, -5}, 1);
  assert_non_null(strstr(b.s, "Nothing to compare: 1 of 3 compositions are resolved, at least two are needed\n"));
  assert_null(strstr(b.s, "Verdict"));
  vt_buf_free(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(of_two_the_text_has_contrast_and_range_and_says_that_tau_is_not_asked),
      cmocka_unit_test(of_three_all_tests_stand_with_interval_and_limit),
      cmocka_unit_test(of_one_there_is_nothing_to_compare_and_no_verdict),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
