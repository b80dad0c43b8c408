/* drive_impl.h - messages and the two halves of a node; private to runner/drive. */
#ifndef VT_DRIVE_IMPL_H
#define VT_DRIVE_IMPL_H

#include "runner/drive/drive.h"

/* Worker to master below 32, master to worker from 32 on. */
typedef enum vt_msg_tag {
  VT_MSG_READY = 1, /* (empty)     give me a task                                        */
  VT_MSG_RESULT,    /* vt_done_msg a result that is durable                              */
  VT_MSG_FAILURE,   /* vt_done_msg a failure that is durable                             */
  VT_MSG_ABORT,     /* vt_done_msg something that no other task can survive (disk full)  */
  VT_MSG_BEAT,      /* vt_beat_msg where the running task stands                         */
  VT_MSG_STOP_ASK,  /* (empty)     this rank got a signal                                */
  VT_MSG_GONE,      /* (empty)     this worker has left                                  */
  VT_MSG_TASK = 32, /* vt_lease                                                          */
  VT_MSG_STOP,      /* (empty)     leave the running task and go                         */
  VT_MSG_LEAVE      /* (empty)     nothing will come any more                            */
} vt_msg_tag;

typedef struct vt_done_msg {
  vt_lease lease;
  double ns, wall_s;
  int32_t stage, reserved; /* of a FAILURE: where */
  vt_err err;              /* code VT_OK in a RESULT */
} vt_done_msg;

typedef struct vt_beat_msg {
  int32_t task, reserved;
  double ns;
} vt_beat_msg;

void vt__host(char host[64]); /* this machine's name */

/* Feed results and failures of a journal (NULL: none) into a scheduler; actions of the replay are dropped (nobody has
 * asked for work yet).  done(ctx, i) is called for every finished task; may be NULL. */
VT_MUST_CHECK vt_status vt__replay(vt_sched *s, const vt_sched_task *task, int n, const vt_journal *j,
                                   void (*done)(void *ctx, int i), void *ctx, vt_err *err);

typedef struct vt_master vt_master;
VT_MUST_CHECK vt_status vt__master_open(vt_master **m, const vt_node_options *o, vt_err *err);
VT_MUST_CHECK vt_status vt__master_message(vt_master *m, const vt_msg *msg, vt_err *err);
VT_MUST_CHECK vt_status vt__master_stop(vt_master *m, vt_err *err); /* idempotent */
void vt__master_watch(const vt_master *m, double now, vt_watch *w);
int vt__master_finished(const vt_master *m); /* every worker has left */
int vt__master_stopping(const vt_master *m);
const vt_err *vt__master_abort(const vt_master *m); /* NULL: nothing fatal */
void vt__master_close(vt_master *m);

typedef struct vt_worker vt_worker;
/* `pump` is called while a task runs: it moves messages of this rank along. */
typedef struct vt_pump {
  void *ctx;
  vt_status (*step)(void *ctx, int *busy, vt_err *err);
} vt_pump;
VT_MUST_CHECK vt_status vt__worker_open(vt_worker **w, const vt_node_options *o, vt_pump pump, vt_err *err);
VT_MUST_CHECK vt_status vt__worker_message(vt_worker *w, const vt_msg *msg, vt_err *err);
/* Run the task that came, or ask for one, or make pending records durable.  *busy: did something. */
VT_MUST_CHECK vt_status vt__worker_step(vt_worker *w, int *busy, vt_err *err);
int vt__worker_left(const vt_worker *w);
void vt__worker_close(vt_worker *w);

/* ------------------------------------------------------------------ a campaign on the ranks */

/* share.c: the campaign as rank 0 read it, on every rank; *exit_code 2 (on all) when its file has mistakes. */
VT_MUST_CHECK vt_status vt__share_campaign(vt_comm *comm, const vt_run_options *o, vt_campaign **c, vt_outdir *dir,
                                           int *exit_code, vt_err *err);
/* Scheduler rows and simulated times of all tasks; vt_free both. */
VT_MUST_CHECK vt_status vt__sched_tasks(const vt_campaign *c, vt_sched_task **task, double **ns, vt_err *err);

/* work.c: replicas as work. */
typedef struct vt_replica_work {
  const vt_campaign *c;
  vt_journal *j; /* this rank's index: where glasses are found */
  const vt_outdir *dir;
  int rank;
  int said_kernel; /* the log knows what computes the forces */
} vt_replica_work;
vt_work_ops vt__replica_work(vt_replica_work *w);

/* results.c: one RESULT record of a task, as vt_results_load. */
VT_MUST_CHECK vt_status vt__result_load(const vt_journal *j, const vt_rec *r, const vt_plan *p, vt_result_head *head,
                                        double **values, size_t *n, vt_err *err);

/* ------------------------------------------------------------------ views of the journal (views.c) */

int vt__failures_of(const vt_journal *j, const vt_uid *uid);
/* Collective: fits of what the journal holds now (freed by the caller, also after a failure), and results.h5 unless it
 * shows just that. */
VT_MUST_CHECK vt_status vt__views_make(vt_comm *comm, const vt_outdir *dir, const vt_campaign *c, vt_journal *j,
                                       vt_fits **fits, vt_err *err);
enum { VT__GLASS_NAME = 80 };
void vt__glass_name(const vt_uid *uid, char name[VT__GLASS_NAME]); /* in the output folder */
/* The structure of a glass as extended XYZ; values: of its result. */
VT_MUST_CHECK vt_status vt__glass_text(const vt_plan *p, const double *values, vt_buf *b, vt_err *err);
VT_MUST_CHECK vt_status vt__glass_write(const vt_outdir *dir, const vt_plan *p, const double *values, vt_err *err);

/* progress.c: the line that rewrites itself, and status.json. */
typedef struct vt_progress_line {
  const vt_campaign *c;
  const vt_outdir *dir;
  int quiet, tty, open;
  double last_line, last_file;
} vt_progress_line;
void vt__progress(vt_progress_line *p, const vt_watch *w, const char *state);
void vt__progress_end(vt_progress_line *p);

#endif
