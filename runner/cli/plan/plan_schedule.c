/* plan_schedule.c - the campaign's own scheduler on paper: every task takes the time that it is estimated to take. */
#include <math.h>

#include "runner/cli/plan/plan.h"
#include "runner/sched/sched.h"

typedef struct finish {
  double at_s;
  int worker, task;
} finish;

typedef struct rehearsal {
  vt_sched *s;
  const vt_sched_task *task;
  vt_action *action;
  int cap;
  finish *heap; /* [workers] running tasks, earliest first */
  int running;
  double now_s;
} rehearsal;

static int plan_schedule_earlier(const finish *a, const finish *b)
{
  return a->at_s < b->at_s || (a->at_s == b->at_s && a->task < b->task);
}

static void plan_schedule_swap(finish *a, finish *b)
{
  finish t = *a;
  *a = *b;
  *b = t;
}

static void plan_schedule_push(rehearsal *r, finish f)
{
  int i = r->running++;
  r->heap[i] = f;
  for (; i > 0 && plan_schedule_earlier(&r->heap[i], &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
    plan_schedule_swap(&r->heap[i], &r->heap[(i - 1) / 2]);
}

static finish pop(rehearsal *r)
{
  finish first = r->heap[0];
  r->heap[0] = r->heap[--r->running];
  for (int i = 0, k; (k = 2 * i + 1) < r->running; i = k) {
    if (k + 1 < r->running && plan_schedule_earlier(&r->heap[k + 1], &r->heap[k])) k++;
    if (!plan_schedule_earlier(&r->heap[k], &r->heap[i])) break;
    plan_schedule_swap(&r->heap[i], &r->heap[k]);
  }
  return first;
}

static vt_status plan_schedule_tell(rehearsal *r, vt_event_kind kind, int worker, int task, vt_err *err)
{
  vt_event ev = {.kind = (int32_t)kind, .worker = worker, .task = task};
  int n = 0;
  VT_PASS(vt_sched_event(r->s, &ev, r->action, r->cap, &n, err));
  for (int i = 0; i < n; i++) {
    const vt_action *a = &r->action[i];
    if (a->kind == VT_ACT_LEASE)
      plan_schedule_push(r, (finish){.at_s = r->now_s + r->task[a->task].cost, .worker = a->worker, .task = a->task});
  }
  return VT_OK;
}

static vt_status rehearse(rehearsal *r, int workers, vt_err *err)
{
  for (int w = 0; w < workers; w++) VT_PASS(plan_schedule_tell(r, VT_EV_READY, w, -1, err));
  while (r->running > 0) {
    finish f = pop(r);
    r->now_s = f.at_s;
    VT_PASS(plan_schedule_tell(r, VT_EV_RESULT, f.worker, f.task, err));
    VT_PASS(plan_schedule_tell(r, VT_EV_READY, f.worker, -1, err));
  }
  return VT_OK;
}

vt_status vt_plan_wall(const vt_sched_task *task, int n, int workers, double *wall_s, vt_err *err)
{
  vt_status rc = VT_OK;
  rehearsal r = {.task = task};
  vt_sched_options so = {.n_workers = workers, .max_tries = 1, .crash_limit = 1, .fault_limit = 2};
  void *m = NULL;
  VT_TRY_OUT(vt_sched_open(&r.s, task, n, &so, err), err, "schedule of %d tasks", n);
  r.cap = vt_sched_actions_max(r.s);
  VT_TRY_OUT(vt_calloc64(&m, (size_t)r.cap, sizeof *r.action, err), err, "schedule of %d tasks", n);
  r.action = m;
  VT_TRY_OUT(vt_calloc64(&m, (size_t)workers, sizeof *r.heap, err), err, "schedule of %d tasks", n);
  r.heap = m;
  VT_TRY_OUT(rehearse(&r, workers, err), err, "schedule of %d tasks", n);
  *wall_s = r.now_s;
out:
  vt_free(r.heap);
  vt_free(r.action);
  vt_sched_free(r.s);
  return rc;
}

/* ------------------------------------------------------------------ how many workers are of use */

/* The longest chain of tasks that wait for each other: no number of workers ends before it. */
static vt_status longest_chain(const vt_sched_task *task, int n, double *chain_s, double *sum_s, vt_err *err)
{
  double *end_s = NULL;
  VT_PASS(VT_NEW(end_s, n, err));
  for (int i = 0; i < n; i++) { /* what a task needs stands before it */
    end_s[i] = task[i].cost + (task[i].needs < 0 ? 0 : end_s[task[i].needs]);
    *chain_s = fmax(*chain_s, end_s[i]);
    *sum_s += task[i].cost;
  }
  vt_free(end_s);
  return VT_OK;
}

/* From the number that the work alone asks for, in steps of a tenth: with the longest chain first a schedule is at most
 * twice as long as the best one (Graham 1966), so this ends after a few. */
vt_status vt_plan_useful(const vt_sched_task *task, int n, double *chain_s, int *workers, vt_err *err)
{
  const double near = 1.05, step = 1.1;
  double sum_s = 0, wall_s = 0;
  *chain_s = 0;
  VT_PASS(longest_chain(task, n, chain_s, &sum_s, err));
  int w = (int)fmin(n, fmax(1, ceil(sum_s / (near * *chain_s) - 1e-9)));
  for (;; w = (int)fmin(n, ceil(step * w))) {
    VT_PASS(vt_plan_wall(task, n, w, &wall_s, err));
    if (w >= n || wall_s <= near * *chain_s) break;
  }
  *workers = w;
  return VT_OK;
}
