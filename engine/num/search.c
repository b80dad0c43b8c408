#include <math.h>

#include "engine/num/num.h"

/* Golden section (J. Kiefer, Proc. Am. Math. Soc. 4, 502 (1953)) on [a, b]; *x, *value: the least point seen so far. */
static vt_status golden(vt_objective f, void *ctx, double a, double b, double *x, double *value, vt_err *err)
{
  enum { ROUNDS = 24 }; /* 2 * 0.618^24 = 2e-5 */
  const double ratio = 0.61803398874989485;
  double in[2] = {b - ratio * (b - a), a + ratio * (b - a)}, v[2];
  for (int k = 0; k < 2; k++) VT_PASS(f(ctx, in[k], &v[k], err));
  for (int i = 0; i < ROUNDS; i++) {
    int left = v[0] <= v[1], keep = left ? 0 : 1;
    if (v[keep] < *value) *x = in[keep], *value = v[keep];
    if (left) {
      b = in[1], in[1] = in[0], v[1] = v[0];
      in[0] = b - ratio * (b - a);
    } else {
      a = in[0], in[0] = in[1], v[0] = v[1];
      in[1] = a + ratio * (b - a);
    }
    VT_PASS(f(ctx, in[!left], &v[!left], err));
  }
  for (int k = 0; k < 2; k++)
    if (v[k] < *value) *x = in[k], *value = v[k];
  return VT_OK;
}

vt_status vt_minimize(vt_objective f, void *ctx, double lo, double hi, int n_scan, double *x, double *value,
                      vt_err *err)
{
  if (n_scan < 2 || !(lo < hi)) VT_FAIL(err, VT_EINVAL, "search on [%g, %g] with %d steps", lo, hi, n_scan);
  double step = (hi - lo) / n_scan, best = lo, least = INFINITY;
  for (int k = 0; k <= n_scan; k++) {
    double at = k < n_scan ? lo + k * step : hi, v;
    VT_PASS(f(ctx, at, &v, err));
    if (v < least) best = at, least = v;
  }
  VT_PASS(golden(f, ctx, fmax(lo, best - step), fmin(hi, best + step), &best, &least, err));
  *x = best;
  *value = least;
  return VT_OK;
}
