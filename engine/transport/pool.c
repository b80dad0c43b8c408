/* Transport of one composition at one temperature, pooled over its glasses (T 7.7). */
#include <math.h>
#include <stddef.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

enum { DRAWS = 2000, N_COLUMN = 4, LEAST_DRAWS = DRAWS / 2 };

/* Slopes in the common window, A^2/ps (currents and sigmas: their units cancel).  Ratios over glasses are ratios of
 * their sums. */
enum {
  CHARGE,
  SELF,     /* of the alkali, as simulated */
  SELF_ALL, /* of all species              */
  SELF_FW,
  ALKALI_FW,
  SELF_BARY,
  ALKALI_BARY,
  CURRENT_FW, /* alkali part of SIGMA_FW */
  SIGMA_FW,
  CURRENT_BARY,
  SIGMA_BARY,
  N_SUM,
  NONE = -1
};

typedef struct glass {
  int in_pool;
  double sum[N_SUM];
  double self_se, collective_se;            /* relative, as its trajectory states them */
  double per_volume;                        /* mS/cm for one A^2/ps; NaN without volume */
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* barycentric, mS/cm */
  vt_transport own;
} glass;

typedef struct pool {
  int n;
  uint64_t key;
  glass *g;                 /* [n]        */
  double *column[N_COLUMN]; /* [n] each   */
  double *draw;             /* [DRAWS]    */
  int *pick;                /* [n]        */
  void *doubles;
} pool;

VT_REASONS(vt_pool_reasons, VT_POOL_REASONS);
const char *vt_pool_reason_text(vt_pool_reason r) { return vt_reason_text(&vt_pool_reasons, (int)r); }

static vt_status open_pool(pool *p, int n, uint64_t key, vt_err *err)
{
  void *block;
  size_t m = (size_t)n;
  *p = (pool){.n = n, .key = key};
  VT_TRY(vt_calloc64(&block, m, sizeof *p->g, err), err, "pool of %d glasses", n);
  p->g = block;
  VT_TRY(vt_calloc64(&p->doubles, N_COLUMN * m + DRAWS, sizeof(double), err), err, "pool of %d glasses", n);
  p->draw = p->doubles;
  for (size_t k = 0; k < N_COLUMN; k++) p->column[k] = p->draw + DRAWS + k * m;
  VT_TRY(vt_calloc64(&block, m, sizeof *p->pick, err), err, "pool of %d glasses", n);
  p->pick = block;
  return VT_OK;
}

static void close_pool(pool *p)
{
  vt_free(p->g);
  vt_free(p->doubles);
  vt_free(p->pick);
}

/* ------------------------------------------------------------------ what each glass has in the common window */

static vt_status check_glasses(const vt_tr_input *in, int n, vt_err *err)
{
  const double rounding = 1e-9;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "pool of %d glasses", n);
  for (int g = 0; g < n; g++) {
    const vt_composition *a = in[0].comp, *b = in[g].comp;
    if (!a || !b) VT_FAIL(err, VT_EINVAL, "glass %d of the pool has no composition", a ? g : 0);
    if (!(fabs(in[g].t_k - in[0].t_k) <= rounding * in[0].t_k))
      VT_FAIL(err, VT_EINVAL, "glasses 0 and %d of the pool are at %g and %g K", g, in[0].t_k, in[g].t_k);
    int same = a->n_species == b->n_species;
    for (int s = 0; s < a->n_species && same; s++)
      same = a->z[s] == b->z[s] && a->count[s] == b->count[s] && a->charge[s] == b->charge[s];
    if (!same) VT_FAIL(err, VT_EINVAL, "glasses 0 and %d of the pool differ in composition", g);
  }
  return VT_OK;
}

/* From where the alkali has become diffusive in the last of the glasses; the end as T 7.4 for the shortest run. 0 if
 * there is no such glass. */
static int find_window(const pool *p, const vt_tr_input *in, double *lo_ps, double *hi_ps)
{
  const double least_fraction = 0.05; /* of the run */
  double run_ps = INFINITY;
  *lo_ps = 0;
  for (int g = 0; g < p->n; g++) {
    if (!isfinite(p->g[g].own.sigma_lo_ps)) continue;
    *lo_ps = fmax(*lo_ps, p->g[g].own.sigma_lo_ps);
    run_ps = fmin(run_ps, in[g].run_ps);
  }
  *hi_ps = fmax(2 * *lo_ps, least_fraction * run_ps);
  return *lo_ps > 0;
}

/* Self and collective part of the alkali in a frame, and its share of the current; NaN where there is no such frame. */
static vt_status measure_frame(const vt_tr_input *in, double lo_ps, double hi_ps, int frame, double *self,
                               double *alkali, double *current, double *sigma, vt_onsager *o, vt_err *err)
{
  const vt_composition *c = in->comp;
  double a[VT_MAX_SPECIES], moved[VT_MAX_SPECIES] = {0}, seen[VT_MAX_SPECIES];
  vt__self part;
  vt__slope slope;
  *self = *alkali = *current = *sigma = (double)NAN;
  VT_PASS(vt_tr_onsager(in, lo_ps, hi_ps, frame, o, err));
  if (!vt__frame_reference(c, frame, a)) return VT_OK;
  *current = 0;
  *sigma = o->sigma_mS_cm;
  for (int s = 0; s < c->n_species; s++) {
    if (vt_element_role(c->z[s]) != 'A') continue;
    moved[s] = c->charge[s];
    for (int j = 0; j < c->n_species; j++) *current += c->charge[s] * c->charge[j] * o->l[s][j];
  }
  vt__in_frame(c, a, moved, seen);
  VT_PASS(vt__collective_slope(in, lo_ps, hi_ps, seen, seen, &slope, err));
  VT_PASS(vt__alkali_self(in, lo_ps, hi_ps, a, &part, err));
  *alkali = slope.value;
  *self = part.seen;
  return VT_OK;
}

static vt_status pool_measure(const vt_tr_input *glass_in, double lo_ps, double hi_ps, glass *g, vt_err *err)
{
  const vt_composition *c = glass_in->comp;
  vt_tr_input in = *glass_in;
  double z[VT_MAX_SPECIES], part[VT_MAX_SPECIES];
  vt__slope charge;
  vt__self self;
  vt_onsager o;
  in.volume_a3 = 1; /* ratios need none */
  g->per_volume = 1 / glass_in->volume_a3;
  for (int s = 0; s < c->n_species; s++) z[s] = c->charge[s];
  VT_PASS(vt__collective_slope(&in, lo_ps, hi_ps, z, z, &charge, err));
  VT_PASS(vt__alkali_self(&in, lo_ps, hi_ps, NULL, &self, err));
  VT_PASS(vt__self_parts(&in, lo_ps, hi_ps, part, err));
  if (!(charge.value > 0 && self.lab > 0)) return VT_OK; /* out of the pool; too few lags: NaN */
  g->in_pool = 1;
  g->collective_se = charge.relative_se;
  g->self_se = self.lab_se / self.lab;
  g->sum[CHARGE] = charge.value;
  g->sum[SELF] = self.lab;
  for (int s = 0; s < c->n_species; s++) g->sum[SELF_ALL] += part[s];
  VT_PASS(measure_frame(&in, lo_ps, hi_ps, VT_TR_FRAMEWORK, &g->sum[SELF_FW], &g->sum[ALKALI_FW], &g->sum[CURRENT_FW],
                        &g->sum[SIGMA_FW], &o, err));
  VT_PASS(measure_frame(&in, lo_ps, hi_ps, VT_TR_BARYCENTRIC, &g->sum[SELF_BARY], &g->sum[ALKALI_BARY],
                        &g->sum[CURRENT_BARY], &g->sum[SIGMA_BARY], &o, err));
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) g->l[i][j] = o.l[i][j] * g->per_volume;
  return VT_OK;
}

/* ------------------------------------------------------------------ bootstrap */

/* A number over glasses from columns of n values: (sum 0 / sum 1) - (sum 2 / sum 3), or the mean of column 0; `log`:
 * the number is a logarithm, or has to be made one. */
typedef struct number {
  int n, n_column, log;
} number;

static double evaluate(const pool *p, const number *q, const int *pick)
{
  double sum[N_COLUMN] = {0};
  for (int k = 0; k < q->n_column; k++)
    for (int i = 0; i < q->n; i++) sum[k] += p->column[k][pick[i]];
  if (q->n_column == 1) return sum[0] / q->n;
  double x = sum[0] / sum[1] - (q->n_column == N_COLUMN ? sum[2] / sum[3] : 0);
  return q->log ? log(x) : x;
}

/* How many of the draws are numbers: they come first. Draw b picks the same glasses for every number that all have. */
static int resample(pool *p, const number *q)
{
  int n = 0;
  for (int b = 0; b < DRAWS; b++) {
    vt_alive();
    for (int i = 0; i < q->n; i++) {
      double u[2];
      vt_rng_uniform2(p->key, VT_STREAM_BOOTSTRAP, 2, b, (uint32_t)i, u);
      p->pick[i] = (int)(u[0] * q->n); /* u < 1 */
    }
    double x = evaluate(p, q, p->pick);
    if (isfinite(x)) p->draw[n++] = x;
  }
  return n;
}

static const vt_pooled unknown = {.value = (double)NAN,
                                  .se = (double)NAN,
                                  .lo95 = (double)NAN,
                                  .hi95 = (double)NAN,
                                  .pct_lo95 = (double)NAN,
                                  .pct_hi95 = (double)NAN};

/* Median and intervals (T 7.7); for one glass its value and stated error, relative if q->log. */
static vt_pooled summarise(pool *p, const number *q, double stated_se)
{
  vt_pooled out = unknown;
  out.n_glasses = q->n;
  if (q->n < 1) return out;
  if (q->n == 1) {
    const int only = 0;
    double x = evaluate(p, q, &only);
    out.value = q->log ? exp(x) : x;
    out.se = q->log ? out.value * stated_se : stated_se;
    return out;
  }
  int n = resample(p, q);
  if (n < LEAST_DRAWS) return out;
  double sd = sqrt(vt_variance(p->draw, (size_t)n) * q->n / (q->n - 1.0)); /* draws scatter too little by (G-1)/G */
  double x = vt_quantile_inplace(p->draw, (size_t)n, 0.5), half = vt_t_quantile(0.975, q->n - 1) * sd;
  double lo = vt_quantile_inplace(p->draw, (size_t)n, 0.025), hi = vt_quantile_inplace(p->draw, (size_t)n, 0.975);
  out.value = q->log ? exp(x) : x;
  out.se = q->log ? out.value * sd : sd;
  out.lo95 = q->log ? exp(x - half) : x - half;
  out.hi95 = q->log ? exp(x + half) : x + half;
  out.pct_lo95 = q->log ? exp(lo) : lo;
  out.pct_hi95 = q->log ? exp(hi) : hi;
  return out;
}

/* ------------------------------------------------------------------ the numbers */

static const struct {
  size_t at; /* offset of the vt_pooled in vt_pool */
  int log, n_column, column[N_COLUMN];
} ratios[] = {
    {offsetof(vt_pool, haven_fw), 1, 2, {SELF_FW, ALKALI_FW}},
    {offsetof(vt_pool, haven_bary), 1, 2, {SELF_BARY, ALKALI_BARY}},
    {offsetof(vt_pool, haven_total), 1, 2, {SELF, CHARGE}},
    {offsetof(vt_pool, ionicity), 1, 2, {CHARGE, SELF_ALL}},
    {offsetof(vt_pool, t_bary), 0, 2, {CURRENT_BARY, SIGMA_BARY}},
    {offsetof(vt_pool, t_fw), 0, 2, {CURRENT_FW, SIGMA_FW}},
    {offsetof(vt_pool, t_self), 0, 2, {SELF, SELF_ALL}},
    {offsetof(vt_pool, gap_bary), 0, 4, {CURRENT_BARY, SIGMA_BARY, SELF, SELF_ALL}},
    {offsetof(vt_pool, gap_fw), 0, 4, {CURRENT_FW, SIGMA_FW, SELF, SELF_ALL}},
};
enum { N_RATIO = sizeof ratios / sizeof ratios[0] };

static void pool_ratio(pool *p, int r, vt_pool *out)
{
  number q = {.n_column = ratios[r].n_column, .log = ratios[r].log};
  double stated_se = (double)NAN;
  for (int g = 0; g < p->n; g++) {
    int known = p->g[g].in_pool;
    for (int k = 0; k < q.n_column && known; k++) {
      p->column[k][q.n] = p->g[g].sum[ratios[r].column[k]];
      known = isfinite(p->column[k][q.n]);
    }
    if (!known) continue;
    if (q.log) stated_se = hypot(p->g[g].self_se, p->g[g].collective_se); /* as T 7.6; that of a t is not known */
    q.n++;
  }
  *(vt_pooled *)((char *)out + ratios[r].at) = summarise(p, &q, stated_se);
}

/* Add a value to a geometric mean, if it is one. */
static void pool_take(pool *p, number *q, double x, double relative_se, double *stated_se)
{
  if (!(x > 0 && isfinite(x))) return;
  p->column[0][q->n++] = log(x);
  *stated_se = relative_se;
}

static void pool_means(pool *p, double t_k, vt_pool *out)
{
  double stated_se = (double)NAN;
  number sigma = {.n_column = 1, .log = 1};
  for (int g = 0; g < p->n; g++)
    if (p->g[g].in_pool)
      pool_take(p, &sigma, vt_unit_sigma_mS_cm(p->g[g].sum[CHARGE] * p->g[g].per_volume, t_k, 1), p->g[g].collective_se,
                &stated_se);
  out->sigma_mS_cm = summarise(p, &sigma, stated_se);
  for (int s = 0; s < out->n_species; s++) {
    number d = {.n_column = 1, .log = 1};
    for (int g = 0; g < p->n; g++) {
      const vt_tracer *t = &p->g[g].own.tracer[s];
      pool_take(p, &d, t->d_cm2_s, t->se / t->d_cm2_s, &stated_se);
    }
    out->d_cm2_s[s] = summarise(p, &d, stated_se);
  }
}

/* The jackknife error of a mean is its standard error. */
static void pool_onsager(pool *p, vt_pool *out)
{
  for (int i = 0; i < out->n_species; i++)
    for (int j = 0; j < out->n_species; j++) {
      size_t n = 0;
      for (int g = 0; g < p->n; g++)
        if (p->g[g].in_pool && isfinite(p->g[g].l[i][j])) p->column[0][n++] = p->g[g].l[i][j];
      out->l[i][j] = n > 0 ? vt_mean(p->column[0], n) : (double)NAN;
      out->l_se[i][j] = sqrt(vt_variance(p->column[0], n) / (double)n); /* NaN for one */
    }
}

vt_status vt_pool_glasses(const vt_tr_input *in, int n, uint64_t key, vt_pool *out, vt_err *err)
{
  vt_status rc = VT_OK;
  pool p = {0};
  vt_pool r = {.lo_ps = (double)NAN, .hi_ps = (double)NAN};
  double lo_ps, hi_ps;
  VT_PASS(check_glasses(in, n, err));
  r.n_species = in[0].comp->n_species;
  r.n_glasses = r.n_left_out = n;
  VT_TRY_OUT(open_pool(&p, n, key, err), err, "pool of '%s'", in[0].comp->name);
  for (int g = 0; g < n; g++) VT_TRY_OUT(vt_tr_replica(&in[g], &p.g[g].own, err), err, "glass %d of the pool", g);
  if (find_window(&p, in, &lo_ps, &hi_ps)) {
    r.lo_ps = lo_ps;
    r.hi_ps = hi_ps;
    for (int g = 0; g < n; g++) {
      if (!isfinite(p.g[g].own.sigma_lo_ps)) continue;
      VT_TRY_OUT(pool_measure(&in[g], lo_ps, hi_ps, &p.g[g], err), err, "glass %d of the pool", g);
      r.n_left_out -= p.g[g].in_pool;
    }
  }
  for (int k = 0; k < N_RATIO; k++) pool_ratio(&p, k, &r);
  pool_means(&p, in[0].t_k, &r);
  pool_onsager(&p, &r);
  int n_used = n - r.n_left_out;
  r.reason = n_used == 0 ? VT_POOL_NO_WINDOW : n_used == 1 ? VT_POOL_ONE_GLASS : VT_POOL_OK;
  *out = r;
out:
  close_pool(&p);
  return rc;
}
