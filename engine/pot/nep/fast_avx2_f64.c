/* fast_avx2_f64.c - the kernel with AVX2 and FMA, double. */
#define VT_FLOAT 0
#define VT_AVX2
#define VT_KERNEL      vt__nep_avx2_f64
#define VT_KERNEL_NAME "avx2 double"
#include "engine/pot/nep/fast_kernel.h"
