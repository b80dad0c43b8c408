/* writer.c - append and sync: into a shard of one's own, and back to its last good end when an append fails; or, until
 * that fails, into the one of this node (together.c). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runner/journal/journal_impl.h"

vt_status vt_journal_create(vt_journal_writer **out, const char *dir, int rank, vt_err *err)
{
  *out = NULL;
  if (rank < 0) VT_FAIL(err, VT_EINVAL, "journal of rank %d", rank);
  if (dir[0] == '\0' || strlen(dir) >= sizeof(*out)->dir)
    VT_FAIL(err, VT_EINVAL, "'%.80s' cannot be the folder of a journal", dir);
  vt_journal_writer *w;
  VT_TRY(VT_NEW(w, 1, err), err, "journal writer");
  memcpy(w->dir, dir, strlen(dir) + 1);
  w->rank = rank;
  w->fd = -1;
  *out = w;
  return VT_OK;
}

vt_status vt_journal_create_shared(vt_journal_writer **out, const char *dir, const char *shard, int rank, vt_err *err)
{
  VT_PASS(vt_journal_create(out, dir, rank, err));
  if (!shard || !shard[0]) return VT_OK;
  (void)snprintf((*out)->path, sizeof(*out)->path, "%s/%s", dir, shard);
  (*out)->shared = 1;
  return VT_OK;
}

/* A file that nobody has: the name tells when, which rank, which process; a number more if this process was that fast.
 */
static vt_status new_file(vt_journal_writer *w, vt_err *err)
{
  struct timespec now;
  struct tm utc;
  char start[32];
  clock_gettime(CLOCK_REALTIME, &now);
  if (!gmtime_r(&now.tv_sec, &utc) || strftime(start, sizeof start, "%Y%m%dT%H%M%S", &utc) == 0)
    VT_FAIL(err, VT_EBUG, "no calendar date for %lld", (long long)now.tv_sec);
  for (int k = 0; k < 100; k++) {
    char more[16] = "";
    if (k) (void)snprintf(more, sizeof more, "-%d", k);
    (void)snprintf(w->path, sizeof w->path, "%s/%s.%06ldZ-%05d-%ld%s.vtj", w->dir, start, now.tv_nsec / 1000, w->rank,
                   (long)getpid(), more);
    w->fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (w->fd >= 0) return VT_OK;
    if (errno != EEXIST) break;
  }
  VT_FAIL(err, VT_EIO, "cannot create journal shard '%s': %s", w->path, strerror(errno));
}

vt_status vt__journal_make_dir(const vt_journal_writer *w, vt_err *err)
{
  struct stat st;
  char up[sizeof w->dir + 4];
  if (stat(w->dir, &st) == 0 && S_ISDIR(st.st_mode)) return VT_OK;
  VT_PASS(vt_dir_make(w->dir, err));
  (void)snprintf(up, sizeof up, "%s/..", w->dir);
  return vt_dir_sync(up, err);
}

/* The file header lasts before the first record does: a shard with records always has one. */
static vt_status begin_shard(vt_journal_writer *w, vt_err *err)
{
  vt_status rc = VT_OK;
  unsigned char head[VT__SHARD_HEAD];
  VT_TRY(vt__journal_make_dir(w, err), err, "journal of rank %d", w->rank);
  VT_PASS(new_file(w, err));
  vt__shard_head_put(head);
  int why = vt__pwrite_all(w->fd, head, sizeof head, 0);
  if (!why && fsync(w->fd) != 0) why = errno;
  if (why) VT_FAIL_OUT(err, VT_EIO, "cannot begin journal shard '%s': %s", w->path, strerror(why));
  VT_TRY_OUT(vt_dir_sync(w->dir, err), err, "journal of rank %d", w->rank);
  w->end = sizeof head;
out:
  if (rc != VT_OK) { /* as if nothing had been tried */
    (void)close(w->fd);
    (void)unlink(w->path);
    w->fd = -1;
  }
  return rc;
}

static vt_status check_usable(const vt_journal_writer *w, vt_err *err)
{
  if (w->broken) VT_FAIL(err, VT_EIO, "journal shard '%s' was given up after an earlier error", w->path);
  return VT_OK;
}

/* All pieces behind the last record, or none. */
static vt_status write_record(vt_journal_writer *w, const vt__piece *part, int n_parts, vt_err *err)
{
  uint64_t at = w->end;
  VT_ASSERT(w->fd >= 0 && !w->broken);
  VT_ASSERT(at >= VT__SHARD_HEAD && at % 8 == 0);
  for (int i = 0; i < n_parts; i++) {
    int why = vt__pwrite_all(w->fd, part[i].p, part[i].n, at);
    at += part[i].n;
    if (!why) continue;
    /* Half a record would hide every later one from readers. */
    if (ftruncate(w->fd, (off_t)w->end) != 0) w->broken = 1;
    VT_FAIL(err, VT_EIO, "cannot append to journal shard '%s' at offset %llu: %s", w->path, (unsigned long long)w->end,
            strerror(why));
  }
  VT_ASSERT(at % 8 == 0); /* records are padded */
  w->end = at;
  w->dirty = 1;
  return VT_OK;
}

/* Where the payload of the next record is: in the shard, or in what is held. */
static vt_status keep_place(vt_journal_writer *w, uint64_t offset, vt_err *err)
{
  if (w->synced) w->n_at = w->synced = 0; /* of a new batch */
  if (w->n_at == w->cap_at) {
    int cap = w->cap_at ? 2 * w->cap_at : 16;
    VT_TRY(VT_GROW(w->at, w->n_at, cap, err), err, "%d places", cap);
    w->cap_at = cap;
  }
  w->at[w->n_at++] = offset;
  return VT_OK;
}

/* Held in memory until the sync, which writes all under one lock.  All pieces and their place, or none: half a record
 * would stand in front of those of other processes. */
static vt_status hold(vt_journal_writer *w, const vt__piece *part, int n_parts, vt_err *err)
{
  const size_t before = w->held.len;
  VT_PASS(keep_place(w, before + VT__REC_HEAD, err));
  for (int i = 0; i < n_parts; i++) vt_buf_add(&w->held, part[i].p, part[i].n);
  const vt_status rc = vt_buf_check(&w->held, err);
  if (rc == VT_OK) return VT_OK;
  w->n_at--;
  w->held.len = before;
  w->held.failed = 0; /* the call may be repeated */
  return vt_err_wrap(err, rc, __FILE__, __LINE__, "journal of rank %d: %zu bytes of records", w->rank, before);
}

/* NOLINTNEXTLINE(readability-function-size): ten parameters, four of them the two parts of the payload */
vt_status vt_journal_append(vt_journal_writer *w, vt_rec_type type, const vt_uid *uid, int attempt, int half_stage,
                            const void *head, size_t n_head, const void *body, size_t n_body, vt_err *err)
{
  static const char zeros[8] = {0};
  unsigned char b[VT__REC_HEAD];
  if (n_body > SIZE_MAX / 2 || n_head > SIZE_MAX / 2) VT_FAIL(err, VT_EINVAL, "journal record too large");
  vt__rec_head h = {.type = (uint32_t)type,
                    .half_stage = (uint32_t)half_stage,
                    .attempt = attempt,
                    .n = (uint64_t)n_head + n_body,
                    .uid = *uid,
                    .payload_crc = vt_crc32(vt_crc32(0, head, n_head), body, n_body)};
  vt__rec_head_put(b, &h);
  if (!vt__rec_head_get(b, &h)) /* what readers would not accept is not written */
    VT_FAIL(err, VT_EINVAL, "journal record of type %d, attempt %d, half_stage %d", (int)type, attempt, half_stage);
  VT_PASS(check_usable(w, err));
  const vt__piece part[] = {{b, sizeof b}, {head, n_head}, {body, n_body}, {zeros, vt__pad_of(h.n)}};
  const int n_parts = (int)(sizeof part / sizeof part[0]);
  if (w->shared || w->held.len) return hold(w, part, n_parts, err);
  if (w->fd < 0) VT_PASS(begin_shard(w, err));
  const uint64_t at = w->end;
  VT_PASS(write_record(w, part, n_parts, err));
  return keep_place(w, at + VT__REC_HEAD, err);
}

/* What was held for the node's shard goes into one of this process's own. */
static vt_status write_held(vt_journal_writer *w, vt_err *err)
{
  if (w->fd < 0) VT_PASS(begin_shard(w, err));
  const uint64_t at = w->end;
  VT_PASS(write_record(w, &(vt__piece){w->held.s, w->held.len}, 1, err));
  vt__journal_held_is_at(w, at);
  return VT_OK;
}

void vt__journal_held_is_at(vt_journal_writer *w, uint64_t at)
{
  for (int k = 0; k < w->n_at; k++) w->at[k] += at;
  w->held.len = 0;
}

vt_status vt_journal_sync(vt_journal_writer *w, vt_err *err)
{
  VT_PASS(check_usable(w, err));
  if (w->shared && w->held.len) vt__together_write(w);
  if (w->held.len) VT_PASS(write_held(w, err));
  if (w->dirty && fdatasync(w->fd) != 0) {
    w->broken = 1; /* what the kernel could not write it may have dropped: a second try would only seem to succeed */
    VT_FAIL(err, VT_EIO, "cannot sync journal shard '%s': %s", w->path, strerror(errno));
  }
  w->dirty = 0;
  w->synced = 1;
  return VT_OK;
}

void vt_journal_last(const vt_journal_writer *w, vt_place *out) { vt_journal_synced(w, w->n_at - 1, out); }

void vt_journal_synced(const vt_journal_writer *w, int k, vt_place *out)
{
  *out = (vt_place){.offset = 0};
  if (k < 0 || k >= w->n_at || w->held.len) return;
  out->offset = w->at[k];
  (void)snprintf(out->shard, sizeof out->shard, "%s", w->path + strlen(w->dir) + 1);
}

void vt_journal_close(vt_journal_writer *w)
{
  if (!w) return;
  if (w->fd >= 0) (void)close(w->fd);
  vt_buf_free(&w->held);
  vt_free(w->at);
  vt_free(w);
}
