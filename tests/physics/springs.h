/* springs.h - harmonic systems, of which everything is known. */
#ifndef VT_SPRINGS_H
#define VT_SPRINGS_H

#include "engine/md/md.h"

enum { SPRINGS_MOST = 96 };

/* U = k/2 sum |x_j - x_i - rest|^2 over bonds: Cartesian components do not couple.  For cubic cells of constant volume:
 * no virial is given. */
typedef struct springs {
  double k; /* eV/A^2 */
  int n;
  struct {
    int i, j;
    double rest[3];
  } bond[SPRINGS_MOST];
} springs;

vt_pot springs_pot(springs *s);

/* Two atoms as model_open places them in a cell of this edge: one three-dimensional oscillator. */
springs springs_dumbbell(double k, double edge_a);
/* side^3 atoms as model_open places them, each tied to its six neighbours: a simple cubic crystal; side 3 at most, and
 * not 2 (whose neighbours to both sides are the same). */
springs springs_crystal(double k, double edge_a, int side);

#endif
