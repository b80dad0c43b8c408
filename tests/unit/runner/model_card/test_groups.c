/* Groups of known pressure in a card: means and their errors, against numbers found by hand. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "runner/model_card/model_card_impl.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

static vt_nep_model *model(void)
{
  vt_err err = {0};
  vt_nep_model *m, form = {.version = 4, .n_types = 2, .symbol = {"Li", "Cl"}, .z = {3, 17}, .l_max = 2, .neurons = 4};
  form.rc_radial[0] = form.rc_radial[1] = 4;
  form.rc_angular[0] = form.rc_angular[1] = 3.5;
  form.n_radial = 3, form.n_angular = 2, form.k_radial = 4, form.k_angular = 4;
  VT_TEST_OK(vt_nep_new(&form, &m, &err), &err);
  vt_train_draw(m, 1);
  return m;
}

/* Frames of three atoms in 216 A^3 with tr W/3V of p GPa each, in runs. */
static vt_train_data frames(const vt_nep_model *m, int n, const double *p, const char *const *run, const double *weight)
{
  vt_err err = {0};
  char folder[VT_TEST_PATH];
  vt_train_data d = {0};
  vt_buf b = {0};
  vt_test_folder(folder, "groups");
  for (int k = 0; k < n; k++) {
    const double w = p[k] / 160.21766208 * 216;
    vt_buf_printf(&b,
                  "3\nLattice=\"6 0 0 0 6 0 0 0 6\" Properties=species:S:1:pos:R:3 virial=\"%.12g 0 0 0 %.12g 0 0 0 "
                  "%.12g\" run=%s weight=%g\nLi 0 0 0.%d\nCl 2.2 0.3 0\nCl 4.4 0.6 0\n",
                  w, w, w, run[k], weight[k], k);
  }
  const char *path = vt_test_inside(folder, "f.xyz");
  vt_test_write(path, b.s, b.len);
  vt_buf_free(&b);
  VT_TEST_OK(vt_train_data_read(&d, m, path, 1, &err), &err);
  vt_test_folder_remove(folder);
  assert_int_equal(d.n, n);
  for (int k = 0; k < n; k++) d.s[k].group = 1;
  return d;
}

/* p = 1, 2 | 4 with weights 1, 1, 2: mean 2.75; sums of the runs -2.5 and 2.5, so se = sqrt(2 x 12.5) / 4 = 1.25. */
static void a_mean_has_the_error_of_its_trajectories(void **state)
{
  (void)state;
  vt_err err = {0};
  const double p[] = {1, 4, 2}, weight[] = {1, 2, 1};
  const char *const run[] = {"a", "b", "a"};
  vt_nep_model *m = model();
  vt_train_data d = frames(m, 3, p, run, weight);
  vt_training_item item[] = {{.group = ""}, {.group = "melt", .pressure = 3, .temperature = 500}};
  const vt_training y = {.item = item, .n_items = 2};
  const vt_card c = {.m = m, .y = &y};
  vt__findings f = {.c = &c, .set = {{.name = "training", .data = &d}}};
  VT_TEST_OK(vt__groups_find(&f, &err), &err);
  assert_int_equal(f.groups.n, 1);
  const vt__group *g = f.groups.row;
  const double kinetic = 3 * 8.617333262e-5 * 500 / 216 * 160.21766208;
  assert_string_equal(g->item->group, "melt");
  assert_int_equal(g->n_frames, 3);
  assert_int_equal(g->of[VT__LABELS].trajectories, 2);
  assert_true(fabs(g->of[VT__LABELS].mean - (2.75 + kinetic)) < 1e-7); /* constants of another year: 8e-9 */
  assert_true(fabs(g->of[VT__LABELS].se - 1.25) < 1e-7);
  assert_true(isnan(g->of[VT__BEFORE].mean)); /* a new model */
  assert_true(isfinite(g->of[VT__AFTER].mean));
  vt__groups_free(&f.groups);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

static void one_trajectory_has_a_mean_without_error(void **state)
{
  (void)state;
  vt_err err = {0};
  const double p[] = {1, 2}, weight[] = {1, 1};
  const char *const run[] = {"a", "a"};
  char folder[VT_TEST_PATH];
  vt_nep_model *m = model();
  vt_train_data d = frames(m, 2, p, run, weight);
  vt_training_item item[] = {{.group = "melt"}};
  const vt_training y = {.item = item, .n_items = 1};
  vt_test_folder(folder, "groups");
  const vt_card c = {.folder = folder, .m = m, .y = &y};
  vt__findings f = {.c = &c, .set = {{.name = "training", .data = &d}}};
  VT_TEST_OK(vt__groups_find(&f, &err), &err);
  assert_true(fabs(f.groups.row[0].of[VT__LABELS].mean - 1.5) < 1e-7);
  assert_true(isnan(f.groups.row[0].of[VT__LABELS].se));
  VT_TEST_OK(vt__groups_write(&f, &err), &err);
  char *text = vt_test_read(vt_test_inside(folder, "pressure_groups.json"), NULL);
  assert_non_null(strstr(text, "\"mean_error_GPa\": null"));
  assert_non_null(strstr(text, "one trajectory: no error of its mean"));
  assert_non_null(strstr(text, "a new model, without a start"));
  vt_free(text);
  vt_test_folder_remove(folder);
  vt__groups_free(&f.groups);
  vt_train_data_free(&d);
  vt_nep_free(m);
}

static void without_groups_nothing_is_written(void **state)
{
  (void)state;
  vt_err err = {0};
  char folder[VT_TEST_PATH];
  vt_buf b = {0};
  vt_test_folder(folder, "groups");
  const vt_card c = {.folder = folder};
  const vt__findings f = {.c = &c};
  VT_TEST_OK(vt__groups_write(&f, &err), &err);
  vt__groups_put(&b, &f);
  assert_int_equal(b.len, 0);
  assert_int_not_equal(access(vt_test_inside(folder, "pressure_groups.json"), F_OK), 0);
  vt_test_folder_remove(folder);
  vt_buf_free(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_mean_has_the_error_of_its_trajectories),
                                     cmocka_unit_test(one_trajectory_has_a_mean_without_error),
                                     cmocka_unit_test(without_groups_nothing_is_written)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
