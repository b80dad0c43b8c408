/* langevin.c - the random part of BAOAB, for melts.
 *
 * B. Leimkuhler, C. Matthews, Appl. Math. Res. Express 2013, 34: half kick (B), half drift (A), velocities by the exact
 * Ornstein-Uhlenbeck process over one step (O), half drift, forces, half kick.  With friction 1 / tau and c =
 * exp(-dt / tau)
 *   v' = c v + sqrt((1 - c^2) kB T / m) xi.
 * For a harmonic force positions are distributed exactly as in the canonical ensemble, whatever the step and the
 * friction; velocities at the end of a step are not: their variance is kB T / m (1 - (omega dt)^2 / 4), so that the
 * temperature read there is a little low (2 fs, 400 1/cm: 0.6 % for that mode).
 *
 * Momentum.  Independent noise would push the whole system about.  Here the noise is conditioned on zero total
 * momentum: its centre-of-mass velocity is subtracted.  That projection is orthogonal in the scalar product of the
 * kinetic energy, so what is left is exactly the Ornstein-Uhlenbeck process of the 3N - 3 relative degrees of freedom:
 * temperatures count as in every other ensemble, a total momentum of zero stays zero, and setting it to zero at block
 * boundaries removes rounding only.  Forces must not act on the centre of mass; no potential here does. */
#include <math.h>

#include "engine/md/md_impl.h"

void vt__md_langevin(vt_md *md, double t_k)
{
  const vt_md_stage *st = &md->stage;
  const double c = exp(-st->dt / st->tau_t), variance = -expm1(-2 * st->dt / st->tau_t) * VT_KB_EV * t_k;
  const uint32_t draw = 2 * md->stage_index;
  double p[3] = {0}, mass = 0; /* of the noise */
  double before = vt__md_kinetic(md);
  for (int i = 0; i < md->n; i++) {
    double xi[4], width = sqrt(variance / md->mass[i]);
    vt_rng_normal2(md->key, VT_STREAM_LANGEVIN, draw, md->step, (uint32_t)i, xi);
    vt_rng_normal2(md->key, VT_STREAM_LANGEVIN, draw + 1, md->step, (uint32_t)i, xi + 2);
    mass += md->mass[i];
    for (int b = 0; b < 3; b++) {
      md->v[i][b] = c * md->v[i][b] + width * xi[b];
      p[b] += md->mass[i] * (width * xi[b]);
    }
  }
  for (int i = 0; i < md->n; i++)
    for (int b = 0; b < 3; b++) md->v[i][b] -= p[b] / mass;
  md->exchanged += vt__md_kinetic(md) - before;
}
