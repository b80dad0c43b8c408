/* training_data.c - of a training file: the items of data, and what concerns elements by name. */
#include <stdio.h>
#include <string.h>

#include "config/training/training_impl.h"

enum { MOST_FILES = 1000, MOST_ITEMS = 200, MOST_CONFIG = 200 };
#define WEIGHT_MOST 1e6

typedef vt__training_row row;
typedef vt__training_reader reader;
#define WRONG VT__TRAINING_WRONG

/* ------------------------------------------------------------------ names */

/* The place of a word in a list that NULL ends; -1, and a mistake at `node` that names the list and what is near. */
static int choose(reader *r, const row *w, int node, const char *word, const char *const *list)
{
  char all[200], hint[100];
  size_t used = 0;
  vt__nearest near = vt__nearest_to(word);
  all[0] = '\0';
  for (int k = 0; list[k]; k++) {
    if (strcmp(list[k], word) == 0) return k;
    vt__nearest_offer(&near, list[k]);
    if (used < sizeof all) used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", list[k]);
  }
  vt__nearest_text(&near, hint);
  WRONG(r, node, w, "'%.60s' is not known, expected %s%s", word, all, hint);
  return -1;
}

void vt__training_read_by(reader *r, const row *w, int node)
{
  static const char *const names[] = {[VT_BY_TRAJECTORY] = "trajectory", [VT_BY_COMPOSITION] = "composition", NULL};
  const char *s = vt__training_scalar(r, w, node, "trajectory or composition");
  const int k = s ? choose(r, w, node, s, names) : -1;
  if (k >= 0) r->t->by = k;
}

void vt__training_read_freeze(reader *r, const row *w, int node)
{
  static const char *const names[] = {"descriptor", "network", "all_but_last", NULL};
  const int is_list = r->y->node[node].kind == VT__SEQ;
  for (int k = is_list ? vt__yaml_first(r->y, node) : node; k; k = is_list ? vt__yaml_next(r->y, node, k) : 0) {
    const char *s = vt__training_scalar(r, w, k, "descriptor, network or all_but_last");
    const int at = s ? choose(r, w, k, s, names) : -1;
    if (at >= 0) r->t->freeze |= 1 << at; /* VT_FREEZE_ */
  }
}

/* An element's symbol into out; 0 and a mistake if it is none. */
static int element(reader *r, const row *w, int node, char out[4])
{
  const char *s = vt__training_scalar(r, w, node, "an element");
  if (!s) return 0;
  char symbol[4] = "";
  if (strlen(s) < sizeof symbol) memcpy(symbol, s, strlen(s));
  if (vt_element_z(symbol) == 0) {
    WRONG(r, node, w, "'%.20s' is not an element", s);
    return 0;
  }
  memcpy(out, symbol, sizeof symbol);
  return 1;
}

void vt__training_read_graft(reader *r, const row *w, int node)
{
  vt_training *t = r->t;
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, w, "expected {NEW: NEIGHBOUR}, as {K: Na}");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    vt_training_graft g = {.line = r->y->node[k].at.line, .col = r->y->node[k].at.col};
    const int new_ok = element(r, w, k, g.element), donor_ok = element(r, w, k + 1, g.donor);
    if (!new_ok || !donor_ok) continue;
    if (strcmp(g.element, g.donor) == 0)
      WRONG(r, k + 1, w, "%s cannot be a copy of itself", g.element);
    else if (t->n_graft < VT_TRAINING_ELEMENTS) /* keys are symbols and differ: there are no more */
      t->graft[t->n_graft++] = g;
  }
}

/* ------------------------------------------------------------------ files */

static vt_status add_files(reader *r, const row *w, int node, double weight, int item, vt_training_files *to,
                           vt_err *err)
{
  const int is_list = r->y->node[node].kind == VT__SEQ, before = to->n;
  int seen = 0;
  for (int k = is_list ? vt__yaml_first(r->y, node) : node; k; k = is_list ? vt__yaml_next(r->y, node, k) : 0, seen++) {
    if (to->n == MOST_FILES) {
      WRONG(r, k, w, "more than %d files", MOST_FILES);
      return VT_OK;
    }
    VT_PASS(VT_GROW(to->f, to->n, to->n + 1, err));
    vt_training_file *f = &to->f[to->n];
    *f = (vt_training_file){.weight = weight, .line = r->y->node[k].at.line, .item = item};
    vt__training_path(r, w, k, f->path);
    for (int i = before; i < to->n; i++)
      if (f->path[0] && strcmp(to->f[i].path, f->path) == 0) WRONG(r, k, w, "this file stands twice in the list");
    if (f->path[0]) to->n++;
  }
  if (seen == 0) WRONG(r, node, w, "expected at least one file");
  return VT_OK;
}

vt_status vt__training_read_files(reader *r, const row *w, int node, vt_training_files *to, vt_err *err)
{
  return add_files(r, w, node, 1, -1, to, err);
}

/* ------------------------------------------------------------------ an item of data */

static const row
    weight_row = {.path = "data.weight", .kind = VT__TR_REALS, .lo = 0, .hi = WEIGHT_MOST},
    config_row = {.path = "data.config_type", .kind = VT__TR_REALS, .lo = 0, .hi = WEIGHT_MOST},
    element_row = {.path = "data.elements", .kind = VT__TR_REALS, .lo = 0, .hi = WEIGHT_MOST},
    group_row = {.path = "data.group"},
    pressure_row = {.path = "data.group.pressure", .kind = VT__TR_REALS, .unit = "GPa", .lo = -100, .hi = 1000},
    temperature_row = {.path = "data.group.temperature", .kind = VT__TR_REALS, .unit = "K", .lo = 1, .hi = 10000};

static int weight(reader *r, const row *w, int node, int may_be_zero, double *out)
{
  const char *s = vt__training_scalar(r, w, node, "a number");
  double x;
  char why[300];
  if (!s) return 0;
  if (!vt__quantity_parse(s, strlen(s), "", &x, why, sizeof why) || !(may_be_zero ? x >= 0 : x > 0) || x > w->hi) {
    WRONG(r, node, w, "'%.60s' is not a %s number of at most %g", s, may_be_zero ? "non-negative" : "positive", w->hi);
    return 0;
  }
  *out = x;
  return 1;
}

static vt_status read_config(reader *r, int node, vt_training_item *item, vt_err *err)
{
  const row *w = &config_row;
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, w, "expected {NAME: WEIGHT}, as {short: 0.3}");
    return VT_OK;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    const char *s = vt__yaml_text(r->y, k);
    if (strlen(s) >= VT_NAME || !s[0] || item->n_config == MOST_CONFIG) {
      WRONG(r, k, w, "expected a config_type of at most %d characters, at most %d of them", VT_NAME - 1, MOST_CONFIG);
      continue;
    }
    VT_PASS(VT_GROW(item->config, item->n_config, item->n_config + 1, err));
    vt_training_weight *c = &item->config[item->n_config];
    *c = (vt_training_weight){.line = r->y->node[k].at.line};
    (void)snprintf(c->name, sizeof c->name, "%s", s);
    item->n_config += weight(r, w, k + 1, 0, &c->weight);
  }
  return VT_OK;
}

static void read_element_weights(reader *r, int node, vt_training_item *item)
{
  const row *w = &element_row;
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, w, "expected {ELEMENT: WEIGHT}, as {Li: 2}");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    char symbol[4];
    if (!element(r, w, k, symbol) || !weight(r, w, k + 1, 1, &item->element[vt_element_z(symbol)])) continue;
    item->has_elements = 1;
  }
}

static void read_group(reader *r, int node, vt_training_item *item)
{
  static const char *const names[] = {"name", "pressure", "temperature", NULL};
  const vt__yaml *y = r->y;
  int has_pressure = 0;
  if (y->node[node].kind != VT__MAP) {
    WRONG(r, node, &group_row, "expected {name: melt, pressure: 0 GPa, temperature: 500 K}");
    return;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    const char *s;
    switch (choose(r, &group_row, k, vt__yaml_text(y, k), names)) {
    case 0:
      s = vt__training_scalar(r, &group_row, k + 1, "a name");
      if (s && vt__training_is_name(s))
        (void)snprintf(item->group, sizeof item->group, "%s", s);
      else if (s)
        WRONG(r, k + 1, &group_row, "'%.70s' is not a name: letters, digits, '.', '_', '-'", s);
      break;
    case 1:
      has_pressure = 1;
      (void)vt__training_real(r, &pressure_row, k + 1, &item->pressure);
      break;
    case 2:
      (void)vt__training_real(r, &temperature_row, k + 1, &item->temperature);
      break;
    default:
      break;
    }
  }
  if (!item->group[0]) WRONG(r, node, &group_row, "a group without a name");
  if (!has_pressure) WRONG(r, node, &group_row, "a group without a pressure");
}

/* Items of one group must say the same of it. */
static void check_group(reader *r, int node, const vt_training_item *item)
{
  for (int k = 0; k < r->t->n_items; k++) {
    const vt_training_item *other = &r->t->item[k];
    if (!item->group[0] || strcmp(other->group, item->group) != 0) continue;
    if (other->pressure != item->pressure || other->temperature != item->temperature)
      WRONG(r, node, &group_row, "group '%s' has another pressure or temperature in line %d", item->group, other->line);
    return;
  }
}

/* One item: its node of the files, 0 if there is none. */
static vt_status read_keys(reader *r, const row *w, int node, vt_training_item *item, double *of_all, int *files,
                           vt_err *err)
{
  static const char *const names[] = {"files", "weight", "config_type", "elements", "group", NULL};
  const vt__yaml *y = r->y;
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    switch (choose(r, w, k, vt__yaml_text(y, k), names)) {
    case 0:
      *files = k + 1;
      break;
    case 1:
      (void)weight(r, &weight_row, k + 1, 0, of_all);
      break;
    case 2:
      VT_PASS(read_config(r, k + 1, item, err));
      break;
    case 3:
      read_element_weights(r, k + 1, item);
      break;
    case 4:
      read_group(r, k + 1, item);
      check_group(r, k + 1, item);
      break;
    default:
      break;
    }
  }
  return VT_OK;
}

static vt_status read_item(reader *r, const row *w, int node, vt_err *err)
{
  vt_training *t = r->t;
  int files = 0;
  double of_all = 1;
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, w, "expected {files: [...], weight: 1}");
    return VT_OK;
  }
  if (t->n_items == MOST_ITEMS) {
    WRONG(r, node, w, "more than %d items", MOST_ITEMS);
    return VT_OK;
  }
  VT_PASS(VT_GROW(t->item, t->n_items, t->n_items + 1, err));
  vt_training_item *item = &t->item[t->n_items];
  *item = (vt_training_item){.line = r->y->node[node].at.line, .col = r->y->node[node].at.col};
  for (int z = 0; z < VT_TRAINING_ELEMENTS; z++) item->element[z] = 1;
  const vt_status rc = read_keys(r, w, node, item, &of_all, &files, err);
  t->n_items++; /* now it is freed with the others */
  VT_PASS(rc);
  if (files) return add_files(r, w, files, of_all, t->n_items - 1, &t->data, err);
  WRONG(r, node, w, "an item without files");
  return VT_OK;
}

vt_status vt__training_read_data(reader *r, const row *w, int node, vt_err *err)
{
  int n = 0;
  if (r->y->node[node].kind != VT__SEQ) {
    WRONG(r, node, w, "expected a list of {files: [...], weight: 1}");
    return VT_OK;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k), n++) VT_PASS(read_item(r, w, k, err));
  if (n == 0) WRONG(r, node, w, "expected at least one item");
  return VT_OK;
}

/* ------------------------------------------------------------------ elements */

static int is_trained(const vt_training *t, const char *symbol)
{
  for (int k = 0; k < t->n_elements; k++)
    if (strcmp(t->element[k], symbol) == 0) return 1;
  return 0;
}

void vt__training_check_elements(reader *r)
{
  const vt_training *t = r->t;
  if (t->n_elements == 0) return; /* told */
  for (int k = 0; k < t->n_graft; k++)
    if (!is_trained(t, t->graft[k].element))
      vt__diag_error(r->d, (vt__mark){t->graft[k].line, t->graft[k].col}, "graft", "%s is not one of the elements",
                     t->graft[k].element);
  for (int k = 0; k < t->n_items; k++)
    for (int z = 1; z < VT_TRAINING_ELEMENTS; z++) {
      const char *symbol = vt_element_symbol(z);
      if (symbol && t->item[k].element[z] != 1 && !is_trained(t, symbol))
        vt__diag_error(r->d, (vt__mark){t->item[k].line, t->item[k].col}, element_row.path,
                       "%s is not one of the elements", symbol);
    }
}
