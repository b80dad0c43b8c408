/* Protocol 2: melts and equilibrations that go on until they are good enough, and production that may grow. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/sys/sys.h"
#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case lj = {.pot = "lj", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};
static const task_case nep = {.pot = "nep", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};

static vt_plan newest(vt_plan p)
{
  vt_err err = {0};
  p.protocol.version = 2;
  VT_TEST_OK(vt_plan_identify(&p, &err), &err);
  return p;
}

static vt_plan md_of(const task_case *k, const vt_plan *glass)
{
  vt_plan p = task_md_plan(k);
  p.protocol = glass->protocol;
  p.needs = glass->uid;
  return newest(p);
}

static const double *array(const vt_plan *p, const vt_result *r, const vt_array_name *name)
{
  vt_array_def defs[VT_MAX_ARRAYS];
  vt_err err = {0};
  int n = 0;
  VT_TEST_OK(vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n, &err), &err);
  const double *v = vt_array_find(defs, n, r->values, name, NULL);
  assert_non_null(v);
  return v;
}

/* ------------------------------------------------------------------ production */

/* x, v, cell and displacement at each frame of the production. */
typedef struct film {
  int n, cap, atoms;
  double *v; /* [cap][9 * atoms + 9] */
} film;

static vt_status expose(void *ctx, const vt_frame *fr, vt_err *err)
{
  film *f = ctx;
  (void)err;
  const size_t block = 3 * (size_t)fr->n;
  assert_true(f->n < f->cap && fr->n == f->atoms);
  double *at = f->v + (size_t)f->n++ * (3 * block + 9);
  memcpy(at, fr->x, block * sizeof *at);
  memcpy(at + block, fr->v, block * sizeof *at);
  memcpy(at + 2 * block, fr->dx, block * sizeof *at);
  memcpy(at + 3 * block, fr->cell.h, 9 * sizeof *at);
  return VT_OK;
}

static film filmed(const vt_plan *p, const vt_result *glass)
{
  enum { MOST = 4000 };
  film f = {.cap = MOST, .atoms = p->comp.n_atoms};
  f.v = calloc((size_t)f.cap * (9 * (size_t)f.atoms + 9), sizeof *f.v);
  assert_non_null(f.v);
  vt_replica_hooks hooks = {.ctx = &f, .frame = expose};
  vt_result r = task_run(p, glass, &hooks);
  vt_result_free(&r);
  return f;
}

static void begins_alike(const task_case *k)
{
  vt_err err = {0};
  vt_plan g = newest(task_glass_plan(k));
  g.protocol.melt_ps = 0.1; /* a melt of five units, no more of it than needed here */
  vt_plan shorter = md_of(k, &g);
  shorter.protocol.produce_ps = 2;
  vt_plan longer = shorter;
  longer.protocol.produce_ps = 4;
  VT_TEST_OK(vt_plan_identify(&longer, &err), &err);
  assert_true(vt_uid_equal(&shorter.uid, &longer.uid));
  vt_result glass = task_run(&g, NULL, NULL);
  film a = filmed(&shorter, &glass), b = filmed(&longer, &glass);
  /* frames lie at the same steps: those of the shorter run, then others */
  assert_true(a.n > 100 && b.n > 3 * a.n / 2);
  assert_memory_equal(a.v, b.v, (size_t)a.n * (9 * (size_t)a.atoms + 9) * sizeof *a.v);
  free(a.v);
  free(b.v);
  vt_result_free(&glass);
}

static void four_picoseconds_of_production_begin_with_the_bits_of_two(void **state)
{
  (void)state;
  begins_alike(&lj);
  begins_alike(&nep);
}

/* ------------------------------------------------------------------ the melt */

/* 0.1 ps units: five of them are not enough for 10 A^2; 100 ps units: one is. */
static void a_melt_goes_on_until_its_metals_have_moved_and_says_so_if_they_have_not(void **state)
{
  (void)state;
  vt_plan p = newest(task_glass_plan(&lj));
  enum { AL = 1 }; /* species in canonical order: Li, Al, Cl, O */
  assert_int_equal(p.comp.z[AL], 13);
  p.protocol.melt_ps = 0.1;
  vt_result r = task_run(&p, NULL, NULL);
  const double *melt = array(&p, &r, &vt_a_glass_melt), *msd = array(&p, &r, &vt_a_glass_melt_msd);
  assert_true(melt[VT_MELT_UNITS] == 5 && melt[VT_MELT_OK] == 0);
  assert_true(melt[VT_MELT_LIMIT_A2] == 10 && melt[VT_MELT_MOVED_A2] < 10);
  near_relative(melt[VT_MELT_MOVED_A2], msd[AL], 1e-14); /* other order of summation */
  /* 5 units of 50 steps, 500 steps of quench, of 2 fs */
  near_relative(r.ns, (5 * 50 + 500) * 2e-6, 1e-12);
  vt_result_free(&r);
  p.protocol.melt_t_k = 1200;
  p.protocol.melt_ps = 30;
  p.protocol.guard = (vt_guard_limits){0};
  r = task_run(&p, NULL, NULL);
  melt = array(&p, &r, &vt_a_glass_melt);
  assert_true(melt[VT_MELT_OK] == 1 && melt[VT_MELT_MOVED_A2] > 10 && melt[VT_MELT_UNITS] < 5);
  vt_result_free(&r);
}

static void without_metals_the_anions_are_judged(void **state)
{
  (void)state;
  vt_plan p = newest(task_glass_plan(&lj));
  p.comp = (vt_composition){.name = "LiCl", .n_species = 2, .z = {3, 17}, .count = {10, 10}, .charge = {1, -1}};
  p.comp.n_atoms = 20;
  p.protocol.melt_ps = 0.1;
  vt_result r = task_run(&p, NULL, NULL);
  near_relative(array(&p, &r, &vt_a_glass_melt)[VT_MELT_MOVED_A2], array(&p, &r, &vt_a_glass_melt_msd)[1], 1e-14);
  vt_result_free(&r);
}

/* ------------------------------------------------------------------ the volume */

/* From the rows alone: how many there are for so many units, the mean of their second half. */
static void volume_is_that_of_the_rows(const vt_plan *p, const vt_result *r)
{
  const double *rows = array(p, r, &vt_a_equilibrate_thermo), *volume = array(p, r, &vt_a_equilibrate_volume);
  const int units = (int)volume[VT_VOLUME_UNITS];
  int room = 1, n = 0;
  while (room < units) room *= 2;
  const int used = 200 * units / room;
  double mean = 0;
  for (int k = 0; k < 200; k++) assert_int_equal(isfinite(rows[4 * k + 1]) != 0, k < used);
  for (int k = (used + 1) / 2; k < used; k++, n++) mean += rows[4 * k + 1];
  near_relative(volume[VT_VOLUME_A3], mean / n, 1e-12); /* every row holds as many samples */
  const double *produced = array(p, r, &vt_a_thermo_volume);
  near_relative(produced[0], volume[VT_VOLUME_A3], 1e-12); /* rounding of cbrt */
}

/* 4 ps are too short for 1 % of a soft cell of 21 atoms, and for 50 relaxation times of the barostat. */
static void an_equilibration_goes_on_until_the_volume_is_known(void **state)
{
  (void)state;
  vt_plan g = newest(task_glass_plan(&lj)), m = md_of(&lj, &g);
  m.protocol.barostat_ps = 0.1;
  m.protocol.equil_ps = 4;
  vt_result glass = task_run(&g, NULL, NULL), r = task_run(&m, &glass, NULL);
  const double *volume = array(&m, &r, &vt_a_equilibrate_volume);
  assert_true(volume[VT_VOLUME_UNITS] > 1 && volume[VT_VOLUME_LIMIT] == 0.01);
  assert_true((volume[VT_VOLUME_ERROR] < 0.01) == (volume[VT_VOLUME_OK] == 1));
  assert_true(volume[VT_VOLUME_OK] == 1 || volume[VT_VOLUME_UNITS] == 5);
  volume_is_that_of_the_rows(&m, &r);
  near_relative(r.ns, (volume[VT_VOLUME_UNITS] * 2000 + 500) * 2e-6, 1e-12);
  vt_result_free(&r);
  /* Under 40 GPa hardly anything fluctuates: one unit is enough. */
  g.protocol.pressure_gpa = 40;
  g.protocol.guard = (vt_guard_limits){0};
  g = newest(g);
  m = md_of(&lj, &g);
  vt_result_free(&glass);
  glass = task_run(&g, NULL, NULL);
  m.protocol.equil_ps = 112; /* half of it: 56 relaxation times; 28 steps a sample, ten samples a row */
  r = task_run(&m, &glass, NULL);
  volume = array(&m, &r, &vt_a_equilibrate_volume);
  assert_true(volume[VT_VOLUME_OK] == 1 && volume[VT_VOLUME_UNITS] == 1);
  volume_is_that_of_the_rows(&m, &r);
  vt_result_free(&r);
  /* What is asked of 50 relaxation times cannot be said of less, however small the error. */
  m.protocol.equil_ps = 18; /* 5 x 18 ps / 2 are fewer */
  r = task_run(&m, &glass, NULL);
  volume = array(&m, &r, &vt_a_equilibrate_volume);
  assert_true(volume[VT_VOLUME_ERROR] < 0.01 && volume[VT_VOLUME_OK] == 0 && volume[VT_VOLUME_UNITS] == 5);
  vt_result_free(&r);
  vt_result_free(&glass);
}

static void at_constant_volume_there_is_nothing_to_find(void **state)
{
  (void)state;
  task_case k = lj;
  k.equil = VT_NVT;
  vt_plan g = newest(task_glass_plan(&k)), m = md_of(&k, &g);
  vt_result glass = task_run(&g, NULL, NULL), r = task_run(&m, &glass, NULL);
  const double *volume = array(&m, &r, &vt_a_equilibrate_volume);
  assert_true(volume[VT_VOLUME_UNITS] == 1 && volume[VT_VOLUME_ERROR] == 0 && volume[VT_VOLUME_OK] == 1);
  vt_cell cell;
  memcpy(cell.h, array(&g, &glass, &vt_a_glass_cell), sizeof cell.h);
  assert_true(volume[VT_VOLUME_A3] == vt_cell_volume(&cell));
  vt_result_free(&r);
  vt_result_free(&glass);
}

/* ------------------------------------------------------------------ interruptions, lengths */

static void cut(const task_case *k, int block)
{
  vt_plan g = newest(task_glass_plan(k)), m = md_of(k, &g);
  g.block_steps = m.block_steps = block;
  g.protocol.melt_ps = m.protocol.melt_ps = 0.2;
  m.protocol.equil_ps = 0.8;
  interrupted task;
  int starts;
  interrupted_open(&task);
  task.stops = 1;
  vt_result glass = task_run(&g, NULL, NULL), md = task_run(&m, &glass, NULL);
  assert_true(array(&g, &glass, &vt_a_glass_melt)[VT_MELT_UNITS] > 1);
  assert_true(array(&m, &md, &vt_a_equilibrate_volume)[VT_VOLUME_UNITS] > 1);
  vt_result r = task_run_in_pieces(&g, NULL, &task, &starts);
  assert_true(starts > 5 && task_same(&r, &glass));
  vt_result_free(&r);
  vt_checkpoint_remove(task.path);
  r = task_run_in_pieces(&m, &glass, &task, &starts);
  assert_true(starts > 5 && task_same(&r, &md));
  vt_result_free(&r);
  vt_result_free(&glass);
  vt_result_free(&md);
  interrupted_close(&task);
}

/* Blocks that end with units (of 100 and 400 steps) and blocks that do not. */
static void a_task_cut_in_any_unit_gives_the_bits_of_one_that_ran_through(void **state)
{
  (void)state;
  cut(&lj, 47);
  cut(&lj, 50);
  cut(&nep, 100);
}

static void the_most_is_five_melts_and_five_equilibrations(void **state)
{
  (void)state;
  vt_plan g = task_glass_plan(&lj), m = task_md_plan(&lj);
  assert_int_equal(vt_replica_steps_most(&g), 250 + 500); /* protocol 1: as asked */
  assert_int_equal(vt_replica_steps_most(&g), vt_replica_steps(&g));
  assert_int_equal(vt_replica_steps_most(&m), vt_replica_steps(&m));
  g = newest(g);
  m = md_of(&lj, &g);
  assert_int_equal(vt_replica_steps_most(&g), 5 * 250 + 500);
  assert_int_equal(vt_replica_steps_most(&m), 5 * 800 + 500);
  near_relative(vt_replica_ns_most(&m), (5 * 800 + 500) * 2e-6, 1e-12);
  g.protocol.melt_ps = 60, m.protocol.equil_ps = 10000;
  assert_int_equal(vt_replica_steps(&g), 30000 + 500); /* long enough at once */
  assert_int_equal(vt_replica_steps(&m), 5000000 + 500);
  m.protocol.equil_ensemble = VT_NVT;
  assert_int_equal(vt_replica_steps_most(&m), 5000000 + 500);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(four_picoseconds_of_production_begin_with_the_bits_of_two),
      cmocka_unit_test(a_melt_goes_on_until_its_metals_have_moved_and_says_so_if_they_have_not),
      cmocka_unit_test(without_metals_the_anions_are_judged),
      cmocka_unit_test(an_equilibration_goes_on_until_the_volume_is_known),
      cmocka_unit_test(at_constant_volume_there_is_nothing_to_find),
      cmocka_unit_test(a_task_cut_in_any_unit_gives_the_bits_of_one_that_ran_through),
      cmocka_unit_test(the_most_is_five_melts_and_five_equilibrations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
