/* fast_vec.h - the few vector operations that the kernels are written in, for one instruction set and one real type.
 *
 * The including file defines VT_FLOAT (0 or 1) and at most one of VT_AVX512, VT_AVX2.  Additions and products use the
 * operators of GCC's vector extension; a product and a sum are fused only where v_madd or v_msub is written. */
#ifndef VT_NEP_FAST_VEC_H
#define VT_NEP_FAST_VEC_H

#include <math.h>
#include <stdint.h>
#if defined(VT_AVX512) || defined(VT_AVX2)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline, unused))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

#if VT_FLOAT
typedef float real;
typedef uint32_t lane_int;
#define PS_PD(x)      x##_ps
#define PS_PD_MASK(x) x##_ps_mask
#else
typedef double real;
typedef uint64_t lane_int;
#define PS_PD(x)      x##_pd
#define PS_PD_MASK(x) x##_pd_mask
#endif

/* Lanes of a vj are neighbours (or harmonics, or the atoms of a batch).  ATOMS of them share such vectors: lane l is of
 * atom l % ATOMS, so that fewer lanes stay empty.  What is turned from columns to rows moves as elements of PAIR
 * numbers: where they are 2, one of each atom. */
#if defined(VT_AVX512)
#define VT_ATOMS 2
enum { VJ_BYTES = 64, PAIR = VT_FLOAT ? 2 : 1, ACCUMULATORS = 24 };
#elif defined(VT_AVX2)
#define VT_ATOMS 1
enum { VJ_BYTES = 32, PAIR = 1, ACCUMULATORS = 12 };
#else
#define VT_ATOMS 1
enum { VJ_BYTES = 16, PAIR = 1, ACCUMULATORS = 12 };
#endif
enum { VL = VJ_BYTES / (int)sizeof(real), ATOMS = VT_ATOMS, ELEMENTS = VL / PAIR };
typedef real vj __attribute__((vector_size(VJ_BYTES), may_alias));
typedef lane_int vi __attribute__((vector_size(VJ_BYTES), may_alias));

INLINE vj v_load(const real *p) { return *(const vj *)(const void *)p; }
INLINE void v_store(real *p, vj v) { *(vj *)(void *)p = v; }

/* ------------------------------------------------------------------ arithmetic */

#if defined(VT_AVX512)
#define V(op) PS_PD(_mm512_##op)
INLINE vj v_set(real x) { return V(set1)(x); }
INLINE vj v_madd(vj a, vj b, vj c) { return V(fmadd)(a, b, c); } /* a b + c */
INLINE vj v_msub(vj a, vj b, vj c) { return V(fmsub)(a, b, c); } /* a b - c */
INLINE vj v_sqrt(vj a) { return V(sqrt)(a); }
INLINE vj v_min(vj a, vj b) { return V(min)(a, b); }
INLINE vj v_max(vj a, vj b) { return V(max)(a, b); }
#if VT_FLOAT
INLINE vj v_keep_below(vj x, vj t, vj most) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(t, most, _CMP_LT_OQ), x); }
#else
INLINE vj v_keep_below(vj x, vj t, vj most) { return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(t, most, _CMP_LT_OQ), x); }
#endif

#elif defined(VT_AVX2)
#define V(op) PS_PD(_mm256_##op)
INLINE vj v_set(real x) { return V(set1)(x); }
INLINE vj v_madd(vj a, vj b, vj c) { return V(fmadd)(a, b, c); }
INLINE vj v_msub(vj a, vj b, vj c) { return V(fmsub)(a, b, c); }
INLINE vj v_sqrt(vj a) { return V(sqrt)(a); }
INLINE vj v_min(vj a, vj b) { return V(min)(a, b); }
INLINE vj v_max(vj a, vj b) { return V(max)(a, b); }
INLINE vj v_keep_below(vj x, vj t, vj most) { return V(and)(V(cmp)(t, most, _CMP_LT_OQ), x); }

#else
#if VT_FLOAT
INLINE vj v_set(real x) { return (vj){x, x, x, x}; }
#else
INLINE vj v_set(real x) { return (vj){x, x}; }
#endif
INLINE vj v_madd(vj a, vj b, vj c) { return a * b + c; } /* two roundings: no such instruction is assumed */
INLINE vj v_msub(vj a, vj b, vj c) { return a * b - c; }
INLINE vj v_sqrt(vj a)
{
  for (int i = 0; i < VL; i++) a[i] = VT_FLOAT ? (real)sqrtf((float)a[i]) : (real)sqrt((double)a[i]);
  return a;
}
INLINE vj v_select(vi mask, vj a, vj b) { return (vj)((mask & (vi)a) | (~mask & (vi)b)); }
INLINE vj v_min(vj a, vj b) { return v_select((vi)(a < b), a, b); }
INLINE vj v_max(vj a, vj b) { return v_select((vi)(a > b), a, b); }
INLINE vj v_keep_below(vj x, vj t, vj most) { return (vj)((vi)x & (vi)(t < most)); }
#endif

/* Bit k: a[k] <= b[k]. */
INLINE unsigned v_up_to(vj a, vj b)
{
#if defined(VT_AVX512)
  return (unsigned)PS_PD_MASK(_mm512_cmp)(a, b, _CMP_LE_OQ);
#elif defined(VT_AVX2)
  return (unsigned)V(movemask)(V(cmp)(a, b, _CMP_LE_OQ));
#else
  unsigned bits = 0;
  for (int i = 0; i < VL; i++) bits |= (unsigned)(a[i] <= b[i]) << i;
  return bits;
#endif
}

/* The sum of the lanes, by halves: lane i and lane i + h for h = VL/2, ..., 1. */
INLINE real v_sum(vj v)
{
#if (defined(VT_AVX512) || defined(VT_AVX2)) && VT_FLOAT
#if defined(VT_AVX512)
  const __m256 eight = _mm512_castps512_ps256(v) + _mm512_extractf32x8_ps(v, 1);
#else
  const __m256 eight = v;
#endif
  const __m128 four = _mm256_castps256_ps128(eight) + _mm256_extractf128_ps(eight, 1);
  const __m128 two = four + _mm_movehl_ps(four, four);
  return _mm_cvtss_f32(two + _mm_movehdup_ps(two));
#elif defined(VT_AVX512) || defined(VT_AVX2)
#if defined(VT_AVX512)
  const __m256d four = _mm512_castpd512_pd256(v) + _mm512_extractf64x4_pd(v, 1);
#else
  const __m256d four = v;
#endif
  const __m128d two = _mm256_castpd256_pd128(four) + _mm256_extractf128_pd(four, 1);
  return _mm_cvtsd_f64(two + _mm_unpackhi_pd(two, two));
#else
  real s[VL];
  __builtin_memcpy(s, &v, sizeof s);
  UNROLL
  for (int h = VL / 2; h > 0; h /= 2) {
    UNROLL
    for (int i = 0; i < h; i++) s[i] += s[i + h];
  }
  return s[0];
#endif
}

/* p[0], ..., p[ATOMS - 1] over and over: a number of each atom of a slot. */
INLINE vj v_set_atoms(const real *p)
{
#if VT_ATOMS == 1
  return v_set(*p);
#elif VT_FLOAT
  double both;
  __builtin_memcpy(&both, p, sizeof both);
  return _mm512_castpd_ps(_mm512_set1_pd(both));
#else
  return _mm512_broadcast_f64x2(_mm_load_pd(p));
#endif
}

/* The sums over the lanes of each atom of a slot, by halves. */
INLINE void v_sum_atoms(vj v, real *sum)
{
#if VT_ATOMS == 1
  *sum = v_sum(v);
#elif VT_FLOAT
  const __m256 eight = _mm512_castps512_ps256(v) + _mm512_extractf32x8_ps(v, 1);
  const __m128 four = _mm256_castps256_ps128(eight) + _mm256_extractf128_ps(eight, 1);
  _mm_storel_pi((void *)sum, four + _mm_movehl_ps(four, four));
#else
  const __m256d four = _mm512_castpd512_pd256(v) + _mm512_extractf64x4_pd(v, 1);
  _mm_store_pd(sum, _mm256_castpd256_pd128(four) + _mm256_extractf128_pd(four, 1));
#endif
}

/* ------------------------------------------------------------------ columns to rows */

/* Element e of a[k] to element k of row e, rows `stride` apart: ELEMENTS vectors become as many rows. */
#if defined(VT_AVX512)
INLINE void v_store_rows(const vj *a, real *to, ptrdiff_t stride)
{
  typedef __m512d v8;
  v8 pair[4][2]; /* [k / 2][i]: in 128 bits number b, element 2 b + i of two k */
  UNROLL
  for (int k = 0; k < 4; k++) {
    pair[k][0] = _mm512_unpacklo_pd((v8)a[2 * k], (v8)a[2 * k + 1]);
    pair[k][1] = _mm512_unpackhi_pd((v8)a[2 * k], (v8)a[2 * k + 1]);
  }
  UNROLL
  for (int i = 0; i < 2; i++) {
    const v8 p = _mm512_shuffle_f64x2(pair[0][i], pair[1][i], 0x88),
             q = _mm512_shuffle_f64x2(pair[2][i], pair[3][i], 0x88);
    const v8 r = _mm512_shuffle_f64x2(pair[0][i], pair[1][i], 0xdd),
             s = _mm512_shuffle_f64x2(pair[2][i], pair[3][i], 0xdd);
    v_store(to + i * stride, (vj)_mm512_shuffle_f64x2(p, q, 0x88));
    v_store(to + (2 + i) * stride, (vj)_mm512_shuffle_f64x2(r, s, 0x88));
    v_store(to + (4 + i) * stride, (vj)_mm512_shuffle_f64x2(p, q, 0xdd));
    v_store(to + (6 + i) * stride, (vj)_mm512_shuffle_f64x2(r, s, 0xdd));
  }
}
#elif defined(VT_AVX2) && VT_FLOAT
INLINE void v_store_rows(const vj *a, real *to, ptrdiff_t stride)
{
  __m256d half[2][4]; /* [k / 4][i]: in 128 bits number b, lane 4 b + i of four k */
  UNROLL
  for (int k = 0; k < 2; k++) {
    const vj *c = a + 4 * k;
    const __m256d p = _mm256_castps_pd(_mm256_unpacklo_ps(c[0], c[1])),
                  q = _mm256_castps_pd(_mm256_unpacklo_ps(c[2], c[3]));
    const __m256d r = _mm256_castps_pd(_mm256_unpackhi_ps(c[0], c[1])),
                  s = _mm256_castps_pd(_mm256_unpackhi_ps(c[2], c[3]));
    half[k][0] = _mm256_unpacklo_pd(p, q), half[k][1] = _mm256_unpackhi_pd(p, q);
    half[k][2] = _mm256_unpacklo_pd(r, s), half[k][3] = _mm256_unpackhi_pd(r, s);
  }
  UNROLL
  for (int i = 0; i < 4; i++) {
    const vj low = _mm256_castpd_ps(half[0][i]), high = _mm256_castpd_ps(half[1][i]);
    v_store(to + i * stride, _mm256_permute2f128_ps(low, high, 0x20));
    v_store(to + (4 + i) * stride, _mm256_permute2f128_ps(low, high, 0x31));
  }
}
#elif defined(VT_AVX2)
INLINE void v_store_rows(const vj *a, real *to, ptrdiff_t stride)
{
  const vj p = _mm256_unpacklo_pd(a[0], a[1]), q = _mm256_unpacklo_pd(a[2], a[3]);
  const vj r = _mm256_unpackhi_pd(a[0], a[1]), s = _mm256_unpackhi_pd(a[2], a[3]);
  v_store(to, _mm256_permute2f128_pd(p, q, 0x20));
  v_store(to + stride, _mm256_permute2f128_pd(r, s, 0x20));
  v_store(to + 2 * stride, _mm256_permute2f128_pd(p, q, 0x31));
  v_store(to + 3 * stride, _mm256_permute2f128_pd(r, s, 0x31));
}
#else
INLINE void v_store_rows(const vj *a, real *to, ptrdiff_t stride)
{
  UNROLL
  for (int lane = 0; lane < VL; lane++) {
    UNROLL
    for (int k = 0; k < VL; k++) to[lane * stride + k] = a[k][lane];
  }
}
#endif

/* ------------------------------------------------------------------ double <-> real */

INLINE vj v_from_doubles(const double *p)
{
#if !VT_FLOAT
  return *(const vj *)(const void *)p;
#elif defined(VT_AVX512)
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(_mm512_load_pd(p))),
                            _mm512_cvtpd_ps(_mm512_load_pd(p + 8)), 1);
#elif defined(VT_AVX2)
  return _mm256_set_m128(_mm256_cvtpd_ps(_mm256_load_pd(p + 4)), _mm256_cvtpd_ps(_mm256_load_pd(p)));
#else
  vj v;
  for (int i = 0; i < VL; i++) v[i] = (real)p[i];
  return v;
#endif
}

/* sum[lane] += v[lane] */
INLINE void v_add_to_doubles(double *sum, vj v)
{
#if !VT_FLOAT
  *(vj *)(void *)sum += v;
#elif defined(VT_AVX512)
  _mm512_store_pd(sum, _mm512_load_pd(sum) + _mm512_cvtps_pd(_mm512_castps512_ps256(v)));
  _mm512_store_pd(sum + 8, _mm512_load_pd(sum + 8) + _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)));
#elif defined(VT_AVX2)
  _mm256_store_pd(sum, _mm256_load_pd(sum) + _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
  _mm256_store_pd(sum + 4, _mm256_load_pd(sum + 4) + _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
#else
  for (int i = 0; i < VL; i++) sum[i] += (double)v[i];
#endif
}

/* ------------------------------------------------------------------ rows looked up by species */

/* The species of VL neighbours, ready for v_look. */
#if defined(VT_AVX512)
typedef __m512i vspecies;
INLINE vspecies v_species(const int *s)
{
#if VT_FLOAT
  return _mm512_load_si512(s);
#else
  return _mm512_cvtepi32_epi64(_mm256_load_si256((const void *)s));
#endif
}
#elif defined(VT_AVX2)
typedef __m256i vspecies;
INLINE vspecies v_species(const int *s)
{
#if VT_FLOAT
  return _mm256_load_si256((const void *)s);
#else
  return _mm256_cvtepi32_epi64(_mm_load_si128((const void *)s));
#endif
}
#else
typedef const int *vspecies;
INLINE vspecies v_species(const int *s) { return s; }
#endif

#if defined(VT_AVX2) && !VT_FLOAT
/* Entry s of 4 doubles, as two 32-bit words each. */
INLINE vj look4(const real *row, __m256i s)
{
  const __m256i word = _mm256_add_epi64(_mm256_or_si256(_mm256_slli_epi64(s, 1), _mm256_slli_epi64(s, 33)),
                                        _mm256_set1_epi64x((long long)1 << 32));
  return _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(_mm256_load_si256((const void *)row), word));
}
INLINE vj look8(const real *row, __m256i s)
{
  return _mm256_blendv_pd(look4(row, s), look4(row + 4, s), _mm256_castsi256_pd(_mm256_slli_epi64(s, 61)));
}
#endif

/* row[species of each lane]; `n` (1, 4, 8 or 16, known when compiling) bounds the species. */
INLINE vj v_look(const real *row, vspecies s, int n)
{
  if (n == 1) return v_set(row[0]);
#if defined(VT_AVX512) && VT_FLOAT
  return _mm512_permutexvar_ps(s, _mm512_load_ps(row));
#elif defined(VT_AVX512)
  if (n <= 8) return _mm512_permutexvar_pd(s, _mm512_load_pd(row));
  return _mm512_permutex2var_pd(_mm512_load_pd(row), s, _mm512_load_pd(row + 8));
#elif defined(VT_AVX2) && VT_FLOAT
  vj low = _mm256_permutevar8x32_ps(_mm256_load_ps(row), s);
  if (n <= 8) return low;
  return _mm256_blendv_ps(low, _mm256_permutevar8x32_ps(_mm256_load_ps(row + 8), s),
                          _mm256_castsi256_ps(_mm256_slli_epi32(s, 28)));
#elif defined(VT_AVX2)
  if (n <= 4) return look4(row, s);
  if (n <= 8) return look8(row, s);
  return _mm256_blendv_pd(look8(row, s), look8(row + 8, s), _mm256_castsi256_pd(_mm256_slli_epi64(s, 60)));
#else
  vj v;
  for (int i = 0; i < VL; i++) v[i] = row[s[i]];
  return v;
#endif
}

/* A table of each atom of a slot: entries of atom t from t * table_span(n) on. */
INLINE int table_span(int n) { return n == 1 ? 1 : n <= 8 ? 8 : 16; }

/* table[species of each lane] of the atom of each lane. */
INLINE vj v_look_atoms(const real *table, vspecies s, int n)
{
#if VT_ATOMS == 1
  return v_look(table, s, n);
#else
  if (n == 1) return v_set_atoms(table);
#if VT_FLOAT
  const __m512i at = _mm512_mask_add_epi32(s, 0xaaaa, s, _mm512_set1_epi32(table_span(n)));
  if (n <= 8) return _mm512_permutexvar_ps(at, _mm512_load_ps(table));
  return _mm512_permutex2var_ps(_mm512_load_ps(table), at, _mm512_load_ps(table + 16));
#else
  const __m512i at = _mm512_mask_add_epi64(s, 0xaa, s, _mm512_set1_epi64(8));
  if (n <= 8) return _mm512_permutex2var_pd(_mm512_load_pd(table), at, _mm512_load_pd(table + 8));
  return _mm512_mask_mov_pd(v_look(table, s, n), 0xaa, v_look(table + 16, s, n));
#endif
#endif
}

/* ------------------------------------------------------------------ functions */

/* Horner's rule, c[0] for the highest power. */
INLINE vj v_polynomial(const real *c, int n, vj x)
{
  vj p = v_set(c[0]);
  UNROLL
  for (int i = 1; i < n; i++) p = v_madd(p, x, v_set(c[i]));
  return p;
}

/* exp for |x| <= 80: x = n ln 2 + r, a polynomial in r, and n added to the exponent.  Adding 1.5 * 2^52 (2^23) rounds
 * to a whole number that stands in the low bits. */
INLINE vj v_exp(vj x)
{
#if VT_FLOAT
  static const real c[] = {1 / 5040.f, 1 / 720.f, 1 / 120.f, 1 / 24.f, 1 / 6.f, .5f, 1, 1};
  const vj magic = v_set(12582912.f), ln2_hi = v_set(-0.693359375f), ln2_lo = v_set(2.12194440e-4f);
  enum { MANTISSA = 23, TERMS = sizeof c / sizeof c[0] };
#else
  static const real c[] = {
      1 / 6227020800., 1 / 479001600., 1 / 39916800., 1 / 3628800., 1 / 362880., 1 / 40320., 1 / 5040.,
      1 / 720.,        1 / 120.,       1 / 24.,       1 / 6.,       .5,          1,          1};
  const vj magic = v_set(6755399441055744.0), ln2_hi = v_set(-0.693147180369123816490);
  const vj ln2_lo = v_set(-1.90821492927058770002e-10);
  enum { MANTISSA = 52, TERMS = sizeof c / sizeof c[0] };
#endif
  vj shifted = v_madd(x, v_set((real)1.4426950408889634), magic), n = shifted - magic;
  vj r = v_madd(n, ln2_lo, v_madd(n, ln2_hi, x));
  return (vj)(((vi)shifted << MANTISSA) + (vi)v_polynomial(c, TERMS, r));
}

INLINE vj v_tanh(vj x)
{
  const vj most = v_set(VT_FLOAT ? 10 : 20); /* beyond, tanh is 1 in this type */
  x = v_max(v_min(x, most), -most);
  return v_set(1) - v_set(2) / (v_exp(x + x) + v_set(1));
}

/* Cutoff function (1 + cos(pi t))/2 and its derivative with respect to t, both 0 from t = 1 on; 0 <= t <= 1.
 * With y = (pi/4)(2t - 1): (1 + cos(pi t))/2 = (cos y - sin y)^2/2, and d/dt = -(pi/2)(cos^2 y - sin^2 y). */
INLINE void v_cutoff(vj t, vj *fc, vj *dfc)
{
#if VT_FLOAT
  static const real s[] = {1 / 362880.f, -1 / 5040.f, 1 / 120.f, -1 / 6.f, 1};
  static const real c[] = {1 / 40320.f, -1 / 720.f, 1 / 24.f, -.5f, 1};
#else
  static const real s[] = {-1 / 1307674368000., 1 / 6227020800., -1 / 39916800., 1 / 362880.,
                           -1 / 5040.,          1 / 120.,        -1 / 6.,        1};
  static const real c[] = {
      1 / 20922789888000., -1 / 87178291200., 1 / 479001600., -1 / 3628800., 1 / 40320., -1 / 720., 1 / 24., -.5, 1};
#endif
  const real pi = (real)3.14159265358979323846;
  const vj one = v_set(1), y = v_msub(t, v_set(pi / 2), v_set(pi / 4)), y2 = y * y;
  const vj sin_y = y * v_polynomial(s, sizeof s / sizeof s[0], y2);
  const vj cos_y = v_polynomial(c, sizeof c / sizeof c[0], y2);
  const vj minus = cos_y - sin_y, plus = cos_y + sin_y;
  *fc = v_keep_below(v_set((real)0.5) * minus * minus, t, one);
  *dfc = v_keep_below(v_set(-pi / 2) * minus * plus, t, one);
}

#endif
