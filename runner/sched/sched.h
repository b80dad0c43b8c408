/* sched.h - the scheduler: events in, actions out; no clock, no I/O, no randomness (layer 2).
 *
 * A task is WAITING (for its glass), READY, LEASED, DONE or FAILED.  Ready tasks are leased by remaining critical path,
 * then largest cost, then smallest uid; a worker may hold several leases.  A failed task is tried again at most
 * max_tries times in all (the retry ladder: attempt and half_steps are part of the lease); a dependent of a failed glass
 * fails with it.  A worker that dies gives its leases back; a task that was leased to `crash_limit` workers that died fails. */
#ifndef VT_SCHED_H
#define VT_SCHED_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

typedef enum vt_task_state { VT_WAITING, VT_READY, VT_LEASED, VT_DONE, VT_FAILED } vt_task_state;

typedef struct vt_sched_task {
  vt_uid uid;
  int32_t needs; /* index of the task it waits for, -1 */
  int32_t reserved;
  double cost;   /* any unit, > 0 */
} vt_sched_task;

typedef struct vt_sched_options {
  int n_workers;
  int max_tries;   /* >= 1 */
  int crash_limit; /* >= 1 */
} vt_sched_options;

typedef enum vt_event_kind {
  VT_EV_READY,       /* worker wants a task                                                         */
  VT_EV_RESULT,      /* worker (or the replayed journal: worker -1) has a durable result of task    */
  VT_EV_FAILURE,     /* durable failure of task; status says whether another try makes sense       */
  VT_EV_WORKER_DEAD, /* its leases go back                                                          */
  VT_EV_STOP         /* lease nothing more, release the workers                                     */
} vt_event_kind;

typedef struct vt_event {
  int32_t kind;   /* vt_event_kind */
  int32_t worker; /* -1 where none */
  int32_t task;   /* -1 where none */
  int32_t status; /* vt_status of a FAILURE */
  int32_t attempt, half_steps; /* of a FAILURE: what was tried */
} vt_event;

typedef enum vt_action_kind {
  VT_ACT_LEASE,   /* give task to worker with this attempt and half_steps          */
  VT_ACT_RELEASE, /* tell worker that nothing will come any more                   */
  VT_ACT_GIVE_UP  /* task failed for good (for the log; its dependents follow)     */
} vt_action_kind;

typedef struct vt_action {
  int32_t kind; /* vt_action_kind */
  int32_t worker, task, attempt, half_steps, reserved;
} vt_action;

typedef struct vt_sched_counts {
  int64_t waiting, ready, leased, done, failed;
} vt_sched_counts;

typedef struct vt_sched vt_sched;
VT_MUST_CHECK vt_status vt_sched_open(vt_sched **s, const vt_sched_task *task, int n, const vt_sched_options *o,
                                      vt_err *err);
/* The only mutator.  Actions (in order) go to out[0..*n-1]; `cap` >= vt_sched_actions_max(s). */
VT_MUST_CHECK vt_status vt_sched_event(vt_sched *s, const vt_event *ev, vt_action *out, int cap, int *n, vt_err *err);
int vt_sched_actions_max(const vt_sched *s); /* one event causes at most that many */
int vt_sched_finished(const vt_sched *s);    /* every task DONE or FAILED */
vt_task_state vt_sched_state(const vt_sched *s, int task);
int vt_sched_worker_of(const vt_sched *s, int task); /* of a LEASED task, else -1 */
int vt_sched_failed_by(const vt_sched *s, int task); /* of a FAILED task: the task whose failure caused it (itself or its glass) */
vt_sched_counts vt_sched_count(const vt_sched *s);
/* The deterministic ladder after a failure with (attempt, half_steps): next = (0,1) after (0,0), (1,0) after (0,1), none after
 * that unless max_tries allows further attempts.  1 if there is a next try. */
int vt_sched_ladder(int max_tries, int *attempt, int *half_steps);
void vt_sched_free(vt_sched *s);

#endif
