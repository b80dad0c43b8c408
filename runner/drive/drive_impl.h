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
  VT_MSG_IN,        /* int32 round ready for the collective end, and never to die quietly again */
  VT_MSG_TASK = 32, /* vt_lease                                                          */
  VT_MSG_STOP,      /* (empty)     leave the running task and go                         */
  VT_MSG_LEAVE,     /* (empty)     nothing will come any more                            */
  VT_MSG_PING,      /* (empty)     the master lives                                      */
  VT_MSG_END,       /* int32 round all work is over: say IN                              */
  VT_MSG_GO,        /* bitmap      everybody is in but these dead: the collective end    */
  VT_MSG_GIVEN_UP   /* (empty)     you were taken for dead: leave without the others     */
} vt_msg_tag;

typedef struct vt_done_msg {
  vt_lease lease;
  double ns, wall_s;
  int32_t stage, reserved; /* of a FAILURE: where */
  vt_err err;              /* code VT_OK in a RESULT */
} vt_done_msg;

typedef struct vt_beat_msg {
  int32_t task, stage; /* -1: idle; vt_stage */
  double ns, fraction;
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
VT_MUST_CHECK vt_status vt__master_tick(vt_master *m, vt_err *err); /* often: whatever depends on time */
void vt__master_watch(const vt_master *m, double now, vt_watch *w);
int vt__master_finished(const vt_master *m); /* the living know that the end has come */
/* Bitmap of the ranks that are left out of the collective end, and their number. */
const unsigned char *vt__master_dead(const vt_master *m, int *n_dead);
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
/* 1: it takes part in the collective end (bitmap of those who do not), 0: not yet, -1: it has no master any more
 * (given_up: because it was given up) and must leave alone. */
int vt__worker_over(const vt_worker *w, const unsigned char **dead, int *given_up);
void vt__worker_close(vt_worker *w);

/* mourn.c: what this rank leaves for its guardian (guard.h): where it works, what it does now (NULL: nothing). */
void vt__note_folder(const char *journal, const char *fallen, int rank);
void vt__note_task(const vt_lease *l, const vt_uid *uid);
void vt__note_place(int stage, int64_t step);
/* What the death of this rank means from now on (vt_guard_phase), and how long it may be silent: where all wait for all
 * there are fits and a store to be made, so ten times rank_timeout_s. */
void vt__vital(int vital, double rank_timeout_s);

/* The words of guardians in a folder: files <fallen><rank>. */
typedef struct vt__fallen {
  const char *prefix;          /* <folder>/<job>-, borrowed; NULL or "": nobody leaves word */
  const unsigned char *ignore; /* bitmap of ranks that are known to be dead, borrowed; NULL: none */
  int n_ignore;
  int64_t stamp;
  double looked_well;
} vt__fallen;
/* A rank whose guardian left word, or -1.  take: the word is removed.  The folder is listed only when it has changed.
 */
int vt__fallen_look(vt__fallen *f, double now, int take);
void vt__fallen_leave(const char *prefix, int rank); /* the word itself */

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
  double checkpoint_s, landing_s; /* vt_keep */
  double checkpoint_spent_s;      /* time that checkpoints took */
  int said_kernel;                /* the log knows what computes the forces */
} vt_replica_work;
vt_work_ops vt__replica_work(vt_replica_work *w);
void vt__checkpoint_path(const vt_outdir *dir, const vt_uid *uid, char *path, size_t cap);

/* events.c: log/events.jsonl. */
typedef struct vt__events {
  int open, fd, complained;
  char job[128];
} vt__events;
void vt__events_open(vt__events *e, const char *path, const char *job, int leads);
void vt__events_write(vt__events *e, const vt_campaign *c, const vt_happening *h);
void vt__events_close(vt__events *e);
/* task, kind, composition, glass, temperature_K of a task into a JSON object. */
struct json_t;
void vt__task_json(struct json_t *o, const vt_campaign *c, int task);

/* results.c: the failed tries of a task; crashes (the process died) are counted apart, they are not reproducible. */
typedef struct vt__tries {
  int failures, crashes;
  vt_failure_head last;        /* failure; failures > 0 */
  int32_t attempt, half_stage; /* of the last one */
} vt__tries;
/* The failed try on the next rung of the ladder after rung `after` (2 * attempt, + 1 with a halved stage; -1: the
 * first), *rec NULL if there is none.  In the order of rungs, whichever rank wrote which; a rung that stands twice (its
 * rank died before it could say so) counts once. */
VT_MUST_CHECK vt_status vt__try_of(const vt_journal *j, const vt_uid *uid, int after, const vt_rec **rec,
                                   vt_failure_head *h, vt_err *err);
VT_MUST_CHECK vt_status vt__tries_of(const vt_journal *j, const vt_uid *uid, vt__tries *out, vt_err *err);

/* A sign of life to whom it may concern, from loops that take long outside of replicas; installed by the run. */
void vt__alive_install(void (*alive)(void *ctx), void *ctx);
void vt__alive(void);

/* results.c: one RESULT record of a task, as vt_results_load. */
VT_MUST_CHECK vt_status vt__result_load(const vt_journal *j, const vt_rec *r, const vt_plan *p, vt_result_head *head,
                                        double **values, size_t *n, vt_err *err);

/* ------------------------------------------------------------------ views of the journal (views.c) */

int vt__failures_of(const vt_journal *j, const vt_uid *uid); /* without crashes; -1: they cannot be read */
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
  int silent; /* another job writes status.json */
  double last_line, last_file;
  char last_error[256]; /* of the last failure or death */
} vt_progress_line;
void vt__progress(vt_progress_line *p, const vt_watch *w, const char *state);
void vt__progress_end(vt_progress_line *p);

#endif
