/* order.c - dependents, remaining critical paths, and the order in which ready tasks are leased. */
#include <math.h>
#include <stdlib.h>

#include "runner/sched/sched_impl.h"

typedef struct key {
  double path;
  double cost;
  uint64_t uid8;
  int32_t task;
} key;

static int by_urgency(const void *pa, const void *pb)
{
  const key *a = pa, *b = pb;
  if (a->path != b->path) return a->path > b->path ? -1 : 1;
  if (a->cost != b->cost) return a->cost > b->cost ? -1 : 1;
  if (a->uid8 != b->uid8) return a->uid8 < b->uid8 ? -1 : 1;
  return (a->task > b->task) - (a->task < b->task);
}

static vt_status sched_order_check(const vt_sched_task *task, int n, vt_err *err)
{
  for (int i = 0; i < n; i++) {
    if (task[i].needs < -1 || task[i].needs >= n)
      VT_FAIL(err, VT_EINVAL, "row %d of %d needs row %d, which does not exist", i, n, task[i].needs);
    if (!(task[i].cost > 0) || isinf(task[i].cost))
      VT_FAIL(err, VT_EINVAL, "row %d has cost %g, which is not a positive number", i, task[i].cost);
  }
  return VT_OK;
}

static void list_dependents(vt__order *o, const vt_sched_task *task, int32_t *end)
{
  for (int i = 0; i < o->n; i++)
    if (task[i].needs >= 0) o->first[task[i].needs + 1]++;
  for (int i = 0; i < o->n; i++) {
    o->first[i + 1] += o->first[i];
    end[i] = o->first[i];
  }
  for (int i = 0; i < o->n; i++)
    if (task[i].needs >= 0) o->child[end[task[i].needs]++] = i;
  for (int i = 0; i < o->n; i++) VT_ASSERT(end[i] == o->first[i + 1]);
  VT_ASSERT(o->first[o->n] <= o->n);
}

/* From the tasks that nobody needs upwards; what is never reached is part of a circle. */
static vt_status measure_paths(const vt__order *o, key *k, int32_t *open, int32_t *queue, vt_err *err)
{
  int head = 0, tail = 0;
  for (int i = 0; i < o->n; i++) {
    k[i] = (key){.path = o->cost[i], .cost = o->cost[i], .uid8 = o->uid8[i], .task = i};
    open[i] = o->first[i + 1] - o->first[i];
    if (open[i] == 0) queue[tail++] = i;
  }
  while (head < tail) {
    int i = queue[head++], up = o->needs[i];
    if (up < 0) continue;
    if (k[up].path < k[up].cost + k[i].path) k[up].path = k[up].cost + k[i].path;
    VT_ASSERT(open[up] > 0 && k[up].path >= k[i].path);
    if (--open[up] == 0) queue[tail++] = up;
  }
  for (int i = 0; i < o->n; i++)
    if (open[i] > 0) VT_FAIL(err, VT_EINVAL, "row %d needs itself, directly or through others", i);
  for (int q = o->n - 1; q >= 0; q--) /* what a task needs stands behind it in the queue */
    o->depth[queue[q]] = o->needs[queue[q]] < 0 ? 0 : o->depth[o->needs[queue[q]]] + 1;
  return VT_OK;
}

vt_status vt__order_sort(vt__order *o, vt_err *err)
{
  const size_t n = (size_t)o->n;
  vt_status rc = VT_OK;
  key *k = NULL;
  int32_t *scratch = NULL;
  VT_TRY_OUT(VT_NEW(k, n, err), err, "order of %d tasks", o->n);
  VT_TRY_OUT(VT_NEW(scratch, 2 * n, err), err, "order of %d tasks", o->n);
  VT_TRY_OUT(measure_paths(o, k, scratch, scratch + n, err), err, "order of %d tasks", o->n);
  for (int i = 0; i < o->n; i++) {
    o->path[i] = k[i].path;
    if (o->depth[i] > o->deepest) o->deepest = o->depth[i];
  }
  qsort(k, n, sizeof *k, by_urgency);
  for (int r = 0; r < o->n; r++) {
    o->task[r] = k[r].task;
    o->rank[k[r].task] = r;
  }
  for (int r = 0; r < o->n; r++) VT_ASSERT(o->task[o->rank[r]] == r);
out:
  vt_free(k);
  vt_free(scratch);
  return rc;
}

static vt_status sched_order_alloc(vt__order *o, vt_err *err)
{
  size_t n = (size_t)o->n;
  VT_PASS(VT_NEW(o->first, n + 1, err));
  VT_PASS(VT_NEW(o->child, n, err));
  VT_PASS(VT_NEW(o->needs, n, err));
  VT_PASS(VT_NEW(o->depth, n, err));
  VT_PASS(VT_NEW(o->uid8, n, err));
  VT_PASS(VT_NEW(o->cost, n, err));
  VT_PASS(VT_NEW(o->path, n, err));
  VT_PASS(VT_NEW(o->rank, n, err));
  VT_PASS(VT_NEW(o->task, n, err));
  return VT_OK;
}

static uint64_t first_bytes(const vt_uid *u)
{
  uint64_t x = 0;
  for (int i = 0; i < 8; i++) x = x << 8 | u->b[i];
  return x;
}

vt_status vt__order_make(vt__order *o, const vt_sched_task *task, int n, vt_err *err)
{
  vt_status rc = VT_OK;
  *o = (vt__order){.n = n};
  VT_PASS(sched_order_check(task, n, err));
  VT_TRY_OUT(sched_order_alloc(o, err), err, "order of %d tasks", n);
  list_dependents(o, task, o->rank);
  for (int i = 0; i < n; i++) {
    o->needs[i] = task[i].needs;
    o->cost[i] = task[i].cost;
    o->uid8[i] = first_bytes(&task[i].uid);
  }
  rc = vt__order_sort(o, err);
out:
  if (rc != VT_OK) vt__order_free(o);
  return rc;
}

void vt__order_free(vt__order *o)
{
  vt_free(o->first);
  vt_free(o->child);
  vt_free(o->needs);
  vt_free(o->depth);
  vt_free(o->uid8);
  vt_free(o->cost);
  vt_free(o->path);
  vt_free(o->rank);
  vt_free(o->task);
  *o = (vt__order){0};
}
