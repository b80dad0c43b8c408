/* Mean squared and mean fourth-power displacement of single atoms, by species (T 6.2). */
#include <math.h>

#include "engine/obs/obs_impl.h"

enum { N_THIRDS = 3 }; /* of the run: does the motion age? (T 11) */

static vt_status msd_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n, vt_err *err)
{
  vt__corr_shape shape = {0};
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__corr_obs_shape(&vt__obs_msd.doc, p, r, &shape, err));
  int n_species = p->comp.n_species, n_lag = shape.n_lag;
  const vt__array arrays[] = {
      {&vt_a_msd_lag_ps, "ps", "THEORY T 6.1", "time lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_msd_mean,
       "A^2",
       "THEORY T 6.2",
       "mean squared displacement over atoms and time origins, frame of the simulation",
       2,
       {{VT_AXIS_SPECIES, n_species}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_msd_m4,
       "A^4",
       "THEORY T 6.2",
       "mean fourth power of the displacement over atoms and time origins",
       2,
       {{VT_AXIS_SPECIES, n_species}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_msd_origins, "1", "THEORY T 6.1", "time origins behind each lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_msd_third_mean,
       "A^2",
       "THEORY T 6.2",
       "mean squared displacement by the third of the run in which the later sample lies",
       3,
       {{VT_AXIS_SPECIES, n_species}, {VT_AXIS_PLAIN, N_THIRDS}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_msd_third_origins,
       "1",
       "THEORY T 6.2",
       "time origins behind each lag whose later sample lies in that third of the run",
       2,
       {{VT_AXIS_PLAIN, N_THIRDS}, {VT_AXIS_PLAIN, n_lag}}}};
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

/* Vectors: the atoms.  Accumulators: time origins in each third of the run, then for each species the sum of dr^2 in
 * each third and the sum of dr^4. */
enum { PER_SPECIES = N_THIRDS + 1 };

static size_t at_species(int s) { return N_THIRDS + PER_SPECIES * (size_t)s; }

static vt_status msd_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  return vt__corr_obs_open(&vt__obs_msd.doc, p, r, p->comp.n_atoms, (int)at_species(p->comp.n_species), self, err);
}

typedef struct sample {
  const vt_frame *fr;
  int third; /* of the run, in which it lies */
} sample;

/* Sums of atoms of one species that follow one another stay in registers. */
static void msd_visit(const void *ctx, const double (*now)[3], const double (*then)[3], double *acc)
{
  const sample *at = ctx;
  const int *type = at->fr->type, n = at->fr->n;
  acc[at->third] += 1;
  for (int i = 0; i < n;) {
    const int s = type[i];
    double sum2 = 0, sum4 = 0;
    for (; i < n && type[i] == s; i++) {
      double d[3] = {now[i][0] - then[i][0], now[i][1] - then[i][1], now[i][2] - then[i][2]};
      double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      sum2 += r2;
      sum4 += r2 * r2;
    }
    double *of_species = acc + at_species(s);
    of_species[at->third] += sum2;
    of_species[N_THIRDS] += sum4;
  }
}

static vt_status msd_sample(void *self, const vt_frame *fr, vt_err *err)
{
  vt__corr_obs *o = self;
  VT_PASS(vt__obs_check_frame(fr, &o->comp, err));
  const int64_t third = N_THIRDS * o->corr.samples / o->run_samples;
  const sample now = {.fr = fr, .third = third < N_THIRDS ? (int)third : N_THIRDS - 1};
  vt__corr_push(&o->corr, fr->dx, msd_visit, &now);
  return VT_OK;
}

static double msd_ratio(double sum, double n) { return n > 0 ? sum / n : (double)NAN; }

static vt_status msd_finish(void *self, double *const *out, vt_err *err)
{
  const vt__corr_obs *o = self;
  const int n_lag = o->corr.shape.n_lag;
  (void)err;
  vt__corr_obs_lags(o, out[0], out[3]);
  for (int k = 0; k < n_lag; k++) {
    const double *origins = o->corr.acc + (size_t)k * (size_t)o->corr.n_acc;
    for (int t = 0; t < N_THIRDS; t++) out[5][t * n_lag + k] = origins[t];
    for (int s = 0; s < o->comp.n_species; s++) {
      const double *of_species = origins + at_species(s);
      double sum = 0;
      for (int t = 0; t < N_THIRDS; t++) {
        out[4][(N_THIRDS * s + t) * n_lag + k] = msd_ratio(of_species[t], origins[t] * o->comp.count[s]);
        sum += of_species[t];
      }
      out[1][s * n_lag + k] = msd_ratio(sum, out[3][k] * o->comp.count[s]);
      out[2][s * n_lag + k] = msd_ratio(of_species[N_THIRDS], out[3][k] * o->comp.count[s]);
    }
  }
  return VT_OK;
}

/* Arrays in the layout's order: lags, mean, m4, origins, and those by thirds. */
static double msd_origins(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[3][at[1]];
}

static double third_origins(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[5][at[1] * p->def[5].dim[1] + at[2]];
}

static const vt__join_rule msd_join[] = {{.how = VT__JOIN_SAME},
                                         {.how = VT__JOIN_MEAN, .weight = msd_origins},
                                         {.how = VT__JOIN_MEAN, .weight = msd_origins},
                                         {.how = VT__JOIN_SUM},
                                         {.how = VT__JOIN_MEAN, .weight = third_origins, .third = 1 + 1},
                                         {.how = VT__JOIN_SUM, .third = 1 + 0}};

const vt_obs_ops vt__obs_msd = {
    .doc = {.name = "msd",
            .doc = "mean squared displacement of each species over all time origins; drift of the cell is not removed",
            .every_ps = 0.5,
            .every_lo_ps = 0.001,
            .every_hi_ps = 1000,
            .n_par = 1,
            .on_by_default = 1,
            .par = {VT__POINTS_PAR}},
    .layout = msd_layout,
    .open = msd_open,
    .sample = msd_sample,
    .state_size = vt__corr_obs_state_size,
    .save = vt__corr_obs_save,
    .load = vt__corr_obs_load,
    .finish = msd_finish,
    .close = vt__corr_obs_close,
    VT__JOIN(msd_join)};
