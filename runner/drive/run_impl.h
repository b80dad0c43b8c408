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
vt_claims vt__claims(run *r);

/* last_words.c, rank 0: tables, summary, failures, the exit code. */
VT_MUST_CHECK vt_status vt__last_words(run *r, const vt_node_outcome *out, int *exit_code, vt_err *err);

#endif
