/* list.c - what a folder of jobs says, for people. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/jobs/jobs_impl.h"

typedef struct looking {
  vt_jobs_list *list;
  vt_job me;
  int fd, cap;
} looking;

void vt_job_text(const vt_job *job, char *text, size_t cap)
{
  if (!job->host[0])
    (void)snprintf(text, cap, "job %s", job->id);
  else
    (void)snprintf(text, cap, "%s on %s (pid %" PRId64 "), since %s", job->label[0] ? job->label : "a job", job->host,
                   job->pid, job->since);
}

static vt_status add_job(void *ctx, const char *name, vt_err *err)
{
  looking *l = ctx;
  vt_jobs_list *list = l->list;
  vt__text t;
  const char *id = vt__after(name, "job-");
  if (!id || strlen(id) >= VT_JOB_ID || vt__jobs_read(l->fd, name, &t) == VT__READ_NONE) return VT_OK;
  if (list->n == l->cap) {
    l->cap = l->cap ? 2 * l->cap : 8;
    VT_TRY(VT_GROW(list->job, list->n, l->cap, err), err, "list of %d jobs", l->cap);
  }
  vt_job *job = &list->job[list->n++];
  if (!vt__job_parse(&t, job)) *job = (vt_job){.pid = 0};
  job->dead = vt__process_dead(&l->me, job);
  (void)snprintf(job->id, sizeof job->id, "%s", id);
  return VT_OK;
}

static int by_id(const void *a, const void *b) { return strcmp(((const vt_job *)a)->id, ((const vt_job *)b)->id); }

static vt_status count_lease(void *ctx, const char *name, vt_err *err)
{
  const looking *l = ctx;
  vt_job key = {.pid = 0}, *job = NULL;
  vt__text t;
  (void)err;
  if (!vt__is_lease(name) || vt__jobs_read(l->fd, name, &t) != VT__READ_OK) return VT_OK;
  if (vt__lease_parse(&t, key.id) && l->list->n)
    job = bsearch(&key, l->list->job, (size_t)l->list->n, sizeof key, by_id);
  if (job && strcmp(name, "leader") == 0) job->leads = 1;
  if (job)
    job->claims += vt__is_claim(name);
  else
    l->list->orphans += vt__is_claim(name);
  return VT_OK;
}

vt_status vt_jobs_look(const char *dir, vt_jobs_list *out, vt_err *err)
{
  vt_status rc = VT_OK;
  looking l = {.list = out};
  *out = (vt_jobs_list){.n = 0};
  l.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (l.fd < 0 && errno == ENOENT) return VT_OK;
  if (l.fd < 0) VT_FAIL(err, VT_EIO, "cannot open the folder of jobs '%s': %s", dir, strerror(errno));
  vt__this_process(&l.me, NULL);
  VT_TRY_OUT(vt__jobs_scan(l.fd, add_job, &l, err), err, "jobs in '%s'", dir);
  if (out->n) qsort(out->job, (size_t)out->n, sizeof *out->job, by_id);
  VT_TRY_OUT(vt__jobs_scan(l.fd, count_lease, &l, err), err, "jobs in '%s'", dir);
out:
  (void)close(l.fd);
  if (rc != VT_OK) vt_jobs_list_free(out);
  return rc;
}

void vt_jobs_list_free(vt_jobs_list *l)
{
  vt_free(l->job);
  *l = (vt_jobs_list){.n = 0};
}

int vt_jobs_list_alive(const vt_jobs_list *l)
{
  for (int i = 0; i < l->n; i++)
    if (!l->job[i].dead) return 1;
  return 0;
}
