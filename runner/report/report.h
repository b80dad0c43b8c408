/* report.h - what a person and a script read of the fits: text, JSON, CSV (layer 8).
 *
 * FORMAT of summary.csv: text, lines end with "\n", fields are separated by commas, no field is quoted (no name and no
 * text in it has a comma).  The first line has the names of the columns, then comes a line a composition, in the order
 * of the campaign.  The first column is `composition`, its name.  Numbers are written with %.17g, which reads back to
 * the same bits; a field is empty where the number is not known.
 *
 * Every other column is a number or a word of summary.json under another name: the fit of D of the alkali, that of
 * sigma T, the comparison; transport, residence and structure at one temperature, T_near_K, the one nearest to the
 * reference.  Names follow one rule: x, x_se (standard error), x_lo95 and x_hi95 (ends of the 95 % interval), the unit
 * last (Ea_se_eV).  Columns are added at the end and never change place or meaning; older names stay as copies. */
#ifndef VT_REPORT_H
#define VT_REPORT_H

#include "runner/json/json.h"
#include "runner/screening/screening.h"

/* names[n]: compositions; one line each, then the comparison. */
void vt_report_text(vt_buf *out, const char *const *names, int n, const vt_fitted *q, const vt_compare_spec *spec);
/* The same for D of the alkali and sigma T of a campaign, one line for each other quantity that is resolved somewhere,
 * and one for each composition on Haven ratio, transference, residence and structure. */
VT_MUST_CHECK vt_status vt_report_campaign_text(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err);
/* The JSON of `vitrion fit` for a table, n_q quantities. */
VT_MUST_CHECK vt_status vt_report_json(vt_buf *out, const char *const *names, int n, const vt_fitted *q, int n_q,
                                       vt_err *err);
/* And for a campaign: with transport, structure and residence of every composition at every temperature.  target: what
 * became of what the campaign asks for (vt_target_rows), its "target"; taken over; NULL: it asks for nothing. */
VT_MUST_CHECK vt_status vt_report_campaign_json(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_json *target,
                                                vt_err *err);
/* The text of summary.csv, appended to out. */
VT_MUST_CHECK vt_status vt_report_csv(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err);
/* summary.json and summary.csv of a campaign folder; target as above. */
VT_MUST_CHECK vt_status vt_report_summary(const char *dir, const vt_campaign *c, const vt_fits *f, vt_json *target,
                                          vt_err *err);

/* Text appended in lines of 100 columns at most, as far as it has spaces: rows of tables are cut between columns, what
 * is left stands deeper on the next line; of a paragraph it begins the next line. */
void vt_report_fold(vt_buf *out, const char *text);

#endif
