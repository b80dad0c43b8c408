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

static int is_usable(const vt_point *p) { return arrh_judge(p) == VT_POINT_USED; }

/* Usable points of one glass lie at how many different temperatures? */
static int count_temperatures(const vt_point *pt, int n, int glass)
{
  int count = 0;
  for (int i = 0; i < n; i++) {
    if (pt[i].glass != glass || !is_usable(&pt[i])) continue;
    int seen = 0;
    for (int k = 0; k < i && !seen; k++) seen = pt[k].glass == glass && pt[k].t_k == pt[i].t_k && is_usable(&pt[k]);
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
  VT_TRY(vt_calloc64(&s->doubles, 6 * m, sizeof(double), err), err, "Arrhenius fit of %d points", n);
  VT_TRY(vt_calloc64(&s->ints, 2 * m, sizeof(int), err), err, "Arrhenius fit of %d points", n);
  s->y = s->doubles, s->u = s->y + m, s->t_k = s->u + m, s->var = s->t_k + m, s->level = s->var + m;
  s->ea = s->level + m;
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
                   .vtf = {.t0_k = no,
                           .t0_se = no,
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

static void arrh_fill(const vt__samples *s, const vt__mean_line *l, vt_arrh *a)
{
  const double ln10 = log(10);
  double t_lo = s->t_k[0], t_hi = s->t_k[0], variance;
  for (int i = 1; i < s->n; i++) t_lo = fmin(t_lo, s->t_k[i]), t_hi = fmax(t_hi, s->t_k[i]);
  a->resolved = 1;
  a->extrapolates = a->t_ref_k < t_lo || a->t_ref_k > t_hi;
  a->ea_ev = l->ea;
  a->ea_se = sqrt(l->var_ea);
  a->log10_ref = l->level / ln10;
  a->log10_ref_se = sqrt(l->var_level) / ln10;
  a->cov_ref_ea = l->cov / ln10;
  a->ln_prefactor = vt__lines_at(l, -1 / (VT_KB_EV * a->t_ref_k), &variance); /* 1/T = 0 */
  a->ln_prefactor_se = sqrt(variance);
  if (!(a->t_extra_k > 0)) return;
  double mu = vt__lines_at(l, (1 / a->t_extra_k - 1 / a->t_ref_k) / VT_KB_EV, &variance);
  double half = vt_t_quantile(0.975, a->dof) * sqrt(variance);
  a->extra = exp(mu);
  a->extra_lo95 = exp(mu - half);
  a->extra_hi95 = exp(mu + half);
  a->log10_extra_se = sqrt(variance) / ln10;
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

/* The line of the selected points, at least one glass. */
static vt_status fit_line(vt__samples *s, double t_ref_k, vt_arrh *a, vt_err *err)
{
  vt_lsq last;
  if (!(t_ref_k > 0)) a->t_ref_k = harmonic_mean(s->t_k, s->n);
  pool_variances(s);
  for (int i = 0; i < s->n; i++) s->u[i] = (1 / s->t_k[i] - 1 / a->t_ref_k) / VT_KB_EV;
  VT_PASS(vt__lines_fit(s, &last, err));
  if (s->dof > 0) a->chi2_red = s->chi2 / s->dof;
  if (s->n_glasses == 1) {
    a->birge = fmax(1, sqrt(a->chi2_red));
    a->dof = s->dof;
  } else {
    a->dof = s->n_glasses - 1;
    a->glass_sd_decades = sqrt(vt_variance(s->level, (size_t)s->n_glasses)) / log(10);
  }
  vt__mean_line l = vt__lines_mean(s, &last, a->birge);
  arrh_fill(s, &l, a);
  return vt__vtf_fit(s, a, err);
}

vt_status vt_arrh_fit(const vt_point *pt, int n, double t_ref_k, double t_extra_k, int32_t *status, vt_arrh *out,
                      vt_err *err)
{
  vt_status rc = VT_OK;
  vt__samples s = {0};
  void *block = NULL;
  VT_PASS(check_points(pt, n, err));
  vt_arrh a = nothing_resolved(n, t_ref_k, t_extra_k);
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
  if (s.n > 0) VT_TRY_OUT(fit_line(&s, t_ref_k, &a, err), err, "composition %d", (int)pt[0].comp);
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
