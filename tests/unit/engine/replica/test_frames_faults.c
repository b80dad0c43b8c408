/* Frames that wait for a checkpoint, and the files they go to: whichever call on them fails, the task goes on, a
 * checkpoint that is there has all frames before it, and the frames are those of an undisturbed task.  open, write and
 * fdatasync are this program's own here, for files with ".frames-" in their name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/unit/engine/replica/checkpointer_fixture.h"
#include "tests/vt_test.h"

static const task_case lj = {"lj", VT_DOUBLE, VT_NVT, VT_NVT, VT_NVT, 400};

typedef enum op { OPEN, WRITE, SYNC, N_OPS } op;
static const char *const op_name[N_OPS] = {"open", "write", "fdatasync"};
enum { FDS = 1024, HALF = -1 };

static struct {
  int armed, error, ever; /* error HALF: half of the bytes are written */
  op of;
  long n, seen;
  char frames[FDS]; /* is the descriptor one of those files? */
} fault;

static int fails(op o)
{
  if (!fault.armed || o != fault.of) return 0;
  fault.seen++;
  if (fault.seen != fault.n && !(fault.ever && fault.seen > fault.n)) return 0;
  errno = fault.error;
  return 1;
}

int open(const char *path, int flags, ...)
{
  va_list ap;
  mode_t mode = 0;
  const int is_frames = strstr(path, ".frames-") && (flags & O_CREAT);
  if (flags & O_CREAT) {
    va_start(ap, flags);
    mode = (mode_t)va_arg(ap, int);
    va_end(ap);
  }
  if (is_frames && fails(OPEN)) return -1;
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (fd >= 0 && fd < FDS) fault.frames[fd] = (char)is_frames;
  return fd;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
  if (fd < FDS && fault.frames[fd] && fails(WRITE)) {
    if (fault.error != HALF) return -1;
    n = (n + 1) / 2;
  }
  return syscall(SYS_write, fd, bytes, n);
}

int fdatasync(int fd) { return fd < FDS && fault.frames[fd] && fails(SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd); }

/* ------------------------------------------------------------------ */

typedef struct taken {
  int64_t n;
  vt_uid sum;
} taken;

static vt_status take(void *ctx, vt_kept_frames *f, vt_err *err)
{
  enum { MOST = 64 };
  taken *t = ctx;
  vt_uid sums[MOST];
  t->n = vt_kept_frames_count(f);
  for (int64_t k = 0; k < t->n && k < MOST; k++) {
    vt_kept_frame fr;
    VT_PASS(vt_kept_frames_read(f, k, &fr, err));
    vt_sha256(fr.x, (size_t)fr.n_atoms * 3 * sizeof *fr.x, &sums[k]);
    sums[k].b[0] ^= (uint8_t)fr.step;
  }
  vt_sha256(sums, (size_t)t->n * sizeof *sums, &t->sum);
  return VT_OK;
}

static vt_recording recording_of(taken *t) { return (vt_recording){.every_ps = 0.05, .ctx = t, .done = take}; }

static struct {
  vt_plan glass_plan, plan;
  vt_result glass, whole;
  taken frames;
} given;

/* A task under one fault, stopped in the middle and continued by one that finds no fault. */
static void one_task(op of, long n, int error, int ever, int *seen, int *failed)
{
  taken t = {.n = 0};
  interrupted k;
  vt_err err = {0};
  interrupted_open(&k);
  const vt_recording ask = recording_of(&t);
  k.hooks.recording = &ask;
  k.checkpointing.graceful_stop_s = 0; /* at once: what a kill leaves */
  fault.of = of, fault.n = n, fault.error = error, fault.ever = ever, fault.seen = 0;
  fault.armed = 1;
  k.stops = 1;
  k.stop_after = 0.9;
  const vt_status rc = task_try(&given.plan, &given.glass, &k.hooks, &err);
  fault.armed = 0;
  *seen = fault.seen >= n;
  *failed = k.failed;
  if (rc != VT_ESTOP) fail_msg("%s %ld: %s", op_name[of], n, err.text);
  interrupted_forget(&k);
  k.stops = 0;
  vt_result r = task_run(&given.plan, &given.glass, &k.hooks);
  if (k.refused) fail_msg("%s %ld: %s", op_name[of], n, k.why); /* every checkpoint had its frames */
  assert_int_equal(k.resumed, 1);
  assert_true(task_same(&r, &given.whole));
  assert_int_equal(t.n, given.frames.n);
  assert_true(vt_uid_equal(&t.sum, &given.frames.sum));
  vt_result_free(&r);
  vt_kept_frames_remove(k.path);
  interrupted_close(&k);
}

static void no_fault_costs_a_frame(void **state)
{
  (void)state;
  for (int of = 0; of < N_OPS; of++) {
    int seen = 1, failed, tried = 0, told = 0;
    for (long n = 1; seen && n <= 6; n++) {
      one_task((op)of, n, of == WRITE ? ENOSPC : EIO, 0, &seen, &failed);
      tried += seen;
      told += failed;
    }
    if (tried < 1 || told < tried) fail_msg("%s: %d faults, %d told", op_name[of], tried, told);
    one_task((op)of, 1, ENOSPC, 1, &seen, &failed); /* none of its files can be written: it begins before them */
    if (failed < 2) fail_msg("%s for ever: %d told", op_name[of], failed);
  }
}

static void half_a_write_is_continued(void **state)
{
  (void)state;
  int seen, failed;
  for (long n = 1; n <= 3; n++) {
    one_task(WRITE, n, HALF, 0, &seen, &failed);
    assert_true(seen && failed == 0);
  }
}

static int open_given(void **state)
{
  (void)state;
  given.glass_plan = task_glass_plan(&lj);
  given.plan = task_md_plan(&lj);
  given.glass = task_run(&given.glass_plan, NULL, NULL);
  const vt_recording ask = recording_of(&given.frames);
  const vt_replica_hooks hooks = {.recording = &ask};
  given.whole = task_run(&given.plan, &given.glass, &hooks);
  return given.frames.n == 21 ? 0 : -1;
}

static int close_given(void **state)
{
  (void)state;
  vt_result_free(&given.whole);
  vt_result_free(&given.glass);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_fault_costs_a_frame),
      cmocka_unit_test(half_a_write_is_continued),
  };
  return cmocka_run_group_tests(tests, open_given, close_given);
}
