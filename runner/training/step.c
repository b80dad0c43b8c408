/* step.c - a step of SOAP on all ranks (T 17.5).
 *
 * Every rank owns blocks of the numbers.  It has the sum of their gradient, tells the others the squares of it and rank
 * 0 the gradient, steps its blocks, and sends their new numbers to all.  The norm is one sum over all numbers in their
 * order, which only rank 0 has: who can tell from the squares that nothing is clipped does not wait for it.  Whatever
 * comes early (a rank may be one phase ahead of another) goes where nobody reads any more. */
#include <math.h>
#include <string.h>

#include "runner/training/training_impl.h"

enum { TAG_SQUARES = 72, TAG_GRADIENT = 73, TAG_FACTOR = 74, TAG_NORM = 75, TAG_NEWS = 76 };
enum { HEAD = 16, CHUNK = (VT__MESSAGE - HEAD) / 8 };

/* A piece of a stream: 2 * block (+ 1: from its first number that is in no matrix), numbers, and so on. */
typedef struct piece {
  int64_t n, is_last;
  double x[CHUNK];
} piece;
_Static_assert(sizeof(piece) <= VT__MESSAGE && offsetof(piece, x) == HEAD, "a piece is one message");

vt_status vt__step_open(vt__trainer *t, vt_err *err)
{
  vt__step *s = &t->step;
  const int ranks = vt_comm_size(t->comm), blocks = t->adam.n_blocks;
  if (blocks != vt_train_parts(t->train, NULL)) VT_FAIL(err, VT_EBUG, "%d blocks are not the parts", blocks);
  VT_PASS(VT_NEW(s->owner, blocks + 1, err));
  VT_PASS(VT_NEW(s->load, ranks, err));
  VT_PASS(VT_NEW(s->gradient, ranks, err));
  VT_PASS(VT_NEW(s->news, ranks, err));
  VT_PASS(VT_NEW(s->squares, ranks, err));
  VT_PASS(VT_NEW(s->has_squares, ranks, err));
  VT_PASS(VT_NEW(s->used, blocks, err));
  vt_train_adam_owners(&t->adam, ranks, s->load, s->owner);
  s->owner[blocks] = -1;
  for (int r = 0; r < ranks; r++) s->gradient[r].block = s->news[r].block = -1;
  return VT_OK;
}

void vt__step_close(vt__step *s)
{
  void *const rows[] = {s->owner, s->load, s->gradient, s->news, s->squares, s->has_squares, s->used};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  *s = (vt__step){0};
}

/* ------------------------------------------------------------------ numbers of a block, in its order */

/* from .. from + n of the block: out of all numbers into x. */
static void get_some(const vt_train_block *b, size_t from, size_t n, const double *all, double *x)
{
  const size_t cols = b->cols > 0 ? (size_t)b->cols : 1;
  for (size_t r = from / cols, c = from % cols, k = 0; k < n; r++, c = 0)
    for (const double *at = all + b->at + r * b->row; c < cols && k < n; c++, k++) x[k] = at[c * b->col];
}

/* The same back to their places. */
static void put_some(const vt_train_block *b, size_t from, size_t n, double *all, const double *x)
{
  const size_t cols = b->cols > 0 ? (size_t)b->cols : 1;
  for (size_t r = from / cols, c = from % cols, k = 0; k < n; r++, c = 0)
    for (double *at = all + b->at + r * b->row; c < cols && k < n; c++, k++) at[c * b->col] = x[k];
}

/* ------------------------------------------------------------------ sending */

typedef struct sender {
  vt__trainer *t;
  int tag, to; /* to -1: all others */
  piece m;     /* as large as a message: what is not sent is not cleared */
} sender;

static void send_begin(sender *s, vt__trainer *t, int tag, int to)
{
  s->t = t;
  s->tag = tag;
  s->to = to;
  s->m.n = 0;
}

static vt_status send_piece(sender *s, int is_last, vt_err *err)
{
  const int me = vt_comm_rank(s->t->comm), ranks = vt_comm_size(s->t->comm);
  s->m.is_last = is_last;
  for (int r = 0; r < ranks; r++)
    if (r != me && (s->to < 0 || r == s->to))
      VT_PASS(vt_comm_send(s->t->comm, r, s->tag, &s->m, HEAD + (size_t)s->m.n * sizeof(double), err));
  s->m.n = 0;
  return VT_OK;
}

static vt_status send_block(sender *s, int block, int only_plain, const double *all, vt_err *err)
{
  const vt_train_block *b = &s->t->adam.block[block];
  const size_t size = vt_train_block_size(b);
  if (s->m.n == CHUNK) VT_PASS(send_piece(s, 0, err));
  s->m.x[s->m.n++] = 2 * block + only_plain;
  for (size_t at = only_plain ? b->plain : 0; at < size;) {
    if (s->m.n == CHUNK) VT_PASS(send_piece(s, 0, err));
    const size_t room = CHUNK - (size_t)s->m.n, some = size - at < room ? size - at : room;
    get_some(b, at, some, all, s->m.x + s->m.n);
    s->m.n += (int64_t)some;
    at += some;
  }
  return VT_OK;
}

static vt_status send_number(vt__trainer *t, int tag, double x, vt_err *err)
{
  const int me = vt_comm_rank(t->comm), ranks = vt_comm_size(t->comm);
  for (int r = 1; r < ranks; r++) VT_PASS(vt_comm_send(t->comm, (me + r) % ranks, tag, &x, sizeof x, err));
  return VT_OK;
}

/* ------------------------------------------------------------------ receiving */

/* Numbers of a block have come: all, or those in no matrix. */
static void block_has_come(vt__trainer *t, int tag, int block, int only_plain)
{
  if (tag == TAG_GRADIENT) t->step.used[block] = 1;
  if (tag == TAG_NEWS) vt_train_set_part(t->train, t->m, block, only_plain ? t->adam.block[block].plain : 0);
}

static vt_status take_piece(vt__trainer *t, const vt_msg *msg, vt_err *err)
{
  vt__stream *s = msg->tag == TAG_NEWS ? &t->step.news[msg->src] : &t->step.gradient[msg->src];
  double *all = msg->tag == TAG_NEWS ? t->m->numbers : t->gradient;
  const piece *m = msg->data; /* comm's buffers are aligned */
  if (msg->n < HEAD || s->is_whole || m->n < 0 || (size_t)m->n * sizeof(double) != msg->n - HEAD)
    VT_FAIL(err, VT_EBUG, "a piece of %zu bytes of rank %d", msg->n, msg->src);
  for (int64_t k = 0; k < m->n;) {
    if (s->block < 0) {
      const double id = m->x[k++];
      if (!(id >= 0 && id < 2.0 * t->adam.n_blocks)) VT_FAIL(err, VT_EBUG, "block %g of rank %d", id / 2, msg->src);
      s->block = (int)id / 2;
      s->only_plain = (int)id % 2;
      s->at = s->only_plain ? t->adam.block[s->block].plain : 0;
      continue;
    }
    const vt_train_block *b = &t->adam.block[s->block];
    const size_t rest = vt_train_block_size(b) - s->at, here = (size_t)(m->n - k), some = rest < here ? rest : here;
    put_some(b, s->at, some, all, m->x + k);
    k += (int64_t)some;
    s->at += some;
    if (some < rest) continue;
    block_has_come(t, msg->tag, s->block, s->only_plain);
    s->block = -1;
  }
  s->is_whole = m->is_last != 0;
  return VT_OK;
}

static vt_status take(void *taker, const vt_msg *msg, vt_err *err)
{
  vt__trainer *t = taker;
  vt__step *s = &t->step;
  double x = 0;
  if (msg->tag == TAG_NEWS || msg->tag == TAG_GRADIENT) return take_piece(t, msg, err);
  if (msg->tag != TAG_SQUARES && msg->tag != TAG_FACTOR && msg->tag != TAG_NORM)
    return vt__tree_take(&t->tree, msg, err);
  if (msg->n != sizeof x) VT_FAIL(err, VT_EBUG, "message %d of %zu bytes", msg->tag, msg->n);
  memcpy(&x, msg->data, sizeof x);
  if (msg->tag == TAG_SQUARES) {
    s->squares[msg->src] = x;
    s->has_squares[msg->src] = 1;
  } else if (msg->tag == TAG_FACTOR) {
    s->factor = x;
    s->has_factor = 1;
  } else {
    s->norm = x;
    s->has_norm = 1;
  }
  return VT_OK;
}

enum { SQUARES, GRADIENTS, FACTOR, NEWS };

static int is_there(const void *ctx, int what)
{
  const vt__trainer *t = ctx;
  const vt__step *s = &t->step;
  const int me = vt_comm_rank(t->comm), ranks = vt_comm_size(t->comm);
  if (what == FACTOR) return s->has_factor;
  if (what == NEWS && me != 0 && !s->has_norm) return 0;
  for (int r = 0; r < ranks; r++) {
    const int has = what == SQUARES ? s->has_squares[r] : what == NEWS ? s->news[r].is_whole : s->gradient[r].is_whole;
    if (r != me && !has) return 0;
  }
  return 1;
}

static vt_status wait_for(vt__trainer *t, int what, vt_err *err)
{
  const vt__waiting w = {.is_there = is_there, .ctx = t, .what = what, .take = take, .taker = t};
  return vt__wait_for(t->comm, &w, &t->tree.waited_s, err);
}

/* ------------------------------------------------------------------ the sum of a batch */

vt_status vt__step_sum(vt__trainer *t, int n, vt_err *err)
{
  t->tree.part_owner = t->step.owner;
  t->tree.take = take;
  t->tree.taker = t;
  const vt_status rc = vt__tree_sum(&t->tree, n, err);
  t->tree.part_owner = NULL;
  t->tree.take = NULL;
  return rc;
}

/* ------------------------------------------------------------------ the step */

static int is_mine(const vt__trainer *t, int block) { return t->step.owner[block] == vt_comm_rank(t->comm); }

static double squares_of(const vt_train_block *b, const double *gradient)
{
  double sum = 0;
  for (int r = 0; r < b->rows; r++)
    for (int c = 0; c < b->cols; c++) {
      const double g = gradient[b->at + (size_t)r * b->row + (size_t)c * b->col];
      sum += g * g;
    }
  return sum;
}

/* The gradient of my blocks, into its places; the sum of its squares. */
static double read_mine(vt__trainer *t, double weight)
{
  vt__step *s = &t->step;
  double squares = 0;
  for (int b = 0; b < t->adam.n_blocks; b++) {
    const vt_train_block *of = &t->adam.block[b];
    if (!is_mine(t, b)) continue;
    s->used[b] = t->tree.used[0][b] || t->y->pull > 0;
    vt_train_gradient_block(t->train, t->tree.leaf[0], s->used[b], of, weight, t->gradient);
    if (!s->used[b]) continue;
    vt__hold_block_gradient(t, of, t->gradient);
    squares += squares_of(of, t->gradient);
  }
  return squares;
}

static vt_status send_gradients(vt__trainer *t, vt_err *err)
{
  sender s;
  send_begin(&s, t, TAG_GRADIENT, 0);
  for (int b = 0; b < t->adam.n_blocks; b++)
    if (is_mine(t, b) && t->step.used[b]) VT_PASS(send_block(&s, b, 0, t->gradient, err));
  return send_piece(&s, 1, err);
}

/* Rank 0: the norm of the whole gradient. */
static vt_status whole_norm(vt__trainer *t, double *norm, vt_err *err)
{
  VT_PASS(wait_for(t, GRADIENTS, err));
  *norm = vt_train_adam_norm(&t->adam, t->step.used, t->gradient);
  return VT_OK;
}

/* What the gradient is multiplied by.  Sums of squares in different orders differ by less than (numbers) 2^-53; where
 * that leaves no doubt that nothing is clipped, *norm (rank 0) stays NaN. */
static vt_status agree_factor(vt__trainer *t, double mine, double *factor, double *norm, vt_err *err)
{
  const double sure = 1 + 1e-9;
  vt__step *s = &t->step;
  const int me = vt_comm_rank(t->comm), ranks = vt_comm_size(t->comm);
  double squares = 0;
  VT_PASS(send_number(t, TAG_SQUARES, mine, err));
  if (me != 0) VT_PASS(send_gradients(t, err));
  VT_PASS(wait_for(t, SQUARES, err));
  s->squares[me] = mine;
  for (int r = 0; r < ranks; r++) {
    squares += s->squares[r];
    s->has_squares[r] = 0;
  }
  *factor = 1;
  *norm = (double)NAN;
  if (sqrt(squares) * sure <= vt_train_adam_limit(&t->adam)) return VT_OK;
  if (me != 0) {
    VT_PASS(wait_for(t, FACTOR, err));
    s->has_factor = 0;
    *factor = s->factor;
    return VT_OK;
  }
  VT_PASS(whole_norm(t, norm, err));
  *factor = vt_train_adam_factor(&t->adam, *norm);
  return send_number(t, TAG_FACTOR, *factor, err);
}

static vt_status step_mine(vt__trainer *t, double rate, double factor, vt_err *err)
{
  sender s;
  send_begin(&s, t, TAG_NEWS, -1);
  for (int b = 0; b < t->adam.n_blocks; b++) {
    const vt_train_block *of = &t->adam.block[b];
    if (!is_mine(t, b)) continue;
    const int moved = vt_train_adam_block(&t->adam, b, rate, factor, t->gradient, t->m->numbers);
    const size_t from = moved ? 0 : of->plain;
    vt__hold_block_numbers(t, of, t->m->numbers);
    vt__hold_block_numbers(t, of, t->adam.average);
    if (from == vt_train_block_size(of)) continue; /* as it was */
    vt_train_set_part(t->train, t->m, b, from);
    if (vt_comm_size(t->comm) > 1) VT_PASS(send_block(&s, b, from > 0, t->m->numbers, err));
  }
  return send_piece(&s, 1, err);
}

/* Rank 0 knows the norm now, too, and tells it; all have all numbers. */
static vt_status end_step(vt__trainer *t, double norm, vt_err *err)
{
  vt__step *s = &t->step;
  const int is_root = vt_comm_rank(t->comm) == 0;
  if (is_root) {
    if (isnan(norm)) VT_PASS(whole_norm(t, &norm, err));
    s->norm = vt_train_adam_next_norm(&t->adam, norm);
    VT_PASS(send_number(t, TAG_NORM, s->norm, err));
    for (int r = 0; r < vt_comm_size(t->comm); r++) s->gradient[r] = (vt__stream){.block = -1};
    for (int b = 0; b < t->adam.n_blocks; b++) s->used[b] = 0;
  }
  VT_PASS(wait_for(t, NEWS, err));
  for (int r = 0; r < vt_comm_size(t->comm); r++) s->news[r] = (vt__stream){.block = -1};
  s->has_norm = 0;
  vt_train_adam_end(&t->adam, s->norm);
  s->moved = 1;
  return VT_OK;
}

vt_status vt__step_make(vt__trainer *t, double weight, double rate, vt_err *err)
{
  double factor, norm;
  VT_PASS(agree_factor(t, read_mine(t, weight), &factor, &norm, err));
  vt_train_adam_begin(&t->adam);
  VT_PASS(step_mine(t, rate, factor, err));
  return end_step(t, norm, err);
}

/* ------------------------------------------------------------------ the whole state */

/* All that rank r has of its blocks, into x or (`into`) back to its places; returns how many numbers that is. */
static size_t state_of(vt__trainer *t, int r, double *x, int into)
{
  double *const all[] = {t->adam.first, t->adam.second, t->adam.average};
  size_t n = 0;
  for (int b = 0; b < t->adam.n_blocks; b++) {
    const vt_train_block *of = &t->adam.block[b];
    const size_t size = vt_train_block_size(of);
    if (t->step.owner[b] != r) continue;
    for (int k = 0; k < 3; k++, n += size) {
      if (x && into) put_some(of, 0, size, all[k], x + n);
      if (x && !into) get_some(of, 0, size, all[k], x + n);
    }
    if (x && into) memcpy(t->adam.shape + of->shape, x + n, of->n_shape * sizeof *x);
    if (x && !into) memcpy(x + n, t->adam.shape + of->shape, of->n_shape * sizeof *x);
    n += of->n_shape;
  }
  return n;
}

vt_status vt__step_gather(vt__trainer *t, vt_err *err)
{
  const int me = vt_comm_rank(t->comm), ranks = vt_comm_size(t->comm);
  vt_status rc = VT_OK;
  if (!t->step.moved) return VT_OK;
  t->step.moved = 0;
  for (int r = 1; r < ranks && rc == VT_OK; r++) {
    double *x = NULL;
    const size_t n = state_of(t, r, NULL, 0);
    rc = vt_comm_agree(t->comm, VT_NEW(x, n + 1, err), err);
    if (rc == VT_OK && r == me) (void)state_of(t, r, x, 0);
    if (rc == VT_OK) rc = vt_comm_bcast(t->comm, r, x, n * sizeof *x, err);
    if (rc == VT_OK && r != me) (void)state_of(t, r, x, 1);
    vt_free(x);
  }
  return rc;
}

vt_status vt__step_share(vt__trainer *t, vt_err *err)
{
  vt_train_adam *a = &t->adam;
  struct {
    int64_t step;
    double norm;
  } at = {a->step, a->norm};
  VT_PASS(vt_comm_bcast(t->comm, 0, &at, sizeof at, err));
  a->step = at.step;
  a->norm = at.norm;
  double *const all[] = {a->first, a->second, a->average};
  for (int k = 0; k < 3; k++) VT_PASS(vt_comm_bcast(t->comm, 0, all[k], a->n * sizeof **all, err));
  return vt_comm_bcast(t->comm, 0, a->shape, a->n_shape * sizeof *a->shape, err);
}
