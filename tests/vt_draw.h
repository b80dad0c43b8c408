/* vt_draw.h - random draws and bounds for the tests that compare a distribution with its truth. */
#ifndef VT_DRAW_H
#define VT_DRAW_H
#include "engine/base/base.h"
#include "tests/vt_test.h"

/* A standard normal number of (key, draw, step, atom). */
static inline double vt_test_normal(uint64_t key, uint32_t draw, int64_t step, uint32_t atom)
{
  double g[2];
  vt_rng_normal2(key, VT_STREAM_TEST, draw, step, atom, g);
  return g[0];
}

/* Prints the number beside its bounds, and fails outside them and for NaN. */
static inline void vt_test_between(const char *what, double got, double lo, double hi)
{
  print_message("  %s: %.4g (allowed %.4g to %.4g)\n", what, got, lo, hi);
  if (!(got >= lo && got <= hi)) fail_msg("%s is %.6g, expected %.4g to %.4g", what, got, lo, hi);
}
#endif
