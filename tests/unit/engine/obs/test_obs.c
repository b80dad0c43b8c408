/* Observables against known answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/obs_bench.h"
#include "tests/vt_test.h"

/* ------------------------------------------------------------------ msd */

static void ballistic_atoms_have_an_msd_of_v2_t2(void **state)
{
  (void)state;
  enum { N_A = 3, N_B = 2, N = N_A + N_B };
  const double v[N][3] = {{1, 0, 0}, {0, 2, 0}, {0, 0, 3}, {0.5, 0.5, 0}, {0, 0, 0}};
  const int type[N] = {0, 0, 0, 1, 1};
  double dx[N][3], mean_v2[2] = {0}, mean_v4[2] = {0};
  bench b = {.plan = plan_of(N_A, N_B, 100, 1)};
  ask(&b.plan, "msd", 0.1);
  bench_open(&b);
  for (int i = 0; i < N; i++) {
    double v2 = v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2];
    mean_v2[type[i]] += v2 / b.plan.comp.count[type[i]];
    mean_v4[type[i]] += v2 * v2 / b.plan.comp.count[type[i]];
  }
  for (int k = 0; k <= 1000; k++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, k * 100);
    for (int i = 0; i < N; i++)
      for (int c = 0; c < 3; c++) dx[i][c] = v[i][c] * fr.time_ps;
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *lag = array(&b, "msd/lag_ps", &n), *mean = array(&b, "msd/mean", NULL), *m4 = array(&b, "msd/m4", NULL);
  const double *origins = array(&b, "msd/origins", NULL);
  assert_true(lag[n - 1] >= 50); /* at least half of the run */
  for (int k = 0; k < n; k++) {
    assert_true(origins[k] >= 1);
    assert_true(k == 0 || lag[k] > lag[k - 1]);
    for (int s = 0; s < 2; s++) { /* differences of displacements up to 300 A lose 3 digits at the shortest lag */
      double t2 = lag[k] * lag[k];
      near(mean[s * n + k] / (mean_v2[s] * t2), 1, 1e-11);
      near(m4[s * n + k] / (mean_v4[s] * t2 * t2), 1, 1e-11);
    }
  }
  bench_close(&b);
}

/* <dr^2> = 3 a^2 n after n steps of variance a^2 per axis.  A walker of T steps holds T/n independent windows, each
 * with a relative variance of 2/3; overlapping origins make it smaller, so 3 of these errors is a safe bound for a
 * fixed seed.  <dr^4> = 5/3 <dr^2>^2 for a Gaussian. */
static void a_random_walk_diffuses_as_its_steps_say(void **state)
{
  (void)state;
  enum { N = 60, T = 4000 };
  const double a = 0.2;
  static double dx[N][3];
  static int type[N];
  memset(dx, 0, sizeof dx);
  bench b = {.plan = plan_of(N, 0, T * 0.001, 1)};
  ask(&b.plan, "msd", 0.001);
  bench_open(&b);
  for (int t = 0; t <= T; t++) {
    vt_frame fr = frame_of(&b.plan, type, dx, dx, t);
    bench_sample(&b, &fr);
    for (uint32_t i = 0; i < N; i++) {
      double g[4];
      vt_rng_normal2(7, VT_STREAM_TEST, 0, t, i, g);
      vt_rng_normal2(7, VT_STREAM_TEST, 1, t, i, g + 2);
      for (int c = 0; c < 3; c++) dx[i][c] += a * g[c];
    }
  }
  bench_finish(&b);
  int n;
  const double *lag = array(&b, "msd/lag_ps", &n), *mean = array(&b, "msd/mean", NULL), *m4 = array(&b, "msd/m4", NULL);
  for (int k = 0; k < n && lag[k] <= T * 0.001 / 4; k++) {
    double steps = lag[k] / 0.001, se = sqrt(2.0 / 3 * steps / T / N);
    near(mean[k] / (3 * a * a * steps), 1, 3 * se);
    near(m4[k] / (mean[k] * mean[k]), 5.0 / 3, 20 * se); /* the fourth moment scatters more */
  }
  bench_close(&b);
}

/* ------------------------------------------------------------------ charge */

/* Sums over the origins that the scheme documents: multiples of the stride of the level. */
static void charge_agrees_with_brute_force(void **state)
{
  (void)state;
  enum { N_A = 4, N_B = 3, N = N_A + N_B, T = 150, POINTS = 16 };
  static double path[T + 1][N][3], sum[T + 1][2][3];
  const int type[N] = {0, 1, 0, 1, 0, 1, 0};
  bench b = {.plan = plan_of(N_A, N_B, T * 0.002, 2)};
  b.plan.comp.charge[0] = 3;
  b.plan.comp.charge[1] = -4;
  ask(&b.plan, "charge", 0.002);
  bench_open(&b);
  for (int t = 0; t <= T; t++) {
    for (uint32_t i = 0; i < N; i++)
      for (uint32_t c = 0; c < 3; c++) {
        double g[2];
        vt_rng_normal2(3, VT_STREAM_TEST, c, t, i, g);
        path[t][i][c] = (t ? path[t - 1][i][c] : 0) + g[0];
        sum[t][type[i]][c] += path[t][i][c];
      }
    vt_frame fr = frame_of(&b.plan, type, path[t], path[t], t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *lag = array(&b, "charge/lag_ps", &n), *corr = array(&b, "charge/corr", NULL);
  const double *q2 = array(&b, "charge/charge_msd", NULL), *origins = array(&b, "charge/origins", NULL);
  for (int k = 0; k < n; k++) {
    int m = (int)lround(lag[k] / 0.002), stride = 1, count = 0;
    while (m / stride > POINTS) stride *= 2;
    double want[3] = {0}, charge = 0;
    for (int t0 = 0; t0 + m <= T; t0 += stride, count++) {
      double d[2][3], q = 0;
      for (int s = 0; s < 2; s++)
        for (int c = 0; c < 3; c++) d[s][c] = sum[t0 + m][s][c] - sum[t0][s][c];
      for (int c = 0; c < 3; c++) {
        want[0] += d[0][c] * d[0][c], want[1] += d[0][c] * d[1][c], want[2] += d[1][c] * d[1][c];
        q = 3 * d[0][c] - 4 * d[1][c];
        charge += q * q;
      }
    }
    assert_int_equal((int)origins[k], count);
    for (int pair = 0; pair < 3 && count > 0; pair++) /* cross terms cancel: compare with the size of the diagonal */
      near(corr[pair * n + k] / (want[0] / count), want[pair] / want[0], 1e-12);
    if (count > 0) near(q2[k] / (charge / count), 1, 1e-11);
    if (count == 0) assert_true(isnan(q2[k]) && isnan(corr[k]));
    if (stride == 1) assert_int_equal(count, T + 1 - m); /* level 0 uses every time origin */
  }
  bench_close(&b);
}

/* ------------------------------------------------------------------ rdf */

/* Independent positions: pairs in a bin are Poisson.  Like pairs of N atoms see 1 - 1/N of the mean density (T 6.4).
 * The sum of squared deviations over all bins is chi-square; 5 of its standard deviations. */
static void the_ideal_gas_has_no_structure(void **state)
{
  (void)state;
  enum { N_A = 40, N_B = 80, N = N_A + N_B, T = 300 };
  static double x[N][3];
  static int type[N];
  const int count[2] = {N_A, N_B};
  for (int i = 0; i < N; i++) type[i] = i >= N_A;
  bench b = {.plan = plan_of(N_A, N_B, T * 0.5, 1)};
  ask(&b.plan, "rdf", 0.5);
  bench_open(&b);
  const vt_cell skew = {.h = {{20, 0, 0}, {6, 19, 0}, {-5, 4, 21}}};
  for (int t = 0; t <= T; t++) {
    for (uint32_t i = 0; i < N; i++) {
      double u[4];
      vt_rng_uniform2(5, VT_STREAM_TEST, 0, t, i, u);
      vt_rng_uniform2(5, VT_STREAM_TEST, 1, t, i, u + 2);
      for (int c = 0; c < 3; c++) x[i][c] = u[0] * skew.h[0][c] + u[1] * skew.h[1][c] + u[2] * skew.h[2][c];
    }
    vt_frame fr = frame_of(&b.plan, type, x, x, t * 500);
    fr.cell = skew;
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *r = array(&b, "rdf/r", &n), *g = array(&b, "rdf/g", NULL);
  for (int i = 0; i < 2; i++)
    for (int j = i; j < 2; j++) {
      double chi2 = 0, pairs = (i == j ? 0.5 * (count[i] - 1) : count[j]) * count[i] * (T + 1);
      int bins = 0;
      for (int k = 0; k < n && r[k] < 7.9; k++) {
        double want = i == j ? 1 - 1.0 / count[i] : 1;
        double shell = 4.0 / 3 * 3.14159265358979 * (pow(r[k] + 0.025, 3) - pow(r[k] - 0.025, 3));
        double expected = pairs * shell / vt_cell_volume(&skew);
        if (expected < 10) continue; /* too few for a Gaussian */
        double d = (g[vt_pair_index(i, j, 2) * n + k] / want - 1) * sqrt(expected);
        chi2 += d * d;
        bins++;
      }
      assert_true(bins > 100);
      assert_true(fabs(chi2 - bins) < 5 * sqrt(2.0 * bins));
    }
  bench_close(&b);
}

/* Neighbours of species j around one atom of species i between two radii: rho_j times the integral of g. */
static double neighbours(const bench *b, int i, int j, double lo, double hi, double volume)
{
  int n;
  const double *r = array(b, "rdf/r", &n), *g = array(b, "rdf/g", NULL);
  double sum = 0;
  for (int k = 0; k < n; k++)
    if (r[k] > lo && r[k] < hi) {
      double shell = 4.0 / 3 * 3.14159265358979323846 * (pow(r[k] + 0.025, 3) - pow(r[k] - 0.025, 3));
      sum += g[vt_pair_index(i, j, b->plan.comp.n_species) * n + k] * shell;
    }
  return sum * b->plan.comp.count[j] / volume;
}

static void rock_salt_has_its_shells(void **state)
{
  (void)state;
  enum { CELLS = 4, N = 8 * CELLS * CELLS * CELLS };
  const double half = 2.51; /* between unlike neighbours, A; keeps every shell off the edges of the bins */
  static double x[N][3];
  static int type[N];
  int n = 0;
  for (int i = 0; i < 2 * CELLS; i++)
    for (int j = 0; j < 2 * CELLS; j++)
      for (int k = 0; k < 2 * CELLS; k++, n++) {
        type[n] = (i + j + k) % 2;
        x[n][0] = i * half, x[n][1] = j * half, x[n][2] = k * half;
      }
  bench b = {.plan = plan_of(N / 2, N / 2, 1, 1)};
  ask(&b.plan, "rdf", 0.5);
  bench_open(&b);
  double volume = pow(2 * CELLS * half, 3);
  for (int t = 0; t <= 2; t++) {
    vt_frame fr = frame_of(&b.plan, type, x, x, t * 500);
    fr.cell = vt_cell_cubic(2 * CELLS * half);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  /* unlike: 6 at 1, 8 at sqrt 3, 24 at sqrt 5, 30 at 3; like, an fcc lattice: 12 at sqrt 2, 6 at 2, 24 at sqrt 6, 12 at
   * sqrt 8, all times `half` */
  const struct {
    int j;
    double at, count;
  } shell[] = {{1, 1, 6},        {1, sqrt(3), 8}, {1, sqrt(5), 24}, {1, 3, 30},
               {0, sqrt(2), 12}, {0, 2, 6},       {0, sqrt(6), 24}, {0, sqrt(8), 12}};
  for (size_t s = 0; s < sizeof shell / sizeof shell[0]; s++) {
    double r = shell[s].at * half;
    near(neighbours(&b, 0, shell[s].j, r - 0.1, r + 0.1, volume), shell[s].count, 1e-9);
  }
  near(neighbours(&b, 1, 1, 0, 7.9, volume), 12 + 6 + 24 + 12, 1e-9); /* and nothing in between */
  bench_close(&b);
}

static void g_is_nan_where_the_smallest_cell_does_not_reach(void **state)
{
  (void)state;
  double x[2][3] = {{0, 0, 0}, {3.02, 0, 0}};
  const int type[2] = {0, 1};
  bench b = {.plan = plan_of(1, 1, 1, 1)};
  ask(&b.plan, "rdf", 0.5);
  bench_open(&b);
  const double edge[3] = {14, 12, 13};
  for (int t = 0; t < 3; t++) {
    vt_frame fr = frame_of(&b.plan, type, x, x, t * 500);
    fr.cell = vt_cell_cubic(edge[t]);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *r = array(&b, "rdf/r", &n), *g = array(&b, "rdf/g", NULL) + n;
  assert_int_equal(n, 160);
  for (int k = 0; k < n; k++) assert_int_equal(isnan(g[k]), r[k] > 0.45 * 12);
  double shell = 4.0 / 3 * 3.14159265358979323846 * (pow(3.05, 3) - pow(3.0, 3));
  double mean_volume = (14 * 14 * 14 + 12 * 12 * 12 + 13 * 13 * 13) / 3.0;
  near(g[60], mean_volume / shell, 1e-9 * mean_volume / shell); /* every sample with its own volume */
  bench_close(&b);
}

/* Two metals in a cell of 14 A, across its border, near in three of eight samples; a lithium that is nearer still does
 * not count.  The share is a ratio of small integers: exact.  A cell whose reach is below 2.6 A, a single metal and
 * protocol 1 tell nothing. */
static void close_metals_are_counted_by_frames(void **state)
{
  (void)state;
  enum { T = 8, CASES = 4 };
  const double apart[T] = {2.7, 2.59, 2.61, 2.0, 3, 2.6 + 1e-9, 2.59, 4};
  const struct {
    double edge, share;
    int metals, version, arrays;
  } c[CASES] = {{14, 0.375, 2, 2, 3}, {5.7, NAN, 2, 2, 3}, {14, NAN, 1, 2, 3}, {14, 0, 2, 1, 2}};
  for (int k = 0; k < CASES; k++) {
    int n = 0;
    const int type[3] = {0, 1, c[k].metals > 1 ? 1 : 0};
    bench b = {.plan = plan_of(c[k].metals > 1 ? 1 : 2, c[k].metals, 3.5, 1)};
    b.plan.comp.z[0] = 3, b.plan.comp.z[1] = 13;
    b.plan.comp.charge[0] = 1, b.plan.comp.charge[1] = 3; /* whoever has a charge of minus one is no metal */
    b.plan.protocol.version = c[k].version;
    ask(&b.plan, "rdf", 0.5);
    bench_open(&b);
    for (int t = 0; t < T; t++) {
      double x[3][3] = {{1, 0.2, 0}, {0.3, 0, 0}, {0.3 - apart[t], 0, 0}};
      vt_frame fr = frame_of(&b.plan, type, x, x, t * 500);
      fr.cell = vt_cell_cubic(c[k].edge);
      bench_sample(&b, &fr);
    }
    bench_finish(&b);
    assert_int_equal(b.n_defs, c[k].arrays);
    if (c[k].version < 2) {
      bench_close(&b);
      continue;
    }
    const double *share = array(&b, "rdf/metals_close", &n);
    assert_int_equal(n, 1);
    if (isnan(c[k].share))
      assert_true(isnan(*share));
    else
      near(*share, c[k].share, 0);
    bench_close(&b);
  }
}

/* ------------------------------------------------------------------ thermo */

static void thermo_rows_are_bounded_and_are_block_averages(void **state)
{
  (void)state;
  enum { T = 4501, PER_ROW = 3, ROWS = (T + 1) / PER_ROW }; /* 4502 samples: the last two make no block */
  double x[1][3] = {{0}};
  const int type[1] = {0};
  bench b = {.plan = plan_of(1, 0, T * 0.01, 1)};
  ask(&b.plan, "thermo", 0.01);
  bench_open(&b);
  for (int t = 0; t <= T; t++) {
    vt_frame fr = frame_of(&b.plan, type, x, x, t * 10);
    fr.t_k = t, fr.pressure = vt_unit_pressure_from_gpa(2.0 * t), fr.e_pot = -t;
    fr.spread = t == 1 ? (double)NAN : 0.5 * t; /* one frame without a committee: its block has no mean */
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  int n;
  const double *time = array(&b, "thermo/time_ps", &n), *t_k = array(&b, "thermo/temperature", NULL);
  const double *p = array(&b, "thermo/pressure", NULL), *e = array(&b, "thermo/energy", NULL);
  const double *v = array(&b, "thermo/volume", NULL), *spread = array(&b, "thermo/spread", NULL);
  assert_int_equal(n, ROWS);
  assert_true(n <= 2000);
  for (int i = 0; i < n; i++) {
    double middle = PER_ROW * i + 1;
    near(t_k[i], middle, 1e-9);
    near(time[i], middle * 0.01, 1e-9);
    near(p[i], 2 * middle, 1e-9 * (1 + middle));
    near(e[i], -middle, 1e-9);
    near(v[i], 8000, 1e-9);
    if (i > 0) near(spread[i], 0.5 * middle, 1e-9 * middle);
  }
  assert_true(isnan(spread[0]));
  bench_close(&b);
}

/* ------------------------------------------------------------------ clock, set, errors */

static void a_halved_time_step_samples_at_the_same_times(void **state)
{
  (void)state;
  vt_plan p = plan_of(1, 0, 100, 1.7), q;
  ask(&p, "msd", 0.3);
  q = p;
  q.half_stage = VT_STAGE_PRODUCE;
  assert_int_equal(vt_obs_produce_steps(&p), 58824); /* 100 ps / 1.7 fs, rounded */
  assert_int_equal(vt_obs_every_steps(&p, &p.obs[0]), 176);
  assert_int_equal(vt_obs_every_steps(&q, &q.obs[0]), 2 * 176);
  assert_int_equal(vt_obs_produce_steps(&q), 2 * vt_obs_produce_steps(&p));
  assert_int_equal(vt_obs_samples(&q, &q.obs[0]), vt_obs_samples(&p, &p.obs[0]));
  assert_int_equal(vt_obs_samples(&p, &p.obs[0]), 58824 / 176 + 1);
  p.obs[0].every_ps = 1e-9;
  assert_int_equal(vt_obs_every_steps(&p, &p.obs[0]), 1); /* never more often than every step */
}

static void the_set_samples_each_observable_when_it_is_due(void **state)
{
  (void)state;
  double x[2][3] = {{0, 0, 0}, {3, 0, 0}};
  const int type[2] = {0, 1};
  bench b = {.plan = plan_of(1, 1, 1, 1)};
  ask(&b.plan, "thermo", 0.1);
  ask(&b.plan, "msd", 0.25);
  bench_open(&b);
  int64_t step = 0, n_stops = 0;
  while (step <= 1000) {
    vt_frame fr = frame_of(&b.plan, type, x, x, step);
    bench_sample(&b, &fr);
    n_stops++;
    step += vt_obs_set_next(b.set, step);
  }
  assert_int_equal(n_stops, 13); /* 0, 100, ..., 1000 and 250, 750 */
  bench_finish(&b);
  const double *origins = array(&b, "msd/origins", NULL), *t = array(&b, "thermo/time_ps", NULL);
  near(origins[0], 4, 0); /* five samples */
  for (int i = 0; i < 11; i++) near(t[i], 0.1 * i, 1e-12);
  assert_true(vt_obs_set_memory(b.set) > 2 * 3 * 16 * sizeof(double));
  vt_err err;
  assert_int_equal(vt_obs_set_finish(b.set, b.values, b.n_values - 1, &err), VT_EINVAL);
  bench_close(&b);
}

static void an_unknown_observable_names_itself(void **state)
{
  (void)state;
  vt_err err;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n;
  vt_obs_set *set;
  vt_plan p = plan_of(1, 0, 1, 1);
  ask(&p, "msd", 0.1);
  (void)strcpy(p.obs[0].name, "mds");
  assert_int_equal(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "'mds'"));
  assert_int_equal(vt_obs_set_open(&set, &p, &err), VT_EINVAL);
  assert_null(set);
  (void)strcpy(p.obs[0].name, "msd");
  ask(&p, "msd", 0.2);
  assert_int_equal(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "twice"));
}

static void impossible_requests_are_refused(void **state)
{
  (void)state;
  vt_err err;
  vt_array_def defs[VT_MAX_ARRAYS];
  int n;
  vt_plan p = plan_of(1, 0, 1, 1);
  ask(&p, "charge", 0.1);
  p.obs[0].par[0] = 7;
  assert_int_equal(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "even"));
  p.obs[0].par[0] = 8;
  p.obs[0].every_ps = 0;
  assert_int_equal(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
  p.obs[0].every_ps = 0.1;
  p.protocol.produce_dt_fs = 0;
  assert_int_equal(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
  p.protocol.produce_dt_fs = 1;
  p.comp.count[0] = 0;
  assert_int_equal(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), VT_EINVAL);
}

static void a_frame_of_another_cell_is_refused(void **state)
{
  (void)state;
  vt_err err;
  double x[2][3] = {{0}};
  const int type[2] = {0};
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o; o++) {
    bench b = {.plan = plan_of(2, 0, 1, 1)};
    ask(&b.plan, (*o)->doc.name, 0.1);
    bench_open(&b);
    vt_frame fr = frame_of(&b.plan, type, x, x, 0);
    fr.n = 1;
    assert_int_equal(vt_obs_set_sample(b.set, &fr, &err), VT_EBUG);
    bench_close(&b);
  }
}

/* Each name of VT_OBS_ARRAYS is that of one array, and every array has one. */
static void every_array_has_a_declared_name(void **state)
{
  (void)state;
#define PATH(group, array) vt_a_##group##_##array.path,
  const char *const path[] = {VT_OBS_ARRAYS(PATH)};
#undef PATH
  const int n_path = (int)(sizeof path / sizeof *path);
  vt_plan p = plan_of(4, 4, 10, 1);
  p.protocol.version = VT_PROTOCOL_NEWEST;
  vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err;
  int n;
  for (int i = 0; vt_obs_builtin[i]; i++) ask(&p, vt_obs_builtin[i]->doc.name, vt_obs_builtin[i]->doc.every_ps);
  VT_TEST_OK(vt_obs_layouts(&p, defs, VT_MAX_ARRAYS, &n, &err), &err);
  assert_int_equal(n, n_path);
  for (int k = 0; k < n_path; k++) {
    int found = 0;
    for (int i = 0; i < n; i++) found += strcmp(defs[i].name, path[k]) == 0;
    if (found != 1) fail_msg("%s is laid out %d times", path[k], found);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ballistic_atoms_have_an_msd_of_v2_t2),
      cmocka_unit_test(a_random_walk_diffuses_as_its_steps_say),
      cmocka_unit_test(charge_agrees_with_brute_force),
      cmocka_unit_test(the_ideal_gas_has_no_structure),
      cmocka_unit_test(rock_salt_has_its_shells),
      cmocka_unit_test(g_is_nan_where_the_smallest_cell_does_not_reach),
      cmocka_unit_test(close_metals_are_counted_by_frames),
      cmocka_unit_test(thermo_rows_are_bounded_and_are_block_averages),
      cmocka_unit_test(a_halved_time_step_samples_at_the_same_times),
      cmocka_unit_test(the_set_samples_each_observable_when_it_is_due),
      cmocka_unit_test(an_unknown_observable_names_itself),
      cmocka_unit_test(impossible_requests_are_refused),
      cmocka_unit_test(a_frame_of_another_cell_is_refused),
      cmocka_unit_test(every_array_has_a_declared_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
