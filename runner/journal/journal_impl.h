/* journal_impl.h - the bytes of a shard, and the index of records.  Private to runner/journal. */
#ifndef VT_JOURNAL_IMPL_H
#define VT_JOURNAL_IMPL_H

#include "runner/journal/journal.h"

enum { VT__SHARD_HEAD = 16, VT__REC_HEAD = 64, VT__JOURNAL_VERSION = 1 };

/* ---- format.c */

typedef struct vt__rec_head {
  uint32_t type, half_stage, payload_crc;
  int32_t attempt;
  uint64_t n;
  vt_uid uid;
} vt__rec_head;

void vt__shard_head_put(unsigned char b[VT__SHARD_HEAD]);
/* 0 if these 16 bytes are no file header, else 1 and the version. */
int vt__shard_head_get(const unsigned char b[VT__SHARD_HEAD], uint32_t *version);
void vt__rec_head_put(unsigned char b[VT__REC_HEAD], const vt__rec_head *h);
/* 0 if these 64 bytes are no record header. */
int vt__rec_head_get(const unsigned char b[VT__REC_HEAD], vt__rec_head *h);
unsigned vt__pad_of(uint64_t n); /* bytes from n to the next multiple of 8 */
/* n bytes at an offset: 1, or 0 where the file ends or cannot be read (errno is 0 in the first case). */
int vt__pread_all(int fd, void *p, size_t n, uint64_t offset);
int vt__pwrite_all(int fd, const void *p, size_t n, uint64_t offset); /* 0, or errno */

/* ---- writer.c, together.c */

struct vt_journal_writer {
  char dir[VT_PATH * 4], path[VT_PATH * 4 + VT_SHARD_NAME];
  int rank;
  int fd;       /* -1 before the first append */
  uint64_t end; /* everything before it is whole records, of whomever */
  int dirty, broken;
  int shared;   /* the path is that of the node's shard */
  vt_buf held;  /* records that are not written yet      */
  uint64_t *at; /* [n_at] payloads of what was appended since the last sync but one: in the shard, or in held */
  int n_at, cap_at;
  int synced; /* at[] is durable: the next append begins anew */
};
typedef struct vt__piece {
  const void *p;
  size_t n;
} vt__piece;

/* The folder of shards, if it is new; the folder that holds it learns of it. */
VT_MUST_CHECK vt_status vt__journal_make_dir(const vt_journal_writer *w, vt_err *err);
/* What is held stands at this offset now. */
void vt__journal_held_is_at(vt_journal_writer *w, uint64_t at);
/* What is held, written behind the last record of the node's shard and durable; or w->shared is 0 afterwards, what is
 * held is as it was, and the log says why. */
void vt__together_write(vt_journal_writer *w);

/* ---- sums.c */

typedef struct vt__sums {
  uint32_t *at; /* NULL: not made; of [from, from + k * step), step in sums.c */
  uint64_t from;
  int fd; /* borrowed */
} vt__sums;

/* Of a shard's bytes [from, end), read through block. VT_EIO. */
VT_MUST_CHECK vt_status vt__sums_make(vt__sums *s, int fd, uint64_t from, uint64_t end, char *block, size_t n_block,
                                      vt_err *err);
/* CRC of n bytes at an offset in there: 1, or 0 where they cannot be read. */
int vt__sums_crc(const vt__sums *s, uint64_t n, uint64_t offset, uint32_t *crc);
void vt__sums_free(vt__sums *s);

/* ---- index.c: records in order of discovery; those of one uid in a chain that the caller's order sorts */

typedef struct vt__index {
  vt_rec *rec;
  int32_t *next; /* of the same uid, -1 */
  int n, cap;
  int32_t *slot; /* open addressing: first record of a uid, -1 */
  int32_t *last; /* the last one of the same uid */
  size_t n_slots, n_used;
} vt__index;

/* before(ctx, a, b): a comes earlier than b in the chain of their uid. */
VT_MUST_CHECK vt_status vt__index_add(vt__index *x, const vt_rec *r,
                                      int (*before)(const void *ctx, const vt_rec *a, const vt_rec *b), const void *ctx,
                                      vt_err *err);
int vt__index_first(const vt__index *x, const vt_uid *uid); /* or -1 */
void vt__index_free(vt__index *x);

/* ---- a journal that is read (journal.c, flaws.c, repair.c) */

typedef struct vt__shard {
  char name[VT_SHARD_NAME];
  uint64_t good; /* whole records end here; 0: the file header has not been seen */
  uint64_t seen; /* size when it was read */
  vt_flaw *flaw; /* before `good` */
  int n_flaws, cap_flaws;
} vt__shard;

struct vt_journal {
  char dir[VT_PATH * 4];
  vt__index index;
  vt__shard *shard; /* in order of discovery: vt_rec.shard */
  int32_t *by_name; /* the same, sorted */
  int n_shards, cap_shards;
  char *block;         /* for checksums */
  unsigned char *scan; /* for looking behind damage */
  vt_shared shared;
  vt_journal_known *known;
  void *known_ctx;
  uint64_t bytes; /* read for the index */
  vt__sums sums;  /* of the shard that is being read, once damage was seen */
};

/* The steps of a refresh (journal.c): names of shards that are new; what is new in one; each of these things alone. */
VT_MUST_CHECK vt_status vt__journal_list(vt_journal *j, vt_err *err);
VT_MUST_CHECK vt_status vt__journal_read_shard(vt_journal *j, int number, vt_err *err);
VT_MUST_CHECK vt_status vt__journal_add_shard(vt_journal *j, const char *name, vt_err *err);
VT_MUST_CHECK vt_status vt__journal_add_flaw(vt__shard *s, const vt_flaw *flaw, vt_err *err);
VT_MUST_CHECK vt_status vt__journal_add(vt_journal *j, const vt_rec *r, vt_err *err);

enum { VT__SHARD_PATH = VT_PATH * 4 + 260 };
void vt__shard_path(const vt_journal *j, const vt__shard *s, char *path, size_t cap);

#endif
