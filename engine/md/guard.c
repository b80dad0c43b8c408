/* guard.c - when a trajectory is no longer one, seen after every step. A limit of zero is off.  Step and stage are
 * added by the caller; distances are in contacts.c. */
#include <math.h>

#include "engine/md/md_impl.h"

static vt_status largest_force(const vt_md *md, vt_err *err)
{
  int worst = 0;
  double most = -1;
  for (int i = 0; i < md->n; i++) {
    const double *f = md->f[i];
    double f2 = f[0] * f[0] + f[1] * f[1] + f[2] * f[2];
    if (f2 > most) most = f2, worst = i;
  }
  char nearest[VT_NAME];
  vt__md_nearest(md, nearest);
  VT_FAIL(err, VT_EDIVERGE, "force of %.3g eV/A on atom %d (%s), limit %g; %s", sqrt(most), worst,
          md->symbol[md->type[worst]], md->stage.guard.f_max, nearest);
}

vt_status vt__md_guard_step(const vt_md *md, vt_err *err)
{
  const vt_md_guard *g = &md->stage.guard;
  if (!isfinite(md->t_k) || (g->t_max_k > 0 && md->t_k > g->t_max_k)) {
    char nearest[VT_NAME];
    vt__md_nearest(md, nearest);
    VT_FAIL(err, VT_EDIVERGE, "temperature %.6g K, limit %g; %s", md->t_k, g->t_max_k, nearest);
  }
  double ratio = vt_cell_volume(&md->cell) / md->volume0;
  if (g->volume_ratio > 0 && !(ratio < g->volume_ratio && ratio * g->volume_ratio > 1))
    VT_FAIL(err, VT_EDIVERGE, "volume %.4g times that at the start of the stage, limit %g or its inverse", ratio,
            g->volume_ratio);
  if (g->spread_max > 0 && md->out.spread > g->spread_max) /* false for NaN: no committee */
    VT_FAIL(err, VT_EDIVERGE, "the potentials of the committee differ by %.3g eV/A in the forces, limit %g",
            md->out.spread, g->spread_max);
  if (g->f_max > 0) {
    double limit = g->f_max * g->f_max;
    int over = 0;
    for (int i = 0; i < md->n; i++) {
      const double *f = md->f[i];
      over |= f[0] * f[0] + f[1] * f[1] + f[2] * f[2] > limit; /* finite: vt_pot_compute looked */
    }
    if (over) return largest_force(md, err);
  }
  return VT_OK;
}
