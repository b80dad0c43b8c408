/* lines.c - text files of short lines of words: '#' begins a comment, lines without words are skipped. */
#include <string.h>

#include "engine/pot/pot_impl.h"

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Split [s, eol) into words; at most VT__POT_WORDS are kept, more are counted. */
static void pot_lines_split(vt__pot_lines *l, const char *s, const char *eol)
{
  l->n_words = 0;
  while (s < eol && *s != '#') {
    if (is_blank(*s)) {
      s++;
      continue;
    }
    const char *e = s;
    while (e < eol && !is_blank(*e) && *e != '#') e++;
    if (l->n_words < VT__POT_WORDS) {
      l->word[l->n_words] = s;
      l->len[l->n_words] = (int)(e - s); /* fits: files of back ends are far below 2^31 bytes */
    }
    l->n_words++;
    s = e;
  }
}

int vt__pot_line(vt__pot_lines *l)
{
  while (l->at < l->end) {
    const char *eol = memchr(l->at, '\n', (size_t)(l->end - l->at));
    if (!eol) eol = l->end;
    l->line++;
    pot_lines_split(l, l->at, eol);
    l->at = eol < l->end ? eol + 1 : eol;
    if (l->n_words) return 1;
  }
  l->n_words = 0;
  return 0;
}

int vt__pot_word_is(const vt__pot_lines *l, int k, const char *s)
{
  return k < l->n_words && (size_t)l->len[k] == strlen(s) && memcmp(l->word[k], s, (size_t)l->len[k]) == 0;
}
