/* Energies, forces and virials of NEP models against results of an independent program (tests/golden/nep/README.md).
 *
 * Tolerances are relative to max(1, largest magnitude of the array).  Double: 1e-10, because the tabulated l = 8
 * constants carry 11 digits.  Mixed: single precision has 6e-8, and sums over about 100 neighbours with both signs lose
 * up to two more digits: 5e-6; a virial multiplies by distances: 3e-5. */
#include "tests/vt_test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/pot/pot.h"

typedef struct golden {
  char potential[256];
  int n, n_species;
  char symbol[VT_MAX_SPECIES][4];
  int *type;
  vt_cell cell;
  double energy, virial[9];
  double (*x)[3], (*f)[3], *e, (*w)[9];
} golden;

static void *array(size_t n, size_t size)
{
  void *p = calloc(n, size);
  assert_non_null(p);
  return p;
}

static void number(FILE *f, double *x) { assert_int_equal(fscanf(f, "%lf", x), 1); }

static void word_is(FILE *f, const char *want)
{
  char w[64];
  assert_int_equal(fscanf(f, "%63s", w), 1);
  assert_string_equal(w, want);
}

static int species_of(golden *g, const char *symbol)
{
  int s = 0;
  while (s < g->n_species && strcmp(g->symbol[s], symbol) != 0) s++;
  if (s == g->n_species) {
    assert_true(s < VT_MAX_SPECIES);
    strcpy(g->symbol[g->n_species++], symbol);
  }
  return s;
}

static golden read_golden(const char *root, const char *name)
{
  golden g = {0};
  char path[1024], file[128], word[8];
  double dim;
  snprintf(path, sizeof path, "%s/ref/%.127s", root, name);
  FILE *f = fopen(path, "r");
  if (!f) fail_msg("cannot open %s", path);
  assert_int_equal(fscanf(f, "%*[^\n]"), 0);
  word_is(f, "potential");
  assert_int_equal(fscanf(f, "%127s", file), 1);
  snprintf(g.potential, sizeof g.potential, "%s/potentials/%s", root, file);
  word_is(f, "natoms");
  assert_int_equal(fscanf(f, "%d", &g.n), 1);
  size_t n = (size_t)g.n;
  g.type = array(n, sizeof *g.type), g.e = array(n, sizeof *g.e);
  g.x = array(n, sizeof *g.x), g.f = array(n, sizeof *g.f), g.w = array(n, sizeof *g.w);
  word_is(f, "lattice");
  for (int k = 0; k < 9; k++) number(f, &g.cell.h[k / 3][k % 3]);
  word_is(f, "energy");
  number(f, &g.energy);
  word_is(f, "virial");
  for (int k = 0; k < 9; k++) number(f, &g.virial[k]);
  word_is(f, "descriptor_dim");
  number(f, &dim);
  word_is(f, "atoms");
  assert_int_equal(fscanf(f, "%*[^\n]"), 0);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(fscanf(f, "%3s", word), 1);
    g.type[i] = species_of(&g, word);
    for (int k = 0; k < 3; k++) number(f, &g.x[i][k]);
    number(f, &g.e[i]);
    for (int k = 0; k < 3; k++) number(f, &g.f[i][k]);
  }
  word_is(f, "atom_virials");
  assert_int_equal(fscanf(f, "%*[^\n]"), 0);
  for (size_t i = 0; i < n; i++)
    for (int k = 0; k < 9; k++) number(f, &g.w[i][k]);
  fclose(f);
  return g;
}

static void free_golden(golden *g) { free(g->type), free(g->x), free(g->f), free(g->e), free(g->w); }

/* Largest difference relative to max(1, largest magnitude). */
static double difference(const double *a, const double *b, size_t n)
{
  double worst = 0, scale = 1;
  for (size_t i = 0; i < n; i++) {
    double d = fabs(a[i] - b[i]);
    if (!(d <= worst)) worst = d; /* also NaN */
    scale = fmax(scale, fabs(b[i]));
  }
  return worst / scale;
}

/* Worst differences over the cases of a folder, one row for each kernel that was met. */
typedef struct worst_row {
  char kernel[32];
  int cases;
  double energy, force, virial;
} worst_row;

enum { MOST_KERNELS = 8 };
static worst_row worst[MOST_KERNELS];

static worst_row *row_of(const char *kernel)
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
  double d = difference(a, b, n);
  *largest = fmax(*largest, d);
  if (!(d <= tol)) fail_msg("%s, %s: %s differ by %.3g, allowed %.3g", name, kernel, what, d, tol);
}

/* One case through one back end; returns 1 if a vector kernel did it. */
static int run(const golden *g, const char *name, const char *kind, vt_simd simd, vt_precision precision, int per_atom)
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
  vt_force_out out = {.f = array(n, sizeof *out.f), .e_atom = array(n, sizeof *out.e_atom)};
  if (per_atom) out.w_atom = array(n, sizeof *out.w_atom);
  VT_TEST_OK(vt_pot_compute(&pot, &nl, &out, &err), &err);
  const double tol = precision == VT_DOUBLE ? 1e-10 : 5e-6, tol_w = precision == VT_DOUBLE ? 1e-10 : 3e-5;
  worst_row *w = row_of(info.kernel);
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

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* Names of the .ref files of a folder, sorted. */
static int list_refs(const char *root, char names[][128], int most)
{
  char path[1024];
  snprintf(path, sizeof path, "%s/ref", root);
  DIR *d = opendir(path);
  if (!d) fail_msg("cannot open %s", path);
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) {
    size_t l = strlen(e->d_name);
    if (l < 5 || l >= 128 || strcmp(e->d_name + l - 4, ".ref") != 0) continue;
    assert_true(n < most);
    strcpy(names[n++], e->d_name);
  }
  closedir(d);
  qsort(names, (size_t)n, sizeof names[0], by_name);
  return n;
}

enum { MOST_CASES = 200 };
static char names[MOST_CASES][128];

static void run_folder(const char *root, int least_cases, int least_fast)
{
  int n = list_refs(root, names, MOST_CASES), levels = 0, fast = 0;
  assert_true(n >= least_cases);
  memset(worst, 0, sizeof worst);
  for (int c = 0; c < n; c++) {
    golden g = read_golden(root, names[c]);
    run(&g, names[c], "nep-reference", VT_SIMD_PORTABLE, VT_DOUBLE, 1);
    levels = 0;
    for (vt_simd s = VT_SIMD_PORTABLE; s <= VT_SIMD_AVX512; s++) {
      if (!vt_simd_works(s)) continue;
      levels++;
      fast += run(&g, names[c], "nep", s, VT_DOUBLE, 0);
      run(&g, names[c], "nep", s, VT_MIXED, 0);
    }
    free_golden(&g);
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
