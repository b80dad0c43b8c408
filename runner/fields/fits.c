/* fits.c - the members of the structs of transport, fits and comparisons. */
#include <math.h>

#include "engine/num/num.h"
#include "runner/fields/fields_impl.h"

/* ------------------------------------------------------------------ transport of a task */

/* An interval on the ln scale, by the normal distribution: the errors of T 7.2 follow from theory. */
static double ends_of_ln(double x, double se, double side)
{
  return x > 0 ? x * exp(side * vt_normal_quantile(0.975) * se / x) : (double)NAN;
}
static double d_end(const void *base, double side)
{
  const vt_tracer *t = base;
  return ends_of_ln(t->d_cm2_s, t->se, side);
}
static double d_lo95(const void *base) { return d_end(base, -1); }
static double d_hi95(const void *base) { return d_end(base, +1); }
static double ne_end(const void *base, double side)
{
  const vt_transport *t = base;
  return ends_of_ln(t->sigma_ne_mS_cm, t->sigma_ne_se, side);
}
static double ne_lo95(const void *base) { return ne_end(base, -1); }
static double ne_hi95(const void *base) { return ne_end(base, +1); }

#define R(member) VT__REAL(vt_tracer, member)
static const vt_field tracer[] = {
    {R(d_cm2_s), "d_cm2_s", "cm^2/s", "tracer diffusion coefficient; NaN: not resolved", "D_cm2_s"},
    {R(se), "d_se_cm2_s", "cm^2/s", "its standard error", "D_se_cm2_s"},
    {VT__COMPUTED(d_lo95), "d_lo95_cm2_s", "cm^2/s", "lower end of its 95 % interval", "D_lo95_cm2_s"},
    {VT__COMPUTED(d_hi95), "d_hi95_cm2_s", "cm^2/s", "upper end of it", "D_hi95_cm2_s"},
    {R(lo_ps), "window_start_ps", "ps", "start of the diffusive window"},
    {R(hi_ps), "window_end_ps", "ps", "end of the diffusive window"},
    {R(exponent), "exponent", "1", "d ln MSD / d ln t over the window"},
    {R(needs_ns), "needs_ns", "ns", "run length that would resolve it, roughly; NaN: resolved or unknown"},
    {VT__REASON(vt_tracer, reason, vt_tr_reasons), "reason", "1", ""},
    {VT__COUNT(vt_tracer, n_lags), "n_lags", "1", "lags in the fit"}};
const vt_fields vt_tracer_fields = {tracer, VT_COUNT(tracer)};
#undef R

#define R(member) VT__REAL(vt_transport, member)
#define HAVEN(member, name_, doc_, json_)                                                      \
  {R(member.value), name_, "1", doc_, json_ ".value"},                                         \
      {R(member.se), name_ "_se", "1", "its standard error", json_ ".se"},                     \
      {R(member.lo95), name_ "_lo95", "1", "lower end of its 95 % interval", json_ ".lo95"},   \
      {R(member.hi95), name_ "_hi95", "1", "upper end of it", json_ ".hi95"},                  \
  {                                                                                            \
    VT__INTERVAL(vt_transport, member.window_ps), NULL, "ps", "its window", json_ ".window_ps" \
  }
static const vt_field transport[] = {
    {R(temperature_k), "temperature_k", "K", "mean temperature of the produce stage", "temperature_K"},
    {R(temperature_se), "temperature_se_k", "K", "its standard error", "temperature_se_K",
     .json_old = "temperature_K_se"},
    {R(pressure_gpa), "pressure_gpa", "GPa", "mean pressure of the produce stage", "pressure_GPa"},
    {R(pressure_se), "pressure_se_gpa", "GPa", "its standard error", "pressure_se_GPa", .json_old = "pressure_GPa_se"},
    {R(volume_a3), "volume_a3", "A^3", "volume of the produce stage", "volume_A3"},
    {R(density_g_cm3), "density_g_cm3", "g/cm^3", "density", "density_g_cm3"},
    {R(e_pot_ev_atom), "e_pot_ev_atom", "eV/atom", "mean potential energy an atom", "e_pot_eV_atom"},
    {R(sigma_mS_cm), "sigma_mS_cm", "mS/cm", "total Einstein conductivity", "sigma_mS_cm"},
    {R(sigma_se), "sigma_se_mS_cm", "mS/cm", "its standard error", "sigma_se_mS_cm"},
    {R(sigma_ne_mS_cm), "sigma_ne_mS_cm", "mS/cm", "Nernst-Einstein conductivity of the alkali", "sigma_ne_mS_cm"},
    {R(sigma_ne_se), "sigma_ne_se_mS_cm", "mS/cm", "its standard error", "sigma_ne_se_mS_cm"},
    {VT__COMPUTED(ne_lo95), "sigma_ne_lo95_mS_cm", "mS/cm", "lower end of its 95 % interval", "sigma_ne_lo95_mS_cm"},
    {VT__COMPUTED(ne_hi95), "sigma_ne_hi95_mS_cm", "mS/cm", "upper end of it", "sigma_ne_hi95_mS_cm"},
    {R(sigma_ne_all_mS_cm), "sigma_ne_all_mS_cm", "mS/cm", "Nernst-Einstein conductivity of all species",
     "sigma_ne_all_mS_cm"},
    {R(sigma_lo95), "sigma_lo95_mS_cm", "mS/cm", "lower end of the 95 % interval of sigma", "sigma_lo95_mS_cm"},
    {R(sigma_hi95), "sigma_hi95_mS_cm", "mS/cm", "upper end of it", "sigma_hi95_mS_cm"},
    HAVEN(haven_fw, "haven_metal", "Haven ratio of the alkali in the frame of the metals", "haven.metal"),
    HAVEN(haven_bary, "haven_barycentric", "Haven ratio of the alkali, barycentric", "haven.barycentric"),
    HAVEN(haven_total, "haven_frame_free", "sigma_NE(alkali) / sigma", "haven.frame_free"),
    {R(haven_fw.value), NULL, "1", "copy of haven_metal", "haven.framework"},
    {R(haven_fw.se), NULL, "1", "copy of haven_metal_se", "haven.framework_se"},
    {R(haven_total.value), NULL, "1", "copy of haven_frame_free", "haven.total"},
    {R(haven_total.se), NULL, "1", "copy of haven_frame_free_se", "haven.total_se"},
    {R(sigma_lo_ps), "sigma_window_start_ps", "ps", "start of the early window of haven_frame_free, and so of sigma"},
    {R(sigma_hi_ps), "sigma_window_end_ps", "ps", "end of it"}};
const vt_fields vt_transport_fields = {transport, VT_COUNT(transport)};
#undef HAVEN
#undef R

/* ------------------------------------------------------------------ the fit of a composition */

static double ea_lo95(const void *base) { return vt_arrh_energy(base).lo95; }
static double ea_hi95(const void *base) { return vt_arrh_energy(base).hi95; }

/* The prefactor, x + side * t(dof) se; NaN where there is no fit, or one glass alone. */
static double prefactor_end(const vt_arrh *a, double side)
{
  if (a->dof < 1 || a->one_glass) return (double)NAN;
  return a->ln_prefactor + side * vt_t_quantile(0.975, a->dof) * a->ln_prefactor_se;
}
static double prefactor_lo95(const void *base) { return prefactor_end(base, -1); }
static double prefactor_hi95(const void *base) { return prefactor_end(base, +1); }

/* A level whose interval is wider than three decades is not resolved: what is left is its upper end. */
static double at_ref(const void *base) { return vt_arrh_at_ref(base).median; }
static double at_ref_lo95(const void *base) { return vt_arrh_at_ref(base).lo95; }
static double at_ref_hi95(const void *base) { return vt_arrh_at_ref(base).hi95; }
static double level(const void *base) { return isnan(at_ref(base)) ? (double)NAN : ((const vt_arrh *)base)->log10_ref; }
static double level_se(const void *base)
{
  return isnan(at_ref(base)) ? (double)NAN : ((const vt_arrh *)base)->log10_ref_se;
}
static double level_lo95(const void *base) { return log10(at_ref_lo95(base)); }
static double level_hi95(const void *base) { return log10(at_ref_hi95(base)); }
static double chosen(const void *base) { return vt_arrh_extrapolated(base).median; }
static double chosen_lo95(const void *base) { return vt_arrh_extrapolated(base).lo95; }
static double chosen_hi95(const void *base) { return vt_arrh_extrapolated(base).hi95; }

static double is_tested(const void *base)
{
  const vt_arrh *a = base;
  return a->resolved ? vt_arrh_is_tested(a) : (double)NAN;
}

#define R(member) VT__REAL(vt_arrh, member)
#define I(member) VT__COUNT(vt_arrh, member)
#define C(of)     VT__COMPUTED(of)
#define T_EXTRA   VT__REAL(vt_arrh, t_extra_k), NULL, "K", "temperature of the extrapolated value"
static const vt_field arrh[] = {
    {I(n_points), "n_points", "1", "points in the fit", "n_points"},
    {I(n_glasses), "n_glasses", "1", "glasses in the fit", "n_glasses"},
    {I(n_rejected), "n_rejected", "1", "points that were not resolved", "n_rejected"},
    {I(dof), "dof", "1", "degrees of freedom of the intervals", "dof"},
    {I(resolved), "resolved", "1", "1: there is a fit"},
    {I(extrapolates), "extrapolates", "1", "1: t_ref_k lies outside the temperatures that are resolved"},
    {R(ea_ev), "ea_ev", "eV", "activation energy", "Ea_eV"},
    {R(ea_se), "ea_se_ev", "eV", "its standard error", "Ea_se_eV"},
    {C(ea_lo95), "ea_lo95_ev", "eV", "lower end of its 95 % t interval", "Ea_lo95_eV"},
    {C(ea_hi95), "ea_hi95_ev", "eV", "upper end of its 95 % t interval", "Ea_hi95_eV"},
    {R(ln_prefactor), "ln_prefactor", "1", "ln of the prefactor", "ln_prefactor"},
    {R(ln_prefactor_se), "ln_prefactor_se", "1", "its standard error", "ln_prefactor_se"},
    {C(prefactor_lo95), "ln_prefactor_lo95", "1", "lower end of its 95 % t interval", "ln_prefactor_lo95"},
    {C(prefactor_hi95), "ln_prefactor_hi95", "1", "upper end of its 95 % t interval", "ln_prefactor_hi95"},
    {C(level), "log10_ref", "1",
     "log10 of the value at t_ref_k; NaN: not resolved, or beyond points that cannot test a curve", "log10_D_Tref"},
    {C(level_se), "log10_ref_se", "1", "its standard error", "log10_D_Tref_se"},
    {C(level_lo95), "log10_ref_lo95", "1", "lower end of its 95 % t interval", "log10_D_Tref_lo95"},
    {C(level_hi95), "log10_ref_hi95", "1", "upper end of its 95 % t interval", "log10_D_Tref_hi95"},
    {C(at_ref), NULL, "1", "the value at T_ref_K", "D_Tref"},
    {C(at_ref_lo95), NULL, "1", "lower end of its 95 % interval", "D_Tref_lo95"},
    {C(at_ref_hi95), NULL, "1", "upper end of its 95 % interval", "D_Tref_hi95"},
    {R(cov_ref_ea), "cov_ref_ea", "eV decades", "covariance of log10_ref and ea_ev"},
    {R(t_ref_k), "t_ref_k", "K", "reference temperature", "T_ref_K"},
    {T_EXTRA, "extrapolated.T_K"},
    {C(chosen), "extra", "",
     "extrapolated median of `model`; NaN: its band is wider than three decades, or its points cannot tell",
     "extrapolated.median"},
    {C(chosen_lo95), "extra_lo95", "", "lower end of its 95 % band", "extrapolated.lo95"},
    {C(chosen_hi95), "extra_hi95", "", "upper end of its 95 % band; without a median: less than this (97.5 %)",
     "extrapolated.hi95"},
    {R(log10_extra_se), "log10_extra_se", "decades", "line alone: standard error of log10 of the extrapolated value"},
    {R(chi2_red), "chi2_red", "1", "reduced chi-square", "chi2_red"},
    {R(birge), "birge", "1", "factor that scaled the errors"},
    {R(glass_sd_decades), "glass_sd_decades", "decades", "spread between glasses at t_ref_k"},
    {VT__REASON(vt_arrh, model, vt_models), "model", "1", "what the extrapolation rests on", "model"},
    {R(t_extra_k), "t_extra_k", "K", "temperature of the extrapolated value", "arrhenius_extrapolated.T_K"},
    {R(extra), "line_extra", "", "line alone: extrapolated median", "arrhenius_extrapolated.median"},
    {R(extra_lo95), "line_extra_lo95", "", "lower end of its 95 % band", "arrhenius_extrapolated.lo95"},
    {R(extra_hi95), "line_extra_hi95", "", "upper end of its 95 % band", "arrhenius_extrapolated.hi95"},
    {T_EXTRA, "averaged_extrapolated.T_K"},
    {R(avg_extra), "avg_extra", "", "extrapolated median of both models by their weights",
     "averaged_extrapolated.median"},
    {R(avg_lo95), "avg_extra_lo95", "", "lower end of its 95 % band", "averaged_extrapolated.lo95"},
    {R(avg_hi95), "avg_extra_hi95", "", "upper end of its 95 % band", "averaged_extrapolated.hi95"},
    {VT__REASON(vt_arrh, vtf.reason, vt_vtf_reasons), "vtf_reason", "1", ""},
    {I(vtf.n_temperatures), "n_temperatures", "1", "different temperatures in the fit", "n_temperatures"},
    {R(t_min_k), "t_min_k", "K", "lowest temperature in the fit", "T_min_K"},
    {R(t_max_k), "t_max_k", "K", "highest temperature in the fit", "T_max_K"},
    {C(is_tested), "curve_tested", "1",
     "0: two temperatures, or one glass of three, cannot test a curve: beyond them it counts as before the points",
     "curve_tested"},
    {R(vtf.t0_k), "vtf_t0_k", "K", "VTF: T0 in ln x = ln_prefactor - B / (T - T0)", "vtf.T0_K"},
    {R(vtf.t0_se), "vtf_t0_se_k", "K", "its standard error", "vtf.T0_se_K"},
    {R(vtf.t0_max_k), "vtf_t0_max_k", "K", "upper end of the prior of T0", "vtf.T0_max_K"},
    {R(vtf.ea_local_ev), "vtf_ea_local_ev", "eV", "VTF: local activation energy at t_ref_k, kB B (T / (T - T0))^2",
     "vtf.Ea_local_eV"},
    {R(vtf.ea_local_se), "vtf_ea_local_se_ev", "eV", "its standard error", "vtf.Ea_local_se_eV"},
    {R(vtf.ea_local_lo95), "vtf_ea_local_lo95_ev", "eV", "lower end of its 95 % interval", "vtf.Ea_local_lo95_eV"},
    {R(vtf.ea_local_hi95), "vtf_ea_local_hi95_ev", "eV", "upper end of its 95 % interval", "vtf.Ea_local_hi95_eV"},
    {R(vtf.b_k), "vtf_b_k", "K", "VTF: B", "vtf.B_K"},
    {R(vtf.b_se), "vtf_b_se_k", "K", "its standard error", "vtf.B_se_K"},
    {R(vtf.ln_prefactor), "vtf_ln_prefactor", "1", "VTF: ln of the prefactor", "vtf.ln_prefactor"},
    {R(vtf.ln_prefactor_se), "vtf_ln_prefactor_se", "1", "its standard error", "vtf.ln_prefactor_se"},
    {R(vtf.chi2_red), "vtf_chi2_red", "1", "VTF: reduced chi-square", "vtf.chi2_red"},
    {R(vtf.delta_aic), "delta_aic", "1", "AIC of the line minus that of VTF", "vtf.delta_AIC"},
    {R(vtf.weight), "vtf_weight", "1", "posterior probability of a curve, T0 > 0", "vtf.weight"},
    {T_EXTRA, "vtf.extrapolated.T_K"},
    {R(vtf.extra), "vtf_extra", "", "VTF: extrapolated median", "vtf.extrapolated.median"},
    {R(vtf.extra_lo95), "vtf_extra_lo95", "", "lower end of its 95 % band", "vtf.extrapolated.lo95"},
    {R(vtf.extra_hi95), "vtf_extra_hi95", "", "upper end of its 95 % band", "vtf.extrapolated.hi95"},
    {I(one_glass), "one_glass", "1", "1: one glass, and no other composition has two: no interval for the composition"},
    {VT__REASON(vt_arrh, misfit.kind, vt_misfits), "misfit", "1", "what all glasses do that no line or curve does",
     "misfit.kind"},
    {I(misfit.refused), "misfit_refused", "1", "1: it is 0.3 decades or more, a jump 0.1, and there is no fit",
     "misfit.refused"},
    {R(misfit.p), "misfit_p", "1", "chance of a misfit this large", "misfit.p"},
    {R(misfit.chi2_red), "misfit_chi2_red", "1", "reduced chi-square of all glasses together, by temperature",
     "misfit.chi2_red"},
    {R(misfit.t_k), "misfit_t_k", "K", "temperature of the misfit; of a jump: before it", "misfit.T_K"},
    {R(misfit.next_k), "misfit_next_t_k", "K", "temperature after a jump", "misfit.next_T_K"},
    {R(misfit.size_decades), "misfit_decades", "decades", "its size", "misfit.size_decades"},
    {R(tg_k), "tg_k", "K", "MD glass transition of the composition; NaN: not found", "Tg_K"},
    {I(n_below_tg), "n_below_tg", "1", "points in the fit at or below it: glasses out of equilibrium", "n_below_Tg"},
    {I(n_status[VT_POINT_NO_VALUE]), "n_no_value", "1", "points without a value"},
    {I(n_status[VT_POINT_NOT_POSITIVE]), "n_not_positive", "1", "points with a value of zero or less"},
    {I(n_status[VT_POINT_NO_ERROR]), "n_no_error", "1", "points without an error"},
    {I(n_status[VT_POINT_FEW_T]), "n_few_temperatures", "1", "points of a glass with one temperature"},
    {I(n_status[VT_POINT_LONE_GLASS]), "n_lone_glass", "1", "points of the only glass, which has two temperatures"}};
const vt_fields vt_arrh_fields = {arrh, VT_COUNT(arrh)};
#undef R
#undef I
#undef C
#undef T_EXTRA

/* ------------------------------------------------------------------ values by temperature */

#define R(member) VT__REAL(vt_at_t, member)
static const vt_field at_t[] = {
    {R(t_k), NULL, "K", "temperature", "T_K"},
    {VT__COUNT(vt_at_t, n_glasses), "n_glasses", "1", "glasses with a value", "n_glasses"},
    {VT__COUNT(vt_at_t, dof), "dof", "1", "degrees of freedom of the interval; 0: one glass, no interval", "dof"},
    {R(value), "value", "", "mean over glasses; NaN: not resolved", "value"},
    {R(se), "se", "", "its standard error", "se"},
    {R(lo95), "lo95", "", "lower end of its 95 % t interval", "lo95"},
    {R(hi95), "hi95", "", "upper end of its 95 % t interval", "hi95"}};
const vt_fields vt_at_t_fields = {at_t, VT_COUNT(at_t)};
#undef R

/* ------------------------------------------------------------------ glass transitions */

#define R(member) VT__REAL(vt_tg, member)
static const vt_field tg[] = {
    {R(tg_k), "tg_k", "K", "glass transition on the quench: kink of V(T); NaN: not found"},
    {R(se), "tg_se_k", "K", "its standard error"},
    {R(alpha_liquid), "alpha_liquid", "1/K", "volumetric thermal expansion above it"},
    {R(alpha_glass), "alpha_glass", "1/K", "volumetric thermal expansion below it"},
    {R(p), "p", "1", "p of the F test against one line"},
    {R(delta_aicc), "delta_aicc", "1", "AICc of one line minus that of two"},
    {VT__COUNT(vt_tg, n_rows), "n_rows", "1", "rows of the quench that were used; -1: not a glass, or no result"},
    {VT__REASON(vt_tg, reason, vt_tg_reasons), "reason", "1", ""}};
const vt_fields vt_tg_fields = {tg, VT_COUNT(tg)};
#undef R

static const vt_field tg_summary[] = {
    {VT__REAL(vt_tg_summary, tg_k), "tg_k", "K",
     "median glass transition of the glasses; NaN: found in fewer than half"},
    {VT__REAL(vt_tg_summary, sd_k), "sd_k", "K", "standard deviation between glasses"},
    {VT__COUNT(vt_tg_summary, n_glasses), "n_glasses", "1", "glasses with a quench"},
    {VT__COUNT(vt_tg_summary, n_resolved), "n_resolved", "1", "glasses where it was found"},
    {VT__REASON(vt_tg_summary, reason, vt_tg_reasons), "reason", "1", ""}};
const vt_fields vt_tg_summary_fields = {tg_summary, VT_COUNT(tg_summary)};

/* ------------------------------------------------------------------ the comparison */

#define R(member) VT__REAL(vt_compare, member)
#define BOTH(lo, key)                                                                  \
  {                                                                                    \
    R(lo), NULL, "1", "both ends of the interval", key, .n = 2, .step = sizeof(double) \
  }
static const vt_field compare[] = {
    {R(t_ref_k), "t_ref_k", "K", "temperature of the comparison", "T_ref_K"},
    {VT__COUNT(vt_compare, k), "k", "1", "compositions that took part", "n_compositions"},
    {R(mean_decades), "mean_decades", "decades", "random-effects mean of log10 of the quantity", "mean_decades"},
    {R(dof), "dof", "1", "degrees of freedom of contrasts and ratios; 0: one glass each, no interval", "dof"},
    {R(next_lo95), "next_lo95", "decades",
     "95 % prediction interval of one more composition, lower end, log10; NaN for two",
     "next_composition_lo95_decades"},
    {R(next_hi95), "next_hi95", "decades",
     "95 % prediction interval of one more composition, upper end, log10; NaN for two",
     "next_composition_hi95_decades"},
    BOTH(next_lo95, "next_composition_ci95"),
    {R(tau), "tau", "decades", "noise-corrected spread between compositions (Paule-Mandel)", "tau_decades"},
    {R(tau_lo), "tau_lo95", "decades", "Q-profile 95 % interval, lower end", "tau_lo95_decades"},
    {R(tau_hi), "tau_hi95", "decades", "Q-profile 95 % interval, upper end", "tau_hi95_decades"},
    BOTH(tau_lo, "tau_ci95"),
    {R(tau_wide_lo), "tau_wide_lo95", "decades",
     "95 % interval of tau, error of the variance between glasses included, lower end", "tau_wide_lo95_decades"},
    {R(tau_wide_hi), "tau_wide_hi95", "decades", "the same, upper end", "tau_wide_hi95_decades"},
    BOTH(tau_wide_lo, "tau_wide_ci95"),
    {R(tau_dl), "tau_dl", "decades", "DerSimonian-Laird spread", "tau_dl_decades"},
    {R(range), "range", "decades", "noise-corrected range", "range_decades"},
    {R(range_lo), "range_lo95", "decades", "95 % interval of the range, lower end", "range_lo95_decades"},
    {R(range_hi), "range_hi95", "decades", "95 % interval of the range, upper end", "range_hi95_decades"},
    BOTH(range_lo, "range_ci95"),
    {R(i2), "i2", "1", "I^2 heterogeneity", "I2"},
    {R(q), "q", "1", "Cochran's Q", "Q"},
    {R(q_p), "q_p", "1", "its p value (never decides)"},
    {R(p_common_slope), "p_common_slope", "1", "analysis of covariance between glasses: one slope", "p_common_slope"},
    {R(p_common_level), "p_common_level", "1", "the same: one level, given one slope", "p_common_level"},
    {R(p_permutation), "p_permutation", "1", "p of the spread of levels when glasses exchange their compositions",
     "p_permutation"},
    {R(tau_ea_ev), "tau_ea_ev", "eV", "noise-corrected spread of the activation energies", "tau_Ea_eV"},
    {R(glass_sd_decades), "glass_sd_decades", "decades", "spread between glasses of one composition",
     "glass_sd_decades"},
    {VT__COUNT(vt_compare, n_outlying), "n_outlying", "1", "outlying glasses that count with less than full weight"}};
const vt_fields vt_compare_fields = {compare, VT_COUNT(compare)};
static const vt_field verdict[] = {
    {VT__WORD(vt_compare, verdict, vt_verdicts), "verdict", "1", "insensitive, sensitive or undecided", "verdict"},
    {VT__TEXT(vt_compare, why), "why", "1", "what decided, or what would be needed", "why"}};
const vt_fields vt_verdict_fields = {verdict, VT_COUNT(verdict)};
#undef R
#undef BOTH

#define R(member) .step = sizeof(double), VT__REAL(vt_compare, member)
static const vt_field compared[] = {
    {R(value), "value", "1", "log10 of the quantity as compared: outlying glasses bounded; NaN: took no part"},
    {R(variance), "value_variance", "decades^2", "variance of its error"},
    {R(delta), "delta", "decades", "composition minus the mean; NaN: took no part", "delta_decades"},
    {R(delta_lo90), "delta_lo90", "decades", "lower end of its 90 % interval", "delta_lo90_decades"},
    {R(delta_hi90), "delta_hi90", "decades", "upper end of its 90 % interval", "delta_hi90_decades"}};
const vt_fields vt_compared_fields = {compared, VT_COUNT(compared)};
#undef R

#define R(member) VT__REAL(vt_var_split, member)
static const vt_field var_split[] = {
    {R(residual), "residual", "decades", "interactions of the factors and what they do not name, standard deviation",
     "residual"},
    {R(glass), "glass", "decades", "between glasses of one composition, beyond sampling, standard deviation", "glass"},
    {R(sampling), "sampling", "decades", "error of the value of one glass, standard deviation", "sampling"}};
const vt_fields vt_var_split_fields = {var_split, VT_COUNT(var_split)};
#undef R
