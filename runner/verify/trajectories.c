/* trajectories.c - are the trajectories those of which the journal holds the checksums? */
#include <stdio.h>
#include <sys/stat.h>

#include "runner/verify/verify_impl.h"

static vt_status check_trajectory(vt__checkup *k, const vt_plan *p, const vt_last_head *last, vt_err *err)
{
  char name[VT_TRAJECTORY_NAME], path[2 * VT_PATH], action[200], hex[65];
  struct stat st;
  vt_uid sum;
  vt_trajectory_file_name(p, name);
  (void)snprintf(path, sizeof path, "%s/%s", k->dir->dir, name);
  vt_uid_hex(&p->uid, hex);
  (void)snprintf(action, sizeof action,
                 "no run makes it again; the same frames: vitrion one CAMPAIGN --task %.12s --trajectory FILE", hex);
  vt__place at = {.kind = VT_FOUND_DAMAGE, .repair = VT_REPAIR_NONE, .file = name, .action = action};
  k->v->trajectories++;
  if (stat(path, &st) != 0) {
    at.kind = VT_FOUND_MISSING;
    vt__found(k, at, "the trajectory of a finished task is not there");
    return VT_OK;
  }
  if ((uint64_t)st.st_size != last->trajectory_bytes) {
    vt__found(k, at, "it has %lld bytes, the trajectory that was recorded had %llu: %s", (long long)st.st_size,
              (unsigned long long)last->trajectory_bytes,
              (uint64_t)st.st_size < last->trajectory_bytes ? "it was cut" : "it was written to");
    return VT_OK;
  }
  VT_PASS(vt_sha256_file(path, &sum, err));
  if (!vt_uid_equal(&sum, &last->trajectory))
    vt__found(k, at, "it is not the trajectory of which the journal holds the checksum");
  return VT_OK;
}

vt_status vt__check_trajectories(vt__checkup *k, vt_err *err)
{
  if (!k->first) return VT_OK;
  for (int i = 0; i < k->c->n_tasks; i++) {
    vt_plan p;
    vt_last last;
    int there;
    if (k->c->task[i].kind != VT_TASK_MD || !k->first[i]) continue;
    vt_alive();
    VT_PASS(vt_campaign_plan(k->c, i, &p, err));
    VT_TRY(vt_record_last(k->j, k->first[i], &p, &last, &there, err), err, "last frame of row %d", i);
    vt_status rc = there && last.head.trajectory_bytes > 0 ? check_trajectory(k, &p, &last.head, err) : VT_OK;
    vt_last_free(&last);
    if (rc != VT_OK) return rc;
  }
  return VT_OK;
}
