/* train.h - training a NEP: energies, forces and virials of labelled frames, and the exact gradient of a loss of them
 * with respect to every number of the model that training may change (layer 4).
 *
 * All is done by frames, each on one rank and by itself: what a frame adds to a gradient does not depend on others.
 * Units: A, eV, eV/A; virial W = -dE/d(strain), eV, order xx xy xz yx yy yz zx zy zz.  Formulas: THEORY T 15. */
#ifndef VT_TRAIN_H
#define VT_TRAIN_H

#include "engine/base/base.h"
#include "engine/nep/nep.h"
#include "engine/spec/spec.h"
#include "engine/sys/sys.h"

/* ------------------------------------------------------------------ frames (frame.c) */

/* A structure as a model sees it: its pairs within the cutoffs, both directions, and what ZBL gives, which no
 * parameter changes.  Own memory; vt_train_frame_free. */
typedef struct vt_train_frame vt_train_frame;

/* type[n]: model types of the atoms of `s`.  VT_EDIVERGE: two atoms sit on each other; VT_EINVAL: no atom, or a cell
 * without volume. */
VT_MUST_CHECK vt_status vt_train_frame_new(const vt_nep_model *m, const vt_structure *s, const int *type,
                                           vt_train_frame **out, vt_err *err);
void vt_train_frame_free(vt_train_frame *f);
int vt_train_frame_atoms(const vt_train_frame *f);
/* Multiply-adds of a gradient, roughly: what frames are spread over ranks by. */
double vt_train_frame_cost(const vt_nep_model *m, const vt_train_frame *f);
size_t vt_train_frame_memory(const vt_train_frame *f);

/* ------------------------------------------------------------------ energies, forces, gradients (kernel.c) */

/* Scratch for frames of one model form, with one level of instructions; not shared between threads. */
typedef struct vt_train vt_train;

/* `form`: only its form is used.  simd: not AUTO.  VT_EUNSUP: this build or processor has no such level. */
VT_MUST_CHECK vt_status vt_train_open(const vt_nep_model *form, vt_simd simd, vt_train **out, vt_err *err);
void vt_train_close(vt_train *t);
const char *vt_train_kernel(const vt_train *t);

/* Take the numbers of `m`, of the form it was opened with. */
void vt_train_set(vt_train *t, const vt_nep_model *m);

typedef struct vt_train_values {
  double energy;    /* eV, total          */
  double virial[9]; /* eV                 */
  double (*f)[3];   /* [n] eV/A; borrowed until the next call with t */
} vt_train_values;

/* Energy, forces and virial of a frame, ZBL included.  Allocates only when a frame is larger than all before. */
VT_MUST_CHECK vt_status vt_train_forward(vt_train *t, const vt_train_frame *f, vt_train_values *out, vt_err *err);

/* Add to `gradient` (vt_train_gradient_size numbers, in an order of its own) the derivatives of
 *   d_energy * E + sum_i d_force[i] . F_i + d_virial : W
 * of the frame of the last vt_train_forward, the coefficients held fixed: with dL/dE, dL/dF and dL/dW it is the
 * gradient of L. */
void vt_train_backward(vt_train *t, const vt_train_frame *f, double d_energy, const double (*d_force)[3],
                       const double d_virial[9], double *gradient);
size_t vt_train_gradient_size(const vt_train *t);
/* gradient[vt_train_gradient_size] into out[n_trained], in the order of vt_nep_model.numbers, with the scales of the
 * model that was set last. */
void vt_train_gradient_read(const vt_train *t, const double *gradient, double *out);

#endif
