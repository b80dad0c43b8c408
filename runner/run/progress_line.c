/* progress_line.c - the line that rewrites itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/run/run_impl.h"

static const double LINE_EVERY_S = 60, REWRITE_EVERY_S = 0.2;

static void write_line(vt_progress_line *p, const vt_run_snapshot *w, int width)
{
  char rate[32] = "-", left[32] = "-", round[24] = "";
  int64_t total = w->tasks.waiting + w->tasks.ready + w->tasks.leased + w->tasks.done + w->tasks.failed;
  if (isfinite(w->ns_per_day)) (void)snprintf(rate, sizeof rate, "%.1f", w->ns_per_day);
  if (isfinite(w->eta_s)) {
    long s = (long)fmin(w->eta_s, 1e9);
    (void)snprintf(left, sizeof left, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  }
  if (w->round) (void)snprintf(round, sizeof round, "round %d: ", w->round);
  char line[256];
  (void)snprintf(line, sizeof line,
                 "%s%lld/%lld tasks, %lld running, %lld failed | %.3f/%.3f ns | %s ns/day | %s left%s", round,
                 (long long)w->tasks.done, (long long)total, (long long)w->tasks.leased, (long long)w->tasks.failed,
                 w->ns_done, w->ns_total, rate, left, w->stopping ? " | stopping" : "");
  if (width)
    (void)fprintf(stderr, "\r\033[K%.*s", width - 1, line); /* a line that wraps does not rewrite itself */
  else
    (void)fprintf(stderr, "%s%s\n", p->open ? "\n" : "", line);
  (void)fflush(stderr);
  p->open = width > 0;
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
  const double since = p->last_line > 0 && !state ? now - p->last_line : INFINITY;
  if (p->quiet || since < REWRITE_EVERY_S) return;
  const int width = vt_progress_width();
  if (!width && since < LINE_EVERY_S) return;
  p->last_line = now;
  write_line(p, w, width);
}

void vt__progress_end(vt_progress_line *p)
{
  const double spare_s = 0.1;
  if (p->open) {
    (void)fputc('\n', stderr);
    (void)fflush(stderr);
    if (!isatty(STDERR_FILENO)) vt_nap_s(spare_s); /* a launcher brings stdout and stderr on ways of their own */
  }
  p->open = 0;
}
