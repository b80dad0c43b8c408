/* The readers of the compositions section. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_VALUES = 2000, MOST_EXCLUDES = 200, MOST_FORMULAS = 20000 };

static vt__mark read_comp_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

/* What an element is by the table, or as stated. */
static int role_of(const vt__draft *dr, int z)
{
  return dr->c->ion[z].role ? dr->c->ion[z].role : vt_ion_role(z, dr->charge[z]);
}

/* The elements that may stand for a role: "Li, Na, K", of many the first. */
static void list_role(const vt__draft *dr, int roles, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int classic = 1; classic >= 0; classic--)
    for (int z = 1; z < VT_N_ELEMENTS && used + 8 < cap; z++)
      if (role_of(dr, z) & roles && vt_element_is_classic(z) == classic)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? ", " : "", vt_element_symbol(z));
}

int vt__read_element(vt__draft *dr, const char *path, const char *symbol, int roles, vt__mark mark)
{
  int z = vt_element_z(symbol);
  char list[120];
  if (z && (roles ? role_of(dr, z) & roles : role_of(dr, z) || dr->charge[z])) return z;
  if (roles) {
    list_role(dr, roles, list, sizeof list);
    vt__diag_error(dr->d, mark, path, "'%.40s' is not %s, expected one of %s", symbol,
                   roles == VT_ROLE_MOBILE    ? "an alkali metal"
                   : roles == VT_ROLE_NETWORK ? "a framework metal"
                                              : "a halogen",
                   list);
  } else if (z)
    vt__diag_error(dr->d, mark, path,
                   "%s forms no ion that this program knows: state its charge, role and radius under "
                   "`elements`",
                   symbol);
  else
    vt__diag_error(dr->d, mark, path, "'%.40s' is not the symbol of an element%s", symbol,
                   strpbrk(symbol, "0123456789") ? "; a mixture is written with shares: {Li: 0.5, Na: 0.5}" : "");
  return 0;
}

/* ------------------------------------------------------------------ factors */

static int read_ratio(vt__draft *dr, const vt__row *row, int node, const char *what, vt_q *out)
{
  const char *s = vt__read_scalar(dr, row, node, what);
  if (!s) return 0;
  if (vt_q_parse(s, strlen(s), out) && out->num > 0) return 1;
  vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "'%.60s' is not %s", s, what);
  return 0;
}

/* Shares that sum to one; they are divided by their sum, so that 0.333333333 and 1/3 are the same. */
static void finish_mixture(vt__draft *dr, const vt__row *row, int node, vt__value *v)
{
  const double tolerance = 1e-9;
  vt_q sum = {0, 1};
  int ok = v->n > 0;
  for (int i = 0; i < v->n; i++) ok = ok && vt_q_add(sum, v->share[i], &sum);
  if (ok && fabs(vt_q_f64(sum) - 1) > tolerance) {
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "the shares of this mixture sum to %.10g, expected 1",
                   vt_q_f64(sum));
    return;
  }
  for (int i = 0; i < v->n; i++) ok = ok && vt_q_div(v->share[i], sum, &v->share[i]);
  if (!ok)
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "a mixture of few elements with short shares is expected");
}

static void read_mixture(vt__draft *dr, const vt__row *row, int node, int role, vt__value *v)
{
  const vt__yaml *y = dr->y;
  int before = dr->d->n_errors;
  for (int key = vt__yaml_first(y, node); key; key = vt__yaml_next(y, node, key)) {
    if (v->n == VT_MAX_SPECIES) {
      vt__diag_error(dr->d, read_comp_at(dr, key), row->path, "more than %d elements in a mixture", VT_MAX_SPECIES);
      return;
    }
    int z = vt__read_element(dr, row->path, vt__yaml_text(y, key), role, read_comp_at(dr, key));
    int ok = read_ratio(dr, row, key + 1, "a share above zero such as 0.5 or 1/3", &v->share[v->n]);
    if (!z || !ok) continue;
    v->z_at[v->n] = read_comp_at(dr, key);
    v->z[v->n++] = z;
  }
  if (dr->d->n_errors == before) finish_mixture(dr, row, node, v);
}

static void read_elements(vt__draft *dr, const vt__row *row, int node, vt__value *v)
{
  static const int role[VT__N_FACTORS + 1] = {
      [VT__ALKALI] = VT_ROLE_MOBILE, [VT__METAL] = VT_ROLE_NETWORK, [VT__HALOGEN] = VT_ROLE_ANION};
  if (dr->y->node[node].kind == VT__MAP) {
    read_mixture(dr, row, node, role[row->at], v);
    return;
  }
  const char *s = vt__read_scalar(dr, row, node, "an element or a mixture");
  int z = s ? vt__read_element(dr, row->path, s, role[row->at], read_comp_at(dr, node)) : 0;
  if (!z) return;
  v->n = 1;
  v->z[0] = z;
  v->z_at[0] = read_comp_at(dr, node);
  v->share[0] = (vt_q){1, 1};
}

static int is_word(const vt__yaml *y, int node, const char *word)
{
  return y->node[node].kind == VT__SCALAR && strcmp(vt__yaml_text(y, node), word) == 0;
}

static void read_one(vt__draft *dr, const vt__row *row, int node, vt__value *v)
{
  *v = (vt__value){.at = read_comp_at(dr, node), .number = {1, 1}};
  if (row->type == VT__T_ELEMENTS)
    read_elements(dr, row, node, v);
  else if (row->at == VT__RATIO && is_word(dr->y, node, "halogen_only"))
    v->halogen_only = 1;
  else
    (void)read_ratio(dr, row, node,
                     row->at == VT__RATIO ? "a ratio above zero such as 4, 10/3, 2.5/0.75 or halogen_only"
                                          : "a ratio above zero such as 1, 0.5 or 1/3",
                     &v->number);
}

/* One value stands for a list of one. A value that is wrong empties the factor: nothing is expanded from it. */
vt_status vt__read_factor(vt__draft *dr, const vt__row *row, int node, vt__factor *f, vt_err *err)
{
  int is_list = dr->y->node[node].kind == VT__SEQ, before = dr->d->n_errors;
  int n = is_list ? vt__read_count(dr, row, node, MOST_VALUES, "values") : 1;
  void *p = NULL;
  vt_free(f->v);
  *f = (vt__factor){0};
  if (n == 0) vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "the list is empty");
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *f->v, err), err, "values of '%s'", row->path);
  f->v = p;
  if (!is_list)
    read_one(dr, row, node, &f->v[0]);
  else
    for (int k = vt__yaml_first(dr->y, node), i = 0; k; k = vt__yaml_next(dr->y, node, k))
      read_one(dr, row, k, &f->v[i++]);
  f->n = dr->d->n_errors == before ? n : 0;
  return VT_OK;
}

/* ------------------------------------------------------------------ exclusions */

static const vt__row *row_of_factor(const char *name)
{
  char path[96];
  (void)snprintf(path, sizeof path, "compositions.grid.%.60s", name);
  return vt__row_find(path);
}

static vt_status read_one_exclude(vt__draft *dr, const vt__row *row, int node, vt__exclude *x, vt_err *err)
{
  const vt__yaml *y = dr->y;
  x->at = read_comp_at(dr, node);
  if (y->node[node].kind != VT__MAP || !vt__yaml_first(y, node)) {
    vt__diag_error(dr->d, x->at, row->path, "expected factors and values, e.g. {metal: Al, halogen_to_oxygen: 6}");
    return VT_OK;
  }
  for (int key = vt__yaml_first(y, node); key; key = vt__yaml_next(y, node, key)) {
    const vt__row *factor = row_of_factor(vt__yaml_text(y, key));
    if (!factor) {
      vt__nearest near = vt__nearest_to(vt__yaml_text(y, key));
      char hint[100];
      for (int i = 0; i < vt__n_rows; i++)
        if (vt__path_is_child(vt__rows[i].path, "compositions.grid"))
          vt__nearest_offer(&near, vt__path_leaf(vt__rows[i].path));
      vt__nearest_text(&near, hint);
      vt__diag_error(dr->d, read_comp_at(dr, key), row->path, "unknown key '%.60s'%s", vt__yaml_text(y, key), hint);
      continue;
    }
    vt__row value = *factor;
    value.path = row->path;
    VT_PASS(vt__read_factor(dr, &value, key + 1, &x->f[factor->at], err));
  }
  return VT_OK;
}

vt_status vt__read_exclude(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  int n = vt__read_count(dr, row, node, MOST_EXCLUDES, "grid points to leave out");
  void *p = NULL;
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *dr->exclude, err), err, "exclusions");
  dr->exclude = p;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k))
    VT_PASS(read_one_exclude(dr, row, k, &dr->exclude[dr->n_exclude++], err));
  return VT_OK;
}

/* ------------------------------------------------------------------ formulas */

int vt__read_formula(vt__draft *dr, const char *path, const char *s, vt__mark m, vt_amounts *a,
                     vt__mark z_at[VT_MAX_SPECIES])
{
  int offset[VT_N_ELEMENTS] = {0}, wrong = 0, ok = 1;
  char why[200];
  if (!vt_formula_parse(s, a, offset, &wrong, why, sizeof why)) {
    vt__diag_error(dr->d, (vt__mark){m.line, m.col + wrong}, path, "%s", why);
    return 0;
  }
  for (int i = 0; i < a->n; i++) {
    z_at[i] = (vt__mark){m.line, m.col + offset[a->z[i]]};
    ok = vt__read_element(dr, path, vt_element_symbol(a->z[i]), 0, z_at[i]) && ok;
  }
  return ok;
}

/* {Fe: 2}: of this formula alone. */
static void read_formula_charges(vt__draft *dr, const vt__row *row, int node, vt__include *x)
{
  const vt__yaml *y = dr->y;
  for (int k = y->node[node].kind == VT__MAP ? vt__yaml_first(y, node) : 0; k; k = vt__yaml_next(y, node, k)) {
    const int z = vt__read_element(dr, row->path, vt__yaml_text(y, k), 0, read_comp_at(dr, k));
    int i = 0;
    while (i < x->a.n && x->a.z[i] != z) i++;
    if (z && i == x->a.n)
      vt__diag_error(dr->d, read_comp_at(dr, k), row->path, "the formula has no %s", vt_element_symbol(z));
    else if (z)
      x->charge[i] = vt__read_charge(dr, row, k + 1, z);
  }
}

/* {formula: LiFePO4, charges: {Fe: 2}, factors: {family: olivine}}; returns the node of the formula, 0: wrong. */
static int read_formula_map(vt__draft *dr, const vt__row *row, int node)
{
  const vt__yaml *y = dr->y;
  static const char *const key[] = {"formula", "charges", "factors"};
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    int i = 0;
    while (i < 3 && strcmp(vt__yaml_text(y, k), key[i]) != 0) i++;
    if (i == 3)
      vt__diag_error(dr->d, read_comp_at(dr, k), row->path, "unknown key '%.60s' (there are formula, charges, factors)",
                     vt__yaml_text(y, k));
    else if (i > 0 && y->node[k + 1].kind != VT__MAP)
      vt__diag_error(dr->d, read_comp_at(dr, k + 1), row->path, "expected names and values in braces");
  }
  if (!vt__yaml_value(y, node, "formula"))
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "expected a formula, e.g. {formula: LiFePO4}");
  return vt__yaml_value(y, node, "formula");
}

/* 1 if `x` now holds the formula of this node. */
static int read_include_item(vt__draft *dr, const vt__row *row, int node, vt__include *x)
{
  const vt__yaml *y = dr->y;
  const int is_map = y->node[node].kind == VT__MAP, at = is_map ? read_formula_map(dr, row, node) : node;
  const char *s = at ? vt__read_scalar(dr, row, at, "a formula such as LiAlCl2.5O0.75") : NULL;
  if (!s) return 0;
  x->at = read_comp_at(dr, at);
  const vt__mark first = {x->at.line, x->at.col + y->node[at].quoted}; /* the text begins behind the quotation mark */
  if (!vt__read_formula(dr, row->path, s, first, &x->a, x->z_at)) return 0;
  const int charges = vt__yaml_value(y, node, "charges"), factors = vt__yaml_value(y, node, "factors");
  if (charges) read_formula_charges(dr, row, charges, x);
  for (int k = factors && y->node[factors].kind == VT__MAP ? vt__yaml_first(y, factors) : 0; k;
       k = vt__yaml_next(y, factors, k)) {
    const char *text = vt__read_scalar(dr, row, k + 1, "a word");
    if (text) vt__labels_put(dr, row->path, read_comp_at(dr, k), &x->labels, vt__yaml_text(y, k), text);
  }
  return 1;
}

vt_status vt__read_include(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  int n = vt__read_count(dr, row, node, MOST_FORMULAS, "formulas such as LiAlCl2.5O0.75");
  void *p = NULL;
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *dr->include, err), err, "formulas");
  dr->include = p;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k))
    dr->n_include += read_include_item(dr, row, k, &dr->include[dr->n_include]);
  return VT_OK;
}

/* ------------------------------------------------------------------ structures */

enum { MOST_STRUCTURES = 200, MOST_COPIES = 64 };

static const char *const key_of_structure[] = {"file",  "name",    "supercell", "start",
                                               "types", "factors", "sha256",    "cell"};
enum { N_KEYS = (int)(sizeof key_of_structure / sizeof *key_of_structure) };

static const vt__choice starts[] = {
    {"melt", VT_START_MELT}, {"quench", VT_START_QUENCH}, {"equilibrate", VT_START_EQUILIBRATE}, {NULL, 0}};

/* Each key is one of these, and those that are needed are there. */
static int check_keys(vt__draft *dr, const vt__row *row, int node)
{
  const vt__yaml *y = dr->y;
  const int before = dr->d->n_errors;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(
        dr->d, read_comp_at(dr, node), row->path,
        "expected a file and a name, e.g. {file: LiAlCl4.poscar, name: LiAlCl4-crystal, start: equilibrate}");
    return 0;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    vt__nearest near = vt__nearest_to(vt__yaml_text(y, k));
    char hint[100];
    int i = 0;
    while (i < N_KEYS && strcmp(vt__yaml_text(y, k), key_of_structure[i]) != 0) i++;
    if (i < N_KEYS) continue;
    for (i = 0; i < N_KEYS; i++) vt__nearest_offer(&near, key_of_structure[i]);
    vt__nearest_text(&near, hint);
    vt__diag_error(dr->d, read_comp_at(dr, k), row->path, "unknown key '%.60s'%s", vt__yaml_text(y, k), hint);
  }
  for (int i = 0; i < 4; i++)
    if (i != 2 && !vt__yaml_value(y, node, key_of_structure[i]))
      vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "a structure needs its %s%s", key_of_structure[i],
                     i == 3 ? ": melt, quench or equilibrate" : "");
  return dr->d->n_errors == before;
}

/* [3, 2, 2] */
static void read_supercell(vt__draft *dr, const vt__row *row, int node, int32_t out[3])
{
  int i = 0;
  out[0] = out[1] = out[2] = 1;
  if (!node) return;
  if (vt__read_count(dr, row, node, 3, "three numbers of copies such as [3, 2, 2]") < 0) return;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    const char *s = vt__read_scalar(dr, row, k, "a number of copies");
    int64_t n;
    if (!s) return;
    if (!vt_parse_i64(s, strlen(s), &n) || n < 1 || n > MOST_COPIES) {
      vt__diag_error(dr->d, read_comp_at(dr, k), row->path, "'%.40s': expected 1 to %d copies", s, MOST_COPIES);
      return;
    }
    out[i++] = (int32_t)n;
  }
  if (i < 3) vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "%d numbers, expected three: [3, 2, 2]", i);
}

static void read_start(vt__draft *dr, const vt__row *row, int node, int32_t *out)
{
  const char *s = vt__read_scalar(dr, row, node, "melt, quench or equilibrate");
  if (!s) return;
  vt__nearest near = vt__nearest_to(s);
  char hint[100];
  for (const vt__choice *c = starts; c->name; c++) {
    if (strcmp(s, c->name) == 0) *out = c->value;
    vt__nearest_offer(&near, c->name);
  }
  vt__nearest_text(&near, hint);
  if (!*out)
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "'%.40s', expected melt, quench or equilibrate%s", s,
                   hint);
}

static void read_types(vt__draft *dr, const vt__row *row, int node, vt_campaign_structure *s)
{
  if (!node || vt__read_count(dr, row, node, VT_STRUCTURE_TYPES, "elements such as [Li, Al, Cl]") < 0) return;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    const char *symbol = vt__read_scalar(dr, row, k, "an element");
    const int z = symbol ? vt__read_element(dr, row->path, symbol, 0, read_comp_at(dr, k)) : 0;
    if (z) s->type_z[s->n_types++] = z;
  }
}

static void read_text(vt__draft *dr, const vt__row *row, int node, char *out, size_t cap, const char *what)
{
  const char *s = node ? vt__read_scalar(dr, row, node, what) : NULL;
  if (s && snprintf(out, cap, "%s", s) >= (int)cap)
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "more than %zu characters", cap - 1);
}

/* Letters, digits, '.', '_' and '-': it names files. */
static void check_name(vt__draft *dr, const vt__row *row, int node, const char *name)
{
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!name[0] || name[0] == '.' || strspn(name, allowed) != strlen(name))
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path,
                   "the name '%.60s': expected letters, digits, '.', '_' and '-', not beginning with '.'", name);
}

static int read_structure(vt__draft *dr, const vt__row *row, int node, vt__structure *x)
{
  const vt__yaml *y = dr->y;
  const int before = dr->d->n_errors;
  *x = (vt__structure){0}; /* one before it that was refused stood here */
  if (!check_keys(dr, row, node)) return 0;
  const int file = vt__yaml_value(y, node, "file"), name = vt__yaml_value(y, node, "name");
  x->at = read_comp_at(dr, node);
  x->file_at = read_comp_at(dr, file);
  read_text(dr, row, file, x->s.file, sizeof x->s.file, "a file");
  read_text(dr, row, name, x->s.name, sizeof x->s.name, "a name");
  check_name(dr, row, name, x->s.name);
  read_supercell(dr, row, vt__yaml_value(y, node, "supercell"), x->s.supercell);
  read_start(dr, row, vt__yaml_value(y, node, "start"), &x->s.start);
  read_types(dr, row, vt__yaml_value(y, node, "types"), &x->s);
  if (vt__yaml_value(y, node, "sha256")) vt__read_sha256(dr, row, vt__yaml_value(y, node, "sha256"), x->sha256);
  read_text(dr, row, vt__yaml_value(y, node, "cell"), x->s.cell, sizeof x->s.cell, "elements and numbers");
  const int factors = vt__yaml_value(y, node, "factors");
  if (factors && y->node[factors].kind != VT__MAP)
    vt__diag_error(dr->d, read_comp_at(dr, factors), row->path, "expected names and values, e.g. {form: crystal}");
  for (int k = factors && y->node[factors].kind == VT__MAP ? vt__yaml_first(y, factors) : 0; k;
       k = vt__yaml_next(y, factors, k)) {
    const char *text = vt__read_scalar(dr, row, k + 1, "a word");
    if (text) vt__labels_put(dr, row->path, read_comp_at(dr, k), &x->labels, vt__yaml_text(y, k), text);
  }
  return dr->d->n_errors == before;
}

vt_status vt__read_structures(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  const int n =
      vt__read_count(dr, row, node, MOST_STRUCTURES, "structures, e.g. {file: a.poscar, name: a, start: melt}");
  void *p = NULL;
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *dr->structure, err), err, "structures");
  dr->structure = p;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k))
    dr->n_structures += read_structure(dr, row, k, &dr->structure[dr->n_structures]);
  return VT_OK;
}

/* ------------------------------------------------------------------ charges */

int vt__read_charge(vt__draft *dr, const vt__row *row, int node, int z)
{
  enum { MOST = 8 };
  int64_t q = 0;
  const char *s = vt__read_scalar(dr, row, node, "a charge such as 3 or -1");
  const int sign = row->type == VT__T_IONS || !vt_element_is_classic(z) || dr->c->ion[z].role ? 0
                   : vt_element_charge(z) > 0                                                 ? 1
                                                                                              : -1;
  if (!s) return 0;
  if (!vt_parse_i64(s, strlen(s), &q))
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "'%.60s' is not a whole number", s);
  else if (q == 0 || q * sign < 0 || q < -MOST || q > MOST)
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "%lld is not a charge of %s, expected %s", (long long)q,
                   vt_element_symbol(z),
                   sign > 0   ? "1 to 8"
                   : sign < 0 ? "-8 to -1"
                              : "-8 to -1 or 1 to 8");
  else
    return (int)q;
  return 0;
}

void vt__read_oxidation(vt__draft *dr, const vt__row *row, int node)
{
  const vt__yaml *y = dr->y;
  if (vt__yaml_is_null(y, node)) return;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "expected elements and charges, e.g. {Ta: 5, Nb: 5}");
    return;
  }
  for (int key = vt__yaml_first(y, node); key; key = vt__yaml_next(y, node, key)) {
    int z = vt__read_element(dr, row->path, vt__yaml_text(y, key), 0, read_comp_at(dr, key));
    int q = z ? vt__read_charge(dr, row, key + 1, z) : 0;
    if (q && dr->c->ion[z].charge && q != dr->c->ion[z].charge)
      vt__diag_error(dr->d, read_comp_at(dr, key + 1), row->path, "%s has %+d here and %+d under elements",
                     vt_element_symbol(z), q, (int)dr->c->ion[z].charge);
    else if (q) {
      dr->charge[z] = q;
      dr->stated[z] = 1;
    }
  }
}

void vt__draft_free(vt__draft *dr)
{
  for (int k = 0; k < VT__N_FACTORS; k++) vt_free(dr->grid[k].v);
  for (int i = 0; i < dr->n_exclude; i++)
    for (int k = 0; k < VT__N_FACTORS; k++) vt_free(dr->exclude[i].f[k].v);
  for (int k = 0; k < VT_MAX_LABELS; k++) {
    vt_free(dr->form.value[k].v);
    for (int i = 0; i < dr->form.n_exclude; i++) vt_free(dr->form.exclude[i].f[k].v);
  }
  vt_free(dr->form.exclude);
  vt_free(dr->exclude);
  vt_free(dr->include);
  for (int i = 0; i < dr->n_structures; i++) vt_free(dr->structure[i].s.frame);
  vt_free(dr->structure);
  vt_free(dr->duration);
}
