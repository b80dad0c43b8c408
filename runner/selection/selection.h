/* selection.h - `vitrion select`: which frames are worth labelling (layer 8).
 *
 * A frame is a point: F = (1/n) sum over its atoms of the scaled descriptor s q_i of the potential's first member, kept
 * apart by element, so that it has n_types * dim components; the distance of two frames is |F - F'|.  (Mean descriptors
 * as in the average structural kernel: S. De, A. P. Bartok, G. Csanyi, M. Ceriotti, Phys. Chem. Chem. Phys. 18, 13754
 * (2016); descriptors and scales: engine/nep/nep.h; THEORY T 19.)
 *
 *   1. Left out: frames with elements that the potential does not know; fused ones (a pair nearer than `contact` of its
 *      bond length, two anions that have become a molecule); those where the potential has no finite forces.
 *   2. Of the others those with the largest spread of the committee are looked at (pool): `pool` times `count` of them,
 *      of one run at most pool * per_run, of one composition at most pool * per_composition.  A potential by itself has
 *      no spread: all are looked at.
 *   3. The first is the one with the largest spread (without a committee: the one farthest from the mean of all, or
 *      from `known`).  Then always the one whose distance to the nearest that was picked, or is known, is largest, as
 *      long as its run and its composition have room; nearer than `duplicate` it is a duplicate.
 *
 * Equal ones: the first in the order of the sources.  The answer is a function of sources, potential and options. */
#ifndef VT_SELECTION_H
#define VT_SELECTION_H

#include "engine/formats/formats.h"
#include "engine/spec/spec.h"

typedef struct vt_selection_source {
  char path[VT_PATH];        /* a file of frames, any format of engine/formats, or H5MD */
  char shown[VT_PATH];       /* what people call it */
  char run[VT_PATH];         /* "": as the frame says, else `shown` */
  char composition[VT_NAME]; /* "": as the frame says, else the formula of its atoms */
} vt_selection_source;

typedef struct vt_selection_options {
  const char *potential;        /* a committee file, or a NEP */
  const char *known;            /* frames that are labelled already, or NULL */
  int count, every;             /* every: of each source the first frame, and then each Nth */
  int per_run, per_composition; /* at most; 0: twice an even share, at least one */
  int pool;
  double contact, duplicate;
  void (*progress)(void *ctx, const char *line);
  void *ctx;
} vt_selection_options;

/* X(constant, name, text) */
#define VT_SELECTION_WHYS(X)                                                                       \
  X(VT_SELECTION_ELEMENT, "element", "has an element that the potential does not know")            \
  X(VT_SELECTION_FUSED, "fused", "two atoms are nearer than the given part of their bond length")  \
  X(VT_SELECTION_MOLECULE, "molecule", "two anions have become a molecule")                        \
  X(VT_SELECTION_FORCES, "forces", "the potential has no finite forces for it")                    \
  X(VT_SELECTION_SPREAD, "spread", "its spread is smaller than that of the frames looked at")      \
  X(VT_SELECTION_DUPLICATE, "duplicate", "nearly the same as a frame that was picked or is known") \
  X(VT_SELECTION_RUN, "run", "enough frames of its run were picked")                               \
  X(VT_SELECTION_COMPOSITION, "composition", "enough frames of its composition were picked")       \
  X(VT_SELECTION_NEAR, "near", "others are farther from those that were picked")
typedef enum vt_selection_why { VT_SELECTION_WHYS(VT_REASON_ENUM) VT_SELECTION_N_WHYS } vt_selection_why;
extern const vt_reasons vt_selection_whys;

typedef struct vt_selection_frame {
  int source, frame, n_atoms; /* frame: in its source, from 0 */
  int run, composition;       /* of vt_selection.run, .composition; -1 where it was left out before they were known */
  double spread;              /* eV/A; NaN without a committee */
  double distance;            /* picked: to the nearest one picked before, or known; NaN of the first without any */
  int picked;                 /* 1, 2, ...: in this order; 0: left out */
  vt_selection_why why;       /* left out */
  char detail[64];            /* "Cl-Cl 1.62 A", or "" */
  float *point;               /* own; NULL where it was left out before */
} vt_selection_frame;

typedef struct vt_selection {
  int n, cap, n_picked, n_members;
  vt_selection_frame *frame; /* [n] in the order of the sources */
  int n_runs, n_compositions, per_run, per_composition;
  char (*run)[VT_PATH], (*composition)[VT_NAME];
} vt_selection;

/* VT_EPARSE, VT_EIO: a file; VT_EINVAL: no frame.  vt_selection_free, also after a failure. */
VT_MUST_CHECK vt_status vt_select(const vt_selection_source *source, int n, const vt_selection_options *o,
                                  vt_selection *out, vt_err *err);
/* The picked frames, in their order, as extended XYZ: species and positions, run, composition, config_type=select,
 * source, source_frame (from 1 on), spread (eV/A), distance. */
VT_MUST_CHECK vt_status vt_selection_write(const vt_selection *s, const vt_selection_source *source, vt_buf *out,
                                           vt_err *err);
void vt_selection_free(vt_selection *s);

#endif
