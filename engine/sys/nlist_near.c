/* nlist_near.c - the search of a row: by masks and compression where the processor has them, else without branches. */
#include "engine/sys/nlist_near.h"

#include <stdint.h>

#include "engine/base/base.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HAVE_512 1
#endif

enum { CHUNK = 64 };

/* near[k] = 1 for those of n <= CHUNK positions within reach of (x, y, z). */
VT_WIDE static void mark_near(const double *restrict bx, const double *restrict by, const double *restrict bz, int n,
                              double x, double y, double z, double reach2, int64_t *restrict near)
{
  for (int k = 0; k < n; k++) {
    double dx = bx[k] - x, dy = by[k] - y, dz = bz[k] - z;
    near[k] = dx * dx + dy * dy + dz * dz < reach2;
  }
}

int vt__append_near_portable(const vt__near_slots *s, int from, int to, const double at[3], double reach2, int self,
                             int *restrict row, int k)
{
  int64_t near[CHUNK];
  for (int p = from; p < to; p += CHUNK) {
    const int n = to - p < CHUNK ? to - p : CHUNK;
    mark_near(s->x + p, s->y + p, s->z + p, n, at[0], at[1], at[2], reach2, near);
    for (int q = 0; q < n; q++) { /* without branches: a quarter of the candidates stay */
      row[k] = s->slot[p + q];
      k += (int)near[q] & (s->slot[p + q] != self);
    }
  }
  return k;
}

#ifdef HAVE_512
/* Nothing is fused, so that the same entries are near as above. */
__attribute__((target("avx512f,avx512vl"))) static int append_near_512(const vt__near_slots *s, int from, int to,
                                                                       const double at[3], double reach2, int self,
                                                                       int *restrict row, int k)
{
  const __m512d x = _mm512_set1_pd(at[0]), y = _mm512_set1_pd(at[1]), z = _mm512_set1_pd(at[2]);
  const __m512d most = _mm512_set1_pd(reach2);
  const __m256i me = _mm256_set1_epi32(self);
  for (int p = from; p < to; p += 8) {
    const __mmask8 there = (__mmask8)(to - p < 8 ? (1u << (to - p)) - 1 : 255u);
    const __m512d dx = _mm512_maskz_loadu_pd(there, s->x + p) - x, dy = _mm512_maskz_loadu_pd(there, s->y + p) - y,
                  dz = _mm512_maskz_loadu_pd(there, s->z + p) - z;
    const __m512d xx = dx * dx, yy = dy * dy, zz = dz * dz, xy = xx + yy;
    const __m256i slot = _mm256_maskz_loadu_epi32(there, s->slot + p);
    const __mmask8 near =
        (__mmask8)(_mm512_mask_cmp_pd_mask(there, xy + zz, most, _CMP_LT_OQ) & _mm256_cmpneq_epi32_mask(slot, me));
    const int n = __builtin_popcount(near);
    _mm256_mask_storeu_epi32(row + k, (__mmask8)((1u << n) - 1), _mm256_maskz_compress_epi32(near, slot));
    k += n;
  }
  return k;
}
#endif

vt__append_near *vt__append_near_best(void)
{
#ifdef HAVE_512
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return append_near_512;
#endif
  return vt__append_near_portable;
}
