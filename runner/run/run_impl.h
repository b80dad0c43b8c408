/* run_impl.h - a run on its rank: open_folder.c is its beginning, run.c its course, finish.c its end. */
#ifndef VT_RUN_IMPL_H
#define VT_RUN_IMPL_H

#include "engine/pot/pot.h"
#include "runner/farm/farm.h"
#include "runner/folder/folder.h"
#include "runner/records/records.h"
#include "runner/run/run.h"
#include "runner/screening/screening.h"
#include "runner/stop/stop.h"
#include "runner/target/target.h"
#include "runner/telemetry/telemetry.h"

/* broadcast.c: the campaign as rank 0 read it, on every rank; *exit_code 2 (on all) when its file has mistakes. */
VT_MUST_CHECK vt_status vt__run_broadcast_campaign(vt_comm *comm, const vt_run_options *o, vt_campaign **c,
                                                   vt_outdir *dir, int *exit_code, vt_err *err);

/* replica_task.c: what the farm runs for a task. */
typedef struct vt_replica_task {
  const vt_campaign *c;
  const vt_outdir *dir;
  int rank;
  double checkpoint_s, graceful_stop_s; /* vt_checkpointing */
  double checkpoint_spent_s;            /* time that checkpoints took */
  int said_kernel;                      /* the log knows what computes the forces */
  vt_pot_kept kept;                     /* a program that computes them */
} vt_replica_task;
vt_task_ops vt__replica_task(vt_replica_task *w);

/* progress_line.c: the line that rewrites itself, and status.json. */
typedef struct vt_progress_line {
  const vt_campaign *c;
  const vt_outdir *dir;
  int quiet, open; /* open: a line that rewrites itself stands on the terminal */
  int silent;      /* another job writes status.json */
  double last_line;
  vt_pace file;         /* of status.json */
  char last_error[256]; /* of the last failure or death */
} vt_progress_line;
void vt__progress(vt_progress_line *p, const vt_run_snapshot *w, const char *state);
void vt__progress_end(vt_progress_line *p);

typedef struct run {
  vt_comm *comm;
  const vt_run_options *o;
  vt_campaign *c;
  vt_outdir dir;
  vt_jobs *jobs;         /* rank 0 */
  vt_leader_fence fence; /* rank 0, once this job leads */
  int leads;             /* this job assembles the store */
  int declared_dead;     /* the others go on without this rank */
  int alone;             /* vt_farm_outcome */
  int n_ranks, complained, limited;
  char why_closed[96]; /* why nothing more was begun */
  unsigned char *dead; /* bitmap: who is left out */
  vt_journal *j;       /* rank 0 */
  vt_sched_task *task;
  double *ns;
  double first_checkpoint_s;
  vt_fits *fits;
  int round;                /* of a target: decisions that were taken */
  int target_over;          /* 1: there is none, or its last decision asks for nothing more */
  const char *target_waits; /* why the next round was not begun; NULL */
  int unassembled;          /* the store is older than the journal: there was no time */
  vt_progress_line line;    /* rank 0 */
  vt_events events;         /* rank 0 */
  vt_run_snapshot last;     /* rank 0 */
  /* deaths while others wait */
  char death_notes[VT_PATH * 2]; /* <out>/lease/fallen/<job>- */
  vt_death_notes notes;
  double asked_to_lead; /* for a leader that has ended */
} run;

/* open_folder.c, rank 0: the folder, its other jobs, the recorded campaign (edit: what was changed of it, in words);
 * then, with the journal indexed, torn tails, the build of its results, what is said first. */
VT_MUST_CHECK vt_status vt__run_open_folder(run *r, vt_buf *edit, vt_err *err);
VT_MUST_CHECK vt_status vt__run_open_journal(run *r, const vt_buf *edit, vt_err *err);
VT_MUST_CHECK vt_status vt__check_builds(const run *r, vt_err *err); /* bits are promised for one build */
vt_claims vt__claims(run *r);

/* rounds.c, collective: a campaign with a target.  Take what was decided on the campaign as it is now, one decision
 * after the other: the campaign has its tasks then, campaign.yaml holds them, and r->target_over is known.  Without a
 * target nothing happens. */
VT_MUST_CHECK vt_status vt__run_take_decisions(run *r, vt_err *err);
/* All tasks have ended: fits, the decision, recorded; then as above.  *again = 1: more is to be done now. */
VT_MUST_CHECK vt_status vt__run_next_round(run *r, const vt_farm_outcome *out, int *again, vt_err *err);

/* finish.c, rank 0: tables, summary, failures, the exit code. */
VT_MUST_CHECK vt_status vt__run_finish(run *r, const vt_farm_outcome *out, int *exit_code, vt_err *err);

#endif
