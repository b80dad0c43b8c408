/* open_folder.c - rank 0 enters a campaign's folder: alone, as its leader, or to help another job. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/run/run_impl.h"

/* ------------------------------------------------------------------ claims of the master */

static vt_status open_folder_claim(void *ctx, int task, int *got, vt_err *err)
{
  const run *r = ctx;
  return vt_jobs_claim(r->jobs, &r->task[task].uid, vt_now_s(), got, err);
}

static vt_status open_folder_release(void *ctx, int task, vt_err *err)
{
  const run *r = ctx;
  return vt_jobs_release(r->jobs, &r->task[task].uid, vt_now_s(), err);
}

static vt_status open_folder_held(void *ctx, int task, int *by_other, vt_err *err)
{
  const run *r = ctx;
  return vt_jobs_held(r->jobs, &r->task[task].uid, vt_now_s(), by_other, err);
}

/* Whoever finds no leader leads from then on. */
static vt_status open_folder_beat(void *ctx, int *others, int *leads, vt_err *err)
{
  run *r = ctx;
  double now = vt_now_s();
  VT_PASS(vt_jobs_beat(r->jobs, now, err));
  *others = vt_jobs_others(r->jobs);
  *leads = vt_jobs_leads(r->jobs, now);
  if (!*leads && now - r->asked_to_lead > VT_JOB_BEAT_S) {
    VT_PASS(vt_jobs_lead(r->jobs, now, leads, err));
    if (*leads) {
      vt_outdir_fence(&r->dir, r->jobs, &r->fence);
      VT_PASS(vt_jobs_sweep(r->jobs, now, err));
    }
    r->asked_to_lead = vt_now_s();
  }
  return VT_OK;
}

vt_claims vt__claims(run *r)
{
  return (vt_claims){.ctx = r,
                     .claim = open_folder_claim,
                     .release = open_folder_release,
                     .held = open_folder_held,
                     .beat = open_folder_beat};
}

/* ------------------------------------------------------------------ entering */

/* Lead, or help who does. */
static vt_status take_place(run *r, vt_err *err)
{
  char me[VT_JOB_LABEL];
  vt_job_label_here(me);
  vt_jobs_options jo = {.dir = r->dir.lease,
                        .label = me,
                        .build = vt_build_info()->build_id,
                        .beat_s = VT_JOB_BEAT_S,
                        .silence_s = VT_JOB_SILENCE_S};
  VT_TRY(vt_jobs_open(&r->jobs, &jo, vt_now_s(), err), err, "output folder '%s'", r->dir.dir);
  vt_status rc = r->o->join ? vt_jobs_lead(r->jobs, vt_now_s(), &r->leads, err)
                            : vt_outdir_lead(r->jobs, r->dir.lease, &r->leads, err);
  VT_TRY(rc, err, "output folder '%s'", r->dir.dir);
  if (r->leads) vt_outdir_fence(&r->dir, r->jobs, &r->fence);
  if (r->leads || r->o->join) return VT_OK;
  VT_FAIL(err, VT_EINVAL,
          "another start of this campaign is working in '%s': %s; wait for it, help it with --join, or give another "
          "--output",
          r->dir.dir, vt_jobs_leader(r->jobs));
}

/* Death notes of ranks of jobs that have ended. */
static void clear_death_notes(const run *r)
{
  char folder[VT_PATH + 32], path[VT_PATH + 320];
  const struct dirent *e;
  (void)snprintf(folder, sizeof folder, "%s/fallen", r->dir.lease);
  DIR *d = opendir(folder);
  if (!d) return;
  while ((e = readdir(d)) != NULL) {
    if (e->d_name[0] == '.') continue;
    (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    (void)unlink(path);
  }
  (void)closedir(d);
}

/* Nobody else is in the folder, as of now: what is cut must not be what somebody just writes. */
static int alone_now(const run *r)
{
  vt_jobs_list l = {0};
  int others = 0;
  if (vt_jobs_look(r->dir.lease, &l, NULL) != VT_OK) return 0;
  for (int i = 0; i < l.n; i++) others += strcmp(l.job[i].id, vt_jobs_id(r->jobs)) != 0;
  vt_jobs_list_free(&l);
  return others == 0;
}

/* Damage is named, never believed; torn tails are cut when nobody else may be writing. */
static vt_status mend_journal(run *r, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf torn = {0}, damaged = {0};
  if (vt_journal_damaged(r->j, &damaged) > 0)
    vt_log(VT_LOG_WARN, "run", "ev=damaged_records shards=\"%s\" (tasks whose records were lost are done again)",
           damaged.s);
  if (vt_journal_torn(r->j, &torn) > 0 && alone_now(r)) {
    vt_log(VT_LOG_WARN, "run", "ev=torn_tail shards=\"%s\"", torn.s);
    rc = vt_fence_check(err);
    if (rc == VT_OK) rc = vt_journal_cut(r->j, err);
  }
  vt_buf_free(&torn);
  vt_buf_free(&damaged);
  return rc;
}

vt_status vt__check_builds(const run *r, vt_err *err)
{
  const char *mine = vt_build_info()->build_id;
  const vt_rec **of = NULL; /* [shards] a shard is of one process, and so of one build: the first result of each */
  const int n = vt_journal_shards(r->j);
  VT_TRY(VT_NEW(of, (size_t)n + 1, err), err, "builds of the results");
  vt_status rc = VT_OK;
  for (int i = 0; i < r->c->n_tasks; i++) {
    const vt_rec *rec = vt_journal_result(r->j, &r->c->task[i].uid);
    if (rec && rec->n >= sizeof(vt_result_head) && (!of[rec->shard] || rec->offset < of[rec->shard]->offset))
      of[rec->shard] = rec;
  }
  for (int k = 0; k < n; k++) {
    vt_result_head h;
    if (!of[k]) continue;
    VT_TRY_OUT(vt_journal_peek(r->j, of[k], &h, sizeof h, err), err, "builds of the results");
    h.build_id[sizeof h.build_id - 1] = '\0';
    if (strncmp(h.build_id, mine, sizeof h.build_id - 1) == 0) continue;
    if (r->o->allow_mixed) {
      vt_log(VT_LOG_WARN, "run", "ev=mixed_builds other=%s this=%s (allowed; /timing/build says which is whose)",
             h.build_id, mine);
      goto out;
    }
    VT_FAIL_OUT(
        err, VT_EINVAL,
        "'%s' has results of another build (%s; this is %s), whose results may differ in the last digits: go on "
        "with that build, say "
        "--allow-mixed, or give another --output",
        r->dir.dir, h.build_id, mine);
  }
out:
  vt_free(of);
  return rc;
}

/* A job that joins computes with the build of the job that leads. */
static vt_status same_build(const run *r, vt_err *err)
{
  const char *leader = vt_jobs_leader(r->jobs), *mine = vt_build_info()->build_id;
  if (r->o->allow_mixed || !leader[0] || strcmp(vt_jobs_leader_build(r->jobs), mine) == 0) return VT_OK;
  VT_FAIL(err, VT_EINVAL,
          "'%s' is led by %s, this is build %s, whose results may differ in the last digits: join with that build, or "
          "say --allow-mixed",
          r->dir.dir, leader, mine);
}

/* The first line of a run. */
static void say_where(const run *r, const vt_buf *edit)
{
  char full[VT_PATH];
  int done = 0;
  if (edit->s) vt_log(VT_LOG_INFO, "run", "ev=edit text=\"%s\"", vt_err_line(edit->s).s);
  if (r->o->quiet) return;
  for (int i = 0; i < r->c->n_tasks; i++) done += vt_journal_result(r->j, &r->c->task[i].uid) != NULL;
  vt_outdir_full(&r->dir, full);
  if (done || vt_journal_count(r->j))
    printf("output: %s (going on, %d of %d done)\n", full, done, r->c->n_tasks);
  else
    printf("output: %s (new)\n", full);
  if (edit->s) (void)fputs(edit->s, stdout);
  (void)fflush(stdout);
}

/* For a job that leads: nobody else's leavings, and the campaign recorded. */
static vt_status open_folder_record(run *r, vt_buf *edit, vt_err *err)
{
  VT_PASS(vt_jobs_sweep(r->jobs, vt_now_s(), err));
  VT_PASS(vt_fence_check(err));
  if (vt_jobs_others(r->jobs) == 0) clear_death_notes(r);
  if (vt_jobs_others(r->jobs) == 0) (void)vt_outdir_sweep(&r->dir);
  return vt_outdir_record(&r->dir, r->c, r->o->env, r->o->extend, edit, err);
}

vt_status vt__run_open_folder(run *r, vt_buf *edit, vt_err *err)
{
  VT_TRY(vt_outdir_make(&r->dir, err), err, "campaign '%s'", r->o->campaign);
  VT_TRY(take_place(r, err), err, "campaign '%s'", r->o->campaign);
  if (r->leads) {
    VT_TRY(open_folder_record(r, edit, err), err, "campaign '%s'", r->o->campaign);
  } else {
    VT_TRY(vt_outdir_join(&r->dir, r->c, r->o->env, err), err, "joining %s", vt_jobs_leader(r->jobs));
    VT_TRY(same_build(r, err), err, "joining %s", vt_jobs_leader(r->jobs));
  }
  if (r->c->trajectory.on) VT_PASS(vt_trajectory_folder_make(&r->dir, err));
  return VT_OK;
}

vt_status vt__run_open_journal(run *r, const vt_buf *edit, vt_err *err)
{
  VT_PASS(mend_journal(r, err));
  VT_PASS(vt__check_builds(r, err));
  if (r->leads) vt_outdir_remember(&r->dir, r->o->campaign);
  say_where(r, edit);
  vt_events_open(&r->events, r->dir.events, vt_jobs_id(r->jobs), r->leads);
  return VT_OK;
}
