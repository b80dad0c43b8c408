/* analysis.h - what the arrays of one MD task, or of a trajectory made elsewhere, say (layer 7).
 *
 * The numbers are computed once, into a vt_analysis; the text for people and the JSON for scripts are both written from
 * it.  What was not observed or is not resolved is NaN or left out, and a warning says why.  Not collective. */
#ifndef VT_ANALYSIS_H
#define VT_ANALYSIS_H

#include <stdio.h>

#include "engine/obs/obs.h"
#include "engine/replica/replica.h"
#include "engine/spec/spec.h"
#include "engine/structure/structure.h"
#include "engine/transport/transport.h"
#include "runner/json/json.h"

/* What was measured; everything is borrowed. */
typedef struct vt_measured {
  const vt_plan *plan;
  const vt_cutoffs *cutoffs;
  const vt_array_def *defs;
  int n_defs;
  const double *values;       /* of all defs, concatenated */
  const double *melt_msd;     /* [species] glass/melt_msd of the glass that it started from; NULL: not known */
  const double *volume_error; /* relative, of its mean volume (equilibrate/volume); NULL: not known */
} vt_measured;

/* Shares x[n] of first, first + 1, ...; borrowed from the arrays.  x NULL: not observed. */
typedef struct vt_histogram {
  const double *x;
  int first, n;
} vt_histogram;

typedef struct vt_centre_numbers {
  int species; /* the metal */
  vt_histogram anions, oxygens;
} vt_centre_numbers;

enum { VT_ANALYSIS_OXYGENS = 16 };
typedef struct vt_chain_numbers {
  int observed;
  vt_histogram fragments; /* by number of metals */
  double mean_size, weight_mean_size, largest, cycles;
  const double *sharing;               /* [3] corners, edges, faces; NULL: not observed */
  int with_oxygens;                    /* oxygens[] is known */
  double oxygens[VT_ANALYSIS_OXYGENS]; /* share of all metals by their number of oxygens */
} vt_chain_numbers;

/* alpha_2 (THEORY.md 10.1) of one species over lags up to a quarter of the run: behind that a single window decides. */
typedef struct vt_alpha2_peak {
  double largest, peak_ps; /* peak_ps NaN: it is largest at an end of the lags, which is no peak */
} vt_alpha2_peak;

enum { VT_RESIDENCE_CLASSES = 5, VT_RESIDENCE_KINDS = 3 };
/* An alkali species at metals with `oxygens` oxygens; the last class is its number or more. */
typedef struct vt_residence_row {
  int species, oxygens;
  double bonds, metals, visits;
  vt_residence time[VT_RESIDENCE_KINDS]; /* continuous, intermittent, endpoint */
} vt_residence_row;

typedef struct vt_bond_row {
  int metal, anion; /* species */
  double per_metal;
  vt_residence turn, life; /* 1/e times of the reorientation C2 and of the bond itself */
} vt_bond_row;

typedef struct vt_jump_row {
  int species;
  double count, rate_per_ps, back, length_a, settled;
} vt_jump_row;

typedef struct vt_analysis {
  const vt_measured *m;
  int frame; /* vt_tr_frame that D and the Onsager matrix are seen from */
  vt_transport transport;
  vt_onsager barycentric, framework;
  /* structure.c */
  int n_bins;                                            /* of g(r); 0: not observed, or the volume is not known */
  const double *r_a, *g;                                 /* borrowed: [n_bins], [pair][n_bins]                   */
  double *running;                                       /* [i][j][n_bins] neighbours j of i within each bin     */
  vt_coordination shell[VT_MAX_SPECIES][VT_MAX_SPECIES]; /* [i][j]: j around i                                   */
  int n_centres;
  vt_centre_numbers centre[VT_MAX_SPECIES];
  vt_histogram metals_of_anion[VT_MAX_SPECIES]; /* by species; x NULL for all but anions */
  vt_chain_numbers chains;
  /* dynamics.c */
  int n_alpha2; /* the number of species, or 0: not observed */
  vt_alpha2_peak alpha2[VT_MAX_SPECIES];
  int n_residence;
  vt_residence_row residence[VT_MAX_SPECIES * VT_RESIDENCE_CLASSES];
  int n_bonds;
  vt_bond_row bond[VT_MAX_SPECIES * VT_MAX_SPECIES];
  int n_jumps;
  vt_jump_row jump[VT_MAX_SPECIES];
  vt_stationarity stationarity;
  vt_structure_summary summary;
  vt_gates gates;
  vt_buf warnings; /* a line each */
} vt_analysis;

/* a is zero-initialised; what its `warnings` hold already stays before the new ones.  It points into `m`, which must
 * outlive it; vt_analysis_free it, after a failure too. */
VT_MUST_CHECK vt_status vt_analysis_make(vt_analysis *a, const vt_measured *m, int frame, vt_err *err);
/* The same of a trajectory: *m is filled, and what a user should know of the file stands first in the warnings.  t and
 * m must outlive it. */
VT_MUST_CHECK vt_status vt_analysis_of_trajectory(vt_analysis *a, vt_measured *m, const vt_trajectory *t, int frame,
                                                  vt_err *err);
void vt_analysis_warn(vt_analysis *a, const char *fmt, ...) VT_PRINTF(2, 3);
void vt_analysis_free(vt_analysis *a);

/* Everything but the warnings, as keys of o. */
void vt_analysis_json(const vt_analysis *a, vt_json *o);
/* A few lines for people: transport alone, or all with the warnings last. */
void vt_analysis_transport_text(const vt_analysis *a, FILE *f);
void vt_analysis_text(const vt_analysis *a, FILE *f);

#endif
