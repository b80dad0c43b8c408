/* Tracer diffusion of one replica (T 7.1 - 7.3) and the assembly of its transport coefficients. */
#include <math.h>

#include "engine/transport/transport_impl.h"

/* The window rule of T 7.1. */
static const double site_a = 3;             /* A, a typical distance between sites                */
static const double earliest_ps = 5;        /* before that: cage                                  */
static const double latest_fraction = 0.25; /* of the run, of its longest piece                  */
static const double least_exponent = 0.9;
enum { LEAST_LAGS = 3 };

double vt__longest_ps(const vt_tr_input *in) { return in->longest_ps > 0 ? in->longest_ps : in->run_ps; }

static double least_msd(void) { return 0.5 * site_a * site_a; }

VT_REASONS(vt_tr_reasons, VT_TR_REASONS);
const char *vt_tr_reason_text(vt_tr_reason r) { return vt_reason_text(&vt_tr_reasons, (int)r); }

/* ------------------------------------------------------------------ window */

/* Least-squares slope of ln MSD against ln lag over n points; NaN where a logarithm does not exist. */
static double log_slope(const double *lag, const double *msd, int n)
{
  double mx = 0, my = 0, xx = 0, xy = 0;
  for (int i = 0; i < n; i++) mx += log(lag[i]) / n, my += log(msd[i]) / n;
  for (int i = 0; i < n; i++) {
    double dx = log(lag[i]) - mx;
    xx += dx * dx;
    xy += dx * (log(msd[i]) - my);
  }
  double slope = xy / xx;
  return isfinite(slope) ? slope : (double)NAN;
}

/* Local exponent at lag i, over the octave that begins there, three lags at least, plus one standard error: what the
 * data allow it to be.  A diffusive run that is short would else be refused for its noise. */
static vt_status allowed_exponent(const vt__msd *m, int i, int end, double *out, vt_err *err)
{
  const double *lag = m->lag_ps, *msd = m->mean;
  int n = LEAST_LAGS;
  vt__line line;
  while (i + n < end && lag[i + n] <= 2 * lag[i]) n++;
  VT_PASS(vt__msd_line(m, i, n, &line, err));
  *out = log_slope(lag + i, msd + i, n) * (1 + line.relative_se);
  return VT_OK;
}

typedef struct window {
  int first, n;
  vt_tr_reason reason;
} window;

static vt_status find_window(const vt__msd *m, window *w, vt_err *err)
{
  const double *lag = m->lag_ps, *msd = m->mean;
  int early, n = vt__lags_within(m->n_lag, lag, earliest_ps, latest_fraction * m->longest_ps, &early), end = early + n;
  *w = (window){.first = early, .n = n, .reason = VT_TR_TOO_SHORT};
  if (n < LEAST_LAGS) return VT_OK;
  w->reason = VT_TR_CAGED;
  for (int i = early; i + LEAST_LAGS <= end; i++) {
    double exponent;
    if (!(msd[i] > least_msd())) continue;
    w->reason = VT_TR_SUBDIFFUSIVE;
    VT_PASS(allowed_exponent(m, i, end, &exponent, err));
    if (!(exponent > least_exponent)) continue;
    int grows = msd[end - 1] - msd[i] >= least_msd();
    *w = (window){.first = i, .n = end - i, .reason = grows ? VT_TR_OK : VT_TR_NO_GROWTH};
    return VT_OK;
  }
  return VT_OK;
}

/* Length of a run (ns) that would probably pass the rule, if the MSD goes on as c + b t, the line through its last
 * octave; NaN when it hardly grows there (T 7.1). */
static double needed_ns(const double *lag, const double *msd, const window *w)
{
  const double least_growth = 0.2; /* local exponent below which the slope is a plateau's noise */
  if (w->reason == VT_TR_TOO_SHORT) return 2 * earliest_ps / latest_fraction * 1e-3;
  int end = w->first + w->n, i = end - LEAST_LAGS;
  while (i > 0 && 2 * lag[i - 1] >= lag[end - 1]) i--;
  if (!(log_slope(lag + i, msd + i, end - i) > least_growth)) return (double)NAN;
  double b = (msd[end - 1] - msd[i]) / (lag[end - 1] - lag[i]), c = fmax(0, msd[end - 1] - b * lag[end - 1]);
  if (!(b > 0)) return (double)NAN;
  /* c + b t has the local exponent b t / (c + b t). */
  double start = fmax(earliest_ps, fmax((least_msd() - c) / b, least_exponent / (1 - least_exponent) * c / b));
  return fmax(2 * start, start + least_msd() / b) / latest_fraction * 1e-3;
}

/* ------------------------------------------------------------------ one species */

static int is_straight(const vt__line *l)
{
  const double most_sigma = 4, most_part = 0.5;
  return l->slope > 0 && fabs(l->slope - l->ols_slope) <= fmax(most_sigma * l->relative_se, most_part) * l->slope;
}

/* The lags that are used hold means of a square and of a fourth power. */
static vt_status check_moments(const vt_tr_input *in, int s, vt_err *err)
{
  const double rounding = 1e-9;
  const double *mean = in->msd_mean + (size_t)s * (size_t)in->n_lag, *m4 = in->msd_m4 + (size_t)s * (size_t)in->n_lag;
  int first, n = vt__lags_within(in->n_lag, in->lag_ps, 0, latest_fraction * vt__longest_ps(in), &first);
  for (int i = 0; i < n; i++)
    if (!(mean[i] >= 0 && isfinite(m4[i]) && m4[i] >= mean[i] * mean[i] * (1 - rounding)))
      VT_FAIL(err, VT_EINVAL, "species %d at %g ps: <dr^2> = %g and <dr^4> = %g are not moments", s, in->lag_ps[i],
              mean[i], m4[i]);
  return VT_OK;
}

/* Free flight has the exponent 2 and a slope like any other. */
static int is_ballistic(double exponent, const vt__line *l)
{
  const double never = 1.5, most = 1.2;
  return exponent > never || exponent * (1 - 3 * l->relative_se) > most;
}

vt_tracer vt__no_tracer(void)
{
  const double no = (double)NAN;
  return (vt_tracer){
      .d_cm2_s = no, .se = no, .lo_ps = no, .hi_ps = no, .exponent = no, .needs_ns = no, .reason = VT_TR_ABSENT};
}

vt_status vt__tracer(const vt__msd *m, vt_tracer *t, vt_err *err)
{
  const double a2_ps_to_cm2_s = 1e-4;
  const double *lag = m->lag_ps, *msd = m->mean;
  window w;
  *t = vt__no_tracer();
  VT_PASS(find_window(m, &w, err));
  t->reason = w.reason;
  if (w.n >= LEAST_LAGS) t->exponent = log_slope(lag + w.first, msd + w.first, w.n);
  if (w.reason != VT_TR_OK) {
    t->needs_ns = needed_ns(lag, msd, &w);
    return VT_OK;
  }
  vt__line line;
  VT_PASS(vt__msd_line(m, w.first, w.n, &line, err));
  t->lo_ps = lag[w.first];
  t->hi_ps = lag[w.first + w.n - 1];
  t->n_lags = w.n;
  if (is_ballistic(t->exponent, &line)) {
    t->reason = VT_TR_BALLISTIC;
  } else if (is_straight(&line)) {
    t->d_cm2_s = line.slope / 6 * a2_ps_to_cm2_s; /* T 7.2: MSD = 6 D t + c */
    t->se = t->d_cm2_s * line.relative_se;
  } else {
    t->reason = VT_TR_BAD_FIT;
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ all of it */

vt_status vt__check_input(const vt_tr_input *in, vt_err *err)
{
  if (!in->comp || in->comp->n_species < 1 || in->comp->n_species > VT_MAX_SPECIES)
    VT_FAIL(err, VT_EINVAL, "transport of a cell with %d species", in->comp ? (int)in->comp->n_species : 0);
  if (!(in->run_ps > 0)) VT_FAIL(err, VT_EINVAL, "transport from a run of %g ps", in->run_ps);
  if (!(in->longest_ps >= 0 && in->longest_ps <= in->run_ps))
    VT_FAIL(err, VT_EINVAL, "transport from a run of %g ps with a piece of %g ps", in->run_ps, in->longest_ps);
  if (in->n_lag > 0 && (!in->lag_ps || !in->msd_mean || !in->msd_m4))
    VT_FAIL(err, VT_EINVAL, "%d lags without the MSD and its fourth moment", in->n_lag);
  if (in->n_clag > 0 && (!in->clag_ps || !in->charge_corr))
    VT_FAIL(err, VT_EINVAL, "%d lags without collective correlations", in->n_clag);
  for (int i = 0; i < in->n_lag; i++)
    if (!(in->lag_ps[i] > (i ? in->lag_ps[i - 1] : 0)))
      VT_FAIL(err, VT_EINVAL, "lag %d of the MSD, %g ps, does not ascend", i, in->lag_ps[i]);
  for (int i = 0; i < in->n_clag; i++)
    if (!(in->clag_ps[i] > (i ? in->clag_ps[i - 1] : 0)))
      VT_FAIL(err, VT_EINVAL, "collective lag %d, %g ps, does not ascend", i, in->clag_ps[i]);
  for (int s = 0; in->n_lag > 0 && s < in->comp->n_species; s++)
    if (in->comp->count[s] > 0) VT_PASS(check_moments(in, s, err));
  return VT_OK;
}

static vt_transport nothing_resolved(int n_species)
{
  const double no = (double)NAN;
  const vt_pooled none = vt_pooled_none();
  vt_transport t = {.n_species = n_species,
                    .sigma_mS_cm = no,
                    .sigma_se = no,
                    .sigma_lo95 = no,
                    .sigma_hi95 = no,
                    .sigma_ne_mS_cm = no,
                    .sigma_ne_se = no,
                    .sigma_ne_all_mS_cm = no,
                    .haven_fw = none,
                    .haven_bary = none,
                    .haven_total = none,
                    .sigma_lo_ps = no,
                    .sigma_hi_ps = no,
                    .temperature_k = no,
                    .temperature_se = no,
                    .pressure_gpa = no,
                    .pressure_se = no,
                    .volume_a3 = no,
                    .density_g_cm3 = no,
                    .e_pot_ev_atom = no};
  for (int s = 0; s < VT_MAX_SPECIES; s++) t.tracer[s] = vt__no_tracer();
  return t;
}

/* Nernst-Einstein (T 7.4): each ion on its own.  The alkali alone with its error, and all species; NaN as soon as one
 * of them is not resolved. */
static void nernst_einstein(const vt_tr_input *in, vt_transport *out)
{
  const double cm2_s_to_a2_ps = 1e4;
  const vt_composition *c = in->comp;
  double alkali = 0, variance = 0, all = 0;
  int n_alkali = 0;
  for (int s = 0; s < c->n_species; s++) {
    double weight = 6.0 * cm2_s_to_a2_ps * c->count[s] * c->charge[s] * c->charge[s]; /* D to a slope of charge MSD */
    if (weight != 0) all += weight * out->tracer[s].d_cm2_s;
    if (vt_comp_role(c, s) != VT_ROLE_MOBILE || c->count[s] < 1) continue;
    alkali += weight * out->tracer[s].d_cm2_s;
    variance += weight * out->tracer[s].se * weight * out->tracer[s].se;
    n_alkali++;
  }
  out->sigma_ne_all_mS_cm = vt_unit_sigma_mS_cm(all, in->t_k, in->volume_a3);
  if (n_alkali == 0) return;
  out->sigma_ne_mS_cm = vt_unit_sigma_mS_cm(alkali, in->t_k, in->volume_a3);
  out->sigma_ne_se = vt_unit_sigma_mS_cm(sqrt(variance), in->t_k, in->volume_a3);
}

/* D of every species from the MSDs as seen in the frame that was asked for. */
static vt_status tracers(const vt_tr_input *in, vt_transport *t, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  const size_t n_lag = (size_t)in->n_lag, n = (size_t)in->comp->n_species * n_lag;
  t->frame = vt__frame_used(in, in->frame);
  if (n == 0) return VT_OK;
  VT_TRY(vt_calloc64(&block, 2 * n, sizeof(double), err), err, "MSD in a frame");
  double *mean = block, *m4 = mean + n;
  (void)vt_tr_msd_in_frame(in, t->frame, mean, m4);
  for (int s = 0; s < in->comp->n_species && rc == VT_OK; s++) {
    const vt__msd m = {.n_lag = in->n_lag,
                       .lag_ps = in->lag_ps,
                       .mean = mean + (size_t)s * n_lag,
                       .m4 = m4 + (size_t)s * n_lag,
                       .walkers = in->comp->count[s],
                       .run_ps = in->run_ps,
                       .longest_ps = vt__longest_ps(in)};
    if (in->comp->count[s] > 0) rc = vt__tracer(&m, &t->tracer[s], err);
  }
  vt_free(block);
  return rc;
}

vt_status vt_tr_replica(const vt_tr_input *in, vt_transport *out, vt_err *err)
{
  VT_PASS(vt__check_input(in, err));
  vt_transport t = nothing_resolved(in->comp->n_species);
  t.volume_a3 = in->volume_a3;
  VT_PASS(tracers(in, &t, err));
  nernst_einstein(in, &t);
  VT_PASS(vt__collective(in, &t, err));
  *out = t;
  return VT_OK;
}

void vt_tr_alkali(const vt_composition *c, const vt_transport *t, double *d_cm2_s, double *se)
{
  double n = 0, sum = 0, var = 0;
  for (int s = 0; s < c->n_species; s++) {
    if (vt_comp_role(c, s) != VT_ROLE_MOBILE) continue;
    double w = c->count[s];
    n += w;
    sum += w * t->tracer[s].d_cm2_s;
    var += w * w * t->tracer[s].se * t->tracer[s].se;
  }
  *d_cm2_s = n > 0 ? sum / n : (double)NAN;
  *se = n > 0 ? sqrt(var) / n : (double)NAN;
}
