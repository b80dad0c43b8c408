/* The parts of the program that need no campaign: options, predicted error bars. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/cli/plan.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ options */

typedef struct line {
  int flag, n, choice;
  double x;
  const char *text;
  vt_usage u;
} line;

/* The line is given as one text, its words parted by single blanks. */
static int parse(line *l, const char *words)
{
  static char text[256]; /* the words stay readable through l->text and l->u.arg */
  char *argv[16];
  int argc = 0;
  (void)snprintf(text, sizeof text, "%s", words);
  for (char *w = text; w && argc < 16; w = strchr(w, ' ')) {
    if (argc) *w++ = '\0';
    argv[argc++] = w;
  }
  *l = (line){.n = -1, .choice = -1, .x = -1};
  const vt_opt opt[] = {{"flag", VT_OPT_FLAG, NULL, "a flag", &l->flag, 0, 0},
                        {"number", VT_OPT_INT, "N", "a number", &l->n, 1, 10},
                        {"real", VT_OPT_REAL, "X", "a real", &l->x, 0, 1},
                        {"word", VT_OPT_TEXT, "W", "a word", &l->text, 0, 0},
                        {"kind", VT_OPT_CHOICE, "red|green|blue", "a kind", &l->choice, 0, 0}};
  l->u = (vt_usage){.name = "test",
                    .args = "FILE",
                    .doc = "",
                    .example = "",
                    .opt = opt,
                    .n_opt = sizeof opt / sizeof *opt,
                    .least_args = 1,
                    .most_args = 2};
  return vt_cli_parse(&l->u, argc, argv);
}

static void options_stand_anywhere_and_take_values_in_both_forms(void **state)
{
  (void)state;
  line l;
  assert_int_equal(parse(&l, "test --number 7 a --real=0.25 --flag b --kind=blue --word -x"), -1);
  assert_int_equal(l.n, 7);
  assert_true(l.x == 0.25);
  assert_int_equal(l.flag, 1);
  assert_int_equal(l.choice, 2);
  assert_string_equal(l.text, "-x"); /* the word after an option is its value, whatever it looks like */
  assert_int_equal(l.u.n_args, 2);
  assert_string_equal(l.u.arg[0], "a");
  assert_string_equal(l.u.arg[1], "b");
}

static void two_dashes_end_the_options_and_one_dash_is_an_argument(void **state)
{
  (void)state;
  line l;
  assert_int_equal(parse(&l, "test - -- --flag"), -1);
  assert_int_equal(l.flag, 0);
  assert_string_equal(l.u.arg[0], "-");
  assert_string_equal(l.u.arg[1], "--flag");
}

static void every_wrong_line_is_a_usage_error(void **state)
{
  (void)state;
  line l;
  assert_int_equal(parse(&l, "test"), VT_EXIT_USAGE);                    /* an argument is missing */
  assert_int_equal(parse(&l, "test a b c"), VT_EXIT_USAGE);              /* one too many           */
  assert_int_equal(parse(&l, "test a --flagg"), VT_EXIT_USAGE);          /* unknown                */
  assert_int_equal(parse(&l, "test a -f"), VT_EXIT_USAGE);               /* no short options       */
  assert_int_equal(parse(&l, "test a --flag=1"), VT_EXIT_USAGE);         /* a flag with a value    */
  assert_int_equal(parse(&l, "test a --number"), VT_EXIT_USAGE);         /* no value               */
  assert_int_equal(parse(&l, "test a --number 11"), VT_EXIT_USAGE);      /* out of range           */
  assert_int_equal(parse(&l, "test a --number 7x"), VT_EXIT_USAGE);      /* not a number           */
  assert_int_equal(parse(&l, "test a --real nan"), VT_EXIT_USAGE);       /* neither                */
  assert_int_equal(parse(&l, "test a --kind gree"), VT_EXIT_USAGE);      /* a part of a word       */
  assert_int_equal(parse(&l, "test a --kind red|green"), VT_EXIT_USAGE); /* more than a word       */
  assert_int_equal(parse(&l, "test a --word="), VT_EXIT_USAGE);          /* an empty word          */
}

static void the_nearest_name_is_offered_only_if_it_is_near(void **state)
{
  (void)state;
  const char *const names[] = {"check", "plan", "energy", "one"};
  assert_string_equal(vt_cli_nearest("enrgy", names, 4), "energy");
  assert_string_equal(vt_cli_nearest("chekc", names, 4), "check");
  assert_null(vt_cli_nearest("xyzzy", names, 4));
  assert_null(vt_cli_nearest("abc", names, 4)); /* three edits from "one" as from anything of three letters */
}

/* ------------------------------------------------------------------ predicted errors */

/* Numbers worked out by hand from He et al.'s formula, D(600 K) = 8.5e-6 and D(450 K) = 1.2e-6 cm^2/s: 256 lithium
 * ions, 2 ns, longest lag 1 ns.  N = 256 * 6 * D * 1000 ps / 9 A^2 = 14507 and 2100 (three digits of D: 3 %). */
static void the_error_of_one_glass_is_that_of_he_zhu_mo(void **state)
{
  (void)state;
  vt_foreseen hot = vt_plan_foresee(256, 600, 2000, 4), cold = vt_plan_foresee(256, 450, 2000, 4);
  assert_true(fabs(hot.n_eff / 14507 - 1) < 0.03);
  assert_true(fabs(cold.n_eff / 2100 - 1) < 0.05);
  assert_true(fabs(hot.rel_one - 0.0685) < 0.001);
  assert_true(fabs(cold.rel_one - 0.115) < 0.003);
  assert_true(fabs(hot.rel_all - hot.rel_one / 2) < 1e-15); /* four glasses */
  assert_true(hot.resolved && cold.resolved);
}

static void what_is_too_short_is_said_to_be_and_how_long_would_do(void **state)
{
  (void)state;
  vt_foreseen f = vt_plan_foresee(64, 400, 200, 5);
  assert_false(f.resolved);
  assert_true(f.needs_ps > 200);
  assert_false(vt_plan_foresee(64, 400, 0.999 * f.needs_ps, 5).resolved);
  assert_true(vt_plan_foresee(64, 400, f.needs_ps, 5).resolved);
  /* the window must see MSD reach a^2 = 9 A^2 by a quarter of the run: 9 / (6 * 4.7e-7 cm^2/s) = 319 ps */
  assert_true(fabs(f.needs_ps / (4 * 319) - 1) < 0.05);
}

/* Standard errors of a line of 450..700 K in six steps with 10 % a point, from a least-squares program: 0.0130 eV and,
 * at 300 K, 0.103 decades. */
static void the_line_through_a_known_ladder_has_its_known_errors(void **state)
{
  (void)state;
  vt_foreseen f[7] = {0};
  double ea, log10_300;
  for (int i = 0; i < 6; i++) f[i] = (vt_foreseen){.t_k = 450 + 50 * i, .rel_all = 0.1, .resolved = 1};
  f[6] = (vt_foreseen){.t_k = 300, .rel_all = 1e-6, .resolved = 0}; /* takes no part */
  vt_plan_foresee_line(f, 7, 300, &ea, &log10_300);
  assert_true(fabs(ea - 0.0130) < 0.0001);
  assert_true(fabs(log10_300 - 0.103) < 0.001);
  vt_plan_foresee_line(f, 1, 300, &ea, &log10_300);
  assert_true(isnan(ea) && isnan(log10_300));
}

static void the_cost_between_two_measured_sizes_is_linear(void **state)
{
  (void)state;
  vt_calibration c = {.n = 2, .atoms = {100, 300}, .s_atom_step = {1e-6, 2e-6}};
  assert_true(fabs(vt_plan_s_atom_step(&c, 200) - 1.5e-6) < 1e-18);
  assert_true(vt_plan_s_atom_step(&c, 50) == 1e-6);
  assert_true(vt_plan_s_atom_step(&c, 500) == 2e-6);
  c.n = 1;
  assert_true(vt_plan_s_atom_step(&c, 500) == 1e-6);
  c.n = 0;
  assert_true(vt_plan_s_atom_step(&c, 500) == 4e-6);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(options_stand_anywhere_and_take_values_in_both_forms),
                                     cmocka_unit_test(two_dashes_end_the_options_and_one_dash_is_an_argument),
                                     cmocka_unit_test(every_wrong_line_is_a_usage_error),
                                     cmocka_unit_test(the_nearest_name_is_offered_only_if_it_is_near),
                                     cmocka_unit_test(the_error_of_one_glass_is_that_of_he_zhu_mo),
                                     cmocka_unit_test(what_is_too_short_is_said_to_be_and_how_long_would_do),
                                     cmocka_unit_test(the_line_through_a_known_ladder_has_its_known_errors),
                                     cmocka_unit_test(the_cost_between_two_measured_sizes_is_linear)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
