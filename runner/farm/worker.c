/* worker.c - takes leases, runs them, makes their records durable, reports. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/farm/cores.h"

/* Records of tasks shorter than a second are synced together: the master counts a result only when it is durable, so a
 * record that waits here is merely done again after a crash. */
static const double BATCH_S = 1.0, BEAT_S = 1.0;
/* Two pings late: then looks for the master's death note. */
static const double SILENT_S = 5, NOTE_EVERY_S = 1;
enum { BATCH_MOST = 256 };

struct vt_worker {
  vt_comm *comm;
  const vt_farm_options *o;
  vt_pump pump;
  vt_journal_writer *journal;
  vt_team *team; /* who share its task */
  int said_here, asked, has_lease, stop, left;
  int no_master, declared_dead; /* no master any more */
  int go;                       /* the end has come */
  unsigned char *dead;          /* [size / 8 + 1] who is left out of it */
  vt_lease lease;
  vt_place before;                 /* where the result is that it needs */
  vt_done_msg pending[BATCH_MOST]; /* appended, not yet synced */
  int n_pending;
  double pending_since, last_beat, heard, looked;
  double from_ns;                          /* where the running task began here, by a checkpoint; < 0: not yet known */
  vt_pace note;                            /* looks for the master's death note */
  double opened, in_tasks_s, in_journal_s; /* where the time went */
};

vt_status vt__worker_open(vt_worker **out, const vt_farm_options *o, vt_pump pump, vt_err *err)
{
  void *p;
  *out = NULL;
  VT_TRY(vt_calloc64(&p, 1, sizeof(vt_worker), err), err, "worker");
  vt_worker *w = p;
  w->comm = o->comm;
  w->o = o;
  w->pump = pump;
  w->heard = w->opened = vt_comm_now(o->comm);
  w->note = (vt_pace){
      .what = "the look for the master's death note", .every_s = NOTE_EVERY_S, .most_s = o->master_timeout_s / 4};
  if (w->note.most_s < NOTE_EVERY_S) w->note.most_s = NOTE_EVERY_S;
  vt_status rc = vt_calloc64(&p, (size_t)vt_comm_size(o->comm) / 8 + 1, 1, err);
  w->dead = p;
  if (rc == VT_OK) rc = vt_team_open(&w->team, err);
  if (rc == VT_OK) rc = vt_journal_create_shared(&w->journal, o->journal_dir, o->shard, vt_comm_rank(o->comm), err);
  if (rc != VT_OK) {
    vt__worker_close(w);
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "journal of rank %d", vt_comm_rank(o->comm));
  }
  *out = w;
  return VT_OK;
}

static vt_status worker_leave(vt_worker *w, vt_err *err)
{
  w->left = 1;
  return vt_comm_send(w->comm, 0, VT_MSG_LEFT, NULL, 0, err);
}

/* Sync and report what waits. */
static vt_status flush(vt_worker *w, vt_err *err)
{
  if (w->n_pending == 0) return VT_OK;
  double t0 = vt_comm_now(w->comm);
  VT_TRY(vt_journal_sync(w->journal, err), err, "making %d results durable", w->n_pending);
  w->in_journal_s += vt_comm_now(w->comm) - t0;
  for (int k = 0; k < w->n_pending; k++) {
    vt_journal_synced(w->journal, k, &w->pending[k].place);
    int tag = w->pending[k].err.code == VT_OK ? VT_MSG_RESULT : VT_MSG_FAILURE;
    VT_TRY(vt_comm_send(w->comm, 0, tag, &w->pending[k], sizeof w->pending[k], err), err, "reporting a result");
  }
  w->n_pending = 0;
  return VT_OK;
}

/* ------------------------------------------------------------------ master and worker hear of each other */

static vt_status worker_beat(vt_worker *w, int task, const vt_progress *p, vt_err *err)
{
  double now = vt_comm_now(w->comm);
  if (now - w->last_beat <= BEAT_S) return VT_OK;
  vt_beat_msg b = {.task = task};
  if (p) {
    b.stage = p->stage_id, b.ns = p->ns_done, b.fraction = p->fraction, b.from_ns = w->from_ns;
  }
  w->last_beat = now;
  return vt_comm_send(w->comm, 0, VT_MSG_BEAT, &b, sizeof b, err);
}

/* Is the master still there?  Its own rank need not ask. */
static void ask_after_master(vt_worker *w)
{
  double now = vt_comm_now(w->comm);
  if (w->looked > 0 && now - w->looked > SILENT_S) w->heard += now - w->looked; /* this rank did nothing itself */
  w->looked = now;
  double silent = now - w->heard;
  char name[VT_PATH * 2];
  if (w->o->master_timeout_s <= 0 || vt_comm_rank(w->comm) == 0 || w->no_master || w->go) return;
  int late = silent >= w->o->master_timeout_s, noted = 0;
  if (!late && (silent < SILENT_S || !vt_pace_due(&w->note, now))) return;
  double from = vt_now_s();
  (void)snprintf(name, sizeof name, "%s0", w->o->death_notes ? w->o->death_notes : "");
  vt_pace_begin(&w->note, now);
  noted = w->o->death_notes && access(name, F_OK) == 0;
  vt_pace_end(&w->note, now + (vt_now_s() - from));
  if (!noted && !late) return;
  vt_log(VT_LOG_ERROR, "farm", "ev=master_dead silent_s=%.0f why=\"%s\"", silent,
         noted ? "its watchdog says that it died" : "it was not heard of for runner.master_timeout");
  w->no_master = w->stop = 1;
}

/* The hook of a running replica: messages move on, short results do not wait for a long task, the master hears from us.
 */
static vt_status poll_hook(void *ctx, const vt_progress *p, vt_err *err)
{
  vt_worker *w = ctx;
  int busy;
  double now = vt_comm_now(w->comm);
  vt__crash_note_place(p->stage_id, p->step);
  if (w->from_ns < 0) w->from_ns = p->ns_done;
  VT_PASS(w->pump.step(w->pump.ctx, &busy, err));
  if (w->n_pending && now - w->pending_since > BATCH_S) VT_PASS(flush(w, err));
  VT_PASS(worker_beat(w, w->lease.task, p, err));
  ask_after_master(w);
  if (w->stop) VT_FAIL(err, VT_ESTOP, "stop requested in stage %s at step %lld", p->stage, (long long)p->step);
  return VT_OK;
}

/* Put what the lease gave into the journal. */
static vt_status worker_record(vt_worker *w, vt_status how, vt_task_output *work, const vt_err *why, vt_err *err)
{
  const vt_uid *uid = &w->o->task[w->lease.task].uid;
  vt_done_msg *d = &w->pending[w->n_pending];
  double t0 = vt_comm_now(w->comm);
  *d = (vt_done_msg){
      .lease = w->lease, .ns = work->head.ns, .wall_s = work->head.wall_s, .from_ns = w->from_ns > 0 ? w->from_ns : 0};
  if (how == VT_OK) {
    VT_TRY(vt_journal_append(w->journal, VT_REC_RESULT, uid, w->lease.attempt, w->lease.half_stage, &work->head,
                             sizeof work->head, work->values, work->head.n_values * sizeof(double) + work->n_behind,
                             err),
           err, "recording the result of row %d", w->lease.task);
  } else {
    d->err = *why;
    d->stage = work->stage;
    vt_failure_head h = {.version = VT_FAILURE_VERSION,
                         .stage = work->stage,
                         .step = work->step,
                         .rank = vt_comm_rank(w->comm),
                         .crashed = vt_retry_is_accident(how),
                         .err = *why};
    vt_host_name(h.host);
    (void)snprintf(h.build_id, sizeof h.build_id, "%.47s", vt_build_info()->build_id);
    VT_TRY(vt_journal_append(w->journal, VT_REC_FAILURE, uid, w->lease.attempt, w->lease.half_stage, &h, sizeof h,
                             work->post_mortem.s, work->post_mortem.len, err),
           err, "recording the failure of row %d", w->lease.task);
  }
  double now = vt_comm_now(w->comm);
  if (w->n_pending++ == 0) w->pending_since = now;
  w->in_journal_s += now - t0;
  return VT_OK;
}

static vt_status run_lease(vt_worker *w, vt_err *err)
{
  vt_task_output work = {0};
  vt_err why = {0};
  vt_replica_hooks hooks = {.ctx = w, .poll = poll_hook, .team = w->team};
  double t0 = vt_comm_now(w->comm);
  w->has_lease = 0;
  w->last_beat = t0;
  w->from_ns = -1;
  vt__crash_note_task(&w->lease, &w->o->task[w->lease.task].uid);
  vt_status how = w->o->work.run(w->o->work.ctx, &w->lease, &w->before, &hooks, &work, &why);
  vt__crash_note_task(NULL, NULL);
  w->in_tasks_s += vt_comm_now(w->comm) - t0;
  vt_status rc = VT_OK;
  switch (vt_status_dispo(how)) {
  case VT_DISPO_REQUEUE: /* whoever asked for it: the lease goes back when this worker leaves */
    w->stop = 1;
    break;
  case VT_DISPO_ABORT:
    if (err) *err = why;
    rc = how;
    break;
  default:
    rc = worker_record(w, how, &work, &why, err);
    if (rc == VT_OK && (vt_comm_now(w->comm) - t0 > BATCH_S || w->n_pending == BATCH_MOST || how != VT_OK))
      rc = flush(w, err);
    if (rc == VT_OK && w->o->work.after) rc = w->o->work.after(w->o->work.ctx, &w->lease, how, &work, err);
  }
  vt_free(work.values);
  vt_buf_free(&work.post_mortem);
  return rc;
}

/* Between two steps of a task, or without one. */
static vt_status worker_cores(vt_worker *w, const vt_msg *msg, vt_err *err)
{
  vt_cores_msg c = {0};
  if (msg->n < offsetof(vt_cores_msg, where) || msg->n > sizeof c)
    VT_FAIL(err, VT_EBUG, "cores message of %zu bytes", msg->n);
  memcpy(&c, msg->data, msg->n);
  if (c.size < 1 || c.size > VT_TEAM_MOST || msg->n != vt__cores_bytes(c.size))
    VT_FAIL(err, VT_EBUG, "cores message of %zu bytes for %d threads", msg->n, c.size);
  const int reached = vt_team_resize(w->team, c.size, c.where);
  vt_log(reached < c.size ? VT_LOG_WARN : VT_LOG_INFO, "farm", "ev=cores wanted=%d threads=%d", c.size, reached);
  return VT_OK;
}

static vt_status say_in(vt_worker *w, const vt_msg *msg, vt_err *err)
{
  int32_t round;
  if (msg->n != sizeof round) VT_FAIL(err, VT_EBUG, "end message of %zu bytes", msg->n);
  memcpy(&round, msg->data, sizeof round);
  VT_PASS(flush(w, err));
  vt_crash_note_in_collective(1, w->o->rank_timeout_s);
  return vt_comm_send(w->comm, 0, VT_MSG_IN, &round, sizeof round, err);
}

vt_status vt__worker_message(vt_worker *w, const vt_msg *msg, vt_err *err)
{
  vt_task_msg task;
  w->heard = vt_comm_now(w->comm);
  switch (msg->tag) {
  case VT_MSG_TASK:
    if (msg->n != sizeof task) VT_FAIL(err, VT_EBUG, "task message of %zu bytes", msg->n);
    memcpy(&task, msg->data, sizeof task);
    w->lease = task.lease;
    w->before = task.before;
    if (w->lease.task < 0 || w->lease.task >= w->o->n_tasks) VT_FAIL(err, VT_EBUG, "no row %d", w->lease.task);
    w->has_lease = 1;
    w->asked = 0;
    return VT_OK;
  case VT_MSG_STOP: /* an idle worker waits for LEAVE: its READY is under way to a master that knows of the stop */
    w->stop = 1;
    return VT_OK;
  case VT_MSG_LEAVE:
    w->left = 1;
    return VT_OK;
  case VT_MSG_PING:
    return VT_OK;
  case VT_MSG_END:
    w->left = 1;
    return say_in(w, msg, err);
  case VT_MSG_GO:
    if (msg->n != (size_t)vt_comm_size(w->comm) / 8 + 1) VT_FAIL(err, VT_EBUG, "go message of %zu bytes", msg->n);
    memcpy(w->dead, msg->data, msg->n);
    w->go = 1;
    return VT_OK;
  case VT_MSG_CORES:
    return worker_cores(w, msg, err);
  case VT_MSG_DECLARED_DEAD:
    w->no_master = w->declared_dead = w->stop = 1;
    return VT_OK;
  default:
    VT_FAIL(err, VT_EBUG, "unknown message %d for a worker", msg->tag);
  }
}

static vt_status say_here(vt_worker *w, vt_err *err)
{
  vt_here_msg h;
  w->said_here = 1;
  vt__here(&h);
  return vt_comm_send(w->comm, 0, VT_MSG_HERE, &h, sizeof h, err);
}

static vt_status worker_step(vt_worker *w, int *busy, vt_err *err)
{
  if (!w->said_here) VT_PASS(say_here(w, err));
  if (w->has_lease) {
    *busy = 1;
    if (!w->stop) VT_PASS(run_lease(w, err));
    if (w->stop) { /* the lease, begun or not, goes back */
      VT_PASS(flush(w, err));
      return worker_leave(w, err);
    }
  }
  if (!w->asked) {
    *busy = w->asked = 1;
    return vt_comm_send(w->comm, 0, VT_MSG_READY, NULL, 0, err);
  }
  if (w->n_pending && !*busy) { /* nothing came at once: use the time */
    *busy = 1;
    return flush(w, err);
  }
  return VT_OK;
}

vt_status vt__worker_step(vt_worker *w, int *busy, vt_err *err)
{
  vt_err why = {0};
  ask_after_master(w);
  if (!w->go && !w->no_master) VT_PASS(worker_beat(w, -1, NULL, err));
  if (w->left) return flush(w, err);
  vt_status rc = worker_step(w, busy, &why);
  if (rc == VT_OK) return VT_OK;
  /* Nothing that another task could survive: tell the master, which stops the campaign, and leave. */
  vt_done_msg d = {.lease = w->lease, .err = why};
  w->left = 1;
  w->n_pending = 0; /* what could not be made durable was never reported: it is done again */
  VT_PASS(vt_comm_send(w->comm, 0, VT_MSG_ABORT, &d, sizeof d, err));
  return vt_comm_send(w->comm, 0, VT_MSG_LEFT, NULL, 0, err);
}

int vt__worker_over(const vt_worker *w, const unsigned char **dead, int *declared_dead)
{
  *dead = w->dead;
  *declared_dead = w->declared_dead;
  return w->no_master ? -1 : w->go;
}

void vt__worker_close(vt_worker *w)
{
  if (!w) return;
  vt_log(VT_LOG_INFO, "farm", "ev=spent here_s=%.3f tasks_s=%.3f journal_s=%.4f", vt_comm_now(w->comm) - w->opened,
         w->in_tasks_s, w->in_journal_s);
  vt_journal_close(w->journal);
  vt_team_close(w->team);
  vt_free(w->dead);
  vt_free(w);
}
