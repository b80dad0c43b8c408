/* points.h - runs of any program as one table of points, which `vitrion fit` reads (layer 8).
 *
 * A run is one trajectory: of a composition, of a glass of it, at a temperature.  Which one it is, its name says, or a
 * table.  All mistakes of names and tables are told together, before the first run is measured.
 *
 * Names.  The path of a file as it was given is taken apart at '/'; words within its parts end at '-', '_', '.' and
 * blanks.
 *   temperature  the word <number>K (600K, 612.5K) of the last part that has one
 *   glass        the word glass<k> in that part or behind it, or at the end of the part before it; none: glass 0
 *   composition  what stands before these words in the first part that has one of them; nothing: the part before
 * So LiAlCl4-600K-glass2.xyz, LiAlCl4/600K-glass2-1a2b3c4d.h5, LiAlCl4/glass2/600K/XDATCAR.xz are the same run of
 * LiAlCl4, and of a folder all files below it are taken whose names are those of trajectories (vt_run_is_trajectory).
 *
 * Tables (runner/csv).  One row a file with the columns run (a path; relative to the table's folder), composition,
 * temperature_K, and, where they are there, glass (0), dt_ps (as for all), part: files of one run have one composition,
 * glass and temperature, and different parts, by which they are ordered.  Further columns are factors of compositions,
 * and go on into the table of points.  Not collective. */
#ifndef VT_POINTS_H
#define VT_POINTS_H

#include "engine/comparison/comparison.h"
#include "engine/replica/replica.h"

enum { VT_RUNS_MOST = 10000 };

typedef struct vt_run {
  char **path; /* [n_paths] of one run, in order; owned */
  int n_paths;
  char composition[VT_NAME];
  int32_t glass;
  double t_k, dt_ps;           /* dt_ps NaN: as for all, or as its files say */
  char *level[VT_MAX_FACTORS]; /* [n_factors] values of the factors, "" if not known; owned */
  int part, line;              /* of the (first) row of the table; 0: there is none */
} vt_run;

typedef struct vt_runs {
  int n, n_factors;
  char factor[VT_MAX_FACTORS][VT_NAME];
  vt_run *run; /* [n], in the order of names or rows */
} vt_runs;

/* A name that trajectories have: .xyz, .extxyz, .dump, .lammpstrj, .h5, .h5md, or XDATCAR in front, and .gz or .xz
 * behind it. */
int vt_run_is_trajectory(const char *name);

/* Files and folders path[n] by their names.  VT_EPARSE: *m says why, all of it; runs is empty then, else free it. */
VT_MUST_CHECK vt_status vt_runs_from_names(const char *const *path, int n, vt_runs *runs, vt_mistakes *m, vt_err *err);
/* The rows of a table; of these only the files and folders path[n], which must be in it, unless n is 0. */
VT_MUST_CHECK vt_status vt_runs_from_table(const char *table, const char *const *path, int n, vt_runs *runs,
                                           vt_mistakes *m, vt_err *err);
void vt_runs_free(vt_runs *runs); /* zeroed is fine */

/* What became of a run. */
typedef struct vt_run_point {
  int measured;        /* 0: `why` says why it could not be */
  double d_cm2_s, se;  /* of the mobile ions together (vt_tr_alkali); NaN: not resolved, `why` says why */
  int n_frames, frame; /* measured; vt_tr_frame that D is seen from */
  double dt_ps;
  const char *format;
  vt_composition comp; /* what the file holds */
  vt_buf why;          /* lines */
  vt_buf warnings;     /* a line each, as of `vitrion analyze` */
} vt_run_point;
/* Measure run k with the options of all (dt_ps, t_k and mistakes are set here).  point[0..k-1] are known: where the
 * atoms of a composition are not in the proportion that its first run had, it cannot be measured.  A run that cannot be
 * is VT_OK with `measured` 0; VT_ENOMEM alone ends it. */
VT_MUST_CHECK vt_status vt_run_measure(const vt_runs *runs, int k, const vt_trajectory_options *o, int frame,
                                       vt_run_point *point, vt_err *err);
void vt_run_point_free(vt_run_point *p);
/* The table: a row for each run that was measured; what is not resolved is an empty cell.  VT_ENOMEM. */
VT_MUST_CHECK vt_status vt_runs_csv(const vt_runs *runs, const vt_run_point *point, vt_buf *out, vt_err *err);

#endif
