#include <math.h>

#include "engine/base/base.h"

/* Philox4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC'11; constants from that paper. */
void vt_rng_block(uint64_t key, const uint32_t ctr[4], uint32_t out[4])
{
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/* 52 random bits and a half: never 0, never 1. */
static double open_unit(uint32_t lo, uint32_t hi)
{
  uint64_t bits = ((uint64_t)hi << 32 | lo) >> 12;
  return ((double)bits + 0.5) * 0x1p-52;
}

void vt_rng_uniform2(uint64_t key, vt_stream stream, uint32_t draw, int64_t step, uint32_t atom, double u[2])
{
  uint32_t r[4];
  VT_ASSERT(draw < 65536 && (uint32_t)stream < 65536); /* else two draws would share a counter */
  uint32_t ctr[4] = {(uint32_t)stream << 16 | (draw & 0xffffu), (uint32_t)step, (uint32_t)((uint64_t)step >> 32), atom};
  vt_rng_block(key, ctr, r);
  u[0] = open_unit(r[0], r[1]);
  u[1] = open_unit(r[2], r[3]);
  VT_ASSERT(u[0] > 0 && u[0] < 1 && u[1] > 0 && u[1] < 1);
}

void vt_rng_normal2(uint64_t key, vt_stream stream, uint32_t draw, int64_t step, uint32_t atom, double g[2])
{
  double u[2];
  vt_rng_uniform2(key, stream, draw, step, atom, u);
  double radius = sqrt(-2 * log(u[0])), angle = 6.283185307179586476925 * u[1];
  g[0] = radius * cos(angle);
  g[1] = radius * sin(angle);
}
