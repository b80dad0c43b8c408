/* training_impl.h - what the two readers of a training file share: training.c (the table of keys, plain values) and
 * training_data.c (files, items of data, lists of names). */
#ifndef VT_TRAINING_READER_H
#define VT_TRAINING_READER_H

#include "config/config_impl.h"

typedef enum vt__training_kind {
  VT__TR_SECTION,
  VT__TR_SMOKE, /* a section, or no */
  VT__TR_VERSION,
  VT__TR_NAME,
  VT__TR_PATH_IN,
  VT__TR_PATH_OUT,
  VT__TR_ELEMENTS,
  VT__TR_INTS,
  VT__TR_REALS,
  VT__TR_SEED,
  VT__TR_DATA,
  VT__TR_FILES,
  VT__TR_BY,
  VT__TR_FREEZE,
  VT__TR_GRAFT
} vt__training_kind;

typedef struct vt__training_row {
  const char *path;
  size_t at; /* offset in vt_training */
  const char *unit;
  double lo, hi;
  const char *doc;
  vt__training_kind kind;
  int n; /* numbers of a list; 1: a plain value */
  int needed;
} vt__training_row;

enum { VT__TRAINING_ROWS = 64 }; /* at most */

typedef struct vt__training_reader {
  vt_training *t;
  vt_diags *d;
  const vt__yaml *y;
  const char *folder;
  vt__mark mark[VT__TRAINING_ROWS]; /* of the value of each row; line 0: not given */
} vt__training_reader;

#define VT__TRAINING_WRONG(r, which, w, ...) vt__diag_error((r)->d, (r)->y->node[which].at, (w)->path, __VA_ARGS__)

/* Text of a scalar; NULL and a mistake if it is something else or nothing. */
const char *vt__training_scalar(vt__training_reader *r, const vt__training_row *w, int node, const char *expected);
/* A number of the row's unit within its range; 0 and a mistake if it is not. */
int vt__training_real(vt__training_reader *r, const vt__training_row *w, int node, double *out);
/* 1 for a name of at most VT_NAME - 1 letters, digits, '.', '_', '-' that begins with a letter or digit. */
int vt__training_is_name(const char *s);
/* A path, made relative to the folder of the file; "" after a mistake. */
void vt__training_path(vt__training_reader *r, const vt__training_row *w, int node, char out[VT_PATH]);

/* training_data.c */
VT_MUST_CHECK vt_status vt__training_read_files(vt__training_reader *r, const vt__training_row *w, int node,
                                                vt_training_files *to, vt_err *err);
VT_MUST_CHECK vt_status vt__training_read_data(vt__training_reader *r, const vt__training_row *w, int node,
                                               vt_err *err);
void vt__training_read_freeze(vt__training_reader *r, const vt__training_row *w, int node);
void vt__training_read_graft(vt__training_reader *r, const vt__training_row *w, int node);
void vt__training_read_by(vt__training_reader *r, const vt__training_row *w, int node);
/* Elements with a weight, neighbours of new elements: against the list of elements, when all has been read. */
void vt__training_check_elements(vt__training_reader *r);

#endif
