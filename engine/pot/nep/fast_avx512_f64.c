/* fast_avx512_f64.c - the kernel with AVX-512, double. */
#define VT_FLOAT 0
#define VT_AVX512
#define VT_KERNEL      vt__nep_avx512_f64
#define VT_KERNEL_NAME "avx512 double"
#include "engine/pot/nep/fast_kernel.h"
