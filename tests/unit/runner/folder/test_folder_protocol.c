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
  const vt_outdir_kept kept = vt_outdir_look_up(o, vt_test_env());
  VT_TEST_OK(vt_outdir_resolve(&kept, c, &err), &err);
  return c;
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
  assert_int_equal(vt_outdir_look_up(&o, vt_test_env()).protocol, 0);
  record_without_version(&o, TEXT("1", "version: 1, ", "1 ps"));
  assert_int_equal(vt_outdir_look_up(&o, vt_test_env()).protocol, 1);
  vt_campaign *c = given(&o, TEXT("2", "", "1 ps")), *two = given(&o, TEXT("1", "version: 2, ", "1 ps"));
  assert_int_equal(c->protocol.version, 1);
  VT_TEST_REFUSED(vt_outdir_record(&o, two, vt_test_env(), 1, NULL, &err), VT_EINVAL, &err,
                  "protocol.version: 1, here 2");
  VT_TEST_OK(vt_outdir_record(&o, c, vt_test_env(), 1, NULL, &err), &err);
  assert_int_equal(vt_outdir_look_up(&o, vt_test_env()).protocol, 1); /* now written out */
  vt_campaign_free(c);
  vt_campaign_free(two);
}

static void a_longer_production_is_refused_by_its_key_and_both_values(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH];
  vt_err err = {0};
  vt_outdir o = made(folder);
  vt_campaign *recorded = given(&o, TEXT("1", "", "1 ps"));
  VT_TEST_OK(vt_outdir_record(&o, recorded, vt_test_env(), 0, NULL, &err), &err);
  const char *longer[] = {TEXT("1", "", "4 ps"), TEXT("2", "", "4 ps")};
  for (int k = 0; k < 2; k++) {
    vt_campaign *c = given(&o, longer[k]);
    VT_TEST_REFUSED(vt_outdir_record(&o, c, vt_test_env(), k, NULL, &err), VT_EINVAL, &err,
                    "protocol.produce.duration");
    assert_non_null(strstr(err.text, "productions of 1 ps, here 4 ps"));
    vt_campaign_free(c);
  }
  vt_campaign *c = given(&o, longer[0]);
  VT_TEST_REFUSED(vt_outdir_join(&o, c, vt_test_env(), &err), VT_EINVAL, &err, "productions of 1 ps, here 4 ps");
  vt_campaign_free(c);
  vt_campaign_free(recorded);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_folder_of_protocol_1_goes_on_under_it),
      cmocka_unit_test(a_longer_production_is_refused_by_its_key_and_both_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
