/* digest.c - the digest of a dataset (store.h): computed from what HDF5 is given, and from what the file holds. */
#define _GNU_SOURCE /* sync_file_range */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/store/h5_impl.h"
#include "runner/telemetry/telemetry.h"

enum { PIECE = 16 << 20 }; /* bytes that are read at once, unless a single row is larger */
static const char digest_name[] = "digest";

/* The values in memory are the bytes in the file. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stores are written on little-endian machines");

/* ------------------------------------------------------------------ of values in memory */

vt_status vt__digest_rows(vt_uid *sum, const void *rows, int64_t first, int64_t n, size_t row_bytes, vt_err *err)
{
  void *p;
  if (n == 0 || row_bytes == 0) return VT_OK;
  VT_PASS(vt_calloc64(&p, 1, sizeof first + row_bytes, err));
  unsigned char *text = p;
  for (int64_t i = 0; i < n; i++) {
    vt_uid one;
    const int64_t row = first + i;
    if (i % 4096 == 0) vt_alive();
    memcpy(text, &row, sizeof row);
    memcpy(text + sizeof row, (const unsigned char *)rows + (size_t)i * row_bytes, row_bytes);
    vt_sha256(text, sizeof row + row_bytes, &one);
    for (size_t k = 0; k < sizeof one.b; k++) sum->b[k] ^= one.b[k];
  }
  vt_free(p);
  return VT_OK;
}

vt_status vt__digest_table(vt_uid *sum, const vt_store_dset *d, vt_err *err)
{
  return vt__digest_rows(sum, d->table, 0, d->n_dim ? d->dim[0] : 1, vt__store_row_bytes(d), err);
}

/* ------------------------------------------------------------------ the attribute */

vt_status vt__digest_write(hid_t dset, const vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t attr, type;
  char hex[65];
  vt_uid_hex(sum, hex);
  VT_H5_OUT(type = vt__h5_string(&s, sizeof hex), err, VT_EIO, "attribute 'digest'");
  VT_H5_OUT(attr = vt__h5_keep(&s, H5Aopen(dset, digest_name, H5P_DEFAULT)), err, VT_EIO, "attribute 'digest'");
  VT_H5_OUT(H5Awrite(attr, type, hex), err, VT_EIO, "attribute 'digest'");
out:
  return vt__h5_finish(&s, rc, err, "attribute 'digest'");
}

/* *there 0: the dataset has none. */
static vt_status digest_read(hid_t dset, int *there, char hex[65], vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t attr, type;
  htri_t is = H5Aexists(dset, digest_name);
  *there = is > 0;
  VT_H5_OUT(is, err, VT_ECORRUPT, "attribute 'digest'");
  if (!is) goto out;
  VT_H5_OUT(attr = vt__h5_keep(&s, H5Aopen(dset, digest_name, H5P_DEFAULT)), err, VT_ECORRUPT, "attribute 'digest'");
  type = vt__h5_keep(&s, H5Aget_type(attr));
  if (H5Tget_class(type) != H5T_STRING || H5Tget_size(type) != 65 ||
      H5Sget_simple_extent_npoints(vt__h5_keep(&s, H5Aget_space(attr))) != 1)
    VT_FAIL_OUT(err, VT_ECORRUPT, "the attribute 'digest' is not 64 digits");
  VT_H5_OUT(H5Aread(attr, type, hex), err, VT_ECORRUPT, "attribute 'digest'");
  hex[64] = '\0';
out:
  vt__h5_close(&s);
  return rc;
}

/* ------------------------------------------------------------------ of a dataset in a file */

typedef struct content {
  vt__h5_scope scope;
  hid_t id, mem, space;
  int n_dim;
  hsize_t dim[VT_MAX_DIM + 1];
  int64_t rows;
  size_t row_items, row_bytes;
} content;

static vt_status digest_open(content *c, hid_t dset, vt_err *err)
{
  vt_status rc = VT_OK;
  hid_t type;
  c->id = dset;
  VT_H5_OUT(type = vt__h5_keep(&c->scope, H5Dget_type(dset)), err, VT_ECORRUPT, "type");
  VT_H5_OUT(c->space = vt__h5_keep(&c->scope, H5Dget_space(dset)), err, VT_ECORRUPT, "shape");
  c->mem = H5Tget_class(type) == H5T_STRING  ? type
           : H5Tget_class(type) == H5T_FLOAT ? H5T_NATIVE_DOUBLE
                                             : H5T_NATIVE_INT64;
  c->n_dim = H5Sget_simple_extent_ndims(c->space);
  if (c->n_dim < 0 || c->n_dim > VT_MAX_DIM + 1 || H5Tis_variable_str(type) != 0)
    VT_FAIL_OUT(err, VT_ECORRUPT, "no dataset of a store");
  VT_H5_OUT(H5Sget_simple_extent_dims(c->space, c->dim, NULL), err, VT_ECORRUPT, "shape");
  c->rows = c->n_dim ? (int64_t)c->dim[0] : 1;
  c->row_items = 1;
  for (int a = 1; a < c->n_dim; a++) {
    if (c->dim[a] > 0 && c->row_items > UINT32_MAX / c->dim[a]) VT_FAIL_OUT(err, VT_ECORRUPT, "a row of 4 GiB or more");
    c->row_items *= (size_t)c->dim[a];
  }
  c->row_bytes = c->row_items * H5Tget_size(c->mem);
out:
  return rc;
}

static vt_status digest_read_rows(const content *c, int64_t first, int64_t n, void *to, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hsize_t from[VT_MAX_DIM + 1] = {(hsize_t)first}, count[VT_MAX_DIM + 1], items = (hsize_t)n * c->row_items;
  hid_t mem;
  for (int a = 0; a < c->n_dim; a++) count[a] = a ? c->dim[a] : (hsize_t)n;
  if (c->n_dim)
    VT_H5_OUT(H5Sselect_hyperslab(c->space, H5S_SELECT_SET, from, NULL, count, NULL), err, VT_ECORRUPT, "rows");
  VT_H5_OUT(mem = vt__h5_keep(&s, H5Screate_simple(1, &items, NULL)), err, VT_ECORRUPT, "rows");
  VT_H5_OUT(H5Dread(c->id, c->mem, mem, c->space, H5P_DEFAULT, to), err, VT_ECORRUPT, "cannot read rows %lld..%lld",
            (long long)first, (long long)(first + n - 1));
out:
  vt__h5_close(&s);
  return rc;
}

static vt_status digest_content(hid_t dset, vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  content c = {.rows = 0};
  void *p = NULL;
  *sum = (vt_uid){{0}};
  VT_TRY_OUT(digest_open(&c, dset, err), err, "digest");
  if (c.rows == 0 || c.row_bytes == 0) goto out;
  int64_t batch = c.row_bytes < PIECE ? (int64_t)(PIECE / c.row_bytes) : 1;
  if (batch > c.rows) batch = c.rows;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)batch, c.row_bytes, err), err, "digest");
  for (int64_t at = 0; at < c.rows; at += batch) {
    int64_t n = c.rows - at < batch ? c.rows - at : batch;
    vt_alive();
    VT_TRY_OUT(digest_read_rows(&c, at, n, p, err), err, "digest");
    VT_TRY_OUT(vt__digest_rows(sum, p, at, n, c.row_bytes, err), err, "digest");
  }
out:
  vt_free(p);
  vt__h5_close(&c.scope);
  return rc;
}

/* Attribute and content of an open dataset.  `must` NULL: the one is compared with the other; *there 0: it has no
 * digest. */
static vt_status digest_compare(hid_t dset, const vt_uid *must, int *there, vt_err *err)
{
  char written[65], found[65], expected[65];
  vt_uid sum;
  vt_alive();
  VT_PASS(digest_read(dset, there, written, err));
  if (!*there) return VT_OK;
  if (must) {
    vt_uid_hex(must, expected);
    if (strcmp(written, expected) != 0)
      VT_FAIL(err, VT_ECORRUPT, "its digest reads %.64s, written was %.64s", written, expected);
  }
  VT_PASS(digest_content(dset, &sum, err));
  vt_uid_hex(&sum, found);
  if (strcmp(written, found) != 0)
    VT_FAIL(err, VT_ECORRUPT, "its values have the digest %.12s..., not %.12s... as written down", found, written);
  return VT_OK;
}

/* ------------------------------------------------------------------ before it is published */

static const char *name_of(const vt_store_spec *spec, int k)
{
  return k < spec->n_dset ? spec->dset[k].path : "/campaign";
}

static vt_status digest_fill_in(hid_t file, const char *path, const vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t dset;
  vt_alive();
  VT_H5_OUT(dset = vt__h5_keep(&s, H5Dopen2(file, path, H5P_DEFAULT)), err, VT_EIO, "dataset '%s'", path);
  VT_TRY_OUT(vt__digest_write(dset, sum, err), err, "dataset '%s'", path);
out:
  return vt__h5_finish(&s, rc, err, path);
}

static vt_status digest_write_all(const char *tmp, const vt_store_spec *spec, const vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t file, access;
  VT_H5_OUT(access = vt__h5_access(&s), err, VT_EIO, "opening '%s'", tmp);
  VT_H5_OUT(file = H5Fopen(tmp, H5F_ACC_RDWR, access), err, VT_EIO, "opening '%s'", tmp);
  for (int k = 0; k < spec->n_dset; k++) /* on failure the file is abandoned */
    if (vt__store_is_row(&spec->dset[k]))
      VT_TRY_OUT(digest_fill_in(file, spec->dset[k].path, &sum[k], err), err, "digests of '%s'", tmp);
  VT_H5_OUT(H5Fflush(file, H5F_SCOPE_GLOBAL), err, VT_EIO, "flushing '%s'", tmp);
  VT_H5_OUT(H5Fclose(file), err, VT_EIO, "closing '%s'", tmp);
out:
  return vt__h5_finish(&s, rc, err, tmp);
}

static vt_status digest_read_back(const char *tmp, const vt_store_spec *spec, const vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t file = -1, access;
  VT_H5_OUT(access = vt__h5_access(&s), err, VT_EIO, "opening '%s'", tmp);
  VT_H5_OUT(file = H5Fopen(tmp, H5F_ACC_RDONLY, access), err, VT_EIO, "reading '%s' back", tmp);
  for (int k = 0; k <= spec->n_dset; k++) {
    int there = 0;
    hid_t dset = H5Dopen2(file, name_of(spec, k), H5P_DEFAULT);
    VT_H5_OUT(dset, err, VT_EIO, "dataset '%s' was written, but cannot be read back", name_of(spec, k));
    rc = digest_compare(dset, &sum[k], &there, err);
    (void)H5Dclose(dset);
    if (rc == VT_OK && !there) rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "it has no digest");
    if (rc == VT_ECORRUPT) rc = VT_EIO; /* of the disk: the next try may succeed */
    VT_TRY_OUT(rc, err, "dataset '%s' does not read back as it was written: run again", name_of(spec, k));
  }
out:
  if (file >= 0) (void)H5Fclose(file); /* nothing was written through it */
  vt__h5_close(&s);
  return rc;
}

/* A large file goes to the disk piece by piece, with signs of life between them; fsync then has little left to do.
 * 0, or why not: an error of the disk that is told here is not told again. */
static int write_back(int fd)
{
  const off_t piece = 64 << 20;
  off_t size = lseek(fd, 0, SEEK_END);
  for (off_t at = 0; at < size; at += piece) {
    vt_alive();
    if (sync_file_range(fd, at, piece,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) == 0)
      continue;
    return errno == EIO || errno == ENOSPC || errno == EDQUOT ? errno : 0; /* else the file system cannot do that */
  }
  return 0;
}

vt_status vt__store_sync(const char *tmp, vt_err *err)
{
  int fd = open(tmp, O_RDONLY | O_CLOEXEC);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open '%s': %s", tmp, strerror(errno));
  int why = write_back(fd);
  if (!why && fsync(fd) != 0) why = errno;
  int bad = why != 0;
  (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* what is read back comes from the disk where that is possible */
  if (close(fd) != 0 && !bad && errno != EINTR) bad = 1, why = errno;
  if (bad) VT_FAIL(err, VT_EIO, "cannot sync '%s': %s", tmp, strerror(why));
  return VT_OK;
}

vt_status vt__store_finish(const char *tmp, const vt_store_spec *spec, const vt_uid *sum, vt_err *err)
{
  VT_PASS(digest_write_all(tmp, spec, sum, err));
  VT_PASS(vt__store_sync(tmp, err));
  return digest_read_back(tmp, spec, sum, err);
}

/* ------------------------------------------------------------------ of a finished store */

typedef struct checking {
  void (*found)(void *ctx, const char *dset, const char *why);
  void *ctx;
  int n, without, wrong;
  vt_status rc; /* VT_ENOMEM ends it */
  char first[128];
  char why[320];
} checking;

static herr_t digest_visit(hid_t file, const char *name, const H5O_info_t *info, void *ctx)
{
  checking *c = ctx;
  char path[128], text[sizeof c->why];
  int there = 0;
  vt_alive();
  if (info->type != H5O_TYPE_DATASET) return 0;
  (void)snprintf(path, sizeof path, "/%s", name);
  vt_err why = {0};
  hid_t dset = H5Dopen2(file, name, H5P_DEFAULT);
  vt_status rc = dset < 0 ? vt__h5_fail(&why, VT_ECORRUPT, __FILE__, __LINE__, "it is damaged")
                          : digest_compare(dset, NULL, &there, &why);
  if (dset >= 0) (void)H5Dclose(dset);
  c->n += rc == VT_OK && there;
  c->without += rc == VT_OK && !there;
  if (rc == VT_OK) return 0;
  c->rc = rc;
  int len;
  const char *sentence = vt_err_sentence(why.text, &len);
  (void)snprintf(text, sizeof text, "%.*s", len, sentence);
  if (c->wrong++ == 0) {
    memcpy(c->why, text, sizeof text);
    memcpy(c->first, path, sizeof path);
  }
  if (c->found && rc != VT_ENOMEM) c->found(c->ctx, path, text);
  return rc == VT_ENOMEM;
}

vt_status vt_store_check_digests(vt_store *s, void (*found)(void *ctx, const char *dset, const char *why), void *ctx,
                                 vt_err *err)
{
  checking c = {.found = found, .ctx = ctx};
  vt__h5_begin();
  if (H5Ovisit2(vt__store_file(s), H5_INDEX_NAME, H5_ITER_INC, digest_visit, &c, H5O_INFO_BASIC) < 0)
    return vt__h5_fail(err, VT_ECORRUPT, __FILE__, __LINE__, "the datasets of the store cannot be listed");
  if (c.wrong)
    VT_FAIL(err, c.rc == VT_ENOMEM ? c.rc : VT_ECORRUPT, "%d datasets are not what was written, the first is '%s': %s",
            c.wrong, c.first, c.why);
  if (c.without) VT_FAIL(err, VT_EUNSUP, "%d of %d datasets have no digest", c.without, c.n + c.without);
  return VT_OK;
}

vt_status vt_store_promises(vt_store *s, const vt_store_spec *spec, const char *except, int *same, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  *same = 0;
  vt__h5_begin();
  VT_PASS(vt__store_check(spec, err));
  VT_TRY_OUT(vt_calloc64(&p, (size_t)spec->n_dset + 1, sizeof(vt_uid), err), err, "digests");
  vt_uid *sum = p;
  VT_TRY_OUT(vt__store_row_digests(spec, sum, err), err, "digests");
  int equal = 1;
  for (int k = 0; equal && k < spec->n_dset; k++) {
    const vt_store_dset *d = &spec->dset[k];
    char hex[65], written[65];
    int there = 0;
    vt_alive(); /* opening each of hundreds of datasets reads a few times */
    if (except && strcmp(d->path, except) == 0) continue;
    if (d->table) VT_TRY_OUT(vt__digest_table(&sum[k], d, err), err, "digests");
    vt_uid_hex(&sum[k], hex);
    hid_t dset = H5Dopen2(vt__store_file(s), d->path, H5P_DEFAULT);
    equal = dset >= 0 && digest_read(dset, &there, written, NULL) == VT_OK && there && strcmp(hex, written) == 0;
    if (dset >= 0) (void)H5Dclose(dset);
  }
  *same = equal;
out:
  (void)H5Eclear2(H5E_DEFAULT);
  vt_free(p);
  return rc;
}
