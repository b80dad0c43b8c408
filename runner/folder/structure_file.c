/* structure_file.c - the files of structures that glasses begin with are kept in the output folder. */
#include <stdio.h>
#include <string.h>

#include "runner/folder/folder_impl.h"

enum { MOST_BYTES = 1 << 30 };

void vt_outdir_place_structures(vt_campaign *c)
{
  for (int k = 0; k < c->n_structures; k++) {
    char name[2 * VT_NAME];
    vt_campaign_structure_copy(&c->structure[k], name);
    (void)snprintf(c->structure[k].recorded, sizeof c->structure[k].recorded, "%s", name);
  }
}

static vt_status keep_one(const vt_outdir *o, const vt_campaign_structure *s, vt_err *err)
{
  char name[2 * VT_NAME], to[VT_PATH + 2 * VT_NAME];
  char *bytes = NULL, *old = NULL;
  size_t n = 0, n_old = 0;
  vt_err none = {0};
  vt_campaign_structure_copy(s, name);
  (void)snprintf(to, sizeof to, "%s/%s", o->dir, name);
  if (!s->path[0]) return VT_OK; /* it was never found: a run says so where it needs it */
  VT_PASS(vt_file_read(s->path, MOST_BYTES, &bytes, &n, err));
  const int same =
      vt_file_read(to, MOST_BYTES, &old, &n_old, &none) == VT_OK && n == n_old && memcmp(bytes, old, n) == 0;
  vt_status rc = same ? VT_OK : vt_file_publish(to, bytes, n, err);
  vt_free(old);
  vt_free(bytes);
  return rc;
}

vt_status vt__outdir_keep_structures(const vt_outdir *o, const vt_campaign *c, vt_err *err)
{
  char folder[VT_PATH + 16];
  if (c->n_structures == 0) return VT_OK;
  (void)snprintf(folder, sizeof folder, "%s/structures", o->dir);
  VT_PASS(vt_dir_make(folder, err));
  for (int k = 0; k < c->n_structures; k++)
    VT_TRY(keep_one(o, &c->structure[k], err), err, "structure '%s'", c->structure[k].name);
  return VT_OK;
}
