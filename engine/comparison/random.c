/* Random effects: how much compositions differ beyond the error of each (T 9.2). */
#include <math.h>

#include "engine/comparison/comparison_impl.h"
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

/* Q(tau2) = sum w (y - mean)^2 and, where asked for, its derivative. */
static double cochran_q(int k, const double *y, const double *s2, double tau2, double *derivative)
{
  double mean = vt__effects_mean(k, y, s2, tau2), q = 0, d = 0;
  for (int i = 0; i < k; i++) {
    double w = 1 / (s2[i] + tau2), part = w * (y[i] - mean) * (y[i] - mean);
    q += part;
    d -= w * part; /* the mean makes Q stationary: no term from it */
  }
  if (derivative) *derivative = d;
  return q;
}

double vt__effects_tau2(int k, const double *y, const double *s2, double q)
{
  enum { MOST_STEPS = 200 };
  double tau2 = 0, slope;
  /* Q falls and is convex ((y - m)^2 / (s2 + tau2) is convex in m and tau2 together, Q its least over m), so Newton's
   * steps from the left never overshoot. */
  for (int i = 0; i < MOST_STEPS; i++) {
    double excess = cochran_q(k, y, s2, tau2, &slope) - q;
    if (!(excess > 0)) break;
    double next = tau2 - excess / slope;
    if (!(next > tau2 * (1 + 1e-15))) break;
    tau2 = next;
  }
  return tau2;
}

void vt__effects_fit(int k, const double *y, const double *s2, vt__effects *out)
{
  double sum_w = 0, sum_w2 = 0, dof = k - 1, q = cochran_q(k, y, s2, 0, NULL);
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
