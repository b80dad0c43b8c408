/* events.c - what happened, one line of JSON each: log/events.jsonl.  A view: failing to write it is no error. */
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/telemetry/telemetry.h"

/* One write: lines of several jobs in one file do not mix (O_APPEND). */
static void put(vt_events *e, json_t *line)
{
  char *text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(17));
  size_t n = text ? strlen(text) : 0;
  if (e->fd >= 0 && n) {
    text[n] = '\n'; /* instead of the final NUL: written by length */
    ssize_t put = write(e->fd, text, n + 1);
    if (put < 0 && !e->complained) {
      e->complained = 1;
      vt_log(VT_LOG_WARN, "telemetry", "ev=events_file error=\"cannot be written\"");
    }
  }
  free(text);
  json_decref(line);
}

static json_t *begin(const vt_events *e, const char *what)
{
  char when[32];
  vt_utc_now(when);
  json_t *o = json_object();
  (void)json_object_set_new(o, "time", json_string(when));
  (void)json_object_set_new(o, "job", json_string(e->job));
  (void)json_object_set_new(o, "event", json_string(what));
  return o;
}

void vt_task_json(json_t *o, const vt_campaign *c, int task)
{
  char hex[65];
  const vt_task *t = &c->task[task];
  vt_uid_hex(&t->uid, hex);
  (void)json_object_set_new(o, "task", json_string(hex));
  (void)json_object_set_new(o, "kind", json_string(t->kind == VT_TASK_GLASS ? "glass" : "md"));
  (void)json_object_set_new(o, "composition", json_string(c->comp[t->comp].name));
  (void)json_object_set_new(o, "glass", json_integer(t->glass));
  if (t->temp >= 0) (void)json_object_set_new(o, "temperature_K", json_real(c->t_k[t->temp]));
}

void vt_events_open(vt_events *e, const char *path, const char *job, int leads)
{
  *e = (vt_events){.open = 1};
  (void)snprintf(e->job, sizeof e->job, "%s", job);
  e->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const char *restart = getenv("SLURM_RESTART_COUNT");
  json_t *o = begin(e, "start");
  (void)json_object_set_new(o, "leads", json_boolean(leads));
  (void)json_object_set_new(o, "build", json_string(vt_build_info()->build_id));
  if (restart) (void)json_object_set_new(o, "slurm_restart_count", json_string(restart));
  put(e, o);
}

void vt_events_write(vt_events *e, const vt_campaign *c, const vt_run_event *h)
{
  if (!e->open) return;
  json_t *o = begin(e, h->what);
  if (h->rank >= 0) (void)json_object_set_new(o, "rank", json_integer(h->rank));
  if (h->task >= 0 && h->task < c->n_tasks) {
    vt_task_json(o, c, h->task);
    if (h->attempt) (void)json_object_set_new(o, "attempt", json_integer(h->attempt));
    if (h->half_stage) (void)json_object_set_new(o, "half_step_in", json_string(vt_stage_name(h->half_stage)));
  }
  if (isfinite(h->ns)) (void)json_object_set_new(o, "ns", json_real(h->ns));
  if (isfinite(h->wall_s)) (void)json_object_set_new(o, "wall_s", json_real(h->wall_s));
  if (h->text) {
    int n = (int)strcspn(h->text, "\n");
    json_t *text = json_stringn(h->text, (size_t)n);
    (void)json_object_set_new(o, "text", text ? text : json_null());
  }
  put(e, o);
}

void vt_events_close(vt_events *e)
{
  if (e->open && e->fd >= 0) (void)close(e->fd);
  *e = (vt_events){0};
}
