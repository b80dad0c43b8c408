#include "tests/conform/obs_conform.h"
#include "tests/support/allocations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vt_test.h"

/* More than 2000 frames, so that thermo averages over blocks and a checkpoint can fall inside one. */
enum { N_LI = 3, N_AL = 5, N_CL = 18, N = N_LI + N_AL + N_CL, N_FRAMES = 2101 };
enum { STEP_FS = 2, EVERY = 50 }; /* frames every 0.1 ps */

/* ------------------------------------------------------------------ allocation counter */

/* ------------------------------------------------------------------ one trajectory */

typedef struct run {
  const vt_obs_ops *ops;
  vt_plan plan;
  vt_obs_request req;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n_defs;
  size_t n_values;
} run;

typedef struct atoms {
  int type[N];
  double x[N][3], dx[N][3];
} atoms;

/* How a trajectory differs from the plain one. */
typedef struct change {
  int permute; /* atoms in reverse order within each species */
  int unwrap;  /* whole lattice vectors added to x           */
  int frozen;  /* nothing moves by itself                    */
  double u[3]; /* rigid drift, A/ps                          */
} change;

static const vt_cell cell = {.h = {{17.0, 0.4, 0.0}, {-1.1, 16.2, 0.7}, {0.3, -0.9, 18.1}}};

/* Walkers with steps of 0.3 A from random places; every atom's path is a function of its label alone. */
static double path[N_FRAMES][N][3]; /* displacements */
static double start[N][3];          /* fractional    */

static void make_paths(void)
{
  for (uint32_t label = 0; label < N; label++) {
    double u[4], g[4];
    vt_rng_uniform2(1, VT_STREAM_TEST, 0, 0, label, u);
    vt_rng_uniform2(1, VT_STREAM_TEST, 1, 0, label, u + 2);
    memcpy(start[label], u, sizeof start[label]);
    for (int t = 1; t < N_FRAMES; t++) {
      vt_rng_normal2(1, VT_STREAM_TEST, 2, t, label, g);
      vt_rng_normal2(1, VT_STREAM_TEST, 3, t, label, g + 2);
      for (int c = 0; c < 3; c++) path[t][label][c] = path[t - 1][label][c] + 0.3 * g[c];
    }
  }
}

static run prepare(const vt_obs_ops *ops)
{
  vt_err err;
  run r = {.ops = ops,
           .plan = {.kind = VT_TASK_MD,
                    .t_k = 600,
                    .comp = {.name = "LiAlCl",
                             .n_species = 3,
                             .z = {3, 13, 17},
                             .count = {N_LI, N_AL, N_CL},
                             .charge = {1, 3, -1},
                             .n_atoms = N},
                    .protocol = {.produce_ps = (N_FRAMES - 1) * EVERY * STEP_FS * 1e-3, .produce_dt_fs = STEP_FS}}};
  (void)strncpy(r.req.name, ops->doc.name, sizeof r.req.name - 1);
  r.req.every_ps = EVERY * STEP_FS * 1e-3;
  for (int i = 0; i < ops->doc.n_par; i++) r.req.par[i] = ops->doc.par[i].def;
  VT_TEST_OK(ops->layout(&r.plan, &r.req, r.defs, VT_MAX_ARRAYS, &r.n_defs, &err), &err);
  for (int k = 0; k < r.n_defs; k++) r.n_values += vt_array_count(&r.defs[k]);
  assert_int_equal(vt_obs_samples(&r.plan, &r.req), N_FRAMES);
  make_paths();
  return r;
}

static void make_frame(int t, const change *how, atoms *a, vt_frame *fr)
{
  const int first[4] = {0, N_LI, N_LI + N_AL, N};
  double hi[3][3], time_ps = t * EVERY * STEP_FS * 1e-3;
  assert_true(vt_cell_inverse(&cell, hi));
  for (int label = 0; label < N; label++) {
    int s = label < first[1] ? 0 : label < first[2] ? 1 : 2;
    int i = how->permute ? first[s] + first[s + 1] - 1 - label : label;
    a->type[i] = s;
    for (int c = 0; c < 3; c++) {
      a->dx[i][c] = (how->frozen ? 0 : path[t][label][c]) + how->u[c] * time_ps;
      a->x[i][c] = a->dx[i][c];
      for (int v = 0; v < 3; v++) a->x[i][c] += start[label][v] * cell.h[v][c];
    }
    vt_cell_wrap(&cell, (const double(*)[3])hi, a->x[i]);
    for (int v = 0; v < 3 && how->unwrap; v++)
      for (int c = 0; c < 3; c++) a->x[i][c] += ((label + 2 * v + t) % 5 - 2) * cell.h[v][c];
  }
  *fr = (vt_frame){.n = N,
                   .n_species = 3,
                   .cell = cell,
                   .type = a->type,
                   .x = (const double(*)[3])a->x,
                   .dx = (const double(*)[3])a->dx,
                   .t_k = 600 + sin(t),
                   .pressure = 0.001 * cos(t),
                   .e_pot = -4.0 * N + 0.1 * sin(2 * t),
                   .e_kin = 1.2,
                   .spread = (double)NAN,
                   .step = (int64_t)t * EVERY,
                   .time_ps = time_ps};
}

static void *fresh(const run *r)
{
  vt_err err;
  void *self = NULL;
  VT_TEST_OK(r->ops->open(&r->plan, &r->req, &self, &err), &err);
  assert_non_null(self);
  vt_cutoffs cut;
  vt_cutoffs_default(&r->plan.comp, &cut);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) cut.r[i][j] = 4; /* random walkers: wide shells, so that bonds come and go */
  if (r->ops->begin) VT_TEST_OK(r->ops->begin(self, &cut, &err), &err);
  return self;
}

static void feed(const run *r, void *self, int from, int to, const change *how)
{
  vt_err err;
  atoms a;
  vt_frame fr;
  for (int t = from; t < to; t++) {
    make_frame(t, how, &a, &fr);
    VT_TEST_OK(r->ops->sample(self, &fr, &err), &err);
  }
}

/* Close the observable; values of all arrays, every byte of the buffer set to `filling` before. */
static double *collect(const run *r, void *self, int filling)
{
  vt_err err;
  double *values = malloc(r->n_values * sizeof *values), *out[VT_MAX_ARRAYS], *at = values;
  assert_non_null(values);
  memset(values, filling, r->n_values * sizeof *values);
  for (int k = 0; k < r->n_defs; k++) {
    out[k] = at;
    at += vt_array_count(&r->defs[k]);
  }
  VT_TEST_OK(r->ops->finish(self, out, &err), &err);
  r->ops->close(self);
  return values;
}

static double *whole_run(const run *r, const change *how)
{
  void *self = fresh(r);
  feed(r, self, 0, N_FRAMES, how);
  return collect(r, self, 0);
}

/* Equal, or both NaN, or within `tolerance` of the larger value and of 1. */
static void assert_same(const run *r, const double *a, const double *b, double tolerance)
{
  for (int k = 0; k < r->n_defs; k++)
    for (size_t i = 0, n = vt_array_count(&r->defs[k]); i < n; i++, a++, b++) {
      double scale = fmax(1, fmax(fabs(*a), fabs(*b)));
      if (isnan(*a) != isnan(*b) || fabs(*a - *b) > tolerance * scale)
        fail_msg("%s[%zu]: %.17g and %.17g", r->defs[k].name, i, *a, *b);
    }
}

/* ------------------------------------------------------------------ checks */

static void check_doc(const vt_obs_doc *d)
{
  assert_true(strlen(d->name) > 0 && strlen(d->name) < sizeof((vt_obs_request *)0)->name);
  assert_true(strlen(d->doc) > 10);
  assert_true(d->every_lo_ps > 0 && d->every_lo_ps <= d->every_ps && d->every_ps <= d->every_hi_ps);
  assert_in_range(d->n_par, 0, VT_MAX_OBS_PAR);
  for (int i = 0; i < d->n_par; i++) assert_true(d->par[i].lo <= d->par[i].def && d->par[i].def <= d->par[i].hi);
}

void vt_conform_obs_layout(const vt_obs_ops *ops)
{
  vt_err err;
  check_doc(&ops->doc);
  run r = prepare(ops);
  size_t prefix = strlen(ops->doc.name);
  assert_in_range(r.n_defs, 1, VT_MAX_ARRAYS);
  for (int k = 0; k < r.n_defs; k++) {
    const vt_array_def *d = &r.defs[k];
    assert_memory_equal(d->name, ops->doc.name, prefix);
    assert_int_equal(d->name[prefix], '/');
    assert_true(d->unit[0] && d->doc[0] && d->source[0]);
    assert_in_range(d->n_dim, 1, VT_MAX_DIM);
    for (int i = 0; i < d->n_dim; i++) {
      assert_true(d->dim[i] > 0);
      if (d->axis[i] == VT_AXIS_SPECIES) assert_int_equal(d->dim[i], 3);
      if (d->axis[i] == VT_AXIS_PAIR) assert_int_equal(d->dim[i], 6);
    }
  }
  vt_array_def again[VT_MAX_ARRAYS];
  int n = 0;
  VT_TEST_OK(ops->layout(&r.plan, &r.req, again, VT_MAX_ARRAYS, &n, &err), &err);
  assert_int_equal(n, r.n_defs);
  assert_memory_equal(again, r.defs, (size_t)n * sizeof again[0]);
  r.plan.half_stage = VT_STAGE_PRODUCE; /* the retry with half the time step has arrays of the same shape */
  VT_TEST_OK(ops->layout(&r.plan, &r.req, again, VT_MAX_ARRAYS, &n, &err), &err);
  assert_memory_equal(again, r.defs, (size_t)n * sizeof again[0]);
  assert_int_equal(ops->layout(&r.plan, &r.req, again, r.n_defs - 1, &n, &err), VT_EINVAL);
  for (int i = 0; i < ops->doc.n_par; i++) {
    vt_obs_request wrong = r.req;
    wrong.par[i] = ops->doc.par[i].hi * 2 + 1;
    assert_int_equal(ops->layout(&r.plan, &wrong, again, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
    assert_non_null(strstr(err.text, ops->doc.par[i].name));
    wrong.par[i] = (double)NAN;
    assert_int_equal(ops->layout(&r.plan, &wrong, again, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
  }
}

void vt_conform_obs_split_run(const vt_obs_ops *ops)
{
  vt_err err;
  const change plain = {0};
  run r = prepare(ops);
  double *one = whole_run(&r, &plain);
  const int cut[] = {0, 1, 37, N_FRAMES};
  for (size_t c = 0; c < sizeof cut / sizeof cut[0]; c++) {
    void *first = fresh(&r), *second = fresh(&r);
    feed(&r, first, 0, cut[c], &plain);
    size_t n = ops->state_size(first);
    void *bytes = malloc(n);
    assert_non_null(bytes);
    memset(bytes, 0x5a, n);
    ops->save(first, bytes);
    ops->close(first);
    feed(&r, second, 5, 9, &plain); /* load must replace whatever was there */
    assert_int_equal(ops->load(second, bytes, n - 1, &err), VT_ECORRUPT);
    VT_TEST_OK(ops->load(second, bytes, n, &err), &err);
    free(bytes);
    feed(&r, second, cut[c], N_FRAMES, &plain);
    double *two = collect(&r, second, 0);
    assert_memory_equal(one, two, r.n_values * sizeof *one);
    free(two);
  }
  free(one);
}

/* Run under `how` and compare with the plain run. */
static void check_change(const vt_obs_ops *ops, const change *how, double tolerance)
{
  const change plain = {0};
  run r = prepare(ops);
  double *a = whole_run(&r, &plain), *b = whole_run(&r, how);
  assert_same(&r, a, b, tolerance);
  free(a);
  free(b);
}

void vt_conform_obs_permutation(const vt_obs_ops *ops) { check_change(ops, &(change){.permute = 1}, 1e-12); }

void vt_conform_obs_wrapping(const vt_obs_ops *ops) { check_change(ops, &(change){.unwrap = 1}, 1e-12); }

void vt_conform_frozen_cell(vt_cell *c, int *type, double (*x)[3])
{
  atoms a;
  vt_frame fr;
  make_frame(0, &(change){.frozen = 1}, &a, &fr);
  *c = fr.cell;
  memcpy(type, a.type, sizeof a.type);
  memcpy(x, a.x, sizeof a.x);
}

void vt_conform_obs_drift(const vt_obs_ops *ops, vt_conform_drift *expect)
{
  const change frozen = {.frozen = 1}, drift = {.frozen = 1, .u = {0.31, -0.12, 0.05}};
  run r = prepare(ops);
  double *still = whole_run(&r, &frozen), *moved = whole_run(&r, &drift);
  if (expect) expect(&r.plan, r.defs, r.n_defs, drift.u, still);
  /* products up to 4e5 A^2 (18 atoms, 35 A) that cancel in a neutral cell leave a few hundred times their rounding */
  assert_same(&r, still, moved, 1e-9);
  free(still);
  free(moved);
}

void vt_conform_obs_complete(const vt_obs_ops *ops)
{
  const change plain = {0};
  run r = prepare(ops);
  const int n_frames[] = {0, 3, N_FRAMES};
  for (size_t c = 0; c < sizeof n_frames / sizeof n_frames[0]; c++) {
    void *one = fresh(&r), *two = fresh(&r);
    feed(&r, one, 0, n_frames[c], &plain);
    feed(&r, two, 0, n_frames[c], &plain);
    double *a = collect(&r, one, 0xa5), *b = collect(&r, two, 0x3c);
    assert_memory_equal(a, b, r.n_values * sizeof *a);
    free(a);
    free(b);
  }
}

void vt_conform_obs_no_allocation(const vt_obs_ops *ops)
{
  vt_err err;
  const change plain = {0};
  run r = prepare(ops);
  atoms a;
  vt_frame fr;
  long before = vt_test_allocations();
  void *self = fresh(&r);
  assert_true(vt_test_allocations() > before); /* the counter sees this program's allocations at all */
  for (int t = 0; t < N_FRAMES; t++) {
    make_frame(t, &plain, &a, &fr);
    before = vt_test_allocations();
    vt_status rc = ops->sample(self, &fr, &err);
    long during = vt_test_allocations() - before;
    assert_int_equal(rc, VT_OK);
    assert_int_equal(during, 0);
  }
  ops->close(self);
}
