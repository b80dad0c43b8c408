/* Do the compositions differ, and by how much: spread, contrasts, verdict (T 9). */
#include <math.h>
#include <stdio.h>

#include "engine/ana/ana_impl.h"
#include "engine/num/num.h"

/* Compositions that take part, with a pooled sampling variance each (T 9.1). */
typedef struct table {
  int k, left_out;
  int single;       /* none of them has more than one glass */
  double dof;       /* behind the pooled variance           */
  double per_glass; /* variance between glasses, decades^2; NaN if single */
  const vt_arrh *fit[VT_MAX_COMPARE];
  double y[VT_MAX_COMPARE], s2[VT_MAX_COMPARE];
} table;

const char *vt_verdict_text(vt_verdict v)
{
  switch (v) {
  case VT_INSENSITIVE:
    return "insensitive";
  case VT_SENSITIVE:
    return "sensitive";
  case VT_UNDECIDED:
    break;
  }
  return "undecided";
}

static vt_status collect(table *t, const vt_arrh *fits, int n, int32_t *comp, vt_err *err)
{
  for (int i = 0; i < n; i++) {
    const vt_arrh *f = &fits[i];
    if (!f->resolved || !isfinite(f->log10_ref) || !isfinite(f->log10_ref_se)) {
      t->left_out++;
      continue;
    }
    if (t->k == VT_MAX_COMPARE) VT_FAIL(err, VT_EINVAL, "more than %d compositions to compare", VT_MAX_COMPARE);
    if (fabs(f->t_ref_k - fits[t->k ? comp[0] : i].t_ref_k) > 1e-9 * f->t_ref_k)
      VT_FAIL(err, VT_EINVAL, "compositions %d and %d were fitted at reference temperatures of %g and %g K",
              (int)comp[0], i, fits[comp[0]].t_ref_k, f->t_ref_k);
    comp[t->k] = i;
    t->fit[t->k++] = f;
  }
  return VT_OK;
}

/* Variances s2 of the compositions' values from standard errors se.  Compositions with several glasses share one
 * variance between glasses: with five glasses each own estimate scatters by a third, and weights 1/s^2 would follow
 * that scatter (T 9.1).  A single glass has at least that variance.  Returns it, NaN if nobody has two glasses. */
static double pool(const table *t, const double *se, double *s2)
{
  double sum = 0, dof = 0;
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    if (g < 2) continue;
    sum += (g - 1.0) * g * se[i] * se[i];
    dof += g - 1;
  }
  double per_glass = dof > 0 ? sum / dof : (double)NAN;
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    s2[i] = g > 1 ? per_glass / g : fmax(se[i] * se[i], dof > 0 ? per_glass : 0);
  }
  return per_glass;
}

static vt_status fill_table(table *t, const vt_arrh *fits, int n, int32_t *comp, vt_err *err)
{
  double se[VT_MAX_COMPARE] = {0}, dof_many = 0, dof_single = 0;
  VT_PASS(collect(t, fits, n, comp, err));
  for (int i = 0; i < t->k; i++) {
    t->y[i] = t->fit[i]->log10_ref;
    se[i] = t->fit[i]->log10_ref_se;
    *(t->fit[i]->n_glasses > 1 ? &dof_many : &dof_single) += t->fit[i]->dof;
  }
  t->per_glass = pool(t, se, t->s2);
  t->single = isnan(t->per_glass);
  t->dof = t->single ? dof_single : dof_many;
  for (int i = 0; i < t->k; i++)
    if (!(t->s2[i] > 0)) VT_FAIL(err, VT_EINVAL, "composition %d has a value without an error", (int)comp[i]);
  return VT_OK;
}

/* ------------------------------------------------------------------ contrasts */

/* Composition minus random-effects mean, with the 90 % interval of its sampling error: two one-sided tests at 5 %
 * (T 9.4). */
static void contrasts(const table *t, double tau2, double margin, vt_compare *c)
{
  double sum_w = 0, noise = 0, quantile = vt_t_quantile(0.95, t->dof);
  for (int i = 0; i < t->k; i++) sum_w += 1 / (t->s2[i] + tau2);
  for (int i = 0; i < t->k; i++) { /* variance of the mean */
    double w = 1 / (t->s2[i] + tau2) / sum_w;
    noise += w * w * t->s2[i];
  }
  for (int i = 0; i < t->k; i++) {
    double w = 1 / (t->s2[i] + tau2) / sum_w;
    double half = quantile * sqrt((1 - 2 * w) * t->s2[i] + noise);
    c->delta[i] = t->y[i] - c->mean_decades;
    c->delta_lo90[i] = c->delta[i] - half;
    c->delta_hi90[i] = c->delta[i] + half;
    c->equivalent[i] = c->delta_lo90[i] > -margin && c->delta_hi90[i] < margin;
  }
}

/* ------------------------------------------------------------------ range */

/* One draw of the true values given the data and tau2: shrunk means with their spread (T 9.3). */
static double draw_range(const table *t, double tau2, uint64_t key, int b, const double *g)
{
  double mean_g[2], sum_w = 0, lo = INFINITY, hi = -INFINITY;
  for (int i = 0; i < t->k; i++) sum_w += 1 / (t->s2[i] + tau2);
  vt_rng_normal2(key, VT_STREAM_BOOTSTRAP, 1, b, 0, mean_g);
  double mean = vt__effects_mean(t->k, t->y, t->s2, tau2) + mean_g[0] / sqrt(sum_w);
  for (int i = 0; i < t->k; i++) {
    double shrink = t->s2[i] / (t->s2[i] + tau2);
    double theta = shrink * mean + (1 - shrink) * t->y[i] + sqrt(shrink * tau2) * g[i];
    lo = fmin(lo, theta);
    hi = fmax(hi, theta);
  }
  return hi - lo;
}

/* Noise-corrected range with a 95 % interval, by draws: tau2 from the distribution behind its Q-profile interval, then
 * the values of the compositions (T 9.3). */
static vt_status range_by_draws(const table *t, uint64_t key, vt_compare *c, vt_err *err)
{
  enum { DRAWS = 4000 }; /* a 2.5 % point then scatters by a tenth of the distance to the 5 % point */
  void *block;
  VT_TRY(vt_calloc64(&block, DRAWS, sizeof(double), err), err, "range of %d compositions", t->k);
  double *range = block;
  for (int b = 0; b < DRAWS; b++) {
    double g[VT_MAX_COMPARE], q = 0;
    for (int i = 0; i < t->k; i++) {
      double pair[2];
      vt_rng_normal2(key, VT_STREAM_BOOTSTRAP, 0, b, (uint32_t)i, pair);
      g[i] = pair[0];
      if (i > 0) q += pair[1] * pair[1]; /* chi-square with k-1 degrees of freedom */
    }
    range[b] = draw_range(t, vt__effects_tau2(t->k, t->y, t->s2, q), key, b, g);
  }
  c->range = vt_quantile_inplace(range, DRAWS, 0.5);
  c->range_lo = vt_quantile_inplace(range, DRAWS, 0.025);
  c->range_hi = vt_quantile_inplace(range, DRAWS, 0.975);
  vt_free(block);
  return VT_OK;
}

/* Two compositions: the range is their difference. */
static void range_of_two(const table *t, vt_compare *c)
{
  double d = fabs(t->y[0] - t->y[1]), s2 = t->s2[0] + t->s2[1], half = vt_t_quantile(0.975, t->dof) * sqrt(s2);
  c->range = sqrt(fmax(0, d * d - s2));
  c->range_lo = fmax(0, d - half);
  c->range_hi = d + half;
}

/* ------------------------------------------------------------------ p values and activation energies */

/* One-way analysis of variance with glasses as the error stratum: do the compositions share one value?  NaN unless each
 * of them has two glasses (T 9.5). */
static double p_common(const table *t, const double *y, double per_glass)
{
  double sum = 0, mean = 0, between = 0, dof = 0;
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    if (g < 2) return (double)NAN;
    sum += g;
    mean += g * y[i];
    dof += g - 1;
  }
  mean /= sum;
  for (int i = 0; i < t->k; i++) between += t->fit[i]->n_glasses * (y[i] - mean) * (y[i] - mean);
  return 1 - vt_f_cdf(between / (t->k - 1) / per_glass, t->k - 1, dof);
}

static void activation_energies(const table *t, vt_compare *c)
{
  double ea[VT_MAX_COMPARE] = {0}, se[VT_MAX_COMPARE] = {0}, s2[VT_MAX_COMPARE];
  for (int i = 0; i < t->k; i++) {
    ea[i] = t->fit[i]->ea_ev;
    se[i] = t->fit[i]->ea_se;
  }
  double per_glass = pool(t, se, s2);
  for (int i = 0; i < t->k; i++)
    if (!(s2[i] > 0) || !isfinite(ea[i])) return; /* tau_ea_ev stays NaN */
  c->tau_ea_ev = sqrt(vt__effects_tau2(t->k, ea, s2, t->k - 1));
  c->p_common_slope = p_common(t, ea, per_glass);
}

/* ------------------------------------------------------------------ verdict (T 9.6) */

static int find_outside(const vt_compare *c, double margin)
{
  for (int i = 0; i < c->k; i++)
    if (c->delta_lo90[i] > margin || c->delta_hi90[i] < -margin) return i;
  return -1;
}

/* The contrast whose interval reaches furthest. */
static int find_furthest(const vt_compare *c)
{
  int worst = 0;
  double reach = 0;
  for (int i = 0; i < c->k; i++) {
    double r = fmax(-c->delta_lo90[i], c->delta_hi90[i]);
    if (r > reach) reach = r, worst = i;
  }
  return worst;
}

static int is_sensitive(const table *t, const vt_compare_limits *lim, vt_compare *c)
{
  const char *caveat = t->single ? " (one glass each: the spread between glasses is not in these intervals)" : "";
  int i = find_outside(c, lim->margin);
  if (i >= 0)
    (void)snprintf(c->why, sizeof c->why,
                   "composition row %d differs from the mean by %+.2f decades (90 %%: %+.2f to %+.2f), beyond %.2f%s",
                   (int)c->comp[i], c->delta[i], c->delta_lo90[i], c->delta_hi90[i], lim->margin, caveat);
  else if (c->k > 2 && c->tau_lo > lim->tau_margin)
    (void)snprintf(c->why, sizeof c->why, "the spread tau is at least %.2f decades (95 %%), beyond %.2f%s", c->tau_lo,
                   lim->tau_margin, caveat);
  else if (c->range_lo > lim->range_margin)
    (void)snprintf(c->why, sizeof c->why, "the range is at least %.2f decades (95 %%), beyond %.2f%s", c->range_lo,
                   lim->range_margin, caveat);
  else
    return 0;
  return 1;
}

/* What stands between a contrast and equivalence, and how many glasses would remove it. */
static void explain_contrast(const table *t, const vt_compare *c, double margin, char *why, size_t n)
{
  int i = find_furthest(c);
  double half = 0.5 * (c->delta_hi90[i] - c->delta_lo90[i]), room = margin - fabs(c->delta[i]);
  const double most_ratio = 4; /* 16 times the glasses: beyond that no count is an honest advice */
  int have = t->fit[i]->n_glasses;
  if (have > 1 && half > room && half < most_ratio * room)
    (void)snprintf(
        why, n,
        "composition row %d: the 90 %% interval %+.2f to %+.2f leaves +-%.2f decades; about %.0f glasses each "
        "would be needed instead of %d",
        (int)c->comp[i], c->delta_lo90[i], c->delta_hi90[i], margin, ceil(have * (half / room) * (half / room)), have);
  else
    (void)snprintf(why, n,
                   "composition row %d: the 90 %% interval %+.2f to %+.2f straddles the margin of %.2f decades; more "
                   "glasses would tell on which side it lies",
                   (int)c->comp[i], c->delta_lo90[i], c->delta_hi90[i], margin);
}

static void decide(const table *t, const vt_compare_limits *lim, vt_compare *c)
{
  int all_equivalent = 1;
  for (int i = 0; i < c->k; i++) all_equivalent = all_equivalent && c->equivalent[i];
  c->verdict = VT_UNDECIDED;
  if (is_sensitive(t, lim, c))
    c->verdict = VT_SENSITIVE;
  else if (t->left_out > 0)
    (void)snprintf(c->why, sizeof c->why,
                   "%d of %d compositions have no resolved value: they need longer runs or more temperatures before "
                   "insensitivity can be claimed",
                   t->left_out, t->left_out + c->k);
  else if (t->single)
    (void)snprintf(
        c->why, sizeof c->why,
        "one glass for each composition: the spread between glasses is unknown; at least 2, better 5 glasses "
        "are needed");
  else if (!all_equivalent)
    explain_contrast(t, c, lim->margin, c->why, sizeof c->why);
  else if (c->k > 2 && !(c->tau_hi < lim->tau_margin))
    (void)snprintf(c->why, sizeof c->why,
                   "the spread tau may be up to %.2f decades (95 %%), the limit is %.2f: more compositions (now %d) or "
                   "more glasses are needed",
                   c->tau_hi, lim->tau_margin, (int)c->k);
  else if (!(c->range_hi < lim->range_margin))
    (void)snprintf(c->why, sizeof c->why,
                   "the range may be up to %.2f decades (95 %%), the limit is %.2f: more glasses are needed",
                   c->range_hi, lim->range_margin);
  else {
    c->verdict = VT_INSENSITIVE;
    (void)snprintf(
        c->why, sizeof c->why,
        "all %d compositions lie within %.2f decades of the mean (90 %%) and the range is below %.2f (95 %%)",
        (int)c->k, lim->margin, lim->range_margin);
  }
}

/* ------------------------------------------------------------------ public */

static void nothing_compared(vt_compare *c)
{
  const double no = (double)NAN;
  *c = (vt_compare){.verdict = VT_UNDECIDED,
                    .t_ref_k = no,
                    .mean_decades = no,
                    .tau = no,
                    .tau_lo = no,
                    .tau_hi = no,
                    .tau_dl = no,
                    .range = no,
                    .range_lo = no,
                    .range_hi = no,
                    .i2 = no,
                    .q = no,
                    .q_p = no,
                    .tau_ea_ev = no,
                    .p_common_slope = no,
                    .p_common_level = no};
}

static vt_status compare_all(const table *t, const vt_compare_limits *lim, uint64_t key, vt_compare *c, vt_err *err)
{
  vt__effects e;
  vt__effects_fit(t->k, t->y, t->s2, &e);
  c->t_ref_k = t->fit[0]->t_ref_k;
  c->mean_decades = e.mean;
  c->tau = sqrt(e.tau2);
  c->tau_lo = sqrt(e.tau2_lo);
  c->tau_hi = sqrt(e.tau2_hi);
  c->tau_dl = sqrt(e.tau2_dl);
  c->q = e.q;
  c->q_p = e.q_p;
  c->i2 = e.i2;
  contrasts(t, e.tau2, lim->margin, c);
  if (t->k == 2)
    range_of_two(t, c);
  else
    VT_PASS(range_by_draws(t, key, c, err));
  c->p_common_level = p_common(t, t->y, t->per_glass);
  activation_energies(t, c);
  decide(t, lim, c);
  return VT_OK;
}

vt_status vt_compare_fits(const vt_arrh *fits, int n, const vt_compare_limits *lim, uint64_t key, vt_compare *out,
                          vt_err *err)
{
  if (n < 0) VT_FAIL(err, VT_EINVAL, "comparison of %d compositions", n);
  if (!(lim->margin > 0 && lim->tau_margin > 0 && lim->range_margin > 0))
    VT_FAIL(err, VT_EINVAL, "margins of %g, %g and %g decades, expected positive numbers", lim->margin, lim->tau_margin,
            lim->range_margin);
  vt_status rc = VT_OK;
  void *block = NULL;
  VT_TRY_OUT(vt_calloc64(&block, 1, sizeof(table), err), err, "comparison of %d compositions", n);
  table *t = block;
  nothing_compared(out);
  VT_TRY_OUT(fill_table(t, fits, n, out->comp, err), err, "comparison of %d compositions", n);
  out->k = t->k;
  if (t->k < 2)
    (void)snprintf(out->why, sizeof out->why, "%d of %d compositions are resolved: at least two are needed", t->k, n);
  else
    VT_TRY_OUT(compare_all(t, lim, key, out, err), err, "comparison of %d compositions", n);
out:
  vt_free(block);
  return rc;
}
