/* twins.c - frames that are the same but for a shift, a rotation, or the order of their atoms (T 17.9). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train_impl.h"

enum { WAVES = 12 };
#define SAME_CELL  1e-5 /* of the metric, relative */
#define SAME_WAVES 1e-3 /* of the amplitudes, times the root of the number of atoms: about 1e-3 A */

typedef struct print {
  const vt_train_sample *s;
  int of_b, index;
  double metric[6];   /* h_i . h_j */
  double wave[WAVES]; /* |sum w_type exp(2 pi i k . s)| */
} print;

static void take_print(const vt_train_sample *s, print *p)
{
  static const int wave[WAVES][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}, {0, 1, 1}, {1, 0, 1},
                                     {1, 1, 1}, {2, 0, 0}, {0, 2, 0}, {0, 0, 2}, {2, 1, 0}, {2, 2, 2}};
  const double two_pi = 6.283185307179586, step = 0.37; /* between the weights of types: no whole ratio */
  double hi[3][3], re[WAVES] = {0}, im[WAVES] = {0};
  int at = 0;
  for (int i = 0; i < 3; i++)
    for (int j = i; j < 3; j++, at++)
      for (int a = 0; a < 3; a++) p->metric[at] += s->cell.h[i][a] * s->cell.h[j][a];
  if (!vt_cell_inverse(&s->cell, hi)) return; /* not read from any file */
  for (int i = 0; i < s->n; i++) {
    double share[3];
    for (int a = 0; a < 3; a++) share[a] = s->x[i][0] * hi[0][a] + s->x[i][1] * hi[1][a] + s->x[i][2] * hi[2][a];
    for (int k = 0; k < WAVES; k++) {
      const double turn = two_pi * (wave[k][0] * share[0] + wave[k][1] * share[1] + wave[k][2] * share[2]);
      re[k] += (1 + step * s->type[i]) * cos(turn);
      im[k] += (1 + step * s->type[i]) * sin(turn);
    }
  }
  for (int k = 0; k < WAVES; k++) p->wave[k] = hypot(re[k], im[k]);
}

static int by_wave(const void *a, const void *b)
{
  const print *x = a, *y = b;
  if (x->s->n != y->s->n) return x->s->n < y->s->n ? -1 : 1;
  if (x->wave[0] != y->wave[0]) return x->wave[0] < y->wave[0] ? -1 : 1;
  return x->of_b != y->of_b ? x->of_b - y->of_b : (x->index > y->index) - (x->index < y->index);
}

static int alike(const print *x, const print *y)
{
  const double size = (x->metric[0] + x->metric[3] + x->metric[5]) / 3;
  for (int k = 0; k < 6; k++)
    if (fabs(x->metric[k] - y->metric[k]) > SAME_CELL * size) return 0;
  for (int k = 0; k < WAVES; k++)
    if (fabs(x->wave[k] - y->wave[k]) > SAME_WAVES * sqrt(x->s->n)) return 0;
  int count[VT_NEP_MOST_TYPES] = {0};
  for (int i = 0; i < x->s->n; i++) {
    count[x->s->type[i]]++;
    count[y->s->type[i]]--;
  }
  for (int t = 0; t < VT_NEP_MOST_TYPES; t++)
    if (count[t]) return 0;
  return 1;
}

static int equal_to_the_bit(const vt_train_sample *x, const vt_train_sample *y)
{
  return memcmp(&x->cell, &y->cell, sizeof x->cell) == 0 && memcmp(x->x, y->x, (size_t)x->n * sizeof *x->x) == 0 &&
         memcmp(x->type, y->type, (size_t)x->n * sizeof *x->type) == 0;
}

static void say_twin(vt_train_data *a, vt_train_data *b, const print *x, const print *y, const char *what)
{
  vt_train_data *to = y->of_b ? b : a;
  const char *path = to->file[y->s->file], *other = (x->of_b ? b : a)->file[x->s->file];
  const char *how = equal_to_the_bit(x->s, y->s) ? "" : " (shifted, turned or in another order)";
  if (x->of_b != y->of_b)
    vt__data_mistake(to, path, y->s->line, "the same frame%s as %s:%d, which is %s", how, other, x->s->line, what);
  else
    vt__data_warn(to, VT__WARN_TWIN, path, y->s->line, "the same frame%s as %s:%d", how, other, x->s->line);
}

/* The first of those before p[k] that it is a twin of, -1: none.  a != b: only those of the other set. */
static int twin_of(const print *p, int k, int across)
{
  for (int j = k - 1; j >= 0; j--) {
    if (p[j].s->n != p[k].s->n || p[k].wave[0] - p[j].wave[0] > SAME_WAVES * sqrt(p[k].s->n)) return -1;
    if ((!across || p[j].of_b != p[k].of_b) && alike(&p[j], &p[k])) return j;
  }
  return -1;
}

vt_status vt__say_twins(vt_train_data *a, vt_train_data *b, const char *what, vt_err *err)
{
  print *p = NULL;
  const int n_b = a == b ? 0 : b->n, n = a->n + n_b;
  VT_PASS(VT_NEW(p, n ? n : 1, err));
  for (int k = 0; k < n; k++) {
    p[k].of_b = k >= a->n;
    p[k].index = p[k].of_b ? k - a->n : k;
    p[k].s = &(p[k].of_b ? b : a)->s[p[k].index];
    take_print(p[k].s, &p[k]);
  }
  qsort(p, (size_t)n, sizeof *p, by_wave);
  for (int k = 1; k < n; k++) {
    const int j = twin_of(p, k, a != b);
    if (j < 0) continue;
    const int later = p[k].of_b != p[j].of_b ? p[k].of_b : p[k].index > p[j].index;
    say_twin(a, b, &p[later ? j : k], &p[later ? k : j], what);
  }
  vt_free(p);
  return VT_OK;
}
