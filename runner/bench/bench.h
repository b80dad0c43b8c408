/* bench.h - the benchmarks of `vitrion bench` (layer 8).  Each writes JSON lines to a stream as soon as they are
 * measured; a line names the build, so that lines of different days may be appended to one file. */
#ifndef VT_BENCH_H
#define VT_BENCH_H

#include <stdio.h>

#include "config/config.h"
#include "engine/spec/spec.h"
#include "runner/comm/comm.h"

/* ------------------------------------------------------------------ engine: atom-steps per second of NVE MD */

enum { VT_BENCH_MAX_REPEAT = 101, VT_BENCH_SKIN_OF_PLAN = -1 };

typedef struct vt_bench_engine_options {
  const char *kind, *potential; /* kind and file of the potential                                       */
  const char *structure;        /* extended XYZ, the first frame; NULL: packed cells of LiAlCl2.5O0.75  */
  const int *atoms;             /* [n_cells] about how many atoms each packed cell has                  */
  int n_cells;                  /* with a structure: 1 */
  const int *threads;           /* [n_threads] wall time of each so many; none: CPU time of one */
  int n_threads;
  const char *against; /* lines of an earlier run to compare with; NULL: none */
  vt_numerics num;
  int steps; /* of one repeat; 0: as many as fill `seconds` */
  int repeat;
  double seconds, dt_fs, t_k;
  double skin_a; /* or VT_BENCH_SKIN_OF_PLAN: what a campaign would choose */
} vt_bench_engine_options;

/* A line for each cell and number of threads; with `against` a line more for each earlier line of the same case.  Not
 * collective.  VT_EINVAL, VT_EPARSE, before anything is measured: `against` cannot be read, is not of this bench, or
 * was measured on another processor. */
VT_MUST_CHECK vt_status vt_bench_engine(const vt_bench_engine_options *o, FILE *out, vt_err *err);

/* ------------------------------------------------------------------ driver: a step that another program computes */

typedef struct vt_bench_driver_options {
  const char *command;   /* of the driver, as potential.command */
  const char *structure; /* extended XYZ, the first frame; NULL: packed LiAlCl2.5O0.75 */
  int atoms, answers;    /* about how many atoms; answers of each order of messages that are timed */
} vt_bench_driver_options;

/* Two lines, messages fused and plain: wall time of a step, all that this process does for it included.  Not
 * collective.  VT_EDRIVER: the driver failed. */
VT_MUST_CHECK vt_status vt_bench_driver(const vt_bench_driver_options *o, FILE *out, vt_err *err);
/* The driver of that bench that computes nothing, at the socket's name, until the server ends; says its name. */
VT_MUST_CHECK vt_status vt_bench_driver_idle(const char *socket, FILE *out, vt_err *err);

/* ------------------------------------------------------------------ sched: what distribution costs */

typedef struct vt_bench_sched_options {
  int tasks;       /* empty ones                          */
  double seconds;  /* length of each                      */
  const char *dir; /* a new folder, for the journal       */
} vt_bench_sched_options;

/* Through the real master, workers and journal, one line.  Collective; `out` matters on rank 0.  VT_EBUG: a task is not
 * in the journal exactly once. */
VT_MUST_CHECK vt_status vt_bench_sched(vt_comm *comm, const vt_bench_sched_options *o, FILE *out, vt_err *err);

typedef struct vt_bench_scale_options {
  int ranks, tasks;           /* a fifth of the tasks are glasses, each of the others needs one of them */
  double window_s;            /* virtual seconds of tasks of 10 min to 2 h; 0: leave them out */
  const char *dir;            /* a new folder: also write, open and replay a journal there; NULL: none */
  int shards;                 /* files of that journal */
  const vt_campaign_env *env; /* also read a campaign of so many tasks; NULL: not */
} vt_bench_scale_options;

/* The scheduler alone, then the real master over simulated ranks of which some die and some leave: CPU time of the
 * master alone, a line each.  Not collective.  VT_EBUG: a task was not done, or twice. */
VT_MUST_CHECK vt_status vt_bench_scale(const vt_bench_scale_options *o, FILE *out, vt_err *err);

/* ------------------------------------------------------------------ tail: a campaign on many ranks, on paper */

enum { VT_BENCH_MAX_RANKS = 64, VT_BENCH_MAX_CORES = 256 };
struct vt_sched_task;
typedef struct vt_bench_tail_options {
  const char *name;                 /* of the campaign                                                */
  const struct vt_sched_task *task; /* [n_tasks] costs in seconds; what one needs stands before it    */
  int n_tasks;
  double us_atom_step; /* of the smallest cell; behind the costs; measured: here */
  int measured;
  const int *ranks, *workers; /* [n_ranks] and how many of them work on tasks */
  int n_ranks, ranks_a_node;
  const double *speed; /* [n_speed] vt_rehearsal */
  int n_speed, speed_assumed;
  /* 0: tasks take what they cost; else each group's, times exp(scatter g), g normal, by the seed. */
  double scatter;
  int seed;
} vt_bench_tail_options;
/* A line each number of ranks.  Not collective. */
VT_MUST_CHECK vt_status vt_bench_tail(const vt_bench_tail_options *o, FILE *out, vt_err *err);

#endif
