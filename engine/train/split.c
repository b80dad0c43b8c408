/* split.c - which frames are held back, in which order the others are seen, and trajectories that stand in two sets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train_impl.h"

/* ------------------------------------------------------------------ trajectories */

/* Frames by a key: their trajectory or composition. */
typedef struct entry {
  const vt_train_sample *s;
  const char *key;
  int of_b, index;
} entry;

static int by_key(const void *a, const void *b)
{
  const entry *x = a, *y = b;
  const int order = strcmp(x->key, y->key);
  return order ? order : x->of_b != y->of_b ? x->of_b - y->of_b : (x->index > y->index) - (x->index < y->index);
}

static vt_status list(const vt_train_data *a, const vt_train_data *b, entry **out, int *n, vt_err *err)
{
  const int n_b = a == b ? 0 : b->n;
  *n = a->n + n_b;
  VT_PASS(VT_NEW(*out, *n ? *n : 1, err));
  for (int k = 0; k < a->n; k++) (*out)[k] = (entry){&a->s[k], a->s[k].trajectory, 0, k};
  for (int k = 0; k < n_b; k++) (*out)[a->n + k] = (entry){&b->s[k], b->s[k].trajectory, 1, k};
  return VT_OK;
}

static void say_shared(vt_train_data *b, const entry *e, int n, const char *what)
{
  for (int k = 1; k < n; k++) {
    if (!e[k].of_b || e[k - 1].of_b || strcmp(e[k].s->trajectory, e[k - 1].s->trajectory) != 0) continue;
    b->n_shared++;
    size_t end = strlen(e[k].s->trajectory); /* what a frame does not say is empty */
    while (end > 0 && e[k].s->trajectory[end - 1] == ' ') end--;
    vt__data_warn(b, VT__WARN_SHARED, b->file[e[k].s->file], e[k].s->line,
                  "trajectory '%.*s' is part of what is %s, too", (int)end, e[k].s->trajectory, what);
  }
}

vt_status vt_train_data_compare(vt_train_data *a, vt_train_data *b, const char *what, vt_err *err)
{
  entry *e = NULL;
  int n;
  VT_PASS(vt__say_twins(a, b, what, err));
  if (a != b) {
    VT_PASS(list(a, b, &e, &n, err));
    qsort(e, (size_t)n, sizeof *e, by_key);
    say_shared(b, e, n, what);
    vt_free(e);
  }
  vt__data_warn_rest(b);
  return VT_OK;
}

/* ------------------------------------------------------------------ validation */

typedef struct group {
  double drawn;
  int first, n; /* of the entries */
} group;

static int by_draw(const void *a, const void *b)
{
  const group *x = a, *y = b;
  return x->drawn != y->drawn ? (x->drawn < y->drawn ? -1 : 1) : x->first - y->first;
}

/* Take the group unless an element would be nowhere else; left[t]: frames with the element that are not taken. */
static int may_take(const entry *e, const group *g, int n_types, int *left)
{
  for (int pass = 0; pass < 2; pass++) {
    for (int k = g->first; k < g->first + g->n; k++)
      for (int t = 0; t < n_types; t++) {
        int has = 0;
        for (int i = 0; i < e[k].s->n && !has; i++) has = e[k].s->type[i] == t;
        left[t] += has ? (pass ? 1 : -1) : 0;
      }
    if (pass) return 0;
    int lost = 0;
    for (int t = 0; t < n_types; t++) lost = lost || left[t] == 0;
    if (!lost) return 1;
  }
  return 0;
}

static int groups_of(const entry *e, int n, uint64_t seed, group *g)
{
  int count = 0;
  for (int k = 0; k < n; k++) {
    if (k > 0 && strcmp(e[k].key, e[k - 1].key) == 0) {
      g[count - 1].n++;
      continue;
    }
    double u[2];
    vt_rng_uniform2(seed, VT_STREAM_TRAIN, 1, count, 0, u);
    g[count++] = (group){u[0], k, 1};
  }
  qsort(g, (size_t)count, sizeof *g, by_draw);
  return count;
}

vt_status vt_train_split(const vt_train_data *set, int n_types, int whole_compositions, double fraction, uint64_t seed,
                         int *in, vt_err *err)
{
  entry *e = NULL;
  group *g = NULL;
  int n, left[VT_NEP_MOST_TYPES] = {0}, taken = 0;
  vt_status rc = list(set, set, &e, &n, err);
  if (rc == VT_OK) rc = VT_NEW(g, n ? n : 1, err);
  if (rc == VT_OK) {
    memset(in, 0, (size_t)n * sizeof *in);
    for (int k = 0; k < n && whole_compositions; k++) e[k].key = set->comp[e[k].s->comp];
    qsort(e, (size_t)n, sizeof *e, by_key);
    const int groups = groups_of(e, n, seed, g);
    const double want = fraction * n;
    for (int t = 0; t < n_types; t++)
      for (int k = 0; k < n; k++)
        for (int i = 0; i < e[k].s->n; i++)
          if (e[k].s->type[i] == t) {
            left[t]++;
            break;
          }
    for (int t = 0; t < n_types; t++) left[t] = left[t] ? left[t] : 1 << 30; /* nowhere: nothing to lose */
    for (int k = 0; k < groups && taken < want; k++) {
      if (taken + g[k].n > 1.5 * want + 1 || g[k].n >= n - taken || !may_take(e, &g[k], n_types, left)) continue;
      for (int j = g[k].first; j < g[k].first + g[k].n; j++) in[e[j].index] = 1;
      taken += g[k].n;
    }
  }
  vt_free(e);
  vt_free(g);
  return rc;
}

/* ------------------------------------------------------------------ order */

enum { DRAW_FRAMES = 0 };

static void shuffle(uint64_t seed, int64_t epoch, int n, int *x)
{
  for (int k = n - 1; k > 0; k--) {
    double u[2];
    vt_rng_uniform2(seed, VT_STREAM_TRAIN, DRAW_FRAMES, epoch, (uint32_t)k, u);
    const int j = (int)(u[0] * (k + 1)), other = x[j];
    x[j] = x[k];
    x[k] = other;
  }
}

void vt_train_order(uint64_t seed, int64_t epoch, int n, int *order)
{
  for (int k = 0; k < n; k++) order[k] = k;
  shuffle(seed, epoch, n, order);
}
