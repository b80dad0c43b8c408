/* plan_errors.c - which error bars a campaign will probably get. */
#include <math.h>

#include "runner/cli/plan.h"

int vt_plan_n_alkali(const vt_composition *c)
{
  int n = 0;
  for (int s = 0; s < c->n_species; s++)
    if (vt_element_role(c->z[s]) == 'A') n += c->count[s];
  return n;
}

vt_foreseen vt_plan_foresee(int n_alkali, double t_k, double produce_ps, int glasses)
{
  const double least_n_eff = 50;   /* below it the formula has no data (He et al.) */
  const double longest_lag = 0.5;  /* of the run                                   */
  const double window_end = 0.25;  /* of the run: where the fit of D ends          */
  const double least_start_ps = 5; /* where it begins at the earliest              */
  const double a2 = VT_PLAN_SITE_A * VT_PLAN_SITE_A;
  vt_foreseen f = {.t_k = t_k};
  f.d_cm2_s = VT_PLAN_D_500 * exp(-VT_PLAN_EA_EV / VT_KB_EV * (1 / t_k - 1 / 500.0));
  double msd_rate = 6 * f.d_cm2_s * 1e4; /* A^2/ps: 1 cm^2/s = 10^4 A^2/ps */
  f.n_eff = n_alkali * msd_rate * longest_lag * produce_ps / a2;
  f.rel_one = 3.43 / sqrt(f.n_eff) + 0.04;
  f.rel_all = f.rel_one / sqrt(glasses);
  /* The window begins at MSD = a^2/2 and must see it grow by as much again (THEORY.md: window rule). */
  f.needs_ps = fmax(a2 / msd_rate, 2 * least_start_ps) / window_end;
  f.needs_ps = fmax(f.needs_ps, least_n_eff * a2 / (n_alkali * msd_rate * longest_lag));
  f.resolved = produce_ps >= f.needs_ps;
  return f;
}

void vt_plan_foresee_line(const vt_foreseen *f, int n, double t_ref_k, double *ea_se_ev, double *log10_ref_se)
{
  double sw = 0, swu = 0, swuu = 0;
  int resolved = 0;
  *ea_se_ev = *log10_ref_se = NAN;
  for (int i = 0; i < n; i++) {
    if (!f[i].resolved) continue;
    double w = 1 / (f[i].rel_all * f[i].rel_all), u = 1 / f[i].t_k;
    sw += w, swu += w * u, swuu += w * u * u;
    resolved++;
  }
  double suu = swuu - swu * swu / sw; /* weighted scatter of 1/T */
  if (resolved < 2 || !(suu > 0)) return;
  double du = 1 / t_ref_k - swu / sw;
  *ea_se_ev = VT_KB_EV / sqrt(suu);
  *log10_ref_se = sqrt(1 / sw + du * du / suu) / log(10);
}
