/* test_site.c - site.yaml: values, which of several files wins, and the message for each mistake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* Files with these texts (NULL: there is none), read in this order; what was said of all of them. */
static vt_status read_texts(const char *a, const char *b, const char *c, vt_site *s, vt_buf *said)
{
  const char *const text[VT_SITE_FILES] = {a, b, c};
  const char *path[VT_SITE_FILES];
  char dir[VT_TEST_PATH], name[VT_SITE_FILES][8], at[VT_SITE_FILES][VT_PATH];
  vt_diags d[VT_SITE_FILES];
  vt_test_folder(dir, "site");
  for (int k = 0; k < VT_SITE_FILES; k++) {
    (void)snprintf(name[k], sizeof name[k], "%d.yaml", k);
    (void)snprintf(at[k], sizeof at[k], "%s", vt_test_inside(dir, name[k]));
    path[k] = at[k];
    if (text[k]) vt_test_write_text(at[k], text[k]);
  }
  const vt_status rc = vt_site_read(path, VT_SITE_FILES, s, d, NULL);
  for (int k = 0; k < VT_SITE_FILES; k++) {
    if (said) vt_diags_format(&d[k], said);
    vt_diags_free(&d[k]);
  }
  vt_test_folder_remove(dir);
  return rc;
}

static void every_key_is_read(void **state)
{
  (void)state;
  vt_site s;
  vt_buf said = {0};
  assert_int_equal(read_texts(NULL, NULL,
                              "vitrion_site: 1\npartition: long,short\naccount: p-1\nqos: high\nmodules: [mpich/4.0, "
                              "hdf5]\ncores_per_node: 64\nmost_ranks: 512\nmost_hours: 1.5 h\nlauncher: srun "
                              "--mpi=pmi2 -c 1\n",
                              &s, &said),
                   VT_OK);
  assert_null(said.s);
  assert_string_equal(s.partition, "long,short");
  assert_string_equal(s.account, "p-1");
  assert_string_equal(s.qos, "high");
  assert_int_equal(s.n_modules, 2);
  assert_string_equal(s.module[0], "mpich/4.0");
  assert_string_equal(s.module[1], "hdf5");
  assert_int_equal(s.cores_per_node, 64);
  assert_int_equal(s.most_ranks, 512);
  assert_true(s.most_s == 5400);
  assert_string_equal(s.launcher, "srun --mpi=pmi2 -c 1");
  assert_int_equal(s.n_files, 1);
}

static void hours_are_a_number_or_a_time(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    double s;
  } of[] = {{"24", 86400}, {"24 h", 86400}, {"90 min", 5400}, {"0.25", 900}, {"1e3 s", 1000}};
  vt_site s;
  char line[64];
  for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
    (void)snprintf(line, sizeof line, "most_hours: %s\n", of[k].text);
    assert_int_equal(read_texts(line, NULL, NULL, &s, NULL), VT_OK);
    assert_true(s.most_s > of[k].s * (1 - 1e-12) && s.most_s < of[k].s * (1 + 1e-12)); /* one product of doubles */
  }
}

static void a_later_file_wins_key_by_key_and_nothing_takes_back(void **state)
{
  (void)state;
  vt_site s;
  assert_int_equal(read_texts("partition: a\naccount: x\nqos: q\nmost_ranks: 8\nmodules: [m, n]\n",
                              "partition: b\nmodules: k\n", "account: ~\nmost_ranks:\nqos: ''\n", &s, NULL),
                   VT_OK);
  assert_string_equal(s.partition, "b");
  assert_string_equal(s.account, "");
  assert_string_equal(s.qos, "");
  assert_int_equal(s.most_ranks, 0);
  assert_int_equal(s.n_modules, 1);
  assert_string_equal(s.module[0], "k");
  assert_int_equal(s.n_files, 3);
}

static void no_file_and_an_empty_one_say_nothing(void **state)
{
  (void)state;
  vt_site s;
  assert_int_equal(read_texts(NULL, NULL, NULL, &s, NULL), VT_OK);
  assert_int_equal(s.n_files, 0);
  assert_int_equal(read_texts("", "# nothing\n", NULL, &s, NULL), VT_OK);
  assert_int_equal(s.n_files, 2);
  assert_string_equal(s.partition, "");
}

static void each_mistake_has_its_place_and_all_are_listed(void **state)
{
  (void)state;
  static const struct {
    const char *text, *want;
  } bad[] = {{"partitoin: a\n", ":1:1: partitoin: no such key, did you mean 'partition'?"},
             {"colour: a\n", "no such key (all keys: vitrion schema site)"},
             {"vitrion_site: 2\n", ":1:15: vitrion_site: a version that is not known, expected 1"},
             {"partition: a b\n", ":1:12: partition: 'a b' is no name of one, expected the name of a partition"},
             {"account: \"x\\n#SBATCH --exclusive\"\n", ":1:10: a value is one line without control characters"},
             {"qos: [a]\n", ":1:6: qos: a list, expected the name of a quality of service"},
             {"qos: -x\n", "qos: '-x' is no name of one"},
             {"modules: [a, {b: c}]\n", ":1:14: modules: a section, expected a list of names"},
             {"modules: [a; rm]\n", "modules: 'a; rm' is no name of a module"},
             {"cores_per_node: 0\n", "cores_per_node: '0' is not from 1 to 4096, expected a whole number"},
             {"most_ranks: 12x\n", "most_ranks: '12x' is not from 1 to 1000000"},
             {"most_hours: 24:00:00\n", ":1:13: most_hours: "},
             {"most_hours: 3 K\n", "most_hours: 'K' is not a unit of time"},
             {"most_hours: 1 min\n", "most_hours: '1 min' is not from 5 min to 8784 h"},
             {"launcher: srun 'a b'\n", "launcher: quotes and other signs"},
             {"launcher: srun $HOME\n", "launcher: quotes and other signs"},
             {"- a\n", "expected keys and values"},
             {"partition: [\n", ":2:1: "}};
  vt_site s;
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    vt_buf said = {0};
    assert_int_equal(read_texts(NULL, bad[k].text, NULL, &s, &said), VT_EPARSE);
    if (!said.s || !strstr(said.s, bad[k].want)) fail_msg("%s: '%s'", bad[k].text, said.s ? said.s : "");
    vt_buf_free(&said);
  }
  vt_buf said = {0};
  assert_int_equal(read_texts("acount: a\nmost_ranks: x\n", "qos: a b\npartition: p\n", NULL, &s, &said), VT_EPARSE);
  assert_non_null(strstr(said.s, "0.yaml:1:1: acount"));
  assert_non_null(strstr(said.s, "0.yaml:2:13: most_ranks"));
  assert_non_null(strstr(said.s, "1.yaml:1:6: qos"));
  assert_string_equal(s.partition, "p"); /* what could be read is kept */
  vt_buf_free(&said);
}

static void a_folder_in_its_place_is_a_mistake(void **state)
{
  (void)state;
  char dir[VT_TEST_PATH];
  vt_test_folder(dir, "site");
  const char *path[1] = {dir};
  vt_site s;
  vt_diags d[VT_SITE_FILES];
  assert_int_equal(vt_site_read(path, 1, &s, d, NULL), VT_EPARSE);
  assert_int_equal(d[0].n_errors, 1);
  for (int k = 0; k < VT_SITE_FILES; k++) vt_diags_free(&d[k]);
  vt_test_folder_remove(dir);
}

static void places_are_those_of_the_machine_the_user_and_the_campaign(void **state)
{
  (void)state;
  char at[VT_SITE_FILES][VT_PATH];
  (void)setenv("HOME", "/home/u", 1);
  (void)unsetenv("XDG_CONFIG_HOME");
  assert_int_equal(vt_site_places("runs/c.yaml", at), 3);
  assert_string_equal(at[0], "/etc/vitrion/site.yaml");
  assert_string_equal(at[1], "/home/u/.config/vitrion/site.yaml");
  assert_string_equal(at[2], "runs/site.yaml");
  (void)setenv("XDG_CONFIG_HOME", "/x", 1);
  assert_int_equal(vt_site_places("c.yaml", at), 3);
  assert_string_equal(at[1], "/x/vitrion/site.yaml");
  assert_string_equal(at[2], "site.yaml");
  assert_int_equal(vt_site_places(NULL, at), 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_key_is_read),
                                     cmocka_unit_test(hours_are_a_number_or_a_time),
                                     cmocka_unit_test(a_later_file_wins_key_by_key_and_nothing_takes_back),
                                     cmocka_unit_test(no_file_and_an_empty_one_say_nothing),
                                     cmocka_unit_test(each_mistake_has_its_place_and_all_are_listed),
                                     cmocka_unit_test(a_folder_in_its_place_is_a_mistake),
                                     cmocka_unit_test(places_are_those_of_the_machine_the_user_and_the_campaign)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
