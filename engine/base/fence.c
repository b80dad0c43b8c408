/* fence.c - files that several jobs share are changed by one of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/base.h"

static const vt_fence *fence_of_this_process;

void vt_fence_install(const vt_fence *fence) { fence_of_this_process = fence; }

vt_status vt_fence_check(vt_err *err)
{
  const vt_fence *f = fence_of_this_process;
  return f ? f->may(f->ctx, err) : VT_OK;
}

vt_status vt_fence_name(const char *path, char *tmp, size_t cap, vt_err *err)
{
  const vt_fence *f = fence_of_this_process;
  char alone[32];
  (void)snprintf(alone, sizeof alone, "0.%ld", (long)getpid());
  if (snprintf(tmp, cap, "%s.%s.tmp", path, f ? f->mark : alone) >= (int)cap)
    VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  return VT_OK;
}

int vt_fence_is_name(const char *name, int64_t *epoch)
{
  static const char *const of[] = {"results.h5",  "results.h5.sha256", "summary.json",
                                   "summary.csv", "campaign.yaml",     "status.json"};
  size_t n = strlen(name);
  if (n < 4 || strcmp(name + n - 4, ".tmp") != 0) return 0;
  for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
    size_t l = strlen(of[k]);
    if (strncmp(name, of[k], l) != 0 || name[l] != '.') continue;
    const char *number = name + l + 1;
    size_t digits = strspn(number, "0123456789");
    if (digits > 0 && number[digits] == '.' && number + digits + 1 < name + n - 4)
      return vt_parse_i64(number, digits, epoch);
  }
  return 0;
}

static vt_status move_view(const char *tmp, const char *path, vt_err *err)
{
  if (rename(tmp, path) == 0) return VT_OK;
  VT_FAIL(err, VT_EIO, "cannot rename '%s' to '%s': %s", tmp, path, strerror(errno));
}

static vt_status fence_move(const char *tmp, const char *path, int lasting, vt_err *err)
{
  vt_status rc = vt_fence_check(err);
  if (rc == VT_OK) {
    rc = lasting ? vt_file_move(tmp, path, err) : move_view(tmp, path, err);
    vt_err why = {0};
    if (rc != VT_OK && vt_fence_check(&why) == VT_ESTOP) { /* the next leader has removed the source */
      *err = why;
      rc = VT_ESTOP;
    }
  }
  if (rc != VT_OK) (void)unlink(tmp);
  return rc;
}

vt_status vt_fence_move(const char *tmp, const char *path, vt_err *err) { return fence_move(tmp, path, 1, err); }

static vt_status fence_write(const char *tmp, const void *data, size_t n, int lasting, vt_err *err)
{
  const char *from = data;
  (void)unlink(tmp); /* of this process, which failed to remove it */
  int why = 0, fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot create '%s': %s", tmp, strerror(errno));
  while (n && !why) {
    ssize_t put = write(fd, from, n);
    if (put < 0 && errno != EINTR) why = errno;
    if (put > 0) from += put, n -= (size_t)put;
  }
  if (!why && lasting && fsync(fd) != 0) why = errno;
  if (close(fd) != 0 && !why) why = errno;
  if (!why) return VT_OK;
  (void)unlink(tmp);
  VT_FAIL(err, VT_EIO, "cannot write '%s': %s", tmp, strerror(why));
}

vt_status vt_fence_write(const char *tmp, const void *data, size_t n, vt_err *err)
{
  return fence_write(tmp, data, n, 1, err);
}

static vt_status publish(const char *path, const void *data, size_t n, int lasting, vt_err *err)
{
  char tmp[4096];
  vt_err own = {0};
  if (!err) err = &own;
  VT_PASS(vt_fence_name(path, tmp, sizeof tmp, err));
  VT_PASS(fence_write(tmp, data, n, lasting, err));
  return fence_move(tmp, path, lasting, err);
}

vt_status vt_file_publish(const char *path, const void *data, size_t n, vt_err *err)
{
  return publish(path, data, n, 1, err);
}

vt_status vt_file_publish_view(const char *path, const void *data, size_t n, vt_err *err)
{
  return publish(path, data, n, 0, err);
}
