/* Random effects: how much compositions differ beyond the error of each (T 9.2). */
#include <math.h>

#include "engine/ana/ana_impl.h"
#include "engine/num/num.h"

double vt__effects_mean(int k, const double *y, const double *s2, double tau2)
{
  double sum_w = 0, sum_wy = 0;
  for (int i = 0; i < k; i++) {
    double w = 1 / (s2[i] + tau2);
    sum_w += w;
    sum_wy += w * y[i];
  }
  return sum_wy / sum_w;
}

static double cochran_q(int k, const double *y, const double *s2, double tau2)
{
  double mean = vt__effects_mean(k, y, s2, tau2), q = 0;
  for (int i = 0; i < k; i++) q += (y[i] - mean) * (y[i] - mean) / (s2[i] + tau2);
  return q;
}

double vt__effects_tau2(int k, const double *y, const double *s2, double q)
{
  if (cochran_q(k, y, s2, 0) <= q) return 0;
  double lo = 0, hi = s2[0]; /* Q falls monotonically with tau2, as 1/tau2 in the end */
  while (cochran_q(k, y, s2, hi) > q) lo = hi, hi *= 2;
  for (;;) {
    double mid = 0.5 * (lo + hi);
    if (mid <= lo || mid >= hi || hi - lo < 1e-14 * hi) return mid;
    if (cochran_q(k, y, s2, mid) > q)
      lo = mid;
    else
      hi = mid;
  }
}

void vt__effects_fit(int k, const double *y, const double *s2, vt__effects *out)
{
  double sum_w = 0, sum_w2 = 0, dof = k - 1, q = cochran_q(k, y, s2, 0);
  for (int i = 0; i < k; i++) sum_w += 1 / s2[i], sum_w2 += 1 / (s2[i] * s2[i]);
  /* Paule-Mandel: E Q(tau2) = k - 1.  Q-profile: Q(tau2) between the 2.5 % and 97.5 % points of chi-square. */
  double tau2 = vt__effects_tau2(k, y, s2, dof);
  *out = (vt__effects){.mean = vt__effects_mean(k, y, s2, tau2),
                       .tau2 = tau2,
                       .tau2_lo = vt__effects_tau2(k, y, s2, vt_chi2_quantile(0.975, dof)),
                       .tau2_hi = vt__effects_tau2(k, y, s2, vt_chi2_quantile(0.025, dof)),
                       .tau2_dl = fmax(0, (q - dof) / (sum_w - sum_w2 / sum_w)),
                       .q = q,
                       .q_p = 1 - vt_chi2_cdf(q, dof),
                       .i2 = q > 0 ? fmax(0, (q - dof) / q) : 0};
}
