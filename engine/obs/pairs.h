/* pairs.h - neighbours between two groups of atoms in one frame, for the observables of structure; private to
 * engine/obs. */
#ifndef VT_OBS_PAIRS_H
#define VT_OBS_PAIRS_H

#include "engine/obs/grid.h"

/* Row k: the `count[k]` atoms of the second group near atom first[k], as places in second[], ascending. */
typedef struct vt__pairs {
  int n_first, n_second, most;                             /* most: entries of a row */
  int of_first[VT_MAX_SPECIES], of_second[VT_MAX_SPECIES]; /* 1: species belongs to the group */
  int *first, *second;                                     /* atoms, ascending */
  int *count;                                              /* [n_first]        */
  int *place;                                              /* [n_first][most]  */
  double (*d)[4];  /* [n_first][most]: vector from first to second and its length, A */
  vt__grid grid;   /* the second group */
  double *doubles; /* the two blocks that hold them */
  int *ints;
} vt__pairs;

/* Groups by role (VT_ROLE_* masks of vt_comp_role); either may be empty.  Allocates. */
VT_MUST_CHECK vt_status vt__pairs_open(vt__pairs *p, const vt_composition *c, int first, int second, int most,
                                       vt_err *err);
/* All pairs nearer than cut->r of their species plus more_a, nearest images, never beyond half the shortest height of
 * the cell.  Nothing is kept from frame to frame.  VT_ETASK: a row longer than `most` (the campaign goes on without
 * this task). */
VT_MUST_CHECK vt_status vt__pairs_find(vt__pairs *p, const vt_frame *fr, const vt_cutoffs *cut, double more_a,
                                       vt_err *err);
void vt__pairs_close(vt__pairs *p);

#endif
