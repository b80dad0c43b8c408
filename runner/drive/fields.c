/* fields.c - columns of structs as tables; what the structs of structure and of pools are called outside. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/drive/tables.h"

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

const vt__field vt__structure_fields[] = {
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
const int vt__n_structure_fields = VT_COUNT(vt__structure_fields);

#undef TAU
#undef S

#define P(member, name, doc) VT_FIELD(vt_pooled, member, name, "1", doc)
const vt__field vt__pooled_fields[] = {P(value, "value", "median of the bootstrap over glasses; one glass: its own"),
                                       P(se, "se", "its standard error"),
                                       P(lo95, "lo95", "lower end of its 95 % t interval; NaN: one glass"),
                                       P(hi95, "hi95", "upper end of its 95 % t interval"),
                                       P(pct_lo95, "pct_lo95", "2.5 % percentile of the bootstrap"),
                                       P(pct_hi95, "pct_hi95", "97.5 % percentile of the bootstrap"),
                                       VT_FIELD_INT(vt_pooled, n_glasses, "n_glasses", "glasses that have it")};
const int vt__n_pooled_fields = VT_COUNT(vt__pooled_fields);
#undef P

#define M(member, name, doc) VT_FIELD(vt_over_glasses, member, name, "1", doc)
const vt__field vt__mean_fields[] = {M(value, "value", "mean over glasses"), M(se, "se", "its standard error"),
                                     M(lo95, "lo95", "lower end of its 95 % t interval; NaN: one glass"),
                                     M(hi95, "hi95", "upper end of its 95 % t interval"),
                                     VT_FIELD_INT(vt_over_glasses, n_glasses, "n_glasses", "glasses that have it")};
const int vt__n_mean_fields = VT_COUNT(vt__mean_fields);
#undef M

#define P(member, name, unit, doc) VT_FIELD(vt_pool, member, name, unit, doc)
const vt__field vt__pool_members[] = {
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
const int vt__n_pool_members = VT_COUNT(vt__pool_members);
#undef P

/* ------------------------------------------------------------------ reading */

double vt__field_at(const vt__field *f, const void *base, int k)
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

/* A mean without allocation: most campaigns have 3 to 10 glasses; what is beyond is not averaged in. */
vt_over_glasses vt__structure_mean(const vt_fits *f, int comp, int temp, const vt__field *field, int k)
{
  enum { MOST = 1024 };
  double x[MOST];
  const int *row = f->md + (ptrdiff_t)(comp * f->n_temp + temp) * f->n_glasses;
  int n = 0;
  for (int g = 0; g < f->n_glasses && n < MOST; g++) x[n++] = vt__field_at(field, &f->structure[row[g]], k);
  return vt_glasses_mean(x, n, strcmp(field->unit, "ps") == 0); /* all that is in ps is a time that a decay takes */
}

/* ------------------------------------------------------------------ tables */

static void path_of(const char *group, const vt__field *f, char path[96])
{
  (void)snprintf(path, 96, "%.55s/%.38s", group, f->name);
}

static int axes_of(const vt__rows *rows, int64_t last, int64_t dim[3])
{
  int n = 0;
  dim[n++] = rows->n0;
  if (rows->n1 > 0) dim[n++] = rows->n1;
  if (last > 1) dim[n++] = last;
  return n;
}

static int64_t count_of(const vt__rows *rows) { return rows->n0 * (rows->n1 > 0 ? rows->n1 : 1); }

static const char *row_of(const vt__rows *rows, int64_t i) { return (const char *)rows->base + (size_t)i * rows->size; }

void vt__table_column(vt_tables *t, const char *group, const vt__field *f, const vt__rows *rows)
{
  char path[96];
  int64_t dim[3], n = count_of(rows);
  const int m = f->n > 1 ? f->n : 1, n_dim = axes_of(rows, m, dim);
  path_of(group, f, path);
  double *v = f->is_int ? NULL : vt__table_nd(t, path, f->unit, f->doc, n_dim, dim);
  int64_t *w = f->is_int ? vt__table_nd_i64(t, path, f->doc, n_dim, dim) : NULL;
  for (int64_t i = 0; t->rc == VT_OK && i < n * m; i++) {
    const double x = vt__field_at(f, row_of(rows, i / m), (int)(i % m));
    if (v) v[i] = x;
    if (w) w[i] = (int64_t)x;
  }
}

void vt__table_species(vt_tables *t, const vt_campaign *c, const char *group, const vt__field *f, const vt__rows *rows,
                       size_t step, size_t n_species)
{
  char path[96];
  int64_t dim[3] = {rows->n0, rows->n1}, n = count_of(rows);
  const int ns = c->n_species, n_dim = rows->n1 > 0 ? 3 : 2;
  dim[n_dim - 1] = ns;
  path_of(group, f, path);
  double *v = f->is_int ? NULL : vt__table_nd(t, path, f->unit, f->doc, n_dim, dim);
  int64_t *w = f->is_int ? vt__table_nd_i64(t, path, f->doc, n_dim, dim) : NULL;
  for (int64_t i = 0; t->rc == VT_OK && i < n; i++) {
    const vt_composition *comp = &c->comp[rows->n1 > 0 ? i / rows->n1 : c->task[i].comp];
    int32_t known;
    memcpy(&known, row_of(rows, i) + n_species, sizeof known);
    for (int s = 0; s < ns; s++) {
      int q = 0;
      while (q < known && comp->z[q] != c->z[s]) q++;
      const double x = q < known ? vt__field_at(f, row_of(rows, i) + (size_t)q * step, 0) : f->is_int ? -1 : NAN;
      if (v) v[i * ns + s] = x;
      if (w) w[i * ns + s] = (int64_t)x;
    }
  }
}
