#include "tests/support/draw.h"

#include <stdlib.h>

double vt_test_normal(uint64_t key, uint32_t draw, int64_t step, uint32_t atom)
{
  double g[2];
  vt_rng_normal2(key, VT_STREAM_TEST, draw, step, atom, g);
  return g[0];
}

double vt_test_uniform(vt_test_draws *r, double lo, double hi)
{
  double u[2];
  vt_rng_uniform2(r->key, VT_STREAM_TEST, 0, 0, r->at++, u);
  return lo + (hi - lo) * u[0];
}

uint64_t vt_test_first_seed(uint64_t usual)
{
  const char *env = getenv("VT_SEED");
  return env ? strtoull(env, NULL, 10) : usual;
}

void vt_test_between(const char *what, double got, double lo, double hi)
{
  print_message("  %s: %.4g (allowed %.4g to %.4g)\n", what, got, lo, hi);
  if (!(got >= lo && got <= hi)) fail_msg("%s is %.6g, expected %.4g to %.4g", what, got, lo, hi);
}
