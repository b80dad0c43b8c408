/* Every potential in every form it is computed goes through the same suite.
 *
 * Tolerances: double keeps 16 digits, sums over about 100 neighbours with both signs lose 3 or 4: 1e-11.  Central
 * differences of step 1e-5 have a truncation error of about 1e-10 f'' and a rounding error of 1e-16 E/1e-5: 2e-6 of the
 * largest force.  Mixed precision: 6e-8 with the same loss and no differences (1e-7 E/1e-5 would hide everything):
 * 3e-5. */
#include "tests/vt_test.h"

#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "tests/conform/pot_conform.h"

#define GOLDEN VT_TEST_SOURCE "/tests/golden/nep/potentials/"
enum { N = 19 }; /* not a multiple of any vector length */

static int type[N];
static double x[N][3];
static const vt_cell cell = {{{7.1, 0.3, -0.2}, {1.9, 6.8, 0.4}, {-0.8, 1.1, 7.4}}};

/* Random places in the cell, no pair closer than 1.5 A: close enough for the short-range repulsion to act. */
static void place_atoms(int n_species)
{
  double hi[3][3];
  assert_true(vt_cell_inverse(&cell, hi));
  uint32_t draw = 0;
  for (int i = 0; i < N;) {
    double u[4];
    vt_rng_uniform2(11, VT_STREAM_TEST, draw, 0, 0, u);
    vt_rng_uniform2(11, VT_STREAM_TEST, draw++, 1, 0, u + 2);
    int free_place = 1;
    for (int k = 0; k < 3; k++) x[i][k] = u[0] * cell.h[0][k] + u[1] * cell.h[1][k] + u[2] * cell.h[2][k];
    for (int j = 0; j < i && free_place; j++) {
      double d[3] = {x[i][0] - x[j][0], x[i][1] - x[j][1], x[i][2] - x[j][2]};
      vt_cell_min_image(&cell, (const double(*)[3])hi, d);
      free_place = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > 1.5 * 1.5;
    }
    if (free_place) type[i] = (i * 5 + i / 3) % n_species, i++;
  }
}

static const char *kernel_of(const vt_pot_case *c)
{
  static vt_pot_info info;
  vt_err err = {0};
  vt_pot pot;
  VT_TEST_OK(vt_pot_open(&pot, c->kind, &c->args, &err), &err);
  vt_pot_describe(&pot, &info);
  vt_pot_close(&pot);
  return info.kernel;
}

static void conform_kind(const char *kind, const char *path, int n_species, const char *const *species, vt_simd simd,
                         vt_precision precision, const char *kernel)
{
  const double tol = precision == VT_DOUBLE ? 1e-11 : 3e-5, tol_fd = precision == VT_DOUBLE ? 2e-6 : 0;
  char label[256];
  place_atoms(n_species);
  vt_pot_case c = {.label = label,
                   .kind = kind,
                   .args = {.path = path,
                            .n_species = n_species,
                            .species = species,
                            .numerics = {.simd = (int)simd, .precision = (int)precision}},
                   .n = N,
                   .cell = cell,
                   .type = type,
                   .x = (const double(*)[3])x,
                   .tol = tol,
                   .tol_fd = tol_fd};
  assert_string_equal(kernel_of(&c), kernel);
  const char *base = strrchr(path, '/');
  snprintf(label, sizeof label, "%s %s (%s)", kind, base ? base + 1 : path, kernel);
  vt_pot_conform(&c);
}

static const char *const glass[] = {"Li", "Ta", "Cl", "O"};
static const char *const seven[] = {"Li", "Na", "Al", "Nb", "Ta", "O", "Cl"};
static const char *const three[] = {"Cl", "Li", "Al"};

static void lj_conforms(void **state)
{
  (void)state;
  conform_kind("lj", "-", 4, glass, VT_SIMD_PORTABLE, VT_DOUBLE, "portable double");
}

static void nep_reference_conforms_in_every_form(void **state)
{
  (void)state;
  static const char ref[] = "reference double";
  conform_kind("nep-reference", GOLDEN "syn_zbl4.txt", 4, glass, VT_SIMD_PORTABLE, VT_DOUBLE, ref);
  conform_kind("nep-reference", GOLDEN "syn_flex4.txt", 4, glass, VT_SIMD_PORTABLE, VT_DOUBLE, ref);
  conform_kind("nep-reference", GOLDEN "syn_flags.txt", 3, three, VT_SIMD_PORTABLE, VT_DOUBLE, ref);
  conform_kind("nep-reference", GOLDEN "syn_l8.txt", 3, three, VT_SIMD_PORTABLE, VT_DOUBLE, ref);
  conform_kind("nep-reference", GOLDEN "syn_nep3_7.txt", 7, seven, VT_SIMD_PORTABLE, VT_DOUBLE, ref);
  /* forms without a vector kernel take the same path */
  conform_kind("nep", GOLDEN "syn_l8.txt", 3, three, VT_SIMD_PORTABLE, VT_DOUBLE, ref);
}

static void vector_kernels_conform(vt_simd s)
{
  char kernel[32];
  if (!vt_simd_works(s)) {
    print_message("************ SKIPPED: this processor or build has no %s ************\n", vt_simd_name(s));
    skip();
  }
  for (int p = 0; p < 2; p++) {
    const vt_precision precision = p ? VT_MIXED : VT_DOUBLE;
    snprintf(kernel, sizeof kernel, "%s %s", vt_simd_name(s), p ? "mixed" : "double");
    conform_kind("nep", GOLDEN "syn_zbl4.txt", 1, glass, s, precision, kernel); /* one species has its own code */
    conform_kind("nep", GOLDEN "syn_zbl4.txt", 4, glass, s, precision, kernel);
    conform_kind("nep", GOLDEN "syn_flex4.txt", 4, glass, s, precision, kernel);
    conform_kind("nep", GOLDEN "syn_nep5.txt", 3, three, s, precision, kernel);
    conform_kind("nep", GOLDEN "syn_typezbl7.txt", 7, seven, s, precision, kernel);
    conform_kind("nep", GOLDEN "syn_typecut4.txt", 4, glass, s, precision, kernel);
  }
}

static void portable_kernels_conform(void **state)
{
  (void)state;
  vector_kernels_conform(VT_SIMD_PORTABLE);
}

static void avx2_kernels_conform(void **state)
{
  (void)state;
  vector_kernels_conform(VT_SIMD_AVX2);
}

static void avx512_kernels_conform(void **state)
{
  (void)state;
  vector_kernels_conform(VT_SIMD_AVX512);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lj_conforms),
      cmocka_unit_test(nep_reference_conforms_in_every_form),
      cmocka_unit_test(portable_kernels_conform),
      cmocka_unit_test(avx2_kernels_conform),
      cmocka_unit_test(avx512_kernels_conform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
