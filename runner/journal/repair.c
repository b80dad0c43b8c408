/* repair.c - the good records of a damaged shard into a new one; the old file is kept aside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/journal/journal_impl.h"

enum { TRIES = 1000, PATH_CAP = VT__SHARD_PATH + 64 };

/* A name in `folder` that nobody has: stem, mark, a number from the second try on, ".vtj". */
static vt_status free_name(const char *folder, const char *stem, const char *mark, char *path, vt_err *err)
{
  for (int k = 1; k < TRIES; k++) {
    char more[16] = "";
    if (k > 1) (void)snprintf(more, sizeof more, "%d", k);
    (void)snprintf(path, PATH_CAP, "%s/%s%s%s.vtj", folder, stem, mark, more);
    if (access(path, F_OK) != 0 && errno == ENOENT) return VT_OK;
  }
  VT_FAIL(err, VT_EIO, "no free name for a shard like '%s'", path);
}

static vt_status copy_record(const vt_journal *j, const vt_rec *r, int fd, uint64_t *at, vt_err *err)
{
  static const char zeros[8] = {0};
  unsigned char b[VT__REC_HEAD];
  char *payload;
  VT_PASS(vt_journal_read(j, r, &payload, err));
  vt__rec_head_put(b, &(vt__rec_head){.type = (uint32_t)r->type,
                                      .half_stage = (uint32_t)r->half_stage,
                                      .attempt = r->attempt,
                                      .n = r->n,
                                      .uid = r->uid,
                                      .payload_crc = r->payload_crc});
  int why = vt__pwrite_all(fd, b, sizeof b, *at);
  if (!why) why = vt__pwrite_all(fd, payload, r->n, *at + sizeof b);
  if (!why) why = vt__pwrite_all(fd, zeros, vt__pad_of(r->n), *at + sizeof b + r->n);
  vt_free(payload);
  if (why) VT_FAIL(err, VT_EIO, "cannot write the repaired shard: %s", strerror(why));
  *at += sizeof b + r->n + vt__pad_of(r->n);
  return VT_OK;
}

/* All kept records into the file tmp, which is open as fd, synced and closed. */
static vt_status copy_shard(const vt_journal *j, int number, int (*keep)(void *ctx, const vt_rec *r), void *ctx,
                            const char *tmp, int fd, int *kept, vt_err *err)
{
  vt_status rc = VT_OK;
  unsigned char head[VT__SHARD_HEAD];
  uint64_t at = sizeof head;
  *kept = 0;
  vt__shard_head_put(head);
  int why = vt__pwrite_all(fd, head, sizeof head, 0);
  if (why) VT_FAIL_OUT(err, VT_EIO, "cannot write '%s': %s", tmp, strerror(why));
  for (int i = 0; i < j->index.n; i++) { /* those of one shard stand in the order of their offsets */
    const vt_rec *r = &j->index.rec[i];
    if (r->shard != number || (keep && !keep(ctx, r))) continue;
    VT_TRY_OUT(copy_record(j, r, fd, &at, err), err, "record at offset %llu", (unsigned long long)r->offset);
    ++*kept;
  }
  if (fsync(fd) != 0) VT_FAIL_OUT(err, VT_EIO, "cannot sync '%s': %s", tmp, strerror(errno));
out:
  (void)close(fd);
  return rc;
}

vt_status vt_journal_repair(const vt_journal *j, int number, int (*keep)(void *ctx, const vt_rec *r), void *ctx,
                            int *kept, vt_err *err)
{
  const vt__shard *s = &j->shard[number];
  char old[VT__SHARD_PATH], aside[VT__SHARD_PATH], stem[256], tmp[PATH_CAP], path[PATH_CAP];
  vt__shard_path(j, s, old, sizeof old);
  (void)snprintf(aside, sizeof aside, "%s/damaged", j->dir);
  (void)snprintf(stem, sizeof stem, "%.*s", (int)strlen(s->name) - 4, s->name); /* without .vtj */
  int fd;
  VT_TRY(vt_file_beside(old, tmp, sizeof tmp, &fd, err), err, "repairing journal shard '%s'", old);
  vt_status rc = copy_shard(j, number, keep, ctx, tmp, fd, kept, err);
  if (rc == VT_OK && *kept) {
    rc = free_name(j->dir, stem, "-repaired", path, err);
    if (rc == VT_OK) rc = vt_file_move(tmp, path, err);
  }
  if (rc != VT_OK || !*kept) (void)unlink(tmp);
  VT_TRY(rc, err, "repairing journal shard '%s'", old);
  VT_TRY(vt_dir_make(aside, err), err, "repairing journal shard '%s'", old);
  VT_PASS(free_name(aside, stem, "", path, err));
  VT_TRY(vt_file_move(old, path, err), err, "repairing journal shard '%s'", old);
  return vt_dir_sync(j->dir, err);
}
