/* Durations in pieces and by temperature, stops of quenches: what is read is what is written; a campaign that follows a
 * recorded one keeps the uids of what is there.  Expected lists follow from the words of config.h. */
#include <string.h>

#include "tests/support/campaigns.h"
#include "tests/vt_test.h"

#define TEXT(temperatures, stops, duration)                                                  \
  "vitrion: 1\ncampaign: d\nseed: 7\npotential: {kind: lj}\n"                                \
  "compositions: {include: [LiCl], atoms: 24}\ntemperatures: " temperatures "\nglasses: 2\n" \
  "protocol:\n  quench: {rate: 3e14 K/s" stops "}\n  produce: {duration: " duration "}\n"    \
  "observe: {msd: {every: 0.1 ps}}\n"

static vt_status parse(const char *text, vt_campaign **c, vt_diags *d)
{
  vt_err err = {0};
  return vt_campaign_parse(text, strlen(text), "d.yaml", ".", vt_test_env(), c, d, &err);
}

/* Texts that tasks of a campaign share are hashed once: the uid of each is still that of its whole text, and no two are
 * equal. */
static void expect_uids(const vt_campaign *c)
{
  for (int i = 0; i < c->n_tasks; i++) {
    vt_plan p;
    vt_err err = {0};
    VT_TEST_OK(vt_campaign_plan(c, i, &p, &err), &err);
    p.uid = (vt_uid){{0}};
    VT_TEST_OK(vt_plan_identify(&p, &err), &err);
    assert_true(vt_uid_equal(&p.uid, &c->task[i].uid));
    assert_int_equal(vt_campaign_find(c, &p.uid), i);
  }
}

static vt_campaign *campaign(const char *text, const vt_campaign *old)
{
  vt_campaign *c;
  vt_diags d;
  vt_err err = {0};
  assert_int_equal(parse(text, &c, &d), VT_OK);
  vt_diags_free(&d);
  if (old) VT_TEST_OK(vt_campaign_follow(c, old, &err), &err);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  expect_uids(c);
  return c;
}

static int says(const vt_campaign *c, const char *line)
{
  vt_buf b = {0};
  vt_campaign_canon(c, &b);
  const int yes = strstr(b.s, line) != NULL;
  vt_buf_free(&b);
  return yes;
}

/* 1 if every task of a is one of b. */
static int holds(const vt_campaign *b, const vt_campaign *a)
{
  int all = 1;
  for (int i = 0; i < a->n_tasks; i++) all = all && vt_campaign_find(b, &a->task[i].uid) >= 0;
  return all;
}

static void what_is_written_is_read_back(void **state)
{
  (void)state;
  static const struct {
    const char *text, *line;
    int n_tasks; /* of 2 glasses */
  } of[] = {{TEXT("[300 K, 400 K]", "", "1 ps"), "duration: 1 ps\n", 6},
            {TEXT("[300 K, 400 K]", "", "1 ps + 0.5 ps"), "duration: 1 ps + 0.5 ps\n", 10},
            {TEXT("[300 K, 400 K]", "", "{400 K: 1e0 ps +500 fs, default: 2 ps}"),
             "duration: {300 K: 2 ps, 400 K: 1 ps + 0.5 ps}\n", 8},
            {TEXT("[300 K, 400 K]", "", "{300 K: 1 ps, 400 K: 1 ps}"), "duration: 1 ps\n", 6},
            {TEXT("[300 K, 400 K]", ", stops: [400 K]", "1 ps"), "stops: [400 K, 300 K]\n", 8},
            {TEXT("[300 K, 400 K]", ", stops: [300 K]", "1 ps"), "duration: 1 ps\n", 6},
            {TEXT("[300 K, 400 K]", ", stops: [350 K, 200 K]", "1 ps"), "stops: [350 K, 200 K]\n", 8}};
  for (int k = 0; k < (int)(sizeof of / sizeof *of); k++) {
    vt_buf b = {0};
    vt_campaign *c = campaign(of[k].text, NULL);
    assert_int_equal(c->n_tasks, of[k].n_tasks);
    assert_true(says(c, of[k].line));
    vt_campaign_canon(c, &b);
    vt_campaign *back = campaign(b.s, NULL);
    assert_true(vt_campaign_equal(c, back));
    vt_campaign_free(c);
    vt_campaign_free(back);
    vt_buf_free(&b);
  }
}

static void mistakes_have_their_place(void **state)
{
  (void)state;
  static const struct {
    const char *text, *path, *words;
    int line;
  } of[] = {{TEXT("[300 K, 400 K]", "", "{300 K: 1 ps}"), "protocol.produce.duration", "400 K has no duration", 10},
            {TEXT("[300 K]", "", "{300 K: 1 ps, 301 K: 1 ps}"), "protocol.produce.duration", "301 K is not among", 10},
            {TEXT("[300 K]", "", "{300 K: 1 ps, 300.0 K: 2 ps}"), "protocol.produce.duration", "stands twice", 10},
            {TEXT("[300 K]", "", "1 ps + "), "protocol.produce.duration", "not a number", 10},
            {TEXT("[300 K]", "", "1 ps + 2 K"), "protocol.produce.duration", "not a unit", 10},
            {TEXT("[300 K]", "", "{}"), "protocol.produce.duration", "empty", 10},
            {TEXT("[300 K]", "", "1 ps + 0.05 ps"), "observe.msd.every", "longer than the production of 0.05 ps", 11},
            {TEXT("[300 K]", ", stops: [300 K, 400 K]", "1 ps"), "protocol.quench.stops", "not below 300 K", 9},
            {TEXT("[300 K]", ", stops: [1300 K]", "1 ps"), "protocol.melt.temperature", "not above", 0}};
  for (int k = 0; k < (int)(sizeof of / sizeof *of); k++) {
    vt_campaign *c;
    vt_diags d;
    assert_int_equal(parse(of[k].text, &c, &d), VT_EPARSE);
    int found = 0;
    for (int i = 0; i < d.n; i++)
      found |= d.d[i].is_error && (!of[k].line || d.d[i].line == of[k].line) && strcmp(d.d[i].path, of[k].path) == 0 &&
               strstr(d.d[i].text, of[k].words) != NULL;
    assert_true(found);
    vt_diags_free(&d);
  }
}

static void what_follows_keeps_the_tasks_that_are_there(void **state)
{
  (void)state;
  vt_campaign *old = campaign(TEXT("[300 K, 400 K]", "", "1 ps"), NULL);
  vt_campaign *longer = campaign(TEXT("[300 K, 400 K]", "", "{300 K: 1 ps, 400 K: 2.5 ps}"), old);
  assert_true(holds(longer, old) && longer->n_tasks == old->n_tasks + 2 && !vt_campaign_other_length(old, longer));
  assert_true(says(longer, "duration: {300 K: 1 ps, 400 K: 1 ps + 1.5 ps}\n"));
  /* a second time: once more from its end; its own pieces, where they begin as the recorded ones */
  vt_campaign *more = campaign(TEXT("[300 K, 400 K]", "", "3 ps"), longer);
  assert_true(holds(more, longer) && says(more, "duration: {300 K: 1 ps + 2 ps, 400 K: 1 ps + 1.5 ps + 0.5 ps}\n"));
  vt_campaign *own = campaign(TEXT("[300 K, 400 K]", "", "1 ps + 1.5 ps + 0.1 ps + 0.4 ps"), longer);
  assert_true(says(own, "duration: 1 ps + 1.5 ps + 0.1 ps + 0.4 ps\n"));
  /* lower: the old glasses stay, and each gets one that goes on; and lower again */
  vt_campaign *lower = campaign(TEXT("[200 K, 300 K, 400 K]", "", "1 ps"), old);
  assert_true(holds(lower, old) && says(lower, "stops: [300 K, 200 K]\n"));
  assert_int_equal(lower->n_tasks, old->n_tasks + 4);
  vt_campaign *lowest = campaign(TEXT("[150 K, 300 K]", "", "1 ps"), lower);
  assert_true(says(lowest, "stops: [300 K, 200 K, 150 K]\n") && says(lowest, "kept: {200 K: 1 ps, 400 K: 1 ps}\n"));
  /* without its lowest temperature a campaign keeps its glasses, and what is left out comes back as it was */
  vt_campaign *hot = campaign(TEXT("[400 K]", "", "1 ps"), more);
  assert_true(holds(more, hot) && says(hot, "stops: [300 K]\n") && says(hot, "kept: {300 K: 1 ps + 2 ps, 400 K: "));
  vt_campaign *back = campaign(TEXT("[300 K, 400 K]", "", "3 ps"), hot);
  assert_true(vt_campaign_equal(back, more));
  vt_campaign *made[] = {old, longer, more, own, lower, lowest, hot, back};
  for (int k = 0; k < (int)(sizeof made / sizeof *made); k++) vt_campaign_free(made[k]);
}

static void what_ends_within_a_piece_is_another_length(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_campaign *old = campaign(TEXT("[300 K]", "", "1 ps + 1 ps"), NULL), *c;
  vt_campaign *within = campaign(TEXT("[300 K]", "", "1.5 ps"), old),
              *first = campaign(TEXT("[300 K]", "", "1 ps"), old);
  assert_true(vt_campaign_other_length(old, within) && !vt_campaign_equal(old, within));
  assert_true(!vt_campaign_other_length(old, first) && holds(old, first));
  vt_diags d;
  assert_int_equal(parse(TEXT("[300 K]", "", "2.05 ps"), &c, &d), VT_OK);
  vt_diags_free(&d);
  VT_TEST_REFUSED(vt_campaign_follow(c, old, &err), VT_EINVAL, &err, "only 0.05 ps would be added to 2 ps");
  vt_campaign_free(c);
  vt_campaign_free(old);
  vt_campaign_free(within);
  vt_campaign_free(first);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(mistakes_have_their_place),
      cmocka_unit_test(what_follows_keeps_the_tasks_that_are_there),
      cmocka_unit_test(what_ends_within_a_piece_is_another_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
