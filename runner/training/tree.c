/* tree.c - buffers of all ranks added in one fixed binary tree over their places. */
#include <string.h>

#include "runner/training/training_impl.h"

enum { TAG_PART = 71, CHUNK = (VT_COMM_MOST - 16) / 8 }; /* doubles of a message, behind its head */

typedef struct part {
  int64_t leaf, from;
  double x[CHUNK];
} part;
_Static_assert(sizeof(part) <= VT_COMM_MOST, "a part is one message");

vt_status vt__tree_open(vt__tree *t, vt_comm *comm, int most, size_t n, vt_err *err)
{
  *t = (vt__tree){.comm = comm, .n = n, .most = most};
  VT_PASS(VT_NEW(t->leaf, most, err));
  VT_PASS(VT_NEW(t->owner, most, err));
  VT_PASS(VT_NEW(t->arrived, most, err));
  for (int k = 0; k < most; k++) VT_PASS(VT_NEW(t->leaf[k], n, err)); /* now, where all can agree that it failed */
  return VT_OK;
}

void vt__tree_close(vt__tree *t)
{
  for (int k = 0; t->leaf && k < t->most; k++) vt_free(t->leaf[k]);
  vt_free(t->leaf);
  vt_free(t->owner);
  vt_free(t->arrived);
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

void vt__tree_clear(vt__tree *t, int leaf) { memset(t->leaf[leaf], 0, t->n * sizeof *t->leaf[leaf]); }

static vt_status send_leaf(vt__tree *t, int leaf, int to, vt_err *err)
{
  part p = {.leaf = leaf};
  for (size_t from = 0; from < t->n; from += CHUNK) {
    const size_t some = t->n - from < CHUNK ? t->n - from : CHUNK;
    p.from = (int64_t)from;
    memcpy(p.x, t->leaf[leaf] + from, some * sizeof *p.x);
    VT_PASS(vt_comm_send(t->comm, to, TAG_PART, &p, offsetof(part, x) + some * sizeof *p.x, err));
  }
  return VT_OK;
}

/* A message into the buffer of its leaf; messages of several ranks come in any order. */
static vt_status take(vt__tree *t, const vt_msg *m, vt_err *err)
{
  part head;
  if (m->tag != TAG_PART || m->n < offsetof(part, x) || (m->n - offsetof(part, x)) % sizeof(double))
    VT_FAIL(err, VT_EBUG, "message %d of %zu bytes while sums are collected", m->tag, m->n);
  memcpy(&head, m->data, offsetof(part, x));
  const size_t some = (m->n - offsetof(part, x)) / sizeof(double);
  if (head.leaf < 0 || head.leaf >= t->most || head.from < 0 || (size_t)head.from + some > t->n)
    VT_FAIL(err, VT_EBUG, "part %lld of leaf %lld", (long long)head.from, (long long)head.leaf);
  memcpy(t->leaf[head.leaf] + head.from, (const char *)m->data + offsetof(part, x), some * sizeof(double));
  t->arrived[head.leaf] += some;
  return VT_OK;
}

static vt_status wait_for(vt__tree *t, int leaf, vt_err *err)
{
  while (t->arrived[leaf] < t->n) {
    vt_msg m;
    int got = 0;
    VT_PASS(vt_comm_poll(t->comm, &m, &got, err));
    if (got) VT_PASS(take(t, &m, err));
    vt_comm_nap(t->comm, got);
    vt_alive();
  }
  t->arrived[leaf] = 0;
  return VT_OK;
}

vt_status vt__tree_sum(vt__tree *t, int n, vt_err *err)
{
  const int me = vt_comm_rank(t->comm);
  for (int step = 1; step < n; step *= 2)
    for (int k = 0; k + step < n; k += 2 * step) {
      const int to = t->owner[k], from = t->owner[k + step];
      if (from == me && to != me) VT_PASS(send_leaf(t, k + step, to, err));
      if (to != me) continue;
      if (from != me) VT_PASS(wait_for(t, k + step, err));
      double *restrict sum = t->leaf[k];
      const double *restrict more = t->leaf[k + step];
      for (size_t i = 0; i < t->n; i++) sum[i] += more[i];
    }
  return VT_OK;
}
