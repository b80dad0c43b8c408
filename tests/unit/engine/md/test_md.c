/* Stages, guards, ramps, views; what all ensembles share is in tests/conform/integrator.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conform/integrator_model.h"
#include "tests/vt_test.h"

enum { N = 64 };
static const double edge = 12;

static void begin(vt_md *md, const vt_md_stage *st)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_begin(md, st, 0, &err), &err);
}

static void run(vt_md *md, int64_t n)
{
  vt_err err = {0};
  VT_TEST_OK(vt_md_run(md, n, &err), &err);
}

static void velocities_have_the_temperature_no_momentum_and_equal_shares(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  double light = 0, heavy = 0;
  for (uint64_t key = 0; key < 20; key++) {
    model_open(&md, &pot, 400, 25, 700, key);
    assert_true(fabs(md.t_k / 700 - 1) < 1e-12);
    for (int b = 0; b < 3; b++) {
      double p = 0;
      for (int i = 0; i < md.n; i++) p += md.mass[i] * md.v[i][b];
      assert_true(fabs(p) < 1e-11);
    }
    for (int i = 0; i < md.n; i++) {
      double e = md.v[i][0] * md.v[i][0] + md.v[i][1] * md.v[i][1] + md.v[i][2] * md.v[i][2];
      *(md.type[i] ? &heavy : &light) += 0.5 * md.mass[i] * e;
    }
    vt_md_close(&md);
  }
  /* 12000 degrees of freedom each: ratio known to sqrt(2 * 2 / 12000) = 1.8 %; 4 of them */
  assert_true(fabs(light / heavy - 1) < 0.073);
}

static void time_runs_backwards_when_velocities_are_turned(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  double x0[N][3], hi[3][3];
  vt_md_stage st = model_stage(VT_NVE, 0, 2, 300);
  model_open(&md, &pot, N, edge, 600, 1);
  begin(&md, &st);
  memcpy(x0, md.x, sizeof x0);
  run(&md, 300);
  for (int i = 0; i < N; i++)
    for (int b = 0; b < 3; b++) md.v[i][b] = -md.v[i][b];
  begin(&md, &st);
  run(&md, 300);
  assert_true(vt_cell_inverse(&md.cell, hi));
  for (int i = 0; i < N; i++) {
    double d[3] = {md.x[i][0] - x0[i][0], md.x[i][1] - x0[i][1], md.x[i][2] - x0[i][2]};
    vt_cell_min_image(&md.cell, (const double(*)[3])hi, d);
    /* rounding of 1e-15 grows by at most e^10 in 0.6 ps of a dense liquid */
    assert_true(fabs(d[0]) + fabs(d[1]) + fabs(d[2]) < 1e-9);
  }
  vt_md_close(&md);
}

/* P = -d(K + U)/dV at fixed scaled coordinates and momenta (K ~ V^(-2/3)), by central differences of relative size 1e-4
 * in V: error about 1e-8 of the second derivative over the first, so 1e-6. */
static void pressure_is_the_volume_derivative_of_the_energy(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  vt_md_stage st = model_stage(VT_NVE, 0, 1, 10);
  model_open(&md, &pot, N, edge, 900, 2);
  begin(&md, &st);
  double p = md.pressure, k = md.e_kin, v = vt_cell_volume(&md.cell), h = 1e-4, e[2];
  assert_true(p > 0 && 2 * k / (3 * v) < 0.9 * p); /* both parts matter */
  for (int s = 0; s < 2; s++) {
    double ratio = s ? 1 + h : 1 - h;
    vt_md_set_volume(&md, v * ratio);
    begin(&md, &st);
    assert_true(fabs(md.volume0 / (v * ratio) - 1) < 1e-12);
    e[s] = md.out.energy + k * pow(ratio, -2.0 / 3);
  }
  assert_true(fabs(-(e[1] - e[0]) / (2 * h * v) / p - 1) < 1e-6);
  vt_md_close(&md);
}

/* Last tenth of the ramp: the set value goes from 870 to 900 K; 189 degrees of freedom scatter by 10 %, and 400 steps
 * of a bath with tau = 10 steps hold some 20 independent values: 2.3 %, and the lag of the bath is 0.1 %. */
static void a_ramp_reaches_its_end(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  double sum = 0;
  vt_md_stage st = model_stage(VT_NVT, 600, 2, 4000);
  st.t1_k = 900;
  st.tau_t = 10 * st.dt;
  model_open(&md, &pot, N, edge, 600, 3);
  begin(&md, &st);
  run(&md, 3600);
  for (int k = 0; k < 400; k++) {
    run(&md, 1);
    sum += md.t_k;
  }
  assert_true(fabs(sum / 400 / 885 - 1) < 0.07);
  vt_md_close(&md);
}

static void the_volume_is_freed_below_the_temperature_asked(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  vt_md_stage st = model_stage(VT_NVT, 900, 2, 100);
  st.t1_k = 700;
  st.npt_below_k = 800; /* set temperature after step s: 900 - 2 (s + 1): below 800 from s = 50 */
  model_open(&md, &pot, N, edge, 900, 4);
  begin(&md, &st);
  double v = vt_cell_volume(&md.cell);
  run(&md, 50);
  assert_true(vt_cell_volume(&md.cell) == v);
  run(&md, 1);
  assert_true(vt_cell_volume(&md.cell) != v);
  vt_md_close(&md);
}

static void each_guard_says_what_was_exceeded_and_when(void **state)
{
  (void)state;
  const struct {
    vt_md_guard guard;
    double pressure; /* of the barostat: +-160 GPa is 6.4 % of the volume a step */
    const char *text;
    int64_t at;
  } rows[] = {{{.t_max_k = 100}, 0, "K, limit 100", 1},
              {{.f_max = 0.01}, 0, "eV/A on atom", 1},
              {{.volume_ratio = 1.2}, 1, "times that at the start of the stage", 3},
              {{.volume_ratio = 1.2}, -1, "times that at the start of the stage", 3},
              {{.d_min_scale = 2}, 0, "A apart, limit", 25}};
  vt_pot pot = model_soft();
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    vt_md md;
    vt_err err = {0};
    char step[64];
    vt_md_stage st = model_stage(VT_NPT, 600, 2, 30);
    st.block_steps = 7;
    st.guard = rows[k].guard;
    st.pressure = rows[k].pressure;
    model_open(&md, &pot, N, edge, 600, 5);
    begin(&md, &st);
    assert_int_equal(vt_md_run(&md, 100, &err), VT_EDIVERGE);
    assert_non_null(strstr(err.text, rows[k].text));
    assert_int_equal(md.step, rows[k].at);
    (void)snprintf(step, sizeof step, "stage 'model', step %d of 30 (%.6g ps)", (int)rows[k].at,
                   0.002 * (int)rows[k].at);
    assert_non_null(strstr(err.text, step));
    vt_md_close(&md);
  }
}

static void wide_guards_let_a_healthy_run_pass(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  vt_md_stage st = model_stage(VT_NPT, 600, 2, 500);
  st.pressure = 0.05;
  st.guard = (vt_md_guard){.t_max_k = 3000, .f_max = 50, .volume_ratio = 3, .d_min_scale = 0.3};
  model_open(&md, &pot, N, edge, 600, 6);
  begin(&md, &st);
  run(&md, 500);
  assert_int_equal(md.step, 500);
  vt_md_close(&md);
}

static void a_hopeless_pressure_diverges_instead_of_inverting_the_cell(void **state)
{
  (void)state;
  vt_pot pot = model_gas();
  vt_md md;
  vt_err err = {0};
  vt_md_stage st = model_stage(VT_NPT, 600, 2, 10);
  st.pressure = 1000;
  model_open(&md, &pot, N, edge, 600, 6);
  begin(&md, &st);
  assert_int_equal(vt_md_run(&md, 10, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "times itself in one step"));
  vt_md_close(&md);
}

static void stages_that_make_no_sense_are_refused(void **state)
{
  (void)state;
  vt_pot pot = model_gas();
  vt_md md;
  const vt_md_stage good = model_stage(VT_NPT, 600, 2, 10);
  vt_md_stage bad[8];
  for (int k = 0; k < 8; k++) bad[k] = good;
  bad[0].dt = 0;
  bad[1].block_steps = 0;
  bad[2].tau_t = 0;
  bad[3].tau_p = 0;
  bad[4].ensemble = 7;
  bad[5].t1_k = (double)NAN;
  bad[6].n_steps = -1;
  bad[7].ensemble = VT_NVT, bad[7].npt_below_k = 300, bad[7].tau_p = -1;
  model_open(&md, &pot, N, edge, 600, 6);
  for (int k = 0; k < 8; k++) assert_int_equal(vt_md_begin(&md, &bad[k], 0, NULL), VT_EINVAL);
  assert_int_equal(vt_md_begin(&md, &good, 1 << 15, NULL), VT_EINVAL);
  begin(&md, &good);
  vt_md_close(&md);
}

static void atoms_that_make_no_sense_are_refused(void **state)
{
  (void)state;
  vt_pot pot = model_gas();
  vt_md md;
  vt_composition c = {.name = "c", .n_species = 1, .z = {3}, .count = {2}, .n_atoms = 2};
  vt_cell cell = vt_cell_cubic(10), flat = {0};
  const double x[2][3] = {{0}};
  int type[2] = {0, 0}, wrong[2] = {0, 1};
  assert_int_equal(vt_md_open(&md, &c, &flat, type, x, &pot, 1, 1, NULL), VT_EINVAL);
  assert_int_equal(vt_md_open(&md, &c, &cell, wrong, x, &pot, 1, 1, NULL), VT_EINVAL);
  c.z[0] = 0;
  assert_int_equal(vt_md_open(&md, &c, &cell, type, x, &pot, 1, 1, NULL), VT_EINVAL);
  c.z[0] = 3, c.n_atoms = 1;
  assert_int_equal(vt_md_open(&md, &c, &cell, type, x, &pot, 1, 1, NULL), VT_EINVAL);
}

static void a_frame_shows_the_instant_with_wrapped_positions(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  vt_md_stage st = model_stage(VT_NVT, 600, 2, 1000);
  st.block_steps = 1000;
  model_open(&md, &pot, N, edge, 600, 7);
  begin(&md, &st);
  run(&md, 999);
  vt_frame f = vt_md_frame(&md);
  int outside = 0;
  for (int i = 0; i < N; i++) {
    for (int b = 0; b < 3; b++) {
      outside += md.x[i][b] < 0 || md.x[i][b] >= edge;
      assert_true(f.x[i][b] >= 0 && f.x[i][b] < edge);
      double k = (f.x[i][b] - md.x[i][b]) / edge;
      assert_true(fabs(k - round(k)) < 1e-14);
    }
  }
  assert_true(outside > 0); /* between boundaries nothing is wrapped */
  assert_int_equal(f.step, 999);
  assert_true(fabs(f.time_ps - 1.998) < 1e-12);
  assert_true(f.t_k == md.t_k && f.e_kin == md.e_kin && f.e_pot == md.out.energy && f.pressure == md.pressure);
  assert_true(fabs(f.t_k - 2 * f.e_kin / ((3 * N - 3) * VT_KB_EV)) < 1e-9);
  run(&md, 1);
  for (int i = 0; i < N; i++)
    for (int b = 0; b < 3; b++) assert_true(md.x[i][b] >= 0 && md.x[i][b] < edge);
  vt_md_close(&md);
}

static void the_list_is_rebuilt_at_block_boundaries(void **state)
{
  (void)state;
  vt_pot pot = model_gas();
  vt_md md;
  vt_md_stage st = model_stage(VT_NVE, 0, 2, 100);
  st.block_steps = 10;
  model_open(&md, &pot, N, edge, 0, 8); /* at rest: no other reason to rebuild */
  begin(&md, &st);
  assert_int_equal(md.nl.builds, 1);
  run(&md, 9);
  assert_int_equal(md.nl.builds, 1);
  run(&md, 1);
  assert_int_equal(md.nl.builds, 2);
  run(&md, 90);
  assert_int_equal(md.nl.builds, 11);
  vt_md_close(&md);
}

/* A drift of 1e-4 of a thermal velocity: NVE alone would keep it for ever. */
static void a_drift_ends_at_the_next_block_boundary(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  vt_md_stage st = model_stage(VT_NVE, 0, 2, 100);
  model_open(&md, &pot, N, edge, 600, 12);
  for (int i = 0; i < N; i++) md.v[i][1] += 1e-5;
  begin(&md, &st);
  for (int k = 0; k < 2; k++) {
    double p = 0, mass = 0;
    run(&md, k == 0 ? 49 : 1);
    for (int i = 0; i < N; i++) p += md.mass[i] * md.v[i][1], mass += md.mass[i];
    assert_true(fabs(p / mass - (k == 0 ? 1e-5 : 0)) < 1e-15);
  }
  vt_md_close(&md);
}

static void relaxation_goes_downhill_in_small_steps_until_forces_are_small(void **state)
{
  (void)state;
  vt_pot pot = model_soft();
  vt_md md;
  vt_err err = {0};
  double x0[N][3];
  model_open(&md, &pot, N, 13, 0, 10);
  memcpy(x0, md.x, sizeof x0);
  VT_TEST_OK(vt_md_relax(&md, 0, 0.05, 1e-3, &err), &err);
  assert_memory_equal(x0, md.x, sizeof x0);
  double e0 = md.out.energy, most = 0;
  VT_TEST_OK(vt_md_relax(&md, 1, 0.05, 1e-3, &err), &err);
  for (int i = 0; i < N; i++) {
    double d2 = 0;
    for (int b = 0; b < 3; b++) d2 += pow(md.x[i][b] - x0[i][b], 2);
    most = fmax(most, sqrt(d2));
  }
  assert_true(fabs(most - 0.05) < 1e-12); /* the most pulled atom goes the cap */
  assert_true(md.out.energy < e0);
  VT_TEST_OK(vt_md_relax(&md, 3000, 0.05, 1e-3, &err), &err);
  for (int i = 0; i < N; i++)
    for (int b = 0; b < 3; b++) assert_true(fabs(md.f[i][b]) < 1e-3);
  assert_int_equal(vt_md_relax(&md, 10, 0, 1e-3, &err), VT_EINVAL);
  vt_md_close(&md);
}

/* With one atom expected beyond half a skin, a cell has none with the chance e^-1 (a Poisson number; 168 atoms: within
 * 0.3 %).  4000 cells of drawn velocities know that to 0.8 %. */
static void a_list_lives_until_the_fastest_of_freely_flying_atoms_leaves_its_skin(void **state)
{
  (void)state;
  enum { CELLS = 4000 };
  const double skin = 0.8, t_k = 700;
  const vt_composition c = {
      .n_species = 3, .z = {3, 13, 17}, .count = {40, 28, 100}, .charge = {1, 3, -1}, .n_atoms = 168};
  const double time = vt_md_rebuild_time(&c, skin, t_k);
  int intact = 0;
  for (int64_t cell = 0; cell < CELLS; cell++) {
    int left = 0;
    for (int s = 0, i = 0; s < c.n_species; s++) {
      double sigma = sqrt(VT_KB_EV * t_k / vt_element_mass(c.z[s]));
      for (int k = 0; k < c.count[s]; k++, i++) {
        double g[2], h[2];
        vt_rng_normal2(11, VT_STREAM_TEST, 0, cell, (uint32_t)i, g);
        vt_rng_normal2(11, VT_STREAM_TEST, 1, cell, (uint32_t)i, h);
        left |= sigma * sqrt(g[0] * g[0] + g[1] * g[1] + h[0] * h[0]) * time > 0.5 * skin;
      }
    }
    intact += !left;
  }
  assert_true(fabs((double)intact / CELLS - exp(-1)) < 0.03);
}

static void the_skin_grows_with_temperature_and_step_within_its_limits(void **state)
{
  (void)state;
  const vt_composition c = {.n_species = 2, .z = {3, 17}, .count = {100, 100}, .charge = {1, -1}, .n_atoms = 200};
  const double t_k[] = {10, 300, 1200, 2500}, dt_fs[] = {0.5, 1, 2, 5};
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 4; k++) {
      double skin = vt_md_skin(&c, 6, t_k[i], vt_unit_time_from_fs(dt_fs[k]));
      assert_true(skin >= 0.3 - 1e-12 && skin <= 2 + 1e-12);
      if (i) assert_true(skin >= vt_md_skin(&c, 6, t_k[i - 1], vt_unit_time_from_fs(dt_fs[k])));
      if (k) assert_true(skin >= vt_md_skin(&c, 6, t_k[i], vt_unit_time_from_fs(dt_fs[k - 1])));
    }
  assert_true(vt_md_skin(&c, 6, 1200, vt_unit_time_from_fs(2)) > vt_md_skin(&c, 6, 10, vt_unit_time_from_fs(0.5)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(velocities_have_the_temperature_no_momentum_and_equal_shares),
      cmocka_unit_test(time_runs_backwards_when_velocities_are_turned),
      cmocka_unit_test(pressure_is_the_volume_derivative_of_the_energy),
      cmocka_unit_test(a_ramp_reaches_its_end),
      cmocka_unit_test(the_volume_is_freed_below_the_temperature_asked),
      cmocka_unit_test(each_guard_says_what_was_exceeded_and_when),
      cmocka_unit_test(wide_guards_let_a_healthy_run_pass),
      cmocka_unit_test(a_hopeless_pressure_diverges_instead_of_inverting_the_cell),
      cmocka_unit_test(stages_that_make_no_sense_are_refused),
      cmocka_unit_test(atoms_that_make_no_sense_are_refused),
      cmocka_unit_test(a_frame_shows_the_instant_with_wrapped_positions),
      cmocka_unit_test(the_list_is_rebuilt_at_block_boundaries),
      cmocka_unit_test(a_drift_ends_at_the_next_block_boundary),
      cmocka_unit_test(relaxation_goes_downhill_in_small_steps_until_forces_are_small),
      cmocka_unit_test(a_list_lives_until_the_fastest_of_freely_flying_atoms_leaves_its_skin),
      cmocka_unit_test(the_skin_grows_with_temperature_and_step_within_its_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
