/* lease.c - taking, dropping and inheriting leases.  Why this is right is written in jobs.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"

enum { TRIES = 4, HEIRS = 8 };

vt_status vt__lease_holder(vt_jobs *j, const char *name, double now, vt__holder *h, char dead[VT__JOBS_NAME],
                           vt_err *err)
{
  vt__text t;
  char id[VT_JOB_ID];
  int alive;
  *h = VT__FREE;
  switch (vt__jobs_read(j->fd, name, &t)) {
  case VT__READ_NONE:
    return VT_OK;
  case VT__READ_BAD:
    VT_FAIL(err, VT_EIO, "cannot read '%s': %s", name, strerror(errno));
  case VT__READ_OK:
    break;
  }
  int whole = vt__lease_parse(&t, id);
  if (whole && strcmp(id, j->me.id) == 0) {
    *h = VT__OURS;
    return VT_OK;
  }
  if (whole) {
    (void)snprintf(dead, VT__JOBS_NAME, "job-%s", id);
    VT_PASS(vt__job_alive(j, id, now, &alive, err));
  } else {
    (void)snprintf(dead, VT__JOBS_NAME, "%s", name);
    VT_PASS(vt__alive(j, name, now, 0, &alive, err));
  }
  *h = alive ? VT__HELD : VT__DEAD;
  return VT_OK;
}

/* Link our lease to a free name: *made, or 0 if the name is taken. */
static vt_status make(const vt_jobs *j, const char *name, int *made, vt_err *err)
{
  *made = linkat(j->fd, j->lease, j->fd, name, 0) == 0;
  if (!*made && errno != EEXIST) VT_FAIL(err, VT_EIO, "cannot link '%s' to '%s': %s", j->lease, name, strerror(errno));
  return VT_OK;
}

vt_status vt__lease_take(vt_jobs *j, const char *name, double now, int *got, vt_err *err)
{
  char dead[VT__JOBS_NAME];
  vt__holder h = VT__DEAD;
  *got = 0;
  for (int k = 0; k < TRIES && h != VT__HELD; k++) {
    VT_PASS(make(j, name, got, err));
    if (*got) return VT_OK;
    VT_PASS(vt__lease_holder(j, name, now, &h, dead, err));
    if (h == VT__OURS) { /* from before, or the answer to our link was lost and NFS asked twice */
      *got = 1;
      return VT_OK;
    }
    if (h == VT__DEAD) VT_PASS(vt__inherit(j, dead, now, err));
  }
  return VT_OK;
}

vt_status vt__lease_drop(const vt_jobs *j, const char *name, vt_err *err)
{
  vt__text t;
  char id[VT_JOB_ID];
  vt__read_result r = vt__jobs_read(j->fd, name, &t);
  if (r == VT__READ_BAD) VT_FAIL(err, VT_EIO, "cannot read '%s': %s", name, strerror(errno));
  int ours = r == VT__READ_OK && vt__lease_parse(&t, id) && strcmp(id, j->me.id) == 0;
  return ours ? vt__jobs_unlink(j->fd, name, err) : VT_OK;
}

/* ------------------------------------------------------------------ inheriting */

typedef struct clearing {
  const vt_jobs *j;
  const char *id;
} clearing;

static vt_status clear_one(void *ctx, const char *name, vt_err *err)
{
  const clearing *c = ctx;
  vt__text t;
  char id[VT_JOB_ID];
  if (!vt__is_lease(name) || vt__jobs_read(c->j->fd, name, &t) != VT__READ_OK || !vt__lease_parse(&t, id) ||
      strcmp(id, c->id) != 0)
    return VT_OK;
  return vt__jobs_unlink(c->j->fd, name, err);
}

/* We are the heir: is there still something to inherit?  Then clear it away, the presence first. */
static vt_status lease_clear(vt_jobs *j, const char *dead, double now, vt_err *err)
{
  int alive;
  char lease[VT__JOBS_NAME + 8];
  vt__text t;
  const char *id = vt__after(dead, "job-");
  VT_PASS(vt__alive(j, dead, now, 1, &alive, err));
  if (alive) return VT_OK;
  if (!id) { /* a damaged lease; unless somebody inherited it before us, and it is whole again */
    char ignored[VT_JOB_ID];
    int whole = vt__jobs_read(j->fd, dead, &t) != VT__READ_OK || vt__lease_parse(&t, ignored);
    return whole ? VT_OK : vt__jobs_unlink(j->fd, dead, err);
  }
  vt_log(VT_LOG_INFO, "jobs", "ev=dead_job id=%s", id);
  VT_PASS(vt__jobs_unlink(j->fd, dead, err));
  clearing c = {j, id};
  VT_PASS(vt__jobs_scan(j->fd, clear_one, &c, err));
  (void)snprintf(lease, sizeof lease, "lease-%s", id);
  return vt__jobs_unlink(j->fd, lease, err);
}

vt_status vt__inherit(vt_jobs *j, const char *dead, double now, vt_err *err)
{
  char name[VT__JOBS_NAME], next[VT__JOBS_NAME], heir[VT__JOBS_NAME];
  (void)snprintf(name, sizeof name, "%s", dead);
  for (int k = 0; k < HEIRS; k++) {
    int made;
    vt__holder h;
    if (snprintf(heir, sizeof heir, "heir-%s", name) >= (int)sizeof heir) return VT_OK;
    VT_PASS(make(j, heir, &made, err));
    if (!made) {
      VT_PASS(vt__lease_holder(j, heir, now, &h, next, err));
      if (h == VT__HELD) return VT_OK;
      if (h == VT__DEAD) memcpy(name, next, sizeof name); /* the heir died over it: inherit from the heir first */
      if (h != VT__OURS) continue;
    }
    vt_status rc = lease_clear(j, name, now, err), last = vt__jobs_unlink(j->fd, heir, err);
    return rc != VT_OK ? rc : last;
  }
  vt_log(VT_LOG_WARN, "jobs", "ev=heirs_in_a_circle file=%s", heir);
  return VT_OK;
}

/* ------------------------------------------------------------------ sweeping */

typedef struct sweeping {
  vt_jobs *j;
  double now;
} sweeping;

static vt_status sweep_job(const sweeping *s, const char *id, vt_err *err)
{
  int alive;
  char dead[VT__JOBS_NAME];
  if (strlen(id) >= VT_JOB_ID || strcmp(id, s->j->me.id) == 0) return VT_OK;
  VT_PASS(vt__job_alive(s->j, id, s->now, &alive, err));
  (void)snprintf(dead, sizeof dead, "job-%s", id);
  return alive ? VT_OK : vt__inherit(s->j, dead, s->now, err);
}

static vt_status sweep_one(void *ctx, const char *name, vt_err *err)
{
  const sweeping *s = ctx;
  char dead[VT__JOBS_NAME];
  vt__holder h;
  const char *id = vt__after(name, "job-");
  if (!id) id = vt__after(name, "lease-");
  if (id) return sweep_job(s, id, err);
  if (!vt__is_lease(name)) return VT_OK;
  VT_PASS(vt__lease_holder(s->j, name, s->now, &h, dead, err));
  return h == VT__DEAD ? vt__inherit(s->j, dead, s->now, err) : VT_OK;
}

vt_status vt__sweep(vt_jobs *j, double now, vt_err *err)
{
  sweeping s = {j, now};
  return vt__jobs_scan(j->fd, sweep_one, &s, err);
}
