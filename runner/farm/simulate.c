/* simulate.c - one master and very many simulated ranks.
 *
 * A rank here is a hundred bytes and a place in a heap of wake-up times, not a vt_worker: it asks, holds a task for a
 * while, says a beat every second, and reports.  What is measured is the time inside vt__master_message and
 * vt__master_tick; letters are taken from the simulation before the clock starts.  The sends of the master happen
 * inside; their cost is calibrated and reported beside. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/farm/cores.h"
#include "runner/farm/farm_impl.h"

enum { BATCH = 1024, LETTER_MOST = sizeof(vt_done_msg), RANKS_A_NODE = 64 };
static const double BEAT_S = 1, NAP_LEAST_S = 1e-3, NAP_MOST_S = 5e-3, NAP_LEFT_S = 0.25, STEP_S = 1e-3;
static const double RANK_TIMEOUT_S = 30, MASTER_TIMEOUT_S = 60, GRACE_S = 300, WATCH_S = 1;

typedef enum hand_state { HAND_ASK, HAND_WAIT, HAND_BUSY, HAND_LEFT, HAND_OVER } hand_state;

typedef struct hand {
  int32_t state;             /* hand_state */
  int32_t leases, dies_with; /* lease with which it dies; 0: none */
  int32_t said, reserved;    /* said: where it is */
  vt_lease lease;
  double wakes, beaten, ends, nap, dies, leaves; /* virtual times; nap: a length */
} hand;

typedef struct letter {
  vt_msg msg;
  char data[LETTER_MOST];
} letter;

typedef struct world {
  const vt_farm_simulation *s;
  vt_farm_simulated *out;
  vt_sim *sim;
  vt_farm_options o;
  vt_master *master;
  vt_uid_index by_uid; /* of s->task */
  double *ns;
  unsigned char *results; /* [n_tasks] that the master saw */
  hand *hand;             /* [n_ranks] */
  int32_t *heap;          /* [n_ranks] ranks by wakes */
  int n_heap;
  letter *batch;  /* [BATCH] */
  double clock_s; /* what looking at the clock costs */
  double watched;
  int64_t draws, by_hands; /* messages that the ranks sent */
} world;

static double simulate_chance(world *w)
{
  double u[2];
  vt_rng_uniform2(w->s->seed, VT_STREAM_TEST, 2, w->draws++, 0, u);
  return u[0];
}

/* Bytes that are allocated now: in heaps, and mapped one by one. */
static int64_t simulate_allocated(void)
{
  struct mallinfo2 i = mallinfo2();
  return (int64_t)(i.uordblks + i.hblkhd);
}

const char *vt_farm_message_name(int kind)
{
  static const char *const name[VT_FARM_TAGS] = {
      [VT_MSG_READY] = "ready", [VT_MSG_RESULT] = "result",     [VT_MSG_FAILURE] = "failure", [VT_MSG_ABORT] = "abort",
      [VT_MSG_BEAT] = "beat",   [VT_MSG_STOP_ASK] = "stop_ask", [VT_MSG_LEFT] = "left",       [VT_MSG_IN] = "in"};
  return kind >= 0 && kind < VT_FARM_TAGS ? name[kind] : NULL;
}

/* ------------------------------------------------------------------ who wakes next */

static int simulate_sooner(const world *w, int a, int b)
{
  const hand *x = &w->hand[a], *y = &w->hand[b];
  return x->wakes < y->wakes || (x->wakes == y->wakes && a < b);
}

static void heap_push(world *w, int rank)
{
  int i = w->n_heap++;
  for (; i > 0 && simulate_sooner(w, rank, w->heap[(i - 1) / 2]); i = (i - 1) / 2) w->heap[i] = w->heap[(i - 1) / 2];
  w->heap[i] = rank;
}

static int heap_pop(world *w)
{
  int first = w->heap[0], last = w->heap[--w->n_heap], i = 0;
  for (int k = 1; k < w->n_heap; k = 2 * i + 1) {
    if (k + 1 < w->n_heap && simulate_sooner(w, w->heap[k + 1], w->heap[k])) k++;
    if (!simulate_sooner(w, w->heap[k], last)) break;
    w->heap[i] = w->heap[k];
    i = k;
  }
  w->heap[i] = last;
  return first;
}

/* ------------------------------------------------------------------ a rank */

static vt_status simulate_tell(world *w, int rank, int tag, const void *data, size_t n, vt_err *err)
{
  w->by_hands++;
  return vt_comm_send(vt_sim_comm(w->sim, rank), 0, tag, data, n, err);
}

static vt_status simulate_leave(world *w, int rank, vt_err *err)
{
  w->hand[rank].state = HAND_LEFT;
  return simulate_tell(w, rank, VT_MSG_LEFT, NULL, 0, err);
}

static void simulate_begin(world *w, int rank, const vt_msg *m, double now)
{
  hand *h = &w->hand[rank];
  vt_task_msg task;
  memcpy(&task, m->data, sizeof task);
  h->lease = task.lease;
  double length = w->s->least_s + (w->s->most_s - w->s->least_s) * simulate_chance(w);
  w->out->begun += h->leases == 0;
  if (h->leases++ == 0 && w->s->window_s > 0) length *= simulate_chance(w); /* as if all had been at work for long */
  if (h->leases == h->dies_with) h->dies = now;
  h->state = HAND_BUSY;
  h->ends = now + length;
}

static vt_status hear(world *w, int rank, const vt_msg *m, double now, vt_err *err)
{
  hand *h = &w->hand[rank];
  switch (m->tag) {
  case VT_MSG_TASK:
    if (h->state == HAND_WAIT) simulate_begin(w, rank, m, now);
    return VT_OK;
  case VT_MSG_STOP:
    return h->state == HAND_BUSY ? simulate_leave(w, rank, err) : VT_OK;
  case VT_MSG_LEAVE:
    h->state = HAND_LEFT;
    return VT_OK;
  case VT_MSG_END:
    h->state = HAND_LEFT;
    return simulate_tell(w, rank, VT_MSG_IN, m->data, m->n, err);
  case VT_MSG_GO:
  case VT_MSG_DECLARED_DEAD:
    h->state = HAND_OVER;
    return VT_OK;
  default:
    return VT_OK;
  }
}

static vt_status simulate_report(world *w, int rank, vt_err *err)
{
  hand *h = &w->hand[rank];
  vt_done_msg d = {.lease = h->lease, .ns = 1, .wall_s = 1, .place.offset = 80 + 376 * (uint64_t)h->leases};
  double u[2];
  (void)snprintf(d.place.shard, sizeof d.place.shard, "20260101T000000.000000Z-1-node%05d-0123abcd.vtj",
                 rank / RANKS_A_NODE);
  h->state = HAND_ASK;
  vt_rng_uniform2(w->s->seed, VT_STREAM_TEST, 3, h->lease.task, 0, u);
  if (u[0] >= w->s->fail || h->lease.attempt || h->lease.half_stage)
    return simulate_tell(w, rank, VT_MSG_RESULT, &d, sizeof d, err);
  d.stage = VT_STAGE_MELT;
  (void)vt_err_set(&d.err, VT_EDIVERGE, __FILE__, __LINE__, "the first try of row %d", h->lease.task);
  return simulate_tell(w, rank, VT_MSG_FAILURE, &d, sizeof d, err);
}

static void sleep_on(world *w, int rank, double now)
{
  hand *h = &w->hand[rank];
  if (h->state == HAND_BUSY) {
    h->nap = NAP_LEAST_S;
    h->wakes = fmin(fmin(h->ends, h->beaten + BEAT_S), fmin(h->dies, h->leaves));
  } else {
    h->nap = fmin(1.3 * h->nap, h->state == HAND_LEFT ? NAP_LEFT_S : NAP_MOST_S);
    h->wakes = now + h->nap;
  }
  heap_push(w, rank);
}

static vt_status wake(world *w, int rank, double now, vt_err *err)
{
  hand *h = &w->hand[rank];
  vt_msg m;
  for (int got = 1; got;) {
    got = 0;
    VT_PASS(vt_comm_poll(vt_sim_comm(w->sim, rank), &m, &got, err));
    if (got) VT_PASS(hear(w, rank, &m, now, err));
  }
  if (h->state == HAND_OVER) return VT_OK;
  if (now >= h->dies) {
    w->out->n_dead++;
    vt_sim_kill(w->sim, rank);
    return VT_OK;
  }
  if (h->state == HAND_BUSY && now >= h->ends) VT_PASS(simulate_report(w, rank, err));
  if (h->state != HAND_LEFT && now >= h->leaves) {
    w->out->n_left++;
    VT_PASS(simulate_leave(w, rank, err));
  }
  if (h->state == HAND_ASK && !h->said) {
    vt_here_msg here = {.asked = 0};
    (void)snprintf(here.host, sizeof here.host, "node%05d", rank / RANKS_A_NODE);
    h->said = 1;
    VT_PASS(simulate_tell(w, rank, VT_MSG_HERE, &here, sizeof here, err));
  }
  if (h->state == HAND_ASK) {
    VT_PASS(simulate_tell(w, rank, VT_MSG_READY, NULL, 0, err));
    h->state = HAND_WAIT;
  }
  if (now >= h->beaten + BEAT_S) { /* as sleep_on says it, to the last bit */
    vt_beat_msg b = {.task = h->state == HAND_BUSY ? h->lease.task : -1, .stage = VT_STAGE_MELT, .fraction = 0.5};
    h->beaten = now;
    VT_PASS(simulate_tell(w, rank, VT_MSG_BEAT, &b, sizeof b, err));
  }
  sleep_on(w, rank, now);
  return VT_OK;
}

/* ------------------------------------------------------------------ the master */

/* Letters first, then the clock: the simulation is not measured. */
static vt_status master_letters(world *w, int *n, vt_err *err)
{
  for (*n = 0; *n < BATCH; (*n)++) {
    letter *l = &w->batch[*n];
    int got = 0;
    VT_PASS(vt_comm_poll(w->o.comm, &l->msg, &got, err));
    if (!got) break;
    if (l->msg.n > sizeof l->data || l->msg.tag >= VT_FARM_TAGS) VT_FAIL(err, VT_EBUG, "message %d", l->msg.tag);
    if (l->msg.n) memcpy(l->data, l->msg.data, l->msg.n);
    l->msg.data = l->data;
  }
  return VT_OK;
}

static void simulate_longest(world *w, double s)
{
  if (s > w->out->longest_s) w->out->longest_s = s;
}

static vt_status master_turn(world *w, double now, vt_err *err)
{
  vt_farm_simulated *out = w->out;
  for (int n = BATCH; n == BATCH;) {
    VT_PASS(master_letters(w, &n, err));
    if (n == 0) break;
    double cpu = vt_cpu_s(), from = vt_now_s();
    for (int k = 0; k < n; k++) {
      VT_PASS(vt__master_message(w->master, &w->batch[k].msg, err));
      double to = vt_now_s();
      out->kind_n[w->batch[k].msg.tag]++;
      out->kind_s[w->batch[k].msg.tag] += to - from - w->clock_s;
      simulate_longest(w, to - from);
      from = to;
    }
    out->master_s += vt_cpu_s() - cpu - n * w->clock_s;
    out->received += n;
  }
  double cpu = vt_cpu_s(), from = vt_now_s();
  VT_PASS(vt__master_tick(w->master, err));
  if (now - w->watched >= WATCH_S) {
    vt_run_snapshot watch;
    w->watched = now;
    vt__master_snapshot(w->master, now, &watch);
  }
  simulate_longest(w, vt_now_s() - from);
  cpu = vt_cpu_s() - cpu;
  out->tick_s += cpu;
  out->master_s += cpu;
  out->ticks++;
  return VT_OK;
}

static void happened(void *ctx, const vt_run_event *h)
{
  world *w = ctx;
  if (h->kind == VT_RUN_RESULT && w->results[h->task] < UINT8_MAX) w->results[h->task]++;
}

/* ------------------------------------------------------------------ the world */

static void make_hands(world *w)
{
  const vt_farm_simulation *s = w->s;
  int fair = s->n_tasks / s->n_ranks + 1; /* leases of a rank */
  for (int r = 1; r < s->n_ranks; r++) {
    hand *h = &w->hand[r];
    *h = (hand){
        .state = HAND_ASK, .nap = NAP_LEAST_S, .dies = INFINITY, .leaves = INFINITY, .beaten = simulate_chance(w) - 1};
    double fate = simulate_chance(w), when = simulate_chance(w);
    if (fate < s->die && s->window_s > 0)
      h->dies = when * s->window_s;
    else if (fate < s->die)
      h->dies_with = 1 + (int)(when * fair);
    else if (fate < s->die + s->leave)
      h->leaves = when * (s->window_s > 0 ? s->window_s : 0.5);
    heap_push(w, r);
  }
}

static double cost_of_clock(void)
{
  enum { LOOKS = 200000 };
  double from = vt_now_s(), last = from;
  for (int k = 0; k < LOOKS; k++) last = vt_now_s();
  return (last - from) / LOOKS;
}

/* CPU seconds of one send of the simulation. */
static vt_status cost_of_send(double *cost, vt_err *err)
{
  enum { ROUNDS = 1000, SENDS = 100 };
  vt_status rc = VT_OK;
  vt_sim *sim;
  vt_msg m;
  vt_task_msg l = {.lease.task = 0};
  VT_PASS(vt_sim_open(&sim, &(vt_sim_options){.n_ranks = 2, .seed = 1}, err));
  *cost = 0;
  for (int r = 0; r < ROUNDS; r++) {
    double from = vt_now_s();
    for (int k = 0; k < SENDS; k++)
      VT_TRY_OUT(vt_comm_send(vt_sim_comm(sim, 0), 1, 1, &l, sizeof l, err), err, "calibration");
    *cost += (vt_now_s() - from) / ROUNDS / SENDS;
    for (int got = 1; got;) {
      got = 0;
      VT_TRY_OUT(vt_comm_poll(vt_sim_comm(sim, 1), &m, &got, err), err, "calibration");
    }
  }
out:
  vt_sim_close(sim);
  return rc;
}

static vt_status open_world(world *w, vt_err *err)
{
  const vt_farm_simulation *s = w->s;
  void *p;
  if (s->n_ranks < 2 || s->n_tasks < 1) VT_FAIL(err, VT_EINVAL, "%d ranks, %d tasks", s->n_ranks, s->n_tasks);
  VT_PASS(vt_sim_open(&w->sim, &(vt_sim_options){.n_ranks = s->n_ranks, .seed = s->seed, .delay_s = 2e-4}, err));
  VT_PASS(vt_calloc64(&p, (size_t)s->n_tasks, sizeof *w->ns, err));
  w->ns = p;
  VT_PASS(vt_calloc64(&p, (size_t)s->n_tasks, 1, err));
  w->results = p;
  VT_PASS(vt_calloc64(&p, (size_t)s->n_ranks, sizeof *w->hand, err));
  w->hand = p;
  VT_PASS(vt_calloc64(&p, (size_t)s->n_ranks, sizeof *w->heap, err));
  w->heap = p;
  VT_PASS(vt_calloc64(&p, BATCH, sizeof *w->batch, err));
  w->batch = p;
  for (int i = 0; i < s->n_tasks; i++) w->ns[i] = 1;
  make_hands(w);
  w->o = (vt_farm_options){.comm = vt_sim_comm(w->sim, 0),
                           .max_tries = 3,
                           .crash_limit = 100,
                           .fault_limit = 2,
                           .rank_timeout_s = RANK_TIMEOUT_S,
                           .master_timeout_s = MASTER_TIMEOUT_S,
                           .grace_s = GRACE_S,
                           .task = s->task,
                           .task_ns = w->ns,
                           .n_tasks = s->n_tasks,
                           .replay = s->replay,
                           .by_uid = &w->by_uid,
                           .event = happened,
                           .ctx = w};
  w->clock_s = cost_of_clock();
  w->out->open_bytes = simulate_allocated();
  w->out->open_s = vt_cpu_s();
  VT_PASS(vt_uid_index_make(&w->by_uid, &s->task[0].uid, sizeof *s->task, s->n_tasks, err));
  VT_PASS(vt__master_open(&w->master, &w->o, err));
  w->out->open_s = vt_cpu_s() - w->out->open_s;
  w->out->open_bytes = simulate_allocated() - w->out->open_bytes;
  return VT_OK;
}

static void close_world(world *w)
{
  vt__master_close(w->master);
  vt_sim_close(w->sim);
  vt_uid_index_free(&w->by_uid);
  vt_free(w->ns);
  vt_free(w->results);
  vt_free(w->hand);
  vt_free(w->heap);
  vt_free(w->batch);
}

static vt_status play(world *w, vt_err *err)
{
  const double too_long_s = w->s->window_s + (w->s->window_s > 0 ? 0 : w->s->most_s * w->s->n_tasks) + 3600;
  int stopped = 0;
  while (!vt__master_finished(w->master)) {
    double now = vt_sim_now(w->sim);
    while (w->n_heap > 0 && w->hand[w->heap[0]].wakes <= now) VT_PASS(wake(w, heap_pop(w), now, err));
    VT_PASS(master_turn(w, now, err));
    if (!stopped && w->s->window_s > 0 && now > w->s->window_s) {
      stopped = 1;
      VT_PASS(vt__master_stop(w->master, err));
    }
    if (now > too_long_s) VT_FAIL(err, VT_EBUG, "no end after %g virtual seconds", now);
    vt_sim_advance(w->sim, STEP_S);
  }
  return VT_OK;
}

static void simulate_conclude(world *w, double send_s)
{
  vt_farm_simulated *out = w->out;
  vt_run_snapshot watch;
  double all = 0;
  vt__master_snapshot(w->master, vt_sim_now(w->sim), &watch);
  (void)vt__master_dead(w->master, &out->n_declared);
  out->tasks = watch.tasks;
  out->virtual_s = vt_sim_now(w->sim);
  out->sent = vt_sim_messages(w->sim) - w->by_hands;
  out->send_s = send_s * (double)out->sent;
  for (int i = 0; i < w->s->n_tasks; i++) {
    out->never += w->results[i] == 0;
    out->twice += w->results[i] > 1;
  }
  /* Kinds were measured by wall time: other load is taken out as if it had met all of them alike. */
  for (int k = 0; k < VT_FARM_TAGS; k++) all += out->kind_s[k];
  for (int k = 0; k < VT_FARM_TAGS && all > 0; k++) out->kind_s[k] *= (out->master_s - out->tick_s) / all;
}

vt_status vt_farm_simulate(const vt_farm_simulation *s, vt_farm_simulated *out, vt_err *err)
{
  vt_status rc = VT_OK;
  world w = {.s = s, .out = out};
  double send_s;
  *out = (vt_farm_simulated){0};
  VT_TRY_OUT(cost_of_send(&send_s, err), err, "simulated ranks");
  VT_TRY_OUT(open_world(&w, err), err, "%d simulated ranks", s->n_ranks);
  VT_TRY_OUT(play(&w, err), err, "%d simulated ranks", s->n_ranks);
  simulate_conclude(&w, send_s);
out:
  close_world(&w);
  return rc;
}
