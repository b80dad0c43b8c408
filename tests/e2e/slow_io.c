/* slow_io.c - a preloaded library: file calls of one rank (not of its watchdog) take long, or do not return.
 *
 *   SLOW_RANK   the PMI_RANK that is slow, or "all"
 *   SLOW_PATHS  parts of names, separated by ':'; a call on a path that has one of them is slow
 *   SLOW_CALLS  names of calls, separated by ':', that are slow (default: all of those below but those that read)
 *   SLOW_S      seconds that it takes longer; "ever": it does not return
 *   SLOW_FROM   the number of the first such call that is slow (default 1)
 *   SLOW_LOG    a file: a line "<rank> <call> <path> <seconds since 1970>" for each slow call
 *
 * A process that no launcher started is of the rank "alone", which is not among "all".  What is relative to a folder's
 * descriptor has the folder's name. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pid_t first; /* the process that was started: it becomes the watchdog */

__attribute__((constructor)) static void begin(void) { first = getpid(); }

static int has_part(const char *path)
{
  const char *p = getenv("SLOW_PATHS");
  while (p && *p) {
    char part[256];
    size_t n = strcspn(p, ":");
    (void)snprintf(part, sizeof part, "%.*s", (int)n, p);
    if (strstr(path, part)) return 1;
    p += n + (p[n] == ':');
  }
  return 0;
}

static int is_called(const char *call)
{
  const char *p = getenv("SLOW_CALLS");
  if (!p) return strstr(call, "read") == NULL;
  while (*p) {
    size_t n = strcspn(p, ":");
    if (strlen(call) == n && strncmp(call, p, n) == 0) return 1;
    p += n + (p[n] == ':');
  }
  return 0;
}

static void note(const char *rank, const char *call, const char *path)
{
  static int (*real)(const char *, int, ...);
  const char *log = getenv("SLOW_LOG");
  char line[4352];
  if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  int fd = log ? real(log, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
  if (fd < 0) return;
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  int n =
      snprintf(line, sizeof line, "%s %s %s %.3f\n", rank, call, path, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
  ssize_t ignored = write(fd, line, (size_t)n);
  (void)ignored;
  (void)close(fd);
}

static void slow(const char *call, const char *path)
{
  static int n;
  const char *rank = getenv("PMI_RANK"), *which = getenv("SLOW_RANK"), *s = getenv("SLOW_S"),
             *from = getenv("SLOW_FROM");
  int is_watchdog = rank && getpid() == first;
  int is_meant = which && (strcmp(which, rank ? rank : "alone") == 0 || (rank && strcmp(which, "all") == 0));
  if (!path || !s || is_watchdog || !is_meant) return;
  if (!rank) rank = "alone";
  if (!is_called(call) || !has_part(path) || ++n < (from ? atoi(from) : 1)) return;
  int keep = errno;
  note(rank, call, path);
  while (strcmp(s, "ever") == 0) (void)pause();
  double left = strtod(s, NULL);
  struct timespec t = {.tv_sec = (time_t)left, .tv_nsec = (long)(1e9 * (left - (double)(time_t)left))};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) continue;
  errno = keep;
}

static void slow_at(const char *call, int dir, const char *path)
{
  char link[64], full[8192] = "";
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
  ssize_t n = path && path[0] == '/' ? 0 : readlink(link, full, 4095);
  if (n < 0) n = 0;
  (void)snprintf(full + n, sizeof full - (size_t)n, "%s%s", n && path ? "/" : "", path ? path : "");
  slow(call, full);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...)                             \
  {                                                                      \
    va_list a;                                                           \
    va_start(a, flags);                                                  \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(a, mode_t) : 0; \
    va_end(a);                                                           \
    slow(#name, path);                                                   \
    return REAL(int, #name, const char *, int, ...)(path, flags, mode);  \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                              \
  int name(int dir, const char *path, int flags, ...)                             \
  {                                                                               \
    va_list a;                                                                    \
    va_start(a, flags);                                                           \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(a, mode_t) : 0;          \
    va_end(a);                                                                    \
    slow_at(#name, dir, path);                                                    \
    return REAL(int, #name, int, const char *, int, ...)(dir, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                     \
  FILE *name(const char *path, const char *mode)                        \
  {                                                                     \
    slow(#name, path);                                                  \
    return REAL(FILE *, #name, const char *, const char *)(path, mode); \
  }
FOPEN(fopen)
FOPEN(fopen64)

#define STAT(name, type)                                            \
  int name(const char *path, struct type *st)                       \
  {                                                                 \
    slow(#name, path);                                              \
    return REAL(int, #name, const char *, struct type *)(path, st); \
  }
STAT(stat, stat)
STAT(stat64, stat64)

DIR *opendir(const char *path)
{
  slow("opendir", path);
  return REAL(DIR *, "opendir", const char *)(path);
}

int fsync(int fd)
{
  slow_at("fsync", fd, NULL);
  return REAL(int, "fsync", int)(fd);
}

/* Noted as fsync. */
int fdatasync(int fd)
{
  slow_at("fsync", fd, NULL);
  return REAL(int, "fdatasync", int)(fd);
}

int access(const char *path, int mode)
{
  slow("access", path);
  return REAL(int, "access", const char *, int)(path, mode);
}

int rename(const char *from, const char *to)
{
  slow("rename", to);
  return REAL(int, "rename", const char *, const char *)(from, to);
}

int unlink(const char *path)
{
  slow("unlink", path);
  return REAL(int, "unlink", const char *)(path);
}

int unlinkat(int dir, const char *path, int flags)
{
  slow_at("unlinkat", dir, path);
  return REAL(int, "unlinkat", int, const char *, int)(dir, path, flags);
}

int linkat(int from_dir, const char *from, int dir, const char *path, int flags)
{
  slow_at("linkat", dir, path);
  return REAL(int, "linkat", int, const char *, int, const char *, int)(from_dir, from, dir, path, flags);
}

/* Only where SLOW_CALLS names them. */
size_t fread(void *to, size_t size, size_t n, FILE *f)
{
  slow_at("fread", fileno(f), NULL);
  return REAL(size_t, "fread", void *, size_t, size_t, FILE *)(to, size, n, f);
}

#define PREAD(name, offset)                                                  \
  ssize_t name(int fd, void *to, size_t n, offset at)                        \
  {                                                                          \
    slow_at(#name, fd, NULL);                                                \
    return REAL(ssize_t, #name, int, void *, size_t, offset)(fd, to, n, at); \
  }
PREAD(pread, off_t)
PREAD(pread64, off64_t)
