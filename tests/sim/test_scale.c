/* One master and many simulated ranks that speak the real messages: whoever dies or leaves, the master counts every
 * task exactly once.  With the argument `large`: ten thousand ranks, a million tasks. */
#include "tests/vt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/bench/bench_impl.h"
#include "runner/farm/farm.h"

static int n_ranks = 200, n_tasks = 5000;
static vt_sched_task *tasks; /* a fifth are glasses, each of the others needs one of them */

static vt_farm_simulation spec(uint64_t seed)
{
  return (vt_farm_simulation){
      .n_ranks = n_ranks, .n_tasks = n_tasks, .task = tasks, .seed = seed, .die = 0.05, .leave = 0.05, .fail = 0.02};
}

static void every_task_counts_once_whoever_dies(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 3; seed++) {
    vt_err err = {0};
    vt_farm_simulated r;
    vt_farm_simulation s = spec(seed);
    VT_TEST_OK(vt_farm_simulate(&s, &r, &err), &err);
    assert_int_equal(r.tasks.done, n_tasks);
    assert_int_equal(r.never, 0);
    assert_int_equal(r.twice, 0);
    assert_true(r.n_dead > 0 && r.n_declared == r.n_dead);
    assert_true(r.kind_n[3] > 0); /* failures: some tasks were tried twice */
    if (n_ranks > 1000) break;
  }
}

/* A stop long before the end: all living ranks come to the end, the dead are known. */
static void a_stop_ends_a_run_of_long_tasks(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_farm_simulated r;
  vt_farm_simulation s = spec(7);
  s.least_s = 600, s.most_s = 7200, s.window_s = 100;
  VT_TEST_OK(vt_farm_simulate(&s, &r, &err), &err);
  assert_true(r.tasks.done < n_tasks);
  assert_int_equal(r.twice, 0);
  assert_true(r.n_dead > 0 && r.n_left > 0 && r.n_declared == r.n_dead);
  assert_true(r.virtual_s > s.window_s && r.virtual_s < s.window_s + 100);
}

static void a_journal_is_replayed_and_nothing_is_done_again(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_farm_simulated r;
  vt_farm_simulation s = spec(9);
  vt__bench_journal x = {.n_shards = 5, .batch = 256, .n_values = 3};
  char dir[] = "/tmp/vt-scale-XXXXXX", cmd[64];
  assert_non_null(mkdtemp(dir));
  VT_TEST_OK(vt__bench_write_journal(tasks, n_tasks, dir, &x, &s.replay, &err), &err);
  VT_TEST_OK(vt_farm_simulate(&s, &r, &err), &err);
  assert_int_equal(r.tasks.done, n_tasks);
  assert_int_equal(r.never, n_tasks);
  vt_journal_free(s.replay);
  (void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
  assert_int_equal(system(cmd), 0);
}

static int make_tasks(void **state)
{
  (void)state;
  return vt__bench_tasks(n_tasks, n_tasks / 5 + 1, &tasks, NULL) == VT_OK ? 0 : -1;
}

static int free_tasks(void **state)
{
  (void)state;
  vt_free(tasks);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc > 1 && strcmp(argv[1], "large") == 0) n_ranks = 10000, n_tasks = 1000000;
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_task_counts_once_whoever_dies),
                                     cmocka_unit_test(a_stop_ends_a_run_of_long_tasks),
                                     cmocka_unit_test(a_journal_is_replayed_and_nothing_is_done_again)};
  return cmocka_run_group_tests(tests, make_tasks, free_tasks);
}
