/* csv.c - tables through libcsv, one line of the file after the other, so that each row knows where it began. */
#include "runner/csv/csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 256 };

/* A cell while the text still grows. */
typedef struct piece {
  size_t at, n;
} piece;

struct vt_csv_own {
  vt_buf text; /* of all cells, one after another */
  piece *piece;
  size_t n, cap;
  vt_cell_text *cell;
  int *line;
};

/* What the callbacks see. */
typedef struct csv_reading {
  struct vt_csv_own *own;
  size_t n_cells; /* of the row at hand */
  int row_ended;  /* how many did, in the line at hand */
  int no_memory;
} csv_reading;

static void csv_on_cell(void *s, size_t n, void *ctx)
{
  csv_reading *r = ctx;
  struct vt_csv_own *o = r->own;
  if (o->n == o->cap) {
    const size_t cap = o->cap ? 2 * o->cap : 1024;
    if (VT_GROW(o->piece, o->n, cap, NULL) != VT_OK) {
      r->no_memory = 1;
      return;
    }
    o->cap = cap;
  }
  o->piece[o->n++] = (piece){o->text.len, n};
  if (n) vt_buf_add(&o->text, s, n);
  r->n_cells++;
}

static void csv_on_row(int c, void *ctx)
{
  (void)c;
  ((csv_reading *)ctx)->row_ended++;
}

/* ------------------------------------------------------------------ rows */

static int csv_count(const char *s, size_t n, char c)
{
  int k = 0;
  for (size_t i = 0; i < n; i++) k += s[i] == c;
  return k;
}

/* Could the commas of this line be decimal commas?  Between two digits, more than there are columns. */
static int csv_decimal_commas(const char *s, size_t n)
{
  int k = 0;
  for (size_t i = 1; i + 1 < n; i++)
    k += s[i] == ',' && strchr("0123456789", s[i - 1]) && s[i + 1] >= '0' && s[i + 1] <= '9';
  return k >= 2;
}

static vt_status csv_other_separator(const char *path, int line, const char *s, size_t n, vt_err *err)
{
  if (csv_count(s, n, ',') > 0) return VT_OK;
  const char *what = csv_count(s, n, ';') > 1 ? "semicolons" : csv_count(s, n, '\t') > 1 ? "tabs" : NULL;
  if (!what) return VT_OK;
  return vt_err_user(err, VT_EPARSE, path, line, 0,
                     "the header is separated by %s: expected commas between columns, and points in numbers", what);
}

static vt_status csv_width(const char *path, int line, size_t got, int want, int commas, vt_err *err)
{
  if ((int)got == want) return VT_OK;
  return vt_err_user(err, VT_EPARSE, path, line, 0, "%zu columns, the header has %d%s", got, want,
                     commas && (int)got > want ? ": are there decimal commas? expected points in numbers" : "");
}

static int is_skipped(const char *s, size_t n)
{
  size_t i = 0;
  while (i < n && strchr(" \t\r\n", s[i])) i++;
  return i == n || s[i] == '#';
}

typedef struct csv_state {
  const char *path;
  struct csv_parser parser;
  csv_reading reading;
  vt_csv *out;
  int line, first_line; /* at hand; where the row at hand began */
  size_t rows_cap;
} csv_state;

static vt_status csv_failed(csv_state *c, vt_err *err)
{
  if (c->reading.no_memory || csv_error(&c->parser) == CSV_ENOMEM)
    VT_FAIL(err, VT_ENOMEM, "no memory for table '%s'", c->path);
  return vt_err_user(err, VT_EPARSE, c->path, c->line, 0,
                     "a quote inside a cell: a cell with quotes is quoted as a whole, its own quotes twice");
}

static vt_status csv_row(csv_state *c, const char *s, size_t n, vt_err *err)
{
  vt_csv *out = c->out;
  if (out->n_rows == 0) {
    VT_PASS(csv_other_separator(c->path, c->first_line, s, n, err));
    if (c->reading.n_cells > COLUMNS_MOST)
      return vt_err_user(err, VT_EPARSE, c->path, c->first_line, 0, "more than %d columns", COLUMNS_MOST);
    out->n_columns = (int)c->reading.n_cells; /* fits: checked */
  }
  VT_PASS(csv_width(c->path, c->first_line, c->reading.n_cells, out->n_columns, csv_decimal_commas(s, n), err));
  if (out->n_rows == c->rows_cap) {
    c->rows_cap = c->rows_cap ? 2 * c->rows_cap : 256;
    VT_TRY(VT_GROW(out->own->line, out->n_rows, c->rows_cap, err), err, "table '%s'", c->path);
  }
  out->own->line[out->n_rows++] = c->first_line;
  return VT_OK;
}

/* One line of the file, its end included. */
static vt_status csv_line(csv_state *c, const char *s, size_t n, int *inside, vt_err *err)
{
  if (!*inside) {
    c->first_line = c->line;
    if (is_skipped(s, n)) return VT_OK;
    c->reading.n_cells = 0;
  }
  c->reading.row_ended = 0;
  if (csv_parse(&c->parser, s, n, csv_on_cell, csv_on_row, &c->reading) != n || c->reading.no_memory)
    return csv_failed(c, err);
  if (c->reading.row_ended > 1)
    return vt_err_user(err, VT_EPARSE, c->path, c->line, 0,
                       "a carriage return inside a line, expected lines that end in LF or CRLF");
  *inside = !c->reading.row_ended;
  return *inside ? VT_OK : csv_row(c, s, n, err);
}

static vt_status csv_all(csv_state *c, const char *text, size_t n, vt_err *err)
{
  int inside = 0;
  for (const char *s = text + vt_text_mark(text, n), *end = text + n; s < end;) {
    const char *eol = memchr(s, '\n', (size_t)(end - s));
    const size_t length = eol ? (size_t)(eol - s) + 1 : (size_t)(end - s);
    c->line++;
    if (memchr(s, '\0', length)) return vt_err_user(err, VT_EPARSE, c->path, c->line, 0, "a NUL byte, expected text");
    VT_PASS(csv_line(c, s, length, &inside, err));
    s += length;
  }
  if (inside && csv_fini(&c->parser, csv_on_cell, csv_on_row, &c->reading) != 0)
    return vt_err_user(err, VT_EPARSE, c->path, c->first_line, 0, "a quote is opened in this row and not closed");
  if (inside) { /* the text ends without an end of line */
    const char *last = text + n;
    while (last > text && last[-1] != '\n') last--;
    VT_PASS(csv_row(c, last, (size_t)(text + n - last), err));
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ interface */

static vt_status csv_cells(vt_csv *out, vt_err *err)
{
  struct vt_csv_own *o = out->own;
  VT_PASS(vt_buf_check(&o->text, err));
  VT_PASS(VT_NEW(o->cell, o->n, err));
  for (size_t i = 0; i < o->n; i++)
    o->cell[i] = (vt_cell_text){o->text.s ? o->text.s + o->piece[i].at : "", o->piece[i].n};
  out->cell = o->cell;
  out->line = o->line;
  return VT_OK;
}

vt_status vt_csv_parse(const char *path, const char *text, size_t n, vt_csv *out, vt_err *err)
{
  vt_status rc = VT_OK;
  *out = (vt_csv){0};
  VT_PASS(VT_NEW(out->own, 1, err));
  csv_state c = {.path = path, .out = out, .reading = {.own = out->own}};
  if (csv_init(&c.parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
    vt_csv_free(out);
    VT_FAIL(err, VT_ENOMEM, "no memory for table '%s'", path);
  }
  rc = csv_all(&c, text, n, err);
  csv_free(&c.parser);
  if (rc == VT_OK) rc = csv_cells(out, err);
  if (rc != VT_OK) vt_csv_free(out);
  return rc;
}

void vt_csv_free(vt_csv *c)
{
  if (c->own) {
    vt_buf_free(&c->own->text);
    vt_free(c->own->piece);
    vt_free(c->own->cell);
    vt_free(c->own->line);
    vt_free(c->own);
  }
  *c = (vt_csv){0};
}

void vt_csv_cell(vt_buf *out, const char *text)
{
  char quoted[1040]; /* twice the longest path, and the quotes */
  const size_t n = strlen(text), most = (sizeof quoted - 2) / 2, cut = n < most ? n : most;
  if (strpbrk(text, ",\"\r\n#") == NULL && (n == 0 || (text[0] != ' ' && text[n - 1] != ' '))) {
    vt_buf_add(out, text, n);
    return;
  }
  vt_buf_add(out, quoted, csv_write(quoted, sizeof quoted, text, cut));
}

int vt_csv_is(vt_cell_text c, const char *word) { return c.n == strlen(word) && memcmp(c.s, word, c.n) == 0; }

int vt_csv_is_unknown(vt_cell_text c)
{
  static const char *const words[] = {"", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "-nan"}; /* Na is sodium */
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (vt_csv_is(c, words[k])) return 1;
  return 0;
}
