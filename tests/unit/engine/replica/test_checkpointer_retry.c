/* A retry with half the time step begins where its stage began, with the bits of one that begins at the beginning. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case lj = {.pot = "lj", .melt = VT_NVT, .npt_below_k = 600, .equil = VT_NPT, .produce = VT_NVT};

static vt_plan g_plan, m_plan;
static vt_result g_result;

static int run_through(void **state)
{
  (void)state;
  g_plan = task_glass_plan(&lj);
  m_plan = task_md_plan(&lj);
  g_result = task_run(&g_plan, NULL, NULL);
  return 0;
}

static int drop(void **state)
{
  (void)state;
  vt_result_free(&g_result);
  return 0;
}

static const vt_plan *plan_of(vt_stage s) { return s <= VT_STAGE_QUENCH ? &g_plan : &m_plan; }
static const vt_result *glass_of(vt_stage s) { return s <= VT_STAGE_QUENCH ? NULL : &g_result; }

/* The same task whose potential breaks in computation n of this process, from 1. */
static vt_plan breaking(const vt_plan *p, int n)
{
  vt_plan q = *p;
  (void)snprintf(q.pot_kind, sizeof q.pot_kind, "mock");
  (void)snprintf(q.pot_path, sizeof q.pot_path, "nan@%d", n);
  return q;
}

/* One of the stage, counted without those of a relaxation. */
static int computation_in(vt_stage s)
{
  switch (s) {
  case VT_STAGE_MELT:
    return 1 + 100;
  case VT_STAGE_QUENCH:
    return 1 + 250 + 1 + 100;
  case VT_STAGE_EQUILIBRATE:
    return 1 + 100;
  default:
    return 1 + 800 + 1 + 100;
  }
}

static int relaxing; /* computations of the relaxation of the glass */

static vt_status fail_in(interrupted *k, vt_stage s, const vt_plan *p, int n)
{
  vt_result r = {0};
  vt_err err = {0};
  vt_plan q = breaking(p, n + (s <= VT_STAGE_QUENCH ? relaxing : 0));
  const vt_result *glass = glass_of(s);
  vt_status rc =
      vt_replica_run(&q, glass ? glass->values : NULL, glass ? glass->n_values : 0, &k->hooks, NULL, &r, &err);
  assert_int_equal(r.stage, s);
  assert_true(r.step > 0);
  return rc;
}

static int count_relaxing(void **state)
{
  int rc = run_through(state);
  for (int n = 1;; n += 50) { /* until a computation of the melt is hit, which has 251 */
    vt_result r = {0};
    vt_err err = {0};
    vt_plan q = breaking(&g_plan, n);
    if (vt_replica_run(&q, NULL, 0, NULL, NULL, &r, &err) == VT_EDIVERGE && r.stage == VT_STAGE_MELT && r.step > 0) {
      relaxing = n - (int)r.step - 2; /* the beginning of the melt is one, and step counts those that were completed */
      return rc;
    }
  }
}

static void assert_retry_begins_with_its_stage(interrupted *k, vt_stage s)
{
  vt_plan half = *plan_of(s);
  half.half_stage = (int32_t)s;
  vt_result scratch = task_run(&half, glass_of(s), NULL);
  interrupted_forget(k);
  vt_result r = task_run(&half, glass_of(s), &k->hooks);
  assert_int_equal(k->refused, 0);
  assert_int_equal(k->resumed, 1);
  assert_string_equal(k->from.stage, vt_stage_name((int)s));
  assert_int_equal(k->from.step, 0);
  assert_true(task_same(&r, &scratch));
  vt_result_free(&r);
  vt_result_free(&scratch);
}

static void a_retry_begins_with_the_stage_that_failed_and_has_the_bits_of_one_from_scratch(void **state)
{
  (void)state;
  for (vt_stage s = VT_STAGE_MELT; s <= VT_STAGE_PRODUCE; s++) {
    interrupted k;
    vt_checkpoint_info info;
    vt_err err = {0};
    interrupted_open(&k);
    assert_int_equal(fail_in(&k, s, plan_of(s), computation_in(s)), VT_EDIVERGE);
    VT_TEST_OK(vt_checkpoint_look(k.path, &info, &err), &err);
    assert_int_equal(info.half_stage, s);
    assert_int_equal(info.attempt, 0);
    assert_int_equal(info.stage, s);
    assert_int_equal(info.step, 0);
    assert_retry_begins_with_its_stage(&k, s);
    interrupted_close(&k);
  }
}

/* The beginning of a stage is kept with the task, so that it survives what the process does not. */
static void also_when_it_was_interrupted_between_the_beginning_and_the_failure(void **state)
{
  (void)state;
  static const double within[] = {
      [VT_STAGE_MELT] = 0.2, [VT_STAGE_QUENCH] = 0.6, [VT_STAGE_EQUILIBRATE] = 0.3, [VT_STAGE_PRODUCE] = 0.8};
  for (vt_stage s = VT_STAGE_MELT; s <= VT_STAGE_PRODUCE; s++) {
    interrupted k;
    vt_err err = {0};
    interrupted_open(&k);
    k.stops = 1, k.stop_after = within[s];
    assert_int_equal(task_try(plan_of(s), glass_of(s), &k.hooks, &err), VT_ESTOP);
    k.stops = 0;
    vt_result r = {0};
    vt_plan q = breaking(plan_of(s), 20); /* of the process that continues: no relaxation */
    const vt_result *glass = glass_of(s);
    interrupted_forget(&k);
    assert_int_equal(
        vt_replica_run(&q, glass ? glass->values : NULL, glass ? glass->n_values : 0, &k.hooks, NULL, &r, &err),
        VT_EDIVERGE);
    assert_int_equal(k.resumed, 1);
    assert_int_equal(r.stage, s);
    assert_retry_begins_with_its_stage(&k, s);
    interrupted_close(&k);
  }
}

/* The retry itself may be interrupted, too. */
static void a_retry_that_is_interrupted_goes_on(void **state)
{
  (void)state;
  interrupted k;
  vt_plan half = m_plan;
  half.half_stage = VT_STAGE_PRODUCE;
  vt_result scratch = task_run(&half, &g_result, NULL);
  interrupted_open(&k);
  assert_int_equal(fail_in(&k, VT_STAGE_PRODUCE, &m_plan, computation_in(VT_STAGE_PRODUCE)), VT_EDIVERGE);
  k.stops = 1;
  for (int n = 0; n < 1000 / TASK_BLOCK; n++) {
    vt_err err;
    interrupted_forget(&k);
    assert_int_equal(task_try(&half, &g_result, &k.hooks, &err), VT_ESTOP);
    assert_int_equal(k.resumed, 1);
    assert_int_equal(k.refused, 0);
    assert_int_equal(k.last.step, (n + 1) * TASK_BLOCK);
  }
  k.stops = 0;
  vt_result r = task_run(&half, &g_result, &k.hooks);
  assert_true(task_same(&r, &scratch));
  vt_result_free(&r);
  vt_result_free(&scratch);
  interrupted_close(&k);
}

/* Where the longest time step is that of the stage, halving it changes the skin and with it the lists of all stages:
 * what came before would have other bits. */
static void a_retry_with_other_neighbour_lists_begins_at_the_beginning(void **state)
{
  (void)state;
  interrupted k;
  vt_err err = {0};
  vt_plan p = m_plan;
  p.protocol.produce_dt_fs = 8;
  p.protocol.equil_dt_fs = 1;
  VT_TEST_OK(vt_plan_identify(&p, &err), &err);
  interrupted_open(&k);
  k.checkpointing.every_s = INFINITY;
  assert_int_equal(fail_in(&k, VT_STAGE_PRODUCE, &p, 1 + 1600 + 1 + 60), VT_EDIVERGE);
  assert_int_equal(interrupted_files(&k), 0);
  interrupted_close(&k);
}

/* Half steps that fail have no such retry, and a failure that nobody tries again needs none. */
static void only_a_first_failure_leaves_one(void **state)
{
  (void)state;
  interrupted k;
  vt_err err = {0};
  vt_plan half = m_plan;
  interrupted_open(&k);
  k.checkpointing.every_s = INFINITY;
  half.half_stage = VT_STAGE_EQUILIBRATE;
  assert_int_equal(fail_in(&k, VT_STAGE_EQUILIBRATE, &half, 100), VT_EDIVERGE);
  assert_int_equal(interrupted_files(&k), 0);
  vt_plan q = breaking(&m_plan, 1);
  (void)snprintf(q.pot_path, sizeof q.pot_path, "error@100");
  assert_int_equal(task_try(&q, &g_result, &k.hooks, &err), VT_ETASK);
  assert_int_equal(interrupted_files(&k), 0);
  q = breaking(&m_plan, 1); /* in the beginning of the stage itself */
  assert_int_equal(task_try(&q, &g_result, &k.hooks, &err), VT_EDIVERGE);
  assert_int_equal(interrupted_files(&k), 0);
  interrupted_close(&k);
}

static void a_retry_that_finds_only_the_first_try_begins_at_the_beginning(void **state)
{
  (void)state;
  interrupted k;
  vt_plan half = m_plan;
  half.half_stage = VT_STAGE_PRODUCE;
  vt_result scratch = task_run(&half, &g_result, NULL);
  interrupted_open(&k);
  vt_err err = {0};
  k.stops = 1, k.stop_after = 0.7;
  assert_int_equal(task_try(&m_plan, &g_result, &k.hooks, &err), VT_ESTOP);
  k.stops = 0;
  interrupted_forget(&k);
  vt_result r = task_run(&half, &g_result, &k.hooks); /* finds the checkpoint of the first try alone */
  assert_int_equal(k.resumed, 0);
  assert_int_equal(k.refused, 1);
  assert_non_null(strstr(k.why, "is of attempt 0, half_stage 0; this is attempt 0, half_stage 4"));
  assert_true(task_same(&r, &scratch));
  vt_result_free(&r);
  vt_result_free(&scratch);
  interrupted_close(&k);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_retry_begins_with_the_stage_that_failed_and_has_the_bits_of_one_from_scratch),
      cmocka_unit_test(also_when_it_was_interrupted_between_the_beginning_and_the_failure),
      cmocka_unit_test(a_retry_that_is_interrupted_goes_on),
      cmocka_unit_test(a_retry_with_other_neighbour_lists_begins_at_the_beginning),
      cmocka_unit_test(only_a_first_failure_leaves_one),
      cmocka_unit_test(a_retry_that_finds_only_the_first_try_begins_at_the_beginning)};
  return cmocka_run_group_tests(tests, count_relaxing, drop);
}
