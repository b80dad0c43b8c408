/* method.c - METHOD.yaml: YAML to vt_method.  Every key is a row of one table. */
#define _GNU_SOURCE /* realpath */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/method/method_impl.h"

enum { MOST_BYTES = 1 << 20 };

typedef vt__method_reader reader;
#define WRONG VT__METHOD_WRONG

static const vt__method_key keys[] = {
    {"vitrion_method", "version of this format: 1", 1},
    {"name", "name of the method: letters, digits, '.', '_', '-'; it stands in every label", 1},
    {"driver", "a program that speaks the i-PI protocol (this, or batch)", 0},
    {"driver.command", "for the shell, with {socket}, {start}, {dir}", 1},
    {"driver.timeout", "for one frame; auto: an hour, then twenty times its own median; auto", 0},
    {"driver.virial", "yes: an answer without one is a failed frame, or no; yes", 0},
    {"driver.order", "of messages: fused or plain; fused", 0},
    {"batch", "a command for each frame (this, or driver)", 0},
    {"batch.command",
     "for the shell, with {input} (made from the template), {output}, {start} (the frame as extended\n"
     "                           XYZ), {name}, {dir} (folder of this file)",
     1},
    {"batch.input",
     "file of the input's template, beside this file; its words: {name}, {n_atoms}, {n_elements}, {cell}\n"
     "                           (three lines) or {a}, {b}, {c}, {coordinates} (a line an atom), {kinds}, "
     "keys of elements",
     0},
    {"batch.timeout", "for one frame; 2 h", 0},
    {"batch.environment", "{NAME: value}; OMP_NUM_THREADS: 1", 0},
    {"batch.elements",
     "{Na: {q: 9, cutoff: 900}}: what the template needs of each element; {cutoff} is the largest\n"
     "                           of the frame's; frames with other elements are refused",
     0},
    {"batch.kind", "list of lines that {kinds} repeats for each element of a frame, with {element} and its keys", 0},
    {"read",
     "where in the output a quantity stands: energy and forces (required; atoms in the order of the\n"
     "                           frame), stress or virial, version",
     0},
    {"read.*", "energy, forces, stress, virial, version", 0},
    {"read.*.file", "name of the file, with {name}; the output", 0},
    {"read.*.after", "the numbers stand behind this text in a line", 0},
    {"read.*.match", "a line fits this regular expression (POSIX, extended); {number} is a number that is taken", 0},
    {"read.*.take", "first or last, where it stands several times; last", 0},
    {"read.*.unit", "unit of the numbers", 0},
    {"read.*.sign", "stress: tension or compression, which is positive", 0},
    {"read.*.order",
     "stress, virial: full (nine numbers by rows), voigt (xx yy zz yz xz xy), or six words as "
     "xx yy zz xy yz zx; full",
     0},
    {"converged", "how a finished calculation is known", 0},
    {"converged.found", "list of texts that must stand in the output", 0},
    {"converged.not_found", "list of texts that must not stand there", 0},
    {"checks", "bounds of a label", 0},
    {"checks.net_force",
     "largest length of the sum of all forces, divided by the square root of the number of atoms\n"
     "                           (42 atoms: 0.32 eV/A); 0.05 eV/A",
     0},
    {"checks.stress_asymmetry", "largest difference of xy and yx of the stress; 0.05 GPa", 0},
    {"checks.energy_distance", "a warning beyond this distance from the median of the composition; 0.2 eV/atom", 0}};
enum { N_KEYS = sizeof keys / sizeof *keys };

void vt_method_keys(vt_buf *out)
{
  for (int k = 0; k < N_KEYS; k++)
    if (strcmp(keys[k].path, "read.*") != 0)
      vt_buf_printf(out, "  %-24s%s%s\n", keys[k].path, keys[k].needed ? " (required) " : " ", keys[k].doc);
}

int vt__method_text(reader *r, int node, const char *path, const char *expected, char *out, size_t cap)
{
  const char *s = vt__yaml_text(r->y, node);
  if (r->y->node[node].kind != VT__SCALAR || vt__yaml_is_null(r->y, node))
    WRONG(r, node, path, "expected %s", expected);
  else if (strlen(s) >= cap)
    WRONG(r, node, path, "a text of more than %zu characters", cap - 1);
  else {
    memcpy(out, s, strlen(s) + 1);
    return 1;
  }
  return 0;
}

/* ------------------------------------------------------------------ values */

static void read_quantity(reader *r, int node, const char *path, const char *unit, double hi, double *out)
{
  char text[64], why[300];
  double x = 0;
  if (!vt__method_text(r, node, path, "a number with its unit", text, sizeof text)) return;
  if (!vt__quantity_parse(text, strlen(text), unit, &x, why, sizeof why))
    WRONG(r, node, path, "%s", why);
  else if (!(x > 0 && x <= hi))
    WRONG(r, node, path, "%s is outside 0 to %g %s", text, hi, unit);
  else
    *out = x;
}

/* The place of a word of a list "a|b"; -1 and a mistake. */
static int read_choice(reader *r, int node, const char *path, const char *first, const char *second)
{
  char text[32];
  if (!vt__method_text(r, node, path, first, text, sizeof text)) return -1;
  if (strcmp(text, first) == 0) return 0;
  if (strcmp(text, second) == 0) return 1;
  WRONG(r, node, path, "'%s' is not known, expected %s or %s", text, first, second);
  return -1;
}

static void read_command(reader *r, int node, const char *path, char out[VT_COMMAND])
{
  if (vt__method_text(r, node, path, "a command in quotes", out, VT_COMMAND) && strpbrk(out, "\n\r"))
    WRONG(r, node, path, "a command of several lines: put it into a script");
}

static void read_name(reader *r, int node, const char *path)
{
  static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", rest[] = "._-";
  char all[sizeof first + sizeof rest], *s = r->m->name;
  (void)snprintf(all, sizeof all, "%s%s", first, rest);
  if (!vt__method_text(r, node, path, "a name", s, VT_NAME)) return;
  if (!*s || !strchr(first, *s) || s[strspn(s, all)])
    WRONG(r, node, path, "'%.70s' is not a name: letters, digits, '.', '_', '-', the first a letter or digit", s);
}

static void read_template(reader *r, int node, const char *path)
{
  char text[VT_PATH];
  size_t n = 0;
  vt_err why = {0};
  if (!vt__method_text(r, node, path, "a path", text, sizeof text)) return;
  const int used =
      snprintf(r->m->input, VT_PATH, "%s%s%s", text[0] == '/' ? "" : r->folder, text[0] == '/' ? "" : "/", text);
  if (used >= VT_PATH)
    WRONG(r, node, path, "a path of more than %d characters", VT_PATH - 1);
  else if (vt_text_read(r->m->input, MOST_BYTES, &r->m->text, &n, &why) != VT_OK)
    WRONG(r, node, path, "%s", vt_err_line(why.text).s);
  else
    vt_sha256(r->m->text, n, &r->m->input_sha256);
}

/* A line, or a list of lines. */
static void read_kind(reader *r, int node, const char *path)
{
  const int is_list = r->y->node[node].kind == VT__SEQ;
  char line[VT_METHOD_TEXT];
  vt_buf b = {0};
  for (int k = is_list ? vt__yaml_first(r->y, node) : node; k; k = is_list ? vt__yaml_next(r->y, node, k) : 0)
    if (vt__method_text(r, k, path, "a line, or a list of lines", line, sizeof line)) vt_buf_printf(&b, "%s\n", line);
  r->rc = vt_buf_check(&b, r->err);
  vt_free(r->m->kind);
  if (r->rc == VT_OK) r->rc = VT_NEW(r->m->kind, b.len + 1, r->err);
  if (r->rc == VT_OK && b.len) memcpy(r->m->kind, b.s, b.len);
  vt_buf_free(&b);
}

static void read_patience(reader *r, int node, const char *path, int may_auto, double *out)
{
  const double most_s = 30 * 86400.0;
  if (may_auto && r->y->node[node].kind == VT__SCALAR && strcmp(vt__yaml_text(r->y, node), "auto") == 0)
    *out = 0;
  else
    read_quantity(r, node, path, "s", most_s, out);
}

/* ------------------------------------------------------------------ the tree */

static void read_driver(reader *r, const char *leaf, int node, const char *path)
{
  vt_method *m = r->m;
  int k;
  if (strcmp(leaf, "command") == 0) read_command(r, node, path, m->driver.command);
  if (strcmp(leaf, "timeout") == 0) read_patience(r, node, path, 1, &m->driver.timeout_s);
  if (strcmp(leaf, "virial") == 0 && (k = read_choice(r, node, path, "no", "yes")) >= 0) m->driver_virial = k;
  if (strcmp(leaf, "order") == 0 && (k = read_choice(r, node, path, "fused", "plain")) >= 0) m->driver.plain = k;
}

static void read_batch(reader *r, const char *leaf, int node, const char *path)
{
  if (strcmp(leaf, "command") == 0) read_command(r, node, path, r->m->command);
  if (strcmp(leaf, "input") == 0) read_template(r, node, path);
  if (strcmp(leaf, "timeout") == 0) read_patience(r, node, path, 0, &r->m->timeout_s);
  if (strcmp(leaf, "environment") == 0) vt__method_environment(r, node, path);
  if (strcmp(leaf, "elements") == 0) vt__method_elements(r, node, path);
  if (strcmp(leaf, "kind") == 0) read_kind(r, node, path);
}

static void read_check(reader *r, const char *leaf, int node, const char *path)
{
  double gpa = 0;
  if (strcmp(leaf, "net_force") == 0) read_quantity(r, node, path, "eV/A", 1e3, &r->m->net_force);
  if (strcmp(leaf, "energy_distance") == 0) read_quantity(r, node, path, "eV/atom", 1e3, &r->m->energy_distance);
  if (strcmp(leaf, "stress_asymmetry") != 0) return;
  read_quantity(r, node, path, "GPa", 1e3, &gpa);
  if (gpa > 0) r->m->asymmetry = vt_unit_pressure_from_gpa(gpa);
}

static void read_converged(reader *r, const char *leaf, int node, const char *path)
{
  vt_method *m = r->m;
  if (strcmp(leaf, "found") == 0) vt__method_list(r, node, path, &m->n_found, m->found);
  if (strcmp(leaf, "not_found") == 0) vt__method_list(r, node, path, &m->n_not_found, m->not_found);
}

/* "read.energy.unit" is the row "read.*.unit". */
static const vt__method_key *key_of(const char *path)
{
  char as_row[128];
  const char *dot = strncmp(path, "read.", 5) == 0 ? strchr(path + 5, '.') : NULL;
  (void)snprintf(as_row, sizeof as_row, dot ? "read.*%s" : "%s", dot ? dot : path);
  for (int k = 0; k < N_KEYS; k++)
    if (strcmp(keys[k].path, as_row) == 0) return &keys[k];
  return NULL;
}

static void refuse_key(reader *r, int key, const char *section, const char *path)
{
  char hint[100], as_row[96];
  const int is_row = strncmp(section, "read.", 5) == 0;
  (void)snprintf(as_row, sizeof as_row, "%s", is_row ? "read.*" : section);
  vt__nearest near = vt__nearest_to(vt__yaml_text(r->y, key));
  for (int k = 0; k < N_KEYS; k++)
    if (vt__path_is_child(keys[k].path, as_row)) vt__nearest_offer(&near, vt__path_leaf(keys[k].path));
  for (int k = 0; k < VT_METHOD_WHATS; k++)
    if (strcmp(section, "read") == 0) vt__nearest_offer(&near, vt__method_whats[k]);
  vt__nearest_text(&near, hint);
  vt__diag_error(r->d, r->y->node[key].at, path, "no such key%s", hint);
}

static int is_section(reader *r, int node, const char *path)
{
  if (r->y->node[node].kind == VT__MAP) return 1;
  WRONG(r, node, path, "expected a section: {key: value}");
  return 0;
}

static void read_row(reader *r, vt_method_what what, int node, const char *path)
{
  char below[128];
  if (!is_section(r, node, path)) return;
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    (void)snprintf(below, sizeof below, "%.60s.%.40s", path, vt__yaml_text(r->y, k));
    if (key_of(below))
      vt__method_row(r, what, vt__path_leaf(below), k + 1, below);
    else
      refuse_key(r, k, path, below);
  }
  vt__method_row_check(r, what, node, path);
}

static void read_reads(reader *r, int node, const char *path)
{
  char below[96];
  if (!is_section(r, node, path)) return;
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    const char *word = vt__yaml_text(r->y, k);
    int what = 0;
    while (what < VT_METHOD_WHATS && strcmp(vt__method_whats[what], word) != 0) what++;
    (void)snprintf(below, sizeof below, "read.%.40s", word);
    if (what < VT_METHOD_WHATS)
      read_row(r, (vt_method_what)what, k + 1, below);
    else
      refuse_key(r, k, path, below);
  }
}

typedef void read_leaf(reader *r, const char *leaf, int node, const char *path);

static void read_section(reader *r, int node, const char *path, read_leaf *leaf)
{
  char below[96];
  if (!is_section(r, node, path)) return;
  for (int k = vt__yaml_first(r->y, node); k; k = vt__yaml_next(r->y, node, k)) {
    (void)snprintf(below, sizeof below, "%.40s.%.40s", path, vt__yaml_text(r->y, k));
    if (key_of(below))
      leaf(r, vt__path_leaf(below), k + 1, below);
    else
      refuse_key(r, k, path, below);
  }
}

static void read_file(reader *r)
{
  static const struct {
    const char *name;
    read_leaf *leaf;
  } section[] = {{"driver", read_driver}, {"batch", read_batch}, {"checks", read_check}, {"converged", read_converged}};
  for (int k = vt__yaml_first(r->y, 0); k; k = vt__yaml_next(r->y, 0, k)) {
    const char *word = vt__yaml_text(r->y, k);
    if (!key_of(word)) refuse_key(r, k, "", word);
    if (strcmp(word, "vitrion_method") == 0 && strcmp(vt__yaml_text(r->y, k + 1), "1") != 0)
      WRONG(r, k + 1, word, "'%.60s' is not known, expected 1", vt__yaml_text(r->y, k + 1));
    if (strcmp(word, "name") == 0) read_name(r, k + 1, word);
    if (strcmp(word, "read") == 0) read_reads(r, k + 1, word);
    for (size_t s = 0; s < sizeof section / sizeof *section; s++)
      if (strcmp(word, section[s].name) == 0) read_section(r, k + 1, word, section[s].leaf);
  }
}

/* ------------------------------------------------------------------ rules between keys */

static void missing(reader *r, const char *path, const char *text)
{
  vt__diag_error(r->d, (vt__mark){0, 0}, path, "%s", text);
}

static int is_there(reader *r, const char *name)
{
  for (int k = vt__yaml_first(r->y, 0); k; k = vt__yaml_next(r->y, 0, k))
    if (strcmp(vt__yaml_text(r->y, k), name) == 0) return 1;
  return 0;
}

static void check(reader *r)
{
  vt_method *m = r->m;
  const int driver = is_there(r, "driver"), batch = is_there(r, "batch");
  if (!is_there(r, "vitrion_method")) missing(r, "vitrion_method", "is missing: version of this format: 1");
  if (!is_there(r, "name")) missing(r, "name", "is missing: name of the method");
  if (driver == batch) missing(r, "", "expected either driver (an i-PI driver) or batch (a command for each frame)");
  if (driver && !m->driver.command[0]) missing(r, "driver.command", "is missing");
  if (driver && (is_there(r, "read") || is_there(r, "converged")))
    missing(r, "read", "an i-PI driver answers numbers: read and converged belong to batch");
  if (!batch || driver) return;
  if (!m->command[0]) missing(r, "batch.command", "is missing");
  if (!m->read[VT_METHOD_ENERGY].given) missing(r, "read.energy", "is missing");
  if (!m->read[VT_METHOD_FORCES].given) missing(r, "read.forces", "is missing");
  if (m->read[VT_METHOD_STRESS].given && m->read[VT_METHOD_VIRIAL].given)
    missing(r, "read.stress", "stress and virial: expected one of them");
  if (m->n_found + m->n_not_found == 0)
    missing(r, "converged", "is missing: texts by which a calculation that converged is known");
  vt__method_check_places(r);
}

/* ------------------------------------------------------------------ identity */

static void put(vt_buf *b, const char *what, const char *text)
{
  vt_buf_printf(b, "%s %zu %s\n", what, strlen(text), text);
}

vt_status vt_method_frame_sha256(const vt_method *m, const unsigned char *used, vt_uid *sha256, vt_err *err)
{
  vt_buf b = {0};
  *sha256 = m->sha256;
  if (m->n_elements == 0) return VT_OK;
  vt_buf_add(&b, &m->sha256, sizeof m->sha256);
  for (int e = 0; e < m->n_elements; e++)
    for (int k = 0; k < m->n_keys && used[e]; k++) {
      put(&b, m->element[e].symbol, m->key[k]);
      put(&b, "value", m->element[e].value[k]);
    }
  const vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) vt_sha256(b.s, b.len, sha256);
  vt_buf_free(&b);
  return rc;
}

/* What decides about the labels of all frames, as text: not time limits, not bounds. */
static vt_status make_identity(vt_method *m, vt_err *err)
{
  vt_buf b = {0};
  vt_buf_printf(&b, "vitrion-method 1\n");
  put(&b, "name", m->name);
  put(&b, "command", m->command[0] ? m->command : m->driver.command);
  put(&b, "input", m->text ? m->text : "");
  put(&b, "kind", m->kind ? m->kind : "");
  for (int k = 0; k < m->n_env; k++) put(&b, m->env[k][0], m->env[k][1]);
  for (int k = 0; k < VT_METHOD_WHATS; k++) {
    const vt_method_row *w = &m->read[k];
    if (!w->given) continue;
    put(&b, vt__method_whats[k], w->file);
    put(&b, "after", w->after);
    put(&b, "match", w->match);
    vt_buf_printf(&b, "%d %d %.17g\n", w->first, w->voigt, w->factor);
    if (w->voigt && memcmp(w->place, vt__method_voigt, sizeof w->place) != 0)
      for (int c = 0; c < 6; c++) vt_buf_printf(&b, "%d\n", w->place[c]);
  }
  for (int k = 0; k < m->n_found; k++) put(&b, "found", m->found[k]);
  for (int k = 0; k < m->n_not_found; k++) put(&b, "not_found", m->not_found[k]);
  const vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) vt_sha256(b.s, b.len, &m->sha256);
  vt_buf_free(&b);
  return rc;
}

/* ------------------------------------------------------------------ load */

static vt_status read_text(const char *text, size_t n, vt_method *m, vt_diags *d, vt_err *err)
{
  vt__yaml y;
  const double two_hours_s = 7200;
  m->timeout_s = two_hours_s;
  m->driver_virial = 1;
  m->net_force = 0.05;
  m->asymmetry = vt_unit_pressure_from_gpa(0.05);
  m->energy_distance = 0.2;
  vt_status rc = vt__yaml_parse(&y, text, n, d, err);
  if (rc == VT_OK) {
    reader r = {.m = m, .d = d, .y = &y, .folder = m->dir, .err = err, .rc = VT_OK};
    if (y.node[0].kind != VT__MAP)
      vt__diag_error(d, y.node[0].at, "", "expected keys and values, as vitrion_method: 1");
    else {
      read_file(&r);
      check(&r);
    }
    rc = r.rc;
  }
  vt__yaml_free(&y);
  return rc == VT_OK ? make_identity(m, err) : rc;
}

static void folder_of(const char *path, char dir[VT_PATH])
{
  char *full = realpath(path, NULL);
  const char *at = full ? full : path, *slash = strrchr(at, '/');
  const int n = slash ? (int)(slash - at) : 0;
  (void)snprintf(dir, VT_PATH, "%.*s", n > 0 ? n : 1, n > 0 ? at : slash ? "/" : ".");
  free(full); /* NOLINT: realpath's */
}

vt_status vt_method_load(const char *path, vt_method **out, vt_diags *diags, vt_err *err)
{
  vt_method *m = NULL;
  char *text = NULL, dir[VT_PATH];
  size_t n = 0;
  *out = NULL;
  *diags = (vt_diags){0};
  (void)snprintf(diags->file, sizeof diags->file, "%s", path);
  folder_of(path, dir);
  VT_PASS(vt_text_read(path, MOST_BYTES, &text, &n, err));
  vt_status rc = VT_NEW(m, 1, err);
  if (rc == VT_OK) {
    memcpy(m->dir, dir, sizeof m->dir);
    memcpy(m->driver.dir, dir, sizeof m->dir);
    rc = read_text(text, n, m, diags, err);
  }
  vt_free(text);
  vt__diag_sort(diags);
  if (rc == VT_OK && diags->n_errors == 0) {
    *out = m;
    return VT_OK;
  }
  vt_method_free(m);
  if (rc == VT_OK || rc == VT_EPARSE)
    VT_FAIL(err, VT_EPARSE, "%d mistake%s in '%s'", diags->n_errors, diags->n_errors == 1 ? "" : "s", path);
  return rc;
}

void vt_method_free(vt_method *m)
{
  if (!m) return;
  vt_free(m->text);
  vt_free(m->kind);
  vt_free(m);
}
