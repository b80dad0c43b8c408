/* master.c - turns messages into scheduler events and executes the scheduler's actions. */
#include <math.h>
#include <string.h>

#include "runner/drive/drive_impl.h"

struct vt_master {
  vt_comm *comm;
  vt_sched *sched;
  const vt_node_options *o;
  vt_action *action; /* [action_cap] */
  int action_cap;
  int n_ranks, n_workers, n_left;
  char *left;      /* [n_ranks] */
  double *beat_ns; /* [n_ranks] simulated time of the running task */
  double ns_done;  /* of finished tasks                            */
  double ns_total;
  double ns_before; /* done before this run                         */
  double t_start;
  int stopping;
  int aborted;
  vt_err abort;
};

static vt_status send_empty(vt_master *m, int rank, int tag, vt_err *err)
{
  VT_TRY(vt_comm_send(m->comm, rank, tag, NULL, 0, err), err, "message %d to rank %d", tag, rank);
  return VT_OK;
}

static void mark_left(vt_master *m, int rank)
{
  if (m->left[rank]) return;
  m->left[rank] = 1;
  m->beat_ns[rank] = 0;
  m->n_left++;
}

static vt_status execute(vt_master *m, const vt_action *a, vt_err *err)
{
  switch ((vt_action_kind)a->kind) {
  case VT_ACT_LEASE: {
    vt_lease l = {.task = a->task, .attempt = a->attempt, .half_stage = a->half_stage};
    vt_log(VT_LOG_DEBUG, "drive", "ev=lease task=%d worker=%d attempt=%d half_stage=%d", a->task, a->worker, a->attempt,
           a->half_stage);
    VT_TRY(vt_comm_send(m->comm, a->worker, VT_MSG_TASK, &l, sizeof l, err), err, "task %d to rank %d", a->task,
           a->worker);
    return VT_OK;
  }
  case VT_ACT_RELEASE:
    mark_left(m, a->worker);
    return send_empty(m, a->worker, VT_MSG_LEAVE, err);
  case VT_ACT_GIVE_UP:
    vt_log(VT_LOG_WARN, "drive", "ev=give_up task=%d cause=%d", a->task, vt_sched_failed_by(m->sched, a->task));
    return VT_OK;
  }
  VT_FAIL(err, VT_EBUG, "unknown action %d", a->kind);
}

static vt_status event(vt_master *m, const vt_event *ev, vt_err *err)
{
  int n = 0;
  VT_TRY(vt_sched_event(m->sched, ev, m->action, m->action_cap, &n, err), err, "scheduler event %d", ev->kind);
  for (int k = 0; k < n; k++) VT_PASS(execute(m, &m->action[k], err));
  return VT_OK;
}

static void count_done(void *ctx, int i)
{
  vt_master *m = ctx;
  m->ns_done += m->o->task_ns[i];
}

/* Results and failures of earlier starts. */
static vt_status replay(vt_master *m, vt_err *err)
{
  for (int i = 0; i < m->o->n_tasks; i++) m->ns_total += m->o->task_ns[i];
  VT_PASS(vt__replay(m->sched, m->o->task, m->o->n_tasks, m->o->replay, count_done, m, err));
  m->ns_before = m->ns_done;
  return VT_OK;
}

vt_status vt__master_open(vt_master **out, const vt_node_options *o, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  *out = NULL;
  VT_TRY(vt_calloc64(&p, 1, sizeof(vt_master), err), err, "master");
  vt_master *m = p;
  m->comm = o->comm;
  m->o = o;
  m->n_ranks = vt_comm_size(o->comm);
  m->n_workers = m->n_ranks - !o->master_inline;
  m->t_start = vt_comm_now(o->comm);
  VT_TRY_OUT(vt_calloc64(&p, (size_t)m->n_ranks, 1, err), err, "master: %d ranks", m->n_ranks);
  m->left = p;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)m->n_ranks, sizeof(double), err), err, "master: %d ranks", m->n_ranks);
  m->beat_ns = p;
  vt_sched_options so = {.n_workers = m->n_ranks, .max_tries = o->max_tries, .crash_limit = o->crash_limit};
  VT_TRY_OUT(vt_sched_open(&m->sched, o->task, o->n_tasks, &so, err), err, "scheduler for %d tasks", o->n_tasks);
  m->action_cap = vt_sched_actions_max(m->sched);
  VT_TRY_OUT(vt_calloc64(&p, (size_t)m->action_cap, sizeof *m->action, err), err, "scheduler actions");
  m->action = p;
  VT_TRY_OUT(replay(m, err), err, "replaying the journal");
  *out = m;
  m = NULL;
out:
  vt__master_close(m);
  return rc;
}

static vt_status take_done(vt_master *m, const vt_msg *msg, vt_err *err)
{
  vt_done_msg d;
  if (msg->n != sizeof d)
    VT_FAIL(err, VT_EBUG, "message %d of rank %d has %zu bytes, expected %zu", msg->tag, msg->src, msg->n, sizeof d);
  memcpy(&d, msg->data, sizeof d);
  m->beat_ns[msg->src] = 0;
  vt_event ev = {.worker = msg->src,
                 .task = d.lease.task,
                 .status = d.err.code,
                 .attempt = d.lease.attempt,
                 .half_stage = d.lease.half_stage,
                 .stage = d.stage};
  switch (msg->tag) {
  case VT_MSG_RESULT:
    if (vt_sched_state(m->sched, d.lease.task) != VT_DONE) m->ns_done += m->o->task_ns[d.lease.task];
    vt_log(VT_LOG_INFO, "drive", "ev=result task=%d worker=%d ns=%.6g wall_s=%.3f", d.lease.task, msg->src, d.ns,
           d.wall_s);
    ev.kind = VT_EV_RESULT;
    return event(m, &ev, err);
  case VT_MSG_FAILURE:
    vt_log(VT_LOG_WARN, "drive", "ev=failure task=%d worker=%d attempt=%d half_stage=%d error=\"%.200s\"", d.lease.task,
           msg->src, d.lease.attempt, d.lease.half_stage, d.err.text);
    ev.kind = VT_EV_FAILURE;
    return event(m, &ev, err);
  default: /* VT_MSG_ABORT */
    if (!m->aborted) {
      m->aborted = 1;
      m->abort = d.err;
      (void)vt_err_wrap(&m->abort, (vt_status)d.err.code, __FILE__, __LINE__, "rank %d", msg->src);
    }
    return vt__master_stop(m, err);
  }
}

vt_status vt__master_message(vt_master *m, const vt_msg *msg, vt_err *err)
{
  switch (msg->tag) {
  case VT_MSG_READY:
    return event(m, &(vt_event){.kind = VT_EV_READY, .worker = msg->src, .task = -1}, err);
  case VT_MSG_RESULT:
  case VT_MSG_FAILURE:
  case VT_MSG_ABORT:
    return take_done(m, msg, err);
  case VT_MSG_BEAT: {
    vt_beat_msg b;
    if (msg->n != sizeof b) VT_FAIL(err, VT_EBUG, "heartbeat of %zu bytes from rank %d", msg->n, msg->src);
    memcpy(&b, msg->data, sizeof b);
    if (!m->left[msg->src]) m->beat_ns[msg->src] = b.ns;
    return VT_OK;
  }
  case VT_MSG_STOP_ASK:
    return vt__master_stop(m, err);
  case VT_MSG_GONE:
    mark_left(m, msg->src);
    return event(m, &(vt_event){.kind = VT_EV_WORKER_DEAD, .worker = msg->src, .task = -1}, err);
  default:
    VT_FAIL(err, VT_EBUG, "unknown message %d from rank %d", msg->tag, msg->src);
  }
}

vt_status vt__master_stop(vt_master *m, vt_err *err)
{
  if (m->stopping) return VT_OK;
  m->stopping = 1;
  VT_PASS(event(m, &(vt_event){.kind = VT_EV_STOP, .worker = -1, .task = -1}, err));
  for (int r = m->o->master_inline ? 0 : 1; r < m->n_ranks; r++)
    if (!m->left[r]) VT_PASS(send_empty(m, r, VT_MSG_STOP, err));
  return VT_OK;
}

void vt__master_watch(const vt_master *m, double now, vt_watch *w)
{
  double ns = m->ns_done, elapsed = now - m->t_start;
  for (int r = 0; r < m->n_ranks; r++) ns += m->beat_ns[r];
  double rate = elapsed > 0 ? (ns - m->ns_before) / elapsed : 0; /* ns/s */
  *w = (vt_watch){.tasks = vt_sched_count(m->sched),
                  .ns_done = ns,
                  .ns_total = m->ns_total,
                  .ns_per_day = rate > 0 ? rate * 86400 : NAN,
                  .eta_s = rate > 0 ? fmax(0, m->ns_total - ns) / rate : NAN,
                  .elapsed_s = elapsed,
                  .workers = m->n_workers,
                  .stopping = m->stopping};
}

int vt__master_finished(const vt_master *m) { return m->n_left >= m->n_workers; }

int vt__master_stopping(const vt_master *m) { return m->stopping; }

const vt_err *vt__master_abort(const vt_master *m) { return m->aborted ? &m->abort : NULL; }

void vt__master_close(vt_master *m)
{
  if (!m) return;
  vt_sched_free(m->sched);
  vt_free(m->left);
  vt_free(m->beat_ns);
  vt_free(m->action);
  vt_free(m);
}
