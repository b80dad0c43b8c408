/* method_impl.h - what the files of config/method share. */
#ifndef VT_METHOD_IMPL_H
#define VT_METHOD_IMPL_H

#include "config/config_impl.h"

typedef struct vt__method_key {
  const char *path; /* "read.*.unit": of any row of read */
  const char *doc;
  int needed; /* when its section is there */
} vt__method_key;

typedef struct vt__method_reader {
  vt_method *m;
  vt_diags *d;
  const vt__yaml *y;
  const char *folder;
  vt_err *err;
  vt_status rc; /* not a mistake of the file: no memory */
} vt__method_reader;

#define VT__METHOD_WRONG(r, which, path, ...) vt__diag_error((r)->d, (r)->y->node[which].at, path, __VA_ARGS__)

/* Text of a scalar that fits into `cap` bytes; 0 and a mistake if it is something else. */
int vt__method_text(vt__method_reader *r, int node, const char *path, const char *expected, char *out, size_t cap);

/* method_read.c: the section read, and what is said of elements. */
void vt__method_row(vt__method_reader *r, vt_method_what what, const char *leaf, int node, const char *path);
void vt__method_row_check(vt__method_reader *r, vt_method_what what, int node, const char *path);
void vt__method_environment(vt__method_reader *r, int node, const char *path);
void vt__method_elements(vt__method_reader *r, int node, const char *path);
void vt__method_list(vt__method_reader *r, int node, const char *path, int *n, char (*out)[VT_METHOD_TEXT]);
extern const char *const vt__method_whats[VT_METHOD_WHATS];
extern const int vt__method_voigt[6]; /* places of xx yy zz yz xz xy in a matrix by rows */

/* method_places.c: the {words} of command, template and kind. */
void vt__method_check_places(vt__method_reader *r);

#endif
