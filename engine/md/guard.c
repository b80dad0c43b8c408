/* guard.c - when a trajectory is no longer one. A limit of zero is off.  Step and stage are added by the caller. */
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
  VT_FAIL(err, VT_EDIVERGE, "force of %.3g eV/A on atom %d (%s), limit %g", sqrt(most), worst,
          md->symbol[md->type[worst]], md->stage.guard.f_max);
}

vt_status vt__md_guard_step(const vt_md *md, vt_err *err)
{
  const vt_md_guard *g = &md->stage.guard;
  if (!isfinite(md->t_k) || (g->t_max_k > 0 && md->t_k > g->t_max_k))
    VT_FAIL(err, VT_EDIVERGE, "temperature %.6g K, limit %g", md->t_k, g->t_max_k);
  double ratio = vt_cell_volume(&md->cell) / md->volume0;
  if (g->volume_ratio > 0 && !(ratio < g->volume_ratio && ratio * g->volume_ratio > 1))
    VT_FAIL(err, VT_EDIVERGE, "volume %.4g times that at the start of the stage, limit %g or its inverse", ratio,
            g->volume_ratio);
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

vt_status vt__md_guard_contacts(const vt_md *md, vt_err *err)
{
  const vt_nlist *nl = &md->nl;
  double scale = md->stage.guard.d_min_scale, least2[VT_MAX_SPECIES][VT_MAX_SPECIES];
  if (!(scale > 0)) return VT_OK;
  for (int a = 0; a < md->n_species; a++) {
    for (int b = 0; b < md->n_species; b++) {
      double d = scale * vt_pair_min_distance(vt_element_z(md->symbol[a]), vt_element_z(md->symbol[b]));
      least2[a][b] = d * d;
    }
  }
  for (int i = 0; i < nl->n; i++) {
    for (int k = nl->first[i]; k < nl->first[i] + nl->count[i]; k++) {
      int j = nl->neigh[k];
      double dx = nl->x[j] - nl->x[i], dy = nl->y[j] - nl->y[i], dz = nl->z[j] - nl->z[i];
      double r2 = dx * dx + dy * dy + dz * dz, limit2 = least2[nl->type[i]][nl->type[j]];
      if (r2 < limit2)
        VT_FAIL(err, VT_EDIVERGE, "%s %d and %s %d are %.3g A apart, limit %.3g", md->symbol[nl->type[i]], i,
                md->symbol[nl->type[j]], nl->owner[j], sqrt(r2), sqrt(limit2));
    }
  }
  return VT_OK;
}
