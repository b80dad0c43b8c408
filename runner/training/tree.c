/* tree.c - buffers of all ranks added in one fixed binary tree over their places. */
#include <string.h>

#include "runner/training/training_impl.h"

enum { TAG_USED = 70, TAG_PART = 71, HEAD = 16, CHUNK = (VT__MESSAGE - HEAD) / 8 }; /* doubles of a message */
enum { ROOM = (VT_COMM_MOST - HEAD) / 8 };

/* First of a leaf comes which parts of it are used, then these, one after the other, in as many messages as they need.
 */
typedef struct part {
  int64_t leaf, n; /* doubles, or parts */
  double x[ROOM];  /* up to CHUNK doubles, or bytes as many as there are parts */
} part;
_Static_assert(sizeof(part) <= VT_COMM_MOST && offsetof(part, x) == HEAD, "a part is one message");

vt_status vt__tree_open(vt__tree *t, vt_comm *comm, int most, size_t n, int n_parts, vt_err *err)
{
  *t = (vt__tree){.comm = comm, .n = n, .most = most, .n_parts = n_parts};
  if (n_parts > VT_COMM_MOST - HEAD) VT_FAIL(err, VT_EUNSUP, "a sum of %d parts", n_parts);
  VT_PASS(VT_NEW(t->leaf, most, err));
  VT_PASS(VT_NEW(t->used, most, err));
  VT_PASS(VT_NEW(t->owner, most, err));
  VT_PASS(VT_NEW(t->arrived, most, err));
  VT_PASS(VT_NEW(t->from, n_parts + 1, err));
  t->from[n_parts] = n;
  for (int k = 0; k < most; k++) { /* now, where all can agree that it failed */
    VT_PASS(VT_NEW(t->leaf[k], n, err));
    VT_PASS(VT_NEW(t->used[k], n_parts, err));
  }
  return VT_OK;
}

void vt__tree_close(vt__tree *t)
{
  for (int k = 0; t->leaf && k < t->most; k++) vt_free(t->leaf[k]);
  for (int k = 0; t->used && k < t->most; k++) vt_free(t->used[k]);
  vt_free(t->leaf);
  vt_free(t->used);
  vt_free(t->owner);
  vt_free(t->arrived);
  vt_free(t->from);
  *t = (vt__tree){0};
}

void vt__tree_spread(vt__tree *t, int n, const double *cost)
{
  double all = 0, before = 0;
  const int ranks = vt_comm_size(t->comm);
  for (int k = 0; k < n; k++) all += cost[k];
  for (int k = 0; k < n; k++) {
    const int rank = (int)((before + 0.5 * cost[k]) / all * ranks);
    t->owner[k] = k == 0 ? 0 : rank < ranks ? rank : ranks - 1;
    before += cost[k];
  }
}

static size_t length(const vt__tree *t, int p) { return t->from[p + 1] - t->from[p]; }

void vt__tree_clear(vt__tree *t, int leaf)
{
  unsigned char *used = t->used[leaf];
  for (int p = 0; p < t->n_parts; p++)
    if (used[p]) memset(t->leaf[leaf] + t->from[p], 0, length(t, p) * sizeof(double));
  memset(used, 0, (size_t)t->n_parts);
  used[t->n_parts - 1] = 1;
}

/* ------------------------------------------------------------------ messages */

/* A part that `rank` adds up: all on rank 0, or those it owns; the last part everywhere. */
static int is_for(const vt__tree *t, int p, int rank)
{
  return !t->part_owner || t->part_owner[p] == rank || p == t->n_parts - 1;
}

/* What `to` needs of a leaf. */
static vt_status send_leaf(vt__tree *t, int leaf, int to, vt_err *err)
{
  part m; /* as large as a message: what is not sent is not cleared */
  m.leaf = leaf;
  m.n = t->n_parts;
  unsigned char *used = (unsigned char *)m.x;
  for (int p = 0; p < t->n_parts; p++) used[p] = t->used[leaf][p] && is_for(t, p, to);
  VT_PASS(vt_comm_send(t->comm, to, TAG_USED, &m, HEAD + (size_t)t->n_parts, err));
  m.n = 0;
  for (int p = 0; p < t->n_parts; p++) {
    if (!t->used[leaf][p] || !is_for(t, p, to)) continue;
    for (size_t at = 0, all = length(t, p); at < all;) {
      const size_t room = CHUNK - (size_t)m.n, some = all - at < room ? all - at : room;
      memcpy(m.x + m.n, t->leaf[leaf] + t->from[p] + at, some * sizeof(double));
      m.n += (int64_t)some;
      at += some;
      if (m.n < CHUNK) continue;
      VT_PASS(vt_comm_send(t->comm, to, TAG_PART, &m, HEAD + (size_t)m.n * sizeof(double), err));
      m.n = 0;
    }
  }
  return m.n > 0 ? vt_comm_send(t->comm, to, TAG_PART, &m, HEAD + (size_t)m.n * sizeof(double), err) : VT_OK;
}

/* The next part of a leaf that is used, from p on. */
static int next_used(const vt__tree *t, int leaf, int p)
{
  while (p < t->n_parts && !t->used[leaf][p]) p++;
  return p;
}

/* n doubles behind those that came before, into the places of the used parts. */
static vt_status put(vt__tree *t, int leaf, const double *x, size_t n, vt_err *err)
{
  vt__tree_arrived *a = &t->arrived[leaf];
  while (n > 0 && a->part < t->n_parts) {
    const size_t rest = length(t, a->part) - a->at, some = n < rest ? n : rest;
    memcpy(t->leaf[leaf] + t->from[a->part] + a->at, x, some * sizeof *x);
    x += some, n -= some, a->at += some;
    if (some < rest) continue;
    a->part = next_used(t, leaf, a->part + 1);
    a->at = 0;
  }
  if (n > 0) VT_FAIL(err, VT_EBUG, "leaf %d: %zu numbers too many", leaf, n);
  return VT_OK;
}

/* A message into the buffer of its leaf; messages of several ranks come in any order, those of one in theirs. */
vt_status vt__tree_take(vt__tree *t, const vt_msg *msg, vt_err *err)
{
  const part *m = msg->data; /* comm's buffers are aligned */
  const size_t size = msg->tag == TAG_USED ? 1 : sizeof(double);
  if ((msg->tag != TAG_PART && msg->tag != TAG_USED) || msg->n < HEAD || m->leaf < 0 || m->leaf >= t->most ||
      m->n < 0 || (msg->n - HEAD) != (size_t)m->n * size)
    VT_FAIL(err, VT_EBUG, "message %d of %zu bytes while sums are collected", msg->tag, msg->n);
  const int leaf = (int)m->leaf;
  if (msg->tag == TAG_PART) return put(t, leaf, m->x, (size_t)m->n, err);
  if (m->n != t->n_parts) VT_FAIL(err, VT_EBUG, "leaf %d of %lld parts", leaf, (long long)m->n);
  vt__tree_clear(t, leaf);
  memcpy(t->used[leaf], m->x, (size_t)m->n);
  t->arrived[leaf] = (vt__tree_arrived){.began = 1, .part = next_used(t, leaf, 0)};
  return VT_OK;
}

static vt_status take_tree(void *ctx, const vt_msg *m, vt_err *err) { return vt__tree_take(ctx, m, err); }

vt_status vt__wait_for(vt_comm *comm, const vt__waiting *w, double *waited_s, vt_err *err)
{
  if (w->is_there(w->ctx, w->what)) return VT_OK;
  double before_s = 0;
  int idle = 0;
  vt_comm_nap(comm, 1);
  while (!w->is_there(w->ctx, w->what)) {
    vt_msg m;
    int got = 0;
    VT_PASS(vt_comm_poll(comm, &m, &got, err));
    if (got) VT_PASS(w->take(w->taker, &m, err));
    if (!got) vt_comm_nap(comm, 0);
    vt_alive();
    const int was_idle = idle;
    idle = !got;
    if (got) continue; /* no clock for what is work */
    const double now_s = vt_cpu_s();
    if (was_idle) *waited_s += now_s - before_s;
    before_s = now_s;
  }
  return VT_OK;
}

static int has_arrived(const void *ctx, int leaf)
{
  const vt__tree *t = ctx;
  return t->arrived[leaf].began && t->arrived[leaf].part >= t->n_parts;
}

static vt_status wait_for(vt__tree *t, int leaf, vt_err *err)
{
  const vt__waiting w = {.is_there = has_arrived,
                         .ctx = t,
                         .what = leaf,
                         .take = t->take ? t->take : take_tree,
                         .taker = t->take ? t->taker : t};
  VT_PASS(vt__wait_for(t->comm, &w, &t->waited_s, err));
  t->arrived[leaf] = (vt__tree_arrived){0};
  return VT_OK;
}

/* ------------------------------------------------------------------ the sum */

static void add(vt__tree *t, int to, int from, int rank)
{
  for (int p = next_used(t, from, 0); p < t->n_parts; p = next_used(t, from, p + 1)) {
    if (rank >= 0 && !is_for(t, p, rank)) continue;
    double *restrict sum = t->leaf[to] + t->from[p];
    const double *restrict more = t->leaf[from] + t->from[p];
    for (size_t i = 0, n = length(t, p); i < n; i++) sum[i] += more[i];
    t->used[to][p] = 1;
  }
}

/* To rank 0 alone. */
static vt_status sum_up(vt__tree *t, int n, vt_err *err)
{
  const int me = vt_comm_rank(t->comm);
  for (int step = 1; step < n; step *= 2)
    for (int k = 0; k + step < n; k += 2 * step) {
      const int to = t->owner[k], from = t->owner[k + step];
      if (from == me && to != me) VT_PASS(send_leaf(t, k + step, to, err));
      if (to != me) continue;
      if (from != me) VT_PASS(wait_for(t, k + step, err));
      add(t, k, k + step, -1);
    }
  return VT_OK;
}

/* The rank that has all leaves from..end (cut at n), or -1: owners ascend. */
static int only_owner(const vt__tree *t, int from, int end, int n)
{
  const int last = (end < n ? end : n) - 1;
  return t->owner[from] == t->owner[last] ? t->owner[from] : -1;
}

/* Leaf `from` with all up to `end` added is one rank's, and is added to what others have: they get their parts. */
static vt_status hand_out(vt__tree *t, int from, int end, int n, vt_err *err)
{
  const int me = vt_comm_rank(t->comm), ranks = vt_comm_size(t->comm);
  if (only_owner(t, from, end, n) != me) return VT_OK;
  for (int r = 1; r < ranks; r++) VT_PASS(send_leaf(t, from, (me + r) % ranks, err));
  return VT_OK;
}

/* Whoever has all leaves of a sum adds all its parts; of others every rank adds its own, in the same order. */
static vt_status sum_by_parts(vt__tree *t, int n, vt_err *err)
{
  const int me = vt_comm_rank(t->comm);
  for (int step = 1; step < n; step *= 2)
    for (int k = 0; k + step < n; k += 2 * step)
      if (only_owner(t, k, k + 2 * step, n) == me) add(t, k, k + step, -1);
  for (int step = 1; step < n; step *= 2)
    for (int k = 0; k + step < n; k += 2 * step) {
      if (only_owner(t, k, k + 2 * step, n) >= 0) continue;
      VT_PASS(hand_out(t, k, k + step, n, err));
      VT_PASS(hand_out(t, k + step, k + 2 * step, n, err));
    }
  if (only_owner(t, 0, n, n) >= 0) {
    VT_PASS(hand_out(t, 0, n, n, err));
    return t->owner[0] == me ? VT_OK : wait_for(t, 0, err);
  }
  for (int step = 1; step < n; step *= 2)
    for (int k = 0; k + step < n; k += 2 * step) {
      const int a = only_owner(t, k, k + step, n), b = only_owner(t, k + step, k + 2 * step, n);
      if (only_owner(t, k, k + 2 * step, n) >= 0) continue;
      if (a >= 0 && a != me) VT_PASS(wait_for(t, k, err));
      if (b >= 0 && b != me) VT_PASS(wait_for(t, k + step, err));
      add(t, k, k + step, me);
    }
  return VT_OK;
}

vt_status vt__tree_sum(vt__tree *t, int n, vt_err *err)
{
  return t->part_owner ? sum_by_parts(t, n, err) : sum_up(t, n, err);
}
