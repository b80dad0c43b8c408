/* train_fixture.c - numbers and atoms that the tests of training draw. */
#include "tests/unit/engine/train/train_fixture.h"

#include "engine/base/base.h"

double train_drawn(uint64_t seed, size_t k)
{
  double u[2];
  vt_rng_uniform2(seed, VT_STREAM_TEST, 0, (int64_t)k, 0, u);
  return u[0];
}

void train_places(size_t first, double x[TRAIN_ATOMS][3])
{
  const double edge = 2.6, moved = 0.8;
  const uint64_t seed = 5;
  for (size_t i = 0; i < TRAIN_ATOMS; i++)
    for (size_t a = 0; a < 3; a++)
      x[i][a] = edge * (double)(i >> a & 1) + moved * train_drawn(seed, first + 10 * i + a);
}
