/* Numbers from moments and radial distribution functions (T 10). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/structure/structure.h"

void vt_non_gaussian(size_t n, const double *mean, const double *m4, double *alpha2)
{
  for (size_t k = 0; k < n; k++) alpha2[k] = mean[k] > 0 ? 3 * m4[k] / (5 * mean[k] * mean[k]) - 1 : (double)NAN;
}

/* ------------------------------------------------------------------ coordination (T 10.2) */

static double ball(double r) { return 4.18879020478639098 * r * r * r; }

static vt_status check_bins(int n_bins, const double *r, double rho_a3, vt_err *err)
{
  const double rounding = 1e-6;
  if (n_bins < 1 || !(r[0] > 0)) VT_FAIL(err, VT_EINVAL, "coordination from %d bins", n_bins);
  for (int k = 0; k < n_bins; k++)
    if (!(fabs(r[k] / r[0] - (2 * k + 1)) <= rounding * (2 * k + 1)))
      VT_FAIL(err, VT_EINVAL, "bin %d lies at %g A, expected %g: bins of one width from 0 on", k, r[k],
              (2 * k + 1) * r[0]);
  if (!(rho_a3 > 0)) VT_FAIL(err, VT_EINVAL, "coordination with %g neighbours in a cubic angstrom", rho_a3);
  return VT_OK;
}

vt_status vt_coordination_of(int n_bins, const double *r, const double *g, double rho_a3, double cutoff_a,
                             double *running, vt_coordination *out, vt_err *err)
{
  VT_PASS(check_bins(n_bins, r, rho_a3, err));
  const double width = 2 * r[0], room = 1 + 1e-9; /* a cutoff at an edge takes the bin before it whole */
  vt_coordination c = {.height = (double)NAN, .cn = (double)NAN};
  (void)vt_first_shell(n_bins, r, g, &c.peak_a, &c.minimum_a);
  c.cutoff_a = isnan(cutoff_a) ? c.minimum_a : cutoff_a;
  double sum = 0;
  for (int k = 0; k < n_bins; k++) {
    const double lo = k * width, hi = lo + width;
    if (c.peak_a >= lo && c.peak_a < hi) c.height = g[k];
    if (c.cutoff_a > lo * room && c.cutoff_a <= hi * room)
      c.cn = sum + rho_a3 * g[k] * (ball(fmin(c.cutoff_a, hi)) - ball(lo));
    sum += rho_a3 * g[k] * (ball(hi) - ball(lo)); /* NaN from the first NaN on */
    if (running) running[k] = sum;
  }
  *out = c;
  return VT_OK;
}
