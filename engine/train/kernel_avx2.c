/* kernel_avx2.c - the kernels of training, avx2. */
#define VT__KERNEL      vt__kernel_avx2
#define VT__KERNEL_NAME "avx2 double"
#include "engine/train/kernel.h"
