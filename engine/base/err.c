#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/base.h"

static const struct {
  const char *text;
  vt_dispo dispo;
} status_table[VT_STATUS_COUNT] = {
#define VT_STATUS_ROW(name, dispo, text) [VT_##name] = {text, dispo},
    VT_STATUS_LIST(VT_STATUS_ROW)
#undef VT_STATUS_ROW
};

static int err_known(vt_status s) { return (int)s >= 0 && s < VT_STATUS_COUNT; }

const char *vt_status_text(vt_status s) { return err_known(s) ? status_table[s].text : "unknown status"; }

vt_dispo vt_status_dispo(vt_status s) { return err_known(s) ? status_table[s].dispo : VT_DISPO_ABORT; }

void vt_err_clear(vt_err *err)
{
  if (err) memset(err, 0, sizeof *err);
}

static void add_text(vt_err *err, const char *fmt, va_list ap)
{
  size_t room = sizeof err->text - err->used;
  int n = vsnprintf(err->text + err->used, room, fmt, ap);
  if (n < 0) return;
  size_t wrote = (size_t)n < room ? (size_t)n : room - 1;
  err->used += (uint32_t)wrote;
  VT_ASSERT(err->used < sizeof err->text);
}

static void VT_PRINTF(2, 3) add_fmt(vt_err *err, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  add_text(err, fmt, ap);
  va_end(ap);
}

static void add_frame(vt_err *err, const char *file, int line, const char *fmt, va_list ap)
{
  add_fmt(err, "%s:%d: ", file, line);
  add_text(err, fmt, ap);
  add_fmt(err, "\n");
  err->frames++;
}

vt_status vt_err_set(vt_err *err, vt_status s, const char *file, int line, const char *fmt, ...)
{
  if (!err) return s;
  va_list ap;
  vt_err_clear(err);
  err->code = (int32_t)s;
  va_start(ap, fmt);
  add_frame(err, file, line, fmt, ap);
  va_end(ap);
  return s;
}

vt_status vt_err_wrap(vt_err *err, vt_status s, const char *file, int line, const char *fmt, ...)
{
  if (!err) return s;
  va_list ap;
  if (err->code != (int32_t)s) { /* the callee set no text: begin the chain here */
    vt_err_clear(err);
    err->code = (int32_t)s;
  }
  va_start(ap, fmt);
  add_frame(err, file, line, fmt, ap);
  va_end(ap);
  return s;
}

/* The length of the UTF-8 sequence at s[n] (RFC 3629: shortest form, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
  if (s[0] < 0x80) return 1;
  const size_t l = s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;
  if (l == 0 || l > n) return 0;
  for (size_t k = 1; k < l; k++)
    if ((s[k] & 0xC0) != 0x80) return 0;
  const int too_long = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
  const int outside = (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF4 && s[1] > 0x8F);
  return too_long || outside ? 0 : l;
}

/* What stands in a file may be any bytes: those that would steer a terminal, or are no text, are shown as '?'. */
static void make_printable(char *text, size_t n)
{
  enum { BLANK = 0x20, DEL = 0x7F };
  for (size_t k = 0; k < n;) {
    const unsigned char c = (unsigned char)text[k];
    const size_t l = utf8_length((const unsigned char *)text + k, n - k);
    if (l == 0 || (c < BLANK && c != '\n' && c != '\t') || c == DEL) text[k] = '?';
    k += l ? l : 1;
  }
}

vt_status vt_err_user(vt_err *err, vt_status s, const char *path, int line, int col, const char *fmt, ...)
{
  if (!err) return s;
  va_list ap;
  vt_err_clear(err);
  err->code = (int32_t)s;
  add_fmt(err, "%s:", path);
  if (line > 0) add_fmt(err, "%d:", line);
  if (line > 0 && col > 0) add_fmt(err, "%d:", col);
  add_fmt(err, " ");
  const uint32_t begin = err->used;
  va_start(ap, fmt);
  add_text(err, fmt, ap);
  va_end(ap);
  make_printable(err->text + begin, err->used - begin);
  add_fmt(err, "\n");
  err->frames++;
  return s;
}
