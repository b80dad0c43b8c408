/* lend.c - which task gets the core of a rank that has nothing left to begin? */
#include <math.h>

#include "runner/sched/sched.h"

typedef struct lend_view {
  const int *node;
  const vt_lend_state *state;
} lend_view;

enum { LEND_IDLE, LEND_BUSY, LEND_NEITHER };

static int lend_part(const vt_lend_state *s)
{
  if (s->busy) return s->cores_most > 1 ? LEND_BUSY : LEND_NEITHER;
  return s->idle ? LEND_IDLE : LEND_NEITHER;
}

/* By node; on a node those that lend, then those that borrow, longest first (an unknown time is the shortest), then the
 * others; ranks that are alike by their number.  So no two are equal. */
static int lend_before(const lend_view *v, int a, int b)
{
  if (v->node[a] != v->node[b]) return v->node[a] < v->node[b];
  const int pa = lend_part(&v->state[a]), pb = lend_part(&v->state[b]);
  if (pa != pb) return pa < pb;
  if (pa == LEND_BUSY) {
    const double ra = v->state[a].remaining_s, rb = v->state[b].remaining_s;
    if (isnan(ra) != isnan(rb)) return isnan(rb);
    if (!isnan(ra) && ra != rb) return ra > rb;
  }
  return a < b;
}

static void lend_sink(const lend_view *v, int *a, int i, int n)
{
  const int x = a[i];
  for (int k; (k = 2 * i + 1) < n; i = k) {
    if (k + 1 < n && lend_before(v, a[k], a[k + 1])) k++;
    if (!lend_before(v, x, a[k])) break;
    a[i] = a[k];
  }
  a[i] = x;
}

/* A heap sort: qsort may take memory, and has no context. */
static void lend_sort(const lend_view *v, int *a, int n)
{
  for (int i = n / 2 - 1; i >= 0; i--) lend_sink(v, a, i, n);
  for (int last = n - 1; last > 0; last--) {
    const int x = a[0];
    a[0] = a[last];
    a[last] = x;
    lend_sink(v, a, 0, last);
  }
}

/* Cores that n_busy tasks take if none takes more than `level` beside its own. */
static int64_t lend_taken(const lend_view *v, const int *busy, int n_busy, int level)
{
  int64_t sum = 0;
  for (int i = 0; i < n_busy; i++) {
    const int most = v->state[busy[i]].cores_most - 1;
    sum += most < level ? most : level;
  }
  return sum;
}

/* quota[r] of the busy ranks of one node: `level` full rounds, found by bisection, and a last one for as many as there
 * are cores. */
static void lend_quotas(const lend_view *v, const int *busy, int n_busy, int cores, int *quota)
{
  int level = 0, above = cores + 1;
  while (above - level > 1) {
    const int middle = level + (above - level) / 2;
    if (lend_taken(v, busy, n_busy, middle) <= cores)
      level = middle;
    else
      above = middle;
  }
  int64_t left = cores - lend_taken(v, busy, n_busy, level);
  for (int i = 0; i < n_busy; i++) {
    const int most = v->state[busy[i]].cores_most - 1, more = most > level && left > 0;
    quota[busy[i]] = most < level ? most : level + more;
    left -= more;
  }
}

/* The lenders of one node: pairs that may stay stay, the others go in order. */
static void lend_pairs(const lend_view *v, const int *idle, int n_idle, const int *busy, int n_busy, int *quota,
                       int *lends_to)
{
  for (int i = 0; i < n_idle; i++) {
    const int to = lends_to[idle[i]];
    if (to >= 0 && v->node[to] == v->node[idle[i]] && quota[to] > 0)
      quota[to]--;
    else
      lends_to[idle[i]] = -1;
  }
  for (int i = 0, k = 0; i < n_idle; i++) {
    if (lends_to[idle[i]] >= 0) continue;
    while (k < n_busy && quota[busy[k]] == 0) k++;
    if (k == n_busy) return;
    quota[busy[k]]--;
    lends_to[idle[i]] = busy[k];
  }
}

void vt_sched_lend(int n_ranks, const int *node, const vt_lend_state *state, int *scratch, int *lends_to)
{
  const lend_view v = {.node = node, .state = state};
  int *order = scratch, *quota = scratch + n_ranks;
  for (int r = 0; r < n_ranks; r++) {
    order[r] = r;
    quota[r] = 0;
    if (lend_part(&state[r]) != LEND_IDLE || lends_to[r] >= n_ranks) lends_to[r] = -1;
  }
  lend_sort(&v, order, n_ranks);
  for (int i = 0; i < n_ranks;) {
    const int here = node[order[i]], first = i;
    while (i < n_ranks && node[order[i]] == here && lend_part(&state[order[i]]) == LEND_IDLE) i++;
    const int n_idle = i - first;
    while (i < n_ranks && node[order[i]] == here && lend_part(&state[order[i]]) == LEND_BUSY) i++;
    const int n_busy = i - first - n_idle;
    while (i < n_ranks && node[order[i]] == here) i++;
    lend_quotas(&v, order + first + n_idle, n_busy, n_idle, quota);
    lend_pairs(&v, order + first, n_idle, order + first + n_idle, n_busy, quota, lends_to);
  }
}
