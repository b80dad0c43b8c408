/* rank_needs.c - what a quantity that is not resolved needs, by the rule that `plan` predicts with (T 14). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/cli/fits/fits.h"
#include "runner/cli/plan/plan.h"

enum { MOST_T = 64 };

/* What is known of one composition. */
typedef struct known {
  const vt_arrh *arrh; /* of what is ranked   */
  vt_guess guess;      /* measured 0: assumed                           */
  double t_k[MOST_T];  /* in order */
  int n_t, n_glasses;
  double produce_ps; /* NaN: not known */
} known;

static void add_temperature(known *k, double t_k)
{
  int at = 0;
  while (at < k->n_t && k->t_k[at] < t_k) at++;
  if ((at < k->n_t && k->t_k[at] == t_k) || k->n_t == MOST_T) return;
  for (int i = k->n_t; i > at; i--) k->t_k[i] = k->t_k[i - 1];
  k->t_k[at] = t_k;
  k->n_t++;
}

static double needs_ps(const known *k, double t_k)
{
  const vt_design d = {.n_alkali = 1, .glasses = 1, .produce_ps = 1}; /* does not depend on them */
  return vt_plan_foresee(&d, &k->guess, t_k).needs_ps;
}

static const char *of_guess(const known *k) { return k->guess.measured ? "" : " (D assumed)"; }

/* Production of a run at t_k. */
static void needs_run(const known *k, double t_k, const char *what, vt_ranking_value *x)
{
  x->needs_ns = needs_ps(k, t_k) * 1e-3;
  (void)snprintf(x->needs, sizeof x->needs, "%sabout %.2g ns of production a run at %g K%s", what, x->needs_ns, t_k,
                 of_guess(k));
}

/* Temperatures of which the highest ones come first: a line needs two, of one glass three; so does a value beyond. */
static void needs_line(const known *k, int least, vt_ranking_value *x)
{
  if (k->n_t < least) {
    (void)snprintf(x->needs, sizeof x->needs, "%d temperatures%s", least,
                   k->n_glasses > 1 || k->arrh->resolved ? "" : ", or a second glass");
    return;
  }
  const double t_k = k->t_k[k->n_t - least], ps = needs_ps(k, t_k);
  if (ps > k->produce_ps || isnan(k->produce_ps)) {
    char now[48] = "";
    if (isfinite(k->produce_ps)) (void)snprintf(now, sizeof now, "; now %.2g ns", k->produce_ps * 1e-3);
    x->needs_ns = ps * 1e-3;
    (void)snprintf(x->needs, sizeof x->needs,
                   "about %.2g ns of production a run, which resolves the %d highest temperatures, down to %g K%s%s",
                   x->needs_ns, least, t_k, of_guess(k), now);
  } else {
    (void)snprintf(x->needs, sizeof x->needs,
                   "longer runs or more glasses: the %.2g ns of the rule of `plan` were not enough", ps * 1e-3);
  }
}

static void needs_of(const known *k, const vt_ranking_by *by, int no_results, vt_ranking_value *x)
{
  const vt_arrh *a = k->arrh;
  if (no_results)
    (void)snprintf(x->needs, sizeof x->needs, "its runs");
  else if (a->misfit.refused)
    (void)snprintf(x->needs, sizeof x->needs, "a look at its runs: longer ones do not mend it");
  else if (by->quantity == VT_RANKED_EA && a->resolved && !a->one_glass)
    (void)snprintf(x->needs, sizeof x->needs, "a wider range of temperatures, or longer runs");
  else if (a->resolved && a->one_glass)
    (void)snprintf(x->needs, sizeof x->needs, "a second glass, or another composition with two");
  else if (!a->resolved)
    needs_line(k, k->n_glasses > 1 ? 2 : 3, x);
  else if (a->resolved && !vt_arrh_is_tested(a) && k->n_glasses > 1)
    needs_line(k, 3, x);
  else if (x->extrapolated)
    needs_run(k, by->t_k, by->t_k < k->t_k[0] ? "temperatures nearer to it; " : "", x);
  else
    (void)snprintf(x->needs, sizeof x->needs, "more glasses, or longer runs");
}

/* D of the composition: its line, else the value at the lowest temperature that has one, else what `plan` assumes. */
static void guess_from(const vt_arrh *d, double t_k, double d_cm2_s, vt_guess *g)
{
  *g = vt_plan_guess();
  if (d->resolved && d->ea_ev > 0)
    *g = (vt_guess){.ea_ev = d->ea_ev, .d_cm2_s = pow(10, d->log10_ref), .t_k = d->t_ref_k, .measured = 1};
  else if (d_cm2_s > 0)
    *g = (vt_guess){.ea_ev = VT_PLAN_EA_EV, .d_cm2_s = d_cm2_s, .t_k = t_k, .measured = 1};
}

static int is_charge_observed(const vt_campaign *c)
{
  for (int i = 0; i < c->n_obs; i++)
    if (strcmp(c->obs[i].name, "charge") == 0) return 1;
  return 0;
}

static void needs_haven(const vt_campaign *c, const vt_fits *f, int comp, const vt_ranking_by *by, const known *k,
                        vt_ranking_value *x)
{
  const int t = vt_ranking_temperature(c, by->t_k);
  if (t < 0) {
    needs_run(k, by->t_k, "runs there: ", x);
    return;
  }
  const vt_group *g = &f->group[comp * c->n_temp + t];
  if (g->n_results == 0)
    (void)snprintf(x->needs, sizeof x->needs, "its runs");
  else if (g->pool.reason != VT_POOL_NO_WINDOW && isfinite(g->pool.haven_total.value))
    (void)snprintf(x->needs, sizeof x->needs, "another frame: --frame barycentric or frame-free");
  else
    needs_run(k, by->t_k, "", x);
}

/* Runs that have no result yet come before longer ones; 0: all have one. */
static int needs_its_runs(const vt_campaign *c, const vt_fits *f, int comp, const vt_ranking_by *by,
                          vt_ranking_value *x)
{
  const int t = by->quantity == VT_RANKED_HAVEN ? vt_ranking_temperature(c, by->t_k) : -1;
  const vt_run_counts n = vt_count_runs(c, f, comp, t);
  if (n.done == n.asked || (by->quantity == VT_RANKED_HAVEN && t < 0)) return 0;
  char why[sizeof x->why];
  (void)snprintf(why, sizeof why, "%s", x->why);
  (void)snprintf(x->why, sizeof x->why, "%d of its %d runs have no result (not done yet, or failed)%s%.150s",
                 n.asked - n.done, n.asked, n.done ? "; so far: " : "", n.done ? why : "");
  (void)snprintf(x->needs, sizeof x->needs, "these runs: `vitrion status` tells what became of them");
  return 1;
}

void vt_cli_rank_needs(const vt_campaign *c, const vt_fits *f, int comp, const vt_ranking_by *by, vt_ranking_value *x)
{
  if (needs_its_runs(c, f, comp, by, x)) return;
  const vt_arrh *d = &f->fitted[VT_Q_D_ALKALI].arrh[comp];
  known k = {.arrh = by->quantity == VT_RANKED_SIGMA ? &f->fitted[VT_Q_SIGMA_T].arrh[comp] : d,
             .n_glasses = c->n_glasses,
             .produce_ps = c->protocol.produce_ps};
  double lowest_k = 0, d_cm2_s = 0;
  int n_results = 0;
  for (int t = 0; t < c->n_temp; t++) {
    const vt_group *g = &f->group[comp * c->n_temp + t];
    add_temperature(&k, c->t_k[t]);
    n_results += g->n_results;
    if (g->pool.d_alkali.value > 0 && (lowest_k == 0 || c->t_k[t] < lowest_k))
      lowest_k = c->t_k[t], d_cm2_s = g->pool.d_alkali.value;
  }
  guess_from(d, lowest_k, d_cm2_s, &k.guess);
  if ((by->quantity == VT_RANKED_HAVEN || by->quantity == VT_RANKED_SIGMA) && !is_charge_observed(c))
    (void)snprintf(x->needs, sizeof x->needs, "a campaign with `observe: {charge: {}}`");
  else if (by->quantity == VT_RANKED_HAVEN)
    needs_haven(c, f, comp, by, &k, x);
  else
    needs_of(&k, by, n_results == 0, x);
}

void vt_cli_rank_needs_of_table(const vt_table *t, int comp, const vt_ranking_by *by, const vt_arrh *d,
                                vt_ranking_value *x)
{
  known k = {.arrh = d, .n_glasses = d->n_glasses, .produce_ps = (double)NAN};
  double lowest_k = 0, d_cm2_s = 0;
  int first = -1;
  for (int i = 0; i < t->n; i++) {
    const vt_point *p = &t->pt[i];
    if (p->comp != comp) continue;
    add_temperature(&k, p->t_k);
    if (first >= 0 && p->glass != first) k.n_glasses = 2;
    if (first < 0) first = p->glass, k.n_glasses = 1;
    if (p->x > 0 && (lowest_k == 0 || p->t_k < lowest_k)) lowest_k = p->t_k, d_cm2_s = p->x;
  }
  guess_from(d, lowest_k, d_cm2_s, &k.guess);
  needs_of(&k, by, 0, x);
}
