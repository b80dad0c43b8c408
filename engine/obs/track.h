/* track.h - bonds between two groups of atoms, followed from sample to sample (T 6.9); private to engine/obs. */
#ifndef VT_OBS_TRACK_H
#define VT_OBS_TRACK_H

#include "engine/obs/pairs.h"

/* Numbers begin at 1 and are given once; only whether two of them are equal means anything. */
typedef struct vt__bond {
  int32_t partner; /* place in the second group                                                    */
  int32_t absent;  /* samples since it broke; 0: it is there                                       */
  int32_t at;      /* entry of pairs.d in this frame; -1: not there                                */
  int32_t formed;  /* 1: it formed at this sample, which is not the first                          */
  int64_t number;  /* of this formation: equal at two samples if it never broke in between         */
  int64_t lasting; /* the same, but absences of at most `patience` samples do not count as breaks  */
} vt__bond;
_Static_assert(sizeof(vt__bond) == 4 * sizeof(int64_t), "rows of bonds are counted in 8-byte words");

typedef struct vt__track {
  vt__pairs pairs; /* of this frame, out to the cutoff plus hysteresis_a */
  vt_cutoffs cut;
  double hysteresis_a;
  int64_t patience;
  int most, slots;                        /* bonds of a row; entries of a row, with those that are remembered */
  size_t n_state;                         /* 8-byte words in `state` */
  int64_t *state;                         /* one block, what a checkpoint holds; what follows points into it */
  int64_t *samples, *last_number, *count; /* count[n_first] */
  vt__bond *bond;                         /* [n_first][slots], each row ascending in `partner` */
} vt__track;

enum { VT__TRACK_MOST = 32 };

/* Groups by role as for vt__pairs_open; at most `most` (<= VT__TRACK_MOST) bonds of one atom of the first group. */
VT_MUST_CHECK vt_status vt__track_open(vt__track *t, const vt_composition *c, int first, int second, int most,
                                       double hysteresis_a, int64_t patience, vt_err *err);
/* What a bond is; leaves the state alone. */
VT_MUST_CHECK vt_status vt__track_begin(vt__track *t, const vt_cutoffs *cut, vt_err *err);
/* Follow all bonds into this frame.  Allocates nothing.  VT_ETASK: an atom with more than `most` bonds, or with more
 * than `most` others that it had within `patience`.  VT_EBUG: never begun. */
VT_MUST_CHECK vt_status vt__track_sample(vt__track *t, const vt_frame *fr, vt_err *err);
/* Row of atom pairs.first[a]: `n` entries, those with absent > 0 among them. */
const vt__bond *vt__track_row(const vt__track *t, int a, int *n);
/* The bonds of that row that are there: their partners, ascending; returns how many (<= most). */
int vt__track_partners(const vt__track *t, int a, int32_t partner[VT__TRACK_MOST]);
size_t vt__track_state_size(const vt__track *t);
void vt__track_save(const vt__track *t, void *bytes);
void vt__track_load(vt__track *t, const void *bytes);
void vt__track_close(vt__track *t);

/* Samples that span a time of at least / at most `ps`. */
int64_t vt__track_at_least(double ps, double sample_ps);
int64_t vt__track_at_most(double ps, double sample_ps);

#define VT__HYSTERESIS_PAR                                                                                             \
  {                                                                                                                    \
    .name = "hysteresis", .unit = "A",                                                                                 \
    .doc = "a bond forms within the first minimum of g(r) and breaks this far beyond it", .lo = 0, .hi = 2, .def = 0.4 \
  }

#endif
