/* obs_impl.h - what the observables share: building a layout, reading a request, the correlator. */
#ifndef VT_OBS_IMPL_H
#define VT_OBS_IMPL_H

#include "engine/num/num.h"
#include "engine/obs/obs.h"

extern const vt_obs_ops vt__obs_thermo, vt__obs_msd, vt__obs_charge, vt__obs_rdf, vt__obs_vanhove, vt__obs_polyhedra,
    vt__obs_chains, vt__obs_residence, vt__obs_bonds, vt__obs_jumps;

/* ------------------------------------------------------------------ layouts */

/* Where a layout function puts its arrays. */
typedef struct vt__layout {
  vt_array_def *defs;
  int cap, n;
} vt__layout;

typedef struct vt__array {
  const vt_array_name *name;
  const char *unit, *source, *doc;
  int n_dim;
  struct {
    int32_t axis, len; /* vt_axis, extent for this task */
  } ax[VT_MAX_DIM];
} vt__array;

/* Append n arrays.  VT_EINVAL when the list is full. */
VT_MUST_CHECK vt_status vt__layout_add(vt__layout *l, const vt__array *a, int n, vt_err *err);

/* Every parameter within its documented limits, at least one sample of at least one species; every layout and open
 * begins with it. */
VT_MUST_CHECK vt_status vt__obs_check(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r, vt_err *err);

/* Samples of a series that spans all that is behind the arrays: vt_obs_samples, or those of all pieces together. */
int64_t vt__obs_run_samples(const vt_plan *p, const vt_obs_request *r);
/* Time between two samples, ps. */
double vt__obs_sample_ps(const vt_plan *p, const vt_obs_request *r);
int vt__obs_n_pairs(const vt_plan *p);
/* The frame is one of this composition: same number of atoms and species. */
VT_MUST_CHECK vt_status vt__obs_check_frame(const vt_frame *fr, const vt_composition *c, vt_err *err);

/* To the nearest integer, by adding and taking away 1.5 * 2^52; unlike rint it vectorises on any x86-64. */
static inline double vt__nearest(double x)
{
  const double big = 6755399441055744.0;
  return (x + big) - big;
}

/* r2[j] = distance squared from fractional `from` to fractional (sx, sy, sz)[j].  Folding differences to the nearest
 * integer finds the nearest image whenever that is nearer than half of every height (grid.c). */
void vt__fold_distances(const vt_cell *cell, const double from[3], const double *restrict sx, const double *restrict sy,
                        const double *restrict sz, int n, double *restrict r2);

/* ------------------------------------------------------------------ correlator (T 6.1)
 *
 * Multiple-tau correlator of n_vec 3-vectors: level l holds the last `points` samples taken at every 2^l-th sample and
 * compares a new one with all of them.  Unlike the usual multiple-tau scheme nothing is averaged on the way up: every
 * difference is one of two true samples, so that mean squared displacements come out exact, ballistic ones too. */

typedef struct vt__corr_shape {
  int points, levels, n_lag;
} vt__corr_shape;
/* Lags up to about half of `samples`; points is even.  Two points: lags 1, 2, 4, 8, ..., the last at least half of
 * `samples`. */
vt__corr_shape vt__corr_shape_of(int64_t samples, int points);
/* Lag k in samples, ascending: 1..points, then (points/2+1 .. points) * 2^l for l = 1, 2, ... */
int64_t vt__corr_lag(const vt__corr_shape *s, int k);
/* Time origins of lag k once so many samples were pushed. */
double vt__corr_origins(const vt__corr_shape *s, int k, int64_t samples);

typedef struct vt__corr {
  int n_vec, n_acc;
  vt__corr_shape shape;
  int64_t samples;   /* seen so far                                                          */
  size_t n_state;    /* doubles in `state`                                                   */
  double *state;     /* one block: what follows points into it                               */
  double *origins;   /* [n_lag] time origins so far                                          */
  double *acc;       /* [n_lag][n_acc] sums over origins                                     */
  double (*ring)[3]; /* [levels][points][n_vec]                                             */
} vt__corr;

/* Add what one pair of samples contributes to acc[n_acc]. */
typedef void vt__corr_visit(const void *ctx, const double (*now)[3], const double (*then)[3], double *acc);

VT_MUST_CHECK vt_status vt__corr_open(vt__corr *c, int n_vec, int n_acc, vt__corr_shape shape, vt_err *err);
/* One sample, now[n_vec].  Allocates nothing. */
void vt__corr_push(vt__corr *c, const double (*now)[3], vt__corr_visit *visit, const void *ctx);
/* Mean over origins of accumulator a at lag k; NaN without origins. */
double vt__corr_mean(const vt__corr *c, int k, int a);
void vt__corr_close(vt__corr *c);

/* An observable that is a correlator: its state, and the entries of its table that need no more than that. */
typedef struct vt__corr_obs {
  vt_composition comp;
  double sample_ps;
  int64_t run_samples; /* that the plan gives */
  vt__corr corr;
} vt__corr_obs;

/* The parameter that shapes it: par[0] of such an observable. */
#define VT__POINTS_PAR                                                                                                 \
  {                                                                                                                    \
    .name = "points", .unit = "",                                                                                      \
    .doc = "samples kept on each level of the correlator, even; half as many lags in each octave", .lo = 4, .hi = 256, \
    .def = 16                                                                                                          \
  }
VT_MUST_CHECK vt_status vt__corr_obs_shape(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r,
                                           vt__corr_shape *shape, vt_err *err);
VT_MUST_CHECK vt_status vt__corr_obs_open(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r, int n_vec,
                                          int n_acc, void **self, vt_err *err);
/* The same for one that has more to it: it begins with a vt__corr_obs, which this fills (freed by vt__corr_close). */
VT_MUST_CHECK vt_status vt__corr_obs_init(vt__corr_obs *o, const vt_plan *p, const vt_obs_request *r,
                                          vt__corr_shape shape, int n_vec, int n_acc, vt_err *err);
size_t vt__corr_obs_state_size(const void *self);
void vt__corr_obs_save(const void *self, void *bytes);
VT_MUST_CHECK vt_status vt__corr_obs_load(void *self, const void *bytes, size_t n, vt_err *err);
/* lag_ps[n_lag] and origins[n_lag]. */
void vt__corr_obs_lags(const vt__corr_obs *o, double *lag_ps, double *origins);
void vt__corr_obs_close(void *self);

/* ------------------------------------------------------------------ joining pieces (join.c, T 6.14) */

enum { VT__JOIN_MOST = 16 }; /* arrays of one observable */

/* One piece of a production, as one observable left it. */
typedef struct vt__piece {
  const vt_plan *plan;
  const vt_obs_request *request;
  int n_arrays;
  vt_array_def def[VT__JOIN_MOST];     /* layout's order */
  const double *values[VT__JOIN_MOST]; /* borrowed       */
  double samples;                      /* that it took   */
  double begins_ps;                    /* in the whole   */
} vt__piece;

typedef struct vt__pieces {
  int n, longest; /* longest: the first of those */
  double run_ps;  /* of all together             */
  const vt_plan *joined;
  const vt_obs_request *request;
  vt__piece *piece; /* [n] */
} vt__pieces;

typedef enum vt__join_how {
  VT__JOIN_SAME = 1, /* an axis: that of the longest piece                             */
  VT__JOIN_SUM,      /* counts                                                         */
  VT__JOIN_MEAN,     /* mean with the weights below; what has none in a piece does not count there */
  VT__JOIN_OWN       /* as `own` says                                                  */
} vt__join_how;

/* Element `e` of the array, the one at these coordinates, is a mean over so many. */
typedef double vt__join_weight(const vt__piece *p, const int at[VT_MAX_DIM], size_t e);

typedef struct vt__join_rule {
  vt__join_how how;
  int third;               /* 1 + the axis that counts the thirds of the run; 0: there is none */
  vt__join_weight *weight; /* of MEAN */
  /* Array k of the whole, def. */
  void (*own)(const vt__pieces *all, int k, const vt_array_def *def, double *out);
} vt__join_rule;

#define VT__JOIN(rules) .join = (rules), .n_join = (int)(sizeof(rules) / sizeof *(rules))

/* A mean over the samples. */
double vt__join_samples(const vt__piece *p, const int at[VT_MAX_DIM], size_t e);

#endif
