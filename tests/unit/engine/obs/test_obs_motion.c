/* Van Hove functions, thirds of the run, paths: observables of motion against known answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/engine/obs/obs_bench.h"
#include "tests/vt_test.h"

static const double pi = 3.14159265358979323846;

static double shell_volume(double lo, double hi) { return 4 * pi / 3 * (hi * hi * hi - lo * lo * lo); }

/* ------------------------------------------------------------------ van Hove, self part */

static void the_lags_double_until_half_of_the_run(void **state)
{
  (void)state;
  const int samples[] = {1, 2, 4, 5, 6, 8, 9, 33, 121, 130, 131, 1000};
  for (size_t c = 0; c < sizeof samples / sizeof samples[0]; c++) {
    bench b = {.plan = plan_of(1, 0, samples[c] == 1 ? 1 : (samples[c] - 1) * 5.0, 1)};
    ask(&b.plan, "vanhove", 5);
    bench_open(&b);
    bench_finish(&b);
    int n;
    const double *lag = array(&b, "vanhove/lag_ps", &n);
    for (int k = 0; k < n; k++) near(lag[k], 5 * pow(2, k), 1e-9);
    assert_true(lag[n - 1] >= 5 * ((samples[c] - 1) / 2)); /* whole samples */
    assert_true(n == 2 || lag[n - 2] < 5 * ((samples[c] - 1) / 2));
    bench_close(&b);
  }
}

/* Without noise every origin says the same, so the two observables may use different ones.  A histogram knows r to half
 * a bin: |<r^2> - sum p r_k^2| <= bin <r> + bin^2 / 4. */
static void its_second_moment_is_the_msd(void **state)
{
  (void)state;
  enum { N_A = 40, N_B = 25, N = N_A + N_B, T = 64 };
  static int type[N];
  static double dx[N][3], v[N][3];
  bench b = {.plan = plan_of(N_A, N_B, T * 0.1, 1)};
  ask(&b.plan, "msd", 0.1);
  ask(&b.plan, "vanhove", 0.1);
  b.plan.obs[1].par[1] = 50;
  bench_open(&b);
  for (uint32_t i = 0; i < N; i++) {
    double g[4];
    type[i] = (int)i < N_A ? 0 : 1;
    vt_rng_normal2(3, VT_STREAM_TEST, 0, 0, i, g);
    vt_rng_normal2(3, VT_STREAM_TEST, 1, 0, i, g + 2);
    for (int c = 0; c < 3; c++) v[i][c] = (1 + 2 * type[i]) * g[c];
  }
  for (int t = 0; t <= T; t++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, t * 100);
    for (int i = 0; i < N; i++)
      for (int c = 0; c < 3; c++) dx[i][c] = v[i][c] * fr.time_ps;
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n_lag, n_bins, n_msd;
  const double *lag = array(&b, "vanhove/lag_ps", &n_lag), *r = array(&b, "vanhove/r", &n_bins);
  const double *self = array(&b, "vanhove/self", NULL);
  const double *msd_lag = array(&b, "msd/lag_ps", &n_msd), *mean = array(&b, "msd/mean", NULL);
  const double bin = r[1] - r[0];
  int compared = 0;
  for (int k = 0; k < n_lag; k++)
    for (int m = 0; m < n_msd; m++) {
      if (fabs(lag[k] - msd_lag[m]) > 1e-9) continue;
      for (int s = 0; s < 2; s++, compared++) {
        double sum = 0, first = 0, second = 0;
        for (int q = 0; q < n_bins; q++) {
          double p = self[(s * n_lag + k) * n_bins + q] * bin;
          sum += p, first += p * r[q], second += p * r[q] * r[q];
        }
        near(sum, 1, 1e-12); /* nobody has gone beyond 50 A */
        near(second, mean[s * n_msd + m], bin * first + bin * bin / 4);
        if (k > 2) near(second / mean[s * n_msd + m], 1, 0.02); /* errors of many atoms cancel */
      }
    }
  assert_int_equal(compared, 2 * 6); /* 1, 2, ..., 32 samples */
  bench_close(&b);
}

/* Chance of a distance below r when each component is normal with standard deviation s. */
static double maxwell_within(double r, double s)
{
  return erf(r / (sqrt(2) * s)) - sqrt(2 / pi) * r / s * exp(-r * r / (2 * s * s));
}

/* Steps of variance a^2 per axis: the distance after m steps has the density of Maxwell with variance m a^2.  Counts
 * are Poisson; windows overlap by half at every lag above 1, which at most doubles their variance. */
static void a_gaussian_walk_has_the_density_of_maxwell(void **state)
{
  (void)state;
  enum { N = 400, T = 128 };
  const double a = 0.35;
  static double dx[N][3];
  static int type[N];
  memset(dx, 0, sizeof dx);
  bench b = {.plan = plan_of(N, 0, T * 5.0, 1)};
  ask(&b.plan, "vanhove", 5);
  bench_open(&b);
  for (int t = 0; t <= T; t++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, (int64_t)t * 5000);
    bench_sample(&b, &fr);
    for (uint32_t i = 0; i < N; i++) {
      double g[4];
      vt_rng_normal2(11, VT_STREAM_TEST, 0, t, i, g);
      vt_rng_normal2(11, VT_STREAM_TEST, 1, t, i, g + 2);
      for (int c = 0; c < 3; c++) dx[i][c] += a * g[c];
    }
  }
  bench_finish(&b);
  int n_lag, n_bins;
  const double *lag = array(&b, "vanhove/lag_ps", &n_lag), *r = array(&b, "vanhove/r", &n_bins);
  const double *self = array(&b, "vanhove/self", NULL);
  for (int k = 0; k < n_lag - 1; k++) {
    const int m = (int)lround(lag[k] / 5), stride = m > 2 ? m / 2 : 1, origins = (T - m) / stride + 1;
    const double s2 = m * a * a, bin = r[1] - r[0];
    double chi2 = 0;
    int used = 0;
    for (int q = 0; q < n_bins; q++) {
      double p = maxwell_within(r[q] + bin / 2, sqrt(s2)) - maxwell_within(r[q] - bin / 2, sqrt(s2));
      double expected = p * N * origins;
      if (expected < 20) continue;
      double d = self[k * n_bins + q] * bin * N * origins - expected;
      chi2 += d * d / expected;
      used++;
    }
    assert_true(used > 8);
    if (chi2 > (m > 1 ? 2 : 1) * (used + 5 * sqrt(2.0 * used))) fail_msg("lag %d: chi2 %g of %d bins", m, chi2, used);
  }
  bench_close(&b);
}

/* ------------------------------------------------------------------ van Hove, distinct part */

static void a_frozen_crystal_keeps_its_g(void **state)
{
  (void)state;
  enum { CELLS = 4, N = 8 * CELLS * CELLS * CELLS, T = 9 };
  const double half = 2.51; /* keeps every shell off the edges of the bins */
  static double x[N][3], dx[N][3];
  static int type[N];
  for (int n = 0; n < N; n++) {
    const int at[3] = {n % 8, n / 8 % 8, n / 64};
    type[n] = (at[0] + at[1] + at[2]) % 2;
    for (int c = 0; c < 3; c++) x[n][c] = at[c] * half;
  }
  bench b = {.plan = plan_of(N / 2, N / 2, (T - 1) * 5, 1)};
  ask(&b.plan, "rdf", 5);
  ask(&b.plan, "vanhove", 5);
  for (int k = 0; k < 2; k++) b.plan.obs[0].par[k] = b.plan.obs[1].par[k];
  bench_open(&b);
  for (int t = 0; t < T; t++) {
    vt_frame fr = frame_of(&b.plan, type, x, dx, (int64_t)t * 5000);
    fr.cell = vt_cell_cubic(2 * CELLS * half);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n_bins, n_lag;
  (void)array(&b, "vanhove/lag_ps", &n_lag);
  const double *g = array(&b, "rdf/g", &n_bins), *distinct = array(&b, "vanhove/distinct", NULL);
  const double *self = array(&b, "vanhove/self", NULL);
  assert_int_equal(n_bins, 100);
  for (int pair = 0; pair < 3; pair++)
    for (int k = 0; k < n_lag; k++)
      for (int q = 0; q < n_bins; q++) {
        double want = g[pair * n_bins + q], got = distinct[(pair * n_lag + k) * n_bins + q];
        assert_int_equal(isnan(got), isnan(want));
        if (!isnan(want)) near(got, want, 1e-12 * (1 + want));
      }
  for (int at = 0; at < 2 * n_lag * n_bins; at++) near(self[at], at % n_bins == 0 ? 10 : 0, 1e-12); /* all in bin 0 */
  bench_close(&b);
}

/* Every frame is drawn anew: a pair of frames is an ideal gas in which atom i knows nothing of j.  Like pairs see 1 -
 * 1/N.  Pairs in a bin are Poisson; the sum of squares over the bins is chi-square, 5 of its standard deviations. */
static void an_ideal_gas_is_flat_at_every_lag(void **state)
{
  (void)state;
  enum { N_A = 30, N_B = 60, N = N_A + N_B, T = 300 };
  static double x[N][3], dx[N][3];
  static int type[N];
  const int count[2] = {N_A, N_B};
  const vt_cell skew = {.h = {{20, 0, 0}, {6, 19, 0}, {-5, 4, 21}}};
  for (int i = 0; i < N; i++) type[i] = i >= N_A;
  bench b = {.plan = plan_of(N_A, N_B, T * 5.0, 1)};
  ask(&b.plan, "vanhove", 5);
  b.plan.obs[0].par[1] = 8;
  bench_open(&b);
  for (int t = 0; t <= T; t++) {
    for (uint32_t i = 0; i < N; i++) {
      double u[4];
      vt_rng_uniform2(6, VT_STREAM_TEST, 0, t, i, u);
      vt_rng_uniform2(6, VT_STREAM_TEST, 1, t, i, u + 2);
      for (int c = 0; c < 3; c++) x[i][c] = u[0] * skew.h[0][c] + u[1] * skew.h[1][c] + u[2] * skew.h[2][c];
    }
    vt_frame fr = frame_of(&b.plan, type, x, dx, (int64_t)t * 5000);
    fr.cell = skew;
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n_lag, n_bins;
  const double *lag = array(&b, "vanhove/lag_ps", &n_lag), *r = array(&b, "vanhove/r", &n_bins);
  const double *g = array(&b, "vanhove/distinct", NULL);
  for (int i = 0; i < 2; i++)
    for (int j = i; j < 2; j++)
      for (int k = 0; k < 5; k++) {
        const int m = (int)lround(lag[k] / 5), stride = m > 2 ? m / 2 : 1, origins = (T - m) / stride + 1;
        const double want = i == j ? 1 - 1.0 / count[i] : 1;
        double chi2 = 0;
        int used = 0;
        for (int q = 0; q < n_bins && r[q] < 7.9; q++) {
          double pairs = (i == j ? count[i] - 1.0 : 2.0 * count[j]) * count[i] * origins;
          double expected = pairs * shell_volume(r[q] - 0.05, r[q] + 0.05) / vt_cell_volume(&skew);
          if (expected < 10) continue;
          double d = (g[(vt_pair_index(i, j, 2) * n_lag + k) * n_bins + q] / want - 1) * sqrt(expected);
          chi2 += d * d;
          used++;
        }
        assert_true(used > 40);
        if (fabs(chi2 - used) > 5 * sqrt(2.0 * used)) fail_msg("pair %d%d, lag %d: chi2 %g of %d", i, j, m, chi2, used);
      }
  bench_close(&b);
}

/* A stays, B jumps: A before to B after counts in the later cell and with its volume; B before to A after as well. */
static void distances_are_taken_in_the_later_cell(void **state)
{
  (void)state;
  const double edge[3] = {12, 13, 14}, at[3] = {2.05, 3.05, 4.05};
  double x[2][3] = {{0}}, dx[2][3] = {{0}};
  const int type[2] = {0, 1};
  bench b = {.plan = plan_of(1, 1, 10, 1)};
  ask(&b.plan, "vanhove", 5);
  bench_open(&b);
  for (int t = 0; t < 3; t++) {
    x[1][0] = t == 2 ? edge[2] - at[2] : at[t]; /* the last across the boundary */
    vt_frame fr = frame_of(&b.plan, type, x, dx, (int64_t)t * 5000);
    fr.cell = vt_cell_cubic(edge[t]);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n_lag, n_bins;
  (void)array(&b, "vanhove/lag_ps", &n_lag);
  const double *r = array(&b, "vanhove/r", &n_bins), *g = array(&b, "vanhove/distinct", NULL) + n_lag * n_bins;
  const double v1 = pow(13, 3), v2 = pow(14, 3);
  for (int q = 0; q < n_bins; q++) {
    /* lag 1: A0-B1 at 3.05 and B0-A1 at 2.05 with v1, A1-B2 at 4.05 and B1-A2 at 3.05 with v2; two origins */
    double want = q == 30 ? v1 + v2 : q == 20 ? v1 : q == 40 ? v2 : 0;
    assert_int_equal(isnan(g[q]),
                     r[q] + 0.05 > 0.45 * 13 + 1e-9); /* the first frame, in the smallest cell, is nobody's later one */
    if (!isnan(g[q])) near(g[q], want / (2 * 2 * shell_volume(r[q] - 0.05, r[q] + 0.05)), 1e-9 * (1 + want));
    want = q == 40 || q == 20 ? v2 : 0; /* lag 2: A0-B2 and B0-A2 */
    if (!isnan(g[q])) near(g[n_bins + q], want / (2 * shell_volume(r[q] - 0.05, r[q] + 0.05)), 1e-9 * (1 + want));
  }
  bench_close(&b);
}

/* ------------------------------------------------------------------ thirds of the run */

/* Speeds change at the thirds: at one sample's lag each third knows its own alone. */
static void a_third_of_the_run_has_its_own_msd(void **state)
{
  (void)state;
  enum { N_A = 2, N_B = 1, N = N_A + N_B, T = 300 };
  const double speed[3] = {1, 2, 5};
  const int type[N] = {0, 1, 0};
  double dx[N][3] = {{0}};
  bench b = {.plan = plan_of(N_A, N_B, (T - 1) * 0.1, 1)};
  ask(&b.plan, "msd", 0.1);
  bench_open(&b);
  for (int t = 0; t < T; t++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, t * 100);
    for (int i = 0; i < N && t > 0; i++) dx[i][i] += speed[3 * t / T] * (type[i] ? 3 : 1) * 0.1;
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *mean = array(&b, "msd/mean", &n), *third = array(&b, "msd/third_mean", NULL);
  const double *origins = array(&b, "msd/origins", NULL), *per = array(&b, "msd/third_origins", NULL);
  for (int s = 0; s < 2; s++) {
    for (int t = 0; t < 3; t++) near(third[(3 * s + t) * n], pow(speed[t] * (s ? 3 : 1) * 0.1, 2), 1e-12);
    for (int k = 0; k < n; k++) {
      double sum = 0, count = 0;
      for (int t = 0; t < 3; t++) {
        count += per[t * n + k];
        if (per[t * n + k] > 0) sum += per[t * n + k] * third[(3 * s + t) * n + k];
        assert_int_equal(isnan(third[(3 * s + t) * n + k]), per[t * n + k] == 0);
      }
      near(count, origins[k], 0);
      near(sum / (origins[k] * mean[s * n + k]), 1, 1e-12);
    }
  }
  near(per[0], 99, 0); /* 100 samples a third, the very first has nothing before it */
  near(per[n], 100, 0);
  near(per[2 * n], 100, 0);
  bench_close(&b);
}

/* ------------------------------------------------------------------ path */

static void the_path_is_the_displacement_since_the_start(void **state)
{
  (void)state;
  enum { N_A = 2, N_B = 3, N = N_A + N_B, T = 5001, SAMPLED = 4000, STRIDE = 4, MOST = 2001 };
  const int type[N] = {0, 1, 1, 0, 1};
  double dx[N][3];
  bench b = {.plan = plan_of(N_A, N_B, (T - 1) * 0.1, 1)};
  ask(&b.plan, "charge", 0.1);
  bench_open(&b);
  for (int t = 0; t < SAMPLED; t++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, t * 100);
    for (int i = 0; i < N; i++)
      for (int c = 0; c < 3; c++) dx[i][c] = 7 + i + (c + 1) * (type[i] ? sin(0.01 * t) : 0.003 * t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *time = array(&b, "charge/path_ps", &n), *path = array(&b, "charge/path", NULL);
  assert_int_equal(n, (T - 1) / STRIDE + 1);
  assert_true(n <= MOST && 2 * (n - 1) + 1 > MOST); /* no finer stride would do */
  for (int k = 0; k < n; k++) {
    const int t = k * STRIDE;
    near(time[k], 0.1 * t, 1e-9);
    for (int c = 0; c < 3; c++) {
      const double *a = &path[k * 3 + c], *q = &path[(n + k) * 3 + c];
      if (t >= SAMPLED) {
        assert_true(isnan(*a) && isnan(*q));
        continue;
      }
      near(*a, N_A * (c + 1) * 0.003 * t, 1e-10);
      near(*q, N_B * (c + 1) * sin(0.01 * t), 1e-10);
    }
  }
  bench_close(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_lags_double_until_half_of_the_run),
      cmocka_unit_test(its_second_moment_is_the_msd),
      cmocka_unit_test(a_gaussian_walk_has_the_density_of_maxwell),
      cmocka_unit_test(a_frozen_crystal_keeps_its_g),
      cmocka_unit_test(an_ideal_gas_is_flat_at_every_lag),
      cmocka_unit_test(distances_are_taken_in_the_later_cell),
      cmocka_unit_test(a_third_of_the_run_has_its_own_msd),
      cmocka_unit_test(the_path_is_the_displacement_since_the_start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
