/* Committees through the suite of all potentials: two models of one kind, and members of four kinds whose cutoffs
 * differ.
 *
 * Tolerances as for the members (test_pot_conform.c): rounding 1e-11 of the largest value, central differences 2e-6 of
 * the largest force. */
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/conform/pot_conform.h"

#define GOLDEN VT_TEST_SOURCE "/tests/golden/nep/potentials/"
enum { N = 17 }; /* not a multiple of any vector length */

static const char *const species[] = {"Li", "Ta", "Cl", "O"};

static void committee_conforms(const char *label, const char *text, vt_simd simd)
{
  static const vt_composition c = {
      .name = "glass", .n_species = 4, .z = {3, 73, 17, 8}, .count = {3, 2, 9, 3}, .n_atoms = N};
  static int type[N];
  static double x[N][3];
  char path[VT_TEST_PATH];
  vt_cell cell;
  vt_err err = {0};
  vt_test_file(path, text);
  VT_TEST_OK(vt_pack(&c, 0.8, 5, &cell, type, x, &err), &err);
  for (int i = 0; i < N; i++) x[i][1] += 0.2 * x[i][0]; /* sheared */
  cell.h[0][1] = 0.2 * cell.h[0][0];
  vt_pot_conform(&(vt_pot_case){.label = label,
                                .kind = "committee",
                                .args = {.path = path, .n_species = 4, .species = species, .numerics.simd = (int)simd},
                                .n = N,
                                .cell = cell,
                                .type = type,
                                .x = (const double(*)[3])x,
                                .tol = 1e-11,
                                .tol_fd = 2e-6});
  unlink(path);
}

static void two_models_of_one_kind_conform(void **state)
{
  (void)state;
  committee_conforms("committee, two nep", "nep " GOLDEN "syn_zbl4.txt\nnep " GOLDEN "syn_typecut4.txt\n",
                     vt_simd_best());
}

static void members_of_many_kinds_conform(void **state)
{
  (void)state;
  committee_conforms("committee, four kinds",
                     "lj -\nborn -\nnep " GOLDEN "syn_zbl4.txt\nnep-reference " GOLDEN "syn_flex4.txt\n",
                     VT_SIMD_PORTABLE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_models_of_one_kind_conform),
      cmocka_unit_test(members_of_many_kinds_conform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
