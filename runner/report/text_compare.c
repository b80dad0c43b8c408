/* text_compare.c - the comparison of compositions for people: numbers that are the ones that decide, then the verdict.
 */
#include <math.h>

#include "runner/report/report_impl.h"

/* "variance (sd in decades): alkali 0.210, metal 0.034, ..." of what is resolved. */
static void text_variance(vt_buf *out, const vt_comparison *cmp)
{
  const vt_var_split *v = &cmp->variance;
  const char *comma = "";
  if (!isfinite(v->residual)) return;
  vt_buf_printf(out, "Variance by factor (sd in decades): ");
  for (int q = 0; q < v->n_factors; q++) {
    if (!isfinite(v->factor[q])) continue;
    vt_buf_printf(out, "%s%s %.3f", comma, cmp->factor[q], v->factor[q]);
    comma = ", ";
  }
  vt_buf_printf(out, "%srest %.3f", comma, v->residual);
  if (isfinite(v->glass)) vt_buf_printf(out, "; glasses %.3f", v->glass);
  if (isfinite(v->sampling)) vt_buf_printf(out, ", sampling %.3f", v->sampling);
  vt_buf_printf(out, "\n");
}

static void text_outlying(vt_buf *out, const char *const *names, const vt_compare *c)
{
  for (int i = 0; i < c->n_outlying && i < VT_MAX_OUTLYING; i++)
    vt_buf_printf(out, "Outlying glass: number %d of %s, %+.2f decades off, counts %.2f\n", (int)c->outlying[i].glass,
                  names[c->outlying[i].comp], c->outlying[i].off_decades, c->outlying[i].weight);
}

/* The contrast whose interval reaches furthest from the mean. */
static int furthest(const vt_compare *c)
{
  int worst = 0;
  double reach = -1;
  for (int i = 0; i < c->k; i++) {
    const double r = fmax(-c->delta_lo90[i], c->delta_hi90[i]);
    if (r > reach) reach = r, worst = i;
  }
  return worst;
}

/* The three tests, each with the interval that it decides by and its limit; of two compositions tau is not asked. */
static void text_tests(vt_buf *out, const char *const *names, const vt_compare *c, const vt_compare_spec *spec)
{
  const int i = furthest(c);
  vt_buf_printf(out, "  contrast  %s %+.3f decades from the mean [%+.3f, %+.3f] (90 %%), margin %g\n",
                names[c->comp[i]], c->delta[i], c->delta_lo90[i], c->delta_hi90[i], spec->margin);
  if (c->k > 2)
    vt_buf_printf(out,
                  "  tau       %.3f decades [%.3f, %.3f] (95 %%), limit %g: standard deviation between compositions\n",
                  c->tau, c->tau_wide_lo, c->tau_wide_hi, spec->tau_margin);
  vt_buf_printf(
      out, "  range     %.3f decades [%.3f, %.3f] (95 %%), limit %g: largest less smallest, noise removed%s\n",
      c->range, c->range_lo, c->range_hi, spec->range_margin, c->k > 2 ? "" : "; the spread tau is not asked of two");
}

/* "  LiAlCl4 / NaAlCl4  D 1.48 [1.21, 1.80]": how much faster. */
static void text_ratios(vt_buf *out, const char *const *names, const char *symbol, const vt_compare *c)
{
  enum { MOST = 8 };
  vt_ratio ratio[VT_MAX_COMPARE];
  const int n = vt_compare_ratios(c, ratio), some = n < MOST ? n : MOST;
  if (n == 0) return;
  vt_buf_printf(out, "How many times as large at %g K [95 %%]%s\n", c->t_ref_k,
                c->k > VT_RATIO_PAIRS ? ": the largest over the others" : "");
  for (int i = 0; i < some; i++) {
    const vt_ratio *r = &ratio[i];
    vt_buf_printf(out, "  %s / %s  %s ", names[r->of], names[r->to], symbol);
    if (isnan(r->ratio))
      vt_buf_printf(out, "not resolved: an interval wider than three decades\n");
    else if (isnan(r->lo95))
      vt_buf_printf(out, "%.3g, one glass each: no interval\n", r->ratio);
    else
      vt_buf_printf(out, "%.3g [%.3g, %.3g]\n", r->ratio, r->lo95, r->hi95);
  }
  if (n > some) vt_buf_printf(out, "  ... and %d more (--json has all)\n", n - some);
  if (n > 1) vt_buf_printf(out, "  each interval is of one ratio, not of all at once\n");
}

static const char *verdict_means(int verdict)
{
  return verdict == VT_INSENSITIVE ? "insensitive: shown to agree within the margins"
         : verdict == VT_SENSITIVE ? "sensitive: shown to differ by more than a margin"
                                   : "undecided: neither agreement within the margins nor more than a margin is shown";
}

void vt__text_compare(vt_buf *out, const char *const *names, const char *symbol, const vt_comparison *cmp,
                      const vt_compare_spec *spec)
{
  const vt_compare *c = &cmp->at_t, *tg = &cmp->at_tg;
  if (c->k < 2) {
    vt_buf_printf(out, "Nothing to compare: %s\n", c->why);
    return;
  }
  vt_buf_printf(out, "Comparison of %d compositions at %g K (1 decade: a factor of ten)\n", (int)c->k, c->t_ref_k);
  text_tests(out, names, c, spec);
  text_ratios(out, names, symbol, c);
  text_variance(out, cmp);
  text_outlying(out, names, c);
  vt_buf_printf(out, "Verdict: %s. %s\n", vt_verdict_text((vt_verdict)c->verdict), c->why);
  vt_buf_printf(out, "  contrast: of the composition that may lie furthest off; %s\n", verdict_means(c->verdict));
  if (tg->k < 2) return;
  vt_buf_printf(out, "At equal T/Tg: ");
  if (tg->k > 2) vt_buf_printf(out, "tau %.3f decades [%.3f, %.3f]; ", tg->tau, tg->tau_wide_lo, tg->tau_wide_hi);
  vt_buf_printf(out, "%s. %s\n", vt_verdict_text((vt_verdict)tg->verdict), tg->why);
}

/* "D_Na  2 of 6 compositions, Ea 0.310 [0.290, 0.330] to 0.450 [0.430, 0.470] eV, sensitive": the least and the
 * greatest; of one composition there is no verdict. */
void vt__text_other(vt_buf *out, const vt_fitted *q, int n)
{
  const vt_arrh *least = NULL, *most = NULL;
  char text[VT__ENERGY_TEXT];
  int resolved = 0;
  for (int i = 0; i < n; i++) {
    const vt_arrh *a = &q->arrh[i];
    if (!a->resolved) continue;
    resolved++;
    if (!least || a->ea_ev < least->ea_ev) least = a;
    if (!most || a->ea_ev > most->ea_ev) most = a;
  }
  if (!least) return;
  vt__energy_text(least, text);
  vt_buf_printf(out, "%-10s %d of %d compositions, Ea %s", q->what.name, resolved, n, text);
  vt__energy_text(most, text);
  if (most != least) vt_buf_printf(out, " to %s", text);
  vt_buf_printf(out, " eV, %s\n",
                q->compare.at_t.k < 2 ? "nothing to compare" : vt_verdict_text((vt_verdict)q->compare.at_t.verdict));
}
