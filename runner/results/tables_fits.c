/* tables_fits.c - /transport, /fits and /compare: one member of a struct a dataset. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"

/* Tracer columns [n_tasks, n_species of the campaign]. */
static void tracer_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const vt__rows rows = {f->transport, sizeof *f->transport, vt__axes_tasks(c)};
  for (int k = 0; k < vt_tracer_fields.n; k++) {
    vt_field fd = vt_tracer_fields.f[k];
    char name[64];
    (void)snprintf(name, sizeof name, "tracer_%s", fd.name);
    fd.name = name;
    fd.offset += offsetof(vt_transport, tracer);
    vt__table_species(t, c, "/transport", &fd, &rows, sizeof(vt_tracer), offsetof(vt_transport, n_species));
  }
}

/* Each glass in the window of all glasses, and what of it goes into the fits (THEORY.md 7.7). */
static void pool_glass_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  static const vt_field field[] = {{.offset = offsetof(vt_pool_glass, d_alkali),
                                    .name = "D_alkali_pool_window",
                                    .unit = "cm^2/s",
                                    .doc = "D of the alkali in the window of all glasses; may be negative"},
                                   {.offset = offsetof(vt_pool_glass, d_alkali_se),
                                    .name = "D_alkali_pool_window_se",
                                    .unit = "cm^2/s",
                                    .doc = "its standard error"},
                                   {.offset = offsetof(vt_pool_glass, x_alkali),
                                    .name = "D_alkali_point",
                                    .unit = "cm^2/s",
                                    .doc = "what is fitted: mean over glasses times exp(D / mean - 1)"},
                                   {.offset = offsetof(vt_pool_glass, x_alkali_se),
                                    .name = "D_alkali_point_se",
                                    .unit = "cm^2/s",
                                    .doc = "its standard error"},
                                   {.offset = offsetof(vt_pool_glass, x_sigma_mS_cm),
                                    .name = "sigma_point_mS_cm",
                                    .unit = "mS/cm",
                                    .doc = "conductivity that is fitted, in the same way"},
                                   {.offset = offsetof(vt_pool_glass, x_sigma_se),
                                    .name = "sigma_point_se_mS_cm",
                                    .unit = "mS/cm",
                                    .doc = "its standard error"}};
  const vt_fields all = {field, VT_COUNT(field)};
  const vt__rows rows = {f->of_pool, sizeof *f->of_pool, vt__axes_tasks(c)};
  vt__table_fields(t, "/transport", &all, &rows);
}

static void transport_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const vt_axes tasks = vt__axes_tasks(c);
  const vt__rows rows = {f->transport, sizeof *f->transport, tasks};
  const int first = t->n;
  vt__table_fields(t, "/transport", &vt_transport_fields, &rows);
  if (t->rc != VT_OK) return;
  for (int k = first; k < t->n; k++) {
    double *v = t->memory[k];
    for (int i = 0; i < c->n_tasks; i++)
      if (f->transport[i].n_species == 0) v[i] = NAN;
  }
  double *d = vt__table_f64(t, "/transport/D_alkali", "cm^2/s", f->fitted[VT_Q_D_ALKALI].what.doc, tasks);
  double *se = vt__table_f64(t, "/transport/D_alkali_se", "cm^2/s", "its standard error", tasks);
  if (t->rc != VT_OK) return;
  memcpy(d, f->d_alkali, (size_t)c->n_tasks * sizeof *d);
  memcpy(se, f->d_alkali_se, (size_t)c->n_tasks * sizeof *se);
  pool_glass_tables(t, c, f);
}

/* What became of every point of every fit. */
static void status_tables(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  static const vt_field status = {
      .kind = VT_FIELD_REASON, .doc = "in the fit, -1 not a point", .reasons = &vt_point_statuses};
  char path[96], doc[160];
  vt_field_doc(&status, doc);
  for (int q = 0; q < f->n_quantities; q++) {
    (void)snprintf(path, sizeof path, "/transport/%s_status", f->fitted[q].what.name);
    int64_t *v = vt__table_i64(t, path, doc, vt__axes_tasks(c));
    for (int i = 0; v && i < c->n_tasks; i++) v[i] = f->fitted[q].status[i];
  }
}

static void compare_tables(vt_tables *t, const vt_campaign *c, const char *group, const vt_compare *cmp)
{
  char path[96];
  const vt__rows one = {cmp, sizeof *cmp, (vt_axes){0}};
  vt__table_fields(t, group, &vt_compare_fields, &one);
  vt__table_fields(t, group, &vt_verdict_fields, &one);
  for (int q = 0; q < vt_compared_fields.n; q++) {
    const vt_field *f = &vt_compared_fields.f[q];
    (void)snprintf(path, sizeof path, "%.60s/%.30s", group, f->name);
    double *v = vt__table_f64(t, path, f->unit, f->doc, vt__axes_comps(c));
    if (t->rc != VT_OK) return;
    for (int i = 0; i < c->n_comp; i++) v[i] = NAN;
    for (int i = 0; i < cmp->k; i++) v[cmp->comp[i]] = vt_field_at(f, cmp, i);
  }
}

/* /compare/<quantity>/variance/<factor>, residual, glass, sampling: sd in decades. */
static void variance_tables(vt_tables *t, const char *quantity, const vt_comparison *c)
{
  static const char doc[] = "sd of the effect of this factor, noise-corrected; NaN: not resolved";
  const vt_var_split *v = &c->variance;
  const vt_axes one = (vt_axes){0};
  char group[64], path[96];
  (void)snprintf(group, sizeof group, "/compare/%.40s/variance", quantity);
  for (int q = 0; q < v->n_factors; q++) {
    (void)snprintf(path, sizeof path, "%s/%.30s", group, c->factor[q]);
    double *x = vt__table_f64(t, path, "decades", doc, one);
    if (x) x[0] = v->factor[q];
  }
  vt__table_fields(t, group, &vt_var_split_fields, &(vt__rows){v, sizeof *v, one});
}

/* /fits/<quantity>/by_temperature/<member> [composition, temperature]. */
static void value_tables(vt_tables *t, const vt_campaign *c, const vt_fitted *q)
{
  char path[96];
  for (int k = 0; k < vt_at_t_fields.n; k++) {
    const vt_field *f = &vt_at_t_fields.f[k];
    if (!f->name) continue;
    (void)snprintf(path, sizeof path, "/fits/%.40s/by_temperature/%.30s", q->what.name, f->name);
    const int whole = f->kind == VT_FIELD_COUNT;
    int64_t *count = whole ? vt__table_i64(t, path, f->doc, vt__axes_groups(c)) : NULL;
    double *v = whole ? NULL : vt__table_f64(t, path, *f->unit ? f->unit : q->what.unit, f->doc, vt__axes_groups(c));
    if (t->rc != VT_OK) return;
    for (int i = 0; v && i < c->n_comp * c->n_temp; i++) v[i] = NAN; /* counts: 0 */
    for (int i = 0; i < q->n_at; i++)
      for (int j = 0; j < c->n_temp; j++) {
        const int at = q->at[i].comp * c->n_temp + j;
        if (c->t_k[j] != q->at[i].t_k) continue;
        if (v)
          v[at] = vt_field_at(f, &q->at[i], 0);
        else if (count)
          count[at] = (int64_t)vt_field_at(f, &q->at[i], 0);
      }
  }
}

/* Values at a temperature are in the quantity's unit. */
static void fit_tables(vt_tables *t, const vt_campaign *c, const char *group, const vt_fitted *q)
{
  const vt__rows rows = {q->arrh, sizeof(vt_arrh), vt__axes_comps(c)};
  for (int k = 0; k < vt_arrh_fields.n; k++) {
    vt_field f = vt_arrh_fields.f[k];
    if (!*f.unit) f.unit = q->what.unit;
    vt__table_field(t, group, &f, &rows);
  }
}

void vt__tables_fits(vt_tables *t, const vt_campaign *c, const vt_fits *f)
{
  const vt_axes comps = vt__axes_comps(c);
  tracer_tables(t, c, f);
  transport_tables(t, c, f);
  status_tables(t, c, f);
  vt__table_fields(t, "/transport/glass", &vt_tg_fields, &(vt__rows){f->tg, sizeof *f->tg, vt__axes_tasks(c)});
  vt__table_fields(t, "/fits/glass_transition", &vt_tg_summary_fields,
                   &(vt__rows){f->tg_comp, sizeof *f->tg_comp, comps});
  for (int q = 0; q < f->n_quantities; q++) {
    const vt_fitted *one = &f->fitted[q];
    char group[96];
    (void)snprintf(group, sizeof group, "/fits/%s", one->what.name);
    fit_tables(t, c, group, one);
    value_tables(t, c, one);
    (void)snprintf(group, sizeof group, "/compare/%s", one->what.name);
    compare_tables(t, c, group, &one->compare.at_t);
    variance_tables(t, one->what.name, &one->compare);
    (void)snprintf(group, sizeof group, "/compare/%s/at_tg", one->what.name);
    compare_tables(t, c, group, &one->compare.at_tg);
  }
}
