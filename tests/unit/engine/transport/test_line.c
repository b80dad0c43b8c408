/* The generalised least squares behind D (T 7.2) where its covariance is nearly singular. */
#include <math.h>
#include <string.h>

#include "engine/transport/transport.h"
#include "tests/vt_test.h"

static void near(double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) fail_msg("got %.17g, expected %.17g within %g", got, want, tolerance);
}

enum { N_ION = 64, MAX_LAG = 64 };
static const double run_ps = 600, slope = 1.2; /* A^2/ps; D = 2e-5 cm^2/s */

typedef struct walkers {
  vt_composition comp;
  int n;
  double lag[MAX_LAG], mean[MAX_LAG], m4[MAX_LAG];
} walkers;

/* Lags from 5 to 150 ps that come in pairs (t, t (1 + apart)), and an MSD 1 + slope t with the noise of the model: its
 * covariance lag_i^2 lag_j (i <= j) makes MSD / lag a Brownian path at the times lag. */
static walkers paired(double apart, uint64_t seed, double extra_noise)
{
  walkers w = {.comp = {.name = "ions", .n_species = 1, .z = {3}, .count = {N_ION}, .charge = {1}, .n_atoms = N_ION}};
  double path = 0, before = 0;
  for (double t = 5; t < run_ps / 4; t *= 1.12) {
    w.lag[w.n++] = t;
    if (t * (1 + apart) > t) w.lag[w.n++] = t * (1 + apart);
  }
  for (int i = 0; i < w.n; i++) {
    double g[2];
    vt_rng_normal2(seed, VT_STREAM_TEST, 0, 0, (uint32_t)i, g);
    path += sqrt(2.0 / 3 / (N_ION * run_ps) * (w.lag[i] - before)) * g[0];
    before = w.lag[i];
    w.mean[i] = (slope * w.lag[i] * (1 + path) + 1) * (1 + extra_noise * g[1]);
    w.m4[i] = 5.0 / 3 * w.mean[i] * w.mean[i]; /* Gaussian displacements */
  }
  return w;
}

/* 0: refused because the matrix is singular within rounding. */
static int try_solve(const walkers *w, vt_tracer *out)
{
  vt_err err;
  vt_transport t;
  const vt_tr_input in = {.comp = &w->comp,
                          .run_ps = run_ps,
                          .t_k = 600,
                          .volume_a3 = 1000,
                          .n_lag = w->n,
                          .lag_ps = w->lag,
                          .msd_mean = w->mean,
                          .msd_m4 = w->m4};
  vt_status rc = vt_tr_replica(&in, &t, &err);
  if (rc == VT_EINVAL && strstr(err.text, "not positive definite")) return 0;
  VT_TEST_OK(rc, &err);
  *out = t.tracer[0];
  return 1;
}

static vt_tracer solve(const walkers *w)
{
  vt_tracer t = {0};
  assert_true(try_solve(w, &t));
  return t;
}

/* The same estimate without any matrix: the steps of MSD / lag = slope + c / lag are independent, with variances in the
 * ratio of the steps of lag; 2 x 2 normal equations. */
static double by_steps(const walkers *w, double lo_ps, double hi_ps)
{
  double aa = 0, ab = 0, bb = 0, ay = 0, by = 0, t0 = 0, u0 = 0, v0 = 0;
  for (int i = 0; i < w->n; i++) {
    double t = w->lag[i], u = w->mean[i] / t, v = 1 / t;
    if (t < lo_ps || t > hi_ps) continue;
    double a = t0 > 0 ? 0 : 1, b = v - v0, y = u - u0, weight = 1 / (t - t0);
    aa += weight * a * a, ab += weight * a * b, bb += weight * b * b;
    ay += weight * a * y, by += weight * b * y;
    t0 = t, u0 = u, v0 = v;
  }
  return (ay * bb - by * ab) / (aa * bb - ab * ab);
}

static void the_matrix_does_what_independent_steps_do(void **state)
{
  (void)state;
  for (uint64_t seed = 0; seed < 20; seed++) {
    walkers w = paired(0.06, seed, 0.01);
    vt_tracer t = solve(&w);
    assert_int_equal(t.reason, VT_TR_OK);
    near(t.d_cm2_s * 6e4 / by_steps(&w, t.lo_ps, t.hi_ps), 1, 1e-10);
  }
}

/* Lags apart by 10 % down to the last bit: the matrix has condition numbers up to 10^16 and more, and may be refused
 * when rounding makes it singular, below 10^-13.  Each D has to lie within 4.5 of its errors of the truth (340 of them:
 * once in 400 runs by chance) and to be that of independent steps: rounding gives a step of lag h the error 10^-16/h,
 * but its weight is h. */
static void lags_that_almost_coincide_give_no_wrong_d(void **state)
{
  (void)state;
  double apart = 0.1;
  for (int e = 1; e <= 17; e++, apart /= 10)
    for (uint64_t seed = 0; seed < 20; seed++) {
      walkers w = paired(apart, 100 * (uint64_t)e + seed, 0);
      vt_tracer t;
      int solved = try_solve(&w, &t);
      assert_true(solved || apart < 1e-13);
      if (!solved) continue;
      assert_int_equal(t.reason, VT_TR_OK);
      near(t.d_cm2_s, slope / 6e4, 4.5 * t.se);
      near(t.d_cm2_s * 6e4 / by_steps(&w, t.lo_ps, t.hi_ps), 1, apart > 1e-12 ? 1e-9 : 1e-3);
      /* T 7.2; pairs say no more than one of them */
      near(t.se / t.d_cm2_s / sqrt(4 * 2.0 / 3 * t.lo_ps / (run_ps * N_ION)), 1, 0.05);
    }
}

/* Noise that the matrix does not expect, 0.1 % at every lag: between lags that almost coincide it would be a slope of
 * 10^12, but it must not count for more than what it is. */
static void noise_between_them_is_not_amplified(void **state)
{
  (void)state;
  double apart = 0.1;
  for (int e = 1; e <= 17; e++, apart /= 10)
    for (uint64_t seed = 0; seed < 20; seed++) {
      walkers noisy = paired(apart, seed, 1e-3), clean = paired(apart, seed, 0);
      vt_tracer a, b;
      if (try_solve(&noisy, &a) && try_solve(&clean, &b)) near(a.d_cm2_s / b.d_cm2_s, 1, 0.02);
    }
}

/* Twice the same lag is singular: refused, whatever the values. */
static void a_lag_that_comes_twice_is_refused(void **state)
{
  (void)state;
  vt_err err;
  vt_transport t;
  walkers w = paired(0.06, 1, 0);
  w.lag[7] = w.lag[6];
  const vt_tr_input in = {.comp = &w.comp,
                          .run_ps = run_ps,
                          .t_k = 600,
                          .volume_a3 = 1000,
                          .n_lag = w.n,
                          .lag_ps = w.lag,
                          .msd_mean = w.mean,
                          .msd_m4 = w.m4};
  assert_int_equal(vt_tr_replica(&in, &t, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "does not ascend"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_matrix_does_what_independent_steps_do),
      cmocka_unit_test(lags_that_almost_coincide_give_no_wrong_d),
      cmocka_unit_test(noise_between_them_is_not_amplified),
      cmocka_unit_test(a_lag_that_comes_twice_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
