/* The glass transition of a simulated quench: the kink of V(T) (T 8.7). */
#include <math.h>
#include <stdlib.h>

#include "engine/fits/fits_impl.h"

enum { LEAST_ROWS = 12, SCAN = 64 };

/* Rows that count, and the line with a kink at a trial temperature. */
typedef struct quench {
  int n;
  double *t_k, *v;         /* [n]                                */
  double *x, *rest, *ones; /* design [4 n], residuals, variances */
  double scale;            /* of v: the last volume              */
  vt_lsq fit;
  void *block;
} quench;

VT_REASONS(vt_tg_reasons, VT_TG_REASONS);
const char *vt_tg_reason_text(vt_tg_reason r) { return vt_reason_text(&vt_tg_reasons, (int)r); }

/* Rows from the second one whose volume differs from the row before: above npt_below_k the cell is fixed, one row is a
 * mixture, and then the volume needs some picoseconds to find its value. */
static vt_status select_rows(quench *q, int n, const double *rows, double npt_below_k, vt_err *err)
{
  const double settle_k = 20;
  size_t m = (size_t)n;
  int moves = 0;
  VT_TRY(vt_calloc64(&q->block, 8 * m, sizeof(double), err), err, "V(T) of %d rows", n);
  q->t_k = q->block, q->v = q->t_k + m, q->x = q->v + m, q->rest = q->x + 4 * m, q->ones = q->rest + m;
  double before = (double)NAN;
  for (int i = 0; i < n; i++) {
    double t = rows[i * VT_TG_COLUMNS], v = rows[i * VT_TG_COLUMNS + 1];
    if (!isfinite(t) || !isfinite(v)) continue;
    if (v <= 0) VT_FAIL(err, VT_EINVAL, "row %d of a quench has the volume %g", i, v);
    moves += isfinite(before) && fabs(v - before) > 1e-9 * v;
    before = v;
    if (moves < 2 || !(t < npt_below_k - settle_k)) continue;
    q->t_k[q->n] = t;
    q->v[q->n++] = v;
  }
  if (q->n > 0) q->scale = q->v[q->n - 1];
  for (int i = 0; i < q->n; i++) q->v[i] /= q->scale, q->ones[i] = 1;
  return VT_OK;
}

/* Least squares with `p` columns: 1, T - kink, (T - kink)+, and what a shift of the kink does (that one is for its
 * error alone, V. M. R. Muggeo, Stat. Med. 22, 3055 (2003)). */
static vt_status tg_lines(quench *q, int p, double kink_k, vt_err *err)
{
  double bend = p > 3 ? q->fit.b[2] : 0;
  for (int i = 0; i < q->n; i++) {
    double d = q->t_k[i] - kink_k, row[4] = {1, d, d > 0 ? d : 0, d > 0 ? -bend : 0};
    for (int k = 0; k < p; k++) q->x[i * p + k] = row[k];
  }
  VT_TRY(vt_wls(q->n, p, q->v, q->x, q->ones, &q->fit, err), err, "V(T) with a kink at %g K", kink_k);
  return VT_OK;
}

/* Two different temperatures on either side determine all four columns. */
static int is_determined(const quench *q, double kink_k)
{
  double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
  for (int i = 0; i < q->n; i++) {
    int above = q->t_k[i] > kink_k;
    lo[above] = fmin(lo[above], q->t_k[i]), hi[above] = fmax(hi[above], q->t_k[i]);
  }
  return hi[0] > lo[0] && hi[1] > lo[1];
}

static vt_status tg_misfit(void *ctx, double kink_k, double *value, vt_err *err)
{
  quench *q = ctx;
  *value = INFINITY;
  if (!is_determined(q, kink_k)) return VT_OK;
  VT_PASS(tg_lines(q, 3, kink_k, err));
  *value = q->fit.chi2;
  return VT_OK;
}

/* How many rows one independent row is worth, from the correlation of neighbours' residuals (a first-order process).
 * Rows are picoseconds apart: above 0.8 it is misfit, not memory. */
static double correlated(quench *q, double kink_k)
{
  double r0 = 0, r1 = 0;
  for (int i = 0; i < q->n; i++) {
    double d = q->t_k[i] - kink_k;
    q->rest[i] = q->v[i] - q->fit.b[0] - q->fit.b[1] * d - q->fit.b[2] * fmax(0, d);
    r0 += q->rest[i] * q->rest[i];
    if (i > 0) r1 += q->rest[i] * q->rest[i - 1];
  }
  double r = r0 > 0 ? r1 / r0 : 0;
  r = fmin(0.8,
           fmax(0, r + 2 * (1 + 3 * r) / q->n)); /* its bias: M. G. Kendall, Biometrika 41, 403 (1954), n/2 a line */
  return (1 + r) / (1 - r);
}

static double aicc(double n, double chi2, double k)
{
  return n * log(chi2 / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

/* Distance from the kink to where the sum of squares has risen by `rise`, or to `end`. */
static vt_status tg_reach(quench *q, double kink_k, double least, double rise, double end, double *distance,
                          vt_err *err)
{
  enum { STEPS = 256 };
  double step = (end - kink_k) / STEPS, value;
  int k = 1;
  for (; k < STEPS; k++) {
    VT_PASS(tg_misfit(q, kink_k + k * step, &value, err));
    if (value > least + rise) break;
  }
  *distance = fabs(k * step);
  return VT_OK;
}

/* Error of the kink: linearised, or half the distance over which the sum of squares rises by four variances, whichever
 * is larger: a kink between few rows is less certain than its derivative says. */
static vt_status kink_error(quench *q, double kink_k, double t_lo, double t_hi, double least, double variance,
                            double *se, vt_err *err)
{
  double lo, hi;
  VT_PASS(tg_lines(q, 4, kink_k, err));
  double linearised = sqrt(q->fit.cov[15] * variance);
  VT_PASS(tg_reach(q, kink_k, least, 4 * variance, t_lo, &lo, err));
  VT_PASS(tg_reach(q, kink_k, least, 4 * variance, t_hi, &hi, err));
  *se = fmax(linearised, (lo + hi) / 4);
  return VT_OK;
}

/* The two lines that meet at `kink_k`, against one line with the sum of squares `one`. */
static vt_status tg_judge(quench *q, double one, double kink_k, double t_lo, double t_hi, vt_tg *out, vt_err *err)
{
  const double level = 0.01, edge = 0.1;
  VT_PASS(tg_lines(q, 3, kink_k, err));
  double two = q->fit.chi2, slope = q->fit.b[1], bend = q->fit.b[2];
  double worth = two > 1e-6 * one ? correlated(q, kink_k) : 1; /* nearly no residuals: rounding has no memory */
  double n = q->n / worth, dof = n - 4;
  double f = two > 0 ? (one - two) / 2 / (two / dof) : INFINITY;
  double tiny = 1e-26 * q->n; /* rounding of volumes of order 1 */
  if (n < 7) return VT_OK;    /* AICc of the kink needs more */
  out->reason = VT_TG_OK;
  if (one <= tiny) { /* an exact line */
    out->reason = VT_TG_ONE_LINE;
    return VT_OK;
  }
  out->p = isfinite(f) ? 1 - vt_f_cdf(f, 2, dof) : 0;
  out->delta_aicc = aicc(n, one, 3) - aicc(n, fmax(two, tiny), 5);
  if (!(out->p < level && out->delta_aicc > 0))
    out->reason = VT_TG_ONE_LINE;
  else if (!(kink_k > t_lo + edge * (t_hi - t_lo) && kink_k < t_hi - edge * (t_hi - t_lo)))
    out->reason = VT_TG_EDGE;
  else if (bend <= 0)
    out->reason = VT_TG_UPWARD;
  if (out->reason != VT_TG_OK) return VT_OK;
  out->tg_k = kink_k;
  out->alpha_glass = slope / q->fit.b[0];
  out->alpha_liquid = (slope + bend) / q->fit.b[0];
  return kink_error(q, kink_k, t_lo, t_hi, two, two / (q->n - 4) * worth, &out->se, err);
}

vt_status vt_tg_glass(int n, const double *rows, double npt_below_k, vt_tg *out, vt_err *err)
{
  vt_status rc = VT_OK;
  const double no = (double)NAN;
  quench q = {0};
  vt_tg tg = {.tg_k = no, .se = no, .alpha_liquid = no, .alpha_glass = no, .p = no, .delta_aicc = no};
  double t_lo = INFINITY, t_hi = -INFINITY, kink_k, two, one;
  if (n < 0) VT_FAIL(err, VT_EINVAL, "glass transition from %d rows", n);
  VT_TRY_OUT(select_rows(&q, n, rows, npt_below_k, err), err, "glass transition");
  for (int i = 0; i < q.n; i++) t_lo = fmin(t_lo, q.t_k[i]), t_hi = fmax(t_hi, q.t_k[i]);
  tg.n_rows = q.n;
  tg.reason = VT_TG_FEW_ROWS;
  if (q.n >= LEAST_ROWS && t_hi > t_lo) {
    VT_TRY_OUT(tg_lines(&q, 2, t_lo, err), err, "glass transition");
    one = q.fit.chi2;
    VT_TRY_OUT(vt_minimize(tg_misfit, &q, t_lo, t_hi, SCAN, &kink_k, &two, err), err, "glass transition");
    if (isfinite(two)) VT_TRY_OUT(tg_judge(&q, one, kink_k, t_lo, t_hi, &tg, err), err, "glass transition");
  }
  *out = tg;
out:
  vt_free(q.block);
  return rc;
}

vt_status vt_tg_combine(const vt_tg *tg, int n, vt_tg_summary *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  int count[VT_TG_MINORITY + 1] = {0};
  vt_tg_summary s = {.tg_k = (double)NAN, .sd_k = (double)NAN, .n_glasses = n};
  VT_TRY_OUT(vt_calloc64(&block, n > 0 ? (size_t)n : 1, sizeof(double), err), err, "glass transition of %d glasses", n);
  double *v = block;
  for (int i = 0; i < n; i++) {
    count[tg[i].reason]++;
    if (tg[i].reason == VT_TG_OK) v[s.n_resolved++] = tg[i].tg_k;
  }
  s.sd_k = sqrt(vt_variance(v, (size_t)s.n_resolved));
  if (s.n_resolved == 0) {
    s.reason = VT_TG_FEW_ROWS;
    for (int r = VT_TG_FEW_ROWS; r < VT_TG_MINORITY; r++)
      if (count[r] > count[s.reason]) s.reason = r;
  } else if (2 * s.n_resolved < n) {
    s.reason = VT_TG_MINORITY;
  } else {
    s.tg_k = vt_quantile_inplace(v, (size_t)s.n_resolved, 0.5);
  }
  *out = s;
out:
  vt_free(block);
  return rc;
}
