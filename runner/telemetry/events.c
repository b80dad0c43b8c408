/* events.c - what happened, one line of JSON each: log/events.jsonl.  A view: failing to write it is no error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/telemetry/telemetry.h"

enum { A_TRY = VT_EVENT_TASK | VT_EVENT_TRY };
static const vt_run_event_doc table[VT_RUN_EVENTS] = {
    [VT_RUN_START] = {"start", "a job begins to work in the folder", VT_EVENT_JOB},
    [VT_RUN_LEASE] = {"lease", "a task was given to a rank", VT_EVENT_RANK | A_TRY},
    [VT_RUN_RESULT] = {"result", "a rank has made the result of a task durable", VT_EVENT_RANK | A_TRY | VT_EVENT_WORK},
    [VT_RUN_FAILURE] = {"failure", "a try of a task failed", VT_EVENT_RANK | A_TRY | VT_EVENT_TEXT},
    [VT_RUN_CRASH] = {"crash", "a process died while it ran the task, or met an accident of its machine",
                      VT_EVENT_RANK | A_TRY | VT_EVENT_TEXT},
    [VT_RUN_ABORT] = {"abort", "a rank met an error that no task can survive: the run ends",
                      VT_EVENT_RANK | A_TRY | VT_EVENT_TEXT},
    [VT_RUN_GIVE_UP] = {"give_up", "a task failed for good", VT_EVENT_TASK | VT_EVENT_TEXT},
    [VT_RUN_RANK_DEAD] = {"rank_dead", "a rank is dead: what it did goes to others",
                          VT_EVENT_RANK | A_TRY | VT_EVENT_TEXT},
    [VT_RUN_CORES] = {"cores", "the task of a rank is shared by another number of cores from now on",
                      VT_EVENT_RANK | VT_EVENT_TASK | VT_EVENT_TEXT},
    [VT_RUN_ELSEWHERE] = {"elsewhere", "a task is held by another job", VT_EVENT_TASK},
    [VT_RUN_BACK] = {"back", "another job gave a task back without a result", VT_EVENT_TASK},
    [VT_RUN_RESULT_ELSEWHERE] = {"result_elsewhere", "the journal holds a result that another job made", VT_EVENT_TASK},
    [VT_RUN_FAILURE_ELSEWHERE] = {"failure_elsewhere", "the journal holds a failure that another job met",
                                  A_TRY | VT_EVENT_TEXT},
    [VT_RUN_LEADS] = {"leads", "this job leads from now on", VT_EVENT_TEXT},
    [VT_RUN_DECLARED_DEAD] = {"taken_for_dead", "another job declared this one dead: it ends", VT_EVENT_TEXT},
    [VT_RUN_CLOSING] = {"closing", "no task is begun any more", VT_EVENT_TEXT},
    [VT_RUN_STOP] = {"stop", "running tasks are asked to stop", 0},
    [VT_RUN_END] = {"end", "the job has ended; the text says what stopped it, if anything did", VT_EVENT_TEXT}};

const vt_run_event_doc *vt_run_event_row(vt_run_event_kind kind) { return &table[kind]; }

/* One write: lines of several jobs in one file do not mix (O_APPEND). */
static void events_put(vt_events *e, vt_json *line)
{
  vt_buf text = {0};
  vt_status rc = vt_json_dump(line, VT_JSON_LINE, &text, NULL);
  vt_buf_add(&text, "\n", 1);
  if (e->fd >= 0 && rc == VT_OK && !text.failed && write(e->fd, text.s, text.len) < 0 && !e->complained) {
    e->complained = 1;
    vt_log(VT_LOG_WARN, "telemetry", "ev=events_file error=\"cannot be written\"");
  }
  vt_buf_free(&text);
  vt_json_free(line);
}

static vt_json *events_begin(const vt_events *e, vt_run_event_kind kind)
{
  char when[32];
  vt_utc_now(when);
  vt_json *o = vt_json_object();
  vt_json_put(o, "time", vt_json_text(when));
  vt_json_put(o, "job", vt_json_text(e->job));
  vt_json_put(o, "event", vt_json_text(table[kind].name));
  return o;
}

void vt_task_json(vt_json *o, const vt_campaign *c, int task)
{
  char hex[65];
  const vt_task *t = &c->task[task];
  vt_uid_hex(&t->uid, hex);
  vt_json_put(o, "task", vt_json_text(hex));
  vt_json_put(o, "kind", vt_json_text(t->kind == VT_TASK_GLASS ? "glass" : "md"));
  vt_json_put(o, "composition", vt_json_text(c->comp[t->comp].name));
  vt_json_put(o, "glass", vt_json_int(t->glass));
  if (t->temp >= 0) vt_json_put(o, "temperature_K", vt_json_num(c->t_k[t->temp]));
  if (t->kind == VT_TASK_MD && t->piece > 1) vt_json_put(o, "piece", vt_json_int(t->piece));
  if (t->kind == VT_TASK_GLASS && t->piece > 0)
    vt_json_put(o, "quench_from_K", vt_json_num(vt_campaign_stop_k(c, t->piece - 1)));
}

void vt_events_open(vt_events *e, const char *path, const char *job, int leads)
{
  *e = (vt_events){.open = 1};
  (void)snprintf(e->job, sizeof e->job, "%s", job);
  e->fd = vt_file_append_fd(path);
  const char *restart = getenv("SLURM_RESTART_COUNT");
  vt_json *o = events_begin(e, VT_RUN_START);
  vt_json_put(o, "leads", vt_json_bool(leads));
  vt_json_put(o, "build", vt_json_text(vt_build_info()->build_id));
  if (restart) vt_json_put(o, "slurm_restart_count", vt_json_text(restart));
  events_put(e, o);
}

void vt_events_write(vt_events *e, const vt_campaign *c, const vt_run_event *h)
{
  if (!e->open) return;
  vt_json *o = events_begin(e, h->kind);
  unsigned fields = table[h->kind].fields;
  int of_task = h->task >= 0 && h->task < c->n_tasks;
  if (fields & VT_EVENT_RANK && h->rank >= 0) vt_json_put(o, "rank", vt_json_int(h->rank));
  if (fields & VT_EVENT_TASK && of_task) vt_task_json(o, c, h->task);
  if (fields & VT_EVENT_TRY && of_task && h->attempt) vt_json_put(o, "attempt", vt_json_int(h->attempt));
  if (fields & VT_EVENT_TRY && of_task && h->half_stage)
    vt_json_put(o, "half_step_in", vt_json_text(vt_stage_name(h->half_stage)));
  if (fields & VT_EVENT_WORK && isfinite(h->ns)) vt_json_put(o, "ns", vt_json_num(h->ns));
  if (fields & VT_EVENT_WORK && isfinite(h->wall_s)) vt_json_put(o, "wall_s", vt_json_num(h->wall_s));
  if (fields & VT_EVENT_TEXT && h->text) {
    int n;
    const char *sentence = vt_err_sentence(h->text, &n);
    vt_json_put(o, "text", vt_json_textn(sentence, (size_t)n));
  }
  events_put(e, o);
}

void vt_events_close(vt_events *e)
{
  if (e->open && e->fd >= 0) (void)close(e->fd);
  *e = (vt_events){0};
}
