/* Files that are published behind a fence: names, order, what a fenced process leaves. */
#include "tests/vt_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/base.h"

static char folder[] = "/tmp/vt_fence_XXXXXX", path[64];
static int allowed;        /* how often may() still says yes */
static const char *doomed; /* removed by the successor after may() said yes */

static vt_status may(void *ctx, vt_err *err)
{
  (void)ctx;
  if (allowed-- <= 0) VT_FAIL(err, VT_ESTOP, "another leads");
  if (doomed && unlink(doomed) != 0) VT_FAIL(err, VT_EIO, "there is no '%s'", doomed);
  return VT_OK;
}

static const vt_fence fence = {.mark = "7.here-1-2-ab", .may = may};

static void names_carry_the_mark_and_are_known_again(void **state)
{
  (void)state;
  vt_err err;
  char tmp[200];
  int64_t epoch = -1;
  vt_fence_install(&fence);
  VT_TEST_OK(vt_fence_name("x/summary.csv", tmp, sizeof tmp, &err), &err);
  assert_string_equal(tmp, "x/summary.csv.7.here-1-2-ab.tmp");
  assert_int_equal(vt_fence_is_name(tmp + 2, &epoch), 1);
  assert_int_equal(epoch, 7);
  assert_int_equal(vt_fence_is_name("status.json.8.there-1.tmp", &epoch), 1);
  assert_int_equal(epoch, 8);
  VT_TEST_REFUSED(vt_fence_name("x/summary.csv", tmp, 20, &err), VT_EINVAL, &err, "too long");
  const char * not [] = {"results.h5",       "results.h5.sha256", "results.h5.tmp",        "results.h5.7.tmp",
                         "notes.7.mine.tmp", "results.h5.7.mine", "results.h5.7x.mine.tmp"};
  for (size_t k = 0; k < sizeof not / sizeof *not ; k++) assert_int_equal(vt_fence_is_name(not [k], &epoch), 0);
}

static void who_may_publishes_and_who_may_not_leaves_nothing(void **state)
{
  (void)state;
  vt_err err;
  char *data, tmp[200];
  size_t n;
  vt_fence_install(NULL);
  VT_TEST_OK(vt_file_publish(path, "one", 3, &err), &err);
  vt_fence_install(&fence);
  allowed = 1;
  VT_TEST_OK(vt_file_publish(path, "two", 3, &err), &err);
  allowed = 0;
  VT_TEST_REFUSED(vt_file_publish(path, "three", 5, &err), VT_ESTOP, &err, "another leads");
  VT_TEST_OK(vt_file_read(path, 100, &data, &n, &err), &err);
  assert_string_equal(data, "two");
  vt_free(data);
  VT_TEST_OK(vt_fence_name(path, tmp, sizeof tmp, &err), &err);
  assert_int_equal(access(tmp, F_OK), -1);
}

/* Asleep between the question and the rename: the successor removed the source. */
static void a_rename_that_comes_late_changes_nothing(void **state)
{
  (void)state;
  vt_err err;
  char *data, tmp[200];
  size_t n;
  vt_fence_install(&fence);
  VT_TEST_OK(vt_fence_name(path, tmp, sizeof tmp, &err), &err);
  doomed = tmp;
  allowed = 1;
  VT_TEST_REFUSED(vt_file_publish(path, "late", 4, &err), VT_ESTOP, &err, "another leads");
  allowed = 1;
  VT_TEST_REFUSED(vt_file_publish_view(path, "late", 4, &err), VT_ESTOP, &err, "another leads");
  doomed = NULL;
  VT_TEST_OK(vt_file_read(path, 100, &data, &n, &err), &err);
  assert_string_equal(data, "two");
  vt_free(data);
  vt_fence_install(NULL);
}

int main(void)
{
  if (!mkdtemp(folder)) return 1;
  (void)snprintf(path, sizeof path, "%s/results.h5", folder);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_carry_the_mark_and_are_known_again),
      cmocka_unit_test(who_may_publishes_and_who_may_not_leaves_nothing),
      cmocka_unit_test(a_rename_that_comes_late_changes_nothing),
  };
  int bad = cmocka_run_group_tests(tests, NULL, NULL);
  (void)unlink(path);
  return rmdir(folder) != 0 || bad;
}
