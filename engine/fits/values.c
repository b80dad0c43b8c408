/* values.c - the mean over the glasses of a composition at one temperature (T 8.8). */
#include <math.h>

#include "engine/fits/fits_impl.h"

/* ln x of the glasses of one composition at one temperature. */
typedef struct cell {
  double sum, squares, sampling; /* of ln x, and of the variances of the points */
} cell;

/* Where composition and temperature of a point stand in out[]; a new place at its end. */
static int place_of(const vt_point *p, vt_at_t *out, int *n_out)
{
  int k = *n_out - 1;
  while (k >= 0 && (out[k].comp != p->comp || out[k].t_k != p->t_k)) k--; /* mostly one of the last */
  if (k >= 0) return k;
  out[*n_out] = (vt_at_t){.comp = p->comp, .t_k = p->t_k};
  return (*n_out)++;
}

/* Of other compositions at the same temperature: variance of a glass beyond sampling, and how much it counts. */
static int others_at(const vt_at_t *all, const cell *c, int n, int k, double *work, double *beyond)
{
  double *variance = work, *dof = work + n, sum = 0;
  int m = 0, most = 0;
  *beyond = 0;
  for (int i = 0; i < n; i++) {
    const int d = all[i].n_glasses - 1;
    if (all[i].t_k != all[k].t_k || d < 1) continue;
    variance[m] = c[i].squares / d, dof[m] = d;
    m++;
    if (i == k) continue;
    sum += c[i].squares - d * c[i].sampling / all[i].n_glasses;
    most += d;
  }
  if (most == 0) return 0;
  *beyond = sum / most;
  return vt__count_dof(vt__prior_dof(m, variance, dof), most);
}

static void interval(vt_at_t *at, const cell *c, double beyond, int d0)
{
  const int g = at->n_glasses;
  const double mean = c->sum, sampling = c->sampling / g, usual = VT_USUAL_LEVEL * VT_USUAL_LEVEL;
  double variance = sampling;
  if (g > 1 || d0 > 0) {
    const double seen = c->squares + d0 * (sampling + beyond);
    const int usual_dof = vt__usual_dof(seen / (g - 1 + d0) / (sampling + usual), g - 1 + d0);
    at->dof = g - 1 + d0 + usual_dof;
    variance = (seen + usual_dof * (sampling + usual)) / at->dof;
  }
  const double se = sqrt(fmax(variance, sampling) / g);
  const double half = at->dof > 0 ? vt_t_quantile(0.975, at->dof) * se : (double)NAN;
  const vt_band b = vt__band_believed((vt_band){exp(mean), exp(mean - half), exp(mean + half)}, INFINITY);
  at->value = b.median, at->lo95 = b.lo95, at->hi95 = b.hi95;
  at->se = b.median * se;
}

vt_status vt_values_at(const vt_point *pt, int n, vt_at_t *out, int *n_out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *work = NULL, *where = NULL;
  *n_out = 0;
  if (n < 0) VT_FAIL(err, VT_EINVAL, "values of %d points", n);
  for (int i = 0; i < n; i++)
    if (!(pt[i].t_k > 0 && isfinite(pt[i].t_k))) VT_FAIL(err, VT_EINVAL, "point %d is at %g K", i, pt[i].t_k);
  VT_TRY_OUT(vt_calloc64(&p, (size_t)n + 1, sizeof(cell), err), err, "values of %d points", n);
  VT_TRY_OUT(vt_calloc64(&work, 2 * (size_t)n + 1, sizeof(double), err), err, "values of %d points", n);
  VT_TRY_OUT(vt_calloc64(&where, (size_t)n + 1, sizeof(int), err), err, "values of %d points", n);
  cell *c = p;
  int *at = where;
  for (int i = 0; i < n; i++) {
    at[i] = -1;
    if (!vt__is_usable(&pt[i])) continue;
    const int k = at[i] = place_of(&pt[i], out, n_out);
    c[k].sum += log(pt[i].x);
    c[k].sampling += (pt[i].se / pt[i].x) * (pt[i].se / pt[i].x);
    out[k].n_glasses++;
  }
  for (int k = 0; k < *n_out; k++) c[k].sum /= out[k].n_glasses;
  for (int i = 0; i < n; i++)
    if (at[i] >= 0) c[at[i]].squares += (log(pt[i].x) - c[at[i]].sum) * (log(pt[i].x) - c[at[i]].sum);
  for (int k = 0; k < *n_out; k++) {
    double beyond;
    const int d0 = others_at(out, c, *n_out, k, work, &beyond);
    interval(&out[k], &c[k], beyond, d0);
  }
out:
  vt_free(p);
  vt_free(work);
  vt_free(where);
  return rc;
}
