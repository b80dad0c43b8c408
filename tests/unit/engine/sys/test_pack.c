#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "tests/vt_test.h"

enum { MOST = 700 };

typedef struct formula {
  const char *name;
  int n;
  const char *symbol[4];
  int count[4];
} formula;

static const formula laco = {"LiAlCl2.5O0.75", 4, {"Li", "Al", "Cl", "O"}, {4, 4, 10, 3}};
static const formula glasses[] = {{"LiAlCl2.5O0.75", 4, {"Li", "Al", "Cl", "O"}, {4, 4, 10, 3}},
                                  {"NaTaCl6", 3, {"Na", "Ta", "Cl"}, {1, 1, 6}},
                                  {"LiTaOCl4", 4, {"Li", "Ta", "Cl", "O"}, {1, 1, 4, 1}},
                                  {"KInI2.5O0.75", 4, {"K", "In", "I", "O"}, {4, 4, 10, 3}}};

static vt_composition compose(const formula *f, int units)
{
  vt_composition c = {.n_species = f->n};
  memcpy(c.name, f->name, strlen(f->name) + 1);
  for (int s = 0; s < f->n; s++) {
    c.z[s] = vt_element_z(f->symbol[s]);
    c.count[s] = f->count[s] * units;
    c.n_atoms += c.count[s];
    c.charge[s] = vt_element_charge(c.z[s]);
  }
  return c;
}

/* Every image counts, also an atom's own: all of 5^3 cells around (edges here are above the contacts). */
static double least_contact_ratio(const vt_composition *c, const vt_cell *cell, const int *type, double (*x)[3])
{
  double least = 1e300, edge = cell->h[0][0];
  for (int i = 0; i < c->n_atoms; i++) {
    for (int j = i; j < c->n_atoms; j++) {
      double contact = vt_pair_min_distance(c->z[type[i]], c->z[type[j]]), r2 = 0;
      for (int b = 0; b < 3; b++) {
        double d = x[j][b] - x[i][b];
        d -= edge * round(d / edge);
        r2 += d * d;
      }
      least = fmin(least, (i == j ? edge : sqrt(r2)) / contact);
    }
  }
  return least;
}

static void every_contact_distance_holds_for_all_glasses_and_sizes(void **state)
{
  (void)state;
  static double x[MOST][3];
  static int type[MOST];
  const double density[] = {0.9, 1.0};
  for (size_t g = 0; g < sizeof glasses / sizeof glasses[0]; g++) {
    for (int about = 40; about < MOST; about *= 4) {
      for (uint64_t key = 1; key <= 4; key++) {
        vt_err err = {0};
        vt_cell cell;
        int per_unit = 0;
        double volume = 0;
        for (int s = 0; s < glasses[g].n; s++) per_unit += glasses[g].count[s];
        vt_composition c = compose(&glasses[g], about / per_unit);
        VT_TEST_OK(vt_pack(&c, density[key % 2], key, &cell, type, x, &err), &err);
        assert_true(least_contact_ratio(&c, &cell, type, x) > 1 - 1e-9); /* wrapping rounds */
        for (int s = 0; s < c.n_species; s++) volume += c.count[s] * vt_element_volume(c.z[s]);
        assert_true(fabs(vt_cell_volume(&cell) * density[key % 2] / volume - 1) < 1e-12);
        for (int i = 0; i < c.n_atoms; i++)
          for (int b = 0; b < 3; b++) assert_true(x[i][b] >= 0 && x[i][b] <= cell.h[0][0]);
      }
    }
  }
}

/* 1.2 times the contact is reached at the usual density, less only where it is too dense for that (at most 8 attempts).
 */
static void anions_start_farther_apart_than_contact(void **state)
{
  (void)state;
  static double x[MOST][3];
  static int type[MOST];
  vt_composition c = compose(&laco, 16);
  for (uint64_t key = 1; key <= 8; key++) {
    vt_err err = {0};
    vt_cell cell;
    double least = 1e300;
    VT_TEST_OK(vt_pack(&c, 0.9, key, &cell, type, x, &err), &err);
    for (int i = 0; i < c.n_atoms; i++)
      for (int j = 0; j < i; j++) {
        if (c.charge[type[i]] > 0 || c.charge[type[j]] > 0) continue;
        double r2 = 0;
        for (int b = 0; b < 3; b++) {
          double d = x[j][b] - x[i][b];
          d -= cell.h[0][0] * round(d / cell.h[0][0]);
          r2 += d * d;
        }
        least = fmin(least, sqrt(r2) / vt_pair_min_distance(c.z[type[i]], c.z[type[j]]));
      }
    assert_true(least > 1.1 - 1e-9);
  }
}

static void atoms_are_grouped_by_species_in_the_order_of_the_composition(void **state)
{
  (void)state;
  static double x[MOST][3];
  static int type[MOST];
  vt_err err = {0};
  vt_cell cell;
  vt_composition c = compose(&laco, 2);
  int i = 0;
  VT_TEST_OK(vt_pack(&c, 0.9, 1, &cell, type, x, &err), &err);
  for (int s = 0; s < c.n_species; s++)
    for (int k = 0; k < c.count[s]; k++) assert_int_equal(type[i++], s);
}

static void the_same_key_gives_the_same_bits_and_another_key_other_places(void **state)
{
  (void)state;
  static double x[MOST][3], y[MOST][3], z[MOST][3];
  static int type[MOST];
  vt_err err = {0};
  vt_cell cell;
  vt_composition c = compose(&laco, 8);
  VT_TEST_OK(vt_pack(&c, 0.9, 5, &cell, type, x, &err), &err);
  VT_TEST_OK(vt_pack(&c, 0.9, 5, &cell, type, y, &err), &err);
  VT_TEST_OK(vt_pack(&c, 0.9, 6, &cell, type, z, &err), &err);
  size_t bytes = (size_t)c.n_atoms * sizeof x[0];
  assert_memory_equal(x, y, bytes);
  assert_memory_not_equal(x, z, bytes);
}

/* Mean over 40 packings of the fraction of lithium in one octant: 1/8 within 5 standard errors of a binomial. */
static void packings_are_homogeneous(void **state)
{
  (void)state;
  static double x[MOST][3];
  static int type[MOST];
  vt_cell cell;
  vt_composition c = compose(&laco, 8);
  int inside = 0, all = 0;
  for (uint64_t key = 0; key < 40; key++) {
    vt_err err = {0};
    VT_TEST_OK(vt_pack(&c, 0.9, key, &cell, type, x, &err), &err);
    double half = cell.h[0][0] / 2;
    for (int i = 0; i < c.count[0]; i++, all++) inside += x[i][0] < half && x[i][1] < half && x[i][2] < half;
  }
  double p = (double)inside / all;
  assert_true(fabs(p - 0.125) < 5 * sqrt(0.125 * 0.875 / all));
}

static void what_cannot_be_packed_says_so(void **state)
{
  (void)state;
  static double x[MOST][3];
  static int type[MOST];
  vt_err err = {0};
  vt_cell cell;
  vt_composition c = compose(&laco, 2);
  assert_int_equal(vt_pack(&c, 4, 1, &cell, type, x, &err), VT_ETASK);
  assert_non_null(strstr(err.text, "cannot be packed at density 4"));
  const formula lone = {"Li", 1, {"Li"}, {1}};
  vt_composition one = compose(&lone, 1);
  assert_int_equal(vt_pack(&one, 0.9, 1, &cell, type, x, &err), VT_ETASK); /* 8.9 A^3: 2.07 A to its own image */
  assert_non_null(strstr(err.text, "more atoms are needed"));
  const formula argon = {"Ar", 1, {"Ar"}, {8}};
  vt_composition unknown = compose(&argon, 1);
  assert_int_equal(vt_pack(&unknown, 0.9, 1, &cell, type, x, &err), VT_ETASK);
  assert_non_null(strstr(err.text, "no volume estimate"));
  assert_int_equal(vt_pack(&c, 0, 1, &cell, type, x, &err), VT_EINVAL);
  c.n_atoms++;
  assert_int_equal(vt_pack(&c, 0.9, 1, &cell, type, x, &err), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_contact_distance_holds_for_all_glasses_and_sizes),
      cmocka_unit_test(anions_start_farther_apart_than_contact),
      cmocka_unit_test(atoms_are_grouped_by_species_in_the_order_of_the_composition),
      cmocka_unit_test(the_same_key_gives_the_same_bits_and_another_key_other_places),
      cmocka_unit_test(packings_are_homogeneous),
      cmocka_unit_test(what_cannot_be_packed_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
