/* cmd_fit.c - diffusion windows, Arrhenius lines and the comparison again, from a store or a table; no MD. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/cli/cli.h"
#include "runner/folder/folder.h"
#include "runner/report/report.h"
#include "runner/results/results.h"

static vt_status fit_show(vt_buf *b, vt_err *err)
{
  VT_PASS(vt_buf_check(b, err));
  (void)fputs(b->s, stdout);
  return VT_OK;
}

static vt_status fit_store(const char *path, int json, vt_err *err)
{
  vt_campaign *c = NULL;
  vt_fits *fits = NULL;
  vt_buf b = {0};
  vt_status rc = vt_fits_from_store(path, vt_cli_env(1), &c, &fits, err);
  if (rc == VT_OK) rc = json ? vt_report_campaign_json(&b, c, fits, err) : vt_report_campaign_text(&b, c, fits, err);
  if (rc == VT_OK) rc = fit_show(&b, err);
  vt_buf_free(&b);
  vt_fits_free(fits);
  vt_campaign_free(c);
  return rc;
}

static vt_status fit_table(const char *path, const vt_compare_spec *spec, double tg_k, int json, vt_err *err)
{
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
    rc = vt_table_fit(&t, spec, tg_k, 1, f, err);
    if (rc == VT_OK && json) rc = vt_report_json(&b, name, t.n_comp, f, 1, err);
    if (rc == VT_OK && !json) {
      vt_report_text(&b, name, t.n_comp, f, spec);
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

/* The eight bytes that every HDF5 file begins with. */
static int is_hdf5(const char *path)
{
  char head[8] = "";
  FILE *f = NULL;
  if (vt_file_open(path, &f, NULL) != VT_OK) return 0;
  size_t n = fread(head, 1, sizeof head, f);
  (void)fclose(f);
  return n == sizeof head && memcmp(head, "\211HDF\r\n\032\n", sizeof head) == 0;
}

static int refuse_hdf5(const vt_usage *u, const char *path)
{
  const char *slash = strrchr(path, '/');
  int n = slash ? (int)(slash - path) : 1;
  return vt_cli_usage_error(u,
                            "'%s' is an HDF5 file, expected a table (CSV) or the output folder of a campaign: "
                            "vitrion fit %.*s",
                            path, n ? n : 1, slash ? path : ".");
}

int cmd_fit(int argc, char **argv)
{
  int json = 0;
  double tg_k = VT_TG_OF_CLASS_K;
  vt_compare_spec s = {.t_ref_k = 500, .t_extra_k = 300, .margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};
  const vt_opt opt[] = {
      {"json", VT_OPT_FLAG, NULL, "print JSON", &json, 0, 0},
      {"reference", VT_OPT_REAL, "K", "table: temperature of the comparison (500)", &s.t_ref_k, 50, 1e5},
      {"extrapolate", VT_OPT_REAL, "K", "table: temperature of the extrapolated value (300)", &s.t_extra_k, 50, 1e5},
      {"glass-transition", VT_OPT_REAL, "K", "table: T0 of a curve lies 50 K or more below it (260)", &tg_k, 50, 1e5},
      {"margin", VT_OPT_REAL, "DECADES", "table: equivalence margin of a composition (0.3)", &s.margin, 1e-6, 100},
      {"tau-margin", VT_OPT_REAL, "DECADES", "table: margin of the spread tau (0.2)", &s.tau_margin, 1e-6, 100},
      {"range-margin", VT_OPT_REAL, "DECADES", "table: margin of the range (0.8)", &s.range_margin, 1e-6, 100}};
  vt_usage u = {.name = "fit",
                .args = "DIR|POINTS.csv",
                .doc = "Repeat the diffusion windows, the Arrhenius fits and the comparison, without new MD: from\n"
                       "DIR/results.h5, or from a table with the header composition,glass,temperature_K,D_cm2_s,D_se\n"
                       "(RFC 4180, columns in any order, plain or compressed by gzip or xz; an empty cell, NA or nan\n"
                       "is not known).  Further columns are factors, and their share of the variance is reported.",
                .example = "vitrion fit runs/quickstart --json",
                .opt = opt,
                .n_opt = sizeof opt / sizeof *opt,
                .least_args = 1,
                .most_args = 1};
  vt_err err = {0};
  struct stat st;
  vt_outdir dir;
  int code = vt_cli_parse(&u, argc, argv);
  if (code >= 0) return code;
  vt_status rc;
  if (stat(u.arg[0], &st) == 0 && S_ISDIR(st.st_mode)) {
    if (vt_outdir_name(&dir, u.arg[0], &err) != VT_OK) return vt_cli_fail(&err);
    code = vt_cli_readable(&u, dir.store);
    if (code >= 0) return code;
    rc = fit_store(dir.store, json, &err);
  } else {
    code = vt_cli_readable(&u, u.arg[0]);
    if (code < 0 && is_hdf5(u.arg[0])) code = refuse_hdf5(&u, u.arg[0]);
    if (code >= 0) return code;
    rc = fit_table(u.arg[0], &s, tg_k, json, &err);
  }
  return vt_cli_done(rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}
