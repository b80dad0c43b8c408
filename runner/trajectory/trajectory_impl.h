/* trajectory_impl.h - handles of HDF5 and its reasons; private to runner/trajectory. */
#ifndef VT_TRAJECTORY_IMPL_H
#define VT_TRAJECTORY_IMPL_H

#include <hdf5.h>

#include "runner/trajectory/trajectory.h"

enum { VT__H5MD_HANDLES = 96 };
/* Handles that are closed together, in reverse order. */
typedef struct vt__h5md_scope {
  hid_t id[VT__H5MD_HANDLES];
  int n;
} vt__h5md_scope;
hid_t vt__h5md_keep(vt__h5md_scope *s, hid_t id); /* returns id; a negative one is not kept */
void vt__h5md_release(vt__h5md_scope *s);
/* The innermost reason of HDF5 behind a sentence of ours; returns s. */
vt_status vt__h5md_fail(vt_err *err, vt_status s, const char *what, const char *name);

#endif
