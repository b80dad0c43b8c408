/* Sentences of verdicts on constructed inputs: each names the test that decided, and no number in it, nor any that is
 * shown beside it, says the opposite. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/comparison/comparison.h"
#include "tests/vt_test.h"

static const vt_compare_limits limits = {.margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};
static const char *const names[] = {"Ada", "Bell", "Curie", "Dirac", "Euler", "Fermi", "Gauss", "Hahn", "Ito"};

static vt_arrh made(double y, double se, int n_glasses)
{
  return (vt_arrh){.resolved = 1,
                   .n_glasses = n_glasses,
                   .dof = n_glasses > 1 ? n_glasses - 1 : 4,
                   .t_ref_k = 500,
                   .log10_ref = y,
                   .log10_ref_se = se,
                   .ea_ev = 0.3,
                   .ea_se = 0.01};
}

static vt_compare decided(const vt_arrh *f, int n, vt_compare_limits lim)
{
  vt_err err;
  static vt_compare c;
  const vt_compare_input in = {.fits = f, .n = n, .names = names, .lim = lim, .key = 42};
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  return c;
}

static void expect_sentence(const vt_compare *c, vt_verdict verdict, const char *says)
{
  if (c->verdict != (int32_t)verdict || strcmp(c->why, says) != 0)
    fail_msg("%s: \"%s\"\nexpected %s: \"%s\"", vt_verdict_text((vt_verdict)c->verdict), c->why,
             vt_verdict_text(verdict), says);
}

/* Hand calculation: delta = 0.025, half = t(0.95, 8) sqrt(s^2 / 2) = 1.8595 * 0.0212; range d +- t(0.975, 8) 0.0424. */
static void two_compositions_are_decided_without_tau(void **state)
{
  (void)state;
  vt_arrh f[2] = {made(-5.5, 0.03, 5), made(-5.45, 0.03, 5)};
  vt_compare c = decided(f, 2, limits);
  expect_sentence(&c, VT_INSENSITIVE,
                  "decided by contrast and range: both compositions lie within 0.30 decades of the mean (90 %) and the "
                  "range is below 0.80 (95 %)");
  near(c.delta_hi90[1], 0.025 + 1.859548038 * 0.03 / sqrt(2), 1e-8);
  assert_true(isnan(c.tau) && isnan(c.tau_lo) && isnan(c.tau_hi) && isnan(c.tau_dl) && isnan(c.tau_wide_hi));
  assert_true(isnan(c.tau_ea_ev));
  f[1].log10_ref = -4.5;
  c = decided(f, 2, limits);
  expect_sentence(
      &c, VT_SENSITIVE,
      "decided by the contrast: Ada differs from the mean by -0.50 decades (90 %: -0.54 to -0.46), beyond 0.30, "
      "also when all 2 compositions are asked at once");
}

/* A look of several spends a fifth of 5 %: half = t(0.99, 8) s / sqrt(2), range d +- t(0.995, 8) s sqrt(2), by tables.
 */
static void a_look_of_several_has_wider_intervals_and_says_so(void **state)
{
  (void)state;
  vt_err err;
  static vt_compare c;
  const vt_arrh f[2] = {made(-5.5, 0.03, 5), made(-5.45, 0.03, 5)};
  vt_compare_input in = {.fits = f, .n = 2, .names = names, .lim = limits, .key = 42, .share = 0.2};
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  near(c.delta_hi90[1], 0.025 + 2.896459448 * 0.03 / sqrt(2), 1e-8);
  near(c.range_hi, 0.05 + 3.355387331 * 0.03 * sqrt(2), 1e-8);
  expect_sentence(&c, VT_INSENSITIVE,
                  "decided by contrast and range: both compositions lie within 0.30 decades of the mean (98 %) and the "
                  "range is below 0.80 (99 %)");
  in.lim.margin = 0.08; /* 5 % would say so, 1 % does not */
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  assert_int_equal(c.verdict, VT_UNDECIDED);
  in.share = 1;
  VT_TEST_OK(vt_compare_fits(&in, &c, &err), &err);
  assert_int_equal(c.verdict, VT_INSENSITIVE);
  in.share = 1.5;
  VT_TEST_REFUSED(vt_compare_fits(&in, &c, &err), VT_EINVAL, &err, "share of 1.5");
}

static void one_composition_has_nothing_to_compare(void **state)
{
  (void)state;
  vt_arrh f[3] = {made(-5.5, 0.03, 5), made(-5.4, 0.03, 5), made(-5.4, 0.03, 5)};
  vt_compare c = decided(f, 1, limits);
  expect_sentence(&c, VT_UNDECIDED, "one composition");
  f[1].resolved = f[2].resolved = 0;
  c = decided(f, 3, limits);
  expect_sentence(&c, VT_UNDECIDED, "1 of 3 compositions are resolved, at least two are needed");
  assert_int_equal(c.k, 1);
}

static void more_compositions_are_asked_all_three_tests(void **state)
{
  (void)state;
  vt_arrh f[9];
  for (int i = 0; i < 9; i++) f[i] = made(-5.5 + 0.02 * (i % 3), 0.03, 5);
  vt_compare c = decided(f, 9, limits);
  expect_sentence(
      &c, VT_INSENSITIVE,
      "decided by all three tests: all compositions lie within 0.30 decades of the mean (90 %), the spread tau "
      "is below 0.20 and the range is below 0.80 (95 %)");
  assert_true(c.tau_wide_hi < 0.2 && c.range_hi < 0.8);
}

/* A reach that passes its margin by 0.0004 decades: with two decimals both would read the same. */
static void a_number_next_to_its_limit_has_decimals_that_tell_them_apart(void **state)
{
  (void)state;
  const vt_arrh f[2] = {made(-5.5, 0.03, 5), made(-5.2, 0.03, 5)};
  vt_compare_limits lim = limits;
  vt_compare c = decided(f, 2, lim);
  const double reach = fmax(-c.delta_lo90[0], c.delta_hi90[1]);
  double d, lo, hi, margin;
  lim.margin = reach - 0.0004;
  c = decided(f, 2, lim);
  assert_int_equal(c.verdict, VT_UNDECIDED);
  const char *at = strstr(c.why, ", ");
  assert_non_null(at);
  assert_int_equal(sscanf(at + 2, "%lf decades from the mean (90 %%: %lf to %lf), straddles the margin of %lf", &d, &lo,
                          &hi, &margin),
                   4);
  assert_true(fmax(-lo, hi) > margin);
}

static int begins(const vt_compare *c, const char *with) { return strncmp(c->why, with, strlen(with)) == 0; }

/* Over many sets: whatever is said, the number that is held against its limit lies on the side that the sentence says,
 * as it is printed. */
static void no_printed_number_lies_on_the_other_side_of_its_limit(void **state)
{
  (void)state;
  int n[VT_SENSITIVE + 1] = {0}, by_tau = 0, by_range = 0, by_contrast = 0;
  for (int set = 0; set < 120; set++) {
    vt_arrh f[9];
    const int k = 2 + set % 8;
    const double spread = 0.02 * (set % 37), se = 0.01 + 0.01 * (set % 11);
    const vt_compare_limits lim = {.margin = set % 3 ? 0.3 : 1, .tau_margin = 0.2, .range_margin = set % 5 ? 0.8 : 0.4};
    for (int i = 0; i < k; i++) f[i] = made(-5 + spread * sin(7 * i + set), se, 3);
    const vt_compare c = decided(f, k, lim);
    double x, limit;
    const char *tau = strstr(c.why, "tau is at least "), *up_to = strstr(c.why, "may be up to "),
               *range = strstr(c.why, "range is at least ");
    n[c.verdict]++;
    assert_true(c.verdict == VT_UNDECIDED ? begins(&c, "open by ") : begins(&c, "decided by "));
    if (tau) by_tau++, assert_int_equal(sscanf(tau, "tau is at least %lf decades (95 %%), beyond %lf", &x, &limit), 2);
    if (range)
      by_range++, assert_int_equal(sscanf(range, "range is at least %lf decades (95 %%), beyond %lf", &x, &limit), 2);
    if ((tau || range) && !(x > limit)) fail_msg("%s", c.why);
    if (up_to) {
      assert_int_equal(sscanf(up_to, "may be up to %lf decades (95 %%), the limit is %lf", &x, &limit), 2);
      if (!(x > limit)) fail_msg("%s", c.why);
    }
    if (strstr(c.why, "straddles")) {
      double d, lo, hi;
      const char *at = strstr(c.why, ", ") + 2;
      by_contrast++;
      assert_int_equal(sscanf(at, "%lf decades from the mean (90 %%: %lf to %lf), straddles the margin of %lf", &d, &lo,
                              &hi, &limit),
                       4);
      if (!(fmax(-lo, hi) > limit)) fail_msg("%s", c.why);
    }
    if (k == 2) assert_true(isnan(c.tau) && !strstr(c.why, "tau"));
  }
  assert_true(n[VT_UNDECIDED] > 5 && n[VT_INSENSITIVE] > 5 && n[VT_SENSITIVE] > 5);
  assert_true(by_tau > 0 && by_range > 0 && by_contrast > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_compositions_are_decided_without_tau),
      cmocka_unit_test(a_look_of_several_has_wider_intervals_and_says_so),
      cmocka_unit_test(one_composition_has_nothing_to_compare),
      cmocka_unit_test(more_compositions_are_asked_all_three_tests),
      cmocka_unit_test(a_number_next_to_its_limit_has_decimals_that_tell_them_apart),
      cmocka_unit_test(no_printed_number_lies_on_the_other_side_of_its_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
