/* flaws.c - what is wrong with shards: torn tails, damage; and the removal of torn tails. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/journal/journal_impl.h"

int vt_journal_shards(const vt_journal *j) { return j->n_shards; }

void vt_journal_shard(const vt_journal *j, int k, vt_shard *out)
{
  const vt__shard *s = &j->shard[j->by_name[k]];
  *out = (vt_shard){.name = s->name, .number = j->by_name[k], .n_bytes = s->seen};
}

int vt_journal_flaw(const vt_journal *j, int number, int k, vt_flaw *out)
{
  const vt__shard *s = &j->shard[number];
  if (k < s->n_flaws)
    *out = s->flaw[k];
  else if (k == s->n_flaws && s->good != s->seen)
    *out = (vt_flaw){.kind = VT_FLAW_TAIL, .offset = s->good, .n = s->seen - s->good};
  else
    return 0;
  return 1;
}

/* A shard with a damaged header is never cut: what it holds may be no journal at all. */
static int has_head(const vt__shard *s) { return !s->n_flaws || s->flaw[0].kind != VT_FLAW_HEAD; }

int vt_journal_torn(const vt_journal *j, vt_buf *text)
{
  int n = 0;
  for (int k = 0; k < j->n_shards; k++) {
    const vt__shard *s = &j->shard[j->by_name[k]];
    if (s->good == s->seen) continue;
    n++;
    if (text)
      vt_buf_printf(text, "%s/%s: good up to byte %llu of %llu\n", j->dir, s->name, (unsigned long long)s->good,
                    (unsigned long long)s->seen);
  }
  return n;
}

int vt_journal_damaged(const vt_journal *j, vt_buf *text)
{
  int n = 0;
  for (int k = 0; k < j->n_shards; k++) {
    const vt__shard *s = &j->shard[j->by_name[k]];
    uint64_t bytes = 0;
    for (int i = 0; i < s->n_flaws; i++) bytes += s->flaw[i].n;
    n += s->n_flaws;
    if (text && s->n_flaws)
      vt_buf_printf(text, "%s/%s: %d damaged stretches, %llu bytes%s\n", j->dir, s->name, s->n_flaws,
                    (unsigned long long)bytes, has_head(s) ? "" : ", the file header among them");
  }
  return n;
}

static vt_status cut_shard(const vt_journal *j, vt__shard *s, vt_err *err)
{
  vt_status rc = VT_OK;
  struct stat st;
  char path[VT__SHARD_PATH];
  vt__shard_path(j, s, path, sizeof path);
  int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open journal shard '%s': %s", path, strerror(errno));
  VT_ASSERT(s->good < s->seen && (s->good == 0 || s->good >= VT__SHARD_HEAD));
  if (fstat(fd, &st) != 0) VT_FAIL_OUT(err, VT_EIO, "cannot examine journal shard '%s': %s", path, strerror(errno));
  if ((uint64_t)st.st_size != s->seen)
    VT_FAIL_OUT(err, VT_EINVAL, "journal shard '%s' had %llu bytes and has %llu: somebody is writing it", path,
                (unsigned long long)s->seen, (unsigned long long)st.st_size);
  if (ftruncate(fd, (off_t)s->good) != 0 || fsync(fd) != 0)
    VT_FAIL_OUT(err, VT_EIO, "cannot cut journal shard '%s' at byte %llu: %s", path, (unsigned long long)s->good,
                strerror(errno));
  s->seen = s->good;
out:
  (void)close(fd);
  return rc;
}

vt_status vt_journal_cut(vt_journal *j, vt_err *err)
{
  for (int k = 0; k < j->n_shards; k++) {
    vt__shard *s = &j->shard[j->by_name[k]];
    if (s->good < s->seen && has_head(s)) VT_PASS(cut_shard(j, s, err));
  }
  return VT_OK;
}
