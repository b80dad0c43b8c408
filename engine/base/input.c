/* input.c - the bytes of a file that people gave, expanded where it begins like gzip (RFC 1952) or xz. */
#include <errno.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>

#include "engine/base/base.h"

enum { PIECE = 1 << 16, GZIP_WINDOW = 15 + 16, MARK = 6 };

/* An xz file may ask for a dictionary of 4 GiB; `xz -9` asks for 64 MiB. */
static const uint64_t XZ_MEMORY = UINT64_C(128) << 20;
/* What 64 KiB of a file may become: text of atoms or numbers shrinks 2 to 100 times, a file of nothing but one byte
 * 1000 times (gzip) or 7000 times (xz).  The first 64 MiB are free. */
static const uint64_t RATIO_MOST = 1000, RATIO_FREE = UINT64_C(64) << 20;

typedef enum input_kind { PLAIN, GZIP, XZ } input_kind;

struct vt_input {
  char *name; /* for messages */
  FILE *file;
  input_kind kind;
  z_stream z;
  lzma_stream x;
  int ended;            /* what was read so far is whole: it may end here */
  int file_ended;       /* of the file */
  uint64_t n_in, n_out; /* bytes of the file, and what they became */
  size_t at, have;      /* unread bytes of `piece`: [at, have) */
  unsigned char piece[PIECE];
};

static vt_status input_fill(vt_input *s, vt_err *err)
{
  s->at = 0;
  s->have = fread(s->piece, 1, PIECE, s->file);
  s->n_in += s->have;
  if (ferror(s->file)) VT_FAIL(err, VT_EIO, "cannot read '%s': %s", s->name, strerror(errno));
  s->file_ended = s->have == 0;
  return VT_OK;
}

/* ------------------------------------------------------------------ what it is */

static const struct {
  const char *mark;
  size_t n;
  const char *name; /* NULL: it is read */
  input_kind kind;
} known[] = {{"\x1f\x8b", 2, NULL, GZIP},
             {"\xFD"
              "7zXZ\0",
              6, NULL, XZ},
             {"BZh", 3, "bzip2", PLAIN},
             {"\x28\xB5\x2F\xFD", 4, "zstd", PLAIN},
             {"\x04\x22\x4D\x18", 4, "lz4", PLAIN},
             {"PK\x03\x04", 4, "zip", PLAIN}};

static vt_status input_recognise(vt_input *s, vt_err *err)
{
  VT_PASS(input_fill(s, err));
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    if (s->have < known[k].n || memcmp(s->piece, known[k].mark, known[k].n) != 0) continue;
    if (known[k].name)
      return vt_err_user(err, VT_EPARSE, s->name, 0, 0, "compressed by %s: expected text, plain or by gzip or xz",
                         known[k].name);
    s->kind = known[k].kind;
  }
  if (s->have >= 2 && (memcmp(s->piece, "\xFF\xFE", 2) == 0 || memcmp(s->piece, "\xFE\xFF", 2) == 0))
    return vt_err_user(err, VT_EPARSE, s->name, 1, 1, "text in UTF-16, expected ASCII or UTF-8");
  if (s->kind == GZIP && inflateInit2(&s->z, GZIP_WINDOW) != Z_OK) {
    s->kind = PLAIN; /* nothing to end */
    VT_FAIL(err, VT_ENOMEM, "no memory to expand '%s'", s->name);
  }
  if (s->kind == XZ && lzma_stream_decoder(&s->x, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
    VT_FAIL(err, VT_ENOMEM, "no memory to expand '%s'", s->name);
  return VT_OK;
}

/* ------------------------------------------------------------------ expanding */

static vt_status input_cut(const vt_input *s, vt_err *err)
{
  return vt_err_user(err, VT_EPARSE, s->name, 0, 0, "the %s data end in the middle: the file was cut",
                     s->kind == GZIP ? "gzip" : "xz");
}

static vt_status input_damaged(const vt_input *s, const char *why, vt_err *err)
{
  return vt_err_user(err, VT_EPARSE, s->name, 0, 0, "the %s data are damaged: %s", s->kind == GZIP ? "gzip" : "xz",
                     why);
}

/* Between two gzip members: another one begins, zeros pad the end, or it is no gzip. */
static vt_status gzip_between(vt_input *s, vt_err *err)
{
  while (s->at < s->have && s->piece[s->at] == 0) s->at++;
  if (s->at == s->have) return VT_OK;
  if (s->piece[s->at] != 0x1f) return input_damaged(s, "something follows their end", err);
  s->ended = 0;
  (void)inflateReset(&s->z);
  return VT_OK;
}

/* One step of gzip into to[n]; *got bytes came out. */
static vt_status gzip_step(vt_input *s, unsigned char *to, size_t n, size_t *got, vt_err *err)
{
  *got = 0;
  if (s->ended) VT_PASS(gzip_between(s, err));
  if (s->ended) return VT_OK;
  s->z.next_in = s->piece + s->at;
  s->z.avail_in = (uInt)(s->have - s->at);
  s->z.next_out = to;
  s->z.avail_out = (uInt)n;
  const int rc = inflate(&s->z, Z_NO_FLUSH);
  s->at = s->have - s->z.avail_in;
  *got = n - s->z.avail_out;
  s->ended = rc == Z_STREAM_END;
  if (rc == Z_MEM_ERROR) VT_FAIL(err, VT_ENOMEM, "no memory to expand '%s'", s->name);
  if (rc == Z_BUF_ERROR && s->file_ended) return input_cut(s, err);
  if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
    return input_damaged(s, s->z.msg ? s->z.msg : "no gzip", err);
  return VT_OK;
}

/* One step of xz. */
static vt_status xz_step(vt_input *s, unsigned char *to, size_t n, size_t *got, vt_err *err)
{
  *got = 0;
  if (s->ended) return VT_OK;
  s->x.next_in = s->piece + s->at;
  s->x.avail_in = s->have - s->at;
  s->x.next_out = to;
  s->x.avail_out = n;
  const lzma_ret rc = lzma_code(&s->x, s->file_ended ? LZMA_FINISH : LZMA_RUN);
  s->at = s->have - s->x.avail_in;
  *got = n - s->x.avail_out;
  s->ended = rc == LZMA_STREAM_END;
  if (rc == LZMA_MEMLIMIT_ERROR)
    return input_damaged(s, "they need more than the 128 MiB that are allowed to expand them", err);
  if (rc == LZMA_MEM_ERROR) VT_FAIL(err, VT_ENOMEM, "no memory to expand '%s'", s->name);
  if (rc == LZMA_BUF_ERROR) return s->file_ended ? input_cut(s, err) : VT_OK;
  if (rc != LZMA_OK && rc != LZMA_STREAM_END) return input_damaged(s, "checksum or structure", err);
  return VT_OK;
}

static vt_status plain_step(vt_input *s, unsigned char *to, size_t n, size_t *got)
{
  *got = s->have - s->at < n ? s->have - s->at : n;
  memcpy(to, s->piece + s->at, *got);
  s->at += *got;
  s->ended = s->at == s->have && s->file_ended;
  return VT_OK;
}

static vt_status input_step(vt_input *s, unsigned char *to, size_t n, size_t *got, vt_err *err)
{
  if (s->kind == GZIP) return gzip_step(s, to, n, got, err);
  if (s->kind == XZ) return xz_step(s, to, n, got, err);
  return plain_step(s, to, n, got);
}

vt_status vt_input_read(vt_input *s, void *to, size_t cap, size_t *n, vt_err *err)
{
  *n = 0;
  while (*n < cap) {
    size_t got, part = cap - *n < PIECE ? cap - *n : PIECE;
    if (s->at == s->have && !s->file_ended) VT_PASS(input_fill(s, err));
    VT_PASS(input_step(s, (unsigned char *)to + *n, part, &got, err));
    *n += got;
    s->n_out += got;
    if (s->kind != PLAIN && s->n_out > RATIO_FREE && s->n_out / RATIO_MOST > s->n_in)
      return vt_err_user(err, VT_EPARSE, s->name, 0, 0,
                         "%llu bytes became more than %llu MiB and %llu times as many: that is no text of atoms or "
                         "numbers",
                         (unsigned long long)s->n_in, (unsigned long long)(RATIO_FREE >> 20),
                         (unsigned long long)RATIO_MOST);
    if (s->ended && s->file_ended && s->at == s->have) break;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ opening, closing */

vt_status vt_input_open(vt_input **s, const char *name, FILE *file, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_input *q = NULL;
  *s = NULL;
  rc = VT_NEW(q, 1, err);
  if (rc != VT_OK) {
    (void)fclose(file);
    return rc;
  }
  q->file = file;
  q->x = (lzma_stream)LZMA_STREAM_INIT;
  VT_TRY_OUT(VT_NEW(q->name, strlen(name) + 1, err), err, "reading '%s'", name);
  memcpy(q->name, name, strlen(name) + 1);
  rc = input_recognise(q, err);
  if (rc != VT_OK) goto out;
  *s = q;
  q = NULL;
out:
  vt_input_close(q);
  return rc;
}

int vt_input_expands(const vt_input *s) { return s->kind != PLAIN; }

void vt_input_close(vt_input *s)
{
  if (!s) return;
  if (s->kind == GZIP) (void)inflateEnd(&s->z);
  lzma_end(&s->x);
  (void)fclose(s->file);
  vt_free(s->name);
  vt_free(s);
}

/* ------------------------------------------------------------------ whole texts */

size_t vt_text_mark(const char *text, size_t n) { return n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; }

vt_status vt_text_whole(const char *name, const char *text, size_t n, vt_err *err)
{
  int line = 1, blank = 1;
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '\n') line++;
    blank = text[i] == '\n' || (blank && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r'));
  }
  if (blank) return VT_OK;
  return vt_err_user(err, VT_EPARSE, name, line, 0,
                     "the last line has no end: the file may be cut; if it is whole, end it with a newline");
}

vt_status vt_text_read(const char *path, size_t most, char **data, size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  FILE *f;
  vt_input *s = NULL;
  char *block = NULL;
  size_t cap = PIECE, used = 0;
  *data = NULL;
  *n = 0;
  VT_PASS(vt_file_open(path, &f, err));
  VT_PASS(vt_input_open(&s, path, f, err));
  VT_TRY_OUT(VT_NEW(block, cap + 1, err), err, "reading '%s'", path);
  for (size_t got = 1; got > 0; used += got) {
    if (used == cap) {
      cap = cap < most ? 2 * cap : cap + PIECE;
      VT_TRY_OUT(VT_GROW(block, used, cap + 1, err), err, "reading '%s'", path);
    }
    if ((rc = vt_input_read(s, block + used, cap - used, &got, err)) != VT_OK) goto out;
    if (used + got > most)
      VT_FAIL_OUT(err, VT_EPARSE, "'%s' has%s more than the %zu bytes that are allowed here", path,
                  s->kind == PLAIN ? "" : ", expanded,", most);
  }
  if ((rc = vt_text_whole(path, block, used, err)) != VT_OK) goto out;
  *n = used;
  *data = block;
  block = NULL;
out:
  vt_free(block);
  vt_input_close(s);
  return rc;
}
