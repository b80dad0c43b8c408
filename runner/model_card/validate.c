/* validate.c - errors of a model on labelled frames, by element, composition and config_type. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/training/training_impl.h"

/* Sums over frames, all of weight 1. */
typedef struct sums {
  char name[VT_NAME];
  double frames, energy, n_e, force, n_f, virial, n_v, mean_virial, along, square;
} sums;

typedef struct table {
  sums *row;
  int n;
} table;

static vt_status row_of(table *t, const char *name, sums **out, vt_err *err)
{
  int k = 0;
  while (k < t->n && strcmp(t->row[k].name, name) != 0) k++;
  if (k == t->n) {
    VT_PASS(VT_GROW(t->row, t->n, t->n + 1, err));
    (void)snprintf(t->row[t->n++].name, VT_NAME, "%s", name);
  }
  *out = &t->row[k];
  return VT_OK;
}

typedef struct tables {
  sums all;
  table element, comp, config;
} tables;

static void add_frame(const vt_train_sample *s, const vt_train_values *v, sums *to)
{
  to->frames++;
  if (s->has_energy) {
    const double e = (v->energy - s->energy) / s->n;
    to->energy += e * e;
    to->n_e++;
  }
  for (int k = 0; k < 9 && s->has_virial; k++) {
    const double e = (v->virial[k] - s->virial[k]) / s->n;
    to->virial += e * e;
    to->mean_virial += k % 4 == 0 ? e / 3 : 0;
  }
  to->n_v += s->has_virial;
}

static void add_force(const double *got, const double *want, sums *to)
{
  for (int a = 0; a < 3; a++) {
    const double e = got[a] - want[a];
    to->force += e * e;
    to->along += got[a] * want[a];
    to->square += want[a] * want[a];
  }
  to->n_f += 3;
}

static vt_status add_sample(tables *t, const vt_nep_model *m, const vt_train_data *d, const vt_train_sample *s,
                            const vt_train_values *v, vt_err *err)
{
  sums *comp, *config, *element;
  VT_PASS(row_of(&t->comp, d->comp[s->comp], &comp, err));
  VT_PASS(row_of(&t->config, s->config_type[0] ? s->config_type : "none", &config, err));
  sums *const to[] = {&t->all, comp, config};
  for (int k = 0; k < 3; k++) {
    add_frame(s, v, to[k]);
    for (int i = 0; s->f && i < s->n; i++) add_force(v->f[i], s->f[i], to[k]);
  }
  for (int i = 0; s->f && i < s->n; i++) {
    VT_PASS(row_of(&t->element, m->symbol[s->type[i]], &element, err));
    add_force(v->f[i], s->f[i], element);
  }
  return VT_OK;
}

static vt_json *root_mean(double sum, double n) { return vt_json_num(n > 0 ? 1e3 * sqrt(sum / n) : (double)NAN); }

static void put_force(vt_json *o, const sums *s)
{
  vt_json_put(o, "force_rmse_meV_A", root_mean(s->force, s->n_f));
  vt_json_put(o, "force_slope", vt_json_num(s->square > 0 ? s->along / s->square : (double)NAN));
}

static void put_all(vt_json *o, const sums *s)
{
  vt_json_put(o, "n_frames", vt_json_int((int64_t)s->frames));
  vt_json_put(o, "energy_rmse_meV_atom", root_mean(s->energy, s->n_e));
  vt_json_put(o, "virial_rmse_meV_atom", root_mean(s->virial, 9 * s->n_v));
  vt_json_put(o, "mean_virial_meV_atom", vt_json_num(s->n_v > 0 ? 1e3 * s->mean_virial / s->n_v : (double)NAN));
  put_force(o, s);
}

static vt_json *table_json(const table *t, int forces_only)
{
  vt_json *o = vt_json_object();
  for (int k = 0; k < t->n; k++) {
    vt_json *row = vt_json_object();
    if (forces_only)
      put_force(row, &t->row[k]);
    else
      put_all(row, &t->row[k]);
    vt_json_put(o, t->row[k].name, row);
  }
  return o;
}

static vt_status all_frames(tables *t, const vt_nep_model *m, vt_train *train, vt_train_data *d, vt_err *err)
{
  vt_train_set(train, m);
  for (int k = 0; k < d->n; k++) {
    vt_train_sample *s = &d->s[k];
    vt_train_values v;
    VT_TRY(vt_train_sample_frame(m, s, err), err, "%s:%d", d->file[s->file], s->line);
    VT_TRY(vt_train_forward(train, s->frame, &v, err), err, "%s:%d", d->file[s->file], s->line);
    VT_PASS(add_sample(t, m, d, s, &v, err));
    vt_train_sample_drop(s);
    vt_alive();
  }
  return VT_OK;
}

vt_status vt_validate(const vt_nep_model *m, vt_train_data *data, vt_json **out, vt_err *err)
{
  tables t = {0};
  vt_train *train = NULL;
  *out = NULL;
  vt_status rc = vt_train_open(m, vt_simd_best(), &train, err);
  if (rc == VT_OK) rc = all_frames(&t, m, train, data, err);
  if (rc == VT_OK) {
    *out = vt_json_object();
    put_all(*out, &t.all);
    vt_json_put(*out, "by_element", table_json(&t.element, 1));
    vt_json_put(*out, "by_composition", table_json(&t.comp, 0));
    vt_json_put(*out, "by_config_type", table_json(&t.config, 0));
  }
  vt_train_close(train);
  vt_free(t.element.row);
  vt_free(t.comp.row);
  vt_free(t.config.row);
  return rc;
}

void vt_validate_text(const vt_json *v, vt_buf *out)
{
  const double no = (double)NAN;
  vt_buf_printf(out,
                "%lld frames: energy %.2f meV/atom, force %.1f meV/A (slope %.3f), virial %.2f meV/atom, mean virial "
                "%+.2f meV/atom",
                (long long)vt_json_get_int(v, "n_frames", 0), vt_json_get_num(v, "energy_rmse_meV_atom", no),
                vt_json_get_num(v, "force_rmse_meV_A", no), vt_json_get_num(v, "force_slope", no),
                vt_json_get_num(v, "virial_rmse_meV_atom", no), vt_json_get_num(v, "mean_virial_meV_atom", no));
}
