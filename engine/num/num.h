/* num.h - statistics, least squares with covariance, quantiles, dense algebra (layer 1; the only user of BLAS/LAPACK).
 *
 * Matrices are row-major double arrays.  Nothing allocates unless it says so; nothing is collective. */
#ifndef VT_NUM_H
#define VT_NUM_H

#include "engine/base/base.h"

/* Sum in a fixed tree that depends on n alone. */
double vt_sum(const double *x, size_t n);
double vt_mean(const double *x, size_t n);
/* Sample variance (n-1); NaN for n < 2. */
double vt_variance(const double *x, size_t n);
/* q-quantile (0..1) of x by linear interpolation (R type 7); sorts x in place. */
double vt_quantile_inplace(double *x, size_t n, double q);

/* Standard error of the mean of a correlated series by Flyvbjerg-Petersen blocking (J. Chem. Phys. 91, 461): the
 * largest blocked estimate with at least 16 blocks. scratch [n]. NaN for n < 16. */
double vt_blocking_se(const double *x, size_t n, double *scratch);
/* The same with at least `least` >= 2 blocks: fewer see longer correlations, and scatter more. */
double vt_blocking_se_least(const double *x, size_t n, size_t least, double *scratch);

/* First peak (A, bin centre) of a radial distribution g[n_bins] at ascending r, and the minimum behind it, which ends
 * the first shell: of g smoothed over five bins, extreme within 0.3 A; the peak has at least half of the greatest
 * height, the minimum lies below 0.9 of the peak and within 1.8 times its distance; a gap gives its middle (T 6.6).
 * Bins from the first NaN on are not used.  1 if both were found; else 0, with NaN for what was not. */
int vt_first_shell(int n_bins, const double *r, const double *g, double *peak, double *minimum);

/* Distribution functions and quantiles (regularised incomplete beta and gamma, Lentz' continued fraction; checked
 * against scipy to 1e-10). p in (0,1). */
double vt_normal_cdf(double x);
double vt_normal_quantile(double p);
double vt_t_cdf(double t, double dof);
double vt_t_quantile(double p, double dof);
double vt_chi2_cdf(double x, double dof);
double vt_chi2_quantile(double p, double dof);
double vt_f_cdf(double f, double d1, double d2);

/* Cholesky of a symmetric positive definite n x n matrix in place (lower), LAPACK dpotrf.  VT_EINVAL if it is not
 * positive definite. */
VT_MUST_CHECK vt_status vt_cholesky(double *a, int n, vt_err *err);
/* Eigenvalues (ascending, w[n]) and eigenvectors (COLUMNS of a on return, row-major storage) of a symmetric matrix,
 * LAPACK dsyevd.  Allocates its workspace. */
VT_MUST_CHECK vt_status vt_eigen_sym(double *a, int n, double *w, vt_err *err);

/* Generalised least squares y = X b + e, cov(e) = S: b[p], cov_b[p*p], chi2 = r^T S^-1 r.
 * y[n], x[n*p], s[n*n] (destroyed).  Allocates.  VT_EINVAL: n < p, S not positive definite, X rank deficient. */
typedef struct vt_lsq {
  int n, p;
  double b[8], cov[64], chi2;
} vt_lsq;
VT_MUST_CHECK vt_status vt_gls(int n, int p, const double *y, const double *x, double *s, vt_lsq *out, vt_err *err);
/* Weighted least squares: S diagonal with variances var[n]. */
VT_MUST_CHECK vt_status vt_wls(int n, int p, const double *y, const double *x, const double *var, vt_lsq *out,
                               vt_err *err);

/* Least value of f on [lo, hi]: a scan of n_scan equal steps (both ends are looked at), then golden section between the
 * neighbours of its least point, to 2e-5 of a step; a minimum at an end of the interval gives exactly that end (T 5.4).
 * It finds the lowest of several valleys if none is narrower than a step.  n_scan >= 2.  Errors are those of f. */
typedef vt_status (*vt_objective)(void *ctx, double x, double *value, vt_err *err);
VT_MUST_CHECK vt_status vt_minimize(vt_objective f, void *ctx, double lo, double hi, int n_scan, double *x,
                                    double *value, vt_err *err);

/* A mixture of t distributions: share w > 0 of mu + se * t(dof).  mu may be -INFINITY, se 0. */
typedef struct vt_t_part {
  double w, mu, se, dof;
} vt_t_part;
/* q-quantile, q in (0,1), of the mixture; -INFINITY if that much lies there.  The shares need not add up to 1.  NaN for
 * n < 1 (T 5.5). */
double vt_mixture_quantile(const vt_t_part *part, int n, double q);

/* Call once before the first BLAS call: one thread, whatever the environment says. */
void vt_blas_serial(void);
const char *vt_blas_name(void);

#endif
