/* farm.h - the task farm: a master and workers on the ranks of one job (layer 7).
 *
 * A rank may hold the master, a worker, or both (inline master).  Master and worker only react to
 * messages and never wait; vt_farm_run is the one loop. */
#ifndef VT_FARM_H
#define VT_FARM_H

#include "engine/replica/replica.h"
#include "runner/comm/comm.h"
#include "runner/journal/journal.h"
#include "runner/records/records.h"
#include "runner/sched/sched.h"
#include "runner/telemetry/telemetry.h"

typedef struct vt_lease {
  int32_t task, attempt, half_stage, reserved;
} vt_lease;

/* What one lease gave; owned by the rank, freed after it was recorded. */
typedef struct vt_task_output {
  vt_result_head head;
  double *values; /* head.n_values of them, then n_behind bytes (vt_last_head) in the same block */
  size_t n_behind;
  int32_t stage, reserved; /* where it ended */
  int64_t step;
  vt_buf post_mortem; /* extended XYZ of the frame that tripped a guard */
} vt_task_output;

/* The work itself: real replicas in a campaign, empty tasks in `bench sched` and in simulations. */
typedef struct vt_task_ops {
  void *ctx;
  /* before: where the result of the task is that it needs. */
  vt_status (*run)(void *ctx, const vt_lease *l, const vt_place *before, const vt_replica_hooks *hooks,
                   vt_task_output *out, vt_err *err);
  /* After the record is durable: views of the result (glass/<uid>.xyz, the post-mortem frame). NULL: nothing. */
  vt_status (*after)(void *ctx, const vt_lease *l, vt_status how, const vt_task_output *w, vt_err *err);
} vt_task_ops;

/* Other jobs that work on the same campaign (runner/run/open_folder.c); functions for rank 0. */
typedef struct vt_claims {
  void *ctx;
  /* *got = 1: the task is ours to do until it is released. */
  vt_status (*claim)(void *ctx, int task, int *got, vt_err *err);
  vt_status (*release)(void *ctx, int task, vt_err *err);
  /* *by_other = 1: another job that is alive does this task. */
  vt_status (*held)(void *ctx, int task, int *by_other, vt_err *err);
  /* Often; a sign of life.  *others: jobs alive beside this one; *leads: 1 if this job assembles the store in the end.
   * VT_ESTOP: this job was declared dead and must end. */
  vt_status (*beat)(void *ctx, int *others, int *leads, vt_err *err);
} vt_claims;

typedef struct vt_farm_options {
  vt_comm *comm;     /* borrowed                                                */
  int master_inline; /* rank 0 also works                                       */
  int threads;       /* that share a task; 0: as many as there are cores for it */
  int max_tries, crash_limit, fault_limit;
  double rank_timeout_s; /* the master declares a rank dead that was silent for so long; 0: never */
  double grace_s;        /* after a soft stop the master waits no longer than this for a rank; 0: as long as it takes */
  double master_timeout_s; /* a worker that hears nothing from its master for so long leaves with VT_ESTOP; 0: never */
  /* A watchdog leaves a file <death_notes><rank> when its rank has died; NULL: nobody does. */
  const char *death_notes;
  const vt_claims *claims;   /* rank 0: NULL if no other job can be there */
  const vt_sched_task *task; /* [n_tasks]; uids are needed on every rank               */
  const double *task_ns;     /* [n_tasks] simulated time of each                        */
  int n_tasks;
  vt_journal *replay;         /* rank 0: results and failures so far; NULL elsewhere     */
  const vt_uid_index *by_uid; /* of task[].uid; with replay only                         */
  const char *journal_dir;
  const char *shard; /* that the ranks of this machine share, or NULL: each has its own */
  vt_task_ops work;
  /* rank 0, about once a second */
  void (*watch)(void *ctx, const vt_run_snapshot *w);
  /* rank 0, for every event; may be NULL */
  void (*event)(void *ctx, const vt_run_event *h);
  /* any rank, often: non-zero asks for a soft stop (a signal, the wall limit, the halt file) */
  int (*stop)(void *ctx);
  /* rank 0: how many threads a task can use; NULL: one each */
  int (*threads_most)(void *ctx, int task);
  /* rank 0: why no task may be begun any more (one that is begun must reach a checkpoint), or NULL; may be NULL */
  const char *(*may_not_begin)(void *ctx);
  void *ctx;
} vt_farm_options;

typedef struct vt_farm_outcome {
  vt_sched_counts tasks; /* rank 0 only */
  int stopped;           /* rank 0: 1 if a soft stop ended it early */
  int leads, others;     /* rank 0: of several jobs               */
  int n_dead;            /* ranks that died on the way            */
  unsigned char *dead;   /* bitmap of them, vt_free; NULL: it did not come to the end */
  int alone;             /* with an error: this rank left the loop by itself, no collective call is possible any more */
  int declared_dead;     /* alone, because the others go on without it: its end is no failure */
} vt_farm_outcome;

/* Collective: returns on every rank when all tasks are done or failed, or after a soft stop, or (in a job that does not
 * lead) when nothing is left to take.  When ranks died meanwhile the comm has been shrunk to the survivors.  A status
 * other than VT_OK on rank 0 is the first fatal error that any rank reported.  out->alone: the error is this rank's own
 * (VT_ESTOP: its master is dead, or has declared it dead), the others are not in this call any more, and the process
 * must leave by vt_watchdog_leave. */
VT_MUST_CHECK vt_status vt_farm_run(const vt_farm_options *o, vt_farm_outcome *out, vt_err *err);

/* For vt_watchdog_start: records the crash of a task in the journal, and leaves a death note. */
struct vt_watchdog_death;
void vt_crash_note_record(const struct vt_watchdog_death *d);

/* What this rank leaves for its watchdog (watchdog.h): where it works. */
void vt_crash_note_folder(const char *journal, const char *death_notes, int rank);

/* What the death of this rank means from now on (vt_watchdog_phase), and how long it may be silent: where all wait for
 * all there are fits and a store to be made, so ten times rank_timeout_s. */
void vt_crash_note_in_collective(int in_collective, double rank_timeout_s);

/* Death notes.  FORMAT: an empty file lease/fallen/<job>-<rank>: job as in runner/jobs/jobs.h, rank in decimal digits.
 * That it is there is all it says.  A watchdog makes it when its rank has died; the master removes it when it has seen
 * it, the next start whatever is left. */
typedef struct vt_death_notes {
  const char *prefix;          /* <out>/lease/fallen/<job>-, borrowed; NULL or "": there are no notes */
  const unsigned char *ignore; /* bitmap of ranks that are known to be dead, borrowed; NULL: none */
  int n_ignore;
  int64_t stamp;
  double looked_well;
  vt_pace pace;
} vt_death_notes;
/* A rank that has a death note, or -1.  take: the note is removed.  The folder is listed only when it has changed, and
 * looked at once a second, more seldom where a look takes long (vt_pace), but at most 300 s after the last look. */
int vt_death_notes_look(vt_death_notes *f, double now, int take);
void vt_death_note_leave(const char *prefix, int rank);

/* ------------------------------------------------------------------ simulation (simulate.c)
 *
 * One master and very many ranks: the real master over simulated ranks that speak the real messages, with a clock on
 * the master alone.  For `bench sched --simulate` and the tests of scale. */

typedef struct vt_farm_simulation {
  int n_ranks; /* 2..32768; rank 0 is the master alone */
  int n_tasks;
  const vt_sched_task *task; /* [n_tasks] borrowed */
  uint64_t seed;
  double least_s, most_s;  /* lengths of tasks in virtual time, uniform; 0, 0: none           */
  double window_s;         /* virtual: then a soft stop; 0: until all tasks are done          */
  double die, leave, fail; /* shares: ranks that die silently, ranks that leave; tasks that fail at the first try */
  vt_journal *replay;      /* NULL: none */
} vt_farm_simulation;

enum { VT_FARM_TAGS = 16 }; /* kinds of messages to the master */
typedef struct vt_farm_simulated {
  vt_sched_counts tasks;
  int64_t never, twice; /* tasks without a result, with more than one, as the master saw them */
  int n_dead, n_left;   /* ranks that were killed, that left */
  int begun;            /* ranks that were given a task      */
  int n_declared;       /* ranks that the master declared dead */
  double virtual_s;
  double open_s;           /* opening the master */
  int64_t open_bytes;      /* memory that it took */
  double master_s, tick_s; /* CPU seconds: messages and ticks; ticks alone */
  double longest_s;        /* wall time of the longest single message or tick */
  int64_t received, sent, ticks;
  double send_s; /* of `master_s`: what the simulated sends cost, by a calibration */
  int64_t kind_n[VT_FARM_TAGS];
  double kind_s[VT_FARM_TAGS]; /* by kind of message */
} vt_farm_simulated;
const char *vt_farm_message_name(int kind); /* "ready" ...; NULL: no such message */

/* VT_EBUG if the run comes to no end. */
VT_MUST_CHECK vt_status vt_farm_simulate(const vt_farm_simulation *s, vt_farm_simulated *out, vt_err *err);

#endif
