/* replica_impl.h - the stages of a task, shared by layout.c (how long, how large) and replica.c (doing it). */
#ifndef VT_REPLICA_IMPL_H
#define VT_REPLICA_IMPL_H

#include "engine/md/md.h"
#include "engine/replica/replica.h"

enum {
  VT__REPLICA_ROWS = 200, /* rows of a recorded stage: fixed, so that every task has the same shape */
  VT__REPLICA_COLUMNS = 4, /* T, V, E_pot per atom, P                                               */
  VT__REPLICA_EQUILIBRATE_ARRAYS = 3 /* of an MD task, before those of its observables             */
};

/* Steps of a stage with the plan's (possibly halved) time step; 0: the stage is left out. */
int64_t vt__replica_stage_steps(const vt_plan *p, vt_stage id);
double vt__replica_stage_dt_fs(const vt_plan *p, vt_stage id);
/* The stage as the integrator wants it, guards included. */
vt_md_stage vt__replica_stage(const vt_plan *p, vt_stage id);
/* Verlet skin of the whole task, A, for a potential of this cutoff: that of its highest temperature and longest step. */
double vt__replica_skin_a(const vt_plan *p, double cutoff);
/* Values of a GLASS result: cell, positions, quench rows. */
size_t vt__replica_glass_values(const vt_plan *p);

#endif
