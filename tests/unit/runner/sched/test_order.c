/* In which order tasks are begun, and by whom: worked out by hand. */
#include <math.h>

#include "runner/sched/sched.h"
#include "tests/vt_test.h"

enum { CAP = 64 };

typedef struct fixture {
  vt_sched *s;
  vt_action a[CAP];
  int n;
  vt_err err;
} fixture;

static vt_uid uid_of_index(int i)
{
  vt_uid u = {{0}};
  u.b[0] = (uint8_t)i;
  return u;
}

static void play(fixture *f, vt_event ev) { VT_TEST_OK(vt_sched_event(f->s, &ev, f->a, CAP, &f->n, &f->err), &f->err); }
static void ready(fixture *f, int w) { play(f, (vt_event){.kind = VT_EV_READY, .worker = w, .task = -1}); }
static void result(fixture *f, int w, int t) { play(f, (vt_event){.kind = VT_EV_RESULT, .worker = w, .task = t}); }

static void expect_lease(const fixture *f, int k, int w, int t)
{
  assert_true(k < f->n);
  assert_int_equal(f->a[k].kind, VT_ACT_LEASE);
  assert_int_equal(f->a[k].task, t);
  assert_int_equal(f->a[k].worker, w);
}

/* Four glasses of cost 1, each with two runs of cost 4 (paths 5 and 4), for one worker.  As long as more than 3 * 5 is
 * left to begin, the runs of the glasses that are there come first: glass, run, run; glass, run, run (36 - 18 = 18 is
 * left); then glass, run (13 is left, which is no more than 3 * 5): the glass that is left has the longest path. */
static void early_results_first_until_the_longest_path_is_urgent(void **unused)
{
  (void)unused;
  fixture f = {0};
  vt_sched_task t[12];
  for (int i = 0; i < 12; i++)
    t[i] = (vt_sched_task){.uid = uid_of_index(i), .needs = i < 4 ? -1 : (i - 4) / 2, .cost = i < 4 ? 1 : 4};
  const vt_sched_options o = {.n_workers = 1, .max_tries = 3, .crash_limit = 2, .fault_limit = 2};
  VT_TEST_OK(vt_sched_open(&f.s, t, 12, &o, &f.err), &f.err);
  static const int order[] = {0, 4, 5, 1, 6, 7, 2, 8, 3, 9, 10, 11};
  for (int k = 0; k < 12; k++) {
    ready(&f, 0);
    expect_lease(&f, 0, 0, order[k]);
    result(&f, 0, order[k]);
  }
  vt_sched_free(f.s);
}

/* Two compositions of glasses (groups 0 and 2), four of each.  They were said to cost 3 and 2, but in truth the second
 * takes nine times as long: once that was measured it comes first.  The order that was told: all of the first. */
static void costs_are_corrected_by_what_tasks_took(void **unused)
{
  (void)unused;
  for (int told = 0; told < 2; told++) {
    vt_sched_task t[8] = {{.needs = -1}};
    fixture f = {0};
    for (int i = 0; i < 8; i++)
      t[i] = (vt_sched_task){
          .uid = uid_of_index(i), .needs = -1, .cost = i < 4 ? 3 : 2, .group = i < 4 ? 0 : VT_SCHED_KINDS};
    const vt_sched_options o = {.n_workers = 4, .max_tries = 1, .crash_limit = 1, .fault_limit = 2};
    VT_TEST_OK(vt_sched_open(&f.s, t, 8, &o, &f.err), &f.err);
    ready(&f, 0);
    expect_lease(&f, 0, 0, 0);
    /* a replayed journal, say: one of each is done */
    play(&f, (vt_event){.kind = VT_EV_RESULT, .worker = 0, .task = 0, .took_s = told ? 0 : 30});
    play(&f, (vt_event){.kind = VT_EV_RESULT, .worker = -1, .task = 4, .took_s = told ? 0 : 180});
    static const int order[2][6] = {{5, 6, 7, 1, 2, 3}, {1, 2, 3, 5, 6, 7}};
    for (int k = 0; k < 6; k++) {
      ready(&f, 0);
      expect_lease(&f, 0, 0, order[told][k]);
    }
    vt_sched_free(f.s);
  }
}

/* A second that nobody measured, a negative one, no number: they teach nothing. */
static void times_without_sense_teach_nothing(void **unused)
{
  (void)unused;
  const double no[] = {0, -5, (double)NAN, (double)INFINITY};
  vt_sched_task t[6] = {{.needs = -1}};
  fixture f = {0};
  for (int i = 0; i < 6; i++)
    t[i] =
        (vt_sched_task){.uid = uid_of_index(i), .needs = -1, .cost = i < 1 ? 3 : 2, .group = VT_SCHED_KINDS * (i > 1)};
  const vt_sched_options o = {.n_workers = 1, .max_tries = 1, .crash_limit = 1, .fault_limit = 2};
  VT_TEST_OK(vt_sched_open(&f.s, t, 6, &o, &f.err), &f.err);
  for (int k = 0; k < 4; k++) play(&f, (vt_event){.kind = VT_EV_RESULT, .worker = -1, .task = 2 + k, .took_s = no[k]});
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 1);
  vt_sched_free(f.s);
}

/* Six workers on nodes 0, 0, 0, 1, 1, 2 wait in this order: three tasks go to three nodes; the next three to who is
 * left, nodes 0, 1 and then 0 again. */
static void tasks_are_spread_over_nodes(void **unused)
{
  (void)unused;
  static const int node[] = {0, 0, 0, 1, 1, 2};
  vt_sched_task t[7];
  fixture f = {0};
  for (int i = 0; i < 7; i++) t[i] = (vt_sched_task){.uid = uid_of_index(i), .needs = i ? 0 : -1, .cost = 7 - i};
  vt_sched_options o = {.n_workers = 6, .max_tries = 1, .crash_limit = 1, .fault_limit = 2, .node = node};
  VT_TEST_OK(vt_sched_open(&f.s, t, 7, &o, &f.err), &f.err);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0);
  for (int w = 1; w < 6; w++) ready(&f, w);
  ready(&f, 0); /* it waits, last, for another lease */
  result(&f, 0, 0);
  assert_int_equal(f.n, 6);
  static const int served[] = {1, 3, 5, 2, 4, 0};
  for (int k = 0; k < 6; k++) expect_lease(&f, k, served[k], 1 + k);
  vt_sched_free(f.s);
  o.node = (const int[]){0, 0, 6, 0, 0, 0};
  VT_TEST_REFUSED(vt_sched_open(&f.s, t, 7, &o, &f.err), VT_EINVAL, &f.err, "worker 2 is on node 6");
  t[3].group = -1;
  o.node = NULL;
  VT_TEST_REFUSED(vt_sched_open(&f.s, t, 7, &o, &f.err), VT_EINVAL, &f.err, "row 3 is of group -1");
}

int main(void)
{
  const struct CMUnitTest all[] = {cmocka_unit_test(early_results_first_until_the_longest_path_is_urgent),
                                   cmocka_unit_test(costs_are_corrected_by_what_tasks_took),
                                   cmocka_unit_test(times_without_sense_teach_nothing),
                                   cmocka_unit_test(tasks_are_spread_over_nodes)};
  return cmocka_run_group_tests(all, NULL, NULL);
}
