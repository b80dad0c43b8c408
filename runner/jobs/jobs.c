/* jobs.c - this job: its presence, leadership, claims. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"

/* ------------------------------------------------------------------ errors that are tolerated */

static vt_status check_ours(vt_jobs *j, vt_err *err)
{
  char text[2 * VT_JOB_ID + VT_PATH + 200];
  if (j->lost && j->epoch) {
    vt__say_fenced(j, j->epoch, text, sizeof text);
    VT_FAIL(err, VT_ESTOP, "%s", text);
  }
  if (j->lost)
    VT_FAIL(err, VT_ESTOP, "another job believed this one dead and took '%s' away from '%s'", j->presence, j->dir);
  return VT_OK;
}

/* A file system that answers again within silence_s/2 is no reason to stop. */
static vt_status tolerate(const vt_jobs *j, vt__tolerance *b, double now, vt_status rc, vt_err *err)
{
  if (rc == VT_OK) b->bad = 0;
  if (rc != VT_EIO) return rc;
  if (!b->bad) b->bad = 1, b->since = now;
  if (now - b->since >= j->silence_s / 2)
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "jobs folder '%s': no success for %.0f s", j->dir, now - b->since);
  vt_log(VT_LOG_WARN, "jobs", "ev=tolerated error=\"%.300s\"", vt_err_line(err->text).s);
  vt_err_clear(err);
  return VT_OK;
}

/* ------------------------------------------------------------------ presence */

/* Is the presence file there and ours?  With `beat` the next heartbeat is written into it. */
static vt_status jobs_presence(vt_jobs *j, int beat, vt_err *err)
{
  int fd = -1;
  vt__text t;
  vt_job who;
  for (int k = 0; k < 2 && fd < 0; k++) { /* never O_CREAT; a second try after ESTALE */
    fd = openat(j->fd, j->presence, (beat ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno != ESTALE) break;
  }
  if (fd < 0 && errno == ENOENT) {
    j->lost = 1;
    j->leads = 0;
    return check_ours(j, err);
  }
  if (fd < 0) VT_FAIL(err, VT_EIO, "cannot open '%s': %s", j->presence, strerror(errno));
  int why = vt__read_fd(fd, &t) == VT__READ_OK ? 0 : errno;
  if (!why && vt__job_parse(&t, &who) && strcmp(who.id, j->me.id) != 0) j->lost = 1, j->leads = 0;
  if (!why && beat && !j->lost) {
    j->me.beat++;
    vt__job_format(&j->me, &t);
    why = vt__write_at_start(fd, &t);
  }
  if (close(fd) != 0 && !why) why = errno;
  VT_PASS(check_ours(j, err));
  if (why) VT_FAIL(err, VT_EIO, "cannot write a heartbeat to '%s': %s", j->presence, strerror(why));
  return VT_OK;
}

/* Who leads, by the file. */
static vt_status read_leader(vt_jobs *j, double now, vt_err *err)
{
  vt__text t;
  char id[VT_JOB_ID];
  vt__read_result r = vt__jobs_read(j->fd, "leader", &t);
  if (r == VT__READ_BAD) VT_FAIL(err, VT_EIO, "cannot read 'leader': %s", strerror(errno));
  int named = r == VT__READ_OK && vt__lease_parse(&t, id), ours = named && strcmp(id, j->me.id) == 0;
  if (j->leads && !ours) vt_log(VT_LOG_WARN, "jobs", "ev=leadership_lost");
  j->leads = j->leads && ours;
  j->verified = now;
  j->leader[0] = j->leader_build[0] = '\0';
  if (!named) return VT_OK;
  const vt_job *who = ours ? &j->me : vt__watched(j, id);
  if (who) {
    vt_job_text(who, j->leader, sizeof j->leader);
    (void)snprintf(j->leader_build, sizeof j->leader_build, "%s", who->build);
  } else
    (void)snprintf(j->leader, sizeof j->leader, "job %s", id);
  return VT_OK;
}

/* A beat that takes no more of its interval keeps the rhythm. */
static const double QUICK = 0.02;

static vt_status jobs_beat(vt_jobs *j, double now, vt_err *err)
{
  VT_PASS(jobs_presence(j, 1, err));
  VT_PASS(vt__watch_all(j, now, err));
  return read_leader(j, now, err);
}

vt_status vt_jobs_beat(vt_jobs *j, double now, vt_err *err)
{
  vt_err own = {0};
  if (!err) err = &own;
  VT_PASS(check_ours(j, err));
  if (!vt_pace_due(&j->pace, now)) return VT_OK;
  double from = vt_now_s();
  vt_pace_begin(&j->pace, now);
  vt_status rc = tolerate(j, &j->beating, now, jobs_beat(j, now, err), err);
  double took = vt_now_s() - from;
  vt_pace_end(&j->pace, now + (took > QUICK * j->beat_s ? took : 0));
  return rc;
}

/* ------------------------------------------------------------------ opening, closing */

/* Anything that keeps to its line. */
static void put_line(char *to, size_t cap, const char *from)
{
  size_t n = 0;
  for (; from[n] && n + 1 < cap; n++) {
    to[n] = ' ';
    if ((unsigned char)from[n] >= 32 && from[n] != 127) to[n] = from[n];
  }
  to[n] = '\0';
}

static vt_status announce(vt_jobs *j, vt_err *err)
{
  vt__text t;
  char probe[VT__JOBS_NAME + 8];
  vt__job_format(&j->me, &t);
  VT_PASS(vt__jobs_write_new(j->fd, j->presence, &t, 0, err)); /* the lease of a job that is not there would be swept */
  vt__lease_format(j->me.id, &t);
  VT_PASS(vt__jobs_write_new(j->fd, j->lease, &t, 1, err));
  (void)snprintf(probe, sizeof probe, "heir-probe-%s", j->me.id);
  if (linkat(j->fd, j->lease, j->fd, probe, 0) != 0)
    VT_FAIL(err, VT_EIO, "cannot make a hard link in '%s', which several jobs at one folder need: %s", j->dir,
            strerror(errno));
  return vt__jobs_unlink(j->fd, probe, err);
}

static vt_status check_options(const vt_jobs_options *o, vt_err *err)
{
  size_t n = strlen(o->dir);
  if (n == 0 || n >= sizeof((vt_jobs *)NULL)->dir)
    VT_FAIL(err, VT_EINVAL, "'%.80s' cannot be a folder of jobs", o->dir);
  if (!(o->beat_s >= 0) || !(o->silence_s > 0) || o->silence_s < 4 * o->beat_s)
    VT_FAIL(err, VT_EINVAL, "a job is dead after %g s, with a heartbeat every %g s; at least four must fit in",
            o->silence_s, o->beat_s);
  return VT_OK;
}

vt_status vt_jobs_open(vt_jobs **out, const vt_jobs_options *o, double now, vt_err *err)
{
  vt_status rc = VT_OK;
  *out = NULL;
  VT_PASS(check_options(o, err));
  vt_jobs *j;
  VT_TRY(VT_NEW(j, 1, err), err, "jobs at '%s'", o->dir);
  j->fd = -1;
  j->beat_s = o->beat_s;
  j->pace = (vt_pace){
      .what = "heartbeats of jobs", .every_s = o->beat_s, .most_s = o->silence_s / 3, .next = now + o->beat_s};
  j->silence_s = o->silence_s;
  j->verified = now;
  (void)snprintf(j->dir, sizeof j->dir, "%s", o->dir);
  VT_TRY_OUT(vt_dir_make(o->dir, err), err, "folder of jobs");
  j->fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (j->fd < 0) VT_FAIL_OUT(err, VT_EIO, "cannot open the folder '%s': %s", o->dir, strerror(errno));
  vt__this_process(&j->me, o->host);
  put_line(j->me.label, sizeof j->me.label, o->label ? o->label : "");
  put_line(j->me.build, sizeof j->me.build, o->build ? o->build : "");
  VT_TRY_OUT(vt__job_new_id(&j->me, err), err, "jobs at '%s'", o->dir);
  (void)snprintf(j->presence, sizeof j->presence, "job-%s", j->me.id);
  (void)snprintf(j->lease, sizeof j->lease, "lease-%s", j->me.id);
  VT_TRY_OUT(announce(j, err), err, "announcing this job in '%s'", o->dir);
  VT_TRY_OUT(jobs_beat(j, now, err), err, "jobs at '%s'", o->dir);
  *out = j;
  j = NULL;
out:
  vt_jobs_close(j);
  return rc;
}

void vt_jobs_close(vt_jobs *j)
{
  char name[65];
  if (!j) return;
  if (j->fd >= 0 && j->presence[0]) {
    vt_status rc = VT_OK;
    for (int i = 0; i < j->n_held && rc == VT_OK; i++) {
      vt_uid_hex(&j->held[i], name);
      rc = vt__lease_drop(j, name, NULL);
    }
    if (rc == VT_OK) rc = vt__lease_drop(j, "leader", NULL);
    if (rc == VT_OK) rc = vt__jobs_unlink(j->fd, j->lease, NULL);
    /* The presence last: leases that could not be dropped are inherited from a job that is dead, as after a crash. */
    if (vt__jobs_unlink(j->fd, j->presence, NULL) != VT_OK || rc != VT_OK)
      vt_log(VT_LOG_WARN, "jobs", "ev=close left=\"%s\"", j->presence);
  }
  if (j->fd >= 0) (void)close(j->fd);
  vt_free(j->watch);
  vt_free(j->held);
  vt_free(j);
}

/* ------------------------------------------------------------------ leadership */

static vt_status jobs_lead(vt_jobs *j, double now, int *leads, vt_err *err)
{
  VT_PASS(jobs_presence(j, 0, err));
  VT_PASS(vt__lease_take(j, "leader", now, leads, err));
  if (*leads && !j->leads) {
    VT_PASS(vt__epoch_take(j, leads, err));
    if (*leads) vt_log(VT_LOG_INFO, "jobs", "ev=leads id=%s epoch=%" PRId64, j->me.id, j->epoch);
  }
  j->leads = *leads;
  return read_leader(j, now, err);
}

vt_status vt_jobs_lead(vt_jobs *j, double now, int *leads, vt_err *err)
{
  vt_err own = {0};
  if (!err) err = &own;
  *leads = 0;
  VT_PASS(check_ours(j, err));
  vt_status rc = jobs_lead(j, now, leads, err);
  *leads = rc == VT_OK && j->leads;
  return tolerate(j, &j->leasing, now, rc, err);
}

int vt_jobs_leads(const vt_jobs *j, double now)
{
  VT_ASSERT(!j->leads || !j->lost); /* whose presence was taken away leads nothing */
  return j->leads && now - j->verified < j->silence_s / 2;
}

vt_status vt_jobs_resign(vt_jobs *j, double now, vt_err *err)
{
  vt_err own = {0};
  if (!err) err = &own;
  VT_PASS(check_ours(j, err));
  j->leads = 0;
  vt_status rc = vt__lease_drop(j, "leader", err);
  if (rc == VT_OK) rc = read_leader(j, now, err);
  return tolerate(j, &j->leasing, now, rc, err);
}

const char *vt_jobs_leader(const vt_jobs *j) { return j->leader; }
const char *vt_jobs_leader_build(const vt_jobs *j) { return j->leader_build; }
int vt_jobs_others(const vt_jobs *j) { return j->others; }
const char *vt_jobs_id(const vt_jobs *j) { return j->me.id; }

/* ------------------------------------------------------------------ claims */

static int find_held(const vt_jobs *j, const vt_uid *uid)
{
  for (int i = 0; i < j->n_held; i++)
    if (vt_uid_equal(&j->held[i], uid)) return i;
  return -1;
}

static vt_status room_for_one(vt_jobs *j, vt_err *err)
{
  if (j->n_held < j->cap_held) return VT_OK;
  int cap = j->cap_held ? 2 * j->cap_held : 64;
  VT_TRY(VT_GROW(j->held, j->n_held, cap, err), err, "%d claims", cap);
  j->cap_held = cap;
  return VT_OK;
}

vt_status vt_jobs_claim(vt_jobs *j, const vt_uid *uid, double now, int *got, vt_err *err)
{
  vt_err own = {0};
  char name[65];
  if (!err) err = &own;
  *got = 0;
  VT_PASS(check_ours(j, err));
  VT_PASS(room_for_one(j, err));
  vt_uid_hex(uid, name);
  vt_status rc = vt__lease_take(j, name, now, got, err);
  if (rc != VT_OK) *got = 0;
  VT_ASSERT(j->n_held < j->cap_held);
  if (*got && find_held(j, uid) < 0) j->held[j->n_held++] = *uid;
  return tolerate(j, &j->leasing, now, rc, err);
}

vt_status vt_jobs_held(vt_jobs *j, const vt_uid *uid, double now, int *by_other, vt_err *err)
{
  vt_err own = {0};
  char name[65], ignored[VT__JOBS_NAME];
  vt__holder h = VT__HELD; /* while that cannot be read */
  if (!err) err = &own;
  VT_PASS(check_ours(j, err));
  vt_uid_hex(uid, name);
  vt_status rc = vt__lease_holder(j, name, now, &h, ignored, err);
  *by_other = rc != VT_OK || h == VT__HELD;
  return tolerate(j, &j->leasing, now, rc, err);
}

vt_status vt_jobs_release(vt_jobs *j, const vt_uid *uid, double now, vt_err *err)
{
  vt_err own = {0};
  char name[65];
  if (!err) err = &own;
  VT_PASS(check_ours(j, err));
  int i = find_held(j, uid);
  vt_uid_hex(uid, name);
  vt_status rc = vt__lease_drop(j, name, err);
  if (rc == VT_OK && i >= 0) j->held[i] = j->held[--j->n_held]; /* else close tries once more */
  return tolerate(j, &j->leasing, now, rc, err);
}

/* ------------------------------------------------------------------ sweeping */

vt_status vt_jobs_sweep(vt_jobs *j, double now, vt_err *err)
{
  vt_err own = {0};
  if (!err) err = &own;
  VT_PASS(check_ours(j, err));
  return tolerate(j, &j->leasing, now, vt__sweep(j, now, err), err);
}
