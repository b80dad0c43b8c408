/* structure_file.c - the files of structures that glasses begin with are kept in the output folder. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/folder/folder_impl.h"

enum { MOST_BYTES = 1 << 30, COPY_NAME = VT_PATH + 2 * VT_NAME };

static void copy_path(const vt_outdir *o, const vt_campaign_structure *s, char path[COPY_NAME])
{
  char name[2 * VT_NAME];
  vt_campaign_structure_copy(s, name);
  (void)snprintf(path, COPY_NAME, "%s/%s", o->dir, name);
}

void vt_outdir_place_structures(vt_campaign *c)
{
  for (int k = 0; k < c->n_structures; k++) {
    char name[2 * VT_NAME];
    vt_campaign_structure_copy(&c->structure[k], name);
    (void)snprintf(c->structure[k].recorded, sizeof c->structure[k].recorded, "%s", name);
  }
}

static int same_file(const char *a, const char *b)
{
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

vt_status vt_outdir_check_structures(const vt_outdir *o, const vt_campaign *c, vt_err *err)
{
  char to[COPY_NAME];
  struct stat st;
  if (c->n_structures == 0 || vt_outdir_is_ours(o)) return VT_OK;
  for (int k = 0; k < c->n_structures; k++) {
    copy_path(o, &c->structure[k], to);
    if (lstat(to, &st) == 0 && !same_file(to, c->structure[k].path))
      return vt_err_user(err, VT_EINVAL, to, 0, 0,
                         "it is there already, a run would write it (the copy of the file of %s), and its folder is "
                         "not the output folder of a campaign; nothing was touched: give another --output, or %s "
                         "another name",
                         c->structure[k].name, c->structure[k].name);
  }
  return VT_OK;
}

/* What was copied is what was read: the file may have changed between the two. */
static vt_status check_copy(const char *to, const vt_campaign *c, int k, const vt_campaign_env *env, vt_err *err)
{
  char why[VT_STRUCTURE_WHY] = "";
  if (env->structures) VT_PASS(vt_campaign_structure_same(c, k, to, env, why, err));
  if (why[0]) VT_FAIL(err, VT_EIO, "'%s' was changed while it was read (%s): start again", c->structure[k].path, why);
  return VT_OK;
}

vt_status vt_outdir_keep_structure(const vt_outdir *o, const vt_campaign *c, int k, const vt_campaign_env *env,
                                   vt_err *err)
{
  const vt_campaign_structure *s = &c->structure[k];
  char to[COPY_NAME], folder[VT_PATH + 16], *bytes = NULL, *old = NULL;
  size_t n = 0, n_old = 0;
  vt_err none = {0};
  copy_path(o, s, to);
  if (!s->path[0] || same_file(s->path, to)) return VT_OK; /* never found: a run says so where it needs it */
  (void)snprintf(folder, sizeof folder, "%s/structures", o->dir);
  VT_PASS(vt_dir_make(folder, err));
  VT_PASS(vt_file_read(s->path, MOST_BYTES, &bytes, &n, err));
  const int there = vt_file_read(to, MOST_BYTES, &old, &n_old, &none) == VT_OK;
  const int same = there && n == n_old && memcmp(bytes, old, n) == 0;
  vt_status rc = same ? VT_OK : vt_fence_check(err);
  if (rc == VT_OK && !same) rc = vt_file_replace(to, bytes, n, err);
  if (rc == VT_OK && !same) rc = check_copy(to, c, k, env, err);
  if (rc == VT_OK && there && !same)
    vt_log(VT_LOG_INFO, "folder", "ev=structure_copied file=\"%s\" (the copy there had other bytes)", to);
  vt_free(old);
  vt_free(bytes);
  return rc;
}

vt_status vt__outdir_keep_structures(const vt_outdir *o, const vt_campaign *c, const vt_campaign_env *env, vt_err *err)
{
  for (int k = 0; k < c->n_structures; k++)
    VT_TRY(vt_outdir_keep_structure(o, c, k, env, err), err, "structure '%s'", c->structure[k].name);
  return VT_OK;
}
