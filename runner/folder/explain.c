/* explain.c - why is a task where it is? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/folder/folder_impl.h"

static void name_task(const vt_folder_view *v, int i, vt_buf *out)
{
  const vt_task *t = &v->c->task[i];
  char hex[65];
  vt_uid_hex(&t->uid, hex);
  vt_buf_printf(out, "%.12s %s, glass %d", hex, v->c->comp[t->comp].name, t->glass);
  if (t->temp >= 0)
    vt_buf_printf(out, ", %.6g K", v->c->t_k[t->temp]);
  else if (t->piece > 0)
    vt_buf_printf(out, " (quench from %.6g K on to %.6g K)", vt_campaign_stop_k(v->c, t->piece - 1),
                  vt_campaign_stop_k(v->c, t->piece));
  else
    vt_buf_printf(out, " (melt and quench)");
  if (t->kind == VT_TASK_MD && t->piece > 1) vt_buf_printf(out, ", piece %d of its production", (int)t->piece);
}

/* The rank that runs it, as a running job said a moment ago; NULL: none did. */
static const vt_json *explain_running(const vt_folder_view *v, int i)
{
  char hex[65];
  const vt_json *ranks = vt_json_get(v->live, "ranks");
  vt_uid_hex(&v->c->task[i].uid, hex);
  for (size_t n = 0; n < vt_json_size(ranks); n++)
    if (strcmp(vt_json_get_text(vt_json_at(ranks, n), "task", ""), hex) == 0) return vt_json_at(ranks, n);
  return NULL;
}

static int claimed(const vt_folder_view *v, int i)
{
  char hex[65], path[2 * VT_PATH];
  vt_uid_hex(&v->c->task[i].uid, hex);
  (void)snprintf(path, sizeof path, "%s/%s", v->dir->lease, hex);
  return access(path, F_OK) == 0;
}

static void story(const vt_folder_view *v, int i, vt_buf *out)
{
  const vt_rec *rec;
  for (rec = vt_journal_failure(v->j, &v->c->task[i].uid, 0); rec; rec = vt_journal_next_failure(v->j, rec)) {
    vt_failure_head h;
    if (vt_failure_load(v->j, rec, &h, NULL) != VT_OK) continue;
    int n;
    const char *sentence = vt_err_sentence(h.err.text, &n);
    vt_buf_printf(out, "  %s: attempt %d%s%s, in stage '%s', step %" PRId64 ": %.*s\n", h.crashed ? "crash" : "failure",
                  rec->attempt, rec->half_stage ? ", half the time step in " : "", vt_stage_name(rec->half_stage),
                  vt_stage_name(h.stage), h.step, n, sentence);
  }
}

static void explain_ready(const vt_folder_view *v, int i, vt_buf *out)
{
  const vt_json *r = explain_running(v, i);
  if (r) {
    vt_buf_printf(out, "running on rank %" PRId64 ": %s, %.0f %% done\n", vt_json_get_int(r, "rank", 0),
                  vt_json_get_text(r, "stage", ""), 100 * vt_json_get_num(r, "fraction", 0));
  } else if (claimed(v, i))
    vt_buf_printf(out, "running in another job (lease/), or its job has just died and its claim will be inherited\n");
  else if (v->live)
    vt_buf_printf(out,
                  "ready: it will run when one of the %d ranks is free; tasks with more to wait for them go first\n",
                  v->state.workers);
  else
    vt_buf_printf(out, "ready, but no job works in this folder: start `vitrion run` again\n");
}

static const char *what_it_needs(const vt_folder_view *v, int needed)
{
  return v->c->task[needed].kind == VT_TASK_GLASS ? "its glass" : "the piece before it";
}

/* NOLINTNEXTLINE(misc-no-recursion): from a task to what it needs: as deep as there are pieces and stops */
static void explain_task(const vt_folder_view *v, int i, vt_buf *out)
{
  const vt_task *t = &v->c->task[i];
  name_task(v, i, out);
  vt_buf_printf(out, "\n");
  switch (vt_sched_state(v->s, i)) {
  case VT_DONE: {
    vt_result_head h;
    const vt_rec *rec = vt_journal_result(v->j, &t->uid);
    vt_buf_printf(out, "done");
    if (rec && rec->n >= sizeof h && vt_journal_peek(v->j, rec, &h, sizeof h, NULL) == VT_OK)
      vt_buf_printf(out, ": %.6g ns in %.1f s, build %.47s", h.ns, h.wall_s, h.build_id);
    vt_buf_printf(out, "\n");
    break;
  }
  case VT_FAILED:
    if (vt_sched_failed_by(v->s, i) == i)
      vt_buf_printf(out, "failed for good:\n");
    else
      vt_buf_printf(out, "failed for good: %s failed for good\n", what_it_needs(v, vt_sched_failed_by(v->s, i)));
    if (vt_sched_failed_by(v->s, i) != i) explain_task(v, vt_sched_failed_by(v->s, i), out);
    break;
  case VT_WAITING:
    vt_buf_printf(out, "waits for %s: ", what_it_needs(v, t->needs));
    explain_task(v, t->needs, out);
    break;
  case VT_READY:
  case VT_LEASED:
    explain_ready(v, i, out);
    break;
  }
  story(v, i, out);
}

vt_status vt_folder_view_explain(const vt_folder_view *v, int i, vt_buf *out, vt_err *err)
{
  explain_task(v, i, out);
  return vt_buf_check(out, err);
}
