/* nep_impl.h - the list of numbers of a nep.txt, as reader and writer see it. */
#ifndef VT_NEP_IMPL_H
#define VT_NEP_IMPL_H

#include "engine/nep/nep.h"

enum {
  VT__NEP_NETWORKS,
  VT__NEP_BIAS,
  VT__NEP_RADIAL,
  VT__NEP_ANGULAR,
  VT__NEP_SCALE,
  VT__NEP_FLEXIBLE,
  VT__NEP_PARTS
};
/* One part of the list of numbers, named in errors. */
typedef struct vt__nep_part {
  const char *what;
  size_t n;
} vt__nep_part;
/* The parts of a model whose header is known; dim included. */
void vt__nep_parts(vt_nep_model *m, vt__nep_part p[VT__NEP_PARTS]);
/* Room for all numbers, all 0, and where each quantity lies in it. */
VT_MUST_CHECK vt_status vt__nep_room(vt_nep_model *m, vt_err *err);

#endif
