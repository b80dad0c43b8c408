/* What a caller of the neighbour list relies on, case by case; random cells are in tests/prop. */
#include <math.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "tests/vt_test.h"

static const int one_type[1] = {0}, two_types[2] = {0, 1};

/* Simple cubic of edge a: 6 neighbours at a, 12 at sqrt 2 a, 8 at sqrt 3 a, 6 at 2a; an atom neighbours its images. */
static void an_atom_alone_in_a_small_cube_sees_its_own_images(void **state)
{
  (void)state;
  vt_nlist nl;
  vt_err err = {0};
  vt_cell cell = vt_cell_cubic(2);
  const double x[1][3] = {{0.3, -7.1, 99}};
  const struct {
    double cutoff;
    int n;
  } shell[] = {{2.1, 6}, {2.9, 18}, {3.5, 26}, {4.1, 32}, {1.9, 0}};
  for (size_t k = 0; k < sizeof shell / sizeof shell[0]; k++) {
    VT_TEST_OK(vt_nlist_open(&nl, 1, one_type, shell[k].cutoff, 0, &err), &err);
    VT_TEST_OK(vt_nlist_update(&nl, &cell, x, 0, &err), &err);
    assert_int_equal(nl.count[0], shell[k].n);
    vt_nlist_close(&nl);
  }
}

static void rebuilds_only_when_an_atom_went_half_the_skin(void **state)
{
  (void)state;
  vt_nlist nl;
  vt_err err = {0};
  vt_cell cell = vt_cell_cubic(20);
  double x[2][3] = {{1, 1, 1}, {4, 4, 4}};
  VT_TEST_OK(vt_nlist_open(&nl, 2, two_types, 6, 1, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), &err);
  x[0][0] = 1.49;
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), &err);
  assert_int_equal(nl.builds, 1);
  assert_true(nl.x[0] == 1.49);
  x[0][0] = 1.51;
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), &err);
  assert_int_equal(nl.builds, 2);
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 1, &err), &err);
  assert_int_equal(nl.builds, 3);
  vt_nlist_close(&nl);
}

/* Cutoff 6, skin 1: with the atoms at fixed fractional positions a shrinking by s is safe while 7 s >= 6. */
static void an_isotropic_strain_uses_up_the_skin(void **state)
{
  (void)state;
  vt_nlist nl;
  vt_err err = {0};
  const double scale[] = {1, 0.95, 0.87, 1.2, 0.85};
  const int builds[] = {1, 1, 1, 1, 2};
  VT_TEST_OK(vt_nlist_open(&nl, 2, two_types, 6, 1, &err), &err);
  for (size_t k = 0; k < sizeof scale / sizeof scale[0]; k++) {
    vt_cell cell = vt_cell_cubic(20 * scale[k]);
    double x[2][3];
    for (int b = 0; b < 3; b++) x[0][b] = 1 * scale[k], x[1][b] = 19 * scale[k];
    VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), &err);
    assert_int_equal(nl.builds, builds[k]);
    int g = nl.neigh[nl.first[0]];
    assert_int_equal(nl.count[0], 1); /* the image at -1, -1, -1 follows the cell */
    assert_true(fabs(nl.x[g] - nl.x[0] + 2 * scale[k]) < 1e-12);
  }
  vt_nlist_close(&nl);
}

static void a_position_that_is_not_finite_is_a_divergence(void **state)
{
  (void)state;
  vt_nlist nl;
  vt_err err = {0};
  vt_cell cell = vt_cell_cubic(20), flat = {.h = {{1, 0, 0}, {0, 1, 0}, {1, 1, 0}}}, thread = vt_cell_cubic(1e-4);
  double x[2][3] = {{1, 1, 1}, {4, 4, 4}};
  VT_TEST_OK(vt_nlist_open(&nl, 2, two_types, 6, 1, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), &err);
  x[1][2] = (double)NAN;
  assert_int_equal(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "atom 1 is at"));
  x[1][2] = 1e30;
  assert_int_equal(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), VT_EDIVERGE);
  x[1][2] = 4;
  assert_int_equal(vt_nlist_update(&nl, &flat, (const double(*)[3])x, 0, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "flat"));
  assert_int_equal(vt_nlist_update(&nl, &thread, (const double(*)[3])x, 0, &err), VT_EDIVERGE);
  assert_non_null(strstr(err.text, "images"));
  VT_TEST_OK(vt_nlist_update(&nl, &cell, (const double(*)[3])x, 0, &err), &err); /* and it recovers */
  assert_int_equal(nl.count[0], 1);
  vt_nlist_close(&nl);
  vt_nlist_close(&nl);
}

static void nonsense_is_refused_at_open(void **state)
{
  (void)state;
  vt_nlist nl;
  assert_int_equal(vt_nlist_open(&nl, 0, one_type, 6, 1, NULL), VT_EINVAL);
  assert_int_equal(vt_nlist_open(&nl, 1, one_type, 0, 1, NULL), VT_EINVAL);
  assert_int_equal(vt_nlist_open(&nl, 1, one_type, 6, -1, NULL), VT_EINVAL);
  assert_int_equal(vt_nlist_open(&nl, 1, one_type, (double)NAN, 1, NULL), VT_EINVAL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_atom_alone_in_a_small_cube_sees_its_own_images),
      cmocka_unit_test(rebuilds_only_when_an_atom_went_half_the_skin),
      cmocka_unit_test(an_isotropic_strain_uses_up_the_skin),
      cmocka_unit_test(a_position_that_is_not_finite_is_a_divergence),
      cmocka_unit_test(nonsense_is_refused_at_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
