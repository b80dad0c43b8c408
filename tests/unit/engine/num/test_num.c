/* num: sums, quantiles, blocking, least squares, dense algebra. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/num/num.h"
#include "tests/vt_test.h"

static void near(double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) fail_msg("got %.17g, expected %.17g within %g", got, want, tolerance);
}

static double normal(uint64_t key, int i)
{
  double g[2];
  vt_rng_normal2(key, VT_STREAM_TEST, 0, 0, (uint32_t)i, g);
  return g[0];
}

static double *zeros(size_t n)
{
  void *p;
  vt_err err;
  VT_TEST_OK(vt_calloc64(&p, n, sizeof(double), &err), &err);
  return p;
}

/* ------------------------------------------------------------------ sums and moments */

/* Adding 0.1 a million times in a row is off by 1.3e-11 relative; a tree of depth 14 over leaves of 64 by less than
 * (64 + 14) 1.1e-16 = 9e-15. */
static void a_sum_does_not_pile_up_its_rounding(void **state)
{
  (void)state;
  enum { N = 1000000 };
  double *x = zeros(N);
  for (int i = 0; i < N; i++) x[i] = 0.1;
  near(vt_sum(x, N), 1e5, 1e5 * 9e-15);
  vt_free(x);
}

static void a_sum_takes_every_item_once(void **state)
{
  (void)state;
  double x[1000];
  for (int i = 0; i < 1000; i++) x[i] = i + 1; /* whole numbers: no rounding in any order */
  for (int n = 0; n <= 1000; n++) assert_true(vt_sum(x, (size_t)n) == n * (n + 1) / 2.0);
}

/* numpy.var([1e9 + 1, 1e9 + 2, 1e9 + 4], ddof=1) = 7/3; the sum of squares alone would lose all digits. */
static void a_variance_survives_a_large_mean(void **state)
{
  (void)state;
  const double x[] = {1e9 + 1, 1e9 + 2, 1e9 + 4};
  near(vt_variance(x, 3), 7.0 / 3, 1e-14);
  near(vt_mean(x, 3), 1e9 + 7.0 / 3, 2e-7); /* one unit in the last place */
  /* Here the mean itself cannot be represented (the spacing of doubles is 2): 4/3 by hand, 2 without the correction. */
  const double coarse[] = {1e16, 1e16 + 2, 1e16 + 2};
  near(vt_variance(coarse, 3), 4.0 / 3, 1e-15);
  assert_true(isnan(vt_variance(x, 1)));
  assert_true(isnan(vt_mean(x, 0)));
}

/* numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, .1, .25, .5, .9, 1]) (linear, R type 7) */
static void quantiles_are_those_of_numpy(void **state)
{
  (void)state;
  static const double q[] = {0, 0.1, 0.25, 0.5, 0.9, 1}, want[] = {1, 1, 1.75, 3.5, 6.9, 9};
  for (int i = 0; i < 6; i++) {
    double x[] = {3, 1, 4, 1, 5, 9, 2, 6};
    near(vt_quantile_inplace(x, 8, q[i]), want[i], 2e-15);
  }
  double one[] = {7};
  assert_true(vt_quantile_inplace(one, 1, 0.3) == 7);
  assert_true(isnan(vt_quantile_inplace(one, 0, 0.3)) && isnan(vt_quantile_inplace(one, 1, 1.5)));
}

/* ------------------------------------------------------------------ blocking */

/* Mean over many series of the ratio of the blocked error to the true one, for x' = rho x + sqrt(1 - rho^2) g, whose
 * mean has the variance (1 + rho)/(1 - rho)/n for n much longer than the correlation. */
static double blocked_over_true(double rho)
{
  enum { N = 8192, SERIES = 60 };
  double *x = zeros(N), *scratch = zeros(N), sum = 0;
  for (int s = 0; s < SERIES; s++) {
    double v = normal(21, s);
    for (int i = 0; i < N; i++) {
      v = rho * v + sqrt(1 - rho * rho) * normal(22 + (uint64_t)s, i);
      x[i] = v;
    }
    sum += vt_blocking_se(x, N, scratch) / sqrt((1 + rho) / (1 - rho) / N) / SERIES;
  }
  vt_free(x);
  vt_free(scratch);
  return sum;
}

/* The estimate is the largest of several levels, whose last (16 blocks) scatters by 18 %: it errs upwards, by 10 to 30
 * %, never downwards.  Without blocking the ratios would be 0.23 and 0.10. */
static void blocking_finds_the_error_of_a_correlated_mean(void **state)
{
  (void)state;
  double white = blocked_over_true(0), red = blocked_over_true(0.9), redder = blocked_over_true(0.98);
  assert_true(white > 1 && white < 1.35);
  assert_true(red > 1 && red < 1.35);
  assert_true(redder > 0.95 && redder < 1.35);
}

static void blocking_needs_16_values(void **state)
{
  (void)state;
  double x[16] = {1, 2, 3}, scratch[16];
  assert_true(isnan(vt_blocking_se(x, 15, scratch)));
  near(vt_blocking_se(x, 16, scratch), sqrt(vt_variance(x, 16) / 16), 1e-16);
}

/* ------------------------------------------------------------------ dense algebra */

/* A = L L^T + the identity of random L: positive definite. */
static void random_spd(int n, uint64_t key, double *a)
{
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      a[i * n + j] = i == j;
      for (int k = 0; k <= (i < j ? i : j); k++) a[i * n + j] += normal(key, i * n + k) * normal(key, j * n + k);
    }
}

static void the_cholesky_factor_is_lower_and_gives_the_matrix_back(void **state)
{
  (void)state;
  enum { N = 37 };
  static double a[N * N], l[N * N];
  vt_err err;
  random_spd(N, 31, a);
  memcpy(l, a, sizeof l);
  VT_TEST_OK(vt_cholesky(l, N, &err), &err);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double s = 0;
      for (int k = 0; k < N; k++) s += l[i * N + k] * l[j * N + k];
      near(s, a[i * N + j], 1e-12); /* entries up to ~100, 37 terms of rounding */
      if (j > i) assert_true(l[i * N + j] == 0);
    }
}

static void what_is_not_positive_definite_is_refused(void **state)
{
  (void)state;
  vt_err err;
  double a[] = {1, 2, 2, 1}, b[] = {1, 0, 0, NAN}, c[] = {1};
  assert_int_equal(vt_cholesky(a, 2, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "not positive definite (leading minor of order 2)"));
  assert_int_equal(vt_cholesky(b, 2, &err), VT_EINVAL);
  assert_int_equal(vt_cholesky(c, 0, &err), VT_EINVAL);
}

/* The second difference matrix of order n has the eigenvalues 2 - 2 cos(k pi / (n + 1)) and the vectors
 * sin(i k pi / (n + 1)). */
static void the_chain_of_springs_has_its_known_modes(void **state)
{
  (void)state;
  enum { N = 50 };
  const double pi = 3.141592653589793;
  static double a[N * N], w[N];
  vt_err err;
  for (int i = 0; i < N; i++) {
    a[i * N + i] = 2;
    if (i > 0) a[i * N + i - 1] = a[(i - 1) * N + i] = -1;
  }
  VT_TEST_OK(vt_eigen_sym(a, N, w, &err), &err);
  for (int k = 1; k <= N; k++) {
    near(w[k - 1], 2 - 2 * cos(k * pi / (N + 1)), 1e-13);
    double dot = 0, sines = 0, length = 0;
    for (int i = 1; i <= N; i++) {
      double v = a[(i - 1) * N + k - 1], s = sin(i * k * pi / (N + 1));
      dot += v * s;
      sines += s * s;
      length += v * v;
    }
    near(length, 1, 1e-13);
    near(fabs(dot), sqrt(sines), 1e-11); /* parallel: columns, not rows; neighbours differ by 4e-3 in w */
  }
}

static void a_matrix_with_nan_has_no_eigenvalues(void **state)
{
  (void)state;
  vt_err err;
  double a[] = {1, NAN, NAN, 1}, w[2];
  assert_int_equal(vt_eigen_sym(a, 2, w, &err), VT_EINVAL);
  assert_int_equal(vt_eigen_sym(a, 0, w, &err), VT_EINVAL);
}

static void the_blas_names_itself(void **state)
{
  (void)state;
  vt_blas_serial();
  assert_non_null(strstr(vt_blas_name(), "OpenBLAS"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sum_does_not_pile_up_its_rounding),
      cmocka_unit_test(a_sum_takes_every_item_once),
      cmocka_unit_test(a_variance_survives_a_large_mean),
      cmocka_unit_test(quantiles_are_those_of_numpy),
      cmocka_unit_test(blocking_finds_the_error_of_a_correlated_mean),
      cmocka_unit_test(blocking_needs_16_values),
      cmocka_unit_test(the_cholesky_factor_is_lower_and_gives_the_matrix_back),
      cmocka_unit_test(what_is_not_positive_definite_is_refused),
      cmocka_unit_test(the_chain_of_springs_has_its_known_modes),
      cmocka_unit_test(a_matrix_with_nan_has_no_eigenvalues),
      cmocka_unit_test(the_blas_names_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
