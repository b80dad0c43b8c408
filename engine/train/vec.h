/* vec.h - vectors of 8 doubles: functions, products, turned and summed lanes (kernel.h includes it). */
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "engine/train/train_impl.h"

#ifndef __clang__ /* a few vectors that are set to 0 stay in registers instead of a call of memset */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#define UNROLLED(n) VT__PRAGMA(GCC unroll n)
#else
#define UNROLLED(n) VT__PRAGMA(unroll n)
#endif
#define VT__PRAGMA(x) _Pragma(#x)

typedef vt__v8 v8;
typedef long long v8i __attribute__((vector_size(64)));
typedef double v4 __attribute__((vector_size(32))); /* x, y, z of something, and one lane that means nothing */

static inline v8 all(double x) { return (v8){x, x, x, x, x, x, x, x}; }
static inline v4 all4(double x) { return (v4){x, x, x, x}; }
static inline double sum_of(v8 a) { return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7])); }

/* From and to places that are not aligned. */
static inline v8 load8(const double *p)
{
  v8 a;
  memcpy(&a, p, sizeof a);
  return a;
}
static inline void store8(double *p, v8 a) { memcpy(p, &a, sizeof a); }
static inline v4 load4(const double *p)
{
  v4 a;
  memcpy(&a, p, sizeof a);
  return a;
}
static inline void store4(double *p, v4 a) { memcpy(p, &a, sizeof a); }

/* a where `where` has ones, else b. */
static inline v8 choose(v8i where, v8 a, v8 b) { return (v8)((where & (v8i)a) | (~where & (v8i)b)); }

/* ------------------------------------------------------------------ lanes */

#define EVEN(a, b)  __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define ODD(a, b)   __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#define EVEN2(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define ODD2(a, b)  __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW(a, b)   __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH(a, b)  __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)

/* Lane l of a[k] becomes lane k of a[l]. */
static inline __attribute__((always_inline)) void turn(v8 a[8])
{
  v8 t[8], u[8];
  for (int k = 0; k < 8; k += 2) t[k] = EVEN(a[k], a[k + 1]), t[k + 1] = ODD(a[k], a[k + 1]);
  for (int k = 0; k < 8; k += 4)
    for (int l = k; l < k + 2; l++) u[l] = EVEN2(t[l], t[l + 2]), u[l + 2] = ODD2(t[l], t[l + 2]);
  for (int k = 0; k < 4; k++) a[k] = LOW(u[k], u[k + 4]), a[k + 4] = HIGH(u[k], u[k + 4]);
}

/* Lane k: the sum of the lanes of a[k]. */
static inline __attribute__((always_inline)) v8 sums_of(const v8 a[8])
{
  v8 b[4], c[2];
  for (int k = 0; k < 4; k++) b[k] = EVEN(a[2 * k], a[2 * k + 1]) + ODD(a[2 * k], a[2 * k + 1]);
  for (int k = 0; k < 2; k++) c[k] = EVEN2(b[2 * k], b[2 * k + 1]) + ODD2(b[2 * k], b[2 * k + 1]);
  return LOW(c[0], c[1]) + HIGH(c[0], c[1]);
}

/* Lane l: x[at[l]] of the 16 numbers x. */
static inline v8 pick(const double *x, const int32_t *at)
{
  v8 a;
#ifdef __AVX512F__
  __m256i places;
  memcpy(&places, at, sizeof places);
  a = (v8)_mm512_permutex2var_pd((__m512d)load8(x), _mm512_cvtepi32_epi64(places), (__m512d)load8(x + 8));
#else
  for (int l = 0; l < 8; l++) a[l] = x[at[l]];
#endif
  return a;
}

/* rows[n_rows][8 nv] with the rows along the lanes: out[8 nv][rv], rv = (n_rows + 7) / 8; and back. */
static inline __attribute__((always_inline)) void rows_to_lanes(const v8 *rows, int n_rows, int nv, v8 *out)
{
  const int rv = (n_rows + 7) / 8;
  for (int b = 0; b < rv; b++)
    for (int v = 0; v < nv; v++) {
      v8 a[8];
      for (int k = 0; k < 8; k++) a[k] = 8 * b + k < n_rows ? rows[(8 * b + k) * nv + v] : all(0);
      turn(a);
      for (int k = 0; k < 8; k++) out[(8 * v + k) * rv + b] = a[k];
    }
}

static inline __attribute__((always_inline)) void lanes_to_rows(const v8 *turned, int n_rows, int nv, v8 *out)
{
  const int rv = (n_rows + 7) / 8;
  for (int b = 0; b < rv; b++)
    for (int v = 0; v < nv; v++) {
      v8 a[8];
      for (int k = 0; k < 8; k++) a[k] = turned[(8 * v + k) * rv + b];
      turn(a);
      for (int k = 0; k < 8 && 8 * b + k < n_rows; k++) out[(8 * b + k) * nv + v] = a[k];
    }
}

/* ------------------------------------------------------------------ functions of a vector */

/* sin and cos of |y| <= pi/2 by Taylor's series: the first term left out is below 3e-16. */
static inline void sin_cos(v8 y, v8 *s, v8 *c)
{
  const v8 z = y * y;
  v8 a = all(1.0 / 51090942171709440000.0), b = all(-1.0 / 1124000727777607680000.0);
  static const double odd[] = {-1.0 / 121645100408832000.0,
                               1.0 / 355687428096000.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 6227020800.0,
                               -1.0 / 39916800.0,
                               1.0 / 362880.0,
                               -1.0 / 5040.0,
                               1.0 / 120.0,
                               -1.0 / 6.0,
                               1.0};
  static const double even[] = {1.0 / 2432902008176640000.0,
                                -1.0 / 6402373705728000.0,
                                1.0 / 20922789888000.0,
                                -1.0 / 87178291200.0,
                                1.0 / 479001600.0,
                                -1.0 / 3628800.0,
                                1.0 / 40320.0,
                                -1.0 / 720.0,
                                1.0 / 24.0,
                                -0.5,
                                1.0};
  for (int k = 0; k < 10; k++) a = a * z + all(odd[k]);
  for (int k = 0; k < 11; k++) b = b * z + all(even[k]);
  *s = a * y;
  *c = b;
}

/* exp of |x| <= 80: 2^n exp(r), |r| <= ln 2 / 2, Taylor's series to r^13 / 13!. */
static inline v8 exp_of(v8 x)
{
  const v8 magic = all(6755399441055744.0); /* 1.5 2^52: adding it rounds to a whole number, in the low bits */
  const v8 m = x * all(1.4426950408889634074) + magic, n = m - magic;
  const v8 r = (x - n * all(6.93147180369123816490e-01)) - n * all(1.90821492927058770002e-10);
  static const double c[] = {
      1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
      1.0 / 120,       1.0 / 24,       1.0 / 6,       0.5,          1,           1};
  v8 p = all(1.0 / 6227020800.0);
  for (int k = 0; k < 13; k++) p = p * r + all(c[k]);
  const v8i two_to_n = ((v8i)m + 1023) << 52;
  return p * (v8)two_to_n;
}

static inline v8 tanh_of(v8 x)
{
  const v8 most = all(40);
  x = choose(x > most, most, x);
  x = choose(x < -most, -most, x);
  return all(1.0) - all(2.0) / (exp_of(x + x) + all(1.0));
}

/* ------------------------------------------------------------------ products */

enum { IN_REGISTERS = 16 }; /* sums that are kept there: all where sizes are known */

/* out[rows][nv] (+)= sum_p a[p][row] b[p][nv]: a has `lda` doubles a row, b `nv` vectors. */
static inline __attribute__((always_inline)) void products(const double *restrict a, int lda, const v8 *restrict b,
                                                           int n, int rows, int nv, int add, v8 *restrict out)
{
  if (rows * nv > IN_REGISTERS || !__builtin_constant_p(rows * nv)) {
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < nv; v++) {
        v8 sum = add ? out[r * nv + v] : all(0);
        for (int p = 0; p < n; p++) sum += a[p * lda + r] * b[p * nv + v];
        out[r * nv + v] = sum;
      }
    return;
  }
  v8 sum[IN_REGISTERS];
  for (int k = 0; k < rows * nv; k++) sum[k] = add ? out[k] : all(0);
  for (int p = 0; p < n; p++)
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < nv; v++) sum[r * nv + v] += a[p * lda + r] * b[p * nv + v];
  for (int k = 0; k < rows * nv; k++) out[k] = sum[k];
}

/* out[nv] = sum_r x[r] m[r][nv], and out1[nv] = sum_r x1[r] m[r][nv] unless x1 is NULL. */
static inline __attribute__((always_inline)) void matrix_rows(const double *restrict x, const double *restrict x1,
                                                              const v8 *restrict m, int rows, int nv, v8 *restrict out,
                                                              v8 *restrict out1)
{
  enum { SOME = 8 };
  for (int from = 0; from < nv; from += SOME) {
    const int n = nv - from < SOME ? nv - from : SOME;
    v8 s[SOME], s1[SOME];
    for (int v = 0; v < n; v++) s[v] = s1[v] = all(0);
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < n; v++) {
        const v8 w = m[r * nv + from + v];
        s[v] += x[r] * w;
        if (x1) s1[v] += x1[r] * w;
      }
    for (int v = 0; v < n; v++) out[from + v] = s[v];
    for (int v = 0; v < n && x1; v++) out1[from + v] = s1[v];
  }
}
