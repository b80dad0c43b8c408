/* Any bytes as the lines of a parameter file or a committee: never a crash; words lie inside the text, in order, hold
 * no blank, and a line that is returned has at least one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot_impl.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *text = (const char *)data, *seen = text;
  vt__pot_lines l = {.path = "fuzz.txt", .at = text, .end = text + size};
  int line = 0;
  while (vt__pot_line(&l)) {
    must(l.line > line && l.n_words > 0, "a line without words, or twice");
    line = l.line;
    for (int k = 0; k < l.n_words && k < VT__POT_WORDS; k++) {
      must(l.word[k] >= seen && l.len[k] > 0 && l.word[k] + l.len[k] <= l.at, "a word outside of its line");
      for (int c = 0; c < l.len[k]; c++) must(!strchr(" \t\r\n#", l.word[k][c]) || !l.word[k][c], "a blank in a word");
      (void)vt__pot_word_is(&l, k, "radius");
      seen = l.word[k] + l.len[k];
    }
  }
  must(l.at == l.end && l.n_words == 0, "text is left over");
  return 0;
}
