/* method_read.c - the rows of read, the elements and the environment of METHOD.yaml. */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "config/method/method_impl.h"

typedef vt__method_reader reader;
#define WRONG VT__METHOD_WRONG

const char *const vt__method_whats[VT_METHOD_WHATS] = {"energy", "forces", "stress", "virial", "version"};

const int vt__method_voigt[6] = {0, 4, 8, 5, 2, 1};
static const vt_unit_kind unit_of[VT_METHOD_WHATS] = {VT_UNIT_ENERGY, VT_UNIT_FORCE, VT_UNIT_PRESSURE, VT_UNIT_ENERGY,
                                                      VT_UNIT_KINDS};

/* ------------------------------------------------------------------ rows */

/* One word of two; -1 and a mistake. */
static int one_of(reader *r, int node, const char *path, const char *a, const char *b)
{
  char text[32];
  if (!vt__method_text(r, node, path, a, text, sizeof text)) return -1;
  if (strcmp(text, a) != 0 && strcmp(text, b) != 0) {
    WRONG(r, node, path, "'%s' is not known, expected %s or %s", text, a, b);
    return -1;
  }
  return strcmp(text, b) == 0;
}

static void read_unit(reader *r, vt_method_what what, int node, const char *path)
{
  char text[32];
  double factor = 0;
  const double sign = r->m->read[what].factor < 0 ? -1 : 1; /* the sign may stand before or behind */
  if (!vt__method_text(r, node, path, "a unit", text, sizeof text)) return;
  if (unit_of[what] == VT_UNIT_KINDS)
    WRONG(r, node, path, "a version has no unit");
  else if (!vt_unit_by_name(unit_of[what], text, &factor))
    WRONG(r, node, path, "'%s' is not a unit of it, expected one of %s", text, vt_unit_names(unit_of[what]));
  else
    r->m->read[what].factor = sign * factor;
}

/* full, voigt, or six words as "xx yy zz xy yz zx". */
static void read_order(reader *r, vt_method_row *w, int node, const char *path)
{
  static const char *const component[9] = {"xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"};
  char text[32];
  vt_span word;
  size_t at = 0;
  int n = 0, seen[9] = {0};
  if (!vt__method_text(r, node, path, "full, voigt, or six components", text, sizeof text)) return;
  w->voigt = strcmp(text, "full") != 0;
  memcpy(w->place, vt__method_voigt, sizeof w->place);
  if (!w->voigt || strcmp(text, "voigt") == 0) return;
  const vt_span all = {text, strlen(text)};
  while (n < 6 && vt_span_token(all, " ", &at, &word)) {
    int c = 0;
    while (c < 9 && !(word.n == 2 && memcmp(component[c], word.s, 2) == 0)) c++;
    if (c == 9 || seen[c]) break;
    seen[c] = seen[3 * (c % 3) + c / 3] = 1; /* xy is yx */
    w->place[n++] = c;
  }
  if (n != 6 || vt_span_token(all, " ", &at, &word))
    WRONG(r, node, path, "'%s' is no order, expected full, voigt, or six components as xx yy zz xy yz zx", text);
}

void vt__method_row(reader *r, vt_method_what what, const char *leaf, int node, const char *path)
{
  vt_method_row *w = &r->m->read[what];
  int k;
  w->given = 1;
  w->line = r->y->node[node].at.line;
  if (strcmp(leaf, "file") == 0) (void)vt__method_text(r, node, path, "a file", w->file, sizeof w->file);
  if (strcmp(leaf, "after") == 0) (void)vt__method_text(r, node, path, "a text", w->after, sizeof w->after);
  if (strcmp(leaf, "match") == 0) (void)vt__method_text(r, node, path, "an expression", w->match, sizeof w->match);
  if (strcmp(leaf, "take") == 0 && (k = one_of(r, node, path, "last", "first")) >= 0) w->first = k;
  if (strcmp(leaf, "unit") == 0) read_unit(r, what, node, path);
  if (strcmp(leaf, "order") == 0) read_order(r, w, node, path);
  if (strcmp(leaf, "sign") == 0 && (k = one_of(r, node, path, "compression", "tension")) >= 0 && k)
    w->factor = w->factor != 0 ? -w->factor : -1; /* W = -dE/dstrain is positive under compression */
}

static int count_captures(const char *s)
{
  static const char number[] = "{number}";
  int n = 0;
  for (const char *at = strstr(s, number); at; at = strstr(at + sizeof number - 1, number)) n++;
  return n;
}

static int has_key(reader *r, int node, const char *key)
{
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k))
    if (strcmp(vt__yaml_text(r->y, k), key) == 0) return 1;
  return 0;
}

/* A pattern must be one, and take as many numbers of a line as its quantity has there. */
static void check_match(reader *r, vt_method_what what, int node, const char *path)
{
  const vt_method_row *w = &r->m->read[what];
  static const char *const wanted[VT_METHOD_WHATS] = {"one", "three", "three, six or nine", "three, six or nine",
                                                      "one"};
  const int n = count_captures(w->match), tensor = what == VT_METHOD_STRESS || what == VT_METHOD_VIRIAL;
  const int ok = what == VT_METHOD_FORCES ? n == 3 : tensor ? n == (w->voigt ? 6 : 3) || (!w->voigt && n == 9) : n == 1;
  char pattern[4 * VT_METHOD_TEXT], why[120];
  regex_t re;
  if (!ok) WRONG(r, node, path, "match takes %d {number}, expected %s", n, wanted[what]);
  vt_method_pattern(w->match, pattern, sizeof pattern);
  const int bad = regcomp(&re, pattern, REG_EXTENDED);
  if (bad) {
    (void)regerror(bad, &re, why, sizeof why);
    WRONG(r, node, path, "match is no regular expression: %s", why);
    return;
  }
  if (re.re_nsub != (size_t)n) WRONG(r, node, path, "match has brackets of its own: write [(] and [)] for characters");
  regfree(&re);
}

void vt_method_pattern(const char *match, char *out, size_t cap)
{
  static const char number[] = "{number}", word[] = "([^[:space:],;]+)";
  size_t used = 0;
  for (const char *s = match; *s && used + sizeof word < cap;)
    if (strncmp(s, number, sizeof number - 1) == 0) {
      memcpy(out + used, word, sizeof word - 1);
      used += sizeof word - 1;
      s += sizeof number - 1;
    } else
      out[used++] = *s++;
  out[used] = '\0';
}

void vt__method_row_check(reader *r, vt_method_what what, int node, const char *path)
{
  const vt_method_row *w = &r->m->read[what];
  if (!w->after[0] == !w->match[0])
    WRONG(r, node, path, "expected one of after (a text before the numbers) and match (a regular expression)");
  else if (w->match[0])
    check_match(r, what, node, path);
  else if (what == VT_METHOD_FORCES)
    WRONG(r, node, path, "forces stand in many lines: expected match, with three {number}");
  if (what != VT_METHOD_VERSION && !has_key(r, node, "unit"))
    WRONG(r, node, path, "unit is missing, expected one of %s", vt_unit_names(unit_of[what]));
  if (what == VT_METHOD_STRESS && !has_key(r, node, "sign"))
    WRONG(r, node, path, "sign is missing: is tension or compression positive?");
  if (what != VT_METHOD_STRESS && has_key(r, node, "sign"))
    WRONG(r, node, path, "only a stress has a sign; a virial is -dE/d(strain)");
  if (what != VT_METHOD_STRESS && what != VT_METHOD_VIRIAL && has_key(r, node, "order"))
    WRONG(r, node, path, "only a stress or virial has an order");
}

/* ------------------------------------------------------------------ lists and maps */

void vt__method_list(reader *r, int node, const char *path, int *n, char (*out)[VT_METHOD_TEXT])
{
  if (r->y->node[node].kind == VT__SCALAR) {
    if (vt__method_text(r, node, path, "a list of texts", out[0], VT_METHOD_TEXT)) *n = 1;
    return;
  }
  if (r->y->node[node].kind != VT__SEQ) {
    WRONG(r, node, path, "expected a list of texts");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    if (*n == VT_METHOD_TEXTS) {
      WRONG(r, k, path, "more than %d texts", VT_METHOD_TEXTS);
      return;
    }
    if (vt__method_text(r, k, path, "a text", out[*n], VT_METHOD_TEXT)) *n += out[*n][0] != '\0';
  }
}

void vt__method_environment(reader *r, int node, const char *path)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  vt_method *m = r->m;
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, path, "expected {NAME: value}");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    const char *name = vt__yaml_text(r->y, k);
    if (m->n_env == VT_METHOD_ENV) {
      WRONG(r, k, path, "more than %d variables", VT_METHOD_ENV);
      return;
    }
    if (!name[0] || name[strspn(name, letters)] || (name[0] >= '0' && name[0] <= '9') || strlen(name) >= VT_METHOD_TEXT)
      WRONG(r, k, path, "'%.60s' is not the name of a variable", name);
    else if (vt__method_text(r, k + 1, path, "a value", m->env[m->n_env][1], VT_METHOD_TEXT))
      memcpy(m->env[m->n_env++][0], name, strlen(name) + 1);
  }
}

/* The number of a key of elements, a new one if there is room; -1 and a mistake. */
static int key_number(reader *r, int node, const char *path)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
  vt_method *m = r->m;
  const char *word = vt__yaml_text(r->y, node);
  for (int k = 0; k < m->n_keys; k++)
    if (strcmp(m->key[k], word) == 0) return k;
  if (!word[0] || word[strspn(word, letters)] || strlen(word) >= VT_NAME)
    WRONG(r, node, path, "'%.60s' cannot stand in a template: expected small letters and _", word);
  else if (m->n_keys == VT_METHOD_KEYS)
    WRONG(r, node, path, "more than %d different keys", VT_METHOD_KEYS);
  else {
    memcpy(m->key[m->n_keys], word, strlen(word) + 1);
    return m->n_keys++;
  }
  return -1;
}

static void read_element(reader *r, int node, const char *path, vt_method_element *e)
{
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, path, "expected {key: value}");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    const int at = key_number(r, k, path);
    if (at >= 0) (void)vt__method_text(r, k + 1, path, "a number or a word", e->value[at], VT_NAME);
  }
}

void vt__method_elements(reader *r, int node, const char *path)
{
  vt_method *m = r->m;
  char below[64];
  if (r->y->node[node].kind != VT__MAP) {
    WRONG(r, node, path, "expected {Na: {q: 9, cutoff: 900}}");
    return;
  }
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    const char *symbol = vt__yaml_text(r->y, k);
    if (strlen(symbol) > 3 || vt_element_z(symbol) == 0 || m->n_elements == VT_TRAINING_ELEMENTS) {
      WRONG(r, k, path, "'%.20s' is not an element", symbol);
      continue;
    }
    vt_method_element *e = &m->element[m->n_elements++];
    memcpy(e->symbol, symbol, strlen(symbol) + 1);
    (void)snprintf(below, sizeof below, "%.40s.%s", path, symbol);
    read_element(r, k + 1, below, e);
  }
}
