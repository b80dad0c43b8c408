/* means.c - means over the glasses of a composition, and what other compositions tell of their scatter (T 13.5). */
#include <math.h>

#include "engine/structure/structure_impl.h"

static int is_geometric(vt_mean_kind kind) { return kind == VT_MEAN_TIME; }

static int has_value(double x, vt_mean_kind kind)
{
  return isfinite(x) && (x > 0 || kind == VT_MEAN_OWN || kind == VT_MEAN_POOLED);
}

vt_over_glasses vt_no_mean(void)
{
  const double no = (double)NAN;
  return (vt_over_glasses){.value = no, .se = no, .lo95 = no, .hi95 = no, .centre = no};
}

/* Value, error and interval from the centre and the variance of m->of. */
static void write_interval(vt_over_glasses *m, vt_mean_kind kind)
{
  if (m->of.n < 1) return;
  const double se = m->of.dof > 0 ? sqrt(m->of.variance) : (double)NAN;
  const double half = m->of.dof > 0 ? vt_t_quantile(0.975, m->of.dof) * se : (double)NAN;
  if (kind == VT_MEAN_OWN || kind == VT_MEAN_POOLED) {
    m->value = m->centre;
    m->se = se;
    m->lo95 = m->centre - half;
    m->hi95 = m->centre + half;
    return;
  }
  const vt_band b = vt_glasses_band(m->centre, &m->of);
  m->value = b.median, m->lo95 = b.lo95, m->hi95 = b.hi95;
  m->se = m->value * se;
}

vt_status vt_glasses_mean(const double *x, const double *variance, int n, vt_mean_kind kind, vt_over_glasses *out,
                          vt_err *err)
{
  double sum = 0;
  *out = vt_no_mean();
  for (int g = 0; g < n; g++) {
    if (!has_value(x[g], kind)) continue;
    sum += is_geometric(kind) ? log(x[g]) : x[g];
    if (variance && isfinite(variance[g])) out->of.sampling += variance[g];
    out->of.n++;
  }
  out->n_glasses = out->of.n;
  if (out->of.n == 0) return VT_OK;
  const double mean = sum / out->of.n;
  for (int g = 0; g < n; g++) {
    if (!has_value(x[g], kind)) continue;
    const double off = kind == VT_MEAN_SIZE ? x[g] / mean - 1 : (is_geometric(kind) ? log(x[g]) : x[g]) - mean;
    out->of.squares += off * off;
  }
  out->centre = kind == VT_MEAN_SIZE ? log(mean) : mean;
  return vt_over_compositions(out, 1, kind, err);
}

vt_status vt_over_compositions(vt_over_glasses *m, int n, vt_mean_kind kind, vt_err *err)
{
  void *p = NULL;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "means of %d compositions", n);
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof(vt_glass_mean), err), err, "means of %d compositions", n);
  vt_glass_mean *all = p;
  vt_status rc = VT_OK;
  for (int i = 0; i < n; i++) all[i] = m[i].of;
  if (kind == VT_MEAN_OWN)
    for (int i = 0; i < n && rc == VT_OK; i++) rc = vt_glasses_pool(&all[i], 1, 0, err);
  else
    rc = vt_glasses_pool(all, n, 0, err);
  for (int i = 0; i < n && rc == VT_OK; i++) {
    m[i].of = all[i];
    write_interval(&m[i], kind);
  }
  vt_free(p);
  return rc;
}
