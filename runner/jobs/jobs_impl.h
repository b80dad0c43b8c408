/* jobs_impl.h - files, watches, leases.  Private to runner/jobs. */
#ifndef VT_JOBS_IMPL_H
#define VT_JOBS_IMPL_H

#include "runner/jobs/jobs.h"

enum { VT__JOBS_NAME = 256, VT__JOBS_TEXT = 1024, VT__LINE = 400 };

/* ---- file.c: the bytes; what this process is */

typedef struct vt__text {
  char s[VT__JOBS_TEXT];
  size_t n;
} vt__text;

typedef enum vt__read_result { VT__READ_OK, VT__READ_NONE, VT__READ_BAD } vt__read_result;

void vt__job_format(const vt_job *job, vt__text *t);
int vt__job_parse(const vt__text *t, vt_job *job); /* 0: it does not check */
void vt__lease_format(const char *id, vt__text *t);
int vt__lease_parse(const vt__text *t, char id[VT_JOB_ID]);
/* A file longer than a text is read as damaged. Not OK: the text is empty; BAD: errno says why. */
vt__read_result vt__jobs_read(int dir, const char *name, vt__text *t);
vt__read_result vt__read_fd(int fd, vt__text *t);
VT_MUST_CHECK vt_status vt__jobs_write_new(int dir, const char *name, const vt__text *t, int sync, vt_err *err);
int vt__write_at_start(int fd, const vt__text *t);                               /* 0, or errno */
VT_MUST_CHECK vt_status vt__jobs_unlink(int dir, const char *name, vt_err *err); /* not there is fine */
/* Every name in the folder. */
typedef vt_status vt__each(void *ctx, const char *name, vt_err *err);
VT_MUST_CHECK vt_status vt__jobs_scan(int dir, vt__each *each, void *ctx, vt_err *err);
int vt__is_claim(const char *name);
int vt__is_lease(const char *name); /* a claim, leader, heir-* */
/* What follows the prefix, or NULL. */
const char *vt__after(const char *name, const char *prefix);

/* host NULL: gethostname.  Everything but id, label and build. */
void vt__this_process(vt_job *me, const char *host);
VT_MUST_CHECK vt_status vt__job_new_id(vt_job *me, vt_err *err);
/* 1 if the process of a job is one of this host, boot and namespace, and is not there any more. */
int vt__process_dead(const vt_job *me, const vt_job *other);

/* ---- watch.c: whether a file stands still */

typedef struct vt__watch {
  char name[VT__JOBS_NAME];
  vt__text text;
  vt_job who; /* all zero if it is no presence that checks */
  double looked, silent;
  int removed; /* there is no such file any more */
} vt__watch;

typedef struct vt__tolerance {
  double since;
  int bad;
} vt__tolerance;

struct vt_jobs {
  char dir[VT_PATH + 16];
  int fd;
  double beat_s, silence_s;
  vt_job me;
  char presence[VT__JOBS_NAME], lease[VT__JOBS_NAME];
  vt_pace pace; /* of heartbeats */
  vt__tolerance beating, leasing;
  int lost, leads, others, said_fenced;
  int64_t epoch;   /* of our leadership, 0: never */
  double verified; /* when `leads` was last read from the files */
  vt__watch *watch;
  int n_watch, cap_watch;
  vt_uid *held;
  int n_held, cap_held;
  char leader[VT__LINE], leader_build[VT_JOB_BUILD];
};

/* Does the owner of a file live?  The file (a presence, or a damaged lease) is watched from now on.  fresh: read it now
 * even if that was done less than beat_s ago. */
VT_MUST_CHECK vt_status vt__alive(vt_jobs *j, const char *name, double now, int fresh, int *alive, vt_err *err);
VT_MUST_CHECK vt_status vt__job_alive(vt_jobs *j, const char *id, double now, int *alive, vt_err *err);
/* Read the folder and everything that is watched; counts the others. */
VT_MUST_CHECK vt_status vt__watch_all(vt_jobs *j, double now, vt_err *err);
const vt_job *vt__watched(const vt_jobs *j, const char *id); /* or NULL */

/* ---- lease.c */

/* Who holds a lease: FREE, OURS, HELD by a job that is alive (or damaged, and not yet silent for too long), DEAD:
 * dead is the file to inherit. */
typedef enum vt__holder { VT__FREE, VT__OURS, VT__HELD, VT__DEAD } vt__holder;
VT_MUST_CHECK vt_status vt__lease_holder(vt_jobs *j, const char *name, double now, vt__holder *h,
                                         char dead[VT__JOBS_NAME], vt_err *err);
VT_MUST_CHECK vt_status vt__lease_take(vt_jobs *j, const char *name, double now, int *got, vt_err *err);
VT_MUST_CHECK vt_status vt__lease_drop(const vt_jobs *j, const char *name, vt_err *err);
/* epoch.c: take the next number for the leader, which is this job; *leads: `leader` named us afterwards, too. */
VT_MUST_CHECK vt_status vt__epoch_take(vt_jobs *j, int *leads, vt_err *err);
/* Once: log that a former leader was stopped; text for people. */
void vt__say_fenced(vt_jobs *j, int64_t epoch, char *text, size_t cap);
/* Become heir of a dead job ("job-<id>") or of a damaged lease (its name), and clear away what it left; nothing if
 * another is its heir or it is alive after all. */
VT_MUST_CHECK vt_status vt__inherit(vt_jobs *j, const char *dead, double now, vt_err *err);
VT_MUST_CHECK vt_status vt__sweep(vt_jobs *j, double now, vt_err *err);

#endif
