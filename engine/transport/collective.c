/* Collective transport of one run: conductivity, Haven ratios, Onsager coefficients (T 7.4 - 7.6). */
#include <math.h>

#include "engine/num/num.h"
#include "engine/transport/transport_impl.h"

/* Every alkali has become diffusive: before that, a ratio of self to collective motion is one of vibrations. */
static int alkali_moves(const vt_composition *c, const vt_tracer *tracer)
{
  int n = 0;
  for (int s = 0; s < c->n_species; s++) {
    if (!vt__is_alkali(c, s)) continue;
    if (tracer[s].reason != VT_TR_OK) return 0;
    n++;
  }
  return n > 0;
}

/* ------------------------------------------------------------------ conductivity and Haven ratios */

vt_status vt__alkali_tracer(const vt_tr_input *in, const vt_tracer *window, double *slope, double *relative_se,
                            vt_err *err)
{
  const vt_composition *c = in->comp;
  const size_t n_lag = (size_t)in->n_lag, n = (size_t)c->n_species * n_lag;
  vt_status rc = VT_OK;
  void *block = NULL;
  double variance = 0;
  *slope = 0;
  VT_TRY_OUT(vt_calloc64(&block, 2 * n, sizeof(double), err), err, "barycentric MSD");
  double *mean = block, *m4 = mean + n;
  (void)vt_tr_msd_in_frame(in, vt__frame_used(in, VT_TR_BARYCENTRIC), mean, m4);
  for (int s = 0; s < c->n_species; s++) {
    const vt__msd m = {.n_lag = in->n_lag,
                       .lag_ps = in->lag_ps,
                       .mean = mean + (size_t)s * n_lag,
                       .m4 = m4 + (size_t)s * n_lag,
                       .walkers = c->count[s],
                       .run_ps = in->run_ps,
                       .longest_ps = vt__longest_ps(in)};
    const double weight = (double)c->count[s] * c->charge[s] * c->charge[s];
    vt__line line;
    int first, lags = vt__lags_within(in->n_lag, in->lag_ps, window[s].lo_ps, window[s].hi_ps, &first);
    if (!vt__is_alkali(c, s)) continue;
    VT_TRY_OUT(vt__msd_line(&m, first, lags, &line, err), err, "MSD of species %d", s);
    *slope += weight * line.slope;
    variance += weight * line.slope * line.relative_se * weight * line.slope * line.relative_se;
  }
  *relative_se = sqrt(variance) / fabs(*slope);
out:
  vt_free(block);
  return rc;
}

static vt_status haven(const vt_tr_input *in, vt__ratio ratio, vt_pooled *out, vt__spread *spread, vt_err *err)
{
  vt__early e;
  VT_PASS(vt__early_make(in, 1, ratio, &e, err));
  *spread = (vt__spread){e.variance.ln_haven, e.added.lean};
  if (e.known) *out = vt__interval(e.x.ln_haven, *spread, 1, 1, e.lo_ps, e.hi_ps);
  vt__early_free(&e);
  return VT_OK;
}

vt_status vt__collective(const vt_tr_input *in, vt_transport *out, vt_err *err)
{
  double slope, relative_se;
  vt__spread h;
  if (!alkali_moves(in->comp, out->tracer)) return VT_OK;
  VT_PASS(haven(in, VT__METAL, &out->haven_fw, &h, err));
  VT_PASS(haven(in, VT__BARYCENTRIC, &out->haven_bary, &h, err));
  VT_PASS(haven(in, VT__FRAME_FREE, &out->haven_total, &h, err));
  if (!isfinite(out->haven_total.value)) return VT_OK;
  VT_PASS(vt__alkali_tracer(in, out->tracer, &slope, &relative_se, err));
  out->sigma_lo_ps = out->haven_total.window_ps[0];
  out->sigma_hi_ps = out->haven_total.window_ps[1];
  if (!(slope > 0)) return VT_OK;
  const double sigma = vt_unit_sigma_mS_cm(slope, in->t_k, in->volume_a3) / out->haven_total.value;
  const vt__spread spread = {h.variance + relative_se * relative_se, -h.lean};
  const vt_pooled s = vt__interval(log(sigma), spread, 1, 1, 0, 0);
  out->sigma_mS_cm = s.value;
  out->sigma_se = s.se;
  out->sigma_lo95 = s.lo95;
  out->sigma_hi95 = s.hi95;
  return VT_OK;
}

/* ------------------------------------------------------------------ Onsager coefficients (T 7.5) */

static void onsager_none(const vt_composition *c, int frame, vt_onsager *o)
{
  *o = (vt_onsager){.n_species = c->n_species, .frame = frame, .dof = VT__THEORY_DOF, .sigma_mS_cm = (double)NAN};
  for (int i = 0; i < VT_MAX_SPECIES; i++) {
    o->t[i] = o->t_se[i] = o->t_self[i] = (double)NAN;
    for (int j = 0; j < VT_MAX_SPECIES; j++) o->l[i][j] = o->l_se[i][j] = o->recoil[i][j] = (double)NAN;
  }
}

vt_status vt_tr_onsager(const vt_tr_input *in, double lo_ps, double hi_ps, int frame, vt_onsager *out, vt_err *err)
{
  const vt_composition *c = in->comp;
  const vt__ratio ratio = frame == VT_TR_FRAMEWORK ? VT__METAL : VT__BARYCENTRIC;
  vt__shared s;
  vt__slopes slopes;
  vt__numbers x, variance;
  int from = -1, to = -1;
  onsager_none(c, frame, out);
  VT_PASS(vt__shared_lags(in, &s, err));
  for (int k = 0; k < s.n; k++) {
    const double lag = s.lag_ps[s.msd[k]], room = 1e-9;
    if (from < 0 && lag >= lo_ps * (1 - room)) from = k;
    if (lag <= hi_ps * (1 + room)) to = k;
  }
  if (from >= 0 && to > from) {
    const double a = s.lag_ps[s.msd[from]], b = s.lag_ps[s.msd[to]];
    vt__slopes_between(in, &s, from, to, &slopes);
    vt__numbers_of(c, in->t_k, ratio, &slopes, &x);
    vt__numbers_variance(c, ratio, &slopes, &x, vt__walk_variance(a, b, in->run_ps), &variance);
    out->sigma_mS_cm = 0;
    for (int i = 0; i < c->n_species; i++) {
      out->t[i] = x.t[i];
      out->t_se[i] = isfinite(x.t[i]) ? sqrt(variance.t[i]) : (double)NAN;
      out->t_self[i] = x.t_self_of[i];
      for (int j = 0; j < c->n_species; j++) {
        out->l[i][j] = x.l[i][j];
        out->l_se[i][j] = isfinite(x.l[i][j]) ? sqrt(variance.l[i][j]) : (double)NAN;
        out->recoil[i][j] = x.recoil[i][j];
        out->sigma_mS_cm += c->charge[i] * c->charge[j] * x.l[i][j];
      }
    }
  }
  vt__shared_free(&s);
  return VT_OK;
}

void vt_tr_onsager_scale(vt_onsager *o, double sigma_mS_cm, double relative_se)
{
  const double factor = sigma_mS_cm / o->sigma_mS_cm;
  for (int i = 0; i < o->n_species; i++)
    for (int j = 0; j < o->n_species; j++) {
      o->l[i][j] *= factor;
      o->l_se[i][j] = hypot(factor * o->l_se[i][j], relative_se * o->l[i][j]);
      o->recoil[i][j] *= factor;
    }
  o->sigma_mS_cm = sigma_mS_cm;
}
