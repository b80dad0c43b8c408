/* liquid.h - a packed oxychloride with a real potential. */
#ifndef VT_LIQUID_H
#define VT_LIQUID_H

#include "engine/md/md.h"

typedef struct liquid {
  vt_composition comp;
  vt_pot pot;
  vt_md md;
} liquid;

/* LiAlCl2.5O0.75 in `units` of 21 atoms, packed into a cube, relaxed, with velocities at t_k.  kind "nep": the shipped
 * potential of seven elements at this processor's best vector level; "lj": Lennard-Jones.  Fails the running test on
 * error; the liquid must not be moved in memory. */
void liquid_open(liquid *l, const char *kind, vt_precision precision, int units, double t_k, uint64_t key);
void liquid_close(liquid *l);

/* Another system of the same atoms and momenta with the same potential, in a cell that describes the same crystal. */
void liquid_twin(const liquid *l, const vt_cell *cell, vt_md *twin);

/* A stage of n_steps of dt_fs at t_k: thermostat 0.1 ps, barostat 1 ps, zero pressure, no guard, blocks of 50. */
vt_md_stage liquid_stage(int ensemble, double t_k, double dt_fs, int64_t n_steps);

/* A whole stage. */
void liquid_hold(vt_md *md, const vt_md_stage *st, uint32_t stage_index);

#endif
