/* structure_json.c - structure out of the arrays of one task. */
#include <math.h>
#include <string.h>

#include "runner/cli/analysis.h"
#include "runner/cli/cli.h"

static const double *find(const vt_measured *m, const vt_array_name *name, const vt_array_def **d)
{
  return vt_array_find(m->defs, m->n_defs, m->values, name, d);
}

static double single(const vt_measured *m, const vt_array_name *name)
{
  const double *v = find(m, name, NULL);
  return v ? *v : (double)NAN;
}

json_t *vt_cli_pair_json(const vt_composition *c, int i, int j)
{
  json_t *pair = vt_json_array();
  vt_json_add(pair, vt_json_text(vt_element_symbol(c->z[i])));
  vt_json_add(pair, vt_json_text(vt_element_symbol(c->z[j])));
  return pair;
}

/* {"0": x, "1": y, ...} of what is not zero. */
static json_t *histogram(const double *v, int first, int n)
{
  json_t *o = vt_json_object();
  for (int k = 0; k < n; k++) {
    char key[16];
    (void)snprintf(key, sizeof key, "%d", first + k);
    if (v[k] > 0) vt_json_put(o, key, vt_json_num(v[k]));
  }
  return o;
}

/* ------------------------------------------------------------------ g(r), coordination numbers */

static json_t *rdf_of(const vt_composition *c, int i, int j, int n_bins, const double *r, const double *g,
                      const vt_coordination *q)
{
  json_t *o = vt_json_object();
  vt_json_put(o, "pair", vt_cli_pair_json(c, i, j));
  vt_json_put(o, "r_A", vt_json_nums(r, (size_t)n_bins));
  vt_json_put(o, "g", vt_json_nums(g, (size_t)n_bins));
  vt_json_put(o, "first_peak_A", vt_json_num(q->peak_a));
  vt_json_put(o, "first_minimum_A", vt_json_num(q->minimum_a));
  return o;
}

enum { RDF_BINS = 10000 }; /* r_max / bin, both at the ends of what the schema allows */

static vt_status rdf_json(const vt_measured *m, double volume_a3, json_t *o, vt_err *err)
{
  const vt_composition *c = &m->plan->comp;
  const vt_array_def *d;
  const double *r = find(m, &vt_a_rdf_r, &d), *g = find(m, &vt_a_rdf_g, NULL);
  json_t *list = vt_json_array(), *numbers = vt_json_array();
  const int n = c->n_species, n_bins = r ? d->dim[0] : 0;
  vt_json_put(o, "rdf", list);
  vt_json_put(o, "coordination", numbers);
  if (n_bins == 0 || !isfinite(volume_a3)) {
    vt_json_warn(o, "no g(r) and coordination numbers: rdf or the volume (thermo) was not observed");
    return VT_OK;
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      const double *gij = g + (ptrdiff_t)vt_pair_index(i, j, n) * n_bins, cut = m->cutoffs->r[i][j];
      vt_coordination q;
      double running[RDF_BINS];
      if (n_bins > RDF_BINS) VT_FAIL(err, VT_EBUG, "g(r) of %d bins, room for %d", n_bins, RDF_BINS);
      VT_PASS(vt_coordination_of(n_bins, r, gij, c->count[j] / volume_a3, cut, running, &q, err));
      if (j >= i) vt_json_add(list, rdf_of(c, i, j, n_bins, r, gij, &q));
      json_t *number = vt_json_object();
      vt_json_put(number, "pair", vt_cli_pair_json(c, i, j));
      vt_json_put(number, "cn", vt_json_num(q.cn));
      vt_json_put(number, "r_A", vt_json_num(cut));
      vt_json_put(number, "running", vt_json_nums(running, (size_t)n_bins)); /* to the outer edge of each bin of rdf */
      vt_json_add(numbers, number);
      if (!isfinite(q.cn))
        vt_json_warn(o, "no coordination number of %s around %s: g(r) is not known up to %.3g A",
                     vt_element_symbol(c->z[j]), vt_element_symbol(c->z[i]), cut);
    }
  return VT_OK;
}

/* ------------------------------------------------------------------ polyhedra, chains */

static json_t *one_centre(const vt_measured *t, int m)
{
  const vt_array_def *cn_def, *o_def, *anion_def;
  const double *cn = find(t, &vt_a_polyhedra_cn, &cn_def), *k = find(t, &vt_a_polyhedra_o_count, &o_def);
  const double *anion = find(t, &vt_a_polyhedra_anion, &anion_def);
  json_t *o = vt_json_object(), *anions = vt_json_object();
  vt_json_put(o, "centre", vt_json_text(vt_element_symbol(t->plan->comp.z[m])));
  vt_json_put(o, "cn_histogram", histogram(cn + (ptrdiff_t)m * cn_def->dim[1], 0, cn_def->dim[1]));
  vt_json_put(o, "o_count", histogram(k + (ptrdiff_t)m * o_def->dim[1], 0, o_def->dim[1]));
  for (int a = 0; a < t->plan->comp.n_species; a++)
    if (strchr("XO", vt_element_role(t->plan->comp.z[a])))
      vt_json_put(anions, vt_element_symbol(t->plan->comp.z[a]),
                  histogram(anion + (ptrdiff_t)a * anion_def->dim[1], 0, anion_def->dim[1]));
  vt_json_put(o, "metals_per_anion", anions);
  return o;
}

/* "polyhedra" is one centre; with several metals the first, and all of them under "centres". */
static void polyhedra_json(const vt_measured *t, json_t *top)
{
  const vt_composition *c = &t->plan->comp;
  json_t *all = vt_json_array();
  int metals = 0;
  for (int m = 0; m < c->n_species; m++) {
    if (vt_element_role(c->z[m]) != 'M') continue;
    metals++;
    if (find(t, &vt_a_polyhedra_cn, NULL)) vt_json_add(all, one_centre(t, m));
  }
  json_t *first = json_array_get(all, 0), *o = first ? json_deep_copy(first) : json_null();
  if (json_array_size(all) > 1) vt_json_put(o, "centres", json_incref(all));
  if (!metals)
    vt_json_warn(top, "no polyhedra, chains and residence times: they need a metal (Al, Ga, In, Nb, Ta, ...)");
  else if (!first)
    vt_json_warn(top, "no polyhedra: they were not observed");
  vt_json_put(top, "polyhedra", o);
  json_decref(all);
}

/* Fractions of all metals alike, by number of oxygens. */
static json_t *o_count_json(const vt_composition *c, const double *k, int n)
{
  enum { MOST = 16 };
  double all[MOST] = {0}, metals = 0;
  for (int m = 0; m < c->n_species; m++) {
    if (vt_element_role(c->z[m]) != 'M') continue;
    for (int q = 0; q < n && q < MOST; q++) all[q] += c->count[m] * k[(ptrdiff_t)m * n + q];
    metals += c->count[m];
  }
  for (int q = 0; q < MOST; q++) all[q] /= metals > 0 ? metals : 1;
  return histogram(all, 0, MOST);
}

static void chains_json(const vt_measured *t, json_t *top)
{
  const vt_array_def *d, *kd;
  const double *fragments = find(t, &vt_a_chains_fragments, &d), *sharing = find(t, &vt_a_polyhedra_sharing, NULL);
  const double *k = find(t, &vt_a_polyhedra_o_count, &kd);
  int metals = 0;
  for (int m = 0; m < t->plan->comp.n_species; m++) metals += vt_element_role(t->plan->comp.z[m]) == 'M';
  if (!metals || !fragments || !(single(t, &vt_a_chains_frames) > 0)) {
    vt_json_put(top, "chains", json_null());
    if (metals) vt_json_warn(top, "no chains: they were not observed");
    return;
  }
  json_t *o = vt_json_object(), *share = vt_json_object();
  vt_json_put(o, "fragments", histogram(fragments, 1, d->dim[0]));
  vt_json_put(o, "mean_size", vt_json_num(single(t, &vt_a_chains_mean_size)));
  vt_json_put(o, "weight_mean_size", vt_json_num(single(t, &vt_a_chains_weight_size)));
  vt_json_put(o, "largest", vt_json_num(single(t, &vt_a_chains_largest)));
  vt_json_put(o, "cycles", vt_json_num(single(t, &vt_a_chains_cycles)));
  vt_json_put(o, "o_count", k ? o_count_json(&t->plan->comp, k, kd->dim[1]) : json_null());
  for (int q = 0; q < 3; q++)
    vt_json_put(share, (const char *[]){"corner", "edge", "face"}[q], sharing ? vt_json_num(sharing[q]) : json_null());
  vt_json_put(o, "sharing", share);
  vt_json_put(top, "chains", o);
}

vt_status vt_cli_structure_json(const vt_measured *m, double volume_a3, json_t *o, vt_err *err)
{
  VT_PASS(rdf_json(m, volume_a3, o, err));
  polyhedra_json(m, o);
  chains_json(m, o);
  return VT_OK;
}
