/* Energies, forces and virials of NEP models against results of an independent program (tests/golden/nep/README.md).
 *
 * Tolerances are relative to max(1, largest magnitude of the array).  Double: 1e-10, because the tabulated l = 8
 * constants carry 11 digits.  Mixed: single precision has 6e-8, and sums over about 100 neighbours with both signs lose
 * up to two more digits: 5e-6; a virial multiplies by distances: 3e-5. */
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/vt_test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/pot/pot.h"

/* Worst differences over the cases of a folder, one row for each kernel that was met. */
typedef struct worst_row {
  char kernel[32];
  int cases;
  double energy, force, virial;
} worst_row;

enum { MOST_KERNELS = 8 };
static worst_row worst[MOST_KERNELS];

static worst_row *row_of_kernel(const char *kernel)
{
  int k = 0;
  while (worst[k].cases && strcmp(worst[k].kernel, kernel) != 0) assert_true(++k < MOST_KERNELS);
  snprintf(worst[k].kernel, sizeof worst[k].kernel, "%s", kernel);
  return &worst[k];
}

static void print_worst(void)
{
  print_message("| kernel | cases | energy | force | virial |\n|---|---|---|---|---|\n");
  for (int k = 0; k < MOST_KERNELS && worst[k].cases; k++)
    print_message("| %s | %d | %.1e | %.1e | %.1e |\n", worst[k].kernel, worst[k].cases, worst[k].energy,
                  worst[k].force, worst[k].virial);
}

static void check(const char *name, const char *kernel, const char *what, const double *a, const double *b, size_t n,
                  double tol, double *largest)
{
  double d = vt_test_difference(a, b, n);
  *largest = fmax(*largest, d);
  if (!(d <= tol)) fail_msg("%s, %s: %s differ by %.3g, allowed %.3g", name, kernel, what, d, tol);
}

/* One case through one back end; returns 1 if a vector kernel did it. */
static int run_case(const vt_golden *g, const char *name, const char *kind, vt_simd simd, vt_precision precision,
                    int per_atom)
{
  vt_err err = {0};
  vt_pot pot;
  vt_nlist nl;
  vt_pot_info info;
  size_t n = (size_t)g->n;
  const char *species[VT_MAX_SPECIES];
  for (int s = 0; s < g->n_species; s++) species[s] = g->symbol[s];
  vt_pot_args args = {.path = g->potential,
                      .n_species = g->n_species,
                      .species = species,
                      .numerics = {.simd = (int)simd, .precision = (int)precision}};
  VT_TEST_OK(vt_pot_open(&pot, kind, &args, &err), &err);
  vt_pot_describe(&pot, &info);
  VT_TEST_OK(vt_nlist_open(&nl, g->n, g->type, info.cutoff, 0.4, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &g->cell, (const double(*)[3])g->x, 1, &err), &err);
  vt_force_out out = {.f = vt_test_array(n, sizeof *out.f), .e_atom = vt_test_array(n, sizeof *out.e_atom)};
  if (per_atom) out.w_atom = vt_test_array(n, sizeof *out.w_atom);
  VT_TEST_OK(vt_pot_compute(&pot, &nl, &out, &err), &err);
  const double tol = precision == VT_DOUBLE ? 1e-10 : 5e-6, tol_w = precision == VT_DOUBLE ? 1e-10 : 3e-5;
  worst_row *w = row_of_kernel(info.kernel);
  w->cases++;
  check(name, info.kernel, "energies", &out.energy, &g->energy, 1, tol, &w->energy);
  check(name, info.kernel, "atomic energies", out.e_atom, g->e, n, tol, &w->energy);
  check(name, info.kernel, "forces", &out.f[0][0], &g->f[0][0], 3 * n, tol, &w->force);
  check(name, info.kernel, "virials", out.virial, g->virial, 9, tol_w, &w->virial);
  if (per_atom) check(name, info.kernel, "atomic virials", &out.w_atom[0][0], &g->w[0][0], 9 * n, tol_w, &w->virial);
  free(out.f), free(out.e_atom), free(out.w_atom);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
  return strncmp(info.kernel, "reference", 9) != 0;
}

enum { MOST_CASES = 200 };
static char names[MOST_CASES][128];

static void run_folder(const char *root, int least_cases, int least_fast)
{
  int n = vt_golden_list(root, names, MOST_CASES), levels = 0, fast = 0;
  assert_true(n >= least_cases);
  memset(worst, 0, sizeof worst);
  for (int c = 0; c < n; c++) {
    vt_golden g = vt_golden_read(root, names[c]);
    run_case(&g, names[c], "nep-reference", VT_SIMD_PORTABLE, VT_DOUBLE, 1);
    levels = 0;
    for (vt_simd s = VT_SIMD_PORTABLE; s <= VT_SIMD_AVX512; s++) {
      if (!vt_simd_works(s)) continue;
      levels++;
      fast += run_case(&g, names[c], "nep", s, VT_DOUBLE, 0);
      run_case(&g, names[c], "nep", s, VT_MIXED, 0);
    }
    vt_golden_free(&g);
  }
  print_message("%d cases, %d vector levels, %d runs of double kernels; worst relative differences:\n", n, levels,
                fast);
  print_worst();
  assert_true(fast >= least_fast * levels);
}

/* 50 cases, of which 35 have a form that the vector kernels serve. */
static void synthetic_models_give_the_golden_results(void **state)
{
  (void)state;
  run_folder(VT_TEST_SOURCE "/tests/golden/nep", 50, 35);
}

/* Published models that cannot be distributed with the sources. */
static void published_models_give_the_golden_results(void **state)
{
  (void)state;
  static const char root[] = VT_TEST_SOURCE "/../shared/reference/nep";
  struct stat st;
  if (stat(root, &st) != 0) {
    print_message("************ SKIPPED: no folder %s, published models are not checked ************\n", root);
    skip();
  }
  run_folder(root, 81, 66);
}

/* The rate in GFLOP/s rests on this count.  nR = nA = 5, KR = KA = 9, 24 harmonics, dim 35, 30 neurons, two species:
 * by hand 108 for a radial neighbour, 615 for an angular one, 2430 for an atom; cutoffs 6 and 5 A. */
static void multiply_adds_follow_from_sizes_and_neighbours(void **state)
{
  (void)state;
  static const struct {
    double distance, want;
  } cases[] = {{2, 2 * (108 + 615 + 2430)}, {5.5, 2 * (108 + 2430)}, {6.1, 2 * 2430}};
  const char *species[] = {"Li", "Cl"};
  const int type[] = {0, 1};
  const vt_cell cell = vt_cell_cubic(30);
  for (int k = 0; k < 3; k++) {
    const double x[2][3] = {{29, 1, 1}, {29 + cases[k].distance, 1, 1}};
    vt_err err = {0};
    vt_pot pot;
    vt_nlist nl;
    vt_pot_args args = {.path = VT_TEST_SOURCE "/tests/golden/nep/potentials/syn_zbl4.txt",
                        .n_species = 2,
                        .species = species,
                        .numerics = {.simd = VT_SIMD_PORTABLE}};
    VT_TEST_OK(vt_pot_open(&pot, "nep", &args, &err), &err);
    VT_TEST_OK(vt_nlist_open(&nl, 2, type, 6, 1, &err), &err);
    VT_TEST_OK(vt_nlist_update(&nl, &cell, x, 1, &err), &err);
    assert_float_equal(pot.ops->multiply_adds(pot.self, &nl), cases[k].want, 0);
    vt_nlist_close(&nl);
    vt_pot_close(&pot);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(synthetic_models_give_the_golden_results),
      cmocka_unit_test(multiply_adds_follow_from_sizes_and_neighbours),
      cmocka_unit_test(published_models_give_the_golden_results),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
