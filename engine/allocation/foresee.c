/* foresee.c - how wide an interval will be with more glasses or longer runs (T 20.1). */
#include <math.h>

#include "engine/allocation/allocation_impl.h"
#include "engine/num/num.h"
#include "engine/spec/spec.h"

VT_REASONS(vt_aim_kinds, VT_AIMS);

/* Level and slope of a line y = level - ea u. */
typedef struct cov2 {
  double level, cov, ea;
} cov2;

void vt_alloc_take_line(vt_alloc_comp *c, const vt_arrh *line)
{
  const double ln10 = log(10);
  c->n_lines = line->resolved ? line->n_glasses : 0;
  c->dof = line->resolved && !line->one_glass ? line->dof : 0;
  c->misfit = line->misfit.kind != VT_MISFIT_NONE;
  c->untested = line->resolved && !vt_arrh_is_tested(line);
  c->ref_k = line->t_ref_k;
  c->t_min_k = line->t_min_k, c->t_max_k = line->t_max_k;
  c->var_level = line->log10_ref_se * line->log10_ref_se * ln10 * ln10;
  c->cov = line->cov_ref_ea * ln10;
  c->var_ea = line->ea_se * line->ea_se;
}

static double length_of(const vt_alloc_comp *c, const double *length_ps, int j)
{
  return length_ps ? length_ps[j] : c->cell[j].length_ps;
}

/* What the runs alone make of the line of one glass: (X' W X)^-1, the variance of a point falls as its run grows.  0 of
 * fewer than two temperatures. */
static int sampling(const vt_alloc *a, const vt_alloc_comp *c, const double *length_ps, cov2 *out)
{
  double n = 0, nu = 0, nuu = 0;
  int points = 0;
  for (int j = 0; j < a->n_temp; j++) {
    const vt_alloc_cell *x = &c->cell[j];
    if (!(x->variance > 0)) continue; /* NaN, too */
    const double w = length_of(c, length_ps, j) / (x->variance * x->length_ps);
    const double u = (1 / x->t_k - 1 / c->ref_k) / VT_KB_EV;
    n += w, nu += w * u, nuu += w * u * u;
    points++;
  }
  const double det = n * nuu - nu * nu;
  if (points < 2 || !(det > 0)) return 0;
  *out = (cov2){.level = nuu / det, .cov = nu / det, .ea = n / det};
  return 1;
}

/* Covariance of the mean line: what is between glasses stays, what is of their runs shrinks, all of it by 1/G.  The
 * glasses that are there and those that are asked for may differ by some that failed. */
static int line_then(const vt_alloc *a, const vt_alloc_comp *c, int n_glasses, const double *length_ps, cov2 *out,
                     int *dof)
{
  const int more = n_glasses - c->n_glasses, lines = c->n_lines + more;
  cov2 now, then;
  if (c->n_lines < 1 || c->dof < 1) return 0;
  *dof = c->dof + more;
  if (more == 0 && !length_ps) { /* what the fit says, to the bit */
    *out = (cov2){.level = c->var_level, .cov = c->cov, .ea = c->var_ea};
    return 1;
  }
  if (!sampling(a, c, NULL, &now) || !sampling(a, c, length_ps, &then)) return 0;
  const double g = c->n_lines;
  cov2 between = {.level = fmax(0, g * c->var_level - now.level),
                  .cov = g * c->cov - now.cov,
                  .ea = fmax(0, g * c->var_ea - now.ea)};
  const double most = sqrt(between.level * between.ea);
  between.cov = fmax(-most, fmin(most, between.cov));
  *out = (cov2){.level = (between.level + then.level) / lines,
                .cov = (between.cov + then.cov) / lines,
                .ea = (between.ea + then.ea) / lines};
  return 1;
}

static double quantile(int dof) { return vt_t_quantile(0.975, dof); }

/* A ratio of sums over all production: its error falls with the root of that. */
static double haven_then(const vt_alloc *a, const vt_alloc_comp *c, double t_k, int n_glasses, const double *length_ps)
{
  for (int j = 0; j < a->n_temp; j++) {
    const vt_alloc_cell *x = &c->cell[j];
    if (x->t_k != t_k) continue;
    const double before = c->n_glasses * x->length_ps, after = n_glasses * length_of(c, length_ps, j);
    const int dof = x->haven_dof + n_glasses - c->n_glasses;
    if (!(x->haven_half > 0) || x->haven_dof < 1) return (double)NAN;
    if (dof == x->haven_dof && after == before) return x->haven_half;
    return x->haven_half * sqrt(before / after) * quantile(dof) / quantile(x->haven_dof);
  }
  return (double)NAN;
}

int vt__alloc_is_beyond(const vt_alloc_comp *c, const vt_aim *aim)
{
  return aim->kind == VT_AIM_LOG10_D && c->untested && (aim->t_k < c->t_min_k || aim->t_k > c->t_max_k);
}

double vt_alloc_foresee(const vt_alloc *a, int comp, int k, int n_glasses, const double *length_ps)
{
  const vt_alloc_comp *c = &a->comp[comp];
  const vt_aim *aim = &a->aim[k];
  cov2 v;
  int dof;
  if (aim->kind == VT_AIM_VERDICT) return (double)NAN;
  if (aim->kind == VT_AIM_HAVEN) return haven_then(a, c, aim->t_k, n_glasses, length_ps);
  if (vt__alloc_is_beyond(c, aim) || !line_then(a, c, n_glasses, length_ps, &v, &dof)) return (double)NAN;
  if (aim->kind == VT_AIM_EA) return quantile(dof) * sqrt(v.ea);
  const double u = (1 / aim->t_k - 1 / c->ref_k) / VT_KB_EV;
  return quantile(dof) * sqrt(fmax(0, v.level - 2 * u * v.cov + u * u * v.ea)) / log(10);
}

double vt_alloc_cost(const vt_alloc *a, int comp, int n_glasses, const double *length_ps)
{
  const vt_alloc_comp *c = &a->comp[comp];
  double each = c->glass_ps;
  for (int j = 0; j < a->n_temp; j++) each += c->equilibrate_ps + length_of(c, length_ps, j);
  return n_glasses * each;
}

double vt__alloc_misses(const vt_alloc *a, int c, int n_glasses, const double *length_ps)
{
  double sum = 0;
  for (int k = 0; k < a->n_aims; k++) {
    if (a->aim[k].kind == VT_AIM_VERDICT) continue;
    const double half = vt_alloc_foresee(a, c, k, n_glasses, length_ps);
    if (!(half > a->aim[k].goal) && !isnan(half)) continue;
    sum += 2 * log(half / a->aim[k].goal);
  }
  return sum;
}
