/* config: asking for frames changes no task. */
#include <string.h>

#include "tests/unit/config/test_config_env.h"
#include "tests/vt_test.h"

#define TEXT(observe)                                                                                 \
  "vitrion: 1\ncampaign: frames\npotential: {kind: lj}\ncompositions: {include: [LiCl], atoms: 24}\n" \
  "temperatures: [300 K, 600 K]\nglasses: 1\nprotocol: {produce: {duration: 10 ps}}\n" observe

static vt_campaign *parsed(const char *text)
{
  vt_campaign *c;
  vt_diags d;
  vt_err err = {0};
  VT_TEST_OK(vt_campaign_parse(text, strlen(text), "t.yaml", "/somewhere", &env_fixed, &c, &d, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  vt_diags_free(&d);
  return c;
}

static void asking_for_frames_is_in_no_uid(void **state)
{
  (void)state;
  static const char *const pair[][2] = {
      {TEXT(""), TEXT("observe: {trajectory: {}}\n")}, /* named alone: the others are those by default */
      {TEXT("observe: {msd: {}}\n"), TEXT("observe: {msd: {}, trajectory: {every: 0.5 ps, velocities: yes}}\n")}};
  for (size_t k = 0; k < sizeof pair / sizeof *pair; k++) {
    vt_campaign *a = parsed(pair[k][0]), *b = parsed(pair[k][1]);
    assert_true(vt_campaign_equal(a, b));
    assert_true(!a->trajectory.on && b->trajectory.on);
    assert_int_equal(a->n_obs, b->n_obs);
    assert_true(b->trajectory.every_ps == (k ? 0.5 : 1.0) && b->trajectory.velocities == (int)k);
    vt_buf text = {0}, plain = {0}, differ = {0};
    vt_campaign_canon(a, &plain);
    vt_campaign_canon(b, &text);
    assert_null(strstr(plain.s, "trajectory")); /* who does not ask keeps the bytes of before */
    vt_campaign *again = parsed(text.s);
    assert_true(vt_campaign_equal(b, again) && memcmp(&again->trajectory, &b->trajectory, sizeof b->trajectory) == 0);
    vt_campaign_differences(a, b, &differ);
    assert_int_equal(differ.len, 0);
    vt_buf_free(&text);
    vt_buf_free(&plain);
    vt_buf_free(&differ);
    vt_campaign_free(again);
    vt_campaign_free(a);
    vt_campaign_free(b);
  }
}

static void what_is_wrong_with_frames_is_said_with_its_place(void **state)
{
  (void)state;
  static const struct {
    const char *text, *says;
  } bad[] = {
      {TEXT("observe: {trajectory: {velocity: yes}}\n"),
       "observe.trajectory: unknown key 'velocity', did you mean 'velocities'?"},
      {TEXT("observe: {trajectry: {}}\n"), "unknown observable 'trajectry', did you mean 'trajectory'?"},
      {TEXT("observe: {trajectory: 5}\n"), "t.yaml:8:23: observe.trajectory: expected a section with keys of its own"},
      {TEXT("observe: {trajectory: {every: 20 ps}}\n"),
       "observe.trajectory.every: 20 ps is longer than the production"},
      {TEXT("observe: {trajectory: {every: 1 fs}}\n"),
       "observe.trajectory.every: 0.001 ps is shorter than the time step"}};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    vt_campaign *c;
    vt_diags d;
    vt_err err = {0};
    vt_buf said = {0};
    assert_int_equal(
        vt_campaign_parse(bad[k].text, strlen(bad[k].text), "t.yaml", "/somewhere", &env_fixed, &c, &d, &err),
        VT_EPARSE);
    vt_diags_format(&d, &said);
    if (!strstr(said.s, bad[k].says)) fail_msg("expected '%s' in:\n%s", bad[k].says, said.s);
    assert_int_equal(d.n_errors, 1);
    vt_buf_free(&said);
    vt_diags_free(&d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(asking_for_frames_is_in_no_uid),
                                     cmocka_unit_test(what_is_wrong_with_frames_is_said_with_its_place)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
