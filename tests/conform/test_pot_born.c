/* Rigid ions through the suite of all potentials: the built-in parameters and those of a file.
 *
 * Tolerances as for the other double-precision potentials (test_pot_conform.c): rounding 1e-11 of the largest value,
 * central differences 2e-6 of the largest force.  Cells are thinner than the cutoff, so atoms neighbour their images.
 */
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/conform/pot_conform.h"

enum { MOST = 32 };

/* A random packing of c in a sheared cell. */
static void born_conforms(const char *label, const char *path, const vt_composition *c, const char *const *species)
{
  static int type[MOST];
  static double x[MOST][3];
  static const double shear[3][3] = {{1.02, 0.11, -0.06}, {0.08, 0.97, 0.1}, {-0.05, 0.07, 1.04}};
  vt_cell packed, cell = {0};
  vt_err err = {0};
  VT_TEST_OK(vt_pack(c, 0.8, 5, &packed, type, x, &err), &err);
  for (int i = 0; i < c->n_atoms; i++) {
    double from[3];
    memcpy(from, x[i], sizeof from);
    for (int k = 0; k < 3; k++) x[i][k] = from[0] * shear[0][k] + from[1] * shear[1][k] + from[2] * shear[2][k];
  }
  for (int r = 0; r < 3; r++)
    for (int k = 0; k < 3; k++) cell.h[r][k] = packed.h[r][r] * shear[r][k]; /* it was cubic */
  vt_pot_conform(&(vt_pot_case){.label = label,
                                .kind = "born",
                                .args = {.path = path, .n_species = c->n_species, .species = species},
                                .n = c->n_atoms,
                                .cell = cell,
                                .type = type,
                                .x = (const double(*)[3])x,
                                .tol = 1e-11,
                                .tol_fd = 2e-6});
}

static void the_built_in_ions_conform(void **state)
{
  (void)state;
  static const char *const glass[] = {"Li", "Al", "Cl", "O"}, *const salt[] = {"Cs", "I"};
  born_conforms(
      "born, glass", "-",
      &(vt_composition){.name = "glass", .n_species = 4, .z = {3, 13, 17, 8}, .count = {4, 4, 10, 3}, .n_atoms = 21},
      glass);
  born_conforms("born, salt", "-",
                &(vt_composition){.name = "salt", .n_species = 2, .z = {55, 53}, .count = {5, 5}, .n_atoms = 10}, salt);
}

static void ions_from_a_file_conform(void **state)
{
  (void)state;
  static const char text[] = "cutoff 5\nalpha 0\ncharge_scale 1\ncohesion 0.3\n";
  static const char *const species[] = {"Na", "Nb", "Cl", "O"};
  char path[VT_TEST_PATH];
  vt_test_file(path, text);
  born_conforms(
      "born, file", path,
      &(vt_composition){.name = "file", .n_species = 4, .z = {11, 41, 17, 8}, .count = {2, 2, 8, 2}, .n_atoms = 14},
      species);
  unlink(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_built_in_ions_conform),
      cmocka_unit_test(ions_from_a_file_conform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
