/* allocation.h - where the next MD goes, so that intervals become as narrow as somebody asked (layer 4).
 *
 * A decision follows from errors alone, never from values, so that to stop when an interval is narrow enough does not
 * bias what it holds (T 20).  A verdict is a value: it is asked for at a few fixed looks, each with its share of the
 * chance of error (vt_look).  One arithmetic in one order: the same input, the same decision.  Not collective.
 *
 * Lengths are ps of MD; costs, too: all that a glass asks for counts as it was planned, whatever a stage in fact took.
 */
#ifndef VT_ALLOCATION_H
#define VT_ALLOCATION_H

#include "engine/base/base.h"
#include "engine/fits/fits.h"

/* ------------------------------------------------------------------ what is asked */

#define VT_AIMS(X)                                                     \
  X(VT_AIM_EA, "activation_energy", "activation energy of D")          \
  X(VT_AIM_LOG10_D, "log10_D", "log10 D of the line at a temperature") \
  X(VT_AIM_HAVEN, "haven", "Haven ratio at a temperature")             \
  X(VT_AIM_VERDICT, "verdict", "verdict of the comparison")
typedef enum vt_aim_kind { VT_AIMS(VT_REASON_ENUM) VT_N_AIMS } vt_aim_kind;
extern const vt_reasons vt_aim_kinds;

enum { VT_MAX_AIMS = VT_N_AIMS };

typedef struct vt_aim {
  int32_t kind, reserved; /* vt_aim_kind                                                     */
  double t_k;             /* of VT_AIM_LOG10_D; of VT_AIM_HAVEN one of the cells'; else unused */
  double goal;            /* half of the 95 % interval: eV, decades, 1; unused by the verdict  */
} vt_aim;

/* ------------------------------------------------------------------ what is known */

/* One composition at one temperature. */
typedef struct vt_alloc_cell {
  double t_k;
  double quantum_ps; /* length of the pilot: what is added is a multiple of it             */
  double length_ps;  /* production of each glass so far                                    */
  double variance;   /* of ln D of one glass by its run, mean over the glasses; NaN: no value */
  double haven_half; /* half of the 95 % interval of the Haven ratio; NaN: no value        */
  int32_t haven_dof; /* of that interval                                                   */
  int32_t may_grow;  /* 0: no piece may be added any more                                  */
} vt_alloc_cell;

/* One composition.  The line is that of vt_arrh_fit, so that what is reached here is what a fit prints. */
typedef struct vt_alloc_comp {
  int32_t n_glasses;               /* asked for so far; fewer may have a result                       */
  int32_t n_lines;                 /* glasses in the line; 0: there is no line                        */
  int32_t dof;                     /* of its t quantiles; 0: it has no interval                       */
  int32_t dropped;                 /* 1: by an earlier decision                                       */
  int32_t misfit;                  /* 1: the fit found what no line describes (vt_arrh.misfit) */
  int32_t untested;                /* 1: its points cannot test a curve: no value beyond them (vt_arrh_is_tested) */
  double ref_k;                    /* where the level is                                              */
  double t_min_k, t_max_k;         /* of the points in the line                                       */
  double var_level, cov, var_ea;   /* of the mean line: ln D at ref_k, and eV             */
  double glass_ps, equilibrate_ps; /* what a new glass costs; what it costs at every temperature beside production */
  vt_alloc_cell *cell;             /* [n_temp] borrowed                                 */
} vt_alloc_comp;

/* n_lines, dof, misfit, untested, ref_k, t_*, var_*, cov of a composition. */
void vt_alloc_take_line(vt_alloc_comp *c, const vt_arrh *line);

typedef struct vt_alloc {
  int n_aims, n_comp, n_temp;
  vt_aim aim[VT_MAX_AIMS];
  const vt_alloc_comp *comp; /* [n_comp] borrowed                          */
  double budget_ps;          /* of all compositions, the pilot included    */
  int looks_done;            /* at the verdict                             */
  int decided;               /* 1: a look said insensitive or sensitive    */
} vt_alloc;

/* ------------------------------------------------------------------ looks at a verdict (T 20.4) */

enum { VT_LOOKS = 5 };
typedef struct vt_look {
  int glasses;  /* that every composition has        */
  double share; /* of a nominal level of 5 %: vt_compare_input.share */
} vt_look;
extern const vt_look vt_looks[VT_LOOKS];
/* The look that is due now that every composition that is not dropped has its glasses: the last one that they allow, or
 * -1.  Of several that have become due the earlier ones are skipped, unspent. */
int vt_look_due(const vt_alloc *a);

/* ------------------------------------------------------------------ the decision */

#define VT_ALLOC_STATES(X)                                                               \
  X(VT_ALLOC_REACHED, "reached", "every interval is as narrow as asked")                 \
  X(VT_ALLOC_OPEN, "open", "more is asked for")                                          \
  X(VT_ALLOC_WAITS, "waits", "what it needs next costs more than is left of the budget") \
  X(VT_ALLOC_TOO_DEAR, "too dear", "dropped: it would need more than the budget leaves") \
  X(VT_ALLOC_NO_VALUE, "no value", "dropped: no value within the budget")                \
  X(VT_ALLOC_MISFIT, "misfit", "dropped: no line runs through its values")               \
  X(VT_ALLOC_LIMIT, "limit", "dropped: neither more glasses nor longer runs would do")   \
  X(VT_ALLOC_BEFORE, "dropped", "dropped by an earlier decision")
typedef enum vt_alloc_state { VT_ALLOC_STATES(VT_REASON_ENUM) } vt_alloc_state;
extern const vt_reasons vt_alloc_states;
/* 1: nothing more is asked for this composition, for good. */
int vt_alloc_is_dropped(vt_alloc_state s);

/* What becomes of one composition. */
typedef struct vt_alloc_move {
  int32_t state;            /* vt_alloc_state                                                */
  int32_t glasses;          /* more                                                          */
  double cost_ps;           /* of what is asked for now                                      */
  double needs_ps;          /* until all is reached, as foreseen; 0: reached; NaN: not known; INFINITY: it cannot be */
  double half[VT_MAX_AIMS]; /* half-widths now; NaN: no interval, or a verdict    */
  double foreseen[VT_MAX_AIMS]; /* after what is asked for now                        */
} vt_alloc_move;

typedef struct vt_alloc_sum {
  double spent_ps, asked_ps; /* planned so far; by this decision        */
  int ends;                  /* 1: nothing is asked for: the campaign is over */
  int verdict_waits;         /* 1: the next look costs more than is left */
} vt_alloc_sum;

enum { VT_ALLOC_MOST_GLASSES = 64, VT_ALLOC_MISFIT_GLASSES = 12 };

/* move[n_comp], more_ps[n_comp * n_temp]: production to add to every glass, 0 or a multiple of the quantum, one piece.
 * VT_EINVAL: numbers that cannot be.  Allocates. */
VT_MUST_CHECK vt_status vt_alloc_decide(const vt_alloc *a, vt_alloc_move *move, double *more_ps, vt_alloc_sum *sum,
                                        vt_err *err);

/* Half of the 95 % interval of aim k of composition c with other glasses and lengths[n_temp] (NULL: as they are). */
double vt_alloc_foresee(const vt_alloc *a, int c, int k, int n_glasses, const double *length_ps);
/* ps of all that n_glasses glasses with these lengths ask for. */
double vt_alloc_cost(const vt_alloc *a, int c, int n_glasses, const double *length_ps);

#endif
