/* basis.c - radial functions and angular functions of the descriptor, readable form. */
#include <math.h>

#include "engine/nep/nep.h"

#define PI 3.14159265358979323846

/* With u = 1 - r/rc and x = 2u^2 - 1: f_k = (T_k(x) + 1)/2 fc = T_k(u)^2 fc, because T_k(2u^2 - 1) = T_2k(u).
 * fc = (1 + cos(pi r/rc))/2. */
void vt_nep_radial(int n, double r, double rc, double *f, double *df)
{
  double u = 1 - r / rc, du = -1 / rc;
  double fc = 0, dfc = 0;
  if (r < rc) {
    fc = 0.5 * (1 + cos(PI * r / rc));
    dfc = -0.5 * PI / rc * sin(PI * r / rc);
  }
  double t = 1, dt = 0, t_next = u, dt_next = 1; /* T_k(u) and dT_k/du */
  for (int k = 0; k < n; k++) {
    f[k] = t * t * fc;
    df[k] = 2 * t * dt * du * fc + t * t * dfc;
    double t2 = 2 * u * t_next - t, dt2 = 2 * t_next + 2 * u * dt_next - dt;
    t = t_next, dt = dt_next;
    t_next = t2, dt_next = dt2;
  }
}

/* p_lm: the m-th derivative of the Legendre polynomial P_l, scaled to coprime integers; coefficients of z^(l-m),
 * z^(l-m-2), ... for m = 0..l. */
static const int legendre[VT_NEP_MOST_L + 1][VT_NEP_MOST_L + 1][VT_NEP_MOST_L / 2 + 1] = {
    {{0}},
    {{1}, {1}},
    {{3, -1}, {1}, {1}},
    {{5, -3}, {5, -1}, {1}, {1}},
    {{35, -30, 3}, {7, -3}, {7, -1}, {1}, {1}},
    {{63, -70, 15}, {21, -14, 1}, {3, -1}, {9, -1}, {1}, {1}},
    {{231, -315, 105, -5}, {33, -30, 5}, {33, -18, 1}, {11, -3}, {11, -1}, {1}, {1}},
    {{429, -693, 315, -35}, {429, -495, 135, -5}, {143, -110, 15}, {143, -66, 3}, {13, -3}, {13, -1}, {1}, {1}},
    {{6435, -12012, 6930, -1260, 35},
     {715, -1001, 385, -35},
     {143, -143, 33, -1},
     {39, -26, 3},
     {65, -26, 1},
     {5, -1},
     {15, -1},
     {1},
     {1}},
};

void vt_nep_legendre(int l, int m, double c[VT_NEP_MOST_L + 1])
{
  for (int k = 0; k <= VT_NEP_MOST_L; k++) c[k] = 0;
  for (int i = 0; l - m - 2 * i >= 0; i++) c[l - m - 2 * i] = legendre[l][m][i];
}

/* p_lm(z) and its derivative. */
static double legendre_at(int l, int m, double z, double *dp)
{
  const int *c = legendre[l][m];
  const double z2 = z * z;
  const int degree = l - m, top = degree / 2;
  double p = c[0], d = degree * c[0]; /* in powers of z^2; an odd degree has one more z */
  for (int i = 1; i <= top; i++) {
    p = p * z2 + c[i];
    if (degree - 2 * i > 0) d = d * z2 + (degree - 2 * i) * c[i];
  }
  *dp = degree == 0 ? 0 : degree % 2 ? d : d * z;
  return degree % 2 ? p * z : p;
}

void vt_nep_harmonics(int l_max, const double u[3], double *h, double (*grad)[3])
{
  const double x = u[0], y = u[1], z = u[2];
  double re[VT_NEP_MOST_L + 1] = {1}, im[VT_NEP_MOST_L + 1] = {0}; /* (x + iy)^m */
  for (int m = 1; m <= l_max; m++) {
    re[m] = re[m - 1] * x - im[m - 1] * y;
    im[m] = re[m - 1] * y + im[m - 1] * x;
  }
  for (int l = 1, at = 0; l <= l_max; l++) {
    for (int m = 0; m <= l; m++) {
      double dp, p = legendre_at(l, m, z, &dp);
      double pm = m ? m * p : 0, re1 = m ? re[m - 1] : 0, im1 = m ? im[m - 1] : 0;
      h[at] = p * re[m];
      grad[at][0] = pm * re1;
      grad[at][1] = -pm * im1;
      grad[at][2] = dp * re[m];
      at++;
      if (m == 0) continue;
      h[at] = p * im[m];
      grad[at][0] = pm * im1;
      grad[at][1] = pm * re1;
      grad[at][2] = dp * im[m];
      at++;
    }
  }
}
