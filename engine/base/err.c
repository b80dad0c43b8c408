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
  va_start(ap, fmt);
  add_text(err, fmt, ap);
  va_end(ap);
  add_fmt(err, "\n");
  err->frames++;
  return s;
}
