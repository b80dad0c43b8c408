/* analysis.h - what the arrays of one task, or of a trajectory made elsewhere, say: for people and for scripts. */
#ifndef VT_CLI_ANALYSIS_H
#define VT_CLI_ANALYSIS_H

#include <jansson.h>
#include <stdio.h>

#include "engine/obs/obs.h"
#include "engine/structure/structure.h"
#include "engine/transport/transport.h"

/* What was measured; everything is borrowed. */
typedef struct vt_measured {
  const vt_plan *plan;
  const vt_cutoffs *cutoffs;
  const vt_array_def *defs;
  int n_defs;
  const double *values; /* of all defs, concatenated */
} vt_measured;

typedef struct vt_analysis {
  int frame; /* vt_tr_frame that D and the Onsager matrix are seen from */
  vt_transport transport;
  vt_onsager barycentric, framework;
} vt_analysis;

/* The transport; the result points to nothing. */
VT_MUST_CHECK vt_status vt_cli_analysis(const vt_measured *m, int frame, vt_analysis *a, vt_err *err);
/* All that `analyze` and `one` share, as keys of o; what is not there or not resolved is null, and its reason goes to
 * o's "warnings". */
VT_MUST_CHECK vt_status vt_cli_analysis_json(const vt_measured *m, const vt_analysis *a, json_t *o, vt_err *err);
/* A few lines from a and from the object that vt_cli_analysis_json filled, its warnings last. */
void vt_cli_analysis_text(const vt_measured *m, const vt_analysis *a, const json_t *o, FILE *f);

/* Parts of it.  structure_json.c: rdf, coordination, polyhedra, chains (volume_a3 NaN: no coordination numbers);
 * dynamics_json.c: non_gaussian (lags up to a quarter of the run), residence (a row for each alkali and number of
 * oxygens that metals have, 4 meaning 4 or more), bonds, jumps, stationarity. */
VT_MUST_CHECK vt_status vt_cli_structure_json(const vt_measured *m, double volume_a3, json_t *o, vt_err *err);
VT_MUST_CHECK vt_status vt_cli_dynamics_json(const vt_measured *m, json_t *o, vt_err *err);
/* ["Al", "Cl"] */
json_t *vt_cli_pair_json(const vt_composition *c, int i, int j);

#endif
