/* Points from a table that somebody else made: every cell, every message, and the line through exact points. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/screening/screening.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

#define HEAD "composition,glass,temperature_K,D_cm2_s,D_se"

static vt_status table_of(const char *text, vt_table *t, char path[VT_TEST_PATH], vt_err *err)
{
  vt_test_file(path, text);
  const vt_status rc = vt_table_read(path, t, err);
  (void)unlink(path);
  return rc;
}

static vt_table read_points(const char *text)
{
  char path[VT_TEST_PATH];
  vt_err err = {0};
  vt_table t;
  VT_TEST_OK(table_of(text, &t, path, &err), &err);
  return t;
}

static void blanks_comments_carriage_returns_and_a_mark_of_utf8_are_not_data(void **state)
{
  (void)state;
  vt_table t = read_points("\xEF\xBB\xBF"
                           "# made by hand\r\n"
                           "\r\n"
                           " composition ,glass,\ttemperature_K, D_cm2_s ,D_se , alkali\r\n"
                           "LiAlCl4, 0 , 500, 1.5e-6 ,1e-7,Li\r\n"
                           "#NaAlCl4,0,500,9,9,Na\n"
                           "  \t\n"
                           "NaAlCl4,7,5.5e2,3,0,Na\n"
                           "LiAlCl4,2147483647,0.001,2e-6,3e-7, Li\n");
  assert_int_equal(t.n, 3);
  assert_int_equal(t.n_comp, 2);
  assert_string_equal(t.name[0], "LiAlCl4");
  assert_string_equal(t.name[1], "NaAlCl4");
  const vt_point want[] = {{.comp = 0, .glass = 0, .t_k = 500, .x = 1.5e-6, .se = 1e-7},
                           {.comp = 1, .glass = 7, .t_k = 550, .x = 3, .se = 0},
                           {.comp = 0, .glass = INT32_MAX, .t_k = 0.001, .x = 2e-6, .se = 3e-7}};
  for (int i = 0; i < 3; i++) { /* exactly: the same text as C reads it */
    assert_int_equal(t.pt[i].comp, want[i].comp);
    assert_int_equal(t.pt[i].glass, want[i].glass);
    assert_true(t.pt[i].t_k == want[i].t_k && t.pt[i].x == want[i].x && t.pt[i].se == want[i].se);
  }
  vt_table_free(&t);
}

static void columns_come_in_any_order_and_names_may_hold_commas_and_quotes(void **state)
{
  (void)state;
  vt_table t = read_points("D_se,alkali,temperature_K,composition,D_cm2_s,glass\n"
                           "1e-7,Li,500,\"Li,Na-Al\",1e-6,0\n"
                           "NA,\"L\"\"i\",600,b,nan,3\n"
                           "N/A,none,700,\" c \",None,4\n");
  assert_int_equal(t.n_comp, 3);
  assert_string_equal(t.name[0], "Li,Na-Al");
  assert_string_equal(t.name[2], " c ");
  assert_string_equal(t.factor[0], "alkali");
  assert_true(t.pt[0].t_k == 500 && t.pt[0].x == 1e-6 && t.pt[0].se == 1e-7 && t.pt[0].glass == 0);
  for (int i = 1; i < 3; i++) assert_true(isnan(t.pt[i].x) && isnan(t.pt[i].se) && t.pt[i].glass == 2 + i);
  vt_table_free(&t);
}

static void an_empty_cell_is_not_resolved_and_stays_a_point(void **state)
{
  (void)state;
  vt_table t = read_points(HEAD "\na,0,500,,\na,1,500,1e-6,\na,2,500,,1e-7\n");
  assert_int_equal(t.n, 3);
  assert_true(isnan(t.pt[0].x) && isnan(t.pt[0].se));
  assert_true(t.pt[1].x == 1e-6 && isnan(t.pt[1].se));
  assert_true(isnan(t.pt[2].x) && t.pt[2].se == 1e-7);
  vt_table_free(&t);
}

static void a_level_is_the_row_of_the_first_composition_that_has_it(void **state)
{
  (void)state;
  vt_table t = read_points(HEAD ",alkali,ratio\n"
                                "a,0,500,1,1,Li,4\n"
                                "b,0,500,1,1,Na,4\n" /* sodium, not NA */
                                "c,0,500,1,1,Li,2.5\n"
                                "d,0,500,1,1,Na,NA\n" /* not known: an empty value, which no other has */
                                "e,0,500,1,1,,2.5\n");
  const int alkali[] = {0, 1, 0, 1, 4}, ratio[] = {0, 0, 2, 3, 2};
  assert_int_equal(t.n_factors, 2);
  assert_string_equal(t.factor[0], "alkali");
  assert_string_equal(t.factor[1], "ratio");
  for (int k = 0; k < 5; k++) {
    assert_int_equal(t.level[0][k], alkali[k]);
    assert_int_equal(t.level[1][k], ratio[k]);
  }
  vt_table_free(&t);
}

#define LONG_NAME "a123456789b123456789c123456789d123456789e123456789f123456789g123456789" /* 70 characters */

static const struct {
  const char *text;
  int line; /* 0: of the file as a whole */
  const char *says;
} bad[] = {
    {"", 0, "no points in the table"},
    {"# nothing\n\n", 0, "no points in the table"},
    {HEAD "\n", 0, "no points in the table"},
    {"composition,glass,temperature_K,D,D_se\n", 1, "no column 'D_cm2_s' in the header"},
    {"# first\ncomposition,glass\n", 2, "no column 'temperature_K' in the header"},
    {"a,0,500,1e-6,1e-7\n", 1, "no column 'composition' in the header"},
    {HEAD ",\na,0,500,1,1,x\n", 1, "the name of a factor has 1 to"},
    {HEAD "," LONG_NAME "\na,0,500,1,1,x\n", 1, "the name of a factor has 1 to"},
    {HEAD ",a/b\na,0,500,1,1,x\n", 1, "and no slash"},
    {HEAD ",f,g,f\na,0,500,1,1,x,y,z\n", 1, "factor 'f' is there twice"},
    {HEAD ",1,2,3,4,5,6,7,8,9\na,0,500,1,1,1,2,3,4,5,6,7,8,9\n", 1, "more than 8 factors"},
    {HEAD "\na,0,500,1e-6\n", 2, "4 columns, the header has 5"},
    {HEAD "\n,0,500,1e-6,1e-7\n", 2, "a composition's name has 1 to"},
    {HEAD "\n" LONG_NAME ",0,500,1e-6,1e-7\n", 2, "a composition's name has 1 to"},
    {HEAD "\na,-1,500,1e-6,1e-7\n", 2, "glass is '-1', expected a whole number from 0 on"},
    {HEAD "\na,0.5,500,1e-6,1e-7\n", 2, "glass is '0.5', expected a whole number"},
    {HEAD "\na,2147483648,500,1e-6,1e-7\n", 2, "glass is '2147483648', expected a whole number"},
    {HEAD "\na,0,,1e-6,1e-7\n", 2, "temperature_K is '', expected a number of at least 0.001"},
    {HEAD "\na,0,0,1e-6,1e-7\n", 2, "temperature_K is '0', expected a number of at least 0.001"},
    {HEAD "\na,0,hot,1e-6,1e-7\n", 2, "temperature_K is 'hot'"},
    {HEAD "\na,0,500,-1e-6,1e-7\n", 2, "D_cm2_s is '-1e-6', expected a number above 0, or an empty cell"},
    {HEAD "\na,0,500,1e-6 x,1e-7\n", 2, "D_cm2_s is '1e-6 x'"},
    {HEAD "\na,0,500,1e-6,-1\n", 2, "D_se is '-1', expected a number of at least 0"},
    {HEAD "\na,0,500,1,1\nb,0,500,1,1\n\na,0,500.0,2,2\n", 5,
     "glass 0 of 'a' at 500 K stands in an earlier line, too: line 2"},
    {HEAD "\nb,0,500,1,1\na,1,500,1,1\na,0,500,1,1\na,1,500,2,2\nb,0,500,1,1\n", 5, "too: line 3"}, /* the first */
    {HEAD ",f\na,0,500,1,1,x\na,1,500,1,1,y\n", 3, "f of 'a' was 'x' before and is 'y' here"},
    {HEAD ",f\na,0,500,1,1,x\na,1,500,1,1,\n", 3, "f of 'a' was 'x' before and is '' here"},
    {HEAD ",f\na,0,500,1,1,x\na,1,500,1,1\n", 3, "5 columns, the header has 6"},
    {HEAD "\na,0,500,0,1\n", 2, "D_cm2_s is '0', expected a number above 0"},
    {HEAD "\na,0,500,9,332543e-07,9,333e-08\n", 2, "7 columns, the header has 5: are there decimal commas?"},
    {HEAD "\na,0,500,\"9,3e-7\",\"1e-8\"\n", 2, "D_cm2_s is '9,3e-7', a decimal comma? expected a point"},
    {HEAD "\na,0,500,0x1p-20,1e-8\n", 2, "D_cm2_s is '0x1p-20'"},
    {HEAD "\na,0,500,inf,1e-8\n", 2, "D_cm2_s is 'inf'"},
    {HEAD "\na,0,500,1e-6,1e-", 2, "the last line has no end"},
    {HEAD "\n\"a\nb\",0,500,1,1\n", 2, "a composition's name is one line"},
    {HEAD ",D_se\na,0,500,1,1,1\n", 1, "column 'D_se' is there twice"},
    {"composition;glass;temperature_K;D_cm2_s;D_se\na;0;500;1;1\n", 1, "separated by semicolons"},
};

static void a_false_table_is_refused_with_file_line_and_reason(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char path[VT_TEST_PATH], place[VT_TEST_PATH + 16];
    vt_err err = {0};
    vt_table t;
    if (table_of(bad[i].text, &t, path, &err) != VT_EPARSE) fail_msg("accepted: %s", bad[i].text);
    (void)snprintf(place, sizeof place, bad[i].line ? "%s:%d:" : "%s", path, bad[i].line);
    if (!strstr(err.text, place) || !strstr(err.text, bad[i].says))
      fail_msg("got '%s'\nexpected '%s' and '%s'", err.text, place, bad[i].says);
    assert_true(!t.name && !t.pt && t.n == 0);
  }
  vt_err err = {0};
  vt_table t;
  VT_TEST_REFUSED(vt_table_read("/tmp/is/not/there.csv", &t, &err), VT_EIO, &err, "/tmp/is/not/there.csv");
}

/* Rows of many compositions: who has the name of an earlier one, and the level of each factor, by counting here. */
static void many_compositions_keep_their_order_and_levels(void **state)
{
  (void)state;
  enum { COMPS = 3000, LEVELS = 7 };
  vt_buf b = {0};
  char path[VT_TEST_PATH];
  vt_err err = {0};
  vt_table t;
  vt_buf_printf(&b, HEAD ",f\n");
  for (int glass = 0; glass < 2; glass++)
    for (int k = 0; k < COMPS; k++) vt_buf_printf(&b, "c%d,%d,500,1,1,v%d\n", k, glass, k * k % LEVELS);
  VT_TEST_OK(table_of(b.s, &t, path, &err), &err);
  vt_buf_free(&b);
  assert_int_equal(t.n_comp, COMPS);
  assert_int_equal(t.n, 2 * COMPS);
  for (int k = 0; k < COMPS; k++) {
    int first = 0;
    char name[16];
    while (first * first % LEVELS != k * k % LEVELS) first++;
    (void)snprintf(name, sizeof name, "c%d", k);
    assert_string_equal(t.name[k], name);
    assert_int_equal(t.level[0][k], first);
    assert_int_equal(t.pt[k].comp, k);
    assert_int_equal(t.pt[COMPS + k].comp, k);
    assert_int_equal(t.pt[COMPS + k].glass, 1);
  }
  vt_table_free(&t);
}

/* Points on exact lines ln D = ln D0 - Ea / kB T: the fit is these numbers but for rounding, 1e-16 of ln D = 20 over a
 * lever of 1/kB (1/500 - 1/700) = 6.6 per eV, which 1e-10 leaves far behind. */
static void the_fit_of_exact_points_is_their_line(void **state)
{
  (void)state;
  enum { N_COMP = 4, N_GLASS = 3 };
  static const char *const alkali[N_COMP] = {"Li", "Li", "Na", "Na"}, *const metal[N_COMP] = {"Al", "Ta", "Al", "Ta"};
  static const double ea[N_COMP] = {0.30, 0.31, 0.42, 0.43}, ln_d0[N_COMP] = {-6, -6.5, -7, -7.5};
  const vt_compare_spec spec = {.t_ref_k = 600, .t_extra_k = 300, .margin = 0.3, .tau_margin = 0.3, .range_margin = 1};
  vt_buf b = {0};
  vt_err err = {0};
  vt_arrh arrh[N_COMP];
  vt_at_t at[N_COMP * N_GLASS * 3];
  static vt_fitted q;
  const vt_comparison *cmp = &q.compare;
  q = (vt_fitted){.arrh = arrh, .at = at};
  vt_buf_printf(&b, HEAD ",alkali,metal\n");
  for (int k = 0; k < N_COMP; k++)
    for (int g = 0; g < N_GLASS; g++)
      for (int t_k = 500; t_k <= 700; t_k += 100) {
        const double d = exp(ln_d0[k] - ea[k] / (VT_KB_EV * t_k));
        vt_buf_printf(&b, "c%d,%d,%d,%.17g,%.17g,%s,%s\n", k, g, t_k, d, 0.05 * d, alkali[k], metal[k]);
      }
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  vt_table t = read_points(b.s);
  VT_TEST_OK(vt_table_fit(&t, &spec, 0, 1, &q, &err), &err);
  for (int k = 0; k < N_COMP; k++) {
    const double ln_ref = ln_d0[k] - ea[k] / (VT_KB_EV * 600);
    assert_int_equal(arrh[k].n_points, N_GLASS * 3);
    assert_int_equal(arrh[k].n_glasses, N_GLASS);
    near(arrh[k].ea_ev, ea[k], 1e-10);
    near(arrh[k].ln_prefactor, ln_d0[k], 1e-9);
    near(arrh[k].log10_ref, ln_ref / log(10), 1e-10);
    near(cmp->at_t.value[k], ln_ref / log(10), 1e-10);
  }
  assert_int_equal(q.n_at, N_COMP * 3);
  for (int k = 0; k < q.n_at; k++) /* the glasses agree: their mean is the line */
    near(log(at[k].value), ln_d0[at[k].comp] - ea[at[k].comp] / (VT_KB_EV * at[k].t_k), 1e-12);
  /* all Li of one level lie above all Na, whichever metal: the alkali explains more than the metal */
  assert_int_equal(cmp->at_t.k, N_COMP);
  assert_string_equal(cmp->factor[0], "alkali");
  assert_string_equal(cmp->factor[1], "metal");
  assert_true(cmp->variance.factor[0] > cmp->variance.factor[1]);
  assert_int_equal(cmp->at_tg.k, 0); /* a table knows of no glass transition */
  vt_table_free(&t);
  vt_buf_free(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blanks_comments_carriage_returns_and_a_mark_of_utf8_are_not_data),
      cmocka_unit_test(columns_come_in_any_order_and_names_may_hold_commas_and_quotes),
      cmocka_unit_test(an_empty_cell_is_not_resolved_and_stays_a_point),
      cmocka_unit_test(a_level_is_the_row_of_the_first_composition_that_has_it),
      cmocka_unit_test(many_compositions_keep_their_order_and_levels),
      cmocka_unit_test(a_false_table_is_refused_with_file_line_and_reason),
      cmocka_unit_test(the_fit_of_exact_points_is_their_line),
  };
  return cmocka_run_group_tests_name("points_csv", tests, NULL, NULL);
}
