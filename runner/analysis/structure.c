/* structure.c - g(r), coordination, polyhedra and chains out of the arrays of one task. */
#include <math.h>
#include <string.h>

#include "runner/analysis/analysis_impl.h"

static double analysis_structure_single(const vt_analysis *a, const vt_array_name *name)
{
  const double *v = vt__find(a, name, NULL);
  return v ? *v : (double)NAN;
}

/* Row `row` of an array [rows][n]; x NULL where it was not observed. */
static vt_histogram row_of(const vt_analysis *a, const vt_array_name *name, int row)
{
  const vt_array_def *d = NULL;
  const double *x = vt__find(a, name, &d);
  if (!x) return (vt_histogram){0};
  return (vt_histogram){.x = x + (ptrdiff_t)row * d->dim[1], .n = d->dim[1]};
}

/* ------------------------------------------------------------------ g(r), coordination numbers */

static vt_status coordination(vt_analysis *a, vt_err *err)
{
  const vt_composition *c = vt__comp(a);
  const vt_array_def *d = NULL;
  const double *r = vt__find(a, &vt_a_rdf_r, &d), volume_a3 = a->transport.volume_a3;
  const int n = c->n_species;
  void *block = NULL;
  if (!r || d->dim[0] == 0 || !isfinite(volume_a3)) {
    vt_analysis_warn(a, "no g(r) and coordination numbers: rdf or the volume (thermo) was not observed");
    return VT_OK;
  }
  const size_t n_bins = (size_t)d->dim[0];
  VT_TRY(vt_calloc64(&block, (size_t)(n * n) * n_bins, sizeof *a->running, err), err, "coordination numbers");
  a->running = block;
  a->n_bins = d->dim[0];
  a->r_a = r;
  a->g = vt__find(a, &vt_a_rdf_g, NULL);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      const double *g = a->g + (size_t)vt_pair_index(i, j, n) * n_bins, cut = a->m->cutoffs->r[i][j];
      double *running = a->running + (size_t)(i * n + j) * n_bins;
      VT_PASS(vt_coordination_of(a->n_bins, r, g, c->count[j] / volume_a3, cut, running, &a->shell[i][j], err));
      if (!isfinite(a->shell[i][j].cn))
        vt_analysis_warn(a, "no coordination number of %s around %s: g(r) is not known up to %.3g A", vt__symbol(a, j),
                         vt__symbol(a, i), cut);
    }
  return VT_OK;
}

/* ------------------------------------------------------------------ polyhedra, chains */

static void analysis_structure_polyhedra(vt_analysis *a)
{
  const vt_composition *c = vt__comp(a);
  int metals = 0;
  for (int s = 0; s < c->n_species; s++) {
    const int role = vt_comp_role(c, s);
    if (role & VT_ROLE_ANIONS) a->metals_of_anion[s] = row_of(a, &vt_a_polyhedra_anion, s);
    if (role != VT_ROLE_NETWORK) continue;
    metals++;
    if (vt__find(a, &vt_a_polyhedra_cn, NULL))
      a->centre[a->n_centres++] = (vt_centre_numbers){
          .species = s, .anions = row_of(a, &vt_a_polyhedra_cn, s), .oxygens = row_of(a, &vt_a_polyhedra_o_count, s)};
  }
  if (!metals)
    vt_analysis_warn(
        a, "no polyhedra, chains and residence times: they need a metal (a network cation: Al, Si, P, Zr, ...)");
  else if (a->n_centres == 0)
    vt_analysis_warn(a, "no polyhedra: they were not observed");
}

/* Shares of all metals alike, by number of oxygens. */
static void oxygens_of_all(const vt_analysis *a, double all[VT_ANALYSIS_OXYGENS])
{
  const vt_composition *c = vt__comp(a);
  double metals = 0;
  for (int k = 0; k < a->n_centres; k++) {
    const vt_histogram *h = &a->centre[k].oxygens;
    const double count = c->count[a->centre[k].species];
    for (int q = 0; q < h->n && q < VT_ANALYSIS_OXYGENS; q++) all[q] += count * h->x[q];
    metals += count;
  }
  for (int q = 0; q < VT_ANALYSIS_OXYGENS; q++) all[q] /= metals > 0 ? metals : 1;
}

static void analysis_structure_chains(vt_analysis *a)
{
  const vt_array_def *d = NULL;
  const double *fragments = vt__find(a, &vt_a_chains_fragments, &d);
  vt_chain_numbers *o = &a->chains;
  if (!vt__has_metal(a) || !fragments || !(analysis_structure_single(a, &vt_a_chains_frames) > 0)) {
    if (vt__has_metal(a)) vt_analysis_warn(a, "no chains: they were not observed");
    return;
  }
  *o = (vt_chain_numbers){.observed = 1,
                          .fragments = {.x = fragments, .first = 1, .n = d->dim[0]},
                          .mean_size = analysis_structure_single(a, &vt_a_chains_mean_size),
                          .weight_mean_size = analysis_structure_single(a, &vt_a_chains_weight_size),
                          .largest = analysis_structure_single(a, &vt_a_chains_largest),
                          .cycles = analysis_structure_single(a, &vt_a_chains_cycles),
                          .sharing = vt__find(a, &vt_a_polyhedra_sharing, NULL),
                          .with_oxygens = vt__find(a, &vt_a_polyhedra_o_count, NULL) != NULL};
  if (o->with_oxygens) oxygens_of_all(a, o->oxygens);
}

vt_status vt__structure_numbers(vt_analysis *a, vt_err *err)
{
  VT_PASS(coordination(a, err));
  analysis_structure_polyhedra(a);
  analysis_structure_chains(a);
  return VT_OK;
}
