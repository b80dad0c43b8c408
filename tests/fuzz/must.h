/* must.h - a claim of a fuzz target: abort, which the fuzzer reports, unless it holds. */
#ifndef VT_FUZZ_MUST_H
#define VT_FUZZ_MUST_H
#include <stdio.h>
#include <stdlib.h>

#define must(holds, what)                                  \
  do {                                                     \
    if (!(holds)) {                                        \
      (void)fprintf(stderr, "%s: %s\n", __FILE__, (what)); \
      abort();                                             \
    }                                                      \
  } while (0)
#endif
