/* pot_conform.h - what every potential must satisfy, whatever it is.
 *
 * Link the test program with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc. */
#ifndef VT_POT_CONFORM_H
#define VT_POT_CONFORM_H
#include "engine/pot/pot.h"

typedef struct vt_pot_case {
  const char *label, *kind;
  vt_pot_args args;
  int n;
  vt_cell cell;
  const int *type;
  const double (*x)[3];
  double tol;    /* rounding: symmetries hold to tol * max(1, largest magnitude)                          */
  double tol_fd; /* central differences of step 1e-5 A agree to tol_fd * max(1, largest); 0: not checked */
} vt_pot_case;

/* All of the following. */
void vt_pot_conform(const vt_pot_case *c);

void vt_pot_conform_forces(const vt_pot_case *c);      /* f = -dE/dx                                          */
void vt_pot_conform_virial(const vt_pot_case *c);      /* W = -dE/d(strain), all nine; symmetric              */
void vt_pot_conform_sums(const vt_pot_case *c);        /* atomic parts add up to the total; forces to zero    */
void vt_pot_conform_translation(const vt_pot_case *c); /* a rigid shift changes nothing                       */
void vt_pot_conform_rotation(const vt_pot_case *c);    /* cell and atoms turned: forces and virial turn along */
void vt_pot_conform_permutation(const vt_pot_case *c); /* the order of the atoms does not matter              */
void vt_pot_conform_wrapping(const vt_pot_case *c);    /* an atom may be anywhere in space                    */
void vt_pot_conform_replication(const vt_pot_case *c); /* 2x2x2 cells have 8 times the energy and virial      */
void vt_pot_conform_locality(const vt_pot_case *c);    /* an atom beyond the cutoff adds its own energy only  */
void vt_pot_conform_bits(const vt_pot_case *c);        /* same list, same positions, same history-free bits   */
void vt_pot_conform_memory(const vt_pot_case *c);      /* compute allocates only the first time               */
void vt_pot_conform_overlap(const vt_pot_case *c);     /* two atoms in one place: VT_EDIVERGE, both named     */
#endif
