/* base: files, folders, checksum, clocks. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/vt_test.h"

static char folder[64];

static const char *inside(const char *name)
{
  static char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int make_folder(void **state)
{
  (void)state;
  (void)snprintf(folder, sizeof folder, "/tmp/vt_base_XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static int count_entries(const char *path)
{
  DIR *d = opendir(path);
  int n = 0;
  if (!d) return -1;
  while (readdir(d)) n++;
  closedir(d);
  return n - 2;
}

static int remove_folder(void **state)
{
  (void)state;
  char cmd[128];
  (void)snprintf(cmd, sizeof cmd, "rm -rf '%s'", folder);
  return system(cmd);
}

static void what_was_replaced_is_what_is_read(void **state)
{
  (void)state;
  static const char first[] = "one\0two", second[] = "shorter";
  vt_err err;
  char *data;
  size_t n;
  VT_TEST_OK(vt_file_replace(inside("a"), first, sizeof first, &err), &err);
  VT_TEST_OK(vt_file_read(inside("a"), 100, &data, &n, &err), &err);
  assert_int_equal(n, sizeof first);
  assert_memory_equal(data, first, n);
  assert_int_equal(data[n], '\0');
  vt_free(data);
  VT_TEST_OK(vt_file_replace(inside("a"), second, strlen(second), &err), &err);
  VT_TEST_OK(vt_file_read(inside("a"), strlen(second), &data, &n, &err), &err); /* exactly as many as allowed */
  assert_string_equal(data, second);
  vt_free(data);
  assert_int_equal(count_entries(folder), 1); /* no temporary file stays */
}

static void what_was_rotated_leaves_the_one_before(void **state)
{
  (void)state;
  vt_err err;
  char *data;
  size_t n;
  for (const char *c = "abc"; *c != '\0'; c++) VT_TEST_OK(vt_file_rotate(inside("r"), c, 1, &err), &err);
  VT_TEST_OK(vt_file_read(inside("r"), 9, &data, &n, &err), &err);
  assert_string_equal(data, "c");
  vt_free(data);
  VT_TEST_OK(vt_file_read(inside("r.prev"), 9, &data, &n, &err), &err);
  assert_string_equal(data, "b");
  vt_free(data);
  assert_int_equal(mkdir(inside("r.tmp"), 0700), 0); /* cannot be written */
  assert_int_equal(vt_file_rotate(inside("r"), "d", 1, &err), VT_EIO);
  assert_non_null(strstr(err.text, "cannot create '"));
  assert_int_equal(rmdir(inside("r.tmp")), 0);
  assert_int_equal(unlink(inside("r.prev")), 0);
  assert_int_equal(mkdir(inside("r.prev"), 0700), 0); /* the one before has no place: the newest stays */
  assert_int_equal(vt_file_rotate(inside("r"), "d", 1, &err), VT_EIO);
  assert_non_null(strstr(err.text, "cannot rename '"));
  VT_TEST_OK(vt_file_read(inside("r"), 9, &data, &n, &err), &err);
  assert_string_equal(data, "c");
  vt_free(data);
  assert_int_equal(rmdir(inside("r.prev")), 0);
  assert_int_equal(unlink(inside("r")), 0);
  assert_int_equal(access(inside("r.tmp"), F_OK), -1);
}

static void a_file_without_bytes_is_read(void **state)
{
  (void)state;
  vt_err err;
  char *data;
  size_t n = 9;
  VT_TEST_OK(vt_file_replace(inside("empty"), "", 0, &err), &err);
  VT_TEST_OK(vt_file_read(inside("empty"), 0, &data, &n, &err), &err);
  assert_int_equal(n, 0);
  assert_string_equal(data, "");
  vt_free(data);
  (void)unlink(inside("empty"));
}

static void what_cannot_be_read_says_path_and_reason(void **state)
{
  (void)state;
  vt_err err;
  char *data = folder;
  size_t n = 9;
  assert_int_equal(vt_file_read(inside("absent"), 100, &data, &n, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/absent'"));
  assert_non_null(strstr(err.text, "No such file"));
  assert_null(data);
  assert_int_equal(n, 0);
  assert_int_equal(vt_file_read(folder, 100, &data, &n, &err), VT_EIO);
  assert_non_null(strstr(err.text, "is a folder"));
  VT_TEST_OK(vt_file_replace(inside("big"), "12345", 5, &err), &err);
  assert_int_equal(vt_file_read(inside("big"), 4, &data, &n, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, "5 bytes"));
  assert_int_equal(vt_file_read("/dev/zero", 10, &data, &n, &err), VT_EPARSE); /* endless: no size to ask for */
  assert_non_null(strstr(err.text, "more than the 10 bytes"));
  assert_null(data);
  (void)unlink(inside("big"));
}

static void what_cannot_be_written_leaves_the_old_file(void **state)
{
  (void)state;
  vt_err err;
  char path[300];
  assert_int_equal(vt_file_replace(inside("no/such/folder"), "x", 1, &err), VT_EIO);
  assert_non_null(strstr(err.text, "No such file"));
  VT_TEST_OK(vt_dir_make(inside("d/e"), &err), &err);
  (void)snprintf(path, sizeof path, "%s", inside("d"));
  int before = count_entries(folder);
  assert_int_equal(vt_file_replace(path, "x", 1, &err), VT_EIO); /* a folder with something in it */
  assert_int_equal(count_entries(path), 1);
  assert_int_equal(vt_file_replace("/dev/full/x", "x", 1, &err), VT_EIO);
  assert_int_equal(count_entries(folder), before);
  char endless[5000];
  memset(endless, 'a', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  assert_int_equal(vt_file_replace(endless, "x", 1, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "too long"));
}

static void a_move_replaces_the_target_or_changes_nothing(void **state)
{
  (void)state;
  vt_err err;
  char from[256], *data;
  size_t n;
  (void)snprintf(from, sizeof from, "%s", inside("from"));
  VT_TEST_OK(vt_file_replace(from, "new", 3, &err), &err);
  VT_TEST_OK(vt_file_replace(inside("to"), "old", 3, &err), &err);
  VT_TEST_OK(vt_file_move(from, inside("to"), &err), &err);
  assert_int_equal(access(from, F_OK), -1);
  assert_int_equal(vt_file_move(from, inside("to"), &err), VT_EIO); /* nothing there any more */
  assert_non_null(strstr(err.text, "No such file"));
  VT_TEST_OK(vt_file_read(inside("to"), 3, &data, &n, &err), &err);
  assert_string_equal(data, "new");
  vt_free(data);
}

static void a_folder_is_made_with_its_parents_and_again(void **state)
{
  (void)state;
  struct stat st;
  vt_err err;
  VT_TEST_OK(vt_dir_make(inside("p/q//r/"), &err), &err);
  VT_TEST_OK(vt_dir_make(inside("p/q/r"), &err), &err);
  assert_int_equal(stat(inside("p/q/r"), &st), 0);
  assert_true(S_ISDIR(st.st_mode));
  VT_TEST_OK(vt_dir_sync(inside("p"), &err), &err);
  VT_TEST_OK(vt_file_replace(inside("p/f"), "x", 1, &err), &err);
  assert_int_equal(vt_dir_make(inside("p/f"), &err), VT_EIO);
  assert_non_null(strstr(err.text, "not a folder"));
  assert_int_equal(vt_dir_make(inside("p/f/g"), &err), VT_EIO);
  assert_int_equal(vt_dir_make("", &err), VT_EINVAL);
  assert_int_equal(vt_dir_sync(inside("absent"), &err), VT_EIO);
}

/* The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms. */
static void crc_is_the_ieee_one_and_can_be_continued(void **state)
{
  (void)state;
  assert_int_equal(vt_crc32(0, "123456789", 9), 0xcbf43926u);
  assert_int_equal(vt_crc32(vt_crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
  assert_int_equal(vt_crc32(0, "", 0), 0);
}

static void a_nap_costs_time_and_no_work(void **state)
{
  (void)state;
  double wall = vt_now_s(), cpu = vt_cpu_s();
  vt_nap_s(0.05);
  vt_nap_s(-1);
  assert_true(vt_now_s() - wall >= 0.05);
  assert_true(vt_cpu_s() - cpu < 0.04); /* a busy wait would have used all of the 0.05 s */
}

static void the_build_names_itself(void **state)
{
  (void)state;
  const vt_build *b = vt_build_info();
  assert_non_null(strstr(b->build_id, b->version));
  assert_non_null(strstr(b->build_id, b->git));
  assert_null(strchr(b->build_id, ' '));
  assert_true(strlen(b->compiler) > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_replaced_is_what_is_read),
      cmocka_unit_test(what_was_rotated_leaves_the_one_before),
      cmocka_unit_test(a_file_without_bytes_is_read),
      cmocka_unit_test(what_cannot_be_read_says_path_and_reason),
      cmocka_unit_test(what_cannot_be_written_leaves_the_old_file),
      cmocka_unit_test(a_move_replaces_the_target_or_changes_nothing),
      cmocka_unit_test(a_folder_is_made_with_its_parents_and_again),
      cmocka_unit_test(crc_is_the_ieee_one_and_can_be_continued),
      cmocka_unit_test(a_nap_costs_time_and_no_work),
      cmocka_unit_test(the_build_names_itself),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
