/* The loop of a production run at its real size, with the shipped potential and what is observed by default: nothing in
 * it takes memory.  Linked with --wrap of every allocator, so each call from the engine passes here. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/obs/obs.h"
#include "tests/physics/liquid.h"
#include "tests/vt_test.h"

static long allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n) { return allocations++, __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return allocations++, __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return allocations++, __real_realloc(p, n); }
void *__wrap_aligned_alloc(size_t a, size_t n) { return allocations++, __real_aligned_alloc(a, n); }

enum { UNITS = 16, STEPS = 200, EVERY = 5, BLOCK = 20 };
static const double hot = 1000, dt_fs = 2;

/* Every observable that is on by default, ten fs apart. */
static vt_plan plan_of(const vt_composition *c)
{
  vt_plan p = {.kind = VT_TASK_MD, .t_k = hot, .block_steps = BLOCK, .comp = *c};
  p.protocol.produce_ps = 1e-3 * STEPS * dt_fs;
  p.protocol.produce_dt_fs = dt_fs;
  for (int k = 0; vt_obs_builtin[k]; k++) {
    const vt_obs_doc *doc = &vt_obs_builtin[k]->doc;
    if (!doc->on_by_default) continue;
    vt_obs_request *r = &p.obs[p.n_obs++];
    (void)snprintf(r->name, sizeof r->name, "%s", doc->name);
    r->every_ps = 1e-3 * EVERY * dt_fs;
    for (int q = 0; q < doc->n_par; q++) r->par[q] = doc->par[q].def;
  }
  assert_true(p.n_obs >= 4);
  return p;
}

/* A whole stage, sampled as runs are. */
static int run_observed(vt_md *md, vt_obs_set *obs)
{
  vt_err err = {0};
  int samples = 0;
  for (;;) {
    vt_frame fr = vt_md_frame(md);
    VT_TEST_OK(vt_obs_set_sample(obs, &fr, &err), &err);
    samples++;
    if (md->step == STEPS) return samples;
    VT_TEST_OK(vt_md_run(md, vt_obs_set_next(obs, md->step), &err), &err);
  }
}

/* The run before lets rows and images find their size: a packing becomes a liquid.  What comes then, 10 rebuilds and 40
 * samples, must live with it. */
static void no_allocation_in(int ensemble, vt_precision precision)
{
  liquid l;
  vt_err err = {0};
  vt_obs_set *obs;
  vt_md_stage settle = liquid_stage(ensemble, hot, dt_fs, STEPS), st = settle;
  settle.block_steps = st.block_steps = BLOCK;
  liquid_open(&l, "nep", precision, UNITS, hot, 1);
  vt_plan plan = plan_of(&l.comp);
  vt_cutoffs cut;
  vt_cutoffs_default(&l.comp, &cut);
  VT_TEST_OK(vt_obs_set_open(&obs, &plan, &err), &err);
  VT_TEST_OK(vt_obs_set_begin(obs, &cut, &err), &err);
  liquid_hold(&l.md, &settle, 0);
  assert_true(allocations > 20); /* the wrappers are in the way */
  VT_TEST_OK(vt_md_begin(&l.md, &st, 1, &err), &err);
  long before = allocations;
  double volume = vt_cell_volume(&l.md.cell);
  int64_t builds = l.md.nl.builds;
  assert_int_equal(run_observed(&l.md, obs), STEPS / EVERY + 1);
  assert_int_equal(allocations, before);
  assert_true(l.md.nl.builds - builds >= STEPS / BLOCK);
  assert_int_equal(vt_cell_volume(&l.md.cell) != volume, ensemble == VT_NPT);
  vt_obs_set_close(obs);
  liquid_close(&l);
}

static void a_stage_of_constant_volume_does_not_allocate(void **state)
{
  (void)state;
  no_allocation_in(VT_NVT, VT_DOUBLE);
}

static void a_stage_of_constant_pressure_does_not_allocate(void **state)
{
  (void)state;
  no_allocation_in(VT_NPT, VT_DOUBLE);
}

static void nor_does_mixed_precision(void **state)
{
  (void)state;
  no_allocation_in(VT_NVT, VT_MIXED);
}

/* Else the tests above would have tried another path than runs take. */
static void the_fast_path_is_what_computes(void **state)
{
  (void)state;
  liquid l;
  vt_pot_info info;
  liquid_open(&l, "nep", VT_DOUBLE, 1, hot, 1);
  vt_pot_describe(&l.pot, &info);
  char expected[32];
  (void)snprintf(expected, sizeof expected, "%s double", vt_simd_name(vt_simd_best()));
  assert_string_equal(info.kernel, expected);
  liquid_close(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_fast_path_is_what_computes),
      cmocka_unit_test(a_stage_of_constant_volume_does_not_allocate),
      cmocka_unit_test(a_stage_of_constant_pressure_does_not_allocate),
      cmocka_unit_test(nor_does_mixed_precision),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
