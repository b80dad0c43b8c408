/* jobs_fixture.h - a folder of jobs, and files of jobs that do not exist, written by the description in jobs.h. */
#ifndef JOBS_FIXTURE_H
#define JOBS_FIXTURE_H

#include "runner/jobs/jobs.h"

enum { JX_STALE = 60, JX_BEAT = 5 };

int jx_setup(void **state); /* an empty folder for each test */
int jx_teardown(void **state);
const char *jx_dir(void);
void jx_path(const char *name, char *path, size_t cap);

/* host NULL: this one. */
vt_jobs *jx_open(const char *host, const char *label, double now);
vt_uid jx_uid(int k);
int jx_claim(vt_jobs *j, int k, double now);
int jx_held(vt_jobs *j, int k, double now);
void jx_release(vt_jobs *j, int k, double now);
int jx_lead(vt_jobs *j, double now);
void jx_beat(vt_jobs *j, double now);
void jx_sweep(vt_jobs *j, double now);
/* Beats from *now on, every JX_BEAT, for so long. */
void jx_beats(vt_jobs *j, double *now, double for_s);

/* A presence with these fields. */
void jx_write_job(const vt_job *x);
void jx_write_lease(const char *name, const char *id);
void jx_write_claim(int k, const char *id);
void jx_claim_name(int k, char name[65]);
void jx_write(const char *name, const void *bytes, size_t n);
size_t jx_read(const char *name, char *bytes, size_t cap); /* NUL-terminated */
void jx_remove(const char *name);
int jx_exists(const char *name);
int jx_files(void);         /* how many, without the numbers of leaders */
vt_job jx_this(vt_jobs *j); /* what a job says of itself */

#endif
