#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/base/base.h"

const char *vt_file_kind(unsigned mode)
{
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO (named pipe)";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISBLK(mode)) return "a block device";
  return NULL;
}

vt_status vt_file_open(const char *path, FILE **f, vt_err *err)
{
  struct stat st;
  *f = NULL;
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO would wait here for who writes it */
  int why = errno;
  int seen = fd >= 0 ? fstat(fd, &st) == 0 : why == ENXIO && stat(path, &st) == 0; /* a socket cannot be opened */
  const char *kind = seen ? vt_file_kind(st.st_mode) : NULL;
  if (fd >= 0 && !kind && !(*f = fdopen(fd, "rb"))) why = errno;
  if (*f) return VT_OK;
  if (fd >= 0) (void)close(fd);
  if (kind) VT_FAIL(err, VT_EIO, "'%s' is %s, expected a file", path, kind);
  VT_FAIL(err, VT_EIO, "cannot open '%s': %s", path, strerror(why));
}

vt_status vt_file_read(const char *path, size_t most, char **data, size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  *data = NULL;
  *n = 0;
  FILE *f;
  VT_PASS(vt_file_open(path, &f, err));
  struct stat st;
  if (fstat(fileno(f), &st) != 0) VT_FAIL_OUT(err, VT_EIO, "cannot examine '%s': %s", path, strerror(errno));
  size_t cap = S_ISREG(st.st_mode) ? (size_t)st.st_size : most;
  if (cap > most)
    VT_FAIL_OUT(err, VT_EPARSE, "'%s' has %zu bytes, more than the %zu that are allowed here", path, cap, most);
  VT_TRY_OUT(vt_calloc64(&block, cap + 1, 1, err), err, "reading '%s'", path);
  size_t got = fread(block, 1, cap, f);
  if (ferror(f)) VT_FAIL_OUT(err, VT_EIO, "cannot read '%s': %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode) && fgetc(f) != EOF)
    VT_FAIL_OUT(err, VT_EPARSE, "'%s' has more than the %zu bytes that are allowed here", path, most);
  *n = got;
  *data = block;
  block = NULL;
out:
  vt_free(block);
  fclose(f);
  return rc;
}

static int write_all(int fd, const char *p, size_t n)
{
  while (n) {
    ssize_t w = write(fd, p, n);
    if (w < 0 && errno == EINTR) continue;
    if (w < 0) return 0;
    p += w;
    n -= (size_t)w;
  }
  return 1;
}

static vt_status parent_of(const char *path, char *dir, size_t cap, vt_err *err)
{
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= cap) VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  if (!slash)
    memcpy(dir, ".", 2);
  else if (n == 0)
    memcpy(dir, "/", 2);
  else {
    memcpy(dir, path, n);
    dir[n] = '\0';
  }
  return VT_OK;
}

vt_status vt_dir_sync(const char *path, vt_err *err)
{
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open folder '%s': %s", path, strerror(errno));
  int bad = fsync(fd) != 0 && errno != EINVAL; /* some file systems have nothing to sync for a folder */
  int why = errno;
  close(fd);
  if (bad) VT_FAIL(err, VT_EIO, "cannot sync folder '%s': %s", path, strerror(why));
  return VT_OK;
}

vt_status vt_file_move(const char *from, const char *to, vt_err *err)
{
  char dir[4096];
  VT_PASS(parent_of(to, dir, sizeof dir, err));
  if (rename(from, to) != 0) VT_FAIL(err, VT_EIO, "cannot rename '%s' to '%s': %s", from, to, strerror(errno));
  return vt_dir_sync(dir, err);
}

vt_status vt_file_beside(const char *path, char *tmp, size_t cap, int *fd, vt_err *err)
{
  enum { TRIES = 16 };
  for (int k = 0; k < TRIES; k++) {
    uint64_t draw = 0;
    if (getrandom(&draw, sizeof draw, GRND_NONBLOCK) != (ssize_t)sizeof draw) /* early in the boot of a machine */
      draw = (uint64_t)(1e9 * vt_now_s()) + (uint64_t)k;
    int n = snprintf(tmp, cap, "%s.tmp-%ld-%016llx", path, (long)getpid(), (unsigned long long)draw);
    if (n < 0 || (size_t)n >= cap) VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
    *fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666); /* the umask takes its part */
    if (*fd >= 0) return VT_OK;
    if (errno != EEXIST) break;
  }
  VT_FAIL(err, VT_EIO, "cannot create '%s': %s", tmp, strerror(errno));
}

/* A name of vt_file_beside, or of what earlier builds wrote: .tmp-<pid>, and .vck.tmp of checkpoints. */
int vt_file_is_temporary(const char *name)
{
  static const char mark[] = ".tmp-", old[] = ".vck.tmp";
  size_t n = strlen(name);
  if (n > strlen(old) && strcmp(name + n - strlen(old), old) == 0) return 1;
  const char *at = NULL;
  for (const char *s = strstr(name, mark); s; s = strstr(s + 1, mark)) at = s;
  if (!at || at == name) return 0;
  at += strlen(mark);
  size_t digits = strspn(at, "0123456789");
  if (digits == 0) return 0;
  at += digits;
  return *at == '\0' || (*at == '-' && strspn(at + 1, "0123456789abcdef") == 16 && at[17] == '\0');
}

int vt_file_append_fd(const char *path)
{
  struct stat st;
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
  (void)close(fd);
  errno = EINVAL;
  return -1;
}

/* The bytes on the disk under a name of their own, which is left in tmp; `path` is what the user knows. */
static vt_status write_aside(const char *path, const void *data, size_t n, char *tmp, size_t cap, vt_err *err)
{
  int fd;
  VT_PASS(vt_file_beside(path, tmp, cap, &fd, err));
  int ok = write_all(fd, data, n) && fsync(fd) == 0;
  int why = errno;
  if (close(fd) != 0 && ok) ok = 0, why = errno;
  if (ok) return VT_OK;
  (void)unlink(tmp);
  VT_FAIL(err, VT_EIO, "cannot write '%s': %s", path, strerror(why));
}

vt_status vt_file_replace(const char *path, const void *data, size_t n, vt_err *err)
{
  char tmp[4096];
  VT_PASS(write_aside(path, data, n, tmp, sizeof tmp, err));
  vt_status rc = vt_file_move(tmp, path, err);
  if (rc != VT_OK) (void)unlink(tmp);
  return rc;
}

vt_status vt_file_rotate(const char *path, const void *data, size_t n, vt_err *err)
{
  char tmp[4096], prev[4096];
  vt_status rc = VT_OK;
  if (snprintf(prev, sizeof prev, "%s.prev", path) >= (int)sizeof prev)
    VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  VT_PASS(write_aside(path, data, n, tmp, sizeof tmp, err));
  if (rename(path, prev) != 0 && errno != ENOENT)
    rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "cannot rename '%s' to '%s': %s", path, prev, strerror(errno));
  if (rc == VT_OK) rc = vt_file_move(tmp, path, err);
  if (rc != VT_OK) (void)unlink(tmp);
  return rc;
}

vt_status vt_dir_make(const char *path, vt_err *err)
{
  char p[4096];
  size_t n = strlen(path);
  if (n == 0 || n >= sizeof p) VT_FAIL(err, VT_EINVAL, "'%.80s' cannot be the name of a folder", path);
  memcpy(p, path, n + 1);
  for (size_t i = 1; i <= n; i++) {
    if (p[i] != '/' && p[i] != '\0') continue;
    char keep = p[i];
    p[i] = '\0';
    if (mkdir(p, 0777) != 0 && errno != EEXIST) VT_FAIL(err, VT_EIO, "cannot make folder '%s': %s", p, strerror(errno));
    p[i] = keep;
  }
  struct stat st;
  if (stat(path, &st) != 0) VT_FAIL(err, VT_EIO, "cannot examine folder '%s': %s", path, strerror(errno));
  if (!S_ISDIR(st.st_mode)) VT_FAIL(err, VT_EIO, "'%s' exists and is not a folder", path);
  return VT_OK;
}

uint32_t vt_crc32(uint32_t crc, const void *p, size_t n)
{
  const unsigned char *b = p;
  while (n) {
    uInt part = n > 1u << 30 ? 1u << 30 : (uInt)n;
    crc = (uint32_t)crc32(crc, b, part);
    b += part;
    n -= part;
  }
  return crc;
}

uint32_t vt_crc32_join(uint32_t a, uint32_t b, uint64_t n_b) { return (uint32_t)crc32_combine(a, b, (z_off_t)n_b); }

static double clock_s(clockid_t id)
{
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double vt_now_s(void) { return clock_s(CLOCK_MONOTONIC); }

double vt_cpu_s(void) { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }

void vt_nap_s(double s)
{
  if (s <= 0) return;
  struct timespec t = {.tv_sec = (time_t)s};
  t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
  nanosleep(&t, NULL); /* a signal ends the nap early: the caller polls anyway */
}

void vt_utc_now(char text[32])
{
  struct timespec now;
  struct tm utc;
  char day[24];
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (!gmtime_r(&now.tv_sec, &utc) || strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc) == 0) day[0] = '\0';
  (void)snprintf(text, 32, "%s.%03dZ", day, (int)(now.tv_nsec / 1000000 % 1000));
}
