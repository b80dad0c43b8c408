/* pot_impl.h - what the back ends share. */
#ifndef VT_POT_IMPL_H
#define VT_POT_IMPL_H

#include "engine/pot/pot.h"

extern const vt_pot_ops vt__pot_nep;           /* nep/nep.c */
extern const vt_pot_ops vt__pot_nep_reference; /* nep/nep.c */
extern const vt_pot_ops vt__pot_lj;            /* lj.c */
extern const vt_pot_ops vt__pot_mock;          /* mock.c */

/* Two atoms closer than this sit on each other: their pair has no direction. */
#define VT_POT_OVERLAP_A 1e-4
/* VT_EDIVERGE naming local atom i and the owner of entry j. */
vt_status vt__pot_overlap(const vt_nlist *nl, int i, int j, vt_err *err);

#endif
