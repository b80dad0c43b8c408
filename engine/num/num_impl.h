/* num_impl.h - what fit.c asks of blas.c.  Column-major, as LAPACK has it. */
#ifndef VT_NUM_IMPL_H
#define VT_NUM_IMPL_H

#include "engine/num/num.h"

/* B <- L^-1 B for a row-major lower triangle l[n*n] and b[n_rhs columns of n]. */
void vt__whiten(int n, const double *l, int n_rhs, double *b);
/* QR of a[p columns of n]: on return the upper triangle R is in a, y[n] holds Q^T y, and b[p] solves R b = (Q^T
 * y)[0..p). cov[p*p] is (R^T R)^-1.  VT_EINVAL if a column is, to rounding, a combination of those before it. */
VT_MUST_CHECK vt_status vt__qr_solve(int n, int p, double *a, double *y, double *b, double *cov, vt_err *err);

#endif
