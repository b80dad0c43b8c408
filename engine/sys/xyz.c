/* xyz.c - extended XYZ: streaming reader with positions in its messages, and a writer.
 *
 * Nothing in the file is trusted: lines have a limit, arrays grow with the lines that are really there (never with the
 * count that the file claims), numbers are strict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sys/xyz_impl.h"

enum {
  ATOMS_MOST = 10000000,
  BLANK_MOST = 1000 /* lines without words between two frames: a file of nothing else ends */
};

struct vt_xyz {
  vt_lines *lines;
  vt_mistakes *mistakes; /* NULL: the first one ends reading */
  int labels;            /* forces and comment lines are kept */
};

static const char blanks[] = " \t";

/* ------------------------------------------------------------------ messages and lines */

static vt__xyz_place place_of(const vt_xyz *x)
{
  return (vt__xyz_place){vt_lines_name(x->lines), vt_lines_number(x->lines)};
}

#define BAD(x, col, ...) VT__XYZ_BAD(place_of(x), col, __VA_ARGS__)

/* ------------------------------------------------------------------ atoms */

static vt_status grow_structure(vt_structure *s, int cap, const vt__xyz_columns *c, vt_err *err)
{
  VT_TRY(VT_GROW(s->symbol, s->n, cap, err), err, "%d atoms", cap);
  VT_TRY(VT_GROW(s->x, s->n, cap, err), err, "%d atoms", cap);
  if (c->vel >= 0) VT_TRY(VT_GROW(s->v, s->n, cap, err), err, "%d atoms", cap);
  if (c->id >= 0) VT_TRY(VT_GROW(s->id, s->n, cap, err), err, "%d atoms", cap);
  if (c->force >= 0) VT_TRY(VT_GROW(s->f, s->n, cap, err), err, "%d atoms", cap);
  return VT_OK;
}

static vt_status take_symbol(const vt_xyz *x, vt_span line, vt_span t, char symbol[4], vt_err *err)
{
  memset(symbol, 0, 4);
  if (t.n < 4) memcpy(symbol, t.s, t.n);
  if (vt_element_z(symbol) == 0)
    BAD(x, vt_span_column(line, t.s), "'%.*s' is not an element symbol", vt_span_shown(t), t.s);
  return VT_OK;
}

static vt_status take_z(const vt_xyz *x, vt_span line, vt_span t, char symbol[4], vt_err *err)
{
  int64_t z = 0;
  const char *name = vt_parse_i64(t.s, t.n, &z) && z > 0 && z < 1000 ? vt_element_symbol((int)z) : NULL;
  if (!name) BAD(x, vt_span_column(line, t.s), "'%.*s' is not an atomic number", vt_span_shown(t), t.s);
  memset(symbol, 0, 4);
  memcpy(symbol, name, strnlen(name, 3));
  return VT_OK;
}

/* One token of an atom line into the structure's next row, as its column asks. */
static vt_status take_value(const vt_xyz *x, vt_span line, const vt__xyz_columns *c, int column, vt_span t,
                            vt_structure *s, vt_err *err)
{
  if (column == c->species) return take_symbol(x, line, t, s->symbol[s->n], err);
  if (column == c->z) return take_z(x, line, t, s->symbol[s->n], err);
  if (column == c->id && !vt_parse_i64(t.s, t.n, &s->id[s->n]))
    BAD(x, vt_span_column(line, t.s), "'%.*s' in column %d, expected the whole number of an atom", vt_span_shown(t),
        t.s, column + 1);
  if (c->vel >= 0 && column >= c->vel && column < c->vel + 3) {
    double *v = &s->v[s->n][column - c->vel];
    if (!vt_parse_f64(t.s, t.n, v)) *v = (double)NAN; /* nobody needs it */
  }
  const int is_force = c->force >= 0 && column >= c->force && column < c->force + 3;
  if (!is_force && (column < c->pos || column >= c->pos + 3)) return VT_OK;
  double *to = is_force ? &s->f[s->n][column - c->force] : &s->x[s->n][column - c->pos];
  if (!vt_parse_f64(t.s, t.n, to))
    BAD(x, vt_span_column(line, t.s), "'%.*s' in column %d, expected a finite number", vt_span_shown(t), t.s,
        column + 1);
  if (!is_force && fabs(*to) > VT__XYZ_LENGTH)
    BAD(x, vt_span_column(line, t.s), "position '%.*s' in column %d, expected at most %g A", vt_span_shown(t), t.s,
        column + 1, VT__XYZ_LENGTH);
  return VT_OK;
}

static vt_status read_atom(const vt_xyz *x, vt_span line, const vt__xyz_columns *c, vt_structure *s, vt_err *err)
{
  size_t at = 0;
  vt_span t;
  for (int column = 0; column < c->n; column++) {
    if (!vt_span_token(line, blanks, &at, &t))
      BAD(x, (int)line.n + 1, "%d columns, expected %d for an atom", column, c->n);
    VT_PASS(take_value(x, line, c, column, t, s, err));
  }
  if (c->exact && vt_span_token(line, blanks, &at, &t))
    BAD(x, vt_span_column(line, t.s), "'%.*s' after the %d columns that Properties declares", vt_span_shown(t), t.s,
        c->n);
  return VT_OK;
}

static vt_status read_atoms(vt_xyz *x, int n, const vt__xyz_columns *c, vt_structure *s, vt_err *err)
{
  int cap = 0, got;
  vt_span line;
  for (; s->n < n; s->n++) {
    VT_PASS(vt_lines_next(x->lines, &line, &got, err));
    if (!got) BAD(x, 0, "the file ends after %d of %d atoms", s->n, n);
    if (s->n == cap) {
      int next = cap == 0 ? 256 : 2 * cap; /* n is at most ATOMS_MOST: no overflow */
      cap = next < n ? next : n;
      VT_PASS(grow_structure(s, cap, c, err));
    }
    vt_status rc = read_atom(x, line, c, s, err);
    if (rc == VT_EPARSE && x->mistakes) rc = vt_mistakes_note(x->mistakes, vt_lines_name(x->lines), err);
    if (rc != VT_OK) return rc;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ frames */

static vt_status read_count(vt_xyz *x, int *n, int *got, vt_err *err)
{
  vt_span line, t, more;
  size_t at = 0;
  int blank = 0;
  do { /* blank lines between frames and at the end are forgiven */
    VT_PASS(vt_lines_next(x->lines, &line, got, err));
    if (!*got) return VT_OK;
    if (blank++ > BLANK_MOST) BAD(x, 0, "more than %d empty lines, expected a frame", BLANK_MOST);
    at = 0;
  } while (!vt_span_token(line, blanks, &at, &t));
  int64_t count;
  if (!vt_parse_i64(t.s, t.n, &count))
    BAD(x, vt_span_column(line, t.s), "'%.*s', expected the number of atoms of a frame", vt_span_shown(t), t.s);
  if (vt_span_token(line, blanks, &at, &more))
    BAD(x, vt_span_column(line, more.s), "'%.*s' after the number of atoms", vt_span_shown(more), more.s);
  if (count < 1 || count > ATOMS_MOST)
    BAD(x, vt_span_column(line, t.s), "%lld atoms, expected 1..%d", (long long)count, ATOMS_MOST);
  *n = (int)count;
  return VT_OK;
}

static vt_status read_frame(vt_xyz *x, vt_structure *s, int *got, vt_err *err)
{
  int n = 0, more;
  vt_span line;
  vt__xyz_header h;
  VT_PASS(read_count(x, &n, got, err));
  if (!*got) return VT_OK;
  s->line = vt_lines_number(x->lines);
  VT_PASS(vt_lines_next(x->lines, &line, &more, err));
  if (!more) BAD(x, 0, "the file ends after the number of atoms, expected a comment line with Lattice=\"...\"");
  VT_PASS(vt__xyz_comment(place_of(x), line, &h, err));
  s->cell = h.cell;
  s->energy = h.energy;
  s->time = h.time;
  s->step = h.step;
  memcpy(s->replica, h.replica, sizeof s->replica);
  memcpy(s->ignored, h.ignored, sizeof s->ignored);
  memcpy(s->comment, line.s, line.n < sizeof s->comment ? line.n : sizeof s->comment - 1);
  if (x->labels) {
    VT_TRY(VT_NEW(s->labels, line.n + 1, err), err, "comment line");
    memcpy(s->labels, line.s, line.n);
  } else
    h.col.force = -1;
  return read_atoms(x, n, &h.col, s, err);
}

/* ------------------------------------------------------------------ interface */

void vt_structure_free(vt_structure *s)
{
  vt_free(s->symbol);
  vt_free(s->x);
  vt_free(s->v);
  vt_free(s->f);
  vt_free(s->labels);
  vt_free(s->id);
  vt_free(s->row);
  memset(s, 0, sizeof *s);
}

int vt_structure_line(const vt_structure *s, int i) { return s->line + 2 + (s->row && i >= 0 ? s->row[i] : i); }

/* An atom and where it stands. */
typedef struct placed_id {
  int64_t id;
  int row;
} placed_id;

static int id_order(const void *a, const void *b)
{
  const placed_id *x = a, *y = b;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

/* Atoms by their place: the k-th is the one at row[k] now. */
static vt_status take_order(vt_structure *s, const placed_id *to, vt_err *err)
{
  const size_t n = (size_t)s->n;
  char(*symbol)[4] = NULL;
  double(*x)[3] = NULL, (*v)[3] = NULL;
  VT_PASS(VT_NEW(s->row, n, err));
  vt_status rc = VT_NEW(symbol, n, err);
  if (rc == VT_OK) rc = VT_NEW(x, n, err);
  if (rc == VT_OK && s->v) rc = VT_NEW(v, n, err);
  for (size_t k = 0; rc == VT_OK && k < n; k++) {
    memcpy(symbol[k], s->symbol[to[k].row], sizeof symbol[k]);
    memcpy(x[k], s->x[to[k].row], sizeof x[k]);
    if (v) memcpy(v[k], s->v[to[k].row], sizeof v[k]);
    s->id[k] = to[k].id;
    s->row[k] = to[k].row;
  }
  if (rc != VT_OK) {
    vt_free(symbol);
    vt_free(x);
    return rc;
  }
  vt_free(s->symbol);
  vt_free(s->x);
  vt_free(s->v);
  s->symbol = symbol;
  s->x = x;
  s->v = v;
  return VT_OK;
}

vt_status vt_structure_by_id(vt_structure *s, const char *name, vt_err *err)
{
  placed_id *order = NULL;
  vt_status rc = VT_OK;
  if (!s->id || s->row) return VT_OK;
  VT_PASS(VT_NEW(order, s->n, err));
  for (int i = 0; i < s->n; i++) order[i] = (placed_id){s->id[i], i};
  qsort(order, (size_t)s->n, sizeof *order, id_order);
  for (int k = 1; k < s->n && rc == VT_OK; k++)
    if (order[k].id == order[k - 1].id)
      rc = vt_err_user(err, VT_EPARSE, name, vt_structure_line(s, order[k].row), 0,
                       "id %lld stands in line %d of this frame, too", (long long)order[k].id,
                       vt_structure_line(s, order[k - 1].row));
  if (rc == VT_OK) rc = take_order(s, order, err);
  vt_free(order);
  return rc;
}

vt_status vt_xyz_next(vt_xyz *x, vt_structure *s, int *got, vt_err *err)
{
  memset(s, 0, sizeof *s);
  *got = 0;
  vt_status rc = read_frame(x, s, got, err);
  if (rc != VT_OK) {
    *got = 0;
    vt_structure_free(s);
  }
  return rc;
}

vt_status vt_xyz_open(vt_xyz **x, const char *path, vt_err *err)
{
  *x = NULL;
  VT_PASS(VT_NEW(*x, 1, err));
  vt_status rc = vt_lines_open(&(*x)->lines, path, err);
  if (rc == VT_OK) return VT_OK;
  vt_xyz_close(*x);
  *x = NULL;
  return rc;
}

vt_status vt_xyz_open_text(vt_xyz **x, const char *name, const char *text, size_t n, vt_err *err)
{
  *x = NULL;
  VT_PASS(VT_NEW(*x, 1, err));
  vt_status rc = vt_lines_open_text(&(*x)->lines, name, text, n, err);
  if (rc == VT_OK) return VT_OK;
  vt_xyz_close(*x);
  *x = NULL;
  return rc;
}

void vt_xyz_collect(vt_xyz *x, vt_mistakes *m) { x->mistakes = m; }
void vt_xyz_keep_labels(vt_xyz *x) { x->labels = 1; }

void vt_xyz_close(vt_xyz *x)
{
  if (!x) return;
  vt_lines_close(x->lines);
  vt_free(x);
}

void vt_xyz_format(vt_buf *b, int n, const vt_cell *cell, const int *type, const char *const *symbol,
                   const double (*x)[3], const double (*v)[3], const char *extra)
{
  const double(*h)[3] = cell->h;
  vt_buf_printf(
      b, "%d\nLattice=\"%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\" Properties=species:S:1:pos:R:3%s", n,
      h[0][0], h[0][1], h[0][2], h[1][0], h[1][1], h[1][2], h[2][0], h[2][1], h[2][2], v ? ":vel:R:3" : "");
  vt_buf_printf(b, " pbc=\"T T T\"%s%s\n", extra ? " " : "", extra ? extra : "");
  for (int i = 0; i < n; i++) {
    vt_buf_printf(b, "%s %.17g %.17g %.17g", symbol[type[i]], x[i][0], x[i][1], x[i][2]);
    if (v) vt_buf_printf(b, " %.17g %.17g %.17g", v[i][0], v[i][1], v[i][2]);
    vt_buf_printf(b, "\n");
  }
}
