/* obs_conform.h - what every observable must satisfy, whatever it measures.
 *
 * Each check runs the observable over one deterministic trajectory of a small triclinic cell (random walkers) and fails
 * the cmocka test that calls it. */
#ifndef VT_OBS_CONFORM_H
#define VT_OBS_CONFORM_H
#include "engine/obs/obs.h"

/* Names, limits and defaults are sane; the layout is pure, fits its declaration and refuses what is out of range. */
void vt_conform_obs_layout(const vt_obs_ops *ops);
/* Saving in the middle and loading into a fresh state gives the bits of an undisturbed run; a state of another size is
 * refused. */
void vt_conform_obs_split_run(const vt_obs_ops *ops);
/* Exchanging equal atoms (all of their history) changes nothing but the order of the sums: 1e-12 relative. */
void vt_conform_obs_permutation(const vt_obs_ops *ops);
/* Whole lattice vectors added to x change nothing: positions enter through nearest images only. */
void vt_conform_obs_wrapping(const vt_obs_ops *ops);
/* A frozen cell that drifts rigidly by u A/ps (x and dx) differs from one that does not by exactly what `expect`
 * writes: it gets the values without drift in v[] and turns them into those with it; NULL: nothing changes. */
typedef void vt_conform_drift(const vt_plan *p, const vt_array_def *defs, int n_defs, const double u[3], double *v);
/* The frozen cell before it drifts, for an `expect` that depends on it: x[n_atoms][3], type[n_atoms]. */
void vt_conform_frozen_cell(vt_cell *c, int *type, double (*x)[3]);
void vt_conform_obs_drift(const vt_obs_ops *ops, vt_conform_drift *expect);
/* finish writes every declared element: two runs into buffers with different fillings agree bit for bit, also when
 * nothing was sampled. */
void vt_conform_obs_complete(const vt_obs_ops *ops);
/* sample calls no allocator.  The test program must be linked with -Wl,--wrap for malloc, calloc, realloc and
 * aligned_alloc. */
void vt_conform_obs_no_allocation(const vt_obs_ops *ops);
#endif
