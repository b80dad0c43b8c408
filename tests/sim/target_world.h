/* target_world.h - campaigns of synthetic glasses that ask for errors: engine/allocation decides, glasses answer.
 *
 * ln D of a glass at T: a line, its own level and slope, its own departure from the line at T, and the noise of its
 * run, whose variance is that of a walk of the alkalis, 1.2 x 16 t1 / (9 N T_run), t1 = max(5 ps, 15 A^2 / (6 D)). */
#ifndef TARGET_WORLD_H
#define TARGET_WORLD_H

#include <stdint.h>

#include "engine/allocation/allocation.h"
#include "engine/comparison/comparison.h"

enum { TW_TEMPS = 4, TW_COMPS = 6 };

typedef struct tw_rules {
  int n_comp, pilot_glasses;
  double ln_d_500[TW_COMPS], ea_ev[TW_COMPS]; /* D in cm^2/s */
  double level, slope_ev, rest; /* s.d. between glasses: of ln D at the middle of the temperatures, eV, of each ln D */
  double haven, haven_rest;     /* H and s.d. of ln H between glasses */
  double stated;                /* s.d. of ln of a stated error       */
  double glass_ps, equilibrate_ps, budget_ps;
  int n_aims;
  vt_aim aim[VT_MAX_AIMS];
  vt_compare_limits lim;
  int no_spending; /* 1: every look at the verdict as if it were the only one */
} tw_rules;

/* As laco-naco: Li and Na in turn, 5 % in level, 4 meV, 3 %; 520 ps a glass, 50 ps a temperature. */
tw_rules tw_usual(int n_comp);
/* 500, 600, 700, 800 K. */
double tw_t_k(int temp);
double tw_ln_d(const tw_rules *r, int comp, double t_k);

/* How one campaign ended. */
typedef struct tw_end {
  int rounds, verdict, looks; /* vt_verdict                         */
  double ps;                  /* planned and run                    */
  int dropped[TW_COMPS], reached[TW_COMPS], glasses[TW_COMPS];
  double length_ps[TW_COMPS][TW_TEMPS];
  double off[TW_COMPS][VT_MAX_AIMS]; /* estimate minus truth: eV, decades, 1 */
  double half[TW_COMPS][VT_MAX_AIMS];
  double needs_ps[TW_COMPS]; /* as foreseen behind the pilot         */
} tw_end;
tw_end tw_run(const tw_rules *r, uint64_t seed);

/* ps of the cheapest design with the same length at every temperature and the same glasses that is expected to meet
 * all precise aims, its intervals those of the fits; true scatter known. */
double tw_equal_ps(const tw_rules *r);

#endif
