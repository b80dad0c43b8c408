/* repair.c - repair what a look at the folder found; nothing that may hold data is deleted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/jobs/jobs.h"
#include "runner/report/report.h"
#include "runner/verify/verify_impl.h"

enum { NAMES_MOST = 1000 };

/* Nobody else may write while the folder is repaired. */
static vt_status only_me(vt_outdir *o, vt_err *err)
{
  VT_TRY(vt_outdir_lock(o, "repair", err), err, "repair needs '%s' for itself: a run is at work there", o->dir);
  return VT_OK;
}

/* A sign of life to jobs that look at the folder: without it they would take a long repair for a dead one. */
typedef struct watch_over {
  vt_outdir *o;
  int lost; /* somebody did */
} watch_over;

static void repair_alive(void *ctx)
{
  watch_over *w = ctx;
  vt_err ignored = {0};
  if (!w->lost && vt_jobs_beat(w->o->alone, vt_now_s(), &ignored) == VT_ESTOP) w->lost = 1;
}

static vt_status still_alone(watch_over *w, vt_err *err)
{
  repair_alive(w);
  if (w->lost)
    VT_FAIL(err, VT_ESTOP, "a job took '%s' over while it was repaired; repair again when it has ended", w->o->dir);
  return VT_OK;
}

static void in_dir(const vt_outdir *o, const char *name, char path[2 * VT_PATH])
{
  (void)snprintf(path, 2 * VT_PATH, "%s/%s", o->dir, name);
}

/* A name that nobody has: stem, a number from the second try on, ending. */
static vt_status free_name(const vt_outdir *o, const char *stem, const char *ending, char name[VT_PATH], vt_err *err)
{
  char path[2 * VT_PATH];
  for (int k = 1; k < NAMES_MOST; k++) {
    char more[16] = "";
    if (k > 1) (void)snprintf(more, sizeof more, "-%d", k);
    (void)snprintf(name, VT_PATH, "%s%s%s", stem, more, ending);
    in_dir(o, name, path);
    if (access(path, F_OK) != 0 && errno == ENOENT) return VT_OK;
  }
  VT_FAIL(err, VT_EIO, "no free name like '%s' in '%s'", name, o->dir);
}

static void repair_said(vt_repair *r, const char *fmt, ...) VT_PRINTF(2, 3);
static void repair_said(vt_repair *r, const char *fmt, ...)
{
  char line[VT_PATH + 256];
  va_list ap;
  va_start(ap, fmt);
  (void)vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  vt_buf_printf(&r->done, "%s\n", line);
  r->n_done++;
}

/* ------------------------------------------------------------------ one thing each */

static vt_status repair_campaign(const vt__checkup *k, vt_repair *r, vt_err *err)
{
  VT_PASS(vt_file_publish(k->dir->campaign, k->campaign_text.s, k->campaign_text.len, err));
  repair_said(r, "campaign.yaml: restored from %s", k->given ? k->given->file : "results.h5");
  return VT_OK;
}

static int is_fit(void *ctx, const vt_rec *rec)
{
  const vt__checkup *k = ctx;
  return !k->unfit || !k->unfit[rec - vt_journal_rec(k->j, 0)];
}

static vt_status repair_shard(vt__checkup *k, const vt_finding *f, vt_repair *r, vt_err *err)
{
  int kept;
  VT_PASS(vt_journal_repair(k->j, f->number, is_fit, k, &kept, err));
  repair_said(r, "%s: its %d good records are in a new shard, the old file is in journal/damaged/", f->file, kept);
  return VT_OK;
}

static vt_status repair_checkpoint(const vt__checkup *k, const vt_finding *f, vt_repair *r, vt_err *err)
{
  char from[2 * VT_PATH], to[2 * VT_PATH], stem[VT_PATH], name[VT_PATH];
  in_dir(k->dir, "checkpoint/damaged", to);
  VT_PASS(vt_dir_make(to, err));
  (void)snprintf(stem, sizeof stem, "checkpoint/damaged/%.200s", strrchr(f->file, '/') + 1);
  VT_PASS(free_name(k->dir, stem, "", name, err));
  in_dir(k->dir, f->file, from);
  in_dir(k->dir, name, to);
  VT_PASS(vt_file_move(from, to, err));
  repair_said(r, "%s: moved to %s", f->file, name);
  return VT_OK;
}

static vt_status repair_glass(const vt__checkup *k, const vt_finding *f, vt_repair *r, vt_err *err)
{
  vt_plan p;
  double *values;
  size_t n;
  char folder[2 * VT_PATH];
  in_dir(k->dir, "glass", folder);
  VT_PASS(vt_dir_make(folder, err));
  VT_PASS(vt_campaign_plan(k->c, f->number, &p, err));
  VT_PASS(vt_record_result(k->j, k->first[f->number], &p, NULL, &values, &n, err));
  vt_status rc = vt_glass_file_write(k->dir, &p, values, err);
  vt_free(values);
  if (rc == VT_OK) repair_said(r, "%s: written from the journal", f->file);
  return rc;
}

static vt_status repair_structure(const vt__checkup *k, const vt_finding *f, vt_repair *r, vt_err *err)
{
  const int row = vt__given_structure(k, f->number);
  if (row < 0) return VT_OK; /* stays a finding */
  VT_PASS(vt_outdir_keep_structure(k->dir, k->given, row, k->env, err));
  repair_said(r, "%s: copied from %s", f->file, k->given->structure[row].path);
  return VT_OK;
}

/* Store and summaries as at the end of a run, by one rank without MPI. */
static vt_status make_views(vt__checkup *k, vt_err *err)
{
  vt_sim *sim = NULL;
  vt_fits *fits = NULL;
  const vt_sim_options o = {.n_ranks = 1};
  VT_PASS(vt_sim_open(&sim, &o, err));
  vt_status rc = vt_results_make(vt_sim_comm(sim, 0), k->dir->store, k->c, k->dir->journal, k->j, &fits, err);
  vt_json *newest = NULL;
  if (rc == VT_OK && k->c->target.asked) rc = vt_target_newest(k->j, &newest, err);
  if (rc == VT_OK)
    rc = vt_report_summary(k->dir->dir, k->c, fits, k->c->target.asked ? vt_target_rows(newest) : NULL, err);
  vt_json_free(newest);
  vt_fits_free(fits);
  vt_sim_close(sim);
  return rc;
}

static vt_status repair_store(vt__checkup *k, vt_repair *r, vt_err *err)
{
  char name[VT_PATH], path[2 * VT_PATH];
  if (!k->c || !k->j) return VT_OK; /* stays a finding */
  if (access(k->dir->store, F_OK) == 0) {
    VT_PASS(free_name(k->dir, "results-before-repair", ".h5", name, err));
    in_dir(k->dir, name, path);
    VT_PASS(vt_fence_check(err));
    VT_PASS(vt_file_move(k->dir->store, path, err));
    repair_said(r, "results.h5: the old file is %s", name);
  }
  VT_PASS(make_views(k, err));
  repair_said(r, "results.h5: made anew from the journal, with its checksum, summary.json and summary.csv");
  return VT_OK;
}

static vt_status repair_summary(vt__checkup *k, vt_repair *r, vt_err *err)
{
  if (!k->c || !k->j) return VT_OK;
  VT_PASS(make_views(k, err));
  repair_said(r, "summary.json, summary.csv: written from the journal");
  return VT_OK;
}

static vt_status remove_file(const vt__checkup *k, const vt_finding *f, vt_repair *r, vt_err *err)
{
  char path[2 * VT_PATH];
  in_dir(k->dir, f->file, path);
  if (unlink(path) != 0 && errno != ENOENT) VT_FAIL(err, VT_EIO, "cannot remove '%s': %s", path, strerror(errno));
  repair_said(r, "%s: removed", f->file);
  return VT_OK;
}

static vt_status verify_repair(vt__checkup *k, const vt_finding *f, vt_repair *r, vt_err *err)
{
  switch ((vt_repair_step)f->repair) {
  case VT_REPAIR_NONE:
    return VT_OK;
  case VT_REPAIR_CAMPAIGN:
    return repair_campaign(k, r, err);
  case VT_REPAIR_SHARD:
    return repair_shard(k, f, r, err);
  case VT_REPAIR_CHECKPOINT:
    return repair_checkpoint(k, f, r, err);
  case VT_REPAIR_GLASS:
    return repair_glass(k, f, r, err);
  case VT_REPAIR_STRUCTURE:
    return repair_structure(k, f, r, err);
  case VT_REPAIR_STORE:
    return repair_store(k, r, err);
  case VT_REPAIR_SUMMARY:
    return repair_summary(k, r, err);
  case VT_REPAIR_REMOVE:
    return remove_file(k, f, r, err);
  }
  VT_FAIL(err, VT_EBUG, "no way to repair %d", f->repair);
}

/* ------------------------------------------------------------------ in order */

/* A finding of the same thing as an earlier one: a shard with two flaws, a store with two wrong datasets. */
static int is_repeated(const vt_checked *v, int i)
{
  const vt_finding *f = &v->found[i];
  for (int k = 0; k < i; k++) {
    const vt_finding *e = &v->found[k];
    if (e->repair != f->repair) continue;
    if (f->repair == VT_REPAIR_STORE || f->repair == VT_REPAIR_SUMMARY || f->repair == VT_REPAIR_CAMPAIGN) return 1;
    if (strcmp(e->file, f->file) == 0) return 1;
  }
  return 0;
}

/* One look, and everything repaired that comes next in the order of vt_repair_step behind `last`; *next: what that was,
 * or VT_REPAIR_NONE. What was repaired may show or take away what comes later, so each kind begins with a new look. */
/* NOLINTNEXTLINE(readability-function-size): seven parameters, of which three say what to look at */
static vt_status one_round(watch_over *w, const vt_campaign_env *env, vt_campaign *given, vt_repair_step last,
                           vt_repair_step *next, vt_repair *r, vt_err *err)
{
  vt_checked *v = &r->left;
  vt_checked_free(v);
  vt__checkup k = {.dir = w->o, .env = env, .given = given, .v = v};
  vt_status rc = vt__checkup_run(&k, err);
  *next = VT_REPAIR_NONE;
  for (int i = 0; rc == VT_OK && i < v->n; i++) {
    vt_repair_step m = (vt_repair_step)v->found[i].repair;
    if (m > last && (*next == VT_REPAIR_NONE || m < *next)) *next = m;
  }
  for (int i = 0; rc == VT_OK && *next != VT_REPAIR_NONE && i < v->n; i++)
    if (v->found[i].repair == (int32_t)*next && !is_repeated(v, i)) {
      rc = still_alone(w, err);
      if (rc == VT_OK) rc = verify_repair(&k, &v->found[i], r, err);
    }
  vt__checkup_free(&k);
  return rc;
}

static int64_t count_open(const vt_outdir *o, const vt_campaign_env *env)
{
  vt_folder_view *view = NULL;
  if (vt_folder_view_open(&view, o, env, NULL) != VT_OK) return -1;
  const vt_sched_counts *n = &vt_folder_view_state(view)->tasks;
  int64_t open = n->waiting + n->ready + n->leased;
  vt_folder_view_close(view);
  return open;
}

vt_status vt_folder_repair(vt_outdir *o, const vt_campaign_env *env, vt_campaign *given, vt_repair *r, vt_err *err)
{
  vt_status rc = VT_OK;
  watch_over w = {.o = o};
  *r = (vt_repair){.tasks_open = -1};
  VT_TRY_OUT(vt_outdir_check_owner(o, err), err, "repair");
  VT_TRY_OUT(only_me(o, err), err, "repair");
  vt_alive_install(repair_alive, &w);
  for (vt_repair_step done = VT_REPAIR_NONE, next = VT_REPAIR_CAMPAIGN; next != VT_REPAIR_NONE; done = next)
    VT_TRY_OUT(one_round(&w, env, given, done, &next, r, err), err, "repair of '%s'", o->dir);
  r->tasks_open = count_open(o, env);
  rc = vt_buf_check(&r->done, err);
out:
  vt_alive_install(NULL, NULL);
  vt_outdir_release(o);
  return rc;
}

void vt_repair_free(vt_repair *r)
{
  vt_buf_free(&r->done);
  vt_checked_free(&r->left);
}
