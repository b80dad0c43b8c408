/* uid_index.c - one uid among many. */
#include <stdlib.h>

#include "engine/spec/spec.h"

typedef struct entry {
  vt_uid uid;
  int32_t at;
} entry;

static int by_uid(const void *a, const void *b)
{
  const entry *x = a, *y = b;
  return vt_uid_cmp(&x->uid, &y->uid);
}

static const vt_uid *uid_of(const vt_uid_index *x, int i)
{
  return (const vt_uid *)(const void *)((const char *)x->first + (size_t)i * x->stride);
}

vt_status vt_uid_index_make(vt_uid_index *x, const vt_uid *first, size_t stride, int n, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *q = NULL;
  *x = (vt_uid_index){.first = first, .stride = stride, .n = n};
  VT_TRY_OUT(vt_calloc64(&p, (size_t)n, sizeof *x->order, err), err, "index of %d uids", n);
  VT_TRY_OUT(vt_calloc64(&q, (size_t)n, sizeof(entry), err), err, "index of %d uids", n);
  x->order = p;
  p = NULL;
  entry *e = q; /* uids beside positions: qsort has no context */
  for (int i = 0; i < n; i++) e[i] = (entry){.uid = *uid_of(x, i), .at = i};
  qsort(e, (size_t)n, sizeof *e, by_uid);
  for (int i = 0; i < n; i++) x->order[i] = e[i].at;
out:
  vt_free(p);
  vt_free(q);
  return rc;
}

const vt_uid *vt_uid_index_at(const vt_uid_index *x, int k) { return uid_of(x, x->order[k]); }

int vt_uid_index_find(const vt_uid_index *x, const vt_uid *uid)
{
  int lo = 0, hi = x->n;
  while (lo < hi) {
    int mid = lo + (hi - lo) / 2;
    if (vt_uid_cmp(vt_uid_index_at(x, mid), uid) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < x->n && vt_uid_equal(vt_uid_index_at(x, lo), uid) ? x->order[lo] : -1;
}

void vt_uid_index_free(vt_uid_index *x)
{
  vt_free(x->order);
  *x = (vt_uid_index){0};
}
