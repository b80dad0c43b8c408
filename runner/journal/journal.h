/* journal.h - append-only, checksummed records on disk: results, failures and decisions, nothing else (layer 3).
 *
 * A journal is a folder of shards: the ranks of a job that share a machine append to one, or each to its own; readers
 * read all.  State of a campaign = tasks - results - exhausted failures; no event replay is needed.
 *
 * FORMAT of a shard: little endian; a file header, then records one behind the other, each at a multiple of 8.
 *
 *   file header, 16 bytes
 *     0   u8[8]   magic "VTJ1\n\0\0\0"
 *     8   u32     version, 1
 *     12  u32     CRC-32 of bytes 0..11
 *
 *   record header, 64 bytes (offsets within the record)
 *     0   u32     magic 0x524a5456, in the file "VTJR"
 *     4   u32     type: 1 RESULT, 2 FAILURE, 3 DECISION (vt_rec_type)
 *     8   u64     bytes of the payload, n
 *     16  u8[32]  uid of the task; of a DECISION what it was made on (vt_target_key)
 *     48  i32     attempt, 0 and up
 *     52  u32     half_stage: the vt_stage that ran with half its time step; 0: none
 *     56  u32     CRC-32 of bytes 0..55
 *     60  u32     CRC-32 of the payload
 *     64  u8[n]   payload: vt_result_head or vt_failure_head and what follows it (runner/records/records.h);
 *                 of a DECISION a line of JSON (runner/target/target.h)
 *     64 + n      zeros up to the next multiple of 8
 *
 * CRC-32 is that of zlib and PNG: crc32(0, bytes, n).  A shard of one process is named <start>-<rank>-<pid>.vtj: start
 * is UTC as YYYYMMDDThhmmss.uuuuuuZ, rank has five digits or more, and a further "-<k>" stands before the dot if that
 * name was taken.  That of the ranks of a machine is named <start>-<pid>-<host>-<boot>.vtj: start and pid of rank 0;
 * host with "_" for all but letters and digits; eight hex digits of this boot of the machine.
 * tests/e2e/journal_layout.py reads shards by this table alone.
 *
 * TOGETHER.  Who appends to the shard of a machine holds a lock of its open file (F_OFD_SETLK) from before it looks for
 * the end of the file until what it wrote is synced.  So records stand one behind the other, each is durable before the
 * next is begun, and the lock of a process that died is free.  All writers are on one machine: no file system has to
 * keep apart writers of different machines, nor agree on a lock with them.  What is not whole records up to the end of
 * the file is never cut or built upon by another process.  A process that finds such an end, that does not get the lock
 * for two seconds in which the file does not grow, or ten (its holder was stopped, or the storage hangs), that gets no
 * locks at all on this file system, or whose write or sync fails makes a shard of its own and stays with it; equal
 * records twice are harmless.
 *
 * DAMAGE.  Bytes that do not check (header or payload) are a torn tail if no whole record is behind them.  Otherwise
 * they are damage: it is stepped over and reported, one bad byte costs one record, and its task is done again.  Padding
 * that is not zero is damage that costs nothing; so is a file header that does not check with more behind it (nothing
 * is cut from such a shard).  A shard that ends within its file header was torn when it was made; another version is
 * VT_EUNSUP.  So every byte is checked by something.  What no shard can tell is that whole records are missing at its
 * end, or that a shard is missing: only a count of results kept elsewhere can (the store).
 *
 * Subfolders are not read: repair moves what it replaced to journal/damaged/. */
#ifndef VT_JOURNAL_H
#define VT_JOURNAL_H

#include "engine/base/base.h"
#include "engine/spec/spec.h"

typedef enum vt_rec_type { VT_REC_RESULT = 1, VT_REC_FAILURE = 2, VT_REC_DECISION = 3 } vt_rec_type;

/* Where a record is, for somebody who has no index. */
enum { VT_SHARD_NAME = 256 };
typedef struct vt_place {
  uint64_t offset;           /* of its payload; 0: not known */
  char shard[VT_SHARD_NAME]; /* in the journal's folder */
} vt_place;

/* ---- writing */
typedef struct vt_journal_writer vt_journal_writer;
/* A new shard of its own in dir: <UTC start>-<rank>-<pid>.vtj, unique; names sort by start.  Folder and file appear at
 * the first append. */
VT_MUST_CHECK vt_status vt_journal_create(vt_journal_writer **w, const char *dir, int rank, vt_err *err);
/* The same, but as long as that works records go into dir/shard, together with those of the other processes of this
 * machine that were given the same name: written by vt_journal_sync, held in memory until then.  shard NULL or "": as
 * vt_journal_create. */
VT_MUST_CHECK vt_status vt_journal_create_shared(vt_journal_writer **w, const char *dir, const char *shard, int rank,
                                                 vt_err *err);
/* The first part of that name, made by one process for all; and the whole, for the machine of this process: "" if its
 * boot is not known. */
enum { VT_SHARD_STAMP = 64 };
void vt_journal_stamp(char stamp[VT_SHARD_STAMP]);
void vt_journal_node_shard(const char *stamp, const char *host, char shard[VT_SHARD_NAME]);
/* Append without sync: not to be counted before vt_journal_sync returned VT_OK.  payload in up to two parts.  After a
 * failure (VT_EIO, disk full) the shard is as before the call and the call may be repeated; if even that could not be
 * restored, or a sync failed (the kernel may have dropped what was written), the writer refuses everything from then
 * on. */
VT_MUST_CHECK vt_status vt_journal_append(vt_journal_writer *w, vt_rec_type type, const vt_uid *uid, int attempt,
                                          int half_stage, const void *head, size_t n_head, const void *body,
                                          size_t n_body, vt_err *err);
/* fdatasync; nothing to do is fine.  After a failure to write what was held it may be called again. */
VT_MUST_CHECK vt_status vt_journal_sync(vt_journal_writer *w, vt_err *err);
void vt_journal_last(const vt_journal_writer *w, vt_place *out); /* of what was appended last; offset 0: nothing */
/* Of the k-th record that was appended between the last sync and the one before. */
void vt_journal_synced(const vt_journal_writer *w, int k, vt_place *out);
void vt_journal_close(vt_journal_writer *w); /* NULL is allowed; does not sync: what was held is lost */

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
/* Records that the caller knows already: for which known(ctx, uid, shard, offset of the payload) is not 0 a refresh
 * takes the header's word; their payloads are checked when they are read.  NULL: every payload is checked at once. */
typedef int vt_journal_known(void *ctx, const vt_uid *uid, const char *shard, uint64_t offset);
void vt_journal_trust(vt_journal *j, vt_journal_known *known, void *ctx);
uint64_t vt_journal_bytes(const vt_journal *j); /* of shards that were read for the index, so far */
/* Collective.  The same as open (*j NULL) and refresh, with one index, on rank 0, and the shards read by whichever rank
 * is free: every byte is read once by all of them together.  On the other ranks *j stays as it is. */
struct vt_comm;
VT_MUST_CHECK vt_status vt_journal_share(struct vt_comm *comm, const char *dir, vt_journal **j, vt_err *err);
/* What the last share cost: CPU seconds of all ranks for reading, of the longest group of shards, and of rank 0 for
 * looking at sizes and taking in what was found. */
typedef struct vt_shared {
  int groups;
  uint64_t bytes;
  double read_s, longest_s, own_s;
} vt_shared;
vt_shared vt_journal_shared(const vt_journal *j);
/* Some records as bytes for another rank, where a blank journal of the same folder hears them: it knows these then. */
VT_MUST_CHECK vt_status vt_journal_tell(const vt_journal *j, const vt_rec *const *rec, int n, vt_buf *out, vt_err *err);
VT_MUST_CHECK vt_status vt_journal_hear(vt_journal *j, const char *text, size_t n, vt_err *err);
/* A journal that has looked at nothing: it knows the records that it learns of.  It is not refreshed. */
VT_MUST_CHECK vt_status vt_journal_blank(vt_journal **j, const char *dir, vt_err *err);
/* Read and check the one record at a place; from then on it is known.  *there 0: no whole RESULT of this task is there,
 * or not yet (what another node wrote may take a while to be seen).  VT_EIO: it cannot be read. */
VT_MUST_CHECK vt_status vt_journal_learn(vt_journal *j, const vt_uid *uid, const vt_place *at, int *there, vt_err *err);
void vt_journal_place(const vt_journal *j, const vt_rec *r, vt_place *out);
int vt_journal_count(const vt_journal *j);
const vt_rec *vt_journal_rec(const vt_journal *j, int i); /* valid until the next refresh */
/* The first RESULT of a task in (shard name, offset) order, or NULL; the k-th FAILURE (k from 0) or NULL. */
const vt_rec *vt_journal_result(const vt_journal *j, const vt_uid *uid);
const vt_rec *vt_journal_failure(const vt_journal *j, const vt_uid *uid, int k);
/* The first DECISION under a key in that order, or NULL. */
const vt_rec *vt_journal_decision(const vt_journal *j, const vt_uid *key);
/* The FAILURE of the same task behind this record in that order, or NULL. */
const vt_rec *vt_journal_next_failure(const vt_journal *j, const vt_rec *r);
/* Read and check a payload (caller frees with vt_free). VT_ECORRUPT names shard and offset. */
VT_MUST_CHECK vt_status vt_journal_read(const vt_journal *j, const vt_rec *r, char **payload, vt_err *err);
/* The first n bytes of a payload (n <= r->n), unchecked beyond what open and refresh have checked. */
VT_MUST_CHECK vt_status vt_journal_peek(const vt_journal *j, const vt_rec *r, void *to, size_t n, vt_err *err);
void vt_journal_free(vt_journal *j);

/* ---- what is wrong */
typedef enum vt_flaw_kind {
  VT_FLAW_HEAD = 1, /* a file header that does not check; the records behind it were read */
  VT_FLAW_RECORDS,  /* bytes before a whole record that are none                          */
  VT_FLAW_PADDING,  /* not zero; its record is good                                       */
  VT_FLAW_TAIL      /* nothing whole behind: torn, or just being written                  */
} vt_flaw_kind;
typedef struct vt_flaw {
  int32_t kind, reserved;
  uint64_t offset, n; /* bytes of the shard */
} vt_flaw;
typedef struct vt_shard {
  const char *name; /* in the journal's folder; valid until the next refresh */
  int32_t number;   /* vt_rec.shard */
  int32_t reserved;
  uint64_t n_bytes;
} vt_shard;
int vt_journal_shards(const vt_journal *j);
void vt_journal_shard(const vt_journal *j, int k, vt_shard *out); /* the k-th by name */
/* The k-th flaw of a shard, the tail last; 0 if there is none. */
int vt_journal_flaw(const vt_journal *j, int number, int k, vt_flaw *out);
/* Shards with a torn tail: count, and (text may be NULL) one line each that names it; cut removes the tails, only while
 * nobody writes (VT_EINVAL if a shard has grown since it was indexed). */
int vt_journal_torn(const vt_journal *j, vt_buf *text);
VT_MUST_CHECK vt_status vt_journal_cut(vt_journal *j, vt_err *err);
/* The other flaws, the same way: number of stretches.  They are never cut. */
int vt_journal_damaged(const vt_journal *j, vt_buf *text);
/* Only while nobody writes.  The records of a shard for which keep(ctx, r) is not 0 (NULL: all of them) go into a new
 * shard that takes its place in the order (<name>-repaired<k>.vtj; none if no record is left), written whole, synced,
 * then renamed; only then the old file is moved to damaged/ in the journal's folder.  A crash in between leaves both,
 * which is harmless: equal records twice.  j still describes the old file: open another.  *kept: records of the new
 * shard. */
VT_MUST_CHECK vt_status vt_journal_repair(const vt_journal *j, int number, int (*keep)(void *ctx, const vt_rec *r),
                                          void *ctx, int *kept, vt_err *err);

#endif
