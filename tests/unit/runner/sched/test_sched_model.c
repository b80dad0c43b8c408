/* The scheduler against a model of its header that is too simple to be wrong (and too slow to be used): random task
 * forests, random events; actions and states must agree after every event.  And its size: a million tasks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/sched/sched.h"
#include "tests/vt_test.h"

enum { N = 12, W = 4, CAP = N + W, FAULTS = 2, ELSEWHERE = W };

static uint64_t seed_state;
static uint32_t below(uint32_t n)
{
  uint32_t out[4];
  vt_rng_block(seed_state++, (uint32_t[4]){1, 2, 3, 4}, out);
  return out[0] % n;
}

typedef struct model {
  int n, max_tries, crash_limit, stopped;
  vt_sched_task task[N];
  double path[N];
  int state[N], rung[N], crashes[N], faults[N], accidents[N], cause[N], holder[N];
  int dead[W], queue[W], n_queue;
  vt_action out[4 * CAP];
  int n_out;
} model;

static void say(model *m, int kind, int worker, int task)
{
  vt_action a = {.kind = kind, .worker = worker, .task = task};
  if (kind == VT_ACT_LEASE) a.attempt = m->rung[task] / 2, a.half_stage = m->rung[task] % 2;
  m->out[m->n_out++] = a;
}

/* Paths by repeated relaxation: n rounds are enough for chains of n. */
static void model_paths(model *m)
{
  for (int i = 0; i < m->n; i++) m->path[i] = m->task[i].cost;
  for (int round = 0; round < m->n; round++)
    for (int i = 0; i < m->n; i++) {
      int up = m->task[i].needs;
      if (up >= 0 && m->path[up] < m->task[up].cost + m->path[i]) m->path[up] = m->task[up].cost + m->path[i];
    }
}

static int goes_before(const model *m, int a, int b)
{
  if (m->path[a] != m->path[b]) return m->path[a] > m->path[b];
  if (m->task[a].cost != m->task[b].cost) return m->task[a].cost > m->task[b].cost;
  return vt_uid_cmp(&m->task[a].uid, &m->task[b].uid) < 0;
}

static int model_finished(const model *m)
{
  int n = 0;
  for (int i = 0; i < m->n; i++) n += m->state[i] == VT_DONE || m->state[i] == VT_FAILED;
  return n == m->n;
}

static int model_depth(const model *m, int i)
{
  int depth = 0;
  for (; m->task[i].needs >= 0; i = m->task[i].needs) depth++;
  return depth;
}

/* The most urgent one; but while the work that is left fills all workers for more than three times its path, the most
 * urgent of those that need most. */
static int model_next(const model *m)
{
  int best = -1, deepest = -1, workers = W;
  double left = 0;
  for (int i = 0; i < m->n; i++) {
    if (m->state[i] == VT_READY || m->state[i] == VT_WAITING) left += m->task[i].cost;
    workers += m->holder[i] == ELSEWHERE;
    if (m->state[i] != VT_READY) continue;
    if (best < 0 || goes_before(m, i, best)) best = i;
    const int more = deepest < 0 ? 1 : model_depth(m, i) - model_depth(m, deepest);
    if (more > 0 || (more == 0 && goes_before(m, i, deepest))) deepest = i;
  }
  for (int w = 0; w < W; w++) workers -= m->dead[w];
  return best >= 0 && left > 3 * m->path[best] * workers ? deepest : best;
}

static void model_serve(model *m)
{
  while (m->n_queue > 0) {
    const int best = model_next(m);
    int over = m->stopped || model_finished(m);
    if (!over && best < 0) return;
    int w = m->queue[0];
    m->n_queue--;
    memmove(m->queue, m->queue + 1, (size_t)m->n_queue * sizeof m->queue[0]);
    if (over) {
      say(m, VT_ACT_RELEASE, w, -1);
    } else {
      m->state[best] = VT_LEASED;
      m->holder[best] = w;
      say(m, VT_ACT_LEASE, w, best);
    }
  }
}

/* The task, then its dependents, then theirs: generation by generation, each in index order of its parents' lists. */
static void model_give_up(model *m, int t)
{
  int list[N], n = 0;
  list[n++] = t;
  for (int k = 0; k < n; k++) {
    m->state[list[k]] = VT_FAILED;
    m->holder[list[k]] = -1;
    m->cause[list[k]] = t;
    say(m, VT_ACT_GIVE_UP, -1, list[k]);
    for (int i = 0; i < m->n; i++)
      if (m->task[i].needs == list[k] && m->state[i] == VT_WAITING) list[n++] = i;
  }
}

static void model_result(model *m, int t)
{
  if (m->state[t] == VT_DONE) return;
  for (int i = 0; i < m->n; i++)
    if (m->state[t] == VT_FAILED && m->task[i].needs == t && m->state[i] == VT_FAILED && m->cause[i] == m->cause[t])
      return;
  m->state[t] = VT_DONE;
  m->holder[t] = m->cause[t] = -1;
  for (int i = 0; i < m->n; i++)
    if (m->task[i].needs == t && m->state[i] == VT_WAITING) m->state[i] = VT_READY;
}

static void model_failure(model *m, const vt_event *ev)
{
  int t = ev->task, rung = 2 * ev->attempt + ev->half_stage;
  if (m->state[t] == VT_DONE || m->state[t] == VT_FAILED) return;
  vt_dispo d = vt_status_dispo((vt_status)ev->status);
  int many =
      (d == VT_DISPO_CRASH && ++m->faults[t] >= FAULTS) || (d == VT_DISPO_AGAIN && ++m->accidents[t] >= m->max_tries);
  if (m->state[t] == VT_LEASED && m->holder[t] != ev->worker && !many) return;
  if (m->state[t] == VT_LEASED) m->state[t] = VT_READY, m->holder[t] = -1;
  if (many) model_give_up(m, t);
  if (d == VT_DISPO_CRASH || d == VT_DISPO_AGAIN || rung < m->rung[t]) return;
  switch (d) {
  case VT_DISPO_TASK:
    model_give_up(m, t);
    break;
  case VT_DISPO_RETRY:
    if (rung + 1 >= m->max_tries)
      model_give_up(m, t);
    else
      m->rung[t] = rung + 1;
    break;
  default:
    break;
  }
}

static void model_event(model *m, const vt_event *ev, const int *lease_order, int n_leases)
{
  int w = ev->worker, at = -1;
  m->n_out = 0;
  for (int i = 0; w >= 0 && i < m->n_queue; i++)
    if (m->queue[i] == w) at = i;
  if (ev->kind == VT_EV_READY && m->dead[w]) say(m, VT_ACT_RELEASE, w, -1);
  if (ev->kind == VT_EV_READY && !m->dead[w] && at < 0) m->queue[m->n_queue++] = w;
  if (ev->kind == VT_EV_RESULT) model_result(m, ev->task);
  if (ev->kind == VT_EV_FAILURE) model_failure(m, ev);
  if (ev->kind == VT_EV_STOP) m->stopped = 1;
  if (ev->kind == VT_EV_ELSEWHERE && m->state[ev->task] == VT_LEASED && m->holder[ev->task] == w) {
    m->holder[ev->task] = ELSEWHERE;
    if (!m->dead[w] && at < 0) { /* first in the queue again */
      memmove(m->queue + 1, m->queue, (size_t)m->n_queue++ * sizeof m->queue[0]);
      m->queue[0] = w;
    }
  }
  if (ev->kind == VT_EV_BACK && m->state[ev->task] == VT_LEASED && m->holder[ev->task] == ELSEWHERE)
    m->state[ev->task] = VT_READY, m->holder[ev->task] = -1;
  if (ev->kind == VT_EV_WORKER_DEAD) {
    m->dead[w] = 1;
    if (at >= 0) {
      say(m, VT_ACT_RELEASE, w, -1);
      m->n_queue--;
      memmove(m->queue + at, m->queue + at + 1, (size_t)(m->n_queue - at) * sizeof m->queue[0]);
    }
    for (int k = 0; k < n_leases; k++) {
      int t = lease_order[k];
      m->state[t] = VT_READY;
      m->holder[t] = -1;
      if (!m->stopped && ++m->crashes[t] >= m->crash_limit) model_give_up(m, t);
    }
  }
  model_serve(m);
}

static void model_init(model *m)
{
  memset(m, 0, sizeof *m);
  m->n = 1 + (int)below(N);
  m->max_tries = 1 + (int)below(4);
  m->crash_limit = 1 + (int)below(3);
  for (int i = 0; i < m->n; i++) {
    m->task[i] = (vt_sched_task){.needs = i > 0 && below(3) ? (int)below((uint32_t)i) : -1, .cost = 1 + below(3)};
    m->task[i].uid.b[0] = (uint8_t)below(256);
    m->task[i].uid.b[1] = (uint8_t)i;
  }
  for (int i = m->n - 1; i > 0; i--) { /* shuffled, so that a glass may come after what needs it */
    int j = (int)below((uint32_t)i + 1);
    vt_sched_task t = m->task[i];
    m->task[i] = m->task[j];
    m->task[j] = t;
    for (int k = 0; k < m->n; k++)
      m->task[k].needs = m->task[k].needs == i ? j : m->task[k].needs == j ? i : m->task[k].needs;
  }
  model_paths(m);
  for (int i = 0; i < m->n; i++) {
    m->state[i] = m->task[i].needs < 0 ? VT_READY : VT_WAITING;
    m->holder[i] = m->cause[i] = -1;
  }
}

/* Mostly sensible (results and failures of leased tasks by their holders), sometimes late, doubled or from the dead. */
static vt_event random_event(const model *m)
{
  static const vt_status why[] = {VT_EDIVERGE, VT_EDIVERGE, VT_EDIVERGE, VT_ENOMEM,
                                  VT_ECRASH,   VT_ETASK,    VT_EIO,      VT_ESTOP};
  int t = (int)below((uint32_t)m->n), w = m->holder[t] >= 0 && below(8) ? m->holder[t] : (int)below(W + 1) - 1;
  int rung = below(8) ? m->rung[t] : (int)below(4);
  uint32_t what = below(100);
  vt_event ev = {.kind = VT_EV_READY, .worker = (int)below(W), .task = -1};
  if (what < 30)
    ev = (vt_event){.kind = VT_EV_RESULT, .worker = w, .task = t};
  else if (what < 50)
    ev = (vt_event){.kind = VT_EV_FAILURE,
                    .worker = w,
                    .task = t,
                    .status = why[below(sizeof why / sizeof why[0])],
                    .attempt = rung / 2,
                    .half_stage = rung % 2,
                    .stage = VT_STAGE_MELT};
  else if (what < 55)
    ev.kind = VT_EV_WORKER_DEAD;
  else if (what < 62) /* mostly of the holder */
    ev = (vt_event){.kind = VT_EV_ELSEWHERE, .worker = w >= 0 && w < W ? w : 0, .task = t};
  else if (what < 68)
    ev = (vt_event){.kind = VT_EV_BACK, .worker = -1, .task = t};
  else if (what < 69)
    ev = (vt_event){.kind = VT_EV_STOP, .worker = -1, .task = -1};
  return ev;
}

static void compare_with_model(const model *m, const vt_sched *s, const vt_action *a, int n, uint64_t seed)
{
  if (n != m->n_out) fail_msg("seed %llu: %d actions, the model has %d", (unsigned long long)seed, n, m->n_out);
  for (int k = 0; k < n; k++)
    if (memcmp(&a[k], &m->out[k], sizeof a[k]) != 0)
      fail_msg("seed %llu: action %d is %d worker %d task %d, the model's %d worker %d task %d",
               (unsigned long long)seed, k, a[k].kind, a[k].worker, a[k].task, m->out[k].kind, m->out[k].worker,
               m->out[k].task);
  int64_t count[5] = {0};
  for (int i = 0; i < m->n; i++) {
    count[m->state[i]]++;
    if ((int)vt_sched_state(s, i) != m->state[i] || vt_sched_worker_of(s, i) != m->holder[i] ||
        vt_sched_failed_by(s, i) != m->cause[i])
      fail_msg("seed %llu: task %d differs from the model", (unsigned long long)seed, i);
  }
  vt_sched_counts c = vt_sched_count(s);
  assert_true(c.waiting == count[VT_WAITING] && c.ready == count[VT_READY] && c.leased == count[VT_LEASED] &&
              c.done == count[VT_DONE] && c.failed == count[VT_FAILED]);
  assert_int_equal(vt_sched_finished(s), model_finished(m));
}

/* Leases of a worker in the scheduler's order (latest first): the header leaves it open, so the model borrows it from
 * the history. */
typedef struct history {
  int task[N], n;
} history;

static void forget(history *h, int t)
{
  int k = 0;
  for (int i = 0; i < h->n; i++)
    if (h->task[i] != t) h->task[k++] = h->task[i];
  h->n = k;
}

static void note(history h[W], const vt_sched *s, const model *m, const vt_action *a, int n)
{
  for (int w = 0; w < W; w++)
    for (int t = 0; t < m->n; t++)
      if (vt_sched_worker_of(s, t) != w) forget(&h[w], t);
  for (int k = 0; k < n; k++) {
    if (a[k].kind != VT_ACT_LEASE) continue;
    history *g = &h[a[k].worker];
    forget(g, a[k].task); /* given back and leased again in one event */
    memmove(g->task + 1, g->task, (size_t)g->n * sizeof g->task[0]);
    g->task[0] = a[k].task;
    g->n++;
  }
}

static void random_events_agree_with_the_model(void **state)
{
  (void)state;
  enum { FORESTS = 20000, EVENTS = 60 };
  const char *env = getenv("VT_SEED");
  uint64_t first = env ? strtoull(env, NULL, 10) : 1;
  for (uint64_t seed = first; seed < first + (env ? 1 : FORESTS); seed++) {
    seed_state = seed << 32;
    model m;
    vt_sched *s;
    vt_err err;
    history h[W] = {0};
    model_init(&m);
    vt_sched_options o = {
        .n_workers = W, .max_tries = m.max_tries, .crash_limit = m.crash_limit, .fault_limit = FAULTS};
    VT_TEST_OK(vt_sched_open(&s, m.task, m.n, &o, &err), &err);
    for (int e = 0; e < EVENTS; e++) {
      vt_action a[CAP];
      int n;
      vt_event ev = random_event(&m);
      model_event(&m, &ev, ev.worker >= 0 ? h[ev.worker].task : NULL, ev.worker >= 0 ? h[ev.worker].n : 0);
      memset(a, 0, sizeof a);
      VT_TEST_OK(vt_sched_event(s, &ev, a, vt_sched_actions_max(s), &n, &err), &err);
      compare_with_model(&m, s, a, n, seed);
      note(h, s, &m, a, n);
    }
    vt_sched_free(s);
  }
}

/* 200 000 glasses with 4 dependents each, 64 workers: every lease, every result.  The time is printed, not judged. */
static void a_million_tasks_are_scheduled(void **state)
{
  (void)state;
  enum { GLASSES = 200000, EACH = 4, TASKS = GLASSES * (1 + EACH), WORKERS = 64 };
  vt_sched_task *t = calloc(TASKS, sizeof *t);
  assert_non_null(t);
  seed_state = 7;
  for (int i = 0; i < TASKS; i++) {
    uint32_t r[4];
    vt_rng_block(11, (uint32_t[4]){(uint32_t)i, 0, 0, 0}, r);
    memcpy(t[i].uid.b, r, sizeof r);
    t[i].needs = i < GLASSES ? -1 : (i - GLASSES) / EACH;
    t[i].cost = 1 + r[0] % 100;
  }
  vt_sched *s;
  vt_err err;
  vt_sched_options o = {.n_workers = WORKERS, .max_tries = 3, .crash_limit = 2, .fault_limit = 2};
  double t0 = vt_now_s();
  VT_TEST_OK(vt_sched_open(&s, t, TASKS, &o, &err), &err);
  double t1 = vt_now_s();
  int cap = vt_sched_actions_max(s), n, held[WORKERS];
  vt_action *a = calloc((size_t)cap, sizeof *a);
  assert_non_null(a);
  for (int w = 0; w < WORKERS; w++) held[w] = -1;
  for (int64_t k = 0; !vt_sched_finished(s); k++) {
    assert_true(k < 2 * TASKS);
    int w = (int)(k % WORKERS);
    if (held[w] >= 0) {
      vt_event done = {.kind = VT_EV_RESULT, .worker = w, .task = held[w]};
      held[w] = -1;
      VT_TEST_OK(vt_sched_event(s, &done, a, cap, &n, &err), &err);
      for (int i = 0; i < n; i++)
        if (a[i].kind == VT_ACT_LEASE) held[a[i].worker] = a[i].task;
    }
    vt_event ask = {.kind = VT_EV_READY, .worker = w, .task = -1};
    VT_TEST_OK(vt_sched_event(s, &ask, a, cap, &n, &err), &err);
    for (int i = 0; i < n; i++)
      if (a[i].kind == VT_ACT_LEASE) held[a[i].worker] = a[i].task;
  }
  assert_int_equal(vt_sched_count(s).done, TASKS);
  print_message("1 000 000 tasks: %.2f s to open, %.2f s for 2 000 000 events\n", t1 - t0, vt_now_s() - t1);
  vt_sched_free(s);
  free(a);
  free(t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_events_agree_with_the_model),
      cmocka_unit_test(a_million_tasks_are_scheduled),
  };
  return cmocka_run_group_tests_name("sched_model", tests, NULL, NULL);
}
