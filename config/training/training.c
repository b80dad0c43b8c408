/* training.c - a training file: YAML to vt_training.  Every key is a row of one table. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/training/training_impl.h"

enum { MOST_BYTES = 1 << 20 };

typedef vt__training_row row;
typedef vt__training_reader reader;
#define WRONG VT__TRAINING_WRONG

#define AT(member) offsetof(vt_training, member)
static const row rows[] = {
    {"vitrion_train", 0, "", 1, 1, "version of this format: 1", VT__TR_VERSION, 1, 1},
    {"name", AT(name), "", 0, 0, "name of the potential", VT__TR_NAME, 1, 1},
    {"elements", 0, "", 0, 0, "list of elements, in the order of the file that is written", VT__TR_ELEMENTS, 1, 1},
    {"start", AT(start), "", 0, 0,
     "NEP file to begin with (NEP3, NEP4, NEP5); it is cut down to the elements; {seed}: one for each member",
     VT__TR_PATH_IN, 1, 0},
    {"graft", 0, "", 0, 0, "{K: Na}: elements that start does not have begin as copies of one that it has",
     VT__TR_GRAFT, 1, 0},
    {"freeze", AT(freeze), "", 0, 0, "list of what stays: descriptor, network, all_but_last; []", VT__TR_FREEZE, 1, 0},
    {"pull", AT(pull), "", 0, 1e6, "weight of the distance to start; 0", VT__TR_REALS, 1, 0},
    {"output", AT(output), "", 0, 0, "folder for what is written; runs/train/NAME", VT__TR_PATH_OUT, 1, 0},
    {"model", 0, "", 0, 0, "form of a new model (NEP4)", VT__TR_SECTION, 1, 0},
    {"model.cutoff", AT(cutoff), "A", 1, 20, "radial, angular; [6 A, 5 A]", VT__TR_REALS, 2, 0},
    {"model.n_max", AT(n_max), "", 0, 20, "radial, angular; [5, 4]", VT__TR_INTS, 2, 0},
    {"model.basis", AT(basis), "", 0, 20, "radial, angular; [7, 7]", VT__TR_INTS, 2, 0},
    {"model.l_max", AT(l_max), "", 0, 8, "angular order, four-body 222, five-body 1111; [4, 2, 1]", VT__TR_INTS, 3, 0},
    {"model.neurons", AT(neurons), "", 2, 500, "50", VT__TR_INTS, 1, 0},
    {"model.zbl", AT(zbl), "A", 0, 5, "outer cutoff of the repulsion, the inner is half; 0 A: none; 2 A", VT__TR_REALS,
     1, 0},
    {"data", 0, "", 0, 0,
     "list of {files: [...], weight: 1, config_type: {short: 0.3}, elements: {Li: 2}, group: {name: melt, pressure: 0 "
     "GPa, temperature: 500 K}}",
     VT__TR_DATA, 1, 1},
    {"validation", 0, "", 0, 0, "what is held back to choose the best", VT__TR_SECTION, 1, 0},
    {"validation.fraction", AT(fraction), "", 0.001, 0.5, "of the frames; 0.1", VT__TR_REALS, 1, 0},
    {"validation.by", AT(by), "", 0, 0, "trajectory or composition: what is held back whole; trajectory", VT__TR_BY, 1,
     0},
    {"validation.files", AT(validation), "", 0, 0, "instead of a fraction of the data", VT__TR_FILES, 1, 0},
    {"test", 0, "", 0, 0, "what nothing but the report sees", VT__TR_SECTION, 1, 0},
    {"test.files", AT(test), "", 0, 0, "files", VT__TR_FILES, 1, 0},
    {"loss", 0, "", 0, 0, "errors of this size weigh 1", VT__TR_SECTION, 1, 0},
    {"loss.energy", AT(energy), "eV/atom", 0, 10, "10 meV/atom; 0: not part of the loss", VT__TR_REALS, 1, 0},
    {"loss.force", AT(force), "eV/A", 0, 10, "100 meV/A", VT__TR_REALS, 1, 0},
    {"loss.force_relative", AT(force_relative), "", 0, 1,
     "part of an atom's labelled force that adds to its scale; 0.025", VT__TR_REALS, 1, 0},
    {"loss.virial", AT(virial), "eV/atom", 0, 10, "20 meV/atom", VT__TR_REALS, 1, 0},
    {"loss.mean_virial", AT(mean_virial), "eV/atom", 0, 10, "5 meV/atom: mean error of a composition", VT__TR_REALS, 1,
     0},
    {"schedule", 0, "", 0, 0, "how long", VT__TR_SECTION, 1, 0},
    {"schedule.epochs", AT(epochs), "", 0, 100000, "passes over the data; 400", VT__TR_INTS, 1, 0},
    {"schedule.batch", AT(batch), "", 1, 256, "frames of a step; 8", VT__TR_INTS, 1, 0},
    {"schedule.learning_rate", AT(rate), "", 1e-8, 1, "largest; 2e-2 for a new model, 5e-4 from a start", VT__TR_REALS,
     1, 0},
    {"schedule.seed", AT(seed), "", 0, 0, "of first numbers, order of frames, what is held back; 1", VT__TR_SEED, 1, 0},
    {"schedule.seeds", AT(seeds), "", 1, VT_TRAINING_MOST_SEEDS, "models of a committee: seed, seed + 1, ...; 1",
     VT__TR_INTS, 1, 0},
    {"schedule.finish", AT(finish), "", 0, 10000,
     "steps of all data (L-BFGS) behind the epochs; in them mean virials and pressures of groups count; 20",
     VT__TR_INTS, 1, 0},
    {"schedule.early_stop", AT(early_stop), "", 0, 100000,
     "epochs without a better validation after which no more follow; 0: never; 0", VT__TR_INTS, 1, 0},
    {"smoke", 0, "", 0, 0, "test by molecular dynamics when training has ended, or no", VT__TR_SMOKE, 1, 0},
    {"smoke.temperature", AT(smoke_t_k), "K", 1, 10000, "1100 K", VT__TR_REALS, 1, 0},
    {"smoke.duration", AT(smoke_ps), "ps", 0.1, 100000, "20 ps", VT__TR_REALS, 1, 0}};
enum { N_ROWS = sizeof rows / sizeof *rows };
_Static_assert((int)N_ROWS <= (int)VT__TRAINING_ROWS, "a mark for each row");

void vt_training_keys(vt_buf *out)
{
  for (int k = 0; k < N_ROWS; k++)
    vt_buf_printf(out, "  %-24s%s%s\n", rows[k].path, rows[k].needed ? " (required) " : " ", rows[k].doc);
}

static void *member(reader *r, const row *w) { return (char *)r->t + w->at; }

const char *vt__training_scalar(reader *r, const row *w, int node, const char *expected)
{
  if (r->y->node[node].kind == VT__SCALAR && !vt__yaml_is_null(r->y, node)) return vt__yaml_text(r->y, node);
  WRONG(r, node, w, "expected %s", expected);
  return NULL;
}

/* ------------------------------------------------------------------ values */

static int is_inside(reader *r, const row *w, int node, double x)
{
  if (x >= w->lo && x <= w->hi) return 1;
  WRONG(r, node, w, "%.60s is outside %g to %g%s%s", vt__yaml_text(r->y, node), w->lo, w->hi, w->unit[0] ? " " : "",
        w->unit);
  return 0;
}

int vt__training_real(reader *r, const row *w, int node, double *out)
{
  char why[300];
  double x = 0;
  const char *s = vt__training_scalar(r, w, node, "a number");
  if (!s) return 0;
  if (!vt__quantity_parse(s, strlen(s), strcmp(s, "0") == 0 ? "" : w->unit, &x, why, sizeof why)) { /* 0 of anything */
    WRONG(r, node, w, "%s", why);
    return 0;
  }
  if (!is_inside(r, w, node, x)) return 0;
  *out = x;
  return 1;
}

static void read_number(reader *r, const row *w, int node, int k)
{
  int64_t i = 0;
  if (w->kind == VT__TR_REALS) {
    (void)vt__training_real(r, w, node, (double *)member(r, w) + k);
    return;
  }
  const char *s = vt__training_scalar(r, w, node, "a whole number");
  if (!s) return;
  if (!vt_parse_i64(s, strlen(s), &i))
    WRONG(r, node, w, "'%.60s' is not a whole number", s);
  else if (is_inside(r, w, node, (double)i))
    ((int *)member(r, w))[k] = (int)i;
}

static void read_numbers(reader *r, const row *w, int node)
{
  if (w->n == 1) {
    read_number(r, w, node, 0);
    return;
  }
  int n = 0;
  if (r->y->node[node].kind == VT__SEQ)
    for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k))
      if (n++ < w->n) read_number(r, w, k, n - 1);
  if (n != w->n) WRONG(r, node, w, "expected a list of %d numbers", w->n);
}

static void read_seed(reader *r, const row *w, int node)
{
  int64_t x = 0;
  const char *s = vt__training_scalar(r, w, node, "a whole number");
  if (!s) return;
  if (!vt_parse_i64(s, strlen(s), &x) || x < 0)
    WRONG(r, node, w, "'%.60s' is not a whole number from 0 on", s);
  else
    r->t->seed = (uint64_t)x;
}

int vt__training_is_name(const char *s)
{
  int ok = isalnum((unsigned char)s[0]) && strlen(s) < VT_NAME;
  for (const char *c = s; *c; c++) ok = ok && (isalnum((unsigned char)*c) || strchr("._-", *c));
  return ok;
}

static void read_name(reader *r, const row *w, int node)
{
  const char *s = vt__training_scalar(r, w, node, "a name");
  if (!s) return;
  if (vt__training_is_name(s))
    (void)snprintf(member(r, w), VT_NAME, "%s", s);
  else
    WRONG(r, node, w, "'%.70s' is not a name: at most %d letters, digits, '.', '_', '-', the first a letter or digit",
          s, VT_NAME - 1);
}

void vt__training_path(reader *r, const row *w, int node, char out[VT_PATH])
{
  const char *s = vt__training_scalar(r, w, node, "a path");
  if (!s) return;
  const int below = s[0] != '/' && w->kind != VT__TR_PATH_OUT && r->folder[0];
  const int n = snprintf(out, VT_PATH, "%s%s%s", below ? r->folder : "", below ? "/" : "", s);
  if (n < VT_PATH) return;
  out[0] = '\0';
  WRONG(r, node, w, "a path of more than %d characters", VT_PATH - 1);
}

static void read_elements(reader *r, const row *w, int node)
{
  if (r->y->node[node].kind != VT__SEQ) {
    WRONG(r, node, w, "expected a list of elements: [Li, Al, Cl]");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    char symbol[4] = "";
    const char *s = vt__training_scalar(r, w, k, "an element");
    if (!s) continue;
    if (strlen(s) < sizeof symbol) memcpy(symbol, s, strlen(s));
    int twice = 0;
    for (int i = 0; i < r->t->n_elements; i++) twice = twice || strcmp(r->t->element[i], symbol) == 0;
    if (vt_element_z(symbol) == 0)
      WRONG(r, k, w, "'%.20s' is not an element", s);
    else if (twice)
      WRONG(r, k, w, "%s stands twice in this list", symbol);
    else
      memcpy(r->t->element[r->t->n_elements++], symbol, sizeof symbol);
  }
  if (r->t->n_elements == 0) WRONG(r, node, w, "expected at least one element");
}

/* ------------------------------------------------------------------ the tree */

static vt_status read_row(reader *r, const row *w, int node, vt_err *err)
{
  const char *s;
  switch (w->kind) {
  case VT__TR_SECTION:
  case VT__TR_SMOKE:
    return VT_OK;
  case VT__TR_VERSION:
    s = vt__training_scalar(r, w, node, "1");
    if (s && strcmp(s, "1") != 0) WRONG(r, node, w, "'%.60s' is not known, expected 1", s);
    return VT_OK;
  case VT__TR_NAME:
    read_name(r, w, node);
    return VT_OK;
  case VT__TR_PATH_IN:
  case VT__TR_PATH_OUT:
    vt__training_path(r, w, node, member(r, w));
    return VT_OK;
  case VT__TR_ELEMENTS:
    read_elements(r, w, node);
    return VT_OK;
  case VT__TR_INTS:
  case VT__TR_REALS:
    read_numbers(r, w, node);
    return VT_OK;
  case VT__TR_SEED:
    read_seed(r, w, node);
    return VT_OK;
  case VT__TR_DATA:
    return vt__training_read_data(r, w, node, err);
  case VT__TR_FILES:
    return vt__training_read_files(r, w, node, member(r, w), err);
  case VT__TR_BY:
    vt__training_read_by(r, w, node);
    return VT_OK;
  case VT__TR_FREEZE:
    vt__training_read_freeze(r, w, node);
    return VT_OK;
  case VT__TR_GRAFT:
    vt__training_read_graft(r, w, node);
    return VT_OK;
  }
  return VT_OK;
}

static void refuse_key(reader *r, int key, const row *of, const char *path)
{
  char hint[100];
  const char *word = vt__yaml_text(r->y, key);
  vt__nearest near = vt__nearest_to(word);
  for (int k = 0; k < N_ROWS; k++)
    if (vt__path_is_child(rows[k].path, of ? of->path : "")) vt__nearest_offer(&near, vt__path_leaf(rows[k].path));
  vt__nearest_text(&near, hint);
  vt__diag_error(r->d, r->y->node[key].at, path, "no such key%s", hint);
}

/* The row of a key of the file (of NULL) or of a section; NULL after a mistake. */
static const row *row_of(reader *r, int key, const row *of)
{
  char path[96];
  (void)snprintf(path, sizeof path, "%s%s%.60s", of ? of->path : "", of ? "." : "", vt__yaml_text(r->y, key));
  for (int i = 0; i < N_ROWS; i++)
    if (strcmp(rows[i].path, path) == 0) {
      r->mark[i] = r->y->node[key + 1].at;
      return &rows[i];
    }
  refuse_key(r, key, of, path);
  return NULL;
}

static vt_status read_section(reader *r, int node, const row *of, vt_err *err)
{
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, of, "expected a section (%s)", of->doc);
    return VT_OK;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    const row *w = row_of(r, k, of);
    if (w) VT_PASS(read_row(r, w, k + 1, err));
  }
  return VT_OK;
}

/* smoke: no, or a section. */
static vt_status read_smoke(reader *r, int node, const row *of, vt_err *err)
{
  const char *s = r->y->node[node].kind == VT__SCALAR ? vt__yaml_text(r->y, node) : NULL;
  if (!s) return read_section(r, node, of, err);
  if (strcmp(s, "no") != 0 && strcmp(s, "false") != 0)
    WRONG(r, node, of, "'%.60s' is not known, expected {temperature: 1100 K, duration: 20 ps} or no", s);
  r->t->smoke = 0;
  return VT_OK;
}

static vt_status read_file(reader *r, vt_err *err)
{
  for (int k = vt__yaml_first(r->y, 0); k; k = vt__yaml_next(r->y, 0, k)) {
    const row *w = row_of(r, k, NULL);
    if (!w) continue;
    if (w->kind == VT__TR_SECTION)
      VT_PASS(read_section(r, k + 1, w, err));
    else if (w->kind == VT__TR_SMOKE)
      VT_PASS(read_smoke(r, k + 1, w, err));
    else
      VT_PASS(read_row(r, w, k + 1, err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ rules between keys */

static vt__mark mark_of(const reader *r, const char *path)
{
  for (int k = 0; k < N_ROWS; k++)
    if (strcmp(rows[k].path, path) == 0) return r->mark[k];
  return (vt__mark){0, 0};
}

static int is_given(const reader *r, const char *path) { return mark_of(r, path).line > 0; }

static void warn(reader *r, const char *path, const char *text)
{
  vt__diag_warn(r->d, mark_of(r, path), path, "%s", text);
}

static void refuse(reader *r, const char *path, const char *text)
{
  vt__diag_error(r->d, mark_of(r, path), path, "%s", text);
}

/* What needs a model to start from, and what such a model settles. */
static void check_start(reader *r)
{
  const int starts = is_given(r, "start");
  const int all = VT_FREEZE_DESCRIPTOR | VT_FREEZE_NETWORK, last = VT_FREEZE_ALL_BUT_LAST | VT_FREEZE_NETWORK;
  if (starts && is_given(r, "model"))
    warn(r, "model", "not used: a model that begins with another one (start) has its form");
  if (!starts && is_given(r, "graft")) refuse(r, "graft", "there is no start to copy from");
  if (!starts && r->t->pull > 0) refuse(r, "pull", "there is no start to stay near to");
  if ((r->t->freeze & all) == all || (r->t->freeze & last) == last) refuse(r, "freeze", "nothing is left to train");
}

static void check(reader *r)
{
  const vt_training *t = r->t;
  for (int k = 0; k < N_ROWS; k++)
    if (rows[k].needed && r->mark[k].line == 0)
      vt__diag_error(r->d, (vt__mark){0, 0}, rows[k].path, "is missing: %s", rows[k].doc);
  check_start(r);
  vt__training_check_elements(r);
  if (t->cutoff[1] > t->cutoff[0]) refuse(r, "model.cutoff", "the angular cutoff is larger than the radial one");
  if (t->l_max[0] < 1 || (t->l_max[1] != 0 && t->l_max[1] != 2) || t->l_max[2] > 1)
    refuse(r, "model.l_max", "expected an angular order of 1 to 8, then 0 or 2 (222) and 0 or 1 (1111): [4, 2, 1]");
  if (!(t->energy > 0) && !(t->force > 0) && !(t->virial > 0))
    refuse(r, "loss", "nothing is left of it: energy, force and virial are 0");
  if (t->epochs == 0 && t->finish == 0) refuse(r, "schedule", "nothing is done: epochs and finish are 0");
  int groups = 0;
  for (int k = 0; k < t->n_items; k++) groups += t->item[k].group[0] != '\0';
  if (groups > 0 && !(t->mean_virial > 0))
    refuse(r, "loss.mean_virial", "0, but data have a group: its mean pressure is held by this scale");
  if (groups > 0 && t->finish == 0)
    refuse(r, "schedule.finish", "0, but data have a group: its mean pressure is held by the steps of all data");
  if (t->finish == 0 && is_given(r, "loss.mean_virial") && t->mean_virial > 0)
    warn(r, "loss.mean_virial", "not used: it counts in the steps of all data only, and schedule.finish is 0");
}

static vt_status read_text(const char *text, size_t n, const char *folder, vt_training *t, vt_diags *d, vt_err *err)
{
  vt__yaml y;
  *t = (vt_training){.cutoff = {6, 5},
                     .zbl = 2,
                     .n_max = {5, 4},
                     .basis = {7, 7},
                     .l_max = {4, 2, 1},
                     .neurons = 50,
                     .fraction = 0.1,
                     .energy = 0.010,
                     .force = 0.100,
                     .force_relative = 0.025,
                     .virial = 0.020,
                     .mean_virial = 0.005,
                     .epochs = 400,
                     .finish = 20,
                     .batch = 8,
                     .seed = 1,
                     .seeds = 1,
                     .smoke = 1,
                     .smoke_t_k = 1100,
                     .smoke_ps = 20};
  vt_status rc = vt__yaml_parse(&y, text, n, d, err);
  if (rc == VT_OK) {
    reader r = {.t = t, .d = d, .y = &y, .folder = folder};
    if (y.node[0].kind != VT__MAP)
      vt__diag_error(d, y.node[0].at, "", "expected keys and values, as vitrion_train: 1");
    else if ((rc = read_file(&r, err)) == VT_OK)
      check(&r);
  }
  vt__yaml_free(&y);
  if (rc == VT_OK && !t->output[0]) (void)snprintf(t->output, VT_PATH, "runs/train/%s", t->name);
  return rc;
}

vt_status vt_training_load(const char *path, vt_training **out, vt_diags *diags, vt_err *err)
{
  vt_training *t = NULL;
  char *text = NULL, folder[VT_PATH];
  size_t n = 0;
  *out = NULL;
  *diags = (vt_diags){0};
  (void)snprintf(diags->file, sizeof diags->file, "%s", path);
  (void)snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  folder[slash ? slash - folder : 0] = '\0';
  VT_PASS(vt_text_read(path, MOST_BYTES, &text, &n, err));
  vt_status rc = VT_NEW(t, 1, err);
  if (rc == VT_OK) rc = read_text(text, n, folder, t, diags, err);
  vt_free(text);
  vt__diag_sort(diags);
  if (rc == VT_OK && diags->n_errors == 0) {
    *out = t;
    return VT_OK;
  }
  vt_training_free(t);
  if (rc == VT_OK || rc == VT_EPARSE)
    VT_FAIL(err, VT_EPARSE, "%d mistake%s in '%s'", diags->n_errors, diags->n_errors == 1 ? "" : "s", path);
  return rc;
}

void vt_training_start(const vt_training *t, uint64_t seed, char path[VT_PATH])
{
  static const char mark[] = "{seed}";
  const char *at = strstr(t->start, mark);
  if (at)
    (void)snprintf(path, VT_PATH, "%.*s%llu%s", (int)(at - t->start), t->start, (unsigned long long)seed,
                   at + sizeof mark - 1);
  else
    (void)snprintf(path, VT_PATH, "%s", t->start);
}

void vt_training_free(vt_training *t)
{
  if (!t) return;
  vt_free(t->data.f);
  vt_free(t->validation.f);
  vt_free(t->test.f);
  for (int k = 0; k < t->n_items; k++) vt_free(t->item[k].config);
  vt_free(t->item);
  vt_free(t);
}
