/* What people and scripts read of fits: made-up numbers must come out of JSON, CSV and text as they are, and what is
 * not resolved as null, as an empty cell, and with a reason. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/json/json.h"
#include "runner/report/report.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ made-up fits */

/* No number is the decimal of another, and all are exact only with 17 digits. */
static vt_arrh resolved_fit(void)
{
  return (vt_arrh){.n_points = 9,
                   .n_glasses = 3,
                   .n_rejected = 1,
                   .dof = 8,
                   .ea_ev = 1.0 / 3,
                   .ea_se = 0.1 / 7,
                   .ln_prefactor = -20.0 / 3,
                   .ln_prefactor_se = 0.2 / 3,
                   .t_ref_k = 600,
                   .log10_ref = -17.0 / 3,
                   .log10_ref_se = 0.1 / 3,
                   .t_extra_k = 300,
                   .extra = 1e-9 / 3,
                   .extra_lo95 = 1e-10 / 3,
                   .extra_hi95 = 1e-8 / 3,
                   .chi2_red = 0.7 / 3,
                   .birge = 1,
                   .glass_sd_decades = 0.05,
                   .resolved = 1,
                   .vtf = {.reason = VT_VTF_FEW_TEMPERATURES,
                           .t0_k = NAN,
                           .t0_se = NAN,
                           .b_k = NAN,
                           .b_se = NAN,
                           .ln_prefactor = NAN,
                           .ln_prefactor_se = NAN,
                           .chi2_red = NAN,
                           .delta_aic = NAN,
                           .weight = NAN,
                           .extra = NAN,
                           .extra_lo95 = NAN,
                           .extra_hi95 = NAN},
                   .avg_extra = NAN,
                   .avg_lo95 = NAN,
                   .avg_hi95 = NAN,
                   .tg_k = NAN,
                   .model = VT_MODEL_ARRHENIUS,
                   .n_status[VT_POINT_USED] = 9,
                   .n_status[VT_POINT_NO_VALUE] = 1};
}

/* Two points without a value: vt_arrh_fit leaves no number in such a fit. */
static vt_arrh unresolved_fit(void)
{
  vt_arrh a = resolved_fit();
  a.resolved = a.n_points = a.n_glasses = 0;
  a.n_rejected = 2;
  a.ea_ev = a.ea_se = a.ln_prefactor = a.ln_prefactor_se = a.log10_ref = a.log10_ref_se = a.chi2_red = NAN;
  a.extra = a.extra_lo95 = a.extra_hi95 = NAN;
  memset(a.n_status, 0, sizeof a.n_status);
  a.n_status[VT_POINT_NO_VALUE] = 2;
  return a;
}

static vt_fitted fitted_of(vt_arrh *two)
{
  vt_fitted q = {.what = {"D_alkali", "cm^2/s", "tracer diffusion coefficient"}, .arrh = two};
  two[0] = resolved_fit();
  two[1] = unresolved_fit();
  q.compare.at_t.verdict = VT_UNDECIDED;
  q.compare.at_t.t_ref_k = 600;
  q.compare.at_t.mean_decades = q.compare.at_t.tau = q.compare.at_t.p_permutation = q.compare.at_t.p_common_level = NAN;
  q.compare.variance.residual = q.compare.variance.glass = q.compare.variance.sampling = NAN;
  (void)snprintf(q.compare.at_t.why, sizeof q.compare.at_t.why, "one composition cannot be compared");
  (void)snprintf(q.compare.at_tg.why, sizeof q.compare.at_tg.why, "a glass transition is missing");
  return q;
}

static const char *const names[] = {"LiAlCl4", "NaTaCl6"};

static vt_json *parsed_json(const char *text, size_t n)
{
  vt_json *v;
  vt_err err = {0};
  VT_TEST_OK(vt_json_parse(text, n, &v, &err), &err);
  return v;
}

static int is_null(const vt_json *o, const char *key)
{
  if (!vt_json_get(o, key)) fail_msg("no key '%s'", key);
  return isnan(vt_json_get_num(o, key, (double)NAN)) && !vt_json_get_text(o, key, NULL);
}

static int warns(const vt_json *o, const char *phrase)
{
  vt_buf b = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_json_dump(vt_json_get(o, "warnings"), VT_JSON_LINE, &b, &err), &err);
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  const int found = strstr(b.s, phrase) != NULL;
  vt_buf_free(&b);
  return found;
}

/* ------------------------------------------------------------------ JSON and text of a table */

/* Exactly: seventeen digits are read back as the same number. */
static void numbers_of_a_fit_come_back_from_json_to_the_bit(void **state)
{
  (void)state;
  vt_arrh two[2];
  const vt_fitted q = fitted_of(two);
  vt_buf b = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_report_json(&b, names, 2, &q, 1, &err), &err);
  vt_json *root = parsed_json(b.s, b.len);
  const vt_json *list = vt_json_get(root, "compositions"), *o = vt_json_at(list, 0);
  assert_int_equal(vt_json_size(list), 2);
  assert_string_equal(vt_json_get_text(o, "name", ""), "LiAlCl4");
  assert_string_equal(vt_json_get_text(o, "quantity", ""), "D_alkali");
  assert_string_equal(vt_json_get_text(o, "model", ""), vt_model_text(VT_MODEL_ARRHENIUS));
  const struct {
    const char *key;
    double want;
  } row[] = {{"Ea_eV", two[0].ea_ev},
             {"Ea_se_eV", two[0].ea_se},
             {"ln_prefactor", two[0].ln_prefactor},
             {"ln_prefactor_se", two[0].ln_prefactor_se},
             {"log10_D_Tref", two[0].log10_ref},
             {"log10_D_Tref_se", two[0].log10_ref_se},
             {"T_ref_K", 600},
             {"chi2_red", two[0].chi2_red},
             {"n_points", 9},
             {"n_glasses", 3},
             {"n_rejected", 1}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++)
    near_named(row[k].key, vt_json_get_num(o, row[k].key, (double)NAN), row[k].want, 0);
  const vt_json *band = vt_json_get(o, "extrapolated");
  near(vt_json_get_num(band, "T_K", (double)NAN), 300, 0);
  near(vt_json_get_num(band, "median", (double)NAN), two[0].extra, 0);
  near(vt_json_get_num(band, "lo95", (double)NAN), two[0].extra_lo95, 0);
  near(vt_json_get_num(band, "hi95", (double)NAN), two[0].extra_hi95, 0);
  assert_true(is_null(o, "Tg_K") && is_null(o, "vtf"));
  assert_true(warns(o, "1 points were rejected") && warns(o, vt_point_status_text(VT_POINT_NO_VALUE)));
  assert_true(warns(o, vt_vtf_reason_text(VT_VTF_FEW_TEMPERATURES)) && !warns(o, "not resolved: "));
  vt_json_free(root);
  vt_buf_free(&b);
}

static void what_is_not_resolved_is_null_with_a_reason(void **state)
{
  (void)state;
  static const char *const none[] = {"Ea_eV",           "Ea_se_eV",     "ln_prefactor",
                                     "ln_prefactor_se", "log10_D_Tref", "chi2_red"};
  vt_arrh two[2];
  const vt_fitted q = fitted_of(two);
  vt_buf b = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_report_json(&b, names, 2, &q, 1, &err), &err);
  assert_null(strstr(b.s, "nan"));
  vt_json *root = parsed_json(b.s, b.len);
  const vt_json *o = vt_json_at(vt_json_get(root, "compositions"), 1), *c = vt_json_get(root, "comparison");
  for (size_t k = 0; k < sizeof none / sizeof *none; k++)
    if (!is_null(o, none[k])) fail_msg("%s of a fit that is not resolved", none[k]);
  assert_true(is_null(vt_json_get(o, "extrapolated"), "median"));
  assert_true(warns(o, "not resolved: 0 usable points from 0 glasses"));
  assert_true(warns(o, "2 points were rejected"));
  assert_true(is_null(c, "tau_decades") && is_null(c, "mean_decades") && is_null(c, "at_equal_T_over_Tg"));
  assert_string_equal(vt_json_get_text(c, "verdict", ""), vt_verdict_text(VT_UNDECIDED));
  assert_string_equal(vt_json_get_text(c, "why", ""), "one composition cannot be compared");
  assert_true(warns(c, "a glass transition is missing"));
  vt_json_free(root);
  vt_buf_free(&b);
}

static void a_person_reads_the_numbers_and_why_there_is_none(void **state)
{
  (void)state;
  vt_arrh two[2];
  const vt_fitted q = fitted_of(two);
  const vt_compare_spec spec = {.t_ref_k = 600, .t_extra_k = 300};
  vt_buf b = {0};
  vt_err err = {0};
  vt_report_text(&b, names, 2, &q, &spec);
  VT_TEST_OK(vt_buf_check(&b, &err), &err);
  const char *first = strstr(b.s, "LiAlCl4"), *second = strstr(b.s, "NaTaCl6");
  assert_true(first && second && second > first);
  const char *number = strstr(first, "0.333 [0.300, 0.366]"); /* t(0.975, 8) = 2.306 */
  assert_true(number && number < second);
  const char *far = strstr(second, "  at 300 K "); /* the table of extrapolations */
  assert_true(far && strstr(far, "LiAlCl4") < strstr(far, "3.33e-10 [3.3e-11, 3.3e-09]"));
  assert_non_null(strstr(second, "95 % t interval")); /* the columns are explained */
  assert_non_null(strstr(second, "not resolved: 2 points: "));
  assert_non_null(strstr(second, vt_point_status_text(VT_POINT_NO_VALUE)));
  assert_non_null(strstr(second, "one composition cannot be compared"));
  assert_null(strstr(b.s, "nan"));
  vt_buf_free(&b);
}

/* ------------------------------------------------------------------ the summary of a campaign */

static vt_status no_result(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  (void)ctx, (void)i, (void)p, (void)err;
  *values = NULL;
  return VT_OK;
}

/* A campaign without results in which the first composition has made-up fits, and the second one that is not resolved.
 */
static vt_fits *made_up_fits(const vt_campaign *c)
{
  vt_fits *f;
  vt_err err = {0};
  const vt_arrays_from from = {.load = no_result};
  VT_TEST_OK(vt_fits_make(c, &from, &f, &err), &err);
  f->fitted[VT_Q_D_ALKALI].arrh[0] = resolved_fit();
  if (c->n_comp > 1) f->fitted[VT_Q_D_ALKALI].arrh[1] = unresolved_fit();
  return f;
}

enum { MOST_CELLS = 128 };
/* Cuts a line at its commas in place; *line moves behind it. */
static int cut_line(char **line, char *cell[MOST_CELLS])
{
  char *end = strchr(*line, '\n'), *s = *line;
  int n = 0;
  assert_non_null(end);
  *end = '\0';
  for (char *comma = s; comma; s = comma + 1) {
    assert_in_range(n, 0, MOST_CELLS - 1);
    cell[n++] = s;
    comma = strchr(s, ',');
    if (!comma) break;
    *comma = '\0';
  }
  *line = end + 1;
  return n;
}

static const char *cell_of(char **head, char **row, int n, const char *name)
{
  for (int k = 0; k < n; k++)
    if (strcmp(head[k], name) == 0) return row[k];
  fail_msg("summary.csv has no column '%s'", name);
  return NULL;
}

static void the_columns_of_the_summary_hold_the_fits_and_nothing_where_there_is_none(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH], *head[MOST_CELLS], *row[MOST_CELLS];
  vt_err err = {0};
  vt_campaign *c = vt_test_small_campaign("LiAlCl4, NaTaCl6", "[500 K, 600 K]", 1, "");
  vt_fits *f = made_up_fits(c);
  const vt_arrh a = resolved_fit();
  vt_test_folder_in_memory(folder, "report");
  VT_TEST_OK(vt_report_summary(folder, c, f, NULL, &err), &err);
  char *csv = vt_test_read(vt_test_inside(folder, "summary.csv"), NULL), *line = csv;
  const int n = cut_line(&line, head);
  for (int k = 0; k < n; k++)
    for (int q = 0; q < k; q++) assert_string_not_equal(head[k], head[q]);
  assert_int_equal(cut_line(&line, row), n);
  assert_string_equal(cell_of(head, row, n, "composition"), c->comp[0].name);
  const struct {
    const char *name;
    double want;
  } col[] = {{"n_points", 9},
             {"n_glasses", 3},
             {"Ea_eV", a.ea_ev},
             {"Ea_se_eV", a.ea_se},
             {"T_ref_K", 600},
             {"log10_D_Tref", a.log10_ref},
             {"log10_D_Tref_se", a.log10_ref_se},
             {"T_extra_K", 300},
             {"D_extra", a.extra},
             {"D_extra_lo95", a.extra_lo95},
             {"D_extra_hi95", a.extra_hi95}};
  for (size_t k = 0; k < sizeof col / sizeof *col; k++)
    near_named(col[k].name, strtod(cell_of(head, row, n, col[k].name), NULL), col[k].want, 0);
  near_relative(strtod(cell_of(head, row, n, "D_Tref_cm2_s"), NULL), pow(10, a.log10_ref),
                1e-15); /* libm's last digit */
  assert_string_equal(cell_of(head, row, n, "D_model"), vt_model_text(VT_MODEL_ARRHENIUS));
  assert_string_equal(cell_of(head, row, n, "Tg_K"), "");
  assert_string_equal(cell_of(head, row, n, "Haven_framework"), "");
  assert_int_equal(cut_line(&line, row), n);
  assert_string_equal(cell_of(head, row, n, "composition"), c->comp[1].name);
  static const char *const empty[] = {"Ea_eV", "Ea_se_eV", "log10_D_Tref", "D_extra", "D_extra_lo95", "D_Tref_cm2_s"};
  for (size_t k = 0; k < sizeof empty / sizeof *empty; k++) assert_string_equal(cell_of(head, row, n, empty[k]), "");
  assert_int_equal(*line, '\0');
  vt_free(csv);

  size_t len;
  char *text = vt_test_read(vt_test_inside(folder, "summary.json"), &len), hex[65];
  vt_json *root = parsed_json(text, len);
  vt_uid_hex(&c->id, hex);
  assert_string_equal(vt_json_get_text(root, "campaign", ""), "small");
  assert_string_equal(vt_json_get_text(root, "campaign_id", ""), hex);
  const vt_json *fits = vt_json_get(root, "compositions");
  assert_int_equal(vt_json_size(fits), 2 * f->n_quantities);
  near(vt_json_get_num(vt_json_at(fits, 0), "Ea_eV", (double)NAN), a.ea_ev, 0);
  assert_true(is_null(vt_json_at(fits, 1), "Ea_eV"));
  vt_json_free(root);
  vt_free(text);
  vt_fits_free(f);
  vt_campaign_free(c);
  vt_test_folder_remove(folder);
}

static void a_summary_that_cannot_be_written_says_where(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_campaign *c = vt_test_small_campaign("LiAlCl4", "[500 K, 600 K]", 1, "");
  vt_fits *f = made_up_fits(c);
  VT_TEST_REFUSED(vt_report_summary("/tmp/is/not/there", c, f, NULL, &err), VT_EIO, &err,
                  "/tmp/is/not/there/summary.json");
  vt_fits_free(f);
  vt_campaign_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_of_a_fit_come_back_from_json_to_the_bit),
      cmocka_unit_test(what_is_not_resolved_is_null_with_a_reason),
      cmocka_unit_test(a_person_reads_the_numbers_and_why_there_is_none),
      cmocka_unit_test(the_columns_of_the_summary_hold_the_fits_and_nothing_where_there_is_none),
      cmocka_unit_test(a_summary_that_cannot_be_written_says_where),
  };
  return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
