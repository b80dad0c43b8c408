/* expand_template.c - a formula with keys in the place of elements -> compositions; factors of the campaign's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

static const char path[] = "compositions.template";
enum { MOST_COMPARED = 7 }; /* the comparison has room for one more, mobile ions per network cation */

static int put_value(vt_amounts *a, const vt__value *v, vt_q amount)
{
  for (int i = 0; i < v->n; i++) {
    vt_q x;
    if (!vt_q_mul(v->share[i], amount, &x) || !vt_amounts_put(a, v->z[i], x)) return 0;
  }
  return 1;
}

/* "Li", "Li0.5Na0.5" */
static void value_text(const vt__value *v, char out[VT_NAME])
{
  vt_amounts a = {0};
  out[0] = '\0';
  if (put_value(&a, v, (vt_q){1, 1})) (void)vt_formula_name(&a, out);
}

static int template_point(const vt__template *t, const vt__value *const *v, vt_amounts *a)
{
  *a = (vt_amounts){0};
  for (int k = 0; k < t->n_parts; k++) {
    if (t->part[k].key >= 0) {
      if (!put_value(a, v[t->part[k].key], t->part[k].x)) return 0;
      continue;
    }
    for (int i = 0; i < t->part[k].a.n; i++)
      if (!vt_amounts_put(a, t->part[k].a.z[i], t->part[k].a.x[i])) return 0;
  }
  return 1;
}

static int is_excluded(const vt__template *t, const vt__value *const *v, int *used)
{
  int excluded = 0;
  for (int e = 0; e < t->n_exclude; e++) {
    int all = 1;
    for (int k = 0; k < t->n_keys; k++) {
      const vt__factor *f = &t->exclude[e].f[k];
      int hit = f->n == 0;
      for (int i = 0; i < f->n && !hit; i++) hit = vt__values_equal(&f->v[i], v[k]);
      all = all && hit;
    }
    if (all) used[e] = excluded = 1;
  }
  return excluded;
}

static vt_status add_point(vt__draft *dr, const vt__value *const *v, vt__candidates *all, vt_err *err)
{
  const vt__template *t = &dr->form;
  vt__candidate c = {.at = t->n_keys ? v[t->n_keys - 1]->at : t->at};
  for (int k = 0; k < t->n_keys; k++) {
    memcpy(c.labels.name[k], t->key[k], VT_NAME);
    value_text(v[k], c.labels.text[k]);
  }
  c.labels.n = t->n_keys;
  if (!template_point(t, v, &c.shown)) {
    vt__diag_error(dr->d, c.at, path, "too many elements or digits in one formula");
    return VT_OK;
  }
  return vt__settle(dr, &c, NULL, path) ? vt__candidates_add(all, &c, err) : VT_OK;
}

vt_status vt__expand_template(vt__draft *dr, vt__candidates *all, vt_err *err)
{
  const vt__template *t = &dr->form;
  const vt__value *v[VT_MAX_LABELS] = {0};
  vt_status rc = VT_OK;
  int64_t n = t->n_parts > 0;
  void *used = NULL;
  for (int k = 0; k < t->n_keys; k++) n *= t->value[k].n;
  if (n > VT__MOST_GRID) {
    vt__diag_error(dr->d, t->at, path, "more than %d combinations", VT__MOST_GRID);
    return VT_OK;
  }
  VT_TRY(vt_calloc64(&used, (size_t)t->n_exclude + 1, sizeof(int), err), err, "exclusions");
  for (int64_t i = 0; i < n && all->n <= VT__MOST_COMPOSITIONS && rc == VT_OK; i++) {
    int64_t rest = i;
    for (int k = t->n_keys - 1; k >= 0; rest /= t->value[k].n, k--) v[k] = &t->value[k].v[rest % t->value[k].n];
    if (!is_excluded(t, v, used)) rc = add_point(dr, v, all, err);
  }
  for (int e = 0; e < t->n_exclude && n > 0; e++)
    if (!((const int *)used)[e]) vt__diag_warn(dr->d, t->exclude[e].at, path, "exclude: matches no combination");
  vt_free(used);
  return rc;
}

/* ------------------------------------------------------------------ factors */

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static int factor_of(const vt_campaign *c, const char *name)
{
  for (int k = 0; k < c->n_factors; k++)
    if (strcmp(c->factor[k], name) == 0) return k;
  return -1;
}

static void offer_factors(vt__draft *dr, int k)
{
  static const char *const usual[] = {"alkali", "metal", "halogen", "halogen_to_oxygen"};
  vt__nearest near = vt__nearest_to(dr->by[k]);
  char hint[100], list[VT_MAX_LABELS * (VT_NAME + 2) + 1] = "";
  size_t used = 0;
  for (int i = 0; i < 4; i++) vt__nearest_offer(&near, usual[i]);
  for (int i = 0; i < dr->c->n_factors; i++) {
    vt__nearest_offer(&near, dr->c->factor[i]);
    used += (size_t)snprintf(list + used, sizeof list - used, ", %s", dr->c->factor[i]);
  }
  vt__nearest_text(&near, hint);
  vt__diag_error(dr->d, dr->by_at[k], "compare.by",
                 "'%.60s' is not one of alkali, metal, halogen, halogen_to_oxygen%s%s", dr->by[k], list, hint);
}

void vt__name_factors(vt__draft *dr, const vt__candidates *all)
{
  vt_campaign *c = dr->c;
  for (int i = 0; i < all->n; i++)
    for (int k = 0; k < all->v[i].labels.n; k++) {
      const char *name = all->v[i].labels.name[k];
      if (factor_of(c, name) >= 0) continue;
      if (c->n_factors == VT_MAX_LABELS) {
        vt__diag_error(dr->d, all->v[i].at, "compositions", "%s is one factor too many: a campaign has at most %d",
                       name, VT_MAX_LABELS);
        return;
      }
      (void)snprintf(c->factor[c->n_factors++], VT_NAME, "%s", name);
    }
  qsort(c->factor, (size_t)c->n_factors, sizeof c->factor[0], by_text);
  if (c->n_factors > 0 && !vt__mark_of(dr, "compare.by").line) { /* nothing was asked: its own factors */
    c->compare.by_alkali = c->compare.by_metal = c->compare.by_halogen = c->compare.by_ratio = 0;
    for (int k = 0; k < c->n_factors; k++) c->compare.by_label[k] = 1;
  }
  for (int k = 0; k < dr->n_by; k++) {
    const int f = factor_of(c, dr->by[k]);
    if (f < 0)
      offer_factors(dr, k);
    else
      c->compare.by_label[f] = 1;
  }
  int n = c->compare.by_alkali + c->compare.by_metal + c->compare.by_halogen + c->compare.by_ratio;
  for (int k = 0; k < c->n_factors; k++) n += c->compare.by_label[k];
  if (n > MOST_COMPARED)
    vt__diag_error(dr->d, vt__mark_of(dr, "compare.by"), "compare.by", "%d factors, at most %d can be compared", n,
                   MOST_COMPARED);
}
