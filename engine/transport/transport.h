/* transport.h - one task's arrays to transport coefficients; transport of all glasses together (layer 4).
 *
 * Every estimate comes with its standard error; what the data do not resolve is NaN with a reason, never a placeholder.
 * (T n) is a section of THEORY.md.  Nothing here is collective. */
#ifndef VT_TRANSPORT_H
#define VT_TRANSPORT_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

/* ------------------------------------------------------------------ transport of one replica */

#define VT_TR_REASONS(X)                                                                                         \
  X(VT_TR_OK, "resolved", "resolved")                                                                            \
  X(VT_TR_TOO_SHORT, "too short", "the run is too short: fewer than 3 lags between 5 ps and a quarter of it")    \
  X(VT_TR_CAGED, "caged", "the MSD does not exceed half a squared site distance (4.5 A^2) in time")              \
  X(VT_TR_SUBDIFFUSIVE, "subdiffusive", "the motion is subdiffusive: d ln MSD / d ln t stays below 0.9")         \
  X(VT_TR_NO_GROWTH, "no growth",                                                                                \
    "the MSD grows by less than half a squared site distance (4.5 A^2) in the fit window")                       \
  X(VT_TR_BAD_FIT, "bad fit", "generalised and ordinary least squares disagree: the MSD is not a straight line") \
  X(VT_TR_ABSENT, "absent", "the species is not there, or its displacements were not observed")                  \
  X(VT_TR_BALLISTIC, "ballistic",                                                                                \
    "the motion is faster than diffusion: d ln MSD / d ln t over the window is above 1.5, or clearly above 1.2")
typedef enum vt_tr_reason { VT_TR_REASONS(VT_REASON_ENUM) } vt_tr_reason;
extern const vt_reasons vt_tr_reasons;
const char *vt_tr_reason_text(vt_tr_reason r); /* "the MSD does not exceed ..." */

typedef struct vt_tracer {
  double d_cm2_s, se;  /* tracer diffusion coefficient (T 7.2); NaN if not resolved */
  double lo_ps, hi_ps; /* the window that was used (T 7.1)                          */
  double exponent;     /* d ln MSD / d ln t over the window, or over what there is  */
  double needs_ns;     /* rough length of a run that would resolve it; NaN if resolved or unknown */
  int32_t reason;      /* vt_tr_reason                                      */
  int32_t n_lags;      /* points in the fit                                 */
} vt_tracer;

/* Frames (T 7.5): tracer diffusion, and sigma_ne with it, is given in the frame that vt_tr_input asks for, or in the
 * barycentric one where there is no metal; vt_transport.frame says which.  Frames differ by terms of order 1/N. */
#define VT_TR_FRAMES(X)                                                              \
  X(VT_TR_AS_SIMULATED, "as simulated", "of the simulation: drift is not taken out") \
  X(VT_TR_BARYCENTRIC, "barycentric", "of the centre of mass")                       \
  X(VT_TR_FRAMEWORK, "framework", "of the metals")
typedef enum vt_tr_frame { VT_TR_FRAMES(VT_REASON_ENUM) } vt_tr_frame;
extern const vt_reasons vt_tr_frames;
const char *vt_tr_frame_name(int frame); /* "barycentric" */

/* A number from one glass or more, with the window of lags it comes from (T 7.7); NaN: not resolved. */
typedef struct vt_pooled {
  double value, se;    /* se: its standard error                                          */
  double lo95, hi95;   /* 95 % interval, t(n_glasses + 3); on the ln scale for what is positive. Of H, sigma and
                        * ionicity one end lies further off: where the ratio may still be going */
  double window_ps[2]; /* first and last lag                                              */
  int32_t n_glasses;   /* that are behind it                                              */
  int32_t reserved;
} vt_pooled;
vt_pooled vt_pooled_none(void);

typedef struct vt_transport {
  int32_t n_species;
  int32_t frame; /* vt_tr_frame of tracer[] */
  vt_tracer tracer[VT_MAX_SPECIES];
  double sigma_mS_cm, sigma_se; /* sigma_NE(barycentric) / haven_total (T 7.4)  */
  double sigma_lo95, sigma_hi95;
  double sigma_ne_mS_cm, sigma_ne_se; /* Nernst-Einstein of the alkali, from tracer[] */
  double sigma_ne_all_mS_cm;          /* of all charged species; NaN unless all of them are resolved */
  vt_pooled haven_fw, haven_bary; /* alkali only, both parts in the frame, early window (T 7.6); fw NaN without metal */
  vt_pooled haven_total;          /* sigma_NE / sigma, frame-free                 */
  double sigma_lo_ps, sigma_hi_ps; /* window of haven_total                        */
  double temperature_k, temperature_se;
  double pressure_gpa, pressure_se;
  double volume_a3, density_g_cm3;
  double e_pot_ev_atom;
} vt_transport;

/* One replica's arrays as produced by the observables (pointers borrowed; NULL where an observable was not asked for).
 * lag_ps[n_lag]; msd_mean, msd_m4 [n_species*n_lag] (A^2, A^4: means of dr^2 and dr^4), msd_origins[n_lag]: number of
 * time origins; charge_corr [n_pair*n_clag]: <dP_i . dP_j> per lag (A^2), i <= j in pair order, P = sum of positions of
 * a species in the frame as simulated (barycentric), charge_origins[n_clag].  Lags ascend.  The origins are not used:
 * errors follow from run_ps / lag (T 7.2).  A run in pieces (T 6.14): run_ps is all of them together, longest_ps the
 * longest one, which limits the lags. */
typedef struct vt_tr_input {
  const vt_composition *comp;
  double run_ps, t_k, volume_a3;
  double longest_ps; /* 0: run_ps */
  int n_lag;
  const double *lag_ps, *msd_mean, *msd_m4, *msd_origins;
  int n_clag;
  const double *clag_ps, *charge_corr, *charge_origins;
  int32_t frame; /* vt_tr_frame of the tracer diffusion; where it cannot be had, the next simpler one */
} vt_tr_input;

/* MSD and fourth moment of every species as seen from a frame, mean and m4 [n_species*n_lag]; the moment keeps its
 * ratio to the squared mean, which is exact to O(1/N).  0, and the values as simulated, when the frame has no reference
 * (a framework without metal) or MSD and collective correlations do not share their lags. */
int vt_tr_msd_in_frame(const vt_tr_input *in, int frame, double *mean, double *m4);

/* D of every species, sigma, Haven.  VT_EINVAL only for malformed input (lags that do not ascend, moments that cannot
 * be moments); "not resolved" is a result, not an error.  volume_a3 NaN: conductivities are NaN.  Allocates. */
VT_MUST_CHECK vt_status vt_tr_replica(const vt_tr_input *in, vt_transport *out, vt_err *err);

/* The input straight from a task's result: pointers into `values`, found by name among defs (vt_obs_layouts); the mean
 * volume from thermo/volume; temperature plan->t_k; framework frame. */
VT_MUST_CHECK vt_status vt_tr_input_from_arrays(const vt_plan *plan, const vt_array_def *defs, int n_defs,
                                                const double *values, vt_tr_input *in, vt_err *err);
/* And its transport, in a frame (vt_tr_frame).  Means of temperature, pressure, volume and energy come from thermo/...,
 * with blocking errors; NaN where it was not observed.  sigma uses the set temperature plan->t_k. */
VT_MUST_CHECK vt_status vt_tr_from_arrays(const vt_plan *plan, int frame, const vt_array_def *defs, int n_defs,
                                          const double *values, vt_transport *out, vt_err *err);

/* Tracer diffusion of all alkali ions together (T 7.8), cm^2/s: the mean over ions, of t->tracer.  NaN without alkali,
 * or when one of its species is not resolved. */
void vt_tr_alkali(const vt_composition *c, const vt_transport *t, double *d_cm2_s, double *se);

/* Onsager coefficients and transference numbers of one run over one window of lags, in a chosen frame (T 7.5), from
 * the increment between the first and the last lag in it; errors of Gaussian walks.  Everything is NaN with fewer than
 * two lags that MSD and correlations share, or where the frame has no reference (a framework without metal). */
typedef struct vt_onsager {
  int32_t n_species;
  int32_t frame; /* vt_tr_frame                                                       */
  int32_t dof;   /* of the errors: interval x -+ t(dof) x_se                          */
  int32_t reserved;
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* e^2 L_ij, mS/cm: sigma = sum_ij z_i z_j l_ij */
  double l_se[VT_MAX_SPECIES][VT_MAX_SPECIES];
  double recoil[VT_MAX_SPECIES][VT_MAX_SPECIES];  /* what l would be if all but the alkali recoiled as one body */
  double t[VT_MAX_SPECIES], t_se[VT_MAX_SPECIES]; /* transference numbers z_i sum_j z_j l_ij / sigma; NaN unless > 0 */
  double t_self[VT_MAX_SPECIES];                  /* the same from tracer motion alone, barycentric */
  double sigma_mS_cm;                             /* sum_ij z_i z_j l_ij of this window */
} vt_onsager;
/* Usually with the window of a Haven ratio of vt_tr_replica.  Allocates. */
VT_MUST_CHECK vt_status vt_tr_onsager(const vt_tr_input *in, double lo_ps, double hi_ps, int frame, vt_onsager *out,
                                      vt_err *err);
/* The coefficients times sigma / o->sigma_mS_cm, the relative error of the tracers added to theirs: the early window
 * has the ratios between them, the long one their size (T 7.5).  NaN where sigma is. */
void vt_tr_onsager_scale(vt_onsager *o, double sigma_mS_cm, double relative_se);

/* ------------------------------------------------------------------ stationarity of a run (T 11) */

#define VT_STATIONARY_FLAGS(X)                   \
  X(VT_STATIONARY_UNKNOWN, "unknown", "unknown") \
  X(VT_STATIONARY_YES, "stationary", "yes")      \
  X(VT_STATIONARY_NO, "not: |z| > 3", "no")
typedef enum vt_stationary { VT_STATIONARY_FLAGS(VT_REASON_ENUM) } vt_stationary;
extern const vt_reasons vt_stationary_flags;

/* A quantity in the first and in the last third of a run; NaN: not resolved. */
typedef struct vt_trend {
  double first, first_se, last, last_se;
  double z;     /* (last - first) / its standard error          */
  int32_t flag; /* vt_stationary: NO when |z| > 3, UNKNOWN for NaN */
  int32_t reserved;
} vt_trend;

typedef struct vt_stationarity {
  int32_t n_species;
  int32_t flag;                           /* NO if any is, YES if nothing is NO and something is YES */
  vt_trend diffusion[VT_MAX_SPECIES];     /* tracer diffusion coefficients, cm^2/s (T 11.1)           */
  vt_trend energy, temperature, pressure; /* potential energy of an atom, eV; K; GPa (T 11.2)         */
} vt_stationarity;

/* Mean of the first and of the last third of a series x[n] times scale, with blocking errors (NaN for n < 48).
 * Allocates. */
VT_MUST_CHECK vt_status vt_st_series(size_t n, const double *x, double scale, vt_trend *out, vt_err *err);
/* Diffusion of every species: third_mean[n_species][3][n_lag] as msd/third_mean, tracer[] from vt_tr_replica for the
 * window.  Allocates. */
VT_MUST_CHECK vt_status vt_st_diffusion(const vt_tr_input *in, const vt_tracer *tracer, const double *third_mean,
                                        vt_trend *out, vt_err *err);
/* All of it from a task's result, as vt_tr_from_arrays; what was not observed is unknown. */
VT_MUST_CHECK vt_status vt_st_from_arrays(const vt_plan *plan, const vt_array_def *defs, int n_defs,
                                          const double *values, vt_stationarity *out, vt_err *err);

/* ------------------------------------------------------------------ transport pooled over glasses (T 7.7) */

#define VT_POOL_REASONS(X)                                                                                \
  X(VT_POOL_OK, "pooled", "pooled")                                                                       \
  X(VT_POOL_ONE_GLASS, "one glass: intervals from theory",                                                \
    "one glass: what differs between glasses is not measured; intervals follow from the theory of walks") \
  X(VT_POOL_NO_WINDOW, "the glasses together did not become diffusive",                                   \
    "the alkali of all glasses together did not become diffusive: no collective transport")               \
  X(VT_POOL_NO_CHARGE, "no collective displacements",                                                     \
    "collective displacements were not observed, or not at the lags of the MSD")
typedef enum vt_pool_reason { VT_POOL_REASONS(VT_REASON_ENUM) } vt_pool_reason;
extern const vt_reasons vt_pool_reasons;
const char *vt_pool_reason_text(vt_pool_reason r);

typedef struct vt_pool {
  int32_t n_species;
  int32_t reason;    /* vt_pool_reason                                                                   */
  int32_t n_glasses; /* given; all of them count                                                         */
  int32_t n_slow;    /* of them, whose own run would not resolve D of the alkali                          */
  int32_t frame;     /* vt_tr_frame of D                                                                 */
  int32_t reserved;
  double lo_ps, hi_ps;               /* window of haven_total                                            */
  vt_tracer tracer[VT_MAX_SPECIES];  /* of the MSD summed over glasses: its window is everybody's (T 7.7); se: of it */
  vt_pooled d_cm2_s[VT_MAX_SPECIES]; /* mean over glasses in that window                                 */
  vt_pooled d_alkali;                /* number-weighted over the alkali species, cm^2/s                  */
  vt_pooled sigma_mS_cm;             /* sigma_NE(barycentric, window of D) / haven_total; NaN without a volume */
  vt_pooled haven_fw;                /* alkali only, seen from the metal; NaN without one                */
  vt_pooled haven_bary;       /* alkali only, barycentric: 1/t_bary^2 if uncorrelated in a rigid framework (T 7.7) */
  vt_pooled haven_total;      /* sigma_NE,alkali / sigma                                  */
  vt_pooled ionicity;         /* sigma / sigma_NE(all)                                    */
  vt_pooled t_bary, t_fw;     /* transference number of all alkalis together              */
  vt_pooled t_self;           /* the same from tracer motion alone, barycentric           */
  vt_pooled gap_bary, gap_fw; /* t - t_self: what distinct ions do                        */
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES];      /* e^2 L_ij, mS/cm, barycentric, sums over glasses */
  double l_se[VT_MAX_SPECIES][VT_MAX_SPECIES];   /* t(n_glasses + 3)                                */
  double recoil[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* what l would be if all but the alkali recoiled as one body */
} vt_pool;

/* One glass in the pooled window, and what it brings into fits against 1/T (T 7.7): values on the ln scale whose mean
 * over the glasses is the logarithm of the pooled number, so that a slow glass neither is dropped nor shifts the mean.
 * NaN where the pool has no number. */
typedef struct vt_pool_glass {
  double d_cm2_s[VT_MAX_SPECIES], d_se[VT_MAX_SPECIES]; /* its own D in the pooled window; may be <= 0          */
  double x[VT_MAX_SPECIES], x_se[VT_MAX_SPECIES];       /* D for fits: mean D times exp(d / mean D - 1), > 0    */
  double d_alkali, d_alkali_se;                         /* number-weighted over the alkali species              */
  double x_alkali, x_alkali_se;
  double x_sigma_mS_cm, x_sigma_se; /* conductivity for fits                                */
} vt_pool_glass;
vt_pool_glass vt_pool_glass_none(void);
void vt_pool_none(vt_pool *p); /* without glasses: NaN */

/* in[n]: replicas of ONE composition at ONE temperature, one of each glass (VT_EINVAL: not so, malformed input, lags
 * that differ).  each[n], unless NULL: the glasses.  What is not resolved is NaN with a reason.  Allocates. */
VT_MUST_CHECK vt_status vt_pool_glasses(const vt_tr_input *in, int n, vt_pool *out, vt_pool_glass *each, vt_err *err);

/* ------------------------------------------------------------------ a task's arrays */

typedef struct vt_arrays {
  const vt_array_def *defs;
  int n;
  const double *values;
} vt_arrays;

/* The values of an array, NULL if it is not there. */
const double *vt_arrays_find(const vt_arrays *a, const vt_array_name *name, const vt_array_def **def);
/* One of `rows` by n_lag values (rows 0: a plain axis of lags).  VT_EINVAL: missing, or of another size. */
VT_MUST_CHECK vt_status vt_arrays_table(const vt_arrays *a, const vt_array_name *name, int rows, int n_lag,
                                        const double **out, vt_err *err);

#endif
