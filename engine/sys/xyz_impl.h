/* xyz_impl.h - the words of extended XYZ; private to engine/sys. */
#ifndef VT_XYZ_IMPL_H
#define VT_XYZ_IMPL_H

#include "engine/sys/sys.h"

/* Where a message points to: the line at hand of a file. */
typedef struct vt__xyz_place {
  const char *name;
  int line;
} vt__xyz_place;

/* Columns of an atom line; -1: not there. */
typedef struct vt__xyz_columns {
  int species, z, pos, vel, id, force, n;
  int exact; /* n was declared, so more is an error */
} vt__xyz_columns;

/* What the comment line says. */
typedef struct vt__xyz_header {
  vt__xyz_columns col;
  int has_lattice;
  vt_cell cell;
  double energy;
  vt_stamp time, step;
  char replica[24], ignored[64];
} vt__xyz_header;

enum { VT__XYZ_COLUMNS = 256 };

/* No coordinate and no cell vector may be larger, in A: doubles still resolve 1e-10 A there, the distances of a cell
 * lose nothing when they are wrapped, and no trajectory gets so far (an ion of D = 1e-4 cm2/s needs 0.2 s). */
#define VT__XYZ_LENGTH 1e6

#define VT__XYZ_BAD(place, col, ...) return vt_err_user(err, VT_EPARSE, (place).name, (place).line, (col), __VA_ARGS__)

/* xyz_comment.c: the second line of a frame. VT_EPARSE. */
VT_MUST_CHECK vt_status vt__xyz_comment(vt__xyz_place at, vt_span line, vt__xyz_header *h, vt_err *err);

#endif
