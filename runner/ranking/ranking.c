/* ranking.c - names of what is ranked, the order, ties, the Pareto front. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/ranking/ranking.h"

static const struct {
  const char *name, *unit;
  int high;
} ranked[VT_N_RANKED] = {[VT_RANKED_SIGMA] = {"sigma", "mS/cm", 1},
                         [VT_RANKED_D] = {"D", "cm^2/s", 1},
                         [VT_RANKED_EA] = {"ea", "eV", 0},
                         [VT_RANKED_HAVEN] = {"haven", "1", 0}};

/* ------------------------------------------------------------------ names */

static int is_same(const char *a, const char *b, size_t n)
{
  if (strlen(b) != n) return 0;
  for (size_t i = 0; i < n; i++)
    if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i])) return 0;
  return 1;
}

static const char *nearest_to(const char *word, size_t n)
{
  char low[16] = "";
  const char *best = NULL;
  int least = 3;
  if (n >= sizeof low) return NULL;
  for (size_t i = 0; i < n; i++) low[i] = (char)tolower((unsigned char)word[i]);
  for (int q = 0; q < VT_N_RANKED; q++) {
    const int edits = vt_edit_distance(low, ranked[q].name, 2);
    if (edits < least && (size_t)edits < strlen(ranked[q].name)) best = ranked[q].name, least = edits;
  }
  return best;
}

int vt_ranking_parse(const char *word, vt_ranking_by *by, const char **nearest)
{
  const double least_k = 50, most_k = 1e5;
  size_t n = strcspn(word, "0123456789 ");
  const char *rest = word + n + strspn(word + n, " ");
  double t_k = (double)NAN;
  *nearest = NULL;
  for (int q = 0; q < VT_N_RANKED; q++) {
    if (!is_same(word, ranked[q].name, n)) continue;
    if (*rest && (!vt_parse_f64(rest, strlen(rest), &t_k) || !(t_k >= least_k && t_k <= most_k))) return 0;
    *by = (vt_ranking_by){.quantity = q, .t_k = t_k};
    return 1;
  }
  *nearest = nearest_to(word, n);
  return 0;
}

void vt_ranking_word(const vt_ranking_by *by, char word[VT_RANKING_WORD])
{
  if (by->quantity == VT_RANKED_EA || isnan(by->t_k))
    (void)snprintf(word, VT_RANKING_WORD, "%s", ranked[by->quantity].name);
  else
    (void)snprintf(word, VT_RANKING_WORD, "%s%.10g", ranked[by->quantity].name, by->t_k);
}

const char *vt_ranked_name(int quantity) { return ranked[quantity].name; }
const char *vt_ranked_unit(int quantity) { return ranked[quantity].unit; }
const char *vt_ranked_source(int quantity)
{
  return quantity == VT_RANKED_HAVEN
             ? "all glasses together at that temperature (\"transport\" of `vitrion fit --json`)"
         : quantity == VT_RANKED_EA
             ? "the fit through all temperatures"
             : "the fit through all temperatures, line and curve by their probability: neither the line's value that "
               "`vitrion fit` shows at its reference temperature nor the means that it shows by temperature";
}
int vt_ranked_is_high(int quantity) { return ranked[quantity].high; }

void vt_ranking_note(const vt_ranking *r, char text[VT_RANKING_NOTE])
{
  text[0] = '\0';
  if (r->n_done < r->n_runs)
    (void)snprintf(
        text, VT_RANKING_NOTE,
        "Not finished: %d of %d runs have no result (not done yet, or failed: `vitrion status`); places may change",
        r->n_runs - r->n_done, r->n_runs);
}

void vt_ranking_free(vt_ranking *r)
{
  vt_free(r->entry);
  *r = (vt_ranking){0};
}

/* ------------------------------------------------------------------ order */

/* The cautious end, so that more is better. */
static double cautious(const vt_ranking_value *x, int quantity) { return ranked[quantity].high ? x->lo95 : -x->hi95; }

typedef struct row {
  int at; /* of the entry */
  double first, second;
} row;

/* The best first; what is equal stays in order. */
static int compare_rows(const void *a, const void *b)
{
  const row *x = a, *y = b;
  if (x->first != y->first) return x->first > y->first ? -1 : 1;
  if (x->second != y->second) return x->second > y->second ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}

static int overlap(const vt_ranking_value *a, const vt_ranking_value *b)
{
  return a->lo95 <= b->hi95 && b->lo95 <= a->hi95;
}

static void number_places(vt_ranking *r)
{
  for (int i = 0; i < r->n; i++) {
    vt_ranking_entry *e = &r->entry[i];
    e->place = i < r->n_placed ? i + 1 : 0;
    e->tied = i > 0 && i < r->n_placed && overlap(&r->entry[0].x[0], &e->x[0]);
  }
}

/* What comes later in order of the first quantity is on the front if it is better in the second than all before it. */
static void mark_front(vt_ranking *r, row *rows)
{
  int n = 0, best = -1;
  for (int i = 0; i < r->n; i++) {
    vt_ranking_entry *e = &r->entry[i];
    e->front = e->x[1].resolved && e->x[2].resolved ? 0 : -1;
    e->beaten_by = -1;
    if (e->front == 0)
      rows[n++] = (row){i, cautious(&e->x[1], r->by[1].quantity), cautious(&e->x[2], r->by[2].quantity)};
  }
  qsort(rows, (size_t)n, sizeof *rows, compare_rows);
  for (int i = 0; i < n; i++) {
    vt_ranking_entry *e = &r->entry[rows[i].at];
    const int is_equal = best >= 0 && rows[i].first == rows[best].first && rows[i].second == rows[best].second;
    if (best < 0 || rows[i].second > rows[best].second) best = i;
    e->front = best == i || is_equal;
    if (!e->front) e->beaten_by = rows[best].at;
  }
}

vt_status vt_ranking_order(vt_ranking *r, vt_err *err)
{
  vt_status rc = VT_OK;
  row *rows = NULL;
  vt_ranking_entry *sorted = NULL;
  int n = 0;
  VT_TRY_OUT(VT_NEW(rows, r->n + 1, err), err, "ranking of %d compositions", r->n);
  VT_TRY_OUT(VT_NEW(sorted, r->n + 1, err), err, "ranking of %d compositions", r->n);
  for (int i = 0; i < r->n; i++) {
    const vt_ranking_value *x = &r->entry[i].x[0];
    const double value = ranked[r->by[0].quantity].high ? x->value : -x->value;
    if (x->resolved) rows[n++] = (row){i, cautious(x, r->by[0].quantity), value};
  }
  r->n_placed = n;
  qsort(rows, (size_t)n, sizeof *rows, compare_rows);
  for (int i = 0; i < n; i++) sorted[i] = r->entry[rows[i].at];
  for (int i = 0; i < r->n; i++)
    if (!r->entry[i].x[0].resolved) sorted[n++] = r->entry[i];
  vt_free(r->entry);
  r->entry = sorted;
  sorted = NULL;
  number_places(r);
  mark_front(r, rows);
out:
  vt_free(rows);
  vt_free(sorted);
  return rc;
}
