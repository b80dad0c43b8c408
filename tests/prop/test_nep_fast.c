/* The vector kernels give what the readable path gives, for random models of every form they serve, random cells and
 * random atoms.  VT_SEED=n replays one seed.
 *
 * Tolerances, relative to max(1, largest magnitude): in double both paths make the same sums in another order, with
 * rounding errors of 1e-16 times some 1e3 terms of both signs: 1e-12.  In mixed precision 6e-8 takes the place of
 * 1e-16, and random networks (not trained ones) of up to 60 neurons amplify it: 3e-5. */
#include "tests/support/draw.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"

enum { MOST_ATOMS = 33, MOST_TYPES = 7, SEEDS = 60 };

static int whole(vt_test_draws *r, int lo, int hi) { return lo + (int)vt_test_uniform(r, 0, hi - lo + 1); }

/* ------------------------------------------------------------------ a random nep.txt */

static const char *const element[MOST_TYPES] = {"Cl", "Li", "O", "Ta", "Na", "Al", "Nb"};

typedef struct form {
  int version, n_types, zbl; /* 0 none, 1 universal, 2 typewise, 3 flexible */
  int nr, na, kr, ka, f222, f1111, neurons;
  double rc_r[MOST_TYPES], rc_a[MOST_TYPES]; /* all equal unless the model has cutoffs of its own for each type */
  int own_cutoffs, far_zbl;
} form;

static form choose_form(vt_test_draws *r)
{
  form f = {.version = whole(r, 3, 5), .n_types = whole(r, 1, MOST_TYPES), .zbl = whole(r, 0, 3)};
  f.nr = whole(r, 0, 16), f.na = whole(r, 0, 16), f.kr = whole(r, 0, 16), f.ka = whole(r, 0, 16);
  f.f222 = whole(r, 0, 1) * 2, f.f1111 = whole(r, 0, 1), f.neurons = whole(r, 1, 60);
  f.own_cutoffs = whole(r, 0, 2) == 0;
  f.far_zbl = whole(r, 0, 3) == 0;
  for (int t = 0; t < f.n_types; t++) { /* either of the two may be the longer */
    const int fresh = t == 0 || f.own_cutoffs;
    f.rc_r[t] = fresh ? vt_test_uniform(r, 2.6, 6) : f.rc_r[0];
    f.rc_a[t] = !fresh ? f.rc_a[0] : whole(r, 0, 3) ? vt_test_uniform(r, 2.6, 5) : f.rc_r[t];
  }
  return f;
}

static void numbers(vt_buf *b, vt_test_draws *r, int n, double lo, double hi)
{
  for (int i = 0; i < n; i++) vt_buf_printf(b, "%.9g\n", vt_test_uniform(r, lo, hi));
}

static void write_model(vt_buf *b, vt_test_draws *r, const form *f)
{
  const int dim = f->nr + 1 + (f->na + 1) * (4 + (f->f222 > 0) + f->f1111), nt2 = f->n_types * f->n_types;
  vt_buf_printf(b, "nep%d%s %d", f->version, f->zbl ? "_zbl" : "", f->n_types);
  for (int t = 0; t < f->n_types; t++) vt_buf_printf(b, " %s", element[t]);
  static const char *const zbl[] = {"\n", "\nzbl 0.7 1.6\n", "\nzbl 1 2.4 0.65\n", "\nzbl 0 0\n"};
  static const char far_zbl[] = "\nzbl 0.7 6.3\n"; /* reaches beyond every other part */
  vt_buf_printf(b, "%scutoff", f->zbl == 1 && f->far_zbl ? far_zbl : zbl[f->zbl]);
  for (int t = 0; t < (f->own_cutoffs ? f->n_types : 1); t++) vt_buf_printf(b, " %.9g %.9g", f->rc_r[t], f->rc_a[t]);
  vt_buf_printf(b, " 100 100\nn_max %d %d\nbasis_size %d %d\nl_max 4 %d %d\nANN %d 0\n", f->nr, f->na, f->kr, f->ka,
                f->f222, f->f1111, f->neurons);
  for (int net = 0; net < (f->version == 3 ? 1 : f->n_types); net++) {
    numbers(b, r, f->neurons * dim, -1 / sqrt(dim), 1 / sqrt(dim));
    numbers(b, r, 2 * f->neurons, -1, 1);
    if (f->version == 5) numbers(b, r, 1, -2, 2);
  }
  numbers(b, r, 1, -1, 1);
  numbers(b, r, nt2 * (f->nr + 1) * (f->kr + 1), -1 / sqrt(f->kr + 1), 1 / sqrt(f->kr + 1));
  numbers(b, r, nt2 * (f->na + 1) * (f->ka + 1), -1 / sqrt(f->ka + 1), 1 / sqrt(f->ka + 1));
  numbers(b, r, dim, 0.02, 0.3);
  for (int p = 0; f->zbl == 3 && p < f->n_types * (f->n_types + 1) / 2; p++) {
    vt_buf_printf(b, "%.9g\n%.9g\n", vt_test_uniform(r, 0, 1), vt_test_uniform(r, 1.2, 2.4));
    numbers(b, r, 8, 0.1, 1);
  }
}

/* ------------------------------------------------------------------ random atoms */

typedef struct sample {
  int n, n_species;
  const char *species[MOST_TYPES];
  int type[MOST_ATOMS];
  double x[MOST_ATOMS][3];
  vt_cell cell;
} sample;

static int is_crowded(const sample *s)
{
  vt_err err = {0};
  vt_nlist nl;
  int pairs = 0;
  VT_TEST_OK(vt_nlist_open(&nl, s->n, s->type, 0.9, 0, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &s->cell, s->x, 1, &err), &err);
  for (int i = 0; i < s->n; i++) pairs += nl.count[i];
  vt_nlist_close(&nl);
  return pairs > 0;
}

/* Species: some of the model's, in another order. */
static void choose_atoms(sample *s, vt_test_draws *r, const form *f)
{
  double hi[3][3];
  const int first = whole(r, 0, f->n_types - 1), step = f->n_types == 1 ? 1 : whole(r, 1, f->n_types - 1);
  s->n_species = 0;
  for (int t = first; s->n_species < whole(r, 1, f->n_types);) {
    int known = 0;
    for (int k = 0; k < s->n_species; k++) known |= s->species[k] == element[t];
    if (known) break;
    s->species[s->n_species++] = element[t];
    t = (t + step) % f->n_types;
  }
  do {
    double size = vt_test_uniform(r, 3, 9);
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) s->cell.h[a][b] = vt_test_uniform(r, -0.3, 0.3) * size;
      s->cell.h[a][a] += size;
    }
  } while (!vt_cell_inverse(&s->cell, hi) || vt_cell_shortest_height(&s->cell) < 1.5);
  s->n = (int)fmin(MOST_ATOMS, 1 + vt_cell_volume(&s->cell) / 14);
  for (int i = 0; i < s->n;) {
    const double u[3] = {vt_test_uniform(r, -1, 2), vt_test_uniform(r, -1, 2), vt_test_uniform(r, -1, 2)};
    for (int k = 0; k < 3; k++) s->x[i][k] = u[0] * s->cell.h[0][k] + u[1] * s->cell.h[1][k] + u[2] * s->cell.h[2][k];
    s->type[i] = whole(r, 0, s->n_species - 1);
    const int n = s->n;
    s->n = i + 1;
    if (!is_crowded(s)) i++;
    s->n = n;
  }
}

/* ------------------------------------------------------------------ the property */

typedef struct answer {
  double energy, virial[9], e[MOST_ATOMS], f[MOST_ATOMS][3];
} answer;

static void evaluate_sample(const sample *s, const char *path, const char *kind, vt_simd simd, vt_precision precision,
                            const char *kernel, answer *a)
{
  vt_err err = {0};
  vt_pot pot;
  vt_nlist nl;
  vt_pot_info info;
  vt_pot_args args = {.path = path,
                      .n_species = s->n_species,
                      .species = s->species,
                      .numerics = {.simd = (int)simd, .precision = (int)precision}};
  VT_TEST_OK(vt_pot_open(&pot, kind, &args, &err), &err);
  vt_pot_describe(&pot, &info);
  assert_string_equal(info.kernel, kernel);
  VT_TEST_OK(vt_nlist_open(&nl, s->n, s->type, info.cutoff, 0.5, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &s->cell, s->x, 1, &err), &err);
  vt_force_out out = {.f = a->f, .e_atom = a->e};
  VT_TEST_OK(vt_pot_compute(&pot, &nl, &out, &err), &err);
  a->energy = out.energy;
  memcpy(a->virial, out.virial, sizeof a->virial);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
}

static double farthest(const answer *a, const answer *b, size_t n)
{
  double d = fmax(vt_test_difference(&a->energy, &b->energy, 1), vt_test_difference(a->virial, b->virial, 9));
  return fmax(d, fmax(vt_test_difference(a->e, b->e, n), vt_test_difference(&a->f[0][0], &b->f[0][0], 3 * n)));
}

/* Worst differences of one seed, double and mixed. */
static void try_seed(uint64_t seed, const char *path, double worst[2])
{
  vt_test_draws r = {.key = seed};
  vt_buf text = {0};
  vt_err err = {0};
  sample s = {0};
  static answer want, got;
  form f = choose_form(&r);
  write_model(&text, &r, &f);
  VT_TEST_OK(vt_buf_check(&text, &err), &err);
  VT_TEST_OK(vt_file_replace(path, text.s, text.len, &err), &err);
  vt_buf_free(&text);
  choose_atoms(&s, &r, &f);
  evaluate_sample(&s, path, "nep-reference", VT_SIMD_PORTABLE, VT_DOUBLE, "reference double", &want);
  for (vt_simd simd = VT_SIMD_PORTABLE; simd <= VT_SIMD_AVX512; simd++) {
    for (int p = 0; vt_simd_works(simd) && p < 2; p++) {
      char kernel[32];
      snprintf(kernel, sizeof kernel, "%s %s", vt_simd_name(simd), p ? "mixed" : "double");
      evaluate_sample(&s, path, "nep", simd, p ? VT_MIXED : VT_DOUBLE, kernel, &got);
      double d = farthest(&got, &want, (size_t)s.n);
      worst[p] = fmax(worst[p], d);
      if (!(d <= (p ? 3e-5 : 1e-12)))
        fail_msg("VT_SEED=%llu: %s differs by %.3g (nep%d, %d types, %d species, %d atoms, n_max %d %d, basis %d %d, "
                 "%d neurons, zbl %d)",
                 (unsigned long long)seed, kernel, d, f.version, f.n_types, s.n_species, s.n, f.nr, f.na, f.kr, f.ka,
                 f.neurons, f.zbl);
    }
  }
}

static void vector_kernels_agree_with_the_readable_path(void **state)
{
  (void)state;
  const char *only = getenv("VT_SEED");
  const uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : SEEDS;
  char path[VT_TEST_PATH];
  double worst[2] = {0};
  vt_test_file(path, "");
  for (uint64_t seed = first; seed <= last; seed++) try_seed(seed, path, worst);
  print_message("seeds %llu..%llu (VT_SEED=n replays one): worst differences %.2g double, %.2g mixed\n",
                (unsigned long long)first, (unsigned long long)last, worst[0], worst[1]);
  unlink(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(vector_kernels_agree_with_the_readable_path)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
