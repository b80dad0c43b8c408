/* One round of a campaign that asks for errors: fits in, decision, campaign with more tasks out, and what is told. */
#include <math.h>
#include <string.h>

#include "runner/target/target.h"
#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

#define TEXT(asks)                                                                                                \
  "vitrion: 1\ncampaign: asks\npotential: {kind: lj}\ncompositions: {include: [LiCl, NaCl], atoms: 24}\n"         \
  "temperatures: [500 K, 600 K, 700 K]\nprotocol: {melt: {temperature: 1000 K, duration: 20 ps}, quench: {rate: " \
  "1e12 K/s}, produce: {duration: 400 ps}}\ntarget: {" asks "}\n"

static const vt_obs_doc charge = {.name = "charge",
                                  .doc = "collective part",
                                  .every_ps = 0.5,
                                  .every_lo_ps = 0.001,
                                  .every_hi_ps = 1000,
                                  .on_by_default = 1};
static const vt_obs_doc *const observed[] = {&env_msd, &env_thermo, &charge, NULL};

static vt_campaign *parsed(const char *text)
{
  vt_campaign *c;
  vt_diags d;
  vt_err err = {0};
  vt_campaign_env env = env_fixed;
  env.obs = observed;
  VT_TEST_OK(vt_campaign_parse(text, strlen(text), "t.yaml", "/somewhere", &env, &c, &d, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  vt_diags_free(&d);
  return c;
}

/* What `plan` says that the tasks of a campaign take. */
static double tasks_ps(const vt_campaign *c)
{
  double ps = 0;
  vt_plan p;
  vt_err err = {0};
  for (int i = 0; i < c->n_tasks; i++) {
    VT_TEST_OK(vt_campaign_plan(c, i, &p, &err), &err);
    ps += 1000 * vt_replica_ns(&p);
  }
  return ps;
}

/* Fits of a campaign in which every glass has a value at every temperature, known to 12 %. */
typedef struct known {
  vt_fits f;
  vt_fitted fitted;
} known;

static void know(const vt_campaign *c, known *k)
{
  void *p;
  vt_err err = {0};
  *k = (known){.f = {.n_tasks = c->n_tasks, .n_comp = c->n_comp, .n_temp = c->n_temp, .n_glasses = c->n_glasses}};
  VT_TEST_OK(vt_calloc64(&p, (size_t)c->n_tasks, sizeof *k->f.of_pool, &err), &err);
  k->f.of_pool = p;
  VT_TEST_OK(vt_calloc64(&p, (size_t)(c->n_comp * c->n_temp), sizeof *k->f.group, &err), &err);
  k->f.group = p;
  VT_TEST_OK(vt_calloc64(&p, (size_t)c->n_comp, sizeof *k->fitted.arrh, &err), &err);
  k->fitted.arrh = p;
  k->f.fitted = &k->fitted;
  for (int i = 0; i < c->n_tasks; i++)
    if (c->task[i].kind == VT_TASK_MD) k->f.of_pool[i].x_alkali = 1e-5, k->f.of_pool[i].x_alkali_se = 0.12e-5;
  for (int i = 0; i < c->n_comp * c->n_temp; i++) {
    k->f.group[i].n_results = vt_campaign_glasses(c, i / c->n_temp);
    k->f.group[i].pool.haven_total = (vt_pooled){.value = 0.8, .lo95 = 0.7, .hi95 = 0.95, .n_glasses = 3};
  }
  for (int i = 0; i < c->n_comp; i++) /* Ea of LiCl +- 20 meV, of NaCl +- 5 meV by t(10) */
    k->fitted.arrh[i] = (vt_arrh){.resolved = 1,
                                  .n_glasses = vt_campaign_glasses(c, i),
                                  .dof = 10,
                                  .t_ref_k = 600,
                                  .log10_ref_se = 0.03,
                                  .ea_se = (i ? 0.005 : 0.020) / 2.228138852};
}

static void forget(known *k)
{
  vt_free(k->f.of_pool);
  vt_free(k->f.group);
  vt_free(k->fitted.arrh);
}

static void aims_come_from_the_file(void **state)
{
  (void)state;
  vt_aim aim[VT_MAX_AIMS];
  vt_campaign *c = parsed(TEXT("activation_energy: 10 meV, log10_D: {at: 450 K, half_width: 0.1}, budget: 1 us"));
  assert_int_equal(vt_target_aims(c, aim), 2);
  assert_true(aim[0].kind == VT_AIM_EA && aim[1].kind == VT_AIM_LOG10_D);
  near(aim[0].goal, 0.010, 1e-15);
  near(aim[1].t_k, 450, 0);
  assert_true(vt_target_glass_ps(c, 0) >= 20 + 500); /* 1000 K to 500 K at 1 K/ps; the melt may go on */
  assert_true(vt_target_equilibrate_ps(c, 0) >= 50);
  vt_campaign_free(c);
}

static void a_round_adds_to_what_is_not_reached_and_to_nothing_else(void **state)
{
  (void)state;
  vt_err err = {0};
  known k;
  vt_target_round r;
  const vt_target_looks none = {0};
  vt_campaign *c = parsed(TEXT("activation_energy: 10 meV, budget: 1 us"));
  const int before = c->n_tasks;
  know(c, &k);
  VT_TEST_OK(vt_target_decide(c, &k.f, &none, &r, &err), &err);
  assert_int_equal(r.move[0].state, VT_ALLOC_OPEN);
  assert_int_equal(r.move[1].state, VT_ALLOC_REACHED);
  near_relative(r.move[0].half[0], 0.020, 1e-6);
  near_relative(r.sum.spent_ps, tasks_ps(c), 1e-9);
  VT_TEST_OK(vt_target_apply(c, &r, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  assert_true(c->n_tasks > before);
  assert_int_equal(vt_campaign_glasses(c, 0), 3 + r.move[0].glasses);
  assert_int_equal(vt_campaign_glasses(c, 1), 3);
  near_relative(tasks_ps(c), r.sum.spent_ps + r.sum.asked_ps, 1e-9); /* what was spent, and what was asked for */
  vt_target_round_free(&r);
  forget(&k);
  vt_campaign_free(c);
}

/* Record -> the same campaign, to the identity; a record of another campaign, or a torn one, is refused. */
static void a_recorded_round_makes_the_same_campaign(void **state)
{
  (void)state;
  vt_err err = {0};
  known k;
  vt_target_round r, back;
  vt_buf text = {0};
  const vt_target_looks one = {.done = 1, .verdict = VT_SENSITIVE, .why = "\"quoted\", and so on"};
  const char *asks = TEXT("activation_energy: 10 meV, verdict: yes, budget: 1 us");
  vt_campaign *c = parsed(asks), *d = parsed(asks);
  know(c, &k);
  VT_TEST_OK(vt_target_decide(c, &k.f, &one, &r, &err), &err);
  VT_TEST_OK(vt_target_record(c, &r, NULL, &text, &err), &err);
  VT_TEST_OK(vt_target_recorded(d, text.s, text.len, &back, &err), &err);
  assert_int_equal(back.looks.done, 1);
  assert_int_equal(back.looks.verdict, VT_SENSITIVE);
  assert_string_equal(back.looks.why, one.why);
  assert_int_equal(back.sum.ends, r.sum.ends);
  VT_TEST_OK(vt_target_apply(c, &r, &err), &err);
  VT_TEST_OK(vt_target_apply(d, &back, &err), &err);
  vt_target_round_free(&back);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(d, VT_SIMD_PORTABLE, &err), &err);
  assert_true(vt_campaign_equal(c, d) && c->n_tasks > 2 * 3 * 4);
  VT_TEST_REFUSED(vt_target_recorded(d, text.s, text.len, &back, &err), VT_EINVAL, &err, "another campaign");
  VT_TEST_REFUSED(vt_target_recorded(d, text.s, text.len / 2, &back, &err), VT_EPARSE, &err, "line 1");
  VT_TEST_REFUSED(vt_target_recorded(d, "{}", 2, &back, &err), VT_ECORRUPT, &err, "no decision of format 1");
  vt_buf_free(&text);
  vt_target_round_free(&r);
  forget(&k);
  vt_campaign_free(c);
  vt_campaign_free(d);
}

static void rows_say_what_was_asked_and_what_became_of_it(void **state)
{
  (void)state;
  vt_err err = {0};
  known k;
  vt_target_round r;
  const vt_target_looks none = {0};
  vt_buf text = {0};
  vt_campaign *c = parsed(TEXT("activation_energy: 10 meV, haven: 0.2, haven_at: 600 K, verdict: yes, budget: 1 us"));
  know(c, &k);
  k.fitted.arrh[0].resolved = 0; /* no line */
  VT_TEST_OK(vt_target_decide(c, &k.f, &none, &r, &err), &err);
  vt_json *rows = vt_target_json(c, &r);
  assert_int_equal(vt_json_size(rows), 2 + 2 + 1);
  vt_json *decision = vt_json_object();
  vt_json_put(decision, "target", vt_json_share(rows));
  vt_target_text(decision, &text);
  vt_json_free(decision);
  assert_non_null(strstr(text.s, "no look yet: the first is with 5 glasses"));
  assert_non_null(strstr(text.s, "haven(600 K)"));
  const vt_json *first = vt_json_at(rows, 0), *last = vt_json_at(rows, 4);
  assert_true(isnan(vt_json_get_num(first, "half_width", NAN))); /* LiCl has no interval */
  assert_string_equal(vt_json_get_text(first, "what", ""), "activation_energy");
  assert_string_equal(vt_json_get_text(first, "composition", "none"), "LiCl");
  assert_string_equal(vt_json_get_text(last, "composition", "none"), "none");
  near(vt_json_get_num(vt_json_at(rows, 1), "half_width", NAN), 0.005, 1e-9);
  near(vt_json_get_num(vt_json_at(rows, 2), "half_width", NAN), 0.125, 1e-12); /* 0.70 to 0.95 */
  vt_json_free(rows);
  vt_buf_free(&text);
  vt_target_round_free(&r);
  forget(&k);
  vt_campaign_free(c);
}

static void core_hours_that_are_no_time_yet_are_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  known k;
  vt_target_round r;
  const vt_target_looks none = {0};
  vt_campaign *c = parsed(TEXT("activation_energy: 10 meV, budget: 5 core-hours"));
  know(c, &k);
  VT_TEST_REFUSED(vt_target_decide(c, &k.f, &none, &r, &err), VT_EINVAL, &err, "no simulated time yet");
  forget(&k);
  vt_campaign_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(aims_come_from_the_file),
      cmocka_unit_test(a_round_adds_to_what_is_not_reached_and_to_nothing_else),
      cmocka_unit_test(a_recorded_round_makes_the_same_campaign),
      cmocka_unit_test(rows_say_what_was_asked_and_what_became_of_it),
      cmocka_unit_test(core_hours_that_are_no_time_yet_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
