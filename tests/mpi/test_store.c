/* The store on 1, 2 and 3 ranks: what is written is read back; what fails fails on all ranks, blocks nobody and leaves
 * the previous store alone. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/mpi/store_fixture.h"
#include "tests/vt_test.h"

static vt_comm *comm;
static char folder[64], path[96], tmp[300], sum[112];
static fixture fx;

static int leads(void) { return vt_comm_rank(comm) == 0; }

static void meet(void)
{
  vt_err err;
  VT_TEST_OK(vt_comm_barrier(comm, &err), &err);
}

/* The temporary file of rank 0. */
static vt_status name_tmp(void)
{
  vt_err err;
  VT_PASS(vt_fence_name(path, tmp, sizeof tmp, &err));
  return vt_comm_bcast(comm, 0, tmp, sizeof tmp, &err);
}

static int make_shared_folder(void **state)
{
  (void)state;
  vt_err err;
  (void)snprintf(folder, sizeof folder, "/tmp/vt_store_XXXXXX");
  if (leads() && !mkdtemp(folder)) return -1;
  if (vt_comm_bcast(comm, 0, folder, sizeof folder, &err) != VT_OK) return -1;
  (void)snprintf(path, sizeof path, "%s/results.h5", folder);
  if (name_tmp() != VT_OK) return -1;
  (void)snprintf(sum, sizeof sum, "%s.sha256", path);
  return 0;
}

static int remove_shared_folder(void **state)
{
  (void)state;
  char cmd[256];
  vt_err err;
  if (vt_comm_barrier(comm, &err) != VT_OK) return -1;
  (void)snprintf(cmd, sizeof cmd, "umount -l '%s/disk' 2>/dev/null; rm -rf '%s'", folder, folder);
  return leads() ? system(cmd) : 0;
}

/* One batch, 300 kB. */
static void make_small(void)
{
  fx_make(&fx);
  fx_drop(&fx, "/obs/long/profile");
}

static vt_uid hash_of_file(const char *file)
{
  vt_uid u = {{0}};
  vt_err err;
  VT_TEST_OK(vt_sha256_file(file, &u, &err), &err);
  return u;
}

/* ------------------------------------------------------------------ what is written is read back */

static void check_f64(vt_store *s, const vt_store_dset *d)
{
  double *v;
  size_t n;
  vt_err err;
  VT_TEST_OK(vt_store_read_f64(s, d->path, &v, &n, &err), &err);
  size_t per = fx_items(d), rows = d->n_dim ? (size_t)d->dim[0] : 1;
  assert_int_equal(n, rows * per);
  if (d->table) assert_memory_equal(v, d->table, n * sizeof *v); /* bits: NaN, -0 and denormals included */
  for (size_t r = 0; !d->table && r < rows; r++)
    for (size_t i = 0; i < per; i++) {
      double x = fx_f64(d->path, (int64_t)r, i), y = v[r * per + i];
      if (fx_absent((int64_t)r) || x != x)
        assert_true(y != y);
      else
        assert_true(x == y);
    }
  vt_free(v);
}

static void check_i64(vt_store *s, const vt_store_dset *d)
{
  int64_t *v;
  size_t n;
  vt_err err;
  VT_TEST_OK(vt_store_read_i64(s, d->path, &v, &n, &err), &err);
  size_t per = fx_items(d);
  assert_int_equal(n, (size_t)d->dim[0] * per);
  if (d->table) assert_memory_equal(v, d->table, n * sizeof *v);
  for (size_t k = 0; !d->table && k < n; k++) {
    int64_t r = (int64_t)(k / per);
    assert_int_equal(v[k], fx_absent(r) ? 0 : fx_i64(d->path, r, k % per));
  }
  vt_free(v);
}

static void check_str(vt_store *s, const vt_store_dset *d)
{
  char *v, want[FX_WIDTH];
  size_t n, width;
  vt_err err;
  VT_TEST_OK(vt_store_read_str(s, d->path, &v, &width, &n, &err), &err);
  size_t per = fx_items(d);
  assert_int_equal(n, (size_t)d->dim[0] * per);
  assert_true(width >= (size_t)d->width);
  for (size_t k = 0; k < n; k++) {
    int64_t r = (int64_t)(k / per);
    if (d->table) {
      assert_string_equal(v + k * width, (const char *)d->table + k * (size_t)d->width);
      continue;
    }
    fx_str(d->path, r, k % per, want, sizeof want);
    assert_string_equal(v + k * width, fx_absent(r) ? "" : want);
  }
  vt_free(v);
}

static void check_text(vt_store *s, const char *name, const char *want)
{
  vt_buf b = {0};
  vt_err err;
  VT_TEST_OK(vt_store_read_text(s, name, &b, &err), &err);
  assert_string_equal(b.s, want);
  vt_buf_free(&b);
}

static void check_store(const fixture *f)
{
  vt_store *s;
  vt_err err;
  VT_TEST_OK(vt_store_open(&s, path, &err), &err);
  check_text(s, "/campaign", fx_campaign);
  check_text(s, "build", "test \xce\xb2");
  check_text(s, "n_ranks_ever", "-7000000000");
  check_text(s, "format", "2");
  for (int k = 0; k < f->spec.n_dset; k++) {
    const vt_store_dset *d = &f->dset[k];
    int n_dim;
    int64_t dim[VT_MAX_DIM + 1];
    VT_TEST_OK(vt_store_shape(s, d->path, &n_dim, dim, &err), &err);
    assert_int_equal(n_dim, d->n_dim);
    for (int a = 0; a < n_dim; a++) assert_int_equal(dim[a], d->dim[a]);
    if (d->type == VT_F64) check_f64(s, d);
    if (d->type == VT_I64) check_i64(s, d);
    if (d->type == VT_STR) check_str(s, d);
  }
  vt_store_close(s);
}

static void what_was_written_is_read_back(void **state)
{
  (void)state;
  vt_err err;
  fx_make(&fx);
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  check_store(&fx); /* on every rank: the file is there for all when the call returns */
  assert_int_not_equal(access(tmp, F_OK), 0);
}

static void every_row_is_asked_for_once_in_order_by_two_ranks_at_most(void **state)
{
  (void)state;
  vt_err err;
  int mine[FX_ROWS] = {0}, all[FX_ROWS];
  make_small();
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  assert_false(fx.out_of_order);
  for (int64_t i = 0; i < fx.n_asked && i < FX_ROWS; i++) mine[fx.asked[i]]++;
  MPI_Allreduce(mine, all, FX_ROWS, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  for (int r = 0; r < FX_ROWS; r++) assert_int_equal(all[r], 1);
  if (vt_comm_rank(comm) < 2)
    assert_true(fx.n_asked >= FX_ROWS / 3); /* shared out, not all on one */
  else
    assert_int_equal(fx.n_asked, 0);
}

static void the_same_content_gives_the_same_file(void **state)
{
  (void)state;
  vt_err err;
  make_small();
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  vt_uid first = hash_of_file(path);
  sleep(1); /* a time stored anywhere would have changed */
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  vt_uid second = hash_of_file(path);
  assert_true(vt_uid_equal(&first, &second));
}

/* sha256sum -c must accept it: "<64 hex>  <name>\n". */
static void the_checksum_beside_it_is_that_of_the_file(void **state)
{
  (void)state;
  vt_err err;
  char hex[65], want[128], *text;
  size_t n;
  make_small();
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  vt_uid u = hash_of_file(path);
  vt_uid_hex(&u, hex);
  (void)snprintf(want, sizeof want, "%s  results.h5\n", hex);
  VT_TEST_OK(vt_file_read(sum, 200, &text, &n, &err), &err);
  assert_string_equal(text, want);
  vt_free(text);
}

static void a_store_without_rows_is_a_store(void **state)
{
  (void)state;
  vt_err err;
  fx_make(&fx);
  fx.spec.n_rows = 0;
  for (int k = 0; k < fx.spec.n_dset; k++)
    if (!fx.dset[k].table) fx.dset[k].dim[0] = 0;
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  assert_int_equal(fx.n_asked, 0);
  check_store(&fx);
}

static void a_store_of_tables_needs_no_callback(void **state)
{
  (void)state;
  vt_err err;
  fx_make(&fx);
  for (int k = fx.spec.n_dset; k-- > 0;)
    if (!fx.dset[k].table) fx_drop(&fx, fx.dset[k].path);
  fx.spec.row = NULL;
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  check_store(&fx);
}

/* ------------------------------------------------------------------ what fails */

/* The previous store with its checksum, made by the first call, is what is still there after a failure. */
static vt_uid previous(void)
{
  vt_err err;
  make_small();
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  return hash_of_file(path);
}

static void check_still_there(vt_uid before)
{
  vt_uid now = hash_of_file(path);
  assert_true(vt_uid_equal(&before, &now));
  assert_int_not_equal(access(tmp, F_OK), 0);
  meet(); /* nobody begins the next store while others look at this one */
}

static void a_row_that_fails_on_one_rank_fails_on_all_and_leaves_nothing(void **state)
{
  (void)state;
  vt_err err;
  vt_uid before = previous();
  make_small();
  fx.fail_row = 25; /* of two writers this is the second one's */
  assert_int_equal(vt_store_assemble(comm, path, &fx.spec, &err), VT_ECORRUPT);
  assert_non_null(strstr(err.text, "record of row 25 is torn"));
  assert_non_null(strstr(err.text, "results.h5"));
  if (vt_comm_size(comm) > 1) assert_non_null(strstr(err.text, "rank 1"));
  check_still_there(before);
}

static void allow_bytes(rlim_t n)
{
  struct rlimit l;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
  l.rlim_cur = n < l.rlim_max ? n : l.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static rlim_t limit_bytes;
static int64_t limit_row;
static void limit_from_row(int64_t row)
{
  if (row >= limit_row) allow_bytes(limit_bytes);
}

/* The kernel refuses every write beyond a limit that is set while rows are gathered: at once, in the middle of the
 * chunks, and in a later batch.  HDF5 left to itself blocks for ever here. */
static void a_write_error_in_the_middle_is_an_error_on_all_ranks(void **state)
{
  (void)state;
  static const struct {
    rlim_t bytes;
    int64_t row;
  } cases[] = {{0, 0}, {20000, 0}, {100000, 0}, {0, 34}};
  vt_uid before = previous();
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    vt_err err;
    if (cases[k].row > 0)
      fx_make(&fx);
    else
      make_small();
    fx.before_row = limit_from_row;
    limit_bytes = cases[k].bytes;
    limit_row = cases[k].row;
    vt_status rc = vt_store_assemble(comm, path, &fx.spec, &err);
    allow_bytes(RLIM_INFINITY);
    assert_int_equal(rc, VT_EIO);
    assert_non_null(strstr(err.text, "results.h5"));
    assert_null(strstr(err.text, "no reason"));
    check_still_there(before);
  }
  vt_err err;
  make_small(); /* the abandoned files are not in the way of the next one */
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err);
  check_store(&fx);
}

static void ranks_that_disagree_about_the_shape_are_told(void **state)
{
  (void)state;
  vt_err err;
  if (vt_comm_size(comm) == 1) return; /* nobody to disagree with */
  vt_uid before = previous();
  fx_make(&fx);
  if (vt_comm_rank(comm) == 1) fx_find(&fx, "/obs/msd/mean")->dim[2]++;
  assert_int_equal(vt_store_assemble(comm, path, &fx.spec, &err), VT_EBUG);
  assert_non_null(strstr(err.text, "another shape"));
  check_still_there(before);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
  (void)state;
  vt_err err;
  fx_make(&fx);
  assert_int_equal(vt_store_assemble(comm, "/tmp/vt/no/such/folder/results.h5", &fx.spec, &err), VT_EIO);
  assert_non_null(strstr(err.text, "/tmp/vt/no/such/folder/"));
}

/* ------------------------------------------------------------------ a full disk */

static char disk[80];

/* A file system of 1 MB, or 0 where this is not allowed. */
static int mount_small_disk(void)
{
  char cmd[256];
  int ok = 0;
  vt_err err;
  (void)snprintf(disk, sizeof disk, "%s/disk", folder);
  (void)snprintf(cmd, sizeof cmd, "mkdir -p '%s' && mount -t tmpfs -o size=1m vt_store '%s' 2>/dev/null", disk, disk);
  if (leads()) ok = geteuid() == 0 && system(cmd) == 0;
  VT_TEST_OK(vt_comm_bcast(comm, 0, &ok, sizeof ok, &err), &err);
  if (!ok && leads()) fprintf(stderr, "SKIPPED, NOT TESTED: a full disk (mounting a tmpfs needs root)\n");
  return ok;
}

static void unmount_small_disk(void)
{
  char cmd[128];
  (void)snprintf(cmd, sizeof cmd, "umount -l '%s'", disk); /* -l: abandoned handles keep it busy */
  meet();
  if (leads()) assert_int_equal(system(cmd), 0);
  meet();
}

/* Take all that is left. */
static void fill_disk(int64_t row)
{
  static char block[4096];
  char name[96];
  if (row != 0) return;
  (void)snprintf(name, sizeof name, "%s/other", disk);
  FILE *f = fopen(name, "wb");
  assert_non_null(f);
  while (fwrite(block, sizeof block, 1, f) == 1 && fflush(f) == 0) continue;
  (void)fclose(f);
}

static void a_full_disk_blocks_nobody_and_spares_the_previous_store(void **state)
{
  (void)state;
  vt_err err;
  char keep[sizeof path];
  if (!mount_small_disk()) return;
  memcpy(keep, path, sizeof path);
  (void)snprintf(path, sizeof path, "%s/results.h5", disk);
  VT_TEST_OK(name_tmp(), &err);
  vt_uid before = previous();

  fx_make(&fx); /* 37 MB: seen before anything is written */
  assert_int_equal(vt_store_assemble(comm, path, &fx.spec, &err), VT_EIO);
  assert_non_null(strstr(err.text, "MB) are left"));
  check_still_there(before);

  make_small(); /* would fit, but somebody else fills the disk meanwhile */
  fx.before_row = fill_disk;
  VT_TEST_OK(vt_store_assemble(comm, path, &fx.spec, &err), &err); /* its room was reserved */
  check_store(&fx);
  unmount_small_disk();
  memcpy(path, keep, sizeof path);
  VT_TEST_OK(name_tmp(), &err);
}

int main(int argc, char **argv)
{
  vt_err err;
  if (vt_comm_mpi_open(&argc, &argv, &comm, &err) != VT_OK) {
    (void)fputs(err.text, stderr);
    return 1;
  }
  (void)signal(SIGXFSZ, SIG_IGN); /* as the program does: a limit is an error, not a death */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_written_is_read_back),
      cmocka_unit_test(every_row_is_asked_for_once_in_order_by_two_ranks_at_most),
      cmocka_unit_test(the_same_content_gives_the_same_file),
      cmocka_unit_test(the_checksum_beside_it_is_that_of_the_file),
      cmocka_unit_test(a_store_without_rows_is_a_store),
      cmocka_unit_test(a_store_of_tables_needs_no_callback),
      cmocka_unit_test(a_row_that_fails_on_one_rank_fails_on_all_and_leaves_nothing),
      cmocka_unit_test(a_write_error_in_the_middle_is_an_error_on_all_ranks),
      cmocka_unit_test(ranks_that_disagree_about_the_shape_are_told),
      cmocka_unit_test(a_folder_that_is_not_there_is_named),
      cmocka_unit_test(a_full_disk_blocks_nobody_and_spares_the_previous_store),
  };
  int bad = cmocka_run_group_tests_name("store", tests, make_shared_folder, remove_shared_folder);
  if (bad) MPI_Abort(MPI_COMM_WORLD, 1); /* the other ranks may be waiting for this one */
  vt_comm_mpi_close(comm);
  return 0;
}
