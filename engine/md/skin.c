/* skin.c - the Verlet skin of a run, from how far its fastest atom will get (T 4.7). */
#include <math.h>

#include "engine/md/md.h"

static const double pi = 3.14159265358979323846;

/* Chance that a Maxwell-distributed speed exceeds x standard deviations of one component. */
static double faster_than(double x) { return erfc(x / sqrt(2)) + sqrt(2 / pi) * x * exp(-0.5 * x * x); }

/* The speed that one atom of the cell is expected to exceed. */
static double fastest(const vt_composition *c, double t_k)
{
  double lo = 0, hi = 0;
  for (int s = 0; s < c->n_species; s++) hi = fmax(hi, 10 * sqrt(VT_KB_EV * t_k / vt_element_mass(c->z[s])));
  for (int round = 0; round < 60; round++) {
    double v = 0.5 * (lo + hi), expected = 0;
    for (int s = 0; s < c->n_species; s++)
      expected += c->count[s] * faster_than(v / sqrt(VT_KB_EV * t_k / vt_element_mass(c->z[s])));
    if (expected > 1)
      lo = v;
    else
      hi = v;
  }
  return 0.5 * (lo + hi);
}

static double number_density(const vt_composition *c)
{
  const double usual_a3 = 20;
  double volume = 0;
  for (int s = 0; s < c->n_species; s++) {
    double v = vt_comp_volume(c, s);
    volume += c->count[s] * (v > 0 ? v : usual_a3);
  }
  return c->n_atoms / volume;
}

double vt_md_rebuild_time(const vt_composition *c, double skin, double t_k) { return 0.5 * skin / fastest(c, t_k); }

/* What a step pays for a skin, in units of what one entry of a row costs a force call (2.1 ns; a rebuild 0.2 us + 4.5
 * ns an entry, Zen 5). */
static double skin_cost(const vt_composition *c, double cutoff, double skin, double t_k, double dt)
{
  const double rebuild = 100, rebuild_entry = 2;
  double entries = 4 * pi / 3 * pow(cutoff + skin, 3) * number_density(c);
  double steps = fmax(1, vt_md_rebuild_time(c, skin, t_k) / dt);
  return entries + (rebuild + rebuild_entry * entries) / steps;
}

double vt_md_skin(const vt_composition *c, double cutoff, double t_k, double dt)
{
  /* The bend at the optimum is shallow: 10 % of this cost is one per cent of a step, below what a machine repeats.
   * Within it the widest skin is taken, which leaves the list alone for longest. */
  const double slack = 1.1, step = 0.05;
  enum { LEAST = 6, MOST = 40 }; /* steps: 0.3 to 2 A */
  double lowest = INFINITY;
  for (int k = LEAST; k <= MOST; k++) lowest = fmin(lowest, skin_cost(c, cutoff, k * step, t_k, dt));
  int k = MOST;
  while (k > LEAST && skin_cost(c, cutoff, k * step, t_k, dt) > slack * lowest) k--;
  return k * step;
}
