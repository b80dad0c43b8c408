/* master.c - turns messages into scheduler events and executes the scheduler's actions. */
#include <math.h>
#include <string.h>

#include "runner/farm/farm_impl.h"
#include "runner/farm/master_impl.h"

static const double TICK_S = 0.25, END_TICK_S = 0.005;

vt_status vt__master_send(vt_master *m, int rank, int tag, vt_err *err)
{
  VT_TRY(vt_comm_send(m->comm, rank, tag, NULL, 0, err), err, "message %d to rank %d", tag, rank);
  return VT_OK;
}

void vt__master_say(vt_master *m, vt_run_event_kind kind, int rank, const vt_lease *l, const char *text)
{
  vt_run_event h = {.kind = kind, .rank = rank, .task = -1, .ns = NAN, .wall_s = NAN, .text = text};
  if (l) h.task = l->task, h.attempt = l->attempt, h.half_stage = l->half_stage;
  if (m->o->event) m->o->event(m->o->ctx, &h);
}

int vt__master_works(const vt_master *m, int rank) { return rank > 0 || m->o->master_inline; }

/* ------------------------------------------------------------------ actions */

static vt_status give(vt_master *m, const vt_action *a, vt_err *err)
{
  vt_lease l = {.task = a->task, .attempt = a->attempt, .half_stage = a->half_stage};
  vt_task_msg msg = {.lease = l};
  vt_rank_state *r = &m->rank[a->worker];
  int ours;
  if (vt_sched_worker_of(m->sched, a->task) != a->worker) return VT_OK; /* what happened meanwhile took it away again */
  VT_PASS(vt__peer_jobs_claim(m, a->worker, a->task, &ours, err));
  if (!ours || vt_sched_worker_of(m->sched, a->task) != a->worker) return VT_OK;
  *r = (vt_rank_state){
      .heard = r->heard, .task = l.task, .attempt = l.attempt, .half_stage = l.half_stage, .cores = r->cores};
  vt__liveness_doing(m, a->worker, VT_RANK_BUSY);
  m->cores.helped[a->worker] = 0;
  vt_log(VT_LOG_DEBUG, "farm", "ev=lease row=%d rank=%d attempt=%d half_stage=%d", a->task, a->worker, a->attempt,
         a->half_stage);
  vt__master_say(m, VT_RUN_LEASE, a->worker, &l, NULL);
  vt__places_of(m, m->o->task[a->task].needs, &msg.before);
  VT_TRY(vt_comm_send(m->comm, a->worker, VT_MSG_TASK, &msg, sizeof msg, err), err, "row %d to rank %d", a->task,
         a->worker);
  return VT_OK;
}

static vt_status execute(vt_master *m, const vt_action *a, vt_err *err)
{
  switch ((vt_action_kind)a->kind) {
  case VT_ACT_LEASE:
    return give(m, a, err);
  case VT_ACT_RELEASE:
    if (m->rank[a->worker].doing == VT_RANK_DEAD) return VT_OK;
    vt__liveness_doing(m, a->worker, VT_RANK_LEFT);
    return vt__master_send(m, a->worker, VT_MSG_LEAVE, err);
  case VT_ACT_GIVE_UP: {
    vt_lease l = {.task = a->task};
    vt__master_say(m, VT_RUN_GIVE_UP, -1, &l,
                   vt_sched_failed_by(m->sched, a->task) == a->task ? NULL : "its glass failed");
    return VT_OK;
  }
  }
  VT_FAIL(err, VT_EBUG, "unknown action %d", a->kind);
}

static vt_status append(vt_master *m, int n, vt_err *err)
{
  if (m->n_todo + n > m->cap_todo) {
    void *p;
    int cap = 2 * (m->n_todo + n) + 64;
    VT_TRY(vt_calloc64(&p, (size_t)cap, sizeof *m->todo, err), err, "%d actions", cap);
    if (m->n_todo) memcpy(p, m->todo, (size_t)m->n_todo * sizeof *m->todo);
    vt_free(m->todo);
    m->todo = p;
    m->cap_todo = cap;
  }
  if (n) memcpy(m->todo + m->n_todo, m->action, (size_t)n * sizeof *m->todo);
  m->n_todo += n;
  return VT_OK;
}

/* Executing an action may cause events of its own (a task that turns out to be held elsewhere): their actions wait in
 * line. */
vt_status vt__master_event(vt_master *m, const vt_event *ev, vt_err *err)
{
  int n = 0;
  vt_status rc = VT_OK;
  VT_TRY(vt_sched_event(m->sched, ev, m->action, m->action_cap, &n, err), err, "scheduler event %d", ev->kind);
  VT_PASS(append(m, n, err));
  if (m->acting) return VT_OK;
  m->acting = 1;
  for (int k = 0; k < m->n_todo && rc == VT_OK; k++) {
    vt_action a = m->todo[k];
    rc = execute(m, &a, err);
  }
  m->n_todo = 0;
  m->acting = 0;
  return rc;
}

/* ------------------------------------------------------------------ open, close */

static void count_done(void *ctx, int i)
{
  vt_master *m = ctx;
  m->ns_done += m->o->task_ns[i];
}

/* Results and failures of earlier starts. */
static vt_status master_replay(vt_master *m, vt_err *err)
{
  for (int i = 0; i < m->o->n_tasks; i++) m->ns_total += m->o->task_ns[i];
  VT_PASS(vt_records_replay(m->sched, m->o->task, m->o->n_tasks, m->o->replay, count_done, m, err));
  m->ns_before = m->ns_done;
  return VT_OK;
}

vt_status vt__master_open(vt_master **out, const vt_farm_options *o, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  *out = NULL;
  VT_TRY(vt_calloc64(&p, 1, sizeof(vt_master), err), err, "master");
  vt_master *m = p;
  m->comm = o->comm;
  m->o = o;
  m->n_ranks = vt_comm_size(o->comm);
  m->t_start = vt_comm_now(o->comm);
  m->leads = 1;
  VT_TRY_OUT(vt__liveness_open(m, err), err, "master: %d ranks", m->n_ranks);
  VT_TRY_OUT(vt__places_open(m, err), err, "master: %d tasks", o->n_tasks);
  vt_sched_options so = {
      .n_workers = m->n_ranks, .max_tries = o->max_tries, .crash_limit = o->crash_limit, .fault_limit = o->fault_limit};
  VT_TRY_OUT(vt_sched_open(&m->sched, o->task, o->n_tasks, &so, err), err, "scheduler for %d tasks", o->n_tasks);
  m->action_cap = vt_sched_actions_max(m->sched);
  VT_TRY_OUT(vt_calloc64(&p, (size_t)m->action_cap, sizeof *m->action, err), err, "scheduler actions");
  m->action = p;
  VT_TRY_OUT(vt__peer_jobs_open(m, err), err, "master");
  VT_TRY_OUT(vt__cores_open(m, err), err, "master: cores of %d ranks", m->n_ranks);
  VT_TRY_OUT(master_replay(m, err), err, "replaying the journal");
  *out = m;
  m = NULL;
out:
  vt__master_close(m);
  return rc;
}

void vt__master_close(vt_master *m)
{
  if (!m) return;
  vt_sched_free(m->sched);
  vt__liveness_free(m);
  vt__peer_jobs_free(m);
  vt__cores_free(m);
  vt__places_free(m);
  vt_free(m->action);
  vt_free(m->todo);
  vt_free(m);
}

/* ------------------------------------------------------------------ messages */

static vt_status take_abort(vt_master *m, int rank, const vt_done_msg *d, vt_err *err)
{
  if (!m->aborted) {
    m->aborted = 1;
    m->abort = d->err;
    (void)vt_err_wrap(&m->abort, (vt_status)d->err.code, __FILE__, __LINE__, "rank %d", rank);
    vt__master_say(m, VT_RUN_ABORT, rank, &d->lease, d->err.text);
  }
  return vt__master_stop(m, err);
}

static vt_status take_result(vt_master *m, int rank, const vt_done_msg *d, vt_err *err)
{
  /* Of more steps than it was thought to have, or on more cores: no measure of what such a task costs. */
  const double took_s = d->lease.half_stage || m->cores.helped[rank] ? 0 : d->wall_s;
  vt_event ev = {.kind = VT_EV_RESULT, .worker = rank, .task = d->lease.task, .took_s = took_s};
  VT_PASS(vt__places_told(m, rank, d->lease.task, &d->place, err));
  if (vt_sched_state(m->sched, d->lease.task) != VT_DONE) {
    m->ns_done += m->o->task_ns[d->lease.task];
    m->ns_before += fmin(d->from_ns, m->o->task_ns[d->lease.task]);
  }
  vt_log(VT_LOG_INFO, "farm", "ev=result row=%d rank=%d ns=%.6g wall_s=%.3f", d->lease.task, rank, d->ns, d->wall_s);
  if (m->o->event)
    m->o->event(m->o->ctx, &(vt_run_event){.kind = VT_RUN_RESULT,
                                           .rank = rank,
                                           .task = d->lease.task,
                                           .attempt = d->lease.attempt,
                                           .half_stage = d->lease.half_stage,
                                           .ns = d->ns,
                                           .wall_s = d->wall_s});
  int held = vt_sched_worker_of(m->sched, d->lease.task) == rank; /* else somebody who was given it later releases it */
  VT_PASS(vt__master_event(m, &ev, err));
  return held ? vt__peer_jobs_release(m, d->lease.task, err) : VT_OK;
}

static vt_status take_failure(vt_master *m, int rank, const vt_done_msg *d, vt_err *err)
{
  vt_event ev = {.kind = VT_EV_FAILURE,
                 .worker = rank,
                 .task = d->lease.task,
                 .status = d->err.code,
                 .attempt = d->lease.attempt,
                 .half_stage = d->lease.half_stage,
                 .stage = d->stage};
  vt_log(VT_LOG_WARN, "farm", "ev=failure row=%d rank=%d attempt=%d half_stage=%d error=\"%.200s\"", d->lease.task,
         rank, d->lease.attempt, d->lease.half_stage, vt_err_line(d->err.text).s);
  vt__master_say(m, VT_RUN_FAILURE, rank, &d->lease, d->err.text);
  if (vt_sched_worker_of(m->sched, d->lease.task) == rank) VT_PASS(vt__peer_jobs_release(m, d->lease.task, err));
  return vt__master_event(m, &ev, err);
}

static vt_status take_done(vt_master *m, const vt_msg *msg, vt_err *err)
{
  vt_done_msg d;
  if (msg->n != sizeof d)
    VT_FAIL(err, VT_EBUG, "message %d of rank %d has %zu bytes, expected %zu", msg->tag, msg->src, msg->n, sizeof d);
  memcpy(&d, msg->data, sizeof d);
  vt_rank_state *r = &m->rank[msg->src];
  if (r->doing == VT_RANK_BUSY && r->task == d.lease.task) vt__liveness_doing(m, msg->src, VT_RANK_IDLE);
  if (msg->tag == VT_MSG_RESULT) return take_result(m, msg->src, &d, err);
  if (msg->tag == VT_MSG_FAILURE) return take_failure(m, msg->src, &d, err);
  return take_abort(m, msg->src, &d, err);
}

static vt_status take_beat(vt_master *m, const vt_msg *msg, vt_err *err)
{
  vt_beat_msg b;
  vt_rank_state *r = &m->rank[msg->src];
  if (msg->n != sizeof b) VT_FAIL(err, VT_EBUG, "heartbeat of %zu bytes from rank %d", msg->n, msg->src);
  memcpy(&b, msg->data, sizeof b);
  if (r->doing == VT_RANK_BUSY && r->task == b.task)
    r->stage = b.stage, r->ns = b.ns, r->fraction = b.fraction, r->from_ns = b.from_ns;
  return VT_OK;
}

static vt_status take_left(vt_master *m, int rank, vt_err *err)
{
  if (m->rank[rank].doing != VT_RANK_DEAD) vt__liveness_doing(m, rank, VT_RANK_LEFT);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_WORKER_DEAD, .worker = rank, .task = -1}, err);
}

vt_status vt__master_message(vt_master *m, const vt_msg *msg, vt_err *err)
{
  vt_rank_state *r = &m->rank[msg->src];
  r->heard = vt_comm_now(m->comm);
  /* A rank that was declared dead and is alive after all: what it has finished counts, but the end will not wait for
   * it. */
  if (r->doing == VT_RANK_DEAD && msg->tag != VT_MSG_RESULT && msg->tag != VT_MSG_FAILURE)
    return vt__master_send(m, msg->src, VT_MSG_DECLARED_DEAD, err);
  switch (msg->tag) {
  case VT_MSG_READY:
    if (r->doing == VT_RANK_BUSY) vt__liveness_doing(m, msg->src, VT_RANK_IDLE);
    return vt__cores_ready(m, msg->src, err);
  case VT_MSG_RESULT:
  case VT_MSG_FAILURE:
  case VT_MSG_ABORT:
    return take_done(m, msg, err);
  case VT_MSG_BEAT:
    return take_beat(m, msg, err);
  case VT_MSG_STOP_ASK:
    return vt__master_stop(m, err);
  case VT_MSG_LEFT:
    return take_left(m, msg->src, err);
  case VT_MSG_HERE:
    return vt__cores_here(m, msg, err);
  case VT_MSG_IN: {
    int32_t round;
    if (msg->n != sizeof round) VT_FAIL(err, VT_EBUG, "message %d of %zu bytes", msg->tag, msg->n);
    memcpy(&round, msg->data, sizeof round);
    return vt__liveness_joined_end(m, msg->src, round, err);
  }
  default:
    VT_FAIL(err, VT_EBUG, "unknown message %d from rank %d", msg->tag, msg->src);
  }
}

/* ------------------------------------------------------------------ time passes */

vt_status vt__master_begin_no_more(vt_master *m, const char *why, vt_err *err)
{
  if (m->closing) return VT_OK;
  m->closing = 1;
  vt__master_say(m, VT_RUN_CLOSING, -1, NULL, why);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_STOP, .worker = -1, .task = -1}, err);
}

vt_status vt__master_stop(vt_master *m, vt_err *err)
{
  if (m->stopping) return VT_OK;
  m->stopping = 1;
  m->stopped_at = vt_comm_now(m->comm);
  vt__master_say(m, VT_RUN_STOP, -1, NULL, NULL);
  VT_PASS(vt__master_begin_no_more(m, "stop", err));
  for (int r = 0; r < m->n_ranks; r++) {
    int here = m->rank[r].doing == VT_RANK_IDLE || m->rank[r].doing == VT_RANK_BUSY;
    if (here && vt__master_works(m, r)) VT_PASS(vt__master_send(m, r, VT_MSG_STOP, err));
  }
  return VT_OK;
}

vt_status vt__master_tick(vt_master *m, vt_err *err)
{
  double now = vt_comm_now(m->comm);
  if (now - m->ticked < (m->ending == VT__WORKING ? TICK_S : END_TICK_S)) return VT_OK;
  vt__liveness_suspended(m, now - m->looked);
  m->looked = now;
  VT_PASS(vt__peer_jobs_beat(m, err));
  if (m->ending == VT__WORKING) {
    VT_PASS(vt__peer_jobs_look(m, now, err));
    const char *why = !m->closing && m->o->may_not_begin ? m->o->may_not_begin(m->o->ctx) : NULL;
    if (why) VT_PASS(vt__master_begin_no_more(m, why, err));
    VT_PASS(vt__cores_look(m, now, err));
  }
  VT_PASS(vt__liveness_check(m, now, err));
  m->ticked = vt_comm_now(m->comm);
  return VT_OK;
}

void vt__master_snapshot(const vt_master *m, double now, vt_run_snapshot *w)
{
  double ns = m->ns_done, before = m->ns_before, elapsed = now - m->t_start;
  int workers = 0;
  for (int r = 0; r < m->n_ranks; r++) {
    if (m->rank[r].doing == VT_RANK_BUSY) ns += m->rank[r].ns, before += m->rank[r].from_ns;
    workers += vt__master_works(m, r) && m->rank[r].doing != VT_RANK_DEAD;
  }
  double rate = elapsed > 0 ? (ns - before) / elapsed : 0; /* ns/s, of what was done here */
  *w = (vt_run_snapshot){.tasks = vt_sched_count(m->sched),
                         .ns_done = ns,
                         .ns_total = m->ns_total,
                         .ns_per_day = rate > 0 ? rate * 86400 : NAN,
                         .eta_s = rate > 0 ? fmax(0, m->ns_total - ns) / rate : NAN,
                         .elapsed_s = elapsed,
                         .workers = workers,
                         .stopping = m->stopping,
                         .others = m->others,
                         .elsewhere = vt_sched_elsewhere(m->sched),
                         .leads = m->leads,
                         .rank = m->rank,
                         .n_ranks = m->n_ranks,
                         .now = now};
}

int vt__master_finished(const vt_master *m) { return m->ending == VT__ENDED; }

const unsigned char *vt__master_dead(const vt_master *m, int *n_dead)
{
  *n_dead = m->n_dead;
  return m->dead;
}

const vt_err *vt__master_abort(const vt_master *m) { return m->aborted ? &m->abort : NULL; }
