/* structure_impl.h - what the files of this module share. */
#ifndef VT_STRUCTURE_IMPL_H
#define VT_STRUCTURE_IMPL_H

#include "engine/num/num.h"
#include "engine/obs/obs.h"
#include "engine/structure/structure.h"

/* ------------------------------------------------------------------ residence.c (T 12) */

/* No number, for the reason VT_RES_ABSENT. */
vt_residence vt__residence_absent(void);

/* ------------------------------------------------------------------ gates.c (T 13.6) */

/* Pairs of metals nearer than VT_METALS_CLOSE_A in a frame, on average, from rdf; NaN where it was not observed or the
 * volume is not known. */
double vt__metals_close(const vt_composition *c, const vt_arrays *a, double volume_a3);

#endif
