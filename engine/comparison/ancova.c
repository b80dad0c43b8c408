/* Do the compositions share one line?  p values with glasses as the error stratum (T 9.5), and by exchange of labels
 * (T 9.8).  For information: no verdict rests on them. */
#include <math.h>

#include "engine/comparison/comparison_impl.h"
#include "engine/num/num.h"

double vt__p_equal(const vt__screen *t, const double *y, double per_glass)
{
  double sum = 0, mean = 0, between = 0, dof = 0;
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    if (g < 2) return (double)NAN;
    sum += g;
    mean += g * y[i];
    dof += g - 1;
  }
  mean /= sum;
  for (int i = 0; i < t->k; i++) between += t->fit[i]->n_glasses * (y[i] - mean) * (y[i] - mean);
  return 1 - vt_f_cdf(between / (t->k - 1) / per_glass, t->k - 1, dof);
}

/* Sums of squares and products of (Ea, level) about a centre. */
typedef struct moments {
  double ee, ea, aa;
} moments;

static void ancova_add(moments *m, const vt_glass_line *l, double mean_e, double mean_a)
{
  double e = l->ea_ev - mean_e, a = l->log10_ref - mean_a;
  m->ee += e * e;
  m->ea += e * a;
  m->aa += a * a;
}

/* What is left of the levels after their regression on Ea. */
static double ancova_residual(const moments *m) { return m->ee > 0 ? m->aa - m->ea * m->ea / m->ee : m->aa; }

/* Analysis of covariance of the glasses' levels with their Ea as the covariate: where all compositions have one slope,
 * its scatter between glasses says nothing about compositions, and what the levels owe to it is removed.  The result is
 * the same at every reference temperature, as it has to be for parallel lines (T 9.5). */
double vt__p_level(const vt__screen *t)
{
  double e[VT_MAX_COMPARE] = {0}, a[VT_MAX_COMPARE] = {0}, all_e = 0, all_a = 0;
  moments within = {0}, total = {0};
  int n = t->n_line, k = t->k;
  for (int i = 0; i < k; i++)
    if (t->fit[i]->n_glasses < 2) return (double)NAN;
  if (n - k - 1 < 1) return (double)NAN;
  for (int j = 0; j < n; j++) {
    int i = t->owner[j], g = t->fit[i]->n_glasses;
    e[i] += t->line[j]->ea_ev / g;
    a[i] += t->line[j]->log10_ref / g;
    all_e += t->line[j]->ea_ev / n;
    all_a += t->line[j]->log10_ref / n;
  }
  for (int j = 0; j < n; j++) {
    ancova_add(&within, t->line[j], e[t->owner[j]], a[t->owner[j]]);
    ancova_add(&total, t->line[j], all_e, all_a);
  }
  double error = ancova_residual(&within), one_line = ancova_residual(&total);
  return 1 - vt_f_cdf((one_line - error) / (k - 1) / (error / (n - k - 1)), k - 1, n - k - 1);
}

/* sum over compositions of (sum of its values)^2 / count: all that varies of the sum of squares between them. */
static double ancova_spread(const vt__screen *t, const double *v)
{
  double sum[VT_MAX_COMPARE] = {0}, total = 0;
  for (int j = 0; j < t->n_line; j++) sum[t->owner[j]] += v[j];
  for (int i = 0; i < t->k; i++) total += sum[i] * sum[i] / t->fit[i]->n_glasses;
  return total;
}

vt_status vt__p_permutation(const vt__screen *t, uint64_t key, double *p, vt_err *err)
{
  enum { PERMUTATIONS = 2000, DRAW = 3 };
  vt_status rc = VT_OK;
  void *block = NULL;
  int n = t->n_line, as_wide = 0;
  *p = (double)NAN;
  if (n <= t->k) return VT_OK; /* nobody has two glasses: exchanging them changes nothing */
  VT_TRY_OUT(vt_calloc64(&block, (size_t)n, sizeof(double), err), err, "permutations of %d glasses", n);
  double *v = block, mean = 0;
  for (int j = 0; j < n; j++) mean += t->line[j]->log10_ref / n;
  for (int j = 0; j < n; j++) v[j] = t->line[j]->log10_ref - mean;
  double seen = ancova_spread(t, v);
  for (int b = 0; b < PERMUTATIONS; b++) {
    vt_alive();
    for (int j = n - 1; j > 0; j--) {
      double u[2];
      vt_rng_uniform2(key, VT_STREAM_BOOTSTRAP, DRAW, b, (uint32_t)j, u);
      int other = (int)(u[0] * (j + 1)); /* u < 1, j is small */
      double x = v[j];
      v[j] = v[other];
      v[other] = x;
    }
    as_wide += ancova_spread(t, v) >= seen * (1 - 1e-12);
  }
  *p = (1.0 + as_wide) / (1 + PERMUTATIONS); /* what was seen is one of the arrangements */
out:
  vt_free(block);
  return rc;
}
