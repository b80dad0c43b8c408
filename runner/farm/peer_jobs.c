/* peer_jobs.c - other jobs on the same campaign: whose task is it, and what has the journal learned from others? */
#include "runner/farm/farm_impl.h"
#include "runner/farm/master_impl.h"

/* How often the journal is read for the results of others; how old that may be when a task is claimed. */
static const double CHECK_S = 2, CHECK_MOST_S = 300, FRESH_S = 1;
/* An heir of a dead job needs moments to give its claims back. */
static const double CLAIM_MOST_S = 20;

vt_status vt__peer_jobs_open(vt_master *m, vt_err *err)
{
  void *p;
  if (!m->o->replay) return VT_OK;
  VT_PASS(vt_calloc64(&p, (size_t)m->o->n_tasks, 1, err));
  m->held_elsewhere = p;
  m->n_seen = vt_journal_count(m->o->replay); /* the replay takes these */
  return VT_OK;
}

void vt__peer_jobs_free(vt_master *m) { vt_free(m->held_elsewhere); }

/* ------------------------------------------------------------------ reading */

/* A rank of this job that is alive holds it: what it does with the task comes as a message. */
static int held_here(const vt_master *m, int task)
{
  int holder = vt_sched_worker_of(m->sched, task);
  return holder >= 0 && holder < m->n_ranks && !m->to_declare[holder];
}

static vt_status peer_jobs_result(vt_master *m, int task, vt_err *err)
{
  if (vt_sched_state(m->sched, task) == VT_DONE || held_here(m, task)) return VT_OK;
  m->ns_done += m->o->task_ns[task];
  m->held_elsewhere[task] = 0;
  vt__master_say(m, VT_RUN_RESULT_ELSEWHERE, -1, &(vt_lease){.task = task}, NULL);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_RESULT, .worker = m->n_ranks, .task = task}, err);
}

/* A failure of one of our own ranks comes as a message, too; only what nobody will report is taken from the journal:
 * what happens elsewhere, what a dying rank had written, and deaths.  Of a death that concerns an earlier holder only
 * the fault counts: who holds the task now goes on. */
static vt_status failure(vt_master *m, const vt_rec *rec, int task, vt_err *err)
{
  vt_failure_head h;
  int here = held_here(m, task);
  VT_PASS(vt_failure_load(m->o->replay, rec, &h, err));
  if (!h.crashed && here) return VT_OK;
  vt_event ev = {.kind = VT_EV_FAILURE,
                 .worker = here ? -1 : vt_sched_worker_of(m->sched, task),
                 .task = task,
                 .status = h.err.code,
                 .attempt = rec->attempt,
                 .half_stage = rec->half_stage,
                 .stage = h.stage};
  vt_lease l = {.task = task, .attempt = rec->attempt, .half_stage = rec->half_stage};
  if (!here) m->held_elsewhere[task] = 0;
  vt__master_say(m, h.crashed ? VT_RUN_CRASH : VT_RUN_FAILURE_ELSEWHERE, h.crashed ? h.rank : -1, &l, h.err.text);
  return vt__master_event(m, &ev, err);
}

/* An event may lease a task, which reads the journal again: a record is counted as seen before it is handled. */
vt_status vt__peer_jobs_read(vt_master *m, vt_err *err)
{
  vt_journal *j = m->o->replay;
  if (!j) return VT_OK;
  const uint64_t before = vt_journal_bytes(j);
  const int known = vt_journal_count(j);
  vt_journal_trust(j, vt__places_known, m);
  const vt_status rc = vt_journal_refresh(j, err);
  vt_journal_trust(j, NULL, NULL);
  VT_TRY(rc, err, "records that were added to the journal");
  m->read = vt_comm_now(m->comm);
  vt_log(VT_LOG_DEBUG, "farm", "ev=journal_looked records=%d bytes=%llu", vt_journal_count(j) - known,
         (unsigned long long)(vt_journal_bytes(j) - before));
  while (m->n_seen < vt_journal_count(j)) {
    vt_rec rec = *vt_journal_rec(j, m->n_seen++);
    int task = vt_uid_index_find(m->o->by_uid, &rec.uid);
    if (task < 0) continue; /* of a larger campaign that shares this folder */
    VT_PASS(rec.type == VT_REC_RESULT ? peer_jobs_result(m, task, err) : failure(m, &rec, task, err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ claims */

/* VT_ESTOP: another job declared this one dead.  It ends; what it has is durable, and others do the rest. */
static vt_status or_stop(vt_master *m, vt_status rc, const vt_err *why, vt_err *err)
{
  if (rc != VT_ESTOP) return rc;
  if (!m->declared_dead) vt__master_say(m, VT_RUN_DECLARED_DEAD, -1, NULL, why ? why->text : NULL);
  m->declared_dead = 1;
  return vt__master_stop(m, err);
}

static vt_status peer_jobs_elsewhere(vt_master *m, int worker, int task, vt_err *err)
{
  m->held_elsewhere[task] = 1;
  m->ever_others = 1;
  vt__master_say(m, VT_RUN_ELSEWHERE, -1, &(vt_lease){.task = task}, NULL);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_ELSEWHERE, .worker = worker, .task = task}, err);
}

/* Another job releases a task after its record is durable, so what was read a moment ago may lack one that was just
 * done: it is done twice then, with the same bits. */
vt_status vt__peer_jobs_claim(vt_master *m, int worker, int task, int *ours, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  *ours = 1;
  if (!c) return VT_OK;
  VT_TRY(or_stop(m, c->claim(c->ctx, task, ours, err), err, err), err, "claiming row %d", task);
  if (*ours && m->ever_others && m->o->replay) {
    if (vt_comm_now(m->comm) - m->read > FRESH_S) VT_PASS(vt__peer_jobs_read(m, err));
    if (vt_journal_result(m->o->replay, &m->o->task[task].uid)) {
      *ours = 0;
      VT_PASS(vt__peer_jobs_release(m, task, err));
    }
  }
  return *ours ? VT_OK : peer_jobs_elsewhere(m, worker, task, err);
}

vt_status vt__peer_jobs_release(vt_master *m, int task, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  return c ? or_stop(m, c->release(c->ctx, task, err), err, err) : VT_OK;
}

static vt_status peer_jobs_back(vt_master *m, int task, vt_err *err)
{
  m->held_elsewhere[task] = 0;
  vt__master_say(m, VT_RUN_BACK, -1, &(vt_lease){.task = task}, NULL);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_BACK, .worker = -1, .task = task}, err);
}

/* Tasks that another job held: done, or given back without a result?  Who held it may have finished between the two
 * looks, so the journal is read once more before tasks are taken back. */
static vt_status look_elsewhere(vt_master *m, vt_err *err)
{
  enum { HELD = 1, FREE = 2 };
  const vt_claims *c = m->o->claims;
  int any = 0;
  VT_PASS(vt__peer_jobs_read(m, err));
  for (int t = 0; t < m->o->n_tasks; t++) {
    int held = 1;
    if (!m->held_elsewhere[t]) continue;
    if (vt_journal_result(m->o->replay, &m->o->task[t].uid))
      VT_PASS(peer_jobs_result(m, t, err));
    else {
      VT_TRY(or_stop(m, c->held(c->ctx, t, &held, err), err, err), err, "row %d elsewhere", t);
      m->held_elsewhere[t] = held ? HELD : FREE;
      any |= !held;
    }
  }
  if (any) VT_PASS(vt__peer_jobs_read(m, err));
  for (int t = 0; t < m->o->n_tasks && any; t++)
    if (m->held_elsewhere[t] == FREE) VT_PASS(peer_jobs_back(m, t, err));
  return VT_OK;
}

vt_status vt__peer_jobs_beat(vt_master *m, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  if (!c) return VT_OK;
  int led = m->leads;
  vt_status rc = c->beat(c->ctx, &m->others, &m->leads, err);
  if (rc == VT_ESTOP) return or_stop(m, rc, err, err);
  VT_TRY(rc, err, "other jobs");
  if (m->leads && !led) vt__master_say(m, VT_RUN_LEADS, -1, NULL, "the job that led has ended");
  m->ever_others |= m->others > 0;
  return VT_OK;
}

/* Claims that no job alive holds, and that this job cannot have: the folder of leases refuses new names. */
static vt_status give_up_claiming(vt_master *m, double now, int64_t here, vt_err *err)
{
  if (m->others > 0 || here > 0 || vt_sched_elsewhere(m->sched) == 0) {
    m->stuck = now;
    return VT_OK;
  }
  if (now - m->stuck < CLAIM_MOST_S) return VT_OK;
  VT_FAIL(err, VT_EIO, "%d tasks cannot be claimed though no other job is here: is the folder of leases writable?",
          vt_sched_elsewhere(m->sched));
}

vt_status vt__peer_jobs_look(vt_master *m, double now, vt_err *err)
{
  if (!m->o->claims || !m->o->replay || !vt_pace_due(&m->look, now)) return VT_OK;
  if (!m->look.what) {
    m->look = (vt_pace){.what = "the look at tasks of other jobs", .every_s = CHECK_S, .most_s = CHECK_MOST_S};
    m->stuck = now;
  }
  vt_pace_begin(&m->look, now);
  if (vt_sched_elsewhere(m->sched) > 0) VT_PASS(look_elsewhere(m, err));
  vt_pace_end(&m->look, vt_comm_now(m->comm));
  vt_sched_counts n = vt_sched_count(m->sched);
  int64_t here = n.leased - vt_sched_elsewhere(m->sched);
  VT_PASS(give_up_claiming(m, now, here, err));
  if (!m->leads && m->others > 0 && !m->closing && n.ready + n.waiting + here == 0)
    return vt__master_begin_no_more(m, "other jobs do all that is left", err);
  return VT_OK;
}
