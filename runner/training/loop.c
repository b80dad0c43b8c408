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

enum { STOP, FAILED, FLAGS };

/* Groups of this batch. */
static int batch_size(const vt__trainer *t)
{
  const int left = t->n_groups - t->batch * t->per_batch;
  return left < t->per_batch ? left : t->per_batch;
}

/* Group k of this batch: its first frame in the order, and how many. */
static int group_of(const vt__trainer *t, int k, int *n)
{
  const int g = t->batch * t->per_batch + k;
  *n = t->first[g + 1] - t->first[g];
  return t->first[g];
}

/* Mean virial errors of the compositions by the latest error of each frame, into pull[n_comp] and weights behind. */
static void find_means(vt__trainer *t)
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

static size_t flags_at(const vt__trainer *t) { return (size_t)(t->per_batch * t->grouped) * VT_TRAIN_TERMS; }

/* Values and terms of one frame; with a leaf also its gradient, of which `mean` is the mean virial error. */
static vt_status one_frame(vt__trainer *t, vt_train_sample *s, double mean, vt_train_terms *terms, double *leaf,
                           vt_err *err)
{
  double de, dw[9];
  vt_train_values v;
  const int was_there = s->frame != NULL;
  VT_PASS(vt__trainer_frame(t, s, err));
  VT_PASS(vt_train_forward(t->train, s->frame, &v, err));
  vt_train_loss(s, &v, &t->scales, mean, terms, &de, t->d_force, dw);
  if (leaf) vt_train_backward(t->train, s->frame, de, (const double(*)[3])t->d_force, dw, leaf);
  vt__trainer_release(t, s, was_there);
  return VT_OK;
}

/* Group k of this batch, frames of one composition: its gradient and its terms into its leaf. */
static vt_status one_group(vt__trainer *t, int k, vt_err *err)
{
  int n;
  const int *which = t->order + group_of(t, k, &n);
  double *leaf = t->tree.leaf[k], mean = 0, weight = 0;
  vt_train_terms *terms = (vt_train_terms *)(void *)(leaf + vt_train_gradient_size(t->train)) + k * t->grouped;
  for (int j = 0; j < n && t->scales.mean_virial > 0; j++) {
    VT_PASS(one_frame(t, &t->data.s[which[j]], 0, &terms[j], NULL, err));
    mean += terms[j].mean_virial;
    weight += terms[j].n_v;
  }
  for (int j = 0; j < n; j++)
    VT_PASS(one_frame(t, &t->data.s[which[j]], weight > 0 ? mean / weight : 0, &terms[j], leaf, err));
  return VT_OK;
}

static vt_status my_frames(vt__trainer *t, int n, vt_err *err)
{
  const int me = vt_comm_rank(t->comm);
  const size_t flags = vt_train_gradient_size(t->train) + flags_at(t);
  vt_status rc = vt__is_root(t->job) ? vt__teams_look(t->job, err) : VT_OK;
  for (int k = 0; k < n; k++) {
    if (t->tree.owner[k] != me) continue;
    vt__tree_clear(&t->tree, k);
    if (rc == VT_OK) rc = one_group(t, k, err);
    t->tree.leaf[k][flags + FAILED] = rc != VT_OK;
    t->tree.leaf[k][flags + STOP] = vt_stop_reason() != NULL || t->job->asked;
    vt_alive();
  }
  return rc;
}

static int64_t steps_of(const vt__trainer *t) { return (int64_t)t->y->epochs * t->n_batches; }

static double most_rate(const vt__trainer *t) { return t->y->rate > 0 ? t->y->rate : t->y->start[0] ? 1e-3 : 5e-3; }

static double rate_of(const vt__trainer *t)
{
  return vt_train_rate(most_rate(t), t->epoch * t->n_batches + t->batch, t->n_batches, steps_of(t));
}

/* Rank 0: the step, and what all must know. */
static void make_step(vt__trainer *t)
{
  const double *sum = t->tree.leaf[0], *more = sum + vt_train_gradient_size(t->train);
  const size_t n = t->m->n_trained, rest = flags_at(t) + FLAGS;
  double weight = 0;
  for (int k = 0; k < t->per_batch * t->grouped; k++)
    weight += more[k * VT_TRAIN_TERMS]; /* the first member of the terms */
  if (more[rest - FLAGS + FAILED] == 0) {
    vt_train_gradient_read(t->train, sum, t->gradient);
    for (size_t k = 0; k < n; k++) t->gradient[k] /= weight;
    vt__hold_gradient(t, t->gradient);
    vt_train_adam_step(&t->adam, rate_of(t), t->gradient, t->m->numbers);
    vt__hold_numbers(t, t->m->numbers);
    vt__hold_numbers(t, t->adam.average);
  }
  memcpy(t->packet, t->m->numbers, n * sizeof *t->packet);
  memcpy(t->packet + n, more, rest * sizeof *t->packet);
}

static void add_terms(vt_train_terms *to, const vt_train_terms *from)
{
  double *x = (double *)(void *)to;
  const double *y = (const double *)(const void *)from;
  for (int k = 0; k < VT_TRAIN_TERMS; k++) x[k] += y[k];
}

static void take_packet(vt__trainer *t, int n)
{
  const size_t trained = t->m->n_trained;
  const vt_train_terms *terms = (const vt_train_terms *)(const void *)(t->packet + trained);
  memcpy(t->m->numbers, t->packet, trained * sizeof *t->packet);
  vt_train_set(t->train, t->m);
  for (int k = 0; k < n; k++) {
    int some;
    const int *which = t->order + group_of(t, k, &some);
    for (int j = 0; j < some; j++) {
      const vt_train_terms *of = &terms[k * t->grouped + j];
      if (t->data.s[which[j]].has_virial) t->ledger[which[j]] = of->mean_virial;
      add_terms(&t->sums, of);
    }
    t->frames_done += some;
  }
}

static vt_status one_batch(vt__trainer *t, int *stop, vt_err *err)
{
  const int n = batch_size(t), is_root = vt_comm_rank(t->comm) == 0;
  const size_t rest = flags_at(t) + FLAGS, size = t->m->n_trained + rest;
  double cost[256] = {0}; /* schedule.batch is at most that */
  for (int k = 0; k < n; k++) {
    int some;
    const int *which = t->order + group_of(t, k, &some);
    for (int j = 0; j < some; j++) cost[k] += t->data.s[which[j]].n;
  }
  vt__tree_spread(&t->tree, n, cost);
  const vt_status mine = my_frames(t, n, err);
  VT_PASS(vt__tree_sum(&t->tree, n, err));
  if (is_root) make_step(t);
  VT_PASS(vt_comm_bcast(t->comm, 0, t->packet, size * sizeof *t->packet, err));
  if (t->packet[size - FLAGS + FAILED] != 0) return vt_comm_agree(t->comm, mine, err);
  take_packet(t, n);
  *stop = t->packet[size - FLAGS + STOP] != 0;
  t->batch++;
  return VT_OK;
}

/* ------------------------------------------------------------------ epochs */

static vt__errors errors_of_epoch(vt__trainer *t)
{
  const vt_train_terms *s = &t->sums;
  double squares = 0, all = 0;
  find_means(t);
  for (int c = 0; c < t->data.n_comp; c++) {
    const double w = t->pull[t->data.n_comp + c];
    squares += w * t->pull[c] * t->pull[c];
    all += w;
  }
  return (vt__errors){.loss = s->loss / s->weight,
                      .energy = sqrt(s->energy / s->n_e),
                      .force = sqrt(s->force / s->n_f),
                      .virial = sqrt(s->virial / s->n_v),
                      .mean_virial = sqrt(squares / all)};
}

vt__member vt__trainer_at(const vt__trainer *t, vt__member_state state)
{
  const double s = vt_now_s() - t->began_s, per_s = s > 0 ? (double)t->frames_done / s : 0;
  const double part = t->n_batches > 0 ? (double)t->batch / t->n_batches : 0;
  const double left = ((double)(t->y->epochs - t->epoch) - part) * t->data.n;
  const int more = (t->y->seeds - 1 - t->member) / t->job->n_teams; /* members that this team trains after it */
  const vt_train_terms *e = &t->sums;
  vt__member at = {.member = t->member,
                   .state = state,
                   .epoch = t->epoch,
                   .epochs = t->y->epochs,
                   .batch = t->batch,
                   .n_batches = t->n_batches,
                   .best_epoch = t->best_epoch,
                   .best_loss = t->best_loss,
                   .trained = {t->trained.energy, t->trained.force, t->trained.virial},
                   .held = {t->errors.energy, t->errors.force, t->errors.virial},
                   .frames_per_s = per_s,
                   .left_s = per_s > 0 ? left / per_s : (double)NAN};
  if (t->batch > 0) {
    at.trained[0] = sqrt(e->energy / e->n_e);
    at.trained[1] = sqrt(e->force / e->n_f);
    at.trained[2] = sqrt(e->virial / e->n_v);
  }
  at.team_left_s = at.left_s + (per_s > 0 ? (double)more * t->y->epochs * t->data.n / per_s : 0);
  return at;
}

static vt_status tell(const vt__trainer *t, vt_err *err)
{
  const vt__member at = vt__trainer_at(t, VT__RUNS);
  return vt__teams_tell(t->job, &at, 0, err);
}

/* A network whose neurons are all saturated has no derivative any more: nothing will move its forces again, not even
 * by a rounding. */
static vt_status check_alive(vt__trainer *t, const vt__errors *held, double rate, vt_err *err)
{
  enum { STILL = 3 };
  const char *why = NULL;
  const int new_only = t->epoch < t->hold.new_epochs; /* frames without new elements are as they were */
  t->still = !new_only && t->errors.force == held->force ? t->still + 1 : 0;
  if (!isfinite(held->loss))
    why = "the loss on validation is not a number";
  else if (t->still >= STILL)
    why = "the forces on validation do not change any more, all neurons are saturated";
  if (!why) return VT_OK;
  VT_FAIL(err, VT_EDIVERGE,
          "epoch %lld: %s: training diverged with a learning rate of %g (now %g); give %s a lower "
          "schedule.learning_rate and another output",
          (long long)t->epoch + 1, why, most_rate(t), rate, t->o->file);
}

static vt_status write_epoch(vt__trainer *t, const vt__errors *held, double rate, vt_err *err)
{
  const vt__errors trained = errors_of_epoch(t);
  VT_PASS(check_alive(t, held, rate, err));
  t->trained = trained;
  t->errors = *held;
  if (t->best_epoch == 0 || held->loss < t->best_loss) {
    memcpy(t->best, t->adam.average, t->m->n_trained * sizeof *t->best);
    t->best_loss = held->loss;
    t->best_epoch = t->epoch + 1;
  }
  VT_PASS(vt__write_epoch(t, &trained, held, rate, err));
  t->epoch++;
  t->batch = 0;
  t->sums = (vt_train_terms){0};
  return vt__checkpoint_write(t, err);
}

static vt_status end_epoch(vt__trainer *t, vt_err *err)
{
  vt__errors held = {0};
  vt_status rc = VT_OK;
  int64_t best = 0;
  t->batch--; /* the rate of its last step */
  const double rate = rate_of(t);
  t->batch++;
  VT_PASS(vt__trainer_evaluate(t, t->adam.average, &held, err));
  if (vt_comm_rank(t->comm) == 0)
    rc = write_epoch(t, &held, rate, err);
  else {
    t->epoch++;
    t->batch = 0;
    t->sums = (vt_train_terms){0};
  }
  VT_PASS(vt_comm_agree(t->comm, rc, err));
  best = t->best_epoch;
  VT_PASS(vt_comm_bcast(t->comm, 0, &best, sizeof best, err));
  t->best_epoch = best;
  return VT_OK;
}

int vt__trainer_ended_early(const vt__trainer *t)
{
  return t->y->early_stop > 0 && t->best_epoch > 0 && t->epoch - t->best_epoch >= t->y->early_stop;
}

static int has_ended(const vt__trainer *t) { return t->epoch >= t->y->epochs || vt__trainer_ended_early(t); }

vt_status vt__trainer_loop(vt__trainer *t, int *stopped, vt_err *err)
{
  const int is_root = vt_comm_rank(t->comm) == 0;
  const double no = (double)NAN;
  t->trained = t->errors = (vt__errors){.energy = no, .force = no, .virial = no, .loss = no, .mean_virial = no};
  t->began_s = vt_now_s();
  for (*stopped = 0; !has_ended(t) && !*stopped;) {
    VT_PASS(vt_train_order(t->seed, t->epoch, &t->data, t->grouped, t->order, t->first, err));
    while (t->batch < t->n_batches && !*stopped) {
      VT_PASS(one_batch(t, stopped, err));
      if (is_root) VT_PASS(tell(t, err));
    }
    if (t->batch == t->n_batches) VT_PASS(end_epoch(t, err));
  }
  vt_status rc = VT_OK;
  if (*stopped && has_ended(t)) *stopped = 0; /* it was the end */
  if (*stopped && is_root) rc = vt__checkpoint_write(t, err);
  return vt_comm_agree(t->comm, rc, err);
}
