/* The readers of the compositions section. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_VALUES = 2000, MOST_EXCLUDES = 200, MOST_FORMULAS = 20000 };

static vt__mark read_comp_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

/* The elements that may stand for a role: "Li, Na, K". */
static void list_role(char role, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int z = 1; z < VT__N_Z && used < cap; z++)
    if (vt_element_role(z) == role)
      used += (size_t)snprintf(out + used, cap - used, "%s%s", used ? ", " : "", vt_element_symbol(z));
}

/* An element that this program can pack and balance, of the given role (0: any); 0 and a mistake if it is not. */
static int read_element(vt__draft *dr, const char *path, const char *symbol, char role, vt__mark mark)
{
  static const char roles[] = "AMXO";
  static const char *const word[] = {"an alkali metal", "a framework metal", "a halogen", "oxygen"};
  int z = vt_element_z(symbol);
  char list[120];
  if (z && (role ? vt_element_role(z) == role : vt_element_role(z) != '?')) return z;
  if (role) {
    list_role(role, list, sizeof list);
    vt__diag_error(dr->d, mark, path, "'%.40s' is not %s, expected one of %s", symbol,
                   word[strchr(roles, role) - roles], list);
  } else if (z)
    vt__diag_error(dr->d, mark, path, "%s is no element of oxyhalide glasses that this program knows", symbol);
  else
    vt__diag_error(dr->d, mark, path, "'%.40s' is not the symbol of an element", symbol);
  return 0;
}

/* ------------------------------------------------------------------ factors */

static int read_ratio(vt__draft *dr, const vt__row *row, int node, const char *what, vt__q *out)
{
  const char *s = vt__read_scalar(dr, row, node, what);
  if (!s) return 0;
  if (vt__q_parse(s, strlen(s), out) && out->num > 0) return 1;
  vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "'%.60s' is not %s", s, what);
  return 0;
}

/* Shares that sum to one; they are divided by their sum, so that 0.333333333 and 1/3 are the same. */
static void finish_mixture(vt__draft *dr, const vt__row *row, int node, vt__value *v)
{
  const double tolerance = 1e-9;
  vt__q sum = {0, 1};
  int ok = v->n > 0;
  for (int i = 0; i < v->n; i++) ok = ok && vt__q_add(sum, v->share[i], &sum);
  if (ok && fabs(vt__q_f64(sum) - 1) > tolerance) {
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "the shares of this mixture sum to %.10g, expected 1",
                   vt__q_f64(sum));
    return;
  }
  for (int i = 0; i < v->n; i++) ok = ok && vt__q_div(v->share[i], sum, &v->share[i]);
  if (!ok)
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "a mixture of few elements with short shares is expected");
}

static void read_mixture(vt__draft *dr, const vt__row *row, int node, char role, vt__value *v)
{
  const vt__yaml *y = dr->y;
  int before = dr->d->n_errors;
  for (int key = vt__yaml_first(y, node); key; key = vt__yaml_next(y, node, key)) {
    if (v->n == VT_MAX_SPECIES) {
      vt__diag_error(dr->d, read_comp_at(dr, key), row->path, "more than %d elements in a mixture", VT_MAX_SPECIES);
      return;
    }
    int z = read_element(dr, row->path, vt__yaml_text(y, key), role, read_comp_at(dr, key));
    int ok = read_ratio(dr, row, key + 1, "a share above zero such as 0.5 or 1/3", &v->share[v->n]);
    if (!z || !ok) continue;
    v->z_at[v->n] = read_comp_at(dr, key);
    v->z[v->n++] = z;
  }
  if (dr->d->n_errors == before) finish_mixture(dr, row, node, v);
}

static void read_elements(vt__draft *dr, const vt__row *row, int node, vt__value *v)
{
  static const char role[VT__N_FACTORS] = {[VT__ALKALI] = 'A', [VT__METAL] = 'M', [VT__HALOGEN] = 'X'};
  if (dr->y->node[node].kind == VT__MAP) {
    read_mixture(dr, row, node, role[row->at], v);
    return;
  }
  const char *s = vt__read_scalar(dr, row, node, "an element or a mixture");
  int z = s ? read_element(dr, row->path, s, role[row->at], read_comp_at(dr, node)) : 0;
  if (!z) return;
  v->n = 1;
  v->z[0] = z;
  v->z_at[0] = read_comp_at(dr, node);
  v->share[0] = (vt__q){1, 1};
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

/* 1 if `x` now holds the formula of this node. */
static int read_formula(vt__draft *dr, const vt__row *row, int node, vt__include *x)
{
  int offset[VT__N_Z] = {0}, wrong = 0, ok = 1;
  char why[200];
  vt__mark m = read_comp_at(dr, node);
  const char *s = vt__read_scalar(dr, row, node, "a formula such as LiAlCl2.5O0.75");
  if (!s) return 0;
  int quote = dr->y->node[node].quoted; /* the text begins one character after the mark */
  x->at = m;
  if (!vt__formula_parse(s, &x->a, offset, &wrong, why, sizeof why)) {
    vt__diag_error(dr->d, (vt__mark){m.line, m.col + quote + wrong}, row->path, "%s", why);
    return 0;
  }
  for (int i = 0; i < x->a.n; i++) {
    x->z_at[i] = (vt__mark){m.line, m.col + quote + offset[x->a.z[i]]};
    ok = read_element(dr, row->path, vt_element_symbol(x->a.z[i]), 0, x->z_at[i]) && ok;
  }
  return ok;
}

vt_status vt__read_include(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  int n = vt__read_count(dr, row, node, MOST_FORMULAS, "formulas such as LiAlCl2.5O0.75");
  void *p = NULL;
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *dr->include, err), err, "formulas");
  dr->include = p;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k))
    dr->n_include += read_formula(dr, row, k, &dr->include[dr->n_include]);
  return VT_OK;
}

/* ------------------------------------------------------------------ charges */

void vt__read_oxidation(vt__draft *dr, const vt__row *row, int node)
{
  const vt__yaml *y = dr->y;
  if (vt__yaml_is_null(y, node)) return;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, read_comp_at(dr, node), row->path, "expected elements and charges, e.g. {Ta: 5, Nb: 5}");
    return;
  }
  for (int key = vt__yaml_first(y, node); key; key = vt__yaml_next(y, node, key)) {
    int64_t q = 0;
    int z = read_element(dr, row->path, vt__yaml_text(y, key), 0, read_comp_at(dr, key));
    const char *s = vt__read_scalar(dr, row, key + 1, "a charge such as 3 or -1");
    if (!z || !s) continue;
    int sign = strchr("AM", vt_element_role(z)) ? 1 : -1;
    if (!vt_parse_i64(s, strlen(s), &q))
      vt__diag_error(dr->d, read_comp_at(dr, key + 1), row->path, "'%.60s' is not a whole number", s);
    else if (q * sign < 1 || (double)q < row->lo || (double)q > row->hi)
      vt__diag_error(dr->d, read_comp_at(dr, key + 1), row->path, "%lld is not a charge of %s, expected %s",
                     (long long)q, vt_element_symbol(z), sign > 0 ? "1 to 8" : "-8 to -1");
    else
      dr->charge[z] = (int)q;
  }
}

void vt__draft_free(vt__draft *dr)
{
  for (int k = 0; k < VT__N_FACTORS; k++) vt_free(dr->grid[k].v);
  for (int i = 0; i < dr->n_exclude; i++)
    for (int k = 0; k < VT__N_FACTORS; k++) vt_free(dr->exclude[i].f[k].v);
  vt_free(dr->exclude);
  vt_free(dr->include);
}
