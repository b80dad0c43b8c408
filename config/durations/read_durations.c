/* read_durations.c - how long productions are, in pieces and by temperature, and where quenches stop: in and out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_impl.h"

static const double SAME_K = 1e-6; /* as `temperatures` tells two apart */

static vt__mark durations_at(const vt__draft *dr, int node) { return dr->y->node[node].at; }

/* ------------------------------------------------------------------ one duration: a sum of pieces */

/* Where the next plus sign between two pieces stands: that of an exponent follows an e. */
static const char *next_plus(const char *s)
{
  const char *p = s;
  while (*p && !(*p == '+' && p > s && p[-1] != 'e' && p[-1] != 'E')) p++;
  return *p ? p : NULL;
}

/* "400 ps + 400 ps"; 1, or 0 and a mistake. */
int vt__read_sum(vt__draft *dr, const vt__row *row, int node, vt_lengths *out)
{
  char why[300];
  vt_lengths got = {0};
  const char *s = vt__read_scalar(dr, row, node, "a duration such as 600 ps, or a sum of them");
  if (!s) return 0;
  for (const char *plus; s; s = plus ? plus + 1 : NULL) {
    plus = next_plus(s);
    while (*s == ' ') s++;
    size_t n = plus && plus > s ? (size_t)(plus - s) : plus ? 0 : strlen(s);
    while (n && s[n - 1] == ' ') n--;
    char text[64];
    (void)snprintf(text, sizeof text, "%.*s", n < sizeof text ? (int)n : (int)sizeof text - 1, s);
    double ps = 0;
    if (got.n == VT_MOST_PIECES)
      vt__diag_error(dr->d, durations_at(dr, node), row->path, "more than %d pieces", VT_MOST_PIECES);
    else if (!vt__quantity_parse(text, strlen(text), row->unit, &ps, why, sizeof why))
      vt__diag_error(dr->d, durations_at(dr, node), row->path, "%s", why);
    else if (ps < row->lo || ps > row->hi)
      vt__diag_error(dr->d, durations_at(dr, node), row->path, "%s is outside %.10g %s to %.10g %s", text, row->lo,
                     row->unit, row->hi, row->unit);
    else {
      got.ps[got.n++] = ps;
      continue;
    }
    return 0;
  }
  *out = got;
  return 1;
}

double vt_lengths_sum(const vt_lengths *l)
{
  double sum = 0;
  for (int k = 0; k < l->n; k++) sum += l->ps[k];
  return sum;
}

int vt__lengths_equal(const vt_lengths *a, const vt_lengths *b)
{
  return a->n == b->n && memcmp(a->ps, b->ps, (size_t)a->n * sizeof *a->ps) == 0;
}

void vt__put_lengths(vt_buf *b, const vt_lengths *l)
{
  for (int k = 0; k < l->n; k++) {
    vt_buf_printf(b, "%s", k ? " + " : "");
    vt__put_f64(b, l->ps[k]);
    vt_buf_printf(b, " ps");
  }
}

/* ------------------------------------------------------------------ by temperature */

/* The temperature that a key names; 0 and a mistake if it names none. */
static double key_k(vt__draft *dr, const vt__row *row, int key)
{
  char why[300];
  double t_k = 0;
  const char *s = vt__yaml_text(dr->y, key);
  if (vt__quantity_parse(s, strlen(s), "K", &t_k, why, sizeof why) && t_k > 0) return t_k;
  vt__diag_error(dr->d, durations_at(dr, key), row->path,
                 "'%.60s' is no temperature: expected a duration by temperature, e.g. {500 K: 800 ps, default: 400 ps}",
                 s);
  return 0;
}

/* One more of a list by temperature. */
static vt_status add_duration(vt__draft *dr, const vt__row *row, int key, vt__duration **list, int *n, vt_err *err)
{
  const double t_k = key_k(dr, row, key);
  vt__duration one = {.t_k = t_k, .at = durations_at(dr, key)};
  if (!vt__read_sum(dr, row, key + 1, &one.of) || !(t_k > 0)) return VT_OK;
  for (int k = 0; k < *n; k++)
    if (fabs((*list)[k].t_k - t_k) < SAME_K) {
      vt__diag_error(dr->d, one.at, row->path, "%.10g K stands twice", t_k);
      return VT_OK;
    }
  VT_TRY(VT_GROW(*list, *n, *n + 1, err), err, "durations");
  (*list)[(*n)++] = one;
  return VT_OK;
}

static vt_status read_map(vt__draft *dr, const vt__row *row, int node, vt_lengths *usual, vt__duration **list, int *n,
                          vt_err *err)
{
  for (int key = vt__yaml_first(dr->y, node); key; key = vt__yaml_next(dr->y, node, key)) {
    if (usual && strcmp(vt__yaml_text(dr->y, key), "default") == 0)
      (void)vt__read_sum(dr, row, key + 1, usual);
    else
      VT_PASS(add_duration(dr, row, key, list, n, err));
  }
  return VT_OK;
}

vt_status vt__read_duration(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  if (dr->y->node[node].kind != VT__MAP) {
    (void)vt__read_sum(dr, row, node, &dr->usual);
    return VT_OK;
  }
  const int before = dr->d->n_errors;
  dr->usual.n = 0;
  VT_PASS(read_map(dr, row, node, &dr->usual, &dr->duration, &dr->n_durations, err));
  if (!dr->usual.n && !dr->n_durations && dr->d->n_errors == before)
    vt__diag_error(dr->d, durations_at(dr, node), row->path, "the mapping is empty");
  dr->duration_failed = dr->d->n_errors != before;
  return VT_OK;
}

vt_status vt__read_kept(vt__draft *dr, const vt__row *row, int node, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__duration *list = NULL;
  int n = 0;
  if (vt__yaml_is_null(dr->y, node)) return VT_OK;
  if (dr->y->node[node].kind != VT__MAP) {
    vt__diag_error(dr->d, durations_at(dr, node), row->path, "expected durations by temperature");
    return VT_OK;
  }
  VT_TRY_OUT(read_map(dr, row, node, NULL, &list, &n, err), err, "%s", row->path);
  for (int k = 0; k < n; k++) VT_TRY_OUT(vt__keep_length(dr->c, list[k].t_k, &list[k].of, err), err, "%s", row->path);
out:
  vt_free(list);
  return rc;
}

static int by_temperature(const void *a, const void *b)
{
  const double x = ((const vt_kept_length *)a)->t_k, y = ((const vt_kept_length *)b)->t_k;
  return (x > y) - (x < y);
}

vt_status vt__keep_length(vt_campaign *c, double t_k, const vt_lengths *l, vt_err *err)
{
  VT_TRY(VT_GROW(c->kept, c->n_kept, c->n_kept + 1, err), err, "productions that are kept");
  c->kept[c->n_kept++] = (vt_kept_length){.t_k = t_k, .of = *l};
  qsort(c->kept, (size_t)c->n_kept, sizeof *c->kept, by_temperature);
  return VT_OK;
}

/* ------------------------------------------------------------------ settled: each temperature of the campaign */

static const vt__duration *duration_of(const vt__draft *dr, double t_k)
{
  for (int k = 0; k < dr->n_durations; k++)
    if (fabs(dr->duration[k].t_k - t_k) < SAME_K) return &dr->duration[k];
  return NULL;
}

static void refuse_unused(vt__draft *dr, const char *path)
{
  const vt_campaign *c = dr->c;
  for (int k = 0; k < dr->n_durations; k++) {
    int used = 0;
    for (int t = 0; t < c->n_temp; t++) used |= fabs(c->t_k[t] - dr->duration[k].t_k) < SAME_K;
    if (!used)
      vt__diag_error(dr->d, dr->duration[k].at, path, "%.10g K is not among the campaign's temperatures",
                     dr->duration[k].t_k);
  }
}

/* One piece of the same length everywhere needs no list. */
void vt__lengths_simplify(vt_campaign *c)
{
  double longest = 0;
  int same = c->length && c->length[0].n == 1;
  for (int t = 0; c->length && t < c->n_temp; t++) {
    longest = fmax(longest, vt_lengths_sum(&c->length[t]));
    same = same && vt__lengths_equal(&c->length[t], &c->length[0]);
  }
  if (longest > 0) c->protocol.produce_ps = longest;
  if (!same) return;
  vt_free(c->length);
  c->length = NULL;
}

vt_status vt__settle_durations(vt__draft *dr, vt_err *err)
{
  vt_campaign *c = dr->c;
  const char *path = "protocol.produce.duration";
  const int unset = dr->usual.n == 0;
  c->protocol.produce_ps = unset ? 0 : dr->usual.ps[0];
  if (c->n_temp == 0 || dr->duration_failed || (!dr->n_durations && dr->usual.n == 1)) {
    if (unset) c->protocol.produce_ps = dr->n_durations ? dr->duration[0].of.ps[0] : vt__row_find(path)->hi;
    return VT_OK;
  }
  refuse_unused(dr, path);
  VT_TRY(VT_NEW(c->length, c->n_temp, err), err, "productions of %d temperatures", c->n_temp);
  for (int t = 0; t < c->n_temp; t++) {
    const vt__duration *own = duration_of(dr, c->t_k[t]);
    c->length[t] = own ? own->of : dr->usual;
    if (c->length[t].n == 0) {
      vt__diag_error(dr->d, vt__mark_of(dr, path), path, "%.10g K has no duration: name it, or give a `default`",
                     c->t_k[t]);
      c->length[t] = dr->duration[0].of;
    }
  }
  vt__lengths_simplify(c);
  return VT_OK;
}

void vt__put_duration(vt_buf *b, const vt_campaign *c)
{
  const vt_lengths one = {.n = 1, .ps = {c->protocol.produce_ps}};
  const vt_lengths *l = c->length ? c->length : &one;
  int same = 1;
  for (int t = 1; c->length && t < c->n_temp; t++) same = same && vt__lengths_equal(&l[t], l);
  for (int t = 0; t < c->n_temp && !same; t++) {
    vt_buf_printf(b, t ? ", " : "{");
    vt__put_f64(b, c->t_k[t]);
    vt_buf_printf(b, " K: ");
    vt__put_lengths(b, &l[t]);
  }
  if (same)
    vt__put_lengths(b, l);
  else
    vt_buf_printf(b, "}");
}

void vt__put_kept(vt_buf *b, const vt_campaign *c)
{
  vt_buf_printf(b, "{");
  for (int k = 0; k < c->n_kept; k++) {
    vt_buf_printf(b, k ? ", " : "");
    vt__put_f64(b, c->kept[k].t_k);
    vt_buf_printf(b, " K: ");
    vt__put_lengths(b, &c->kept[k].of);
  }
  vt_buf_printf(b, "}");
}

/* ------------------------------------------------------------------ where quenches stop */

void vt__read_stops(vt__draft *dr, const vt__row *row, int node)
{
  vt_campaign *c = dr->c;
  int n = 0;
  const int before = dr->d->n_errors;
  double t_k[VT_MOST_STOPS] = {0};
  c->n_stops = 0;
  if (vt__yaml_is_null(dr->y, node)) return;
  if (vt__read_count(dr, row, node, VT_MOST_STOPS - 1, "temperatures, the highest first") < 0) return;
  for (int k = vt__yaml_first(dr->y, node); k; k = vt__yaml_next(dr->y, node, k)) {
    vt__read_quantity(dr, row, k, &t_k[n]);
    if (dr->d->n_errors == before && n > 0 && !(t_k[n] < t_k[n - 1] - SAME_K))
      vt__diag_error(dr->d, durations_at(dr, k), row->path, "%.10g K is not below %.10g K, the stop before it", t_k[n],
                     t_k[n - 1]);
    n++;
  }
  if (dr->d->n_errors != before) return;
  memcpy(c->stop_k, t_k, sizeof t_k);
  c->n_stops = n;
}

/* The lowest temperature is always a stop, unless one lies below it; one alone that is the lowest temperature needs no
 * list. */
void vt__stops_simplify(vt_campaign *c)
{
  if (c->n_stops == 0 || c->n_temp == 0) return;
  if (c->stop_k[c->n_stops - 1] > c->t_k[0]) c->stop_k[c->n_stops++] = c->t_k[0]; /* there is room for one more */
  if (c->n_stops == 1 && c->stop_k[0] == c->t_k[0]) c->n_stops = 0;
}

void vt__put_stops(vt_buf *b, const vt_campaign *c)
{
  vt_buf_printf(b, "[");
  for (int k = 0; k < vt_campaign_stops(c) && c->n_temp > 0; k++) {
    vt_buf_printf(b, k ? ", " : "");
    vt__put_f64(b, vt_campaign_stop_k(c, k));
    vt_buf_printf(b, " K");
  }
  vt_buf_printf(b, "]");
}
