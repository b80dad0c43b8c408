/* Steps of matrices in bases of their own (bases.c).
 *
 * Reference: the quadratic |A (X - X0) B|^2 with A and B far from diagonal and of condition 100 each, whose minimum X0
 * is known. Plain Adam sees single numbers and zigzags along the valleys, SOAP finds them: it must come ten times as
 * near in as many steps (seen: some hundreds). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { NEURONS = 12, STEPS = 1500 };

static vt_nep_model *one_element(void)
{
  vt_err err = {0};
  vt_nep_model form = {.version = 4,
                       .n_types = 1,
                       .symbol = {"Li"},
                       .z = {3},
                       .rc_radial = {4},
                       .rc_angular = {3},
                       .n_radial = 4,
                       .n_angular = 2,
                       .k_radial = 4,
                       .k_angular = 3,
                       .l_max = 2,
                       .neurons = NEURONS},
               *m;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  return m;
}

static double drawn(int k)
{
  double g[2];
  vt_rng_normal2(9, VT_STREAM_TEST, 0, k / 2, 0, g);
  return g[k % 2];
}

/* A symmetric matrix of eigenvalues 1 ... 100 and drawn eigenvectors (products of reflections). */
static void stiff(int n, int from, double *a)
{
  memset(a, 0, (size_t)(n * n) * sizeof *a);
  for (int k = 0; k < n; k++) a[k * n + k] = pow(100, (double)k / (n - 1));
  for (int pass = 0; pass < n; pass++) {
    double v[64], square = 0;
    for (int k = 0; k < n; k++) v[k] = drawn(from + pass * n + k), square += v[k] * v[k];
    for (int side = 0; side < 2; side++)
      for (int i = 0; i < n; i++) {
        double along = 0;
        for (int k = 0; k < n; k++) along += v[k] * (side ? a[k * n + i] : a[i * n + k]);
        for (int k = 0; k < n; k++) *(side ? &a[k * n + i] : &a[i * n + k]) -= 2 * along / square * v[k];
      }
  }
}

/* Gradient of |A (X - X0) B|^2 / 2 in the order of a network: weights, then thresholds. */
static void gradient_of(const double *a, const double *b, const double *x, int n, int m, double *g)
{
  double y[64][64] = {{0}}, z[64][64] = {{0}};
#define AT(v, r, c) ((v)[(c) < m - 1 ? (r) * (m - 1) + (c) : n * (m - 1) + (r)])
  for (int twice = 0; twice < 2; twice++) {
    for (int r = 0; r < n; r++)
      for (int c = 0; c < m; c++) {
        double sum = 0;
        for (int k = 0; k < n; k++) sum += a[r * n + k] * (twice ? z[k][c] : AT(x, k, c) - drawn(5000 + k * m + c));
        y[r][c] = sum;
      }
    for (int r = 0; r < n; r++)
      for (int c = 0; c < m; c++) {
        double sum = 0;
        for (int k = 0; k < m; k++) sum += y[r][k] * b[k * m + c];
        z[r][c] = sum;
      }
  }
  for (int r = 0; r < n; r++)
    for (int c = 0; c < m; c++) AT(g, r, c) = z[r][c];
}

/* Distance from the minimum after STEPS. */
static double left_over(const vt_nep_model *m, int rotate)
{
  vt_err err = {0};
  vt_train_adam s;
  const int cols = m->dim + 1;
  double a[64 * 64], b[64 * 64], far = 0;
  double *x = vt_test_array(m->n_trained, sizeof *x), *g = vt_test_array(m->n_trained, sizeof *g);
  for (size_t k = 0; k < m->n_trained; k++) x[k] = 0.25;
  stiff(NEURONS, 0, a);
  stiff(cols, 2000, b);
  VT_TEST_OK(vt_train_adam_open(&s, x, m->n_trained, &err), &err);
  if (rotate) VT_TEST_OK(vt_train_adam_rotate(&s, m, VT_SIMD_PORTABLE, &err), &err);
  for (int k = 0; k < STEPS; k++) {
    memset(g, 0, m->n_trained * sizeof *g);
    gradient_of(a, b, x, NEURONS, cols, g);
    vt_train_adam_step(&s, vt_train_rate(0.05, (k + 1.0) / STEPS, 0.05), g, x);
  }
  for (int r = 0; r < NEURONS; r++)
    for (int c = 0; c < cols; c++) {
      const double e = x[c < cols - 1 ? r * (cols - 1) + c : NEURONS * (cols - 1) + r] - drawn(5000 + r * cols + c);
      far += e * e;
    }
  for (size_t k = (size_t)NEURONS * (size_t)cols; k < m->n_trained; k++)
    assert_true(x[k] == 0.25); /* no gradient: no step */
  vt_train_adam_close(&s);
  free(x);
  free(g);
  return sqrt(far / (NEURONS * cols));
}

static void valleys_of_a_matrix_are_found_in_its_own_bases(void **state)
{
  (void)state;
  vt_nep_model *m = one_element();
  const double plain = left_over(m, 0), turned = left_over(m, 1);
  print_message("distance from the minimum: Adam %.2g, SOAP %.2g\n", plain, turned);
  assert_true(turned < 0.1 * plain);
  vt_nep_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(valleys_of_a_matrix_are_found_in_its_own_bases)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
