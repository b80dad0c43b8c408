/* bench_engine.h - what the files of `vitrion bench engine` share. */
#ifndef VT_BENCH_ENGINE_H
#define VT_BENCH_ENGINE_H

#include "engine/md/md.h"
#include "runner/cli/cli.h"

enum { VT_BENCH_MAX_REPEAT = 101, VT_BENCH_SKIN_OF_PLAN = -1 };

typedef struct vt_bench_options {
  const char *kind, *potential, *structure, *atoms, *against;
  vt_numerics num;
  int steps, repeat;
  double seconds, dt_fs, t_k, skin_a; /* skin_a: or VT_BENCH_SKIN_OF_PLAN */
} vt_bench_options;

typedef struct vt_bench_measured {
  int n, repeats;
  int64_t steps; /* of one repeat */
  double cpu_s[VT_BENCH_MAX_REPEAT];
  double cpu_total_s, wall_total_s;
  double force_s, list_s, integrator_s, thermostat_s, observables_s; /* for all steps of all repeats */
  double drift_ev_atom;         /* change of the conserved energy over the timed steps             */
  double skin_a, rebuild_steps; /* steps between two rebuilds of the list */
  double multiply_adds;         /* useful ones of one force call, NaN where nobody counted them    */
  vt_pot_info info;
} vt_bench_measured;

/* NVE MD of one cell: --structure, or a packing of `about` atoms (bench_measure.c). */
VT_MUST_CHECK vt_status vt_bench_measure(const vt_bench_options *o, int about, vt_bench_measured *m, vt_err *err);

/* What the default observables cost a step of `dt_fs`, s of CPU, at their default intervals (bench_observe.c). */
VT_MUST_CHECK vt_status vt_bench_observables(const vt_composition *c, vt_md *md, double *cpu_s_step, vt_err *err);

/* Multiply-adds of one core that no data slow down, in GFLOP/s (2 flop each), measured now (bench_peak.c). */
double vt_bench_peak_gflops(vt_numerics num);

/* Lines of an earlier run (bench_against.c).  Returns -1 to go on, or an exit code after a message: the file cannot be
 * read, is not JSON lines, or was measured on another processor than `cpu`. */
int vt_bench_against_open(const char *path, const char *cpu, json_t **lines);
/* For each line of the same potential, structure, size, precision, simd and kernel as `now` prints one that compares.
 */
void vt_bench_against_print(const json_t *lines, const json_t *now);

#endif
