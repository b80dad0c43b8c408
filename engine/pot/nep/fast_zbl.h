/* fast_zbl.h - the screened repulsion of the pairs of a batch of atoms that are close enough (see fast_kernel.h).
 *
 * Such pairs are few, two or three an atom, and each wants four exponentials: they are collected over the batch, with
 * lanes over pairs.  What is computed is vt_zbl (engine/nep). */
#ifndef VT_NEP_FAST_ZBL_H
#define VT_NEP_FAST_ZBL_H

#include "engine/pot/nep/fast_impl.h"
#include "engine/pot/nep/fast_vec.h"

enum { SCREENS = 4 };
/* Rows of close_pairs.of: distance, k, inner and width of the switch, alpha and beta of each screening term. */
enum { R, K, INNER, WIDTH, ALPHA, BETA = ALPHA + SCREENS, NUMBERS = BETA + SCREENS };

/* Up to VL pairs that wait, and where each belongs. */
typedef struct close_pairs {
  _Alignas(64) real of[NUMBERS][VL];
  vt_fast_slot *slot[VL];
  int n;
} close_pairs;

/* Energy and force of the pairs that wait, half of each, to their slots; then none waits. */
static void put_close_pairs(close_pairs *p)
{
  const vj least = v_set(-80), half = v_set((real)0.5); /* exp(-80) is nothing beside 1 */
  for (int i = p->n; i < VL; i++) {                     /* finite numbers that nobody takes */
    p->of[R][i] = p->of[WIDTH][i] = 1, p->of[K][i] = p->of[INNER][i] = 0;
    for (int t = 0; t < SCREENS; t++) p->of[ALPHA + t][i] = p->of[BETA + t][i] = 0;
  }
  const vj r = v_load(p->of[R]), inverse = v_set(1) / r, k = v_load(p->of[K]) * inverse, width = v_load(p->of[WIDTH]);
  vj phi = v_set(0), dphi = v_set(0), f, df;
  UNROLL
  for (int t = 0; t < SCREENS; t++) {
    const vj beta = v_load(p->of[BETA + t]), e = v_load(p->of[ALPHA + t]) * v_exp(v_max(least, -beta * r));
    phi += e;
    dphi -= beta * e;
  }
  const vj u = k * phi, du = v_msub(k, dphi, u * inverse);
  v_cutoff(v_max((r - v_load(p->of[INNER])) / width, v_set(0)), &f, &df);
  _Alignas(64) real energy[VL], slope[VL];
  v_store(energy, half * u * f);
  v_store(slope, half * v_madd(du, f, u * df / width));
  for (int i = 0; i < p->n; i++) {
    vt_fast_slot *s = p->slot[i];
    ((real *)s->close_force)[s->n_done++] = slope[i];
    s->repulsion[s->close[s->n_done - 1] % ATOMS] += (double)energy[i];
  }
  p->n = 0;
}

/* Close pairs of an atom of species a into the waiting room, and out of it when it is full. */
static void find_close_pairs(const vt_nep_fast *f, vt_fast_slot *s, int a, close_pairs *p)
{
  const real *r = s->r;
  const int count = f->zbl_reach[a] <= f->reach_near ? s->n_near : s->n;
  const vj reach = v_set((real)f->zbl_reach[a]);
  s->n_close = s->n_done = 0;
  s->repulsion[0] = s->repulsion[1] = 0;
  for (int first = 0; first < count; first += VL) {
    for (unsigned m = v_up_to(v_load(r + first), reach); m; m &= m - 1) {
      const int j = first + __builtin_ctz(m), i = p->n;
      const vt_zbl_pair *z = &f->bound->zbl[a][s->species[j]];
      if ((double)r[j] >= z->outer) continue;
      s->close[s->n_close++] = j;
      p->slot[i] = s;
      p->of[R][i] = r[j];
      p->of[K][i] = (real)z->k, p->of[INNER][i] = (real)z->inner;
      p->of[WIDTH][i] = z->outer > z->inner ? (real)(z->outer - z->inner) : 1;
      for (int t = 0; t < SCREENS; t++)
        p->of[ALPHA + t][i] = (real)z->alpha[t], p->of[BETA + t][i] = (real)(z->beta[t] * z->a);
      if (++p->n == VL) put_close_pairs(p);
    }
  }
}

/* Add the repulsion to fx, fy, fz. */
INLINE void add_close_pairs(const vt_nep_fast *f, const vt_fast_slot *s)
{
  const real *x = s->x, *y = s->y, *z = s->z, *force = s->close_force;
  real *fx = f->fx, *fy = f->fy, *fz = f->fz;
  for (int k = 0; k < s->n_close; k++) {
    const int j = s->close[k];
    fx[j] += force[k] * x[j], fy[j] += force[k] * y[j], fz[j] += force[k] * z[j];
  }
}

#endif
