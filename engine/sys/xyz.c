/* xyz.c - extended XYZ: streaming reader with positions in its messages, and a writer.
 *
 * Nothing in the file is trusted: lines have a limit, arrays grow with the lines that are really there (never with the
 * count that the file claims), numbers are strict. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "engine/sys/sys.h"

enum {
  LINE_MOST = 1 << 16, /* bytes of one line                   */
  ATOMS_MOST = 10000000,
  COLUMNS_MOST = 256
};

/* No coordinate and no cell vector may be larger, in A: doubles still resolve 1e-10 A there, the distances of a cell
 * lose nothing when they are wrapped, and no trajectory gets so far (an ion of D = 1e-4 cm2/s needs 0.2 s). */
static const double LENGTH_MOST = 1e6;

struct vt_xyz {
  char *name;       /* for messages */
  FILE *file;       /* NULL: text from memory */
  char *block;      /* file: read-ahead, 2 * LINE_MOST */
  const char *text; /* block, or the caller's text */
  size_t n, at;     /* bytes in text; next byte to read */
  int line;         /* number of the line read last */
};

typedef struct span {
  const char *s;
  size_t n;
} span;

/* Columns of an atom line; -1: not there. */
typedef struct columns {
  int species, pos, vel, n;
  int exact; /* n was declared, so more is an error */
} columns;

/* What the comment line says. */
typedef struct header {
  columns col;
  int has_lattice;
  vt_cell cell;
  double energy;
} header;

/* ------------------------------------------------------------------ messages and lines */

static int column_of(span line, const char *at) { return (int)(at - line.s) + 1; }

#define BAD(x, col, ...) return vt_err_user(err, VT_EPARSE, (x)->name, (x)->line, (col), __VA_ARGS__)

/* Tokens in messages are cut to this. */
static int xyz_shown(span t) { return t.n < 40 ? (int)t.n : 40; }

static vt_status xyz_fill(vt_xyz *x, vt_err *err)
{
  memmove(x->block, x->block + x->at, x->n - x->at);
  x->n -= x->at;
  x->at = 0;
  x->n += fread(x->block + x->n, 1, 2 * (size_t)LINE_MOST - x->n, x->file);
  if (ferror(x->file)) VT_FAIL(err, VT_EIO, "%s: read error after line %d", x->name, x->line);
  return VT_OK;
}

/* The next line without its end (LF or CRLF); *got = 0 at the end of the text. Valid until the next call. */
static vt_status read_line(vt_xyz *x, span *line, int *got, vt_err *err)
{
  *got = 0;
  const char *end = memchr(x->text + x->at, '\n', x->n - x->at);
  if (!end && x->file) {
    VT_PASS(xyz_fill(x, err));
    end = memchr(x->text + x->at, '\n', x->n - x->at);
  }
  if (x->at == x->n) return VT_OK;
  *line = (span){x->text + x->at, end ? (size_t)(end - (x->text + x->at)) : x->n - x->at};
  x->at += line->n + (end != NULL);
  x->line++;
  if (line->n > LINE_MOST) BAD(x, LINE_MOST, "line longer than %d bytes", LINE_MOST);
  if (line->n && line->s[line->n - 1] == '\r') line->n--;
  const char *nul = memchr(line->s, '\0', line->n);
  if (nul) BAD(x, column_of(*line, nul), "NUL byte; expected text");
  *got = 1;
  return VT_OK;
}

static int xyz_blank(char c) { return c == ' ' || c == '\t'; }

/* The next token after *at (advanced); 0 if there is none. */
static int next_token(span line, size_t *at, span *t)
{
  size_t i = *at;
  while (i < line.n && xyz_blank(line.s[i])) i++;
  size_t begin = i;
  while (i < line.n && !xyz_blank(line.s[i])) i++;
  *at = i;
  *t = (span){line.s + begin, i - begin};
  return i > begin;
}

static int is_word(span t, const char *word) { return t.n == strlen(word) && strncasecmp(t.s, word, t.n) == 0; }

/* ------------------------------------------------------------------ comment line */

/* The value that begins at line.s[i]: quoted (a backslash keeps the next character from ending it) or up to a blank.
 * Returns where it ends, quote included; *broken: the quote is not closed. */
static size_t read_value(span line, size_t i, span *value, int *broken)
{
  char quote = i < line.n && (line.s[i] == '"' || line.s[i] == '\'') ? line.s[i] : '\0';
  size_t begin = quote ? ++i : i;
  if (!quote) {
    while (i < line.n && !xyz_blank(line.s[i])) i++;
    *value = (span){line.s + begin, i - begin};
    return i;
  }
  while (i < line.n && line.s[i] != quote) i += line.s[i] == '\\' && i + 1 < line.n ? 2 : 1;
  *broken = i >= line.n;
  if (*broken) i = line.n;
  *value = (span){line.s + begin, i - begin};
  return *broken ? i : i + 1;
}

/* One key=value, key="value with blanks", or a bare word (value empty). Returns 0 at the end. */
static int next_pair(span line, size_t *at, span *key, span *value, int *broken)
{
  size_t i = *at;
  *broken = 0;
  while (i < line.n && xyz_blank(line.s[i])) i++;
  size_t begin = i;
  while (i < line.n && !xyz_blank(line.s[i]) && line.s[i] != '=') i++;
  *key = (span){line.s + begin, i - begin};
  *value = (span){line.s + i, 0};
  if (i < line.n && line.s[i] == '=') i = read_value(line, i + 1, value, broken);
  *at = i;
  return i > begin;
}

static vt_status read_lattice(const vt_xyz *x, span line, span value, header *h, vt_err *err)
{
  size_t at = 0;
  span t;
  if (h->has_lattice) BAD(x, column_of(line, value.s), "a second Lattice");
  for (int i = 0; i < 9; i++) {
    if (!next_token(value, &at, &t))
      BAD(x, column_of(line, value.s), "Lattice has %d numbers, expected 9 (three vectors, A)", i);
    if (!vt_parse_f64(t.s, t.n, &h->cell.h[i / 3][i % 3]))
      BAD(x, column_of(line, t.s), "'%.*s' in Lattice, expected a number", xyz_shown(t), t.s);
    if (fabs(h->cell.h[i / 3][i % 3]) > LENGTH_MOST)
      BAD(x, column_of(line, t.s), "'%.*s' in Lattice, expected at most %g A", xyz_shown(t), t.s, LENGTH_MOST);
  }
  if (next_token(value, &at, &t))
    BAD(x, column_of(line, t.s), "'%.*s' after the 9 numbers of Lattice", xyz_shown(t), t.s);
  double hi[3][3];
  if (!vt_cell_inverse(&h->cell, hi)) BAD(x, column_of(line, value.s), "the Lattice vectors span no volume");
  h->has_lattice = 1;
  return VT_OK;
}

/* The next piece of a:b:c; 0 if there is none. */
static int next_piece(span v, size_t *at, span *t)
{
  if (*at > v.n) return 0;
  const char *colon = memchr(v.s + *at, ':', v.n - *at);
  size_t n = colon ? (size_t)(colon - (v.s + *at)) : v.n - *at;
  *t = (span){v.s + *at, n};
  *at += n + 1;
  return 1;
}

/* One name:type:columns triple into c. */
static vt_status read_property(const vt_xyz *x, span line, const span piece[3], columns *c, vt_err *err)
{
  span name = piece[0], kind = piece[1], count = piece[2];
  int64_t n = 0;
  if (kind.n != 1 || !strchr("SRIL", kind.s[0]))
    BAD(x, column_of(line, kind.s), "property type '%.*s', expected S, R, I or L", xyz_shown(kind), kind.s);
  if (!vt_parse_i64(count.s, count.n, &n) || n < 1 || n > COLUMNS_MOST - c->n)
    BAD(x, column_of(line, count.s), "'%.*s' columns, expected 1..%d in all", xyz_shown(count), count.s, COLUMNS_MOST);
  int *wanted = NULL, word = is_word(name, "species");
  if (word) wanted = &c->species;
  if (is_word(name, "pos")) wanted = &c->pos;
  if (is_word(name, "vel") || is_word(name, "velo")) wanted = &c->vel;
  if (wanted) {
    if (*wanted >= 0) BAD(x, column_of(line, name.s), "a second property '%.*s'", xyz_shown(name), name.s);
    if (kind.s[0] != (word ? 'S' : 'R') || n != (word ? 1 : 3))
      BAD(x, column_of(line, name.s), "property %.*s:%c:%d, expected %.*s:%s", xyz_shown(name), name.s, kind.s[0],
          (int)n, xyz_shown(name), name.s, word ? "S:1" : "R:3");
    *wanted = c->n;
  }
  c->n += (int)n;
  return VT_OK;
}

static vt_status read_properties(const vt_xyz *x, span line, span value, columns *c, vt_err *err)
{
  size_t at = 0;
  span piece[3];
  if (c->exact) BAD(x, column_of(line, value.s), "a second Properties");
  *c = (columns){.species = -1, .pos = -1, .vel = -1, .exact = 1};
  while (next_piece(value, &at, &piece[0])) {
    if (!next_piece(value, &at, &piece[1]) || !next_piece(value, &at, &piece[2]))
      BAD(x, column_of(line, piece[0].s), "Properties ends after '%.*s', expected name:type:columns triples",
          xyz_shown(piece[0]), piece[0].s);
    VT_PASS(read_property(x, line, piece, c, err));
  }
  if (c->species < 0) BAD(x, column_of(line, value.s), "Properties without species:S:1");
  if (c->pos < 0) BAD(x, column_of(line, value.s), "Properties without pos:R:3");
  return VT_OK;
}

static vt_status read_pbc(const vt_xyz *x, span line, span value, vt_err *err)
{
  size_t at = 0;
  span t;
  while (next_token(value, &at, &t)) {
    if (!is_word(t, "T") && !is_word(t, "true") && !is_word(t, "1"))
      BAD(x, column_of(line, t.s), "pbc '%.*s': only cells periodic in all three directions are read (T T T)",
          xyz_shown(t), t.s);
  }
  return VT_OK;
}

static vt_status read_header(const vt_xyz *x, span line, header *h, vt_err *err)
{
  span key, value;
  size_t at = 0;
  int broken;
  *h = (header){.col = {.species = 0, .pos = 1, .vel = -1, .n = 4}, .energy = (double)NAN};
  while (next_pair(line, &at, &key, &value, &broken)) {
    if (broken) BAD(x, column_of(line, value.s), "a quote is opened here and not closed");
    if (is_word(key, "lattice")) VT_PASS(read_lattice(x, line, value, h, err));
    if (is_word(key, "properties")) VT_PASS(read_properties(x, line, value, &h->col, err));
    if (is_word(key, "pbc")) VT_PASS(read_pbc(x, line, value, err));
    if (is_word(key, "energy") && !vt_parse_f64(value.s, value.n, &h->energy))
      BAD(x, column_of(line, value.s), "energy '%.*s', expected a number (eV)", xyz_shown(value), value.s);
  }
  if (!h->has_lattice) BAD(x, 1, "no Lattice=\"ax ay az bx by bz cx cy cz\" in the comment line");
  return VT_OK;
}

/* ------------------------------------------------------------------ atoms */

static vt_status grow_structure(vt_structure *s, int cap, int with_v, vt_err *err)
{
  VT_TRY(VT_GROW(s->symbol, s->n, cap, err), err, "%d atoms", cap);
  VT_TRY(VT_GROW(s->x, s->n, cap, err), err, "%d atoms", cap);
  if (with_v) VT_TRY(VT_GROW(s->v, s->n, cap, err), err, "%d atoms", cap);
  return VT_OK;
}

/* One token of an atom line into the structure's next row, as its column asks. */
static vt_status take_value(const vt_xyz *x, span line, const columns *c, int column, span t, vt_structure *s,
                            vt_err *err)
{
  if (column == c->species) {
    char *symbol = s->symbol[s->n];
    memset(symbol, 0, sizeof s->symbol[0]);
    if (t.n < sizeof s->symbol[0]) memcpy(symbol, t.s, t.n);
    if (vt_element_z(symbol) == 0) BAD(x, column_of(line, t.s), "'%.*s' is not an element symbol", xyz_shown(t), t.s);
    return VT_OK;
  }
  double *to = NULL;
  if (column >= c->pos && column < c->pos + 3) to = &s->x[s->n][column - c->pos];
  if (c->vel >= 0 && column >= c->vel && column < c->vel + 3) to = &s->v[s->n][column - c->vel];
  if (to && !vt_parse_f64(t.s, t.n, to))
    BAD(x, column_of(line, t.s), "'%.*s' in column %d, expected a finite number", xyz_shown(t), t.s, column + 1);
  if (to && column >= c->pos && column < c->pos + 3 && fabs(*to) > LENGTH_MOST)
    BAD(x, column_of(line, t.s), "position '%.*s' in column %d, expected at most %g A", xyz_shown(t), t.s, column + 1,
        LENGTH_MOST);
  return VT_OK;
}

static vt_status read_atom(const vt_xyz *x, span line, const columns *c, vt_structure *s, vt_err *err)
{
  size_t at = 0;
  span t;
  for (int column = 0; column < c->n; column++) {
    if (!next_token(line, &at, &t)) BAD(x, (int)line.n + 1, "%d columns, expected %d for an atom", column, c->n);
    VT_PASS(take_value(x, line, c, column, t, s, err));
  }
  if (c->exact && next_token(line, &at, &t))
    BAD(x, column_of(line, t.s), "'%.*s' after the %d columns that Properties declares", xyz_shown(t), t.s, c->n);
  return VT_OK;
}

static vt_status read_atoms(vt_xyz *x, int n, const columns *c, vt_structure *s, vt_err *err)
{
  int cap = 0, got;
  span line;
  for (; s->n < n; s->n++) {
    VT_PASS(read_line(x, &line, &got, err));
    if (!got) BAD(x, 0, "the file ends after %d of %d atoms", s->n, n);
    if (s->n == cap) {
      int next = cap == 0 ? 256 : 2 * cap; /* n is at most ATOMS_MOST: no overflow */
      cap = next < n ? next : n;
      VT_PASS(grow_structure(s, cap, c->vel >= 0, err));
    }
    VT_PASS(read_atom(x, line, c, s, err));
  }
  return VT_OK;
}

static vt_status read_count(vt_xyz *x, int *n, int *got, vt_err *err)
{
  span line, t, more;
  size_t at = 0;
  do { /* blank lines between frames and at the end are forgiven */
    VT_PASS(read_line(x, &line, got, err));
    if (!*got) return VT_OK;
    at = 0;
  } while (!next_token(line, &at, &t));
  int64_t count;
  if (!vt_parse_i64(t.s, t.n, &count))
    BAD(x, column_of(line, t.s), "'%.*s', expected the number of atoms of a frame", xyz_shown(t), t.s);
  if (next_token(line, &at, &more))
    BAD(x, column_of(line, more.s), "'%.*s' after the number of atoms", xyz_shown(more), more.s);
  if (count < 1 || count > ATOMS_MOST)
    BAD(x, column_of(line, t.s), "%lld atoms, expected 1..%d", (long long)count, ATOMS_MOST);
  *n = (int)count;
  return VT_OK;
}

static vt_status read_frame(vt_xyz *x, vt_structure *s, int *got, vt_err *err)
{
  int n = 0, more;
  span line;
  header h;
  VT_PASS(read_count(x, &n, got, err));
  if (!*got) return VT_OK;
  s->line = x->line;
  VT_PASS(read_line(x, &line, &more, err));
  if (!more) BAD(x, 0, "the file ends after the number of atoms, expected a comment line with Lattice=\"...\"");
  VT_PASS(read_header(x, line, &h, err));
  s->cell = h.cell;
  s->energy = h.energy;
  memcpy(s->comment, line.s, line.n < sizeof s->comment ? line.n : sizeof s->comment - 1);
  return read_atoms(x, n, &h.col, s, err);
}

/* ------------------------------------------------------------------ interface */

void vt_structure_free(vt_structure *s)
{
  vt_free(s->symbol);
  vt_free(s->x);
  vt_free(s->v);
  memset(s, 0, sizeof *s);
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

static vt_status xyz_new(vt_xyz **x, const char *name, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_xyz *q = NULL;
  size_t n = strlen(name) + 1;
  *x = NULL;
  VT_TRY_OUT(VT_NEW(q, 1, err), err, "reading %s", name);
  VT_TRY_OUT(VT_NEW(q->name, n, err), err, "reading %s", name);
  memcpy(q->name, name, n);
  *x = q;
  q = NULL;
out:
  vt_xyz_close(q);
  return rc;
}

vt_status vt_xyz_open(vt_xyz **x, const char *path, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_xyz *q = NULL;
  *x = NULL;
  VT_PASS(xyz_new(&q, path, err));
  VT_TRY_OUT(VT_NEW(q->block, 2 * (size_t)LINE_MOST, err), err, "reading %s", path);
  q->text = q->block;
  q->file = fopen(path, "rb"); /* a pipe, too: frames are read once */
  if (!q->file) {
    rc = vt_err_user(err, VT_EIO, path, 0, 0, "cannot be opened: %s", strerror(errno));
    goto out;
  }
  *x = q;
  q = NULL;
out:
  vt_xyz_close(q);
  return rc;
}

vt_status vt_xyz_open_text(vt_xyz **x, const char *name, const char *text, size_t n, vt_err *err)
{
  VT_PASS(xyz_new(x, name, err));
  (*x)->text = n ? text : "";
  (*x)->n = n;
  return VT_OK;
}

void vt_xyz_close(vt_xyz *x)
{
  if (!x) return;
  if (x->file) (void)fclose(x->file);
  vt_free(x->block);
  vt_free(x->name);
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
