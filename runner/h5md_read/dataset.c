/* dataset.c - rows, clocks and attributes of an H5MD file. */
#include <string.h>

#include "runner/h5md_read/h5md_impl.h"

enum { ATOMS_MOST = 10000000 };

void vt__h5md_close(vt__h5md_series *s)
{
  if (s->set >= 0) (void)H5Dclose(s->set);
  s->set = -1;
}

/* ------------------------------------------------------------------ attributes */

/* Strings of a fixed or variable length, one behind the other. */
static void text_of(hid_t attr, hid_t type, hsize_t n, char *to, size_t cap)
{
  char *block = NULL, **pointer = NULL;
  const size_t width = H5Tget_size(type);
  const int is_variable = H5Tis_variable_str(type) > 0;
  hid_t space = H5Aget_space(attr);
  if (is_variable ? VT_NEW(pointer, n, NULL) != VT_OK : VT_NEW(block, n * width + 1, NULL) != VT_OK) n = 0;
  if (n > 0 && H5Aread(attr, type, is_variable ? (void *)pointer : (void *)block) >= 0) {
    size_t used = 0;
    for (hsize_t k = 0; k < n; k++) {
      const char *s = is_variable ? (pointer[k] ? pointer[k] : "") : block + k * width;
      const size_t l = is_variable ? strlen(s) : strnlen(s, width);
      if (used + l + 2 > cap) break;
      memcpy(to + used, s, l);
      used += l;
      to[used++] = ' ';
    }
    to[used ? used - 1 : 0] = '\0';
    if (is_variable) (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointer);
  }
  vt_free(block);
  vt_free(pointer);
  (void)H5Sclose(space);
}

void vt__h5md_text(hid_t object, const char *name, char *to, size_t cap)
{
  enum { STRINGS_MOST = 64 };
  to[0] = '\0';
  if (H5Aexists(object, name) <= 0) return;
  hid_t attr = H5Aopen(object, name, H5P_DEFAULT);
  if (attr < 0) return;
  hid_t type = H5Aget_type(attr), space = H5Aget_space(attr);
  const hssize_t n = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(type) == H5T_STRING && n > 0 && n < STRINGS_MOST) text_of(attr, type, (hsize_t)n, to, cap);
  (void)H5Sclose(space);
  (void)H5Tclose(type);
  (void)H5Aclose(attr);
}

/* ------------------------------------------------------------------ series */

static int is_group(hid_t parent, const char *name)
{
  hid_t o = H5Oopen(parent, name, H5P_DEFAULT);
  const int is = o >= 0 && H5Iget_type(o) == H5I_GROUP;
  if (o >= 0) (void)H5Oclose(o);
  return is;
}

vt_status vt__h5md_open(hid_t parent, const char *path, const char *name, vt__h5md_series *s, vt_err *err)
{
  char full[256];
  hsize_t dim[VT__H5MD_DIMS + 1] = {0};
  *s = (vt__h5md_series){.set = -1, .n_frames = 1};
  if (H5Lexists(parent, name, H5P_DEFAULT) <= 0) return VT_OK;
  s->is_fixed = !is_group(parent, name);
  (void)snprintf(full, sizeof full, "%s%s", name, s->is_fixed ? "" : "/value");
  if ((s->set = H5Dopen2(parent, full, H5P_DEFAULT)) < 0)
    VT__H5MD_BAD(path, "%s is no dataset that can be opened", full);
  hid_t space = H5Dget_space(s->set);
  const int n_dim = H5Sget_simple_extent_ndims(space), over = s->is_fixed ? 0 : 1;
  const int fits = n_dim >= over && n_dim <= VT__H5MD_DIMS + over;
  if (fits) (void)H5Sget_simple_extent_dims(space, dim, NULL);
  (void)H5Sclose(space);
  if (!fits) VT__H5MD_BAD(path, "%s has %d dimensions, expected %d to %d", full, n_dim, over, VT__H5MD_DIMS + over);
  s->n_dim = n_dim - over;
  if (over) s->n_frames = dim[0];
  hsize_t all = 1;
  for (int k = 0; k < s->n_dim; k++) {
    s->dim[k] = dim[k + over];
    if (s->dim[k] < 1 || s->dim[k] > ATOMS_MOST) VT__H5MD_BAD(path, "%s has an impossible size", full);
    all *= s->dim[k];
    if (all > 3 * (hsize_t)ATOMS_MOST) VT__H5MD_BAD(path, "%s has an impossible size", full);
  }
  vt__h5md_text(s->set, "unit", s->unit, sizeof s->unit);
  return VT_OK;
}

vt_status vt__h5md_row(const vt__h5md_series *s, hsize_t frame, hid_t type, const char *path, void *to, vt_err *err)
{
  hsize_t begin[VT__H5MD_DIMS + 1] = {s->is_fixed ? 0 : frame}, count[VT__H5MD_DIMS + 1] = {1}, n = 1;
  for (int k = 0; k < s->n_dim; k++) {
    count[k + !s->is_fixed] = s->dim[k];
    n *= s->dim[k];
  }
  hid_t file = H5Dget_space(s->set), memory = H5Screate_simple(1, &n, NULL);
  const int scalar = s->is_fixed && s->n_dim == 0;
  herr_t bad = scalar ? 0 : H5Sselect_hyperslab(file, H5S_SELECT_SET, begin, NULL, count, NULL);
  if (bad >= 0) bad = H5Dread(s->set, type, memory, file, H5P_DEFAULT, to);
  (void)H5Sclose(memory);
  (void)H5Sclose(file);
  (void)H5Eclear2(H5E_DEFAULT);
  if (bad < 0)
    VT__H5MD_BAD(path, "frame %llu cannot be read: the file is cut or damaged", (unsigned long long)frame + 1);
  return VT_OK;
}

/* ------------------------------------------------------------------ clocks */

static vt_status clock_values(hid_t set, const char *what, hsize_t n_frames, const char *path, double **to, vt_err *err)
{
  hid_t space = H5Dget_space(set);
  const hssize_t n = H5Sget_simple_extent_npoints(space);
  (void)H5Sclose(space);
  const int is_scalar = n == 1 && n_frames != 1;
  if (!is_scalar && (n < 0 || (hsize_t)n != n_frames))
    VT__H5MD_BAD(path, "%s has %lld values for %llu frames", what, (long long)n, (unsigned long long)n_frames);
  VT_PASS(VT_NEW(*to, n_frames, err));
  if (H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, *to) < 0) {
    (void)H5Eclear2(H5E_DEFAULT);
    VT__H5MD_BAD(path, "%s cannot be read: numbers are expected", what);
  }
  const double apart = (*to)[0];
  for (hsize_t k = 0; is_scalar && k < n_frames; k++) (*to)[k] = (double)k * apart;
  return VT_OK;
}

vt_status vt__h5md_clock(hid_t parent, const char *series, const char *name, hsize_t n_frames, const char *path,
                         double **to, char unit[VT__H5MD_UNIT], vt_err *err)
{
  char full[256];
  *to = NULL;
  unit[0] = '\0';
  (void)snprintf(full, sizeof full, "%s/%s", series, name);
  if (!is_group(parent, series) || H5Lexists(parent, full, H5P_DEFAULT) <= 0) return VT_OK;
  hid_t set = H5Dopen2(parent, full, H5P_DEFAULT);
  if (set < 0) VT__H5MD_BAD(path, "%s is no dataset that can be opened", full);
  vt__h5md_text(set, "unit", unit, VT__H5MD_UNIT);
  const vt_status rc = clock_values(set, full, n_frames, path, to, err);
  (void)H5Dclose(set);
  if (rc != VT_OK) {
    vt_free(*to);
    *to = NULL;
  }
  return rc;
}
