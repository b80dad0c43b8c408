/* structure.h - one task's arrays to coordination, bonds, residence times; means over glasses (layer 5).
 *
 * Every estimate comes with its standard error; what the data do not resolve is NaN with a reason, never a placeholder.
 * (T n) is a section of THEORY.md.  Nothing here is collective. */
#ifndef VT_STRUCTURE_H
#define VT_STRUCTURE_H

#include "engine/base/base.h"
#include "engine/fits/fits.h"
#include "engine/spec/spec.h"
#include "engine/transport/transport.h"

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

/* The rate 1/tau, 1/ps, and its standard error (T 12.3); NaN where tau is. */
void vt_residence_rate(const vt_residence *r, double *rate, double *se);

/* Residence time against the number k of oxygen atoms around the metal, over glasses (T 12.2). */
enum { VT_RES_CLASSES = 4 }; /* k = 0..3 */

/* What is averaged over glasses, and whose scatter makes the interval (T 13.5). */
typedef enum vt_mean_kind {
  VT_MEAN_OWN,    /* mean; of the composition's own glasses                                               */
  VT_MEAN_POOLED, /* mean; pooled over compositions                                                       */
  VT_MEAN_SIZE,   /* mean of what is positive; relative scatter pooled, interval of positive ends         */
  VT_MEAN_TIME    /* geometric mean of what is positive; scatter of ln x pooled, interval of positive ends */
} vt_mean_kind;

/* Mean over glasses with its 95 % interval; the value alone where dof is 0, NaN without a glass.  A SIZE or a TIME with
 * an interval wider than three decades has no value: hi95 is the bound that is known (97.5 %), as vt_band. */
typedef struct vt_over_glasses {
  double value, se, lo95, hi95;
  int32_t n_glasses;
  int32_t reserved;
  double centre;    /* mean; its logarithm for SIZE and TIME */
  vt_glass_mean of; /* scatter, and degrees of freedom      */
} vt_over_glasses;
vt_over_glasses vt_no_mean(void);

/* Of the glasses x[n] that have a value; variance[n] (NULL: not known) is what their own runs state: of x, of ln x for
 * a TIME, relative for a SIZE.  The interval is that of a lone composition.  Allocates. */
VT_MUST_CHECK vt_status vt_glasses_mean(const double *x, const double *variance, int n, vt_mean_kind kind,
                                        vt_over_glasses *out, vt_err *err);
/* m[n]: the same number of all compositions at one temperature; their errors and intervals, made anew.  Allocates. */
VT_MUST_CHECK vt_status vt_over_compositions(vt_over_glasses *m, int n, vt_mean_kind kind, vt_err *err);

typedef struct vt_res_trend {
  vt_over_glasses slope;                 /* POOLED: d ln tau / dk of each glass with two classes or more    */
  vt_over_glasses ratio[VT_RES_CLASSES]; /* TIME: tau_k / tau_0; ratio[0] = 1 trivially; se: of ln   */
  double page_l, page_z;                 /* Page's statistic and (L - mean) / sd without order             */
  double page_p;                         /* one-sided, tau rises with k: normal approximation              */
  double page_p_exact;                   /* the same from all orders within the glasses; NaN with ties     */
  int32_t page_glasses;                  /* with two classes or more                                       */
  int32_t n_unresolved;                  /* values that are not there, "longer than" included              */
  int32_t resolved[VT_RES_CLASSES];      /* glasses that have tau_k                                   */
} vt_res_trend;

/* tau_ps[n]: the classes of each glass, NaN where not resolved; se_ps[n] their errors.  Slope and ratios have the
 * intervals of a lone composition.  VT_EINVAL: n < 1, a time that is not positive.  Allocates. */
VT_MUST_CHECK vt_status vt_residence_trend(const double (*tau_ps)[VT_RES_CLASSES],
                                           const double (*se_ps)[VT_RES_CLASSES], int n, vt_res_trend *out,
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
  double cn_metal, cn4;                       /* anions around a metal; fraction of metals with four                 */
  double o_count;                             /* oxygens around a metal                                              */
  double o_fraction[VT_RES_CLASSES + 1];      /* fraction of metals with 0, 1, 2, 3, >= 4 oxygens            */
  double o_two_metals;                        /* share of the oxygens bound to two metals                            */
  double x_bridging;                          /* share of the halogens bound to two metals or more                   */
  double free_anions;                         /* share of all anions bound to no metal                               */
  double o_variance;                          /* variance of the oxygens of a metal over metals and frames (T 13.6)  */
  double o_variance_chain, o_variance_random; /* what it would be in linear chains, in a random network    */
  double metals_close;                        /* pairs of metals nearer than VT_METALS_CLOSE_A in a frame  */
  double metals_close_share;                  /* of the frames with such a pair; NaN: results of protocol 1 */
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

/* ------------------------------------------------------------------ gates (gates.c, T 13.6)
 *
 * What must hold before a D is believed: one table of limits, judged for every MD task.  A limit is changed before a
 * campaign, never after one. */

typedef enum vt_gate_name {
  VT_GATE_STATIONARY,
  VT_GATE_FREE_ANIONS,
  VT_GATE_O_VARIANCE,
  VT_GATE_MELT,
  VT_GATE_METALS_CLOSE,
  VT_GATE_PRESSURE,
  VT_GATE_VOLUME,
  VT_N_GATES
} vt_gate_name;

/* A gate is open, shut, or it is not judged, for a reason. */
#define VT_GATE_STATES(X)                                                                               \
  X(VT_GATE_NOT_OBSERVED, "not observed", "not observed, or not resolved")                              \
  X(VT_GATE_FAILED, "failed", "failed")                                                                 \
  X(VT_GATE_PASSED, "passed", "passed")                                                                 \
  X(VT_GATE_REPORTED, "reported", "reported, not judged")                                               \
  X(VT_GATE_NO_LIMIT, "no limit", "the limit holds for 0.75 oxygens a metal, not for this composition") \
  X(VT_GATE_NO_MELT, "no melt", "nothing is known of the melt that the glass came from")                \
  X(VT_GATE_NO_VOLUME, "no volume", "nothing is known of how the volume was found")
typedef enum vt_gate_state { VT_GATE_STATES(VT_REASON_ENUM) } vt_gate_state;
extern const vt_reasons vt_gate_states;

typedef struct vt_gate_rule {
  const char *name, *unit;
  double lo, hi;      /* the value must lie within; -+INFINITY: open on that side; both: reported, not judged */
  const char *what;   /* the value in words                                                                  */
  const char *limit;  /* the limit in words: "at most 0.03"                                                  */
  const char *source; /* where the limit comes from                                                          */
} vt_gate_rule;
extern const vt_gate_rule vt_gate_rules[VT_N_GATES];

typedef struct vt_gate {
  double value;  /* NaN: not observed */
  int32_t state; /* vt_gate_state     */
  int32_t reserved;
} vt_gate;

/* Of one MD task; n_failed counts the shut ones. */
typedef struct vt_gates {
  vt_gate gate[VT_N_GATES];
  int32_t n_failed, reserved;
} vt_gates;

typedef struct vt_gate_input {
  const vt_composition *comp;
  const vt_structure_summary *structure;
  double pressure_gpa; /* mean of the produce stage; NaN: not observed                                */
  double melt_a2;      /* vt_melt_metals of the glass; NaN: not known                                */
  double volume_error; /* relative, of the mean volume that production has (equilibrate/volume); NaN: not known */
} vt_gate_input;

void vt_gates_judge(const vt_gate_input *in, vt_gates *out);
/* Nothing observed. */
void vt_gates_none(vt_gates *out);
/* Mean squared displacement, A^2, of all metals from msd_a2[species] (glass/melt_msd); NaN without a metal. */
double vt_melt_metals(const vt_composition *c, const double *msd_a2);

#endif
