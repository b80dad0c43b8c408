/* sums.c - the checksum of any stretch of a shard, in a time that does not grow with the stretch.
 *
 * A header says how long its payload is, and bytes that only look like headers can say "all the rest" every 64 bytes.
 * So where damage was seen, the shard is read once more and the CRC of [from, from + k * STEP) is kept for every k;
 * that of a stretch follows from two of them and less than two steps of bytes at its ends. */
#include "runner/journal/journal_impl.h"

enum { STEP = 1024 };

vt_status vt__sums_make(vt__sums *s, int fd, uint64_t from, uint64_t end, char *block, size_t n_block, vt_err *err)
{
  const uint64_t most = n_block / STEP;
  uint64_t n = (end - from) / STEP;
  uint32_t crc = 0;
  VT_ASSERT(!s->at && from <= end && most > 0);
  VT_TRY(VT_NEW(s->at, n + 1, err), err, "checksums of a damaged shard");
  s->from = from;
  s->fd = fd;
  for (uint64_t k = 0; k < n;) {
    uint64_t steps = n - k < most ? n - k : most;
    if (!vt__pread_all(fd, block, (size_t)(steps * STEP), from + k * STEP))
      VT_FAIL(err, VT_EIO, "cannot read the bytes from %llu on", (unsigned long long)(from + k * STEP));
    vt_alive();
    for (uint64_t i = 0; i < steps; i++) s->at[++k] = crc = vt_crc32(crc, block + i * STEP, STEP);
  }
  return VT_OK;
}

/* Of less than two steps. */
static int crc_direct(const vt__sums *s, uint64_t begin, uint64_t end, uint32_t *crc)
{
  unsigned char b[2 * STEP];
  VT_ASSERT(end - begin <= sizeof b);
  if (!vt__pread_all(s->fd, b, (size_t)(end - begin), begin)) return 0;
  *crc = vt_crc32(0, b, (size_t)(end - begin));
  return 1;
}

int vt__sums_crc(const vt__sums *s, uint64_t n, uint64_t offset, uint32_t *crc)
{
  uint64_t first = (offset - s->from + STEP - 1) / STEP, last = (offset + n - s->from) / STEP;
  uint64_t begin = s->from + first * STEP, end = s->from + last * STEP;
  uint32_t tail;
  VT_ASSERT(s->at && offset >= s->from);
  if (last <= first) return crc_direct(s, offset, offset + n, crc);
  if (!crc_direct(s, offset, begin, crc) || !crc_direct(s, end, offset + n, &tail)) return 0;
  /* join(x, 0, n) is x moved by n bytes; what is left when it is taken from the sum up to `end` is the middle */
  uint32_t middle = s->at[last] ^ vt_crc32_join(s->at[first], 0, end - begin);
  *crc = vt_crc32_join(vt_crc32_join(*crc, middle, end - begin), tail, offset + n - end);
  return 1;
}

void vt__sums_free(vt__sums *s)
{
  vt_free(s->at);
  *s = (vt__sums){0};
}
