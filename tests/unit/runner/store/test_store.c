/* The store on one rank without MPI: malformed requests, and files that are absent, foreign, truncated or damaged. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/store/store.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

enum { ROWS = 8, LONG = 500 };

static vt_sim *sim;
static vt_comm *comm;
static char folder[VT_TEST_PATH], path[96];

static int open_store(void **state)
{
  (void)state;
  vt_err err;
  vt_sim_options o = {.n_ranks = 1, .seed = 1};
  vt_test_folder(folder, "store");
  (void)snprintf(path, sizeof path, "%s/results.h5", folder);
  if (vt_sim_open(&sim, &o, &err) != VT_OK) return -1;
  comm = vt_sim_comm(sim, 0);
  return 0;
}

static int close_store(void **state)
{
  (void)state;
  vt_sim_close(sim);
  vt_test_folder_remove(folder);
  return 0;
}

/* ------------------------------------------------------------------ a small store */

/* Noise: incompressible, so that nearly every byte of the file belongs to a chunk. */
static double noise(int64_t row, int i)
{
  double u[2];
  vt_rng_uniform2(1, VT_STREAM_TEST, 0, row, (uint32_t)i, u);
  return u[0];
}

static vt_status noise_row(void *ctx, int64_t row, void *const *out, vt_err *err)
{
  (void)ctx;
  (void)err;
  for (int i = 0; i < LONG; i++) ((double *)out[0])[i] = noise(row, i);
  return VT_OK;
}

static const int64_t numbers[3] = {-1, INT64_C(1) << 60, 3};
static const char words[2][8] = {"one", "two"};
static vt_store_dset dset[3];

static vt_store_spec small_spec(void)
{
  static const vt_store_dset fresh[3] = {
      {.path = "/obs/x", .unit = "A", .doc = "noise", .source = "t", .type = VT_F64, .n_dim = 2, .dim = {ROWS, LONG}},
      {.path = "/tasks/n", .unit = "1", .doc = "n", .type = VT_I64, .n_dim = 1, .dim = {3}, .table = numbers},
      {.path = "/tasks/w",
       .unit = "1",
       .doc = "w",
       .type = VT_STR,
       .width = 8,
       .n_dim = 1,
       .dim = {2},
       .table = words}};
  memcpy(dset, fresh, sizeof dset);
  return (vt_store_spec){.dset = dset, .n_dset = 3, .campaign_text = "vitrion: 1\n", .n_rows = ROWS, .row = noise_row};
}

static void write_small(void)
{
  vt_err err;
  vt_store_spec spec = small_spec();
  VT_TEST_OK(vt_store_assemble(comm, path, &spec, &err), &err);
}

static vt_status open_it(const char *file, vt_err *err)
{
  vt_store *s;
  vt_status rc = vt_store_open(&s, file, err);
  if (rc == VT_OK)
    vt_store_close(s);
  else
    assert_null(s);
  return rc;
}

/* ------------------------------------------------------------------ writing */

static void one_rank_needs_no_mpi(void **state)
{
  (void)state;
  vt_store *s;
  vt_err err;
  double *v;
  size_t n;
  write_small();
  VT_TEST_OK(vt_store_open(&s, path, &err), &err);
  VT_TEST_OK(vt_store_read_f64(s, "/obs/x", &v, &n, &err), &err);
  assert_int_equal(n, ROWS * LONG);
  for (int r = 0; r < ROWS; r++)
    for (int i = 0; i < LONG; i++) assert_true(v[r * LONG + i] == noise(r, i));
  vt_free(v);
  vt_store_close(s);
}

static void malformed_datasets_are_refused_by_name(void **state)
{
  (void)state;
  static const struct {
    int k;
    const char *text;
    vt_store_dset d;
  } cases[] = {
      {0, "absolute path", {.path = "obs/x", .unit = "A", .doc = "d", .n_dim = 2, .dim = {ROWS, 2}}},
      {0, "absolute path", {.path = "/", .unit = "A", .doc = "d", .n_dim = 2, .dim = {ROWS, 2}}},
      {0, "no unit", {.path = "/obs/x", .doc = "d", .n_dim = 2, .dim = {ROWS, 2}}},
      {0, "no doc", {.path = "/obs/x", .unit = "A", .n_dim = 2, .dim = {ROWS, 2}}},
      {0, "unknown type 9", {.path = "/obs/x", .unit = "A", .doc = "d", .type = 9, .n_dim = 2, .dim = {ROWS, 2}}},
      {0, "0 dimensions", {.path = "/obs/x", .unit = "A", .doc = "d"}},
      {0,
       "6 dimensions",
       {.path = "/obs/x", .unit = "A", .doc = "d", .n_dim = VT_MAX_DIM + 2, .dim = {ROWS, 1, 1, 1, 1}}},
      {0, "has 7 rows", {.path = "/obs/x", .unit = "A", .doc = "d", .n_dim = 2, .dim = {ROWS - 1, 2}}},
      {0, "4 GiB", {.path = "/obs/x", .unit = "A", .doc = "d", .n_dim = 3, .dim = {ROWS, 1 << 20, 1 << 20}}},
      {0, "4 GiB", {.path = "/obs/x", .unit = "A", .doc = "d", .n_dim = 2, .dim = {ROWS, -1}}},
      {1, "no width", {.path = "/t", .unit = "A", .doc = "d", .type = VT_STR, .n_dim = 1, .dim = {1}, .table = words}},
      {1, "-1 rows", {.path = "/t", .unit = "A", .doc = "d", .n_dim = 1, .dim = {-1}, .table = words}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    vt_err err;
    vt_store_spec spec = small_spec();
    dset[cases[i].k] = cases[i].d;
    assert_int_equal(vt_store_assemble(comm, path, &spec, &err), VT_EINVAL);
    if (!strstr(err.text, cases[i].text)) fail_msg("'%s' expected in: %s", cases[i].text, err.text);
    assert_non_null(strstr(err.text, cases[i].d.path));
  }
}

static void a_store_must_have_what_fills_it(void **state)
{
  (void)state;
  vt_err err;
  vt_store_spec spec = small_spec();
  spec.row = NULL;
  assert_int_equal(vt_store_assemble(comm, path, &spec, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "nothing fills them"));
  static const vt_store_attr other_format = {.name = "format", .i = VT_STORE_FORMAT + 1, .is_int = 1};
  spec = small_spec();
  spec.attr = &other_format;
  spec.n_attr = 1;
  assert_int_equal(vt_store_assemble(comm, path, &spec, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "'format'"));
  spec = small_spec();
  spec.campaign_text = NULL;
  assert_int_equal(vt_store_assemble(comm, path, &spec, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "campaign"));
}

static void a_name_that_is_used_twice_is_an_error_that_leaves_nothing(void **state)
{
  (void)state;
  vt_err err;
  char tmp[300];
  write_small();
  vt_store_spec spec = small_spec();
  memcpy(dset[2].path, "/tasks/n", 9);
  assert_int_equal(vt_store_assemble(comm, path, &spec, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/tasks/n"));
  VT_TEST_OK(vt_fence_name(path, tmp, sizeof tmp, &err), &err);
  assert_int_not_equal(access(tmp, F_OK), 0);
  VT_TEST_OK(open_it(path, &err), &err);
}

static void an_endless_path_is_refused(void **state)
{
  (void)state;
  vt_err err;
  static char endless[5000];
  vt_store_spec spec = small_spec();
  memset(endless, 'a', sizeof endless - 1);
  assert_int_equal(vt_store_assemble(comm, endless, &spec, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "too long"));
}

/* ------------------------------------------------------------------ files that are no stores */

static void what_is_no_store_is_refused_in_words(void **state)
{
  (void)state;
  static const struct {
    const char *file;
    vt_status rc;
    const char *text;
  } cases[] = {
      {"/tmp/vt/no/such/results.h5", VT_EIO, "No such file or directory"},
      {"/tmp", VT_EIO, "is not a file"},
      {"/dev/null", VT_EIO, "is not a file"},
      {VT_TEST_SOURCE "/tests/golden/store/README.md", VT_EPARSE, "not an HDF5 file"},
      {VT_TEST_SOURCE "/tests/golden/store/plain.h5", VT_EPARSE, "no attribute 'format'"},
      {VT_TEST_SOURCE "/tests/golden/store/format_text.h5", VT_EPARSE, "'format' is no number"},
      {VT_TEST_SOURCE "/tests/golden/store/format7.h5", VT_EUNSUP, "store format 7, this program reads formats 1 to 2"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    vt_err err;
    assert_int_equal(open_it(cases[i].file, &err), cases[i].rc);
    if (!strstr(err.text, cases[i].text)) fail_msg("'%s' expected in: %s", cases[i].text, err.text);
    assert_non_null(strstr(err.text, cases[i].file));
  }
}

/* HDF5 knows from its superblock how long the file must be. */
static void a_truncated_store_is_refused_at_every_length(void **state)
{
  (void)state;
  vt_err err;
  char *data, cut[112];
  size_t n;
  write_small();
  (void)snprintf(cut, sizeof cut, "%s/cut.h5", folder);
  VT_TEST_OK(vt_file_read(path, 1 << 20, &data, &n, &err), &err);
  for (size_t k = 0; k < n; k += k < 256 ? 16 : 1009) {
    VT_TEST_OK(vt_file_replace(cut, data, k, &err), &err);
    vt_status rc = open_it(cut, &err);
    assert_true(rc == VT_EPARSE || rc == VT_ECORRUPT);
    assert_non_null(strstr(err.text, "cut.h5"));
  }
  vt_free(data);
}

/* Between 30 % and 70 % of this file there are only chunks; fletcher32 sees every change of a byte. */
static void a_flipped_byte_in_a_chunk_is_noticed(void **state)
{
  (void)state;
  vt_err err;
  char *data, bad[112];
  size_t n;
  write_small();
  (void)snprintf(bad, sizeof bad, "%s/bad.h5", folder);
  VT_TEST_OK(vt_file_read(path, 1 << 20, &data, &n, &err), &err);
  assert_true(n > ROWS * LONG * sizeof(double) / 2);
  for (size_t k = n * 3 / 10; k < n * 7 / 10; k += n / 50) {
    vt_store *s;
    double *v;
    size_t m;
    data[k] = (char)(data[k] ^ 0x10);
    VT_TEST_OK(vt_file_replace(bad, data, n, &err), &err);
    data[k] = (char)(data[k] ^ 0x10);
    VT_TEST_OK(vt_store_open(&s, bad, &err), &err);
    assert_int_equal(vt_store_read_f64(s, "/obs/x", &v, &m, &err), VT_ECORRUPT);
    assert_null(v);
    assert_non_null(strstr(err.text, "/obs/x"));
    assert_non_null(strstr(err.text, "bad.h5"));
    vt_store_close(s);
  }
  vt_free(data);
}

/* ------------------------------------------------------------------ reading */

static void what_is_not_there_or_of_another_type_is_named(void **state)
{
  (void)state;
  vt_err err;
  vt_store *s;
  double *f;
  int64_t *i, dim[VT_MAX_DIM + 1];
  char *c;
  int n_dim;
  size_t n, width;
  vt_buf b = {0};
  write_small();
  VT_TEST_OK(vt_store_open(&s, path, &err), &err);
  static const char *const absent[] = {"/obs/y", "/no/such/group/x", "/obs",  "obs/x", "/",
                                       "",       "/obs/x/deeper",    "/obs//"};
  for (size_t k = 0; k < sizeof absent / sizeof absent[0]; k++) {
    assert_int_equal(vt_store_shape(s, absent[k], &n_dim, dim, &err), VT_EINVAL);
    assert_non_null(strstr(err.text, absent[k]));
    assert_int_equal(vt_store_read_f64(s, absent[k], &f, &n, &err), VT_EINVAL);
    assert_null(f);
  }
  assert_int_equal(vt_store_read_i64(s, "/obs/x", &i, &n, &err), VT_EINVAL); /* would lose digits */
  assert_non_null(strstr(err.text, "whole numbers"));
  assert_int_equal(vt_store_read_f64(s, "/tasks/w", &f, &n, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "does not hold numbers"));
  assert_int_equal(vt_store_read_str(s, "/tasks/n", &c, &width, &n, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "text"));
  assert_int_equal(vt_store_read_text(s, "/tasks/w", &b, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "table of 2 texts"));
  assert_int_equal(vt_store_read_text(s, "colour", &b, &err), VT_EINVAL);
  assert_non_null(strstr(err.text, "no attribute 'colour'"));
  VT_TEST_OK(vt_store_read_f64(s, "/tasks/n", &f, &n, &err), &err);
  assert_true(n == 3 && f[0] == -1 && f[1] == ldexp(1, 60) && f[2] == 3);
  vt_free(f);
  vt_buf_free(&b);
  vt_store_close(s);
}

static void the_hash_of_a_file_is_that_of_its_bytes(void **state)
{
  (void)state;
  static unsigned char bytes[65537 * 2]; /* around the size of the pieces that are read */
  static const size_t size[] = {0, 1, 65535, 65536, 65537, sizeof bytes};
  vt_err err;
  vt_uid whole, pieces;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 7 + i / 256);
  for (size_t k = 0; k < sizeof size / sizeof size[0]; k++) {
    VT_TEST_OK(vt_file_replace(path, bytes, size[k], &err), &err);
    VT_TEST_OK(vt_sha256_file(path, &pieces, &err), &err);
    vt_sha256(bytes, size[k], &whole);
    assert_true(vt_uid_equal(&whole, &pieces));
  }
  assert_int_equal(vt_sha256_file("/tmp/vt/no/such/file", &pieces, &err), VT_EIO);
  assert_int_equal(vt_sha256_file("/tmp", &pieces, &err), VT_EIO); /* opens, but cannot be read */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_rank_needs_no_mpi),
      cmocka_unit_test(malformed_datasets_are_refused_by_name),
      cmocka_unit_test(a_store_must_have_what_fills_it),
      cmocka_unit_test(a_name_that_is_used_twice_is_an_error_that_leaves_nothing),
      cmocka_unit_test(an_endless_path_is_refused),
      cmocka_unit_test(what_is_no_store_is_refused_in_words),
      cmocka_unit_test(a_truncated_store_is_refused_at_every_length),
      cmocka_unit_test(a_flipped_byte_in_a_chunk_is_noticed),
      cmocka_unit_test(what_is_not_there_or_of_another_type_is_named),
      cmocka_unit_test(the_hash_of_a_file_is_that_of_its_bytes),
  };
  return cmocka_run_group_tests_name("store, one rank", tests, open_store, close_store);
}
