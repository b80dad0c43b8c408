/* What the campaign tests and the campaign fuzzer give the reader: fixed observables, fixed potentials, no files. */
#ifndef VT_TEST_CONFIG_ENV_H
#define VT_TEST_CONFIG_ENV_H

#include <stdio.h>
#include <string.h>

#include "config/config.h"

static const vt_obs_doc env_msd = {.name = "msd",
                                   .doc = "self part",
                                   .every_ps = 0.5,
                                   .every_lo_ps = 0.001,
                                   .every_hi_ps = 1000,
                                   .n_par = 1,
                                   .on_by_default = 1,
                                   .par = {{"points", "", "points of a level", 4, 256, 16}}};
static const vt_obs_doc env_rdf = {
    .name = "rdf",
    .doc = "partial g(r)",
    .every_ps = 0.5,
    .every_lo_ps = 0.001,
    .every_hi_ps = 1000,
    .n_par = 2,
    .on_by_default = 1,
    .par = {{"bin", "A", "width of a bin", 0.005, 1, 0.05}, {"r_max", "A", "largest distance", 1, 50, 8}}};
static const vt_obs_doc env_residence = {
    .name = "residence", .doc = "residence times", .every_ps = 0.05, .every_lo_ps = 0.001, .every_hi_ps = 1000};
static const vt_obs_doc env_thermo = {
    .name = "thermo", .doc = "T, P, E", .every_ps = 0.1, .every_lo_ps = 0.001, .every_hi_ps = 1000, .on_by_default = 1};
static const vt_obs_doc *const env_obs[] = {&env_msd, &env_rdf, &env_residence, &env_thermo, NULL};
static const char *const env_kinds[] = {"nep", "lj", NULL};

/* nep: seven.nep.txt and twelve.nep.txt exist everywhere; lj needs no file and takes any element. */
static inline vt_status env_probe(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err)
{
  static const char *const element[] = {"Li", "Na", "Al", "Nb", "Ta", "O", "Cl", "K", "Ga", "In", "Br", "I"};
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  (void)ctx;
  memset(out, 0, sizeof *out);
  out->cutoff = 6;
  vt_sha256(name, strlen(name), &out->sha256);
  if (strcmp(kind, "lj") == 0) return VT_OK;
  out->n_elements = strcmp(name, "seven.nep.txt") == 0 ? 7 : strcmp(name, "twelve.nep.txt") == 0 ? 12 : 0;
  if (!out->n_elements) VT_FAIL(err, VT_EIO, "cannot open '%s': No such file or directory", path);
  for (int i = 0; i < out->n_elements; i++) (void)snprintf(out->element[i], sizeof out->element[i], "%s", element[i]);
  return VT_OK;
}

static const vt_campaign_env env_fixed = {.obs = env_obs, .pot_kinds = env_kinds, .probe = env_probe};

#endif
