/* comparison.h - whether compositions differ, and what makes them differ (layer 4).
 *
 * Every estimate comes with its standard error; what the data do not resolve is NaN with a reason, never a placeholder.
 * (T n) is a section of THEORY.md.  Nothing here is collective. */
#ifndef VT_COMPARISON_H
#define VT_COMPARISON_H

#include "engine/base/base.h"
#include "engine/fits/fits.h"
#include "engine/spec/spec.h"

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
  const vt_arrh *fits; /* [n] all at one t_ref_k; row = index; the resolved ones take part, unless t_ref_k lies beyond
                        * points that cannot test a curve (vt_arrh_is_tested)                              */
  int n;
  const vt_glass_line *glass; /* [n_glass] lines of the glasses behind the fits, or NULL: then outlying glasses go
                               * unnoticed, p_common_level and p_permutation are NaN                   */
  int n_glass;
  const char *const *names; /* [n] for sentences; NULL: "composition 3"                              */
  const double *tg_k;       /* [n] glass transition temperatures, K; NaN: unknown.  vt_compare_at_tg alone reads it */
  vt_compare_limits lim;
  uint64_t key; /* of the draws (Philox)                                                 */
  double share; /* of its nominal chance of error that the verdict may spend here, (0, 1]: one look of several
                 * (T 9.12); 0: all of it.  Intervals of the result that decide are so much wider: delta_*, range_lo,
                 * range_hi, tau_wide_*                                                              */
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
  double tau, tau_lo, tau_hi;       /* Paule-Mandel spread, Q-profile 95 % interval, decades; NaN for two */
  double tau_dl;                    /* DerSimonian-Laird, for comparison; NaN for two               */
  double tau_wide_lo, tau_wide_hi;  /* 95 % interval that also allows for the error of the variance between glasses;
                                     * it decides (T 9.3); NaN for two compositions         */
  double range, range_lo, range_hi; /* noise-corrected range and 95 % bounds, decades      */
  double dof; /* behind the variances: of the t quantiles of ratios and contrasts; 0: one glass each, no interval */
  double i2, q, q_p;
  double tau_ea_ev;        /* the same spread of activation energies; NaN for two          */
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

/* Compositions with several glasses share one variance between glasses, not below that of sampling (T 9.1).  tau
 * decides only for k > 2; unresolved compositions and single glasses forbid the verdict "insensitive" (T 9.6).  Fewer
 * than two resolved: NaN and VT_UNDECIDED.  Values without any error: likewise.  VT_EINVAL: different reference
 * temperatures, margins that are not positive, lines that do not belong to the fits.  Deterministic.  Allocates. */
VT_MUST_CHECK vt_status vt_compare_fits(const vt_compare_input *in, vt_compare *out, vt_err *err);

/* The same at equal T/Tg instead of equal T: every line, of compositions and of glasses, is read off at theta Tg with
 * theta = t_ref_k / median(Tg) (T 9.9).  Unless in->tg_k gives every resolved composition a Tg the result has k = 0,
 * NaN, VT_UNDECIDED and the reason in `why`.  t_ref_k of the result is that of the fits. */
VT_MUST_CHECK vt_status vt_compare_at_tg(const vt_compare_input *in, vt_compare *out, vt_err *err);

/* How many times as large x is in one composition as in another: 10^(y_i - y_j) with its 95 % t interval (T 9.13).
 * Without interval for one glass each; wider than three decades: NaN, it is not resolved. */
typedef struct vt_ratio {
  int32_t of, to; /* rows of the compositions: x of `of` divided by x of `to`, the smaller one */
  double ratio, lo95, hi95;
} vt_ratio;

enum { VT_RATIO_PAIRS = 4 };
/* Of up to VT_RATIO_PAIRS compositions all pairs, of more the largest over each other; out[VT_MAX_COMPARE], by falling
 * value.  Returns their number, 0 without a comparison. */
int vt_compare_ratios(const vt_compare *c, vt_ratio out[VT_MAX_COMPARE]);

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

/* For vt_var_input.sampling: the mean over in->glass, of the compositions that c compares, of the variance that the
 * errors of the points give log10 x of one glass, decades^2 (T 9.11).  NaN without such lines. */
double vt_compare_sampling(const vt_compare_input *in, const vt_compare *c);

/* Main effects, each as a random effect, from sums of squares adjusted for the other factors (Henderson's third method;
 * in a balanced design the classical analysis of variance), corrected for the errors of the values.  VT_EINVAL: k < 2,
 * variances that are not numbers >= 0.  Allocates. */
VT_MUST_CHECK vt_status vt_variance_by_factor(const vt_var_input *in, vt_var_split *out, vt_err *err);

#endif
