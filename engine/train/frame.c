/* frame.c - the pairs of a structure, and its ZBL part. */
#include <math.h>
#include <string.h>

#include "engine/train/train_impl.h"

#define OVERLAP_A 1e-4 /* closer atoms have no direction between them */

static double reach_of(const vt_nep_model *m)
{
  double reach = 0;
  for (int a = 0; a < m->n_types; a++) {
    reach = fmax(reach, fmax(m->rc_radial[a], m->rc_angular[a]));
    for (int b = a; b < m->n_types && m->zbl != VT_ZBL_NONE; b++) reach = fmax(reach, vt_zbl_pair_of(m, a, b).outer);
  }
  return reach;
}

void vt_train_frame_free(vt_train_frame *f)
{
  if (!f) return;
  vt_free(f->type);
  vt_free(f->first);
  vt_free(f->angular);
  vt_free(f->pair);
  vt_free(f->zbl_f);
  vt_free(f);
}

int vt_train_frame_atoms(const vt_train_frame *f) { return f->n; }

double vt_train_frame_pairs(const vt_train_frame *f, double *angular)
{
  *angular += f->n_angular;
  return f->first[f->n];
}

void vt_train_frame_most(const vt_train_frame *f, int *radial, int *angular)
{
  *radial = f->most > *radial ? f->most : *radial;
  for (int i = 0; i < f->n; i++) *angular = f->angular[i] > *angular ? f->angular[i] : *angular;
}

size_t vt_train_frame_memory(const vt_train_frame *f)
{
  return sizeof *f + (size_t)f->first[f->n] * sizeof *f->pair + (size_t)f->n * (3 * sizeof(int) + sizeof *f->zbl_f);
}

double vt_train_frame_cost(const vt_nep_model *m, const vt_train_frame *f)
{
  const double lm = m->l_max * (m->l_max + 2), pairs = f->first[f->n];
  return f->n * 6.0 * m->neurons * m->dim + pairs * 8.0 * m->k_radial +
         f->n_angular * (m->n_angular * lm * 8 + 20 * lm + 6.0 * m->k_angular * m->n_angular);
}

static void add_zbl(const vt_nep_model *m, vt_train_frame *f, int i, const vt__pair *p)
{
  double v, dv;
  const vt_zbl_pair zbl = vt_zbl_pair_of(m, f->type[i], p->type);
  if (p->r >= zbl.outer) return;
  vt_zbl(&zbl, p->r, &v, &dv);
  f->zbl_energy += 0.5 * v;
  for (int a = 0; a < 3; a++) {
    const double force = 0.5 * dv * p->d[a] / p->r;
    f->zbl_f[i][a] += force;
    f->zbl_f[p->owner][a] -= force;
    for (int b = 0; b < 3; b++) f->zbl_virial[3 * a + b] -= 0.5 * dv * p->d[a] * p->d[b] / p->r;
  }
}

/* The pairs of atom i: those within the angular cutoff first, in the order of the list; returns how many. */
static vt_status pairs_of(const vt_nep_model *m, const vt_nlist *nl, int i, vt_train_frame *f, vt__pair *out,
                          vt_err *err)
{
  int n = 0;
  const int a = f->type[i];
  for (int pass = 0; pass < 2; pass++) {
    for (int k = 0; k < nl->count[i]; k++) {
      const int j = nl->neigh[nl->first[i] + k];
      vt__pair p = {.d = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]}, .owner = nl->owner[j]};
      p.type = f->type[p.owner];
      p.r = sqrt(p.d[0] * p.d[0] + p.d[1] * p.d[1] + p.d[2] * p.d[2]);
      if (p.r < OVERLAP_A)
        VT_FAIL(err, VT_EDIVERGE, "atoms %d and %d sit on each other (%.3g A)", i + 1, p.owner + 1, p.r);
      const double radial = 0.5 * (m->rc_radial[a] + m->rc_radial[p.type]),
                   angular = 0.5 * (m->rc_angular[a] + m->rc_angular[p.type]);
      if (pass == 0 && m->zbl != VT_ZBL_NONE) add_zbl(m, f, i, &p);
      if ((p.r < angular) != (pass == 0) || (p.r >= angular && p.r >= radial)) continue;
      out[n++] = p;
    }
    if (pass == 0) f->angular[i] = n;
  }
  f->first[i + 1] = f->first[i] + n;
  f->n_angular += f->angular[i];
  f->most = n > f->most ? n : f->most;
  return VT_OK;
}

static void list_types(vt_train_frame *f)
{
  unsigned char there[VT_NEP_MOST_TYPES] = {0};
  for (int i = 0; i < f->n; i++) there[f->type[i]] = 1;
  for (int a = 0; a < VT_NEP_MOST_TYPES; a++)
    if (there[a]) f->there[f->n_there++] = a;
}

vt_status vt_train_frame_new(const vt_nep_model *m, const vt_structure *s, const int *type, vt_train_frame **out,
                             vt_err *err)
{
  vt_status rc = VT_OK;
  vt_train_frame *f = NULL;
  vt_nlist nl = {0};
  *out = NULL;
  if (s->n < 1 || !(fabs(vt_cell_volume(&s->cell)) > 0))
    VT_FAIL(err, VT_EINVAL, "%d atoms in a cell of %g A^3", s->n, fabs(vt_cell_volume(&s->cell)));
  const size_t n = (size_t)s->n;
  VT_TRY_OUT(VT_NEW(f, 1, err), err, "frame");
  f->n = s->n;
  VT_TRY_OUT(VT_NEW(f->type, n, err), err, "frame");
  VT_TRY_OUT(VT_NEW(f->first, n + 1, err), err, "frame");
  VT_TRY_OUT(VT_NEW(f->angular, n, err), err, "frame");
  VT_TRY_OUT(VT_NEW(f->zbl_f, n, err), err, "frame");
  memcpy(f->type, type, n * sizeof *type);
  list_types(f);
  VT_TRY_OUT(vt_nlist_open(&nl, s->n, type, reach_of(m), 0, err), err, "neighbours");
  VT_TRY_OUT(vt_nlist_update(&nl, &s->cell, (const double(*)[3])s->x, 1, err), err, "neighbours");
  size_t most = 0;
  for (int i = 0; i < nl.n; i++) most += (size_t)nl.count[i];
  VT_TRY_OUT(VT_NEW(f->pair, most ? most : 1, err), err, "%zu pairs", most);
  for (int i = 0; i < f->n; i++) VT_TRY_OUT(pairs_of(m, &nl, i, f, f->pair + f->first[i], err), err, "pairs");
  *out = f;
  f = NULL;
out:
  vt_nlist_close(&nl);
  vt_train_frame_free(f);
  return rc;
}
