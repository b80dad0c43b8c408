/* knows.c - which pairs of elements were ever near each other in the training data, and how near. */
#include <math.h>
#include <string.h>

#include "runner/model_card/model_card_impl.h"

static double cutoff_of(const vt_nep_model *m, int a, int b)
{
  return fmax(0.5 * (m->rc_radial[a] + m->rc_radial[b]), 0.5 * (m->rc_angular[a] + m->rc_angular[b]));
}

static void see_pairs(const vt_nep_model *m, const vt_nlist *nl, const int *type, vt__knows *out)
{
  for (int i = 0; i < nl->n; i++)
    for (int k = 0; k < nl->count[i]; k++) {
      const int j = nl->neigh[nl->first[i] + k], a = type[i], b = type[nl->owner[j]];
      const double d[3] = {nl->x[j] - nl->x[i], nl->y[j] - nl->y[i], nl->z[j] - nl->z[i]};
      const double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      if (r >= cutoff_of(m, a, b) || (out->nearest[a][b] > 0 && r >= out->nearest[a][b])) continue;
      out->nearest[a][b] = out->nearest[b][a] = r;
    }
}

vt_status vt__knows_find(const vt_nep_model *m, const vt_train_data *d, vt__knows *out, vt_err *err)
{
  double most = 0;
  *out = (vt__knows){0};
  VT_PASS(VT_NEW(out->nearest, m->n_types, err));
  for (int a = 0; a < m->n_types; a++)
    for (int b = 0; b < m->n_types; b++) most = fmax(most, cutoff_of(m, a, b));
  for (int k = 0; k < d->n; k++) {
    const vt_train_sample *s = &d->s[k];
    vt_nlist nl = {0};
    vt_status rc = vt_nlist_open(&nl, s->n, s->type, most, 0, err);
    if (rc == VT_OK) rc = vt_nlist_update(&nl, &s->cell, (const double(*)[3])s->x, 1, err);
    if (rc == VT_OK) see_pairs(m, &nl, s->type, out);
    vt_nlist_close(&nl);
    if (rc != VT_OK) return rc;
    vt_alive();
  }
  return VT_OK;
}

void vt__knows_free(vt__knows *k)
{
  vt_free(k->nearest);
  *k = (vt__knows){0};
}
