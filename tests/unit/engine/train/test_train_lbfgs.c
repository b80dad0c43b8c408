/* Steps of the whole loss (lbfgs.c).
 *
 * References: the minima of a quadratic function of condition 1e4, known by construction, and of Rosenbrock's valley, 0
 * at (1, 1); 1e-6 is far above what rounding leaves (1e-12) and far below where a method without curvature stands after
 * as many trials. */
#include <math.h>

#include "engine/train/train.h"
#include "tests/vt_test.h"

static double stretched(const double *x, double *g, int n)
{
  double f = 0;
  for (int k = 0; k < n; k++) {
    const double stiff = pow(1e4, (double)k / (n - 1)), e = x[k] - 0.1 * k;
    f += 0.5 * stiff * e * e;
    g[k] = stiff * e;
  }
  return f;
}

static void a_quadratic_valley_of_condition_1e4_is_followed_to_its_end(void **state)
{
  (void)state;
  enum { N = 40, TRIALS = 1000 };
  vt_err err = {0};
  vt_train_lbfgs l;
  double x[N], g[N];
  for (int k = 0; k < N; k++) x[k] = 1;
  VT_TEST_OK(vt_train_lbfgs_open(&l, N, &err), &err);
  for (int k = 0; k < TRIALS; k++) {
    vt_train_lbfgs_trial(&l, x);
    (void)vt_train_lbfgs_take(&l, stretched(x, g, N), g, x);
  }
  for (int k = 0; k < N; k++) assert_true(fabs(vt_train_lbfgs_best(&l)[k] - 0.1 * k) < 1e-6);
  vt_train_lbfgs_close(&l);
}

static double rosenbrock(const double *x, double *g)
{
  const double a = 1 - x[0], b = x[1] - x[0] * x[0];
  g[0] = -2 * a - 400 * x[0] * b;
  g[1] = 200 * b;
  return a * a + 100 * b * b;
}

static void the_loss_of_the_best_never_rises_and_a_bent_valley_is_followed(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_train_lbfgs l;
  double x[2] = {-1.2, 1}, g[2], last = 1e300;
  VT_TEST_OK(vt_train_lbfgs_open(&l, 2, &err), &err);
  for (int k = 0; k < 200; k++) {
    vt_train_lbfgs_trial(&l, x);
    const double f = rosenbrock(x, g);
    const int better = vt_train_lbfgs_take(&l, f, g, x);
    assert_true(!better || f <= last);
    last = better ? f : last;
  }
  assert_true(fabs(vt_train_lbfgs_best(&l)[0] - 1) < 1e-6 && fabs(vt_train_lbfgs_best(&l)[1] - 1) < 1e-6);
  vt_train_lbfgs_close(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_quadratic_valley_of_condition_1e4_is_followed_to_its_end),
      cmocka_unit_test(the_loss_of_the_best_never_rises_and_a_bent_valley_is_followed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
