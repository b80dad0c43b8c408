/* cluster.h - what `vitrion submit` and `vitrion doctor` share; private to runner/cli. */
#ifndef VT_CLI_CLUSTER_H
#define VT_CLI_CLUSTER_H

#include "runner/cli/cli.h"

/* ------------------------------------------------------------------ other programs (child.c) */

typedef struct vt_child {
  vt_buf out, err; /* what it printed; of each at most a MiB is kept */
  int code;        /* exit code; 128 + signal; -errno: it did not start */
  int late;        /* 1: it was ended since it took longer than its limit */
  int unfed;       /* errno: its input could not be written, and it was ended before it saw the end of a part of it */
  int unheard;     /* errno: what it printed could not be read to the end */
} vt_child;

/* argv[0] by PATH, without a shell, with `in` (NULL: nothing) as its standard input; it and what it started are ended
 * after limit_s. */
void vt_child_run(const char *const *argv, const char *in, double limit_s, vt_child *c);
void vt_child_free(vt_child *c);
/* The first line that says something of stderr, else of stdout; "" if there is none. */
const char *vt_child_said(const vt_child *c, char line[400]);
/* 1 if a program of this name is on the PATH. */
int vt_child_is_there(const char *name);

#endif
