/* structure_copies.c - are the copies of the files of structures what glasses began with? */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/verify/verify_impl.h"

int vt__given_structure(const vt__checkup *k, int row)
{
  const vt_campaign_structure *s = &k->c->structure[row];
  for (int i = 0; k->given && i < k->given->n_structures; i++) {
    const vt_campaign_structure *x = &k->given->structure[i];
    if (strcmp(x->name, s->name) == 0 && vt_uid_equal(&x->sha256, &s->sha256) && x->path[0]) return i;
  }
  return -1;
}

static vt_status check_copy(vt__checkup *k, int row, vt_err *err)
{
  char name[2 * VT_NAME], path[2 * VT_PATH], why[VT_STRUCTURE_WHY];
  vt_campaign_structure_copy(&k->c->structure[row], name);
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, name);
  vt__place at = {.kind = VT_FOUND_DAMAGE,
                  .repair = vt__given_structure(k, row) >= 0 ? VT_REPAIR_STRUCTURE : VT_REPAIR_NONE,
                  .number = row,
                  .file = name,
                  .action = "a run of the campaign writes it again while the user's own file is what it was, and so "
                            "does `vitrion repair DIR --campaign FILE`"};
  k->v->structures++;
  if (access(path, F_OK) != 0 && errno == ENOENT) {
    at.kind = VT_FOUND_MISSING;
    vt__found(k, at, "the file of structure %s is not there", k->c->structure[row].name);
    return VT_OK;
  }
  if (!k->env->structures) return VT_OK;
  VT_TRY(vt_campaign_structure_same(k->c, row, path, k->env, why, err), err, "'%s'", name);
  if (why[0]) vt__found(k, at, "%s", why);
  return VT_OK;
}

vt_status vt__check_structures(vt__checkup *k, vt_err *err)
{
  for (int i = 0; k->c && i < k->c->n_structures; i++) {
    vt_alive();
    VT_PASS(check_copy(k, i, err));
  }
  return VT_OK;
}
