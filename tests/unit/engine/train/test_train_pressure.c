/* Groups of frames whose mean pressure is held.
 *
 * References: the pressure as -dE/dV of the energy itself, by differences of four points (steps of 1e-4 of the volume:
 * with 1e-3 the fifth derivative shows at 2e-6, so now at 2e-10; rounding is below; 1e-8 is asked); an ideal gas; the
 * derivative of the loss of a group by every number of the model, likewise (1e-7 of the largest). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { ATOMS = 8, FRAMES = 5 };

static double drawn(size_t k)
{
  double u[2];
  vt_rng_uniform2(8, VT_STREAM_TEST, 0, (int64_t)k, 0, u);
  return u[0];
}

typedef struct bench {
  vt_nep_model *m;
  vt_train *t;
  int type[ATOMS];
  double x[FRAMES][ATOMS][3];
  vt_train_sample s[FRAMES];
} bench;

static void set_up(bench *b)
{
  vt_err err = {0};
  vt_nep_model form = {.version = 4,
                       .n_types = 2,
                       .symbol = {"Li", "Cl"},
                       .z = {3, 17},
                       .zbl = VT_ZBL_UNIVERSAL,
                       .zbl_inner = 1,
                       .zbl_outer = 2.5,
                       .rc_radial = {4, 4},
                       .rc_angular = {3.5, 3.5},
                       .n_radial = 3,
                       .n_angular = 2,
                       .k_radial = 4,
                       .k_angular = 4,
                       .l_max = 2,
                       .neurons = 4};
  *b = (bench){0};
  VT_TEST_OK(vt_nep_new(&form, &b->m, &err), &err);
  vt_train_draw(b->m, 4);
  VT_TEST_OK(vt_train_open(b->m, VT_SIMD_PORTABLE, &b->t, &err), &err);
  for (int i = 0; i < ATOMS; i++) b->type[i] = i % 2;
  for (size_t k = 0; k < FRAMES; k++) {
    const double edge = 5.2 + 0.1 * (double)k;
    b->s[k] = (vt_train_sample){.n = ATOMS,
                                .type = b->type,
                                .x = b->x[k],
                                .cell = {{{edge, 0, 0}, {0, edge, 0}, {0.3, 0, edge}}},
                                .weight = 0.5 + (double)k,
                                .group = 1};
    for (size_t i = 0; i < ATOMS; i++)
      for (size_t a = 0; a < 3; a++)
        b->x[k][i][a] = 0.5 * edge * (double)(i >> a & 1) + 0.8 * drawn(100 * k + 10 * i + a);
  }
}

static void tear_down(bench *b)
{
  for (int k = 0; k < FRAMES; k++) vt_train_sample_drop(&b->s[k]);
  vt_train_close(b->t);
  vt_nep_free(b->m);
}

static vt_train_values values(bench *b, vt_train_sample *s)
{
  vt_err err = {0};
  vt_train_values v;
  vt_train_set(b->t, b->m);
  VT_TEST_OK(vt_train_sample_frame(b->m, s, &err), &err);
  VT_TEST_OK(vt_train_forward(b->t, s->frame, &v, &err), &err);
  return v;
}

static double energy_of_volume(bench *b, double factor)
{
  const double by = cbrt(factor);
  double x[ATOMS][3];
  vt_train_sample s = b->s[2];
  s.x = x;
  s.frame = NULL;
  for (int i = 0; i < ATOMS; i++)
    for (int a = 0; a < 3; a++) x[i][a] = by * b->x[2][i][a];
  for (int i = 0; i < 9; i++) s.cell.h[i / 3][i % 3] *= by;
  const double e = values(b, &s).energy;
  vt_train_sample_drop(&s);
  return e;
}

static void a_push_is_the_pressure_of_the_forces_and_of_an_ideal_gas_there_is_none(void **state)
{
  (void)state;
  bench b;
  set_up(&b);
  const double volume = vt_cell_volume(&b.s[2].cell), h = 1e-4, atom = 17;
  double e[4];
  for (int k = 0; k < 4; k++) e[k] = energy_of_volume(&b, 1 + h * (k < 2 ? k - 2 : k - 1));
  const double pressure = -(8 * (e[2] - e[1]) - (e[3] - e[0])) / (12 * h * volume);
  const vt_train_values v = values(&b, &b.s[2]);
  assert_true(fabs(pressure) > 1e-3);
  near_relative(vt_train_push(&b.s[2], v.virial, atom), atom * pressure, 1e-8);
  near(vt_train_push_wanted(&b.s[2], ATOMS * VT_KB_EV * 500 / volume, 500, atom), 0, 1e-16);
  near_relative(vt_train_push_wanted(&b.s[2], 0.01, 0, atom), atom * 0.01, 1e-15);
  tear_down(&b);
}

/* Weighted mean of what the pushes of all frames are too large by. */
static double error_of(bench *b, double atom, double *weight)
{
  double sum = 0;
  *weight = 0;
  for (int k = 0; k < FRAMES; k++) {
    const vt_train_values v = values(b, &b->s[k]);
    sum += b->s[k].weight * (vt_train_push(&b->s[k], v.virial, atom) - vt_train_push_wanted(&b->s[k], 0.02, 500, atom));
    *weight += b->s[k].weight;
  }
  return sum / *weight;
}

static double loss(bench *b, double atom, double scale)
{
  double weight;
  const double z = fabs(error_of(b, atom, &weight) / scale);
  return weight * (z < 5 ? z * z : 10 * z - 25);
}

static void the_gradient_of_a_held_pressure_is_its_derivative_by_every_number(void **state)
{
  (void)state;
  bench b;
  set_up(&b);
  vt_err err = {0};
  const double atom = 17;
  const size_t n = b.m->n_trained;
  double weight, *gradient = NULL, *got = vt_test_array(n, sizeof *got);
  static const double none[ATOMS][3] = {{0}};
  for (int far = 0; far < 2; far++) {
    const double error = error_of(&b, atom, &weight), scale = fabs(error) / (far ? 8 : 2);
    double largest = 0;
    VT_TEST_OK(VT_NEW(gradient, vt_train_gradient_size(b.t), &err), &err);
    for (int k = 0; k < FRAMES; k++) {
      double dw[9] = {0};
      (void)values(&b, &b.s[k]);
      vt_train_push_back(&b.s[k], error, scale, atom, dw);
      vt_train_backward(b.t, b.s[k].frame, 0, none, dw, gradient);
    }
    vt_train_gradient_read(b.t, gradient, got);
    vt_free(gradient);
    for (size_t k = 0; k < n; k++) largest = fmax(largest, fabs(got[k]));
    assert_true(largest > 1e-3);
    for (size_t k = 0; k < n; k++) {
      const double x = b.m->numbers[k], h = 1e-3 * fmax(0.1, fabs(x));
      double at[4];
      for (int j = 0; j < 4; j++) {
        b.m->numbers[k] = x + h * (j < 2 ? j - 2 : j - 1);
        at[j] = loss(&b, atom, scale);
      }
      b.m->numbers[k] = x;
      near(got[k], (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h), 1e-7 * largest);
    }
  }
  free(got);
  tear_down(&b);
}

static void frames_of_a_group_are_seen_together_and_apart_from_others_of_their_composition(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_train_sample s[60] = {{0}};
  vt_train_data d = {.n = 60, .n_comp = 2, .s = s};
  int order[60], first[61], seen[60] = {0};
  for (int k = 0; k < 60; k++) s[k].comp = k % 2, s[k].group = k % 6 == 0; /* 10 of comp 0 in the group, 20 not, 30 */
  const int groups = vt_train_groups(&d, 4);
  assert_int_equal(groups, 3 + 5 + 8);
  VT_TEST_OK(vt_train_order(3, 7, &d, 4, order, first, &err), &err);
  assert_int_equal(first[groups], 60);
  for (int g = 0; g < groups; g++)
    for (int k = first[g]; k < first[g + 1]; k++) {
      assert_int_equal(s[order[k]].group, s[order[first[g]]].group);
      assert_int_equal(s[order[k]].comp, s[order[first[g]]].comp);
      seen[order[k]]++;
    }
  for (int k = 0; k < 60; k++) assert_int_equal(seen[k], 1);
}

/* 12 trajectories of 3 compositions: whole compositions are held back, and none where that is not asked. */
static void whole_compositions_are_held_back(void **state)
{
  (void)state;
  vt_err err = {0};
  enum { N = 60 };
  vt_train_sample s[N] = {{0}};
  char names[3][VT_NAME] = {"a", "b", "c"};
  int type[1] = {0}, in[N], split = 0;
  vt_train_data d = {.n = N, .n_comp = 3, .s = s, .comp = names};
  for (int k = 0; k < N; k++) {
    s[k] = (vt_train_sample){.n = 1, .type = type, .comp = k % 3};
    (void)snprintf(s[k].trajectory, sizeof s[k].trajectory, "%d", k % 12);
  }
  for (uint64_t seed = 1; seed < 10; seed++) {
    int held = 0;
    VT_TEST_OK(vt_train_split(&d, 1, 1, 0.25, seed, in, &err), &err);
    for (int k = 0; k < N; k++) {
      assert_int_equal(in[k], in[k % 3]);
      held += in[k];
    }
    assert_int_equal(held, N / 3);
    VT_TEST_OK(vt_train_split(&d, 1, 0, 0.25, seed, in, &err), &err);
    for (int k = 0; k < N; k++) split += in[k] != in[k % 3];
  }
  assert_true(split > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_push_is_the_pressure_of_the_forces_and_of_an_ideal_gas_there_is_none),
      cmocka_unit_test(the_gradient_of_a_held_pressure_is_its_derivative_by_every_number),
      cmocka_unit_test(frames_of_a_group_are_seen_together_and_apart_from_others_of_their_composition),
      cmocka_unit_test(whole_compositions_are_held_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
