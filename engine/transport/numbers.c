/* numbers.c - Haven ratios, transference numbers and Onsager coefficients out of slopes (T 7.5, T 7.6). */
#include <math.h>

#include "engine/transport/transport_impl.h"

static int frame_of(vt__ratio ratio) { return ratio == VT__METAL ? VT_TR_FRAMEWORK : VT_TR_BARYCENTRIC; }

/* |dr - dR|^2 = dr^2 + (dP_i/N_i - dR)^2 - (dP_i/N_i)^2 in the mean over the atoms of species i, R the reference. */
double vt__alkali_self(const vt_composition *c, int frame, const vt__slopes *s, double *part)
{
  double a[VT_MAX_SPECIES], alkali = 0;
  if (!vt__frame_reference(c, frame, a)) return (double)NAN;
  for (int k = 0; k < c->n_species; k++) {
    double own[VT_MAX_SPECIES] = {0}, seen[VT_MAX_SPECIES], x;
    if (part) part[k] = 0;
    if (c->count[k] < 1) continue;
    own[k] = 1.0 / c->count[k];
    vt__in_frame(c, a, own, seen);
    x = s->self[k] + vt__bilinear(c->n_species, s, seen, seen) - vt__bilinear(c->n_species, s, own, own);
    x *= (double)c->count[k] * c->charge[k] * c->charge[k];
    if (part) part[k] = x;
    if (vt__is_alkali(c, k)) alkali += x;
  }
  return alkali;
}

/* Charges of all species as seen from a frame: the same current in every frame if the cell is neutral.  Where there is
 * nothing but the alkali (the rest was not written down), as simulated: from their own centre of mass nothing flows. */
static void charge_in_frame(const vt_composition *c, const double *a, double *seen)
{
  double z[VT_MAX_SPECIES];
  int others = 0;
  for (int k = 0; k < c->n_species; k++) {
    z[k] = seen[k] = c->charge[k];
    others |= c->count[k] > 0 && !vt__is_alkali(c, k);
  }
  if (others) vt__in_frame(c, a, z, seen);
}

double vt__charge_slope(const vt_composition *c, const vt__slopes *s)
{
  double a[VT_MAX_SPECIES], seen[VT_MAX_SPECIES];
  if (!vt__frame_reference(c, VT_TR_BARYCENTRIC, a)) return (double)NAN;
  charge_in_frame(c, a, seen);
  return vt__bilinear(c->n_species, s, seen, seen);
}

static double total(const double *x, int n)
{
  double sum = 0;
  for (int k = 0; k < n; k++) sum += x[k];
  return sum;
}

static double ln_ratio(double above, double below) { return above > 0 && below > 0 ? log(above / below) : (double)NAN; }

/* u[i]: what P_i is in the frame, as a combination of the simulation's. */
static void species_in_frame(const vt_composition *c, const double *a, double u[VT_MAX_SPECIES][VT_MAX_SPECIES])
{
  for (int i = 0; i < c->n_species; i++) {
    double one[VT_MAX_SPECIES] = {0};
    one[i] = 1;
    vt__in_frame(c, a, one, u[i]);
  }
}

/* Slopes that the barycentric motion of the alkali would give if all other atoms recoiled as one body: their P_i is
 * -N_i / M_rest sum_a m_a P_a (T 7.5). */
static void recoil_slopes(const vt_composition *c, const vt__slopes *s, vt__slopes *out)
{
  double a[VT_MAX_SPECIES], u[VT_MAX_SPECIES][VT_MAX_SPECIES], r[VT_MAX_SPECIES][VT_MAX_SPECIES] = {{0}}, rest = 0;
  *out = *s;
  if (!vt__frame_reference(c, VT_TR_BARYCENTRIC, a)) return;
  species_in_frame(c, a, u);
  for (int k = 0; k < c->n_species; k++)
    if (!vt__is_alkali(c, k)) rest += c->count[k] * vt_element_mass(c->z[k]);
  for (int i = 0; i < c->n_species; i++)
    for (int k = 0; k < c->n_species; k++) {
      if (vt__is_alkali(c, i)) r[i][k] = u[i][k];
      for (int b = 0; b < c->n_species && !vt__is_alkali(c, i); b++)
        if (vt__is_alkali(c, b)) r[i][k] -= c->count[i] / rest * vt_element_mass(c->z[b]) * u[b][k];
    }
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) out->pair[i][j] = vt__bilinear(c->n_species, s, r[i], r[j]);
}

/* e^2 L_ij in a frame, mS/cm. */
static void onsager(const vt_composition *c, const double *a, double t_k, const vt__slopes *s,
                    double l[VT_MAX_SPECIES][VT_MAX_SPECIES])
{
  double u[VT_MAX_SPECIES][VT_MAX_SPECIES];
  species_in_frame(c, a, u);
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++)
      l[i][j] = vt_unit_sigma_mS_cm(vt__bilinear(c->n_species, s, u[i], u[j]), t_k, s->volume_a3);
}

static void alkali_charges(const vt_composition *c, double *alkali)
{
  for (int k = 0; k < c->n_species; k++) alkali[k] = vt__is_alkali(c, k) ? c->charge[k] : 0;
}

void vt__numbers_of(const vt_composition *c, double t_k, vt__ratio ratio, const vt__slopes *s, vt__numbers *out)
{
  double a[VT_MAX_SPECIES], z[VT_MAX_SPECIES], alkali[VT_MAX_SPECIES], seen[VT_MAX_SPECIES], part[VT_MAX_SPECIES];
  double *all = (double *)out;
  vt__slopes recoil;
  for (int k = 0; k < VT__N_NUMBER; k++) all[k] = (double)NAN;
  if (!vt__frame_reference(c, frame_of(ratio), a)) return;
  charge_in_frame(c, a, z);
  alkali_charges(c, alkali);
  const int n = c->n_species;
  const double charge = vt__bilinear(n, s, z, z), self = vt__alkali_self(c, frame_of(ratio), s, NULL);
  const double lab = vt__alkali_self(c, VT_TR_BARYCENTRIC, s, part), self_all = total(part, n);
  vt__in_frame(c, a, alkali, seen);
  out->ln_haven = ln_ratio(self, ratio == VT__FRAME_FREE ? charge : vt__bilinear(n, s, seen, seen));
  out->ln_ionicity = ln_ratio(charge, self_all);
  out->t_self = lab / self_all;
  for (int k = 0; k < n; k++) out->t_self_of[k] = part[k] / self_all;
  if (charge > 0) {
    out->t_alkali = vt__bilinear(n, s, seen, z) / charge;
    out->gap = out->t_alkali - out->t_self;
    for (int k = 0; k < n; k++) {
      double one[VT_MAX_SPECIES] = {0}, moved[VT_MAX_SPECIES];
      one[k] = c->charge[k];
      vt__in_frame(c, a, one, moved);
      out->t[k] = vt__bilinear(n, s, moved, z) / charge;
    }
  }
  onsager(c, a, t_k, s, out->l);
  recoil_slopes(c, s, &recoil);
  onsager(c, a, t_k, &recoil, out->recoil);
  for (int i = 0; i < n && ratio == VT__METAL; i++) /* one body rests, seen from a part of it: no rounding */
    for (int j = 0; j < n; j++)
      if ((!vt__is_alkali(c, i) || !vt__is_alkali(c, j)) && isfinite(out->recoil[i][j])) out->recoil[i][j] = 0;
}

/* ------------------------------------------------------------------ variances of Gaussian walks */

/* Of <A.B> / <B.B>, from <A.A>, <A.B>, <B.B> (T 7.7). */
static double regression_variance(double aa, double ab, double bb, double v)
{
  return fmax(0, aa * bb - ab * ab) / (bb * bb) * v / 2;
}

static double t_variance(const vt_composition *c, const double *a, const vt__slopes *s, const double *u, double v)
{
  double z[VT_MAX_SPECIES], seen[VT_MAX_SPECIES];
  const int n = c->n_species;
  charge_in_frame(c, a, z);
  vt__in_frame(c, a, u, seen);
  return regression_variance(vt__bilinear(n, s, seen, seen), vt__bilinear(n, s, seen, z), vt__bilinear(n, s, z, z), v);
}

/* A species of N ions knows its mean square N times better than one walk: dt/dw_s = ([s alkali] - t) / sum w. */
static double t_self_variance(const vt_composition *c, const vt__numbers *x, double v)
{
  double sum = 0;
  for (int k = 0; k < c->n_species; k++) {
    const double slope = (vt__is_alkali(c, k) - x->t_self) * x->t_self_of[k];
    if (c->count[k] > 0) sum += slope * slope * v / c->count[k];
  }
  return sum;
}

void vt__numbers_variance(const vt_composition *c, vt__ratio ratio, const vt__slopes *s, const vt__numbers *x, double v,
                          vt__numbers *out)
{
  double a[VT_MAX_SPECIES], alkali[VT_MAX_SPECIES];
  *out = (vt__numbers){.ln_haven = v, .ln_ionicity = v};
  if (!vt__frame_reference(c, frame_of(ratio), a)) return;
  alkali_charges(c, alkali);
  out->t_alkali = t_variance(c, a, s, alkali, v);
  out->t_self = t_self_variance(c, x, v);
  out->gap = out->t_alkali + out->t_self;
  for (int i = 0; i < c->n_species; i++) {
    double one[VT_MAX_SPECIES] = {0};
    one[i] = c->charge[i];
    out->t[i] = t_variance(c, a, s, one, v);
    for (int j = 0; j < c->n_species; j++)
      out->l[i][j] = fmax(0, x->l[i][i] * x->l[j][j] + x->l[i][j] * x->l[i][j]) * v / 2;
  }
}
