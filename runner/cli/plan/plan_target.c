/* plan_target.c - what a target will need: errors as they are foreseen, the rule as it will decide (T 14, T 20). */
#include <math.h>
#include <stdlib.h>

#include "engine/num/num.h"
#include "runner/cli/plan/plan.h"
#include "runner/target/target.h"

/* What T 8.2 and T 7.7 let count beside the glasses themselves. */
enum { USUAL_DOF = 6, MOST_OTHERS = 30, HAVEN_DOF = 3 };

static vt_foreseen foreseen_at(const vt_forecast *o, int comp, int temp)
{
  const vt_lengths l = vt_campaign_pieces(o->c, comp, temp);
  vt_design d = o->design;
  d.produce_ps = vt_lengths_sum(&l);
  return vt_plan_foresee(&d, &o->guess[comp], o->c->t_k[temp]);
}

/* Level and slope of one glass with the scatter that glasses of this class have (T 14.3), by their number. */
static void foresee_line(const vt_forecast *o, const double *variance, vt_alloc_comp *x)
{
  const double slope_ev = 0.004, rest_share = 0.25, s2 = o->design.glass_scatter * o->design.glass_scatter;
  double n = 0, nu = 0, nuu = 0;
  for (int t = 0; t < o->c->n_temp; t++) {
    const double w = 1 / (variance[t] + rest_share * s2), u = (1 / o->c->t_k[t] - 1 / x->ref_k) / VT_KB_EV;
    n += w, nu += w * u, nuu += w * u * u;
  }
  const double det = n * nuu - nu * nu;
  x->var_level = (nuu / det + (1 - rest_share) * s2) / x->n_glasses;
  x->cov = nu / det / x->n_glasses;
  x->var_ea = (n / det + slope_ev * slope_ev) / x->n_glasses;
}

static void foresee_comp(vt_forecast *o, int k, double *variance, vt_alloc_comp *x, vt_alloc_cell *cell)
{
  const vt_campaign *c = o->c;
  const int g = vt_campaign_glasses(c, k), others = (c->n_comp - 1) * (g - 1);
  vt_forecast_of(o, k);
  *x = (vt_alloc_comp){.n_glasses = g,
                       .n_lines = g,
                       .dof = g - 1 + USUAL_DOF + (others < MOST_OTHERS ? others : MOST_OTHERS),
                       .dropped = c->comp_dropped ? c->comp_dropped[k] : 0,
                       .ref_k = c->compare.t_ref_k,
                       .glass_ps = vt_target_glass_ps(c, k),
                       .equilibrate_ps = vt_target_equilibrate_ps(c, k),
                       .cell = cell};
  for (int t = 0; t < c->n_temp; t++) {
    const vt_lengths l = vt_campaign_pieces(c, k, t);
    const vt_foreseen f = foreseen_at(o, k, t);
    variance[t] = f.rel_sampling * f.rel_sampling;
    cell[t] = (vt_alloc_cell){.t_k = c->t_k[t],
                              .quantum_ps = l.ps[0],
                              .length_ps = vt_lengths_sum(&l),
                              .variance = variance[t],
                              .haven_half = vt_t_quantile(0.975, g + HAVEN_DOF) * f.haven_rel, /* H = 1 at most */
                              .haven_dof = g + HAVEN_DOF,
                              .may_grow = l.n < VT_MOST_PIECES};
  }
  foresee_line(o, variance, x);
}

vt_status vt_plan_target_make(vt_forecast *o, const vt_plan_cost *cost, double campaign_ns, vt_plan_target *out,
                              vt_err *err)
{
  const vt_campaign *c = o->c;
  vt_status rc = VT_OK;
  vt_alloc_comp *comp = NULL;
  vt_alloc_cell *cell = NULL;
  double *work = NULL;
  vt_alloc a = {.n_comp = c->n_comp, .n_temp = c->n_temp, .decided = 1};
  *out = (vt_plan_target){.budget_ns = c->target.budget_fixed_ns};
  if (!(out->budget_ns > 0)) out->budget_ns = c->target.budget_core_h * campaign_ns / (cost->core_s / 3600);
  a.n_aims = vt_target_aims(c, a.aim);
  a.budget_ps = 1000 * out->budget_ns;
  const size_t n = (size_t)c->n_comp * (size_t)c->n_temp;
  VT_TRY_OUT(VT_NEW(comp, c->n_comp, err), err, "target");
  VT_TRY_OUT(VT_NEW(cell, n, err), err, "target");
  VT_TRY_OUT(VT_NEW(work, n, err), err, "target");
  VT_TRY_OUT(VT_NEW(out->move, c->n_comp, err), err, "target");
  for (int k = 0; k < c->n_comp; k++) foresee_comp(o, k, work, &comp[k], cell + (ptrdiff_t)k * c->n_temp);
  a.comp = comp;
  VT_TRY_OUT(vt_alloc_decide(&a, out->move, work, &out->sum, err), err, "target of '%s'", c->name);
out:
  vt_free(comp);
  vt_free(cell);
  vt_free(work);
  return rc;
}

/* As foreseen, of all that is not given up; NaN if something is not known. */
static double whole_ns(const vt_campaign *c, const vt_plan_target *t)
{
  double ps = t->sum.spent_ps;
  for (int k = 0; k < c->n_comp; k++)
    if (!vt_alloc_is_dropped((vt_alloc_state)t->move[k].state)) ps += t->move[k].needs_ps;
  return ps * 1e-3;
}

void vt_plan_target_print(const vt_campaign *c, const vt_plan_target *t)
{
  printf("target   pilot %.4g ns; foreseen %.4g ns in all, of a budget of %.4g ns", t->sum.spent_ps * 1e-3,
         whole_ns(c, t), t->budget_ns);
  if (c->target.budget_core_h > 0 && !(c->target.budget_fixed_ns > 0))
    printf(" (%.4g core-hours at this speed; the first start settles it)", c->target.budget_core_h);
  printf("\n");
  for (int k = 0; k < c->n_comp; k++) {
    const vt_alloc_move *m = &t->move[k];
    if (vt_alloc_is_dropped((vt_alloc_state)m->state))
      printf("  %s: %s\n", c->comp[k].name, vt_reason_text(&vt_alloc_states, m->state));
    else
      printf("  %s: %.4g ns behind its pilot\n", c->comp[k].name, m->needs_ps * 1e-3);
  }
  if (c->target.verdict) printf("  the verdict is not foreseen: it follows from values\n");
}

vt_json *vt_plan_target_json(const vt_campaign *c, const vt_plan_target *t)
{
  vt_json *o = vt_json_object(), *rows = vt_json_array();
  vt_json_put(o, "pilot_ns", vt_json_num(t->sum.spent_ps * 1e-3));
  vt_json_put(o, "foreseen_ns", vt_json_num(whole_ns(c, t)));
  vt_json_put(o, "budget_ns", vt_json_num(t->budget_ns));
  for (int k = 0; k < c->n_comp; k++) {
    vt_json *r = vt_json_object();
    const int dropped = vt_alloc_is_dropped((vt_alloc_state)t->move[k].state);
    vt_json_put(r, "composition", vt_json_text(c->comp[k].name));
    vt_json_put(r, "needs_ns", vt_json_num(t->move[k].needs_ps * 1e-3)); /* null: more than there is */
    vt_json_put(r, "dropped", vt_json_bool(dropped));
    vt_json_put(r, "why", vt_json_text(vt_reason_text(&vt_alloc_states, t->move[k].state)));
    vt_json_add(rows, r);
  }
  vt_json_put(o, "compositions", rows);
  return o;
}

void vt_plan_target_free(vt_plan_target *t)
{
  vt_free(t->move);
  *t = (vt_plan_target){0};
}
