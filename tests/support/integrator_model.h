/* integrator_model.h - small systems with known answers for tests of engine/md. */
#ifndef VT_INTEGRATOR_MODEL_H
#define VT_INTEGRATOR_MODEL_H

#include "engine/md/md.h"

/* Repulsive spheres V = 1.5 eV (1 - (r / 4 A)^2)^4: three continuous derivatives at the cutoff, so that what is left of
 * energy drift is the integrator's. */
vt_pot model_soft(void);
/* No forces at all: an ideal gas. */
vt_pot model_gas(void);
/* No forces, a reach of 5 A, and as the committee's spread whatever *spread is (NULL: NaN): atoms stand still or fly
 * straight.  *spread must outlive the potential. */
vt_pot model_still(double *spread);

/* n atoms, alternately Li and Cl, on a jittered cubic lattice of the given edge; velocities at t_k; ready for
 * vt_md_begin.  Fails the running test on error. */
void model_open(vt_md *md, vt_pot *pot, int n, double edge_a, double t_k, uint64_t key);

/* A stage of n_steps of dt_fs at t_k: tau_t 50 dt, tau_p 500 dt, no guard, blocks of 50. */
vt_md_stage model_stage(int ensemble, double t_k, double dt_fs, int64_t n_steps);

/* A stage begins; n steps of it.  Both fail the running test on error. */
void model_begin(vt_md *md, const vt_md_stage *st);
void model_run(vt_md *md, int64_t n);

#endif
