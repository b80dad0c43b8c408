/* A melt-quench is a function of its plan: the same bits again, in another process too.  (On another rank, and whatever
 * interrupts the campaign: tests/e2e/run_campaign.py.) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/replica/replica.h"
#include "tests/support/claim.h"
#include "tests/support/compositions.h"
#include "tests/vt_test.h"

static const char *program; /* this one */

/* 42 atoms of LiAlCl2.5O0.75, 0.1 ps of melt, 0.2 ps of quench that ends with a free volume. */
static vt_status nep_glass_plan(int melt_ensemble, uint64_t seed, vt_plan *out, vt_err *err)
{
  vt_plan p = {.seed = seed, .kind = VT_TASK_GLASS, .block_steps = 30, .t_k = 600, .pot_kind = "nep"};
  vt_pot_info info;
  p.comp = vt_test_oxychloride(2);
  p.protocol = (vt_protocol){.version = VT_PROTOCOL_FIRST,
                             .pack_density = 0.9,
                             .melt_t_k = 1200,
                             .melt_ps = 0.1,
                             .melt_dt_fs = 2,
                             .quench_rate_k_s = 3e15,
                             .quench_npt_below_k = 800,
                             .quench_dt_fs = 2,
                             .thermostat_ps = 0.05,
                             .barostat_ps = 1,
                             .melt_ensemble = melt_ensemble};
  p.numerics = (vt_numerics){.simd = vt_simd_best(), .precision = VT_DOUBLE, .format = VT_ENGINE_FORMAT};
  (void)snprintf(p.pot_path, sizeof p.pot_path, "%s", VT_TEST_SOURCE "/campaigns/potentials/oxyhalide7-v0.nep.txt");
  VT_PASS(vt_pot_probe(p.pot_kind, p.pot_path, &info, err));
  p.pot_hash = info.sha256;
  VT_PASS(vt_plan_identify(&p, err));
  *out = p;
  return VT_OK;
}

/* SHA-256 of all values of the result. */
static vt_status fingerprint(int melt_ensemble, uint64_t seed, char hex[65], vt_err *err)
{
  vt_plan p;
  vt_result r = {0};
  vt_uid hash;
  VT_PASS(nep_glass_plan(melt_ensemble, seed, &p, err));
  VT_PASS(vt_replica_run(&p, NULL, 0, NULL, NULL, &r, err));
  vt_sha256(r.values, r.n_values * sizeof *r.values, &hash);
  vt_uid_hex(&hash, hex);
  vt_result_free(&r);
  return VT_OK;
}

/* The same by another process, with `env` before its command: other addresses, other heap. */
static void fingerprint_elsewhere(const char *env, int melt_ensemble, char hex[65])
{
  char command[1024];
  (void)snprintf(command, sizeof command, "%s '%s' %d", env, program, melt_ensemble);
  FILE *f = popen(command, "r");
  assert_non_null(f);
  assert_int_equal(fread(hex, 1, 64, f), 64);
  hex[64] = '\0';
  assert_int_equal(pclose(f), 0);
}

static void a_melt_quench_repeats_to_the_bit(void **state)
{
  (void)state;
  static const int ensembles[] = {VT_NVT, VT_LANGEVIN};
  static const char *const what[] = {
      "melt (nvt) and quench again, here and in two other processes: results that differ",
      "melt (langevin) and quench again, the same: results that differ"};
  char first[2][65], other_seed[65];
  vt_err err = {0};
  for (int q = 0; q < 2; q++) {
    char again[3][65];
    int differ = 0;
    VT_TEST_OK(fingerprint(ensembles[q], 1, first[q], &err), &err);
    VT_TEST_OK(fingerprint(ensembles[q], 1, again[0], &err), &err);
    fingerprint_elsewhere("MALLOC_PERTURB_=85", ensembles[q], again[1]);
    fingerprint_elsewhere("MALLOC_PERTURB_=170 MALLOC_ARENA_TEST=1 LC_ALL=C", ensembles[q], again[2]);
    for (int k = 0; k < 3; k++) differ += strcmp(first[q], again[k]) != 0;
    claim(what[q], differ, 0, 0, "SHA-256 of cell, positions, quench; every bit");
  }
  VT_TEST_OK(fingerprint(VT_NVT, 2, other_seed, &err), &err);
  assert_string_not_equal(first[0], first[1]); /* the melt is in it */
  assert_string_not_equal(first[0], other_seed);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_melt_quench_repeats_to_the_bit)};
  program = argv[0];
  if (argc != 2) return cmocka_run_group_tests(tests, NULL, NULL);
  char hex[65];
  vt_err err = {0};
  int64_t ensemble;
  if (!vt_parse_i64(argv[1], strlen(argv[1]), &ensemble)) return 1;
  if (fingerprint((int)ensemble, 1, hex, &err) != VT_OK) {
    (void)fputs(err.text, stderr);
    return 1;
  }
  (void)puts(hex);
  return 0;
}
