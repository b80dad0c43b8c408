/* base: files, folders, checksum, clocks. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/vt_test.h"

static char folder[VT_TEST_PATH];

static int open_files(void **state)
{
  (void)state;
  vt_test_folder(folder, "base");
  return 0;
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

static int close_files(void **state)
{
  (void)state;
  vt_test_folder_remove(folder);
  return 0;
}

static void what_was_replaced_is_what_is_read(void **state)
{
  (void)state;
  static const char first[] = "one\0two", second[] = "shorter";
  vt_err err;
  char *data;
  size_t n;
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "a"), first, sizeof first, &err), &err);
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "a"), 100, &data, &n, &err), &err);
  assert_int_equal(n, sizeof first);
  assert_memory_equal(data, first, n);
  assert_int_equal(data[n], '\0');
  vt_free(data);
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "a"), second, strlen(second), &err), &err);
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "a"), strlen(second), &data, &n, &err),
             &err); /* exactly as many as allowed */
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
  for (const char *c = "abc"; *c != '\0'; c++)
    VT_TEST_OK(vt_file_rotate(vt_test_inside(folder, "r"), c, 1, &err), &err);
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "r"), 9, &data, &n, &err), &err);
  assert_string_equal(data, "c");
  vt_free(data);
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "r.prev"), 9, &data, &n, &err), &err);
  assert_string_equal(data, "b");
  vt_free(data);
  assert_int_equal(vt_file_rotate(vt_test_inside(folder, "no/r"), "d", 1, &err), VT_EIO);
  assert_non_null(strstr(err.text, "cannot create '"));
  assert_int_equal(unlink(vt_test_inside(folder, "r.prev")), 0);
  assert_int_equal(mkdir(vt_test_inside(folder, "r.prev"), 0700),
                   0); /* the one before has no place: the newest stays */
  assert_int_equal(vt_file_rotate(vt_test_inside(folder, "r"), "d", 1, &err), VT_EIO);
  assert_non_null(strstr(err.text, "cannot rename '"));
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "r"), 9, &data, &n, &err), &err);
  assert_string_equal(data, "c");
  vt_free(data);
  assert_int_equal(rmdir(vt_test_inside(folder, "r.prev")), 0);
  assert_int_equal(unlink(vt_test_inside(folder, "r")), 0);
  assert_int_equal(count_entries(folder), 1); /* that of the test before: no temporary file stays */
}

/* The name that earlier builds took could be foreseen: a link of that name sent the bytes elsewhere. */
static void nothing_that_was_prepared_is_written_through(void **state)
{
  (void)state;
  vt_err err;
  char victim[300], trap[64];
  char *data;
  size_t n;
  (void)snprintf(victim, sizeof victim, "%s", vt_test_inside(folder, "victim"));
  VT_TEST_OK(vt_file_replace(victim, "mine", 4, &err), &err);
  (void)snprintf(trap, sizeof trap, "t.tmp-%ld", (long)getpid());
  assert_int_equal(symlink(victim, vt_test_inside(folder, trap)), 0);
  assert_int_equal(symlink(victim, vt_test_inside(folder, "t.tmp")), 0);
  assert_int_equal(symlink(victim, vt_test_inside(folder, "log")), 0);
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "t"), "other", 5, &err), &err);
  VT_TEST_OK(vt_file_rotate(vt_test_inside(folder, "t"), "other", 5, &err), &err);
  assert_int_equal(vt_file_append_fd(vt_test_inside(folder, "log")), -1); /* a log does not follow one either */
  assert_int_equal(errno, ELOOP);
  VT_TEST_OK(vt_file_read(victim, 9, &data, &n, &err), &err);
  assert_string_equal(data, "mine");
  vt_free(data);
  const char *made[] = {"victim", trap, "t.tmp", "log", "t", "t.prev"};
  for (size_t k = 0; k < sizeof made / sizeof *made; k++) assert_int_equal(unlink(vt_test_inside(folder, made[k])), 0);
}

static void a_new_file_has_the_mode_that_the_umask_leaves(void **state)
{
  (void)state;
  static const mode_t mask[] = {022, 077, 002};
  vt_err err;
  for (size_t k = 0; k < sizeof mask / sizeof *mask; k++) {
    struct stat st;
    mode_t old = umask(mask[k]);
    VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "m"), "x", 1, &err), &err);
    (void)umask(old);
    assert_int_equal(stat(vt_test_inside(folder, "m"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666 & ~mask[k]); /* as fopen and the shell make files */
  }
  (void)unlink(vt_test_inside(folder, "m"));
}

static void a_temporary_file_is_known_by_its_name(void **state)
{
  (void)state;
  static const char *const is[] = {"a.xyz.tmp-17", "a.tmp-17-0123456789abcdef", "a.vck.tmp", "x.tmp-y.tmp-2"};
  static const char *const is_not[] = {
      "a.tmp",     "a.tmp-",   ".tmp-1",       "a.tmp-17-0123", "a.tmp-17-0123456789abcdef0",
      "a.tmp-17x", ".vck.tmp", "campaign.yaml"};
  vt_err err;
  char name[300];
  int fd;
  for (size_t k = 0; k < sizeof is / sizeof *is; k++) assert_true(vt_file_is_temporary(is[k]));
  for (size_t k = 0; k < sizeof is_not / sizeof *is_not; k++) assert_false(vt_file_is_temporary(is_not[k]));
  VT_TEST_OK(vt_file_beside(vt_test_inside(folder, "b"), name, sizeof name, &fd, &err), &err);
  assert_true(vt_file_is_temporary(strrchr(name, '/') + 1));
  assert_int_equal(close(fd), 0);
  assert_int_equal(unlink(name), 0);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
  (void)state;
  vt_err err;
  char *data;
  size_t n;
  (void)alarm(20); /* a FIFO that nobody writes: to wait for it would be for ever */
  assert_int_equal(mkfifo(vt_test_inside(folder, "fifo"), 0600), 0);
  assert_int_equal(vt_file_read(vt_test_inside(folder, "fifo"), 9, &data, &n, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/fifo' is a FIFO"));
  assert_int_equal(vt_file_append_fd(vt_test_inside(folder, "fifo")), -1);
  assert_int_equal(unlink(vt_test_inside(folder, "fifo")), 0);
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", vt_test_inside(folder, "sock"));
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(s, (const struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(vt_file_read(at.sun_path, 9, &data, &n, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/sock' is a socket"));
  (void)close(s);
  assert_int_equal(unlink(at.sun_path), 0);
  (void)alarm(0);
}

/* The definition: the CRC of the bytes in one go. */
static void two_checksums_join_to_that_of_both(void **state)
{
  (void)state;
  unsigned char b[300];
  for (size_t i = 0; i < sizeof b; i++) b[i] = (unsigned char)(i * i + 7);
  for (size_t cut = 0; cut <= sizeof b; cut += 50)
    assert_int_equal(vt_crc32_join(vt_crc32(0, b, cut), vt_crc32(0, b + cut, sizeof b - cut), sizeof b - cut),
                     vt_crc32(0, b, sizeof b));
}

static void a_file_without_bytes_is_read(void **state)
{
  (void)state;
  vt_err err;
  char *data;
  size_t n = 9;
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "empty"), "", 0, &err), &err);
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "empty"), 0, &data, &n, &err), &err);
  assert_int_equal(n, 0);
  assert_string_equal(data, "");
  vt_free(data);
  (void)unlink(vt_test_inside(folder, "empty"));
}

static void what_cannot_be_read_says_path_and_reason(void **state)
{
  (void)state;
  vt_err err;
  char *data = folder;
  size_t n = 9;
  assert_int_equal(vt_file_read(vt_test_inside(folder, "absent"), 100, &data, &n, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/absent'"));
  assert_non_null(strstr(err.text, "No such file"));
  assert_null(data);
  assert_int_equal(n, 0);
  assert_int_equal(vt_file_read(folder, 100, &data, &n, &err), VT_EIO);
  assert_non_null(strstr(err.text, "is a folder"));
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "big"), "12345", 5, &err), &err);
  assert_int_equal(vt_file_read(vt_test_inside(folder, "big"), 4, &data, &n, &err), VT_EPARSE);
  assert_non_null(strstr(err.text, "5 bytes"));
  assert_int_equal(vt_file_read("/dev/zero", 10, &data, &n, &err), VT_EPARSE); /* endless: no size to ask for */
  assert_non_null(strstr(err.text, "more than the 10 bytes"));
  assert_null(data);
  (void)unlink(vt_test_inside(folder, "big"));
}

static void what_cannot_be_written_leaves_the_old_file(void **state)
{
  (void)state;
  vt_err err;
  char path[300];
  assert_int_equal(vt_file_replace(vt_test_inside(folder, "no/such/folder"), "x", 1, &err), VT_EIO);
  assert_non_null(strstr(err.text, "No such file"));
  VT_TEST_OK(vt_dir_make(vt_test_inside(folder, "d/e"), &err), &err);
  (void)snprintf(path, sizeof path, "%s", vt_test_inside(folder, "d"));
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
  (void)snprintf(from, sizeof from, "%s", vt_test_inside(folder, "from"));
  VT_TEST_OK(vt_file_replace(from, "new", 3, &err), &err);
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "to"), "old", 3, &err), &err);
  VT_TEST_OK(vt_file_move(from, vt_test_inside(folder, "to"), &err), &err);
  assert_int_equal(access(from, F_OK), -1);
  assert_int_equal(vt_file_move(from, vt_test_inside(folder, "to"), &err), VT_EIO); /* nothing there any more */
  assert_non_null(strstr(err.text, "No such file"));
  VT_TEST_OK(vt_file_read(vt_test_inside(folder, "to"), 3, &data, &n, &err), &err);
  assert_string_equal(data, "new");
  vt_free(data);
}

static void a_folder_is_made_with_its_parents_and_again(void **state)
{
  (void)state;
  struct stat st;
  vt_err err;
  VT_TEST_OK(vt_dir_make(vt_test_inside(folder, "p/q//r/"), &err), &err);
  VT_TEST_OK(vt_dir_make(vt_test_inside(folder, "p/q/r"), &err), &err);
  assert_int_equal(stat(vt_test_inside(folder, "p/q/r"), &st), 0);
  assert_true(S_ISDIR(st.st_mode));
  VT_TEST_OK(vt_dir_sync(vt_test_inside(folder, "p"), &err), &err);
  VT_TEST_OK(vt_file_replace(vt_test_inside(folder, "p/f"), "x", 1, &err), &err);
  assert_int_equal(vt_dir_make(vt_test_inside(folder, "p/f"), &err), VT_EIO);
  assert_non_null(strstr(err.text, "not a folder"));
  assert_int_equal(vt_dir_make(vt_test_inside(folder, "p/f/g"), &err), VT_EIO);
  assert_int_equal(vt_dir_make("", &err), VT_EINVAL);
  assert_int_equal(vt_dir_sync(vt_test_inside(folder, "absent"), &err), VT_EIO);
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
      cmocka_unit_test(nothing_that_was_prepared_is_written_through),
      cmocka_unit_test(a_new_file_has_the_mode_that_the_umask_leaves),
      cmocka_unit_test(a_temporary_file_is_known_by_its_name),
      cmocka_unit_test(what_is_no_file_is_refused_at_once),
      cmocka_unit_test(two_checksums_join_to_that_of_both),
      cmocka_unit_test(a_file_without_bytes_is_read),
      cmocka_unit_test(what_cannot_be_read_says_path_and_reason),
      cmocka_unit_test(what_cannot_be_written_leaves_the_old_file),
      cmocka_unit_test(a_move_replaces_the_target_or_changes_nothing),
      cmocka_unit_test(a_folder_is_made_with_its_parents_and_again),
      cmocka_unit_test(crc_is_the_ieee_one_and_can_be_continued),
      cmocka_unit_test(a_nap_costs_time_and_no_work),
      cmocka_unit_test(the_build_names_itself),
  };
  return cmocka_run_group_tests(tests, open_files, close_files);
}
