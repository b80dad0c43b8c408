/* Labelled frames, their loss, the first numbers, Adam.
 *
 * References: the labels as they are written here; differences of five points of the loss itself (steps of 1e-3: error
 * 1e-12 of the loss by rounding over the step, 1e-12 by the fifth derivative; 1e-7 relative is asked); element energies
 * that the labels were made of; a quadratic function, whose minimum is known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/unit/engine/train/train_fixture.h"
#include "tests/vt_test.h"

static vt_nep_model *small_model(uint64_t seed)
{
  vt_err err = {0};
  vt_nep_model form = {.version = 4,
                       .n_types = 2,
                       .symbol = {"Li", "Cl"},
                       .z = {3, 17},
                       .rc_radial = {4, 4},
                       .rc_angular = {3.5, 3.5},
                       .n_radial = 3,
                       .n_angular = 2,
                       .k_radial = 4,
                       .k_angular = 4,
                       .l_max = 2,
                       .neurons = 4},
               *m;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  vt_train_draw(m, seed);
  return m;
}

static double drawn(size_t k) { return train_drawn(5, k); }

enum { ATOMS = TRAIN_ATOMS };

/* A frame of 8 atoms on a disturbed lattice, labels that come from nowhere; `run` in its comment line. */
static void add_frame(vt_buf *b, size_t k, int n_li, const char *words)
{
  vt_buf_printf(b, "%d\nLattice=\"5.2 0 0 0 5.4 0 0.3 0 5.6\" energy=%.6f virial=\"", ATOMS, -20 + drawn(100 * k));
  const double w[6] = {drawn(100 * k + 90), drawn(100 * k + 91), drawn(100 * k + 92), 0.1, 0.2, 0.3};
  vt_buf_printf(b, "%.6f %.6f %.6f %.6f %.6f %.6f %.6f %.6f %.6f\" %s Properties=species:S:1:pos:R:3:force:R:3\n", w[0],
                w[3], w[4], w[3], w[1], w[5], w[4], w[5], w[2], words);
  double x[ATOMS][3];
  train_places(100 * k, x);
  for (size_t i = 0; i < ATOMS; i++) {
    const size_t at = 100 * k + 10 * i;
    vt_buf_printf(b, "%s", (int)i < n_li ? "Li" : "Cl");
    for (size_t a = 0; a < 3; a++) vt_buf_printf(b, " %.6f", x[i][a]);
    for (size_t a = 0; a < 3; a++) vt_buf_printf(b, " %.6f", 2 * drawn(at + 3 + a) - 1);
    vt_buf_printf(b, "\n");
  }
}

static void read_text(const vt_nep_model *m, const char *text, size_t n, vt_train_data *d)
{
  vt_err err = {0};
  char folder[VT_TEST_PATH];
  vt_test_folder(folder, "train");
  const char *path = vt_test_inside(folder, "data.xyz");
  vt_test_write(path, text, n);
  VT_TEST_OK(vt_train_data_read(d, m, path, 1, &err), &err);
  vt_test_folder_remove(folder);
}

static void labels_are_what_the_file_says(void **state)
{
  (void)state;
  static const char text[] = "1\n"
                             "Lattice=\"2 0 0 0 3 0 0 0 4\" energy=-1.5 stress=\"0.1 0.2 0.3 0.4 0.5 0.6\" "
                             "config_type=md composition=LiCl sample=vol t_k=600 weight=0.5 "
                             "Properties=species:S:1:pos:R:3:forces:R:3\n"
                             "Li 0.1 0.2 0.3 1 -2 3\n";
  /* -stress * volume, volume 24, of xx yy zz yz xz xy */
  static const double virial[9] = {-2.4, -14.4, -12, -14.4, -4.8, -9.6, -12, -9.6, -7.2};
  vt_nep_model *m = small_model(1);
  vt_train_data d = {0};
  read_text(m, text, sizeof text - 1, &d);
  assert_int_equal(d.n, 1);
  assert_int_equal(d.n_mistakes, 0);
  const vt_train_sample *s = &d.s[0];
  near(s->energy, -1.5, 0);
  near(s->weight, 0.5, 0);
  near(s->f[0][1], -2, 0);
  assert_true(vt_test_difference(s->virial, virial, 9) < 1e-15);
  assert_string_equal(s->config_type, "md");
  assert_string_equal(d.comp[s->comp], "LiCl");
  assert_string_equal(s->trajectory, "LiCl vol 600");
  vt_train_data_free(&d);
  vt_nep_free(m);
}

static void every_mistake_is_told_with_its_line(void **state)
{
  (void)state;
  static const char text[] =
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" Properties=species:S:1:pos:R:3\nLi 0 0 0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" energy=1 Properties=species:S:1:pos:R:3\nXe 0 0 0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" energy=1 Properties=species:S:1:pos:R:3:force:R:3\nLi 0 0 0 0 0 101\n"
      "2\nLattice=\"5 0 0 0 5 0 0 0 5\" energy=1 Properties=species:S:1:pos:R:3\nLi 0 0 0\nCl 0.2 0 0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" virial=\"1 0 0 0 1 0 0 0 1\" stress=\"0.008 0 0 0 0.008 0 0 0 0.008\"\nLi 0 0 "
      "0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" energy=one\nLi 0 0 0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" energy=1 weight=-1\nLi 0 0 0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" virial=\"1 2 3\"\nLi 0 0 0\n"
      "1\nLattice=\"5 0 0 0 5 0 0 0 5\" virial=\"1 2 0 0 1 0 0 0 1\"\nLi 0 0 0\n";
  static const char *const told[] = {
      ":2: no label",
      ":6: element Xe is not one",
      ":9: a force of 101",
      ":12: atoms 1 and 2 are nearer than 0.3 A",
      ":15: virial and stress contradict each other",
      ":18: energy=\"one\"",
      ":21: weight=-1, expected a positive number",
      ":24: virial has 3 numbers, expected 9",
      ":27: the virial is not symmetric",
  };
  vt_nep_model *m = small_model(1);
  vt_train_data d = {0};
  read_text(m, text, sizeof text - 1, &d);
  for (size_t k = 0; k < sizeof told / sizeof *told; k++)
    if (!strstr(d.mistakes.s, told[k])) fail_msg("'%s' is not in\n%s", told[k], d.mistakes.s);
  assert_int_equal(d.n_mistakes, sizeof told / sizeof *told);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

/* ------------------------------------------------------------------ the loss through the whole model */

static const vt_train_scales scales = {0.05, 0.4, 0.1, 0.02, 0.3};

/* The loss of all frames: the mean of theirs, and that of their mean virial errors;
 * with `gradient` its derivative. */
static double loss_of(const vt_nep_model *m, vt_train *t, vt_train_data *d, double *gradient)
{
  vt_err err = {0};
  double mean[8] = {0}, weight[8] = {0}, all = 0, loss = 0, d_force[ATOMS][3], dw[9], de;
  vt_train_terms terms;
  vt_train_values v;
  vt_train_set(t, m);
  for (int pass = 0; pass < (gradient ? 2 : 1); pass++)
    for (int k = 0; k < d->n; k++) {
      vt_train_sample *s = &d->s[k];
      VT_TEST_OK(vt_train_sample_frame(m, s, &err), &err);
      VT_TEST_OK(vt_train_forward(t, s->frame, &v, &err), &err);
      vt_train_loss(s, &v, &scales, pass ? mean[s->comp] / weight[s->comp] : 0, &terms, &de, d_force, dw);
      if (pass) {
        vt_train_backward(t, s->frame, de, (const double(*)[3])d_force, dw, gradient);
        continue;
      }
      loss += terms.loss;
      mean[s->comp] += terms.mean_virial;
      weight[s->comp] += terms.weight;
      all += terms.weight;
    }
  for (int c = 0; c < d->n_comp; c++) {
    const double z = fabs(mean[c] / weight[c] / scales.mean_virial);
    loss += weight[c] * (z < 5 ? z * z : 10 * z - 25);
  }
  return loss / all;
}

static void the_gradient_of_the_loss_is_its_derivative_by_every_number(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model(3);
  vt_train *t;
  vt_buf b = {0};
  vt_train_data d = {0};
  double *gradient = NULL, all = 0, largest = 0, worst = 0;
  for (size_t k = 0; k < 6; k++) add_frame(&b, k, 3 + (int)(k % 2), k % 3 ? "weight=0.7" : "weight=2");
  read_text(m, b.s, b.len, &d);
  assert_int_equal(d.n_mistakes, 0);
  VT_TEST_OK(vt_train_fit_scales(m, VT_SIMD_PORTABLE, &d, NULL, 100, 3, &err), &err);
  VT_TEST_OK(vt_train_open(m, VT_SIMD_PORTABLE, &t, &err), &err);
  VT_TEST_OK(VT_NEW(gradient, vt_train_gradient_size(t), &err), &err);
  (void)loss_of(m, t, &d, gradient);
  double *got = vt_test_array(m->n_trained, sizeof *got);
  vt_train_gradient_read(t, gradient, got);
  for (int k = 0; k < d.n; k++) all += d.s[k].weight;
  for (size_t k = 0; k < m->n_trained; k++) largest = fmax(largest, fabs(got[k] / all));
  for (size_t k = 0; k < m->n_trained; k++) {
    const double x = m->numbers[k], h = 1e-3 * fmax(0.1, fabs(x));
    double at[4];
    for (int j = 0; j < 4; j++) {
      m->numbers[k] = x + h * (j < 2 ? j - 2 : j - 1);
      at[j] = loss_of(m, t, &d, NULL);
    }
    m->numbers[k] = x;
    const double want = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h);
    worst = fmax(worst, fabs(got[k] / all - want) / largest);
  }
  print_message("worst error of %zu derivatives: %.1e of the largest\n", m->n_trained, worst);
  assert_true(worst < 1e-7);
  vt_free(gradient), free(got);
  vt_train_close(t);
  vt_buf_free(&b);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

static void beyond_five_scales_an_error_pulls_no_harder(void **state)
{
  (void)state;
  double x[1][3] = {{0}}, f[1][3] = {{0}}, df[1][3], dw[9], de;
  vt_train_sample s = {.n = 1, .x = x, .f = f, .weight = 1};
  double got[1][3] = {{4 * 0.4, 5 * 0.4, -50 * 0.4}};
  vt_train_terms t;
  vt_train_loss(&s, &(vt_train_values){.f = got}, &scales, 0, &t, &de, df, dw);
  near(t.loss, (16 + 25 + 475) / 3.0, 1e-12); /* 10 * 50 - 25 */
  near(df[0][0], 8 / 0.4 / 3, 1e-12);
  near(df[0][1], 10 / 0.4 / 3, 1e-12);
  near(df[0][2], -10 / 0.4 / 3, 1e-12);
}

/* ------------------------------------------------------------------ first numbers */

static void element_energies_of_the_labels_are_found(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model(7);
  vt_train *t;
  vt_buf b = {0};
  vt_train_data d = {0};
  vt_train_values v;
  double e[2];
  for (size_t k = 0; k < 5; k++) add_frame(&b, k, 1 + (int)k, "");
  read_text(m, b.s, b.len, &d);
  VT_TEST_OK(vt_train_open(m, VT_SIMD_PORTABLE, &t, &err), &err);
  vt_train_set(t, m);
  for (int k = 0; k < d.n; k++) {
    VT_TEST_OK(vt_train_sample_frame(m, &d.s[k], &err), &err);
    VT_TEST_OK(vt_train_forward(t, d.s[k].frame, &v, &err), &err);
    d.s[k].energy = v.energy + (1 + k) * -1.25 + (7 - k) * -3.5;
  }
  VT_TEST_OK(vt_train_fit_elements(m, VT_SIMD_PORTABLE, &d, NULL, 100, e, &err), &err);
  near(e[0], -1.25, 1e-6); /* the ridge: (1e-4 over the variance of the shares, 0.15)^3 times a few eV: 1e-9 */
  near(e[1], -3.5, 1e-6);
  vt_train_put_elements(m, e);
  vt_train_set(t, m);
  for (int k = 0; k < d.n; k++) { /* the constant neuron was zero before: now the labels come out */
    VT_TEST_OK(vt_train_forward(t, d.s[k].frame, &v, &err), &err);
    near(v.energy, d.s[k].energy, 1e-5);
  }
  vt_train_close(t);
  vt_buf_free(&b);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

static void a_part_of_a_model_gives_what_the_whole_gives(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model(9), *part;
  static const char both[2][4] = {"Cl", "Li"}, other[1][4] = {"Xe"};
  vt_buf b = {0};
  vt_train_data d = {0}, turned = {0};
  vt_train *t;
  vt_train_values v;
  add_frame(&b, 1, 3, "");
  read_text(m, b.s, b.len, &d);
  VT_TEST_OK(vt_train_cut(m, 2, both, &part, &err), &err);
  read_text(part, b.s, b.len, &turned);
  double energy[2];
  for (int k = 0; k < 2; k++) {
    vt_train_sample *s = k ? turned.s : d.s;
    const vt_nep_model *of = k ? part : m;
    VT_TEST_OK(vt_train_open(of, VT_SIMD_PORTABLE, &t, &err), &err);
    vt_train_set(t, of);
    VT_TEST_OK(vt_train_sample_frame(of, s, &err), &err);
    VT_TEST_OK(vt_train_forward(t, s->frame, &v, &err), &err);
    energy[k] = v.energy;
    vt_train_close(t);
  }
  near(energy[1], energy[0], 1e-12);
  vt_nep_free(part);
  VT_TEST_REFUSED(vt_train_cut(m, 1, other, &part, &err), VT_EINVAL, &err, "has no Xe");
  vt_buf_free(&b);
  vt_train_data_free(&d);
  vt_train_data_free(&turned);
  vt_nep_free(m);
}

/* ------------------------------------------------------------------ held back, order, Adam */

static void whole_trajectories_are_held_back_and_no_element_is_lost(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model(1);
  vt_buf b = {0};
  vt_train_data d = {0};
  int in[41], held = 0;
  for (size_t k = 0; k < 40; k++) {
    char words[32];
    (void)snprintf(words, sizeof words, "run=r%zu", k / 4);
    add_frame(&b, k, 0, words);
  }
  add_frame(&b, 40, 4, "run=only"); /* alone has Li */
  read_text(m, b.s, b.len, &d);
  for (uint64_t seed = 1; seed < 20; seed++) {
    VT_TEST_OK(vt_train_split(&d, 2, 0, 0.2, seed, in, &err), &err);
    held = 0;
    for (int k = 0; k < 40; k++) {
      assert_int_equal(in[k], in[k / 4 * 4]);
      held += in[k];
    }
    assert_in_range(held, 8, 12);
    assert_int_equal(in[40], 0);
  }
  vt_buf_free(&b);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

static void frames_that_stand_in_both_sets_are_told(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model(1);
  vt_buf b = {0}, c = {0};
  vt_train_data d = {0}, test = {0};
  add_frame(&b, 0, 4, "run=a");
  add_frame(&b, 1, 4, "run=b");
  add_frame(&c, 2, 4, "run=b");
  add_frame(&c, 0, 4, "run=c");
  read_text(m, b.s, b.len, &d);
  read_text(m, c.s, c.len, &test);
  VT_TEST_OK(vt_train_data_compare(&d, &test, "trained on", &err), &err);
  assert_int_equal(test.n_mistakes, 1);
  assert_non_null(strstr(test.mistakes.s, "data.xyz:11: the same frame as"));
  assert_non_null(strstr(test.warns.s, "data.xyz:1: warning: trajectory 'run b'"));
  vt_buf_free(&b), vt_buf_free(&c);
  vt_train_data_free(&d);
  vt_train_data_free(&test);
  vt_nep_free(m);
}

static void an_order_has_all_frames_once_and_is_another_in_each_epoch(void **state)
{
  (void)state;
  int order[100], again[100], seen[100] = {0}, same = 0;
  vt_train_order(3, 7, 100, order);
  vt_train_order(3, 7, 100, again);
  assert_memory_equal(order, again, sizeof order);
  for (int k = 0; k < 100; k++) seen[order[k]]++;
  for (int k = 0; k < 100; k++) assert_int_equal(seen[k], 1);
  vt_train_order(3, 8, 100, again);
  for (int k = 0; k < 100; k++) same += order[k] == again[k];
  assert_true(same < 10);
}

static void adam_finds_the_minimum_of_a_quadratic_function(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_train_adam a;
  double x[3] = {1, -2, 0.5}, g[3];
  static const double at[3] = {0.2, 0.1, -0.3}, stiff[3] = {1, 100, 1e4};
  VT_TEST_OK(vt_train_adam_open(&a, x, 3, &err), &err);
  for (int k = 0; k < 4000; k++) {
    for (int i = 0; i < 3; i++) g[i] = stiff[i] * (x[i] - at[i]);
    vt_train_adam_step(&a, vt_train_rate(0.05, (k + 1) / 4000.0, 100 / 4000.0), g, x);
  }
  for (int i = 0; i < 3; i++) near(x[i], at[i], 1e-3); /* the last rates are 2.5e-4 and less */
  near(vt_train_rate(0.05, 0.1, 0.1), 0.05, 1e-15);
  near(vt_train_rate(0.05, 0.05, 0.1), 0.025, 1e-15);
  near(vt_train_rate(0.05, 1, 0.1), 0.05 / 200, 1e-15);
  vt_train_adam_close(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_what_the_file_says),
      cmocka_unit_test(every_mistake_is_told_with_its_line),
      cmocka_unit_test(the_gradient_of_the_loss_is_its_derivative_by_every_number),
      cmocka_unit_test(beyond_five_scales_an_error_pulls_no_harder),
      cmocka_unit_test(element_energies_of_the_labels_are_found),
      cmocka_unit_test(a_part_of_a_model_gives_what_the_whole_gives),
      cmocka_unit_test(whole_trajectories_are_held_back_and_no_element_is_lost),
      cmocka_unit_test(frames_that_stand_in_both_sets_are_told),
      cmocka_unit_test(an_order_has_all_frames_once_and_is_another_in_each_epoch),
      cmocka_unit_test(adam_finds_the_minimum_of_a_quadratic_function),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
