#include <math.h>

#include "engine/sys/sys.h"

static double det3(const double h[3][3])
{
  return h[0][0] * (h[1][1] * h[2][2] - h[1][2] * h[2][1]) - h[0][1] * (h[1][0] * h[2][2] - h[1][2] * h[2][0]) +
         h[0][2] * (h[1][0] * h[2][1] - h[1][1] * h[2][0]);
}

double vt_cell_volume(const vt_cell *c) { return fabs(det3(c->h)); }

int vt_cell_inverse(const vt_cell *c, double hi[3][3])
{
  const double(*h)[3] = c->h;
  double det = det3(h);
  if (!isfinite(det) || fabs(1 / det) > 1e300) return 0; /* also det = 0 */
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) { /* adjugate: cyclic indices carry the sign */
      int r = (j + 1) % 3, s = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;
      hi[i][j] = (h[r][p] * h[s][q] - h[r][q] * h[s][p]) / det;
      if (!isfinite(hi[i][j])) return 0;
    }
  }
  return 1;
}

double vt_cell_height(const vt_cell *c, int axis)
{
  const double *b = c->h[(axis + 1) % 3], *d = c->h[(axis + 2) % 3];
  double n[3] = {b[1] * d[2] - b[2] * d[1], b[2] * d[0] - b[0] * d[2], b[0] * d[1] - b[1] * d[0]};
  double area = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  return area > 0 ? vt_cell_volume(c) / area : 0;
}

double vt_cell_shortest_height(const vt_cell *c)
{
  double least = vt_cell_height(c, 0);
  for (int axis = 1; axis < 3; axis++) least = fmin(least, vt_cell_height(c, axis));
  return least;
}

vt_cell vt_cell_cubic(double edge_a) { return (vt_cell){.h = {{edge_a, 0, 0}, {0, edge_a, 0}, {0, 0, edge_a}}}; }

/* x - (k h): whole lattice vectors only, so that a point already inside keeps its bits. */
static void take_off(const vt_cell *c, const double k[3], double x[3])
{
  for (int b = 0; b < 3; b++) x[b] -= k[0] * c->h[0][b] + k[1] * c->h[1][b] + k[2] * c->h[2][b];
}

void vt_cell_wrap(const vt_cell *c, const double hi[3][3], double x[3])
{
  /* A coordinate that is negative by less than its rounding lands on 1 exactly; the second pass takes it to 0. */
  for (int pass = 0; pass < 2; pass++) {
    double k[3];
    for (int a = 0; a < 3; a++) k[a] = floor(x[0] * hi[0][a] + x[1] * hi[1][a] + x[2] * hi[2][a]);
    if (k[0] == 0 && k[1] == 0 && k[2] == 0) return;
    take_off(c, k, x);
  }
}

void vt_cell_min_image(const vt_cell *c, const double hi[3][3], double d[3])
{
  double k[3], inv2 = 0; /* 1 / (shortest height)^2: heights are 1 / |column of hi| */
  for (int a = 0; a < 3; a++) {
    k[a] = floor(d[0] * hi[0][a] + d[1] * hi[1][a] + d[2] * hi[2][a] + 0.5);
    inv2 = fmax(inv2, hi[0][a] * hi[0][a] + hi[1][a] * hi[1][a] + hi[2][a] * hi[2][a]);
  }
  take_off(c, k, d);
  double best = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  /* Every lattice vector is at least one height long, so nothing is nearer than a vector below half of it. */
  if (4 * best * inv2 < 1) return;
  const double at[3] = {d[0], d[1], d[2]};
  for (int m = 0; m < 27; m++) {
    const int near[3] = {m % 3 - 1, m / 3 % 3 - 1, m / 9 - 1};
    double e[3] = {at[0], at[1], at[2]};
    take_off(c, (double[3]){near[0], near[1], near[2]}, e);
    double r2 = e[0] * e[0] + e[1] * e[1] + e[2] * e[2];
    if (r2 < best) {
      best = r2;
      for (int b = 0; b < 3; b++) d[b] = e[b];
    }
  }
}
