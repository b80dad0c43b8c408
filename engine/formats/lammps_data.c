/* lammps_data.c - a data file of LAMMPS (read_data, write_data): one structure.
 *
 * A title; "n atoms", "xlo xhi", "xy xz yz" among other counts; sections with a heading, an empty line, a line each.
 * Read are Masses and Atoms of the styles atomic, charge, molecular (bond, angle) and full.  The elements of types are,
 * in this order: given (--types), the comments of Masses (1 6.94 # Li), those whose masses these are.  Lengths are A;
 * velocities are not read, since the file does not say in which unit they are. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "engine/formats/formats_impl.h"

typedef struct data {
  vt__text text;
  int64_t n, n_types;
  double lo[3], hi[3], tilt[3];
  int has[3]; /* bounds */
  char symbol[VT_FRAMES_TYPES][4];
  int ended;
} data;

/* ------------------------------------------------------------------ header */

/* The line without its comment; the comment, without the sign, in *comment. */
static void split_comment(vt__text *t, vt_span *comment)
{
  const char *sign = memchr(t->line.s, '#', t->line.n);
  *comment = (vt_span){0};
  if (!sign) return;
  const size_t n = (size_t)(sign - t->line.s);
  *comment = (vt_span){sign + 1, t->line.n - n - 1};
  t->line.n = n;
}

/* The last words of the line at hand: "atoms", "xlo xhi". */
static int ends_with(const vt__text *t, const char *first, const char *second)
{
  vt_span w, before = {0}, last = {0};
  for (size_t at = 0; vt_span_token(t->line, " \t", &at, &w); last = w) before = last;
  return last.s && vt_span_is(last, second) && (!first || (before.s && vt_span_is(before, first)));
}

static vt_status data_header_line(data *d, vt_err *err)
{
  static const char *const axes[3][2] = {{"xlo", "xhi"}, {"ylo", "yhi"}, {"zlo", "zhi"}};
  if (ends_with(&d->text, NULL, "atoms")) return vt__text_count(&d->text, "the number of atoms", &d->n, err);
  if (ends_with(&d->text, "atom", "types")) {
    VT_PASS(vt__text_count(&d->text, "the number of atom types", &d->n_types, err));
    if (d->n_types > VT_FRAMES_TYPES) VT__TEXT_BAD(&d->text, (vt_span){0}, "more than %d atom types", VT_FRAMES_TYPES);
  }
  if (ends_with(&d->text, "xz", "yz"))
    for (int k = 0; k < 3; k++) VT_PASS(vt__text_real(&d->text, "a tilt of the cell", &d->tilt[k], err));
  for (int k = 0; k < 3; k++) {
    if (!ends_with(&d->text, axes[k][0], axes[k][1])) continue;
    VT_PASS(vt__text_real(&d->text, "a bound of the cell", &d->lo[k], err));
    VT_PASS(vt__text_real(&d->text, "a bound of the cell", &d->hi[k], err));
    d->has[k] = 1;
  }
  return VT_OK;
}

/* A heading: words, the first of which begins with a letter. */
static int is_heading(const vt__text *t)
{
  size_t at = 0;
  vt_span w;
  return vt_span_token(t->line, " \t", &at, &w) && isalpha((unsigned char)w.s[0]);
}

static vt_status data_cell(const data *d, vt_cell *c, vt_err *err)
{
  for (int k = 0; k < 3; k++)
    if (!d->has[k]) VT__TEXT_BAD(&d->text, (vt_span){0}, "no '%clo %chi' before the atoms", "xyz"[k], "xyz"[k]);
  *c = (vt_cell){{{d->hi[0] - d->lo[0], 0, 0},
                  {d->tilt[0], d->hi[1] - d->lo[1], 0},
                  {d->tilt[1], d->tilt[2], d->hi[2] - d->lo[2]}}};
  return vt__check_cell(&d->text, c, err);
}

/* ------------------------------------------------------------------ elements of types */

static void symbol_of_mass(double mass, char symbol[4])
{
  const double near = 0.1;
  int best = 0;
  if (mass == 1) return; /* a unit of mass rather than hydrogen */
  for (int z = 1; vt_element_symbol(z); z++) {
    const double off = fabs(vt_element_mass(z) - mass);
    if (off < near && (!best || off < fabs(vt_element_mass(best) - mass))) best = z;
  }
  if (best) memcpy(symbol, vt_element_symbol(best), strnlen(vt_element_symbol(best), 3));
}

static vt_status data_masses(data *d, vt_err *err)
{
  for (int64_t k = 0; k < d->n_types; k++) {
    int got;
    int64_t type;
    double mass;
    size_t at = 0;
    vt_span comment, w;
    char symbol[4] = "";
    VT_PASS(vt__text_words(&d->text, &got, err));
    if (!got) VT__TEXT_BAD(&d->text, (vt_span){0}, "the file ends within Masses");
    split_comment(&d->text, &comment);
    VT_PASS(vt__text_int(&d->text, "the number of a type", &type, err));
    VT_PASS(vt__text_real(&d->text, "its mass", &mass, err));
    if (type < 1 || type > d->n_types)
      VT__TEXT_BAD(&d->text, (vt_span){0}, "type %lld, expected 1..%d", (long long)type, (int)d->n_types);
    if (!(vt_span_token(comment, " \t", &at, &w) && vt__symbol_of(w, symbol))) {
      memset(symbol, 0, sizeof symbol);
      symbol_of_mass(mass, symbol);
    }
    memcpy(d->symbol[type - 1], symbol, sizeof symbol);
  }
  return VT_OK;
}

static void given_types(data *d)
{
  for (int k = 0; k < d->text.o.n_types; k++) {
    const char *name = vt_element_symbol(d->text.o.type_z[k]);
    memset(d->symbol[k], 0, sizeof d->symbol[k]);
    memcpy(d->symbol[k], name, strnlen(name, 3));
  }
}

/* ------------------------------------------------------------------ atoms */

static const struct {
  const char *name;
  int type, pos, n; /* columns; n of them, or three more with images */
} styles[] = {{"atomic", 1, 2, 5}, {"charge", 1, 3, 6}, {"molecular", 2, 3, 6},
              {"bond", 2, 3, 6},   {"angle", 2, 3, 6},  {"full", 2, 4, 7}};
enum { N_STYLES = (int)(sizeof styles / sizeof *styles), AMBIGUOUS = 6, IMAGES = 3 };

static int count_words(const vt__text *t)
{
  size_t at = 0;
  int n = 0;
  vt_span w;
  while (vt_span_token(t->line, " \t", &at, &w)) n++;
  return n;
}

/* The style that the heading names ("Atoms # charge"), else what the number of columns leaves. */
static vt_status data_style(const data *d, vt_span comment, int columns, int *style, vt_err *err)
{
  size_t at = 0;
  vt_span w;
  *style = -1;
  const int named = vt_span_token(comment, " \t", &at, &w);
  for (int k = 0; k < N_STYLES; k++) {
    if (named && vt_span_is(w, styles[k].name)) *style = k;
    const int fits = columns == styles[k].n || columns == styles[k].n + IMAGES;
    if (!named && fits && styles[k].n != AMBIGUOUS) *style = k;
  }
  if (named && *style < 0)
    VT__TEXT_BAD(&d->text, (vt_span){0}, "Atoms # %.*s, expected the style atomic, charge, molecular or full",
                 vt_span_shown(w), w.s);
  if (*style < 0)
    VT__TEXT_BAD(&d->text, (vt_span){0},
                 "%d columns: say which style this is in the heading: 'Atoms # charge' or 'Atoms # molecular'",
                 columns);
  return VT_OK;
}

static vt_status data_atom(data *d, int style, vt_structure *s, vt_err *err)
{
  int64_t type = 0;
  vt_span w;
  double *x = s->x[s->n];
  for (int k = 0; k < styles[style].n; k++) {
    if (k == 0) {
      VT_PASS(vt__text_int(&d->text, "the id of an atom", &s->id[s->n], err));
    } else if (k == styles[style].type) {
      VT_PASS(vt__text_int(&d->text, "the type of an atom", &type, err));
    } else if (k == styles[style].pos) {
      VT_PASS(vt__text_vector(&d->text, "a position", x, err));
      k += 2;
    } else if (!vt__text_word(&d->text, &w))
      VT__TEXT_BAD(&d->text, (vt_span){0}, "%d columns, expected %d for an atom", k, styles[style].n);
  }
  if (type < 1 || type > d->n_types)
    VT__TEXT_BAD(&d->text, (vt_span){0}, "type %lld, expected 1..%d", (long long)type, (int)d->n_types);
  memcpy(s->symbol[s->n], d->symbol[type - 1], sizeof s->symbol[s->n]);
  if (!s->symbol[s->n][0])
    VT__TEXT_BAD(
        &d->text, (vt_span){0},
        "nothing says which element type %lld is: write it behind its mass (%lld 6.94 # Li) or say it (--types "
        "Li,Al,Cl)",
        (long long)type, (long long)type);
  for (int k = 0; k < 3; k++) x[k] -= d->lo[k];
  return VT_OK;
}

static vt_status data_atoms(data *d, vt_span heading, vt_structure *s, vt_err *err)
{
  int cap = 0, got, style = -1;
  char held[64] = "";
  vt_span comment = {held, heading.n < sizeof held ? heading.n : sizeof held - 1};
  if (comment.n) memcpy(held, heading.s, comment.n); /* the line is gone with the next one */
  if (d->n == 0) VT__TEXT_BAD(&d->text, (vt_span){0}, "no number of atoms before the atoms");
  VT_PASS(data_cell(d, &s->cell, err));
  given_types(d);
  for (const int n = (int)d->n; s->n < n; s->n++) { /* at most VT__ATOMS_MOST */
    vt_span rest;
    if (s->n == 0)
      VT_PASS(vt__text_words(&d->text, &got, err));
    else
      VT_PASS(vt__text_line(&d->text, "an atom", err));
    split_comment(&d->text, &rest);
    if (s->n == 0) {
      s->line = vt_lines_number(d->text.lines) - 2;
      VT_PASS(data_style(d, comment, count_words(&d->text), &style, err));
    }
    VT_PASS(vt__structure_room(s, &cap, n, 1, 0, err));
    VT_PASS(vt__text_forgive(&d->text, data_atom(d, style, s, err), err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ the file */

static vt_status data_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  data *d = state;
  vt_span comment;
  int more;
  *got = 0;
  if (d->ended) return VT_OK;
  d->ended = 1;
  VT_PASS(vt__text_line(&d->text, "a title", err));
  memcpy(s->comment, d->text.line.s, d->text.line.n < sizeof s->comment ? d->text.line.n : sizeof s->comment - 1);
  s->energy = s->time.value = s->step.value = (double)NAN;
  while (1) {
    VT_PASS(vt__text_words(&d->text, &more, err));
    if (!more) break;
    split_comment(&d->text, &comment);
    if (!is_heading(&d->text))
      VT_PASS(s->n ? VT_OK : data_header_line(d, err)); /* or a line of a section that nobody needs */
    else if (vt__text_begins(&d->text, "Masses"))
      VT_PASS(data_masses(d, err));
    else if (vt__text_begins(&d->text, "Atoms") && s->n == 0)
      VT_PASS(data_atoms(d, comment, s, err));
  }
  if (s->n == 0) VT__TEXT_BAD(&d->text, (vt_span){0}, "the file has no section Atoms");
  *got = 1;
  return VT_OK;
}

static vt_status data_open(void **state, const char *path, const vt_frames_options *o, vt_err *err)
{
  data *d = NULL;
  VT_PASS(VT_NEW(d, 1, err));
  vt_status rc = vt__text_open(&d->text, path, o, err);
  if (rc == VT_OK)
    *state = d;
  else
    vt_free(d);
  return rc;
}

static void data_close(void *state)
{
  data *d = state;
  if (!d) return;
  vt__text_close(&d->text);
  vt_free(d);
}

/* "n atoms" among the first lines. */
static int data_fits(const char *head, size_t n)
{
  enum { LINES = 40 };
  for (int k = 1; k < LINES; k++) {
    vt__text t = {.line = vt__head_line(head, n, k)};
    vt_span comment;
    if (!t.line.s) break;
    split_comment(&t, &comment);
    if (count_words(&t) == 2 && ends_with(&t, NULL, "atoms")) return 1;
  }
  return 0;
}

const vt_format vt__format_lammps_data = {.name = "LAMMPS data",
                                          .has_types = 1,
                                          .fits = data_fits,
                                          .open = data_open,
                                          .next = data_next,
                                          .close = data_close};
