/* shell.c - the first peak of a radial distribution and the minimum behind it (T 6.6). */
#include <math.h>

#include "engine/num/num.h"

/* Binomial mean over five bins: a minimum of a noisy g is not one deep bin. */
static double smooth(const double *g, int n, int i)
{
  static const double w[5] = {1, 4, 6, 4, 1};
  double sum = 0, norm = 0;
  for (int k = -2; k <= 2; k++) {
    if (i + k < 0 || i + k >= n) continue;
    sum += w[k + 2] * g[i + k];
    norm += w[k + 2];
  }
  return sum / norm;
}

/* Bins that hold a number, from the first on. */
static int usable(const double *g, int n)
{
  int m = 0;
  while (m < n && isfinite(g[m])) m++;
  return m;
}

/* No smoothed bin within `reach` of i is higher (sign 1) or lower (sign -1). */
static int is_extreme(const double *r, const double *g, int n, int i, double reach, int sign)
{
  double here = sign * smooth(g, n, i);
  for (int k = i - 1; k >= 0 && r[i] - r[k] <= reach; k--)
    if (sign * smooth(g, n, k) > here) return 0;
  for (int k = i + 1; k < n && r[k] - r[i] <= reach; k++)
    if (sign * smooth(g, n, k) > here) return 0;
  return 1;
}

int vt_first_shell(int n_bins, const double *r, const double *g, double *peak, double *minimum)
{
  const double reach = 0.3, least = 0.5, farthest = 1.8, deepest = 0.9;
  const int n = usable(g, n_bins);
  double highest = 0;
  int p = 0;
  *peak = *minimum = (double)NAN;
  for (int i = 0; i < n; i++) highest = fmax(highest, smooth(g, n, i));
  if (!(highest > 1)) return 0;
  while (p < n && !(smooth(g, n, p) >= least * highest && is_extreme(r, g, n, p, reach, 1))) p++;
  if (p == n) return 0;
  *peak = r[p];
  for (int i = p + 1; i < n && r[i] <= farthest * r[p] && r[i] + reach <= r[n - 1]; i++) {
    if (!(smooth(g, n, i) < deepest * smooth(g, n, p)) || !is_extreme(r, g, n, i, reach, -1)) continue;
    int last = i; /* an empty gap between two shells: its middle */
    while (last + 1 < n && smooth(g, n, last + 1) <= smooth(g, n, i)) last++;
    *minimum = 0.5 * (r[i] + r[last]);
    return 1;
  }
  return 0;
}
