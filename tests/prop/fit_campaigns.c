#include "tests/prop/fit_campaigns.h"

#include <math.h>

#include "engine/num/num.h"
#include "tests/support/draw.h"
#include "tests/vt_test.h"

static const double t_ref = 500, t_extra = 300, middle = 620;

static double slope_at_middle(int comp) { return 0.31 * (1 + 0.04 * comp); }

static double b_of(const fc_design *d, int comp)
{
  const double share = (middle - d->t0_k) / middle;
  return slope_at_middle(comp) / VT_KB_EV * share * share;
}

static double truth(const fc_design *d, int comp, double t_k)
{
  return -12.5 - b_of(d, comp) * (1 / (t_k - d->t0_k) - 1 / (t_ref - d->t0_k));
}

static void measure(const fc_design *d, int comp, uint64_t seed, vt_point *pt)
{
  const double size = d->alike ? 1 : comp % 2 ? 2 : 0;
  for (int g = 0; g < d->n_glasses; g++) {
    const uint32_t who = (uint32_t)(comp * FC_MOST_GLASSES + g);
    const double level = size * d->level * vt_test_normal(seed, 0, 0, who),
                 slope = size * d->slope_ev * vt_test_normal(seed, 1, 0, who);
    for (int i = 0; i < d->n_t; i++) {
      const double t = d->t_k[i], noise = hypot(d->noise, d->rest) * vt_test_normal(seed, 2, i, who);
      const double shift = (i >= d->n_t / 2 ? d->jump : 0) + (i == 1 ? d->bad : 0);
      const double x = exp(truth(d, comp, t) + level - slope * (1 / t - 1 / middle) / VT_KB_EV + noise + shift);
      *pt++ = (vt_point){.comp = comp, .glass = g, .t_k = t, .x = x, .se = d->noise * d->stated * x};
    }
  }
}

static void count_share(fc_share *s, double lo, double hi, double x)
{
  s->n++;
  s->held += (isnan(lo) || lo <= x) && (isnan(hi) || x <= hi); /* NaN: no bound was claimed */
}

static void count_misfit(const fc_design *d, const vt_misfit *m, fc_tally *t)
{
  t->n_misfit += m->kind != VT_MISFIT_NONE;
  t->n_refused += m->refused;
  if (d->jump != 0)
    t->n_named += m->kind == VT_MISFIT_JUMP && m->next_k == d->t_k[d->n_t / 2];
  else if (d->bad != 0)
    t->n_named += m->kind == VT_MISFIT_POINT && m->t_k == d->t_k[1];
}

static void count_fit(const fc_design *d, int comp, const vt_arrh *a, fc_tally *t)
{
  t->n++;
  count_misfit(d, &a->misfit, t);
  if (!a->resolved) return;
  const double q = vt_t_quantile(0.975, a->dof), steep = t_ref / (t_ref - d->t0_k);
  const vt_band at_ref = vt_arrh_at_ref(a), far = vt_arrh_extrapolated(a);
  t->n_resolved++;
  t->n_line += a->model == VT_MODEL_ARRHENIUS;
  t->n_vtf += a->model == VT_MODEL_VTF;
  count_share(&t->ea, a->ea_ev - q * a->ea_se, a->ea_ev + q * a->ea_se, slope_at_middle(comp));
  count_share(&t->level, log(at_ref.lo95), log(at_ref.hi95), truth(d, comp, t_ref));
  count_share(&t->extra, log(far.lo95), log(far.hi95), truth(d, comp, t_extra));
  if (a->model == VT_MODEL_VTF)
    count_share(&t->local, a->vtf.ea_local_lo95, a->vtf.ea_local_hi95, b_of(d, comp) * VT_KB_EV * steep * steep);
  t->half_ea += q * a->ea_se;
  if (isfinite(far.median))
    t->width += log10(far.hi95 / far.lo95), t->n_width++;
  else
    t->n_wide++;
}

void fc_add(const fc_design *d, uint64_t seed, fc_tally *t)
{
  enum { MOST = FC_MOST_COMP * FC_MOST_GLASSES * FC_MOST_T };
  static vt_point pt[MOST];
  static vt_glass_line line[MOST];
  static vt_at_t at[MOST];
  vt_err err;
  const int each = d->n_glasses * d->n_t;
  int n_lines = 0, more, n_at;
  for (int c = 0; c < d->n_comp; c++) {
    measure(d, c, seed, pt + c * each);
    VT_TEST_OK(vt_glass_lines(pt + c * each, each, t_ref, line + n_lines, &more, &err), &err);
    n_lines += more;
  }
  for (int c = 0; c < d->n_comp; c++) {
    vt_arrh a;
    vt_fit_spec spec = {.t_ref_k = t_ref, .t_extra_k = t_extra};
    VT_TEST_OK(vt_scatter_of_others(line, n_lines, c, &spec.others, &err), &err);
    VT_TEST_OK(vt_arrh_fit(pt + c * each, each, &spec, NULL, &a, &err), &err);
    count_fit(d, c, &a, t);
  }
  VT_TEST_OK(vt_values_at(pt, d->n_comp * each, VT_USUAL_LEVEL, at, &n_at, &err), &err);
  for (int k = 0; k < n_at; k++)
    count_share(&t->at_t, log(at[k].lo95), log(at[k].hi95), truth(d, at[k].comp, at[k].t_k));
}

double fc_percent(fc_share s) { return 100.0 * s.held / s.n; }
