/* journal.h - append-only, checksummed records on disk: results and failures, nothing else (layer 3).
 *
 * journal/<start>-<rank>-<pid>.vtj are shards: each process appends to its own; readers read all.  State of a campaign
 * = tasks - results - exhausted failures; no event replay is needed.
 *
 * Format, little endian: file header {"VTJ1\n\0\0\0", u32 version, u32 crc of the 12 bytes before}; then records {u32
 * magic, u32 type, u64 payload bytes, u8 uid[32], i32 attempt, u32 half_stage, u32 header crc, u32 payload crc} +
 * payload, padded to 8 with zeros that are not looked at.  The header crc covers the 56 bytes before it.  Bytes
 * that do not check (header or payload) are a torn tail if no whole record is behind them; else they are damage, which is
 * stepped over and reported: one bad byte costs one record, and its task is done again.  A shard that
 * ends within its file header was torn at birth; one with more behind a file header that does not check is VT_ECORRUPT
 * (nothing is cut from it), another version VT_EUNSUP. */
#ifndef VT_JOURNAL_H
#define VT_JOURNAL_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

typedef enum vt_rec_type { VT_REC_RESULT = 1, VT_REC_FAILURE = 2 } vt_rec_type;

/* ---- writing */
typedef struct vt_journal_writer vt_journal_writer;
/* A new shard of its own in dir: <UTC start>-<rank>-<pid>.vtj, unique; names sort by start.  Folder and file appear at
 * the first append. */
VT_MUST_CHECK vt_status vt_journal_create(vt_journal_writer **w, const char *dir, int rank, vt_err *err);
/* Append without sync: not to be counted before vt_journal_sync returned VT_OK.  payload in up to two parts.  After a
 * failure (VT_EIO, disk full) the shard is as before the call and the call may be repeated; if even that could not be
 * restored, or a sync failed (the kernel may have dropped what was written), the writer refuses everything from then
 * on. */
VT_MUST_CHECK vt_status vt_journal_append(vt_journal_writer *w, vt_rec_type type, const vt_uid *uid, int attempt,
                                          int half_stage, const void *head, size_t n_head, const void *body,
                                          size_t n_body, vt_err *err);
VT_MUST_CHECK vt_status vt_journal_sync(vt_journal_writer *w, vt_err *err); /* fdatasync; nothing to do is fine */
void vt_journal_close(vt_journal_writer *w);                                /* NULL is allowed; does not sync */

/* ---- reading */
typedef struct vt_rec {
  int32_t type, attempt, half_stage, shard;
  vt_uid uid;
  uint64_t offset, n; /* payload in the shard */
  uint32_t payload_crc, reserved;
} vt_rec;

typedef struct vt_journal vt_journal;
/* Index every record of every shard in dir (a missing dir is an empty journal). */
VT_MUST_CHECK vt_status vt_journal_open(vt_journal **j, const char *dir, vt_err *err);
/* Index what was appended since (by anyone).  Records that were known keep their number, new ones follow in (shard
 * name, offset) order; pointers to records end here.  After an error what was known still is. */
VT_MUST_CHECK vt_status vt_journal_refresh(vt_journal *j, vt_err *err);
int vt_journal_count(const vt_journal *j);
const vt_rec *vt_journal_rec(const vt_journal *j, int i); /* valid until the next refresh */
/* The first RESULT of a task in (shard name, offset) order, or NULL; the k-th FAILURE (k from 0) or NULL. */
const vt_rec *vt_journal_result(const vt_journal *j, const vt_uid *uid);
const vt_rec *vt_journal_failure(const vt_journal *j, const vt_uid *uid, int k);
/* Read and check a payload (caller frees with vt_free). VT_ECORRUPT names shard and offset. */
VT_MUST_CHECK vt_status vt_journal_read(const vt_journal *j, const vt_rec *r, char **payload, vt_err *err);
/* Shards with a torn tail: count, and (text may be NULL) one line each that names it; cut removes the tails, only while
 * nobody writes (VT_EINVAL if a shard has grown since it was indexed). */
int vt_journal_torn(const vt_journal *j, vt_buf *text);
/* Damage in the middle of shards, the same way: number of stretches.  It is never cut. */
int vt_journal_damaged(const vt_journal *j, vt_buf *text);
VT_MUST_CHECK vt_status vt_journal_cut(vt_journal *j, vt_err *err);
void vt_journal_free(vt_journal *j);

#endif
