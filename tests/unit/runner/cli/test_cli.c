/* The parts of the program that need no campaign: options, the cost of a step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/cli/plan/plan.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ options */

typedef struct line {
  int flag, n, choice;
  double x;
  const char *text;
  vt_opt opt[5];
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
  memcpy(l->opt, opt, sizeof opt);
  l->u = (vt_usage){.name = "test",
                    .args = "FILE",
                    .doc = "",
                    .example = "",
                    .opt = l->opt,
                    .n_opt = sizeof opt / sizeof *opt,
                    .least_args = 1,
                    .most_args = 2};
  return vt_cli_parse(&l->u, argc, argv);
}

static void options_that_do_nothing_are_told_where_they_were_given(void **state)
{
  (void)state;
  line l;
  assert_int_equal(parse(&l, "test a --number 3 --kind=red"), -1);
  assert_true(vt_cli_given(&l.u, "number") && vt_cli_given(&l.u, "kind"));
  assert_false(vt_cli_given(&l.u, "flag") || vt_cli_given(&l.u, "word") || vt_cli_given(&l.u, "none"));
  assert_int_equal(vt_cli_ignored(&l.u, 0, "number|kind", "needs --word"), -1);
  assert_int_equal(vt_cli_ignored(&l.u, 1, "flag|real|word", "needs --word"), -1);
  assert_int_equal(vt_cli_ignored(&l.u, 1, "flag|kind", "needs --word"), VT_EXIT_USAGE);
  assert_int_equal(parse(&l, "test a"), -1); /* nothing is left of the line before */
  assert_false(vt_cli_given(&l.u, "number"));
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

/* ------------------------------------------------------------------ cost */

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
  const struct CMUnitTest tests[] = {cmocka_unit_test(options_that_do_nothing_are_told_where_they_were_given),
                                     cmocka_unit_test(options_stand_anywhere_and_take_values_in_both_forms),
                                     cmocka_unit_test(two_dashes_end_the_options_and_one_dash_is_an_argument),
                                     cmocka_unit_test(every_wrong_line_is_a_usage_error),
                                     cmocka_unit_test(the_nearest_name_is_offered_only_if_it_is_near),
                                     cmocka_unit_test(the_cost_between_two_measured_sizes_is_linear)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
