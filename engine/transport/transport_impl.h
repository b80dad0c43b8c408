/* transport_impl.h - what the files of this module share. */
#ifndef VT_TRANSPORT_IMPL_H
#define VT_TRANSPORT_IMPL_H

#include "engine/num/num.h"
#include "engine/obs/obs.h"
#include "engine/transport/transport.h"

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

/* How far a displacement squared varies more than that of a Gaussian walk: (<dr^4>/<dr^2>^2 - 5/3) t, ps, averaged over
 * the first octave of the window, at least 0 (T 7.2). */
double vt__excess_ps(int n, const double *lag, const double *mean, const double *m4);

/* Mean squared displacement of one species, of one glass or of several together. */
typedef struct vt__msd {
  int n_lag;
  const double *lag_ps, *mean, *m4; /* [n_lag], borrowed */
  double walkers, run_ps;           /* ions, and the length of their run; of several glasses: ions of all */
  double longest_ps;                /* piece of that run: lags reach a quarter of it */
} vt__msd;
/* The line through lags first .. first+n-1. */
VT_MUST_CHECK vt_status vt__msd_line(const vt__msd *m, int first, int n, vt__line *out, vt_err *err);

/* ------------------------------------------------------------------ transport.c */

/* D by T 7.1 - 7.3. */
VT_MUST_CHECK vt_status vt__tracer(const vt__msd *m, vt_tracer *t, vt_err *err);
vt_tracer vt__no_tracer(void);
VT_MUST_CHECK vt_status vt__check_input(const vt_tr_input *in, vt_err *err);
/* Longest piece of the run, ps. */
double vt__longest_ps(const vt_tr_input *in);
/* Frame that vt_tr_msd_in_frame gives for `frame`: itself, barycentric without metal, as simulated without shared lags.
 */
int vt__frame_used(const vt_tr_input *in, int frame);

/* ------------------------------------------------------------------ arrays.c */

/* msd/... and charge/... into an input whose composition is set; groups that are not there stay NULL. */
VT_MUST_CHECK vt_status vt__arrays_transport(const vt_arrays *a, vt_tr_input *in, vt_err *err);

/* ------------------------------------------------------------------ frame.c (T 7.5) */

/* Species s is a mobile one, and it is there. */
int vt__is_alkali(const vt_composition *c, int s);
/* Share of species k's atoms in the reference that the frame moves with: a_k for each atom of k.  0 if there is none.
 */
int vt__frame_reference(const vt_composition *c, int frame, double a[VT_MAX_SPECIES]);
/* The combination of the simulation's P_k that sum_i u_i P_i is in the frame: u_k - (sum_i u_i N_i) a_k. */
void vt__in_frame(const vt_composition *c, const double *a, const double *u, double *out);
/* MSD and collective correlations were sampled at the same lags. */
int vt__same_lags(const vt_tr_input *in);

/* ------------------------------------------------------------------ slopes.c: increments between two lags (T 7.7) */

/* Increments of the mean squares between two lags over their distance, A^2/ps, as simulated; sums over glasses. */
typedef struct vt__slopes {
  double self[VT_MAX_SPECIES];                 /* <dr^2> of species i   */
  double pair[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* <dP_i . dP_j>         */
  double volume_a3, weight;
} vt__slopes;
void vt__slopes_add(const vt__slopes *one, double weight, vt__slopes *sum);
/* <(sum_i u_i dP_i) . (sum_j w_j dP_j)>. */
double vt__bilinear(int n_species, const vt__slopes *s, const double *u, const double *w);

/* Lags that MSD and collective correlations share: [n] places of each in its own list. */
typedef struct vt__shared {
  int n, *msd, *charge;
  const double *lag_ps; /* of the MSD */
} vt__shared;
VT_MUST_CHECK vt_status vt__shared_lags(const vt_tr_input *in, vt__shared *out, vt_err *err);
void vt__shared_free(vt__shared *s);
/* Between shared lags i and j of one run; its weight is 1. */
void vt__slopes_between(const vt_tr_input *in, const vt__shared *s, int i, int j, vt__slopes *out);
/* Relative variance of the increment of a walk's mean square between two lags (ps) in runs of run_ps together. */
double vt__walk_variance(double from_ps, double to_ps, double run_ps);

/* ------------------------------------------------------------------ numbers.c: what slopes say (T 7.5, T 7.6) */

typedef enum vt__ratio { VT__METAL, VT__BARYCENTRIC, VT__FRAME_FREE, VT__N_RATIO } vt__ratio;

/* All doubles: statistics run over them as over an array. */
typedef struct vt__numbers {
  double ln_haven, ln_ionicity, t_alkali, t_self, gap;
  double t[VT_MAX_SPECIES];
  double t_self_of[VT_MAX_SPECIES];
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES];
  double recoil[VT_MAX_SPECIES][VT_MAX_SPECIES];
} vt__numbers;
enum { VT__N_NUMBER = sizeof(vt__numbers) / sizeof(double) };
/* Of a ratio and its frame (the barycentric one for VT__FRAME_FREE); NaN where it does not exist. */
void vt__numbers_of(const vt_composition *c, double t_k, vt__ratio ratio, const vt__slopes *s, vt__numbers *out);
/* And the variances that Gaussian walks give them, v that of one mean square (relative). */
void vt__numbers_variance(const vt_composition *c, vt__ratio ratio, const vt__slopes *s, const vt__numbers *x, double v,
                          vt__numbers *out);
/* Of <|sum_i z_i dP_i|^2>, seen from the centre of mass. */
double vt__charge_slope(const vt_composition *c, const vt__slopes *s);
/* Slopes of the alkali ions if each moved on its own, of all species so (part[n_species], may be NULL). */
double vt__alkali_self(const vt_composition *c, int frame, const vt__slopes *s, double *part);

/* ------------------------------------------------------------------ early.c: the early common window (T 7.7) */

enum { VT__THEORY_DOF = 4 };
/* s^2 of a number of n glasses: jackknife variance (any, for one glass) and that of theory, 4 degrees of freedom. */
double vt__shrunk(double jackknife, double theory, int n);
/* How well x is known: its variance, and up to how far it may lie off on one side (T 7.7). */
typedef struct vt__spread {
  double variance, lean;
} vt__spread;
/* value, error and t(n+3) interval, longer by |lean| at the end that it points to; of exp(x) if log. */
vt_pooled vt__interval(double x, vt__spread spread, int n, int log, double lo_ps, double hi_ps);

/* Numbers of n glasses in the window that the rule chose, and their variances. */
typedef struct vt__early {
  int known;                   /* there is a window */
  double lo_ps, hi_ps, run_ps; /* run_ps: of all glasses together */
  vt__slopes sum, *each;       /* each[n] */
  vt__numbers x, variance;
  vt__spread added; /* to what is known of ln H, by the choice of the window; variance.ln_... have it */
} vt__early;
VT_MUST_CHECK vt_status vt__early_make(const vt_tr_input *in, int n, vt__ratio ratio, vt__early *out, vt_err *err);
void vt__early_free(vt__early *e);

/* ------------------------------------------------------------------ collective.c (T 7.4 - 7.6) */

/* sigma, Haven ratios and their windows, from out->tracer. */
VT_MUST_CHECK vt_status vt__collective(const vt_tr_input *in, vt_transport *out, vt_err *err);
/* The alkali's slope of the charge MSD if its ions moved on their own, barycentric, in the window of each species'
 * tracer (A^2/ps), and its relative error. */
VT_MUST_CHECK vt_status vt__alkali_tracer(const vt_tr_input *in, const vt_tracer *window, double *slope,
                                          double *relative_se, vt_err *err);

#endif
