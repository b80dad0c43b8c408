/* h5md_impl.h - datasets of an H5MD file; private to runner/h5md_read. */
#ifndef VT_H5MD_IMPL_H
#define VT_H5MD_IMPL_H

#include <hdf5.h>

#include "runner/h5md_read/h5md_read.h"

enum { VT__H5MD_DIMS = 3, VT__H5MD_UNIT = 32 };

/* The format, read by this process: HDF5 may die of a damaged file.  vt_h5md_format reads it in another one (apart.c).
 */
extern const vt_format vt__h5md_inside;
int vt__h5md_fits(const char *head, size_t n);

/* Values of one quantity: the same for all frames, or one row a frame. */
typedef struct vt__h5md_series {
  hid_t set; /* -1: not there */
  int is_fixed;
  hsize_t n_frames;           /* 1 if fixed */
  int n_dim;                  /* of one frame */
  hsize_t dim[VT__H5MD_DIMS]; /* of one frame */
  char unit[VT__H5MD_UNIT];
} vt__h5md_series;

/* /particles/<group>/<name>: a dataset, or a group with the dataset `value`.  Not there: set = -1.  VT_EPARSE. */
VT_MUST_CHECK vt_status vt__h5md_open(hid_t parent, const char *path, const char *name, vt__h5md_series *s,
                                      vt_err *err);
void vt__h5md_close(vt__h5md_series *s);
/* The row of a frame (or the fixed one) as `type`, `to` has room for it. */
VT_MUST_CHECK vt_status vt__h5md_row(const vt__h5md_series *s, hsize_t frame, hid_t type, const char *path, void *to,
                                     vt_err *err);
/* step or time of a series: [n_frames], owned by the caller; *to NULL: it is not there.  A scalar is what lies between
 * two frames. */
VT_MUST_CHECK vt_status vt__h5md_clock(hid_t parent, const char *series, const char *name, hsize_t n_frames,
                                       const char *path, double **to, char unit[VT__H5MD_UNIT], vt_err *err);
/* The strings of an attribute, joined by blanks; "" if it is not there or none. */
void vt__h5md_text(hid_t object, const char *name, char *to, size_t cap);
/* symbol[n] of the atoms of one frame. */
VT_MUST_CHECK vt_status vt__h5md_species(const vt__h5md_series *s, hsize_t frame, int n, const vt_frames_options *o,
                                         const char *path, char (*symbol)[4], vt_err *err);

#define VT__H5MD_BAD(path, ...) return vt_err_user(err, VT_EPARSE, (path), 0, 0, __VA_ARGS__)

#endif
