/* scales.c - dimension scales: what the indices of each axis stand for, by the convention of HDF5's library H5DS
 * ("HDF5 Dimension Scale Specification and Design Notes", The HDF Group, 2005), written by hand.
 *
 * H5DSattach_scale rewrites the list of the scale for every dataset that it is attached to, and leaves holes in the
 * file that depend on the order; here each attribute is written once.
 *
 *   dataset  DIMENSION_LABELS [rank] texts; DIMENSION_LIST [rank] lists of references to its scales (here one or none)
 *   scale    CLASS "DIMENSION_SCALE", NAME its label, REFERENCE_LIST [users] {reference, which of its axes} */
#include <string.h>

#include "runner/store/h5_impl.h"
#include "runner/telemetry/telemetry.h"

/* One axis that a scale stands at. */
typedef struct used {
  hobj_ref_t dataset;
  int32_t dimension;
} used;

/* A scale and who uses it. */
typedef struct scale {
  const char *path, *label;
  hobj_ref_t ref;
  used *by; /* [n] */
  int n, most;
} scale;

typedef struct scales {
  scale *s; /* [n] */
  int n;
} scales;

/* ------------------------------------------------------------------ which there are */

static int scales_find(const scales *all, const char *path)
{
  int k = 0;
  while (k < all->n && strcmp(all->s[k].path, path) != 0) k++;
  return k;
}

/* A scale's own axis names itself, and has no entry anywhere. */
static int is_own(const vt_store_dset *d, int a) { return strcmp(d->axis[a].scale, d->path) == 0; }

static int is_used(const vt_store_dset *d, int a) { return d->axis[a].scale[0] && !is_own(d, a); }

/* All scales, in the order in which datasets name them; none is counted twice. */
static vt_status scales_collect(const vt_store_spec *spec, scales *all, vt_err *err)
{
  void *p;
  int room = 0;
  for (int k = 0; k < spec->n_dset; k++) room += spec->dset[k].n_dim;
  VT_PASS(vt_calloc64(&p, (size_t)room + 1, sizeof *all->s, err));
  all->s = p;
  for (int k = 0; k < spec->n_dset; k++)
    for (int a = 0; a < spec->dset[k].n_dim; a++) {
      const vt_store_axis *axis = &spec->dset[k].axis[a];
      if (!axis->scale[0]) continue;
      const int i = scales_find(all, axis->scale);
      if (i == all->n) all->s[all->n++] = (scale){.path = axis->scale, .label = axis->label};
      all->s[i].most += is_used(&spec->dset[k], a);
    }
  return VT_OK;
}

static void scales_free(scales *all)
{
  for (int k = 0; k < all->n; k++) vt_free(all->s[k].by);
  vt_free(all->s);
}

static const vt_store_dset *dset_at(const vt_store_spec *spec, const char *path)
{
  for (int k = 0; k < spec->n_dset; k++)
    if (strcmp(spec->dset[k].path, path) == 0) return &spec->dset[k];
  return NULL;
}

static vt_status check_axis(const vt_store_dset *d, int a, const scales *all, const vt_store_dset *const *found,
                            vt_err *err)
{
  const vt_store_axis *axis = &d->axis[a];
  if (!memchr(axis->label, '\0', sizeof axis->label) || !memchr(axis->scale, '\0', sizeof axis->scale))
    VT_FAIL(err, VT_EINVAL, "dataset '%s': a text without an end", d->path);
  if (!axis->scale[0]) return VT_OK;
  const vt_store_dset *is = found[scales_find(all, axis->scale)];
  if (!axis->label[0]) VT_FAIL(err, VT_EINVAL, "dataset '%s': axis %d has a scale, but no label", d->path, a);
  if (!is) VT_FAIL(err, VT_EINVAL, "dataset '%s': its scale '%s' is not there", d->path, axis->scale);
  if (is->n_dim != 1 || is->dim[0] != d->dim[a] || !is_own(is, 0))
    VT_FAIL(err, VT_EINVAL, "dataset '%s': '%s' is no scale of %lld values", d->path, axis->scale,
            (long long)d->dim[a]);
  return VT_OK;
}

vt_status vt__scales_check(const vt_store_spec *spec, vt_err *err)
{
  vt_status rc = VT_OK;
  scales all = {0};
  const vt_store_dset **found = NULL;
  void *p = NULL;
  VT_TRY_OUT(scales_collect(spec, &all, err), err, "scales");
  VT_TRY_OUT(vt_calloc64(&p, (size_t)all.n + 1, sizeof *found, err), err, "scales");
  found = p;
  for (int k = 0; k < all.n; k++) found[k] = dset_at(spec, all.s[k].path);
  for (int k = 0; k < spec->n_dset; k++)
    for (int a = 0; a < spec->dset[k].n_dim; a++)
      VT_TRY_OUT(check_axis(&spec->dset[k], a, &all, found, err), err, "axis %d", a);
out:
  vt_free(p);
  scales_free(&all);
  return rc;
}

/* ------------------------------------------------------------------ attributes */

/* A list of n values of the type in memory as an attribute of the type in the file. */
static vt_status put_list(hid_t object, const char *name, hid_t in_file, hid_t in_memory, int n, const void *values,
                          vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t space, attr;
  hsize_t count = (hsize_t)n;
  VT_H5_OUT(space = vt__h5_keep(&s, H5Screate_simple(1, &count, NULL)), err, VT_EIO, "attribute '%s'", name);
  VT_H5_OUT(attr = vt__h5_keep(&s, H5Acreate2(object, name, in_file, space, H5P_DEFAULT, H5P_DEFAULT)), err, VT_EIO,
            "attribute '%s'", name);
  VT_H5_OUT(H5Awrite(attr, in_memory, values), err, VT_EIO, "attribute '%s'", name);
out:
  return vt__h5_finish(&s, rc, err, name);
}

static vt_status put_labels(hid_t dset, const vt_store_dset *d, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  const char *label[VT_MAX_DIM + 1];
  for (int a = 0; a < d->n_dim; a++) label[a] = d->axis[a].label;
  hid_t type = vt__h5_keep(&s, H5Tcopy(H5T_C_S1));
  VT_H5_OUT(type, err, VT_EIO, "labels of '%s'", d->path);
  VT_H5_OUT(H5Tset_size(type, H5T_VARIABLE), err, VT_EIO, "labels of '%s'", d->path);
  VT_TRY_OUT(put_list(dset, "DIMENSION_LABELS", type, type, d->n_dim, label, err), err, "labels of '%s'", d->path);
out:
  return vt__h5_finish(&s, rc, err, d->path);
}

static vt_status put_scales(hid_t dset, const vt_store_dset *d, const scales *all, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hvl_t list[VT_MAX_DIM + 1] = {{0}};
  int n = 0;
  for (int a = 0; a < d->n_dim; a++) {
    if (!is_used(d, a)) continue;
    list[a] = (hvl_t){.len = 1, .p = &all->s[scales_find(all, d->axis[a].scale)].ref};
    n++;
  }
  if (n == 0) return VT_OK;
  hid_t type = vt__h5_keep(&s, H5Tvlen_create(H5T_STD_REF_OBJ));
  VT_H5_OUT(type, err, VT_EIO, "scales of '%s'", d->path);
  VT_TRY_OUT(put_list(dset, "DIMENSION_LIST", type, type, d->n_dim, list, err), err, "scales of '%s'", d->path);
out:
  return vt__h5_finish(&s, rc, err, d->path);
}

/* Note the dataset in the lists of its scales. */
static vt_status note_users(hid_t file, const vt_store_dset *d, scales *all, vt_err *err)
{
  hobj_ref_t ref = 0;
  for (int a = 0; a < d->n_dim; a++) {
    if (!is_used(d, a)) continue;
    scale *s = &all->s[scales_find(all, d->axis[a].scale)];
    if (!ref && H5Rcreate(&ref, file, d->path, H5R_OBJECT, -1) < 0)
      return vt__h5_fail(err, VT_EIO, __FILE__, __LINE__, "reference to '%s'", d->path);
    if (!s->by) VT_PASS(VT_NEW(s->by, (size_t)s->most, err));
    s->by[s->n++] = (used){.dataset = ref, .dimension = a};
  }
  return VT_OK;
}

static vt_status put_users(hid_t dset, const scale *of, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  const size_t packed = sizeof(hobj_ref_t) + sizeof(int32_t); /* no gaps, whose bytes nobody sets */
  hid_t in_file = vt__h5_keep(&s, H5Tcreate(H5T_COMPOUND, packed));
  hid_t in_memory = vt__h5_keep(&s, H5Tcreate(H5T_COMPOUND, sizeof(used)));
  VT_H5_OUT(in_file < 0 ? in_file : in_memory, err, VT_EIO, "users of '%s'", of->path);
  VT_H5_OUT(H5Tinsert(in_file, "dataset", 0, H5T_STD_REF_OBJ), err, VT_EIO, "users of '%s'", of->path);
  VT_H5_OUT(H5Tinsert(in_file, "dimension", sizeof(hobj_ref_t), H5T_STD_I32LE), err, VT_EIO, "users of '%s'", of->path);
  VT_H5_OUT(H5Tinsert(in_memory, "dataset", HOFFSET(used, dataset), H5T_STD_REF_OBJ), err, VT_EIO, "users of '%s'",
            of->path);
  VT_H5_OUT(H5Tinsert(in_memory, "dimension", HOFFSET(used, dimension), H5T_NATIVE_INT32), err, VT_EIO, "users of '%s'",
            of->path);
  VT_TRY_OUT(put_list(dset, "REFERENCE_LIST", in_file, in_memory, of->n, of->by, err), err, "users of '%s'", of->path);
out:
  return vt__h5_finish(&s, rc, err, of->path);
}

static vt_status put_scale(hid_t file, const scale *of, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t dset;
  VT_H5_OUT(dset = vt__h5_keep(&s, H5Dopen2(file, of->path, H5P_DEFAULT)), err, VT_EIO, "scale '%s'", of->path);
  VT_TRY_OUT(vt__put_text(dset, "CLASS", "DIMENSION_SCALE", err), err, "scale '%s'", of->path);
  VT_TRY_OUT(vt__put_text(dset, "NAME", of->label, err), err, "scale '%s'", of->path);
  if (of->n > 0) VT_TRY_OUT(put_users(dset, of, err), err, "scale '%s'", of->path);
out:
  return vt__h5_finish(&s, rc, err, of->path);
}

static vt_status put_axes(hid_t file, const vt_store_dset *d, const scales *all, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t dset;
  int named = 0;
  for (int a = 0; a < d->n_dim; a++) named += d->axis[a].label[0] != '\0';
  if (named == 0) return VT_OK;
  VT_H5_OUT(dset = vt__h5_keep(&s, H5Dopen2(file, d->path, H5P_DEFAULT)), err, VT_EIO, "axes of '%s'", d->path);
  VT_TRY_OUT(put_labels(dset, d, err), err, "axes of '%s'", d->path);
  VT_TRY_OUT(put_scales(dset, d, all, err), err, "axes of '%s'", d->path);
out:
  return vt__h5_finish(&s, rc, err, d->path);
}

vt_status vt__scales_write(hid_t file, const vt_store_spec *spec, vt_err *err)
{
  vt_status rc = VT_OK;
  scales all = {0};
  VT_TRY_OUT(scales_collect(spec, &all, err), err, "scales");
  for (int k = 0; k < all.n; k++)
    VT_H5_OUT(H5Rcreate(&all.s[k].ref, file, all.s[k].path, H5R_OBJECT, -1), err, VT_EIO, "reference to '%s'",
              all.s[k].path);
  for (int k = 0; k < spec->n_dset; k++) {
    vt_alive();
    VT_TRY_OUT(note_users(file, &spec->dset[k], &all, err), err, "dataset '%s'", spec->dset[k].path);
    VT_TRY_OUT(put_axes(file, &spec->dset[k], &all, err), err, "dataset '%s'", spec->dset[k].path);
  }
  for (int k = 0; k < all.n; k++) VT_TRY_OUT(put_scale(file, &all.s[k], err), err, "scales");
out:
  scales_free(&all);
  return rc;
}
