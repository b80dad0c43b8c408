/* dynamics.c - how long bonds last, how ions jump, whether a run ages: out of the arrays of one task. */
#include <math.h>
#include <string.h>

#include "runner/analysis/analysis_impl.h"

/* ------------------------------------------------------------------ non-Gaussian parameter (T 10.1) */

static void warn_of_peak(vt_analysis *a, int s)
{
  const vt_alpha2_peak *p = &a->alpha2[s];
  if (isnan(p->largest))
    vt_analysis_warn(a, "no non-Gaussian parameter of %s: it does not move, or the run is too short", vt__symbol(a, s));
  else if (isnan(p->peak_ps))
    vt_analysis_warn(a, "the non-Gaussian parameter of %s has no peak: it is largest at an end of the lags",
                     vt__symbol(a, s));
}

static vt_status non_gaussian(vt_analysis *a, vt_err *err)
{
  const double latest_ps = 0.25 * a->m->plan->protocol.produce_ps;
  const vt_array_def *d = NULL;
  const double *lag = vt__find(a, &vt_a_msd_lag_ps, &d), *mean = vt__find(a, &vt_a_msd_mean, NULL);
  const double *m4 = vt__find(a, &vt_a_msd_m4, NULL);
  const int n_lag = lag && mean && m4 ? d->dim[0] : 0;
  void *block = NULL;
  if (n_lag == 0) return VT_OK;
  VT_PASS(vt_calloc64(&block, (size_t)n_lag, sizeof(double), err));
  double *alpha2 = block;
  a->n_alpha2 = vt__comp(a)->n_species;
  for (int s = 0; s < a->n_alpha2; s++) {
    int best = -1, last = -1;
    vt_non_gaussian((size_t)n_lag, mean + (ptrdiff_t)s * n_lag, m4 + (ptrdiff_t)s * n_lag, alpha2);
    for (int k = 0; k < n_lag && lag[k] <= latest_ps; k++) {
      if (isfinite(alpha2[k])) last = k;
      if (isfinite(alpha2[k]) && (best < 0 || alpha2[k] > alpha2[best])) best = k;
    }
    a->alpha2[s] = (vt_alpha2_peak){.largest = best >= 0 ? alpha2[best] : (double)NAN,
                                    .peak_ps = best > 0 && best < last ? lag[best] : (double)NAN};
    warn_of_peak(a, s);
  }
  vt_free(block);
  return VT_OK;
}

/* ------------------------------------------------------------------ residence times (T 12) */

enum { ENDPOINT = VT_RESIDENCE_KINDS - 1 };
static const struct {
  const char *name;
  const vt_array_name *array;
} kind[VT_RESIDENCE_KINDS] = {{"continuous", &vt_a_residence_continuous},
                              {"intermittent", &vt_a_residence_intermittent},
                              {"endpoint", &vt_a_residence_endpoint}};

static const char *or_more(int oxygens) { return oxygens == VT_RESIDENCE_CLASSES - 1 ? " or more" : ""; }

/* One warning for the kinds of one row that share a reason. */
static void warn_of_row(vt_analysis *a, const vt_residence_row *w)
{
  const char *symbol = vt__symbol(a, w->species), *counted = vt_comp_counted(vt__comp(a));
  for (int reason = VT_RES_LONGER; reason <= VT_RES_ABSENT; reason++) {
    char kinds[64] = "";
    for (int q = 0; q < VT_RESIDENCE_KINDS; q++)
      if (w->time[q].reason == reason)
        (void)snprintf(kinds + strlen(kinds), sizeof kinds - strlen(kinds), "%s%s", *kinds ? ", " : "", kind[q].name);
    if (*kinds)
      vt_analysis_warn(a, "residence of %s at metals with %d%s %s (%s) is not resolved: %s", symbol, w->oxygens,
                       or_more(w->oxygens), counted, kinds, vt_res_reason_text((vt_res_reason)reason));
  }
  if (w->bonds > 0 && !(w->visits > 0))
    vt_analysis_warn(a, "residence of %s at metals with %d%s %s has no errors: no such bond formed during the run",
                     symbol, w->oxygens, or_more(w->oxygens), counted);
}

static vt_status residence_row(vt_analysis *a, int s, int oxygens, vt_err *err)
{
  const vt_array_def *d;
  const double *lag = vt__find(a, &vt_a_residence_lag_ps, &d);
  const int n_lag = d->dim[0], row = s * VT_RESIDENCE_CLASSES + oxygens;
  vt_residence_row *w = &a->residence[a->n_residence++];
  *w = (vt_residence_row){.species = s,
                          .oxygens = oxygens,
                          .bonds = vt__find(a, &vt_a_residence_bonds, NULL)[row],
                          .metals = vt__find(a, &vt_a_residence_metals, NULL)[oxygens],
                          .visits = vt__find(a, &vt_a_residence_visits, NULL)[row]};
  const double chance = w->bonds / (vt__comp(a)->count[s] * w->metals);
  for (int q = 0; q < VT_RESIDENCE_KINDS; q++) {
    vt_res_input in = {.n = n_lag,
                       .lag_ps = lag,
                       .survival = vt__find(a, kind[q].array, NULL) + (ptrdiff_t)row * n_lag,
                       .visits = w->visits,
                       .chance = q == ENDPOINT ? chance : 0}; /* the other two end for good */
    const int always = !(in.chance < 1);                      /* every ion at every metal: nowhere to go */
    if (always) in.n = 0, in.chance = 0;
    VT_PASS(vt_residence_time(&in, &w->time[q], err));
    if (always) w->time[q].reason = VT_RES_LONGER;
  }
  warn_of_row(a, w);
  return VT_OK;
}

static vt_status dynamics_residence(vt_analysis *a, vt_err *err)
{
  const vt_composition *c = vt__comp(a);
  const double *metals = vt__find(a, &vt_a_residence_metals, NULL);
  if (!metals && vt__has_metal(a)) vt_analysis_warn(a, "no residence times: they were not observed");
  for (int s = 0; s < c->n_species && metals; s++)
    for (int k = 0; k < VT_RESIDENCE_CLASSES && vt_comp_role(c, s) == VT_ROLE_MOBILE; k++)
      if (metals[k] > 0) VT_PASS(residence_row(a, s, k, err));
  return VT_OK;
}

/* ------------------------------------------------------------------ metal-anion bonds, jumps (T 6.11, T 6.12) */

/* The 1/e time of a function that decays from 1; C2 may be negative, which is far below 1/e. */
static vt_status decay(const vt_analysis *a, const vt_array_name *name, int pair, double *work, vt_residence *r,
                       vt_err *err)
{
  const vt_array_def *d;
  const double *lag = vt__find(a, &vt_a_bonds_lag_ps, &d), *c = vt__find(a, name, NULL) + (ptrdiff_t)pair * d->dim[0];
  const int n = d->dim[0];
  for (int k = 0; k < n; k++) work[k] = c[k] < 0 ? 0 : c[k];
  const vt_res_input in = {.n = n, .lag_ps = lag, .survival = work, .visits = (double)NAN};
  return vt_residence_time(&in, r, err);
}

static vt_status bond_row(vt_analysis *a, int metal, int anion, double *work, vt_err *err)
{
  const int pair = vt_pair_index(metal, anion, vt__comp(a)->n_species);
  const char *const m = vt__symbol(a, metal), *const x = vt__symbol(a, anion);
  vt_bond_row *w = &a->bond[a->n_bonds++];
  *w = (vt_bond_row){.metal = metal, .anion = anion, .per_metal = vt__find(a, &vt_a_bonds_per_metal, NULL)[pair]};
  VT_PASS(decay(a, &vt_a_bonds_c2, pair, work, &w->turn, err));
  VT_PASS(decay(a, &vt_a_bonds_continuous, pair, work, &w->life, err));
  if (isnan(w->turn.e_time_ps))
    vt_analysis_warn(a, "reorientation of %s-%s bonds is not resolved: %s", m, x,
                     w->turn.reason == VT_RES_LONGER ? "C2 has not fallen below 1/e"
                                                     : vt_res_reason_text(VT_RES_ABSENT));
  if (w->life.reason != VT_RES_OK)
    vt_analysis_warn(a, "lifetime of %s-%s bonds is not resolved: %s", m, x,
                     vt_res_reason_text((vt_res_reason)w->life.reason));
  return VT_OK;
}

static vt_status dynamics_bonds(vt_analysis *a, vt_err *err)
{
  vt_status rc = VT_OK;
  const vt_composition *c = vt__comp(a);
  const vt_array_def *d = NULL;
  void *work = NULL;
  if (!vt__find(a, &vt_a_bonds_lag_ps, &d)) {
    vt_analysis_warn(a, "no lifetimes of metal-anion bonds: they were not observed");
    return VT_OK;
  }
  VT_PASS(vt_calloc64(&work, (size_t)d->dim[0], sizeof(double), err));
  for (int i = 0; i < c->n_species && rc == VT_OK; i++)
    for (int j = i; j < c->n_species && rc == VT_OK; j++) {
      const int p = vt_comp_role(c, i), q = vt_comp_role(c, j);
      if (p == VT_ROLE_NETWORK && q & VT_ROLE_ANIONS)
        rc = bond_row(a, i, j, work, err);
      else if (q == VT_ROLE_NETWORK && p & VT_ROLE_ANIONS)
        rc = bond_row(a, j, i, work, err);
    }
  vt_free(work);
  return rc;
}

static void dynamics_jumps(vt_analysis *a)
{
  const vt_composition *c = vt__comp(a);
  const double *count = vt__find(a, &vt_a_jumps_count, NULL);
  if (!count) vt_analysis_warn(a, "no jumps: they were not observed");
  for (int s = 0; s < c->n_species && count; s++) {
    if (vt_comp_role(c, s) != VT_ROLE_MOBILE) continue;
    a->jump[a->n_jumps++] = (vt_jump_row){.species = s,
                                          .count = count[s],
                                          .rate_per_ps = vt__find(a, &vt_a_jumps_rate, NULL)[s],
                                          .back = vt__find(a, &vt_a_jumps_back, NULL)[s],
                                          .length_a = vt__find(a, &vt_a_jumps_length, NULL)[s],
                                          .settled = vt__find(a, &vt_a_jumps_settled, NULL)[s]};
    if (!(count[s] > 0) && vt__has_metal(a))
      vt_analysis_warn(a, "%s did not jump: no length and no fraction of returns", vt__symbol(a, s));
  }
}

/* ------------------------------------------------------------------ stationarity (T 11) */

static vt_status dynamics_stationarity(vt_analysis *a, vt_err *err)
{
  const vt_measured *m = a->m;
  VT_PASS(vt_st_from_arrays(m->plan, m->defs, m->n_defs, m->values, &a->stationarity, err));
  if (a->stationarity.flag == VT_STATIONARY_NO)
    vt_analysis_warn(a, "the run is not stationary: its first and last thirds differ by more than 3 standard errors");
  return VT_OK;
}

vt_status vt__dynamics_numbers(vt_analysis *a, vt_err *err)
{
  VT_PASS(non_gaussian(a, err));
  VT_PASS(dynamics_residence(a, err));
  VT_PASS(dynamics_bonds(a, err));
  dynamics_jumps(a);
  return dynamics_stationarity(a, err);
}
