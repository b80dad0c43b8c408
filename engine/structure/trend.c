/* Do alkali ions stay longer where a metal has more oxygen: trend of residence times over glasses (T 12.2). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/structure/structure_impl.h"

enum { K = VT_RES_CLASSES, MOST_ORDERS = 24 }; /* 4! */

/* The resolved classes of one glass: how many, which k, ln tau, its variance by what the run states. */
typedef struct row {
  int n, k[K];
  double y[K], variance[K];
} row;

static double relative_square(double tau, double se) { return se / tau * (se / tau); }

static row trend_resolved(const double tau[K], const double *se)
{
  row r = {0};
  for (int k = 0; k < K; k++) {
    if (!isfinite(tau[k])) continue;
    r.k[r.n] = k;
    r.variance[r.n] = se ? relative_square(tau[k], se[k]) : 0;
    r.y[r.n++] = log(tau[k]);
  }
  return r;
}

/* Ordinary least-squares slope of ln tau against k, and its variance. */
static double slope_of(const row *r, double *variance)
{
  double mk = 0, my = 0, kk = 0, ky = 0;
  *variance = 0;
  for (int i = 0; i < r->n; i++) mk += (double)r->k[i] / r->n, my += r->y[i] / r->n;
  for (int i = 0; i < r->n; i++) {
    kk += (r->k[i] - mk) * (r->k[i] - mk);
    ky += (r->k[i] - mk) * (r->y[i] - my);
    *variance += (r->k[i] - mk) * (r->k[i] - mk) * r->variance[i];
  }
  *variance /= kk * kk;
  return ky / kk;
}

/* ------------------------------------------------------------------ Page's test */

/* Twice sum i rank(y_i) of one glass, ranks from 1, equal values share theirs: an integer.  And its mean and variance
 * over the orders of these ranks. */
typedef struct block {
  int twice_l, tied;
  double mean, variance;
} block;

static block page_block(const row *r)
{
  block b = {0};
  double centre = 0.5 * (r->n + 1), ii = 0, rr = 0;
  for (int i = 0; i < r->n; i++) {
    int twice_rank = 2;
    for (int j = 0; j < r->n; j++) {
      twice_rank += 2 * (r->y[j] < r->y[i]);
      if (j != i && r->y[j] == r->y[i]) twice_rank++, b.tied = 1;
    }
    b.twice_l += (i + 1) * twice_rank;
    ii += (i + 1 - centre) * (i + 1 - centre);
    rr += (0.5 * twice_rank - centre) * (0.5 * twice_rank - centre);
  }
  b.mean = r->n * centre * centre;
  b.variance = ii * rr / (r->n - 1);
  return b;
}

/* L of every order of 1..n; how many. Orders are counted in mixed radix (Lehmer's code). */
static int all_orders(int n, int l[MOST_ORDERS])
{
  int count = 1;
  for (int i = 2; i <= n; i++) count *= i;
  for (int o = 0; o < count; o++) {
    int left[K] = {1, 2, 3, 4}, code = o, sum = 0;
    for (int i = 0; i < n; i++) {
      int at = code % (n - i);
      code /= n - i;
      sum += (i + 1) * left[at];
      for (int j = at; j + 1 < n - i; j++) left[j] = left[j + 1];
    }
    l[o] = sum;
  }
  return count;
}

/* Probability that L of glasses without order reaches `l`: the distribution of the sum, glass by glass. */
static vt_status exact_p(const double (*tau)[K], int n, int l, double *p, vt_err *err)
{
  enum { MOST_L = 30 }; /* 1 + 4 + 9 + 16 */
  vt_status rc = VT_OK;
  void *mem = NULL;
  size_t size = (size_t)n * MOST_L + 1;
  int top = 0;
  VT_TRY_OUT(vt_calloc64(&mem, 2 * size, sizeof(double), err), err, "order of residence times in %d glasses", n);
  double *now = mem, *next = now + size;
  now[0] = 1;
  for (int g = 0; g < n; g++) {
    row r = trend_resolved(tau[g], NULL);
    int order[MOST_ORDERS], count = all_orders(r.n, order);
    if (r.n < 2) continue;
    for (int s = 0; s <= top + MOST_L; s++) next[s] = 0;
    for (int s = 0; s <= top; s++)
      for (int o = 0; o < count; o++) next[s + order[o]] += now[s] / count;
    top += MOST_L;
    double *swap = now;
    now = next;
    next = swap;
  }
  *p = 0;
  for (int s = top; s >= l; s--) *p += now[s]; /* small ones first */
out:
  vt_free(mem);
  return rc;
}

static vt_status trend_page(const double (*tau)[K], int n, vt_res_trend *t, vt_err *err)
{
  int twice_l = 0, tied = 0;
  double mean = 0, variance = 0;
  for (int g = 0; g < n; g++) {
    row r = trend_resolved(tau[g], NULL);
    if (r.n < 2) continue;
    block b = page_block(&r);
    twice_l += b.twice_l;
    tied |= b.tied;
    mean += b.mean;
    variance += b.variance;
    t->page_glasses++;
  }
  if (!(variance > 0)) return VT_OK;
  t->page_l = 0.5 * twice_l;
  t->page_z = (t->page_l - mean) / sqrt(variance);
  t->page_p = vt_normal_cdf(-t->page_z);
  if (!tied) VT_PASS(exact_p(tau, n, twice_l / 2, &t->page_p_exact, err));
  return VT_OK;
}

/* Means over the glasses; x and variance have room for n. */
static vt_status trend_means(const double (*tau)[K], const double (*se)[K], int n, double *x, double *variance,
                             vt_res_trend *t, vt_err *err)
{
  int m = 0;
  for (int g = 0; g < n; g++) {
    const row r = trend_resolved(tau[g], se[g]);
    if (r.n < 2) continue;
    x[m] = slope_of(&r, &variance[m]);
    m++;
  }
  VT_PASS(vt_glasses_mean(x, variance, m, VT_MEAN_POOLED, &t->slope, err));
  for (int k = 0; k < K; k++) {
    for (int g = 0; g < n; g++) {
      x[g] = tau[g][k] / tau[g][0];
      variance[g] = k == 0 ? 0 : relative_square(tau[g][k], se[g][k]) + relative_square(tau[g][0], se[g][0]);
    }
    VT_PASS(vt_glasses_mean(x, variance, n, VT_MEAN_TIME, &t->ratio[k], err));
    t->ratio[k].se /= t->ratio[k].value;
  }
  return VT_OK;
}

vt_status vt_residence_trend(const double (*tau_ps)[K], const double (*se_ps)[K], int n, vt_res_trend *out, vt_err *err)
{
  const double no = (double)NAN;
  vt_status rc = VT_OK;
  void *mem = NULL;
  vt_res_trend t = {.page_l = no, .page_z = no, .page_p = no, .page_p_exact = no};
  if (n < 1) VT_FAIL(err, VT_EINVAL, "trend of residence times over %d glasses", n);
  VT_TRY_OUT(vt_calloc64(&mem, 2 * (size_t)n, sizeof(double), err), err, "trend over %d glasses", n);
  double *x = mem;
  for (int g = 0; g < n; g++)
    for (int k = 0; k < K; k++) {
      if (tau_ps[g][k] <= 0 || isinf(tau_ps[g][k]))
        VT_FAIL_OUT(err, VT_EINVAL, "glass %d has the residence time %g ps for k = %d", g, tau_ps[g][k], k);
      t.resolved[k] += !isnan(tau_ps[g][k]);
      t.n_unresolved += isnan(tau_ps[g][k]);
    }
  VT_TRY_OUT(trend_means(tau_ps, se_ps, n, x, x + n, &t, err), err, "means over %d glasses", n);
  VT_TRY_OUT(trend_page(tau_ps, n, &t, err), err, "order of residence times in %d glasses", n);
  *out = t;
out:
  vt_free(mem);
  return rc;
}
