/* The curved alternative to the Arrhenius line, and what both say together (T 8.5, 8.6). */
#include <math.h>
#include <string.h>

#include "engine/fits/fits_impl.h"

enum { SCAN = 32, NODES = 24, LEAST_T = 3, LEAST_DOF = 2 };

/* The points, and what a trial of T0 needs. */
typedef struct curve {
  vt__samples *s;
  double t_min, t_max;
  double scale; /* c: variance factor of T 8.6 */
} curve;

VT_REASONS(vt_models, VT_MODELS);
const char *vt_model_text(vt_model m) { return vt_reason_text(&vt_models, (int)m); }

VT_REASONS(vt_vtf_reasons, VT_VTF_REASONS);
const char *vt_vtf_reason_text(vt_vtf_reason r) { return vt_reason_text(&vt_vtf_reasons, (int)r); }

/* Where a curve with this T0 is straight: zero at the highest temperature, so that level and slope stay finite. */
static double coordinate(double t_max_k, double t0_k, double inverse)
{
  return (inverse - 1 / (t_max_k - t0_k)) / VT_KB_EV;
}

void vt__vtf_coordinates(vt__samples *s, double t0_k, double t_max_k)
{
  for (int i = 0; i < s->n; i++) s->u[i] = coordinate(t_max_k, t0_k, 1 / (s->t_k[i] - t0_k));
}

static vt_status curves(curve *q, double t0_k, vt_err *err)
{
  vt__vtf_coordinates(q->s, t0_k, q->t_max);
  VT_TRY(vt__lines_fit(q->s, err), err, "VTF with T0 = %g K", t0_k);
  return VT_OK;
}

static vt_status vtf_misfit(void *ctx, double t0_k, double *value, vt_err *err)
{
  curve *q = ctx;
  VT_PASS(curves(q, t0_k, err));
  *value = q->s->chi2;
  return VT_OK;
}

/* Parameters and their errors at the best T0, whose curves are in q->s.  d = dy/dT0 with the curves held; what the
 * glass curves cannot follow of it tells T0, what they follow is how they move with it (Gauss and Newton, T 8.5). */
static vt_status vtf_parameters(curve *q, double t0_k, vt_vtf *v, vt_err *err)
{
  vt__samples *s = q->s;
  size_t g = (size_t)s->n_glasses;
  double at_infinity = coordinate(q->t_max, t0_k, 0), variance;
  vt__mean_line l = vt__lines_mean(s);
  v->t0_k = t0_k;
  v->b_k = l.ea / VT_KB_EV;
  v->ln_prefactor = vt__lines_at(&l, at_infinity, &variance);
  for (int i = 0; i < s->n; i++) {
    double distance = s->t_k[i] - t0_k;
    s->y[i] = -s->ea[s->glass[i]] / (VT_KB_EV * distance * distance);
  }
  VT_TRY(vt__lines_fit(s, err), err, "error of T0 = %g K", t0_k);
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

/* The posterior of T0 (T 8.6): [NODES] shares of 0 < T0 <= t0_max_k, in units of the density of its uniform prior times
 * the likelihood of the best curve, and what each says: value at t_extra_k, local activation energy at t_ref_k. */
typedef struct posterior {
  vt_t_part extra[NODES + 1], local[NODES], lowest[NODES]; /* lowest: the value at t_min */
} posterior;

/* Node k, the curve with T0 = t0_k, without its share. */
static vt_status posterior_node(curve *q, double t0_k, double dof, const vt_arrh *a, posterior *p, int k, vt_err *err)
{
  double variance;
  VT_PASS(curves(q, t0_k, err));
  const vt__mean_line l = vt__lines_mean(q->s);
  p->extra[k] = p->local[k] = (vt_t_part){.mu = -INFINITY, .dof = dof}; /* nothing moves at T0 or below */
  if (a->t_ref_k > t0_k) {
    const double steep = a->t_ref_k / (a->t_ref_k - t0_k);
    p->local[k].mu = l.ea * steep * steep, p->local[k].se = sqrt(l.var_ea) * steep * steep;
  }
  p->lowest[k] = p->extra[k];
  p->lowest[k].mu = vt__lines_at(&l, coordinate(q->t_max, t0_k, 1 / (q->t_min - t0_k)), &variance);
  p->lowest[k].se = sqrt(variance);
  if (!(a->t_extra_k > t0_k)) return VT_OK;
  p->extra[k].mu = vt__lines_at(&l, coordinate(q->t_max, t0_k, 1 / (a->t_extra_k - t0_k)), &variance);
  p->extra[k].se = sqrt(variance);
  return VT_OK;
}

static vt_status spread_t0(curve *q, double t0_k, const vt_arrh *a, posterior *p, vt_err *err)
{
  const double top = a->vtf.t0_max_k;
  double least, lo, hi;
  VT_PASS(vtf_misfit(q, t0_k, &least, err));
  VT_PASS(vtf_reach(q, t0_k, least, 0, &lo, err));
  VT_PASS(vtf_reach(q, t0_k, least, top, &hi, err));
  for (int k = 0; k < NODES; k++) {
    VT_PASS(posterior_node(q, lo + (k + 0.5) / NODES * (hi - lo), a->one_glass ? q->s->dof - 1 : a->dof, a, p, k, err));
    const double w = exp(-0.5 * (q->s->chi2 - least) / q->scale) * (hi - lo) / top / NODES;
    p->extra[k].w = p->local[k].w = p->lowest[k].w = w;
  }
  return VT_OK;
}

static vt_band band_of(const vt_t_part *part, int n, const vt_arrh *a, double most)
{
  const double no = (double)NAN;
  vt_band b = {exp(vt_mixture_quantile(part, n, 0.5)), no, no};
  if (a->one_glass) return b.median > 0 ? b : (vt_band){no, no, no};
  b.lo95 = exp(vt_mixture_quantile(part, n, 0.025));
  b.hi95 = exp(vt_mixture_quantile(part, n, 0.975));
  return vt__band_believed(b, most);
}

/* Mean, standard deviation and 95 % interval of the local activation energy; NaN where T0 may lie above t_ref_k. */
static void local_energy(const posterior *p, const vt_arrh *a, vt_vtf *v)
{
  double sum = 0, mean = 0, square = 0;
  for (int k = 0; k < NODES; k++) {
    const vt_t_part *q = &p->local[k];
    if (!(q->w > 0)) continue;
    if (!isfinite(q->mu)) return;
    sum += q->w, mean += q->w * q->mu, square += q->w * (q->mu * q->mu + q->se * q->se);
  }
  v->ea_local_ev = mean / sum;
  v->ea_local_se = sqrt(fmax(0, square / sum - v->ea_local_ev * v->ea_local_ev));
  if (a->one_glass) return;
  v->ea_local_lo95 = vt_mixture_quantile(p->local, NODES, 0.025);
  v->ea_local_hi95 = vt_mixture_quantile(p->local, NODES, 0.975);
}

/* What curves, and line and curves together, say at t_extra_k; line: its share. */
static void say_extra(const curve *q, posterior *p, double line, vt_arrh *a)
{
  vt_vtf *v = &a->vtf;
  if (!(a->t_extra_k > 0)) return;
  double most = INFINITY; /* it rises with temperature */
  if (a->t_extra_k < q->t_min && !a->one_glass) most = exp(vt_mixture_quantile(p->lowest, NODES, 0.975));
  const vt_band curve_only = band_of(p->extra, NODES, a, most);
  p->extra[NODES] = (vt_t_part){.w = line, .mu = q->s->ln_extra, .se = a->log10_extra_se * log(10), .dof = a->dof};
  const vt_band both = band_of(p->extra, NODES + 1, a, fmax(most, q->s->most));
  v->extra = curve_only.median, v->extra_lo95 = curve_only.lo95, v->extra_hi95 = curve_only.hi95;
  a->avg_extra = both.median, a->avg_lo95 = both.lo95, a->avg_hi95 = both.hi95;
}

/* How likely a curve is, and what all of it says (T 8.6). */
static vt_status vtf_weigh(curve *q, double t0_k, double chi2_line, double chi2_curve, vt_arrh *a, vt_err *err)
{
  const double clear = 0.95;
  posterior p;
  vt_vtf *v = &a->vtf;
  double bent = 0;
  VT_PASS(spread_t0(q, t0_k, a, &p, err));
  for (int k = 0; k < NODES; k++) bent += p.extra[k].w;
  const double line = exp(-0.5 * (chi2_line - chi2_curve) / q->scale);
  v->delta_aic = (chi2_line - chi2_curve) / q->scale - 2;
  v->weight = bent / (bent + line);
  a->model = v->weight > clear ? VT_MODEL_VTF : VT_MODEL_AVERAGED;
  local_energy(&p, a, v);
  say_extra(q, &p, line, a);
  return VT_OK;
}

/* Is there enough to try it? */
static vt_vtf_reason feasible(const vt__samples *s, int n_temperatures)
{
  if (n_temperatures < LEAST_T) return VT_VTF_FEW_TEMPERATURES;
  return s->n - 2 * s->n_glasses < LEAST_DOF ? VT_VTF_FEW_POINTS : VT_VTF_OK;
}

/* No point contradicts any curve: T0 is known as it was before the points, and the curves count as much as the line.
 * Beyond the points there is no value where they do not even have an interval, or do not rise with temperature (T 8.6).
 */
static vt_status vtf_untested(curve *q, vt_arrh *a, vt_err *err)
{
  const int is_beyond = a->t_extra_k > 0 && (a->t_extra_k < q->t_min || a->t_extra_k > q->t_max);
  posterior p;
  a->model = VT_MODEL_AVERAGED;
  a->vtf.weight = 0.5;
  if (a->one_glass || !(vt_mean(q->s->ea, (size_t)q->s->n_glasses) > 0)) {
    if (is_beyond) a->avg_extra = a->avg_lo95 = a->avg_hi95 = (double)NAN;
    return VT_OK;
  }
  for (int k = 0; k < NODES; k++) {
    VT_PASS(posterior_node(q, (k + 0.5) / NODES * a->vtf.t0_max_k, a->dof, a, &p, k, err));
    p.extra[k].w = p.local[k].w = p.lowest[k].w = 1.0 / NODES;
  }
  say_extra(q, &p, 1, a);
  a->vtf.extra = a->vtf.extra_lo95 = a->vtf.extra_hi95 =
      (double)NAN; /* a curve that was not fitted says nothing alone */
  return VT_OK;
}

vt_status vt__vtf_fit(vt__samples *s, vt_arrh *a, vt_err *err)
{
  curve q = {.s = s, .t_min = s->t_k[0], .t_max = s->t_k[0], .scale = 1};
  vt_vtf *v = &a->vtf;
  double t0_k, chi2, chi2_line = s->chi2;
  for (int i = 1; i < s->n; i++) q.t_min = fmin(q.t_min, s->t_k[i]), q.t_max = fmax(q.t_max, s->t_k[i]);
  a->avg_extra = a->extra, a->avg_lo95 = a->extra_lo95, a->avg_hi95 = a->extra_hi95;
  v->n_temperatures = vt__different_temperatures(s);
  v->reason = (int32_t)feasible(s, v->n_temperatures);
  if (v->reason != VT_VTF_OK) return vtf_untested(&q, a, err);
  const double top = v->t0_max_k;
  VT_TRY(vt_minimize(vtf_misfit, &q, 0, top, SCAN - 1, &t0_k, &chi2, err), err, "search for T0");
  VT_PASS(curves(&q, t0_k, err));
  if (!(vt_mean(s->ea, (size_t)s->n_glasses) > 0)) {
    v->reason = VT_VTF_NOT_ACTIVATED;
    return VT_OK;
  }
  v->chi2_red = chi2 / (s->dof - 1);
  q.scale = fmax(1, v->chi2_red);
  if (s->n_glasses == 1) s->noise = q.scale;
  if (s->common_dof > 0) q.scale = fmax(q.scale, a->misfit.chi2_red);
  VT_PASS(vtf_weigh(&q, t0_k, chi2_line, chi2, a, err));
  if (t0_k < top) {
    VT_PASS(curves(&q, t0_k, err));
    return vtf_parameters(&q, t0_k, v, err);
  }
  v->reason = VT_VTF_AT_MOST;
  return VT_OK;
}
