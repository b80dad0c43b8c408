/* pool_fixture.h - glasses whose transport is known: alkali ions that move in a rigid framework, as the observables msd
 * and charge would see them. */
#ifndef VT_TESTS_POOL_FIXTURE_H
#define VT_TESTS_POOL_FIXTURE_H

#include "engine/transport/transport.h"

enum { N_ALKALI = 16, N_SPECIES = 4, N_PAIR = 10, N_SAMPLE = 1200, MAX_LAG = 64 };
static const double sample_ps = 0.5;

typedef struct glass {
  vt_composition comp;
  int n_lag;
  double lag[MAX_LAG], mean[N_SPECIES * MAX_LAG], m4[N_SPECIES * MAX_LAG], corr[N_PAIR * MAX_LAG];
} glass;

/* 16 formula units of A Al Cl2.5 O0.75; m_A / M of it. */
vt_composition formula(int z_alkali);
double share_of_alkali(const vt_composition *c);

/* Strings of `string` ions jump together by an edge of 3 A of a cubic lattice; each ion makes `rate` jumps a ps. 600
 * ps.
 */
vt_tr_input make_hopping_glass(glass *g, int z_alkali, uint64_t seed, int string, double rate);

/* Gaussian walks of the ions, 6 D = slope A^2/ps, of which the share `common` is the same for all ions, but reaches
 * each of them with a delay of its own, exponential with mean delay_ps: H = 1 / (1 + (N-1) common), from later lags on.
 * Each ion rattles with an amplitude of rattle_a (A, s.d. of each coordinate) beside. */
typedef struct walkers {
  int z_alkali, n_sample; /* <= N_SAMPLE */
  double slope, common, delay_ps, rattle_a;
} walkers;
vt_tr_input make_walking_glass(glass *g, uint64_t seed, const walkers *w);

#endif
