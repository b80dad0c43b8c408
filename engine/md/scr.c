/* scr.c - isotropic stochastic cell rescaling.
 *
 * M. Bernetti, G. Bussi, J. Chem. Phys. 153, 114107 (2020).  The volume follows an overdamped Langevin equation whose
 * stationary density at fixed scaled coordinates and momenta is exp(-(K + U + P0 V) / kB T).  Written for l = sqrt(V)
 * the noise does not depend on the volume:
 *   dl = -(beta l / (2 tau)) (P0 - P - kB T / (2 V)) dt + sqrt(kB T beta / (2 tau)) dW
 * with P = (2 K + tr W) / (3 V).  One Euler step of it per time step, from K, W, V at the beginning of the step; the
 * positions, cell and (inversely) momenta are scaled in the middle of the drift, so that forces always belong to the
 * current volume and no second force evaluation is needed.
 *
 * beta sets, with tau_p, only how fast the volume follows; averages and fluctuations do not depend on it.  It is the
 * inverse of the stiffness K = -V dP/dV that the stage begins with, or that was measured since: a system of this
 * stiffness relaxes with tau_p.  Of the volume's fluctuations at constant pressure, var(V) = kB T V / K (M. P. Allen,
 * D. J. Tildesley, Computer Simulation of Liquids, 2nd ed. (2017), eq. 2.78); mean and variance are exponentially
 * weighted (T. Finch, Incremental calculation of weighted mean and variance (2009)), and begin with what the assumed
 * stiffness makes of them. */
#include <math.h>

#include "engine/md/md_impl.h"

/* Relaxation times that the variance remembers: 20 give the stiffness within a third, and what a cell was before it
 * came to rest is forgotten soon. */
static const double memory = 20;
/* Nobody gains from less or more: below, the noise of one step moves atoms as far as their velocities do; above, the
 * volume stands still. */
static const double least_gpa = 0.5, most_gpa = 50;

/* A volume that changes by more than this in one step is not followed but diverging. */
static const double most_change = 0.25;

vt_status vt__md_scr_move(const vt_md *md, double t_k, vt__md_scaling *out, vt_err *err)
{
  const vt_md_stage *st = &md->stage;
  double beta = 1 / md->barostat.stiffness, kt = VT_KB_EV * t_k;
  double volume = vt_cell_volume(&md->cell), root = sqrt(volume), g[2];
  vt_rng_normal2(md->key, VT_STREAM_BAROSTAT, md->stage_index, md->step, 0, g);
  double drift = -0.5 * beta * root / st->tau_p * (st->pressure - md->pressure - 0.5 * kt / volume);
  double next = root + drift * st->dt + sqrt(0.5 * kt * beta * st->dt / st->tau_p) * g[0];
  double ratio = next * next / volume;
  if (!(next > 0 && fabs(ratio - 1) < most_change))
    VT_FAIL(err, VT_EDIVERGE, "the volume of %g A^3 would change to %.3g times itself in one step (pressure %g GPa)",
            volume, next > 0 ? ratio : 0, vt_unit_gpa_from_pressure(md->pressure));
  *out = (vt__md_scaling){.length = cbrt(ratio), .d_volume = volume * (ratio - 1)};
  return VT_OK;
}

void vt_md_set_stiffness(vt_md *md, double stiffness)
{
  const double least = vt_unit_pressure_from_gpa(least_gpa), most = vt_unit_pressure_from_gpa(most_gpa);
  md->barostat.stiffness = fmin(fmax(stiffness, least), most);
}

void vt__md_scr_measure(vt_md *md, double t_k)
{
  vt_md_barostat *b = &md->barostat;
  const double kt = VT_KB_EV * t_k, volume = vt_cell_volume(&md->cell);
  const double weight = fmin(1, md->stage.dt / (memory * md->stage.tau_p));
  if (!(b->variance > 0)) *b = (vt_md_barostat){b->stiffness, volume, kt * volume / b->stiffness};
  const double off = volume - b->volume;
  b->volume += weight * off;
  b->variance = (1 - weight) * (b->variance + weight * off * off);
  vt_md_set_stiffness(md, kt * b->volume / b->variance);
}
