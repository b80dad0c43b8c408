/* points_impl.h - what names, folders and tables say of runs; private to runner/points. */
#ifndef VT_POINTS_IMPL_H
#define VT_POINTS_IMPL_H

#include "runner/points/points.h"

/* The name of a file by the rule of points.h: fills composition, glass, t_k.  NULL, or what is wrong with it. */
const char *vt__run_name(const char *path, vt_run *r);

/* Calls `each` for a file, or for every trajectory below a folder, those of a folder in the order of
 * their names, then those of its folders; what is wrong with a path is
 * noted.  VT_EPARSE: enough mistakes. */
typedef struct vt__walk {
  void *ctx;
  vt_status (*each)(void *ctx, const char *path, vt_err *err);
  vt_mistakes *m;
} vt__walk;
VT_MUST_CHECK vt_status vt__walk_path(const vt__walk *w, const char *path, vt_err *err);

/* A run that was read, of one file: takes r->level over; its path is copied. */
VT_MUST_CHECK vt_status vt__runs_add(vt_runs *runs, vt_run *r, const char *path, vt_err *err);
/* Files of one run together, and what does not go together noted; `where` is the table, or NULL. */
VT_MUST_CHECK vt_status vt__runs_join(vt_runs *runs, const char *where, vt_mistakes *m, vt_err *err);
void vt__run_free(vt_run *r);

/* Note a mistake: in a table with its line, else of a path. */
VT_MUST_CHECK vt_status vt__runs_bad(vt_mistakes *m, const char *path, int line, vt_err *err, const char *fmt, ...)
    VT_PRINTF(5, 6);

#endif
