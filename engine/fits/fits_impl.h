/* fits_impl.h - what the files of this module share. */
#ifndef VT_FITS_IMPL_H
#define VT_FITS_IMPL_H

#include "engine/fits/fits.h"
#include "engine/num/num.h"

/* ------------------------------------------------------------------ lines.c: lines of glasses (T 8.1 - 8.4) */

/* Working copy of the points that take part: y = ln x, u = where the line is straight, var the pooled variance of y. */
typedef struct vt__samples {
  int n, n_glasses;
  double *y, *u, *t_k, *var;
  int *glass;         /* [n] 0 .. n_glasses-1 */
  double *level, *ea; /* [n_glasses] fitted line of each glass, y = level - ea u */
  double chi2;        /* of all lines         */
  int dof;
  void *doubles, *ints;
} vt__samples;

/* The combined line: mean, covariance of the mean. */
typedef struct vt__mean_line {
  double level, ea, var_level, var_ea, cov;
} vt__mean_line;

/* Weighted line of each glass, y = level - ea u: s->level, s->ea, s->chi2, s->dof.  last: that of the last glass.
 * Allocates. */
VT_MUST_CHECK vt_status vt__lines_fit(vt__samples *s, vt_lsq *last, vt_err *err);
/* Several glasses by their scatter; one: as given, errors times `factor`. */
vt__mean_line vt__lines_mean(const vt__samples *s, const vt_lsq *last, double factor);
/* Value and variance of the line at u. */
double vt__lines_at(const vt__mean_line *l, double u, double *variance);

/* ------------------------------------------------------------------ vtf.c (T 8.5, 8.6) */

/* The other model for the same points, after a->... of the line is filled in: a->vtf, a->avg_*, a->model.  Overwrites
 * u, level, ea, chi2, dof and, while it works, y of s.  Allocates. */
VT_MUST_CHECK vt_status vt__vtf_fit(vt__samples *s, vt_arrh *a, vt_err *err);

#endif
