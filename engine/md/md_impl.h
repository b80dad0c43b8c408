/* md_impl.h - what the files of this module share. */
#ifndef VT_MD_IMPL_H
#define VT_MD_IMPL_H

#include "engine/md/md.h"

/* Kinetic degrees of freedom: the total momentum is zero. */
static inline int vt__md_dof(const vt_md *md) { return 3 * md->n - 3; }

/* What the volume does during one step. */
typedef struct vt__md_scaling {
  double length;   /* factor of positions and cell; velocities are divided by it */
  double d_volume; /* A^3 */
} vt__md_scaling;

/* verlet.c */
double vt__md_kinetic(const vt_md *md); /* sum of m v^2 / 2, one fixed order  */
void vt__md_zero_momentum(vt_md *md);
void vt__md_kick(vt_md *md, double dt); /* v += f/m dt                        */
/* x += v dt, dx likewise; with a scaling in the middle: half the drift, scale, the other half. */
void vt__md_drift(vt_md *md, double dt, const vt__md_scaling *s);
void vt__md_scale_velocities(vt_md *md, double factor);
/* Bring list and forces to the current positions. */
VT_MUST_CHECK vt_status vt__md_forces(vt_md *md, int force_rebuild, vt_err *err);
void vt__md_measure(vt_md *md); /* e_kin, t_k, pressure               */

/* stage.c */
VT_MUST_CHECK vt_status vt__md_check_stage(const vt_md_stage *st, uint32_t stage_index, vt_err *err);
void vt__md_account(vt_md *md); /* vt__md_measure, and what is conserved */

/* langevin.c: the velocities over one step in the middle of the drift; counts the heat. */
void vt__md_langevin(vt_md *md, double t_k);

/* scr.c: the volume move of the step that begins now, from the state at its beginning. */
VT_MUST_CHECK vt_status vt__md_scr_move(const vt_md *md, double t_k, vt__md_scaling *out, vt_err *err);
/* After a volume move: the stiffness from the fluctuations of the volume so far. */
void vt__md_scr_measure(vt_md *md, double t_k);

/* guard.c: after every step */
VT_MUST_CHECK vt_status vt__md_guard_step(const vt_md *md, vt_err *err);

/* contacts.c: distances, at the steps that are due */
VT_MUST_CHECK vt_status vt__md_watch_open(vt_md *md, vt_err *err);
void vt__md_watch_close(vt_md *md);
void vt__md_watch_begin(vt_md *md); /* the limits of a stage; forgets every pair */
VT_MUST_CHECK vt_status vt__md_watch_step(vt_md *md, vt_err *err);
/* The pairs that are followed, for a state; load after vt__md_watch_begin.  VT_ECORRUPT: no such pairs. */
size_t vt__md_watch_state_size(int n_atoms);
void vt__md_watch_save(const vt_md *md, void *bytes);
VT_MUST_CHECK vt_status vt__md_watch_load(vt_md *md, const void *bytes, vt_err *err);
/* The pair that is nearest for what its elements allow, in words. */
void vt__md_nearest(const vt_md *md, char text[VT_NAME]);

#endif
