/* checkpoint.c - the file that holds where a task is: header and checksums (layout in replica.h). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/replica/replica_impl.h"

enum { VERSION = 1, VERSIONED = 16, CRC_AT = 156 };
static const unsigned char magic[8] = {'V', 'T', 'C', '1', '\n', 0, 0, 0};
static const size_t most_bytes = (size_t)1 << 32;

/* The header as it stands in the file; the machines that this runs on are little endian (engine/md/state.c). */
typedef struct head {
  uint8_t magic[8];
  uint32_t version, version_crc;
  uint8_t uid[32];
  int32_t attempt, half_stage, stage, block_steps;
  int64_t step;
  double ns, wall_s;
  uint64_t n_payload;
  char build_id[48];
  int32_t format;
  uint32_t glass_crc, payload_crc, crc;
} head;
_Static_assert(sizeof(head) == VT__CHECKPOINT_HEAD, "head is a file format");
_Static_assert(offsetof(head, step) == 64 && offsetof(head, build_id) == 96, "head is a file format");
_Static_assert(offsetof(head, payload_crc) == 152 && offsetof(head, crc) == CRC_AT, "head is a file format");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are little endian");

void vt__checkpoint_seal(unsigned char *bytes, const vt__checkpoint_head *h)
{
  head b = {.version = VERSION,
            .attempt = h->info.attempt,
            .half_stage = h->info.half_stage,
            .stage = h->info.stage,
            .block_steps = h->info.block_steps,
            .step = h->info.step,
            .ns = h->info.ns,
            .wall_s = h->info.wall_s,
            .n_payload = h->n_payload,
            .format = h->format,
            .glass_crc = h->glass_crc};
  memcpy(b.magic, magic, sizeof magic);
  b.version_crc = vt_crc32(0, &b, VERSIONED - 4);
  memcpy(b.uid, h->info.uid.b, sizeof b.uid);
  memcpy(b.build_id, h->info.build_id, sizeof b.build_id);
  b.payload_crc = vt_crc32(0, bytes + VT__CHECKPOINT_HEAD, (size_t)h->n_payload); /* fits: it is in memory */
  b.crc = vt_crc32(0, &b, CRC_AT);
  memcpy(bytes, &b, sizeof b);
}

/* A header whose checksum is right and that no task can have written. */
static vt_status check_meaning(const char *name, const head *b, vt_err *err)
{
  int plausible = b->attempt >= 0 && b->half_stage >= VT_STAGE_NONE && b->half_stage <= VT_STAGE_PRODUCE &&
                  b->stage >= VT_STAGE_MELT && b->stage <= VT_STAGE_PRODUCE && b->block_steps >= 1 && b->step >= 0 &&
                  b->step % b->block_steps == 0 && isfinite(b->ns) && b->ns >= 0 && isfinite(b->wall_s) &&
                  b->wall_s >= 0 && b->build_id[sizeof b->build_id - 1] == '\0';
  if (!plausible)
    VT_FAIL(err, VT_ECORRUPT,
            "'%s' says what no checkpoint says: attempt %d, half_stage %d, stage %d, step %lld, %g ns", name,
            b->attempt, b->half_stage, b->stage, (long long)b->step, b->ns);
  return VT_OK;
}

vt_status vt__checkpoint_open(const char *name, const void *bytes, size_t n, vt__checkpoint_head *h, vt_err *err)
{
  head b;
  const unsigned char *at = bytes;
  if (n < VERSIONED) VT_FAIL(err, VT_ECORRUPT, "'%s' ends after %zu bytes, within its header", name, n);
  memcpy(&b, at, VERSIONED);
  if (memcmp(b.magic, magic, sizeof magic) != 0) VT_FAIL(err, VT_ECORRUPT, "'%s' is not a checkpoint", name);
  if (b.version_crc != vt_crc32(0, at, VERSIONED - 4))
    VT_FAIL(err, VT_ECORRUPT, "'%s': bytes 0 to %d are damaged", name, VERSIONED - 1);
  if (b.version != VERSION)
    VT_FAIL(err, VT_EUNSUP, "'%s' is a checkpoint of version %u, this build knows %d", name, b.version, VERSION);
  if (n < sizeof b) VT_FAIL(err, VT_ECORRUPT, "'%s' ends after %zu bytes, within its header", name, n);
  memcpy(&b, at, sizeof b);
  if (b.crc != vt_crc32(0, at, CRC_AT))
    VT_FAIL(err, VT_ECORRUPT, "'%s': the header (bytes 0 to %zu) is damaged", name, sizeof b - 1);
  if (b.n_payload != n - sizeof b)
    VT_FAIL(err, VT_ECORRUPT, "'%s' has %zu bytes behind its header, which says %llu", name, n - sizeof b,
            (unsigned long long)b.n_payload);
  VT_PASS(check_meaning(name, &b, err));
  if (b.payload_crc != vt_crc32(0, at + sizeof b, n - sizeof b))
    VT_FAIL(err, VT_ECORRUPT, "'%s': the state (bytes %zu to %zu) is damaged", name, sizeof b, n - 1);
  *h = (vt__checkpoint_head){.info = {.attempt = b.attempt,
                                      .half_stage = b.half_stage,
                                      .stage = b.stage,
                                      .block_steps = b.block_steps,
                                      .step = b.step,
                                      .ns = b.ns,
                                      .wall_s = b.wall_s,
                                      .bytes = n},
                             .format = b.format,
                             .glass_crc = b.glass_crc,
                             .n_payload = b.n_payload};
  memcpy(h->info.uid.b, b.uid, sizeof b.uid);
  memcpy(h->info.build_id, b.build_id, sizeof b.build_id);
  return VT_OK;
}

vt_status vt_checkpoint_look_bytes(const char *name, const void *bytes, size_t n, vt_checkpoint_info *info, vt_err *err)
{
  vt__checkpoint_head h;
  VT_PASS(vt__checkpoint_open(name, bytes, n, &h, err));
  *info = h.info;
  return VT_OK;
}

vt_status vt_checkpoint_look(const char *path, vt_checkpoint_info *info, vt_err *err)
{
  char *bytes;
  size_t n;
  vt_status rc = vt_file_read(path, most_bytes, &bytes, &n, err);
  if (rc == VT_EPARSE) VT_FAIL(err, VT_ECORRUPT, "'%s' has more bytes than any checkpoint", path);
  if (rc == VT_OK) rc = vt_checkpoint_look_bytes(path, bytes, n, info, err);
  vt_free(bytes);
  return rc;
}

void vt_checkpoint_remove(const char *path)
{
  static const char *const tail[] = {".prev", ""};
  char name[4096];
  for (size_t k = 0; k < sizeof tail / sizeof tail[0]; k++)
    if (snprintf(name, sizeof name, "%s%s", path, tail[k]) < (int)sizeof name) (void)unlink(name);
}
