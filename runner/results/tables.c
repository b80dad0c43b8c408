#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------------------------ building */

vt_axes vt__axis_more(vt_axes axes, const char *name, int64_t n)
{
  axes.axis[axes.n_dim].name = name;
  axes.axis[axes.n_dim++].n = n;
  return axes;
}

vt_axes vt__axis(const char *name, int64_t n) { return vt__axis_more((vt_axes){0}, name, n); }
vt_axes vt__axes_tasks(const vt_campaign *c) { return vt__axis("tasks", c->n_tasks); }
vt_axes vt__axes_comps(const vt_campaign *c) { return vt__axis("compositions", c->n_comp); }

vt_axes vt__axes_groups(const vt_campaign *c) { return vt__axis_more(vt__axes_comps(c), "temperatures", c->n_temp); }

static void *results_tables_add(vt_tables *t, vt_store_type type, const char *path, const char *unit, const char *doc,
                                vt_axes axes, int width)
{
  if (t->rc != VT_OK) return NULL;
  if (t->n == VT_TABLES_MOST) {
    t->rc = vt_err_set(t->err, VT_EBUG, __FILE__, __LINE__, "more than %d tables", VT_TABLES_MOST);
    return NULL;
  }
  vt_store_dset *d = &t->dset[t->n];
  if (strlen(path) >= sizeof d->path || strlen(unit) >= sizeof d->unit || strlen(doc) >= sizeof d->doc) {
    t->rc = vt_err_set(t->err, VT_EBUG, __FILE__, __LINE__, "no room for the description of '%s'", path);
    return NULL;
  }
  size_t size = type == VT_STR ? (size_t)width : sizeof(double), count = 1;
  for (int a = 0; a < axes.n_dim; a++) count *= (size_t)axes.axis[a].n;
  void *p;
  t->rc = vt_calloc64(&p, count, size, t->err);
  if (t->rc != VT_OK) return NULL;
  t->memory[t->n++] = p;
  *d = (vt_store_dset){.type = type, .width = width, .n_dim = axes.n_dim, .table = p};
  for (int a = 0; a < axes.n_dim; a++) {
    d->dim[a] = axes.axis[a].n;
    d->axis[a] = vt__axis_named(axes.axis[a].name, axes.axis[a].n);
  }
  (void)snprintf(d->path, sizeof d->path, "%s", path);
  (void)snprintf(d->unit, sizeof d->unit, "%s", unit);
  (void)snprintf(d->doc, sizeof d->doc, "%s", doc);
  return p;
}

double *vt__table_f64(vt_tables *t, const char *path, const char *unit, const char *doc, vt_axes axes)
{
  return results_tables_add(t, VT_F64, path, unit, doc, axes, 0);
}

int64_t *vt__table_i64(vt_tables *t, const char *path, const char *doc, vt_axes axes)
{
  return results_tables_add(t, VT_I64, path, "1", doc, axes, 0);
}

/* Whole numbers with a unit. */
static int64_t *table_whole(vt_tables *t, const char *path, const char *unit, const char *doc, vt_axes axes)
{
  return results_tables_add(t, VT_I64, path, unit, doc, axes, 0);
}

char *vt__table_str(vt_tables *t, const char *path, const char *doc, vt_axes axes, int width)
{
  return results_tables_add(t, VT_STR, path, "1", doc, axes, width);
}

void vt__table_put(char *table, int64_t i, int width, const char *text)
{
  size_t n = strlen(text), room = (size_t)width - 1;
  char *to = table + i * width;
  /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): without a table vt_tables.rc is set, and nothing is put */
  memcpy(to, text, n < room ? n : room);
}

void vt_tables_free(vt_tables *t)
{
  for (int k = 0; k < t->n; k++) vt_free(t->memory[k]);
}

/* ------------------------------------------------------------------ the campaign */

enum { W_UID = 65, W_WORD = 16, W_ERROR = 512 };

static void species_tables(vt_tables *t, const vt_campaign *c)
{
  const vt_axes species = vt__axis("species", c->n_species);
  const vt_axes pairs = vt__axis("pairs", (int64_t)c->n_species * (c->n_species + 1) / 2);
  char *symbol = vt__table_str(t, "/species/symbol", "element; the rows of every species axis", species, 4);
  int64_t *charge = table_whole(t, "/species/charge", "e", "oxidation number used for sigma", species);
  double *mass = vt__table_f64(t, "/species/mass", "u", "standard atomic mass", species);
  char *pair = vt__table_str(t, "/species/pair", "element pair; the rows of every pair axis", pairs, 8);
  if (t->rc != VT_OK) return;
  for (int s = 0; s < c->n_species; s++) {
    vt__table_put(symbol, s, 4, vt_element_symbol(c->z[s]));
    mass[s] = vt_element_mass(c->z[s]);
    for (int k = 0; k < c->n_comp; k++)
      for (int q = 0; q < c->comp[k].n_species; q++)
        if (c->comp[k].z[q] == c->z[s]) charge[s] = c->comp[k].charge[q];
    for (int u = s; u < c->n_species; u++) {
      char text[8];
      (void)snprintf(text, sizeof text, "%s-%s", vt_element_symbol(c->z[s]), vt_element_symbol(c->z[u]));
      vt__table_put(pair, vt_pair_index(s, u, c->n_species), 8, text);
    }
  }
}

static void composition_tables(vt_tables *t, const vt_campaign *c)
{
  const int64_t n = c->n_comp;
  const vt_axes comps = vt__axes_comps(c);
  char *name = vt__table_str(t, "/compositions/name", "composition", comps, VT_NAME);
  char *formula = vt__table_str(t, "/compositions/formula", "as asked, per metal", comps, VT_NAME);
  char *alkali = vt__table_str(t, "/compositions/alkali", "factor: alkali", comps, VT_NAME);
  char *metal = vt__table_str(t, "/compositions/metal", "factor: metal", comps, VT_NAME);
  char *halogen = vt__table_str(t, "/compositions/halogen", "factor: halogen", comps, VT_NAME);
  double *asked = vt__table_f64(t, "/compositions/halogen_to_oxygen_asked", "1", "asked X/O", comps);
  double *got = vt__table_f64(t, "/compositions/halogen_to_oxygen", "1", "X/O of the cell", comps);
  double *ratio = vt__table_f64(t, "/compositions/alkali_per_metal", "1", "A/M of the cell", comps);
  int64_t *atoms = vt__table_i64(t, "/compositions/n_atoms", "atoms of a cell", comps);
  int64_t *counts = vt__table_i64(t, "/compositions/counts", "atoms of each species in a cell",
                                  vt__axis_more(comps, "species", c->n_species));
  char *own[VT_MAX_LABELS];
  for (int q = 0; q < c->n_factors; q++) {
    char path[VT_NAME + 32];
    (void)snprintf(path, sizeof path, "/compositions/factor_%s", c->factor[q]);
    own[q] = vt__table_str(t, path, "factor of this campaign", comps, VT_NAME);
  }
  if (t->rc != VT_OK) return;
  for (int k = 0; k < n; k++) {
    const vt_comp_asked *a = &c->asked[k];
    vt__table_put(name, k, VT_NAME, c->comp[k].name);
    vt__table_put(formula, k, VT_NAME, a->formula);
    vt__table_put(alkali, k, VT_NAME, a->alkali);
    vt__table_put(metal, k, VT_NAME, a->metal);
    vt__table_put(halogen, k, VT_NAME, a->halogen);
    for (int q = 0; q < c->n_factors; q++) vt__table_put(own[q], k, VT_NAME, a->label[q]);
    asked[k] = a->halogen_to_oxygen;
    got[k] = a->got_halogen_to_oxygen;
    ratio[k] = a->got_alkali_per_metal;
    atoms[k] = c->comp[k].n_atoms;
    for (int s = 0; s < c->n_species; s++)
      for (int q = 0; q < c->comp[k].n_species; q++)
        if (c->comp[k].z[q] == c->z[s]) counts[k * c->n_species + s] = c->comp[k].count[q];
  }
}

/* Columns of /tasks and /timing. */
typedef struct task_columns {
  char *uid, *kind, *status, *error, *host, *build;
  int64_t *done, *comp, *glass, *piece, *needs, *attempt, *half_stage, *failures, *rank, *crashes;
  double *t_k, *ns, *wall;
} task_columns;

static void one_task(vt_tables *t, const task_columns *k, const vt_campaign *c, const vt_journal *j, int i)
{
  const vt_task *task = &c->task[i];
  char hex[65];
  vt_tries tries;
  const vt_rec *done = vt_journal_result(j, &task->uid);
  t->rc = vt_record_tries(j, &task->uid, &tries, t->err);
  if (t->rc != VT_OK) return;
  vt_uid_hex(&task->uid, hex);
  vt__table_put(k->uid, i, W_UID, hex);
  vt__table_put(k->kind, i, W_WORD, task->kind == VT_TASK_GLASS ? "glass" : "md");
  vt__table_put(k->status, i, W_WORD, done ? "done" : tries.failures || tries.crashes ? "failed" : "missing");
  k->done[i] = done != NULL;
  k->comp[i] = task->comp;
  k->glass[i] = task->glass;
  k->piece[i] = task->kind == VT_TASK_MD ? task->piece : 0;
  k->needs[i] = task->needs;
  k->t_k[i] = task->temp >= 0 ? c->t_k[task->temp] : vt_campaign_stop_k(c, task->piece);
  k->attempt[i] = done ? done->attempt : tries.attempt;
  k->half_stage[i] = done ? done->half_stage : tries.half_stage;
  k->failures[i] = tries.failures;
  k->crashes[i] = tries.crashes;
  k->ns[i] = k->wall[i] = NAN;
  k->rank[i] = -1;
  if (done && done->n >= sizeof(vt_result_head)) { /* whoever fills its row checks all of it */
    vt_result_head h;
    t->rc = vt_journal_peek(j, done, &h, sizeof h, t->err);
    if (t->rc != VT_OK) return;
    k->ns[i] = h.ns;
    k->wall[i] = h.wall_s;
    k->rank[i] = h.rank;
    h.host[sizeof h.host - 1] = '\0';
    h.build_id[sizeof h.build_id - 1] = '\0';
    vt__table_put(k->host, i, (int)sizeof h.host, h.host);
    vt__table_put(k->build, i, (int)sizeof h.build_id, h.build_id);
  }
  if (tries.failures) vt__table_put(k->error, i, W_ERROR, vt_err_sentences(tries.last.err.text).s);
}

static void task_tables(vt_tables *t, const vt_campaign *c, const vt_journal *j)
{
  const vt_axes n = vt__axes_tasks(c);
  task_columns k = {
      .uid = vt__table_str(t, "/tasks/uid", "SHA-256 of the task's canonical text", n, W_UID),
      .kind = vt__table_str(t, "/tasks/kind", "glass: pack, melt, quench; md: equilibrate, produce", n, W_WORD),
      .status = vt__table_str(t, "/tasks/status", "done, failed or missing", n, W_WORD),
      .done = vt__table_i64(t, "/tasks/done", "1: there is a result", n),
      .comp = vt__table_i64(t, "/tasks/composition", "row of /compositions", n),
      .glass = vt__table_i64(t, "/tasks/glass", "which independent glass", n),
      .piece = vt__table_i64(t, "/tasks/piece", "which piece of its production, from 1; 0: a glass", n),
      .needs = vt__table_i64(t, "/tasks/needs", "row of the task it starts from, -1: none", n),
      .t_k = vt__table_f64(t, "/tasks/temperature", "K", "md: its temperature; glass: end of the quench", n),
      .attempt = vt__table_i64(t, "/tasks/attempt", "attempt number in the random key", n),
      .half_stage = vt__table_i64(t, "/tasks/half_stage",
                                  "stage that ran with half its time step (1 melt ... 4 produce), 0: none", n),
      .failures = vt__table_i64(t, "/tasks/failures", "failed tries", n),
      .error = vt__table_str(t, "/tasks/error", "error chain of the last failed try", n, W_ERROR),
      .ns = vt__table_f64(t, "/tasks/simulated_time", "ns", "simulated time", n),
      .wall = vt__table_f64(t, "/timing/wall", "s", "wall time of the task (not reproducible)", n),
      .host = vt__table_str(t, "/timing/host", "where it ran (not reproducible)", n, 64),
      .build = vt__table_str(t, "/timing/build", "build that computed it (the same bytes are promised for one build)",
                             n, 48),
      .crashes = vt__table_i64(t, "/timing/crashes", "processes that died while they ran it (not reproducible)", n),
      .rank = vt__table_i64(t, "/timing/rank", "MPI rank that ran it (not reproducible)", n)};
  for (int i = 0; j && i < c->n_tasks && t->rc == VT_OK; i++) one_task(t, &k, c, j, i);
}

void vt_tables_campaign(vt_tables *t, const vt_campaign *c, const vt_journal *j)
{
  task_tables(t, c, j);
  composition_tables(t, c);
  species_tables(t, c);
  char *when = vt__table_str(t, "/timing/assembled", "UTC time at which this file was written (not reproducible)",
                             (vt_axes){0}, 32);
  if (t->rc != VT_OK) return;
  time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc)) (void)strftime(when, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
