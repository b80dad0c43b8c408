/* analyze_points.h - `vitrion analyze RUN... --points`; private to runner/cli. */
#ifndef VT_ANALYZE_POINTS_H
#define VT_ANALYZE_POINTS_H

#include "engine/replica/replica.h"
#include "runner/cli/cli.h"

typedef struct vt_points_asked {
  const vt_trajectory_options *o; /* for all runs */
  const char *points, *table;     /* table NULL: names say which runs they are */
  int frame, json;                /* vt_tr_frame */
} vt_points_asked;

/* Exit code: VT_EXIT_TASKS where runs could not be measured (they are named, the table has the others). */
int vt_cli_points(const vt_usage *u, const vt_points_asked *x);

#endif
