#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/store/h5_impl.h"

struct vt_store {
  hid_t file;
  int format;
  char path[VT_PATH];
};

/* ------------------------------------------------------------------ open */

/* What a person may have given instead of a store, in words, before HDF5 speaks in its own. */
static vt_status check_file(const char *path, vt_err *err)
{
  struct stat st;
  if (stat(path, &st) != 0) VT_FAIL(err, VT_EIO, "cannot open the store '%s': %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode)) VT_FAIL(err, VT_EIO, "'%s' is not a file", path);
  htri_t is = H5Fis_hdf5(path);
  if (is < 0) return vt__h5_fail(err, VT_EIO, __FILE__, __LINE__, "cannot read '%s'", path);
  if (is == 0) VT_FAIL(err, VT_EPARSE, "'%s' is not an HDF5 file", path);
  return VT_OK;
}

static vt_status check_format(hid_t file, const char *path, int *found, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t attr;
  int64_t format;
  htri_t there = H5Aexists(file, "format");
  VT_H5_OUT(there, err, VT_ECORRUPT, "'%s' is damaged", path);
  if (!there) VT_FAIL_OUT(err, VT_EPARSE, "'%s' is an HDF5 file, but not a store: it has no attribute 'format'", path);
  VT_H5_OUT(attr = vt__h5_keep(&s, H5Aopen(file, "format", H5P_DEFAULT)), err, VT_ECORRUPT, "'%s' is damaged", path);
  hid_t space = vt__h5_keep(&s, H5Aget_space(attr));
  VT_H5_OUT(space, err, VT_ECORRUPT, "'%s' is damaged", path);
  if (H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attr, H5T_NATIVE_INT64, &format) < 0)
    VT_FAIL_OUT(err, VT_EPARSE, "'%s' is an HDF5 file, but not a store: its attribute 'format' is no number", path);
  if (format < VT_STORE_OLDEST || format > VT_STORE_FORMAT)
    VT_FAIL_OUT(err, VT_EUNSUP, "'%s' has store format %lld, this program reads formats %d to %d", path,
                (long long)format, VT_STORE_OLDEST, VT_STORE_FORMAT);
  *found = (int)format;
out:
  (void)H5Eclear2(H5E_DEFAULT);
  vt__h5_close(&s);
  return rc;
}

vt_status vt_store_open(vt_store **out, const char *path, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t access;
  vt_store *st = NULL;
  *out = NULL;
  vt__h5_begin();
  VT_PASS(check_file(path, err));
  VT_TRY_OUT(VT_NEW(st, 1, err), err, "opening '%s'", path);
  st->file = H5I_INVALID_HID;
  (void)snprintf(st->path, sizeof st->path, "%s", path); /* for messages only */
  VT_H5_OUT(access = vt__h5_access(&s), err, VT_EIO, "opening '%s'", path);
  VT_H5_OUT(st->file = H5Fopen(path, H5F_ACC_RDONLY, access), err, VT_ECORRUPT, "'%s' is truncated or damaged", path);
  VT_TRY_OUT(check_format(st->file, path, &st->format, err), err, "opening the store");
  *out = st;
  st = NULL;
out:
  vt__h5_close(&s);
  vt_store_close(st);
  return rc;
}

void vt_store_close(vt_store *s)
{
  if (!s) return;
  if (s->file >= 0) (void)H5Fclose(s->file);
  vt_free(s);
}

hid_t vt__store_file(const vt_store *s) { return s->file; }
int vt_store_format(const vt_store *s) { return s->format; }

/* ------------------------------------------------------------------ datasets */

typedef struct opened {
  vt__h5_scope scope;
  hid_t id, type;
  H5T_class_t class;
  int n_dim;
  int64_t dim[VT_MAX_DIM + 1];
  size_t n; /* values */
} opened;

/* Links are looked for step by step: to HDF5 a missing group is an error, not a "no".  1, 0, or negative. */
static htri_t link_exists(hid_t file, const char *name)
{
  char part[256];
  size_t len = strlen(name);
  if (name[0] != '/' || len < 2 || len >= sizeof part) return 0;
  for (size_t i = 1; i <= len; i++) {
    if (name[i] != '/' && name[i] != '\0') continue;
    memcpy(part, name, i);
    part[i] = '\0';
    htri_t there = H5Lexists(file, part, H5P_DEFAULT);
    if (there <= 0) return there;
  }
  return 1;
}

/* The dimensions of a dataspace and the number of values; 0 where they are impossible. */
static int take_shape(opened *o, int n_dim, const hsize_t *dim)
{
  if (n_dim > VT_MAX_DIM + 1) return 0;
  o->n_dim = n_dim;
  o->n = 1;
  for (int a = 0; a < n_dim; a++) {
    if (dim[a] > INT32_MAX || (dim[a] > 0 && o->n > SIZE_MAX / 16 / dim[a])) return 0;
    o->dim[a] = (int64_t)dim[a];
    o->n *= (size_t)dim[a];
  }
  return 1;
}

static vt_status open_dset(const vt_store *s, const char *name, opened *o, vt_err *err)
{
  vt_alive(); /* a campaign has hundreds of datasets */
  vt_status rc = VT_OK;
  hsize_t dim[H5S_MAX_RANK];
  *o = (opened){.n = 0};
  htri_t there = link_exists(s->file, name);
  VT_H5_OUT(there, err, VT_EINVAL, "'%s' has no dataset '%s'", s->path, name);
  if (!there) VT_FAIL_OUT(err, VT_EINVAL, "'%s' has no dataset '%s'", s->path, name);
  o->id = vt__h5_keep(&o->scope, H5Oopen(s->file, name, H5P_DEFAULT));
  VT_H5_OUT(o->id, err, VT_ECORRUPT, "'%s' in '%s' is damaged", name, s->path);
  if (H5Iget_type(o->id) != H5I_DATASET) VT_FAIL_OUT(err, VT_EINVAL, "'%s' in '%s' is not a dataset", name, s->path);
  o->type = vt__h5_keep(&o->scope, H5Dget_type(o->id));
  o->class = H5Tget_class(o->type); /* a negative handle gives a negative answer: asked once, below */
  int n_dim = H5Sget_simple_extent_dims(vt__h5_keep(&o->scope, H5Dget_space(o->id)), dim, NULL);
  VT_H5_OUT(o->class < 0 ? -1 : n_dim, err, VT_ECORRUPT, "'%s' in '%s' is damaged", name, s->path);
  if (!take_shape(o, n_dim, dim)) VT_FAIL_OUT(err, VT_EINVAL, "'%s' in '%s' has an impossible shape", name, s->path);
out:
  if (rc != VT_OK) vt__h5_close(&o->scope);
  return rc;
}

vt_status vt_store_shape(vt_store *s, const char *dset, int *n_dim, int64_t dim[VT_MAX_DIM + 1], vt_err *err)
{
  opened o;
  vt__h5_begin();
  VT_PASS(open_dset(s, dset, &o, err));
  *n_dim = o.n_dim;
  memcpy(dim, o.dim, sizeof o.dim);
  vt__h5_close(&o.scope);
  return VT_OK;
}

/* All values as items of `size` bytes of type `mem`. */
static vt_status read_all(const vt_store *s, const char *name, const opened *o, hid_t mem, size_t size, void **v,
                          vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  VT_TRY_OUT(vt_calloc64(&p, o->n ? o->n : 1, size, err), err, "values of '%s'", name);
  if (o->n)
    VT_H5_OUT(H5Dread(o->id, mem, H5S_ALL, H5S_ALL, H5P_DEFAULT, p), err, VT_ECORRUPT, "'%s' in '%s' is damaged", name,
              s->path);
  *v = p;
  p = NULL;
out:
  vt_free(p);
  return rc;
}

static vt_status read_numbers(const vt_store *s, const char *dset, hid_t mem, int whole, void **v, size_t *n,
                              vt_err *err)
{
  vt_status rc = VT_OK;
  opened o;
  *v = NULL;
  *n = 0;
  vt__h5_begin();
  VT_PASS(open_dset(s, dset, &o, err));
  if (o.class != H5T_INTEGER && (whole || o.class != H5T_FLOAT))
    VT_FAIL_OUT(err, VT_EINVAL, "'%s' in '%s' does not hold %s", dset, s->path, whole ? "whole numbers" : "numbers");
  VT_TRY_OUT(read_all(s, dset, &o, mem, 8, v, err), err, "reading the store");
  *n = o.n;
out:
  vt__h5_close(&o.scope);
  return rc;
}

vt_status vt_store_read_f64(vt_store *s, const char *dset, double **v, size_t *n, vt_err *err)
{
  void *p;
  vt_status rc = read_numbers(s, dset, H5T_NATIVE_DOUBLE, 0, &p, n, err);
  *v = p;
  return rc;
}

vt_status vt_store_read_i64(vt_store *s, const char *dset, int64_t **v, size_t *n, vt_err *err)
{
  void *p;
  vt_status rc = read_numbers(s, dset, H5T_NATIVE_INT64, 1, &p, n, err);
  *v = p;
  return rc;
}

vt_status vt_store_read_row(vt_store *s, const char *dset, int64_t row, double *v, size_t n, vt_err *err)
{
  vt_status rc = VT_OK;
  opened o;
  hsize_t from[VT_MAX_DIM + 1] = {0}, count[VT_MAX_DIM + 1], all = n;
  vt__h5_begin();
  VT_PASS(open_dset(s, dset, &o, err));
  if (o.class != H5T_FLOAT || o.n_dim < 1 || row < 0 || row >= o.dim[0] || o.n != n * (size_t)o.dim[0])
    VT_FAIL_OUT(err, VT_EINVAL, "'%s' in '%s' has no row %lld of %zu numbers", dset, s->path, (long long)row, n);
  if (n == 0) goto out;
  for (int a = 0; a < o.n_dim; a++) count[a] = a ? (hsize_t)o.dim[a] : 1;
  from[0] = (hsize_t)row;
  hid_t file = vt__h5_keep(&o.scope, H5Dget_space(o.id));
  VT_H5_OUT(H5Sselect_hyperslab(file, H5S_SELECT_SET, from, NULL, count, NULL), err, VT_ECORRUPT, "'%s' in '%s'", dset,
            s->path);
  hid_t mem = vt__h5_keep(&o.scope, H5Screate_simple(1, &all, NULL));
  VT_H5_OUT(H5Dread(o.id, H5T_NATIVE_DOUBLE, mem, file, H5P_DEFAULT, v), err, VT_ECORRUPT, "'%s' in '%s' is damaged",
            dset, s->path);
out:
  vt__h5_close(&o.scope);
  return rc;
}

/* Memory type for strings of `file_type`, one byte wider, so that each ends with NUL whoever wrote it; negative for
 * anything but text of fixed width. */
static hid_t string_type(vt__h5_scope *s, hid_t file_type, size_t *width)
{
  *width = 0;
  if (H5Tget_class(file_type) != H5T_STRING || H5Tis_variable_str(file_type) != 0) return -1;
  *width = H5Tget_size(file_type) + 1;
  hid_t mem = vt__h5_keep(s, H5Tcopy(file_type));
  return H5Tset_size(mem, *width) < 0 || H5Tset_strpad(mem, H5T_STR_NULLTERM) < 0 ? -1 : mem;
}

vt_status vt_store_read_str(vt_store *s, const char *dset, char **v, size_t *width, size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  opened o;
  hid_t mem;
  void *p = NULL;
  *v = NULL;
  *n = 0;
  vt__h5_begin();
  VT_PASS(open_dset(s, dset, &o, err));
  mem = string_type(&o.scope, o.type, width);
  if (mem < 0) VT_FAIL_OUT(err, VT_EINVAL, "'%s' in '%s' does not hold text of fixed width", dset, s->path);
  VT_TRY_OUT(read_all(s, dset, &o, mem, *width, &p, err), err, "reading the store");
  *v = p;
  *n = o.n;
out:
  vt__h5_close(&o.scope);
  return rc;
}

/* ------------------------------------------------------------------ texts */

static vt_status read_int(hid_t attr, const char *name, vt_buf *out, vt_err *err)
{
  int64_t i;
  if (H5Aread(attr, H5T_NATIVE_INT64, &i) < 0)
    return vt__h5_fail(err, VT_ECORRUPT, __FILE__, __LINE__, "attribute '%s'", name);
  vt_buf_printf(out, "%lld", (long long)i);
  return vt_buf_check(out, err);
}

static vt_status read_words(hid_t attr, hid_t type, const char *name, vt_buf *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope h = {0};
  size_t width;
  void *p = NULL;
  hid_t mem = string_type(&h, type, &width);
  if (mem < 0) VT_FAIL_OUT(err, VT_EINVAL, "attribute '%s' is neither a whole number nor text of fixed width", name);
  VT_TRY_OUT(vt_calloc64(&p, 1, width, err), err, "attribute '%s'", name);
  VT_H5_OUT(H5Aread(attr, mem, p), err, VT_ECORRUPT, "attribute '%s'", name);
  vt_buf_printf(out, "%s", (const char *)p);
  rc = vt_buf_check(out, err);
out:
  vt_free(p);
  vt__h5_close(&h);
  return rc;
}

static vt_status read_attribute(const vt_store *s, const char *name, vt_buf *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope h = {0};
  hid_t attr;
  htri_t there = H5Aexists(s->file, name);
  VT_H5_OUT(there, err, VT_ECORRUPT, "'%s' is damaged", s->path);
  if (!there) VT_FAIL_OUT(err, VT_EINVAL, "'%s' has no attribute '%s'", s->path, name);
  VT_H5_OUT(attr = vt__h5_keep(&h, H5Aopen(s->file, name, H5P_DEFAULT)), err, VT_ECORRUPT, "attribute '%s'", name);
  hid_t type = vt__h5_keep(&h, H5Aget_type(attr));
  if (H5Sget_simple_extent_npoints(vt__h5_keep(&h, H5Aget_space(attr))) != 1)
    VT_FAIL_OUT(err, VT_EINVAL, "attribute '%s' is not one value", name);
  rc = H5Tget_class(type) == H5T_INTEGER ? read_int(attr, name, out, err) : read_words(attr, type, name, out, err);
out:
  vt__h5_close(&h);
  return rc;
}

vt_status vt_store_read_text(vt_store *s, const char *name, vt_buf *out, vt_err *err)
{
  char *v = NULL;
  size_t width, n = 0;
  vt__h5_begin();
  if (name[0] != '/') return read_attribute(s, name, out, err);
  VT_PASS(vt_store_read_str(s, name, &v, &width, &n, err));
  vt_status rc = VT_OK;
  if (v && n == 1) {
    vt_buf_add(out, v, strlen(v));
    rc = vt_buf_check(out, err);
  } else {
    rc = vt_err_set(err, VT_EINVAL, __FILE__, __LINE__, "'%s' in '%s' is a table of %zu texts", name, s->path, n);
  }
  vt_free(v);
  return rc;
}
