/* failures.c - which tasks failed for good, why, and what to try. */
#include <stdio.h>
#include <string.h>

#include "runner/folder/folder_impl.h"

/* ------------------------------------------------------------------ what to try */

static const char *of_divergence(int stage)
{
  switch (stage) {
  case VT_STAGE_MELT:
    return "a smaller protocol.melt.timestep or melt.temperature; ensemble: nvt; the frame is in failed/: if ions have "
           "fused, the potential has not learnt them (vitrion select DIR)";
  case VT_STAGE_QUENCH:
    return "a smaller protocol.quench.timestep, or npt_below nearer to the glass transition; the frame is in failed/";
  case VT_STAGE_EQUILIBRATE:
    return "a smaller protocol.equilibrate.timestep; the frame is in failed/: worth labelling (vitrion select DIR)";
  case VT_STAGE_PRODUCE:
    return "a smaller protocol.produce.timestep; the frame is in failed/: worth labelling (vitrion select DIR)";
  default:
    return "a lower protocol.pack.density, or larger radii (elements) of the ions that come too near";
  }
}

const char *vt_failure_advice(int status, int stage)
{
  switch (status) {
  case VT_EDIVERGE:
    return of_divergence(stage);
  case VT_ETASK:
    return "what it asks for cannot be done: see the reason, change that key for this composition, or leave it out";
  case VT_ENOMEM:
    return "fewer ranks on a node, or more memory for each (sbatch --mem-per-cpu)";
  case VT_ECORRUPT:
    return "vitrion verify DIR, then vitrion repair DIR";
  case VT_ECRASH:
    return "killed for its memory (dmesg, seff)? a bad node? else vitrion one CAMPAIGN --task UID under a debugger";
  case VT_EDRIVER:
    return "what the program printed last is in failed/*.driver.log; try potential.command by hand; potential.timeout";
  case VT_EIO:
    return "room and quota of the output folder: vitrion doctor CAMPAIGN";
  default:
    return "vitrion one CAMPAIGN --task UID repeats it alone";
  }
}

/* ------------------------------------------------------------------ failed tasks */

static void tell_record(const vt_folder_view *v, const vt_rec *rec, vt_failed_task *f)
{
  vt_failure_head h;
  int n;
  if (vt_failure_load(v->j, rec, &h, NULL) != VT_OK) return;
  const char *sentence = vt_err_sentence(h.err.text, &n);
  f->stage = h.stage;
  f->step = h.step;
  f->status = h.err.code;
  (void)snprintf(f->why, sizeof f->why, "%.*s", n, sentence);
  f->what_to_try = vt_failure_advice(f->status, f->stage);
}

int vt_folder_view_failed(const vt_folder_view *v, int from, vt_failed_task *f)
{
  for (int i = from; i < v->c->n_tasks; i++) {
    if (vt_sched_state(v->s, i) != VT_FAILED) continue;
    const int by = vt_sched_failed_by(v->s, i);
    *f = (vt_failed_task){.task = i, .by = by, .what_to_try = ""};
    const vt_uid *uid = &v->c->task[by].uid;
    for (const vt_rec *r = vt_journal_failure(v->j, uid, 0); r; r = vt_journal_next_failure(v->j, r)) {
      f->tries++;
      tell_record(v, r, f); /* the last one stays */
    }
    return i;
  }
  return -1;
}

int vt_folder_view_newest_failure(const vt_folder_view *v, vt_failed_task *f)
{
  for (int i = vt_journal_count(v->j) - 1; i >= 0; i--) {
    const vt_rec *r = vt_journal_rec(v->j, i);
    const int task = r->type == VT_REC_FAILURE ? vt_campaign_find(v->c, &r->uid) : -1;
    if (task < 0) continue;
    *f = (vt_failed_task){.task = task, .by = task, .tries = 1, .what_to_try = ""};
    tell_record(v, r, f);
    if (f->why[0]) return task;
  }
  return -1;
}
