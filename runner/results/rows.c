#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

#include <stdio.h>
#include <string.h>

#include "engine/replica/replica.h"

static int pairs_of(int n) { return n * (n + 1) / 2; }

static int32_t wide_dim(const vt_campaign *c, int axis, int32_t dim, int32_t so_far)
{
  if (axis == VT_AXIS_SPECIES) return c->n_species;
  if (axis == VT_AXIS_PAIR) return pairs_of(c->n_species);
  return dim > so_far ? dim : so_far;
}

static vt_status merge(const vt_campaign *c, const vt_array_def *d, int kind, vt_row_def *defs, int cap, int *n,
                       vt_err *err)
{
  int k = 0;
  while (k < *n && (strcmp(defs[k].def.name, d->name) != 0 || defs[k].kind != kind)) k++;
  if (k == *n) {
    if (*n == cap) VT_FAIL(err, VT_EBUG, "more than %d different arrays", cap);
    defs[(*n)++] = (vt_row_def){.def = *d, .kind = kind};
  }
  vt_array_def *w = &defs[k].def;
  if (w->n_dim != d->n_dim) VT_FAIL(err, VT_EBUG, "array '%s' has %d and %d axes", d->name, w->n_dim, d->n_dim);
  for (int a = 0; a < d->n_dim; a++) w->dim[a] = wide_dim(c, d->axis[a], d->dim[a], w->dim[a]);
  return VT_OK;
}

vt_status vt_row_defs(const vt_campaign *c, vt_row_def **out, int *n, vt_err *err)
{
  enum { CAP = 2 * VT_MAX_ARRAYS };
  vt_status rc = VT_OK;
  void *p = NULL, *q = NULL;
  *out = NULL;
  *n = 0;
  VT_TRY_OUT(vt_calloc64(&p, CAP, sizeof(vt_row_def), err), err, "dataset table");
  VT_TRY_OUT(vt_calloc64(&q, VT_MAX_ARRAYS, sizeof(vt_array_def), err), err, "dataset table");
  vt_array_def *one = q;
  /* The composition and the length whose layout of this kind was merged last: of one all tasks have the same. */
  int last[2] = {-1, -1};
  double last_ps[2] = {0, 0};
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    const double ps = t->kind == VT_TASK_MD ? vt_campaign_pieces(c, t->comp, t->temp).ps[t->piece - 1] : 0;
    if (last[t->kind] == t->comp && last_ps[t->kind] == ps) continue;
    last[t->kind] = t->comp;
    last_ps[t->kind] = ps;
    vt_plan plan;
    int k;
    VT_TRY_OUT(vt_campaign_plan(c, i, &plan, err), err, "plan of row %d", i);
    VT_TRY_OUT(vt_replica_layout(&plan, one, VT_MAX_ARRAYS, &k, err), err, "layout of row %d", i);
    for (int a = 0; a < k; a++) VT_TRY_OUT(merge(c, &one[a], t->kind, p, CAP, n, err), err, "layout of row %d", i);
  }
  *out = p;
  p = NULL;
out:
  vt_free(p);
  vt_free(q);
  return rc;
}

void vt_row_path(const vt_row_def *d, char path[96])
{
  (void)snprintf(path, 96, d->kind == VT_TASK_MD ? "/obs/%s" : "/%s", d->def.name);
}

/* Row of the campaign's species table for each species of the composition. */
static vt_status species_map(const vt_campaign *c, const vt_composition *comp, int map[VT_MAX_SPECIES], vt_err *err)
{
  for (int s = 0; s < comp->n_species; s++) {
    int k = 0;
    while (k < c->n_species && c->z[k] != comp->z[s]) k++;
    if (k == c->n_species) VT_FAIL(err, VT_EBUG, "element %d of '%s' is not in the campaign", comp->z[s], comp->name);
    map[s] = k;
  }
  return VT_OK;
}

static void axis_map(int axis, int dim, int n_comp_species, int n_species, const int *species, int *map)
{
  if (axis == VT_AXIS_SPECIES) {
    for (int k = 0; k < dim; k++) map[k] = species[k];
  } else if (axis == VT_AXIS_PAIR) {
    for (int i = 0; i < n_comp_species; i++)
      for (int j = i; j < n_comp_species; j++)
        map[vt_pair_index(i, j, n_comp_species)] = vt_pair_index(species[i], species[j], n_species);
  } else {
    for (int k = 0; k < dim; k++) map[k] = k;
  }
}

static void copy_all(vt_row_way way, const vt_array_def *task, const vt_array_def *row, int *const *map,
                     double *task_values, double *row_values)
{
  int at[VT_MAX_DIM] = {0};
  size_t n = vt_array_count(task);
  for (size_t k = 0; k < n; k++) {
    size_t to = 0;
    for (int a = 0; a < task->n_dim; a++) to = to * (size_t)row->dim[a] + (size_t)map[a][at[a]];
    if (way == VT_ROW_SCATTER)
      row_values[to] = task_values[k];
    else
      task_values[k] = row_values[to];
    for (int a = task->n_dim - 1; a >= 0 && ++at[a] == task->dim[a]; a--) at[a] = 0;
  }
}

vt_status vt__row_copy(vt_row_way way, const vt_campaign *c, const vt_composition *comp, const vt_array_def *task,
                       const vt_array_def *row, double *task_values, double *row_values, vt_err *err)
{
  vt_status rc = VT_OK;
  int species[VT_MAX_SPECIES] = {0};
  int *map[VT_MAX_DIM] = {NULL};
  VT_PASS(species_map(c, comp, species, err));
  for (int a = 0; a < task->n_dim; a++) {
    void *p;
    VT_TRY_OUT(vt_calloc64(&p, (size_t)task->dim[a], sizeof(int), err), err, "array '%s'", task->name);
    map[a] = p;
    axis_map(task->axis[a], task->dim[a], comp->n_species, c->n_species, species, map[a]);
  }
  copy_all(way, task, row, map, task_values, row_values);
out:
  for (int a = 0; a < task->n_dim; a++) vt_free(map[a]);
  return rc;
}
