/* axes.c - what each axis of each dataset is called, and the scale of its indices.
 *
 * Rows of a table are its scale where one of its columns names them (/tasks/uid); all other scales stand in /axes.
 * Positions that tasks measure at (lags, bins) are those of the longest run; each task's own stand in its group. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/obs/obs.h"
#include "engine/replica/replica.h"
#include "runner/results/results_impl.h"

/* ------------------------------------------------------------------ labels */

/* Columns of tables that name their rows. */
static const struct {
  const char *label, *scale, *doc;
} table_axis[] = {{"tasks", "/tasks/uid", "rows of `/tasks`"},
                  {"compositions", "/compositions/name", "rows of `/compositions`"},
                  {"temperatures", "/pool/temperature", "temperatures of the campaign"},
                  {"species", "/species/symbol", "elements of the campaign"},
                  {"pairs", "/species/pair", "pairs of elements"},
                  {"failures", "/failures/task", "rows of `/failures`: the task of each"},
                  {"crashes", "/timing/crash/task", "rows of `/timing/crash`: the task of each"}};

/* Scales that are the same in every campaign; without texts 0, 1, 2, ... */
typedef struct fixed_axis {
  const char *label, *doc;
  const char *const *text;
} fixed_axis;

#define TEXTS(...) \
  (const char *const[]) { __VA_ARGS__, NULL }
static const fixed_axis fixed[] = {
    {"xyz", "Cartesian components", TEXTS("x", "y", "z")},
    {"vector", "lattice vectors", TEXTS("a", "b", "c")},
    {"atoms", "atoms of the largest cell, in the order of the species; number", NULL},
    {"part", "equal parts of the stage, number", NULL},
    {"thermo", "columns of a stage", TEXTS("temperature", "volume", "energy_per_atom", "pressure")},
    {"melt", "what the melt was judged by", TEXTS("displacement_squared", "least", "durations", "molten")},
    {"volume", "what the volume was judged by", TEXTS("volume", "relative_se", "limit", "durations", "settled")},
    {"third", "thirds of the run", TEXTS("first", "second", "last")},
    {"sharing", "anions that two metals share: 1, 2, 3 or more", TEXTS("corner", "edge", "face")},
    {"anions", "anions of a metal", NULL},
    {"oxygens", "oxygens of a metal", NULL},
    {"oxygen_class", "oxygens of a metal", TEXTS("0", "1", "2", "3", ">=4")},
    {"metals", "metals of an anion", NULL},
    {"links", "metals that a metal is linked to", NULL},
    {"fragment", "metals of a fragment less one; 63: 64 metals and more", NULL}};
#undef TEXTS

/* Plain axes of the arrays of tasks, in order; a label that is no fixed scale is an array of the same group that gives
 * the positions. */
static const struct {
  const char *array, *labels;
} array_axis[] = {{"glass/cell", "vector xyz"},
                  {"glass/x", "xyz"},
                  {"glass/quench", "part thermo"},
                  {"glass/melt", "melt"},
                  {"equilibrate/thermo", "part thermo"},
                  {"equilibrate/volume", "volume"},
                  {"msd/third_mean", "third lag_ps"},
                  {"msd/third_origins", "third lag_ps"},
                  {"charge/path_ps", "path_ps"},
                  {"charge/path", "path_ps xyz"},
                  {"rdf/r", "r"},
                  {"rdf/g", "r"},
                  {"vanhove/r", "r"},
                  {"vanhove/self", "lag_ps r"},
                  {"vanhove/distinct", "lag_ps r"},
                  {"polyhedra/cn", "anions"},
                  {"polyhedra/o_count", "oxygens"},
                  {"polyhedra/anion", "metals"},
                  {"polyhedra/sharing", "sharing"},
                  {"polyhedra/angle", "angle_deg"},
                  {"polyhedra/angle_deg", "angle_deg"},
                  {"chains/fragments", "fragment"},
                  {"chains/degree", "links"},
                  {"chains/o_by_size", "fragment"},
                  {"residence/continuous", "oxygen_class lag_ps"},
                  {"residence/intermittent", "oxygen_class lag_ps"},
                  {"residence/endpoint", "oxygen_class lag_ps"},
                  {"residence/bonds", "oxygen_class"},
                  {"residence/metals", "oxygen_class"},
                  {"residence/visits", "oxygen_class"},
                  {"jumps/length_r", "length_r"},
                  {"jumps/length_density", "length_r"}};

/* The same where all arrays of a group have them. */
static const struct {
  const char *group, *label;
} group_axis[] = {{"thermo/", "time_ps"}, {"msd/", "lag_ps"},       {"charge/", "lag_ps"},
                  {"bonds/", "lag_ps"},   {"residence/", "lag_ps"}, {"vanhove/", "lag_ps"}};

static const fixed_axis *fixed_of(const char *label)
{
  for (int k = 0; k < VT_COUNT(fixed); k++)
    if (strcmp(fixed[k].label, label) == 0) return &fixed[k];
  return NULL;
}

const char *vt__axis_doc(int k, const char **label, const char **scale)
{
  if (k >= VT_COUNT(table_axis)) return NULL;
  *label = table_axis[k].label;
  *scale = table_axis[k].scale;
  return table_axis[k].doc;
}

vt_store_axis vt__axis_named(const char *label, int64_t n)
{
  vt_store_axis axis = {.label = ""};
  (void)snprintf(axis.label, sizeof axis.label, "%s", label);
  for (int k = 0; k < VT_COUNT(table_axis); k++)
    if (strcmp(table_axis[k].label, label) == 0) {
      (void)snprintf(axis.scale, sizeof axis.scale, "%s", table_axis[k].scale);
      return axis;
    }
  /* Lengths differ where a count ends earlier: those are scales of their own. */
  const fixed_axis *f = fixed_of(label);
  if (f && f->text)
    (void)snprintf(axis.scale, sizeof axis.scale, "/axes/%.30s", label);
  else
    (void)snprintf(axis.scale, sizeof axis.scale, "/axes/%.20s_%" PRId64, label, n);
  return axis;
}

/* ------------------------------------------------------------------ rows of tasks */

/* Plain axis number `which` of an array; NULL: it has no name. */
static const char *label_of(const char *array, int which, char room[24])
{
  const char *at = NULL;
  for (int k = 0; k < VT_COUNT(array_axis) && !at; k++)
    if (strcmp(array_axis[k].array, array) == 0) at = array_axis[k].labels;
  for (int k = 0; k < VT_COUNT(group_axis) && !at; k++)
    if (strncmp(group_axis[k].group, array, strlen(group_axis[k].group)) == 0) at = group_axis[k].label;
  for (; at && which > 0; which--) {
    at = strchr(at, ' ');
    if (at) at++;
  }
  if (!at) return NULL;
  (void)snprintf(room, 24, "%.*s", (int)strcspn(at, " "), at);
  return room;
}

vt_status vt__axes_of_row(const vt_row_def *r, int64_t n_tasks, vt_store_dset *d, vt_err *err)
{
  static const char *const wide[] = {[VT_AXIS_SPECIES] = "species", [VT_AXIS_PAIR] = "pairs", [VT_AXIS_ATOM] = "atoms"};
  const vt_array_def *def = &r->def;
  int n = def->n_dim, plain = 0;
  while (n > 0 && def->axis[n - 1] == VT_AXIS_PLAIN && def->dim[n - 1] == 1 && !label_of(def->name, 0, (char[24]){0}))
    n--; /* a single value is no axis */
  d->n_dim = n + 1;
  d->dim[0] = n_tasks;
  d->axis[0] = vt__axis_named("tasks", n_tasks);
  for (int a = 0; a < n; a++) {
    char room[24];
    const int of = def->axis[a];
    const char *label = of == VT_AXIS_PLAIN ? label_of(def->name, plain++, room) : wide[of];
    if (!label) VT_FAIL(err, VT_EBUG, "axis %d of the array '%s' has no name (axes.c)", a, def->name);
    d->dim[a + 1] = def->dim[a];
    d->axis[a + 1] = vt__axis_named(label, def->dim[a]);
    if (of == VT_AXIS_PLAIN && !fixed_of(label))
      (void)snprintf(d->axis[a + 1].scale, sizeof d->axis[a + 1].scale, "/axes/%.*s_%s", (int)strcspn(def->name, "/"),
                     def->name, label);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ the scales in /axes */

static int is_there(const vt_tables *t, const char *path)
{
  for (int k = 0; k < t->n; k++)
    if (strcmp(t->dset[k].path, path) == 0) return 1;
  return 0;
}

static void fixed_scale(vt_tables *t, const vt_store_axis *axis, const fixed_axis *f, int64_t n)
{
  enum { WIDTH = 24 };
  const vt_axes axes = vt__axis(f->label, n);
  if (!f->text) {
    int64_t *v = vt__table_i64(t, axis->scale, f->doc, axes);
    for (int64_t i = 0; v && i < n; i++) v[i] = i;
    return;
  }
  char *text = vt__table_str(t, axis->scale, f->doc, axes, WIDTH);
  for (int64_t i = 0; text && i < n && f->text[i]; i++) vt__table_put(text, i, WIDTH, f->text[i]);
}

/* Positions that a task measured at: of each the first result that has it, results of the longest runs and others. */
static vt_status positions(const vt_campaign *c, const vt_journal *j, const char *array, double *v, int64_t n,
                           vt_err *err)
{
  vt_status rc = VT_OK;
  int64_t have = 0;
  for (int64_t i = 0; i < n; i++) v[i] = NAN;
  for (int i = 0; j && i < c->n_tasks && have < n; i++) {
    vt_array_def def[VT_MAX_ARRAYS];
    vt_plan plan;
    double *values = NULL;
    size_t n_values;
    int n_def;
    if (c->task[i].kind != VT_TASK_MD || !vt_journal_result(j, &c->task[i].uid)) continue;
    VT_TRY(vt_campaign_plan(c, i, &plan, err), err, "plan of row %d", i);
    VT_TRY(vt_replica_layout(&plan, def, VT_MAX_ARRAYS, &n_def, err), err, "layout of row %d", i);
    int a = 0;
    size_t at = 0;
    for (; a < n_def && strcmp(def[a].name, array) != 0; a++) at += vt_array_count(&def[a]);
    if (a == n_def || (int64_t)vt_array_count(&def[a]) <= have) continue;
    VT_TRY_OUT(vt_results_load(j, &plan, NULL, &values, &n_values, err), err, "row %d", i);
    for (; values && have < n && have < (int64_t)vt_array_count(&def[a]); have++) v[have] = values[at + (size_t)have];
    vt_free(values);
  }
out:
  return rc;
}

/* "/axes/msd_lag_ps" of "msd/lag_ps". */
static void grid_scale(vt_tables *t, const vt_campaign *c, const vt_journal *j, const vt_row_def *rows, int n_rows,
                       const vt_store_axis *axis, int64_t n)
{
  char array[64], doc[160];
  (void)snprintf(array, sizeof array, "%.48s", axis->scale + strlen("/axes/"));
  char *cut = strchr(array, '_');
  if (cut) *cut = '/';
  int k = 0;
  while (k < n_rows && strcmp(rows[k].def.name, array) != 0) k++;
  if (k == n_rows) {
    t->rc =
        vt_err_set(t->err, VT_EBUG, __FILE__, __LINE__, "there is no array '%s' for the axis '%s'", array, axis->label);
    return;
  }
  (void)snprintf(doc, sizeof doc, "%.50s, of the longest run; of each task: /obs/%.50s", rows[k].def.doc, array);
  double *v = vt__table_f64(t, axis->scale, rows[k].def.unit, doc, vt__axis(axis->label, n));
  if (!v) return;
  vt_store_dset *d = &t->dset[t->n - 1]; /* the label does not tell the scale */
  d->axis[0] = *axis;
  t->rc = positions(c, j, array, v, n, t->err);
}

static void one_scale(vt_tables *t, const vt_campaign *c, const vt_journal *j, const vt_row_def *rows, int n_rows,
                      const vt_store_dset *d)
{
  for (int a = 0; a < d->n_dim && t->rc == VT_OK; a++) {
    const vt_store_axis axis = d->axis[a];
    if (strncmp(axis.scale, "/axes/", 6) != 0 || is_there(t, axis.scale)) continue;
    const fixed_axis *f = fixed_of(axis.label);
    if (f)
      fixed_scale(t, &axis, f, d->dim[a]);
    else
      grid_scale(t, c, j, rows, n_rows, &axis, d->dim[a]);
  }
}

void vt__tables_axes(vt_tables *t, const vt_campaign *c, const vt_journal *j, const vt_row_def *rows, int n_rows)
{
  const int n = t->n;
  for (int k = 0; k < n_rows && t->rc == VT_OK; k++) {
    vt_store_dset d = {.n_dim = 0};
    t->rc = vt__axes_of_row(&rows[k], c->n_tasks, &d, t->err);
    if (t->rc == VT_OK) one_scale(t, c, j, rows, n_rows, &d);
  }
  for (int k = 0; k < n && t->rc == VT_OK; k++) {
    const vt_store_dset d = t->dset[k];
    one_scale(t, c, j, rows, n_rows, &d);
  }
}
