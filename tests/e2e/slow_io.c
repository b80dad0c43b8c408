/* slow_io.c - a preloaded library: file calls of one rank (not of its watchdog) take long, or do not return.
 *
 *   SLOW_RANK   the PMI_RANK that is slow, or "all"
 *   SLOW_PATHS  parts of names, separated by ':'; a call on a path that has one of them is slow
 *   SLOW_S      seconds that it takes longer; "ever": it does not return
 *   SLOW_FROM   the number of the first such call that is slow (default 1)
 *   SLOW_LOG    a file: a line "<rank> <call> <path>" for each slow call */
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

static int is_named(const char *path)
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

static void note(const char *rank, const char *call, const char *path)
{
  static int (*real)(const char *, int, ...);
  const char *log = getenv("SLOW_LOG");
  char line[4352];
  if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  int fd = log ? real(log, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
  if (fd < 0) return;
  int n = snprintf(line, sizeof line, "%s %s %s\n", rank, call, path);
  ssize_t ignored = write(fd, line, (size_t)n);
  (void)ignored;
  (void)close(fd);
}

static void slow(const char *call, const char *path)
{
  static int n;
  const char *rank = getenv("PMI_RANK"), *which = getenv("SLOW_RANK"), *s = getenv("SLOW_S"),
             *from = getenv("SLOW_FROM");
  if (!path || !rank || !which || !s || getpid() == first || (strcmp(which, "all") != 0 && strcmp(which, rank) != 0))
    return;
  if (!is_named(path) || ++n < (from ? atoi(from) : 1)) return;
  int keep = errno;
  note(rank, call, path);
  while (strcmp(s, "ever") == 0) (void)pause();
  double left = strtod(s, NULL);
  struct timespec t = {.tv_sec = (time_t)left, .tv_nsec = (long)(1e9 * (left - (double)(time_t)left))};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) continue;
  errno = keep;
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
    slow(#name, path);                                                            \
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
  char link[64], path[4096] = "";
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n > 0) path[n] = '\0';
  slow("fsync", path);
  return REAL(int, "fsync", int)(fd);
}
