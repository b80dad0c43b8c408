/* Pieces of work dealt out over 1..4 ranks: each is done once, with the question that was asked for it, whatever its
 * length; a failure reaches all. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/comm/comm.h"
#include "tests/vt_test.h"

static vt_comm *comm;

typedef struct work {
  int n, asked, fails_at; /* -1: none */
  int *taken;             /* [n] */
} work;

/* From nothing to more than five messages. */
static size_t length_of(int64_t i) { return (size_t)(i * i * i * 7 % (5 * VT_COMM_MOST + 11)) * (i % 4 != 1); }

static char byte_of(int64_t i, size_t k) { return (char)(i * 31 + (int64_t)(k * 7 % 251)); }

static vt_status ask(void *ctx, int64_t i, vt_buf *question, vt_err *err)
{
  work *w = ctx;
  (void)err;
  assert_int_equal(vt_comm_rank(comm), 0);
  assert_int_equal(i, w->asked++);
  vt_buf_add(question, &i, sizeof i);
  for (size_t k = 0; k < length_of(i); k++) {
    const char b = byte_of(i, k);
    vt_buf_add(question, &b, 1);
  }
  return VT_OK;
}

/* The answer: the question turned round. */
static vt_status turn(void *ctx, const char *question, size_t n, vt_buf *answer, vt_err *err)
{
  const work *w = ctx;
  int64_t i;
  assert_true(n >= sizeof i);
  memcpy(&i, question, sizeof i);
  assert_int_equal(n - sizeof i, length_of(i));
  if (i == w->fails_at) VT_FAIL(err, VT_ECORRUPT, "piece %d is damaged", (int)i);
  for (size_t k = n; k > sizeof i; k--) vt_buf_add(answer, question + k - 1, 1);
  return VT_OK;
}

static vt_status take(void *ctx, int64_t i, const char *answer, size_t n, vt_err *err)
{
  work *w = ctx;
  (void)err;
  assert_int_equal(vt_comm_rank(comm), 0);
  assert_int_equal(n, length_of(i));
  for (size_t k = 0; k < n; k++) assert_int_equal(answer[k], byte_of(i, n - 1 - k));
  w->taken[i]++;
  return VT_OK;
}

static vt_status deal(int n, int fails_at, vt_err *err)
{
  work w = {.n = n, .fails_at = fails_at, .taken = calloc((size_t)n + 1, sizeof(int))};
  assert_non_null(w.taken);
  const vt_status rc = vt_comm_deal(comm, &(vt_deal){.ctx = &w, .n = n, .ask = ask, .work = turn, .take = take}, err);
  const int first = vt_comm_rank(comm) == 0;
  for (int i = 0; i < n; i++)
    if (rc == VT_OK ? w.taken[i] != first : w.taken[i] > first || (i == fails_at && w.taken[i]))
      fail_msg("piece %d was taken %d times on rank %d", i, w.taken[i], vt_comm_rank(comm));
  free(w.taken);
  return rc;
}

static void every_piece_is_done_once(void **state)
{
  (void)state;
  static const int n[] = {0, 1, 2, 7, 100};
  for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
    vt_err err = {0};
    VT_TEST_OK(deal(n[k], -1, &err), &err);
  }
}

static void a_failure_ends_it_on_all_ranks_and_the_next_one_works(void **state)
{
  (void)state;
  for (int at = 0; at < 40; at += 13) {
    vt_err err = {0};
    assert_int_equal(deal(40, at, &err), VT_ECORRUPT);
    assert_non_null(strstr(err.text, "is damaged"));
    VT_TEST_OK(deal(9, -1, &err), &err);
  }
}

static void a_text_goes_to_one_rank(void **state)
{
  (void)state;
  const int last = vt_comm_size(comm) - 1;
  vt_err err = {0};
  for (size_t n = 0; last > 0 && n < 200000; n += 49999) {
    vt_buf text = {0}, got = {0};
    for (size_t k = 0; k < n; k++) vt_buf_add(&text, &(char){byte_of(3, k)}, 1);
    if (vt_comm_rank(comm) == 0) VT_TEST_OK(vt_comm_hand(comm, last, &text, &err), &err);
    if (vt_comm_rank(comm) == last) {
      VT_TEST_OK(vt_comm_take(comm, &got, &err), &err);
      assert_int_equal(got.len, n);
      if (n) assert_memory_equal(got.s, text.s, n);
    }
    VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
    vt_buf_free(&text);
    vt_buf_free(&got);
  }
}

int main(int argc, char **argv)
{
  vt_err err;
  if (vt_comm_mpi_open(&argc, &argv, &comm, &err) != VT_OK) {
    (void)fputs(err.text, stderr);
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_piece_is_done_once),
      cmocka_unit_test(a_failure_ends_it_on_all_ranks_and_the_next_one_works),
      cmocka_unit_test(a_text_goes_to_one_rank),
  };
  const int bad = cmocka_run_group_tests_name("deal", tests, NULL, NULL);
  if (bad) MPI_Abort(MPI_COMM_WORLD, 1);
  vt_comm_mpi_close(comm);
  return bad;
}
