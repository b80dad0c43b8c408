/* base: rests between housekeeping by what it costs; signs of life.  Clocks are made up; the reference is arithmetic on
 * paper: a rest of cost / 0.004, between every_s and most_s. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/vt_test.h"

static int n_slow;
static char slow[256];

static void note_log(void *ctx, vt_log_level level, const char *module, const char *line)
{
  (void)ctx, (void)level;
  if (strcmp(module, "pace") != 0) return;
  n_slow++;
  (void)snprintf(slow, sizeof slow, "%s", line);
}

/* A fixed amount of housekeeping cost, as a loop that looks every 10 ms would see it; how many times it was done. */
static int simulate(vt_pace *p, double cost_s, double until_s, double *spent_s)
{
  int n = 0;
  *spent_s = 0;
  for (double now = 0; now < until_s; now += 0.01) {
    if (!vt_pace_due(p, now)) continue;
    vt_pace_begin(p, now);
    now += cost_s;
    vt_pace_end(p, now);
    *spent_s += cost_s;
    n++;
  }
  return n;
}

/* What took took_s twice, the second time from `at`. */
static void slow_twice(vt_pace *p, double at, double took_s)
{
  vt_pace_begin(p, 0);
  vt_pace_end(p, took_s);
  vt_pace_begin(p, at);
  vt_pace_end(p, at + took_s);
}

static void what_costs_nothing_keeps_its_rhythm(void **state)
{
  (void)state;
  vt_pace p = {.what = "x", .every_s = 2, .most_s = 60};
  assert_true(vt_pace_due(&p, 0)); /* at once */
  vt_pace_begin(&p, 0);
  vt_pace_end(&p, 0.005);
  assert_false(vt_pace_due(&p, 1.99));
  assert_true(vt_pace_due(&p, 2)); /* from the begin */
}

static void the_rest_counts_from_the_end(void **state)
{
  (void)state;
  vt_pace p = {.what = "x", .every_s = 2, .most_s = 1e9};
  slow_twice(&p, 100, 2.5); /* longer than the interval: from the begin it would be due at once, for ever */
  assert_false(vt_pace_due(&p, 102.5 + 2.5 / 0.004 - 0.001));
  assert_true(vt_pace_due(&p, 102.5 + 2.5 / 0.004 + 0.001));
}

/* Slow once between two that are not: the rest is the least one, and nothing is said. */
static void a_hiccup_does_not_count(void **state)
{
  (void)state;
  vt_pace p = {.what = "x", .every_s = 2, .most_s = 300};
  const double took[] = {0.001, 30, 0.02, 30};
  const double rest[] = {2 - 0.001, 2, 5, 5}; /* 0.02 / 0.004 */
  for (size_t k = 0; k < sizeof took / sizeof *took; k++) {
    vt_pace_begin(&p, 1000);
    vt_pace_end(&p, 1000 + took[k]);
    assert_false(vt_pace_due(&p, 1000 + took[k] + rest[k] - 0.001));
    assert_true(vt_pace_due(&p, 1000 + took[k] + rest[k] + 0.001));
  }
  assert_int_equal(p.said, 0);
}

static void five_things_take_at_most_two_percent(void **state)
{
  (void)state;
  const double cost[] = {0.003, 0.02, 0.3, 1.1, 2.1, 20};
  for (size_t k = 0; k < sizeof cost / sizeof *cost; k++) {
    vt_pace p = {.what = "x", .every_s = 1, .most_s = 1e9};
    double spent, until = 500 * cost[k] / 0.004 + 1000;
    assert_true(simulate(&p, cost[k], until, &spent) > 1);
    assert_true(5 * spent <= 0.02 * until + 10 * cost[k]); /* the first, and one that began just before the end */
  }
}

static void the_cap_wins_over_the_share(void **state)
{
  (void)state;
  vt_pace p = {.what = "x", .every_s = 1, .most_s = 60};
  slow_twice(&p, 10, 5); /* by its share it would rest for 1250 s */
  assert_false(vt_pace_due(&p, 74.9));
  assert_true(vt_pace_due(&p, 75));
}

static void slow_storage_is_said_once_with_name_and_time(void **state)
{
  (void)state;
  double spent;
  vt_log_install(note_log, NULL, VT_LOG_INFO);
  vt_pace quick = {.what = "x", .every_s = 1, .most_s = 60}, p = {.what = "status.json", .every_s = 2, .most_s = 120};
  (void)simulate(&quick, 0.1, 1000, &spent);
  assert_int_equal(n_slow, 0);
  assert_true(simulate(&p, 2.1, 1000, &spent) > 3);
  vt_log_install(NULL, NULL, VT_LOG_ERROR);
  assert_int_equal(n_slow, 1);
  assert_string_equal(slow, "ev=slow_storage what=\"status.json\" took_s=2.10 rest_s=120");
}

static void fail_quietly(void *ctx)
{
  ++*(int *)ctx;
  errno = EIO;
}

static void a_sign_of_life_keeps_errno(void **state)
{
  (void)state;
  int n = 0;
  vt_alive(); /* nobody listens: fine */
  vt_alive_install(fail_quietly, &n);
  errno = ENOENT;
  vt_alive();
  assert_int_equal(errno, ENOENT);
  vt_alive_install(NULL, NULL);
  vt_alive();
  assert_int_equal(n, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_costs_nothing_keeps_its_rhythm),
                                     cmocka_unit_test(the_rest_counts_from_the_end),
                                     cmocka_unit_test(a_hiccup_does_not_count),
                                     cmocka_unit_test(five_things_take_at_most_two_percent),
                                     cmocka_unit_test(the_cap_wins_over_the_share),
                                     cmocka_unit_test(slow_storage_is_said_once_with_name_and_time),
                                     cmocka_unit_test(a_sign_of_life_keeps_errno)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
