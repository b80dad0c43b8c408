/* summary.c - what one run says about structure, bonds and jumps, as single numbers (T 13). */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/structure/structure_impl.h"

static const double one_e = 0.36787944117144232; /* exp(-1) */

/* The arrays of one run and its composition. */
typedef struct run {
  const vt_composition *c;
  vt_arrays a;
} run;

static int has_role(const vt_composition *c, int s, int roles) { return (vt_comp_role(c, s) & roles) != 0; }

static double atoms_of(const vt_composition *c, int roles) { return vt_comp_atoms(c, roles); }

/* Columns `first` to `last` of the rows [species][n] of the species with these roles, each times its number to the
 * power `moment` (0 to 2); mean weighted by the numbers of atoms.  NaN without the array or such atoms. */
static double summary_columns(const run *r, const vt_array_name *name, int roles, int first, int last, int moment)
{
  const vt_array_def *d;
  const double *v = vt_arrays_find(&r->a, name, &d);
  double sum = 0;
  if (!v || d->n_dim != 2) return (double)NAN;
  const int n = d->dim[1];
  for (int s = 0; s < r->c->n_species; s++)
    for (int k = first; has_role(r->c, s, roles) && k < n && k <= last; k++)
      sum += r->c->count[s] * v[(ptrdiff_t)s * n + k] * (moment == 0 ? 1 : moment == 1 ? k : k * k);
  return sum / atoms_of(r->c, roles);
}

static double summary_single(const run *r, const vt_array_name *name)
{
  const double *v = vt_arrays_find(&r->a, name, NULL);
  return v ? *v : (double)NAN;
}

/* ------------------------------------------------------------------ polyhedra, chains */

static void summary_network(const run *r, vt_structure_summary *o)
{
  enum { ALL = 1000 };
  const double metals = atoms_of(r->c, VT_ROLE_NETWORK);
  o->cn_metal = summary_columns(r, &vt_a_polyhedra_cn, VT_ROLE_NETWORK, 0, ALL, 1);
  o->cn4 = summary_columns(r, &vt_a_polyhedra_cn, VT_ROLE_NETWORK, 4, 4, 0);
  o->o_count = summary_columns(r, &vt_a_polyhedra_o_count, VT_ROLE_NETWORK, 0, ALL, 1);
  for (int k = 0; k <= VT_RES_CLASSES; k++)
    o->o_fraction[k] = summary_columns(r, &vt_a_polyhedra_o_count, VT_ROLE_NETWORK, k, k < VT_RES_CLASSES ? k : ALL, 0);
  o->o_two_metals = summary_columns(r, &vt_a_polyhedra_anion, VT_ROLE_COUNTED, 2, 2, 0);
  o->x_bridging = summary_columns(r, &vt_a_polyhedra_anion, VT_ROLE_ANION, 2, ALL, 0);
  o->free_anions = summary_columns(r, &vt_a_polyhedra_anion, VT_ROLE_ANIONS, 0, 0, 0);
  o->chain_mean = summary_single(r, &vt_a_chains_mean_size);
  o->chain_weight = summary_single(r, &vt_a_chains_weight_size);
  o->chain_largest = summary_single(r, &vt_a_chains_largest);
  o->chain_largest_share = o->chain_largest / metals;
  o->cycles_per_metal = summary_single(r, &vt_a_chains_cycles) / metals;
}

/* Spread of the oxygens over metals, and what two models say it would be (T 13.6). */
static void summary_o_variance(const run *r, vt_structure_summary *o)
{
  enum { ALL = 1000 };
  const double m = o->o_count, p = m / o->cn_metal;
  o->o_variance = summary_columns(r, &vt_a_polyhedra_o_count, VT_ROLE_NETWORK, 0, ALL, 2) - m * m;
  if (m <= 2) o->o_variance_chain = m * (1 - m / 2);
  if (p <= 1) o->o_variance_random = o->cn_metal * p * (1 - p);
}

/* ------------------------------------------------------------------ pairs of metals and anions */

/* Mean of rows[m][n] with weights [m], at each of n over the rows that have a number there; those of weight 0 (or NaN)
 * do not count.  NaN where there is none. */
static void mixed_row(const double *rows, int m, int n, const double *weight, double *out)
{
  for (int k = 0; k < n; k++) {
    double sum = 0, all = 0;
    for (int p = 0; p < m; p++) {
      const double x = rows[(ptrdiff_t)p * n + k];
      if (!(weight[p] > 0) || isnan(x)) continue;
      sum += weight[p] * x;
      all += weight[p];
    }
    out[k] = all > 0 ? sum / all : (double)NAN;
  }
}

/* Weights: numbers of bonds from per_metal[pair], or of pairs of atoms if that is NULL. */
static void pair_weights(const run *r, int anion, const double *per_metal,
                         double weight[VT_MAX_SPECIES * (VT_MAX_SPECIES + 1) / 2])
{
  const int n = r->c->n_species;
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      const int p = vt_pair_index(i, j, n);
      const int metal = has_role(r->c, i, VT_ROLE_NETWORK) && has_role(r->c, j, anion)   ? i
                        : has_role(r->c, j, VT_ROLE_NETWORK) && has_role(r->c, i, anion) ? j
                                                                                         : -1;
      if (metal < 0)
        weight[p] = 0;
      else if (per_metal)
        weight[p] = per_metal[p] * r->c->count[metal];
      else
        weight[p] = (double)r->c->count[i] * r->c->count[j];
    }
}

/* Where a decay from 1 first passes 1/e, on the exponential between two lags (straight where there is none). */
static vt_decay decay_time(int n, const double *lag, const double *c)
{
  vt_decay d = {.time_ps = (double)NAN, .longer_than_ps = (double)NAN};
  double t0 = 0, c0 = 1;
  for (int k = 0; k < n; k++) {
    if (isnan(c[k])) continue;
    if (c[k] <= one_e) {
      double share = c[k] > 0 ? (log(c0) + 1) / log(c0 / c[k]) : (c0 - one_e) / (c0 - c[k]);
      d.time_ps = t0 + share * (lag[k] - t0);
      d.longer_than_ps = (double)NAN;
      return d;
    }
    d.longer_than_ps = t0 = lag[k];
    c0 = c[k];
  }
  return d;
}

static vt_status bonds_of(const run *r, int anion, double *peak_a, vt_decay *turn, vt_decay *life, vt_err *err)
{
  const vt_array_def *bins, *lags;
  const double *x = vt_arrays_find(&r->a, &vt_a_rdf_r, &bins), *lag = vt_arrays_find(&r->a, &vt_a_bonds_lag_ps, &lags),
               *g, *rows, *per_metal;
  const int n_bins = x ? bins->dim[0] : 0, n_lag = lag ? lags->dim[0] : 0, n = r->c->n_species, pairs = n * (n + 1) / 2;
  double weight[VT_MAX_SPECIES * (VT_MAX_SPECIES + 1) / 2] = {0}, minimum;
  void *block = NULL;
  vt_status rc = VT_OK;
  VT_TRY_OUT(vt_calloc64(&block, (size_t)n_bins + (size_t)n_lag + 1, sizeof(double), err), err, "bonds");
  double *row = block;
  if (n_bins > 0) {
    VT_TRY_OUT(vt_arrays_table(&r->a, &vt_a_rdf_g, pairs, n_bins, &g, err), err, "bonds");
    pair_weights(r, anion, NULL, weight);
    mixed_row(g, pairs, n_bins, weight, row);
    (void)vt_first_shell(n_bins, x, row, peak_a, &minimum);
  }
  if (n_lag > 0) {
    VT_TRY_OUT(vt_arrays_table(&r->a, &vt_a_bonds_per_metal, pairs, 1, &per_metal, err), err, "bonds");
    pair_weights(r, anion, per_metal, weight);
    VT_TRY_OUT(vt_arrays_table(&r->a, &vt_a_bonds_c2, pairs, n_lag, &rows, err), err, "bonds");
    mixed_row(rows, pairs, n_lag, weight, row);
    *turn = decay_time(n_lag, lag, row);
    VT_TRY_OUT(vt_arrays_table(&r->a, &vt_a_bonds_continuous, pairs, n_lag, &rows, err), err, "bonds");
    mixed_row(rows, pairs, n_lag, weight, row);
    *life = decay_time(n_lag, lag, row);
  }
out:
  vt_free(block);
  return rc;
}

/* ------------------------------------------------------------------ residence, jumps */

enum { CLASSES = VT_RES_CLASSES + 1 }; /* of the arrays: 0, 1, 2, 3, >= 4 */

/* Survival of class k over all alkalis, each bond counting once.  Only endpoint survival decays to chance: the other
 * two end for good (T 12.1). */
static vt_status one_residence(const run *r, const vt_array_name *survival, int k, int is_endpoint, vt_residence *out,
                               vt_err *err)
{
  const vt_array_def *lags;
  const int n = r->c->n_species;
  const double *lag = vt_arrays_find(&r->a, &vt_a_residence_lag_ps, &lags), *rows, *bonds, *metals, *visits;
  const int n_lag = lags->dim[0];
  void *block = NULL;
  vt_status rc = VT_OK;
  double all = 0, formed = 0, weight[VT_MAX_SPECIES * CLASSES] = {0};
  VT_PASS(vt_arrays_table(&r->a, survival, n * CLASSES, n_lag, &rows, err));
  VT_PASS(vt_arrays_table(&r->a, &vt_a_residence_bonds, n, CLASSES, &bonds, err));
  VT_PASS(vt_arrays_table(&r->a, &vt_a_residence_visits, n, CLASSES, &visits, err));
  VT_PASS(vt_arrays_table(&r->a, &vt_a_residence_metals, 0, CLASSES, &metals, err));
  VT_TRY_OUT(vt_calloc64(&block, (size_t)n_lag, sizeof(double), err), err, "%s", survival->path);
  double *mixed = block;
  for (int s = 0; s < n; s++) {
    const int row = s * CLASSES + k; /* the others keep their weight of 0 */
    if (!has_role(r->c, s, VT_ROLE_MOBILE) || !(bonds[row] > 0)) continue;
    weight[row] = bonds[row];
    all += bonds[row];
    formed += visits[row];
  }
  mixed_row(rows, n * CLASSES, n_lag, weight, mixed);
  vt_res_input in = {.n = n_lag, .lag_ps = lag, .survival = mixed, .visits = formed};
  if (all > 0 && is_endpoint) in.chance = all / (atoms_of(r->c, VT_ROLE_MOBILE) * metals[k]);
  if (!(in.chance < 1)) in.n = 0, in.chance = 0; /* every alkali is at every such metal: nothing can be told */
  VT_TRY_OUT(vt_residence_time(&in, out, err), err, "%s with %d oxygens", survival->path, k);
out:
  vt_free(block);
  return rc;
}

/* Jumps of all alkalis: rate of one ion, and what the jumps are like, each counting once. */
static void summary_jumps(const run *r, vt_structure_summary *o)
{
  const double *count = vt_arrays_find(&r->a, &vt_a_jumps_count, NULL),
               *rate = vt_arrays_find(&r->a, &vt_a_jumps_rate, NULL),
               *back = vt_arrays_find(&r->a, &vt_a_jumps_back, NULL),
               *len = vt_arrays_find(&r->a, &vt_a_jumps_length, NULL);
  double ions = 0, rates = 0, backs = 0, n_back = 0, lengths = 0, n_length = 0;
  if (!count || !rate || !back || !len) return;
  for (int s = 0; s < r->c->n_species; s++) {
    if (!has_role(r->c, s, VT_ROLE_MOBILE)) continue;
    ions += r->c->count[s];
    rates += r->c->count[s] * rate[s];
    if (isfinite(back[s])) backs += count[s] * back[s], n_back += count[s];
    if (isfinite(len[s])) lengths += count[s] * len[s], n_length += count[s];
  }
  o->jump_rate = rates / ions;
  o->jump_back = n_back > 0 ? backs / n_back : (double)NAN;
  o->jump_length_a = n_length > 0 ? lengths / n_length : (double)NAN;
}

/* ------------------------------------------------------------------ all of it */

static double summary_worst(const vt_stationarity *s)
{
  double z = (double)NAN;
  for (int k = 0; k < s->n_species; k++) z = fmax(z, fabs(s->diffusion[k].z)); /* fmax passes over a NaN */
  z = fmax(z, fabs(s->energy.z));
  z = fmax(z, fabs(s->temperature.z));
  return fmax(z, fabs(s->pressure.z));
}

void vt_structure_none(vt_structure_summary *out)
{
  const double no = (double)NAN;
  const vt_decay never = {no, no};
  const vt_trend unknown = {.first = no, .first_se = no, .last = no, .last_se = no, .z = no};
  vt_structure_summary o = {.density_g_cm3 = no,
                            .cn_metal = no,
                            .cn4 = no,
                            .o_count = no,
                            .o_two_metals = no,
                            .x_bridging = no,
                            .free_anions = no,
                            .o_variance = no,
                            .o_variance_chain = no,
                            .o_variance_random = no,
                            .metals_close = no,
                            .metals_close_share = no,
                            .chain_mean = no,
                            .chain_weight = no,
                            .chain_largest = no,
                            .chain_largest_share = no,
                            .cycles_per_metal = no,
                            .mx_peak_a = no,
                            .mo_peak_a = no,
                            .turn_mx = never,
                            .turn_mo = never,
                            .life_mx = never,
                            .life_mo = never,
                            .jump_rate = no,
                            .jump_back = no,
                            .jump_length_a = no,
                            .worst_z = no,
                            .stationarity = {.energy = unknown, .temperature = unknown, .pressure = unknown}};
  for (int k = 0; k <= VT_RES_CLASSES; k++) o.o_fraction[k] = no;
  for (int s = 0; s < VT_MAX_SPECIES; s++) o.stationarity.diffusion[s] = unknown;
  for (int v = 0; v < VT_SURVIVALS; v++)
    for (int k = 0; k < VT_RES_CLASSES; k++) o.tau[v][k] = vt__residence_absent();
  *out = o;
}

vt_status vt_structure_from_arrays(const vt_plan *plan, const vt_array_def *defs, int n_defs, const double *values,
                                   vt_structure_summary *out, vt_err *err)
{
  static const vt_array_name *const survival[VT_SURVIVALS] = {&vt_a_residence_continuous, &vt_a_residence_intermittent,
                                                              &vt_a_residence_endpoint};
  const run r = {.c = &plan->comp, .a = {.defs = defs, .n = n_defs, .values = values}};
  vt_structure_summary o;
  vt_tr_input in;
  double mass = 0;
  vt_structure_none(&o);
  VT_PASS(vt_tr_input_from_arrays(plan, defs, n_defs, values, &in, err));
  for (int s = 0; s < r.c->n_species; s++) mass += r.c->count[s] * vt_element_mass(r.c->z[s]);
  o.density_g_cm3 = vt_unit_g_cm3(mass, in.volume_a3);
  summary_network(&r, &o);
  summary_o_variance(&r, &o);
  o.metals_close = vt__metals_close(r.c, &r.a, in.volume_a3);
  const double *share = vt_arrays_find(&r.a, &vt_a_rdf_metals_close, NULL);
  if (share) o.metals_close_share = *share;
  VT_TRY(bonds_of(&r, VT_ROLE_ANION, &o.mx_peak_a, &o.turn_mx, &o.life_mx, err), err, "structure of '%s'", r.c->name);
  VT_TRY(bonds_of(&r, VT_ROLE_COUNTED, &o.mo_peak_a, &o.turn_mo, &o.life_mo, err), err, "structure of '%s'", r.c->name);
  for (int v = 0; vt_arrays_find(&r.a, &vt_a_residence_lag_ps, NULL) && v < VT_SURVIVALS; v++)
    for (int k = 0; k < VT_RES_CLASSES; k++)
      VT_TRY(one_residence(&r, survival[v], k, v == VT_ENDPOINT, &o.tau[v][k], err), err, "residence in '%s'",
             r.c->name);
  summary_jumps(&r, &o);
  VT_PASS(vt_st_from_arrays(plan, defs, n_defs, values, &o.stationarity, err));
  o.worst_z = summary_worst(&o.stationarity);
  *out = o;
  return VT_OK;
}
