/* committee.c - the file of a committee: written, read. */
#include <stdio.h>
#include <string.h>

#include "engine/spec/spec.h"
#include "runner/committee/committee.h"

enum { HEX = 64, MOST_BYTES = 1 << 16, LEAST = 2 };

void vt_committee_begin(vt_buf *b) { vt_buf_printf(b, "# a committee: KIND PATH\n"); }

void vt_committee_add(vt_buf *b, const char *name, const void *data, size_t n)
{
  vt_uid id;
  char hex[HEX + 1];
  vt_sha256(data, n, &id);
  vt_uid_hex(&id, hex);
  vt_buf_printf(b, "nep %s # sha256 %s\n", name, hex);
}

void vt_committee_free(vt_committee *c)
{
  for (int k = 0; k < c->n; k++) vt_nep_free(c->m[k]);
  vt_free(c->m);
  vt_free(c->file);
  *c = (vt_committee){0};
}

/* A model of these bytes, checked against the first. */
static vt_status add_model(vt_committee *c, const char *path, const char *text, size_t n, vt_err *err)
{
  vt_nep_model *m = NULL;
  VT_PASS(VT_GROW(c->m, c->n, c->n + 1, err));
  VT_PASS(VT_GROW(c->file, c->n, c->n + 1, err));
  VT_PASS(vt_nep_read(path, text, n, &m, err));
  (void)snprintf(c->file[c->n], VT_PATH, "%s", path);
  c->m[c->n++] = m;
  int same = m->n_types == c->m[0]->n_types;
  for (int k = 0; k < m->n_types && same; k++) same = strcmp(m->symbol[k], c->m[0]->symbol[k]) == 0;
  if (!same) VT_FAIL(err, VT_EPARSE, "'%s' does not have the elements of '%s' in the same order", path, c->file[0]);
  return VT_OK;
}

/* hex "": any file of this name. */
static vt_status read_member(vt_committee *c, const char *folder, const char *hex, const char *name, vt_err *err)
{
  char path[VT_PATH], is[HEX + 1], *text = NULL;
  size_t n = 0;
  vt_uid id;
  const int need = snprintf(path, sizeof path, "%s%s", name[0] == '/' ? "" : folder, name);
  if (need >= VT_PATH) VT_FAIL(err, VT_EPARSE, "a path of more than %d characters", VT_PATH - 1);
  VT_PASS(vt_text_read(path, VT_NEP_MOST_BYTES, &text, &n, err));
  vt_sha256(text, n, &id);
  vt_uid_hex(&id, is);
  vt_status rc = VT_OK;
  if (hex[0] && strcmp(is, hex) != 0)
    rc = vt_err_set(err, VT_EPARSE, __FILE__, __LINE__, "'%s' is not the file of this checksum, its own is %s", path,
                    is);
  if (rc == VT_OK) rc = add_model(c, path, text, n, err);
  vt_free(text);
  return rc;
}

/* The words of a line that is cut at its comment; at most 3 are counted. */
static int words_of(char *line, char *word[2])
{
  static const char blank[] = " \t\r";
  int n = 0;
  for (char *at = line + strspn(line, blank); *at && n < 3; at += strspn(at, blank), n++) {
    if (n < 2) word[n] = at;
    at += strcspn(at, blank);
    if (*at) *at++ = '\0';
  }
  return n;
}

static vt_status read_line(vt_committee *c, const char *path, int at, const char *folder, char *line, vt_err *err)
{
  char *word[2], hex[HEX + 1] = "", *comment = strchr(line, '#');
  if (comment) (void)sscanf(comment, "# sha256 %64[0-9a-f]", hex);
  if (comment) *comment = '\0';
  const int n = words_of(line, word);
  if (n == 0) return VT_OK;
  if (n != 2) VT_FAIL(err, VT_EPARSE, "%s:%d: expected 'KIND PATH'", path, at);
  if (strcmp(word[0], "nep") != 0)
    VT_FAIL(err, VT_EPARSE, "%s:%d: a member of kind '%s', expected nep", path, at, word[0]);
  if (c->n == VT_COMMITTEE_MOST) VT_FAIL(err, VT_EPARSE, "%s:%d: more than %d members", path, at, VT_COMMITTEE_MOST);
  VT_TRY(read_member(c, folder, hex, word[1], err), err, "%s:%d", path, at);
  return VT_OK;
}

static vt_status read_lines(vt_committee *c, const char *path, char *text, vt_err *err)
{
  char folder[VT_PATH];
  (void)snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  folder[slash ? slash - folder + 1 : 0] = '\0';
  int line = 0;
  for (char *at = text, *next; at; at = next) {
    next = strchr(at, '\n');
    if (next) *next++ = '\0';
    VT_PASS(read_line(c, path, ++line, folder, at, err));
  }
  if (c->n < LEAST) VT_FAIL(err, VT_EPARSE, "%s: a committee of %d, expected at least %d", path, c->n, LEAST);
  return VT_OK;
}

/* Its first word is a kind, not the head of a potential. */
static int is_list(const char *text)
{
  static const char blank[] = " \t\r\n";
  text += strspn(text, blank);
  while (*text == '#') {
    text += strcspn(text, "\n");
    text += strspn(text, blank);
  }
  const size_t n = strcspn(text, " \t\r\n#");
  return n == strlen("nep") && strncmp(text, "nep", n) == 0;
}

vt_status vt_committee_read(const char *path, vt_committee *c, vt_err *err)
{
  char *text = NULL;
  size_t n = 0;
  *c = (vt_committee){0};
  VT_PASS(vt_text_read(path, VT_NEP_MOST_BYTES, &text, &n, err));
  vt_status rc;
  if (!is_list(text + vt_text_mark(text, n)))
    rc = add_model(c, path, text, n, err);
  else if (n > MOST_BYTES || strlen(text) != n)
    rc = vt_err_set(err, VT_EPARSE, __FILE__, __LINE__, "%s: a committee file of %zu bytes, or with zeros", path, n);
  else
    rc = read_lines(c, path, text + vt_text_mark(text, n), err);
  vt_free(text);
  if (rc != VT_OK) vt_committee_free(c);
  return rc;
}
