/* trajectory_read.c - frames of a trajectory that someone else made: who is who, when, in which cell, and how far it
 * moved (T 15). */
#include <math.h>
#include <string.h>

#include "engine/replica/trajectory_impl.h"

/* From here on another image is as likely (T 15.2), in shortest lattice vectors. */
static const double known_move = 0.5;

vt_status vt__reader_open(vt__reader *r, const char *const *path, int n_paths, double dt_ps, const vt_frames_options *o,
                          vt_err *err)
{
  const double no = (double)NAN;
  *r = (vt__reader){.path = path[0],
                    .mistakes = o ? o->mistakes : NULL,
                    .clock = {.dt_ps = dt_ps, .unit_per_ps = no, .step_apart = no, .least_digit = HUGE_VAL}};
  r->clock.time.value = r->clock.step.value = no;
  return vt_frames_open(&r->frames, path, n_paths, o, err);
}

void vt__reader_close(vt__reader *r)
{
  vt_frames_close(r->frames);
  vt_structure_free(&r->now);
  vt_free(r->symbol);
  vt_free(r->id);
  vt_free(r->type);
  vt_free(r->before);
  vt_free(r->dx);
  vt_free(r->clock.seen);
}

/* ------------------------------------------------------------------ who is who */

static vt_status take_first(vt__reader *r, vt_err *err)
{
  size_t n = (size_t)r->now.n;
  r->n = r->now.n;
  VT_PASS(VT_NEW(r->symbol, n, err));
  memcpy(r->symbol, r->now.symbol, n * sizeof *r->symbol);
  VT_PASS(VT_NEW(r->type, n, err));
  VT_PASS(VT_NEW(r->before, n, err));
  VT_PASS(VT_NEW(r->dx, n, err));
  if (!r->now.id) return VT_OK;
  VT_PASS(VT_NEW(r->id, n, err));
  memcpy(r->id, r->now.id, n * sizeof *r->id);
  return VT_OK;
}

static vt_status check_ids(const vt__reader *r, vt_err *err)
{
  if (!r->id != !r->now.id)
    return vt_err_user(err, VT_EPARSE, r->path, r->now.line + 1, 0, "frame %d has %s column id, the first one has %s",
                       r->n_frames + 1, r->now.id ? "a" : "no", r->id ? "one" : "none");
  for (int i = 0; i < r->n && r->id; i++)
    if (r->id[i] != r->now.id[i])
      return vt_err_user(err, VT_EPARSE, r->path, vt_structure_line(&r->now, i), 0,
                         "the atom with id %lld is here and not in the first frame, or id %lld is missing",
                         (long long)r->now.id[i], (long long)r->id[i]);
  return VT_OK;
}

static vt_status check_same(const vt__reader *r, vt_err *err)
{
  if (r->now.n != r->n)
    return vt_err_user(err, VT_EPARSE, r->path, r->now.line, 1, "frame %d has %d atoms, the first one has %d",
                       r->n_frames + 1, r->now.n, r->n);
  VT_PASS(check_ids(r, err));
  for (int i = 0; i < r->n; i++) {
    if (strncmp(r->symbol[i], r->now.symbol[i], sizeof r->symbol[i]) == 0) continue;
    if (r->id)
      return vt_err_user(err, VT_EPARSE, r->path, vt_structure_line(&r->now, i), 1,
                         "the atom with id %lld is %s, in the first frame it is %s", (long long)r->id[i],
                         r->now.symbol[i], r->symbol[i]);
    return vt_err_user(err, VT_EPARSE, r->path, vt_structure_line(&r->now, i), 1,
                       "atom %d is %s, in the first frame it is %s: atoms must keep their order, or have a column id",
                       i + 1, r->now.symbol[i], r->symbol[i]);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ how far they moved */

/* Where the atoms of the last frame are in a cell that has changed: at the same fractions of it.  `now` is the basis of
 * the new lattice that is nearest to the cell of the last frame. */
static void carry_along(vt__reader *r, const vt_cell *now)
{
  double hi[3][3], s[3];
  if (memcmp(&r->cell, now, sizeof r->cell) == 0) return;
  (void)vt_cell_inverse(&r->cell, hi); /* it was not flat when it was the cell at hand */
  for (int i = 0; i < r->n; i++) {
    double *x = r->before[i];
    for (int k = 0; k < 3; k++) s[k] = x[0] * hi[0][k] + x[1] * hi[1][k] + x[2] * hi[2][k];
    for (int k = 0; k < 3; k++) x[k] = s[0] * now->h[0][k] + s[1] * now->h[1][k] + s[2] * now->h[2][k];
  }
}

/* A step of length d of atom i, in a lattice whose shortest vector is L: were it another image, its square would be
 * larger by about L^2 at most. */
static void note_step(vt__reader *r, int i, double d, double shortest)
{
  vt_unknown_moves *u = &r->unknown;
  const int s = r->type[i];
  r->sum2[s] += d * d;
  r->largest_move = fmax(r->largest_move, d / shortest);
  if (!(d > known_move * shortest)) return;
  r->doubt2[s] += shortest * shortest;
  if (u->n++ > 0) return;
  u->frame = r->n_frames + 1;
  u->line = vt_structure_line(&r->now, i);
  u->z = vt_element_z(r->symbol[i]);
  u->share = d / shortest;
}

static vt_status reader_cell(vt__reader *r, vt_err *err)
{
  vt_cell aligned;
  if (r->n_frames > 0) {
    if (!vt_cell_aligned(&r->now.cell, &r->cell, &aligned))
      return vt_err_user(err, VT_EPARSE, r->path, r->now.line + 1, 0,
                         "the lattice of frame %d is neither that of the frame before, strained, nor a flip of it: "
                         "where atoms went cannot be known",
                         r->n_frames + 1);
    carry_along(r, &aligned);
  }
  r->now.cell = vt_cell_reduced(r->n_frames > 0 ? &aligned : &r->now.cell);
  return VT_OK;
}

/* Displacements are added up by nearest images in the cell of the later frame, so it does not matter whether the
 * positions are wrapped; where a file says where its atoms went (unfolded), nothing is guessed.  A breathing cell
 * carries its atoms along and moves none, as in our own runs (vt_frame.dx). */
static vt_status reader_move(vt__reader *r, vt_err *err)
{
  double hi[3][3];
  int still = 0;
  const int is_known = r->now.unfolded && r->was_unfolded;
  VT_PASS(reader_cell(r, err));
  const vt_cell *c = &r->now.cell;
  const double height = vt_cell_shortest_height(c), shortest = vt_cell_shortest_vector(c);
  r->least_height = r->n_frames ? fmin(r->least_height, height) : height;
  if (!vt_cell_inverse(c, hi))
    return vt_err_user(err, VT_EPARSE, r->path, r->now.line + 1, 1, "the lattice of frame %d is flat", r->n_frames + 1);
  for (int i = 0; i < r->n; i++) {
    double d[3];
    for (int k = 0; k < 3; k++) d[k] = r->n_frames ? r->now.x[i][k] - r->before[i][k] : 0;
    if (!is_known) vt_cell_min_image(c, (const double(*)[3])hi, d);
    for (int k = 0; k < 3; k++) r->dx[i][k] += d[k];
    still += d[0] == 0 && d[1] == 0 && d[2] == 0;
    if (!is_known) note_step(r, i, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), shortest);
    memcpy(r->before[i], r->now.x[i], sizeof r->before[i]);
    vt_cell_wrap(c, (const double(*)[3])hi, r->now.x[i]);
    if (!r->now.unfolded) memcpy(r->before[i], r->now.x[i], sizeof r->before[i]);
  }
  r->was_unfolded = r->now.unfolded;
  if (r->n_frames && still < r->n) r->n_still += still, r->n_moved += r->n - still;
  r->cell = *c;
  return VT_OK;
}

vt_status vt__reader_next(vt__reader *r, int *got, vt_err *err)
{
  vt_structure_free(&r->now);
  VT_PASS(vt_frames_next(r->frames, &r->now, got, err));
  r->path = vt_frames_path(r->frames);
  if (!*got || (r->mistakes && r->mistakes->n > 0)) return VT_OK;
  VT_PASS(vt_structure_by_id(&r->now, r->path, err));
  if (r->n == 0) VT_PASS(take_first(r, err));
  VT_PASS(check_same(r, err));
  VT_PASS(vt__clock_tick(&r->clock, r->path, &r->now, r->n_frames + 1, err));
  if (r->now.ignored[0] && !r->ignored[0]) {
    memcpy(r->ignored, r->now.ignored, sizeof r->ignored);
    r->ignored_line = r->now.line + 1;
  }
  return reader_move(r, err);
}

void vt__reader_begin(vt__reader *r)
{
  memset(r->dx, 0, (size_t)r->n * sizeof *r->dx);
  memset(r->sum2, 0, sizeof r->sum2);
  memset(r->doubt2, 0, sizeof r->doubt2);
  r->unknown = (vt_unknown_moves){0};
  r->largest_move = 0;
  r->least_height = vt_cell_shortest_height(&r->cell);
}

vt_status vt__reader_dt(const char *const *path, int n_paths, const vt_frames_options *o, double *dt_ps, vt_err *err)
{
  vt_frames *f = NULL;
  vt_structure s = {0};
  vt_stamp time[2] = {{.value = (double)NAN}, {.value = (double)NAN}};
  int got = 1;
  VT_PASS(vt_frames_open(&f, path, n_paths, o, err));
  vt_status rc = VT_OK;
  for (int k = 0; k < 2 && rc == VT_OK && got; k++) {
    rc = vt_frames_next(f, &s, &got, err);
    if (rc == VT_OK && got) time[k] = s.time;
    vt_structure_free(&s);
  }
  vt_frames_close(f);
  if (rc != VT_OK || (o && o->mistakes && o->mistakes->n > 0)) return rc;
  const double per_ps = strstr(time[1].key, "ps") ? 1 : strstr(time[1].key, "fs") ? 1000 : (double)NAN;
  *dt_ps = (time[1].value - time[0].value) / per_ps;
  if (*dt_ps > 0 && isfinite(*dt_ps)) return VT_OK;
  VT_FAIL(
      err, VT_EINVAL,
      "--dt is missing, the time between two frames in ps: the first two frames of '%s' do not say it with its unit",
      path[0]);
}
