/* selection_impl.h - what the files of runner/selection share. */
#ifndef VT_SELECTION_IMPL_H
#define VT_SELECTION_IMPL_H

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "runner/committee/committee.h"
#include "runner/selection/selection.h"

/* ------------------------------------------------------------------ reader.c */

/* Frames of one source; comment lines whole where the format has them. */
typedef struct vt__selection_reader {
  vt_xyz *xyz;
  vt_frames *frames;
} vt__selection_reader;
VT_MUST_CHECK vt_status vt__selection_open(vt__selection_reader *r, const char *path, vt_err *err);
VT_MUST_CHECK vt_status vt__selection_next(vt__selection_reader *r, vt_structure *s, int *got, vt_err *err);
void vt__selection_close(vt__selection_reader *r);
/* The value of run= or composition= of a frame; 0: it says nothing. */
int vt__selection_key(const vt_structure *s, const char *key, char *out, size_t cap);
/* Elements in the order of their atomic numbers with counts divided by their largest common divisor. */
void vt__selection_formula(const vt_structure *s, char out[VT_NAME]);

/* ------------------------------------------------------------------ measure.c */

typedef struct vt__selection_meter {
  vt_committee c;
  const char *path, *kind; /* of the potential, for the back end */
  double contact;
  vt_bound bound;
  vt_train *train; /* of the first member */
  int size;        /* of a point */
} vt__selection_meter;
VT_MUST_CHECK vt_status vt__selection_meter_open(vt__selection_meter *m, const char *potential, double contact,
                                                 vt_err *err);
void vt__selection_meter_close(vt__selection_meter *m);
/* Spread and point of a frame into f; *out = 1: it is left out, f->why and f->detail say why.  checks 0: only the point
 * is made. */
VT_MUST_CHECK vt_status vt__selection_measure(vt__selection_meter *m, const vt_structure *s, int checks,
                                              vt_selection_frame *f, int *out, vt_err *err);

/* ------------------------------------------------------------------ pick.c */

/* known[n_known]: points of `size` numbers. */
VT_MUST_CHECK vt_status vt__selection_pick(vt_selection *s, const vt_selection_options *o, int size,
                                           const float *const *known, int n_known, vt_err *err);

#endif
