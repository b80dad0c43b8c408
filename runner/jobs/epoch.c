/* epoch.c - the number of each leadership, and what follows for a job that led once.  Why: jobs.h, "FENCING". */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"

enum { KEPT = 8, TRIES = 1000 }; /* old numbers that stay: a scan beside a new leader misses the newest at most */

static void epoch_name(int64_t n, char name[VT__JOBS_NAME])
{
  (void)snprintf(name, VT__JOBS_NAME, "epoch-%020" PRId64, n);
}

static int epoch_of(const char *name, int64_t *n)
{
  const char *digits = vt__after(name, "epoch-");
  return digits && strlen(digits) == 20 && strspn(digits, "0123456789") == 20 && vt_parse_i64(digits, 20, n);
}

static vt_status greatest(void *ctx, const char *name, vt_err *err)
{
  int64_t *most = ctx, n;
  (void)err;
  if (epoch_of(name, &n) && n > *most) *most = n;
  return VT_OK;
}

typedef struct pruning {
  const vt_jobs *j;
  int64_t below;
} pruning;

static vt_status prune(void *ctx, const char *name, vt_err *err)
{
  const pruning *p = ctx;
  int64_t n;
  return epoch_of(name, &n) && n < p->below ? vt__jobs_unlink(p->j->fd, name, err) : VT_OK;
}

/* Does `leader` name us now? */
static vt_status named(const vt_jobs *j, int *yes, vt_err *err)
{
  vt__text t;
  char id[VT_JOB_ID];
  vt__read_result r = vt__jobs_read(j->fd, "leader", &t);
  if (r == VT__READ_BAD) VT_FAIL(err, VT_EIO, "cannot read 'leader': %s", strerror(errno));
  *yes = r == VT__READ_OK && vt__lease_parse(&t, id) && strcmp(id, j->me.id) == 0;
  return VT_OK;
}

vt_status vt__epoch_take(vt_jobs *j, int *leads, vt_err *err)
{
  char name[VT__JOBS_NAME];
  int64_t n = 0;
  int made = 0;
  *leads = 0;
  VT_PASS(vt__jobs_scan(j->fd, greatest, &n, err));
  for (int k = 0; k < TRIES && !made; k++) {
    epoch_name(++n, name);
    made = linkat(j->fd, j->lease, j->fd, name, 0) == 0;
    if (!made && errno != EEXIST) VT_FAIL(err, VT_EIO, "cannot link '%s' to '%s': %s", j->lease, name, strerror(errno));
  }
  if (!made) VT_FAIL(err, VT_EIO, "'%s' has %d numbers of leaders more than it should", j->dir, TRIES);
  VT_PASS(named(j, leads, err));
  if (!*leads) return vt__jobs_unlink(j->fd, name, err); /* we slept, and another leads */
  j->epoch = n;
  pruning p = {j, n - KEPT};
  return vt__jobs_scan(j->fd, prune, &p, err);
}

/* ------------------------------------------------------------------ a job that led once */

void vt__say_fenced(vt_jobs *j, int64_t epoch, char *text, size_t cap)
{
  int64_t now = 0;
  char name[VT__JOBS_NAME], id[VT_JOB_ID] = "";
  vt__text t;
  if (vt__jobs_scan(j->fd, greatest, &now, NULL) != VT_OK) now = 0;
  epoch_name(now, name);
  if (now > epoch && vt__jobs_read(j->fd, name, &t) == VT__READ_OK && !vt__lease_parse(&t, id)) id[0] = '\0';
  (void)snprintf(text, cap,
                 "another job believed this one dead, which led '%s' as number %" PRId64
                 " (job %s); now job %s leads as number "
                 "%" PRId64 ". What jobs share was not changed by this one since; the same command goes on",
                 j->dir, epoch, j->me.id, id[0] ? id : "(none yet)", now);
  if (!j->said_fenced++)
    vt_log(VT_LOG_WARN, "jobs", "ev=fenced epoch=%" PRId64 " job=%s epoch_now=%" PRId64 " job_now=%s", epoch, j->me.id,
           now, id[0] ? id : "-");
}

int64_t vt_jobs_epoch(const vt_jobs *j) { return j->epoch; }

vt_status vt_jobs_check_lead(vt_jobs *j, int64_t epoch, vt_err *err)
{
  vt_err own = {0};
  char text[2 * VT_JOB_ID + VT_PATH + 200];
  int ours = 0;
  if (!err) err = &own;
  vt__text t;
  vt_job who;
  vt__read_result here = j->lost ? VT__READ_NONE : vt__jobs_read(j->fd, j->presence, &t);
  if (here == VT__READ_BAD) VT_FAIL(err, VT_EIO, "cannot read '%s': %s", j->presence, strerror(errno));
  if (here == VT__READ_OK && vt__job_parse(&t, &who) && strcmp(who.id, j->me.id) != 0) here = VT__READ_NONE;
  if (here == VT__READ_OK) VT_PASS(named(j, &ours, err));
  if (ours && epoch == j->epoch) return VT_OK;
  vt__say_fenced(j, epoch, text, sizeof text);
  VT_FAIL(err, VT_ESTOP, "%s", text);
}
