/* farm_impl.h - messages and the two halves of a rank; private to runner/farm. */
#ifndef VT_FARM_IMPL_H
#define VT_FARM_IMPL_H

#include "runner/farm/farm.h"

/* Worker to master below 32, master to worker from 32 on. */
typedef enum vt_msg_tag {
  VT_MSG_READY = 1,     /* (empty)     give me a task                                        */
  VT_MSG_RESULT,        /* vt_done_msg a result that is durable                              */
  VT_MSG_FAILURE,       /* vt_done_msg a failure that is durable                             */
  VT_MSG_ABORT,         /* vt_done_msg something that no other task can survive (disk full)  */
  VT_MSG_BEAT,          /* vt_beat_msg where the running task stands                         */
  VT_MSG_STOP_ASK,      /* (empty)     this rank got a signal                                */
  VT_MSG_LEFT,          /* (empty)     this worker has left                                  */
  VT_MSG_IN,            /* int32 round ready for the collective end, and never to die quietly again */
  VT_MSG_HERE,          /* vt_here_msg which node and processors this worker has (cores.h)   */
  VT_MSG_TASK = 32,     /* vt_task_msg                                                         */
  VT_MSG_STOP,          /* (empty)     leave the running task and go                         */
  VT_MSG_LEAVE,         /* (empty)     nothing will come any more                            */
  VT_MSG_PING,          /* (empty)     the master is alive                                   */
  VT_MSG_END,           /* int32 round all work is over: say IN                              */
  VT_MSG_GO,            /* bitmap      everybody is in but these dead: the collective end    */
  VT_MSG_DECLARED_DEAD, /* (empty)    you were declared dead: leave without the others     */
  VT_MSG_CORES          /* vt_cores_msg as many threads share a task from now on (cores.h)  */
} vt_msg_tag;

typedef struct vt_task_msg {
  vt_lease lease;
  vt_place before; /* the result of the task that it needs */
} vt_task_msg;

typedef struct vt_done_msg {
  vt_lease lease;
  double ns, wall_s;
  double from_ns;          /* of ns: what a checkpoint held already when this try began */
  int32_t stage, reserved; /* of a FAILURE: where */
  vt_place place;          /* of the record */
  vt_err err;              /* code VT_OK in a RESULT */
} vt_done_msg;

typedef struct vt_beat_msg {
  int32_t task, stage; /* -1: idle; vt_stage */
  double ns, fraction;
  double from_ns; /* of ns: what a checkpoint held already */
} vt_beat_msg;

typedef struct vt_master vt_master;
VT_MUST_CHECK vt_status vt__master_open(vt_master **m, const vt_farm_options *o, vt_err *err);
VT_MUST_CHECK vt_status vt__master_message(vt_master *m, const vt_msg *msg, vt_err *err);
VT_MUST_CHECK vt_status vt__master_stop(vt_master *m, vt_err *err); /* idempotent */
VT_MUST_CHECK vt_status vt__master_tick(vt_master *m, vt_err *err); /* often: whatever depends on time */
void vt__master_snapshot(const vt_master *m, double now, vt_run_snapshot *w);
int vt__master_finished(const vt_master *m); /* all ranks that are alive know that the end has come */
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
VT_MUST_CHECK vt_status vt__worker_open(vt_worker **w, const vt_farm_options *o, vt_pump pump, vt_err *err);
VT_MUST_CHECK vt_status vt__worker_message(vt_worker *w, const vt_msg *msg, vt_err *err);
/* Run the task that came, or ask for one, or make pending records durable.  *busy: did something. */
VT_MUST_CHECK vt_status vt__worker_step(vt_worker *w, int *busy, vt_err *err);
/* 1: it takes part in the collective end (bitmap of those who do not), 0: not yet, -1: it has no master any more
 * (declared_dead: because it declared this rank dead) and must leave alone. */
int vt__worker_over(const vt_worker *w, const unsigned char **dead, int *declared_dead);
void vt__worker_close(vt_worker *w);

/* crash_note.c */
void vt__crash_note_task(const vt_lease *l, const vt_uid *uid);
void vt__crash_note_place(int stage, int64_t step);

#endif
