/* md.h - integrators, thermostat, barostat, ramps, guards (layer 4).
 *
 * One vt_md owns one replica's phase space.  All random numbers come from (key, stream, step): the state after step s
 * is a pure function of the plan.  The engine's internal units (sys.h). */
#ifndef VT_MD_H
#define VT_MD_H

#include "engine/pot/pot.h"
#include "engine/sys/sys.h"

/* What ends a stage with VT_EDIVERGE; a limit of 0 is off.  The first four are looked at after every step, distances
 * every 50 fs (rounded to steps, counted from the beginning of the stage).  A pair counts as lasting when it was within
 * its limit at every look for 1 ps: shorter approaches belong to a melt. */
typedef struct vt_md_guard {
  double t_max_k;      /* instantaneous temperature      */
  double f_max;        /* any force, eV/A                */
  double volume_ratio; /* volume / volume at stage start, or its inverse */
  double spread_max;   /* of a committee, eV/A           */
  double d_min_scale;  /* pair distance / vt_comp_bond_length, at any look */
  int molecules;       /* 1: two anions within vt_comp_molecule_length, lasting */
  int contacts;        /* 1: any pair within 0.8 of a bond, lasting; two network cations within
                        * vt_comp_close_length that fewer than two anions
                        * hold together, lasting */
} vt_md_guard;

#define VT_MD_STIFFNESS_GPA 5.0

/* What the barostat knows of the system: sets how fast the volume follows, no average (T 4.8). */
typedef struct vt_md_barostat {
  double stiffness;        /* in use, eV/A^3                                               */
  double volume, variance; /* recent mean, A^3, and variance, A^6; 0 before it is measured */
} vt_md_barostat;

/* A stage: constant-T hold or a linear ramp. */
typedef struct vt_md_stage {
  const char *name;   /* "melt", for errors; borrowed                         */
  int ensemble;       /* vt_ensemble                                          */
  double t0_k, t1_k;  /* linear from t0 to t1 over the stage                  */
  double npt_below_k; /* with VT_NVT: switch to NPT once T(set) is below; 0 never */
  double dt;          /* internal time                                        */
  int64_t n_steps;
  double tau_t, tau_p;   /* coupling times, internal; friction of LANGEVIN: 1/tau_t */
  double pressure;       /* target, eV/A^3                                       */
  double stiffness;      /* -V dP/dV that the barostat assumes at the beginning, eV/A^3; 0: VT_MD_STIFFNESS_GPA */
  int64_t measure_steps; /* over so many first steps it is measured from the volume's fluctuations (T 4.8); 0: kept */
  int block_steps;       /* neighbour list rebuilt at multiples of it            */
  vt_md_guard guard;
} vt_md_stage;

typedef struct vt_md {
  int n, n_species;
  vt_composition comp; /* decides what is too near */
  const char *symbol[VT_MAX_SPECIES];
  int *type;
  double *mass;   /* [n] u */
  double (*x)[3]; /* positions, unwrapped in the sense that they may leave the cell between rebuilds */
  double (*v)[3];
  double (*f)[3];
  double (*dx)[3]; /* displacement since vt_md_begin */
  double (*xw)[3]; /* wrapped positions of the last vt_md_frame */
  vt_cell cell;
  vt_force_out out; /* of the current positions */
  vt_nlist nl;
  vt_pot *pot; /* borrowed */
  uint64_t key;
  double e_kin, t_k, pressure;
  double exchanged; /* heat from the thermostat + work of the barostat since vt_md_begin, eV */
  double conserved; /* energy conserved by the extended dynamics: e_pot + e_kin - exchanged   */
  double volume0;
  vt_md_barostat barostat;
  vt_md_stage stage;
  int64_t step;               /* of the stage */
  uint32_t stage_index;       /* enters the random counter (draw), so that stages do not share numbers; below 2^15 */
  struct vt__md_watch *watch; /* private: the pairs that the guard follows */
} vt_md;

/* Time until the fastest atom of a cell at t_k has flown half a skin (A) freely; internal time (T 4.7).  Collisions
 * make it longer, so lists live at least about that long. */
double vt_md_rebuild_time(const vt_composition *c, double skin, double t_k);
/* The skin, A, with which rows read and rebuilt cost least: a function of the plan alone (T 4.7).  cutoff in A; dt the
 * longest time step, internal; t_k the highest temperature. */
double vt_md_skin(const vt_composition *c, double cutoff, double t_k, double dt);

/* Copies positions and types; borrows pot and the symbols for its lifetime. skin in A. */
VT_MUST_CHECK vt_status vt_md_open(vt_md *md, const vt_composition *c, const vt_cell *cell, const int *type,
                                   const double (*x)[3], vt_pot *pot, double skin, uint64_t key, vt_err *err);
void vt_md_close(vt_md *md);
/* From now on the members of a team (borrowed; NULL: nobody) share the work.  Changes no bit; between any two calls. */
void vt_md_team(vt_md *md, vt_team *team);

/* Maxwell-Boltzmann velocities at t_k with zero total momentum, scaled to exactly t_k.  The momentum is set to zero
 * again at every block boundary, so that rounding does not add up to a drift. */
void vt_md_velocities(vt_md *md, double t_k);
/* Start a stage: step 0, dx 0, forces computed, volume0 taken.  VT_EINVAL: a stage that makes no sense. */
VT_MUST_CHECK vt_status vt_md_begin(vt_md *md, const vt_md_stage *st, uint32_t stage_index, vt_err *err);
/* n more steps (not beyond the stage's end).  The split into calls changes no bit.  No allocation unless a neighbour
 * row outgrew its reserve.  VT_EDIVERGE from a guard or the potential: says step, time, what was exceeded. */
VT_MUST_CHECK vt_status vt_md_run(vt_md *md, int64_t n, vt_err *err);
/* A stage of one temperature goes on to n_steps, which is not less than what it had. */
void vt_md_extend(vt_md *md, int64_t n_steps);
/* What the barostat assumes from here on, eV/A^3, within its limits (0.5 to 50 GPa). */
void vt_md_set_stiffness(vt_md *md, double stiffness);
/* The state at a block boundary or at step 0 of a stage (nowhere else: between boundaries the list's history enters),
 * as plain bytes; their number follows from the number of atoms. */
size_t vt_md_state_size(int n_atoms);
void vt_md_save(const vt_md *md, void *bytes);
/* In place of vt_md_begin and the steps up to there: md is open with the same atoms, potential, skin and key, `st` and
 * stage_index are those of the stage that was saved (at step 0 `st` may have another time step).  The same bits follow.
 * VT_ECORRUPT: the bytes are not such a state, or energy, virial and forces do not come out with the bits they had
 * (another machine); else what the potential says.  After a failure md is only to be closed. */
VT_MUST_CHECK vt_status vt_md_load(vt_md *md, const vt_md_stage *st, uint32_t stage_index, const void *bytes, size_t n,
                                   vt_err *err);
/* A view of now; valid until the next vt_md_run. */
vt_frame vt_md_frame(vt_md *md);
/* Rescale cell and positions to a volume > 0 (velocities and dx untouched; forces are those of before until the next
 * vt_md_begin). */
void vt_md_set_volume(vt_md *md, double volume_a3);

/* Relaxation of a packing: steepest descent with a displacement cap (A per step) until the largest force is below f_max
 * or n steps were done; used before the first velocities.  VT_EDIVERGE from the potential. */
VT_MUST_CHECK vt_status vt_md_relax(vt_md *md, int n_steps, double cap_a, double f_max, vt_err *err);

/* Asked now and then by what takes long; what is not VT_OK ends it. */
typedef vt_status (*vt_md_asked)(void *ctx, vt_err *err);

/* vt_md_relax as packings need it: at most 1000 steps of at most 0.05 A, down to 0.3 eV/A.  asked: after every 50
 * steps; NULL is allowed. */
VT_MUST_CHECK vt_status vt_md_relax_packing(vt_md *md, vt_md_asked asked, void *ctx, vt_err *err);

/* Relax x [n][3], a packing in `cell`, as rigid ions (pot kind `born`, its own parameters, the charges and radii of c),
 * before any other potential sees it (T 4.10), by vt_md_relax_packing.  Species without charge or radius, or
 * charges of one sign only: x stays as it is.  asked: NULL is allowed.  VT_EDIVERGE; what `asked` says: x unchanged. */
VT_MUST_CHECK vt_status vt_md_settle_ions(const vt_composition *c, const vt_cell *cell, const int *type, vt_simd simd,
                                          vt_md_asked asked, void *ctx, double (*x)[3], vt_err *err);

/* Canonical kinetic-energy move of Bussi, Donadio, Parrinello (J. Chem. Phys. 126, 014101, eq. A7): returns the factor
 * for the velocities. k: kinetic energy now; k_target: 0.5 dof kB T; c = exp(-dt/tau). */
double vt_bdp_scale(double k, double k_target, int dof, double c, uint64_t key, int64_t step, uint32_t stage_index);

#endif
