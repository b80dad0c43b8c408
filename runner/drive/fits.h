/* fits.h - from the arrays of tasks to vt_fits, wherever they lie; private to drive. */
#ifndef VT_DRIVE_FITS_H
#define VT_DRIVE_FITS_H

#include "runner/drive/drive.h"

/* Where arrays come from: *values of task i in the order of vt_replica_layout (vt_free), or NULL if it has no result.
 */
typedef struct vt__arrays_from {
  void *ctx;
  vt_status (*load)(void *ctx, int i, const vt_plan *p, double **values, vt_err *err);
} vt__arrays_from;

/* fits.c: all of it.  Every task's arrays are asked for once; those of all glasses of one composition at one
 * temperature are held together. */
VT_MUST_CHECK vt_status vt__fits_make(const vt_campaign *c, const vt__arrays_from *from, vt_fits **out, vt_err *err);

/* fits_group.c: transport and structure of the MD tasks of composition k at temperature t, and the group itself. */
VT_MUST_CHECK vt_status vt__fits_group(const vt_campaign *c, const vt__arrays_from *from, int k, int t, vt_fits *f,
                                       vt_err *err);
/* NaN. */
void vt__group_none(vt_group *g);

/* quantities.c: value and standard error of quantity q (row of vt_quantities_of) in an MD task; NaN: not resolved. */
void vt__quantity_at(const vt_campaign *c, const vt_fits *f, int q, int task, double *x, double *se);

#endif
