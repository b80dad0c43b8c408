/* news.c - other jobs on the same campaign: whose task is it, and what has the journal learned from others? */
#include <stdlib.h>
#include <string.h>

#include "runner/drive/master_impl.h"

static const double CHECK_S = 2; /* how often the journal is read for the results of others */

/* qsort has no context; the table is sorted once, when the master opens. */
static const vt_sched_task *sorting;

static int by_uid(const void *a, const void *b)
{
  return vt_uid_cmp(&sorting[*(const int32_t *)a].uid, &sorting[*(const int32_t *)b].uid);
}

vt_status vt__news_open(vt_master *m, vt_err *err)
{
  void *p;
  size_t n = (size_t)m->o->n_tasks;
  if (!m->o->replay) return VT_OK;
  VT_PASS(vt_calloc64(&p, n, sizeof *m->by_uid, err));
  m->by_uid = p;
  for (int i = 0; i < m->o->n_tasks; i++) m->by_uid[i] = i;
  sorting = m->o->task;
  qsort(m->by_uid, n, sizeof *m->by_uid, by_uid);
  VT_PASS(vt_calloc64(&p, n, 1, err));
  m->away = p;
  m->n_seen = vt_journal_count(m->o->replay); /* the replay takes these */
  return VT_OK;
}

void vt__news_free(vt_master *m)
{
  vt_free(m->by_uid);
  vt_free(m->away);
}

static int task_of(const vt_master *m, const vt_uid *uid)
{
  int lo = 0, hi = m->o->n_tasks;
  while (lo < hi) {
    int mid = lo + (hi - lo) / 2;
    if (vt_uid_cmp(&m->o->task[m->by_uid[mid]].uid, uid) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < m->o->n_tasks && vt_uid_equal(&m->o->task[m->by_uid[lo]].uid, uid) ? m->by_uid[lo] : -1;
}

/* ------------------------------------------------------------------ reading */

static vt_status result_of_other(vt_master *m, int task, vt_err *err)
{
  int holder = vt_sched_worker_of(m->sched, task);
  if (vt_sched_state(m->sched, task) == VT_DONE || (holder >= 0 && holder < m->n_ranks)) return VT_OK;
  m->ns_done += m->o->task_ns[task];
  m->away[task] = 0;
  vt__master_say(m, "result_elsewhere", -1, &(vt_lease){.task = task}, NULL);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_RESULT, .worker = m->n_ranks, .task = task}, err);
}

/* A failure of one of our own ranks comes as a message too; only what nobody will report is taken from the journal: what
 * happens elsewhere, and deaths. */
static vt_status failure(vt_master *m, const vt_rec *rec, int task, vt_err *err)
{
  vt_failure_head h;
  int holder = vt_sched_worker_of(m->sched, task);
  VT_PASS(vt_failure_load(m->o->replay, rec, &h, err));
  if (!h.crashed && holder >= 0 && holder < m->n_ranks) return VT_OK;
  vt_event ev = {.kind = VT_EV_FAILURE,
                 .worker = holder,
                 .task = task,
                 .status = h.err.code,
                 .attempt = rec->attempt,
                 .half_stage = rec->half_stage,
                 .stage = h.stage};
  vt_lease l = {.task = task, .attempt = rec->attempt, .half_stage = rec->half_stage};
  if (holder == m->n_ranks) m->away[task] = 0;
  vt__master_say(m, h.crashed ? "crash" : "failure_elsewhere", h.crashed ? h.rank : -1, &l, h.err.text);
  return vt__master_event(m, &ev, err);
}

vt_status vt__news_read(vt_master *m, vt_err *err)
{
  vt_journal *j = m->o->replay;
  if (!j) return VT_OK;
  VT_TRY(vt_journal_refresh(j, err), err, "news in the journal");
  for (; m->n_seen < vt_journal_count(j); m->n_seen++) {
    vt_rec rec = *vt_journal_rec(j, m->n_seen);
    int task = task_of(m, &rec.uid);
    if (task < 0) continue; /* of a larger campaign that shares this folder */
    VT_PASS(rec.type == VT_REC_RESULT ? result_of_other(m, task, err) : failure(m, &rec, task, err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ claims */

vt_status vt__news_claim(vt_master *m, int task, int *ours, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  int worker = vt_sched_worker_of(m->sched, task);
  *ours = 1;
  if (!c) return VT_OK;
  VT_TRY(c->claim(c->ctx, task, ours, err), err, "claiming task %d", task);
  if (*ours && m->ever_others && m->o->replay) { /* did somebody finish it a moment ago? */
    VT_PASS(vt__news_read(m, err));
    if (vt_journal_result(m->o->replay, &m->o->task[task].uid)) *ours = 0;
    if (!*ours) VT_TRY(c->release(c->ctx, task, err), err, "releasing task %d", task);
  }
  if (*ours) return VT_OK;
  m->away[task] = 1;
  m->ever_others = 1;
  vt__master_say(m, "elsewhere", -1, &(vt_lease){.task = task}, NULL);
  return vt__master_event(m, &(vt_event){.kind = VT_EV_ELSEWHERE, .worker = worker, .task = task}, err);
}

vt_status vt__news_release(vt_master *m, int task, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  return c ? c->release(c->ctx, task, err) : VT_OK;
}

/* Tasks that another job held: done, or given back without a result? */
static vt_status look_at_away(vt_master *m, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  VT_PASS(vt__news_read(m, err));
  for (int t = 0; t < m->o->n_tasks; t++) {
    int held;
    if (!m->away[t]) continue;
    if (vt_journal_result(m->o->replay, &m->o->task[t].uid)) {
      VT_PASS(result_of_other(m, t, err));
      m->away[t] = 0;
      continue;
    }
    VT_TRY(c->held(c->ctx, t, &held, err), err, "task %d elsewhere", t);
    if (held) continue;
    /* It may have been finished between the two looks. */
    VT_PASS(vt__news_read(m, err));
    if (!m->away[t]) continue;
    m->away[t] = 0;
    vt__master_say(m, "back", -1, &(vt_lease){.task = t}, NULL);
    VT_PASS(vt__master_event(m, &(vt_event){.kind = VT_EV_BACK, .worker = -1, .task = t}, err));
  }
  return VT_OK;
}

vt_status vt__news_beat(vt_master *m, vt_err *err)
{
  const vt_claims *c = m->o->claims;
  if (!c) return VT_OK;
  int led = m->leads;
  vt_status rc = c->beat(c->ctx, &m->others, &m->leads, err);
  if (rc == VT_ESTOP) { /* somebody took this job for dead: it ends, what it has is durable */
    vt__master_say(m, "taken_for_dead", -1, NULL, err ? err->text : NULL);
    return vt__master_stop(m, err);
  }
  VT_TRY(rc, err, "other jobs");
  if (m->leads && !led) vt__master_say(m, "leads", -1, NULL, "the job that led has ended");
  m->ever_others |= m->others > 0;
  return VT_OK;
}

vt_status vt__news_look(vt_master *m, double now, vt_err *err)
{
  if (!m->o->claims || !m->o->replay || now - m->checked < CHECK_S) return VT_OK;
  m->checked = now;
  if (vt_sched_elsewhere(m->sched) > 0) VT_PASS(look_at_away(m, err));
  vt_sched_counts n = vt_sched_count(m->sched);
  int64_t here = n.leased - vt_sched_elsewhere(m->sched);
  if (!m->leads && !m->closing && n.ready + n.waiting + here == 0)
    return vt__master_close_shop(m, "other jobs do all that is left", err);
  return VT_OK;
}
