/* io_faults.c - a library for LD_PRELOAD: the nth I/O call of one kind on certain files fails.
 *
 * Environment:
 *   VT_FAULT_MATCH  texts between '|': a file counts if one of them is in its path, or is its path where the text ends
 *                   with '$' (of a rename or link: either path)
 *   VT_FAULT_OP     open (and opendir) | read (and readdir) | write | fsync (and fdatasync) | rename | close |
 * ftruncate | fallocate | link | unlink | mkdir | stat (and access, statvfs) | lock (F_OFD_SETLK) VT_FAULT_N      the
 * n-th such call of this process and of what it forks (counted from 1, together) fails VT_FAULT_MODE   once | ever:
 * that call alone, or every one from it on VT_FAULT_ERROR  EIO | ENOSPC | EDQUOT | EINTR | ENOLCK | short (read and
 * write: half of the bytes) VT_FAULT_LOG a file to which a line is appended whenever a call failed
 *
 * close closes the file and then reports the error, as Linux does.  The count lives in memory that forked processes
 * share, because a program may fork before it begins its work. */
/* NOLINTBEGIN(readability-identifier-naming,readability-inconsistent-declaration-parameter-name): names and parameters
 * are libc's */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

typedef enum fault_op {
  OPEN,
  READ,
  WRITE,
  FSYNC,
  RENAME,
  CLOSE,
  FTRUNCATE,
  FALLOCATE,
  LINK,
  UNLINK,
  MKDIR,
  STAT,
  LOCK,
  N_OPS
} fault_op;
static const char *const op_name[N_OPS] = {"open",      "read", "write",  "fsync", "rename", "close", "ftruncate",
                                           "fallocate", "link", "unlink", "mkdir", "stat",   "lock"};

static struct {
  const char *match, *log;
  int op, ever, error, is_short, is_none;
  long n;
  atomic_long *count;
} fault = {.op = -1};

static void *real(const char *name)
{
  void *p = dlsym(RTLD_NEXT, name);
  if (!p) abort();
  return p;
}

/* The address of a function as a pointer to it: POSIX promises that this conversion works. */
#define REAL(type, name)               \
  static __typeof__(type) call;        \
  do {                                 \
    if (!call) {                       \
      void *p_ = real(name);           \
      memcpy(&call, &p_, sizeof call); \
    }                                  \
  } while (0)

__attribute__((constructor)) static void fault_begin(void)
{
  const char *op = getenv("VT_FAULT_OP"), *n = getenv("VT_FAULT_N"), *mode = getenv("VT_FAULT_MODE");
  const char *error = getenv("VT_FAULT_ERROR");
  fault.match = getenv("VT_FAULT_MATCH");
  fault.log = getenv("VT_FAULT_LOG");
  if (!op || !n || !fault.match) return;
  static const struct {
    const char *name;
    int code;
  } errors[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EINTR", EINTR}, {"ENOLCK", ENOLCK}};
  for (size_t k = 0; error && k < sizeof errors / sizeof *errors; k++)
    if (strcmp(error, errors[k].name) == 0) fault.error = errors[k].code;
  fault.is_short = error && strcmp(error, "short") == 0;
  fault.is_none = error && strcmp(error, "none") == 0;
  fault.ever = mode && strcmp(mode, "ever") == 0;
  fault.n = strtol(n, NULL, 10);
  void *p = mmap(NULL, sizeof *fault.count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return;
  fault.count = p;
  for (int k = 0; k < N_OPS; k++)
    if (strcmp(op, op_name[k]) == 0) fault.op = k;
}

static void fault_note(const char *path, long n)
{
  char line[512];
  if (!fault.log) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, fault.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  int len = snprintf(line, sizeof line, "%s %ld %.400s\n", op_name[fault.op], n, path);
  (void)!syscall(SYS_write, fd, line, (size_t)len);
  (void)syscall(SYS_close, fd);
}

static int matches(const char *path)
{
  for (const char *p = fault.match; *p;) {
    size_t n = strcspn(p, "|");
    if (p[n - (n > 0)] == '$' ? strncmp(path, p, n - 1) == 0 && path[n - 1] == '\0'
                              : n && memmem(path, strlen(path), p, n))
      return 1;
    p += n + (p[n] == '|');
  }
  return 0;
}

/* 1 if this call is to fail. */
static int fails(fault_op op, const char *path)
{
  if ((int)op != fault.op || !path || !matches(path)) return 0;
  long n = atomic_fetch_add(fault.count, 1) + 1;
  if (n < fault.n || (n > fault.n && !fault.ever)) return 0;
  int keep = errno;
  fault_note(path, n);
  errno = keep;
  return !fault.is_none;
}

/* Where a descriptor leads; 0 if that cannot be said. */
static int path_of(int fd, char *path, size_t cap)
{
  char link[64];
  int keep = errno;
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, cap - 1);
  errno = keep;
  if (n < 0) return 0;
  path[n] = '\0';
  return 1;
}

static int fd_fails(fault_op op, int fd)
{
  char path[4096];
  return (int)op == fault.op && path_of(fd, path, sizeof path) && fails(op, path);
}

/* The path that a folder's descriptor and a name make. */
static const char *path_at(int at, const char *name, char *path, size_t cap)
{
  if (!name || name[0] == '/' || at == AT_FDCWD || !path_of(at, path, cap)) return name;
  if (!name[0]) return path; /* AT_EMPTY_PATH */
  size_t n = strlen(path);
  (void)snprintf(path + n, cap - n, "/%s", name);
  return path;
}

static int at_fails(fault_op op, int at, const char *name)
{
  char path[4096];
  return (int)op == fault.op && fails(op, path_at(at, name, path, sizeof path));
}

static int failed(void)
{
  errno = fault.error;
  return -1;
}

/* ------------------------------------------------------------------ open */

static mode_t mode_of(int flags, va_list ap) { return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(ap, int) : 0; }

#define OPEN_AS(name)                                              \
  int name(const char *path, int flags, ...);                      \
  int name(const char *path, int flags, ...)                       \
  {                                                                \
    va_list ap;                                                    \
    va_start(ap, flags);                                           \
    mode_t mode = mode_of(flags, ap);                              \
    va_end(ap);                                                    \
    REAL(int (*)(const char *, int, ...), #name);                  \
    return fails(OPEN, path) ? failed() : call(path, flags, mode); \
  }
OPEN_AS(open)
OPEN_AS(open64)

#define OPENAT_AS(name)                                                       \
  int name(int at, const char *path, int flags, ...);                         \
  int name(int at, const char *path, int flags, ...)                          \
  {                                                                           \
    va_list ap;                                                               \
    va_start(ap, flags);                                                      \
    mode_t mode = mode_of(flags, ap);                                         \
    va_end(ap);                                                               \
    REAL(int (*)(int, const char *, int, ...), #name);                        \
    return at_fails(OPEN, at, path) ? failed() : call(at, path, flags, mode); \
  }
OPENAT_AS(openat)
OPENAT_AS(openat64)

#define CREAT_AS(name)                                      \
  int name(const char *path, mode_t mode)                   \
  {                                                         \
    REAL(int (*)(const char *, mode_t), #name);             \
    return fails(OPEN, path) ? failed() : call(path, mode); \
  }
CREAT_AS(creat)
int creat64(const char *path, mode_t mode);
CREAT_AS(creat64)

#define FOPEN_AS(name)                                  \
  FILE *name(const char *path, const char *mode)        \
  {                                                     \
    REAL(FILE *(*)(const char *, const char *), #name); \
    if (!fails(OPEN, path)) return call(path, mode);    \
    errno = fault.error;                                \
    return NULL;                                        \
  }
FOPEN_AS(fopen)
FILE *fopen64(const char *path, const char *mode);
FOPEN_AS(fopen64)

DIR *opendir(const char *path)
{
  REAL(DIR * (*)(const char *), "opendir");
  if (!fails(OPEN, path)) return call(path);
  errno = fault.error;
  return NULL;
}

/* ------------------------------------------------------------------ read */

static int shortens(size_t n) { return fault.is_short && n > 1; }

ssize_t read(int fd, void *p, size_t n)
{
  REAL(ssize_t(*)(int, void *, size_t), "read");
  if (fd_fails(READ, fd)) return fault.is_short ? call(fd, p, shortens(n) ? n / 2 : n) : failed();
  return call(fd, p, n);
}

#define PREAD_AS(name, offset)                                                                           \
  ssize_t name(int fd, void *p, size_t n, offset at);                                                    \
  ssize_t name(int fd, void *p, size_t n, offset at)                                                     \
  {                                                                                                      \
    REAL(ssize_t (*)(int, void *, size_t, offset), #name);                                               \
    if (fd_fails(READ, fd)) return fault.is_short ? call(fd, p, shortens(n) ? n / 2 : n, at) : failed(); \
    return call(fd, p, n, at);                                                                           \
  }
PREAD_AS(pread, off_t)
PREAD_AS(pread64, off64_t)

/* A short read inside of fread is the C library's to mend, and not seen from here: only errors are made. */
size_t fread(void *p, size_t size, size_t n, FILE *f)
{
  enum { HAS_FAILED = 0x20 }; /* _IO_ERR_SEEN of glibc: what ferror looks at */
  REAL(size_t(*)(void *, size_t, size_t, FILE *), "fread");
  if (!fd_fails(READ, fileno(f)) || fault.is_short) return call(p, size, n, f);
  f->_flags |= HAS_FAILED;
  errno = fault.error;
  return 0;
}

#define READDIR_AS(name, entry)                                      \
  struct entry *name(DIR *d)                                         \
  {                                                                  \
    REAL(struct entry *(*)(DIR *), #name);                           \
    if (!fd_fails(READ, dirfd(d)) || fault.is_short) return call(d); \
    errno = fault.error;                                             \
    return NULL;                                                     \
  }
READDIR_AS(readdir, dirent)
READDIR_AS(readdir64, dirent64)

/* ------------------------------------------------------------------ write */

ssize_t write(int fd, const void *p, size_t n)
{
  REAL(ssize_t(*)(int, const void *, size_t), "write");
  if (fd_fails(WRITE, fd)) return shortens(n) ? call(fd, p, n / 2) : fault.is_short ? call(fd, p, n) : failed();
  return call(fd, p, n);
}

#define PWRITE_AS(name, offset)                                                                     \
  ssize_t name(int fd, const void *p, size_t n, offset at);                                         \
  ssize_t name(int fd, const void *p, size_t n, offset at)                                          \
  {                                                                                                 \
    REAL(ssize_t (*)(int, const void *, size_t, offset), #name);                                    \
    if (fd_fails(WRITE, fd))                                                                        \
      return shortens(n) ? call(fd, p, n / 2, at) : fault.is_short ? call(fd, p, n, at) : failed(); \
    return call(fd, p, n, at);                                                                      \
  }
PWRITE_AS(pwrite, off_t)
PWRITE_AS(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *v, int n)
{
  REAL(ssize_t(*)(int, const struct iovec *, int), "writev");
  if (fd_fails(WRITE, fd)) return fault.is_short ? call(fd, v, n > 1 ? n - 1 : n) : failed();
  return call(fd, v, n);
}

#define PWRITEV_AS(name, offset)                                                                    \
  ssize_t name(int fd, const struct iovec *v, int n, offset at);                                    \
  ssize_t name(int fd, const struct iovec *v, int n, offset at)                                     \
  {                                                                                                 \
    REAL(ssize_t (*)(int, const struct iovec *, int, offset), #name);                               \
    if (fd_fails(WRITE, fd)) return fault.is_short ? call(fd, v, n > 1 ? n - 1 : n, at) : failed(); \
    return call(fd, v, n, at);                                                                      \
  }
PWRITEV_AS(pwritev, off_t)
PWRITEV_AS(pwritev64, off64_t)

/* ------------------------------------------------------------------ the others */

#define ON_FD(name, op)                            \
  int name(int fd)                                 \
  {                                                \
    REAL(int (*)(int), #name);                     \
    return fd_fails(op, fd) ? failed() : call(fd); \
  }
ON_FD(fsync, FSYNC)
ON_FD(fdatasync, FSYNC)

int close(int fd)
{
  REAL(int (*)(int), "close");
  int bad = fd_fails(CLOSE, fd), done = call(fd);
  return bad ? failed() : done;
}

int fclose(FILE *f)
{
  REAL(int (*)(FILE *), "fclose");
  int bad = fd_fails(CLOSE, fileno(f)), done = call(f);
  return bad ? failed() : done;
}

#define TRUNCATE_AS(name, offset)                            \
  int name(int fd, offset n);                                \
  int name(int fd, offset n)                                 \
  {                                                          \
    REAL(int (*)(int, offset), #name);                       \
    return fd_fails(FTRUNCATE, fd) ? failed() : call(fd, n); \
  }
TRUNCATE_AS(ftruncate, off_t)
TRUNCATE_AS(ftruncate64, off64_t)

#define POSIX_FALLOCATE_AS(name, offset)                            \
  int name(int fd, offset at, offset n);                            \
  int name(int fd, offset at, offset n)                             \
  {                                                                 \
    REAL(int (*)(int, offset, offset), #name);                      \
    return fd_fails(FALLOCATE, fd) ? fault.error : call(fd, at, n); \
  }
POSIX_FALLOCATE_AS(posix_fallocate, off_t)
POSIX_FALLOCATE_AS(posix_fallocate64, off64_t)

#define FALLOCATE_AS(name, offset)                                     \
  int name(int fd, int mode, offset at, offset n);                     \
  int name(int fd, int mode, offset at, offset n)                      \
  {                                                                    \
    REAL(int (*)(int, int, offset, offset), #name);                    \
    return fd_fails(FALLOCATE, fd) ? failed() : call(fd, mode, at, n); \
  }
FALLOCATE_AS(fallocate, off_t)
FALLOCATE_AS(fallocate64, off64_t)

int truncate(const char *path, off_t n)
{
  REAL(int (*)(const char *, off_t), "truncate");
  return fails(FTRUNCATE, path) ? failed() : call(path, n);
}

/* Either path counts. */
static int pair_fails(fault_op op, int x, const char *a, int y, const char *b)
{
  char path[4096];
  if ((int)op != fault.op) return 0;
  const char *first = path_at(x, a, path, sizeof path);
  return first && matches(first) ? fails(op, first) : at_fails(op, y, b);
}

#define OF_TWO(name, op)                                                     \
  int name(const char *a, const char *b)                                     \
  {                                                                          \
    REAL(int (*)(const char *, const char *), #name);                        \
    return pair_fails(op, AT_FDCWD, a, AT_FDCWD, b) ? failed() : call(a, b); \
  }
OF_TWO(rename, RENAME)
OF_TWO(link, LINK)

int renameat(int x, const char *a, int y, const char *b)
{
  REAL(int (*)(int, const char *, int, const char *), "renameat");
  return pair_fails(RENAME, x, a, y, b) ? failed() : call(x, a, y, b);
}

int linkat(int x, const char *a, int y, const char *b, int flags)
{
  REAL(int (*)(int, const char *, int, const char *, int), "linkat");
  return pair_fails(LINK, x, a, y, b) ? failed() : call(x, a, y, b, flags);
}

#define OF_ONE(name, op)                            \
  int name(const char *path)                        \
  {                                                 \
    REAL(int (*)(const char *), #name);             \
    return fails(op, path) ? failed() : call(path); \
  }
OF_ONE(unlink, UNLINK)
OF_ONE(remove, UNLINK)
OF_ONE(rmdir, UNLINK)

int unlinkat(int at, const char *path, int flags)
{
  REAL(int (*)(int, const char *, int), "unlinkat");
  return at_fails(UNLINK, at, path) ? failed() : call(at, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
  REAL(int (*)(const char *, mode_t), "mkdir");
  return fails(MKDIR, path) ? failed() : call(path, mode);
}

int mkdirat(int at, const char *path, mode_t mode)
{
  REAL(int (*)(int, const char *, mode_t), "mkdirat");
  return at_fails(MKDIR, at, path) ? failed() : call(at, path, mode);
}

/* ------------------------------------------------------------------ stat */

#define STAT_AS(name, buffer)                             \
  int name(const char *path, struct buffer *st)           \
  {                                                       \
    REAL(int (*)(const char *, struct buffer *), #name);  \
    return fails(STAT, path) ? failed() : call(path, st); \
  }
STAT_AS(stat, stat)
STAT_AS(lstat, stat)
STAT_AS(stat64, stat64)
STAT_AS(lstat64, stat64)
STAT_AS(statvfs, statvfs)

#define FSTAT_AS(name, buffer)                           \
  int name(int fd, struct buffer *st)                    \
  {                                                      \
    REAL(int (*)(int, struct buffer *), #name);          \
    return fd_fails(STAT, fd) ? failed() : call(fd, st); \
  }
FSTAT_AS(fstat, stat)
FSTAT_AS(fstat64, stat64)

int fstatat(int at, const char *path, struct stat *st, int flags)
{
  REAL(int (*)(int, const char *, struct stat *, int), "fstatat");
  return at_fails(STAT, at, path) ? failed() : call(at, path, st, flags);
}

int access(const char *path, int mode)
{
  REAL(int (*)(const char *, int), "access");
  return fails(STAT, path) ? failed() : call(path, mode);
}

/* ------------------------------------------------------------------ lock */

#define FCNTL_AS(name)                                                               \
  int name(int fd, int cmd, ...);                                                    \
  int name(int fd, int cmd, ...)                                                     \
  {                                                                                  \
    va_list ap;                                                                      \
    va_start(ap, cmd);                                                               \
    void *arg = va_arg(ap, void *); /* an int comes the same way on x86-64 */        \
    va_end(ap);                                                                      \
    REAL(int (*)(int, int, void *), #name);                                          \
    return cmd == F_OFD_SETLK && fd_fails(LOCK, fd) ? failed() : call(fd, cmd, arg); \
  }
FCNTL_AS(fcntl)
FCNTL_AS(fcntl64)

/* NOLINTEND(readability-identifier-naming,readability-inconsistent-declaration-parameter-name) */
