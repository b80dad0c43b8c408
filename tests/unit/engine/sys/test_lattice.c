/* One lattice has one answer, whatever vectors span it. */
#include <math.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

static double dot3(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static vt_cell product(const double m[3][3], const vt_cell *c)
{
  vt_cell p;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) p.h[i][j] = m[i][0] * c->h[0][j] + m[i][1] * c->h[1][j] + m[i][2] * c->h[2][j];
  return p;
}

static vt_cell drawn_cell(vt_test_draws *r)
{
  vt_cell c;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) c.h[i][j] = (i == j ? 12 : 0) + vt_test_uniform(r, -4, 4);
  return c;
}

/* Whole numbers with determinant 1: `rounds` times one vector plus a multiple of another. */
static void unimodular(vt_test_draws *r, int rounds, double m[3][3])
{
  memset(m, 0, 9 * sizeof m[0][0]);
  for (int i = 0; i < 3; i++) m[i][i] = 1;
  for (int k = 0; k < rounds; k++) {
    const int i = (int)vt_test_uniform(r, 0, 3), j = (i + 1 + (int)vt_test_uniform(r, 0, 2)) % 3;
    const double f = floor(vt_test_uniform(r, -2, 3));
    for (int b = 0; b < 3; b++) m[i][b] += f * m[j][b];
  }
}

/* The shortest vector from 0 to a point of d + lattice, by trying all combinations to +-3 of a reduced basis: the
 * nearest point lies within the covering radius, far inside. */
static double nearest_by_force(const vt_cell *c, const double d[3])
{
  double best = 1e300;
  for (int a = -3; a <= 3; a++)
    for (int b = -3; b <= 3; b++)
      for (int g = -3; g <= 3; g++) {
        double e[3];
        for (int k = 0; k < 3; k++) e[k] = d[k] + a * c->h[0][k] + b * c->h[1][k] + g * c->h[2][k];
        best = fmin(best, dot3(e, e));
      }
  return sqrt(best);
}

/* Lengths of the reduced vectors are the successive minima of the lattice: no choice of basis enters.  Entries to 20^3
 * times 16 A lose 4 digits of 16. */
static void any_basis_of_a_lattice_reduces_to_the_same_lengths(void **state)
{
  (void)state;
  vt_test_draws r = {.key = 11};
  for (int k = 0; k < 300; k++) {
    double m[3][3];
    const vt_cell c = drawn_cell(&r);
    unimodular(&r, 8, m);
    const vt_cell other = product((const double(*)[3])m, &c), x = vt_cell_reduced(&c), y = vt_cell_reduced(&other);
    for (int i = 0; i < 3; i++) near(sqrt(dot3(x.h[i], x.h[i])), sqrt(dot3(y.h[i], y.h[i])), 1e-8);
    near(vt_cell_volume(&x), vt_cell_volume(&c), 1e-9 * vt_cell_volume(&c));
    near(vt_cell_shortest_vector(&x), vt_cell_shortest_vector(&y), 1e-8);
    near(vt_cell_shortest_height(&x), vt_cell_shortest_height(&y), 1e-7);
  }
}

static void the_nearest_image_in_a_reduced_cell_is_the_nearest_of_all(void **state)
{
  (void)state;
  vt_test_draws r = {.key = 12};
  for (int k = 0; k < 1000; k++) {
    double m[3][3], hi[3][3], d[3], e[3];
    const vt_cell c = drawn_cell(&r);
    unimodular(&r, 6, m);
    const vt_cell other = product((const double(*)[3])m, &c), reduced = vt_cell_reduced(&other);
    for (int b = 0; b < 3; b++) e[b] = d[b] = vt_test_uniform(&r, -15, 15);
    assert_true(vt_cell_inverse(&reduced, hi));
    vt_cell_min_image(&reduced, (const double(*)[3])hi, e);
    near(sqrt(dot3(e, e)), nearest_by_force(&reduced, e), 1e-9);
    near(sqrt(dot3(e, e)), nearest_by_force(&reduced, d), 1e-9);
  }
}

/* A flip is a change of basis: what is left of the change is the strain, in the vectors of before. */
static void a_box_that_flipped_is_the_box_before_strained(void **state)
{
  (void)state;
  vt_test_draws r = {.key = 13};
  for (int k = 0; k < 300; k++) {
    double m[3][3];
    const vt_cell drawn = drawn_cell(&r), before = vt_cell_reduced(&drawn);
    vt_cell after = before, got;
    for (int i = 0; i < 9; i++) after.h[i / 3][i % 3] += vt_test_uniform(&r, -0.4, 0.4); /* 3 % of a vector */
    unimodular(&r, 6, m);
    const vt_cell written = product((const double(*)[3])m, &after);
    assert_true(vt_cell_aligned(&written, &before, &got));
    for (int i = 0; i < 9; i++) near(got.h[i / 3][i % 3], after.h[i / 3][i % 3], 1e-9);
  }
}

static void another_lattice_is_no_strain_of_the_one_before(void **state)
{
  (void)state;
  const vt_cell before = vt_cell_cubic(10), twice = {.h = {{20, 0, 0}, {0, 10, 0}, {0, 0, 10}}};
  vt_cell got;
  assert_false(vt_cell_aligned(&twice, &before, &got));
  assert_true(vt_cell_aligned(&before, &before, &got));
  assert_memory_equal(&got, &before, sizeof got);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_basis_of_a_lattice_reduces_to_the_same_lengths),
      cmocka_unit_test(the_nearest_image_in_a_reduced_cell_is_the_nearest_of_all),
      cmocka_unit_test(a_box_that_flipped_is_the_box_before_strained),
      cmocka_unit_test(another_lattice_is_no_strain_of_the_one_before),
  };
  return cmocka_run_group_tests_name("lattice", tests, NULL, NULL);
}
