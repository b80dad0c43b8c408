/* status_file.c - one small file for `status`: status.json. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/telemetry/telemetry.h"

static void put_number(json_t *o, const char *key, double x)
{
  (void)json_object_set_new(o, key, isfinite(x) ? json_real(x) : json_null());
}

static const char *word(int doing)
{
  static const char *const of[] = {"idle", "busy", "left", "dead"};
  return doing >= VT_RANK_IDLE && doing <= VT_RANK_DEAD ? of[doing] : "";
}

static json_t *rank_json(const vt_campaign *c, const vt_run_snapshot *w, int rank)
{
  const vt_rank_state *r = &w->rank[rank];
  json_t *o = json_pack("{s:i, s:s}", "rank", rank, "state", word(r->doing));
  put_number(o, "since_s", w->now - r->since);
  put_number(o, "heard_s", w->now - r->heard);
  if (r->task < 0 || r->task >= c->n_tasks) return o;
  vt_task_json(o, c, r->task);
  (void)json_object_set_new(o, "stage", json_string(vt_stage_name(r->stage)));
  (void)json_object_set_new(o, "attempt", json_integer(r->attempt));
  (void)json_object_set_new(o, "half_step_in", json_string(vt_stage_name(r->half_stage)));
  put_number(o, "fraction", r->fraction);
  return o;
}

void vt_status_file_write(const char *path, const vt_campaign *c, const vt_run_snapshot *w, const char *last_error,
                          const char *state)
{
  enum { RANKS_MOST = 1024 };
  vt_err ignored = {0};
  char hex[65];
  vt_uid_hex(&c->id, hex);
  json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:i, s:i, s:i}", "campaign_id", hex, "state", state, "updated",
                        (json_int_t)time(NULL), "running", (json_int_t)w->tasks.leased, "workers", w->workers,
                        "other_jobs", w->others, "elsewhere", w->elsewhere);
  put_number(o, "ns_done", w->ns_done);
  put_number(o, "ns_total", w->ns_total);
  put_number(o, "ns_per_day", w->ns_per_day);
  put_number(o, "eta_s", w->eta_s);
  if (last_error[0]) (void)json_object_set_new(o, "last_error", json_string(last_error));
  json_t *ranks = json_array();
  for (int r = 0; w->rank && r < w->n_ranks && r < RANKS_MOST; r++)
    (void)json_array_append_new(ranks, rank_json(c, w, r));
  (void)json_object_set_new(o, "ranks", ranks);
  char *text = json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
  if (text && vt_file_replace(path, text, strlen(text), &ignored) != VT_OK)
    vt_log(VT_LOG_WARN, "telemetry", "ev=status_file error=\"%s\"", ignored.text);
  free(text);
  json_decref(o);
}
