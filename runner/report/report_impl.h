/* report_impl.h - what the reports share; private to runner/report. */
#ifndef VT_REPORT_IMPL_H
#define VT_REPORT_IMPL_H

#include <jansson.h>

#include "runner/report/report.h"

/* json.c: null where x is not finite; [lo, hi]; a sentence for a list of warnings; the text of an object, which
 * is given up. */
json_t *vt__json_number(double x);
json_t *vt__json_interval(double lo, double hi);
void vt__json_warn(json_t *list, const char *fmt, ...) VT_PRINTF(2, 3);
VT_MUST_CHECK vt_status vt__json_dump(vt_buf *out, json_t *root, vt_err *err);
/* Fits and comparisons. */
json_t *vt__json_fits(const char *const *names, int n, const vt_fitted *q, int n_q);
/* The same and what json_groups.c adds. */
VT_MUST_CHECK vt_status vt__json_campaign(const vt_campaign *c, const vt_fits *f, json_t **out, vt_err *err);

/* json_groups.c: "transport", "structure" and "residence" of every composition at every temperature. */
void vt__json_groups(const vt_campaign *c, const vt_fits *f, json_t *root);

/* The names of the compositions; vt_free the table, not the names. */
VT_MUST_CHECK vt_status vt__names_of(const vt_campaign *c, const char ***names, vt_err *err);

/* What the short tables say of a composition, at the temperature nearest the reference. */
typedef struct vt__headline {
  double t_k;
  vt_pooled haven_fw, t_bary;
  vt_over_glasses ratio2; /* tau_2 / tau_0 */
  double chain_mean, cn_metal, density_g_cm3;
} vt__headline;
vt__headline vt__headline_of(const vt_campaign *c, const vt_fits *f, int comp);

#endif
