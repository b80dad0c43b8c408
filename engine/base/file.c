#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/base/base.h"

vt_status vt_file_read(const char *path, size_t most, char **data, size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  *data = NULL;
  *n = 0;
  FILE *f = fopen(path, "rb");
  if (!f) VT_FAIL(err, VT_EIO, "cannot open '%s': %s", path, strerror(errno));
  struct stat st;
  if (fstat(fileno(f), &st) != 0) VT_FAIL_OUT(err, VT_EIO, "cannot examine '%s': %s", path, strerror(errno));
  if (S_ISDIR(st.st_mode)) VT_FAIL_OUT(err, VT_EIO, "'%s' is a folder, expected a file", path);
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

/* The bytes on the disk under the name tmp; `path` is what the user knows. */
static vt_status write_aside(const char *tmp, const char *path, const void *data, size_t n, int sync, vt_err *err)
{
  int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot create '%s': %s", tmp, strerror(errno));
  int ok = write_all(fd, data, n) && (!sync || fsync(fd) == 0);
  int why = errno;
  if (close(fd) != 0 && ok) ok = 0, why = errno;
  if (!ok) VT_FAIL(err, VT_EIO, "cannot write '%s': %s", path, strerror(why));
  return VT_OK;
}

static vt_status replace(const char *path, const void *data, size_t n, int sync, vt_err *err)
{
  char tmp[4096];
  if (snprintf(tmp, sizeof tmp, "%s.tmp-%ld", path, (long)getpid()) >= (int)sizeof tmp)
    VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  vt_status rc = write_aside(tmp, path, data, n, sync, err);
  if (rc == VT_OK && sync) rc = vt_file_move(tmp, path, err);
  if (rc == VT_OK && !sync && rename(tmp, path) != 0)
    rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "cannot rename '%s' to '%s': %s", tmp, path, strerror(errno));
  if (rc != VT_OK) (void)unlink(tmp);
  return rc;
}

vt_status vt_file_replace(const char *path, const void *data, size_t n, vt_err *err)
{
  return replace(path, data, n, 1, err);
}

vt_status vt_file_replace_view(const char *path, const void *data, size_t n, vt_err *err)
{
  return replace(path, data, n, 0, err);
}

vt_status vt_file_rotate(const char *path, const void *data, size_t n, vt_err *err)
{
  char tmp[4096], prev[4096];
  if (snprintf(tmp, sizeof tmp, "%s.tmp", path) >= (int)sizeof tmp ||
      snprintf(prev, sizeof prev, "%s.prev", path) >= (int)sizeof prev)
    VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  vt_status rc = write_aside(tmp, path, data, n, 1, err);
  if (rc == VT_OK && rename(path, prev) != 0 && errno != ENOENT)
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
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) VT_FAIL(err, VT_EIO, "'%s' exists and is not a folder", path);
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
