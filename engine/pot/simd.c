/* simd.c - which vector levels this build has and this processor can run. */
#include "engine/pot/pot.h"

int vt_simd_works(vt_simd s)
{
  if (s == VT_SIMD_PORTABLE) return 1;
#ifdef VT_POT_X86
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (s == VT_SIMD_AVX2) return avx2;
  if (s == VT_SIMD_AVX512)
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
#endif
  return 0;
}

vt_simd vt_simd_best(void)
{
  for (vt_simd s = VT_SIMD_AVX512; s > VT_SIMD_PORTABLE; s--)
    if (vt_simd_works(s)) return s;
  return VT_SIMD_PORTABLE;
}

const char *vt_simd_name(vt_simd s)
{
  switch (s) {
  case VT_SIMD_PORTABLE:
    return "portable";
  case VT_SIMD_AVX2:
    return "avx2";
  case VT_SIMD_AVX512:
    return "avx512";
  case VT_SIMD_AUTO:
    return "auto";
  }
  return "unknown";
}
