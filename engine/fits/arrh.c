/* Arrhenius lines of one composition (T 8). */
#include <math.h>

#include "engine/fits/fits_impl.h"

VT_REASONS(vt_point_statuses, VT_POINT_STATUSES);
const char *vt_point_status_text(vt_point_status s) { return vt_reason_text(&vt_point_statuses, (int)s); }

/* Of the point alone. */
static vt_point_status arrh_judge(const vt_point *p)
{
  if (!isfinite(p->x)) return VT_POINT_NO_VALUE;
  if (!(p->x > 0)) return VT_POINT_NOT_POSITIVE;
  return p->se > 0 && isfinite(p->se) ? VT_POINT_USED : VT_POINT_NO_ERROR;
}

int vt__is_usable(const vt_point *p) { return arrh_judge(p) == VT_POINT_USED; }

/* Usable points of one glass lie at how many different temperatures? */
static int count_temperatures(const vt_point *pt, int n, int glass)
{
  int count = 0;
  for (int i = 0; i < n; i++) {
    if (pt[i].glass != glass || !vt__is_usable(&pt[i])) continue;
    int seen = 0;
    for (int k = 0; k < i && !seen; k++) seen = pt[k].glass == glass && pt[k].t_k == pt[i].t_k && vt__is_usable(&pt[k]);
    count += !seen;
  }
  return count;
}

static void close_samples(vt__samples *s)
{
  vt_free(s->doubles);
  vt_free(s->ints);
}

/* Take the usable points of every glass that has at least `least` temperatures; number the glasses in order of
 * appearance.  status[n]. */
static vt_status select_points(vt__samples *s, const vt_point *pt, int n, int least, int32_t *status, vt_err *err)
{
  size_t m = (size_t)n;
  VT_TRY(vt_calloc64(&s->doubles, 7 * m, sizeof(double), err), err, "Arrhenius fit of %d points", n);
  VT_TRY(vt_calloc64(&s->ints, 2 * m, sizeof(int), err), err, "Arrhenius fit of %d points", n);
  s->y = s->doubles, s->u = s->y + m, s->t_k = s->u + m, s->var = s->t_k + m, s->level = s->var + m;
  s->ea = s->level + m, s->u_ref = s->ea + m;
  s->glass = s->ints;
  int *name = s->glass + m; /* [n_glasses] the caller's number */
  for (int i = 0; i < n; i++) {
    status[i] = (int32_t)arrh_judge(&pt[i]);
    if (status[i] != VT_POINT_USED) continue;
    int n_t = count_temperatures(pt, n, pt[i].glass);
    if (n_t < least) {
      status[i] = n_t < 2 ? VT_POINT_FEW_T : VT_POINT_LONE_GLASS;
      continue;
    }
    int g = 0;
    while (g < s->n_glasses && name[g] != pt[i].glass) g++;
    if (g == s->n_glasses) name[s->n_glasses++] = pt[i].glass;
    double relative = pt[i].se / pt[i].x; /* error of ln x */
    s->glass[s->n] = g;
    s->y[s->n] = log(pt[i].x);
    s->t_k[s->n] = pt[i].t_k;
    s->var[s->n] = relative * relative;
    s->n++;
  }
  return VT_OK;
}

/* Sampling variance at each temperature: the mean over the glasses there (T 8.1). */
static void pool_variances(vt__samples *s)
{
  double *pooled = s->u; /* not filled yet */
  for (int i = 0; i < s->n; i++) {
    double sum = 0;
    int count = 0;
    for (int k = 0; k < s->n; k++)
      if (s->t_k[k] == s->t_k[i]) sum += s->var[k], count++;
    pooled[i] = sum / count;
  }
  for (int i = 0; i < s->n; i++) s->var[i] = pooled[i];
}

static double harmonic_mean(const double *t, int n)
{
  double sum = 0;
  for (int i = 0; i < n; i++) sum += 1 / t[i];
  return n / sum;
}

static vt_arrh nothing_resolved(int n_rejected, double t_ref_k, double t_extra_k)
{
  const double no = (double)NAN;
  return (vt_arrh){.n_rejected = n_rejected,
                   .ea_ev = no,
                   .ea_se = no,
                   .ln_prefactor = no,
                   .ln_prefactor_se = no,
                   .t_ref_k = t_ref_k > 0 ? t_ref_k : no,
                   .log10_ref = no,
                   .log10_ref_se = no,
                   .cov_ref_ea = no,
                   .t_extra_k = t_extra_k,
                   .extra = no,
                   .extra_lo95 = no,
                   .extra_hi95 = no,
                   .log10_extra_se = no,
                   .chi2_red = no,
                   .birge = 1,
                   .glass_sd_decades = no,
                   .t_min_k = no,
                   .t_max_k = no,
                   .misfit = {.p = no, .chi2_red = no, .t_k = no, .next_k = no, .size_decades = no},
                   .vtf = {.t0_k = no,
                           .t0_se = no,
                           .t0_max_k = no,
                           .ea_local_ev = no,
                           .ea_local_se = no,
                           .ea_local_lo95 = no,
                           .ea_local_hi95 = no,
                           .b_k = no,
                           .b_se = no,
                           .ln_prefactor = no,
                           .ln_prefactor_se = no,
                           .chi2_red = no,
                           .extra = no,
                           .extra_lo95 = no,
                           .extra_hi95 = no,
                           .delta_aic = no,
                           .reason = VT_VTF_NO_LINE},
                   .avg_extra = no,
                   .avg_lo95 = no,
                   .avg_hi95 = no,
                   .tg_k = no};
}

vt_band vt__band_believed(vt_band b, double most)
{
  const double decades = 3, wide = pow(10, decades), no = (double)NAN;
  if (b.lo95 > 0 && b.hi95 <= wide * b.lo95) return b; /* NaN is not */
  if (isnan(b.lo95) && isnan(b.hi95)) return b;
  double hi = b.hi95;
  if (b.median > 0 && hi > wide * b.median)
    hi = INFINITY;                     /* an end that lies decades away from the value is no bound */
  hi = hi > 0 ? fmin(hi, most) : most; /* 0: all of it lies below T0 */
  return (vt_band){.median = no, .lo95 = no, .hi95 = isfinite(hi) ? hi : no};
}

/* Half of the 95 % interval. */
static double half_width(const vt_arrh *a, double se)
{
  return a->one_glass || a->dof < 1 ? (double)NAN : vt_t_quantile(0.975, a->dof) * se;
}

vt_band vt_arrh_energy(const vt_arrh *a)
{
  const double half = half_width(a, a->ea_se);
  return (vt_band){a->ea_ev, a->ea_ev - half, a->ea_ev + half};
}

/* 95 % interval of the exponential of x. */
static vt_band log_normal(double x, double se, const vt_arrh *a, double most)
{
  const double half = half_width(a, se);
  return vt__band_believed((vt_band){exp(x), exp(x - half), exp(x + half)}, most);
}

int vt_arrh_is_tested(const vt_arrh *a)
{
  return a->vtf.reason != VT_VTF_FEW_TEMPERATURES && a->vtf.reason != VT_VTF_FEW_POINTS;
}

const char *vt_arrh_untested_text(const vt_arrh *a)
{
  return a->vtf.reason == VT_VTF_FEW_TEMPERATURES
             ? "two temperatures cannot test a curve; a third one is needed"
             : "its glasses have too few temperatures to test a curve; two points more than two a glass are needed";
}

/* The level at t_ref_k, which may lie far outside the measured temperatures. */
vt_band vt_arrh_at_ref(const vt_arrh *a)
{
  const double y = a->log10_ref, half = half_width(a, a->log10_ref_se);
  if (!a->resolved || (a->extrapolates && !vt_arrh_is_tested(a))) return (vt_band){NAN, NAN, NAN};
  return vt__band_believed((vt_band){pow(10, y), pow(10, y - half), pow(10, y + half)}, INFINITY);
}

static void arrh_fill(vt__samples *s, const vt__mean_line *l, vt_arrh *a)
{
  const double ln10 = log(10);
  double t_lo = s->t_k[0], t_hi = s->t_k[0], variance;
  for (int i = 1; i < s->n; i++) t_lo = fmin(t_lo, s->t_k[i]), t_hi = fmax(t_hi, s->t_k[i]);
  a->resolved = 1;
  a->t_min_k = t_lo, a->t_max_k = t_hi;
  a->extrapolates = a->t_ref_k < t_lo || a->t_ref_k > t_hi;
  a->ea_ev = l->ea;
  a->ea_se = sqrt(l->var_ea);
  a->log10_ref = l->level / ln10;
  a->log10_ref_se = sqrt(l->var_level) / ln10;
  a->cov_ref_ea = l->cov / ln10;
  a->ln_prefactor = vt__lines_at(l, -1 / (VT_KB_EV * a->t_ref_k), &variance); /* 1/T = 0 */
  a->ln_prefactor_se = sqrt(variance);
  if (!(a->t_extra_k > 0)) return;
  s->most = INFINITY;
  if (a->t_extra_k < t_lo && l->ea > 0) { /* x rises with temperature: below the lowest one it is less than there */
    double mu = vt__lines_at(l, (1 / t_lo - 1 / a->t_ref_k) / VT_KB_EV, &variance);
    s->most = log_normal(mu, sqrt(variance), a, INFINITY).hi95;
    if (isnan(s->most)) s->most = INFINITY;
  }
  double mu = vt__lines_at(l, (1 / a->t_extra_k - 1 / a->t_ref_k) / VT_KB_EV, &variance);
  a->log10_extra_se = sqrt(variance) / ln10;
  const vt_band b = log_normal(mu, sqrt(variance), a, s->most);
  a->extra = b.median, a->extra_lo95 = b.lo95, a->extra_hi95 = b.hi95;
  s->ln_extra = mu;
}

static vt_status check_points(const vt_point *pt, int n, vt_err *err)
{
  if (n < 0) VT_FAIL(err, VT_EINVAL, "Arrhenius fit of %d points", n);
  for (int i = 0; i < n; i++) {
    if (pt[i].comp != pt[0].comp)
      VT_FAIL(err, VT_EINVAL, "Arrhenius points of two compositions, %d and %d", (int)pt[0].comp, (int)pt[i].comp);
    if (!(pt[i].t_k > 0 && isfinite(pt[i].t_k))) VT_FAIL(err, VT_EINVAL, "point %d is at %g K", i, pt[i].t_k);
  }
  return VT_OK;
}

static vt_status straight_lines(vt__samples *s, vt_err *err)
{
  for (int i = 0; i < s->n; i++) s->u[i] = s->u_ref[i];
  return vt__lines_fit(s, err);
}

/* T0 lies below the glass transition, and a T0 next to the lowest temperature is a jump (T 8.6). */
static double t0_most(const vt__samples *s, double tg_k)
{
  const double share = 0.7;
  double t_min = s->t_k[0];
  for (int i = 1; i < s->n; i++) t_min = fmin(t_min, s->t_k[i]);
  return fmin(tg_k > 0 ? tg_k : VT_TG_OF_CLASS_K, share * t_min);
}

/* The line of the selected points, at least one glass. */
static vt_status fit_line(vt__samples *s, const vt_fit_spec *spec, vt_arrh *a, vt_err *err)
{
  if (!(spec->t_ref_k > 0)) a->t_ref_k = harmonic_mean(s->t_k, s->n);
  pool_variances(s);
  for (int i = 0; i < s->n; i++) s->u_ref[i] = (1 / s->t_k[i] - 1 / a->t_ref_k) / VT_KB_EV;
  s->others = spec->others;
  a->vtf.t0_max_k = t0_most(s, spec->tg_k);
  VT_PASS(straight_lines(s, err));
  if (s->dof > 0) a->chi2_red = s->chi2 / s->dof;
  VT_PASS(vt__misfit_find(s, a->vtf.t0_max_k, a, err));
  if (a->misfit.refused) return VT_OK;
  VT_PASS(straight_lines(s, err));
  if (s->n_glasses == 1) {
    a->birge = fmax(1, sqrt(a->chi2_red));
    s->noise = a->birge * a->birge;
  } else {
    a->glass_sd_decades = sqrt(vt_variance(s->level, (size_t)s->n_glasses)) / log(10);
  }
  vt__scatter_weigh(s);
  a->one_glass = vt__scatter_dof(s) == 0;
  a->dof = vt__lines_dof(s);
  vt__mean_line l = vt__lines_mean(s);
  arrh_fill(s, &l, a);
  return vt__vtf_fit(s, a, err);
}

vt_status vt_arrh_fit(const vt_point *pt, int n, const vt_fit_spec *spec, int32_t *status, vt_arrh *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__samples s = {0};
  void *block = NULL;
  VT_PASS(check_points(pt, n, err));
  vt_arrh a = nothing_resolved(n, spec->t_ref_k, spec->t_extra_k);
  if (!status) {
    VT_TRY_OUT(vt_calloc64(&block, (size_t)n, sizeof *status, err), err, "Arrhenius fit of %d points", n);
    status = block;
  }
  VT_TRY_OUT(select_points(&s, pt, n, 2, status, err), err, "Arrhenius fit");
  if (s.n_glasses == 1) { /* nothing else tells the error: three temperatures */
    close_samples(&s);
    s = (vt__samples){0};
    VT_TRY_OUT(select_points(&s, pt, n, 3, status, err), err, "Arrhenius fit");
  }
  a.n_rejected = n - s.n;
  a.n_points = s.n;
  a.n_glasses = s.n_glasses;
  for (int i = 0; i < n; i++) a.n_status[status[i]]++;
  if (s.n > 0) VT_TRY_OUT(fit_line(&s, spec, &a, err), err, "composition %d", (int)pt[0].comp);
  *out = a;
out:
  close_samples(&s);
  vt_free(block);
  return rc;
}

void vt_arrh_mark_glass(const vt_point *pt, int n, double tg_k, int32_t *status, vt_arrh *a)
{
  a->tg_k = tg_k;
  for (int i = 0; i < n; i++) {
    if (status[i] != VT_POINT_USED || !(pt[i].t_k <= tg_k)) continue; /* NaN: nothing is below it */
    status[i] = VT_POINT_BELOW_TG;
    a->n_status[VT_POINT_USED]--;
    a->n_status[VT_POINT_BELOW_TG]++;
    a->n_below_tg++;
  }
}

vt_band vt_arrh_extrapolated(const vt_arrh *a)
{
  switch ((vt_model)a->model) {
  case VT_MODEL_VTF:
    return (vt_band){a->vtf.extra, a->vtf.extra_lo95, a->vtf.extra_hi95};
  case VT_MODEL_AVERAGED:
    return (vt_band){a->avg_extra, a->avg_lo95, a->avg_hi95};
  case VT_MODEL_ARRHENIUS:
    break;
  }
  return (vt_band){a->extra, a->extra_lo95, a->extra_hi95};
}
