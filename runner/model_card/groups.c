/* groups.c - groups of frames whose mean pressure is held: what it was, what it became (THEORY T 17.8, T 17.11). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model_card/model_card_impl.h"

static const char *const source_name[VT__SOURCES] = {"labels", "before", "after"};

/* ------------------------------------------------------------------ means */

/* A frame of a group with its pressure by each source, GPa; NaN: not known. */
typedef struct entry {
  const vt_train_sample *s;
  double p[VT__SOURCES];
} entry;

typedef struct entries {
  entry *e;
  int n, source;
  double t_k;
} entries;

static double pressure_of(const vt_train_sample *s, const double virial[9], double t_k)
{
  const double three = 3, volume = vt_cell_volume(&s->cell);
  return vt_unit_gpa_from_pressure((virial[0] + virial[4] + virial[8]) / (three * volume) +
                                   s->n * VT_KB_EV * t_k / volume);
}

/* The walk takes the frames in their order. */
static vt_status see(void *ctx, const vt_train_sample *s, const vt_train_values *v, vt_err *err)
{
  entries *w = ctx;
  (void)err;
  w->e[w->n++].p[w->source] = pressure_of(s, v->virial, w->t_k);
  return VT_OK;
}

static int by_trajectory(const void *a, const void *b)
{
  const entry *x = a, *y = b;
  const int order = strcmp(x->s->trajectory, y->s->trajectory);
  return order ? order : (x->s > y->s) - (x->s < y->s);
}

/* Weighted mean over the frames that have it, and its standard error from the sums of trajectories, whose frames are no
 * independent samples: se^2 = G/(G-1) sum_g (sum_i w_i (x_i - mean))^2 / (sum w)^2. */
static vt__group_mean mean_of(const entry *e, int n, int source)
{
  vt__group_mean m = {.mean = (double)NAN, .se = (double)NAN};
  double weight = 0, sum = 0, squares = 0, one = 0;
  for (int k = 0; k < n; k++)
    if (isfinite(e[k].p[source])) {
      weight += e[k].s->weight;
      sum += e[k].s->weight * e[k].p[source];
      m.n++;
    }
  if (!(weight > 0)) return m;
  m.mean = sum / weight;
  const char *trajectory = NULL;
  for (int k = 0; k < n; k++) {
    if (!isfinite(e[k].p[source])) continue;
    if (!trajectory || strcmp(trajectory, e[k].s->trajectory) != 0) {
      squares += one * one;
      one = 0;
      m.trajectories++;
      trajectory = e[k].s->trajectory;
    }
    one += e[k].s->weight * (e[k].p[source] - m.mean);
  }
  squares += one * one;
  if (m.trajectories > 1) m.se = sqrt(m.trajectories / (m.trajectories - 1.0) * squares) / weight;
  return m;
}

/* ------------------------------------------------------------------ groups of a set */

/* The first item of each group, in the order in which frames are numbered. */
static const vt_training_item *item_of(const vt_training *y, int group)
{
  for (int k = 0, n = 0; k < y->n_items; k++) {
    int is_first = y->item[k].group[0] != 0;
    for (int j = 0; j < k && is_first; j++) is_first = strcmp(y->item[j].group, y->item[k].group) != 0;
    n += is_first;
    if (is_first && n == group) return &y->item[k];
  }
  return NULL;
}

static vt_status fill(const vt__findings *f, vt_train_data *part, entries *w, vt_err *err)
{
  const vt_nep_model *const model[VT__SOURCES] = {[VT__BEFORE] = f->c->start, [VT__AFTER] = f->c->m};
  for (int k = 0; k < part->n; k++) {
    const vt_train_sample *s = &part->s[k];
    w->e[k] = (entry){.s = s, .p = {(double)NAN, (double)NAN, (double)NAN}};
    if (s->has_virial) w->e[k].p[VT__LABELS] = pressure_of(s, s->virial, w->t_k);
  }
  for (int source = VT__BEFORE; source < VT__SOURCES; source++) {
    w->n = 0;
    w->source = source;
    if (model[source]) VT_PASS(vt__walk(model[source], part, see, w, err));
  }
  return VT_OK;
}

static vt_status add_group(vt__findings *f, int set, int group, const vt_training_item *item, vt_err *err)
{
  const vt_train_data *d = f->set[set].data;
  vt_train_data part = {.file = d->file, .n_files = d->n_files, .comp = d->comp, .n_comp = d->n_comp};
  entries w = {.t_k = item->temperature};
  vt_status rc = VT_NEW(part.s, d->n, err);
  if (rc == VT_OK) rc = VT_NEW(w.e, d->n, err);
  for (int k = 0; k < d->n && rc == VT_OK; k++)
    if (d->s[k].group == group) part.s[part.n++] = d->s[k];
  if (rc == VT_OK && part.n > 0) rc = fill(f, &part, &w, err);
  if (rc == VT_OK && part.n > 0) rc = VT_GROW(f->groups.row, f->groups.n, f->groups.n + 1, err);
  if (rc == VT_OK && part.n > 0) {
    vt__group *g = &f->groups.row[f->groups.n++];
    *g = (vt__group){.item = item, .set = f->set[set].name, .comp = d->comp[part.s[0].comp], .n_frames = part.n};
    qsort(w.e, (size_t)part.n, sizeof *w.e, by_trajectory);
    for (int source = 0; source < VT__SOURCES; source++) g->of[source] = mean_of(w.e, part.n, source);
  }
  vt_free(part.s);
  vt_free(w.e);
  return rc;
}

vt_status vt__groups_find(vt__findings *f, vt_err *err)
{
  const vt_training_item *item;
  if (!f->c->y) return VT_OK;
  for (int group = 1; (item = item_of(f->c->y, group)) != NULL; group++)
    for (int set = 0; set < 2; set++)
      if (f->set[set].data) VT_PASS(add_group(f, set, group, item, err));
  return VT_OK;
}

void vt__groups_free(vt__groups *g)
{
  vt_free(g->row);
  *g = (vt__groups){0};
}

/* ------------------------------------------------------------------ what is said */

/* Why a mean or its error is not known, or NULL. */
static const char *why_not(const vt__group *g, int source)
{
  const vt__group_mean *m = &g->of[source];
  if (m->n == 0 && source == VT__LABELS) return "no frame has a virial";
  if (m->n == 0) return "a new model, without a start";
  return m->trajectories > 1 ? NULL : "one trajectory: no error of its mean";
}

static void put_mean(vt_buf *b, const vt__group_mean *m)
{
  if (m->n == 0)
    vt_buf_printf(b, " - |");
  else if (isfinite(m->se))
    vt_buf_printf(b, " %+.3f +- %.3f |", m->mean, m->se);
  else
    vt_buf_printf(b, " %+.3f |", m->mean);
}

void vt__groups_put(vt_buf *b, const vt__findings *f)
{
  if (f->groups.n == 0) return;
  vt_buf_printf(b,
                "## Groups of known pressure\n\nMean pressure of the frames of a group, GPa, weighted as in training: "
                "of the labels, of the model that training began with, of this model. +-: standard error of the mean, "
                "from the scatter between trajectories; without it there is only one.\n\n"
                "| group | frames | number | trajectories | held at | labels | before | after |\n"
                "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (int k = 0; k < f->groups.n; k++) {
    const vt__group *g = &f->groups.row[k];
    vt_buf_printf(b, "| %s, %s | %s | %d | %d | %g |", g->item->group, g->comp, g->set, g->n_frames,
                  g->of[VT__AFTER].trajectories, g->item->pressure);
    for (int source = 0; source < VT__SOURCES; source++) put_mean(b, &g->of[source]);
    vt_buf_printf(b, "\n");
  }
  vt_buf_printf(b, "\n");
}

static vt_json *group_json(const vt__group *g)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "group", vt_json_text(g->item->group));
  vt_json_put(o, "composition", vt_json_text(g->comp));
  vt_json_put(o, "set", vt_json_text(g->set));
  vt_json_put(o, "n_frames", vt_json_int(g->n_frames));
  vt_json_put(o, "held_GPa", vt_json_num(g->item->pressure));
  vt_json_put(o, "temperature_K", g->item->temperature > 0 ? vt_json_num(g->item->temperature) : vt_json_null());
  for (int source = 0; source < VT__SOURCES; source++) {
    const vt__group_mean *m = &g->of[source];
    vt_json *of = vt_json_object();
    vt_json_put(of, "n_frames", vt_json_int(m->n));
    vt_json_put(of, "n_trajectories", vt_json_int(m->trajectories));
    vt_json_put(of, "mean_GPa", vt_json_num(m->mean));
    vt_json_put(of, "mean_error_GPa", vt_json_num(m->se));
    vt_json_put(of, "why_null", vt_json_text(why_not(g, source)));
    vt_json_put(o, source_name[source], of);
  }
  return o;
}

vt_status vt__groups_write(const vt__findings *f, vt_err *err)
{
  enum { INDENT = 2 };
  vt_buf b = {0};
  char path[VT_PATH + 32];
  if (f->groups.n == 0) return VT_OK;
  vt_json *o = vt_json_object(), *a = vt_json_array();
  for (int k = 0; k < f->groups.n; k++) vt_json_add(a, group_json(&f->groups.row[k]));
  vt_json_put(o, "pressure_groups", a);
  (void)snprintf(path, sizeof path, "%.500s/pressure_groups.json", f->c->folder);
  vt_status rc = vt_json_dump(o, INDENT, &b, err);
  vt_buf_printf(&b, "\n");
  if (rc == VT_OK) rc = vt_buf_check(&b, err);
  if (rc == VT_OK) rc = vt_file_replace(path, b.s, b.len, err);
  vt_json_free(o);
  vt_buf_free(&b);
  return rc;
}
