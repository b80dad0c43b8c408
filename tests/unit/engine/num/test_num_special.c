/* num: distribution functions against scipy (the table: test_num_special.py). */
#include <math.h>

#include "engine/num/num.h"
#include "tests/unit/engine/num/test_num_special.h"
#include "tests/vt_test.h"

/* The header promises 1e-10; lgamma costs about 1e-12 at 5000 degrees of freedom, the rest is rounding. */
static void agree(const char *what, double x, double dof, double got, double want)
{
  if (!(fabs(got - want) <= 1e-10 * fabs(want))) fail_msg("%s(%g, %g) = %.17g, scipy: %.17g", what, x, dof, got, want);
}

#define EACH(table)                     \
  size_t i = 0;                         \
  i < sizeof(table) / sizeof(table)[0]; \
  i++

static void cdfs_agree_with_scipy(void **state)
{
  (void)state;
  for (EACH(normal_cdf)) agree("normal cdf", normal_cdf[i][0], 0, vt_normal_cdf(normal_cdf[i][0]), normal_cdf[i][1]);
  for (EACH(t_cdf)) agree("t cdf", t_cdf[i][0], t_cdf[i][1], vt_t_cdf(t_cdf[i][0], t_cdf[i][1]), t_cdf[i][2]);
  for (EACH(chi2_cdf))
    agree("chi2 cdf", chi2_cdf[i][0], chi2_cdf[i][1], vt_chi2_cdf(chi2_cdf[i][0], chi2_cdf[i][1]), chi2_cdf[i][2]);
  for (EACH(f_cdf))
    agree("F cdf", f_cdf[i][0], f_cdf[i][1], vt_f_cdf(f_cdf[i][0], f_cdf[i][1], f_cdf[i][2]), f_cdf[i][3]);
}

static void quantiles_agree_with_scipy(void **state)
{
  (void)state;
  for (EACH(normal_quantile)) {
    const double *r = normal_quantile[i];
    agree("normal quantile", r[0], 0, vt_normal_quantile(r[0]), r[1]);
  }
  for (EACH(t_quantile)) {
    const double *r = t_quantile[i];
    agree("t quantile", r[0], r[1], vt_t_quantile(r[0], r[1]), r[2]);
  }
  for (EACH(chi2_quantile)) {
    const double *r = chi2_quantile[i];
    agree("chi2 quantile", r[0], r[1], vt_chi2_quantile(r[0], r[1]), r[2]);
  }
}

/* An independent route for every probability: the quantile must undo the distribution function. */
static void quantiles_undo_the_cdfs(void **state)
{
  (void)state;
  for (int i = 1; i < 400; i++) {
    double p = i / 400.0, dof = 0.5 + 0.37 * i;
    agree("normal there and back", p, 0, vt_normal_cdf(vt_normal_quantile(p)), p);
    agree("t there and back", p, dof, vt_t_cdf(vt_t_quantile(p, dof), dof), p);
    agree("chi2 there and back", p, dof, vt_chi2_cdf(vt_chi2_quantile(p, dof), dof), p);
  }
}

/* t^2 with d degrees of freedom is F(1, d): two different paths through the incomplete beta function. */
static void the_square_of_t_is_f(void **state)
{
  (void)state;
  for (int i = 1; i < 200; i++) {
    double t = 0.05 * i, dof = 1 + 0.5 * i;
    agree("F of t^2", t, dof, vt_f_cdf(t * t, 1, dof), 2 * vt_t_cdf(t, dof) - 1);
  }
}

static void what_is_no_probability_or_dof_gives_nan(void **state)
{
  (void)state;
  static const double no_p[] = {0, 1, -0.1, 1.1, NAN};
  for (EACH(no_p)) {
    assert_true(isnan(vt_normal_quantile(no_p[i])));
    assert_true(isnan(vt_t_quantile(no_p[i], 3)));
    assert_true(isnan(vt_chi2_quantile(no_p[i], 3)));
  }
  static const double no_dof[] = {0, -1, NAN};
  for (EACH(no_dof)) {
    assert_true(isnan(vt_t_cdf(1, no_dof[i])) && isnan(vt_t_quantile(0.3, no_dof[i])));
    assert_true(isnan(vt_chi2_cdf(1, no_dof[i])) && isnan(vt_chi2_quantile(0.3, no_dof[i])));
    assert_true(isnan(vt_f_cdf(1, no_dof[i], 3)) && isnan(vt_f_cdf(1, 3, no_dof[i])));
  }
  assert_true(isnan(vt_normal_cdf(NAN)) && isnan(vt_t_cdf(NAN, 3)) && isnan(vt_chi2_cdf(NAN, 3)));
  assert_true(isnan(vt_f_cdf(NAN, 3, 3)));
}

static void the_ends_are_zero_and_one(void **state)
{
  (void)state;
  assert_true(vt_normal_cdf(-INFINITY) == 0 && vt_normal_cdf(INFINITY) == 1);
  assert_true(vt_t_cdf(-INFINITY, 3) == 0 && vt_t_cdf(INFINITY, 3) == 1 && vt_t_cdf(0, 3) == 0.5);
  assert_true(vt_chi2_cdf(0, 3) == 0 && vt_chi2_cdf(-1, 3) == 0 && vt_chi2_cdf(INFINITY, 3) == 1);
  assert_true(vt_f_cdf(0, 2, 3) == 0 && vt_f_cdf(-1, 2, 3) == 0 && vt_f_cdf(INFINITY, 2, 3) == 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cdfs_agree_with_scipy),
      cmocka_unit_test(quantiles_agree_with_scipy),
      cmocka_unit_test(quantiles_undo_the_cdfs),
      cmocka_unit_test(the_square_of_t_is_f),
      cmocka_unit_test(what_is_no_probability_or_dof_gives_nan),
      cmocka_unit_test(the_ends_are_zero_and_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
