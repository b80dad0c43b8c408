/* VT_ASSERT as a release sees it, whatever this build is. */
#undef VT_CHECKED
#include "engine/base/base.h"
#include "tests/unit/engine/base/assert_sides.h"

static int seen(int value, int *calls)
{
  ++*calls;
  return value;
}

void assert_positive_unchecked(int value, int *calls) { VT_ASSERT(seen(value, calls) > 0); }
