/* species.c - which element an atom of an H5MD file is: the standard leaves it open what a species says. */
#include <stdio.h>
#include <string.h>

#include "runner/h5md_read/h5md_impl.h"

enum { NAME = 64 };

static vt_status take_name(const char *name, int atom, const char *path, char symbol[4], vt_err *err)
{
  memset(symbol, 0, 4);
  if (strlen(name) < 4) (void)snprintf(symbol, 4, "%s", name);
  if (!vt_element_z(symbol)) VT__H5MD_BAD(path, "species '%.40s' of atom %d is not an element symbol", name, atom + 1);
  return VT_OK;
}

static void take_z(int z, char symbol[4])
{
  memset(symbol, 0, 4);
  memcpy(symbol, vt_element_symbol(z), strnlen(vt_element_symbol(z), 3));
}

/* Are these 1, 2, ... k, all of them there, k >= 2?  Then they count types: nobody has a glass of H, He, Li. */
static int are_types(const int *v, int n)
{
  unsigned long long seen = 0;
  enum { BITS = 64 };
  for (int i = 0; i < n; i++) {
    if (v[i] < 0 || v[i] >= BITS) return 0;
    seen |= 1ULL << v[i];
  }
  if (seen & 1) return 1;
  seen >>= 1;
  return seen > 1 && (seen & (seen + 1)) == 0;
}

static vt_status from_numbers(const int *v, int n, const vt_frames_options *o, const char *path, char (*symbol)[4],
                              vt_err *err)
{
  if (o->n_types == 0 && are_types(v, n))
    VT__H5MD_BAD(path, "the species are numbers of types, not atomic numbers: say which elements they are (--types "
                       "Li,Al,Cl)");
  for (int i = 0; i < n; i++) {
    if (o->n_types > 0 && (v[i] < 1 || v[i] > o->n_types))
      VT__H5MD_BAD(path, "species %d of atom %d, expected 1..%d: that many elements were given (--types)", v[i], i + 1,
                   o->n_types);
    const int z = o->n_types > 0 ? o->type_z[v[i] - 1] : v[i];
    if (!vt_element_symbol(z)) VT__H5MD_BAD(path, "species %d of atom %d is not an atomic number", v[i], i + 1);
    take_z(z, symbol[i]);
  }
  return VT_OK;
}

/* The values of an enumeration, each of `size` bytes, by their names. */
static vt_status from_names(hid_t type, const unsigned char *v, size_t size, int n, const char *path, char (*symbol)[4],
                            vt_err *err)
{
  for (int i = 0; i < n; i++) {
    char name[NAME] = "";
    if (i > 0 && memcmp(v + (size_t)i * size, v + (size_t)(i - 1) * size, size) == 0) {
      memcpy(symbol[i], symbol[i - 1], sizeof symbol[i]);
      continue;
    }
    if (H5Tenum_nameof(type, v + (size_t)i * size, name, sizeof name) < 0) {
      (void)H5Eclear2(H5E_DEFAULT);
      VT__H5MD_BAD(path, "the species of atom %d has no name", i + 1);
    }
    VT_PASS(take_name(name, i, path, symbol[i], err));
  }
  return VT_OK;
}

static vt_status from_strings(const vt__h5md_series *s, hid_t type, hsize_t frame, int n, const char *path,
                              char (*symbol)[4], vt_err *err)
{
  char *block = NULL, **pointer = NULL, name[NAME];
  const size_t width = H5Tget_size(type);
  const int is_variable = H5Tis_variable_str(type) > 0;
  vt_status rc = is_variable ? VT_NEW(pointer, n, err) : VT_NEW(block, (size_t)n * width, err);
  if (rc == VT_OK) rc = vt__h5md_row(s, frame, type, path, is_variable ? (void *)pointer : (void *)block, err);
  const int is_read = rc == VT_OK;
  for (int i = 0; i < n && rc == VT_OK; i++) {
    const char *from = is_variable ? (pointer[i] ? pointer[i] : "") : block + (size_t)i * width;
    const size_t l = strnlen(from, is_variable || width > NAME - 1 ? NAME - 1 : width);
    memcpy(name, from, l);
    name[l] = '\0';
    rc = take_name(name, i, path, symbol[i], err);
  }
  if (is_variable && is_read) {
    const hsize_t count = (hsize_t)n;
    hid_t space = H5Screate_simple(1, &count, NULL);
    (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointer);
    (void)H5Sclose(space);
  }
  vt_free(block);
  vt_free(pointer);
  return rc;
}

vt_status vt__h5md_species(const vt__h5md_series *s, hsize_t frame, int n, const vt_frames_options *o, const char *path,
                           char (*symbol)[4], vt_err *err)
{
  if (s->set < 0) VT__H5MD_BAD(path, "no species in the group of particles: nothing says which elements the atoms are");
  if (s->n_dim != 1 || s->dim[0] != (hsize_t)n)
    VT__H5MD_BAD(path, "species does not have one value for each of %d atoms", n);
  hid_t type = H5Dget_type(s->set);
  const H5T_class_t class = H5Tget_class(type);
  const size_t size = H5Tget_size(type);
  unsigned char *raw = NULL;
  int *v = NULL;
  vt_status rc;
  if (class == H5T_STRING) {
    rc = from_strings(s, type, frame, n, path, symbol, err);
  } else if (class == H5T_ENUM) {
    rc = VT_NEW(raw, (size_t)n * size, err);
    if (rc == VT_OK) rc = vt__h5md_row(s, frame, type, path, raw, err);
    if (rc == VT_OK) rc = from_names(type, raw, size, n, path, symbol, err);
  } else if (class == H5T_INTEGER) {
    rc = VT_NEW(v, n, err);
    if (rc == VT_OK) rc = vt__h5md_row(s, frame, H5T_NATIVE_INT, path, v, err);
    if (rc == VT_OK) rc = from_numbers(v, n, o, path, symbol, err);
  } else
    rc = vt_err_user(err, VT_EPARSE, path, 0, 0, "species are no integers, no enumeration and no strings");
  vt_free(raw);
  vt_free(v);
  (void)H5Tclose(type);
  return rc;
}
