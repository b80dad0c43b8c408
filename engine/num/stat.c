#include <math.h>
#include <stdlib.h>

#include "engine/num/num.h"

// NOLINTNEXTLINE(misc-no-recursion): log2(n / 64) deep
double vt_sum(const double *x, size_t n)
{
  enum { LEAF = 64 };
  if (n <= LEAF) {
    double s = 0;
    for (size_t i = 0; i < n; i++) s += x[i];
    return s;
  }
  size_t half = (n / 2 + LEAF - 1) / LEAF * LEAF; /* whole leaves on the left: the tree depends on n alone */
  return vt_sum(x, half) + vt_sum(x + half, n - half);
}

double vt_mean(const double *x, size_t n) { return n ? vt_sum(x, n) / (double)n : (double)NAN; }

double vt_variance(const double *x, size_t n)
{
  if (n < 2) return (double)NAN;
  /* Second pass with the correction for the rounding of the mean (Chan, Golub, LeVeque, Am. Stat. 37, 242 (1983)). */
  double mean = vt_mean(x, n), squares = 0, rest = 0;
  for (size_t i = 0; i < n; i++) {
    double d = x[i] - mean;
    squares += d * d;
    rest += d;
  }
  return (squares - rest * rest / (double)n) / (double)(n - 1);
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double vt_quantile_inplace(double *x, size_t n, double q)
{
  if (n == 0 || !(q >= 0 && q <= 1)) return (double)NAN;
  qsort(x, n, sizeof *x, by_value);
  double h = (double)(n - 1) * q; /* type 7: R. J. Hyndman, Y. Fan, Am. Stat. 50, 361 (1996) */
  size_t i = (size_t)h;
  if (i >= n - 1) return x[n - 1];
  return x[i] + (h - (double)i) * (x[i + 1] - x[i]);
}

double vt_blocking_se(const double *x, size_t n, double *scratch) { return vt_blocking_se_least(x, n, 16, scratch); }

double vt_blocking_se_least(const double *x, size_t n, size_t least, double *scratch)
{
  double largest = (double)NAN;
  for (size_t i = 0; i < n; i++) scratch[i] = x[i];
  for (size_t m = n; m >= least; m /= 2) {
    /* Eq. 25 of Flyvbjerg and Petersen; the block averages of the next level, eq. 20. */
    double se = sqrt(vt_variance(scratch, m) / (double)m);
    if (!(se <= largest)) largest = se;
    for (size_t i = 0; i < m / 2; i++) scratch[i] = 0.5 * (scratch[2 * i] + scratch[2 * i + 1]);
  }
  return largest;
}
