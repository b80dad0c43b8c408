/* A card of a model: what the engine reads from the file must be the model, and what has no label is no number. */
#include <string.h>
#include <unistd.h>

#include "runner/model_card/model_card.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* Two elements, a network of random numbers, written as a file. */
static vt_nep_model *model(const char *path)
{
  vt_err err = {0};
  vt_nep_model *m, form = {.version = 4, .n_types = 2, .symbol = {"Li", "Cl"}, .z = {3, 17}, .l_max = 2, .neurons = 4};
  form.rc_radial[0] = form.rc_radial[1] = 4;
  form.rc_angular[0] = form.rc_angular[1] = 3.5;
  form.n_radial = 3, form.n_angular = 2, form.k_radial = 4, form.k_angular = 4;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  vt_train_draw(m, 1);
  vt_buf b = {0};
  vt_nep_write(m, &b);
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
  return m;
}

/* Three atoms; `labels` of the comment line, columns of forces or none. */
static vt_train_data frames(const char *path, const vt_nep_model *m, const char *labels, int forces)
{
  vt_err err = {0};
  vt_train_data d = {0};
  vt_buf b = {0};
  for (int k = 0; k < 2; k++) {
    vt_buf_printf(&b, "3\nLattice=\"6 0 0 0 6 0 0 0 6\" Properties=species:S:1:pos:R:3%s %s\n",
                  forces ? ":force:R:3" : "", labels);
    for (int i = 0; i < 3; i++)
      vt_buf_printf(&b, "%s %g %g %g%s\n", i ? "Cl" : "Li", 2.2 * i, 0.3 * i, 0.1 * k, forces ? " 0.1 0.2 -0.3" : "");
  }
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
  VT_TEST_OK(vt_train_data_read(&d, m, path, 1, &err), &err);
  assert_int_equal(d.n_mistakes, 0);
  return d;
}

static vt_card_result card(const char *folder, const char *potential, const vt_nep_model *m, vt_train_data *d)
{
  vt_err err = {0};
  vt_card_result out;
  const vt_card c = {.folder = folder, .potential = potential, .m = m, .test = d};
  VT_TEST_OK(vt_card_write(NULL, &c, &out, &err), &err);
  return out;
}

static int says(const char *folder, const char *file, const char *words)
{
  char *text = vt_test_read(vt_test_inside(folder, file), NULL);
  const int found = strstr(text, words) != NULL;
  vt_free(text);
  return found;
}

/* Ten digits in the file; 1e-4 of one number is beyond the limit of 1e-6. */
static void a_file_that_is_not_the_model_fails(void **state)
{
  char folder[VT_TEST_PATH], potential[VT_TEST_PATH + 16];
  (void)state;
  vt_test_folder(folder, "card");
  (void)snprintf(potential, sizeof potential, "%s/nep.txt", folder);
  vt_nep_model *m = model(potential);
  vt_train_data d = frames(vt_test_inside(folder, "d.xyz"), m, "energy=-3 virial=\"1 0 0 0 1 0 0 0 1\"", 1);
  assert_int_equal(card(folder, potential, m, &d).failed, 0);
  assert_true(says(folder, "README.md", "limit 1e-06: passed"));
  for (size_t k = 0; k < m->n_trained; k++) m->numbers[k] *= 1 + 1e-4;
  assert_int_equal(card(folder, potential, m, &d).failed, 1);
  assert_true(says(folder, "README.md", "limit 1e-06: **failed**"));
  assert_true(says(folder, "README.md", "failed 1 of its own checks"));
  assert_true(says(folder, "report.html", "The model failed 1 of its checks"));
  vt_train_data_free(&d);
  vt_nep_free(m);
  vt_test_folder_remove(folder);
}

static void what_has_no_label_is_no_number(void **state)
{
  char folder[VT_TEST_PATH], potential[VT_TEST_PATH + 16];
  (void)state;
  vt_test_folder(folder, "card");
  (void)snprintf(potential, sizeof potential, "%s/nep.txt", folder);
  vt_nep_model *m = model(potential);
  vt_train_data d = frames(vt_test_inside(folder, "d.xyz"), m, "energy=-3 composition=only", 0);
  assert_int_equal(card(folder, potential, m, &d).failed, 0);
  assert_true(says(folder, "report.html", "no labels"));
  assert_true(says(folder, "README.md", "| - | - | - | - |")); /* force, slope, virial, mean virial */
  static const char *const file[] = {"README.md", "report.html", "parity/energy.csv"};
  for (int k = 0; k < 3; k++) assert_false(says(folder, file[k], "nan"));
  assert_true(says(folder, "parity/energy.csv", ",only,,3,-1,"));
  assert_false(says(folder, "parity/virial.csv", "only"));
  assert_false(says(folder, "parity/force.csv", "only"));
  vt_train_data_free(&d);
  vt_nep_free(m);
  vt_test_folder_remove(folder);
}

/* Errors count frames alike; that training did not has to be said where they stand. */
static void weights_of_training_are_said_beside_the_errors(void **state)
{
  char folder[VT_TEST_PATH], potential[VT_TEST_PATH + 16];
  (void)state;
  vt_test_folder(folder, "card");
  (void)snprintf(potential, sizeof potential, "%s/nep.txt", folder);
  vt_nep_model *m = model(potential);
  vt_train_data d = frames(vt_test_inside(folder, "d.xyz"), m, "energy=-3", 1);
  assert_int_equal(card(folder, potential, m, &d).failed, 0);
  assert_false(says(folder, "report.html", "weight in training"));
  d.s[1].weight = 0.1;
  assert_int_equal(card(folder, potential, m, &d).failed, 0);
  assert_true(says(folder, "report.html", "1 of the 2 frames of "));
  assert_true(says(folder, "report.html", " have another weight in training than 1 (0.1); in this table each frame"));
  vt_train_data_free(&d);
  vt_nep_free(m);
  vt_test_folder_remove(folder);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
  char folder[VT_TEST_PATH], potential[VT_TEST_PATH + 16];
  vt_err err = {0};
  vt_card_result out;
  (void)state;
  vt_test_folder(folder, "card");
  (void)snprintf(potential, sizeof potential, "%s/nep.txt", folder);
  vt_nep_model *m = model(potential);
  vt_train_data d = frames(vt_test_inside(folder, "d.xyz"), m, "energy=-3", 0);
  const vt_card c = {.folder = potential, .potential = potential, .m = m, .test = &d}; /* a file */
  VT_TEST_REFUSED(vt_card_write(NULL, &c, &out, &err), VT_EIO, &err, "parity");
  vt_train_data_free(&d);
  vt_nep_free(m);
  vt_test_folder_remove(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_that_is_not_the_model_fails),
                                     cmocka_unit_test(what_has_no_label_is_no_number),
                                     cmocka_unit_test(weights_of_training_are_said_beside_the_errors),
                                     cmocka_unit_test(a_folder_that_cannot_be_written_is_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
