/* lammps_dump.c - dumps of LAMMPS as text (dump atom, dump custom).
 *
 * ITEM: UNITS, TIME, TIMESTEP, NUMBER OF ATOMS, BOX BOUNDS [xy xz yz | abc origin] pp pp pp, ATOMS with the names of
 * its columns.  Positions are x y z, xs ys zs (fractions of the cell), xu yu zu or xsu ysu zsu (not folded into it);
 * with ix iy iz the first two kinds are unfolded, too.  BOX BOUNDS of a tilted cell are those of the box around it, as
 * the manual of LAMMPS says ("Howto triclinic").  Lengths are A, but with ITEM: UNITS electron: Bohr. */
#include <math.h>
#include <string.h>

#include "engine/formats/formats_impl.h"

#define BOHR_A 0.529177210903 /* CODATA 2018 */
enum { COLUMNS_MOST = 256, NAME = 24 };

typedef struct columns {
  int n;
  int element, type, id, pos, image, vel; /* -1: not there; the first of three */
  int is_scaled, is_unfolded;             /* pos */
  int of[COLUMNS_MOST];                   /* what a column is: 0 nothing, else one of enum what, plus 0..2 */
} columns;
enum what { SKIP = 0, ELEMENT = 1, TYPE = 2, ID = 3, POS = 4, IMAGE = 8, VEL = 12 };

typedef struct dump {
  vt__text text;
  columns col;
  char units[NAME]; /* "" : not said */
  double time;      /* NaN: not said */
  double step;
  int64_t n; /* 0: not said */
  vt_cell cell;
  double origin[3];
  int has_box;
} dump;

/* ------------------------------------------------------------------ box */

static vt_status dump_bound(dump *d, double *lo, double *hi, double *tilt, vt_err *err)
{
  double x[3] = {0};
  VT_PASS(vt__text_line(&d->text, "the bounds of the cell", err));
  for (int k = 0; k < (tilt ? 3 : 2); k++) VT_PASS(vt__text_real(&d->text, "a bound of the cell", &x[k], err));
  *lo = x[0];
  *hi = x[1];
  if (tilt) *tilt = x[2];
  return VT_OK;
}

/* "pp pp pp" or nothing. */
static vt_status dump_periodic(dump *d, vt_err *err)
{
  vt_span w;
  while (vt__text_word(&d->text, &w))
    if (!vt_span_is(w, "pp"))
      VT__TEXT_BAD(&d->text, w, "boundary '%.*s': only cells periodic in all three directions are read (pp pp pp)",
                   vt_span_shown(w), w.s);
  return VT_OK;
}

/* Three vectors, each with a coordinate of the origin behind it. */
static vt_status dump_general_box(dump *d, vt_err *err)
{
  for (int i = 0; i < 3; i++) {
    VT_PASS(vt__text_line(&d->text, "a vector of the cell", err));
    VT_PASS(vt__text_vector(&d->text, "a vector of the cell", d->cell.h[i], err));
    VT_PASS(vt__text_real(&d->text, "the origin of the cell", &d->origin[i], err));
  }
  return vt__check_cell(&d->text, &d->cell, err);
}

static vt_status dump_box(dump *d, vt_err *err)
{
  double lo[3], hi[3], tilt[3] = {0}; /* xy, xz, yz */
  vt_span w;
  const size_t begin = d->text.at;
  const int more = vt__text_word(&d->text, &w);
  d->has_box = 1;
  if (more && vt_span_is(w, "abc")) {
    (void)vt__text_word(&d->text, &w);
    VT_PASS(dump_periodic(d, err));
    return dump_general_box(d, err);
  }
  const int is_tilted = more && vt_span_is(w, "xy");
  if (is_tilted) {
    (void)vt__text_word(&d->text, &w);
    (void)vt__text_word(&d->text, &w);
  } else
    d->text.at = begin;
  VT_PASS(dump_periodic(d, err));
  for (int k = 0; k < 3; k++) VT_PASS(dump_bound(d, &lo[k], &hi[k], is_tilted ? &tilt[k] : NULL, err));
  const double xy = tilt[0], xz = tilt[1], yz = tilt[2];
  lo[0] -= fmin(fmin(0, xy), fmin(xz, xy + xz));
  hi[0] -= fmax(fmax(0, xy), fmax(xz, xy + xz));
  lo[1] -= fmin(0, yz);
  hi[1] -= fmax(0, yz);
  d->cell = (vt_cell){{{hi[0] - lo[0], 0, 0}, {xy, hi[1] - lo[1], 0}, {xz, yz, hi[2] - lo[2]}}};
  memcpy(d->origin, lo, sizeof lo);
  return vt__check_cell(&d->text, &d->cell, err);
}

/* ------------------------------------------------------------------ columns */

static const struct {
  const char *first; /* x of x, y, z */
  int what, is_scaled, is_unfolded, rank;
} vectors[] = {{"xu", POS, 0, 1, 4}, {"xsu", POS, 1, 1, 3},  {"x", POS, 0, 0, 2},
               {"xs", POS, 1, 0, 1}, {"ix", IMAGE, 0, 0, 1}, {"vx", VEL, 0, 0, 1}};

/* "xsu" and k = 1: "ysu". */
static int is_component(vt_span w, const char *first, int k)
{
  char name[8];
  const size_t n = strlen(first);
  memcpy(name, first, n + 1);
  char *axis = memchr(name, 'x', n);
  *axis = (char)('x' + k);
  return vt_span_is(w, name);
}

/* Where three columns of a vector stand, in this order; -1: they do not. */
static int find_vector(const vt_span *name, int n, const char *first)
{
  for (int i = 0; i + 2 < n; i++)
    if (is_component(name[i], first, 0) && is_component(name[i + 1], first, 1) && is_component(name[i + 2], first, 2))
      return i;
  return -1;
}

static int find_name(const vt_span *name, int n, const char *word)
{
  for (int i = 0; i < n; i++)
    if (vt_span_is(name[i], word)) return i;
  return -1;
}

static void mark_vector(columns *c, int at, int what)
{
  for (int k = 0; k < 3 && at >= 0; k++) c->of[at + k] = what + k;
}

static vt_status columns_of(dump *d, vt_err *err)
{
  vt_span name[COLUMNS_MOST] = {0}, w;
  columns *c = &d->col;
  *c = (columns){.pos = -1, .image = -1, .vel = -1};
  while (vt__text_word(&d->text, &w)) {
    if (c->n == COLUMNS_MOST) VT__TEXT_BAD(&d->text, w, "more than %d columns", COLUMNS_MOST);
    name[c->n++] = w;
  }
  c->element = find_name(name, c->n, "element");
  c->type = find_name(name, c->n, "type");
  c->id = find_name(name, c->n, "id");
  int best = 0;
  for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) {
    const int at = find_vector(name, c->n, vectors[k].first);
    if (at < 0) continue;
    if (vectors[k].what == IMAGE) c->image = at;
    if (vectors[k].what == VEL) c->vel = at;
    if (vectors[k].what != POS || vectors[k].rank <= best) continue;
    best = vectors[k].rank;
    c->pos = at;
    c->is_scaled = vectors[k].is_scaled;
    c->is_unfolded = vectors[k].is_unfolded;
  }
  if (c->pos < 0) VT__TEXT_BAD(&d->text, (vt_span){0}, "no columns x y z (or xs ys zs, xu yu zu, xsu ysu zsu)");
  if (c->element < 0 && !(c->type >= 0 && d->text.o.n_types > 0))
    VT__TEXT_BAD(&d->text, (vt_span){0},
                 "no column element: write it (dump_modify ... element Li Al Cl), or say what the types are "
                 "(--types Li,Al,Cl)");
  if (c->element >= 0) c->of[c->element] = ELEMENT, c->type = -1;
  if (c->type >= 0) c->of[c->type] = TYPE;
  if (c->id >= 0) c->of[c->id] = ID;
  mark_vector(c, c->pos, POS);
  if (c->is_unfolded) c->image = -1;
  mark_vector(c, c->image, IMAGE);
  const int known = strcmp(d->units, "metal") == 0 || strcmp(d->units, "real") == 0;
  if (!known) c->vel = -1;
  mark_vector(c, c->vel, VEL);
  return VT_OK;
}

/* ------------------------------------------------------------------ atoms */

static vt_status dump_symbol(dump *d, vt_span w, int is_type, char symbol[4], vt_err *err)
{
  int64_t type;
  if (!is_type) {
    if (!vt__symbol_of(w, symbol)) VT__TEXT_BAD(&d->text, w, "'%.*s' is not an element symbol", vt_span_shown(w), w.s);
    return VT_OK;
  }
  if (!vt_parse_i64(w.s, w.n, &type) || type < 1 || type > d->text.o.n_types)
    VT__TEXT_BAD(&d->text, w, "type '%.*s', expected 1..%d: that many elements were given (--types)", vt_span_shown(w),
                 w.s, d->text.o.n_types);
  const char *name = vt_element_symbol(d->text.o.type_z[type - 1]);
  memset(symbol, 0, 4);
  memcpy(symbol, name, strnlen(name, 3));
  return VT_OK;
}

/* One line into the next atom of s. */
static vt_status dump_atom(dump *d, vt_structure *s, vt_err *err)
{
  const columns *c = &d->col;
  double x[3] = {0}, image[3] = {0}, unit = strcmp(d->units, "electron") == 0 ? BOHR_A : 1;
  vt_span w;
  for (int k = 0; k < c->n; k++) {
    if (!vt__text_word(&d->text, &w))
      VT__TEXT_BAD(&d->text, (vt_span){0}, "%d columns, expected %d for an atom", k, c->n);
    const int what = c->of[k];
    if (what == SKIP) continue;
    if (what == ELEMENT || what == TYPE) {
      VT_PASS(dump_symbol(d, w, what == TYPE, s->symbol[s->n], err));
    } else if (what == ID) {
      if (!vt_parse_i64(w.s, w.n, &s->id[s->n]))
        VT__TEXT_BAD(&d->text, w, "id '%.*s', expected a whole number", vt_span_shown(w), w.s);
    } else {
      double *to = what >= VEL ? &s->v[s->n][what - VEL] : what >= IMAGE ? &image[what - IMAGE] : &x[what - POS];
      if (!vt_parse_f64(w.s, w.n, to) || fabs(*to) > VT__LENGTH_MOST)
        VT__TEXT_BAD(&d->text, w, "'%.*s' in column %d, expected a number of at most %g", vt_span_shown(w), w.s, k + 1,
                     VT__LENGTH_MOST);
    }
  }
  if (vt__text_word(&d->text, &w))
    VT__TEXT_BAD(&d->text, w, "'%.*s' after the %d columns of ITEM: ATOMS", vt_span_shown(w), w.s, c->n);
  for (int k = 0; k < 3; k++) {
    double sum = c->is_scaled ? 0 : x[k] - d->origin[k];
    for (int i = 0; i < 3; i++) sum += ((c->is_scaled ? x[i] : 0) + image[i]) * d->cell.h[i][k];
    s->x[s->n][k] = unit * sum;
  }
  return VT_OK;
}

static vt_status dump_atoms(dump *d, vt_structure *s, vt_err *err)
{
  int cap = 0;
  const columns *c = &d->col;
  const int n = (int)d->n; /* at most VT__ATOMS_MOST */
  const double unit = strcmp(d->units, "electron") == 0 ? BOHR_A : 1;
  const int is_metal = strcmp(d->units, "metal") == 0;
  s->line = vt_lines_number(d->text.lines) - 1;
  for (; s->n < n; s->n++) {
    VT_PASS(vt__text_line(&d->text, "an atom", err));
    VT_PASS(vt__structure_room(s, &cap, n, c->id >= 0, c->vel >= 0, err));
    VT_PASS(vt__text_forgive(&d->text, dump_atom(d, s, err), err));
    for (int k = 0; is_metal && c->vel >= 0 && k < 3; k++) s->v[s->n][k] *= 1e-3; /* A/ps */
  }
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) s->cell.h[i][k] = unit * d->cell.h[i][k];
  s->unfolded = c->is_unfolded || c->image >= 0;
  return VT_OK;
}

/* ------------------------------------------------------------------ frames */

static vt_status dump_units(dump *d, vt_err *err)
{
  vt_span w;
  VT_PASS(vt__text_line(&d->text, "the units", err));
  if (!vt__text_word(&d->text, &w) || w.n >= NAME) VT__TEXT_BAD(&d->text, (vt_span){0}, "expected the name of units");
  memset(d->units, 0, sizeof d->units);
  memcpy(d->units, w.s, w.n);
  if (strcmp(d->units, "metal") != 0 && strcmp(d->units, "real") != 0 && strcmp(d->units, "electron") != 0)
    VT__TEXT_BAD(&d->text, w, "units '%s', expected metal, real or electron", d->units);
  return VT_OK;
}

static vt_status dump_item(dump *d, int *is_atoms, vt_err *err)
{
  double number;
  *is_atoms = 0;
  if (vt__text_begins(&d->text, "ITEM: UNITS")) return dump_units(d, err);
  if (vt__text_begins(&d->text, "ITEM: TIMESTEP") || vt__text_begins(&d->text, "ITEM: TIME")) {
    double *to = vt__text_begins(&d->text, "ITEM: TIMESTEP") ? &d->step : &d->time;
    VT_PASS(vt__text_line(&d->text, "a number", err));
    VT_PASS(vt__text_real(&d->text, "a time or step", &number, err));
    *to = number;
    return VT_OK;
  }
  if (vt__text_begins(&d->text, "ITEM: NUMBER OF ATOMS")) {
    VT_PASS(vt__text_line(&d->text, "the number of atoms", err));
    return vt__text_count(&d->text, "the number of atoms", &d->n, err);
  }
  *is_atoms = vt__text_begins(&d->text, "ITEM: ATOMS");
  const int is_box = vt__text_begins(&d->text, "ITEM: BOX BOUNDS");
  vt_span w;
  for (int k = 0; k < (is_box ? 3 : 2); k++) (void)vt__text_word(&d->text, &w); /* the name of the item */
  if (is_box) return dump_box(d, err);
  if (!*is_atoms) VT__TEXT_BAD(&d->text, (vt_span){0}, "expected ITEM: TIMESTEP, NUMBER OF ATOMS, BOX BOUNDS or ATOMS");
  if (d->n == 0) VT__TEXT_BAD(&d->text, (vt_span){0}, "no ITEM: NUMBER OF ATOMS before this one");
  if (!d->has_box) VT__TEXT_BAD(&d->text, (vt_span){0}, "no ITEM: BOX BOUNDS before this one");
  return columns_of(d, err);
}

static vt_stamp stamp_of(double value, const char *key)
{
  enum { PLENTY = 15 };
  vt_stamp t = {.value = value, .digit = 1e-9 * fmax(1, fabs(value)), .digits = PLENTY};
  if (isfinite(value)) memcpy(t.key, key, strlen(key) + 1);
  return t;
}

static vt_status dump_next(void *state, vt_structure *s, int *got, vt_err *err)
{
  dump *d = state;
  int is_atoms = 0;
  *got = 0;
  d->time = d->step = (double)NAN;
  d->n = 0;
  d->has_box = 0;
  while (!is_atoms) {
    int more;
    VT_PASS(vt__text_words(&d->text, &more, err));
    if (!more && d->n == 0 && !d->has_box && isnan(d->step) && isnan(d->time)) return VT_OK;
    if (!more) VT__TEXT_BAD(&d->text, (vt_span){0}, "the file ends within a frame: no ITEM: ATOMS");
    VT_PASS(dump_item(d, &is_atoms, err));
  }
  VT_PASS(dump_atoms(d, s, err));
  s->energy = (double)NAN;
  s->step = stamp_of(d->step, "TIMESTEP");
  const char *key = strcmp(d->units, "metal") == 0 ? "TIME_ps" : "TIME_fs";
  s->time = stamp_of(d->time, d->units[0] ? key : "TIME");
  *got = 1;
  return VT_OK;
}

static vt_status dump_open(void **state, const char *path, const vt_frames_options *o, vt_err *err)
{
  dump *d = NULL;
  VT_PASS(VT_NEW(d, 1, err));
  vt_status rc = vt__text_open(&d->text, path, o, err);
  if (rc == VT_OK)
    *state = d;
  else
    vt_free(d);
  return rc;
}

static void dump_close(void *state)
{
  dump *d = state;
  if (!d) return;
  vt__text_close(&d->text);
  vt_free(d);
}

static int dump_fits(const char *head, size_t n)
{
  static const char item[] = "ITEM:";
  const size_t at = vt_text_mark(head, n);
  return n - at >= sizeof item - 1 && memcmp(head + at, item, sizeof item - 1) == 0;
}

const vt_format vt__format_lammps_dump = {.name = "LAMMPS dump",
                                          .has_types = 1,
                                          .fits = dump_fits,
                                          .open = dump_open,
                                          .next = dump_next,
                                          .close = dump_close};
