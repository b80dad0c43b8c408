/* trajectory.h - files of frames, H5MD 1.1: written (layer 2); runner/h5md_read reads them.  Serial, without MPI.
 *
 * H5MD: P. de Buyl, P. H. Colberg, F. Hoefling, Comput. Phys. Commun. 185, 1546 (2014); version 1.1 at nongnu.org/h5md.
 *
 * What a file holds (n frames of N atoms, in the order of the species of the composition):
 *
 *   /h5md                       version [1, 1]; author, creator; modules/units
 *   /particles/all/position     value [n, N, 3] in Angstrom, step [n], time [n] in ps
 *   /particles/all/velocity     the same in Angstrom ps-1, where velocities were asked for
 *   /particles/all/box          dimension 3, boundary periodic; edges/value [n, 3, 3], rows are vectors, Angstrom
 *   /particles/all/species      [N], an enumeration: element symbols, the values are atomic numbers
 *   /particles/all/mass, charge, id   [N]; u, formal charges in e, 1 to N
 *   /parameters/vitrion         attributes: whose frames these are (composition, glass, temperature_K, task ...)
 *
 * step and time are the same datasets everywhere.  Positions are not wrapped: an atom that leaves the cell goes on, so
 * that displacements follow by subtraction.  Of a run they are single precision, rounded as engine/replica/replica.h
 * says (attribute `precision`: the distance of neighbouring values); single frames are double precision, not rounded.
 * Large datasets are shuffled, deflated, and have a Fletcher checksum for each chunk.  The bytes of a file are a
 * function of what it is made of: there is no date in it. */
#ifndef VT_TRAJECTORY_H
#define VT_TRAJECTORY_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

typedef struct vt_h5md_ask {
  const vt_plan *plan;   /* of the MD task, or of a glass; borrowed until close */
  const char *potential; /* name of its file, without folders                 */
  int64_t n_frames;
  int velocities;
  int exact;                /* double precision instead of single                  */
  double grid_a, grid_a_ps; /* what positions and velocities were rounded to multiples of; 0: they were not */
} vt_h5md_ask;

typedef struct vt_h5md vt_h5md;
/* A file in memory. VT_ENOMEM, VT_EIO with the reason of HDF5. */
VT_MUST_CHECK vt_status vt_h5md_create(vt_h5md **h, const vt_h5md_ask *ask, vt_err *err);
/* The next frame: x[N][3] in A, v[N][3] in A/ps (NULL without velocities), of float, or of double if `exact`. */
VT_MUST_CHECK vt_status vt_h5md_add(vt_h5md *h, int64_t step, double time_ps, const double cell[3][3], const void *x,
                                    const void *v, vt_err *err);
/* After n_frames frames: the bytes of the file (vt_free), *n of them. */
VT_MUST_CHECK vt_status vt_h5md_bytes(vt_h5md *h, char **bytes, size_t *n, vt_err *err);
void vt_h5md_close(vt_h5md *h); /* NULL is allowed */

#endif
