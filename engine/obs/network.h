/* network.h - metals joined by the anions they share, in one frame, and what the observables made of it have in common
 * (T 6.7, T 6.8); private to engine/obs. */
#ifndef VT_OBS_NETWORK_H
#define VT_OBS_NETWORK_H

#include <math.h>

#include "engine/obs/pairs.h"

/* Metals and anions are known by their places among the metals and among the anions of the cell, in the order of the
 * atoms.  Both tables hold the same bonds, found by two searches. */
typedef struct vt__network {
  vt__pairs anions_of; /* a row for each metal: its anions */
  vt__pairs metals_of; /* a row for each anion: its metals */
  int *partner;        /* [metals] of one metal, see vt__network_links  */
  int *shares;         /* [metals] anions shared with partner[k]        */
  int *seen;           /* [metals] scratch, 0 between calls             */
} vt__network;

/* Either kind may be absent.  Allocates. */
VT_MUST_CHECK vt_status vt__network_open(vt__network *w, const vt_composition *c, vt_err *err);
/* All bonds of a frame.  VT_EBUG when sum over anions of (metals - 1) is not sum over metals of CN - number of anions
 * (so with cutoffs that are not symmetric); the errors of vt__pairs_find. */
VT_MUST_CHECK vt_status vt__network_find(vt__network *w, const vt_frame *fr, const vt_cutoffs *cut, vt_err *err);
/* The metals after `a` that share anions with it: number of entries in partner[] and shares[].  Two metals are linked
 * once, by whichever images. */
int vt__network_links(vt__network *w, int a);
void vt__network_close(vt__network *w);

/* An observable that adds up what it sees of the network: its state, and the entries of its table that need no more
 * than that.  The tally is what a checkpoint holds. */
typedef struct vt__net_obs {
  const vt_obs_doc *doc;
  vt_composition comp;
  vt_cutoffs cut;
  int is_oxygen[VT_MAX_SPECIES];
  vt__network net;
  int *scratch; /* [per_metal][metals] of one sample */
  size_t n_tally;
  double *tally; /* [0] frames, then counts, exact in double */
} vt__net_obs;

VT_MUST_CHECK vt_status vt__net_obs_open(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r,
                                         size_t n_tally, int per_metal, void **self, vt_err *err);
VT_MUST_CHECK vt_status vt__net_obs_begin(void *self, const vt_cutoffs *cut, vt_err *err);
/* The network of a frame, counted in tally[0]. */
VT_MUST_CHECK vt_status vt__net_obs_look(vt__net_obs *o, const vt_frame *fr, vt_err *err);
/* Oxygens bound to metal a. */
int vt__net_obs_oxygens(const vt__net_obs *o, const vt_frame *fr, int a);
size_t vt__net_obs_state_size(const void *self);
void vt__net_obs_save(const void *self, void *bytes);
VT_MUST_CHECK vt_status vt__net_obs_load(void *self, const void *bytes, size_t n, vt_err *err);
void vt__net_obs_close(void *self);

/* NaN where there was nothing to count. */
static inline double vt__fraction(double n, double of) { return of > 0 ? n / of : (double)NAN; }

#endif
