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

#define VT_VTF_REASONS(X)                                                                      \
  X(VT_VTF_OK, "fitted", "fitted")                                                             \
  X(VT_VTF_NO_LINE, "no line either", "there is no Arrhenius fit either")                      \
  X(VT_VTF_FEW_TEMPERATURES, "fewer than three temperatures", "fewer than three temperatures") \
  X(VT_VTF_FEW_POINTS, "too few points", "fewer than two points more than two a glass")        \
  X(VT_VTF_NOT_ACTIVATED, "not activated", "the values do not rise with temperature")          \
  X(VT_VTF_AT_MOST, "T0 at its upper end", "T0 runs into the upper end of its range")
typedef enum vt_vtf_reason { VT_VTF_REASONS(VT_REASON_ENUM) } vt_vtf_reason;
extern const vt_reasons vt_vtf_reasons;
const char *vt_vtf_reason_text(vt_vtf_reason r);

/* ln x = ln_prefactor - B / (T - T0), 0 <= T0 <= t0_max_k (T 8.5).  NaN (weight 0) if it was not tried. */
typedef struct vt_vtf {
  double t0_k, t0_se; /* one T0 for all glasses; se linearised                                     */
  double t0_max_k;    /* upper end of the prior of T0 (T 8.6)                                      */
  double b_k, b_se;   /* K; mean over glasses                                                      */
  double ln_prefactor, ln_prefactor_se;
  double ea_local_ev, ea_local_se;      /* local activation energy at t_ref_k, kB B (T / (T - T0))^2, over the  */
  double ea_local_lo95, ea_local_hi95;  /* posterior of T0; ends of its 95 % interval                           */
  double chi2_red;                      /* of the curves, points - 2 glasses - 1 degrees of freedom          */
  double extra, extra_lo95, extra_hi95; /* at t_extra, over the posterior of T0 > 0; as vt_band                 */
  double delta_aic;                     /* AIC(Arrhenius) - AIC(VTF): positive speaks for VTF                */
  double weight;                        /* posterior probability of T0 > 0, prior 1/2                        */
  int32_t reason;                       /* vt_vtf_reason                                                     */
  int32_t n_temperatures;               /* different ones among the points used                              */
} vt_vtf;

/* What all glasses do together that neither line nor curve describes (T 8.9). */
#define VT_MISFITS(X)                                      \
  X(VT_MISFIT_NONE, "none", "none")                        \
  X(VT_MISFIT_POINT, "one temperature", "one temperature") \
  X(VT_MISFIT_JUMP, "jump", "jump")                        \
  X(VT_MISFIT_KINK, "kink", "kink")                        \
  X(VT_MISFIT_SHAPE, "no curve", "no curve")
typedef enum vt_misfit_kind { VT_MISFITS(VT_REASON_ENUM) } vt_misfit_kind;
extern const vt_reasons vt_misfits;

/* From this size on, in decades, there is no fit: a factor of two; of a jump, which turns the line, a quarter. */
#define VT_MISFIT_REFUSED 0.3
#define VT_JUMP_REFUSED   0.1

typedef struct vt_misfit {
  int32_t kind;        /* vt_misfit_kind                                                      */
  int32_t refused;     /* 1: at least VT_MISFIT_REFUSED or VT_JUMP_REFUSED, and there is no fit */
  double p;            /* chance of a misfit this large; NaN: fewer than three temperatures   */
  double chi2_red;     /* of the values of all glasses together, by temperature               */
  double t_k, next_k;  /* the temperature; a jump lies between it and next_k                  */
  double size_decades; /* of the jump, or how far the values lie off                          */
} vt_misfit;

enum { VT_MISFIT_TEXT = 160 };
/* "the values jump by 1.60 decades between 500 and 550 K"; "" without a misfit. */
void vt_misfit_text(const vt_misfit *m, char text[VT_MISFIT_TEXT]);

/* Nothing here knows what x is: D of any species (cm^2/s), sigma T (mS K/cm), a residence rate 1/tau (1/ps); the values
 * at temperatures and exp(ln_prefactor) are in the unit of x. */
typedef struct vt_arrh {
  int32_t n_points, n_glasses; /* that took part                                           */
  int32_t n_rejected;          /* without value or error, or of a glass with too few temperatures */
  int32_t dof;                 /* for t quantiles of every *_se here (T 8.2)                   */
  double ea_ev, ea_se;
  double ln_prefactor, ln_prefactor_se;
  double t_ref_k, log10_ref, log10_ref_se;         /* log10 x at the reference temperature          */
  double cov_ref_ea;                               /* covariance of log10_ref and ea_ev             */
  double t_extra_k, extra, extra_lo95, extra_hi95; /* of the line: median and 95 % band at t_extra, as vt_band */
  double log10_extra_se;
  double chi2_red;         /* of the lines within glasses; NaN where undefined */
  double birge;            /* factor that scaled the errors (1: none)        */
  double glass_sd_decades; /* sd between glasses at t_ref, sampling noise included; NaN for one */
  int32_t resolved;     /* 0: fewer than 2 temperatures (3 for one glass), or misfit.refused: every estimate is NaN */
  int32_t extrapolates; /* 1: t_ref lies outside the measured temperatures */
  double t_min_k, t_max_k; /* of the points in the fit                        */
  vt_vtf vtf;
  double avg_extra, avg_lo95, avg_hi95; /* at t_extra, both models by their weights (T 8.6); zero and NaN as in vtf */
  double tg_k;                          /* MD glass transition; NaN: not given              */
  int32_t n_below_tg;                   /* points used at or below it                       */
  int32_t model;                        /* vt_model                                         */
  int32_t n_status[VT_N_POINT_STATUS];  /* points by vt_point_status                        */
  int32_t one_glass;                    /* 1: one glass, and no other composition has two: errors are those of its one
                                         * trajectory, and there is no interval for the composition */
  vt_misfit misfit;
} vt_arrh;

/* How glasses of other compositions scatter about their mean line (T 8.2): covariance of the line of one glass, what
 * sampling explains subtracted, so that variances may be negative. */
typedef struct vt_scatter {
  double var_ref, var_ea, cov; /* of log10 x at t_ref_k, and of Ea: decades^2, eV^2, decades eV  */
  int32_t dof;                 /* with which it counts; 0: nothing is known                      */
  int32_t reserved;
} vt_scatter;

/* Where T0 of a composition without a known glass transition ends: the laboratory's Tg of these glasses, K (T 8.6). */
#define VT_TG_OF_CLASS_K 260.0

/* What a fit is asked for. */
typedef struct vt_fit_spec {
  double t_ref_k;    /* <= 0: harmonic mean of the temperatures      */
  double t_extra_k;  /* <= 0: no extrapolation                       */
  double tg_k;       /* glass transition, above which T0 cannot lie (T 8.6); not > 0: VT_TG_OF_CLASS_K */
  vt_scatter others; /* at t_ref_k; zero: there is no other composition */
} vt_fit_spec;

/* Centred fit of ln x against 1/T for ONE composition (points of others are an error): each glass on its own with
 * weights from the sampling variance pooled over glasses; the mean over glasses, its covariance from their scatter,
 * that of other compositions, and the errors of the points (T 8.2); then the VTF curve on the same points, and what
 * both say at t_extra.  status[n] (vt_point_status) may be NULL.  Allocates. */
VT_MUST_CHECK vt_status vt_arrh_fit(const vt_point *pt, int n, const vt_fit_spec *spec, int32_t *status, vt_arrh *out,
                                    vt_err *err);

/* Record the composition's glass transition (tg_k NaN: not known) in a fit and in the status[n] that vt_arrh_fit gave
 * for the same points: those used at or below it become VT_POINT_BELOW_TG.  The numbers of the fit stay. */
void vt_arrh_mark_glass(const vt_point *pt, int n, double tg_k, int32_t *status, vt_arrh *a);

/* A value with its 95 % interval.  One wider than three decades is not resolved: median and lower end are NaN, and the
 * upper end is the bound that is known (97.5 %, one-sided), NaN if there is none (T 8.4). */
typedef struct vt_band {
  double median, lo95, hi95;
} vt_band;
/* The value at t_extra of the model that was chosen: of the three bands in a, that of a->model. */
vt_band vt_arrh_extrapolated(const vt_arrh *a);
/* Did the points test whether the line bends?  0: two temperatures, or one glass of three.  Beyond t_min_k and t_max_k
 * a curve then counts as it did before the points (T 8.6). */
int vt_arrh_is_tested(const vt_arrh *a);
/* "two temperatures cannot test a curve; a third one is needed"; of a fit that is not tested. */
const char *vt_arrh_untested_text(const vt_arrh *a);
/* The value of the line at t_ref_k; nothing where that is beyond the points of a fit that is not tested. */
vt_band vt_arrh_at_ref(const vt_arrh *a);
/* The activation energy of the line in eV, however wide; one glass has no ends. */
vt_band vt_arrh_energy(const vt_arrh *a);

/* ------------------------------------------------------------------ means over glasses (T 8.8) */

/* One number of the glasses of one composition, each counting once. */
typedef struct vt_glass_mean {
  int32_t n;       /* glasses that have it                                                                   */
  int32_t dof;     /* out: of the interval; 0: one glass and nothing to compare with                         */
  double squares;  /* sum of squares about their mean, where errors are alike: in ln x of what is positive   */
  double sampling; /* sum of the variances that their own runs state; 0: not known                           */
  double variance; /* out: of the mean                                                                       */
} vt_glass_mean;

/* What D and sigma of glasses of this class scatter by, s.d. of ln x (T 8.2). */
#define VT_USUAL_LEVEL 0.06

/* m[n]: the same number of all compositions, or of one.  Fills dof and variance where there is a glass: scatter of the
 * glasses, shrunk towards that of the other compositions with as many degrees of freedom as these agree, and towards
 * `usual`, an s.d. (0: nothing is known beforehand); never below sampling.  Allocates. */
VT_MUST_CHECK vt_status vt_glasses_pool(vt_glass_mean *m, int n, double usual, vt_err *err);
/* exp of a mean on the ln scale with its interval; without ends for dof 0. */
vt_band vt_glasses_band(double ln_value, const vt_glass_mean *m);

/* ------------------------------------------------------------------ values by temperature (T 8.8) */

/* The geometric mean over the glasses of a composition at one temperature; no line goes into it. */
typedef struct vt_at_t {
  int32_t comp, n_glasses; /* glasses with a usable point                                     */
  int32_t dof;             /* of the interval; 0: one glass and nothing to compare with       */
  int32_t reserved;
  double t_k;
  double value, se;  /* in the unit of x; se = value times the error of ln x            */
  double lo95, hi95; /* as vt_band                                                      */
} vt_at_t;

/* Every composition and temperature among the points of ALL compositions, in order of appearance: out[] has room for n,
 * *n_out are filled.  Points without value or error are left out.  usual: as vt_glasses_pool.  VT_EINVAL: a temperature
 * that is not > 0.  Allocates. */
VT_MUST_CHECK vt_status vt_values_at(const vt_point *pt, int n, double usual, vt_at_t *out, int *n_out, vt_err *err);

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

/* What line[n], the glasses of all compositions (those of one stand together), tell composition `comp` of the scatter
 * between glasses: the pooled covariance of the others, with as many degrees of freedom as their variances agree
 * (T 8.2).  Allocates. */
VT_MUST_CHECK vt_status vt_scatter_of_others(const vt_glass_line *line, int n, int comp, vt_scatter *out, vt_err *err);

#endif
