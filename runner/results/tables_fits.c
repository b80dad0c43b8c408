/* tables_fits.c - /transport, /fits and /compare: one row of a field table a dataset. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

#define F(type, member, unit, doc) VT_FIELD(type, member, #member, unit, doc)
#define I(type, member, doc)       VT_FIELD_INT(type, member, #member, doc)
/* A member inside another, under a name of its own. */
#define FN VT_FIELD
#define IN VT_FIELD_INT

static const vt_field tracer_fields[] = {
    F(vt_tracer, d_cm2_s, "cm^2/s", "tracer diffusion coefficient; NaN: not resolved"),
    F(vt_tracer, se, "cm^2/s", "its standard error"),
    F(vt_tracer, lo_ps, "ps", "start of the diffusive window"),
    F(vt_tracer, hi_ps, "ps", "end of the diffusive window"),
    F(vt_tracer, exponent, "1", "d ln MSD / d ln t over the window"),
    F(vt_tracer, needs_ns, "ns", "run length that would resolve it, roughly; NaN: resolved or unknown"),
    I(vt_tracer, reason,
      "0: resolved; 1 too short, 2 caged, 3 subdiffusive, 4 no growth, 5 bad fit, 6 absent, 7 ballistic"),
    I(vt_tracer, n_lags, "lags in the fit")};

static const vt_field transport_fields[] = {
    F(vt_transport, sigma_mS_cm, "mS/cm", "total Einstein conductivity"),
    F(vt_transport, sigma_se, "mS/cm", "its standard error"),
    F(vt_transport, sigma_ne_mS_cm, "mS/cm", "Nernst-Einstein conductivity of the alkali"),
    F(vt_transport, sigma_ne_se, "mS/cm", "its standard error"),
    F(vt_transport, sigma_ne_all_mS_cm, "mS/cm", "Nernst-Einstein conductivity of all species"),
    F(vt_transport, haven_total, "1", "sigma_NE(alkali) / sigma"),
    F(vt_transport, haven_total_se, "1", "its standard error"),
    F(vt_transport, haven_fw, "1", "Haven ratio of the alkali in the framework frame"),
    F(vt_transport, haven_fw_se, "1", "its standard error"),
    F(vt_transport, sigma_lo_ps, "ps", "start of the collective window"),
    F(vt_transport, sigma_hi_ps, "ps", "end of the collective window"),
    F(vt_transport, temperature_k, "K", "mean temperature of the produce stage"),
    F(vt_transport, temperature_se, "K", "its standard error"),
    F(vt_transport, pressure_gpa, "GPa", "mean pressure of the produce stage"),
    F(vt_transport, pressure_se, "GPa", "its standard error"),
    F(vt_transport, volume_a3, "A^3", "volume of the produce stage"),
    F(vt_transport, density_g_cm3, "g/cm^3", "density"),
    F(vt_transport, e_pot_ev_atom, "eV", "mean potential energy an atom")};

static const vt_field arrh_fields[] = {I(vt_arrh, n_points, "points in the fit"),
                                       I(vt_arrh, n_glasses, "glasses in the fit"),
                                       I(vt_arrh, n_rejected, "points that were not resolved"),
                                       I(vt_arrh, dof, "degrees of freedom of the intervals"),
                                       I(vt_arrh, resolved, "1: there is a fit"),
                                       I(vt_arrh, extrapolates, "1: t_ref_k lies outside the measured temperatures"),
                                       F(vt_arrh, ea_ev, "eV", "activation energy"),
                                       F(vt_arrh, ea_se, "eV", "its standard error"),
                                       F(vt_arrh, ln_prefactor, "1", "ln of the prefactor"),
                                       F(vt_arrh, ln_prefactor_se, "1", "its standard error"),
                                       F(vt_arrh, t_ref_k, "K", "reference temperature"),
                                       F(vt_arrh, log10_ref, "1", "log10 of the value at t_ref_k"),
                                       F(vt_arrh, log10_ref_se, "1", "its standard error"),
                                       F(vt_arrh, cov_ref_ea, "eV", "covariance of log10_ref and ea_ev"),
                                       F(vt_arrh, t_extra_k, "K", "temperature of the extrapolated value"),
                                       F(vt_arrh, extra, "1", "extrapolated median, in the quantity's unit"),
                                       F(vt_arrh, extra_lo95, "1", "lower end of its 95 % log-normal band"),
                                       F(vt_arrh, extra_hi95, "1", "upper end of its 95 % log-normal band"),
                                       F(vt_arrh, log10_extra_se, "1", "standard error of its log10"),
                                       F(vt_arrh, chi2_red, "1", "reduced chi-square"),
                                       F(vt_arrh, birge, "1", "factor that scaled the errors"),
                                       F(vt_arrh, glass_sd_decades, "1", "spread between glasses at t_ref_k, decades")};

/* What is there beside the line. */
static const vt_field vtf_fields[] = {
    I(vt_arrh, model, "what the extrapolation rests on: 0 arrhenius, 1 vtf, 2 averaged"),
    F(vt_arrh, avg_extra, "1", "extrapolated median of both models by their weights, in the quantity's unit"),
    F(vt_arrh, avg_lo95, "1", "lower end of its 95 % band; 0: none"),
    F(vt_arrh, avg_hi95, "1", "upper end of its 95 % band"),
    IN(vt_arrh, vtf.reason, "vtf_reason",
       "0 fitted; 1 no line either, 2 fewer than four temperatures, 3 too few points, 4 not activated, 5 T0 at the "
       "lowest "
       "temperature"),
    IN(vt_arrh, vtf.n_temperatures, "n_temperatures", "different temperatures in the fit"),
    FN(vt_arrh, vtf.t0_k, "vtf_t0_k", "K", "VTF: T0 in ln x = ln_prefactor - B / (T - T0)"),
    FN(vt_arrh, vtf.t0_se, "vtf_t0_se", "K", "its standard error"),
    FN(vt_arrh, vtf.b_k, "vtf_b_k", "K", "VTF: B"),
    FN(vt_arrh, vtf.b_se, "vtf_b_se", "K", "its standard error"),
    FN(vt_arrh, vtf.ln_prefactor, "vtf_ln_prefactor", "1", "VTF: ln of the prefactor"),
    FN(vt_arrh, vtf.ln_prefactor_se, "vtf_ln_prefactor_se", "1", "its standard error"),
    FN(vt_arrh, vtf.chi2_red, "vtf_chi2_red", "1", "VTF: reduced chi-square"),
    FN(vt_arrh, vtf.extra, "vtf_extra", "1", "VTF: extrapolated median, in the quantity's unit"),
    FN(vt_arrh, vtf.extra_lo95, "vtf_extra_lo95", "1", "lower end of its 95 % band; 0: none"),
    FN(vt_arrh, vtf.extra_hi95, "vtf_extra_hi95", "1", "upper end of its 95 % band"),
    FN(vt_arrh, vtf.delta_aic, "delta_aic", "1", "AIC of the line minus that of VTF"),
    FN(vt_arrh, vtf.weight, "vtf_weight", "1", "Akaike weight of VTF"),
    FN(vt_arrh, tg_k, "tg_k", "K", "MD glass transition of the composition; NaN: not found"),
    I(vt_arrh, n_below_tg, "points in the fit at or below it: glasses out of equilibrium"),
    IN(vt_arrh, n_status[VT_POINT_NO_VALUE], "n_no_value", "points without a value"),
    IN(vt_arrh, n_status[VT_POINT_NOT_POSITIVE], "n_not_positive", "points with a value of zero or less"),
    IN(vt_arrh, n_status[VT_POINT_NO_ERROR], "n_no_error", "points without an error"),
    IN(vt_arrh, n_status[VT_POINT_FEW_T], "n_few_temperatures", "points of a glass with one temperature"),
    IN(vt_arrh, n_status[VT_POINT_LONE_GLASS], "n_lone_glass", "points of the only glass, which has two temperatures")};

static const vt_field tg_fields[] = {
    F(vt_tg, tg_k, "K", "glass transition on the quench: kink of V(T); NaN: not found"),
    F(vt_tg, se, "K", "its standard error"),
    F(vt_tg, alpha_liquid, "1/K", "volumetric thermal expansion above it"),
    F(vt_tg, alpha_glass, "1/K", "volumetric thermal expansion below it"),
    F(vt_tg, p, "1", "p of the F test against one line"),
    F(vt_tg, delta_aicc, "1", "AICc of one line minus that of two"),
    I(vt_tg, n_rows, "rows of the quench that were used; -1: not a glass, or no result"),
    I(vt_tg, reason, "0 found; 1 too few rows, 2 one line suffices, 3 at the edge, 4 shrinks faster below")};

static const vt_field tg_comp_fields[] = {
    F(vt_tg_summary, tg_k, "K", "median glass transition of the glasses; NaN: found in fewer than half"),
    F(vt_tg_summary, sd_k, "K", "standard deviation between glasses"),
    I(vt_tg_summary, n_glasses, "glasses with a quench"), I(vt_tg_summary, n_resolved, "glasses where it was found"),
    I(vt_tg_summary, reason,
      "0 found; 1 too few rows, 2 one line suffices, 3 at the edge, 4 shrinks faster below, 5 minority")};

static const vt_field compare_fields[] = {
    I(vt_compare, k, "compositions that took part"),
    F(vt_compare, t_ref_k, "K", "temperature of the comparison"),
    F(vt_compare, mean_decades, "1", "random-effects mean of log10 of the quantity"),
    F(vt_compare, next_lo95, "1", "95 % prediction interval of one more composition, lower end, log10; NaN for two"),
    F(vt_compare, next_hi95, "1", "95 % prediction interval of one more composition, upper end, log10; NaN for two"),
    F(vt_compare, tau, "1", "noise-corrected spread between compositions (Paule-Mandel), decades"),
    F(vt_compare, tau_lo, "1", "Q-profile 95 % interval, lower end"),
    F(vt_compare, tau_hi, "1", "Q-profile 95 % interval, upper end"),
    F(vt_compare, tau_dl, "1", "DerSimonian-Laird spread, decades"),
    F(vt_compare, range, "1", "noise-corrected range, decades"),
    F(vt_compare, range_lo, "1", "95 % interval of the range, lower end"),
    F(vt_compare, range_hi, "1", "95 % interval of the range, upper end"),
    F(vt_compare, i2, "1", "I^2 heterogeneity"),
    F(vt_compare, q, "1", "Cochran's Q"),
    F(vt_compare, q_p, "1", "its p value (never decides)"),
    F(vt_compare, tau_ea_ev, "eV", "noise-corrected spread of the activation energies"),
    F(vt_compare, tau_wide_lo, "1", "95 % interval of tau, error of the variance between glasses included, lower end"),
    F(vt_compare, tau_wide_hi, "1", "the same, upper end"),
    F(vt_compare, glass_sd_decades, "1", "spread between glasses of one composition, decades"),
    I(vt_compare, n_outlying, "outlying glasses that count with less than full weight"),
    F(vt_compare, p_common_slope, "1", "analysis of covariance between glasses: one slope"),
    F(vt_compare, p_common_level, "1", "the same: one level, given one slope"),
    F(vt_compare, p_permutation, "1", "p of the spread of levels when glasses exchange their compositions")};

#undef F
#undef I

static void column(vt_tables *t, const char *group, const vt_field *f, const void *base, size_t size, int64_t n)
{
  vt__table_column(t, group, f, &(vt__rows){base, size, n, 0});
}

/* Tracer columns [n_tasks, n_species of the campaign]. */
static void tracer_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const vt__rows rows = {f->transport, sizeof *f->transport, c->n_tasks, 0};
  for (int k = 0; k < VT_COUNT(tracer_fields); k++) {
    vt_field fd = tracer_fields[k];
    char name[64];
    (void)snprintf(name, sizeof name, "tracer_%s", fd.name);
    fd.name = name;
    fd.offset += offsetof(vt_transport, tracer);
    vt__table_species(t, c, "/transport", &fd, &rows, sizeof(vt_tracer), offsetof(vt_transport, n_species));
  }
}

static void transport_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  for (int k = 0; k < VT_COUNT(transport_fields); k++) {
    column(t, "/transport", &transport_fields[k], f->transport, sizeof *f->transport, c->n_tasks);
    if (t->rc != VT_OK) return;
    double *v = t->memory[t->n - 1];
    for (int i = 0; i < c->n_tasks; i++)
      if (f->transport[i].n_species == 0) v[i] = NAN;
  }
  double *d = vt__table_f64(t, "/transport/D_alkali", "cm^2/s", f->fitted[VT_Q_D_ALKALI].what.doc, c->n_tasks, 0);
  double *se = vt__table_f64(t, "/transport/D_alkali_se", "cm^2/s", "its standard error", c->n_tasks, 0);
  if (t->rc != VT_OK) return;
  memcpy(d, f->d_alkali, (size_t)c->n_tasks * sizeof *d);
  memcpy(se, f->d_alkali_se, (size_t)c->n_tasks * sizeof *se);
}

/* What became of every point of every fit. */
static void status_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  for (int q = 0; q < f->n_quantities; q++) {
    char path[96];
    (void)snprintf(path, sizeof path, "/transport/%s_status", f->fitted[q].what.name);
    int64_t *v = vt__table_i64(t, path,
                               "in the fit: 0 used, 1 used but below the glass transition; 2 no value, 3 not positive, "
                               "4 no error, 5 one temperature, 6 the only glass with two; -1 not a point",
                               c->n_tasks, 0);
    for (int i = 0; v && i < c->n_tasks; i++) v[i] = f->fitted[q].status[i];
  }
}

static void compare_tables(vt_tables *t, const char *group, const vt_compare *cmp, int n_comp)
{
  char path[96];
  for (int k = 0; k < VT_COUNT(compare_fields); k++) column(t, group, &compare_fields[k], cmp, sizeof *cmp, 1);
  (void)snprintf(path, sizeof path, "%.60s/verdict", group);
  char *verdict = vt__table_str(t, path, "insensitive, sensitive or undecided", 1, 16);
  (void)snprintf(path, sizeof path, "%.60s/why", group);
  char *why = vt__table_str(t, path, "what decided, or what would be needed", 1, (int)sizeof cmp->why);
  const struct {
    const char *name, *doc;
    const double *v;
  } per_comp[] = {
      {"value", "log10 of the quantity as compared: outlying glasses bounded; NaN: took no part", cmp->value},
      {"value_variance", "variance of its error, decades^2", cmp->variance},
      {"delta", "composition minus the mean, decades; NaN: took no part", cmp->delta},
      {"delta_lo90", "lower end of its 90 % interval", cmp->delta_lo90},
      {"delta_hi90", "upper end of its 90 % interval", cmp->delta_hi90}};
  for (int q = 0; q < VT_COUNT(per_comp); q++) {
    (void)snprintf(path, sizeof path, "%.60s/%.30s", group, per_comp[q].name);
    double *v = vt__table_f64(t, path, "1", per_comp[q].doc, n_comp, 0);
    if (t->rc != VT_OK) return;
    for (int i = 0; i < n_comp; i++) v[i] = NAN;
    for (int i = 0; i < cmp->k; i++) v[cmp->comp[i]] = per_comp[q].v[i];
  }
  vt__table_put(verdict, 0, 16, vt_verdict_text((vt_verdict)cmp->verdict));
  vt__table_put(why, 0, (int)sizeof cmp->why, cmp->why);
}

/* /compare/<quantity>/variance/<factor>, residual, glass, sampling: sd in decades. */
static void variance_tables(vt_tables *t, const char *group, const vt_comparison *c)
{
  const vt_var_split *v = &c->variance;
  char path[96];
  const struct {
    const char *name, *doc;
    double sd;
  } rest[] = {{"residual", "interactions of the factors and what they do not name, sd in decades", v->residual},
              {"glass", "between glasses of one composition, beyond sampling, sd in decades", v->glass},
              {"sampling", "error of the value of one glass, sd in decades", v->sampling}};
  for (int q = 0; q < v->n_factors; q++) {
    (void)snprintf(path, sizeof path, "%.40s/variance/%.40s", group, c->factor[q]);
    double *x = vt__table_f64(t, path, "1",
                              "sd of the effect of this factor, noise-corrected, decades; NaN: not resolved", 1, 0);
    if (x) x[0] = v->factor[q];
  }
  for (int q = 0; q < VT_COUNT(rest); q++) {
    (void)snprintf(path, sizeof path, "%.40s/variance/%.40s", group, rest[q].name);
    double *x = vt__table_f64(t, path, "1", rest[q].doc, 1, 0);
    if (x) x[0] = rest[q].sd;
  }
}

void vt__tables_fits(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  tracer_tables(t, c, f);
  transport_tables(t, c, f);
  status_tables(t, c, f);
  for (int k = 0; k < VT_COUNT(tg_fields); k++)
    column(t, "/transport/glass", &tg_fields[k], f->tg, sizeof *f->tg, c->n_tasks);
  for (int k = 0; k < VT_COUNT(tg_comp_fields); k++)
    column(t, "/fits/glass_transition", &tg_comp_fields[k], f->tg_comp, sizeof *f->tg_comp, c->n_comp);
  for (int q = 0; q < f->n_quantities; q++) {
    char group[96];
    (void)snprintf(group, sizeof group, "/fits/%s", f->fitted[q].what.name);
    for (int k = 0; k < VT_COUNT(arrh_fields); k++)
      column(t, group, &arrh_fields[k], f->fitted[q].arrh, sizeof(vt_arrh), c->n_comp);
    for (int k = 0; k < VT_COUNT(vtf_fields); k++)
      column(t, group, &vtf_fields[k], f->fitted[q].arrh, sizeof(vt_arrh), c->n_comp);
    (void)snprintf(group, sizeof group, "/compare/%s", f->fitted[q].what.name);
    compare_tables(t, group, &f->fitted[q].compare.at_t, c->n_comp);
    variance_tables(t, group, &f->fitted[q].compare);
    (void)snprintf(group, sizeof group, "/compare/%s/at_tg", f->fitted[q].what.name);
    compare_tables(t, group, &f->fitted[q].compare.at_tg, c->n_comp);
  }
}
