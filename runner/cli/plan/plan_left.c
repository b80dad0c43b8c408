/* plan_left.c - what an output folder has of a campaign, what is left, and what edit of the recorded one it is. */
#include <stdio.h>
#include <unistd.h>

#include "runner/cli/plan/plan.h"

vt_status vt_plan_folder_open(vt_plan_folder *f, const char *dir, int allow_huge, vt_err *err)
{
  vt_campaign *recorded = NULL;
  *f = (vt_plan_folder){.n_done = 0};
  VT_PASS(vt_outdir_name(&f->dir, dir, err));
  f->kept = (vt_outdir_kept){.simd = VT_SIMD_AUTO};
  if (access(f->dir.campaign, F_OK) != 0) return VT_OK; /* nothing has begun there, or `run` will make the folder */
  VT_PASS(vt_outdir_campaign(&f->dir, vt_cli_env(allow_huge), &recorded, err));
  f->kept = (vt_outdir_kept){
      .simd = (vt_simd)recorded->numerics.simd, .protocol = recorded->protocol.version, .recorded = recorded};
  return VT_OK;
}

void vt_plan_folder_free(vt_plan_folder *f)
{
  vt_outdir_kept_free(&f->kept);
  vt_edit_free(&f->edit);
  vt_free(f->done);
  *f = (vt_plan_folder){.n_done = 0};
}

vt_status vt_plan_folder_look(vt_plan_folder *f, const vt_campaign *c, const vt_calibration *cal, int ranks,
                              vt_err *err)
{
  vt_journal *j = NULL;
  VT_TRY(VT_NEW(f->done, c->n_tasks, err), err, "%d tasks", c->n_tasks);
  if (access(f->dir.journal, F_OK) == 0) VT_PASS(vt_journal_open(&j, f->dir.journal, err));
  for (int i = 0; j && i < c->n_tasks; i++) {
    f->done[i] = vt_journal_result(j, &c->task[i].uid) != NULL;
    f->n_done += f->done[i];
  }
  vt_journal_free(j);
  if (f->kept.recorded) VT_PASS(vt_edit_look(&f->dir, f->kept.recorded, c, &f->edit, err));
  return vt_plan_estimate(c, cal, ranks, f->done, &f->left, err);
}

static void put_duration(vt_buf *b, double s)
{
  if (s < 90)
    vt_buf_printf(b, "%.2g s", s);
  else if (s < 5400)
    vt_buf_printf(b, "%.2g min", s / 60);
  else
    vt_buf_printf(b, "%.3g h", s / 3600);
}

void vt_plan_folder_text(const vt_plan_folder *f, const vt_campaign *c, vt_buf *out)
{
  const vt_edit *e = &f->edit;
  vt_buf_printf(out, "left     %d of %d tasks in '%s' (%d are done): %.4g ns, %.3g core-hours, ", f->left.n_tasks,
                c->n_tasks, f->dir.dir, f->n_done, f->left.ns, f->left.core_s / 3600);
  put_duration(out, f->left.wall_s);
  vt_buf_printf(out, "\n");
  if (!f->kept.recorded) {
    vt_buf_printf(out, "edit     none: %s\n",
                  access(f->dir.dir, F_OK) == 0 ? "nothing is recorded there yet"
                                                : "there is no such folder yet, a run would make it");
    return;
  }
  if (e->refused) {
    vt_buf_printf(out, "edit     REFUSED, a run would not begin: ");
    vt_edit_refusal(e, &f->dir, c, out);
    return;
  }
  vt_buf what = {0};
  vt_edit_said(e, &what);
  if (!what.len)
    vt_buf_printf(out, "edit     none: it is the recorded campaign\n");
  else
    vt_buf_printf(out, "edit     accepted%s:\n%s", e->n_added > 0 ? " with --extend" : "", what.s);
  vt_buf_free(&what);
}

/* ------------------------------------------------------------------ JSON */

static void plan_left_key(void *ctx, const char *key, const char *recorded, const char *here)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "key", vt_json_text(key));
  vt_json_put(o, "recorded", recorded ? vt_json_text(recorded) : vt_json_null());
  vt_json_put(o, "here", here ? vt_json_text(here) : vt_json_null());
  vt_json_add(ctx, o);
}

static vt_json *edit_json(const vt_plan_folder *f, const vt_campaign *c)
{
  const vt_edit *e = &f->edit;
  vt_json *o = vt_json_object(), *adds = vt_json_object(), *left_out = vt_json_object(), *keys = vt_json_array();
  vt_json_put(adds, "tasks", vt_json_int(e->n_added));
  vt_json_put(adds, "tasks_done", vt_json_int(e->n_back));
  vt_json_put(adds, "ns", vt_json_num(e->added_ns));
  vt_json_put(adds, "what", vt_json_lines(e->adds.s));
  vt_json_put(left_out, "tasks", vt_json_int(e->n_left_out));
  vt_json_put(left_out, "tasks_done", vt_json_int(e->n_left_out_done));
  vt_json_put(left_out, "ns", vt_json_num(e->left_out_ns));
  vt_json_put(left_out, "core_hours", vt_json_num(e->left_out_s / 3600));
  vt_json_put(left_out, "what", vt_json_lines(e->leaves_out.s));
  if (e->refused) vt_campaign_each_difference(f->kept.recorded, c, plan_left_key, keys);
  vt_json_put(o, "same", vt_json_bool(e->same));
  vt_json_put(o, "refused", vt_json_bool(e->refused));
  vt_json_put(o, "needs_extend", vt_json_bool(!e->refused && e->n_added > 0));
  vt_json_put(o, "exit_code", vt_json_int(e->refused ? VT_EXIT_USAGE : VT_EXIT_OK)); /* of plan, and of such a run */
  vt_json_put(o, "why", vt_json_lines(e->why.s));
  vt_json_put(o, "differs", keys);
  vt_json_put(o, "adds", adds);
  vt_json_put(o, "leaves_out", left_out);
  vt_json_put(o, "renames", vt_json_lines(e->renames.s));
  return o;
}

vt_json *vt_plan_folder_json(const vt_plan_folder *f, const vt_campaign *c)
{
  vt_json *o = vt_json_object();
  vt_json_put(o, "folder", vt_json_text(f->dir.dir));
  vt_json_put(o, "tasks", vt_json_int(f->left.n_tasks));
  vt_json_put(o, "tasks_done", vt_json_int(f->n_done));
  vt_json_put(o, "ns", vt_json_num(f->left.ns));
  vt_json_put(o, "core_hours", vt_json_num(f->left.core_s / 3600));
  vt_json_put(o, "core_hours_most", vt_json_num(f->left.core_most_s / 3600));
  vt_json_put(o, "wall_h", vt_json_num(f->left.wall_s / 3600));
  vt_json_put(o, "edit", f->kept.recorded ? edit_json(f, c) : vt_json_null());
  return o;
}
