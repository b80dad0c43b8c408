/* sched_impl.h - what the files of the scheduler share.  Private to runner/sched. */
#ifndef VT_SCHED_IMPL_H
#define VT_SCHED_IMPL_H

#include "runner/sched/sched.h"

/* Who needs whom, and in which order ready tasks are leased. */
typedef struct vt__order {
  int n;
  int32_t *first; /* [n + 1] dependents of task t: child[first[t]] .. child[first[t + 1] - 1] */
  int32_t *child; /* [n] */
  int32_t *needs; /* [n] */
  int32_t *depth; /* [n] tasks that it needs, one through the other */
  int deepest;
  uint64_t *uid8; /* [n] the first 8 bytes of its uid, which order as uids do */
  /* By the costs that are known so far (vt__order_sort): */
  double *cost;  /* [n] */
  double *path;  /* [n] cost of the task and of the longest chain of what needs it */
  int32_t *rank; /* [n] by path; 0: the longest */
  int32_t *task; /* [n] of a rank */
} vt__order;

/* Costs are those of the tasks at first. */
VT_MUST_CHECK vt_status vt__order_make(vt__order *o, const vt_sched_task *task, int n, vt_err *err);
/* After a change of `cost`: paths and ranks.  VT_EINVAL: a task needs itself.  VT_ENOMEM: nothing has changed. */
VT_MUST_CHECK vt_status vt__order_sort(vt__order *o, vt_err *err);
void vt__order_free(vt__order *o);

/* READY tasks, twice (ready.c): by urgency, and deepest first.  What left the state meanwhile stays until it comes up;
 * a task is in each at most once. */
typedef enum vt__ready_by { VT__BY_PATH, VT__BY_DEPTH, VT__N_READY } vt__ready_by;
typedef struct vt__ready {
  const vt__order *o;        /* borrowed */
  int64_t *key[VT__N_READY]; /* [o->n] a heap, smallest first: (deepest - depth) * n, of the second, + rank */
  int count[VT__N_READY];
  unsigned char *in; /* [o->n] bit 1 << vt__ready_by */
} vt__ready;

VT_MUST_CHECK vt_status vt__ready_open(vt__ready *r, const vt__order *o, vt_err *err);
void vt__ready_push(vt__ready *r, int t);
int vt__ready_first(const vt__ready *r, vt__ready_by by); /* -1: none */
void vt__ready_pop(vt__ready *r, vt__ready_by by);
void vt__ready_clear(vt__ready *r);      /* before ranks change */
int vt__ready_whole(const vt__ready *r); /* heaps are heaps, and hold what `in` says */
void vt__ready_free(vt__ready *r);

/* What finished tasks took (learn.c). */
typedef struct vt__learn {
  int n_groups;
  double *took_s;       /* [n_groups] seconds of finished tasks */
  double *told;         /* [n_groups] the cost that was told for them */
  double *factor;       /* [n_groups] measured over told, relative to that of all tasks; in use */
  int64_t n, n_ordered; /* tasks that were measured; when factors were last taken into use */
  int32_t *group;       /* [n_tasks] */
  const double *prior;  /* [n_tasks] */
  int n_tasks;
  double *memory;
} vt__learn;

VT_MUST_CHECK vt_status vt__learn_open(vt__learn *l, const vt_sched_task *task, int n, vt_err *err);
void vt__learn_took(vt__learn *l, int task, double seconds);
/* 1: enough was learned to order anew; cost[n_tasks] is what it says then. */
int vt__learn_costs(vt__learn *l, double *cost);
void vt__learn_free(vt__learn *l);

#endif
