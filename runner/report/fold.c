/* fold.c - text of people in lines of 100 columns. */
#include <string.h>

#include "runner/report/report_impl.h"

enum { COLUMNS = VT__COLUMNS, LEAST_GAP = 50, FURTHER = 4 };

/* Bytes of the first `columns` characters of a line of n bytes. */
static size_t bytes_of(const char *line, size_t n, int columns)
{
  size_t i = 0;
  for (; i < n; i++) {
    if (((unsigned char)line[i] & 0xC0) == 0x80) continue; /* within a character of UTF-8 */
    if (columns-- == 0) break;
  }
  return i;
}

/* Where a line of more than `fits` bytes is cut: at the last gap between columns of a table if that is not too far to
 * the left, else at the last space; 0: nowhere. */
static size_t cut_at(const char *line, size_t fits, size_t indent)
{
  size_t gap = 0, space = 0;
  for (size_t i = indent + 1; i <= fits; i++) {
    if (line[i] != ' ') continue;
    if (line[i - 1] != ' ') space = i;
    if (line[i - 1] != ' ' && line[i + 1] == ' ') gap = i;
  }
  return gap >= LEAST_GAP ? gap : space;
}

/* Where what is left of a line begins on the next one: in a table further in, behind a label and a gap below the text,
 * else further in, too. */
static size_t depth_of(const char *line, size_t at, size_t indent)
{
  if (line[at + 1] == ' ' && at >= LEAST_GAP) return indent + FURTHER;
  for (size_t i = indent; i + 2 < at && i < LEAST_GAP; i++)
    if (line[i] == ' ' && line[i + 1] == ' ') return i + strspn(line + i, " ");
  return indent + FURTHER;
}

/* The line in pieces; returns the last one, which is not put out yet, and its depth. */
static const char *fold_line(vt_buf *out, const char *line, size_t *n, size_t *deep)
{
  const size_t indent = strspn(line, " ");
  *deep = 0;
  for (;;) {
    const size_t fits = bytes_of(line, *n, COLUMNS - (int)*deep);
    const size_t at = fits < *n ? cut_at(line, fits, *deep ? 0 : indent) : *n;
    if (at == 0 || at == *n) return line;
    vt_buf_printf(out, "%*s%.*s\n", (int)*deep, "", (int)at, line);
    if (*deep == 0) *deep = depth_of(line, at, indent);
    const size_t skip = at + strspn(line + at, " ");
    line += skip;
    *n -= skip < *n ? skip : *n;
  }
}

static int is_prose(const char *line) { return *line && *line != ' ' && *line != '\n'; }

void vt_report_fold(vt_buf *out, const char *text)
{
  vt_buf flowing = {0}; /* what is left of a line of a paragraph, and the next line */
  while (*text) {
    const size_t n = strcspn(text, "\n");
    const int ended = text[n] == '\n', goes_on = ended && is_prose(text) && is_prose(text + n + 1);
    vt_buf_printf(&flowing, "%s%.*s", flowing.len ? " " : "", (int)n, text);
    if (flowing.failed) break;
    size_t left = flowing.len, deep;
    const char *rest = fold_line(out, flowing.s, &left, &deep);
    text += n + (size_t)ended;
    if (deep > 0 && goes_on) {
      vt_buf more = {0};
      vt_buf_printf(&more, "%.*s", (int)left, rest);
      vt_buf_free(&flowing);
      flowing = more;
      continue;
    }
    if (left > 0) vt_buf_printf(out, "%*s%.*s", (int)deep, "", (int)left, rest);
    if (ended) vt_buf_printf(out, "\n");
    vt_buf_free(&flowing);
    flowing = (vt_buf){0};
  }
  if (flowing.failed) out->failed = 1;
  vt_buf_free(&flowing);
}
