/* pick.c - the pool of the largest spreads, and the farthest points in it. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "runner/selection/selection_impl.h"

typedef struct picking {
  vt_selection *s;
  const vt_selection_options *o;
  int size, n_pool;
  int *pool;               /* [n_pool] frames, in their order */
  double *near;            /* [n_pool] squared distance to the nearest that is picked or known */
  int *run_has, *comp_has; /* how many were picked */
} picking;

static double distance2(const float *a, const float *b, int n)
{
  double two = 0;
  for (int k = 0; k < n; k++) {
    const double d = (double)a[k] - (double)b[k];
    two += d * d;
  }
  return two;
}

/* ------------------------------------------------------------------ the pool */

typedef struct by_spread {
  double spread;
  int k;
} by_spread;

static int spread_order(const void *a, const void *b)
{
  const by_spread *x = a, *y = b;
  if (x->spread != y->spread) return x->spread < y->spread ? 1 : -1;
  return x->k - y->k;
}

static int place_order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static vt_status make_pool(picking *p, vt_err *err)
{
  vt_selection *s = p->s;
  const int64_t most = (int64_t)p->o->pool * p->o->count;
  by_spread *row = NULL;
  int n = 0;
  VT_PASS(VT_NEW(p->pool, s->n, err));
  VT_PASS(VT_NEW(row, s->n, err));
  for (int k = 0; k < s->n; k++)
    if (s->frame[k].point) row[n++] = (by_spread){isnan(s->frame[k].spread) ? 0 : s->frame[k].spread, k};
  qsort(row, (size_t)n, sizeof *row, spread_order);
  const int all = s->n_members < 2; /* nothing to rank by */
  for (int i = 0; i < n; i++) {
    vt_selection_frame *f = &s->frame[row[i].k];
    const int has_room = p->n_pool < most && p->run_has[f->run] < (int64_t)p->o->pool * s->per_run &&
                         p->comp_has[f->composition] < (int64_t)p->o->pool * s->per_composition;
    f->why = VT_SELECTION_SPREAD;
    if (!all && !has_room) continue;
    p->pool[p->n_pool++] = row[i].k;
    p->run_has[f->run]++, p->comp_has[f->composition]++;
  }
  for (int k = 0; k < s->n_runs; k++) p->run_has[k] = 0;
  for (int k = 0; k < s->n_compositions; k++) p->comp_has[k] = 0;
  qsort(p->pool, (size_t)p->n_pool, sizeof *p->pool, place_order);
  vt_free(row);
  return VT_OK;
}

/* ------------------------------------------------------------------ farthest points */

static void come_near(picking *p, const float *point)
{
  for (int i = 0; i < p->n_pool; i++) {
    const double two = distance2(p->s->frame[p->pool[i]].point, point, p->size);
    if (two < p->near[i]) p->near[i] = two;
  }
}

/* Of the pool: the largest spread, or (no committee, nothing known) the farthest from the mean. */
static vt_status first_of(const picking *p, int n_known, int *first, vt_err *err)
{
  double *mean = NULL, best = -1;
  float *point = NULL;
  *first = 0;
  VT_PASS(VT_NEW(mean, p->size, err));
  VT_PASS(VT_NEW(point, p->size, err));
  for (int i = 0; i < p->n_pool; i++)
    for (int k = 0; k < p->size; k++) mean[k] += (double)p->s->frame[p->pool[i]].point[k] / p->n_pool;
  for (int k = 0; k < p->size; k++) point[k] = (float)mean[k];
  for (int i = 0; i < p->n_pool; i++) {
    const vt_selection_frame *f = &p->s->frame[p->pool[i]];
    const double x = p->s->n_members > 1 ? f->spread : n_known ? p->near[i] : distance2(f->point, point, p->size);
    if (x > best) best = x, *first = i;
  }
  vt_free(mean);
  vt_free(point);
  return VT_OK;
}

static int has_room(const picking *p, const vt_selection_frame *f)
{
  return p->run_has[f->run] < p->s->per_run && p->comp_has[f->composition] < p->s->per_composition;
}

static void take(picking *p, int i)
{
  vt_selection_frame *f = &p->s->frame[p->pool[i]];
  f->distance = p->near[i] < DBL_MAX ? sqrt(p->near[i]) : (double)NAN;
  f->picked = ++p->s->n_picked;
  p->run_has[f->run]++;
  p->comp_has[f->composition]++;
  come_near(p, f->point);
}

/* -1: none is left. */
static int farthest(const picking *p)
{
  const double least = p->o->duplicate * p->o->duplicate;
  int best = -1;
  for (int i = 0; i < p->n_pool; i++) {
    const vt_selection_frame *f = &p->s->frame[p->pool[i]];
    if (f->picked || !(p->near[i] >= least) || !has_room(p, f)) continue;
    if (best < 0 || p->near[i] > p->near[best]) best = i;
  }
  return best;
}

static void say_why(const picking *p)
{
  const double least = p->o->duplicate * p->o->duplicate;
  for (int i = 0; i < p->n_pool; i++) {
    vt_selection_frame *f = &p->s->frame[p->pool[i]];
    f->why = p->near[i] < least                                     ? VT_SELECTION_DUPLICATE
             : p->run_has[f->run] >= p->s->per_run                  ? VT_SELECTION_RUN
             : p->comp_has[f->composition] >= p->s->per_composition ? VT_SELECTION_COMPOSITION
                                                                    : VT_SELECTION_NEAR;
  }
}

/* At most: as asked, else twice an even share. */
static int share(int asked, int count, int n)
{
  if (asked > 0) return asked;
  const int even = n > 0 ? (2 * count + n - 1) / n : count;
  return even > 1 ? even : 1;
}

vt_status vt__selection_pick(vt_selection *s, const vt_selection_options *o, int size, const float *const *known,
                             int n_known, vt_err *err)
{
  vt_status rc = VT_OK;
  picking p = {.s = s, .o = o, .size = size};
  s->per_run = share(o->per_run, o->count, s->n_runs);
  s->per_composition = share(o->per_composition, o->count, s->n_compositions);
  VT_TRY_OUT(VT_NEW(p.run_has, s->n_runs + 1, err), err, "runs");
  VT_TRY_OUT(VT_NEW(p.comp_has, s->n_compositions + 1, err), err, "compositions");
  VT_TRY_OUT(make_pool(&p, err), err, "frames to choose from");
  VT_TRY_OUT(VT_NEW(p.near, p.n_pool + 1, err), err, "frames to choose from");
  for (int i = 0; i < p.n_pool; i++) p.near[i] = DBL_MAX;
  for (int k = 0; k < n_known; k++) come_near(&p, known[k]);
  int next = -1;
  if (p.n_pool > 0) VT_TRY_OUT(first_of(&p, n_known, &next, err), err, "the first frame");
  if (next >= 0 && p.near[next] < o->duplicate * o->duplicate) next = farthest(&p); /* it is known */
  for (; next >= 0 && s->n_picked < o->count; next = farthest(&p)) take(&p, next);
  say_why(&p);
out:
  vt_free(p.pool);
  vt_free(p.near);
  vt_free(p.run_has);
  vt_free(p.comp_has);
  return rc;
}
