/* pause_at.c - for LD_PRELOAD: the n-th call of one function on a file whose name matches stops its process (SIGSTOP),
 * before it is carried out.  Environment: PAUSE_CALL (pread, pwrite, fsync, rename, link: the new name), PAUSE_PATH (a
 * pattern of fnmatch for the whole path; rename: of the source), PAUSE_TEXT (if set, the file must hold it), PAUSE_N
 * (1: the first such call), PAUSE_NOTE (this file is created by whoever stops, with its pid: one process stops, once).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the first 64 KiB. */
static int holds(const char *path, const char *text)
{
  static char data[65536];
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  data[fread(data, 1, sizeof data - 1, f)] = '\0';
  (void)fclose(f);
  return strstr(data, text) != NULL;
}

static void maybe_pause(const char *call, const char *path)
{
  static int seen;
  const char *want = getenv("PAUSE_CALL"), *pattern = getenv("PAUSE_PATH"), *nth = getenv("PAUSE_N"),
             *note = getenv("PAUSE_NOTE"), *text = getenv("PAUSE_TEXT");
  char pid[32];
  if (!want || !pattern || !nth || !note || strcmp(call, want) != 0 || fnmatch(pattern, path, 0) != 0) return;
  if (text && !holds(path, text)) return;
  if (++seen != (int)strtol(nth, NULL, 10)) return;
  int fd = open(note, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return;
  int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
  if (write(fd, pid, (size_t)n) != n) _exit(99);
  (void)close(fd);
  (void)raise(SIGSTOP);
}

static void maybe_pause_fd(const char *call, int fd)
{
  char link[64], path[4096];
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return;
  path[n] = '\0';
  maybe_pause(call, path);
}

static void *next_of(const char *name)
{
  void *f = dlsym(RTLD_NEXT, name);
  if (!f) _exit(98);
  return f;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
  ssize_t (*next)(int, const void *, size_t, off_t);
  *(void **)&next = next_of("pwrite");
  maybe_pause_fd("pwrite", fd);
  return next(fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
  ssize_t (*next)(int, const void *, size_t, off64_t);
  *(void **)&next = next_of("pwrite64");
  maybe_pause_fd("pwrite", fd);
  return next(fd, data, n, at);
}

ssize_t pread(int fd, void *data, size_t n, off_t at)
{
  ssize_t (*next)(int, void *, size_t, off_t);
  *(void **)&next = next_of("pread");
  maybe_pause_fd("pread", fd);
  return next(fd, data, n, at);
}

ssize_t pread64(int fd, void *data, size_t n, off64_t at)
{
  ssize_t (*next)(int, void *, size_t, off64_t);
  *(void **)&next = next_of("pread64");
  maybe_pause_fd("pread", fd);
  return next(fd, data, n, at);
}

int fsync(int fd)
{
  int (*next)(int);
  *(void **)&next = next_of("fsync");
  maybe_pause_fd("fsync", fd);
  return next(fd);
}

int rename(const char *from, const char *to)
{
  int (*next)(const char *, const char *);
  *(void **)&next = next_of("rename");
  maybe_pause("rename", from);
  return next(from, to);
}

int linkat(int of, const char *from, int dir, const char *to, int flags)
{
  int (*next)(int, const char *, int, const char *, int);
  *(void **)&next = next_of("linkat");
  maybe_pause("link", to);
  return next(of, from, dir, to, flags);
}
