/* plan_schedule.c - the campaign's own scheduler on paper: every task takes the time that it is estimated to take. */
#include <math.h>

#include "runner/cli/plan/plan.h"
#include "runner/sched/sched.h"

static vt_status on_workers(const vt_sched_task *task, int n, int workers, vt_rehearsed *out, vt_err *err)
{
  const vt_rehearsal r = {.task = task, .n = n, .n_workers = workers, .n_speed = 1};
  return vt_sched_rehearse(&r, out, err);
}

vt_status vt_plan_wall(const vt_sched_task *task, int n, int workers, double *wall_s, vt_err *err)
{
  vt_rehearsed x;
  VT_PASS(on_workers(task, n, workers, &x, err));
  *wall_s = x.wall_s;
  return VT_OK;
}

/* From the number that the work alone asks for, in steps of a tenth: with the longest chain first a schedule is at most
 * twice as long as the best one (Graham 1966), so this ends after a few. */
vt_status vt_plan_useful(const vt_sched_task *task, int n, double *chain_s, int *workers, vt_err *err)
{
  const double near = 1.05, step = 1.1;
  vt_rehearsed x;
  VT_PASS(on_workers(task, n, n, &x, err));
  *chain_s = x.chain_s;
  int w = (int)fmin(n, fmax(1, ceil(x.work_s / (near * x.chain_s) - 1e-9)));
  for (;; w = (int)fmin(n, ceil(step * w))) {
    VT_PASS(on_workers(task, n, w, &x, err));
    if (w >= n || x.wall_s <= near * x.chain_s) break;
  }
  *workers = w;
  return VT_OK;
}
