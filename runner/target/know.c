/* know.c - a campaign and its fits as engine/allocation sees them. */
#include <math.h>

#include "runner/target/target_impl.h"

int vt_target_aims(const vt_campaign *c, vt_aim aim[VT_MAX_AIMS])
{
  const vt_target *t = &c->target;
  int n = 0;
  if (t->ea_ev > 0) aim[n++] = (vt_aim){.kind = VT_AIM_EA, .goal = t->ea_ev};
  if (t->log10_d > 0) aim[n++] = (vt_aim){.kind = VT_AIM_LOG10_D, .t_k = t->log10_d_at_k, .goal = t->log10_d};
  if (t->haven > 0) aim[n++] = (vt_aim){.kind = VT_AIM_HAVEN, .t_k = t->haven_at_k, .goal = t->haven};
  if (t->verdict) aim[n++] = (vt_aim){.kind = VT_AIM_VERDICT};
  return n;
}

static double task_ps(const vt_campaign *c, int i, double *produce_ps)
{
  vt_plan p;
  *produce_ps = 0;
  if (vt_campaign_plan(c, i, &p, NULL) != VT_OK) return 0; /* of a resolved campaign's own task it cannot fail */
  if (p.kind == VT_TASK_MD) *produce_ps = p.protocol.produce_ps;
  return 1000 * vt_replica_ns(&p);
}

double vt_target_glass_ps(const vt_campaign *c, int comp)
{
  double sum = 0, none;
  for (int i = 0; i < c->n_tasks; i++)
    if (c->task[i].comp == comp && c->task[i].glass == 0 && c->task[i].kind == VT_TASK_GLASS)
      sum += task_ps(c, i, &none);
  return sum;
}

double vt_target_equilibrate_ps(const vt_campaign *c, int comp)
{
  for (int i = 0; i < c->n_tasks; i++) {
    double produce_ps;
    if (c->task[i].comp != comp || c->task[i].kind != VT_TASK_MD || c->task[i].piece != 1) continue;
    const double ps = task_ps(c, i, &produce_ps);
    return ps - produce_ps;
  }
  return 0;
}

/* Of ln D of one glass by its run, mean over those that have a value: what a fit weighs its points with. */
static double variance_of(const vt_campaign *c, const vt_fits *f, int comp, int temp)
{
  double sum = 0;
  int n = 0;
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    const double x = f->of_pool[i].x_alkali, se = f->of_pool[i].x_alkali_se;
    if (t->kind != VT_TASK_MD || t->comp != comp || t->temp != temp || !(x > 0) || !(se > 0)) continue;
    sum += (se / x) * (se / x);
    n++;
  }
  return n ? sum / n : (double)NAN;
}

static void know_cell(const vt_campaign *c, const vt_fits *f, int comp, int temp, vt_alloc_cell *out)
{
  const vt_lengths l = vt_campaign_pieces(c, comp, temp);
  const vt_group *g = &f->group[comp * c->n_temp + temp];
  const vt_pooled *h = &g->pool.haven_total;
  *out = (vt_alloc_cell){.t_k = c->t_k[temp],
                         .quantum_ps = l.ps[0],
                         .length_ps = vt_lengths_sum(&l),
                         .variance = variance_of(c, f, comp, temp),
                         .haven_half = g->n_results > 0 ? 0.5 * (h->hi95 - h->lo95) : (double)NAN,
                         .haven_dof = h->n_glasses + 3,
                         .may_grow = l.n < VT_MOST_PIECES};
}

void vt__target_know(const vt_campaign *c, const vt_fits *f, vt_alloc_comp *comp, vt_alloc_cell *cell)
{
  for (int k = 0; k < c->n_comp; k++) {
    comp[k] = (vt_alloc_comp){.n_glasses = vt_campaign_glasses(c, k),
                              .dropped = c->comp_dropped ? c->comp_dropped[k] : 0,
                              .glass_ps = vt_target_glass_ps(c, k),
                              .equilibrate_ps = vt_target_equilibrate_ps(c, k),
                              .cell = cell + (ptrdiff_t)k * c->n_temp};
    vt_alloc_take_line(&comp[k], &f->fitted[VT_Q_D_ALKALI].arrh[k]);
    for (int t = 0; t < c->n_temp; t++) know_cell(c, f, k, t, &comp[k].cell[t]);
  }
}
