/* allocations.h - what a program takes from the allocators; for tests that are named in vt_count_allocations(). */
#ifndef VT_TEST_ALLOCATIONS_H
#define VT_TEST_ALLOCATIONS_H

#include <stddef.h>

/* Calls of malloc, calloc, realloc and aligned_alloc since the start, by all that is linked into the program. */
long vt_test_allocations(void);
/* Bytes of the largest block asked of aligned_alloc (which vt_calloc64 uses) since the last call. */
size_t vt_test_largest_block(void);

#endif
