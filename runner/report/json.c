/* json.c - fits and comparisons for scripts. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/report/report_impl.h"

json_t *vt__json_number(double x) { return isfinite(x) ? json_real(x) : json_null(); }

json_t *vt__json_interval(double lo, double hi)
{
  json_t *a = json_array();
  json_array_append_new(a, vt__json_number(lo));
  json_array_append_new(a, vt__json_number(hi));
  return a;
}

void vt__json_warn(json_t *list, const char *fmt, ...)
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
  json_object_set_new(x, "T_K", vt__json_number(t_k));
  json_object_set_new(x, "median", vt__json_number(b.median));
  json_object_set_new(x, "lo95", vt__json_number(b.lo95));
  json_object_set_new(x, "hi95", vt__json_number(b.hi95));
  return x;
}

/* null if it was not tried; the warnings say why. */
static json_t *json_vtf(const vt_arrh *a)
{
  const vt_vtf *v = &a->vtf;
  if (!isfinite(v->delta_aic)) return json_null();
  json_t *o = json_object();
  json_object_set_new(o, "T0_K", vt__json_number(v->t0_k));
  json_object_set_new(o, "T0_se_K", vt__json_number(v->t0_se));
  json_object_set_new(o, "B_K", vt__json_number(v->b_k));
  json_object_set_new(o, "B_se_K", vt__json_number(v->b_se));
  json_object_set_new(o, "ln_prefactor", vt__json_number(v->ln_prefactor));
  json_object_set_new(o, "ln_prefactor_se", vt__json_number(v->ln_prefactor_se));
  json_object_set_new(o, "chi2_red", vt__json_number(v->chi2_red));
  json_object_set_new(o, "delta_AIC", vt__json_number(v->delta_aic));
  json_object_set_new(o, "weight", vt__json_number(v->weight));
  json_object_set_new(o, "extrapolated", json_band(a->t_extra_k, (vt_band){v->extra, v->extra_lo95, v->extra_hi95}));
  return o;
}

static void warn_of_fit(json_t *w, const vt_arrh *a)
{
  if (!a->resolved) vt__json_warn(w, "not resolved: %d usable points from %d glasses", a->n_points, a->n_glasses);
  for (int k = VT_POINT_NO_VALUE; k < VT_N_POINT_STATUS; k++)
    if (a->n_status[k])
      vt__json_warn(w, "%d points were rejected: %s", a->n_status[k], vt_point_status_text((vt_point_status)k));
  if (!a->resolved) return;
  if (a->extrapolates) vt__json_warn(w, "%g K lies outside the measured temperatures", a->t_ref_k);
  if (a->birge > 1) vt__json_warn(w, "errors were scaled by the Birge factor %.3f", a->birge);
  if (!isfinite(a->chi2_red)) vt__json_warn(w, "chi2_red is undefined for these points");
  if (a->vtf.reason != VT_VTF_OK) vt__json_warn(w, "vtf: %s", vt_vtf_reason_text((vt_vtf_reason)a->vtf.reason));
  vt_band b = vt_arrh_extrapolated(a);
  if (a->t_extra_k > 0 && (!(b.lo95 > 0) || !isfinite(b.median)))
    vt__json_warn(w, "T0 may lie above %g K: the extrapolated value has no lower bound", a->t_extra_k);
  if (a->n_below_tg)
    vt__json_warn(w, "%d of %d points lie at or below the MD glass transition at %.0f K: a glass out of equilibrium%s",
                  a->n_below_tg, a->n_points, a->tg_k,
                  a->n_below_tg < a->n_points ? "; the fit runs through both sides" : "");
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
  json_object_set_new(o, "Ea_eV", vt__json_number(a->ea_ev + nan_if));
  json_object_set_new(o, "Ea_se_eV", vt__json_number(a->ea_se + nan_if));
  json_object_set_new(o, "ln_prefactor", vt__json_number(a->ln_prefactor + nan_if));
  json_object_set_new(o, "ln_prefactor_se", vt__json_number(a->ln_prefactor_se + nan_if));
  json_object_set_new(o, "log10_D_Tref", vt__json_number(a->log10_ref + nan_if));
  json_object_set_new(o, "log10_D_Tref_se", vt__json_number(a->log10_ref_se + nan_if));
  json_object_set_new(o, "T_ref_K", vt__json_number(a->t_ref_k));
  json_object_set_new(o, "extrapolated", json_band(a->t_extra_k, vt_arrh_extrapolated(a)));
  json_object_set_new(o, "chi2_red", vt__json_number(a->chi2_red + nan_if));
  json_object_set_new(o, "model", json_string(vt_model_text((vt_model)a->model)));
  json_object_set_new(o, "arrhenius_extrapolated",
                      json_band(a->t_extra_k, (vt_band){a->extra, a->extra_lo95, a->extra_hi95}));
  json_object_set_new(o, "averaged_extrapolated",
                      json_band(a->t_extra_k, (vt_band){a->avg_extra, a->avg_lo95, a->avg_hi95}));
  json_object_set_new(o, "vtf", json_vtf(a));
  json_object_set_new(o, "Tg_K", vt__json_number(a->tg_k));
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
    json_object_set_new(o, "off_decades", vt__json_number(c->outlying[i].off_decades));
    json_object_set_new(o, "weight", vt__json_number(c->outlying[i].weight));
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
    json_object_set_new(o, cmp->factor[q], vt__json_number(v->factor[q]));
    if (v->reason[q] != VT_VAR_OK)
      vt__json_warn(w, "variance: %s: %s", cmp->factor[q], vt_var_reason_text((vt_var_reason)v->reason[q]));
  }
  json_object_set_new(o, "residual", vt__json_number(v->residual));
  json_object_set_new(o, "glass", vt__json_number(v->glass));
  json_object_set_new(o, "sampling", vt__json_number(v->sampling));
  if (v->residual_reason != VT_VAR_OK)
    vt__json_warn(w, "variance: residual: %s", vt_var_reason_text((vt_var_reason)v->residual_reason));
  if (!isfinite(v->glass)) vt__json_warn(w, "variance: glass: %s", vt_var_reason_text(VT_VAR_NO_GLASSES));
  return o;
}

/* Without the variance by factor, which only the comparison at equal T has. */
static json_t *json_compare(const char *const *names, const vt_compare *c, json_t *w)
{
  json_t *o = json_object(), *tost = json_array();
  json_object_set_new(o, "T_ref_K", vt__json_number(c->t_ref_k));
  json_object_set_new(o, "n_compositions", json_integer(c->k));
  json_object_set_new(o, "mean_decades", vt__json_number(c->mean_decades));
  json_object_set_new(o, "next_composition_ci95", vt__json_interval(c->next_lo95, c->next_hi95));
  json_object_set_new(o, "tau_decades", vt__json_number(c->tau));
  json_object_set_new(o, "tau_ci95", vt__json_interval(c->tau_lo, c->tau_hi));
  json_object_set_new(o, "tau_wide_ci95", vt__json_interval(c->tau_wide_lo, c->tau_wide_hi));
  json_object_set_new(o, "tau_dl_decades", vt__json_number(c->tau_dl));
  json_object_set_new(o, "range_decades", vt__json_number(c->range));
  json_object_set_new(o, "range_ci95", vt__json_interval(c->range_lo, c->range_hi));
  json_object_set_new(o, "I2", vt__json_number(c->i2));
  json_object_set_new(o, "Q", vt__json_number(c->q));
  json_object_set_new(o, "p_common_slope", vt__json_number(c->p_common_slope));
  json_object_set_new(o, "p_common_level", vt__json_number(c->p_common_level));
  json_object_set_new(o, "p_permutation", vt__json_number(c->p_permutation));
  json_object_set_new(o, "tau_Ea_eV", vt__json_number(c->tau_ea_ev));
  json_object_set_new(o, "glass_sd_decades", vt__json_number(c->glass_sd_decades));
  for (int i = 0; i < c->k; i++) {
    json_t *t = json_object();
    json_object_set_new(t, "name", json_string(names[c->comp[i]]));
    json_object_set_new(t, "delta_decades", vt__json_number(c->delta[i]));
    json_object_set_new(t, "ci90", vt__json_interval(c->delta_lo90[i], c->delta_hi90[i]));
    json_object_set_new(t, "equivalent", json_boolean(c->equivalent[i]));
    json_array_append_new(tost, t);
  }
  json_object_set_new(o, "tost", tost);
  json_object_set_new(o, "outlying_glasses", json_outlying(names, c));
  json_object_set_new(o, "verdict", json_string(vt_verdict_text((vt_verdict)c->verdict)));
  json_object_set_new(o, "why", json_string(c->why));
  if (!isfinite(c->p_common_level)) vt__json_warn(w, "p_common_slope, p_common_level: too few glasses or temperatures");
  if (!isfinite(c->p_permutation)) vt__json_warn(w, "p_permutation: too few glasses");
  if (c->n_outlying > 0)
    vt__json_warn(w, "outlying_glasses: %d count with less than full weight in the comparison", (int)c->n_outlying);
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
    vt__json_warn(w, "at_equal_T_over_Tg: %s", cmp->at_tg.why);
  }
  json_decref(w_tg);
  json_object_set_new(o, "at_equal_T_over_Tg", tg);
  json_object_set_new(o, "warnings", w);
  return o;
}

vt_status vt__json_dump(vt_buf *out, json_t *root, vt_err *err)
{
  char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
  json_decref(root);
  if (!text) VT_FAIL(err, VT_ENOMEM, "out of memory while writing JSON");
  vt_buf_printf(out, "%s\n", text);
  free(text);
  return vt_buf_check(out, err);
}

json_t *vt__json_fits(const char *const *names, int n, const vt_fitted *q, int n_q)
{
  json_t *root = json_object(), *list = json_array(), *others = json_object();
  for (int k = 0; k < n_q; k++)
    for (int i = 0; i < n; i++) json_array_append_new(list, json_arrh(names[i], q[k].what.name, &q[k].arrh[i]));
  json_object_set_new(root, "compositions", list);
  json_object_set_new(root, "comparison", json_comparison(names, &q[0].compare));
  for (int k = 1; k < n_q; k++) json_object_set_new(others, q[k].what.name, json_comparison(names, &q[k].compare));
  json_object_set_new(root, "other_comparisons", others);
  return root;
}

vt_status vt__json_campaign(const vt_campaign *c, const vt_fits *f, json_t **out, vt_err *err)
{
  const char **names;
  *out = NULL;
  VT_PASS(vt__names_of(c, &names, err));
  *out = vt__json_fits(names, c->n_comp, f->fitted, f->n_quantities);
  vt__json_groups(c, f, *out);
  vt_free(names);
  return VT_OK;
}

vt_status vt_report_json(vt_buf *out, const char *const *names, int n, const vt_fitted *q, int n_q, vt_err *err)
{
  return vt__json_dump(out, vt__json_fits(names, n, q, n_q), err);
}

vt_status vt_report_campaign_json(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err)
{
  json_t *root;
  VT_PASS(vt__json_campaign(c, f, &root, err));
  return vt__json_dump(out, root, err);
}
