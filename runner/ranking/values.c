/* values.c - what is ranked, out of the fits of a campaign or of a table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/ranking/ranking.h"

static vt_ranking_value no_value(void)
{
  const double no = (double)NAN;
  return (vt_ranking_value){.value = no, .lo95 = no, .hi95 = no, .needs_ns = no};
}

static void take_band(vt_ranking_value *x, double value, double lo95, double hi95, double scale)
{
  x->value = value * scale;
  x->lo95 = lo95 * scale;
  x->hi95 = hi95 * scale;
  x->resolved = isfinite(x->value) && isfinite(x->lo95) && isfinite(x->hi95);
}

/* ------------------------------------------------------------------ of a line */

/* "5 points: no value: not resolved in its run; 1 point: ..." */
static void say_rejected(const vt_arrh *a, char *why, size_t cap)
{
  vt_buf b = {0};
  if (a->n_points + a->n_rejected == 0)
    vt_buf_printf(&b, "no run has a result");
  else if (a->n_rejected == 0)
    vt_buf_printf(&b, "%d points from %d glasses are too few for a line", a->n_points, a->n_glasses);
  for (int k = VT_POINT_NO_VALUE; k < VT_N_POINT_STATUS; k++)
    if (a->n_status[k])
      vt_buf_printf(&b, "%s%d point%s: %s", b.len ? "; " : "", a->n_status[k], a->n_status[k] == 1 ? "" : "s",
                    vt_point_status_text((vt_point_status)k));
  (void)snprintf(why, cap, "%s", b.s ? b.s : "not resolved");
  vt_buf_free(&b);
}

static void why_of_line(const vt_arrh *a, const vt_ranking_by *by, vt_ranking_value *x)
{
  if (a->misfit.refused) {
    vt_misfit_text(&a->misfit, x->why);
  } else if (!a->resolved) {
    say_rejected(a, x->why, sizeof x->why);
  } else if (a->one_glass) {
    (void)snprintf(x->why, sizeof x->why,
                   "one glass, and no other composition has two: there is no interval for the composition");
  } else if (by->quantity == VT_RANKED_EA) {
    (void)snprintf(x->why, sizeof x->why, "the values do not rise with temperature");
  } else if (!vt_arrh_is_tested(a)) {
    (void)snprintf(x->why, sizeof x->why, "at %g K, beyond what is resolved (%g to %g K): %s", by->t_k, a->t_min_k,
                   a->t_max_k, vt_arrh_untested_text(a));
  } else {
    (void)snprintf(x->why, sizeof x->why, "its interval at %g K is wider than three decades%s", by->t_k,
                   a->extrapolates ? ", beyond the temperatures that are resolved" : "");
  }
}

/* by->t_k: NaN for none; scale: of values. */
static void take_line(const vt_arrh *a, const vt_ranking_by *by, double scale, vt_ranking_value *x)
{
  _Static_assert(sizeof x->why >= VT_MISFIT_TEXT, "room for the text of a misfit");
  *x = no_value();
  if (a->resolved && by->quantity == VT_RANKED_EA) {
    const vt_vtf *v = &a->vtf;
    const vt_band line = vt_arrh_energy(a);
    if (a->model == VT_MODEL_VTF && isfinite(v->ea_local_ev)) {
      take_band(x, v->ea_local_ev, v->ea_local_lo95, v->ea_local_hi95, 1);
      x->extrapolated = a->extrapolates;
    } else {
      take_band(x, line.median, line.lo95, line.hi95, 1);
    }
    x->resolved = x->resolved && x->hi95 > 0;
  } else if (a->resolved) {
    const vt_band b = vt_arrh_extrapolated(a);
    take_band(x, b.median, b.lo95, b.hi95, scale);
    x->extrapolated = a->extrapolates;
  }
  if (!x->resolved) why_of_line(a, by, x);
}

/* ------------------------------------------------------------------ of a group of glasses */

int vt_ranking_temperature(const vt_campaign *c, double t_k)
{
  for (int t = 0; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - t_k) <= 1e-9 * t_k) return t;
  return -1;
}

static void why_no_haven(const vt_group *g, const vt_pooled *other, vt_ranking_value *x)
{
  const vt_pool_reason reason = (vt_pool_reason)g->pool.reason;
  if (g->n_results == 0)
    (void)snprintf(x->why, sizeof x->why, "no run has a result");
  else if (reason == VT_POOL_NO_WINDOW || reason == VT_POOL_NO_CHARGE)
    (void)snprintf(x->why, sizeof x->why, "%s", vt_pool_reason_text(reason));
  else if (isfinite(other->value))
    (void)snprintf(x->why, sizeof x->why, "there is no metal to see it from");
  else
    (void)snprintf(x->why, sizeof x->why, "not resolved in all glasses together");
}

static void take_haven(const vt_campaign *c, const vt_fits *f, int comp, const vt_ranking_by *by, vt_ranking_value *x)
{
  const int t = vt_ranking_temperature(c, by->t_k);
  *x = no_value();
  if (t < 0) {
    (void)snprintf(x->why, sizeof x->why, "%g K was not measured, and a Haven ratio is not extrapolated", by->t_k);
    return;
  }
  const vt_group *g = &f->group[comp * c->n_temp + t];
  const vt_pooled *p = by->frame == VT_RANKING_METAL         ? &g->pool.haven_fw
                       : by->frame == VT_RANKING_BARYCENTRIC ? &g->pool.haven_bary
                                                             : &g->pool.haven_total;
  if (g->n_results > 0) take_band(x, p->value, p->lo95, p->hi95, 1);
  if (!x->resolved) why_no_haven(g, &g->pool.haven_total, x);
}

/* ------------------------------------------------------------------ all compositions */

vt_status vt_ranking_campaign(const vt_campaign *c, const vt_fits *f, const vt_ranking_by *by, vt_ranking_value *out,
                              vt_err *err)
{
  vt_arrh *arrh = NULL;
  const int is_sigma = by->quantity == VT_RANKED_SIGMA;
  if (by->quantity == VT_RANKED_HAVEN) {
    for (int k = 0; k < c->n_comp; k++) take_haven(c, f, k, by, &out[k]);
    return VT_OK;
  }
  VT_PASS(VT_NEW(arrh, c->n_comp, err));
  const vt_status rc = vt_fits_lines(c, f, is_sigma ? VT_Q_SIGMA_T : VT_Q_D_ALKALI, by->t_k, by->t_k, arrh, err);
  for (int k = 0; rc == VT_OK && k < c->n_comp; k++) take_line(&arrh[k], by, is_sigma ? 1 / by->t_k : 1, &out[k]);
  vt_free(arrh);
  return rc;
}

vt_status vt_ranking_table(const vt_table *t, const vt_ranking_by *by, vt_ranking_value *out, vt_err *err)
{
  vt_arrh *arrh = NULL;
  if (by->quantity != VT_RANKED_D && by->quantity != VT_RANKED_EA)
    VT_FAIL(err, VT_EINVAL, "a table has D alone, which gives D and ea");
  VT_PASS(VT_NEW(arrh, t->n_comp, err));
  const vt_status rc = vt_table_lines(t, by->t_k, by->t_k, VT_TG_OF_CLASS_K, arrh, err);
  for (int k = 0; rc == VT_OK && k < t->n_comp; k++) take_line(&arrh[k], by, 1, &out[k]);
  vt_free(arrh);
  return rc;
}
