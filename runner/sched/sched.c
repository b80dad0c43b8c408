/* sched.c - the state of every task and worker, and the one function that changes it. */
#include <limits.h>
#include <math.h>

#include "runner/sched/sched_impl.h"

/* Of the longest chain: how many times as long everybody must have work for it to wait.  By simulation of campaigns
 * on 3 to 256 ranks (DECISIONS.md). */
static const double CALM = 3;

typedef struct task_rec {
  int32_t state;               /* vt_task_state */
  int32_t attempt, half_stage; /* rung of the ladder: next to be tried, or being tried */
  int32_t crashes;             /* workers that died with it */
  int32_t faults;              /* recorded deaths that it caused */
  int32_t accidents;           /* of machines that ran it */
  int32_t failed_by;           /* of a FAILED task, else -1 */
  int32_t holder;              /* of a LEASED task, else -1 */
  int32_t next, prev;          /* in its holder's list of leases, else -1 */
} task_rec;

typedef struct worker_rec {
  int32_t lease; /* first of its list, -1 */
  int8_t dead, waiting;
} worker_rec;

struct vt_sched {
  vt_sched_options o;
  vt__order order;
  task_rec *task;     /* [order.n] */
  worker_rec *worker; /* [n_workers + 1]; the last one stands for other jobs */
  int n_elsewhere;
  int64_t count[VT_FAILED + 1];
  vt__ready ready;
  vt__learn learn;
  double left;      /* cost of the READY and WAITING tasks */
  int n_dead;       /* workers */
  int32_t *on_node; /* [nodes] leases of the workers of a node; NULL: nobody said where they are */
  int32_t *queue;   /* [n_workers] ring of waiting workers; a dead one is skipped when it comes up */
  int q_head, q_len;
  int32_t *failing;   /* [order.n] scratch of give_up */
  int stopped, whole; /* whole: it was opened to the end */
  vt_action *out;     /* of the event being handled */
  int n_out;
};

static void act(vt_sched *s, vt_action a)
{
  VT_ASSERT(s->n_out < vt_sched_actions_max(s));
  s->out[s->n_out++] = a;
}

/* DONE is for good; FAILED may become DONE, when another job reports a result. */
static int may_follow(int from, int to)
{
  static const unsigned char next[VT_FAILED + 1][VT_FAILED + 1] = {
      [VT_WAITING] = {[VT_READY] = 1, [VT_DONE] = 1, [VT_FAILED] = 1},
      [VT_READY] = {[VT_LEASED] = 1, [VT_DONE] = 1, [VT_FAILED] = 1},
      [VT_LEASED] = {[VT_READY] = 1, [VT_DONE] = 1},
      [VT_FAILED] = {[VT_DONE] = 1}};
  return next[from][to];
}

static int to_begin(int state) { return state == VT_WAITING || state == VT_READY; }

static void set_state(vt_sched *s, int t, vt_task_state st)
{
  VT_ASSERT(may_follow(s->task[t].state, (int)st));
  VT_ASSERT(s->task[t].holder < 0);
  VT_ASSERT(s->count[s->task[t].state] > 0);
  s->left += s->order.cost[t] * (to_begin((int)st) - to_begin(s->task[t].state));
  s->count[s->task[t].state]--;
  s->count[st]++;
  s->task[t].state = st;
}

/* ------------------------------------------------------------------ ready tasks */

static void make_ready(vt_sched *s, int t)
{
  set_state(s, t, VT_READY);
  vt__ready_push(&s->ready, t);
}

/* The first of one order that is READY still; -1: none. */
static int first_ready(vt_sched *s, vt__ready_by by)
{
  int t;
  while ((t = vt__ready_first(&s->ready, by)) >= 0 && s->task[t].state != VT_READY) vt__ready_pop(&s->ready, by);
  return t;
}

/* The ready task that is begun next, or -1.  While what is left keeps all workers busy for several times the longest
 * chain, that chain may wait: tasks whose glass is there come first. */
static int next_ready(vt_sched *s)
{
  const int longest = first_ready(s, VT__BY_PATH);
  if (longest < 0) return -1;
  const int workers = s->o.n_workers - s->n_dead + s->n_elsewhere;
  if (s->left <= CALM * s->order.path[longest] * workers) return longest;
  return first_ready(s, VT__BY_DEPTH);
}

/* After costs have changed.  Without memory the old order stays: it is as good for every result. */
static void order_anew(vt_sched *s)
{
  vt__ready_clear(&s->ready);
  if (vt__order_sort(&s->order, NULL) != VT_OK) vt_log(VT_LOG_WARN, "sched", "ev=order_kept why=\"no memory\"");
  s->left = 0;
  for (int t = 0; t < s->order.n; t++) {
    if (to_begin(s->task[t].state)) s->left += s->order.cost[t];
    if (s->task[t].state == VT_READY) vt__ready_push(&s->ready, t);
  }
}

static void learn(vt_sched *s, int t, double took_s)
{
  vt__learn_took(&s->learn, t, took_s);
  if (vt__learn_costs(&s->learn, s->order.cost)) order_anew(s);
}

/* ------------------------------------------------------------------ leases */

static void hold(vt_sched *s, int t, int w)
{
  task_rec *r = &s->task[t];
  VT_ASSERT(r->state == VT_LEASED && r->holder < 0);
  VT_ASSERT(w >= 0 && w <= s->o.n_workers);
  s->n_elsewhere += w == s->o.n_workers;
  if (s->on_node && w < s->o.n_workers) s->on_node[s->o.node[w]]++;
  r->holder = w;
  r->prev = -1;
  r->next = s->worker[w].lease;
  if (r->next >= 0) s->task[r->next].prev = t;
  s->worker[w].lease = t;
}

static void sched_lease(vt_sched *s, int t, int w)
{
  const task_rec *r = &s->task[t];
  VT_ASSERT(!s->worker[w].dead && !s->worker[w].waiting && !s->stopped);
  VT_ASSERT(r->crashes < s->o.crash_limit && r->faults < s->o.fault_limit);
  set_state(s, t, VT_LEASED);
  hold(s, t, w);
  act(s, (vt_action){.kind = VT_ACT_LEASE, .worker = w, .task = t, .attempt = r->attempt, .half_stage = r->half_stage});
}

static void end_lease(vt_sched *s, int t)
{
  task_rec *r = &s->task[t];
  VT_ASSERT(r->state == VT_LEASED && r->holder >= 0);
  VT_ASSERT(r->prev >= 0 ? s->task[r->prev].next == t : s->worker[r->holder].lease == t);
  s->n_elsewhere -= r->holder == s->o.n_workers;
  if (s->on_node && r->holder < s->o.n_workers) s->on_node[s->o.node[r->holder]]--;
  if (r->prev >= 0)
    s->task[r->prev].next = r->next;
  else
    s->worker[r->holder].lease = r->next;
  if (r->next >= 0) s->task[r->next].prev = r->prev;
  r->holder = r->next = r->prev = -1;
  VT_ASSERT(s->n_elsewhere >= 0);
}

/* ------------------------------------------------------------------ waiting workers */

static void enqueue(vt_sched *s, int w)
{
  VT_ASSERT(!s->worker[w].dead && !s->worker[w].waiting);
  VT_ASSERT(s->q_len < s->o.n_workers);
  s->queue[(s->q_head + s->q_len++) % s->o.n_workers] = w;
  s->worker[w].waiting = 1;
}

static void enqueue_first(vt_sched *s, int w)
{
  VT_ASSERT(!s->worker[w].dead && !s->worker[w].waiting);
  VT_ASSERT(s->q_len < s->o.n_workers);
  s->q_head = (s->q_head + s->o.n_workers - 1) % s->o.n_workers;
  s->q_len++;
  s->queue[s->q_head] = w;
  s->worker[w].waiting = 1;
}

/* Brings the waiting worker to the head of the queue whose node has fewest leases, of several the one that has waited
 * longest; the others keep their places. */
static void roomiest_first(vt_sched *s)
{
  const int n = s->o.n_workers, head = s->q_head;
  int best = -1;
  for (int i = 0; i < s->q_len; i++) {
    const int w = s->queue[(head + i) % n];
    if (s->worker[w].dead) continue;
    if (best < 0 || s->on_node[s->o.node[w]] < s->on_node[s->o.node[s->queue[(head + best) % n]]]) best = i;
  }
  if (best <= 0) return;
  const int w = s->queue[(head + best) % n];
  for (int i = best; i > 0; i--) s->queue[(head + i) % n] = s->queue[(head + i - 1) % n];
  s->queue[head] = w;
}

/* Who gets the next task, or -1: who has waited longest and still lives. */
static int dequeue(vt_sched *s)
{
  if (s->on_node) roomiest_first(s);
  while (s->q_len > 0) {
    int w = s->queue[s->q_head];
    s->q_head = (s->q_head + 1) % s->o.n_workers;
    s->q_len--;
    if (s->worker[w].dead) continue;
    VT_ASSERT(s->worker[w].waiting);
    s->worker[w].waiting = 0;
    return w;
  }
  return -1;
}

static void sched_release(vt_sched *s, int w) { act(s, (vt_action){.kind = VT_ACT_RELEASE, .worker = w, .task = -1}); }

/* After every event: who waits gets a task, or is sent away if nothing can come any more. */
static void serve(vt_sched *s)
{
  int w, t;
  if (s->stopped || vt_sched_finished(s)) {
    while ((w = dequeue(s)) >= 0) sched_release(s, w);
    return;
  }
  while (s->q_len > 0 && (t = next_ready(s)) >= 0) {
    w = dequeue(s);
    if (w < 0) return; /* all who waited are dead: it stays ready */
    sched_lease(s, t, w);
  }
}

/* ------------------------------------------------------------------ ends of tasks */

static void sched_done(vt_sched *s, int t)
{
  set_state(s, t, VT_DONE);
  s->task[t].failed_by = -1;
  for (int32_t k = s->order.first[t]; k < s->order.first[t + 1]; k++) {
    int c = s->order.child[k];
    if (s->task[c].state == VT_WAITING) make_ready(s, c);
  }
}

/* t fails for good, and whatever waits for it. */
static void give_up(vt_sched *s, int t)
{
  int head = 0, tail = 0;
  s->failing[tail++] = t;
  while (head < tail) {
    int f = s->failing[head++];
    set_state(s, f, VT_FAILED);
    s->task[f].failed_by = t;
    act(s, (vt_action){.kind = VT_ACT_GIVE_UP, .worker = -1, .task = f});
    for (int32_t k = s->order.first[f]; k < s->order.first[f + 1]; k++)
      if (s->task[s->order.child[k]].state == VT_WAITING) s->failing[tail++] = s->order.child[k];
    VT_ASSERT(tail <= s->order.n);
  }
}

static int took_others_along(const vt_sched *s, int t)
{
  for (int32_t k = s->order.first[t]; k < s->order.first[t + 1]; k++) {
    const task_rec *c = &s->task[s->order.child[k]];
    if (c->state == VT_FAILED && c->failed_by == s->task[t].failed_by) return 1;
  }
  return 0;
}

/* ------------------------------------------------------------------ events */

static void on_result(vt_sched *s, const vt_event *ev)
{
  int t = ev->task;
  if (s->task[t].state == VT_DONE) return;
  if (s->task[t].state == VT_FAILED && took_others_along(s, t)) return;
  if (s->task[t].state == VT_LEASED) end_lease(s, t);
  sched_done(s, t);
  learn(s, t, ev->took_s);
}

static void on_failure(vt_sched *s, const vt_event *ev)
{
  int t = ev->task;
  task_rec *r = &s->task[t];
  if (r->state == VT_DONE || r->state == VT_FAILED) return;
  vt_dispo d = vt_status_dispo((vt_status)ev->status);
  int counts = d == VT_DISPO_CRASH || d == VT_DISPO_AGAIN, many = 0;
  if (d == VT_DISPO_CRASH) many = ++r->faults >= s->o.fault_limit;
  if (d == VT_DISPO_AGAIN) many = ++r->accidents >= s->o.max_tries;
  if (r->state == VT_LEASED && (r->holder == ev->worker || many)) {
    end_lease(s, t);
    make_ready(s, t);
  } else if (r->state == VT_LEASED)
    return;
  if (many) give_up(s, t);
  if (counts) return;
  if (vt_retry_rung(ev->attempt, ev->half_stage) < vt_retry_rung(r->attempt, r->half_stage)) return;
  int attempt = ev->attempt, half_stage = ev->half_stage;
  if (d == VT_DISPO_TASK || (d == VT_DISPO_RETRY && !vt_sched_ladder(s->o.max_tries, ev->stage, &attempt, &half_stage)))
    give_up(s, t);
  else if (d == VT_DISPO_RETRY)
    r->attempt = attempt, r->half_stage = half_stage;
}

static void on_death(vt_sched *s, int w)
{
  s->n_dead += !s->worker[w].dead;
  s->worker[w].dead = 1;
  if (s->worker[w].waiting) { /* should it live after all, it need not wait for ever */
    s->worker[w].waiting = 0;
    sched_release(s, w);
  }
  for (int t; (t = s->worker[w].lease) >= 0;) {
    end_lease(s, t);
    make_ready(s, t);
    if (!s->stopped && ++s->task[t].crashes >= s->o.crash_limit) give_up(s, t);
  }
}

static void on_elsewhere(vt_sched *s, int w, int t)
{
  if (s->task[t].state != VT_LEASED || s->task[t].holder != w) return;
  end_lease(s, t);
  hold(s, t, s->o.n_workers);
  if (s->worker[w].dead || s->worker[w].waiting) return;
  enqueue_first(s, w);
}

static void on_back(vt_sched *s, int t)
{
  if (s->task[t].state != VT_LEASED || s->task[t].holder != s->o.n_workers) return;
  end_lease(s, t);
  make_ready(s, t);
}

static vt_status check_event(const vt_sched *s, const vt_event *ev, int cap, vt_err *err)
{
  int elsewhere = ev->kind == VT_EV_ELSEWHERE;
  int of_task = ev->kind == VT_EV_RESULT || ev->kind == VT_EV_FAILURE || ev->kind == VT_EV_BACK || elsewhere;
  int of_worker = ev->kind == VT_EV_READY || ev->kind == VT_EV_WORKER_DEAD || elsewhere;
  int may_be_other = ev->kind == VT_EV_RESULT || ev->kind == VT_EV_FAILURE; /* reported by another job */
  if (!of_task && !of_worker && ev->kind != VT_EV_STOP) VT_FAIL(err, VT_EINVAL, "unknown event %d", ev->kind);
  if (ev->worker >= s->o.n_workers + may_be_other || ev->worker < (of_worker ? 0 : -1))
    VT_FAIL(err, VT_EINVAL, "event %d of worker %d, there are %d", ev->kind, ev->worker, s->o.n_workers);
  if (of_task && (ev->task < 0 || ev->task >= s->order.n))
    VT_FAIL(err, VT_EINVAL, "event %d for row %d, there are %d", ev->kind, ev->task, s->order.n);
  if (ev->kind == VT_EV_FAILURE && (ev->attempt < 0 || ev->half_stage < 0 || ev->stage < 0))
    VT_FAIL(err, VT_EINVAL, "failure of row %d in attempt %d, half_stage %d", ev->task, ev->attempt, ev->half_stage);
  if (ev->kind == VT_EV_FAILURE && vt_status_dispo((vt_status)ev->status) == VT_DISPO_NONE)
    VT_FAIL(err, VT_EINVAL, "failure of row %d with the status of a success", ev->task);
  if (cap < vt_sched_actions_max(s))
    VT_FAIL(err, VT_EINVAL, "room for %d actions, an event may cause %d", cap, vt_sched_actions_max(s));
  return VT_OK;
}

/* What holds between two events and is seen at once. */
static int adds_up(const vt_sched *s)
{
  int64_t all = 0;
  for (int k = VT_WAITING; k <= VT_FAILED; k++) all += s->count[k];
  return all == s->order.n && s->n_elsewhere <= s->count[VT_LEASED];
}

/* The same and what needs a look at every task: the states are those that were counted, a task has a holder if and only
 * if it is leased, the holders' lists hold all leases, and both heaps all ready tasks. */
static int sched_whole(const vt_sched *s)
{
  int64_t count[VT_FAILED + 1] = {0}, listed = 0, ready = 0;
  double left = 0, all = 0;
  for (int t = 0; t < s->order.n; t++) {
    count[s->task[t].state]++;
    if ((s->task[t].state == VT_LEASED) != (s->task[t].holder >= 0)) return 0;
    ready += s->task[t].state == VT_READY && s->ready.in[t] == (1 << VT__N_READY) - 1;
    left += to_begin(s->task[t].state) ? s->order.cost[t] : 0;
    all += s->order.cost[t];
  }
  for (int w = 0; w <= s->o.n_workers; w++)
    for (int t = s->worker[w].lease; t >= 0; t = s->task[t].next) listed += s->task[t].holder == w;
  for (int k = VT_WAITING; k <= VT_FAILED; k++)
    if (count[k] != s->count[k]) return 0;
  if (fabs(left - s->left) > 1e-6 * all || !vt__ready_whole(&s->ready)) return 0;
  return adds_up(s) && listed == count[VT_LEASED] && ready == count[VT_READY];
}

vt_status vt_sched_event(vt_sched *s, const vt_event *ev, vt_action *out, int cap, int *n, vt_err *err)
{
  *n = 0;
  VT_PASS(check_event(s, ev, cap, err));
  s->out = out;
  s->n_out = 0;
  switch ((vt_event_kind)ev->kind) {
  case VT_EV_READY:
    if (s->worker[ev->worker].dead)
      sched_release(s, ev->worker);
    else if (!s->worker[ev->worker].waiting)
      enqueue(s, ev->worker);
    break;
  case VT_EV_RESULT:
    on_result(s, ev);
    break;
  case VT_EV_FAILURE:
    on_failure(s, ev);
    break;
  case VT_EV_WORKER_DEAD:
    on_death(s, ev->worker);
    break;
  case VT_EV_STOP:
    s->stopped = 1;
    break;
  case VT_EV_ELSEWHERE:
    on_elsewhere(s, ev->worker, ev->task);
    break;
  case VT_EV_BACK:
    on_back(s, ev->task);
    break;
  }
  serve(s);
  VT_ASSERT(adds_up(s));
  VT_ASSERT(s->q_len == 0 || s->count[VT_READY] == 0 || s->stopped);
  s->out = NULL;
  *n = s->n_out;
  return VT_OK;
}

/* ------------------------------------------------------------------ open, look, free */

static vt_status check_options(int n, const vt_sched_options *o, vt_err *err)
{
  if (n < 0 || o->n_workers < 1 || o->n_workers >= INT_MAX - n)
    VT_FAIL(err, VT_EINVAL, "%d tasks for %d workers", n, o->n_workers);
  if (o->max_tries < 1 || o->crash_limit < 1 || o->fault_limit < 1)
    VT_FAIL(err, VT_EINVAL, "max_tries %d, crash_limit %d and fault_limit %d must be at least 1", o->max_tries,
            o->crash_limit, o->fault_limit);
  for (int w = 0; o->node && w < o->n_workers; w++)
    if (o->node[w] < 0 || o->node[w] >= o->n_workers)
      VT_FAIL(err, VT_EINVAL, "worker %d is on node %d, which is not 0 to %d", w, o->node[w], o->n_workers - 1);
  return VT_OK;
}

static vt_status sched_alloc(vt_sched *s, int n, vt_err *err)
{
  VT_PASS(VT_NEW(s->task, n, err));
  VT_PASS(vt__ready_open(&s->ready, &s->order, err));
  VT_PASS(VT_NEW(s->failing, n, err));
  VT_PASS(VT_NEW(s->worker, (size_t)s->o.n_workers + 1, err));
  VT_PASS(VT_NEW(s->queue, s->o.n_workers, err));
  int nodes = 0;
  for (int w = 0; s->o.node && w < s->o.n_workers; w++) nodes = s->o.node[w] >= nodes ? s->o.node[w] + 1 : nodes;
  return s->o.node ? VT_NEW(s->on_node, nodes, err) : VT_OK;
}

vt_status vt_sched_open(vt_sched **out, const vt_sched_task *task, int n, const vt_sched_options *o, vt_err *err)
{
  vt_status rc = VT_OK;
  *out = NULL;
  VT_PASS(check_options(n, o, err));
  vt_sched *s;
  VT_TRY(VT_NEW(s, 1, err), err, "scheduler");
  s->o = *o;
  VT_TRY_OUT(vt__order_make(&s->order, task, n, err), err, "scheduler");
  VT_TRY_OUT(vt__learn_open(&s->learn, task, n, err), err, "scheduler");
  VT_TRY_OUT(sched_alloc(s, n, err), err, "scheduler: %d tasks, %d workers", n, o->n_workers);
  for (int w = 0; w <= o->n_workers; w++) s->worker[w].lease = -1;
  s->count[VT_WAITING] = n;
  for (int t = 0; t < n; t++) s->left += task[t].cost;
  for (int t = 0; t < n; t++)
    s->task[t] = (task_rec){.state = VT_WAITING, .failed_by = -1, .holder = -1, .next = -1, .prev = -1};
  for (int t = 0; t < n; t++)
    if (task[t].needs < 0) make_ready(s, t);
  s->whole = 1;
  VT_ASSERT(sched_whole(s));
  *out = s;
  s = NULL;
out:
  vt_sched_free(s);
  return rc;
}

vt_status vt_sched_place(vt_sched *s, const int *node, vt_err *err)
{
  vt_sched_options o = s->o;
  o.node = node;
  VT_PASS(check_options(s->order.n, &o, err));
  vt_free(s->on_node);
  s->on_node = NULL;
  s->o.node = NULL;
  VT_PASS(VT_NEW(s->on_node, o.n_workers, err));
  s->o = o;
  for (int w = 0; w < o.n_workers; w++)
    for (int t = s->worker[w].lease; t >= 0; t = s->task[t].next) s->on_node[node[w]]++;
  return VT_OK;
}

int vt_sched_actions_max(const vt_sched *s) { return s->order.n + s->o.n_workers; }

int vt_sched_finished(const vt_sched *s) { return s->count[VT_DONE] + s->count[VT_FAILED] == s->order.n; }

vt_task_state vt_sched_state(const vt_sched *s, int task) { return (vt_task_state)s->task[task].state; }

int vt_sched_worker_of(const vt_sched *s, int task) { return s->task[task].holder; }

int vt_sched_elsewhere(const vt_sched *s) { return s->n_elsewhere; }

int vt_sched_failed_by(const vt_sched *s, int task) { return s->task[task].failed_by; }

vt_sched_counts vt_sched_count(const vt_sched *s)
{
  return (vt_sched_counts){.waiting = s->count[VT_WAITING],
                           .ready = s->count[VT_READY],
                           .leased = s->count[VT_LEASED],
                           .done = s->count[VT_DONE],
                           .failed = s->count[VT_FAILED]};
}

void vt_sched_free(vt_sched *s)
{
  if (!s) return;
  VT_ASSERT(!s->whole || sched_whole(s));
  vt__order_free(&s->order);
  vt_free(s->task);
  vt__ready_free(&s->ready);
  vt__learn_free(&s->learn);
  vt_free(s->on_node);
  vt_free(s->failing);
  vt_free(s->worker);
  vt_free(s->queue);
  vt_free(s);
}
