/* The file of a trajectory is there whole or not at all, whichever call fails.  open, write, fsync, rename, close and
 * mkdir are this program's own here: the nth call of one of them fails, n counting up until no nth call took place. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/folder/folder.h"
#include "tests/support/campaigns.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

typedef enum op { OPEN, WRITE, FSYNC, RENAME, CLOSE, MKDIR, N_OPS } op;
static const char *const op_name[N_OPS] = {"open", "write", "fsync", "rename", "close", "mkdir"};

static struct {
  int armed, error; /* error 0: half of the bytes are written */
  op of;
  long n, seen;
} fault;

static int fails(op o)
{
  if (!fault.armed || o != fault.of || ++fault.seen != fault.n) return 0;
  errno = fault.error;
  return 1;
}

int open(const char *path, int flags, ...)
{
  va_list ap;
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_start(ap, flags);
    mode = (mode_t)va_arg(ap, int);
    va_end(ap);
  }
  return fails(OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
  if (fails(WRITE)) {
    if (fault.error) return -1;
    n = (n + 1) / 2;
  }
  return syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd) { return fails(FSYNC) ? -1 : (int)syscall(SYS_fsync, fd); }
int mkdir(const char *path, mode_t mode) { return fails(MKDIR) ? -1 : (int)syscall(SYS_mkdir, path, mode); }

int rename(const char *from, const char *to)
{
  return fails(RENAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* As Linux does: closed, and the error. */
int close(int fd)
{
  const int bad = fails(CLOSE), keep = errno;
  const int rc = (int)syscall(SYS_close, fd);
  if (bad) errno = keep;
  return bad ? -1 : rc;
}

/* ------------------------------------------------------------------ */

typedef struct trial {
  vt_outdir dir;
  const vt_campaign *c;
  const vt_plan *p;
  char path[2 * VT_PATH], folder[2 * VT_PATH];
  vt_uid sum; /* of the file as it should be */
  uint64_t n;
  int tried[N_OPS], refused[N_OPS];
} trial;

static const char old[] = "what was there before";

static int n_entries(const char *folder)
{
  int n = 0;
  DIR *d = opendir(folder);
  for (const struct dirent *e; d && (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
  if (d) (void)closedir(d);
  return n;
}

static int is_whole(const trial *t)
{
  vt_uid sum;
  size_t n = 0;
  if (access(t->path, F_OK) != 0) return 0;
  char *bytes = vt_test_read(t->path, &n);
  vt_sha256(bytes, n, &sum);
  vt_free(bytes);
  return n == t->n && vt_uid_equal(&sum, &t->sum);
}

/* The nth call fails: an error that says why, and then either what was there before or the whole file, nothing beside.
 * 0: there was no nth call. */
static int one_fault(trial *t, vt_kept_frames *f, op of, long n, int error, int was_there)
{
  vt_uid sum;
  uint64_t n_bytes;
  vt_err err = {0};
  (void)unlink(t->path);
  (void)rmdir(t->folder);
  if (was_there) {
    VT_TEST_OK(vt_dir_make(t->folder, &err), &err);
    vt_test_write_text(t->path, old);
  }
  fault.of = of, fault.n = n, fault.error = error, fault.seen = 0;
  fault.armed = 1;
  const vt_status rc = vt_trajectory_file_write(&t->dir, t->c, t->p, 1, f, &sum, &n_bytes, &err);
  fault.armed = 0;
  const int whole = is_whole(t), left = n_entries(t->folder);
  if (rc == VT_OK && !whole) fail_msg("%s %ld: no error, and not the file", op_name[of], n);
  if (left > 1 || (left == 1 && access(t->path, F_OK) != 0)) fail_msg("%s %ld: %d entries", op_name[of], n, left);
  if (fault.seen < n) {
    assert_int_equal(rc, VT_OK);
    return 0;
  }
  t->tried[of]++;
  if (rc == VT_OK) return 1;
  t->refused[of]++;
  VT_TEST_REFUSED(rc, VT_EIO, &err, strerror(error));
  VT_TEST_REFUSED(rc, VT_EIO, &err, "the same command goes on when this is mended");
  if (was_there && !whole) {
    char *bytes = vt_test_read(t->path, NULL);
    assert_string_equal(bytes, old);
    vt_free(bytes);
  }
  return 1;
}

static vt_status try_all(void *ctx, vt_kept_frames *f, vt_err *err)
{
  trial *t = ctx;
  VT_PASS(vt_trajectory_file_write(&t->dir, t->c, t->p, 1, f, &t->sum, &t->n, err));
  assert_true(is_whole(t));
  for (int of = 0; of < N_OPS; of++)
    for (int was_there = 0; was_there < 2; was_there++) {
      const int error = of == WRITE ? ENOSPC : EIO;
      for (long n = 1; one_fault(t, f, (op)of, n, error, was_there); n++) continue;
    }
  for (long n = 1; n < 4; n++) (void)one_fault(t, f, WRITE, n, 0, 0); /* the rest is written by the next call */
  return VT_OK;
}

static void it_is_there_whole_or_not_at_all(void **state)
{
  (void)state;
  char top[VT_TEST_PATH], name[VT_TRAJECTORY_NAME];
  vt_err err = {0};
  vt_result glass = {0}, md = {0};
  vt_campaign *c = vt_test_small_campaign("LiAlCl4", "900 K", 1, "");
  const vt_plan of_glass = vt_test_plan(c, 0), p = vt_test_plan(c, 1);
  assert_true(of_glass.kind == VT_TASK_GLASS && p.kind == VT_TASK_MD);
  vt_test_folder_in_memory(top, "trajectory");
  trial t = {.c = c, .p = &p};
  VT_TEST_OK(vt_outdir_name(&t.dir, top, &err), &err);
  vt_trajectory_file_name(&p, name);
  (void)snprintf(t.path, sizeof t.path, "%s/%s", top, name);
  (void)snprintf(t.folder, sizeof t.folder, "%.*s", (int)(strrchr(t.path, '/') - t.path), t.path);
  const vt_recording ask = {.every_ps = 0.1, .velocities = 1, .ctx = &t, .done = try_all};
  const vt_replica_hooks hooks = {.recording = &ask};
  VT_TEST_OK(vt_replica_run(&of_glass, NULL, 0, NULL, NULL, &glass, &err), &err);
  VT_TEST_OK(vt_replica_run(&p, glass.values, glass.n_values, &hooks, NULL, &md, &err), &err);
  /* open, fsync: the file and its folder; write, rename, close: the file; mkdir: top, trajectory, composition, of which
   * only the first is there always.  Each with and without a file that was there. */
  static const int least[N_OPS] = {[OPEN] = 4, [WRITE] = 2, [FSYNC] = 4, [RENAME] = 2, [CLOSE] = 2, [MKDIR] = 6};
  for (int of = 0; of < N_OPS; of++)
    if (t.refused[of] < least[of]) fail_msg("%s: %d of %d refused", op_name[of], t.refused[of], t.tried[of]);
  vt_result_free(&glass);
  vt_result_free(&md);
  vt_campaign_free(c);
  vt_test_folder_remove(top);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_there_whole_or_not_at_all)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
