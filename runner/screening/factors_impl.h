/* factors_impl.h - comparison of compositions by their factors; private to runner/screening. */
#ifndef VT_FACTORS_IMPL_H
#define VT_FACTORS_IMPL_H

#include "runner/screening/screening.h"

/* Levels of the factors of every composition. */
typedef struct vt__factors {
  int n;
  char name[VT_MAX_FACTORS][VT_NAME];
  int *level[VT_MAX_FACTORS]; /* [n_comp] */
} vt__factors;

/* Those that compare.by names, and alkali_per_metal.  vt__factors_free also after an error. */
VT_MUST_CHECK vt_status vt__factors_of(const vt_campaign *c, vt__factors *f, vt_err *err);
void vt__factors_free(vt__factors *f);

/* Index of the campaign's own factor (vt_campaign.factor); -1: none is called so. */
int vt__label_of(const vt_campaign *c, const char *name);

/* Comparison at equal T, at equal T/Tg, and the variance by factor at equal T. */
VT_MUST_CHECK vt_status vt__compare_by(const vt_compare_input *in, const vt__factors *f, vt_comparison *out,
                                       vt_err *err);

#endif
