/* integrator.c - what every ensemble must do. One suite, run for NVE, NVT, NPT and LANGEVIN. */
#include <math.h>
#include <string.h>

#include "tests/support/integrator_model.h"
#include "tests/vt_test.h"

enum { N = 64 };
static const double edge = 12, hot = 600;
static const int ensembles[] = {VT_NVE, VT_NVT, VT_NPT, VT_LANGEVIN};
enum { N_ENSEMBLES = 4 };

static void start_model(vt_md *md, vt_pot *pot, int ensemble, uint64_t key, double dt_fs, int64_t n_steps,
                        uint32_t index)
{
  vt_err err = {0};
  vt_md_stage st = model_stage(ensemble, hot, dt_fs, n_steps);
  model_open(md, pot, N, edge, hot, key);
  VT_TEST_OK(vt_md_begin(md, &st, index, &err), &err);
}

static int same_state(const vt_md *a, const vt_md *b)
{
  size_t bytes = N * sizeof a->x[0];
  return !memcmp(a->x, b->x, bytes) && !memcmp(a->v, b->v, bytes) && !memcmp(a->f, b->f, bytes) &&
         !memcmp(a->dx, b->dx, bytes) && !memcmp(&a->cell, &b->cell, sizeof a->cell) && a->step == b->step &&
         a->exchanged == b->exchanged && a->pressure == b->pressure;
}

static void the_total_momentum_stays_zero(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  for (int e = 0; e < N_ENSEMBLES; e++) {
    vt_md md;
    start_model(&md, &pot, ensembles[e], 1, 2, 1000, 0);
    model_run(&md, 1000);
    for (int b = 0; b < 3; b++) {
      double p = 0, size = 0;
      for (int i = 0; i < N; i++) p += md.mass[i] * md.v[i][b], size += md.mass[i] * fabs(md.v[i][b]);
      assert_true(fabs(p) < 1e-13 * size); /* rounding of one block */
    }
    vt_md_close(&md);
  }
}

static void the_split_into_calls_changes_no_bit(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  for (int e = 0; e < N_ENSEMBLES; e++) {
    vt_md whole, parts;
    start_model(&whole, &pot, ensembles[e], 2, 2, 170, 0);
    start_model(&parts, &pot, ensembles[e], 2, 2, 170, 0);
    model_run(&whole, 1000); /* ends with the stage */
    assert_int_equal(whole.step, 170);
    for (int k = 0; k < 5; k++) model_run(&parts, k % 2 ? 50 : 23);
    assert_int_equal(parts.step, 169);
    assert_false(same_state(&whole, &parts));
    model_run(&parts, 1);
    assert_true(same_state(&whole, &parts));
    vt_md_close(&whole);
    vt_md_close(&parts);
  }
}

static void key_and_stage_decide_the_random_numbers(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  for (int e = 0; e < N_ENSEMBLES; e++) {
    vt_md a, b, c;
    start_model(&a, &pot, ensembles[e], 3, 2, 100, 1);
    start_model(&b, &pot, ensembles[e], 3, 2, 100, 1);
    start_model(&c, &pot, ensembles[e], 3, 2, 100, 2); /* the same velocities, another stage */
    model_run(&a, 100);
    model_run(&b, 100);
    model_run(&c, 100);
    assert_true(same_state(&a, &b));
    assert_int_equal(same_state(&a, &c), ensembles[e] == VT_NVE);
    vt_md_close(&a);
    vt_md_close(&b);
    vt_md_close(&c);
  }
}

static double conserved_error(int ensemble, double dt_fs, double t_fs)
{
  vt_pot pot = model_soft();
  vt_md md;
  double worst = 0;
  int64_t n = (int64_t)(t_fs / dt_fs + 0.5);
  start_model(&md, &pot, ensemble, 4, dt_fs, n, 0);
  double e0 = md.conserved;
  for (int64_t k = 0; k < n; k++) {
    model_run(&md, 1);
    worst = fmax(worst, fabs(md.conserved - e0));
  }
  vt_md_close(&md);
  return worst;
}

/* Velocity Verlet is of second order: half the step, a quarter of the error.  The two runs leave each other only after
 * the time of this one (0.2 ps). */
static void the_energy_error_of_nve_falls_with_the_square_of_the_step(void **state)
{
  (void)state;
  double e4 = conserved_error(VT_NVE, 4, 200), e2 = conserved_error(VT_NVE, 2, 200),
         e1 = conserved_error(VT_NVE, 1, 200);
  assert_true(e4 / e2 > 3.5 && e4 / e2 < 4.5);
  assert_true(e2 / e1 > 3.5 && e2 / e1 < 4.5);
}

/* 64 atoms at 600 K: kinetic energy 4.9 eV, exchanged with the baths several times in 4 ps.  The conserved quantity
 * must hold within 0.03 meV an atom, 0.04 % of the kinetic energy. */
static void what_the_baths_gave_is_accounted_for(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  for (int e = 0; e < N_ENSEMBLES; e++) {
    vt_md md;
    double worst = 0, given = 0;
    start_model(&md, &pot, ensembles[e], 5, 1, 4000, 0);
    double e0 = md.conserved;
    for (int k = 0; k < 400; k++) {
      model_run(&md, 10);
      worst = fmax(worst, fabs(md.conserved - e0));
      given = fmax(given, fabs(md.exchanged));
    }
    assert_true(ensembles[e] == VT_NVE ? given == 0 : given > 1.0);
    if (!(worst < 3e-5 * N)) fail_msg("ensemble %d: the conserved energy moves by %g eV", ensembles[e], worst);
    vt_md_close(&md);
  }
}

/* NVE, from a block boundary: a new object with the same x, v and cell goes on to the same bits. */
static void a_block_boundary_determines_what_follows(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md a, b;
  start_model(&a, &pot, VT_NVE, 6, 2, 200, 0);
  model_run(&a, 100);
  start_model(&b, &pot, VT_NVE, 7, 2, 100, 0);
  memcpy(b.x, a.x, N * sizeof a.x[0]);
  memcpy(b.v, a.v, N * sizeof a.v[0]);
  vt_md_stage st = b.stage;
  vt_err err = {0};
  VT_TEST_OK(vt_md_begin(&b, &st, 0, &err), &err);
  model_run(&a, 100);
  model_run(&b, 100);
  assert_memory_equal(a.x, b.x, N * sizeof a.x[0]);
  assert_memory_equal(a.v, b.v, N * sizeof a.v[0]);
  vt_md_close(&a);
  vt_md_close(&b);
}

static void displacements_are_those_of_the_positions(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  double x0[N][3], hi[3][3];
  start_model(&md, &pot, VT_NVT, 8, 2, 2000, 0);
  memcpy(x0, md.x, sizeof x0);
  model_run(&md, 2000);
  assert_true(vt_cell_inverse(&md.cell, hi));
  int crossed = 0;
  for (int i = 0; i < N; i++) {
    double d[3];
    for (int b = 0; b < 3; b++) {
      d[b] = md.x[i][b] - x0[i][b] - md.dx[i][b];
      crossed += fabs(d[b]) > 1;
    }
    vt_cell_min_image(&md.cell, (const double(*)[3])hi, d);
    assert_true(fabs(d[0]) + fabs(d[1]) + fabs(d[2]) < 1e-10); /* 2000 roundings of 1e-15 A, with room */
  }
  assert_true(crossed > 0);
  vt_md_close(&md);
}

/* Atoms without velocity and force in a cell that breathes: they go with the cell, and dx must not. */
static void the_barostat_moves_no_displacement(void **state)
{
  (void)state;
  vt_pot pot = model_gas();
  vt_md md;
  vt_err err = {0};
  vt_md_stage st = model_stage(VT_NPT, hot, 2, 100);
  model_open(&md, &pot, N, edge, 0, 9);
  VT_TEST_OK(vt_md_begin(&md, &st, 0, &err), &err);
  double v0 = vt_cell_volume(&md.cell);
  model_run(&md, 100);
  assert_true(fabs(vt_cell_volume(&md.cell) / v0 - 1) > 1e-3);
  for (int i = 0; i < N; i++)
    for (int b = 0; b < 3; b++) assert_true(md.dx[i][b] == 0);
  vt_md_close(&md);
}

/* <T> = T: with 189 degrees of freedom one value scatters by 10.3 %; 20 ps in samples 0.1 ps apart (two thermostat
 * times) give 200 nearly independent ones, so 0.7 % standard error, 4 of them allowed. */
static void the_baths_keep_the_temperature(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  for (int e = 1; e < N_ENSEMBLES; e++) {
    vt_md md;
    double sum = 0;
    start_model(&md, &pot, ensembles[e], 11, 2, 11000, 0);
    model_run(&md, 1000);
    for (int k = 0; k < 200; k++) {
      model_run(&md, 50);
      sum += md.t_k;
    }
    assert_true(fabs(sum / 200 / hot - 1) < 4 * 0.007);
    vt_md_close(&md);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_total_momentum_stays_zero),
      cmocka_unit_test(the_split_into_calls_changes_no_bit),
      cmocka_unit_test(key_and_stage_decide_the_random_numbers),
      cmocka_unit_test(the_energy_error_of_nve_falls_with_the_square_of_the_step),
      cmocka_unit_test(what_the_baths_gave_is_accounted_for),
      cmocka_unit_test(a_block_boundary_determines_what_follows),
      cmocka_unit_test(displacements_are_those_of_the_positions),
      cmocka_unit_test(the_barostat_moves_no_displacement),
      cmocka_unit_test(the_baths_keep_the_temperature),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
