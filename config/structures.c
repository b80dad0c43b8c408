/* structures.c - the files of structures: read, checked, brought into the order of a composition; what glasses begin
 * with.
 *
 * The order of atoms: species by species as in the composition; within one the copies of a supercell, that along a
 * slowest and along c fastest, and within a copy the order of the file.  The cell is the Minkowski-reduced basis of the
 * supercell's lattice, in which nearest images are exact, and the atoms are wrapped into it. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_impl.h"

static const char path_of[] = "compositions.structures";
enum { MOST_ATOMS = 20000, CELL_VALUES = 9 };

void vt_structures_free(vt_structures *s)
{
  for (int k = 0; k < s->n; k++) vt_structure_free(&s->frame[k]);
  vt_free(s->frame);
  *s = (vt_structures){0};
}

void vt_campaign_structure_copy(const vt_campaign_structure *s, char name[2 * VT_NAME])
{
  enum { LONGEST = 16 };
  const char *slash = strrchr(s->file, '/'), *dot = strrchr(slash ? slash + 1 : s->file, '.');
  size_t n = dot ? strlen(dot + 1) : 0;
  for (size_t k = 0; k < n; k++)
    if (!isalnum((unsigned char)dot[1 + k])) n = 0;
  if (n > LONGEST) n = 0;
  (void)snprintf(name, 2 * VT_NAME, "structures/%s%s%.*s", s->name, n ? "." : "", (int)n, n ? dot + 1 : "");
}

/* ------------------------------------------------------------------ where the file is */

static int join(char out[VT_PATH], const char *folder, const char *name)
{
  const int alone = name[0] == '/' || !folder[0] || strcmp(folder, ".") == 0;
  return snprintf(out, VT_PATH, "%s%s%s", alone ? "" : folder, alone ? "" : "/", name) < VT_PATH;
}

/* Of a relative path, from the root on: every rank finds the file, wherever it works. */
static void in_full(char path[VT_PATH])
{
  char here[VT_PATH], full[VT_PATH];
  if (path[0] == '/' || !getcwd(here, sizeof here)) return;
  if (snprintf(full, sizeof full, "%s/%s", here, path) < (int)sizeof full) memcpy(path, full, VT_PATH);
}

/* A text that a run wrote says what is in the file. */
static int is_stated(const vt__structure *x) { return x->s.cell[0] && x->sha256[0]; }

/* As written; else the copy that the output folder keeps.  0: neither is there, or no file is looked at. */
static int find_file(vt__draft *dr, vt__structure *x)
{
  if (!dr->env->structures) {
    if (!is_stated(x)) vt__diag_error(dr->d, x->file_at, path_of, "structures cannot be read here");
    return 0;
  }
  const vt_campaign *c = dr->c;
  char runs[VT_PATH], name[2 * VT_NAME], copy[VT_PATH];
  (void)snprintf(runs, sizeof runs, "runs/%s", c->name);
  const char *output = dr->env->output ? dr->env->output : c->output[0] ? c->output : runs;
  if (join(x->s.path, c->folder, x->s.file) && access(x->s.path, R_OK) == 0) return in_full(x->s.path), 1;
  const int why = errno;
  vt_campaign_structure_copy(&x->s, name);
  if (join(copy, output, name) && access(copy, R_OK) == 0) {
    vt__diag_warn(dr->d, x->file_at, path_of, "'%s' cannot be read (%s): its copy '%s' is used", x->s.path,
                  strerror(why), copy);
    memcpy(x->s.path, copy, sizeof copy);
    return in_full(x->s.path), 1;
  }
  if (!dr->env->recorded || !is_stated(x))
    vt__diag_error(dr->d, x->file_at, path_of, "'%s' cannot be read: %s", x->s.path, strerror(why));
  x->s.path[0] = '\0';
  return 0;
}

/* ------------------------------------------------------------------ what is in it */

static void tell_mistakes(vt__draft *dr, const vt__structure *x, const vt_mistakes *m, const vt_err *why)
{
  int n;
  for (const char *s = m->text.s; s && *s;) {
    const size_t len = strcspn(s, "\n");
    if (len) vt__diag_error(dr->d, x->file_at, path_of, "%.*s", (int)len, s);
    s += len + (s[len] == '\n');
  }
  if (m->n > 0) return;
  const char *s = vt_err_sentence(why->text, &n);
  vt__diag_error(dr->d, x->file_at, path_of, "%.*s", n, s);
}

/* "line 7" of an atom; "atom 3" of a file without lines. */
static const char *atom_place(const vt_structure *f, int i, char out[32])
{
  const int line = vt_structure_line(f, i);
  (void)snprintf(out, 32, line > 0 ? "line %d" : "atom %d", line > 0 ? line : 1 + (f->row ? f->row[i] : i));
  return out;
}

/* How many of each element a frame has; 0 and a mistake if an atom is none. */
static int count_frame(vt__draft *dr, const vt__structure *x, const vt_structure *f, int number,
                       int count[VT_N_ELEMENTS])
{
  int ok = 1;
  memset(count, 0, VT_N_ELEMENTS * sizeof *count);
  for (int i = 0; i < f->n; i++) {
    const int z = vt_element_z(f->symbol[i]);
    if (z) count[z]++;
    if (z || !ok) continue;
    ok = 0;
    char place[32];
    vt__diag_error(dr->d, x->file_at, path_of, "%s, %s: '%.3s' of frame %d is not the symbol of an element", x->s.path,
                   atom_place(f, i, place), f->symbol[i], number);
  }
  return ok;
}

/* "Li 4 Al 4" of a cell; the numbers are those of one copy. */
static void put_counts(const int count[VT_N_ELEMENTS], int copies, char *out, size_t cap)
{
  size_t used = 0;
  out[0] = '\0';
  for (int z = 1; z < VT_N_ELEMENTS && used < cap; z++)
    if (count[z])
      used +=
          (size_t)snprintf(out + used, cap - used, "%s%s %d", used ? " " : "", vt_element_symbol(z), count[z] * copies);
}

/* Frames of one file are glasses of one composition. */
static int check_frames(vt__draft *dr, vt__structure *x, const vt_structures *in, int count[VT_N_ELEMENTS])
{
  const int copies = x->s.supercell[0] * x->s.supercell[1] * x->s.supercell[2], glasses = dr->c->n_glasses;
  int other[VT_N_ELEMENTS], ok = count_frame(dr, x, &in->frame[0], 1, count);
  char one[200], two[200];
  put_counts(count, 1, one, sizeof one);
  for (int k = 1; k < in->n; k++) {
    if (!count_frame(dr, x, &in->frame[k], k + 1, other)) ok = 0;
    if (!ok || memcmp(count, other, sizeof other) == 0) continue;
    put_counts(other, 1, two, sizeof two);
    vt__diag_error(dr->d, x->file_at, path_of,
                   "%s:%d: frame %d has %s, the first one %s: each composition needs a file of its own", x->s.path,
                   in->frame[k].line, k + 1, two, one);
    ok = 0;
  }
  if ((int64_t)in->frame[0].n * copies > MOST_ATOMS) {
    vt__diag_error(dr->d, x->at, path_of, "%d atoms in %d copies, at most %d atoms", in->frame[0].n, copies,
                   MOST_ATOMS);
    return 0;
  }
  if (in->n > 1 && in->n < glasses) {
    vt__diag_error(dr->d, x->file_at, path_of,
                   "%s has %d frames for %d glasses: each glass needs one (one frame alone serves all, with velocities "
                   "of their own); say `glasses: %d`",
                   x->s.path, in->n, glasses, in->n);
    ok = 0;
  } else if (in->n > glasses && in->n > 1)
    vt__diag_warn(dr->d, x->file_at, path_of, "%s has %d frames, of which the %d glasses take the first %d", x->s.path,
                  in->n, glasses, glasses);
  put_counts(count, copies, x->s.cell, sizeof x->s.cell);
  return ok;
}

/* Two atoms nearer to each other than the guard allows, or on top of each other. */
static vt_status check_distances(vt__draft *dr, const vt__structure *x, const vt_structure *f, int number, int *ok,
                                 vt_err *err)
{
  const double limit = dr->c->protocol.guard.distance > 0 ? dr->c->protocol.guard.distance : 0.1, widest = 4;
  vt_nlist nl = {0};
  int *type = NULL, a = -1, b = -1;
  double least = 1, d_ab = 0;
  char one[32], two[32];
  vt_status rc = VT_OK;
  VT_PASS(VT_NEW(type, f->n, err));
  VT_TRY_OUT(vt_nlist_open(&nl, f->n, type, limit * widest, 0, err), err, "distances");
  VT_TRY_OUT(vt_nlist_update(&nl, &f->cell, (const double(*)[3])(void *)f->x, 1, err), err, "distances");
  for (int i = 0; i < f->n; i++)
    for (int k = 0; k < nl.count[i]; k++) {
      const int j = nl.neigh[nl.first[i] + k], to = nl.owner[j];
      const double d = sqrt((nl.x[j] - nl.x[i]) * (nl.x[j] - nl.x[i]) + (nl.y[j] - nl.y[i]) * (nl.y[j] - nl.y[i]) +
                            (nl.z[j] - nl.z[i]) * (nl.z[j] - nl.z[i]));
      const double bond = vt_pair_bond_length(vt_element_z(f->symbol[i]), vt_element_z(f->symbol[to]));
      if (to < i || !(d < least * limit * bond)) continue;
      least = d / (limit * bond);
      a = i, b = to, d_ab = d;
    }
  if (a >= 0) {
    *ok = 0;
    vt__diag_error(dr->d, x->file_at, path_of,
                   "%s, %s: %s of frame %d overlaps with %s of %s: %.3g A apart, expected at least %.3g A", x->s.path,
                   atom_place(f, a, one), f->symbol[a], number, f->symbol[b], atom_place(f, b, two), d_ab,
                   d_ab / least);
  }
out:
  vt_nlist_close(&nl);
  vt_free(type);
  return rc;
}

/* ------------------------------------------------------------------ as glasses begin with it */

static vt_cell supercell_of(const vt_cell *c, const int32_t n[3])
{
  vt_cell big;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) big.h[i][k] = c->h[i][k] * n[i];
  return vt_cell_reduced(&big);
}

static void place(const vt_composition *c, const vt_campaign_structure *s, const vt_structure *f, double *out)
{
  double hi[3][3];
  const vt_cell cell = supercell_of(&f->cell, s->supercell);
  (void)vt_cell_inverse(&cell, hi); /* the reader refused cells that cannot be inverted */
  memcpy(out, &cell, sizeof cell);
  double(*x)[3] = (double(*)[3])(void *)(out + CELL_VALUES);
  int n = 0;
  for (int q = 0; q < c->n_species; q++)
    for (int copy = 0; copy < s->supercell[0] * s->supercell[1] * s->supercell[2]; copy++) {
      const int at[3] = {copy / (s->supercell[1] * s->supercell[2]), copy / s->supercell[2] % s->supercell[1],
                         copy % s->supercell[2]};
      for (int i = 0; i < f->n; i++) {
        if (vt_element_z(f->symbol[i]) != c->z[q]) continue;
        for (int k = 0; k < 3; k++)
          x[n][k] = f->x[i][k] + at[0] * f->cell.h[0][k] + at[1] * f->cell.h[1][k] + at[2] * f->cell.h[2][k];
        vt_cell_wrap(&cell, (const double(*)[3])hi, x[n++]);
      }
    }
}

/* A number as eight bytes, smallest first, the same on every machine; minus zero is zero. */
static void put_bytes(vt_buf *b, double x)
{
  uint64_t u;
  unsigned char bytes[8];
  x += 0.0;
  memcpy(&u, &x, sizeof u);
  for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(u >> 8 * k);
  vt_buf_add(b, (const char *)bytes, sizeof bytes);
}

/* The species with their numbers as text, then all values. */
static vt_status structures_hash(const vt_composition *c, vt_campaign_structure *s, vt_err *err)
{
  vt_buf b = {0};
  vt_buf_printf(&b, "vitrion-structure 1\nframes %d\n", s->n_frames);
  for (int q = 0; q < c->n_species; q++) vt_buf_printf(&b, "%s %d\n", vt_element_symbol(c->z[q]), (int)c->count[q]);
  for (int64_t k = 0; k < (int64_t)s->n_frames * s->n_values; k++) put_bytes(&b, s->frame[k]);
  vt_status rc = vt_buf_check(&b, err);
  if (rc == VT_OK) vt_sha256(b.s, b.len, &s->sha256);
  vt_buf_free(&b);
  return rc;
}

/* s->frame, the caller's to free, and the hash. */
static vt_status place_frames(vt_campaign_structure *s, const vt_structures *in, const vt_composition *c, vt_err *err)
{
  void *p = NULL;
  s->n_values = CELL_VALUES + 3 * c->n_atoms;
  VT_PASS(vt_calloc64(&p, (size_t)in->n * (size_t)s->n_values, sizeof *s->frame, err));
  s->frame = p;
  s->n_frames = in->n;
  (void)snprintf(s->format, sizeof s->format, "%s", in->format);
  for (int k = 0; k < in->n; k++) place(c, s, &in->frame[k], s->frame + (size_t)k * (size_t)s->n_values);
  return structures_hash(c, s, err);
}

/* The fewest copies whose nearest faces are that far apart.  Along each vector as many as its own faces ask for are
 * enough; of an oblique cell fewer may be. */
static void thick_enough(const vt_cell *c, double height, int32_t out[3])
{
  int32_t need[3], n[3];
  for (int k = 0; k < 3; k++) out[k] = need[k] = (int32_t)fmin(ceil(height / vt_cell_height(c, k)), MOST_ATOMS);
  if ((int64_t)need[0] * need[1] * need[2] > MOST_ATOMS) return;
  for (n[0] = 1; n[0] <= need[0]; n[0]++)
    for (n[1] = 1; n[1] <= need[1]; n[1]++)
      for (n[2] = 1; n[2] <= need[2]; n[2]++) {
        if (n[0] * n[1] * n[2] >= out[0] * out[1] * out[2]) continue;
        const vt_cell cell = supercell_of(c, n);
        if (vt_cell_shortest_height(&cell) >= height) memcpy(out, n, sizeof n);
      }
}

/* How thin the cell is for the potential, and which supercell is thick enough. */
static void check_size(vt__draft *dr, const vt__structure *x, const vt_structure *f)
{
  const double cutoff = dr->c->pot.cutoff;
  int32_t need[3];
  vt_cell cell;
  memcpy(&cell, x->s.frame, sizeof cell);
  const double height = vt_cell_shortest_height(&cell);
  if (!(height < 2 * cutoff)) return;
  thick_enough(&f->cell, 2 * cutoff, need);
  if (height < cutoff)
    vt__diag_error(dr->d, x->at, path_of,
                   "%s: the cell is %.3g A thin, less than the cutoff of %.3g A, so that atoms meet themselves: say "
                   "`supercell: [%d, %d, %d]`",
                   x->s.name, height, cutoff, (int)need[0], (int)need[1], (int)need[2]);
  else
    vt__diag_warn(
        dr->d, x->at, path_of,
        "%s: the cell is %.3g A thin, less than twice the cutoff of %.3g A; `supercell: [%d, %d, %d]` would do",
        x->s.name, height, cutoff, (int)need[0], (int)need[1], (int)need[2]);
}

/* Charges and the formula as for any other one; the cell is that of the file. */
static int settle_structure(vt__draft *dr, vt__structure *x, const int count[VT_N_ELEMENTS], vt__candidate *out)
{
  *out = (vt__candidate){.at = x->at, .labels = x->labels};
  for (int z = 1; z < VT_N_ELEMENTS; z++) {
    if (!count[z]) continue;
    if (!vt__read_element(dr, path_of, vt_element_symbol(z), 0, x->file_at)) return 0;
    if (!vt_amounts_put(&out->shown, z, (vt_q){count[z], 1})) {
      vt__diag_error(dr->d, x->at, path_of, "more than %d elements", VT_MAX_SPECIES);
      return 0;
    }
  }
  int64_t p[VT_MAX_SPECIES], sum;
  if (vt_amounts_primitive(&out->shown, p, &sum))
    for (int i = 0; i < out->shown.n; i++) out->shown.x[i] = (vt_q){p[i], 1};
  return vt__settle(dr, out, NULL, path_of);
}

/* The species of a candidate with the numbers of atoms of the structure. */
static void structure_counts(const vt__candidate *k, const int count[VT_N_ELEMENTS], int copies, vt_composition *c)
{
  *c = (vt_composition){.n_species = k->a.n};
  for (int q = 0; q < k->a.n; q++) {
    c->z[q] = k->a.z[q];
    c->count[q] = count[k->a.z[q]] * copies;
    c->n_atoms += c->count[q];
  }
}

static vt_status take_frames(vt__draft *dr, vt__structure *x, const vt_structures *in, const vt_composition *c,
                             vt_err *err)
{
  vt_campaign_structure *s = &x->s;
  char hex[65];
  VT_PASS(place_frames(s, in, c, err));
  vt_uid_hex(&s->sha256, hex);
  if (x->sha256[0] && strcmp(hex, x->sha256) != 0)
    vt__diag_error(dr->d, x->file_at, path_of,
                   "%s: its atoms, cell or their order have changed: SHA-256 %.12s..., wanted: %.12s...", s->path, hex,
                   x->sha256);
  check_size(dr, x, &in->frame[0]);
  return VT_OK;
}

/* "Li 4 Al 4": the numbers of a recorded structure whose file is gone. */
static int recorded_counts(const vt__structure *x, int count[VT_N_ELEMENTS])
{
  const vt_span text = {x->s.cell, strlen(x->s.cell)};
  vt_span symbol, number;
  size_t at = 0;
  int any = 0;
  memset(count, 0, VT_N_ELEMENTS * sizeof *count);
  while (vt_span_token(text, " ", &at, &symbol)) {
    char name[4] = "";
    int64_t n;
    if (symbol.n >= sizeof name || !vt_span_token(text, " ", &at, &number) || !vt_parse_i64(number.s, number.n, &n))
      return 0;
    memcpy(name, symbol.s, symbol.n);
    if (!vt_element_z(name) || n < 1 || n > MOST_ATOMS) return 0;
    count[vt_element_z(name)] = (int)n;
    any = 1;
  }
  return any;
}

static void recorded_hash(vt__structure *x)
{
  for (size_t k = 0; k < sizeof x->s.sha256.b; k++) {
    char two[3] = {x->sha256[2 * k], x->sha256[2 * k + 1], '\0'};
    x->s.sha256.b[k] = (uint8_t)strtoul(two, NULL, 16);
  }
}

/* The potential knows them all. */
static int check_known(vt__draft *dr, const vt__structure *x, const int count[VT_N_ELEMENTS])
{
  int ok = 1;
  for (int z = 1; z < VT_N_ELEMENTS; z++) {
    if (!count[z] || vt__potential_knows(dr->c, z)) continue;
    vt__diag_error(dr->d, x->file_at, path_of, "%s: the potential does not know %s", x->s.name, vt_element_symbol(z));
    ok = 0;
  }
  return ok;
}

static vt_status read_frames(vt__draft *dr, const vt__structure *x, vt_structures *in, int *ok, vt_err *err)
{
  vt_mistakes m = {0};
  vt_err why = {0};
  *ok = 0;
  vt_status rc = dr->env->structures(dr->env->ctx, x->s.path, x->s.n_types, x->s.type_z, &m, in, &why);
  if (rc == VT_ENOMEM) {
    if (err) *err = why;
  } else if (rc != VT_OK || m.n > 0) {
    tell_mistakes(dr, x, &m, &why);
    rc = VT_OK;
  } else
    *ok = 1;
  vt_mistakes_free(&m);
  return rc;
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one step after the other, each of which may refuse */
static vt_status add_structure(vt__draft *dr, int number, vt__candidates *all, vt_err *err)
{
  vt__structure *x = &dr->structure[number];
  const int copies = x->s.supercell[0] * x->s.supercell[1] * x->s.supercell[2];
  vt_structures in = {0};
  vt_composition c;
  vt__candidate k;
  vt_status rc = VT_OK;
  int count[VT_N_ELEMENTS], ok = 0;
  if (find_file(dr, x)) {
    VT_TRY_OUT(read_frames(dr, x, &in, &ok, err), err, "structure '%s'", x->s.name);
    ok = ok && check_frames(dr, x, &in, count);
    for (int i = 0; ok && i < in.n; i++)
      VT_TRY_OUT(check_distances(dr, x, &in.frame[i], i + 1, &ok, err), err, "structure '%s'", x->s.name);
    if (!ok || !check_known(dr, x, count) || !settle_structure(dr, x, count, &k)) goto out;
    structure_counts(&k, count, copies, &c);
    VT_TRY_OUT(take_frames(dr, x, &in, &c, err), err, "structure '%s'", x->s.name);
  } else {
    if (!is_stated(x) || !recorded_counts(x, count) || !settle_structure(dr, x, count, &k)) goto out;
    structure_counts(&k, count, 1, &c);
    x->s.n_values = CELL_VALUES + 3 * c.n_atoms;
    recorded_hash(x);
  }
  x->n_atoms = c.n_atoms;
  k.structure = number + 1;
  VT_TRY_OUT(vt__candidates_add(all, &k, err), err, "structure '%s'", x->s.name);
out:
  vt_structures_free(&in);
  return rc;
}

/* One structure under two names would be the same tasks twice; of two files under one name only one could be kept. */
static void refuse_same(vt__draft *dr)
{
  static const vt_uid none;
  for (int i = 0; i < dr->n_structures; i++)
    for (int k = 0; k < i; k++) {
      const vt_campaign_structure *x = &dr->structure[k].s, *y = &dr->structure[i].s;
      char one[2 * VT_NAME], two[2 * VT_NAME];
      if (x->start == y->start && vt_uid_equal(&x->sha256, &y->sha256) && !vt_uid_equal(&x->sha256, &none))
        vt__diag_error(dr->d, dr->structure[i].at, path_of, "%s has the same atoms and the same start as %s", y->name,
                       x->name);
      vt_campaign_structure_copy(x, one);
      vt_campaign_structure_copy(y, two);
      if (strcmp(one, two) == 0 && strcmp(x->name, y->name) != 0)
        vt__diag_error(dr->d, dr->structure[i].at, path_of,
                       "the files of %s and %s would both be kept as %s: give one of them another name", x->name,
                       y->name, one);
    }
}

vt_status vt__add_structures(vt__draft *dr, vt__candidates *all, vt_err *err)
{
  void *p = NULL;
  for (int i = 0; i < dr->n_structures; i++) VT_PASS(add_structure(dr, i, all, err));
  refuse_same(dr);
  if (dr->n_structures == 0 || dr->d->n_errors) return VT_OK;
  VT_PASS(vt_calloc64(&p, (size_t)dr->n_structures, sizeof *dr->c->structure, err));
  dr->c->structure = p;
  dr->c->n_structures = dr->n_structures;
  for (int i = 0; i < dr->n_structures; i++) {
    dr->c->structure[i] = dr->structure[i].s;
    dr->structure[i].s.frame = NULL; /* the campaign's from now on */
  }
  return VT_OK;
}

vt_status vt_campaign_start(const vt_campaign *c, const vt_plan *p, const double **values, size_t *n, vt_err *err)
{
  const int k = p->comp_index - (c->n_comp - c->n_structures);
  *values = NULL;
  *n = 0;
  if (p->kind != VT_TASK_GLASS || p->start == VT_START_PACK || p->from_k > 0) return VT_OK;
  const vt_campaign_structure *s = &c->structure[k];
  if (!s->frame) VT_FAIL(err, VT_EIO, "the file '%s' of structure '%s' is gone", s->file, s->name);
  *values = s->frame + (size_t)p->start_frame * (size_t)s->n_values;
  *n = (size_t)s->n_values;
  return VT_OK;
}

/* ------------------------------------------------------------------ the same file, later */

static int has_atoms_of(const vt_composition *c, int copies, const vt_structure *f)
{
  int n = 0;
  for (int q = 0; q < c->n_species; q++) {
    int count = 0;
    for (int i = 0; i < f->n; i++) count += vt_element_z(f->symbol[i]) == c->z[q];
    if ((int64_t)count * copies != c->count[q]) return 0;
    n += count;
  }
  return n == f->n;
}

vt_status vt_campaign_structure_same(const vt_campaign *c, int k, const char *path, const vt_campaign_env *env,
                                     char why[VT_STRUCTURE_WHY], vt_err *err)
{
  vt_campaign_structure s = c->structure[k];
  const vt_composition *comp = &c->comp[c->n_comp - c->n_structures + k];
  const int copies = s.supercell[0] * s.supercell[1] * s.supercell[2];
  vt_structures in = {0};
  vt_mistakes m = {0};
  vt_err said = {0};
  int n, same = 1;
  why[0] = '\0';
  s.frame = NULL;
  vt_status rc = env->structures(env->ctx, path, s.n_types, s.type_z, &m, &in, &said);
  if (rc == VT_ENOMEM) {
    if (err) *err = said;
  } else if (rc != VT_OK || m.n > 0) {
    const char *first = m.n > 0 && m.text.s ? m.text.s : vt_err_sentence(said.text, &n);
    (void)snprintf(why, VT_STRUCTURE_WHY, "%.*s", (int)strcspn(first, "\n"), first);
    rc = VT_OK;
  } else {
    for (int i = 0; i < in.n; i++) same = same && has_atoms_of(comp, copies, &in.frame[i]);
    if (same) rc = place_frames(&s, &in, comp, err);
    if (rc == VT_OK && (!same || !vt_uid_equal(&s.sha256, &c->structure[k].sha256)))
      (void)snprintf(why, VT_STRUCTURE_WHY, "it holds other atoms, another cell or another order than %s had", s.name);
  }
  vt_free(s.frame);
  vt_structures_free(&in);
  vt_mistakes_free(&m);
  return rc;
}

/* ------------------------------------------------------------------ as canonical text */

void vt__put_structures(vt_buf *b, const vt_campaign *c, int with_files)
{
  static const char *const start_name[] = {
      [VT_START_MELT] = "melt", [VT_START_QUENCH] = "quench", [VT_START_EQUILIBRATE] = "equilibrate"};
  for (int k = 0; k < c->n_structures; k++) {
    const vt_campaign_structure *s = &c->structure[k];
    const int comp = c->n_comp - c->n_structures + k;
    char hex[65];
    int n = 0;
    vt_uid_hex(&s->sha256, hex);
    vt_buf_printf(b, "\n    - {");
    if (with_files) {
      vt_buf_printf(b, "file: ");
      vt__put_quoted(b, s->recorded[0] ? s->recorded : s->path[0] ? s->path : s->file);
      vt_buf_printf(b, ", ");
    }
    vt_buf_printf(b, "name: %s, supercell: [%d, %d, %d], start: %s", s->name, (int)s->supercell[0],
                  (int)s->supercell[1], (int)s->supercell[2], start_name[s->start]);
    for (int i = 0; i < s->n_types; i++)
      vt_buf_printf(b, "%s%s", i ? ", " : ", types: [", vt_element_symbol(s->type_z[i]));
    if (s->n_types) vt_buf_printf(b, "]");
    for (int q = 0; q < c->n_factors; q++) {
      if (!c->asked[comp].label[q][0]) continue;
      vt_buf_printf(b, "%s%s: ", n++ ? ", " : ", factors: {", c->factor[q]);
      vt__put_quoted(b, c->asked[comp].label[q]);
    }
    if (n) vt_buf_printf(b, "}");
    vt_buf_printf(b, ", cell: \"%s\", sha256: \"%s\"}", s->cell, hex);
  }
}
