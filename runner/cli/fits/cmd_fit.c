/* cmd_fit.c - diffusion windows, Arrhenius lines and the comparison again, from a store or a table; no MD. */
#include <math.h>
#include <stdio.h>

#include "runner/cli/fits/fits.h"
#include "runner/report/report.h"
#include "runner/results/results.h"
#include "runner/target/target.h"

static vt_status fit_show(vt_buf *b, vt_err *err)
{
  VT_PASS(vt_buf_check(b, err));
  vt_cli_put(b->s, b->len);
  return VT_OK;
}

/* What the journal beside the store says of a target; *o NULL: nothing yet. */
static vt_status newest_decision(const char *journal, vt_json **o, vt_err *err)
{
  vt_journal *j = NULL;
  VT_PASS(vt_journal_open(&j, journal, err));
  const vt_status rc = vt_target_newest(j, o, err);
  vt_journal_free(j);
  return rc;
}

static vt_status fit_store(const vt_outdir *dir, const vt_compare_asked *asked, int json, vt_err *err)
{
  vt_json *decision = NULL;
  vt_campaign *c = NULL;
  vt_fits *fits = NULL;
  vt_buf b = {0};
  vt_status rc = vt_fits_from_store(dir->store, vt_cli_env(1), asked, &c, &fits, err);
  const int asks = rc == VT_OK && c->target.asked;
  if (rc == VT_OK) vt_cli_note_old_store(dir, c, fits);
  if (asks) rc = newest_decision(dir->journal, &decision, err);
  if (rc == VT_OK && json) rc = vt_report_campaign_json(&b, c, fits, asks ? vt_target_rows(decision) : NULL, err);
  if (rc == VT_OK && !json) rc = vt_report_campaign_text(&b, c, fits, err);
  if (rc == VT_OK && !json && asks) vt_target_text(decision, &b);
  if (rc == VT_OK) rc = fit_show(&b, err);
  vt_json_free(decision);
  vt_buf_free(&b);
  vt_fits_free(fits);
  vt_campaign_free(c);
  return rc;
}

static vt_status fit_table(const char *path, const vt_compare_asked *asked, double tg_k, int json, vt_err *err)
{
  vt_compare_spec spec = {.t_ref_k = 500, .t_extra_k = 300, .margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};
  vt_compare_ask(asked, &spec);
  if (isnan(tg_k)) tg_k = VT_TG_OF_CLASS_K;
  vt_table t = {0};
  vt_buf b = {0};
  void *arrh = NULL, *p = NULL, *fitted = NULL, *at = NULL;
  vt_status rc = vt_table_read(path, &t, err);
  if (rc == VT_OK) rc = vt_calloc64(&arrh, (size_t)t.n_comp, sizeof(vt_arrh), err);
  if (rc == VT_OK) rc = vt_calloc64(&at, (size_t)t.n, sizeof(vt_at_t), err);
  if (rc == VT_OK) rc = vt_calloc64(&p, (size_t)t.n_comp, sizeof(char *), err);
  if (rc == VT_OK) rc = vt_calloc64(&fitted, 1, sizeof(vt_fitted), err);
  if (rc == VT_OK) {
    vt_fitted *f = fitted;
    const char **name = p;
    for (int i = 0; i < t.n_comp; i++) name[i] = t.name[i];
    f->what = (vt_quantity){.name = "D", .unit = "cm^2/s", .doc = "the diffusion coefficients of the table"};
    f->arrh = arrh;
    f->at = at;
    rc = vt_table_fit(&t, &spec, tg_k, 1, f, err);
    if (rc == VT_OK && json) rc = vt_report_json(&b, name, t.n_comp, f, 1, err);
    if (rc == VT_OK && !json) {
      vt_report_text(&b, name, t.n_comp, f, &spec);
      vt_buf_printf(&b, "\n");
    }
    if (rc == VT_OK) rc = fit_show(&b, err);
  }
  vt_buf_free(&b);
  vt_free(fitted);
  vt_free(p);
  vt_free(at);
  vt_free(arrh);
  vt_table_free(&t);
  return rc;
}

int cmd_fit(int argc, char **argv)
{
  int json = 0;
  double tg_k = (double)NAN;
  vt_compare_asked x = vt_compare_asked_nothing();
  const vt_opt opt[] = {{"json", VT_OPT_FLAG, NULL, "print JSON", &json, 0, 0},
                        {"reference", VT_OPT_REAL, "K",
                         "temperature of the comparison (the campaign's; of a table 500)", &x.t_ref_k, 50, 1e5},
                        {"extrapolate", VT_OPT_REAL, "K",
                         "temperature of the extrapolated value (the campaign's; of a table 300)", &x.t_extra_k, 50,
                         1e5},
                        {"glass-transition", VT_OPT_REAL, "K",
                         "of a table: T0 of a curve lies 50 K or more below it (260)", &tg_k, 50, 1e5},
                        {"margin", VT_OPT_REAL, "DECADES",
                         "equivalence margin of a composition (the campaign's; of a table 0.3)", &x.margin, 1e-6, 100},
                        {"tau-margin", VT_OPT_REAL, "DECADES",
                         "margin of the spread tau (the campaign's; of a table 0.2)", &x.tau_margin, 1e-6, 100},
                        {"range-margin", VT_OPT_REAL, "DECADES", "margin of the range (the campaign's; of a table 0.8)",
                         &x.range_margin, 1e-6, 100}};
  vt_usage u = {.name = "fit",
                .args = "DIR|POINTS.csv",
                .doc = "Repeat the diffusion windows, the Arrhenius fits and the comparison, without new MD: from\n"
                       "DIR/results.h5, or from a table with the header composition,glass,temperature_K,D_cm2_s,D_se\n"
                       "(RFC 4180, columns in any order, plain or compressed by gzip or xz; an empty cell, NA or nan\n"
                       "is not known).  Further columns are factors, and their share of the variance is reported.\n"
                       "Options say what is asked of the comparison; the files in DIR stay as they are.",
                .example = "vitrion fit runs/quickstart --reference 650",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_err err = {0};
  vt_outdir dir;
  int code = vt_cli_parse(&u, argc, argv), is_folder;
  if (code < 0) code = vt_cli_fit_source(&u, u.arg[0], &dir, &is_folder);
  if (code < 0 && is_folder && !isnan(tg_k))
    code = vt_cli_usage_error(&u, "--glass-transition is that of a table; a campaign has measured it in its quenches");
  if (code >= 0) return code;
  const vt_status rc = is_folder ? fit_store(&dir, &x, json, &err) : fit_table(u.arg[0], &x, tg_k, json, &err);
  return vt_cli_done(rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}
