/* draw.h - random draws, and bounds for the tests that compare a distribution with its truth. */
#ifndef VT_TEST_DRAW_H
#define VT_TEST_DRAW_H
#include "tests/vt_test.h"

/* A standard normal number of (key, draw, step, atom). */
double vt_test_normal(uint64_t key, uint32_t draw, int64_t step, uint32_t atom);

/* A sequence of numbers: {.key = seed}. */
typedef struct vt_test_draws {
  uint64_t key;
  uint32_t at;
} vt_test_draws;

/* The next number of the sequence, uniform in lo..hi. */
double vt_test_uniform(vt_test_draws *r, double lo, double hi);

/* The environment's VT_SEED, which replays one seed of a test that tries many; otherwise `usual`. */
uint64_t vt_test_first_seed(uint64_t usual);

/* Prints the number beside its bounds, and fails outside them and for NaN. */
void vt_test_between(const char *what, double got, double lo, double hi);
#endif
