/* journal.c - reading: all shards of a folder, their records, what is wrong with them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/journal/journal_impl.h"

enum { BLOCK = 1 << 17, SHARDS_MOST = 1 << 20 };

void vt__shard_path(const vt_journal *j, const vt__shard *s, char *path, size_t cap)
{
  (void)snprintf(path, cap, "%s/%s", j->dir, s->name);
}

/* ------------------------------------------------------------------ the list of shards */

/* Position in by_name: where the name is, or (*found = 0) where it belongs. */
static int find_name(const vt_journal *j, const char *name, int *found)
{
  int lo = 0, hi = j->n_shards;
  *found = 0;
  while (lo < hi) {
    int mid = lo + (hi - lo) / 2, c = strcmp(j->shard[j->by_name[mid]].name, name);
    if (c == 0) *found = 1;
    if (c < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static vt_status more_shards(vt_journal *j, vt_err *err)
{
  if (j->cap_shards >= SHARDS_MOST) VT_FAIL(err, VT_EINVAL, "more than %d journal shards in '%s'", SHARDS_MOST, j->dir);
  int cap = j->cap_shards ? 2 * j->cap_shards : 16;
  VT_TRY(VT_GROW(j->shard, j->n_shards, cap, err), err, "%d journal shards", cap);
  VT_TRY(VT_GROW(j->by_name, j->n_shards, cap, err), err, "%d journal shards", cap);
  j->cap_shards = cap;
  return VT_OK;
}

vt_status vt__journal_add_shard(vt_journal *j, const char *name, vt_err *err)
{
  int found, at = find_name(j, name, &found);
  if (found) return VT_OK;
  if (strlen(name) >= sizeof j->shard->name) VT_FAIL(err, VT_EINVAL, "journal shard name '%.80s' is too long", name);
  if (j->n_shards == j->cap_shards) VT_PASS(more_shards(j, err));
  vt__shard *s = &j->shard[j->n_shards];
  *s = (vt__shard){.good = 0};
  memcpy(s->name, name, strlen(name) + 1);
  memmove(j->by_name + at + 1, j->by_name + at, (size_t)(j->n_shards - at) * sizeof *j->by_name);
  j->by_name[at] = j->n_shards++;
  VT_ASSERT(at == 0 || strcmp(j->shard[j->by_name[at - 1]].name, name) < 0);
  VT_ASSERT(at + 1 == j->n_shards || strcmp(name, j->shard[j->by_name[at + 1]].name) < 0);
  return VT_OK;
}

static int is_shard(const char *name)
{
  size_t n = strlen(name);
  return n > 4 && memcmp(name + n - 4, ".vtj", 4) == 0;
}

vt_status vt__journal_list(vt_journal *j, vt_err *err)
{
  vt_status rc = VT_OK;
  DIR *d = opendir(j->dir);
  if (!d && errno == ENOENT) return VT_OK;
  if (!d) VT_FAIL(err, VT_EIO, "cannot open the journal folder '%s': %s", j->dir, strerror(errno));
  const struct dirent *e;
  while ((void)(errno = 0), (e = readdir(d)) != NULL)
    if (is_shard(e->d_name)) VT_TRY_OUT(vt__journal_add_shard(j, e->d_name, err), err, "journal folder '%s'", j->dir);
  if (errno) VT_FAIL_OUT(err, VT_EIO, "cannot list the journal folder '%s': %s", j->dir, strerror(errno));
out:
  (void)closedir(d);
  return rc;
}

/* ------------------------------------------------------------------ reading a shard */

/* CRC of n bytes at an offset: 1, or 0 where they cannot be read. */
static int crc_of(vt_journal *j, int fd, uint64_t n, uint64_t offset, uint32_t *crc)
{
  *crc = 0;
  if (j->sums.at) return vt__sums_crc(&j->sums, n, offset, crc);
  j->bytes += n;
  while (n) {
    size_t part = n > BLOCK ? BLOCK : (size_t)n;
    if (!vt__pread_all(fd, j->block, part, offset)) return 0;
    *crc = vt_crc32(*crc, j->block, part);
    vt_alive();
    n -= part;
    offset += part;
  }
  return 1;
}

/* The record's header, and its payload within the file; the payload is not looked at. */
static int record_fits(vt_journal *j, int fd, uint64_t at, uint64_t size, vt__rec_head *h)
{
  unsigned char b[VT__REC_HEAD];
  errno = 0;
  if (size - at < sizeof b || !vt__pread_all(fd, b, sizeof b, at) || !vt__rec_head_get(b, h)) return 0;
  j->bytes += sizeof b;
  const uint64_t room = size - at - sizeof b;
  return h->n <= room && vt__pad_of(h->n) <= room - h->n;
}

/* The whole record at an offset: 1, or 0 (errno says whether reading itself failed). */
static int whole_record(vt_journal *j, int fd, uint64_t at, uint64_t size, vt__rec_head *h)
{
  uint32_t crc;
  return record_fits(j, fd, at, size, h) && crc_of(j, fd, h->n, at + VT__REC_HEAD, &crc) && crc == h->payload_crc;
}

/* Somebody who wrote it and made it durable said where it is. */
static int known_record(vt_journal *j, const char *shard, int fd, uint64_t at, uint64_t size, vt__rec_head *h)
{
  return j->known && record_fits(j, fd, at, size, h) && j->known(j->known_ctx, &h->uid, shard, at + VT__REC_HEAD);
}

static int journal_before(const void *ctx, const vt_rec *a, const vt_rec *b)
{
  const vt_journal *j = ctx;
  if (a->shard == b->shard) return a->offset < b->offset;
  return strcmp(j->shard[a->shard].name, j->shard[b->shard].name) < 0;
}

vt_status vt__journal_add_flaw(vt__shard *s, const vt_flaw *flaw, vt_err *err)
{
  if (s->n_flaws == s->cap_flaws) {
    int cap = s->cap_flaws ? 2 * s->cap_flaws : 4;
    VT_TRY(VT_GROW(s->flaw, s->n_flaws, cap, err), err, "%d damaged stretches", cap);
    s->cap_flaws = cap;
  }
  VT_ASSERT(s->n_flaws == 0 || s->flaw[s->n_flaws - 1].offset + s->flaw[s->n_flaws - 1].n <= flaw->offset);
  s->flaw[s->n_flaws++] = *flaw;
  return VT_OK;
}

static vt_status add_flaw(vt__shard *s, vt_flaw_kind kind, uint64_t offset, uint64_t n, vt_err *err)
{
  return vt__journal_add_flaw(s, &(vt_flaw){.kind = kind, .offset = offset, .n = n}, err);
}

vt_status vt__journal_add(vt_journal *j, const vt_rec *r, vt_err *err)
{
  return vt__index_add(&j->index, r, journal_before, j, err);
}

/* A header that does not check says nothing about the records behind it, which carry magic and checksums of their own;
 * one that checks and names another version does. */
static vt_status read_head(vt__shard *s, int fd, uint64_t size, vt_err *err)
{
  unsigned char b[VT__SHARD_HEAD];
  uint32_t version;
  if (size < sizeof b) return VT_OK;
  if (!vt__pread_all(fd, b, sizeof b, 0)) VT_FAIL(err, VT_EIO, "cannot read its header: %s", strerror(errno));
  int good = vt__shard_head_get(b, &version);
  if (!good && size == sizeof b) return VT_OK; /* torn at birth */
  if (!good)
    VT_PASS(add_flaw(s, VT_FLAW_HEAD, 0, sizeof b, err));
  else if (version != VT__JOURNAL_VERSION)
    VT_FAIL(err, VT_EUNSUP, "it has version %u, this program reads version %d", version, VT__JOURNAL_VERSION);
  s->good = sizeof b;
  return VT_OK;
}

/* The next whole record behind `from`, or 0.  Records begin at multiples of 8.  A writer appends one after the other,
 * so a record behind bytes that are none means damage, not a record that is being written. */
static uint64_t record_behind(vt_journal *j, int fd, uint64_t from, uint64_t size)
{
  vt__rec_head h;
  for (uint64_t at = from + 8; at + VT__REC_HEAD <= size;) {
    vt_alive();
    size_t n = size - at > BLOCK ? BLOCK : (size_t)(size - at);
    if (!vt__pread_all(fd, j->scan, n, at)) return 0;
    size_t last = n - VT__REC_HEAD, k = 0;
    for (; k <= last; k += 8)
      if (vt__rec_head_get(j->scan + k, &h) && whole_record(j, fd, at + k, size, &h)) return at + k;
    at += k;
  }
  return 0;
}

/* The padding behind a payload: zeros, or somebody changed them. */
static vt_status check_padding(vt__shard *s, int fd, uint64_t at, unsigned n, vt_err *err)
{
  static const unsigned char zeros[8] = {0};
  unsigned char b[8] = {0};
  if (n && !vt__pread_all(fd, b, n, at))
    VT_FAIL(err, VT_EIO, "cannot read the padding at offset %llu: %s", (unsigned long long)at, strerror(errno));
  return memcmp(b, zeros, sizeof b) == 0 ? VT_OK : add_flaw(s, VT_FLAW_PADDING, at, n, err);
}

static vt_rec rec_of(const vt__rec_head *h, int shard, uint64_t at)
{
  return (vt_rec){.type = (int32_t)h->type,
                  .attempt = h->attempt,
                  .half_stage = (int32_t)h->half_stage,
                  .shard = shard,
                  .uid = h->uid,
                  .offset = at + VT__REC_HEAD,
                  .n = h->n,
                  .payload_crc = h->payload_crc};
}

static vt_status read_records(vt_journal *j, int number, int fd, uint64_t size, vt_err *err)
{
  vt__shard *s = &j->shard[number];
  vt__rec_head h;
  while (s->good < size) {
    if (!known_record(j, s->name, fd, s->good, size, &h) && !whole_record(j, fd, s->good, size, &h)) {
      uint64_t next = 0;
      if (!errno && !j->sums.at) VT_PASS(vt__sums_make(&j->sums, fd, s->good, size, j->block, BLOCK, err));
      if (!errno) next = record_behind(j, fd, s->good, size);
      if (!next) break; /* a torn tail, a record being written, or it cannot be read */
      VT_PASS(add_flaw(s, VT_FLAW_RECORDS, s->good, next - s->good, err));
      s->good = next;
      if (!whole_record(j, fd, s->good, size, &h)) break;
    }
    const vt_rec r = rec_of(&h, number, s->good);
    VT_PASS(check_padding(s, fd, r.offset + h.n, vt__pad_of(h.n), err));
    VT_PASS(vt__journal_add(j, &r, err));
    s->good += VT__REC_HEAD + h.n + vt__pad_of(h.n);
    VT_ASSERT(s->good % 8 == 0 && s->good <= size);
    errno = 0;
  }
  if (s->good < size && errno) /* a bad sector is not a torn tail */
    VT_FAIL(err, VT_EIO, "cannot read the record at offset %llu: %s", (unsigned long long)s->good, strerror(errno));
  return VT_OK;
}

vt_status vt__journal_read_shard(vt_journal *j, int number, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__shard *s = &j->shard[number];
  struct stat st;
  char path[VT__SHARD_PATH];
  vt__shard_path(j, s, path, sizeof path);
  /* Most shards have not grown since, and looking costs less than opening, above all on a network file system. */
  if (s->good > 0 && s->good == s->seen && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
      (uint64_t)st.st_size == s->seen)
    return VT_OK;
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO of that name must not block */
  if (fd < 0 && errno == ENXIO && stat(path, &st) == 0 && vt_file_kind(st.st_mode))
    VT_FAIL(err, VT_EIO, "journal shard '%s' is %s, expected a file", path, vt_file_kind(st.st_mode));
  if (fd < 0 && errno == ENOENT && s->good == 0) return VT_OK; /* its writer had no room and took it back */
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open journal shard '%s': %s", path, strerror(errno));
  if (fstat(fd, &st) != 0) VT_FAIL_OUT(err, VT_EIO, "cannot examine journal shard '%s': %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode)) {
    const char *kind = vt_file_kind(st.st_mode);
    VT_FAIL_OUT(err, VT_EIO, "journal shard '%s' is %s, expected a file", path, kind ? kind : "a device");
  }
  uint64_t size = (uint64_t)st.st_size;
  if (size < s->good)
    VT_FAIL_OUT(err, VT_ECORRUPT, "journal shard '%s' has shrunk from %llu to %llu bytes", path,
                (unsigned long long)s->good, (unsigned long long)size);
  s->seen = size;
  if (s->good == 0) VT_TRY_OUT(read_head(s, fd, size, err), err, "journal shard '%s'", path);
  if (s->good > 0) VT_TRY_OUT(read_records(j, number, fd, size, err), err, "journal shard '%s'", path);
out:
  vt__sums_free(&j->sums);
  (void)close(fd);
  return rc;
}

/* ------------------------------------------------------------------ open, refresh */

vt_status vt_journal_refresh(vt_journal *j, vt_err *err)
{
  VT_PASS(vt__journal_list(j, err));
  for (int k = 0; k < j->n_shards; k++) {
    vt_alive();
    VT_PASS(vt__journal_read_shard(j, j->by_name[k], err));
  }
  return VT_OK;
}

vt_status vt_journal_blank(vt_journal **out, const char *dir, vt_err *err)
{
  vt_status rc = VT_OK;
  *out = NULL;
  if (dir[0] == '\0' || strlen(dir) >= sizeof(*out)->dir)
    VT_FAIL(err, VT_EINVAL, "'%.80s' cannot be the folder of a journal", dir);
  vt_journal *j;
  VT_TRY(VT_NEW(j, 1, err), err, "journal");
  memcpy(j->dir, dir, strlen(dir) + 1);
  VT_TRY_OUT(VT_NEW(j->block, BLOCK, err), err, "journal");
  VT_TRY_OUT(VT_NEW(j->scan, BLOCK, err), err, "journal");
  *out = j;
  j = NULL;
out:
  vt_journal_free(j);
  return rc;
}

vt_status vt_journal_open(vt_journal **out, const char *dir, vt_err *err)
{
  VT_PASS(vt_journal_blank(out, dir, err));
  const vt_status rc = vt_journal_refresh(*out, err);
  if (rc == VT_OK) return VT_OK;
  vt_journal_free(*out);
  *out = NULL;
  return vt_err_wrap(err, rc, __FILE__, __LINE__, "journal '%s'", dir);
}

/* ------------------------------------------------------------------ records without an index */

void vt_journal_place(const vt_journal *j, const vt_rec *r, vt_place *out)
{
  *out = (vt_place){.offset = r->offset};
  memcpy(out->shard, j->shard[r->shard].name, sizeof out->shard);
}

static int kept_already(const vt_journal *j, const vt_uid *uid, int shard, uint64_t offset)
{
  for (int i = vt__index_first(&j->index, uid); i >= 0; i = j->index.next[i])
    if (j->index.rec[i].shard == shard && j->index.rec[i].offset == offset) return 1;
  return 0;
}

vt_status vt_journal_learn(vt_journal *j, const vt_uid *uid, const vt_place *at, int *there, vt_err *err)
{
  vt_status rc = VT_OK;
  int found, number;
  vt__rec_head h;
  struct stat st;
  char path[VT__SHARD_PATH];
  *there = 0;
  if (at->offset < VT__SHARD_HEAD + VT__REC_HEAD || !memchr(at->shard, '\0', sizeof at->shard) || !is_shard(at->shard))
    VT_FAIL(err, VT_EINVAL, "offset %llu in '%.80s' is no place of a record", (unsigned long long)at->offset,
            at->shard);
  const uint64_t head = at->offset - VT__REC_HEAD;
  VT_PASS(vt__journal_add_shard(j, at->shard, err));
  number = j->by_name[find_name(j, at->shard, &found)];
  vt__shard_path(j, &j->shard[number], path, sizeof path);
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return VT_OK;
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open journal shard '%s': %s", path, strerror(errno));
  if (fstat(fd, &st) != 0) VT_FAIL_OUT(err, VT_EIO, "cannot examine journal shard '%s': %s", path, strerror(errno));
  errno = 0;
  if ((uint64_t)st.st_size > head && whole_record(j, fd, head, (uint64_t)st.st_size, &h)) {
    *there = h.type == VT_REC_RESULT && vt_uid_equal(&h.uid, uid);
  } else if (errno)
    VT_FAIL_OUT(err, VT_EIO, "cannot read journal shard '%s', record at offset %llu: %s", path,
                (unsigned long long)head, strerror(errno));
  if (!*there || kept_already(j, uid, number, at->offset)) goto out;
  const vt_rec r = rec_of(&h, number, head);
  VT_TRY_OUT(vt__journal_add(j, &r, err), err, "journal shard '%s'", path);
out:
  (void)close(fd);
  return rc;
}

void vt_journal_free(vt_journal *j)
{
  if (!j) return;
  vt__index_free(&j->index);
  for (int k = 0; k < j->n_shards; k++) vt_free(j->shard[k].flaw);
  vt_free(j->shard);
  vt_free(j->by_name);
  vt_free(j->block);
  vt_free(j->scan);
  vt_free(j);
}

/* ------------------------------------------------------------------ looking things up */

void vt_journal_trust(vt_journal *j, vt_journal_known *known, void *ctx)
{
  j->known = known;
  j->known_ctx = ctx;
}

uint64_t vt_journal_bytes(const vt_journal *j) { return j->bytes; }

int vt_journal_count(const vt_journal *j) { return j->index.n; }

const vt_rec *vt_journal_rec(const vt_journal *j, int i) { return &j->index.rec[i]; }

static const vt_rec *kth(const vt_journal *j, const vt_uid *uid, vt_rec_type type, int k)
{
  VT_ASSERT(k >= 0);
  for (int i = vt__index_first(&j->index, uid); i >= 0; i = j->index.next[i])
    if (j->index.rec[i].type == (int32_t)type && k-- == 0) return &j->index.rec[i];
  return NULL;
}

const vt_rec *vt_journal_result(const vt_journal *j, const vt_uid *uid) { return kth(j, uid, VT_REC_RESULT, 0); }

const vt_rec *vt_journal_decision(const vt_journal *j, const vt_uid *key) { return kth(j, key, VT_REC_DECISION, 0); }

const vt_rec *vt_journal_next_failure(const vt_journal *j, const vt_rec *r)
{
  for (int i = j->index.next[r - j->index.rec]; i >= 0; i = j->index.next[i])
    if (j->index.rec[i].type == VT_REC_FAILURE) return &j->index.rec[i];
  return NULL;
}

const vt_rec *vt_journal_failure(const vt_journal *j, const vt_uid *uid, int k)
{
  return kth(j, uid, VT_REC_FAILURE, k);
}

vt_status vt_journal_read(const vt_journal *j, const vt_rec *r, char **payload, vt_err *err)
{
  vt_status rc = VT_OK;
  char *p = NULL;
  char path[VT__SHARD_PATH];
  *payload = NULL;
  vt_alive(); /* whoever reads records reads many */
  vt__shard_path(j, &j->shard[r->shard], path, sizeof path);
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open journal shard '%s': %s", path, strerror(errno));
  VT_TRY_OUT(VT_NEW(p, r->n, err), err, "journal shard '%s', payload at offset %llu", path,
             (unsigned long long)r->offset);
  if (!vt__pread_all(fd, p, (size_t)r->n, r->offset))
    VT_FAIL_OUT(err, errno ? VT_EIO : VT_ECORRUPT, "journal shard '%s', payload of %llu bytes at offset %llu: %s", path,
                (unsigned long long)r->n, (unsigned long long)r->offset,
                errno ? strerror(errno) : "the file ends in it");
  if (vt_crc32(0, p, (size_t)r->n) != r->payload_crc)
    VT_FAIL_OUT(err, VT_ECORRUPT, "journal shard '%s', payload at offset %llu: its checksum is wrong", path,
                (unsigned long long)r->offset);
  *payload = p;
  p = NULL;
out:
  vt_free(p);
  (void)close(fd);
  return rc;
}

vt_status vt_journal_peek(const vt_journal *j, const vt_rec *r, void *to, size_t n, vt_err *err)
{
  char path[VT__SHARD_PATH];
  vt__shard_path(j, &j->shard[r->shard], path, sizeof path);
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open journal shard '%s': %s", path, strerror(errno));
  errno = 0;
  int got = n <= r->n && vt__pread_all(fd, to, n, r->offset), why = errno;
  (void)close(fd);
  if (!got)
    VT_FAIL(err, VT_EIO, "journal shard '%s', payload at offset %llu: cannot be read: %s", path,
            (unsigned long long)r->offset, why ? strerror(why) : "it ends before");
  return VT_OK;
}
