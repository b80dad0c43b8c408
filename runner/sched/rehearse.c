/* rehearse.c - the scheduler in virtual time. */
#include <math.h>

#include "runner/sched/sched.h"

typedef struct hand {
  int task;  /* -1: none                    */
  int place; /* in the heap, -1             */
  int cores; /* its own, and those lent     */
  double ends_s;
  double left_s, since_s; /* work on one core that was left at that time */
} hand;

typedef struct stage {
  const vt_rehearsal *r;
  vt_rehearsed *out;
  vt_sched *s;
  vt_action *action;
  int cap;
  hand *hand; /* [n_workers] */
  int *heap;  /* [n_workers] who works, the first to end first */
  int running, lent;
  double now_s;
  int *node, *scratch, *lends_to, *cores; /* [n_workers], scratch twice that; for lending */
  vt_lend_state *state;                   /* [n_workers] */
  unsigned char *needed;                  /* [n] by another task */
  int n_last, n_last_done;                /* tasks that no other needs */
} stage;

/* ------------------------------------------------------------------ who ends first */

static int ends_before(const stage *g, int a, int b)
{
  const hand *x = &g->hand[a], *y = &g->hand[b];
  return x->ends_s < y->ends_s || (x->ends_s == y->ends_s && x->task < y->task);
}

static void put(stage *g, int i, int w)
{
  g->heap[i] = w;
  g->hand[w].place = i;
}

/* Worker w, at place i of the heap, moves to where its time belongs. */
static void settle(stage *g, int i, int w)
{
  for (; i > 0 && ends_before(g, w, g->heap[(i - 1) / 2]); i = (i - 1) / 2) put(g, i, g->heap[(i - 1) / 2]);
  for (int k; (k = 2 * i + 1) < g->running; i = k) {
    if (k + 1 < g->running && ends_before(g, g->heap[k + 1], g->heap[k])) k++;
    if (!ends_before(g, g->heap[k], w)) break;
    put(g, i, g->heap[k]);
  }
  put(g, i, w);
}

static int take_first(stage *g)
{
  const int w = g->heap[0], last = g->heap[--g->running];
  if (g->running > 0) settle(g, 0, last);
  g->hand[w].place = -1;
  return w;
}

/* ------------------------------------------------------------------ tasks */

static double length_of(const vt_rehearsal *r, int t) { return r->took_s ? r->took_s[t] : r->task[t].cost; }

static double speed_of(const stage *g, int cores) { return cores > 1 ? g->r->speed[cores - 1] : 1; }

/* From now on worker w has so many cores. */
static void work_on(stage *g, int w, int cores)
{
  hand *h = &g->hand[w];
  h->left_s -= (g->now_s - h->since_s) * speed_of(g, h->cores);
  h->since_s = g->now_s;
  h->cores = cores;
  h->ends_s = g->now_s + fmax(0, h->left_s) / speed_of(g, cores);
  settle(g, h->place, w);
}

static void rehearse_begin(stage *g, int w, int t)
{
  hand *h = &g->hand[w];
  *h = (hand){.task = t, .place = g->running, .cores = 1, .left_s = length_of(g->r, t), .since_s = g->now_s};
  h->ends_s = g->now_s + h->left_s;
  settle(g, g->running++, w);
}

static vt_status rehearse_tell(stage *g, vt_event ev, vt_err *err)
{
  int n = 0;
  VT_PASS(vt_sched_event(g->s, &ev, g->action, g->cap, &n, err));
  for (int i = 0; i < n; i++)
    if (g->action[i].kind == VT_ACT_LEASE) rehearse_begin(g, g->action[i].worker, g->action[i].task);
  return VT_OK;
}

static void lend_cores(stage *g)
{
  const int n = g->r->n_workers;
  if (g->r->n_speed < 2 || (g->running == n && g->lent == 0)) return;
  for (int w = 0; w < n; w++) {
    const hand *h = &g->hand[w];
    g->state[w] = (vt_lend_state){
        .idle = h->task < 0, .busy = h->task >= 0, .cores_most = g->r->n_speed, .remaining_s = h->ends_s - g->now_s};
    g->cores[w] = 1;
  }
  vt_sched_lend(n, g->node, g->state, g->scratch, g->lends_to);
  g->lent = 0;
  for (int w = 0; w < n; w++)
    if (g->lends_to[w] >= 0) g->cores[g->lends_to[w]]++, g->lent++;
  for (int w = 0; w < n; w++)
    if (g->hand[w].task >= 0 && g->cores[w] != g->hand[w].cores) work_on(g, w, g->cores[w]);
}

static vt_status rehearse_end(stage *g, vt_err *err)
{
  const int w = take_first(g), t = g->hand[w].task;
  const double passed_s = g->hand[w].ends_s - g->now_s;
  g->out->busy_core_s += passed_s * (g->running + 1);
  g->out->lent_core_s += passed_s * g->lent;
  g->now_s = g->hand[w].ends_s;
  g->hand[w] = (hand){.task = -1, .place = -1};
  if (!g->needed[t] && 2 * ++g->n_last_done >= g->n_last && g->out->half_s == 0) g->out->half_s = g->now_s;
  VT_PASS(
      rehearse_tell(g, (vt_event){.kind = VT_EV_RESULT, .worker = w, .task = t, .took_s = length_of(g->r, t)}, err));
  return rehearse_tell(g, (vt_event){.kind = VT_EV_READY, .worker = w, .task = -1}, err);
}

/* The workers ask in turns of nodes: the first of each, then the second of each, ... */
static vt_status all_ask(stage *g, vt_err *err)
{
  const int n = g->r->n_workers;
  int *turn = g->cores, *next = g->scratch, *first = g->scratch + n, *asks = g->lends_to;
  for (int i = 0; i < 2 * n; i++) g->scratch[i] = 0;
  for (int w = 0; w < n; w++) turn[w] = next[g->node[w]]++; /* how many of its node stand before it */
  for (int w = 0; w < n; w++)
    if (turn[w] + 1 < n) first[turn[w] + 1]++;
  for (int k = 1; k < n; k++) first[k] += first[k - 1];
  for (int w = 0; w < n; w++) asks[first[turn[w]]++] = w;
  for (int i = 0; i < n; i++)
    VT_PASS(rehearse_tell(g, (vt_event){.kind = VT_EV_READY, .worker = asks[i], .task = -1}, err));
  for (int w = 0; w < n; w++) g->lends_to[w] = -1;
  return VT_OK;
}

static vt_status rehearse_all(stage *g, vt_err *err)
{
  VT_PASS(all_ask(g, err));
  lend_cores(g);
  while (g->running > 0) {
    VT_PASS(rehearse_end(g, err));
    lend_cores(g);
  }
  g->out->wall_s = g->now_s;
  return VT_OK;
}

/* ------------------------------------------------------------------ open */

static vt_status rehearse_open(stage *g, vt_err *err)
{
  const vt_rehearsal *r = g->r;
  const size_t n = (size_t)r->n_workers;
  const vt_sched_options so = {
      .n_workers = r->n_workers, .max_tries = 1, .crash_limit = 1, .fault_limit = 2, .node = r->node};
  VT_PASS(vt_sched_open(&g->s, r->task, r->n, &so, err));
  g->cap = vt_sched_actions_max(g->s);
  VT_PASS(VT_NEW(g->action, g->cap, err));
  VT_PASS(VT_NEW(g->hand, n, err));
  VT_PASS(VT_NEW(g->heap, n, err));
  VT_PASS(VT_NEW(g->node, n, err));
  VT_PASS(VT_NEW(g->scratch, 2 * n, err));
  VT_PASS(VT_NEW(g->lends_to, n, err));
  VT_PASS(VT_NEW(g->cores, n, err));
  VT_PASS(VT_NEW(g->state, n, err));
  VT_PASS(VT_NEW(g->needed, r->n, err));
  for (int w = 0; w < r->n_workers; w++) {
    g->hand[w] = (hand){.task = -1, .place = -1};
    g->node[w] = r->node ? r->node[w] : 0;
    g->lends_to[w] = -1;
  }
  return VT_OK;
}

/* Sums; the longest chain, of tasks that stand behind what they need. */
static vt_status rehearse_bounds(stage *g, vt_err *err)
{
  const vt_rehearsal *r = g->r;
  double *end_s = NULL;
  VT_PASS(VT_NEW(end_s, r->n, err));
  for (int t = 0; t < r->n; t++) {
    const int up = r->task[t].needs;
    VT_ASSERT(up < t);
    end_s[t] = length_of(r, t) + (up < 0 ? 0 : end_s[up]);
    if (up >= 0) g->needed[up] = 1;
    g->out->work_s += length_of(r, t);
    g->out->chain_s = fmax(g->out->chain_s, end_s[t]);
  }
  for (int t = 0; t < r->n; t++) g->n_last += !g->needed[t];
  vt_free(end_s);
  return VT_OK;
}

vt_status vt_sched_rehearse(const vt_rehearsal *r, vt_rehearsed *out, vt_err *err)
{
  vt_status rc = VT_OK;
  stage g = {.r = r, .out = out};
  *out = (vt_rehearsed){0};
  for (int t = 0; t < r->n; t++)
    if (r->task[t].needs >= t || !(length_of(r, t) > 0) || isinf(length_of(r, t)))
      VT_FAIL(err, VT_EINVAL, "row %d takes %g s and needs row %d: time must be positive, what it needs before it", t,
              length_of(r, t), r->task[t].needs);
  VT_TRY_OUT(rehearse_open(&g, err), err, "schedule of %d tasks", r->n);
  VT_TRY_OUT(rehearse_bounds(&g, err), err, "schedule of %d tasks", r->n);
  VT_TRY_OUT(rehearse_all(&g, err), err, "schedule of %d tasks", r->n);
out:
  vt_sched_free(g.s);
  vt_free(g.action);
  vt_free(g.hand);
  vt_free(g.heap);
  vt_free(g.node);
  vt_free(g.scratch);
  vt_free(g.lends_to);
  vt_free(g.cores);
  vt_free(g.state);
  vt_free(g.needed);
  return rc;
}
