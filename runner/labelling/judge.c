/* judge.c - is what a program answered a label? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/labelling/labelling_impl.h"

double vt__label_net_force(const vt__label *a)
{
  double sum[3] = {0};
  for (int i = 0; i < a->n; i++)
    for (int k = 0; k < 3; k++) sum[k] += a->f[i][k];
  return sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
}

static int is_finite(const vt__label *a, char *why, size_t cap)
{
  const char *what = isfinite(a->energy) ? NULL : "the energy";
  for (int i = 0; i < a->n; i++)
    for (int k = 0; k < 3; k++)
      if (!isfinite(a->f[i][k])) what = "a force";
  for (int k = 0; k < 9 && a->has_virial; k++)
    if (!isfinite(a->virial[k])) what = "the virial";
  if (what) (void)snprintf(why, cap, "%s is not finite", what);
  return what == NULL;
}

int vt__label_is_good(const vt_method *m, double volume, const vt__label *a, char *why, size_t cap)
{
  static const int pair[3][2] = {{1, 3}, {2, 6}, {5, 7}};
  double worst = 0;
  if (!is_finite(a, why, cap)) return 0;
  const double net = vt__label_net_force(a), most = m->net_force * sqrt(a->n);
  if (!(net <= most)) {
    (void)snprintf(why, cap, "the forces add up to %.3g eV/A, expected at most %.3g (checks.net_force, %d atoms)", net,
                   most, a->n);
    return 0;
  }
  for (int k = 0; k < 3 && a->has_virial; k++)
    worst = fmax(worst, fabs(a->virial[pair[k][0]] - a->virial[pair[k][1]]) / volume);
  if (worst <= m->asymmetry) return 1;
  (void)snprintf(why, cap, "the stress is not symmetric: %.3g GPa, expected at most %.3g (checks.stress_asymmetry)",
                 vt_unit_gpa_from_pressure(worst), vt_unit_gpa_from_pressure(m->asymmetry));
  return 0;
}

/* ------------------------------------------------------------------ side by side */

/* A labelled frame: its composition as a text, and its energy an atom. */
typedef struct beside {
  char formula[VT_NAME];
  double e;
  int k;
} beside;

static int by_formula(const void *a, const void *b)
{
  const beside *x = a, *y = b;
  const int order = strcmp(x->formula, y->formula);
  if (order) return order;
  return x->e != y->e ? (x->e > y->e) - (x->e < y->e) : x->k - y->k;
}

/* Counts in the order of the atomic numbers, each divided by the largest common divisor. */
static void formula_of(const vt_structure *s, char out[VT_NAME])
{
  int count[VT_N_ELEMENTS] = {0}, common = 0;
  size_t used = 0;
  for (int i = 0; i < s->n; i++) count[vt_element_z(s->symbol[i])]++;
  for (int z = 0; z < VT_N_ELEMENTS; z++)
    for (int a = count[z], b = common; a > 0;) { /* Euclid */
      const int rest = b % a;
      b = a, a = rest;
      common = b;
    }
  out[0] = '\0';
  for (int z = 1; z < VT_N_ELEMENTS && used < VT_NAME; z++)
    if (count[z] > 0)
      used += (size_t)snprintf(out + used, VT_NAME - used, "%s%d", vt_element_symbol(z), count[z] / common);
}

static void compare_group(vt__labeller *l, const beside *b, int n)
{
  const double median = n % 2 ? b[n / 2].e : 0.5 * (b[n / 2 - 1].e + b[n / 2].e);
  char where[VT_PATH + 64];
  for (int k = 0; k < n && n > 2; k++) {
    if (!(fabs(b[k].e - median) > l->m->energy_distance)) continue;
    vt__label_frame_where(l, b[k].k, where, sizeof where);
    vt_buf_printf(&l->warnings, "%s: %+.3f eV/atom from the median of %d frames of %s: look at it before it is used\n",
                  where, b[k].e - median, n, b[k].formula);
  }
}

vt_status vt__label_compare(vt__labeller *l, vt_err *err)
{
  beside *b = NULL;
  int n = 0;
  VT_PASS(VT_NEW(b, l->n, err));
  for (int k = 0; k < l->n; k++) {
    const vt__label_frame *f = &l->frame[k];
    if (f->state != VT__LABEL_DONE || f->same_as >= 0) continue;
    formula_of(&f->s, b[n].formula);
    b[n].e = f->energy / f->s.n;
    b[n++].k = k;
  }
  qsort(b, (size_t)n, sizeof *b, by_formula);
  for (int i = 0, end; i < n; i = end) {
    for (end = i + 1; end < n && strcmp(b[i].formula, b[end].formula) == 0;) end++;
    compare_group(l, b + i, end - i);
  }
  vt_free(b);
  return vt_buf_check(&l->warnings, err);
}
