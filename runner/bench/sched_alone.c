/* sched_alone.c - tasks, and the scheduler alone. */
#include "runner/bench/bench_impl.h"

vt_status vt__bench_tasks(int n, int n_glass, vt_sched_task **task, vt_err *err)
{
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof **task, err), err, "%d tasks", n);
  *task = p;
  for (int i = 0; i < n; i++) {
    (*task)[i] = (vt_sched_task){.needs = i < n_glass ? -1 : i % n_glass, .cost = 1 + i % 7};
    vt_sha256(&i, sizeof i, &(*task)[i].uid);
  }
  return VT_OK;
}

static vt_status drain(vt_sched *sched, int n_ranks, vt_action *action, int32_t *todo, int64_t *events, vt_err *err)
{
  int cap = vt_sched_actions_max(sched), head = 0, tail = 0, n;
  for (int r = 0; r < n_ranks + tail; r++) {
    vt_event ev = {.kind = VT_EV_READY, .worker = r, .task = -1};
    if (r >= n_ranks) {
      ev = (vt_event){.kind = VT_EV_RESULT, .worker = todo[2 * head], .task = todo[2 * head + 1]};
      head++;
    }
    for (int both = 0; both < 2; both++) {
      VT_PASS(vt_sched_event(sched, &ev, action, cap, &n, err));
      ++*events;
      for (int k = 0; k < n; k++)
        if (action[k].kind == VT_ACT_LEASE) todo[2 * tail] = action[k].worker, todo[2 * tail++ + 1] = action[k].task;
      if (ev.kind == VT_EV_READY) break;
      ev = (vt_event){.kind = VT_EV_READY, .worker = ev.worker, .task = -1};
    }
  }
  return VT_OK;
}

vt_status vt__bench_sched_alone(const vt_sched_task *task, int n_tasks, int n_ranks, double *open_s,
                                double *events_per_s, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_sched *sched = NULL;
  void *action = NULL, *todo = NULL;
  int64_t events = 0;
  vt_sched_options so = {.n_workers = n_ranks, .max_tries = 3, .crash_limit = 2, .fault_limit = 2};
  double from = vt_cpu_s();
  VT_TRY_OUT(vt_sched_open(&sched, task, n_tasks, &so, err), err, "scheduler");
  *open_s = vt_cpu_s() - from;
  VT_TRY_OUT(vt_calloc64(&action, (size_t)vt_sched_actions_max(sched), sizeof(vt_action), err), err, "scheduler");
  VT_TRY_OUT(vt_calloc64(&todo, 2 * (size_t)n_tasks, sizeof(int32_t), err), err, "scheduler");
  from = vt_cpu_s();
  VT_TRY_OUT(drain(sched, n_ranks, action, todo, &events, err), err, "scheduler");
  *events_per_s = (double)events / (vt_cpu_s() - from);
  if (!vt_sched_finished(sched)) VT_FAIL_OUT(err, VT_EBUG, "not every task was done");
out:
  vt_sched_free(sched);
  vt_free(action);
  vt_free(todo);
  return rc;
}
