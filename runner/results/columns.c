/* columns.c - columns of structs as tables, by the tables of their members. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

enum { W_WORD = 16 };

static void path_of(const char *group, const char *name, char path[96])
{
  (void)snprintf(path, 96, "%.55s/%.38s", group, name);
}

static int64_t count_of(const vt__rows *rows)
{
  int64_t n = 1;
  for (int a = 0; a < rows->axes.n_dim; a++) n *= rows->axes.axis[a].n;
  return n;
}

static const char *row_of(const vt__rows *rows, int64_t i) { return (const char *)rows->base + (size_t)i * rows->size; }

static void columns_numbers(vt_tables *t, const char *path, const vt_field *f, const vt__rows *rows)
{
  char doc[160];
  const int m = f->n > 1 ? f->n : 1;
  /* All that have several values have them by the oxygens of a metal. */
  const vt_axes axes =
      m > 1 ? vt__axis_more(rows->axes, m > VT_RES_CLASSES ? "oxygen_class" : "oxygens", m) : rows->axes;
  vt_field_doc(f, doc);
  double *v = f->kind == VT_FIELD_REAL ? vt__table_f64(t, path, f->unit, doc, axes) : NULL;
  int64_t *w = f->kind == VT_FIELD_REAL ? NULL : vt__table_i64(t, path, doc, axes);
  for (int64_t i = 0; t->rc == VT_OK && i < count_of(rows) * m; i++) {
    const double x = vt_field_at(f, row_of(rows, i / m), (int)(i % m));
    if (v) v[i] = x;
    if (w) w[i] = (int64_t)x;
  }
}

static void texts(vt_tables *t, const char *path, const vt_field *f, const vt__rows *rows)
{
  const int width = f->kind == VT_FIELD_WORD ? W_WORD : (int)f->step;
  char *table = vt__table_str(t, path, f->doc, rows->axes, width);
  for (int64_t i = 0; table && i < count_of(rows); i++)
    vt__table_put(table, i, width, vt_field_text(f, row_of(rows, i)));
}

static void columns_column(vt_tables *t, const char *group, const vt_field *f, const vt__rows *rows)
{
  char path[96];
  path_of(group, f->name, path);
  if (f->kind == VT_FIELD_TEXT || f->kind == VT_FIELD_WORD)
    texts(t, path, f, rows);
  else
    columns_numbers(t, path, f, rows);
}

/* Each part of `what`, in its unit where the part has none of its own. */
static void columns_parts(vt_tables *t, const char *path, const vt_field *what, const vt__rows *rows)
{
  char doc[160];
  vt__table_group(t, path, what->doc);
  for (int k = 0; k < what->parts->n; k++) {
    vt_field f = what->parts->f[k];
    if (!f.name) continue;
    (void)snprintf(doc, sizeof doc, "%.80s: %.75s", what->doc, f.doc);
    f.offset += what->offset;
    f.n = what->n;
    f.step = what->step;
    if (!*f.unit) f.unit = what->unit;
    f.doc = doc;
    columns_column(t, path, &f, rows);
  }
}

static void columns_field(vt_tables *t, const char *group, const vt_field *f, const vt__rows *rows)
{
  char path[96];
  path_of(group, f->name, path);
  if (f->kind == VT_FIELD_PARTS)
    columns_parts(t, path, f, rows);
  else
    columns_column(t, group, f, rows);
}

void vt__table_field(vt_tables *t, const char *group, const vt_field *f, const vt__rows *rows)
{
  if (!f->name) return;
  columns_field(t, group, f, rows);
}

void vt__table_fields(vt_tables *t, const char *group, const vt_fields *all, const vt__rows *rows)
{
  for (int k = 0; k < all->n; k++) vt__table_field(t, group, &all->f[k], rows);
}

static void species_column(vt_tables *t, const vt_campaign *c, const char *path, const vt_field *f,
                           const vt__rows *rows, size_t step, size_t n_species)
{
  char doc[160];
  const int ns = c->n_species, by_task = rows->axes.n_dim == 1;
  const int64_t per_comp = by_task ? 1 : rows->axes.axis[1].n;
  const vt_axes axes = vt__axis_more(rows->axes, "species", ns);
  vt_field_doc(f, doc);
  double *v = f->kind == VT_FIELD_REAL ? vt__table_f64(t, path, f->unit, doc, axes) : NULL;
  int64_t *w = f->kind == VT_FIELD_REAL ? NULL : vt__table_i64(t, path, doc, axes);
  for (int64_t i = 0; t->rc == VT_OK && i < count_of(rows); i++) {
    const vt_composition *comp = &c->comp[by_task ? c->task[i].comp : i / per_comp];
    int32_t known;
    memcpy(&known, row_of(rows, i) + n_species, sizeof known);
    for (int s = 0; s < ns; s++) {
      int q = 0;
      while (q < known && comp->z[q] != c->z[s]) q++;
      const double x = q < known ? vt_field_at(f, row_of(rows, i) + (size_t)q * step, 0) : v ? NAN : -1;
      if (v) v[i * ns + s] = x;
      if (w) w[i * ns + s] = (int64_t)x;
    }
  }
}

void vt__table_species(vt_tables *t, const vt_campaign *c, const char *group, const vt_field *f, const vt__rows *rows,
                       size_t step, size_t n_species)
{
  char path[96];
  path_of(group, f->name, path);
  species_column(t, c, path, f, rows, step, n_species);
}
