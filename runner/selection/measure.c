/* measure.c - one frame: is it sound, how far do the members disagree, where does it lie among the others. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/selection/selection_impl.h"

vt_status vt__selection_meter_open(vt__selection_meter *m, const char *potential, double contact, vt_err *err)
{
  *m = (vt__selection_meter){.path = potential, .contact = contact};
  VT_PASS(vt_committee_read(potential, &m->c, err));
  m->kind = m->c.n > 1 ? "committee" : "nep";
  VT_PASS(vt_train_open(m->c.m[0], vt_simd_best(), &m->train, err));
  vt_train_set(m->train, m->c.m[0]);
  m->size = m->c.m[0]->n_types * m->c.m[0]->dim;
  return VT_OK;
}

void vt__selection_meter_close(vt__selection_meter *m)
{
  vt_pot_unbind(&m->bound);
  vt_train_close(m->train);
  vt_committee_free(&m->c);
}

static int type_of(const vt_nep_model *m, const char *symbol)
{
  for (int t = 0; t < m->n_types; t++)
    if (strcmp(m->symbol[t], symbol) == 0) return t;
  return -1;
}

static void leave_out(vt_selection_frame *f, vt_selection_why why, int *out) { f->why = why, *out = 1; }

/* The worst pair of a list: by its distance over the limit. */
static void look_at_contacts(const vt__selection_meter *m, const vt_nlist *nl, vt_selection_frame *f, int *out)
{
  const vt_composition *c = &m->bound.comp;
  double worst = 1;
  for (int i = 0; i < nl->n; i++)
    for (int k = nl->first[i]; k < nl->first[i] + nl->count[i]; k++) {
      const int j = nl->neigh[k], a = nl->type[i], b = nl->type[j];
      const double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
      const double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      const double bond = m->contact * vt_comp_bond_length(c, a, b), molecule = vt_comp_molecule_length(c, a, b);
      const double limit = molecule > bond ? molecule : bond;
      if (!(r < worst * limit)) continue;
      worst = r / limit;
      leave_out(f, molecule > bond ? VT_SELECTION_MOLECULE : VT_SELECTION_FUSED, out);
      (void)snprintf(f->detail, sizeof f->detail, "%s-%s %.2f A, expected %.2f A", vt_element_symbol(c->z[a]),
                     vt_element_symbol(c->z[b]), r, limit);
    }
}

/* Contacts, then forces of the members. */
static vt_status check_frame(vt__selection_meter *m, const vt_structure *s, vt_selection_frame *f, int *out,
                             vt_err *err)
{
  const vt_numerics num = {.simd = (int32_t)vt_simd_best(), .precision = VT_DOUBLE, .format = VT_ENGINE_FORMAT};
  vt_nlist nl = {0};
  vt_force_out forces = {0};
  vt_pot_info info;
  vt_err why = {0};
  VT_PASS(vt_pot_bind(&m->bound, m->kind, m->path, num, s, err));
  vt_pot_describe(&m->bound.pot, &info);
  VT_PASS(VT_NEW(forces.f, s->n, err));
  vt_status rc = vt_nlist_open(&nl, s->n, m->bound.type, info.cutoff, 0, &why);
  if (rc == VT_OK) rc = vt_nlist_update(&nl, &s->cell, (const double(*)[3])s->x, 1, &why);
  if (rc == VT_OK) look_at_contacts(m, &nl, f, out);
  if (rc == VT_OK && !*out) rc = vt_pot_compute(&m->bound.pot, &nl, &forces, &why);
  if (rc == VT_EDIVERGE) {
    leave_out(f, VT_SELECTION_FORCES, out);
    rc = VT_OK;
  } else if (rc != VT_OK && err)
    *err = why;
  f->spread = *out || m->c.n < 2 ? (double)NAN : forces.spread;
  vt_nlist_close(&nl);
  vt_free(forces.f);
  return rc;
}

static vt_status make_point(vt__selection_meter *m, const vt_structure *s, const int *type, vt_selection_frame *f,
                            int *out, vt_err *err)
{
  const vt_nep_model *model = m->c.m[0];
  vt_train_frame *frame = NULL;
  vt_train_values values;
  double *sum = NULL;
  vt_err why = {0};
  vt_status rc = vt_train_frame_new(model, s, type, &frame, &why);
  if (rc == VT_EDIVERGE || rc == VT_EINVAL) {
    leave_out(f, VT_SELECTION_FORCES, out);
    return VT_OK;
  }
  if (rc == VT_OK) rc = VT_NEW(sum, m->size, &why);
  if (rc == VT_OK) rc = VT_NEW(f->point, m->size, &why);
  if (rc == VT_OK) rc = vt_train_forward(m->train, frame, &values, &why);
  if (rc == VT_OK) {
    vt_train_descriptor_sums(m->train, frame, sum);
    for (int k = 0; k < m->size; k++) f->point[k] = (float)(model->scale[k % model->dim] * sum[k] / s->n);
  } else if (err)
    *err = why;
  vt_free(sum);
  vt_train_frame_free(frame);
  return rc;
}

vt_status vt__selection_measure(vt__selection_meter *m, const vt_structure *s, int checks, vt_selection_frame *f,
                                int *out, vt_err *err)
{
  int *type = NULL;
  *out = 0;
  f->spread = (double)NAN;
  VT_PASS(VT_NEW(type, s->n, err));
  for (int i = 0; i < s->n && !*out; i++) {
    type[i] = type_of(m->c.m[0], s->symbol[i]);
    if (type[i] >= 0) continue;
    leave_out(f, VT_SELECTION_ELEMENT, out);
    (void)snprintf(f->detail, sizeof f->detail, "%s", s->symbol[i]);
  }
  vt_status rc = VT_OK;
  if (!*out && checks) rc = check_frame(m, s, f, out, err);
  if (rc == VT_OK && !*out) rc = make_point(m, s, type, f, out, err);
  vt_free(type);
  return rc;
}
