/* The space of a store is reserved before anything is written.  fallocate and pwrite are this program's own here: they
 * count what HDF5 and the store do, and the first says what the test wants.  What was reserved is compared with the
 * size of the finished file; bytes that are left, with statvfs. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/store/store.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { ROWS = 8, LONG = 500, SUPERBLOCK = 48 }; /* HDF5 writes version 3 of it while it creates the file, no more */

static vt_sim *sim;
static vt_comm *comm;
static char folder[VT_TEST_PATH], path[VT_TEST_PATH + 32];

static struct {
  int error;                          /* of every fallocate; 0: the system's own */
  int calls, system_failed;           /* of fallocate */
  unsigned long long reserved;        /* the end of what was asked for */
  unsigned long long before, written; /* bytes: before the first fallocate, and in all */
} seen;

int fallocate(int fd, int mode, off_t at, off_t n)
{
  seen.calls++;
  seen.reserved = (unsigned long long)at + (unsigned long long)n;
  if (seen.error) {
    errno = seen.error;
    return -1;
  }
  int bad = syscall(SYS_fallocate, fd, mode, at, n) != 0;
  seen.system_failed |= bad;
  return bad ? -1 : 0;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
  seen.written += n;
  if (!seen.calls) seen.before += n;
  return syscall(SYS_pwrite64, fd, bytes, n, at);
}

static int open_room(void **state)
{
  (void)state;
  vt_err err;
  vt_sim_options o = {.n_ranks = 1, .seed = 1};
  vt_test_folder(folder, "room");
  (void)snprintf(path, sizeof path, "%s/results.h5", folder);
  if (vt_sim_open(&sim, &o, &err) != VT_OK) return -1;
  comm = vt_sim_comm(sim, 0);
  return 0;
}

static int close_room(void **state)
{
  (void)state;
  vt_sim_close(sim);
  vt_test_folder_remove(folder);
  return 0;
}

/* Compresses well: the file becomes much smaller than what may be needed. */
static vt_status even_row(void *ctx, int64_t row, void *const *out, vt_err *err)
{
  (void)ctx, (void)err;
  for (int i = 0; i < LONG; i++) ((double *)out[0])[i] = (double)row;
  return VT_OK;
}

static vt_status assemble(int error, vt_err *err)
{
  static const int64_t numbers[3] = {-1, INT64_C(1) << 60, 3};
  static const vt_store_dset dset[2] = {
      {.path = "/obs/x", .unit = "A", .doc = "x", .source = "t", .type = VT_F64, .n_dim = 2, .dim = {ROWS, LONG}},
      {.path = "/tasks/n", .unit = "1", .doc = "n", .type = VT_I64, .n_dim = 1, .dim = {3}, .table = numbers}};
  vt_store_spec spec = {.dset = dset, .n_dset = 2, .campaign_text = "vitrion: 1\n", .n_rows = ROWS, .row = even_row};
  memset(&seen, 0, sizeof seen);
  seen.error = error;
  return vt_store_assemble(comm, path, &spec, err);
}

static int files_in_folder(void)
{
  int n = 0;
  DIR *d = opendir(folder);
  assert_non_null(d);
  for (const struct dirent *e; (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
  (void)closedir(d);
  return n;
}

static void nothing_is_written_before_the_space_is_reserved(void **state)
{
  (void)state;
  vt_err err;
  struct stat st;
  VT_TEST_OK(assemble(0, &err), &err);
  assert_int_equal(stat(path, &st), 0);
  assert_true(seen.calls >= 1);
  assert_true(seen.written >= (unsigned long long)st.st_size / 2); /* the count counts */
  assert_true(seen.before <= SUPERBLOCK);
  assert_true(seen.reserved >= (unsigned long long)st.st_size);
}

/* A page a dataset and what file systems round up to: less than half of what was reserved in vain. */
static void what_was_reserved_in_vain_is_given_back(void **state)
{
  (void)state;
  enum { ROUNDING = 16384 };
  vt_err err;
  struct stat st;
  VT_TEST_OK(assemble(0, &err), &err);
  assert_int_equal(stat(path, &st), 0);
  assert_true(seen.reserved > (unsigned long long)st.st_size + 2 * ROUNDING); /* else there is nothing to see */
  assert_true((unsigned long long)st.st_blocks * 512 <= (unsigned long long)st.st_size + ROUNDING);
  if (seen.system_failed) fprintf(stderr, "NOT TESTED: this file system reserves nothing\n");
}

static void without_room_it_says_what_is_needed_and_what_is_left(void **state)
{
  (void)state;
  static const int full[] = {ENOSPC, EDQUOT};
  for (size_t k = 0; k < sizeof full / sizeof *full; k++) {
    vt_err err;
    char need[48];
    struct statvfs v;
    VT_TEST_REFUSED(assemble(full[k], &err), VT_EIO, &err, strerror(full[k]));
    (void)snprintf(need, sizeof need, "may need %llu bytes", seen.reserved);
    assert_non_null(strstr(err.text, need));
    assert_non_null(strstr(err.text, "free some space and run again"));
    assert_int_equal(statvfs(folder, &v), 0);
    const char *left = strstr(err.text, "', ");
    unsigned long long said = 0;
    assert_non_null(left);
    assert_int_equal(sscanf(left, "', %llu bytes", &said), 1);
    /* others use this disk, too: within a tenth, and a gigabyte for a nearly full one */
    double have = (double)v.f_bavail * (double)v.f_frsize;
    near((double)said, have, 0.1 * have + 1e9);
    assert_true(seen.written <= SUPERBLOCK);
    assert_int_equal(files_in_folder(), 0);
  }
}

static void a_file_system_that_cannot_reserve_is_written_all_the_same(void **state)
{
  (void)state;
  static const int cannot[] = {EOPNOTSUPP, ENOSYS};
  for (size_t k = 0; k < sizeof cannot / sizeof *cannot; k++) {
    vt_err err;
    VT_TEST_OK(assemble(cannot[k], &err), &err);
    VT_TEST_OK(vt_store_check_sum(path, &err), &err);
  }
}

static void signals_for_ever_end_it(void **state)
{
  (void)state;
  vt_err err;
  VT_TEST_REFUSED(assemble(EINTR, &err), VT_EIO, &err, strerror(EINTR));
  assert_int_equal(files_in_folder(), 0);
}

int main(void)
{
#define ROOM(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
  const struct CMUnitTest tests[] = {
      ROOM(nothing_is_written_before_the_space_is_reserved), ROOM(what_was_reserved_in_vain_is_given_back),
      ROOM(without_room_it_says_what_is_needed_and_what_is_left),
      ROOM(a_file_system_that_cannot_reserve_is_written_all_the_same), ROOM(signals_for_ever_end_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
