/* Writing and reading the journal while nothing goes wrong: order, look-up, refresh, several writers, the bytes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/unit/runner/journal/journal_fixture.h"
#include "tests/vt_test.h"

static vt_journal_writer *writer(int rank)
{
  vt_journal_writer *w;
  vt_err err;
  VT_TEST_OK(vt_journal_create(&w, jf_dir(), rank, &err), &err);
  return w;
}

static vt_journal *reader(void)
{
  vt_journal *j;
  vt_err err;
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  return j;
}

static void sync_ok(vt_journal_writer *w)
{
  vt_err err;
  VT_TEST_OK(vt_journal_sync(w, &err), &err);
}

static void refresh(vt_journal *j)
{
  vt_err err;
  VT_TEST_OK(vt_journal_refresh(j, &err), &err);
}

static void what_was_appended_is_read_back(void **state)
{
  (void)state;
  vt_journal_writer *w = writer(3);
  for (int k = 0; k < 100; k++) jf_append(w, k);
  sync_ok(w);
  vt_journal_close(w);
  vt_journal *j = reader();
  assert_int_equal(vt_journal_count(j), 100);
  for (int k = 0; k < 100; k++) jf_expect(j, vt_journal_rec(j, k), k);
  assert_int_equal(vt_journal_torn(j, NULL), 0);
  vt_journal_free(j);
}

static void a_missing_folder_is_an_empty_journal_and_nothing_is_made_without_need(void **state)
{
  (void)state;
  struct stat st;
  vt_uid u = jf_uid(1);
  vt_journal_writer *w = writer(0);
  sync_ok(w);
  assert_int_not_equal(stat(jf_dir(), &st), 0);
  vt_journal *j = reader();
  assert_int_equal(vt_journal_count(j), 0);
  assert_null(vt_journal_result(j, &u));
  assert_null(vt_journal_failure(j, &u, 0));
  jf_append(w, 1);
  refresh(j); /* the folder came into being */
  assert_int_equal(vt_journal_count(j), 1);
  jf_expect(j, vt_journal_failure(j, &u, 0) ? NULL : vt_journal_result(j, &u), 1);
  vt_journal_free(j);
  vt_journal_close(w);
  vt_journal_close(NULL);
  vt_journal_free(NULL);
}

static void a_refresh_finds_what_others_appended_since(void **state)
{
  (void)state;
  vt_journal_writer *w[2] = {writer(0), writer(1)};
  vt_journal *j = reader();
  for (int k = 0; k < 60; k++) {
    jf_append(w[k % 2], k);
    if (k % 7 == 0) refresh(j);
  }
  refresh(j);
  refresh(j); /* nothing new: nothing twice */
  assert_int_equal(vt_journal_count(j), 60);
  for (int k = 0; k < 60; k++) {
    vt_uid u = jf_uid(k);
    jf_expect(j, jf_type(k) == VT_REC_RESULT ? vt_journal_result(j, &u) : vt_journal_failure(j, &u, 0), k);
  }
  vt_journal_free(j);
  vt_journal_close(w[0]);
  vt_journal_close(w[1]);
}

static void records_keep_their_number_when_more_are_found(void **state)
{
  (void)state;
  vt_journal_writer *w = writer(0);
  for (int k = 0; k < 5; k++) jf_append(w, k);
  vt_journal *j = reader();
  for (int k = 5; k < 200; k++) jf_append(w, k);
  refresh(j);
  assert_int_equal(vt_journal_count(j), 200);
  for (int k = 0; k < 200; k++) jf_expect(j, vt_journal_rec(j, k), k);
  vt_journal_free(j);
  vt_journal_close(w);
}

static void append_for(vt_journal_writer *w, vt_rec_type type, const vt_uid *u, int attempt)
{
  vt_err err;
  VT_TEST_OK(vt_journal_append(w, type, u, attempt, 0, "x", 1, NULL, 0, &err), &err);
}

/* Written alternately into two shards whose names sort by start and rank; read in (name, offset) order, also when the
 * first shard grows after the second was read. */
static void results_and_failures_come_in_the_order_of_shard_and_offset(void **state)
{
  (void)state;
  vt_uid u = jf_uid(7), other = jf_uid(8);
  vt_journal_writer *a = writer(0);
  append_for(a, VT_REC_FAILURE, &u, 1);
  vt_journal_writer *b = writer(1);
  append_for(b, VT_REC_RESULT, &u, 5);
  append_for(b, VT_REC_FAILURE, &u, 6);
  vt_journal *j = reader();
  assert_int_equal(vt_journal_result(j, &u)->attempt, 5);
  append_for(a, VT_REC_RESULT, &u, 2);
  append_for(a, VT_REC_FAILURE, &u, 3);
  refresh(j);
  assert_int_equal(vt_journal_result(j, &u)->attempt, 2);
  assert_int_equal(vt_journal_failure(j, &u, 0)->attempt, 1);
  assert_int_equal(vt_journal_failure(j, &u, 1)->attempt, 3);
  assert_int_equal(vt_journal_failure(j, &u, 2)->attempt, 6);
  assert_null(vt_journal_failure(j, &u, 3));
  assert_null(vt_journal_result(j, &other));
  vt_journal_free(j);
  j = reader(); /* from scratch: the same, and all records in that order */
  static const int attempt[] = {1, 2, 3, 5, 6};
  assert_int_equal(vt_journal_count(j), 5);
  for (int k = 0; k < 5; k++) assert_int_equal(vt_journal_rec(j, k)->attempt, attempt[k]);
  vt_journal_free(j);
  vt_journal_close(a);
  vt_journal_close(b);
}

static void writers_of_one_process_and_rank_do_not_share_a_shard(void **state)
{
  (void)state;
  vt_journal_writer *w[20];
  for (int i = 0; i < 20; i++) {
    w[i] = writer(0);
    jf_append(w[i], i);
  }
  vt_journal *j = reader();
  assert_int_equal(vt_journal_count(j), 20);
  for (int i = 0; i < 20; i++) jf_expect(j, vt_journal_rec(j, i), i); /* names sort by start */
  vt_journal_free(j);
  for (int i = 0; i < 20; i++) vt_journal_close(w[i]);
}

/* The format of journal.h, byte for byte, written down here independently: {magic, version 1, crc} and one record of
 * uid 00 01 .. 1f, type 2, attempt 3, half_stage 1, payload "abc".  The CRCs were computed with python3 zlib.crc32 over
 * the bytes before them. */
static void the_bytes_are_those_of_the_format(void **state)
{
  (void)state;
  static const unsigned char want[16 + 64 + 8] = {
      'V',  'T',  'J',  '1',  '\n', 0,    0,    0,    1,    0,    0,    0,    0x70, 0xaf, 0x5a, 0xf9, /* file  */
      'V',  'T',  'J',  'R',  2,    0,    0,    0,    3,    0,    0,    0,    0,    0,    0,    0,    /* head  */
      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, /* uid   */
      0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, /*       */
      3,    0,    0,    0,    1,    0,    0,    0,    0x16, 0xe1, 0xb5, 0xa6, 0xc2, 0x41, 0x24, 0x35, /* crcs  */
      'a',  'b',  'c',  0,    0,    0,    0,    0};
  vt_uid u;
  for (int i = 0; i < 32; i++) u.b[i] = (uint8_t)i;
  vt_journal_writer *w = writer(0);
  vt_err err;
  VT_TEST_OK(vt_journal_append(w, VT_REC_FAILURE, &u, 3, 1, "a", 1, "bc", 2, &err), &err);
  vt_journal_close(w);
  char path[256], *data;
  size_t n;
  jf_shard_path(path, sizeof path);
  VT_TEST_OK(vt_file_read(path, 1000, &data, &n, &err), &err);
  assert_int_equal(n, sizeof want);
  assert_memory_equal(data, want, sizeof want);
  vt_free(data);
}

static void a_large_payload_survives(void **state)
{
  (void)state;
  enum { N = 3 * 1000 * 1000 + 5 };
  void *p;
  vt_err err;
  vt_uid u = jf_uid(1);
  VT_TEST_OK(vt_calloc64(&p, N, 1, &err), &err);
  char *big = p, *got;
  for (int i = 0; i < N; i++) big[i] = (char)((unsigned)i * 2654435761u >> 24);
  vt_journal_writer *w = writer(0);
  VT_TEST_OK(vt_journal_append(w, VT_REC_RESULT, &u, 0, 0, NULL, 0, big, N, &err), &err);
  jf_append(w, 2);
  vt_journal *j = reader();
  assert_int_equal(vt_journal_count(j), 2);
  VT_TEST_OK(vt_journal_read(j, vt_journal_result(j, &u), &got, &err), &err);
  assert_memory_equal(got, big, N);
  vt_free(got);
  vt_free(big);
  vt_journal_free(j);
  vt_journal_close(w);
}

/* 100 000 records of 20 000 tasks; the time is printed, not judged. */
static void many_records_are_found_by_their_uid(void **state)
{
  (void)state;
  enum { N = 100000, TASKS = 20000 };
  vt_err err;
  vt_journal_writer *w = writer(0);
  double t0 = vt_now_s();
  for (int k = 0; k < N; k++) {
    vt_uid u = jf_uid(k % TASKS);
    VT_TEST_OK(vt_journal_append(w, k < N - TASKS ? VT_REC_FAILURE : VT_REC_RESULT, &u, k / TASKS, 0, &k, sizeof k,
                                 NULL, 0, &err),
               &err);
  }
  sync_ok(w);
  vt_journal_close(w);
  double t1 = vt_now_s();
  vt_journal *j = reader();
  double t2 = vt_now_s();
  assert_int_equal(vt_journal_count(j), N);
  for (int k = 0; k < TASKS; k++) {
    vt_uid u = jf_uid(k);
    assert_ptr_equal(vt_journal_result(j, &u), vt_journal_rec(j, N - TASKS + k));
    for (int i = 0; i < 4; i++) assert_ptr_equal(vt_journal_failure(j, &u, i), vt_journal_rec(j, i * TASKS + k));
    assert_null(vt_journal_failure(j, &u, 4));
  }
  print_message("100 000 records: written in %.2f s, indexed in %.2f s\n", t1 - t0, t2 - t1);
  vt_journal_free(j);
}

static void a_decision_is_found_under_its_key_and_is_neither_result_nor_failure(void **state)
{
  (void)state;
  vt_err err;
  vt_journal *j;
  const vt_uid u = jf_uid(0), other = jf_uid(1);
  vt_journal_writer *w = writer(0);
  append_for(w, VT_REC_DECISION, &u, 0);
  append_for(w, VT_REC_RESULT, &other, 0);
  vt_journal_close(w);
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  assert_ptr_equal(vt_journal_decision(j, &u), vt_journal_rec(j, 0));
  assert_true(!vt_journal_result(j, &u) && !vt_journal_failure(j, &u, 0));
  assert_null(vt_journal_decision(j, &other));
  vt_journal_free(j);
}

static void turn_a_byte(const vt_place *at)
{
  char path[400];
  (void)snprintf(path, sizeof path, "%s/%s", jf_dir(), at->shard);
  FILE *f = fopen(path, "r+b");
  assert_non_null(f);
  assert_int_equal(fseek(f, (long)at->offset, SEEK_SET), 0);
  const int was = fgetc(f);
  assert_int_equal(fseek(f, (long)at->offset, SEEK_SET), 0);
  assert_int_equal(fputc(was ^ 1, f), was ^ 1);
  assert_int_equal(fclose(f), 0);
}

/* Who is told a place reads that record: the one that was written there, checked like a record that was indexed.  A
 * place that holds something else, or nothing yet, is no error: it may not be seen yet. */
static void one_record_is_read_at_its_place_and_nothing_else_is_looked_at(void **state)
{
  (void)state;
  enum { N = 8, KNOWN = 3 };
  vt_err err = {0};
  vt_place at[N];
  vt_journal_writer *w = writer(2);
  vt_journal *j, *all;
  char *got;
  int there;
  vt_journal_last(w, &at[0]);
  assert_int_equal(at[0].offset, 0);
  for (int k = 0; k < N; k++) {
    append_for(w, VT_REC_RESULT, &(vt_uid){{(uint8_t)k}}, k);
    vt_journal_last(w, &at[k]);
  }
  vt_journal_close(w);
  VT_TEST_OK(vt_journal_open(&all, jf_dir(), &err), &err);
  VT_TEST_OK(vt_journal_blank(&j, jf_dir(), &err), &err);
  assert_int_equal(vt_journal_count(j), 0);
  for (int twice = 0; twice < 2; twice++) {
    VT_TEST_OK(vt_journal_learn(j, &(vt_uid){{KNOWN}}, &at[KNOWN], &there, &err), &err);
    assert_true(there);
  }
  assert_int_equal(vt_journal_count(j), 1);
  assert_int_equal(vt_journal_result(j, &(vt_uid){{KNOWN}})->attempt, KNOWN);
  vt_place same;
  vt_journal_place(all, vt_journal_rec(all, KNOWN), &same);
  assert_int_equal(same.offset, at[KNOWN].offset);
  assert_string_equal(same.shard, at[KNOWN].shard);
  /* another task's record, a place between two records, a shard that is not there, the end of the file */
  vt_place wrong = at[KNOWN];
  VT_TEST_OK(vt_journal_learn(j, &(vt_uid){{KNOWN + 1}}, &wrong, &there, &err), &err);
  assert_false(there);
  wrong.offset += 8;
  VT_TEST_OK(vt_journal_learn(j, &(vt_uid){{KNOWN}}, &wrong, &there, &err), &err);
  assert_false(there);
  wrong.offset = 1 << 20;
  VT_TEST_OK(vt_journal_learn(j, &(vt_uid){{KNOWN}}, &wrong, &there, &err), &err);
  assert_false(there);
  wrong = at[KNOWN];
  wrong.shard[0] = '1';
  VT_TEST_OK(vt_journal_learn(j, &(vt_uid){{KNOWN}}, &wrong, &there, &err), &err);
  assert_false(there);
  assert_int_equal(vt_journal_learn(j, &(vt_uid){{KNOWN}}, &(vt_place){.offset = 0}, &there, &err), VT_EINVAL);
  assert_int_equal(vt_journal_count(j), 1);
  /* a byte of its payload changes: not learned any more, and not read where it was known */
  turn_a_byte(&at[KNOWN]);
  assert_int_equal(vt_journal_read(j, vt_journal_result(j, &(vt_uid){{KNOWN}}), &got, &err), VT_ECORRUPT);
  vt_journal_free(j);
  VT_TEST_OK(vt_journal_blank(&j, jf_dir(), &err), &err);
  VT_TEST_OK(vt_journal_learn(j, &(vt_uid){{KNOWN}}, &at[KNOWN], &there, &err), &err);
  assert_false(there);
  vt_journal_free(j);
  vt_journal_free(all);
}

static void impossible_records_and_folders_are_refused(void **state)
{
  (void)state;
  vt_err err;
  vt_journal_writer *w;
  vt_journal *j;
  vt_uid u = jf_uid(0);
  char path[300];
  assert_int_equal(vt_journal_create(&w, "", 0, &err), VT_EINVAL);
  assert_int_equal(vt_journal_create(&w, jf_dir(), -1, &err), VT_EINVAL);
  w = writer(0);
  assert_int_equal(vt_journal_append(w, (vt_rec_type)4, &u, 0, 0, NULL, 0, NULL, 0, &err), VT_EINVAL);
  assert_int_equal(vt_journal_append(w, VT_REC_RESULT, &u, -1, 0, NULL, 0, NULL, 0, &err), VT_EINVAL);
  assert_int_equal(vt_journal_append(w, VT_REC_RESULT, &u, 0, -1, NULL, 0, NULL, 0, &err), VT_EINVAL);
  vt_journal_close(w);
  vt_test_write(jf_dir(), "a file", 6);
  w = writer(0);
  assert_int_equal(vt_journal_append(w, VT_REC_RESULT, &u, 0, 0, NULL, 0, NULL, 0, &err), VT_EIO);
  assert_non_null(strstr(err.text, jf_dir()));
  assert_int_equal(vt_journal_open(&j, jf_dir(), &err), VT_EIO);
  assert_null(j);
  assert_int_equal(unlink(jf_dir()), 0);
  jf_append(w, 0); /* the obstacle is gone */
  (void)snprintf(path, sizeof path, "%s/z.vtj", jf_dir());
  assert_int_equal(mkdir(path, 0777), 0);
  assert_int_equal(vt_journal_open(&j, jf_dir(), &err), VT_EIO);
  assert_non_null(strstr(err.text, "z.vtj' is a folder, expected a file"));
  vt_journal_close(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, jf_setup, jf_teardown)
  const struct CMUnitTest tests[] = {
      T(what_was_appended_is_read_back),
      T(a_missing_folder_is_an_empty_journal_and_nothing_is_made_without_need),
      T(a_refresh_finds_what_others_appended_since),
      T(records_keep_their_number_when_more_are_found),
      T(results_and_failures_come_in_the_order_of_shard_and_offset),
      T(writers_of_one_process_and_rank_do_not_share_a_shard),
      T(the_bytes_are_those_of_the_format),
      T(a_large_payload_survives),
      T(many_records_are_found_by_their_uid),
      T(a_decision_is_found_under_its_key_and_is_neither_result_nor_failure),
      T(one_record_is_read_at_its_place_and_nothing_else_is_looked_at),
      T(impossible_records_and_folders_are_refused),
  };
  return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
