/* start.c - what the file asks of data and of the model to begin with, beside the loss: weights by config_type and
 * element, new elements, parts that stay, the pull to the start, another scale of energies. */
#include <math.h>
#include <string.h>

#include "runner/training/training_impl.h"

/* What a shift must move the energies of frames by, eV/atom, root mean square. */
#define SHIFT_LEAST  0.05  /* of all elements: the labels lie on another scale */
#define SHIFT_OF_NEW 0.005 /* of new ones alone */

_Static_assert((int)VT_FREEZE_DESCRIPTOR == (int)VT_TRAIN_DESCRIPTOR &&
                   (int)VT_FREEZE_NETWORK == (int)VT_TRAIN_NETWORK &&
                   (int)VT_FREEZE_ALL_BUT_LAST == (int)VT_TRAIN_ALL_BUT_LAST,
               "what the file freezes is what the engine freezes");

/* ------------------------------------------------------------------ weights */

vt_status vt__start_weights(vt__trainer *t, vt_err *err)
{
  const vt_training *y = t->y;
  const size_t n_types = (size_t)t->m->n_types;
  VT_PASS(VT_NEW(t->element_weight, (size_t)y->n_items * n_types, err));
  for (int k = 0; k < y->n_items; k++)
    for (size_t a = 0; a < n_types; a++) t->element_weight[(size_t)k * n_types + a] = y->item[k].element[t->m->z[a]];
  return VT_OK;
}

/* A config_type that is weighed must be there: a word that is misspelled would be passed over in silence. */
static void check_config(vt__trainer *t, const vt_training_item *item, const int *seen)
{
  for (int k = 0; k < item->n_config; k++)
    if (!seen[k])
      vt_buf_printf(&t->data.warns, "%s:%d: warning: no frame of these files has config_type=%s\n", t->o->file,
                    item->config[k].line, item->config[k].name);
}

vt_status vt__start_item(vt__trainer *t, int item, int first, vt_err *err)
{
  const vt_training_item *of = &t->y->item[item];
  int *seen = NULL;
  VT_PASS(VT_NEW(seen, of->n_config ? of->n_config : 1, err));
  for (int k = first; k < t->data.n; k++) {
    vt_train_sample *s = &t->data.s[k];
    for (int c = 0; c < of->n_config; c++) {
      if (strcmp(of->config[c].name, s->config_type) != 0) continue;
      s->weight *= of->config[c].weight;
      seen[c] = 1;
    }
    if (of->has_elements) s->element_weight = t->element_weight + (ptrdiff_t)item * t->m->n_types;
  }
  check_config(t, of, seen);
  vt_free(seen);
  return vt__pressure_item(t, of, first, err);
}

/* ------------------------------------------------------------------ the model to start from */

vt_status vt__start_model(vt__trainer *t, const vt_nep_model *from, vt_err *err)
{
  const vt_training *y = t->y;
  char donor[VT_TRAINING_ELEMENTS][4] = {{0}}, start[VT_PATH];
  vt_training_start(y, t->seed, start);
  for (int k = 0; k < y->n_elements; k++)
    for (int g = 0; g < y->n_graft; g++)
      if (strcmp(y->graft[g].element, y->element[k]) == 0) memcpy(donor[k], y->graft[g].donor, sizeof donor[k]);
  VT_TRY(
      vt_train_graft(from, y->n_elements, (const char(*)[4])y->element, (const char(*)[4])donor, &t->m, t->is_new, err),
      err, "%s: start '%s'", t->o->file, start);
  for (int k = 0; k < y->n_elements; k++) {
    t->n_new += t->is_new[k];
    if (t->is_new[k]) vt__say(t, "%s begins as a copy of %s", y->element[k], donor[k]);
    if (!t->is_new[k] && donor[k][0])
      vt__say(t, "%s: warning: graft: %s is not used, start has that element", t->o->file, y->element[k]);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ what stays */

/* Epochs in which only the numbers of new elements move: a tenth, at least two, at most half. */
static int64_t epochs_of_new(const vt__trainer *t)
{
  const int64_t all = t->y->epochs, tenth = all / 10 > 2 ? all / 10 : 2;
  return t->n_new == 0 ? 0 : tenth < all / 2 ? tenth : all / 2;
}

vt_status vt__hold_open(vt__trainer *t, vt_err *err)
{
  const size_t n = t->m->n_trained;
  vt__hold *h = &t->hold;
  size_t moving = 0;
  VT_PASS(VT_NEW(h->moves, n, err));
  VT_PASS(VT_NEW(h->moves_new, n, err));
  VT_PASS(VT_NEW(h->pulled, n, err));
  VT_PASS(VT_NEW(h->origin, n, err));
  VT_PASS(VT_NEW(h->scale, n, err));
  memcpy(h->origin, t->m->numbers, n * sizeof *h->origin);
  vt_train_moving(t->m, t->y->freeze, h->moves);
  vt_train_moving_new(t->m, t->is_new, h->moves_new);
  vt_train_pull_scales(t->m, h->scale);
  h->new_epochs = epochs_of_new(t);
  for (size_t k = 0; k < n; k++) {
    h->pulled[k] = h->moves[k] && !h->moves_new[k];
    moving += h->moves[k];
    h->n_pulled += h->pulled[k];
  }
  h->any = moving < n || h->new_epochs > 0;
  if (t->y->freeze) vt__say(t, "%zu of %zu numbers are frozen", n - moving, n);
  if (h->new_epochs > 0) vt__say(t, "for %lld epochs only numbers of the new elements move", (long long)h->new_epochs);
  return VT_OK;
}

void vt__hold_close(vt__hold *h)
{
  vt_free(h->moves);
  vt_free(h->moves_new);
  vt_free(h->pulled);
  vt_free(h->origin);
  vt_free(h->scale);
}

void vt__hold_gradient(vt__trainer *t, double *gradient)
{
  const vt__hold *h = &t->hold;
  for (size_t k = 0; k < t->m->n_trained; k++)
    if (!h->moves[k]) gradient[k] = 0;
  if (t->y->pull > 0)
    (void)vt_train_pull(t->y->pull, t->m->n_trained, t->m->numbers, h->origin, h->scale, h->pulled, gradient);
}

void vt__hold_block_gradient(vt__trainer *t, const vt_train_block *b, double *gradient)
{
  const vt__hold *h = &t->hold;
  for (int r = 0; (h->any || t->y->pull > 0) && r < b->rows; r++)
    for (int c = 0; c < b->cols; c++) {
      const size_t k = b->at + (size_t)r * b->row + (size_t)c * b->col;
      if (!h->moves[k]) gradient[k] = 0;
      if (t->y->pull > 0 && h->pulled[k])
        gradient[k] += vt_train_pull_slope(t->y->pull, h->n_pulled, t->m->numbers[k] - h->origin[k], h->scale[k]);
    }
}

void vt__hold_block_numbers(vt__trainer *t, const vt_train_block *b, double *numbers)
{
  const vt__hold *h = &t->hold;
  const int only_new = t->epoch < h->new_epochs;
  for (int r = 0; h->any && r < b->rows; r++)
    for (int c = 0; c < b->cols; c++) {
      const size_t k = b->at + (size_t)r * b->row + (size_t)c * b->col;
      if (!h->moves[k] || (only_new && !h->moves_new[k])) numbers[k] = h->origin[k];
    }
}

/* ------------------------------------------------------------------ another scale of energies */

static void say_shift(const vt__trainer *t, const char *what, const double *e)
{
  vt_buf b = {0};
  for (int k = 0; k < t->m->n_types; k++)
    if (e[k] != 0) vt_buf_printf(&b, " %s %.4f", t->m->symbol[k], e[k]);
  vt__say(t, "%s, eV:%s", what, b.s ? b.s : "");
  vt_buf_free(&b);
}

vt_status vt__start_fit(vt__trainer *t, double *shift, vt_err *err)
{
  double of_new[VT_NEP_MOST_TYPES] = {0}, all[VT_NEP_MOST_TYPES] = {0}, squares_new[2] = {0}, squares[2];
  const size_t bytes = (size_t)t->m->n_types * sizeof *shift;
  VT_PASS(vt_train_fit_some(t->m, t->simd, &t->data, NULL, t->data.n, NULL, all, squares, err));
  if (t->n_new > 0)
    VT_PASS(vt_train_fit_some(t->m, t->simd, &t->data, NULL, t->data.n, t->is_new, of_new, squares_new, err));
  const double before = t->n_new > 0 ? squares_new[1] : squares[0];
  if (sqrt(fmax(before - squares[1], 0)) > SHIFT_LEAST) {
    memcpy(shift, all, bytes);
    say_shift(t, "the labels lie on another scale than the start, which is moved: label - start by element", shift);
  } else if (sqrt(fmax(squares_new[0] - squares_new[1], 0)) > SHIFT_OF_NEW) {
    memcpy(shift, of_new, bytes);
    say_shift(t, "energies of the new elements are moved: label - copy", shift);
  }
  return VT_OK;
}

vt_status vt__start_shift(vt__trainer *t, double *e, vt_err *err)
{
  int any = 0;
  VT_PASS(vt_comm_bcast(t->comm, 0, e, (size_t)t->m->n_types * sizeof *e, err));
  for (int k = 0; k < t->m->n_types; k++) any = any || e[k] != 0;
  if (!any) return VT_OK;
  const int neurons = t->m->neurons, version = t->m->version;
  const vt_status rc = vt_comm_agree(t->comm, vt_train_shift(&t->m, e, err), err);
  if (rc == VT_OK && t->m->version != version)
    vt__say(t, "the start is a NEP%d: each element gets its network", version);
  if (rc == VT_OK && t->m->neurons != neurons)
    vt__say(t, "the shift takes one neuron more: %d; the start has none without weights", t->m->neurons);
  return rc;
}
