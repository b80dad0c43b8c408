/* ready.c - the READY tasks in two orders. */
#include "runner/sched/sched_impl.h"

static int64_t ready_key(const vt__ready *r, vt__ready_by by, int t)
{
  const int64_t above = by == VT__BY_DEPTH ? r->o->deepest - r->o->depth[t] : 0;
  return above * r->o->n + r->o->rank[t];
}

vt_status vt__ready_open(vt__ready *r, const vt__order *o, vt_err *err)
{
  *r = (vt__ready){.o = o};
  for (int by = 0; by < VT__N_READY; by++) VT_PASS(VT_NEW(r->key[by], o->n, err));
  return VT_NEW(r->in, o->n, err);
}

static void ready_push(vt__ready *r, vt__ready_by by, int t)
{
  int64_t *heap = r->key[by], key = ready_key(r, by, t);
  if (r->in[t] >> by & 1) return;
  VT_ASSERT(r->count[by] < r->o->n);
  r->in[t] |= (unsigned char)(1 << by);
  int i = r->count[by]++;
  for (; i > 0 && key < heap[(i - 1) / 2]; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = key;
  VT_ASSERT(i == 0 || heap[(i - 1) / 2] < key);
}

void vt__ready_push(vt__ready *r, int t)
{
  ready_push(r, VT__BY_PATH, t);
  ready_push(r, VT__BY_DEPTH, t);
}

int vt__ready_first(const vt__ready *r, vt__ready_by by)
{
  return r->count[by] > 0 ? r->o->task[r->key[by][0] % r->o->n] : -1;
}

void vt__ready_pop(vt__ready *r, vt__ready_by by)
{
  const int t = vt__ready_first(r, by);
  VT_ASSERT(t >= 0 && r->in[t] >> by & 1);
  int64_t *heap = r->key[by], last = heap[--r->count[by]];
  int i = 0;
  for (int k = 1; k < r->count[by]; k = 2 * i + 1) {
    if (k + 1 < r->count[by] && heap[k + 1] < heap[k]) k++;
    if (last <= heap[k]) break;
    heap[i] = heap[k];
    i = k;
  }
  heap[i] = last;
  r->in[t] &= (unsigned char)~(1 << by);
}

void vt__ready_clear(vt__ready *r)
{
  for (int by = 0; by < VT__N_READY; by++) {
    for (int i = 0; i < r->count[by]; i++) r->in[r->o->task[r->key[by][i] % r->o->n]] = 0;
    r->count[by] = 0;
  }
}

int vt__ready_whole(const vt__ready *r)
{
  int64_t in = 0;
  for (int by = 0; by < VT__N_READY; by++)
    for (int i = 0; i < r->count[by]; i++) {
      const int t = r->o->task[r->key[by][i] % r->o->n];
      if (r->key[by][i] != ready_key(r, (vt__ready_by)by, t) || !(r->in[t] >> by & 1)) return 0;
      if (i > 0 && r->key[by][(i - 1) / 2] >= r->key[by][i]) return 0;
    }
  for (int t = 0; t < r->o->n; t++) in += (r->in[t] & 1) + (r->in[t] >> 1);
  return in == (int64_t)r->count[VT__BY_PATH] + r->count[VT__BY_DEPTH];
}

void vt__ready_free(vt__ready *r)
{
  for (int by = 0; by < VT__N_READY; by++) vt_free(r->key[by]);
  vt_free(r->in);
  *r = (vt__ready){0};
}
