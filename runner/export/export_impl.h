/* export_impl.h - one structure on its way out; private to runner/export. */
#ifndef VT_EXPORT_IMPL_H
#define VT_EXPORT_IMPL_H

#include "runner/export/export.h"

typedef struct vt__structure_out {
  const vt_plan *p;
  const char *potential; /* name of its file */
  int64_t step;          /* of the production; -1: a glass */
  double time_ps;
  double cell[3][3]; /* A, rows are vectors */
  double *x;         /* [n_atoms * 3] A     */
  double *v;         /* [n_atoms * 3] A/ps; NULL: none */
} vt__structure_out;

/* Append one structure as text. VT_EUNSUP: a left-handed cell has no LAMMPS data. */
VT_MUST_CHECK vt_status vt__format(vt_export_format f, const vt__structure_out *s, vt_buf *b, vt_err *err);
const char *vt__format_ending(vt_export_format f); /* ".xyz" ... */

#endif
