/* fast_avx2_f32.c - the kernel with AVX2 and FMA, mixed precision. */
#define VT_FLOAT 1
#define VT_AVX2
#define VT_KERNEL      vt__nep_avx2_f32
#define VT_KERNEL_NAME "avx2 mixed"
#include "engine/pot/nep/fast_kernel.h"
