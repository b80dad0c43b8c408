/* progress.c - one line for a person, one small file for `status`. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/drive/drive_impl.h"

static const double LINE_EVERY_S = 60, FILE_EVERY_S = 2;

static void put_number(json_t *o, const char *key, double x)
{
  (void)json_object_set_new(o, key, isfinite(x) ? json_real(x) : json_null());
}

static const char *word(int doing)
{
  static const char *const of[] = {"idle", "busy", "left", "dead"};
  return doing >= VT_RANK_IDLE && doing <= VT_RANK_DEAD ? of[doing] : "";
}

static json_t *rank_json(const vt_campaign *c, const vt_watch *w, int rank)
{
  const vt_rank_state *r = &w->rank[rank];
  json_t *o = json_pack("{s:i, s:s}", "rank", rank, "state", word(r->doing));
  put_number(o, "since_s", w->now - r->since);
  put_number(o, "heard_s", w->now - r->heard);
  if (r->task < 0 || r->task >= c->n_tasks) return o;
  vt__task_json(o, c, r->task);
  (void)json_object_set_new(o, "stage", json_string(vt_stage_name(r->stage)));
  (void)json_object_set_new(o, "attempt", json_integer(r->attempt));
  (void)json_object_set_new(o, "half_step_in", json_string(vt_stage_name(r->half_stage)));
  put_number(o, "fraction", r->fraction);
  return o;
}

/* A view that `status` may lose: failing to write it is not an error of the campaign. */
static void write_file(const vt_progress_line *p, const vt_watch *w, const char *state)
{
  enum { RANKS_MOST = 1024 };
  vt_err ignored = {0};
  char hex[65];
  vt_uid_hex(&p->c->id, hex);
  json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:i}", "campaign_id", hex, "state", state, "updated",
                        (json_int_t)time(NULL), "running", (json_int_t)w->tasks.leased, "workers", w->workers,
                        "other_jobs", w->others, "elsewhere", w->elsewhere);
  put_number(o, "ns_done", w->ns_done);
  put_number(o, "ns_total", w->ns_total);
  put_number(o, "ns_per_day", w->ns_per_day);
  put_number(o, "eta_s", w->eta_s);
  if (p->last_error[0]) (void)json_object_set_new(o, "last_error", json_string(p->last_error));
  json_t *ranks = json_array();
  for (int r = 0; w->rank && r < w->n_ranks && r < RANKS_MOST; r++)
    (void)json_array_append_new(ranks, rank_json(p->c, w, r));
  (void)json_object_set_new(o, "ranks", ranks);
  char *text = json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
  if (text && vt_file_replace(p->dir->status, text, strlen(text), &ignored) != VT_OK)
    vt_log(VT_LOG_WARN, "drive", "ev=status_file error=\"%s\"", ignored.text);
  free(text);
  json_decref(o);
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
  if (!p->silent && (state || now - p->last_file >= FILE_EVERY_S)) {
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
