/* Transport straight from the arrays of a task. */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

const double *vt_arrays_find(const vt_arrays *a, const vt_array_name *name, const vt_array_def **def)
{
  return vt_array_find(a->defs, a->n, a->values, name, def);
}

vt_status vt_arrays_table(const vt_arrays *a, const vt_array_name *name, int rows, int n_lag, const double **out,
                          vt_err *err)
{
  const vt_array_def *d;
  *out = vt_arrays_find(a, name, &d);
  if (!*out) VT_FAIL(err, VT_EINVAL, "there are lags, but no array %s", name->path);
  size_t want = (size_t)(rows ? rows : 1) * (size_t)n_lag;
  if (vt_array_count(d) != want)
    VT_FAIL(err, VT_EINVAL, "array %s holds %zu values, expected %zu", name->path, vt_array_count(d), want);
  return VT_OK;
}

vt_status vt__arrays_transport(const vt_arrays *a, vt_tr_input *in, vt_err *err)
{
  const vt_array_def *d;
  int n = in->comp->n_species;
  in->lag_ps = vt_arrays_find(a, &vt_a_msd_lag_ps, &d);
  if (in->lag_ps) {
    in->n_lag = d->dim[0];
    VT_PASS(vt_arrays_table(a, &vt_a_msd_mean, n, in->n_lag, &in->msd_mean, err));
    VT_PASS(vt_arrays_table(a, &vt_a_msd_m4, n, in->n_lag, &in->msd_m4, err));
    VT_PASS(vt_arrays_table(a, &vt_a_msd_origins, 0, in->n_lag, &in->msd_origins, err));
  }
  in->clag_ps = vt_arrays_find(a, &vt_a_charge_lag_ps, &d);
  if (in->clag_ps) {
    in->n_clag = d->dim[0];
    VT_PASS(vt_arrays_table(a, &vt_a_charge_corr, n * (n + 1) / 2, in->n_clag, &in->charge_corr, err));
    VT_PASS(vt_arrays_table(a, &vt_a_charge_origins, 0, in->n_clag, &in->charge_origins, err));
  }
  return VT_OK;
}

/* Mean and blocking error of a series; NaN if it is not there. se may be NULL. */
static vt_status average(const vt_arrays *a, const vt_array_name *name, double *mean, double *se, vt_err *err)
{
  const vt_array_def *d;
  const double *x = vt_arrays_find(a, name, &d);
  *mean = (double)NAN;
  if (se) *se = (double)NAN;
  if (!x) return VT_OK;
  void *scratch;
  size_t n = vt_array_count(d);
  *mean = vt_mean(x, n);
  if (!se) return VT_OK;
  VT_TRY(vt_calloc64(&scratch, n, sizeof(double), err), err, "average of %s", name->path);
  *se = vt_blocking_se(x, n, scratch);
  vt_free(scratch);
  return VT_OK;
}

vt_status vt_tr_input_from_arrays(const vt_plan *plan, const vt_array_def *defs, int n_defs, const double *values,
                                  vt_tr_input *in, vt_err *err)
{
  const vt_arrays a = {.defs = defs, .n = n_defs, .values = values};
  *in = (vt_tr_input){.comp = &plan->comp,
                      .run_ps = vt_obs_run_ps(plan),
                      .longest_ps = plan->protocol.produce_ps,
                      .t_k = plan->t_k,
                      .frame = VT_TR_FRAMEWORK};
  VT_TRY(vt__arrays_transport(&a, in, err), err, "transport of '%s' at %g K", plan->comp.name, plan->t_k);
  return average(&a, &vt_a_thermo_volume, &in->volume_a3, NULL, err);
}

vt_status vt_tr_from_arrays(const vt_plan *plan, int frame, const vt_array_def *defs, int n_defs, const double *values,
                            vt_transport *out, vt_err *err)
{
  const vt_composition *c = &plan->comp;
  const vt_arrays a = {.defs = defs, .n = n_defs, .values = values};
  vt_tr_input in;
  vt_transport t;
  double energy, mass = 0;
  VT_PASS(vt_tr_input_from_arrays(plan, defs, n_defs, values, &in, err));
  in.frame = frame;
  VT_TRY(vt_tr_replica(&in, &t, err), err, "transport of '%s' at %g K", c->name, plan->t_k);
  VT_PASS(average(&a, &vt_a_thermo_temperature, &t.temperature_k, &t.temperature_se, err));
  VT_PASS(average(&a, &vt_a_thermo_pressure, &t.pressure_gpa, &t.pressure_se, err));
  VT_PASS(average(&a, &vt_a_thermo_energy, &energy, NULL, err));
  for (int s = 0; s < c->n_species; s++) mass += c->count[s] * vt_element_mass(c->z[s]);
  t.density_g_cm3 = vt_unit_g_cm3(mass, in.volume_a3);
  t.e_pot_ev_atom = energy / c->n_atoms;
  *out = t;
  return VT_OK;
}
