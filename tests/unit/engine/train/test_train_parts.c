/* The parts of a gradient.
 *
 * Claim: outside the parts that a frame names nothing changes, while in each of them something does (so they are no
 * larger than needed).
 * A part that was set alone, and the gradient of a block read alone, are what all of them at once are.
 * All exact: no tolerance.  The sums over all parts lie one behind the other and end where the gradient ends. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/sys/sys.h"
#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { FRAMES = 4, TYPES = 6, ATOMS = 24 };

static const char *const symbols[TYPES] = {"Li", "Na", "Al", "O", "Cl", "Br"};

typedef struct setup {
  vt_nep_model *m;
  vt_train *train;
  vt_train_frame *frame[FRAMES];
  double (*pull)[3], *gradient;
  size_t size;
} setup;

static vt_nep_model *new_model(void)
{
  vt_err err = {0};
  vt_nep_model *m, f = {.version = 4,
                        .n_types = TYPES,
                        .zbl = VT_ZBL_NONE,
                        .n_radial = 6,
                        .n_angular = 5,
                        .k_radial = 8,
                        .k_angular = 8,
                        .l_max = 4,
                        .neurons = 50};
  f.flag[VT_NEP_222] = f.flag[VT_NEP_1111] = 1;
  for (int k = 0; k < TYPES; k++) {
    (void)snprintf(f.symbol[k], sizeof f.symbol[k], "%s", symbols[k]);
    f.z[k] = vt_element_z(symbols[k]);
    f.rc_radial[k] = 5;
    f.rc_angular[k] = 4;
  }
  VT_TEST_OK(vt_nep_new(&f, &m, &err), &err);
  vt_train_draw(m, 3);
  return m;
}

/* Atoms on a disturbed cubic lattice whose types are `some` of the model's, from `first` on. */
static vt_train_frame *new_frame(const vt_nep_model *m, int number, int first, int some)
{
  const double a = 2.4;
  vt_err err = {0};
  vt_train_frame *frame;
  double x[ATOMS][3];
  int type[ATOMS];
  vt_cell cell = {0};
  for (int k = 0; k < 3; k++) cell.h[k][k] = a * (k == 0 ? 2 : k == 1 ? 3 : 4);
  for (int i = 0; i < ATOMS; i++) {
    const int at[3] = {i % 2, i / 2 % 3, i / 6};
    for (int k = 0; k < 3; k++) x[i][k] = a * at[k] + 0.3 * ((i * 37 + k * 11 + number * 5) % 17) / 17.0;
    type[i] = first + (i * 7 + number) % some;
  }
  const vt_structure s = {.n = ATOMS, .cell = cell, .x = x};
  VT_TEST_OK(vt_train_frame_new(m, &s, type, &frame, &err), &err);
  return frame;
}

static void set_up(setup *s, vt_simd simd)
{
  vt_err err = {0};
  *s = (setup){.m = new_model()};
  VT_TEST_OK(vt_train_open(s->m, simd, &s->train, &err), &err);
  vt_train_set(s->train, s->m);
  for (int k = 0; k < FRAMES; k++) s->frame[k] = new_frame(s->m, k, k % 3, 2 + k % 2);
  s->size = vt_train_gradient_size(s->train);
  VT_TEST_OK(VT_NEW(s->gradient, s->size, &err), &err);
  s->pull = vt_test_array(ATOMS, sizeof *s->pull);
  for (int i = 0; i < ATOMS; i++)
    for (int a = 0; a < 3; a++) s->pull[i][a] = ((i * 13 + a * 5) % 11 - 5) / 7.0;
}

static void tear_down(setup *s)
{
  for (int k = 0; k < FRAMES; k++) vt_train_frame_free(s->frame[k]);
  vt_train_close(s->train);
  vt_nep_free(s->m);
  vt_free(s->gradient);
  free(s->pull);
}

static void forward(setup *s, int k)
{
  vt_err err = {0};
  vt_train_values v;
  VT_TEST_OK(vt_train_forward(s->train, s->frame[k], &v, &err), &err);
  assert_true(v.energy == v.energy);
}

static void backward(setup *s, int k)
{
  const double dw[9] = {0.1, -0.2, 0.3, 0.05, 0.7, -0.1, 0.2, 0.4, -0.3};
  vt_train_backward(s->train, s->frame[k], 0.6 + k, (const double(*)[3])s->pull, dw, s->gradient);
}

static void a_frame_changes_the_parts_that_it_names(void **state)
{
  (void)state;
  setup s;
  set_up(&s, VT_SIMD_PORTABLE);
  const int n = vt_train_parts(s.train, NULL);
  size_t *from = vt_test_array((size_t)n + 1, sizeof *from);
  unsigned char *used = vt_test_array((size_t)n, sizeof *used);
  assert_int_equal(vt_train_parts(s.train, from), n);
  assert_true(from[0] == 0 && from[n] == s.size);
  for (int k = 0; k < FRAMES; k++) {
    memset(s.gradient, 0, s.size * sizeof *s.gradient);
    memset(used, 0, (size_t)n);
    forward(&s, k), backward(&s, k);
    vt_train_frame_parts(s.train, s.frame[k], used);
    for (int p = 0; p < n; p++) {
      int changed = 0;
      assert_true(from[p] < from[p + 1]);
      for (size_t i = from[p]; i < from[p + 1]; i++) changed += s.gradient[i] != 0;
      assert_int_equal(changed > 0, used[p]);
    }
  }
  free(from), free(used);
  tear_down(&s);
}

static void parts_set_one_by_one_are_the_model(void **state)
{
  (void)state;
  setup s;
  vt_err err = {0};
  vt_train *all;
  set_up(&s, VT_SIMD_PORTABLE);
  VT_TEST_OK(vt_train_open(s.m, VT_SIMD_PORTABLE, &all, &err), &err);
  for (int k = 0; k < s.m->dim; k++) s.m->numbers[s.m->scale - s.m->numbers + k] = 0.5 + 0.01 * k;
  vt_train_set(s.train, s.m); /* scales */
  for (size_t k = 0; k < s.m->n_trained; k++) s.m->numbers[k] *= 1 + 0.01 * (double)(k % 7);
  vt_train_set(all, s.m);
  const int parts = vt_train_parts(s.train, NULL);
  for (int turn = 0; turn < 2; turn++) {
    for (int p = parts - 1; p >= 0; p--) vt_train_set_part(s.train, s.m, p, 0);
    for (int k = 0; k < FRAMES; k++) {
      vt_train_values one, other;
      VT_TEST_OK(vt_train_forward(s.train, s.frame[k], &one, &err), &err);
      VT_TEST_OK(vt_train_forward(all, s.frame[k], &other, &err), &err);
      assert_true(one.energy == other.energy);
      assert_memory_equal(one.f, other.f, ATOMS * sizeof *one.f);
      const double dw[9] = {0.1};
      double *more = vt_test_array(s.size, sizeof *more);
      memset(s.gradient, 0, s.size * sizeof *s.gradient);
      vt_train_backward(s.train, s.frame[k], 1, (const double(*)[3])s.pull, dw, s.gradient);
      vt_train_backward(all, s.frame[k], 1, (const double(*)[3])s.pull, dw, more);
      assert_memory_equal(s.gradient, more, s.size * sizeof *more);
      free(more);
    }
  }
  for (int t = 0; t < TYPES; t++) { /* output weights alone */
    double *w1 = s.m->numbers + (size_t)t * s.m->stride + (size_t)s.m->neurons * ((size_t)s.m->dim + 1);
    vt_train_values before, one, other;
    VT_TEST_OK(vt_train_forward(all, s.frame[0], &before, &err), &err);
    for (int k = 0; k < s.m->neurons; k++) w1[k] *= 1.5;
    vt_train_set_part(s.train, s.m, 2 * TYPES * TYPES + t, (size_t)s.m->neurons * ((size_t)s.m->dim + 1));
    vt_train_set(all, s.m);
    VT_TEST_OK(vt_train_forward(s.train, s.frame[0], &one, &err), &err);
    VT_TEST_OK(vt_train_forward(all, s.frame[0], &other, &err), &err);
    assert_true(one.energy == other.energy);
    if (t == 0) assert_true(one.energy != before.energy); /* frame 0 has type 0 */
  }
  vt_train_close(all);
  tear_down(&s);
}

static void blocks_are_the_gradient(void **state)
{
  (void)state;
  setup s;
  vt_err err = {0};
  vt_train_adam a;
  set_up(&s, VT_SIMD_PORTABLE);
  const size_t n = s.m->n_trained;
  double *whole = vt_test_array(n, sizeof *whole), *blocks = vt_test_array(n, sizeof *blocks);
  unsigned char *used = vt_test_array((size_t)vt_train_parts(s.train, NULL), 1);
  for (int k = 0; k < s.m->dim; k++) s.m->numbers[s.m->scale - s.m->numbers + k] = 0.5 + 0.01 * k;
  vt_train_set(s.train, s.m);
  VT_TEST_OK(vt_train_adam_open(&a, s.m->numbers, n, &err), &err);
  VT_TEST_OK(vt_train_adam_rotate(&a, s.m, VT_SIMD_PORTABLE, &err), &err);
  assert_int_equal(a.n_blocks, vt_train_parts(s.train, NULL));
  memset(s.gradient, 0, s.size * sizeof *s.gradient);
  forward(&s, 1), backward(&s, 1);
  vt_train_frame_parts(s.train, s.frame[1], used);
  vt_train_gradient_read(s.train, s.gradient, whole);
  for (size_t k = 0; k < n; k++) blocks[k] = (double)NAN;
  for (int b = 0; b < a.n_blocks; b++) /* block b is part b: the numbers of unused parts are 0 */
    vt_train_gradient_block(s.train, s.gradient, used[b], &a.block[b], 3, blocks);
  for (size_t k = 0; k < n; k++) assert_true(blocks[k] == whole[k] / 3);
  vt_train_adam_close(&a);
  free(whole), free(blocks), free(used);
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_frame_changes_the_parts_that_it_names),
      cmocka_unit_test(parts_set_one_by_one_are_the_model),
      cmocka_unit_test(blocks_are_the_gradient),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
