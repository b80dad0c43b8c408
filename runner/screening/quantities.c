/* quantities.c - what is fitted against 1/T, and its value in every task. */
#include <math.h>
#include <stdio.h>

#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

static vt_quantity quantities_named(const char *name, const char *unit, const char *doc)
{
  vt_quantity q = {{0}, {0}, {0}};
  (void)snprintf(q.name, sizeof q.name, "%s", name);
  (void)snprintf(q.unit, sizeof q.unit, "%s", unit);
  (void)snprintf(q.doc, sizeof q.doc, "%s", doc);
  return q;
}

int vt_quantities_of(const vt_campaign *c, vt_quantity q[VT_MAX_QUANTITIES])
{
  int n = 0;
  char name[32], doc[128];
  q[n++] = quantities_named("D_alkali", "cm^2/s",
                            "tracer diffusion coefficient of the alkali, number-weighted over its species");
  q[n++] =
      quantities_named("sigma_T", "mS K/cm", "total conductivity times temperature, from collective motion (Einstein)");
  for (int s = 0; s < c->n_species; s++) {
    (void)snprintf(name, sizeof name, "D_%s", vt_element_symbol(c->z[s]));
    (void)snprintf(doc, sizeof doc, "tracer diffusion coefficient of %s", vt_element_symbol(c->z[s]));
    q[n++] = quantities_named(name, "cm^2/s", doc);
  }
  for (int k = 0; k < VT_Q_RATES; k++) {
    (void)snprintf(name, sizeof name, "rate_o%d", k);
    (void)snprintf(doc, sizeof doc, "rate at which alkalis leave metals with %d oxygens, 1/continuous residence time",
                   k);
    q[n++] = quantities_named(name, "1/ps", doc);
  }
  return n;
}

static void quantities_diffusion(const vt_composition *comp, const vt_pool_glass *g, int z, double *x, double *se)
{
  for (int s = 0; s < comp->n_species; s++)
    if (comp->z[s] == z) *x = g->x[s], *se = g->x_se[s];
}

void vt__quantity_at(const vt_campaign *c, const vt_fits *f, int q, int task, double *x, double *se)
{
  const vt_pool_glass *g = &f->of_pool[task];
  const int species = q - VT_Q_HEADLINES, k = species - c->n_species;
  *x = *se = (double)NAN;
  if (q == VT_Q_D_ALKALI) {
    *x = g->x_alkali;
    *se = g->x_alkali_se;
  } else if (q == VT_Q_SIGMA_T) {
    const double t_k = c->t_k[c->task[task].temp];
    *x = g->x_sigma_mS_cm * t_k;
    *se = g->x_sigma_se * t_k;
  } else if (species < c->n_species) {
    quantities_diffusion(&c->comp[c->task[task].comp], g, c->z[species], x, se);
  } else {
    const vt_task *t = &c->task[task];
    vt_residence_rate(&vt_fits_whole(f, t->comp, t->temp, t->glass)->tau[VT_CONTINUOUS][k], x, se);
  }
}
