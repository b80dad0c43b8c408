/* read.c - nep.txt into a model: strict, every error with file:line and what was expected there.
 *
 * Header records, one a line, then one number a line:
 *   nep{3,4,5}[_zbl] N El_1 ... El_N
 *   zbl INNER OUTER [FACTOR]                 only with _zbl; 0 0: flexible, its numbers end the file
 *   cutoff RADIAL ANGULAR [MN MN]            or one pair of cutoffs a type, then MN MN (training hints, no physics)
 *   n_max R A
 *   basis_size R A
 *   l_max L [222 1111 112 123 233 134]       flags: 0 off, anything else on
 *   ANN NEURONS 0
 *   networks, common bias, c radial, c angular, scaler of the descriptor, flexible ZBL */
#include <math.h>
#include <string.h>

#include "engine/nep/nep_impl.h"

enum { MOST_WORDS = 2 * VT_NEP_MOST_TYPES + 3 + 1 };
#define MOST_LENGTH_A 100.0 /* no cutoff is longer */
#define MOST_NUMBER   1e30  /* a larger parameter is a damaged file, and no float */

typedef struct word {
  const char *s;
  int n;
} word;

typedef struct reader {
  const char *name;
  const char *at, *end; /* rest of the text */
  int line;             /* of `w`, from 1   */
  int n_words;          /* of this line; at most MOST_WORDS are kept, more are counted */
  word w[MOST_WORDS];
} reader;

#define USER_FAIL(r, err, s, col, ...) return vt_err_user((err), (s), (r)->name, (r)->line, (col), __VA_ARGS__)

/* ------------------------------------------------------------------ lines and words */

static int is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/* The next line split into words; 0 at the end of the text. */
static int next_line(reader *r)
{
  r->n_words = 0;
  r->line++;
  if (r->at == r->end) return 0;
  const char *eol = memchr(r->at, '\n', (size_t)(r->end - r->at));
  if (!eol) eol = r->end;
  for (const char *s = r->at; s < eol;) {
    if (is_blank(*s)) {
      s++;
      continue;
    }
    const char *e = s;
    while (e < eol && !is_blank(*e)) e++;
    if (r->n_words < MOST_WORDS) r->w[r->n_words] = (word){s, e - s < 80 ? (int)(e - s) : 80};
    r->n_words++;
    s = e;
  }
  r->at = eol < r->end ? eol + 1 : eol;
  return 1;
}

static int nep_read_same(word w, const char *s) { return (size_t)w.n == strlen(s) && memcmp(w.s, s, (size_t)w.n) == 0; }

/* The next line must begin with `key` and hold between lo and hi words after it. */
static vt_status nep_read_record(reader *r, const char *key, int lo, int hi, const char *form, vt_err *err)
{
  if (!next_line(r)) USER_FAIL(r, err, VT_EPARSE, 0, "the file ends, expected '%s %s'", key, form);
  if (r->n_words == 0) USER_FAIL(r, err, VT_EPARSE, 0, "expected '%s %s', found an empty line", key, form);
  if (!nep_read_same(r->w[0], key))
    USER_FAIL(r, err, VT_EPARSE, 1, "expected '%s %s', found '%.*s'", key, form, r->w[0].n, r->w[0].s);
  if (r->n_words - 1 < lo || r->n_words - 1 > hi)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected '%s %s', found %d values", key, form, r->n_words - 1);
  return VT_OK;
}

static vt_status integer(const reader *r, int i, const char *what, int lo, int hi, int *out, vt_err *err)
{
  int64_t v;
  word w = r->w[i];
  if (!vt_parse_i64(w.s, (size_t)w.n, &v) || v < lo || v > hi)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected %s, a whole number from %d to %d, found '%.*s'", what, lo, hi, w.n, w.s);
  *out = (int)v;
  return VT_OK;
}

static vt_status nep_read_length(const reader *r, int i, const char *what, int may_be_zero, double *out, vt_err *err)
{
  word w = r->w[i];
  if (!vt_parse_f64(w.s, (size_t)w.n, out) || *out > MOST_LENGTH_A || (may_be_zero ? *out < 0 : *out <= 0))
    USER_FAIL(r, err, VT_EPARSE, 0, "expected %s, a %s number of at most %g A, found '%.*s'", what,
              may_be_zero ? "non-negative" : "positive", MOST_LENGTH_A, w.n, w.s);
  return VT_OK;
}

/* ------------------------------------------------------------------ header */

static vt_status head_word(const reader *r, vt_nep_model *m, vt_err *err)
{
  static const struct {
    const char *word;
    int version;
    int zbl;
  } known[] = {{"nep3", 3, 0},     {"nep4", 4, 0},     {"nep5", 5, 0},
               {"nep3_zbl", 3, 1}, {"nep4_zbl", 4, 1}, {"nep5_zbl", 5, 1}};
  static const char *const other[] = {"dipole", "polarizability", "charge", "vdw", "temperature"};
  word w = r->w[0];
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (!nep_read_same(w, known[i].word)) continue;
    m->version = known[i].version;
    m->zbl = known[i].zbl ? VT_ZBL_UNIVERSAL : VT_ZBL_NONE; /* the zbl line may refine it */
    return VT_OK;
  }
  if (w.n >= 3 && memcmp(w.s, "nep", 3) == 0) {
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
      size_t l = strlen(other[i]);
      for (const char *s = w.s; s + l <= w.s + w.n; s++)
        if (memcmp(s, other[i], l) == 0)
          USER_FAIL(r, err, VT_EUNSUP, 1,
                    "'%.*s' is a %s model; only plain energy models are supported: nep3, nep4, nep5, each with or "
                    "without _zbl",
                    w.n, w.s, other[i]);
    }
    USER_FAIL(r, err, VT_EUNSUP, 1, "'%.*s' is not supported, expected nep3, nep4 or nep5, each with or without _zbl",
              w.n, w.s);
  }
  USER_FAIL(r, err, VT_EPARSE, 1, "expected nep3, nep4 or nep5, each with or without _zbl, found '%.*s'", w.n, w.s);
}

static vt_status nep_read_head(reader *r, vt_nep_model *m, vt_err *err)
{
  if (!next_line(r) || r->n_words == 0)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected 'nep4 NUMBER_OF_TYPES SYMBOLS...', found nothing");
  VT_PASS(head_word(r, m, err));
  if (r->n_words < 2)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected the number of types after '%.*s'", r->w[0].n, r->w[0].s);
  VT_PASS(integer(r, 1, "the number of types", 1, VT_NEP_MOST_TYPES, &m->n_types, err));
  if (r->n_words != 2 + m->n_types)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected %d element symbols, found %d", m->n_types, r->n_words - 2);
  for (int t = 0; t < m->n_types; t++) {
    word w = r->w[2 + t];
    char symbol[4] = {0};
    if (w.n < (int)sizeof symbol) memcpy(symbol, w.s, (size_t)w.n);
    m->z[t] = symbol[0] ? vt_element_z(symbol) : 0;
    if (!m->z[t]) USER_FAIL(r, err, VT_EPARSE, 0, "expected the symbol of an element, found '%.*s'", w.n, w.s);
    for (int u = 0; u < t; u++)
      if (m->z[u] == m->z[t]) USER_FAIL(r, err, VT_EPARSE, 0, "element '%s' is listed twice", symbol);
    memcpy(m->symbol[t], symbol, sizeof symbol);
  }
  return VT_OK;
}

static vt_status zbl_line(reader *r, vt_nep_model *m, vt_err *err)
{
  static const char form[] = "INNER OUTER [FACTOR]";
  VT_PASS(nep_read_record(r, "zbl", 2, 3, form, err));
  VT_PASS(nep_read_length(r, 1, "the inner ZBL cutoff", 1, &m->zbl_inner, err));
  VT_PASS(nep_read_length(r, 2, "the outer ZBL cutoff", 1, &m->zbl_outer, err));
  if (r->n_words == 4) VT_PASS(nep_read_length(r, 3, "the factor of the typewise ZBL cutoff", 0, &m->zbl_factor, err));
  if (m->zbl_inner <= 0 && m->zbl_outer <= 0) {
    m->zbl = VT_ZBL_FLEXIBLE;
  } else if (r->n_words == 4) {
    m->zbl = VT_ZBL_TYPEWISE;
    m->zbl_inner = 0; /* whatever the file says */
  }
  if (m->zbl != VT_ZBL_FLEXIBLE && !(m->zbl_inner < m->zbl_outer))
    USER_FAIL(r, err, VT_EPARSE, 0, "expected 'zbl %s' with INNER below OUTER, found %g and %g", form, m->zbl_inner,
              m->zbl_outer);
  return VT_OK;
}

/* The neighbour counts at the end of the cutoff line carry no physics, but they must be there. */
static vt_status neighbour_counts(const reader *r, vt_nep_model *m, vt_err *err)
{
  VT_PASS(integer(r, r->n_words - 2, "a largest neighbour count", 0, 1000000, &m->most_radial, err));
  return integer(r, r->n_words - 1, "a largest neighbour count", 0, 1000000, &m->most_angular, err);
}

static vt_status cutoff_line(reader *r, vt_nep_model *m, vt_err *err)
{
  const int per_type = 2 * m->n_types + 2;
  VT_PASS(nep_read_record(r, "cutoff", 2, per_type > 4 ? per_type : 4, "RADIAL ANGULAR MN MN", err));
  const int n = r->n_words - 1, step = n == per_type ? 2 : 0; /* words from one type's cutoffs to the next's */
  const int is_old = n == 2 && m->version == 3;               /* NEP3 files older than the counts */
  if (n != 4 && n != per_type && !is_old)
    USER_FAIL(r, err, VT_EPARSE, 0,
              "expected 4 values after 'cutoff' (radial, angular, two neighbour counts) or %d (two cutoffs for each "
              "type, two neighbour counts), found %d",
              per_type, n);
  for (int t = 0; t < m->n_types; t++) {
    VT_PASS(nep_read_length(r, 1 + step * t, "a radial cutoff", 0, &m->rc_radial[t], err));
    VT_PASS(nep_read_length(r, 2 + step * t, "an angular cutoff", 0, &m->rc_angular[t], err));
  }
  return is_old ? VT_OK : neighbour_counts(r, m, err);
}

static vt_status size_lines(reader *r, vt_nep_model *m, vt_err *err)
{
  VT_PASS(nep_read_record(r, "n_max", 2, 2, "RADIAL ANGULAR", err));
  VT_PASS(integer(r, 1, "the radial n_max", 0, VT_NEP_MOST_CHANNELS - 1, &m->n_radial, err));
  VT_PASS(integer(r, 2, "the angular n_max", 0, VT_NEP_MOST_CHANNELS - 1, &m->n_angular, err));
  VT_PASS(nep_read_record(r, "basis_size", 2, 2, "RADIAL ANGULAR", err));
  VT_PASS(integer(r, 1, "the radial basis size", 0, VT_NEP_MOST_BASIS - 1, &m->k_radial, err));
  VT_PASS(integer(r, 2, "the angular basis size", 0, VT_NEP_MOST_BASIS - 1, &m->k_angular, err));
  m->n_radial++, m->n_angular++, m->k_radial++, m->k_angular++; /* from highest index to count */
  return VT_OK;
}

static vt_status l_max_line(reader *r, vt_nep_model *m, vt_err *err)
{
  static const char *const name[VT_NEP_FLAGS] = {"222", "1111", "112", "123", "233", "134"};
  static const int needs_l[VT_NEP_FLAGS] = {2, 1, 2, 3, 3, 4};
  VT_PASS(nep_read_record(r, "l_max", 1, 1 + VT_NEP_FLAGS, "L [222 1111 112 123 233 134]", err));
  VT_PASS(integer(r, 1, "the largest l", 1, VT_NEP_MOST_L, &m->l_max, err));
  for (int i = 0; i + 2 < r->n_words; i++) {
    int on = 0;
    VT_PASS(integer(r, i + 2, "a flag of a higher-body invariant", 0, 9999, &on, err));
    m->flag[i] = on != 0;
    if (on && m->l_max < needs_l[i])
      USER_FAIL(r, err, VT_EPARSE, 0, "the invariant %s needs an l_max of at least %d, found %d", name[i], needs_l[i],
                m->l_max);
  }
  return VT_OK;
}

static vt_status ann_line(reader *r, vt_nep_model *m, vt_err *err)
{
  int second;
  VT_PASS(nep_read_record(r, "ANN", 2, 2, "NEURONS 0", err));
  VT_PASS(integer(r, 1, "the number of neurons", 1, VT_NEP_MOST_NEURONS, &m->neurons, err));
  VT_PASS(integer(r, 2, "0 (only one hidden layer is supported)", 0, 0, &second, err));
  return VT_OK;
}

/* ------------------------------------------------------------------ numbers */

/* Lines behind the header; *words: of them, those that are not empty. */
static size_t lines_left(const reader *r, size_t *words)
{
  size_t n = 0;
  *words = 0;
  for (const char *s = r->at; s < r->end; n++) {
    const char *eol = memchr(s, '\n', (size_t)(r->end - s)), *first = s;
    if (!eol) eol = r->end;
    while (first < eol && is_blank(*first)) first++;
    *words += first < eol;
    s = eol < r->end ? eol + 1 : r->end;
  }
  return n;
}

/* MatPL gives every type a bias of its own where GPUMD has one for all: as many numbers more as there are further
 * types.  Nothing in the header says so, and read as GPUMD's the coefficients would be those of their neighbours. */
static vt_status nep_other_form(const reader *r, const vt_nep_model *m, size_t total, size_t words, vt_err *err)
{
  if (m->version != 4 || m->n_types < 2 || words != total + (size_t)m->n_types - 1) return VT_OK;
  USER_FAIL(
      r, err, VT_EUNSUP, 0,
      "%zu numbers follow, %d more than the %zu of a nep4 file: this is the form of MatPL, with a bias for each of "
      "the %d types; expected GPUMD's form, with one bias for all (or nep5)",
      words, m->n_types - 1, total, m->n_types);
}

static vt_status nep_read_number(reader *r, const vt__nep_part *p, size_t i, double *out, vt_err *err)
{
  if (!next_line(r))
    USER_FAIL(r, err, VT_EPARSE, 0, "the file ends, expected %s, number %zu of %zu", p->what, i + 1, p->n);
  word w = r->w[0];
  if (r->n_words == 0)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected %s, number %zu of %zu, found an empty line", p->what, i + 1, p->n);
  if (r->n_words > 1)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected %s, number %zu of %zu, alone in its line, found %d words", p->what, i + 1,
              p->n, r->n_words);
  if (!vt_parse_f64(w.s, (size_t)w.n, out) || fabs(*out) > MOST_NUMBER)
    USER_FAIL(r, err, VT_EPARSE, 0, "expected %s, number %zu of %zu (finite, at most %g in magnitude), found '%.*s'",
              p->what, i + 1, p->n, MOST_NUMBER, w.n, w.s);
  return VT_OK;
}

/* What a number must satisfy beyond being one; x[-1] is the number before. */
static vt_status check_number(const reader *r, int p, size_t i, const double *x, vt_err *err)
{
  if (p == VT__NEP_SCALE && !(*x > 0))
    USER_FAIL(r, err, VT_EPARSE, 0, "expected a positive scale of the descriptor, found %g", *x);
  if (p != VT__NEP_FLEXIBLE || i % 10 >= 2) return VT_OK;
  if (!(*x >= 0 && *x <= MOST_LENGTH_A))
    USER_FAIL(r, err, VT_EPARSE, 0, "expected a ZBL cutoff from 0 to %g A, found %g", MOST_LENGTH_A, *x);
  if (i % 10 == 1 && *x > 0 && !(x[-1] < *x))
    USER_FAIL(r, err, VT_EPARSE, 0, "expected an outer ZBL cutoff above the inner one, %g, found %g", x[-1], *x);
  return VT_OK;
}

static vt_status nep_read_numbers(reader *r, vt_nep_model *m, vt_err *err)
{
  vt__nep_part parts[VT__NEP_PARTS];
  size_t total = 0, words, left = lines_left(r, &words);
  vt__nep_parts(m, parts);
  for (int p = 0; p < VT__NEP_PARTS; p++) total += parts[p].n; /* no overflow: the limits of the header */
  if (left < total) {                                          /* before any memory is asked for */
    r->line += (int)left;
    USER_FAIL(r, err, VT_EPARSE, 0, "the file ends after %zu of the %zu numbers that its header announces", left,
              total);
  }
  VT_PASS(nep_other_form(r, m, total, words, err));
  VT_PASS(vt__nep_room(m, err));
  double *x = m->numbers;
  for (int p = 0; p < VT__NEP_PARTS; p++) {
    for (size_t i = 0; i < parts[p].n; i++, x++) {
      VT_PASS(nep_read_number(r, &parts[p], i, x, err));
      VT_PASS(check_number(r, p, i, x, err));
    }
  }
  VT_ASSERT(x == m->numbers + total);
  while (next_line(r))
    if (r->n_words)
      USER_FAIL(r, err, VT_EPARSE, 0, "expected the end of the file after %zu numbers, found '%.*s'", total, r->w[0].n,
                r->w[0].s);
  return VT_OK;
}

/* ------------------------------------------------------------------ */

vt_status vt_nep_read(const char *name, const char *text, size_t n, vt_nep_model **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_nep_model *m = NULL;
  *out = NULL;
  VT_TRY(VT_NEW(m, 1, err), err, "potential '%s'", name);
  reader r = {.name = name, .at = text + vt_text_mark(text, n), .end = text + n};
  rc = nep_read_head(&r, m, err);
  if (rc == VT_OK && m->zbl != VT_ZBL_NONE) rc = zbl_line(&r, m, err);
  if (rc == VT_OK) rc = cutoff_line(&r, m, err);
  if (rc == VT_OK) rc = size_lines(&r, m, err);
  if (rc == VT_OK) rc = l_max_line(&r, m, err);
  if (rc == VT_OK) rc = ann_line(&r, m, err);
  if (rc == VT_OK) rc = nep_read_numbers(&r, m, err);
  if (rc == VT_OK) *out = m, m = NULL;
  vt_nep_free(m);
  return rc;
}
