/* checkpoint.c - train.ckpt: the state between two batches.
 *
 * head (little endian as the machine writes it; a checkpoint is for the machine that wrote it), then doubles: numbers,
 * first and second moments, averages, best averages [n_trained each], ledger [n_frames], means and bases of matrices
 * [n_shape], steps of all data [n_finish; 0 before the first], then the text of train.csv and what it all depends on
 * (record.c). The CRC is that of all behind the first 16 bytes.  The one before is train.ckpt.prev. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/training/training_impl.h"

#define FILE_MOST ((size_t)1 << 32)
enum { VERSION = 4 };

typedef struct head {
  char magic[8]; /* "VTTRAIN" */
  uint32_t version, crc;
  uint8_t identity[32];
  int64_t epoch, batch, passes, step;
  vt__when best_at;
  int64_t better_epoch;
  double norm, best_loss, better_loss, seconds;
  vt_train_terms sums;
  uint64_t n_trained, n_frames, n_shape, n_finish, n_csv, n_record;
} head;
_Static_assert(sizeof(head) == 264, "a checkpoint is a file format");

static void path_of(const vt__trainer *t, const char *end, char path[VT_PATH + 32])
{
  (void)snprintf(path, VT_PATH + 32, "%s/train.ckpt%s", t->output, end);
}

vt_status vt__checkpoint_write(vt__trainer *t, vt_err *err)
{
  char path[VT_PATH + 32];
  vt_buf b = {0};
  const size_t n = t->m->n_trained * sizeof(double);
  head h = {.magic = "VTTRAIN",
            .version = VERSION,
            .epoch = t->epoch,
            .batch = t->batch,
            .passes = t->passes,
            .step = t->adam.step,
            .best_at = t->best_at,
            .better_epoch = t->better_epoch,
            .norm = t->adam.norm,
            .best_loss = t->best_loss,
            .better_loss = t->better_loss,
            .seconds = t->before_s + (t->began_s > 0 ? vt_now_s() - t->began_s : 0),
            .sums = t->sums,
            .n_trained = t->m->n_trained,
            .n_frames = (uint64_t)t->data.n,
            .n_shape = t->adam.n_shape,
            .n_finish = t->passes > 0 ? t->finish.n_state : 0,
            .n_csv = t->csv.len,
            .n_record = t->record.len};
  memcpy(h.identity, &t->identity, sizeof h.identity);
  vt_buf_add(&b, &h, sizeof h);
  vt_buf_add(&b, t->m->numbers, n);
  vt_buf_add(&b, t->adam.first, n);
  vt_buf_add(&b, t->adam.second, n);
  vt_buf_add(&b, t->adam.average, n);
  vt_buf_add(&b, t->best, n);
  vt_buf_add(&b, t->ledger, (size_t)t->data.n * sizeof *t->ledger);
  vt_buf_add(&b, t->adam.shape, t->adam.n_shape * sizeof *t->adam.shape);
  if (h.n_finish > 0) vt_buf_add(&b, t->finish.state, h.n_finish * sizeof *t->finish.state);
  vt_buf_add(&b, t->csv.s ? t->csv.s : "", t->csv.len);
  vt_buf_add(&b, t->record.s ? t->record.s : "", t->record.len);
  vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) {
    h.crc = vt_crc32(0, b.s + 16, b.len - 16);
    memcpy(b.s, &h, 16);
    path_of(t, "", path);
    rc = vt_fence_check(err);
    if (rc == VT_OK) rc = vt_file_rotate(path, b.s, b.len, err);
  }
  vt_buf_free(&b);
  return rc;
}

/* How long a file with this head is; 0: longer than any. */
static size_t length_of(const head *h)
{
  const uint64_t most = FILE_MOST / sizeof(double), n[] = {h->n_trained, h->n_frames, h->n_shape, h->n_finish};
  if (h->n_csv > FILE_MOST || h->n_record > FILE_MOST) return 0;
  for (size_t k = 0; k < sizeof n / sizeof *n; k++)
    if (n[k] > most) return 0;
  return sizeof *h + (5 * h->n_trained + h->n_frames + h->n_shape + h->n_finish) * sizeof(double) + h->n_csv +
         h->n_record;
}

/* 1 if the bytes are a whole checkpoint, and if it is of this training, of its size. */
static int is_whole(const vt__trainer *t, const char *data, size_t n, head *h)
{
  if (n < sizeof *h) return 0;
  memcpy(h, data, sizeof *h);
  if (memcmp(h->magic, "VTTRAIN", 8) != 0 || h->version != VERSION || h->crc != vt_crc32(0, data + 16, n - 16) ||
      n != length_of(h))
    return 0;
  return memcmp(h->identity, &t->identity, sizeof h->identity) != 0 ||
         (h->n_trained == t->m->n_trained && h->n_frames == (uint64_t)t->data.n && h->n_shape == t->adam.n_shape &&
          (h->n_finish == t->finish.n_state || (h->n_finish == 0 && h->passes == 0)) && h->best_at.phase >= VT__NEVER &&
          h->best_at.phase <= VT__FINISH && h->epoch >= 0 && h->batch >= 0 && h->batch <= t->data.n);
}

/* 1 if it is one, but of another format. */
static int is_older(const char *data, size_t n, head *h)
{
  if (n < sizeof *h) return 0;
  memcpy(h, data, sizeof *h);
  return memcmp(h->magic, "VTTRAIN", 8) == 0 && h->version != VERSION && h->crc == vt_crc32(0, data + 16, n - 16);
}

static void take(vt__trainer *t, const char *data, const head *h)
{
  const size_t n = t->m->n_trained * sizeof(double);
  const char *at = data + sizeof *h;
  double *const to[] = {t->m->numbers, t->adam.first, t->adam.second, t->adam.average, t->best};
  for (int k = 0; k < 5; k++, at += n) memcpy(to[k], at, n);
  memcpy(t->ledger, at, (size_t)t->data.n * sizeof *t->ledger);
  at += (size_t)t->data.n * sizeof *t->ledger;
  memcpy(t->adam.shape, at, t->adam.n_shape * sizeof *t->adam.shape);
  at += t->adam.n_shape * sizeof *t->adam.shape;
  if (h->n_finish > 0) memcpy(t->finish.state, at, h->n_finish * sizeof *t->finish.state);
  at += h->n_finish * sizeof *t->finish.state;
  vt_buf_add(&t->csv, at, h->n_csv);
  t->epoch = h->epoch;
  t->batch = (int)h->batch;
  t->passes = h->passes;
  t->adam.step = h->step;
  t->adam.norm = h->norm;
  t->best_at = h->best_at;
  t->better_epoch = h->better_epoch;
  t->best_loss = h->best_loss;
  t->better_loss = h->better_loss;
  t->before_s = h->seconds;
  t->sums = h->sums;
}

/* Key by key what differs, and what another training in this folder would replace. */
static vt_status refuse_other(const vt__trainer *t, const char *data, size_t n, const head *h, vt_err *err)
{
  vt_buf keys = {0};
  char best[64];
  const int differ =
      vt__record_differences(data + n - h->n_record, (size_t)h->n_record, t->record.s, t->record.len, &keys);
  vt__say(t, "'%s' holds another training; recorded there, and what is given here:", t->output);
  for (const char *at = keys.s; at && *at;) {
    const int len = (int)strcspn(at, "\n");
    vt__say(t, "%.*s", len, at);
    at += len + (at[len] == '\n');
  }
  vt_buf_free(&keys);
  if (differ == 0) vt__say(t, "  nothing in the file: another version of vitrion, which trains otherwise");
  vt__say(t,
          "  it has come to %lld epochs and %lld steps of all data in %.1f min%s%s: that state, its models and table",
          (long long)h->epoch, (long long)h->passes, h->seconds / 60,
          h->best_at.phase == VT__NEVER ? "" : ", best on validation ",
          h->best_at.phase == VT__NEVER ? "" : vt__when_text(h->best_at, best));
  vt__say(t, "  would be lost, and are kept");
  VT_FAIL(err, VT_EINVAL,
          "'%s' holds the state of another training, which differs as said above: change that back to go on with it, "
          "give another --output, or remove that folder",
          t->output);
}

vt_status vt__checkpoint_read(vt__trainer *t, int *found, vt_err *err)
{
  static const char *const end[] = {"", ".prev"};
  *found = 0;
  for (int k = 0; k < 2 && !*found; k++) {
    char path[VT_PATH + 32], *data = NULL;
    size_t n = 0;
    head h;
    path_of(t, end[k], path);
    if (access(path, F_OK) != 0) continue;
    VT_PASS(vt_file_read(path, FILE_MOST, &data, &n, err));
    if (is_older(data, n, &h)) {
      vt_free(data);
      VT_FAIL(
          err, VT_EINVAL,
          "'%s' was written by another version of vitrion (format %u, this one reads %d): end that training with it, "
          "or give another --output",
          path, (unsigned)h.version, VERSION);
    }
    if (!is_whole(t, data, n, &h))
      vt__say(t, "warning: '%s' is damaged and is passed over", path);
    else if (memcmp(h.identity, &t->identity, sizeof h.identity) != 0) {
      const vt_status rc = refuse_other(t, data, n, &h, err);
      vt_free(data);
      return rc;
    } else {
      take(t, data, &h);
      *found = 1;
    }
    vt_free(data);
  }
  return VT_OK;
}
