/* allocation_impl.h - what the files of this module share. */
#ifndef VT_ALLOCATION_IMPL_H
#define VT_ALLOCATION_IMPL_H

#include "engine/allocation/allocation.h"

/* How far the aims of a composition are away: sum over them of ln(half^2 / goal^2) where that is positive; NaN: one of
 * them has no interval. */
double vt__alloc_misses(const vt_alloc *a, int c, int n_glasses, const double *length_ps);

/* Does the aim lie beyond points that cannot test a curve?  Then it has no interval. */
int vt__alloc_is_beyond(const vt_alloc_comp *c, const vt_aim *aim);

#endif
