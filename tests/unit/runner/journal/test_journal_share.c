/* An index that is made of pieces is the one that is made at once: the same records under the same numbers, the same
 * flaws, torn tails, sizes, also after shards have grown; what is told to another rank is what it knows then. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/comm/comm.h"
#include "tests/unit/runner/journal/journal_fixture.h"
#include "tests/vt_test.h"

enum { WRITERS = 150, RECORDS = 4 }; /* more files than one group holds */

static vt_sim *sim;

static int open_alone(void **state)
{
  vt_err err = {0};
  VT_TEST_OK(vt_sim_open(&sim, &(vt_sim_options){.n_ranks = 1, .seed = 1}, &err), &err);
  return jf_setup(state);
}

static int close_alone(void **state)
{
  vt_sim_close(sim);
  return jf_teardown(state);
}

static vt_journal_writer *writer(int rank)
{
  vt_journal_writer *w;
  vt_err err = {0};
  VT_TEST_OK(vt_journal_create(&w, jf_dir(), rank, &err), &err);
  return w;
}

static void share(vt_journal **j)
{
  vt_err err = {0};
  VT_TEST_OK(vt_journal_share(vt_sim_comm(sim, 0), jf_dir(), j, &err), &err);
}

static void expect_same(const vt_journal *a, const vt_journal *b)
{
  assert_int_equal(vt_journal_count(a), vt_journal_count(b));
  for (int i = 0; i < vt_journal_count(a); i++)
    assert_memory_equal(vt_journal_rec(a, i), vt_journal_rec(b, i), sizeof(vt_rec));
  assert_int_equal(vt_journal_shards(a), vt_journal_shards(b));
  for (int k = 0; k < vt_journal_shards(a); k++) {
    vt_shard x, y;
    vt_flaw f, g;
    vt_journal_shard(a, k, &x);
    vt_journal_shard(b, k, &y);
    assert_string_equal(x.name, y.name);
    assert_int_equal(x.n_bytes, y.n_bytes);
    assert_int_equal(x.number, y.number);
    for (int i = 0;; i++) {
      const int more = vt_journal_flaw(a, x.number, i, &f);
      assert_int_equal(more, vt_journal_flaw(b, y.number, i, &g));
      if (!more) break;
      assert_true(f.kind == g.kind && f.offset == g.offset && f.n == g.n);
    }
  }
}

/* Byte `at` of the k-th shard by name turns, or the shard ends there. */
static void hurt(const vt_journal *j, int k, long at, int cut)
{
  vt_shard s;
  char path[500];
  vt_journal_shard(j, k, &s);
  (void)snprintf(path, sizeof path, "%s/%s", jf_dir(), s.name);
  if (cut) {
    assert_int_equal(truncate(path, at), 0);
    return;
  }
  FILE *f = fopen(path, "r+b");
  assert_non_null(f);
  assert_int_equal(fseek(f, at, SEEK_SET), 0);
  const int was = fgetc(f);
  assert_int_equal(fseek(f, at, SEEK_SET), 0);
  assert_int_equal(fputc(was ^ 4, f), was ^ 4);
  assert_int_equal(fclose(f), 0);
}

static void pieces_give_the_index_that_one_rank_makes(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_journal_writer *w[WRITERS];
  vt_journal *whole, *pieces = NULL;
  int n = 0;
  share(&pieces);
  assert_int_equal(vt_journal_count(pieces), 0);
  vt_journal_free(pieces);
  for (int k = 0; k < WRITERS; k++) {
    w[k] = writer(k);
    for (int i = 0; i < RECORDS; i++) jf_append(w[k], n++ % 97);
  }
  VT_TEST_OK(vt_journal_open(&whole, jf_dir(), &err), &err);
  hurt(whole, 3, 90, 0);  /* in the first record */
  hurt(whole, 5, 4, 0);   /* in the file header  */
  hurt(whole, 70, 81, 1); /* a torn tail         */
  hurt(whole, 71, 9, 1);  /* torn at birth       */
  vt_journal_free(whole);
  pieces = NULL;
  VT_TEST_OK(vt_journal_open(&whole, jf_dir(), &err), &err);
  share(&pieces);
  assert_true(vt_journal_damaged(pieces, NULL) >= 2 && vt_journal_torn(pieces, NULL) == 2);
  expect_same(pieces, whole);
  /* some have grown, some are new */
  for (int k = 100; k < WRITERS; k++) jf_append(w[k], n++ % 97);
  vt_journal_writer *late = writer(WRITERS);
  jf_append(late, 1);
  VT_TEST_OK(vt_journal_refresh(whole, &err), &err);
  share(&pieces);
  expect_same(pieces, whole);
  assert_int_equal(vt_journal_shared(pieces).groups, 1);
  share(&pieces);
  expect_same(pieces, whole);
  assert_true(vt_journal_shared(pieces).bytes < 200); /* the torn tails alone are looked at again */
  for (int k = 0; k < WRITERS; k++) vt_journal_close(w[k]);
  vt_journal_close(late);
  vt_journal_free(pieces);
  vt_journal_free(whole);
}

static void what_was_told_is_known(void **state)
{
  (void)state;
  enum { N = 40, TOLD = 13 };
  vt_err err = {0};
  vt_journal *j, *other;
  vt_buf text = {0};
  const vt_rec *rec[TOLD];
  vt_journal_writer *a = writer(0), *b = writer(1);
  for (int k = 0; k < N; k++) jf_append(k % 3 ? a : b, k);
  VT_TEST_OK(vt_journal_open(&j, jf_dir(), &err), &err);
  for (int i = 0; i < TOLD; i++) rec[i] = vt_journal_rec(j, 3 * i);
  VT_TEST_OK(vt_journal_tell(j, rec, TOLD, &text, &err), &err);
  VT_TEST_OK(vt_journal_blank(&other, jf_dir(), &err), &err);
  VT_TEST_OK(vt_journal_hear(other, text.s, text.len, &err), &err);
  assert_int_equal(vt_journal_count(other), TOLD);
  for (int i = 0; i < TOLD; i++) {
    char *mine, *theirs;
    VT_TEST_OK(vt_journal_read(j, rec[i], &mine, &err), &err);
    VT_TEST_OK(vt_journal_read(other, vt_journal_rec(other, i), &theirs, &err), &err);
    assert_int_equal(vt_journal_rec(other, i)->n, rec[i]->n);
    if (rec[i]->n) assert_memory_equal(mine, theirs, rec[i]->n);
    vt_free(mine);
    vt_free(theirs);
  }
  vt_journal_free(other);
  for (size_t n = 0; n < text.len; n += 7) { /* a text that ends early is refused, whatever of it came */
    VT_TEST_OK(vt_journal_blank(&other, jf_dir(), &err), &err);
    assert_int_equal(vt_journal_hear(other, text.s, n, &err), VT_EBUG);
    vt_journal_free(other);
  }
  vt_buf_free(&text);
  vt_journal_close(a);
  vt_journal_close(b);
  vt_journal_free(j);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(pieces_give_the_index_that_one_rank_makes, open_alone, close_alone),
      cmocka_unit_test_setup_teardown(what_was_told_is_known, open_alone, close_alone),
  };
  return cmocka_run_group_tests_name("journal_share", tests, NULL, NULL);
}
