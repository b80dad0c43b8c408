/* lines.c - a straight line through the points of every glass, and the lines together (T 8.1 - 8.4). */
#include <math.h>

#include "engine/fits/fits_impl.h"

vt_status vt__lines_fit(vt__samples *s, vt_lsq *last, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block;
  double *work = NULL;
  size_t m = (size_t)s->n;
  s->chi2 = 0;
  s->dof = 0;
  VT_TRY_OUT(vt_calloc64(&block, 4 * m, sizeof(double), err), err, "Arrhenius lines of %d glasses", s->n_glasses);
  work = block;
  double *y = work, *var = y + m, *x = var + m;
  for (int g = 0; g < s->n_glasses; g++) {
    size_t n = 0;
    for (int i = 0; i < s->n; i++) {
      if (s->glass[i] != g) continue;
      y[n] = s->y[i];
      var[n] = s->var[i];
      x[2 * n] = 1;
      x[2 * n + 1] = -s->u[i];
      n++;
    }
    VT_TRY_OUT(vt_wls((int)n, 2, y, x, var, last, err), err, "Arrhenius line of glass %d", g);
    s->level[g] = last->b[0];
    s->ea[g] = last->b[1];
    s->chi2 += last->chi2;
    s->dof += (int)n - 2;
  }
out:
  vt_free(work);
  return rc;
}

/* Several glasses: plain means; the scatter of the glasses is the error (T 8.2). */
static vt__mean_line combine(const vt__samples *s)
{
  size_t g = (size_t)s->n_glasses;
  vt__mean_line l = {.level = vt_mean(s->level, g), .ea = vt_mean(s->ea, g)};
  double norm = (double)(g * (g - 1));
  for (size_t i = 0; i < g; i++) {
    double a = s->level[i] - l.level, b = s->ea[i] - l.ea;
    l.var_level += a * a / norm;
    l.var_ea += b * b / norm;
    l.cov += a * b / norm;
  }
  return l;
}

/* One glass: the given errors, enlarged when they do not explain the misfit (T 8.3). */
static vt__mean_line fits_lines_single(const vt_lsq *fit, double factor)
{
  double scale = factor * factor;
  return (vt__mean_line){.level = fit->b[0],
                         .ea = fit->b[1],
                         .var_level = scale * fit->cov[0],
                         .var_ea = scale * fit->cov[3],
                         .cov = scale * fit->cov[1]};
}

vt__mean_line vt__lines_mean(const vt__samples *s, const vt_lsq *last, double factor)
{
  return s->n_glasses == 1 ? fits_lines_single(last, factor) : combine(s);
}

double vt__lines_at(const vt__mean_line *l, double u, double *variance)
{
  *variance = fmax(0, l->var_level - 2 * u * l->cov + u * u * l->var_ea);
  return l->level - l->ea * u;
}
