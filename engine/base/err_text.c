/* err_text.c - an error chain as people read it. */
#include <string.h>

#include "engine/base/base.h"

static int show_positions;

void vt_err_show_positions(int on) { show_positions = on; }

/* Bytes of "engine/md/contacts.c:150: " where a line begins with it: a file of ours, as the compiler names it (with
 * "../" before it where a compiler cache made paths relative to the build folder). */
static size_t position(const char *line)
{
  static const char *const folder[] = {"engine/", "config/", "runner/", "tests/"};
  size_t n = 0, before;
  while (strncmp(line + n, "../", 3) == 0) n += 3;
  before = n;
  for (size_t k = 0; k < sizeof folder / sizeof *folder && n == before; k++)
    if (strncmp(line + n, folder[k], strlen(folder[k])) == 0) n += strlen(folder[k]);
  if (n == before) return 0;
  n += strspn(line + n, "abcdefghijklmnopqrstuvwxyz0123456789_/");
  if (strncmp(line + n, ".c:", 3) != 0 && strncmp(line + n, ".h:", 3) != 0) return 0;
  n += 3;
  size_t digits = strspn(line + n, "0123456789");
  return digits && strncmp(line + n + digits, ": ", 2) == 0 ? n + digits + 2 : 0;
}

const char *vt_err_sentence(const char *chain, int *n)
{
  const char *from = chain + position(chain);
  *n = (int)strcspn(from, "\n");
  return from;
}

void vt_err_for_people(const char *chain, vt_buf *out)
{
  for (const char *line = chain; *line;) {
    const char *from = show_positions ? line : line + position(line);
    size_t n = strcspn(from, "\n");
    if (n) {
      vt_buf_add(out, from, n);
      vt_buf_add(out, "\n", 1);
    }
    line = from + n + (from[n] == '\n');
  }
}

/* The sentences of a chain with `between` (two bytes or fewer) between them. */
static vt_err_text joined(const char *chain, const char *between, int positions)
{
  vt_err_text t = {.s = ""};
  size_t used = 0;
  for (const char *line = chain; *line;) {
    const char *from = positions ? line : line + position(line);
    size_t n = strcspn(from, "\n"), room = sizeof t.s - 1 - used;
    if (n && used && room >= strlen(between)) {
      memcpy(t.s + used, between, strlen(between));
      used += strlen(between);
      room -= strlen(between);
    }
    size_t put = n < room ? n : room;
    memcpy(t.s + used, from, put);
    used += put;
    line = from + n + (from[n] == '\n');
  }
  t.s[used] = '\0';
  return t;
}

vt_err_text vt_err_line(const char *chain) { return joined(chain, "; ", show_positions); }
vt_err_text vt_err_sentences(const char *chain) { return joined(chain, "\n", 0); }
