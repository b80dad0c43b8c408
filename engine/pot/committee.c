/* committee.c - several potentials at once: their mean, and how far they are from agreeing.
 *
 * The file lists the members, one `KIND PATH` a line ('#' comments), 2 to 64 of them; a path is relative to the file's
 * folder ("-" stays "-").  The identity is SHA-256 of that text followed by the members' hashes.  Energy, forces and
 * virial are the means over the members, always added in the order of the file.  The spread is that of DP-GEN's model
 * deviation (Y. Zhang et al., Comput. Phys. Commun. 253, 107206 (2020)), with the mean square over atoms in place of
 * the largest:
 *
 *   spread^2 = 1/N sum_i 1/M sum_m |f_i^m - f_i|^2,    f_i = 1/M sum_m f_i^m      (N atoms, M members) */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pot/nep/nep_impl.h"
#include "engine/pot/pot_impl.h"

enum { LEAST_MEMBERS = 2, MOST_MEMBERS = 64, MOST_BYTES = 1 << 16 };

typedef struct committee {
  char path[VT_PATH];
  vt_uid sha256;
  int n;
  vt_pot member[MOST_MEMBERS];
  vt_pot_info common; /* elements, cutoff, kernel */
  /* one member's results; as long as the largest system so far */
  int n_f, n_e, n_w;
  double (*f)[3], *e, (*w)[9];
} committee;

static void committee_close(void *self)
{
  committee *c = self;
  if (!c) return;
  for (int m = 0; m < c->n; m++) vt_pot_close(&c->member[m]);
  vt_free(c->f);
  vt_free(c->e);
  vt_free(c->w);
  vt_free(c);
}

/* ------------------------------------------------------------------ the list */

static vt_status member_path(const vt__pot_lines *l, char path[VT_PATH], vt_err *err)
{
  const char *name = l->word[1], *slash = strrchr(l->path, '/');
  int n = l->len[1], alone = vt__pot_word_is(l, 1, "-") || name[0] == '/' || !slash;
  int folder = alone ? 0 : (int)(slash - l->path) + 1;
  if (memchr(name, '\0', (size_t)n)) return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "a path with a NUL byte");
  if (folder + n >= VT_PATH)
    return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "the member's path is longer than %d characters",
                       VT_PATH - 1);
  memcpy(path, l->path, (size_t)folder);
  memcpy(path + folder, name, (size_t)n);
  path[folder + n] = '\0';
  return VT_OK;
}

static vt_status member_kind(const vt__pot_lines *l, const char **kind, vt_err *err)
{
  char known[128];
  size_t used = 0;
  known[0] = '\0';
  for (const vt_pot_ops *const *o = vt_pot_builtin; *o; o++) {
    if (*o == &vt__pot_committee) continue;
    *kind = (*o)->name;
    if (vt__pot_word_is(l, 0, *kind)) return VT_OK;
    if (used < sizeof known) used += (size_t)snprintf(known + used, sizeof known - used, " %s", *kind);
  }
  return vt_err_user(err, VT_EPARSE, l->path, l->line, 1, "a member cannot be of kind '%.*s'; there are%s",
                     VT__POT_SHOWN(l, 0), known);
}

static vt_status open_member(committee *c, const vt__pot_lines *l, const vt_pot_args *a, vt_err *err)
{
  char path[VT_PATH];
  const char *kind = NULL;
  if (l->n_words != 2)
    return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "expected 'KIND PATH', found %d word%s", l->n_words,
                       l->n_words == 1 ? "" : "s");
  VT_PASS(member_kind(l, &kind, err));
  VT_PASS(member_path(l, path, err));
  if (c->n == MOST_MEMBERS)
    return vt_err_user(err, VT_EPARSE, l->path, l->line, 0, "expected at most %d members", MOST_MEMBERS);
  vt_pot_args args = *a;
  args.path = path;
  VT_TRY(vt_pot_open(&c->member[c->n], kind, &args, err), err, "member at %s:%d", l->path, l->line);
  c->n++;
  return VT_OK;
}

static int knows(const vt_pot_info *info, const char *symbol)
{
  for (int k = 0; k < info->n_elements; k++)
    if (strcmp(info->element[k], symbol) == 0) return 1;
  return 0;
}

/* What the members have in common; their hashes are added to `identity`. */
static void agree(committee *c, vt_buf *identity)
{
  vt_pot_info *common = &c->common;
  for (int m = 0; m < c->n; m++) {
    vt_pot_info info;
    vt_pot_describe(&c->member[m], &info);
    vt_buf_add(identity, info.sha256.b, sizeof info.sha256.b);
    if (m == 0) *common = info;
    common->cutoff = fmax(common->cutoff, info.cutoff);
    if (strcmp(common->kernel, info.kernel) != 0) memcpy(common->kernel, "various", sizeof "various");
    int kept = 0;
    for (int k = 0; k < common->n_elements; k++)
      if (knows(&info, common->element[k]))
        memmove(common->element[kept++], common->element[k], sizeof info.element[0]);
    common->n_elements = kept;
  }
}

static vt_status read_list(committee *c, const vt_pot_args *a, vt_err *err)
{
  vt_status rc = VT_OK;
  char *text;
  size_t n;
  vt_buf identity = {0};
  VT_TRY(vt_text_read(c->path, MOST_BYTES, &text, &n, err), err, "reading a committee");
  vt__pot_lines l = {.path = c->path, .at = text + vt_text_mark(text, n), .end = text + n};
  while (rc == VT_OK && vt__pot_line(&l)) rc = open_member(c, &l, a, err);
  if (rc != VT_OK) goto out;
  if (c->n < LEAST_MEMBERS) {
    rc = vt_err_user(err, VT_EPARSE, c->path, l.line, 0, "the file ends after %d member%s, expected %d to %d", c->n,
                     c->n == 1 ? "" : "s", LEAST_MEMBERS, MOST_MEMBERS);
    goto out;
  }
  vt_buf_add(&identity, text, n);
  agree(c, &identity);
  if (c->common.n_elements == 0) {
    rc = vt_err_user(err, VT_EINVAL, c->path, l.line, 0, "the members have no element in common");
    goto out;
  }
  VT_TRY_OUT(vt_buf_check(&identity, err), err, "identity of a committee");
  vt_sha256(identity.s, identity.len, &c->sha256);
out:
  vt_buf_free(&identity);
  vt_free(text);
  return rc;
}

static vt_status committee_open(const vt_pot_args *a, void **self, vt_err *err)
{
  vt_status rc = VT_OK;
  committee *c = NULL;
  *self = NULL;
  VT_TRY(VT_NEW(c, 1, err), err, "committee");
  if (strlen(a->path) >= sizeof c->path) VT_FAIL_OUT(err, VT_EINVAL, "path '%.80s...' is too long", a->path);
  memcpy(c->path, a->path, strlen(a->path) + 1);
  rc = read_list(c, a, err);
  if (rc == VT_OK) *self = c, c = NULL;
out:
  committee_close(c);
  return rc;
}

static void committee_describe(const void *self, vt_pot_info *out)
{
  const committee *c = self;
  memcpy(out->path, c->path, sizeof out->path);
  out->sha256 = c->sha256;
  out->cutoff = c->common.cutoff;
  out->n_elements = c->common.n_elements;
  memcpy(out->element, c->common.element, sizeof out->element);
  (void)snprintf(out->kernel, sizeof out->kernel, "%d x %.25s", c->n, c->common.kernel);
}

/* ------------------------------------------------------------------ computing */

/* Room for what one member gives of n atoms; contents are lost. */
static vt_status committee_reserve(committee *c, int n, const vt_force_out *out, vt_err *err)
{
  if (n > c->n_f) {
    VT_PASS(VT_GROW(c->f, 0, n, err));
    c->n_f = n;
  }
  if (out->e_atom && n > c->n_e) {
    VT_PASS(VT_GROW(c->e, 0, n, err));
    c->n_e = n;
  }
  if (out->w_atom && n > c->n_w) {
    VT_PASS(VT_GROW(c->w, 0, n, err));
    c->n_w = n;
  }
  return VT_OK;
}

/* The mean of the first m+1 values from that of the first m (B. P. Welford, Technometrics 4, 419 (1962)): equal values
 * leave it untouched to the bit.  Returns what the sum of squared deviations grows by. */
static double update(double *mean, const double *value, size_t n, int m)
{
  double grown = 0;
  for (size_t k = 0; k < n; k++) {
    double before = value[k] - mean[k];
    mean[k] = m == 0 ? value[k] : mean[k] + before / (m + 1);
    if (m > 0) grown += before * (value[k] - mean[k]);
  }
  return grown;
}

static vt_status committee_compute(void *self, const vt_nlist *nl, vt_force_out *out, vt_err *err)
{
  committee *c = self;
  const size_t n = (size_t)nl->n;
  double squares = 0;
  VT_TRY(committee_reserve(c, nl->n, out, err), err, "results of a member for %d atoms", nl->n);
  vt_force_out one = {.f = c->f, .e_atom = out->e_atom ? c->e : NULL, .w_atom = out->w_atom ? c->w : NULL};
  for (int m = 0; m < c->n; m++) {
    VT_TRY(vt_pot_compute(&c->member[m], nl, &one, err), err, "member %d of %d", m + 1, c->n);
    (void)update(&out->energy, &one.energy, 1, m);
    (void)update(out->virial, one.virial, 9, m);
    squares += update(&out->f[0][0], &one.f[0][0], 3 * n, m);
    if (out->e_atom) (void)update(out->e_atom, one.e_atom, n, m);
    if (out->w_atom) (void)update(&out->w_atom[0][0], &one.w_atom[0][0], 9 * n, m);
  }
  out->spread = n ? sqrt(squares / (double)(c->n * nl->n)) : 0;
  return VT_OK;
}

const vt_pot_ops vt__pot_committee = {.name = "committee",
                                      .open = committee_open,
                                      .describe = committee_describe,
                                      .compute = committee_compute,
                                      .close = committee_close,
                                      .threads_most = vt__nep_chunks};
