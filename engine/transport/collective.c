/* Collective transport: conductivity, Haven ratios, Onsager coefficients, frames (T 7.4 - 7.6). */
#include <math.h>

#include "engine/transport/transport_impl.h"

enum { LEAST_LAGS = 3 };

static double collective_square(double x) { return x * x; }

/* One trajectory is one walk in three dimensions, whose windows have a variance of 2/3 of the squared mean (T 7.4). */
vt_status vt__collective_slope(const vt_tr_input *in, double lo_ps, double hi_ps, const double *u, const double *w,
                               vt__slope *out, vt_err *err)
{
  const vt__walk one = {.walkers = 1, .run_ps = in->run_ps};
  vt_status rc = VT_OK;
  void *block = NULL;
  vt__line line;
  int first, n = vt__lags_within(in->n_clag, in->clag_ps, lo_ps, hi_ps, &first);
  const double *lag = in->clag_ps + first;
  *out = (vt__slope){(double)NAN, (double)NAN};
  if (n < LEAST_LAGS) return VT_OK;
  VT_TRY_OUT(vt_calloc64(&block, (size_t)n, sizeof(double), err), err, "collective MSD");
  double *y = block;
  for (int i = 0; i < n; i++) {
    y[i] = vt__bilinear(in, first + i, u, w);
    if (!isfinite(y[i])) VT_FAIL_OUT(err, VT_EINVAL, "the collective correlation at %g ps is %g", lag[i], y[i]);
  }
  VT_TRY_OUT(vt__line_fit(n, lag, y, &one, &line, err), err, "collective MSD");
  *out = (vt__slope){line.slope, line.relative_se};
out:
  vt_free(block);
  return rc;
}

/* ------------------------------------------------------------------ conductivity and Haven ratios */

/* The common window: from where the slowest alkali has become diffusive (T 7.4). 0 if there is none. */
static int common_window(const vt_tr_input *in, const vt_transport *t, double *lo_ps, double *hi_ps)
{
  const double least_fraction = 0.05; /* of the run */
  int n_alkali = 0;
  *lo_ps = 0;
  for (int s = 0; s < in->comp->n_species; s++) {
    if (vt_element_role(in->comp->z[s]) != 'A' || in->comp->count[s] < 1) continue;
    if (t->tracer[s].reason != VT_TR_OK) return 0;
    *lo_ps = fmax(*lo_ps, t->tracer[s].lo_ps);
    n_alkali++;
  }
  *hi_ps = fmax(2 * *lo_ps, least_fraction * in->run_ps);
  int first;
  return n_alkali > 0 && vt__lags_within(in->n_clag, in->clag_ps, *lo_ps, *hi_ps, &first) >= LEAST_LAGS &&
         vt__lags_within(in->n_lag, in->lag_ps, *lo_ps, *hi_ps, &first) >= LEAST_LAGS;
}

/* |dr - dR|^2 = dr^2 + (dP_i/N_i - dR)^2 - (dP_i/N_i)^2 in the mean over the atoms of species i, R the reference. */
vt_status vt__alkali_self(const vt_tr_input *in, double lo_ps, double hi_ps, const double *a, vt__self *out,
                          vt_err *err)
{
  const vt_composition *c = in->comp;
  double variance = 0;
  *out = (vt__self){0};
  for (int s = 0; s < c->n_species; s++) {
    if (vt_element_role(c->z[s]) != 'A' || c->count[s] < 1) continue;
    vt__line line;
    int first, n = vt__lags_within(in->n_lag, in->lag_ps, lo_ps, hi_ps, &first);
    double weight = (double)c->count[s] * c->charge[s] * c->charge[s];
    VT_PASS(vt__msd_line(in, s, first, n, &line, err));
    out->lab += weight * line.slope;
    out->seen += weight * line.slope;
    variance += collective_square(weight * line.slope * line.relative_se);
    if (!a) continue;
    double mean[VT_MAX_SPECIES] = {0}, moved[VT_MAX_SPECIES];
    vt__slope seen, own;
    mean[s] = 1.0 / c->count[s];
    vt__in_frame(c, a, mean, moved);
    VT_PASS(vt__collective_slope(in, lo_ps, hi_ps, moved, moved, &seen, err));
    VT_PASS(vt__collective_slope(in, lo_ps, hi_ps, mean, mean, &own, err));
    out->seen += weight * (seen.value - own.value);
  }
  out->lab_se = sqrt(variance);
  return VT_OK;
}

/* Ratio of a self part to a collective slope; the two errors are taken as independent, which overstates the error a
 * little (T 7.6). */
static void haven(double self, double self_relative_se, vt__slope collective, double *value, double *se)
{
  if (!(collective.value > 0) || !(self > 0)) return; /* stays NaN */
  *value = self / collective.value;
  *se = *value * hypot(self_relative_se, collective.relative_se);
}

vt_status vt__collective(const vt_tr_input *in, vt_transport *out, vt_err *err)
{
  const vt_composition *c = in->comp;
  double z[VT_MAX_SPECIES], alkali[VT_MAX_SPECIES], alkali_fw[VT_MAX_SPECIES], a[VT_MAX_SPECIES], lo_ps, hi_ps;
  vt__slope charge, charge_fw;
  vt__self self;
  if (!common_window(in, out, &lo_ps, &hi_ps)) return VT_OK;
  out->sigma_lo_ps = lo_ps;
  out->sigma_hi_ps = hi_ps;
  for (int s = 0; s < c->n_species; s++) {
    z[s] = c->charge[s];
    alkali[s] = vt_element_role(c->z[s]) == 'A' ? z[s] : 0;
  }
  VT_PASS(vt__collective_slope(in, lo_ps, hi_ps, z, z, &charge, err));
  if (charge.value > 0) {
    out->sigma_mS_cm = vt_unit_sigma_mS_cm(charge.value, in->t_k, in->volume_a3);
    out->sigma_se = out->sigma_mS_cm * charge.relative_se;
  }
  int has_metal = vt__frame_reference(c, VT_TR_FRAMEWORK, a);
  VT_PASS(vt__alkali_self(in, lo_ps, hi_ps, has_metal ? a : NULL, &self, err));
  double relative_se = self.lab_se / self.lab;
  haven(self.lab, relative_se, charge, &out->haven_total, &out->haven_total_se);
  if (!has_metal) return VT_OK;
  vt__in_frame(c, a, alkali, alkali_fw);
  VT_PASS(vt__collective_slope(in, lo_ps, hi_ps, alkali_fw, alkali_fw, &charge_fw, err));
  haven(self.seen, relative_se, charge_fw, &out->haven_fw, &out->haven_fw_se);
  return VT_OK;
}

/* ------------------------------------------------------------------ Onsager coefficients (T 7.5) */

vt_status vt__self_parts(const vt_tr_input *in, double lo_ps, double hi_ps, double *part, vt_err *err)
{
  const vt_composition *c = in->comp;
  int first, n = vt__lags_within(in->n_lag, in->lag_ps, lo_ps, hi_ps, &first);
  for (int s = 0; s < c->n_species; s++) {
    vt__line line = {0};
    if (c->count[s] > 0 && n >= LEAST_LAGS) VT_PASS(vt__msd_line(in, s, first, n, &line, err));
    part[s] = n < LEAST_LAGS ? (double)NAN : c->count[s] * c->charge[s] * c->charge[s] * line.slope;
  }
  return VT_OK;
}

vt_status vt_tr_onsager(const vt_tr_input *in, double lo_ps, double hi_ps, int frame, vt_onsager *out, vt_err *err)
{
  const vt_composition *c = in->comp;
  vt_onsager o = {.n_species = c->n_species, .frame = frame, .sigma_mS_cm = (double)NAN};
  double a[VT_MAX_SPECIES], u[VT_MAX_SPECIES][VT_MAX_SPECIES], sigma = 0, self = 0;
  int known = vt__frame_reference(c, frame, a);
  for (int i = 0; i < c->n_species; i++) {
    double one[VT_MAX_SPECIES] = {0};
    one[i] = 1;
    o.t[i] = (double)NAN;
    if (known) vt__in_frame(c, a, one, u[i]);
  }
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) {
      vt__slope s = {(double)NAN, (double)NAN};
      if (known) VT_PASS(vt__collective_slope(in, lo_ps, hi_ps, u[i], u[j], &s, err));
      o.l[i][j] = vt_unit_sigma_mS_cm(s.value, in->t_k, in->volume_a3);
      sigma += c->charge[i] * c->charge[j] * o.l[i][j];
    }
  o.sigma_mS_cm = sigma;
  for (int i = 0; i < c->n_species && sigma > 0; i++) {
    o.t[i] = 0;
    for (int j = 0; j < c->n_species; j++) o.t[i] += c->charge[i] * c->charge[j] * o.l[i][j] / sigma;
  }
  VT_PASS(vt__self_parts(in, lo_ps, hi_ps, o.t_self, err));
  for (int i = 0; i < c->n_species; i++) self += o.t_self[i];
  for (int i = 0; i < c->n_species; i++) o.t_self[i] /= self;
  *out = o;
  return VT_OK;
}
