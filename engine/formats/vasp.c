/* vasp.c - POSCAR, CONTCAR (one structure) and XDATCAR (a trajectory).
 *
 * The beginning is the same: a title, a scale (one number; negative: the volume in A^3; three: one a direction), three
 * vectors, the elements, how many atoms of each.  POSCAR: "Selective dynamics" or not, "Direct" or "Cartesian", a line
 * an atom; then, in CONTCAR, a block of lattice velocities and one of velocities in A/fs.  XDATCAR: "Direct
 * configuration= 7" and a line an atom, again and again; where the cell changes, the beginning stands before each of
 * them. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "engine/formats/formats_impl.h"

enum { KINDS_MOST = 64 };

typedef struct vasp {
  vt__text text;
  vt_cell cell;
  double scale[3];
  int n_kinds;
  char symbol[KINDS_MOST][4];
  int64_t count[KINDS_MOST], n;
  int begun; /* the beginning was read */
  int ended;
} vasp;

/* ------------------------------------------------------------------ the beginning */

static vt_status vasp_scale(vasp *v, vt_err *err)
{
  vt_span w;
  VT_PASS(vt__text_line(&v->text, "the scale of the cell", err));
  VT_PASS(vt__text_real(&v->text, "the scale of the cell", &v->scale[0], err));
  v->scale[1] = v->scale[2] = v->scale[0];
  const size_t at = v->text.at;
  if (vt__text_word(&v->text, &w)) {
    double y, z;
    if (vt_parse_f64(w.s, w.n, &y)) {
      v->text.at = at;
      VT_PASS(vt__text_real(&v->text, "the second of three scales", &y, err));
      VT_PASS(vt__text_real(&v->text, "the third of three scales", &z, err));
      v->scale[1] = y;
      v->scale[2] = z;
    }
  }
  const int is_volume = v->scale[0] < 0 && v->scale[1] == v->scale[0] && v->scale[2] == v->scale[0];
  for (int k = 0; k < 3; k++)
    if (!is_volume && !(v->scale[k] > 0))
      VT__TEXT_BAD(&v->text, (vt_span){0},
                   "a scale of %.9g, expected a number above 0, or one below 0: less the volume in A^3", v->scale[k]);
  return VT_OK;
}

static vt_status vasp_cell(vasp *v, vt_err *err)
{
  for (int i = 0; i < 3; i++) {
    VT_PASS(vt__text_line(&v->text, "a vector of the cell", err));
    VT_PASS(vt__text_vector(&v->text, "three numbers of a vector of the cell", v->cell.h[i], err));
  }
  if (v->scale[0] < 0) {
    const double volume = vt_cell_volume(&v->cell);
    if (!(volume > 0)) VT__TEXT_BAD(&v->text, (vt_span){0}, "the cell vectors span no volume");
    v->scale[0] = v->scale[1] = v->scale[2] = cbrt(-v->scale[0] / volume);
  }
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) v->cell.h[i][k] *= v->scale[k];
  return vt__check_cell(&v->text, &v->cell, err);
}

static vt_status vasp_elements(vasp *v, vt_err *err)
{
  vt_span w;
  VT_PASS(vt__text_line(&v->text, "the elements", err));
  v->n_kinds = 0;
  v->n = 0;
  while (vt__text_word(&v->text, &w)) {
    if (v->n_kinds == KINDS_MOST) VT__TEXT_BAD(&v->text, w, "more than %d kinds of atoms", KINDS_MOST);
    if (isdigit((unsigned char)w.s[0]))
      VT__TEXT_BAD(&v->text, w,
                   "'%.*s', expected the symbols of the elements: a file of VASP 4 does not name them; add a line such "
                   "as 'Li Al Cl' before this one",
                   vt_span_shown(w), w.s);
    if (!vt__symbol_of(w, v->symbol[v->n_kinds]))
      VT__TEXT_BAD(&v->text, w, "'%.*s' is not an element symbol", vt_span_shown(w), w.s);
    v->n_kinds++;
  }
  if (v->n_kinds == 0) VT__TEXT_BAD(&v->text, (vt_span){0}, "an empty line, expected the symbols of the elements");
  VT_PASS(vt__text_line(&v->text, "how many atoms of each element", err));
  for (int k = 0; k < v->n_kinds; k++) {
    VT_PASS(vt__text_int(&v->text, "how many atoms there are of each element", &v->count[k], err));
    if (v->count[k] < 0 || v->count[k] > VT__ATOMS_MOST - v->n)
      VT__TEXT_BAD(&v->text, (vt_span){0}, "%lld atoms of %s, expected at most %d in all", (long long)v->count[k],
                   v->symbol[k], VT__ATOMS_MOST);
    v->n += v->count[k];
  }
  if (vt__text_word(&v->text, &w))
    VT__TEXT_BAD(&v->text, w, "'%.*s' after the numbers of atoms of %d elements", vt_span_shown(w), w.s, v->n_kinds);
  if (v->n == 0) VT__TEXT_BAD(&v->text, (vt_span){0}, "no atoms");
  return VT_OK;
}

/* The title was read. */
static vt_status vasp_begin(vasp *v, vt_err *err)
{
  VT_PASS(vasp_scale(v, err));
  VT_PASS(vasp_cell(v, err));
  VT_PASS(vasp_elements(v, err));
  v->begun = 1;
  return VT_OK;
}

/* ------------------------------------------------------------------ atoms */

static void to_cartesian(const vt_cell *c, const double s[3], double x[3])
{
  for (int k = 0; k < 3; k++) x[k] = s[0] * c->h[0][k] + s[1] * c->h[1][k] + s[2] * c->h[2][k];
}

static vt_status vasp_atom(vasp *v, int is_direct, double x[3], vt_err *err)
{
  double s[3];
  VT_PASS(vt__text_vector(&v->text, "the coordinates of an atom", s, err));
  if (is_direct)
    to_cartesian(&v->cell, s, x);
  else
    for (int k = 0; k < 3; k++) x[k] = s[k] * v->scale[k];
  return VT_OK;
}

static vt_status vasp_atoms(vasp *v, int is_direct, vt_structure *s, vt_err *err)
{
  int cap = 0, kind = 0;
  int64_t left = v->count[0];
  const int n = (int)v->n; /* at most VT__ATOMS_MOST */
  s->cell = v->cell;
  s->energy = s->time.value = s->step.value = (double)NAN;
  for (; s->n < n; s->n++, left--) {
    VT_PASS(vt__text_line(&v->text, "an atom", err));
    if (s->n == 0) s->line = vt_lines_number(v->text.lines) - 2;
    VT_PASS(vt__structure_room(s, &cap, n, 0, 0, err));
    while (left == 0) left = v->count[++kind];
    memcpy(s->symbol[s->n], v->symbol[kind], sizeof s->symbol[s->n]);
    VT_PASS(vt__text_forgive(&v->text, vasp_atom(v, is_direct, s->x[s->n], err), err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ POSCAR */

static vt_status poscar_open(void **state, const char *path, const vt_frames_options *o, vt_err *err)
{
  vasp *v = NULL;
  VT_PASS(VT_NEW(v, 1, err));
  vt_status rc = vt__text_open(&v->text, path, o, err);
  if (rc == VT_OK)
    *state = v;
  else
    vt_free(v);
  return rc;
}

static void vasp_close(void *state)
{
  vasp *v = state;
  if (!v) return;
  vt__text_close(&v->text);
  vt_free(v);
}

/* The velocities of a CONTCAR, A/fs, where they are given and Cartesian.  The block of the lattice before them begins
 * with its name and has eight lines; what follows them (predictor and corrector) nobody needs. */
static vt_status poscar_velocities(vasp *v, vt_structure *s, vt_err *err)
{
  enum { LATTICE_LINES = 7 };
  vt_span w;
  int got;
  VT_PASS(vt__text_words(&v->text, &got, err));
  if (got && vt__text_begins(&v->text, "Lattice velocities")) {
    for (int k = 0; k < LATTICE_LINES; k++) VT_PASS(vt__text_line(&v->text, "the velocities of the lattice", err));
    VT_PASS(vt__text_words(&v->text, &got, err));
  }
  if (!got || vt__text_begins(&v->text, "D")) return VT_OK; /* fractions of the cell a step of unknown length */
  if (vt__text_word(&v->text, &w) && isalpha((unsigned char)w.s[0]))
    VT_PASS(vt__text_line(&v->text, "the velocity of an atom", err));
  v->text.at = 0;
  VT_PASS(VT_NEW(s->v, s->n, err));
  for (int i = 0; i < s->n; i++) {
    if (i > 0) VT_PASS(vt__text_line(&v->text, "the velocity of an atom", err));
    VT_PASS(vt__text_vector(&v->text, "the velocity of an atom", s->v[i], err));
  }
  return VT_OK;
}

static vt_status poscar_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  vasp *v = state;
  vt_span w;
  *got = 0;
  if (v->ended) return VT_OK;
  v->ended = 1;
  VT_PASS(vt__text_line(&v->text, "a title", err));
  memcpy(s->comment, v->text.line.s, v->text.line.n < sizeof s->comment ? v->text.line.n : sizeof s->comment - 1);
  VT_PASS(vasp_begin(v, err));
  VT_PASS(vt__text_line(&v->text, "Direct or Cartesian", err));
  if (vt__text_begins(&v->text, "S")) VT_PASS(vt__text_line(&v->text, "Direct or Cartesian", err));
  const int is_cartesian = vt__text_begins(&v->text, "C") || vt__text_begins(&v->text, "K");
  if (!is_cartesian && !vt__text_begins(&v->text, "D")) {
    (void)vt__text_word(&v->text, &w);
    VT__TEXT_BAD(&v->text, w, "'%.*s', expected Selective dynamics, Direct or Cartesian", vt_span_shown(w), w.s);
  }
  VT_PASS(vasp_atoms(v, !is_cartesian, s, err));
  VT_PASS(poscar_velocities(v, s, err));
  *got = 1;
  return VT_OK;
}

static int poscar_fits(const char *head, size_t n) { return vt__head_is_vasp(head, n); }

/* ------------------------------------------------------------------ XDATCAR */

static int is_configuration(vt_span line)
{
  static const char word[] = "configuration";
  for (size_t i = 0; i + sizeof word - 1 <= line.n; i++)
    if (vt_span_is((vt_span){line.s + i, sizeof word - 1}, word)) return 1;
  return 0;
}

static int xdatcar_fits(const char *head, size_t n)
{
  enum { CONFIGURATION = 7 }; /* its line, from 0 */
  return vt__head_is_vasp(head, n) && is_configuration(vt__head_line(head, n, CONFIGURATION));
}

/* "Direct configuration=     7": the number, whatever stands before it. */
static void configuration_number(vt_span line, vt_structure *s)
{
  size_t begin = line.n;
  int64_t number;
  while (begin > 0 && isdigit((unsigned char)line.s[begin - 1])) begin--;
  if (!vt_parse_i64(line.s + begin, line.n - begin, &number)) return;
  s->step = (vt_stamp){.value = (double)number, .digit = 1, .digits = (int)(line.n - begin), .key = "configuration"};
}

static vt_status xdatcar_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  vasp *v = state;
  VT_PASS(vt__text_words(&v->text, got, err));
  if (!*got) {
    if (!v->begun) VT__TEXT_BAD(&v->text, (vt_span){0}, "no configuration in this file");
    return VT_OK;
  }
  if (!is_configuration(v->text.line)) { /* a title: the beginning, again */
    VT_PASS(vasp_begin(v, err));
    VT_PASS(vt__text_words(&v->text, got, err));
    if (!*got || !is_configuration(v->text.line))
      VT__TEXT_BAD(&v->text, (vt_span){0}, "expected 'Direct configuration= 1'");
  }
  if (!vt__text_begins(&v->text, "D")) VT__TEXT_BAD(&v->text, (vt_span){0}, "expected 'Direct configuration= 1'");
  vt_span line = v->text.line;
  while (line.n && strchr(" \t", line.s[line.n - 1])) line.n--;
  vt_structure numbered = {0};
  configuration_number(line, &numbered);
  VT_PASS(vasp_atoms(v, 1, s, err));
  if (numbered.step.key[0]) s->step = numbered.step;
  *got = 1;
  return VT_OK;
}

const vt_format vt__format_poscar = {
    .name = "POSCAR", .fits = poscar_fits, .open = poscar_open, .next = poscar_next, .close = vasp_close};
const vt_format vt__format_xdatcar = {.name = "XDATCAR",
                                      .counts_file = 1,
                                      .fits = xdatcar_fits,
                                      .open = poscar_open,
                                      .next = xdatcar_next,
                                      .close = vasp_close};
