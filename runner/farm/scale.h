/* scale.h - one master and very many ranks: the real master over simulated ranks that speak the real messages, with a
 * clock on the master alone.  For `bench sched --simulate` and the tests of scale. */
#ifndef VT_DRIVE_SCALE_H
#define VT_DRIVE_SCALE_H

#include "runner/farm/farm.h"

typedef struct vt_scale_spec {
  int n_ranks; /* 2..32768; rank 0 is the master alone                                        */
  int n_tasks; /* a fifth are glasses; each of the others needs one of them                   */
  uint64_t seed;
  double least_s, most_s;  /* lengths of tasks in virtual time, uniform; 0, 0: none           */
  double window_s;         /* virtual: then a soft stop; 0: until all tasks are done          */
  double die, leave, fail; /* shares: ranks that die silently, ranks that leave; tasks that fail at the first try */
  vt_journal *replay;      /* NULL: none */
} vt_scale_spec;

enum { VT_SCALE_KINDS = 16 };
typedef struct vt_scale_report {
  vt_sched_counts tasks;
  int64_t never, twice; /* tasks without a result, with more than one, as the master saw them */
  int n_dead, n_left;   /* ranks that were killed, that left */
  int n_declared;       /* ranks that the master declared dead */
  double virtual_s;
  double open_s;           /* vt__master_open */
  int64_t open_bytes;      /* memory that it took */
  double master_s, tick_s; /* CPU seconds: messages and ticks; ticks alone */
  double longest_s;        /* wall time of the longest single message or tick */
  int64_t received, sent, ticks;
  double send_s; /* of `master_s`: what the simulated sends cost, by a calibration */
  int64_t kind_n[VT_SCALE_KINDS];
  double kind_s[VT_SCALE_KINDS]; /* by kind of message */
} vt_scale_report;
const char *vt_scale_kind(int kind); /* "ready" ...; NULL: no such message */

/* VT_EBUG if the run comes to no end. */
VT_MUST_CHECK vt_status vt_scale_run(const vt_scale_spec *s, vt_scale_report *out, vt_err *err);

/* The same tasks through the scheduler alone: events a CPU second, without deaths or failures. */
VT_MUST_CHECK vt_status vt_scale_sched(const vt_scale_spec *s, double *open_s, double *events_per_s, vt_err *err);

/* A journal of one small result for every task, as n_shards ranks would write it: each syncs after every `batch`
 * records. */
typedef struct vt_scale_journal {
  int n_shards, batch, n_values;              /* n_values doubles a result */
  double append_s, sync_s, open_s, refresh_s; /* wall; all of them; refresh_s: one that finds nothing new */
  int64_t syncs, bytes, open_bytes;           /* open_bytes: memory of the index */
} vt_scale_journal;
/* *j is the open journal (vt_journal_free). */
VT_MUST_CHECK vt_status vt_scale_write_journal(const vt_scale_spec *s, const char *dir, vt_scale_journal *x,
                                               vt_journal **j, vt_err *err);

#endif
