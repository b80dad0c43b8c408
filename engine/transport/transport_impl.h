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
/* The line through the MSD of species s over lags first .. first+n-1. */
VT_MUST_CHECK vt_status vt__msd_line(const vt_tr_input *in, int s, int first, int n, vt__line *out, vt_err *err);

/* ------------------------------------------------------------------ arrays.c */

/* msd/... and charge/... into an input whose composition is set; groups that are not there stay NULL. */
VT_MUST_CHECK vt_status vt__arrays_transport(const vt_arrays *a, vt_tr_input *in, vt_err *err);

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

#endif
