/* The journal when things go wrong: every byte changed, every length, a full disk, a reader beside a writer. */
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

enum { N = 20, FILE_HEAD = 16, REC_HEAD = 64 };

typedef struct bytes {
  char path[256], *data;
  size_t n;
} bytes;

/* A shard of N records, and where each ends (end[k]; payload without padding: text[k]). */
static bytes twenty_records(size_t end[N], size_t text[N])
{
  bytes b;
  vt_err err;
  vt_journal_writer *w;
  VT_TEST_OK(vt_journal_create(&w, jf_dir(), 0, &err), &err);
  size_t at = FILE_HEAD;
  for (int k = 0; k < N; k++) {
    jf_append(w, k);
    text[k] = at + REC_HEAD + jf_size(k);
    end[k] = at = (text[k] + 7) / 8 * 8;
  }
  vt_journal_close(w);
  jf_shard_path(b.path, sizeof b.path);
  VT_TEST_OK(vt_file_read(b.path, 100000, &b.data, &b.n, &err), &err);
  assert_int_equal(b.n, end[N - 1]);
  return b;
}

/* The journal holds exactly the first `many` true records. */
static void expect_prefix(const vt_journal *j, int many)
{
  assert_int_equal(vt_journal_count(j), many);
  for (int k = 0; k < many; k++) jf_expect(j, vt_journal_rec(j, k), k);
}

/* Exactly the true records but `lost` (-1: all of them). */
static void expect_all_but(const vt_journal *j, int lost)
{
  assert_int_equal(vt_journal_count(j), N - (lost >= 0));
  for (int k = 0, at = 0; k < N; k++)
    if (k != lost) jf_expect(j, vt_journal_rec(j, at++), k);
}

static int record_at(const size_t end[N], size_t byte)
{
  int k = 0;
  while (end[k] <= byte) k++;
  return k;
}

/* The only flaw of the only shard is this one, and it holds the byte. */
static void expect_flaw(const vt_journal *j, vt_flaw_kind kind, size_t byte)
{
  vt_flaw f;
  vt_shard s;
  assert_int_equal(vt_journal_shards(j), 1);
  vt_journal_shard(j, 0, &s);
  assert_int_equal(vt_journal_flaw(j, s.number, 0, &f), 1);
  assert_int_equal(f.kind, kind);
  assert_true(f.offset <= byte && byte < f.offset + f.n);
  assert_true(f.offset + f.n <= s.n_bytes);
  assert_int_equal(vt_journal_flaw(j, s.number, 1, &f), 0);
}

/* Whatever byte changes (all bits, or one): it is found and named, at most the record that holds it is lost (none if it
 * is of the file header or of the padding), none is changed, none is invented, and cutting takes no other. */
static void no_changed_byte_changes_a_record(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  for (size_t i = 0; i < b.n; i++)
    for (int mask = 1; mask <= 255; mask += 254) {
      vt_journal *j;
      vt_err err;
      b.data[i] = (char)(b.data[i] ^ mask);
      vt_test_write(b.path, b.data, b.n);
      b.data[i] = (char)(b.data[i] ^ mask);
      VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
      int k = i < FILE_HEAD ? -1 : record_at(end, i), pad = k >= 0 && i >= text[k];
      int lost = pad ? -1 : k, tail = lost == N - 1;
      vt_buf text_of = {0};
      expect_all_but(j, lost);
      expect_flaw(j, k < 0 ? VT_FLAW_HEAD : pad ? VT_FLAW_PADDING : tail ? VT_FLAW_TAIL : VT_FLAW_RECORDS, i);
      assert_int_equal(vt_journal_torn(j, NULL), tail);
      assert_int_equal(vt_journal_damaged(j, &text_of), !tail);
      assert_int_equal(text_of.len > 0 && strstr(text_of.s, b.path) != NULL, !tail);
      assert_int_equal(text_of.len > 0 && strstr(text_of.s, "file header") != NULL, k < 0);
      VT_TEST_OK(vt_journal_cut(j, &err), &err);
      VT_TEST_OK(vt_journal_refresh(j, &err), &err);
      expect_all_but(j, lost);
      vt_buf_free(&text_of);
      vt_journal_free(j);
    }
  vt_free(b.data);
}

/* Changed after it was indexed: reading it is an error that names shard and offset; the others are untouched. */
static void a_payload_that_changes_later_is_noticed_when_it_is_read(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_journal *j;
  vt_err err;
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  for (int k = 0; k < N; k++)
    for (size_t i = text[k] - jf_size(k); i < text[k]; i++) {
      char *got, where[64];
      b.data[i] = (char)(b.data[i] ^ 4);
      vt_test_write(b.path, b.data, b.n);
      b.data[i] = (char)(b.data[i] ^ 4);
      assert_int_equal(vt_journal_read(j, vt_journal_rec(j, k), &got, &err), VT_ECORRUPT);
      assert_null(got);
      (void)snprintf(where, sizeof where, "offset %zu", text[k] - jf_size(k));
      assert_non_null(strstr(err.text, where));
      assert_non_null(strstr(err.text, b.path));
      jf_expect(j, vt_journal_rec(j, (k + 1) % N), (k + 1) % N);
    }
  vt_test_write(b.path, b.data, end[10] + 3);
  char *got;
  assert_int_equal(vt_journal_read(j, vt_journal_rec(j, 11), &got, &err), VT_ECORRUPT);
  assert_non_null(strstr(err.text, "the file ends in it"));
  assert_int_equal(vt_journal_refresh(j, &err), VT_ECORRUPT);
  assert_non_null(strstr(err.text, "has shrunk"));
  vt_journal_free(j);
  vt_free(b.data);
}

/* Every length: the whole records before the end, a torn tail unless the end is a record's; cut removes it, and a
 * second look finds nothing to cut. */
static void every_truncation_leaves_the_whole_records(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  for (size_t n = 0; n <= b.n; n++) {
    vt_journal *j;
    vt_err err;
    struct stat st;
    vt_buf names = {0};
    int many = n == b.n ? N : record_at(end, n);
    size_t good = many ? end[many - 1] : n < FILE_HEAD ? 0 : FILE_HEAD;
    vt_test_write(b.path, b.data, n);
    VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
    expect_prefix(j, many);
    if (n != good) expect_flaw(j, VT_FLAW_TAIL, good);
    assert_int_equal(vt_journal_torn(j, &names), n != good);
    assert_int_equal(vt_journal_damaged(j, NULL), 0);
    assert_int_equal(names.len > 0 && strstr(names.s, b.path) != NULL, n != good);
    VT_TEST_OK(vt_journal_cut(j, &err), &err);
    assert_int_equal(vt_journal_torn(j, NULL), 0);
    assert_int_equal(stat(b.path, &st), 0);
    assert_int_equal(st.st_size, good);
    VT_TEST_OK(vt_journal_refresh(j, &err), &err);
    expect_prefix(j, many);
    vt_buf_free(&names);
    vt_journal_free(j);
  }
  vt_free(b.data);
}

/* Lengths that would overflow or reach far beyond the file, with a checksum that fits. */
static void a_length_that_lies_costs_its_record(void **state)
{
  (void)state;
  static const uint64_t lie[] = {1, 8, 1000000, (uint64_t)1 << 40, UINT64_MAX / 2, UINT64_MAX - 7, UINT64_MAX};
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  for (size_t k = 0; k < sizeof lie / sizeof lie[0]; k++) {
    unsigned char *h = (unsigned char *)b.data + end[N - 2];
    for (int i = 0; i < 8; i++) h[8 + i] = (unsigned char)(lie[k] >> 8 * i);
    uint32_t crc = vt_crc32(0, h, 56);
    for (int i = 0; i < 4; i++) h[56 + i] = (unsigned char)(crc >> 8 * i);
    vt_test_write(b.path, b.data, b.n);
    vt_journal *j;
    vt_err err;
    VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
    expect_all_but(j, N - 1);
    vt_journal_free(j);
  }
  vt_free(b.data);
}

/* A header that does not check in front of bytes that are no journal, or of a record that is damaged too: reported,
 * never cut. */
static void nothing_is_cut_behind_a_damaged_header(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_journal *j;
  vt_err err;
  struct stat st;
  vt_flaw f;
  b.data[3] ^= 1;
  b.data[FILE_HEAD] ^= 1;
  vt_test_write(b.path, b.data, end[0]);
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  assert_int_equal(vt_journal_count(j), 0);
  assert_int_equal(vt_journal_flaw(j, 0, 0, &f) && f.kind == VT_FLAW_HEAD, 1);
  assert_int_equal(vt_journal_flaw(j, 0, 1, &f) && f.kind == VT_FLAW_TAIL, 1);
  VT_TEST_OK(vt_journal_cut(j, &err), &err);
  assert_int_equal(stat(b.path, &st), 0);
  assert_int_equal(st.st_size, end[0]);
  vt_test_write(b.path, b.data, end[2]); /* a record more appears behind the damage */
  VT_TEST_OK(vt_journal_refresh(j, &err), &err);
  assert_int_equal(vt_journal_count(j), 2);
  jf_expect(j, vt_journal_rec(j, 0), 1);
  assert_int_equal(vt_journal_damaged(j, NULL), 2);
  vt_journal_free(j);
  vt_free(b.data);
}

static void another_version_is_refused_by_name(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_journal *j;
  vt_err err;
  b.data[8] = 2;
  uint32_t crc = vt_crc32(0, b.data, 12);
  for (int i = 0; i < 4; i++) b.data[12 + i] = (char)(crc >> 8 * i);
  vt_test_write(b.path, b.data, b.n);
  assert_int_equal(vt_journal_open(&j, jf_dir(), &err), VT_EUNSUP);
  assert_non_null(strstr(err.text, "version 2"));
  assert_non_null(strstr(err.text, b.path));
  vt_free(b.data);
}

/* A shard grows byte by byte under a reader: it never sees more or less than the whole records. */
static void a_reader_beside_a_writer_sees_whole_records_only(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_test_write(b.path, b.data, 0);
  vt_journal *j;
  vt_err err;
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  int fd = open(b.path, O_WRONLY | O_APPEND);
  assert_true(fd >= 0);
  for (size_t i = 0; i < b.n; i++) {
    assert_int_equal(write(fd, b.data + i, 1), 1);
    VT_TEST_OK(vt_journal_refresh(j, &err), &err);
    assert_int_equal(vt_journal_count(j), i + 1 == b.n ? N : record_at(end, i + 1));
  }
  expect_prefix(j, N);
  close(fd);
  vt_journal_free(j);
  vt_free(b.data);
}

static void a_shard_that_somebody_writes_is_not_cut(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_journal *j;
  vt_err err;
  struct stat st;
  vt_test_write(b.path, b.data, end[3] + 5);
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  vt_test_write(b.path, b.data, end[4]);
  assert_int_equal(vt_journal_cut(j, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "somebody is writing it"));
  assert_int_equal(stat(b.path, &st), 0);
  assert_int_equal(st.st_size, end[4]);
  VT_TEST_OK(vt_journal_refresh(j, &err), &err);
  expect_prefix(j, 5);
  VT_TEST_OK(vt_journal_cut(j, &err), &err);
  vt_journal_free(j);
  vt_free(b.data);
}

static int not_a_failure(void *ctx, const vt_rec *r)
{
  (void)ctx;
  return r->type != VT_REC_FAILURE;
}

static vt_journal *reopen(vt_journal *j)
{
  vt_err err;
  vt_journal_free(j);
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  return j;
}

/* Of a shard with a bad header, two bad records, a bad pad byte and a torn tail the good records are left, without any
 * flaw, and the old bytes are kept in damaged/, which no reader looks at. */
static void repair_keeps_the_good_records_and_the_old_file(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_journal *j;
  vt_err err;
  int kept;
  char aside[512], *old;
  size_t n;
  b.data[0] ^= 1;
  b.data[end[2] + 5] ^= 1;  /* header of record 3 */
  b.data[end[2] - 1] ^= 1;  /* padding of record 2 */
  b.data[text[8] - 1] ^= 1; /* payload of record 8 */
  vt_test_write(b.path, b.data, b.n - 1);
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  assert_int_equal(vt_journal_count(j), N - 3);
  assert_int_equal(vt_journal_damaged(j, NULL), 4);
  assert_int_equal(vt_journal_torn(j, NULL), 1);
  VT_TEST_OK(vt_journal_repair(j, 0, NULL, NULL, &kept, &err), &err);
  assert_int_equal(kept, N - 3);
  j = reopen(j);
  assert_int_equal(vt_journal_shards(j), 1);
  assert_int_equal(vt_journal_count(j), N - 3);
  for (int k = 0, at = 0; k < N - 1; k++)
    if (k != 3 && k != 8) jf_expect(j, vt_journal_rec(j, at++), k);
  assert_int_equal(vt_journal_damaged(j, NULL) + vt_journal_torn(j, NULL), 0);
  (void)snprintf(aside, sizeof aside, "%s/damaged/%s", jf_dir(), strrchr(b.path, '/') + 1);
  VT_TEST_OK(vt_file_read(aside, 100000, &old, &n, &err), &err);
  assert_int_equal(n, b.n - 1);
  assert_memory_equal(old, b.data, n);
  vt_free(old);
  /* and once more, with a choice */
  VT_TEST_OK(vt_journal_repair(j, 0, not_a_failure, NULL, &kept, &err), &err);
  j = reopen(j);
  assert_int_equal(vt_journal_count(j), kept);
  for (int i = 0; i < kept; i++) assert_int_equal(vt_journal_rec(j, i)->type, VT_REC_RESULT);
  vt_journal_free(j);
  vt_free(b.data);
}

static int none(void *ctx, const vt_rec *r)
{
  (void)ctx, (void)r;
  return 0;
}

static void a_shard_without_a_good_record_is_only_moved_away(void **state)
{
  (void)state;
  size_t end[N], text[N];
  bytes b = twenty_records(end, text);
  vt_journal *j;
  vt_err err;
  int kept;
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  VT_TEST_OK(vt_journal_repair(j, 0, none, NULL, &kept, &err), &err);
  assert_int_equal(kept, 0);
  j = reopen(j);
  assert_int_equal(vt_journal_shards(j), 0);
  vt_journal_free(j);
  vt_free(b.data);
}

static void limit_file_size(rlim_t n)
{
  struct rlimit l;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
  l.rlim_cur = n;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* A size limit cuts the write at every byte of a record in turn, as a full disk does; then there is room again.  The
 * shard stays whole all the time, and the record can be appended once there is room. */
static void a_full_disk_leaves_no_half_record(void **state)
{
  (void)state;
  vt_err err;
  char path[256], text[256];
  vt_journal_writer *w;
  VT_TEST_OK(vt_journal_create(&w, jf_dir(), 0, &err), &err);
  jf_append(w, 0);
  jf_shard_path(path, sizeof path);
  void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
  enum { K = 6 }; /* 63 bytes of payload: head, both parts and padding are cut */
  vt_uid u = jf_uid(K);
  jf_fill(text, K);
  for (rlim_t room = 0; room < REC_HEAD + 64; room++) {
    struct stat st;
    limit_file_size(FILE_HEAD + REC_HEAD + room);
    vt_status rc = vt_journal_append(w, jf_type(K), &u, jf_attempt(K), jf_half(K), text, 21, text + 21, 42, &err);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(rc, VT_EIO);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "offset 80"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, FILE_HEAD + REC_HEAD);
  }
  jf_append(w, K);
  VT_TEST_OK(vt_journal_sync(w, &err), &err);
  vt_journal *j;
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  assert_int_equal(vt_journal_count(j), 2);
  jf_expect(j, vt_journal_rec(j, 0), 0);
  jf_expect(j, vt_journal_rec(j, 1), K);
  (void)signal(SIGXFSZ, old);
  vt_journal_free(j);
  vt_journal_close(w);
}

/* No room for the file header: nothing is left behind, and the next append tries anew. */
static void a_shard_that_cannot_be_begun_leaves_no_file(void **state)
{
  (void)state;
  vt_err err;
  vt_journal_writer *w;
  vt_journal *j;
  vt_uid u = jf_uid(1);
  VT_TEST_OK(vt_journal_create(&w, jf_dir(), 0, &err), &err);
  void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
  limit_file_size(9);
  vt_status rc = vt_journal_append(w, VT_REC_RESULT, &u, 0, 0, "x", 1, NULL, 0, &err);
  limit_file_size(RLIM_INFINITY);
  (void)signal(SIGXFSZ, old);
  assert_int_equal(rc, VT_EIO);
  assert_non_null(strstr(err.text, "cannot begin journal shard"));
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  assert_int_equal(vt_journal_torn(j, NULL), 0);
  jf_append(w, 0);
  VT_TEST_OK(vt_journal_refresh(j, &err), &err);
  expect_prefix(j, 1);
  vt_journal_free(j);
  vt_journal_close(w);
}

/* 30 times: a process appends and syncs and reports each durable record through a pipe until it is killed at a random
 * moment. Every reported record is there afterwards, and whatever else is there is true. */
static void a_kill_loses_nothing_that_was_synced(void **state)
{
  (void)state;
  int torn = 0, reported = 0;
  for (int run = 0; run < 30; run++) {
    int fd[2], last = -1, k;
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      vt_journal_writer *w;
      char text[256];
      if (vt_journal_create(&w, jf_dir(), run, NULL) != VT_OK) _exit(1);
      for (k = 0;; k++) {
        vt_uid u = jf_uid(k);
        jf_fill(text, k);
        if (vt_journal_append(w, jf_type(k), &u, jf_attempt(k), jf_half(k), text, jf_size(k), NULL, 0, NULL) != VT_OK ||
            vt_journal_sync(w, NULL) != VT_OK || write(fd[1], &k, sizeof k) != sizeof k)
          _exit(1);
      }
    }
    close(fd[1]);
    vt_nap_s(0.005 + 0.002 * run);
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(fd[0], &k, sizeof k) == sizeof k) last = k;
    close(fd[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    vt_journal *j;
    vt_err err;
    VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
    assert_true(vt_journal_count(j) >= last + 1);
    expect_prefix(j, vt_journal_count(j));
    torn += vt_journal_torn(j, NULL);
    reported += last + 1;
    vt_journal_free(j);
    assert_int_equal(jf_teardown(NULL), 0);
    assert_int_equal(jf_setup(NULL), 0);
  }
  print_message("%d records reported durable before 30 kills, %d torn tails\n", reported, torn);
  assert_true(reported > 0);
}

/* ------------------------------------------------------------------ bytes that were made to be slow */

static void little_endian(char *b, uint64_t v, size_t n)
{
  for (size_t i = 0; i < n; i++) b[i] = (char)(v >> 8 * i);
}

/* A record header that checks, by the table in journal.h, of a payload of n bytes whose checksum is wrong. */
static void false_head(char b[REC_HEAD], uint64_t n)
{
  memset(b, 0, REC_HEAD);
  little_endian(b, 0x524a5456, 4);
  little_endian(b + 4, VT_REC_RESULT, 4);
  little_endian(b + 8, n, 8);
  little_endian(b + 56, vt_crc32(0, b, 56), 4);
  little_endian(b + 60, 0xdeadbeef, 4);
}

/* Bytes that this process has asked the kernel for; 0: it does not say. */
static unsigned long long bytes_read(void)
{
  unsigned long long n = 0;
  FILE *f = fopen("/proc/self/io", "r");
  if (!f) return 0;
  if (fscanf(f, "rchar: %llu", &n) != 1) n = 0;
  (void)fclose(f);
  return n;
}

/* 16384 headers, each of which says that all the rest is its payload, then a true shard's records: to read the rest for
 * each of them would be 8 GiB.  Two steps of 1 KiB for each 64 bytes are 32 times the file, the scan and the sums two
 * more: 40 leaves room for the true records. */
static void false_headers_cost_a_multiple_of_the_file(void **state)
{
  (void)state;
  enum { FALSE_HEADS = 16384 };
  size_t end[N], text[N];
  vt_err err;
  vt_journal *j;
  bytes b = twenty_records(end, text);
  size_t n = b.n + (size_t)FALSE_HEADS * REC_HEAD;
  char *all = calloc(n, 1);
  assert_non_null(all);
  memcpy(all, b.data, FILE_HEAD);
  for (size_t k = 0; k < FALSE_HEADS; k++) {
    size_t at = FILE_HEAD + k * REC_HEAD;
    false_head(all + at, (n - at - REC_HEAD) - k % 13);
  }
  memcpy(all + FILE_HEAD + (size_t)FALSE_HEADS * REC_HEAD, b.data + FILE_HEAD, b.n - FILE_HEAD);
  VT_TEST_OK(vt_file_replace(b.path, all, n, &err), &err);
  unsigned long long before = bytes_read();
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  unsigned long long read = bytes_read() - before;
  print_message("%llu bytes read of a shard of %zu\n", read, n);
  assert_true(read <= 40ULL * n);
  expect_all_but(j, -1);
  assert_int_equal(vt_journal_damaged(j, NULL), 1);
  vt_journal_free(j);
  free(all);
  vt_free(b.data);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, jf_setup, jf_teardown)
  const struct CMUnitTest tests[] = {
      T(no_changed_byte_changes_a_record),
      T(a_payload_that_changes_later_is_noticed_when_it_is_read),
      T(every_truncation_leaves_the_whole_records),
      T(a_length_that_lies_costs_its_record),
      T(false_headers_cost_a_multiple_of_the_file),
      T(nothing_is_cut_behind_a_damaged_header),
      T(repair_keeps_the_good_records_and_the_old_file),
      T(a_shard_without_a_good_record_is_only_moved_away),
      T(another_version_is_refused_by_name),
      T(a_reader_beside_a_writer_sees_whole_records_only),
      T(a_shard_that_somebody_writes_is_not_cut),
      T(a_full_disk_leaves_no_half_record),
      T(a_shard_that_cannot_be_begun_leaves_no_file),
      T(a_kill_loses_nothing_that_was_synced),
  };
  return cmocka_run_group_tests_name("journal_damage", tests, NULL, NULL);
}
