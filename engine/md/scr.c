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
 * beta sets, with tau_p, only how fast the volume follows; averages and fluctuations do not depend on it. */
#include <math.h>

#include "engine/md/md_impl.h"

/* Isothermal compressibility of the barostat: 1 / (5 GPa), that is 2e-5 / bar, typical of molten halides and between
 * the stiffer oxide glasses and softer liquids.  A system of this compressibility relaxes with tau_p. */
static const double bulk_modulus_gpa = 5;

/* A volume that changes by more than this in one step is not followed but diverging. */
static const double most_change = 0.25;

vt_status vt__md_scr_move(const vt_md *md, double t_k, vt__md_scaling *out, vt_err *err)
{
  const vt_md_stage *st = &md->stage;
  double beta = 1 / vt_unit_pressure_from_gpa(bulk_modulus_gpa), kt = VT_KB_EV * t_k;
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
