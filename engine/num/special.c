#include <float.h>
#include <math.h>

#include "engine/num/num.h"

/* Lower and upper tail together: each is computed without cancellation, so small ones keep their digits. */
typedef struct tails {
  double lower, upper;
} tails;

/* ------------------------------------------------------------------ continued fractions */

enum { MOST_TERMS = 100000 }; /* about sqrt of the largest parameter that matters, times ten */

static double away_from_zero(double x) { return fabs(x) < DBL_MIN / DBL_EPSILON ? DBL_MIN / DBL_EPSILON : x; }

/* Continued fraction of the incomplete beta function, DLMF 8.17.22, by Lentz' method as modified by Thompson and
 * Barnett (J. Comput. Phys. 64, 490); converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), f = d;
  for (int m = 1; m < MOST_TERMS; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    f *= c * d;
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    f *= c * d;
    if (fabs(c * d - 1) < 4 * DBL_EPSILON) break;
  }
  return f;
}

/* I_x(a, b) and its complement I_y(b, a); y = 1 - x comes from the caller, who has it without rounding. */
static tails beta_tails(double a, double b, double x, double y)
{
  if (x <= 0) return (tails){0, 1};
  if (y <= 0) return (tails){1, 0};
  double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
  if (x < (a + 1) / (a + b + 2)) {
    double p = front * beta_fraction(a, b, x) / a;
    return (tails){p, 1 - p};
  }
  double q = front * beta_fraction(b, a, y) / b;
  return (tails){1 - q, q};
}

/* P(a, x) and Q(a, x): the series DLMF 8.11.4 below the mean, the continued fraction DLMF 8.9.2 above. */
static tails gamma_tails(double a, double x)
{
  if (x <= 0) return (tails){0, 1};
  if (isinf(x)) return (tails){1, 0};
  double front = exp(a * log(x) - x - lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (int k = 1; k < MOST_TERMS && term > sum * DBL_EPSILON * 0.5; k++) {
      term *= x / (a + k);
      sum += term;
    }
    return (tails){front * sum, 1 - front * sum};
  }
  double b = x + 1 - a, c = DBL_MAX, d = 1 / away_from_zero(b), f = d;
  for (int k = 1; k < MOST_TERMS; k++) {
    double an = -k * (k - a);
    b += 2;
    d = 1 / away_from_zero(an * d + b);
    c = away_from_zero(b + an / c);
    f *= c * d;
    if (fabs(c * d - 1) < 4 * DBL_EPSILON) break;
  }
  return (tails){1 - front * f, front * f};
}

/* ------------------------------------------------------------------ distributions of a positive variable */

static tails normal_tails(double x, double unused)
{
  (void)unused;
  return (tails){0.5 * erfc(-x / sqrt(2)), 0.5 * erfc(x / sqrt(2))};
}

static tails t_tails(double t, double dof)
{
  double far = 0.5 * beta_tails(0.5 * dof, 0.5, dof / (dof + t * t), t * t / (dof + t * t)).lower;
  return t < 0 ? (tails){far, 1 - far} : (tails){1 - far, far};
}

static tails chi2_tails(double x, double dof) { return gamma_tails(0.5 * dof, 0.5 * x); }

typedef tails distribution(double x, double dof);

/* Is x below the point at which the chosen tail is p? */
static int is_below(distribution *dist, double dof, int upper, double p, double x)
{
  tails t = dist(x, dof);
  return upper ? t.upper > p : t.lower < p;
}

/* The x > 0 at which the upper tail (upper != 0) or the lower one is p: bracket it between x and 2x, then bisect to the
 * last bit.  Slow (a hundred evaluations) and sure. */
static double solve_tail(distribution *dist, double dof, int upper, double p)
{
  double lo = 1, hi = 1;
  while (hi < DBL_MAX / 2 && is_below(dist, dof, upper, p, hi)) lo = hi, hi *= 2;
  while (lo > DBL_MIN && !is_below(dist, dof, upper, p, lo)) hi = lo, lo /= 2;
  for (;;) {
    double mid = 0.5 * (lo + hi);
    if (mid <= lo || mid >= hi) return mid;
    if (is_below(dist, dof, upper, p, mid))
      lo = mid;
    else
      hi = mid;
  }
}

/* Quantile of a distribution that is symmetric about zero. */
static double symmetric_quantile(distribution *dist, double dof, double p)
{
  if (p == 0.5) return 0;
  return p < 0.5 ? -solve_tail(dist, dof, 1, p) : solve_tail(dist, dof, 1, 1 - p);
}

static int is_probability(double p) { return p > 0 && p < 1; }

/* ------------------------------------------------------------------ public */

double vt_normal_cdf(double x) { return normal_tails(x, 0).lower; }

double vt_normal_quantile(double p) { return is_probability(p) ? symmetric_quantile(normal_tails, 0, p) : (double)NAN; }

double vt_t_cdf(double t, double dof) { return dof > 0 ? t_tails(t, dof).lower : (double)NAN; }

double vt_t_quantile(double p, double dof)
{
  return is_probability(p) && dof > 0 ? symmetric_quantile(t_tails, dof, p) : (double)NAN;
}

double vt_chi2_cdf(double x, double dof) { return dof > 0 ? chi2_tails(x, dof).lower : (double)NAN; }

double vt_chi2_quantile(double p, double dof)
{
  if (!is_probability(p) || !(dof > 0)) return (double)NAN;
  return p < 0.5 ? solve_tail(chi2_tails, dof, 0, p) : solve_tail(chi2_tails, dof, 1, 1 - p);
}

double vt_f_cdf(double f, double d1, double d2)
{
  if (!(d1 > 0 && d2 > 0) || isnan(f)) return (double)NAN;
  if (f <= 0) return 0;
  if (isinf(f)) return 1;
  return beta_tails(0.5 * d1, 0.5 * d2, d1 * f / (d1 * f + d2), d2 / (d1 * f + d2)).lower;
}
