/* Pieces of a made-up run as one: bonds and jumps counted by hand, a path that is known in part, every observable's
 * rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/obs_bench.h"
#include "tests/vt_test.h"

enum { LI, AL, N_LI = 2, N_ATOMS = 3, MOST = 400 };
static const double every_ps = 0.1;

/* Two lithium and one aluminium; names are borrowed. */
static vt_plan plan_of_ions(double ps)
{
  vt_plan p = plan_of(N_LI, 1, ps, 2);
  p.comp.z[AL] = 13;
  p.comp.charge[AL] = 3;
  return p;
}

/* The arrays of two benches as one run. */
static bench joined_bench(const bench *b)
{
  vt_err err = {0};
  bench j = {.plan = b[0].plan};
  const vt_plan *plans[2] = {&b[0].plan, &b[1].plan};
  const double *values[2] = {b[0].values, b[1].values};
  j.plan.protocol.produce_ps = fmax(b[0].plan.protocol.produce_ps, b[1].plan.protocol.produce_ps);
  j.plan.run_ps = b[0].plan.protocol.produce_ps + b[1].plan.protocol.produce_ps;
  VT_TEST_OK(vt_obs_layouts(&j.plan, j.defs, VT_MAX_ARRAYS, &j.n_defs, &err), &err);
  for (int k = 0; k < j.n_defs; k++) j.n_values += vt_array_count(&j.defs[k]);
  j.values = calloc(j.n_values, sizeof *j.values);
  assert_non_null(j.values);
  VT_TEST_OK(vt_obs_join(&j.plan, plans, values, 2, j.values, &err), &err);
  return j;
}

static int stride_of_lag(int n) /* origins of a lag of n samples lie that far apart (T 6.1, 16 points) */
{
  int s = 1;
  while (n > 16 * s) s *= 2;
  return s;
}

/* ------------------------------------------------------------------ bonds */

/* Which lithium is at the metal, by sample; exactly one always is, so that every origin has one bond. */
typedef struct story {
  int n, at[MOST];
} story;

static story told(int n, uint64_t seed, double p)
{
  story s = {.n = n};
  for (int t = 1; t < n; t++) {
    double u[2];
    vt_rng_uniform2(seed, VT_STREAM_TEST, 0, t, 0, u);
    s.at[t] = s.at[t - 1] ^ (u[0] < p);
  }
  return s;
}

static bench bench_of(const story *s, const char *const *names, int n_names)
{
  static const int type[N_ATOMS] = {LI, LI, AL};
  bench b = {.plan = plan_of_ions((s->n - 1) * every_ps)};
  for (int k = 0; k < n_names; k++) ask(&b.plan, names[k], every_ps);
  vt_cutoffs_default(&b.plan.comp, &b.cutoffs);
  b.cutoffs.r[LI][AL] = b.cutoffs.r[AL][LI] = 3;
  bench_open(&b);
  for (int t = 0; t < s->n; t++) {
    double x[N_ATOMS][3] = {{5, 5, 5}, {5, 5, 5}, {5, 5, 5}};
    x[s->at[t]][0] += 2.5;   /* at the metal */
    x[1 - s->at[t]][1] += 9; /* far from it  */
    vt_frame fr = frame_of(&b.plan, type, x, x, t);
    fr.step = t * vt_obs_every_steps(&b.plan, &b.plan.obs[0]);
    bench_sample(&b, &fr);
  }
  bench_finish(&b);
  return b;
}

/* Counted over both stories: bonds that are there at both ends, and those that were there all the time. */
static void survival(const story *s, const int *n_lag, int k, int n, double *endpoint, double *continuous)
{
  double origins = 0, ends = 0, always = 0;
  for (int i = 0; i < 2; i++)
    for (int from = 0; from + n < s[i].n && k < n_lag[i]; from += stride_of_lag(n), origins++) {
      int same = 1;
      for (int t = from; t <= from + n; t++) same &= s[i].at[t] == s[i].at[from];
      ends += s[i].at[from + n] == s[i].at[from];
      always += same;
    }
  *endpoint = ends / origins;
  *continuous = always / origins;
}

static void survival_is_that_over_the_origins_of_both_pieces(void **state)
{
  (void)state;
  static const char *const names[] = {"residence"};
  const story s[2] = {told(301, 1, 0.02), told(151, 2, 0.1)}; /* ten times as fast: a wrong weight shows */
  bench b[2] = {bench_of(&s[0], names, 1), bench_of(&s[1], names, 1)};
  bench j = joined_bench(b);
  int n_lag[2], all;
  (void)array(&b[0], "residence/lag_ps", &n_lag[0]);
  (void)array(&b[1], "residence/lag_ps", &n_lag[1]);
  const double *lag = array(&j, "residence/lag_ps", &all), *ends = array(&j, "residence/endpoint", NULL),
               *alive = array(&j, "residence/continuous", NULL), *bonds = array(&j, "residence/bonds", NULL);
  assert_true(all == n_lag[0] && n_lag[1] < n_lag[0]);
  for (int k = 0; k < all; k++) {
    double endpoint, continuous;
    survival(s, n_lag, k, (int)lround(lag[k] / every_ps), &endpoint, &continuous);
    near(ends[k], endpoint, 1e-12); /* class 0 of lithium is the first row: the metal has no oxygen */
    near(alive[k], continuous, 1e-12);
  }
  near(bonds[0], 1, 1e-12);
  assert_true(isnan(ends[(ptrdiff_t)5 * all])); /* of aluminium */
  for (int i = 0; i < 2; i++) bench_close(&b[i]);
  bench_close(&j);
}

/* ------------------------------------------------------------------ a path */

/* A piece that kept its last instant goes on; one that did not, or that ended between two samples, leaves what
 * follows unknown. */
static void a_path_ends_where_a_piece_did_not_keep_its_last_instant(void **state)
{
  (void)state;
  static const double whole_ps[2] = {200, 100}, cut_ps[2] = {200.1, 100}, odd_ps[2] = {200.05, 100};
  const double *const lengths[3] = {whole_ps, cut_ps, odd_ps};
  static const int type[N_ATOMS] = {LI, LI, AL};
  for (int c = 0; c < 3; c++) {
    bench b[2];
    memset(b, 0, sizeof b);
    for (int i = 0; i < 2; i++) {
      b[i].plan = plan_of_ions(lengths[c][i]);
      ask(&b[i].plan, "charge", every_ps);
      bench_open(&b[i]);
      const int64_t n = vt_obs_samples(&b[i].plan, &b[i].plan.obs[0]);
      for (int64_t t = 0; t < n; t++) {
        double dx[N_ATOMS][3] = {{(i ? 0.3 : 0.1) * (double)t, 0, 0}};
        vt_frame fr = frame_of(&b[i].plan, type, dx, dx, 0);
        fr.step = t * vt_obs_every_steps(&b[i].plan, &b[i].plan.obs[0]);
        bench_sample(&b[i], &fr);
      }
      bench_finish(&b[i]);
    }
    bench j = joined_bench(b);
    int n_path;
    const double *ps = array(&j, "charge/path_ps", &n_path), *path = array(&j, "charge/path", NULL);
    /* 3000 steps of 0.1 ps: every second one is kept; 2000 steps: every one; 2001: every second one, and not the last
     */
    assert_int_equal(n_path, 1501);
    for (int k = 0; k < n_path; k++) {
      const double x = path[3 * k], at = 2 * k;
      near(ps[k], 0.2 * k, 1e-9);
      if (at <= 2000)
        near(x, 0.1 * at, 1e-9);
      else if (c == 0)
        near(x, 200 + 0.3 * (at - 2000), 1e-9);
      else
        assert_true(isnan(x));
    }
    for (int i = 0; i < 2; i++) bench_close(&b[i]);
    bench_close(&j);
  }
}

/* ------------------------------------------------------------------ jumps */

/* Each of the two ions jumps whenever they change places and then stay for 2 ps; rates are over the whole time. */
static void jumps_are_counted_over_both_pieces(void **state)
{
  (void)state;
  static const char *const names[] = {"jumps"};
  const story s[2] = {told(301, 1, 0.02), told(151, 2, 0.1)};
  bench b[2] = {bench_of(&s[0], names, 1), bench_of(&s[1], names, 1)};
  bench j = joined_bench(b);
  double count = 0, settled = 0;
  for (int i = 0; i < 2; i++) {
    count += array(&b[i], "jumps/count", NULL)[LI];
    settled += s[i].n * array(&b[i], "jumps/settled", NULL)[LI];
  }
  near(array(&j, "jumps/count", NULL)[LI], count, 0);
  near(array(&j, "jumps/rate", NULL)[LI], count / (45 * N_LI), 1e-12); /* 30 + 15 ps */
  near(array(&j, "jumps/settled", NULL)[LI], settled / (301 + 151), 1e-12);
  for (int i = 0; i < 2; i++) bench_close(&b[i]);
  bench_close(&j);
}

/* ------------------------------------------------------------------ rules */

static void every_observable_says_how_each_of_its_arrays_is_joined(void **state)
{
  (void)state;
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o; o++) {
    vt_plan p = plan_of_ions(10);
    vt_array_def defs[VT_MAX_ARRAYS];
    vt_err err = {0};
    int n = 0;
    p.protocol.version = VT_PROTOCOL_NEWEST;
    ask(&p, (*o)->doc.name, every_ps);
    VT_TEST_OK((*o)->layout(&p, &p.obs[0], defs, VT_MAX_ARRAYS, &n, &err), &err);
    assert_non_null((*o)->join);
    assert_int_equal((*o)->n_join, n);
  }
}

static void pieces_with_other_observables_are_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_plan a = plan_of_ions(10), b = a, all;
  double one = 0;
  const double *values[2] = {&one, &one};
  ask(&a, "msd", every_ps);
  ask(&b, "msd", 2 * every_ps);
  all = a;
  all.run_ps = 20;
  const vt_plan *plans[2] = {&a, &b};
  VT_TEST_REFUSED(vt_obs_join(&all, plans, values, 2, &one, &err), VT_EINVAL, &err,
                  "piece 2 has other observables than the first");
  VT_TEST_REFUSED(vt_obs_join(&all, plans, values, 0, &one, &err), VT_EINVAL, &err, "0 pieces to join");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(survival_is_that_over_the_origins_of_both_pieces),
                                     cmocka_unit_test(a_path_ends_where_a_piece_did_not_keep_its_last_instant),
                                     cmocka_unit_test(jumps_are_counted_over_both_pieces),
                                     cmocka_unit_test(every_observable_says_how_each_of_its_arrays_is_joined),
                                     cmocka_unit_test(pieces_with_other_observables_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
