/* order.c - dependents, remaining critical paths, and the order in which ready tasks are leased. */
#include <math.h>
#include <stdlib.h>

#include "runner/sched/sched_impl.h"

typedef struct key {
  double path; /* cost of the task and of the longest chain of what needs it */
  double cost;
  const vt_uid *uid;
  int32_t task;
} key;

static int by_urgency(const void *pa, const void *pb)
{
  const key *a = pa, *b = pb;
  if (a->path != b->path) return a->path > b->path ? -1 : 1;
  if (a->cost != b->cost) return a->cost > b->cost ? -1 : 1;
  int c = vt_uid_cmp(a->uid, b->uid);
  return c ? c : (a->task > b->task) - (a->task < b->task);
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
static vt_status measure_paths(const vt__order *o, const vt_sched_task *task, key *k, int32_t *open, int32_t *queue,
                               vt_err *err)
{
  int head = 0, tail = 0;
  for (int i = 0; i < o->n; i++) {
    k[i] = (key){.path = task[i].cost, .cost = task[i].cost, .uid = &task[i].uid, .task = i};
    open[i] = o->first[i + 1] - o->first[i];
    if (open[i] == 0) queue[tail++] = i;
  }
  while (head < tail) {
    int i = queue[head++], up = task[i].needs;
    if (up < 0) continue;
    if (k[up].path < k[up].cost + k[i].path) k[up].path = k[up].cost + k[i].path;
    VT_ASSERT(open[up] > 0 && k[up].path >= k[i].path);
    if (--open[up] == 0) queue[tail++] = up;
  }
  for (int i = 0; i < o->n; i++)
    if (open[i] > 0) VT_FAIL(err, VT_EINVAL, "row %d needs itself, directly or through others", i);
  return VT_OK;
}

static vt_status sched_order_alloc(vt__order *o, key **k, int32_t **open, vt_err *err)
{
  size_t n = (size_t)o->n;
  VT_PASS(VT_NEW(o->first, n + 1, err));
  VT_PASS(VT_NEW(o->child, n, err));
  VT_PASS(VT_NEW(o->rank, n, err));
  VT_PASS(VT_NEW(o->task, n, err));
  VT_PASS(VT_NEW(*k, n, err));
  VT_PASS(VT_NEW(*open, n, err));
  return VT_OK;
}

vt_status vt__order_make(vt__order *o, const vt_sched_task *task, int n, vt_err *err)
{
  vt_status rc = VT_OK;
  key *k = NULL;
  int32_t *open = NULL;
  *o = (vt__order){.n = n};
  VT_PASS(sched_order_check(task, n, err));
  VT_TRY_OUT(sched_order_alloc(o, &k, &open, err), err, "order of %d tasks", n);
  list_dependents(o, task, open);
  VT_TRY_OUT(measure_paths(o, task, k, open, o->task, err), err, "order of %d tasks", n);
  qsort(k, (size_t)n, sizeof *k, by_urgency);
  for (int r = 0; r < n; r++) {
    o->task[r] = k[r].task;
    o->rank[k[r].task] = r;
  }
  for (int r = 0; r < n; r++) VT_ASSERT(o->task[o->rank[r]] == r);
out:
  vt_free(k);
  vt_free(open);
  if (rc != VT_OK) vt__order_free(o);
  return rc;
}

void vt__order_free(vt__order *o)
{
  vt_free(o->first);
  vt_free(o->child);
  vt_free(o->rank);
  vt_free(o->task);
  *o = (vt__order){0};
}
