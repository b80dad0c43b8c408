/* presence.c - this job among the jobs of the folder: its label, and waiting for a leader that may be dead. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/folder/folder.h"
#include "runner/telemetry/telemetry.h"

/* What other people read of this job: its number and its build. */
void vt_job_label_here(char text[VT_JOB_LABEL])
{
  const char *job = getenv("SLURM_JOB_ID"), *array = getenv("SLURM_ARRAY_JOB_ID"),
             *task = getenv("SLURM_ARRAY_TASK_ID");
  const char *build = vt_build_info()->build_id;
  if (array && task)
    (void)snprintf(text, VT_JOB_LABEL, "SLURM job %.30s_%.10s, build %s", array, task, build);
  else if (job)
    (void)snprintf(text, VT_JOB_LABEL, "SLURM job %.40s, build %s", job, build);
  else
    (void)snprintf(text, VT_JOB_LABEL, "job, build %s", build);
}

/* The heartbeat of the folder's leader; *here: its process is alive on this very system (host, boot and namespaces are
 * ours and it is not dead), so that there is nothing to wait for; *ours: it is this job, whose call failed on the way
 * to the lead.  -1: nobody leads. */
static int64_t leaders_beat(const char *lease, const char *my_id, int *here, int *ours)
{
  vt_jobs_list l = {0};
  int64_t beat = -1;
  const vt_job *me = NULL, *leader = NULL;
  *here = *ours = 0;
  if (vt_jobs_look(lease, &l, NULL) != VT_OK) return -1;
  for (int i = 0; i < l.n; i++) {
    if (l.job[i].leads) leader = &l.job[i];
    if (strcmp(l.job[i].id, my_id) == 0) me = &l.job[i];
  }
  if (leader) {
    beat = leader->beat;
    *ours = leader == me;
    *here = me && !leader->dead && strcmp(leader->host, me->host) == 0 && strcmp(leader->boot, me->boot) == 0 &&
            strcmp(leader->ns, me->ns) == 0;
  }
  vt_jobs_list_free(&l);
  return beat;
}

/* A leader elsewhere may have died with its host, or before this one was booted (a job that was requeued finds its
 * former self): nobody can say before its heart was seen to beat, or not to. */
vt_status vt_outdir_lead(vt_jobs *jobs, const char *lease, int *leads, vt_err *err)
{
  const double nap_s = 0.5, most_s = 2 * VT_JOB_SILENCE_S;
  int here, ours;
  VT_PASS(vt_jobs_lead(jobs, vt_now_s(), leads, err));
  int64_t first = leaders_beat(lease, vt_jobs_id(jobs), &here, &ours), beat = first;
  if (!*leads && !here && !ours && first >= 0)
    vt_log(VT_LOG_WARN, "folder", "ev=waiting why=\"%s leads here: waiting to see whether it lives\"",
           vt_jobs_leader(jobs));
  double give_up = vt_now_s() + most_s;
  while (!*leads && (ours || (!here && beat == first)) && vt_now_s() < give_up) {
    vt_alive();
    vt_nap_s(nap_s);
    VT_PASS(vt_jobs_beat(jobs, vt_now_s(), err));
    VT_PASS(vt_jobs_lead(jobs, vt_now_s(), leads, err));
    beat = leaders_beat(lease, vt_jobs_id(jobs), &here, &ours);
    if (beat < 0 && first >= 0) first = -1; /* it has just ended */
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ what only the leader may change */

static vt_status still_leads(void *ctx, vt_err *err)
{
  const vt_leader_fence *f = ctx;
  return vt_jobs_check_lead(f->jobs, f->epoch, err);
}

/* What leaders before this one were about to publish; they may be asleep, and must find nothing to rename. */
static void remove_older(const vt_outdir *o, int64_t epoch)
{
  char path[VT_PATH + 320];
  const struct dirent *e;
  int64_t of;
  DIR *d = opendir(o->dir);
  if (!d) return;
  while ((e = readdir(d)) != NULL) {
    if (!vt_fence_is_name(e->d_name, &of) || of >= epoch) continue;
    (void)snprintf(path, sizeof path, "%s/%s", o->dir, e->d_name);
    if (unlink(path) == 0) vt_log(VT_LOG_INFO, "folder", "ev=leftover_removed path=\"%s\"", path);
  }
  (void)closedir(d);
}

void vt_outdir_fence(const vt_outdir *o, vt_jobs *jobs, vt_leader_fence *f)
{
  int64_t epoch = vt_jobs_epoch(jobs);
  if (f->epoch == epoch && f->jobs == jobs) return;
  *f = (vt_leader_fence){.jobs = jobs, .epoch = epoch};
  f->fence = (vt_fence){.may = still_leads, .ctx = f};
  (void)snprintf(f->fence.mark, sizeof f->fence.mark, "%" PRId64 ".%s", epoch, vt_jobs_id(jobs));
  remove_older(o, epoch);
  vt_fence_install(&f->fence);
}
