/* pool_fixture.c - alkali ions that hop or walk, alone or together, in a rigid framework. */
#include "tests/prop/pool_fixture.h"

#include <math.h>
#include <string.h>

static const double jump_a = 3;

vt_composition formula(int z_alkali)
{
  return (vt_composition){.name = "AAlCl2.5O0.75",
                          .n_species = N_SPECIES,
                          .z = {z_alkali, 13, 17, 8},
                          .count = {N_ALKALI, 16, 40, 12},
                          .charge = {1, 3, -1, -2},
                          .n_atoms = 84};
}

double share_of_alkali(const vt_composition *c)
{
  double mass = 0;
  for (int s = 0; s < c->n_species; s++) mass += c->count[s] * vt_element_mass(c->z[s]);
  return vt_element_mass(c->z[0]) / mass;
}

/* Paths of the ions in the framework, and S, the sum of them. */
typedef struct paths {
  double r[N_ALKALI + 1][N_SAMPLE + 1][3]; /* the last one is S */
} paths;

static void hop(paths *p, uint64_t seed, int string, double rate)
{
  enum { TRIES = 16 };
  double chance = rate * sample_ps * N_ALKALI / string / TRIES;
  for (int i = 0; i <= N_ALKALI; i++) p->r[i][0][0] = p->r[i][0][1] = p->r[i][0][2] = 0;
  for (int k = 1; k <= N_SAMPLE; k++) {
    for (int i = 0; i <= N_ALKALI; i++) memcpy(p->r[i][k], p->r[i][k - 1], sizeof p->r[i][k]);
    for (uint32_t t = 0; t < TRIES; t++) {
      double u[4];
      vt_rng_uniform2(seed, VT_STREAM_TEST, 0, k, t, u);
      if (u[0] > chance) continue;
      vt_rng_uniform2(seed, VT_STREAM_TEST, 1, k, t, u + 2);
      int first = (int)(u[1] * N_ALKALI), way = (int)(u[2] * 6);
      for (int j = 0; j < string; j++) {
        p->r[(first + j) % N_ALKALI][k][way / 2] += way % 2 ? jump_a : -jump_a;
        p->r[N_ALKALI][k][way / 2] += way % 2 ? jump_a : -jump_a;
      }
    }
  }
}

/* One lag: what msd and charge observe in the barycentric frame, where the framework moves by -share S. */
static void observe(glass *g, const paths *p, int n_sample, int lag, int column)
{
  const vt_composition *c = &g->comp;
  double share = share_of_alkali(c), msd = 0, m4 = 0, s2 = 0, s4 = 0;
  int stride = lag > 16 ? lag / 8 : 1, n = 0;
  for (int k = 0; k + lag <= n_sample; k += stride, n++) {
    double d[3], q = 0;
    for (int a = 0; a < 3; a++) d[a] = p->r[N_ALKALI][k + lag][a] - p->r[N_ALKALI][k][a], q += d[a] * d[a];
    s2 += q;
    s4 += q * q;
    for (int i = 0; i < N_ALKALI; i++) {
      double r2 = 0;
      for (int a = 0; a < 3; a++) {
        double x = p->r[i][k + lag][a] - p->r[i][k][a] - share * d[a];
        r2 += x * x;
      }
      msd += r2;
      m4 += r2 * r2;
    }
  }
  s2 /= n, s4 /= n;
  for (int i = 0; i < N_SPECIES; i++) {
    double fi = (i == 0) - c->count[i] * share; /* P_i = f_i S */
    g->mean[i * g->n_lag + column] = i == 0 ? msd / n / N_ALKALI : share * share * s2;
    g->m4[i * g->n_lag + column] = i == 0 ? m4 / n / N_ALKALI : share * share * share * share * s4;
    for (int j = i; j < N_SPECIES; j++)
      g->corr[vt_pair_index(i, j, N_SPECIES) * g->n_lag + column] = fi * ((j == 0) - c->count[j] * share) * s2;
  }
}

static vt_tr_input observe_all(glass *g, const paths *p, int z_alkali, int n_sample)
{
  int lag[MAX_LAG];
  *g = (glass){.comp = formula(z_alkali)};
  for (int octave = 0, j = 1;; j++) { /* as the correlator */
    if (j > 16) j = 9, octave++;
    if (j << octave > n_sample / 2) break;
    lag[g->n_lag++] = j << octave;
  }
  for (int k = 0; k < g->n_lag; k++) {
    g->lag[k] = lag[k] * sample_ps;
    observe(g, p, n_sample, lag[k], k);
  }
  return (vt_tr_input){.comp = &g->comp,
                       .run_ps = n_sample * sample_ps,
                       .t_k = 600,
                       .volume_a3 = 16 * 112,
                       .n_lag = g->n_lag,
                       .lag_ps = g->lag,
                       .msd_mean = g->mean,
                       .msd_m4 = g->m4,
                       .n_clag = g->n_lag,
                       .clag_ps = g->lag,
                       .charge_corr = g->corr,
                       .frame = VT_TR_FRAMEWORK};
}

vt_tr_input make_hopping_glass(glass *g, int z_alkali, uint64_t seed, int string, double rate)
{
  static paths p;
  hop(&p, seed, string, rate);
  return observe_all(g, &p, z_alkali, N_SAMPLE);
}

/* ------------------------------------------------------------------ walkers */

enum { DELAY_BINS = 64 };

/* Where ion i is in the common path at sample k, `delay` samples ago. */
static int delayed(const walkers *w, uint64_t seed, int i)
{
  double u[2];
  vt_rng_uniform2(seed, VT_STREAM_TEST, 2, 0, (uint32_t)i, u);
  const int bins = (int)(-log(1 - u[0]) * w->delay_ps / sample_ps);
  return bins < DELAY_BINS ? bins : DELAY_BINS;
}

static double unit_normal(uint64_t seed, uint32_t stream, int k, int lane)
{
  double g[2];
  vt_rng_normal2(seed, VT_STREAM_TEST, stream, k, (uint32_t)lane / 2, g);
  return g[lane % 2];
}

vt_tr_input make_walking_glass(glass *g, uint64_t seed, const walkers *w)
{
  static paths p;
  static double common[DELAY_BINS + N_SAMPLE + 1][3];
  const double step = sqrt(w->slope * sample_ps / 3), own = sqrt(1 - w->common), shared = sqrt(w->common);
  memset(&p, 0, sizeof p);
  for (int k = 0; k <= DELAY_BINS + w->n_sample; k++)
    for (int a = 0; a < 3; a++) common[k][a] = step * unit_normal(seed, 3, k, a);
  for (int i = 0; i < N_ALKALI; i++) {
    const int delay = delayed(w, seed, i);
    for (int k = 1; k <= w->n_sample; k++)
      for (int a = 0; a < 3; a++)
        p.r[i][k][a] = p.r[i][k - 1][a] + own * step * unit_normal(seed, 4, k, 3 * i + a) +
                       shared * common[k + DELAY_BINS - delay][a];
  }
  for (int i = 0; i < N_ALKALI; i++)
    for (int k = 0; k <= w->n_sample; k++)
      for (int a = 0; a < 3; a++) {
        p.r[i][k][a] += w->rattle_a * unit_normal(seed, 5, k, 3 * i + a);
        p.r[N_ALKALI][k][a] += p.r[i][k][a];
      }
  return observe_all(g, &p, w->z_alkali, w->n_sample);
}
