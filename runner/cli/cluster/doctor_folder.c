/* doctor_folder.c - does the file system keep the promises that a campaign's folder is built on? */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "runner/cli/cluster/doctor.h"

enum { SYNCS = 9, BLOCK = 4096 };
static const double SLOW_SYNC_S = 0.1, VERY_SLOW_SYNC_S = 2, QUOTA_S = 15, CLOCK_S = 30;

/* ------------------------------------------------------------------ a folder to try things in */

typedef struct trial {
  char folder[VT_PATH];   /* that exists: the output folder, or what is above it */
  char dir[VT_PATH + 48]; /* made in it, removed at the end */
  char a[VT_PATH + 64], b[VT_PATH + 64], c[VT_PATH + 64];
} trial;

static int trial_open(vt__doctor *d, const char *asked, trial *t)
{
  vt_outdir o;
  vt_err err = {0};
  struct stat st;
  if (vt_outdir_name(&o, asked, &err) != VT_OK) {
    vt__doctor_say(d, "folder", VT__BAD, "", "%s", vt_err_line(err.text).s);
    return 0;
  }
  vt_outdir_full(&o, t->folder);
  while (stat(t->folder, &st) != 0 && (errno == ENOENT || errno == ENOTDIR) && strrchr(t->folder, '/') > t->folder)
    *strrchr(t->folder, '/') = '\0';
  (void)snprintf(t->dir, sizeof t->dir, "%s/.vitrion-doctor-%ld", t->folder, (long)getpid());
  (void)snprintf(t->a, sizeof t->a, "%s/a", t->dir);
  (void)snprintf(t->b, sizeof t->b, "%s/b", t->dir);
  (void)snprintf(t->c, sizeof t->c, "%s/c", t->dir);
  if (mkdir(t->dir, 0700) == 0) {
    vt__doctor_fact(d, "folder", t->folder);
    vt__doctor_say(d, "folder", VT__FINE, "", "%s can be written", t->folder);
    return 1;
  }
  vt__doctor_say(d, "folder", VT__BAD,
                 errno == ENOSPC || errno == EDQUOT ? "free some space, or take another folder (--output)"
                                                    : "take another folder: output in the campaign, or --output",
                 "nothing can be written in '%s': %s", t->folder, strerror(errno));
  return 0;
}

static void trial_close(const trial *t)
{
  (void)unlink(t->a);
  (void)unlink(t->b);
  (void)unlink(t->c);
  (void)rmdir(t->dir);
}

/* 0, or errno. */
static int write_new(const char *path, const char *text, int sync)
{
  const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  int bad = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : errno ? errno : EIO;
  if (!bad && sync && fsync(fd) != 0) bad = errno;
  if (close(fd) != 0 && !bad) bad = errno;
  return bad;
}

/* ------------------------------------------------------------------ what a folder must be able to do */

static const char ELSEWHERE[] = "put the output on another file system (scratch), where the ranks write";

static void say_names(vt__doctor *d, const trial *t)
{
  struct stat st = {0};
  vt__doctor_doing(d, "exclusive");
  int bad = write_new(t->a, "a", 0);
  const int again = bad ? 0 : write_new(t->a, "b", 0);
  if (!bad && again == EEXIST)
    vt__doctor_say(d, "exclusive", VT__FINE, "", "O_EXCL makes a name once");
  else
    vt__doctor_say(d, "exclusive", VT__BAD, ELSEWHERE, "O_EXCL does not make a name once: %s",
                   strerror(bad ? bad : again));
  vt__doctor_doing(d, "links");
  bad = link(t->a, t->b) != 0 ? errno : 0;
  const int twice = !bad && link(t->a, t->b) != 0 ? errno : 0;
  if (!bad && twice == EEXIST && stat(t->a, &st) == 0 && st.st_nlink == 2)
    vt__doctor_say(d, "links", VT__FINE, "", "hard links work: jobs can share the campaign");
  else
    vt__doctor_say(d, "links", VT__BAD, ELSEWHERE, "no hard links, by which jobs agree who does what: %s",
                   bad ? strerror(bad) : "they are made, but not counted");
  vt__doctor_doing(d, "rename");
  bad = write_new(t->c, "ccc", 0);
  if (!bad && rename(t->c, t->b) != 0) bad = errno;
  if (!bad && (stat(t->b, &st) != 0 || st.st_size != 3 || stat(t->c, &st) == 0)) bad = EIO;
  if (bad)
    vt__doctor_say(d, "rename", VT__BAD, ELSEWHERE, "a file cannot be renamed over another: %s", strerror(bad));
  else
    vt__doctor_say(d, "rename", VT__FINE, "", "a file is renamed over another at once");
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Seconds of a record on its way to the disk; < 0: -errno. */
static double one_sync(int fd, const char *block)
{
  const double began = vt_now_s();
  errno = 0;
  if (write(fd, block, BLOCK) != BLOCK || fsync(fd) != 0) return -(errno ? errno : EIO);
  return vt_now_s() - began;
}

static void say_sync(vt__doctor *d, const trial *t)
{
  static const char block[BLOCK] = "x";
  double s[SYNCS] = {0};
  vt__doctor_doing(d, "sync");
  (void)unlink(t->c);
  const int fd = open(t->c, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  for (int k = 0; k < SYNCS; k++) {
    s[k] = fd < 0 ? -errno : one_sync(fd, block);
    if (s[k] >= 0) continue;
    vt__doctor_say(d, "sync", VT__BAD, s[k] == -ENOSPC || s[k] == -EDQUOT ? "free some space" : ELSEWHERE,
                   "a record of %d bytes cannot be written and synced: %s", BLOCK, strerror((int)-s[k]));
    if (fd >= 0) (void)close(fd);
    return;
  }
  (void)close(fd);
  qsort(s, SYNCS, sizeof *s, by_value);
  const double median = s[SYNCS / 2];
  vt__doctor_say(d, "sync", median > SLOW_SYNC_S ? VT__WARN : VT__FINE,
                 median > VERY_SLOW_SYNC_S
                     ? "a rank waits that long for each result and each checkpoint: another file system is better"
                 : median > SLOW_SYNC_S ? "slow, but harmless where a task takes minutes"
                                        : "",
                 "fsync takes %.3g ms (median of %d, %.3g to %.3g)", 1e3 * median, SYNCS, 1e3 * s[0],
                 1e3 * s[SYNCS - 1]);
}

/* ------------------------------------------------------------------ room */

static void say_room(vt__doctor *d, const trial *t, double need, int64_t need_files)
{
  struct statvfs v;
  const double gb = 1e9, comfortable = 2;
  vt__doctor_doing(d, "space");
  if (statvfs(t->folder, &v) != 0) {
    vt__doctor_say(d, "space", VT__WARN, "df tells it", "free space is not known: %s", strerror(errno));
    return;
  }
  const double free_bytes = (double)v.f_bavail * (double)v.f_frsize;
  const vt__verdict is = free_bytes < need ? VT__BAD : free_bytes < comfortable * need ? VT__WARN : VT__FINE;
  if (need > 0)
    vt__doctor_say(d, "space", is, is == VT__FINE ? "" : "free some space, or take another folder (--output)",
                   "%.3g GB are free, the campaign will take up to %.3g GB", free_bytes / gb, need / gb);
  else
    vt__doctor_say(d, "space", free_bytes > 0 ? VT__FINE : VT__BAD, free_bytes > 0 ? "" : "free some space",
                   "%.3g GB are free", free_bytes / gb);
  if (v.f_files > 0 && (int64_t)v.f_favail < need_files)
    vt__doctor_say(d, "files", VT__BAD, "remove files, or take another folder (--output)",
                   "%lld more files can be made, the campaign needs up to %lld", (long long)v.f_favail,
                   (long long)need_files);
}

static void say_quota(vt__doctor *d)
{
  const char *const argv[] = {"quota", "-q", NULL}; /* prints only what is exceeded */
  vt_child c;
  char line[400];
  vt__doctor_doing(d, "quota");
  if (!vt_child_is_there("quota")) {
    vt__doctor_say(d, "quota", VT__SKIP, "", "there is no `quota` here to ask");
    return;
  }
  vt_child_run(argv, NULL, QUOTA_S, &c);
  vt_child_said(&c, line);
  if (c.late || c.code < 0)
    vt__doctor_say(d, "quota", VT__SKIP, "", "`quota` does not answer");
  else if (line[0])
    vt__doctor_say(d, "quota", VT__WARN, "free some space", "%s", line);
  else
    vt__doctor_say(d, "quota", VT__FINE, "", "none is exceeded");
  vt_child_free(&c);
}

/* The clock of the server beside ours: files look newer or older than they are. */
static void say_clock(vt__doctor *d, const trial *t)
{
  struct stat st;
  vt__doctor_doing(d, "clock");
  if (stat(t->c, &st) != 0) return;
  const double ahead = difftime(st.st_mtime, time(NULL));
  if (fabs(ahead) > CLOCK_S)
    vt__doctor_say(d, "clock", VT__WARN, "harmless for vitrion; tell who runs the machines (NTP)",
                   "the file server's clock is %.0f s %s", fabs(ahead), ahead > 0 ? "ahead" : "behind");
  else
    vt__doctor_say(d, "clock", VT__FINE, "", "the file server's is that of this machine within %.0f s", CLOCK_S);
}

void vt__doctor_folder(vt__doctor *d, const char *folder, double need_bytes, int64_t need_files)
{
  trial t;
  vt__doctor_doing(d, "folder");
  if (!trial_open(d, folder, &t)) return;
  say_names(d, &t);
  say_sync(d, &t);
  say_clock(d, &t);
  trial_close(&t);
  say_room(d, &t, need_bytes, need_files);
  say_quota(d);
}
