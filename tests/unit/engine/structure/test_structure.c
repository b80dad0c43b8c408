/* Non-Gaussian parameter, coordination, stationarity: known answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/structure/structure.h"
#include "engine/transport/transport.h"
#include "tests/support/obs_bench.h"
#include "tests/vt_test.h"

static const double pi = 3.14159265358979323846;

/* ------------------------------------------------------------------ walks through the observables */

/* Gaussian steps every 0.5 ps; the variance of a step per axis, A^2, may depend on the atom and on the time. */
typedef double step_variance(int i, double part_of_run);

static double calm(int i, double part) { return (void)i, (void)part, 0.2; }
static double doubling(int i, double part) { return (void)i, part > 0.5 ? 0.4 : 0.2; }
static double two_kinds(int i, double part) { return (void)part, i % 2 ? 0.3 : 0.1; }

static bench walk(int n_a, int n_b, int steps, uint64_t seed, step_variance *variance)
{
  enum { MOST = 400 };
  static double dx[MOST][3];
  static int type[MOST];
  bench b = {.plan = plan_of(n_a, n_b, steps * 0.5, 1)};
  const int n = n_a + n_b;
  assert_in_range(n, 1, MOST);
  memset(dx, 0, sizeof dx);
  for (int i = 0; i < n; i++) type[i] = i >= n_a;
  ask(&b.plan, "msd", 0.5);
  ask(&b.plan, "thermo", 0.5);
  bench_open(&b);
  for (int t = 0; t <= steps; t++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, t * 500);
    double noise[4];
    vt_rng_normal2(seed, VT_STREAM_TEST, 2, t, 0, noise);
    vt_rng_normal2(seed, VT_STREAM_TEST, 3, t, 0, noise + 2);
    fr.t_k = 500 + 20 * noise[0], fr.pressure = 0.001 * noise[1], fr.e_pot = -4.0 * n + noise[2];
    bench_sample(&b, &fr);
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
      double g[4], a = sqrt(variance((int)i, (t + 0.5) / steps));
      vt_rng_normal2(seed, VT_STREAM_TEST, 0, t, i, g);
      vt_rng_normal2(seed, VT_STREAM_TEST, 1, t, i, g + 2);
      for (int c = 0; c < 3; c++) dx[i][c] += a * g[c];
    }
  }
  bench_finish(&b);
  return b;
}

/* ------------------------------------------------------------------ non-Gaussian parameter */

/* Moments 3, 15, 105, 945 of dr^2 / a^2: relative variances 2/3 of <dr^2>, 16/5 of <dr^4>, covariance 4/3; hence 16/5 +
 * 4 * 2/3 - 4 * 4/3 = 8/15 for one window, of which there are atoms * run / lag that do not overlap; 4 errors. */
static void a_gaussian_walk_has_none(void **state)
{
  (void)state;
  enum { N = 200, T = 400 };
  bench b = walk(N, 0, T, 5, calm);
  int n;
  double alpha2[200];
  const double *lag = array(&b, "msd/lag_ps", &n), *mean = array(&b, "msd/mean", NULL), *m4 = array(&b, "msd/m4", NULL);
  assert_in_range(n, 10, 200);
  vt_non_gaussian((size_t)n, mean, m4, alpha2);
  for (int k = 0; k < n; k++) near(alpha2[k], 0, 4 * sqrt(8.0 / 15 * lag[k] / (N * T * 0.5)));
  bench_close(&b);
}

/* Half of the atoms with MSD a, half with b: ((a - b)/(a + b))^2, here 1/4; the variance of a window, as above, 1.74.
 */
static void two_populations_have_the_known_one(void **state)
{
  (void)state;
  enum { N = 200, T = 400 };
  bench b = walk(N, 0, T, 6, two_kinds);
  int n;
  double alpha2[200];
  const double *lag = array(&b, "msd/lag_ps", &n), *mean = array(&b, "msd/mean", NULL), *m4 = array(&b, "msd/m4", NULL);
  assert_in_range(n, 10, 200);
  vt_non_gaussian((size_t)n, mean, m4, alpha2);
  for (int k = 0; k < n; k++) near(alpha2[k], 0.25, 4 * sqrt(1.74 * lag[k] / (N * T * 0.5)));
  bench_close(&b);
}

static void moments_that_say_nothing_give_nan(void **state)
{
  (void)state;
  const double mean[4] = {2, 0, (double)NAN, 3}, m4[4] = {4, 0, 1, (double)NAN};
  double alpha2[4];
  vt_non_gaussian(4, mean, m4, alpha2);
  near(alpha2[0], -0.4, 1e-15); /* every atom goes the same distance */
  for (int k = 1; k < 4; k++) assert_true(isnan(alpha2[k]));
}

/* ------------------------------------------------------------------ coordination */

static const double half_a = 2.51; /* between unlike neighbours; keeps the shells off the edges of the bins */

static bench rock_salt(void)
{
  enum { N = 512 };
  static double x[N][3];
  static int type[N];
  for (int n = 0; n < N; n++) {
    const int at[3] = {n % 8, n / 8 % 8, n / 64};
    type[n] = (at[0] + at[1] + at[2]) % 2;
    for (int c = 0; c < 3; c++) x[n][c] = at[c] * half_a;
  }
  bench b = {.plan = plan_of(N / 2, N / 2, 1, 1)};
  ask(&b.plan, "rdf", 0.5);
  bench_open(&b);
  vt_frame fr = frame_of(&b.plan, type, x, x, 0);
  fr.cell = vt_cell_cubic(8 * half_a);
  bench_sample(&b, &fr);
  bench_finish(&b);
  return b;
}

static void rock_salt_has_six_neighbours(void **state)
{
  (void)state;
  vt_err err;
  bench b = rock_salt();
  int n;
  double running[200];
  const double *r = array(&b, "rdf/r", &n), *g = array(&b, "rdf/g", NULL), rho = 0.5 / pow(half_a, 3);
  vt_coordination c;
  assert_in_range(n, 10, 200);
  VT_TEST_OK(vt_coordination_of(n, r, g + n, rho, (double)NAN, running, &c, &err), &err);
  near(c.peak_a, half_a, 0.051); /* to a bin */
  near(c.height, 6 / (rho * 4 * pi / 3 * (pow(2.55, 3) - pow(2.5, 3))), 1e-6);
  assert_true(c.minimum_a > half_a + 0.1 && c.minimum_a < sqrt(3) * half_a - 0.1);
  near(c.cutoff_a, c.minimum_a, 0);
  near(c.cn, 6, 1e-9);
  const double shell[4] = {1, sqrt(3), sqrt(5), 3}, count[4] = {6, 14, 38, 68}; /* 6, 8, 24, 30 more */
  for (int k = 0; k < n; k++) {
    double want = 0;
    for (int m = 0; m < 4; m++)
      if (r[k] + 0.025 > shell[m] * half_a) want = count[m];
    near(running[k], want, 1e-9);
  }
  VT_TEST_OK(vt_coordination_of(n, r, g, rho, 1.2 * sqrt(2) * half_a, NULL, &c, &err), &err);
  near(c.cn, 12, 1e-9); /* the like neighbours: an fcc lattice */
  VT_TEST_OK(vt_coordination_of(n, r, g, rho, 8, NULL, &c, &err), &err);
  near(c.cn, 12 + 6 + 24 + 12 + 24, 1e-9); /* the last edge still counts: 24 at sqrt 10 */
  VT_TEST_OK(vt_coordination_of(n, r, g, rho, 8.1, NULL, &c, &err), &err);
  assert_true(isnan(c.cn)); /* nobody looked there */
  bench_close(&b);
}

/* g = 1: the neighbours in a sphere, wherever it cuts a bin. */
static void a_cutoff_inside_a_bin_takes_its_share(void **state)
{
  (void)state;
  enum { N = 40 };
  vt_err err;
  vt_coordination c;
  double r[N], g[N], running[N];
  for (int k = 0; k < N; k++) r[k] = 0.1 * (k + 0.5), g[k] = k < 30 ? 1 : (double)NAN;
  const double cutoff[] = {0.05, 1, 1.234, 2.97, 3};
  for (size_t i = 0; i < sizeof cutoff / sizeof cutoff[0]; i++) {
    VT_TEST_OK(vt_coordination_of(N, r, g, 0.07, cutoff[i], running, &c, &err), &err);
    near(c.cn, 0.07 * 4 * pi / 3 * pow(cutoff[i], 3), 1e-9);
    assert_true(isnan(c.minimum_a)); /* a gas has no shell */
  }
  assert_true(!isnan(running[29]) && isnan(running[30]));
  VT_TEST_OK(vt_coordination_of(N, r, g, 0.07, 3.05, NULL, &c, &err), &err);
  assert_true(isnan(c.cn));
  assert_int_equal(vt_coordination_of(N, r, g, 0, 2, NULL, &c, &err), VT_EINVAL);
  r[7] += 0.01;
  assert_int_equal(vt_coordination_of(N, r, g, 0.07, 2, NULL, &c, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "bin 7"));
}

/* ------------------------------------------------------------------ stationarity */

static vt_stationarity judged(const bench *b)
{
  vt_err err;
  vt_stationarity st;
  VT_TEST_OK(vt_st_from_arrays(&b->plan, b->defs, b->n_defs, b->values, &st, &err), &err);
  return st;
}

/* 20 atoms, 300 ps: D is known to 8 % in a third of the run (T 7.2 with lags from 5 ps), so that a factor of 2 is 5.4
 * of its standard errors; their scatter is a little less than 1, so below 3 is an event of 1 %. */
static void a_run_whose_diffusion_doubles_is_flagged(void **state)
{
  (void)state;
  enum { SEEDS = 20 };
  double z = 0, ratio = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    bench b = walk(20, 0, 600, 1000 + seed, doubling);
    vt_stationarity st = judged(&b);
    assert_int_equal(st.diffusion[0].flag, VT_STATIONARY_NO);
    assert_int_equal(st.flag, VT_STATIONARY_NO);
    z += st.diffusion[0].z / SEEDS;
    ratio += st.diffusion[0].last / st.diffusion[0].first / SEEDS;
    bench_close(&b);
  }
  near(z, 5.4, 1.0);
  near(ratio, 2, 0.2);
}

/* |z| > 3 is an event of 0.3 % for a normal variate; z scatters by less than 1 because the stated errors are too large
 * by 1.22 for independent walkers (T 7.2). */
static void a_stationary_walk_is_not_flagged(void **state)
{
  (void)state;
  enum { SEEDS = 100 };
  int calm_d = 0, calm_all = 0;
  double z2 = 0, z = 0, d = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    bench b = walk(20, 10, 600, 5000 + seed, calm);
    vt_stationarity st = judged(&b);
    calm_d += st.diffusion[0].flag == VT_STATIONARY_YES;
    calm_all += st.flag == VT_STATIONARY_YES;
    z += st.diffusion[0].z / SEEDS;
    z2 += st.diffusion[0].z * st.diffusion[0].z / SEEDS;
    d += 0.5 * (st.diffusion[0].first + st.diffusion[0].last) / SEEDS;
    bench_close(&b);
  }
  assert_true(calm_d >= 97);
  assert_true(calm_all >= 95);
  near(d, 0.2 / 0.5 / 2 * 1e-4, 0.03 * 2e-5); /* variance of a step per axis = 2 D dt */
  near(z, 0, 0.4);
  assert_true(z2 > 0.4 && z2 < 1.3); /* neither blind nor nervous */
}

/* White noise of n/3 values: z of a shift d is d / (s sqrt(6/n)); a shift of 6 errors is seen.  Without a shift also a
 * series with a memory of five values is not flagged; n as thermo gives it in 600 ps. */
static void a_drifting_mean_is_flagged(void **state)
{
  (void)state;
  enum { N = 1500 };
  vt_err err;
  vt_trend t;
  double x[N], g[2];
  const double error = sqrt(6.0 / N);
  int flagged = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    for (int drifts = 0; drifts <= 1; drifts++) {
      double ar = 0;
      for (int k = 0; k < N; k++) {
        vt_rng_normal2(seed, VT_STREAM_TEST, 0, k, 0, g);
        ar = drifts ? g[0] : 0.8 * ar + 0.6 * g[0];
        x[k] = ar + (drifts ? 9 * error * (k - N / 2.0) / N : 0); /* the thirds lie 2/3 of the run apart */
      }
      VT_TEST_OK(vt_st_series(N, x, -2, &t, &err), &err);
      if (!drifts) flagged += t.flag == VT_STATIONARY_NO;
      if (!drifts) continue;
      near(t.last - t.first, -2 * 6 * error, 2 * 4.5 * error);
      near(t.z, (t.last - t.first) / hypot(t.first_se, t.last_se), 1e-12);
      assert_true(t.last_se > 0.7 * 2 * error / sqrt(2) && t.last_se < 2 * 2 * error / sqrt(2));
      assert_true(t.first_se > 0.7 * 2 * error / sqrt(2) && t.first_se < 2 * 2 * error / sqrt(2));
    }
  }
  assert_true(flagged <= 3);
  for (int k = 0; k < N; k++) vt_rng_normal2(1, VT_STREAM_TEST, 0, k, 0, g), x[k] = g[0] + 1.5 * k / N;
  VT_TEST_OK(vt_st_series(N, x, 1, &t, &err), &err);
  assert_int_equal(t.flag, VT_STATIONARY_NO);
  assert_true(t.z > 3 && t.last > t.first);
}

/* Straight lines of slopes b and 3b, with nothing to read beyond a sixth of the run: the slopes come out exactly, their
 * errors as T 7.2 says for a third of the run. */
static void only_lags_up_to_a_sixth_of_the_run_and_a_quarter_of_a_piece_count(void **state)
{
  (void)state;
  enum { N_LAG = 120 };
  vt_err err;
  const vt_plan p = plan_of(30, 0, 600, 1);
  double lag[N_LAG], mean[N_LAG], m4[N_LAG], third[3 * N_LAG];
  vt_tr_input in = {.comp = &p.comp,
                    .run_ps = 600,
                    .t_k = 500,
                    .volume_a3 = 8000,
                    .n_lag = N_LAG,
                    .lag_ps = lag,
                    .msd_mean = mean,
                    .msd_m4 = m4};
  for (int k = 0; k < N_LAG; k++) {
    lag[k] = 2.5 * (k + 1);
    mean[k] = 1.2 * lag[k];
    m4[k] = 5.0 / 3 * mean[k] * mean[k];
    for (int t = 0; t < 3; t++)
      third[t * N_LAG + k] = lag[k] < 100.1 && t != 1 ? 0.3 + (0.6 + 0.6 * t) * lag[k] : (double)NAN;
  }
  vt_transport tr;
  vt_trend d;
  VT_TEST_OK(vt_tr_replica(&in, &tr, &err), &err);
  near(tr.tracer[0].lo_ps, 5, 0);
  VT_TEST_OK(vt_st_diffusion(&in, tr.tracer, third, &d, &err), &err);
  near(d.first / 1e-5, 1, 1e-9); /* 0.6 A^2/ps / 6 */
  near(d.last / 3e-5, 1, 1e-9);
  near(d.last_se / d.first_se, 3, 1e-9);
  near(d.first_se / d.first, sqrt(4 * 2.0 / 3 * 5 / (200 * 30)), 0.1 * 0.05); /* dense lags: within some per cent */
  near(d.z, 2e-5 / hypot(d.first_se, d.last_se), 1e-9);
  for (int k = 0; k < N_LAG; k++)
    if (lag[k] > 99) third[k] = (double)NAN; /* a run that was cut short */
  VT_TEST_OK(vt_st_diffusion(&in, tr.tracer, third, &d, &err), &err);
  assert_true(isnan(d.z) && d.flag == VT_STATIONARY_UNKNOWN);
  /* in pieces of 200 ps: up to a quarter of one, and the errors are of all of the time */
  const double whole_se = d.last_se;
  for (int k = 0; k < 3 * N_LAG; k++)
    third[k] = lag[k % N_LAG] < 50.1 && k / N_LAG != 1 ? 0.3 + (0.6 + 0.6 * (k / N_LAG)) * lag[k % N_LAG] : (double)NAN;
  in.longest_ps = 200;
  VT_TEST_OK(vt_tr_replica(&in, &tr, &err), &err);
  near(tr.tracer[0].hi_ps, 50, 0);
  VT_TEST_OK(vt_st_diffusion(&in, tr.tracer, third, &d, &err), &err);
  near(d.first / 1e-5, 1, 1e-9);
  near_relative(d.last_se, whole_se, 0.1); /* both windows begin at 5 ps: the end matters little */
  in.longest_ps = 601;
  VT_TEST_REFUSED(vt_tr_replica(&in, &tr, &err), VT_EINVAL, &err, "a run of 600 ps with a piece of 601 ps");
}

static void what_is_not_resolved_is_unknown(void **state)
{
  (void)state;
  vt_err err;
  vt_trend t;
  double x[47] = {0};
  VT_TEST_OK(vt_st_series(47, x, 1, &t, &err), &err); /* thirds of 15 values have no error */
  assert_true(isnan(t.z) && t.flag == VT_STATIONARY_UNKNOWN);
  VT_TEST_OK(vt_st_series(0, x, 1, &t, &err), &err);
  assert_true(isnan(t.first) && t.flag == VT_STATIONARY_UNKNOWN);
  bench b = walk(5, 5, 40, 1, calm); /* 20 ps: nothing between 5 ps and a sixth of the run, 13 rows in a third */
  vt_stationarity st = judged(&b);
  assert_int_equal(st.flag, VT_STATIONARY_UNKNOWN);
  for (int s = 0; s < 2; s++) assert_true(isnan(st.diffusion[s].z) && isnan(st.diffusion[s].first));
  VT_TEST_OK(vt_st_from_arrays(&b.plan, b.defs, 0, b.values, &st, &err), &err); /* nothing was observed */
  assert_int_equal(st.flag, VT_STATIONARY_UNKNOWN);
  bench_close(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_gaussian_walk_has_none),
      cmocka_unit_test(two_populations_have_the_known_one),
      cmocka_unit_test(moments_that_say_nothing_give_nan),
      cmocka_unit_test(rock_salt_has_six_neighbours),
      cmocka_unit_test(a_cutoff_inside_a_bin_takes_its_share),
      cmocka_unit_test(a_run_whose_diffusion_doubles_is_flagged),
      cmocka_unit_test(a_stationary_walk_is_not_flagged),
      cmocka_unit_test(a_drifting_mean_is_flagged),
      cmocka_unit_test(only_lags_up_to_a_sixth_of_the_run_and_a_quarter_of_a_piece_count),
      cmocka_unit_test(what_is_not_resolved_is_unknown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
