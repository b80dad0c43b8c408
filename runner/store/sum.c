/* sum.c - <path>.sha256: the line that an assembly leaves beside the store, and the check against it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/store/h5_impl.h"

static int is_line(const char *s, size_t n, const char *name)
{
  enum { HEX = 64 };
  size_t l = strlen(name);
  if (n != HEX + 2 + l + 1) return 0;
  if (strspn(s, "0123456789abcdef") != HEX || memcmp(s + HEX, "  ", 2) != 0) return 0;
  return memcmp(s + HEX + 2, name, l) == 0 && s[n - 1] == '\n';
}

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

vt_status vt__sum_line(const char *file, const char *path, vt_buf *out, vt_err *err)
{
  vt_uid hash;
  char hex[65];
  VT_PASS(vt_sha256_file(file, &hash, err));
  vt_uid_hex(&hash, hex);
  vt_buf_printf(out, "%s  %s\n", hex, base_name(path));
  return vt_buf_check(out, err);
}

vt_status vt_store_check_sum(const char *path, vt_err *err)
{
  vt_status rc = VT_OK;
  char sum[VT__STORE_PATH], *line = NULL;
  size_t n;
  vt_buf now = {0};
  if (snprintf(sum, sizeof sum, "%s.sha256", path) >= (int)sizeof sum)
    VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  VT_TRY_OUT(vt__sum_line(path, path, &now, err), err, "checksum of '%s'", path);
  VT_TRY_OUT(vt_file_read(sum, VT__STORE_PATH, &line, &n, err), err, "checksum of '%s'", path);
  if (!is_line(line, n, base_name(path)))
    VT_FAIL_OUT(err, VT_EPARSE, "'%s' is not the line that sha256sum writes", sum);
  if (n != now.len || memcmp(line, now.s, n) != 0)
    VT_FAIL_OUT(err, VT_ECORRUPT, "'%s' has the SHA-256 %.64s, '%s' says %.64s", path, now.s, sum, line);
out:
  vt_buf_free(&now);
  vt_free(line);
  return rc;
}
