/* The checksum beside a store: whatever byte of the two files changes, whatever their length, it is noticed before HDF5
 * opens anything; and rows read one by one are those that were written. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/store/store.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { ROWS = 3, LONG = 20 };

static vt_sim *sim;
static char folder[VT_TEST_PATH], path[96], sum[112];

static int open_sum(void **state)
{
  (void)state;
  vt_sim_options o = {.n_ranks = 1, .seed = 1};
  vt_test_folder_in_memory(folder, "store_sum");
  (void)snprintf(path, sizeof path, "%s/results.h5", folder);
  (void)snprintf(sum, sizeof sum, "%s.sha256", path);
  return vt_sim_open(&sim, &o, NULL) == VT_OK ? 0 : -1;
}

static int close_sum(void **state)
{
  (void)state;
  vt_sim_close(sim);
  vt_test_folder_remove(folder);
  return 0;
}

static double value(int64_t row, int i) { return (double)(row * 1000 + i) / 7; }

static vt_status value_row(void *ctx, int64_t row, void *const *out, vt_err *err)
{
  (void)ctx, (void)err;
  for (int i = 0; i < LONG; i++) ((double *)out[0])[i] = value(row, i);
  return VT_OK;
}

static void write_store(void)
{
  static const int64_t numbers[] = {1, 2, 3};
  static const vt_store_dset dset[] = {
      {.path = "/obs/x", .unit = "A", .doc = "x", .type = VT_F64, .n_dim = 3, .dim = {ROWS, LONG / 4, 4}},
      {.path = "/tasks/n", .unit = "1", .doc = "n", .type = VT_I64, .n_dim = 1, .dim = {3}, .table = numbers}};
  vt_err err;
  vt_store_spec spec = {.dset = dset, .n_dset = 2, .campaign_text = "vitrion: 1\n", .n_rows = ROWS, .row = value_row};
  VT_TEST_OK(vt_store_assemble(vt_sim_comm(sim, 0), path, &spec, &err), &err);
  VT_TEST_OK(vt_store_check_sum(path, &err), &err);
}

static void poke(const char *file, size_t at, char byte) { vt_test_poke(file, at, &byte, 1); }

static void every_changed_byte_of_the_store_is_noticed(void **state)
{
  (void)state;
  vt_err err;
  char *data;
  size_t n;
  write_store();
  VT_TEST_OK(vt_file_read(path, 1 << 22, &data, &n, &err), &err);
  for (size_t i = 0; i < n; i++)
    for (int mask = 1; mask <= 255; mask += 254) {
      poke(path, i, (char)(data[i] ^ mask));
      assert_int_equal(vt_store_check_sum(path, &err), VT_ECORRUPT);
      poke(path, i, data[i]);
    }
  assert_non_null(strstr(err.text, path));
  VT_TEST_OK(vt_store_check_sum(path, &err), &err);
  for (size_t m = n; m-- > 0;) {
    assert_int_equal(truncate(path, (off_t)m), 0);
    assert_int_equal(vt_store_check_sum(path, &err), VT_ECORRUPT);
  }
  print_message("%zu bytes: 2 changes each, %zu lengths\n", n, n);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(vt_store_check_sum(path, &err), VT_EIO);
  vt_free(data);
}

/* In its digits it is another sum; in anything else it is no line of sha256sum. */
static void every_changed_byte_of_the_sum_is_noticed(void **state)
{
  (void)state;
  vt_err err;
  char *data;
  size_t n;
  write_store();
  VT_TEST_OK(vt_file_read(sum, 1000, &data, &n, &err), &err);
  for (size_t i = 0; i < n; i++)
    for (int byte = 0; byte < 256; byte++) {
      if ((char)byte == data[i]) continue;
      poke(sum, i, (char)byte);
      int digit = i < 64 && byte && strchr("0123456789abcdef", byte);
      assert_int_equal(vt_store_check_sum(path, &err), digit ? VT_ECORRUPT : VT_EPARSE);
      poke(sum, i, data[i]);
    }
  for (size_t m = n; m-- > 0;) {
    assert_int_equal(truncate(sum, (off_t)m), 0);
    assert_int_equal(vt_store_check_sum(path, &err), VT_EPARSE);
  }
  assert_int_equal(unlink(sum), 0);
  assert_int_equal(vt_store_check_sum(path, &err), VT_EIO);
  assert_non_null(strstr(err.text, sum));
  vt_free(data);
}

static void a_row_is_what_was_written(void **state)
{
  (void)state;
  vt_err err;
  vt_store *s;
  double v[LONG];
  write_store();
  VT_TEST_OK(vt_store_open(&s, path, &err), &err);
  for (int64_t r = 0; r < ROWS; r++) {
    VT_TEST_OK(vt_store_read_row(s, "/obs/x", r, v, LONG, &err), &err);
    for (int i = 0; i < LONG; i++) assert_true(v[i] == value(r, i));
  }
  assert_int_equal(vt_store_read_row(s, "/obs/x", ROWS, v, LONG, &err), VT_EINVAL);
  assert_int_equal(vt_store_read_row(s, "/obs/x", -1, v, LONG, &err), VT_EINVAL);
  assert_int_equal(vt_store_read_row(s, "/obs/x", 0, v, LONG - 1, &err), VT_EINVAL);
  assert_int_equal(vt_store_read_row(s, "/tasks/n", 0, v, 1, &err), VT_EINVAL);
  assert_int_equal(vt_store_read_row(s, "/obs/y", 0, v, 1, &err), VT_EINVAL);
  vt_store_close(s);
}

/* A byte of the values that changes, with a checksum of the file that was made to fit: only the digest can tell. */
static void every_changed_byte_of_a_table_is_named_by_its_digest(void **state)
{
  (void)state;
  static const int64_t numbers[] = {1, 2, 3};
  vt_err err;
  vt_store *s;
  char *data;
  size_t n, at = 0;
  write_store();
  VT_TEST_OK(vt_file_read(path, 1 << 22, &data, &n, &err), &err);
  while (at + sizeof numbers <= n && memcmp(data + at, numbers, sizeof numbers) != 0) at++;
  assert_true(at + sizeof numbers <= n);
  for (size_t i = at; i < at + sizeof numbers; i++) {
    poke(path, i, (char)(data[i] ^ 1));
    VT_TEST_OK(vt_store_open(&s, path, &err), &err);
    VT_TEST_REFUSED(vt_store_check_digests(s, NULL, NULL, &err), VT_ECORRUPT, &err, "/tasks/n");
    vt_store_close(s);
    poke(path, i, data[i]);
  }
  VT_TEST_OK(vt_store_open(&s, path, &err), &err);
  VT_TEST_OK(vt_store_check_digests(s, NULL, NULL, &err), &err);
  vt_store_close(s);
  vt_free(data);
}

static void a_store_promises_what_was_written_and_nothing_else(void **state)
{
  (void)state;
  static int64_t numbers[] = {1, 2, 3};
  vt_store_dset dset[] = {
      {.path = "/obs/x", .unit = "A", .doc = "x", .type = VT_F64, .n_dim = 3, .dim = {ROWS, LONG / 4, 4}},
      {.path = "/tasks/n", .unit = "1", .doc = "n", .type = VT_I64, .n_dim = 1, .dim = {3}, .table = numbers}};
  vt_store_spec spec = {.dset = dset, .n_dset = 2, .campaign_text = "vitrion: 1\n", .n_rows = ROWS, .row = value_row};
  vt_err err;
  vt_store *s;
  int same;
  write_store();
  VT_TEST_OK(vt_store_open(&s, path, &err), &err);
  VT_TEST_OK(vt_store_promises(s, &spec, NULL, &same, &err), &err);
  assert_int_equal(same, 1);
  numbers[2] = 4;
  VT_TEST_OK(vt_store_promises(s, &spec, NULL, &same, &err), &err);
  assert_int_equal(same, 0);
  VT_TEST_OK(vt_store_promises(s, &spec, "/tasks/n", &same, &err), &err);
  assert_int_equal(same, 1);
  numbers[2] = 3;
  (void)snprintf(dset[1].path, sizeof dset[1].path, "/tasks/m");
  VT_TEST_OK(vt_store_promises(s, &spec, NULL, &same, &err), &err);
  assert_int_equal(same, 0);
  vt_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_changed_byte_of_the_store_is_noticed),
                                     cmocka_unit_test(every_changed_byte_of_the_sum_is_noticed),
                                     cmocka_unit_test(a_row_is_what_was_written),
                                     cmocka_unit_test(every_changed_byte_of_a_table_is_named_by_its_digest),
                                     cmocka_unit_test(a_store_promises_what_was_written_and_nothing_else)};
  return cmocka_run_group_tests_name("store_sum", tests, open_sum, close_sum);
}
