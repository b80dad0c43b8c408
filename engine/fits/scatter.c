/* scatter.c - how glasses of one composition differ: what others tell of it, and what is known altogether (T 8.2). */
#include <math.h>

#include "engine/fits/fits_impl.h"

/* With more degrees of freedom a t quantile is that of a normal within 4 %, and the glasses of a composition itself
 * should not be drowned. */
enum { MOST_DOF = 30 };

/* First and second derivative of ln Gamma, x > 0: recurrence, then the asymptotic series (M. Abramowitz, I. A. Stegun,
 * Handbook of Mathematical Functions, 6.3.18, 6.4.12). */
static double digamma(double x)
{
  double below = 0;
  while (x < 8) {
    below += 1 / x;
    x += 1;
  }
  const double i2 = 1 / (x * x);
  return log(x) - 0.5 / x - i2 * (1.0 / 12 - i2 * (1.0 / 120 - i2 / 252)) - below;
}

static double trigamma(double x)
{
  double below = 0;
  while (x < 8) {
    below += 1 / (x * x);
    x += 1;
  }
  const double i = 1 / x, i2 = i * i;
  return i + 0.5 * i2 + i * i2 * (1.0 / 6 - i2 * (1.0 / 30 - i2 / 42)) + below;
}

/* The x with trigamma(x) = value > 0; it falls monotonically. */
static double inverse_trigamma(double value)
{
  double lo = 1e-3, hi = 1e6;
  for (int k = 0; k < 100; k++) {
    const double mid = sqrt(lo * hi);
    *(trigamma(mid) > value ? &lo : &hi) = mid;
  }
  return sqrt(lo * hi);
}

double vt__prior_dof(int k, const double *variance, const double *dof)
{
  double mean = 0, sum = 0, noise = 0, largest = 0;
  if (k < 3) return INFINITY; /* too few to see that they differ */
  for (int i = 0; i < k; i++) largest = fmax(largest, variance[i]);
  if (!(largest > 0)) return INFINITY;
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < k; i++) {
      const double half = 0.5 * dof[i];
      const double e = log(fmax(variance[i], 1e-12 * largest)) - digamma(half) + log(half);
      if (pass == 0) {
        mean += e / k;
        noise += trigamma(half) / k;
      } else {
        sum += (e - mean) * (e - mean) / (k - 1);
      }
    }
  return sum > noise ? 2 * inverse_trigamma(sum - noise) : INFINITY;
}

int vt__count_dof(double d0, int most)
{
  const double d = fmin(fmin(d0, most), MOST_DOF);
  return d > 0 ? (int)(d + 0.5) : 0;
}

/* The lines [at, end) of one composition: sums of squares about its means, and its mean sampling covariance. */
typedef struct glasses {
  int comp, n;
  double ss_ref, ss_ea, ss_cov, var_ref, var_ea, cov;
} glasses;

static glasses of_composition(const vt_glass_line *line, int n)
{
  glasses o = {.comp = line[0].comp, .n = n};
  double ref = 0, ea = 0;
  for (int i = 0; i < n; i++) {
    ref += line[i].log10_ref / n, ea += line[i].ea_ev / n;
    o.var_ref += line[i].var_ref / n, o.var_ea += line[i].var_ea / n, o.cov += line[i].cov / n;
  }
  for (int i = 0; i < n; i++) {
    const double a = line[i].log10_ref - ref, b = line[i].ea_ev - ea;
    o.ss_ref += a * a, o.ss_ea += b * b, o.ss_cov += a * b;
  }
  return o;
}

/* Other compositions: mean squares less what sampling explains. */
static vt_scatter of_others(const glasses *o, int k, int comp)
{
  vt_scatter s = {0};
  int dof = 0;
  for (int i = 0; i < k; i++) {
    const int d = o[i].n - 1;
    if (o[i].comp == comp || d < 1) continue;
    s.var_ref += o[i].ss_ref - d * o[i].var_ref;
    s.var_ea += o[i].ss_ea - d * o[i].var_ea;
    s.cov += o[i].ss_cov - d * o[i].cov;
    dof += d;
  }
  if (dof == 0) return s;
  s.var_ref /= dof, s.var_ea /= dof, s.cov /= dof;
  s.dof = dof;
  return s;
}

vt_status vt_scatter_of_others(const vt_glass_line *line, int n, int comp, vt_scatter *out, vt_err *err)
{
  void *p = NULL, *q = NULL;
  vt_status rc = VT_OK;
  int k = 0, m = 0;
  *out = (vt_scatter){0};
  if (n < 1) return VT_OK;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)n, sizeof(glasses), err), err, "scatter of %d glasses", n);
  VT_TRY_OUT(vt_calloc64(&q, 3 * (size_t)n, sizeof(double), err), err, "scatter of %d glasses", n);
  glasses *o = p;
  double *ref = q, *ea = ref + n, *dof = ea + n;
  for (int at = 0, end; at < n; at = end) {
    for (end = at + 1; end < n && line[end].comp == line[at].comp; end++) continue;
    o[k] = of_composition(line + at, end - at);
    const int d = o[k++].n - 1;
    if (d < 1) continue;
    ref[m] = o[k - 1].ss_ref / d, ea[m] = o[k - 1].ss_ea / d, dof[m] = d;
    m++;
  }
  *out = of_others(o, k, comp);
  out->dof =
      vt__count_dof(0.5 * (fmin(vt__prior_dof(m, ref, dof), 1e3) + fmin(vt__prior_dof(m, ea, dof), 1e3)), out->dof);
out:
  vt_free(p);
  vt_free(q);
  return rc;
}

/* ------------------------------------------------------------------ what is known altogether */

vt__cov vt__cov_add(vt__cov x, double w, vt__cov y) { return (vt__cov){x.a + w * y.a, x.ab + w * y.ab, x.b + w * y.b}; }

/* J C J', J = {{j[0], j[1]}, {j[2], j[3]}}. */
static vt__cov turned(vt__cov c, const double j[4])
{
  return (vt__cov){.a = j[0] * j[0] * c.a + 2 * j[0] * j[1] * c.ab + j[1] * j[1] * c.b,
                   .ab = j[0] * j[2] * c.a + (j[0] * j[3] + j[1] * j[2]) * c.ab + j[1] * j[3] * c.b,
                   .b = j[2] * j[2] * c.a + 2 * j[2] * j[3] * c.ab + j[3] * j[3] * c.b};
}

vt__cov vt__cov_at_least(vt__cov c, vt__cov least)
{
  const double l = sqrt(least.a), m = least.ab / l, r = sqrt(least.b - m * m);
  if (!(l > 0 && r > 0)) return c;
  const double back[4] = {l, 0, m, r}, white[4] = {1 / l, 0, -m / (l * r), 1 / r};
  const vt__cov w = turned(c, white); /* `least` is the unit matrix here */
  const double middle = 0.5 * (w.a + w.b), reach = hypot(0.5 * (w.a - w.b), w.ab);
  const double hi = fmax(1, middle + reach), lo = fmax(1, middle - reach);
  double cc = 1, cs = 0; /* cos^2 and cos sin of the angle of the first axis */
  if (reach > 0) cc = 0.5 + 0.25 * (w.a - w.b) / reach, cs = 0.5 * w.ab / reach;
  return turned((vt__cov){.a = hi * cc + lo * (1 - cc), .ab = (hi - lo) * cs, .b = hi * (1 - cc) + lo * cc}, back);
}

/* In ln x at t_ref_k and eV: what is usual between glasses, and what others show. */
static vt__cov usual_scatter(const vt__samples *s)
{
  double w = 0, u = 0;
  for (int i = 0; i < s->n; i++) w += 1 / s->var[i], u += s->u_ref[i] / s->var[i];
  u /= w; /* where level and slope of these points are uncorrelated */
  const double level = VT_USUAL_LEVEL * VT_USUAL_LEVEL, ea = VT_USUAL_EA * VT_USUAL_EA;
  return (vt__cov){.a = level + ea * u * u, .ab = ea * u, .b = ea};
}

static vt__cov other_scatter(const vt__samples *s)
{
  const double ln10 = log(10);
  return (vt__cov){s->others.var_ref * ln10 * ln10, s->others.cov * ln10, s->others.var_ea};
}

static vt__cov times(double w, vt__cov c) { return vt__cov_add((vt__cov){0}, w, c); }

vt__cov vt__scatter_own(const vt__samples *s)
{
  const size_t g = (size_t)s->n_glasses;
  const double level = vt_mean(s->level, g), ea = vt_mean(s->ea, g);
  vt__cov own = {0};
  for (size_t i = 0; g > 1 && i < g; i++) {
    const double a = s->level[i] - level, b = s->ea[i] - ea;
    own = vt__cov_add(own, 1 / (double)(g - 1), (vt__cov){a * a, a * b, b * b});
  }
  return own;
}

int vt__usual_dof(double ratio, int seen_dof)
{
  const double agrees = 2;                                  /* chance makes as much of two or three glasses */
  const int least = 3;                                      /* t of fewer degrees of freedom is of no use   */
  const double share = ratio > agrees ? agrees / ratio : 1; /* less than sampling alone: it may be negative */
  const int dof = (int)(VT_USUAL_DOF * share * share + 0.5);
  return dof + seen_dof < least ? least - seen_dof : dof;
}

void vt__scatter_weigh(vt__samples *s)
{
  const int own = s->n_glasses - 1, d0 = s->others.dof;
  s->usual_dof = VT_USUAL_DOF;
  if (own + d0 == 0) return;
  const vt__cov least = times(s->noise, s->sampling), prior = vt__cov_add(usual_scatter(s), 1, least);
  const vt__cov seen =
      vt__cov_add(times(own, vt__scatter_own(s)), d0, vt__cov_add(other_scatter(s), 1, least)); /* times own + d0 */
  /* the largest eigenvalue of prior^-1 seen: the direction in which they differ most */
  const double det = prior.a * prior.b - prior.ab * prior.ab, half = 0.5 * (own + d0);
  const double mean = 0.5 * (prior.b * seen.a - 2 * prior.ab * seen.ab + prior.a * seen.b) / det;
  const double product = (seen.a * seen.b - seen.ab * seen.ab) / det;
  s->usual_dof = vt__usual_dof((mean + sqrt(fmax(0, mean * mean - product))) / (2 * half), own + d0);
}

/* How level and slope in 1/(T - T0) move with level at t_ref_k and activation energy: least squares on the points. */
static void to_coordinate(const vt__samples *s, double j[4])
{
  double n[3] = {0}, r[4] = {0};
  for (int i = 0; i < s->n; i++) {
    const double w = 1 / s->var[i], u = s->u[i], v = s->u_ref[i];
    n[0] += w, n[1] -= w * u, n[2] += w * u * u;
    r[0] += w, r[1] -= w * v, r[2] -= w * u, r[3] += w * u * v;
  }
  const double det = n[0] * n[2] - n[1] * n[1];
  j[0] = (n[2] * r[0] - n[1] * r[2]) / det, j[1] = (n[2] * r[1] - n[1] * r[3]) / det;
  j[2] = (n[0] * r[2] - n[1] * r[0]) / det, j[3] = (n[0] * r[3] - n[1] * r[1]) / det;
}

int vt__scatter_dof(const vt__samples *s)
{
  return s->n_glasses == 1 && s->others.dof == 0 ? 0 : s->n_glasses - 1 + s->others.dof + s->usual_dof;
}

vt__cov vt__scatter_of_mean(const vt__samples *s)
{
  const int nu = vt__scatter_dof(s), g = s->n_glasses, d0 = s->others.dof;
  const vt__cov least = times(s->noise, s->sampling);
  if (nu == 0) return least; /* one trajectory: its own error is all that is known */
  double j[4];
  to_coordinate(s, j);
  const vt__cov before = vt__cov_add(times(d0, other_scatter(s)), s->usual_dof, usual_scatter(s));
  vt__cov c = vt__cov_add(turned(before, j), g - 1, vt__scatter_own(s));
  c = vt__cov_add(c, d0 + s->usual_dof, least);
  return times(1.0 / g, vt__cov_at_least(times(1.0 / nu, c), least));
}
