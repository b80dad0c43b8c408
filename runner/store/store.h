/* store.h - results.h5: one parallel HDF5 file, assembled whole, renamed into place (layer 5; no HDF5 type in here).
 *
 * The store is a view of the journal.  Large datasets have one row a task and are filled row by row from a callback,
 * the rows shared out over a few writer ranks that write collectively (shuffle, deflate, fletcher32, one row a chunk);
 * tables are given whole, the same on every rank.  A reader never sees a file that is being written. */
#ifndef VT_STORE_H
#define VT_STORE_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"
#include "runner/comm/comm.h"

typedef enum vt_store_type { VT_F64, VT_I64, VT_STR } vt_store_type;

/* What an axis is, and the dataset of the store that says what its indices stand for: a dimension scale (HDF5's own
 * convention: h5py's ds.dims[a].label and ds.dims[a][0]), of one axis and as long as this one.  Of the axis of a scale
 * itself: its own path.  Empty: unnamed, none. */
typedef struct vt_store_axis {
  char label[24], scale[48];
} vt_store_axis;

/* One dataset.  path is absolute ("/obs/msd/mean"); intermediate groups are made.  dim[0] is the row count of a row
 * dataset.  STR: fixed width `width` bytes including the NUL (UTF-8).  Every dataset carries attributes unit ("1" if
 * none), doc, source (if not empty), and digest: 64 hexadecimal digits, the exclusive or, over the rows i of the
 * dataset, of SHA-256(i as 8 bytes little endian, then the row's values as they stand in the file: 8 bytes little
 * endian a number, `width` bytes a text).  A row is what belongs to one index of the first dimension; a scalar is one
 * row, number 0; without values it is 64 zeros.  It does not depend on who wrote which row when. */
typedef struct vt_store_dset {
  char path[96], unit[24], doc[160], source[64];
  int type; /* vt_store_type */
  int width;
  int n_dim;
  int64_t dim[VT_MAX_DIM + 1];
  vt_store_axis axis[VT_MAX_DIM + 1];
  const void *table; /* whole content (f64/i64 values, or dim[0]*width chars); NULL: rows come from the callback */
} vt_store_dset;

/* What a group holds: its attribute doc. */
typedef struct vt_store_group {
  char path[96], doc[160];
} vt_store_group;

/* Of the root group.  The store adds `format` itself; a caller may name it, with the same value. */
typedef struct vt_store_attr {
  char name[48];
  char text[256]; /* string attribute; for is_int the value in `i` */
  int64_t i;
  int is_int;
} vt_store_attr;

typedef struct vt_store_spec {
  const vt_store_dset *dset;
  int n_dset;
  int rows_only; /* of a writer but rank 0: dset holds the row datasets alone, in their order; no texts, no attributes
                  */
  const vt_store_attr *attr;
  int n_attr;
  const vt_store_group *group; /* groups that have a doc: each holds a dataset or a group with one */
  int n_group;
  const char *readme;        /* attribute README of the root group; NULL: none */
  const char *campaign_text; /* becomes /campaign (scalar string dataset) */
  int64_t n_rows;            /* rows of every row dataset (dim[0])        */
  /* Fill row `row` of ALL row datasets: out[k] belongs to dset k (NULL for tables) and is pre-filled with NaN / 0.
   * Called on writer ranks, each row exactly once, in ascending order on a rank. */
  vt_status (*row)(void *ctx, int64_t row, void *const *out, vt_err *err);
  void *ctx;
} vt_store_spec;

/* Formats that are read; written is the last one.  1: no scales, no docs of groups, older names beside the present
 * ones, single values as tables of one row; the rows of tasks are the same. */
enum { VT_STORE_OLDEST = 1, VT_STORE_FORMAT = 2 };

/* So many ranks of c, the first ones, write rows. */
int vt_store_writers(const vt_comm *c);

/* spec: on rank 0 everything; on other writers at least the rows (rows_only); elsewhere it is not read and may be NULL.
 * Collective over all ranks of c (over MPI, or a comm of one rank of any kind: then without MPI): a file with
 * the name of vt_fence_name is made anew, written by the first two ranks (the others nap), closed, synced, read back
 * from the file by rank 0 and compared with the digests of what was written, renamed to `path` if the fence of rank 0
 * allows (else VT_ESTOP); <path>.sha256 beside it holds the file's SHA-256 (sha256sum's format).  All ranks leave with
 * the same status.  A failed write removes the temporary file and never blocks in HDF5's close; SIGXFSZ must be ignored
 * by the process. The values in the file do not depend on the number of ranks. */
VT_MUST_CHECK vt_status vt_store_assemble(vt_comm *c, const char *path, const vt_store_spec *spec, vt_err *err);

/* ---- reading, serial */
/* Is the file what an assembly wrote?  Reads bytes only, no HDF5: that may hang or crash on metadata that changed, so
 * this comes before opening wherever a file may be damaged.  VT_ECORRUPT: it differs from <path>.sha256; VT_EPARSE:
 * that file is not the line an assembly writes; VT_EIO: one of the two cannot be read. */
VT_MUST_CHECK vt_status vt_store_check_sum(const char *path, vt_err *err);

typedef struct vt_store vt_store;
/* VT_EIO: not there, unreadable; VT_EPARSE: no store; VT_EUNSUP: of another format; VT_ECORRUPT: truncated, damaged. */
VT_MUST_CHECK vt_status vt_store_open(vt_store **s, const char *path, vt_err *err);
int vt_store_format(const vt_store *s); /* VT_STORE_OLDEST..VT_STORE_FORMAT */
/* Dimensions of a dataset; VT_EINVAL if it is not there. */
VT_MUST_CHECK vt_status vt_store_shape(vt_store *s, const char *dset, int *n_dim, int64_t dim[VT_MAX_DIM + 1],
                                       vt_err *err);
/* All values of a numeric dataset, caller frees with vt_free; *n their number.  f64 reads whole numbers too, i64
 * nothing else.  VT_ECORRUPT if a checksum does not match. */
VT_MUST_CHECK vt_status vt_store_read_f64(vt_store *s, const char *dset, double **v, size_t *n, vt_err *err);
VT_MUST_CHECK vt_status vt_store_read_i64(vt_store *s, const char *dset, int64_t **v, size_t *n, vt_err *err);
/* Row `row` of a dataset of f64: n values into v.  VT_EINVAL if a row is not n values. */
VT_MUST_CHECK vt_status vt_store_read_row(vt_store *s, const char *dset, int64_t row, double *v, size_t n, vt_err *err);
/* All texts of a string dataset, NUL-terminated, *width bytes apart; caller frees with vt_free; *n their number. */
VT_MUST_CHECK vt_status vt_store_read_str(vt_store *s, const char *dset, char **v, size_t *width, size_t *n,
                                          vt_err *err);
/* A scalar string dataset ("/campaign") or a root attribute ("format") as text, appended to out. */
VT_MUST_CHECK vt_status vt_store_read_text(vt_store *s, const char *name, vt_buf *out, vt_err *err);
/* Read every dataset and compare it with its attribute digest.  VT_ECORRUPT: some differ or cannot be read, err names
 * the first; found (may be NULL) is told of each.  VT_EUNSUP: all others are right, but some have no digest: the store
 * was written by a build without them, or by another program. */
VT_MUST_CHECK vt_status vt_store_check_digests(vt_store *s, void (*found)(void *ctx, const char *dset, const char *why),
                                               void *ctx, vt_err *err);
/* *same: every dataset of `spec` but `except` (a path, may be NULL) is there with the digest that its content in `spec`
 * has.  Attributes are compared, no values are read from the store.  Calls spec->row for every row; serial. */
VT_MUST_CHECK vt_status vt_store_promises(vt_store *s, const vt_store_spec *spec, const char *except, int *same,
                                          vt_err *err);
void vt_store_close(vt_store *s);

const char *vt_store_hdf5_version(void);

#endif
