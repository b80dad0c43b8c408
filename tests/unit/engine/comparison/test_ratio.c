/* Ratios of compositions (T 9.13): the interval holds the true ratio in 95 of 100 campaigns, and what has none says so.
 */
#include <math.h>
#include <string.h>

#include "engine/comparison/comparison.h"
#include "engine/num/num.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

static const vt_compare_limits limits = {.margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};

static vt_arrh composition(double y, double se, int n_glasses)
{
  return (vt_arrh){.resolved = 1,
                   .n_glasses = n_glasses,
                   .dof = n_glasses > 1 ? n_glasses - 1 : 2,
                   .t_ref_k = 500,
                   .log10_ref = y,
                   .log10_ref_se = se,
                   .ea_ev = 0.3,
                   .ea_se = 0.01};
}

static int ratios_of(const vt_arrh *f, int n, vt_ratio out[VT_MAX_COMPARE])
{
  static vt_compare c;
  vt_err err;
  const vt_compare_input in = {.fits = f, .n = n, .lim = limits, .key = 42};
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  return vt_compare_ratios(&c, out);
}

/* Glasses scatter by 0.1 decades about the truth.  Reference: the true ratio, which no interval knows.  Tolerance: the
 * share of 2000 campaigns scatters by sqrt(0.05 0.95/2000) = 0.5 %; four of these. */
static void intervals_hold_the_true_ratio(void **state)
{
  (void)state;
  enum { CAMPAIGNS = 2000, COMPS = 2, GLASSES = 3 };
  static const double truth[COMPS] = {-5.6, -5.5};
  vt_ratio r[VT_MAX_COMPARE];
  int held = 0, all = 0;
  for (int b = 0; b < CAMPAIGNS; b++) {
    vt_arrh f[COMPS];
    for (int i = 0; i < COMPS; i++) {
      double y[GLASSES];
      for (int g = 0; g < GLASSES; g++) y[g] = truth[i] + 0.1 * vt_test_normal(7, (uint32_t)b, g, (uint32_t)i);
      f[i] = composition(vt_mean(y, GLASSES), sqrt(vt_variance(y, GLASSES) / GLASSES), GLASSES);
    }
    const int n = ratios_of(f, COMPS, r);
    assert_int_equal(n, 1);
    for (int k = 0; k < n; k++) {
      const double is = pow(10, truth[r[k].of] - truth[r[k].to]);
      assert_true(r[k].ratio >= 1); /* the larger one first */
      held += r[k].lo95 <= is && is <= r[k].hi95;
      all++;
    }
  }
  near((double)held / all, 0.95, 0.02);
}

/* Two compositions: the difference of T 9.3, by hand: pooled variance 0.05^2, t(2) = 4.30265 (tables). */
static void of_two_it_is_their_difference(void **state)
{
  (void)state;
  const vt_arrh f[2] = {composition(-6, 0.05, 2), composition(-5.7, 0.05, 2)};
  vt_ratio r[VT_MAX_COMPARE];
  assert_int_equal(ratios_of(f, 2, r), 1);
  assert_int_equal(r[0].of, 1);
  assert_int_equal(r[0].to, 0);
  const double half = 4.30265 * 0.05 * sqrt(2);
  near(r[0].ratio, pow(10, 0.3), 1e-12);
  near(log10(r[0].lo95), 0.3 - half, 1e-5);
  near(log10(r[0].hi95), 0.3 + half, 1e-5);
}

static void of_many_the_largest_stands_over_each(void **state)
{
  (void)state;
  vt_arrh f[6];
  vt_ratio r[VT_MAX_COMPARE];
  for (int i = 0; i < 6; i++) f[i] = composition(-6 + 0.1 * ((i * 5) % 6), 0.05, 3);
  assert_int_equal(ratios_of(f, 6, r), 5);
  for (int k = 0; k < 5; k++) {
    assert_int_equal(r[k].of, 1); /* 5 % 6 is the largest */
    near(log10(r[k].ratio), 0.1 * (k + 1), 1e-9);
  }
  assert_int_equal(ratios_of(f, 4, r), 6);
}

static void what_has_no_interval_has_none(void **state)
{
  (void)state;
  vt_arrh f[2] = {composition(-6, 0.05, 1), composition(-5.7, 0.05, 1)};
  vt_ratio r[VT_MAX_COMPARE];
  assert_int_equal(ratios_of(f, 2, r), 1);
  near(r[0].ratio, pow(10, 0.3), 1e-12);
  assert_true(isnan(r[0].lo95) && isnan(r[0].hi95)); /* one glass each */
  f[0] = composition(-6, 0.5, 2), f[1] = composition(-5.7, 0.5, 2);
  assert_int_equal(ratios_of(f, 2, r), 1);
  assert_true(isnan(r[0].ratio) && isnan(r[0].lo95)); /* +- 3 decades */
  f[1].resolved = 0;
  assert_int_equal(ratios_of(f, 2, r), 0);
}

/* Two temperatures below the reference: such a line takes no part, and the sentence says why. */
static void beyond_what_can_test_a_curve_nothing_is_compared(void **state)
{
  (void)state;
  static vt_compare c;
  vt_err err;
  vt_arrh f[3] = {composition(-6, 0.05, 2), composition(-5.7, 0.05, 2), composition(-5.7, 0.05, 2)};
  for (int i = 0; i < 2; i++) f[i].extrapolates = 1, f[i].vtf.reason = VT_VTF_FEW_TEMPERATURES;
  const vt_compare_input in = {.fits = f, .n = 3, .lim = limits, .key = 42};
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  assert_int_equal(c.k, 1);
  assert_non_null(strstr(c.why, "two temperatures"));
  f[0].extrapolates = f[1].extrapolates = 0; /* between the two it does */
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  assert_int_equal(c.k, 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intervals_hold_the_true_ratio), cmocka_unit_test(of_two_it_is_their_difference),
      cmocka_unit_test(of_many_the_largest_stands_over_each), cmocka_unit_test(what_has_no_interval_has_none),
      cmocka_unit_test(beyond_what_can_test_a_curve_nothing_is_compared)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
