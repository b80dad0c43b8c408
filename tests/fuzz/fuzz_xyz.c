/* Any bytes as extended XYZ: never a crash; what is accepted has finite positions and survives a round trip to the bit;
 * what is refused says where.  As labelled frames, too: every number is finite. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void xyz_round_trip(const vt_structure *s)
{
  size_t n = (size_t)s->n, bytes = n * sizeof s->x[0];
  int *type = malloc(n * sizeof *type), got;
  const char **symbol = malloc(n * sizeof *symbol);
  vt_buf b = {0};
  vt_xyz *x = NULL;
  vt_structure again;
  must(type && symbol, "memory");
  for (int i = 0; i < s->n; i++) {
    type[i] = i;
    symbol[i] = s->symbol[i];
    for (int k = 0; k < 3; k++) must(isfinite(s->x[i][k]) && (!s->v || !isinf(s->v[i][k])), "a number is not finite");
  }
  vt_xyz_format(&b, s->n, &s->cell, type, symbol, (const double(*)[3])s->x, (const double(*)[3])s->v, NULL);
  must(vt_buf_check(&b, NULL) == VT_OK, "memory");
  must(vt_xyz_open_text(&x, "again", b.s, b.len, NULL) == VT_OK, "reopening");
  must(vt_xyz_next(x, &again, &got, NULL) == VT_OK && got && again.n == s->n, "what was written is not read back");
  must(!memcmp(again.x, s->x, bytes) && !memcmp(again.symbol, s->symbol, n * sizeof s->symbol[0]) &&
           !memcmp(&again.cell, &s->cell, sizeof s->cell) && (!s->v || !memcmp(again.v, s->v, bytes)),
       "the round trip changed something");
  vt_structure_free(&again);
  vt_xyz_close(x);
  vt_buf_free(&b);
  free(type);
  free(symbol);
}

/* The same bytes as labelled frames: forces are finite, labels lie within the comment line. */
static void read_labelled(const uint8_t *data, size_t size)
{
  static const char *const key[] = {"energy", "virial", "stress", "Properties", "run", "weight"};
  vt_xyz *x = NULL;
  vt_structure s;
  vt_err err = {0};
  int got = 0;
  must(vt_xyz_open_text(&x, "fuzz.xyz", (const char *)data, size, &err) == VT_OK, "open");
  vt_xyz_keep_labels(x);
  while (vt_xyz_next(x, &s, &got, &err) == VT_OK && got) {
    for (int i = 0; s.f && i < s.n; i++)
      for (int k = 0; k < 3; k++) must(isfinite(s.f[i][k]), "a force is not finite");
    for (size_t k = 0; k < sizeof key / sizeof *key; k++) {
      const char *value;
      size_t n;
      int col;
      double number[9];
      if (!vt_xyz_label(s.labels, key[k], &value, &n, &col)) continue;
      must(value >= s.labels && value + n <= s.labels + strlen(s.labels) && col >= 1, "a label outside of its line");
      const int count = vt_xyz_numbers(value, n, number, 9);
      for (int i = 0; i < count; i++) must(isfinite(number[i]), "a label is not finite");
    }
    vt_structure_free(&s);
  }
  vt_xyz_close(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vt_xyz *x = NULL;
  vt_structure s;
  vt_err err = {0};
  int got = 0;
  read_labelled(data, size);
  must(vt_xyz_open_text(&x, "fuzz.xyz", (const char *)data, size, &err) == VT_OK, "open");
  for (;;) {
    vt_status rc = vt_xyz_next(x, &s, &got, &err);
    if (rc != VT_OK) must(rc == VT_EPARSE && strncmp(err.text, "fuzz.xyz:", 9) == 0, err.text);
    if (rc != VT_OK || !got) break;
    xyz_round_trip(&s);
    if (vt_structure_by_id(&s, "fuzz.xyz", &err) == VT_OK)
      for (int i = 1; s.id && i < s.n; i++) must(s.id[i - 1] < s.id[i], "ids do not ascend");
    vt_structure_free(&s);
  }
  vt_xyz_close(x);
  return 0;
}
