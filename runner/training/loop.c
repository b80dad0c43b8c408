/* loop.c - batches and epochs. */
#include <math.h>
#include <string.h>

#include "runner/stop/stop.h"
#include "runner/training/training_impl.h"

enum { KEPT_MOST = 1536 }; /* MiB of frames that a rank keeps; the others are made when they are needed */

/* ------------------------------------------------------------------ frames in memory */

vt_status vt__trainer_frame(vt__trainer *t, vt_train_sample *s, vt_err *err)
{
  if (s->frame) return VT_OK;
  VT_PASS(vt_train_sample_frame(t->m, s, err));
  t->kept_bytes += vt_train_frame_memory(s->frame);
  return VT_OK;
}

void vt__trainer_release(vt__trainer *t, vt_train_sample *s, int was_there)
{
  if (was_there || t->kept_bytes <= (size_t)KEPT_MOST << 20) return;
  t->kept_bytes -= vt_train_frame_memory(s->frame);
  vt_train_sample_drop(s);
}

/* ------------------------------------------------------------------ a batch */

/* Frames of this batch, from the place *from in the order. */
static int frames_of_batch(const vt__trainer *t, int *from)
{
  *from = t->batch * t->y->batch;
  return t->data.n - *from < t->y->batch ? t->data.n - *from : t->y->batch;
}

int vt__batch_size(const vt__trainer *t)
{
  int from;
  return (frames_of_batch(t, &from) + t->per_leaf - 1) / t->per_leaf;
}

int vt__leaf_of(const vt__trainer *t, int k, int *n)
{
  int from;
  const int left = frames_of_batch(t, &from) - k * t->per_leaf;
  *n = left < t->per_leaf ? left : t->per_leaf;
  return from + k * t->per_leaf;
}

/* Mean virial errors of the compositions by the latest error of each frame, into pull[n_comp] and weights behind. */
static void means_of_compositions(vt__trainer *t)
{
  double *weight = t->pull + t->data.n_comp;
  memset(t->pull, 0, 2 * (size_t)t->data.n_comp * sizeof *t->pull);
  for (int k = 0; k < t->data.n; k++) {
    if (isnan(t->ledger[k])) continue;
    t->pull[t->data.s[k].comp] += t->ledger[k];
    weight[t->data.s[k].comp] += t->data.s[k].weight;
  }
  for (int c = 0; c < t->data.n_comp; c++)
    if (weight[c] > 0) t->pull[c] /= weight[c];
}

size_t vt__flags_at(const vt__trainer *t) { return (size_t)(t->per_batch * t->per_leaf) * VT_TRAIN_TERMS; }

/* Frames of a leaf: their gradient into it, whose parts it has in `used`. */
static vt_status frames_of_leaf(vt__trainer *t, const int *which, int n, vt_train_terms *terms, double *leaf,
                                unsigned char *used, vt_err *err)
{
  for (int j = 0; j < n; j++) {
    vt_train_sample *s = &t->data.s[which[j]];
    vt_train_values v;
    double de, dw[9];
    const int was_there = s->frame != NULL;
    const double mean = t->means ? t->means[vt__kind_of(t, s)] : 0;
    VT_PASS(vt__trainer_frame(t, s, err));
    VT_PASS(vt_train_forward(t->train, s->frame, &v, err));
    if (!t->only_terms) vt_train_frame_parts(t->train, s->frame, used);
    vt_train_loss(s, &v, &t->scales, s->group ? 0 : mean, &terms[j], &de, t->d_force, dw);
    if (s->group) terms[j].kind = s->weight * vt__pressure_change(t, s, v.virial);
    if (t->means && s->group) vt__pressure_pull(t, s, mean, dw);
    if (!t->only_terms) vt_train_backward(t->train, s->frame, de, (const double(*)[3])t->d_force, dw, leaf);
    vt__trainer_release(t, s, was_there);
  }
  return VT_OK;
}

/* Leaf k of this batch: its gradient and its terms. */
static vt_status one_leaf(vt__trainer *t, int k, vt_err *err)
{
  int n;
  const int *which = t->order + vt__leaf_of(t, k, &n);
  double *leaf = t->tree.leaf[k];
  vt_train_terms *terms = (vt_train_terms *)(void *)(leaf + vt_train_gradient_size(t->train)) + k * t->per_leaf;
  return frames_of_leaf(t, which, n, terms, leaf, t->tree.used[k], err);
}

static vt_status my_frames(vt__trainer *t, int n, vt_err *err)
{
  const int me = vt_comm_rank(t->comm);
  const size_t flags = vt_train_gradient_size(t->train) + vt__flags_at(t);
  vt_status rc = vt__is_root(t->job) ? vt__teams_look(t->job, err) : VT_OK;
  for (int k = 0; k < n; k++) {
    if (t->tree.owner[k] != me) continue;
    vt__tree_clear(&t->tree, k);
    if (rc == VT_OK) rc = one_leaf(t, k, err);
    t->tree.leaf[k][flags + VT__FAILED] = rc != VT_OK;
    t->tree.leaf[k][flags + VT__ASKED] = vt_stop_reason() != NULL || t->job->asked;
    vt_alive();
  }
  return rc;
}

static double most_rate(const vt__trainer *t) { return t->y->rate > 0 ? t->y->rate : t->y->start[0] ? 5e-4 : 2e-2; }

static double rate_of(const vt__trainer *t)
{
  const double done = ((double)t->epoch + (t->batch + 1.0) / t->n_batches) / t->y->epochs;
  return vt_train_rate(most_rate(t), done, fmin(1.0, 0.1 * t->y->epochs) / t->y->epochs);
}

void vt__add_terms(vt_train_terms *to, const vt_train_terms *from)
{
  double *x = (double *)(void *)to;
  const double *y = (const double *)(const void *)from;
  for (int k = 0; k < VT_TRAIN_TERMS; k++) x[k] += y[k];
}

/* Terms of a batch of n leaves, on all ranks. */
static void take_terms(vt__trainer *t, int n)
{
  const double *more = t->tree.leaf[0] + vt_train_gradient_size(t->train);
  const vt_train_terms *terms = (const vt_train_terms *)(const void *)more;
  for (int k = 0; k < n; k++) {
    int some;
    const int *which = t->order + vt__leaf_of(t, k, &some);
    for (int j = 0; j < some; j++) {
      const vt_train_terms *of = &terms[k * t->per_leaf + j];
      if (t->data.s[which[j]].has_virial) t->ledger[which[j]] = of->mean_virial;
      vt__add_terms(&t->sums, of);
    }
    t->frames_done += some;
  }
}

void vt__batch_frames(vt__trainer *t, int n, vt_status *mine, vt_err *err)
{
  double cost[256] = {0}; /* schedule.batch is at most that */
  for (int k = 0; k < n; k++) {
    int some;
    const int *which = t->order + vt__leaf_of(t, k, &some);
    for (int j = 0; j < some; j++) cost[k] += t->data.s[which[j]].n;
  }
  vt__tree_spread(&t->tree, n, cost);
  *mine = my_frames(t, n, err);
}

vt_status vt__batch_sum(vt__trainer *t, int n, vt_status *mine, vt_err *err)
{
  vt__batch_frames(t, n, mine, err);
  return vt__tree_sum(&t->tree, n, err);
}

vt_status vt__trainer_batch(vt__trainer *t, int *stop, vt_err *err)
{
  const int n = vt__batch_size(t);
  const double *more = t->tree.leaf[0] + vt_train_gradient_size(t->train), *flags = more + vt__flags_at(t);
  vt_status mine = VT_OK;
  double weight = 0;
  vt__batch_frames(t, n, &mine, err);
  VT_PASS(vt__step_sum(t, n, err));
  if (flags[VT__FAILED] != 0) return vt_comm_agree(t->comm, mine, err);
  for (int k = 0; k < t->per_batch * t->per_leaf; k++)
    weight += more[k * VT_TRAIN_TERMS]; /* the first member of the terms */
  *stop = flags[VT__ASKED] != 0;
  take_terms(t, n);
  VT_PASS(vt__step_make(t, weight, rate_of(t), err));
  t->batch++;
  return VT_OK;
}

/* ------------------------------------------------------------------ epochs */

static vt__errors errors_of_epoch(vt__trainer *t)
{
  const vt_train_terms *s = &t->sums;
  double squares = 0, means = 0, all = 0;
  means_of_compositions(t);
  for (int c = 0; c < t->data.n_comp; c++) {
    const double w = t->pull[t->data.n_comp + c];
    squares += w * t->pull[c] * t->pull[c];
    if (t->scales.mean_virial > 0) means += w * vt_train_robust(t->pull[c] / t->scales.mean_virial);
    all += w;
  }
  return (vt__errors){.loss = (s->loss + means) / s->weight,
                      .energy = sqrt(s->energy / s->n_e),
                      .force = sqrt(s->force / s->n_f),
                      .virial = sqrt(s->virial / s->n_v),
                      .mean_virial = sqrt(squares / all)};
}

vt__member vt__trainer_at(const vt__trainer *t, vt__member_state state)
{
  const double s = vt_now_s() - t->began_s, per_s = s > 0 ? (double)t->frames_done / s : 0;
  const double part = t->n_batches > 0 ? (double)t->batch / t->n_batches : 0;
  const int in_finish = vt__finishes(t);
  const int64_t epochs_left = in_finish ? 0 : t->y->epochs - t->epoch;
  const double left = fmax((double)(epochs_left + t->y->finish - t->passes) - part, 0) * t->data.n;
  const int more = (t->y->seeds - 1 - t->member) / t->job->n_teams; /* members that this team trains after it */
  const vt_train_terms *e = &t->sums;
  vt__member at = {.member = t->member,
                   .state = state,
                   .phase = in_finish ? VT__FINISH : VT__EPOCHS,
                   .epoch = t->epoch,
                   .epochs = t->y->epochs,
                   .passes = t->passes,
                   .finish = t->y->finish,
                   .batch = t->batch,
                   .n_batches = t->n_batches,
                   .best_at = t->best_at,
                   .best_loss = t->best_loss,
                   .trained = {t->trained.energy, t->trained.force, t->trained.virial},
                   .held = {t->errors.energy, t->errors.force, t->errors.virial},
                   .frames_per_s = per_s,
                   .left_s = per_s > 0 ? left / per_s : (double)NAN};
  at.failed = t->failed;
  memcpy(at.why, t->why, sizeof at.why);
  if (t->batch > 0) {
    at.trained[0] = sqrt(e->energy / e->n_e);
    at.trained[1] = sqrt(e->force / e->n_f);
    at.trained[2] = sqrt(e->virial / e->n_v);
  }
  at.team_left_s = at.left_s + (per_s > 0 ? (double)more * (t->y->epochs + t->y->finish) * t->data.n / per_s : 0);
  return at;
}

vt_status vt__trainer_tell(const vt__trainer *t, vt_err *err)
{
  const vt__member at = vt__trainer_at(t, VT__RUNS);
  return vt__teams_tell(t->job, &at, 0, err);
}

/* Root mean square of the labelled forces on validation, a component. */
static double forces_of_held(const vt__trainer *t)
{
  double sum = 0;
  int64_t n = 0;
  for (int k = 0; k < t->held.n; k++) {
    const vt_train_sample *s = &t->held.s[k];
    for (int i = 0; s->f && i < s->n; i++)
      for (int a = 0; a < 3; a++, n++) sum += s->f[i][a] * s->f[i][a];
  }
  return n > 0 ? sqrt(sum / (double)n) : (double)NAN;
}

/* 1 if the errors of the forces are beyond reason: far larger than the forces, or from a start that knew them, as large
 * as without any forces at all. */
static int is_wild(const vt__trainer *t, double error)
{
  const double times = 10, least = 10; /* eV/A */
  const double knows = 0.5, nothing = 0.9, forces = forces_of_held(t);
  return error > fmax(times * forces, least) || (t->start_force < knows * forces && error > nothing * forces);
}

/* A network whose neurons are all saturated has no derivative any more: nothing will move its forces again, not even
 * by a rounding. */
static vt_status check_alive(vt__trainer *t, vt__when at, const vt__errors *held, double rate, vt_err *err)
{
  enum { STILL = 3 };
  char text[64];
  const char *why = NULL;
  const int new_only = t->epoch < t->hold.new_epochs; /* frames without new elements are as they were */
  t->still = !new_only && t->errors.force == held->force ? t->still + 1 : 0;
  t->wild = is_wild(t, held->force) ? t->wild + 1 : 0;
  if (!isfinite(held->loss))
    why = "the loss on validation is not a number";
  else if (t->still >= STILL)
    why = "the forces on validation do not change any more, all neurons are saturated";
  else if (t->wild >= STILL)
    why = "three times in a row the errors of the forces on validation were as large as the forces, or far larger";
  if (!why) return VT_OK;
  VT_FAIL(err, VT_EDIVERGE,
          "%s: %s: training diverged with a learning rate of %g (now %g); give %s a lower schedule.learning_rate and "
          "another output",
          vt__when_text(at, text), why, most_rate(t), rate, t->o->file);
}

/* Known pressures are held by steps of all data alone, and validation does not see them: with such groups the last of
 * these steps, each better than the one before by the loss that counts, is the best. */
static int is_better(const vt__trainer *t, vt__when at, double loss)
{
  if (t->best_at.phase == VT__NEVER) return 1;
  if (t->n_pressure > 0 && at.phase == VT__FINISH) return 1;
  return loss < t->best_loss;
}

/* Rank 0: averaged numbers with these errors; 1 if they are the best so far. */
static int take_best(vt__trainer *t, vt__when at, const double *numbers, double loss)
{
  const int is_best = is_better(t, at, loss);
  if (is_best) {
    memcpy(t->best, numbers, t->m->n_trained * sizeof *t->best);
    t->best_loss = loss;
    t->best_at = at;
  }
  if (at.phase == VT__EPOCHS && (t->better_epoch == 0 || loss < t->better_loss)) {
    t->better_loss = loss;
    t->better_epoch = at.n;
  }
  return is_best;
}

static void next_epoch(vt__trainer *t, vt__phase phase)
{
  t->epoch += phase == VT__EPOCHS;
  t->batch = 0;
  t->sums = (vt_train_terms){0};
}

static vt_status write_epoch(vt__trainer *t, vt__phase phase, const vt__errors *held, double rate, vt_err *err)
{
  const vt__errors trained = errors_of_epoch(t);
  const vt__when at = {phase, phase == VT__FINISH ? t->passes : t->epoch + 1};
  VT_PASS(check_alive(t, at, held, rate, err));
  t->trained = trained;
  t->errors = *held;
  const int is_best = take_best(t, at, t->adam.average, held->loss);
  vt__add_row(t, at, rate, &trained, held);
  VT_PASS(vt__write_state(t, is_best, err));
  next_epoch(t, phase);
  return vt__checkpoint_write(t, err);
}

/* All ranks know what is best. */
static vt_status share_best(vt__trainer *t, vt_status rc, vt_err *err)
{
  VT_PASS(vt_comm_agree(t->comm, rc, err));
  int64_t best[] = {t->best_at.phase, t->best_at.n, t->better_epoch};
  VT_PASS(vt_comm_bcast(t->comm, 0, best, sizeof best, err));
  t->best_at = (vt__when){best[0], best[1]};
  t->better_epoch = best[2];
  return VT_OK;
}

vt_status vt__end_epoch(vt__trainer *t, vt__phase phase, double rate, vt_err *err)
{
  vt__errors held = {0};
  vt_status rc = VT_OK;
  VT_PASS(vt__step_gather(t, err));
  VT_PASS(vt__trainer_evaluate(t, t->adam.average, &held, err));
  if (vt_comm_rank(t->comm) == 0)
    rc = write_epoch(t, phase, &held, rate, err);
  else
    next_epoch(t, phase);
  return share_best(t, rc, err);
}

vt_status vt__end_rejected(vt__trainer *t, vt_err *err)
{
  const vt__errors trained = errors_of_epoch(t);
  vt__add_row(t, (vt__when){VT__REJECTED, t->passes}, (double)NAN, &trained, NULL);
  memcpy(t->m->numbers, t->adam.average, t->m->n_trained * sizeof *t->m->numbers); /* of the step before */
  t->sums = (vt_train_terms){0};
  VT_PASS(vt__write_table(t, err));
  return vt__checkpoint_write(t, err);
}

int vt__trainer_ended_early(const vt__trainer *t)
{
  return t->y->early_stop > 0 && t->better_epoch > 0 && t->epoch < t->y->epochs &&
         t->epoch - t->better_epoch >= t->y->early_stop;
}

int vt__finishes(const vt__trainer *t)
{
  return t->passes > 0 || t->epoch >= t->y->epochs || vt__trainer_ended_early(t);
}

static int has_ended(const vt__trainer *t) { return vt__finishes(t) && t->passes >= t->y->finish; }

vt_status vt__trainer_start(vt__trainer *t, vt_err *err)
{
  const vt__when at = {VT__START, 0};
  vt__errors held = {0};
  vt_status rc = VT_OK;
  if (!t->y->start[0] || has_ended(t)) return VT_OK;
  VT_PASS(vt__trainer_evaluate(t, t->hold.origin, &held, err));
  t->start_force = held.force; /* on rank 0 */
  if (vt_comm_rank(t->comm) == 0 && t->csv.len == 0) {
    t->errors = held;
    vt__add_row(t, at, (double)NAN, NULL, &held);
    if (isfinite(held.loss) && take_best(t, at, t->hold.origin, held.loss))
      rc = vt__write_model(t, "nep.txt", t->best, err);
    if (rc == VT_OK) rc = vt__write_table(t, err);
  }
  return share_best(t, rc, err);
}

vt_status vt__trainer_loop(vt__trainer *t, int *stopped, vt_err *err)
{
  const int is_root = vt_comm_rank(t->comm) == 0;
  const double no = (double)NAN;
  t->trained = t->errors = (vt__errors){.energy = no, .force = no, .virial = no, .loss = no, .mean_virial = no};
  t->start_force = no;
  t->began_s = vt_now_s();
  VT_PASS(vt__trainer_start(t, err));
  for (*stopped = 0; !has_ended(t) && !*stopped;) {
    if (vt__finishes(t)) {
      if (t->passes == 0 && vt__trainer_ended_early(t))
        vt__say(t, "schedule.early_stop: no better validation for %d epochs: steps of all data from here on",
                t->y->early_stop);
      VT_PASS(vt__finish_pass(t, stopped, err));
      continue;
    }
    vt_train_order(t->seed, t->epoch, t->data.n, t->order);
    while (t->batch < t->n_batches && !*stopped) {
      VT_PASS(vt__trainer_batch(t, stopped, err));
      if (is_root) VT_PASS(vt__trainer_tell(t, err));
    }
    if (t->batch < t->n_batches) continue;
    t->batch--; /* the rate of its last step */
    const double rate = rate_of(t);
    t->batch++;
    VT_PASS(vt__end_epoch(t, VT__EPOCHS, rate, err));
  }
  vt_status rc = VT_OK;
  if (*stopped && has_ended(t)) *stopped = 0; /* it was the end */
  if (*stopped) VT_PASS(vt__step_gather(t, err));
  if (*stopped && is_root) rc = vt__checkpoint_write(t, err);
  return vt_comm_agree(t->comm, rc, err);
}
