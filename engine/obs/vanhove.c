/* Van Hove functions: how far an atom has gone after a time, and where it then finds the others (T 6.13). */
#include <math.h>
#include <string.h>

#include "engine/obs/grid.h"

/* A checkpoint holds the correlator alone; the rest follows from the plan or is scratch of one sample. */
typedef struct vanhove {
  vt__corr_obs c; /* first: the entries of the table that know no more than that get a vanhove */
  double bin_a;
  int n_bins, n_pairs;
  double (*now)[3]; /* [2 n_atoms]: positions, then displacements                 */
  vt__grid grid;    /* the atoms of the later sample                              */
  int32_t *count;   /* [pair][bin] of one pair of samples                         */
} vanhove;

/* Accumulators of a lag: the greatest 1/(limit of r)^2, 1/A^2; counts of the self part [species][bin]; those of the
 * distinct part times the volume [pair][bin]. */
enum { LIMIT, COUNTS };

/* As for g(r): an image at less than half the shortest height is the nearest one, with room for a cell that breathes.
 */
static const double height_fraction = 0.45;

static vt_status size_of(const vt_plan *p, const vt_obs_request *r, int *n_bins, vt__corr_shape *shape, vt_err *err)
{
  VT_PASS(vt__obs_check(&vt__obs_vanhove.doc, p, r, err));
  *n_bins = (int)lround(r->par[1] / r->par[0]); /* fits: both within their documented limits */
  if (*n_bins < 1) VT_FAIL(err, VT_EINVAL, "vanhove: r_max %g A is less than one bin of %g A", r->par[1], r->par[0]);
  *shape = vt__corr_shape_of(vt_obs_samples(p, r), 2);
  return VT_OK;
}

static vt_status vanhove_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                                vt_err *err)
{
  int n_bins;
  vt__corr_shape shape;
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(size_of(p, r, &n_bins, &shape, err));
  const vt__array arrays[] = {
      {&vt_a_vanhove_lag_ps, "ps", "THEORY T 6.13", "time lag", 1, {{VT_AXIS_PLAIN, shape.n_lag}}},
      {&vt_a_vanhove_r, "A", "THEORY T 6.13", "centre of the bin", 1, {{VT_AXIS_PLAIN, n_bins}}},
      {&vt_a_vanhove_self,
       "1/A",
       "THEORY T 6.13",
       "density of the distance that an atom has gone; what is missing from 1 went beyond the last bin",
       3,
       {{VT_AXIS_SPECIES, p->comp.n_species}, {VT_AXIS_PLAIN, shape.n_lag}, {VT_AXIS_PLAIN, n_bins}}},
      {&vt_a_vanhove_distinct,
       "1",
       "THEORY T 6.13",
       "g(r) between atoms before and other atoms after the lag; NaN beyond 0.45 of the shortest cell height",
       3,
       {{VT_AXIS_PAIR, vt__obs_n_pairs(p)}, {VT_AXIS_PLAIN, shape.n_lag}, {VT_AXIS_PLAIN, n_bins}}}};
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

static void vanhove_close(void *self)
{
  vanhove *g = self;
  if (!g) return;
  vt__corr_close(&g->c.corr);
  vt__grid_close(&g->grid);
  vt_free(g->now);
  vt_free(g->count);
  vt_free(g);
}

static vt_status vanhove_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  int n_bins;
  vt__corr_shape shape;
  vanhove *g = NULL;
  const size_t n = (size_t)p->comp.n_atoms;
  *self = NULL;
  VT_PASS(size_of(p, r, &n_bins, &shape, err));
  VT_TRY_OUT(VT_NEW(g, 1, err), err, "vanhove");
  g->bin_a = r->par[0];
  g->n_bins = n_bins;
  g->n_pairs = vt__obs_n_pairs(p);
  const int n_acc = COUNTS + (p->comp.n_species + g->n_pairs) * n_bins;
  VT_TRY_OUT(vt__corr_obs_init(&g->c, p, r, shape, 2 * p->comp.n_atoms, n_acc, err), err, "vanhove");
  VT_TRY_OUT(VT_NEW(g->now, 2 * n, err), err, "vanhove: %zu positions", n);
  VT_TRY_OUT(vt__grid_open(&g->grid, p->comp.n_atoms, err), err, "vanhove");
  VT_TRY_OUT(VT_NEW(g->count, (size_t)g->n_pairs * (size_t)n_bins, err), err, "vanhove: %d bins", n_bins);
  *self = g, g = NULL;
out:
  vanhove_close(g);
  return rc;
}

/* ------------------------------------------------------------------ one pair of samples */

typedef struct sample {
  vanhove *g;
  const vt_frame *fr;
  double limit2;
} sample;

static void vanhove_visit(const void *ctx, const double (*now)[3], const double (*then)[3], double *acc)
{
  const sample *at = ctx;
  const vt_frame *fr = at->fr;
  vanhove *g = at->g;
  const int n = fr->n, n_bins = g->n_bins;
  const double per_bin = 1 / g->bin_a;
  double *self = acc + COUNTS, *distinct = self + (ptrdiff_t)fr->n_species * n_bins;
  acc[LIMIT] = fmax(acc[LIMIT], 1 / at->limit2);
  for (int i = 0; i < n; i++) {
    const double *u = now[n + i], *v = then[n + i];
    const double d[3] = {u[0] - v[0], u[1] - v[1], u[2] - v[2]};
    const double bin = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * per_bin;
    if (bin < n_bins) self[fr->type[i] * n_bins + (int)bin] += 1;
  }
  memset(g->count, 0, (size_t)g->n_pairs * (size_t)n_bins * sizeof *g->count);
  for (int i = 0; i < n; i++) {
    int32_t *of[VT_MAX_SPECIES];
    for (int s = 0; s < fr->n_species; s++)
      of[s] = g->count + (ptrdiff_t)vt_pair_index(fr->type[i], s, fr->n_species) * n_bins;
    double from[3];
    vt__grid_fractional(&g->grid, then[i], from);
    const int n_found = vt__grid_find(&g->grid, from, n);
    for (int k = 0; k < n_found; k++) {
      const int j = g->grid.found[k], bin = (int)(sqrt(g->grid.r2[k]) * per_bin);
      if (bin < n_bins && j != i) of[fr->type[j]][bin]++; /* not beyond the edge by rounding, not with itself */
    }
  }
  const double volume = vt_cell_volume(&fr->cell);
  for (int k = 0; k < g->n_pairs * n_bins; k++) distinct[k] += volume * g->count[k];
}

static vt_status vanhove_sample(void *self, const vt_frame *fr, vt_err *err)
{
  vanhove *g = self;
  sample at = {.g = g, .fr = fr};
  VT_PASS(vt__obs_check_frame(fr, &g->c.comp, err));
  const double limit = fmin(g->n_bins * g->bin_a, height_fraction * vt_cell_shortest_height(&fr->cell));
  at.limit2 = limit * limit;
  VT_TRY(vt__grid_put(&g->grid, fr, NULL, fr->n, at.limit2, err), err, "vanhove");
  memcpy(g->now, fr->x, (size_t)fr->n * sizeof *g->now);
  memcpy(g->now + fr->n, fr->dx, (size_t)fr->n * sizeof *g->now);
  vt__corr_push(&g->c.corr, (const double(*)[3])g->now, vanhove_visit, &at);
  return VT_OK;
}

/* ------------------------------------------------------------------ results */

static void finish_self(const vanhove *g, int k, double *out)
{
  const vt__corr *c = &g->c.corr;
  for (int s = 0; s < g->c.comp.n_species; s++)
    for (int b = 0; b < g->n_bins; b++)
      out[((ptrdiff_t)s * c->shape.n_lag + k) * g->n_bins + b] =
          vt__corr_mean(c, k, COUNTS + s * g->n_bins + b) / (g->c.comp.count[s] * g->bin_a);
}

/* As g(r) (T 6.4), with ordered pairs: each pair of unlike species is seen twice, from either end. */
static void finish_distinct(const vanhove *g, int k, double *out)
{
  const double four_thirds_pi = 4.18879020478639098;
  const vt__corr *c = &g->c.corr;
  const vt_composition *comp = &g->c.comp;
  const double greatest = c->acc[(ptrdiff_t)k * c->n_acc + LIMIT];
  for (int b = 0; b < g->n_bins; b++) {
    const double lo = b * g->bin_a, hi = (b + 1) * g->bin_a, shell = four_thirds_pi * (hi * hi * hi - lo * lo * lo);
    const int whole = hi * hi * greatest <= 1 + 1e-12; /* every pair of samples saw all of the bin */
    for (int i = 0; i < comp->n_species; i++)
      for (int j = i; j < comp->n_species; j++) {
        const int pair = vt_pair_index(i, j, comp->n_species);
        const double pairs = (i == j ? 1.0 : 2.0) * comp->count[i] * comp->count[j];
        const double sum = vt__corr_mean(c, k, COUNTS + (comp->n_species + pair) * g->n_bins + b);
        out[((ptrdiff_t)pair * c->shape.n_lag + k) * g->n_bins + b] = whole ? sum / (pairs * shell) : (double)NAN;
      }
  }
}

static vt_status vanhove_finish(void *self, double *const *out, vt_err *err)
{
  const vanhove *g = self;
  (void)err;
  for (int b = 0; b < g->n_bins; b++) out[1][b] = (b + 0.5) * g->bin_a;
  for (int k = 0; k < g->c.corr.shape.n_lag; k++) {
    out[0][k] = (double)vt__corr_lag(&g->c.corr.shape, k) * g->c.sample_ps;
    finish_self(g, k, out[2]);
    finish_distinct(g, k, out[3]);
  }
  return VT_OK;
}

/* Its origins are not kept: they follow from the samples. */
static double vanhove_origins(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  const vt__corr_shape shape = vt__corr_shape_of((int64_t)p->samples, 2);
  (void)e;
  return vt__corr_origins(&shape, at[1], (int64_t)p->samples);
}

static const vt__join_rule vanhove_join[] = {{.how = VT__JOIN_SAME},
                                             {.how = VT__JOIN_SAME},
                                             {.how = VT__JOIN_MEAN, .weight = vanhove_origins},
                                             {.how = VT__JOIN_MEAN, .weight = vanhove_origins}};

const vt_obs_ops vt__obs_vanhove = {
    .doc = {.name = "vanhove",
            .doc = "self and distinct van Hove functions at lags of 1, 2, 4, 8, ... samples; drift of the cell is not "
                   "removed",
            .every_ps = 5,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 2,
            .on_by_default = 1,
            .par = {{.name = "bin", .unit = "A", .doc = "width of a bin", .lo = 0.01, .hi = 1, .def = 0.1},
                    {.name = "r_max",
                     .unit = "A",
                     .doc = "largest distance; a cell with a shortest height below r_max / 0.45 sees less of the "
                            "distinct part",
                     .lo = 1,
                     .hi = 50,
                     .def = 10}}},
    .layout = vanhove_layout,
    .open = vanhove_open,
    .sample = vanhove_sample,
    .state_size = vt__corr_obs_state_size,
    .save = vt__corr_obs_save,
    .load = vt__corr_obs_load,
    .finish = vanhove_finish,
    .close = vanhove_close,
    VT__JOIN(vanhove_join)};
