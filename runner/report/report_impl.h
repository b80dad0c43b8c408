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

/* text_compare.c: the comparison of one quantity, `symbol` in short; one line of a quantity that is no headline, n
 * compositions. */
void vt__text_compare(vt_buf *out, const char *const *names, const char *symbol, const vt_comparison *cmp,
                      const vt_compare_spec *spec);
void vt__text_other(vt_buf *out, const vt_fitted *q, int n);

/* text_notes.c: reasons of empty cells, each with a letter; the texts are borrowed. */
enum { VT__NOTES = 26, VT__NOTE_CELL = 8 };
typedef struct vt__notes {
  const char *text[VT__NOTES];
  int n;
} vt__notes;
/* The number of its letter. */
int vt__note(vt__notes *n, const char *text);
/* "- (a)"; without a reason (NULL) "-". */
void vt__note_cell(vt__notes *n, const char *text, char cell[VT__NOTE_CELL]);
/* "  (a)  the reason", a line each; then there are none. */
void vt__notes_end(vt_buf *out, vt__notes *n);
/* Why a quantity, VT_Q_D_ALKALI or VT_Q_SIGMA_T, or a Haven ratio has no value where a point was measured. */
const char *vt__why_no_value(const vt_campaign *c, const vt_fits *f, int comp, int temp, int quantity);
const char *vt__why_no_haven(const vt_campaign *c, const vt_fits *f, int comp, int temp);
/* One paragraph on the runs without a result, of which tables then say nothing more; 1: no run has one. */
int vt__text_unfinished(vt_buf *out, const vt_campaign *c, const vt_fits *f);

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
