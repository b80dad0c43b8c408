/* gates.c - what must hold before a D is believed: one table of limits (T 13.6). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/structure/structure_impl.h"

VT_REASONS(vt_gate_states, VT_GATE_STATES);

/* THE limits.  Sources: rows R2, R3, R12, R13 of the bands that were declared before any campaign, and the list of
 * failure modes of melt-quenched oxyhalides that stands with them (T 13.6 tells what each rests on). */
const vt_gate_rule vt_gate_rules[VT_N_GATES] = {
    [VT_GATE_STATIONARY] = {"stationary", "1", -(double)INFINITY, 3,
                            "largest |z| between first and last third: energy, temperature, pressure, D of a species",
                            "at most 3", "failure mode 'ageing': slopes of first and last third differ by > 3 s"},
    [VT_GATE_FREE_ANIONS] = {"free_anions", "1", -(double)INFINITY, 0.03, "share of the anions bound to no metal",
                             "at most 0.03", "R3; beyond it a salt or an oxide has separated"},
    [VT_GATE_O_VARIANCE] = {"o_variance", "1", 0.38, 0.8, "variance of the oxygens of a metal",
                            "0.38 (linear chains) to 0.8", "R2, for 0.75 oxygens a metal; a random network has 0.94"},
    [VT_GATE_MELT] = {"melt", "A^2", 10, (double)INFINITY, "mean squared displacement of the metals in the melt",
                      "at least 10 A^2", "failure mode 'framework frozen at melt': a site distance squared"},
    [VT_GATE_METALS_CLOSE] = {"metals_close", "1", -(double)INFINITY, (double)INFINITY,
                              "share of the frames with two metals nearer than 2.6 A", "reported, not judged",
                              "R13: edges of Al2O2 rings come that near for moments"},
    [VT_GATE_PRESSURE] = {"pressure", "GPa", -0.1, 0.1, "mean pressure of production",
                          "within 0.1 GPa (1 kbar) of zero", "R12; failure mode 'wrong density'"},
    [VT_GATE_VOLUME] = {"volume", "1", -(double)INFINITY, 0.01, "relative standard error of the mean volume",
                        "at most 0.01", "failure mode 'wrong density': glasses differed by 6 %"}};

/* R2 states its band at this oxygen content only. */
static const double band_oxygens = 0.75, band_within = 0.05;

void vt_gates_none(vt_gates *out)
{
  *out = (vt_gates){0};
  for (int k = 0; k < VT_N_GATES; k++) out->gate[k] = (vt_gate){.value = (double)NAN, .state = VT_GATE_NOT_OBSERVED};
}

static double atoms_with(const vt_composition *c, int roles) { return vt_comp_atoms(c, roles); }

double vt_melt_metals(const vt_composition *c, const double *msd_a2)
{
  double sum = 0;
  for (int s = 0; s < c->n_species; s++)
    if (vt_comp_role(c, s) == VT_ROLE_NETWORK) sum += c->count[s] * msd_a2[s];
  return sum / atoms_with(c, VT_ROLE_NETWORK); /* 0/0 without one */
}

double vt__metals_close(const vt_composition *c, const vt_arrays *a, double volume_a3)
{
  const double third_of_sphere = 4 * 3.14159265358979323846 / 3;
  const vt_array_def *d, *d_g;
  const double *r = vt_arrays_find(a, &vt_a_rdf_r, &d), *g = vt_arrays_find(a, &vt_a_rdf_g, &d_g);
  const int n = c->n_species;
  double pairs = 0;
  if (!r || !g || d->dim[0] < 1 || !(atoms_with(c, VT_ROLE_NETWORK) > 0)) return (double)NAN;
  const int n_bins = d->dim[0];
  const double width = 2 * r[0]; /* centres of equal bins from 0 on */
  if (!(width > 0) || n_bins * width < VT_METALS_CLOSE_A) return (double)NAN;
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      if (vt_comp_role(c, i) != VT_ROLE_NETWORK || vt_comp_role(c, j) != VT_ROLE_NETWORK) continue;
      const double *row = g + (ptrdiff_t)vt_pair_index(i, j, n) * n_bins;
      const double all = (i == j ? 0.5 : 1.0) * c->count[i] * c->count[j]; /* as rdf counts them */
      for (int k = 0; k < n_bins && k * width < VT_METALS_CLOSE_A; k++) {
        const double lo = k * width, hi = fmin(lo + width, VT_METALS_CLOSE_A);
        pairs += row[k] * all / volume_a3 * third_of_sphere * (hi * hi * hi - lo * lo * lo);
      }
    }
  return pairs;
}

static int has_band(const vt_composition *c)
{
  const double share = atoms_with(c, VT_ROLE_COUNTED) / atoms_with(c, VT_ROLE_NETWORK);
  return fabs(share - band_oxygens) <= band_within;
}

/* What a value means for its gate where there is no other reason. */
static vt_gate_state judge(const vt_gate_rule *rule, double x)
{
  if (isnan(x)) return VT_GATE_NOT_OBSERVED;
  if (isinf(rule->lo) && isinf(rule->hi)) return VT_GATE_REPORTED;
  return x >= rule->lo && x <= rule->hi ? VT_GATE_PASSED : VT_GATE_FAILED;
}

void vt_gates_judge(const vt_gate_input *in, vt_gates *out)
{
  const vt_structure_summary *s = in->structure;
  const double value[VT_N_GATES] = {[VT_GATE_STATIONARY] = s->worst_z,
                                    [VT_GATE_FREE_ANIONS] = s->free_anions,
                                    [VT_GATE_O_VARIANCE] = s->o_variance,
                                    [VT_GATE_MELT] = in->melt_a2,
                                    [VT_GATE_METALS_CLOSE] = s->metals_close_share,
                                    [VT_GATE_PRESSURE] = in->pressure_gpa,
                                    [VT_GATE_VOLUME] = in->volume_error};
  *out = (vt_gates){0};
  for (int k = 0; k < VT_N_GATES; k++) {
    vt_gate_state state = judge(&vt_gate_rules[k], value[k]);
    if (k == VT_GATE_O_VARIANCE && state != VT_GATE_NOT_OBSERVED && !has_band(in->comp)) state = VT_GATE_NO_LIMIT;
    if (k == VT_GATE_MELT && state == VT_GATE_NOT_OBSERVED) state = VT_GATE_NO_MELT;
    if (k == VT_GATE_VOLUME && state == VT_GATE_NOT_OBSERVED) state = VT_GATE_NO_VOLUME;
    out->gate[k] = (vt_gate){.value = value[k], .state = (int32_t)state};
    out->n_failed += state == VT_GATE_FAILED;
  }
}
