/* analysis.h - what `analyze` makes of a trajectory's arrays, for people and for scripts. */
#ifndef VT_CLI_ANALYSIS_H
#define VT_CLI_ANALYSIS_H

#include <jansson.h>

#include "engine/ana/ana.h"
#include "engine/replica/replica.h"

typedef struct vt_analysis {
  int frame; /* vt_tr_frame that D and the Onsager matrix are seen from */
  vt_transport transport;
  vt_onsager barycentric, framework;
} vt_analysis;

/* Transport of measured arrays; the result points to nothing. */
VT_MUST_CHECK vt_status vt_cli_analysis(const vt_trajectory *t, int frame, vt_analysis *a, vt_err *err);
/* The JSON of `analyze` on stdout. */
void vt_cli_analysis_json(const vt_trajectory *t, const vt_analysis *a);
void vt_cli_analysis_text(const vt_trajectory *t, const vt_analysis *a);

/* The structural part of the answer from the arrays of one task (structure_json.c): rdf, coordination, polyhedra,
 * chains, residence into o; what is not there or not resolved goes to o's "warnings". */
void vt_cli_structure_json(const vt_composition *c, const vt_cutoffs *cut, double volume_a3, const vt_array_def *defs,
                           int n_defs, const double *values, json_t *o);

#endif
