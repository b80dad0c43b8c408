/* Any bytes as a journal shard: never a crash; every record that is indexed stands in the file as it is reported;
 * reading in two goes gives the same; what is cut is only the tail; what is refused is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/journal/journal.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_HEAD = 16, REC_HEAD = 64 };

static char dir[64], path[80];

static void clean(void)
{
  (void)unlink(path);
  (void)rmdir(dir);
}

static void open_folder(void)
{
  if (dir[0]) return;
  (void)snprintf(dir, sizeof dir, "/dev/shm/vt_fuzz_journal_XXXXXX");
  if (!mkdtemp(dir)) {
    (void)snprintf(dir, sizeof dir, "/tmp/vt_fuzz_journal_XXXXXX");
    must(mkdtemp(dir) != NULL, "temporary folder");
  }
  (void)snprintf(path, sizeof path, "%s/fuzz.vtj", dir);
  must(atexit(clean) == 0, "atexit");
}

static void write_shard(const char *mode, const uint8_t *data, size_t n)
{
  FILE *f = fopen(path, mode);
  must(f && fwrite(data, 1, n, f) == n && fclose(f) == 0, "writing the shard");
}

static uint64_t little(const uint8_t *b, int n)
{
  uint64_t v = 0;
  while (n-- > 0) v = v << 8 | b[n];
  return v;
}

/* The bytes at the record's place say what the index says. */
static void same_record(const vt_journal *j, const vt_rec *r, const uint8_t *data, size_t size)
{
  char *payload;
  vt_err err;
  must(r->offset >= FILE_HEAD + REC_HEAD && r->offset <= size && r->n <= size - r->offset, "a record outside the file");
  const uint8_t *h = data + r->offset - REC_HEAD;
  must(memcmp(h, "VTJR", 4) == 0 && little(h + 4, 4) == (uint64_t)r->type && little(h + 8, 8) == r->n,
       "a false header");
  must(memcmp(h + 16, r->uid.b, 32) == 0 && little(h + 48, 4) == (uint64_t)r->attempt, "a false identity");
  must(little(h + 52, 4) == (uint64_t)r->half_stage && little(h + 60, 4) == r->payload_crc, "a false header");
  must(vt_journal_read(j, r, &payload, &err) == VT_OK, err.text);
  must(memcmp(payload, data + r->offset, r->n) == 0, "a false payload");
  vt_free(payload);
  must((r->type == VT_REC_RESULT    ? vt_journal_result(j, &r->uid)
        : r->type == VT_REC_FAILURE ? vt_journal_failure(j, &r->uid, 0)
                                    : vt_journal_decision(j, &r->uid)) != NULL,
       "a record that is not found by its uid");
}

static int count_after_two_goes(const uint8_t *data, size_t size)
{
  vt_journal *j;
  write_shard("wb", data, size / 2);
  vt_status rc = vt_journal_open(&j, dir, NULL);
  write_shard("ab", data + size / 2, size - size / 2);
  if (rc != VT_OK) return -1;
  int n = vt_journal_refresh(j, NULL) == VT_OK ? vt_journal_count(j) : -1;
  vt_journal_free(j);
  return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  vt_journal *j;
  vt_err err = {0};
  open_folder();
  int in_two = count_after_two_goes(data, size);
  vt_status rc = vt_journal_open(&j, dir, &err);
  if (rc != VT_OK) {
    must((rc == VT_ECORRUPT || rc == VT_EUNSUP) && strstr(err.text, "fuzz.vtj") != NULL, err.text);
    must(in_two == -1, "refused at once, accepted in two goes");
    return 0;
  }
  int n = vt_journal_count(j);
  must(n == in_two || in_two == -1, "two goes find another number of records");
  for (int i = 0; i < n; i++) same_record(j, vt_journal_rec(j, i), data, size);
  must(vt_journal_cut(j, &err) == VT_OK, err.text);
  int headless = 0; /* from a shard without a sound header nothing is cut */
  for (int k = 0; k < vt_journal_shards(j); k++) {
    vt_flaw f;
    headless += vt_journal_flaw(j, k, 0, &f) && f.kind == VT_FLAW_HEAD;
  }
  must(vt_journal_torn(j, NULL) <= headless, "torn after the cut");
  vt_journal_free(j);
  must(vt_journal_open(&j, dir, &err) == VT_OK && vt_journal_count(j) == n, "the cut changed more than the tail");
  vt_journal_free(j);
  return 0;
}
