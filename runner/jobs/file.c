/* file.c - presences and leases as bytes (layout in jobs.h), and what /proc says of a process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"

/* ------------------------------------------------------------------ text with a checksum */

enum { CRC_LINE = 13 }; /* "crc 01234567\n" */

static void seal(vt__text *t, int n)
{
  t->n = (size_t)n;
  (void)snprintf(t->s + n, sizeof t->s - (size_t)n, "crc %08" PRIx32 "\n", vt_crc32(0, t->s, t->n));
  t->n += CRC_LINE;
}

/* Length without the last line, or 0. */
static size_t unseal(const vt__text *t)
{
  char line[CRC_LINE + 1];
  if (t->n <= CRC_LINE) return 0;
  size_t n = t->n - CRC_LINE;
  (void)snprintf(line, sizeof line, "crc %08" PRIx32 "\n", vt_crc32(0, t->s, n));
  return memcmp(t->s + n, line, CRC_LINE) == 0 ? n : 0;
}

/* "key value\n" at *p: the value, or 0. */
static int jobs_file_line(const char **p, const char *end, const char *key, char *value, size_t cap)
{
  size_t k = strlen(key), left = (size_t)(end - *p);
  if (left < k + 2 || memcmp(*p, key, k) != 0 || (*p)[k] != ' ') return 0;
  const char *from = *p + k + 1, *stop = memchr(from, '\n', left - k - 1);
  if (!stop || (size_t)(stop - from) >= cap) return 0;
  memcpy(value, from, (size_t)(stop - from));
  value[stop - from] = '\0';
  *p = stop + 1;
  return 1;
}

static int jobs_file_number(const char **p, const char *end, const char *key, int64_t *x)
{
  char v[32];
  return jobs_file_line(p, end, key, v, sizeof v) && vt_parse_i64(v, strlen(v), x);
}

void vt__job_format(const vt_job *job, vt__text *t)
{
  int n = snprintf(t->s, sizeof t->s - CRC_LINE - 1,
                   "vitrion-job 1\nid %s\nhost %s\nboot %s\nns %s\npid %" PRId64 "\nstart %" PRId64
                   "\nsince %s\nlabel %s\nbuild %s\nbeat %020" PRId64 "\n",
                   job->id, job->host, job->boot, job->ns, job->pid, job->start, job->since, job->label, job->build,
                   job->beat);
  seal(t, n); /* fits: all fields together have two thirds of VT__JOBS_TEXT */
}

int vt__job_parse(const vt__text *t, vt_job *job)
{
  char version[8];
  vt_job x = {.pid = 0};
  const char *p = t->s, *end = t->s + unseal(t);
  if (!jobs_file_line(&p, end, "vitrion-job", version, sizeof version) || strcmp(version, "1") != 0 ||
      !jobs_file_line(&p, end, "id", x.id, sizeof x.id) || !jobs_file_line(&p, end, "host", x.host, sizeof x.host) ||
      !jobs_file_line(&p, end, "boot", x.boot, sizeof x.boot) || !jobs_file_line(&p, end, "ns", x.ns, sizeof x.ns) ||
      !jobs_file_number(&p, end, "pid", &x.pid) || !jobs_file_number(&p, end, "start", &x.start) ||
      !jobs_file_line(&p, end, "since", x.since, sizeof x.since) ||
      !jobs_file_line(&p, end, "label", x.label, sizeof x.label))
    return 0;
  (void)jobs_file_line(&p, end, "build", x.build, sizeof x.build); /* older programs did not write it */
  if (!jobs_file_number(&p, end, "beat", &x.beat) || p != end) return 0;
  *job = x;
  return 1;
}

void vt__lease_format(const char *id, vt__text *t)
{
  seal(t, snprintf(t->s, sizeof t->s - CRC_LINE - 1, "vitrion-lease 1\njob %s\n", id));
}

int vt__lease_parse(const vt__text *t, char id[VT_JOB_ID])
{
  char version[8];
  const char *p = t->s, *end = t->s + unseal(t);
  return jobs_file_line(&p, end, "vitrion-lease", version, sizeof version) && strcmp(version, "1") == 0 &&
         jobs_file_line(&p, end, "job", id, VT_JOB_ID) && p == end;
}

/* ------------------------------------------------------------------ files */

vt__read_result vt__read_fd(int fd, vt__text *t)
{
  t->n = 0;
  while (t->n < sizeof t->s) {
    ssize_t got = pread(fd, t->s + t->n, sizeof t->s - t->n, (off_t)t->n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      t->n = 0;
      return VT__READ_BAD;
    }
    if (got == 0) break;
    t->n += (size_t)got;
  }
  return VT__READ_OK;
}

vt__read_result vt__jobs_read(int dir, const char *name, vt__text *t)
{
  vt__read_result r = VT__READ_BAD;
  t->n = 0;
  for (int k = 0; k < 2; k++) { /* ESTALE: removed on another host just now; the second try looks the name up again */
    int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return VT__READ_NONE;
    if (fd >= 0) {
      r = vt__read_fd(fd, t);
      int why = errno;
      (void)close(fd);
      errno = why;
    }
    if (r == VT__READ_OK || errno != ESTALE) break;
  }
  return r;
}

int vt__write_at_start(int fd, const vt__text *t)
{
  size_t at = 0;
  while (at < t->n) {
    ssize_t put = pwrite(fd, t->s + at, t->n - at, (off_t)at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put < 0 ? errno : ENOSPC;
    at += (size_t)put;
  }
  return 0;
}

vt_status vt__jobs_write_new(int dir, const char *name, const vt__text *t, int sync, vt_err *err)
{
  int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot create '%s': %s", name, strerror(errno));
  int why = vt__write_at_start(fd, t);
  if (!why && sync && fsync(fd) != 0) why = errno;
  if (close(fd) != 0 && !why) why = errno;
  if (!why) return VT_OK;
  (void)unlinkat(dir, name, 0);
  VT_FAIL(err, VT_EIO, "cannot write '%s': %s", name, strerror(why));
}

vt_status vt__jobs_unlink(int dir, const char *name, vt_err *err)
{
  if (unlinkat(dir, name, 0) != 0 && errno != ENOENT)
    VT_FAIL(err, VT_EIO, "cannot remove '%s': %s", name, strerror(errno));
  return VT_OK;
}

vt_status vt__jobs_scan(int dir, vt__each *each, void *ctx, vt_err *err)
{
  vt_status rc = VT_OK;
  const struct dirent *e;
  int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *d = fd < 0 ? NULL : fdopendir(fd);
  if (!d) {
    int why = errno;
    if (fd >= 0) (void)close(fd);
    VT_FAIL(err, VT_EIO, "cannot open the folder of jobs: %s", strerror(why));
  }
  while ((void)(errno = 0), (e = readdir(d)) != NULL)
    if (strlen(e->d_name) < VT__JOBS_NAME && (rc = each(ctx, e->d_name, err)) != VT_OK) goto out;
  if (errno) VT_FAIL_OUT(err, VT_EIO, "cannot list the folder of jobs: %s", strerror(errno));
out:
  (void)closedir(d);
  return rc;
}

const char *vt__after(const char *name, const char *prefix)
{
  size_t n = strlen(prefix);
  return strncmp(name, prefix, n) == 0 ? name + n : NULL;
}

int vt__is_claim(const char *name) { return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64; }

int vt__is_lease(const char *name)
{
  return vt__is_claim(name) || strcmp(name, "leader") == 0 || vt__after(name, "heir-") != NULL;
}

/* ------------------------------------------------------------------ processes */

static ssize_t read_small(const char *path, char *text, size_t cap)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t n = read(fd, text, cap - 1);
  (void)close(fd);
  if (n >= 0) text[n] = '\0';
  return n;
}

/* /proc/<who>/stat: its pid, state, and start in ticks since boot; 0 if that cannot be read. */
static int process_stat(const char *who, int64_t *pid, char *state, int64_t *start)
{
  char path[48], text[1024];
  (void)snprintf(path, sizeof path, "/proc/%s/stat", who);
  if (read_small(path, text, sizeof text) <= 0) return 0;
  const char *p = strrchr(text, ')'); /* the name of a program may hold anything */
  if (!p || p[1] != ' ' || !vt_parse_i64(text, strcspn(text, " "), pid)) return 0;
  p += 2;
  *state = *p;
  for (int field = 3; field < 22; field++) {
    p = strchr(p, ' ');
    if (!p) return 0;
    p++;
  }
  return vt_parse_i64(p, strcspn(p, " "), start);
}

/* What becomes part of a name or a line. */
static void put_plain(char *to, size_t cap, const char *from, const char *also)
{
  size_t n = 0;
  for (; from[n] && n + 1 < cap; n++) {
    char c = from[n];
    int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(also, c);
    to[n] = '_';
    if (plain) to[n] = c;
  }
  to[n] = '\0';
}

static void namespaces(char *out, size_t cap)
{
  char link[2][24] = {"", ""};
  ssize_t pids = readlink("/proc/self/ns/pid", link[0], sizeof link[0] - 1);
  (void)!readlink("/proc/self/ns/time", link[1],
                  sizeof link[1] - 1); /* start times depend on it; older kernels: none */
  (void)snprintf(out, cap, "%s%s", pids > 0 ? link[0] : "-", pids > 0 ? link[1] : "");
}

void vt__this_process(vt_job *me, const char *host)
{
  char name[256] = "", boot[64], state;
  int64_t pid;
  time_t t = time(NULL);
  struct tm utc;
  *me = (vt_job){.pid = (int64_t)getpid()};
  if (!host && gethostname(name, sizeof name - 1) != 0) name[0] = '\0';
  put_plain(me->host, sizeof me->host, host ? host : name, "-.");
  ssize_t n = read_small("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  put_plain(me->boot, sizeof me->boot, n > 1 ? boot : "-", "-");
  me->boot[strcspn(me->boot, "_")] = '\0'; /* its newline */
  namespaces(me->ns, sizeof me->ns);
  if (!process_stat("self", &pid, &state, &me->start) || pid != me->pid) { /* no /proc, or that of other namespaces */
    me->start = 0;
    (void)snprintf(me->ns, sizeof me->ns, "-");
  }
  if (!gmtime_r(&t, &utc) || strftime(me->since, sizeof me->since, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
    (void)snprintf(me->since, sizeof me->since, "-");
}

vt_status vt__job_new_id(vt_job *me, vt_err *err)
{
  unsigned char r[8];
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, r, sizeof r);
  if (fd >= 0) (void)close(fd);
  if (n != (ssize_t)sizeof r) VT_FAIL(err, VT_EIO, "cannot read /dev/urandom: %s", strerror(errno));
  uint64_t x;
  memcpy(&x, r, sizeof x);
  (void)snprintf(me->id, sizeof me->id, "%s-%" PRId64 "-%" PRId64 "-%016" PRIx64, me->host, me->pid, me->start, x);
  return VT_OK;
}

int vt__process_dead(const vt_job *me, const vt_job *other)
{
  char who[24], state;
  int64_t pid, start;
  if (other->pid <= 1 || strcmp(me->boot, "-") == 0 || strcmp(me->ns, "-") == 0) return 0;
  if (strcmp(me->host, other->host) != 0 || strcmp(me->boot, other->boot) != 0 || strcmp(me->ns, other->ns) != 0)
    return 0;
  /* /proc may hide the processes of others (hidepid), kill does not. */
  if ((pid_t)other->pid == other->pid && kill((pid_t)other->pid, 0) != 0 && errno == ESRCH) return 1;
  (void)snprintf(who, sizeof who, "%" PRId64, other->pid);
  if (!process_stat(who, &pid, &state, &start)) return 0;
  return state == 'Z' || state == 'X' || (other->start > 0 && start != other->start);
}
