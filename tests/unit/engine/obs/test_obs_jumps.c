/* Jumps of alkalis. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/engine/obs/obs_bench.h"
#include "tests/unit/engine/obs/obs_history.h"
#include "tests/vt_test.h"

enum { LI, AL, N_BINS = 100, SETTLE = 20 /* samples: 2 ps */ };
static const double near_a = 3.0;

static vt_cutoffs cutoffs_of(const vt_plan *p)
{
  vt_cutoffs cut;
  vt_cutoffs_default(&p->comp, &cut);
  cut.r[LI][AL] = cut.r[AL][LI] = near_a;
  return cut;
}

/* ------------------------------------------------------------------ one ion by hand */

/* Metals at (4,4,4), (8.5,4,4), (4,9,4): sites 0, 1, 2 beside one of them; 3 between the first two; 4 far from all. */
static const double site[5][3] = {{4, 4, 5}, {8.5, 4, 5.5}, {4, 10, 4}, {6.25, 4, 4}, {15, 15, 15}};

typedef struct leg {
  int at, samples;
} leg;

/* Samples of a leg rattle in y by +-0.2 and drift slowly in z, so that the mean is that of the whole stay. */
static void rattle(const leg *l, int k, double x[3])
{
  memcpy(x, site[l->at], 3 * sizeof *x);
  x[1] += k % 2 ? 0.2 : -0.2;
  x[2] += 0.002 * k;
}

static int length_of(const leg *l, int n)
{
  int sum = 0;
  for (int i = 0; i < n; i++) sum += l[i].samples;
  return sum;
}

static bench play(const leg *l, int n_legs)
{
  enum { N = 6 };
  const int count[HISTORY_SPECIES] = {1, 3, 1, 1};
  int type[N];
  double x[N][3] = {{0}, {4, 4, 4}, {8.5, 4, 4}, {4, 9, 4}, {12, 12, 12}, {12, 12, 2}}, dx[N][3] = {{0}};
  bench b = {.plan = plan_of_glass(count, length_of(l, n_legs))};
  types_of(count, type);
  ask(&b.plan, "jumps", 0.1);
  b.cutoffs = cutoffs_of(&b.plan);
  bench_open(&b);
  for (int i = 0, t = 0; i < n_legs; i++)
    for (int k = 0; k < l[i].samples; k++, t++) {
      rattle(&l[i], k, x[0]);
      for (int c = 0; c < 3; c++) dx[0][c] = x[0][c] - site[0][c];
      vt_frame fr = frame_of(&b.plan, type, x, dx, t);
      bench_sample(&b, &fr);
    }
  bench_finish(&b);
  return b;
}

/* Mean position over one or two legs. */
static void mean_of(const leg *l, const leg *also, double mean[3])
{
  int n = 0;
  memset(mean, 0, 3 * sizeof *mean);
  for (; l; l = also, also = NULL)
    for (int k = 0; k < l->samples; k++, n++) {
      double x[3];
      rattle(l, k, x);
      for (int c = 0; c < 3; c++) mean[c] += x[c];
    }
  for (int c = 0; c < 3; c++) mean[c] /= n;
}

static double distance(const double a[3], const double b[3])
{
  return sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) + pow(a[2] - b[2], 2));
}

/* Jumps: 0 to 1; back to 0; 0 to the two metals of 3; on to 2.  None: the excursion that ends where it began, and the
 * stay of one sample too few.  Settled: all but 20 at site 1, 30 nowhere and 20 at site 0. */
static void jumps_are_counted_between_settled_sets_alone(void **state)
{
  (void)state;
  const leg l[] = {{0, 30}, {1, SETTLE + 1}, {0, 30}, {1, SETTLE}, {0, 40}, {3, 25}, {4, 30}, {0, SETTLE}, {2, 50}};
  const int n = sizeof l / sizeof l[0];
  bench b = play(l, n);
  const double samples = length_of(l, n);
  double m[5][3], length = 0;
  mean_of(&l[0], NULL, m[0]);
  mean_of(&l[1], NULL, m[1]);
  mean_of(&l[2], &l[4], m[2]);
  mean_of(&l[5], NULL, m[3]);
  mean_of(&l[8], NULL, m[4]);
  for (int i = 0; i < 4; i++) length += distance(m[i], m[i + 1]) / 4;
  near(array(&b, "jumps/count", NULL)[LI], 4, 0);
  near(array(&b, "jumps/rate", NULL)[LI], 4 / (0.1 * (samples - 1)), 1e-15);
  near(array(&b, "jumps/back", NULL)[LI], 1.0 / 3, 1e-15); /* of the three that have one before */
  near(array(&b, "jumps/settled", NULL)[LI], (samples - SETTLE - 30 - SETTLE) / samples, 1e-15);
  near(array(&b, "jumps/length", NULL)[LI], length, 1e-12); /* sums of up to 70 positions */
  const double *density = array(&b, "jumps/length_density", NULL), *r = array(&b, "jumps/length_r", NULL);
  double integral = 0;
  for (int k = 0; k < N_BINS; k++) {
    int here = 0;
    for (int i = 0; i < 4; i++) here += fabs(distance(m[i], m[i + 1]) - r[k]) < 0.05;
    near(density[k] * 0.1, here / 4.0, 1e-12);
    integral += density[k] * 0.1;
  }
  near(integral, 1, 1e-12);
  assert_true(isnan(array(&b, "jumps/count", NULL)[AL]));
  bench_close(&b);
}

static void an_ion_that_stays_has_no_length(void **state)
{
  (void)state;
  const leg l[] = {{0, 100}};
  bench b = play(l, 1);
  near(array(&b, "jumps/count", NULL)[LI], 0, 0);
  near(array(&b, "jumps/settled", NULL)[LI], 1, 0);
  assert_true(isnan(array(&b, "jumps/back", NULL)[LI]) && isnan(array(&b, "jumps/length", NULL)[LI]));
  assert_true(isnan(array(&b, "jumps/length_density", NULL)[LI]));
  bench_close(&b);
}

/* ------------------------------------------------------------------ against the whole history */

enum { IONS = 6, METALS = 5, N = IONS + METALS + 2, T = 1500 };
static const int many[HISTORY_SPECIES] = {IONS, METALS, 1, 1};
static double track[T][N][3];
static unsigned set_of[IONS][T]; /* bit m: bonded to metal m */

/* Ions that rattle about a place and take another one with 1.5 % a sample; metals that tremble, 2.9 A away, so that
 * most bonds live on the hysteresis. */
static void make_track(void)
{
  static char is[T];
  double home[IONS][3] = {{0}}, d[3], r[T];
  for (int t = 0; t < T; t++)
    for (uint32_t i = 0; i < N; i++) {
      double g[4], u[4];
      vt_rng_normal2(8, VT_STREAM_TEST, 0, t, i, g);
      vt_rng_normal2(8, VT_STREAM_TEST, 1, t, i, g + 2);
      vt_rng_uniform2(8, VT_STREAM_TEST, 2, t, i, u);
      vt_rng_uniform2(8, VT_STREAM_TEST, 3, t, i, u + 2);
      const int moves = t == 0 || u[3] < 0.015;
      for (int c = 0; c < 3; c++) {
        if (i < IONS && moves) home[i][c] = 2.5 + 5 * floor(2 * u[c]);
        const double at = i < IONS ? home[i][c] : i < IONS + METALS ? 0.8 + 8.4 * ((i - IONS) >> c & 1) : 15;
        track[t][i][c] = at + 0.12 * g[c];
      }
    }
  memset(set_of, 0, sizeof set_of);
  for (int a = 0; a < IONS; a++)
    for (int m = 0; m < METALS; m++) {
      for (int t = 0; t < T; t++) r[t] = image(track[t][a], track[t][IONS + m], d);
      bond_history(T, r, near_a, 0.4, is);
      for (int t = 0; t < T; t++) set_of[a][t] |= (unsigned)(is[t] != 0) << m;
    }
}

typedef struct tally {
  double count, followed, back, settled, length;
} tally;

/* Runs of one set, those that are long enough, equal neighbours among these put together. */
static void add_ion(int a, tally *sum)
{
  unsigned set[T];
  double mean[T][3] = {{0}};
  int samples[T], n = 0;
  for (int t = 0, end; t < T; t = end) {
    for (end = t; end < T && set_of[a][end] == set_of[a][t]; end++) {}
    if (end - t <= SETTLE || set_of[a][t] == 0) continue;
    if (n == 0 || set[n - 1] != set_of[a][t]) set[n] = set_of[a][t], samples[n++] = 0;
    samples[n - 1] += end - t;
    for (int s = t; s < end; s++)
      for (int c = 0; c < 3; c++) mean[n - 1][c] += track[s][a][c];
  }
  for (int k = 0; k < n; k++) {
    for (int c = 0; c < 3; c++) mean[k][c] /= samples[k];
    sum->settled += samples[k];
    sum->count += k > 0;
    sum->followed += k > 1;
    sum->back += k > 1 && set[k] == set[k - 2];
    if (k > 0) sum->length += distance(mean[k], mean[k - 1]);
  }
}

static void jumps_agree_with_the_whole_history(void **state)
{
  (void)state;
  int type[N];
  tally want = {0};
  bench b = {.plan = plan_of_glass(many, T)};
  types_of(many, type);
  make_track();
  ask(&b.plan, "jumps", 0.1);
  b.cutoffs = cutoffs_of(&b.plan);
  bench_open(&b);
  for (int t = 0; t < T; t++) {
    vt_frame fr = frame_of(&b.plan, type, track[t], track[t], t);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  for (int a = 0; a < IONS; a++) add_ion(a, &want);
  assert_true(want.count > 20 && want.back > 3 && want.followed - want.back > 3);
  near(array(&b, "jumps/count", NULL)[LI], want.count, 0);
  near(array(&b, "jumps/back", NULL)[LI], want.back / want.followed, 1e-14);
  near(array(&b, "jumps/settled", NULL)[LI], want.settled / (IONS * T), 1e-14);
  near(array(&b, "jumps/length", NULL)[LI], want.length / want.count, 1e-11); /* sums of up to 1500 positions */
  bench_close(&b);
}

/* Saved and loaded at every seventh sample: the conformance suite's walkers hardly ever settle. */
static void a_run_in_pieces_gives_the_same_bits(void **state)
{
  (void)state;
  static double buffer[2][8][HISTORY_SPECIES * N_BINS];
  const vt_obs_ops *ops = vt_obs_find("jumps");
  int type[N];
  vt_err err = {0};
  vt_plan plan = plan_of_glass(many, T);
  types_of(many, type);
  make_track();
  ask(&plan, "jumps", 0.1);
  const vt_cutoffs cut = cutoffs_of(&plan);
  for (int pieces = 0; pieces < 2; pieces++) {
    void *self, *next;
    VT_TEST_OK(ops->open(&plan, &plan.obs[0], &self, &err), &err);
    VT_TEST_OK(ops->begin(self, &cut, &err), &err);
    for (int t = 0; t < T; t++) {
      vt_frame fr = frame_of(&plan, type, track[t], track[t], t);
      VT_TEST_OK(ops->sample(self, &fr, &err), &err);
      if (!pieces || t % 7 != 0) continue;
      const size_t n = ops->state_size(self);
      void *bytes = malloc(n);
      assert_non_null(bytes);
      ops->save(self, bytes);
      ops->close(self);
      VT_TEST_OK(ops->open(&plan, &plan.obs[0], &next, &err), &err);
      VT_TEST_OK(ops->begin(next, &cut, &err), &err);
      VT_TEST_OK(ops->load(next, bytes, n, &err), &err);
      free(bytes);
      self = next;
    }
    double *to[8];
    for (int k = 0; k < 8; k++) to[k] = buffer[pieces][k];
    VT_TEST_OK(ops->finish(self, to, &err), &err);
    ops->close(self);
  }
  assert_true(buffer[0][0][LI] > 20);
  assert_memory_equal(buffer[0], buffer[1], sizeof buffer[0]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(jumps_are_counted_between_settled_sets_alone),
      cmocka_unit_test(an_ion_that_stays_has_no_length),
      cmocka_unit_test(jumps_agree_with_the_whole_history),
      cmocka_unit_test(a_run_in_pieces_gives_the_same_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
