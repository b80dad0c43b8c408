/* Predicted errors against those that a campaign had, and against hand calculations. */
#include <math.h>
#include <string.h>

#include "runner/cli/plan/plan.h"
#include "tests/vt_test.h"

/* campaigns/laco-naco/summary.json (26 November 2026: 5 glasses, 336 atoms with 64 alkali ions, 1e12 K/s, 400 ps), read
 * off "transport": D of the alkali, its relative standard error over glasses, and how many. */
static const struct {
  const char *name;
  double t_k, d_cm2_s, d_se;
  int n_d;
} observed[] = {{"Li", 500, 4.095e-6, 0.0230, 4}, {"Li", 600, 1.248e-5, 0.0364, 5}, {"Li", 700, 2.740e-5, 0.0323, 5},
                {"Li", 800, 4.715e-5, 0.0270, 5}, {"Na", 500, 2.880e-6, 0.0840, 4}, {"Na", 600, 8.497e-6, 0.0530, 5},
                {"Na", 700, 1.870e-5, 0.0232, 5}, {"Na", 800, 3.305e-5, 0.0230, 5}};
enum { N_OBSERVED = sizeof observed / sizeof *observed };

static vt_design laco_naco(int glasses)
{
  return (vt_design){
      .n_alkali = 64, .glasses = glasses, .produce_ps = 400, .glass_scatter = vt_plan_glass_scatter(1e12, 336)};
}

static vt_foreseen foreseen(int k, int glasses)
{
  const vt_design d = laco_naco(glasses);
  const vt_guess g = {.ea_ev = 0.28, .d_cm2_s = observed[k].d_cm2_s, .t_k = observed[k].t_k, .measured = 1};
  return vt_plan_foresee(&d, &g, observed[k].t_k);
}

/* Standard errors over 4 and 5 glasses: 30 degrees of freedom.  If the prediction is right, n (observed/predicted)^2
 * summed is chi-square: its root mean square lies in 0.68 .. 1.34 in 99 of 100 campaigns.  The formula that was used
 * before (He, Zhu, Mo 2018) has 0.55. */
static void the_errors_of_a_campaign_of_forty_runs_are_those_predicted(void **state)
{
  (void)state;
  double d = 0;
  for (int k = 0; k < N_OBSERVED; k++)
    d += pow(observed[k].d_se / foreseen(k, observed[k].n_d).rel_all, 2) / N_OBSERVED;
  print_message("observed / predicted: D %.2f\n", sqrt(d));
  assert_true(sqrt(d) > 0.68 && sqrt(d) < 1.34);
}

/* ln H of one glass in the window of 2 to 4 ps scattered by 0.125 over 12 glasses of LiAlCl2.5O0.75 (168 atoms, 800 K,
 * 200 ps): with 11 degrees of freedom the ratio to what is right lies in 0.49 .. 1.56 in 99 of 100 cases. */
static void so_is_that_of_the_haven_ratio_of_twelve_glasses(void **state)
{
  (void)state;
  const vt_design d = {.n_alkali = 32, .glasses = 1, .produce_ps = 200, .glass_scatter = 0.1};
  const vt_guess g = {.ea_ev = 0.28, .d_cm2_s = 4.2e-5, .t_k = 800, .measured = 1};
  const double ratio = 0.125 / vt_plan_foresee(&d, &g, 800).haven_rel;
  print_message("observed / predicted: H %.2f\n", ratio);
  assert_true(ratio > 0.49 && ratio < 1.56);
}

/* The same campaign's lines: Ea +- 0.0034 and 0.0088 eV over 5 glasses, 8 degrees of freedom; the root mean square of
 * observed/predicted lies in 0.41 .. 1.66 in 99 of 100 cases. */
static void so_are_those_of_its_activation_energies(void **state)
{
  (void)state;
  const double ea_se[2] = {0.00335, 0.00881};
  const vt_design d = laco_naco(5);
  double sum = 0;
  for (int c = 0; c < 2; c++) {
    vt_foreseen f[4];
    double ea, level;
    for (int t = 0; t < 4; t++) f[t] = foreseen(4 * c + t, 5), f[t].resolved = 1; /* 500 K entered, with four glasses */
    vt_plan_foresee_line(f, 4, 500, &d, &ea, &level);
    sum += pow(ea_se[c] / ea, 2) / 2;
  }
  print_message("observed / predicted: Ea %.2f\n", sqrt(sum));
  assert_true(sqrt(sum) > 0.41 && sqrt(sum) < 1.66);
}

/* By hand, D = 0.1 A^2/ps: t1 = 25 ps; sampling 1.2 * 16 * 25 / (9 * 50 * 1000) = 0.001067; between glasses 0.01; four
 * glasses. */
static void the_error_of_d_is_the_root_of_both_variances(void **state)
{
  (void)state;
  const vt_design d = {.n_alkali = 50, .glasses = 4, .produce_ps = 1000, .glass_scatter = 0.1};
  const vt_guess g = {.ea_ev = 0.3, .d_cm2_s = 1e-5, .t_k = 600};
  const vt_foreseen f = vt_plan_foresee(&d, &g, 600);
  near_relative(f.t1_ps, 25, 1e-12);
  near_relative(f.rel_sampling, sqrt(1.2 * 16 * 25 / (9.0 * 50 * 1000)), 1e-12);
  near_relative(f.rel_all, sqrt((1.2 * 16 * 25 / (9.0 * 50 * 1000) + 0.01) / 4), 1e-12);
  near_relative(f.haven_rel, 0.075 * sqrt(0.4) / 2, 1e-12); /* 0.075 per glass of 400 ps */
  near_relative(f.sigma_rel, sqrt(f.haven_rel * f.haven_rel + f.rel_all * f.rel_all), 1e-12);
  near(vt_plan_glass_scatter(1e12, 336), 0.06, 0);
  near(vt_plan_glass_scatter(1e13, 336), 0.10, 0);
  near(vt_plan_glass_scatter(1e12, 168), 0.10, 0);
}

/* 8 t1 with t1 = 15/(6 D); the assumed D(400 K) is 2.7e-6 exp(-0.3/kB (1/400 - 1/500)) = 4.734e-7 cm^2/s: 4225 ps. */
static void what_is_too_short_is_said_to_be_and_how_long_would_do(void **state)
{
  (void)state;
  vt_design d = {.n_alkali = 64, .glasses = 5, .produce_ps = 200, .glass_scatter = 0.1};
  const vt_guess g = vt_plan_guess();
  const vt_foreseen f = vt_plan_foresee(&d, &g, 400);
  assert_false(f.resolved);
  near_relative(f.needs_ps, 4225, 0.001);
  d.produce_ps = 0.999 * f.needs_ps;
  assert_false(vt_plan_foresee(&d, &g, 400).resolved);
  d.produce_ps = f.needs_ps;
  assert_true(vt_plan_foresee(&d, &g, 400).resolved);
}

/* Standard errors of a line of 450..700 K in six steps with 10 % a point, from a least-squares program: 0.0130 eV and,
 * at 300 K, 0.103 decades; glasses add 4 meV and their level, here none. */
static void the_line_through_a_known_ladder_has_its_known_errors(void **state)
{
  (void)state;
  const vt_design one = {.n_alkali = 64, .glasses = 1, .produce_ps = 1};
  vt_foreseen f[7] = {0};
  double ea, log10_300;
  for (int i = 0; i < 6; i++) f[i] = (vt_foreseen){.t_k = 450 + 50 * i, .rel_sampling = 0.1, .resolved = 1};
  f[6] = (vt_foreseen){.t_k = 300, .rel_sampling = 1e-6, .resolved = 0}; /* takes no part */
  vt_plan_foresee_line(f, 7, 300, &one, &ea, &log10_300);
  near(ea, hypot(0.0130, 0.004), 0.0001);
  near(log10_300, 0.103, 0.001);
  vt_plan_foresee_line(f, 1, 300, &one, &ea, &log10_300);
  assert_true(isnan(ea) && isnan(log10_300));
}

/* All resolved, as many, same ends but the lowest; a campaign that resolves all gets no advice, and neither does one
 * that would be left with 100 K. */
static void better_temperatures_are_all_resolved(void **state)
{
  (void)state;
  const double t_k[] = {500, 600, 700, 800};
  double better[4] = {0};
  vt_design d = laco_naco(5);
  const vt_guess g = vt_plan_guess();
  assert_int_equal(vt_plan_better(&d, &g, t_k, 4, better), 1);
  assert_false(vt_plan_foresee(&d, &g, better[0] - 10).resolved);
  for (int k = 0; k < 4; k++) {
    assert_true(vt_plan_foresee(&d, &g, better[k]).resolved);
    assert_true(k == 0 || better[k] > better[k - 1]);
  }
  near(better[3], 800, 0);
  d.produce_ps = 800;
  assert_int_equal(vt_plan_better(&d, &g, t_k, 4, better), 0);
  d.produce_ps = 50;
  assert_int_equal(vt_plan_better(&d, &g, t_k, 4, better), 0);
}

/* t quantiles at 97.5 %: of 8 degrees of freedom 2.3060 (five glasses), of 4 2.7764, of 10 2.2281 (tables). */
static void half_widths_are_those_of_95_percent(void **state)
{
  (void)state;
  near(vt_plan_half(0.05, 5), 2.3060 * 0.05, 1e-5);
  near(vt_plan_half(0.05, 1), 2.7764 * 0.05, 1e-5);
  near(vt_plan_half_of_line(0.01, 5), 2.2281 * 0.01, 1e-5);
  assert_true(isnan(vt_plan_half_of_line(0.01, 1))); /* one glass has no interval */
}

/* Beyond two temperatures a line has no level (T 8.6); between them, and beyond three, it has. */
static void beyond_two_temperatures_there_is_no_level(void **state)
{
  (void)state;
  vt_foreseen f[3];
  const vt_design d = laco_naco(5);
  double ea_se, level_se;
  for (int k = 0; k < 3; k++) f[k] = foreseen(1 + k, 5);
  vt_plan_foresee_line(f, 2, 500, &d, &ea_se, &level_se);
  assert_true(isfinite(ea_se) && isnan(level_se));
  vt_plan_foresee_line(f, 2, 650, &d, &ea_se, &level_se);
  assert_true(isfinite(level_se));
  vt_plan_foresee_line(f, 3, 500, &d, &ea_se, &level_se);
  assert_true(isfinite(level_se));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_errors_of_a_campaign_of_forty_runs_are_those_predicted),
      cmocka_unit_test(so_is_that_of_the_haven_ratio_of_twelve_glasses),
      cmocka_unit_test(so_are_those_of_its_activation_energies),
      cmocka_unit_test(the_error_of_d_is_the_root_of_both_variances),
      cmocka_unit_test(what_is_too_short_is_said_to_be_and_how_long_would_do),
      cmocka_unit_test(the_line_through_a_known_ladder_has_its_known_errors),
      cmocka_unit_test(better_temperatures_are_all_resolved),
      cmocka_unit_test(half_widths_are_those_of_95_percent),
      cmocka_unit_test(beyond_two_temperatures_there_is_no_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
