/* Any bytes as a checkpoint: never a crash; what is accepted is exactly what a task writes, what is refused is named.
 * The same bytes once more with checksums and sizes that are right, so that what stands behind them is reached. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/replica/replica_impl.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const uint8_t *data, size_t size)
{
  vt_checkpoint_info info;
  vt__checkpoint_head h;
  vt_err err = {0};
  vt_status rc = vt_checkpoint_look_bytes("fuzz.vtc", data, size, &info, &err);
  if (rc != VT_OK) {
    must((rc == VT_ECORRUPT || rc == VT_EUNSUP) && strstr(err.text, "'fuzz.vtc'") != NULL, err.text);
    return;
  }
  must(info.bytes == size && info.stage >= VT_STAGE_MELT && info.stage <= VT_STAGE_PRODUCE && info.step >= 0 &&
           info.block_steps >= 1 && info.ns >= 0 && info.wall_s >= 0 && memchr(info.build_id, 0, sizeof info.build_id),
       "accepted nonsense");
  must(vt__checkpoint_open("again", data, size, &h, &err) == VT_OK, "not the second time");
  uint8_t *copy = malloc(size);
  must(copy != NULL, "memory");
  memcpy(copy, data, size);
  memset(copy, 0, VT__CHECKPOINT_HEAD);
  vt__checkpoint_seal(copy, &h);
  must(memcmp(copy, data, size) == 0, "accepted what no task writes");
  free(copy);
}

/* Offsets: checkpoint.c. */
static void repair(uint8_t *b, size_t size)
{
  const uint64_t n = size - VT__CHECKPOINT_HEAD;
  uint32_t crc;
  memcpy(b, "VTC1\n\0\0\0\1\0\0", 12);
  crc = vt_crc32(0, b, 12), memcpy(b + 12, &crc, 4);
  memcpy(b + 88, &n, 8);
  crc = vt_crc32(0, b + VT__CHECKPOINT_HEAD, (size_t)n), memcpy(b + 152, &crc, 4);
  crc = vt_crc32(0, b, 156), memcpy(b + 156, &crc, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  look(data, size);
  if (size < VT__CHECKPOINT_HEAD) return 0;
  uint8_t *copy = malloc(size);
  must(copy != NULL, "memory");
  memcpy(copy, data, size);
  repair(copy, size);
  look(copy, size);
  free(copy);
  return 0;
}
