/* A training file: keys of the start, of the data's weights and groups, of the committee and the test afterwards; what
 * is not said, and every mistake with its place.  Compared with what the text says. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

#define HEAD "vitrion_train: 1\nname: mine\nelements: [Li, K, Al, Cl]\n"

static vt_status load(const char *text, vt_training **t, vt_diags *d, vt_err *err)
{
  char folder[VT_TEST_PATH];
  vt_test_folder(folder, "training");
  const char *path = vt_test_inside(folder, "t.yaml");
  vt_test_write_text(path, text);
  const vt_status rc = vt_training_load(path, t, d, err);
  vt_test_folder_remove(folder);
  return rc;
}

static vt_training *loaded(const char *text)
{
  vt_training *t;
  vt_diags d;
  vt_err err = {0};
  VT_TEST_OK(load(text, &t, &d, &err), &err);
  vt_diags_free(&d);
  return t;
}

static void what_is_asked_is_taken(void **state)
{
  (void)state;
  vt_training *t = loaded(HEAD "start: ../v0.txt\n"
                               "graft: {K: Na}\n"
                               "freeze: [network]\n"
                               "pull: 0.25\n"
                               "data:\n"
                               "  - files: [a.xyz, b.xyz]\n"
                               "    weight: 2\n"
                               "    config_type: {short: 0.3, md: 4}\n"
                               "    elements: {Li: 2, Cl: 0}\n"
                               "  - {files: c.xyz, group: {name: LiAlCl4-500K, pressure: 1 kbar, temperature: 500 K}}\n"
                               "  - {files: d.xyz}\n"
                               "validation: {by: composition}\n"
                               "schedule: {seeds: 4, early_stop: 30}\n"
                               "smoke: {temperature: 900 K, duration: 5000 fs}\n");
  assert_int_equal(t->n_graft, 1);
  assert_string_equal(t->graft[0].element, "K");
  assert_string_equal(t->graft[0].donor, "Na");
  assert_int_equal(t->freeze, VT_FREEZE_NETWORK);
  near(t->pull, 0.25, 0);
  assert_int_equal(t->n_items, 3);
  assert_int_equal(t->data.f[0].item, 0);
  assert_int_equal(t->data.f[1].item, 0);
  assert_int_equal(t->data.f[2].item, 1);
  near(t->data.f[1].weight, 2, 0);
  near(t->data.f[2].weight, 1, 0);
  assert_int_equal(t->item[0].n_config, 2);
  assert_string_equal(t->item[0].config[0].name, "short");
  near(t->item[0].config[0].weight, 0.3, 0);
  near(t->item[0].config[1].weight, 4, 0);
  assert_int_equal(t->item[0].has_elements, 1);
  near(t->item[0].element[3], 2, 0);
  near(t->item[0].element[17], 0, 0);
  near(t->item[0].element[13], 1, 0); /* not said */
  assert_string_equal(t->item[1].group, "LiAlCl4-500K");
  near(t->item[1].pressure, 0.1, 1e-15); /* GPa */
  near(t->item[1].temperature, 500, 0);
  assert_int_equal(t->item[1].has_elements, 0);
  assert_string_equal(t->item[2].group, "");
  assert_int_equal(t->by, VT_BY_COMPOSITION);
  assert_int_equal(t->seeds, 4);
  assert_int_equal(t->early_stop, 30);
  assert_int_equal(t->smoke, 1);
  near(t->smoke_t_k, 900, 0);
  near(t->smoke_ps, 5, 1e-12);
  vt_training_free(t);
}

static void what_is_not_said_is_the_default(void **state)
{
  (void)state;
  vt_training *t = loaded(HEAD "data: [{files: [a.xyz]}]\nfreeze: []\n");
  assert_int_equal(t->freeze, 0);
  assert_int_equal(t->n_graft, 0);
  near(t->pull, 0, 0);
  assert_int_equal(t->seeds, 1);
  assert_int_equal(t->early_stop, 0);
  assert_int_equal(t->by, VT_BY_TRAJECTORY);
  assert_int_equal(t->smoke, 1); /* a model is looked at unless one asks not to */
  near(t->smoke_t_k, 1100, 0);
  near(t->smoke_ps, 20, 0);
  vt_training_free(t);
  t = loaded(HEAD "data: [{files: [a.xyz]}]\nsmoke: no\nfreeze: descriptor\n");
  assert_int_equal(t->smoke, 0);
  assert_int_equal(t->freeze, VT_FREEZE_DESCRIPTOR);
  vt_training_free(t);
}

static void refused(const char *text, int n, const char *const *told)
{
  vt_training *t;
  vt_diags d;
  vt_err err = {0};
  vt_buf said = {0};
  VT_TEST_REFUSED(load(text, &t, &d, &err), VT_EPARSE, &err, "mistake");
  vt_diags_format(&d, &said);
  for (int k = 0; k < n; k++)
    if (!strstr(said.s, told[k])) fail_msg("'%s' is not in\n%s", told[k], said.s);
  if (d.n_errors != n) fail_msg("%d mistakes, expected %d:\n%s", d.n_errors, n, said.s);
  assert_null(t);
  vt_buf_free(&said);
  vt_diags_free(&d);
}

static void all_mistakes_are_told_at_once(void **state)
{
  (void)state;
  static const char bad[] = HEAD "data:\n"
                                 "  - {files: [a.xyz, a.xyz], config_typ: {short: 1}}\n"
                                 "  - {files: [], config_type: {short: 0, md: x}, elements: {Lo: 2, Br: 2, Li: -1}}\n"
                                 "  - {files: b.xyz, group: {name: melt, pressure: 0 GPa, temperature: 500 K}}\n"
                                 "  - {files: c.xyz, group: {name: melt, pressure: 1 GPa, temperature: 500 K}}\n"
                                 "  - {files: d.xyz, group: {pressure: 1 eV, temprature: 5 K}}\n"
                                 "  - {files: e.xyz, group: {name: a b}, elements: [Li], config_type: md}\n"
                                 "freeze: [descriptr, network, all_but_last]\n"
                                 "graft: {K: Na, Ga: Al, Al: Al, Cl: [x]}\n"
                                 "pull: 1\n"
                                 "schedule: {seeds: 65, early_stop: -1}\n"
                                 "validation: {by: compositon}\n"
                                 "smoke: maybe\n"
                                 "loss: {mean_virial: 0}\n";
  static const char *const told[] = {
      ":5:21: data: this file stands twice in the list",
      ":5:29: data: 'config_typ' is not known, expected files, weight, config_type, elements, group, did you mean "
      "'config_type'?",
      ":6:13: data: expected at least one file",
      ":6:38: data.config_type: '0' is not a positive number",
      ":6:45: data.config_type: 'x' is not a positive number",
      ":6:60: data.elements: 'Lo' is not an element",
      ":6:5: data.elements: Br is not one of the elements",
      ":6:78: data.elements: '-1' is not a non-negative number",
      ":8:27: data.group: group 'melt' has another pressure or temperature in line 7",
      ":9:38: data.group.pressure: 'eV' is not a unit of pressure",
      ":9:44: data.group: 'temprature' is not known, expected name, pressure, temperature, did you mean 'temperature'?",
      ":9:27: data.group: a group without a name",
      ":10:34: data.group: 'a b' is not a name",
      ":10:27: data.group: a group without a name",
      ":10:27: data.group: a group without a pressure",
      ":10:50: data.elements: expected {ELEMENT: WEIGHT}",
      ":10:69: data.config_type: expected {NAME: WEIGHT}",
      ":11:10: freeze: 'descriptr' is not known, expected descriptor, network, all_but_last, did you mean",
      ":11:9: freeze: nothing is left to train",
      ":12:8: graft: there is no start to copy from",
      ":12:16: graft: Ga is not one of the elements",
      ":12:28: graft: Al cannot be a copy of itself",
      ":12:36: graft: expected an element",
      ":13:7: pull: there is no start to stay near to",
      ":14:19: schedule.seeds: 65 is outside 1 to 64",
      ":14:35: schedule.early_stop: -1 is outside 0 to 100000",
      ":15:18: validation.by: 'compositon' is not known, expected trajectory, composition, did you mean 'composition'?",
      ":16:8: smoke: 'maybe' is not known, expected {temperature: 1100 K, duration: 20 ps} or no",
      ":17:21: loss.mean_virial: 0, but data have a group",
  };
  refused(bad, sizeof told / sizeof *told, told);
}

static void more_than_there_is_room_for_is_refused(void **state)
{
  (void)state;
  static const char *const items[] = {":205:5: data: more than 200 items"};
  static const char *const configs[] = {"at most 200 of them"};
  vt_buf b = {0}, c = {0};
  vt_buf_printf(&b, HEAD "data:\n");
  vt_buf_printf(&c, HEAD "data:\n  - files: a.xyz\n    config_type:\n");
  for (int k = 0; k < 201; k++) {
    vt_buf_printf(&b, "  - {files: %d.xyz}\n", k);
    vt_buf_printf(&c, "      c%d: 2\n", k);
  }
  refused(b.s, 1, items);
  refused(c.s, 1, configs);
  vt_buf_free(&b);
  vt_buf_free(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_asked_is_taken),
      cmocka_unit_test(what_is_not_said_is_the_default),
      cmocka_unit_test(all_mistakes_are_told_at_once),
      cmocka_unit_test(more_than_there_is_room_for_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
