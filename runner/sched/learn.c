/* learn.c - how the costs that were told compare with what finished tasks took. */
#include <math.h>

#include "runner/sched/sched_impl.h"

/* Only ratios between groups matter for an order.  A group of which little is known is taken to be like its kind, that
 * like all tasks; what is known weighs as one task. */
static const double FACTOR_MOST = 8; /* a task that was suspended for a night says nothing */
static const double CHANGE_LEAST = 0.05;
enum { ORDERS_MOST = 16 }; /* how often tasks are ordered anew, beside each time when twice as many are known */

vt_status vt__learn_open(vt__learn *l, const vt_sched_task *task, int n, vt_err *err)
{
  double *m = NULL;
  *l = (vt__learn){.n_tasks = n, .n_groups = 1};
  for (int i = 0; i < n; i++) {
    if (task[i].group < 0 || task[i].group >= VT_SCHED_GROUPS_MOST)
      VT_FAIL(err, VT_EINVAL, "row %d is of group %d, which is not 0 to %d", i, task[i].group,
              VT_SCHED_GROUPS_MOST - 1);
    if (task[i].group >= l->n_groups) l->n_groups = task[i].group + 1;
  }
  VT_PASS(VT_NEW(l->group, n, err));
  VT_PASS(VT_NEW(m, (size_t)n + 3 * (size_t)l->n_groups, err));
  l->memory = m;
  l->prior = m;
  l->took_s = m + n;
  l->told = l->took_s + l->n_groups;
  l->factor = l->told + l->n_groups;
  for (int i = 0; i < n; i++) {
    l->group[i] = task[i].group;
    m[i] = task[i].cost;
  }
  for (int g = 0; g < l->n_groups; g++) l->factor[g] = 1;
  return VT_OK;
}

void vt__learn_took(vt__learn *l, int task, double seconds)
{
  if (!(seconds > 0) || isinf(seconds)) return;
  l->took_s[l->group[task]] += seconds;
  l->told[l->group[task]] += l->prior[task];
  l->n++;
}

typedef struct learn_sums {
  double took_s, told;
} learn_sums;

/* Seconds a unit of cost of `own`; of `like` as far as own is not known, which weighs as `one` unit. */
static double learn_rate(learn_sums own, double like, double one)
{
  return (own.took_s + one * like) / (own.told + one);
}

static double learn_factor(const vt__learn *l, int g, const learn_sums *kind, learn_sums all)
{
  const double one = all.told / (double)l->n, rate = all.took_s / all.told;
  const double of_kind = learn_rate(kind[g % VT_SCHED_KINDS], rate, one);
  const double f = learn_rate((learn_sums){l->took_s[g], l->told[g]}, of_kind, one) / rate;
  return fmin(FACTOR_MOST, fmax(1 / FACTOR_MOST, f));
}

int vt__learn_costs(vt__learn *l, double *cost)
{
  learn_sums all = {0}, kind[VT_SCHED_KINDS] = {{0}};
  double change = 0;
  const int64_t since = l->n - l->n_ordered;
  if (l->n_groups == 1 || since == 0 || (since <= l->n_tasks / ORDERS_MOST && l->n < 2 * l->n_ordered)) return 0;
  l->n_ordered = l->n;
  for (int g = 0; g < l->n_groups; g++) {
    kind[g % VT_SCHED_KINDS].took_s += l->took_s[g];
    kind[g % VT_SCHED_KINDS].told += l->told[g];
    all.took_s += l->took_s[g];
    all.told += l->told[g];
  }
  for (int g = 0; g < l->n_groups; g++) change = fmax(change, fabs(log(learn_factor(l, g, kind, all) / l->factor[g])));
  if (change < CHANGE_LEAST) return 0;
  for (int g = 0; g < l->n_groups; g++) l->factor[g] = learn_factor(l, g, kind, all);
  for (int i = 0; i < l->n_tasks; i++) cost[i] = l->prior[i] * l->factor[l->group[i]];
  return 1;
}

void vt__learn_free(vt__learn *l)
{
  vt_free(l->group);
  vt_free(l->memory);
  *l = (vt__learn){0};
}
