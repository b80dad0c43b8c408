/* figures.c - learning curve, parity, mean virial by composition. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/csv/csv.h"
#include "runner/model_card/model_card_impl.h"

enum { PAGE = 960 };

/* ------------------------------------------------------------------ learning curve */

/* Column `name` of the table as numbers; what is none is NaN. */
static void column(const vt_csv *t, const char *name, double *out)
{
  int c = 0;
  while (c < t->n_columns && !vt_csv_is(t->cell[c], name)) c++;
  for (size_t r = 1; r < t->n_rows; r++) {
    const vt_cell_text *cell = c < t->n_columns ? &t->cell[r * (size_t)t->n_columns + (size_t)c] : NULL;
    if (!cell || !vt_parse_f64(cell->s, cell->n, &out[r - 1])) out[r - 1] = (double)NAN;
  }
}

static void widen(vt__axis *a, const double *y, int n)
{
  for (int k = 0; k < n; k++) {
    if (!isfinite(y[k]) || !(y[k] > 0)) continue;
    a->lo = a->lo > 0 ? fmin(a->lo, y[k]) : y[k];
    a->hi = fmax(a->hi, y[k]);
  }
}

typedef struct curve {
  int n;
  const vt_csv *t;
  double *at, *trained, *held; /* steps of all data stand behind the last epoch */
  double best;                 /* NaN: not known */
  int steps;                   /* there are some */
} curve;

static const vt_cell_text *cell_of(const vt_csv *t, int row, const char *name)
{
  int c = 0;
  while (c < t->n_columns && !vt_csv_is(t->cell[c], name)) c++;
  return c < t->n_columns ? &t->cell[((size_t)row + 1) * (size_t)t->n_columns + (size_t)c] : NULL;
}

static int is_phase(const curve *c, int row, const char *phase)
{
  const vt_cell_text *cell = cell_of(c->t, row, "phase");
  return cell && vt_csv_is(*cell, phase);
}

/* Where rows stand. */
static void find_places(curve *c, const vt_card *card)
{
  double epochs = 0;
  c->best = (double)NAN;
  column(c->t, "epoch", c->at);
  for (int k = 0; k < c->n; k++)
    if (is_phase(c, k, "epochs")) epochs = fmax(epochs, c->at[k]);
  for (int k = 0; k < c->n; k++) {
    const int is_best = card->best_phase && is_phase(c, k, card->best_phase) && c->at[k] == (double)card->best_n;
    const int is_step = is_phase(c, k, "finish") || is_phase(c, k, "rejected");
    if (is_step) c->at[k] += epochs;
    c->steps = c->steps || is_step;
    if (is_best) c->best = c->at[k];
  }
}

/* A quantity; steps that were no better are not shown. */
static void taken(const curve *c, const char *name, double *out)
{
  column(c->t, name, out);
  for (int k = 0; k < c->n; k++)
    if (is_phase(c, k, "rejected")) out[k] = (double)NAN;
}

static void curve_panel(vt_buf *b, const curve *c, int k)
{
  static const struct {
    const char *column, *title, *label;
  } what[] = {{"loss", "Loss", "loss"},
              {"energy_meV_atom", "Energy", "RMSE, meV/atom"},
              {"force_meV_A", "Forces", "RMSE, meV/A"},
              {"virial_meV_atom", "Virial", "RMSE, meV/atom"},
              {"mean_virial_meV_atom", "Mean virial of a composition", "r.m.s., meV/atom"},
              {"learning_rate", "Learning rate", "rate, 1e-3"}};
  const double w = 230, h = 170, dx = 320, dy = 250, x0 = 66, y0 = 30, margin = 1.15;
  vt__plot p = {.b = b, .x = x0 + dx * (k % 3), .y = k < 3 ? y0 : y0 + dy, .w = w, .h = h};
  char name[80];
  const int is_rate = k == 5;
  p.ax =
      (vt__axis){.lo = c->at[0], .hi = c->at[c->n - 1], .label = c->steps ? "epochs, then steps of all data" : "epoch"};
  if (!(p.ax.hi > p.ax.lo)) p.ax.lo -= 1, p.ax.hi += 1;
  p.ay = (vt__axis){.log = 1, .label = what[k].label};
  (void)snprintf(name, sizeof name, "%s%s", is_rate ? "" : "train_", what[k].column);
  taken(c, name, c->trained);
  (void)snprintf(name, sizeof name, "validation_%s", what[k].column);
  taken(c, name, c->held);
  for (int i = 0; i < c->n && is_rate; i++) c->trained[i] *= 1e3;
  widen(&p.ay, c->trained, c->n);
  widen(&p.ay, c->held, c->n);
  if (!(p.ay.lo > 0)) p.ay.lo = p.ay.hi = 1;
  p.ay.lo /= margin;
  p.ay.hi *= margin;
  vt__plot_begin(&p, what[k].title);
  if (isfinite(c->best))
    vt_buf_printf(b, "<path class=\"best\" d=\"M%.1f %.1fV%.1f\"/>", vt__plot_x(&p, c->best), p.y, p.y + p.h);
  vt__plot_line(&p, is_rate ? "line rate" : "line train", c->at, c->trained, c->n);
  if (!is_rate) vt__plot_line(&p, "line held", c->at, c->held, c->n);
}

static void curve_legend(vt_buf *b, const curve *c, double y)
{
  const double x = 66, step = 190, stroke = 28;
  static const char *const css[] = {"line train", "line held", "best"};
  static const char *const text[] = {"training, during the epoch", "validation, averaged numbers",
                                     "best on validation"};
  for (int k = 0; k < (isfinite(c->best) ? 3 : 2); k++) {
    vt_buf_printf(b, "<path class=\"%s\" d=\"M%.1f %.1fh%g\"/>", css[k], x + k * step * 1.2, y - 4, stroke);
    vt__svg_text(b, "tick", x + k * step * 1.2 + stroke + 6, y, "%s", text[k]);
  }
}

vt_status vt__figure_curve(vt_buf *b, const vt_card *card, vt_err *err)
{
  vt_csv t;
  const double height = 545;
  VT_PASS(vt_csv_parse("train.csv", card->curve, strlen(card->curve), &t, err));
  curve c = {.n = (int)t.n_rows - 1, .t = &t};
  vt_status rc = c.n < 1 ? VT_OK : VT_NEW(c.at, 3 * (size_t)c.n, err);
  if (rc == VT_OK && c.n > 0) {
    c.trained = c.at + c.n;
    c.held = c.trained + c.n;
    find_places(&c, card);
    vt__svg_begin(b, PAGE, height, "learning curve");
    for (int k = 0; k < 6; k++) curve_panel(b, &c, k);
    curve_legend(b, &c, height - 10);
    vt__svg_end(b);
  }
  vt_free(c.at);
  vt_csv_free(&t);
  return rc;
}

/* ------------------------------------------------------------------ parity */

enum { LEVELS = 7 };

static int level_of(int count, int most)
{
  const double share = most > 1 ? log(count) / log(most) : 1;
  return (int)fmin(LEVELS - 1, floor(share * LEVELS));
}

/* Runs of bins of one level as one rectangle each, one path a level. */
static void density_cells(vt_buf *b, const vt__plot *p, const vt__density *d, int most)
{
  const double wx = p->w / VT__BINS, wy = p->h / VT__BINS;
  for (int l = 0; l < LEVELS; l++) {
    vt_buf_printf(b, "<path class=\"level%d\" d=\"", l);
    for (int j = 0; j < VT__BINS; j++)
      for (int i = 0; i < VT__BINS; i++) {
        int n = 0;
        while (i + n < VT__BINS && d->count[i + n][j] > 0 && level_of(d->count[i + n][j], most) == l) n++;
        if (n == 0) continue;
        vt_buf_printf(b, "M%.1f %.1fh%.1fv%.1fh%.1fz", p->x + i * wx, p->y + p->h - (j + 1) * wy, n * wx, wy, -n * wx);
        i += n;
      }
    vt_buf_printf(b, "\"/>\n");
  }
}

static void color_bar(vt_buf *b, double x, double y, int most)
{
  const double w = 16, h = 10;
  vt__svg_text(b, "tick end", x - 5, y + h - 1, "1");
  for (int l = 0; l < LEVELS; l++)
    vt_buf_printf(b, "<rect class=\"level%d\" x=\"%.1f\" y=\"%.1f\" width=\"%g\" height=\"%g\"/>", l, x + l * w, y, w,
                  h);
  vt__svg_text(b, "tick", x + LEVELS * w + 5, y + h - 1, "%d points a bin", most);
}

static void parity_panel(vt_buf *b, const vt__density *d, int k, const char *title, const char *unit, const char *text)
{
  const double w = 235, dx = 320, x0 = 66, y0 = 30, below = 56;
  char labels[2][80];
  (void)snprintf(labels[0], sizeof labels[0], "label, %s", unit);
  (void)snprintf(labels[1], sizeof labels[1], "predicted, %s", unit);
  vt__plot p = {.b = b,
                .x = x0 + dx * k,
                .y = y0,
                .w = w,
                .h = w,
                .ax = {.lo = d->lo, .hi = d->hi, .label = labels[0]},
                .ay = {.lo = d->lo, .hi = d->hi, .label = labels[1]}};
  int most = 1;
  for (int i = 0; i < VT__BINS; i++)
    for (int j = 0; j < VT__BINS; j++) most = d->count[i][j] > most ? d->count[i][j] : most;
  vt__plot_begin(&p, title);
  if (d->n == 0) {
    vt__svg_text(b, "label middle", p.x + w / 2, p.y + w / 2, "no labels");
    return;
  }
  density_cells(b, &p, d, most);
  vt_buf_printf(b, "<path class=\"identity\" d=\"M%.1f %.1fL%.1f %.1f\"/>", p.x, p.y + w, p.x + w, p.y);
  color_bar(b, p.x, p.y + w + below, most);
  vt__svg_text(b, "note", p.x + 8, p.y + 18, "%s", text);
  vt__svg_text(b, "note", p.x + 8, p.y + 34, "%lld points%s", (long long)d->n, d->outside ? "," : "");
  if (d->outside) vt__svg_text(b, "note", p.x + 8, p.y + 50, "%lld outside the frame", (long long)d->outside);
}

void vt__figure_parity(vt_buf *b, const vt__parity *p, const vt__sums *all)
{
  char text[100];
  const double height = 350;
  vt__svg_begin(b, PAGE, height, "parity of energy, forces, virial");
  (void)snprintf(text, sizeof text, "RMSE %.2f meV/atom", vt__rmse_energy(all));
  parity_panel(b, &p->energy, 0, "Energy, from its composition's mean", "eV/atom", text);
  (void)snprintf(text, sizeof text, "RMSE %.1f meV/A, slope %.3f", vt__rmse_force(all), vt__slope(all));
  parity_panel(b, &p->force, 1, "Force components", "eV/A", text);
  (void)snprintf(text, sizeof text, "RMSE %.2f meV/atom", vt__rmse_virial(all));
  parity_panel(b, &p->virial, 2, "Virial components", "eV/atom", text);
  vt__svg_end(b);
}

/* ------------------------------------------------------------------ mean virial by composition */

enum { ROWS_MOST = 80 };
#define TWO_SIDED 1.96 /* 95 % of a normal distribution */

/* An arrow at the frame: the interval is longer than the axis.  inside: 1 to the right, -1 to the left. */
static void goes_on(vt_buf *b, double x, double y, int inside)
{
  const double l = 5.0 * inside, h = 4;
  vt_buf_printf(b, "<path class=\"whisker\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f\"/>", x + l, y - h, x, y, x + l, y + h);
}

static void virial_row(vt_buf *b, const vt__plot *p, const vt__sums *s, double y)
{
  const double mean = vt__mean_virial(s), se = vt__mean_virial_se(s), zero = vt__plot_x(p, 0), x = vt__plot_x(p, mean);
  const char *css = fabs(mean) > vt__card_limits.virial_fair   ? "bar bad"
                    : fabs(mean) > vt__card_limits.virial_good ? "bar fair"
                                                               : "bar good";
  vt_buf_printf(b, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"8\"/>", css, fmin(x, zero), y - 4,
                fabs(x - zero));
  if (isfinite(se)) {
    const double lo = mean - TWO_SIDED * se, hi = mean + TWO_SIDED * se;
    vt_buf_printf(b, "<path class=\"whisker\" d=\"M%.1f %.1fH%.1f\"/>", vt__plot_x(p, fmax(lo, p->ax.lo)), y,
                  vt__plot_x(p, fmin(hi, p->ax.hi)));
    if (lo < p->ax.lo) goes_on(b, p->x, y, 1);
    if (hi > p->ax.hi) goes_on(b, p->x + p->w, y, -1);
  }
  vt__svg_text(b, "tick end", p->x - 8, y + 4, "%s", s->name);
  vt__svg_text(b, "tick", p->x + p->w + 8, y + 4, "%+.1f  (%g)", mean, s->n_v);
}

static void limit_lines(vt_buf *b, const vt__plot *p)
{
  const double at[] = {-vt__card_limits.virial_fair, -vt__card_limits.virial_good, 0, vt__card_limits.virial_good,
                       vt__card_limits.virial_fair};
  static const char *const css[] = {"limit fair", "limit good", "zero", "limit good", "limit fair"};
  for (int k = 0; k < 5; k++)
    vt_buf_printf(b, "<path class=\"%s\" d=\"M%.1f %.1fV%.1f\"/>", css[k], vt__plot_x(p, at[k]), p->y, p->y + p->h);
}

vt_status vt__figure_virials(vt_buf *b, const vt__table *comp, vt_err *err)
{
  const double row = 15, x0 = 190, w = 600, y0 = 30, below = 46;
  int *order = NULL;
  double most = 1.2 * vt__card_limits.virial_fair;
  VT_PASS(VT_NEW(order, comp->n, err));
  const int all = vt__worst_virials(comp, order), n = all < ROWS_MOST ? all : ROWS_MOST;
  for (int k = 0; k < n; k++) most = fmax(most, 1.15 * fabs(vt__mean_virial(&comp->row[order[k]])));
  if (n > 0) {
    vt__plot p = {.b = b, .x = x0, .y = y0, .w = w, .h = row * n + 8};
    p.ax = (vt__axis){.lo = -most,
                      .hi = most,
                      .label = "mean of tr(W - label)/3N, meV/atom; 95 % of the mean over frames (arrow: it goes on)"};
    p.ay = (vt__axis){.lo = 0, .hi = 1};
    vt__svg_begin(b, PAGE, p.y + p.h + below, "mean virial error by composition");
    vt__plot_begin(&p, "predicted - labelled; positive: the model pushes out; at the right: value (frames)");
    limit_lines(b, &p);
    for (int k = 0; k < n; k++) virial_row(b, &p, &comp->row[order[k]], p.y + row * (k + 0.5) + 4);
    vt__svg_end(b);
  }
  if (n < all) vt_buf_printf(b, "<p>%d compositions with smaller means are not shown.</p>\n", all - n);
  vt_free(order);
  return VT_OK;
}
