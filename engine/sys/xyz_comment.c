/* xyz_comment.c - the comment line of extended XYZ: key=value pairs.
 *
 * Values are quoted, in brackets or braces, or end at a blank; blanks around the = sign are allowed on both sides of
 * it. What nobody needs stops no file: a key that is not known is passed over, an energy that is no number is noted. */
#include <math.h>
#include <string.h>

#include "engine/sys/xyz_impl.h"

#define BAD VT__XYZ_BAD

static int among(char c, const char *set) { return c != '\0' && strchr(set, c) != NULL; }

/* ------------------------------------------------------------------ pairs */

static const char blanks[] = " \t";
/* Between the numbers of "1 0 0", [1, 0, 0], [[1, 0], [0, 1]], {1 0 0}. */
static const char lists[] = " \t,[]{}";

/* Where the bracket that opens at line.s[i] closes, or 0. */
static size_t bracket_end(vt_span line, size_t i)
{
  int depth = 0;
  for (char quote = '\0'; i < line.n; i++) {
    const char c = line.s[i];
    if (quote && c == '\\')
      i++;
    else if (quote)
      quote = c == quote ? '\0' : quote;
    else if (c == '"')
      quote = c;
    else if (among(c, "[{"))
      depth++;
    else if (among(c, "]}") && --depth == 0)
      return i;
  }
  return 0;
}

/* The value that begins at line.s[i]: quoted (a backslash keeps the next character from ending it), in brackets, or up
 * to a blank.  Returns where it ends, quote or bracket included; *broken: the quote is not closed. */
static size_t read_value(vt_span line, size_t i, vt_span *value, int *broken)
{
  char quote = i < line.n && among(line.s[i], "\"'") ? line.s[i] : '\0';
  size_t closing = i < line.n && among(line.s[i], "[{") ? bracket_end(line, i) : 0;
  size_t begin = quote ? ++i : i;
  if (closing) {
    *value = (vt_span){line.s + begin, closing + 1 - begin};
    return closing + 1;
  }
  if (!quote) {
    while (i < line.n && !among(line.s[i], blanks)) i++;
    *value = (vt_span){line.s + begin, i - begin};
    return i;
  }
  while (i < line.n && line.s[i] != quote) i += line.s[i] == '\\' && i + 1 < line.n ? 2 : 1;
  *broken = i >= line.n;
  if (*broken) i = line.n;
  *value = (vt_span){line.s + begin, i - begin};
  return *broken ? i : i + 1;
}

static size_t skip_blanks(vt_span line, size_t i)
{
  while (i < line.n && among(line.s[i], blanks)) i++;
  return i;
}

/* One key=value, key = value, or a bare word (value empty). Returns 0 at the end. */
static int next_pair(vt_span line, size_t *at, vt_span *key, vt_span *value, int *broken)
{
  size_t i = skip_blanks(line, *at), begin = i;
  *broken = 0;
  while (i < line.n && !among(line.s[i], blanks) && line.s[i] != '=') i++;
  *key = (vt_span){line.s + begin, i - begin};
  *value = (vt_span){line.s + i, 0};
  size_t next = skip_blanks(line, i);
  const int apart = next > i;
  if (next < line.n && line.s[next] == '=') {
    next++;
    i = read_value(line, apart ? skip_blanks(line, next) : next, value, broken); /* `a= b=1`: a is empty */
  }
  *at = i;
  return i > begin;
}

/* A number, also with the comma of `time = 0.5, E = -3`. */
static int pair_number(vt_span v, double *x)
{
  if (v.n > 0 && v.s[v.n - 1] == ',') v.n--;
  return vt_parse_f64(v.s, v.n, x);
}

/* ------------------------------------------------------------------ lattice, periodicity */

static vt_status read_lattice(vt__xyz_place x, vt_span line, vt_span value, vt__xyz_header *h, vt_err *err)
{
  size_t at = 0;
  vt_span t;
  if (h->has_lattice) BAD(x, vt_span_column(line, value.s), "a second Lattice");
  for (int i = 0; i < 9; i++) {
    if (!vt_span_token(value, lists, &at, &t))
      BAD(x, vt_span_column(line, value.s), "Lattice has %d numbers, expected 9 (three vectors, A)", i);
    if (!vt_parse_f64(t.s, t.n, &h->cell.h[i / 3][i % 3]))
      BAD(x, vt_span_column(line, t.s), "'%.*s' in Lattice, expected a number", vt_span_shown(t), t.s);
    if (fabs(h->cell.h[i / 3][i % 3]) > VT__XYZ_LENGTH)
      BAD(x, vt_span_column(line, t.s), "'%.*s' in Lattice, expected at most %g A", vt_span_shown(t), t.s,
          VT__XYZ_LENGTH);
  }
  if (vt_span_token(value, lists, &at, &t))
    BAD(x, vt_span_column(line, t.s), "'%.*s' after the 9 numbers of Lattice", vt_span_shown(t), t.s);
  double hi[3][3];
  if (!vt_cell_inverse(&h->cell, hi)) BAD(x, vt_span_column(line, value.s), "the Lattice vectors span no volume");
  h->has_lattice = 1;
  return VT_OK;
}

static vt_status read_pbc(vt__xyz_place x, vt_span line, vt_span value, vt_err *err)
{
  size_t at = 0;
  int n = 0;
  vt_span t;
  for (; vt_span_token(value, lists, &at, &t); n++) {
    if (!vt_span_is(t, "T") && !vt_span_is(t, "true") && !vt_span_is(t, "1"))
      BAD(x, vt_span_column(line, t.s), "pbc '%.*s': only cells periodic in all three directions are read (T T T)",
          vt_span_shown(t), t.s);
  }
  if (n != 3)
    BAD(x, vt_span_column(line, value.s), "pbc has %d value%s, expected 3 in quotes or brackets: pbc=\"T T T\"", n,
        n == 1 ? "" : "s");
  return VT_OK;
}

/* ------------------------------------------------------------------ columns */

/* The next piece of a:b:c; 0 if there is none. */
static int next_piece(vt_span v, size_t *at, vt_span *t)
{
  if (*at > v.n) return 0;
  const char *colon = memchr(v.s + *at, ':', v.n - *at);
  size_t n = colon ? (size_t)(colon - (v.s + *at)) : v.n - *at;
  *t = (vt_span){v.s + *at, n};
  *at += n + 1;
  return 1;
}

/* The columns that are read. `needed`: a form other than this one is a mistake; else the column is passed over. */
static const struct {
  const char *name, *form;
  size_t member;
  int needed, n;
} property[] = {{"species", "S:1", offsetof(vt__xyz_columns, species), 1, 1},
                {"pos", "R:3", offsetof(vt__xyz_columns, pos), 1, 3},
                {"Z", "I:1", offsetof(vt__xyz_columns, z), 0, 1},
                {"numbers", "I:1", offsetof(vt__xyz_columns, z), 0, 1},
                {"vel", "R:3", offsetof(vt__xyz_columns, vel), 0, 3},
                {"velo", "R:3", offsetof(vt__xyz_columns, vel), 0, 3},
                {"id", "I:1", offsetof(vt__xyz_columns, id), 0, 1},
                {"force", "R:3", offsetof(vt__xyz_columns, force), 0, 3},
                {"forces", "R:3", offsetof(vt__xyz_columns, force), 0, 3},
                {"ids", "I:1", offsetof(vt__xyz_columns, id), 0, 1},
                {"atom_id", "I:1", offsetof(vt__xyz_columns, id), 0, 1},
                {"atomid", "I:1", offsetof(vt__xyz_columns, id), 0, 1}};

static int *member_of(vt__xyz_columns *c, size_t offset) { return (int *)(void *)((char *)c + offset); }

/* One name:type:columns triple into c. */
static vt_status read_property(vt__xyz_place x, vt_span line, const vt_span piece[3], vt__xyz_columns *c, vt_err *err)
{
  vt_span name = piece[0], kind = piece[1], count = piece[2];
  int64_t n = 0;
  if (kind.n != 1 || !among(kind.s[0], "SRIL"))
    BAD(x, vt_span_column(line, kind.s), "property type '%.*s', expected S, R, I or L", vt_span_shown(kind), kind.s);
  if (!vt_parse_i64(count.s, count.n, &n) || n < 1 || n > VT__XYZ_COLUMNS - c->n)
    BAD(x, vt_span_column(line, count.s), "'%.*s' columns, expected 1..%d in all", vt_span_shown(count), count.s,
        VT__XYZ_COLUMNS);
  for (size_t k = 0; k < sizeof property / sizeof *property; k++) {
    if (!vt_span_is(name, property[k].name)) continue;
    int *to = member_of(c, property[k].member);
    const int fits = kind.s[0] == property[k].form[0] && n == property[k].n;
    if (!fits && property[k].needed)
      BAD(x, vt_span_column(line, name.s), "property %.*s:%c:%d, expected %.*s:%s", vt_span_shown(name), name.s,
          kind.s[0], (int)n, vt_span_shown(name), name.s, property[k].form);
    if (!fits) continue;
    if (*to >= 0) BAD(x, vt_span_column(line, name.s), "a second property '%.*s'", vt_span_shown(name), name.s);
    *to = c->n;
  }
  c->n += (int)n;
  return VT_OK;
}

static vt_status read_properties(vt__xyz_place x, vt_span line, vt_span value, vt__xyz_columns *c, vt_err *err)
{
  size_t at = 0;
  vt_span piece[3];
  if (c->exact) BAD(x, vt_span_column(line, value.s), "a second Properties");
  *c = (vt__xyz_columns){.species = -1, .z = -1, .pos = -1, .vel = -1, .id = -1, .force = -1, .exact = 1};
  while (next_piece(value, &at, &piece[0])) {
    if (!next_piece(value, &at, &piece[1]) || !next_piece(value, &at, &piece[2]))
      BAD(x, vt_span_column(line, piece[0].s), "Properties ends after '%.*s', expected name:type:columns triples",
          vt_span_shown(piece[0]), piece[0].s);
    VT_PASS(read_property(x, line, piece, c, err));
  }
  if (c->species < 0 && c->z < 0) BAD(x, vt_span_column(line, value.s), "Properties without species:S:1 (or Z:I:1)");
  if (c->pos < 0) BAD(x, vt_span_column(line, value.s), "Properties without pos:R:3");
  if (c->species >= 0) c->z = -1; /* the symbols say it */
  return VT_OK;
}

/* ------------------------------------------------------------------ when, which, how much */

static void copy_word(char *to, size_t cap, vt_span t)
{
  memset(to, 0, cap);
  memcpy(to, t.s, t.n < cap ? t.n : cap - 1);
}

/* How much the last digit of a number counts, and how many there are: 0.01, 3 for 1.25; 1, 2 for 17; 1e-5, 2 for
 * 2.5e-4. */
static void read_digits(vt_span t, vt_stamp *to)
{
  int decimals = 0, after = 0;
  size_t i = 0;
  to->digits = 0;
  for (; i < t.n && !among(t.s[i], "eE"); i++) {
    const int is_digit = t.s[i] >= '0' && t.s[i] <= '9';
    after |= t.s[i] == '.';
    decimals += after && is_digit;
    to->digits += is_digit && (to->digits || t.s[i] != '0');
  }
  int64_t exponent = 0;
  if (i < t.n) (void)vt_parse_i64(t.s + i + 1, t.n - i - 1, &exponent);
  to->digit = pow(10, (double)(exponent - decimals));
}

/* A key that says when a frame was: the first one of its kind that is a number counts. */
static void read_stamp(vt_span key, vt_span value, vt_stamp *to)
{
  double x;
  if (to->key[0] || !pair_number(value, &x)) return;
  if (value.s[value.n - 1] == ',') value.n--;
  to->value = x;
  read_digits(value, to);
  copy_word(to->key, sizeof to->key, key);
}

static int is_one_of(vt_span key, const char *const *names)
{
  for (; *names; names++)
    if (vt_span_is(key, *names)) return 1;
  return 0;
}

static void read_facts(vt_span key, vt_span value, vt__xyz_header *h)
{
  static const char *const times[] = {"time",    "time_ps", "time_fs",  "md_time",  "simulation_time",
                                      "time,ps", "time,fs", "time[ps]", "time[fs]", NULL};
  static const char *const steps[] = {"step", "timestep", "time_step", "md_step", "mdstep", "iteration", "frame", NULL};
  static const char *const replicas[] = {"replica",    "replica_id", "walker", "bead",
                                         "trajectory", "traj_id",    "run_id", NULL};
  if (is_one_of(key, times)) read_stamp(key, value, &h->time);
  if (is_one_of(key, steps)) read_stamp(key, value, &h->step);
  if (is_one_of(key, replicas) && value.n > 0 && !h->replica[0]) copy_word(h->replica, sizeof h->replica, value);
  if (vt_span_is(key, "energy") && !pair_number(value, &h->energy)) {
    vt_span all = {key.s, value.n ? (size_t)(value.s + value.n - key.s) : key.n};
    copy_word(h->ignored, sizeof h->ignored, all);
  }
}

/* ------------------------------------------------------------------ labels of training data */

int vt_xyz_label(const char *comment, const char *key, const char **value, size_t *n, int *col)
{
  const vt_span line = {comment, strlen(comment)};
  vt_span k, v;
  size_t at = 0;
  int broken;
  while (next_pair(line, &at, &k, &v, &broken)) {
    if (broken || !vt_span_is(k, key)) continue;
    *value = v.s, *n = v.n;
    *col = vt_span_column(line, v.s);
    return 1;
  }
  return 0;
}

int vt_xyz_numbers(const char *value, size_t n, double *out, int most)
{
  const vt_span all = {value, n};
  vt_span t;
  size_t at = 0;
  int count = 0;
  while (vt_span_token(all, lists, &at, &t)) {
    if (count == most || !vt_parse_f64(t.s, t.n, &out[count])) return -1;
    count++;
  }
  return count;
}

/* ------------------------------------------------------------------ the line */

vt_status vt__xyz_comment(vt__xyz_place x, vt_span line, vt__xyz_header *h, vt_err *err)
{
  vt_span key, value;
  size_t at = 0;
  int broken;
  const double no = (double)NAN;
  *h = (vt__xyz_header){.col = {.species = 0, .z = -1, .pos = 1, .vel = -1, .id = -1, .force = -1, .n = 4},
                        .energy = no,
                        .time = {.value = no},
                        .step = {.value = no}};
  while (next_pair(line, &at, &key, &value, &broken)) {
    if (broken) BAD(x, vt_span_column(line, value.s), "a quote is opened here and not closed");
    if (vt_span_is(key, "lattice")) VT_PASS(read_lattice(x, line, value, h, err));
    if (vt_span_is(key, "properties")) VT_PASS(read_properties(x, line, value, &h->col, err));
    if (vt_span_is(key, "pbc")) VT_PASS(read_pbc(x, line, value, err));
    read_facts(key, value, h);
  }
  if (!h->has_lattice) BAD(x, 1, "no Lattice=\"ax ay az bx by bz cx cy cz\" in the comment line");
  return VT_OK;
}
