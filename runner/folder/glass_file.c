/* glass_file.c - the structure of a glass as a file: glass/<uid>.xyz, a view of its record. */
#include <stdio.h>
#include <string.h>

#include "engine/sys/sys.h"
#include "runner/folder/folder.h"

vt_status vt_glass_file_text(const vt_plan *p, const double *values, vt_buf *b, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  const double *cell = vt_array_find(def, n, values, &vt_a_glass_cell, NULL);
  const double *x = vt_array_find(def, n, values, &vt_a_glass_x, NULL);
  if (!cell || !x) VT_FAIL(err, VT_EBUG, "a glass without glass/cell and glass/x");
  vt_cell c;
  memcpy(c.h, cell, sizeof c.h);
  const char *symbol[VT_MAX_SPECIES];
  for (int s = 0; s < p->comp.n_species; s++) symbol[s] = vt_element_symbol(p->comp.z[s]);
  vt_status rc = VT_OK;
  void *types = NULL, *positions = NULL;
  size_t n_atoms = (size_t)p->comp.n_atoms;
  VT_TRY_OUT(vt_calloc64(&types, n_atoms, sizeof(int), err), err, "glass of %zu atoms", n_atoms);
  VT_TRY_OUT(vt_calloc64(&positions, n_atoms, 3 * sizeof(double), err), err, "glass of %zu atoms", n_atoms);
  memcpy(positions, x, n_atoms * 3 * sizeof(double));
  int *type = types;
  for (int s = 0, i = 0; s < p->comp.n_species; s++)
    for (int k = 0; k < p->comp.count[s]; k++) type[i++] = s;
  vt_xyz_format(b, p->comp.n_atoms, &c, type, symbol, positions, NULL, NULL);
  rc = vt_buf_check(b, err);
out:
  vt_free(types);
  vt_free(positions);
  return rc;
}

void vt_glass_file_name(const vt_uid *uid, char name[VT_GLASS_FILE_NAME])
{
  char hex[65];
  vt_uid_hex(uid, hex);
  (void)snprintf(name, VT_GLASS_FILE_NAME, "glass/%s.xyz", hex);
}

vt_status vt_glass_file_write(const vt_outdir *dir, const vt_plan *p, const double *values, vt_err *err)
{
  char path[2 * VT_PATH], name[VT_GLASS_FILE_NAME];
  vt_buf b = {0};
  vt_glass_file_name(&p->uid, name);
  (void)snprintf(path, sizeof path, "%s/%s", dir->dir, name);
  vt_status rc = vt_glass_file_text(p, values, &b, err);
  if (rc == VT_OK) rc = vt_file_replace(path, b.s, b.len, err);
  vt_buf_free(&b);
  return rc;
}
