/* target_impl.h - what the files of this module share. */
#ifndef VT_TARGET_IMPL_H
#define VT_TARGET_IMPL_H

#include "runner/target/target.h"

/* comp[n_comp], cell[n_comp * n_temp]. */
void vt__target_know(const vt_campaign *c, const vt_fits *f, vt_alloc_comp *comp, vt_alloc_cell *cell);
/* Room for a round of `c`; vt_target_round_free also after a failure. */
VT_MUST_CHECK vt_status vt__target_round_open(const vt_campaign *c, vt_target_round *r, vt_err *err);

/* record.c: the looks at the verdict that a recorded decision remembers; VT_ECORRUPT: it is no decision. */
VT_MUST_CHECK vt_status vt__target_looks_of(const vt_json *o, vt_target_looks *l, vt_err *err);

#endif
