#include "tests/sim/target_world.h"

#include <math.h>
#include <string.h>

#include "engine/base/base.h"
#include "engine/num/num.h"
#include "tests/vt_test.h"

enum { MOST_GLASSES = VT_ALLOC_MOST_GLASSES, MOST_POINTS = TW_COMPS * MOST_GLASSES * TW_TEMPS, ROUNDS = 200 };

static const double n_alkali = 64, ref_k = 500, haven_lag_ps = 1.6, grid_ps = 10;

double tw_t_k(int temp) { return 500 + 100.0 * temp; }

tw_rules tw_usual(int n_comp)
{
  tw_rules r = {.n_comp = n_comp,
                .pilot_glasses = 3,
                .level = 0.05,
                .slope_ev = 0.004,
                .rest = 0.03,
                .haven = 0.8,
                .haven_rest = 0.02,
                .stated = 0.15,
                .glass_ps = 520,
                .equilibrate_ps = 50,
                .budget_ps = 1e9,
                .lim = {.margin = 0.3, .tau_margin = 0.2, .range_margin = 0.8}};
  for (int c = 0; c < n_comp; c++) { /* campaigns/laco-naco/summary.csv */
    r.ln_d_500[c] = log(c % 2 ? 2.89e-6 : 4.48e-6);
    r.ea_ev[c] = c % 2 ? 0.279 : 0.269;
  }
  return r;
}

double tw_ln_d(const tw_rules *r, int comp, double t_k)
{
  return r->ln_d_500[comp] - r->ea_ev[comp] / VT_KB_EV * (1 / t_k - 1 / ref_k);
}

/* Where level and slope of a glass are independent. */
static double middle_u(double t_k)
{
  double sum = 0;
  for (int j = 0; j < TW_TEMPS; j++) sum += 1 / tw_t_k(j) / TW_TEMPS;
  return (1 / t_k - sum) / VT_KB_EV;
}

static double start_ps(const tw_rules *r, int comp, int temp)
{
  const double a2_ps = 1e4 * exp(tw_ln_d(r, comp, tw_t_k(temp)));
  return fmax(5, 15 / (6 * a2_ps));
}

/* Variance of ln D of one glass, times its run. */
static double noise_of(const tw_rules *r, int comp, int temp)
{
  return 1.2 * 16 * start_ps(r, comp, temp) / (9 * n_alkali);
}

static double pilot_ps(const tw_rules *r, int comp, int temp)
{
  return grid_ps * ceil(8 * start_ps(r, comp, temp) / grid_ps);
}

/* ------------------------------------------------------------------ glasses */

typedef struct glass {
  double level, slope, rest[TW_TEMPS], haven[TW_TEMPS], stated[TW_TEMPS];
  double walk[TW_TEMPS], haven_walk[TW_TEMPS]; /* noise summed up over the run */
  double ps[TW_TEMPS];
} glass;

typedef struct world {
  const tw_rules *r;
  uint64_t seed;
  int64_t draws;
  int n_glasses[TW_COMPS];
  glass g[TW_COMPS][MOST_GLASSES];
  double length_ps[TW_COMPS][TW_TEMPS];
  int pieces[TW_COMPS][TW_TEMPS];
  int dropped[TW_COMPS];
  vt_arrh line[TW_COMPS];
  vt_glass_line lines[TW_COMPS * MOST_GLASSES];
  int n_lines;
  double haven[TW_COMPS][TW_TEMPS], haven_half[TW_COMPS][TW_TEMPS], variance[TW_COMPS][TW_TEMPS];
} world;

static double normal(world *w)
{
  double g[2];
  vt_rng_normal2(w->seed, VT_STREAM_TEST, 16, w->draws++, 0, g);
  return g[0];
}

/* Glasses that were asked for are made, runs go on from where they ended. */
static void do_md(world *w)
{
  const tw_rules *r = w->r;
  for (int c = 0; c < r->n_comp; c++)
    for (int k = 0; k < w->n_glasses[c]; k++) {
      glass *g = &w->g[c][k];
      if (!(g->ps[0] > 0)) {
        g->level = r->level * normal(w), g->slope = r->slope_ev * normal(w);
        for (int j = 0; j < TW_TEMPS; j++) {
          g->rest[j] = r->rest * normal(w);
          g->haven[j] = r->haven_rest * normal(w);
          g->stated[j] = exp(r->stated * normal(w));
        }
      }
      for (int j = 0; j < TW_TEMPS; j++) {
        const double more = w->length_ps[c][j] - g->ps[j];
        if (!(more > 0)) continue;
        g->walk[j] += sqrt(noise_of(r, c, j) * more) * normal(w);
        g->haven_walk[j] += sqrt(16 * haven_lag_ps / 9 * more) * normal(w);
        g->ps[j] = w->length_ps[c][j];
      }
    }
}

static double ln_d_of(const world *w, int c, int k, int j)
{
  const glass *g = &w->g[c][k];
  return tw_ln_d(w->r, c, tw_t_k(j)) + g->level - g->slope * middle_u(tw_t_k(j)) + g->rest[j] + g->walk[j] / g->ps[j];
}

static int points_of(const world *w, int c, vt_point *pt)
{
  int n = 0;
  for (int k = 0; k < w->n_glasses[c]; k++)
    for (int j = 0; j < TW_TEMPS; j++) {
      const double x = exp(ln_d_of(w, c, k, j));
      const double se = sqrt(noise_of(w->r, c, j) / w->g[c][k].ps[j]) * w->g[c][k].stated[j];
      pt[n++] = (vt_point){.comp = c, .glass = k, .t_k = tw_t_k(j), .x = x, .se = se * x};
    }
  return n;
}

/* The lines as `vitrion fit` makes them. */
static void fit_all(world *w)
{
  static vt_point pt[MOST_POINTS];
  vt_err err;
  w->n_lines = 0;
  for (int c = 0; c < w->r->n_comp; c++) {
    int m;
    const int n = points_of(w, c, pt);
    for (int j = 0; j < TW_TEMPS; j++) {
      w->variance[c][j] = 0;
      for (int k = 0; k < w->n_glasses[c]; k++) {
        const vt_point *p = &pt[k * TW_TEMPS + j];
        w->variance[c][j] += p->se * p->se / (p->x * p->x) / w->n_glasses[c];
      }
    }
    VT_TEST_OK(vt_glass_lines(pt, n, ref_k, &w->lines[w->n_lines], &m, &err), &err);
    w->n_lines += m;
  }
  for (int c = 0; c < w->r->n_comp; c++) {
    const int n = points_of(w, c, pt);
    vt_fit_spec spec = {.t_ref_k = ref_k};
    VT_TEST_OK(vt_scatter_of_others(w->lines, w->n_lines, c, &spec.others, &err), &err);
    VT_TEST_OK(vt_arrh_fit(pt, n, &spec, NULL, &w->line[c], &err), &err);
  }
}

/* H of the glasses together: scatter shrunk towards what a walk makes of all production, four degrees of freedom
 * (T 7.7). */
static void haven_of(world *w, int c, int j)
{
  const int n = w->n_glasses[c];
  double mean = 0, square = 0, all_ps = 0;
  for (int k = 0; k < n; k++) {
    const glass *g = &w->g[c][k];
    const double x = log(w->r->haven) + g->haven[j] + g->haven_walk[j] / g->ps[j];
    mean += x / n, square += x * x / n, all_ps += g->ps[j];
  }
  const double of_mean = fmax(0, square - mean * mean) / (n - 1), theory = 16 * haven_lag_ps / (9 * all_ps);
  const double s = sqrt(((n - 1) * of_mean + 4 * theory) / (n + 3)), half = vt_t_quantile(0.975, n + 3) * s;
  w->haven[c][j] = exp(mean);
  w->haven_half[c][j] = 0.5 * (exp(mean + half) - exp(mean - half));
}

/* ------------------------------------------------------------------ rounds */

static void know(world *w, vt_alloc *a, vt_alloc_comp *comp, vt_alloc_cell *cell)
{
  const tw_rules *r = w->r;
  *a =
      (vt_alloc){.n_aims = r->n_aims, .n_comp = r->n_comp, .n_temp = TW_TEMPS, .comp = comp, .budget_ps = r->budget_ps};
  memcpy(a->aim, r->aim, sizeof a->aim);
  for (int c = 0; c < r->n_comp; c++) {
    comp[c] = (vt_alloc_comp){.n_glasses = w->n_glasses[c],
                              .dropped = w->dropped[c],
                              .glass_ps = r->glass_ps,
                              .equilibrate_ps = r->equilibrate_ps,
                              .cell = cell + (ptrdiff_t)c * TW_TEMPS};
    vt_alloc_take_line(&comp[c], &w->line[c]);
    for (int j = 0; j < TW_TEMPS; j++) {
      haven_of(w, c, j);
      comp[c].cell[j] = (vt_alloc_cell){.t_k = tw_t_k(j),
                                        .quantum_ps = pilot_ps(r, c, j),
                                        .length_ps = w->length_ps[c][j],
                                        .variance = w->variance[c][j],
                                        .haven_half = w->haven_half[c][j],
                                        .haven_dof = w->n_glasses[c] + 3,
                                        .may_grow = w->pieces[c][j] < 64};
    }
  }
}

static void look(world *w, vt_alloc *a, tw_end *e)
{
  vt_err err;
  vt_compare out;
  const int due = vt_look_due(a);
  if (due < 0) return;
  const vt_compare_input in = {.fits = w->line,
                               .n = w->r->n_comp,
                               .glass = w->lines,
                               .n_glass = w->n_lines,
                               .lim = w->r->lim,
                               .key = w->seed,
                               .share = w->r->no_spending ? 1 : vt_looks[due].share};
  VT_TEST_OK(vt_compare_fits(&in, &out, &err), &err);
  e->looks = a->looks_done = due + 1;
  e->verdict = out.verdict;
  a->decided = out.verdict != VT_UNDECIDED;
}

static void note_end(const world *w, const vt_alloc *a, const vt_alloc_move *move, tw_end *e)
{
  for (int c = 0; c < w->r->n_comp; c++) {
    e->dropped[c] = vt_alloc_is_dropped((vt_alloc_state)move[c].state);
    e->reached[c] = move[c].state == VT_ALLOC_REACHED;
    e->glasses[c] = w->n_glasses[c];
    e->ps += vt_alloc_cost(a, c, w->n_glasses[c], NULL);
    for (int j = 0; j < TW_TEMPS; j++) e->length_ps[c][j] = w->length_ps[c][j];
    for (int k = 0; k < w->r->n_aims; k++) {
      const vt_aim *aim = &w->r->aim[k];
      const vt_arrh *l = &w->line[c];
      const double u = (1 / aim->t_k - 1 / ref_k) / VT_KB_EV;
      e->half[c][k] = move[c].half[k];
      if (aim->kind == VT_AIM_EA) e->off[c][k] = l->ea_ev - w->r->ea_ev[c];
      if (aim->kind == VT_AIM_LOG10_D)
        e->off[c][k] = l->log10_ref - (l->ea_ev * u + tw_ln_d(w->r, c, aim->t_k)) / log(10);
      if (aim->kind == VT_AIM_HAVEN)
        for (int j = 0; j < TW_TEMPS; j++)
          if (aim->t_k == tw_t_k(j)) e->off[c][k] = w->haven[c][j] - w->r->haven;
    }
  }
}

tw_end tw_run(const tw_rules *r, uint64_t seed)
{
  static world w;
  vt_alloc a = {0};
  vt_alloc_comp comp[TW_COMPS];
  vt_alloc_cell cell[TW_COMPS * TW_TEMPS];
  vt_alloc_move move[TW_COMPS];
  double more[TW_COMPS * TW_TEMPS];
  vt_alloc_sum sum = {0};
  vt_err err;
  tw_end e = {.verdict = VT_UNDECIDED};
  int looks = 0, decided = 0;
  memset(&w, 0, sizeof w);
  w.r = r, w.seed = seed;
  for (int c = 0; c < r->n_comp; c++) {
    w.n_glasses[c] = r->pilot_glasses;
    for (int j = 0; j < TW_TEMPS; j++) w.length_ps[c][j] = pilot_ps(r, c, j), w.pieces[c][j] = 1;
  }
  for (e.rounds = 1; e.rounds < ROUNDS; e.rounds++) {
    do_md(&w);
    fit_all(&w);
    know(&w, &a, comp, cell);
    a.looks_done = looks, a.decided = decided;
    look(&w, &a, &e);
    looks = a.looks_done, decided = a.decided;
    VT_TEST_OK(vt_alloc_decide(&a, move, more, &sum, &err), &err);
    for (int c = 0; c < r->n_comp; c++) {
      if (e.rounds == 1) e.needs_ps[c] = move[c].needs_ps;
      w.dropped[c] |= vt_alloc_is_dropped((vt_alloc_state)move[c].state);
      if (sum.ends) continue;
      w.n_glasses[c] += move[c].glasses;
      for (int j = 0; j < TW_TEMPS; j++) {
        w.length_ps[c][j] += more[c * TW_TEMPS + j];
        w.pieces[c][j] += more[c * TW_TEMPS + j] > 0;
      }
    }
    if (sum.ends) break;
  }
  note_end(&w, &a, move, &e);
  return e;
}

/* ------------------------------------------------------------------ the equal design */

/* Its intervals, relative to the goals: the largest ratio. */
static double equal_misses(const tw_rules *r, int comp, int n_glasses, double ps)
{
  double n = 0, nu = 0, nuu = 0, worst = 0;
  for (int j = 0; j < TW_TEMPS; j++) {
    const double wt = 1 / (noise_of(r, comp, j) / ps + r->rest * r->rest), u = middle_u(tw_t_k(j));
    n += wt, nu += wt * u, nuu += wt * u * u;
  }
  const double det = n * nuu - nu * nu, g = n_glasses;
  const int others = (int)fmin(30, (r->n_comp - 1) * (g - 1));
  const double usual = 6, seen = g - 1 + others, t = vt_t_quantile(0.975, seen + usual); /* T 8.2: 6 %, 6 meV */
  const double between = (seen * r->level * r->level + usual * 0.06 * 0.06) / (seen + usual);
  const double slopes = (seen * r->slope_ev * r->slope_ev + usual * 0.006 * 0.006) / (seen + usual);
  const double level = (nuu / det + between) / g, cov = nu / det / g, ea = (n / det + slopes) / g;
  for (int k = 0; k < r->n_aims; k++) {
    const vt_aim *a = &r->aim[k];
    const double u = a->t_k > 0 ? middle_u(a->t_k) : 0;
    double half = 0;
    if (a->kind == VT_AIM_EA) half = t * sqrt(ea);
    if (a->kind == VT_AIM_LOG10_D) half = t * sqrt(level - 2 * u * cov + u * u * ea) / log(10);
    if (a->kind == VT_AIM_HAVEN) {
      const double v = 16 * haven_lag_ps / (9 * g * ps), rest = r->haven_rest * r->haven_rest / g;
      half = r->haven * vt_t_quantile(0.975, g + 3) * sqrt(v + (g - 1) * rest / (g + 3));
    }
    if (a->kind != VT_AIM_VERDICT) worst = fmax(worst, half / a->goal);
  }
  return worst;
}

double tw_equal_ps(const tw_rules *r)
{
  double best = INFINITY;
  for (int g = 2; g <= MOST_GLASSES; g++) {
    double ps = 0;
    for (int c = 0; c < r->n_comp; c++) ps = fmax(ps, pilot_ps(r, c, 0)); /* the lowest temperature has a value */
    for (; ps < 2e4; ps += grid_ps) {
      int met = 1;
      for (int c = 0; c < r->n_comp; c++) met = met && equal_misses(r, c, g, ps) <= 1;
      if (!met) continue;
      best = fmin(best, r->n_comp * g * (r->glass_ps + TW_TEMPS * (r->equilibrate_ps + ps)));
      break;
    }
  }
  return best;
}
