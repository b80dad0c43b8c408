/* fits_impl.h - what the files of this module share. */
#ifndef VT_FITS_IMPL_H
#define VT_FITS_IMPL_H

#include "engine/fits/fits.h"
#include "engine/num/num.h"

/* ------------------------------------------------------------------ lines.c: lines of glasses (T 8.1 - 8.4) */

/* Covariance of a level and a slope: var level, cov, var slope. */
typedef struct vt__cov {
  double a, ab, b;
} vt__cov;

/* Working copy of the points that take part: y = ln x, u = where the line is straight, var the pooled variance of y. */
typedef struct vt__samples {
  int n, n_glasses;
  double *y, *u, *t_k, *var;
  double *u_ref;      /* [n] u of the Arrhenius line about t_ref_k */
  int *glass;         /* [n] 0 .. n_glasses-1 */
  double *level, *ea; /* [n_glasses] fitted line of each glass, y = level - ea u */
  vt__cov sampling;   /* of the line of one glass by the errors of its points, mean over glasses */
  double chi2;        /* of all lines         */
  int dof;
  vt_scatter others; /* between glasses of other compositions, at t_ref_k             */
  int usual_dof;     /* with which the usual scatter counts                           */
  double noise;      /* factor that scales the variances of the points (T 8.3)        */
  double common;     /* variance of ln x that all glasses share at a temperature (T 8.9) */
  int common_dof;    /* behind it; 0: no misfit                                       */
  double ln_extra;   /* of the line at t_extra_k                                      */
  double most;       /* x at t_extra_k is less than this, 97.5 %                      */
  void *doubles, *ints;
} vt__samples;

/* The combined line: mean, covariance of the mean. */
typedef struct vt__mean_line {
  double level, ea, var_level, var_ea, cov;
} vt__mean_line;

/* Weighted line of each glass, y = level - ea u: s->level, s->ea, s->sampling, s->chi2, s->dof.  Allocates. */
VT_MUST_CHECK vt_status vt__lines_fit(vt__samples *s, vt_err *err);
/* The plain mean; its covariance by T 8.2, and what a common misfit adds. */
vt__mean_line vt__lines_mean(const vt__samples *s);
/* Degrees of freedom of that covariance. */
int vt__lines_dof(const vt__samples *s);
/* Value and variance of the line at u. */
double vt__lines_at(const vt__mean_line *l, double u, double *variance);

/* ------------------------------------------------------------------ scatter.c: between glasses (T 8.2) */

/* What glasses of this class have shown: VT_USUAL_LEVEL, 6 meV in slope; it counts as six degrees of freedom, less
 * where the glasses at hand scatter more. */
#define VT_USUAL_EA 0.006
enum { VT_USUAL_DOF = 6 };

/* x + w y. */
vt__cov vt__cov_add(vt__cov x, double w, vt__cov y);
/* c, made as large as `least` (positive definite) in every direction where it is smaller. */
vt__cov vt__cov_at_least(vt__cov c, vt__cov least);
/* Degrees of freedom of the scatter; 0: one glass, and no other composition has two. */
int vt__scatter_dof(const vt__samples *s);
/* Sample covariance of the lines of the glasses. */
vt__cov vt__scatter_own(const vt__samples *s);
/* s->usual_dof, from the Arrhenius lines, s->noise and s->others. */
void vt__scatter_weigh(vt__samples *s);
/* Degrees of freedom of the usual scatter where the variance that is seen, with seen_dof, is `ratio` times as large. */
int vt__usual_dof(double ratio, int seen_dof);
/* Covariance of the mean line, in the coordinates s->u. */
vt__cov vt__scatter_of_mean(const vt__samples *s);
/* Degrees of freedom d0 of the distribution that k variances with `dof` each come from; INFINITY: they agree, or are
 * too few to tell. */
double vt__prior_dof(int k, const double *variance, const double *dof);
/* As a count, not above `most`. */
int vt__count_dof(double d0, int most);

/* ------------------------------------------------------------------ arrh.c */

/* A point with a positive value and an error. */
int vt__is_usable(const vt_point *p);

/* ------------------------------------------------------------------ misfit.c (T 8.9) */

/* After vt__lines_fit of the Arrhenius line: a->misfit, s->noise, s->common, s->common_dof.  t0_max_k: how far curves
 * are tried.  Overwrites u, level, ea, sampling, chi2, dof of s.  Allocates. */
VT_MUST_CHECK vt_status vt__misfit_find(vt__samples *s, double t0_max_k, vt_arrh *a, vt_err *err);
/* What the common misfit adds to the covariance of the mean line in the coordinates s->u. */
vt__cov vt__misfit_of_mean(const vt__samples *s);
/* Points of s at how many different temperatures? */
int vt__different_temperatures(const vt__samples *s);

/* ------------------------------------------------------------------ vtf.c (T 8.5, 8.6) */

/* s->u of curves with this T0: zero at t_max_k, so that level and slope stay finite. */
void vt__vtf_coordinates(vt__samples *s, double t0_k, double t_max_k);
/* The other model for the same points, after a->... of the line is filled in: a->vtf, a->avg_*, a->model.  Overwrites
 * u, level, ea, sampling, chi2, dof and, while it works, y of s.  Allocates. */
VT_MUST_CHECK vt_status vt__vtf_fit(vt__samples *s, vt_arrh *a, vt_err *err);
/* A band wider than three decades holds no value; what is known is its upper end, or `most` if that is less (T 8.4). */
vt_band vt__band_believed(vt_band b, double most);

#endif
