/* room.c - space on the disk for an assembly: asked for and reserved before anything is written. */
#define _GNU_SOURCE /* fallocate */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runner/store/h5_impl.h"

enum { TRIES_MOST = 100 }; /* after signals */

/* -1: nobody knows. */
static double bytes_left(const char *tmp)
{
  struct statvfs v;
  char folder[VT__STORE_PATH];
  const char *slash = strrchr(tmp, '/');
  (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - tmp) + 1 : 1, slash ? tmp : ".");
  return statvfs(folder, &v) == 0 ? (double)v.f_bavail * (double)v.f_frsize : -1;
}

static vt_status refuse(const char *tmp, uint64_t most, int why, vt_err *err)
{
  char left[64] = "";
  double n = bytes_left(tmp);
  if (n >= 0) (void)snprintf(left, sizeof left, ", %.0f bytes (%.1f MB) are left", n, 1e-6 * n);
  VT_FAIL(err, VT_EIO,
          "the store may need %llu bytes (%.1f MB) for '%s'%s: %s; free some space and run again, no data were written",
          (unsigned long long)most, 1e-6 * (double)most, tmp, left, strerror(why));
}

vt_status vt__store_check_room(const char *tmp, uint64_t most, vt_err *err)
{
  struct rlimit size;
  double left = bytes_left(tmp);
  if (left >= 0 && left < (double)most) return refuse(tmp, most, ENOSPC, err);
  if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur != RLIM_INFINITY && size.rlim_cur < most)
    VT_FAIL(err, VT_EIO,
            "the store may need %llu bytes (%.1f MB), but files of this process may have %llu: %s; raise the limit "
            "(ulimit -f) and run again, no data were written",
            (unsigned long long)most, 1e-6 * (double)most, (unsigned long long)size.rlim_cur, strerror(EFBIG));
  return VT_OK;
}

/* This file system cannot reserve. */
static int cannot(int why) { return why == EOPNOTSUPP || why == ENOSYS || why == EINVAL; }

vt_status vt__store_reserve(int fd, const char *tmp, uint64_t most, int lengthen, vt_err *err)
{
  int why = EINTR;
  for (int i = 0; i < TRIES_MOST && why == EINTR; i++)
    why = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)most) == 0 ? 0 : errno;
  if (lengthen && cannot(why)) why = posix_fallocate(fd, 0, (off_t)most);
  if (cannot(why)) return VT_OK;
  return why ? refuse(tmp, most, why, err) : VT_OK;
}

vt_status vt__store_trim(const char *tmp, vt_err *err)
{
  struct stat st;
  if (stat(tmp, &st) != 0 || truncate(tmp, st.st_size) != 0)
    VT_FAIL(err, VT_EIO, "cannot give back what was reserved for '%s': %s", tmp, strerror(errno));
  return VT_OK;
}
