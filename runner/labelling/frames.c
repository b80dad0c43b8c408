/* frames.c - the frames that are to be labelled: read, identified, what their headers keep. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "runner/labelling/labelling_impl.h"

enum { FRAMES_MOST = 1000000 };

void vt__label_frame_where(const vt__labeller *l, int k, char *out, size_t cap)
{
  const vt__label_frame *f = &l->frame[k];
  (void)snprintf(out, cap, "frame %d (%s:%d)", k + 1, l->o->frame[f->file], f->s.line);
}

/* ------------------------------------------------------------------ identity */

static vt_status method_of(const vt_method *m, vt__label_frame *f, vt_err *err)
{
  unsigned char used[VT_TRAINING_ELEMENTS] = {0};
  for (int e = 0; e < m->n_elements; e++)
    for (int i = 0; i < f->s.n && !used[e]; i++) used[e] = strcmp(m->element[e].symbol, f->s.symbol[i]) == 0;
  return vt_method_frame_sha256(m, used, &f->method, err);
}

static vt_status identify(const vt__labeller *l, vt__label_frame *f, vt_err *err)
{
  vt_buf b = {0};
  VT_PASS(method_of(l->m, f, err));
  vt_uid both[2];
  char hex[65];
  vt_buf_printf(&b, "vitrion-frame 1\n");
  vt_buf_add(&b, &f->s.n, sizeof f->s.n);
  vt_buf_add(&b, f->s.cell.h, sizeof f->s.cell.h);
  vt_buf_add(&b, f->s.symbol, (size_t)f->s.n * sizeof *f->s.symbol);
  vt_buf_add(&b, f->s.x, (size_t)f->s.n * sizeof *f->s.x);
  const vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) {
    vt_sha256(b.s, b.len, &f->sha256);
    both[0] = f->method, both[1] = f->sha256;
    vt_sha256(both, sizeof both, &f->id);
    vt_uid_hex(&f->id, hex);
    (void)snprintf(f->name, sizeof f->name, "f%.12s", hex);
  }
  vt_buf_free(&b);
  return rc;
}

/* Frames of one id: the first of the input is labelled, for all. */
static vt_status find_same(vt__labeller *l, vt_err *err)
{
  vt_uid_index index = {0};
  VT_PASS(vt_uid_index_make(&index, &l->frame[0].id, sizeof *l->frame, l->n, err));
  for (int i = 0, end; i < l->n; i = end) {
    int first = index.order[i];
    for (end = i + 1; end < l->n && vt_uid_equal(&l->frame[first].id, &l->frame[index.order[end]].id); end++)
      if (index.order[end] < first) first = index.order[end];
    for (int k = i; k < end; k++)
      if (index.order[k] != first) l->frame[index.order[k]].same_as = first;
  }
  vt_uid_index_free(&index);
  return VT_OK;
}

/* ------------------------------------------------------------------ reading */

static int has_element(const vt_method *m, const char *symbol)
{
  for (int e = 0; e < m->n_elements; e++)
    if (strcmp(m->element[e].symbol, symbol) == 0) return 1;
  const vt_driver *d = &m->driver;
  for (int e = 0; e < d->n_elements; e++)
    if (strcmp(d->element[e], symbol) == 0) return 1;
  return m->n_elements + d->n_elements == 0;
}

/* A frame that the method cannot take. */
static vt_status check_frame(const vt__labeller *l, const vt_structure *s, const char *path, vt_mistakes *wrong)
{
  vt_err why = {0};
  for (int i = 0; i < s->n; i++)
    if (!has_element(l->m, s->symbol[i])) {
      (void)vt_err_user(&why, VT_EPARSE, path, vt_structure_line(s, i), 1,
                        "%s is not among batch.elements of the method", s->symbol[i]);
      return vt_mistakes_note(wrong, path, &why);
    }
  return VT_OK;
}

static vt_status take_frame(vt__labeller *l, int file, vt_structure *s, vt_mistakes *wrong, vt_err *err)
{
  const int before = wrong->n;
  if (l->n == FRAMES_MOST) VT_FAIL(err, VT_EINVAL, "more than %d frames", FRAMES_MOST);
  VT_PASS(check_frame(l, s, l->o->frame[file], wrong));
  if (wrong->n > before) {
    vt_structure_free(s);
    return VT_OK;
  }
  if (l->n == l->cap) {
    const int cap = l->cap ? 2 * l->cap : 64;
    VT_PASS(VT_GROW(l->frame, l->n, cap, err));
    l->cap = cap;
  }
  l->frame[l->n] = (vt__label_frame){.s = *s, .file = file, .same_as = -1};
  *s = (vt_structure){0};
  return identify(l, &l->frame[l->n++], err);
}

static vt_status read_file(vt__labeller *l, int file, vt_mistakes *wrong, vt_err *err)
{
  vt_xyz *x = NULL;
  int got = 1;
  VT_PASS(vt_xyz_open(&x, l->o->frame[file], err));
  vt_xyz_keep_labels(x);
  vt_xyz_collect(x, wrong);
  vt_status rc = VT_OK;
  while (rc == VT_OK && got) {
    const int before = wrong->n;
    vt_structure s = {0};
    rc = vt_xyz_next(x, &s, &got, err);
    if (rc == VT_OK && got && wrong->n == before) rc = take_frame(l, file, &s, wrong, err);
    vt_structure_free(&s);
  }
  vt_xyz_close(x);
  return rc;
}

vt_status vt__label_frames_read(vt__labeller *l, int *bad, vt_err *err)
{
  vt_mistakes wrong = {0};
  vt_status rc = VT_OK;
  for (int k = 0; k < l->o->n_files && rc == VT_OK; k++) {
    vt_err why = {0};
    rc = read_file(l, k, &wrong, &why);
    if (rc == VT_EPARSE || rc == VT_EIO || rc == VT_EINVAL) {
      rc = vt_mistakes_note(&wrong, l->o->frame[k], &why);
      if (rc == VT_EPARSE) break; /* enough of them */
    } else if (rc != VT_OK && err)
      *err = why;
  }
  *bad = wrong.n > 0;
  if (*bad) {
    for (const char *at = wrong.text.s; at && *at;) {
      const size_t n = strcspn(at, "\n");
      vt__label_say(l, "%.*s", (int)n, at);
      at += n + (at[n] == '\n');
    }
    rc = VT_OK;
  } else if (rc == VT_OK && l->n == 0) {
    vt__label_say(l, "%s: no frame", l->o->frame[0]);
    *bad = 1;
  }
  vt_mistakes_free(&wrong);
  return rc == VT_OK && !*bad ? find_same(l, err) : rc;
}

void vt__label_frames_free(vt__labeller *l)
{
  for (int k = 0; k < l->n; k++) vt_structure_free(&l->frame[k].s);
  vt_free(l->frame);
}

/* ------------------------------------------------------------------ headers */

/* What a label replaces, or says of an earlier one. */
static int is_replaced(const char *key, size_t n)
{
  static const char *const names[] = {"lattice",       "properties", "pbc",          "energy",  "energies",
                                      "free_energy",   "virial",     "virials",      "stress",  "stresses",
                                      "force",         "forces",     "method",       "program", "method_sha256",
                                      "input_sha256",  "net_force",  "frame_sha256", "e_pot",   "potential_energy",
                                      "total_energy",  "dipole",     "magmom",       "magmoms", "charges",
                                      "energy_spread", "spread",     "pressure",     "momenta", "dft"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (strlen(names[k]) == n && strncasecmp(names[k], key, n) == 0) return 1;
  return 0;
}

/* Length of a word of a comment line: up to a blank outside of quotes and brackets. */
static size_t word_length(const char *s)
{
  char until = '\0';
  size_t n = 0;
  for (; s[n] && (until || (s[n] != ' ' && s[n] != '\t')); n++) {
    if (until) {
      if (s[n] == '\\' && s[n + 1])
        n++;
      else if (s[n] == until)
        until = '\0';
    } else
      until = s[n] == '"' || s[n] == '\'' ? s[n] : s[n] == '[' ? ']' : s[n] == '{' ? '}' : '\0';
  }
  return n;
}

void vt__label_kept_keys(const char *comment, vt_buf *out)
{
  for (const char *s = comment; s && *s;) {
    s += strspn(s, " \t");
    const size_t n = word_length(s), key = strcspn(s, "=");
    if (key > 0 && key < n && !is_replaced(s, key)) {
      vt_buf_add(out, " ", 1);
      vt_buf_add(out, s, n);
    }
    s += n;
  }
}

vt_status vt__label_start_text(const vt_structure *s, vt_buf *out, vt_err *err)
{
  vt_buf_printf(out, "%d\nLattice=\"", s->n);
  for (int k = 0; k < 9; k++) vt_buf_printf(out, "%s%.17g", k ? " " : "", s->cell.h[k / 3][k % 3]);
  vt_buf_printf(out, "\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n");
  for (int i = 0; i < s->n; i++)
    vt_buf_printf(out, "%s %.17g %.17g %.17g\n", s->symbol[i], s->x[i][0], s->x[i][1], s->x[i][2]);
  return vt_buf_check(out, err);
}
