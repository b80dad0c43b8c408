#include <stdio.h>

#include "engine/base/base.h"

static struct {
  vt_log_sink *sink;
  void *ctx;
  vt_log_level least;
} installed;

void vt_log_install(vt_log_sink *sink, void *ctx, vt_log_level least)
{
  installed.sink = sink;
  installed.ctx = ctx;
  installed.least = least;
}

void vt_log(vt_log_level level, const char *module, const char *fmt, ...)
{
  if (!installed.sink || level < installed.least) return;
  char line[2048];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  if (n >= 0) installed.sink(installed.ctx, level, module, line);
}
