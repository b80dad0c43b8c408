/* structure_json.c - structure and residence out of the arrays of one task. */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "runner/cli/analysis.h"
#include "runner/cli/cli.h"

/* Arrays of one task, and where the answer goes. */
typedef struct source {
  const vt_composition *c;
  const vt_array_def *defs;
  int n_defs;
  const double *values;
  json_t *o;
} source;

static const double *find(const source *s, const char *name, const vt_array_def **d)
{
  return vt_array_find(s->defs, s->n_defs, s->values, name, d);
}

static double single(const source *s, const char *name)
{
  const double *v = find(s, name, NULL);
  return v ? *v : (double)NAN;
}

static json_t *pair_json(const vt_composition *c, int i, int j)
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

/* Neighbours of species j around i nearer than r_a: rho_j times the sum of g v over bins, the last one in part. */
static double coordination(const source *s, const double *r, const double *g, int n_bins, double r_a, double rho)
{
  const double four_thirds_pi = 4.18879020478639098, half = 0.5 * (r[1] - r[0]);
  double cn = 0;
  (void)s;
  for (int k = 0; k < n_bins && r[k] - half < r_a; k++) {
    double lo = r[k] - half, hi = fmin(r[k] + half, r_a);
    cn += rho * g[k] * four_thirds_pi * (hi * hi * hi - lo * lo * lo);
  }
  return cn;
}

static void rdf_json(const source *s, const vt_cutoffs *cut, double volume_a3)
{
  const vt_array_def *d;
  const double *r = find(s, "rdf/r", &d), *g = find(s, "rdf/g", NULL);
  json_t *list = vt_json_array(), *numbers = vt_json_array();
  const int n = s->c->n_species, n_bins = r ? d->dim[0] : 0;
  for (int i = 0; i < n && n_bins > 1; i++)
    for (int j = 0; j < n; j++) {
      const double *gij = g + (ptrdiff_t)vt_pair_index(i, j, n) * n_bins;
      if (j >= i) {
        double peak, minimum;
        json_t *o = vt_json_object();
        (void)vt_first_shell(n_bins, r, gij, &peak, &minimum);
        vt_json_put(o, "pair", pair_json(s->c, i, j));
        vt_json_put(o, "r_A", vt_json_nums(r, (size_t)n_bins));
        vt_json_put(o, "g", vt_json_nums(gij, (size_t)n_bins));
        vt_json_put(o, "first_peak_A", vt_json_num(peak));
        vt_json_put(o, "first_minimum_A", vt_json_num(minimum));
        vt_json_add(list, o);
      }
      json_t *o = vt_json_object();
      vt_json_put(o, "pair", pair_json(s->c, i, j));
      vt_json_put(o, "cn", vt_json_num(coordination(s, r, gij, n_bins, cut->r[i][j], s->c->count[j] / volume_a3)));
      vt_json_put(o, "r_A", vt_json_num(cut->r[i][j]));
      vt_json_add(numbers, o);
    }
  vt_json_put(s->o, "rdf", list);
  vt_json_put(s->o, "coordination", numbers);
}

/* ------------------------------------------------------------------ polyhedra, chains */

static json_t *one_centre(const source *s, int m)
{
  const vt_array_def *cn_def, *o_def, *anion_def;
  const double *cn = find(s, "polyhedra/cn", &cn_def), *k = find(s, "polyhedra/o_count", &o_def);
  const double *anion = find(s, "polyhedra/anion", &anion_def);
  json_t *o = vt_json_object(), *anions = vt_json_object();
  vt_json_put(o, "centre", vt_json_text(vt_element_symbol(s->c->z[m])));
  vt_json_put(o, "cn_histogram", histogram(cn + (ptrdiff_t)m * cn_def->dim[1], 0, cn_def->dim[1]));
  vt_json_put(o, "o_count", histogram(k + (ptrdiff_t)m * o_def->dim[1], 0, o_def->dim[1]));
  for (int a = 0; a < s->c->n_species; a++)
    if (strchr("XO", vt_element_role(s->c->z[a])))
      vt_json_put(anions, vt_element_symbol(s->c->z[a]),
                  histogram(anion + (ptrdiff_t)a * anion_def->dim[1], 0, anion_def->dim[1]));
  vt_json_put(o, "metals_per_anion", anions);
  return o;
}

/* "polyhedra" is one centre; with several metals the first, and all of them under "centres". */
static void polyhedra_json(const source *s)
{
  json_t *all = vt_json_array();
  for (int m = 0; m < s->c->n_species && find(s, "polyhedra/cn", NULL); m++)
    if (vt_element_role(s->c->z[m]) == 'M') vt_json_add(all, one_centre(s, m));
  json_t *first = json_array_get(all, 0);
  if (!first) {
    vt_json_put(s->o, "polyhedra", json_null());
    vt_json_warn(s->o, "no polyhedra: they need a metal (Al, Ga, In, Nb, Ta, ...)");
    json_decref(all);
    return;
  }
  json_t *o = json_deep_copy(first);
  if (json_array_size(all) > 1) vt_json_put(o, "centres", json_incref(all));
  vt_json_put(s->o, "polyhedra", o);
  json_decref(all);
}

static void chains_json(const source *s)
{
  const vt_array_def *d, *kd;
  const double *fragments = find(s, "chains/fragments", &d), *sharing = find(s, "polyhedra/sharing", NULL);
  const double *k = find(s, "polyhedra/o_count", &kd);
  json_t *o = vt_json_object(), *share = vt_json_object();
  if (!fragments || !sharing || !k || !(single(s, "chains/frames") > 0)) {
    vt_json_put(s->o, "chains", json_null());
    json_decref(o);
    json_decref(share);
    return;
  }
  double all[16] = {0}, metals = 0;
  for (int m = 0; m < s->c->n_species; m++) {
    if (vt_element_role(s->c->z[m]) != 'M') continue;
    for (int q = 0; q < kd->dim[1] && q < 16; q++) all[q] += s->c->count[m] * k[(ptrdiff_t)m * kd->dim[1] + q];
    metals += s->c->count[m];
  }
  for (int q = 0; q < 16; q++) all[q] /= metals > 0 ? metals : 1;
  vt_json_put(o, "fragments", histogram(fragments, 1, d->dim[0]));
  vt_json_put(o, "mean_size", vt_json_num(single(s, "chains/mean_size")));
  vt_json_put(o, "weight_mean_size", vt_json_num(single(s, "chains/weight_size")));
  vt_json_put(o, "largest", vt_json_num(single(s, "chains/largest")));
  vt_json_put(o, "cycles", vt_json_num(single(s, "chains/cycles")));
  vt_json_put(o, "o_count", histogram(all, 0, 16));
  vt_json_put(share, "corner", vt_json_num(sharing[0]));
  vt_json_put(share, "edge", vt_json_num(sharing[1]));
  vt_json_put(share, "face", vt_json_num(sharing[2]));
  vt_json_put(o, "sharing", share);
  vt_json_put(s->o, "chains", o);
}

void vt_cli_structure_json(const vt_composition *c, const vt_cutoffs *cut, double volume_a3, const vt_array_def *defs,
                           int n_defs, const double *values, json_t *o)
{
  const source s = {.c = c, .defs = defs, .n_defs = n_defs, .values = values, .o = o};
  rdf_json(&s, cut, volume_a3);
  polyhedra_json(&s);
  chains_json(&s);
}
