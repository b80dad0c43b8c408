/* json.c - fits and comparisons for scripts. */
#include <math.h>

#include "runner/report/report_impl.h"

/* Why a line has no value at a temperature. */
static const char *why_no_value(const vt_arrh *a)
{
  return vt_arrh_is_tested(a) ? "the interval is wider than three decades" : vt_arrh_untested_text(a);
}

static void warn_of_fit(vt_json *w, const vt_arrh *a)
{
  char misfit[VT_MISFIT_TEXT];
  vt_misfit_text(&a->misfit, misfit);
  if (misfit[0])
    vt_json_warn(w, "misfit of all glasses: %s: %s", misfit, a->misfit.refused ? "no fit" : "intervals are wider");
  if (!a->resolved && !a->misfit.refused)
    vt_json_warn(w, "not resolved: %d usable points from %d glasses", a->n_points, a->n_glasses);
  for (int k = VT_POINT_NO_VALUE; k < VT_N_POINT_STATUS; k++)
    if (a->n_status[k])
      vt_json_warn(w, "%d points were rejected: %s", a->n_status[k], vt_point_status_text((vt_point_status)k));
  if (!a->resolved) return;
  if (a->extrapolates) vt_json_warn(w, "%g K lies outside the temperatures that are resolved", a->t_ref_k);
  if (a->birge > 1) vt_json_warn(w, "errors were scaled by the Birge factor %.3f", a->birge);
  if (!isfinite(a->chi2_red)) vt_json_warn(w, "chi2_red is undefined for these points");
  if (a->vtf.reason != VT_VTF_OK) vt_json_warn(w, "vtf: %s", vt_vtf_reason_text((vt_vtf_reason)a->vtf.reason));
  if (a->one_glass)
    vt_json_warn(w, "one glass, and no other composition has two: errors are those of one trajectory, there is no "
                    "interval for the composition");
  const vt_band far = vt_arrh_extrapolated(a), here = vt_arrh_at_ref(a);
  if (!isfinite(here.median)) vt_json_warn(w, "at %g K not resolved: %s", a->t_ref_k, why_no_value(a));
  if (a->t_extra_k > 0 && !isfinite(far.median))
    vt_json_warn(w, "extrapolated to %g K not resolved: %s%s", a->t_extra_k, why_no_value(a),
                 isfinite(far.hi95) ? "; hi95 is an upper bound (97.5 %)" : "");
  else if (a->t_extra_k > 0 && !vt_arrh_is_tested(a))
    vt_json_warn(w, "at %g K a curve counts as much as the line: %s", a->t_extra_k, vt_arrh_untested_text(a));
  if (a->n_below_tg)
    vt_json_warn(w, "%d of %d points lie at or below the MD glass transition at %.0f K: a glass out of equilibrium%s",
                 a->n_below_tg, a->n_points, a->tg_k,
                 a->n_below_tg < a->n_points ? "; the fit runs through both sides" : "");
}

/* The values of composition i by temperature. */
static vt_json *json_at_t(const vt_fitted *q, int i)
{
  vt_json *list = vt_json_array();
  for (int k = 0; k < q->n_at; k++) {
    if (q->at[k].comp != i) continue;
    vt_json *o = vt_json_object();
    vt_fields_json(o, &vt_at_t_fields, &q->at[k]);
    vt_json_add(list, o);
  }
  return list;
}

static vt_json *json_arrh(const char *name, const vt_fitted *q, int i)
{
  const vt_arrh *a = &q->arrh[i];
  vt_json *o = vt_json_object(), *w = vt_json_array();
  vt_json_put(o, "name", vt_json_text(name));
  vt_json_put(o, "quantity", vt_json_text(q->what.name));
  vt_json_put(o, "unit", vt_json_text(q->what.unit));
  vt_fields_json(o, &vt_arrh_fields, a);
  if (!isfinite(a->vtf.delta_aic)) vt_json_put(o, "vtf", vt_json_null()); /* not tried; the warnings say why */
  vt_json_put(o, "temperatures", json_at_t(q, i));
  warn_of_fit(w, a);
  vt_json_put(o, "warnings", w);
  return o;
}

/* ------------------------------------------------------------------ comparisons */

static vt_json *json_outlying(const char *const *names, const vt_compare *c)
{
  vt_json *list = vt_json_array();
  for (int i = 0; i < c->n_outlying && i < VT_MAX_OUTLYING; i++) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "name", vt_json_text(names[c->outlying[i].comp]));
    vt_json_put(o, "glass", vt_json_int(c->outlying[i].glass));
    vt_json_put(o, "off_decades", vt_json_num(c->outlying[i].off_decades));
    vt_json_put(o, "weight", vt_json_num(c->outlying[i].weight));
    vt_json_add(list, o);
  }
  return list;
}

/* Standard deviations in decades; what is not resolved is null, with a warning. */
static vt_json *json_variance(const vt_comparison *cmp, vt_json *w)
{
  const vt_var_split *v = &cmp->variance;
  vt_json *o = vt_json_object();
  for (int q = 0; q < v->n_factors; q++) {
    vt_json_put(o, cmp->factor[q], vt_json_num(v->factor[q]));
    if (v->reason[q] != VT_VAR_OK)
      vt_json_warn(w, "variance: %s: %s", cmp->factor[q], vt_var_reason_text((vt_var_reason)v->reason[q]));
  }
  vt_fields_json(o, &vt_var_split_fields, v);
  if (v->residual_reason != VT_VAR_OK)
    vt_json_warn(w, "variance: residual: %s", vt_var_reason_text((vt_var_reason)v->residual_reason));
  if (!isfinite(v->glass)) vt_json_warn(w, "variance: glass: %s", vt_var_reason_text(VT_VAR_NO_GLASSES));
  return o;
}

/* How many times as large in one composition as in another; what is not resolved is null, with a warning. */
static vt_json *json_ratios(const char *const *names, const vt_compare *c, vt_json *w)
{
  vt_ratio ratio[VT_MAX_COMPARE];
  const int n = vt_compare_ratios(c, ratio);
  vt_json *list = vt_json_array();
  for (int i = 0; i < n; i++) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "name", vt_json_text(names[ratio[i].of]));
    vt_json_put(o, "over", vt_json_text(names[ratio[i].to]));
    vt_json_put(o, "T_K", vt_json_num(c->t_ref_k));
    vt_json_put(o, "value", vt_json_num(ratio[i].ratio));
    vt_json_put(o, "lo95", vt_json_num(ratio[i].lo95));
    vt_json_put(o, "hi95", vt_json_num(ratio[i].hi95));
    vt_json_add(list, o);
    if (isnan(ratio[i].ratio))
      vt_json_warn(w, "ratios: %s over %s: its interval is wider than three decades", names[ratio[i].of],
                   names[ratio[i].to]);
  }
  if (n > 0 && !(c->dof > 0)) vt_json_warn(w, "ratios: one glass each: there is no interval");
  return list;
}

/* Without the variance by factor, which only the comparison at equal T has. */
static vt_json *json_compare(const char *const *names, const vt_compare *c, vt_json *w)
{
  vt_json *o = vt_json_object(), *tost = vt_json_array();
  vt_fields_json(o, &vt_compare_fields, c);
  for (int i = 0; i < c->k; i++) {
    vt_json *t = vt_json_object();
    vt_json_put(t, "name", vt_json_text(names[c->comp[i]]));
    for (int q = 0; q < vt_compared_fields.n; q++) {
      const vt_field *f = &vt_compared_fields.f[q];
      if (f->json) vt_json_put(t, f->json, vt_json_num(vt_field_at(f, c, i)));
    }
    vt_json_put(t, "ci90", vt_json_interval(c->delta_lo90[i], c->delta_hi90[i]));
    vt_json_put(t, "equivalent", vt_json_bool(c->equivalent[i]));
    vt_json_add(tost, t);
  }
  vt_json_put(o, "tost", tost);
  vt_json_put(o, "ratios", json_ratios(names, c, w));
  vt_json_put(o, "outlying_glasses", json_outlying(names, c));
  vt_fields_json(o, &vt_verdict_fields, c);
  if (!isfinite(c->p_common_level)) vt_json_warn(w, "p_common_slope, p_common_level: too few glasses or temperatures");
  if (c->k == 2) vt_json_warn(w, "tau_decades, tau_Ea_eV: two compositions have a difference, but no spread");
  if (!isfinite(c->p_permutation)) vt_json_warn(w, "p_permutation: too few glasses");
  if (c->n_outlying > 0)
    vt_json_warn(w, "outlying_glasses: %d count with less than full weight in the comparison", (int)c->n_outlying);
  return o;
}

/* The comparison at equal T, with its variance by factor and, beside it, the one at equal T/Tg. */
static vt_json *json_comparison(const char *const *names, const vt_comparison *cmp)
{
  vt_json *w = vt_json_array(), *o = json_compare(names, &cmp->at_t, w), *tg = vt_json_null();
  vt_json_put(o, "variance", json_variance(cmp, w));
  if (cmp->at_tg.k >= 2) {
    vt_json *w_tg = vt_json_array();
    tg = json_compare(names, &cmp->at_tg, w_tg);
    vt_json_put(tg, "warnings", w_tg);
  } else {
    vt_json_warn(w, "at_equal_T_over_Tg: %s", cmp->at_tg.why);
  }
  vt_json_put(o, "at_equal_T_over_Tg", tg);
  vt_json_put(o, "warnings", w);
  return o;
}

vt_status vt__json_finish(vt_buf *out, vt_json *root, vt_err *err)
{
  vt_status rc = vt_json_dump(root, 1, out, err);
  vt_json_free(root);
  vt_buf_printf(out, "\n");
  return rc == VT_OK ? vt_buf_check(out, err) : rc;
}

static vt_json *json_fits(const char *const *names, int n, const vt_fitted *q, int n_q)
{
  vt_json *root = vt_json_object(), *list = vt_json_array(), *others = vt_json_object();
  for (int k = 0; k < n_q; k++)
    for (int i = 0; i < n; i++) vt_json_add(list, json_arrh(names[i], &q[k], i));
  vt_json_put(root, "compositions", list);
  vt_json_put(root, "comparison", json_comparison(names, &q[0].compare));
  for (int k = 1; k < n_q; k++) vt_json_put(others, q[k].what.name, json_comparison(names, &q[k].compare));
  vt_json_put(root, "other_comparisons", others);
  return root;
}

/* Which interval is which: three of D at one temperature that are not the same. */
static vt_json *json_intervals(void)
{
  vt_json *o = vt_json_object();
  vt_json_put(
      o, "compositions.temperatures",
      vt_json_text("means over the glasses at that temperature; scatter of glasses from all compositions (T 8.8)"));
  vt_json_put(
      o, "transport",
      vt_json_text("the same means of D, and all else of the glasses together; scatter from the glasses of this "
                   "composition and theory alone, mostly wider (T 7.7)"));
  vt_json_put(
      o, "compositions.D_Tref",
      vt_json_text(
          "of the line through all temperatures (T 8.2); vitrion rank goes by line and curve together (T 8.6)"));
  return o;
}

vt_status vt__json_campaign(const vt_campaign *c, const vt_fits *f, vt_json **out, vt_err *err)
{
  const char **names;
  *out = NULL;
  VT_PASS(vt__names_of(c, &names, err));
  *out = json_fits(names, c->n_comp, f->fitted, f->n_quantities);
  vt_json_put(*out, "intervals", json_intervals());
  vt__json_groups(c, f, *out);
  vt_json_put(*out, "gates", vt__json_gates(c, f, -1, -1));
  vt_free(names);
  return VT_OK;
}

vt_status vt_report_json(vt_buf *out, const char *const *names, int n, const vt_fitted *q, int n_q, vt_err *err)
{
  return vt__json_finish(out, json_fits(names, n, q, n_q), err);
}

vt_status vt_report_campaign_json(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_json *target, vt_err *err)
{
  vt_json *root;
  const vt_status rc = vt__json_campaign(c, f, &root, err);
  if (rc != VT_OK) {
    vt_json_free(target);
    return rc;
  }
  if (target) vt_json_put(root, "target", target);
  return vt__json_finish(out, root, err);
}
