/* together.c - the shard that the processes of one machine share: a lock, the end of the file, all or nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runner/journal/journal_impl.h"

static const double LOCK_S = 2, LOCK_MOST_S = 10, NAP_S = 2e-3; /* LOCK_S: in which the shard does not grow */

/* ------------------------------------------------------------------ its name */

void vt_journal_stamp(char stamp[VT_SHARD_STAMP])
{
  struct timespec now;
  struct tm utc;
  char start[32];
  stamp[0] = '\0';
  clock_gettime(CLOCK_REALTIME, &now);
  if (!gmtime_r(&now.tv_sec, &utc) || strftime(start, sizeof start, "%Y%m%dT%H%M%S", &utc) == 0) return;
  (void)snprintf(stamp, VT_SHARD_STAMP, "%s.%06ldZ-%ld", start, now.tv_nsec / 1000, (long)getpid());
}

/* Two machines may have the same name (containers do): a boot has its own number. */
static int read_boot(char boot[9])
{
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, boot, 8);
  (void)close(fd);
  boot[8] = '\0';
  return n == 8 && strspn(boot, "0123456789abcdef") == 8;
}

void vt_journal_node_shard(const char *stamp, const char *host, char shard[VT_SHARD_NAME])
{
  char boot[9], name[64];
  size_t n = 0;
  shard[0] = '\0';
  if (!stamp[0] || !read_boot(boot)) return;
  for (; host[n] && n + 1 < sizeof name; n++) {
    const char c = host[n];
    name[n] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : '_';
  }
  name[n] = '\0';
  (void)snprintf(shard, VT_SHARD_NAME, "%s-%s-%s.vtj", stamp, name, boot);
}

/* ------------------------------------------------------------------ the lock */

static int set_lock(int fd, short type)
{
  struct flock l = {.l_type = type, .l_whence = SEEK_SET};
  int rc;
  do rc = fcntl(fd, F_OFD_SETLK, &l);
  while (rc != 0 && errno == EINTR);
  return rc == 0 ? 0 : errno;
}

/* NULL, or what to say about it.  While the shard grows others take their turns. */
static const char *lock(int fd)
{
  const double most = vt_now_s() + LOCK_MOST_S;
  const struct timespec nap = {.tv_nsec = (long)(NAP_S * 1e9)};
  double until = vt_now_s() + LOCK_S;
  off_t size = -1;
  for (;;) {
    struct stat st;
    const int why = set_lock(fd, F_WRLCK);
    if (why == 0) return NULL;
    if (why != EAGAIN && why != EACCES) return strerror(why);
    const double now = vt_now_s();
    if (fstat(fd, &st) == 0 && st.st_size != size) {
      size = st.st_size;
      until = now + LOCK_S < most ? now + LOCK_S : most;
    }
    if (now > until) return "its lock was not free for seconds";
    vt_alive();
    (void)nanosleep(&nap, NULL);
  }
}

/* ------------------------------------------------------------------ under the lock */

/* A new file gets its header, which lasts before the first record does.  One that cannot be begun goes: whoever waits
 * for the lock sees that its file has no name any more. */
static const char *begin(vt_journal_writer *w, vt_err *why)
{
  unsigned char head[VT__SHARD_HEAD];
  vt__shard_head_put(head);
  int bad = vt__pwrite_all(w->fd, head, sizeof head, 0);
  if (!bad && fsync(w->fd) != 0) bad = errno;
  if (!bad && vt_dir_sync(w->dir, why) == VT_OK) {
    w->end = sizeof head;
    return NULL;
  }
  (void)unlink(w->path);
  return bad ? strerror(bad) : why->text;
}

/* From the end that this process knows to that of the file, over whole records. */
static const char *follow(vt_journal_writer *w, uint64_t size)
{
  static const char *const none = "it does not end with a whole record";
  unsigned char b[VT__REC_HEAD];
  vt__rec_head h;
  uint32_t version;
  if (w->end == 0) {
    if (size < VT__SHARD_HEAD || !vt__pread_all(w->fd, b, VT__SHARD_HEAD, 0) || !vt__shard_head_get(b, &version) ||
        version != VT__JOURNAL_VERSION)
      return "its header cannot be read";
    w->end = VT__SHARD_HEAD;
  }
  if (size < w->end) return "it has become shorter";
  while (w->end < size) {
    if (size - w->end < sizeof b || !vt__pread_all(w->fd, b, sizeof b, w->end) || !vt__rec_head_get(b, &h)) return none;
    const uint64_t room = size - w->end - sizeof b;
    if (h.n > room || vt__pad_of(h.n) > room - h.n) return none;
    w->end += sizeof b + h.n + vt__pad_of(h.n);
  }
  return NULL;
}

/* Whatever is not durable is taken back: nobody else has written behind it.  What cannot even be taken back is there
 * twice, or torn. */
static const char *put(vt_journal_writer *w)
{
  int bad = vt__pwrite_all(w->fd, w->held.s, w->held.len, w->end);
  if (!bad && fdatasync(w->fd) != 0) bad = errno;
  if (!bad) return NULL;
  (void)!ftruncate(w->fd, (off_t)w->end);
  return strerror(bad);
}

static const char *write_locked(vt_journal_writer *w, vt_err *why)
{
  struct stat st;
  if (fstat(w->fd, &st) != 0) return strerror(errno);
  if (!S_ISREG(st.st_mode)) return "it is no file";
  if (st.st_nlink == 0) return "it was removed";
  const char *bad = st.st_size == 0 && w->end == 0 ? begin(w, why) : follow(w, (uint64_t)st.st_size);
  return bad ? bad : put(w);
}

static const char *try_to_write(vt_journal_writer *w, vt_err *why)
{
  if (w->fd < 0 && vt__journal_make_dir(w, why) != VT_OK) return why->text;
  if (w->fd < 0) w->fd = open(w->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (w->fd < 0) return strerror(errno);
  const char *bad = lock(w->fd);
  if (bad) return bad;
  bad = write_locked(w, why);
  (void)set_lock(w->fd, F_UNLCK);
  return bad;
}

void vt__together_write(vt_journal_writer *w)
{
  vt_err why = {0};
  const char *bad = try_to_write(w, &why);
  if (!bad) {
    const uint64_t at = w->end;
    w->end += w->held.len;
    vt__journal_held_is_at(w, at);
    return;
  }
  vt_log(VT_LOG_WARN, "journal", "ev=own_shard shard=\"%s\" why=\"%s\" (this rank makes a shard of its own)", w->path,
         bad);
  if (w->fd >= 0) (void)close(w->fd);
  w->fd = -1;
  w->end = 0;
  w->shared = 0;
}
