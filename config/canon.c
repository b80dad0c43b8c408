/* A campaign -> canonical YAML: every key with its value and unit, compositions as exact formulas. */
#include <inttypes.h>
#include <string.h>

#include "config/config_impl.h"

/* Text in double quotes; control characters were refused when it was read. */
void vt__put_quoted(vt_buf *b, const char *s)
{
  vt_buf_printf(b, "\"");
  for (; *s; s++) {
    if (*s == '"' || *s == '\\') vt_buf_add(b, "\\", 1);
    vt_buf_add(b, s, 1);
  }
  vt_buf_printf(b, "\"");
}

static void put_quantity(vt_buf *b, double x, const char *unit)
{
  vt__put_f64(b, x);
  if (unit[0]) vt_buf_printf(b, " %s", unit);
}

static void put_choice(vt_buf *b, const vt__choice *c, int32_t value)
{
  while (c->name && c->value != value) c++;
  vt_buf_printf(b, "%s", c->name ? c->name : "");
}

static void put_temperatures(vt_buf *b, const vt_campaign *c)
{
  for (int i = 0; i < c->n_temp; i++) {
    vt_buf_printf(b, i ? ", " : "[");
    put_quantity(b, c->t_k[i], "K");
  }
  vt_buf_printf(b, "]");
}

/* The charge of an element of the campaign; 0: compositions differ. */
static int charge_of(const vt_campaign *c, int z)
{
  int charge = 0;
  for (int i = 0; i < c->n_comp; i++)
    for (int j = 0; j < c->comp[i].n_species; j++) {
      if (c->comp[i].z[j] != z) continue;
      if (charge && charge != c->comp[i].charge[j]) return 0;
      charge = c->comp[i].charge[j];
    }
  return charge;
}

/* The charges of one formula that are not those of the whole campaign: ", charges: {Fe: 2}". */
static void put_own_charges(vt_buf *b, const vt_campaign *c, const vt_composition *comp)
{
  int n = 0;
  for (int j = 0; j < comp->n_species; j++)
    if (!charge_of(c, comp->z[j]))
      vt_buf_printf(b, "%s%s: %d", n++ ? ", " : ", charges: {", vt_element_symbol(comp->z[j]), (int)comp->charge[j]);
  if (n) vt_buf_printf(b, "}");
}

static void put_formulas(vt_buf *b, const vt_campaign *c)
{
  if (c->n_comp == c->n_structures) vt_buf_printf(b, "[]");
  for (int i = 0; i < c->n_comp - c->n_structures; i++) {
    vt_buf more = {0};
    int n = 0;
    put_own_charges(&more, c, &c->comp[i]);
    for (int k = 0; k < c->n_factors; k++) {
      if (!c->asked[i].label[k][0]) continue;
      vt_buf_printf(&more, "%s%s: ", n++ ? ", " : ", factors: {", c->factor[k]);
      vt__put_quoted(&more, c->asked[i].label[k]);
    }
    if (n) vt_buf_printf(&more, "}");
    vt_buf_printf(b, more.len ? "\n    - {formula: %s%s}" : "\n    - %s", c->asked[i].formula, more.len ? more.s : "");
    vt_buf_free(&more);
  }
}

/* The charge of each element of the campaign, declared or default. */
static void put_charges(vt_buf *b, const vt_campaign *c)
{
  int n = 0;
  for (int k = 0; k < c->n_species; k++)
    if (charge_of(c, c->z[k]))
      vt_buf_printf(b, "%s%s: %d", n++ ? ", " : "{", vt_element_symbol(c->z[k]), charge_of(c, c->z[k]));
  vt_buf_printf(b, n ? "}" : "{}");
}

static int states_ions(const vt_campaign *c)
{
  int n = c->n_bonds;
  for (int z = 1; z < VT_N_ELEMENTS; z++) n += c->ion[z].role || c->ion[z].radius > 0 || c->ion[z].volume > 0;
  return n > 0;
}

static void put_ion_bonds(vt_buf *b, const vt_campaign *c, int z)
{
  const char *comma = "bonds: {";
  for (int k = 0; k < c->n_bonds; k++) {
    if (c->bond[k].z[0] != z) continue;
    vt_buf_printf(b, "%s%s: ", comma, vt_element_symbol(c->bond[k].z[1]));
    put_quantity(b, c->bond[k].length, "A");
    comma = ", ";
  }
  if (strcmp(comma, ", ") == 0) vt_buf_printf(b, "}, ");
}

/* What was stated beside charges, which stand with the compositions. */
static void put_ions(vt_buf *b, const vt_campaign *c)
{
  if (!states_ions(c)) vt_buf_printf(b, "{}");
  for (int z = 1; z < VT_N_ELEMENTS; z++) {
    vt_buf one = {0};
    const int role = c->ion[z].role;
    if (role)
      vt_buf_printf(&one, "role: %s, ",
                    role == VT_ROLE_MOBILE    ? "mobile"
                    : role == VT_ROLE_NETWORK ? "network"
                                              : "anion");
    if (c->ion[z].radius > 0) vt_buf_printf(&one, "radius: "), put_quantity(&one, c->ion[z].radius, "A, ");
    if (c->ion[z].volume > 0) vt_buf_printf(&one, "volume: "), put_quantity(&one, c->ion[z].volume, "A^3, ");
    put_ion_bonds(&one, c, z);
    if (role && charge_of(c, z)) vt_buf_printf(&one, "charge: %d, ", charge_of(c, z));
    if (one.len) vt_buf_printf(b, "\n  %s: {%.*s}", vt_element_symbol(z), (int)one.len - 2, one.s);
    vt_buf_free(&one);
  }
}

static void put_observables(vt_buf *b, const vt_campaign *c)
{
  if (c->n_obs == 0) vt_buf_printf(b, "{}");
  for (int i = 0; i < c->n_obs; i++) {
    const vt_obs_request *r = &c->obs[i];
    const vt_obs_doc *doc = c->obs_doc[i];
    vt_buf_printf(b, "\n  %s: {every: ", r->name);
    put_quantity(b, r->every_ps, "ps");
    for (int k = 0; k < doc->n_par; k++) {
      if (!(r->par[k] >= doc->par[k].lo && r->par[k] <= doc->par[k].hi))
        continue; /* a default that cannot be written */
      if (strcmp(doc->par[k].unit, VT_UNIT_ELEMENT) == 0) {
        if (r->par[k] > 0) vt_buf_printf(b, ", %s: %s", doc->par[k].name, vt_element_symbol((int)r->par[k]));
        continue;
      }
      vt_buf_printf(b, ", %s: ", doc->par[k].name);
      put_quantity(b, r->par[k], doc->par[k].unit);
    }
    vt_buf_printf(b, "}");
  }
}

static void put_factors(vt_buf *b, const vt_campaign *of)
{
  const vt_compare_spec *c = &of->compare;
  const char *comma = "";
  vt_buf_printf(b, "[");
  if (c->by_alkali) vt_buf_printf(b, "alkali"), comma = ", ";
  if (c->by_metal) vt_buf_printf(b, "%smetal", comma), comma = ", ";
  if (c->by_halogen) vt_buf_printf(b, "%shalogen", comma), comma = ", ";
  if (c->by_ratio) vt_buf_printf(b, "%shalogen_to_oxygen", comma), comma = ", ";
  for (int k = 0; k < of->n_factors; k++)
    if (c->by_label[k]) vt_buf_printf(b, "%s%s", comma, of->factor[k]), comma = ", ";
  vt_buf_printf(b, "]");
}

/* 1 if the formulas say what this key said. */
static int is_expanded(const char *path)
{
  return strncmp(path, "compositions.grid", 17) == 0 || strcmp(path, "compositions.template") == 0 ||
         strcmp(path, "compositions.exclude") == 0;
}

/* A section that is written only where it is asked for: what does not use it keeps its bytes. */
static int is_unasked(const vt_campaign *c, const char *path)
{
  if (strcmp(path, "protocol.quench.stops") == 0) return c->n_stops == 0;
  if (strcmp(path, "protocol.produce.kept") == 0) return c->n_kept == 0;
  if (strcmp(path, "target.decided") == 0) return !c->comp_glasses;
  if (strncmp(path, "target", strlen("target")) == 0) return !c->target.asked;
  return !c->trajectory.on && strncmp(path, VT__TRAJECTORY, strlen(VT__TRAJECTORY)) == 0;
}

/* Of a potential without a file or another program there is nothing to compare. */
static void put_sha256(vt_buf *b, const vt_campaign *c)
{
  static const vt_uid unknown;
  char hex[65] = "";
  int any = strcmp(c->pot_path, "-") != 0 || c->driver.command[0];
  if (any && !vt_uid_equal(&c->pot.sha256, &unknown)) vt_uid_hex(&c->pot.sha256, hex);
  vt__put_quoted(b, hex);
}

static void put_symbols(vt_buf *b, const vt_driver *d)
{
  vt_buf_printf(b, "[");
  for (int i = 0; i < d->n_elements; i++) vt_buf_printf(b, "%s%s", i ? ", " : "", d->element[i]);
  vt_buf_printf(b, "]");
}

/* Keys of another program are written where there is one. */
static int is_of_driver(const char *path)
{
  static const char *const of[] = {"command", "elements", "timeout", "messages", "folder"};
  if (strncmp(path, "potential.", strlen("potential.")) != 0) return 0;
  for (size_t k = 0; k < sizeof of / sizeof *of; k++)
    if (strcmp(vt__path_leaf(path), of[k]) == 0) return 1;
  return 0;
}

static void put_patience(vt_buf *b, double s, const char *unit)
{
  if (s > 0)
    put_quantity(b, s, unit);
  else
    vt_buf_printf(b, "auto");
}

/* What another program is told, beside its command. */
static void put_of_driver(vt_buf *b, const vt_campaign *c, const vt__row *row)
{
  if (row->type == VT__T_SYMBOLS)
    put_symbols(b, &c->driver);
  else
    put_patience(b, c->driver.timeout_s, row->unit);
}

static void put_steps(vt_buf *b, const vt_campaign *c, vt__type type)
{
  if (type == VT__T_DURATION)
    vt__put_duration(b, c);
  else if (type == VT__T_KEPT)
    vt__put_kept(b, c);
  else if (type == VT__T_BUDGET)
    vt__put_budget(b, c);
  else if (type == VT__T_DECIDED)
    vt__put_decided(b, c);
  else
    vt__put_stops(b, c);
}

static void put_number(vt_buf *b, const vt__row *row, const void *field)
{
  if (row->type == VT__T_VERSION)
    vt_buf_printf(b, "%d", (int)row->lo);
  else if (row->type == VT__T_INT && row->choice && *(const int *)field == row->choice->value)
    vt_buf_printf(b, "%s", row->choice->name);
  else if (row->type == VT__T_INT)
    vt_buf_printf(b, "%d", *(const int *)field);
  else if (row->type == VT__T_SEED)
    vt_buf_printf(b, "%" PRIu64, *(const uint64_t *)field);
  else
    put_quantity(b, *(const double *)field, row->unit);
}

static void put_value(vt_buf *b, const vt_campaign *c, const vt__row *row)
{
  const int of_pilot = c->target.asked && strcmp(row->path, "glasses") == 0;
  const char *field = (const char *)c + row->at;
  switch (row->type) {
  case VT__T_VERSION:
  case VT__T_INT:
  case VT__T_SEED:
  case VT__T_QUANTITY:
    put_number(b, row, of_pilot ? (const char *)&c->target.pilot_glasses : field);
    break;
  case VT__T_SHA256:
    put_sha256(b, c);
    break;
  case VT__T_PATH:
  case VT__T_NAME:
  case VT__T_POT_KIND:
  case VT__T_COMMAND:
    vt__put_quoted(b, field != c->pot_file ? field : c->pot_recorded[0] ? c->pot_recorded : c->pot_path);
    break;
  case VT__T_CHOICE:
    put_choice(b, row->choice, *(const int32_t *)(const void *)field);
    break;
  case VT__T_TEMPERATURES:
    put_temperatures(b, c);
    break;
  case VT__T_INCLUDE:
    put_formulas(b, c);
    break;
  case VT__T_OXIDATION:
    put_charges(b, c);
    break;
  case VT__T_OBSERVE:
  case VT__T_IONS:
    (row->type == VT__T_IONS ? put_ions : put_observables)(b, c);
    break;
  case VT__T_TEMPLATE:
  case VT__T_FACTORS:
    put_factors(b, c);
    break;
  case VT__T_DURATION:
  case VT__T_KEPT:
  case VT__T_STOPS:
  case VT__T_BUDGET:
  case VT__T_DECIDED:
    put_steps(b, c, row->type);
    break;
  case VT__T_SYMBOLS:
  case VT__T_PATIENCE:
    put_of_driver(b, c, row);
    break;
  case VT__T_MAP:
  case VT__T_ELEMENTS:
  case VT__T_RATIOS:
  case VT__T_EXCLUDE:
  case VT__T_STRUCTURES: /* vt__put_structures */
  case VT__N_TYPES:
    break;
  }
}

void vt_campaign_canon(const vt_campaign *c, vt_buf *out)
{
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    if (is_expanded(row->path) || is_unasked(c, row->path) || (row->type == VT__T_IONS && !states_ions(c)) ||
        (is_of_driver(row->path) && !c->driver.command[0]) || (row->type == VT__T_STRUCTURES && !c->n_structures))
      continue;
    vt_buf_printf(out, "%*s%s:", 2 * vt__path_depth(row->path), "", vt__path_leaf(row->path));
    int on_lines_below = row->type == VT__T_MAP || (row->type == VT__T_INCLUDE && c->n_comp > c->n_structures) ||
                         row->type == VT__T_STRUCTURES || row->type == VT__T_IONS ||
                         (row->type == VT__T_OBSERVE && c->n_obs) || row->type == VT__T_DECIDED;
    if (!on_lines_below) vt_buf_printf(out, " ");
    if (row->type == VT__T_STRUCTURES)
      vt__put_structures(out, c, 1);
    else
      put_value(out, c, row);
    vt_buf_printf(out, "\n");
  }
}

/* ------------------------------------------------------------------ differences */

/* The lines of a that b does not have; in_a: they are a's values. */
static void lines_only_in(const char *a, const char *b, const char *key, int in_a, vt_difference_visit *visit,
                          void *ctx)
{
  for (const char *at = a; *at;) {
    while (*at == '\n') at++;
    size_t len = strcspn(at, "\n");
    int there = 0;
    for (const char *p = b; len && !there && *p;) {
      while (*p == '\n') p++;
      size_t m = strcspn(p, "\n");
      there = m == len && memcmp(p, at, len) == 0;
      p += m;
    }
    size_t blank = strspn(at, " -");
    if (len && !there && blank < len) {
      vt_buf line = {0};
      vt_buf_printf(&line, "%.*s", (int)(len - blank), at + blank);
      visit(ctx, key, in_a ? line.s : NULL, in_a ? NULL : line.s);
      vt_buf_free(&line);
    }
    at += len;
  }
}

/* A key that changes no task. */
static int is_about_no_task(const char *path)
{
  static const char *const of[] = {"campaign",
                                   "compare",
                                   "output",
                                   "runner",
                                   "checkpoint",
                                   "potential.file",
                                   "potential.elements",
                                   "potential.timeout",
                                   "potential.messages",
                                   "potential.folder",
                                   "protocol.produce.kept",
                                   "target",
                                   VT__TRAJECTORY};
  for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
    size_t n = strlen(of[k]);
    if (strncmp(path, of[k], n) == 0 && (path[n] == '\0' || path[n] == '.')) return 1;
  }
  return 0;
}

/* Structures of one name whose files hold other atoms now. */
static void put_changed_structures(const vt_campaign *a, const vt_campaign *b, vt_buf *out)
{
  for (int i = 0; i < a->n_structures; i++)
    for (int k = 0; k < b->n_structures; k++) {
      char copy[2 * VT_NAME];
      const vt_campaign_structure *x = &a->structure[i], *y = &b->structure[k];
      if (strcmp(x->name, y->name) != 0 || vt_uid_equal(&x->sha256, &y->sha256) ||
          memcmp(x->supercell, y->supercell, sizeof x->supercell) != 0)
        continue;
      vt_campaign_structure_copy(x, copy);
      vt_buf_printf(out, "  the file of %s has changed (atoms, cell or order); the one that was recorded is %s\n",
                    x->name, copy);
    }
}

void vt_campaign_each_difference(const vt_campaign *a, const vt_campaign *b, vt_difference_visit *visit, void *ctx)
{
  for (int i = 0; i < vt__n_rows; i++) {
    const vt__row *row = &vt__rows[i];
    vt_buf x = {0}, y = {0};
    if (row->type == VT__T_MAP || is_expanded(row->path) || is_about_no_task(row->path)) continue;
    if (row->type == VT__T_STRUCTURES) { /* where a file lies decides about nothing */
      vt__put_structures(&x, a, 0);
      vt__put_structures(&y, b, 0);
    } else {
      put_value(&x, a, row);
      put_value(&y, b, row);
    }
    const char *in_a = x.s ? x.s : "", *in_b = y.s ? y.s : "";
    if (strcmp(in_a, in_b) != 0) {
      if (strchr(in_a, '\n') || strchr(in_b, '\n')) {
        lines_only_in(in_a, in_b, row->path, 1, visit, ctx);
        lines_only_in(in_b, in_a, row->path, 0, visit, ctx);
      } else
        visit(ctx, row->path, in_a, in_b);
    }
    vt_buf_free(&x);
    vt_buf_free(&y);
  }
}

static void put_difference(void *ctx, const char *key, const char *a, const char *b)
{
  if (a && b)
    vt_buf_printf(ctx, "  %s: %s, here %s\n", key, a, b);
  else
    vt_buf_printf(ctx, "  %s: only %s: %s\n", key, a ? "recorded" : "here", a ? a : b);
}

void vt_campaign_differences(const vt_campaign *a, const vt_campaign *b, vt_buf *out)
{
  put_changed_structures(a, b, out);
  vt_campaign_each_difference(a, b, put_difference, out);
}
