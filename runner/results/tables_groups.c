/* tables_groups.c - /structure and /stationarity by task; /pool, /residence and /structure_mean by composition and
 * temperature. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

/* ------------------------------------------------------------------ by task */

#define T(member, unit, doc) VT_FIELD(vt_trend, member, #member, unit, doc)
static const vt_field trend_fields[] = {
    T(first, "", "first third of the run"),
    T(first_se, "", "its standard error"),
    T(last, "", "last third of the run"),
    T(last_se, "", "its standard error"),
    T(z, "1", "(last - first) / its standard error"),
    VT_FIELD_INT(vt_trend, flag, "flag", "0 unknown, 1 stationary, 2 not: |z| > 3")};
#undef T

/* A field of the trend `what`: its unit where the field has none of its own. */
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
  static const vt_field whole[] = {
      VT_FIELD(vt_structure_summary, worst_z, "worst_z", "1", "largest |z| of all that is known"),
      VT_FIELD_INT(vt_structure_summary, stationarity.flag, "flag",
                   "0 unknown; 1 nothing drifts; 2 something does: |z| > 3")};
  const vt__rows rows = {f->structure, sizeof *f->structure, c->n_tasks, 0};
  for (int k = 0; k < VT_COUNT(whole); k++) vt__table_column(t, "/stationarity", &whole[k], &rows);
  for (int k = 0; k < VT_COUNT(trend_fields); k++) {
    for (int q = 0; q < VT_COUNT(series); q++) {
      const vt_field one = of_trend(&trend_fields[k], series[q].offset, series[q].unit);
      vt__table_column(t, series[q].group, &one, &rows);
    }
    const vt_field d = of_trend(&trend_fields[k], offsetof(vt_structure_summary, stationarity.diffusion), "cm^2/s");
    vt__table_species(t, c, "/stationarity/D", &d, &rows, sizeof(vt_trend),
                      offsetof(vt_structure_summary, stationarity.n_species));
  }
}

/* ------------------------------------------------------------------ by composition and temperature */

/* group/name/value, se, ... of the mean or pool that lies at `what`.offset. */
static void estimate_tables(vt_tables *t, const char *group, const vt_field *what, const vt_field *part, int n_part,
                            const vt__rows *rows)
{
  char path[96], doc[160];
  (void)snprintf(path, sizeof path, "%.40s/%.40s", group, what->name);
  for (int k = 0; k < n_part; k++) {
    vt_field f = part[k];
    (void)snprintf(doc, sizeof doc, "%.80s: %.75s", what->doc, part[k].doc);
    f.offset += what->offset;
    f.n = what->n;
    f.step = what->step;
    f.unit = f.is_int ? "1" : what->unit;
    f.doc = doc;
    vt__table_column(t, path, &f, rows);
  }
}

static void onsager_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const int64_t ns = c->n_species, n = (int64_t)c->n_comp * c->n_temp, dim[] = {c->n_comp, c->n_temp, ns, ns};
  double *l =
      vt__table_nd(t, "/pool/onsager", "mS/cm",
                   "e^2 L_ij by campaign species, barycentric: sigma = sum_ij z_i z_j L_ij; mean over glasses", 4, dim);
  double *se = vt__table_nd(t, "/pool/onsager_se", "mS/cm", "its standard error", 4, dim);
  if (t->rc != VT_OK) return;
  for (int64_t i = 0; i < n * ns * ns; i++) l[i] = se[i] = NAN;
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
      }
  }
}

static void pool_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  static const vt_field whole[] = {
      VT_FIELD_INT(vt_group, n_results, "n_results", "glasses with a result"),
      VT_FIELD_INT(vt_group, pool.reason, "reason", "0 pooled; 1 one glass: no intervals, 2 no glass became diffusive"),
      VT_FIELD_INT(vt_group, pool.n_left_out, "n_left_out",
                   "glasses without a collective window, or that do not conduct in it"),
      VT_FIELD(vt_group, pool.lo_ps, "lo_ps", "ps", "start of the window of all glasses (not that of D)"),
      VT_FIELD(vt_group, pool.hi_ps, "hi_ps", "ps", "end of it")};
  const vt__rows rows = {f->group, sizeof *f->group, c->n_comp, c->n_temp};
  for (int k = 0; k < VT_COUNT(whole); k++) vt__table_column(t, "/pool", &whole[k], &rows);
  for (int k = 0; k < vt_n_pool_members; k++) {
    vt_field what = vt_pool_members[k];
    what.offset += offsetof(vt_group, pool);
    estimate_tables(t, "/pool", &what, vt_pooled_fields, vt_n_pooled_fields, &rows);
  }
  for (int k = 0; k < vt_n_pooled_fields; k++) {
    char doc[160];
    vt_field d = vt_pooled_fields[k];
    d.offset += offsetof(vt_group, pool.d_cm2_s);
    d.unit = d.is_int ? "1" : "cm^2/s";
    (void)snprintf(doc, sizeof doc, "tracer diffusion coefficient by campaign species: %.90s", vt_pooled_fields[k].doc);
    d.doc = doc;
    vt__table_species(t, c, "/pool/D", &d, &rows, sizeof(vt_pooled), offsetof(vt_group, pool.n_species));
  }
  onsager_tables(t, c, f);
}

static void residence_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  static const vt_field estimate[] = {
      VT_FIELD(vt_group, residence.slope, "slope", "1", "d ln tau / dk, k the metal's oxygens"),
      VT_FIELDS(vt_group, residence.ratio, "ratio", "1", "tau_k / tau_0, k = 0..3 (se of its ln)", VT_RES_CLASSES,
                sizeof(vt_over_glasses))};
  static const vt_field whole[] = {
      VT_FIELD(vt_group, residence.page_l, "page_l", "1", "Page's statistic: tau rises with k"),
      VT_FIELD(vt_group, residence.page_z, "page_z", "1", "its deviation from no order, in standard deviations"),
      VT_FIELD(vt_group, residence.page_p, "page_p", "1", "one-sided p, normal approximation"),
      VT_FIELD(vt_group, residence.page_p_exact, "page_p_exact", "1",
               "one-sided p, exact; NaN: ties, or nothing to order"),
      VT_FIELD_INT(vt_group, residence.page_glasses, "page_glasses", "glasses with two classes or more"),
      VT_FIELD_INT(vt_group, residence.n_unresolved, "n_unresolved", "residence times that are not resolved"),
      VT_FIELDS_INT(vt_group, residence.resolved, "resolved", "glasses that have tau_k, k = 0..3", VT_RES_CLASSES,
                    sizeof(int32_t))};
  const vt__rows rows = {f->group, sizeof *f->group, c->n_comp, c->n_temp};
  for (int k = 0; k < VT_COUNT(estimate); k++)
    estimate_tables(t, "/residence", &estimate[k], vt_mean_fields, vt_n_mean_fields, &rows);
  for (int k = 0; k < VT_COUNT(whole); k++) vt__table_column(t, "/residence", &whole[k], &rows);
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
  const vt__rows rows = {all, sizeof *all * (size_t)m, c->n_comp, c->n_temp};
  const vt_field what = {field->name, field->unit, field->doc, 0, 0, field->n, sizeof *all};
  estimate_tables(t, "/structure_mean", &what, vt_mean_fields, vt_n_mean_fields, &rows);
  vt_free(p);
}

/* A mean of bounds or of errors says nothing. */
static int has_mean(const vt_field *f)
{
  const size_t n = strlen(f->name);
  return !f->is_int && !strstr(f->name, "longer_than") && (n < 3 || strcmp(f->name + n - 3, "_se") != 0);
}

void vt__tables_groups(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const vt__rows tasks = {f->structure, sizeof *f->structure, c->n_tasks, 0};
  const int64_t n_temp = c->n_temp;
  double *t_k =
      vt__table_f64(t, "/pool/temperature", "K", "the second axis of /pool, /residence and /structure_mean", n_temp, 0);
  for (int k = 0; t_k && k < n_temp; k++) t_k[k] = c->t_k[k];
  for (int k = 0; k < vt_n_structure_fields; k++) vt__table_column(t, "/structure", &vt_structure_fields[k], &tasks);
  stationarity_tables(t, c, f);
  pool_tables(t, c, f);
  residence_tables(t, c, f);
  for (int k = 0; k < vt_n_structure_fields; k++)
    if (has_mean(&vt_structure_fields[k])) mean_tables(t, c, f, &vt_structure_fields[k]);
}
