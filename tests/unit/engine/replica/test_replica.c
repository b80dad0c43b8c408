/* A task from plan to result, with the Lennard-Jones liquid and the scripted failures of `mock`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/replica/replica.h"
#include "engine/sys/sys.h"
#include "tests/vt_test.h"

/* 24 lithium and 24 chlorine atoms: 1.5 ps of melt and quench, 1 ps of MD. */
static vt_plan glass_plan(void)
{
  /* blocks of 47 steps: no stage ends at a block boundary, where md would wrap the positions anyway */
  vt_plan p = {.seed = 7, .kind = VT_TASK_GLASS, .block_steps = 47, .t_k = 400, .pot_kind = "lj", .pot_path = "-"};
  p.comp = (vt_composition){.name = "LiCl", .n_species = 2, .z = {3, 17}, .count = {24, 24}, .charge = {1, -1}};
  p.comp.n_atoms = 48;
  p.protocol = (vt_protocol){.pack_density = 0.9,
                             .melt_t_k = 900,
                             .melt_ps = 0.5,
                             .melt_dt_fs = 2,
                             .quench_rate_k_s = 5e14,
                             .quench_npt_below_k = 600,
                             .quench_dt_fs = 2,
                             .equil_ps = 1.6,
                             .equil_dt_fs = 2,
                             .produce_ps = 1,
                             .produce_dt_fs = 2,
                             .thermostat_ps = 0.05,
                             .barostat_ps = 1,
                             .melt_ensemble = VT_NVT,
                             .equil_ensemble = VT_NPT,
                             .produce_ensemble = VT_NVT};
  p.protocol.guard = (vt_guard_limits){.temperature = 3, .force_ev_a = 50, .volume = 1.6};
  p.numerics.format = VT_ENGINE_FORMAT;
  vt_pot_info info;
  vt_err err = {0};
  VT_TEST_OK(vt_pot_probe("lj", "-", &info, &err), &err);
  p.pot_hash = info.sha256;
  VT_TEST_OK(vt_plan_identify(&p, &err), &err);
  return p;
}

static void ask(vt_plan *p, const char *name)
{
  const vt_obs_ops *o = vt_obs_find(name);
  assert_non_null(o);
  vt_obs_request *r = &p->obs[p->n_obs++];
  (void)snprintf(r->name, sizeof r->name, "%s", name);
  r->every_ps = o->doc.every_lo_ps > 0.02 ? o->doc.every_lo_ps : 0.02;
  for (int k = 0; k < o->doc.n_par; k++) r->par[k] = o->doc.par[k].def;
}

static vt_plan md_plan(void)
{
  vt_plan p = glass_plan();
  vt_err err = {0};
  p.kind = VT_TASK_MD;
  p.needs = p.uid;
  p.t_k = 500;
  ask(&p, "msd");
  ask(&p, "thermo");
  VT_TEST_OK(vt_plan_identify(&p, &err), &err);
  return p;
}

static size_t layout_values(const vt_plan *p)
{
  vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  int n = 0;
  size_t sum = 0;
  VT_TEST_OK(vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n, &err), &err);
  for (int k = 0; k < n; k++) sum += vt_array_count(&defs[k]);
  return sum;
}

static const double *array_of(const vt_plan *p, const vt_result *r, const char *name, size_t *count)
{
  vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  int n = 0;
  const double *v = r->values;
  VT_TEST_OK(vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n, &err), &err);
  for (int k = 0; k < n; k++, v += *count) {
    *count = vt_array_count(&defs[k]);
    if (strcmp(defs[k].name, name) == 0) return v;
  }
  fail_msg("no array %s", name);
  return NULL;
}

static vt_result run(const vt_plan *p, const vt_result *glass, const vt_replica_hooks *hooks)
{
  vt_result r = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_replica_run(p, glass ? glass->values : NULL, glass ? glass->n_values : 0, hooks, NULL, &r, &err), &err);
  assert_int_equal(r.n_values, layout_values(p));
  return r;
}

static int same_bits(const vt_result *a, const vt_result *b)
{
  return a->n_values == b->n_values && memcmp(a->values, b->values, a->n_values * sizeof *a->values) == 0;
}

/* One glass for all tests that only need some glass. */
static vt_result shared;
static int make_glass(void **state)
{
  (void)state;
  vt_plan g = glass_plan();
  shared = run(&g, NULL, NULL);
  return 0;
}
static int drop_glass(void **state)
{
  (void)state;
  vt_result_free(&shared);
  return 0;
}

/* ------------------------------------------------------------------ what a result holds */

static void a_glass_has_its_atoms_in_the_cell_and_went_down_the_ramp(void **state)
{
  (void)state;
  vt_plan p = glass_plan();
  size_t n;
  vt_cell cell;
  double hi[3][3];
  const double *h = array_of(&p, &shared, "glass/cell", &n);
  assert_int_equal(n, 9);
  memcpy(cell.h, h, sizeof cell.h);
  assert_true(vt_cell_inverse(&cell, hi));
  const double *x = array_of(&p, &shared, "glass/x", &n);
  assert_int_equal(n, 3 * 48);
  for (size_t i = 0; i < n; i += 3)
    for (int a = 0; a < 3; a++) {
      double s = x[i] * hi[0][a] + x[i + 1] * hi[1][a] + x[i + 2] * hi[2][a];
      assert_true(s >= -1e-12 && s < 1 + 1e-12); /* wrapped; the rounding of two 3x3 products */
    }
  /* 1 ps down from 900 to 400 K: the first and the last tenth lie around 875 and 425 K.  47 free atoms and 50 fs of
   * thermostat: a mean over 0.1 ps scatters by sqrt(2/141) = 12 %, so three of these. */
  const double *q = array_of(&p, &shared, "glass/quench", &n);
  double first = 0, last = 0;
  for (size_t k = 0; k < 20; k++) first += q[4 * k] / 20, last += q[4 * (n / 4 - 1 - k)] / 20;
  assert_true(fabs(first - 875) < 0.36 * 875);
  assert_true(fabs(last - 425) < 0.36 * 425);
  /* NVT above 600 K: the volume of the packing to the bit; NPT below: another one. */
  assert_true(q[1] == q[4 * 50 + 1]);
  assert_true(q[1] != q[n - 3]);
  /* the volume of the last row is the mean over the last 5 fs, the cell stands at their end: 1 % is far beyond */
  assert_true(fabs(q[n - 3] / vt_cell_volume(&cell) - 1) < 0.01);
}

static void production_runs_at_the_mean_volume_of_the_second_half_of_the_equilibration(void **state)
{
  (void)state;
  vt_plan p = md_plan();
  vt_result r = run(&p, &shared, NULL);
  size_t n;
  /* 800 steps in 200 rows: every row holds four samples, so the mean of the rows is the mean of the samples */
  const double *rows = array_of(&p, &r, "equilibrate/thermo", &n);
  assert_int_equal(n, 800);
  double mean = 0;
  for (int k = 100; k < 200; k++) mean += rows[4 * k + 1] / 100;
  const double *volume = array_of(&p, &r, "thermo/volume", &n);
  for (size_t k = 0; k < n; k++)
    if (isfinite(volume[k]))
      assert_true(fabs(volume[k] / mean - 1) < 1e-12); /* rounding of 400 additions, and of cbrt */
  assert_true(isfinite(volume[0]));
  assert_true(fabs(rows[1] / mean - 1) > 1e-6); /* the volume did move before */
  vt_result_free(&r);
}

static void displacements_begin_with_the_production(void **state)
{
  (void)state;
  vt_plan p = md_plan();
  vt_result r = run(&p, &shared, NULL);
  size_t n, n_lag;
  const double *lag = array_of(&p, &r, "msd/lag_ps", &n_lag), *msd = array_of(&p, &r, "msd/mean", &n);
  assert_int_equal(n, 2 * n_lag);
  assert_true(fabs(lag[0] - 0.02) < 1e-12);
  /* Ballistic at 20 fs: MSD = 3 kT/m t^2 for lithium, 0.0715 A^2 at 500 K if no force acted; the cage slows it, and 24
   * atoms scatter: a factor of two either way, while displacements counted from the glass would be of atomic size. */
  double free_flight = 3 * VT_KB_EV * 500 / vt_element_mass(3) * pow(vt_unit_time_from_fs(20), 2);
  assert_true(msd[0] > free_flight / 2 && msd[0] < free_flight * 2);
  vt_result_free(&r);
}

/* ------------------------------------------------------------------ bits */

static void the_same_plan_gives_the_same_bits(void **state)
{
  (void)state;
  vt_plan g = glass_plan(), m = md_plan();
  vt_result g2 = run(&g, NULL, NULL), a = run(&m, &shared, NULL), b = run(&m, &g2, NULL);
  assert_true(same_bits(&shared, &g2));
  assert_true(same_bits(&a, &b));
  m.attempt = 1; /* another key: other velocities */
  vt_result c = run(&m, &shared, NULL);
  assert_false(same_bits(&a, &c));
  vt_result_free(&g2);
  vt_result_free(&a);
  vt_result_free(&b);
  vt_result_free(&c);
}

typedef struct watcher {
  int calls, stop_at; /* stop_at 0: never */
  double last_fraction, last_ns;
  int went_back;
  char stage[16];
} watcher;

static vt_status watch(void *ctx, const vt_progress *p, vt_err *err)
{
  watcher *w = ctx;
  w->calls++;
  if (p->fraction < w->last_fraction || p->ns_done < w->last_ns || p->step > p->n_steps) w->went_back = 1;
  w->last_fraction = p->fraction;
  w->last_ns = p->ns_done;
  (void)snprintf(w->stage, sizeof w->stage, "%s", p->stage);
  vt_nap_s(0.001); /* an unsteady clock */
  if (w->calls == w->stop_at) VT_FAIL(err, VT_ESTOP, "enough");
  return VT_OK;
}

static void being_watched_changes_no_bit(void **state)
{
  (void)state;
  watcher w = {0};
  vt_replica_hooks hooks = {.ctx = &w, .poll = watch};
  vt_plan g = glass_plan();
  vt_result r = run(&g, NULL, &hooks);
  assert_true(same_bits(&shared, &r));
  assert_true(w.calls > 1);
  assert_false(w.went_back);
  assert_true(w.last_fraction > 0.5 && w.last_fraction <= 1);
  assert_string_equal(w.stage, "quench");
  vt_result_free(&r);
}

/* ------------------------------------------------------------------ ends */

static void a_stop_from_the_hook_ends_cleanly(void **state)
{
  (void)state;
  watcher w = {.stop_at = 2};
  vt_replica_hooks hooks = {.ctx = &w, .poll = watch};
  vt_plan g = glass_plan();
  vt_result r = {0};
  vt_buf frame = {0};
  vt_err err = {0};
  assert_int_equal(vt_replica_run(&g, NULL, 0, &hooks, &frame, &r, &err), VT_ESTOP);
  assert_int_equal(w.calls, 2);
  assert_null(r.values);
  assert_int_equal(frame.len, 0); /* nothing died */
}

static void a_broken_potential_is_told_with_task_stage_and_step_and_leaves_its_frame(void **state)
{
  (void)state;
  vt_plan p = md_plan();
  vt_result r = {0};
  vt_buf frame = {0};
  vt_err err = {0};
  char uid[65];
  (void)snprintf(p.pot_kind, sizeof p.pot_kind, "mock");
  /* computations: 1 at the start of the equilibration, 800 steps, 1 at the start of the production, then step 20 */
  (void)snprintf(p.pot_path, sizeof p.pot_path, "nan@822");
  vt_uid_hex(&p.uid, uid);
  uid[12] = '\0';
  assert_int_equal(vt_replica_run(&p, shared.values, shared.n_values, NULL, &frame, &r, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "the energy is nan"));
  assert_non_null(strstr(err.text, uid));
  assert_non_null(strstr(err.text, "LiCl, glass 0, 500 K"));
  assert_non_null(strstr(err.text, "produce, step 19 of 500"));
  assert_null(r.values);
  vt_xyz *xyz = NULL;
  vt_structure s = {0};
  int got = 0;
  VT_TEST_OK(vt_xyz_open_text(&xyz, "frame", frame.s, frame.len, &err), &err);
  VT_TEST_OK(vt_xyz_next(xyz, &s, &got, &err), &err);
  assert_true(got);
  assert_int_equal(s.n, 48);
  assert_string_equal(s.symbol[0], "Li");
  assert_non_null(s.v);
  assert_non_null(strstr(frame.s, "stage=\"produce\" step=19"));
  vt_structure_free(&s);
  vt_xyz_close(xyz);
  vt_buf_free(&frame);
}

static void an_exploding_melt_trips_the_guard_of_that_stage(void **state)
{
  (void)state;
  /* steps of 500 fs throw atoms into each other */
  vt_plan p = glass_plan();
  vt_result r = {0};
  vt_buf frame = {0};
  vt_err err = {0};
  p.protocol.melt_dt_fs = 500;
  p.protocol.melt_ps = 50;
  assert_int_equal(vt_replica_run(&p, NULL, 0, NULL, &frame, &r, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "melt, step"));
  assert_true(frame.len > 0);
  vt_buf_free(&frame);
}

static void another_potential_than_the_planned_one_is_refused(void **state)
{
  (void)state;
  vt_plan p = glass_plan();
  vt_result r = {0};
  vt_err err = {0};
  p.pot_hash.b[0] ^= 1;
  assert_int_equal(vt_replica_run(&p, NULL, 0, NULL, NULL, &r, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "SHA-256 differs"));
}

static void an_md_task_without_its_glass_is_refused(void **state)
{
  (void)state;
  vt_plan p = md_plan(), g = glass_plan();
  vt_result r = {0};
  vt_err err = {0};
  assert_int_equal(vt_replica_run(&p, NULL, 0, NULL, NULL, &r, &err), VT_EINVAL);
  assert_non_null(
      strstr(err.text, "needs the result of its glass: 955 values expected, 0 given")); /* 9 + 144 + 800 + 2 */
  vt_err_clear(&err);
  assert_int_equal(vt_replica_run(&p, shared.values, shared.n_values - 1, NULL, NULL, &r, &err), VT_EINVAL);
  assert_int_equal(vt_replica_run(&g, shared.values, shared.n_values, NULL, NULL, &r, &err), VT_EINVAL);
}

/* ------------------------------------------------------------------ before anything runs */

static void steps_and_time_follow_from_the_plan(void **state)
{
  (void)state;
  vt_plan g = glass_plan(), m = md_plan();
  assert_int_equal(vt_replica_steps(&g), 250 + 500); /* 0.5 ps at 2 fs; 500 K at 5e14 K/s = 1 ps at 2 fs */
  assert_int_equal(vt_replica_steps(&m), 800 + 500);
  assert_true(fabs(vt_replica_ns(&g) - 0.0015) < 1e-15);
  assert_true(fabs(vt_replica_ns(&m) - 0.0026) < 1e-15);
  /* at least phase space, 140 bytes an atom, and the result */
  assert_true(vt_replica_memory(&m) > 48 * 140 + layout_values(&m) * sizeof(double));
}

static void a_halved_stage_doubles_its_own_steps_and_keeps_time_and_shapes(void **state)
{
  (void)state;
  vt_plan m = md_plan(), h = m;
  h.half_stage = VT_STAGE_EQUILIBRATE;
  assert_int_equal(vt_replica_steps(&h), 2 * 800 + 500);
  h.half_stage = VT_STAGE_PRODUCE;
  assert_int_equal(vt_replica_steps(&h), 800 + 2 * 500);
  assert_true(fabs(vt_replica_ns(&h) - vt_replica_ns(&m)) < 1e-15);
  assert_int_equal(layout_values(&h), layout_values(&m));
  vt_result r = run(&h, &shared, NULL);
  size_t n;
  const double *lag = array_of(&h, &r, "msd/lag_ps", &n);
  assert_true(fabs(lag[0] - 0.02) < 1e-12); /* samples at the same times */
  assert_true(fabs(r.ns - 0.0026) < 1e-12); /* sum of 1800 steps' worth, rounded */
  vt_result_free(&r);
}

static void names_of_arrays_are_unique_and_room_is_checked(void **state)
{
  (void)state;
  vt_plan m = md_plan();
  vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  int n = 0;
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o; o++)
    if (strcmp((*o)->doc.name, "msd") != 0 && strcmp((*o)->doc.name, "thermo") != 0) ask(&m, (*o)->doc.name);
  VT_TEST_OK(vt_replica_layout(&m, defs, VT_MAX_ARRAYS, &n, &err), &err);
  for (int i = 0; i < n; i++) {
    assert_true(strlen(defs[i].unit) > 0 && strlen(defs[i].doc) > 0);
    for (int k = 0; k < i; k++) assert_string_not_equal(defs[i].name, defs[k].name);
  }
  assert_int_equal(vt_replica_layout(&m, defs, n - 1, &n, &err), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_glass_has_its_atoms_in_the_cell_and_went_down_the_ramp),
      cmocka_unit_test(production_runs_at_the_mean_volume_of_the_second_half_of_the_equilibration),
      cmocka_unit_test(displacements_begin_with_the_production),
      cmocka_unit_test(the_same_plan_gives_the_same_bits),
      cmocka_unit_test(being_watched_changes_no_bit),
      cmocka_unit_test(a_stop_from_the_hook_ends_cleanly),
      cmocka_unit_test(a_broken_potential_is_told_with_task_stage_and_step_and_leaves_its_frame),
      cmocka_unit_test(an_exploding_melt_trips_the_guard_of_that_stage),
      cmocka_unit_test(another_potential_than_the_planned_one_is_refused),
      cmocka_unit_test(an_md_task_without_its_glass_is_refused),
      cmocka_unit_test(steps_and_time_follow_from_the_plan),
      cmocka_unit_test(a_halved_stage_doubles_its_own_steps_and_keeps_time_and_shapes),
      cmocka_unit_test(names_of_arrays_are_unique_and_room_is_checked)};
  return cmocka_run_group_tests(tests, make_glass, drop_glass);
}
