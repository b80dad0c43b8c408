/* evaluate.c - errors on the frames that were held back. */
#include <string.h>

#include "runner/training/training_impl.h"

static vt_status terms_of(vt__trainer *t, int k, vt_train_terms *out, vt_err *err)
{
  vt_train_sample *s = &t->held.s[k];
  vt_train_values v;
  double de, dw[9];
  const int was_there = s->frame != NULL;
  VT_PASS(vt__trainer_frame(t, s, err));
  VT_PASS(vt_train_forward(t->train, s->frame, &v, err));
  vt_train_loss(s, &v, &t->scales, 0, out, &de, t->d_force, dw);
  if (s->group && s->has_virial) out->mean_virial += s->weight * t->pressure[s->group - 1].offset; /* what is held */
  vt__trainer_release(t, s, was_there);
  return VT_OK;
}

static vt_status rows_of_mine(vt__trainer *t, vt_err *err)
{
  const int me = vt_comm_rank(t->comm), ranks = vt_comm_size(t->comm);
  vt__tree_clear(&t->gather, me);
  for (int k = me; k < t->held.n; k += ranks)
    VT_PASS(terms_of(t, k, (vt_train_terms *)(void *)t->gather.leaf[me] + k, err));
  return VT_OK;
}

static vt_status errors_of_held(vt__trainer *t, vt__errors *out, vt_err *err)
{
  double *scratch = NULL;
  int *comp = NULL;
  const int n_comp = t->held.n_comp, n = n_comp + t->n_pressure; /* a group stands apart from its composition */
  vt_status rc = VT_NEW(scratch, 2 * n, err);
  if (rc == VT_OK) rc = VT_NEW(comp, t->held.n, err);
  if (rc == VT_OK) {
    for (int k = 0; k < t->held.n; k++)
      comp[k] = t->held.s[k].group ? n_comp + t->held.s[k].group - 1 : t->held.s[k].comp;
    *out = vt__errors_of((const vt_train_terms *)(const void *)t->gather.leaf[0], comp, t->held.n, n,
                         t->scales.mean_virial, scratch);
  }
  vt_free(comp);
  vt_free(scratch);
  return rc;
}

vt_status vt__trainer_evaluate(vt__trainer *t, const double *numbers, vt__errors *out, vt_err *err)
{
  vt_nep_model *m = NULL;
  vt_status rc = vt_nep_copy(t->m, &m, err);
  if (rc == VT_OK && vt_comm_rank(t->comm) == 0) memcpy(m->numbers, numbers, m->n_trained * sizeof *numbers);
  rc = vt_comm_agree(t->comm, rc, err);
  if (rc == VT_OK) rc = vt_comm_bcast(t->comm, 0, m->numbers, m->n_trained * sizeof *m->numbers, err);
  if (rc == VT_OK) {
    vt_train_set(t->train, m);
    rc = rows_of_mine(t, err);
    vt_train_set(t->train, t->m);
    rc = vt_comm_agree(t->comm, rc, err);
  }
  vt_nep_free(m);
  for (int r = 0; r < vt_comm_size(t->comm); r++) t->gather.owner[r] = r;
  if (rc == VT_OK) rc = vt__tree_sum(&t->gather, vt_comm_size(t->comm), err); /* others add 0: no rounding */
  if (rc == VT_OK && vt_comm_rank(t->comm) == 0) rc = errors_of_held(t, out, err);
  return rc;
}
