/* Collective displacements: P_i, the sum of the positions of species i (T 6.3). */
#include <math.h>
#include <string.h>

#include "engine/obs/obs_impl.h"

enum { MOST_INSTANTS = 2001 };

/* A checkpoint holds the correlator and then the path; the rest follows from the plan. */
typedef struct charge {
  vt__corr_obs c; /* first: the entries of the table that know no more than that get a charge */
  int64_t stride; /* samples between two instants of the path, a power of two */
  int n_path;
  double (*path)[3]; /* [n_path][n_species] P_i */
} charge;

static int64_t path_of(const vt_plan *p, const vt_obs_request *r, int *n_path)
{
  const int64_t last = vt__obs_run_samples(p, r) - 1;
  int64_t stride = 1;
  while (last / stride + 1 > MOST_INSTANTS) stride *= 2;
  *n_path = (int)(last / stride + 1); /* fits: at most MOST_INSTANTS */
  return stride;
}

static vt_status charge_layout(const vt_plan *p, const vt_obs_request *r, vt_array_def *defs, int cap, int *n,
                               vt_err *err)
{
  vt__corr_shape shape = {0};
  vt__layout l = {.defs = defs, .cap = cap};
  VT_PASS(vt__corr_obs_shape(&vt__obs_charge.doc, p, r, &shape, err));
  int n_lag = shape.n_lag, n_path;
  (void)path_of(p, r, &n_path);
  const vt__array arrays[] = {
      {&vt_a_charge_lag_ps, "ps", "THEORY T 6.1", "time lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_charge_corr,
       "A^2",
       "THEORY T 6.3",
       "<dP_i . dP_j>, P_i the summed positions of species i, frame of the simulation",
       2,
       {{VT_AXIS_PAIR, vt__obs_n_pairs(p)}, {VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_charge_charge_msd,
       "A^2",
       "THEORY T 6.3",
       "<|sum_i z_i dP_i|^2> with the formal charges z in units of e",
       1,
       {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_charge_origins, "1", "THEORY T 6.1", "time origins behind each lag", 1, {{VT_AXIS_PLAIN, n_lag}}},
      {&vt_a_charge_path_ps, "ps", "THEORY T 6.3", "time since the first sample", 1, {{VT_AXIS_PLAIN, n_path}}},
      {&vt_a_charge_path,
       "A",
       "THEORY T 6.3",
       "P_i(t) - P_i(0), frame of the simulation; NaN: not reached, or no piece kept that instant",
       3,
       {{VT_AXIS_SPECIES, p->comp.n_species}, {VT_AXIS_PLAIN, n_path}, {VT_AXIS_PLAIN, 3}}}};
  VT_PASS(vt__layout_add(&l, arrays, (int)(sizeof arrays / sizeof arrays[0]), err));
  *n = l.n;
  return VT_OK;
}

static void charge_close(void *self)
{
  charge *q = self;
  if (!q) return;
  vt__corr_close(&q->c.corr);
  vt_free(q->path);
  vt_free(q);
}

/* Vectors: P_i.  Accumulators: dP_i . dP_j in pair order. */
static vt_status charge_open(const vt_plan *p, const vt_obs_request *r, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__corr_shape shape;
  charge *q = NULL;
  *self = NULL;
  VT_PASS(vt__corr_obs_shape(&vt__obs_charge.doc, p, r, &shape, err));
  VT_TRY_OUT(VT_NEW(q, 1, err), err, "charge");
  q->stride = path_of(p, r, &q->n_path);
  VT_TRY_OUT(vt__corr_obs_init(&q->c, p, r, shape, p->comp.n_species, vt__obs_n_pairs(p), err), err, "charge");
  VT_TRY_OUT(VT_NEW(q->path, (size_t)q->n_path * (size_t)p->comp.n_species, err), err, "charge: %d instants",
             q->n_path);
  *self = q, q = NULL;
out:
  charge_close(q);
  return rc;
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
  charge *q = self;
  double sum[VT_MAX_SPECIES][3] = {{0}};
  VT_PASS(vt__obs_check_frame(fr, &q->c.comp, err));
  for (int i = 0; i < fr->n; i++)
    for (int a = 0; a < 3; a++) sum[fr->type[i]][a] += fr->dx[i][a];
  const int64_t at = q->c.corr.samples / q->stride;
  if (q->c.corr.samples % q->stride == 0 && at < q->n_path)
    memcpy(q->path[at * fr->n_species], sum, (size_t)fr->n_species * sizeof *sum);
  vt__corr_push(&q->c.corr, (const double(*)[3])sum, charge_visit, fr);
  return VT_OK;
}

static size_t path_bytes(const charge *q) { return (size_t)q->n_path * (size_t)q->c.comp.n_species * sizeof *q->path; }

static size_t charge_state_size(const void *self) { return vt__corr_obs_state_size(self) + path_bytes(self); }

static void charge_save(const void *self, void *bytes)
{
  const charge *q = self;
  vt__corr_obs_save(self, bytes);
  memcpy((char *)bytes + vt__corr_obs_state_size(self), q->path, path_bytes(q));
}

static vt_status charge_load(void *self, const void *bytes, size_t n, vt_err *err)
{
  charge *q = self;
  const size_t n_corr = vt__corr_obs_state_size(self);
  if (n != charge_state_size(self))
    VT_FAIL(err, VT_ECORRUPT, "state of charge: %zu bytes, expected %zu", n, charge_state_size(self));
  VT_PASS(vt__corr_obs_load(self, bytes, n_corr, err));
  memcpy(q->path, (const char *)bytes + n_corr, path_bytes(q));
  return VT_OK;
}

static void finish_path(const charge *q, double *path_ps, double *path)
{
  const int n_species = q->c.comp.n_species;
  for (int k = 0; k < q->n_path; k++) {
    const int reached = k * q->stride < q->c.corr.samples;
    path_ps[k] = (double)(k * q->stride) * q->c.sample_ps;
    for (int i = 0; i < n_species; i++)
      for (int a = 0; a < 3; a++)
        path[((ptrdiff_t)i * q->n_path + k) * 3 + a] =
            reached ? q->path[k * n_species + i][a] - q->path[i][a] : (double)NAN;
  }
}

static vt_status charge_finish(void *self, double *const *out, vt_err *err)
{
  const vt__corr_obs *o = &((const charge *)self)->c;
  const vt_composition *c = &o->comp;
  int n_lag = o->corr.shape.n_lag;
  (void)err;
  vt__corr_obs_lags(o, out[0], out[3]);
  finish_path(self, out[4], out[5]);
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

/* ------------------------------------------------------------------ pieces */

/* Arrays in the layout's order: lags, corr, charge_msd, origins, and the path. */
static double pair_origins(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[3][at[1]];
}

static double lag_origins(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)e;
  return p->values[3][at[0]];
}

static void join_path_ps(const vt__pieces *all, int k, const vt_array_def *def, double *out)
{
  int n_path;
  const int64_t stride = path_of(all->joined, all->request, &n_path);
  const double sample_ps = vt__obs_sample_ps(all->joined, all->request);
  (void)k;
  for (int i = 0; i < def->dim[0]; i++) out[i] = (double)(i * stride) * sample_ps;
}

/* Every piece goes on where the one before ended, if that kept its last instant; else from there on nothing is known.
 */
static void join_path(const vt__pieces *all, int k, const vt_array_def *def, double *out)
{
  const int n_species = def->dim[0], n_path = def->dim[1];
  int n;
  const int64_t stride = path_of(all->joined, all->request, &n);
  double offset[VT_MAX_SPECIES][3] = {{0}};
  int64_t begins = 0, done = 0;
  for (size_t e = 0; e < vt_array_count(def); e++) out[e] = (double)NAN;
  for (int i = 0; i < all->n; i++) {
    const vt__piece *p = &all->piece[i];
    const int64_t own = path_of(p->plan, p->request, &n), last = (int64_t)p->samples - 1;
    const int whole =
        last % own == 0 && last * vt_obs_every_steps(p->plan, p->request) == vt_obs_produce_steps(p->plan);
    for (; done < n_path && done * stride <= begins + last; done++) {
      const int64_t at = done * stride - begins;
      for (int s = 0; s < n_species && at % own == 0; s++)
        for (int a = 0; a < 3; a++) {
          const double x = p->values[k][((ptrdiff_t)s * n + at / own) * 3 + a];
          out[((ptrdiff_t)s * n_path + done) * 3 + a] = i > 0 ? offset[s][a] + x : x;
        }
    }
    for (int s = 0; s < n_species; s++)
      for (int a = 0; a < 3; a++)
        offset[s][a] += whole ? p->values[k][((ptrdiff_t)s * n + last / own) * 3 + a] : (double)NAN;
    begins += last;
  }
}

static const vt__join_rule charge_join[] = {
    {.how = VT__JOIN_SAME},
    {.how = VT__JOIN_MEAN, .weight = pair_origins},
    {.how = VT__JOIN_MEAN, .weight = lag_origins},
    {.how = VT__JOIN_SUM},
    {.how = VT__JOIN_OWN, .own = join_path_ps},
    {.how = VT__JOIN_OWN, .own = join_path},
};

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
    .state_size = charge_state_size,
    .save = charge_save,
    .load = charge_load,
    .finish = charge_finish,
    .close = charge_close,
    VT__JOIN(charge_join)};
