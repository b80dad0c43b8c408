/* compositions.h - small glasses and short protocols. */
#ifndef VT_TEST_COMPOSITIONS_H
#define VT_TEST_COMPOSITIONS_H

#include "engine/spec/spec.h"

/* `units` of these elements in this order, with their usual charges. */
vt_composition vt_test_composition(const char *name, int n_species, const char *const *symbol, const int *count,
                                   int units);
/* LiAlCl2.5O0.75 in units of 21 atoms: Li4 Al4 O3 Cl10. */
vt_composition vt_test_oxychloride(int units);

/* Melt 0.5 ps at 900 K, quench 5e14 K/s with a free volume below 600 K, equilibrate 1.6 ps, produce 1 ps; steps of 2
 * fs; NVT, NPT, NVT; no guard. */
vt_protocol vt_test_protocol(void);

/* Fills the potential's hash and the uid; fails the running test on error.  (plans.c: needs engine/pot) */
void vt_test_identify(vt_plan *p);

#endif
