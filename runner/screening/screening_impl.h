/* screening_impl.h - private to runner/screening. */
#ifndef VT_SCREENING_IMPL_H
#define VT_SCREENING_IMPL_H

#include "runner/screening/screening.h"

/* group.c: transport and structure of the MD tasks of composition k at temperature t, and the group itself. */
VT_MUST_CHECK vt_status vt__fits_group(const vt_campaign *c, const vt_arrays_from *from, int k, int t, vt_fits *f,
                                       vt_err *err);
/* NaN. */
void vt__group_none(vt_group *g);

/* gates.c: the gates of every MD task with a result; after all others. */
void vt__fits_gates(const vt_campaign *c, vt_fits *f);

/* quantities.c: value and standard error of quantity q (row of vt_quantities_of) in an MD task, D and sigma as
 * vt_pool_glass has them for fits; NaN: not resolved. */
void vt__quantity_at(const vt_campaign *c, const vt_fits *f, int q, int task, double *x, double *se);

#endif
