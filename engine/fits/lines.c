/* lines.c - a straight line through the points of every glass, and the lines together (T 8.1 - 8.4). */
#include <math.h>

#include "engine/fits/fits_impl.h"

vt_status vt__lines_fit(vt__samples *s, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block;
  double *work = NULL;
  size_t m = (size_t)s->n;
  s->chi2 = 0;
  s->dof = 0;
  s->sampling = (vt__cov){0};
  VT_TRY_OUT(vt_calloc64(&block, 4 * m, sizeof(double), err), err, "Arrhenius lines of %d glasses", s->n_glasses);
  work = block;
  double *y = work, *var = y + m, *x = var + m;
  for (int g = 0; g < s->n_glasses; g++) {
    size_t n = 0;
    vt_lsq fit;
    for (int i = 0; i < s->n; i++) {
      if (s->glass[i] != g) continue;
      y[n] = s->y[i];
      var[n] = s->var[i];
      x[2 * n] = 1;
      x[2 * n + 1] = -s->u[i];
      n++;
    }
    VT_TRY_OUT(vt_wls((int)n, 2, y, x, var, &fit, err), err, "Arrhenius line of glass %d", g);
    s->level[g] = fit.b[0];
    s->ea[g] = fit.b[1];
    s->sampling = vt__cov_add(s->sampling, 1.0 / s->n_glasses, (vt__cov){fit.cov[0], fit.cov[1], fit.cov[3]});
    s->chi2 += fit.chi2;
    s->dof += (int)n - 2;
  }
out:
  vt_free(work);
  return rc;
}

vt__mean_line vt__lines_mean(const vt__samples *s)
{
  size_t g = (size_t)s->n_glasses;
  vt__mean_line l = {.level = vt_mean(s->level, g), .ea = vt_mean(s->ea, g)};
  const vt__cov c = vt__cov_add(vt__scatter_of_mean(s), 1, vt__misfit_of_mean(s));
  l.var_level = c.a, l.cov = c.ab, l.var_ea = c.b;
  return l;
}

int vt__lines_dof(const vt__samples *s)
{
  const int scatter = vt__scatter_dof(s), own = scatter > 0 ? scatter : s->dof;
  return s->common_dof > 0 && s->common_dof < own ? s->common_dof : own;
}

double vt__lines_at(const vt__mean_line *l, double u, double *variance)
{
  *variance = fmax(0, l->var_level - 2 * u * l->cov + u * u * l->var_ea);
  return l->level - l->ea * u;
}
