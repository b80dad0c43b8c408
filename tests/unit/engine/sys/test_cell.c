#include <math.h>

#include "engine/sys/sys.h"
#include "tests/vt_test.h"

static double uniform(uint32_t at, double lo, double hi)
{
  double u[2];
  vt_rng_uniform2(7, VT_STREAM_TEST, 1, 0, at, u);
  return lo + (hi - lo) * u[0];
}

/* Sheared cells of either handedness whose angles stay above about 40 degrees. */
static vt_cell random_cell(uint32_t seed)
{
  vt_cell c;
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++)
      c.h[a][b] = (a == b ? 1 + a : 0) * (seed % 4 == 3 && a == 1 ? -5 : 5) +
                  uniform(seed * 16 + (uint32_t)(3 * a + b), -1.8, 1.8);
  return c;
}

static double length(const double d[3]) { return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]); }

static void inverse_times_cell_is_one(void **state)
{
  (void)state;
  for (uint32_t seed = 0; seed < 100; seed++) {
    vt_cell c = random_cell(seed);
    double hi[3][3];
    assert_true(vt_cell_inverse(&c, hi));
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double one = 0;
        for (int k = 0; k < 3; k++) one += c.h[i][k] * hi[k][j];
        assert_true(fabs(one - (i == j)) < 1e-13); /* condition numbers below 20 */
      }
    }
  }
}

static void volume_is_height_times_area_and_heights_of_a_box_are_its_edges(void **state)
{
  (void)state;
  vt_cell box = {.h = {{4, 0, 0}, {0, 5, 0}, {0, 0, -6}}};
  assert_true(fabs(vt_cell_volume(&box) - 120) < 1e-12);
  for (int a = 0; a < 3; a++) assert_true(fabs(vt_cell_height(&box, a) - (4 + a)) < 1e-12);
  assert_true(fabs(vt_cell_shortest_height(&box) - 4) < 1e-12);
  /* a rhombic prism: a = (1,0,0), b = (cos 30, sin 30, 0): the distance between the b-c faces is sin 30 */
  vt_cell prism = {.h = {{1, 0, 0}, {sqrt(0.75), 0.5, 0}, {0, 0, 3}}};
  assert_true(fabs(vt_cell_height(&prism, 0) - 0.5) < 1e-12);
  assert_true(fabs(vt_cell_volume(&prism) - 1.5) < 1e-12);
  vt_cell cube = vt_cell_cubic(3);
  assert_true(fabs(vt_cell_volume(&cube) - 27) < 1e-12);
}

static void flat_or_infinite_cells_have_no_inverse(void **state)
{
  (void)state;
  double hi[3][3];
  vt_cell flat = {.h = {{1, 0, 0}, {0, 1, 0}, {1, 1, 0}}};
  vt_cell infinite = {.h = {{(double)INFINITY, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  vt_cell zero = {0};
  assert_false(vt_cell_inverse(&flat, hi));
  assert_false(vt_cell_inverse(&infinite, hi));
  assert_false(vt_cell_inverse(&zero, hi));
}

static void wrapping_folds_by_lattice_vectors_and_leaves_inner_points_alone(void **state)
{
  (void)state;
  for (uint32_t seed = 0; seed < 200; seed++) {
    vt_cell c = random_cell(seed);
    double hi[3][3], x[3], y[3], k[3];
    assert_true(vt_cell_inverse(&c, hi));
    for (int b = 0; b < 3; b++) x[b] = y[b] = uniform(seed * 3 + (uint32_t)b + 90000, -300, 300);
    vt_cell_wrap(&c, (const double(*)[3])hi, y);
    for (int a = 0; a < 3; a++) {
      double s = y[0] * hi[0][a] + y[1] * hi[1][a] + y[2] * hi[2][a];
      assert_true(s >= -1e-12 && s < 1 + 1e-12);
      k[a] = (x[0] - y[0]) * hi[0][a] + (x[1] - y[1]) * hi[1][a] + (x[2] - y[2]) * hi[2][a];
      assert_true(fabs(k[a] - round(k[a])) < 1e-9); /* whole, to the rounding of 300 A / 5 A */
    }
    double z[3] = {y[0], y[1], y[2]};
    vt_cell_wrap(&c, (const double(*)[3])hi, z);
    assert_memory_equal(y, z, sizeof y);
  }
}

static void a_point_just_below_zero_does_not_end_on_the_far_face(void **state)
{
  (void)state;
  vt_cell c = vt_cell_cubic(10);
  double hi[3][3], x[3] = {-1e-18, 3, 0};
  assert_true(vt_cell_inverse(&c, hi));
  vt_cell_wrap(&c, (const double(*)[3])hi, x);
  assert_true(x[0] >= 0 && x[0] < 10);
}

/* All 19^3 images decide; the random cells are compact enough that 27 around the folded vector contain the nearest. */
static void minimum_image_is_the_nearest_of_all_images(void **state)
{
  (void)state;
  for (uint32_t seed = 0; seed < 300; seed++) {
    vt_cell c = random_cell(seed);
    double hi[3][3], d[3], m[3], best = 1e300;
    assert_true(vt_cell_inverse(&c, hi));
    for (int b = 0; b < 3; b++) d[b] = m[b] = uniform(seed * 3 + (uint32_t)b + 50000, -18, 18);
    vt_cell_min_image(&c, (const double(*)[3])hi, m);
    for (int k = 0; k < 19 * 19 * 19; k++) {
      double e[3], k0 = k % 19 - 9, k1 = k / 19 % 19 - 9, k2 = k / 361 - 9;
      for (int b = 0; b < 3; b++) e[b] = d[b] + k0 * c.h[0][b] + k1 * c.h[1][b] + k2 * c.h[2][b];
      best = fmin(best, length(e));
    }
    assert_true(fabs(length(m) - best) < 1e-10);
    for (int a = 0; a < 3; a++) {
      double k = (m[0] - d[0]) * hi[0][a] + (m[1] - d[1]) * hi[1][a] + (m[2] - d[2]) * hi[2][a];
      assert_true(fabs(k - round(k)) < 1e-10);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inverse_times_cell_is_one),
      cmocka_unit_test(volume_is_height_times_area_and_heights_of_a_box_are_its_edges),
      cmocka_unit_test(flat_or_infinite_cells_have_no_inverse),
      cmocka_unit_test(wrapping_folds_by_lattice_vectors_and_leaves_inner_points_alone),
      cmocka_unit_test(a_point_just_below_zero_does_not_end_on_the_far_face),
      cmocka_unit_test(minimum_image_is_the_nearest_of_all_images),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
