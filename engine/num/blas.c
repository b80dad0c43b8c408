/* The only file that speaks to BLAS and LAPACK. */
#include <cblas.h>
#include <math.h>

#include "engine/num/num_impl.h"

// NOLINTBEGIN(readability-identifier-naming): these are LAPACK's names
/* Fortran LAPACK; the trailing size_t are the lengths of the character arguments (gfortran's calling convention). */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);
void dgels_(const char *trans, const int *m, const int *n, const int *nrhs, double *a, const int *lda, double *b,
            const int *ldb, double *work, const int *lwork, int *info, size_t);
// NOLINTEND(readability-identifier-naming)

void vt_blas_serial(void) { openblas_set_num_threads(1); }

const char *vt_blas_name(void) { return openblas_get_config(); }

vt_status vt_cholesky(double *a, int n, vt_err *err)
{
  int info = 0;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "Cholesky factor of a %d x %d matrix", n, n);
  dpotrf_("U", &n, a, &n, &info, 1); /* the upper triangle of LAPACK's columns is the lower one of our rows */
  size_t m = (size_t)n;
  for (size_t i = 0; i < m && info == 0; i++)
    if (!(a[i * m + i] > 0 && isfinite(a[i * m + i]))) info = (int)i + 1; /* NaN passes through dpotrf */
  if (info != 0)
    VT_FAIL(err, VT_EINVAL, "a %d x %d matrix is not positive definite (leading minor of order %d)", n, n, info);
  for (size_t i = 0; i < m; i++)
    for (size_t j = i + 1; j < m; j++) a[i * m + j] = 0;
  return VT_OK;
}

static void transpose(double *a, size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      double keep = a[i * n + j];
      a[i * n + j] = a[j * n + i];
      a[j * n + i] = keep;
    }
}

vt_status vt_eigen_sym(double *a, int n, double *w, vt_err *err)
{
  vt_status rc = VT_OK;
  double *work = NULL;
  int *iwork = NULL;
  double best_work = 0;
  int best_iwork = 0, info = 0;
  const int ask = -1;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "eigenvalues of a %d x %d matrix", n, n);
  for (size_t i = 0; i < (size_t)n * (size_t)n; i++) /* LAPACK may not return when given NaN */
    if (!isfinite(a[i])) VT_FAIL(err, VT_EINVAL, "eigenvalues of a matrix with the entry %g", a[i]);
  dsyevd_("V", "L", &n, a, &n, w, &best_work, &ask, &best_iwork, &ask, &info, 1, 1);
  int n_work = (int)best_work;
  VT_TRY_OUT(VT_NEW(work, n_work, err), err, "eigenvalues, order %d", n);
  VT_TRY_OUT(VT_NEW(iwork, best_iwork, err), err, "eigenvalues, order %d", n);
  dsyevd_("V", "L", &n, a, &n, w, work, &n_work, iwork, &best_iwork, &info, 1, 1);
  if (info != 0) VT_FAIL_OUT(err, VT_EINVAL, "eigenvalues of order %d did not converge (dsyevd: %d)", n, info);
  transpose(a, (size_t)n);
out:
  vt_free(work);
  vt_free(iwork);
  return rc;
}

void vt__whiten(int n, const double *l, int n_rhs, double *b)
{
  /* Our row-major L is LAPACK's column-major L^T. */
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, n, n_rhs, 1.0, l, n, b, n);
}

/* Copy the triangle R out of the factored a and make (R^T R)^-1 of it. */
static int inverse_gram(int n, int p, const double *a, double *cov)
{
  int info = 0;
  for (int j = 0; j < p; j++)
    for (int i = 0; i < p; i++) cov[j * p + i] = i <= j ? a[(size_t)j * (size_t)n + (size_t)i] : 0;
  dpotri_("U", &p, cov, &p, &info, 1);
  for (int j = 0; j < p; j++)
    for (int i = j + 1; i < p; i++) cov[j * p + i] = cov[i * p + j];
  return info;
}

vt_status vt__qr_solve(int n, int p, double *a, double *y, double *b, double *cov, vt_err *err)
{
  enum { MOST_P = 8, BLOCK = 32 };
  const double least_part = 1e-12; /* of a column that must be new in it */
  double norm[MOST_P], work[MOST_P + MOST_P * BLOCK];
  const int one = 1, n_work = (int)(sizeof work / sizeof work[0]);
  int info = 0;
  for (int j = 0; j < p; j++) norm[j] = cblas_dnrm2(n, a + (size_t)j * (size_t)n, 1);
  dgels_("N", &n, &p, &one, a, &n, y, &n, work, &n_work, &info, 1);
  for (int j = 0; j < p && info == 0; j++) {
    double part = fabs(a[(size_t)j * (size_t)n + (size_t)j]);
    if (!(part > least_part * norm[j])) info = j + 1;
  }
  if (info == 0) info = inverse_gram(n, p, a, cov);
  if (info != 0) VT_FAIL(err, VT_EINVAL, "column %d of the design matrix is a combination of the others", info);
  for (int j = 0; j < p; j++) b[j] = y[j];
  return VT_OK;
}
