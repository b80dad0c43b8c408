/* base: Philox4x32-10 and what is made of it. */
#include <math.h>

#include "tests/vt_test.h"

/* The three known answers for philox4x32 with 10 rounds in the Random123 distribution (kat_vectors). */
static void philox_gives_the_known_answers_of_random123(void **state)
{
  (void)state;
  static const struct {
    uint32_t ctr[4], key[2], out[4];
  } kat[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof kat / sizeof kat[0]; i++) {
    uint32_t out[4];
    vt_rng_block((uint64_t)kat[i].key[1] << 32 | kat[i].key[0], kat[i].ctr, out);
    assert_memory_equal(out, kat[i].out, sizeof out);
  }
}

/* DECISIONS.md, point on random numbers: counter = (stream << 16 | draw, step low, step high, atom). */
static void a_uniform_is_the_top_52_bits_at_the_documented_counter(void **state)
{
  (void)state;
  const uint64_t key = 0x0123456789abcdefu;
  const uint32_t ctr[4] = {(uint32_t)VT_STREAM_TEST << 16 | 5, 0x9abcdef0u, 0x12345678u, 42};
  uint32_t r[4];
  double u[2];
  vt_rng_block(key, ctr, r);
  vt_rng_uniform2(key, VT_STREAM_TEST, 5, 0x123456789abcdef0, 42, u);
  for (int k = 0; k < 2; k++) {
    uint64_t bits = ((uint64_t)r[2 * k + 1] << 32 | r[2 * k]) >> 12;
    assert_true(u[k] == ((double)bits + 0.5) / 4503599627370496.0); /* 2^52 */
  }
}

static void every_argument_changes_the_number(void **state)
{
  (void)state;
  double u[7][2];
  vt_rng_uniform2(1, VT_STREAM_TEST, 0, 0, 0, u[0]);
  vt_rng_uniform2(2, VT_STREAM_TEST, 0, 0, 0, u[1]);
  vt_rng_uniform2(1, VT_STREAM_PACK, 0, 0, 0, u[2]);
  vt_rng_uniform2(1, VT_STREAM_TEST, 1, 0, 0, u[3]);
  vt_rng_uniform2(1, VT_STREAM_TEST, 0, 1, 0, u[4]);
  vt_rng_uniform2(1, VT_STREAM_TEST, 0, (int64_t)1 << 32, 0, u[5]);
  vt_rng_uniform2(1, VT_STREAM_TEST, 0, 0, 1, u[6]);
  for (int i = 0; i < 14; i++)
    for (int j = 0; j < i; j++) assert_true(u[i / 2][i % 2] != u[j / 2][j % 2]);
}

/* Pearson's test of 100 equal bins: chi-square of 99 degrees of freedom, mean 99, s.d. 14.1; 5 s.d. are allowed. */
static void uniforms_are_open_and_fill_their_bins(void **state)
{
  (void)state;
  enum { N = 200000, BINS = 100 };
  int count[BINS] = {0};
  for (uint32_t i = 0; i < N / 2; i++) {
    double u[2];
    vt_rng_uniform2(11, VT_STREAM_TEST, 0, 3, i, u);
    for (int k = 0; k < 2; k++) {
      assert_true(u[k] > 0 && u[k] < 1);
      count[(int)(u[k] * BINS)]++;
    }
  }
  double chi2 = 0, expect = (double)N / BINS;
  for (int b = 0; b < BINS; b++) chi2 += (count[b] - expect) * (count[b] - expect) / expect;
  assert_true(fabs(chi2 - 99) < 5 * 14.1);
}

static void normals_have_the_moments_of_a_normal(void **state)
{
  (void)state;
  enum { N = 200000 };
  double m[5] = {0}, pair = 0, next = 0, last = 0;
  for (uint32_t i = 0; i < N / 2; i++) {
    double g[2];
    vt_rng_normal2(12, VT_STREAM_TEST, 0, i, 0, g);
    pair += g[0] * g[1];
    next += last * g[0];
    last = g[1];
    for (int k = 0; k < 2; k++)
      for (int p = 1; p <= 4; p++) m[p] += pow(g[k], p) / N;
  }
  /* Standard errors of the first moments of N normals: sqrt(1, 2, 15, 96)/sqrt(N); 5 of each are allowed. */
  const double se = 1 / sqrt(N);
  assert_true(fabs(m[1]) < 5 * se);
  assert_true(fabs(m[2] - 1) < 5 * sqrt(2) * se);
  assert_true(fabs(m[3]) < 5 * sqrt(15) * se);
  assert_true(fabs(m[4] - 3) < 5 * sqrt(96) * se);
  assert_true(fabs(pair / (N / 2)) < 5 * sqrt(2) * se); /* the two of one draw are independent */
  assert_true(fabs(next / (N / 2)) < 5 * sqrt(2) * se); /* and so are those of two steps       */
}

/* Box and Muller, Ann. Math. Stat. 29, 610: radius and angle of the pair are functions of the two uniforms. */
static void a_pair_of_normals_has_the_radius_and_angle_of_its_uniforms(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < 1000; i++) {
    double u[2], g[2];
    vt_rng_uniform2(14, VT_STREAM_TEST, 1, -7, i, u);
    vt_rng_normal2(14, VT_STREAM_TEST, 1, -7, i, g);
    double turns = atan2(g[1], g[0]) / (2 * 3.141592653589793);
    assert_true(fabs(exp(-0.5 * (g[0] * g[0] + g[1] * g[1])) - u[0]) < 1e-14);
    assert_true(fabs(turns + (turns < 0) - u[1]) < 1e-14);
  }
}

/* P(|g| > 4) = 6.334e-5: of 400000, 25.3 with s.d. 5; between 3 and 51.  A normal cut off in the tail would fail. */
static void normals_reach_into_the_tail(void **state)
{
  (void)state;
  int far = 0;
  for (uint32_t i = 0; i < 200000; i++) {
    double g[2];
    vt_rng_normal2(13, VT_STREAM_TEST, 0, 0, i, g);
    far += (fabs(g[0]) > 4) + (fabs(g[1]) > 4);
  }
  assert_in_range(far, 3, 51);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(philox_gives_the_known_answers_of_random123),
      cmocka_unit_test(a_uniform_is_the_top_52_bits_at_the_documented_counter),
      cmocka_unit_test(every_argument_changes_the_number),
      cmocka_unit_test(uniforms_are_open_and_fill_their_bins),
      cmocka_unit_test(normals_have_the_moments_of_a_normal),
      cmocka_unit_test(a_pair_of_normals_has_the_radius_and_angle_of_its_uniforms),
      cmocka_unit_test(normals_reach_into_the_tail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
