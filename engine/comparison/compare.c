/* Do the compositions differ, and by how much: spread and contrasts (T 9.1 - 9.4). */
#include <math.h>
#include <stdio.h>

#include "engine/comparison/comparison_impl.h"
#include "engine/num/num.h"

static vt_status collect(vt__screen *t, int32_t *comp, vt_err *err)
{
  const vt_arrh *fits = t->in->fits;
  for (int i = 0; i < t->in->n; i++) {
    const vt_arrh *f = &fits[i];
    const int is_known = f->resolved && isfinite(f->log10_ref) && isfinite(f->log10_ref_se);
    const int is_beyond = f->extrapolates && !vt_arrh_is_tested(f); /* there may be a curve */
    if (!is_known || is_beyond) {
      t->left_out++;
      t->beyond += is_known;
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

/* The lines of the compositions that take part, grouped by them. */
static vt_status collect_lines(vt__screen *t, const int32_t *comp, vt_err *err)
{
  const vt_compare_input *in = t->in;
  if (!in->glass) return VT_OK;
  for (int i = 0; i < t->k; i++) {
    int count = 0;
    for (int j = 0; j < in->n_glass; j++) {
      if (in->glass[j].comp != comp[i]) continue;
      t->line[t->n_line] = &in->glass[j];
      t->owner[t->n_line] = i;
      t->weight[t->n_line++] = 1;
      count++;
    }
    if (count != t->fit[i]->n_glasses)
      VT_FAIL(err, VT_EINVAL, "the fit of composition %d has %d glasses, but %d lines of glasses came with it",
              (int)comp[i], (int)t->fit[i]->n_glasses, count);
  }
  return VT_OK;
}

/* Standard error of composition i by the scatter of its own glasses alone, which is what is pooled here; without lines
 * that of its fit. */
static double own_error(const vt__screen *t, int i, int slope)
{
  const vt_arrh *f = t->fit[i];
  double mean = 0, sum = 0;
  const int g = f->n_glasses;
  if (t->n_line == 0 || g < 2) return slope ? f->ea_se : f->log10_ref_se;
  for (int pass = 0; pass < 2; pass++)
    for (int j = 0; j < t->n_line; j++) {
      if (t->owner[j] != i) continue;
      const double x = slope ? t->line[j]->ea_ev : t->line[j]->log10_ref;
      if (pass == 0)
        mean += x / g;
      else
        sum += (x - mean) * (x - mean);
    }
  return sqrt(sum / (g - 1.0) / g);
}

double vt__sampling(const vt__screen *t, int slope)
{
  double sum = 0;
  for (int j = 0; j < t->n_line; j++) sum += slope ? t->line[j]->var_ea : t->line[j]->var_ref;
  return t->n_line > 0 ? sum / t->n_line : 0;
}

/* Variances of the compositions are at least what sampling makes of one glass, divided by its glasses. */
static double at_least_sampling(const vt__screen *t, int slope, double per_glass, double *s2)
{
  const double least = vt__sampling(t, slope);
  if (!(per_glass < least)) return per_glass;
  for (int i = 0; i < t->k; i++) s2[i] = fmax(s2[i], least / t->fit[i]->n_glasses);
  return least;
}

static vt_status fill_screen(vt__screen *t, int32_t *comp, vt_err *err)
{
  double se[VT_MAX_COMPARE] = {0}, dof_many = 0, dof_single = 0;
  VT_PASS(collect(t, comp, err));
  VT_PASS(collect_lines(t, comp, err));
  for (int i = 0; i < t->k; i++) {
    t->y[i] = t->fit[i]->log10_ref;
    se[i] = own_error(t, i, 0);
    if (t->fit[i]->n_glasses > 1)
      dof_many += t->fit[i]->n_glasses - 1;
    else
      dof_single += t->fit[i]->dof;
  }
  t->per_glass = at_least_sampling(t, 0, vt__pool(t, se, t->s2), t->s2);
  t->single = isnan(t->per_glass);
  t->dof = t->single ? dof_single : dof_many;
  for (int i = 0; i < t->k; i++) t->without_error |= !(t->s2[i] > 0);
  vt__pool_lines(t);
  return VT_OK;
}

double vt__level(const vt__screen *t) { return 0.05 * t->share; }

/* ------------------------------------------------------------------ contrasts */

/* Composition minus random-effects mean, with the 90 % interval of its sampling error: two one-sided tests at 5 %
 * (T 9.4); a wider one at a look of several. */
static void contrasts(const vt__screen *t, double tau2, double margin, vt_compare *c)
{
  double sum_w = 0, noise = 0, quantile = vt_t_quantile(1 - vt__level(t), t->dof);
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

/* One draw of the true values given the data, tau2 and variances s2: shrunk means with their spread (T 9.3). */
static double draw_range(const vt__screen *t, const double *s2, double tau2, uint64_t key, int b, const double *g)
{
  double mean_g[2], sum_w = 0, lo = INFINITY, hi = -INFINITY;
  for (int i = 0; i < t->k; i++) sum_w += 1 / (s2[i] + tau2);
  vt_rng_normal2(key, VT_STREAM_BOOTSTRAP, 1, b, 0, mean_g);
  double mean = vt__effects_mean(t->k, t->y, s2, tau2) + mean_g[0] / sqrt(sum_w);
  for (int i = 0; i < t->k; i++) {
    double shrink = s2[i] / (s2[i] + tau2);
    double theta = shrink * mean + (1 - shrink) * t->y[i] + sqrt(shrink * tau2) * g[i];
    lo = fmin(lo, theta);
    hi = fmax(hi, theta);
  }
  return hi - lo;
}

/* Variances of the errors, which are known to `dof` degrees of freedom only: s2 dof / chi-square(dof). */
static void draw_variances(const vt__screen *t, uint64_t key, int b, double *s2)
{
  double sum = 0;
  int dof = (int)t->dof;
  for (int i = 0; i < dof; i += 2) {
    double pair[2];
    vt_rng_normal2(key, VT_STREAM_BOOTSTRAP, 2, b, (uint32_t)i, pair);
    sum += pair[0] * pair[0] + (i + 1 < dof ? pair[1] * pair[1] : 0);
  }
  for (int i = 0; i < t->k; i++) s2[i] = dof > 0 ? t->s2[i] * dof / sum : t->s2[i];
}

/* Noise-corrected range and tau with 95 % intervals, by draws: the variances of the errors, tau2 from the distribution
 * behind its Q-profile interval, then the values of the compositions (T 9.3). */
static vt_status range_by_draws(const vt__screen *t, uint64_t key, vt_compare *c, vt_err *err)
{
  enum { DRAWS = 4000 }; /* a 2.5 % point then scatters by a tenth of the distance to the 5 % point */
  void *block;
  VT_TRY(vt_calloc64(&block, 2 * (size_t)DRAWS, sizeof(double), err), err, "range of %d compositions", t->k);
  double *range = block, *spread = range + DRAWS;
  for (int b = 0; b < DRAWS; b++) {
    double g[VT_MAX_COMPARE], s2[VT_MAX_COMPARE], q = 0;
    vt_alive();
    for (int i = 0; i < t->k; i++) {
      double pair[2];
      vt_rng_normal2(key, VT_STREAM_BOOTSTRAP, 0, b, (uint32_t)i, pair);
      g[i] = pair[0];
      if (i > 0) q += pair[1] * pair[1]; /* chi-square with k-1 degrees of freedom */
    }
    draw_variances(t, key, b, s2);
    double tau2 = vt__effects_tau2(t->k, t->y, s2, q);
    range[b] = draw_range(t, s2, tau2, key, b, g);
    spread[b] = sqrt(tau2);
  }
  c->range = vt_quantile_inplace(range, DRAWS, 0.5);
  const double tail = vt__level(t) / 2;
  c->range_lo = vt_quantile_inplace(range, DRAWS, tail);
  c->range_hi = vt_quantile_inplace(range, DRAWS, 1 - tail);
  c->tau_wide_lo = vt_quantile_inplace(spread, DRAWS, tail);
  c->tau_wide_hi = vt_quantile_inplace(spread, DRAWS, 1 - tail);
  vt_free(block);
  return VT_OK;
}

/* One degree of freedom bounds no spread: beside a verdict on two compositions such numbers would only contradict it.
 */
static void no_spread(vt_compare *c) { c->tau = c->tau_lo = c->tau_hi = c->tau_dl = c->tau_ea_ev = (double)NAN; }

/* Two compositions: the range is their difference. */
static void range_of_two(const vt__screen *t, vt_compare *c)
{
  double d = fabs(t->y[0] - t->y[1]), s2 = t->s2[0] + t->s2[1],
         half = vt_t_quantile(1 - vt__level(t) / 2, t->dof) * sqrt(s2);
  c->range = sqrt(fmax(0, d * d - s2));
  c->range_lo = fmax(0, d - half);
  c->range_hi = d + half;
}

/* ------------------------------------------------------------------ activation energies, outlying glasses */

static void activation_energies(const vt__screen *t, vt_compare *c)
{
  double ea[VT_MAX_COMPARE] = {0}, se[VT_MAX_COMPARE] = {0}, s2[VT_MAX_COMPARE];
  for (int i = 0; i < t->k; i++) {
    ea[i] = t->fit[i]->ea_ev;
    se[i] = own_error(t, i, 1);
  }
  double per_glass = at_least_sampling(t, 1, vt__pool(t, se, s2), s2);
  for (int i = 0; i < t->k; i++)
    if (!(s2[i] > 0) || !isfinite(ea[i])) return; /* tau_ea_ev stays NaN */
  c->tau_ea_ev = sqrt(vt__effects_tau2(t->k, ea, s2, t->k - 1));
  c->p_common_slope = vt__p_equal(t, ea, per_glass);
}

/* Every glass that does not count fully is named (T 9.7). */
static void list_outlying(const vt__screen *t, vt_compare *c)
{
  for (int j = 0; j < t->n_line; j++) {
    if (!(t->weight[j] < 1)) continue;
    if (c->n_outlying < VT_MAX_OUTLYING)
      c->outlying[c->n_outlying] = (vt_outlying){.comp = t->line[j]->comp,
                                                 .glass = t->line[j]->glass,
                                                 .off_decades = t->line[j]->log10_ref - t->y[t->owner[j]],
                                                 .weight = t->weight[j]};
    c->n_outlying++;
  }
}

/* ------------------------------------------------------------------ public */

static void nothing_compared(vt_compare *c)
{
  const double no = (double)NAN;
  *c = (vt_compare){.verdict = VT_UNDECIDED,
                    .t_ref_k = no,
                    .mean_decades = no,
                    .next_lo95 = no,
                    .next_hi95 = no,
                    .tau = no,
                    .tau_lo = no,
                    .tau_hi = no,
                    .tau_dl = no,
                    .tau_wide_lo = no,
                    .tau_wide_hi = no,
                    .range = no,
                    .range_lo = no,
                    .range_hi = no,
                    .i2 = no,
                    .q = no,
                    .q_p = no,
                    .tau_ea_ev = no,
                    .glass_sd_decades = no,
                    .p_permutation = no,
                    .p_common_slope = no,
                    .p_common_level = no};
}

/* Where one more composition of the same kind would lie: the spread and the error of the mean (T 9.2). */
static void predict(const vt__screen *t, const vt__effects *e, vt_compare *c)
{
  double sum_w = 0;
  if (t->k < 3) return; /* t(k - 2) has no degree of freedom left */
  for (int i = 0; i < t->k; i++) sum_w += 1 / (t->s2[i] + e->tau2);
  const double half = vt_t_quantile(0.975, t->k - 2) * sqrt(e->tau2 + 1 / sum_w);
  c->next_lo95 = e->mean - half;
  c->next_hi95 = e->mean + half;
}

static vt_status compare_all(const vt__screen *t, vt_compare *c, vt_err *err)
{
  vt__effects e;
  vt__effects_fit(t->k, t->y, t->s2, &e);
  c->t_ref_k = t->fit[0]->t_ref_k;
  c->mean_decades = e.mean;
  c->tau = sqrt(e.tau2);
  c->tau_lo = sqrt(e.tau2_lo);
  c->tau_hi = sqrt(e.tau2_hi);
  c->tau_dl = sqrt(e.tau2_dl);
  predict(t, &e, c);
  c->q = e.q;
  c->q_p = e.q_p;
  c->i2 = e.i2;
  c->glass_sd_decades = sqrt(t->per_glass);
  c->dof = t->single ? 0 : t->dof;
  for (int i = 0; i < t->k; i++) c->value[i] = t->y[i], c->variance[i] = t->s2[i];
  contrasts(t, e.tau2, t->in->lim.margin, c);
  if (t->k == 2)
    range_of_two(t, c);
  else
    VT_PASS(range_by_draws(t, t->in->key, c, err));
  c->p_common_level = vt__p_level(t);
  activation_energies(t, c);
  VT_PASS(vt__p_permutation(t, t->in->key, &c->p_permutation, err));
  list_outlying(t, c);
  if (t->k == 2) no_spread(c);
  vt__decide(t, c);
  return VT_OK;
}

static vt_status open_screen(vt__screen *t, const vt_compare_input *in, vt_err *err)
{
  void *p;
  size_t n = in->glass ? (size_t)in->n_glass : 0;
  t->in = in;
  t->share = in->share > 0 ? in->share : 1;
  VT_PASS(vt_calloc64(&p, n + 1, sizeof *t->line, err));
  t->line = p;
  VT_PASS(vt_calloc64(&p, n + 1, sizeof *t->owner, err));
  t->owner = p;
  VT_PASS(vt_calloc64(&p, n + 1, sizeof *t->weight, err));
  t->weight = p;
  return VT_OK;
}

static void close_screen(vt__screen *t)
{
  if (!t) return;
  vt_free(t->line);
  vt_free(t->owner);
  vt_free(t->weight);
  vt_free(t);
}

vt_status vt_compare_fits(const vt_compare_input *in, vt_compare *out, vt_err *err)
{
  const vt_compare_limits *lim = &in->lim;
  if (in->n < 0 || in->n_glass < 0)
    VT_FAIL(err, VT_EINVAL, "comparison of %d compositions with %d glasses", in->n, in->n_glass);
  if (!(lim->margin > 0 && lim->tau_margin > 0 && lim->range_margin > 0))
    VT_FAIL(err, VT_EINVAL, "margins of %g, %g and %g decades, expected positive numbers", lim->margin, lim->tau_margin,
            lim->range_margin);
  if (!(in->share >= 0 && in->share <= 1))
    VT_FAIL(err, VT_EINVAL, "a share of %g of the chance of error, expected 0 to 1", in->share);
  vt_status rc = VT_OK;
  void *block = NULL;
  vt__screen *t = NULL;
  VT_TRY_OUT(vt_calloc64(&block, 1, sizeof *t, err), err, "comparison of %d compositions", in->n);
  t = block;
  VT_TRY_OUT(open_screen(t, in, err), err, "comparison of %d compositions", in->n);
  nothing_compared(out);
  VT_TRY_OUT(fill_screen(t, out->comp, err), err, "comparison of %d compositions", in->n);
  out->k = t->k;
  if (t->without_error) {
    out->k = 0;
    (void)snprintf(
        out->why, sizeof out->why,
        "the glasses of every composition that has several agree to the last digit: nothing tells how far to "
        "trust a difference");
  } else if (in->n == 1)
    (void)snprintf(out->why, sizeof out->why, "one composition");
  else if (t->k < 2)
    (void)snprintf(out->why, sizeof out->why, "%d of %d compositions are resolved, at least two are needed%s", t->k,
                   in->n, vt__beyond_text(t));
  else
    VT_TRY_OUT(compare_all(t, out, err), err, "comparison of %d compositions", in->n);
out:
  close_screen(t);
  return rc;
}
