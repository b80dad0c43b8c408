/* answer.c - what scripts read of a ranking: JSON and a table. */
#include <math.h>
#include <string.h>

#include "runner/csv/csv.h"
#include "runner/ranking/ranking.h"

/* ------------------------------------------------------------------ JSON */

static void put_by(vt_json *o, const vt_ranking_by *by)
{
  static const char *const frame[] = {"metal", "barycentric", "frame_free"};
  char word[VT_RANKING_WORD];
  vt_ranking_word(by, word);
  vt_json_put(o, "by", vt_json_text(word));
  vt_json_put(o, "quantity", vt_json_text(vt_ranked_name(by->quantity)));
  vt_json_put(o, "unit", vt_json_text(vt_ranked_unit(by->quantity)));
  vt_json_put(o, "T_K", vt_json_num(by->t_k));
  if (by->quantity == VT_RANKED_HAVEN) vt_json_put(o, "frame", vt_json_text(frame[by->frame]));
  vt_json_put(o, "best", vt_json_text(vt_ranked_is_high(by->quantity) ? "high" : "low"));
}

/* What may be shown of a value: of what is not resolved an upper bound alone, where there is one. */
static vt_ranking_value shown(const vt_ranking_value *x)
{
  vt_ranking_value s = *x;
  if (x->resolved) return s;
  if (isfinite(x->lo95)) s.hi95 = (double)NAN;
  s.value = s.lo95 = (double)NAN;
  return s;
}

static void put_value(vt_json *o, const vt_ranking_value *x)
{
  const vt_ranking_value s = shown(x);
  vt_json_put(o, "value", vt_json_num(s.value));
  vt_json_put(o, "lo95", vt_json_num(s.lo95));
  vt_json_put(o, "hi95", vt_json_num(s.hi95)); /* not resolved: an upper bound (97.5 %), or null */
  vt_json_put(o, "extrapolated", vt_json_bool(s.extrapolated));
}

static void put_reason(vt_json *o, const vt_ranking_value *x)
{
  vt_json_put(o, "why", vt_json_text(x->why));
  vt_json_put(o, "needs", vt_json_text(x->needs[0] ? x->needs : NULL));
  vt_json_put(o, "needs_ns", vt_json_num(x->needs_ns));
}

static vt_json *named(const vt_ranking_entry *e)
{
  vt_json *o = vt_json_object();
  if (e->place > 0) vt_json_put(o, "rank", vt_json_int(e->place));
  vt_json_put(o, "name", vt_json_text(e->name));
  vt_json_put(o, "source", vt_json_text(e->source));
  return o;
}

static vt_json *flag(int x) { return x < 0 ? vt_json_null() : vt_json_bool(x); }

/* {"of": [what, what], "front": [{"rank", "name", "source", "values": [{...}, {...}]}], "not_resolved": [...]} */
static vt_json *front_json(const vt_ranking *r)
{
  vt_json *root = vt_json_object(), *of = vt_json_array(), *front = vt_json_array(), *open = vt_json_array();
  for (int k = 1; k <= 2; k++) {
    vt_json *o = vt_json_object();
    put_by(o, &r->by[k]);
    vt_json_add(of, o);
  }
  for (int i = 0; i < r->n; i++) {
    const vt_ranking_entry *e = &r->entry[i];
    if (e->front == 0) continue;
    vt_json *o = named(e), *values = vt_json_array();
    for (int k = 1; k <= 2; k++) {
      vt_json *x = vt_json_object();
      put_value(x, &e->x[k]);
      if (!e->x[k].resolved) put_reason(x, &e->x[k]);
      vt_json_add(values, x);
    }
    vt_json_put(o, "values", values);
    vt_json_add(e->front == 1 ? front : open, o);
  }
  vt_json_put(root, "of", of);
  vt_json_put(root, "front", front);
  vt_json_put(root, "not_resolved", open);
  return root;
}

vt_json *vt_ranking_json(const vt_ranking *r, int top)
{
  vt_json *root = vt_json_object(), *rows = vt_json_array(), *unresolved = vt_json_array(), *w = vt_json_array();
  const int n = top > 0 && top < r->n_placed ? top : r->n_placed;
  int n_extrapolated = 0;
  char note[VT_RANKING_NOTE];
  put_by(root, &r->by[0]);
  vt_json_put(root, "ordered_by", vt_json_text(vt_ranked_is_high(r->by[0].quantity) ? "lo95" : "hi95"));
  for (int i = 0; i < n; i++) {
    const vt_ranking_entry *e = &r->entry[i];
    vt_json *o = named(e);
    put_value(o, &e->x[0]);
    vt_json_put(o, "tied_with_first", vt_json_bool(e->tied));
    vt_json_put(o, "pareto", flag(e->front));
    vt_json_put(o, "beaten_by", vt_json_text(e->beaten_by >= 0 ? r->entry[e->beaten_by].name : NULL));
    vt_json_add(rows, o);
    n_extrapolated += e->x[0].extrapolated;
  }
  for (int i = r->n_placed; i < r->n; i++) {
    vt_json *o = named(&r->entry[i]);
    put_value(o, &r->entry[i].x[0]);
    put_reason(o, &r->entry[i].x[0]);
    vt_json_add(unresolved, o);
  }
  if (n_extrapolated > 0)
    vt_json_warn(w, "%d values are extrapolated to %g K, beyond the temperatures that are resolved", n_extrapolated,
                 r->by[0].t_k);
  vt_ranking_note(r, note);
  if (note[0]) vt_json_warn(w, "%s", note);
  if (n < r->n_placed) vt_json_warn(w, "rows: the first %d of %d", n, r->n_placed);
  vt_json_put(root, "value_of", vt_json_text(vt_ranked_source(r->by[0].quantity)));
  vt_json_put(root, "n_runs", vt_json_int(r->n_runs));
  vt_json_put(root, "n_runs_done", vt_json_int(r->n_done));
  vt_json_put(root, "n_placed", vt_json_int(r->n_placed));
  vt_json_put(root, "rows", rows);
  vt_json_put(root, "unresolved", unresolved);
  vt_json_put(root, "pareto", front_json(r));
  vt_json_put(root, "warnings", w);
  return root;
}

/* ------------------------------------------------------------------ a table */

static void put_cell(vt_buf *out, const char *text)
{
  vt_buf_add(out, ",", 1);
  if (text) vt_csv_cell(out, text);
}

static void put_number(vt_buf *out, double x)
{
  vt_buf_add(out, ",", 1);
  if (isfinite(x)) vt_buf_printf(out, "%.17g", x);
}

static void put_interval(vt_buf *out, const vt_ranking_value *x)
{
  const vt_ranking_value s = shown(x);
  put_number(out, s.value);
  put_number(out, s.lo95);
  put_number(out, s.hi95);
}

static void put_row(vt_buf *out, const vt_ranking *r, const vt_ranking_entry *e)
{
  char word[VT_RANKING_WORD];
  const vt_ranking_value *x = &e->x[0];
  if (e->place > 0) vt_buf_printf(out, "%d", e->place);
  put_cell(out, e->name);
  put_cell(out, e->source);
  vt_ranking_word(&r->by[0], word);
  put_cell(out, word);
  put_interval(out, x);
  put_cell(out, vt_ranked_unit(r->by[0].quantity));
  put_number(out, r->by[0].t_k);
  vt_buf_printf(out, ",%d,", x->extrapolated);
  if (e->place > 0) vt_buf_printf(out, "%d", e->tied);
  put_cell(out, e->front < 0 ? NULL : e->front ? "1" : "0");
  put_cell(out, x->resolved ? NULL : x->why);
  put_number(out, x->resolved ? (double)NAN : x->needs_ns);
  for (int k = 1; k <= 2; k++) {
    vt_ranking_word(&r->by[k], word);
    put_cell(out, word);
    put_interval(out, &e->x[k]);
    put_cell(out, vt_ranked_unit(r->by[k].quantity));
    vt_buf_printf(out, ",%d", e->x[k].extrapolated);
  }
  vt_buf_printf(out, "\n");
}

void vt_ranking_csv(vt_buf *out, const vt_ranking *r, int top)
{
  vt_buf_printf(out, "rank,name,source,by,value,lo95,hi95,unit,T_K,extrapolated,tied_with_first,pareto,why,needs_ns");
  for (int k = 1; k <= 2; k++)
    vt_buf_printf(out, ",pareto%d,pareto%d_value,pareto%d_lo95,pareto%d_hi95,pareto%d_unit,pareto%d_extrapolated", k, k,
                  k, k, k, k);
  vt_buf_printf(out, "\n");
  for (int i = 0; i < r->n; i++)
    if (top == 0 || i < top || i >= r->n_placed) put_row(out, r, &r->entry[i]);
}
