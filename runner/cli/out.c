/* out.c - messages, colour, progress. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/cli/cli.h"
#include "runner/report/report.h"
#include "runner/telemetry/telemetry.h"

static struct {
  int quiet, color;
  double last_line_s; /* of the progress: when it was last written */
  int line_open;      /* a line that rewrites itself stands on the terminal */
  int no_memory;      /* a JSON answer could not be written */
  int why_cut;        /* errno of the first write to stdout that failed; 0: not known */
} screen;

int vt_cli_quiet(void) { return screen.quiet; }

void vt_cli_set(int quiet, int color)
{
  screen.quiet = quiet;
  screen.color = color;
}

int vt_cli_color(FILE *f)
{
  if (screen.color) return screen.color == 1;
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return !(no && *no) && !(term && strcmp(term, "dumb") == 0) && isatty(fileno(f));
}

void vt_cli_say(const char *fmt, ...)
{
  char text[4096];
  vt_buf folded = {0};
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  vt_report_fold(&folded, text);
  (void)fputs(folded.failed || !folded.s ? text : folded.s, stdout);
  vt_buf_free(&folded);
}

int vt_cli_usage_error(const vt_usage *u, const char *fmt, ...)
{
  va_list ap;
  (void)fprintf(stderr, "vitrion %s: ", u->name);
  va_start(ap, fmt);
  (void)vfprintf(stderr, fmt, ap);
  va_end(ap);
  (void)fprintf(stderr, "\nusage: vitrion %s%s%s [options]; `vitrion %s --help` explains them\n", u->name,
                *u->args ? " " : "", u->args, u->name);
  return VT_EXIT_USAGE;
}

int vt_cli_readable(const vt_usage *u, const char *path)
{
  struct stat st;
  if (access(path, R_OK) != 0 || stat(path, &st) != 0)
    return vt_cli_usage_error(u, "cannot read '%s': %s", path, strerror(errno));
  const char *kind = vt_file_kind(st.st_mode);
  if (S_ISFIFO(st.st_mode) && strncmp(path, "/dev/", 5) == 0) kind = NULL; /* an open pipe: somebody writes it */
  if (kind) return vt_cli_usage_error(u, "'%s' is %s, expected a file", path, kind);
  return -1;
}

int vt_cli_fail(const vt_err *err)
{
  vt_cli_progress_end();
  vt_buf text = {0};
  vt_err_for_people(err->text, &text);
  (void)fputs(text.failed || !text.s ? err->text : text.s, stderr);
  vt_buf_free(&text);
  switch (err->code) {
  case VT_ESTOP:
    return VT_EXIT_AGAIN;
  case VT_EPARSE:
  case VT_EINVAL:
  case VT_EUNSUP:
    return VT_EXIT_USAGE;
  case VT_ETASK:
  case VT_EDIVERGE:
    return VT_EXIT_TASKS;
  default:
    return VT_EXIT_FAIL;
  }
}

void vt_cli_print_json(vt_json *v, int one_line)
{
  enum { INDENT = 2 };
  errno = 0;
  vt_status rc = vt_json_print(v, one_line ? VT_JSON_LINE : INDENT, stdout, NULL);
  if (rc == VT_ENOMEM) screen.no_memory = 1;
  if (rc != VT_OK && !screen.why_cut) screen.why_cut = errno;
  vt_json_free(v);
}

void vt_cli_put(const char *text, size_t n)
{
  errno = 0;
  if (fwrite(text, 1, n, stdout) != n && !screen.why_cut) screen.why_cut = errno;
}

int vt_cli_done(int code)
{
  if (screen.no_memory) {
    (void)fputs("vitrion: out of memory while writing JSON\n", stderr);
    return VT_EXIT_FAIL;
  }
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return code;
  const int why = screen.why_cut ? screen.why_cut : errno;
  (void)fprintf(stderr, "vitrion: standard output cannot be written: %s\n", strerror(why ? why : EIO));
  return VT_EXIT_FAIL;
}

void vt_cli_progress(const char *fmt, ...)
{
  const double often_s = 0.2, seldom_s = 60, now_s = vt_now_s();
  if (screen.quiet || (screen.last_line_s > 0 && now_s - screen.last_line_s < often_s)) return;
  const int width = vt_progress_width();
  const double every_s = width ? often_s : seldom_s;
  if (screen.last_line_s == 0) screen.last_line_s = now_s - every_s / 2; /* short work needs no progress */
  if (now_s - screen.last_line_s < every_s) return;
  screen.last_line_s = now_s;
  screen.line_open = width > 0;
  char line[1024];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  if (width)
    (void)fprintf(stderr, "\r\033[K%.*s", width - 1, line);
  else
    (void)fprintf(stderr, "%s\n", line);
  (void)fflush(stderr);
}

void vt_cli_progress_end(void)
{
  if (screen.line_open) (void)fputs("\r\033[K", stderr);
  screen.line_open = 0;
}
