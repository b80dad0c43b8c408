/* trajectory_file.c - frames of a production as a file: trajectory/<composition>/<T>K-glass<k>-<uid8>.h5. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/folder/folder.h"
#include "runner/trajectory/trajectory.h"

void vt_name_as_file(const char *name, char out[VT_NAME])
{
  (void)snprintf(out, VT_NAME, "%s", name);
  for (char *c = out; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("._-", *c)) *c = '_';
  if (out[0] == '.') out[0] = '_';
}

void vt_trajectory_file_name(const vt_plan *p, char name[VT_TRAJECTORY_NAME])
{
  char hex[65], composition[VT_NAME];
  vt_uid_hex(&p->uid, hex);
  vt_name_as_file(p->comp.name, composition);
  (void)snprintf(name, VT_TRAJECTORY_NAME, "trajectory/%s/%.10gK-glass%d-%.8s.h5", composition, p->t_k, (int)p->glass,
                 hex);
}

const char *vt_potential_name(const vt_campaign *c)
{
  const char *slash = strrchr(c->pot_file, '/'), *name = slash ? slash + 1 : c->pot_file;
  return strcmp(name, "-") == 0 ? "" : name;
}

static const char goes_on[] =
    "the trajectory of this task; its checkpoint stays, and the same command goes on when this is mended (or when "
    "observe.trajectory is taken out, which changes no number)";

static vt_status add_frames(vt_h5md *h, vt_kept_frames *f, vt_err *err)
{
  for (int64_t k = 0; k < vt_kept_frames_count(f); k++) {
    vt_kept_frame fr;
    VT_PASS(vt_kept_frames_read(f, k, &fr, err));
    VT_PASS(vt_h5md_add(h, fr.step, fr.time_ps, (const double(*)[3])fr.cell.h, fr.x, fr.v, err));
  }
  return VT_OK;
}

vt_status vt_trajectory_folder_make(const vt_outdir *dir, vt_err *err)
{
  char path[VT_PATH + 32];
  (void)snprintf(path, sizeof path, "%s/trajectory", dir->dir);
  VT_TRY(vt_dir_make(path, err), err,
         "the folder of the trajectories (observe.trajectory; taking it out changes no number)");
  return VT_OK;
}

vt_status vt_trajectory_file_write(const vt_outdir *dir, const vt_campaign *c, const vt_plan *p, int velocities,
                                   vt_kept_frames *f, vt_uid *sha256, uint64_t *n_bytes, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_h5md *h = NULL;
  char name[VT_TRAJECTORY_NAME], path[2 * VT_PATH], folder[2 * VT_PATH], *bytes = NULL;
  size_t n = 0;
  const vt_h5md_ask ask = {.plan = p,
                           .potential = vt_potential_name(c),
                           .n_frames = vt_kept_frames_count(f),
                           .velocities = velocities,
                           .grid_a = ldexp(1, -VT_TRAJECTORY_X_BITS),
                           .grid_a_ps = ldexp(1, -VT_TRAJECTORY_V_BITS)};
  vt_trajectory_file_name(p, name);
  (void)snprintf(path, sizeof path, "%s/%s", dir->dir, name);
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
  VT_TRY_OUT(vt_dir_make(folder, err), err, "%s", goes_on);
  VT_TRY_OUT(vt_h5md_create(&h, &ask, err), err, "trajectory '%s'", name);
  VT_TRY_OUT(add_frames(h, f, err), err, "trajectory '%s'", name);
  VT_TRY_OUT(vt_h5md_bytes(h, &bytes, &n, err), err, "trajectory '%s'", name);
  vt_sha256(bytes, n, sha256);
  *n_bytes = n;
  VT_TRY_OUT(vt_file_replace(path, bytes, n, err), err, "%s", goes_on);
out:
  vt_free(bytes);
  vt_h5md_close(h);
  return rc;
}
