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

/* Frames (T 7.5): tracer diffusion, and sigma_ne with it, is given in the frame that vt_tr_input asks for; frames
 * differ by terms of order 1/N.  sigma does not depend on one; haven_total takes its self part as simulated
 * (barycentric: the total momentum is zero); haven_fw is seen from the metal framework throughout. */
typedef enum vt_tr_frame { VT_TR_AS_SIMULATED = 0, VT_TR_BARYCENTRIC, VT_TR_FRAMEWORK } vt_tr_frame;

typedef struct vt_transport {
  int32_t n_species;
  int32_t reserved;
  vt_tracer tracer[VT_MAX_SPECIES];
  double sigma_mS_cm, sigma_se;       /* total Einstein conductivity (T 7.4)          */
  double sigma_ne_mS_cm, sigma_ne_se; /* Nernst-Einstein of the alkali, from tracer[] */
  double sigma_ne_all_mS_cm;          /* of all charged species; NaN unless all of them are resolved */
  double haven_total, haven_total_se; /* sigma_ne / sigma, both from the collective window (T 7.6)  */
  double haven_fw, haven_fw_se;       /* alkali only, framework frame, collective window; NaN without a metal */
  double sigma_lo_ps, sigma_hi_ps;    /* common window of the collective quantities     */
  double temperature_k, temperature_se;
  double pressure_gpa, pressure_se;
  double volume_a3, density_g_cm3;
  double e_pot_ev_atom;
} vt_transport;

/* One replica's arrays as produced by the observables (pointers borrowed; NULL where an observable was not asked for).
 * lag_ps[n_lag]; msd_mean, msd_m4 [n_species*n_lag] (A^2, A^4: means of dr^2 and dr^4), msd_origins[n_lag]: number of
 * time origins; charge_corr [n_pair*n_clag]: <dP_i . dP_j> per lag (A^2), i <= j in pair order, P = sum of positions of
 * a species in the frame as simulated (barycentric), charge_origins[n_clag].  Lags ascend.  The origins are not used:
 * errors follow from run_ps / lag (T 7.2). */
typedef struct vt_tr_input {
  const vt_composition *comp;
  double run_ps, t_k, volume_a3;
  int n_lag;
  const double *lag_ps, *msd_mean, *msd_m4, *msd_origins;
  int n_clag;
  const double *clag_ps, *charge_corr, *charge_origins;
  int32_t frame; /* vt_tr_frame of the tracer diffusion; as simulated where it cannot be had (vt_tr_msd_in_frame) */
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

/* Onsager coefficients and transference numbers over one window of lags, in a chosen frame (T 7.5).  Everything is NaN
 * with fewer than 3 lags, or where the frame has no reference (a framework without metal). */
typedef struct vt_onsager {
  int32_t n_species;
  int32_t frame;                            /* vt_tr_frame */
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* e^2 L_ij, mS/cm: sigma = sum_ij z_i z_j l_ij */
  double t[VT_MAX_SPECIES];                 /* transference numbers z_i sum_j z_j l_ij / sigma; NaN unless sigma > 0 */
  double t_self[VT_MAX_SPECIES];            /* the same from tracer motion alone, frame of the simulation */
  double sigma_mS_cm;
} vt_onsager;
/* Usually with lo, hi = sigma_lo_ps, sigma_hi_ps of vt_tr_replica. Allocates. */
VT_MUST_CHECK vt_status vt_tr_onsager(const vt_tr_input *in, double lo_ps, double hi_ps, int frame, vt_onsager *out,
                                      vt_err *err);

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

#define VT_POOL_REASONS(X)                                                                               \
  X(VT_POOL_OK, "pooled", "pooled")                                                                      \
  X(VT_POOL_ONE_GLASS, "one glass: no intervals",                                                        \
    "one glass: its trajectory says nothing about differences between glasses, so there is no interval") \
  X(VT_POOL_NO_WINDOW, "no glass became diffusive",                                                      \
    "in no glass did the alkali become diffusive: there is no window for collective transport")
typedef enum vt_pool_reason { VT_POOL_REASONS(VT_REASON_ENUM) } vt_pool_reason;
extern const vt_reasons vt_pool_reasons;
const char *vt_pool_reason_text(vt_pool_reason r);

/* A number pooled over glasses.  One glass: its value with the stated error of its trajectory (NaN where none is
 * known), and no interval. */
typedef struct vt_pooled {
  double value;              /* median of the bootstrap                                             */
  double se;                 /* of value                                                            */
  double lo95, hi95;         /* t(G-1) interval from the bootstrap's scatter: covers 95 % from G = 2 */
  double pct_lo95, pct_hi95; /* percentiles of the bootstrap: 50 % (G = 2), 85 % (5), 90 % (10)     */
  int32_t n_glasses;         /* that have the number                                                */
  int32_t reserved;
} vt_pooled;

typedef struct vt_pool {
  int32_t n_species;
  int32_t reason;                    /* vt_pool_reason                                           */
  int32_t n_glasses;                 /* given                                                    */
  int32_t n_left_out;                /* of them, without a collective window or not conducting in the common one */
  double lo_ps, hi_ps;               /* common window of everything but D                        */
  vt_pooled d_cm2_s[VT_MAX_SPECIES]; /* geometric means, each glass in its tracer window and in the input's frame */
  vt_pooled sigma_mS_cm;             /* geometric mean; NaN without a volume                     */
  vt_pooled haven_fw;                /* alkali only, seen from the metal; NaN without one        */
  vt_pooled haven_bary;       /* alkali only, barycentric: 1/t_bary^2 if uncorrelated in a rigid framework (T 7.7) */
  vt_pooled haven_total;      /* sigma_NE,alkali / sigma                                  */
  vt_pooled ionicity;         /* sigma / sigma_NE,all                                     */
  vt_pooled t_bary, t_fw;     /* transference number of all alkalis together              */
  vt_pooled t_self;           /* the same from tracer motion alone, as simulated          */
  vt_pooled gap_bary, gap_fw; /* t - t_self: what distinct ions do                        */
  double l[VT_MAX_SPECIES][VT_MAX_SPECIES];    /* e^2 L_ij, mS/cm, barycentric, mean over glasses */
  double l_se[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* jackknife over glasses; NaN for one        */
} vt_pool;

/* glass[n]: replicas of ONE composition at ONE temperature, one of each glass (VT_EINVAL: not so, malformed input).
 * What is not resolved is NaN with a reason.  Deterministic: glasses are drawn with Philox and `key`.  Allocates. */
VT_MUST_CHECK vt_status vt_pool_glasses(const vt_tr_input *glass, int n, uint64_t key, vt_pool *out, vt_err *err);

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
