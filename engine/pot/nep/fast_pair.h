/* fast_pair.h - the radial and angular parts of the kernel (see fast_kernel.h): from the neighbours of one atom to its
 * descriptor, and from dU/dq back to the forces on the neighbours. */
#ifndef VT_NEP_FAST_PAIR_H
#define VT_NEP_FAST_PAIR_H

#include <string.h>

#include "engine/pot/nep/fast_impl.h"
#include "engine/pot/nep/fast_near.h"
#include "engine/pot/nep/fast_vec.h"

enum {
  CHANNELS = VT_FAST_CHANNELS,
  WIDE = ATOMS * VT_FAST_CHANNELS,
  BASIS = VT_FAST_BASIS,
  ROW = VT_FAST_ROW,
  NH = VT_FAST_H,
  L = VT_FAST_L
};

/* FUNCTION(..., n, nc): n bounds the number of species and nc that of the cutoffs of a centre, known when compiling, as
 * v_look wants them; nc = 1 is the common case of one cutoff for all pairs. */
#define BY_CUTOFFS(f, function, n, ...) \
  ((f)->n_cutoffs == 1 ? function(__VA_ARGS__, n, 1) : function(__VA_ARGS__, n, n))
#if defined(VT_AVX512)
#define BY_SPECIES(f, function, ...)                                      \
  ((f)->bound->n_species == 1   ? function(__VA_ARGS__, 1, 1)             \
   : (f)->bound->n_species <= 8 ? BY_CUTOFFS(f, function, 8, __VA_ARGS__) \
                                : BY_CUTOFFS(f, function, 16, __VA_ARGS__))
#elif defined(VT_AVX2)
#define BY_SPECIES(f, function, ...)                                      \
  ((f)->bound->n_species == 1   ? function(__VA_ARGS__, 1, 1)             \
   : (f)->bound->n_species <= 4 ? BY_CUTOFFS(f, function, 4, __VA_ARGS__) \
   : (f)->bound->n_species <= 8 ? BY_CUTOFFS(f, function, 8, __VA_ARGS__) \
                                : BY_CUTOFFS(f, function, 16, __VA_ARGS__))
#else
#define BY_SPECIES(f, function, ...) \
  ((f)->bound->n_species == 1 ? function(__VA_ARGS__, 1, 1) : BY_CUTOFFS(f, function, 16, __VA_ARGS__))
#endif

/* How many neighbours of a slot may take part; those beyond the cutoff of their pair contribute zeros. */
static int radial_count(const vt_nep_fast *f, const vt_fast_slot *s)
{
  return f->reach_radial >= f->reach_angular ? s->n : s->n_near;
}

static int angular_count(const vt_nep_fast *f, const vt_fast_slot *s)
{
  return f->reach_angular >= f->reach_radial ? s->n : s->n_near;
}

/* ------------------------------------------------------------------ radial part */

/* r/rc, 1 beyond the cutoff. */
INLINE vj reduced(const real *r, vj inverse_rc) { return v_min(v_load(r) * inverse_rc, v_set(1)); }

/* Cutoff function and its derivative by r/rc of `count` neighbours: a loop of its own, because a chain of multiply-adds
 * beside others is not waited for. */
INLINE void cutoff_functions(const vt_fast_slot *s, const real *inverse_rc, int count, real *fc, real *dfc, int nc)
{
  const real *r = s->r;
  for (int j = 0; j < count; j += VL) {
    vj f, df;
    v_cutoff(reduced(r + j, v_look(inverse_rc, v_species(s->species + j), nc)), &f, &df);
    v_store(fc + j, f);
    v_store(dfc + j, df);
  }
}

/* f_k = T_k(u)^2 fc for k < n. */
INLINE void basis(vj fc, vj u, int n, vj *f)
{
  vj u2 = u + u, t0 = v_set(1), t1 = u;
  for (int k = 0; k < n; k++) {
    f[k] = t0 * t0 * fc;
    vj t2 = v_msub(u2, t1, t0);
    t0 = t1, t1 = t2;
  }
}

/* Coefficients c[n][k][species] of one centre, for the VL neighbours of which `species` holds the species. */
typedef struct table {
  const real *c; /* from channel n on */
  int nk;
  vspecies species;
} table;

INLINE vj coefficient(const table *t, int n, int k, int nt)
{
  return v_look(t->c + ((ptrdiff_t)n * t->nk + k) * ROW, t->species, nt);
}

/* sum[n] += c[n][k][species] f_k, nc channels, with f_k as in `basis`. */
INLINE void add_channels(const table *c, vj fc, vj u, vj *sum, int nc, int nt)
{
  vj t[6], t0 = v_set(1), t1 = u, u2 = u + u;
  UNROLL
  for (int n = 0; n < nc; n++) t[n] = sum[n];
  for (int k = 0; k < c->nk; k++) {
    const vj fk = t0 * t0 * fc, t2 = v_msub(u2, t1, t0);
    UNROLL
    for (int n = 0; n < nc; n++) t[n] = v_madd(coefficient(c, n, k, nt), fk, t[n]);
    t0 = t1, t1 = t2;
  }
  UNROLL
  for (int n = 0; n < nc; n++) sum[n] = t[n];
}

/* One species: add up the basis first, then combine. */
static void radial_one_species(const vt_nep_fast *f, const vt_fast_slot *s, int count, real *q)
{
  const real *c = f->c_radial, *r = s->r;
  const vj inverse_rc = v_set(*(const real *)f->inverse_radial);
  vj moment[BASIS];
  cutoff_functions(s, f->inverse_radial, count, s->fc, s->dfc, 1); /* kept for the force */
  for (int k = 0; k < f->k_radial; k++) moment[k] = v_set(0);
  for (int j = 0; j < count; j += VL) {
    vj fk[BASIS];
    const vj t = reduced(r + j, inverse_rc);
    basis(v_load((const real *)s->fc + j), v_set(1) - t, f->k_radial, fk);
    for (int k = 0; k < f->k_radial; k++) moment[k] += fk[k];
  }
  for (int n = 0; n < f->n_radial * ATOMS; n++) q[n] = 0;
  for (int k = 0; k < f->k_radial; k++) {
    _Alignas(16) real m[ATOMS];
    v_sum_atoms(moment[k], m);
    for (int n = 0; n < f->n_radial; n++)
      for (int t = 0; t < ATOMS; t++) q[n * ATOMS + t] += c[((ptrdiff_t)n * f->k_radial + k) * ROW] * m[t];
  }
}

INLINE void radial_species(const vt_nep_fast *f, const vt_fast_slot *s, int a, int count, real *q, int nt, int nc)
{
  const int nn = f->n_radial, nk = f->k_radial;
  const ptrdiff_t stride = (ptrdiff_t)nk * ROW;
  const real *c0 = (const real *)f->c_radial + stride * nn * a, *r = s->r;
  const real *inverse_rc = (const real *)f->inverse_radial + (ptrdiff_t)a * ROW;
  vj sum[CHANNELS];
  cutoff_functions(s, inverse_rc, count, s->fc, s->dfc, nc); /* kept for the force */
  for (int n = 0; n < nn; n++) sum[n] = v_set(0);
  for (int j = 0; j < count; j += VL) {
    const vspecies species = v_species(s->species + j);
    const vj fc = v_load((const real *)s->fc + j), u = v_set(1) - reduced(r + j, v_look(inverse_rc, species, nc));
    for (int n = 0; n < nn; n += 6) {
      const table c = {c0 + n * stride, nk, species};
      switch (nn - n) {
      case 1:
        add_channels(&c, fc, u, sum + n, 1, nt);
        break;
      case 2:
        add_channels(&c, fc, u, sum + n, 2, nt);
        break;
      case 3:
        add_channels(&c, fc, u, sum + n, 3, nt);
        break;
      case 4:
        add_channels(&c, fc, u, sum + n, 4, nt);
        break;
      case 5:
        add_channels(&c, fc, u, sum + n, 5, nt);
        break;
      default:
        add_channels(&c, fc, u, sum + n, 6, nt);
        break;
      }
    }
  }
  for (int n = 0; n < nn; n++) v_sum_atoms(sum[n], q + (ptrdiff_t)n * ATOMS);
}

/* q[n][atom]. */
static void radial_descriptor(const vt_nep_fast *f, const vt_fast_slot *s, int a, real *q)
{
  const int count = radial_count(f, s);
  if (f->bound->n_species == 1)
    radial_one_species(f, s, count, q);
  else
    BY_SPECIES(f, radial_species, f, s, a, count, q);
}

/* v[k][atom, species] = sum_n D_n c[n][k][species] with D_n of each atom. */
INLINE void radial_tables(const vt_nep_fast *f, const real *c, const real *d, real (*v)[ATOMS * ROW], int nt)
{
  const int nn = f->n_radial, nk = f->k_radial;
#if VT_ATOMS == 2 && VT_FLOAT
  if (1 < nt && nt <= 8) { /* both in one vector */
    for (int k = 0; k < nk; k++) {
      vj sum = v_set(0);
      for (int n = 0; n < nn; n++) {
        const vj dn = _mm512_mask_mov_ps(v_set(d[2 * n]), 0xff00, v_set(d[2 * n + 1]));
        sum = v_madd(dn, _mm512_broadcast_f32x8(_mm256_load_ps(c + ((ptrdiff_t)n * nk + k) * ROW)), sum);
      }
      v_store(v[k], sum);
    }
    return;
  }
#endif
  for (int k = 0; k < nk; k++) {
    for (int t = 0; t < ATOMS; t++) {
      if (nt == 1) {
        real sum = 0;
        for (int n = 0; n < nn; n++) sum += d[n * ATOMS + t] * c[((ptrdiff_t)n * nk + k) * ROW];
        v[k][t] = sum;
      } else {
        for (int b = 0; b < f->bound->n_species; b += VL) {
          vj sum = v_set(0);
          for (int n = 0; n < nn; n++)
            sum = v_madd(v_set(d[n * ATOMS + t]), v_load(c + ((ptrdiff_t)n * nk + k) * ROW + b), sum);
          v_store(&v[k][t * table_span(nt) + b], sum);
        }
      }
    }
  }
}

/* fx, fy, fz = rhat sum_n D_n g_n'(r): with v_k = sum_n D_n c[n][k][species], one sum over k for each neighbour. */
INLINE void radial_force_species(const vt_nep_fast *f, const vt_fast_slot *s, int a, int count, const real *d, int nt,
                                 int nc)
{
  const int nk = f->k_radial;
  const real *inverse_rc = (const real *)f->inverse_radial + (ptrdiff_t)a * ROW;
  const real *r = s->r, *x = s->x, *y = s->y, *z = s->z;
  real *fx = f->fx, *fy = f->fy, *fz = f->fz;
  _Alignas(64) real v[BASIS][ATOMS * ROW];
  radial_tables(f, (const real *)f->c_radial + (ptrdiff_t)a * f->n_radial * nk * ROW, d, v, nt);
  for (int j = 0; j < count; j += VL) {
    vspecies sp = v_species(s->species + j);
    const vj inverse = v_look(inverse_rc, sp, nc);
    const vj fc = v_load((const real *)s->fc + j), dfc = v_load((const real *)s->dfc + j);
    vj u = v_set(1) - reduced(r + j, inverse), u2 = u + u;
    vj t0 = v_set(1), t1 = u, d0 = v_set(0), d1 = v_set(1); /* T_k(u), dT_k/du */
    vj square = v_set(0), slope = v_set(0);                 /* sum v T^2, sum v T T' */
    for (int k = 0; k < nk; k++) {
      vj w = v_look_atoms(v[k], sp, nt) * t0;
      square = v_madd(w, t0, square);
      slope = v_madd(w, d0, slope);
      vj t2 = v_msub(u2, t1, t0), d2 = v_madd(u2, d1, v_msub(v_set(2), t1, d0));
      t0 = t1, t1 = t2, d0 = d1, d1 = d2;
    }
    vj along = (square * dfc - (slope + slope) * fc) * inverse;
    v_store(fx + j, along * v_load(x + j));
    v_store(fy + j, along * v_load(y + j));
    v_store(fz + j, along * v_load(z + j));
  }
}

static void radial_force(const vt_nep_fast *f, const vt_fast_slot *s, int a, const real *d)
{
  real *fx = f->fx, *fy = f->fy, *fz = f->fz;
  const int count = radial_count(f, s);
  BY_SPECIES(f, radial_force_species, f, s, a, count, d);
  for (int j = whole(count); j < s->n; j += VL) {
    v_store(fx + j, v_set(0));
    v_store(fy + j, v_set(0));
    v_store(fz + j, v_set(0));
  }
}

/* ------------------------------------------------------------------ angular part */

/* Angular functions of l = 1..4 on the unit sphere: for each l m = 0, then real and imaginary parts of m = 1..l. */
INLINE void harmonics(vj x, vj y, vj z, vj *h)
{
  const vj z2 = z * z, c2 = v_msub(x, x, y * y), s2 = (x + x) * y;
  const vj c3 = v_msub(c2, x, s2 * y), s3 = v_madd(c2, y, s2 * x);
  const vj p31 = v_msub(v_set(5), z2, v_set(1)), p42 = v_msub(v_set(7), z2, v_set(1));
  const vj p41 = v_msub(v_set(7), z2, v_set(3)) * z;
  h[0] = z, h[1] = x, h[2] = y;
  h[3] = v_msub(v_set(3), z2, v_set(1)), h[4] = z * x, h[5] = z * y, h[6] = c2, h[7] = s2;
  h[8] = v_msub(v_set(5), z2, v_set(3)) * z, h[9] = p31 * x, h[10] = p31 * y;
  h[11] = z * c2, h[12] = z * s2, h[13] = c3, h[14] = s3;
  h[15] = v_madd(v_msub(v_set(35), z2, v_set(30)), z2, v_set(3));
  h[16] = p41 * x, h[17] = p41 * y, h[18] = p42 * c2, h[19] = p42 * s2, h[20] = z * c3, h[21] = z * s3;
  h[22] = v_msub(c2, c2, s2 * s2), h[23] = (c2 + c2) * s2;
}

/* A neighbour's channels: g_n and g_n' of channel n are `row` after those of channel n - 1. */
typedef struct radials {
  real *g, *dg;
  ptrdiff_t row;
} radials;

/* A cutoff function and its derivative by r: u = 1 - r/rc, fc, -2 fc/rc, dfc/dr. */
typedef struct cutoffs {
  vj u, fc, fc2, dfc;
} cutoffs;

/* (g[n], dg[n]) = sum_k c[n][k][species] (f_k, f_k'), nc channels. */
INLINE void both_channels(const table *c, const cutoffs *w, const radials *to, int nc, int nt)
{
  const vj u2 = w->u + w->u;
  vj a[6], b[6], t0 = v_set(1), t1 = w->u, d0 = v_set(0), d1 = v_set(1); /* T_k, dT_k/du */
  UNROLL
  for (int n = 0; n < nc; n++) a[n] = b[n] = v_set(0);
  for (int k = 0; k < c->nk; k++) {
    const vj square = t0 * t0, fk = square * w->fc, dfk = v_madd(t0 * d0, w->fc2, square * w->dfc);
    const vj t2 = v_msub(u2, t1, t0), d2 = v_madd(u2, d1, v_msub(v_set(2), t1, d0));
    UNROLL
    for (int n = 0; n < nc; n++) {
      const vj cn = coefficient(c, n, k, nt);
      a[n] = v_madd(cn, fk, a[n]);
      b[n] = v_madd(cn, dfk, b[n]);
    }
    t0 = t1, t1 = t2, d0 = d1, d1 = d2;
  }
  UNROLL
  for (int n = 0; n < nc; n++) {
    v_store(to->g + n * to->row, a[n]);
    v_store(to->dg + n * to->row, b[n]);
  }
}

/* Of every neighbour: g_n, its derivative, and the harmonics. */
INLINE void angular_pairs(const vt_nep_fast *f, const vt_fast_slot *s, int a, int count, int nt, int nc)
{
  const int nn = f->n_angular, nk = f->k_angular;
  const ptrdiff_t stride = (ptrdiff_t)nk * ROW, row = f->cap_row;
  const real *c0 = (const real *)f->c_angular + stride * nn * a;
  const real *inverse_rc = (const real *)f->inverse_angular + (ptrdiff_t)a * ROW;
  const real *r = s->r, *x = s->x, *y = s->y, *z = s->z;
  real(*hb)[NH * PAIR] = f->h, *fcs = f->fx, *dfcs = f->fy; /* no forces yet */
  cutoff_functions(s, inverse_rc, count, fcs, dfcs, nc);
  for (int j = 0; j < count; j += VL) {
    const vspecies species = v_species(s->species + j);
    const vj inverse = v_look(inverse_rc, species, nc);
    const vj t = reduced(r + j, inverse), fc = v_load(fcs + j), dfc = v_load(dfcs + j);
    vj h[NH];
    const cutoffs w = {v_set(1) - t, fc, fc * (v_set(-2) * inverse), dfc * inverse};
    for (int n = 0; n < nn; n += 6) {
      const table c = {c0 + n * stride, nk, species};
      const radials to = {(real *)s->g + n * row + j, (real *)s->dg + n * row + j, row};
      switch (nn - n) {
      case 1:
        both_channels(&c, &w, &to, 1, nt);
        break;
      case 2:
        both_channels(&c, &w, &to, 2, nt);
        break;
      case 3:
        both_channels(&c, &w, &to, 3, nt);
        break;
      case 4:
        both_channels(&c, &w, &to, 4, nt);
        break;
      case 5:
        both_channels(&c, &w, &to, 5, nt);
        break;
      default:
        both_channels(&c, &w, &to, 6, nt);
        break;
      }
    }
    harmonics(v_load(x + j), v_load(y + j), v_load(z + j), h);
    UNROLL
    for (int k = 0; k < NH; k += ELEMENTS) v_store_rows(h + k, hb[j / PAIR] + (ptrdiff_t)k * PAIR, NH * PAIR);
  }
}

/* Atoms of a slot whose sums are rows of their own. */
enum { H_VECTORS = NH / ELEMENTS, SUM_CHANNELS = ACCUMULATORS / H_VECTORS, ALONE = ATOMS / PAIR };

INLINE vj v_set_pair(const real *p) { return PAIR == 1 ? v_set(*p) : v_set_atoms(p); }

/* sums[n, atom][h] = sum_j g_n(r_j) h_j for nc channels, g[n] `row` apart, h and sums as elements. */
INLINE void add_harmonics(const real *g, ptrdiff_t row, const real (*h)[NH * PAIR], int count, real (*sums)[NH * PAIR],
                          int nc)
{
  for (int t = 0; t < ALONE; t++) {
    vj sum[SUM_CHANNELS][H_VECTORS];
    UNROLL
    for (int n = 0; n < nc; n++) {
      UNROLL
      for (int k = 0; k < H_VECTORS; k++) sum[n][k] = v_set(0);
    }
    for (int j = t; j < count; j += ATOMS) {
      const real *hj = h[j / PAIR];
      UNROLL
      for (int n = 0; n < nc; n++) {
        const vj gn = v_set_pair(&g[n * row + j]);
        UNROLL
        for (int k = 0; k < H_VECTORS; k++) sum[n][k] = v_madd(gn, v_load(hj + k * VL), sum[n][k]);
      }
    }
    UNROLL
    for (int n = 0; n < nc; n++) {
      UNROLL
      for (int k = 0; k < H_VECTORS; k++) v_store(&sums[n * ALONE + t][k * VL], sum[n][k]);
    }
  }
}

/* S[h][n, atom] = sum_j h_j g_n(r_j): lanes over h, which fill whole vectors where channels do not, then turned. */
static void angular_sums(const vt_nep_fast *f, const vt_fast_slot *s, int count)
{
  const ptrdiff_t row = f->cap_row;
  const real(*h)[NH * PAIR] = (const real(*)[NH * PAIR]) f->h;
  real(*sums)[WIDE] = s->s;
  _Alignas(64) real part[CHANNELS * ALONE][NH * PAIR];
  for (int blocks = (f->n_angular + SUM_CHANNELS - 1) / SUM_CHANNELS, n = 0, nc; blocks > 0; blocks--, n += nc) {
    const real *g = (const real *)s->g + n * row;
    nc = (f->n_angular - n + blocks - 1) / blocks;
    switch (nc) {
    case 1:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 1);
      break;
#if defined(VT_AVX512) || defined(VT_AVX2) || VT_FLOAT
    case 2:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 2);
      break;
#endif
#if defined(VT_AVX512) || (defined(VT_AVX2) && VT_FLOAT)
    case 3:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 3);
      break;
    case 4:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 4);
      break;
#endif
#if defined(VT_AVX512)
    case 5:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 5);
      break;
    case 6:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 6);
      break;
    case 7:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 7);
      break;
    case 8:
      add_harmonics(g, row, h, count, part + (ptrdiff_t)n * ALONE, 8);
      break;
#endif
    }
  }
  const int rows = whole(f->n_angular * ATOMS) / PAIR; /* whole vectors of channels are turned */
  for (int n = f->n_angular * ALONE; n < rows; n++) memset(part[n], 0, sizeof part[n]);
  for (int n = 0; n < rows; n += ELEMENTS) {
    for (int h0 = 0; h0 < NH; h0 += ELEMENTS) {
      vj a[ELEMENTS];
      UNROLL
      for (int k = 0; k < ELEMENTS; k++) a[k] = v_load(&part[n + k][h0 * PAIR]);
      v_store_rows(a, &sums[h0][n * PAIR], WIDE);
    }
  }
}

/* C_lm of the three-body invariants and the coefficients of 222 (nep_invariant.c has their origin). */
static const real c3[NH] = {
    (real)0.238732414637843, (real)0.119366207318922, (real)0.119366207318922, (real)0.099471839432435,
    (real)0.596831036594608, (real)0.596831036594608, (real)0.149207759148652, (real)0.149207759148652,
    (real)0.139260575205408, (real)0.104445431404056, (real)0.104445431404056, (real)1.044454314040563,
    (real)1.044454314040563, (real)0.174075719006761, (real)0.174075719006761, (real)0.011190581936149,
    (real)0.223811638722978, (real)0.223811638722978, (real)0.111905819361489, (real)0.111905819361489,
    (real)1.566681471060845, (real)1.566681471060845, (real)0.195835183882606, (real)0.195835183882606};
static const real c222[5] = {(real)-0.007499480826664, (real)-0.134990654879954, (real)0.067495327439977,
                             (real)0.404971964639861, (real)-0.809943929279723};
static const int first_h[L + 1] = {0, 3, 8, 15, 24};

/* The invariants q[block][n] of VL channels and atoms from n on. */
static void invariants(const vt_nep_fast *f, const real (*s)[WIDE], int n, real (*q)[WIDE])
{
  vj one = v_set(0);
  int block = 0;
  for (; block < L; block++) {
    const int first = first_h[block];
    vj m0 = v_load(&s[first][n]), sum = v_set(0);
    for (int k = first + 1; k < first_h[block + 1]; k++) {
      vj a = v_load(&s[k][n]);
      sum = v_madd(v_set(c3[k]) * a, a, sum);
    }
    vj value = v_madd(v_set(c3[first]) * m0, m0, sum + sum);
    if (block == 0) one = value;
    v_store(&q[block][n], value);
  }
  if (f->f222) {
    vj b[5];
    for (int k = 0; k < 5; k++) b[k] = v_load(&s[3 + k][n]);
    vj value = v_set(c222[0]) * b[0] * b[0] * b[0];
    value += v_set(c222[1]) * b[0] * (b[1] * b[1] + b[2] * b[2]);
    value += v_set(c222[2]) * b[0] * (b[3] * b[3] + b[4] * b[4]);
    value += v_set(c222[3]) * b[3] * (b[2] * b[2] - b[1] * b[1]);
    v_store(&q[block++][n], value + v_set(c222[4]) * b[1] * b[2] * b[4]);
  }
  if (f->f1111) v_store(&q[block][n], v_set((real)(7. / 15)) * one * one);
}

/* Z[h][n] = dU/dS[h][n] of VL channels and atoms from n on, d[block][n] = dU/dq. */
static void invariants_back(const vt_nep_fast *f, const real (*s)[WIDE], int n, const real (*d)[WIDE], real (*z)[WIDE])
{
  vj d1 = v_load(&d[0][n]);
  if (f->f1111) {
    vj one = v_set(0);
    for (int k = 0; k < 3; k++) { /* c3[1] = c3[2] = c3[0] / 2 */
      vj a = v_load(&s[k][n]);
      one = v_madd(a, a, one);
    }
    d1 += v_set((real)(14. / 15) * c3[0]) * v_load(&d[L + f->f222][n]) * one;
  }
  for (int l = 0; l < L; l++) {
    const vj dl = l ? v_load(&d[l][n]) : d1;
    for (int k = first_h[l]; k < first_h[l + 1]; k++)
      v_store(&z[k][n], v_set((k == first_h[l] ? 2 : 4) * c3[k]) * dl * v_load(&s[k][n]));
  }
  if (!f->f222) return;
  const vj w = v_load(&d[L][n]), c0 = v_set(c222[0]), c1 = v_set(c222[1]), c2 = v_set(c222[2]), c4 = v_set(c222[4]);
  const vj c33 = v_set(c222[3]);
  vj b[5], db[5];
  for (int k = 0; k < 5; k++) b[k] = v_load(&s[3 + k][n]);
  const vj b12 = b[1] * b[1] + b[2] * b[2], b34 = b[3] * b[3] + b[4] * b[4], two = v_set(2);
  db[0] = v_set(3) * c0 * b[0] * b[0] + c1 * b12 + c2 * b34;
  db[1] = two * b[1] * (c1 * b[0] - c33 * b[3]) + c4 * b[2] * b[4];
  db[2] = two * b[2] * (c1 * b[0] + c33 * b[3]) + c4 * b[1] * b[4];
  db[3] = two * c2 * b[0] * b[3] + c33 * (b[2] * b[2] - b[1] * b[1]);
  db[4] = two * c2 * b[0] * b[4] + c4 * b[1] * b[2];
  for (int k = 0; k < 5; k++) {
    real *zk = &z[3 + k][n];
    v_store(zk, v_madd(w, db[k], v_load(zk)));
  }
}

/* y_h = sum_n g_n Z[h][n] and *radial = sum_h h sum_n g_n' Z[h][n] for VL neighbours from j on. */
INLINE void contract(const vt_nep_fast *f, const vt_fast_slot *s, const real (*z)[WIDE], int j, const vj *h, vj *y,
                     vj *radial)
{
  enum { PART = ACCUMULATORS / 2, CHAINS = 3 }; /* of additions: a single one would be waited for */
  const ptrdiff_t row = f->cap_row;
  const real *g = (const real *)s->g + j, *dg = (const real *)s->dg + j;
  *radial = v_set(0);
  UNROLL
  for (int h0 = 0; h0 < NH; h0 += PART) {
    vj a[PART], b[PART];
    UNROLL
    for (int k = 0; k < PART; k++) a[k] = b[k] = v_set(0);
    for (int n = 0; n < f->n_angular; n++) {
      const vj gn = v_load(g + n * row), dgn = v_load(dg + n * row);
      UNROLL
      for (int k = 0; k < PART; k++) {
        const vj zn = v_set_atoms(&z[h0 + k][n * ATOMS]);
        a[k] = v_madd(gn, zn, a[k]);
        b[k] = v_madd(dgn, zn, b[k]);
      }
    }
    UNROLL
    for (int k = 0; k < PART; k++) y[h0 + k] = a[k];
    UNROLL
    for (int k = 0; k < CHAINS; k++) b[k] *= h[h0 + k];
    UNROLL
    for (int k = CHAINS; k < PART; k++) b[k % CHAINS] = v_madd(b[k], h[h0 + k], b[k % CHAINS]);
    *radial += (b[0] + b[1]) + b[2];
  }
}

/* G = gradient of sum_h y_h h(x, y, z) as a polynomial, grouped by powers of (x + iy). */
INLINE void gradient(const vj *y, vj px, vj py, vj pz, const vj *h, vj grad[3])
{
  const vj z2 = pz * pz, c2 = h[6], s2 = h[7], c3m = h[13], s3m = h[14];
  const vj p31 = v_msub(v_set(5), z2, v_set(1)), p41 = v_msub(v_set(7), z2, v_set(3)) * pz;
  const vj p42 = v_msub(v_set(7), z2, v_set(1)), d41 = v_msub(v_set(21), z2, v_set(3)), z10 = v_set(10) * pz;
  const vj z14 = v_set(14) * pz;
  const vj a1 = v_madd(y[16], p41, v_madd(y[9], p31, v_madd(y[4], pz, y[1])));
  const vj b1 = v_madd(y[17], p41, v_madd(y[10], p31, v_madd(y[5], pz, y[2])));
  const vj a2 = v_madd(y[18], p42, v_madd(y[11], pz, y[6])), b2 = v_madd(y[19], p42, v_madd(y[12], pz, y[7]));
  const vj a3 = v_madd(y[20], pz, y[13]), b3 = v_madd(y[21], pz, y[14]);
  grad[0] = v_madd(v_set(2), v_madd(a2, px, b2 * py), a1);
  grad[0] = v_madd(v_set(3), v_madd(a3, c2, b3 * s2), grad[0]);
  grad[0] = v_madd(v_set(4), v_madd(y[22], c3m, y[23] * s3m), grad[0]);
  grad[1] = v_madd(v_set(2), v_msub(b2, px, a2 * py), b1);
  grad[1] = v_madd(v_set(3), v_msub(b3, c2, a3 * s2), grad[1]);
  grad[1] = v_madd(v_set(4), v_msub(y[23], c3m, y[22] * s3m), grad[1]);
  vj m0 = v_madd(v_set(6) * y[3], pz, y[0]);
  m0 = v_madd(y[8], v_msub(v_set(15), z2, v_set(3)), m0);
  m0 = v_madd(y[15], v_msub(v_set(140), z2, v_set(60)) * pz, m0);
  m0 = v_madd(v_madd(y[16], d41, v_madd(y[9], z10, y[4])), px, m0);
  m0 = v_madd(v_madd(y[17], d41, v_madd(y[10], z10, y[5])), py, m0);
  m0 = v_madd(v_madd(y[18], z14, y[11]), c2, m0);
  m0 = v_madd(v_madd(y[19], z14, y[12]), s2, m0);
  grad[2] = v_madd(y[20], c3m, v_madd(y[21], s3m, m0));
}

/* Add the angular part to fx, fy, fz. */
static void angular_force(const vt_nep_fast *f, const vt_fast_slot *s, const real (*z)[WIDE])
{
  const real *x = s->x, *y = s->y, *zz = s->z, *ri = s->ri;
  real *fx = f->fx, *fy = f->fy, *fz = f->fz;
  for (int j = 0; j < angular_count(f, s); j += VL) {
    const vj px = v_load(x + j), py = v_load(y + j), pz = v_load(zz + j), inverse = v_load(ri + j);
    vj h[NH], yh[NH], grad[3], radial;
    harmonics(px, py, pz, h);
    contract(f, s, z, j, h, yh, &radial);
    gradient(yh, px, py, pz, h, grad);
    vj along = v_madd(grad[2], pz, v_madd(grad[1], py, grad[0] * px));
    radial -= along * inverse;
    v_store(fx + j, v_madd(radial, px, v_madd(grad[0], inverse, v_load(fx + j))));
    v_store(fy + j, v_madd(radial, py, v_madd(grad[1], inverse, v_load(fy + j))));
    v_store(fz + j, v_madd(radial, pz, v_madd(grad[2], inverse, v_load(fz + j))));
  }
}

#endif
