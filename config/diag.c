#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

enum { MOST_DIAGS = 500 };

static int room_for_one(vt_diags *d)
{
  if (d->n < d->cap) return 1;
  if (d->n >= MOST_DIAGS) return 0;
  int cap = d->cap ? 2 * d->cap : 16;
  vt_diag *grown = realloc(d->d, (size_t)cap * sizeof *grown);
  if (!grown) return 0; /* still counted: the campaign is refused */
  d->d = grown;
  d->cap = cap;
  return 1;
}

static void diag_add(vt_diags *d, int is_error, vt__mark at, const char *path, const char *fmt, va_list ap)
{
  d->n_errors += is_error;
  if (!room_for_one(d)) return;
  vt_diag *g = &d->d[d->n++];
  *g = (vt_diag){.line = at.line, .col = at.col, .is_error = is_error};
  if (d->n == MOST_DIAGS) {
    g->line = g->col = 0;
    (void)snprintf(g->text, sizeof g->text, "more than %d messages; the others are not shown", MOST_DIAGS - 1);
    return;
  }
  (void)snprintf(g->path, sizeof g->path, "%s", path);
  (void)vsnprintf(g->text, sizeof g->text, fmt, ap);
}

void vt__diag_error(vt_diags *d, vt__mark at, const char *path, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  diag_add(d, 1, at, path, fmt, ap);
  va_end(ap);
}

void vt__diag_warn(vt_diags *d, vt__mark at, const char *path, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  diag_add(d, 0, at, path, fmt, ap);
  va_end(ap);
}

/* Insertion sort: stable, and there are at most MOST_DIAGS. What concerns the whole file (line 0) comes last. */
void vt__diag_sort(vt_diags *d)
{
  for (int i = 1; i < d->n; i++) {
    vt_diag x = d->d[i];
    int j = i;
    for (; j > 0; j--) {
      const vt_diag *y = &d->d[j - 1];
      int after = y->line && x.line ? y->line > x.line || (y->line == x.line && y->col > x.col) : !y->line && x.line;
      if (!after) break;
      d->d[j] = *y;
    }
    d->d[j] = x;
  }
}

void vt_diags_free(vt_diags *d)
{
  free(d->d);
  *d = (vt_diags){0};
}

void vt_diags_format(const vt_diags *d, vt_buf *out)
{
  for (int i = 0; i < d->n; i++) {
    const vt_diag *g = &d->d[i];
    vt_buf_printf(out, "%s:", d->file);
    if (g->line) vt_buf_printf(out, "%d:%d:", g->line, g->col);
    vt_buf_printf(out, " %s%s%s%s\n", g->is_error ? "" : "warning: ", g->path, g->path[0] ? ": " : "", g->text);
  }
}
