/* grid.h - the atoms of one frame by cells, so that a search within a distance need not look at all of them; private to
 * engine/obs. */
#ifndef VT_OBS_GRID_H
#define VT_OBS_GRID_H

#include "engine/obs/obs_impl.h"

/* A search finds the same atoms with the same bits of their distances whether it goes by cells or looks at all: each
 * distance is that of vt__fold_distances either way, and cells leave out only what is farther away. */
typedef struct vt__grid {
  int most, n;     /* atoms there is room for; atoms of the frame at hand */
  int by_cells;    /* 1: searches go by cells; 0: they look at all atoms, since cells would not spare enough of them */
  int n_cell[3];   /* cells along each axis, over fractional coordinates */
  int reach;       /* cells to each side that a search reads */
  vt_cell cell;    /* of the frame */
  double hi[3][3]; /* its inverse */
  double limit2;   /* of the searches, A^2 */
  double *s[3];    /* [n] fractional coordinates, as they come from the positions */
  int *found;      /* [most] what the last search found: places in s, in no certain order ... */
  double *r2;      /* [most] ... and their distances squared, A^2 */
  double *by[3];   /* [n] s in order of cells; within a cell by place */
  double *look[3]; /* [most] the atoms that a search looks at ... */
  int *who;        /* [most] ... and their places */
  int looks_from, n_look; /* the cell around which they were collected, -1: none; how many */
  int *slot;              /* [n] place of by[k]: all places in order of cells, in which searches are cheapest */
  int *cell_of;           /* [n] */
  int *start;             /* [cells + 1] */
  double *doubles;        /* the two blocks that hold them */
  int *ints;
} vt__grid;

/* Room for `most` atoms; may be 0.  Allocates. */
VT_MUST_CHECK vt_status vt__grid_open(vt__grid *g, int most, vt_err *err);
void vt__grid_close(vt__grid *g);
/* The atoms which[0..n-1] of a frame (which NULL: the first n), for searches within sqrt(limit2), which is to be at
 * most half the shortest height of the cell.  Positions may lie outside of the cell.  VT_EDIVERGE: the cell cannot be
 * inverted. */
VT_MUST_CHECK vt_status vt__grid_put(vt__grid *g, const vt_frame *fr, const int *which, int n, double limit2,
                                     vt_err *err);
void vt__grid_fractional(const vt__grid *g, const double x[3], double s[3]);
/* Of the atoms at places 0..below-1 those whose nearest image is nearer than the limit to the fractional point s: their
 * number, with found[] and r2[].  Ascending unless by_cells.  Allocates nothing. */
int vt__grid_find(vt__grid *g, const double s[3], int below);

#endif
