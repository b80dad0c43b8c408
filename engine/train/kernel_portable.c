/* kernel_portable.c - the kernels of training, portable. */
#define VT__KERNEL      vt__kernel_portable
#define VT__KERNEL_NAME "portable double"
#include "engine/train/kernel.h"
