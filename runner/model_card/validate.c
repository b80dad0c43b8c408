/* validate.c - errors of a model on labelled frames, by element, composition and config_type. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/model_card/model_card_impl.h"

static vt_status row_of(vt__table *t, const char *name, vt__sums **out, vt_err *err)
{
  int k = 0;
  while (t->row && k < t->n && strcmp(t->row[k].name, name) != 0) k++;
  if (k == t->n) {
    VT_PASS(VT_GROW(t->row, t->n, t->n + 1, err));
    (void)snprintf(t->row[t->n++].name, VT_NAME, "%s", name);
  }
  *out = &t->row[k];
  return VT_OK;
}

/* ------------------------------------------------------------------ sums */

static void add_frame(const vt_train_sample *s, const vt_train_values *v, vt__sums *to)
{
  double mean = 0;
  to->frames++;
  if (s->has_energy) {
    const double e = (v->energy - s->energy) / s->n;
    to->energy += e * e;
    to->n_e++;
  }
  for (int k = 0; k < 9 && s->has_virial; k++) {
    const double e = (v->virial[k] - s->virial[k]) / s->n;
    to->virial += e * e;
    mean += k % 4 == 0 ? e / 3 : 0;
  }
  to->mean_virial += mean;
  to->mean_virial_2 += mean * mean;
  to->n_v += s->has_virial;
}

static void add_force(const double *got, const double *want, vt__sums *to)
{
  for (int a = 0; a < 3; a++) {
    const double e = got[a] - want[a];
    to->force += e * e;
    to->along += got[a] * want[a];
    to->square += want[a] * want[a];
  }
  to->n_f += 3;
}

void vt__sums_add(vt__sums *to, const vt_train_sample *s, const vt_train_values *v)
{
  add_frame(s, v, to);
  for (int i = 0; s->f && i < s->n; i++) add_force(v->f[i], s->f[i], to);
}

/* Liquids and glasses by their volume; NULL: the frame does not say. */
static const char *stretch_of(const vt_train_sample *s)
{
  static const char *const name[] = {"0 to 0.95", "0.95 to 1.05", "1.05 to 1.15", "1.15 to 1.30", "1.30 and more"};
  static const double above[] = {0.95, 1.05, 1.15, 1.30};
  int k = 0;
  if (!isfinite(s->v_v0)) return NULL;
  while (k < 4 && s->v_v0 > above[k]) k++;
  return name[k];
}

vt_status vt__tables_add(vt__tables *t, const vt_nep_model *m, const vt_train_data *d, const vt_train_sample *s,
                         const vt_train_values *v, vt_err *err)
{
  vt__sums *comp, *config, *element, *stretch = NULL;
  VT_PASS(row_of(&t->comp, d->comp[s->comp], &comp, err));
  VT_PASS(row_of(&t->config, s->config_type[0] ? s->config_type : "none", &config, err));
  if (stretch_of(s)) VT_PASS(row_of(&t->stretch, stretch_of(s), &stretch, err));
  vt__sums *const to[] = {&t->all, comp, config, stretch};
  for (int k = 0; k < 4 && to[k]; k++) vt__sums_add(to[k], s, v);
  for (int i = 0; s->f && i < s->n; i++) {
    VT_PASS(row_of(&t->element, m->symbol[s->type[i]], &element, err));
    add_force(v->f[i], s->f[i], element);
  }
  return VT_OK;
}

void vt__tables_free(vt__tables *t)
{
  vt_free(t->element.row);
  vt_free(t->comp.row);
  vt_free(t->config.row);
  vt_free(t->stretch.row);
  *t = (vt__tables){0};
}

static int comes_before(const char *a, const char *b, const vt_nep_model *m)
{
  for (int k = 0; m && k < m->n_types; k++) {
    if (strcmp(m->symbol[k], b) == 0) return 0;
    if (strcmp(m->symbol[k], a) == 0) return 1;
  }
  return strcmp(a, b) < 0;
}

static void sort_table(vt__table *t, const vt_nep_model *m)
{
  for (int k = 1; k < t->n; k++)
    for (int j = k; j > 0 && comes_before(t->row[j].name, t->row[j - 1].name, m); j--) {
      const vt__sums row = t->row[j];
      t->row[j] = t->row[j - 1];
      t->row[j - 1] = row;
    }
}

void vt__tables_sort(vt__tables *t, const vt_nep_model *m)
{
  sort_table(&t->element, m);
  sort_table(&t->comp, NULL);
  sort_table(&t->config, NULL);
  sort_table(&t->stretch, NULL);
}

/* ------------------------------------------------------------------ errors */

static double root_mean(double sum, double n) { return n > 0 ? 1e3 * sqrt(sum / n) : (double)NAN; }

double vt__rmse_energy(const vt__sums *s) { return root_mean(s->energy, s->n_e); }
double vt__rmse_force(const vt__sums *s) { return root_mean(s->force, s->n_f); }
double vt__rmse_virial(const vt__sums *s) { return root_mean(s->virial, 9 * s->n_v); }
double vt__slope(const vt__sums *s) { return s->square > 0 ? s->along / s->square : (double)NAN; }
double vt__mean_virial(const vt__sums *s) { return s->n_v > 0 ? 1e3 * s->mean_virial / s->n_v : (double)NAN; }

double vt__mean_virial_se(const vt__sums *s)
{
  if (s->n_v < 2) return (double)NAN;
  const double mean = s->mean_virial / s->n_v, spread = fmax(s->mean_virial_2 / s->n_v - mean * mean, 0);
  return 1e3 * sqrt(spread / (s->n_v - 1));
}

int vt__worst_virials(const vt__table *t, int *order)
{
  int n = 0;
  for (int k = 0; k < t->n; k++) {
    if (!(t->row[k].n_v > 0)) continue;
    int at = n++;
    for (; at > 0 && fabs(vt__mean_virial(&t->row[order[at - 1]])) < fabs(vt__mean_virial(&t->row[k])); at--)
      order[at] = order[at - 1];
    order[at] = k;
  }
  return n;
}

/* ------------------------------------------------------------------ frames */

vt_status vt__walk(const vt_nep_model *m, vt_train_data *d, vt__visit visit, void *ctx, vt_err *err)
{
  vt_train *train = NULL;
  VT_PASS(vt_train_open(m, vt_simd_best(), &train, err));
  vt_train_set(train, m);
  vt_status rc = VT_OK;
  for (int k = 0; k < d->n && rc == VT_OK; k++) {
    vt_train_sample *s = &d->s[k];
    vt_train_values v;
    const int was_there = s->frame != NULL;
    rc = vt_train_sample_frame(m, s, err);
    if (rc == VT_OK) rc = vt_train_forward(train, s->frame, &v, err);
    if (rc == VT_OK) rc = visit(ctx, s, &v, err);
    if (rc != VT_OK) (void)vt_err_wrap(err, rc, __FILE__, __LINE__, "%s:%d", d->file[s->file], s->line);
    if (!was_there) vt_train_sample_drop(s);
    vt_alive();
  }
  vt_train_close(train);
  return rc;
}

/* ------------------------------------------------------------------ JSON, text */

static void put_force(vt_json *o, const vt__sums *s)
{
  vt_json_put(o, "force_rmse_meV_A", vt_json_num(vt__rmse_force(s)));
  vt_json_put(o, "force_slope", vt_json_num(vt__slope(s)));
}

static void put_all(vt_json *o, const vt__sums *s)
{
  vt_json_put(o, "n_frames", vt_json_int((int64_t)s->frames));
  vt_json_put(o, "energy_rmse_meV_atom", vt_json_num(vt__rmse_energy(s)));
  vt_json_put(o, "virial_rmse_meV_atom", vt_json_num(vt__rmse_virial(s)));
  vt_json_put(o, "mean_virial_meV_atom", vt_json_num(vt__mean_virial(s)));
  put_force(o, s);
}

static vt_json *table_json(const vt__table *t, int forces_only)
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

vt_status vt_validate_by(const vt_nep_model *m, vt_predict predict, void *ctx, vt_train_data *data, vt_json **out,
                         vt_err *err)
{
  vt__tables t = {0};
  vt_status rc = VT_OK;
  *out = NULL;
  for (int k = 0; k < data->n && rc == VT_OK; k++) {
    vt_train_sample *s = &data->s[k];
    vt_train_values v;
    rc = predict(ctx, s, &v, err);
    if (rc == VT_OK) rc = vt__tables_add(&t, m, data, s, &v, err);
    if (rc != VT_OK) (void)vt_err_wrap(err, rc, __FILE__, __LINE__, "%s:%d", data->file[s->file], s->line);
    vt_train_sample_drop(s);
    vt_alive();
  }
  if (rc == VT_OK) {
    vt__tables_sort(&t, m);
    *out = vt_json_object();
    put_all(*out, &t.all);
    vt_json_put(*out, "by_element", table_json(&t.element, 1));
    vt_json_put(*out, "by_composition", table_json(&t.comp, 0));
    vt_json_put(*out, "by_config_type", table_json(&t.config, 0));
    if (t.stretch.n > 0) vt_json_put(*out, "by_v_v0", table_json(&t.stretch, 0));
    if (data->shifts.len > 0) vt_json_put(*out, "energy_shift", vt_json_text(data->shifts.s));
  }
  vt__tables_free(&t);
  return rc;
}

typedef struct single {
  const vt_nep_model *m;
  vt_train *train;
} single;

static vt_status predict_one(void *ctx, vt_train_sample *s, vt_train_values *v, vt_err *err)
{
  single *one = ctx;
  VT_PASS(vt_train_sample_frame(one->m, s, err));
  return vt_train_forward(one->train, s->frame, v, err);
}

vt_status vt_validate(const vt_nep_model *m, vt_train_data *data, vt_json **out, vt_err *err)
{
  single one = {.m = m};
  *out = NULL;
  VT_PASS(vt_train_open(m, vt_simd_best(), &one.train, err));
  vt_train_set(one.train, m);
  const vt_status rc = vt_validate_by(m, predict_one, &one, data, out, err);
  vt_train_close(one.train);
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
  const vt_json *c = vt_json_get(v, "committee");
  if (c)
    vt_buf_printf(out,
                  "\n%lld members: spread of energy %.2f meV/atom, of forces %.1f meV/A; correlation with the error "
                  "%.2f, %.2f",
                  (long long)vt_json_get_int(c, "n_members", 0), vt_json_get_num(c, "energy_spread_meV_atom", no),
                  vt_json_get_num(c, "force_spread_meV_A", no), vt_json_get_num(c, "energy_spread_error_r", no),
                  vt_json_get_num(c, "force_spread_error_r", no));
}
