/* read_template.c - the reader of a formula with keys in the place of elements. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_EXCLUDES = 200 };

static vt__mark read_template_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

int vt__yaml_value(const vt__yaml *y, int map, const char *name)
{
  if (y->node[map].kind != VT__MAP) return 0;
  for (int k = vt__yaml_first(y, map); k; k = vt__yaml_next(y, map, k))
    if (strcmp(vt__yaml_text(y, k), name) == 0) return k + 1;
  return 0;
}

static int is_name(const char *s)
{
  size_t n = 0;
  for (; isalnum((unsigned char)s[n]) || s[n] == '_'; n++) {}
  return isalpha((unsigned char)s[0]) && s[n] == '\0' && n < VT_NAME;
}

static int is_reserved(const char *name)
{
  static const char *const word[] = {"alkali",           "metal",   "halogen", "halogen_to_oxygen",
                                     "alkali_per_metal", "formula", "exclude"};
  for (size_t k = 0; k < sizeof word / sizeof *word; k++)
    if (strcmp(word[k], name) == 0) return 1;
  return 0;
}

void vt__labels_put(vt__draft *dr, const char *path, vt__mark at, vt__labels *l, const char *name, const char *text)
{
  if (!is_name(name) || is_reserved(name))
    vt__diag_error(dr->d, at, path, "'%.60s' cannot be the name of a factor: letters, digits, '_'%s", name,
                   is_reserved(name) ? ", and this one has a meaning already" : "");
  else if (strlen(text) >= VT_NAME)
    vt__diag_error(dr->d, at, path, "more than %d characters", VT_NAME - 1);
  else if (l->n == VT_MAX_LABELS)
    vt__diag_error(dr->d, at, path, "more than %d factors", VT_MAX_LABELS);
  else {
    (void)snprintf(l->name[l->n], VT_NAME, "%s", name);
    (void)snprintf(l->text[l->n++], VT_NAME, "%s", text);
  }
}

static int key_of(const vt__template *t, const char *s, size_t n)
{
  for (int k = 0; k < t->n_keys; k++)
    if (strlen(t->key[k]) == n && memcmp(t->key[k], s, n) == 0) return k;
  return -1;
}

/* "X2.5" or "O0.75": one word of the formula. */
static int read_part(vt__draft *dr, const char *word, vt__mark at, int *seen)
{
  vt__template *t = &dr->form;
  const size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
  const int key = key_of(t, word, letters);
  if (t->n_parts == VT_MAX_SPECIES) {
    vt__diag_error(dr->d, at, "compositions.template", "more than %d parts in a formula", VT_MAX_SPECIES);
    return 0;
  }
  t->part[t->n_parts].key = key;
  if (key < 0) {
    vt__mark z_at[VT_MAX_SPECIES];
    return vt__read_formula(dr, "compositions.template", word, at, &t->part[t->n_parts++].a, z_at);
  }
  vt_q x = {1, 1};
  if (word[letters] && (!vt_q_parse(word + letters, strlen(word + letters), &x) || x.num == 0)) {
    vt__diag_error(dr->d, at, "compositions.template", "'%.40s': an amount is a positive number such as 2, 2.5 or 10/3",
                   word);
    return 0;
  }
  seen[key] = 1;
  t->part[t->n_parts++].x = x;
  return 1;
}

static void read_template_formula(vt__draft *dr, const vt__row *row, int node)
{
  vt__template *t = &dr->form;
  int seen[VT_MAX_LABELS] = {0}, ok = 1;
  const char *s = vt__read_scalar(dr, row, node, "a formula with keys such as A M X2.5 O0.75");
  const vt__mark m = read_template_at(dr, node);
  if (!s) return;
  for (const char *at = s; *at;) {
    char word[VT_NAME];
    const size_t gap = strspn(at, " "), n = strcspn(at + gap, " ");
    at += gap;
    if (n == 0) break;
    if (n >= sizeof word) {
      vt__diag_error(dr->d, m, row->path, "'%.40s...' is too long", at);
      return;
    }
    memcpy(word, at, n);
    word[n] = '\0';
    ok = read_part(dr, word, (vt__mark){m.line, m.col + dr->y->node[node].quoted + (int)(at - s)}, seen) && ok;
    at += n; /* fits: a file has at most 1 MiB */
  }
  for (int k = 0; k < t->n_keys; k++)
    if (!seen[k])
      vt__diag_error(dr->d, m, row->path, "the formula has no %s (words are separated by blanks: A M X2.5 O0.75)",
                     t->key[k]);
  if (!ok) t->n_parts = 0;
}

static vt_status read_template_exclude(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  vt__template *t = &dr->form;
  void *p = NULL;
  int n = vt__read_count(dr, row, node, MOST_EXCLUDES, "combinations to leave out");
  if (n <= 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *t->exclude, err), err, "exclusions");
  t->exclude = p;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    struct vt__template_exclude *x = &t->exclude[t->n_exclude++];
    x->at = read_template_at(dr, k);
    if (dr->y->node[k].kind != VT__MAP || !vt__yaml_first(dr->y, k)) {
      vt__diag_error(dr->d, x->at, row->path, "exclude: expected keys and values, e.g. {M: Al, X: I}");
      continue;
    }
    for (int q = vt__yaml_first(dr->y, k); q; q = vt__yaml_next(dr->y, k, q)) {
      const char *name = vt__yaml_text(dr->y, q);
      const int key = key_of(t, name, strlen(name));
      if (key >= 0)
        VT_PASS(vt__read_factor(dr, row, q + 1, &x->f[key], err));
      else
        vt__diag_error(dr->d, read_template_at(dr, q), row->path, "exclude: the formula has no key '%.60s'", name);
    }
  }
  return VT_OK;
}

vt_status vt__read_template(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  const vt__yaml *y = dr->y;
  vt__template *t = &dr->form;
  vt__labels keys = {0};
  vt__row values = *row;
  const int formula = vt__yaml_value(y, node, "formula"), exclude = vt__yaml_value(y, node, "exclude");
  values.type = VT__T_ELEMENTS;
  values.at = VT__N_FACTORS; /* elements of any role */
  t->at = read_template_at(dr, node);
  if (vt__yaml_is_null(y, node) || (y->node[node].kind == VT__MAP && !vt__yaml_first(y, node))) return VT_OK;
  if (!formula) {
    vt__diag_error(
        dr->d, t->at, row->path,
        "expected a formula and its keys, e.g. {formula: \"A M X2.5 O0.75\", A: [Li, Na], M: [Al], X: [Cl]}");
    return VT_OK;
  }
  for (int k = vt__yaml_first(y, node); k; k = vt__yaml_next(y, node, k)) {
    if (k + 1 == formula || k + 1 == exclude) continue;
    const int before = keys.n;
    vt__labels_put(dr, row->path, read_template_at(dr, k), &keys, vt__yaml_text(y, k), "");
    if (keys.n == before) continue;
    memcpy(t->key[t->n_keys], keys.name[before], VT_NAME);
    VT_PASS(vt__read_factor(dr, &values, k + 1, &t->value[t->n_keys++], err));
  }
  read_template_formula(dr, row, formula);
  return exclude ? read_template_exclude(dr, &values, exclude, err) : VT_OK;
}
