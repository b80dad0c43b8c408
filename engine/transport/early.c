/* early.c - the early common window: where the ratio of self to collective motion no longer changes (T 7.7). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

static const double earliest_ps = 1.6;      /* before that: the cage                                          */
static const double latest_fraction = 0.25; /* of the longest piece, for the later of the two lags            */
static const double most_variance = 0.015;  /* of ln H: a window that knows less may not speak                */
static const double most_sigma = 1.5;       /* a later window may differ by that: O. V. Lepski's rule (T 7.7) */
static const double chosen_late = 2;        /* times the variance of a window that is not the first one       */
static const double to_the_limit = 1.75;    /* steps to the next window that lie between a window and the end */
static const double unheard = 1;            /* the same, if the next window knows too little to speak         */

double vt__shrunk(double jackknife, double theory, int n)
{
  const double scatter = n > 1 ? (n - 1) * jackknife : 0;
  return (scatter + VT__THEORY_DOF * theory) / (n - 1 + VT__THEORY_DOF);
}

vt_pooled vt_pooled_none(void)
{
  const double no = (double)NAN;
  return (vt_pooled){.value = no, .se = no, .lo95 = no, .hi95 = no, .window_ps = {no, no}};
}

vt_pooled vt__interval(double x, vt__spread spread, int n, int log, double lo_ps, double hi_ps)
{
  vt_pooled out = vt_pooled_none();
  if (!isfinite(x) || !isfinite(spread.variance)) return out;
  const double half = vt_t_quantile(0.975, n - 1 + VT__THEORY_DOF) * sqrt(spread.variance);
  const double lo = x - half + fmin(0, spread.lean), hi = x + half + fmax(0, spread.lean);
  const double se = sqrt(spread.variance + spread.lean * spread.lean / 3);
  out.value = log ? exp(x) : x;
  out.se = log ? out.value * se : se;
  out.lo95 = log ? exp(lo) : lo;
  out.hi95 = log ? exp(hi) : hi;
  out.window_ps[0] = lo_ps;
  out.window_ps[1] = hi_ps;
  out.n_glasses = n;
  return out;
}

void vt__early_free(vt__early *e)
{
  vt_free(e->each);
  e->each = NULL;
}

/* ------------------------------------------------------------------ the glasses together */

/* Means over the glasses, each with its share of all production time; leaving one out: `without` (-1: none). */
static void mean_slopes(const vt__early *e, const vt_tr_input *in, int n, int without, vt__slopes *out)
{
  double all_ps = 0;
  *out = (vt__slopes){0};
  for (int g = 0; g < n; g++)
    if (g != without) all_ps += in[g].run_ps;
  for (int g = 0; g < n; g++)
    if (g != without) vt__slopes_add(&e->each[g], in[g].run_ps / all_ps, out);
}

/* (G-1)/G sum (x_g - mean)^2 of the numbers without one glass each, from their offsets' mean and mean square; NaN if
 * one of them does not exist. */
static double jackknife(double mean, double square, int n)
{
  const double scatter = square - mean * mean;
  return scatter < 0 ? 0 : (n - 1) * scatter;
}

/* Numbers of all glasses and their shrunk variances, from e->each. */
static void measure(const vt_tr_input *in, int n, vt__ratio ratio, double v, vt__early *e)
{
  vt__numbers one, mean = {0}, square = {0}, theory;
  double *const x = (double *)&one, *const m = (double *)&mean, *const q = (double *)&square;
  double *const variance = (double *)&e->variance, *const t = (double *)&theory;
  mean_slopes(e, in, n, -1, &e->sum);
  vt__numbers_of(in->comp, in->t_k, ratio, &e->sum, &e->x);
  vt__numbers_variance(in->comp, ratio, &e->sum, &e->x, v, &theory);
  for (int g = 0; g < n && n > 1; g++) {
    vt__slopes others;
    mean_slopes(e, in, n, g, &others);
    vt__numbers_of(in->comp, in->t_k, ratio, &others, &one);
    for (int k = 0; k < VT__N_NUMBER; k++) {
      const double off = x[k] - ((double *)&e->x)[k]; /* small numbers: no cancellation */
      m[k] += off / n;
      q[k] += off * off / n;
    }
  }
  for (int k = 0; k < VT__N_NUMBER; k++) variance[k] = vt__shrunk(jackknife(m[k], q[k], n), t[k], n);
}

/* ------------------------------------------------------------------ the rule */

/* ln H and the variance that walks give it in every candidate window, shared lag i to the one at twice its time; each
 * begins where the one before ends, or later.  The n first ones have a say; one more may have been looked at. */
typedef struct candidates {
  int n, n_seen, *from, *to;
  double *h, *v;
} candidates;

static int shared_at(const vt__shared *s, int after, double lag_ps)
{
  const double rounding = 1e-9;
  for (int k = after + 1; k < s->n; k++)
    if (fabs(s->lag_ps[s->msd[k]] - lag_ps) <= rounding * lag_ps) return k;
  return -1;
}

static void candidates_free(candidates *c)
{
  vt_free(c->from);
  vt_free(c->h);
}

static vt_status find_candidates(const vt__shared *s, double reach_ps, double all_ps, candidates *c, vt_err *err)
{
  const double rounding = 1e-9;
  const size_t most = (size_t)s->n;
  void *p = NULL;
  *c = (candidates){0};
  if (s->n == 0) return VT_OK;
  VT_TRY(vt_calloc64(&p, 2 * most, sizeof(int), err), err, "windows");
  c->from = p;
  c->to = c->from + most;
  VT_TRY(vt_calloc64(&p, 2 * most, sizeof(double), err), err, "windows");
  c->h = p;
  c->v = c->h + most;
  double next_ps = earliest_ps;
  for (int i = 0; i < s->n; i++) {
    const double lag = s->lag_ps[s->msd[i]], v = vt__walk_variance(lag, 2 * lag, all_ps);
    const int j = shared_at(s, i, 2 * lag);
    if (j < 0 || lag < next_ps * (1 - rounding)) continue;
    if (2 * lag > latest_fraction * reach_ps * (1 + rounding)) break;
    c->from[c->n_seen] = i;
    c->to[c->n_seen] = j;
    c->v[c->n_seen++] = v;
    if (c->n > 0 && v > most_variance) break;
    c->n = c->n_seen;
    next_ps = 2 * lag;
  }
  return VT_OK;
}

/* The first window that none of the later ones contradicts; -1 if there is none. */
static int choose(const candidates *c)
{
  for (int i = 0; i < c->n; i++) {
    int good = isfinite(c->h[i]);
    for (int j = i + 1; j < c->n && good; j++)
      if (isfinite(c->h[j])) good = fabs(c->h[i] - c->h[j]) <= most_sigma * sqrt(fabs(c->v[j] - c->v[i]));
    if (good) return i;
  }
  return -1;
}

/* What the choice adds to what is known of ln H (T 7.7): noise that drove the rule out of the first window, and how far
 * ln H may still move, which the step to the next window tells. */
static vt__spread of_the_choice(const candidates *c, int best, double variance)
{
  const double late = best > 0 ? (chosen_late - 1) * variance : 0;
  if (best + 1 >= c->n_seen || !isfinite(c->h[best + 1])) return (vt__spread){.variance = late};
  const double step = c->h[best + 1] - c->h[best];
  return (vt__spread){.variance = late, .lean = (best + 1 < c->n ? to_the_limit : unheard) * step};
}

static void slopes_of_all(const vt_tr_input *in, int n, const vt__shared *s, int from, int to, vt__early *e)
{
  for (int g = 0; g < n; g++) vt__slopes_between(&in[g], s, from, to, &e->each[g]);
}

vt_status vt__early_make(const vt_tr_input *in, int n, vt__ratio ratio, vt__early *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__shared s = {0};
  candidates c = {0};
  double reach_ps = INFINITY;
  void *p = NULL;
  *out = (vt__early){0};
  for (int g = 0; g < n; g++) out->run_ps += in[g].run_ps, reach_ps = fmin(reach_ps, vt__longest_ps(&in[g]));
  VT_TRY_OUT(vt_calloc64(&p, (size_t)n, sizeof *out->each, err), err, "%d glasses", n);
  out->each = p;
  VT_TRY_OUT(vt__shared_lags(&in[0], &s, err), err, "early window");
  VT_TRY_OUT(find_candidates(&s, reach_ps, out->run_ps, &c, err), err, "early window");
  for (int k = 0; k < c.n_seen; k++) {
    slopes_of_all(in, n, &s, c.from[k], c.to[k], out);
    measure(in, n, ratio, c.v[k], out);
    c.h[k] = out->x.ln_haven;
  }
  const int best = choose(&c);
  if (best >= 0) {
    slopes_of_all(in, n, &s, c.from[best], c.to[best], out);
    out->lo_ps = s.lag_ps[s.msd[c.from[best]]];
    out->hi_ps = s.lag_ps[s.msd[c.to[best]]];
    measure(in, n, ratio, vt__walk_variance(out->lo_ps, out->hi_ps, out->run_ps), out);
    out->added = of_the_choice(&c, best, out->variance.ln_haven);
    out->variance.ln_haven += out->added.variance;
    out->variance.ln_ionicity += out->added.variance;
    out->known = 1;
  }
out:
  candidates_free(&c);
  vt__shared_free(&s);
  if (rc != VT_OK) vt__early_free(out);
  return rc;
}
