/* report_impl.h - what the reports share; private to runner/report. */
#ifndef VT_REPORT_IMPL_H
#define VT_REPORT_IMPL_H

#include "runner/json/json.h"
#include "runner/report/report.h"

enum { VT__COLUMNS = 100 }; /* of a line of text */

/* json.c: the text of a value, which is given up, and a newline. */
VT_MUST_CHECK vt_status vt__json_finish(vt_buf *out, vt_json *root, vt_err *err);
/* Fits and comparisons, and what json_groups.c adds. */
VT_MUST_CHECK vt_status vt__json_campaign(const vt_campaign *c, const vt_fits *f, vt_json **out, vt_err *err);

/* json_groups.c: "transport", "structure" and "residence" of every composition at every temperature. */
void vt__json_groups(const vt_campaign *c, const vt_fits *f, vt_json *root);

/* gates.c: how many runs fail which gate, as text and as a list; comp and temp as in vt_count_gates. */
void vt__text_gates(vt_buf *out, const vt_campaign *c, const vt_fits *f);
vt_json *vt__json_gates(const vt_campaign *c, const vt_fits *f, int comp, int temp);

/* text_compare.c: the comparison of one quantity; one line of a quantity that is no headline, n compositions. */
void vt__text_compare(vt_buf *out, const char *const *names, const vt_comparison *cmp, const vt_compare_spec *spec);
void vt__text_other(vt_buf *out, const vt_fitted *q, int n);

/* text.c: "0.312 [0.290, 0.334]"; of a curve "0.35 [...] local"; of one glass "0.312 +- 0.010"; eV. */
enum { VT__ENERGY_TEXT = 64 };
void vt__energy_text(const vt_arrh *a, char text[VT__ENERGY_TEXT]);
/* text.c: the names of the compositions; vt_free the table, not the names. */
VT_MUST_CHECK vt_status vt__names_of(const vt_campaign *c, const char ***names, vt_err *err);
/* json_groups.c: the measured temperature nearest the reference; without a reference, the lowest. */
int vt__nearest_temperature(const vt_campaign *c);
/* Mean over the glasses of a composition at a temperature of the structure field with this JSON key; NaN without one.
 */
double vt__structure_value(const vt_fits *f, int comp, int temp, const char *key);

#endif
