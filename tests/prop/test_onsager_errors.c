/* Errors that one trajectory states of its transference numbers and Onsager coefficients, against their scatter. */
#include <math.h>
#include <string.h>

#include "engine/transport/transport.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

enum { N_SPECIES = 3, N_PAIR = 6, N_SAMPLE = 400, N_LAG = 8, WALKS = 600 };
static const double sample_ps = 0.5;

/* Li, Al and Cl whose collective coordinates are independent Gaussian walks in the laboratory; 8 formula units. */
typedef struct cell {
  vt_composition comp;
  double lag[N_LAG], mean[N_SPECIES * N_LAG], m4[N_SPECIES * N_LAG], corr[N_PAIR * N_LAG];
  double p[N_SPECIES][N_SAMPLE + 1][3];
} cell;

static vt_tr_input walk_cell(cell *c, uint64_t seed)
{
  const double step[N_SPECIES] = {3, 1, 2}; /* A a sample and coordinate */
  *c = (cell){.comp = {.name = "LiAlCl4",
                       .n_species = N_SPECIES,
                       .z = {3, 13, 17},
                       .count = {8, 8, 32},
                       .charge = {1, 3, -1},
                       .n_atoms = 48}};
  for (int s = 0; s < N_SPECIES; s++)
    for (int k = 1; k <= N_SAMPLE; k++)
      for (int a = 0; a < 3; a++) {
        double g[2];
        vt_rng_normal2(seed, VT_STREAM_TEST, (uint32_t)a, k, (uint32_t)s, g);
        c->p[s][k][a] = c->p[s][k - 1][a] + step[s] * g[0];
      }
  for (int n = 0; n < N_LAG; n++) {
    const int lag = n + 1;
    c->lag[n] = lag * sample_ps;
    for (int i = 0; i < N_SPECIES; i++) {
      c->mean[i * N_LAG + n] = c->lag[n];
      c->m4[i * N_LAG + n] = 5.0 / 3 * c->lag[n] * c->lag[n];
      for (int j = i; j < N_SPECIES; j++) {
        double sum = 0;
        for (int k = 0; k + lag <= N_SAMPLE; k++)
          for (int a = 0; a < 3; a++)
            sum += (c->p[i][k + lag][a] - c->p[i][k][a]) * (c->p[j][k + lag][a] - c->p[j][k][a]);
        c->corr[vt_pair_index(i, j, N_SPECIES) * N_LAG + n] = sum / (N_SAMPLE + 1 - lag);
      }
    }
  }
  return (vt_tr_input){.comp = &c->comp,
                       .run_ps = N_SAMPLE * sample_ps,
                       .t_k = 600,
                       .volume_a3 = 1000,
                       .n_lag = N_LAG,
                       .lag_ps = c->lag,
                       .msd_mean = c->mean,
                       .msd_m4 = c->m4,
                       .n_clag = N_LAG,
                       .clag_ps = c->lag,
                       .charge_corr = c->corr,
                       .frame = VT_TR_FRAMEWORK};
}

typedef struct tally {
  double sum, sum2, se2;
} tally;

static void take(tally *t, double x, double se)
{
  t->sum += x / WALKS;
  t->sum2 += x * x / WALKS;
  t->se2 += se * se / WALKS;
}

/* A standard deviation from 600 walks is known to 3 %, and the theory is that of lags short against the run, sampled
 * without end: 4 of 200 ps, 4 samples in the shorter lag (a thirty-second of the variance). */
static void check_errors(const char *what, const tally *t)
{
  const double sd = sqrt((t->sum2 - t->sum * t->sum) * WALKS / (WALKS - 1));
  vt_test_between(what, sqrt(t->se2) / sd, 0.88, 1.12);
}

static void stated_errors_are_the_scatter_of_walks(void **state)
{
  (void)state;
  static cell c;
  static const int frame[] = {VT_TR_BARYCENTRIC, VT_TR_FRAMEWORK};
  for (int f = 0; f < 2; f++) {
    tally t[N_SPECIES] = {{0}}, l[N_SPECIES][N_SPECIES] = {{{0}}};
    for (uint64_t w = 0; w < WALKS; w++) {
      vt_err err;
      vt_onsager o;
      const vt_tr_input in = walk_cell(&c, w);
      VT_TEST_OK(vt_tr_onsager(&in, 2, 4, frame[f], &o, &err), &err);
      assert_int_equal(o.dof, 4);
      for (int i = 0; i < N_SPECIES; i++) {
        take(&t[i], o.t[i], o.t_se[i]);
        for (int j = 0; j < N_SPECIES; j++) take(&l[i][j], o.l[i][j], o.l_se[i][j]);
      }
    }
    for (int i = 0; i < N_SPECIES; i++) {
      if (f == 1 && i == 1) continue; /* the metal rests in its own frame */
      check_errors("t: stated error / scatter", &t[i]);
      for (int j = i; j < N_SPECIES; j++)
        if (f == 0 || j != 1) check_errors("L: stated error / scatter", &l[i][j]);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(stated_errors_are_the_scatter_of_walks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
