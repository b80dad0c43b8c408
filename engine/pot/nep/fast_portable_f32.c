/* fast_portable_f32.c - the kernel in portable C, mixed precision. */
#define VT_FLOAT       1
#define VT_KERNEL      vt__nep_portable_f32
#define VT_KERNEL_NAME "portable mixed"
#include "engine/pot/nep/fast_kernel.h"
