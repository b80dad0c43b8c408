/* status_file.c - one small file for `status`: status.json. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/telemetry/telemetry.h"

static const char *status_file_word(int doing)
{
  static const char *const of[] = {"idle", "busy", "left", "dead"};
  return doing >= VT_RANK_IDLE && doing <= VT_RANK_DEAD ? of[doing] : "";
}

static vt_json *rank_json(const vt_campaign *c, const vt_run_snapshot *w, int rank)
{
  const vt_rank_state *r = &w->rank[rank];
  vt_json *o = vt_json_object();
  vt_json_put(o, "rank", vt_json_int(rank));
  vt_json_put(o, "state", vt_json_text(status_file_word(r->doing)));
  vt_json_put(o, "since_s", vt_json_num(w->now - r->since));
  vt_json_put(o, "heard_s", vt_json_num(w->now - r->heard));
  if (r->task < 0 || r->task >= c->n_tasks) return o;
  vt_task_json(o, c, r->task);
  vt_json_put(o, "stage", vt_json_text(vt_stage_name(r->stage)));
  vt_json_put(o, "attempt", vt_json_int(r->attempt));
  vt_json_put(o, "half_step_in", vt_json_text(vt_stage_name(r->half_stage)));
  vt_json_put(o, "fraction", vt_json_num(r->fraction));
  vt_json_put(o, "cores", vt_json_int(r->cores > 1 ? r->cores : 1));
  return o;
}

void vt_status_file_write(const char *path, const vt_campaign *c, const vt_run_snapshot *w, const char *last_error,
                          const char *state, double next_s)
{
  enum { RANKS_MOST = 1024 };
  vt_err ignored = {0};
  char hex[65];
  vt_uid_hex(&c->id, hex);
  vt_json *o = vt_json_object();
  vt_json_put(o, "campaign_id", vt_json_text(hex));
  vt_json_put(o, "state", vt_json_text(state));
  vt_json_put(o, "updated", vt_json_int(time(NULL)));
  vt_json_put(o, "next_s", vt_json_num(next_s));
  vt_json_put(o, "running", vt_json_int(w->tasks.leased));
  vt_json_put(o, "workers", vt_json_int(w->workers));
  vt_json_put(o, "other_jobs", vt_json_int(w->others));
  vt_json_put(o, "elsewhere", vt_json_int(w->elsewhere));
  vt_json_put(o, "ns_done", vt_json_num(w->ns_done));
  vt_json_put(o, "ns_total", vt_json_num(w->ns_total));
  vt_json_put(o, "ns_per_day", vt_json_num(w->ns_per_day));
  vt_json_put(o, "eta_s", vt_json_num(w->eta_s));
  if (w->round) vt_json_put(o, "round", vt_json_int(w->round));
  if (last_error[0]) vt_json_put(o, "last_error", vt_json_text(last_error));
  vt_json *ranks = vt_json_array();
  for (int r = 0; w->rank && r < w->n_ranks && r < RANKS_MOST; r++) vt_json_add(ranks, rank_json(c, w, r));
  vt_json_put(o, "ranks", ranks);
  vt_buf text = {0};
  vt_status rc = vt_json_dump(o, 1, &text, &ignored);
  if (rc == VT_OK) rc = vt_file_publish_view(path, text.s, text.len, &ignored);
  if (rc != VT_OK && rc != VT_ESTOP)
    vt_log(VT_LOG_WARN, "telemetry", "ev=status_file error=\"%s\"", vt_err_line(ignored.text).s);
  vt_buf_free(&text);
  vt_json_free(o);
}
