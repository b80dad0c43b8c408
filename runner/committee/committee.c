/* committee.c - the file of a committee: written, read. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/spec/spec.h"
#include "runner/committee/committee.h"

#define FORMAT "# vitrion committee 1"
enum { HEX = 64, MOST_BYTES = 1 << 20 };

void vt_committee_begin(vt_buf *b) { vt_buf_printf(b, FORMAT "\n"); }

void vt_committee_add(vt_buf *b, const char *name, const void *data, size_t n)
{
  vt_uid id;
  char hex[HEX + 1];
  vt_sha256(data, n, &id);
  vt_uid_hex(&id, hex);
  vt_buf_printf(b, "%s  %s\n", hex, name);
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
  if (strcmp(is, hex) != 0)
    rc = vt_err_set(err, VT_EPARSE, __FILE__, __LINE__, "'%s' is not the file of this checksum, its own is %s", path,
                    is);
  if (rc == VT_OK) rc = add_model(c, path, text, n, err);
  vt_free(text);
  return rc;
}

static int is_hex(const char *s)
{
  int k = 0;
  while (k < HEX && (isdigit((unsigned char)s[k]) || (s[k] >= 'a' && s[k] <= 'f'))) k++;
  return k == HEX;
}

/* A line of n characters: a checksum and a name. */
static vt_status read_line(vt_committee *c, const char *path, int at, const char *folder, const char *line, size_t n,
                           vt_err *err)
{
  char copy[HEX + 2 + VT_PATH];
  if (n < HEX + 3 || n >= sizeof copy || !is_hex(line) || line[HEX] != ' ' || !strchr(" *", line[HEX + 1]))
    VT_FAIL(err, VT_EPARSE, "%s:%d: expected a SHA-256 of %d hex digits, two spaces and the name of a potential", path,
            at, HEX);
  if (c->n == VT_COMMITTEE_MOST) VT_FAIL(err, VT_EPARSE, "%s:%d: more than %d members", path, at, VT_COMMITTEE_MOST);
  memcpy(copy, line, n);
  copy[HEX] = copy[n] = '\0';
  VT_TRY(read_member(c, folder, copy, copy + HEX + 2, err), err, "%s:%d", path, at);
  return VT_OK;
}

static vt_status read_lines(vt_committee *c, const char *path, const char *text, vt_err *err)
{
  char folder[VT_PATH];
  (void)snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  folder[slash ? slash - folder + 1 : 0] = '\0';
  int line = 0;
  for (const char *at = text, *next; *at; at = next) {
    const size_t n = strcspn(at, "\r\n");
    next = at + n + strspn(at + n, "\r");
    next += *next == '\n';
    line++;
    if (n == 0 || at[0] == '#') continue;
    VT_PASS(read_line(c, path, line, folder, at, n, err));
  }
  if (c->n == 0) VT_FAIL(err, VT_EPARSE, "%s: a committee without members", path);
  return VT_OK;
}

vt_status vt_committee_read(const char *path, vt_committee *c, vt_err *err)
{
  char *text = NULL;
  size_t n = 0;
  const size_t head = strlen(FORMAT);
  *c = (vt_committee){0};
  VT_PASS(vt_text_read(path, VT_NEP_MOST_BYTES, &text, &n, err));
  vt_status rc;
  if (n < head || strncmp(text, FORMAT, head) != 0 || (text[head] != '\n' && text[head] != '\r'))
    rc = add_model(c, path, text, n, err);
  else if (n > MOST_BYTES || strlen(text) != n)
    rc = vt_err_set(err, VT_EPARSE, __FILE__, __LINE__, "%s: a committee file of %zu bytes, or with zeros", path, n);
  else
    rc = read_lines(c, path, text, err);
  vt_free(text);
  if (rc != VT_OK) vt_committee_free(c);
  return rc;
}
