/* misfit.c - what all glasses of a composition do that no line and no curve describes (T 8.9). */
#include <math.h>
#include <stdio.h>

#include "engine/fits/fits_impl.h"

enum { TRIALS = 12 };
static const double is_a_misfit = 0.01, noise_is_larger = 0.05;

VT_REASONS(vt_misfits, VT_MISFITS);

int vt__different_temperatures(const vt__samples *s)
{
  int count = 0;
  for (int i = 0; i < s->n; i++) {
    int seen = 0;
    for (int k = 0; k < i && !seen; k++) seen = s->t_k[k] == s->t_k[i];
    count += !seen;
  }
  return count;
}

/* The points of all glasses at one temperature: weight, and how far they lie off their lines together. */
typedef struct pooled {
  double t_k, w, off, u;
} pooled;

static int by_temperature(const vt__samples *s, pooled *p)
{
  int n = 0;
  for (int i = 0; i < s->n; i++) {
    int at = 0;
    while (at < n && p[at].t_k < s->t_k[i]) at++;
    if (at == n || p[at].t_k != s->t_k[i]) {
      for (int k = n; k > at; k--) p[k] = p[k - 1];
      p[at] = (pooled){.t_k = s->t_k[i], .u = s->u[i]};
      n++;
    }
    const int g = s->glass[i];
    p[at].w += 1 / s->var[i];
    p[at].off += (s->y[i] - s->level[g] + s->ea[g] * s->u[i]) / s->var[i];
  }
  for (int k = 0; k < n; k++) p[k].off /= p[k].w;
  return n;
}

static double chi2_of(const pooled *p, int n)
{
  double sum = 0;
  for (int k = 0; k < n; k++) sum += p[k].w * p[k].off * p[k].off;
  return sum;
}

/* Chance of a misfit like this: by the stated errors, and by what the glasses scatter about what they share. */
static double chance(double chi2, int dof, double within, int within_dof)
{
  double p = 1 - vt_chi2_cdf(chi2, dof);
  if (within_dof > 0 && within > 0) p = fmax(p, 1 - vt_f_cdf(chi2 / dof / (within / within_dof), dof, within_dof));
  return p;
}

/* Which temperature is it?  Each candidate is one column beside level and slope. */
typedef struct candidate {
  vt_misfit_kind kind;
  int at;
  double size, chi2;
} candidate;

static double column(const pooled *p, const candidate *c, int k)
{
  if (c->kind == VT_MISFIT_POINT) return k == c->at;
  if (c->kind == VT_MISFIT_JUMP) return k > c->at;
  return k > c->at ? p[k].u - p[c->at].u : 0;
}

static vt_status try_candidate(const pooled *p, int n, double *work, candidate *c, vt_err *err)
{
  double *y = work, *var = y + n, *x = var + n;
  vt_lsq fit;
  for (int k = 0; k < n; k++) {
    y[k] = p[k].off;
    var[k] = 1 / p[k].w;
    x[3 * k] = 1, x[3 * k + 1] = -p[k].u, x[3 * k + 2] = column(p, c, k);
  }
  VT_TRY(vt_wls(n, 3, y, x, var, &fit, err), err, "misfit at %g K", p[c->at].t_k);
  c->chi2 = fit.chi2;
  c->size = fit.b[2];
  return VT_OK;
}

/* A jump has two temperatures on either side, and so has a kink: with one it is a point that is off. */
static vt_status locate(const pooled *p, int n, double *work, candidate *best, vt_err *err)
{
  best->kind = VT_MISFIT_SHAPE;
  if (n < 4) return VT_OK;
  double least = INFINITY;
  for (int kind = VT_MISFIT_POINT; kind <= VT_MISFIT_KINK; kind++)
    for (int at = 0; at < n; at++) {
      candidate c = {.kind = (vt_misfit_kind)kind, .at = at};
      if (kind == VT_MISFIT_JUMP && (at < 1 || at > n - 3)) continue;
      if (kind == VT_MISFIT_KINK && (at < 2 || at > n - 3)) continue;
      VT_PASS(try_candidate(p, n, work, &c, err));
      if (c.chi2 < least) least = c.chi2, *best = c;
    }
  if (least > 0.5 * chi2_of(p, n)) best->kind = VT_MISFIT_SHAPE; /* it explains too little */
  return VT_OK;
}

static void describe(const pooled *p, int n, const candidate *c, vt_misfit *m)
{
  const double ln10 = log(10);
  int far = 0;
  for (int k = 1; k < n; k++)
    if (fabs(p[k].off) > fabs(p[far].off)) far = k;
  m->kind = (int32_t)c->kind;
  const int named = c->kind != VT_MISFIT_SHAPE;
  m->t_k = p[named ? c->at : far].t_k;
  m->next_k = c->kind == VT_MISFIT_JUMP ? p[c->at + 1].t_k : m->t_k;
  m->size_decades = (c->kind == VT_MISFIT_POINT || c->kind == VT_MISFIT_JUMP ? c->size : p[far].off) / ln10;
  m->refused = fabs(m->size_decades) >= (c->kind == VT_MISFIT_JUMP ? VT_JUMP_REFUSED : VT_MISFIT_REFUSED);
}

/* Variance of what glasses share at a temperature, so that chi2 is what it should be (moments). */
static double common_variance(const pooled *p, int n, double chi2, double expected)
{
  double s[3] = {0}, free = 0;
  for (int k = 0; k < n; k++) s[0] += p[k].w, s[1] += p[k].w * p[k].u, s[2] += p[k].w * p[k].u * p[k].u;
  const double det = s[0] * s[2] - s[1] * s[1];
  for (int k = 0; k < n; k++) {
    const double leverage = p[k].w * (s[2] - 2 * s[1] * p[k].u + s[0] * p[k].u * p[k].u) / det;
    free += p[k].w * (1 - leverage);
  }
  return fmax(0, (chi2 - expected) / free);
}

/* The least common misfit of a curve with 0 < T0 <= t0_max_k; leaves the points of that curve in p. */
static vt_status best_curve(vt__samples *s, double t0_max_k, pooled *p, double *chi2, vt_err *err)
{
  double t_max = s->t_k[0], best = 0;
  *chi2 = INFINITY;
  for (int i = 1; i < s->n; i++) t_max = fmax(t_max, s->t_k[i]);
  for (int k = 1; k <= TRIALS; k++) {
    vt__vtf_coordinates(s, t0_max_k * k / TRIALS, t_max);
    VT_PASS(vt__lines_fit(s, err));
    const double c = chi2_of(p, by_temperature(s, p));
    if (c < *chi2) *chi2 = c, best = t0_max_k * k / TRIALS;
  }
  vt__vtf_coordinates(s, best, t_max);
  VT_PASS(vt__lines_fit(s, err));
  (void)by_temperature(s, p);
  return VT_OK;
}

/* chi2 of the lines, of what they share, of the rest; then whether a line or a curve is left with a misfit. */
static vt_status misfit_judge(vt__samples *s, double t0_max_k, pooled *p, double *work, vt_misfit *m, vt_err *err)
{
  const int n = by_temperature(s, p), dof = n - 2, within_dof = s->dof - dof;
  const double line = chi2_of(p, n), within = fmax(0, s->chi2 - line);
  double chi2 = line;
  int used = dof;
  m->chi2_red = (double)NAN;
  m->p = (double)NAN;
  if (within_dof > 0 && 1 - vt_chi2_cdf(within, within_dof) < noise_is_larger) s->noise = fmax(1, within / within_dof);
  if (dof < 1) return VT_OK;
  m->p = chance(line, dof, within, within_dof);
  candidate c = {.kind = VT_MISFIT_SHAPE}, bent = {.kind = VT_MISFIT_SHAPE};
  vt_misfit of_line = *m;
  if (m->p < is_a_misfit) { /* off the line: of which kind, and is it off every curve, too? */
    VT_PASS(locate(p, n, work, &c, err));
    describe(p, n, &c, &of_line);
  }
  if (m->p < is_a_misfit && dof > 1 && t0_max_k > 0) {
    double curve;
    VT_PASS(best_curve(s, t0_max_k, p, &curve, err));
    const double p_curve = chance(curve, dof - 1, within, within_dof);
    if (p_curve > m->p) m->p = p_curve, chi2 = curve, used = dof - 1;
  }
  m->chi2_red = chi2 / used;
  if (!(m->p < is_a_misfit)) return VT_OK;
  if (n > 4 && c.kind == VT_MISFIT_SHAPE) VT_PASS(locate(p, n, work, &bent, err)); /* no line: a curve that is off? */
  if (bent.kind != VT_MISFIT_SHAPE)
    describe(p, n, &bent, m);
  else
    m->kind = of_line.kind, m->t_k = of_line.t_k, m->next_k = of_line.next_k, m->size_decades = of_line.size_decades,
    m->refused = of_line.refused;
  if (s->n_glasses < 2) return VT_OK; /* the misfit of one glass scales its errors already (T 8.3) */
  s->common = common_variance(p, n, chi2, used * s->noise);
  s->common_dof = used;
  return VT_OK;
}

vt_status vt__misfit_find(vt__samples *s, double t0_max_k, vt_arrh *a, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *work = NULL;
  s->noise = 1;
  s->common = 0;
  s->common_dof = 0;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)s->n, sizeof(pooled), err), err, "misfit of %d points", s->n);
  VT_TRY_OUT(vt_calloc64(&work, 5 * (size_t)s->n, sizeof(double), err), err, "misfit of %d points", s->n);
  VT_TRY_OUT(misfit_judge(s, t0_max_k, p, work, &a->misfit, err), err, "misfit of %d points", s->n);
out:
  vt_free(p);
  vt_free(work);
  return rc;
}

vt__cov vt__misfit_of_mean(const vt__samples *s)
{
  double n[3] = {0}, q[3] = {0};
  if (!(s->common > 0)) return (vt__cov){0};
  for (int i = 0; i < s->n; i++) {
    double there = 0; /* weight of all glasses at this temperature */
    for (int k = 0; k < s->n; k++)
      if (s->t_k[k] == s->t_k[i]) there += 1 / s->var[k];
    const double w = 1 / s->var[i], u = -s->u[i];
    n[0] += w, n[1] += w * u, n[2] += w * u * u;
    q[0] += w * there, q[1] += w * there * u, q[2] += w * there * u * u;
  }
  const double det = n[0] * n[2] - n[1] * n[1], c = s->common / (det * det);
  /* N^-1 Q N^-1 */
  const double a = n[2], b = -n[1], d = n[0];
  return (vt__cov){.a = c * (a * a * q[0] + 2 * a * b * q[1] + b * b * q[2]),
                   .ab = c * (a * b * q[0] + (a * d + b * b) * q[1] + b * d * q[2]),
                   .b = c * (b * b * q[0] + 2 * b * d * q[1] + d * d * q[2])};
}

void vt_misfit_text(const vt_misfit *m, char text[VT_MISFIT_TEXT])
{
  const char *way = m->size_decades < 0 ? "below" : "above";
  const double size = fabs(m->size_decades);
  text[0] = 0;
  switch ((vt_misfit_kind)m->kind) {
  case VT_MISFIT_NONE:
    return;
  case VT_MISFIT_POINT:
    (void)snprintf(text, VT_MISFIT_TEXT, "the values at %g K lie %.2f decades %s the curve through the others", m->t_k,
                   size, way);
    return;
  case VT_MISFIT_JUMP:
    (void)snprintf(text, VT_MISFIT_TEXT, "the values jump by %.2f decades between %g and %g K", size, m->t_k,
                   m->next_k);
    return;
  case VT_MISFIT_KINK:
    (void)snprintf(text, VT_MISFIT_TEXT, "the slope changes at %g K; up to %.2f decades off one curve", m->t_k, size);
    return;
  case VT_MISFIT_SHAPE:
    (void)snprintf(text, VT_MISFIT_TEXT, "no line or curve runs through the values; at %g K they lie %.2f decades %s",
                   m->t_k, size, way);
    return;
  }
}
