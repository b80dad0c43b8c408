/* line.c - a straight line through a mean square that grows with the lag (T 7.2). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

static double ols_slope(int n, const double *x, const double *y)
{
  double mx = vt_mean(x, (size_t)n), my = vt_mean(y, (size_t)n), xx = 0, xy = 0;
  for (int i = 0; i < n; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / xx;
}

/* cov(y_i, y_j) = var_i W_i / W_j for lag i <= lag j, with var_i = 2/3 (slope lag_i)^2 / W_i and W = walkers run / lag
 * windows, all of it for slope = 1 (T 7.2).  What a walk varies beyond that is common to all lags: it moves the slope,
 * not the fit.  lag^2 stands for the measured variance on purpose: it makes the matrix
 * positive definite whatever the noise, and keeps the weights from following the noise. */
vt_status vt__line_fit(int n, const double *lag, const double *y, const vt__walk *walk, vt__line *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  vt_lsq fit;
  size_t m = (size_t)n;
  const double scale = 2.0 / 3 / (walk->walkers * walk->run_ps),
               common = walk->excess_ps / (walk->walkers * walk->run_ps);
  VT_TRY_OUT(vt_calloc64(&block, m * m + 2 * m, sizeof(double), err), err, "line through %d lags", n);
  double *s = block, *x = s + m * m;
  for (size_t i = 0; i < m; i++) {
    x[2 * i] = 1;
    x[2 * i + 1] = lag[i];
    for (size_t j = i; j < m; j++) s[i * m + j] = s[j * m + i] = scale * lag[i] * lag[i] * lag[j];
  }
  VT_TRY_OUT(vt_gls(n, 2, y, x, s, &fit, err), err, "line through %d lags", n);
  *out = (vt__line){.slope = fit.b[1], .relative_se = sqrt(fit.cov[3] + common), .ols_slope = ols_slope(n, lag, y)};
out:
  vt_free(block);
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

double vt__excess_ps(int n, const double *lag, const double *mean, const double *m4)
{
  double sum = 0;
  int count = 0;
  for (int i = 0; i < n && lag[i] <= 2 * lag[0]; i++, count++) sum += (m4[i] / (mean[i] * mean[i]) - 5.0 / 3) * lag[i];
  return fmax(sum / count, 0);
}

vt_status vt__msd_line(const vt__msd *m, int first, int n, vt__line *out, vt_err *err)
{
  const double *lag = m->lag_ps + first, *mean = m->mean + first;
  const vt__walk walk = {
      .excess_ps = vt__excess_ps(n, lag, mean, m->m4 + first), .walkers = m->walkers, .run_ps = m->run_ps};
  return vt__line_fit(n, lag, mean, &walk, out, err);
}
