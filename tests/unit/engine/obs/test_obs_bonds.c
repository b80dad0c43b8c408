/* Metal-anion bonds in time. */
#include <math.h>
#include <string.h>

#include "tests/support/obs_bench.h"
#include "tests/unit/engine/obs/obs_history.h"
#include "tests/vt_test.h"

enum { LI, AL, CL, O };
static const double chlorine_a = 2.6, oxygen_a = 2.2; /* cutoffs */

static vt_cutoffs cutoffs_of_bonds(const vt_plan *p)
{
  vt_cutoffs cut;
  vt_cutoffs_default(&p->comp, &cut);
  cut.r[CL][AL] = cut.r[AL][CL] = chlorine_a;
  cut.r[AL][O] = cut.r[O][AL] = oxygen_a;
  return cut;
}

static const double *lags_of_pair(const bench *b, const char *name, int i, int j)
{
  int n;
  const double *v = array(b, name, &n);
  return v + (ptrdiff_t)vt_pair_index(i, j, HISTORY_SPECIES) * n;
}

/* A bond of 2.1 A that turns by a fixed angle a sample: P2(cos(n angle)) for every origin, to rounding. */
static void a_bond_that_turns_steadily_has_the_c2_of_its_angle(void **state)
{
  (void)state;
  enum { T = 200 };
  const int count[HISTORY_SPECIES] = {1, 1, 1, 1}, type[4] = {LI, AL, CL, O};
  const double angle = 0.13;
  int n_lag;
  bench b = {.plan = plan_of_glass(count, T)};
  ask(&b.plan, "bonds", 0.1);
  b.cutoffs = cutoffs_of_bonds(&b.plan);
  bench_open(&b);
  for (int t = 0; t < T; t++) {
    double x[4][3] = {{10, 10, 10}, {1, 1, 1}, {1, 1, 1}, {14, 14, 14}};
    x[2][0] += 2.1 * cos(angle * t), x[2][2] -= 2.1 * sin(angle * t); /* through the faces of the cell */
    vt_frame fr = frame_of(&b.plan, type, x, x, t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  const double *lag = array(&b, "bonds/lag_ps", &n_lag);
  for (int i = 0; i < n_lag; i++) {
    if (lag[i] > 0.1 * (T - 1)) continue; /* no origin */
    const double cosine = cos(angle * lag[i] / 0.1);
    near(lags_of_pair(&b, "bonds/c2", AL, CL)[i], 1.5 * cosine * cosine - 0.5, 1e-12);
    near(lags_of_pair(&b, "bonds/continuous", AL, CL)[i], 1, 0);
    near(lags_of_pair(&b, "bonds/endpoint", CL, AL)[i], 1, 0);
    assert_true(isnan(lags_of_pair(&b, "bonds/c2", AL, O)[i])); /* no such bond */
  }
  bench_close(&b);
}

/* One step of a rod: by a fixed angle about an axis across it, uniformly random. */
static void turn(double u[3], double angle, int64_t step, uint32_t rod)
{
  double g[4], across[3], dot = 0, norm = 0;
  vt_rng_normal2(9, VT_STREAM_TEST, 0, step, rod, g);
  vt_rng_normal2(9, VT_STREAM_TEST, 1, step, rod, g + 2);
  for (int c = 0; c < 3; c++) dot += g[c] * u[c];
  for (int c = 0; c < 3; c++) {
    across[c] = g[c] - dot * u[c];
    norm += across[c] * across[c];
  }
  for (int c = 0; c < 3; c++) u[c] = cos(angle) * u[c] + sin(angle) * across[c] / sqrt(norm);
}

/* Each step multiplies <P2> by P2(cos angle) = exp(-6 D dt), by the addition theorem of the Legendre polynomials.  P2
 * has a variance of 1/5 in a uniform distribution; a rod holds T / (n + 1/(6 D dt)) independent windows; 4 standard
 * errors, the seed is fixed. */
static void a_rod_that_turns_freely_decays_with_six_times_its_diffusivity(void **state)
{
  (void)state;
  enum { SIDE = 4, RODS = SIDE * SIDE * SIDE, T = 3000, N = 2 * RODS + 2 };
  const int count[HISTORY_SPECIES] = {1, RODS, RODS, 1};
  const double angle = 0.25, step = 1.5 * cos(angle) * cos(angle) - 0.5, six_d = -log(step) / 0.1; /* 1/ps */
  static int type[N];
  static double x[N][3], u[RODS][3];
  int n_lag;
  bench b = {.plan = plan_of_glass(count, T)};
  types_of(count, type);
  ask(&b.plan, "bonds", 0.1);
  b.cutoffs = cutoffs_of_bonds(&b.plan);
  bench_open(&b);
  for (int i = 0; i < RODS; i++) { /* 5 A apart: an anion is at least 3 A from other metals, which is no bond */
    x[1 + i][0] = 5 * (i % SIDE), x[1 + i][1] = 5 * (i / SIDE % SIDE), x[1 + i][2] = 5 * (i / SIDE / SIDE);
    u[i][0] = 1;
  }
  for (int c = 0; c < 3; c++) x[0][c] = x[N - 1][c] = 2.5;
  for (int t = -100; t < T; t++) { /* 100 steps forget the common direction */
    for (int i = 0; i < RODS; i++) {
      turn(u[i], angle, t + 100, (uint32_t)i);
      for (int c = 0; c < 3; c++) x[1 + RODS + i][c] = x[1 + i][c] + 2.0 * u[i][c];
    }
    if (t < 0) continue;
    vt_frame fr = frame_of(&b.plan, type, x, x, t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  const double *lag = array(&b, "bonds/lag_ps", &n_lag), *c2 = lags_of_pair(&b, "bonds/c2", AL, CL);
  for (int i = 0; i < n_lag && lag[i] < 10; i++) {
    const double windows = RODS * T / (lag[i] / 0.1 + 1 / (six_d * 0.1));
    near(c2[i], exp(-six_d * lag[i]), 4 * sqrt(0.2 / windows));
  }
  near(array(&b, "bonds/per_metal", NULL)[vt_pair_index(AL, CL, HISTORY_SPECIES)], 1, 1e-12);
  bench_close(&b);
}

/* ------------------------------------------------------------------ against all pairs of frames */

enum { N_LI = 2, N_AL = 4, N_CL = 7, N_O = 5, N = N_LI + N_AL + N_CL + N_O, T = 300 };
static double track[T][N][3];

/* Sums of one lag over all bonds of the metals with one atom. */
static void add_bonds_of(int atom, double cutoff, int n, double sum[4])
{
  static char is[T];
  double r[T], d[3], e[3];
  for (int m = N_LI; m < N_LI + N_AL; m++) {
    for (int t = 0; t < T; t++) r[t] = image(track[t][m], track[t][atom], d);
    bond_history(T, r, cutoff, 0.4, is);
    for (int t0 = 0; t0 + n < T; t0 += stride_of(n)) {
      sum[0] += is[t0];
      if (!is[t0] || !is[t0 + n]) continue;
      sum[1]++;
      if (longest_absence(is, t0, t0 + n) > 0) continue;
      double dot = 0;
      (void)image(track[t0][m], track[t0][atom], d);
      (void)image(track[t0 + n][m], track[t0 + n][atom], e);
      for (int c = 0; c < 3; c++) dot += d[c] * e[c];
      dot /= r[t0] * r[t0 + n];
      sum[2]++;
      sum[3] += 1.5 * dot * dot - 0.5;
    }
  }
}

static void bonds_agree_with_all_pairs_of_frames(void **state)
{
  (void)state;
  const int count[HISTORY_SPECIES] = {N_LI, N_AL, N_CL, N_O};
  int type[N], n_lag;
  bench b = {.plan = plan_of_glass(count, T)};
  types_of(count, type);
  for (int t = 0; t < T; t++)
    for (uint32_t i = 0; i < N; i++) {
      double g[4];
      vt_rng_normal2(6, VT_STREAM_TEST, 0, t, i, g);
      vt_rng_normal2(6, VT_STREAM_TEST, 1, t, i, g + 2);
      for (int c = 0; c < 3; c++) track[t][i][c] = t ? 0.97 * track[t - 1][i][c] + 0.3 * g[c] : g[c];
    }
  ask(&b.plan, "bonds", 0.1);
  b.cutoffs = cutoffs_of_bonds(&b.plan);
  bench_open(&b);
  for (int t = 0; t < T; t++) {
    vt_frame fr = frame_of(&b.plan, type, track[t], track[t], t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  const double *lag = array(&b, "bonds/lag_ps", &n_lag);
  for (int s = CL; s <= O; s++) {
    double now[4] = {0};
    for (int i = 0; i < n_lag; i++) {
      double sum[4] = {0};
      for (int a = 0; a < N; a++)
        if (type[a] == s) add_bonds_of(a, s == CL ? chlorine_a : oxygen_a, (int)lround(lag[i] / 0.1), sum);
      if (sum[0] == 0) continue;
      near(lags_of_pair(&b, "bonds/endpoint", AL, s)[i], sum[1] / sum[0], 1e-14);
      near(lags_of_pair(&b, "bonds/continuous", AL, s)[i], sum[2] / sum[0], 1e-14);
      if (sum[2] > 0) near(lags_of_pair(&b, "bonds/c2", AL, s)[i], sum[3] / sum[2], 1e-12); /* vectors through images */
      assert_true(i != 5 || (sum[2] > 10 && sum[2] < sum[1])); /* there is something to be seen */
    }
    for (int a = 0; a < N; a++)
      if (type[a] == s) add_bonds_of(a, s == CL ? chlorine_a : oxygen_a, 0, now);
    near(array(&b, "bonds/per_metal", NULL)[vt_pair_index(AL, s, HISTORY_SPECIES)], now[0] / (T * N_AL), 1e-12);
  }
  assert_true(isnan(array(&b, "bonds/per_metal", NULL)[vt_pair_index(LI, CL, HISTORY_SPECIES)]));
  assert_true(isnan(lags_of_pair(&b, "bonds/continuous", LI, AL)[0]));
  assert_true(isnan(lags_of_pair(&b, "bonds/endpoint", CL, O)[0]));
  bench_close(&b);
}

static void a_metal_with_too_many_anions_ends_the_observable(void **state)
{
  (void)state;
  enum { ANIONS = 13, ATOMS = ANIONS + 3 };
  const int count[HISTORY_SPECIES] = {1, 1, ANIONS, 1};
  vt_err err = {0};
  int type[ATOMS];
  double x[ATOMS][3];
  bench b = {.plan = plan_of_glass(count, 10)};
  types_of(count, type);
  for (int i = 0; i < ATOMS; i++) x[i][0] = type[i] == CL ? 0.15 * i : type[i] == AL ? 0 : 10, x[i][1] = x[i][2] = 1;
  ask(&b.plan, "bonds", 0.1);
  b.cutoffs = cutoffs_of_bonds(&b.plan);
  bench_open(&b);
  vt_frame fr = frame_of(&b.plan, type, x, x, 0);
  VT_TEST_OK(vt_obs_set_sample(b.set, &fr, &err), &err);
  bench_finish(&b);
  assert_true(isnan(array(&b, "bonds/per_metal", NULL)[0]));
  near(array(&b, "bonds/origins", NULL)[0], 0, 0);
  bench_close(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bond_that_turns_steadily_has_the_c2_of_its_angle),
      cmocka_unit_test(a_rod_that_turns_freely_decays_with_six_times_its_diffusivity),
      cmocka_unit_test(bonds_agree_with_all_pairs_of_frames),
      cmocka_unit_test(a_metal_with_too_many_anions_ends_the_observable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
