/* frames.c - frames of a production on their way into a file: in memory, then in pieces beside the checkpoint.
 *
 * Frames wait in memory until the next checkpoint.  That writes and syncs them first, into a file of this process
 * alone, so that a checkpoint that exists has all frames before it; what a killed process wrote beyond its last
 * checkpoint comes again, with the same bits.  Nobody changes a file that another process made: a rank that was
 * suspended and wakes disturbs nobody.  A production that begins draws a number, its line, which its files and its
 * checkpoints have; so the frames of another line (another attempt, a machine of other bits) are never taken for its
 * own.  The bytes: replica.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "engine/replica/replica_impl.h"

enum { FRAMES_VERSION = 1, FRAMES_PATH = 4096, FRAMES_NAME = 256 };
/* Waiting frames are written out beyond the first, whether a checkpoint is due or not, and a task on a full disk that
 * has more than the second cannot go on. */
static const size_t write_at = (size_t)16 << 20, wait_most = (size_t)256 << 20;

static const unsigned char frames_magic[8] = {'V', 'T', 'F', '1', '\n', 0, 0, 0};

typedef struct frames_head {
  unsigned char magic[8];
  uint32_t version, n_atoms;
  uint64_t line;
  int64_t first; /* number of its first frame */
  uint32_t velocities, record_bytes, reserved, crc;
} frames_head;
_Static_assert(sizeof(frames_head) == 48, "frames_head is a file format");

typedef struct record_head {
  uint32_t crc, reserved; /* of the bytes from 4 on */
  int64_t number, step;
  double time_ps, cell[3][3];
} record_head;
_Static_assert(sizeof(record_head) == 104, "record_head is a file format");

/* Part of a checkpoint, followed by x0[n_atoms][3]. */
typedef struct frames_state {
  uint64_t line;
  int64_t n, every;
  int32_t velocities, n_atoms;
} frames_state;
_Static_assert(sizeof(frames_state) == 32, "frames_state is kept on disk");

size_t vt__frames_state_size(int n_atoms) { return sizeof(frames_state) + (size_t)n_atoms * 3 * sizeof(double); }

static size_t floats_of(int n_atoms) { return (size_t)n_atoms * 3 * sizeof(float); }

vt_status vt__frames_open(vt__replica *r, vt_err *err)
{
  vt_kept_frames *f = &r->frames;
  const vt_recording *ask = r->hooks ? r->hooks->recording : NULL;
  if (!ask || r->plan->kind != VT_TASK_MD) return VT_OK;
  const vt_obs_request clock = {.every_ps = ask->every_ps};
  f->every = vt_obs_every_steps(r->plan, &clock);
  f->n_atoms = r->plan->comp.n_atoms;
  f->record = sizeof(record_head) + (size_t)(1 + (ask->velocities != 0)) * floats_of(f->n_atoms);
  f->record = (f->record + 7) / 8 * 8;
  f->fd = f->fd_read = -1;
  f->replica = r;
  VT_TRY(VT_NEW(f->x0, f->n_atoms, err), err, "frames of %d atoms", f->n_atoms);
  VT_TRY(VT_NEW(f->one, f->record, err), err, "frames of %d atoms", f->n_atoms);
  f->recording = ask;
  return VT_OK;
}

static void close_files(vt_kept_frames *f)
{
  if (f->fd >= 0) (void)close(f->fd); /* what counts was synced */
  if (f->fd_read >= 0) (void)close(f->fd_read);
  f->fd = f->fd_read = -1;
}

void vt__frames_close(vt__replica *r)
{
  vt_kept_frames *f = &r->frames;
  if (f->recording) close_files(f);
  vt_free(f->x0);
  vt_free(f->one);
  vt_free(f->waiting);
  vt_free(f->piece);
  *f = (vt_kept_frames){0};
}

void vt__frames_reset(vt__replica *r)
{
  vt_kept_frames *f = &r->frames;
  if (!f->recording) return;
  close_files(f);
  f->n = f->n_waiting = 0;
  f->n_pieces = 0;
  f->line = 0;
}

/* ------------------------------------------------------------------ taking frames */

int64_t vt__frames_next(const vt__replica *r, int64_t step)
{
  const vt_kept_frames *f = &r->frames;
  return f->recording ? f->every - step % f->every : INT64_MAX;
}

static uint64_t draw64(void)
{
  uint64_t draw = 0;
  if (getrandom(&draw, sizeof draw, GRND_NONBLOCK) != (ssize_t)sizeof draw)
    draw = (uint64_t)(1e9 * vt_now_s()) ^ (uint64_t)getpid() << 40;
  return draw;
}

/* To the nearest multiple of 2^-bits, halves to even; exact in a float while the result has at most 24 bits. */
static float on_grid(double x, int bits) { return (float)ldexp(rint(ldexp(x, bits)), -bits); }

static void fill_record(const vt_kept_frames *f, const vt_frame *fr, unsigned char *at)
{
  const double per_ps = 1000 / vt_unit_fs_from_time(1);
  const double dt_fs = vt__replica_stage_dt_fs(f->replica->plan, VT_STAGE_PRODUCE);
  /* from decimals: 0.3, where units of the engine there and back give 0.29999999999999993 */
  record_head h = {
      .number = f->n, .step = fr->step, .time_ps = f->replica->plan->before_ps + (double)fr->step * dt_fs / 1000};
  unsigned char *to = at + sizeof h;
  memset(at, 0, f->record);
  memcpy(h.cell, fr->cell.h, sizeof h.cell);
  for (int i = 0; i < f->n_atoms; i++, to += 3 * sizeof(float)) {
    float x[3];
    for (int b = 0; b < 3; b++) x[b] = on_grid(f->x0[i][b] + fr->dx[i][b], VT_TRAJECTORY_X_BITS);
    memcpy(to, x, sizeof x);
  }
  for (int i = 0; f->recording->velocities && i < f->n_atoms; i++, to += 3 * sizeof(float)) {
    float v[3];
    for (int b = 0; b < 3; b++) v[b] = on_grid(fr->v[i][b] * per_ps, VT_TRAJECTORY_V_BITS);
    memcpy(to, v, sizeof v);
  }
  memcpy(at, &h, sizeof h);
  h.crc = vt_crc32(0, at + sizeof h.crc, f->record - sizeof h.crc);
  memcpy(at, &h.crc, sizeof h.crc);
}

vt_status vt__frames_sample(vt__replica *r, const vt_frame *fr, vt_err *err)
{
  vt_kept_frames *f = &r->frames;
  if (!f->recording || fr->step % f->every != 0) return VT_OK;
  if (fr->step == 0) {
    vt__frames_reset(r);
    f->line = draw64();
    memcpy(f->x0, fr->x, (size_t)f->n_atoms * sizeof *f->x0);
  }
  VT_ASSERT(f->n == fr->step / f->every);
  const size_t used = (size_t)f->n_waiting * f->record;
  if (used + f->record > f->cap) {
    const size_t cap = f->cap ? 2 * f->cap : 64 * f->record;
    VT_TRY(VT_GROW(f->waiting, used, cap, err), err, "frames that wait for a checkpoint");
    f->cap = cap;
  }
  fill_record(f, fr, f->waiting + used);
  f->n++;
  f->n_waiting++;
  if (used + f->record < write_at || !r->checkpointer.checkpointing) return VT_OK;
  vt_err why = {0};
  if (vt__frames_put(r, &why) == VT_OK || used < wait_most) return VT_OK; /* a checkpoint will say so, too */
  if (err) *err = why;
  return (vt_status)why.code;
}

/* ------------------------------------------------------------------ files */

/* Folder and name of the files of this task; 0: too long. */
static int prefix_of(const char *checkpoint, char folder[FRAMES_PATH], char name[FRAMES_NAME])
{
  const char *slash = strrchr(checkpoint, '/');
  const int n = slash ? (int)(slash - checkpoint) : 1;
  return snprintf(folder, FRAMES_PATH, "%.*s", n, slash ? checkpoint : ".") < FRAMES_PATH &&
         snprintf(name, FRAMES_NAME, "%s.frames-", slash ? slash + 1 : checkpoint) < FRAMES_NAME;
}

void vt_kept_frames_remove(const char *checkpoint)
{
  char folder[FRAMES_PATH], name[FRAMES_NAME];
  DIR *d = prefix_of(checkpoint, folder, name) ? opendir(folder) : NULL;
  if (!d) return;
  for (const struct dirent *e; (e = readdir(d)) != NULL;)
    if (strncmp(e->d_name, name, strlen(name)) == 0) (void)unlinkat(dirfd(d), e->d_name, 0);
  (void)closedir(d);
}

static int write_whole(int fd, const void *p, size_t n)
{
  for (const char *at = p; n > 0;) {
    ssize_t w = write(fd, at, n);
    if (w < 0 && errno == EINTR) continue;
    if (w <= 0) {
      if (w == 0) errno = ENOSPC;
      return 0;
    }
    at += w;
    n -= (size_t)w;
  }
  return 1;
}

/* A file of this process, and its name made to last. */
static vt_status begin_file(vt_kept_frames *f, const char *checkpoint, vt_err *err)
{
  vt__frames_piece p = {.first = f->n - f->n_waiting};
  char folder[FRAMES_PATH], name[FRAMES_NAME];
  if (!prefix_of(checkpoint, folder, name) ||
      snprintf(p.path, sizeof p.path, "%s/%s%016llx-%016llx", folder, name, (unsigned long long)f->line,
               (unsigned long long)draw64()) >= (int)sizeof p.path)
    VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", checkpoint);
  if (f->n_pieces == f->cap_pieces) {
    const int cap = f->cap_pieces ? 2 * f->cap_pieces : 8;
    VT_TRY(VT_GROW(f->piece, f->n_pieces, cap, err), err, "files of frames");
    f->cap_pieces = cap;
  }
  frames_head h = {.version = FRAMES_VERSION,
                   .n_atoms = (uint32_t)f->n_atoms,
                   .line = f->line,
                   .first = p.first,
                   .velocities = f->recording->velocities != 0,
                   .record_bytes = (uint32_t)f->record};
  memcpy(h.magic, frames_magic, sizeof h.magic);
  h.crc = vt_crc32(0, &h, offsetof(frames_head, crc));
  f->fd = open(p.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (f->fd < 0) VT_FAIL(err, VT_EIO, "cannot create '%s': %s", p.path, strerror(errno));
  if (!write_whole(f->fd, &h, sizeof h)) VT_FAIL(err, VT_EIO, "cannot write '%s': %s", p.path, strerror(errno));
  VT_PASS(vt_dir_sync(folder, err));
  f->piece[f->n_pieces++] = p;
  return VT_OK;
}

vt_status vt__frames_put(vt__replica *r, vt_err *err)
{
  vt_kept_frames *f = &r->frames;
  const vt_checkpointing *c = r->checkpointer.checkpointing;
  if (!f->recording || !c || f->n_waiting == 0) return VT_OK;
  vt_status rc = f->fd >= 0 ? VT_OK : begin_file(f, c->path, err);
  if (rc == VT_OK && (!write_whole(f->fd, f->waiting, (size_t)f->n_waiting * f->record) || fdatasync(f->fd) != 0))
    rc = vt_err_set(err, VT_EIO, __FILE__, __LINE__, "cannot write '%s': %s", f->piece[f->n_pieces - 1].path,
                    strerror(errno));
  if (rc != VT_OK) { /* its end is not known: the next try makes another file */
    if (f->fd >= 0) (void)close(f->fd);
    f->fd = -1;
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "frames of the trajectory before a checkpoint");
  }
  f->piece[f->n_pieces - 1].n += f->n_waiting;
  f->n_waiting = 0;
  return VT_OK;
}

/* ------------------------------------------------------------------ going on */

void vt__frames_save(const vt__replica *r, void *bytes)
{
  const vt_kept_frames *f = &r->frames;
  const frames_state s = {.line = f->line,
                          .n = f->n,
                          .every = f->every,
                          .velocities = f->recording->velocities != 0,
                          .n_atoms = f->n_atoms};
  memcpy(bytes, &s, sizeof s);
  memcpy((char *)bytes + sizeof s, f->x0, (size_t)f->n_atoms * sizeof *f->x0);
}

/* A whole record of frame `number`, in f->one. */
static int record_at(vt_kept_frames *f, int fd, int64_t k, int64_t number)
{
  record_head h;
  size_t got = 0;
  while (got < f->record) {
    ssize_t n = pread(fd, f->one + got, f->record - got, (off_t)(sizeof(frames_head) + (size_t)k * f->record + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    got += (size_t)n;
  }
  memcpy(&h, f->one, sizeof h);
  return h.crc == vt_crc32(0, f->one + sizeof h.crc, f->record - sizeof h.crc) && h.number == number;
}

/* How many whole frames a file holds; 0 if it is none of this line. */
static void look_into(vt_kept_frames *f, const frames_state *s, vt__frames_piece *p)
{
  frames_head h;
  int fd = open(p->path, O_RDONLY | O_CLOEXEC);
  p->n = 0;
  if (fd < 0) return;
  if (pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h && memcmp(h.magic, frames_magic, sizeof h.magic) == 0 &&
      h.crc == vt_crc32(0, &h, offsetof(frames_head, crc)) && h.version == FRAMES_VERSION && h.line == s->line &&
      h.n_atoms == (uint32_t)f->n_atoms && h.record_bytes == f->record && h.first >= 0) {
    p->first = h.first;
    while (p->first + p->n < s->n && record_at(f, fd, p->n, p->first + p->n)) {
      p->n++;
      if (p->n % 256 == 0) vt_alive();
    }
  }
  (void)close(fd);
}

/* All files of the line, as they are on disk. */
static vt_status list_files(vt_kept_frames *f, const char *checkpoint, const frames_state *s, vt_err *err)
{
  char folder[FRAMES_PATH], name[FRAMES_NAME], of_line[FRAMES_NAME + 24];
  vt_status rc = VT_OK;
  DIR *d = prefix_of(checkpoint, folder, name) ? opendir(folder) : NULL;
  if (!d) return VT_OK;
  (void)snprintf(of_line, sizeof of_line, "%s%016llx-", name, (unsigned long long)s->line);
  for (const struct dirent *e; (e = readdir(d)) != NULL;) {
    vt__frames_piece p = {.first = 0};
    if (strncmp(e->d_name, of_line, strlen(of_line)) != 0) continue;
    if (snprintf(p.path, sizeof p.path, "%s/%s", folder, e->d_name) >= (int)sizeof p.path) continue;
    if (f->n_pieces == f->cap_pieces) {
      const int cap = f->cap_pieces ? 2 * f->cap_pieces : 8;
      VT_TRY_OUT(VT_GROW(f->piece, f->n_pieces, cap, err), err, "files of frames");
      f->cap_pieces = cap;
    }
    look_into(f, s, &p);
    if (p.n > 0) f->piece[f->n_pieces++] = p;
  }
out:
  (void)closedir(d);
  return rc;
}

static const vt__frames_piece *piece_with(const vt_kept_frames *f, int64_t k)
{
  for (int i = 0; i < f->n_pieces; i++)
    if (f->piece[i].first <= k && k < f->piece[i].first + f->piece[i].n) return &f->piece[i];
  return NULL;
}

int vt__frames_resume(vt__replica *r, const void *bytes, size_t n, vt_err *why)
{
  vt_kept_frames *f = &r->frames;
  frames_state s;
  if (n != vt__frames_state_size(f->n_atoms)) {
    (void)vt_err_set(why, VT_EINVAL, __FILE__, __LINE__, "no frames were kept before it");
    return 0;
  }
  memcpy(&s, bytes, sizeof s);
  if (s.every != f->every || s.velocities != (f->recording->velocities != 0) || s.n_atoms != f->n_atoms || s.n < 0) {
    (void)vt_err_set(why, VT_EINVAL, __FILE__, __LINE__, "its frames are not those that are asked for now");
    return 0;
  }
  if (list_files(f, r->checkpointer.checkpointing->path, &s, why) != VT_OK) return 0;
  for (int64_t k = 0; k < s.n;) {
    const vt__frames_piece *p = piece_with(f, k);
    if (!p) {
      (void)vt_err_set(why, VT_ECORRUPT, __FILE__, __LINE__, "frame %lld of the %lld before it is not there any more",
                       (long long)k + 1, (long long)s.n);
      return 0;
    }
    k = p->first + p->n;
  }
  f->line = s.line;
  f->n = s.n;
  memcpy(f->x0, (const char *)bytes + sizeof s, (size_t)f->n_atoms * sizeof *f->x0);
  return 1;
}

/* ------------------------------------------------------------------ giving frames */

int64_t vt_kept_frames_count(const vt_kept_frames *f) { return f->n; }

static vt_status from_file(vt_kept_frames *f, int64_t k, vt_err *err)
{
  const vt__frames_piece *p = piece_with(f, k);
  if (!p) VT_FAIL(err, VT_EBUG, "frame %lld is nowhere", (long long)k);
  if (f->fd_read < 0 || f->read_from != p->first || !f->reading || strcmp(f->reading, p->path) != 0) {
    if (f->fd_read >= 0) (void)close(f->fd_read);
    f->fd_read = open(p->path, O_RDONLY | O_CLOEXEC);
    if (f->fd_read < 0) VT_FAIL(err, VT_EIO, "cannot open '%s': %s", p->path, strerror(errno));
    f->reading = p->path;
    f->read_from = p->first;
  }
  if (!record_at(f, f->fd_read, k - p->first, k))
    VT_FAIL(err, VT_ECORRUPT, "frame %lld of the trajectory in '%s' is damaged", (long long)k + 1, p->path);
  return VT_OK;
}

vt_status vt_kept_frames_read(vt_kept_frames *f, int64_t k, vt_kept_frame *out, vt_err *err)
{
  record_head h;
  if (k < 0 || k >= f->n) VT_FAIL(err, VT_EINVAL, "frame %lld of %lld", (long long)k, (long long)f->n);
  const int64_t in_files = f->n - f->n_waiting;
  const unsigned char *at = k >= in_files ? f->waiting + (size_t)(k - in_files) * f->record : f->one;
  if (k < in_files) VT_PASS(from_file(f, k, err));
  memcpy(&h, at, sizeof h);
  *out = (vt_kept_frame){.n_atoms = f->n_atoms, .step = h.step, .time_ps = h.time_ps};
  memcpy(out->cell.h, h.cell, sizeof h.cell);
  out->x = (const float *)(const void *)(at + sizeof h);
  if (f->recording->velocities) out->v = out->x + (size_t)f->n_atoms * 3;
  return vt__replica_poll(f->replica, err);
}

vt_status vt__frames_finish(vt__replica *r, vt_err *err)
{
  vt_kept_frames *f = &r->frames;
  if (!f->recording || !f->recording->done) return VT_OK;
  return f->recording->done(f->recording->ctx, f, err);
}
