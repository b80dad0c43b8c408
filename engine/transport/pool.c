/* Transport of one composition at one temperature, pooled over its glasses (T 7.7). */
#include <math.h>
#include <stddef.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

static const double glass_scatter = 0.10; /* of ln D between glasses, what is known before they are seen (T 7.7) */
static const double a2_ps_to_cm2_s = 1e-4;

VT_REASONS(vt_pool_reasons, VT_POOL_REASONS);
const char *vt_pool_reason_text(vt_pool_reason r) { return vt_reason_text(&vt_pool_reasons, (int)r); }

static double pool_square(double x) { return x * x; }

vt_pool_glass vt_pool_glass_none(void)
{
  const double no = (double)NAN;
  vt_pool_glass g = {
      .d_alkali = no, .d_alkali_se = no, .x_alkali = no, .x_alkali_se = no, .x_sigma_mS_cm = no, .x_sigma_se = no};
  for (int s = 0; s < VT_MAX_SPECIES; s++) g.d_cm2_s[s] = g.d_se[s] = g.x[s] = g.x_se[s] = no;
  return g;
}

void vt_pool_none(vt_pool *p)
{
  const double no = (double)NAN;
  vt_pooled *const each[] = {&p->d_alkali, &p->sigma_mS_cm, &p->haven_fw, &p->haven_bary, &p->haven_total, &p->ionicity,
                             &p->t_bary,   &p->t_fw,        &p->t_self,   &p->gap_bary,   &p->gap_fw};
  *p = (vt_pool){.reason = VT_POOL_NO_WINDOW, .lo_ps = no, .hi_ps = no};
  for (size_t k = 0; k < sizeof each / sizeof *each; k++) *each[k] = vt_pooled_none();
  for (int i = 0; i < VT_MAX_SPECIES; i++) {
    p->tracer[i] = vt__no_tracer();
    p->d_cm2_s[i] = vt_pooled_none();
    for (int j = 0; j < VT_MAX_SPECIES; j++) p->l[i][j] = p->l_se[i][j] = p->recoil[i][j] = no;
  }
}

/* ------------------------------------------------------------------ glasses that belong together */

static int same_composition(const vt_composition *a, const vt_composition *b)
{
  int same = a->n_species == b->n_species;
  for (int s = 0; s < a->n_species && same; s++)
    same = a->z[s] == b->z[s] && a->count[s] == b->count[s] && a->charge[s] == b->charge[s];
  return same;
}

/* As far as both go. */
static int same_lags(int n, const double *a, int m, const double *b)
{
  const double rounding = 1e-9;
  if ((n == 0) != (m == 0)) return 0;
  for (int k = 0; k < n && k < m; k++)
    if (fabs(a[k] - b[k]) > rounding * a[k]) return 0;
  return 1;
}

static vt_status check_glasses(const vt_tr_input *in, int n, vt_err *err)
{
  const double rounding = 1e-9;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "pool of %d glasses", n);
  for (int g = 0; g < n; g++) {
    if (!in[0].comp || !in[g].comp)
      VT_FAIL(err, VT_EINVAL, "glass %d of the pool has no composition", in[0].comp ? g : 0);
    if (!(fabs(in[g].t_k - in[0].t_k) <= rounding * in[0].t_k))
      VT_FAIL(err, VT_EINVAL, "glasses 0 and %d of the pool are at %g and %g K", g, in[0].t_k, in[g].t_k);
    if (!same_composition(in[0].comp, in[g].comp))
      VT_FAIL(err, VT_EINVAL, "glasses 0 and %d of the pool differ in composition", g);
    VT_TRY(vt__check_input(&in[g], err), err, "glass %d of the pool", g);
    if (!same_lags(in[0].n_lag, in[0].lag_ps, in[g].n_lag, in[g].lag_ps) ||
        !same_lags(in[0].n_clag, in[0].clag_ps, in[g].n_clag, in[g].clag_ps) || in[g].frame != in[0].frame)
      VT_FAIL(err, VT_EINVAL, "glasses 0 and %d of the pool were sampled at different lags or for different frames", g);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ diffusion in the window of all (T 7.7) */

/* The MSDs of all glasses in one frame, and their mean. */
typedef struct msds {
  int n_lag, n_species, frame;
  double shortest_ps, all_ps; /* runs */
  double reach_ps;            /* the shortest of their longest pieces: lags that all glasses know */
  double *own;                /* [n][2][n_species][n_lag]: mean and fourth moment */
  double *both;               /* [2][n_species][n_lag]    */
} msds;

static double *of_glass(const msds *m, int g)
{
  return m->own + 2 * (size_t)g * (size_t)m->n_species * (size_t)m->n_lag;
}

static vt__msd msd_of(const msds *m, const double *block, int s, const double *lag_ps, double walkers, double run_ps,
                      double longest_ps)
{
  const size_t at = (size_t)s * (size_t)m->n_lag, half = (size_t)m->n_species * (size_t)m->n_lag;
  return (vt__msd){.n_lag = m->n_lag,
                   .lag_ps = lag_ps,
                   .mean = block + at,
                   .m4 = block + half + at,
                   .walkers = walkers,
                   .run_ps = run_ps,
                   .longest_ps = longest_ps};
}

/* Of lags that all glasses have. */
static vt_status collect_msds(const vt_tr_input *in, int n, msds *m, vt_err *err)
{
  void *p = NULL, *scratch = NULL;
  vt_status rc = VT_OK;
  size_t longest = 0;
  *m = (msds){.n_lag = in[0].n_lag, .n_species = in[0].comp->n_species, .shortest_ps = INFINITY, .reach_ps = INFINITY};
  m->frame = vt__frame_used(&in[0], in[0].frame);
  for (int g = 0; g < n; g++) {
    if (in[g].n_lag < m->n_lag) m->n_lag = in[g].n_lag;
    if ((size_t)in[g].n_lag > longest) longest = (size_t)in[g].n_lag;
    m->shortest_ps = fmin(m->shortest_ps, in[g].run_ps);
    m->reach_ps = fmin(m->reach_ps, vt__longest_ps(&in[g]));
    m->all_ps += in[g].run_ps;
  }
  const size_t half = (size_t)m->n_species * (size_t)m->n_lag, most = (size_t)m->n_species * longest;
  if (half == 0) return VT_OK;
  VT_TRY_OUT(vt_calloc64(&p, 2 * half * ((size_t)n + 1), sizeof(double), err), err, "MSD of %d glasses", n);
  m->own = p;
  m->both = m->own + 2 * half * (size_t)n;
  VT_TRY_OUT(vt_calloc64(&scratch, 2 * most, sizeof(double), err), err, "MSD in a frame");
  double *mean = scratch, *m4 = mean + most;
  for (int g = 0; g < n; g++) {
    double *own = of_glass(m, g);
    (void)vt_tr_msd_in_frame(&in[g], m->frame, mean, m4);
    for (int s = 0; s < m->n_species; s++)
      for (int k = 0; k < m->n_lag; k++) {
        const size_t at = (size_t)s * (size_t)m->n_lag + (size_t)k, there = (size_t)s * (size_t)in[g].n_lag + (size_t)k;
        own[at] = mean[there];
        own[half + at] = m4[there];
      }
    for (size_t k = 0; k < 2 * half; k++) m->both[k] += own[k] * in[g].run_ps / m->all_ps;
  }
out:
  vt_free(scratch);
  return rc;
}

/* One positive quantity of every glass: x, relative standard errors as the trajectories state them. */
typedef struct column {
  double *x, *relative_se; /* [n] */
} column;

typedef struct pool {
  int n;
  const vt_tr_input *in;
  msds m;
  vt_pool_glass *each;    /* [n] */
  double *scratch;        /* [n] */
  column one, alkali, ne; /* D of a species, D of the alkali, its Nernst-Einstein slope (A^2/ps) */
  void *doubles;
} pool;

static vt_status open_pool(pool *p, const vt_tr_input *in, int n, vt_err *err)
{
  const size_t m = (size_t)n;
  void *block = NULL;
  *p = (pool){.n = n, .in = in};
  VT_TRY(vt_calloc64(&p->doubles, 7 * m, sizeof(double), err), err, "pool of %d glasses", n);
  p->scratch = p->doubles;
  p->one = (column){p->scratch + m, p->scratch + 2 * m};
  p->alkali = (column){p->scratch + 3 * m, p->scratch + 4 * m};
  p->ne = (column){p->scratch + 5 * m, p->scratch + 6 * m};
  VT_TRY(vt_calloc64(&block, m, sizeof *p->each, err), err, "pool of %d glasses", n);
  p->each = block;
  for (int g = 0; g < n; g++) p->each[g] = vt_pool_glass_none();
  return collect_msds(in, n, &p->m, err);
}

static void close_pool(pool *p)
{
  vt_free(p->doubles);
  vt_free(p->each);
  vt_free(p->m.own);
}

/* Mean of x over the glasses, each with its share of the production time, without glass `without` (-1: of all). */
static double mean_without(const pool *p, const double *x, int without)
{
  double sum = 0, weight = 0;
  for (int g = 0; g < p->n; g++)
    if (g != without) sum += x[g] * p->in[g].run_ps, weight += p->in[g].run_ps;
  return sum / weight;
}

static double positive_log(double x) { return x > 0 ? log(x) : (double)NAN; }

/* (G-1)/G sum (x_g - mean)^2. */
static double jackknife(const double *x, int n)
{
  return n > 1 ? pool_square(n - 1) / n * vt_variance(x, (size_t)n) : 0;
}

/* Variance that is expected of the logarithm of a mean over glasses before they are seen (T 7.7). */
static double expected_variance(const pool *p, const column *c)
{
  double sum = 0;
  for (int g = 0; g < p->n; g++) sum += pool_square(c->relative_se[g]) + pool_square(glass_scatter);
  return sum / pool_square(p->n);
}

/* Mean of a column of slopes of MSDs (A^2/ps) as a diffusion coefficient. */
static vt_pooled mean_diffusion(pool *p, const column *c, double lo_ps, double hi_ps)
{
  for (int g = 0; g < p->n; g++) p->scratch[g] = positive_log(mean_without(p, c->x, g));
  const double variance = vt__shrunk(jackknife(p->scratch, p->n), expected_variance(p, c), p->n);
  return vt__interval(positive_log(mean_without(p, c->x, -1)) + log(a2_ps_to_cm2_s / 6), (vt__spread){variance, 0},
                      p->n, 1, lo_ps, hi_ps);
}

/* What glass g brings into fits: the mean times exp(its relative offset); the logarithms have the mean ln(mean). */
static void bring(const pool *p, const column *c, double value, int g, double *x, double *se)
{
  const double off = c->x[g] / mean_without(p, c->x, -1) - 1;
  *x = value * exp(off);
  *se = *x * c->relative_se[g];
}

static vt__msd msd_of_glass(const pool *p, int g, int s)
{
  return msd_of(&p->m, of_glass(&p->m, g), s, p->in[0].lag_ps, p->in[g].comp->count[s], p->in[g].run_ps,
                vt__longest_ps(&p->in[g]));
}

static vt_status pool_species(pool *p, int s, vt_pool *out, vt_err *err)
{
  const vt__msd all = msd_of(&p->m, p->m.both, s, p->in[0].lag_ps,
                             p->in[0].comp->count[s] * p->m.all_ps / p->m.shortest_ps, p->m.shortest_ps, p->m.reach_ps);
  int first;
  VT_TRY(vt__tracer(&all, &out->tracer[s], err), err, "MSD of species %d of all glasses", s);
  if (out->tracer[s].reason != VT_TR_OK) return VT_OK;
  const int n_lag = vt__lags_within(all.n_lag, all.lag_ps, out->tracer[s].lo_ps, out->tracer[s].hi_ps, &first);
  for (int g = 0; g < p->n; g++) {
    const vt__msd own = msd_of_glass(p, g, s);
    vt__line line;
    VT_TRY(vt__msd_line(&own, first, n_lag, &line, err), err, "MSD of species %d of glass %d", s, g);
    p->one.x[g] = line.slope;
    p->one.relative_se[g] = line.relative_se;
  }
  out->d_cm2_s[s] = mean_diffusion(p, &p->one, out->tracer[s].lo_ps, out->tracer[s].hi_ps);
  for (int g = 0; g < p->n; g++) {
    vt_pool_glass *e = &p->each[g];
    e->d_cm2_s[s] = p->one.x[g] * a2_ps_to_cm2_s / 6;
    e->d_se[s] =
        out->d_cm2_s[s].value * p->one.relative_se[g]; /* of the mean: a slow glass knows no more than others */
    bring(p, &p->one, out->d_cm2_s[s].value, g, &e->x[s], &e->x_se[s]);
  }
  return VT_OK;
}

static void one_alkali(pool *p, int s, vt_pool *out)
{
  out->d_alkali = out->d_cm2_s[s];
  for (int g = 0; g < p->n; g++) {
    vt_pool_glass *e = &p->each[g];
    e->d_alkali = e->d_cm2_s[s], e->d_alkali_se = e->d_se[s];
    e->x_alkali = e->x[s], e->x_alkali_se = e->x_se[s];
  }
}

/* All alkali species together (T 7.8); NaN unless each is resolved. */
static void pool_alkali(pool *p, vt_pool *out)
{
  const vt_composition *c = p->in[0].comp;
  double ions = 0, lo_ps = INFINITY, hi_ps = 0;
  int n_alkali = 0, last = 0;
  for (int s = 0; s < c->n_species; s++) {
    if (!vt__is_alkali(c, s)) continue;
    if (!isfinite(out->d_cm2_s[s].value)) return;
    ions += c->count[s];
    n_alkali++;
    last = s;
    lo_ps = fmin(lo_ps, out->tracer[s].lo_ps);
    hi_ps = fmax(hi_ps, out->tracer[s].hi_ps);
  }
  if (n_alkali == 1) one_alkali(p, last, out); /* to the last bit */
  if (n_alkali < 2) return;
  for (int g = 0; g < p->n; g++) {
    double sum = 0, variance = 0;
    for (int s = 0; s < c->n_species; s++) {
      if (!vt__is_alkali(c, s)) continue;
      sum += c->count[s] / ions * p->each[g].d_cm2_s[s];
      variance += pool_square(c->count[s] / ions * p->each[g].d_se[s]);
    }
    p->alkali.x[g] = sum * 6 / a2_ps_to_cm2_s;
    p->each[g].d_alkali = sum;
    p->each[g].d_alkali_se = sqrt(variance);
  }
  const double mean = mean_without(p, p->alkali.x, -1) * a2_ps_to_cm2_s / 6;
  for (int g = 0; g < p->n; g++) p->alkali.relative_se[g] = p->each[g].d_alkali_se / mean;
  out->d_alkali = mean_diffusion(p, &p->alkali, lo_ps, hi_ps);
  for (int g = 0; g < p->n; g++)
    bring(p, &p->alkali, out->d_alkali.value, g, &p->each[g].x_alkali, &p->each[g].x_alkali_se);
}

/* Glasses whose own run would not resolve the alkali. */
static vt_status count_slow(const pool *p, vt_pool *out, vt_err *err)
{
  const vt_composition *c = p->in[0].comp;
  for (int g = 0; g < p->n; g++) {
    int slow = 0;
    for (int s = 0; s < c->n_species; s++) {
      const vt__msd own = msd_of_glass(p, g, s);
      vt_tracer t;
      if (!vt__is_alkali(c, s)) continue;
      VT_TRY(vt__tracer(&own, &t, err), err, "glass %d", g);
      slow |= t.reason != VT_TR_OK;
    }
    out->n_slow += slow;
  }
  return VT_OK;
}

static vt_status pool_tracers(pool *p, vt_pool *out, vt_err *err)
{
  out->frame = p->m.frame;
  if (p->m.n_lag == 0) return VT_OK;
  for (int s = 0; s < out->n_species; s++)
    if (p->in[0].comp->count[s] > 0) VT_PASS(pool_species(p, s, out, err));
  pool_alkali(p, out);
  return count_slow(p, out, err);
}

/* ------------------------------------------------------------------ the early window (T 7.7) */

/* `leans`: how the number moves with ln H. */
static vt_pooled number_of(const vt__early *e, size_t offset, int n, int log, int leans)
{
  const size_t k = offset / sizeof(double);
  const vt__spread spread = {((const double *)&e->variance)[k], leans * e->added.lean};
  return vt__interval(((const double *)&e->x)[k], spread, n, log, e->lo_ps, e->hi_ps);
}
#define NUMBER(e, member)       number_of(e, offsetof(vt__numbers, member), p->n, 0, 0)
#define RATIO(e, member, leans) number_of(e, offsetof(vt__numbers, member), p->n, 1, leans)

/* Without glass `without`: what sigma is but for units, sigma_NE / (H V). */
static double ln_sigma(const pool *p, const vt__early *e, int without)
{
  vt__slopes sum = {0};
  vt__numbers x;
  double all_ps = 0;
  for (int g = 0; g < p->n; g++)
    if (g != without) all_ps += p->in[g].run_ps;
  for (int g = 0; g < p->n; g++)
    if (g != without) vt__slopes_add(&e->each[g], p->in[g].run_ps / all_ps, &sum);
  vt__numbers_of(p->in[0].comp, p->in[0].t_k, VT__FRAME_FREE, &sum, &x);
  return positive_log(mean_without(p, p->ne.x, without)) - x.ln_haven - log(sum.volume_a3);
}

/* Each glass's share: ln sigma + relative offsets of its sigma_NE, self and collective slopes and volume, which add up
 * to zero over the glasses. */
static void bring_sigma(pool *p, const vt__early *e, double sigma)
{
  const vt_composition *c = p->in[0].comp;
  const double self = vt__alkali_self(c, VT_TR_BARYCENTRIC, &e->sum, NULL);
  const double charge = vt__charge_slope(c, &e->sum), ne = mean_without(p, p->ne.x, -1);
  for (int g = 0; g < p->n; g++) {
    const vt__slopes *own = &e->each[g];
    const double off = (p->ne.x[g] / ne - 1) - (vt__alkali_self(c, VT_TR_BARYCENTRIC, own, NULL) / self - 1) +
                       (vt__charge_slope(c, own) / charge - 1) - (own->volume_a3 / e->sum.volume_a3 - 1);
    const double theory = vt__walk_variance(e->lo_ps, e->hi_ps, p->in[g].run_ps);
    p->each[g].x_sigma_mS_cm = sigma * exp(off);
    p->each[g].x_sigma_se = p->each[g].x_sigma_mS_cm * sqrt(theory + pool_square(p->ne.relative_se[g]));
  }
}

static vt_status pool_sigma(pool *p, const vt__early *e, vt_pool *out, vt_err *err)
{
  for (int g = 0; g < p->n; g++)
    VT_TRY(vt__alkali_tracer(&p->in[g], out->tracer, &p->ne.x[g], &p->ne.relative_se[g], err), err, "glass %d", g);
  const double ne = mean_without(p, p->ne.x, -1);
  for (int g = 0; g < p->n; g++) p->ne.relative_se[g] *= fabs(p->ne.x[g]) / ne;
  for (int g = 0; g < p->n; g++) p->scratch[g] = ln_sigma(p, e, g);
  const double theory = vt__walk_variance(e->lo_ps, e->hi_ps, e->run_ps) + expected_variance(p, &p->ne);
  const double unit = vt_unit_sigma_mS_cm(1, p->in[0].t_k, 1);
  const double variance = vt__shrunk(jackknife(p->scratch, p->n), theory, p->n) + e->added.variance;
  const vt__spread spread = {variance, -e->added.lean}; /* sigma = sigma_NE / H */
  out->sigma_mS_cm = vt__interval(ln_sigma(p, e, -1) + log(unit), spread, p->n, 1, e->lo_ps, e->hi_ps);
  if (isfinite(out->sigma_mS_cm.value)) bring_sigma(p, e, out->sigma_mS_cm.value);
  return VT_OK;
}

/* Of the early window, scaled so that they add up to sigma (T 7.5). */
static void take_onsager(const vt_composition *c, const vt__early *e, vt_pool *out)
{
  const double relative_se = out->d_alkali.se / out->d_alkali.value;
  double sum = 0;
  for (int i = 0; i < out->n_species; i++)
    for (int j = 0; j < out->n_species; j++) sum += c->charge[i] * c->charge[j] * e->x.l[i][j];
  const double factor = out->sigma_mS_cm.value / sum;
  for (int i = 0; i < out->n_species; i++)
    for (int j = 0; j < out->n_species; j++) {
      out->l[i][j] = factor * e->x.l[i][j];
      out->recoil[i][j] = factor * e->x.recoil[i][j];
      if (isfinite(out->l[i][j]))
        out->l_se[i][j] = hypot(factor * sqrt(e->variance.l[i][j]), relative_se * out->l[i][j]);
    }
}

static vt_status pool_collective(pool *p, vt_pool *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__early e[VT__N_RATIO] = {{0}};
  for (int q = 0; q < VT__N_RATIO; q++)
    VT_TRY_OUT(vt__early_make(p->in, p->n, (vt__ratio)q, &e[q], err), err, "early window");
  const vt__early *fw = &e[VT__METAL], *bary = &e[VT__BARYCENTRIC], *free = &e[VT__FRAME_FREE];
  out->reason = !free->known ? VT_POOL_NO_CHARGE : p->n == 1 ? VT_POOL_ONE_GLASS : VT_POOL_OK;
  if (fw->known) {
    out->haven_fw = RATIO(fw, ln_haven, 1);
    out->t_fw = NUMBER(fw, t_alkali);
    out->gap_fw = NUMBER(fw, gap);
  }
  if (bary->known) {
    out->haven_bary = RATIO(bary, ln_haven, 1);
    out->t_bary = NUMBER(bary, t_alkali);
    out->gap_bary = NUMBER(bary, gap);
    out->t_self = NUMBER(bary, t_self);
  }
  if (free->known) {
    out->haven_total = RATIO(free, ln_haven, 1);
    out->ionicity = RATIO(free, ln_ionicity, -1);
    out->lo_ps = free->lo_ps;
    out->hi_ps = free->hi_ps;
    VT_TRY_OUT(pool_sigma(p, free, out, err), err, "conductivity");
    take_onsager(p->in[0].comp, free, out);
  }
out:
  for (int q = 0; q < VT__N_RATIO; q++) vt__early_free(&e[q]);
  return rc;
}

vt_status vt_pool_glasses(const vt_tr_input *in, int n, vt_pool *out, vt_pool_glass *each, vt_err *err)
{
  vt_status rc = VT_OK;
  pool p = {0};
  vt_pool r;
  VT_PASS(check_glasses(in, n, err));
  vt_pool_none(&r);
  r.n_species = in[0].comp->n_species;
  r.n_glasses = n;
  VT_TRY_OUT(open_pool(&p, in, n, err), err, "pool of '%s'", in[0].comp->name);
  VT_TRY_OUT(pool_tracers(&p, &r, err), err, "pool of '%s'", in[0].comp->name);
  if (isfinite(r.d_alkali.value)) VT_TRY_OUT(pool_collective(&p, &r, err), err, "pool of '%s'", in[0].comp->name);
  for (int g = 0; g < n && each; g++) each[g] = p.each[g];
  *out = r;
out:
  close_pool(&p);
  return rc;
}
