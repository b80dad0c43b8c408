#include <math.h>

#include "engine/num/num.h"

/* Share of the finite parts at or below z. */
static double mixture_cdf(const vt_t_part *part, int n, double z)
{
  double sum = 0;
  for (int i = 0; i < n; i++) {
    const vt_t_part *p = &part[i];
    if (!isfinite(p->mu)) continue;
    sum += p->w * (p->se > 0 ? vt_t_cdf((z - p->mu) / p->se, p->dof) : z >= p->mu);
  }
  return sum;
}

double vt_mixture_quantile(const vt_t_part *part, int n, double q)
{
  enum { MOST_ROUNDS = 200 };
  const double fine = 1e-10;
  double total = 0, at_zero = 0, lo = INFINITY, hi = -INFINITY;
  for (int i = 0; i < n; i++) {
    total += part[i].w;
    if (!isfinite(part[i].mu)) at_zero += part[i].w;
  }
  if (!(total > 0)) return (double)NAN;
  if (at_zero >= q * total) return -INFINITY;
  double want = q * total - at_zero, own = want / (total - at_zero);
  double dof = 0, t = 0;
  for (int i = 0; i < n; i++) { /* the quantile of all lies between those of the parts */
    if (!isfinite(part[i].mu)) continue;
    if (part[i].se > 0 && part[i].dof != dof)
      dof = part[i].dof, t = vt_t_quantile(own, dof); /* dear, and mostly alike */
    double z = part[i].mu + (part[i].se > 0 ? part[i].se * t : 0);
    lo = fmin(lo, z), hi = fmax(hi, z);
  }
  /* Regula falsi with the Illinois rule (M. Dowell, P. Jarratt, BIT 11, 168 (1971)), every third step a bisection,
   * which steps of the distribution function need. */
  double f_lo = mixture_cdf(part, n, lo) - want, f_hi = mixture_cdf(part, n, hi) - want;
  if (f_lo >= 0) return lo;
  for (int i = 0, side = 0; i < MOST_ROUNDS && hi - lo > fine * fmax(1, fabs(lo) + fabs(hi)); i++) {
    double z = i % 3 == 2 || !(f_hi > f_lo) ? 0.5 * (lo + hi) : (lo * f_hi - hi * f_lo) / (f_hi - f_lo);
    if (!(z > lo && z < hi)) z = 0.5 * (lo + hi);
    if (!(z > lo && z < hi)) break; /* no number between them */
    double f = mixture_cdf(part, n, z) - want;
    if (f < 0) {
      lo = z, f_lo = f;
      if (side < 0) f_hi /= 2;
      side = -1;
    } else {
      hi = z, f_hi = f;
      if (side > 0) f_lo /= 2;
      side = 1;
    }
  }
  return hi;
}
