/* json.c - structs for scripts, by the tables of their members. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/num/num.h"
#include "runner/fields/fields.h"

static vt_json *fields_json_number(const vt_field *f, const void *base, int k)
{
  const double x = vt_field_at(f, base, k);
  return f->kind == VT_FIELD_COUNT ? vt_json_int((int64_t)x) : vt_json_num(x);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the keys of our own tables, three levels */

static vt_json *fields_json_value(const vt_field *f, const void *base)
{
  if (f->kind == VT_FIELD_PARTS) {
    vt_json *o = vt_json_object();
    vt_fields_json(o, f->parts, (const char *)base + f->offset);
    return o;
  }
  if (f->kind == VT_FIELD_INTERVAL) {
    double x[2];
    memcpy(x, (const char *)base + f->offset, sizeof x);
    return isfinite(x[0]) && isfinite(x[1]) ? vt_json_interval(x[0], x[1]) : vt_json_null();
  }
  const char *text = vt_field_text(f, base);
  if (text) return vt_json_text(text);
  if (f->n <= 1) return fields_json_number(f, base, 0);
  vt_json *list = vt_json_array();
  for (int k = 0; k < f->n; k++) vt_json_add(list, fields_json_number(f, base, k));
  return list;
}

/* Fields [0, n) whose keys share their first `skip` bytes, which name the object o. */
static void put_fields(vt_json *o, const vt_field *f, int n, size_t skip, const void *base)
{
  for (int i = 0; i < n; i++) {
    if (!f[i].json) continue;
    const char *key = f[i].json + skip, *dot = strchr(key, '.');
    if (!dot) {
      vt_json_put(o, key, fields_json_value(&f[i], base));
      if (f[i].json_old) vt_json_put(o, f[i].json_old, fields_json_value(&f[i], base));
      continue;
    }
    const size_t len = (size_t)(dot - f[i].json) + 1;
    char name[48];
    int last = i;
    for (int k = i + 1; k < n && (!f[k].json || strncmp(f[k].json, f[i].json, len) == 0); k++)
      if (f[k].json) last = k;
    vt_json *inner = vt_json_object();
    (void)snprintf(name, sizeof name, "%.*s", (int)(dot - key), key);
    put_fields(inner, f + i, last - i + 1, len, base);
    vt_json_put(o, name, inner);
    i = last;
  }
}

void vt_fields_json(vt_json *o, const vt_fields *all, const void *base) { put_fields(o, all->f, all->n, 0, base); }

/* NOLINTEND(misc-no-recursion) */

/* A square matrix over species. */
static vt_json *matrix(const double *x, int n)
{
  vt_json *rows = vt_json_array();
  for (int i = 0; i < n; i++) vt_json_add(rows, vt_json_nums(x + (ptrdiff_t)i * VT_MAX_SPECIES, (size_t)n));
  return rows;
}

/* x + side half of each element. */
static vt_json *matrix_ends(const double *x, const double *se, double half, int n)
{
  double end[VT_MAX_SPECIES * VT_MAX_SPECIES];
  for (int i = 0; i < VT_MAX_SPECIES * VT_MAX_SPECIES; i++) end[i] = x[i] + half * se[i];
  return matrix(end, n);
}

vt_json *vt_onsager_json(const vt_composition *comp, const vt_onsager_view *v)
{
  vt_json *o = vt_json_object(), *species = vt_json_array();
  const double half = vt_t_quantile(0.975, v->dof);
  const int n = comp->n_species;
  for (int i = 0; i < n; i++) vt_json_add(species, vt_json_text(vt_element_symbol(comp->z[i])));
  vt_json_put(o, "frame", vt_json_text(vt_tr_frame_name(v->frame)));
  vt_json_put(o, "unit", vt_json_text("mS/cm: sigma = sum_ij z_i z_j L_ij"));
  vt_json_put(o, "species", species);
  vt_json_put(o, "L", matrix(v->l, n));
  vt_json_put(o, "L_se", matrix(v->l_se, n));
  vt_json_put(o, "L_lo95", matrix_ends(v->l, v->l_se, -half, n));
  vt_json_put(o, "L_hi95", matrix_ends(v->l, v->l_se, half, n));
  vt_json_put(o, "L_recoil", matrix(v->recoil, n));
  return o;
}
