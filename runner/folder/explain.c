/* explain.c - why is a task where it is? */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/folder/folder.h"
#include "runner/telemetry/telemetry.h"

typedef struct looker {
  const vt_outdir *dir;
  const vt_campaign *c;
  vt_journal *j;
  vt_sched *s;
  vt_folder_state now;
  json_t *live; /* status.json, NULL if nobody runs */
} looker;

static void name_task(const looker *k, int i, vt_buf *out)
{
  const vt_task *t = &k->c->task[i];
  char hex[65];
  vt_uid_hex(&t->uid, hex);
  vt_buf_printf(out, "%.12s %s, glass %d", hex, k->c->comp[t->comp].name, t->glass);
  if (t->temp >= 0)
    vt_buf_printf(out, ", %.6g K", k->c->t_k[t->temp]);
  else
    vt_buf_printf(out, " (melt and quench)");
}

/* The rank that runs it, as a running job said a moment ago; NULL: none did. */
static const json_t *running(const looker *k, int i)
{
  char hex[65];
  size_t n;
  json_t *r;
  vt_uid_hex(&k->c->task[i].uid, hex);
  json_array_foreach(json_object_get(k->live, "ranks"), n, r)
  {
    const char *task = json_string_value(json_object_get(r, "task"));
    if (task && strcmp(task, hex) == 0) return r;
  }
  return NULL;
}

static int claimed(const looker *k, int i)
{
  char hex[65], path[2 * VT_PATH];
  vt_uid_hex(&k->c->task[i].uid, hex);
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->lease, hex);
  return access(path, F_OK) == 0;
}

static void story(const looker *k, int i, vt_buf *out)
{
  const vt_rec *rec;
  for (int f = 0; (rec = vt_journal_failure(k->j, &k->c->task[i].uid, f)) != NULL; f++) {
    vt_failure_head h;
    if (vt_failure_load(k->j, rec, &h, NULL) != VT_OK) continue;
    vt_buf_printf(out, "  %s: attempt %d%s%s, in stage '%s', step %" PRId64 ": %.*s\n", h.crashed ? "crash" : "failure",
                  rec->attempt, rec->half_stage ? ", half the time step in " : "", vt_stage_name(rec->half_stage),
                  vt_stage_name(h.stage), h.step, (int)strcspn(h.err.text, "\n"), h.err.text);
  }
}

static void explain_ready(const looker *k, int i, vt_buf *out)
{
  const json_t *r = running(k, i);
  if (r) {
    vt_buf_printf(out, "running on rank %" JSON_INTEGER_FORMAT ": %s, %.0f %% done\n",
                  json_integer_value(json_object_get(r, "rank")), json_string_value(json_object_get(r, "stage")),
                  100 * json_number_value(json_object_get(r, "fraction")));
  } else if (claimed(k, i))
    vt_buf_printf(out, "running in another job (lease/), or its job has just died and its claim will be inherited\n");
  else if (k->live)
    vt_buf_printf(out,
                  "ready: it will run when one of the %d ranks is free; tasks with more to wait for them go first\n",
                  k->now.workers);
  else
    vt_buf_printf(out, "ready, but no job works in this folder: start `vitrion run` again\n");
}

/* NOLINTNEXTLINE(misc-no-recursion): from a task to its glass, which needs nothing: one level */
static void explain_task(const looker *k, int i, vt_buf *out)
{
  const vt_task *t = &k->c->task[i];
  name_task(k, i, out);
  vt_buf_printf(out, "\n");
  switch (vt_sched_state(k->s, i)) {
  case VT_DONE: {
    vt_result_head h;
    const vt_rec *rec = vt_journal_result(k->j, &t->uid);
    vt_buf_printf(out, "done");
    if (rec && rec->n >= sizeof h && vt_journal_peek(k->j, rec, &h, sizeof h, NULL) == VT_OK)
      vt_buf_printf(out, ": %.6g ns in %.1f s, build %.47s", h.ns, h.wall_s, h.build_id);
    vt_buf_printf(out, "\n");
    break;
  }
  case VT_FAILED:
    vt_buf_printf(out, "failed for good%s\n", vt_sched_failed_by(k->s, i) == i ? ":" : ": its glass failed for good");
    if (vt_sched_failed_by(k->s, i) != i) explain_task(k, vt_sched_failed_by(k->s, i), out);
    break;
  case VT_WAITING:
    vt_buf_printf(out, "waits for its glass: ");
    explain_task(k, t->needs, out);
    break;
  case VT_READY:
  case VT_LEASED:
    explain_ready(k, i, out);
    break;
  }
  story(k, i, out);
}

vt_status vt_folder_explain(const vt_outdir *o, const vt_campaign *c, int i, vt_buf *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_sched_task *task = NULL;
  double *ns = NULL;
  looker k = {.dir = o, .c = c};
  vt_sched_options so = {.n_workers = 1, .max_tries = c->max_tries, .crash_limit = 1, .fault_limit = VT_FAULT_LIMIT};
  VT_TRY_OUT(vt_journal_open(&k.j, o->journal, err), err, "journal of '%s'", o->dir);
  VT_TRY_OUT(vt_records_sched_tasks(c, &task, &ns, err), err, "tasks");
  VT_TRY_OUT(vt_sched_open(&k.s, task, c->n_tasks, &so, err), err, "tasks");
  VT_TRY_OUT(vt_records_replay(k.s, task, c->n_tasks, k.j, NULL, NULL, err), err, "journal of '%s'", o->dir);
  VT_TRY_OUT(vt_folder_look(o, c, &k.now, err), err, "state of '%s'", o->dir);
  if (k.now.live) k.live = json_loads(k.now.live, 0, NULL);
  explain_task(&k, i, out);
  rc = vt_buf_check(out, err);
out:
  json_decref(k.live);
  vt_folder_state_free(&k.now);
  vt_sched_free(k.s);
  vt_journal_free(k.j);
  vt_free(task);
  vt_free(ns);
  return rc;
}
