/* state.c - the state of a campaign folder out of its journal and its status file. */
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "runner/folder/folder.h"
#include "runner/telemetry/telemetry.h"

/* status.json is written every few seconds by a run that lives; half a kilobyte a rank. */
enum { FRESH_S = 60, STATUS_MOST = 1 << 21 };

static double real_of(const json_t *o, const char *key)
{
  const json_t *v = json_object_get(o, key);
  return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The running master's own words; returns 1 if they are fresh. */
static int read_status_file(const vt_outdir *o, const vt_campaign *c, vt_folder_state *s, int64_t *running)
{
  char *text = NULL, hex[65];
  size_t n;
  int fresh = 0;
  vt_uid_hex(&c->id, hex);
  if (vt_file_read(o->status, STATUS_MOST, &text, &n, NULL) != VT_OK) return 0;
  json_t *root = json_loadb(text, n, 0, NULL);
  const char *id = json_string_value(json_object_get(root, "campaign_id"));
  const char *state = json_string_value(json_object_get(root, "state"));
  if (id && state && strcmp(id, hex) == 0 && strcmp(state, "running") == 0 &&
      fabs(difftime(time(NULL), (time_t)real_of(root, "updated"))) < FRESH_S) {
    fresh = 1;
    s->ns_done = real_of(root, "ns_done");
    s->ns_per_day = real_of(root, "ns_per_day");
    s->eta_s = real_of(root, "eta_s");
    s->workers = (int)json_integer_value(json_object_get(root, "workers"));
    *running = json_integer_value(json_object_get(root, "running"));
  }
  json_decref(root);
  s->live = fresh ? text : NULL;
  if (!fresh) vt_free(text);
  return fresh;
}

static void count(vt_sched_counts *n, vt_task_state state)
{
  switch (state) {
  case VT_WAITING:
    n->waiting++;
    break;
  case VT_READY:
  case VT_LEASED:
    n->ready++;
    break;
  case VT_DONE:
    n->done++;
    break;
  case VT_FAILED:
    n->failed++;
    break;
  }
}

static const char *name_state(const vt_folder_state *s, int fresh, int n_tasks)
{
  if (s->tasks.done == n_tasks) return "done";
  if (s->tasks.done + s->tasks.failed == n_tasks) return "failed";
  if (fresh) return "running";
  return s->tasks.done || s->tasks.failed ? "stopped" : "new";
}

vt_status vt_folder_look(const vt_outdir *o, const vt_campaign *c, vt_folder_state *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_journal *j = NULL;
  vt_sched *s = NULL;
  vt_sched_task *task = NULL;
  double *ns = NULL;
  void *p;
  int64_t running = 0;
  vt_sched_options so = {.n_workers = 1, .max_tries = c->max_tries, .crash_limit = 1, .fault_limit = VT_FAULT_LIMIT};
  *out = (vt_folder_state){.ns_per_day = NAN, .eta_s = NAN};
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_comp, sizeof *out->comp, err), err, "counts of %d compositions", c->n_comp);
  out->comp = p;
  VT_TRY_OUT(vt_journal_open(&j, o->journal, err), err, "journal of '%s'", o->dir);
  VT_TRY_OUT(vt_records_sched_tasks(c, &task, &ns, err), err, "tasks");
  VT_TRY_OUT(vt_sched_open(&s, task, c->n_tasks, &so, err), err, "tasks");
  VT_TRY_OUT(vt_records_replay(s, task, c->n_tasks, j, NULL, NULL, err), err, "journal of '%s'", o->dir);
  for (int i = 0; i < c->n_tasks; i++) {
    vt_task_state state = vt_sched_state(s, i);
    count(&out->tasks, state);
    count(&out->comp[c->task[i].comp], state);
    out->ns_total += ns[i];
    if (state == VT_DONE) out->ns_done += ns[i];
  }
  int fresh = read_status_file(o, c, out, &running);
  out->state = name_state(out, fresh && vt_outdir_busy(o), c->n_tasks);
  if (running > out->tasks.ready) running = out->tasks.ready;
  out->tasks.leased = running;
  out->tasks.ready -= running;
out:
  vt_sched_free(s);
  vt_journal_free(j);
  vt_free(task);
  vt_free(ns);
  if (rc != VT_OK) vt_folder_state_free(out);
  return rc;
}

void vt_folder_state_free(vt_folder_state *s)
{
  vt_free(s->comp);
  vt_free(s->live);
  *s = (vt_folder_state){0};
}
