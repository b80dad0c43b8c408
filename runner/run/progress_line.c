/* progress_line.c - the line that rewrites itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/run/run_impl.h"

static const double LINE_EVERY_S = 60;

static void write_line(vt_progress_line *p, const vt_run_snapshot *w)
{
  char rate[32] = "-", left[32] = "-", round[24] = "";
  int64_t total = w->tasks.waiting + w->tasks.ready + w->tasks.leased + w->tasks.done + w->tasks.failed;
  if (isfinite(w->ns_per_day)) (void)snprintf(rate, sizeof rate, "%.1f", w->ns_per_day);
  if (isfinite(w->eta_s)) {
    long s = (long)fmin(w->eta_s, 1e9);
    (void)snprintf(left, sizeof left, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  }
  if (w->round) (void)snprintf(round, sizeof round, "round %d: ", w->round);
  fprintf(stderr, "%s%s%lld/%lld tasks, %lld running, %lld failed | %.3f/%.3f ns | %s ns/day | %s left%s%s",
          p->tty ? "\r\033[K" : "", round, (long long)w->tasks.done, (long long)total, (long long)w->tasks.leased,
          (long long)w->tasks.failed, w->ns_done, w->ns_total, rate, left, w->stopping ? " | stopping" : "",
          p->tty ? "" : "\n");
  fflush(stderr);
  p->open = p->tty;
}

void vt__progress(vt_progress_line *p, const vt_run_snapshot *w, const char *state)
{
  double now = vt_now_s();
  if (!p->silent && (state || vt_pace_due(&p->file, now))) {
    vt_pace_begin(&p->file, now);
    vt_status_file_write(p->dir->status, p->c, w, p->last_error, state ? state : "running", p->file.most_s);
    double end = vt_now_s();
    vt_pace_end(&p->file, end);
    /* Readers were told that this is the longest rest; from the next time on they are told a longer one. */
    if (p->file.next - end >= 0.999 * p->file.most_s) p->file.most_s = fmin(2 * p->file.most_s, VT_STATUS_FILE_SLOW_S);
  }
  if (p->quiet || (!p->tty && !state && p->last_line > 0 && now - p->last_line < LINE_EVERY_S)) return;
  p->last_line = now;
  write_line(p, w);
}

void vt__progress_end(vt_progress_line *p)
{
  if (p->open) fputc('\n', stderr);
  p->open = 0;
}
