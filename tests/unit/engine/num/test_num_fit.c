/* num: weighted and generalised least squares. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/num/num.h"
#include "tests/vt_test.h"

static void near(double got, double want, double relative)
{
  if (!(fabs(got - want) <= relative * fabs(want))) fail_msg("got %.17g, expected %.17g", got, want);
}

static double normal(uint64_t key, int i)
{
  double g[2];
  vt_rng_normal2(key, VT_STREAM_TEST, 1, 0, (uint32_t)i, g);
  return g[0];
}

/* The closed form of a straight line with errors (P. R. Bevington, Data Reduction, eq. 6.12 and 6.21): an independent
 * path through five sums.  Condition of the problem about 1e2, hence 1e-12. */
static void a_weighted_line_is_that_of_the_textbook(void **state)
{
  (void)state;
  enum { N = 7 };
  double x[N * 2], y[N], var[N], s = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, chi2 = 0;
  for (int i = 0; i < N; i++) {
    double t = 450 + 50 * i, u = 1000 / t;
    x[2 * i] = 1;
    x[2 * i + 1] = u;
    y[i] = -3 - 2 * u + 0.1 * normal(1, i);
    var[i] = 0.01 * (1 + i);
    s += 1 / var[i];
    sx += u / var[i];
    sy += y[i] / var[i];
    sxx += u * u / var[i];
    sxy += u * y[i] / var[i];
  }
  double delta = s * sxx - sx * sx, a = (sxx * sy - sx * sxy) / delta, b = (s * sxy - sx * sy) / delta;
  for (int i = 0; i < N; i++) chi2 += pow(y[i] - a - b * x[2 * i + 1], 2) / var[i];
  vt_lsq fit;
  vt_err err;
  VT_TEST_OK(vt_wls(N, 2, y, x, var, &fit, &err), &err);
  assert_int_equal(fit.n, N);
  assert_int_equal(fit.p, 2);
  near(fit.b[0], a, 1e-12);
  near(fit.b[1], b, 1e-12);
  near(fit.cov[0], sxx / delta, 1e-12);
  near(fit.cov[1], -sx / delta, 1e-12);
  near(fit.cov[2], -sx / delta, 1e-12);
  near(fit.cov[3], s / delta, 1e-12);
  near(fit.chi2, chi2, 1e-11);
}

/* A mean of correlated values, S_ij = rho^|i-j|: its inverse is tridiagonal, (1, -rho; -rho, 1 + rho^2, -rho; ...) over
 * 1 - rho^2, which gives b, its variance and chi-square by hand. */
static void a_correlated_mean_is_that_of_the_known_inverse(void **state)
{
  (void)state;
  enum { N = 40 };
  const double rho = 0.8, scale = 1 / (1 - rho * rho);
  static double s[N * N];
  double y[N], one[N], ones = 0, oney = 0, ysy = 0;
  for (int i = 0; i < N; i++) {
    one[i] = 1;
    y[i] = 5 + normal(2, i);
    for (int j = 0; j < N; j++) s[i * N + j] = pow(rho, abs(i - j));
  }
  for (int i = 0; i < N; i++) {
    double diagonal = scale * (i == 0 || i == N - 1 ? 1 : 1 + rho * rho);
    ones += diagonal - (i > 0 ? 2 * scale * rho : 0);
    oney += diagonal * y[i] - (i > 0 ? scale * rho * (y[i] + y[i - 1]) : 0);
    ysy += diagonal * y[i] * y[i] - (i > 0 ? 2 * scale * rho * y[i] * y[i - 1] : 0);
  }
  vt_lsq fit;
  vt_err err;
  VT_TEST_OK(vt_gls(N, 1, y, one, s, &fit, &err), &err);
  near(fit.b[0], oney / ones, 1e-12);
  near(fit.cov[0], 1 / ones, 1e-12);
  near(fit.chi2, ysy - oney * oney / ones, 1e-10); /* the reference cancels two digits */
}

static void a_diagonal_covariance_is_a_weighted_fit(void **state)
{
  (void)state;
  enum { N = 12, P = 3 };
  double x[N * P], y[N], var[N], s[N * N] = {0};
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < P; j++) x[i * P + j] = pow(i / 6.0, j);
    y[i] = normal(3, i);
    s[i * N + i] = var[i] = exp(normal(4, i));
  }
  vt_lsq a, b;
  vt_err err;
  VT_TEST_OK(vt_wls(N, P, y, x, var, &a, &err), &err);
  VT_TEST_OK(vt_gls(N, P, y, x, s, &b, &err), &err);
  for (int j = 0; j < P; j++) near(a.b[j], b.b[j], 1e-11);
  for (int j = 0; j < P * P; j++) near(a.cov[j], b.cov[j], 1e-11);
  near(a.chi2, b.chi2, 1e-11);
}

static void as_many_points_as_parameters_leave_no_rest(void **state)
{
  (void)state;
  const double x[] = {1, 1, 1, 2}, y[] = {3, 5}, var[] = {1, 4};
  vt_lsq fit;
  vt_err err;
  VT_TEST_OK(vt_wls(2, 2, y, x, var, &fit, &err), &err);
  near(fit.b[0], 1, 1e-14);
  near(fit.b[1], 2, 1e-14);
  assert_true(fit.chi2 == 0);
}

/* Over 4000 noise draws the estimates must scatter by cov and chi-square must average n - p = 6.  The scatter of a
 * variance from 4000 draws is 2.2 %, of the mean chi-square 0.055 (sqrt(12/4000)): five of each. */
static void the_covariance_is_the_scatter_of_the_estimates(void **state)
{
  (void)state;
  enum { N = 8, DRAWS = 4000 };
  double x[N * 2], var[N], y[N], chi2 = 0, second[3] = {0};
  vt_lsq fit;
  vt_err err;
  for (int i = 0; i < N; i++) {
    x[2 * i] = 1;
    x[2 * i + 1] = i;
    var[i] = 0.5 + i;
  }
  for (int d = 0; d < DRAWS; d++) {
    for (int i = 0; i < N; i++) y[i] = 2 - i + sqrt(var[i]) * normal(5, d * N + i);
    VT_TEST_OK(vt_wls(N, 2, y, x, var, &fit, &err), &err);
    double da = fit.b[0] - 2, db = fit.b[1] + 1;
    second[0] += da * da / DRAWS;
    second[1] += da * db / DRAWS;
    second[2] += db * db / DRAWS;
    chi2 += fit.chi2 / DRAWS;
  }
  near(second[0], fit.cov[0], 5 * 0.022);
  near(second[1], fit.cov[1], 5 * 0.03); /* a covariance scatters by sqrt((1 + 1/r^2)/4000), r = -0.7 */
  near(second[2], fit.cov[3], 5 * 0.022);
  near(chi2, N - 2, 5 * 0.055 / 6);
}

/* 1/T from 450 to 700 K in 1/K beside a constant: columns of very different size are no loss of rank. */
static void badly_scaled_columns_are_no_loss_of_rank(void **state)
{
  (void)state;
  double x[12], y[6], var[6];
  for (int i = 0; i < 6; i++) {
    x[2 * i] = 1;
    x[2 * i + 1] = 1e-9 / (450 + 50 * i);
    y[i] = 4 - 2.5e12 * x[2 * i + 1];
    var[i] = 1;
  }
  vt_lsq fit;
  vt_err err;
  VT_TEST_OK(vt_wls(6, 2, y, x, var, &fit, &err), &err);
  near(fit.b[0], 4, 1e-12);
  near(fit.b[1], -2.5e12, 1e-12);
}

static void refuse(vt_status got, const vt_err *err, const char *word)
{
  assert_int_equal(got, VT_EINVAL);
  if (!strstr(err->text, word)) fail_msg("no '%s' in: %s", word, err->text);
}

static void what_cannot_be_fitted_says_why(void **state)
{
  (void)state;
  vt_err err;
  vt_lsq fit = {.n = -7};
  const double x[] = {1, 2, 2, 4, 3, 6}, y[] = {1, 2, 3}, var[] = {1, 1, 1}, zero[] = {1, 0, 1}, bad[] = {1, NAN, 1};
  double s[] = {1, 2, 2, 1}, wide[9 * 9] = {0};
  refuse(vt_wls(3, 2, y, x, var, &fit, &err), &err, "column 2 of the design matrix is a combination");
  refuse(vt_wls(1, 2, y, x, var, &fit, &err), &err, "1 points for 2 parameters");
  refuse(vt_wls(9, 9, wide, wide, wide, &fit, &err), &err, "9 parameters, expected 1 to 8");
  refuse(vt_wls(3, 1, y, x, zero, &fit, &err), &err, "observation 1 has the variance 0");
  refuse(vt_wls(3, 1, y, x, bad, &fit, &err), &err, "observation 1 has the variance nan");
  refuse(vt_wls(3, 1, bad, x, var, &fit, &err), &err, "observation 1 is nan");
  refuse(vt_wls(3, 1, y, bad, var, &fit, &err), &err, "design row 1 has the entry nan");
  refuse(vt_gls(2, 1, y, x, s, &fit, &err), &err, "not positive definite");
  assert_int_equal(fit.n, -7); /* untouched on failure */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_weighted_line_is_that_of_the_textbook),
      cmocka_unit_test(a_correlated_mean_is_that_of_the_known_inverse),
      cmocka_unit_test(a_diagonal_covariance_is_a_weighted_fit),
      cmocka_unit_test(as_many_points_as_parameters_leave_no_rest),
      cmocka_unit_test(the_covariance_is_the_scatter_of_the_estimates),
      cmocka_unit_test(badly_scaled_columns_are_no_loss_of_rank),
      cmocka_unit_test(what_cannot_be_fitted_says_why),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
