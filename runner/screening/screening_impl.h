/* screening_impl.h - private to runner/screening. */
#ifndef VT_SCREENING_IMPL_H
#define VT_SCREENING_IMPL_H

#include "runner/screening/screening.h"

/* part.c: members of vt_fits of one composition's tasks, rows row..row+n-1, and runs, in one block without pointers. */
typedef struct vt__part {
  int comp, row, n, n_temp, n_runs;
  vt_transport *transport; /* [n], as all up to volume_error */
  vt_pool_glass *of_pool;
  vt_structure_summary *structure;
  vt_tg *tg;
  double *d_alkali, *d_alkali_se, *melt_a2, *volume_error;
  vt_structure_summary *whole; /* [n_runs]: n_temp * n_glasses */
  vt_group *group;             /* [n_temp] */
  char *block;
  size_t n_bytes;
} vt__part;
/* As without any result.  Close. */
VT_MUST_CHECK vt_status vt__part_open(const vt_campaign *c, int comp, vt__part *p, vt_err *err);
void vt__part_close(vt__part *p);
/* md [n_runs]: rows of the MD tasks, of the first piece; -1: none. */
VT_MUST_CHECK vt_status vt__part_make(const vt_campaign *c, const vt_arrays_from *from, const int *md, vt__part *p,
                                      vt_err *err);
void vt__part_put(const vt__part *p, vt_fits *f);

/* group.c: transport and structure of the MD tasks of the part at temperature t, and the group itself. */
VT_MUST_CHECK vt_status vt__fits_group(const vt_campaign *c, const vt_arrays_from *from, int t, const int *md,
                                       vt__part *p, vt_err *err);
/* NaN. */
void vt__group_none(vt_group *g);

/* gates.c: the gates of every MD task with a result; after all others. */
void vt__fits_gates(const vt_campaign *c, vt_fits *f);

/* quantities.c: value and standard error of quantity q (row of vt_quantities_of) in an MD task, D and sigma as
 * vt_pool_glass has them for fits; NaN: not resolved. */
void vt__quantity_at(const vt_campaign *c, const vt_fits *f, int q, int task, double *x, double *se);

#endif
