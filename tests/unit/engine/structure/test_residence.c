/* Residence times from survival curves whose integral is known, and their trend over glasses. */
#include <math.h>
#include <string.h>

#include "engine/structure/structure.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ one survival */

enum { MAX_LAG = 200 };

typedef struct curve {
  int n;
  double lag[MAX_LAG], c[MAX_LAG];
} curve;

/* Lags as the correlator gives them: 16 points `every` ps apart, then octaves of 8. */
static curve stretched(double every, double longest, double tau0, double beta)
{
  curve v = {0};
  for (int octave = 0, j = 1; v.n < MAX_LAG; j++) {
    if (j > 16) j = 9, octave++;
    double lag = every * j * (1 << octave);
    if (lag > longest) break;
    v.lag[v.n] = lag;
    v.c[v.n++] = exp(-pow(lag / tau0, beta));
  }
  return v;
}

static vt_residence solve_with(const curve *v, double visits, double chance)
{
  vt_err err;
  vt_residence r;
  const vt_res_input in = {.n = v->n, .lag_ps = v->lag, .survival = v->c, .visits = visits, .chance = chance};
  VT_TEST_OK(vt_residence_time(&in, &r, &err), &err);
  return r;
}

static vt_residence solve_curve(const curve *v) { return solve_with(v, 1e4, 0); }

/* It drops to 0.36 at once and then hardly any further: the fitted tail is too stretched for an integral (exponent
 * below 0.2), and infinity is no residence time. */
static void a_tail_without_an_end_is_not_resolved(void **state)
{
  (void)state;
  curve v = {.n = 40};
  for (int k = 0; k < v.n; k++) {
    v.lag[k] = k + 1;
    v.c[k] = 0.36 * pow(v.lag[k], -0.01);
  }
  vt_residence r = solve_curve(&v);
  assert_int_equal(r.reason, VT_RES_TAIL);
  assert_true(isnan(r.tau_ps) && isnan(r.tail));
  assert_true(r.longer_than_ps > 10 && isfinite(r.longer_than_ps));
}

/* Every bond is gone at the first lag, 10 ps, while chance would leave 0.9: below chance by nine times what there was.
 * The straight line from 1 at 0 to -9 at 10 ps passes zero at 1 ps. */
static void less_than_chance_gives_no_negative_time(void **state)
{
  (void)state;
  curve v = {.n = 1, .lag = {10}, .c = {0}};
  vt_residence r = solve_with(&v, 1e4, 0.9);
  assert_int_equal(r.reason, VT_RES_OK);
  near(r.tau_ps, 0.5, 1e-12);
}

/* Every step of the sum is exact on an exponential, so only rounding is left, whatever the lags. */
static void an_exponential_gives_its_time(void **state)
{
  (void)state;
  const double tau = 7.3;
  curve v = stretched(0.5, 100, tau, 1);
  vt_residence r = solve_curve(&v);
  assert_int_equal(r.reason, VT_RES_OK);
  near(r.tau_ps, tau, 1e-9);
  near(r.e_time_ps, tau, 1e-9);
  near(r.se, tau / 100, 1e-9);                    /* 10^4 visits */
  assert_true(r.tail < 0.0101 && r.tail > 0.005); /* from below the noise, 0.01, on */
  assert_true(isnan(r.longer_than_ps));
}

static void what_lies_beyond_the_window_comes_from_the_tail(void **state)
{
  (void)state;
  const double tau = 20;
  curve v = stretched(0.5, tau * log(5), tau, 1); /* ends at C = 0.2 or a little above */
  vt_residence r = solve_curve(&v);
  assert_int_equal(r.reason, VT_RES_OK);
  near(r.tau_ps, tau, 0.02 * tau);
  near(r.tail, v.c[v.n - 1], 1e-6); /* the share of an exponential beyond t is C(t) */
  near(r.beta, 1, 1e-9);
  near(r.tau0_ps, tau, 1e-6);
}

/* Mean tau0/beta Gamma(1/beta) = 1.5046 tau0 at beta = 0.6.  The integral to C = 0.01 is off by the curvature of ln C
 * between lags; near 0, where the slope diverges, a step of tau0/40 has to carry it: 1e-3 of the whole.  The tail is
 * exact. */
static void a_stretched_exponential_gives_its_mean(void **state)
{
  (void)state;
  const double tau0 = 20, beta = 0.6, mean = tau0 / beta * tgamma(1 / beta);
  near(mean / tau0, 1.5045755, 1e-6); /* scipy.special.gamma(1/0.6)/0.6 */
  curve whole = stretched(0.5, 1500, tau0, beta), part = stretched(0.5, 40, tau0, beta);
  vt_residence r = solve_curve(&whole);
  near(r.tau_ps, mean, 1e-3 * mean);
  near(r.beta, beta, 1e-9);
  near(r.e_time_ps, tau0, 1e-3 * tau0);
  r = solve_curve(&part); /* ends at C = 0.22: 44 % of the mean lie beyond */
  assert_int_equal(r.reason, VT_RES_OK);
  near(r.tau_ps, mean, 2e-3 * mean);
  near(r.tail, 0.4434, 1e-3); /* scipy.special.gammaincc(1/0.6, 2**0.6) */
}

static void a_survival_that_does_not_fall_is_longer_than_the_run(void **state)
{
  (void)state;
  curve v = stretched(0.5, 1e9, 1e3, 1);
  while (v.c[v.n - 1] < 0.5) v.n--;
  vt_residence r = solve_curve(&v);
  assert_int_equal(r.reason, VT_RES_LONGER);
  near(r.longer_than_ps, v.lag[v.n - 1], 0);
  assert_true(isnan(r.tau_ps) && isnan(r.se) && isnan(r.e_time_ps) && isnan(r.tail));
}

/* It passes 1/e, but at beta = 0.35 most of the mean lies beyond: 5 tau0, of which 0.6 within the first tau0. */
static void a_tail_that_outweighs_the_data_is_not_believed(void **state)
{
  (void)state;
  curve v = stretched(0.5, 25, 20, 0.35);
  vt_residence r = solve_curve(&v);
  assert_int_equal(r.reason, VT_RES_TAIL);
  near(r.e_time_ps, 20, 0.1);
  assert_true(isnan(r.tau_ps) && r.longer_than_ps > 5 && r.longer_than_ps < 25);
}

/* 100 tau of noise of +-0.5 % behind the decay: summed up it would be half of tau or more. */
static void noise_behind_the_decay_is_not_summed(void **state)
{
  (void)state;
  const double tau = 5;
  curve v = stretched(0.5, 500, tau, 1);
  double sum = 0;
  for (int i = 0; i < v.n; i++) {
    v.c[i] = fmin(1, v.c[i] + 0.005 * (i % 3 != 0)); /* does not average out */
    sum += v.c[i] * (v.lag[i] - (i ? v.lag[i - 1] : 0));
  }
  assert_true(sum > 1.2 * tau);
  near(solve_curve(&v).tau_ps, tau, 0.02 * tau);
}

/* Few visits: what a handful of bonds leave is noise already at a higher level. */
static void few_visits_raise_the_floor(void **state)
{
  (void)state;
  curve v = stretched(0.5, 100, 8, 1);
  assert_true(solve_with(&v, 40, 0).n_lags < solve_with(&v, 1e4, 0).n_lags);
  near(solve_with(&v, 40, 0).tail, 0.09, 0.011); /* 4/40, within a step of an eighth of ln 10 */
  near(solve_with(&v, 40, 0).tau_ps, 8, 1e-9);
  near(solve_with(&v, 40, 0).se, 8 / sqrt(40), 1e-9);
  assert_true(isnan(solve_with(&v, 0, 0).se)); /* bonds that were there from the start did break */
  near(solve_with(&v, 0, 0).tau_ps, 8, 1e-9);
  near(solve_with(&v, (double)NAN, 0).tail, 0.01, 0.005);
}

/* Endpoint survival ends at the share of pairs that are near by chance. */
static void bonds_by_chance_are_taken_out(void **state)
{
  (void)state;
  const double chance = 0.07;
  curve v = stretched(0.5, 400, 6, 1);
  for (int i = 0; i < v.n; i++) v.c[i] = chance + (1 - chance) * v.c[i];
  near(solve_with(&v, 1e4, chance).tau_ps, 6, 1e-9);
  assert_true(!(solve_with(&v, 1e4, 0).tau_ps < 1.5 * 6)); /* else it would be many times that, or unresolved */
}

static void gaps_do_not_matter_and_nothing_is_absent(void **state)
{
  (void)state;
  curve v = stretched(0.5, 100, 7, 1);
  v.c[3] = v.c[20] = v.c[v.n - 1] = (double)NAN;
  near(solve_curve(&v).tau_ps, 7, 1e-9);
  for (int i = 0; i < v.n; i++) v.c[i] = (double)NAN;
  assert_int_equal(solve_curve(&v).reason, VT_RES_ABSENT);
  assert_true(isnan(solve_curve(&v).tau_ps));
  v.n = 0;
  assert_int_equal(solve_curve(&v).reason, VT_RES_ABSENT);
}

/* A step from 1 to 0 within one lag: half of it, by the straight line. */
static void a_survival_that_ends_at_once_has_no_tail(void **state)
{
  (void)state;
  const curve v = {.n = 3, .lag = {2, 4, 6}, .c = {0, 0, 0}};
  vt_residence r = solve_curve(&v);
  near(r.tau_ps, 1, 1e-12);
  near(r.tail, 0, 0);
  near(r.e_time_ps, 2 * (1 - exp(-1)), 1e-12);
}

/* 400 bonds with exponential lifetimes of 10 ps, counted: the estimate must lie within three stated errors, and over
 * 200 such sets scatter as stated (5 % of its own in a standard deviation from 200; what the tail adds is another 10
 * %). */
static void the_stated_error_is_that_of_independent_bonds(void **state)
{
  (void)state;
  enum { SETS = 200, BONDS = 400 };
  const double tau = 10;
  double sum = 0, sum2 = 0;
  for (int s = 0; s < SETS; s++) {
    curve v = stretched(0.5, 80, tau, 1);
    for (int i = 0; i < v.n; i++) v.c[i] = 0;
    for (uint32_t b = 0; b < BONDS; b++) {
      double u[2];
      vt_rng_uniform2(77, VT_STREAM_TEST, 0, s, b, u);
      for (int i = 0; i < v.n; i++) v.c[i] += (-tau * log(u[0]) > v.lag[i]) / (double)BONDS;
    }
    vt_residence r = solve_with(&v, BONDS, 0);
    assert_int_equal(r.reason, VT_RES_OK);
    sum += r.tau_ps / SETS;
    sum2 += r.tau_ps * r.tau_ps / SETS;
  }
  double stated = tau / sqrt(BONDS), scatter = sqrt(sum2 - sum * sum);
  near(sum, tau, 4 * stated / sqrt(SETS));
  near(scatter / stated, 1, 0.25);
}

static void malformed_survival_is_refused(void **state)
{
  (void)state;
  vt_err err;
  vt_residence r = {.n_lags = -7};
  double lag[] = {1, 2, 3}, c[] = {0.9, 0.5, 0.1};
  vt_res_input in = {.n = 3, .lag_ps = lag, .survival = c, .visits = 10};
  c[1] = 1.2;
  assert_int_equal(vt_residence_time(&in, &r, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "survival at 2 ps is 1.2"));
  c[1] = 0.5;
  lag[2] = 2;
  assert_int_equal(vt_residence_time(&in, &r, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "ascend"));
  lag[2] = 3;
  in.visits = -1;
  assert_int_equal(vt_residence_time(&in, &r, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "visits"));
  in.visits = 1;
  in.chance = 1;
  assert_int_equal(vt_residence_time(&in, &r, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "chance"));
  assert_int_equal(r.n_lags, -7); /* untouched on failure */
}

/* The error of a rate is half the difference of the rates at tau -+ se, as far as the error is small. */
static void a_rate_is_the_inverse_of_its_time(void **state)
{
  (void)state;
  const vt_residence r = {.tau_ps = 8, .se = 0.008}, none = {.tau_ps = (double)NAN, .se = (double)NAN};
  double rate, se;
  vt_residence_rate(&r, &rate, &se);
  near(rate, 0.125, 1e-15);
  near(se, 0.5 * (1 / 7.992 - 1 / 8.008), 2e-10);
  vt_residence_rate(&none, &rate, &se);
  assert_true(isnan(rate) && isnan(se));
}

static void every_reason_of_residence_has_its_own_text(void **state)
{
  (void)state;
  for (int i = VT_RES_OK; i <= VT_RES_ABSENT; i++)
    for (int j = VT_RES_OK; j < i; j++)
      assert_string_not_equal(vt_res_reason_text((vt_res_reason)i), vt_res_reason_text((vt_res_reason)j));
}

/* ------------------------------------------------------------------ trend over glasses */

#define NO ((double)NAN)

static vt_res_trend trend(const double (*tau)[VT_RES_CLASSES], int n)
{
  vt_err err;
  vt_res_trend t;
  double se[8][VT_RES_CLASSES]; /* 1 % : below every scatter here */
  assert_true(n <= 8);
  for (int g = 0; g < n; g++)
    for (int k = 0; k < VT_RES_CLASSES; k++) se[g][k] = 0.01 * tau[g][k];
  VT_TEST_OK(vt_residence_trend(tau, (const double(*)[VT_RES_CLASSES])se, n, &t, &err), &err);
  return t;
}

/* scipy 1.10.1:
 *   /usr/bin/python3 -c "from scipy.stats import page_trend_test as p; t = [[1,2,3,4],[1,3,2,4],[2,1,3,4]];
 *                        print(p(t, method='exact'), p(t, method='asymptotic'))"
 * and so for the others.  Three classes: k = 3 is not there. */
static void the_order_test_is_that_of_scipy(void **state)
{
  (void)state;
  static const struct {
    int n;
    double tau[6][VT_RES_CLASSES], l, exact, asymptotic;
  } table[] = {
      {3, {{1, 2, 3, 4}, {1, 3, 2, 4}, {2, 1, 3, 4}}, 88, 0.0028935185185185184, 0.004661188023718747},
      {5,
       {{5, 7, 6, NO}, {3, 4, 9, NO}, {8, 2, 10, NO}, {1, 2, 3, NO}, {4, 6, 5, NO}},
       67,
       0.018132716049382717,
       0.013428347753762199},
      {2, {{4, 3, 2, 1}, {2, 1, 4, 3}}, 48, 0.720486111111111, 0.687896942616797},
      {6,
       {{1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}},
       180,
       5.232780885631e-09,
       1.1045248499292722e-05},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    vt_res_trend t = trend(table[i].tau, table[i].n);
    assert_int_equal(t.page_glasses, table[i].n);
    near(t.page_l, table[i].l, 0);
    near(t.page_p_exact / table[i].exact, 1, 1e-12);
    near(t.page_p / table[i].asymptotic, 1, 1e-9);
  }
}

/* Two glasses, of which one has k = 0, 1, 2 and the other k = 0, 2: L = 14 + 5 only in 1 of 6 x 2 orders; mean 12
 * + 4.5, variance 2 + 1/4. */
static void glasses_with_gaps_take_part_with_what_they_have(void **state)
{
  (void)state;
  const double tau[][VT_RES_CLASSES] = {{1, 2, 3, NO}, {1, NO, 2, NO}, {5, NO, NO, NO}, {NO, NO, NO, NO}};
  vt_res_trend t = trend(tau, 4);
  assert_int_equal(t.page_glasses, 2);
  near(t.page_l, 19, 0);
  near(t.page_z, 2.5 / sqrt(2.25), 1e-12);
  near(t.page_p_exact, 1.0 / 12, 1e-15);
  assert_int_equal(t.n_unresolved, 1 + 2 + 3 + 4);
  const int resolved_in[VT_RES_CLASSES] = {3, 1, 2, 0};
  for (int k = 0; k < VT_RES_CLASSES; k++) assert_int_equal(t.resolved[k], resolved_in[k]);
  assert_int_equal(t.slope.n_glasses, 2);
  assert_int_equal(t.ratio[1].n_glasses, 1);
  near(t.ratio[1].value, 2, 1e-12);
  assert_true(isnan(t.ratio[1].lo95) && isnan(t.ratio[3].value));
}

/* Equal values: the ranks 1.5, 1.5, 3 have sum i r = 13.5 and the variance 2 * 1.5 / 2 over their orders. */
static void ties_narrow_the_null_distribution(void **state)
{
  (void)state;
  const double tau[][VT_RES_CLASSES] = {{2, 2, 3, NO}};
  vt_res_trend t = trend(tau, 1);
  near(t.page_l, 13.5, 0);
  near(t.page_z, 1.5 / sqrt(1.5), 1e-12);
  assert_true(isnan(t.page_p_exact));
}

/* ln tau_k = ln tau_0 + b_g k with b = 0.2, 0.4, 0.6: mean 0.4, se 0.2/sqrt(3), t(2) = 4.302653. */
static void slopes_and_ratios_are_averaged_over_glasses(void **state)
{
  (void)state;
  double tau[3][VT_RES_CLASSES];
  for (int g = 0; g < 3; g++)
    for (int k = 0; k < VT_RES_CLASSES; k++) tau[g][k] = (3 + g) * exp(0.2 * (g + 1) * k);
  vt_res_trend t = trend((const double(*)[VT_RES_CLASSES])tau, 3);
  double half = 4.302652729696142 * 0.2 / sqrt(3);
  near(t.slope.value, 0.4, 1e-12);
  near(t.slope.lo95, 0.4 - half, 1e-9);
  near(t.slope.hi95, 0.4 + half, 1e-9);
  assert_int_equal(t.slope.n_glasses, 3);
  for (int k = 1; k < 3; k++) {
    near(t.ratio[k].value, exp(0.4 * k), 1e-12);
    near(t.ratio[k].lo95, exp((0.4 - half) * k), 1e-9);
    near(t.ratio[k].hi95, exp((0.4 + half) * k), 1e-9);
    near(t.ratio[k].se, 0.2 * k / sqrt(3), 1e-12);
  }
  near(t.ratio[0].value, 1, 0);
  tau[1][3] = NO; /* longer than the run: the slope of what is left is the same */
  t = trend((const double(*)[VT_RES_CLASSES])tau, 3);
  near(t.slope.value, 0.4, 1e-12);
  assert_int_equal(t.n_unresolved, 1);
}

/* Three glasses of equal slope and equal ratios: what a run states of its times, 10 % for k = 0 and 20 % for k = 1, is
 * the least that can be known.  Slope through two classes: the difference. */
static void glasses_that_agree_are_known_no_better_than_their_runs(void **state)
{
  (void)state;
  vt_err err;
  vt_res_trend t;
  const double tau[3][VT_RES_CLASSES] = {{2, 6, NO, NO}, {3, 9, NO, NO}, {1, 3, NO, NO}};
  const double se[3][VT_RES_CLASSES] = {{0.2, 1.2, NO, NO}, {0.3, 1.8, NO, NO}, {0.1, 0.6, NO, NO}};
  VT_TEST_OK(vt_residence_trend(tau, se, 3, &t, &err), &err);
  near(t.slope.value, log(3), 1e-12);
  near(t.slope.se, sqrt((0.01 + 0.04) / 3), 1e-12);
  near(t.ratio[1].se, sqrt((0.01 + 0.04) / 3), 1e-12);
  near(log(t.ratio[1].hi95 / 3), 4.302652729696142 * sqrt(0.05 / 3), 1e-9);
}

static void nothing_resolved_is_no_trend(void **state)
{
  (void)state;
  vt_err err;
  vt_res_trend t;
  const double none[][VT_RES_CLASSES] = {{NO, 3, NO, NO}}, bad[][VT_RES_CLASSES] = {{1, 0, 2, 3}};
  t = trend(none, 1);
  assert_true(isnan(t.slope.value) && isnan(t.page_p) && isnan(t.page_l) && isnan(t.ratio[1].value));
  assert_int_equal(t.page_glasses, 0);
  assert_int_equal(vt_residence_trend(bad, bad, 1, &t, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "k = 1"));
  assert_int_equal(vt_residence_trend(bad, bad, 0, &t, &err), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(glasses_that_agree_are_known_no_better_than_their_runs),
      cmocka_unit_test(a_tail_without_an_end_is_not_resolved),
      cmocka_unit_test(less_than_chance_gives_no_negative_time),
      cmocka_unit_test(an_exponential_gives_its_time),
      cmocka_unit_test(what_lies_beyond_the_window_comes_from_the_tail),
      cmocka_unit_test(a_stretched_exponential_gives_its_mean),
      cmocka_unit_test(a_survival_that_does_not_fall_is_longer_than_the_run),
      cmocka_unit_test(a_tail_that_outweighs_the_data_is_not_believed),
      cmocka_unit_test(noise_behind_the_decay_is_not_summed),
      cmocka_unit_test(few_visits_raise_the_floor),
      cmocka_unit_test(bonds_by_chance_are_taken_out),
      cmocka_unit_test(gaps_do_not_matter_and_nothing_is_absent),
      cmocka_unit_test(a_survival_that_ends_at_once_has_no_tail),
      cmocka_unit_test(the_stated_error_is_that_of_independent_bonds),
      cmocka_unit_test(malformed_survival_is_refused),
      cmocka_unit_test(a_rate_is_the_inverse_of_its_time),
      cmocka_unit_test(every_reason_of_residence_has_its_own_text),
      cmocka_unit_test(the_order_test_is_that_of_scipy),
      cmocka_unit_test(glasses_with_gaps_take_part_with_what_they_have),
      cmocka_unit_test(ties_narrow_the_null_distribution),
      cmocka_unit_test(slopes_and_ratios_are_averaged_over_glasses),
      cmocka_unit_test(nothing_resolved_is_no_trend),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
