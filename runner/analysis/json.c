/* json.c - an analysis for scripts; the keys are a format (CHANGELOG.md). */
#include <math.h>

#include "engine/num/num.h"
#include "runner/analysis/analysis_impl.h"
#include "runner/fields/fields.h"

static vt_json *pair_json(const vt_analysis *a, int i, int j)
{
  vt_json *pair = vt_json_array();
  vt_json_add(pair, vt_json_text(vt__symbol(a, i)));
  vt_json_add(pair, vt_json_text(vt__symbol(a, j)));
  return pair;
}

/* {"Li": x, ...} */
static vt_json *by_symbol(const vt_analysis *a, const double *x)
{
  vt_json *o = vt_json_object();
  for (int s = 0; s < vt__comp(a)->n_species; s++) vt_json_put(o, vt__symbol(a, s), vt_json_num(x[s]));
  return o;
}

/* {"0": x, "1": y, ...} of what is not zero. */
static vt_json *histogram_json(const vt_histogram *h)
{
  vt_json *o = vt_json_object();
  for (int k = 0; k < h->n; k++) {
    char key[16];
    (void)snprintf(key, sizeof key, "%d", h->first + k);
    if (h->x[k] > 0) vt_json_put(o, key, vt_json_num(h->x[k]));
  }
  return o;
}

/* ------------------------------------------------------------------ transport */

static vt_json *species_json(const vt_analysis *a, int s)
{
  const vt_composition *c = vt__comp(a);
  const vt_tracer *t = &a->transport.tracer[s];
  vt_json *o = vt_json_object();
  vt_json_put(o, "symbol", vt_json_text(vt__symbol(a, s)));
  vt_json_put(o, "charge", vt_json_int(c->charge[s]));
  vt_json_put(o, "n", vt_json_int(c->count[s]));
  vt_fields_json(o, &vt_tracer_fields, t);
  vt_json_put(o, "window_ps", t->reason == VT_TR_OK ? vt_json_interval(t->lo_ps, t->hi_ps) : vt_json_null());
  vt_json_put(o, "frame", vt_json_text(vt_tr_frame_name(a->frame)));
  vt_json_put(o, "diffusive", vt_json_bool(t->reason == VT_TR_OK));
  return o;
}

static void transport_json(const vt_analysis *a, vt_json *o)
{
  const vt_transport *t = &a->transport;
  vt_json *species = vt_json_array();
  vt_fields_json(o, &vt_transport_fields, t);
  for (int s = 0; s < vt__comp(a)->n_species; s++) vt_json_add(species, species_json(a, s));
  vt_json_put(o, "species", species);
  vt_json_put(o, "sigma_window_ps",
              isfinite(t->sigma_mS_cm) ? vt_json_interval(t->sigma_lo_ps, t->sigma_hi_ps) : vt_json_null());
}

static vt_json *onsager_json(const vt_analysis *a)
{
  const vt_onsager *q = a->frame == VT_TR_FRAMEWORK ? &a->framework : &a->barycentric;
  const vt_onsager_view v = {
      .frame = q->frame, .dof = q->dof, .l = &q->l[0][0], .l_se = &q->l_se[0][0], .recoil = &q->recoil[0][0]};
  return vt_onsager_json(vt__comp(a), &v);
}

static vt_json *transference_json(const vt_analysis *a)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "barycentric", by_symbol(a, a->barycentric.t));
  vt_json_put(o, "framework", vt__has_metal(a) ? by_symbol(a, a->framework.t) : vt_json_null());
  vt_json_put(o, "self", by_symbol(a, a->barycentric.t_self));
  return o;
}

/* {"Li": {"value", "se", "lo95", "hi95"}, ...} */
static vt_json *transference_95_of(const vt_analysis *a, const vt_onsager *q)
{
  vt_json *o = vt_json_object();
  const double half = vt_t_quantile(0.975, q->dof);
  for (int s = 0; s < vt__comp(a)->n_species; s++) {
    vt_json *one = vt_json_object();
    vt_json_put(one, "value", vt_json_num(q->t[s]));
    vt_json_put(one, "se", vt_json_num(q->t_se[s]));
    vt_json_put(one, "lo95", vt_json_num(q->t[s] - half * q->t_se[s]));
    vt_json_put(one, "hi95", vt_json_num(q->t[s] + half * q->t_se[s]));
    vt_json_put(o, vt__symbol(a, s), one);
  }
  return o;
}

static vt_json *transference_95_json(const vt_analysis *a)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "barycentric", transference_95_of(a, &a->barycentric));
  vt_json_put(o, "framework", vt__has_metal(a) ? transference_95_of(a, &a->framework) : vt_json_null());
  return o;
}

/* ------------------------------------------------------------------ structure */

static vt_json *cutoffs_json(const vt_analysis *a)
{
  const vt_cutoffs *cut = a->m->cutoffs;
  const int n = vt__comp(a)->n_species;
  vt_json *list = vt_json_array();
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      vt_json *o = vt_json_object();
      vt_json_put(o, "pair", pair_json(a, i, j));
      vt_json_put(o, "r_A", vt_json_num(cut->r[i][j]));
      vt_json_put(o, "measured", vt_json_bool(cut->measured[i][j]));
      vt_json_add(list, o);
    }
  return list;
}

static vt_json *rdf_json(const vt_analysis *a)
{
  const int n = vt__comp(a)->n_species;
  const size_t n_bins = (size_t)a->n_bins;
  vt_json *list = vt_json_array();
  for (int i = 0; i < n && n_bins > 0; i++)
    for (int j = i; j < n; j++) {
      vt_json *o = vt_json_object();
      vt_json_put(o, "pair", pair_json(a, i, j));
      vt_json_put(o, "r_A", vt_json_nums(a->r_a, n_bins));
      vt_json_put(o, "g", vt_json_nums(a->g + (size_t)vt_pair_index(i, j, n) * n_bins, n_bins));
      vt_json_put(o, "first_peak_A", vt_json_num(a->shell[i][j].peak_a));
      vt_json_put(o, "first_minimum_A", vt_json_num(a->shell[i][j].minimum_a));
      vt_json_add(list, o);
    }
  return list;
}

static vt_json *coordination_json(const vt_analysis *a)
{
  const int n = vt__comp(a)->n_species;
  const size_t n_bins = (size_t)a->n_bins;
  vt_json *list = vt_json_array();
  for (int i = 0; i < n && n_bins > 0; i++)
    for (int j = 0; j < n; j++) {
      vt_json *o = vt_json_object();
      vt_json_put(o, "pair", pair_json(a, i, j));
      vt_json_put(o, "cn", vt_json_num(a->shell[i][j].cn));
      vt_json_put(o, "r_A", vt_json_num(a->m->cutoffs->r[i][j]));
      /* to the outer edge of each bin of rdf */
      vt_json_put(o, "running", vt_json_nums(a->running + (size_t)(i * n + j) * n_bins, n_bins));
      vt_json_add(list, o);
    }
  return list;
}

static vt_json *centre_json(const vt_analysis *a, const vt_centre_numbers *m)
{
  vt_json *o = vt_json_object(), *anions = vt_json_object();
  vt_json_put(o, "centre", vt_json_text(vt__symbol(a, m->species)));
  vt_json_put(o, "cn_histogram", histogram_json(&m->anions));
  vt_json_put(o, "o_count", histogram_json(&m->oxygens));
  for (int s = 0; s < vt__comp(a)->n_species; s++)
    if (a->metals_of_anion[s].x) vt_json_put(anions, vt__symbol(a, s), histogram_json(&a->metals_of_anion[s]));
  vt_json_put(o, "metals_per_anion", anions);
  return o;
}

/* One centre; with several metals the first, and all of them under "centres". */
static vt_json *polyhedra_json(const vt_analysis *a)
{
  if (a->n_centres == 0) return vt_json_null();
  vt_json *o = centre_json(a, &a->centre[0]), *all = vt_json_array();
  for (int k = 0; k < a->n_centres; k++) vt_json_add(all, centre_json(a, &a->centre[k]));
  if (a->n_centres > 1)
    vt_json_put(o, "centres", all);
  else
    vt_json_free(all);
  return o;
}

static vt_json *chains_json(const vt_analysis *a)
{
  static const char *const by[] = {"corner", "edge", "face"};
  const vt_chain_numbers *c = &a->chains;
  const vt_histogram oxygens = {.x = c->oxygens, .n = VT_ANALYSIS_OXYGENS};
  if (!c->observed) return vt_json_null();
  vt_json *o = vt_json_object(), *share = vt_json_object();
  vt_json_put(o, "fragments", histogram_json(&c->fragments));
  vt_json_put(o, "mean_size", vt_json_num(c->mean_size));
  vt_json_put(o, "weight_mean_size", vt_json_num(c->weight_mean_size));
  vt_json_put(o, "largest", vt_json_num(c->largest));
  vt_json_put(o, "cycles", vt_json_num(c->cycles));
  vt_json_put(o, "o_count", c->with_oxygens ? histogram_json(&oxygens) : vt_json_null());
  for (int q = 0; q < 3; q++) vt_json_put(share, by[q], c->sharing ? vt_json_num(c->sharing[q]) : vt_json_null());
  vt_json_put(o, "sharing", share);
  return o;
}

/* ------------------------------------------------------------------ dynamics */

static vt_json *non_gaussian_json(const vt_analysis *a)
{
  vt_json *list = vt_json_array();
  for (int s = 0; s < a->n_alpha2; s++) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "species", vt_json_text(vt__symbol(a, s)));
    vt_json_put(o, "alpha2_max", vt_json_num(a->alpha2[s].largest));
    vt_json_put(o, "alpha2_peak_ps", vt_json_num(a->alpha2[s].peak_ps));
    vt_json_add(list, o);
  }
  return list;
}

static vt_json *residence_json(const vt_analysis *a)
{
  static const struct {
    const char *tau, *se, *longer;
  } key[VT_RESIDENCE_KINDS] = {{"tau_continuous_ps", "tau_continuous_se_ps", "tau_continuous_longer_than_ps"},
                               {"tau_intermittent_ps", "tau_intermittent_se_ps", "tau_intermittent_longer_than_ps"},
                               {"tau_endpoint_ps", "tau_endpoint_se_ps", "tau_endpoint_longer_than_ps"}};
  vt_json *list = vt_json_array();
  for (int k = 0; k < a->n_residence; k++) {
    const vt_residence_row *w = &a->residence[k];
    vt_json *o = vt_json_object();
    vt_json_put(o, "alkali", vt_json_text(vt__symbol(a, w->species)));
    vt_json_put(o, "o_count", vt_json_int(w->oxygens));
    vt_json_put(o, "bonds", vt_json_num(w->bonds));
    vt_json_put(o, "metals", vt_json_num(w->metals));
    vt_json_put(o, "visits", vt_json_num(w->visits));
    for (int q = 0; q < VT_RESIDENCE_KINDS; q++) {
      vt_json_put(o, key[q].tau, vt_json_num(w->time[q].tau_ps));
      vt_json_put(o, key[q].se, vt_json_num(w->time[q].se));
      vt_json_put(o, key[q].longer, vt_json_num(w->time[q].longer_than_ps));
    }
    vt_json_add(list, o);
  }
  return list;
}

static vt_json *bonds_json(const vt_analysis *a)
{
  vt_json *list = vt_json_array();
  for (int k = 0; k < a->n_bonds; k++) {
    const vt_bond_row *w = &a->bond[k];
    const vt_residence *turn = &w->turn;
    vt_json *o = vt_json_object();
    vt_json_put(o, "pair", pair_json(a, w->metal, w->anion));
    vt_json_put(o, "per_metal", vt_json_num(w->per_metal));
    vt_json_put(o, "c2_e_time_ps", vt_json_num(turn->e_time_ps));
    vt_json_put(o, "c2_longer_than_ps", vt_json_num(isnan(turn->e_time_ps) ? turn->longer_than_ps : (double)NAN));
    vt_json_put(o, "lifetime_ps", vt_json_num(w->life.tau_ps));
    vt_json_put(o, "lifetime_longer_than_ps", vt_json_num(w->life.longer_than_ps));
    vt_json_add(list, o);
  }
  return list;
}

static vt_json *jumps_json(const vt_analysis *a)
{
  vt_json *list = vt_json_array();
  for (int k = 0; k < a->n_jumps; k++) {
    const vt_jump_row *w = &a->jump[k];
    vt_json *o = vt_json_object();
    vt_json_put(o, "species", vt_json_text(vt__symbol(a, w->species)));
    vt_json_put(o, "count", vt_json_num(w->count));
    vt_json_put(o, "rate_per_ps", vt_json_num(w->rate_per_ps));
    vt_json_put(o, "back", vt_json_num(w->back));
    vt_json_put(o, "length_A", vt_json_num(w->length_a));
    vt_json_put(o, "settled", vt_json_num(w->settled));
    vt_json_add(list, o);
  }
  return list;
}

static vt_json *trend_json(const vt_trend *t)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "stationary", vt_json_text(vt_reason_text(&vt_stationary_flags, t->flag)));
  vt_json_est(o, "first", t->first, t->first_se);
  vt_json_est(o, "last", t->last, t->last_se);
  vt_json_put(o, "z", vt_json_num(t->z));
  return o;
}

static vt_json *stationarity_json(const vt_analysis *a)
{
  const vt_stationarity *st = &a->stationarity;
  vt_json *o = vt_json_object(), *diffusion = vt_json_object();
  for (int s = 0; s < vt__comp(a)->n_species; s++)
    vt_json_put(diffusion, vt__symbol(a, s), trend_json(&st->diffusion[s]));
  vt_json_put(o, "D_cm2_s", diffusion);
  vt_json_put(o, "e_pot_eV_atom", trend_json(&st->energy));
  vt_json_put(o, "temperature_K", trend_json(&st->temperature));
  vt_json_put(o, "pressure_GPa", trend_json(&st->pressure));
  vt_json_put(o, "stationary", vt_json_text(vt_reason_text(&vt_stationary_flags, st->flag)));
  return o;
}

void vt_analysis_json(const vt_analysis *a, vt_json *o)
{
  vt_json_put(o, "frame", vt_json_text(vt_tr_frame_name(a->frame)));
  transport_json(a, o);
  vt_json_put(o, "transference", transference_json(a));
  vt_json_put(o, "transference_95", transference_95_json(a));
  vt_json_put(o, "onsager", onsager_json(a));
  vt_json_put(o, "cutoffs", cutoffs_json(a));
  vt_json_put(o, "rdf", rdf_json(a));
  vt_json_put(o, "coordination", coordination_json(a));
  vt_json_put(o, "polyhedra", polyhedra_json(a));
  vt_json_put(o, "chains", chains_json(a));
  vt_json_put(o, "non_gaussian", non_gaussian_json(a));
  vt_json_put(o, "residence", residence_json(a));
  vt_json_put(o, "counted", vt_json_text(vt_comp_counted(vt__comp(a)))); /* what o_count counts */
  vt_json_put(o, "bonds", bonds_json(a));
  vt_json_put(o, "jumps", jumps_json(a));
  vt_json_put(o, "stationarity", stationarity_json(a));
  vt_json_put(o, "gates", vt_gates_json(&a->gates));
}
