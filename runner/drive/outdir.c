/* outdir.c - the output folder: who may write there, and which campaign it belongs to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/pot/pot.h"
#include "runner/drive/drive.h"

vt_status vt_outdir_name(vt_outdir *o, const char *dir, vt_err *err)
{
  *o = (vt_outdir){.lock_fd = -1};
  size_t n = strlen(dir);
  while (n > 1 && dir[n - 1] == '/') n--;
  if (n == 0 || n >= sizeof o->dir) VT_FAIL(err, VT_EINVAL, "'%.80s' cannot be an output folder", dir);
  memcpy(o->dir, dir, n);
  const struct {
    char *to;
    const char *name;
  } part[] = {{o->journal, "journal"},
              {o->store, "results.h5"},
              {o->campaign, "campaign.yaml"},
              {o->status, "status.json"},
              {o->halt, "HALT"}};
  for (size_t k = 0; k < sizeof part / sizeof *part; k++)
    (void)snprintf(part[k].to, VT_PATH + 16, "%s/%s", o->dir, part[k].name);
  return VT_OK;
}

vt_status vt_outdir_campaign(const vt_outdir *o, const vt_campaign_env *env, vt_campaign **c, vt_err *err)
{
  vt_diags diags = {0};
  *c = NULL;
  vt_status rc = vt_campaign_load(o->campaign, env, c, &diags, err);
  if (rc == VT_EPARSE && diags.n) {
    vt_buf text = {0};
    vt_diags_format(&diags, &text);
    rc = vt_err_set(err, rc, __FILE__, __LINE__, "the campaign recorded in '%s' cannot be used:\n%.700s", o->dir,
                    text.s ? text.s : "");
    vt_buf_free(&text);
  }
  vt_diags_free(&diags);
  if (rc == VT_OK) rc = vt_campaign_resolve(*c, vt_simd_best(), err);
  if (rc != VT_OK) {
    vt_campaign_free(*c);
    *c = NULL;
    return vt_err_wrap(err, rc, __FILE__, __LINE__, "campaign of output folder '%s'", o->dir);
  }
  return VT_OK;
}

vt_simd vt_outdir_simd(const vt_outdir *o, const vt_campaign_env *env)
{
  vt_campaign *c;
  vt_err ignored = {0};
  if (access(o->campaign, R_OK) != 0 || vt_outdir_campaign(o, env, &c, &ignored) != VT_OK) return VT_SIMD_AUTO;
  vt_simd s = (vt_simd)c->numerics.simd;
  vt_campaign_free(c);
  return s;
}

static int by_uid(const void *a, const void *b) { return vt_uid_cmp(a, b); }

/* 1 if every task of `old` is a task of `c`. */
static vt_status contains(const vt_campaign *c, const vt_campaign *old, int *yes, vt_err *err)
{
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_tasks, sizeof(vt_uid), err), err, "uids of %d tasks", c->n_tasks);
  vt_uid *uid = p;
  for (int i = 0; i < c->n_tasks; i++) uid[i] = c->task[i].uid;
  qsort(uid, (size_t)c->n_tasks, sizeof *uid, by_uid);
  *yes = 1;
  for (int i = 0; i < old->n_tasks && *yes; i++)
    *yes = bsearch(&old->task[i].uid, uid, (size_t)c->n_tasks, sizeof *uid, by_uid) != NULL;
  vt_free(uid);
  return VT_OK;
}

static vt_status same_campaign(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, int extend,
                               vt_err *err)
{
  vt_campaign *old = NULL;
  int adds_only = 0;
  if (access(o->campaign, F_OK) != 0) return VT_OK; /* nothing recorded yet */
  VT_PASS(vt_outdir_campaign(o, env, &old, err));
  int same = vt_uid_equal(&old->id, &c->id);
  vt_status rc = same ? VT_OK : contains(c, old, &adds_only, err);
  if (rc == VT_OK && !same && !adds_only)
    rc =
        vt_err_set(err, VT_EINVAL, __FILE__, __LINE__,
                   "'%s' holds another campaign ('%s', %d tasks), and this one does not contain all of its tasks; give "
                   "another --output",
                   o->dir, old->name, old->n_tasks);
  else if (rc == VT_OK && !same && !extend)
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__,
                    "'%s' holds a smaller campaign (%d of these %d tasks); say --extend to add to it", o->dir,
                    old->n_tasks, c->n_tasks);
  vt_campaign_free(old);
  return rc;
}

static void lock_path(const vt_outdir *o, char path[VT_PATH + 16])
{
  (void)snprintf(path, VT_PATH + 16, "%s/lock", o->dir);
}

vt_status vt_outdir_lock(vt_outdir *o, vt_err *err)
{
  char path[VT_PATH + 16];
  lock_path(o, path);
  o->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (o->lock_fd < 0) VT_FAIL(err, VT_EIO, "cannot open '%s': %s", path, strerror(errno));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(o->lock_fd, F_SETLK, &lock) != 0)
    VT_FAIL(err, VT_EINVAL, "another start of this campaign is working in '%s'; wait for it, or give another --output",
            o->dir);
  return VT_OK;
}

int vt_outdir_busy(const vt_outdir *o)
{
  char path[VT_PATH + 16];
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  lock_path(o, path);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int busy = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  if (fd >= 0) close(fd);
  return busy;
}

vt_status vt_outdir_take(vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, int extend, vt_err *err)
{
  static const char *const folders[] = {"", "/journal", "/glass", "/failed", "/log"};
  char path[VT_PATH + 16];
  for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
    (void)snprintf(path, sizeof path, "%s%s", o->dir, folders[k]);
    VT_TRY(vt_dir_make(path, err), err, "output folder");
  }
  VT_TRY(vt_outdir_lock(o, err), err, "output folder");
  VT_TRY(same_campaign(o, c, env, extend, err), err, "output folder");
  vt_buf text = {0};
  vt_campaign_canon(c, &text);
  vt_status rc = vt_buf_check(&text, err);
  if (rc == VT_OK) rc = vt_file_replace(o->campaign, text.s, text.len, err);
  vt_buf_free(&text);
  if (rc != VT_OK) return vt_err_wrap(err, rc, __FILE__, __LINE__, "recording the campaign in '%s'", o->dir);
  return VT_OK;
}

void vt_outdir_release(vt_outdir *o)
{
  if (o->lock_fd >= 0) close(o->lock_fd); /* releases the lock */
  o->lock_fd = -1;
}
