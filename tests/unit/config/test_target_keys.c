/* config: what a campaign asks to know, its pilot, and what was decided. */
#include <math.h>
#include <string.h>

#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

#define HEAD                                            \
  "vitrion: 1\ncampaign: asks\npotential: {kind: lj}\n" \
  "compositions: {include: [LiCl, NaCl], atoms: 24}\n"
#define TEXT(more) HEAD "temperatures: [500 K, 800 K]\n" more
#define TARGET     "target: {activation_energy: 15 meV, budget: 2 us}\n"

static vt_campaign *parsed_as(const char *text, int recorded)
{
  vt_campaign *c;
  vt_diags d;
  vt_err err = {0};
  vt_campaign_env env = env_fixed;
  env.recorded = recorded;
  VT_TEST_OK(vt_campaign_parse(text, strlen(text), "t.yaml", "/somewhere", &env, &c, &d, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  vt_diags_free(&d);
  return c;
}

static vt_campaign *parsed(const char *text) { return parsed_as(text, 0); }

/* 15 A^2/(6 D), D by 2.7e-6 cm^2/s at 500 K and 0.30 eV: 92.6 ps at 500 K, 6.8 ps at 800 K; eight times that. */
static void the_pilot_resolves_d_with_three_glasses(void **state)
{
  (void)state;
  vt_campaign *c = parsed(TEXT(TARGET));
  assert_true(c->target.asked && c->n_glasses == 3 && c->target.pilot_glasses == 3);
  near(c->target.ea_ev, 0.015, 1e-12);
  near(c->target.budget_fixed_ns, 2000, 1e-9);
  near(c->length[0].ps[0], 750, 0);
  near(c->length[1].ps[0], 60, 0);
  assert_int_equal(c->n_tasks, 2 * 3 * (1 + 2));
  vt_campaign_free(c);
  c = parsed(TEXT("glasses: 4\nprotocol: {produce: {duration: 100 ps}}\n" TARGET));
  assert_true(c->n_glasses == 4 && !c->length && c->protocol.produce_ps == 100);
  vt_campaign_free(c);
}

static void units_and_defaults_of_what_is_asked(void **state)
{
  (void)state;
  vt_campaign *c = parsed(TEXT("observe: {msd: {}}\ncompare: {reference_temperature: 700 K}\n"
                               "target: {log10_D: {half_width: 0.1}, verdict: yes, budget: 200 core-hours}\n"));
  const vt_target *t = &c->target;
  near(t->log10_d, 0.1, 0);
  near(t->log10_d_at_k, 700, 0);
  near(t->haven_at_k, 800, 0); /* the nearest */
  near(t->budget_core_h, 200, 0);
  assert_true(t->verdict == 1 && !(t->budget_fixed_ns > 0) && !(t->ea_ev > 0) && !(t->haven > 0));
  vt_campaign_free(c);
}

/* What is not asked is in no text, and what is asked in no uid of a task that is there anyway. */
static void a_target_changes_no_task_but_their_number(void **state)
{
  (void)state;
  vt_campaign *plain = parsed(TEXT("glasses: 3\nprotocol: {produce: {duration: 100 ps}}\n"));
  vt_campaign *asks = parsed(TEXT("glasses: 3\nprotocol: {produce: {duration: 100 ps}}\n" TARGET));
  vt_buf text = {0}, differ = {0};
  assert_true(vt_campaign_equal(plain, asks));
  vt_campaign_canon(plain, &text);
  assert_null(strstr(text.s, "target"));
  vt_campaign_differences(plain, asks, &differ);
  assert_int_equal(differ.len, 0);
  vt_buf_free(&text);
  vt_buf_free(&differ);
  vt_campaign_free(plain);
  vt_campaign_free(asks);
}

/* Decisions -> canonical text -> the same campaign; the campaign file as it was written goes on from them. */
static void what_was_decided_is_recorded_and_followed(void **state)
{
  (void)state;
  vt_err err = {0};
  const char *text = TEXT("protocol: {produce: {duration: 100 ps}}\n" TARGET);
  vt_campaign *c = parsed(text), *plain = parsed(text), *again;
  vt_buf canon = {0}, second = {0};
  VT_TEST_OK(vt_campaign_begin_decisions(c, &err), &err);
  c->comp_glasses[1] = c->n_glasses = 5;
  c->comp_dropped[0] = 1;
  c->comp_length[1 * c->n_temp + 0] = (vt_lengths){.n = 2, .ps = {100, 300}};
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  assert_int_equal(c->n_tasks, 3 * (1 + 2) + 5 * (1 + 3));
  vt_campaign_canon(c, &canon);
  if (!strstr(canon.s, "glasses: 3\n") || !strstr(canon.s, "glasses: 5, 500 K: 100 ps + 300 ps}") ||
      !strstr(canon.s, "glasses: 3, dropped: yes}"))
    fail_msg("%s", canon.s);
  again = parsed_as(canon.s, 1);
  assert_true(vt_campaign_equal(c, again) && again->comp_dropped[0] == 1 && again->comp_dropped[1] == 0);
  vt_campaign_canon(again, &second);
  assert_string_equal(canon.s, second.s);
  assert_false(vt_campaign_equal(c, plain));
  VT_TEST_OK(vt_campaign_follow(plain, again, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(plain, VT_SIMD_PORTABLE, &err), &err);
  assert_true(vt_campaign_equal(c, plain) && plain->comp_dropped[0] == 1);
  for (int i = 0; i < c->n_tasks; i++) assert_true(vt_uid_equal(&c->task[i].uid, &plain->task[i].uid));
  vt_campaign_free(plain);
  plain = parsed(TEXT("glasses: 4\nprotocol: {produce: {duration: 100 ps}}\n" TARGET));
  VT_TEST_REFUSED(vt_campaign_follow(plain, again, &err), VT_EINVAL, &err, "other temperatures or glasses");
  vt_buf_free(&canon);
  vt_buf_free(&second);
  vt_campaign_free(plain);
  vt_campaign_free(again);
  vt_campaign_free(c);
}

static void what_is_wrong_with_a_target_is_said_with_its_place(void **state)
{
  (void)state;
  static const struct {
    const char *text, *says;
    int n;
  } bad[] = {
      {TEXT("target: {budget: 2 us}\n"), "t.yaml:6:9: target: asks for nothing: name activation_energy, log10_D", 1},
      {TEXT("target: {activation_energy: 15 meV}\n"), "target.budget: is missing: what may be spent", 1},
      {TEXT("target: {activation_energy: 15 meV, budget: 5 apples}\n"), "t.yaml:6:45: target.budget: ", 2},
      {TEXT("target: {activation_energy: 15 meV, budget: many core-hours}\n"), "is no number of core-hours", 2},
      {TEXT("target: {activation_energy: 15 K, budget: 2 us}\n"), "target.activation_energy: ", 2},
      {TEXT("target: {activaton_energy: 15 meV, budget: 2 us}\n"), "did you mean 'activation_energy'?", 2},
      {TEXT("glasses: 1\n" TARGET), "glasses: the pilot of a target needs two glasses", 1},
      {TEXT("target: {haven: 0.1, haven_at: 600 K, budget: 2 us}\n"), "target.haven_at: is none of the campaign's", 2},
      {TEXT("protocol: {produce: {duration: 100 ps + 100 ps}}\n" TARGET), "the pilot of a target is one piece", 1},
      {TEXT("protocol: {version: 1}\n" TARGET), "protocol 1 cannot continue a production: no target", 1},
      {TEXT("target: {log10_D: {at: 450 K, half_width: 0.1}, budget: 2 us}\n"),
       "target.log10_D.at: lies beyond two temperatures, which cannot test a curve", 1},
      {HEAD "temperatures: [500 K]\n" TARGET, "temperatures: a target needs a line, and a line two", 1},
      {TEXT("target: {activation_energy: 15 meV, budget: 2 us, decided: [{composition: KCl}]}\n"),
       "target.decided: 'KCl' is not a composition of the campaign", 1},
      {TEXT("target: {activation_energy: 15 meV, budget: 2 us, decided: [{composition: LiCl, glasses: 2, 600 K: 1 "
            "ps}]}\n"),
       "'2' is no number of glasses from 3 to 10000", 2},
      {"vitrion: 1\ncampaign: asks\npotential: {kind: lj}\ncompositions: {include: [LiCl], atoms: 24}\n"
       "temperatures: [500 K, 800 K]\ntarget: {verdict: yes, budget: 2 us}\n",
       "target.verdict: one composition has nothing to be compared with", 1}};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    vt_campaign *c;
    vt_diags d;
    vt_err err = {0};
    vt_buf said = {0};
    assert_int_equal(
        vt_campaign_parse(bad[k].text, strlen(bad[k].text), "t.yaml", "/somewhere", &env_fixed, &c, &d, &err),
        VT_EPARSE);
    vt_diags_format(&d, &said);
    if (!strstr(said.s, bad[k].says) || d.n_errors != bad[k].n)
      fail_msg("expected '%s' and %d mistakes in:\n%s", bad[k].says, bad[k].n, said.s);
    vt_buf_free(&said);
    vt_diags_free(&d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_pilot_resolves_d_with_three_glasses),
      cmocka_unit_test(units_and_defaults_of_what_is_asked),
      cmocka_unit_test(a_target_changes_no_task_but_their_number),
      cmocka_unit_test(what_was_decided_is_recorded_and_followed),
      cmocka_unit_test(what_is_wrong_with_a_target_is_said_with_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
