/* csv.h - tables of comma-separated values that somebody else made, cells of our own (layer 1; the one door to libcsv).
 *
 * RFC 4180: quoted cells may hold commas, quotes (written twice) and ends of lines; lines end in LF or CRLF.  Beyond
 * it: blanks around a cell do not count unless they are quoted, empty lines and lines that begin with '#' are passed
 * over, a byte order mark too.  Not collective. */
#ifndef VT_CSV_H
#define VT_CSV_H

#include "engine/base/base.h"

typedef struct vt_cell_text {
  const char *s; /* not terminated by NUL */
  size_t n;
} vt_cell_text;

/* Rows of one width; the first one is the header.  Owns its text. */
typedef struct vt_csv {
  size_t n_rows; /* header included */
  int n_columns;
  const vt_cell_text *cell; /* [n_rows][n_columns] */
  const int *line;          /* [n_rows] where a row begins in the file, from 1 */
  struct vt_csv_own *own;   /* private memory */
} vt_csv;

/* Read a text (borrowed for the call).  VT_EPARSE with `path` and line: a row of another width than the header (and
 * whether decimal commas may be the cause), a quote that is not closed, text behind a closing quote, NUL bytes, a
 * header that is separated by something else than commas, more than 256 columns. */
VT_MUST_CHECK vt_status vt_csv_parse(const char *path, const char *text, size_t n, vt_csv *out, vt_err *err);
void vt_csv_free(vt_csv *c);

/* Add a cell to a table that is written: quoted where it must be. */
void vt_csv_cell(vt_buf *out, const char *text);

int vt_csv_is(vt_cell_text c, const char *word); /* exactly this word */
/* Nothing is known: an empty cell, NA, N/A, n/a, nan, NaN, NAN.  Other spellings are names (Na, none). */
int vt_csv_is_unknown(vt_cell_text c);

#endif
