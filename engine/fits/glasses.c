/* The line of every glass of a composition (T 8.1): what comparisons between glasses are made of. */
#include <math.h>

#include "engine/fits/fits_impl.h"
#include "engine/num/num.h"

/* Usable points of one glass lie at two temperatures or more? */
static int has_a_slope(const vt_point *pt, int n, int glass)
{
  double t_k = 0;
  for (int i = 0; i < n; i++) {
    if (pt[i].glass != glass || !vt__is_usable(&pt[i])) continue;
    if (t_k > 0 && pt[i].t_k != t_k) return 1;
    t_k = pt[i].t_k;
  }
  return 0;
}

/* Variance of ln x at t_k: the mean over the points that take part there (T 8.1). */
static double pooled_variance(const vt_point *pt, int n, double t_k)
{
  double sum = 0;
  int count = 0;
  for (int i = 0; i < n; i++) {
    if (pt[i].t_k != t_k || !vt__is_usable(&pt[i]) || !has_a_slope(pt, n, pt[i].glass)) continue;
    sum += (pt[i].se / pt[i].x) * (pt[i].se / pt[i].x);
    count++;
  }
  return sum / count;
}

static vt_status fit_glass(const vt_point *pt, int n, double t_ref_k, double *work, vt_glass_line *l, vt_err *err)
{
  const double ln10 = log(10);
  double *y = work, *var = y + n, *x = var + n;
  vt_lsq fit;
  int m = 0;
  for (int i = 0; i < n; i++) {
    if (pt[i].glass != l->glass || !vt__is_usable(&pt[i])) continue;
    y[m] = log(pt[i].x);
    var[m] = pooled_variance(pt, n, pt[i].t_k);
    x[2 * m] = 1;
    x[2 * m + 1] = -(1 / pt[i].t_k - 1 / t_ref_k) / VT_KB_EV;
    m++;
  }
  VT_TRY(vt_wls(m, 2, y, x, var, &fit, err), err, "line of glass %d of composition %d", (int)l->glass, (int)l->comp);
  l->log10_ref = fit.b[0] / ln10;
  l->ea_ev = fit.b[1];
  l->var_ref = fit.cov[0] / (ln10 * ln10);
  l->var_ea = fit.cov[3];
  l->cov = fit.cov[1] / ln10;
  return VT_OK;
}

vt_status vt_glass_lines(const vt_point *pt, int n, double t_ref_k, vt_glass_line *line, int *n_lines, vt_err *err)
{
  vt_status rc = VT_OK;
  void *work = NULL;
  *n_lines = 0;
  if (n < 0 || !(t_ref_k > 0)) VT_FAIL(err, VT_EINVAL, "lines of glasses through %d points about %g K", n, t_ref_k);
  for (int i = 0; i < n; i++) {
    if (pt[i].comp != pt[0].comp)
      VT_FAIL(err, VT_EINVAL, "points of two compositions, %d and %d", (int)pt[0].comp, (int)pt[i].comp);
    if (!(pt[i].t_k > 0 && isfinite(pt[i].t_k))) VT_FAIL(err, VT_EINVAL, "point %d is at %g K", i, pt[i].t_k);
  }
  VT_TRY_OUT(vt_calloc64(&work, 4 * (size_t)n, sizeof(double), err), err, "lines of glasses through %d points", n);
  for (int i = 0; i < n; i++) {
    int g = 0;
    if (!vt__is_usable(&pt[i]) || !has_a_slope(pt, n, pt[i].glass)) continue;
    while (g < *n_lines && line[g].glass != pt[i].glass) g++;
    if (g < *n_lines) continue;
    line[g] = (vt_glass_line){.comp = pt[i].comp, .glass = pt[i].glass};
    VT_TRY_OUT(fit_glass(pt, n, t_ref_k, work, &line[g], err), err, "glasses");
    ++*n_lines;
  }
out:
  vt_free(work);
  return rc;
}
