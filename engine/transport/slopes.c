/* slopes.c - increments of mean squares between two lags (T 7.7). */
#include <math.h>

#include "engine/transport/transport_impl.h"

void vt__slopes_add(const vt__slopes *one, double weight, vt__slopes *sum)
{
  const double *x = (const double *)one;
  double *y = (double *)sum;
  for (size_t k = 0; k < sizeof *sum / sizeof *y; k++) y[k] += weight * x[k];
}

double vt__bilinear(int n_species, const vt__slopes *s, const double *u, const double *w)
{
  double sum = 0;
  for (int i = 0; i < n_species; i++)
    for (int j = 0; j < n_species; j++)
      if (u[i] != 0 && w[j] != 0) sum += u[i] * w[j] * s->pair[i][j];
  return sum;
}

void vt__shared_free(vt__shared *s)
{
  vt_free(s->msd);
  *s = (vt__shared){0};
}

vt_status vt__shared_lags(const vt_tr_input *in, vt__shared *out, vt_err *err)
{
  const double rounding = 1e-9;
  void *block = NULL;
  *out = (vt__shared){.lag_ps = in->lag_ps};
  if (in->n_lag == 0 || in->n_clag == 0) return VT_OK;
  VT_TRY(vt_calloc64(&block, 2 * (size_t)in->n_lag, sizeof(int), err), err, "%d lags", in->n_lag);
  out->msd = block;
  out->charge = out->msd + in->n_lag;
  for (int i = 0, j = 0; i < in->n_lag; i++) {
    while (j < in->n_clag && in->clag_ps[j] < in->lag_ps[i] * (1 - rounding)) j++;
    if (j == in->n_clag || in->clag_ps[j] > in->lag_ps[i] * (1 + rounding)) continue;
    out->msd[out->n] = i;
    out->charge[out->n++] = j;
  }
  return VT_OK;
}

void vt__slopes_between(const vt_tr_input *in, const vt__shared *s, int i, int j, vt__slopes *out)
{
  const int n = in->comp->n_species;
  const double apart = s->lag_ps[s->msd[j]] - s->lag_ps[s->msd[i]];
  *out = (vt__slopes){.volume_a3 = in->volume_a3, .weight = 1};
  for (int a = 0; a < n; a++) {
    const double *msd = in->msd_mean + (size_t)a * (size_t)in->n_lag;
    if (in->comp->count[a] > 0) out->self[a] = (msd[s->msd[j]] - msd[s->msd[i]]) / apart;
    for (int b = 0; b < n; b++) {
      const double *corr = in->charge_corr + (ptrdiff_t)vt_pair_index(a, b, n) * in->n_clag;
      out->pair[a][b] = (corr[s->charge[j]] - corr[s->charge[i]]) / apart;
    }
  }
}

/* cov(n, m) = 2/3 n^2 (m - n/3) / run of the mean squares of a walk at lags n <= m, whose slope is 1. */
double vt__walk_variance(double from_ps, double to_ps, double run_ps)
{
  const double a = from_ps, b = to_ps, apart = b - a;
  return (4.0 / 9 * (a * a * a + b * b * b) - 4.0 / 3 * a * a * (b - a / 3)) / (apart * apart * run_ps);
}
