/* Compositions in order: made values whose order is known, a front counted by brute force, intervals against the truth
 * that drew the points. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/ranking/ranking.h"
#include "tests/support/draw.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static const double NO = (double)NAN;

static vt_ranking_value known(double value, double lo95, double hi95)
{
  return (vt_ranking_value){.value = value, .lo95 = lo95, .hi95 = hi95, .resolved = 1, .needs_ns = NO};
}

static vt_ranking_value unknown(const char *why)
{
  vt_ranking_value x = {.value = NO, .lo95 = NO, .hi95 = NO, .needs_ns = 2.5};
  (void)snprintf(x.why, sizeof x.why, "%s", why);
  (void)snprintf(x.needs, sizeof x.needs, "about 2.5 ns of production a run at 300 K");
  return x;
}

static vt_ranking ranking_of(int n, int by)
{
  vt_ranking r = {.n = n, .n_sources = 1};
  vt_err err = {0};
  VT_TEST_OK(VT_NEW(r.entry, n, &err), &err);
  r.by[0] = r.by[1] = (vt_ranking_by){.quantity = by, .t_k = 300};
  r.by[2] = (vt_ranking_by){.quantity = VT_RANKED_EA, .t_k = 300};
  for (int i = 0; i < n; i++) {
    (void)snprintf(r.entry[i].name, VT_NAME, "%c", 'A' + i % 26);
    r.entry[i].source = "runs/x";
    r.entry[i].x[2] = known(0.3, 0.2, 0.4);
  }
  return r;
}

/* By value B, A, C; by the lower end A, C, B; D is not known.  A [2, 4] overlaps B [0.5, 20], not C [1, 1.9]. */
static vt_ranking four(int by)
{
  vt_ranking r = ranking_of(4, by);
  r.entry[0].x[0] = r.entry[0].x[1] = known(3, 2, 4);
  r.entry[1].x[0] = r.entry[1].x[1] = known(6, 0.5, 20);
  r.entry[2].x[0] = r.entry[2].x[1] = known(1.5, 1, 1.9);
  r.entry[3].x[0] = r.entry[3].x[1] = unknown("3 points: no value: not resolved in its run");
  return r;
}

static void order_is(const vt_ranking *r, const char *names)
{
  for (int i = 0; i < r->n; i++) {
    assert_true(r->entry[i].name[0] == names[i]);
    assert_int_equal(r->entry[i].place, i < r->n_placed ? i + 1 : 0);
  }
}

static void the_cautious_end_decides_and_not_the_value(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_ranking r = four(VT_RANKED_D);
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  assert_int_equal(r.n_placed, 3);
  order_is(&r, "ACBD");
  vt_ranking_free(&r);
  r = four(VT_RANKED_HAVEN); /* low is good: upper ends 4, 20, 1.9 */
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  order_is(&r, "CABD");
  vt_ranking_free(&r);
}

static void intervals_that_overlap_that_of_the_first_are_ties(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_ranking r = four(VT_RANKED_D);
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  assert_int_equal(r.entry[0].tied, 0);
  assert_int_equal(r.entry[1].tied, 0); /* C */
  assert_int_equal(r.entry[2].tied, 1); /* B */
  assert_int_equal(r.entry[3].tied, 0);
  vt_ranking_free(&r);
}

static void what_is_equal_keeps_its_order(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_ranking r = ranking_of(26, VT_RANKED_SIGMA);
  for (int i = 0; i < r.n; i++) r.entry[i].x[0] = r.entry[i].x[1] = known(2, 1, 3);
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  order_is(&r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  for (int i = 0; i < r.n; i++) assert_int_equal(r.entry[i].front, 1); /* equal points are on the front together */
  vt_ranking_free(&r);
}

/* a beats b: at least as good in both cautious ends, better in one. */
static int beats(const vt_ranking_entry *a, const vt_ranking_entry *b)
{
  const double first = a->x[1].lo95 - b->x[1].lo95, second = b->x[2].hi95 - a->x[2].hi95;
  return first >= 0 && second >= 0 && (first > 0 || second > 0);
}

/* Draws from few values, so that many are equal in one or both. */
static void the_front_is_what_a_count_of_all_pairs_finds(void **state)
{
  (void)state;
  enum { N = 60, TRIALS = 50 };
  vt_err err = {0};
  vt_test_draws draws = {.key = vt_test_first_seed(11)};
  for (int trial = 0; trial < TRIALS; trial++) {
    vt_ranking r = ranking_of(N, VT_RANKED_D);
    for (int i = 0; i < N; i++) {
      const double d = floor(vt_test_uniform(&draws, 1, 12)), ea = floor(vt_test_uniform(&draws, 1, 12));
      r.entry[i].x[0] = r.entry[i].x[1] = known(d + 1, d, d + 2);
      r.entry[i].x[2] = i % 7 == 3 ? unknown("x") : known(ea - 0.5, ea - 1, ea);
    }
    VT_TEST_OK(vt_ranking_order(&r, &err), &err);
    for (int i = 0; i < N; i++) {
      const vt_ranking_entry *e = &r.entry[i];
      int beaten = 0;
      for (int k = 0; k < N; k++)
        if (r.entry[k].x[2].resolved && e->x[2].resolved) beaten |= beats(&r.entry[k], e);
      assert_int_equal(e->front, e->x[2].resolved ? !beaten : -1);
      assert_int_equal(e->beaten_by >= 0, e->x[2].resolved && beaten);
      if (e->beaten_by >= 0) assert_true(beats(&r.entry[e->beaten_by], e));
    }
    vt_ranking_free(&r);
  }
}

static void names_have_a_temperature_or_not_and_wrong_ones_their_nearest(void **state)
{
  (void)state;
  vt_ranking_by by;
  const char *near;
  char word[VT_RANKING_WORD];
  assert_true(vt_ranking_parse("sigma300", &by, &near) && by.quantity == VT_RANKED_SIGMA && by.t_k == 300);
  assert_true(vt_ranking_parse("d 512.5", &by, &near) && by.quantity == VT_RANKED_D && by.t_k == 512.5);
  vt_ranking_word(&by, word);
  assert_string_equal(word, "D512.5");
  assert_true(vt_ranking_parse("Ea", &by, &near) && by.quantity == VT_RANKED_EA && isnan(by.t_k));
  assert_true(vt_ranking_parse("HAVEN", &by, &near) && by.quantity == VT_RANKED_HAVEN);
  const char *const wrong[] = {"sgima300", "sigm", "heaven", "ae", "D49", "D1e6", "D300K", "xyz", "", "D-300"};
  const char *const nearest[] = {"sigma", "sigma", "haven", NULL, NULL, NULL, NULL, NULL, NULL, NULL};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(vt_ranking_parse(wrong[i], &by, &near));
    if (nearest[i]) assert_string_equal(near, nearest[i]);
  }
}

/* ------------------------------------------------------------------ what is shown */

static void scripts_read_the_contract_and_null_where_nothing_is_resolved(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf b = {0};
  vt_ranking r = four(VT_RANKED_SIGMA);
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  vt_json *made = vt_ranking_json(&r, 2), *root;
  VT_TEST_OK(vt_json_dump(made, 1, &b, &err), &err);
  VT_TEST_OK(vt_json_parse(b.s, b.len, &root, &err), &err);
  const vt_json *rows = vt_json_get(root, "rows"), *first = vt_json_at(rows, 0);
  const vt_json *open = vt_json_at(vt_json_get(root, "unresolved"), 0);
  assert_string_equal(vt_json_get_text(root, "by", ""), "sigma300");
  assert_string_equal(vt_json_get_text(root, "unit", ""), "mS/cm");
  assert_int_equal(vt_json_size(rows), 2);
  assert_int_equal(vt_json_get_int(root, "n_placed", 0), 3);
  assert_string_equal(vt_json_get_text(first, "name", ""), "A");
  assert_int_equal(vt_json_get_int(first, "rank", 0), 1);
  near(vt_json_get_num(first, "value", 0), 3, 0);
  near(vt_json_get_num(first, "lo95", 0), 2, 0);
  near(vt_json_get_num(first, "hi95", 0), 4, 0);
  assert_string_equal(vt_json_get_text(open, "why", ""), "3 points: no value: not resolved in its run");
  near(vt_json_get_num(open, "needs_ns", 0), 2.5, 0);
  assert_true(isnan(vt_json_get_num(open, "value", NO)));
  assert_non_null(vt_json_get(vt_json_get(root, "pareto"), "front"));
  assert_non_null(strstr(b.s, "rows: the first 2 of 3"));
  assert_null(strstr(b.s, "nan"));
  vt_json_free(root);
  vt_json_free(made);
  vt_buf_free(&b);
  vt_ranking_free(&r);
}

static void people_read_100_columns_without_nan(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_buf b = {0};
  vt_ranking r = four(VT_RANKED_D);
  r.n_sources = 2;
  (void)snprintf(r.entry[1].name, VT_NAME, "B23456789012345678901234567890123456789012345678901");
  r.entry[0].x[0].extrapolated = 1;
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  vt_ranking_text(&b, &r, 0);
  for (const char *line = b.s; *line; line += strcspn(line, "\n") + 1) assert_true(strcspn(line, "\n") <= 100);
  assert_null(strstr(b.s, "nan"));
  assert_non_null(strstr(b.s, "Ranking by D of the alkali at 300 K, cm^2/s\n"));
  assert_non_null(strstr(b.s, "    1  A (runs/x)   3.00e+00 [2.0e+00, 4.0e+00]*     front\n"));
  assert_non_null(strstr(b.s, "not told apart from the first: 1 of 2 others\n"));
  assert_non_null(strstr(b.s, "Not resolved, without a place: 1\n  D (runs/x): 3 points: no value: not resolved in its "
                              "run\n    needs about 2.5 ns of production a run at 300 K\n"));
  vt_buf_free(&b);
  vt_ranking_csv(&b, &r, 1);
  assert_non_null(strstr(b.s, "\n1,A,runs/x,D300,3,2,4,cm^2/s,300,1,0,1,,,"));
  assert_non_null(strstr(b.s, "\n,D,runs/x,D300,,,,cm^2/s,300,0,,,3 points: no value: not resolved in its run,2.5,"));
  assert_null(strstr(b.s, ",C,"));
  vt_buf_free(&b);
  vt_ranking_free(&r);
}

/* ------------------------------------------------------------------ intervals of a table */

enum { COMPS = 3, GLASSES = 4, TEMPS = 4 };
static const double TEMP_K[TEMPS] = {450, 500, 560, 640}, LEVEL[COMPS] = {-14.0, -13.4, -12.8},
                    EA_EV[COMPS] = {0.36, 0.33, 0.30};

static double truth(int comp, double t_k) { return exp(LEVEL[comp] - EA_EV[comp] / VT_KB_EV * (1 / t_k - 1.0 / 500)); }

/* Glasses differ by 6 % in level, as those that were measured do, points by 8 %; both on the ln scale, so that exp of
 * the mean is the truth. */
static vt_table drawn(uint64_t key)
{
  const double glass_sd = VT_USUAL_LEVEL, point_sd = 0.08;
  vt_buf b = {0};
  vt_table t;
  vt_err err = {0};
  char path[VT_TEST_PATH];
  vt_buf_printf(&b, "composition,glass,temperature_K,D_cm2_s,D_se\n");
  for (int k = 0; k < COMPS; k++)
    for (int g = 0; g < GLASSES; g++) {
      const double off = glass_sd * vt_test_normal(key, 0, k, (uint32_t)g);
      for (int i = 0; i < TEMPS; i++) {
        const double d =
            truth(k, TEMP_K[i]) * exp(off + point_sd * vt_test_normal(key, 1 + (uint32_t)i, k, (uint32_t)g));
        vt_buf_printf(&b, "%c,%d,%g,%.17g,%.17g\n", 'A' + k, g, TEMP_K[i], d, point_sd * d);
      }
    }
  vt_test_file(path, b.s);
  vt_buf_free(&b);
  VT_TEST_OK(vt_table_read(path, &t, &err), &err);
  (void)remove(path);
  return t;
}

/* 95 % of 900 intervals with a standard deviation of 0.7 %; averaging with a curve makes those of D wider.  A misfit of
 * all glasses by chance leaves a few without a fit. */
static void intervals_hold_the_truth_that_drew_the_points(void **state)
{
  (void)state;
  enum { TABLES = 300 };
  const uint64_t seed = vt_test_first_seed(400);
  const vt_ranking_by by[2] = {{.quantity = VT_RANKED_D, .t_k = 530}, {.quantity = VT_RANKED_EA, .t_k = 530}};
  vt_ranking_value x[COMPS];
  vt_err err = {0};
  int held[2] = {0}, n[2] = {0};
  for (int i = 0; i < TABLES; i++) {
    vt_table t = drawn(seed + (uint64_t)i);
    for (int q = 0; q < 2; q++) {
      VT_TEST_OK(vt_ranking_table(&t, &by[q], x, &err), &err);
      for (int k = 0; k < COMPS; k++) {
        const double want = q == 0 ? truth(k, 530) : EA_EV[k];
        n[q] += x[k].resolved;
        held[q] += x[k].resolved && x[k].lo95 <= want && want <= x[k].hi95;
        assert_int_equal(x[k].extrapolated, 0);
      }
    }
    vt_table_free(&t);
  }
  vt_test_between("resolved", n[0] + n[1], 2 * TABLES * COMPS * 0.99, 2 * TABLES * COMPS);
  vt_test_between("coverage of D(530 K)", (double)held[0] / n[0], 0.93, 0.995);
  vt_test_between("coverage of Ea", (double)held[1] / n[1], 0.93, 0.995);
}

/* Levels 0.6 apart (ln) at 500 K against (6 % and 8 % / sqrt(4)) / sqrt(4): the order is that of the truth. */
static void a_table_with_a_known_order_is_ranked_in_it(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_table t = drawn(7);
  vt_ranking r = ranking_of(COMPS, VT_RANKED_D);
  vt_ranking_value x[COMPS];
  r.by[0].t_k = r.by[1].t_k = 500;
  VT_TEST_OK(vt_ranking_table(&t, &r.by[0], x, &err), &err);
  for (int k = 0; k < COMPS; k++) r.entry[k].x[0] = r.entry[k].x[1] = x[k];
  VT_TEST_OK(vt_ranking_order(&r, &err), &err);
  order_is(&r, "CBA");
  assert_int_equal(r.entry[1].tied + r.entry[2].tied, 0);
  r.by[0].t_k = 300;
  VT_TEST_OK(vt_ranking_table(&t, &r.by[0], x, &err), &err);
  for (int k = 0; k < COMPS; k++) assert_int_equal(x[k].extrapolated, 1);
  r.by[0].quantity = VT_RANKED_HAVEN;
  VT_TEST_REFUSED(vt_ranking_table(&t, &r.by[0], x, &err), VT_EINVAL, &err, "a table has D alone");
  vt_ranking_free(&r);
  vt_table_free(&t);
}

static void one_glass_has_no_place_and_says_why(void **state)
{
  (void)state;
  char path[VT_TEST_PATH];
  vt_err err = {0};
  vt_table t;
  vt_ranking_value x[2];
  const vt_ranking_by by = {.quantity = VT_RANKED_D, .t_k = 500};
  vt_test_file(path, "composition,glass,temperature_K,D_cm2_s,D_se\nA,0,500,1e-6,1e-7\nA,0,600,3e-6,3e-7\n"
                     "A,0,700,7e-6,7e-7\nB,0,500,,\nB,0,600,1e-6,1e-7\n");
  VT_TEST_OK(vt_table_read(path, &t, &err), &err);
  (void)remove(path);
  VT_TEST_OK(vt_ranking_table(&t, &by, x, &err), &err);
  assert_false(x[0].resolved || x[1].resolved);
  assert_non_null(strstr(x[0].why, "one glass"));
  assert_non_null(strstr(x[1].why, "1 point: no value: not resolved in its run"));
  vt_table_free(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_cautious_end_decides_and_not_the_value),
      cmocka_unit_test(intervals_that_overlap_that_of_the_first_are_ties),
      cmocka_unit_test(what_is_equal_keeps_its_order),
      cmocka_unit_test(the_front_is_what_a_count_of_all_pairs_finds),
      cmocka_unit_test(names_have_a_temperature_or_not_and_wrong_ones_their_nearest),
      cmocka_unit_test(scripts_read_the_contract_and_null_where_nothing_is_resolved),
      cmocka_unit_test(people_read_100_columns_without_nan),
      cmocka_unit_test(intervals_hold_the_truth_that_drew_the_points),
      cmocka_unit_test(a_table_with_a_known_order_is_ranked_in_it),
      cmocka_unit_test(one_glass_has_no_place_and_says_why),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
