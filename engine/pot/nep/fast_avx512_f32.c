/* fast_avx512_f32.c - the kernel with AVX-512, mixed precision. */
#define VT_FLOAT 1
#define VT_AVX512
#define VT_KERNEL      vt__nep_avx512_f32
#define VT_KERNEL_NAME "avx512 mixed"
#include "engine/pot/nep/fast_kernel.h"
