/* Any bytes as a table: never a crash; all rows are as wide as the header, lines ascend, cells are text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/csv/csv.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vt_csv c;
  vt_err err = {0};
  const vt_status rc = vt_csv_parse("fuzz.csv", (const char *)data, size, &c, &err);
  if (rc != VT_OK) {
    must(rc == VT_EPARSE && strncmp(err.text, "fuzz.csv:", 9) == 0, err.text);
    return 0;
  }
  size_t bytes = 0;
  for (size_t i = 0; i < c.n_rows; i++) {
    must(c.line[i] > (i ? c.line[i - 1] : 0), "lines do not ascend");
    for (int k = 0; k < c.n_columns; k++) {
      const vt_cell_text cell = c.cell[i * (size_t)c.n_columns + (size_t)k];
      must(!memchr(cell.s, 0, cell.n), "a NUL byte");
      bytes += cell.n;
      (void)vt_csv_is_unknown(cell);
    }
  }
  must(bytes <= size, "more text than there was");
  vt_csv_free(&c);
  return 0;
}
