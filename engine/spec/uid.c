#include <ctype.h>
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "engine/spec/spec.h"

void vt_sha256(const void *p, size_t n, vt_uid *out)
{
  SHA2_CTX ctx;
  SHA256Init(&ctx);
  SHA256Update(&ctx, p, n);
  SHA256Final(out->b, &ctx);
}

vt_status vt_sha256_file(const char *path, vt_uid *out, vt_err *err)
{
  unsigned char piece[1 << 16];
  SHA2_CTX ctx;
  FILE *f;
  VT_PASS(vt_file_open(path, &f, err));
  SHA256Init(&ctx);
  for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) {
    SHA256Update(&ctx, piece, n);
    vt_alive();
  }
  int bad = ferror(f), why = errno;
  fclose(f);
  if (bad) VT_FAIL(err, VT_EIO, "cannot read '%s': %s", path, strerror(why));
  SHA256Final(out->b, &ctx);
  return VT_OK;
}

static const char hex_digit[] = "0123456789abcdef";

void vt_uid_hex(const vt_uid *u, char hex[65])
{
  for (size_t i = 0; i < sizeof u->b; i++) {
    hex[2 * i] = hex_digit[u->b[i] >> 4];
    hex[2 * i + 1] = hex_digit[u->b[i] & 15];
  }
  hex[64] = '\0';
}

int vt_uid_has_prefix(const vt_uid *u, const char *hex)
{
  char mine[65];
  size_t n = strlen(hex);
  if (n < 4 || n > 64) return 0;
  vt_uid_hex(u, mine);
  for (size_t i = 0; i < n; i++)
    if (tolower((unsigned char)hex[i]) != mine[i]) return 0;
  return 1;
}

int vt_uid_equal(const vt_uid *a, const vt_uid *b) { return vt_uid_cmp(a, b) == 0; }

int vt_uid_cmp(const vt_uid *a, const vt_uid *b) { return memcmp(a->b, b->b, sizeof a->b); }
