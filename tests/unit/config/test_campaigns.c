/* The campaigns that are shipped, read with the observables and potentials of this build; config/schema.md. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "engine/obs/obs.h"
#include "engine/pot/pot.h"
#include "tests/support/campaigns.h"
#include "tests/vt_test.h"

static vt_campaign *shipped(const char *name)
{
  char path[600];
  vt_err err;
  vt_diags d;
  vt_campaign *c;
  vt_buf b = {0};
  vt_err_clear(&err);
  (void)snprintf(path, sizeof path, "%s/campaigns/%s", VT_TEST_SOURCE, name);
  vt_status rc = vt_campaign_load(path, vt_test_env(), &c, &d, &err);
  vt_diags_format(&d, &b);
  if (rc != VT_OK || d.n) fail_msg("%s\n%s", err.text, b.len ? b.s : ""); /* not even a warning */
  vt_diags_free(&d);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  return c;
}

static void quickstart_is_two_chemistries_that_two_cores_do_in_minutes(void **state)
{
  (void)state;
  vt_campaign *c = shipped("quickstart.yaml");
  assert_int_equal(c->n_comp, 2);
  assert_int_equal(c->n_tasks, 4 + 16);
  double atom_steps = 0;
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_protocol *p = &c->protocol;
    double quench_ps = (p->melt_t_k - c->t_k[0]) / p->quench_rate_k_s * 1e12;
    double steps = c->task[i].kind == VT_TASK_GLASS
                       ? (p->melt_ps / p->melt_dt_fs + quench_ps / p->quench_dt_fs) * 1000
                       : (p->equil_ps / p->equil_dt_fs + p->produce_ps / p->produce_dt_fs) * 1000;
    atom_steps += steps * c->comp[c->task[i].comp].n_atoms;
    assert_true(c->asked[c->task[i].comp].worst_ratio_error == 0);
  }
  assert_true(atom_steps < 1.5e8); /* 250 s on two cores at 300 000 atom-steps a second and core */
  vt_campaign_free(c);
}

static void the_screens_have_the_compositions_that_their_comments_name(void **state)
{
  (void)state;
  vt_campaign *c = shipped("li-na-metals.yaml");
  assert_int_equal(c->n_comp, 2 * 3 * 2);
  assert_int_equal(c->n_species, 7);
  assert_int_equal(c->n_temp, 6);
  for (int i = 0; i < c->n_comp; i++) assert_true(c->comp[i].n_atoms >= 306 && c->comp[i].n_atoms <= 374);
  vt_campaign_free(c);
  c = shipped("paper-amx/amx.yaml");
  assert_int_equal(c->n_comp, 27);
  assert_int_equal(c->n_species, 10);
  assert_int_equal(c->n_tasks, 27 * 4 * 5);
  for (int i = 0; i < c->n_comp; i++) assert_int_equal(c->comp[i].n_atoms, 336);
  vt_campaign_free(c);
}

/* ------------------------------------------------------------------ the manual */

static void schema_md_is_what_the_table_says(void **state)
{
  (void)state;
  static const char path[] = VT_TEST_SOURCE "/config/schema.md";
  vt_err err;
  vt_buf fresh = {0};
  char *old = NULL;
  size_t n = 0;
  vt_err_clear(&err);
  vt_schema_markdown(vt_test_env(), &fresh);
  VT_TEST_OK(vt_buf_check(&fresh, &err), &err);
  if (getenv("VT_UPDATE")) VT_TEST_OK(vt_file_replace(path, fresh.s, fresh.len, &err), &err);
  VT_TEST_OK(vt_file_read(path, 1 << 20, &old, &n, &err), &err);
  if (n != fresh.len || memcmp(old, fresh.s, n) != 0)
    fail_msg("config/schema.md is stale: build the target 'schema' and commit the file");
  vt_free(old);
  vt_buf_free(&fresh);
}

typedef struct texts {
  const char *markdown, *canon;
  int n;
} texts;

static void look_for_key(void *ctx, const vt_schema_key *k)
{
  static const char *const of_driver[5] = {"potential.command", "potential.elements", "potential.timeout",
                                           "potential.messages", "potential.folder"};
  texts *t = ctx;
  char text[120];
  const char *dot = strrchr(k->path, '.');
  (void)snprintf(text, sizeof text, "| `%s` |", k->path);
  if (!strstr(t->markdown, text)) fail_msg("%s is not in the Markdown", k->path);
  (void)snprintf(text, sizeof text, "%s:", dot ? dot + 1 : k->path);
  int expanded = strncmp(k->path, "compositions.", 13) == 0, observed = strncmp(k->path, "observe.", 8) == 0;
  if (strcmp(k->path, "elements") == 0) expanded = 1; /* where something is stated (test_any_chemistry.c) */
  if (strncmp(k->path, "target", strlen("target")) == 0 || strcmp(k->path, "protocol.quench.stops") == 0 ||
      strcmp(k->path, "protocol.produce.kept") == 0)
    expanded = 1;             /* where it is asked for (test_target_keys.c) */
  for (int i = 0; i < 5; i++) /* keys of another program: where there is one (test_driver_keys.c) */
    if (strcmp(k->path, of_driver[i]) == 0) expanded = 1;
  if (!expanded && !observed && !strstr(t->canon, text)) fail_msg("%s is not in the canonical text", k->path);
  assert_true(!k->ranged || k->least < k->most);
  assert_true(!k->required || (!k->default_text && isnan(k->default_number)));
  t->n++;
}

/* Every key stands in the Markdown and, unless it is expanded or an observable's, in canonical text. */
static void schema_markdown_and_canonical_text_know_the_same_keys(void **state)
{
  (void)state;
  vt_buf md = {0}, canon = {0};
  vt_schema_markdown(vt_test_env(), &md);
  vt_campaign *c = shipped("quickstart.yaml");
  vt_campaign_canon(c, &canon);
  texts t = {.markdown = md.s, .canon = canon.s};
  vt_schema_each(vt_test_env(), look_for_key, &t);
  assert_true(t.n > 50);
  vt_campaign_free(c);
  vt_buf_free(&md);
  vt_buf_free(&canon);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quickstart_is_two_chemistries_that_two_cores_do_in_minutes),
      cmocka_unit_test(the_screens_have_the_compositions_that_their_comments_name),
      cmocka_unit_test(schema_md_is_what_the_table_says),
      cmocka_unit_test(schema_markdown_and_canonical_text_know_the_same_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
