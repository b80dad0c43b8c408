/* csv.c - summary.csv: each column is a number of summary.json. */
#include <math.h>

#include "runner/report/report_impl.h"

/* Where a column's number stands; from AT_T on at the temperature nearest the reference. */
typedef enum place {
  OF_D,       /* the fit of D_alkali       */
  OF_SIGMA_T, /* the fit of sigma_T        */
  OF_VERDICT, /* of the comparison of D_alkali */
  AT_T,       /* that temperature          */
  OF_POOL,    /* transport                 */
  OF_RATIO2,  /* tau_2 / tau_0             */
  OF_STRUCTURE,
  OF_TAU0, /* tau at metals with 0, 1, 2, 3 oxygens */
  OF_TAU1,
  OF_TAU2,
  OF_TAU3
} place;

/* `over`: key of what it is divided by; of a mean over glasses (OF_STRUCTURE, OF_TAU...) its part, the value if NULL.
 */
static const struct {
  const char *name;
  place of;
  const char *key, *over;
} column[] = {{"n_points", OF_D, "n_points", NULL},
              {"n_glasses", OF_D, "n_glasses", NULL},
              {"Ea_eV", OF_D, "Ea_eV", NULL},
              {"Ea_se_eV", OF_D, "Ea_se_eV", NULL},
              {"T_ref_K", OF_D, "T_ref_K", NULL},
              {"log10_D_Tref", OF_D, "log10_D_Tref", NULL},
              {"log10_D_Tref_se", OF_D, "log10_D_Tref_se", NULL},
              {"T_extra_K", OF_D, "extrapolated.T_K", NULL},
              {"D_extra", OF_D, "extrapolated.median", NULL},
              {"D_extra_lo95", OF_D, "extrapolated.lo95", NULL},
              {"D_extra_hi95", OF_D, "extrapolated.hi95", NULL},
              {"sigmaT_Tref_mS_K_cm", OF_SIGMA_T, "D_Tref", NULL},
              {"sigmaT_extra_mS_K_cm", OF_SIGMA_T, "extrapolated.median", NULL},
              {"sigmaT_extra_lo95", OF_SIGMA_T, "extrapolated.lo95", NULL},
              {"sigmaT_extra_hi95", OF_SIGMA_T, "extrapolated.hi95", NULL},
              {"verdict", OF_VERDICT, "verdict", NULL},
              {"D_model", OF_D, "model", NULL},
              {"sigmaT_model", OF_SIGMA_T, "model", NULL},
              {"Tg_K", OF_D, "Tg_K", NULL},
              {"D_Tref_cm2_s", OF_D, "D_Tref", NULL},
              {"sigma_extra_mS_cm", OF_SIGMA_T, "extrapolated.median", "extrapolated.T_K"},
              {"sigma_extra_lo95", OF_SIGMA_T, "extrapolated.lo95", "extrapolated.T_K"},
              {"sigma_extra_hi95", OF_SIGMA_T, "extrapolated.hi95", "extrapolated.T_K"},
              {"T_near_K", AT_T, "", NULL},
              {"Haven_framework", OF_POOL, "haven.metal.value", NULL},
              {"Haven_framework_lo95", OF_POOL, "haven.metal.lo95", NULL},
              {"Haven_framework_hi95", OF_POOL, "haven.metal.hi95", NULL},
              {"t_alkali_barycentric", OF_POOL, "transference.barycentric.value", NULL},
              {"t_alkali_barycentric_lo95", OF_POOL, "transference.barycentric.lo95", NULL},
              {"t_alkali_barycentric_hi95", OF_POOL, "transference.barycentric.hi95", NULL},
              {"tau2_over_tau0", OF_RATIO2, "value", NULL},
              {"tau2_over_tau0_lo95", OF_RATIO2, "lo95", NULL},
              {"tau2_over_tau0_hi95", OF_RATIO2, "hi95", NULL},
              {"mean_chain", OF_STRUCTURE, "chain_mean", NULL},
              {"CN_M", OF_STRUCTURE, "cn_metal", NULL},
              {"density_g_cm3", OF_STRUCTURE, "density_g_cm3", NULL},
              /* by the rule of names: those above that do not follow it stay as copies */
              {"dof", OF_D, "dof", NULL},
              {"Ea_lo95_eV", OF_D, "Ea_lo95_eV", NULL},
              {"Ea_hi95_eV", OF_D, "Ea_hi95_eV", NULL},
              {"log10_D_Tref_lo95", OF_D, "log10_D_Tref_lo95", NULL},
              {"log10_D_Tref_hi95", OF_D, "log10_D_Tref_hi95", NULL},
              {"D_Tref_lo95_cm2_s", OF_D, "D_Tref_lo95", NULL},
              {"D_Tref_hi95_cm2_s", OF_D, "D_Tref_hi95", NULL},
              {"D_extra_cm2_s", OF_D, "extrapolated.median", NULL},
              {"D_extra_lo95_cm2_s", OF_D, "extrapolated.lo95", NULL},
              {"D_extra_hi95_cm2_s", OF_D, "extrapolated.hi95", NULL},
              {"sigmaT_Tref_lo95_mS_K_cm", OF_SIGMA_T, "D_Tref_lo95", NULL},
              {"sigmaT_Tref_hi95_mS_K_cm", OF_SIGMA_T, "D_Tref_hi95", NULL},
              {"sigmaT_extra_lo95_mS_K_cm", OF_SIGMA_T, "extrapolated.lo95", NULL},
              {"sigmaT_extra_hi95_mS_K_cm", OF_SIGMA_T, "extrapolated.hi95", NULL},
              {"sigma_extra_lo95_mS_cm", OF_SIGMA_T, "extrapolated.lo95", "extrapolated.T_K"},
              {"sigma_extra_hi95_mS_cm", OF_SIGMA_T, "extrapolated.hi95", "extrapolated.T_K"},
              {"Ea_local_eV", OF_D, "vtf.Ea_local_eV", NULL},
              {"Ea_local_se_eV", OF_D, "vtf.Ea_local_se_eV", NULL},
              {"Ea_local_lo95_eV", OF_D, "vtf.Ea_local_lo95_eV", NULL},
              {"Ea_local_hi95_eV", OF_D, "vtf.Ea_local_hi95_eV", NULL},
              {"misfit", OF_D, "misfit.kind", NULL},
              {"misfit_T_K", OF_D, "misfit.T_K", NULL},
              {"misfit_decades", OF_D, "misfit.size_decades", NULL},
              {"Haven_metal", OF_POOL, "haven.metal.value", NULL},
              {"Haven_metal_se", OF_POOL, "haven.metal.se", NULL},
              {"Haven_metal_lo95", OF_POOL, "haven.metal.lo95", NULL},
              {"Haven_metal_hi95", OF_POOL, "haven.metal.hi95", NULL},
              {"t_alkali_barycentric_se", OF_POOL, "transference.barycentric.se", NULL},
              {"Haven_barycentric", OF_POOL, "haven.barycentric.value", NULL},
              {"Haven_barycentric_se", OF_POOL, "haven.barycentric.se", NULL},
              {"Haven_barycentric_lo95", OF_POOL, "haven.barycentric.lo95", NULL},
              {"Haven_barycentric_hi95", OF_POOL, "haven.barycentric.hi95", NULL},
              {"Haven_frame_free", OF_POOL, "haven.frame_free.value", NULL},
              {"Haven_frame_free_se", OF_POOL, "haven.frame_free.se", NULL},
              {"Haven_frame_free_lo95", OF_POOL, "haven.frame_free.lo95", NULL},
              {"Haven_frame_free_hi95", OF_POOL, "haven.frame_free.hi95", NULL},
              {"mean_chain_se", OF_STRUCTURE, "chain_mean", "se"},
              {"mean_chain_lo95", OF_STRUCTURE, "chain_mean", "lo95"},
              {"mean_chain_hi95", OF_STRUCTURE, "chain_mean", "hi95"},
              {"weight_chain", OF_STRUCTURE, "chain_weight", NULL},
              {"weight_chain_se", OF_STRUCTURE, "chain_weight", "se"},
              {"weight_chain_lo95", OF_STRUCTURE, "chain_weight", "lo95"},
              {"weight_chain_hi95", OF_STRUCTURE, "chain_weight", "hi95"},
              {"largest_chain", OF_STRUCTURE, "chain_largest", NULL},
              {"largest_chain_se", OF_STRUCTURE, "chain_largest", "se"},
              {"largest_chain_lo95", OF_STRUCTURE, "chain_largest", "lo95"},
              {"largest_chain_hi95", OF_STRUCTURE, "chain_largest", "hi95"},
              {"tau0_ps", OF_TAU0, "tau_continuous_ps", NULL},
              {"tau0_se_ps", OF_TAU0, "tau_continuous_ps", "se"},
              {"tau0_lo95_ps", OF_TAU0, "tau_continuous_ps", "lo95"},
              {"tau0_hi95_ps", OF_TAU0, "tau_continuous_ps", "hi95"},
              {"tau1_ps", OF_TAU1, "tau_continuous_ps", NULL},
              {"tau1_se_ps", OF_TAU1, "tau_continuous_ps", "se"},
              {"tau1_lo95_ps", OF_TAU1, "tau_continuous_ps", "lo95"},
              {"tau1_hi95_ps", OF_TAU1, "tau_continuous_ps", "hi95"},
              {"tau2_ps", OF_TAU2, "tau_continuous_ps", NULL},
              {"tau2_se_ps", OF_TAU2, "tau_continuous_ps", "se"},
              {"tau2_lo95_ps", OF_TAU2, "tau_continuous_ps", "lo95"},
              {"tau2_hi95_ps", OF_TAU2, "tau_continuous_ps", "hi95"},
              {"tau3_ps", OF_TAU3, "tau_continuous_ps", NULL},
              {"tau3_se_ps", OF_TAU3, "tau_continuous_ps", "se"},
              {"tau3_lo95_ps", OF_TAU3, "tau_continuous_ps", "lo95"},
              {"tau3_hi95_ps", OF_TAU3, "tau_continuous_ps", "hi95"}};

typedef struct source {
  const vt_fields *fields;
  const void *base;
} source;

static source source_of(place of, const vt_campaign *c, const vt_fits *f, int comp)
{
  const vt_group *g = &f->group[comp * c->n_temp + vt__nearest_temperature(c)];
  switch (of) {
  case OF_D:
    return (source){&vt_arrh_fields, &f->fitted[VT_Q_D_ALKALI].arrh[comp]};
  case OF_SIGMA_T:
    return (source){&vt_arrh_fields, &f->fitted[VT_Q_SIGMA_T].arrh[comp]};
  case OF_VERDICT:
    return (source){&vt_verdict_fields, &f->fitted[VT_Q_D_ALKALI].compare.at_t};
  case OF_POOL:
    return (source){&vt_pool_fields, &g->pool};
  case OF_RATIO2:
    return (source){&vt_mean_fields, &g->residence.ratio[2]};
  case AT_T:
  case OF_STRUCTURE:
  case OF_TAU0:
  case OF_TAU1:
  case OF_TAU2:
  case OF_TAU3:
    break;
  }
  return (source){&vt_structure_fields, NULL};
}

static void put_number(vt_buf *b, double x)
{
  if (isfinite(x))
    vt_buf_printf(b, ",%.17g", x);
  else
    vt_buf_printf(b, ",");
}

static vt_status put_column(const vt_campaign *c, const vt_fits *f, int comp, int k, vt_buf *b, vt_err *err)
{
  const int t = vt__nearest_temperature(c);
  const source s = source_of(column[k].of, c, f, comp);
  vt_field field, over;
  if (column[k].of == AT_T) {
    put_number(b, c->t_k[t]);
    return VT_OK;
  }
  if (!vt_field_find(s.fields, column[k].key, &field) ||
      (column[k].over && !s.base && !vt_field_find(&vt_mean_fields, column[k].over, &over)) ||
      (column[k].over && s.base && !vt_field_find(s.fields, column[k].over, &over)))
    VT_FAIL(err, VT_EBUG, "column '%s' of summary.csv: there is no '%s'", column[k].name, column[k].key);
  if (column[k].of >= OF_STRUCTURE) {
    const int class_o = column[k].of > OF_STRUCTURE ? (int)column[k].of - OF_TAU0 : 0;
    const vt_over_glasses m = vt_structure_mean(f, comp, t, &field, class_o);
    put_number(b, column[k].over ? vt_field_at(&over, &m, 0) : m.value);
    return VT_OK;
  }
  const char *text = vt_field_text(&field, s.base);
  const double x = vt_field_at(&field, s.base, 0);
  if (text)
    vt_buf_printf(b, ",%s", text);
  else
    put_number(b, column[k].over ? x / vt_field_at(&over, s.base, 0) : x);
  return VT_OK;
}

vt_status vt_report_csv(vt_buf *out, const vt_campaign *c, const vt_fits *f, vt_err *err)
{
  vt_buf_printf(out, "composition");
  for (int k = 0; k < VT_COUNT(column); k++) vt_buf_printf(out, ",%s", column[k].name);
  vt_buf_printf(out, "\n");
  for (int i = 0; i < c->n_comp; i++) {
    vt_buf_printf(out, "%s", c->comp[i].name);
    for (int k = 0; k < VT_COUNT(column); k++) VT_PASS(put_column(c, f, i, k, out, err));
    vt_buf_printf(out, "\n");
  }
  return vt_buf_check(out, err);
}
