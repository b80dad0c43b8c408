/* Does a run age?  Its first third against its last (T 11). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

VT_REASONS(vt_stationary_flags, VT_STATIONARY_FLAGS);

static const double most_sigma = 3;
enum { N_THIRDS = 3, LEAST_LAGS = 3 };

static vt_trend stationary_unknown(void)
{
  const double no = (double)NAN;
  return (vt_trend){.first = no, .first_se = no, .last = no, .last_se = no, .z = no, .flag = VT_STATIONARY_UNKNOWN};
}

static void stationary_judge(vt_trend *t)
{
  t->z = (t->last - t->first) / hypot(t->first_se, t->last_se);
  t->flag = isnan(t->z) ? VT_STATIONARY_UNKNOWN : fabs(t->z) > most_sigma ? VT_STATIONARY_NO : VT_STATIONARY_YES;
}

/* ------------------------------------------------------------------ means (T 11.2) */

vt_status vt_st_series(size_t n, const double *x, double scale, vt_trend *out, vt_err *err)
{
  void *scratch;
  const size_t third = n / N_THIRDS;
  *out = stationary_unknown();
  if (third == 0) return VT_OK;
  VT_TRY(vt_calloc64(&scratch, third, sizeof(double), err), err, "trend of %zu values", n);
  out->first = scale * vt_mean(x, third);
  out->first_se = fabs(scale) * vt_blocking_se(x, third, scratch);
  out->last = scale * vt_mean(x + n - third, third);
  out->last_se = fabs(scale) * vt_blocking_se(x + n - third, third, scratch);
  vt_free(scratch);
  stationary_judge(out);
  return VT_OK;
}

/* ------------------------------------------------------------------ diffusion (T 11.1) */

/* Slope of the MSD of one third of the run over n lags, as a diffusion coefficient with its error. */
static vt_status third_slope(int n, const double *lag, const double *msd, const vt__walk *walk, double *d_cm2_s,
                             double *se, vt_err *err)
{
  const double a2_ps_to_cm2_s = 1e-4;
  vt__line line;
  for (int k = 0; k < n; k++)
    if (!isfinite(msd[k])) return VT_OK; /* a run that was cut short: stays NaN */
  VT_PASS(vt__line_fit(n, lag, msd, walk, &line, err));
  *d_cm2_s = line.slope / 6 * a2_ps_to_cm2_s;
  *se = fabs(*d_cm2_s) * line.relative_se;
  return VT_OK;
}

vt_status vt_st_diffusion(const vt_tr_input *in, const vt_tracer *tracer, const double *third_mean, vt_trend *out,
                          vt_err *err)
{
  for (int s = 0; s < in->comp->n_species; s++) {
    int first, n;
    out[s] = stationary_unknown();
    if (tracer[s].reason != VT_TR_OK) continue;
    n = vt__lags_within(in->n_lag, in->lag_ps, tracer[s].lo_ps, fmin(in->run_ps / 6, vt__longest_ps(in) / 4), &first);
    if (n < LEAST_LAGS) continue;
    const size_t at = (size_t)s * (size_t)in->n_lag + (size_t)first;
    const double *lag = in->lag_ps + first, *thirds = third_mean + N_THIRDS * (size_t)s * (size_t)in->n_lag + first;
    const vt__walk walk = {.excess_ps = vt__excess_ps(n, lag, in->msd_mean + at, in->msd_m4 + at),
                           .walkers = in->comp->count[s],
                           .run_ps = in->run_ps / N_THIRDS};
    VT_TRY(third_slope(n, lag, thirds, &walk, &out[s].first, &out[s].first_se, err), err, "first third, species %d", s);
    VT_TRY(third_slope(n, lag, thirds + (size_t)(N_THIRDS - 1) * (size_t)in->n_lag, &walk, &out[s].last,
                       &out[s].last_se, err),
           err, "last third, species %d", s);
    stationary_judge(&out[s]);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ all of it */

static vt_status series_of(const vt_arrays *a, const vt_array_name *name, double scale, vt_trend *out, vt_err *err)
{
  const vt_array_def *d;
  const double *x = vt_arrays_find(a, name, &d);
  *out = stationary_unknown();
  return x ? vt_st_series(vt_array_count(d), x, scale, out, err) : VT_OK;
}

static void count_flag(const vt_trend *t, int *n_yes, int *n_no)
{
  *n_yes += t->flag == VT_STATIONARY_YES;
  *n_no += t->flag == VT_STATIONARY_NO;
}

vt_status vt_st_from_arrays(const vt_plan *plan, const vt_array_def *defs, int n_defs, const double *values,
                            vt_stationarity *out, vt_err *err)
{
  const vt_composition *c = &plan->comp;
  const vt_arrays a = {.defs = defs, .n = n_defs, .values = values};
  vt_tr_input in = {.comp = c,
                    .run_ps = vt_obs_run_ps(plan),
                    .longest_ps = plan->protocol.produce_ps,
                    .t_k = plan->t_k,
                    .volume_a3 = (double)NAN};
  vt_stationarity st = {.n_species = c->n_species};
  vt_transport t;
  const double *third_mean;
  const vt_array_def *d;
  int n_yes = 0, n_no = 0;
  for (int s = 0; s < VT_MAX_SPECIES; s++) st.diffusion[s] = stationary_unknown();
  VT_TRY(vt__arrays_transport(&a, &in, err), err, "stationarity of '%s' at %g K", c->name, plan->t_k);
  if (in.n_lag > 0 && vt_arrays_find(&a, &vt_a_msd_third_mean, &d)) {
    VT_PASS(vt_arrays_table(&a, &vt_a_msd_third_mean, N_THIRDS * c->n_species, in.n_lag, &third_mean, err));
    VT_TRY(vt_tr_replica(&in, &t, err), err, "stationarity of '%s' at %g K", c->name, plan->t_k);
    VT_TRY(vt_st_diffusion(&in, t.tracer, third_mean, st.diffusion, err), err, "stationarity of '%s' at %g K", c->name,
           plan->t_k);
  }
  VT_PASS(series_of(&a, &vt_a_thermo_energy, 1.0 / c->n_atoms, &st.energy, err));
  VT_PASS(series_of(&a, &vt_a_thermo_temperature, 1, &st.temperature, err));
  VT_PASS(series_of(&a, &vt_a_thermo_pressure, 1, &st.pressure, err));
  for (int s = 0; s < c->n_species; s++) count_flag(&st.diffusion[s], &n_yes, &n_no);
  count_flag(&st.energy, &n_yes, &n_no);
  count_flag(&st.temperature, &n_yes, &n_no);
  count_flag(&st.pressure, &n_yes, &n_no);
  st.flag = n_no > 0 ? VT_STATIONARY_NO : n_yes > 0 ? VT_STATIONARY_YES : VT_STATIONARY_UNKNOWN;
  *out = st;
  return VT_OK;
}
