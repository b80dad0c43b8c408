/* Means over glasses: of times, sizes and plain numbers, alone and among other compositions. */
#include <math.h>

#include "engine/structure/structure.h"
#include "tests/vt_test.h"

static vt_over_glasses mean_of(const double *x, const double *variance, int n, vt_mean_kind kind)
{
  vt_err err;
  vt_over_glasses m;
  VT_TEST_OK(vt_glasses_mean(x, variance, n, kind, &m, &err), &err);
  return m;
}

/* 1, 2, 3: mean 2, sd 1; t(0.975, 2) = 4.302652729911275. */
static void a_mean_leaves_out_what_is_missing(void **state)
{
  (void)state;
  const double x[] = {1, NAN, 3, 2}, none[] = {NAN};
  const vt_over_glasses m = mean_of(x, NULL, 4, VT_MEAN_OWN);
  assert_int_equal(m.n_glasses, 3);
  near(m.value, 2, 1e-15);
  near(m.hi95 - 2, 4.302652729911275 / sqrt(3), 1e-9);
  assert_true(isnan(mean_of(none, NULL, 1, VT_MEAN_OWN).value) && isnan(mean_of(none, NULL, 1, VT_MEAN_TIME).hi95));
}

/* Logarithms 0 and ln 1.5, with 0 and NaN left out: mean ln sqrt(1.5), its error half their distance; t(1) = 12.7. */
static void times_are_averaged_as_logarithms(void **state)
{
  (void)state;
  const double times[] = {0, 1, NAN, 1.5};
  const vt_over_glasses m = mean_of(times, NULL, 4, VT_MEAN_TIME);
  const double se = log(1.5) / 2;
  assert_int_equal(m.n_glasses, 2);
  near(m.value, sqrt(1.5), 1e-15);
  near(m.se, m.value * se, 1e-14);
  near(log(m.hi95 / m.value), 12.706204736432095 * se, 1e-8);
  near(log(m.lo95 / m.value), -12.706204736432095 * se, 1e-8);
}

/* 4 and 6: mean 5 (not sqrt 24), relative offsets of a fifth, s^2 = 0.08, of the mean 0.04. */
static void sizes_keep_their_mean_and_have_positive_ends(void **state)
{
  (void)state;
  const double sizes[] = {4, 6, 0};
  const vt_over_glasses m = mean_of(sizes, NULL, 3, VT_MEAN_SIZE);
  near(m.value, 5, 1e-14);
  near(m.se, 5 * 0.2, 1e-13);
  near(log(m.hi95 / 5), 12.706204736432095 * 0.2, 1e-8);
  assert_true(m.lo95 > 0);
}

/* 1 and 2: t(1) 12.7 times ln 2 / 2 is 4.4, e^8.8 = 6700 from end to end.  The upper end, 82 times the value, is known.
 */
static void more_than_three_decades_is_no_value(void **state)
{
  (void)state;
  const double times[] = {1, 2};
  const vt_over_glasses m = mean_of(times, NULL, 2, VT_MEAN_TIME);
  assert_int_equal(m.n_glasses, 2);
  assert_true(isnan(m.value) && isnan(m.se) && isnan(m.lo95));
  near(log(m.hi95), log(2) / 2 + 12.706204736432095 * log(2) / 2, 1e-8);
}

/* Three compositions of 2, 2 and 1 glasses.  ln tau of the first is -0.1, +0.1 (squares 0.02), of the second -0.3, +0.3
 * (0.18), stated variances 0.01 of each.  Two variances are too few to tell them apart: the first has (0.02 + 1 (0.18 -
 * 0.01 + 0.01))/2 with t(2), the third 2 degrees of freedom of ((0.02 - 0.01) + (0.18 - 0.01))/2 beyond its own 0.01.
 */
static void compositions_share_their_scatter(void **state)
{
  (void)state;
  vt_err err;
  const double a[] = {exp(-0.1), exp(0.1)}, b[] = {3 * exp(-0.3), 3 * exp(0.3)}, c[] = {7}, v[] = {0.01, 0.01};
  vt_over_glasses m[3] = {mean_of(a, v, 2, VT_MEAN_TIME), mean_of(b, v, 2, VT_MEAN_TIME),
                          mean_of(c, v, 1, VT_MEAN_TIME)};
  assert_true(isnan(m[2].hi95)); /* alone: one glass */
  VT_TEST_OK(vt_over_compositions(m, 3, VT_MEAN_TIME, &err), &err);
  const double t2 = 4.302652729696142, first = sqrt(0.10 / 2), third = sqrt(0.09 + 0.01);
  near(m[0].value, 1, 1e-14);
  near(m[0].se, first, 1e-14);
  near(log(m[0].hi95), t2 * first, 1e-9);
  near(m[2].value, 7, 1e-13);
  near(m[2].se, 7 * third, 1e-13);
  near(log(7 / m[2].lo95), t2 * third, 1e-9);
  /* plain numbers do not share it */
  vt_over_glasses own[2] = {mean_of(a, v, 2, VT_MEAN_OWN), mean_of(b, v, 2, VT_MEAN_OWN)};
  const double alone = own[0].se;
  VT_TEST_OK(vt_over_compositions(own, 2, VT_MEAN_OWN, &err), &err);
  near(own[0].se, alone, 0);
  assert_int_equal(vt_over_compositions(own, 0, VT_MEAN_OWN, &err), VT_EINVAL);
}

/* Glasses that agree to the bit are known no better than their runs say. */
static void agreement_by_chance_is_no_precision(void **state)
{
  (void)state;
  const double x[] = {2, 2, 2}, v[] = {0.01, 0.01, 0.04};
  near(mean_of(x, v, 3, VT_MEAN_TIME).se, 2 * sqrt(0.02 / 3), 1e-14);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_mean_leaves_out_what_is_missing),
                                     cmocka_unit_test(times_are_averaged_as_logarithms),
                                     cmocka_unit_test(sizes_keep_their_mean_and_have_positive_ends),
                                     cmocka_unit_test(more_than_three_decades_is_no_value),
                                     cmocka_unit_test(compositions_share_their_scatter),
                                     cmocka_unit_test(agreement_by_chance_is_no_precision)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
