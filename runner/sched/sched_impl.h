/* sched_impl.h - what sched.c and order.c share.  Private to runner/sched. */
#ifndef VT_SCHED_IMPL_H
#define VT_SCHED_IMPL_H

#include "runner/sched/sched.h"

/* Who needs whom, and in which order ready tasks are leased; fixed when the scheduler is opened. */
typedef struct vt__order {
  int n;
  int32_t *first; /* [n + 1] dependents of task t: child[first[t]] .. child[first[t + 1] - 1] */
  int32_t *child; /* [n] */
  int32_t *rank;  /* [n] 0: leased before all others */
  int32_t *task;  /* [n] of a rank */
} vt__order;

VT_MUST_CHECK vt_status vt__order_make(vt__order *o, const vt_sched_task *task, int n, vt_err *err);
void vt__order_free(vt__order *o);

#endif
