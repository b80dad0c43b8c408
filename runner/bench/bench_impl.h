/* bench_impl.h - what the files of the benchmarks share; private to runner/bench. */
#ifndef VT_BENCH_IMPL_H
#define VT_BENCH_IMPL_H

#include "engine/md/md.h"
#include "runner/bench/bench.h"
#include "runner/farm/farm.h"
#include "runner/json/json.h"
#include "runner/screening/screening.h"

/* One line, flushed; frees it. */
VT_MUST_CHECK vt_status vt__bench_print(vt_json *line, FILE *out, vt_err *err);
void vt__bench_cpu(char name[128]); /* of this processor */

/* ------------------------------------------------------------------ cells (measure.c); vt_structure_free them */

/* Packed LiAlCl2.5O0.75 of `about` atoms; the first frame of an extended XYZ file. */
VT_MUST_CHECK vt_status vt__bench_packed(int about, vt_structure *s, vt_err *err);
VT_MUST_CHECK vt_status vt__bench_read(const char *path, vt_structure *s, vt_err *err);

/* ------------------------------------------------------------------ engine */

typedef struct vt__bench_measured {
  int n, repeats;
  int threads, wall; /* wall: times are wall times, else CPU times */
  int64_t steps;     /* of one repeat */
  double spent_s[VT_BENCH_MAX_REPEAT];
  double total_s, cpu_total_s, wall_total_s;
  vt_uid state; /* SHA-256 of positions and velocities after the last repeat */
  double force_s, list_s, integrator_s, thermostat_s, observables_s; /* for all steps of all repeats */
  double drift_ev_atom;         /* change of the conserved energy over the timed steps             */
  double skin_a, rebuild_steps; /* steps between two rebuilds of the list */
  double multiply_adds;         /* useful ones of one force call, NaN where nobody counted them    */
  vt_pot_info info;
} vt__bench_measured;

/* NVE MD of one cell: the structure, or a packing of `about` atoms (measure.c); by a team of `threads`, 0: timed by
 * CPU. */
VT_MUST_CHECK vt_status vt__bench_measure(const vt_bench_engine_options *o, int about, int threads,
                                          vt__bench_measured *m, vt_err *err);

/* What the default observables cost a step at their default intervals, s (observe.c). */
VT_MUST_CHECK vt_status vt__bench_observables(const vt_composition *c, vt_md *md, int wall, double *s_step,
                                              vt_err *err);

/* Wall time or CPU time of this process (measure.c). */
double vt__bench_clock_s(int wall);

/* Multiply-adds of one core that no data slow down, in GFLOP/s (2 flop each), measured now (peak.c). */
double vt__bench_peak_gflops(vt_numerics num);

/* Lines of an earlier run (against.c); vt_json_free. */
VT_MUST_CHECK vt_status vt__bench_against_open(const char *path, const char *cpu, vt_json **lines, vt_err *err);
/* For each line of the same potential, structure, size, precision, simd and kernel as `now` prints one that compares.
 */
VT_MUST_CHECK vt_status vt__bench_against_print(const vt_json *lines, const vt_json *now, FILE *out, vt_err *err);

/* ------------------------------------------------------------------ sched, scale */

/* n tasks of which the first n_glass are glasses and each of the others needs one of them; vt_free (sched_alone.c). */
VT_MUST_CHECK vt_status vt__bench_tasks(int n, int n_glass, vt_sched_task **task, vt_err *err);

/* Tasks through a scheduler of n_ranks workers: CPU seconds of opening, events a CPU second, without deaths or failures
 * (sched_alone.c). */
VT_MUST_CHECK vt_status vt__bench_sched_alone(const vt_sched_task *task, int n_tasks, int n_ranks, double *open_s,
                                              double *events_per_s, vt_err *err);

/* Before the first task, on every rank, of a campaign of about so many tasks: CPU seconds and bytes (start.c). */
typedef struct vt__bench_started {
  int n_tasks, n_comp;
  double read_s, rows_s; /* text to tasks with uids; rows of the scheduler */
  int64_t read_bytes;
  double walks_s; /* fits of a campaign without results: on rank 0 */
  int64_t fits_bytes;
} vt__bench_started;
/* A campaign of about so many tasks, read from its text (vt_campaign_free). */
VT_MUST_CHECK vt_status vt__bench_campaign(int tasks, const vt_campaign_env *env, vt_campaign **c, vt_err *err);
VT_MUST_CHECK vt_status vt__bench_start(int tasks, const vt_campaign_env *env, vt__bench_started *x, vt_err *err);

/* A journal of one small result for every task, as n_shards ranks would write it: each syncs after every `batch`
 * records (journal.c). */
typedef struct vt__bench_journal {
  int n_shards, batch, n_values;              /* n_values doubles a result */
  int n_missing;                              /* of the last so many tasks those that need another one have no result */
  double append_s, sync_s, open_s, refresh_s; /* wall; all of them; refresh_s: one that finds nothing new */
  int64_t syncs, bytes, open_bytes;           /* open_bytes: memory of the index */
  vt_shared shared;                           /* the same, divided over ranks */
} vt__bench_journal;
/* *j is the open journal (vt_journal_free). */
VT_MUST_CHECK vt_status vt__bench_write_journal(const vt_sched_task *task, int n_tasks, const char *dir,
                                                vt__bench_journal *x, vt_journal **j, vt_err *err);

/* Everything from the text of a campaign to the first leases, in the order of a run that goes on, in one go: a line. */
VT_MUST_CHECK vt_status vt__bench_whole_start(const vt_bench_scale_options *o, vt_json *line, vt_err *err);

#endif
