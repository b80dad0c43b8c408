/* Files on another scale of energy are shifted by element; what is only wrong is not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { MOST = 12 };

static vt_nep_model *model(void)
{
  vt_err err = {0};
  vt_nep_model *m, form = {.version = 4, .n_types = 3, .symbol = {"Li", "Al", "Cl"}, .z = {3, 13, 17}, .l_max = 2};
  for (int t = 0; t < 3; t++) form.rc_radial[t] = 4, form.rc_angular[t] = 3.5;
  form.neurons = 4;
  form.n_radial = 3, form.n_angular = 2, form.k_radial = 4, form.k_angular = 4;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  vt_train_draw(m, 1);
  const double e[] = {-2, -3, -4};
  vt_train_put_elements(m, e);
  return m;
}

/* Chains of Li, Al, Cl with these counts, labelled by the model, each energy times `factor` plus the shift by element.
 */
static const double shift[] = {-200.5, -57.25, -405.125};

static void write_chain(vt_buf *b, const vt_nep_model *m, int li, int al, int k, double factor, int shifted, double off)
{
  vt_err err = {0};
  double x[MOST][3];
  int type[MOST], n = 0;
  vt_train *t;
  vt_train_frame *frame;
  vt_train_values v;
  for (; n < MOST; n++) {
    type[n] = n < li ? 0 : n < li + al ? 1 : 2;
    x[n][0] = 2.4 * n, x[n][1] = 0.2 * ((n * (k + 3)) % 5), x[n][2] = 0.1 * ((n + k) % 7);
  }
  const vt_structure s = {.n = n, .cell = {.h = {{2.4 * MOST, 0, 0}, {0, 9, 0}, {0, 0, 9}}}, .x = x};
  VT_TEST_OK(vt_train_frame_new(m, &s, type, &frame, &err), &err);
  VT_TEST_OK(vt_train_open(m, VT_SIMD_PORTABLE, &t, &err), &err);
  vt_train_set(t, m);
  VT_TEST_OK(vt_train_forward(t, frame, &v, &err), &err);
  double e = factor * v.energy + off;
  for (int i = 0; i < n && shifted; i++) e += shift[type[i]];
  vt_buf_printf(b, "%d\nLattice=\"%g 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3 energy=%.10f run=r%d\n", n,
                2.4 * MOST, e, k);
  for (int i = 0; i < n; i++) vt_buf_printf(b, "%s %.3f %.3f %.3f\n", m->symbol[type[i]], x[i][0], x[i][1], x[i][2]);
  vt_train_frame_free(frame);
  vt_train_close(t);
}

/* Frame k of 9 has one of three compositions. */
static void write_file(const char *path, const vt_nep_model *m, int n, double factor, int shifted, int spoilt)
{
  vt_buf b = {0};
  for (int k = 0; k < n; k++) write_chain(&b, m, 2 + k % 3, 2 + (k / 3) % 2, k, factor, shifted, 0);
  if (spoilt) { /* one more, in Ha */
    write_chain(&b, m, 2, 2, n, 1 / 27.211386, 0, 0);
  }
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
}

typedef struct world {
  char folder[VT_TEST_PATH];
  vt_nep_model *m;
  vt_train_data d;
} world;

static int begin(void **state)
{
  static world w;
  w = (world){.m = model()};
  vt_test_folder(w.folder, "scales");
  *state = &w;
  return 0;
}

static int end(void **state)
{
  world *w = *state;
  vt_train_data_free(&w->d);
  vt_nep_free(w->m);
  vt_test_folder_remove(w->folder);
  return 0;
}

static void add(world *w, const char *name, int n, double factor, int shifted, int spoilt)
{
  vt_err err = {0};
  const char *path = vt_test_inside(w->folder, name);
  write_file(path, w->m, n, factor, shifted, spoilt);
  VT_TEST_OK(vt_train_data_read(&w->d, w->m, path, 1, &err), &err);
}

static void rescale_and_check(world *w, int by_model, int model_moves)
{
  vt_err err = {0};
  vt_train_data *const set[] = {&w->d};
  const vt_train_rescaling o = {
      .set = set, .n_sets = 1, .by_model = by_model, .model_moves = model_moves, .m = w->m, .simd = VT_SIMD_PORTABLE};
  VT_TEST_OK(vt_train_data_rescale(&o, &err), &err);
  VT_TEST_OK(vt_train_data_check(&w->d, w->m, &err), &err);
}

static int told(const world *w, const char *text) { return w->d.shifts.s && strstr(w->d.shifts.s, text) != NULL; }

/* Ten digits were written; the ridge leaves 1e-6 of the shift to the cube. */
static void the_shift_against_a_model_is_the_one_that_was_added(void **state)
{
  world *w = *state;
  add(w, "dft.xyz", 9, 1, 1, 0);
  rescale_and_check(w, 1, 0);
  assert_int_equal(w->d.n_mistakes, 0);
  assert_true(told(w, "another scale than the model's, 9 frames"));
  for (int k = 0; k < 9; k++) assert_true(fabs(w->d.s[k].energy) < 12 * 10); /* -300 eV an atom it was */
}

static void against_other_files_it_is_found_from_equal_formulas(void **state)
{
  world *w = *state;
  add(w, "base.xyz", 30, 1, 0, 0);
  add(w, "dft.xyz", 9, 1, 1, 0);
  rescale_and_check(w, 0, 1);
  assert_int_equal(w->d.n_mistakes, 0);
  assert_true(told(w, "those of the other files, 9 frames"));
}

static void one_frame_in_hartree_among_them_is_still_a_mistake(void **state)
{
  world *w = *state;
  add(w, "base.xyz", 30, 1, 0, 1);
  add(w, "dft.xyz", 9, 1, 1, 1);
  rescale_and_check(w, 0, 1);
  assert_int_equal(w->d.n_mistakes, 2);
  assert_true(told(w, "dft.xyz: energies on another scale"));
}

static void a_file_in_hartree_is_no_other_scale(void **state)
{
  world *w = *state;
  add(w, "base.xyz", 30, 1, 0, 0);
  add(w, "hartree.xyz", 9, 1 / 27.211386, 0, 0);
  rescale_and_check(w, 0, 1);
  assert_int_equal(w->d.shifts.len, 0);
  assert_int_equal(w->d.n_mistakes, 9);
}

static void data_of_one_scale_are_left_alone(void **state)
{
  world *w = *state;
  add(w, "base.xyz", 30, 1, 0, 0);
  add(w, "more.xyz", 9, 1, 0, 0);
  rescale_and_check(w, 0, 1);
  rescale_and_check(w, 1, 1);
  assert_int_equal(w->d.shifts.len, 0);
}

static void a_start_that_will_be_moved_is_not_met_half_way(void **state)
{
  world *w = *state;
  add(w, "dft.xyz", 9, 1, 1, 0);
  const double before = w->d.s[0].energy;
  rescale_and_check(w, 1, 1);
  assert_int_equal(w->d.shifts.len, 0);
  assert_true(w->d.s[0].energy == before);
}

/* Three compositions span three shifts: four frames leave one number to compare, which is not enough to believe. */
static void too_few_frames_lose_their_energies(void **state)
{
  world *w = *state;
  add(w, "dft.xyz", 4, 1, 1, 0);
  rescale_and_check(w, 1, 0);
  assert_int_equal(w->d.shifts.len, 0);
  for (int k = 0; k < 4; k++) assert_false(w->d.s[k].has_energy);
  assert_non_null(strstr(w->d.warns.s, "takes at least 5 such frames, and there are 4"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_shift_against_a_model_is_the_one_that_was_added, begin, end),
      cmocka_unit_test_setup_teardown(against_other_files_it_is_found_from_equal_formulas, begin, end),
      cmocka_unit_test_setup_teardown(one_frame_in_hartree_among_them_is_still_a_mistake, begin, end),
      cmocka_unit_test_setup_teardown(a_file_in_hartree_is_no_other_scale, begin, end),
      cmocka_unit_test_setup_teardown(data_of_one_scale_are_left_alone, begin, end),
      cmocka_unit_test_setup_teardown(a_start_that_will_be_moved_is_not_met_half_way, begin, end),
      cmocka_unit_test_setup_teardown(too_few_frames_lose_their_energies, begin, end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
