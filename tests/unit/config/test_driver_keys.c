/* Potentials that another program computes: their keys, their way into plans, what a recorded campaign keeps of them.
 */
#include "tests/vt_test.h"

#include "tests/unit/config/test_config_env.h"

static int refuses; /* the program's files are gone */

static vt_status driver_probe(void *ctx, const char *kind, const char *path, const vt_driver *d, vt_pot_facts *out,
                              vt_err *err)
{
  (void)ctx, (void)kind, (void)path;
  if (refuses) VT_FAIL(err, VT_EIO, "the command names a file, which is not there");
  memset(out, 0, sizeof *out);
  out->cutoff = 5;
  vt_sha256(d->command, strlen(d->command), &out->sha256);
  out->n_elements = d->n_elements;
  memcpy(out->element, d->element, sizeof out->element);
  return VT_OK;
}

static const char *const kinds[] = {"nep", "lj", "ipi", NULL};
static const vt_campaign_env env = {
    .obs = env_obs, .pot_kinds = kinds, .probe = env_probe, .probe_driver = driver_probe};

static const char form[] = "vitrion: 1\ncampaign: c\npotential: {%s}\ncompositions: {include: [LiAlCl4], atoms: 48}\n"
                           "temperatures: 500 K\nobserve: {thermo: {}}\n";

/* Parsed from /home/me/p; NULL with what is wrong in `text`. */
static vt_campaign *parse(const char *yaml, int recorded, vt_buf *text)
{
  vt_campaign_env now = env;
  vt_campaign *c = NULL;
  vt_diags d = {0};
  vt_err err = {0};
  now.recorded = recorded;
  vt_status rc = vt_campaign_parse(yaml, strlen(yaml), "c.yaml", "/home/me/p", &now, &c, &d, &err);
  vt_diags_format(&d, text);
  vt_diags_free(&d);
  if (rc != VT_OK) return NULL;
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  return c;
}

static vt_campaign *driven(const char *potential)
{
  char yaml[1024];
  vt_buf text = {0};
  (void)snprintf(yaml, sizeof yaml, form, potential);
  vt_campaign *c = parse(yaml, 0, &text);
  if (!c) fail_msg("%s", text.s);
  vt_buf_free(&text);
  return c;
}

static void the_keys_reach_the_plan_and_come_back_from_canonical_text(void **state)
{
  (void)state;
  vt_plan p;
  vt_err err = {0};
  vt_buf canon = {0}, text = {0};
  vt_campaign *c = driven("kind: ipi, command: 'python3 {dir}/d.py \"{socket}\"', elements: [Li, Al, Cl], "
                          "timeout: 2 min, messages: plain");
  VT_TEST_OK(vt_campaign_plan(c, 0, &p, &err), &err);
  assert_string_equal(p.driver.command, "python3 {dir}/d.py \"{socket}\"");
  assert_string_equal(p.driver.dir, "/home/me/p");
  near(p.driver.timeout_s, 120, 0);
  assert_int_equal(p.driver.plain, 1);
  assert_int_equal(p.driver.n_elements, 3);
  assert_int_equal(p.block_steps, 1); /* kept between any two steps */
  assert_true(vt_uid_equal(&p.pot_hash, &c->pot.sha256));
  vt_campaign_canon(c, &canon);
  vt_campaign *again = parse(canon.s, 0, &text);
  if (!again) fail_msg("%s", text.s);
  assert_true(vt_uid_equal(&again->id, &c->id));
  assert_memory_equal(&again->driver, &c->driver, sizeof c->driver);
  vt_campaign_free(again);
  vt_campaign_free(c);
  vt_buf_free(&canon);
  vt_buf_free(&text);
}

static void what_changes_no_force_is_in_no_identity(void **state)
{
  (void)state;
  vt_campaign *a = driven("kind: ipi, command: 'x {socket}'"),
              *b = driven("kind: ipi, command: 'x {socket}', timeout: 5 s, messages: plain, folder: /elsewhere/"),
              *other = driven("kind: ipi, command: 'y {socket}'");
  assert_true(vt_uid_equal(&a->id, &b->id));
  assert_string_equal(b->driver.dir, "/elsewhere");
  assert_false(vt_uid_equal(&a->id, &other->id));
  vt_campaign_free(a);
  vt_campaign_free(b);
  vt_campaign_free(other);
}

static void a_campaign_without_another_program_has_none_of_the_keys(void **state)
{
  (void)state;
  vt_plan p;
  vt_err err = {0};
  vt_buf canon = {0};
  vt_campaign *c = driven("kind: lj");
  VT_TEST_OK(vt_campaign_plan(c, 0, &p, &err), &err);
  assert_string_equal(p.driver.command, "");
  assert_int_equal(p.block_steps, vt_plan_block_steps(48));
  vt_campaign_canon(c, &canon);
  assert_null(strstr(canon.s, "command"));
  assert_null(strstr(canon.s, "timeout:  "));
  assert_null(strstr(canon.s, "messages"));
  vt_campaign_free(c);
  vt_buf_free(&canon);
}

static void every_mistake_is_told_at_its_place(void **state)
{
  (void)state;
  static const char yaml[] = "vitrion: 1\ncampaign: c\npotential:\n  kind: ipi\n  command: 'x {socket}'\n"
                             "  elements: [Li, Xx]\n  timeout: 30\n  messages: fussed\n"
                             "compositions: {include: [NaAlCl4], atoms: 48}\ntemperatures: 500 K\n";
  static const char *const said[] = {
      "c.yaml:6:18: potential.elements: 'Xx' is not an element", "c.yaml:7:12: potential.timeout: ",
      "c.yaml:8:13: potential.messages: 'fussed' is not one of fused, plain, did you mean 'fused'?",
      "the potential does not know Na (it knows Li)"};
  vt_buf text = {0};
  assert_null(parse(yaml, 0, &text));
  for (size_t k = 0; k < sizeof said / sizeof *said; k++)
    if (!strstr(text.s, said[k])) fail_msg("'%s' is not in\n%s", said[k], text.s);
  vt_buf_free(&text);
}

static void a_recorded_campaign_is_read_without_its_drivers_files(void **state)
{
  (void)state;
  vt_buf canon = {0}, text = {0};
  vt_campaign *c = driven("kind: ipi, command: 'x {socket}'");
  vt_campaign_canon(c, &canon);
  refuses = 1;
  vt_campaign *kept = parse(canon.s, 1, &text);
  if (!kept) fail_msg("%s", text.s);
  assert_true(vt_uid_equal(&kept->id, &c->id));
  text.len = 0;
  assert_null(parse(canon.s, 0, &text)); /* who would run it is told */
  assert_non_null(strstr(text.s, "which is not there"));
  refuses = 0;
  vt_campaign_free(kept);
  vt_campaign_free(c);
  vt_buf_free(&canon);
  vt_buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_keys_reach_the_plan_and_come_back_from_canonical_text),
      cmocka_unit_test(what_changes_no_force_is_in_no_identity),
      cmocka_unit_test(a_campaign_without_another_program_has_none_of_the_keys),
      cmocka_unit_test(every_mistake_is_told_at_its_place),
      cmocka_unit_test(a_recorded_campaign_is_read_without_its_drivers_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
