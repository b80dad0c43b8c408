/* fast_portable_f64.c - the kernel in portable C, double. */
#define VT_FLOAT       0
#define VT_KERNEL      vt__nep_portable_f64
#define VT_KERNEL_NAME "portable double"
#include "engine/pot/nep/fast_kernel.h"
