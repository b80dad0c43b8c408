/* fold.c - text of people in lines of 100 columns. */
#include <string.h>

#include "runner/report/report_impl.h"

enum { COLUMNS = 100, LEAST_GAP = 50, FURTHER = 4 };

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

static void fold_line(vt_buf *out, const char *line, size_t n)
{
  size_t indent = strspn(line, " "), deep = 0;
  while (n > 0) {
    const size_t fits = bytes_of(line, n, COLUMNS - (int)deep);
    const size_t at = fits < n ? cut_at(line, fits, deep ? 0 : indent) : n;
    if (at == 0 || at == n) break;
    vt_buf_printf(out, "%*s%.*s\n", (int)deep, "", (int)at, line);
    const size_t skip = at + strspn(line + at, " ");
    line += skip;
    n -= skip < n ? skip : n;
    deep = indent + FURTHER;
  }
  vt_buf_printf(out, "%*s%.*s", (int)deep, "", (int)n, line);
}

void vt__fold(vt_buf *out, const char *text)
{
  while (*text) {
    const size_t n = strcspn(text, "\n");
    fold_line(out, text, n);
    if (text[n] == '\n') vt_buf_printf(out, "\n");
    text += n + (text[n] == '\n');
  }
}
