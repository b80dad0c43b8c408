/* finish.c - steps of all data behind the epochs (T 17.4): only here is the mean error of a kind known without scatter.
 */
#include <math.h>
#include <string.h>

#include "runner/training/training_impl.h"

vt_status vt__finish_open(vt__trainer *t, vt_err *err)
{
  VT_PASS(VT_NEW(t->total, vt_train_gradient_size(t->train), err));
  return vt_train_lbfgs_open(&t->finish, t->m->n_trained, err);
}

/* Terms of a batch, on rank 0 after its sum. */
static void collect(vt__trainer *t, int n, double *kinds)
{
  const size_t size = vt_train_gradient_size(t->train);
  const vt_train_terms *terms = (const vt_train_terms *)(const void *)(t->tree.leaf[0] + size);
  for (int k = 0; k < n; k++) {
    int some;
    const int *which = t->order + vt__leaf_of(t, k, &some);
    for (int j = 0; j < some; j++) {
      const vt_train_terms *of = &terms[k * t->per_leaf + j];
      const vt_train_sample *s = &t->data.s[which[j]];
      const int kind = vt__kind_of(t, s);
      if (s->has_virial) t->ledger[which[j]] = of->mean_virial;
      vt__add_terms(&t->sums, of);
      kinds[kind] += of->kind;
      kinds[vt__n_kinds(t) + kind] += s->group ? s->weight : of->n_v;
    }
    if (!t->only_terms) t->frames_done += some;
  }
  for (size_t k = 0; k < size && !t->only_terms; k++) t->total[k] += t->tree.leaf[0][k];
}

/* All frames once: sums of terms and kinds, on rank 0; with a gradient its sum, too. */
static vt_status pass(vt__trainer *t, double *kinds, int *stopped, vt_err *err)
{
  const int is_root = vt_comm_rank(t->comm) == 0;
  const double *flags = t->tree.leaf[0] + vt_train_gradient_size(t->train) + vt__flags_at(t);
  memset(kinds, 0, 2 * (size_t)vt__n_kinds(t) * sizeof *kinds);
  t->sums = (vt_train_terms){0};
  if (is_root) memset(t->total, 0, vt_train_gradient_size(t->train) * sizeof *t->total);
  for (t->batch = 0; t->batch < t->n_batches && !*stopped; t->batch++) {
    const int n = vt__batch_size(t);
    vt_status mine = VT_OK;
    double said[VT__FLAGS] = {0};
    VT_PASS(vt__batch_sum(t, n, &mine, err));
    if (is_root) {
      memcpy(said, flags, sizeof said);
      collect(t, n, kinds);
    }
    VT_PASS(vt_comm_bcast(t->comm, 0, said, sizeof said, err));
    if (said[VT__FAILED] != 0) return vt_comm_agree(t->comm, mine, err);
    *stopped = said[VT__ASKED] != 0;
    if (is_root) VT_PASS(vt__trainer_tell(t, err));
  }
  t->batch = 0;
  return VT_OK;
}

/* kinds: sums of errors and of weights; the errors become means. */
static void means_of_kinds(const vt__trainer *t, double *kinds)
{
  const int n = vt__n_kinds(t);
  for (int k = 0; k < n; k++) kinds[k] = kinds[n + k] > 0 ? kinds[k] / kinds[n + k] : 0;
}

/* Rank 0: the loss of all frames at the trial, with the mean errors; its gradient into t->gradient. */
static double loss_of_all(vt__trainer *t, const double *means)
{
  const int n = vt__n_kinds(t);
  const size_t n_trained = t->m->n_trained;
  double sum = t->sums.loss, loss;
  for (int k = 0; k < n && t->scales.mean_virial > 0; k++) {
    const double held = k < t->data.n_comp ? 0 : t->pressure[k - t->data.n_comp].offset;
    if (means[n + k] > 0) sum += means[n + k] * vt_train_robust((means[k] + held) / t->scales.mean_virial);
  }
  loss = sum / t->sums.weight;
  vt_train_gradient_read(t->train, t->total, t->gradient);
  for (size_t k = 0; k < n_trained; k++) t->gradient[k] /= t->sums.weight;
  if (t->y->pull > 0)
    loss += vt_train_pull(t->y->pull, n_trained, t->m->numbers, t->hold.origin, t->hold.scale, t->hold.pulled, NULL);
  vt__hold_gradient(t, t->gradient);
  return loss;
}

/* All ranks have what rank 0 tries. */
static vt_status begin(vt__trainer *t, vt_err *err)
{
  const size_t n = t->m->n_trained;
  for (int k = 0; k < t->data.n; k++) t->order[k] = k;
  if (vt_comm_rank(t->comm) == 0) {
    if (t->best_at.phase != VT__NEVER) memcpy(t->m->numbers, t->best, n * sizeof *t->m->numbers);
    vt_train_lbfgs_trial(&t->finish, t->m->numbers);
  }
  VT_PASS(vt_comm_bcast(t->comm, 0, t->m->numbers, n * sizeof *t->m->numbers, err));
  vt_train_set(t->train, t->m);
  return VT_OK;
}

/* Rank 0 takes the trial; all know if it was better. */
static vt_status take(vt__trainer *t, const double *means, int32_t *better, vt_err *err)
{
  if (vt_comm_rank(t->comm) == 0) {
    *better = vt_train_lbfgs_take(&t->finish, loss_of_all(t, means), t->gradient, t->m->numbers);
    if (*better) memcpy(t->adam.average, t->m->numbers, t->m->n_trained * sizeof *t->m->numbers);
  }
  return vt_comm_bcast(t->comm, 0, better, sizeof *better, err);
}

static vt_status sums_at_trial(vt__trainer *t, double *kinds, int *stopped, vt_err *err)
{
  t->means = NULL;
  if (t->scales.mean_virial > 0) {
    t->only_terms = 1;
    const vt_status rc = pass(t, kinds, stopped, err);
    t->only_terms = 0;
    VT_PASS(rc);
    means_of_kinds(t, kinds);
    VT_PASS(vt_comm_bcast(t->comm, 0, kinds, 2 * (size_t)vt__n_kinds(t) * sizeof *kinds, err));
  }
  if (*stopped) return VT_OK;
  double *again = kinds + 2 * vt__n_kinds(t);
  t->means = t->scales.mean_virial > 0 ? kinds : NULL;
  const vt_status rc = pass(t, again, stopped, err);
  t->means = NULL;
  return rc;
}

vt_status vt__finish_pass(vt__trainer *t, int *stopped, vt_err *err)
{
  double *kinds = NULL;
  int32_t better = 0;
  VT_PASS(vt_comm_agree(t->comm, VT_NEW(kinds, 4 * vt__n_kinds(t) + 1, err), err));
  vt_status rc = begin(t, err);
  if (rc == VT_OK) rc = sums_at_trial(t, kinds, stopped, err);
  if (rc == VT_OK && !*stopped) rc = take(t, kinds, &better, err);
  vt_free(kinds);
  VT_PASS(rc);
  if (*stopped) {
    t->sums = (vt_train_terms){0};
    return VT_OK;
  }
  t->passes++;
  if (better) return vt__end_epoch(t, VT__FINISH, (double)NAN, err);
  rc = vt_comm_rank(t->comm) == 0 ? vt__end_rejected(t, err) : VT_OK;
  t->sums = (vt_train_terms){0};
  return vt_comm_agree(t->comm, rc, err);
}
