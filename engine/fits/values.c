/* values.c - means over the glasses of a composition at one temperature (T 8.8). */
#include <math.h>

#include "engine/fits/fits_impl.h"

/* ------------------------------------------------------------------ how well they are known */

/* What the other compositions tell of composition k: variance of a glass beyond sampling, and how much it counts when
 * the variances of all agree as those of d0 degrees of freedom do. */
static int others_of(const vt_glass_mean *m, int n, int k, double d0, double *beyond)
{
  double sum = 0;
  int most = 0;
  *beyond = 0;
  for (int i = 0; i < n; i++) {
    const int d = m[i].n - 1;
    if (i == k || d < 1) continue;
    sum += m[i].squares - d * m[i].sampling / m[i].n;
    most += d;
  }
  if (most == 0) return 0;
  *beyond = sum / most;
  return vt__count_dof(d0, most);
}

static void variance_of(vt_glass_mean *m, double usual, double beyond, int d0)
{
  const int g = m->n;
  const double sampling = m->sampling / g;
  double variance = sampling;
  m->dof = 0;
  if (g > 1 || d0 > 0) {
    const double seen = m->squares + d0 * (sampling + beyond), expected = sampling + usual * usual;
    const int usual_dof = usual > 0 ? vt__usual_dof(seen / (g - 1 + d0) / expected, g - 1 + d0) : 0;
    m->dof = g - 1 + d0 + usual_dof;
    variance = (seen + usual_dof * expected) / m->dof;
  }
  m->variance = fmax(variance, sampling) / g;
}

vt_status vt_glasses_pool(vt_glass_mean *m, int n, double usual, vt_err *err)
{
  void *work = NULL;
  int k = 0;
  VT_TRY(vt_calloc64(&work, 2 * (size_t)(n < 0 ? 0 : n) + 1, sizeof(double), err), err, "glasses of %d compositions",
         n);
  double *variance = work, *dof = variance + n;
  for (int i = 0; i < n; i++) {
    if (m[i].n < 2) continue;
    variance[k] = m[i].squares / (m[i].n - 1), dof[k] = m[i].n - 1;
    k++;
  }
  const double d0 = vt__prior_dof(k, variance, dof);
  for (int i = 0; i < n; i++) {
    double beyond;
    if (m[i].n < 1) continue;
    const int count = others_of(m, n, i, d0, &beyond);
    variance_of(&m[i], usual, beyond, count);
  }
  vt_free(work);
  return VT_OK;
}

vt_band vt_glasses_band(double ln_value, const vt_glass_mean *m)
{
  const double half = m->dof > 0 ? vt_t_quantile(0.975, m->dof) * sqrt(m->variance) : (double)NAN;
  return vt__band_believed((vt_band){exp(ln_value), exp(ln_value - half), exp(ln_value + half)}, INFINITY);
}

/* ------------------------------------------------------------------ points at temperatures */

/* Where composition and temperature of a point stand in out[]; a new place at its end. */
static int place_of(const vt_point *p, vt_at_t *out, int *n_out)
{
  int k = *n_out - 1;
  while (k >= 0 && (out[k].comp != p->comp || out[k].t_k != p->t_k)) k--; /* mostly one of the last */
  if (k >= 0) return k;
  out[*n_out] = (vt_at_t){.comp = p->comp, .t_k = p->t_k};
  return (*n_out)++;
}

/* ln x of the glasses of a place. */
typedef struct cell {
  double mean;
  vt_glass_mean glasses;
  int done;
} cell;

/* The first place and all others at its temperature. */
static vt_status one_temperature(vt_at_t *out, cell *c, int n, int first, double usual, vt_glass_mean *same,
                                 vt_err *err)
{
  int m = 0;
  for (int k = first; k < n; k++)
    if (out[k].t_k == out[first].t_k) same[m++] = c[k].glasses;
  VT_PASS(vt_glasses_pool(same, m, usual, err));
  m = 0;
  for (int k = first; k < n; k++) {
    if (out[k].t_k != out[first].t_k) continue;
    const vt_glass_mean *g = &same[m++];
    const vt_band b = vt_glasses_band(c[k].mean, g);
    out[k].dof = g->dof;
    out[k].value = b.median, out[k].lo95 = b.lo95, out[k].hi95 = b.hi95;
    out[k].se = b.median * sqrt(g->variance);
    c[k].done = 1;
  }
  return VT_OK;
}

static void collect(const vt_point *pt, int n, vt_at_t *out, int *n_out, cell *c, int *at)
{
  for (int i = 0; i < n; i++) {
    at[i] = -1;
    if (!vt__is_usable(&pt[i])) continue;
    const int k = at[i] = place_of(&pt[i], out, n_out);
    c[k].mean += log(pt[i].x);
    c[k].glasses.sampling += (pt[i].se / pt[i].x) * (pt[i].se / pt[i].x);
    c[k].glasses.n = ++out[k].n_glasses;
  }
  for (int k = 0; k < *n_out; k++) c[k].mean /= out[k].n_glasses;
  for (int i = 0; i < n; i++)
    if (at[i] >= 0) c[at[i]].glasses.squares += (log(pt[i].x) - c[at[i]].mean) * (log(pt[i].x) - c[at[i]].mean);
}

vt_status vt_values_at(const vt_point *pt, int n, double usual, vt_at_t *out, int *n_out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *same = NULL, *where = NULL;
  *n_out = 0;
  if (n < 0) VT_FAIL(err, VT_EINVAL, "values of %d points", n);
  for (int i = 0; i < n; i++)
    if (!(pt[i].t_k > 0 && isfinite(pt[i].t_k))) VT_FAIL(err, VT_EINVAL, "point %d is at %g K", i, pt[i].t_k);
  VT_TRY_OUT(vt_calloc64(&p, (size_t)n + 1, sizeof(cell), err), err, "values of %d points", n);
  VT_TRY_OUT(vt_calloc64(&same, (size_t)n + 1, sizeof(vt_glass_mean), err), err, "values of %d points", n);
  VT_TRY_OUT(vt_calloc64(&where, (size_t)n + 1, sizeof(int), err), err, "values of %d points", n);
  cell *c = p;
  collect(pt, n, out, n_out, c, where);
  for (int k = 0; k < *n_out; k++)
    if (!c[k].done) VT_TRY_OUT(one_temperature(out, c, *n_out, k, usual, same, err), err, "at %g K", out[k].t_k);
out:
  vt_free(p);
  vt_free(same);
  vt_free(where);
  return rc;
}
