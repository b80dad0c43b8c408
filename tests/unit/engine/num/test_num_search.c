/* Minima and quantiles that are known in closed form. */
#include <math.h>

#include "engine/num/num.h"
#include "tests/vt_test.h"

static void near(double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) fail_msg("got %.17g, expected %.17g within %g", got, want, tolerance);
}

/* Two valleys: x^4/4 - x^2/2 + tilt x, the deeper one at negative x for tilt > 0. */
static vt_status valleys(void *ctx, double x, double *value, vt_err *err)
{
  (void)err;
  *value = x * x * x * x / 4 - x * x / 2 + *(double *)ctx * x;
  return VT_OK;
}

static vt_status failing(void *ctx, double x, double *value, vt_err *err)
{
  (void)ctx, (void)value;
  VT_FAIL(err, VT_EINVAL, "no value at %g", x);
}

static void the_lower_of_two_valleys_is_found(void **state)
{
  (void)state;
  vt_err err;
  double x, value, tilt = 0.1;
  /* x^3 - x + 0.1 = 0 at -1.0466805318046; tolerance: 2e-5 of a step of 0.4 */
  VT_TEST_OK(vt_minimize(valleys, &tilt, -2, 2, 10, &x, &value, &err), &err);
  near(x, -1.0466805318046, 1e-5);
  near(value, -0.352386, 1e-6);
  tilt = -0.1;
  VT_TEST_OK(vt_minimize(valleys, &tilt, -2, 2, 10, &x, &value, &err), &err);
  near(x, 1.0466805318046, 1e-5);
}

static void a_minimum_at_an_end_is_that_end(void **state)
{
  (void)state;
  vt_err err;
  double x, value, tilt = 0;
  VT_TEST_OK(vt_minimize(valleys, &tilt, 1.5, 3, 7, &x, &value, &err), &err);
  near(x, 1.5, 0);
  VT_TEST_OK(vt_minimize(valleys, &tilt, -5, -3, 7, &x, &value, &err), &err);
  near(x, -3, 0);
  assert_int_equal(vt_minimize(valleys, &tilt, 3, 3, 7, &x, &value, &err), VT_EINVAL);
  assert_int_equal(vt_minimize(valleys, &tilt, 0, 3, 1, &x, &value, &err), VT_EINVAL);
  assert_int_equal(vt_minimize(failing, NULL, 0, 3, 5, &x, &value, &err), VT_EINVAL);
}

static void one_part_is_its_own_mixture(void **state)
{
  (void)state;
  const vt_t_part twice[2] = {{0.3, -2, 0.7, 4}, {0.7, -2, 0.7, 4}};
  for (int k = 1; k < 40; k++) {
    double q = k / 40.0, want = -2 + 0.7 * vt_t_quantile(q, 4);
    near(vt_mixture_quantile(twice, 1, q), want, 1e-9); /* shares need not add up to 1 */
    near(vt_mixture_quantile(twice, 2, q), want, 1e-9);
  }
  assert_true(isnan(vt_mixture_quantile(twice, 0, 0.5)));
}

/* Cauchy (dof 1) at -1 and 1 in equal shares: F(z) = (2 + (atan(z+1) + atan(z-1)) / (pi/2)) / 4. */
static void a_mixture_inverts_its_distribution(void **state)
{
  (void)state;
  const vt_t_part pair[2] = {{0.5, -1, 1, 1}, {0.5, 1, 1, 1}};
  const double half_pi = 1.5707963267948966;
  for (int k = 1; k < 40; k++) {
    double q = k / 40.0, z = vt_mixture_quantile(pair, 2, q);
    near((2 + (atan(z + 1) + atan(z - 1)) / half_pi) / 4, q, 1e-8);
  }
  near(vt_mixture_quantile(pair, 2, 0.5), 0, 1e-8);
}

/* Sharp parts: the quantile is one of them, or minus infinity. */
static void sharp_parts_are_steps(void **state)
{
  (void)state;
  const vt_t_part steps[3] = {{0.2, -INFINITY, 0, 3}, {0.3, 1, 0, 3}, {0.5, 4, 0, 3}};
  assert_true(isinf(vt_mixture_quantile(steps, 3, 0.1)));
  near(vt_mixture_quantile(steps, 3, 0.35), 1, 1e-8);
  near(vt_mixture_quantile(steps, 3, 0.7), 4, 1e-8);
  const vt_t_part mixed[2] = {{0.5, -INFINITY, 0, 3}, {0.5, 0, 2, 3}};
  near(vt_mixture_quantile(mixed, 2, 0.75), 0, 1e-8);
  near(vt_mixture_quantile(mixed, 2, 0.975), 2 * vt_t_quantile(0.95, 3), 1e-8);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_lower_of_two_valleys_is_found),
      cmocka_unit_test(a_minimum_at_an_end_is_that_end),
      cmocka_unit_test(one_part_is_its_own_mixture),
      cmocka_unit_test(a_mixture_inverts_its_distribution),
      cmocka_unit_test(sharp_parts_are_steps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
