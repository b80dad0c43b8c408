/* training.c - one training on all ranks, from its file to the exit code. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "runner/stop/stop.h"
#include "runner/training/training_impl.h"

static int most_atoms(const vt__trainer *t)
{
  int most = 1;
  for (int k = 0; k < t->data.n; k++) most = t->data.s[k].n > most ? t->data.s[k].n : most;
  for (int k = 0; k < t->held.n; k++) most = t->held.s[k].n > most ? t->held.s[k].n : most;
  return most;
}

vt_status vt__trainer_room(vt__trainer *t, vt_err *err)
{
  t->per_leaf = t->y->batch < VT__LEAF_FRAMES ? t->y->batch : VT__LEAF_FRAMES;
  t->per_batch = (t->y->batch + t->per_leaf - 1) / t->per_leaf;
  t->n_batches = (t->data.n + t->y->batch - 1) / t->y->batch;
  const size_t n = t->m->n_trained, rest = (size_t)(t->per_batch * t->per_leaf) * VT_TRAIN_TERMS + 2;
  VT_PASS(vt_train_open(t->m, t->simd, &t->train, err));
  vt_train_set(t->train, t->m);
  const int n_parts = vt_train_parts(t->train, NULL);
  VT_PASS(vt__tree_open(&t->tree, t->comm, t->per_batch, vt_train_gradient_size(t->train) + rest, n_parts + 1, err));
  (void)vt_train_parts(t->train, t->tree.from);
  VT_PASS(vt__tree_open(&t->gather, t->comm, vt_comm_size(t->comm), (size_t)t->held.n * VT_TRAIN_TERMS, 1, err));
  VT_PASS(VT_NEW(t->order, t->data.n, err));
  VT_PASS(VT_NEW(t->ledger, t->data.n, err));
  for (int k = 0; k < t->data.n; k++) t->ledger[k] = (double)NAN;
  VT_PASS(VT_NEW(t->pull, 2 * t->data.n_comp, err));
  VT_PASS(VT_NEW(t->d_force, most_atoms(t), err));
  VT_PASS(VT_NEW(t->gradient, n, err));
  VT_PASS(vt_train_adam_open(&t->adam, t->m->numbers, n, err));
  VT_PASS(vt_train_adam_rotate(&t->adam, t->m, t->simd, err));
  VT_PASS(vt__step_open(t, err));
  if (vt_comm_rank(t->comm) != 0) return VT_OK;
  VT_PASS(VT_NEW(t->best, n, err));
  return t->y->finish > 0 ? vt__finish_open(t, err) : VT_OK;
}

void vt__trainer_close(vt__trainer *t)
{
  vt_train_close(t->train);
  vt__tree_close(&t->tree);
  vt__tree_close(&t->gather);
  vt_train_adam_close(&t->adam);
  vt__step_close(&t->step);
  vt_train_lbfgs_close(&t->finish);
  vt_train_data_free(&t->data);
  vt_train_data_free(&t->held);
  vt_train_data_free(&t->test);
  void *const rows[] = {t->order, t->ledger, t->pull, t->d_force, t->gradient, t->best, t->total};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  vt_buf_free(&t->csv);
  vt_buf_free(&t->record);
  vt_free(t->element_weight);
  vt_free(t->pressure);
  vt__hold_close(&t->hold);
  vt_nep_free(t->m);
}

/* Rank 0: the folder is new, or holds this training. */
static vt_status open_folder(vt__trainer *t, int *found, vt_err *err)
{
  VT_PASS(vt_dir_make(t->output, err));
  VT_PASS(vt__checkpoint_read(t, found, err));
  if (!*found) VT_PASS(vt__place_check(t->output, err));
  if (*found)
    vt__say(t, "%s: going on, %lld of %d epochs, %lld of %d steps of all data done", t->output, (long long)t->epoch,
            t->y->epochs, (long long)t->passes, t->y->finish);
  else
    vt__say(t, "%s: new", t->output);
  return *found ? VT_OK : vt__checkpoint_write(t, err); /* before all other files: from now on the folder is ours */
}

/* What all ranks must know of the state. */
static vt_status share_state(vt__trainer *t, vt_err *err)
{
  int64_t at[] = {t->epoch, t->batch, t->passes, t->best_at.phase, t->best_at.n, t->better_epoch};
  VT_PASS(vt_comm_bcast(t->comm, 0, at, sizeof at, err));
  t->epoch = at[0];
  t->batch = (int)at[1];
  t->passes = at[2];
  t->best_at = (vt__when){at[3], at[4]};
  t->better_epoch = at[5];
  VT_PASS(vt_comm_bcast(t->comm, 0, t->m->numbers, t->m->n_trained * sizeof *t->m->numbers, err));
  VT_PASS(vt_comm_bcast(t->comm, 0, t->ledger, (size_t)t->data.n * sizeof *t->ledger, err));
  vt_train_set(t->train, t->m);
  return vt__step_share(t, err);
}

static void say_end(const vt__trainer *t)
{
  char text[64];
  if (vt__trainer_ended_early(t))
    vt__say(t, "ended by schedule.early_stop after epoch %lld: no better validation for %d epochs", (long long)t->epoch,
            t->y->early_stop);
  if (t->best_at.phase == VT__START)
    vt__say(t,
            "warning: %s/nep.txt: neither epochs nor steps of all data were better on validation than the start, "
            "which is what it holds",
            t->output);
  else
    vt__say(t, "%s/nep.txt: best of %lld epochs and %lld steps of all data on validation is %s", t->output,
            (long long)t->epoch, (long long)t->passes, vt__when_text(t->best_at, text));
}

static vt_status train(vt__trainer *t, int *stopped, vt_err *err)
{
  int found = 0;
  VT_PASS(vt_comm_agree(t->comm, vt__trainer_room(t, err), err));
  VT_PASS(vt_comm_agree(t->comm, vt_comm_rank(t->comm) == 0 ? open_folder(t, &found, err) : VT_OK, err));
  VT_PASS(share_state(t, err));
  vt__say(t, "%d frames to train on, %d for validation, %zu numbers, %s, %d rank%s", t->data.n, t->held.n,
          t->m->n_trained, vt_train_kernel(t->train), vt_comm_size(t->comm), vt_comm_size(t->comm) == 1 ? "" : "s");
  VT_PASS(vt__trainer_loop(t, stopped, err));
  if (*stopped) {
    vt__say(t, "%s: stopped after %lld epochs, %lld steps of all data and %d batches; the same command goes on",
            t->output, (long long)t->epoch, (long long)t->passes, t->batch);
    return VT_OK;
  }
  say_end(t);
  VT_PASS(vt_comm_agree(t->comm, vt_comm_rank(t->comm) == 0 ? vt__write_again(t, err) : VT_OK, err));
  VT_PASS(vt_comm_agree(t->comm, vt_comm_rank(t->comm) == 0 ? vt__write_test(t, err) : VT_OK, err));
  return vt__trainer_card(t, stopped, err);
}

/* ------------------------------------------------------------------ all members */

/* Between reading the data and the first change of the folder, at the first member of each team: all are of one mind.
 */
static vt_status all_begin(vt__job *j, vt_status mine, int *bad, vt_err *err)
{
  char halt[VT_PATH + 32];
  int32_t any = *bad;
  VT_PASS(vt_comm_agree(j->world, mine, err));
  VT_PASS(vt_comm_bcast(j->world, 0, &any, sizeof any, err));
  *bad = any;
  if (*bad) return VT_OK;
  VT_PASS(vt_comm_agree(j->world, vt_comm_rank(j->world) == 0 ? vt__place_open(j, err) : VT_OK, err));
  (void)snprintf(halt, sizeof halt, "%s/HALT", j->output);
  vt_stop_limits(j->o->wall_s, j->o->grace_s, vt__is_root(j) ? halt : NULL);
  return VT_OK;
}

/* What a committee is judged on stays when its member goes. */
static void keep_judged(vt__job *j, vt__trainer *t)
{
  vt_train_data *from = t->test.n > 0 ? &t->test : &t->held;
  if (vt_comm_rank(j->world) != 0 || j->y->seeds == 1) return;
  vt_train_data_free(&j->judged);
  j->judged = *from;
  j->judged_by = from == &t->test ? "test" : "validation";
  *from = (vt_train_data){0};
  for (int k = 0; k < j->judged.n; k++) j->judged.s[k].element_weight = NULL; /* the member's */
}

static vt_status one_member(vt__job *j, int k, int *bad, int *stopped, vt_err *err)
{
  vt__trainer t = {.job = j,
                   .comm = j->team,
                   .o = j->o,
                   .y = j->y,
                   .member = k,
                   .quiet = k > 0,
                   .seed = vt__seed_of(j, k),
                   .simd = j->simd};
  vt__place_of(j, k, t.output);
  vt_status rc = vt__trainer_prepare(&t, bad, err);
  if (k == j->team_no)
    rc = all_begin(j, rc, bad, err);
  else if (rc == VT_OK && *bad)
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "%s: the data changed while seed %llu was waiting", j->o->file,
                    (unsigned long long)t.seed);
  t.quiet = 0;
  if (rc == VT_OK && !*bad) rc = train(&t, stopped, err);
  if (rc == VT_OK && !*bad) {
    const vt__member_state state = *stopped ? VT__STOPPED : vt__trainer_ended_early(&t) ? VT__ENDED_EARLY : VT__ENDED;
    const vt__member at = vt__trainer_at(&t, state);
    if (vt__is_root(j)) rc = vt__teams_tell(j, &at, 1, err);
  }
  if (rc == VT_OK && !*bad && !*stopped) keep_judged(j, &t);
  vt__trainer_close(&t);
  return rc;
}

/* This team's members; then all ranks know how it ended. */
static vt_status all_members(vt__job *j, int *bad, int *all, vt_err *err)
{
  vt_status rc = VT_OK;
  int stopped = 0;
  for (int k = j->team_no; k < j->y->seeds && rc == VT_OK && !*bad && !stopped; k += j->n_teams)
    rc = one_member(j, k, bad, &stopped, err);
  if ((rc != VT_OK || stopped) && vt__is_root(j) && vt__teams_stop(j, NULL) != VT_OK)
    vt_log(VT_LOG_WARN, "training", "ev=untold");
  VT_PASS(vt_comm_agree(j->world, rc, err));
  if (*bad) return VT_OK;
  VT_PASS(vt__teams_share(j, err));
  *all = 1;
  j->failed = 0;
  for (int k = 0; k < j->y->seeds; k++) {
    *all = *all && j->member[k].state >= VT__ENDED;
    j->failed += j->member[k].failed;
  }
  rc = vt_comm_rank(j->world) == 0 ? vt__place_gather(j, *all, err) : VT_OK;
  return vt_comm_agree(j->world, rc, err);
}

/* A file HALT stays until whoever made it removes it, and would end the next start, too. */
static void say_halt(vt__job *j)
{
  char path[VT_PATH + 32];
  const vt__trainer says = {.job = j, .comm = j->world, .o = j->o};
  (void)snprintf(path, sizeof path, "%s/HALT", j->output);
  if (access(path, F_OK) == 0) vt__say(&says, "'%s' is still there: remove it before the next start", path);
}

vt_status vt_training_run(vt_comm *comm, const vt_training_options *o, int *code, vt_err *err)
{
  vt__job j = {.world = comm, .o = o, .state = "running"};
  int bad = 0, all = 0;
  int32_t simd = (int32_t)vt_simd_best();
  *code = VT_EXIT_FAIL;
  vt_status rc = vt_comm_agree(comm, vt__load_file(&j, &bad, err), err);
  if (rc == VT_OK) rc = vt_comm_bcast(comm, 0, &simd, sizeof simd, err); /* that of rank 0, for all */
  j.simd = (vt_simd)simd;
  if (rc == VT_OK && !bad) {
    (void)snprintf(j.output, sizeof j.output, "%s", o->output ? o->output : j.y->output);
    rc = vt__teams_open(&j, err);
    if (rc == VT_OK) rc = all_members(&j, &bad, &all, err);
    j.state = rc != VT_OK ? "failed" : all ? "done" : "stopped";
    j.error = rc != VT_OK && err ? err->text : NULL;
    if (vt_comm_rank(comm) == 0) vt__place_view(&j, 1);
    vt__teams_close(&j);
  }
  if (rc == VT_OK && !bad && !all && vt_comm_rank(comm) == 0) say_halt(&j);
  if (rc == VT_OK) *code = bad ? VT_EXIT_USAGE : !all ? VT_EXIT_AGAIN : j.failed ? VT_EXIT_TASKS : VT_EXIT_OK;
  vt__place_close(&j);
  vt_train_data_free(&j.judged);
  vt_training_free(j.y);
  return rc;
}
