/* fields.c - what the members of the result structs are: name, unit, meaning. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "runner/screening/screening.h"

#define S(member, name, unit, doc) VT_FIELD(vt_structure_summary, member, name, unit, doc)
#define S_O                        "by the metal's oxygens 0..3"
#define TAU(kind, word)                                                                                               \
  VT_FIELDS(vt_structure_summary, tau[kind][0].tau_ps, "tau_" word, "ps",                                             \
            "residence time of alkalis at metals, " word ", " S_O, VT_RES_CLASSES, sizeof(vt_residence)),             \
      VT_FIELDS(vt_structure_summary, tau[kind][0].se, "tau_" word "_se", "ps", "its standard error, a lower bound",  \
                VT_RES_CLASSES, sizeof(vt_residence)),                                                                \
      VT_FIELDS(vt_structure_summary, tau[kind][0].longer_than_ps, "tau_" word "_longer_than", "ps",                  \
                "lower bound where it is not resolved", VT_RES_CLASSES, sizeof(vt_residence)),                        \
      VT_FIELDS_INT(vt_structure_summary, tau[kind][0].reason, "tau_" word "_reason",                                 \
                    "0 resolved; 1 outlasts the run, 2 tail beyond the longest lag, 3 no such bonds", VT_RES_CLASSES, \
                    sizeof(vt_residence))

const vt_field vt_structure_fields[] = {
    S(density_g_cm3, "density", "g/cm^3", "density of the produce stage"),
    S(cn_metal, "cn_metal", "1", "anions around a metal"),
    S(cn4, "cn4", "1", "fraction of the metals with four anions"),
    S(o_count, "o_count", "1", "oxygens around a metal"),
    VT_FIELDS(vt_structure_summary, o_fraction, "o_fraction", "1",
              "fraction of the metals with 0, 1, 2, 3, >= 4 oxygens", VT_RES_CLASSES + 1, sizeof(double)),
    S(o_two_metals, "o_two_metals", "1", "share of the oxygens bound to two metals"),
    S(x_bridging, "halogen_bridging", "1", "share of the halogens bound to two metals or more"),
    S(free_anions, "free_anions", "1", "share of the anions bound to no metal"),
    S(chain_mean, "chain_mean", "1", "metals of a fragment, mean over fragments"),
    S(chain_weight, "chain_weight", "1", "metals of a fragment, mean over metals"),
    S(chain_largest, "chain_largest", "1", "metals of the largest fragment"),
    S(chain_largest_share, "chain_largest_share", "1", "the same as a share of all metals"),
    S(cycles_per_metal, "cycles_per_metal", "1", "cycles of the network, of one metal"),
    S(mx_peak_a, "peak_metal_halogen", "A", "first maximum of g(r) of metals and halogens"),
    S(mo_peak_a, "peak_metal_oxygen", "A", "first maximum of g(r) of metals and oxygens"),
    S(turn_mx.time_ps, "turn_metal_halogen", "ps", "reorientation of metal-halogen bonds: 1/e of <P2>"),
    S(turn_mx.longer_than_ps, "turn_metal_halogen_longer_than", "ps", "lower bound where it is not resolved"),
    S(turn_mo.time_ps, "turn_metal_oxygen", "ps", "reorientation of metal-oxygen bonds: 1/e of <P2>"),
    S(turn_mo.longer_than_ps, "turn_metal_oxygen_longer_than", "ps", "lower bound where it is not resolved"),
    S(life_mx.time_ps, "life_metal_halogen", "ps", "metal-halogen bonds: 1/e of those that never broke"),
    S(life_mx.longer_than_ps, "life_metal_halogen_longer_than", "ps", "lower bound where it is not resolved"),
    S(life_mo.time_ps, "life_metal_oxygen", "ps", "metal-oxygen bonds: 1/e of those that never broke"),
    S(life_mo.longer_than_ps, "life_metal_oxygen_longer_than", "ps", "lower bound where it is not resolved"),
    S(jump_rate, "jump_rate", "1/ps", "jumps of one alkali ion between sets of metals"),
    S(jump_back, "jump_back", "1", "fraction of the jumps that return to the set before"),
    S(jump_length_a, "jump_length", "A", "mean length of a jump"),
    TAU(VT_CONTINUOUS, "continuous"),
    TAU(VT_INTERMITTENT, "intermittent"),
    TAU(VT_ENDPOINT, "endpoint")};
const int vt_n_structure_fields = VT_COUNT(vt_structure_fields);

#undef TAU
#undef S

#define P(member, name, doc) VT_FIELD(vt_pooled, member, name, "1", doc)
const vt_field vt_pooled_fields[] = {P(value, "value", "median of the bootstrap over glasses; one glass: its own"),
                                     P(se, "se", "its standard error"),
                                     P(lo95, "lo95", "lower end of its 95 % t interval; NaN: one glass"),
                                     P(hi95, "hi95", "upper end of its 95 % t interval"),
                                     P(pct_lo95, "pct_lo95", "2.5 % percentile of the bootstrap"),
                                     P(pct_hi95, "pct_hi95", "97.5 % percentile of the bootstrap"),
                                     VT_FIELD_INT(vt_pooled, n_glasses, "n_glasses", "glasses that have it")};
const int vt_n_pooled_fields = VT_COUNT(vt_pooled_fields);
#undef P

#define M(member, name, doc) VT_FIELD(vt_over_glasses, member, name, "1", doc)
const vt_field vt_mean_fields[] = {M(value, "value", "mean over glasses"), M(se, "se", "its standard error"),
                                   M(lo95, "lo95", "lower end of its 95 % t interval; NaN: one glass"),
                                   M(hi95, "hi95", "upper end of its 95 % t interval"),
                                   VT_FIELD_INT(vt_over_glasses, n_glasses, "n_glasses", "glasses that have it")};
const int vt_n_mean_fields = VT_COUNT(vt_mean_fields);
#undef M

#define P(member, name, unit, doc) VT_FIELD(vt_pool, member, name, unit, doc)
const vt_field vt_pool_members[] = {
    P(sigma_mS_cm, "sigma", "mS/cm", "Einstein conductivity"),
    P(haven_fw, "haven_framework", "1", "Haven ratio of the alkali, framework frame"),
    P(haven_bary, "haven_barycentric", "1", "Haven ratio of the alkali, barycentric"),
    P(haven_total, "haven_total", "1", "sigma_NE(alkali) / sigma"),
    P(ionicity, "ionicity", "1", "sigma / sigma_NE(all)"),
    P(t_bary, "t_alkali_barycentric", "1", "transference number of the alkali, barycentric"),
    P(t_fw, "t_alkali_framework", "1", "transference number of the alkali, framework frame"),
    P(t_self, "t_alkali_self", "1", "the same from tracer motion alone"),
    P(gap_bary, "t_minus_self_barycentric", "1", "t - t_self, barycentric: what distinct ions do"),
    P(gap_fw, "t_minus_self_framework", "1", "t - t_self, framework frame: what distinct ions do")};
const int vt_n_pool_members = VT_COUNT(vt_pool_members);
#undef P

/* ------------------------------------------------------------------ reading */

double vt_field_at(const vt_field *f, const void *base, int k)
{
  const char *at = (const char *)base + f->offset + (size_t)k * f->step;
  int32_t i;
  double x;
  if (!f->is_int) {
    memcpy(&x, at, sizeof x);
    return x;
  }
  memcpy(&i, at, sizeof i);
  return i;
}

vt_over_glasses vt_structure_mean(const vt_fits *f, int comp, int temp, const vt_field *field, int k)
{
  const int *row = f->md + (ptrdiff_t)(comp * f->n_temp + temp) * f->n_glasses;
  for (int g = 0; g < f->n_glasses; g++) f->of_glasses[g] = vt_field_at(field, &f->structure[row[g]], k);
  return vt_structure_over_glasses(f->of_glasses, f->n_glasses, field->unit);
}
