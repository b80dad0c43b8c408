/* farm.c - frames to ranks: rank 0 gives the next one to whoever is idle, and works itself while nobody asks.
 *
 * Messages: READY and DONE to rank 0, FRAME (its number), STOP (end what runs) and END (leave) from it.  What a rank
 * has done is on disk before it says so. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/labelling/labelling_impl.h"
#include "runner/stop/stop.h"

enum { TAG_READY = 91, TAG_DONE, TAG_FRAME, TAG_STOP, TAG_END };

/* What a rank says of a frame. */
typedef struct word {
  int32_t k, state; /* frame; vt__label_state; VT__LABEL_WAITS: it was stopped or cannot go on */
  int32_t abort;    /* 1: this rank cannot go on */
  int32_t reserved;
  char why[VT__LABEL_WHY];
} word;

static int is_first(const vt__labeller *l) { return vt_comm_rank(l->comm) == 0; }

/* ------------------------------------------------------------------ rank 0 */

double vt__label_left_s(const vt__labeller *l)
{
  int here = -l->finished_before, left = 0; /* one that failed took its time, too */
  for (int k = 0; k < l->n; k++) {
    const vt__label_frame *f = &l->frame[k];
    const int open = f->state == VT__LABEL_WAITS || f->state == VT__LABEL_RUNS;
    if (f->same_as >= 0) continue;
    here += !open;
    left += open;
  }
  return here > 0 ? (vt_now_s() - l->began_s) / here * left : (double)NAN;
}

static void show(vt__labeller *l)
{
  char line[160];
  int done = 0, failed = 0, runs = 0, all = 0;
  const double left_s = vt__label_left_s(l);
  for (int k = 0; k < l->n; k++) {
    const vt__label_frame *f = &l->frame[k];
    if (f->same_as >= 0) continue;
    all++;
    done += f->state == VT__LABEL_DONE;
    failed += f->state == VT__LABEL_FAILED;
    runs += f->state == VT__LABEL_RUNS;
  }
  int used = snprintf(line, sizeof line, "%d of %d frames labelled, %d running", done, all, runs);
  if (failed) used += snprintf(line + used, sizeof line - (size_t)used, ", %d failed", failed);
  if (isfinite(left_s)) (void)snprintf(line + used, sizeof line - (size_t)used, ", about %.0f min left", left_s / 60);
  if (l->o->progress) l->o->progress(l->o->ctx, line);
}

static void take(vt__labeller *l, const word *w)
{
  char where[VT_PATH + 64];
  if (w->k < 0 || w->k >= l->n) return;
  vt__label_frame *f = &l->frame[w->k];
  f->state = (vt__label_state)w->state;
  if (w->state != VT__LABEL_FAILED) return;
  (void)snprintf(f->why, sizeof f->why, "%s", w->why);
  vt__label_frame_where(l, w->k, where, sizeof where);
  vt__label_say(l, "%s failed: %s; its log: failed/%s.log", where, f->why, f->name);
}

/* The next frame that waits, or -1; nobody begins one when a stop was asked for. */
static int next_frame(vt__labeller *l)
{
  if (l->asked || l->aborted || vt_stop_reason() || vt_stop_closing()) return -1;
  while (l->next < l->n && (l->frame[l->next].state != VT__LABEL_WAITS || l->frame[l->next].same_as >= 0)) l->next++;
  return l->next < l->n ? l->next++ : -1;
}

static vt_status give(vt__labeller *l, int rank, vt_err *err)
{
  const int32_t k = next_frame(l);
  if (k < 0) {
    l->left[rank] = 1;
    l->present--;
    return vt_comm_send(l->comm, rank, TAG_END, "", 0, err);
  }
  l->frame[k].state = VT__LABEL_RUNS;
  l->busy++;
  return vt_comm_send(l->comm, rank, TAG_FRAME, &k, sizeof k, err);
}

static vt_status tell_stop(vt__labeller *l, vt_err *err)
{
  for (int r = 1; r < vt_comm_size(l->comm) && !l->told; r++)
    if (!l->left[r]) VT_PASS(vt_comm_send(l->comm, r, TAG_STOP, "", 0, err));
  l->told = 1;
  return VT_OK;
}

static vt_status serve(vt__labeller *l, vt_err *err)
{
  int got = 1;
  while (got) {
    vt_msg m;
    word w = {.k = -1};
    VT_PASS(vt_comm_poll(l->comm, &m, &got, err));
    if (!got) break;
    const int rank = m.src;
    if (m.tag == TAG_DONE && m.n == sizeof w) {
      memcpy(&w, m.data, sizeof w);
      l->busy--;
      l->aborted = l->aborted || w.abort;
      take(l, &w);
    }
    if (m.tag != TAG_DONE && m.tag != TAG_READY) continue;
    VT_PASS(give(l, rank, err));
  }
  if (vt_jobs_beat(l->place.alone, vt_now_s(), NULL) == VT_ESTOP) l->lost = 1;
  if (l->lost) VT_FAIL(err, VT_ESTOP, "another job took the folder '%s' over", l->place.dir);
  if (l->asked || l->aborted || (vt_stop_reason() && !vt_stop_closing())) VT_PASS(tell_stop(l, err));
  show(l);
  vt__label_place_view(l, 0);
  return VT_OK;
}

/* ------------------------------------------------------------------ all ranks */

vt_status vt__label_while_waiting(void *ctx, vt_err *err)
{
  vt__labeller *l = ctx;
  int got = 0;
  vt_msg m;
  if (is_first(l))
    VT_PASS(serve(l, err));
  else {
    VT_PASS(vt_comm_poll(l->comm, &m, &got, err));
    if (got && m.tag == TAG_STOP) l->asked = 1;
  }
  if (l->asked || l->aborted || (vt_stop_reason() && !vt_stop_closing())) VT_FAIL(err, VT_ESTOP, "stop requested");
  return VT_OK;
}

/* One frame on this rank; a soft stop is no error. */
static vt_status work(vt__labeller *l, int k, word *w, vt_err *err)
{
  vt__label_state state = VT__LABEL_WAITS;
  *w = (word){.k = k, .state = VT__LABEL_WAITS};
  const vt_status rc = vt__label_calculate(l, k, &state, w->why, err);
  if (rc == VT_OK) w->state = (int32_t)state;
  const int stopped = rc == VT_ESTOP && !l->lost; /* vt__label_while_waiting said so */
  w->abort = rc != VT_OK && !stopped;
  return stopped ? VT_OK : rc;
}

static vt_status lead(vt__labeller *l, vt_err *err)
{
  vt_status rc = VT_OK;
  l->present = vt_comm_size(l->comm) - 1;
  for (int k = 0; rc == VT_OK && (k >= 0 || l->present > 0);) {
    word w;
    rc = serve(l, err);
    k = rc == VT_OK ? next_frame(l) : -1;
    if (k >= 0) {
      l->frame[k].state = VT__LABEL_RUNS;
      rc = work(l, k, &w, err);
      take(l, &w);
    } else if (l->present > 0)
      vt_comm_nap(l->comm, 0);
  }
  if (rc == VT_OK) return rc;
  l->aborted = 1; /* the others are told, and all of them leave */
  vt_status told = VT_OK;
  while (told == VT_OK && l->present > 0) {
    told = serve(l, NULL);
    vt_comm_nap(l->comm, 0);
  }
  return rc;
}

static vt_status follow(vt__labeller *l, vt_err *err)
{
  vt_status rc = VT_OK;
  VT_PASS(vt_comm_send(l->comm, 0, TAG_READY, "", 0, err));
  for (;;) {
    vt_msg m;
    int got = 0;
    int32_t k = -1;
    word w;
    vt_status heard = vt_comm_poll(l->comm, &m, &got, rc == VT_OK ? err : NULL);
    if (heard != VT_OK) return rc == VT_OK ? heard : rc;
    if (got && m.tag == TAG_END) return rc;
    if (got && m.tag == TAG_STOP) l->asked = 1;
    vt_comm_nap(l->comm, got);
    if (!got || m.tag != TAG_FRAME || m.n != sizeof k) continue;
    memcpy(&k, m.data, sizeof k);
    rc = work(l, k, &w, err);
    heard = vt_comm_send(l->comm, 0, TAG_DONE, &w, sizeof w, NULL);
    if (heard != VT_OK) return rc == VT_OK ? heard : rc;
  }
}

vt_status vt__label_farm(vt__labeller *l, int *stopped, vt_err *err)
{
  vt_status rc = is_first(l) ? lead(l, err) : follow(l, err);
  vt__label_driver_end(l);
  VT_PASS(vt_comm_agree(l->comm, rc, err));
  int32_t open = 0;
  for (int k = 0; k < l->n; k++) open += l->frame[k].same_as < 0 && l->frame[k].state <= VT__LABEL_RUNS;
  VT_PASS(vt_comm_bcast(l->comm, 0, &open, sizeof open, err));
  *stopped = open > 0;
  return VT_OK;
}
