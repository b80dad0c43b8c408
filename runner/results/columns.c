/* columns.c - columns of structs as tables; what the structs of structure and of pools are called outside. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

static void path_of(const char *group, const vt_field *f, char path[96])
{
  (void)snprintf(path, 96, "%.55s/%.38s", group, f->name);
}

static int axes_of(const vt__rows *rows, int64_t last, int64_t dim[3])
{
  int n = 0;
  dim[n++] = rows->n0;
  if (rows->n1 > 0) dim[n++] = rows->n1;
  if (last > 1) dim[n++] = last;
  return n;
}

static int64_t count_of(const vt__rows *rows) { return rows->n0 * (rows->n1 > 0 ? rows->n1 : 1); }

static const char *row_of(const vt__rows *rows, int64_t i) { return (const char *)rows->base + (size_t)i * rows->size; }

void vt__table_column(vt_tables *t, const char *group, const vt_field *f, const vt__rows *rows)
{
  char path[96];
  int64_t dim[3], n = count_of(rows);
  const int m = f->n > 1 ? f->n : 1, n_dim = axes_of(rows, m, dim);
  path_of(group, f, path);
  double *v = f->is_int ? NULL : vt__table_nd(t, path, f->unit, f->doc, n_dim, dim);
  int64_t *w = f->is_int ? vt__table_nd_i64(t, path, f->doc, n_dim, dim) : NULL;
  for (int64_t i = 0; t->rc == VT_OK && i < n * m; i++) {
    const double x = vt_field_at(f, row_of(rows, i / m), (int)(i % m));
    if (v) v[i] = x;
    if (w) w[i] = (int64_t)x;
  }
}

void vt__table_species(vt_tables *t, const vt_campaign *c, const char *group, const vt_field *f, const vt__rows *rows,
                       size_t step, size_t n_species)
{
  char path[96];
  int64_t dim[3] = {rows->n0, rows->n1}, n = count_of(rows);
  const int ns = c->n_species, n_dim = rows->n1 > 0 ? 3 : 2;
  dim[n_dim - 1] = ns;
  path_of(group, f, path);
  double *v = f->is_int ? NULL : vt__table_nd(t, path, f->unit, f->doc, n_dim, dim);
  int64_t *w = f->is_int ? vt__table_nd_i64(t, path, f->doc, n_dim, dim) : NULL;
  for (int64_t i = 0; t->rc == VT_OK && i < n; i++) {
    const vt_composition *comp = &c->comp[rows->n1 > 0 ? i / rows->n1 : c->task[i].comp];
    int32_t known;
    memcpy(&known, row_of(rows, i) + n_species, sizeof known);
    for (int s = 0; s < ns; s++) {
      int q = 0;
      while (q < known && comp->z[q] != c->z[s]) q++;
      const double x = q < known ? vt_field_at(f, row_of(rows, i) + (size_t)q * step, 0) : f->is_int ? -1 : NAN;
      if (v) v[i * ns + s] = x;
      if (w) w[i * ns + s] = (int64_t)x;
    }
  }
}
