/* pressure.c - the groups of the file whose mean pressure is held (T 17.8). */
#include <string.h>

#include "runner/training/training_impl.h"

/* The group of an item, from 1; a new one where no item before has the name. */
static vt_status group_of_item(vt__trainer *t, const vt_training_item *item, int *g, vt_err *err)
{
  for (*g = 1; *g <= t->n_pressure; ++*g)
    if (strcmp(t->pressure[*g - 1].item->group, item->group) == 0) return VT_OK;
  VT_PASS(VT_GROW(t->pressure, t->n_pressure, t->n_pressure + 1, err));
  t->pressure[t->n_pressure++] = (vt__pressure){.item = item, .comp = -1};
  return VT_OK;
}

vt_status vt__pressure_item(vt__trainer *t, const vt_training_item *item, int first, vt_err *err)
{
  int g = 0;
  if (!item->group[0]) return VT_OK;
  VT_PASS(group_of_item(t, item, &g, err));
  vt__pressure *p = &t->pressure[g - 1];
  for (int k = first; k < t->data.n; k++) {
    vt_train_sample *s = &t->data.s[k];
    s->group = g;
    if (p->comp < 0) p->comp = s->comp;
    if (s->comp == p->comp || p->mixed) continue;
    p->mixed = 1;
    t->data.n_mistakes++;
    vt_buf_printf(&t->data.mistakes, "%s:%d: composition %s in the group '%s' of %s, expected one composition\n",
                  t->data.file[s->file], s->line, t->data.comp[s->comp], item->group, t->data.comp[p->comp]);
  }
  return VT_OK;
}

/* What the start gives for a frame without a virial, so that only the change from it is seen by batches. */
static vt_status push_of_start(vt__trainer *t, vt_train *train, vt_train_sample *s, double volume, vt_err *err)
{
  vt_train_values v;
  VT_TRY(vt_train_sample_frame(t->m, s, err), err, "%s:%d", t->data.file[s->file], s->line);
  VT_TRY(vt_train_forward(train, s->frame, &v, err), err, "%s:%d", t->data.file[s->file], s->line);
  s->reference = vt_train_push(s, v.virial, volume);
  vt_train_sample_drop(s);
  return VT_OK;
}

/* References of its frames, and how far their mean is from what is held; rank 0. */
static vt_status measure(vt__trainer *t, vt__pressure *p, int g, vt_train *train, vt_err *err)
{
  const double at = vt_unit_pressure_from_gpa(p->item->pressure), t_k = p->item->temperature;
  double weight = 0, volume = 0, labels = 0, of_labels = 0;
  int n = 0;
  for (int k = 0; k < t->data.n; k++) {
    const vt_train_sample *s = &t->data.s[k];
    if (s->group != g) continue;
    weight += s->weight;
    volume += s->weight * vt_cell_volume(&s->cell) / s->n;
    n++;
  }
  if (n == 0) return VT_OK;
  p->atom_volume = volume / weight;
  for (int k = 0; k < t->data.n; k++) {
    vt_train_sample *s = &t->data.s[k];
    if (s->group != g) continue;
    const double wanted = vt_train_push_wanted(s, at, t_k, p->atom_volume);
    s->reference = s->has_virial ? vt_train_push(s, s->virial, p->atom_volume) : wanted;
    if (!s->has_virial && t->y->start[0]) VT_PASS(push_of_start(t, train, s, p->atom_volume, err));
    p->offset += s->weight * (s->reference - wanted) / weight;
    if (!s->has_virial) continue;
    labels += s->weight * (s->reference - wanted);
    of_labels += s->weight;
  }
  vt__say(t, "group %s: %d frames of %s, %.2f A^3/atom, held at %g GPa", p->item->group, n, t->data.comp[p->comp],
          p->atom_volume, p->item->pressure);
  if (of_labels > 0)
    vt__say(t, "group %s: the labels give %+.3f GPa", p->item->group,
            vt_unit_gpa_from_pressure(labels / of_labels / p->atom_volume) + p->item->pressure);
  return VT_OK;
}

static vt_status measure_all(vt__trainer *t, vt_err *err)
{
  vt_train *train = NULL;
  VT_PASS(vt_train_open(t->m, t->simd, &train, err));
  vt_train_set(train, t->m);
  vt_status rc = VT_OK;
  for (int g = 1; g <= t->n_pressure && rc == VT_OK; g++) rc = measure(t, &t->pressure[g - 1], g, train, err);
  vt_train_close(train);
  return rc;
}

vt_status vt__pressure_open(vt__trainer *t, vt_err *err)
{
  if (t->n_pressure == 0) return VT_OK;
  VT_PASS(vt_comm_agree(t->comm, vt_comm_rank(t->comm) == 0 ? measure_all(t, err) : VT_OK, err));
  for (int g = 0; g < t->n_pressure; g++) {
    double of[2] = {t->pressure[g].atom_volume, t->pressure[g].offset};
    VT_PASS(vt_comm_bcast(t->comm, 0, of, sizeof of, err));
    t->pressure[g].atom_volume = of[0];
    t->pressure[g].offset = of[1];
  }
  for (int k = 0; k < t->data.n; k++)
    if (t->data.s[k].group)
      VT_PASS(vt_comm_bcast(t->comm, 0, &t->data.s[k].reference, sizeof t->data.s[k].reference, err));
  return VT_OK;
}

double vt__pressure_change(const vt__trainer *t, const vt_train_sample *s, const double virial[9])
{
  return vt_train_push(s, virial, t->pressure[s->group - 1].atom_volume) - s->reference;
}

void vt__pressure_pull(const vt__trainer *t, const vt_train_sample *s, double change, double d_virial[9])
{
  const vt__pressure *p = &t->pressure[s->group - 1];
  vt_train_push_back(s, change + p->offset, t->scales.mean_virial, p->atom_volume, d_virial);
}
