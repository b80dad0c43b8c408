/* format.c - headers to bytes and back; layout in journal.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runner/journal/journal_impl.h"

static const unsigned char shard_magic[8] = {'V', 'T', 'J', '1', '\n', 0, 0, 0};
static const uint32_t rec_magic = 0x524a5456; /* "VTJR" */

static void put32(unsigned char *b, uint32_t v)
{
  for (int i = 0; i < 4; i++) b[i] = (unsigned char)(v >> 8 * i);
}

static void put64(unsigned char *b, uint64_t v)
{
  put32(b, (uint32_t)v);
  put32(b + 4, (uint32_t)(v >> 32));
}

static uint32_t get32(const unsigned char *b)
{
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint64_t get64(const unsigned char *b) { return get32(b) | (uint64_t)get32(b + 4) << 32; }

void vt__shard_head_put(unsigned char b[VT__SHARD_HEAD])
{
  memcpy(b, shard_magic, 8);
  put32(b + 8, VT__JOURNAL_VERSION);
  put32(b + 12, vt_crc32(0, b, 12));
}

int vt__shard_head_get(const unsigned char b[VT__SHARD_HEAD], uint32_t *version)
{
  if (memcmp(b, shard_magic, 8) != 0 || get32(b + 12) != vt_crc32(0, b, 12)) return 0;
  *version = get32(b + 8);
  return 1;
}

void vt__rec_head_put(unsigned char b[VT__REC_HEAD], const vt__rec_head *h)
{
  put32(b, rec_magic);
  put32(b + 4, h->type);
  put64(b + 8, h->n);
  memcpy(b + 16, h->uid.b, 32);
  put32(b + 48, (uint32_t)h->attempt);
  put32(b + 52, h->half_stage);
  put32(b + 56, vt_crc32(0, b, 56));
  put32(b + 60, h->payload_crc);
}

int vt__rec_head_get(const unsigned char b[VT__REC_HEAD], vt__rec_head *h)
{
  if (get32(b) != rec_magic || get32(b + 56) != vt_crc32(0, b, 56)) return 0;
  h->type = get32(b + 4);
  h->n = get64(b + 8);
  memcpy(h->uid.b, b + 16, 32);
  h->attempt = (int32_t)get32(b + 48);
  h->half_stage = get32(b + 52);
  h->payload_crc = get32(b + 60);
  return h->type >= VT_REC_RESULT && h->type <= VT_REC_DECISION && h->attempt >= 0 && h->half_stage <= INT32_MAX;
}

unsigned vt__pad_of(uint64_t n) { return (unsigned)((8 - n % 8) % 8); }

int vt__pread_all(int fd, void *p, size_t n, uint64_t offset)
{
  char *b = p;
  while (n) {
    errno = 0;
    ssize_t got = pread(fd, b, n, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    b += got;
    n -= (size_t)got;
    offset += (uint64_t)got;
  }
  return 1;
}

int vt__pwrite_all(int fd, const void *p, size_t n, uint64_t offset)
{
  const char *b = p;
  while (n) {
    ssize_t put = pwrite(fd, b, n, (off_t)offset);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put < 0 ? errno : ENOSPC;
    b += put;
    n -= (size_t)put;
    offset += (uint64_t)put;
  }
  return 0;
}
