/* Tree and rows -> draft.  A value that is wrong leaves the default in its place, so that one mistake gives one
 * message. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

static vt__mark config_read_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

/* ------------------------------------------------------------------ scalars */

static void read_integer(vt__draft *dr, const vt__row *row, int node, int64_t lo, int64_t hi, int64_t *out)
{
  int64_t x = 0;
  const char *s = vt__read_scalar(dr, row, node, "a whole number");
  if (!s) return;
  if (!vt_parse_i64(s, strlen(s), &x))
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "'%.60s' is not a whole number", s);
  else if (lo == hi && x != lo)
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "'%.60s' is not known, expected %lld", s, (long long)lo);
  else if (x < lo || x > hi)
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "%lld is outside %lld to %lld", (long long)x,
                   (long long)lo, (long long)hi);
  else
    *out = x;
}

static void read_seed(vt__draft *dr, const vt__row *row, int node, uint64_t *out)
{
  int64_t x = (int64_t)*out; /* fits: it was read so */
  read_integer(dr, row, node, 0, INT64_MAX, &x);
  *out = (uint64_t)x;
}

static void refuse_outside(vt__draft *dr, const vt__row *row, int node, const char *text)
{
  const char *space = row->unit[0] ? " " : "";
  vt__diag_error(dr->d, config_read_at(dr, node), row->path, "%.60s is outside %.10g%s%s to %.10g%s%s", text, row->lo,
                 space, row->unit, row->hi, space, row->unit);
}

void vt__read_quantity(vt__draft *dr, const vt__row *row, int node, double *out)
{
  char why[300];
  double x = 0;
  const char *s = vt__read_scalar(dr, row, node, row->unit[0] ? "a number with its unit" : "a number");
  if (!s) return;
  if (!vt__quantity_parse(s, strlen(s), row->unit, &x, why, sizeof why))
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "%s", why);
  else if (x < row->lo || x > row->hi)
    refuse_outside(dr, row, node, s);
  else
    *out = x;
}

/* A name becomes part of paths. */
static void read_name(vt__draft *dr, const vt__row *row, int node, char *out)
{
  const char *s = vt__read_scalar(dr, row, node, "a name");
  if (!s) return;
  int ok = isalnum((unsigned char)s[0]) && strlen(s) < VT_NAME;
  for (const char *c = s; *c; c++) ok = ok && (isalnum((unsigned char)*c) || strchr("._-", *c));
  if (ok)
    (void)snprintf(out, VT_NAME, "%s", s);
  else
    vt__diag_error(dr->d, config_read_at(dr, node), row->path,
                   "'%.70s' is not a name: at most %d letters, digits, '.', '_', '-', the first a letter or digit", s,
                   VT_NAME - 1);
}

static void read_path(vt__draft *dr, const vt__row *row, int node, char *out)
{
  int may_be_empty = row->def && strcmp(row->def, "''") == 0;
  if (may_be_empty && vt__yaml_is_null(dr->y, node)) return;
  const char *s = vt__read_scalar(dr, row, node, "a path");
  if (!s) return;
  if (strlen(s) < VT_PATH)
    (void)snprintf(out, VT_PATH, "%s", s);
  else
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "a path of more than %d characters", VT_PATH - 1);
}

void vt__read_sha256(vt__draft *dr, const vt__row *row, int node, char out[65])
{
  const char *s = vt__read_scalar(dr, row, node, "64 hexadecimal digits");
  if (!s || !s[0]) return;
  if (strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64)
    memcpy(out, s, 65);
  else
    vt__diag_error(dr->d, config_read_at(dr, node), row->path,
                   "expected the 64 hexadecimal digits that sha256sum prints, found '%.80s'", s);
}

static void refuse_choice(vt__draft *dr, const vt__row *row, int node, const char *word, const vt__nearest *near)
{
  char list[200], hint[100];
  vt__row_choices(row, dr->env, list, sizeof list);
  vt__nearest_text(near, hint);
  vt__diag_error(dr->d, config_read_at(dr, node), row->path, "'%.60s' is not one of %s%s (%s)", word, list, hint,
                 row->doc);
}

static void read_choice(vt__draft *dr, const vt__row *row, int node, int32_t *out)
{
  const char *s = vt__read_scalar(dr, row, node, "a word");
  if (!s) return;
  vt__nearest near = vt__nearest_to(s);
  for (const vt__choice *c = row->choice; c->name; c++) {
    if (strcmp(c->name, s) == 0) {
      *out = c->value;
      return;
    }
    vt__nearest_offer(&near, c->name);
  }
  refuse_choice(dr, row, node, s, &near);
}

static void read_pot_kind(vt__draft *dr, const vt__row *row, int node, char *out, size_t cap)
{
  const char *s = vt__read_scalar(dr, row, node, "a word");
  if (!s) return;
  vt__nearest near = vt__nearest_to(s);
  for (int i = 0; dr->env->pot_kinds && dr->env->pot_kinds[i]; i++) {
    if (strcmp(dr->env->pot_kinds[i], s) == 0) {
      (void)snprintf(out, cap, "%s", s);
      return;
    }
    vt__nearest_offer(&near, dr->env->pot_kinds[i]);
  }
  refuse_choice(dr, row, node, s, &near);
}

/* ------------------------------------------------------------------ temperatures */

enum { MOST_TEMPERATURES = 1000 };

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* 0 and a mistake that shows how it is written, if several temperatures stand in the place of one. */
static int is_one_temperature(vt__draft *dr, const vt__row *row, int node, int in_list)
{
  char why[300], how[120];
  double t_k;
  if (dr->y->node[node].kind != VT__SCALAR) return 1; /* vt__read_quantity tells */
  const char *s = vt__yaml_text(dr->y, node);
  if (vt__quantity_parse(s, strlen(s), "K", &t_k, why, sizeof why) ||
      vt__temperatures_as_written(s, how, sizeof how) < 2)
    return 1;
  if (in_list && strstr(s, ".."))
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "a range stands without [ ]: %s", how);
  else
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "'%.60s' is not one temperature; write %s", s, how);
  return 0;
}

/* A range or a single one: number of values, 0 and a mistake if wrong. */
static int read_range(vt__draft *dr, const vt__row *row, int node, double *t_k)
{
  char why[300], how[120];
  double end = 0;
  int n = 0;
  const char *s = vt__read_scalar(dr, row, node, "temperatures such as 450..700 K by 50 K");
  if (!s) return 0;
  if (!strstr(s, "..")) {
    t_k[0] = 0;
    if (is_one_temperature(dr, row, node, 0)) vt__read_quantity(dr, row, node, &t_k[0]);
    return t_k[0] > 0;
  }
  if (!vt__range_parse(s, t_k, MOST_TEMPERATURES, &n, &end, why, sizeof why)) {
    (void)vt__temperatures_as_written(s, how, sizeof how);
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "%s; write %s", why, how);
    return 0;
  }
  if (t_k[0] < row->lo || t_k[n - 1] > row->hi) {
    refuse_outside(dr, row, node, s);
    return 0;
  }
  if (fabs(end - t_k[n - 1]) > 1e-6)
    vt__diag_warn(dr->d, config_read_at(dr, node), row->path, "the steps end at %.10g K, not at %.10g K", t_k[n - 1],
                  end);
  return n;
}

static int read_list(vt__draft *dr, const vt__row *row, int node, double *t_k)
{
  int n = 0, before = dr->d->n_errors;
  if (vt__read_count(dr, row, node, MOST_TEMPERATURES, "temperatures") < 0) return 0;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k), n++)
    if (is_one_temperature(dr, row, k, 1)) vt__read_quantity(dr, row, k, &t_k[n]);
  if (dr->d->n_errors != before) return 0;
  if (n == 0) vt__diag_error(dr->d, config_read_at(dr, node), row->path, "the list is empty");
  qsort(t_k, (size_t)n, sizeof *t_k, by_value);
  for (int i = 1; i < n; i++)
    if (t_k[i] - t_k[i - 1] < 1e-6) {
      vt__diag_error(dr->d, config_read_at(dr, node), row->path, "%.10g K stands twice", t_k[i]);
      return 0;
    }
  return n;
}

static vt_status read_temperatures(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  void *p = NULL;
  VT_TRY(vt_calloc64(&p, MOST_TEMPERATURES, sizeof(double), err), err, "temperatures");
  dr->c->t_k = p;
  dr->c->n_temp =
      dr->y->node[node].kind == VT__SEQ ? read_list(dr, row, node, dr->c->t_k) : read_range(dr, row, node, dr->c->t_k);
  return VT_OK;
}

/* ------------------------------------------------------------------ what is observed, what is compared */

/* The next request, with the defaults of its observable. */
static vt_obs_request *add_request(vt__draft *dr, const vt_obs_doc *doc)
{
  vt_campaign *c = dr->c;
  if (c->n_obs == VT_MAX_OBS) return NULL;
  vt_obs_request *r = &c->obs[c->n_obs];
  *r = (vt_obs_request){.every_ps = doc->every_ps};
  (void)snprintf(r->name, sizeof r->name, "%s", doc->name);
  for (int i = 0; i < doc->n_par; i++) r->par[i] = doc->par[i].def;
  c->obs_doc[c->n_obs] = doc;
  for (int k = 0; k <= VT_MAX_OBS_PAR; k++) dr->obs_mark[c->n_obs][k] = (vt__mark){0};
  c->n_obs++;
  return r;
}

static void observe_by_default(vt__draft *dr)
{
  dr->c->n_obs = 0;
  for (int i = 0; dr->env->obs && dr->env->obs[i]; i++)
    if (dr->env->obs[i]->on_by_default) (void)add_request(dr, dr->env->obs[i]);
}

/* An anion, as its atomic number; 0 is oxygen, as where nothing is written. */
static void read_counted(vt__draft *dr, const vt__row *row, int node, double *out)
{
  const char *s = vt__read_scalar(dr, row, node, "an anion such as O or S");
  const int z = s ? vt__read_element(dr, row->path, s, 0, config_read_at(dr, node)) : 0;
  if (!z) return;
  if (dr->c->ion[z].role != VT_ROLE_ANION && !(vt_ion_role(z, 0) & VT_ROLE_ANIONS))
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "%s is no anion", s);
  else
    *out = strcmp(s, "O") == 0 ? 0 : z;
}

static void read_settings(vt__draft *dr, const vt_obs_doc *doc, int node, vt_obs_request *r)
{
  const vt__yaml *y = dr->y;
  vt__mark *mark = dr->obs_mark[dr->c->n_obs - 1];
  char path[96], hint[100];
  (void)snprintf(path, sizeof path, "observe.%s", doc->name);
  mark[0] = config_read_at(dr, node);
  if (vt__yaml_is_null(y, node)) return;
  if (y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, config_read_at(dr, node), path, "expected settings in braces, {} for the defaults");
    return;
  }
  for (int key = vt__yaml_first(y, node); key; key = vt__yaml_next(y, node, key)) {
    const char *name = vt__yaml_text(y, key);
    vt__nearest near = vt__nearest_to(name);
    int k = strcmp(name, "every") == 0 ? 0 : 1;
    vt__nearest_offer(&near, "every");
    for (; k > 0 && k <= doc->n_par && strcmp(name, doc->par[k - 1].name) != 0; k++)
      vt__nearest_offer(&near, doc->par[k - 1].name);
    if (k > doc->n_par) {
      vt__nearest_text(&near, hint);
      vt__diag_error(dr->d, config_read_at(dr, key), path, "unknown key '%.60s'%s", name, hint);
      continue;
    }
    vt__row row = vt__row_of_observable(doc, k, path);
    if (strcmp(row.unit, VT_UNIT_ELEMENT) == 0)
      read_counted(dr, &row, key + 1, &r->par[k - 1]);
    else
      vt__read_quantity(dr, &row, key + 1, k ? &r->par[k - 1] : &r->every_ps);
    mark[k] = config_read_at(dr, key + 1);
    (void)snprintf(path, sizeof path, "observe.%s", doc->name);
  }
}

static void refuse_unknown_observables(vt__draft *dr, const vt__row *row, int node)
{
  const char *trajectory = vt__path_leaf(VT__TRAJECTORY);
  for (int key = vt__yaml_first(dr->y, node); key; key = vt__yaml_next(dr->y, node, key)) {
    const char *name = vt__yaml_text(dr->y, key);
    vt__nearest near = vt__nearest_to(name);
    char list[240] = "", hint[100];
    size_t used = 0;
    int i = 0;
    if (strcmp(name, trajectory) == 0) continue;
    vt__nearest_offer(&near, trajectory);
    for (; dr->env->obs && dr->env->obs[i] && strcmp(dr->env->obs[i]->name, name) != 0; i++) {
      vt__nearest_offer(&near, dr->env->obs[i]->name);
      if (used < sizeof list)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", dr->env->obs[i]->name);
    }
    if (dr->env->obs && dr->env->obs[i]) continue;
    vt__nearest_text(&near, hint);
    vt__diag_error(dr->d, config_read_at(dr, key), row->path, "unknown observable '%.60s'%s (there are %s)", name, hint,
                   list);
  }
}

/* Requests in the order of the caller's table, so that the order in the file changes no identity. */
static void read_observe(vt__draft *dr, const vt__row *row, int node)
{
  dr->c->n_obs = 0;
  if (vt__yaml_is_null(dr->y, node)) return;
  if (dr->y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, config_read_at(dr, node), row->path,
                   "expected observables and their settings, e.g. {msd: {}, rdf: {}}");
    return;
  }
  refuse_unknown_observables(dr, row, node);
  for (int i = 0; dr->env->obs && dr->env->obs[i]; i++) {
    int value = vt__yaml_value(dr->y, node, dr->env->obs[i]->name);
    if (!value) continue;
    vt_obs_request *r = add_request(dr, dr->env->obs[i]);
    if (r)
      read_settings(dr, dr->env->obs[i], value, r);
    else
      vt__diag_error(dr->d, config_read_at(dr, value), row->path, "more than %d observables", VT_MAX_OBS);
  }
  /* Whoever asks for frames and names no observable wants those that would be there without: frames change no number */
  dr->c->trajectory.on = vt__yaml_value(dr->y, node, vt__path_leaf(VT__TRAJECTORY)) != 0;
  if (dr->c->trajectory.on && dr->c->n_obs == 0) observe_by_default(dr);
}

static void read_factors(vt__draft *dr, const vt__row *row, int node)
{
  vt_compare_spec *c = &dr->c->compare;
  const struct {
    const char *name;
    int *on;
  } factor[] = {{"alkali", &c->by_alkali},
                {"metal", &c->by_metal},
                {"halogen", &c->by_halogen},
                {"halogen_to_oxygen", &c->by_ratio}};
  enum { N = (int)(sizeof factor / sizeof factor[0]) };
  if (vt__read_count(dr, row, node, N + VT_MAX_LABELS, "factors") < 0) return;
  dr->n_by = 0;
  for (int i = 0; i < N; i++) *factor[i].on = 0;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    const char *s = vt__read_scalar(dr, row, k, "the name of a factor");
    if (!s) continue;
    int i = 0;
    while (i < N && strcmp(factor[i].name, s) != 0) i++;
    if (i < N) {
      *factor[i].on = 1;
      continue;
    }
    if (dr->n_by == VT_MAX_LABELS) continue;
    (void)snprintf(dr->by[dr->n_by], VT_NAME, "%s", s); /* a factor of the campaign's own? known when all is read */
    dr->by_at[dr->n_by++] = config_read_at(dr, k);
  }
}

/* ------------------------------------------------------------------ one value by its row */

/* Lists of what is compared, and of what is done in steps. */
static vt_status read_lists(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  if (row->type == VT__T_DURATION) return vt__read_duration(dr, row, node, err);
  if (row->type == VT__T_STOPS) return vt__read_stops(dr, row, node), VT_OK;
  if (row->type == VT__T_FACTORS) return read_factors(dr, row, node), VT_OK;
  if (row->type == VT__T_BUDGET) return vt__read_budget(dr, row, node), VT_OK;
  if (row->type == VT__T_DECIDED) return dr->decided = node, VT_OK; /* once compositions are known */
  if (row->type == VT__T_KEPT) return vt__read_kept(dr, row, node, err);
  if (row->type == VT__T_EXCLUDE) return vt__read_exclude(dr, row, node, err);
  if (row->type == VT__T_STRUCTURES) return vt__read_structures(dr, row, node, err);
  return row->type == VT__T_INCLUDE ? vt__read_include(dr, row, node, err) : vt__read_template(dr, row, node, err);
}

static int is_word(const vt__draft *dr, int node, const char *word)
{
  return dr->y->node[node].kind == VT__SCALAR && strcmp(vt__yaml_text(dr->y, node), word) == 0;
}

/* A whole number, or the word that the row allows in its place. */
static void read_int(vt__draft *dr, const vt__row *row, int node, int *out)
{
  int64_t x = *out;
  if (row->choice && is_word(dr, node, row->choice->name))
    x = row->choice->value;
  else
    read_integer(dr, row, node, (int64_t)row->lo, (int64_t)row->hi, &x);
  *out = (int)x; /* fits: the rows' ranges do */
}

vt_status vt__read_value(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  char *field = (char *)dr->c + row->at; /* where scalars go */
  int64_t x = 0;
  switch (row->type) {
  case VT__T_VERSION:
    read_integer(dr, row, node, (int64_t)row->lo, (int64_t)row->hi, &x);
    return VT_OK;
  case VT__T_INT:
    return read_int(dr, row, node, (int *)(void *)field), VT_OK;
  case VT__T_SEED:
    return read_seed(dr, row, node, (uint64_t *)(void *)field), VT_OK;
  case VT__T_QUANTITY:
    return vt__read_quantity(dr, row, node, (double *)(void *)field), VT_OK;
  case VT__T_NAME:
    return read_name(dr, row, node, field), VT_OK;
  case VT__T_PATH:
    return read_path(dr, row, node, field), VT_OK;
  case VT__T_SHA256:
    return vt__read_sha256(dr, row, node, field), VT_OK;
  case VT__T_CHOICE:
    return read_choice(dr, row, node, (int32_t *)(void *)field), VT_OK;
  case VT__T_POT_KIND:
    return read_pot_kind(dr, row, node, field, sizeof dr->c->pot_kind), VT_OK;
  case VT__T_TEMPERATURES:
    return read_temperatures(dr, row, node, err);
  case VT__T_ELEMENTS:
  case VT__T_RATIOS:
    return vt__read_factor(dr, row, node, &dr->grid[row->at], err);
  case VT__T_EXCLUDE:
  case VT__T_INCLUDE:
  case VT__T_STRUCTURES:
  case VT__T_TEMPLATE:
  case VT__T_DURATION:
  case VT__T_KEPT:
  case VT__T_STOPS:
  case VT__T_FACTORS:
  case VT__T_BUDGET:
  case VT__T_DECIDED:
    return read_lists(dr, row, node, err);
  case VT__T_OXIDATION:
  case VT__T_IONS:
    return (row->type == VT__T_IONS ? vt__read_ions : vt__read_oxidation)(dr, row, node), VT_OK;
  case VT__T_OBSERVE:
    return read_observe(dr, row, node), VT_OK;
  case VT__T_COMMAND:
    return vt__read_command(dr, row, node, field), VT_OK;
  case VT__T_SYMBOLS:
    return vt__read_symbols(dr, row, node, (vt_driver *)(void *)field), VT_OK;
  case VT__T_PATIENCE:
    return vt__read_patience(dr, row, node, (double *)(void *)field), VT_OK;
  case VT__T_MAP:
  case VT__N_TYPES:
    break;
  }
  VT_FAIL(err, VT_EBUG, "row '%s' has no reader", row->path);
}

/* ------------------------------------------------------------------ the whole file */

/* Defaults are YAML text and go through the same readers as what a user writes. */
static vt_status fill_defaults(vt__draft *dr, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__yaml y = {0};
  observe_by_default(dr);
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    if (!row->def || !row->def[0]) continue; /* required, a section, or what observe_by_default did */
    VT_TRY_OUT(vt__yaml_parse(&y, row->def, strlen(row->def), dr->d, err), err, "default of '%s'", row->path);
    for (int k = 0; k < y.n; k++) y.node[k].at = (vt__mark){0};
    dr->y = &y;
    VT_TRY_OUT(vt__read_value(dr, row, 0, err), err, "default of '%s'", row->path);
    vt__yaml_free(&y);
  }
out:
  vt__yaml_free(&y);
  return rc;
}

static void refuse_unknown(vt__draft *dr, const char *parent, int key)
{
  const char *name = vt__yaml_text(dr->y, key);
  vt__nearest near = vt__nearest_to(name);
  char hint[100], list[240] = "";
  size_t used = 0;
  const char *elsewhere = NULL;
  for (int i = 0; i < vt__n_rows; i++) {
    const char *leaf = vt__path_leaf(vt__rows[i].path);
    if (strcmp(leaf, name) == 0 && !elsewhere) elsewhere = vt__rows[i].path;
    if (!vt__path_is_child(vt__rows[i].path, parent)) continue;
    vt__nearest_offer(&near, leaf);
    if (used < sizeof list) used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", leaf);
  }
  vt__nearest_text(&near, hint);
  if (!near.name && elsewhere) (void)snprintf(hint, sizeof hint, ", did you mean '%s'?", elsewhere);
  vt__diag_error(dr->d, config_read_at(dr, key), parent, "unknown key '%.60s'%s%s%s%s", name, hint,
                 hint[0] ? "" : " (there are ", hint[0] ? "" : list, hint[0] ? "" : ")");
}

/* A section that waits to be read; sections nest as deep as the table, not as deep as the file. */
typedef struct section {
  int node;
  const char *path;
} section;

static void read_section(vt__draft *dr, const vt__row *row, int node, section *todo, int *n_todo)
{
  if (dr->y->node[node].kind == VT__MAP)
    todo[(*n_todo)++] = (section){node, row->path};
  else if (!vt__yaml_is_null(dr->y, node))
    vt__diag_error(dr->d, config_read_at(dr, node), row->path, "expected a section with keys of its own");
}

static vt_status read_pair(vt__draft *dr, const char *parent, int key, section *todo, int *n_todo, vt_err *err)
{
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    if (!vt__path_is_child(row->path, parent) || strcmp(vt__path_leaf(row->path), vt__yaml_text(dr->y, key)) != 0)
      continue;
    dr->mark[i] = config_read_at(dr, key + 1);
    if (row->type == VT__T_IONS) return VT_OK; /* was read first */
    if (row->type != VT__T_MAP) VT_PASS(vt__read_value(dr, row, key + 1, err));
    if (row->type == VT__T_MAP) read_section(dr, row, key + 1, todo, n_todo);
    if (row->type == VT__T_OBSERVE) {
      const int value = vt__yaml_value(dr->y, key + 1, vt__path_leaf(VT__TRAJECTORY));
      const vt__row *inner = vt__row_find(VT__TRAJECTORY);
      if (value) dr->mark[inner - vt__rows] = config_read_at(dr, value);
      if (value) read_section(dr, inner, value, todo, n_todo);
    }
    return VT_OK;
  }
  refuse_unknown(dr, parent, key);
  return VT_OK;
}

static void refuse_missing(vt__draft *dr)
{
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    char parent[96];
    size_t n = (size_t)(vt__path_leaf(row->path) - row->path);
    if (row->def || dr->mark[i].line) continue;
    (void)snprintf(parent, sizeof parent, "%.*s", n ? (int)n - 1 : 0, row->path);
    const vt__row *above = n ? vt__row_find(parent) : NULL;
    if (above && !dr->mark[above - vt__rows].line) continue; /* its section is missing: one message is enough */
    vt__diag_error(dr->d, above ? dr->mark[above - vt__rows] : config_read_at(dr, 0), row->path, "is missing: %s",
                   row->doc);
  }
}

/* What elements are decides what a grid may hold. */
static vt_status read_ions_first(vt__draft *dr, vt_err *err)
{
  const vt__row *row = vt__row_find("elements");
  const int node = vt__yaml_value(dr->y, 0, row->path);
  if (!node) return VT_OK;
  dr->mark[row - vt__rows] = config_read_at(dr, node);
  return vt__read_value(dr, row, node, err);
}

vt_status vt__read(vt__draft *dr, const vt__yaml *y, vt_err *err)
{
  section todo[VT__MOST_ROWS + 1] = {{0, ""}};
  int n_todo = 1;
  for (int z = 1; z < VT_N_ELEMENTS; z++) dr->charge[z] = vt_element_charge(z);
  VT_TRY(fill_defaults(dr, err), err, "defaults");
  dr->y = y;
  if (y->node[0].kind != VT__MAP) {
    vt__diag_error(dr->d, y->node[0].at, "", "expected a campaign: keys and values");
    return VT_OK;
  }
  const int first = vt__yaml_first(y, 0);
  if (first && strcmp(vt__yaml_text(y, first), "vitrion_train") == 0) {
    vt__diag_error(dr->d, y->node[first].at, "", "this is the file of a training: `vitrion train FILE`");
    return VT_OK;
  }
  VT_PASS(read_ions_first(dr, err));
  while (n_todo) {
    section s = todo[--n_todo];
    for (int k = vt__yaml_first(y, s.node); k; k = vt__yaml_next(y, s.node, k))
      VT_PASS(read_pair(dr, s.path, k, todo, &n_todo, err));
  }
  refuse_missing(dr);
  return VT_OK;
}

vt__mark vt__mark_of(const vt__draft *dr, const char *path)
{
  char p[96];
  (void)snprintf(p, sizeof p, "%s", path);
  for (;;) {
    const vt__row *row = vt__row_find(p);
    if (row && dr->mark[row - vt__rows].line) return dr->mark[row - vt__rows];
    char *dot = strrchr(p, '.');
    if (!dot) return (vt__mark){0};
    *dot = '\0';
  }
}
