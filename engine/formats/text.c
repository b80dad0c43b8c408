/* text.c - words and numbers of the texts that are read here. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "engine/formats/formats_impl.h"

static const char blanks[] = " \t";

vt_status vt__text_open(vt__text *t, const char *path, const vt_frames_options *o, vt_err *err)
{
  *t = (vt__text){.o = *o};
  return vt_lines_open(&t->lines, path, err);
}

void vt__text_close(vt__text *t)
{
  vt_lines_close(t->lines);
  t->lines = NULL;
}

vt_status vt__text_line(vt__text *t, const char *what, vt_err *err)
{
  int got;
  t->at = 0;
  VT_PASS(vt_lines_next(t->lines, &t->line, &got, err));
  if (!got) VT__TEXT_BAD(t, (vt_span){0}, "the file ends, expected %s", what);
  return VT_OK;
}

vt_status vt__text_words(vt__text *t, int *got, vt_err *err)
{
  vt_span word;
  for (int blank = 0;; blank++) {
    t->at = 0;
    VT_PASS(vt_lines_next(t->lines, &t->line, got, err));
    if (!*got || vt__text_word(t, &word)) break;
    if (blank == VT__BLANK_MOST) VT__TEXT_BAD(t, (vt_span){0}, "more than %d empty lines", VT__BLANK_MOST);
  }
  t->at = 0;
  return VT_OK;
}

int vt__text_word(vt__text *t, vt_span *word) { return vt_span_token(t->line, blanks, &t->at, word); }

int vt__text_begins(const vt__text *t, const char *words)
{
  size_t i = 0, n = strlen(words);
  while (i < t->line.n && strchr(blanks, t->line.s[i])) i++;
  return t->line.n - i >= n && strncasecmp(t->line.s + i, words, n) == 0;
}

static vt_status text_missing(const vt__text *t, const char *what, vt_err *err)
{
  return vt_err_user(err, VT_EPARSE, vt_lines_name(t->lines), vt_lines_number(t->lines), (int)t->line.n + 1,
                     "the line ends, expected %s", what);
}

vt_status vt__text_real(vt__text *t, const char *what, double *x, vt_err *err)
{
  vt_span w;
  if (!vt__text_word(t, &w)) return text_missing(t, what, err);
  if (!vt_parse_f64(w.s, w.n, x)) VT__TEXT_BAD(t, w, "'%.*s', expected %s", vt_span_shown(w), w.s, what);
  return VT_OK;
}

vt_status vt__text_int(vt__text *t, const char *what, int64_t *i, vt_err *err)
{
  vt_span w;
  if (!vt__text_word(t, &w)) return text_missing(t, what, err);
  if (!vt_parse_i64(w.s, w.n, i)) VT__TEXT_BAD(t, w, "'%.*s', expected %s", vt_span_shown(w), w.s, what);
  return VT_OK;
}

vt_status vt__text_vector(vt__text *t, const char *what, double x[3], vt_err *err)
{
  for (int k = 0; k < 3; k++) {
    VT_PASS(vt__text_real(t, what, &x[k], err));
    if (fabs(x[k]) > VT__LENGTH_MOST)
      VT__TEXT_BAD(t, (vt_span){0}, "%.9g, expected %s of at most %g", x[k], what, VT__LENGTH_MOST);
  }
  return VT_OK;
}

vt_status vt__text_count(vt__text *t, const char *what, int64_t *n, vt_err *err)
{
  VT_PASS(vt__text_int(t, what, n, err));
  if (*n < 1 || *n > VT__ATOMS_MOST)
    VT__TEXT_BAD(t, (vt_span){0}, "%lld, expected %s, 1..%d", (long long)*n, what, VT__ATOMS_MOST);
  return VT_OK;
}

vt_status vt__text_forgive(vt__text *t, vt_status rc, vt_err *err)
{
  if (rc != VT_EPARSE || !t->o.mistakes) return rc;
  return vt_mistakes_note(t->o.mistakes, vt_lines_name(t->lines), err);
}

/* ------------------------------------------------------------------ atoms and cells */

int vt__symbol_of(vt_span word, char symbol[4])
{
  size_t n = 0;
  while (n < word.n && !strchr("_/-.", word.s[n])) n++;
  memset(symbol, 0, 4);
  if (n == 0 || n > 3) return 0;
  memcpy(symbol, word.s, n);
  return vt_element_z(symbol);
}

vt_status vt__check_cell(const vt__text *t, const vt_cell *c, vt_err *err)
{
  double hi[3][3];
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      if (!(fabs(c->h[i][k]) <= VT__LENGTH_MOST))
        VT__TEXT_BAD(t, (vt_span){0}, "a cell vector has %.9g, expected at most %g A", c->h[i][k], VT__LENGTH_MOST);
  if (!vt_cell_inverse(c, hi)) VT__TEXT_BAD(t, (vt_span){0}, "the cell vectors span no volume");
  return VT_OK;
}

vt_status vt__structure_room(vt_structure *s, int *cap, int n, int with_id, int with_v, vt_err *err)
{
  enum { FIRST = 256 };
  if (s->n < *cap) return VT_OK;
  int next = *cap == 0 ? FIRST : 2 * *cap; /* n is at most VT__ATOMS_MOST: no overflow */
  if (next > n) next = n;
  VT_TRY(VT_GROW(s->symbol, s->n, next, err), err, "%d atoms", next);
  VT_TRY(VT_GROW(s->x, s->n, next, err), err, "%d atoms", next);
  if (with_id) VT_TRY(VT_GROW(s->id, s->n, next, err), err, "%d atoms", next);
  if (with_v) VT_TRY(VT_GROW(s->v, s->n, next, err), err, "%d atoms", next);
  *cap = next;
  return VT_OK;
}

/* ------------------------------------------------------------------ beginnings */

vt_span vt__head_line(const char *head, size_t n, int k)
{
  size_t at = vt_text_mark(head, n);
  for (;; k--) {
    const char *end = at < n ? memchr(head + at, '\n', n - at) : NULL;
    size_t stop = end ? (size_t)(end - head) : n;
    if (at >= n) return (vt_span){0};
    if (k == 0) {
      vt_span line = {head + at, stop - at};
      if (line.n && line.s[line.n - 1] == '\r') line.n--;
      return line;
    }
    at = stop + 1;
  }
}

int vt__head_numbers(vt_span line)
{
  size_t at = 0;
  int n = 0;
  double x;
  vt_span w;
  for (; vt_span_token(line, blanks, &at, &w); n++)
    if (!vt_parse_f64(w.s, w.n, &x)) return 0;
  return n;
}

int vt__head_is_vasp(const char *head, size_t n)
{
  const int scales = vt__head_numbers(vt__head_line(head, n, 1));
  if (scales != 1 && scales != 3) return 0;
  for (int k = 2; k < 5; k++) /* NOLINT(readability-magic-numbers): the lines of the three vectors */
    if (vt__head_numbers(vt__head_line(head, n, k)) < 3) return 0;
  return 1;
}
