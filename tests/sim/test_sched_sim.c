/* A master around vt_sched and workers around a random clock, over simulated ranks: thousands of small worlds with
 * failures, stalls, deaths and stops, each restarted until it is over; and one large one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/comm/comm.h"
#include "runner/sched/sched.h"
#include "tests/support/draw.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { TAG_READY = 1, TAG_BEAT, TAG_RESULT, TAG_FAILURE, TAG_GONE, TAG_TASK, TAG_RELEASE };
enum { HOLD_MOST = 2, RUNGS = 8 };

typedef struct order { /* every message with a content */
  int32_t task, attempt, half_stage, status;
} order;

/* What happens in a world; everything else follows from the seed. */
typedef struct rules {
  uint64_t seed;
  int n_workers, n_tasks, n_glass, max_tries, crash_limit, hold; /* hold: leases a worker asks for */
  double delay_s, step_s, task_s, beat_s, silence_s;             /* silence_s: then the master gives a worker up */
  double p_die, p_stall, stop_at_s;                              /* per task; < 0: no stop */
} rules;

typedef struct worker {
  int rank, gone, leaving, asked, n_held;
  order held[HOLD_MOST];
  double ends, dies, stalled_until, next_beat; /* of held[0] */
} worker;

typedef struct world {
  rules r;
  vt_sched_task *task;
  /* The journal: what is durable. */
  char *result;
  unsigned char *failed; /* bit k: rung k failed */
  /* One start. */
  int start;
  vt_sim *sim;
  vt_sched *sched;
  vt_action *action;
  int cap, stopped, n_dead;
  worker *worker;
  double *heard; /* master: when it last heard of a rank */
  char *given_up;
  int *recorded; /* how often a task became DONE in this start */
  int64_t n_draws, n_events, n_messages, n_kills;
} world;

static double chance(world *w)
{
  double u[2];
  vt_rng_uniform2(w->r.seed, VT_STREAM_TEST, 7, w->n_draws++, 3, u);
  return u[0];
}

/* How many rungs of a task fail before one succeeds: 85 % none, 2 % say at once that it cannot be done (-1). */
static int trouble(const world *w, int task)
{
  double u[2];
  vt_rng_uniform2(w->r.seed, VT_STREAM_TEST, 8, task, 4, u);
  if (u[0] < 0.85) return 0;
  return u[0] < 0.87 ? -1 : 1 + (int)(u[1] * 4);
}

/* The independent answer: a task is done in the end iff its glass is and a rung that may be tried succeeds. */
static int possible(const world *w, int t)
{
  for (; t >= 0; t = w->task[t].needs)
    if (trouble(w, t) < 0 || trouble(w, t) >= w->r.max_tries) return 0;
  return 1;
}

/* ------------------------------------------------------------------ worker */

static void tell(world *w, int from, int to, int tag, const order *o)
{
  vt_err err;
  VT_TEST_OK(vt_comm_send(vt_sim_comm(w->sim, from), to, tag, o, o ? sizeof *o : 0, &err), &err);
}

static void begin_next(world *w, worker *k)
{
  if (k->n_held == 0) return;
  double now = vt_sim_now(w->sim), takes = w->r.task_s * (0.2 + 1.6 * chance(w));
  k->ends = now + takes;
  k->dies = chance(w) < w->r.p_die ? now + takes * chance(w) : -1;
  k->stalled_until = chance(w) < w->r.p_stall ? now + 3 * w->r.silence_s * chance(w) : -1;
}

static void worker_take(world *w, worker *k, const vt_msg *m)
{
  if (m->tag == TAG_RELEASE) {
    k->leaving = 1;
    return;
  }
  assert_int_equal(m->tag, TAG_TASK);
  assert_int_equal(m->n, sizeof(order));
  assert_true(k->n_held < HOLD_MOST);
  k->asked = 0;
  memcpy(&k->held[k->n_held++], m->data, sizeof(order));
  if (k->n_held == 1) begin_next(w, k);
}

static void worker_end_task(world *w, worker *k)
{
  order o = k->held[0];
  int rung = 2 * o.attempt + o.half_stage, bad = trouble(w, o.task), fails = bad < 0 || rung < bad;
  assert_in_range(rung, 0, w->r.max_tries - 1);
  if (fails)
    w->failed[o.task] |= (unsigned char)(1u << rung);
  else
    w->result[o.task] = 1;
  o.status = bad < 0 ? VT_ETASK : VT_EDIVERGE;
  tell(w, k->rank, 0, fails ? TAG_FAILURE : TAG_RESULT, &o);
  k->held[0] = k->held[1];
  k->n_held--;
  begin_next(w, k);
}

static void worker_step(world *w, worker *k)
{
  vt_err err;
  vt_msg m;
  int got = 1;
  double now = vt_sim_now(w->sim);
  if (k->gone || !vt_sim_alive(w->sim, k->rank)) return;
  if (k->n_held > 0 && k->dies >= 0 && now >= k->dies) {
    w->n_kills++;
    vt_sim_kill(w->sim, k->rank);
    return;
  }
  if (k->n_held > 0 && now < k->stalled_until) return;
  while (got) {
    VT_TEST_OK(vt_comm_poll(vt_sim_comm(w->sim, k->rank), &m, &got, &err), &err);
    if (got) worker_take(w, k, &m);
  }
  if (k->n_held > 0 && now >= k->ends) worker_end_task(w, k);
  if (now >= k->next_beat) {
    k->next_beat = now + w->r.beat_s;
    tell(w, k->rank, 0, TAG_BEAT, NULL);
  }
  if (k->leaving && (k->n_held == 0 || chance(w) < 0.05)) { /* some finish what they have, some leave it */
    tell(w, k->rank, 0, TAG_GONE, NULL);
    k->gone = 1;
  }
  if (!k->leaving && k->asked == 0 && k->n_held < w->r.hold) {
    k->asked = 1;
    tell(w, k->rank, 0, TAG_READY, NULL);
  }
}

/* ------------------------------------------------------------------ master */

static void execute(world *w, const vt_action *a)
{
  order o = {.task = a->task, .attempt = a->attempt, .half_stage = a->half_stage};
  switch ((vt_action_kind)a->kind) {
  case VT_ACT_LEASE:
    assert_false(w->stopped);
    assert_false(w->given_up[a->worker + 1]);
    assert_int_equal(vt_sched_worker_of(w->sched, a->task), a->worker);
    tell(w, 0, a->worker + 1, TAG_TASK, &o);
    break;
  case VT_ACT_RELEASE:
    tell(w, 0, a->worker + 1, TAG_RELEASE, NULL);
    break;
  case VT_ACT_GIVE_UP:
    assert_int_equal(vt_sched_state(w->sched, a->task), VT_FAILED);
    break;
  }
}

static void event(world *w, vt_event ev)
{
  vt_err err;
  int n, was_done = ev.kind == VT_EV_RESULT && vt_sched_state(w->sched, ev.task) == VT_DONE;
  w->n_events++;
  VT_TEST_OK(vt_sched_event(w->sched, &ev, w->action, w->cap, &n, &err), &err);
  if (ev.kind == VT_EV_RESULT && !was_done && vt_sched_state(w->sched, ev.task) == VT_DONE) w->recorded[ev.task]++;
  for (int i = 0; i < n; i++) execute(w, &w->action[i]);
}

static void declare_dead(world *w, int rank)
{
  if (w->given_up[rank]) return;
  w->given_up[rank] = 1;
  w->n_dead++;
  event(w, (vt_event){.kind = VT_EV_WORKER_DEAD, .worker = rank - 1, .task = -1});
}

static void master_take(world *w, const vt_msg *m)
{
  vt_event ev = {.worker = m->src - 1, .task = -1};
  w->heard[m->src] = vt_sim_now(w->sim);
  if (m->tag == TAG_READY) {
    ev.kind = VT_EV_READY;
    event(w, ev);
  } else if (m->tag == TAG_GONE) {
    declare_dead(w, m->src);
  } else if (m->tag == TAG_RESULT || m->tag == TAG_FAILURE) {
    order o;
    assert_int_equal(m->n, sizeof o);
    memcpy(&o, m->data, sizeof o);
    ev = (vt_event){.kind = m->tag == TAG_RESULT ? VT_EV_RESULT : VT_EV_FAILURE,
                    .worker = m->src - 1,
                    .task = o.task,
                    .status = o.status,
                    .attempt = o.attempt,
                    .half_stage = o.half_stage,
                    .stage = VT_STAGE_MELT};
    event(w, ev);
  }
}

static void master_step(world *w)
{
  vt_err err;
  vt_msg m;
  int got = 1;
  double now = vt_sim_now(w->sim);
  while (got) {
    VT_TEST_OK(vt_comm_poll(vt_sim_comm(w->sim, 0), &m, &got, &err), &err);
    if (got) master_take(w, &m);
  }
  for (int rank = 1; rank <= w->r.n_workers; rank++)
    if (!w->given_up[rank] && now - w->heard[rank] > w->r.silence_s) declare_dead(w, rank);
  if (w->r.stop_at_s >= 0 && now >= w->r.stop_at_s && !w->stopped) {
    w->stopped = 1;
    event(w, (vt_event){.kind = VT_EV_STOP, .worker = -1, .task = -1});
  }
}

/* ------------------------------------------------------------------ one start */

/* The journal lists failures in no particular order of the tries. */
static void replay_failures(world *w)
{
  for (int t = 0; t < w->r.n_tasks; t++) {
    if (w->result[t]) event(w, (vt_event){.kind = VT_EV_RESULT, .worker = -1, .task = t});
    int first = (int)(chance(w) * RUNGS);
    for (int i = 0; i < RUNGS && !w->result[t]; i++) {
      int rung = (first + i) % RUNGS;
      if (w->failed[t] >> rung & 1)
        event(w, (vt_event){.kind = VT_EV_FAILURE,
                            .worker = -1,
                            .task = t,
                            .status = trouble(w, t) < 0 ? VT_ETASK : VT_EDIVERGE,
                            .attempt = rung / 2,
                            .half_stage = rung % 2,
                            .stage = VT_STAGE_MELT});
    }
  }
}

static void begin_start(world *w)
{
  vt_err err;
  int n_ranks = w->r.n_workers + 1;
  vt_sched_options so = {
      .n_workers = w->r.n_workers, .max_tries = w->r.max_tries, .crash_limit = w->r.crash_limit, .fault_limit = 2};
  vt_sim_options mo = {.n_ranks = n_ranks, .seed = w->r.seed + (uint64_t)w->start, .delay_s = w->r.delay_s};
  VT_TEST_OK(vt_sched_open(&w->sched, w->task, w->r.n_tasks, &so, &err), &err);
  VT_TEST_OK(vt_sim_open(&w->sim, &mo, &err), &err);
  w->cap = vt_sched_actions_max(w->sched);
  w->action = vt_test_array((size_t)w->cap, sizeof *w->action);
  w->worker = vt_test_array((size_t)w->r.n_workers, sizeof *w->worker);
  w->heard = vt_test_array((size_t)n_ranks, sizeof *w->heard);
  w->given_up = vt_test_array((size_t)n_ranks, 1);
  w->recorded = vt_test_array((size_t)w->r.n_tasks, sizeof *w->recorded);
  w->stopped = w->n_dead = 0;
  for (int k = 0; k < w->r.n_workers; k++) w->worker[k].rank = k + 1;
  replay_failures(w);
}

/* Nobody is left who could do anything. */
static int deserted(const world *w)
{
  for (int k = 0; k < w->r.n_workers; k++)
    if (!w->worker[k].gone && vt_sim_alive(w->sim, k + 1)) return 0;
  return 1;
}

static void check_leases(const world *w)
{
  vt_sched_counts c = vt_sched_count(w->sched);
  int64_t leased = 0;
  for (int t = 0; t < w->r.n_tasks; t++) {
    int k = vt_sched_worker_of(w->sched, t), up = w->task[t].needs;
    vt_task_state s = vt_sched_state(w->sched, t);
    assert_int_equal(k >= 0, s == VT_LEASED);
    leased += k >= 0;
    if (k >= 0) assert_false(w->given_up[k + 1]);
    if (s == VT_LEASED || s == VT_READY) assert_true(up < 0 || vt_sched_state(w->sched, up) == VT_DONE);
    if (s == VT_DONE) assert_true(w->result[t]); /* durable before it is counted */
    assert_true(w->recorded[t] <= 1);
  }
  assert_int_equal(leased, c.leased);
  assert_int_equal(c.waiting + c.ready + c.leased + c.done + c.failed, w->r.n_tasks);
}

/* Until all is decided and everybody has left, or nobody is left; then the last letters are read. */
static void run_start(world *w, int check_every)
{
  begin_start(w);
  double most = 1000 * w->r.task_s * (1 + (double)w->r.n_tasks / w->r.n_workers);
  for (int64_t step = 0; !deserted(w); step++) {
    master_step(w);
    for (int k = 0; k < w->r.n_workers; k++) worker_step(w, &w->worker[k]);
    if (step % check_every == 0) check_leases(w);
    vt_sim_advance(w->sim, w->r.step_s);
    if (vt_sim_now(w->sim) > most) fail_msg("seed %llu start %d never ends", (unsigned long long)w->r.seed, w->start);
  }
  vt_sim_advance(w->sim, 1e9);
  master_step(w);
  check_leases(w);
  w->n_messages += vt_sim_messages(w->sim);
  w->start++;
}

static void end_start(world *w)
{
  vt_sim_close(w->sim);
  vt_sched_free(w->sched);
  free(w->action);
  free(w->worker);
  free(w->heard);
  free(w->given_up);
  free(w->recorded);
}

static void make_tasks(world *w)
{
  size_t n = (size_t)w->r.n_tasks;
  w->task = vt_test_array(n, sizeof *w->task);
  w->result = vt_test_array(n, 1);
  w->failed = vt_test_array(n, 1);
  for (int t = 0; t < w->r.n_tasks; t++) {
    w->task[t].needs = t < w->r.n_glass ? -1 : (int)(chance(w) * w->r.n_glass);
    w->task[t].cost = 0.5 + chance(w);
    vt_sha256(&t, sizeof t, &w->task[t].uid);
  }
}

static void free_tasks(world *w)
{
  free(w->task);
  free(w->result);
  free(w->failed);
}

/* ------------------------------------------------------------------ tests */

static rules small_rules(uint64_t seed)
{
  uint32_t x[4], y[4];
  vt_rng_block(seed, (uint32_t[4]){1, 0, 0, 0}, x);
  vt_rng_block(seed, (uint32_t[4]){2, 0, 0, 0}, y);
  int n = 1 + (int)(x[1] % 30);
  return (rules){.seed = seed,
                 .n_workers = 1 + (int)(x[0] % 6),
                 .n_tasks = n,
                 .n_glass = 1 + (int)(x[2] % (unsigned)n),
                 .max_tries = 1 + (int)(x[3] % 4),
                 .crash_limit = y[0] % 2 ? 2 : 1000,
                 .hold = 1 + (int)(y[1] % HOLD_MOST),
                 .delay_s = y[2] % 3 ? 0.02 : 0.2,
                 .step_s = 0.02,
                 .task_s = 1,
                 .beat_s = 0.5,
                 .silence_s = 3,
                 .p_die = y[3] % 4 * 0.05,
                 .p_stall = y[3] / 4 % 3 * 0.1,
                 .stop_at_s = y[3] / 16 % 2 ? 1.0 + y[3] / 32 % 10 : -1.0};
}

/* Whatever happens in the first starts, a last one without accidents ends with exactly the results that are possible,
 * each recorded once, and no lease open.  Before that a task is only ever DONE if its result is durable, and failed for
 * good only if it cannot be done, or killed as many workers as allowed. */
static void every_small_world_ends_with_all_that_is_possible(void **state)
{
  (void)state;
  enum { WORLDS = 2000, ACCIDENTS = 3 };
  int64_t starts = 0, kills = 0, messages = 0, done = 0, failed = 0, dead = 0;
  const uint64_t only = vt_test_first_seed(0), first = only ? only : 1, n = only ? 1 : WORLDS;
  for (uint64_t seed = first; seed < first + n; seed++) {
    world w = {.r = small_rules(seed)};
    make_tasks(&w);
    for (int k = 0; k <= ACCIDENTS; k++) {
      if (k == ACCIDENTS) { /* patience and good luck */
        w.r.p_die = w.r.p_stall = 0;
        w.r.stop_at_s = -1;
        w.r.silence_s = 1e9;
      }
      run_start(&w, 1);
      dead += w.n_dead;
      vt_sched_counts c = vt_sched_count(w.sched);
      for (int t = 0; t < w.r.n_tasks; t++) {
        vt_task_state s = vt_sched_state(w.sched, t);
        int can = possible(&w, t);
        if (s == VT_DONE && !can) fail_msg("seed %llu: impossible task %d is done", (unsigned long long)seed, t);
        if (s == VT_FAILED && can && w.r.crash_limit > 100)
          fail_msg("seed %llu: possible task %d failed", (unsigned long long)seed, t);
        if (k == ACCIDENTS && s != (can ? VT_DONE : VT_FAILED))
          fail_msg("seed %llu: task %d is in state %d at the end", (unsigned long long)seed, t, (int)s);
        if (k == ACCIDENTS && can) assert_int_equal(w.recorded[t], 1);
      }
      if (k == ACCIDENTS) done += c.done, failed += c.failed;
      end_start(&w);
    }
    starts += w.start, kills += w.n_kills, messages += w.n_messages;
    free_tasks(&w);
  }
  print_message("%lld starts, %lld messages, %lld kills, %lld workers left or given up, %lld tasks done, %lld failed\n",
                (long long)starts, (long long)messages, (long long)kills, (long long)dead, (long long)done,
                (long long)failed);
  if (n > 1) assert_true(kills > 1000 && failed > 1000 && done > 10000); /* the accidents do happen */
}

static void a_thousand_workers_share_a_hundred_thousand_tasks(void **state)
{
  (void)state;
  world w = {.r = {.seed = 99,
                   .n_workers = 1000,
                   .n_tasks = 100000,
                   .n_glass = 20000,
                   .max_tries = 3,
                   .crash_limit = 1000,
                   .hold = 1,
                   .delay_s = 0.05,
                   .step_s = 0.1,
                   .task_s = 10,
                   .beat_s = 5,
                   .silence_s = 30,
                   .p_die = 0.002,
                   .stop_at_s = -1}};
  double t0 = vt_now_s();
  make_tasks(&w);
  run_start(&w, 1000);
  double wall = vt_now_s() - t0;
  vt_sched_counts c = vt_sched_count(w.sched);
  for (int t = 0; t < w.r.n_tasks; t++)
    assert_int_equal(vt_sched_state(w.sched, t), possible(&w, t) ? VT_DONE : VT_FAILED);
  print_message("1000 workers, 100 000 tasks: %.1f s, %lld messages (%.0f/s), %lld events, %lld kills, %lld done, "
                "%lld failed, %.0f virtual s\n",
                wall, (long long)w.n_messages, (double)w.n_messages / wall, (long long)w.n_events, (long long)w.n_kills,
                (long long)c.done, (long long)c.failed, vt_sim_now(w.sim) - 1e9);
  assert_true(w.n_kills > 100);
  end_start(&w);
  free_tasks(&w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_small_world_ends_with_all_that_is_possible),
      cmocka_unit_test(a_thousand_workers_share_a_hundred_thousand_tasks),
  };
  return cmocka_run_group_tests_name("sched_sim", tests, NULL, NULL);
}
