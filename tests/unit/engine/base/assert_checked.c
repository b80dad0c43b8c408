/* VT_ASSERT as the checked builds see it, whatever this build is. */
#ifndef VT_CHECKED
#define VT_CHECKED
#endif
#include "engine/base/base.h"
#include "tests/unit/engine/base/assert_sides.h"

static int seen(int value, int *calls)
{
  ++*calls;
  return value;
}

void assert_positive_checked(int value, int *calls) { VT_ASSERT(seen(value, calls) > 0); }
