/* spec_impl.h - what the files of engine/spec share; no other folder includes it. */
#ifndef VT_SPEC_IMPL_H
#define VT_SPEC_IMPL_H

#include "engine/spec/spec.h"

enum { VT__LAST_Z = 94, VT__MOST_STATES = 4 };

/* One row an element (element_table.c). */
typedef struct vt__element {
  char symbol[4];
  int role;                       /* vt_role_mask of its first charge; 0: forms no ion            */
  int8_t charge[VT__MOST_STATES]; /* common oxidation numbers, the most common first; 0: no more  */
  uint32_t colour;                /* 0xRRGGBB                                                     */
  double mass;                    /* u                                                           */
  double covalent;                /* single-bond covalent radius, A; 0 unknown                    */
} vt__element;
extern const vt__element vt__elements[VT__LAST_Z + 1]; /* by atomic number; 0 is empty */

/* One row a radius of Shannon, sorted by atomic number, charge, coordination. */
typedef struct vt__shannon {
  int16_t z;
  int8_t charge, coordination;
  double radius; /* effective ionic radius, A */
} vt__shannon;
extern const vt__shannon vt__shannon_radii[];
extern const int vt__n_shannon_radii;

#endif
