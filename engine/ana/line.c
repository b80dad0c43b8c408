#include <math.h>

#include "engine/ana/ana_impl.h"
#include "engine/num/num.h"

/* Raise the eigenvalues of a correlation matrix to at least `least` times the largest one: the model covariance of
 * neighbouring lags can come out indefinite when their variances scatter (T 7.2). */
static vt_status recondition(double *r, double *scratch, double *w, int n, double least, vt_err *err)
{
  size_t m = (size_t)n;
  for (size_t i = 0; i < m * m; i++) scratch[i] = r[i];
  VT_PASS(vt_eigen_sym(scratch, n, w, err));
  double lowest = least * w[m - 1];
  if (w[0] >= lowest) return VT_OK;
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < m; j++) {
      double sum = 0;
      for (size_t k = 0; k < m; k++) sum += scratch[i * m + k] * scratch[j * m + k] * fmax(w[k], lowest);
      r[i * m + j] = sum;
    }
  return VT_OK;
}

static double ols_slope(int n, const double *x, const double *y)
{
  double mx = vt_mean(x, (size_t)n), my = vt_mean(y, (size_t)n), xx = 0, xy = 0;
  for (int i = 0; i < n; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / xx;
}

vt_status vt__line_fit(int n, const double *lag, const double *y, const double *var1, const double *windows,
                       vt__line *out, vt_err *err)
{
  const double least_eigenvalue = 1e-8; /* of a correlation matrix: what double precision bears with room to spare */
  vt_status rc = VT_OK;
  void *block;
  double *work = NULL;
  vt_lsq fit;
  size_t m = (size_t)n;
  VT_TRY_OUT(vt_calloc64(&block, 2 * m * m + 3 * m, sizeof *work, err), err, "line through %d lags", n);
  work = block;
  double *s = work, *scratch = s + m * m, *w = scratch + m * m, *x = w + m;
  for (size_t i = 0; i < m; i++) {
    x[2 * i] = 1;
    x[2 * i + 1] = lag[i];
    for (size_t j = i; j < m; j++) { /* cov(i, j) = var1_i / windows_j, as a correlation */
      double var_i = var1[i] / windows[i], var_j = var1[j] / windows[j];
      s[i * m + j] = s[j * m + i] = i == j ? 1 : var1[i] / windows[j] / sqrt(var_i * var_j);
    }
  }
  VT_TRY_OUT(recondition(s, scratch, w, n, least_eigenvalue, err), err, "covariance of %d lags", n);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < m; j++) s[i * m + j] *= sqrt(var1[i] / windows[i] * (var1[j] / windows[j]));
  VT_TRY_OUT(vt_gls(n, 2, y, x, s, &fit, err), err, "line through %d lags", n);
  *out = (vt__line){.n = n,
                    .slope = fit.b[1],
                    .slope_se = sqrt(fit.cov[3]),
                    .intercept = fit.b[0],
                    .ols_slope = ols_slope(n, lag, y)};
out:
  vt_free(work);
  return rc;
}

int vt__lags_within(int n_lag, const double *lag_ps, double lo_ps, double hi_ps, int *first)
{
  const double room = 1e-9;
  int i = 0, n = 0;
  while (i < n_lag && lag_ps[i] < lo_ps * (1 - room)) i++;
  while (i + n < n_lag && lag_ps[i + n] <= hi_ps * (1 + room)) n++;
  *first = i;
  return n;
}
