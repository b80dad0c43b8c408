/* ana.h - from measured arrays to transport coefficients, Arrhenius lines, comparisons (layer 3).
 *
 * Every estimate comes with its standard error; what the data do not resolve is NaN with a reason, never a placeholder.
 * Sources: science notes in THEORY.md, section numbers given as (T n).  Nothing here is collective. */
#ifndef VT_ANA_H
#define VT_ANA_H

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

/* ------------------------------------------------------------------ structure (T 10) */

/* Non-Gaussian parameter alpha_2 = 3 <dr^4> / (5 <dr^2>^2) - 1 (T 10.1) of n pairs of moments, as in msd/mean and
 * msd/m4.  0 for a Gaussian; NaN where <dr^2> is not positive. */
void vt_non_gaussian(size_t n, const double *mean, const double *m4, double *alpha2);

typedef struct vt_coordination {
  double peak_a, height; /* first maximum of g(r) and g there; NaN: none                */
  double minimum_a;      /* where the first shell ends (T 6.6); NaN: no minimum         */
  double cutoff_a;       /* the one given, else minimum_a                               */
  double cn;             /* neighbours within cutoff_a; NaN without one, or beyond g(r) */
} vt_coordination;
/* Of one pair of species (T 10.2): g[n_bins] at the centres r[n_bins] of equal bins from 0 on (rdf/r, rdf/g), rho_a3
 * the number density of the neighbours, 1/A^3; cutoff_a NaN: the first minimum.  running[n_bins], unless NULL:
 * neighbours within the outer edge of each bin, NaN from the first NaN of g on.  CN_ji = CN_ij N_i / N_j.  VT_EINVAL:
 * bins or density that make no sense. */
VT_MUST_CHECK vt_status vt_coordination_of(int n_bins, const double *r, const double *g, double rho_a3, double cutoff_a,
                                           double *running, vt_coordination *out, vt_err *err);

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

/* ------------------------------------------------------------------ Arrhenius (T 8) */

/* One measured point: a value x > 0 that may be thermally activated (D, sigma T, a rate), with standard error. */
typedef struct vt_point {
  int32_t comp, glass;
  double t_k, x, se;
} vt_point;

/* What became of a point. */
#define VT_POINT_STATUSES(X)                                                        \
  X(VT_POINT_USED, "used", "used")                                                  \
  X(VT_POINT_BELOW_TG, "used but below the glass transition",                       \
    "used, but at or below the MD glass transition: a glass out of equilibrium")    \
  X(VT_POINT_NO_VALUE, "no value", "no value: not resolved in its run")             \
  X(VT_POINT_NOT_POSITIVE, "not positive", "the value is not positive")             \
  X(VT_POINT_NO_ERROR, "no error", "no error of the value")                         \
  X(VT_POINT_FEW_T, "one temperature", "its glass has fewer than two temperatures") \
  X(VT_POINT_LONE_GLASS, "the only glass with two", "the only glass has fewer than three temperatures")
typedef enum vt_point_status { VT_POINT_STATUSES(VT_REASON_ENUM) VT_N_POINT_STATUS } vt_point_status;
extern const vt_reasons vt_point_statuses;
const char *vt_point_status_text(vt_point_status s); /* "its glass has fewer than ..." */

/* Which description of the data the extrapolation rests on (T 8.6). */
#define VT_MODELS(X)                              \
  X(VT_MODEL_ARRHENIUS, "arrhenius", "arrhenius") \
  X(VT_MODEL_VTF, "vtf", "vtf")                   \
  X(VT_MODEL_AVERAGED, "averaged", "averaged")
typedef enum vt_model { VT_MODELS(VT_REASON_ENUM) } vt_model;
extern const vt_reasons vt_models;
const char *vt_model_text(vt_model m); /* "arrhenius", "vtf", "averaged" */

#define VT_VTF_REASONS(X)                                                                    \
  X(VT_VTF_OK, "fitted", "fitted")                                                           \
  X(VT_VTF_NO_LINE, "no line either", "there is no Arrhenius fit either")                    \
  X(VT_VTF_FEW_TEMPERATURES, "fewer than four temperatures", "fewer than four temperatures") \
  X(VT_VTF_FEW_POINTS, "too few points", "fewer than two points more than two a glass")      \
  X(VT_VTF_NOT_ACTIVATED, "not activated", "the values do not rise with temperature")        \
  X(VT_VTF_AT_T_MIN, "T0 at the lowest temperature", "T0 runs into the lowest temperature")
typedef enum vt_vtf_reason { VT_VTF_REASONS(VT_REASON_ENUM) } vt_vtf_reason;
extern const vt_reasons vt_vtf_reasons;
const char *vt_vtf_reason_text(vt_vtf_reason r);

/* ln x = ln_prefactor - B / (T - T0), 0 <= T0 < T_min (T 8.5).  NaN (weight 0) if it was not tried. */
typedef struct vt_vtf {
  double t0_k, t0_se; /* one T0 for all glasses; se linearised                                     */
  double b_k, b_se;   /* K; mean over glasses                                                      */
  double ln_prefactor, ln_prefactor_se;
  double chi2_red;                      /* of the curves, points - 2 glasses - 1 degrees of freedom          */
  double extra, extra_lo95, extra_hi95; /* at t_extra, T0 averaged over its likelihood; the lower end is 0, and the
                                         * median NaN, where too much of that lies above t_extra                */
  double delta_aic;                     /* AIC(Arrhenius) - AIC(VTF): positive speaks for VTF                */
  double weight;                        /* Akaike weight of VTF, 0..1                                        */
  int32_t reason;                       /* vt_vtf_reason                                                     */
  int32_t n_temperatures;               /* different ones among the points used                              */
} vt_vtf;

/* Nothing here knows what x is: D of any species (cm^2/s), sigma T (mS K/cm), a residence rate 1/tau (1/ps); the values
 * at temperatures and exp(ln_prefactor) are in the unit of x. */
typedef struct vt_arrh {
  int32_t n_points, n_glasses; /* that took part                                           */
  int32_t n_rejected;          /* without value or error, or of a glass with too few temperatures */
  int32_t dof;                 /* for t quantiles of every *_se here: glasses - 1; one glass: points - 2 */
  double ea_ev, ea_se;
  double ln_prefactor, ln_prefactor_se;
  double t_ref_k, log10_ref, log10_ref_se;         /* log10 x at the reference temperature          */
  double cov_ref_ea;                               /* covariance of log10_ref and ea_ev             */
  double t_extra_k, extra, extra_lo95, extra_hi95; /* median and log-normal 95 % band at t_extra  */
  double log10_extra_se;
  double chi2_red;         /* of the lines within glasses; NaN where undefined */
  double birge;            /* factor that scaled the errors (1: none)        */
  double glass_sd_decades; /* sd between glasses at t_ref, sampling noise included; NaN for one */
  int32_t resolved;        /* 0: fewer than 2 temperatures (3 for one glass) */
  int32_t extrapolates;    /* 1: t_ref lies outside the measured temperatures */
  vt_vtf vtf;
  double avg_extra, avg_lo95, avg_hi95; /* at t_extra, both models by their weights (T 8.6); zero and NaN as in vtf */
  double tg_k;                          /* MD glass transition; NaN: not given              */
  int32_t n_below_tg;                   /* points used at or below it                       */
  int32_t model;                        /* vt_model                                         */
  int32_t n_status[VT_N_POINT_STATUS];  /* points by vt_point_status                        */
  int32_t reserved;
} vt_arrh;

/* Centred fit of ln x against 1/T for ONE composition (points of others are an error): each glass on its own with
 * weights from the sampling variance pooled over glasses, glasses combined with t(G-1); one glass: weighted least
 * squares with the given errors and the Birge factor; then the VTF curve on the same points, and what both say at
 * t_extra. t_ref_k <= 0: harmonic mean of the temperatures.  t_extra_k <= 0: no extrapolation.  status[n]
 * (vt_point_status) may be NULL.  Allocates. */
VT_MUST_CHECK vt_status vt_arrh_fit(const vt_point *pt, int n, double t_ref_k, double t_extra_k, int32_t *status,
                                    vt_arrh *out, vt_err *err);

/* Record the composition's glass transition (tg_k NaN: not known) in a fit and in the status[n] that vt_arrh_fit gave
 * for the same points: those used at or below it become VT_POINT_BELOW_TG.  The numbers of the fit stay. */
void vt_arrh_mark_glass(const vt_point *pt, int n, double tg_k, int32_t *status, vt_arrh *a);

/* The value at t_extra of the model that was chosen: of the three bands in a, that of a->model. */
typedef struct vt_band {
  double median, lo95, hi95;
} vt_band;
vt_band vt_arrh_extrapolated(const vt_arrh *a);

/* ------------------------------------------------------------------ glass transition (T 8.7) */

#define VT_TG_REASONS(X)                                                                         \
  X(VT_TG_OK, "found", "found")                                                                  \
  X(VT_TG_FEW_ROWS, "too few rows", "fewer than 12 rows of the quench have a volume that moves") \
  X(VT_TG_ONE_LINE, "one line suffices", "one line describes V(T) of the quench as well as two") \
  X(VT_TG_EDGE, "at the edge", "the kink of V(T) lies at the edge of the range")                 \
  X(VT_TG_UPWARD, "shrinks faster below", "the volume shrinks faster below the kink than above") \
  X(VT_TG_MINORITY, "minority", "found in fewer than half of the glasses")
typedef enum vt_tg_reason { VT_TG_REASONS(VT_REASON_ENUM) } vt_tg_reason;
extern const vt_reasons vt_tg_reasons;
const char *vt_tg_reason_text(vt_tg_reason r);

/* The kink of V(T) in the quench of one glass; NaN with a reason. */
typedef struct vt_tg {
  double tg_k, se;
  double alpha_liquid, alpha_glass; /* 1/V dV/dT at the kink above and below it, 1/K  */
  double p;                         /* of the F test against one line                 */
  double delta_aicc;                /* AICc(line) - AICc(kink)                        */
  int32_t n_rows;                   /* used                                           */
  int32_t reason;                   /* vt_tg_reason                                   */
} vt_tg;

enum { VT_TG_COLUMNS = 4 };
/* rows[n][VT_TG_COLUMNS]: temperature (K), volume (A^3), energy, pressure, in the order of the quench (glass/quench);
 * rows with a NaN are skipped, as are those before the volume moves and within 20 K of npt_below_k.  Allocates. */
VT_MUST_CHECK vt_status vt_tg_glass(int n, const double *rows, double npt_below_k, vt_tg *out, vt_err *err);

/* Over the glasses of a composition. */
typedef struct vt_tg_summary {
  double tg_k; /* median of the resolved; NaN if they are fewer than half */
  double sd_k; /* their standard deviation; NaN for one                   */
  int32_t n_glasses, n_resolved;
  int32_t reason, reserved; /* vt_tg_reason; if none is resolved, that of most glasses */
} vt_tg_summary;
/* Allocates. */
VT_MUST_CHECK vt_status vt_tg_combine(const vt_tg *tg, int n, vt_tg_summary *out, vt_err *err);

/* One glass's own line, as vt_arrh_fit sees it (T 8.1): level and activation energy, with the covariance that the
 * errors of the points give them (not that between glasses). */
typedef struct vt_glass_line {
  int32_t comp, glass;
  double log10_ref, ea_ev;     /* log10 x at the reference temperature; eV */
  double var_ref, var_ea, cov; /* decades^2, eV^2, decades eV              */
} vt_glass_line;

/* Lines of the glasses of ONE composition that have two temperatures, in order of appearance: line[] has room for n,
 * *n_lines are filled.  t_ref_k > 0.  Errors as vt_arrh_fit.  Allocates. */
VT_MUST_CHECK vt_status vt_glass_lines(const vt_point *pt, int n, double t_ref_k, vt_glass_line *line, int *n_lines,
                                       vt_err *err);

/* ------------------------------------------------------------------ comparison of compositions (T 9) */

#define VT_VERDICTS(X)                            \
  X(VT_UNDECIDED, "undecided", "undecided")       \
  X(VT_INSENSITIVE, "insensitive", "insensitive") \
  X(VT_SENSITIVE, "sensitive", "sensitive")
typedef enum vt_verdict { VT_VERDICTS(VT_REASON_ENUM) } vt_verdict;
extern const vt_reasons vt_verdicts;
const char *vt_verdict_text(vt_verdict v);

typedef struct vt_compare_limits {
  double margin, tau_margin, range_margin; /* decades */
} vt_compare_limits;

enum { VT_MAX_COMPARE = 256, VT_MAX_OUTLYING = 16 };

/* What is compared (borrowed). */
typedef struct vt_compare_input {
  const vt_arrh *fits; /* [n] all at one t_ref_k; the resolved ones take part; row = index      */
  int n;
  const vt_glass_line *glass; /* [n_glass] lines of the glasses behind the fits, or NULL: then outlying glasses go
                               * unnoticed, p_common_level and p_permutation are NaN                   */
  int n_glass;
  const char *const *names; /* [n] for sentences; NULL: "composition 3"                              */
  const double *tg_k;       /* [n] glass transition temperatures, K; NaN: unknown.  vt_compare_at_tg alone reads it */
  vt_compare_limits lim;
  uint64_t key; /* of the draws (Philox)                                                 */
} vt_compare_input;

/* A glass further than three standard deviations from the others of its composition (T 9.7). */
typedef struct vt_outlying {
  int32_t comp, glass;
  double off_decades; /* from the value of its composition                      */
  double weight;      /* 0..1, with which it counts there; the others count as 1 */
} vt_outlying;

typedef struct vt_compare {
  int32_t k;       /* compositions that took part                                  */
  int32_t verdict; /* vt_verdict                                                   */
  double t_ref_k;
  double mean_decades;              /* random-effects mean of log10 x                               */
  double next_lo95, next_hi95;      /* where one more composition would lie (T 9.2); NaN for two    */
  double tau, tau_lo, tau_hi;       /* Paule-Mandel spread, Q-profile 95 % interval, decades     */
  double tau_dl;                    /* DerSimonian-Laird, for comparison                            */
  double tau_wide_lo, tau_wide_hi;  /* 95 % interval that also allows for the error of the variance between glasses;
                                     * it decides (T 9.3); NaN for two compositions         */
  double range, range_lo, range_hi; /* noise-corrected range and 95 % bounds, decades      */
  double i2, q, q_p;
  double tau_ea_ev;        /* the same spread of activation energies                       */
  double glass_sd_decades; /* sd between glasses, pooled, sampling included; NaN if no composition has two */
  double p_common_slope, p_common_level; /* F tests with glasses as the error stratum: one slope; then one level given
                                          * one slope.  NaN unless every composition has two glasses (T 9.5) */
  double p_permutation;                  /* of the spread of levels under exchange of the labels of glasses (T 9.8) */
  double delta[VT_MAX_COMPARE], delta_lo90[VT_MAX_COMPARE], delta_hi90[VT_MAX_COMPARE]; /* minus the mean */
  double value[VT_MAX_COMPARE], variance[VT_MAX_COMPARE]; /* log10 x as compared, and its variance (T 9.1, T 9.7) */
  int32_t comp[VT_MAX_COMPARE];                           /* row of the composition                              */
  int32_t equivalent[VT_MAX_COMPARE];                     /* 1: the 90 % interval lies within the margin         */
  int32_t n_outlying; /* glasses that do not count fully; the first VT_MAX_OUTLYING are listed */
  int32_t reserved;
  vt_outlying outlying[VT_MAX_OUTLYING];
  char why[384]; /* one sentence: what decided, or what would be needed          */
} vt_compare;

/* Compositions with several glasses share one variance between glasses (T 9.1).  tau decides only for k > 2; unresolved
 * compositions and single glasses forbid the verdict "insensitive" (T 9.6).  Fewer than two resolved: NaN and
 * VT_UNDECIDED.  Values without any error: likewise.  VT_EINVAL: different reference temperatures, margins that are not
 * positive, lines that do not belong to the fits.  Deterministic.  Allocates. */
VT_MUST_CHECK vt_status vt_compare_fits(const vt_compare_input *in, vt_compare *out, vt_err *err);

/* The same at equal T/Tg instead of equal T: every line, of compositions and of glasses, is read off at theta Tg with
 * theta = t_ref_k / median(Tg) (T 9.9).  Unless in->tg_k gives every resolved composition a Tg the result has k = 0,
 * NaN, VT_UNDECIDED and the reason in `why`.  t_ref_k of the result is that of the fits. */
VT_MUST_CHECK vt_status vt_compare_at_tg(const vt_compare_input *in, vt_compare *out, vt_err *err);

/* ------------------------------------------------------------------ variance by factor (variance.c, T 9.10) */

enum { VT_MAX_FACTORS = 8 };

#define VT_VAR_REASONS(X)                                                                                     \
  X(VT_VAR_OK, "resolved", "resolved")                                                                        \
  X(VT_VAR_ONE_LEVEL, "one level", "the factor has one level")                                                \
  X(VT_VAR_ALIASED, "aliased", "the other factors tell its levels apart already")                             \
  X(VT_VAR_NO_DOF, "too few compositions", "too few compositions: the factors leave nothing to compare with") \
  X(VT_VAR_NO_GLASSES, "no glasses", "no composition has two glasses")
typedef enum vt_var_reason { VT_VAR_REASONS(VT_REASON_ENUM) } vt_var_reason;
extern const vt_reasons vt_var_reasons;
const char *vt_var_reason_text(vt_var_reason r);

typedef struct vt_var_input {
  int k, n_factors;
  const double *value, *variance;   /* [k] log10 x, and variance of its error (glasses and sampling), decades^2 */
  const int *level[VT_MAX_FACTORS]; /* [k] of each factor: any whole numbers, equal means equal */
  double per_glass, sampling;       /* variance between glasses as observed, and the part of it that the errors of
                                     * the points explain, decades^2; NaN: unknown */
} vt_var_input;

/* Standard deviations in decades; an estimated variance below zero gives 0, what cannot be told is NaN with a reason.
 */
typedef struct vt_var_split {
  int32_t n_factors, reserved;
  double factor[VT_MAX_FACTORS];
  int32_t reason[VT_MAX_FACTORS]; /* vt_var_reason */
  double residual;                /* interactions and what the factors do not name */
  int32_t residual_reason, dof;   /* dof of the residual */
  double glass, sampling;         /* of one glass's value: between glasses beyond sampling; sampling */
} vt_var_split;

/* Main effects, each as a random effect, from sums of squares adjusted for the other factors (Henderson's third method;
 * in a balanced design the classical analysis of variance), corrected for the errors of the values.  VT_EINVAL: k < 2,
 * variances that are not numbers >= 0.  Allocates. */
VT_MUST_CHECK vt_status vt_variance_by_factor(const vt_var_input *in, vt_var_split *out, vt_err *err);

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

/* ------------------------------------------------------------------ residence times (T 12) */

#define VT_RES_REASONS(X)                                                                                \
  X(VT_RES_OK, "resolved", "resolved")                                                                   \
  X(VT_RES_LONGER, "outlasts the run", "bonds outlast the run: their survival has not fallen below 1/e") \
  X(VT_RES_TAIL, "tail beyond the longest lag",                                                          \
    "more than half of the residence time would lie beyond the longest lag")                             \
  X(VT_RES_ABSENT, "no such bonds", "there were no such bonds, or they were not observed")
typedef enum vt_res_reason { VT_RES_REASONS(VT_REASON_ENUM) } vt_res_reason;
extern const vt_reasons vt_res_reasons;
const char *vt_res_reason_text(vt_res_reason r);

/* lag_ps[n] > 0 ascend; survival[n] of bonds, 1 at lag 0 by definition, NaN where there was no origin.  visits: bonds
 * that formed, which sets the noise; NaN if unknown.  chance: the value that the survival decays to because a pair of
 * an alkali and a metal is near by chance (bonds / (alkalis metals) for endpoint survival), 0 for continuous and
 * intermittent survival; the analysis is of (C - chance) / (1 - chance). */
typedef struct vt_res_input {
  int n;
  const double *lag_ps, *survival;
  double visits, chance;
} vt_res_input;

typedef struct vt_residence {
  double tau_ps;         /* integral of the survival up to its noise, and of the fitted tail beyond (T 12.1) */
  double se;             /* tau / sqrt(visits), a lower bound: it knows nothing of bonds that share an ion, of the
                          * cutoffs and of differences between glasses */
  double tail;           /* share of tau that is the tail's                          */
  double e_time_ps;      /* where the survival passes 1/e; NaN if it does not        */
  double longer_than_ps; /* lower bound if tau is NaN for VT_RES_LONGER or VT_RES_TAIL */
  double beta, tau0_ps;  /* tail exp(-(t/tau0)^beta); NaN if none was needed         */
  int32_t reason;        /* vt_res_reason                                            */
  int32_t n_lags;        /* lags that were integrated over                           */
} vt_residence;

/* VT_EINVAL: lags that do not ascend, survival outside 0..1, chance outside 0..1, negative visits. Allocates. */
VT_MUST_CHECK vt_status vt_residence_time(const vt_res_input *in, vt_residence *out, vt_err *err);

/* Residence time against the number k of oxygen atoms around the metal, over glasses (T 12.2). */
enum { VT_RES_CLASSES = 4 }; /* k = 0..3 */

/* t interval over glasses; value alone for one, NaN for none. */
typedef struct vt_over_glasses {
  double value, se, lo95, hi95; /* se of the value; of its logarithm for a ratio */
  int32_t n_glasses;
  int32_t reserved;
} vt_over_glasses;

typedef struct vt_res_trend {
  vt_over_glasses slope;                 /* d ln tau / dk of each glass with two classes or more, averaged */
  vt_over_glasses ratio[VT_RES_CLASSES]; /* tau_k / tau_0, geometric mean; ratio[0] = 1 trivially   */
  double page_l, page_z;                 /* Page's statistic and (L - mean) / sd without order             */
  double page_p;                         /* one-sided, tau rises with k: normal approximation              */
  double page_p_exact;                   /* the same from all orders within the glasses; NaN with ties     */
  int32_t page_glasses;                  /* with two classes or more                                       */
  int32_t n_unresolved;                  /* values that are not there, "longer than" included              */
  int32_t resolved[VT_RES_CLASSES];      /* glasses that have tau_k                                   */
} vt_res_trend;

/* tau_ps[n]: the classes of each glass, NaN where not resolved.  VT_EINVAL: n < 1, a time that is not positive.
 * Allocates. */
VT_MUST_CHECK vt_status vt_residence_trend(const double (*tau_ps)[VT_RES_CLASSES], int n, vt_res_trend *out,
                                           vt_err *err);

/* ------------------------------------------------------------------ a run in single numbers (summary.c, T 13) */

/* Where a decay has fallen to 1/e; if it has not, only the bound. Both NaN: not observed. */
typedef struct vt_decay {
  double time_ps, longer_than_ps;
} vt_decay;

enum { VT_CONTINUOUS = 0, VT_INTERMITTENT, VT_ENDPOINT, VT_SURVIVALS };

/* Means over metals, anions, bonds or ions of all species with that role; NaN where an observable was not asked for. */
typedef struct vt_structure_summary {
  double density_g_cm3;
  double cn_metal, cn4;                  /* anions around a metal; fraction of metals with four                 */
  double o_count;                        /* oxygens around a metal                                              */
  double o_fraction[VT_RES_CLASSES + 1]; /* fraction of metals with 0, 1, 2, 3, >= 4 oxygens            */
  double o_two_metals;                   /* share of the oxygens bound to two metals                            */
  double x_bridging;                     /* share of the halogens bound to two metals or more                   */
  double free_anions;                    /* share of all anions bound to no metal                               */
  double chain_mean, chain_weight,
      chain_largest;          /* metals of a fragment: mean over fragments, over metals; the largest */
  double chain_largest_share; /* of all metals                                                       */
  double cycles_per_metal;
  double mx_peak_a, mo_peak_a;     /* first maximum of g(r) of metal and halogen, metal and oxygen        */
  vt_decay turn_mx, turn_mo;       /* reorientation of bonds that last: 1/e of bonds/c2                   */
  vt_decay life_mx, life_mo;       /* of bonds: 1/e of bonds/continuous                                   */
  double jump_rate;                /* of one alkali ion, 1/ps                                             */
  double jump_back, jump_length_a; /* fraction that returns; A                                          */
  vt_residence tau[VT_SURVIVALS]
                  [VT_RES_CLASSES]; /* by kind of survival and the metal's oxygens, all alkalis together */
  double worst_z;                   /* largest |z| of the stationarity                                     */
  vt_stationarity stationarity;
} vt_structure_summary;

/* From a task's result, as vt_tr_from_arrays.  VT_EINVAL: arrays of another size than the contract's.  Allocates. */
VT_MUST_CHECK vt_status vt_structure_from_arrays(const vt_plan *plan, const vt_array_def *defs, int n_defs,
                                                 const double *values, vt_structure_summary *out, vt_err *err);

/* Nothing observed: NaN, absent, unknown. */
void vt_structure_none(vt_structure_summary *out);

/* Mean over the glasses x[n] that have a value, with its t interval; geometric (T 13.5): of the positive ones, with an
 * interval of positive ends, se still that of the value.  x is overwritten. */
vt_over_glasses vt_glasses_mean(double *x, int n, int geometric);

#endif
