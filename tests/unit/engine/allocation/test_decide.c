/* The next batch of a campaign that asks for errors: against numbers by hand, an exhaustive search, and its own rules.
 */
#include <math.h>
#include <string.h>

#include "engine/allocation/allocation.h"
#include "engine/num/num.h"
#include "engine/spec/spec.h"
#include "tests/vt_test.h"

enum { TEMPS = 3, COMPS = 3 };

typedef struct situation {
  vt_alloc a;
  vt_alloc_comp comp[COMPS];
  vt_alloc_cell cell[COMPS][TEMPS];
  vt_alloc_move move[COMPS];
  double more[COMPS * TEMPS];
  vt_alloc_sum sum;
} situation;

static const double ref_k = 600, between_level = 0.05 * 0.05, between_ea = 0.004 * 0.004;

static double u_of(double t_k) { return (1 / t_k - 1 / ref_k) / VT_KB_EV; }

/* Level, covariance and slope of the mean line: (X'WX)^-1 and what is between glasses, by G. */
static void line_by_hand(const vt_alloc_cell *cell, double glasses, const double *length_ps, double v[3])
{
  double n = 0, nu = 0, nuu = 0;
  for (int j = 0; j < TEMPS; j++) {
    const double w = length_ps[j] / cell[j].length_ps / cell[j].variance, u = u_of(cell[j].t_k);
    n += w, nu += w * u, nuu += w * u * u;
  }
  const double det = n * nuu - nu * nu;
  v[0] = (nuu / det + between_level) / glasses;
  v[1] = nu / det / glasses;
  v[2] = (n / det + between_ea) / glasses;
}

/* Three glasses at 500, 600, 700 K; ln D of a run of 400 ps is known to 20, 10, 7 %. */
static void begin(situation *s, int n_comp)
{
  const double variance[TEMPS] = {0.04, 0.01, 0.005};
  memset(s, 0, sizeof *s);
  s->a = (vt_alloc){.n_comp = n_comp, .n_temp = TEMPS, .comp = s->comp, .budget_ps = 1e6};
  for (int c = 0; c < n_comp; c++) {
    double now[TEMPS], v[3];
    for (int j = 0; j < TEMPS; j++) {
      s->cell[c][j] = (vt_alloc_cell){.t_k = 500 + 100.0 * j,
                                      .quantum_ps = 100,
                                      .length_ps = 400,
                                      .variance = variance[j],
                                      .haven_half = 0.2,
                                      .haven_dof = 6,
                                      .may_grow = 1};
      now[j] = 400;
    }
    line_by_hand(s->cell[c], 3, now, v);
    s->comp[c] = (vt_alloc_comp){.n_glasses = 3,
                                 .n_lines = 3,
                                 .dof = 10,
                                 .ref_k = ref_k,
                                 .var_level = v[0],
                                 .cov = v[1],
                                 .var_ea = v[2],
                                 .glass_ps = 500,
                                 .equilibrate_ps = 50,
                                 .cell = s->cell[c]};
  }
}

static void aim(situation *s, vt_aim_kind kind, double t_k, double goal)
{
  s->a.aim[s->a.n_aims++] = (vt_aim){.kind = kind, .t_k = t_k, .goal = goal};
}

static void decide(situation *s)
{
  vt_err err;
  VT_TEST_OK(vt_alloc_decide(&s->a, s->move, s->more, &s->sum, &err), &err);
}

/* ------------------------------------------------------------------ what is foreseen */

static void widths_are_those_of_the_mean_line(void **state)
{
  (void)state;
  situation s;
  const double longer[TEMPS] = {1600, 400, 800}, before = 3 * 400, after = 5 * 1600;
  double v[3];
  begin(&s, 1);
  aim(&s, VT_AIM_EA, 0, 0.01);
  aim(&s, VT_AIM_LOG10_D, 300, 0.1);
  aim(&s, VT_AIM_HAVEN, 500, 0.1);
  line_by_hand(s.cell[0], 5, longer, v);
  const double t = vt_t_quantile(0.975, 12), u = u_of(300);
  near_relative(vt_alloc_foresee(&s.a, 0, 0, 5, longer), t * sqrt(v[2]), 1e-9);
  near_relative(vt_alloc_foresee(&s.a, 0, 1, 5, longer), t * sqrt(v[0] - 2 * u * v[1] + u * u * v[2]) / log(10), 1e-9);
  const double haven = 0.2 * sqrt(before / after) * vt_t_quantile(0.975, 8) / vt_t_quantile(0.975, 6);
  near_relative(vt_alloc_foresee(&s.a, 0, 2, 5, longer), haven, 1e-12);
  near_relative(vt_alloc_cost(&s.a, 0, 5, longer), 5 * (500 + 3 * 50 + 2800.0), 1e-15);
}

/* What is reached is what a fit prints: half of vt_arrh_energy and of vt_arrh_at_ref. */
static void reached_is_what_a_fit_prints(void **state)
{
  (void)state;
  situation s;
  vt_err err;
  vt_arrh line;
  vt_point pt[4 * TEMPS];
  begin(&s, 1);
  for (int k = 0; k < 4 * TEMPS; k++) {
    const int g = k / TEMPS, j = k % TEMPS;
    const double t_k = 500 + 100.0 * j, off = 0.1 * sin(1 + 3.0 * k); /* any scatter */
    const double x = 1e-5 * exp(-0.3 * u_of(t_k) + off);
    pt[k] = (vt_point){.glass = g, .t_k = t_k, .x = x, .se = x * sqrt(s.cell[0][j].variance)};
  }
  VT_TEST_OK(vt_arrh_fit(pt, 4 * TEMPS, &(vt_fit_spec){.t_ref_k = ref_k}, NULL, &line, &err), &err);
  s.comp[0].n_glasses = 4;
  vt_alloc_take_line(&s.comp[0], &line);
  const vt_band ea = vt_arrh_energy(&line), d = vt_arrh_at_ref(&line);
  aim(&s, VT_AIM_EA, 0, 0.5 * (ea.hi95 - ea.lo95) * (1 + 1e-9));
  aim(&s, VT_AIM_LOG10_D, ref_k, 0.5 * log10(d.hi95 / d.lo95) * (1 + 1e-9));
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_REACHED);
  assert_true(s.sum.ends);
  s.a.aim[0].goal *= 1 - 1e-6;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_OPEN);
}

/* Two temperatures with values test no curve: D beyond them has no interval, as a fit prints none, and the runs at the
 * third one grow; between them it has one, and so has Ea. */
static void beyond_two_temperatures_nothing_is_reached(void **state)
{
  (void)state;
  situation s;
  begin(&s, 1);
  s.cell[0][0].variance = (double)NAN;
  s.comp[0].untested = 1;
  s.comp[0].t_min_k = s.cell[0][1].t_k, s.comp[0].t_max_k = s.cell[0][2].t_k;
  aim(&s, VT_AIM_LOG10_D, s.cell[0][1].t_k - 50, 10);
  decide(&s);
  assert_true(isnan(s.move[0].half[0]));
  assert_int_equal(s.move[0].state, VT_ALLOC_OPEN);
  assert_true(s.more[0] == 400 && s.more[1] == 0 && s.more[2] == 0);
  s.a.aim[0].t_k = s.cell[0][1].t_k + 50;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_REACHED);
  s.comp[0].untested = 0;
  s.a.aim[0].t_k = s.cell[0][1].t_k - 50;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_REACHED);
}

/* ------------------------------------------------------------------ the next batch */

/* The cheapest way to Ea within `goal` among all glasses and all multiples of the quantum: an exhaustive search. */
static double cheapest(const situation *s, double goal)
{
  const double now = vt_alloc_cost(&s->a, 0, 3, NULL), most_ps = 4000;
  double best = INFINITY, l[TEMPS], v[3];
  for (int g = 3; g <= 30; g++)
    for (l[0] = 400; l[0] <= most_ps; l[0] += 100)
      for (l[1] = 400; l[1] <= most_ps; l[1] += 100)
        for (l[2] = 400; l[2] <= most_ps; l[2] += 100) {
          const double cost = vt_alloc_cost(&s->a, 0, g, l) - now;
          if (!(cost < best)) break;
          line_by_hand(s->cell[0], g, l, v);
          if (vt_t_quantile(0.975, 10 + g - 3) * sqrt(v[2]) <= goal) best = cost;
        }
  return best;
}

static void the_way_to_the_goal_is_nearly_the_cheapest(void **state)
{
  (void)state;
  const double goal[] = {0.020, 0.012};
  for (int i = 0; i < 2; i++) {
    situation s;
    begin(&s, 1);
    aim(&s, VT_AIM_EA, 0, goal[i]);
    decide(&s);
    const double best = cheapest(&s, goal[i]);
    (void)printf("goal %g eV: %g ps, cheapest %g ps\n", goal[i], s.move[0].needs_ps, best);
    assert_true(s.move[0].needs_ps >= best);
    assert_true(s.move[0].needs_ps <= 1.2 * best); /* steps taken one by one are not taken back */
    assert_true(s.move[0].cost_ps >= 0.5 * s.move[0].needs_ps && s.move[0].cost_ps < 0.9 * s.move[0].needs_ps);
    assert_true(s.move[0].foreseen[0] < s.move[0].half[0]);
    /* a glass moves little at 500 K, and the ends carry the slope: nothing is spent on the middle before the ends */
    assert_true(s.more[0] >= s.more[1]);
  }
}

/* The batch costs what it says: glasses with the longer runs, the longer runs of those that are there. */
static void a_batch_costs_what_it_says(void **state)
{
  (void)state;
  situation s;
  double then[TEMPS];
  begin(&s, 2);
  s.comp[1].var_ea *= 2;
  aim(&s, VT_AIM_EA, 0, 0.010);
  decide(&s);
  double asked = 0;
  for (int c = 0; c < 2; c++) {
    for (int j = 0; j < TEMPS; j++) {
      then[j] = 400 + s.more[c * TEMPS + j];
      near(fmod(s.more[c * TEMPS + j], 100), 0, 0);
    }
    const double cost = vt_alloc_cost(&s.a, c, 3 + s.move[c].glasses, then) - vt_alloc_cost(&s.a, c, 3, NULL);
    near_relative(s.move[c].cost_ps, cost, 1e-12);
    asked += cost;
  }
  near_relative(s.sum.asked_ps, asked, 1e-12);
  near_relative(s.sum.spent_ps, 2 * 3 * (500 + 3 * 450.0), 1e-15);
}

/* ------------------------------------------------------------------ the budget */

static void the_dear_one_is_dropped_and_the_budget_is_kept(void **state)
{
  (void)state;
  situation s;
  begin(&s, 3);
  aim(&s, VT_AIM_EA, 0, 0.012);
  decide(&s);
  const double each = s.move[0].needs_ps;
  s.comp[1].var_ea *= 4; /* its glasses differ more */
  s.a.budget_ps = s.sum.spent_ps + 2 * each;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_OPEN);
  assert_int_equal(s.move[1].state, VT_ALLOC_TOO_DEAR);
  assert_int_equal(s.move[2].state, VT_ALLOC_OPEN);
  assert_true(s.sum.asked_ps <= 2 * each);
  assert_true(!(s.move[1].cost_ps > 0) && s.move[1].glasses == 0 && s.more[TEMPS] == 0);
  s.comp[1].dropped = 1; /* for good, whatever is left later */
  s.a.budget_ps = 1e9;
  decide(&s);
  assert_int_equal(s.move[1].state, VT_ALLOC_BEFORE);
}

static void nothing_is_asked_beyond_the_budget(void **state)
{
  (void)state;
  situation s;
  begin(&s, 2);
  aim(&s, VT_AIM_EA, 0, 0.012);
  aim(&s, VT_AIM_VERDICT, 0, 0);
  decide(&s);
  const double spent = s.sum.spent_ps;
  for (double left = 0; left < 60e3; left += 500) {
    s.a.budget_ps = spent + left + 1e-9;
    decide(&s);
    assert_true(s.sum.asked_ps <= left + 1e-6);
    assert_true(s.sum.ends == !(s.sum.asked_ps > 0));
  }
}

static void no_way_at_all_is_said(void **state)
{
  (void)state;
  situation s;
  begin(&s, 1);
  aim(&s, VT_AIM_EA, 0, 1e-5);
  s.a.budget_ps = 1e15;
  for (int j = 0; j < TEMPS; j++) s.cell[0][j].may_grow = 0;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_LIMIT);
  assert_true(isinf(s.move[0].needs_ps) && s.sum.ends);
}

/* ------------------------------------------------------------------ no value */

static void runs_without_a_value_become_twice_as_long(void **state)
{
  (void)state;
  situation s;
  begin(&s, 1);
  aim(&s, VT_AIM_EA, 0, 0.01);
  s.comp[0].n_lines = s.comp[0].dof = 0;
  s.cell[0][0].variance = s.cell[0][1].variance = NAN;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_OPEN);
  assert_true(isnan(s.move[0].needs_ps) && isnan(s.move[0].half[0]));
  assert_true(s.more[0] == 400 && s.more[1] == 400 && s.more[2] == 0 && s.move[0].glasses == 0);
  s.a.budget_ps = s.sum.spent_ps + 2000; /* 3 x 800 ps are needed */
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_NO_VALUE);
  assert_true(s.sum.ends);
}

/* By chance a line does not fit: more glasses tell, up to a dozen. */
static void a_misfit_is_doubted_before_it_is_believed(void **state)
{
  (void)state;
  situation s;
  begin(&s, 1);
  aim(&s, VT_AIM_EA, 0, 0.01);
  s.comp[0].misfit = 1;
  s.comp[0].n_lines = s.comp[0].dof = 0; /* refused */
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_OPEN);
  assert_int_equal(s.move[0].glasses, 1);
  s.comp[0].n_glasses = 10;
  decide(&s);
  assert_int_equal(s.move[0].glasses, 4);
  s.comp[0].n_glasses = 14;
  decide(&s);
  assert_int_equal(s.move[0].state, VT_ALLOC_MISFIT);
  assert_true(s.sum.ends);
}

/* ------------------------------------------------------------------ looks */

static void looks_come_one_by_one_and_are_not_repeated(void **state)
{
  (void)state;
  situation s;
  begin(&s, 2);
  aim(&s, VT_AIM_VERDICT, 0, 0);
  assert_int_equal(vt_look_due(&s.a), -1);
  decide(&s);
  assert_int_equal(s.move[0].glasses, 2);
  assert_int_equal(s.move[1].glasses, 2);
  s.comp[0].n_glasses = s.comp[0].n_lines = 5;
  assert_int_equal(vt_look_due(&s.a), -1); /* both must have them */
  s.comp[1].n_glasses = s.comp[1].n_lines = 13;
  assert_int_equal(vt_look_due(&s.a), 0);
  s.comp[0].n_glasses = s.comp[0].n_lines = 12;
  assert_int_equal(vt_look_due(&s.a), 2); /* what was skipped is not spent */
  s.a.looks_done = 3;
  assert_int_equal(vt_look_due(&s.a), -1);
  decide(&s);
  assert_int_equal(s.move[0].glasses, 6);
  assert_int_equal(s.move[1].glasses, 5);
  s.a.decided = 1;
  assert_int_equal(vt_look_due(&s.a), -1);
  decide(&s);
  assert_true(s.sum.ends);
}

static void impossible_numbers_are_refused(void **state)
{
  (void)state;
  situation s;
  vt_err err;
  begin(&s, 1);
  VT_TEST_REFUSED(vt_alloc_decide(&s.a, s.move, s.more, &s.sum, &err), VT_EINVAL, &err, "0 aims");
  aim(&s, VT_AIM_EA, 0, 0);
  VT_TEST_REFUSED(vt_alloc_decide(&s.a, s.move, s.more, &s.sum, &err), VT_EINVAL, &err, "half-width of 0");
  s.a.aim[0].goal = 0.01;
  s.cell[0][1].quantum_ps = 0;
  VT_TEST_REFUSED(vt_alloc_decide(&s.a, s.move, s.more, &s.sum, &err), VT_EINVAL, &err, "steps of 0 ps");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(widths_are_those_of_the_mean_line),
      cmocka_unit_test(reached_is_what_a_fit_prints),
      cmocka_unit_test(beyond_two_temperatures_nothing_is_reached),
      cmocka_unit_test(the_way_to_the_goal_is_nearly_the_cheapest),
      cmocka_unit_test(a_batch_costs_what_it_says),
      cmocka_unit_test(the_dear_one_is_dropped_and_the_budget_is_kept),
      cmocka_unit_test(nothing_is_asked_beyond_the_budget),
      cmocka_unit_test(no_way_at_all_is_said),
      cmocka_unit_test(runs_without_a_value_become_twice_as_long),
      cmocka_unit_test(a_misfit_is_doubted_before_it_is_believed),
      cmocka_unit_test(looks_come_one_by_one_and_are_not_repeated),
      cmocka_unit_test(impossible_numbers_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
