/* analysis_impl.h - the parts of an analysis; private to runner/analysis. */
#ifndef VT_ANALYSIS_IMPL_H
#define VT_ANALYSIS_IMPL_H

#include "runner/analysis/analysis.h"

/* An array by its name, or NULL; *d (unless d is NULL) its definition. */
const double *vt__find(const vt_analysis *a, const vt_array_name *name, const vt_array_def **d);
const vt_composition *vt__comp(const vt_analysis *a);
const char *vt__symbol(const vt_analysis *a, int species);
int vt__has_metal(const vt_analysis *a);

/* g(r), coordination, polyhedra, chains; needs the volume of a->transport.  Owned by a even after a failure. */
VT_MUST_CHECK vt_status vt__structure_numbers(vt_analysis *a, vt_err *err);
/* alpha_2, residence, bonds, jumps, stationarity. */
VT_MUST_CHECK vt_status vt__dynamics_numbers(vt_analysis *a, vt_err *err);

#endif
