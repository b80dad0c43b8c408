/* frame.c - displacements seen from a frame that moves with some of the atoms (T 7.5). */
#include <math.h>
#include <string.h>

#include "engine/transport/transport_impl.h"

VT_REASONS(vt_tr_frames, VT_TR_FRAMES);
const char *vt_tr_frame_name(int frame) { return vt_tr_frames.row[frame].name; }

/* <(sum_i u_i dP_i) . (sum_j w_j dP_j)> at collective lag k. */
static double at_lag(const vt_tr_input *in, int k, const double *u, const double *w)
{
  int n = in->comp->n_species;
  double sum = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if (u[i] != 0 && w[j] != 0) sum += u[i] * w[j] * in->charge_corr[vt_pair_index(i, j, n) * in->n_clag + k];
  return sum;
}

int vt__is_alkali(const vt_composition *c, int s) { return vt_comp_role(c, s) == VT_ROLE_MOBILE && c->count[s] > 0; }

int vt__frame_reference(const vt_composition *c, int frame, double a[VT_MAX_SPECIES])
{
  double total = 0;
  for (int k = 0; k < c->n_species; k++) {
    a[k] = 0;
    if (frame == VT_TR_BARYCENTRIC) a[k] = vt_element_mass(c->z[k]);
    if (frame == VT_TR_FRAMEWORK) a[k] = vt_comp_role(c, k) == VT_ROLE_NETWORK ? 1 : 0;
    total += a[k] * c->count[k];
  }
  for (int k = 0; k < c->n_species && total > 0; k++) a[k] /= total;
  return total > 0 || frame == VT_TR_AS_SIMULATED;
}

void vt__in_frame(const vt_composition *c, const double *a, const double *u, double *out)
{
  double moved = 0;
  for (int i = 0; i < c->n_species; i++) moved += u[i] * c->count[i];
  for (int k = 0; k < c->n_species; k++) out[k] = u[k] - moved * a[k];
}

int vt__same_lags(const vt_tr_input *in)
{
  const double rounding = 1e-9;
  if (in->n_lag != in->n_clag) return 0;
  for (int k = 0; k < in->n_lag; k++)
    if (fabs(in->lag_ps[k] - in->clag_ps[k]) > rounding * in->lag_ps[k]) return 0;
  return 1;
}

int vt__frame_used(const vt_tr_input *in, int frame)
{
  double a[VT_MAX_SPECIES];
  if (frame == VT_TR_AS_SIMULATED || !vt__same_lags(in)) return VT_TR_AS_SIMULATED;
  return vt__frame_reference(in->comp, frame, a) ? frame : VT_TR_BARYCENTRIC;
}

int vt_tr_msd_in_frame(const vt_tr_input *in, int frame, double *mean, double *m4)
{
  const vt_composition *c = in->comp;
  const size_t n = (size_t)c->n_species * (size_t)in->n_lag;
  double a[VT_MAX_SPECIES];
  memcpy(mean, in->msd_mean, n * sizeof *mean);
  memcpy(m4, in->msd_m4, n * sizeof *m4);
  if (frame == VT_TR_AS_SIMULATED) return 1;
  if (!vt__same_lags(in) || !vt__frame_reference(c, frame, a)) return 0;
  for (int s = 0; s < c->n_species; s++) {
    double own[VT_MAX_SPECIES] = {0}, seen[VT_MAX_SPECIES];
    if (c->count[s] < 1) continue;
    own[s] = 1.0 / c->count[s];
    vt__in_frame(c, a, own, seen);
    for (int k = 0; k < in->n_lag; k++) {
      double *x = &mean[s * in->n_lag + k], before = *x;
      *x = fmax(0, before + at_lag(in, k, seen, seen) - at_lag(in, k, own, own));
      if (before > 0) m4[s * in->n_lag + k] *= (*x / before) * (*x / before);
    }
  }
  return 1;
}
