/* What training begins with: new elements, parts that stay, the pull to the start, another scale of energies, weights.
 *
 * References: the energy of the same places with the donor in them; the derivative by differences of two points of a
 * quadratic function (exact but for rounding: 1e-16 of the value over steps of 1e-3, so 1e-7 relative is far from it);
 * the same frame that stands twice in the data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "tests/unit/engine/train/train_fixture.h"
#include "tests/vt_test.h"

static double drawn(size_t k) { return train_drawn(5, k); }

/* Li, Cl; all numbers drawn, also of neuron 0, so that it is no constant. */
static vt_nep_model *model(int version, vt_nep_zbl zbl)
{
  vt_err err = {0};
  vt_nep_model form = {.version = version,
                       .n_types = 2,
                       .symbol = {"Li", "Cl"},
                       .z = {3, 17},
                       .zbl = zbl,
                       .zbl_inner = zbl == VT_ZBL_UNIVERSAL ? 1 : 0,
                       .zbl_outer = zbl == VT_ZBL_UNIVERSAL ? 2 : 0,
                       .rc_radial = {4, 4.5},
                       .rc_angular = {3.5, 3.75},
                       .n_radial = 3,
                       .n_angular = 2,
                       .k_radial = 4,
                       .k_angular = 4,
                       .l_max = 2,
                       .neurons = 4},
               *m;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  for (size_t k = 0; k < m->n_numbers; k++) m->numbers[k] = 2 * drawn(5000 + k) - 1;
  for (int k = 0; k < m->dim; k++) m->numbers[m->scale - m->numbers + k] = 1;
  for (size_t p = 0; m->zbl_pair && p < 3; p++) { /* inner, outer, (alpha, beta) */
    double *x = m->numbers + (m->zbl_pair - m->numbers) + 10 * p;
    x[0] = 1 + 0.1 * (double)p, x[1] = 2.5 + 0.1 * (double)p;
    for (int k = 2; k < 10; k++) x[k] = fabs(x[k]);
  }
  return m;
}

enum { ATOMS = TRAIN_ATOMS };

static double energy(const vt_nep_model *m, const int type[ATOMS])
{
  vt_err err = {0};
  double x[ATOMS][3];
  vt_structure s = {.n = ATOMS, .cell = {{{5.2, 0, 0}, {0, 5.4, 0}, {0.3, 0, 5.6}}}, .x = x};
  vt_train_frame *f;
  vt_train *t;
  vt_train_values v;
  train_places(0, x);
  VT_TEST_OK(vt_train_frame_new(m, &s, type, &f, &err), &err);
  VT_TEST_OK(vt_train_open(m, VT_SIMD_PORTABLE, &t, &err), &err);
  vt_train_set(t, m);
  VT_TEST_OK(vt_train_forward(t, f, &v, &err), &err);
  vt_train_frame_free(f);
  vt_train_close(t);
  return v.energy;
}

/* Na and K stand where Li stood, alone and together: to the model they are Li.  Flexible ZBL is scaled by the nuclear
 * charges, so it is left out here and looked at by its numbers. */
static void a_new_element_is_its_donor_until_it_is_trained(void **state)
{
  (void)state;
  static const char symbol[4][4] = {"K", "Cl", "Na", "Li"}, donor[4][4] = {"Li", "", "Li", ""};
  static const int li[ATOMS] = {0, 0, 0, 1, 1, 1, 0, 1}, mixed[ATOMS] = {0, 2, 3, 1, 1, 1, 2, 1};
  static const int want_new[4] = {1, 0, 1, 0};
  for (int version = 3; version <= 5; version++) {
    vt_err err = {0};
    int is_new[4];
    vt_nep_model *m = model(version, VT_ZBL_NONE), *grown;
    VT_TEST_OK(vt_train_graft(m, 4, symbol, donor, &grown, is_new, &err), &err);
    assert_memory_equal(is_new, want_new, sizeof is_new);
    assert_int_equal(grown->z[0], 19);
    near(grown->rc_radial[2], 4, 0);
    near(energy(grown, mixed), energy(m, li), 1e-12 * fabs(energy(m, li)));
    vt_nep_free(grown);
    vt_nep_free(m);
  }
}

static void repulsion_is_that_of_the_donor_with_the_charge_of_the_new_element(void **state)
{
  (void)state;
  static const char symbol[2][4] = {"K", "Cl"}, donor[2][4] = {"Li", ""};
  vt_err err = {0};
  int is_new[2];
  vt_nep_model *m = model(4, VT_ZBL_FLEXIBLE), *grown;
  VT_TEST_OK(vt_train_graft(m, 2, symbol, donor, &grown, is_new, &err), &err);
  const vt_zbl_pair was = vt_zbl_pair_of(m, 0, 1), is = vt_zbl_pair_of(grown, 0, 1);
  near(is.inner, was.inner, 0);
  near(is.beta[3], was.beta[3], 0);
  near_relative(is.k, was.k * 19 / 3, 1e-14);
  vt_nep_free(grown);
  vt_nep_free(m);
}

static void all_that_is_missing_is_told_at_once(void **state)
{
  (void)state;
  static const char symbol[5][4] = {"Li", "Xe", "K", "Br", "Cs"}, donor[5][4] = {"Cl", "", "Na", "", "Li"};
  vt_err err = {0};
  int is_new[5];
  vt_nep_model *m = model(4, VT_ZBL_NONE), *grown;
  VT_TEST_REFUSED(vt_train_graft(m, 5, symbol, donor, &grown, is_new, &err), VT_EINVAL, &err, "has no Xe, Br and");
  assert_non_null(strstr(err.text, "copies Na, which"));
  assert_null(grown);
  vt_nep_free(m);
}

/* ------------------------------------------------------------------ what stays */

static size_t count(const unsigned char *x, size_t n)
{
  size_t sum = 0;
  for (size_t k = 0; k < n; k++) sum += x[k];
  return sum;
}

/* Li, Cl: dim 3 + 2 * 2, so a network has 4 (7 + 2) numbers; c: 4 pairs of (3 + 2) * 4. */
static void a_frozen_part_has_the_numbers_that_the_file_format_says(void **state)
{
  (void)state;
  vt_nep_model *m = model(4, VT_ZBL_NONE), *five = model(5, VT_ZBL_NONE);
  unsigned char x[300];
  const size_t net = 36, c = 80;
  assert_int_equal(m->n_trained, 2 * net + 1 + c);
  vt_train_moving(m, 0, x);
  assert_int_equal(count(x, m->n_trained), m->n_trained);
  vt_train_moving(m, VT_TRAIN_DESCRIPTOR, x);
  assert_int_equal(count(x, m->n_trained), 2 * net + 1);
  assert_int_equal(count(x, 2 * net + 1), 2 * net + 1); /* the networks come first */
  vt_train_moving(m, VT_TRAIN_NETWORK, x);
  assert_int_equal(count(x, m->n_trained), c);
  assert_int_equal(count(x, 2 * net + 1), 0);
  vt_train_moving(m, VT_TRAIN_ALL_BUT_LAST, x);
  assert_int_equal(count(x, m->n_trained), 2 * 4 + 1);
  assert_int_equal(count(x + 32, 4), 4); /* w1 follows 4 * 7 weights and 4 thresholds */
  assert_int_equal(count(x + net + 32, 4), 4);
  vt_train_moving(five, VT_TRAIN_ALL_BUT_LAST, x);
  assert_int_equal(count(x, five->n_trained), 2 * 5 + 1); /* and a bias a type */
  vt_nep_free(m);
  vt_nep_free(five);
}

static void a_frame_without_the_new_element_feels_none_of_its_numbers(void **state)
{
  (void)state;
  static const int only_cl[ATOMS] = {1, 1, 1, 1, 1, 1, 1, 1}, both[ATOMS] = {0, 1, 1, 1, 1, 1, 1, 1};
  static const int is_new[2] = {1, 0};
  vt_nep_model *m = model(4, VT_ZBL_NONE);
  unsigned char x[300];
  vt_train_moving_new(m, is_new, x);
  assert_int_equal(count(x, m->n_trained), 36 + 80 * 3 / 4); /* its network; all pairs but Cl Cl */
  const double before = energy(m, only_cl), with = energy(m, both);
  for (size_t k = 0; k < m->n_trained; k++) m->numbers[k] += x[k] ? 0.1 : 0;
  near(energy(m, only_cl), before, 0);
  assert_true(fabs(energy(m, both) - with) > 1e-3);
  vt_nep_free(m);
}

static void the_pull_is_the_mean_square_of_what_moved_and_its_gradient_the_derivative(void **state)
{
  (void)state;
  vt_nep_model *m = model(4, VT_ZBL_NONE);
  const size_t n = m->n_trained;
  double start[300], scale[300], gradient[300] = {0}, mean_b0 = 0;
  unsigned char moves[300];
  memcpy(start, m->numbers, n * sizeof *start);
  vt_train_pull_scales(m, scale);
  for (size_t t = 0; t < 2; t++)
    for (size_t k = 0; k < 4; k++) mean_b0 += fabs(start[36 * t + 28 + k]) / 8;
  near(scale[28], mean_b0, 1e-15);
  near(scale[72], 1, 0); /* the common bias, eV */
  vt_train_moving(m, VT_TRAIN_DESCRIPTOR, moves);
  near(vt_train_pull(3, n, m->numbers, start, scale, moves, NULL), 0, 0);
  for (size_t k = 0; k < n; k++) m->numbers[k] = start[k] + scale[k]; /* each by its size; c does not count */
  near(vt_train_pull(3, n, m->numbers, start, scale, moves, NULL), 3, 1e-12);
  for (size_t k = 0; k < n; k++) m->numbers[k] = start[k] + drawn(k);
  (void)vt_train_pull(3, n, m->numbers, start, scale, moves, gradient);
  for (size_t k = 0; k < n; k++) {
    const double x = m->numbers[k], h = 1e-3;
    m->numbers[k] = x + h;
    const double up = vt_train_pull(3, n, m->numbers, start, scale, moves, NULL);
    m->numbers[k] = x - h;
    const double down = vt_train_pull(3, n, m->numbers, start, scale, moves, NULL);
    m->numbers[k] = x;
    near(gradient[k], (up - down) / (2 * h), 1e-7 * fmax(fabs(gradient[k]), 1e-3));
    if (!moves[k]) near(gradient[k], 0, 0);
  }
  vt_nep_free(m);
}

/* ------------------------------------------------------------------ another scale */

static void a_shift_moves_the_energy_of_each_atom_by_that_of_its_element(void **state)
{
  (void)state;
  static const int type[ATOMS] = {0, 0, 0, 1, 1, 1, 1, 1};
  static const double e[2] = {-1.25, 3.5};
  const double want = 3 * e[0] + 5 * e[1];
  for (int version = 3; version <= 5; version++)
    for (int constant = 0; constant < 2; constant++) {
      vt_err err = {0};
      vt_nep_model *m = model(version, VT_ZBL_NONE);
      for (int t = 0; constant && t < (version == 3 ? 1 : 2); t++) { /* neuron t of network t has no weights */
        double *net = m->numbers + (size_t)t * m->stride;
        memset(net + (size_t)t * (size_t)m->dim, 0, (size_t)m->dim * sizeof *net);
        net[28 + t] = -1.3;
      }
      const double before = energy(m, type);
      VT_TEST_OK(vt_train_shift(&m, e, &err), &err);
      near(energy(m, type), before + want, 1e-11);
      assert_int_equal(m->neurons, version == 3 || (version == 4 && !constant) ? 5 : 4);
      assert_int_equal(m->version, version == 3 ? 4 : version);
      VT_TEST_OK(vt_train_shift(&m, e, &err), &err); /* now there is a neuron for it */
      near(energy(m, type), before + 2 * want, 1e-11);
      assert_int_equal(m->neurons, version == 3 || (version == 4 && !constant) ? 5 : 4);
      vt_nep_free(m);
    }
}

/* Li and Cl in five ratios, labels that are off by e for each atom: with all the shift is e; with Li alone it is the
 * least-squares slope of a line through 0 by hand. */
static void energies_of_some_elements_are_fitted_and_others_left_alone(void **state)
{
  (void)state;
  vt_err err = {0};
  static const double off[2] = {-1.25, 0.5};
  static const int li[2] = {1, 0};
  enum { N = 5 };
  vt_nep_model *m = model(4, VT_ZBL_NONE);
  vt_train_sample s[N] = {{0}};
  char files[1][VT_PATH] = {"x"};
  int type[N][ATOMS];
  double x[ATOMS][3], e[2], squares[2], along = 0, square = 0;
  train_places(0, x);
  for (int k = 0; k < N; k++) {
    for (int i = 0; i < ATOMS; i++) type[k][i] = i > k;
    const double share = (k + 1.0) / ATOMS, error = share * off[0] + (1 - share) * off[1];
    along += share * error, square += share * share;
    s[k] = (vt_train_sample){.n = ATOMS,
                             .type = type[k],
                             .x = x,
                             .cell = {{{5.2, 0, 0}, {0, 5.4, 0}, {0.3, 0, 5.6}}},
                             .weight = 1,
                             .has_energy = 1,
                             .energy = energy(m, type[k]) + ATOMS * error};
  }
  vt_train_data d = {.n = N, .s = s, .n_files = 1, .file = files};
  VT_TEST_OK(vt_train_fit_some(m, VT_SIMD_PORTABLE, &d, NULL, 100, NULL, e, squares, &err), &err);
  near(e[0], off[0], 1e-6); /* the ridge, three times: (1e-4 / 0.1)^3 of an eV */
  near(e[1], off[1], 1e-6);
  assert_true(squares[0] > 0.01);
  near(squares[1], 0, 1e-10);
  VT_TEST_OK(vt_train_fit_some(m, VT_SIMD_PORTABLE, &d, NULL, 100, li, e, squares, &err), &err);
  near(e[0], along / square, 1e-6);
  near(e[1], 0, 0);
  assert_true(squares[1] < squares[0]);
  vt_nep_free(m);
}

/* ------------------------------------------------------------------ weights */

typedef struct answer {
  vt_train_terms terms;
  double de, df[2][3], dw[9];
} answer;

static answer loss(double weight, const double *of_elements)
{
  static const vt_train_scales scales = {0.05, 0.4, 0.1, 0.02, 0};
  static int type[2] = {0, 1};
  double x[2][3] = {{0}}, label[2][3] = {{0}}, f[2][3] = {{0.1, -0.2, 0.3}, {0.4, 5, -0.6}};
  vt_train_sample s = {.n = 2,
                       .type = type,
                       .x = x,
                       .f = label,
                       .has_energy = 1,
                       .has_virial = 1,
                       .weight = weight,
                       .element_weight = of_elements};
  const vt_train_values v = {.energy = 0.3, .virial = {0.1, 0, 0, 0, 0.2, 0, 0, 0, 0.3}, .f = f};
  answer a;
  vt_train_loss(&s, &v, &scales, 0.01, &a.terms, &a.de, a.df, a.dw);
  return a;
}

static void a_weight_of_three_is_the_frame_three_times(void **state)
{
  (void)state;
  const answer once = loss(1, NULL), thrice = loss(3, NULL);
  const double *a = &once.terms.weight, *b = &thrice.terms.weight;
  for (int k = 0; k < VT_TRAIN_TERMS; k++) near(b[k], 3 * a[k], 1e-12 * fabs(3 * a[k]));
  near_relative(thrice.de, 3 * once.de, 1e-14);
  near_relative(thrice.df[1][1], 3 * once.df[1][1], 1e-14);
  near_relative(thrice.dw[4], 3 * once.dw[4], 1e-14);
}

static void a_weight_of_an_element_counts_its_atoms_more_often_and_leaves_the_error_alone(void **state)
{
  (void)state;
  static const double two[2] = {1, 2}, none[2] = {1, 0}, one[2] = {1, 1};
  const answer plain = loss(1, NULL), ones = loss(1, one), twice = loss(1, two), without = loss(1, none);
  near(ones.terms.loss, plain.terms.loss, 0);
  near_relative(twice.terms.loss - plain.terms.loss, plain.terms.loss - without.terms.loss, 1e-12);
  assert_true(twice.terms.loss > plain.terms.loss + 1);
  near(twice.terms.force, plain.terms.force, 0);
  near(twice.df[0][2], plain.df[0][2], 0);
  near(twice.df[1][1], 2 * plain.df[1][1], 0);
  near(without.df[1][1], 0, 0);
  near(twice.de, plain.de, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_element_is_its_donor_until_it_is_trained),
      cmocka_unit_test(repulsion_is_that_of_the_donor_with_the_charge_of_the_new_element),
      cmocka_unit_test(all_that_is_missing_is_told_at_once),
      cmocka_unit_test(a_frozen_part_has_the_numbers_that_the_file_format_says),
      cmocka_unit_test(a_frame_without_the_new_element_feels_none_of_its_numbers),
      cmocka_unit_test(the_pull_is_the_mean_square_of_what_moved_and_its_gradient_the_derivative),
      cmocka_unit_test(a_shift_moves_the_energy_of_each_atom_by_that_of_its_element),
      cmocka_unit_test(energies_of_some_elements_are_fitted_and_others_left_alone),
      cmocka_unit_test(a_weight_of_three_is_the_frame_three_times),
      cmocka_unit_test(a_weight_of_an_element_counts_its_atoms_more_often_and_leaves_the_error_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
