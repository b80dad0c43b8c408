/* Collective displacements: P_i, the sum of the positions of species i (T 6.3). */
#include "engine/obs/obs_impl.h"

static vt_status charge_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                               vt_err *err)
{
  vt__corr_shape shape = {0};
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__corr_obs_shape(&vt__obs_charge.doc, p, r, &shape, err));
  int n_lag = shape.n_lag;
  const vt__array arrays[] = {
      {"charge/lag_ps", "ps", "THEORY T 6.1", "time lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {"charge/corr",
       "A^2",
       "THEORY T 6.3",
       "<dP_i . dP_j>, P_i the summed positions of species i, frame of the simulation",
       2,
       {{VT_AXIS_PAIR, vt__obs_n_pairs(p)}, {VT_AXIS_PLAIN, n_lag}}},
      {"charge/charge_msd",
       "A^2",
       "THEORY T 6.3",
       "<|sum_i z_i dP_i|^2> with the formal charges z in units of e",
       1,
       {{VT_AXIS_PLAIN, n_lag}}},
      {"charge/origins", "1", "THEORY T 6.1", "time origins behind each lag", 1, {{VT_AXIS_PLAIN, n_lag}}}};
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

/* Vectors: P_i.  Accumulators: dP_i . dP_j in pair order. */
static vt_status charge_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  return vt__corr_obs_open(&vt__obs_charge.doc, p, r, p->comp.n_species, vt__obs_n_pairs(p), self, err);
}

static void charge_visit(const void *ctx, const double (*now)[3], const double (*then)[3], double *acc)
{
  const vt_frame *fr = ctx;
  double d[VT_MAX_SPECIES][3];
  for (int i = 0; i < fr->n_species; i++)
    for (int a = 0; a < 3; a++) d[i][a] = now[i][a] - then[i][a];
  for (int i = 0; i < fr->n_species; i++)
    for (int j = i; j < fr->n_species; j++) *acc++ += d[i][0] * d[j][0] + d[i][1] * d[j][1] + d[i][2] * d[j][2];
}

static vt_status charge_sample(void *self, const vt_frame *fr, vt_err *err)
{
  vt__corr_obs *o = self;
  double sum[VT_MAX_SPECIES][3] = {{0}};
  VT_PASS(vt__obs_check_frame(fr, &o->comp, err));
  for (int i = 0; i < fr->n; i++)
    for (int a = 0; a < 3; a++) sum[fr->type[i]][a] += fr->dx[i][a];
  vt__corr_push(&o->corr, (const double(*)[3])sum, charge_visit, fr);
  return VT_OK;
}

static vt_status charge_finish(void *self, double *const *out, vt_err *err)
{
  const vt__corr_obs *o = self;
  const vt_composition *c = &o->comp;
  int n_lag = o->corr.shape.n_lag;
  (void)err;
  vt__corr_obs_lags(o, out[0], out[3]);
  for (int k = 0; k < n_lag; k++) {
    out[2][k] = 0;
    for (int i = 0; i < c->n_species; i++)
      for (int j = i; j < c->n_species; j++) {
        int pair = vt_pair_index(i, j, c->n_species);
        double corr = vt__corr_mean(&o->corr, k, pair);
        out[1][pair * n_lag + k] = corr;
        out[2][k] += (i == j ? 1 : 2) * c->charge[i] * c->charge[j] * corr;
      }
  }
  return VT_OK;
}

const vt_obs_ops vt__obs_charge = {
    .doc = {.name = "charge",
            .doc = "correlations between the collective displacements of the species, hence conductivity, Haven ratio, "
                   "transference; drift of the cell is not removed",
            .every_ps = 0.5,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 1,
            .on_by_default = 1,
            .par = {VT__POINTS_PAR}},
    .layout = charge_layout,
    .open = charge_open,
    .sample = charge_sample,
    .state_size = vt__corr_obs_state_size,
    .save = vt__corr_obs_save,
    .load = vt__corr_obs_load,
    .finish = charge_finish,
    .close = vt__corr_obs_close};
