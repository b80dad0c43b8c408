/* training.c - a training file: YAML to vt_training.  Every key is a row of one table. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_BYTES = 1 << 20, MOST_FILES = 1000 };

typedef enum kind { SECTION, VERSION, NAME, PATH_IN, PATH_OUT, ELEMENTS, INTS, REALS, SEED, DATA, FILES, BY } kind;

typedef struct row {
  const char *path;
  size_t at;
  const char *unit;
  double lo, hi;
  const char *doc;
  kind kind;
  int n; /* numbers of a list; 1: a plain value */
  int needed;
} row;

#define AT(member) offsetof(vt_training, member)
static const row rows[] = {
    {"vitrion_train", 0, "", 1, 1, "version of this format: 1", VERSION, 1, 1},
    {"name", AT(name), "", 0, 0, "name of the potential", NAME, 1, 1},
    {"elements", 0, "", 0, 0, "list of elements, in the order of the file that is written", ELEMENTS, 1, 1},
    {"start", AT(start), "", 0, 0, "NEP file to begin with; it is cut down to the elements", PATH_IN, 1, 0},
    {"output", AT(output), "", 0, 0, "folder for what is written; runs/train/NAME", PATH_OUT, 1, 0},
    {"model", 0, "", 0, 0, "form of a new model (NEP4)", SECTION, 1, 0},
    {"model.cutoff", AT(cutoff), "A", 1, 20, "radial, angular; [6 A, 5 A]", REALS, 2, 0},
    {"model.n_max", AT(n_max), "", 0, 20, "radial, angular; [5, 4]", INTS, 2, 0},
    {"model.basis", AT(basis), "", 0, 20, "radial, angular; [7, 7]", INTS, 2, 0},
    {"model.l_max", AT(l_max), "", 0, 8, "angular order, four-body 222, five-body 1111; [4, 2, 1]", INTS, 3, 0},
    {"model.neurons", AT(neurons), "", 2, 500, "50", INTS, 1, 0},
    {"model.zbl", AT(zbl), "A", 0, 5, "outer cutoff of the repulsion, the inner is half; 0 A: none; 2 A", REALS, 1, 0},
    {"data", AT(data), "", 0, 0, "list of {files: [...], weight: 1}", DATA, 1, 1},
    {"validation", 0, "", 0, 0, "what is held back to choose the best", SECTION, 1, 0},
    {"validation.fraction", AT(fraction), "", 0.001, 0.5, "of the frames; 0.1", REALS, 1, 0},
    {"validation.by", 0, "", 0, 0, "trajectory", BY, 1, 0},
    {"validation.files", AT(validation), "", 0, 0, "instead of a fraction of the data", FILES, 1, 0},
    {"test", 0, "", 0, 0, "what nothing but the report sees", SECTION, 1, 0},
    {"test.files", AT(test), "", 0, 0, "files", FILES, 1, 0},
    {"loss", 0, "", 0, 0, "errors of this size weigh 1", SECTION, 1, 0},
    {"loss.energy", AT(energy), "eV/atom", 0, 10, "10 meV/atom; 0: not part of the loss", REALS, 1, 0},
    {"loss.force", AT(force), "eV/A", 0, 10, "100 meV/A", REALS, 1, 0},
    {"loss.force_relative", AT(force_relative), "", 0, 1,
     "part of an atom's labelled force that adds to its scale; 0.025", REALS, 1, 0},
    {"loss.virial", AT(virial), "eV/atom", 0, 10, "20 meV/atom", REALS, 1, 0},
    {"loss.mean_virial", AT(mean_virial), "eV/atom", 0, 10, "5 meV/atom: mean error of a composition", REALS, 1, 0},
    {"schedule", 0, "", 0, 0, "how long", SECTION, 1, 0},
    {"schedule.epochs", AT(epochs), "", 1, 100000, "passes over the data; 400", INTS, 1, 0},
    {"schedule.batch", AT(batch), "", 1, 256, "frames of a step; 8", INTS, 1, 0},
    {"schedule.learning_rate", AT(rate), "", 1e-8, 1, "largest; 1e-2 for a new model, 2e-3 from a start", REALS, 1, 0},
    {"schedule.seed", AT(seed), "", 0, 0, "of first numbers, order of frames, what is held back; 1", SEED, 1, 0}};
enum { N_ROWS = sizeof rows / sizeof *rows };

void vt_training_keys(vt_buf *out)
{
  for (int k = 0; k < N_ROWS; k++)
    vt_buf_printf(out, "  %-24s%s%s\n", rows[k].path, rows[k].needed ? " (required) " : " ", rows[k].doc);
}

typedef struct reader {
  vt_training *t;
  vt_diags *d;
  const vt__yaml *y;
  const char *folder;
  char seen[N_ROWS];
} reader;

static void *member(reader *r, const row *w) { return (char *)r->t + w->at; }

#define WRONG(r, which, w, ...) vt__diag_error((r)->d, (r)->y->node[which].at, (w)->path, __VA_ARGS__)

static const char *scalar(reader *r, const row *w, int node, const char *expected)
{
  if (r->y->node[node].kind == VT__SCALAR && !vt__yaml_is_null(r->y, node)) return vt__yaml_text(r->y, node);
  WRONG(r, node, w, "expected %s", expected);
  return NULL;
}

/* ------------------------------------------------------------------ values */

static void read_number(reader *r, const row *w, int node, int k)
{
  char why[300];
  const char *s = scalar(r, w, node, w->kind == INTS ? "a whole number" : "a number");
  if (!s) return;
  double x = 0;
  int64_t i = 0;
  if (w->kind == INTS && !vt_parse_i64(s, strlen(s), &i)) {
    WRONG(r, node, w, "'%.60s' is not a whole number", s);
    return;
  }
  const char *unit = w->kind == REALS && strcmp(s, "0") == 0 ? "" : w->unit; /* 0 of anything */
  if (w->kind == REALS && !vt__quantity_parse(s, strlen(s), unit, &x, why, sizeof why)) {
    WRONG(r, node, w, "%s", why);
    return;
  }
  if (w->kind == INTS) x = (double)i;
  if (x < w->lo || x > w->hi) {
    WRONG(r, node, w, "%.60s is outside %g to %g%s%s", s, w->lo, w->hi, w->unit[0] ? " " : "", w->unit);
    return;
  }
  if (w->kind == INTS)
    ((int *)member(r, w))[k] = (int)i;
  else
    ((double *)member(r, w))[k] = x;
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
  const char *s = scalar(r, w, node, "a whole number");
  if (!s) return;
  if (!vt_parse_i64(s, strlen(s), &x) || x < 0)
    WRONG(r, node, w, "'%.60s' is not a whole number from 0 on", s);
  else
    r->t->seed = (uint64_t)x;
}

static void read_name(reader *r, const row *w, int node)
{
  const char *s = scalar(r, w, node, "a name");
  if (!s) return;
  int ok = isalnum((unsigned char)s[0]) && strlen(s) < VT_NAME;
  for (const char *c = s; *c; c++) ok = ok && (isalnum((unsigned char)*c) || strchr("._-", *c));
  if (ok)
    (void)snprintf(member(r, w), VT_NAME, "%s", s);
  else
    WRONG(r, node, w, "'%.70s' is not a name: at most %d letters, digits, '.', '_', '-', the first a letter or digit",
          s, VT_NAME - 1);
}

static void read_path(reader *r, const row *w, int node, char out[VT_PATH])
{
  const char *s = scalar(r, w, node, "a path");
  if (!s) return;
  const int below = s[0] != '/' && w->kind != PATH_OUT && r->folder[0];
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
    const char *s = scalar(r, w, k, "an element");
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

/* ------------------------------------------------------------------ files */

static vt_status add_files(reader *r, const row *w, int node, double weight, vt_training_files *to, vt_err *err)
{
  const int is_list = r->y->node[node].kind == VT__SEQ;
  for (int k = is_list ? vt__yaml_first(r->y, node) : node; k; k = is_list ? vt__yaml_next(r->y, node, k) : 0) {
    if (to->n == MOST_FILES) {
      WRONG(r, k, w, "more than %d files", MOST_FILES);
      return VT_OK;
    }
    VT_PASS(VT_GROW(to->f, to->n, to->n + 1, err));
    vt_training_file *f = &to->f[to->n];
    f->weight = weight;
    f->line = r->y->node[k].at.line;
    read_path(r, w, k, f->path);
    if (f->path[0]) to->n++;
  }
  return VT_OK;
}

/* One item of data: {files: [...], weight: 1}. */
static vt_status read_item(reader *r, const row *w, int node, vt_err *err)
{
  static const row weight_row = {.path = "data.weight", .kind = REALS};
  int files = 0;
  double weight = 1;
  const vt__yaml *y = r->y;
  if (y->node[node].kind != VT__MAP) {
    WRONG(r, node, w, "expected {files: [...], weight: 1}");
    return VT_OK;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    const char *key = vt__yaml_text(y, k), *s;
    char why[300];
    if (strcmp(key, "files") == 0)
      files = k + 1;
    else if (strcmp(key, "weight") != 0)
      WRONG(r, k, w, "'%.60s' is not a key of an item of data, expected files, weight", key);
    else if ((s = scalar(r, &weight_row, k + 1, "a number")) &&
             (!vt__quantity_parse(s, strlen(s), "", &weight, why, sizeof why) || !(weight > 0) || weight > 1e6))
      WRONG(r, k + 1, &weight_row, "'%.60s' is not a positive number", s);
  }
  if (files) return add_files(r, w, files, weight, &r->t->data, err);
  WRONG(r, node, w, "an item without files");
  return VT_OK;
}

static vt_status read_data(reader *r, const row *w, int node, vt_err *err)
{
  if (r->y->node[node].kind != VT__SEQ) {
    WRONG(r, node, w, "expected a list of {files: [...], weight: 1}");
    return VT_OK;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) VT_PASS(read_item(r, w, k, err));
  return VT_OK;
}

/* ------------------------------------------------------------------ the tree */

static vt_status read_row(reader *r, const row *w, int node, vt_err *err)
{
  const char *s;
  switch (w->kind) {
  case SECTION:
    return VT_OK;
  case VERSION:
    s = scalar(r, w, node, "1");
    if (s && strcmp(s, "1") != 0) WRONG(r, node, w, "'%.60s' is not known, expected 1", s);
    return VT_OK;
  case NAME:
    read_name(r, w, node);
    return VT_OK;
  case PATH_IN:
  case PATH_OUT:
    read_path(r, w, node, member(r, w));
    return VT_OK;
  case ELEMENTS:
    read_elements(r, w, node);
    return VT_OK;
  case INTS:
  case REALS:
    read_numbers(r, w, node);
    return VT_OK;
  case SEED:
    read_seed(r, w, node);
    return VT_OK;
  case DATA:
    return read_data(r, w, node, err);
  case FILES:
    return add_files(r, w, node, 1, member(r, w), err);
  case BY:
    s = scalar(r, w, node, "trajectory");
    if (s && strcmp(s, "trajectory") != 0)
      WRONG(r, node, w,
            "'%.60s' is not known, expected trajectory (frames with the same run=; without it the same "
            "composition, sample, t_k)",
            s);
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
      r->seen[i] = 1;
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

static vt_status read_file(reader *r, vt_err *err)
{
  for (int k = vt__yaml_first(r->y, 0); k; k = vt__yaml_next(r->y, 0, k)) {
    const row *w = row_of(r, k, NULL);
    if (w) VT_PASS(w->kind == SECTION ? read_section(r, k + 1, w, err) : read_row(r, w, k + 1, err));
  }
  return VT_OK;
}

static void check(reader *r)
{
  const vt_training *t = r->t;
  const vt__mark whole = {0, 0};
  int model = 0;
  for (int k = 0; k < N_ROWS; k++) {
    if (rows[k].needed && !r->seen[k]) vt__diag_error(r->d, whole, rows[k].path, "is missing: %s", rows[k].doc);
    model = model || (r->seen[k] && strcmp(rows[k].path, "model") == 0);
  }
  if (model && t->start[0])
    vt__diag_error(r->d, whole, "model", "a model that begins with another one (start) has its form: leave model out");
  if (t->cutoff[1] > t->cutoff[0])
    vt__diag_error(r->d, whole, "model.cutoff", "the angular cutoff is larger than the radial one");
  if (t->l_max[0] < 1) vt__diag_error(r->d, whole, "model.l_max", "expected an angular order of 1 to 8");
  if (!(t->energy > 0) && !(t->force > 0) && !(t->virial > 0))
    vt__diag_error(r->d, whole, "loss", "nothing is left of it: energy, force and virial are 0");
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
                     .batch = 8,
                     .seed = 1};
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

void vt_training_free(vt_training *t)
{
  if (!t) return;
  vt_free(t->data.f);
  vt_free(t->validation.f);
  vt_free(t->test.f);
  vt_free(t);
}
