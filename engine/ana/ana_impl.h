/* ana_impl.h - what the files of this module share. */
#ifndef VT_ANA_IMPL_H
#define VT_ANA_IMPL_H

#include "engine/ana/ana.h"
#include "engine/num/num.h"

/* ------------------------------------------------------------------ line.c: a line through an MSD (T 7.2) */

typedef struct vt__line {
  double slope, relative_se; /* standard error / |slope| */
  double ols_slope;          /* ordinary least squares, for comparison */
} vt__line;

/* What the points are the mean square of. */
typedef struct vt__walk {
  double excess_ps; /* (variance over squared mean of one window - 2/3) times its lag: 0 for Gaussian walks */
  double walkers;   /* independent ones */
  double run_ps;
} vt__walk;

/* y = intercept + slope * lag by generalised least squares for the mean square of random walks.  lag[n] ascends,
 * n >= 3.  Allocates. */
VT_MUST_CHECK vt_status vt__line_fit(int n, const double *lag, const double *y, const vt__walk *walk, vt__line *out,
                                     vt_err *err);

/* Indices of the ascending lags within [lo_ps, hi_ps] (closed, with a little room for rounding): *first, and how many.
 */
int vt__lags_within(int n_lag, const double *lag_ps, double lo_ps, double hi_ps, int *first);

/* ------------------------------------------------------------------ arrays.c: a task's arrays by name */

typedef struct vt__arrays {
  const vt_array_def *defs;
  int n;
  const double *values;
} vt__arrays;

/* The values of an array, NULL if it is not there. */
const double *vt__arrays_find(const vt__arrays *a, const char *name, const vt_array_def **def);
/* One of `rows` by n_lag values (rows 0: a plain axis of lags).  VT_EINVAL: missing, or of another size. */
VT_MUST_CHECK vt_status vt__arrays_table(const vt__arrays *a, const char *name, int rows, int n_lag, const double **out,
                                         vt_err *err);
/* msd/... and charge/... into an input whose composition is set; groups that are not there stay NULL. */
VT_MUST_CHECK vt_status vt__arrays_transport(const vt__arrays *a, vt_tr_input *in, vt_err *err);

/* ------------------------------------------------------------------ transport.c */

/* How far a displacement squared varies more than that of a Gaussian walk: (<dr^4>/<dr^2>^2 - 5/3) t, ps, averaged over
 * the first octave of the window, at least 0 (T 7.2). */
double vt__excess_ps(int n, const double *lag, const double *mean, const double *m4);
/* The line through the MSD of species s over lags first .. first+n-1. */
VT_MUST_CHECK vt_status vt__msd_line(const vt_tr_input *in, int s, int first, int n, vt__line *out, vt_err *err);

/* ------------------------------------------------------------------ frame.c (T 7.5) */

/* <(sum_i u_i dP_i) . (sum_j w_j dP_j)> at collective lag k. */
double vt__bilinear(const vt_tr_input *in, int k, const double *u, const double *w);
/* Share of species k's atoms in the reference that the frame moves with: a_k for each atom of k.  0 if there is none.
 */
int vt__frame_reference(const vt_composition *c, int frame, double a[VT_MAX_SPECIES]);
/* The combination of the simulation's P_k that sum_i u_i P_i is in the frame: u_k - (sum_i u_i N_i) a_k. */
void vt__in_frame(const vt_composition *c, const double *a, const double *u, double *out);

/* ------------------------------------------------------------------ collective.c (T 7.4 - 7.6) */

/* sigma, Haven ratios and their window, from out->tracer. */
VT_MUST_CHECK vt_status vt__collective(const vt_tr_input *in, vt_transport *out, vt_err *err);

/* Slope of a bilinear form of displacements over the lags of [lo, hi] (A^2/ps) and the relative error that a mean
 * square has there.  NaN with fewer than 3 lags; VT_EINVAL: a correlation is not finite.  Allocates. */
typedef struct vt__slope {
  double value, relative_se;
} vt__slope;
VT_MUST_CHECK vt_status vt__collective_slope(const vt_tr_input *in, double lo_ps, double hi_ps, const double *u,
                                             const double *w, vt__slope *out, vt_err *err);

/* Slope of the charge MSD that the alkali would have if its ions moved independently, from tracer motion in the window:
 * in the frame of the simulation, and seen from the reference a of vt__frame_reference (as simulated if NULL). */
typedef struct vt__self {
  double lab, lab_se, seen;
} vt__self;
VT_MUST_CHECK vt_status vt__alkali_self(const vt_tr_input *in, double lo_ps, double hi_ps, const double *a,
                                        vt__self *out, vt_err *err);
/* The same of every species on its own, as simulated; NaN with fewer than 3 lags: part[n_species]. */
VT_MUST_CHECK vt_status vt__self_parts(const vt_tr_input *in, double lo_ps, double hi_ps, double *part, vt_err *err);

/* ------------------------------------------------------------------ trend.c (T 12.2) */

/* Mean of x[n] with its t interval, geometric of ln values if `log`; the value alone for n = 1, NaN for 0. */
vt_over_glasses vt__over_glasses(const double *x, int n, int log);

/* ------------------------------------------------------------------ arrh.c: lines of glasses (T 8.1 - 8.4) */

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

/* ------------------------------------------------------------------ random.c: random effects (T 9.2) */

typedef struct vt__effects {
  double mean, tau2, tau2_lo, tau2_hi, tau2_dl, q, q_p, i2;
} vt__effects;

/* k >= 2 values y with sampling variances s2 > 0. */
void vt__effects_fit(int k, const double *y, const double *s2, vt__effects *out);
/* sum w y / sum w with w = 1 / (s2 + tau2). */
double vt__effects_mean(int k, const double *y, const double *s2, double tau2);
/* The tau2 >= 0 at which Cochran's Q with weights 1/(s2 + tau2) has fallen to q; 0 if it starts below. */
double vt__effects_tau2(int k, const double *y, const double *s2, double q);

/* ------------------------------------------------------------------ the compositions that are compared (compare.c) */

typedef struct vt__screen {
  int k, left_out;
  int single;        /* none of them has more than one glass */
  int without_error; /* a value has none                    */
  double dof;        /* behind the pooled variance           */
  double per_glass;  /* variance between glasses, decades^2; NaN if single */
  const vt_compare_input *in;
  const vt_arrh *fit[VT_MAX_COMPARE];
  double y[VT_MAX_COMPARE], s2[VT_MAX_COMPARE]; /* value, and variance of its error */
  int n_line;                                   /* lines of compositions that take part; 0: not known */
  const vt_glass_line **line;                   /* [n_line] grouped by composition  */
  int *owner;                                   /* [n_line] 0..k-1                  */
  double *weight;                               /* [n_line] 1, or less for outlying glasses */
} vt__screen;

/* ------------------------------------------------------------------ outlier.c: values and variances (T 9.1, 9.7) */

/* Variances s2[k] from standard errors se[k]; returns the variance between glasses (T 9.1). */
double vt__pool(const vt__screen *t, const double *se, double *s2);
/* y, s2, per_glass and weights from the lines of the glasses, outlying ones bounded (T 9.7); only with n_line > 0. */
void vt__pool_lines(vt__screen *t);

/* ------------------------------------------------------------------ ancova.c: p values, for information (T 9.5, 9.8)
 */

/* One-way F of values y with variance per_glass between glasses: NaN unless every composition has two glasses. */
double vt__p_equal(const vt__screen *t, const double *y, double per_glass);
/* One level given one slope; NaN without lines. */
double vt__p_level(const vt__screen *t);
/* Allocates. */
VT_MUST_CHECK vt_status vt__p_permutation(const vt__screen *t, uint64_t key, double *p, vt_err *err);

/* ------------------------------------------------------------------ residence.c (T 12) */

/* No number, for the reason VT_RES_ABSENT. */
vt_residence vt__residence_absent(void);

/* ------------------------------------------------------------------ verdict.c (T 9.6) */

void vt__decide(const vt__screen *t, vt_compare *c);

#endif
