/* zbl.c - Ziegler-Biersack-Littmark screened repulsion, switched off between two radii.
 *
 * Universal screening: J. F. Ziegler, J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Matter (1985).
 * Typewise outer cutoffs: FACTOR * (R_i + R_j), at most that of the file. */
#include <math.h>
#include <string.h>

#include "engine/nep/nep.h"

#define COULOMB_EV_A    14.399645 /* e^2 / (4 pi eps0) */
#define INVERSE_LENGTH  2.134563  /* 1 / (0.46850 A)   */
#define SCREEN_EXPONENT 0.23
#define PI              3.14159265358979323846

static const double universal_alpha[4] = {0.18175, 0.50986, 0.28022, 0.02817};
static const double universal_beta[4] = {3.1998, 0.94229, 0.4029, 0.20162};

/* Radii of the typewise rule, A, by atomic number: those of the D3 dispersion correction, 4/3 times the covalent radii
 * of P. Pyykko and M. Atsumi with metals 10 % smaller (S. Grimme et al., J. Chem. Phys. 132, 154104 (2010)). */
static const double radius[VT_NEP_MOST_TYPES + 1] = {
    0,        0.426667, 0.613333, 1.6,     1.25333, 1.02667, 1.0,     0.946667, 0.84,    0.853333, /* 0..9: H..F   */
    0.893333, 1.86667,  1.66667,  1.50667, 1.38667, 1.46667, 1.36,    1.32,     1.28,    2.34667,  /* Ne..K        */
    2.05333,  1.77333,  1.62667,  1.61333, 1.46667, 1.42667, 1.38667, 1.33333,  1.32,    1.34667,  /* Ca..Cu       */
    1.45333,  1.49333,  1.45333,  1.53333, 1.46667, 1.52,    1.56,    2.52,     2.22667, 1.96,     /* Zn..Y        */
    1.85333,  1.76,     1.65333,  1.53333, 1.50667, 1.50667, 1.44,    1.53333,  1.64,    1.70667,  /* Zr..In       */
    1.68,     1.68,     1.64,     1.76,    1.74667, 2.78667, 2.34667, 2.16,     1.96,    2.10667,  /* Sn..Pr       */
    2.09333,  2.08,     2.06667,  2.01333, 2.02667, 2.01333, 2.0,     1.98667,  1.98667, 1.97333,  /* Nd..Tm       */
    2.04,     1.94667,  1.82667,  1.74667, 1.64,    1.57333, 1.54667, 1.48,     1.49333, 1.50667,  /* Yb..Au       */
    1.76,     1.73333,  1.73333,  1.81333, 1.74667, 1.84,    1.89333, 2.68,     2.41333, 2.22667,  /* Hg..Ac       */
    2.10667,  2.02667,  2.04,     2.05333, 2.06667};                                               /* Th..Pu       */

vt_zbl_pair vt_zbl_pair_of(const vt_nep_model *m, int a, int b)
{
  const double za = m->z[a], zb = m->z[b];
  vt_zbl_pair p = {.inner = m->zbl_inner,
                   .outer = m->zbl_outer,
                   .k = COULOMB_EV_A * za * zb,
                   .a = INVERSE_LENGTH * (pow(za, SCREEN_EXPONENT) + pow(zb, SCREEN_EXPONENT))};
  memcpy(p.alpha, universal_alpha, sizeof p.alpha);
  memcpy(p.beta, universal_beta, sizeof p.beta);
  if (m->zbl == VT_ZBL_TYPEWISE) {
    double reach = m->zbl_factor * (radius[m->z[a]] + radius[m->z[b]]);
    if (reach < p.outer) p.outer = reach;
  }
  if (m->zbl == VT_ZBL_FLEXIBLE) {
    const ptrdiff_t lo = a < b ? a : b, hi = a < b ? b : a;
    const double *q = m->zbl_pair + 10 * (lo * m->n_types - lo * (lo - 1) / 2 + (hi - lo));
    p.inner = q[0], p.outer = q[1];
    for (int t = 0; t < 4; t++) p.alpha[t] = q[2 + 2 * t], p.beta[t] = q[3 + 2 * t];
  }
  return p;
}

void vt_zbl(const vt_zbl_pair *p, double r, double *v, double *dv)
{
  *v = *dv = 0;
  if (r >= p->outer) return;
  double phi = 0, dphi = 0;
  for (int t = 0; t < 4; t++) {
    double e = p->alpha[t] * exp(-p->beta[t] * p->a * r);
    phi += e;
    dphi -= p->beta[t] * p->a * e;
  }
  double u = p->k / r * phi, du = p->k / r * dphi - u / r;
  double f = 1, df = 0;
  if (r > p->inner) {
    double w = PI / (p->outer - p->inner), x = w * (r - p->inner);
    f = 0.5 * (1 + cos(x));
    df = -0.5 * w * sin(x);
  }
  *v = u * f;
  *dv = du * f + u * df;
}
