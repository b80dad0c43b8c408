/* flip_bytes journal|store FILE EVERY - change every EVERY-th byte of a real file, and cut it at every EVERY-th length,
 * through the functions that `vitrion verify` uses; prints what was noticed.  Exit 1 if anything was believed.
 *
 * A shard that is cut where a record ends is a whole shard: it must then hold exactly the records before the cut. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/journal/journal.h"
#include "runner/store/store.h"

enum { MOST = 1 << 28, RECORDS = 4096 };

static char *data;
static size_t n_bytes;
static char folder[] = "/dev/shm/vt_flip_XXXXXX", path[128];

static int overwrite(size_t at, const char *p, size_t n)
{
  int fd = open(path, O_WRONLY);
  int ok = fd >= 0 && pwrite(fd, p, n, (off_t)at) == (ssize_t)n;
  if (fd >= 0) close(fd);
  return ok;
}

/* ------------------------------------------------------------------ journal */

static int n_true;
static vt_rec rec[RECORDS];
static vt_uid body[RECORDS];

static vt_status hash_of_record(const vt_journal *j, const vt_rec *r, vt_uid *out)
{
  char *p;
  vt_status rc = vt_journal_read(j, r, &p, NULL);
  if (rc != VT_OK) return rc;
  vt_sha256(p, r->n, out);
  vt_free(p);
  return VT_OK;
}

static int learn(void)
{
  vt_journal *j;
  if (vt_journal_open(&j, folder, NULL) != VT_OK || vt_journal_count(j) > RECORDS) return 0;
  n_true = vt_journal_count(j);
  for (int i = 0; i < n_true; i++) {
    rec[i] = *vt_journal_rec(j, i);
    if (hash_of_record(j, &rec[i], &body[i]) != VT_OK) return 0;
  }
  vt_journal_free(j);
  return n_true > 0;
}

static int is_true(const vt_journal *j, const vt_rec *r)
{
  vt_uid h;
  for (int i = 0; i < n_true; i++)
    if (rec[i].offset == r->offset)
      return rec[i].n == r->n && rec[i].type == r->type && rec[i].attempt == r->attempt &&
             rec[i].half_stage == r->half_stage && vt_uid_equal(&rec[i].uid, &r->uid) &&
             hash_of_record(j, r, &h) == VT_OK && vt_uid_equal(&h, &body[i]);
  return 0;
}

/* 1: every record is a true one, at most `lost` of them are not there, and a flaw holds byte `at`. */
static int journal_knows(size_t at, int lost)
{
  vt_journal *j;
  vt_flaw f;
  if (vt_journal_open(&j, folder, NULL) != VT_OK) return 0;
  int named = 0, good = vt_journal_count(j) >= n_true - lost;
  for (int i = 0; i < vt_journal_count(j); i++) good = good && is_true(j, vt_journal_rec(j, i));
  for (int k = 0; vt_journal_flaw(j, 0, k, &f); k++) named = named || (f.offset <= at && at < f.offset + f.n);
  vt_journal_free(j);
  return good && named;
}

static int journal_cut(size_t n)
{
  vt_journal *j;
  vt_flaw f;
  int whole = 0, between = n == 16 || n == 0;
  for (int i = 0; i < n_true; i++) {
    size_t end = (rec[i].offset + rec[i].n + 7) / 8 * 8;
    whole += end <= n;
    between = between || end == n;
  }
  if (vt_journal_open(&j, folder, NULL) != VT_OK) return 0;
  int good = vt_journal_count(j) == whole;
  for (int i = 0; i < vt_journal_count(j); i++) good = good && is_true(j, vt_journal_rec(j, i));
  good = good && (vt_journal_flaw(j, 0, 0, &f) != 0) == !between;
  vt_journal_free(j);
  return good;
}

/* ------------------------------------------------------------------ */

static int noticed(int journal, size_t at)
{
  return journal ? journal_knows(at, 1) : vt_store_check_sum(path, NULL) == VT_ECORRUPT;
}

int main(int argc, char **argv)
{
  int64_t every;
  char sum[160], name[160];
  size_t cases = 0, found = 0;
  if (argc != 4 || !vt_parse_i64(argv[3], strlen(argv[3]), &every) || every < 1 || !mkdtemp(folder)) return 2;
  int journal = strcmp(argv[1], "journal") == 0;
  (void)snprintf(path, sizeof path, "%s/%s", folder, journal ? "a.vtj" : "results.h5");
  (void)snprintf(sum, sizeof sum, "%s.sha256", path);
  if (vt_file_read(argv[2], MOST, &data, &n_bytes, NULL) != VT_OK) return 2;
  if (vt_file_replace(path, data, n_bytes, NULL) != VT_OK) return 2;
  if (!journal) {
    vt_uid h;
    vt_sha256(data, n_bytes, &h);
    vt_uid_hex(&h, name);
    (void)snprintf(name + 64, sizeof name - 64, "  results.h5\n");
    if (vt_file_replace(sum, name, strlen(name), NULL) != VT_OK || vt_store_check_sum(path, NULL) != VT_OK) return 2;
  } else if (!learn())
    return 2;
  for (size_t i = 0; i < n_bytes; i += i < 1024 ? 1 : (size_t)every) {
    char bad = (char)(data[i] ^ (1 << i % 8));
    if (!overwrite(i, &bad, 1)) return 2;
    cases++;
    found += (size_t)noticed(journal, i);
    if (!overwrite(i, data + i, 1)) return 2;
  }
  printf("flipped %zu %zu\n", cases, found);
  int bad = cases != found;
  cases = found = 0;
  for (size_t n = n_bytes; n > 0; n -= n > (size_t)every && n > 1024 ? (size_t)every : 1) {
    if (n == n_bytes) continue;
    if (truncate(path, (off_t)n) != 0) return 2;
    cases++;
    found += (size_t)(journal ? journal_cut(n) : noticed(0, n));
  }
  printf("cut %zu %zu\n", cases, found);
  bad = bad || cases != found;
  (void)unlink(path);
  (void)unlink(sum);
  (void)rmdir(folder);
  vt_free(data);
  return bad;
}
