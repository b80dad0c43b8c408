#include <math.h>

#include "engine/num/num_impl.h"

/* Least squares by the QR factors of the whitened design (A. Bjorck, Numerical Methods for Least Squares Problems, SIAM
 * 1996, section 2.4): with S = L L^T, b minimises |L^-1 (y - X b)| and cov(b) = (X^T S^-1 X)^-1. */

typedef struct problem {
  double *x; /* [p] columns of n, whitened in place */
  double *y; /* [n]                                 */
} problem;

static void close_problem(problem *q)
{
  vt_free(q->x);
  vt_free(q->y);
}

/* Copies of the inputs, the design by columns. */
static vt_status open_problem(problem *q, int n, int p, const double *y, const double *x, vt_err *err)
{
  size_t rows = (size_t)n, cols = (size_t)p;
  if (p < 1 || p > (int)(sizeof((vt_lsq *)0)->b / sizeof(double)))
    VT_FAIL(err, VT_EINVAL, "least squares with %d parameters, expected 1 to 8", p);
  if (n < p) VT_FAIL(err, VT_EINVAL, "least squares with %d points for %d parameters", n, p);
  VT_TRY(VT_NEW(q->x, rows * cols, err), err, "design of %d x %d", n, p);
  VT_TRY(VT_NEW(q->y, rows, err), err, "%d observations", n);
  for (size_t i = 0; i < rows; i++) {
    q->y[i] = y[i];
    if (!isfinite(y[i])) VT_FAIL(err, VT_EINVAL, "observation %zu is %g", i, y[i]);
    for (size_t j = 0; j < cols; j++) {
      q->x[j * rows + i] = x[i * cols + j];
      if (!isfinite(x[i * cols + j])) VT_FAIL(err, VT_EINVAL, "design row %zu has the entry %g", i, x[i * cols + j]);
    }
  }
  return VT_OK;
}

static vt_status solve(problem *q, int n, int p, vt_lsq *out, vt_err *err)
{
  vt_lsq r = {.n = n, .p = p};
  VT_PASS(vt__qr_solve(n, p, q->x, q->y, r.b, r.cov, err));
  for (int i = p; i < n; i++) r.chi2 += q->y[i] * q->y[i]; /* the part of y outside the columns of X */
  *out = r;
  return VT_OK;
}

vt_status vt_gls(int n, int p, const double *y, const double *x, double *s, vt_lsq *out, vt_err *err)
{
  vt_status rc = VT_OK;
  problem q = {0};
  VT_TRY_OUT(open_problem(&q, n, p, y, x, err), err, "generalised least squares");
  VT_TRY_OUT(vt_cholesky(s, n, err), err, "covariance of %d observations", n);
  vt__whiten(n, s, p, q.x);
  vt__whiten(n, s, 1, q.y);
  VT_TRY_OUT(solve(&q, n, p, out, err), err, "generalised least squares");
out:
  close_problem(&q);
  return rc;
}

vt_status vt_wls(int n, int p, const double *y, const double *x, const double *var, vt_lsq *out, vt_err *err)
{
  vt_status rc = VT_OK;
  problem q = {0};
  VT_TRY_OUT(open_problem(&q, n, p, y, x, err), err, "weighted least squares");
  for (int i = 0; i < n; i++) {
    if (!(var[i] > 0 && isfinite(var[i]))) VT_FAIL_OUT(err, VT_EINVAL, "observation %d has the variance %g", i, var[i]);
    double weight = 1 / sqrt(var[i]);
    q.y[i] *= weight;
    for (int j = 0; j < p; j++) q.x[(size_t)j * (size_t)n + (size_t)i] *= weight;
  }
  VT_TRY_OUT(solve(&q, n, p, out, err), err, "weighted least squares");
out:
  close_problem(&q);
  return rc;
}
