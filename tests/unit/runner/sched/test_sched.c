/* The scheduler's policy, one claim a test. */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "runner/sched/sched.h"
#include "tests/vt_test.h"

enum { MOST = 16, CAP = 64 };

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

/* needs[i] and cost[i]; the uid of task i begins with byte i. */
static fixture open_with(int n, const int *needs, const double *cost, int n_workers, int max_tries, int crash_limit)
{
  fixture f = {0};
  vt_sched_task t[MOST];
  memset(t, 0, sizeof t);
  for (int i = 0; i < n; i++) t[i] = (vt_sched_task){.uid = uid_of_index(i), .needs = needs[i], .cost = cost[i]};
  vt_sched_options o = {.n_workers = n_workers, .max_tries = max_tries, .crash_limit = crash_limit, .fault_limit = 2};
  VT_TEST_OK(vt_sched_open(&f.s, t, n, &o, &f.err), &f.err);
  assert_in_range(vt_sched_actions_max(f.s), 1, CAP);
  return f;
}

static void play(fixture *f, vt_event ev) { VT_TEST_OK(vt_sched_event(f->s, &ev, f->a, CAP, &f->n, &f->err), &f->err); }

static void ready(fixture *f, int w) { play(f, (vt_event){.kind = VT_EV_READY, .worker = w, .task = -1}); }
static void result(fixture *f, int w, int t) { play(f, (vt_event){.kind = VT_EV_RESULT, .worker = w, .task = t}); }
static void dead(fixture *f, int w) { play(f, (vt_event){.kind = VT_EV_WORKER_DEAD, .worker = w, .task = -1}); }
static void stop(fixture *f) { play(f, (vt_event){.kind = VT_EV_STOP, .worker = -1, .task = -1}); }

static void failure(fixture *f, int w, int t, vt_status why, int attempt, int half_stage)
{
  play(f, (vt_event){.kind = VT_EV_FAILURE,
                     .worker = w,
                     .task = t,
                     .status = why,
                     .attempt = attempt,
                     .half_stage = half_stage,
                     .stage = VT_STAGE_MELT});
}

static void expect_lease(const fixture *f, int k, int w, int t, int attempt, int half_stage)
{
  assert_true(k < f->n);
  assert_int_equal(f->a[k].kind, VT_ACT_LEASE);
  assert_int_equal(f->a[k].task, t);
  assert_int_equal(f->a[k].worker, w);
  assert_int_equal(f->a[k].attempt, attempt);
  assert_int_equal(f->a[k].half_stage, half_stage);
  assert_int_equal(vt_sched_state(f->s, t), VT_LEASED);
  assert_int_equal(vt_sched_worker_of(f->s, t), w);
}

static void expect_action(const fixture *f, int k, vt_action_kind kind, int worker, int task)
{
  assert_true(k < f->n);
  assert_int_equal(f->a[k].kind, kind);
  assert_int_equal(f->a[k].worker, worker);
  assert_int_equal(f->a[k].task, task);
}

/* Tasks 0 and 1 are glasses with chains of cost 1 + 5 and 4 + 1; task 4 stands alone with cost 6.  Remaining paths: 6,
 * 5, 6; among the sixes the larger cost (4 costs 6, 0 costs 1) goes first. */
static void the_longest_remaining_path_goes_first_then_the_largest_cost(void **state)
{
  (void)state;
  fixture f = open_with(5, (int[]){-1, -1, 0, 1, -1}, (double[]){1, 4, 5, 1, 6}, 3, 3, 2);
  ready(&f, 2);
  expect_lease(&f, 0, 2, 4, 0, 0);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 0, 0);
  ready(&f, 1);
  expect_lease(&f, 0, 1, 1, 0, 0);
  vt_sched_free(f.s);
}

static void among_equals_the_smallest_uid_goes_first(void **state)
{
  (void)state;
  vt_sched_task t[3] = {{.uid = uid_of_index(9), .needs = -1, .cost = 2},
                        {.uid = uid_of_index(3), .needs = -1, .cost = 2},
                        {.uid = uid_of_index(5), .needs = -1, .cost = 2}};
  fixture f = {0};
  vt_sched_options o = {.n_workers = 1, .max_tries = 1, .crash_limit = 1, .fault_limit = 2};
  VT_TEST_OK(vt_sched_open(&f.s, t, 3, &o, &f.err), &f.err);
  static const int order[] = {1, 2, 0};
  for (int k = 0; k < 3; k++) { /* one worker may hold several leases */
    ready(&f, 0);
    assert_int_equal(f.n, 1);
    expect_lease(&f, 0, 0, order[k], 0, 0);
  }
  vt_sched_free(f.s);
}

static void a_task_waits_for_its_glass(void **state)
{
  (void)state;
  fixture f = open_with(3, (int[]){-1, 0, 0}, (double[]){1, 2, 3}, 3, 3, 2);
  assert_int_equal(vt_sched_state(f.s, 1), VT_WAITING);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 0, 0);
  ready(&f, 2);
  assert_int_equal(f.n, 0);
  ready(&f, 1);
  assert_int_equal(f.n, 0);
  result(&f, 0, 0);
  assert_int_equal(f.n, 2); /* those who asked first are served first, with the most urgent first */
  expect_lease(&f, 0, 2, 2, 0, 0);
  expect_lease(&f, 1, 1, 1, 0, 0);
  ready(&f, 0);
  assert_int_equal(f.n, 0);
  result(&f, 2, 2);
  assert_int_equal(f.n, 0);
  ready(&f, 2);
  result(&f, 1, 1);
  assert_true(vt_sched_finished(f.s));
  assert_int_equal(f.n, 2);
  expect_action(&f, 0, VT_ACT_RELEASE, 0, -1);
  expect_action(&f, 1, VT_ACT_RELEASE, 2, -1);
  ready(&f, 1);
  expect_action(&f, 0, VT_ACT_RELEASE, 1, -1);
  vt_sched_free(f.s);
}

static void asking_twice_is_one_request(void **state)
{
  (void)state;
  fixture f = open_with(3, (int[]){-1, 0, 0}, (double[]){1, 1, 1}, 2, 3, 2);
  ready(&f, 0);
  ready(&f, 1);
  ready(&f, 1);
  ready(&f, 1);
  result(&f, 0, 0);
  assert_int_equal(f.n, 1);
  expect_lease(&f, 0, 1, 1, 0, 0);
  vt_sched_free(f.s);
}

/* Half the time step, then a new attempt with the full one, and so on: the first max_tries rungs. */
static void the_ladder_halves_the_step_then_draws_anew(void **state)
{
  (void)state;
  static const int rung[][2] = {{0, 0}, {0, VT_STAGE_QUENCH}, {1, 0}, {1, VT_STAGE_QUENCH}, {2, 0}};
  for (int most = 1; most <= 5; most++) {
    int attempt = 0, half = 0, tries = 1;
    while (vt_sched_ladder(most, VT_STAGE_QUENCH, &attempt, &half)) {
      assert_int_equal(attempt, rung[tries][0]);
      assert_int_equal(half, rung[tries][1]);
      tries++;
    }
    assert_int_equal(tries, most);
  }
  int attempt = INT32_MAX, half = 1;
  assert_int_equal(vt_sched_ladder(3, VT_STAGE_MELT, &attempt, &half), 0);
  attempt = half = 0; /* what failed outside of a stage has no step to halve */
  assert_int_equal(vt_sched_ladder(3, VT_STAGE_NONE, &attempt, &half), 1);
  assert_int_equal(attempt, 1);
  assert_int_equal(half, VT_STAGE_NONE);
  assert_int_equal(vt_sched_ladder(3, VT_STAGE_NONE, &attempt, &half), 0);
}

static void a_diverging_task_climbs_the_ladder_and_is_given_up(void **state)
{
  (void)state;
  fixture f = open_with(1, (int[]){-1}, (double[]){1}, 1, 3, 2);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 0, 0);
  failure(&f, 0, 0, VT_EDIVERGE, 0, 0);
  assert_int_equal(vt_sched_state(f.s, 0), VT_READY);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 0, 1);
  failure(&f, 0, 0, VT_EDIVERGE, 0, 1);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 1, 0);
  failure(&f, 0, 0, VT_EDIVERGE, 1, 0);
  assert_int_equal(f.n, 1);
  expect_action(&f, 0, VT_ACT_GIVE_UP, -1, 0);
  assert_int_equal(vt_sched_state(f.s, 0), VT_FAILED);
  assert_int_equal(vt_sched_failed_by(f.s, 0), 0);
  assert_true(vt_sched_finished(f.s));
  vt_sched_free(f.s);
}

static void a_death_is_the_tasks_fault_if_it_would_happen_again(void **state)
{
  (void)state;
  assert_true(vt_retry_own_fault(SIGSEGV, 0, 0));
  assert_true(vt_retry_own_fault(SIGABRT, 0, 0));
  assert_true(vt_retry_own_fault(SIGKILL, 1, 0)); /* stalled: its watchdog killed it */
  assert_false(vt_retry_own_fault(SIGKILL, 0, 0));
  assert_false(vt_retry_own_fault(SIGTERM, 0, 0));
  assert_false(vt_retry_own_fault(0, 0, 0));
  assert_false(vt_retry_own_fault(SIGKILL, 1, 1)); /* suspended: its silence was not its own */
}

static void accidents_say_nothing_of_the_plan(void **state)
{
  (void)state;
  for (int s = VT_OK; s < VT_STATUS_COUNT; s++) {
    assert_int_equal(vt_retry_is_accident((vt_status)s), s == VT_ENOMEM || s == VT_ECORRUPT || s == VT_EDRIVER);
    assert_int_equal(vt_retry_of_glass((vt_status)s), s == VT_ECORRUPT ? VT_EIO : s);
  }
}

static void a_task_that_cannot_be_done_is_not_tried_again(void **state)
{
  (void)state;
  fixture f = open_with(2, (int[]){-1, -1}, (double[]){2, 1}, 1, 3, 2);
  ready(&f, 0);
  failure(&f, 0, 0, VT_ETASK, 0, 0);
  expect_action(&f, 0, VT_ACT_GIVE_UP, -1, 0);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 1, 0, 0);
  vt_sched_free(f.s);
}

/* Stop requests and a full disk are no verdict on the task. */
static void a_failure_that_is_not_the_tasks_gives_the_same_lease_again(void **state)
{
  (void)state;
  static const vt_status why[] = {VT_ESTOP, VT_EIO, VT_EINVAL};
  for (size_t k = 0; k < sizeof why / sizeof why[0]; k++) {
    fixture f = open_with(1, (int[]){-1}, (double[]){1}, 2, 1, 1);
    ready(&f, 0);
    failure(&f, 0, 0, why[k], 0, 0);
    assert_int_equal(f.n, 0);
    assert_int_equal(vt_sched_state(f.s, 0), VT_READY);
    ready(&f, 1);
    expect_lease(&f, 0, 1, 0, 0, 0);
    vt_sched_free(f.s);
  }
}

static void dependents_of_a_failed_glass_fail_with_it_and_name_it(void **state)
{
  (void)state;
  fixture f = open_with(5, (int[]){-1, 0, 0, 2, -1}, (double[]){1, 1, 1, 1, 1}, 2, 1, 2);
  result(&f, -1, 1); /* an earlier job did this one */
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 0, 0);
  failure(&f, 0, 0, VT_EDIVERGE, 0, 0);
  assert_int_equal(f.n, 3);
  expect_action(&f, 0, VT_ACT_GIVE_UP, -1, 0);
  expect_action(&f, 1, VT_ACT_GIVE_UP, -1, 2);
  expect_action(&f, 2, VT_ACT_GIVE_UP, -1, 3);
  assert_int_equal(vt_sched_state(f.s, 1), VT_DONE);
  assert_int_equal(vt_sched_failed_by(f.s, 3), 0);
  assert_int_equal(vt_sched_failed_by(f.s, 1), -1);
  assert_false(vt_sched_finished(f.s)); /* task 4 */
  vt_sched_counts c = vt_sched_count(f.s);
  assert_true(c.failed == 3 && c.done == 1 && c.ready == 1 && c.waiting == 0 && c.leased == 0);
  vt_sched_free(f.s);
}

static void a_dead_worker_gives_its_leases_back(void **state)
{
  (void)state;
  fixture f = open_with(3, (int[]){-1, -1, -1}, (double[]){3, 2, 1}, 3, 3, 2);
  ready(&f, 0);
  ready(&f, 0);
  ready(&f, 1);
  ready(&f, 2);
  assert_int_equal(f.n, 0);
  dead(&f, 0);
  assert_int_equal(f.n, 1); /* to the one who waits; the other one stays ready */
  expect_lease(&f, 0, 2, 0, 0, 0);
  assert_int_equal(vt_sched_state(f.s, 1), VT_READY);
  ready(&f, 0); /* a zombie gets no work */
  assert_int_equal(f.n, 1);
  expect_action(&f, 0, VT_ACT_RELEASE, 0, -1);
  dead(&f, 0);
  assert_int_equal(f.n, 0);
  vt_sched_free(f.s);
}

/* It may be alive and only slow: it is told not to wait any longer. */
static void a_dead_worker_that_waited_is_released_and_passed_over(void **state)
{
  (void)state;
  fixture f = open_with(2, (int[]){-1, 0}, (double[]){1, 1}, 3, 3, 2);
  ready(&f, 0);
  ready(&f, 1);
  ready(&f, 2);
  dead(&f, 1);
  assert_int_equal(f.n, 1);
  expect_action(&f, 0, VT_ACT_RELEASE, 1, -1);
  result(&f, 0, 0);
  assert_int_equal(f.n, 1);
  expect_lease(&f, 0, 2, 1, 0, 0);
  vt_sched_free(f.s);
}

static void a_task_that_kills_its_workers_is_given_up(void **state)
{
  (void)state;
  fixture f = open_with(2, (int[]){-1, 0}, (double[]){1, 1}, 3, 3, 2);
  ready(&f, 0);
  dead(&f, 0);
  assert_int_equal(f.n, 0);
  ready(&f, 1);
  expect_lease(&f, 0, 1, 0, 0, 0); /* the same rung: nothing is known against it */
  dead(&f, 1);
  assert_int_equal(f.n, 2);
  expect_action(&f, 0, VT_ACT_GIVE_UP, -1, 0);
  expect_action(&f, 1, VT_ACT_GIVE_UP, -1, 1);
  vt_sched_free(f.s);
}

static void a_result_counts_whoever_sends_it(void **state)
{
  (void)state;
  fixture f = open_with(2, (int[]){-1, 0}, (double[]){1, 1}, 3, 3, 3);
  ready(&f, 0);
  dead(&f, 0);
  ready(&f, 1);
  expect_lease(&f, 0, 1, 0, 0, 0);
  result(&f, 0, 0); /* the dead one was only slow */
  assert_int_equal(vt_sched_state(f.s, 0), VT_DONE);
  assert_int_equal(vt_sched_worker_of(f.s, 0), -1);
  ready(&f, 2);
  expect_lease(&f, 0, 2, 1, 0, 0);
  result(&f, 1, 0); /* a duplicate changes nothing */
  assert_int_equal(f.n, 0);
  dead(&f, 1);
  assert_int_equal(vt_sched_state(f.s, 0), VT_DONE);
  failure(&f, 1, 0, VT_ETASK, 0, 0);
  assert_int_equal(vt_sched_state(f.s, 0), VT_DONE);
  vt_sched_free(f.s);
}

static void a_late_result_revives_a_failed_task_unless_others_fell_with_it(void **state)
{
  (void)state;
  fixture f = open_with(3, (int[]){-1, 0, -1}, (double[]){1, 1, 1}, 3, 1, 1);
  failure(&f, -1, 2, VT_EDIVERGE, 0, 0);
  result(&f, 0, 2);
  assert_int_equal(vt_sched_state(f.s, 2), VT_DONE);
  assert_int_equal(vt_sched_failed_by(f.s, 2), -1);
  failure(&f, -1, 0, VT_EDIVERGE, 0, 0);
  assert_true(vt_sched_finished(f.s));
  result(&f, 0, 0);
  assert_int_equal(f.n, 0);
  assert_int_equal(vt_sched_state(f.s, 0), VT_FAILED);
  assert_true(vt_sched_finished(f.s));
  result(&f, 0, 1);
  assert_int_equal(vt_sched_state(f.s, 1), VT_DONE);
  assert_true(vt_sched_finished(f.s));
  vt_sched_free(f.s);
}

static void only_the_holder_can_fail_a_leased_task(void **state)
{
  (void)state;
  fixture f = open_with(1, (int[]){-1}, (double[]){1}, 2, 3, 3);
  ready(&f, 0);
  dead(&f, 0);
  ready(&f, 1);
  failure(&f, 0, 0, VT_EDIVERGE, 0, 0); /* the other one is at the same rung and will say so itself */
  assert_int_equal(vt_sched_state(f.s, 0), VT_LEASED);
  failure(&f, 1, 0, VT_EDIVERGE, 0, 0);
  ready(&f, 1);
  expect_lease(&f, 0, 1, 0, 0, 1);
  vt_sched_free(f.s);
}

/* The journal lists failures in the order of its files, not of the tries. */
static void failures_may_be_replayed_in_any_order(void **state)
{
  (void)state;
  fixture f = open_with(2, (int[]){-1, 0}, (double[]){1, 1}, 1, 4, 2);
  failure(&f, -1, 0, VT_EDIVERGE, 0, 1);
  failure(&f, -1, 0, VT_EDIVERGE, 0, 0);
  failure(&f, -1, 1, VT_EDIVERGE, 0, 0); /* while it waits for its glass */
  assert_int_equal(vt_sched_state(f.s, 1), VT_WAITING);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 0, 1, 0);
  result(&f, 0, 0);
  ready(&f, 0);
  expect_lease(&f, 0, 0, 1, 0, 1);
  vt_sched_free(f.s);
}

static void stop_releases_everybody_and_leases_nothing(void **state)
{
  (void)state;
  fixture f = open_with(3, (int[]){-1, 0, -1}, (double[]){3, 1, 1}, 3, 3, 1);
  ready(&f, 0);
  ready(&f, 1);
  ready(&f, 2);
  stop(&f);
  assert_int_equal(f.n, 1);
  expect_action(&f, 0, VT_ACT_RELEASE, 2, -1);
  result(&f, 0, 0); /* still counts; its dependent stays ready */
  assert_int_equal(f.n, 0);
  assert_int_equal(vt_sched_state(f.s, 1), VT_READY);
  dead(&f, 1); /* it left: no crash of task 2 although one would be its end */
  assert_int_equal(f.n, 0);
  assert_int_equal(vt_sched_state(f.s, 2), VT_READY);
  ready(&f, 0);
  assert_int_equal(f.n, 1);
  expect_action(&f, 0, VT_ACT_RELEASE, 0, -1);
  assert_false(vt_sched_finished(f.s));
  vt_sched_free(f.s);
}

static void nothing_to_do_is_finished_at_once(void **state)
{
  (void)state;
  fixture f = open_with(0, NULL, NULL, 1, 1, 1);
  assert_true(vt_sched_finished(f.s));
  ready(&f, 0);
  expect_action(&f, 0, VT_ACT_RELEASE, 0, -1);
  vt_sched_free(f.s);
  vt_sched_free(NULL);
}

static void impossible_task_lists_name_the_task(void **state)
{
  (void)state;
  vt_sched *s;
  vt_err err;
  vt_sched_options o = {.n_workers = 1, .max_tries = 1, .crash_limit = 1, .fault_limit = 2};
  vt_sched_task t[4];
  for (int i = 0; i < 4; i++) t[i] = (vt_sched_task){.uid = uid_of_index(i), .needs = i - 1, .cost = 1};
  t[1].needs = 3; /* 1 -> 3 -> 2 -> 1 */
  assert_int_equal(vt_sched_open(&s, t, 4, &o, &err), VT_EINVAL);
  assert_null(s);
  assert_non_null(strstr(err.text, "row 1 needs itself"));
  t[1].needs = 4;
  assert_int_equal(vt_sched_open(&s, t, 4, &o, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "row 1 of 4 needs row 4"));
  t[1].needs = 0;
  static const double bad[] = {0, -1, NAN, INFINITY};
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    t[2].cost = bad[k];
    assert_int_equal(vt_sched_open(&s, t, 4, &o, &err), VT_EINVAL);
    assert_non_null(strstr(err.text, "row 2 has cost"));
  }
  t[2].cost = 1;
  o.n_workers = 0;
  assert_int_equal(vt_sched_open(&s, t, 4, &o, &err), VT_EINVAL);
  o.n_workers = 1;
  o.max_tries = 0;
  assert_int_equal(vt_sched_open(&s, t, 4, &o, &err), VT_EINVAL);
}

static void impossible_events_change_nothing(void **state)
{
  (void)state;
  static const vt_event bad[] = {{.kind = 99},
                                 {.kind = VT_EV_READY, .worker = 2},
                                 {.kind = VT_EV_READY, .worker = -1},
                                 {.kind = VT_EV_WORKER_DEAD, .worker = -1},
                                 {.kind = VT_EV_RESULT, .worker = 0, .task = 2},
                                 {.kind = VT_EV_RESULT, .worker = 0, .task = -1},
                                 {.kind = VT_EV_RESULT, .worker = 7, .task = 0},
                                 {.kind = VT_EV_FAILURE, .worker = 0, .task = 0, .status = VT_OK},
                                 {.kind = VT_EV_FAILURE, .worker = 0, .task = 0, .status = VT_EDIVERGE, .attempt = -1}};
  fixture f = open_with(2, (int[]){-1, 0}, (double[]){1, 1}, 2, 3, 2);
  ready(&f, 0);
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    assert_int_equal(vt_sched_event(f.s, &bad[k], f.a, CAP, &f.n, &f.err), VT_EINVAL);
    assert_int_equal(f.n, 0);
  }
  vt_event ok = {.kind = VT_EV_RESULT, .worker = 0, .task = 0};
  assert_int_equal(vt_sched_event(f.s, &ok, f.a, vt_sched_actions_max(f.s) - 1, &f.n, &f.err), VT_EINVAL);
  assert_int_equal(vt_sched_state(f.s, 0), VT_LEASED);
  assert_int_equal(vt_sched_state(f.s, 1), VT_WAITING);
  vt_sched_free(f.s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_longest_remaining_path_goes_first_then_the_largest_cost),
      cmocka_unit_test(among_equals_the_smallest_uid_goes_first),
      cmocka_unit_test(a_task_waits_for_its_glass),
      cmocka_unit_test(asking_twice_is_one_request),
      cmocka_unit_test(the_ladder_halves_the_step_then_draws_anew),
      cmocka_unit_test(a_diverging_task_climbs_the_ladder_and_is_given_up),
      cmocka_unit_test(a_death_is_the_tasks_fault_if_it_would_happen_again),
      cmocka_unit_test(accidents_say_nothing_of_the_plan),
      cmocka_unit_test(a_task_that_cannot_be_done_is_not_tried_again),
      cmocka_unit_test(a_failure_that_is_not_the_tasks_gives_the_same_lease_again),
      cmocka_unit_test(dependents_of_a_failed_glass_fail_with_it_and_name_it),
      cmocka_unit_test(a_dead_worker_gives_its_leases_back),
      cmocka_unit_test(a_dead_worker_that_waited_is_released_and_passed_over),
      cmocka_unit_test(a_task_that_kills_its_workers_is_given_up),
      cmocka_unit_test(a_result_counts_whoever_sends_it),
      cmocka_unit_test(a_late_result_revives_a_failed_task_unless_others_fell_with_it),
      cmocka_unit_test(only_the_holder_can_fail_a_leased_task),
      cmocka_unit_test(failures_may_be_replayed_in_any_order),
      cmocka_unit_test(stop_releases_everybody_and_leases_nothing),
      cmocka_unit_test(nothing_to_do_is_finished_at_once),
      cmocka_unit_test(impossible_task_lists_name_the_task),
      cmocka_unit_test(impossible_events_change_nothing),
  };
  return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
