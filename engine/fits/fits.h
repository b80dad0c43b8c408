/* fits.h - Arrhenius lines, VTF curves and the glass transition of one composition (layer 3).
 *
 * Every estimate comes with its standard error; what the data do not resolve is NaN with a reason, never a placeholder.
 * (T n) is a section of THEORY.md.  Nothing here is collective. */
#ifndef VT_FITS_H
#define VT_FITS_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

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
  int32_t resolved;        /* 0: fewer than 2 temperatures (3 for one glass); then every estimate is NaN */
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

#endif
