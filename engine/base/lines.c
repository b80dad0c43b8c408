/* lines.c - a text that people gave, line by line; words of a line; mistakes that are told together. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/base/base.h"

/* ------------------------------------------------------------------ words of a line */

static int among(char c, const char *set) { return c != '\0' && strchr(set, c) != NULL; }

int vt_span_token(vt_span line, const char *between, size_t *at, vt_span *t)
{
  size_t i = *at;
  while (i < line.n && among(line.s[i], between)) i++;
  size_t begin = i;
  while (i < line.n && !among(line.s[i], between)) i++;
  *at = i;
  *t = (vt_span){line.s + begin, i - begin};
  return i > begin;
}

int vt_span_is(vt_span t, const char *word) { return t.n == strlen(word) && strncasecmp(t.s, word, t.n) == 0; }

int vt_span_column(vt_span line, const char *at) { return (int)(at - line.s) + 1; }

int vt_span_shown(vt_span t)
{
  enum { MOST = 40 };
  return t.n < MOST ? (int)t.n : MOST;
}

/* ------------------------------------------------------------------ lines */

struct vt_lines {
  char *name;       /* for messages */
  vt_input *input;  /* NULL: text from memory */
  char *block;      /* input: read-ahead, 2 * VT_LINE_MOST */
  const char *text; /* block, or the caller's text */
  size_t n, at;     /* bytes in text; next byte to read */
  int line;         /* number of the line read last */
  vt_span last;     /* that line */
  int again;        /* it is the next one, too */
};

int vt_lines_number(const vt_lines *l) { return l->line; }
const char *vt_lines_name(const vt_lines *l) { return l->name; }

static vt_status lines_fill(vt_lines *l, vt_err *err)
{
  memmove(l->block, l->block + l->at, l->n - l->at);
  l->n -= l->at;
  l->at = 0;
  size_t got;
  VT_TRY(vt_input_read(l->input, l->block + l->n, 2 * (size_t)VT_LINE_MOST - l->n, &got, err), err, "%s: after line %d",
         l->name, l->line);
  l->n += got;
  return VT_OK;
}

#define BAD(l, col, ...) return vt_err_user(err, VT_EPARSE, (l)->name, (l)->line, (col), __VA_ARGS__)

vt_status vt_lines_next(vt_lines *l, vt_span *line, int *got, vt_err *err)
{
  *got = 0;
  if (l->again) {
    l->again = 0;
    *line = l->last;
    *got = 1;
    return VT_OK;
  }
  const char *end = memchr(l->text + l->at, '\n', l->n - l->at);
  if (!end && l->input) {
    VT_PASS(lines_fill(l, err));
    end = memchr(l->text + l->at, '\n', l->n - l->at);
  }
  if (l->line == 0) l->at += vt_text_mark(l->text + l->at, l->n - l->at);
  if (l->at == l->n) return VT_OK;
  *line = (vt_span){l->text + l->at, end ? (size_t)(end - (l->text + l->at)) : l->n - l->at};
  l->at += line->n + (end != NULL);
  l->line++;
  if (line->n > VT_LINE_MOST) BAD(l, VT_LINE_MOST, "line longer than %d bytes", VT_LINE_MOST);
  if (line->n && line->s[line->n - 1] == '\r') line->n--;
  const char *nul = memchr(line->s, '\0', line->n);
  if (nul) BAD(l, vt_span_column(*line, nul), "NUL byte; expected text");
  if (!end && vt_text_whole(l->name, line->s, line->n, NULL) != VT_OK)
    BAD(l, 0, "the last line has no end: the file may be cut; if it is whole, end it with a newline");
  *got = 1;
  l->last = *line;
  return VT_OK;
}

void vt_lines_again(vt_lines *l) { l->again = 1; }

static vt_status lines_new(vt_lines **l, const char *name, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_lines *q = NULL;
  size_t n = strlen(name) + 1;
  *l = NULL;
  VT_TRY_OUT(VT_NEW(q, 1, err), err, "reading %s", name);
  VT_TRY_OUT(VT_NEW(q->name, n, err), err, "reading %s", name);
  memcpy(q->name, name, n);
  *l = q;
  q = NULL;
out:
  vt_lines_close(q);
  return rc;
}

vt_status vt_lines_open(vt_lines **l, const char *path, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_lines *q = NULL;
  *l = NULL;
  VT_PASS(lines_new(&q, path, err));
  VT_TRY_OUT(VT_NEW(q->block, 2 * (size_t)VT_LINE_MOST, err), err, "reading %s", path);
  q->text = q->block;
  FILE *file = fopen(path, "rb"); /* a pipe, too: lines are read once */
  if (!file) {
    rc = vt_err_user(err, VT_EIO, path, 0, 0, "cannot be opened: %s", strerror(errno));
    goto out;
  }
  if ((rc = vt_input_open(&q->input, path, file, err)) != VT_OK) goto out;
  *l = q;
  q = NULL;
out:
  vt_lines_close(q);
  return rc;
}

vt_status vt_lines_open_text(vt_lines **l, const char *name, const char *text, size_t n, vt_err *err)
{
  VT_PASS(lines_new(l, name, err));
  (*l)->text = n ? text : "";
  (*l)->n = n;
  return VT_OK;
}

void vt_lines_close(vt_lines *l)
{
  if (!l) return;
  vt_input_close(l->input);
  vt_free(l->block);
  vt_free(l->name);
  vt_free(l);
}

/* ------------------------------------------------------------------ mistakes */

vt_status vt_mistakes_note(vt_mistakes *m, const char *name, vt_err *err)
{
  m->n++;
  vt_buf_printf(&m->text, "%s\n", vt_err_line(err ? err->text : name).s);
  vt_err_clear(err);
  if (m->n < VT_MISTAKES_MOST) return VT_OK;
  return vt_err_user(err, VT_EPARSE, name, 0, 0, "%d mistakes: what follows was not read", m->n);
}

void vt_mistakes_free(vt_mistakes *m)
{
  vt_buf_free(&m->text);
  *m = (vt_mistakes){0};
}
