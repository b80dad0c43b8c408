/* The grid and the formulas of a campaign -> its compositions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

static const char *const path_of_factor[VT__N_FACTORS] = {
    "compositions.grid.alkali", "compositions.grid.metal", "compositions.grid.halogen",
    "compositions.grid.halogen_to_oxygen", "compositions.grid.alkali_per_metal"};

vt_status vt__candidates_add(vt__candidates *all, const vt__candidate *c, vt_err *err)
{
  if (all->n == all->cap) {
    int cap = all->cap ? 2 * all->cap : 64;
    vt__candidate *grown = realloc(all->v, (size_t)cap * sizeof *grown);
    if (!grown) VT_FAIL(err, VT_ENOMEM, "out of memory for %d compositions", cap);
    all->v = grown;
    all->cap = cap;
  }
  all->v[all->n] = *c;
  all->v[all->n].order = all->n;
  all->n++;
  return VT_OK;
}

/* ------------------------------------------------------------------ one grid point */

/* Put the mixture, `amount` in all, into `a`. */
static int put_mixture(vt_amounts *a, const vt__value *mix, vt_q amount)
{
  for (int i = 0; i < mix->n; i++) {
    vt_q x;
    if (!vt_q_mul(mix->share[i], amount, &x) || !vt_amounts_put(a, mix->z[i], x)) return 0;
  }
  return 1;
}

/* Mean charge of a mixture, without its sign. */
static int mean_charge(const vt__draft *dr, const vt__value *mix, vt_q *out)
{
  vt_q s = {0, 1}, q;
  for (int i = 0; i < mix->n; i++)
    if (!vt_q_mul(mix->share[i], (vt_q){abs(dr->charge[mix->z[i]]), 1}, &q) || !vt_q_add(s, q, &s)) return 0;
  *out = s;
  return 1;
}

/* Charge neutrality fixes the anions: a alkali ions and one metal of charge z, r = X/O: n_O = (a + z)/(r + 2),
 * n_X = r n_O (product: campaign file), here with the charges of alkali and anions as declared. */
static int grid_point(const vt__draft *dr, const vt__value *const v[VT__N_FACTORS], vt_amounts *a)
{
  vt_q one = {1, 1}, q_a, q_m, q_x, positive, n_o = {0, 1}, n_x, per_oxide;
  vt_q q_o = {abs(dr->charge[vt_element_z("O")]), 1};
  *a = (vt_amounts){0};
  if (!mean_charge(dr, v[VT__ALKALI], &q_a) || !mean_charge(dr, v[VT__METAL], &q_m) ||
      !mean_charge(dr, v[VT__HALOGEN], &q_x) || !vt_q_mul(v[VT__PER_METAL]->number, q_a, &positive) ||
      !vt_q_add(positive, q_m, &positive))
    return 0;
  if (v[VT__RATIO]->halogen_only) {
    if (!vt_q_div(positive, q_x, &n_x)) return 0;
  } else if (!vt_q_mul(v[VT__RATIO]->number, q_x, &per_oxide) || !vt_q_add(per_oxide, q_o, &per_oxide) ||
             !vt_q_div(positive, per_oxide, &n_o) || !vt_q_mul(v[VT__RATIO]->number, n_o, &n_x))
    return 0;
  return put_mixture(a, v[VT__ALKALI], v[VT__PER_METAL]->number) && put_mixture(a, v[VT__METAL], one) &&
         put_mixture(a, v[VT__HALOGEN], n_x) && (n_o.num == 0 || vt_amounts_put(a, vt_element_z("O"), n_o));
}

/* ------------------------------------------------------------------ exclusion */

int vt__values_equal(const vt__value *a, const vt__value *b)
{
  if (a->n != b->n || a->halogen_only != b->halogen_only) return 0;
  if (a->n == 0) return a->halogen_only || vt_q_equal(a->number, b->number);
  for (int i = 0; i < a->n; i++) {
    int j = 0;
    while (j < b->n && b->z[j] != a->z[i]) j++;
    if (j == b->n || !vt_q_equal(a->share[i], b->share[j])) return 0;
  }
  return 1;
}

static int matches(const vt__exclude *x, const vt__value *const v[VT__N_FACTORS])
{
  for (int k = 0; k < VT__N_FACTORS; k++) {
    int hit = x->f[k].n == 0;
    for (int i = 0; i < x->f[k].n && !hit; i++) hit = vt__values_equal(&x->f[k].v[i], v[k]);
    if (!hit) return 0;
  }
  return 1;
}

/* ------------------------------------------------------------------ grid and formulas */

/* The number of grid points; 0 without a grid; -1 and a mistake if there are too many. */
static int64_t grid_size(const vt__draft *dr)
{
  int64_t n = 1;
  for (int k = 0; k < VT__N_FACTORS; k++) {
    n *= dr->grid[k].n;
    if (n > VT__MOST_GRID) {
      vt__diag_error(dr->d, vt__mark_of(dr, "compositions.grid"), "compositions.grid", "more than %d combinations",
                     VT__MOST_GRID);
      return -1;
    }
  }
  return n;
}

/* 1 if the charge of an element of the grid is open; every such element was refused. */
static int grid_is_unsettled(vt__draft *dr)
{
  int open = 0;
  for (int k = VT__ALKALI; k <= VT__HALOGEN; k++)
    for (int i = 0; i < dr->grid[k].n; i++)
      for (int j = 0; j < dr->grid[k].v[i].n; j++)
        open |= vt__is_unsettled(dr, dr->grid[k].v[i].z[j], dr->grid[k].v[i].z_at[j], path_of_factor[k]);
  return open;
}

static vt_status add_grid(vt__draft *dr, vt__candidates *all, vt_err *err)
{
  int64_t n = grid_size(dr);
  int *used = NULL;
  void *p = NULL;
  vt_status rc = VT_OK;
  if (n <= 0 || grid_is_unsettled(dr)) return VT_OK;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)dr->n_exclude + 1, sizeof *used, err), err, "exclusions");
  used = p;
  for (int64_t i = 0; i < n && all->n <= VT__MOST_COMPOSITIONS; i++) {
    const vt__value *v[VT__N_FACTORS];
    int64_t rest = i;
    int excluded = 0;
    for (int k = VT__N_FACTORS - 1; k >= 0; rest /= dr->grid[k].n, k--) v[k] = &dr->grid[k].v[rest % dr->grid[k].n];
    for (int k = 0; k < dr->n_exclude; k++)
      if (matches(&dr->exclude[k], v)) used[k] = excluded = 1;
    if (excluded) continue;
    vt__candidate c = {.at = v[VT__RATIO]->at};
    if (grid_point(dr, v, &c.a)) {
      c.shown = c.a;
      for (int k = 0; k < c.a.n; k++) c.charge[k] = dr->charge[c.a.z[k]];
      VT_TRY_OUT(vt__candidates_add(all, &c, err), err, "grid");
    } else
      vt__diag_error(dr->d, c.at, path_of_factor[VT__RATIO],
                     "the ratios of this grid point have too many digits, write them as fractions of small numbers");
  }
  for (int k = 0; k < dr->n_exclude; k++)
    if (!used[k]) vt__diag_warn(dr->d, dr->exclude[k].at, "compositions.exclude", "matches no point of the grid");
out:
  vt_free(used);
  return rc;
}

static vt_status add_formulas(vt__draft *dr, vt__candidates *all, vt_err *err)
{
  for (int i = 0; i < dr->n_include && all->n <= VT__MOST_COMPOSITIONS; i++) {
    const vt__include *x = &dr->include[i];
    vt__candidate c = {.shown = x->a, .at = x->at, .labels = x->labels};
    if (vt__settle(dr, &c, x->charge, "compositions.include"))
      VT_TRY(vt__candidates_add(all, &c, err), err, "formulas");
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ equal ones */

static int by_amounts(const void *a, const void *b)
{
  const vt__candidate *x = a, *y = b;
  int c = vt_amounts_cmp(&x->a, &y->a);
  return c ? c : (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b)
{
  const vt__candidate *x = a, *y = b;
  return (x->order > y->order) - (x->order < y->order);
}

/* A formula that is also a grid point counts once; the first stays. */
static void drop_equal(vt__candidates *all)
{
  if (all->n == 0) return;
  qsort(all->v, (size_t)all->n, sizeof *all->v, by_amounts);
  int n = 1;
  for (int i = 1; i < all->n; i++)
    if (vt_amounts_cmp(&all->v[n - 1].a, &all->v[i].a) != 0) all->v[n++] = all->v[i];
  all->n = n;
  qsort(all->v, (size_t)n, sizeof *all->v, by_order);
}

/* ------------------------------------------------------------------ cells */

static int expand_label(const vt__candidate *k, const vt_composition *c, vt_comp_asked *asked)
{
  return vt_formula_text(&k->shown, 0, asked->formula) && vt_formula_label(&k->a, c, VT_ROLE_MOBILE, asked->alkali) &&
         vt_formula_label(&k->a, c, VT_ROLE_NETWORK, asked->metal) &&
         vt_formula_label(&k->a, c, VT_ROLE_ANION, asked->halogen);
}

/* Every ion has a size, so that it can be packed. */
static int is_sized(vt__draft *dr, const vt__candidate *k, const vt_composition *c)
{
  for (int s = 0; s < c->n_species; s++) {
    if (vt_comp_volume(c, s) > 0) continue;
    const char *symbol = vt_element_symbol(c->z[s]);
    vt__diag_error(dr->d, k->at, "compositions",
                   "the radius of %s with %+d is not in the table: write `elements: {%s: {radius: ... A}}`", symbol,
                   (int)c->charge[s], symbol);
    return 0;
  }
  return 1;
}

static void make_cell(vt__draft *dr, const vt__candidate *k, vt_composition *c, vt_comp_asked *asked)
{
  const double worth_a_warning = 0.02;
  int atoms = dr->c->atoms;
  vt__ions_of(dr, &k->a, k->charge, c);
  if (!is_sized(dr, k, c)) return;
  if (k->structure) memcpy(c->name, dr->structure[k->structure - 1].s.name, sizeof c->name);
  if ((!k->structure && !vt_formula_name(&k->shown, c->name)) || !expand_label(k, c, asked)) {
    vt__diag_error(dr->d, k->at, "compositions",
                   "the formula of this composition does not fit %d characters; "
                   "use fewer elements or ratios of small numbers",
                   VT_NAME - 1);
    return;
  }
  for (int q = 0; q < dr->c->n_factors; q++)
    for (int i = 0; i < k->labels.n; i++)
      if (strcmp(k->labels.name[i], dr->c->factor[q]) == 0)
        memcpy(asked->label[q], k->labels.text[i], sizeof asked->label[q]);
  vt_ratios ratios;
  if (k->structure) atoms = dr->structure[k->structure - 1].n_atoms;
  if (!vt_amounts_cell(&k->a, atoms, c, &ratios)) {
    vt__diag_error(dr->d, vt__mark_of(dr, "compositions.atoms"), "compositions.atoms",
                   "no neutral cell of about %d atoms holds %s; ask for more atoms", atoms, c->name);
    return;
  }
  asked->halogen_to_oxygen = ratios.halogen_to_oxygen;
  asked->alkali_per_metal = ratios.alkali_per_metal;
  asked->got_halogen_to_oxygen = ratios.got_halogen_to_oxygen;
  asked->got_alkali_per_metal = ratios.got_alkali_per_metal;
  asked->worst_ratio_error = ratios.worst_ratio_error;
  if (asked->worst_ratio_error > worth_a_warning)
    vt__diag_warn(dr->d, vt__mark_of(dr, "compositions.atoms"), "compositions.atoms",
                  "%s does not fit %d atoms: the cell of %d changes a ratio by %.1f %%", c->name, atoms, c->n_atoms,
                  100 * asked->worst_ratio_error);
}

/* A composition by its cell, to find those that rounding made equal. */
typedef struct twin {
  const vt_composition *c;
  vt__mark at;
} twin;

static int by_cell(const void *a, const void *b)
{
  const vt_composition *x = ((const twin *)a)->c, *y = ((const twin *)b)->c;
  int c = (x->n_species > y->n_species) - (x->n_species < y->n_species);
  for (int i = 0; i < x->n_species && c == 0; i++) {
    c = (x->z[i] > y->z[i]) - (x->z[i] < y->z[i]);
    if (c == 0) c = (x->count[i] > y->count[i]) - (x->count[i] < y->count[i]);
  }
  return c;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(((const twin *)a)->c->name, ((const twin *)b)->c->name);
}

/* Two compositions of one cell would be one simulation under two names; two of one name could not be told apart. */
static vt_status refuse_twins(vt__draft *dr, const vt__candidates *all, vt_err *err)
{
  void *p = NULL;
  int n = dr->c->n_comp;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof(twin), err), err, "compositions");
  twin *t = p;
  for (int i = 0; i < n; i++) t[i] = (twin){&dr->c->comp[i], all->v[i].at};
  int n_made = n; /* structures stand last, and have cells of their own */
  while (n_made > 0 && all->v[n_made - 1].structure) n_made--;
  if (n_made > 0) qsort(t, (size_t)n_made, sizeof *t, by_cell);
  for (int i = 1; i < n_made; i++)
    if (by_cell(&t[i - 1], &t[i]) == 0)
      vt__diag_error(dr->d, t[i].at, "compositions",
                     "%s and %s become the same cell of %d atoms; ask for more atoms or leave one out",
                     t[i - 1].c->name, t[i].c->name, t[i].c->n_atoms);
  qsort(t, (size_t)n, sizeof *t, by_name);
  for (int i = 1; i < n; i++)
    if (by_name(&t[i - 1], &t[i]) == 0 && (n_made < n || by_cell(&t[i - 1], &t[i]) != 0))
      vt__diag_error(dr->d, t[i].at, "compositions", "two compositions are both called %s", t[i].c->name);
  vt_free(t);
  return VT_OK;
}

/* The species of the whole campaign in canonical order. */
static void collect_species(vt__draft *dr, const vt__candidates *all)
{
  vt_amounts species = {0};
  for (int i = 0; i < all->n; i++)
    for (int k = 0; k < all->v[i].a.n; k++)
      if (!vt_amounts_put(&species, all->v[i].a.z[k], (vt_q){0, 1})) {
        vt__diag_error(dr->d, all->v[i].at, "compositions", "%s is one element too many: a campaign has at most %d",
                       vt_element_symbol(all->v[i].a.z[k]), VT_MAX_SPECIES);
        return;
      }
  dr->c->n_species = species.n;
  for (int k = 0; k < species.n; k++) dr->c->z[k] = species.z[k];
}

static vt_status make_cells(vt__draft *dr, const vt__candidates *all, vt_err *err)
{
  vt_campaign *c = dr->c;
  void *p = NULL;
  int before = dr->d->n_errors;
  VT_TRY(vt_calloc64(&p, (size_t)all->n, sizeof *c->comp, err), err, "compositions");
  c->comp = p;
  VT_TRY(vt_calloc64(&p, (size_t)all->n, sizeof *c->asked, err), err, "compositions");
  c->asked = p;
  c->n_comp = all->n;
  for (int i = 0; i < all->n; i++) make_cell(dr, &all->v[i], &c->comp[i], &c->asked[i]);
  return dr->d->n_errors == before ? refuse_twins(dr, all, err) : VT_OK;
}

vt_status vt__expand_compositions(vt__draft *dr, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__candidates all = {0};
  VT_TRY_OUT(add_grid(dr, &all, err), err, "compositions");
  VT_TRY_OUT(vt__expand_template(dr, &all, err), err, "compositions");
  VT_TRY_OUT(add_formulas(dr, &all, err), err, "compositions");
  const int too_many = all.n > VT__MOST_COMPOSITIONS; /* then the expansion was cut short */
  drop_equal(&all);
  VT_TRY_OUT(vt__add_structures(dr, &all, err), err, "structures");
  if (too_many)
    vt__diag_error(dr->d, vt__mark_of(dr, "compositions"), "compositions", "more than %d compositions",
                   VT__MOST_COMPOSITIONS);
  else if (all.n == 0 && dr->d->n_errors == 0)
    vt__diag_error(dr->d, vt__mark_of(dr, "compositions"), "compositions",
                   "no composition: give a grid, a template, formulas under include, or structures");
  else if (all.n > 0) {
    collect_species(dr, &all);
    vt__name_factors(dr, &all);
    VT_TRY_OUT(make_cells(dr, &all, err), err, "compositions");
  }
out:
  free(all.v);
  return rc;
}
