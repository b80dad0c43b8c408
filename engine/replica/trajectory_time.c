/* trajectory_time.c - is every frame of a file one time step behind the one before it (T 15.3)? */
#include <math.h>
#include <string.h>

#include "engine/replica/trajectory_impl.h"

#define REFUSE(...) return vt_err_user(err, VT_EPARSE, path, s->line + 1, 0, __VA_ARGS__)

/* ------------------------------------------------------------------ times */

/* What the last digit of a time counts.  Programs drop zeros at the end (0, 0.5, 1) as long as they do not run out of
 * digits (six for %g). */
static double digit_of(const vt__clock *c, const vt_stamp *s)
{
  enum { PLENTY = 6 };
  return s->digits < PLENTY ? fmin(s->digit, c->least_digit) : s->digit;
}

/* What is left of a difference of two numbers as they were printed: their last digits, single precision. */
static double rounding(const vt__clock *c, const vt_stamp *a, const vt_stamp *b)
{
  return fmax(digit_of(c, a), digit_of(c, b)) + 2.4e-7 * fmax(fabs(a->value), fabs(b->value));
}

/* A --dt of 0.0333 means a thirtieth. */
static const double dt_share = 2e-3;

static int is_unit(const char *key, const char *unit) { return strstr(key, unit) != NULL; }

/* ps or fs: what makes the first two times agree with --dt. */
static vt_status find_unit(vt__clock *c, const char *path, const vt_structure *s, vt_err *err)
{
  const double apart = s->time.value - c->time.value, slack = rounding(c, &c->time, &s->time);
  for (int k = 0; k < 2; k++) {
    const double unit = k ? 1000 : 1, want = unit * c->dt_ps;
    if (is_unit(s->time.key, k ? "ps" : "fs")) continue;
    if (fabs(apart - want) <= slack + dt_share * want) {
      c->unit_per_ps = unit;
      return VT_OK;
    }
  }
  REFUSE("%s goes from %.9g to %.9g in the first two frames; with %g ps between two frames (--dt) it goes on by %g (in "
         "ps) or %g (in fs)",
         s->time.key, c->time.value, s->time.value, c->dt_ps, c->dt_ps, 1000 * c->dt_ps);
}

static vt_status tick_time(vt__clock *c, const char *path, const vt_structure *s, int frame, vt_err *err)
{
  const double apart = s->time.value - c->time.value;
  if (isfinite(s->time.value)) c->least_digit = fmin(c->least_digit, s->time.digit);
  if (frame == 1) {
    c->first_time = s->time.value;
    return VT_OK;
  }
  if (!(isfinite(s->time.value) == isfinite(c->time.value)))
    REFUSE("frame %d has %s time in its comment line, frame %d has %s", frame, isfinite(s->time.value) ? "a" : "no",
           frame - 1, isfinite(s->time.value) ? "none" : "one");
  if (!isfinite(apart)) return VT_OK;
  const double slack = rounding(c, &c->time, &s->time);
  if (apart < -slack)
    REFUSE("%s goes back from %.9g to %.9g: frame %d repeats what was before (a restart, or another run)", s->time.key,
           c->time.value, s->time.value, frame);
  if (apart <= 0 && slack < 0.5 * c->dt_ps)
    REFUSE("%s is %.9g in frame %d, too: the same instant twice (a restart?)", s->time.key, s->time.value, frame - 1);
  if (!isfinite(c->unit_per_ps)) VT_PASS(find_unit(c, path, s, err));
  const double want = c->unit_per_ps * c->dt_ps;
  if (fabs(apart - want) > slack + dt_share * want)
    REFUSE("%s goes from %.9g to %.9g, by %.6g and not by %.6g as before: frames must be equally far apart",
           s->time.key, c->time.value, s->time.value, apart, want);
  return VT_OK;
}

/* ------------------------------------------------------------------ steps */

static vt_status tick_step(vt__clock *c, const char *path, const vt_structure *s, int frame, vt_err *err)
{
  const double apart = s->step.value - c->step.value;
  if (frame == 1 || c->no_steps || !isfinite(apart)) return VT_OK;
  const double slack = 1e-9 * fabs(s->step.value);
  if (frame == 2 && apart == 0 && strstr(s->step.key, "time")) { /* `timestep` may be the length of a step */
    c->no_steps = 1;
    return VT_OK;
  }
  if (!(apart > slack))
    REFUSE("%s goes from %.15g to %.15g: frame %d repeats what was before (a restart, or another run)", s->step.key,
           c->step.value, s->step.value, frame);
  if (!isfinite(c->step_apart)) c->step_apart = apart;
  if (fabs(apart - c->step_apart) > slack)
    REFUSE("%s goes from %.15g to %.15g, by %.15g and not by %.15g as before: frames must be equally far apart",
           s->step.key, c->step.value, s->step.value, apart, c->step_apart);
  return VT_OK;
}

/* ------------------------------------------------------------------ the same frame again */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
  const unsigned char *b = p;
  for (size_t i = 0; i + 8 <= n; i += 8) {
    uint64_t w;
    memcpy(&w, b + i, 8);
    h = (h ^ w) * UINT64_C(0x9E3779B97F4A7C15);
    h ^= h >> 29;
  }
  return h;
}

/* Of the numbers of a frame, never 0: two frames of a million share one by chance once in 4e7 files. */
static uint64_t print_of(const vt_structure *s)
{
  const uint64_t h =
      mix(mix(UINT64_C(0x243F6A8885A308D3), s->cell.h, sizeof s->cell.h), s->x, (size_t)s->n * sizeof *s->x);
  return h ? h : 1;
}

static int set_add(uint64_t *slot, size_t n_slots, uint64_t h)
{
  size_t i = (size_t)h & (n_slots - 1);
  while (slot[i] && slot[i] != h) i = (i + 1) & (n_slots - 1);
  const int is_there = slot[i] != 0;
  slot[i] = h;
  return is_there;
}

static vt_status tick_print(vt__clock *c, const vt_structure *s, int frame, vt_err *err)
{
  if (2 * c->n_seen >= c->n_slots) {
    const size_t n = c->n_slots ? 2 * c->n_slots : 1024;
    uint64_t *slot = NULL;
    VT_PASS(VT_NEW(slot, n, err));
    for (size_t i = 0; i < c->n_slots; i++)
      if (c->seen[i]) (void)set_add(slot, n, c->seen[i]);
    vt_free(c->seen);
    c->seen = slot;
    c->n_slots = n;
  }
  if (!set_add(c->seen, c->n_slots, print_of(s))) {
    c->n_seen++;
  } else if (!c->again_frame) {
    c->again_frame = frame;
    c->again_line = s->line + 1;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ all of it */

vt_status vt__clock_tick(vt__clock *c, const char *path, const vt_structure *s, int frame, vt_err *err)
{
  if (frame > 1 && strcmp(c->replica, s->replica) != 0)
    REFUSE("frame %d is of '%s', the one before of '%s': several runs in one file; save each as a file", frame,
           s->replica, c->replica);
  VT_PASS(tick_time(c, path, s, frame, err));
  VT_PASS(tick_step(c, path, s, frame, err));
  VT_PASS(tick_print(c, s, frame, err));
  c->time = s->time;
  c->step = s->step;
  memcpy(c->replica, s->replica, sizeof c->replica);
  return VT_OK;
}

static vt_status end_time(const vt__clock *c, const char *path, int frames, vt_err *err)
{
  if (!isfinite(c->unit_per_ps) || frames < 3) return VT_OK;
  const double want = c->unit_per_ps * c->dt_ps * (frames - 1), is = c->time.value - c->first_time;
  const vt_stamp first = {.value = c->first_time, .digit = c->time.digit, .digits = c->time.digits};
  if (fabs(is - want) <= rounding(c, &first, &c->time) + dt_share * want) return VT_OK;
  return vt_err_user(err, VT_EPARSE, path, 0, 0,
                     "%s goes on by %.9g in %d frames; with %g ps between two frames (--dt) it would be %.9g",
                     c->time.key, is, frames, c->dt_ps, want);
}

vt_status vt__clock_end(const vt__reader *r, vt_err *err)
{
  const vt__clock *c = &r->clock;
  VT_PASS(end_time(c, r->path, r->n_frames, err));
  /* Ions that hop on a lattice leave most atoms, and now and then all of them, where they are. */
  if (!c->again_frame || r->n_still >= r->n_moved) return VT_OK;
  return vt_err_user(err, VT_EPARSE, r->path, c->again_line, 0,
                     "frame %d is equal to an earlier one to the last digit, in a file where atoms move from frame to "
                     "frame: frames are repeated (a restart?)",
                     c->again_frame);
}
