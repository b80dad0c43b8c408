/* Partial radial distribution functions g_ij(r) (T 6.4). */
#include <math.h>
#include <string.h>

#include "engine/obs/grid.h"

/* The tally is what a checkpoint holds; the rest follows from the plan or is scratch of one sample. */
typedef struct rdf {
  vt_composition comp;
  double bin_a;
  int n_bins, n_pairs;
  int finds_metals; /* 1: the share of the samples with close metals is kept, too (protocol 2) */
  size_t n_tally;
  double *tally;  /* [0] samples, [1] least limit of r so far, A^2, then the weighted counts [pair][bin]; at the end,
                     with finds_metals: samples with close metals */
  vt__grid grid;  /* all atoms */
  int32_t *count; /* [pair][bin] of one sample             */
} rdf;

enum { SAMPLES, LIMIT2, COUNTS };

/* An image at less than half the shortest height is the nearest one; 0.45 leaves room for a cell that breathes. */
static const double height_fraction = 0.45;

/* Protocol 1 has no place for it in its results. */
static int keeps_metals(const vt_plan *p) { return p->protocol.version >= 2; }

static vt_status size_of(const vt_plan *p, const vt_obs_request *r, int *n_bins, vt_err *err)
{
  VT_PASS(vt__obs_check(&vt__obs_rdf.doc, p, r, err));
  *n_bins = (int)lround(r->par[1] / r->par[0]); /* fits: both within their documented limits */
  if (*n_bins < 1) VT_FAIL(err, VT_EINVAL, "rdf: r_max %g A is less than one bin of %g A", r->par[1], r->par[0]);
  return VT_OK;
}

static vt_status rdf_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n, vt_err *err)
{
  int n_bins;
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(size_of(p, r, &n_bins, err));
  const vt__array arrays[] = {{&vt_a_rdf_r, "A", "THEORY T 6.4", "centre of the bin", 1, {{VT_AXIS_PLAIN, n_bins}}},
                              {&vt_a_rdf_g,
                               "1",
                               "THEORY T 6.4",
                               "partial radial distribution function; NaN beyond 0.45 of the shortest cell height",
                               2,
                               {{VT_AXIS_PAIR, vt__obs_n_pairs(p)}, {VT_AXIS_PLAIN, n_bins}}},
                              {&vt_a_rdf_metals_close,
                               "1",
                               "THEORY T 13.6",
                               "share of the samples in which two metals are nearer than 2.6 A; NaN: no two metals, or "
                               "0.45 of the shortest cell height is less",
                               1,
                               {{VT_AXIS_PLAIN, 1}}}};
  VT_PASS(vt__layout_add(&l, arrays, keeps_metals(p) ? 3 : 2, err));
  *n = l.n;
  return VT_OK;
}

static void rdf_close(void *self)
{
  rdf *g = self;
  if (!g) return;
  vt__grid_close(&g->grid);
  vt_free(g->count);
  vt_free(g->tally);
  vt_free(g);
}

static vt_status rdf_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  int n_bins;
  rdf *g = NULL;
  *self = NULL;
  VT_PASS(size_of(p, r, &n_bins, err));
  VT_TRY_OUT(VT_NEW(g, 1, err), err, "rdf");
  g->comp = p->comp;
  g->bin_a = r->par[0];
  g->n_bins = n_bins;
  g->n_pairs = vt__obs_n_pairs(p);
  g->finds_metals = keeps_metals(p);
  g->n_tally = COUNTS + (size_t)g->n_pairs * (size_t)n_bins + (size_t)g->finds_metals;
  VT_TRY_OUT(vt__grid_open(&g->grid, p->comp.n_atoms, err), err, "rdf");
  VT_TRY_OUT(VT_NEW(g->tally, g->n_tally, err), err, "rdf: %zu bins", g->n_tally);
  VT_TRY_OUT(VT_NEW(g->count, g->n_tally, err), err, "rdf: %zu bins", g->n_tally);
  g->tally[LIMIT2] = INFINITY;
  *self = g, g = NULL;
out:
  rdf_close(g);
  return rc;
}

static int is_metal(const rdf *g, int species) { return vt_comp_role(&g->comp, species) == VT_ROLE_NETWORK; }

static int n_metals(const rdf *g)
{
  int n = 0;
  for (int s = 0; s < g->comp.n_species; s++) n += is_metal(g, s) ? g->comp.count[s] : 0;
  return n;
}

/* 1 if one of the n atoms found and atom i are metals nearer than VT_METALS_CLOSE_A. */
static int metal_is_close(const rdf *g, const vt_frame *fr, int i, int n)
{
  if (!is_metal(g, fr->type[i])) return 0;
  for (int k = 0; k < n; k++)
    if (g->grid.r2[k] < VT_METALS_CLOSE_A * VT_METALS_CLOSE_A && is_metal(g, fr->type[g->grid.found[k]])) return 1;
  return 0;
}

static vt_status rdf_sample(void *self, const vt_frame *fr, vt_err *err)
{
  rdf *g = self;
  VT_PASS(vt__obs_check_frame(fr, &g->comp, err));
  const double limit = fmin(g->n_bins * g->bin_a, height_fraction * vt_cell_shortest_height(&fr->cell));
  const double limit2 = limit * limit, per_bin = 1 / g->bin_a;
  VT_TRY(vt__grid_put(&g->grid, fr, NULL, fr->n, limit2, err), err, "rdf");
  int close = 0;
  memset(g->count, 0, (size_t)g->n_pairs * (size_t)g->n_bins * sizeof *g->count);
  for (int at = 0; at < fr->n; at++) {
    const int i = g->grid.by_cells ? g->grid.slot[at] : at;
    const double from[3] = {g->grid.s[0][i], g->grid.s[1][i], g->grid.s[2][i]};
    const int n = vt__grid_find(&g->grid, from, i);
    if (g->finds_metals && !close) close = metal_is_close(g, fr, i, n);
    for (int k = 0; k < n; k++) {
      const int bin = (int)(sqrt(g->grid.r2[k]) * per_bin);
      if (bin >= g->n_bins) continue; /* rounding at the very edge */
      g->count[vt_pair_index(fr->type[i], fr->type[g->grid.found[k]], fr->n_species) * g->n_bins + bin]++;
    }
  }
  double volume = vt_cell_volume(&fr->cell);
  for (int k = 0; k < g->n_pairs * g->n_bins; k++) g->tally[COUNTS + k] += volume * g->count[k];
  if (g->finds_metals) g->tally[g->n_tally - 1] += close;
  g->tally[SAMPLES] += 1;
  g->tally[LIMIT2] = fmin(g->tally[LIMIT2], limit2);
  return VT_OK;
}

static size_t rdf_state_size(const void *self) { return ((const rdf *)self)->n_tally * sizeof(double); }

static void rdf_save(const void *self, void *bytes) { memcpy(bytes, ((const rdf *)self)->tally, rdf_state_size(self)); }

static vt_status rdf_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  if (n != rdf_state_size(self))
    VT_FAIL(err, VT_ECORRUPT, "state of rdf: %zu bytes, expected %zu", n, rdf_state_size(self));
  memcpy(((rdf *)self)->tally, bytes, n);
  return VT_OK;
}

/* g = <V n> / (pairs * volume of the shell); like pairs count N_i^2 / 2, so that 4 pi rho g integrates to the number of
 * neighbours exactly (T 6.4). */
static vt_status rdf_finish(void *self, double *const *out, vt_err *err)
{
  const double four_thirds_pi = 4.18879020478639098;
  const rdf *g = self;
  const vt_composition *c = &g->comp;
  (void)err;
  for (int k = 0; k < g->n_bins; k++) {
    double lo = k * g->bin_a, hi = (k + 1) * g->bin_a;
    double shell = four_thirds_pi * (hi * hi * hi - lo * lo * lo);
    int whole = g->tally[SAMPLES] > 0 && hi * hi <= g->tally[LIMIT2] * (1 + 1e-12); /* all samples saw all of the bin */
    out[0][k] = 0.5 * (lo + hi);
    for (int i = 0; i < c->n_species; i++)
      for (int j = i; j < c->n_species; j++) {
        int at = vt_pair_index(i, j, c->n_species) * g->n_bins + k;
        double pairs = (i == j ? 0.5 : 1.0) * c->count[i] * c->count[j];
        out[1][at] = whole ? g->tally[COUNTS + at] / (g->tally[SAMPLES] * pairs * shell) : (double)NAN;
      }
  }
  if (g->finds_metals) {
    const int seen =
        g->tally[SAMPLES] > 0 && n_metals(g) > 1 && g->tally[LIMIT2] >= VT_METALS_CLOSE_A * VT_METALS_CLOSE_A;
    out[2][0] = seen ? g->tally[g->n_tally - 1] / g->tally[SAMPLES] : (double)NAN;
  }
  return VT_OK;
}

/* Bins that one piece did not see whole are those of the joined run, too: NaN. */
static const vt__join_rule rdf_join[] = {{.how = VT__JOIN_SAME},
                                         {.how = VT__JOIN_MEAN, .weight = vt__join_samples},
                                         {.how = VT__JOIN_MEAN, .weight = vt__join_samples}};

const vt_obs_ops vt__obs_rdf = {
    .doc = {.name = "rdf",
            .doc = "partial radial distribution functions",
            .every_ps = 0.5,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 2,
            .on_by_default = 1,
            .par = {{.name = "bin", .unit = "A", .doc = "width of a bin", .lo = 0.005, .hi = 1, .def = 0.05},
                    {.name = "r_max",
                     .unit = "A",
                     .doc = "largest distance; a cell with a shortest height below r_max / 0.45 sees less",
                     .lo = 1,
                     .hi = 50,
                     .def = 8}}},
    .layout = rdf_layout,
    .open = rdf_open,
    .sample = rdf_sample,
    .state_size = rdf_state_size,
    .save = rdf_save,
    .load = rdf_load,
    .finish = rdf_finish,
    .close = rdf_close,
    VT__JOIN(rdf_join)};
