/* text.c - what a person reads of a ranking, in 100 columns. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/ranking/ranking.h"

enum { COLUMNS = 100, VALUE = 29, MOST_NAME = 44 };

/* Words of `text` in lines of at most COLUMNS, the first behind what stands in the line already (`at` columns), the
 * others indented. */
static void put_wrapped(vt_buf *out, int at, int indent, const char *text)
{
  int begins = 1;
  while (*text) {
    const int n = (int)strcspn(text, " ");
    if (!begins && at + 1 + n > COLUMNS) {
      vt_buf_printf(out, "\n%*s", indent, "");
      at = indent;
    } else if (!begins) {
      vt_buf_printf(out, " ");
      at++;
    }
    vt_buf_printf(out, "%.*s", n, text);
    at += n;
    begins = 0;
    text += n;
    text += strspn(text, " ");
  }
  vt_buf_printf(out, "\n");
}

/* A paragraph: "  text", further lines deeper. */
static void put_line(vt_buf *out, const char *text)
{
  vt_buf_printf(out, "  ");
  put_wrapped(out, 2, 4, text);
}

/* "D at 300 K, cm^2/s", "Ea, eV" */
static void put_title(vt_buf *out, const vt_ranking_by *by)
{
  static const char *const what[VT_N_RANKED] = {"conductivity", "D of the alkali", "activation energy of D",
                                                "Haven ratio"};
  static const char *const frame[] = {"metal frame", "barycentric", "frame-free"};
  vt_buf_printf(out, "%s", what[by->quantity]);
  if (by->quantity == VT_RANKED_HAVEN) vt_buf_printf(out, " (%s)", frame[by->frame]);
  if (by->quantity != VT_RANKED_EA) vt_buf_printf(out, " at %g K", by->t_k);
  if (by->quantity != VT_RANKED_HAVEN) vt_buf_printf(out, ", %s", vt_ranked_unit(by->quantity));
}

static void value_text(const vt_ranking_value *x, int quantity, char text[48])
{
  const char *star = x->extrapolated ? "*" : "";
  if (!x->resolved)
    (void)snprintf(text, 48, "not resolved");
  else if (quantity == VT_RANKED_D)
    (void)snprintf(text, 48, "%.2e [%.1e, %.1e]%s", x->value, x->lo95, x->hi95, star);
  else if (quantity == VT_RANKED_SIGMA)
    (void)snprintf(text, 48, "%.3g [%.3g, %.3g]%s", x->value, x->lo95, x->hi95, star);
  else
    (void)snprintf(text, 48, "%.3f [%.3f, %.3f]%s", x->value, x->lo95, x->hi95, star);
}

/* "LiAlCl4", of several sources "LiAlCl4 (runs/a)" */
static void put_name(vt_buf *b, const vt_ranking *r, const vt_ranking_entry *e)
{
  vt_buf_printf(b, "%s", e->name);
  if (r->n_sources > 1) vt_buf_printf(b, " (%s)", e->source);
}

/* Columns of the names that are shown; longer ones have a line of their own. */
static int width_of_names(const vt_ranking *r)
{
  int width = 11;
  for (int i = 0; i < r->n; i++) {
    const vt_ranking_entry *e = &r->entry[i];
    const int w = (int)strlen(e->name) + (r->n_sources > 1 ? (int)strlen(e->source) + 3 : 0);
    if (w > width && w <= MOST_NAME) width = w;
  }
  return width;
}

static void put_padded_name(vt_buf *out, const vt_ranking *r, const vt_ranking_entry *e, int before, int width)
{
  vt_buf name = {0};
  put_name(&name, r, e);
  if (name.s && (int)name.len > width)
    vt_buf_printf(out, "%s\n%*s", name.s, before + width, "");
  else if (name.s)
    vt_buf_printf(out, "%-*s", width, name.s);
  vt_buf_free(&name);
}

static void end_line(vt_buf *out)
{
  while (out->len > 0 && out->s[out->len - 1] == ' ') out->len--;
  vt_buf_printf(out, "\n");
}

/* ------------------------------------------------------------------ places */

typedef struct seen {
  int star, tied, front;
} seen;

static void put_places(vt_buf *out, const vt_ranking *r, int top, int width, seen *s)
{
  char text[48];
  vt_buf_printf(out, "  place  %-*s  value [95 %%]\n", width, "composition");
  for (int i = 0; i < r->n_placed && (top == 0 || i < top); i++) {
    const vt_ranking_entry *e = &r->entry[i];
    value_text(&e->x[0], r->by[0].quantity, text);
    vt_buf_printf(out, "  %5d  ", e->place);
    put_padded_name(out, r, e, 9, width);
    vt_buf_printf(out, "  %-*s  %s %s", VALUE, text, e->tied ? "=" : " ", e->front == 1 ? "front" : "");
    end_line(out);
    s->star |= e->x[0].extrapolated;
    s->tied |= e->tied;
    s->front |= e->front == 1;
  }
  if (top > 0 && r->n_placed > top) vt_buf_printf(out, "  ... and %d more\n", r->n_placed - top);
}

static void put_legend(vt_buf *out, const vt_ranking *r, const seen *s)
{
  int tied = 0;
  char text[256];
  const int high = vt_ranked_is_high(r->by[0].quantity);
  (void)snprintf(text, sizeof text, "ordered by the %s end of the 95 %% interval, the %s first",
                 high ? "lower" : "upper", high ? "highest" : "lowest");
  put_line(out, text);
  (void)snprintf(text, sizeof text, "value: of %s", vt_ranked_source(r->by[0].quantity));
  put_line(out, text);
  for (int i = 0; i < r->n_placed; i++) tied += r->entry[i].tied;
  if (s->tied) put_line(out, "=: its interval overlaps that of the first");
  if (tied > 0) {
    (void)snprintf(text, sizeof text, "not told apart from the first: %d of %d others", tied, r->n_placed - 1);
    put_line(out, text);
  } else if (r->n_placed > 1) {
    put_line(out, "the first is told apart from all others");
  }
  if (s->star) put_line(out, "*: extrapolated beyond the temperatures that are resolved");
  if (s->front) put_line(out, "front: on the Pareto front below");
}

/* ------------------------------------------------------------------ front, and what has no place */

static void put_front(vt_buf *out, const vt_ranking *r, int width)
{
  char text[2][48];
  int n_open = 0, star = 0;
  vt_buf title = {0};
  vt_buf_printf(&title, "Pareto front: ");
  put_title(&title, &r->by[1]);
  vt_buf_printf(&title, " (%s) and ", vt_ranked_is_high(r->by[1].quantity) ? "high" : "low");
  put_title(&title, &r->by[2]);
  vt_buf_printf(&title, " (%s)", vt_ranked_is_high(r->by[2].quantity) ? "high" : "low");
  vt_buf_printf(out, "\n");
  if (title.s) put_wrapped(out, 0, 2, title.s);
  vt_buf_free(&title);
  for (int i = 0; i < r->n; i++) {
    const vt_ranking_entry *e = &r->entry[i];
    n_open += e->front < 0;
    if (e->front != 1) continue;
    for (int k = 0; k < 2; k++) value_text(&e->x[1 + k], r->by[1 + k].quantity, text[k]);
    star |= e->x[1].extrapolated | e->x[2].extrapolated;
    vt_buf_printf(out, "  ");
    put_padded_name(out, r, e, 2, width < MOST_NAME - 10 ? width : MOST_NAME - 10);
    vt_buf_printf(out, "  %-*s  %s", VALUE, text[0], text[1]);
    end_line(out);
  }
  put_line(out, "no other is at least as good in the cautious ends of both, and better in one");
  if (star) put_line(out, "*: extrapolated beyond the temperatures that are resolved");
  if (n_open == 0) return;
  (void)snprintf(text[0], sizeof text[0], "%d are not resolved in one of the two", n_open);
  put_line(out, text[0]);
}

static void put_unresolved(vt_buf *out, const vt_ranking *r, int top)
{
  const int n = r->n - r->n_placed;
  if (n == 0) return;
  vt_buf_printf(out, "\nNot resolved, without a place: %d\n", n);
  for (int i = 0; i < n && (top == 0 || i < top); i++) {
    const vt_ranking_entry *e = &r->entry[r->n_placed + i];
    char bound[64] = "";
    vt_buf line = {0};
    put_name(&line, r, e);
    if (!isfinite(e->x[0].value) && isfinite(e->x[0].hi95))
      (void)snprintf(bound, sizeof bound, "; below %.2g (97.5 %%)", e->x[0].hi95);
    else if (isfinite(e->x[0].value) && !isfinite(e->x[0].lo95))
      (void)snprintf(bound, sizeof bound, "; %.3g without an interval", e->x[0].value);
    vt_buf_printf(&line, ": %s%s", e->x[0].why, bound);
    if (line.s) put_line(out, line.s);
    vt_buf_free(&line);
    if (e->x[0].needs[0]) {
      vt_buf_printf(out, "    needs ");
      put_wrapped(out, 10, 10, e->x[0].needs);
    }
  }
  if (top > 0 && n > top) vt_buf_printf(out, "  ... and %d more (--json has all)\n", n - top);
}

void vt_ranking_text(vt_buf *out, const vt_ranking *r, int top)
{
  seen s = {0};
  char note[VT_RANKING_NOTE];
  const int width = width_of_names(r);
  vt_buf_printf(out, "Ranking by ");
  put_title(out, &r->by[0]);
  vt_buf_printf(out, "\n");
  vt_ranking_note(r, note);
  if (note[0]) put_line(out, note);
  if (r->n_placed > 0) {
    put_places(out, r, top, width, &s);
    put_legend(out, r, &s);
    put_front(out, r, width);
  }
  put_unresolved(out, r, top);
}
