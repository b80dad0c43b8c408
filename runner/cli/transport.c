/* transport.c - the transport of one replica for people and for scripts. */
#include <math.h>

#include "runner/cli/cli.h"

static json_t *species_json(const vt_composition *comp, int s, const vt_tracer *t, json_t *top)
{
  const char *symbol = vt_element_symbol(comp->z[s]);
  json_t *o = vt_json_object();
  vt_json_put(o, "symbol", vt_json_text(symbol));
  vt_json_put(o, "charge", vt_json_int(comp->charge[s]));
  vt_json_put(o, "n", vt_json_int(comp->count[s]));
  vt_json_put(o, "D_cm2_s", vt_json_num(t->d_cm2_s));
  vt_json_put(o, "D_se_cm2_s", vt_json_num(t->se));
  double window[2] = {t->lo_ps, t->hi_ps};
  vt_json_put(o, "window_ps", t->reason == VT_TR_OK ? vt_json_nums(window, 2) : json_null());
  vt_json_put(o, "diffusive", vt_json_bool(t->reason == VT_TR_OK));
  if (t->reason == VT_TR_OK) return o;
  if (isfinite(t->needs_ns))
    vt_json_warn(top, "D of %s is not resolved: %s; a run of about %.2g ns would", symbol,
                 vt_tr_reason_text((vt_tr_reason)t->reason), t->needs_ns);
  else
    vt_json_warn(top, "D of %s is not resolved: %s", symbol, vt_tr_reason_text((vt_tr_reason)t->reason));
  return o;
}

void vt_cli_transport_json(const vt_composition *comp, const vt_transport *t, json_t *o)
{
  json_t *species = vt_json_array(), *haven = vt_json_object();
  vt_json_est(o, "temperature_K", t->temperature_k, t->temperature_se);
  vt_json_est(o, "pressure_GPa", t->pressure_gpa, t->pressure_se);
  vt_json_put(o, "volume_A3", vt_json_num(t->volume_a3));
  vt_json_put(o, "density_g_cm3", vt_json_num(t->density_g_cm3));
  vt_json_put(o, "e_pot_eV_atom", vt_json_num(t->e_pot_ev_atom));
  for (int s = 0; s < comp->n_species; s++) vt_json_add(species, species_json(comp, s, &t->tracer[s], o));
  vt_json_put(o, "species", species);
  vt_json_put(o, "sigma_mS_cm", vt_json_num(t->sigma_mS_cm));
  vt_json_put(o, "sigma_se_mS_cm", vt_json_num(t->sigma_se));
  vt_json_put(o, "sigma_ne_mS_cm", vt_json_num(t->sigma_ne_mS_cm));
  vt_json_put(o, "sigma_ne_se_mS_cm", vt_json_num(t->sigma_ne_se));
  vt_json_put(o, "sigma_ne_all_mS_cm", vt_json_num(t->sigma_ne_all_mS_cm));
  double window[2] = {t->sigma_lo_ps, t->sigma_hi_ps};
  vt_json_put(o, "sigma_window_ps", isfinite(t->sigma_mS_cm) ? vt_json_nums(window, 2) : json_null());
  vt_json_est(haven, "framework", t->haven_fw, t->haven_fw_se);
  vt_json_est(haven, "total", t->haven_total, t->haven_total_se);
  vt_json_put(o, "haven", haven);
  if (!isfinite(t->sigma_mS_cm))
    vt_json_warn(o,
                 "sigma and Haven ratios are not resolved: they need the start of the diffusive window of an alkali");
}

static void estimate(FILE *f, const char *what, double x, double se, const char *unit)
{
  if (isfinite(x))
    (void)fprintf(f, "  %-22s %.4g +- %.2g %s\n", what, x, se, unit);
  else
    (void)fprintf(f, "  %-22s not resolved\n", what);
}

void vt_cli_transport_text(const vt_composition *comp, const vt_transport *t, FILE *f)
{
  estimate(f, "temperature", t->temperature_k, t->temperature_se, "K");
  estimate(f, "pressure", t->pressure_gpa, t->pressure_se, "GPa");
  (void)fprintf(f, "  %-22s %.4g g/cm3, %.6g A3\n", "density, volume", t->density_g_cm3, t->volume_a3);
  for (int s = 0; s < comp->n_species; s++) {
    const vt_tracer *d = &t->tracer[s];
    char what[16];
    (void)snprintf(what, sizeof what, "D(%s)", vt_element_symbol(comp->z[s]));
    if (d->reason == VT_TR_OK)
      (void)fprintf(f, "  %-22s %.4g +- %.2g cm2/s, window %.3g to %.3g ps\n", what, d->d_cm2_s, d->se, d->lo_ps,
                    d->hi_ps);
    else
      (void)fprintf(f, "  %-22s not resolved: %s\n", what, vt_tr_reason_text((vt_tr_reason)d->reason));
  }
  estimate(f, "sigma (Einstein)", t->sigma_mS_cm, t->sigma_se, "mS/cm");
  estimate(f, "sigma (Nernst-Einstein)", t->sigma_ne_mS_cm, t->sigma_ne_se, "mS/cm");
  estimate(f, "Haven (framework)", t->haven_fw, t->haven_fw_se, "");
  estimate(f, "Haven (total)", t->haven_total, t->haven_total_se, "");
}
