/* training.c - one training on all ranks, from its file to the exit code. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/stop/stop.h"
#include "runner/training/training_impl.h"

static int most_atoms(const vt__trainer *t)
{
  int most = 1;
  for (int k = 0; k < t->data.n; k++) most = t->data.s[k].n > most ? t->data.s[k].n : most;
  for (int k = 0; k < t->held.n; k++) most = t->held.s[k].n > most ? t->held.s[k].n : most;
  return most;
}

static vt_status make_room(vt__trainer *t, vt_err *err)
{
  enum { GROUP = 4 };
  t->grouped = t->scales.mean_virial > 0 ? GROUP : 1;
  t->per_batch = t->y->batch > t->grouped ? t->y->batch / t->grouped : 1;
  t->n_groups = vt_train_groups(&t->data, t->grouped);
  t->n_batches = (t->n_groups + t->per_batch - 1) / t->per_batch;
  const size_t n = t->m->n_trained, rest = (size_t)(t->per_batch * t->grouped) * VT_TRAIN_TERMS + 2;
  VT_PASS(vt_train_open(t->m, t->simd, &t->train, err));
  vt_train_set(t->train, t->m);
  VT_PASS(vt__tree_open(&t->tree, t->comm, t->per_batch, vt_train_gradient_size(t->train) + rest, err));
  VT_PASS(vt__tree_open(&t->gather, t->comm, vt_comm_size(t->comm), (size_t)t->held.n * VT_TRAIN_TERMS, err));
  VT_PASS(VT_NEW(t->order, t->data.n, err));
  VT_PASS(VT_NEW(t->first, t->n_groups + 1, err));
  VT_PASS(VT_NEW(t->ledger, t->data.n, err));
  for (int k = 0; k < t->data.n; k++) t->ledger[k] = (double)NAN;
  VT_PASS(VT_NEW(t->pull, 2 * t->data.n_comp, err));
  VT_PASS(VT_NEW(t->packet, n + rest, err));
  VT_PASS(VT_NEW(t->d_force, most_atoms(t), err));
  if (vt_comm_rank(t->comm) != 0) return VT_OK;
  VT_PASS(VT_NEW(t->gradient, n, err));
  VT_PASS(VT_NEW(t->best, n, err));
  return vt_train_adam_open(&t->adam, t->m->numbers, n, err);
}

static void trainer_close(vt__trainer *t)
{
  vt_train_close(t->train);
  vt__tree_close(&t->tree);
  vt__tree_close(&t->gather);
  vt_train_adam_close(&t->adam);
  vt_train_data_free(&t->data);
  vt_train_data_free(&t->held);
  vt_train_data_free(&t->test);
  void *const rows[] = {t->order, t->ledger, t->first, t->pull, t->packet, t->d_force, t->gradient, t->best};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  vt_buf_free(&t->csv);
  vt_nep_free(t->m);
  vt_training_free(t->y);
}

/* Rank 0: the folder is new, or holds this training. */
static vt_status open_folder(vt__trainer *t, int *found, vt_err *err)
{
  static const char *const ours[] = {"nep.txt", "nep_average.txt", "nep_last.txt", "train.csv", "test.json"};
  VT_PASS(vt_dir_make(t->output, err));
  VT_PASS(vt__checkpoint_read(t, found, err));
  for (size_t k = 0; k < sizeof ours / sizeof *ours && !*found; k++) {
    char path[VT_PATH + 32];
    (void)snprintf(path, sizeof path, "%s/%s", t->output, ours[k]);
    if (access(path, F_OK) == 0)
      VT_FAIL(err, VT_EINVAL, "'%s' is there, but no state of a training: give another --output", path);
  }
  if (*found)
    vt__say(t, "%s: going on, %lld of %d epochs done", t->output, (long long)t->epoch, t->y->epochs);
  else
    vt__say(t, "%s: new", t->output);
  return *found ? VT_OK : vt__checkpoint_write(t, err); /* before all other files: from now on the folder is ours */
}

/* What all ranks must know of the state. */
static vt_status share_state(vt__trainer *t, vt_err *err)
{
  int64_t at[2] = {t->epoch, t->batch};
  VT_PASS(vt_comm_bcast(t->comm, 0, at, sizeof at, err));
  t->epoch = at[0];
  t->batch = (int)at[1];
  VT_PASS(vt_comm_bcast(t->comm, 0, t->m->numbers, t->m->n_trained * sizeof *t->m->numbers, err));
  VT_PASS(vt_comm_bcast(t->comm, 0, t->ledger, (size_t)t->data.n * sizeof *t->ledger, err));
  vt_train_set(t->train, t->m);
  return VT_OK;
}

static vt_status train(vt__trainer *t, int *stopped, int *failed, vt_err *err)
{
  char halt[VT_PATH + 32];
  int found = 0;
  VT_PASS(vt_comm_agree(t->comm, make_room(t, err), err));
  VT_PASS(vt_comm_agree(t->comm, vt_comm_rank(t->comm) == 0 ? open_folder(t, &found, err) : VT_OK, err));
  VT_PASS(share_state(t, err));
  vt__say(t, "%d frames to train on, %d for validation, %zu numbers, %s, %d rank%s", t->data.n, t->held.n,
          t->m->n_trained, vt_train_kernel(t->train), vt_comm_size(t->comm), vt_comm_size(t->comm) == 1 ? "" : "s");
  (void)snprintf(halt, sizeof halt, "%s/HALT", t->output);
  vt_stop_limits(t->o->wall_s, t->o->grace_s, vt_comm_rank(t->comm) == 0 ? halt : NULL);
  VT_PASS(vt__trainer_loop(t, stopped, err));
  if (*stopped) {
    vt__say(t, "%s: stopped after %lld epochs and %d batches; the same command goes on", t->output, (long long)t->epoch,
            t->batch);
    return VT_OK;
  }
  vt__say(t, "%s/nep.txt: best of %d epochs on validation is %lld", t->output, t->y->epochs, (long long)t->best_epoch);
  VT_PASS(vt_comm_agree(t->comm, vt_comm_rank(t->comm) == 0 ? vt__write_test(t, err) : VT_OK, err));
  return vt__trainer_card(t, stopped, failed, err);
}

vt_status vt_training_run(vt_comm *comm, const vt_training_options *o, int *code, vt_err *err)
{
  vt__trainer t = {.comm = comm, .o = o};
  int bad = 0, stopped = 0, failed = 0;
  *code = VT_EXIT_FAIL;
  vt_status rc = vt__trainer_prepare(&t, &bad, err);
  if (rc == VT_OK && !bad) rc = train(&t, &stopped, &failed, err);
  if (rc == VT_OK) *code = bad ? VT_EXIT_USAGE : stopped ? VT_EXIT_AGAIN : failed ? VT_EXIT_TASKS : VT_EXIT_OK;
  trainer_close(&t);
  return rc;
}
