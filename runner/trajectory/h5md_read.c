/* h5md_read.c - frames out of a file that h5md.c wrote. */
#include <string.h>
#include <unistd.h>

#include "runner/trajectory/trajectory_impl.h"

struct vt_h5md_handles {
  vt__h5md_scope all;
  hid_t x, v, edges, step, time;
  char path[VT_PATH * 3];
};

static hid_t open_dataset(struct vt_h5md_handles *h, hid_t file, const char *name)
{
  return vt__h5md_keep(&h->all, H5Dopen2(file, name, H5P_DEFAULT));
}

/* 1 if it is [n_frames][rows][3]; n_frames < 0: any, and it is set. */
static int has_shape(hid_t d, int64_t *n_frames, hsize_t rows)
{
  vt__h5md_scope s = {0};
  hsize_t dim[3] = {0};
  const hid_t space = vt__h5md_keep(&s, H5Dget_space(d));
  int ok = space >= 0 && H5Sget_simple_extent_ndims(space) == 3 && H5Sget_simple_extent_dims(space, dim, NULL) == 3;
  ok = ok && dim[1] == rows && dim[2] == 3 && dim[0] >= 1 && dim[0] <= INT64_MAX / 72;
  ok = ok && (*n_frames < 0 || dim[0] == (hsize_t)*n_frames);
  vt__h5md_release(&s);
  if (ok) *n_frames = (int64_t)dim[0];
  return ok;
}

static int is_series(hid_t d, int64_t n)
{
  vt__h5md_scope s = {0};
  const hid_t space = vt__h5md_keep(&s, H5Dget_space(d));
  const int ok = space >= 0 && H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_npoints(space) == n;
  vt__h5md_release(&s);
  return ok;
}

static vt_status open_all(vt_h5md_file *f, const char *path, const vt_plan *plan, vt_err *err)
{
  struct vt_h5md_handles *h = f->own;
  const char *const velocity = "/particles/all/velocity";
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  const hid_t file = vt__h5md_keep(&h->all, H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT));
  if (file < 0) return vt__h5md_fail(err, VT_ECORRUPT, "opening the trajectory", path);
  h->x = open_dataset(h, file, "/particles/all/position/value");
  h->edges = open_dataset(h, file, "/particles/all/box/edges/value");
  h->step = open_dataset(h, file, "/particles/all/position/step");
  h->time = open_dataset(h, file, "/particles/all/position/time");
  f->velocities = H5Lexists(file, velocity, H5P_DEFAULT) > 0;
  h->v = f->velocities ? open_dataset(h, file, "/particles/all/velocity/value") : -1;
  if (h->x < 0 || h->edges < 0 || h->step < 0 || h->time < 0 || (f->velocities && h->v < 0))
    return vt__h5md_fail(err, VT_ECORRUPT, "reading the trajectory", path);
  f->n_atoms = plan->comp.n_atoms;
  f->n_frames = -1;
  if (!has_shape(h->x, &f->n_frames, (hsize_t)f->n_atoms) || !has_shape(h->edges, &f->n_frames, 3) ||
      (f->velocities && !has_shape(h->v, &f->n_frames, (hsize_t)f->n_atoms)) || !is_series(h->step, f->n_frames) ||
      !is_series(h->time, f->n_frames))
    VT_FAIL(err, VT_EINVAL, "'%s' does not hold frames of the %d atoms of %s", path, f->n_atoms, plan->comp.name);
  return VT_OK;
}

vt_status vt_h5md_open(vt_h5md_file *f, const char *path, const vt_plan *plan, vt_err *err)
{
  *f = (vt_h5md_file){0};
  if (access(path, R_OK) != 0) VT_FAIL(err, VT_EIO, "there is no '%s', or it cannot be read", path);
  if (strlen(path) >= sizeof f->own->path) VT_FAIL(err, VT_EINVAL, "path '%.80s...' is too long", path);
  VT_TRY(VT_NEW(f->own, 1, err), err, "trajectory '%s'", path);
  memcpy(f->own->path, path, strlen(path) + 1);
  vt_status rc = open_all(f, path, plan, err);
  if (rc != VT_OK) vt_h5md_file_close(f);
  return rc;
}

/* Numbers [k] of a dataset whose first dimension counts frames; the others are `count`. */
static int read_one(hid_t d, hid_t type, int64_t k, int n_dim, const hsize_t count[3], void *to)
{
  vt__h5md_scope s = {0};
  const hsize_t at[3] = {(hsize_t)k, 0, 0};
  const hid_t file = vt__h5md_keep(&s, H5Dget_space(d)),
              memory = vt__h5md_keep(&s, H5Screate_simple(n_dim, count, NULL));
  const int ok = file >= 0 && memory >= 0 && H5Sselect_hyperslab(file, H5S_SELECT_SET, at, NULL, count, NULL) >= 0 &&
                 H5Dread(d, type, memory, file, H5P_DEFAULT, to) >= 0;
  vt__h5md_release(&s);
  return ok;
}

vt_status vt_h5md_read(vt_h5md_file *f, int64_t k, int64_t *step, double *time_ps, double cell[3][3], double *x,
                       double *v, vt_err *err)
{
  const struct vt_h5md_handles *h = f->own;
  const hsize_t atoms[3] = {1, (hsize_t)f->n_atoms, 3}, edges[3] = {1, 3, 3};
  if (k < 0 || k >= f->n_frames || (v && !f->velocities))
    VT_FAIL(err, VT_EINVAL, "frame %lld of %lld in '%s'", (long long)k + 1, (long long)f->n_frames, h->path);
  if (!read_one(h->step, H5T_NATIVE_INT64, k, 1, atoms, step) ||
      !read_one(h->time, H5T_NATIVE_DOUBLE, k, 1, atoms, time_ps) ||
      !read_one(h->edges, H5T_NATIVE_DOUBLE, k, 3, edges, cell) || !read_one(h->x, H5T_NATIVE_DOUBLE, k, 3, atoms, x) ||
      (v && !read_one(h->v, H5T_NATIVE_DOUBLE, k, 3, atoms, v)))
    return vt__h5md_fail(err, VT_ECORRUPT, "reading frames of the trajectory", h->path);
  return VT_OK;
}

void vt_h5md_file_close(vt_h5md_file *f)
{
  if (f->own) vt__h5md_release(&f->own->all);
  vt_free(f->own);
  *f = (vt_h5md_file){0};
}
