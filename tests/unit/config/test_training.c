/* A training file: what is asked, what is not said, and every mistake with its place.  Compared with what the text
 * says. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static const char good[] =
    "vitrion_train: 1\n"
    "name: mine\n"
    "elements: [Li, Al, Cl]\n"
    "model: {cutoff: [5.5 A, 0.45 nm], n_max: [3, 2], basis: [5, 4], l_max: [3, 2, 0], neurons: 20}\n"
    "data:\n"
    "  - {files: [a.xyz, /there/b.xyz.xz], weight: 0.3}\n"
    "  - {files: c.xyz}\n"
    "validation: {by: trajectory, fraction: 0.2}\n"
    "test: {files: [d.xyz]}\n"
    "loss: {energy: 0.02 eV/atom, force: 50 meV/A, mean_virial: 0}\n"
    "schedule: {epochs: 7, batch: 3, learning_rate: 2e-3, seed: 42}\n";

static vt_status load(const char *text, vt_training **t, vt_diags *d, char folder[VT_TEST_PATH], vt_err *err)
{
  vt_test_folder(folder, "training");
  const char *path = vt_test_inside(folder, "t.yaml");
  vt_test_write_text(path, text);
  const vt_status rc = vt_training_load(path, t, d, err);
  vt_test_folder_remove(folder);
  return rc;
}

static void what_is_asked_is_taken(void **state)
{
  (void)state;
  char folder[VT_TEST_PATH], want[VT_PATH];
  vt_training *t;
  vt_diags d;
  vt_err err = {0};
  VT_TEST_OK(load(good, &t, &d, folder, &err), &err);
  assert_string_equal(t->name, "mine");
  assert_string_equal(t->output, "runs/train/mine");
  assert_string_equal(t->start, "");
  assert_int_equal(t->n_elements, 3);
  assert_string_equal(t->element[1], "Al");
  near(t->cutoff[0], 5.5, 0);
  near(t->cutoff[1], 4.5, 1e-12);
  assert_int_equal(t->n_max[1], 2);
  assert_int_equal(t->l_max[0], 3);
  near(t->zbl, 2, 0); /* not said */
  assert_int_equal(t->data.n, 3);
  (void)snprintf(want, sizeof want, "%s/a.xyz", folder);
  assert_string_equal(t->data.f[0].path, want);
  assert_string_equal(t->data.f[1].path, "/there/b.xyz.xz");
  near(t->data.f[1].weight, 0.3, 0);
  near(t->data.f[2].weight, 1, 0);
  assert_int_equal(t->test.n, 1);
  assert_int_equal(t->validation.n, 0);
  near(t->fraction, 0.2, 0);
  near(t->energy, 0.02, 1e-15);
  near(t->force, 0.05, 1e-15);
  near(t->virial, 0.02, 1e-15); /* not said */
  near(t->mean_virial, 0, 0);
  near(t->rate, 2e-3, 0);
  assert_int_equal(t->epochs, 7);
  assert_int_equal(t->batch, 3);
  assert_int_equal(t->seed, 42);
  vt_training_free(t);
  vt_diags_free(&d);
}

static void all_mistakes_are_told_at_once(void **state)
{
  (void)state;
  static const char bad[] = "vitrion_train: 2\n"
                            "name: -mine\n"
                            "elements: [Li, Li, Q]\n"
                            "start: x.txt\n"
                            "model: {cutoff: [5 A], neurons: 20 A}\n"
                            "data:\n"
                            "  - {weight: 0}\n"
                            "loss: {force: 5 GPa}\n"
                            "shedule: {epochs: 7}\n"
                            "schedule: 12\n";
  static const char *const told[] = {
      ":1:16: vitrion_train: '2' is not known, expected 1",
      ":2:7: name: '-mine' is not a name",
      ":3:16: elements: Li stands twice",
      ":3:20: elements: 'Q' is not an element",
      ":5:17: model.cutoff: expected a list of 2 numbers",
      ":5:33: model.neurons: '20 A' is not a whole number",
      ":7:14: data.weight: '0' is not a positive number",
      ":7:5: data: an item without files",
      ":8:15: loss.force: 'GPa' is not a unit of force",
      ":9:1: shedule: no such key, did you mean 'schedule'?",
      ":10:11: schedule: expected a section",
      "model: not used: a model that begins with another one (start) has its form",
  };
  char folder[VT_TEST_PATH];
  vt_training *t;
  vt_diags d;
  vt_err err = {0};
  vt_buf text = {0};
  VT_TEST_REFUSED(load(bad, &t, &d, folder, &err), VT_EPARSE, &err, "11 mistakes");
  vt_diags_format(&d, &text);
  for (size_t k = 0; k < sizeof told / sizeof *told; k++)
    if (!strstr(text.s, told[k])) fail_msg("'%s' is not in\n%s", told[k], text.s);
  assert_null(t);
  vt_buf_free(&text);
  vt_diags_free(&d);
}

static void what_is_required_is_asked_for(void **state)
{
  (void)state;
  static const char *const key[] = {"vitrion_train", "name", "elements", "data"};
  char folder[VT_TEST_PATH];
  vt_training *t;
  vt_diags d;
  vt_err err = {0};
  vt_buf text = {0};
  VT_TEST_REFUSED(load("schedule: {epochs: 3}\n", &t, &d, folder, &err), VT_EPARSE, &err, "4 mistakes");
  vt_diags_format(&d, &text);
  for (size_t k = 0; k < 4; k++) assert_non_null(strstr(text.s, key[k]));
  vt_buf_free(&text);
  vt_diags_free(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_asked_is_taken),
      cmocka_unit_test(all_mistakes_are_told_at_once),
      cmocka_unit_test(what_is_required_is_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
