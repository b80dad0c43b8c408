#include "tests/support/allocations.h"

/* The linker's names: -Wl,--wrap. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);

static long allocations;
static size_t largest;

void *__wrap_malloc(size_t n) { return allocations++, __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return allocations++, __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return allocations++, __real_realloc(p, n); }
void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
  if (n > largest) largest = n;
  return allocations++, __real_aligned_alloc(alignment, n);
}

long vt_test_allocations(void) { return allocations; }

size_t vt_test_largest_block(void)
{
  const size_t bytes = largest;
  largest = 0;
  return bytes;
}
