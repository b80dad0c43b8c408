/* points_csv.c - points from a CSV table that somebody else made, and their fit. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/csv/csv.h"
#include "runner/screening/factors_impl.h"
#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

enum { FIXED = 5, TABLE_MOST = 64 << 20 };
static const char *const columns[FIXED] = {"composition", "glass", "temperature_K", "D_cm2_s", "D_se"};

typedef vt_cell_text field;

/* Compositions by a word (their name, the value of a factor): the first one of each word. */
typedef struct words {
  int *slot; /* [n_slots], open addressing, composition + 1; 0: free */
  size_t n_slots;
} words;

/* What a table is while it is read: names and values of factors point into its text. */
typedef struct reading {
  const char *path;
  int at[FIXED];          /* columns */
  int of[VT_MAX_FACTORS]; /* columns of factors */
  size_t lines;
  field *name;                  /* [n_comp] */
  field *label[VT_MAX_FACTORS]; /* [n_comp] */
  words by_name, by_label[VT_MAX_FACTORS];
  int *line; /* [points] where it stands */
} reading;

static int same_field(field a, field b) { return a.n == b.n && memcmp(a.s, b.s, a.n) == 0; }

static vt_status words_new(words *w, size_t n, vt_err *err)
{
  w->n_slots = 16;
  while (w->n_slots < 2 * n) w->n_slots *= 2;
  return VT_NEW(w->slot, w->n_slots, err);
}

/* The first composition with this word; `comp`, which has it, if there is none before. */
static int words_first(words *w, const field *of, int comp)
{
  size_t i = vt_crc32(0, of[comp].s, of[comp].n) & (w->n_slots - 1);
  while (w->slot[i] && !same_field(of[w->slot[i] - 1], of[comp])) i = (i + 1) & (w->n_slots - 1);
  if (!w->slot[i]) w->slot[i] = comp + 1;
  return w->slot[i] - 1;
}

/* A column that is none of the fixed ones is a factor. */
static vt_status points_csv_factor(vt_table *t, reading *r, int line, const field *f, int column, vt_err *err)
{
  void *p;
  if (t->n_factors == VT_MAX_FACTORS)
    return vt_err_user(err, VT_EPARSE, r->path, line, 0, "more than %d factors", VT_MAX_FACTORS);
  if (f->n == 0 || f->n >= VT_NAME || memchr(f->s, '/', f->n))
    return vt_err_user(err, VT_EPARSE, r->path, line, 0, "the name of a factor has 1 to %d characters and no slash",
                       VT_NAME - 1);
  for (int i = 0; i < t->n_factors; i++)
    if (vt_csv_is(*f, t->factor[i]))
      return vt_err_user(err, VT_EPARSE, r->path, line, 0, "factor '%s' is there twice", t->factor[i]);
  VT_TRY(vt_calloc64(&p, r->lines, sizeof(field), err), err, "factors of '%s'", r->path);
  r->label[t->n_factors] = p;
  VT_TRY(words_new(&r->by_label[t->n_factors], r->lines, err), err, "factors of '%s'", r->path);
  VT_TRY(vt_calloc64(&p, r->lines, sizeof(int), err), err, "factors of '%s'", r->path);
  t->level[t->n_factors] = p;
  r->of[t->n_factors] = column;
  memcpy(t->factor[t->n_factors++], f->s, f->n); /* zeroed before */
  return VT_OK;
}

/* The factors of composition `comp`, which is new or has them already. */
static vt_status points_csv_levels(vt_table *t, reading *r, int line, const field *f, int comp, int is_new, vt_err *err)
{
  for (int k = 0; k < t->n_factors; k++) {
    const field cell = f[r->of[k]], here = vt_csv_is_unknown(cell) ? (field){"", 0} : cell;
    field *label = r->label[k];
    if (!is_new && !same_field(label[comp], here))
      return vt_err_user(err, VT_EPARSE, r->path, line, 0, "%s of '%s' was '%.*s' before and is '%.*s' here",
                         t->factor[k], t->name[comp], (int)(label[comp].n < 40 ? label[comp].n : 40), label[comp].s,
                         (int)(here.n < 40 ? here.n : 40), here.s);
    label[comp] = here;
    if (is_new) t->level[k][comp] = words_first(&r->by_label[k], label, comp);
  }
  return VT_OK;
}

/* Columns in any order. */
static vt_status points_csv_header(vt_table *t, reading *r, const vt_csv *c, vt_err *err)
{
  const int line = c->line[0];
  for (int k = 0; k < FIXED; k++) r->at[k] = -1;
  for (int i = 0; i < c->n_columns; i++) {
    int k = 0;
    while (k < FIXED && !vt_csv_is(c->cell[i], columns[k])) k++;
    if (k == FIXED) {
      VT_PASS(points_csv_factor(t, r, line, &c->cell[i], i, err));
      continue;
    }
    if (r->at[k] >= 0) return vt_err_user(err, VT_EPARSE, r->path, line, 0, "column '%s' is there twice", columns[k]);
    r->at[k] = i;
  }
  for (int k = 0; k < FIXED; k++)
    if (r->at[k] < 0)
      return vt_err_user(err, VT_EPARSE, r->path, line, 0,
                         "no column '%s' in the header, expected composition,glass,temperature_K,D_cm2_s,D_se and "
                         "factors, in any order",
                         columns[k]);
  return VT_OK;
}

/* Row of the composition, added when it is new. */
static vt_status composition(vt_table *t, reading *r, int line, const field *f, int *at, vt_err *err)
{
  if (f->n == 0 || f->n >= VT_NAME)
    return vt_err_user(err, VT_EPARSE, r->path, line, 0, "a composition's name has 1 to %d characters", VT_NAME - 1);
  for (size_t i = 0; i < f->n; i++)
    if ((unsigned char)f->s[i] < ' ')
      return vt_err_user(err, VT_EPARSE, r->path, line, 0,
                         "a composition's name is one line without control characters");
  r->name[t->n_comp] = *f;
  *at = words_first(&r->by_name, r->name, t->n_comp);
  if (*at == t->n_comp) memcpy(t->name[t->n_comp++], f->s, f->n); /* zeroed before; one name a line fits */
  return VT_OK;
}

static int points_csv_shown(const field *f) { return f->n < 40 ? (int)f->n : 40; }

/* A number of at least `least` (D: above 0; its error may be 0, which is none), or, but for the temperature, a cell
 * that knows none: NaN. */
static vt_status points_csv_number(const char *path, int line, const field *f, int column, double least, double *out,
                                   vt_err *err)
{
  const char *what = columns[column];
  *out = (double)NAN;
  const int unknown = vt_csv_is_unknown(*f) || vt_csv_is(*f, "None") || vt_csv_is(*f, "null");
  if (column > 2 && unknown) return VT_OK; /* not resolved */
  const int is_number = vt_parse_f64(f->s, f->n, out);
  if (is_number && (column == 3 ? *out > 0 : *out >= least)) return VT_OK;
  if (!is_number && memchr(f->s, ',', f->n))
    return vt_err_user(err, VT_EPARSE, path, line, 0, "%s is '%.*s', a decimal comma? expected a point", what,
                       points_csv_shown(f), f->s);
  if (column != 3)
    return vt_err_user(err, VT_EPARSE, path, line, 0, "%s is '%.*s', expected a number of at least %g", what,
                       points_csv_shown(f), f->s, least);
  return vt_err_user(err, VT_EPARSE, path, line, 0,
                     "%s is '%.*s', expected a number above 0, or an empty cell where nothing is known", what,
                     points_csv_shown(f), f->s);
}

static vt_status points_csv_row(vt_table *t, reading *r, int line, const field *f, vt_err *err)
{
  const char *path = r->path;
  const field *glass_cell = &f[r->at[1]];
  int64_t glass;
  int comp = 0, before = t->n_comp;
  vt_point *p = &t->pt[t->n];
  VT_PASS(composition(t, r, line, &f[r->at[0]], &comp, err));
  VT_PASS(points_csv_levels(t, r, line, f, comp, t->n_comp > before, err));
  if (!vt_parse_i64(glass_cell->s, glass_cell->n, &glass) || glass < 0 || glass > INT32_MAX)
    return vt_err_user(err, VT_EPARSE, path, line, 0, "glass is '%.*s', expected a whole number from 0 on",
                       points_csv_shown(glass_cell), glass_cell->s);
  VT_PASS(points_csv_number(path, line, &f[r->at[2]], 2, 1e-3, &p->t_k, err));
  VT_PASS(points_csv_number(path, line, &f[r->at[3]], 3, 0, &p->x, err));
  VT_PASS(points_csv_number(path, line, &f[r->at[4]], 4, 0, &p->se, err));
  p->comp = comp;
  p->glass = (int32_t)glass;
  r->line[t->n++] = line;
  return VT_OK;
}

/* A point and its line, to find those that stand there twice. */
typedef struct placed {
  const vt_point *p;
  int line;
} placed;

static int placed_order(const void *a, const void *b)
{
  const placed *x = a, *y = b;
  if (x->p->comp != y->p->comp) return x->p->comp < y->p->comp ? -1 : 1;
  if (x->p->glass != y->p->glass) return x->p->glass < y->p->glass ? -1 : 1;
  if (x->p->t_k < y->p->t_k || x->p->t_k > y->p->t_k) return x->p->t_k < y->p->t_k ? -1 : 1;
  return (x->line > y->line) - (x->line < y->line);
}

/* Every glass of every composition has one point at a temperature; of several mistakes the first line is named. */
static vt_status check_once(const vt_table *t, const reading *r, vt_err *err)
{
  placed *all;
  const placed *bad = NULL;
  int line = INT_MAX, before = 0;
  VT_TRY(VT_NEW(all, t->n, err), err, "table '%s'", r->path);
  for (int i = 0; i < t->n; i++) all[i] = (placed){&t->pt[i], r->line[i]};
  if (t->n) qsort(all, (size_t)t->n, sizeof *all, placed_order);
  for (int i = 1; i < t->n; i++) {
    const vt_point *a = all[i - 1].p, *b = all[i].p;
    if (a->comp != b->comp || a->glass != b->glass || b->t_k - a->t_k >= 1e-9 * b->t_k) continue;
    int first = all[i - 1].line, second = all[i].line;
    if (second < first) second = first, first = all[i].line;
    if (second >= line) continue;
    line = second;
    before = first;
    bad = &all[i];
  }
  vt_status rc = VT_OK;
  if (bad)
    rc = vt_err_user(err, VT_EPARSE, r->path, line, 0,
                     "glass %d of '%s' at %g K stands in an earlier line, too: line %d", bad->p->glass,
                     t->name[bad->p->comp], bad->p->t_k, before);
  vt_free(all);
  return rc;
}

static vt_status begin_reading(vt_table *t, reading *r, size_t lines, vt_err *err)
{
  void *p;
  r->lines = lines;
  VT_TRY(vt_calloc64(&p, r->lines, sizeof *t->name, err), err, "table '%s'", r->path);
  t->name = p;
  VT_TRY(vt_calloc64(&p, r->lines, sizeof *t->pt, err), err, "table '%s'", r->path);
  t->pt = p;
  VT_TRY(VT_NEW(r->line, r->lines, err), err, "table '%s'", r->path);
  VT_TRY(VT_NEW(r->name, r->lines + 1, err), err, "table '%s'", r->path);
  VT_TRY(words_new(&r->by_name, r->lines, err), err, "table '%s'", r->path);
  return VT_OK;
}

static void end_reading(reading *r)
{
  vt_free(r->line);
  vt_free(r->name);
  vt_free(r->by_name.slot);
  for (int i = 0; i < VT_MAX_FACTORS; i++) {
    vt_free(r->label[i]);
    vt_free(r->by_label[i].slot);
  }
}

static vt_status points_csv_rows(vt_table *t, reading *r, const vt_csv *c, vt_err *err)
{
  VT_PASS(begin_reading(t, r, c->n_rows + 1, err));
  if (c->n_rows > 0) VT_PASS(points_csv_header(t, r, c, err));
  for (size_t i = 1; i < c->n_rows; i++)
    VT_PASS(points_csv_row(t, r, c->line[i], c->cell + i * (size_t)c->n_columns, err));
  if (t->n == 0) return vt_err_user(err, VT_EPARSE, r->path, c->n_rows ? c->line[0] : 0, 0, "no points in the table");
  return check_once(t, r, err);
}

vt_status vt_table_read(const char *path, vt_table *t, vt_err *err)
{
  char *text;
  size_t n;
  vt_csv c = {0};
  reading r = {.path = path};
  *t = (vt_table){0};
  VT_PASS(vt_text_read(path, TABLE_MOST, &text, &n, err));
  vt_status rc = vt_csv_parse(path, text, n, &c, err);
  vt_free(text);
  if (rc == VT_OK) rc = points_csv_rows(t, &r, &c, err);
  end_reading(&r);
  vt_csv_free(&c);
  if (rc != VT_OK) vt_table_free(t);
  return rc;
}

void vt_table_free(vt_table *t)
{
  vt_free(t->name);
  vt_free(t->pt);
  for (int i = 0; i < VT_MAX_FACTORS; i++) vt_free(t->level[i]);
  *t = (vt_table){0};
}

/* The points by composition, in the order of the table; end[n_comp]: where those of each end. */
static void by_composition(const vt_table *t, vt_point *pt, int *end)
{
  for (int i = 0; i < t->n; i++) end[t->pt[i].comp + 1]++;
  for (int k = 0; k < t->n_comp; k++) end[k + 1] += end[k];
  for (int i = 0; i < t->n; i++) pt[end[t->pt[i].comp]++] = t->pt[i];
}

/* Lines of all glasses, then the Arrhenius line of every composition. */
static vt_status fit_lines(const vt_table *t, double t_ref_k, double t_extra_k, double tg_k, vt_point *pt,
                           vt_arrh *arrh, vt_glass_line *line, int *n_lines, vt_err *err)
{
  int *end, more;
  vt_status rc = VT_OK;
  *n_lines = 0;
  VT_TRY(VT_NEW(end, t->n_comp + 1, err), err, "compositions of a fit");
  by_composition(t, pt, end);
  for (int k = 0, at = 0; k < t->n_comp; at = end[k++]) {
    VT_TRY_OUT(vt_glass_lines(pt + at, end[k] - at, t_ref_k, line + *n_lines, &more, err), err, "glasses of '%s'",
               t->name[k]);
    *n_lines += more;
  }
  for (int k = 0, at = 0; k < t->n_comp; at = end[k++]) {
    vt_fit_spec one = {.t_ref_k = t_ref_k, .t_extra_k = t_extra_k, .tg_k = tg_k};
    VT_TRY_OUT(vt_scatter_of_others(line, *n_lines, k, &one.others, err), err, "glasses of '%s'", t->name[k]);
    VT_TRY_OUT(vt_arrh_fit(pt + at, end[k] - at, &one, NULL, &arrh[k], err), err, "Arrhenius fit of '%s'", t->name[k]);
  }
out:
  vt_free(end);
  return rc;
}

vt_status vt_table_fit(const vt_table *t, const vt_compare_spec *spec, double tg_k, uint64_t key, vt_fitted *q,
                       vt_err *err)
{
  vt_status rc = VT_OK;
  void *pt = NULL, *line = NULL, *p = NULL;
  vt__factors factor = {.n = t->n_factors}; /* levels borrowed */
  int n_lines;
  VT_TRY_OUT(vt_calloc64(&pt, (size_t)t->n, sizeof(vt_point), err), err, "points of a fit");
  VT_TRY_OUT(vt_calloc64(&line, (size_t)t->n, sizeof(vt_glass_line), err), err, "glasses of a fit");
  VT_TRY_OUT(vt_calloc64(&p, (size_t)t->n_comp, sizeof(char *), err), err, "names of compositions");
  const char **names = p;
  for (int k = 0; k < t->n_comp; k++) names[k] = t->name[k];
  memcpy(factor.name, t->factor, sizeof factor.name);
  memcpy(factor.level, t->level, sizeof factor.level);
  VT_TRY_OUT(fit_lines(t, spec->t_ref_k, spec->t_extra_k, tg_k, pt, q->arrh, line, &n_lines, err), err, "table");
  VT_TRY_OUT(vt_values_at(pt, t->n, VT_USUAL_LEVEL, q->at, &q->n_at, err), err, "table");
  vt_compare_input in = {
      .fits = q->arrh,
      .n = t->n_comp,
      .glass = line,
      .n_glass = n_lines,
      .names = names,
      .lim = {.margin = spec->margin, .tau_margin = spec->tau_margin, .range_margin = spec->range_margin},
      .key = key};
  VT_TRY_OUT(vt__compare_by(&in, &factor, &q->compare, err), err, "comparison");
out:
  vt_free(pt);
  vt_free(line);
  vt_free(p);
  return rc;
}

vt_status vt_table_lines(const vt_table *t, double t_ref_k, double t_extra_k, double tg_k, vt_arrh *arrh, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_point *pt = NULL;
  vt_glass_line *line = NULL;
  int n_lines;
  VT_TRY_OUT(VT_NEW(pt, t->n, err), err, "points of a fit");
  VT_TRY_OUT(VT_NEW(line, t->n, err), err, "glasses of a fit");
  VT_TRY_OUT(fit_lines(t, t_ref_k, t_extra_k, tg_k, pt, arrh, line, &n_lines, err), err, "table");
out:
  vt_free(pt);
  vt_free(line);
  return rc;
}
