/* lattice.c - bases of one lattice: the reduced one, and the one nearest to another cell (T 15.1). */
#include <math.h>
#include <string.h>

#include "engine/sys/sys.h"

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void swap_rows(double h[3][3], int i, int j)
{
  double t[3];
  memcpy(t, h[i], sizeof t);
  memcpy(h[i], h[j], sizeof t);
  memcpy(h[j], t, sizeof t);
}

static void sort_rows(double h[3][3])
{
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < 2; i++)
      if (dot(h[i], h[i]) > dot(h[i + 1], h[i + 1])) swap_rows(h, i, i + 1);
}

static void take(double x[3], double k, const double y[3])
{
  for (int b = 0; b < 3; b++) x[b] -= k * y[b];
}

/* Gauss: b as short as it gets by whole multiples of the shorter a, and the other way round. */
static void reduce_two(double a[3], double b[3])
{
  for (int k = 0; k < 1000; k++) { /* each round shortens; a flat pair would not */
    const double m = floor(dot(a, b) / dot(a, a) + 0.5);
    take(b, m, a);
    if (!(dot(b, b) < dot(a, a) * (1 - 1e-12))) return;
    double t[3];
    memcpy(t, a, sizeof t);
    memcpy(a, b, sizeof t);
    memcpy(b, t, sizeof t);
  }
}

/* The third vector less the lattice point of the plane of the other two (reduced) that is nearest to it; 1 if that made
 * it shorter. */
static int reduce_third(double h[3][3])
{
  const double aa = dot(h[0], h[0]), ab = dot(h[0], h[1]), bb = dot(h[1], h[1]);
  const double ac = dot(h[0], h[2]), bc = dot(h[1], h[2]), det = aa * bb - ab * ab;
  const double u = floor((ac * bb - bc * ab) / det + 0.5), v = floor((bc * aa - ac * ab) / det + 0.5);
  double best[3], old2 = dot(h[2], h[2]), best2 = old2;
  memcpy(best, h[2], sizeof best);
  for (int i = -1; i <= 1; i++)
    for (int j = -1; j <= 1; j++) {
      double c[3];
      memcpy(c, h[2], sizeof c);
      take(c, u + i, h[0]);
      take(c, v + j, h[1]);
      const double c2 = dot(c, c);
      if (c2 < best2 * (1 - 1e-12)) best2 = c2, memcpy(best, c, sizeof best);
    }
  memcpy(h[2], best, sizeof best);
  return best2 < old2;
}

static double handed(const double h[3][3])
{
  return h[0][0] * (h[1][1] * h[2][2] - h[1][2] * h[2][1]) - h[0][1] * (h[1][0] * h[2][2] - h[1][2] * h[2][0]) +
         h[0][2] * (h[1][0] * h[2][1] - h[1][1] * h[2][0]);
}

vt_cell vt_cell_reduced(const vt_cell *c)
{
  vt_cell r = *c;
  for (int k = 0; k < 1000; k++) { /* every round but the last shortens the sum of lengths */
    sort_rows(r.h);
    reduce_two(r.h[0], r.h[1]);
    if (!reduce_third(r.h)) break;
  }
  if (handed((const double(*)[3])r.h) * handed(c->h) < 0)
    for (int i = 0; i < 9; i++) r.h[i / 3][i % 3] = -r.h[i / 3][i % 3];
  return r;
}

double vt_cell_shortest_vector(const vt_cell *c)
{
  double least = dot(c->h[0], c->h[0]);
  for (int i = 1; i < 3; i++) least = fmin(least, dot(c->h[i], c->h[i]));
  return sqrt(least);
}

/* m times its adjugate is det(m) times the unit matrix; all whole numbers. */
static double adjugate(const double m[3][3], double adj[3][3])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int r = (j + 1) % 3, s = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;
      adj[i][j] = m[r][p] * m[s][q] - m[r][q] * m[s][p];
    }
  return m[0][0] * adj[0][0] + m[0][1] * adj[1][0] + m[0][2] * adj[2][0];
}

static void times(const double a[3][3], const double b[3][3], double out[3][3])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

int vt_cell_aligned(const vt_cell *c, const vt_cell *before, vt_cell *out)
{
  double hi[3][3], m[3][3], adj[3][3];
  const vt_cell near = vt_cell_reduced(c); /* so that a strain is not multiplied by large coefficients */
  *out = *c;
  if (memcmp(c, before, sizeof *c) == 0) return 1;
  if (!vt_cell_inverse(before, hi)) return 0;
  times(near.h, (const double(*)[3])hi, m);
  for (int i = 0; i < 9; i++) m[i / 3][i % 3] = floor(m[i / 3][i % 3] + 0.5);
  const double det = adjugate((const double(*)[3])m, adj); /* near = m before, strained */
  if (det < 0.5 && det > -0.5) return 0;
  if (fabs(det) > 1.5) return 0;
  for (int i = 0; i < 9; i++) adj[i / 3][i % 3] *= det; /* the inverse: 1 / det is det */
  times((const double(*)[3])adj, near.h, out->h);
  return 1;
}
