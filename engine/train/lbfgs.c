/* lbfgs.c - steps along gradients of the whole loss: L-BFGS (Nocedal, Math. Comp. 35, 773, 1980), step halved until the
 * loss falls enough (Armijo). */
#include <math.h>
#include <string.h>

#include "engine/train/train.h"

#define ENOUGH     1e-4  /* of the fall that the slope promises */
#define FIRST_STEP 1e-4  /* root mean square of a first step over that of the numbers */
#define CURVED     1e-12 /* least cosine of step and change of gradient: less is rounding */
#define SHORTEST   1e-6  /* of a step: then the pairs are forgotten */

enum { PAIRS = VT_TRAIN_LBFGS_PAIRS, HEAD = 8 };
enum { STARTED, COUNT, NEXT, LOSS, STEP }; /* in the head of the state */

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

/* state: head, x0[n], g0[n], d[n], then s[n], y[n] of each pair. */
static double *row(const vt_train_lbfgs *l, size_t k) { return l->state + HEAD + k * l->n; }
static double *pair_s(const vt_train_lbfgs *l, int k) { return row(l, 3 + 2 * (size_t)k); }
static double *pair_y(const vt_train_lbfgs *l, int k) { return row(l, 4 + 2 * (size_t)k); }

vt_status vt_train_lbfgs_open(vt_train_lbfgs *l, size_t n, vt_err *err)
{
  *l = (vt_train_lbfgs){.n = n, .n_state = HEAD + (3 + 2 * PAIRS) * n};
  return VT_NEW(l->state, l->n_state, err);
}

void vt_train_lbfgs_close(vt_train_lbfgs *l)
{
  vt_free(l->state);
  *l = (vt_train_lbfgs){0};
}

/* d = -H g0 by the two loops over the pairs, the latest first. */
static void find_direction(vt_train_lbfgs *l)
{
  const size_t n = l->n;
  double *d = row(l, 2), along[PAIRS] = {0};
  const int count = (int)l->state[COUNT], next = (int)l->state[NEXT];
  for (size_t k = 0; k < n; k++) d[k] = -row(l, 1)[k];
  for (int j = 0; j < count; j++) {
    const int p = (next - 1 - j + 2 * PAIRS) % PAIRS;
    along[p] = dot(pair_s(l, p), d, n) / dot(pair_s(l, p), pair_y(l, p), n);
    for (size_t k = 0; k < n; k++) d[k] -= along[p] * pair_y(l, p)[k];
  }
  if (count > 0) {
    const int p = (next - 1 + PAIRS) % PAIRS;
    const double scale = dot(pair_s(l, p), pair_y(l, p), n) / dot(pair_y(l, p), pair_y(l, p), n);
    for (size_t k = 0; k < n; k++) d[k] *= scale;
  } else {
    const double size = dot(row(l, 0), row(l, 0), n), slope = dot(d, d, n);
    for (size_t k = 0; k < n && slope > 0; k++) d[k] *= FIRST_STEP * sqrt(size / slope);
  }
  for (int j = count - 1; j >= 0; j--) {
    const int p = (next - 1 - j + 2 * PAIRS) % PAIRS;
    const double more = along[p] - dot(pair_y(l, p), d, n) / dot(pair_s(l, p), pair_y(l, p), n);
    for (size_t k = 0; k < n; k++) d[k] += more * pair_s(l, p)[k];
  }
}

static void remember(vt_train_lbfgs *l, const double *x, const double *g)
{
  const int p = (int)l->state[NEXT];
  double *s = pair_s(l, p), *y = pair_y(l, p);
  for (size_t k = 0; k < l->n; k++) s[k] = x[k] - row(l, 0)[k], y[k] = g[k] - row(l, 1)[k];
  if (!(dot(s, y, l->n) > CURVED * sqrt(dot(s, s, l->n) * dot(y, y, l->n)))) return;
  l->state[NEXT] = (p + 1) % PAIRS;
  l->state[COUNT] = fmin(PAIRS, l->state[COUNT] + 1);
}

void vt_train_lbfgs_trial(const vt_train_lbfgs *l, double *x)
{
  if (l->state[STARTED] == 0) return;
  for (size_t k = 0; k < l->n; k++) x[k] = row(l, 0)[k] + l->state[STEP] * row(l, 2)[k];
}

int vt_train_lbfgs_take(vt_train_lbfgs *l, double loss, const double *gradient, const double *x)
{
  double *head = l->state;
  const size_t bytes = l->n * sizeof *x;
  const double slope = head[STARTED] != 0 ? dot(row(l, 1), row(l, 2), l->n) : 0;
  const int better = head[STARTED] == 0 || loss <= head[LOSS] + ENOUGH * head[STEP] * slope;
  if (better) {
    if (head[STARTED] != 0) remember(l, x, gradient);
    memcpy(row(l, 0), x, bytes);
    memcpy(row(l, 1), gradient, bytes);
    head[LOSS] = loss;
    head[STEP] = 1;
  } else
    head[STEP] *= 0.5;
  if (head[STEP] < SHORTEST) {
    head[COUNT] = head[NEXT] = 0;
    head[STEP] = 1;
  }
  head[STARTED] = 1;
  if (better || head[COUNT] == 0) find_direction(l);
  if (!(dot(row(l, 1), row(l, 2), l->n) < 0)) { /* uphill: rounding; begin anew */
    head[COUNT] = head[NEXT] = 0;
    find_direction(l);
  }
  return better;
}

const double *vt_train_lbfgs_best(const vt_train_lbfgs *l) { return row(l, 0); }
