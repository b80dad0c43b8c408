/* report.c - what a person and what a script read: text table, JSON, summary files. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/drive/drive.h"

/* ------------------------------------------------------------------ text */

static void text_row(vt_buf *out, const char *name, const vt_arrh *a, int width)
{
  vt_buf_printf(out, "  %-*s  %4d/%-4d", width, name, a->n_points, a->n_points + a->n_rejected);
  if (!a->resolved) {
    vt_buf_printf(out, "  not resolved\n");
    return;
  }
  vt_band b = vt_arrh_extrapolated(a);
  vt_buf_printf(out, "  %7d  %6.3f +- %.3f  %9.2e (x/: %.2f)%s  %9.2e [%.1e, %.1e] %s", a->n_glasses, a->ea_ev,
                a->ea_se, pow(10, a->log10_ref), pow(10, a->log10_ref_se), a->extrapolates ? "*" : " ", b.median,
                b.lo95, b.hi95, vt_model_text((vt_model)a->model));
  if (a->vtf.reason == VT_VTF_OK && a->model == VT_MODEL_VTF)
    vt_buf_printf(out, ", T0 %.0f +- %.0f K", a->vtf.t0_k, a->vtf.t0_se);
  if (a->n_below_tg) vt_buf_printf(out, "; %d points below Tg = %.0f K", a->n_below_tg, a->tg_k);
  vt_buf_printf(out, "\n");
}

/* "variance (sd in decades): alkali 0.210, metal 0.034, ..." of what is resolved. */
static void text_variance(vt_buf *out, const vt_comparison *cmp)
{
  const vt_var_split *v = &cmp->variance;
  const char *comma = "";
  if (!isfinite(v->residual)) return;
  vt_buf_printf(out, "Variance by factor (sd in decades): ");
  for (int q = 0; q < v->n_factors; q++) {
    if (!isfinite(v->factor[q])) continue;
    vt_buf_printf(out, "%s%s %.3f", comma, cmp->factor[q], v->factor[q]);
    comma = ", ";
  }
  vt_buf_printf(out, "%srest %.3f", comma, v->residual);
  if (isfinite(v->glass)) vt_buf_printf(out, "; glasses %.3f", v->glass);
  if (isfinite(v->sampling)) vt_buf_printf(out, ", sampling %.3f", v->sampling);
  vt_buf_printf(out, "\n");
}

static void text_outlying(vt_buf *out, const char *const *names, const vt_compare *c)
{
  for (int i = 0; i < c->n_outlying && i < VT_MAX_OUTLYING; i++)
    vt_buf_printf(out, "Outlying glass: number %d of %s, %+.2f decades off, counts %.2f\n", (int)c->outlying[i].glass,
                  names[c->outlying[i].comp], c->outlying[i].off_decades, c->outlying[i].weight);
}

static void text_compare(vt_buf *out, const char *const *names, const vt_comparison *cmp, const vt_compare_spec *spec)
{
  const vt_compare *c = &cmp->at_t;
  if (c->k >= 2)
    vt_buf_printf(
        out,
        "Comparison at %g K (%d compositions): tau %.3f decades [%.3f, %.3f], range %.3f; margins %g, tau %g, "
        "range %g decades\n",
        c->t_ref_k, c->k, c->tau, c->tau_lo, c->tau_hi, c->range, spec->margin, spec->tau_margin, spec->range_margin);
  text_variance(out, cmp);
  text_outlying(out, names, c);
  vt_buf_printf(out, "Verdict: %s. %s\n", vt_verdict_text((vt_verdict)c->verdict), c->why);
  if (cmp->at_tg.k >= 2)
    vt_buf_printf(out, "At equal T/Tg: tau %.3f decades, %s. %s\n", cmp->at_tg.tau,
                  vt_verdict_text((vt_verdict)cmp->at_tg.verdict), cmp->at_tg.why);
}

void vt_report_text(vt_buf *out, const char *quantity, const char *const *names, const vt_arrh *a, int n,
                    const vt_comparison *cmp, const vt_compare_spec *spec)
{
  int width = 11, star = 0;
  for (int i = 0; i < n; i++) {
    int w = (int)strlen(names[i]);
    if (w > width) width = w;
    star |= a[i].resolved && a[i].extrapolates;
  }
  vt_buf_printf(out, "Arrhenius fit of %s\n", quantity);
  vt_buf_printf(out, "  %-*s  resolved   glasses  Ea (eV)          at %g K              at %g K [95 %% band] model\n",
                width, "composition", spec->t_ref_k, spec->t_extra_k);
  for (int i = 0; i < n; i++) text_row(out, names[i], &a[i], width);
  if (star) vt_buf_printf(out, "  * %g K lies outside the measured temperatures\n", spec->t_ref_k);
  text_compare(out, names, cmp, spec);
}

/* ------------------------------------------------------------------ JSON */

static json_t *number(double x) { return isfinite(x) ? json_real(x) : json_null(); }

static json_t *interval(double lo, double hi)
{
  json_t *a = json_array();
  json_array_append_new(a, number(lo));
  json_array_append_new(a, number(hi));
  return a;
}

static void warn(json_t *list, const char *fmt, ...) VT_PRINTF(2, 3);
static void warn(json_t *list, const char *fmt, ...)
{
  char text[256];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  json_array_append_new(list, json_string(text));
}

static json_t *json_band(double t_k, vt_band b)
{
  json_t *x = json_object();
  json_object_set_new(x, "T_K", number(t_k));
  json_object_set_new(x, "median", number(b.median));
  json_object_set_new(x, "lo95", number(b.lo95));
  json_object_set_new(x, "hi95", number(b.hi95));
  return x;
}

/* null if it was not tried; the warnings say why. */
static json_t *json_vtf(const vt_arrh *a)
{
  const vt_vtf *v = &a->vtf;
  if (!isfinite(v->delta_aic)) return json_null();
  json_t *o = json_object();
  json_object_set_new(o, "T0_K", number(v->t0_k));
  json_object_set_new(o, "T0_se_K", number(v->t0_se));
  json_object_set_new(o, "B_K", number(v->b_k));
  json_object_set_new(o, "B_se_K", number(v->b_se));
  json_object_set_new(o, "ln_prefactor", number(v->ln_prefactor));
  json_object_set_new(o, "ln_prefactor_se", number(v->ln_prefactor_se));
  json_object_set_new(o, "chi2_red", number(v->chi2_red));
  json_object_set_new(o, "delta_AIC", number(v->delta_aic));
  json_object_set_new(o, "weight", number(v->weight));
  json_object_set_new(o, "extrapolated", json_band(a->t_extra_k, (vt_band){v->extra, v->extra_lo95, v->extra_hi95}));
  return o;
}

static void warn_of_fit(json_t *w, const vt_arrh *a)
{
  if (!a->resolved) warn(w, "not resolved: %d usable points from %d glasses", a->n_points, a->n_glasses);
  for (int k = VT_POINT_NO_VALUE; k < VT_N_POINT_STATUS; k++)
    if (a->n_status[k])
      warn(w, "%d points were rejected: %s", a->n_status[k], vt_point_status_text((vt_point_status)k));
  if (!a->resolved) return;
  if (a->extrapolates) warn(w, "%g K lies outside the measured temperatures", a->t_ref_k);
  if (a->birge > 1) warn(w, "errors were scaled by the Birge factor %.3f", a->birge);
  if (!isfinite(a->chi2_red)) warn(w, "chi2_red is undefined for these points");
  if (a->vtf.reason != VT_VTF_OK) warn(w, "vtf: %s", vt_vtf_reason_text((vt_vtf_reason)a->vtf.reason));
  vt_band b = vt_arrh_extrapolated(a);
  if (a->t_extra_k > 0 && (!(b.lo95 > 0) || !isfinite(b.median)))
    warn(w, "T0 may lie above %g K: the extrapolated value has no lower bound", a->t_extra_k);
  if (a->n_below_tg)
    warn(w, "%d of %d points lie at or below the MD glass transition at %.0f K: a glass out of equilibrium%s",
         a->n_below_tg, a->n_points, a->tg_k, a->n_below_tg < a->n_points ? "; the fit runs through both sides" : "");
}

static json_t *json_arrh(const char *name, const char *quantity, const vt_arrh *a)
{
  json_t *o = json_object(), *w = json_array();
  json_object_set_new(o, "name", json_string(name));
  json_object_set_new(o, "quantity", json_string(quantity));
  json_object_set_new(o, "n_points", json_integer(a->n_points));
  json_object_set_new(o, "n_glasses", json_integer(a->n_glasses));
  json_object_set_new(o, "n_rejected", json_integer(a->n_rejected));
  double nan_if = a->resolved ? 0 : NAN; /* an unresolved fit has no numbers */
  json_object_set_new(o, "Ea_eV", number(a->ea_ev + nan_if));
  json_object_set_new(o, "Ea_se_eV", number(a->ea_se + nan_if));
  json_object_set_new(o, "ln_prefactor", number(a->ln_prefactor + nan_if));
  json_object_set_new(o, "ln_prefactor_se", number(a->ln_prefactor_se + nan_if));
  json_object_set_new(o, "log10_D_Tref", number(a->log10_ref + nan_if));
  json_object_set_new(o, "log10_D_Tref_se", number(a->log10_ref_se + nan_if));
  json_object_set_new(o, "T_ref_K", number(a->t_ref_k));
  json_object_set_new(o, "extrapolated", json_band(a->t_extra_k, vt_arrh_extrapolated(a)));
  json_object_set_new(o, "chi2_red", number(a->chi2_red + nan_if));
  json_object_set_new(o, "model", json_string(vt_model_text((vt_model)a->model)));
  json_object_set_new(o, "arrhenius_extrapolated",
                      json_band(a->t_extra_k, (vt_band){a->extra, a->extra_lo95, a->extra_hi95}));
  json_object_set_new(o, "averaged_extrapolated",
                      json_band(a->t_extra_k, (vt_band){a->avg_extra, a->avg_lo95, a->avg_hi95}));
  json_object_set_new(o, "vtf", json_vtf(a));
  json_object_set_new(o, "Tg_K", number(a->tg_k));
  json_object_set_new(o, "n_below_Tg", json_integer(a->n_below_tg));
  warn_of_fit(w, a);
  json_object_set_new(o, "warnings", w);
  return o;
}

static json_t *json_outlying(const char *const *names, const vt_compare *c)
{
  json_t *list = json_array();
  for (int i = 0; i < c->n_outlying && i < VT_MAX_OUTLYING; i++) {
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(names[c->outlying[i].comp]));
    json_object_set_new(o, "glass", json_integer(c->outlying[i].glass));
    json_object_set_new(o, "off_decades", number(c->outlying[i].off_decades));
    json_object_set_new(o, "weight", number(c->outlying[i].weight));
    json_array_append_new(list, o);
  }
  return list;
}

/* Standard deviations in decades; what is not resolved is null, with a warning. */
static json_t *json_variance(const vt_comparison *cmp, json_t *w)
{
  const vt_var_split *v = &cmp->variance;
  json_t *o = json_object();
  for (int q = 0; q < v->n_factors; q++) {
    json_object_set_new(o, cmp->factor[q], number(v->factor[q]));
    if (v->reason[q] != VT_VAR_OK)
      warn(w, "variance: %s: %s", cmp->factor[q], vt_var_reason_text((vt_var_reason)v->reason[q]));
  }
  json_object_set_new(o, "residual", number(v->residual));
  json_object_set_new(o, "glass", number(v->glass));
  json_object_set_new(o, "sampling", number(v->sampling));
  if (v->residual_reason != VT_VAR_OK)
    warn(w, "variance: residual: %s", vt_var_reason_text((vt_var_reason)v->residual_reason));
  if (!isfinite(v->glass)) warn(w, "variance: glass: %s", vt_var_reason_text(VT_VAR_NO_GLASSES));
  return o;
}

/* Without the variance by factor, which only the comparison at equal T has. */
static json_t *json_compare(const char *const *names, const vt_compare *c, json_t *w)
{
  json_t *o = json_object(), *tost = json_array();
  json_object_set_new(o, "T_ref_K", number(c->t_ref_k));
  json_object_set_new(o, "n_compositions", json_integer(c->k));
  json_object_set_new(o, "mean_decades", number(c->mean_decades));
  json_object_set_new(o, "tau_decades", number(c->tau));
  json_object_set_new(o, "tau_ci95", interval(c->tau_lo, c->tau_hi));
  json_object_set_new(o, "tau_wide_ci95", interval(c->tau_wide_lo, c->tau_wide_hi));
  json_object_set_new(o, "tau_dl_decades", number(c->tau_dl));
  json_object_set_new(o, "range_decades", number(c->range));
  json_object_set_new(o, "range_ci95", interval(c->range_lo, c->range_hi));
  json_object_set_new(o, "I2", number(c->i2));
  json_object_set_new(o, "Q", number(c->q));
  json_object_set_new(o, "p_common_slope", number(c->p_common_slope));
  json_object_set_new(o, "p_common_level", number(c->p_common_level));
  json_object_set_new(o, "p_permutation", number(c->p_permutation));
  json_object_set_new(o, "tau_Ea_eV", number(c->tau_ea_ev));
  json_object_set_new(o, "glass_sd_decades", number(c->glass_sd_decades));
  for (int i = 0; i < c->k; i++) {
    json_t *t = json_object();
    json_object_set_new(t, "name", json_string(names[c->comp[i]]));
    json_object_set_new(t, "delta_decades", number(c->delta[i]));
    json_object_set_new(t, "ci90", interval(c->delta_lo90[i], c->delta_hi90[i]));
    json_object_set_new(t, "equivalent", json_boolean(c->equivalent[i]));
    json_array_append_new(tost, t);
  }
  json_object_set_new(o, "tost", tost);
  json_object_set_new(o, "outlying_glasses", json_outlying(names, c));
  json_object_set_new(o, "verdict", json_string(vt_verdict_text((vt_verdict)c->verdict)));
  json_object_set_new(o, "why", json_string(c->why));
  if (!isfinite(c->p_common_level)) warn(w, "p_common_slope, p_common_level: too few glasses or temperatures");
  if (!isfinite(c->p_permutation)) warn(w, "p_permutation: too few glasses");
  if (c->n_outlying > 0)
    warn(w, "outlying_glasses: %d count with less than full weight in the comparison", (int)c->n_outlying);
  return o;
}

/* The comparison at equal T, with its variance by factor and, beside it, the one at equal T/Tg. */
static json_t *json_comparison(const char *const *names, const vt_comparison *cmp)
{
  json_t *w = json_array(), *w_tg = json_array(), *o = json_compare(names, &cmp->at_t, w), *tg = json_null();
  json_object_set_new(o, "variance", json_variance(cmp, w));
  if (cmp->at_tg.k >= 2) {
    tg = json_compare(names, &cmp->at_tg, w_tg);
    json_object_set(tg, "warnings", w_tg);
  } else {
    warn(w, "at_equal_T_over_Tg: %s", cmp->at_tg.why);
  }
  json_decref(w_tg);
  json_object_set_new(o, "at_equal_T_over_Tg", tg);
  json_object_set_new(o, "warnings", w);
  return o;
}

static vt_status dump(vt_buf *out, json_t *root, vt_err *err)
{
  char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
  json_decref(root);
  if (!text) VT_FAIL(err, VT_ENOMEM, "out of memory while writing JSON");
  vt_buf_printf(out, "%s\n", text);
  free(text);
  return vt_buf_check(out, err);
}

static json_t *json_fits(const char *const *names, int n, const char *const *quantities, const vt_arrh *const *arrh,
                         const vt_comparison *const *cmp, int n_quantities)
{
  json_t *root = json_object(), *list = json_array(), *others = json_object();
  for (int q = 0; q < n_quantities; q++)
    for (int i = 0; i < n; i++) json_array_append_new(list, json_arrh(names[i], quantities[q], &arrh[q][i]));
  json_object_set_new(root, "compositions", list);
  json_object_set_new(root, "comparison", json_comparison(names, cmp[0]));
  for (int q = 1; q < n_quantities; q++) json_object_set_new(others, quantities[q], json_comparison(names, cmp[q]));
  json_object_set_new(root, "other_comparisons", others);
  return root;
}

vt_status vt_report_json(vt_buf *out, const char *const *names, int n, const char *const *quantities,
                         const vt_arrh *const *arrh, const vt_comparison *const *cmp, int n_quantities, vt_err *err)
{
  return dump(out, json_fits(names, n, quantities, arrh, cmp, n_quantities), err);
}

/* ------------------------------------------------------------------ summary.json, summary.csv */

static void csv_number(vt_buf *b, double x)
{
  if (isfinite(x))
    vt_buf_printf(b, ",%.17g", x);
  else
    vt_buf_printf(b, ",");
}

static void csv_rows(vt_buf *b, const vt_campaign *c, const vt_fits *f)
{
  vt_buf_printf(b,
                "composition,n_points,n_glasses,Ea_eV,Ea_se_eV,T_ref_K,log10_D_Tref,log10_D_Tref_se,T_extra_K,D_extra,"
                "D_extra_lo95,D_extra_hi95,sigmaT_Tref_mS_K_cm,sigmaT_extra_mS_K_cm,sigmaT_extra_lo95,"
                "sigmaT_extra_hi95,verdict,D_model,sigmaT_model,Tg_K\n");
  for (int i = 0; i < c->n_comp; i++) {
    const vt_arrh *d = &f->arrh[VT_Q_D_ALKALI][i], *s = &f->arrh[VT_Q_SIGMA_T][i];
    double no_d = d->resolved ? 0 : NAN, no_s = s->resolved ? 0 : NAN;
    vt_band x = vt_arrh_extrapolated(d), y = vt_arrh_extrapolated(s);
    const double col[] = {d->ea_ev + no_d,
                          d->ea_se + no_d,
                          d->t_ref_k,
                          d->log10_ref + no_d,
                          d->log10_ref_se + no_d,
                          d->t_extra_k,
                          x.median,
                          x.lo95,
                          x.hi95,
                          pow(10, s->log10_ref) + no_s,
                          y.median,
                          y.lo95,
                          y.hi95};
    vt_buf_printf(b, "%s,%d,%d", c->comp[i].name, d->n_points, d->n_glasses);
    for (size_t k = 0; k < sizeof col / sizeof *col; k++) csv_number(b, col[k]);
    vt_buf_printf(b, ",%s,%s,%s", vt_verdict_text((vt_verdict)f->compare[VT_Q_D_ALKALI].at_t.verdict),
                  vt_model_text((vt_model)d->model), vt_model_text((vt_model)s->model));
    csv_number(b, d->tg_k);
    vt_buf_printf(b, "\n");
  }
}

static vt_status write_file(const char *dir, const char *name, vt_buf *b, vt_err *err)
{
  char path[VT_PATH + 32];
  (void)snprintf(path, sizeof path, "%s/%s", dir, name);
  VT_PASS(vt_buf_check(b, err));
  return vt_file_replace(path, b->s, b->len, err);
}

vt_status vt_report_summary(const char *dir, const vt_campaign *c, const vt_fits *f, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf csv = {0}, js = {0};
  void *p = NULL;
  char hex[65];
  VT_TRY(vt_calloc64(&p, (size_t)c->n_comp, sizeof(char *), err), err, "names");
  const char **names = p;
  for (int i = 0; i < c->n_comp; i++) names[i] = c->comp[i].name;
  const char *quantities[VT_N_QUANTITIES];
  const vt_arrh *arrh[VT_N_QUANTITIES];
  const vt_comparison *cmp[VT_N_QUANTITIES];
  for (int q = 0; q < VT_N_QUANTITIES; q++) {
    quantities[q] = vt_quantities[q].name;
    arrh[q] = f->arrh[q];
    cmp[q] = &f->compare[q];
  }
  json_t *root = json_fits(names, c->n_comp, quantities, arrh, cmp, VT_N_QUANTITIES);
  vt_uid_hex(&c->id, hex);
  json_object_set_new(root, "campaign", json_string(c->name));
  json_object_set_new(root, "campaign_id", json_string(hex));
  json_object_set_new(root, "build", json_string(vt_build_info()->build_id));
  VT_TRY_OUT(dump(&js, root, err), err, "summary.json");
  csv_rows(&csv, c, f);
  VT_TRY_OUT(write_file(dir, "summary.json", &js, err), err, "summary");
  VT_TRY_OUT(write_file(dir, "summary.csv", &csv, err), err, "summary");
out:
  vt_free(p);
  vt_buf_free(&csv);
  vt_buf_free(&js);
  return rc;
}
