/* Residence time of an alkali ion at a metal from the survival of their bond (T 12.1). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/structure/structure_impl.h"

static const double one_e = 0.36787944117144232; /* exp(-1) */
enum { LEAST_FIT = 3 };

/* Points that exist, above chance; point 0 is lag 0. */
typedef struct curve {
  int n;
  double *t, *c;
} curve;

VT_REASONS(vt_res_reasons, VT_RES_REASONS);
const char *vt_res_reason_text(vt_res_reason r) { return vt_reason_text(&vt_res_reasons, (int)r); }

vt_residence vt__residence_absent(void)
{
  const double no = (double)NAN;
  return (vt_residence){.tau_ps = no,
                        .se = no,
                        .tail = no,
                        .e_time_ps = no,
                        .longer_than_ps = no,
                        .beta = no,
                        .tau0_ps = no,
                        .reason = VT_RES_ABSENT};
}

static vt_status residence_check(const vt_res_input *in, vt_err *err)
{
  const double rounding = 1e-9;
  if (in->n < 0 || (in->n > 0 && (!in->lag_ps || !in->survival)))
    VT_FAIL(err, VT_EINVAL, "residence time from %d lags", in->n);
  if (in->visits < 0) VT_FAIL(err, VT_EINVAL, "residence time from %g visits", in->visits);
  if (!(in->chance >= 0 && in->chance < 1))
    VT_FAIL(err, VT_EINVAL, "a bond by chance has the probability %g", in->chance);
  for (int i = 0; i < in->n; i++) {
    if (!(in->lag_ps[i] > (i ? in->lag_ps[i - 1] : 0)))
      VT_FAIL(err, VT_EINVAL, "lag %d of the survival, %g ps, does not ascend", i, in->lag_ps[i]);
    if (in->survival[i] < -rounding || in->survival[i] > 1 + rounding)
      VT_FAIL(err, VT_EINVAL, "the survival at %g ps is %g", in->lag_ps[i], in->survival[i]);
  }
  return VT_OK;
}

static void residence_fill(const vt_res_input *in, curve *v)
{
  v->t[0] = 0;
  v->c[0] = 1;
  v->n = 1;
  for (int i = 0; i < in->n; i++) {
    if (isnan(in->survival[i])) continue;
    v->t[v->n] = in->lag_ps[i];
    v->c[v->n++] = (in->survival[i] - in->chance) / (1 - in->chance);
  }
}

/* Below this the survival is noise: the fraction of n bonds has the relative error 1/sqrt(n C), one half here. */
static double noise_floor(double visits)
{
  const double least = 0.01, most = 0.25;
  if (!(visits > 0)) return isnan(visits) ? least : most;
  return fmin(fmax(4 / visits, least), most);
}

/* Integral between two points that lie on an exponential: exact there, where straight lines would be too large by
 * (h/tau)^2/12; lags of the correlator lie an eighth of the lag apart.  Straight where there is no logarithm, and down
 * to zero: what lies below chance is noise, and a time is positive. */
static double residence_between(double h, double c0, double c1)
{
  const double flat = 1e-6;
  if (c1 < 0) return 0.5 * h * c0 * c0 / (c0 - c1);
  double drop = c1 > 0 ? log(c0 / c1) : 0;
  return fabs(drop) > flat ? h * (c0 - c1) / drop : 0.5 * h * (c0 + c1);
}

/* Where the survival first passes 1/e, on the exponential between two points. */
static double pass_one_e(const curve *v)
{
  for (int i = 1; i < v->n; i++) {
    if (v->c[i] > one_e) continue;
    double h = v->t[i] - v->t[i - 1], share = v->c[i] > 0 ? (log(v->c[i - 1]) + 1) / log(v->c[i - 1] / v->c[i])
                                                          : (v->c[i - 1] - one_e) / (v->c[i - 1] - v->c[i]);
    return v->t[i - 1] + share * h;
  }
  return (double)NAN;
}

/* ln(-ln C) = beta (ln t - ln tau0) over the decaying part, exp(-1/2) > C > floor; weights from var C ~ C (1 - C).  Too
 * few points there: the exponential through the last point. */
static vt_status fit_tail(const curve *v, int last, double floor, vt_residence *r, vt_err *err)
{
  const double begin = exp(-0.5);
  vt_status rc = VT_OK;
  void *block;
  double *work = NULL;
  size_t m = (size_t)v->n;
  vt_lsq fit;
  int n = 0;
  VT_TRY_OUT(vt_calloc64(&block, 4 * m, sizeof(double), err), err, "tail of a survival");
  work = block;
  double *y = work, *var = y + m, *x = var + m;
  for (int i = 1; i <= last; i++) {
    double c = v->c[i], minus_ln = -log(c);
    if (!(c < begin && c >= floor)) continue;
    y[n] = log(minus_ln);
    var[n] = (1 - c) / (c * minus_ln * minus_ln);
    x[2 * n] = 1;
    x[2 * n++ + 1] = log(v->t[i]);
  }
  r->beta = 1;
  r->tau0_ps = v->t[last] / -log(v->c[last]);
  if (n < LEAST_FIT) goto out;
  VT_TRY_OUT(vt_wls(n, 2, y, x, var, &fit, err), err, "tail of a survival");
  r->beta = fit.b[1];
  r->tau0_ps = exp(-fit.b[0] / fit.b[1]);
out:
  vt_free(work);
  return rc;
}

/* Integral of exp(-(s/tau0)^beta) from t on: tau0/beta Gamma(1/beta, (t/tau0)^beta), the upper incomplete gamma. */
static double residence_beyond(double t, double tau0, double beta)
{
  double a = 1 / beta;
  return tau0 * a * tgamma(a) * (1 - vt_chi2_cdf(2 * pow(t / tau0, beta), 2 * a));
}

static vt_status integrate(const curve *v, double visits, vt_residence *r, vt_err *err)
{
  const double least_beta = 0.2, most_tail = 0.5;
  double sum = 0, tail = 0, floor = noise_floor(visits);
  int last = 0;
  while (last + 1 < v->n && v->c[last] >= floor) {
    sum += residence_between(v->t[last + 1] - v->t[last], v->c[last], v->c[last + 1]);
    last++;
  }
  r->n_lags = last;
  if (v->c[last] > 0) {
    VT_PASS(fit_tail(v, last, floor, r, err));
    tail = r->beta > least_beta ? residence_beyond(v->t[last], r->tau0_ps, r->beta) : INFINITY;
  }
  if (!isfinite(tail) || !(tail <= most_tail * (sum + tail))) {
    r->reason = VT_RES_TAIL;
    r->longer_than_ps = sum;
    return VT_OK;
  }
  r->reason = VT_RES_OK;
  r->tau_ps = sum + tail;
  r->tail = tail / r->tau_ps;
  if (visits > 0) r->se = r->tau_ps / sqrt(visits);
  return VT_OK;
}

vt_status vt_residence_time(const vt_res_input *in, vt_residence *out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  vt_residence r = vt__residence_absent();
  VT_PASS(residence_check(in, err));
  size_t m = (size_t)in->n + 1;
  VT_TRY_OUT(vt_calloc64(&block, 2 * m, sizeof(double), err), err, "survival at %d lags", in->n);
  curve v = {.t = block, .c = (double *)block + m};
  residence_fill(in, &v);
  if (v.n > 1) {
    r.e_time_ps = pass_one_e(&v);
    if (isnan(r.e_time_ps)) {
      r.reason = VT_RES_LONGER;
      r.longer_than_ps = v.t[v.n - 1];
    } else {
      VT_TRY_OUT(integrate(&v, in->visits, &r, err), err, "residence time");
    }
  }
  *out = r;
out:
  vt_free(block);
  return rc;
}

void vt_residence_rate(const vt_residence *r, double *rate, double *se)
{
  *rate = 1 / r->tau_ps;
  *se = r->se / (r->tau_ps * r->tau_ps);
}
