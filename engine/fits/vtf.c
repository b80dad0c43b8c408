/* The curved alternative to the Arrhenius line, and what both say together (T 8.5, 8.6). */
#include <math.h>
#include <string.h>

#include "engine/fits/fits_impl.h"

enum { SCAN = 32, NODES = 24, LEAST_T = 4, LEAST_DOF = 2 };

/* The points, and what a trial of T0 needs. */
typedef struct curve {
  vt__samples *s;
  double t_min, t_max;
  double scale;  /* c: variance factor of T 8.6             */
  double factor; /* its root for one glass, which has no scatter */
  vt_lsq last;
} curve;

VT_REASONS(vt_models, VT_MODELS);
const char *vt_model_text(vt_model m) { return vt_reason_text(&vt_models, (int)m); }

VT_REASONS(vt_vtf_reasons, VT_VTF_REASONS);
const char *vt_vtf_reason_text(vt_vtf_reason r) { return vt_reason_text(&vt_vtf_reasons, (int)r); }

/* Where a curve with this T0 is straight: zero at the highest temperature, so that level and slope stay finite. */
static double coordinate(const curve *q, double t0_k, double inverse)
{
  return (inverse - 1 / (q->t_max - t0_k)) / VT_KB_EV;
}

static vt_status curves(curve *q, double t0_k, vt_err *err)
{
  for (int i = 0; i < q->s->n; i++) q->s->u[i] = coordinate(q, t0_k, 1 / (q->s->t_k[i] - t0_k));
  VT_TRY(vt__lines_fit(q->s, &q->last, err), err, "VTF with T0 = %g K", t0_k);
  return VT_OK;
}

static vt_status vtf_misfit(void *ctx, double t0_k, double *value, vt_err *err)
{
  curve *q = ctx;
  VT_PASS(curves(q, t0_k, err));
  *value = q->s->chi2;
  return VT_OK;
}

static int different_temperatures(const vt__samples *s)
{
  int count = 0;
  for (int i = 0; i < s->n; i++) {
    int seen = 0;
    for (int k = 0; k < i && !seen; k++) seen = s->t_k[k] == s->t_k[i];
    count += !seen;
  }
  return count;
}

/* Parameters and their errors at the best T0, whose curves are in q->s.  d = dy/dT0 with the curves held; what the
 * glass curves cannot follow of it tells T0, what they follow is how they move with it (Gauss and Newton, T 8.5). */
static vt_status vtf_parameters(curve *q, double t0_k, vt_vtf *v, vt_err *err)
{
  vt__samples *s = q->s;
  size_t g = (size_t)s->n_glasses;
  double at_infinity = coordinate(q, t0_k, 0), variance;
  vt__mean_line l = vt__lines_mean(s, &q->last, q->factor);
  v->t0_k = t0_k;
  v->b_k = l.ea / VT_KB_EV;
  v->ln_prefactor = vt__lines_at(&l, at_infinity, &variance);
  for (int i = 0; i < s->n; i++) {
    double distance = s->t_k[i] - t0_k;
    s->y[i] = -s->ea[s->glass[i]] / (VT_KB_EV * distance * distance);
  }
  VT_TRY(vt__lines_fit(s, &q->last, err), err, "error of T0 = %g K", t0_k);
  double var_t0 = q->scale / s->chi2, slope = vt_mean(s->ea, g), shift = vt_mean(s->level, g) - slope * at_infinity;
  v->t0_se = sqrt(var_t0);
  v->b_se = sqrt(l.var_ea + slope * slope * var_t0) / VT_KB_EV;
  v->ln_prefactor_se = sqrt(variance + shift * shift * var_t0);
  return VT_OK;
}

/* How far T0 goes from the best one before its likelihood has fallen by exp(-12.5). */
static vt_status vtf_reach(curve *q, double t0_k, double least, double end, double *out, vt_err *err)
{
  enum { MOST_HALVINGS = 40 };
  double step = (end > t0_k ? 1 : -1) * q->t_min / SCAN, at = t0_k, chi2;
  if (end == t0_k) {
    *out = end;
    return VT_OK;
  }
  for (int k = 0; k < SCAN; k++) { /* outwards */
    at = fabs(end - at) <= fabs(step) ? end : at + step;
    VT_PASS(vtf_misfit(q, at, &chi2, err));
    if (chi2 - least > 25 * q->scale || at == end) break;
  }
  for (int k = 0; k < MOST_HALVINGS && chi2 - least > 25 * q->scale; k++) { /* and back, if that was too far */
    *out = at;
    at = 0.5 * (at + t0_k);
    VT_PASS(vtf_misfit(q, at, &chi2, err));
    if (chi2 - least <= 25 * q->scale) return VT_OK;
  }
  *out = at;
  return VT_OK;
}

/* What the curves say at t_extra, T0 spread over its likelihood: [NODES] parts with shares that add up to 1. */
static vt_status predictions(curve *q, double t0_k, double top, double t_extra_k, vt_t_part *part, vt_err *err)
{
  double least, lo, hi, sum = 0;
  VT_PASS(vtf_misfit(q, t0_k, &least, err));
  VT_PASS(vtf_reach(q, t0_k, least, 0, &lo, err));
  VT_PASS(vtf_reach(q, t0_k, least, top, &hi, err));
  for (int k = 0; k < NODES; k++) {
    double t0 = lo + (k + 0.5) / NODES * (hi - lo), variance;
    VT_PASS(curves(q, t0, err));
    part[k].w = exp(-0.5 * (q->s->chi2 - least) / q->scale);
    part[k].dof = q->s->n_glasses > 1 ? q->s->n_glasses - 1 : q->s->dof - 1;
    part[k].mu = -INFINITY; /* nothing moves at T0 or below */
    part[k].se = 0;
    sum += part[k].w;
    if (t_extra_k <= t0) continue;
    vt__mean_line l = vt__lines_mean(q->s, &q->last, q->factor);
    part[k].mu = vt__lines_at(&l, coordinate(q, t0, 1 / (t_extra_k - t0)), &variance);
    part[k].se = sqrt(variance);
  }
  for (int k = 0; k < NODES; k++) part[k].w /= sum;
  return VT_OK;
}

static void band(const vt_t_part *part, int n, double *median, double *lo, double *hi)
{
  double mid = vt_mixture_quantile(part, n, 0.5), top = vt_mixture_quantile(part, n, 0.975);
  *lo = exp(vt_mixture_quantile(part, n, 0.025));
  *median = isfinite(mid) ? exp(mid) : (double)NAN;
  *hi = isfinite(top) ? exp(top) : (double)NAN;
}

/* AIC of both, one parameter apart, and the choice (T 8.6). */
static void vtf_choose(vt_arrh *a, double chi2_line, double chi2_curve, int dof, double scale)
{
  const double clear = 4;
  vt_vtf *v = &a->vtf;
  v->chi2_red = chi2_curve / (dof - 1);
  v->delta_aic = (chi2_line - chi2_curve) / scale - 2;
  v->weight = 1 / (1 + exp(-0.5 * v->delta_aic));
  a->model = v->delta_aic > clear ? VT_MODEL_VTF : VT_MODEL_AVERAGED; /* a small T0 is never excluded by data */
}

static vt_status extrapolate(curve *q, double t0_k, double top, vt_arrh *a, vt_err *err)
{
  vt_t_part part[NODES + 1];
  vt_vtf *v = &a->vtf;
  VT_PASS(predictions(q, t0_k, top, a->t_extra_k, part, err));
  band(part, NODES, &v->extra, &v->extra_lo95, &v->extra_hi95);
  for (int k = 0; k < NODES; k++) part[k].w *= v->weight;
  part[NODES] = (vt_t_part){.w = 1 - v->weight, .mu = log(a->extra), .se = a->log10_extra_se * log(10), .dof = a->dof};
  band(part, NODES + 1, &a->avg_extra, &a->avg_lo95, &a->avg_hi95);
  return VT_OK;
}

/* Is there enough to try it? */
static vt_vtf_reason feasible(const vt__samples *s, int n_temperatures)
{
  if (n_temperatures < LEAST_T) return VT_VTF_FEW_TEMPERATURES;
  return s->n - 2 * s->n_glasses < LEAST_DOF ? VT_VTF_FEW_POINTS : VT_VTF_OK;
}

vt_status vt__vtf_fit(vt__samples *s, vt_arrh *a, vt_err *err)
{
  curve q = {.s = s, .t_min = s->t_k[0], .t_max = s->t_k[0], .scale = 1, .factor = 1};
  vt_vtf *v = &a->vtf;
  double t0_k, chi2, chi2_line = s->chi2;
  for (int i = 1; i < s->n; i++) q.t_min = fmin(q.t_min, s->t_k[i]), q.t_max = fmax(q.t_max, s->t_k[i]);
  a->avg_extra = a->extra, a->avg_lo95 = a->extra_lo95, a->avg_hi95 = a->extra_hi95;
  v->n_temperatures = different_temperatures(s);
  v->reason = (int32_t)feasible(s, v->n_temperatures);
  if (v->reason != VT_VTF_OK) return VT_OK;
  const double top = q.t_min * (1 - 1.0 / SCAN);
  VT_TRY(vt_minimize(vtf_misfit, &q, 0, top, SCAN - 1, &t0_k, &chi2, err), err, "search for T0");
  VT_PASS(curves(&q, t0_k, err));
  if (!(vt_mean(s->ea, (size_t)s->n_glasses) > 0)) {
    v->reason = VT_VTF_NOT_ACTIVATED;
    return VT_OK;
  }
  q.scale = fmax(1, chi2 / (s->dof - 1));
  if (s->n_glasses == 1) q.factor = sqrt(q.scale);
  vtf_choose(a, chi2_line, chi2, s->dof, q.scale);
  if (a->t_extra_k > 0) VT_PASS(extrapolate(&q, t0_k, top, a, err));
  if (t0_k < top) {
    VT_PASS(curves(&q, t0_k, err));
    return vtf_parameters(&q, t0_k, v, err);
  }
  v->reason = VT_VTF_AT_T_MIN;
  return VT_OK;
}
