#include "tests/support/campaigns.h"

#include <stdio.h>
#include <string.h>

#include "engine/obs/obs.h"
#include "engine/pot/pot.h"
#include "tests/vt_test.h"

static vt_status probe(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err)
{
  vt_pot_info info;
  (void)ctx;
  VT_PASS(vt_pot_probe(kind, path, &info, err));
  *out = (vt_pot_facts){.n_elements = info.n_elements, .cutoff = info.cutoff, .sha256 = info.sha256};
  memcpy(out->element, info.element, sizeof out->element);
  return VT_OK;
}

const vt_campaign_env *vt_test_env(void)
{
  static const vt_obs_doc *obs[64];
  static const char *kinds[64];
  static vt_campaign_env env = {.obs = obs, .pot_kinds = kinds, .probe = probe};
  for (int i = 0; i < 63 && vt_obs_builtin[i]; i++) obs[i] = &vt_obs_builtin[i]->doc;
  for (int i = 0; i < 63 && vt_pot_builtin[i]; i++) kinds[i] = vt_pot_builtin[i]->name;
  return &env;
}

vt_campaign *vt_test_campaign(const char *text)
{
  vt_err err = {0};
  vt_diags d;
  vt_campaign *c;
  vt_buf b = {0};
  const vt_status rc = vt_campaign_parse(text, strlen(text), "test.yaml", "/somewhere", vt_test_env(), &c, &d, &err);
  vt_diags_format(&d, &b);
  if (rc != VT_OK) fail_msg("%s\n%s\n%s", err.text, b.len ? b.s : "", text);
  vt_buf_free(&b);
  vt_diags_free(&d);
  VT_TEST_OK(vt_campaign_resolve(c, VT_SIMD_PORTABLE, &err), &err);
  return c;
}

vt_campaign *vt_test_small_campaign(const char *formulas, const char *temperatures, int glasses, const char *more)
{
  char text[4096];
  const int n = snprintf(text, sizeof text,
                         "vitrion: 1\ncampaign: small\nseed: 7\npotential: {kind: lj}\n"
                         "compositions: {include: [%s], atoms: 24}\ntemperatures: %s\nglasses: %d\n"
                         "protocol:\n  melt: {duration: 0.1 ps}\n  quench: {rate: 3e14 K/s}\n"
                         "  equilibrate: {duration: 0.1 ps}\n  produce: {duration: 1 ps}\n"
                         "observe: {thermo: {every: 0.01 ps}, msd: {every: 0.05 ps}, charge: {every: 0.05 ps}, "
                         "rdf: {every: 0.5 ps}, residence: {every: 0.05 ps}, polyhedra: {every: 0.5 ps}, "
                         "chains: {every: 0.5 ps}}\n%s",
                         formulas, temperatures, glasses, more);
  assert_in_range(n, 1, sizeof text - 1);
  return vt_test_campaign(text);
}

vt_plan vt_test_plan(const vt_campaign *c, int task)
{
  vt_plan p;
  vt_err err = {0};
  VT_TEST_OK(vt_campaign_plan(c, task, &p, &err), &err);
  return p;
}
