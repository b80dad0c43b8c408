/* replay.c - state of a campaign = tasks - results - exhausted failures. */
#include "runner/records/records.h"

typedef struct replayer {
  vt_sched *s;
  vt_action *action;
  int cap;
  unsigned char *looked; /* [groups] records that were read */
} replayer;

/* A record is one read, of a disk that may be far away: a few of each group say what is to be known. */
enum { LOOKS = 4 };

static vt_status one_event(replayer *r, const vt_event *ev, vt_err *err)
{
  int n;
  VT_TRY(vt_sched_event(r->s, ev, r->action, r->cap, &n, err), err, "replaying row %d", ev->task);
  return VT_OK;
}

/* What the task took, 0: not looked, or not comparable (some stage ran with half its time step). */
static double replay_took(replayer *r, const vt_journal *j, const vt_rec *rec, int group)
{
  vt_result_head h;
  if (r->looked[group] >= LOOKS || rec->half_stage || rec->n < sizeof h) return 0;
  r->looked[group]++;
  return vt_journal_peek(j, rec, &h, sizeof h, NULL) == VT_OK ? h.wall_s : 0;
}

static vt_status replay_failures(replayer *r, const vt_journal *j, const vt_uid *uid, int task, vt_err *err)
{
  const vt_rec *rec;
  for (rec = vt_journal_failure(j, uid, 0); rec; rec = vt_journal_next_failure(j, rec)) {
    vt_failure_head h;
    VT_PASS(vt_failure_load(j, rec, &h, err));
    vt_event ev = {.kind = VT_EV_FAILURE,
                   .worker = -1,
                   .task = task,
                   .status = h.err.code,
                   .attempt = rec->attempt,
                   .half_stage = rec->half_stage,
                   .stage = h.stage};
    VT_PASS(one_event(r, &ev, err));
  }
  return VT_OK;
}

vt_status vt_records_replay(vt_sched *s, const vt_sched_task *task, int n, const vt_journal *j,
                            void (*done)(void *ctx, int i), void *ctx, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  if (!j) return VT_OK;
  replayer r = {.s = s, .cap = vt_sched_actions_max(s)};
  int groups = 1;
  for (int i = 0; i < n; i++) groups = task[i].group >= groups ? task[i].group + 1 : groups;
  VT_TRY(vt_calloc64(&p, (size_t)groups, 1, err), err, "%d groups of tasks", groups);
  r.looked = p;
  p = NULL;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)r.cap, sizeof *r.action, err), err, "scheduler actions");
  r.action = p;
  for (int i = 0; i < n && rc == VT_OK; i++) {
    const vt_rec *rec = vt_journal_result(j, &task[i].uid);
    vt_alive();
    if (rec) {
      const double took_s = replay_took(&r, j, rec, task[i].group);
      rc = one_event(&r, &(vt_event){.kind = VT_EV_RESULT, .worker = -1, .task = i, .took_s = took_s}, err);
      if (done) done(ctx, i);
    } else
      rc = replay_failures(&r, j, &task[i].uid, i, err);
  }
out:
  vt_free(p);
  vt_free(r.looked);
  return rc;
}

int32_t vt_records_group(const vt_campaign *c, int task)
{
  _Static_assert((int)VT_TASK_MD + 1 == (int)VT_SCHED_KINDS, "kinds of tasks");
  const int64_t group = c->task[task].kind + (int64_t)VT_SCHED_KINDS * c->task[task].comp;
  return group < VT_SCHED_GROUPS_MOST ? (int32_t)group : 0;
}

vt_status vt_records_sched_tasks(const vt_campaign *c, vt_sched_task **task, double **ns, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *q = NULL;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_tasks, sizeof **task, err), err, "%d tasks", c->n_tasks);
  VT_TRY_OUT(vt_calloc64(&q, (size_t)c->n_tasks, sizeof **ns, err), err, "%d tasks", c->n_tasks);
  vt_sched_task *t = p;
  double *s = q;
  for (int i = 0; i < c->n_tasks; i++) {
    vt_plan plan;
    VT_TRY_OUT(vt_campaign_plan(c, i, &plan, err), err, "plan of row %d", i);
    t[i] = (vt_sched_task){.uid = plan.uid,
                           .needs = c->task[i].needs,
                           .group = vt_records_group(c, i),
                           .cost = (double)vt_replica_steps(&plan) * plan.comp.n_atoms};
    s[i] = vt_replica_ns(&plan);
  }
  *task = t;
  *ns = s;
  p = q = NULL;
out:
  vt_free(p);
  vt_free(q);
  return rc;
}
