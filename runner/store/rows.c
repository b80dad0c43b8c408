#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/store/h5_impl.h"

enum { BATCH_BYTES = 16 << 20 }; /* of rows that one writer holds, unless a single row is larger */

/* How a writer fared, told to the others before and after every collective write. */
enum { FINE = 0, FAILED = 1 /* the file is whole */, BROKEN = 2 /* HDF5 must not touch the file again */ };

typedef struct target { /* one row dataset while it is filled */
  const vt_store_dset *d;
  int k; /* its place in the spec */
  vt__h5_scope scope;
  hid_t id, type;
  size_t row_bytes;
  unsigned char *batch;
} target;

typedef struct filler {
  const vt_store_spec *spec;
  const vt__writers *w;
  target *target;
  int n_target;
  int64_t batch_rows;
  void **out; /* [n_dset] what the callback gets */
  vt__h5_scope scope;
  hid_t file, xfer;
  int worst;   /* of all writers so far */
  vt_uid *sum; /* [n_dset] digests of the rows of this writer */
} filler;

static vt_status prepare(filler *f, int n_writers, vt_err *err)
{
  size_t row = 0, n = (size_t)f->spec->n_dset;
  void *p;
  VT_PASS(VT_NEW(f->target, n, err));
  VT_PASS(VT_NEW(f->out, n, err));
  for (int k = 0; k < f->spec->n_dset; k++) {
    const vt_store_dset *d = &f->spec->dset[k];
    if (!vt__store_is_row(d) || vt__store_row_bytes(d) == 0) continue;
    f->target[f->n_target++] = (target){.d = d, .k = k, .row_bytes = vt__store_row_bytes(d)};
    VT_ASSERT(vt__store_row_bytes(d) % vt__store_item_bytes(d) == 0);
    row += vt__store_row_bytes(d);
  }
  int64_t share = (f->spec->n_rows + n_writers - 1) / n_writers;
  f->batch_rows = row && row < BATCH_BYTES ? (int64_t)(BATCH_BYTES / row) : 1;
  if (f->batch_rows > share) f->batch_rows = share;
  for (target *t = f->target; t < f->target + f->n_target; t++) {
    VT_TRY(vt_calloc64(&p, (size_t)f->batch_rows, t->row_bytes, err), err, "rows of '%s'", t->d->path);
    t->batch = p;
  }
  return VT_OK;
}

/* MPI-IO takes what stands before a colon for the kind of file system. */
static const char *mpi_name(const char *path, char *room, size_t cap)
{
  if (!strchr(path, ':')) return path;
  (void)snprintf(room, cap, "ufs:%s", path);
  return room;
}

static vt_status open_all(filler *f, const char *tmp, vt_err *err)
{
  char room[VT__STORE_PATH + 8];
  vt_status rc = VT_OK;
  hid_t access;
  VT_H5_OUT(f->xfer = vt__h5_keep(&f->scope, H5Pcreate(H5P_DATASET_XFER)), err, VT_EIO, "opening '%s'", tmp);
  VT_H5_OUT(access = vt__h5_access(&f->scope), err, VT_EIO, "opening '%s'", tmp);
  VT_TRY_OUT(vt__writers_access(f->w, access, f->xfer, err), err, "opening '%s'", tmp);
  VT_H5_OUT(f->file =
                H5Fopen(vt__writers_size(f->w) > 1 ? mpi_name(tmp, room, sizeof room) : tmp, H5F_ACC_RDWR, access),
            err, VT_EIO, "cannot open '%s' for writing", tmp);
  for (target *t = f->target; t < f->target + f->n_target; t++) {
    vt_alive();
    VT_H5_OUT(t->type = vt__h5_type(&t->scope, t->d, 0), err, VT_EIO, "dataset '%s'", t->d->path);
    t->id = vt__h5_keep(&t->scope, H5Dopen2(f->file, t->d->path, H5P_DEFAULT));
    VT_H5_OUT(t->id, err, VT_EIO, "cannot open dataset '%s'", t->d->path);
  }
out:
  return rc;
}

/* What a row holds where the callback writes nothing: NaN, 0, "". */
static void store_rows_blank(const target *t, int64_t n)
{
  size_t bytes = (size_t)n * t->row_bytes;
  memset(t->batch, 0, bytes);
  if (t->d->type != VT_F64) return;
  const double nan_value = NAN;
  for (size_t at = 0; at < bytes; at += sizeof nan_value) memcpy(t->batch + at, &nan_value, sizeof nan_value);
}

static vt_status store_rows_gather(filler *f, int64_t first, int64_t n, vt_err *err)
{
  VT_ASSERT(n >= 0 && n <= f->batch_rows);
  VT_ASSERT(n == 0 || (first >= 0 && first + n <= f->spec->n_rows));
  for (target *t = f->target; t < f->target + f->n_target; t++) store_rows_blank(t, n);
  for (int64_t i = 0; i < n; i++) {
    for (target *t = f->target; t < f->target + f->n_target; t++) f->out[t->k] = t->batch + (size_t)i * t->row_bytes;
    VT_TRY(f->spec->row(f->spec->ctx, first + i, f->out, err), err, "row %lld of the store", (long long)(first + i));
  }
  return VT_OK;
}

/* Rows first.. of a dataset's dataspace; none if n is 0. */
static hid_t select_rows(vt__h5_scope *s, const target *t, int64_t first, int64_t n)
{
  hsize_t from[VT_MAX_DIM + 1] = {(hsize_t)first}, count[VT_MAX_DIM + 1] = {(hsize_t)n};
  for (int a = 1; a < t->d->n_dim; a++) count[a] = (hsize_t)t->d->dim[a];
  hid_t space = vt__h5_keep(s, H5Dget_space(t->id));
  herr_t bad = n ? H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL) : H5Sselect_none(space);
  return bad < 0 ? -1 : space;
}

/* n rows in memory. */
static hid_t batch_space(vt__h5_scope *s, const target *t, int64_t n)
{
  hsize_t items = (hsize_t)(n ? n : 1) * (hsize_t)(t->row_bytes / vt__store_item_bytes(t->d));
  hid_t space = vt__h5_keep(s, H5Screate_simple(1, &items, NULL));
  return n || space < 0 || H5Sselect_none(space) >= 0 ? space : -1;
}

/* Collective: a writer without rows takes part with none. */
static vt_status write_rows(const filler *f, const target *t, int64_t first, int64_t n, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t mem, there;
  VT_H5_OUT(there = select_rows(&s, t, first, n), err, VT_EIO, "rows of '%s'", t->d->path);
  VT_H5_OUT(mem = batch_space(&s, t, n), err, VT_EIO, "rows of '%s'", t->d->path);
  VT_H5_OUT(H5Dwrite(t->id, t->type, mem, there, f->xfer, t->batch), err, VT_EIO,
            "cannot write rows %lld..%lld of '%s'", (long long)first, (long long)(first + n - 1), t->d->path);
out:
  return vt__h5_finish(&s, rc, err, t->d->path);
}

static vt_status store_rows_digest(const filler *f, int64_t first, int64_t n, vt_err *err)
{
  for (const target *t = f->target; t < f->target + f->n_target; t++)
    VT_TRY(vt__digest_rows(&f->sum[t->k], t->batch, first, n, t->row_bytes, err), err, "rows of '%s'", t->d->path);
  return VT_OK;
}

/* Tell the other writers how this one fared (`level` if *rc is a failure); 1 if nobody failed. */
static int all_well(filler *f, vt_status *rc, int level, vt_err *err)
{
  int worst = BROKEN;
  vt_status s = vt__writers_agree(f->w, *rc == VT_OK ? FINE : level, &worst, err);
  if (*rc == VT_OK) *rc = s;
  if (worst > f->worst) f->worst = worst;
  return f->worst == FINE;
}

/* Batches go to the writers in turn. */
static vt_status write_all_rows(filler *f, vt_err *err)
{
  vt_status rc = VT_OK;
  int64_t n_rows = f->spec->n_rows, round = f->batch_rows * vt__writers_size(f->w);
  for (int64_t at = 0; at < n_rows; at += round) {
    int64_t first = at + f->batch_rows * vt__writers_rank(f->w);
    int64_t n = first >= n_rows ? 0 : n_rows - first < f->batch_rows ? n_rows - first : f->batch_rows;
    rc = store_rows_gather(f, first, n, err);
    if (rc == VT_OK) rc = store_rows_digest(f, first, n, err);
    if (!all_well(f, &rc, FAILED, err)) return rc;
    for (int k = 0; k < f->n_target; k++) {
      rc = write_rows(f, &f->target[k], first, n, err);
      if (!all_well(f, &rc, BROKEN, err)) return rc;
    }
  }
  if (H5Fflush(f->file, H5F_SCOPE_GLOBAL) < 0) rc = vt__h5_fail(err, VT_EIO, __FILE__, __LINE__, "flushing the store");
  (void)all_well(f, &rc, BROKEN, err);
  return rc;
}

/* Values may reach the disk only when a dataset is closed: all agree before the file is closed, and after it.  A file
 * that a close failed on is abandoned. */
static vt_status close_all(filler *f, vt_err *err)
{
  vt_status rc = VT_OK;
  for (target *t = f->target; t < f->target + f->n_target; t++) {
    vt_alive();
    if (f->worst == BROKEN)
      vt__h5_abandon(&t->scope);
    else
      rc = vt__h5_finish(&t->scope, rc, err, t->d->path);
  }
  if (f->worst != BROKEN && all_well(f, &rc, BROKEN, err) && f->file > 0) {
    if (H5Fclose(f->file) < 0) rc = vt__h5_fail(err, VT_EIO, __FILE__, __LINE__, "closing the store");
    (void)all_well(f, &rc, BROKEN, err);
  }
  if (f->worst == BROKEN)
    vt__h5_abandon(&f->scope);
  else
    vt__h5_close(&f->scope); /* property lists */
  return rc;
}

static void release(filler *f)
{
  for (target *t = f->target; t && t < f->target + f->n_target; t++) vt_free(t->batch);
  vt_free(f->target);
  vt_free(f->out);
}

vt_status vt__store_fill(const char *tmp, const vt_store_spec *spec, const vt__writers *w, vt_uid *sum, vt_err *err)
{
  filler f = {.spec = spec, .w = w};
  void *p;
  vt_status rc = vt_calloc64(&p, (size_t)spec->n_dset + 1, sizeof *f.sum, err);
  f.sum = p;
  if (rc == VT_OK) rc = prepare(&f, vt__writers_size(w), err);
  if (all_well(&f, &rc, FAILED, err) && f.n_target && spec->n_rows) {
    rc = open_all(&f, tmp, err);
    if (all_well(&f, &rc, BROKEN, err)) rc = write_all_rows(&f, err);
    vt_status closed = close_all(&f, rc == VT_OK ? err : NULL);
    if (rc == VT_OK) rc = closed;
  }
  /* Every writer syncs: on a shared file system each node has its own dirty pages. */
  if (rc == VT_OK && f.worst == FINE) rc = vt__store_sync(tmp, err);
  if (f.sum && f.worst == FINE) { /* writers may have different tables, so only the rows' */
    int n = 0;
    for (int k = 0; k < spec->n_dset; k++)
      if (vt__store_is_row(&spec->dset[k])) f.sum[n++] = f.sum[k];
    vt_status s = vt__writers_xor(w, f.sum, n * (int)sizeof *f.sum, err);
    if (rc == VT_OK) rc = s;
    n = 0;
    for (int k = 0; k < spec->n_dset; k++)
      if (vt__store_is_row(&spec->dset[k])) sum[k] = f.sum[n++];
  }
  vt_free(f.sum);
  release(&f);
  return rc;
}

vt_status vt__store_row_digests(const vt_store_spec *spec, vt_uid *sum, vt_err *err)
{
  filler f = {.spec = spec, .sum = sum};
  vt_status rc = prepare(&f, 1, err);
  for (int64_t at = 0; rc == VT_OK && f.n_target && at < spec->n_rows; at += f.batch_rows) {
    int64_t n = spec->n_rows - at < f.batch_rows ? spec->n_rows - at : f.batch_rows;
    rc = store_rows_gather(&f, at, n, err);
    if (rc == VT_OK) rc = store_rows_digest(&f, at, n, err);
  }
  release(&f);
  return rc;
}
