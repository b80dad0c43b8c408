/* cmd_fit.c - diffusion windows, Arrhenius lines and the comparison again, from a store or a table; no MD. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/cli/cli.h"
#include "runner/drive/drive.h"

/* What was fitted, however it came. */
typedef struct fitted {
  const char **name;
  int n, n_quantities;
  const char *quantity[VT_N_QUANTITIES], *title[VT_N_QUANTITIES];
  const vt_arrh *arrh[VT_N_QUANTITIES];
  const vt_comparison *cmp[VT_N_QUANTITIES];
} fitted;

static vt_status show(const fitted *f, const vt_compare_spec *spec, int json, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf b = {0};
  if (json) rc = vt_report_json(&b, f->name, f->n, f->quantity, f->arrh, f->cmp, f->n_quantities, err);
  for (int q = 0; !json && q < f->n_quantities; q++) {
    vt_report_text(&b, f->title[q], f->name, f->arrh[q], f->n, f->cmp[q], spec);
    vt_buf_printf(&b, "\n");
  }
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK) (void)fputs(b.s, stdout);
  vt_buf_free(&b);
  return rc;
}

static vt_status names_of(fitted *f, int n, vt_err *err)
{
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof(char *), err), err, "names of %d compositions", n);
  f->name = p;
  f->n = n;
  return VT_OK;
}

static vt_status fit_store(const char *path, int json, vt_err *err)
{
  vt_campaign *c = NULL;
  vt_fits *fits = NULL;
  fitted f = {.n_quantities = VT_N_QUANTITIES};
  char title[VT_N_QUANTITIES][160];
  vt_status rc = vt_fits_from_store(path, vt_cli_env(1), &c, &fits, err);
  if (rc == VT_OK) rc = names_of(&f, c->n_comp, err);
  if (rc == VT_OK) {
    for (int i = 0; i < f.n; i++) f.name[i] = c->comp[i].name;
    for (int q = 0; q < VT_N_QUANTITIES; q++) {
      (void)snprintf(title[q], sizeof title[q], "%s, %s", vt_quantities[q].doc, vt_quantities[q].unit);
      f.quantity[q] = vt_quantities[q].name;
      f.title[q] = title[q];
      f.arrh[q] = fits->arrh[q];
      f.cmp[q] = &fits->compare[q];
    }
    rc = show(&f, &c->compare, json, err);
  }
  vt_free(f.name);
  vt_fits_free(fits);
  vt_campaign_free(c);
  return rc;
}

static vt_status fit_table(const char *path, const vt_compare_spec *spec, int json, vt_err *err)
{
  vt_table t = {0};
  void *arrh = NULL, *cmp = NULL;
  fitted f = {.n_quantities = 1, .quantity = {"D"}, .title = {"the diffusion coefficients of the table, cm^2/s"}};
  vt_status rc = vt_table_read(path, &t, err);
  if (rc == VT_OK) rc = vt_calloc64(&arrh, (size_t)t.n_comp, sizeof(vt_arrh), err);
  if (rc == VT_OK) rc = vt_calloc64(&cmp, 1, sizeof(vt_comparison), err);
  if (rc == VT_OK) rc = vt_table_fit(&t, spec, 1, arrh, cmp, err);
  if (rc == VT_OK) rc = names_of(&f, t.n_comp, err);
  if (rc == VT_OK) {
    for (int i = 0; i < f.n; i++) f.name[i] = t.name[i];
    f.arrh[0] = arrh;
    f.cmp[0] = cmp;
    rc = show(&f, spec, json, err);
  }
  vt_free(f.name);
  vt_free(arrh);
  vt_free(cmp);
  vt_table_free(&t);
  return rc;
}

int cmd_fit(int argc, char **argv)
{
  int json = 0;
  vt_compare_spec s = {.t_ref_k = 500, .t_extra_k = 300, .margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8};
  const vt_opt opt[] = {
      {"json", VT_OPT_FLAG, NULL, "the answer as JSON", &json, 0, 0},
      {"reference", VT_OPT_REAL, "K", "table: temperature of the comparison (500)", &s.t_ref_k, 1, 1e5},
      {"extrapolate", VT_OPT_REAL, "K", "table: temperature of the extrapolated value (300)", &s.t_extra_k, 1, 1e5},
      {"margin", VT_OPT_REAL, "DECADES", "table: equivalence margin of a composition (0.3)", &s.margin, 1e-6, 100},
      {"tau-margin", VT_OPT_REAL, "DECADES", "table: margin of the spread tau (0.2)", &s.tau_margin, 1e-6, 100},
      {"range-margin", VT_OPT_REAL, "DECADES", "table: margin of the range (0.8)", &s.range_margin, 1e-6, 100}};
  vt_usage u = {.name = "fit",
                .args = "DIR|POINTS.csv",
                .doc =
                    "Diffusion windows, Arrhenius fits and the comparison again, without new MD: from DIR/results.h5,\n"
                    "or from a table with the header composition,glass,temperature_K,D_cm2_s,D_se; columns behind these are factors,\n"
                    "whose share of the variance is reported.",
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
    if (code >= 0) return code;
    rc = fit_table(u.arg[0], &s, json, &err);
  }
  return vt_cli_done(rc == VT_OK ? VT_EXIT_OK : vt_cli_fail(&err));
}
