/* h5_impl.h - HDF5 handles with one exit, HDF5's error stack as a vt_err, and the parts of an assembly; private to
 * runner/store.
 *
 * How a file is written (assemble.c): rank 0 creates the whole structure alone (structure.c), so that groups,
 * attributes and tables need no collective metadata; then the writers reopen it together and fill the rows (rows.c).
 *
 * What HDF5 1.10 over MPI-IO does after a write error, and what is done about it:
 *
 *  - A write error that only one writer sees leaves the other for ever inside the collective H5Dwrite.  ROMIO agrees on
 *    errors only when it writes through its collective buffers, so the file is opened with romio_cb_write=enable.
 *  - H5Fclose of a file whose write failed may block or crash.  Such a file is never closed; its handles are abandoned.
 *  - HDF5 closes what is open when MPI_Finalize deletes an attribute that HDF5 set during its own initialisation.  An
 *    abandoned file would block there, so HDF5 is initialised before MPI is (h5.c). */
#ifndef VT_STORE_H5_IMPL_H
#define VT_STORE_H5_IMPL_H

#include <hdf5.h>

#include "runner/store/store.h"

/* ------------------------------------------------------------------ handles and errors (h5.c) */

enum { VT_H5_SCOPE = 16 };

/* Handles that one function opened.  Zero-initialise; close at the function's only exit. */
typedef struct vt__h5_scope {
  hid_t id[VT_H5_SCOPE];
  int n;
} vt__h5_scope;

hid_t vt__h5_keep(vt__h5_scope *s, hid_t id); /* returns id; a negative one is not kept */
/* Close in reverse order.  vt__h5_close where nothing was written; vt__h5_finish where something was, because values
 * may reach the disk only then: rc if that is a failure, else VT_EIO ("closing <what>") if a close failed. */
void vt__h5_close(vt__h5_scope *s);
VT_MUST_CHECK vt_status vt__h5_finish(vt__h5_scope *s, vt_status rc, vt_err *err, const char *what);
void vt__h5_abandon(vt__h5_scope *s); /* forget without closing: see above */

/* First call of every public function: errors are reported through vt_err, never printed. */
void vt__h5_begin(void);
/* Set err to the text and the innermost message of HDF5's error stack; clears that stack; returns s. */
vt_status vt__h5_fail(vt_err *err, vt_status s, const char *file, int line, const char *fmt, ...) VT_PRINTF(5, 6);

/* For functions with `vt_status rc` and a label `out`: HDF5 says failure by a negative value. */
#define VT_H5_OUT(call, err, s, ...)                                 \
  do {                                                               \
    if ((call) < 0) {                                                \
      rc = vt__h5_fail((err), (s), __FILE__, __LINE__, __VA_ARGS__); \
      goto out;                                                      \
    }                                                                \
  } while (0)

/* File access of every file here: 1.10's format (checksummed metadata), no file locks (a file is private until it is
 * renamed and never changes afterwards).  Negative on failure. */
hid_t vt__h5_access(vt__h5_scope *s);
/* Fixed-width, NUL-terminated UTF-8. */
hid_t vt__h5_string(vt__h5_scope *s, size_t width);
/* Type of a dataset's values in memory, and in the file (little endian). */
hid_t vt__h5_type(vt__h5_scope *s, const vt_store_dset *d, int in_file);

/* ------------------------------------------------------------------ the parts of an assembly */

enum { VT__STORE_PATH = 4096 };
/* The line of <path>.sha256 for what is in `file` now (sum.c). */
vt_status vt__sum_line(const char *file, const char *path, vt_buf *out, vt_err *err);

/* VT_EINVAL if a dataset is malformed. */
vt_status vt__store_check(const vt_store_spec *spec, vt_err *err);
/* The same of axes alone: every scale is a dataset of the spec with one axis, as long as the axes that name it. */
vt_status vt__scales_check(const vt_store_spec *spec, vt_err *err);
/* Labels and scales of every dataset of the open file that has all datasets (scales.c). */
vt_status vt__scales_write(hid_t file, const vt_store_spec *spec, vt_err *err);
/* A text attribute of fixed width. */
vt_status vt__put_text(hid_t object, const char *name, const char *text, vt_err *err);
int vt__store_is_row(const vt_store_dset *d);
size_t vt__store_item_bytes(const vt_store_dset *d);
size_t vt__store_row_bytes(const vt_store_dset *d); /* of all dims but the first */
/* Bytes that the finished file needs at most, compression not counted on. */
uint64_t vt__store_most_bytes(const vt_store_spec *spec);

/* Is there room for so many bytes beside `tmp`, and may a file be so long?  VT_EIO says what is needed and what there
 * is (room.c). */
vt_status vt__store_check_room(const char *tmp, uint64_t most, vt_err *err);
/* Reserve the first `most` bytes of the open file without a change of its length, or, where that cannot be and
 * `lengthen` is set, with one.  VT_OK on file systems that cannot reserve; else VT_EIO as above.  Trim gives back what
 * lies beyond the file's end. */
vt_status vt__store_reserve(int fd, const char *tmp, uint64_t most, int lengthen, vt_err *err);
vt_status vt__store_trim(const char *tmp, vt_err *err);

/* Serial: the file `tmp` with everything but the rows, its space reserved before the first byte is written.  sum[n_dset
 * + 1], zeroed by the caller: the digests of the tables are written down and left there, that of /campaign last. */
vt_status vt__store_create(const char *tmp, const vt_store_spec *spec, vt_uid *sum, vt_err *err);

/* The ranks that write rows: rank 0 alone, without MPI, or the first two. */
typedef struct vt__writers vt__writers;
/* Not to be called on ranks that do not write (vt__writers_has). */
vt_status vt__writers_open(vt__writers **made, const vt_comm *c, vt_err *err);
int vt__writers_has(const vt_comm *c);
/* Collective over the writers, without spinning: *worst becomes the largest `mine`. */
vt_status vt__writers_agree(const vt__writers *w, int mine, int *worst, vt_err *err);
/* Make `access` open the file for all writers, and `xfer` write collectively. */
vt_status vt__writers_access(const vt__writers *w, hid_t access, hid_t xfer, vt_err *err);
int vt__writers_rank(const vt__writers *w);
int vt__writers_size(const vt__writers *w);
/* Collective over the writers: n bytes become, on all of them, the exclusive or of what each has. */
vt_status vt__writers_xor(const vt__writers *w, void *bytes, int n, vt_err *err);
void vt__writers_close(vt__writers *w); /* collective over the writers; NULL is allowed */

/* Collective over the writers: fill every row, close, sync.  A writer on which nothing failed returns VT_OK even when
 * another one failed: the agreement of all ranks that follows tells.  The digests of the rows go into sum[n_dset]. */
vt_status vt__store_fill(const char *tmp, const vt_store_spec *spec, const vt__writers *w, vt_uid *sum, vt_err *err);
/* Serial, no file: the digests of the rows. */
vt_status vt__store_row_digests(const vt_store_spec *spec, vt_uid *sum, vt_err *err);

/* Digests, by the definition in store.h (digest.c).  Add rows first..first+n-1 to *sum. */
vt_status vt__digest_rows(vt_uid *sum, const void *rows, int64_t first, int64_t n, size_t row_bytes, vt_err *err);
vt_status vt__digest_table(vt_uid *sum, const vt_store_dset *d, vt_err *err);
/* Over the attribute that is there. */
vt_status vt__digest_write(hid_t dset, const vt_uid *sum, vt_err *err);
vt_status vt__store_sync(const char *tmp, vt_err *err);
/* Serial, when all rows are there: their digests into the file, sync, and every dataset read back from the file and
 * compared.  VT_EIO names the dataset that is not what was written. */
vt_status vt__store_finish(const char *tmp, const vt_store_spec *spec, const vt_uid *sum, vt_err *err);
hid_t vt__store_file(const vt_store *s);

#endif
