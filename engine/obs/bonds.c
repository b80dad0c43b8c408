/* How long metal-anion bonds last and how they turn (T 6.11). */
#include <math.h>
#include <string.h>

#include "engine/obs/track.h"

enum { POINTS, HYSTERESIS };                      /* parameters                                                */
enum { MOST = 12, PER_BOND = 2 };                 /* anions of one metal; vectors of one bond                  */
enum { ORIGIN, CONTINUOUS, ENDPOINT, P2, N_SUM }; /* accumulators of a pair; P2: over the continuous ones      */

typedef struct bonds {
  vt__corr_obs base; /* first: closed as one. Vectors: see list_bonds */
  vt__track track;
  double (*now)[3]; /* [n_vec] */
  int n_pairs;
  double *census; /* [pair] bonds seen */
} bonds;

static vt_status bonds_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                              vt_err *err)
{
  vt__corr_shape shape = {0};
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__corr_obs_shape(&vt__obs_bonds.doc, p, r, &shape, err));
  const int n_lag = shape.n_lag, n_pairs = vt__obs_n_pairs(p);
  const vt__array arrays[] = {
      {&vt_a_bonds_lag_ps, "ps", "THEORY T 6.1", "time lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_bonds_origins, "1", "THEORY T 6.1", "time origins behind each lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_bonds_continuous,
       "1",
       "THEORY T 6.11",
       "metal-anion bonds that never broke; NaN for other pairs",
       2,
       {{VT_AXIS_PAIR, n_pairs}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_bonds_endpoint,
       "1",
       "THEORY T 6.11",
       "metal-anion bonds that are there at both ends; NaN for other pairs",
       2,
       {{VT_AXIS_PAIR, n_pairs}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_bonds_c2,
       "1",
       "THEORY T 6.11",
       "<P2(u(0) . u(t))>, u the direction of a metal-anion bond that never broke; NaN for other pairs",
       2,
       {{VT_AXIS_PAIR, n_pairs}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_bonds_per_metal,
       "1",
       "THEORY T 6.11",
       "mean number of bonds of one metal with anions of that species; NaN for other pairs",
       1,
       {{VT_AXIS_PAIR, n_pairs}}}};
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

static void bonds_close(void *self)
{
  bonds *o = self;
  if (!o) return;
  vt__track_close(&o->track);
  vt_free(o->now);
  vt_free(o->census);
  vt__corr_obs_close(o);
}

static vt_status bonds_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  bonds *o = NULL;
  vt__corr_shape shape;
  *self = NULL;
  VT_PASS(vt__corr_obs_shape(&vt__obs_bonds.doc, p, r, &shape, err));
  VT_TRY_OUT(VT_NEW(o, 1, err), err, "bonds");
  o->n_pairs = vt__obs_n_pairs(p);
  VT_TRY_OUT(vt__track_open(&o->track, &p->comp, VT_ROLE_NETWORK, VT_ROLE_ANIONS, MOST, r->par[HYSTERESIS], 0, err),
             err, "bonds");
  const size_t n_vec = (size_t)o->track.pairs.n_first * MOST * PER_BOND + 1;
  VT_TRY_OUT(VT_NEW(o->now, n_vec, err), err, "bonds: %zu vectors", n_vec);
  VT_TRY_OUT(VT_NEW(o->census, o->n_pairs, err), err, "bonds");
  VT_TRY_OUT(vt__corr_obs_init(&o->base, p, r, shape, (int)n_vec, o->n_pairs * N_SUM, err), err,
             "bonds"); /* fits: 24 entries for each of the atoms of a cell, which are counted in int */
  *self = o, o = NULL;
out:
  bonds_close(o);
  return rc;
}

static vt_status bonds_begin(void *self, const vt_cutoffs *cut, vt_err *err)
{
  bonds *o = self;
  return vt__track_begin(&o->track, cut, err);
}

/* The bonds of a frame, one after the other: (which metal and anion, and which pair of species) and the number as exact
 * integers, then the direction.  They ascend; -1 behind the last one. */
enum { N_PAIR = 256 };
_Static_assert(VT_MAX_SPECIES *(VT_MAX_SPECIES + 1) / 2 <= N_PAIR, "a pair does not fit");

/* From now[n] on; returns where they end. */
static size_t list_bonds(bonds *o, const vt_frame *fr, int m, size_t n)
{
  const vt__pairs *p = &o->track.pairs;
  int n_row;
  const vt__bond *b = vt__track_row(&o->track, m, &n_row); /* no patience: every entry is a bond */
  for (int i = 0; i < n_row; i++) {
    const double *d = p->d[b[i].at];
    const int pair = vt_pair_index(fr->type[p->first[m]], fr->type[p->second[b[i].partner]], fr->n_species);
    const int64_t which = (int64_t)m * p->n_second + b[i].partner;
    o->census[pair]++;
    o->now[n][0] = (double)(which * N_PAIR + pair); /* both exact: below 2^53 */
    o->now[n][1] = (double)b[i].number;
    o->now[n++][2] = 0;
    for (int c = 0; c < 3; c++) o->now[n][c] = d[c] / d[3];
    n++;
  }
  return n;
}

/* Both lists ascend, and equal bonds are of equal pairs. */
static void bonds_visit(const void *ctx, const double (*now)[3], const double (*then)[3], double *acc)
{
  (void)ctx;
  for (; (*then)[0] >= 0; then += PER_BOND) {
    double *sum = acc + (int64_t)(*then)[0] % N_PAIR * N_SUM;
    while ((*now)[0] >= 0 && (*now)[0] < (*then)[0]) now += PER_BOND;
    sum[ORIGIN]++;
    if ((*now)[0] != (*then)[0]) continue;
    sum[ENDPOINT]++;
    if ((*now)[1] != (*then)[1]) continue;
    const double *u = then[1], *v = now[1], cosine = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    sum[CONTINUOUS]++;
    sum[P2] += 1.5 * cosine * cosine - 0.5;
  }
}

static vt_status bonds_sample(void *self, const vt_frame *fr, vt_err *err)
{
  bonds *o = self;
  size_t n = 0;
  VT_PASS(vt__obs_check_frame(fr, &o->base.comp, err));
  VT_PASS(vt__track_sample(&o->track, fr, err));
  for (int m = 0; m < o->track.pairs.n_first; m++) n = list_bonds(o, fr, m, n);
  for (; n < (size_t)o->base.corr.n_vec; n++) o->now[n][0] = o->now[n][1] = o->now[n][2] = -1;
  vt__corr_push(&o->base.corr, (const double(*)[3])o->now, bonds_visit, NULL);
  return VT_OK;
}

/* The correlator, the bonds, the census. */
static size_t bonds_state_size(const void *self)
{
  const bonds *o = self;
  return vt__corr_obs_state_size(o) + vt__track_state_size(&o->track) + (size_t)o->n_pairs * sizeof(double);
}

static void bonds_save(const void *self, void *bytes)
{
  const bonds *o = self;
  char *at = bytes;
  vt__corr_obs_save(o, at);
  at += vt__corr_obs_state_size(o);
  vt__track_save(&o->track, at);
  memcpy(at + vt__track_state_size(&o->track), o->census, (size_t)o->n_pairs * sizeof(double));
}

static vt_status bonds_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  bonds *o = self;
  const char *at = bytes;
  if (n != bonds_state_size(o))
    VT_FAIL(err, VT_ECORRUPT, "state of bonds: %zu bytes, expected %zu", n, bonds_state_size(o));
  VT_PASS(vt__corr_obs_load(o, at, vt__corr_obs_state_size(o), err));
  at += vt__corr_obs_state_size(o);
  vt__track_load(&o->track, at);
  memcpy(o->census, at + vt__track_state_size(&o->track), (size_t)o->n_pairs * sizeof(double));
  return VT_OK;
}

static vt_status bonds_finish(void *self, double *const *out, vt_err *err)
{
  const bonds *o = self;
  const vt__corr *c = &o->base.corr;
  const vt__pairs *g = &o->track.pairs;
  const int n = o->base.comp.n_species, n_lag = c->shape.n_lag;
  (void)err;
  vt__corr_obs_lags(&o->base, out[0], out[1]);
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      const int pair = vt_pair_index(i, j, n), metal = g->of_first[i] ? i : j;
      const int is_bond = (g->of_first[i] && g->of_second[j]) || (g->of_second[i] && g->of_first[j]);
      for (int k = 0; k < n_lag; k++) {
        const double *sum = c->acc + (ptrdiff_t)k * c->n_acc + (ptrdiff_t)pair * N_SUM;
        const int at = pair * n_lag + k;
        out[2][at] = is_bond && sum[ORIGIN] > 0 ? sum[CONTINUOUS] / sum[ORIGIN] : (double)NAN;
        out[3][at] = is_bond && sum[ORIGIN] > 0 ? sum[ENDPOINT] / sum[ORIGIN] : (double)NAN;
        out[4][at] = is_bond && sum[CONTINUOUS] > 0 ? sum[P2] / sum[CONTINUOUS] : (double)NAN;
      }
      const double metals = (double)c->samples * o->base.comp.count[metal];
      out[5][pair] = is_bond && metals > 0 ? o->census[pair] / metals : (double)NAN;
    }
  return VT_OK;
}

/* Arrays in the layout's order: lags, origins, continuous, endpoint, c2, per_metal.  How many bonds there were at the
 * origins is not kept: as many as on average. */
static double of_origins(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[1][at[1]] * p->values[5][at[0]];
}

static double of_unbroken(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  return of_origins(p, at, e) * p->values[2][e];
}

static const vt__join_rule bonds_join[] = {{.how = VT__JOIN_SAME},
                                           {.how = VT__JOIN_SUM},
                                           {.how = VT__JOIN_MEAN, .weight = of_origins},
                                           {.how = VT__JOIN_MEAN, .weight = of_origins},
                                           {.how = VT__JOIN_MEAN, .weight = of_unbroken},
                                           {.how = VT__JOIN_MEAN, .weight = vt__join_samples}};

const vt_obs_ops vt__obs_bonds = {
    .doc = {.name = "bonds",
            .doc = "how long metal-anion bonds last, and how fast they turn while they last",
            .every_ps = 0.1,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 2,
            .on_by_default = 1,
            .par = {VT__POINTS_PAR, VT__HYSTERESIS_PAR}},
    .layout = bonds_layout,
    .open = bonds_open,
    .begin = bonds_begin,
    .sample = bonds_sample,
    .state_size = bonds_state_size,
    .save = bonds_save,
    .load = bonds_load,
    .finish = bonds_finish,
    .close = bonds_close,
    VT__JOIN(bonds_join)};
