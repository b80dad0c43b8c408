/* Which factor of the composition the values vary with (T 9.10). */
#include <math.h>

#include "engine/comparison/comparison_impl.h"

/* Orthonormal columns that span the mean and some of the factors. */
typedef struct basis {
  int k, n;
  double *q; /* [n][k] */
} basis;

/* What a projection leaves: of the values, and of the variances of their errors. */
typedef struct rest {
  double values, noise;
  int dof;
} rest;

VT_REASONS(vt_var_reasons, VT_VAR_REASONS);
const char *vt_var_reason_text(vt_var_reason r) { return vt_reason_text(&vt_var_reasons, (int)r); }

static double variance_dot(int k, const double *a, const double *b)
{
  double sum = 0;
  for (int i = 0; i < k; i++) sum += a[i] * b[i];
  return sum;
}

/* Take column `x` into the basis unless it lies in it (twice is enough: Kahan, Parlett). */
static void variance_extend(basis *b, const double *x)
{
  const double dependent = 1e-9; /* indicator columns: anything but zero is of order one */
  double *q = b->q + (size_t)b->n * (size_t)b->k, length = variance_dot(b->k, x, x);
  for (int i = 0; i < b->k; i++) q[i] = x[i];
  for (int pass = 0; pass < 2; pass++)
    for (int j = 0; j < b->n; j++) {
      const double *p = b->q + (size_t)j * (size_t)b->k;
      double along = variance_dot(b->k, p, q);
      for (int i = 0; i < b->k; i++) q[i] -= along * p[i];
    }
  double left = variance_dot(b->k, q, q);
  if (b->n == b->k || !(left > dependent * length)) return;
  for (int i = 0; i < b->k; i++) q[i] /= sqrt(left);
  b->n++;
}

static int is_first_of_its_level(const int *level, int i)
{
  for (int j = 0; j < i; j++)
    if (level[j] == level[i]) return 0;
  return 1;
}

static void indicator(int k, const int *level, int i, double *column)
{
  for (int j = 0; j < k; j++) column[j] = level[j] == level[i];
}

/* The mean and every factor except `without` (-1: all). */
static void variance_span(basis *b, const vt_var_input *in, int without, double *column)
{
  b->n = 0;
  for (int i = 0; i < b->k; i++) column[i] = 1;
  variance_extend(b, column);
  for (int f = 0; f < in->n_factors; f++)
    for (int i = 0; f != without && i < b->k; i++) {
      if (!is_first_of_its_level(in->level[f], i)) continue;
      indicator(b->k, in->level[f], i, column);
      variance_extend(b, column);
    }
}

/* y: the centred values. */
static rest left_over(const basis *b, const double *y, const double *variance)
{
  rest r = {.values = variance_dot(b->k, y, y), .dof = b->k - b->n};
  for (int i = 0; i < b->k; i++) r.noise += variance[i];
  for (int j = 0; j < b->n; j++) {
    const double *q = b->q + (size_t)j * (size_t)b->k;
    double along = variance_dot(b->k, q, y);
    r.values -= along * along;
    for (int i = 0; i < b->k; i++) r.noise -= q[i] * q[i] * variance[i];
  }
  return r;
}

/* How much a unit variance of the factor's levels adds to what `b`, which spans the others, leaves. */
static double variance_gain(const basis *b, const int *level, double *column)
{
  double sum = 0;
  for (int i = 0; i < b->k; i++) {
    if (!is_first_of_its_level(level, i)) continue;
    indicator(b->k, level, i, column);
    sum += variance_dot(b->k, column, column);
    for (int j = 0; j < b->n; j++) {
      double along = variance_dot(b->k, b->q + (size_t)j * (size_t)b->k, column);
      sum -= along * along;
    }
  }
  return sum;
}

static double variance_sd(double variance) { return sqrt(fmax(0, variance)); }

static vt_status variance_check(const vt_var_input *in, vt_err *err)
{
  if (in->k < 2 || in->n_factors < 0 || in->n_factors > VT_MAX_FACTORS)
    VT_FAIL(err, VT_EINVAL, "variance of %d compositions by %d factors", in->k, in->n_factors);
  for (int i = 0; i < in->k; i++)
    if (!isfinite(in->value[i]) || !(in->variance[i] >= 0 && isfinite(in->variance[i])))
      VT_FAIL(err, VT_EINVAL, "value %d of a variance by factor is %g with variance %g", i, in->value[i],
              in->variance[i]);
  return VT_OK;
}

/* Variance between glasses: what there is, less what the errors of their points explain. */
static void variance_glasses(const vt_var_input *in, vt_var_split *out)
{
  out->sampling = in->sampling >= 0 ? sqrt(in->sampling) : (double)NAN;
  out->glass = in->per_glass >= 0 ? variance_sd(in->per_glass - (in->sampling >= 0 ? in->sampling : 0)) : (double)NAN;
}

static void one_factor(const vt_var_input *in, int f, basis *b, const rest *full, const double *y, double *column,
                       vt_var_split *out)
{
  variance_span(b, in, f, column);
  rest without = left_over(b, y, in->variance);
  int dof = without.dof - full->dof, levels = 0;
  for (int i = 0; i < in->k; i++) levels += is_first_of_its_level(in->level[f], i);
  out->factor[f] = (double)NAN;
  out->reason[f] = levels < 2       ? VT_VAR_ONE_LEVEL
                   : dof == 0       ? VT_VAR_ALIASED
                   : full->dof == 0 ? VT_VAR_NO_DOF
                                    : VT_VAR_OK;
  if (out->reason[f] != VT_VAR_OK) return;
  double residual =
      (full->values - full->noise) / full->dof; /* may be negative: kept, for the estimate to be unbiased */
  double excess = without.values - full->values - dof * residual - (without.noise - full->noise);
  out->factor[f] = variance_sd(excess / variance_gain(b, in->level[f], column));
}

vt_status vt_variance_by_factor(const vt_var_input *in, vt_var_split *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  VT_PASS(variance_check(in, err));
  size_t k = (size_t)in->k;
  VT_TRY_OUT(vt_calloc64(&block, k * (k + 1) + 2 * k, sizeof(double), err), err, "variance of %d compositions", in->k);
  double *column = block, *y = column + k;
  basis b = {.k = in->k, .q = y + k}; /* one row to spare: `extend` tries a column there */
  double mean = 0;
  for (int i = 0; i < in->k; i++) mean += in->value[i] / in->k;
  for (int i = 0; i < in->k; i++) y[i] = in->value[i] - mean;
  *out = (vt_var_split){.n_factors = in->n_factors};
  variance_span(&b, in, -1, column);
  rest full = left_over(&b, y, in->variance);
  out->dof = full.dof;
  out->residual = full.dof > 0 ? variance_sd((full.values - full.noise) / full.dof) : (double)NAN;
  out->residual_reason = full.dof > 0 ? VT_VAR_OK : VT_VAR_NO_DOF;
  for (int f = 0; f < in->n_factors; f++) one_factor(in, f, &b, &full, y, column, out);
  variance_glasses(in, out);
out:
  vt_free(block);
  return rc;
}

double vt_compare_sampling(const vt_compare_input *in, const vt_compare *c)
{
  double sum = 0;
  int n = 0;
  for (int j = 0; in->glass && j < in->n_glass; j++)
    for (int i = 0; i < c->k; i++)
      if (c->comp[i] == in->glass[j].comp) sum += in->glass[j].var_ref, n++;
  return n ? sum / n : (double)NAN;
}
