/* checkpoint.c - train.ckpt: the state between two batches.
 *
 * head (little endian as the machine writes it; a checkpoint is for the machine that wrote it), then doubles: numbers,
 * first and second moments, averages, best averages [n_trained each], ledger [n_frames], means and bases of matrices
 * [n_shape], steps of all data [n_finish], then the text of train.csv.
 * The CRC is that of all behind the first 16 bytes.  The one before is train.ckpt.prev. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/training/training_impl.h"

#define FILE_MOST ((size_t)1 << 32)
enum { VERSION = 3 };

typedef struct head {
  char magic[8]; /* "VTTRAIN" */
  uint32_t version, crc;
  uint8_t identity[32];
  int64_t epoch, batch, passes, step;
  vt__when best_at;
  int64_t better_epoch;
  double norm, best_loss, better_loss, seconds;
  vt_train_terms sums;
  uint64_t n_trained, n_frames, n_shape, n_finish, n_csv;
} head;
_Static_assert(sizeof(head) == 256, "a checkpoint is a file format");

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
            .n_finish = t->finish.n_state,
            .n_csv = t->csv.len};
  memcpy(h.identity, &t->identity, sizeof h.identity);
  vt_buf_add(&b, &h, sizeof h);
  vt_buf_add(&b, t->m->numbers, n);
  vt_buf_add(&b, t->adam.first, n);
  vt_buf_add(&b, t->adam.second, n);
  vt_buf_add(&b, t->adam.average, n);
  vt_buf_add(&b, t->best, n);
  vt_buf_add(&b, t->ledger, (size_t)t->data.n * sizeof *t->ledger);
  vt_buf_add(&b, t->adam.shape, t->adam.n_shape * sizeof *t->adam.shape);
  vt_buf_add(&b, t->finish.state, t->finish.n_state * sizeof *t->finish.state);
  vt_buf_add(&b, t->csv.s ? t->csv.s : "", t->csv.len);
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

/* 1 if the bytes are a checkpoint of this size, whole. */
static int is_whole(const vt__trainer *t, const char *data, size_t n, head *h)
{
  if (n < sizeof *h) return 0;
  memcpy(h, data, sizeof *h);
  if (memcmp(h->magic, "VTTRAIN", 8) != 0 || h->version != VERSION || h->crc != vt_crc32(0, data + 16, n - 16))
    return 0;
  return memcmp(h->identity, &t->identity, sizeof h->identity) != 0 ||
         (h->n_trained == t->m->n_trained && h->n_frames == (uint64_t)t->data.n && h->n_shape == t->adam.n_shape &&
          h->n_finish == t->finish.n_state && h->best_at.phase >= VT__NEVER && h->best_at.phase <= VT__FINISH &&
          h->epoch >= 0 && h->batch >= 0 && h->batch <= t->data.n &&
          n == sizeof *h + (5 * h->n_trained + h->n_frames + h->n_shape + h->n_finish) * sizeof(double) + h->n_csv);
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
      vt_free(data);
      VT_FAIL(
          err, VT_EINVAL,
          "'%s' holds the state of another training (file, data, start, SIMD level or version differ): give another "
          "--output, or remove that folder",
          t->output);
    } else {
      take(t, data, &h);
      *found = 1;
    }
    vt_free(data);
  }
  return VT_OK;
}
