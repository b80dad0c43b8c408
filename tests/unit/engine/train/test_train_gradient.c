/* The kernels of training: their energies, forces and virials are those of an independent program, and their gradient
 * is the derivative of these by every number of the model.
 *
 * Golden cases: all forms of a NEP (tests/golden/nep).  Values: 1e-10 relative to max(1, largest), as for the engine
 * (constants of l = 8 have 11 digits).  Gradient: against differences of 5 points with steps of 1e-3 relative to
 * max(|x|, 0.1), whose own error is (1e-3)^4/30 times a fifth derivative and 1e-16 / 1e-3 of the sum that is derived:
 * 1e-7 of the largest derivative of its block. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/support/golden.h"
#include "tests/vt_test.h"

#define ROOT VT_TEST_SOURCE "/tests/golden/nep"

typedef struct setup {
  vt_golden g;
  vt_nep_model *m;
  vt_structure s;
  int *type;
  vt_train_frame *frame;
  vt_train *train;
} setup;

static vt_nep_model *read_model(const char *path)
{
  size_t n;
  vt_err err = {0};
  vt_nep_model *m;
  char *text = vt_test_read(path, &n);
  VT_TEST_OK(vt_nep_read(path, text, n, &m, &err), &err);
  vt_free(text);
  return m;
}

static void set_up(setup *s, const char *name, vt_simd simd)
{
  vt_err err = {0};
  *s = (setup){.g = vt_golden_read(ROOT, name)};
  s->m = read_model(s->g.potential);
  s->s = (vt_structure){.n = s->g.n, .cell = s->g.cell, .x = s->g.x};
  s->type = vt_test_array((size_t)s->g.n, sizeof *s->type);
  for (int i = 0; i < s->g.n; i++)
    while (strcmp(s->m->symbol[s->type[i]], s->g.symbol[s->g.type[i]]) != 0) assert_true(++s->type[i] < s->m->n_types);
  VT_TEST_OK(vt_train_frame_new(s->m, &s->s, s->type, &s->frame, &err), &err);
  VT_TEST_OK(vt_train_open(s->m, simd, &s->train, &err), &err);
  vt_train_set(s->train, s->m);
}

static void tear_down(setup *s)
{
  vt_train_close(s->train);
  vt_train_frame_free(s->frame);
  vt_nep_free(s->m);
  free(s->type);
  vt_golden_free(&s->g);
}

static void values_are_those_of_an_independent_program(void **state)
{
  (void)state;
  static char names[200][128];
  const int n = vt_golden_list(ROOT, names, 200);
  assert_true(n >= 50);
  for (int c = 0; c < n; c++)
    for (vt_simd simd = VT_SIMD_PORTABLE; simd <= VT_SIMD_AVX512; simd++) {
      if (!vt_simd_works(simd)) continue;
      setup s;
      vt_err err = {0};
      vt_train_values v;
      set_up(&s, names[c], simd);
      VT_TEST_OK(vt_train_forward(s.train, s.frame, &v, &err), &err);
      const double e = vt_test_difference(&v.energy, &s.g.energy, 1),
                   f = vt_test_difference(&v.f[0][0], &s.g.f[0][0], 3 * (size_t)s.g.n),
                   w = vt_test_difference(v.virial, s.g.virial, 9);
      if (!(e <= 1e-10 && f <= 1e-10 && w <= 1e-10))
        fail_msg("%s, %s: energy %.2g, forces %.2g, virial %.2g", names[c], vt_train_kernel(s.train), e, f, w);
      tear_down(&s);
    }
}

/* d_energy E + d_force . F + d_virial : W of the frame. */
static double derived(setup *s, double de, const double (*df)[3], const double *dw)
{
  vt_err err = {0};
  vt_train_values v;
  vt_train_set(s->train, s->m);
  VT_TEST_OK(vt_train_forward(s->train, s->frame, &v, &err), &err);
  double sum = de * v.energy;
  for (int i = 0; i < s->g.n; i++)
    for (int a = 0; a < 3; a++) sum += df[i][a] * v.f[i][a];
  for (int k = 0; k < 9; k++) sum += dw[k] * v.virial[k];
  return sum;
}

static double difference(setup *s, size_t k, double de, const double (*df)[3], const double *dw)
{
  const double x = s->m->numbers[k], h = 1e-3 * fmax(fabs(x), 0.1);
  double at[4];
  for (int j = 0; j < 4; j++) {
    s->m->numbers[k] = x + h * (j < 2 ? j - 2 : j - 1);
    at[j] = derived(s, de, df, dw);
  }
  s->m->numbers[k] = x;
  return (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h);
}

enum { BLOCKS = 6 };
static const char *const block_name[BLOCKS] = {"w0", "b0", "w1", "biases", "c radial", "c angular"};

static int block_of(const vt_nep_model *m, size_t k)
{
  const size_t nets = (size_t)(m->bias - m->numbers), net = m->version == 3 ? nets : m->stride;
  const size_t w0 = (size_t)m->neurons * (size_t)m->dim, h = (size_t)m->neurons;
  if (k == nets) return 3;
  if (k > nets) return m->numbers + k < m->c_angular ? 4 : 5;
  const size_t r = k % net;
  return r < w0 ? 0 : r < w0 + h ? 1 : r < w0 + 2 * h ? 2 : 3;
}

/* Numbers in [-1, 1] that differ from place to place. */
static double drawn(size_t k) { return sin(12.9898 * (double)(k + 1)) * cos(0.31 * (double)k); }

/* About `most` numbers of each block, and the worst relative error by block. */
static void check_gradient(setup *s, size_t most, double worst[BLOCKS], int tried[BLOCKS])
{
  const size_t n = s->m->n_trained;
  double *grad = NULL, *out = vt_test_array(n, sizeof *out), dw[9], largest[BLOCKS] = {0};
  double(*df)[3] = vt_test_array((size_t)s->g.n, sizeof *df);
  vt_err err = {0};
  size_t size[BLOCKS] = {0}, seen[BLOCKS] = {0};
  const double de = 0.7;
  for (int i = 0; i < s->g.n; i++)
    for (int a = 0; a < 3; a++) df[i][a] = drawn(3 * (size_t)i + (size_t)a);
  for (size_t k = 0; k < 9; k++) dw[k] = drawn(1000 + k);
  VT_TEST_OK(VT_NEW(grad, vt_train_gradient_size(s->train), &err), &err);
  (void)derived(s, de, (const double(*)[3])df, dw);
  vt_train_backward(s->train, s->frame, de, (const double(*)[3])df, dw, grad);
  vt_train_gradient_read(s->train, grad, out);
  for (size_t k = 0; k < n; k++) {
    const int b = block_of(s->m, k);
    size[b]++;
    largest[b] = fmax(largest[b], fabs(out[k]));
  }
  for (size_t k = 0; k < n; k++) {
    const int b = block_of(s->m, k);
    const size_t step = size[b] / most + 1;
    if (seen[b]++ % step) continue;
    const double want = difference(s, k, de, (const double(*)[3])df, dw);
    const double error = fabs(out[k] - want) / fmax(largest[b], 1e-3);
    worst[b] = fmax(worst[b], error);
    tried[b]++;
    if (!(error < 1e-7))
      fail_msg("number %zu of block '%s': %.12g, by differences %.12g", k, block_name[b], out[k], want);
  }
  vt_free(grad);
  free(out), free(df);
}

static void gradient_is_the_derivative_by_every_block(void **state)
{
  (void)state;
  static const char *const cases[] = {"syn_flags_small.ref", "syn_flex4_small.ref",    "syn_l8_small.ref",
                                      "syn_min_small.ref",   "syn_nep3_7_small.ref",   "syn_nep3_NaCl_small.ref",
                                      "syn_nep5_small.ref",  "syn_typecut4_small.ref", "syn_typezbl7_small.ref",
                                      "syn_zbl4_small.ref",  "syn_zbl4_triclinic.ref", "syn_flags_triclinic.ref"};
  print_message("| case | kernel |");
  for (int b = 0; b < BLOCKS; b++) print_message(" %s |", block_name[b]);
  print_message("\n");
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (vt_simd simd = VT_SIMD_PORTABLE; simd <= VT_SIMD_AVX512; simd++) {
      if (!vt_simd_works(simd)) continue;
      setup s;
      double worst[BLOCKS] = {0};
      int tried[BLOCKS] = {0};
      set_up(&s, cases[c], simd);
      check_gradient(&s, 24, worst, tried);
      print_message("| %s | %s |", cases[c], vt_train_kernel(s.train));
      for (int b = 0; b < BLOCKS; b++) print_message(" %d: %.0e |", tried[b], worst[b]);
      print_message("\n");
      for (int b = 0; b < BLOCKS; b++) assert_true(tried[b] > 0);
      tear_down(&s);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_those_of_an_independent_program),
      cmocka_unit_test(gradient_is_the_derivative_by_every_block),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
