#include "engine/obs/obs_impl.h"

VT_WIDE void vt__fold_distances(const vt_cell *cell, const double from[3], const double *restrict sx,
                                const double *restrict sy, const double *restrict sz, int n, double *restrict r2)
{
  const double(*h)[3] = cell->h;
  const double x = from[0], y = from[1], z = from[2];
  for (int j = 0; j < n; j++) {
    double a = sx[j] - x, b = sy[j] - y, c = sz[j] - z;
    a -= vt__nearest(a), b -= vt__nearest(b), c -= vt__nearest(c);
    double dx = a * h[0][0] + b * h[1][0] + c * h[2][0];
    double dy = a * h[0][1] + b * h[1][1] + c * h[2][1];
    double dz = a * h[0][2] + b * h[1][2] + c * h[2][2];
    r2[j] = dx * dx + dy * dy + dz * dz;
  }
}
