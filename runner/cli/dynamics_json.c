/* dynamics_json.c - how long bonds last, how ions jump, whether a run ages: out of the arrays of one task. */
#include <math.h>
#include <string.h>

#include "runner/cli/analysis.h"
#include "runner/cli/cli.h"

static const double *find(const vt_measured *m, const vt_array_name *name, const vt_array_def **d)
{
  return vt_array_find(m->defs, m->n_defs, m->values, name, d);
}

static const char *symbol_of(const vt_measured *m, int species) { return vt_element_symbol(m->plan->comp.z[species]); }

static int n_of_role(const vt_composition *c, char role)
{
  int n = 0;
  for (int s = 0; s < c->n_species; s++) n += vt_element_role(c->z[s]) == role ? c->count[s] : 0;
  return n;
}

/* ------------------------------------------------------------------ non-Gaussian parameter (T 10.1) */

/* Lags up to a quarter of the run: behind that a single window decides.  A largest value at an end of them is no peak.
 */
static vt_status non_gaussian_json(const vt_measured *m, json_t *top, vt_err *err)
{
  const double latest = 0.25 * m->plan->protocol.produce_ps;
  const vt_array_def *d = NULL;
  const double *lag = find(m, &vt_a_msd_lag_ps, &d), *mean = find(m, &vt_a_msd_mean, NULL),
               *m4 = find(m, &vt_a_msd_m4, NULL);
  const int n_lag = lag && mean && m4 ? d->dim[0] : 0;
  json_t *list = vt_json_array();
  void *block = NULL;
  vt_json_put(top, "non_gaussian", list);
  VT_PASS(vt_calloc64(&block, (size_t)n_lag + 1, sizeof(double), err));
  double *alpha2 = block;
  for (int s = 0; s < m->plan->comp.n_species && n_lag > 0; s++) {
    int best = -1, last = -1;
    vt_non_gaussian((size_t)n_lag, mean + (ptrdiff_t)s * n_lag, m4 + (ptrdiff_t)s * n_lag, alpha2);
    for (int k = 0; k < n_lag && lag[k] <= latest; k++) {
      if (isfinite(alpha2[k])) last = k;
      if (isfinite(alpha2[k]) && (best < 0 || alpha2[k] > alpha2[best])) best = k;
    }
    json_t *o = vt_json_object();
    vt_json_put(o, "species", vt_json_text(symbol_of(m, s)));
    vt_json_put(o, "alpha2_max", vt_json_num(best >= 0 ? alpha2[best] : (double)NAN));
    vt_json_put(o, "alpha2_peak_ps", vt_json_num(best > 0 && best < last ? lag[best] : (double)NAN));
    vt_json_add(list, o);
    if (best < 0)
      vt_json_warn(top, "no non-Gaussian parameter of %s: it does not move, or the run is too short", symbol_of(m, s));
    else if (best == 0 || best == last)
      vt_json_warn(top, "the non-Gaussian parameter of %s has no peak: it is largest at an end of the lags",
                   symbol_of(m, s));
  }
  vt_free(block);
  return VT_OK;
}

/* ------------------------------------------------------------------ residence times (T 12) */

enum { ENDPOINT = 2, N_KIND = 3, N_CLASS = 5 };
static const char *const kind_name[N_KIND] = {"continuous", "intermittent", "endpoint"};
static const vt_array_name *const kind_array[N_KIND] = {&vt_a_residence_continuous, &vt_a_residence_intermittent,
                                                        &vt_a_residence_endpoint};

static void put_time(json_t *o, const char *what, const vt_residence *r)
{
  char key[64];
  (void)snprintf(key, sizeof key, "tau_%s_ps", what);
  vt_json_put(o, key, vt_json_num(r->tau_ps));
  (void)snprintf(key, sizeof key, "tau_%s_se_ps", what);
  vt_json_put(o, key, vt_json_num(r->se));
  (void)snprintf(key, sizeof key, "tau_%s_longer_than_ps", what);
  vt_json_put(o, key, vt_json_num(r->longer_than_ps));
}

static const char *or_more(int k) { return k == N_CLASS - 1 ? " or more" : ""; }

/* One warning for the kinds of one row that share a reason. */
static void warn_row(json_t *top, const char *symbol, int k, const vt_residence r[N_KIND])
{
  for (int reason = VT_RES_LONGER; reason <= VT_RES_ABSENT; reason++) {
    char kinds[64] = "";
    for (int q = 0; q < N_KIND; q++)
      if (r[q].reason == reason)
        (void)snprintf(kinds + strlen(kinds), sizeof kinds - strlen(kinds), "%s%s", *kinds ? ", " : "", kind_name[q]);
    if (*kinds)
      vt_json_warn(top, "residence of %s at metals with %d%s O (%s) is not resolved: %s", symbol, k, or_more(k), kinds,
                   vt_res_reason_text((vt_res_reason)reason));
  }
}

/* A row of the table: an alkali species and the number of oxygens of the metal. */
static vt_status residence_row(const vt_measured *m, int s, int k, json_t *list, json_t *top, vt_err *err)
{
  const vt_array_def *d;
  const double *lag = find(m, &vt_a_residence_lag_ps, &d), *bonds = find(m, &vt_a_residence_bonds, NULL);
  const double *metals = find(m, &vt_a_residence_metals, NULL), *visits = find(m, &vt_a_residence_visits, NULL);
  const int n_lag = d->dim[0], row = s * N_CLASS + k;
  const double chance = bonds[row] / (m->plan->comp.count[s] * metals[k]);
  vt_residence r[N_KIND];
  json_t *o = vt_json_object();
  vt_json_add(list, o);
  vt_json_put(o, "alkali", vt_json_text(symbol_of(m, s)));
  vt_json_put(o, "o_count", vt_json_int(k));
  vt_json_put(o, "bonds", vt_json_num(bonds[row]));
  vt_json_put(o, "metals", vt_json_num(metals[k]));
  vt_json_put(o, "visits", vt_json_num(visits[row]));
  for (int q = 0; q < N_KIND; q++) {
    vt_res_input in = {.n = n_lag,
                       .lag_ps = lag,
                       .survival = find(m, kind_array[q], NULL) + (ptrdiff_t)row * n_lag,
                       .visits = visits[row],
                       .chance = q == ENDPOINT ? chance : 0}; /* the other two end for good */
    const int always = !(in.chance < 1);                      /* every ion at every metal: nowhere to go */
    if (always) in.n = 0, in.chance = 0;
    VT_PASS(vt_residence_time(&in, &r[q], err));
    if (always) r[q].reason = VT_RES_LONGER;
    put_time(o, kind_name[q], &r[q]);
  }
  warn_row(top, symbol_of(m, s), k, r);
  if (bonds[row] > 0 && !(visits[row] > 0))
    vt_json_warn(top, "residence of %s at metals with %d%s O has no errors: no such bond formed during the run",
                 symbol_of(m, s), k, or_more(k));
  return VT_OK;
}

static vt_status residence_json(const vt_measured *m, json_t *top, vt_err *err)
{
  const vt_composition *c = &m->plan->comp;
  const double *metals = find(m, &vt_a_residence_metals, NULL);
  json_t *list = vt_json_array();
  vt_json_put(top, "residence", list);
  if (!metals && n_of_role(c, 'M') > 0) vt_json_warn(top, "no residence times: they were not observed");
  for (int s = 0; s < c->n_species && metals; s++)
    for (int k = 0; k < N_CLASS && vt_element_role(c->z[s]) == 'A'; k++)
      if (metals[k] > 0) VT_PASS(residence_row(m, s, k, list, top, err));
  return VT_OK;
}

/* ------------------------------------------------------------------ metal-anion bonds, jumps (T 6.11, T 6.12) */

/* The 1/e time of a function that decays from 1; P2 may be negative, which is far below 1/e. */
static vt_status decay(const vt_measured *m, const vt_array_name *name, int pair, double *work, vt_residence *r,
                       vt_err *err)
{
  const vt_array_def *d;
  const double *lag = find(m, &vt_a_bonds_lag_ps, &d), *c = find(m, name, NULL) + (ptrdiff_t)pair * d->dim[0];
  const int n = d->dim[0];
  for (int k = 0; k < n; k++) work[k] = c[k] < 0 ? 0 : c[k];
  const vt_res_input in = {.n = n, .lag_ps = lag, .survival = work, .visits = (double)NAN};
  return vt_residence_time(&in, r, err);
}

static vt_status bond_row(const vt_measured *m, int i, int j, double *work, json_t *list, json_t *top, vt_err *err)
{
  const vt_composition *c = &m->plan->comp;
  const int pair = vt_pair_index(i, j, c->n_species), metal = vt_element_role(c->z[i]) == 'M' ? i : j;
  const int anion = metal == i ? j : i;
  const char *const a = symbol_of(m, metal), *const b = symbol_of(m, anion);
  vt_residence c2, life;
  VT_PASS(decay(m, &vt_a_bonds_c2, pair, work, &c2, err));
  VT_PASS(decay(m, &vt_a_bonds_continuous, pair, work, &life, err));
  json_t *o = vt_json_object();
  vt_json_add(list, o);
  vt_json_put(o, "pair", vt_cli_pair_json(c, metal, anion));
  vt_json_put(o, "per_metal", vt_json_num(find(m, &vt_a_bonds_per_metal, NULL)[pair]));
  vt_json_put(o, "c2_e_time_ps", vt_json_num(c2.e_time_ps));
  vt_json_put(o, "c2_longer_than_ps", vt_json_num(isnan(c2.e_time_ps) ? c2.longer_than_ps : (double)NAN));
  vt_json_put(o, "lifetime_ps", vt_json_num(life.tau_ps));
  vt_json_put(o, "lifetime_longer_than_ps", vt_json_num(life.longer_than_ps));
  if (isnan(c2.e_time_ps))
    vt_json_warn(top, "reorientation of %s-%s bonds is not resolved: %s", a, b,
                 c2.reason == VT_RES_LONGER ? "C2 has not fallen below 1/e" : vt_res_reason_text(VT_RES_ABSENT));
  if (life.reason != VT_RES_OK)
    vt_json_warn(top, "lifetime of %s-%s bonds is not resolved: %s", a, b,
                 vt_res_reason_text((vt_res_reason)life.reason));
  return VT_OK;
}

static vt_status bonds_json(const vt_measured *m, json_t *top, vt_err *err)
{
  vt_status rc = VT_OK;
  const vt_composition *c = &m->plan->comp;
  const vt_array_def *d = NULL;
  json_t *list = vt_json_array();
  void *work = NULL;
  vt_json_put(top, "bonds", list);
  if (!find(m, &vt_a_bonds_lag_ps, &d)) {
    vt_json_warn(top, "no lifetimes of metal-anion bonds: they were not observed");
    return VT_OK;
  }
  VT_PASS(vt_calloc64(&work, (size_t)d->dim[0], sizeof(double), err));
  for (int i = 0; i < c->n_species && rc == VT_OK; i++)
    for (int j = i; j < c->n_species && rc == VT_OK; j++) {
      const char p = vt_element_role(c->z[i]), q = vt_element_role(c->z[j]);
      if ((p == 'M' && strchr("XO", q)) || (q == 'M' && strchr("XO", p))) rc = bond_row(m, i, j, work, list, top, err);
    }
  vt_free(work);
  return rc;
}

static void jumps_json(const vt_measured *m, json_t *top)
{
  const vt_composition *c = &m->plan->comp;
  static const struct {
    const vt_array_name *array;
    const char *key;
  } column[] = {{&vt_a_jumps_count, "count"},
                {&vt_a_jumps_rate, "rate_per_ps"},
                {&vt_a_jumps_back, "back"},
                {&vt_a_jumps_length, "length_A"},
                {&vt_a_jumps_settled, "settled"}};
  json_t *list = vt_json_array();
  const double *count = find(m, &vt_a_jumps_count, NULL);
  vt_json_put(top, "jumps", list);
  if (!count) vt_json_warn(top, "no jumps: they were not observed");
  for (int s = 0; s < c->n_species && count; s++) {
    if (vt_element_role(c->z[s]) != 'A') continue;
    json_t *o = vt_json_object();
    vt_json_put(o, "species", vt_json_text(symbol_of(m, s)));
    for (size_t k = 0; k < sizeof column / sizeof *column; k++)
      vt_json_put(o, column[k].key, vt_json_num(find(m, column[k].array, NULL)[s]));
    vt_json_add(list, o);
    if (!(count[s] > 0) && n_of_role(c, 'M') > 0)
      vt_json_warn(top, "%s did not jump: no length and no fraction of returns", symbol_of(m, s));
  }
}

/* ------------------------------------------------------------------ stationarity (T 11) */

static const char *const flag_name[] = {"unknown", "yes", "no"}; /* in the order of vt_stationary */

static json_t *trend_json(const vt_trend *t)
{
  json_t *o = vt_json_object();
  vt_json_put(o, "stationary", vt_json_text(flag_name[t->flag]));
  vt_json_est(o, "first", t->first, t->first_se);
  vt_json_est(o, "last", t->last, t->last_se);
  vt_json_put(o, "z", vt_json_num(t->z));
  return o;
}

static vt_status stationarity_json(const vt_measured *m, json_t *top, vt_err *err)
{
  vt_stationarity st;
  json_t *o = vt_json_object(), *diffusion = vt_json_object();
  vt_json_put(top, "stationarity", o);
  vt_json_put(o, "D_cm2_s", diffusion);
  VT_PASS(vt_st_from_arrays(m->plan, m->defs, m->n_defs, m->values, &st, err));
  for (int s = 0; s < m->plan->comp.n_species; s++)
    vt_json_put(diffusion, symbol_of(m, s), trend_json(&st.diffusion[s]));
  vt_json_put(o, "e_pot_eV_atom", trend_json(&st.energy));
  vt_json_put(o, "temperature_K", trend_json(&st.temperature));
  vt_json_put(o, "pressure_GPa", trend_json(&st.pressure));
  vt_json_put(o, "stationary", vt_json_text(flag_name[st.flag]));
  if (st.flag == VT_STATIONARY_NO)
    vt_json_warn(top, "the run is not stationary: its first and last thirds differ by more than 3 standard errors");
  return VT_OK;
}

vt_status vt_cli_dynamics_json(const vt_measured *m, json_t *o, vt_err *err)
{
  VT_PASS(non_gaussian_json(m, o, err));
  VT_PASS(residence_json(m, o, err));
  VT_PASS(bonds_json(m, o, err));
  jumps_json(m, o);
  return stationarity_json(m, o, err);
}
