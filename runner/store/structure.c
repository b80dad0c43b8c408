#include <string.h>

#include "runner/store/h5_impl.h"

/* Rows of at least this many bytes are chunks of their own, compressed and checksummed; smaller ones lie side by side.
 */
enum { LEAST_CHUNK = 1024 };

/* ------------------------------------------------------------------ sizes */

int vt__store_is_row(const vt_store_dset *d) { return d->table == NULL; }

size_t vt__store_item_bytes(const vt_store_dset *d) { return d->type == VT_STR ? (size_t)d->width : 8; }

size_t vt__store_row_bytes(const vt_store_dset *d)
{
  size_t n = vt__store_item_bytes(d);
  for (int a = 1; a < d->n_dim; a++) n *= (size_t)d->dim[a];
  return n;
}

static int64_t first_dim(const vt_store_dset *d) { return d->n_dim > 0 ? d->dim[0] : 1; }

static int is_empty(const vt_store_dset *d) { return first_dim(d) == 0 || vt__store_row_bytes(d) == 0; }

static int is_chunked(const vt_store_dset *d)
{
  return vt__store_is_row(d) && !is_empty(d) && vt__store_row_bytes(d) >= LEAST_CHUNK;
}

static vt_status check_dset(const vt_store_dset *d, int64_t n_rows, vt_err *err)
{
  if (!memchr(d->path, '\0', sizeof d->path) || !memchr(d->unit, '\0', sizeof d->unit) ||
      !memchr(d->doc, '\0', sizeof d->doc) || !memchr(d->source, '\0', sizeof d->source))
    VT_FAIL(err, VT_EINVAL, "dataset '%.95s': a text without an end", d->path);
  if (d->path[0] != '/' || !d->path[1]) VT_FAIL(err, VT_EINVAL, "dataset '%s': not an absolute path", d->path);
  if (!d->unit[0] || !d->doc[0]) VT_FAIL(err, VT_EINVAL, "dataset '%s' has no unit or no doc", d->path);
  if (d->type != VT_F64 && d->type != VT_I64 && d->type != VT_STR)
    VT_FAIL(err, VT_EINVAL, "dataset '%s': unknown type %d", d->path, d->type);
  if (d->type == VT_STR && d->width < 1) VT_FAIL(err, VT_EINVAL, "dataset '%s': strings of no width", d->path);
  int least = vt__store_is_row(d) ? 1 : 0;
  if (d->n_dim < least || d->n_dim > VT_MAX_DIM + 1)
    VT_FAIL(err, VT_EINVAL, "dataset '%s': %d dimensions, expected %d..%d", d->path, d->n_dim, least, VT_MAX_DIM + 1);
  if (vt__store_is_row(d) && d->dim[0] != n_rows)
    VT_FAIL(err, VT_EINVAL, "dataset '%s' has %lld rows, the store has %lld", d->path, (long long)d->dim[0],
            (long long)n_rows);
  /* HDF5: a chunk has less than 4 GiB. The product is bounded here for everything that follows. */
  uint64_t row = vt__store_item_bytes(d);
  for (int a = 1; a < d->n_dim; a++) {
    if (d->dim[a] < 0 || (d->dim[a] > 0 && row > UINT32_MAX / (uint64_t)d->dim[a]))
      VT_FAIL(err, VT_EINVAL, "dataset '%s': a row of 4 GiB or more", d->path);
    row *= (uint64_t)d->dim[a];
  }
  if (first_dim(d) < 0 || (row > 0 && (uint64_t)first_dim(d) > (UINT64_C(1) << 50) / row))
    VT_FAIL(err, VT_EINVAL, "dataset '%s': %lld rows of %llu bytes", d->path, (long long)first_dim(d),
            (unsigned long long)row);
  return VT_OK;
}

static int is_format(const vt_store_attr *a) { return strcmp(a->name, "format") == 0; }

vt_status vt__store_check(const vt_store_spec *spec, vt_err *err)
{
  int n_row_dsets = 0;
  if (spec->n_rows < 0 || spec->n_dset < 0) VT_FAIL(err, VT_EINVAL, "negative numbers of rows or datasets");
  for (int k = 0; k < spec->n_dset; k++) {
    VT_PASS(check_dset(&spec->dset[k], spec->n_rows, err));
    n_row_dsets += vt__store_is_row(&spec->dset[k]);
  }
  if (n_row_dsets && !spec->row) VT_FAIL(err, VT_EINVAL, "%d row datasets, but nothing fills them", n_row_dsets);
  if (spec->rows_only && n_row_dsets < spec->n_dset) VT_FAIL(err, VT_EINVAL, "tables where there are rows only");
  if (spec->rows_only) return VT_OK;
  for (int k = 0; k < spec->n_attr; k++)
    if (is_format(&spec->attr[k]) && !(spec->attr[k].is_int && spec->attr[k].i == VT_STORE_FORMAT))
      VT_FAIL(err, VT_EINVAL, "the attribute 'format' must be %d", VT_STORE_FORMAT);
  if (!spec->campaign_text) VT_FAIL(err, VT_EINVAL, "a store needs the campaign's text");
  return vt__scales_check(spec, err);
}

uint64_t vt__store_most_bytes(const vt_store_spec *spec)
{
  /* Per dataset: object header, seven attributes, heap and index blocks, its place in the lists of its scales.  Per
   * chunk: its index entry, its checksum and the compressed empty chunk that HDF5 allocates first (deflate: about
   * 1/1000), until its space is used again. */
  enum { PER_FILE = 16384, PER_DSET = 8192, PER_CHUNK = 256 };
  uint64_t sum = PER_FILE + strlen(spec->campaign_text) + (spec->readme ? strlen(spec->readme) : 0);
  for (int k = 0; k < spec->n_dset; k++) {
    const vt_store_dset *d = &spec->dset[k];
    uint64_t rows = (uint64_t)first_dim(d), row = vt__store_row_bytes(d);
    sum += PER_DSET + rows * row;
    if (is_chunked(d)) sum += rows * (PER_CHUNK + row / 256);
  }
  return sum;
}

/* ------------------------------------------------------------------ groups, attributes, datasets */

vt_status vt__put_text(hid_t object, const char *name, const char *text, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t type, space, attr;
  VT_H5_OUT(type = vt__h5_string(&s, strlen(text) + 1), err, VT_EIO, "attribute '%s'", name);
  VT_H5_OUT(space = vt__h5_keep(&s, H5Screate(H5S_SCALAR)), err, VT_EIO, "attribute '%s'", name);
  VT_H5_OUT(attr = vt__h5_keep(&s, H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT)), err, VT_EIO,
            "attribute '%s'", name);
  VT_H5_OUT(H5Awrite(attr, type, text), err, VT_EIO, "attribute '%s'", name);
out:
  return vt__h5_finish(&s, rc, err, name);
}

static vt_status put_int(hid_t object, const char *name, int64_t value, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t space, attr;
  VT_H5_OUT(space = vt__h5_keep(&s, H5Screate(H5S_SCALAR)), err, VT_EIO, "attribute '%s'", name);
  VT_H5_OUT(attr = vt__h5_keep(&s, H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT)), err,
            VT_EIO, "attribute '%s'", name);
  VT_H5_OUT(H5Awrite(attr, H5T_NATIVE_INT64, &value), err, VT_EIO, "attribute '%s'", name);
out:
  return vt__h5_finish(&s, rc, err, name);
}

/* The groups above `path`, without times in them: equal campaigns give equal files. */
static vt_status make_groups(hid_t file, const char *path, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t create;
  char part[sizeof(((vt_store_dset *)0)->path)];
  VT_H5_OUT(create = vt__h5_keep(&s, H5Pcreate(H5P_GROUP_CREATE)), err, VT_EIO, "groups of '%s'", path);
  VT_H5_OUT(H5Pset_obj_track_times(create, 0), err, VT_EIO, "groups of '%s'", path);
  for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    memcpy(part, path, (size_t)(slash - path));
    part[slash - path] = '\0';
    htri_t there = H5Lexists(file, part, H5P_DEFAULT);
    VT_H5_OUT(there, err, VT_EIO, "group '%s'", part);
    if (there) continue;
    hid_t group = H5Gcreate2(file, part, H5P_DEFAULT, create, H5P_DEFAULT);
    VT_H5_OUT(group, err, VT_EIO, "group '%s'", part);
    VT_H5_OUT(H5Gclose(group), err, VT_EIO, "closing group '%s'", part);
  }
out:
  return vt__h5_finish(&s, rc, err, path);
}

/* How a dataset lies in the file. */
static hid_t layout_of(vt__h5_scope *s, const vt_store_dset *d)
{
  hid_t p = vt__h5_keep(s, H5Pcreate(H5P_DATASET_CREATE));
  if (p < 0 || H5Pset_obj_track_times(p, 0) < 0) return -1;
  if (H5Pset_fill_time(p, H5D_FILL_TIME_NEVER) < 0) return -1; /* every value is written */
  if (!is_chunked(d)) return H5Pset_alloc_time(p, H5D_ALLOC_TIME_EARLY) < 0 ? -1 : p;
  hsize_t chunk[VT_MAX_DIM + 1] = {1};
  for (int a = 1; a < d->n_dim; a++) chunk[a] = (hsize_t)d->dim[a];
  if (H5Pset_chunk(p, d->n_dim, chunk) < 0) return -1;
  if (d->type != VT_STR && H5Pset_shuffle(p) < 0) return -1;
  if (H5Pset_deflate(p, 4) < 0 || H5Pset_fletcher32(p) < 0) return -1;
  return p;
}

static hid_t space_of(vt__h5_scope *s, const vt_store_dset *d)
{
  hsize_t dim[VT_MAX_DIM + 1];
  for (int a = 0; a < d->n_dim; a++) dim[a] = (hsize_t)d->dim[a];
  return vt__h5_keep(s, d->n_dim ? H5Screate_simple(d->n_dim, dim, NULL) : H5Screate(H5S_SCALAR));
}

static hid_t make_dset(vt__h5_scope *s, hid_t file, const vt_store_dset *d)
{
  hid_t type = vt__h5_type(s, d, 1), space = space_of(s, d), create = layout_of(s, d);
  if (type < 0 || space < 0 || create < 0) return -1;
  return vt__h5_keep(s, H5Dcreate2(file, d->path, type, space, H5P_DEFAULT, create, H5P_DEFAULT));
}

static vt_status put_table(hid_t dset, const vt_store_dset *d, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t mem;
  VT_H5_OUT(mem = vt__h5_type(&s, d, 0), err, VT_EIO, "type of '%s'", d->path);
  VT_H5_OUT(H5Dwrite(dset, mem, H5S_ALL, H5S_ALL, H5P_DEFAULT, d->table), err, VT_EIO, "values of '%s'", d->path);
out:
  return vt__h5_finish(&s, rc, err, d->path);
}

static vt_status put_dset(hid_t file, const vt_store_dset *d, vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t dset;
  char hex[65];
  VT_TRY_OUT(make_groups(file, d->path, err), err, "dataset '%s'", d->path);
  VT_H5_OUT(dset = make_dset(&s, file, d), err, VT_EIO, "dataset '%s'", d->path);
  VT_TRY_OUT(vt__put_text(dset, "unit", d->unit, err), err, "dataset '%s'", d->path);
  VT_TRY_OUT(vt__put_text(dset, "doc", d->doc, err), err, "dataset '%s'", d->path);
  if (d->source[0]) VT_TRY_OUT(vt__put_text(dset, "source", d->source, err), err, "dataset '%s'", d->path);
  if (d->table) VT_TRY_OUT(vt__digest_table(sum, d, err), err, "dataset '%s'", d->path);
  vt_uid_hex(sum, hex); /* of rows: zeros, until they are there */
  VT_TRY_OUT(vt__put_text(dset, "digest", hex, err), err, "dataset '%s'", d->path);
  if (d->table && !is_empty(d)) rc = put_table(dset, d, err);
out:
  return vt__h5_finish(&s, rc, err, d->path);
}

static vt_status put_campaign(hid_t file, const char *text, vt_uid *sum, vt_err *err)
{
  size_t width = strlen(text) + 1;
  if (width > INT32_MAX) VT_FAIL(err, VT_EINVAL, "a campaign of %zu bytes", width);
  vt_store_dset d = {.path = "/campaign",
                     .unit = "1",
                     .doc = "The campaign as canonical YAML: parses to the same tasks",
                     .source = "campaign file",
                     .type = VT_STR,
                     .width = (int)width,
                     .table = text};
  return put_dset(file, &d, sum, err);
}

static vt_status put_group(hid_t file, const vt_store_group *g, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t group;
  VT_H5_OUT(group = vt__h5_keep(&s, H5Gopen2(file, g->path, H5P_DEFAULT)), err, VT_EIO, "group '%s'", g->path);
  VT_TRY_OUT(vt__put_text(group, "doc", g->doc, err), err, "group '%s'", g->path);
out:
  return vt__h5_finish(&s, rc, err, g->path);
}

static vt_status put_everything(hid_t file, const vt_store_spec *spec, vt_uid *sum, vt_err *err)
{
  VT_PASS(put_int(file, "format", VT_STORE_FORMAT, err));
  for (int k = 0; k < spec->n_attr; k++) {
    const vt_store_attr *a = &spec->attr[k];
    if (is_format(a)) continue;
    VT_PASS(a->is_int ? put_int(file, a->name, a->i, err) : vt__put_text(file, a->name, a->text, err));
  }
  if (spec->readme) VT_PASS(vt__put_text(file, "README", spec->readme, err));
  VT_PASS(put_campaign(file, spec->campaign_text, &sum[spec->n_dset], err));
  for (int k = 0; k < spec->n_dset; k++) {
    vt_alive();
    VT_PASS(put_dset(file, &spec->dset[k], &sum[k], err));
  }
  for (int k = 0; k < spec->n_group; k++) VT_PASS(put_group(file, &spec->group[k], err));
  return vt__scales_write(file, spec, err);
}

static hid_t create_file(vt__h5_scope *s, const char *tmp)
{
  hid_t access = vt__h5_access(s), create = vt__h5_keep(s, H5Pcreate(H5P_FILE_CREATE));
  if (access < 0 || H5Pset_obj_track_times(create, 0) < 0) return -1;
  return H5Fcreate(tmp, H5F_ACC_EXCL, create, access);
}

static vt_status reserve_file(hid_t file, const char *tmp, const vt_store_spec *spec, vt_err *err)
{
  void *fd = NULL; /* HDF5's own, of the POSIX driver: for the file does not exist before it is open */
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &fd) < 0 || !fd)
    return vt__h5_fail(err, VT_EIO, __FILE__, __LINE__, "reserving space for '%s'", tmp);
  return vt__store_reserve(*(const int *)fd, tmp, vt__store_most_bytes(spec), 0, err);
}

vt_status vt__store_create(const char *tmp, const vt_store_spec *spec, vt_uid *sum, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__h5_scope s = {0};
  hid_t file;
  VT_H5_OUT(file = create_file(&s, tmp), err, VT_EIO, "cannot create '%s'", tmp);
  VT_TRY_OUT(reserve_file(file, tmp, spec, err), err, "reserving space");
  VT_TRY_OUT(put_everything(file, spec, sum, err), err, "writing '%s'",
             tmp); /* on failure the open file is abandoned */
  VT_H5_OUT(H5Fflush(file, H5F_SCOPE_GLOBAL), err, VT_EIO, "flushing '%s'", tmp);
  VT_H5_OUT(H5Fclose(file), err, VT_EIO, "closing '%s'", tmp);
out:
  return vt__h5_finish(&s, rc, err, tmp);
}
