/* tables_groups.c - /structure, /stationarity, /gates by task; /pool, /residence and /structure_mean by composition and
 * temperature. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

/* ------------------------------------------------------------------ by task */

/* A field of the trend at `offset`: its unit where the field has none of its own. */
static vt_field of_trend(const vt_field *f, size_t offset, const char *unit)
{
  vt_field out = *f;
  out.offset += offset;
  if (!*out.unit) out.unit = unit;
  return out;
}

static void stationarity_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  static const struct {
    const char *group, *unit;
    size_t offset;
  } series[] = {{"/stationarity/energy", "eV", offsetof(vt_structure_summary, stationarity.energy)},
                {"/stationarity/temperature", "K", offsetof(vt_structure_summary, stationarity.temperature)},
                {"/stationarity/pressure", "GPa", offsetof(vt_structure_summary, stationarity.pressure)}};
  const vt__rows rows = {f->structure, sizeof *f->structure, vt__axes_tasks(c)};
  vt__table_fields(t, "/stationarity", &vt_stationarity_fields, &rows);
  for (int k = 0; k < vt_trend_fields.n; k++) {
    const vt_field *field = &vt_trend_fields.f[k];
    for (int q = 0; q < VT_COUNT(series); q++) {
      const vt_field one = of_trend(field, series[q].offset, series[q].unit);
      vt__table_field(t, series[q].group, &one, &rows);
    }
    const vt_field d = of_trend(field, offsetof(vt_structure_summary, stationarity.diffusion), "cm^2/s");
    vt__table_species(t, c, "/stationarity/D", &d, &rows, sizeof(vt_trend),
                      offsetof(vt_structure_summary, stationarity.n_species));
  }
}

/* ------------------------------------------------------------------ by composition and temperature */

static void onsager_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const int64_t ns = c->n_species, n = (int64_t)c->n_comp * c->n_temp;
  const vt_axes axes = vt__axis_more(vt__axis_more(vt__axes_groups(c), "species", ns), "species", ns);
  double *l =
      vt__table_f64(t, "/pool/onsager", "mS/cm",
                    "e^2 L_ij by campaign species, barycentric: sigma = sum_ij z_i z_j L_ij; sums over glasses", axes);
  double *se = vt__table_f64(t, "/pool/onsager_se", "mS/cm", "its standard error", axes);
  double *recoil = vt__table_f64(t, "/pool/onsager_recoil", "mS/cm",
                                 "what it would be if all but the alkali recoiled as one body", axes);
  if (t->rc != VT_OK) return;
  for (int64_t i = 0; i < n * ns * ns; i++) l[i] = se[i] = recoil[i] = NAN;
  for (int64_t g = 0; g < n; g++) {
    const vt_pool *p = &f->group[g].pool;
    const vt_composition *comp = &c->comp[g / c->n_temp];
    int map[VT_MAX_SPECIES] = {0};
    for (int q = 0; q < p->n_species; q++)
      while (map[q] < ns - 1 && c->z[map[q]] != comp->z[q]) map[q]++;
    for (int a = 0; a < p->n_species; a++)
      for (int b = 0; b < p->n_species; b++) {
        l[(g * ns + map[a]) * ns + map[b]] = p->l[a][b];
        se[(g * ns + map[a]) * ns + map[b]] = p->l_se[a][b];
        recoil[(g * ns + map[a]) * ns + map[b]] = p->recoil[a][b];
      }
  }
}

/* The rows of a member of vt_group. */
static vt__rows groups_at(const vt_campaign *c, const vt_fits *f, size_t offset)
{
  return (vt__rows){(const char *)f->group + offset, sizeof *f->group, vt__axes_groups(c)};
}

static void pool_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  static const vt_field n_results = {.offset = offsetof(vt_group, n_results),
                                     .kind = VT_FIELD_COUNT,
                                     .name = "n_results",
                                     .unit = "1",
                                     .doc = "glasses with a result"};
  const vt__rows all = groups_at(c, f, 0), rows = groups_at(c, f, offsetof(vt_group, pool));
  vt__table_field(t, "/pool", &n_results, &all);
  vt__table_fields(t, "/pool", &vt_pool_state_fields, &rows);
  vt__table_fields(t, "/pool", &vt_pool_fields, &rows);
  for (int k = 0; k < vt_pooled_fields.n; k++) {
    char doc[160];
    vt_field d = vt_pooled_fields.f[k];
    if (!d.name) continue;
    d.offset += offsetof(vt_pool, d_cm2_s);
    if (!*d.unit) d.unit = "cm^2/s";
    (void)snprintf(doc, sizeof doc, "tracer diffusion coefficient by campaign species: %.90s", d.doc);
    d.doc = doc;
    vt__table_species(t, c, "/pool/D", &d, &rows, sizeof(vt_pooled), offsetof(vt_pool, n_species));
  }
  onsager_tables(t, c, f);
}

/* Means over glasses of one field; computed here, since nothing else needs all of them at once. */
static void mean_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f, const vt_field *field)
{
  const int m = field->n > 1 ? field->n : 1;
  const size_t n = (size_t)c->n_comp * (size_t)c->n_temp;
  void *p;
  if (t->rc != VT_OK) return;
  t->rc = vt_calloc64(&p, n * (size_t)m, sizeof(vt_over_glasses), t->err);
  if (t->rc != VT_OK) return;
  vt_over_glasses *all = p;
  for (size_t i = 0; i < n; i++)
    for (int k = 0; k < m; k++)
      all[i * (size_t)m + (size_t)k] = vt_structure_mean(f, (int)i / c->n_temp, (int)i % c->n_temp, field, k);
  const vt__rows rows = {all, sizeof *all * (size_t)m, vt__axes_groups(c)};
  const vt_field what = {.kind = VT_FIELD_PARTS,
                         .name = field->name,
                         .unit = field->unit,
                         .doc = field->doc,
                         .n = field->n,
                         .step = sizeof *all,
                         .parts = &vt_mean_fields};
  vt__table_field(t, "/structure_mean", &what, &rows);
  vt_free(p);
}

void vt__tables_groups(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const vt__rows tasks = {f->structure, sizeof *f->structure, vt__axes_tasks(c)};
  const vt__rows residence = groups_at(c, f, offsetof(vt_group, residence));
  double *t_k = vt__table_f64(t, "/pool/temperature", "K", "the second axis of /pool, /residence and /structure_mean",
                              vt__axis("temperatures", c->n_temp));
  for (int k = 0; t_k && k < c->n_temp; k++) t_k[k] = c->t_k[k];
  vt__table_fields(t, "/structure", &vt_structure_fields, &tasks);
  stationarity_tables(t, c, f);
  const vt__rows gates = {f->gates, sizeof *f->gates, vt__axes_tasks(c)};
  vt__table_fields(t, "/gates", &vt_gates_fields, &gates);
  pool_tables(t, c, f);
  vt__table_fields(t, "/residence", &vt_res_trend_fields, &residence);
  for (int k = 0; k < vt_structure_fields.n; k++)
    if (vt_structure_fields.f[k].json) mean_tables(t, c, f, &vt_structure_fields.f[k]);
}
