/* peak.c - the peak rate of multiply-adds of this core, for one vector level and precision.
 *
 * Twelve independent chains hide the latency of the instruction; nothing is loaded or stored.  The best of a few short
 * runs is taken, since other load can only slow them down.  PORTABLE kernels have no fused instruction: a product and a
 * sum. */
#include "runner/bench/bench_impl.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CHAINS = 12, LOOPS = 400000, RUNS = 7 };

#define PEAK_LOOP(name, target, vector, real, set, multiply_add)                                 \
  target static double name(double start)                                                        \
  {                                                                                              \
    vector a[CHAINS], m = set((real)0.999999), c = set((real)1e-6);                              \
    for (int i = 0; i < CHAINS; i++) a[i] = set((real)start + (real)i);                          \
    for (int n = 0; n < LOOPS; n++) {                                                            \
      _Pragma("GCC unroll 12") for (int i = 0; i < CHAINS; i++) a[i] = multiply_add(a[i], m, c); \
    }                                                                                            \
    for (int i = 1; i < CHAINS; i++) a[0] += a[i];                                               \
    return (double)a[0][0];                                                                      \
  }

typedef double pair __attribute__((vector_size(16)));
typedef float quad __attribute__((vector_size(16)));
#define SET_PAIR(x)          ((pair){x, x})
#define SET_QUAD(x)          ((quad){x, x, x, x})
#define PRODUCT_SUM(a, b, c) ((a) * (b) + (c))
PEAK_LOOP(portable_f64, , pair, double, SET_PAIR, PRODUCT_SUM)
PEAK_LOOP(portable_f32, , quad, float, SET_QUAD, PRODUCT_SUM)
#if defined(__x86_64__)
PEAK_LOOP(avx2_f64, __attribute__((target("avx2,fma"))), __m256d, double, _mm256_set1_pd, _mm256_fmadd_pd)
PEAK_LOOP(avx2_f32, __attribute__((target("avx2,fma"))), __m256, float, _mm256_set1_ps, _mm256_fmadd_ps)
PEAK_LOOP(avx512_f64, __attribute__((target("avx512f"))), __m512d, double, _mm512_set1_pd, _mm512_fmadd_pd)
PEAK_LOOP(avx512_f32, __attribute__((target("avx512f"))), __m512, float, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

/* [vt_simd][vt_precision] */
static const struct {
  double (*loop)(double);
  int lanes;
} peaks[][2] = {
    [VT_SIMD_PORTABLE] = {{portable_f64, 2}, {portable_f32, 4}},
#if defined(__x86_64__)
    [VT_SIMD_AVX2] = {{avx2_f64, 4}, {avx2_f32, 8}},
    [VT_SIMD_AVX512] = {{avx512_f64, 8}, {avx512_f32, 16}},
#endif
};

double vt__bench_peak_gflops(vt_numerics num)
{
  volatile double sink = 1; /* the loops are not to be optimised away */
  double best_s = 1e300;
  for (int r = 0; r < RUNS; r++) {
    const double t0_s = vt_cpu_s();
    sink = peaks[num.simd][num.precision].loop(sink);
    const double s = vt_cpu_s() - t0_s;
    if (s < best_s) best_s = s;
  }
  return 2e-9 * LOOPS * CHAINS * peaks[num.simd][num.precision].lanes / best_s;
}
