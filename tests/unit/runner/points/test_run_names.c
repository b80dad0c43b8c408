/* Which run a file is by its name, and which files of a folder are runs: the rule of points.h, case by case. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/points/points.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

/* What a name under the folder `top` says; it is made, with what is above it. */
static vt_status name_of(const char *top, const char *name, vt_runs *runs, vt_mistakes *m, vt_err *err)
{
  char path[400];
  (void)snprintf(path, sizeof path, "%s/%s", top, name);
  for (char *at = path + strlen(top) + 1; (at = strchr(at, '/')) != NULL; at++) {
    *at = '\0';
    (void)mkdir(path, 0777);
    *at = '/';
  }
  vt_test_write_text(path, "");
  const char *const one[] = {path};
  return vt_runs_from_names(one, 1, runs, m, err);
}

static void a_name_says_composition_glass_and_temperature(void **state)
{
  (void)state;
  static const struct {
    const char *name, *composition;
    int glass;
    double t_k;
  } all[] = {
      {"LiAlCl4-600K-glass2.xyz", "LiAlCl4", 2, 600},
      {"LiAlCl4-600K.xyz.gz", "LiAlCl4", 0, 600},
      {"LiAlCl4_612.5K_glass0.lammpstrj", "LiAlCl4", 0, 612.5},
      {"Li1.5AlCl4.5-600K.h5", "Li1.5AlCl4.5", 0, 600},
      {"glass3-600K.xyz", "TOP", 3, 600},
      {"LiAlCl4/600K-glass2-1a2b3c4d.h5", "LiAlCl4", 2, 600},
      {"LiAlCl4/glass2/600K/XDATCAR.xz", "LiAlCl4", 2, 600},
      {"LiAlCl4/600K/glass2/XDATCAR", "LiAlCl4", 2, 600},
      {"LiAlCl4-glass7/600K/dump.lammpstrj", "LiAlCl4", 7, 600},
      {"glass7-series/NaAlCl4/600K.xyz", "NaAlCl4", 0, 600},             /* not at the end of the part before */
      {"900K/LiAlCl4-600K-glass1.xyz", "LiAlCl4", 1, 600},               /* the last one counts */
      {"a melt of 2-Li Al Cl-450K.xyz", "a melt of 2-Li Al Cl", 0, 450}, /* blanks; 2 is no temperature */
      {"LiAlCl4-glass02-600K-0123.xyz", "LiAlCl4", 2, 600},
      {"LiAlCl4-600Kelvin-700K.xyz", "LiAlCl4-600Kelvin", 0, 700}, /* a word is a whole word */
      {"LiAlCl4-600K-wineglass2.xyz", "LiAlCl4", 0, 600},
  };
  char top[VT_TEST_PATH];
  vt_test_folder(top, "names");
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    vt_err err = {0};
    vt_runs runs;
    vt_mistakes m = {0};
    VT_TEST_OK(name_of(top, all[k].name, &runs, &m, &err), &err);
    assert_int_equal(runs.n, 1);
    const char *want = strcmp(all[k].composition, "TOP") ? all[k].composition : strrchr(top, '/') + 1;
    assert_string_equal(runs.run[0].composition, want);
    assert_int_equal(runs.run[0].glass, all[k].glass);
    assert_true(runs.run[0].t_k == all[k].t_k); /* the same text as C reads it */
    vt_runs_free(&runs);
    vt_mistakes_free(&m);
  }
  vt_test_folder_remove(top);
}

static void a_name_that_says_too_little_or_too_much_is_refused(void **state)
{
  (void)state;
  static const char *const all[][2] = {
      {"LiAlCl4.xyz", "no temperature in its name, expected a word such as 600K"},
      {"LiAlCl4-600.xyz", "no temperature"},
      {"LiAlCl4-K.xyz", "no temperature"},
      {"LiAlCl4-600k.xyz", "no temperature"},
      {"LiAlCl4-500K-600K.xyz", "two temperatures"},
      {"LiAlCl4-500K-glass1-glass2.xyz", "two glasses"},
      {"0123456789012345678901234567890123456789012345678901234567890123-600K.xyz", "more than 63 characters"},
      {"a\tb-600K.xyz", "control characters"},
  };
  char top[VT_TEST_PATH];
  vt_test_folder(top, "names");
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    vt_err err = {0};
    vt_runs runs;
    vt_mistakes m = {0};
    assert_int_equal(name_of(top, all[k][0], &runs, &m, &err), VT_EPARSE);
    assert_int_equal(m.n, 1);
    assert_non_null(strstr(m.text.s, all[k][1]));
    assert_int_equal(runs.n, 0);
    vt_mistakes_free(&m);
  }
  vt_test_folder_remove(top);
}

static void names_of_trajectories_are_known_by_their_ends(void **state)
{
  (void)state;
  static const char *const yes[] = {"a.xyz", "b/a.extxyz.gz", "a.dump.xz", "a.lammpstrj",
                                    "a.h5",  "a.h5md",        "XDATCAR",   "x/XDATCAR.2.gz"},
                           *const no[] = {"OUTCAR",     "POSCAR", "a.txt",
                                          ".a.xyz",     "xyz",    "a.xyz.zip",
                                          "log.lammps", "a.csv",  "a.xyz.tmp-12-0123456789abcdef"};
  for (size_t k = 0; k < sizeof yes / sizeof *yes; k++) assert_true(vt_run_is_trajectory(yes[k]));
  for (size_t k = 0; k < sizeof no / sizeof *no; k++) assert_false(vt_run_is_trajectory(no[k]));
}

/* A link that leads back up must not be followed. */
static void a_folder_is_walked_once_whatever_links_to_it(void **state)
{
  (void)state;
  char top[VT_TEST_PATH];
  vt_err err = {0};
  vt_runs runs;
  vt_mistakes m = {0};
  vt_test_folder(top, "names");
  VT_TEST_OK(name_of(top, "A/500K.xyz", &runs, &m, &err), &err);
  vt_runs_free(&runs);
  VT_TEST_OK(name_of(top, "A/notes.txt-600K.txt", &runs, &m, &err), &err);
  vt_runs_free(&runs);
  assert_int_equal(symlink("..", vt_test_inside(top, "A/back")), 0);
  const char *const one[] = {top};
  VT_TEST_OK(vt_runs_from_names(one, 1, &runs, &m, &err), &err);
  assert_int_equal(runs.n, 1);
  vt_runs_free(&runs);
  vt_test_folder_remove(top);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_says_composition_glass_and_temperature),
      cmocka_unit_test(a_name_that_says_too_little_or_too_much_is_refused),
      cmocka_unit_test(names_of_trajectories_are_known_by_their_ends),
      cmocka_unit_test(a_folder_is_walked_once_whatever_links_to_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
