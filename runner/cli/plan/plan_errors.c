/* plan_errors.c - which error bars a campaign will probably get (T 14). */
#include <math.h>

#include "engine/num/num.h"
#include "runner/cli/plan/plan.h"

/* D in A^2/ps: 1 cm^2/s = 10^4 A^2/ps. */
static double rate_of(double d_cm2_s) { return 1e4 * d_cm2_s; }

int vt_plan_n_alkali(const vt_composition *c) { return vt_comp_atoms(c, VT_ROLE_MOBILE); }

vt_guess vt_plan_guess(void) { return (vt_guess){.ea_ev = VT_PLAN_EA_EV, .d_cm2_s = VT_PLAN_D_500, .t_k = 500}; }

double vt_plan_d(const vt_guess *g, double t_k)
{
  return g->d_cm2_s * exp(-g->ea_ev / VT_KB_EV * (1 / t_k - 1 / g->t_k));
}

double vt_plan_glass_scatter(double quench_rate_k_s, int n_atoms)
{
  const double slow_k_s = 1.001e12; /* 1e12 K/s as written in a campaign, after rounding */
  const int large = 336;
  return quench_rate_k_s <= slow_k_s && n_atoms >= large ? 0.06 : 0.10;
}

vt_foreseen vt_plan_foresee(const vt_design *d, const vt_guess *g, double t_k)
{
  const double least_start_ps = 5, start_a2 = 15, share = 16.0 / 9, tracer = 1.2, windows = 8;
  const double early = 0.075, early_ps = 400;
  const double n_alkali = d->n_alkali, run_ps = d->produce_ps, glasses = d->glasses;
  vt_foreseen f = {.t_k = t_k, .d_cm2_s = vt_plan_d(g, t_k)};
  const double rate = rate_of(f.d_cm2_s);
  f.t1_ps = fmax(least_start_ps, start_a2 / (6 * rate));
  f.rel_sampling = sqrt(tracer * share * f.t1_ps / (n_alkali * run_ps));
  f.rel_one = hypot(f.rel_sampling, d->glass_scatter);
  f.rel_all = f.rel_one / sqrt(glasses);
  f.haven_rel = early * sqrt(early_ps / run_ps / glasses);
  f.sigma_rel = hypot(f.rel_all, f.haven_rel);
  f.needs_ps = windows * f.t1_ps;
  f.resolved = run_ps >= f.needs_ps;
  return f;
}

void vt_plan_foresee_line(const vt_foreseen *f, int n, double t_ref_k, const vt_design *d, double *ea_se_ev,
                          double *log10_ref_se)
{
  const double slope_ev = 0.004, rest_share = 0.25; /* of one glass; of its variance, anew at every temperature */
  const double glasses = d->glasses, rest = rest_share * d->glass_scatter * d->glass_scatter,
               level = (1 - rest_share) * d->glass_scatter * d->glass_scatter;
  double sw = 0, swu = 0, swuu = 0;
  double lo = INFINITY, hi = 0;
  int resolved = 0;
  *ea_se_ev = *log10_ref_se = NAN;
  for (int i = 0; i < n; i++) {
    if (!f[i].resolved) continue;
    double w = glasses / (f[i].rel_sampling * f[i].rel_sampling + rest), u = 1 / f[i].t_k;
    sw += w, swu += w * u, swuu += w * u * u;
    lo = fmin(lo, f[i].t_k), hi = fmax(hi, f[i].t_k);
    resolved++;
  }
  double suu = swuu - swu * swu / sw; /* weighted scatter of 1/T */
  if (resolved < 2 || !(suu > 0)) return;
  double du = 1 / t_ref_k - swu / sw;
  const int is_beyond = resolved < 3 && (t_ref_k < lo || t_ref_k > hi); /* no test of a curve: no value (T 8.6) */
  *ea_se_ev = hypot(VT_KB_EV / sqrt(suu), slope_ev / sqrt(glasses));
  if (!is_beyond) *log10_ref_se = sqrt(1 / sw + du * du / suu + level / glasses) / log(10);
}

double vt_plan_half(double se, int glasses)
{
  const int known = 3; /* t(G + 3), as every number of vt_pool has it */
  return vt_t_quantile(0.975, glasses + known) * se;
}

double vt_plan_half_of_line(double se, int glasses)
{
  const int usual =
      6; /* what glasses of this class have shown counts as six: t(G - 1 + 6) without other compositions */
  return glasses < 2 ? (double)NAN : vt_t_quantile(0.975, glasses - 1 + usual) * se;
}

int vt_plan_better(const vt_design *d, const vt_guess *g, const double *t_k, int n, double *better_k)
{
  const double step = 10, least_span = 100;
  double lo = t_k[0], hi = t_k[0];
  int open = 0;
  for (int i = 0; i < n; i++) {
    lo = fmin(lo, t_k[i]);
    hi = fmax(hi, t_k[i]);
    open += !vt_plan_foresee(d, g, t_k[i]).resolved;
  }
  if (open == 0 || n < 2) return 0;
  while (lo < hi && !vt_plan_foresee(d, g, lo).resolved) lo = step * (floor(lo / step) + 1);
  if (hi - lo < least_span) return 0;
  for (int i = 0; i < n; i++) better_k[i] = step * round((lo + (hi - lo) * i / (n - 1)) / step);
  better_k[0] = lo, better_k[n - 1] = hi;
  return 1;
}
