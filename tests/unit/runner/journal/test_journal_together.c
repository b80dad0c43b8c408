/* One shard for the processes of a machine: records of several writers stand one behind the other, a writer that dies
 * or stops holding the lock costs the others nothing, and whatever goes wrong ends in a shard of one's own. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/unit/runner/journal/journal_fixture.h"
#include "tests/vt_test.h"

static const char *const SHARD = "20260101T000000.000000Z-7-node1-0123abcd.vtj";

static vt_journal_writer *writer(int rank)
{
  vt_journal_writer *w;
  vt_err err;
  VT_TEST_OK(vt_journal_create_shared(&w, jf_dir(), SHARD, rank, &err), &err);
  return w;
}

static void sync_ok(vt_journal_writer *w)
{
  vt_err err;
  VT_TEST_OK(vt_journal_sync(w, &err), &err);
}

static vt_journal *reader(void)
{
  vt_journal *j;
  vt_err err;
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  return j;
}

static const char *shard_path(void)
{
  static char path[600];
  (void)snprintf(path, sizeof path, "%s/%s", jf_dir(), SHARD);
  return path;
}

static off_t size_of(const char *path)
{
  struct stat st;
  return stat(path, &st) == 0 ? st.st_size : -1;
}

static int n_shards(void)
{
  int n = 0;
  DIR *d = opendir(jf_dir());
  assert_non_null(d);
  for (const struct dirent *e; (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
  closedir(d);
  return n;
}

static void expect_record(const vt_journal *j, int k)
{
  const vt_uid u = jf_uid(k);
  jf_expect(j, jf_type(k) == VT_REC_RESULT ? vt_journal_result(j, &u) : vt_journal_failure(j, &u, 0), k);
}

static void a_name_says_when_who_and_which_machine(void **state)
{
  (void)state;
  char stamp[VT_SHARD_STAMP], a[VT_SHARD_NAME], b[VT_SHARD_NAME], pid[32];
  vt_journal_stamp(stamp);
  (void)snprintf(pid, sizeof pid, "Z-%ld", (long)getpid());
  assert_non_null(strstr(stamp, pid));
  vt_journal_node_shard(stamp, "node-1.cluster/..", a);
  vt_journal_node_shard(stamp, "node2", b);
  assert_int_equal(strncmp(a, stamp, strlen(stamp)), 0);
  assert_non_null(strstr(a, "-node_1_cluster___-"));
  assert_string_equal(a + strlen(a) - 4, ".vtj");
  assert_int_equal(strspn(a + strlen(a) - 12, "0123456789abcdef"), 8); /* the boot */
  assert_string_not_equal(a, b);
  vt_journal_node_shard("", "node2", b);
  assert_string_equal(b, "");
}

/* Three writers in turns, batches of one to four; the place of each record is where it is found. */
static void records_of_several_writers_stand_in_one_shard(void **state)
{
  (void)state;
  enum { N = 120 };
  vt_journal_writer *w[3] = {writer(0), writer(1), writer(2)};
  vt_place at[N];
  vt_err err;
  for (int k = 0, turn = 0; k < N; turn++) {
    const int first = k, n = 1 + turn % 4 < N - k ? 1 + turn % 4 : N - k;
    for (; k < first + n; k++) jf_append(w[turn % 3], k);
    vt_place none;
    vt_journal_last(w[turn % 3], &none);
    assert_int_equal(none.offset, 0); /* not written yet */
    sync_ok(w[turn % 3]);
    for (int i = 0; i < n; i++) vt_journal_synced(w[turn % 3], i, &at[first + i]);
    vt_journal_synced(w[turn % 3], n, &none);
    assert_int_equal(none.offset, 0);
  }
  assert_int_equal(n_shards(), 1);
  vt_journal *j = reader();
  assert_int_equal(vt_journal_count(j), N);
  for (int k = 0; k < N; k++) {
    jf_expect(j, vt_journal_rec(j, k), k); /* in the order of the syncs */
    assert_int_equal(vt_journal_rec(j, k)->offset, at[k].offset);
    assert_string_equal(at[k].shard, SHARD);
  }
  assert_int_equal(vt_journal_torn(j, NULL) + vt_journal_damaged(j, NULL), 0);
  vt_journal_free(j);
  jf_append(w[0], N);
  for (int k = 0; k < 3; k++) vt_journal_close(w[k]); /* what was not synced is not there */
  j = reader();
  assert_int_equal(vt_journal_count(j), N);
  vt_journal_free(j);
  (void)err;
}

/* ------------------------------------------------------------------ processes that are killed */

enum { WRITERS = 4, MOST = 100000 };

static void write_until_killed(int who, int fd)
{
  vt_journal_writer *w;
  char text[256];
  if (vt_journal_create_shared(&w, jf_dir(), SHARD, who, NULL) != VT_OK) _exit(1);
  for (int i = 0;; i++) {
    const int k = who * MOST + i;
    const vt_uid u = jf_uid(k);
    jf_fill(text, k);
    if (vt_journal_append(w, jf_type(k), &u, jf_attempt(k), jf_half(k), text, jf_size(k), NULL, 0, NULL) != VT_OK ||
        vt_journal_sync(w, NULL) != VT_OK || write(fd, &k, sizeof k) != sizeof k)
      _exit(1);
  }
}

/* 20 times: four processes append and sync and report each durable record through a pipe, and are killed one after the
 * other at random moments.  Every reported record is there, nothing is damaged, and the lock of the dead is free: those
 * that live on go on. */
static void kills_lose_nothing_that_was_synced(void **state)
{
  (void)state;
  int reported = 0, shards = 0;
  vt_err err;
  for (int run = 0; run < 20; run++) {
    int fd[2], k, after_first = 0;
    pid_t child[WRITERS];
    assert_int_equal(pipe(fd), 0);
    VT_TEST_OK(vt_dir_make(jf_dir(), &err), &err);
    for (int who = 0; who < WRITERS; who++) {
      child[who] = fork();
      assert_true(child[who] >= 0);
      if (child[who] == 0) write_until_killed(who, fd[1]);
    }
    close(fd[1]);
    int *seen = calloc(WRITERS, sizeof *seen);
    assert_non_null(seen);
    for (int who = 0; who < WRITERS; who++) { /* the pipe holds thousands of reports: read between the kills */
      vt_nap_s(0.004 + 1e-5 * ((run * 613 + who * 271) % 1000)); /* spread over a centisecond */
      assert_int_equal(kill(child[who], SIGKILL), 0);
      assert_int_equal(waitpid(child[who], NULL, 0), child[who]);
      assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
      while (read(fd[0], &k, sizeof k) == sizeof k) {
        seen[k / MOST] = k % MOST + 1;
        after_first += who > 0 && k / MOST >= who;
      }
    }
    close(fd[0]);
    assert_true(after_first > 0);
    vt_journal *j = reader();
    assert_int_equal(vt_journal_damaged(j, NULL), 0);
    for (int who = 0; who < WRITERS; who++) {
      for (int i = 0; i < seen[who]; i++) expect_record(j, who * MOST + i);
      reported += seen[who];
    }
    shards += vt_journal_shards(j);
    vt_journal_free(j);
    free(seen);
    assert_int_equal(jf_teardown(NULL), 0);
    assert_int_equal(jf_setup(NULL), 0);
  }
  print_message("%d records reported durable before 80 kills, in %d shards\n", reported, shards);
  assert_true(reported > 0);
}

/* ------------------------------------------------------------------ what ends in a shard of one's own */

/* A second writer with record `k`, after the first one wrote 0..2 and something happened to the shard. */
static void expect_own_shard(vt_journal_writer *w, int k, off_t shared_size)
{
  vt_place at;
  jf_append(w, k);
  sync_ok(w);
  vt_journal_last(w, &at);
  assert_true(at.offset > 0);
  assert_string_not_equal(at.shard, SHARD);
  assert_int_equal(size_of(shard_path()), shared_size); /* not cut, not built upon */
  jf_append(w, k + 1);                                  /* and it stays there */
  sync_ok(w);
  vt_journal *j = reader();
  expect_record(j, k);
  expect_record(j, k + 1);
  vt_journal_free(j);
}

static vt_journal_writer *first_three(void)
{
  vt_journal_writer *w = writer(0);
  for (int k = 0; k < 3; k++) jf_append(w, k);
  sync_ok(w);
  return w;
}

static void a_torn_end_is_left_alone(void **state)
{
  (void)state;
  vt_journal_writer *a = first_three(), *b = writer(1);
  FILE *f = fopen(shard_path(), "ab");
  assert_non_null(f);
  assert_int_equal(fwrite("VTJR half a record", 1, 18, f), 18);
  assert_int_equal(fclose(f), 0);
  const off_t size = size_of(shard_path());
  expect_own_shard(b, 10, size);
  expect_own_shard(a, 20, size);
  vt_journal *j = reader();
  for (int k = 0; k < 3; k++) expect_record(j, k);
  assert_int_equal(vt_journal_torn(j, NULL), 1);
  vt_journal_free(j);
  vt_journal_close(a);
  vt_journal_close(b);
}

/* A file without a name would take every record with it. */
static void a_shard_that_was_removed_is_not_written(void **state)
{
  (void)state;
  vt_journal_writer *a = first_three();
  assert_int_equal(unlink(shard_path()), 0);
  expect_own_shard(a, 10, -1);
  vt_journal_close(a);
}

/* The holder of the lock stops for ever (here: a process that took it and was stopped). */
static void a_lock_that_is_not_given_back_is_waited_for_two_seconds(void **state)
{
  (void)state;
  vt_journal_writer *a = first_three();
  const off_t size = size_of(shard_path());
  pid_t holder = fork();
  assert_true(holder >= 0);
  if (holder == 0) {
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(shard_path(), O_RDWR);
    if (fd < 0 || fcntl(fd, F_OFD_SETLK, &l) != 0) _exit(1);
    (void)raise(SIGSTOP);
    _exit(0);
  }
  int how;
  assert_int_equal(waitpid(holder, &how, WUNTRACED), holder);
  assert_true(WIFSTOPPED(how));
  expect_own_shard(a, 10, size);
  vt_journal_writer *late = writer(5); /* each waits once, then has its own */
  assert_int_equal(kill(holder, SIGKILL), 0);
  assert_int_equal(waitpid(holder, &how, 0), holder);
  jf_append(late, 30);
  sync_ok(late);
  assert_true(size_of(shard_path()) > size); /* the lock of the dead is free */
  vt_journal_close(a);
  vt_journal_close(late);
}

/* A write that fails half-way (here: at the limit of a file's size) leaves whole records. */
static void a_write_that_fails_is_taken_back(void **state)
{
  (void)state;
  vt_journal_writer *a = first_three();
  const off_t size = size_of(shard_path());
  struct rlimit was, less;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
  less = was;
  less.rlim_cur = (rlim_t)size + 40;
  void (*sig)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
  jf_append(a, 10);
  vt_err err = {0};
  const vt_status rc = vt_journal_sync(a, &err); /* its own shard is new and short */
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
  (void)signal(SIGXFSZ, sig);
  VT_TEST_OK(rc, &err);
  assert_int_equal(size_of(shard_path()), size);
  vt_journal *j = reader();
  expect_record(j, 10);
  assert_int_equal(vt_journal_torn(j, NULL), 0);
  vt_journal_free(j);
  vt_journal_close(a);
}

/* Where not even a shard of one's own can be begun, what is held stays: the sync is tried again. */
static void what_could_not_be_written_is_kept(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_journal_writer *a = writer(3);
  vt_test_write(jf_dir(), "a file", 6);
  for (int k = 0; k < 4; k++) jf_append(a, k);
  assert_int_equal(vt_journal_sync(a, &err), VT_EIO);
  assert_non_null(strstr(err.text, jf_dir()));
  jf_append(a, 4); /* and more may be added */
  assert_int_equal(unlink(jf_dir()), 0);
  sync_ok(a);
  vt_journal *j = reader();
  assert_int_equal(vt_journal_count(j), 5);
  for (int k = 0; k < 5; k++) {
    vt_place at;
    jf_expect(j, vt_journal_rec(j, k), k);
    vt_journal_synced(a, k, &at);
    assert_int_equal(at.offset, vt_journal_rec(j, k)->offset);
  }
  vt_journal_free(j);
  vt_journal_close(a);
}

/* ------------------------------------------------------------------ memory that runs out */

static int fail_at; /* the call of realloc that fails, counted down; 0: none */
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_realloc(void *p, size_t n) { return fail_at && --fail_at == 0 ? NULL : __real_realloc(p, n); }

/* Records of 40 appends, of which one finds no memory, at each place where it can: that append fails and leaves
 * nothing behind, is repeated, and the sync writes each record once, where it says. */
static void an_append_without_memory_leaves_nothing(void **state)
{
  (void)state;
  enum { N = 40 };
  int failures = 0;
  for (int n = 1;; n++) {
    vt_journal_writer *w = writer(0);
    char text[256];
    vt_err err;
    int failed = 0;
    fail_at = n;
    for (int k = 0; k < N; k++) {
      const vt_uid u = jf_uid(k);
      jf_fill(text, k);
      const vt_status rc =
          vt_journal_append(w, jf_type(k), &u, jf_attempt(k), jf_half(k), text, jf_size(k), NULL, 0, &err);
      if (rc == VT_OK) continue;
      assert_int_equal(rc, VT_ENOMEM);
      failed++;
      jf_append(w, k);
    }
    fail_at = 0;
    failures += failed;
    sync_ok(w);
    vt_journal *j = reader();
    assert_int_equal(vt_journal_torn(j, NULL) + vt_journal_damaged(j, NULL), 0);
    assert_int_equal(vt_journal_count(j), N);
    for (int k = 0; k < N; k++) {
      vt_place at;
      jf_expect(j, vt_journal_rec(j, k), k);
      vt_journal_synced(w, k, &at);
      assert_int_equal(at.offset, vt_journal_rec(j, k)->offset);
    }
    vt_journal_free(j);
    vt_journal_close(w);
    assert_int_equal(jf_teardown(NULL), 0);
    assert_int_equal(jf_setup(NULL), 0);
    if (!failed) break;
  }
  assert_true(failures > 2); /* what is held grows by doubling from 256 bytes: several times for 40 records */
}

/* ------------------------------------------------------------------ records that are known already */

static int all_but_one(void *ctx, const vt_uid *uid, const char *shard, uint64_t offset)
{
  const vt_uid one = jf_uid(*(const int *)ctx);
  return strcmp(shard, SHARD) == 0 && offset > 0 && !vt_uid_equal(uid, &one);
}

/* Whoever was told of 39 of 40 records reads 40 headers and one payload; a payload that it took on trust is checked
 * when it is asked for. */
static void what_is_known_is_not_read_again(void **state)
{
  (void)state;
  enum { N = 40 };
  int unknown = 17;
  size_t all = 0;
  char *got;
  vt_err err;
  vt_journal_writer *w = writer(0);
  for (int k = 0; k < N; k++) jf_append(w, k), all += jf_size(k);
  sync_ok(w);
  vt_journal *whole = reader(), *j;
  VT_TEST_OK(vt_journal_blank(&j, jf_dir(), &err), &err);
  vt_journal_trust(j, all_but_one, &unknown);
  VT_TEST_OK(vt_journal_refresh(j, &err), &err);
  assert_int_equal(vt_journal_count(j), N);
  for (int k = 0; k < N; k++) jf_expect(j, vt_journal_rec(j, k), k);
  assert_true(vt_journal_bytes(whole) >= all);
  assert_true(vt_journal_bytes(j) <= (N + 1) * 64 + jf_size(unknown)); /* the one's header twice */
  vt_journal_free(j);
  const long at = (long)vt_journal_rec(whole, 5)->offset;
  FILE *f = fopen(shard_path(), "r+b"); /* a byte of record 5's payload */
  assert_non_null(f);
  assert_int_equal(fseek(f, at, SEEK_SET), 0);
  assert_int_equal(fputc(0xff, f), 0xff);
  assert_int_equal(fclose(f), 0);
  VT_TEST_OK(vt_journal_blank(&j, jf_dir(), &err), &err);
  vt_journal_trust(j, all_but_one, &unknown);
  VT_TEST_OK(vt_journal_refresh(j, &err), &err);
  assert_int_equal(vt_journal_read(j, vt_journal_rec(j, 5), &got, &err), VT_ECORRUPT);
  vt_journal_free(j);
  vt_journal_free(whole);
  vt_journal_close(w);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jf_setup, jf_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(a_name_says_when_who_and_which_machine),  T(records_of_several_writers_stand_in_one_shard),
      T(kills_lose_nothing_that_was_synced),      T(a_torn_end_is_left_alone),
      T(a_shard_that_was_removed_is_not_written), T(a_lock_that_is_not_given_back_is_waited_for_two_seconds),
      T(a_write_that_fails_is_taken_back),        T(what_could_not_be_written_is_kept),
      T(an_append_without_memory_leaves_nothing), T(what_is_known_is_not_read_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
