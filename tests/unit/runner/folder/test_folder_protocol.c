/* A folder keeps the protocol it was begun with, and no campaign takes its results for longer ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/folder/folder.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static vt_outdir made(char folder[VT_TEST_PATH])
{
  vt_outdir o;
  vt_err err = {0};
  vt_test_folder(folder, "protocol");
  VT_TEST_OK(vt_outdir_name(&o, folder, &err), &err);
  VT_TEST_OK(vt_outdir_make(&o, &err), &err);
  return o;
}

#define TEXT(glasses, protocol, produce)                                                    \
  "vitrion: 1\ncampaign: small\nseed: 7\npotential: {kind: lj}\n"                           \
  "compositions: {include: [LiCl], atoms: 24}\ntemperatures: 300 K\nglasses: " glasses "\n" \
  "protocol: {" protocol "melt: {duration: 0.1 ps}, quench: {rate: 3e14 K/s},\n"            \
  "  equilibrate: {duration: 0.1 ps}, produce: {duration: " produce "}}\nobserve: {msd: {every: 0.1 ps}}\n"

/* As `run` does it: read, then resolved with what the folder kept. */
static vt_campaign *given(const vt_outdir *o, const char *text)
{
  vt_err err = {0};
  vt_diags d;
  vt_campaign *c;
  VT_TEST_OK(vt_campaign_parse(text, strlen(text), "given.yaml", ".", vt_test_env(), &c, &d, &err), &err);
  vt_diags_free(&d);
  vt_outdir_kept kept = vt_outdir_look_up(o, vt_test_env());
  VT_TEST_OK(vt_outdir_resolve(&kept, c, &err), &err);
  vt_outdir_kept_free(&kept);
  return c;
}

static int protocol_of(const vt_outdir *o)
{
  vt_outdir_kept kept = vt_outdir_look_up(o, vt_test_env());
  const int version = kept.protocol;
  vt_outdir_kept_free(&kept);
  return version;
}

/* The recorded file of an earlier build: without the key. */
static void record_without_version(const vt_outdir *o, const char *text)
{
  vt_campaign *c = given(o, text);
  vt_buf canon = {0};
  vt_campaign_canon(c, &canon);
  char *line = strstr(canon.s, "  version: 1\n");
  assert_non_null(line);
  memmove(line, line + strlen("  version: 1\n"), strlen(line + strlen("  version: 1\n")) + 1);
  vt_test_write(o->campaign, canon.s, strlen(canon.s));
  vt_buf_free(&canon);
  vt_campaign_free(c);
}

static void a_folder_of_protocol_1_goes_on_under_it(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  vt_outdir o = made(folder);
  assert_int_equal(protocol_of(&o), 0);
  record_without_version(&o, TEXT("1", "version: 1, ", "1 ps"));
  assert_int_equal(protocol_of(&o), 1);
  vt_campaign *c = given(&o, TEXT("2", "", "1 ps")), *two = given(&o, TEXT("1", "version: 2, ", "1 ps"));
  assert_int_equal(c->protocol.version, 1);
  VT_TEST_REFUSED(vt_outdir_record(&o, two, vt_test_env(), 1, NULL, &err), VT_EINVAL, &err,
                  "protocol.version: 1, here 2");
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 1, NULL, &err), &err);
  assert_int_equal(protocol_of(&o), 1); /* now written out */
  vt_campaign_free(c);
  vt_campaign_free(two);
}

static void a_longer_production_goes_on_and_a_shorter_one_is_refused_with_both_values(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  vt_buf said = {0};
  vt_outdir o = made(folder);
  vt_campaign *c = given(&o, TEXT("1", "", "1 ps")), *back;
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 0, NULL, &err), &err);
  vt_campaign_free(c);
  c = given(&o, TEXT("1", "", "4 ps"));
  VT_TEST_REFUSED(vt_outdir_join(&o, c, vt_test_env(), &err), VT_EINVAL, &err, "holds another campaign");
  VT_TEST_REFUSED(vt_outdir_record(&o, c, vt_test_env(), 0, NULL, &err), VT_EINVAL, &err, "--extend");
  assert_non_null(strstr(err.text, "1 task (0.003 ns) would be added"));
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 1, &said, &err), &err);
  assert_non_null(strstr(said.s, "production at 300 K: 1 ps -> 4 ps"));
  VT_TEST_OK(vt_outdir_campaign(&o, vt_test_env(), &back, &err), &err);
  assert_true(vt_campaign_equal(back, c) && vt_campaign_pieces(back, 0, 0).n == 2);
  vt_buf_free(&said);
  vt_campaign_free(back);
  vt_campaign_free(c);
  c = given(&o, TEXT("1", "", "3 ps"));
  VT_TEST_REFUSED(vt_outdir_record(&o, c, vt_test_env(), 1, NULL, &err), VT_EINVAL, &err,
                  "protocol.produce.duration at 300 K: recorded 1 ps + 3 ps, here 3 ps");
  vt_campaign_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_folder_of_protocol_1_goes_on_under_it),
      cmocka_unit_test(a_longer_production_goes_on_and_a_shorter_one_is_refused_with_both_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
