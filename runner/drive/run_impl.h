/* run_impl.h - a run on its rank, shared by run.c (its course), enter.c (its beginning) and last_words.c (its end). */
#ifndef VT_RUN_IMPL_H
#define VT_RUN_IMPL_H

#include "runner/drive/drive_impl.h"
#include "runner/jobs/jobs.h"

enum { VT__FAULT_LIMIT = 2 };

typedef struct run {
  vt_comm *comm;
  const vt_run_options *o;
  vt_campaign *c;
  vt_outdir dir;
  vt_jobs *jobs; /* rank 0 */
  int leads;     /* this job assembles the store */
  int given_up;  /* the others go on without this rank */
  int alone;     /* vt_node_outcome */
  int n_ranks, complained;
  char why_closed[96]; /* why nothing more was begun */
  unsigned char *dead; /* bitmap: who is left out */
  vt_journal *j;
  vt_sched_task *task;
  double *ns;
  double first_checkpoint_s;
  vt_fits *fits;
  int unassembled;       /* the store is older than the journal: there was no time */
  vt_progress_line line; /* rank 0 */
  vt__events events;     /* rank 0 */
  vt_watch last;         /* rank 0 */
  /* deaths while others wait */
  char fallen[VT_PATH * 2]; /* <out>/lease/fallen/<job>- */
  vt__fallen words;
  double looked;        /* for such words              */
  double asked_to_lead; /* for a leader that has ended */
} run;

/* enter.c, rank 0: the folder, its other jobs, the recorded campaign, the journal, the build of its results. */
VT_MUST_CHECK vt_status vt__folder_enter(run *r, vt_err *err);
VT_MUST_CHECK vt_status vt__check_builds(const run *r, vt_err *err); /* bits are promised for one build */
vt_claims vt__claims(run *r);

/* A job that stood still for so long is dead (its host may be gone); one on this host whose process is gone at once. */
#define VT__JOB_BEAT_S  5.0
#define VT__JOB_STALE_S 60.0
/* Lead unless a living job does: one that is not known to live here is watched until its heart beats, or it is stale.
 */
VT_MUST_CHECK vt_status vt__lead_or_wait(vt_jobs *jobs, const char *lease, int *leads, vt_err *err);

/* last_words.c, rank 0: tables, summary, failures, the exit code. */
VT_MUST_CHECK vt_status vt__last_words(run *r, const vt_node_outcome *out, int *exit_code, vt_err *err);

#endif
