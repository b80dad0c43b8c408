/* method_places.c - the {words} of a command, of a template and of its text for one element. */
#include <stdio.h>
#include <string.h>

#include "config/method/method_impl.h"

typedef vt__method_reader reader;

int vt_method_place(const char *s, size_t *at, size_t *from, vt_span *word)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
  for (size_t k = *at; s[k]; k++) {
    if (s[k] != '{' || (k > 0 && s[k - 1] == '$')) continue;
    const size_t n = strspn(s + k + 1, letters);
    if (n == 0 || s[k + 1 + n] != '}') continue;
    *from = k;
    *at = k + n + 2;
    *word = (vt_span){s + k + 1, n};
    return 1;
  }
  return 0;
}

int vt_method_key(const vt_method *m, vt_span word)
{
  for (int k = 0; k < m->n_keys; k++)
    if (strlen(m->key[k]) == word.n && memcmp(m->key[k], word.s, word.n) == 0) return k;
  return -1;
}

static int is_one(vt_span word, const char *const *names)
{
  for (; *names; names++)
    if (strlen(*names) == word.n && memcmp(*names, word.s, word.n) == 0) return 1;
  return 0;
}

static void refuse(reader *r, const char *path, int line, vt_span word, const char *const *names, int with_keys)
{
  char text[VT_NAME], hint[100], where[64] = "";
  (void)snprintf(text, sizeof text, "%.*s", (int)(word.n < 40 ? word.n : 40), word.s);
  vt__nearest near = vt__nearest_to(text);
  for (; *names; names++) vt__nearest_offer(&near, *names);
  for (int k = 0; with_keys && k < r->m->n_keys; k++) vt__nearest_offer(&near, r->m->key[k]);
  vt__nearest_text(&near, hint);
  if (line > 0) (void)snprintf(where, sizeof where, "line %d of the template: ", line);
  vt__diag_error(r->d, (vt__mark){0, 0}, path, "%s{%s} stands for nothing%s", where, text, hint);
}

/* lines: count them for messages. */
static void check_text(reader *r, const char *path, const char *s, const char *const *names, int with_keys, int lines)
{
  size_t at = 0, from = 0, counted = 0;
  vt_span word;
  int line = lines;
  while (vt_method_place(s, &at, &from, &word)) {
    for (; lines && counted < from; counted++) line += s[counted] == '\n';
    if (!is_one(word, names) && !(with_keys && vt_method_key(r->m, word) >= 0))
      refuse(r, path, line, word, names, with_keys);
  }
}

static int mentions(const char *s, const char *name)
{
  size_t at = 0, from = 0;
  vt_span word;
  while (vt_method_place(s, &at, &from, &word))
    if (strlen(name) == word.n && memcmp(name, word.s, word.n) == 0) return 1;
  return 0;
}

static void missing(reader *r, const char *path, const char *text)
{
  vt__diag_error(r->d, (vt__mark){0, 0}, path, "%s", text);
}

static int reads_output(const vt_method *m)
{
  for (int k = 0; k < VT_METHOD_WHATS; k++)
    if (m->read[k].given && !m->read[k].file[0]) return 1;
  return m->n_found + m->n_not_found > 0;
}

void vt__method_check_places(reader *r)
{
  static const char *const of_command[] = {"input", "output", "start", "name", "dir", NULL};
  static const char *const of_input[] = {"name", "n_atoms", "n_elements",  "cell",  "a",
                                         "b",    "c",       "coordinates", "kinds", NULL};
  static const char *const of_kind[] = {"element", NULL};
  static const char *const of_file[] = {"name", NULL};
  const vt_method *m = r->m;
  check_text(r, "batch.command", m->command, of_command, 0, 0);
  if (m->text) check_text(r, "batch.input", m->text, of_input, 1, 1);
  if (m->kind) check_text(r, "batch.kind", m->kind, of_kind, 1, 0);
  for (int k = 0; k < VT_METHOD_WHATS; k++) check_text(r, "read", m->read[k].file, of_file, 0, 0);
  if (m->command[0] && mentions(m->command, "input") && !m->input[0])
    missing(r, "batch.input", "the command has {input}, but there is no template for it");
  if (m->command[0] && m->input[0] && !mentions(m->command, "input"))
    missing(r, "batch.command", "there is a template, but the command has no {input}");
  if (m->command[0] && !mentions(m->command, "input") && !mentions(m->command, "start"))
    missing(r, "batch.command", "neither {input} nor {start}: the program would not know the frame");
  if (m->command[0] && !mentions(m->command, "output") && reads_output(m))
    missing(r, "batch.command", "no {output}, which rows of read without a file are read from: > {output}");
  if (m->text && mentions(m->text, "kinds") && !m->kind)
    missing(r, "batch.kind", "is missing: the template has {kinds}");
}
