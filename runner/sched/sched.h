/* sched.h - the scheduler: events in, actions out; no clock, no I/O, no randomness (layer 2).
 *
 * A task is WAITING (for its glass), READY, LEASED, DONE or FAILED.  Ready tasks are leased by remaining critical path,
 * then largest cost, then smallest uid; but as long as the work that is left keeps all workers busy for more than three
 * times the longest path, tasks that need others come before those that need fewer, so that results come early.  Costs
 * are those told at first, corrected for each group of tasks by what its finished ones took (learn.c).  No result
 * depends on the order.  A worker may hold several leases.  A failed task is tried at most max_tries
 * times in all (the retry ladder: attempt and half_stage are part of the lease); a dependent of a failed glass
 * fails with it.  A worker that dies gives its leases back; a task that was leased to `crash_limit` workers that died
 * fails (deaths after STOP do not count: workers leave then), and so does one that was recorded to have brought down
 * `fault_limit` processes, or met max_tries accidents.  Tasks may also be held elsewhere, by another job on the same
 * campaign.
 *
 * Invariants: DONE is for ever; FAILED becomes DONE at most; so vt_sched_finished never goes back to 0.  LEASED iff
 * exactly one living worker holds it.  The glass of a WAITING task is neither DONE nor FAILED.  While workers wait
 * nothing is READY.  One event costs O(log n) a task whose state it changes; at most 16 + log2 n times a RESULT orders
 * all tasks anew.  Memory about 120 bytes a task. */
#ifndef VT_SCHED_H
#define VT_SCHED_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

typedef enum vt_task_state { VT_WAITING, VT_READY, VT_LEASED, VT_DONE, VT_FAILED } vt_task_state;

typedef struct vt_sched_task {
  vt_uid uid;
  int32_t needs; /* index of the task it waits for, -1 */
  int32_t group; /* tasks of one group are alike: kind + VT_SCHED_KINDS * composition; 0: nothing is known of that */
  double cost;   /* any unit, > 0 */
} vt_sched_task;
enum { VT_SCHED_KINDS = 2, VT_SCHED_GROUPS_MOST = 1 << 24 };

typedef struct vt_sched_options {
  int n_workers;   /* numbered from 0 */
  int max_tries;   /* >= 1 */
  int crash_limit; /* >= 1: deaths of workers in this run, whatever their cause */
  int fault_limit; /* >= 1: recorded deaths of which the task was the cause     */
  /* [n_workers], borrowed: the node of each, from 0, below n_workers; of workers that wait, one on the node with fewest
   * leases is served first.  NULL: first come, first served. */
  const int *node;
} vt_sched_options;

typedef enum vt_event_kind {
  /* Worker wants a task.  If nothing is ready it is remembered and served, first come first served, when something is;
   * it is released when nothing can come any more, at once if it was declared dead.  Asking again while remembered is
   * no second request. */
  VT_EV_READY,
  /* Worker (or the replayed journal: worker -1) has a durable result of task.  It counts whoever sends it: a worker
   * presumed dead, or for a task leased to another by now; a second one is ignored.  For a FAILED task it counts unless
   * dependents failed with it (they may have been reported): then the next start takes it from the journal. */
  VT_EV_RESULT,
  /* Durable failure of task; the disposition of status says what it means.  TASK: failed for good.  RETRY: next rung of
   * the ladder after (attempt, half_stage).  CRASH: one more death that it caused (also if another holds the task by
   * now); AGAIN: an accident; both: the same rung again.  REQUEUE, ABORT: no verdict on the task, its lease goes back
   * as it was (whether the campaign stops is the caller's business).  Ignored: of a DONE or FAILED task; of a rung that
   * was passed before; of a LEASED task if it is not from its holder. */
  VT_EV_FAILURE,
  VT_EV_WORKER_DEAD, /* its leases go back; it gets nothing more but its RELEASE when it asks or has asked */
  VT_EV_STOP,        /* lease nothing more, release the workers  */
  /* The task that was just leased to this worker is held by another job: the task is LEASED to nobody here, the worker
   * is first in the queue again. */
  VT_EV_ELSEWHERE,
  VT_EV_BACK /* the other job holds the task no longer and has no result: READY.  Ignored unless held elsewhere. */
} vt_event_kind;

typedef struct vt_event {
  int32_t kind;                /* vt_event_kind */
  int32_t worker;              /* -1 where none */
  int32_t task;                /* -1 where none */
  int32_t status;              /* vt_status of a FAILURE */
  int32_t attempt, half_stage; /* of a FAILURE: what was tried */
  int32_t stage;               /* of a FAILURE: in which vt_stage; 0: not in one */
  int32_t reserved;
  double took_s; /* of a RESULT: seconds that the task took; 0: unknown, or not comparable */
} vt_event;

typedef enum vt_action_kind {
  VT_ACT_LEASE,   /* give task to worker with this attempt and half_stage          */
  VT_ACT_RELEASE, /* tell worker that nothing will come any more                   */
  VT_ACT_GIVE_UP  /* task failed for good; one for each of its dependents follows   */
} vt_action_kind;

typedef struct vt_action {
  int32_t kind; /* vt_action_kind */
  int32_t worker, task, attempt, half_stage, reserved;
} vt_action;

typedef struct vt_sched_counts {
  int64_t waiting, ready, leased, done, failed;
} vt_sched_counts;

typedef struct vt_sched vt_sched;
/* Copies what it needs of task[0..n-1].  VT_EINVAL names a task that needs itself (perhaps through others). */
VT_MUST_CHECK vt_status vt_sched_open(vt_sched **s, const vt_sched_task *task, int n, const vt_sched_options *o,
                                      vt_err *err);
/* The node of each worker, as in vt_sched_options, once it is known, and whenever it is known better; borrowed until
 * the next call. */
VT_MUST_CHECK vt_status vt_sched_place(vt_sched *s, const int *node, vt_err *err);
/* The only mutator.  Actions (in order) go to out[0..*n-1]; `cap` >= vt_sched_actions_max(s).  On an error nothing has
 * changed. */
VT_MUST_CHECK vt_status vt_sched_event(vt_sched *s, const vt_event *ev, vt_action *out, int cap, int *n, vt_err *err);
int vt_sched_actions_max(const vt_sched *s); /* one event causes at most that many; does not change */
int vt_sched_finished(const vt_sched *s);    /* every task DONE or FAILED */
vt_task_state vt_sched_state(const vt_sched *s, int task);
int vt_sched_worker_of(const vt_sched *s, int task); /* of a LEASED task: n_workers if held elsewhere; else -1 */
int vt_sched_elsewhere(const vt_sched *s);           /* how many tasks are held elsewhere */
/* Of a FAILED task: the task whose failure caused it (itself or its glass), else -1. */
int vt_sched_failed_by(const vt_sched *s, int task);
vt_sched_counts vt_sched_count(const vt_sched *s);
void vt_sched_free(vt_sched *s);

/* ------------------------------------------------------------------ retries (retry.c)
 *
 * The rules of when a task is tried again, beside the table of dispositions in base.h (VT_STATUS_LIST); vt_sched_event
 * applies them.  ARCHITECTURE.md, "Retries", tells the whole. */

enum {
  VT_RETRY_FAULTS = 2, /* recorded deaths that a task caused by itself: then it fails for good           */
  VT_RETRY_DEATHS = 5  /* workers that died with it in one run, whatever the cause (the kernel kills a process that
                          wants too much memory with the signal that people use): likewise               */
};
/* What replays a journal or runs a campaign with runner.max_tries. */
vt_sched_options vt_retry_options(int n_workers, int max_tries);

/* The deterministic ladder of (attempt, half_stage): the stage that failed again with half its time step, then new
 * random numbers, and so on; its first max_tries rungs.  In: the rung that failed, and the vt_stage it failed in (0,
 * none: there is nothing to halve, so the next attempt follows).  Returns 1 and the next rung, or 0 if there is none.
 */
int vt_sched_ladder(int max_tries, int stage, int *attempt, int *half_stage);
/* The number of a rung, from 0: two an attempt. */
int vt_retry_rung(int attempt, int half_stage);

/* A failure that says nothing of the plan (no memory, a bad read): its record is marked so, and counts apart. */
int vt_retry_is_accident(vt_status s);
/* Would the same task do it again?  Of a process that died while it ran the task: by a signal (0: none), stalled (ended
 * because it gave no sign of life), suspended (somebody had stopped it). */
int vt_retry_own_fault(int sig, int stalled, int suspended);
/* The status of a task whose glass could not be read.  A record that was good when it was indexed is the disk's
 * failure, and none of this task's: the job ends; the next start sees the damage, and makes the glass again. */
vt_status vt_retry_of_glass(vt_status s);

/* ------------------------------------------------------------------ lending of cores (lend.c)
 *
 * At the end of a campaign ranks have nothing left to begin; the core of such a rank helps a task on its node.  A pure
 * function: no clock, no memory, the same answer to the same question on every rank. */

typedef struct vt_lend_state {
  int idle;           /* it has no task and nothing is left to begin for it: its core is free */
  int busy;           /* it runs a task; a rank that is neither (dead, left, about to get a task) takes no part */
  int cores_most;     /* of a busy one: cores that its task can use, its own among them; 1: it borrows none */
  double remaining_s; /* of a busy one: expected, with the cores that it has; NaN: unknown */
} vt_lend_state;
/* On each node the cores of the idle ranks go to the busy ones in rounds, one each, longest remaining time first (then
 * the smaller rank; unknown times last), until none is free or none can use one more: the shares differ by one at most
 * where cores_most does not bind.  node[n_ranks]: any numbers, equal on the same node.  lends_to[n_ranks], in and out:
 * which rank has the core of this one; -1: nobody.  A pair that may stay stays, so that little changes from call to
 * call; all -1 at first.  scratch[2 * n_ranks].  O(n log n). */
void vt_sched_lend(int n_ranks, const int *node, const vt_lend_state *state, int *scratch, int *lends_to);

/* ------------------------------------------------------------------ a campaign on paper (rehearse.c)
 *
 * The scheduler in virtual time: every task takes as long as is said, nobody dies, nothing fails. */

typedef struct vt_rehearsal {
  const vt_sched_task *task; /* [n] what the scheduler is told */
  int n;
  const double *took_s; /* [n] on one core; NULL: the costs are right, in seconds */
  int n_workers;
  const int *node; /* [n_workers], see vt_sched_options; NULL: one node.  They ask in turns of nodes. */
  /* speed[k - 1] of a task on k cores, k to n_speed, relative to one; speed[0] is 1.  With more than one a worker that
   * waits lends its core, by vt_sched_lend, until it gets a task. */
  const double *speed;
  int n_speed; /* 1: nobody lends */
} vt_rehearsal;

typedef struct vt_rehearsed {
  double wall_s;
  double busy_core_s;     /* of workers with a task      */
  double lent_core_s;     /* of workers that lent theirs; the rest of n_workers * wall_s was idle */
  double half_s;          /* when half of the tasks that no other needs were done */
  double work_s, chain_s; /* of all tasks on one core; of the longest chain */
} vt_rehearsed;
/* O(n log n) without lending; with it also O(n_workers log n_workers) for each task that ends while somebody waits. */
VT_MUST_CHECK vt_status vt_sched_rehearse(const vt_rehearsal *r, vt_rehearsed *out, vt_err *err);

#endif
