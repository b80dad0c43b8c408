/* watch.c - files that are watched: whether they change, and so whether their owners are alive. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runner/jobs/jobs_impl.h"

/* Read the file again.  Time counts as silence only if it was read and is as before, and only so much of it. */
static void jobs_watch_look(const vt_jobs *j, vt__watch *w, double now)
{
  vt__text t;
  double passed = now - w->looked;
  switch (vt__jobs_read(j->fd, w->name, &t)) {
  case VT__READ_NONE:
    w->removed = 1;
    break;
  case VT__READ_BAD:
    break;
  case VT__READ_OK:
    if (t.n != w->text.n || memcmp(t.s, w->text.s, t.n) != 0) {
      w->text = t;
      w->silent = 0;
      if (!vt__job_parse(&t, &w->who)) w->who = (vt_job){.pid = 0};
    } else if (passed > 0)
      w->silent += passed < j->silence_s / 4 ? passed : j->silence_s / 4;
    break;
  }
  VT_ASSERT(w->silent >= 0);
  w->looked = now;
}

static int jobs_watch_alive(const vt_jobs *j, const vt__watch *w)
{
  /* Sums of binary fractions: a last bit must not cost one look more. */
  return !w->removed && w->silent < j->silence_s * (1 - 1e-9) && !vt__process_dead(&j->me, &w->who);
}

static int find(const vt_jobs *j, const char *name)
{
  for (int i = 0; i < j->n_watch; i++)
    if (strcmp(j->watch[i].name, name) == 0) return i;
  return -1;
}

static void jobs_watch_forget(vt_jobs *j, int i)
{
  VT_ASSERT(i >= 0 && i < j->n_watch);
  if (i != --j->n_watch) j->watch[i] = j->watch[j->n_watch];
}

/* Begin to watch: its place, or -1 if there is no such file. */
static vt_status jobs_watch_begin(vt_jobs *j, const char *name, double now, int *at, vt_err *err)
{
  if (j->n_watch == j->cap_watch) {
    int cap = j->cap_watch ? 2 * j->cap_watch : 8;
    VT_TRY(VT_GROW(j->watch, j->n_watch, cap, err), err, "watching %d jobs", cap);
    j->cap_watch = cap;
  }
  VT_ASSERT(find(j, name) < 0); /* a file is watched once */
  *at = j->n_watch++;
  vt__watch *w = &j->watch[*at];
  *w = (vt__watch){.looked = now};
  (void)snprintf(w->name, sizeof w->name, "%s", name);
  jobs_watch_look(j, w, now);
  if (w->removed) jobs_watch_forget(j, *at), *at = -1;
  return VT_OK;
}

vt_status vt__alive(vt_jobs *j, const char *name, double now, int fresh, int *alive, vt_err *err)
{
  int i = find(j, name);
  if (i < 0)
    VT_PASS(jobs_watch_begin(j, name, now, &i, err));
  else if (fresh || now - j->watch[i].looked >= j->beat_s || !jobs_watch_alive(j, &j->watch[i]))
    jobs_watch_look(j, &j->watch[i], now);
  *alive = i >= 0 && jobs_watch_alive(j, &j->watch[i]);
  if (i >= 0 && j->watch[i].removed) jobs_watch_forget(j, i);
  return VT_OK;
}

vt_status vt__job_alive(vt_jobs *j, const char *id, double now, int *alive, vt_err *err)
{
  char name[VT__JOBS_NAME];
  (void)snprintf(name, sizeof name, "job-%s", id);
  return vt__alive(j, name, now, 0, alive, err);
}

const vt_job *vt__watched(const vt_jobs *j, const char *id)
{
  for (int i = 0; i < j->n_watch; i++)
    if (strcmp(j->watch[i].who.id, id) == 0) return &j->watch[i].who;
  return NULL;
}

typedef struct all {
  vt_jobs *j;
  double now;
} all;

static vt_status see(void *ctx, const char *name, vt_err *err)
{
  const all *a = ctx;
  int ignored;
  if (!vt__after(name, "job-") || strcmp(name, a->j->presence) == 0) return VT_OK;
  return vt__alive(a->j, name, a->now, 1, &ignored, err);
}

vt_status vt__watch_all(vt_jobs *j, double now, vt_err *err)
{
  all a = {j, now};
  VT_PASS(vt__jobs_scan(j->fd, see, &a, err));
  j->others = 0;
  for (int i = j->n_watch - 1; i >= 0; i--) { /* those that the folder did not show: removed, or damaged leases */
    if (j->watch[i].looked < now) jobs_watch_look(j, &j->watch[i], now);
    if (j->watch[i].removed)
      jobs_watch_forget(j, i);
    else
      j->others += vt__after(j->watch[i].name, "job-") && jobs_watch_alive(j, &j->watch[i]);
  }
  return VT_OK;
}
