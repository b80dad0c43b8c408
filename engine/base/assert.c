/* assert.c - the one place where a library may end the process: an invariant of our own code does not hold. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/base.h"

_Noreturn void vt_assert_failed(const char *file, int line, const char *function, const char *cond)
{
  (void)fprintf(stderr, "%s:%d: %s: broken invariant: %s\n", file, line, function, cond);
  abort();
}
