/* kernel_avx512.c - the kernels of training, avx512. */
#define VT__KERNEL      vt__kernel_avx512
#define VT__KERNEL_NAME "avx512 double"
#include "engine/train/kernel.h"
