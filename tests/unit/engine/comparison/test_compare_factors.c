/* Comparison between glasses, at equal T/Tg, and by factor, against numbers worked out by hand. */
#include <math.h>
#include <string.h>

#include "engine/comparison/comparison.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

enum { MOST_COMP = 9, GLASSES = 5 };
static const char *const names[MOST_COMP] = {"Ada", "Bell", "Curie", "Dirac", "Euler", "Fermi", "Gauss", "Hahn", "Ito"};

/* Compositions made of lines of glasses. */
typedef struct screen {
  vt_arrh fit[MOST_COMP];
  vt_glass_line line[MOST_COMP * GLASSES];
  vt_compare_input in;
} screen;

/* Fits that belong to the lines of s: means, and the scatter of the glasses as their error. */
static void make_fits(screen *s, int k, double t_ref_k)
{
  for (int i = 0; i < k; i++) {
    double a = 0, e = 0, aa = 0, ee = 0, ae = 0;
    const vt_glass_line *l = s->line + i * GLASSES;
    for (int g = 0; g < GLASSES; g++) a += l[g].log10_ref / GLASSES, e += l[g].ea_ev / GLASSES;
    for (int g = 0; g < GLASSES; g++) {
      double da = l[g].log10_ref - a, de = l[g].ea_ev - e;
      aa += da * da, ee += de * de, ae += da * de;
    }
    const double n = GLASSES * (GLASSES - 1);
    s->fit[i] = (vt_arrh){.resolved = 1,
                          .n_glasses = GLASSES,
                          .dof = GLASSES - 1,
                          .t_ref_k = t_ref_k,
                          .log10_ref = a,
                          .log10_ref_se = sqrt(aa / n),
                          .ea_ev = e,
                          .ea_se = sqrt(ee / n),
                          .cov_ref_ea = ae / n};
  }
  s->in = (vt_compare_input){.fits = s->fit,
                             .n = k,
                             .glass = s->line,
                             .n_glass = k * GLASSES,
                             .names = names,
                             .lim = {.margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8},
                             .key = 5};
}

/* Levels scatter by 0.1 decades, Ea by 0.02 eV. */
static void draw_screen(screen *s, int k, double spread, uint64_t key)
{
  for (int i = 0; i < k; i++)
    for (int g = 0; g < GLASSES; g++)
      s->line[i * GLASSES + g] =
          (vt_glass_line){.comp = i,
                          .glass = g,
                          .log10_ref = -5.5 + spread * i + 0.1 * vt_test_normal(key, 0, g, (uint32_t)i),
                          .ea_ev = 0.3 + 0.02 * vt_test_normal(key, 1, g, (uint32_t)i)};
  make_fits(s, k, 500);
}

static vt_compare compare_screen(const screen *s)
{
  vt_err err;
  static vt_compare c;
  VT_TEST_OK(vt_compare_fits(&s->in, &c, &err), &err);
  return c;
}

/* ------------------------------------------------------------------ lines of glasses */

/* The fit of a composition is made of its glasses' lines: means and scatter agree with it to rounding. */
static void lines_of_glasses_are_those_of_the_fit(void **state)
{
  (void)state;
  vt_err err;
  vt_arrh a;
  vt_point pt[3 * 4 + 2];
  vt_glass_line line[3 * 4 + 2];
  int n = 0, n_lines;
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < 4; i++) {
      double t_k = 450 + 70 * i, x = exp(-12.4 - 3500 * (1 / t_k - 0.002) + 0.2 * vt_test_normal(1, 0, g, (uint32_t)i));
      pt[n++] = (vt_point){.comp = 4, .glass = 7 + g, .t_k = t_k, .x = x, .se = (0.05 + 0.05 * g) * x};
    }
  pt[n++] = (vt_point){.comp = 4, .glass = 20, .t_k = 450, .x = 1e-6, .se = 1e-7}; /* one temperature: no line */
  pt[n++] = (vt_point){.comp = 4, .glass = 20, .t_k = 520, .x = (double)NAN, .se = 1e-7};
  VT_TEST_OK(vt_arrh_fit(pt, n, &(vt_fit_spec){.t_ref_k = 500, .t_extra_k = 300}, NULL, &a, &err), &err);
  VT_TEST_OK(vt_glass_lines(pt, n, 500, line, &n_lines, &err), &err);
  assert_int_equal(n_lines, 3);
  assert_int_equal(a.n_glasses, 3);
  double level = 0, ea = 0, scatter = 0;
  for (int g = 0; g < 3; g++) {
    assert_int_equal(line[g].glass, 7 + g);
    assert_int_equal(line[g].comp, 4);
    level += line[g].log10_ref / 3, ea += line[g].ea_ev / 3;
  }
  for (int g = 0; g < 3; g++) scatter += (line[g].log10_ref - level) * (line[g].log10_ref - level) / 2;
  near(level, a.log10_ref, 1e-12);
  near(ea, a.ea_ev, 1e-12);
  near(sqrt(scatter), a.glass_sd_decades, 1e-12);
  assert_int_equal(vt_glass_lines(pt, n, 0, line, &n_lines, &err), VT_EINVAL);
}

/* ------------------------------------------------------------------ p values */

/* Parallel lines are as far apart at every temperature. */
static void one_level_given_one_slope_does_not_depend_on_the_reference(void **state)
{
  (void)state;
  screen s;
  draw_screen(&s, 5, 0.05, 77);
  vt_compare here = compare_screen(&s);
  for (int j = 0; j < s.in.n_glass; j++) /* read off at 700 K */
    s.line[j].log10_ref -= s.line[j].ea_ev * (1.0 / 700 - 1.0 / 500) / VT_KB_EV / log(10);
  make_fits(&s, 5, 700);
  vt_compare there = compare_screen(&s);
  assert_true(here.p_common_level > 0.001 && here.p_common_level < 0.999);
  near(there.p_common_level, here.p_common_level, 1e-10);
  near(there.p_common_slope, here.p_common_slope, 1e-10);
}

/* p values of equal compositions are uniform: 400 screens, standard deviation of a share of 10 % is 1.5 %, and the
 * three kinds of p are each within four of them. */
static void p_values_of_equal_compositions_are_uniform(void **state)
{
  (void)state;
  enum { SCREENS = 400 };
  int slope = 0, level = 0, exchange = 0;
  for (uint64_t i = 0; i < SCREENS; i++) {
    screen s;
    draw_screen(&s, 3, 0, 1000 + i);
    vt_compare c = compare_screen(&s);
    slope += c.p_common_slope < 0.1;
    level += c.p_common_level < 0.1;
    exchange += c.p_permutation < 0.1;
  }
  near(slope / (double)SCREENS, 0.1, 0.06);
  near(level / (double)SCREENS, 0.1, 0.06);
  near(exchange / (double)SCREENS, 0.1, 0.06);
}

/* Two compositions apart: of the C(10,5) = 252 ways to share out ten glasses two are as far apart as what was seen. */
static void exchanged_labels_rarely_spread_as_far(void **state)
{
  (void)state;
  screen s;
  draw_screen(&s, 2, 2, 8);
  vt_compare c = compare_screen(&s);
  near(c.p_permutation, 2.0 / 252, 4 * sqrt(2.0 / 252 / 2000));
}

/* ------------------------------------------------------------------ outlying glasses */

static void an_outlying_glass_is_bounded_and_named(void **state)
{
  (void)state;
  static screen s, clean;
  draw_screen(&s, 8, 0, 21);
  clean = s;
  make_fits(&clean, 8, 500);
  vt_compare before = compare_screen(&clean);
  assert_int_equal(before.n_outlying, 0);
  for (int i = 0; i < 8; i++) near(before.value[i], clean.fit[i].log10_ref, 1e-12); /* plain means */
  s.line[3 * GLASSES + 2].log10_ref += 2;
  make_fits(&s, 8, 500);
  vt_compare c = compare_screen(&s);
  assert_int_equal(c.n_outlying, 1);
  assert_int_equal(c.outlying[0].comp, 3);
  assert_int_equal(c.outlying[0].glass, 2);
  near(c.outlying[0].off_decades * c.outlying[0].weight, 3 * c.glass_sd_decades, 1e-9);
  /* 2 decades among five glasses move a mean by 0.4; bounded ones move by 3 s_g/4 */
  near(c.value[3] - before.value[3], 0.75 * c.glass_sd_decades, 0.15);
  near(c.variance[3], c.glass_sd_decades * c.glass_sd_decades / 4, 1e-12);
  assert_true(c.glass_sd_decades < 1.3 * before.glass_sd_decades);
  near(c.value[0], before.value[0], 0.02); /* the others hardly notice */
  assert_int_equal(c.verdict, VT_INSENSITIVE);
  assert_non_null(strstr(c.why, "1 outlying glass counted"));
}

/* ------------------------------------------------------------------ sentences */

static void verdicts_name_compositions(void **state)
{
  (void)state;
  screen s;
  draw_screen(&s, 9, 0.25, 5);
  vt_compare c = compare_screen(&s);
  assert_int_equal(c.verdict, VT_SENSITIVE);
  assert_true(strstr(c.why, ": Ada") || strstr(c.why, ": Ito")); /* the ends of the row */
  s.in.names = NULL;
  c = compare_screen(&s);
  assert_true(strstr(c.why, ": composition ") != NULL);
}

/* t(0.95, 9(G-1)) 0.5 sqrt(8/9/G) <= 0.3 - 0.02: with G = 8, 1.669 * 0.1667 = 0.278; with G = 7, 1.674 * 0.178 = 0.298.
 * (Spread of the glasses 0.5, largest contrast 0.02.) */
static void the_number_of_glasses_that_would_decide_is_told(void **state)
{
  (void)state;
  screen s;
  for (int i = 0; i < 9; i++)
    for (int g = 0; g < GLASSES; g++) /* squares of -1 0 0 0 1: variance 0.5 a^2, a = 0.5 sqrt 2 */
      s.line[i * GLASSES + g] =
          (vt_glass_line){.comp = i, .glass = g, .log10_ref = -5.5 + 0.02 * (i % 3 - 1), .ea_ev = 0.3 + 0.01 * g};
  for (int i = 0; i < 9; i++)
    s.line[i * GLASSES].log10_ref -= sqrt(0.5), s.line[i * GLASSES + 4].log10_ref += sqrt(0.5);
  make_fits(&s, 9, 500);
  vt_compare c = compare_screen(&s);
  assert_int_equal(c.verdict, VT_UNDECIDED);
  if (!strstr(c.why, "about 8 glasses each would be needed instead of 5")) fail_msg("%s", c.why);
}

/* ------------------------------------------------------------------ equal T/Tg */

/* Compositions whose lines coincide as functions of T/Tg: all the spread at equal T is that of Tg. */
static void equal_distance_from_tg_removes_what_tg_explains(void **state)
{
  (void)state;
  vt_err err;
  static vt_compare c;
  screen s;
  const double tg[5] = {300, 330, 360, 390, 420}, ea = 0.3;
  draw_screen(&s, 5, 0, 31);
  for (int i = 0; i < 5; i++)
    for (int g = 0; g < GLASSES; g++) {
      vt_glass_line *l = &s.line[i * GLASSES + g];
      l->ea_ev = ea + 0.001 * g;
      /* x = f(T/Tg) with Ea here: read off at 500 K it is lower for a higher Tg */
      l->log10_ref = -5.5 + 0.02 * (g - 2) + l->ea_ev * (360 / tg[i] - 1) / (VT_KB_EV * 500) / log(10);
    }
  make_fits(&s, 5, 500);
  s.in.tg_k = tg;
  vt_compare at_t = compare_screen(&s);
  assert_int_equal(at_t.verdict, VT_SENSITIVE);
  VT_TEST_OK(vt_compare_at_tg(&s.in, &c, &err), &err);
  assert_int_equal(c.k, 5);
  for (int i = 0; i < 5; i++) near(c.value[i], -5.5, 1e-12);
  near(c.tau, 0, 1e-9);
  near(c.glass_sd_decades, 0.02 * sqrt(2.5), 1e-12);
  assert_int_equal(c.verdict, VT_INSENSITIVE);
  const double hole[5] = {300, 330, (double)NAN, 390, 420};
  s.in.tg_k = hole;
  VT_TEST_OK(vt_compare_at_tg(&s.in, &c, &err), &err);
  assert_int_equal(c.k, 0);
  assert_true(isnan(c.tau));
  assert_non_null(strstr(c.why, "Tg of 1 compositions is not known (Curie"));
}

/* ------------------------------------------------------------------ variance by factor */

/* Three glasses of two compositions that are compared; the glass of a third one, which is not, does not count. */
static void sampling_variance_is_the_mean_over_the_glasses_compared(void **state)
{
  (void)state;
  static vt_compare c;
  const vt_glass_line line[] = {{.comp = 4, .glass = 0, .var_ref = 0.01},
                                {.comp = 4, .glass = 1, .var_ref = 0.03},
                                {.comp = 6, .glass = 0, .var_ref = 0.05},
                                {.comp = 5, .glass = 0, .var_ref = 9}};
  vt_compare_input in = {.glass = line, .n_glass = 4};
  c = (vt_compare){.k = 2, .comp = {4, 6}};
  near(vt_compare_sampling(&in, &c), 0.03, 1e-15);
  in.glass = NULL;
  assert_true(isnan(vt_compare_sampling(&in, &c)));
}

/* 3 x 3 design: sums of squares by hand.  Rows -1 0 1, columns 0 0.3 0.6 and an interaction of +-d at the corners:
 * MS_row = 3, MS_column = 0.27, SS_rest = 4 d^2 on 4 dof; sd^2 = (MS - MS_rest)/3; noise s2 = 0.002 in each cell. */
static void balanced_designs_give_the_classical_sums_of_squares(void **state)
{
  (void)state;
  vt_err err;
  vt_var_split v;
  double y[9], s2[9];
  int row[9], column[9];
  const double d = 0.1;
  for (int i = 0; i < 9; i++) {
    row[i] = i / 3, column[i] = i % 3;
    y[i] = row[i] - 1 + 0.3 * column[i] + d * (row[i] - 1) * (column[i] - 1);
    s2[i] = 0.002;
  }
  vt_var_input in = {.k = 9,
                     .n_factors = 2,
                     .value = y,
                     .variance = s2,
                     .level = {row, column},
                     .per_glass = 0.01,
                     .sampling = 0.0036};
  VT_TEST_OK(vt_variance_by_factor(&in, &v, &err), &err);
  near(v.factor[0], sqrt((3 - d * d) / 3), 1e-12);
  near(v.factor[1], sqrt((0.27 - d * d) / 3), 1e-12);
  near(v.residual, sqrt(d * d - 0.002), 1e-12);
  assert_int_equal(v.dof, 4);
  near(v.glass, 0.08, 1e-15);
  near(v.sampling, 0.06, 1e-15);
}

static void factors_that_cannot_be_told_apart_have_a_reason(void **state)
{
  (void)state;
  vt_err err;
  vt_var_split v;
  double y[6] = {0, 0.1, 0.5, 0.4, -0.2, -0.3}, s2[6] = {0};
  const int constant[6] = {0}, a[6] = {1, 1, 2, 2, 3, 3}, same_as_a[6] = {7, 7, 5, 5, 9, 9}, b[6] = {0, 1, 0, 1, 0, 1};
  const int each[6] = {0, 1, 2, 3, 4, 5};
  vt_var_input in = {.k = 6, .n_factors = 4, .value = y, .variance = s2, .level = {constant, a, same_as_a, b}};
  VT_TEST_OK(vt_variance_by_factor(&in, &v, &err), &err);
  assert_int_equal(v.reason[0], VT_VAR_ONE_LEVEL);
  assert_int_equal(v.reason[1], VT_VAR_ALIASED);
  assert_int_equal(v.reason[2], VT_VAR_ALIASED);
  assert_int_equal(v.reason[3], VT_VAR_OK);
  assert_true(isnan(v.factor[0]) && isnan(v.factor[1]) && isnan(v.factor[2]) && isfinite(v.factor[3]));
  in.n_factors = 1;
  in.level[0] = each;
  VT_TEST_OK(vt_variance_by_factor(&in, &v, &err), &err);
  assert_int_equal(v.reason[0], VT_VAR_NO_DOF);
  assert_int_equal(v.residual_reason, VT_VAR_NO_DOF);
  assert_true(isnan(v.factor[0]) && isnan(v.residual));
  s2[2] = (double)NAN;
  assert_int_equal(vt_variance_by_factor(&in, &v, &err), VT_EINVAL);
}

/* An unbalanced design with unequal errors: the estimates of variances are unbiased.  Truth: 0.3, 0.15, rest 0.1
 * decades. Half of the estimates of the middle one would be cut at zero, so means are of squares where they are far
 * from it. */
static void holes_in_the_design_leave_estimates_unbiased(void **state)
{
  (void)state;
  enum { K = 30, DRAWS = 3000 };
  vt_err err;
  int a[K], b[K], n = 0;
  double s2[K], sum_a = 0, sum_b = 0, sum_r = 0;
  for (int i = 0; n < K; i++) {
    if (i % 5 == 3 || i % 7 == 2) continue; /* holes in a 6 x 8 grid */
    a[n] = i / 8, b[n] = i % 8;
    s2[n] = 0.001 * (1 + n % 4);
    n++;
  }
  for (uint64_t q = 0; q < DRAWS; q++) {
    double y[K];
    vt_var_split v;
    for (uint32_t i = 0; i < K; i++)
      y[i] = 0.3 * vt_test_normal(q, 0, a[i], 0) + 0.15 * vt_test_normal(q, 1, b[i], 0) +
             0.1 * vt_test_normal(q, 2, 0, i) + sqrt(s2[i]) * vt_test_normal(q, 3, 0, i);
    vt_var_input in = {.k = K, .n_factors = 2, .value = y, .variance = s2, .level = {a, b}};
    VT_TEST_OK(vt_variance_by_factor(&in, &v, &err), &err);
    sum_a += v.factor[0] * v.factor[0] / DRAWS;
    sum_b += v.factor[1] * v.factor[1] / DRAWS;
    sum_r += v.residual * v.residual / DRAWS;
  }
  /* relative sd of one estimate sqrt(2/dof) and more: 0.7, 0.7, 0.4; of the mean 1.3 %, 1.3 %, 0.7 %; four of them */
  near(sum_a / 0.09, 1, 0.06);
  near(sum_b / 0.0225, 1, 0.06);
  near(sum_r / 0.01, 1, 0.04);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_of_glasses_are_those_of_the_fit),
      cmocka_unit_test(one_level_given_one_slope_does_not_depend_on_the_reference),
      cmocka_unit_test(p_values_of_equal_compositions_are_uniform),
      cmocka_unit_test(exchanged_labels_rarely_spread_as_far),
      cmocka_unit_test(an_outlying_glass_is_bounded_and_named),
      cmocka_unit_test(verdicts_name_compositions),
      cmocka_unit_test(the_number_of_glasses_that_would_decide_is_told),
      cmocka_unit_test(equal_distance_from_tg_removes_what_tg_explains),
      cmocka_unit_test(sampling_variance_is_the_mean_over_the_glasses_compared),
      cmocka_unit_test(balanced_designs_give_the_classical_sums_of_squares),
      cmocka_unit_test(factors_that_cannot_be_told_apart_have_a_reason),
      cmocka_unit_test(holes_in_the_design_leave_estimates_unbiased),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
