/* table.c - runs from a table: a row a file. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/csv/csv.h"
#include "runner/points/points_impl.h"

enum { TABLE_MOST = 64 << 20, SHOWN = 40 };
enum { RUN, COMPOSITION, TEMPERATURE, GLASS, DT, PART, N_COLUMNS, N_NEEDED = GLASS };
static const char *const columns[N_COLUMNS] = {"run", "composition", "temperature_K", "glass", "dt_ps", "part"};

/* A table while it is read. */
typedef struct reading {
  const char *path;
  size_t folder; /* bytes of path that are its folder, with the slash */
  const vt_csv *csv;
  int at[N_COLUMNS];         /* columns; -1: not there */
  int level[VT_MAX_FACTORS]; /* columns of factors     */
  vt_runs *runs;
  vt_mistakes *m;
} reading;

static int shown(const vt_cell_text *c) { return c->n < SHOWN ? (int)c->n : SHOWN; }

/* ------------------------------------------------------------------ header */

static vt_status take_factor(reading *r, int line, int column, vt_err *err)
{
  static const char *const own[] = {"D_cm2_s", "D_se"};
  const vt_cell_text *c = &r->csv->cell[column];
  vt_runs *runs = r->runs;
  for (size_t k = 0; k < sizeof own / sizeof *own; k++)
    if (vt_csv_is(*c, own[k]))
      return vt__runs_bad(r->m, r->path, line, err, "column '%s' is what comes out, not what is said", own[k]);
  if (c->n == 0 || c->n >= VT_NAME || memchr(c->s, '/', c->n))
    return vt__runs_bad(r->m, r->path, line, err, "the name of a factor has 1 to %d characters and no slash",
                        VT_NAME - 1);
  for (int k = 0; k < runs->n_factors; k++)
    if (vt_csv_is(*c, runs->factor[k]))
      return vt__runs_bad(r->m, r->path, line, err, "factor '%s' is there twice", runs->factor[k]);
  if (runs->n_factors == VT_MAX_FACTORS)
    return vt__runs_bad(r->m, r->path, line, err, "'%.*s': more than %d factors", shown(c), c->s, VT_MAX_FACTORS);
  memcpy(runs->factor[runs->n_factors], c->s, c->n); /* zeroed before */
  r->level[runs->n_factors++] = column;
  return VT_OK;
}

static vt_status take_header(reading *r, vt_err *err)
{
  const int line = r->csv->line[0];
  for (int k = 0; k < N_COLUMNS; k++) r->at[k] = -1;
  for (int i = 0; i < r->csv->n_columns; i++) {
    int k = 0;
    while (k < N_COLUMNS && !vt_csv_is(r->csv->cell[i], columns[k])) k++;
    if (k == N_COLUMNS)
      VT_PASS(take_factor(r, line, i, err));
    else if (r->at[k] >= 0)
      VT_PASS(vt__runs_bad(r->m, r->path, line, err, "column '%s' is there twice", columns[k]));
    else
      r->at[k] = i;
  }
  for (int k = 0; k < N_NEEDED; k++)
    if (r->at[k] < 0)
      VT_PASS(vt__runs_bad(r->m, r->path, line, err,
                           "no column '%s' in the header, expected run,composition,temperature_K, and glass, dt_ps, "
                           "part and factors where they are needed",
                           columns[k]));
  return VT_OK;
}

/* ------------------------------------------------------------------ rows */

/* The cell of a column in a row; NULL: there is no such column, or the cell is empty. */
static const vt_cell_text *cell_of(const reading *r, size_t row, int column)
{
  if (column < 0) return NULL;
  const vt_cell_text *c = &r->csv->cell[row * (size_t)r->csv->n_columns + (size_t)column];
  return vt_csv_is_unknown(*c) ? NULL : c;
}

/* A number above 0 in a column; what is empty stays as it is. */
static vt_status take_real(const reading *r, size_t row, int column, double *x, vt_err *err)
{
  const vt_cell_text *c = cell_of(r, row, r->at[column]);
  double value;
  if (!c) return VT_OK;
  if (vt_parse_f64(c->s, c->n, &value) && value >= 1e-6 && value <= 1e6) {
    *x = value;
    return VT_OK;
  }
  return vt__runs_bad(r->m, r->path, r->csv->line[row], err, "%s is '%.*s', expected a number from 1e-6 to 1e6%s",
                      columns[column], shown(c), c->s, memchr(c->s, ',', c->n) ? ", with a decimal point" : "");
}

static vt_status take_whole(const reading *r, size_t row, int column, int64_t least, int *x, vt_err *err)
{
  const vt_cell_text *c = cell_of(r, row, r->at[column]);
  int64_t value;
  if (!c) return VT_OK;
  if (vt_parse_i64(c->s, c->n, &value) && value >= least && value <= INT_MAX) {
    *x = (int)value;
    return VT_OK;
  }
  return vt__runs_bad(r->m, r->path, r->csv->line[row], err, "%s is '%.*s', expected a whole number from %d on",
                      columns[column], shown(c), c->s, (int)least);
}

static vt_status take_composition(const reading *r, size_t row, char name[VT_NAME], vt_err *err)
{
  const vt_cell_text *c = cell_of(r, row, r->at[COMPOSITION]);
  int is_name = c && c->n < VT_NAME;
  for (size_t i = 0; is_name && i < c->n; i++) is_name = (unsigned char)c->s[i] >= ' ';
  if (!is_name)
    return vt__runs_bad(r->m, r->path, r->csv->line[row], err,
                        "a composition's name has 1 to %d characters and no control characters", VT_NAME - 1);
  memcpy(name, c->s, c->n);
  return VT_OK;
}

static vt_status take_levels(const reading *r, size_t row, vt_run *run, vt_err *err)
{
  for (int q = 0; q < r->runs->n_factors; q++) {
    const vt_cell_text *c = cell_of(r, row, r->level[q]);
    const size_t n = c ? c->n : 0;
    VT_PASS(VT_NEW(run->level[q], n + 1, err));
    if (c) memcpy(run->level[q], c->s, n);
  }
  return VT_OK;
}

/* The path of a row as this process can open it. */
static vt_status take_path(const reading *r, size_t row, vt_buf *path, vt_err *err)
{
  const vt_cell_text *c = cell_of(r, row, r->at[RUN]);
  const int line = r->csv->line[row];
  struct stat st;
  if (!c || memchr(c->s, '\0', c->n)) return vt__runs_bad(r->m, r->path, line, err, "no file in the column run");
  if (c->s[0] != '/') vt_buf_add(path, r->path, r->folder);
  vt_buf_add(path, c->s, c->n);
  VT_PASS(vt_buf_check(path, err));
  if (stat(path->s, &st) != 0)
    return vt__runs_bad(r->m, r->path, line, err, "'%s' cannot be read: %s", path->s, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return vt__runs_bad(r->m, r->path, line, err, "'%s' is %s, expected a file", path->s,
                        S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
  return VT_OK;
}

static vt_status take_row(reading *r, size_t row, vt_err *err)
{
  const int before = r->m->n, line = r->csv->line[row];
  vt_run run = {.t_k = (double)NAN, .dt_ps = (double)NAN, .line = line};
  vt_buf path = {0};
  vt_status rc = take_path(r, row, &path, err);
  if (rc == VT_OK) rc = take_composition(r, row, run.composition, err);
  if (rc == VT_OK && !cell_of(r, row, r->at[TEMPERATURE]))
    rc = vt__runs_bad(r->m, r->path, line, err, "no temperature_K");
  if (rc == VT_OK) rc = take_real(r, row, TEMPERATURE, &run.t_k, err);
  if (rc == VT_OK) rc = take_real(r, row, DT, &run.dt_ps, err);
  if (rc == VT_OK) rc = take_whole(r, row, GLASS, 0, &run.glass, err);
  if (rc == VT_OK) rc = take_whole(r, row, PART, 1, &run.part, err);
  if (rc == VT_OK) rc = take_levels(r, row, &run, err);
  if (rc == VT_OK && r->m->n == before)
    rc = vt__runs_add(r->runs, &run, path.s, err);
  else
    vt__run_free(&run);
  vt_buf_free(&path);
  return rc;
}

static vt_status take_rows(reading *r, vt_err *err)
{
  const int before = r->m->n;
  if (r->csv->n_rows == 0) return vt__runs_bad(r->m, r->path, 0, err, "no header in the table");
  VT_PASS(take_header(r, err));
  if (r->m->n > before) return VT_OK; /* no column can be trusted */
  if (r->csv->n_rows == 1) return vt__runs_bad(r->m, r->path, r->csv->line[0], err, "no runs in the table");
  for (size_t row = 1; row < r->csv->n_rows; row++) VT_PASS(take_row(r, row, err));
  return VT_OK;
}

static vt_status read_table(reading *r, vt_err *err)
{
  char *text;
  size_t n;
  vt_csv csv = {0};
  const char *slash = strrchr(r->path, '/');
  r->folder = slash ? (size_t)(slash - r->path) + 1 : 0;
  VT_PASS(vt_text_read(r->path, TABLE_MOST, &text, &n, err));
  vt_status rc = vt_csv_parse(r->path, text, n, &csv, err);
  vt_free(text);
  r->csv = &csv;
  if (rc == VT_OK) rc = take_rows(r, err);
  r->csv = NULL;
  vt_csv_free(&csv);
  return rc;
}

/* ------------------------------------------------------------------ some of them */

typedef struct choosing {
  const reading *r;
  char *taken; /* [runs->n] */
} choosing;

static vt_status choose(void *ctx, const char *path, vt_err *err)
{
  const choosing *x = ctx;
  const vt_runs *runs = x->r->runs;
  struct stat asked, st;
  int found = 0;
  if (stat(path, &asked) != 0) return vt__runs_bad(x->r->m, path, 0, err, "cannot be read: %s", strerror(errno));
  for (int k = 0; k < runs->n; k++)
    if (stat(runs->run[k].path[0], &st) == 0 && st.st_dev == asked.st_dev && st.st_ino == asked.st_ino)
      found = x->taken[k] = 1;
  if (found) return VT_OK;
  return vt__runs_bad(x->r->m, path, 0, err, "has no row in '%s'", x->r->path);
}

/* Only the rows of these files. */
static vt_status keep_asked(const reading *r, const char *const *path, int n, vt_err *err)
{
  choosing x = {.r = r};
  const vt__walk w = {&x, choose, r->m};
  vt_runs *runs = r->runs;
  vt_status rc = VT_NEW(x.taken, runs->n + 1, err);
  for (int k = 0; k < n && rc == VT_OK; k++) rc = vt__walk_path(&w, path[k], err);
  int kept = 0;
  for (int k = 0; k < runs->n && rc == VT_OK; k++) {
    if (!x.taken[k]) {
      vt__run_free(&runs->run[k]);
      continue;
    }
    const vt_run moved = runs->run[k];
    runs->run[k] = (vt_run){0};
    runs->run[kept++] = moved;
  }
  if (rc == VT_OK) runs->n = kept;
  vt_free(x.taken);
  return rc;
}

vt_status vt_runs_from_table(const char *table, const char *const *path, int n, vt_runs *runs, vt_mistakes *m,
                             vt_err *err)
{
  reading r = {.path = table, .runs = runs, .m = m};
  *runs = (vt_runs){0};
  vt_status rc = read_table(&r, err);
  if (rc == VT_OK && n > 0 && m->n == 0) rc = keep_asked(&r, path, n, err);
  if (rc == VT_OK && runs->n > 0) rc = vt__runs_join(runs, table, m, err);
  if (rc == VT_OK && m->n > 0) rc = vt_err_user(err, VT_EPARSE, table, 0, 0, "%d mistakes", m->n);
  if (rc != VT_OK) vt_runs_free(runs);
  return rc;
}
