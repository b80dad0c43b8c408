/* D of productions in pieces: is it the true one on average, and do its errors say how far it lies off? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/obs/obs.h"
#include "engine/transport/transport.h"
#include "tests/vt_test.h"

enum { N_ION = 16, N_OTHER = 2, N_ATOMS = N_ION + N_OTHER, CASES = 400, MOST = 3 };
static const double sample_ps = 0.5, true_d = 2e-5; /* cm^2/s: 6 D = 1.2 A^2/ps */

static vt_plan plan_of_length(double ps)
{
  return (vt_plan){.kind = VT_TASK_MD,
                   .t_k = 600,
                   .comp = {.name = "walkers",
                            .n_species = 2,
                            .z = {11, 17},
                            .count = {N_ION, N_OTHER},
                            .charge = {1, -8},
                            .n_atoms = N_ATOMS},
                   .protocol = {.produce_ps = ps, .produce_dt_fs = 2},
                   .n_obs = 1,
                   .obs = {{.name = "msd", .every_ps = sample_ps, .par = {16}}}};
}

static size_t values_of(const vt_plan *p, vt_array_def *defs, int *n_defs)
{
  vt_err err = {0};
  size_t n = 0;
  VT_TEST_OK(vt_obs_layouts(p, defs, VT_MAX_ARRAYS, n_defs, &err), &err);
  for (int k = 0; k < *n_defs; k++) n += vt_array_count(&defs[k]);
  return n;
}

/* Gaussian steps from *step on; the walk goes on from piece to piece, its displacements begin anew. */
static double *walk(const vt_plan *p, uint64_t seed, int64_t *step)
{
  static vt_array_def defs[VT_MAX_ARRAYS];
  static int type[N_ATOMS];
  vt_err err = {0};
  vt_obs_set *set;
  double dx[N_ATOMS][3] = {{0}};
  const double width = sqrt(2 * true_d * 1e4 * sample_ps);
  int n_defs = 0;
  const size_t n = values_of(p, defs, &n_defs);
  double *values = calloc(n, sizeof *values);
  assert_non_null(values);
  for (int i = 0; i < N_ATOMS; i++) type[i] = i >= N_ION;
  VT_TEST_OK(vt_obs_set_open(&set, p, &err), &err);
  const int64_t every = vt_obs_every_steps(p, &p->obs[0]), samples = vt_obs_samples(p, &p->obs[0]);
  for (int64_t k = 0; k < samples; k++) {
    for (uint32_t i = 0; i < N_ION && k > 0; i++) {
      double g[4];
      vt_rng_normal2(seed, VT_STREAM_TEST, 0, *step, i, g);
      vt_rng_normal2(seed, VT_STREAM_TEST, 1, *step, i, g + 2);
      for (int a = 0; a < 3; a++) dx[i][a] += width * g[a];
    }
    *step += k > 0;
    const vt_frame fr = {.n = N_ATOMS,
                         .n_species = 2,
                         .cell = vt_cell_cubic(12),
                         .type = type,
                         .x = (const double(*)[3])dx,
                         .dx = (const double(*)[3])dx,
                         .step = k * every};
    VT_TEST_OK(vt_obs_set_sample(set, &fr, &err), &err);
  }
  VT_TEST_OK(vt_obs_set_finish(set, values, n, &err), &err);
  vt_obs_set_close(set);
  return values;
}

static vt_tracer tracer_of(const vt_plan *p, const double *values)
{
  static vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  vt_transport t;
  int n_defs = 0;
  (void)values_of(p, defs, &n_defs);
  VT_TEST_OK(vt_tr_from_arrays(p, VT_TR_AS_SIMULATED, defs, n_defs, values, &t, &err), &err);
  return t.tracer[0];
}

static vt_tracer joined_tracer(const double *ps, int n, uint64_t seed)
{
  static vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  vt_plan plan[MOST], all = plan_of_length(0);
  const vt_plan *plans[MOST];
  double *values[MOST];
  int64_t step = 0;
  int n_defs = 0;
  for (int i = 0; i < n; i++) {
    plan[i] = plan_of_length(ps[i]);
    plans[i] = &plan[i];
    values[i] = walk(&plan[i], seed, &step);
    all.protocol.produce_ps = fmax(all.protocol.produce_ps, ps[i]);
    all.run_ps += ps[i];
  }
  double *joined = calloc(values_of(&all, defs, &n_defs), sizeof *joined);
  assert_non_null(joined);
  VT_TEST_OK(vt_obs_join(&all, plans, (const double *const *)values, n, joined, &err), &err);
  const vt_tracer t = tracer_of(&all, joined);
  for (int i = 0; i < n; i++) free(values[i]);
  free(joined);
  return t;
}

typedef struct outcome {
  double d, sd, se, hi_ps, coverage;
} outcome;

/* Seeds are fixed: the bounds hold or do not. */
static outcome many(const double *ps, int n)
{
  double d[CASES];
  outcome o = {0};
  for (int c = 0; c < CASES; c++) {
    const vt_tracer t = joined_tracer(ps, n, 1 + (uint64_t)c);
    assert_int_equal(t.reason, VT_TR_OK);
    d[c] = t.d_cm2_s;
    o.se += t.se / CASES;
    o.hi_ps = t.hi_ps;
    o.coverage += (fabs(t.d_cm2_s - true_d) <= 1.96 * t.se) / (double)CASES;
  }
  o.d = vt_mean(d, CASES);
  o.sd = sqrt(vt_variance(d, CASES));
  return o;
}

/* D within four standard errors.  The stated error is 1.22 of the scatter by construction (T 7.2); that of 400 cases is
 * known to 1/sqrt(800) = 3.5 %, three of them: 0.73 to 0.91 of it.  95 % intervals then cover 98.3 %, with a standard
 * error of 0.65 %. */
static void errors_are_honest(const outcome *o, double tightest, double widest)
{
  near(o->d, true_d, 4 * o->sd / sqrt(CASES));
  assert_true(o->sd > tightest * o->se && o->sd < widest * o->se);
  assert_true(o->coverage > 0.957);
}

static void two_pieces_know_d_as_well_as_one_run_of_their_length(void **state)
{
  (void)state;
  static const double whole[] = {400}, half[] = {200}, pieces[] = {200, 200};
  const outcome one = many(whole, 1), first = many(half, 1), two = many(pieces, 2);
  errors_are_honest(&one, 0.73, 0.91);
  errors_are_honest(&first, 0.73, 0.91);
  errors_are_honest(&two, 0.73, 0.91);
  /* lags of a quarter of a piece, error of all of the time */
  near(two.hi_ps, first.hi_ps, 0);
  assert_true(one.hi_ps > 1.5 * two.hi_ps);
  near_relative(two.se, first.se / sqrt(2), 0.05); /* windows that begin where noise lets them: a few percent */
  near_relative(two.sd, one.sd, 4 * 0.05);         /* two scatters of 400 cases: 5 % */
}

/* A piece of a quarter of the longest knows few of the latest lags: a little less than its time says. */
static void a_short_piece_makes_no_error_too_small(void **state)
{
  (void)state;
  static const double pieces[] = {200, 50, 50};
  const outcome o = many(pieces, 3);
  errors_are_honest(&o, 0.73, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(two_pieces_know_d_as_well_as_one_run_of_their_length),
                                     cmocka_unit_test(a_short_piece_makes_no_error_too_small)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
