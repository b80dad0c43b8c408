/* What is wrong with labelled frames side by side.
 *
 * References: the text itself, of which each claim changes one thing; a frame moved, turned or in another order is
 * written from the same numbers, and one with a single atom 0.05 A elsewhere must not be taken for it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/unit/engine/train/train_fixture.h"
#include "tests/vt_test.h"

enum { ATOMS = 8 };

static vt_nep_model *small_model(void)
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
  vt_train_draw(m, 3);
  return m;
}

static double drawn(size_t k) { return train_drawn(7, k); }

/* How a frame is written. */
typedef struct how {
  size_t seed;             /* of its places and labels */
  double energy, v, shift; /* eV an atom; -1: as drawn; factor of volume; A */
  double virial;           /* of xx, yy, zz, eV; 0: drawn */
  int turned, reversed;    /* about z by a right angle; order of atoms */
  int moved;               /* this atom, by 0.05 A; -1: none */
  const char *words;
} how;

static void add_frame(vt_buf *b, how h)
{
  const double edge = 5.2 * cbrt(h.v);
  const double w = h.virial != 0 ? h.virial : 4 * drawn(1000 * h.seed + 900) - 2;
  const double e = ATOMS * (h.energy != 0 ? h.energy : -5 + 0.1 * drawn(1000 * h.seed + 901));
  vt_buf_printf(
      b, "%d\nLattice=\"%.8f %.8f 0 %.8f %.8f 0 0 0 %.8f\" energy=%.6f virial=\"%.6f 0 0 0 %.6f 0 0 0 %.6f\" ", ATOMS,
      h.turned ? 0 : edge, h.turned ? edge : 0, h.turned ? -edge : 0, h.turned ? 0 : edge, edge, e, w, w, w);
  vt_buf_printf(b, "%s Properties=species:S:1:pos:R:3:force:R:3\n", h.words ? h.words : "");
  for (int k = 0; k < ATOMS; k++) {
    const size_t i = (size_t)(h.reversed ? ATOMS - 1 - k : k), at = 1000 * h.seed + 10 * i;
    double x[3];
    for (size_t a = 0; a < 3; a++) x[a] = 0.5 * edge * (double)(i >> a & 1) + 0.6 * drawn(at + a) + h.shift;
    if ((int)i == h.moved) x[0] += 0.05;
    vt_buf_printf(b, "%s %.8f %.8f %.8f", i % 2 ? "Cl" : "Li", h.turned ? -x[1] : x[0], h.turned ? x[0] : x[1], x[2]);
    for (size_t a = 0; a < 3; a++) /* opposite in pairs: they add up to nothing */
      vt_buf_printf(b, " %.6f", (i % 2 ? -1 : 1) * (2 * drawn(1000 * h.seed + 10 * (i - i % 2) + 3 + a) - 1));
    vt_buf_printf(b, "\n");
  }
}

static const how plain = {.v = 1, .moved = -1};

static how of(size_t seed)
{
  how h = plain;
  h.seed = seed;
  return h;
}

static void read_text(const vt_nep_model *m, vt_buf *b, vt_train_data *d)
{
  vt_err err = {0};
  char folder[VT_TEST_PATH];
  vt_test_folder(folder, "check");
  const char *path = vt_test_inside(folder, "data.xyz");
  vt_test_write(path, b->s, b->len);
  VT_TEST_OK(vt_train_data_read(d, m, path, 1, &err), &err);
  vt_test_folder_remove(folder);
  vt_buf_free(b);
}

static int has(const vt_buf *b, const char *text) { return b->s && strstr(b->s, text); }

static void twins_are_found_whatever_was_done_to_them(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model();
  vt_buf b = {0}, c = {0};
  vt_train_data d = {0}, test = {0};
  for (size_t k = 0; k < 30; k++) add_frame(&b, of(k));
  how h[5] = {of(3), of(4), of(5), of(6), of(7)};
  h[0].shift = 1.7;
  h[1].turned = 1;
  h[2].reversed = 1;
  h[2].shift = -9;
  h[3].moved = 2; /* another frame */
  h[4].v = 1.001; /* another cell */
  for (int k = 0; k < 5; k++) add_frame(&c, h[k]);
  read_text(m, &b, &d);
  read_text(m, &c, &test);
  VT_TEST_OK(vt_train_data_compare(&d, &d, "trained on", &err), &err);
  assert_int_equal(d.n_warns, 0);
  VT_TEST_OK(vt_train_data_compare(&d, &test, "trained on", &err), &err);
  assert_int_equal(test.n_mistakes, 3);
  static const char *const told[3] = {"data.xyz:1: the same frame (shifted", "data.xyz:11: the same frame (shifted",
                                      "data.xyz:21: the same frame (shifted"};
  for (int k = 0; k < 3; k++) assert_true(has(&test.mistakes, told[k]));
  vt_train_data_free(&d), vt_train_data_free(&test);
  vt_nep_free(m);
}

static void of_two_clusters_of_energies_one_is_told(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model();
  for (int others = 1; others <= 9; others++) { /* of ten frames so many are in Ha */
    vt_buf b = {0};
    vt_train_data d = {0};
    for (int k = 0; k < 10; k++) {
      how h = of((size_t)k);
      h.energy = k < others ? -5.05 / 27.211386 : -5.05;
      add_frame(&b, h);
    }
    read_text(m, &b, &d);
    VT_TEST_OK(vt_train_data_check(&d, m, &err), &err);
    assert_int_equal(d.n_mistakes, others <= 5 ? others : 10 - others);
    if (others < 5) assert_true(has(&d.mistakes, "as if in Ha"));
    vt_train_data_free(&d);
  }
  vt_nep_free(m);
}

static void the_sign_of_virials_is_seen_and_noise_is_not_taken_for_it(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model();
  for (int kind = 0; kind < 3; kind++) { /* right, wrong, noise */
    vt_buf b = {0};
    vt_train_data d = {0};
    for (size_t k = 0; k < 60; k++) {
      how h = of(k);
      h.v = 0.8 + 0.4 * drawn(5000 + k);
      h.virial = kind == 2 ? 0 : (kind ? 1 : -1) * 10 * (h.v - 1) + 0.01;
      add_frame(&b, h);
    }
    read_text(m, &b, &d);
    VT_TEST_OK(vt_train_data_check(&d, m, &err), &err);
    assert_int_equal(d.n_mistakes, kind == 1);
    if (kind == 1) assert_true(has(&d.mistakes, "data.xyz:2: virials of this file grow with the volume"));
    vt_train_data_free(&d);
  }
  vt_nep_free(m);
}

static void warnings_are_counted_and_only_the_first_are_shown(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = small_model();
  vt_buf b = {0}, c = {0};
  vt_train_data d = {0}, test = {0};
  char run[8][8];
  for (size_t k = 0; k < 8; k++) {
    how h = of(k);
    (void)snprintf(run[k], sizeof run[k], "run=%zu", k);
    h.words = run[k];
    add_frame(&b, h);
    h.seed += 100;
    add_frame(&c, h);
    add_frame(&c, (how){.seed = h.seed + 100, .v = 1, .moved = -1, .words = run[k]});
  }
  read_text(m, &b, &d);
  read_text(m, &c, &test);
  VT_TEST_OK(vt_train_data_compare(&d, &test, "trained on", &err), &err);
  assert_int_equal(test.n_shared, 8); /* trajectories, not their 16 frames */
  assert_int_equal(test.n_warns, 8);
  int lines = 0;
  for (const char *at = test.warns.s; at && *at; at = strchr(at, '\n') + 1) lines++;
  assert_int_equal(lines, 6);
  assert_true(has(&test.warns, "warning: 3 more like these: trajectories in two sets"));
  assert_int_equal(test.n_mistakes, 0);
  vt_train_data_free(&d), vt_train_data_free(&test);
  vt_nep_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(twins_are_found_whatever_was_done_to_them),
      cmocka_unit_test(of_two_clusters_of_energies_one_is_told),
      cmocka_unit_test(the_sign_of_virials_is_seen_and_noise_is_not_taken_for_it),
      cmocka_unit_test(warnings_are_counted_and_only_the_first_are_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
