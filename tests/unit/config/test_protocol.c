/* config: which version of the protocol a campaign has, and what it makes of its tasks. */
#include <string.h>

#include "tests/support/campaigns.h"
#include "tests/vt_test.h"

#define TEXT(protocol, produce)                                                                                        \
  "vitrion: 1\ncampaign: small\nseed: 7\npotential: {kind: lj}\n"                                                      \
  "compositions: {include: [LiCl], atoms: 24}\ntemperatures: [300 K, 600 K]\nglasses: 1\n"                             \
  "engine: {simd: portable}\n"                                                                                         \
  "protocol:\n" protocol "  melt: {duration: 0.1 ps}\n  quench: {rate: 3e14 K/s}\n  equilibrate: {duration: 0.1 ps}\n" \
  "  produce: " produce "\n"                                                                                           \
  "observe: {thermo: {every: 0.1 ps}, msd: {every: 0.1 ps}}\n"

static void parsed(const char *text, int recorded, vt_campaign **c, vt_diags *d)
{
  vt_err err = {0};
  vt_campaign_env env = *vt_test_env();
  env.recorded = recorded;
  VT_TEST_OK(vt_campaign_parse(text, strlen(text), "test.yaml", "/somewhere", &env, c, d, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(*c, VT_SIMD_PORTABLE, &err), &err);
}

static vt_campaign *campaign(const char *text, int recorded)
{
  vt_campaign *c;
  vt_diags d;
  parsed(text, recorded, &c, &d);
  vt_diags_free(&d);
  return c;
}

/* The uids that this campaign had before there were versions. */
static void the_uids_of_protocol_1_are_what_they_were(void **state)
{
  (void)state;
  static const char *const golden[] = {"958060f2ed8dd91ea6d7d155b58962c707c9edd9dbdbc13eb1d1287bce96d67f",
                                       "0483a0fb7bbd", /* as `vitrion one` lists them */
                                       "b35ceec38030f0d03a58d1b931d6e1db3508b12ca1e96dd83afe96d6cc01ca2d"};
  vt_campaign *c = campaign(TEXT("  version: 1\n", "{duration: 1 ps}"), 1);
  assert_int_equal(c->n_tasks, 3);
  for (int i = 0; i < 3; i++)
    if (!vt_uid_has_prefix(&c->task[i].uid, golden[i])) fail_msg("task %d", i);
  vt_campaign_free(c);
  c = campaign(TEXT("", "{duration: 1 ps}"), 0); /* and protocol 2 has others */
  for (int i = 0; i < 3; i++) assert_false(vt_uid_has_prefix(&c->task[i].uid, golden[i]));
  vt_campaign_free(c);
}

static void a_new_campaign_has_the_newest_protocol_and_one_that_was_recorded_without_the_first(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int recorded, version;
  } row[] = {{TEXT("", "{duration: 1 ps}"), 0, 3},
             {TEXT("", "{duration: 1 ps}"), 1, 1},
             {TEXT("  version: auto\n", "{duration: 1 ps}"), 0, 3},
             {TEXT("  version: 1\n", "{duration: 1 ps}"), 0, 1},
             {TEXT("  version: 2\n", "{duration: 1 ps}"), 1, 2}};
  for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
    vt_campaign *c = campaign(row[k].text, row[k].recorded), *back;
    vt_buf text = {0};
    assert_int_equal(c->protocol.version, row[k].version);
    /* what is recorded says so itself, to every reader */
    vt_campaign_canon(c, &text);
    for (int recorded = 0; recorded < 2; recorded++) {
      back = campaign(text.s, recorded);
      assert_true(vt_campaign_equal(c, back));
      vt_campaign_free(back);
    }
    vt_buf_free(&text);
    vt_campaign_free(c);
  }
}

static void a_version_that_is_not_there_is_refused(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_campaign *c;
  vt_diags d;
  const char *text = TEXT("  version: 4\n", "{duration: 1 ps}");
  assert_int_equal(vt_campaign_parse(text, strlen(text), "t.yaml", ".", vt_test_env(), &c, &d, &err), VT_EPARSE);
  assert_int_equal(d.n_errors, 1);
  for (int i = 0; i < d.n; i++) {
    if (!d.d[i].is_error) continue;
    assert_string_equal(d.d[i].path, "protocol.version");
    assert_non_null(strstr(d.d[i].text, "auto, 1, 2, 3"));
  }
  vt_diags_free(&d);
}

/* Same tasks, other lengths: no campaign for another's results. */
static void campaigns_that_differ_in_the_length_of_production_are_not_equal(void **state)
{
  (void)state;
  vt_campaign *a = campaign(TEXT("", "{duration: 1 ps}"), 0), *b = campaign(TEXT("", "{duration: 2 ps}"), 0);
  assert_true(vt_uid_equal(&a->id, &b->id));
  assert_true(vt_campaign_other_length(a, b) && !vt_campaign_equal(a, b));
  assert_true(!vt_campaign_other_length(a, a) && vt_campaign_equal(a, a));
  vt_buf keys = {0};
  vt_campaign_differences(a, b, &keys);
  assert_string_equal(keys.s, "  protocol.produce.duration: 1 ps, here 2 ps\n");
  vt_buf_free(&keys);
  vt_campaign_free(a);
  vt_campaign_free(b);
  /* of protocol 1 they are other tasks */
  a = campaign(TEXT("  version: 1\n", "{duration: 1 ps}"), 0),
  b = campaign(TEXT("  version: 1\n", "{duration: 2 ps}"), 0);
  assert_false(vt_uid_equal(&a->id, &b->id));
  assert_true(!vt_campaign_other_length(a, b) && !vt_campaign_equal(a, b));
  vt_campaign_free(a);
  vt_campaign_free(b);
}

static int warnings(const char *text, const char *words)
{
  vt_campaign *c;
  vt_diags d;
  int n = 0;
  parsed(text, 0, &c, &d);
  for (int i = 0; i < d.n; i++) n += !d.d[i].is_error && strstr(d.d[i].text, words) != NULL;
  vt_diags_free(&d);
  vt_campaign_free(c);
  return n;
}

static void nve_with_steps_of_more_than_a_femtosecond_is_warned_of(void **state)
{
  (void)state;
  const char *words = "the energy drifts";
  assert_int_equal(warnings(TEXT("", "{duration: 1 ps, ensemble: nve, timestep: 2 fs}"), words), 1);
  assert_int_equal(warnings(TEXT("", "{duration: 1 ps, ensemble: nve}"), words), 1); /* the default is 2 fs */
  assert_int_equal(warnings(TEXT("", "{duration: 1 ps, ensemble: nve, timestep: 1 fs}"), words), 0);
  assert_int_equal(warnings(TEXT("", "{duration: 1 ps, ensemble: nvt, timestep: 2 fs}"), words), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_uids_of_protocol_1_are_what_they_were),
      cmocka_unit_test(a_new_campaign_has_the_newest_protocol_and_one_that_was_recorded_without_the_first),
      cmocka_unit_test(a_version_that_is_not_there_is_refused),
      cmocka_unit_test(campaigns_that_differ_in_the_length_of_production_are_not_equal),
      cmocka_unit_test(nve_with_steps_of_more_than_a_femtosecond_is_warned_of),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
