/* progress.c - one line for a person, one small file for `status`. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "runner/drive/drive_impl.h"

static const double LINE_EVERY_S = 60, FILE_EVERY_S = 5;

static void json_number(vt_buf *b, const char *key, double x)
{
  if (isfinite(x))
    vt_buf_printf(b, ", \"%s\": %.17g", key, x);
  else
    vt_buf_printf(b, ", \"%s\": null", key);
}

/* A view that `status` may lose: failing to write it is not an error of the campaign. */
static void write_file(const vt_progress_line *p, const vt_watch *w, const char *state)
{
  vt_buf b = {0};
  vt_err ignored = {0};
  char hex[65];
  vt_uid_hex(&p->c->id, hex);
  vt_buf_printf(&b,
                "{\"campaign_id\": \"%s\", \"state\": \"%s\", \"updated\": %lld, \"running\": %lld, \"workers\": %d",
                hex, state, (long long)time(NULL), (long long)w->tasks.leased, w->workers);
  json_number(&b, "ns_done", w->ns_done);
  json_number(&b, "ns_total", w->ns_total);
  json_number(&b, "ns_per_day", w->ns_per_day);
  json_number(&b, "eta_s", w->eta_s);
  vt_buf_printf(&b, "}\n");
  if (!b.failed && vt_file_replace(p->dir->status, b.s, b.len, &ignored) != VT_OK)
    vt_log(VT_LOG_WARN, "drive", "ev=status_file error=\"%s\"", ignored.text);
  vt_buf_free(&b);
}

static void write_line(vt_progress_line *p, const vt_watch *w)
{
  char rate[32] = "-", left[32] = "-";
  int64_t total = w->tasks.waiting + w->tasks.ready + w->tasks.leased + w->tasks.done + w->tasks.failed;
  if (isfinite(w->ns_per_day)) (void)snprintf(rate, sizeof rate, "%.1f", w->ns_per_day);
  if (isfinite(w->eta_s)) {
    long s = (long)fmin(w->eta_s, 1e9);
    (void)snprintf(left, sizeof left, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  }
  fprintf(stderr, "%s%lld/%lld tasks, %lld running, %lld failed | %.3f/%.3f ns | %s ns/day | %s left%s%s",
          p->tty ? "\r\033[K" : "", (long long)w->tasks.done, (long long)total, (long long)w->tasks.leased,
          (long long)w->tasks.failed, w->ns_done, w->ns_total, rate, left, w->stopping ? " | stopping" : "",
          p->tty ? "" : "\n");
  fflush(stderr);
  p->open = p->tty;
}

void vt__progress(vt_progress_line *p, const vt_watch *w, const char *state)
{
  double now = vt_now_s();
  if (state || now - p->last_file >= FILE_EVERY_S) {
    p->last_file = now;
    write_file(p, w, state ? state : "running");
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
