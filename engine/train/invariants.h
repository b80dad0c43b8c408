/* invariants.h - the invariants of angular sums with channels along the lanes, and their derivatives (kernel.h includes
 * it).
 */
#include "engine/train/vec.h"

/* Sizes of a form, apart from it: where all are known the compiler unrolls its loops. */
typedef struct sizes {
  int n_radial, n_angular, k_radial, k_angular, l_max, blocks, dim, neurons, n_lm, rv, av, krv, kav, lv, dv, mv;
} sizes;

/* ------------------------------------------------------------------ invariants, channels along the lanes */

/* All on one vector of channels: s[k sz->av] is the sum of harmonic k, q and d have a vector a block.  The formulas
 * stand at engine/nep/invariant.c; ' is a change, d q + d1 q' is what is derived. */

static inline double weight_of(const vt__form *m, int k) { return ((const double *)m->weight)[k]; }

/* sum_k weight s s1 of the harmonics of l. */
static inline v8 three_body(const vt__form *m, const sizes *sz, int l, const v8 *s, const v8 *s1)
{
  v8 sum = all(0);
  UNROLLED(16)
  for (int k = l * l - 1; k < (l + 1) * (l + 1) - 1; k++) sum += weight_of(m, k) * s[k * sz->av] * s1[k * sz->av];
  return sum;
}

static inline __attribute__((always_inline)) void invariants(const vt__form *m, const sizes *sz, const v8 *s, v8 *q)
{
  UNROLLED(8)
  for (int l = 1; l <= sz->l_max; l++) q[l - 1] = three_body(m, sz, l, s, s);
  for (int i = 0, block = sz->l_max; i < VT_NEP_FLAGS; i++) {
    int n;
    const vt_nep_term *t = vt_nep_terms(i, &n);
    if (!m->flag[i]) continue;
    v8 sum = i == VT_NEP_1111 ? all(7.0 / 15) * q[0] * q[0] : all(0);
    for (int k = 0; k < n; k++, t++) sum += t->c * s[t->f[0] * sz->av] * s[t->f[1] * sz->av] * s[t->f[2] * sz->av];
    q[block++] = sum;
  }
}

static inline __attribute__((always_inline)) void change_of_invariants(const vt__form *m, const sizes *sz, const v8 *s,
                                                                       const v8 *s1, v8 *q1)
{
  UNROLLED(8)
  for (int l = 1; l <= sz->l_max; l++) q1[l - 1] = all(2) * three_body(m, sz, l, s, s1);
  for (int i = 0, block = sz->l_max; i < VT_NEP_FLAGS; i++) {
    int n;
    const vt_nep_term *t = vt_nep_terms(i, &n);
    if (!m->flag[i]) continue;
    v8 sum = i == VT_NEP_1111 ? all(14.0 / 15) * three_body(m, sz, 1, s, s) * q1[0] : all(0);
    for (int k = 0; k < n; k++, t++) {
      const int a = t->f[0] * sz->av, b = t->f[1] * sz->av, c = t->f[2] * sz->av;
      sum += t->c * (s1[a] * s[b] * s[c] + s[a] * (s1[b] * s[c] + s[b] * s1[c]));
    }
    q1[block++] = sum;
  }
}

/* Add the derivatives of d times the cubic invariants. */
static inline __attribute__((always_inline)) void cubic_back(const vt__form *m, const sizes *sz, const v8 *s,
                                                             const v8 *d, v8 *z)
{
  for (int i = 0, block = sz->l_max; i < VT_NEP_FLAGS; i++) {
    int n;
    const vt_nep_term *t = vt_nep_terms(i, &n);
    if (!m->flag[i]) continue;
    const v8 w = d[block++];
    for (int k = 0; k < n; k++, t++) {
      const int a = t->f[0] * sz->av, b = t->f[1] * sz->av, c = t->f[2] * sz->av;
      const v8 x = w * t->c, sa = s[a], sb = s[b], sc = s[c];
      z[a] += x * sb * sc;
      z[b] += x * sa * sc;
      z[c] += x * sa * sb;
    }
  }
}

/* The block of 1111, or -1. */
static inline int block_1111(const vt__form *m, const sizes *sz)
{
  return m->flag[VT_NEP_1111] ? sz->l_max + m->flag[VT_NEP_222] : -1;
}

/* z = d(d q)/ds; d is used up. */
static inline __attribute__((always_inline)) void invariants_back(const vt__form *m, const sizes *sz, const v8 *s,
                                                                  v8 *d, v8 *z)
{
  const int block = block_1111(m, sz);
  if (block >= 0) d[0] += d[block] * all(14.0 / 15) * three_body(m, sz, 1, s, s);
  UNROLLED(8)
  for (int l = 1; l <= sz->l_max; l++) UNROLLED(16)
  for (int k = l * l - 1; k < (l + 1) * (l + 1) - 1; k++)
    z[k * sz->av] = (2 * weight_of(m, k)) * d[l - 1] * s[k * sz->av];
  cubic_back(m, sz, s, d, z);
}

/* z = d(d q + d1 q')/ds, z1 = that by s'; d and d1 are used up. */
static inline __attribute__((always_inline)) void
invariants_back_change(const vt__form *m, const sizes *sz, const v8 *s, const v8 *s1, v8 *d, v8 *d1, v8 *z, v8 *z1)
{
  const int block = block_1111(m, sz);
  if (block >= 0) {
    const v8 q = three_body(m, sz, 1, s, s), q1 = all(2) * three_body(m, sz, 1, s, s1);
    d[0] += all(14.0 / 15) * (d[block] * q + d1[block] * q1);
    d1[0] += all(14.0 / 15) * d1[block] * q;
  }
  UNROLLED(8)
  for (int l = 1; l <= sz->l_max; l++) UNROLLED(16)
  for (int k = l * l - 1; k < (l + 1) * (l + 1) - 1; k++) {
    const double w = 2 * weight_of(m, k);
    z[k * sz->av] = w * (d[l - 1] * s[k * sz->av] + d1[l - 1] * s1[k * sz->av]);
    z1[k * sz->av] = w * d1[l - 1] * s[k * sz->av];
  }
  cubic_back(m, sz, s, d, z);
  cubic_back(m, sz, s, d1, z1);
  for (int i = 0, at = sz->l_max; i < VT_NEP_FLAGS; i++) {
    int n;
    const vt_nep_term *t = vt_nep_terms(i, &n);
    if (!m->flag[i]) continue;
    const v8 w = d1[at++];
    for (int k = 0; k < n; k++, t++) {
      const int a = t->f[0] * sz->av, b = t->f[1] * sz->av, c = t->f[2] * sz->av;
      const v8 x = w * t->c;
      z[a] += x * (s1[b] * s[c] + s[b] * s1[c]);
      z[b] += x * (s1[a] * s[c] + s[a] * s1[c]);
      z[c] += x * (s1[a] * s[b] + s[a] * s1[b]);
    }
  }
}
