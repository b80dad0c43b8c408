/* records.h - what the records of a journal hold, and the state of a campaign that follows from them (layer 6).
 *
 * FORMAT of the payloads (records themselves: runner/journal/journal.h); little endian, texts end with NUL and zeros.
 *
 *   RESULT: vt_result_head, then n_values doubles in the order of vt_replica_layout, then of an MD task how it ended
 *     0    u32       version: 3 with, 2 without vt_last_head (glasses; MD tasks of builds that did not keep it)
 *     4    i32       kind (vt_task_kind)
 *     8    u64       n_values
 *     16   f64       ns, simulated time
 *     24   f64       wall_s *
 *     32   i32       rank *
 *     36   i32       full time steps of its production (MD from protocol 2 on; a later piece: its own), else 0
 *     40   char[64]  host *
 *     104  char[32]  kernel that computed the forces
 *     136  char[48]  build id
 *     184  u8[32]    SHA-256 of the potential's files
 *     216  u8[32]    identity of the campaign it was computed for
 *     248  f64[n_values]
 *     ...            vt_last_head, of version 3
 *
 *   vt_last_head, 64 bytes, n atoms
 *     0    u32       version, 1
 *     4    i32       n
 *     8    i64       step of this piece of the production
 *     16   f64       time since the production began, ps
 *     24   u64       bytes of the trajectory file of this task; 0: none was asked for
 *     32   u8[32]    its SHA-256; zeros
 *     64   f64[9]    cell, rows are vectors, A
 *     136  f64[n][3] positions, A, wrapped into the cell, by species blocks
 *     ...  f64[n][3] velocities, sqrt(eV/u)
 *
 *   FAILURE: vt_failure_head, 1160 bytes, then the frame that broke as extended XYZ (to the end; may be empty)
 *     0    u32       version, 1
 *     4    i32       vt_stage it failed in; 0: in none
 *     8    i64       step of that stage
 *     16   i32       rank *
 *     20   i32       crashed: 1 for an accident (its process died, no memory, a record that cannot be read)
 *     24   char[64]  host *
 *     88   char[48]  build id
 *     136  i32       status (vt_status)
 *     140  u32       messages in the text
 *     144  u32       bytes of the text
 *     148  char[1012] text, a line each message, the cause first
 *     1160 char[]    extended XYZ
 *
 * Members marked * differ from run to run; nothing that is compared depends on them. */
#ifndef VT_RECORDS_H
#define VT_RECORDS_H

#include "config/config.h"
#include "engine/replica/replica.h"
#include "runner/journal/journal.h"
#include "runner/sched/sched.h"

/* Payload of a RESULT record: this head, then n_values doubles in the order of vt_replica_layout. */
typedef struct vt_result_head {
  uint32_t version; /* VT_RESULT_VERSION, VT_RESULT_WITH_LAST */
  int32_t kind;     /* vt_task_kind      */
  uint64_t n_values;
  double ns;             /* simulated time    */
  double wall_s;         /* not reproducible  */
  int32_t rank;          /* not reproducible  */
  int32_t produce_steps; /* vt_record_steps   */
  char host[64];         /* not reproducible  */
  char kernel[32];
  char build_id[48];
  vt_uid potential; /* SHA-256 of the potential's file(s)                             */
  vt_uid campaign;  /* identity of the campaign it was computed for (it may have grown since) */
} vt_result_head;
_Static_assert(sizeof(vt_result_head) == 248, "vt_result_head is a file format");
enum { VT_RESULT_VERSION = 2, VT_RESULT_WITH_LAST = 3 };

/* How an MD task ended, behind the values of its RESULT. */
typedef struct vt_last_head {
  uint32_t version; /* VT_LAST_VERSION */
  int32_t n_atoms;
  int64_t step;
  double time_ps;
  uint64_t trajectory_bytes; /* 0: none was asked for */
  vt_uid trajectory;         /* SHA-256 of the file   */
} vt_last_head;
_Static_assert(sizeof(vt_last_head) == 64, "vt_last_head is a file format");
enum { VT_LAST_VERSION = 1 };
typedef struct vt_last {
  vt_last_head head;
  double cell[3][3]; /* A, rows are vectors                                            */
  double (*x)[3];    /* [n_atoms] A, wrapped                                           */
  double (*v)[3];    /* [n_atoms] internal units; both in one block, vt_last_free      */
} vt_last;
/* The bytes behind the values of a result that ended so; VT_EINVAL: `last` is not that of a vt_result of this plan.
 * *bytes: vt_free. */
VT_MUST_CHECK vt_status vt_last_pack(const vt_last_head *h, const double *last, size_t n_last, void **bytes, size_t *n,
                                     vt_err *err);

/* Payload of a FAILURE record: this, then the frame that broke as extended XYZ (may be empty). */
typedef struct vt_failure_head {
  uint32_t version; /* VT_FAILURE_VERSION                                                 */
  int32_t stage;    /* vt_stage it failed in, 0: in none                                  */
  int64_t step;     /* of that stage                                                      */
  int32_t rank;     /* not reproducible                                                   */
  int32_t crashed;  /* 1: an accident (its process died, no memory, a bad read): it says nothing of the plan */
  char host[64];    /* not reproducible                                                   */
  char build_id[48];
  vt_err err; /* code: its status */
} vt_failure_head;
_Static_assert(sizeof(vt_failure_head) == 1160, "vt_failure_head is a file format");
enum { VT_FAILURE_VERSION = 1 };
/* Read and check the head of a FAILURE record. */
VT_MUST_CHECK vt_status vt_failure_load(const vt_journal *j, const vt_rec *r, vt_failure_head *out, vt_err *err);

/* The result values of task i of the campaign out of the journal: *values (vt_free) of *n doubles; VT_OK with NULL if
 * there is none.  head may be NULL.  A record that does not fit the campaign's layout is VT_ECORRUPT. */
VT_MUST_CHECK vt_status vt_results_load(const vt_journal *j, const vt_plan *p, vt_result_head *head, double **values,
                                        size_t *n, vt_err *err);

/* What a head says of the production of this plan: full time steps, 0 where the uid says how long it is. */
int32_t vt_record_steps(const vt_plan *p);
/* 0 if a RESULT record is of another length of production than the plan asks for; 1 also if it cannot be read. */
int vt_record_has_length(const vt_journal *j, const vt_rec *r, const vt_plan *p);

/* One RESULT record of a task, as vt_results_load.  VT_EINVAL: its production has another length. */
VT_MUST_CHECK vt_status vt_record_result(const vt_journal *j, const vt_rec *r, const vt_plan *p, vt_result_head *head,
                                         double **values, size_t *n, vt_err *err);

/* How the MD task of a RESULT record ended; *there = 0: the record does not say (of a glass, or of an older build). */
VT_MUST_CHECK vt_status vt_record_last(const vt_journal *j, const vt_rec *r, const vt_plan *p, vt_last *out, int *there,
                                       vt_err *err);
void vt_last_free(vt_last *l); /* zeroed is fine */
/* What the task that needs `before` begins with, as vt_replica_run takes it: the result values of a glass; of a piece
 * of a production its equilibration and how it ended (vt_replica_continue).  *values (vt_free) of *n doubles; VT_OK
 * with NULL if there is no result.  VT_ETASK: the result is of a build that did not keep how it ended. */
VT_MUST_CHECK vt_status vt_record_begin(const vt_journal *j, const vt_plan *before, double **values, size_t *n,
                                        vt_err *err);

/* The failed tries of a task; crashes (the process died) are counted apart, they are not reproducible. */
typedef struct vt_tries {
  int failures, crashes;
  vt_failure_head last;        /* failure; failures > 0 */
  int32_t attempt, half_stage; /* of the last one */
} vt_tries;
/* The failed tries, a record for each rung of the ladder (2 * attempt, + 1 with a halved stage), crashes not among
 * them: *rec (vt_free the list; NULL for none) of *n.  In the order of rungs, whichever rank wrote which; a rung that
 * stands twice (its rank died before it could say so) counts once.  Reads each failure of the task once. */
VT_MUST_CHECK vt_status vt_record_ladder(const vt_journal *j, const vt_uid *uid, const vt_rec ***rec, int *n,
                                         int *crashes, vt_err *err);
VT_MUST_CHECK vt_status vt_record_tries(const vt_journal *j, const vt_uid *uid, vt_tries *out, vt_err *err);

int vt_record_n_failures(const vt_journal *j, const vt_uid *uid); /* without crashes; -1: they cannot be read */

/* Which tasks are alike for the scheduler (vt_sched_task.group): of one kind and one composition. */
int32_t vt_records_group(const vt_campaign *c, int task);
/* Scheduler rows and simulated times of all tasks; vt_free both. */
VT_MUST_CHECK vt_status vt_records_sched_tasks(const vt_campaign *c, vt_sched_task **task, double **ns, vt_err *err);

/* Feed results and failures of a journal (NULL: none) into a scheduler; actions of the replay are dropped (nobody has
 * asked for work yet).  What the first results of each group took is read from their records.  done(ctx, i) is called
 * for every finished task; may be NULL. */
VT_MUST_CHECK vt_status vt_records_replay(vt_sched *s, const vt_sched_task *task, int n, const vt_journal *j,
                                          void (*done)(void *ctx, int i), void *ctx, vt_err *err);

#endif
