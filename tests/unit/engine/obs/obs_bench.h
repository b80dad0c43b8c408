/* obs_bench.h - a set of observables fed by hand, for tests with known answers. */
#ifndef VT_OBS_BENCH_H
#define VT_OBS_BENCH_H

#include "engine/obs/obs.h"

typedef struct bench {
  vt_plan plan;       /* set by the test, with its requests, before bench_open        */
  vt_cutoffs cutoffs; /* the same; with n_species 0 bench_open takes the stand-ins    */
  vt_obs_set *set;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n_defs;
  double *values;
  size_t n_values;
} bench;

/* Fails the test unless got lies within `tolerance` of want. */
void near(double got, double want, double tolerance);
/* An MD plan of n_a Li and n_b Cl (0: none) at 500 K. */
vt_plan plan_of(int n_a, int n_b, double produce_ps, double dt_fs);
/* Add a request with default parameters. */
void ask(vt_plan *p, const char *name, double every_ps);
void bench_open(bench *b);
void bench_sample(bench *b, const vt_frame *fr);
void bench_finish(bench *b);
void bench_close(bench *b);
/* Values of an array after bench_finish and the extent of its last axis (last_dim may be NULL). */
const double *array(const bench *b, const char *name, int *last_dim);
/* A frame in a cube of 20 A. */
vt_frame frame_of(const vt_plan *p, const int *type, double (*x)[3], double (*dx)[3], int64_t step);

#endif
