#include "engine/obs/grid.h"

#include <math.h>
#include <string.h>

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

/* ------------------------------------------------------------------ memory */

enum {
  MOST_SIDE = 1000,     /* cells along an axis */
  FINE = 2,             /* most cells to each side that a search reads */
  CELLS_OF_NO_ATOM = 64 /* cells beyond two an atom that there is room for */
};

static size_t most_cells(int n_atoms) { return 2 * (size_t)n_atoms + CELLS_OF_NO_ATOM; }

vt_status vt__grid_open(vt__grid *g, int most, vt_err *err)
{
  const size_t n = (size_t)most;
  *g = (vt__grid){.most = most};
  VT_TRY(VT_NEW(g->doubles, 10 * n + 1, err), err, "grid of %zu atoms", n);
  vt_status rc = VT_NEW(g->ints, 4 * n + most_cells(most) + 1, err);
  if (rc != VT_OK) vt__grid_close(g);
  VT_TRY(rc, err, "grid of %zu atoms", n);
  for (int k = 0; k < 3; k++) {
    g->s[k] = g->doubles + (size_t)k * n;
    g->by[k] = g->doubles + (size_t)(3 + k) * n;
    g->look[k] = g->doubles + (size_t)(6 + k) * n;
  }
  g->r2 = g->doubles + 9 * n;
  g->found = g->ints;
  g->who = g->found + n, g->slot = g->who + n, g->cell_of = g->slot + n, g->start = g->cell_of + n;
  return VT_OK;
}

void vt__grid_close(vt__grid *g)
{
  vt_free(g->doubles);
  vt_free(g->ints);
  *g = (vt__grid){0};
}

/* ------------------------------------------------------------------ cells */

/* Beyond this many cells of a crystal from the origin a fractional coordinate has too few digits; also for NaN. */
static int is_far(double s) { return !(fabs(s) < 1000); }

static int cell_along(const vt__grid *g, int axis, double s)
{
  const int c = (int)((s - floor(s)) * g->n_cell[axis]);
  return c < g->n_cell[axis] ? c : g->n_cell[axis] - 1;
}

static int cell_of_point(const vt__grid *g, const double s[3])
{
  return (cell_along(g, 0, s[0]) * g->n_cell[1] + cell_along(g, 1, s[1])) * g->n_cell[2] + cell_along(g, 2, s[2]);
}

/* How many cells of an axis a search reads. */
static int read_along(const vt__grid *g, int axis)
{
  const int width = 2 * g->reach + 1;
  return width < g->n_cell[axis] ? width : g->n_cell[axis];
}

/* As many cells along each axis as keep everything nearer than the limit within `reach` cells: an atom that is d away
 * is at most d / height away in fractional units.  Fewer where there would be too many of them (vacuum). */
static void choose_cells(vt__grid *g, int reach)
{
  double span = 0, n_cells = 1;
  for (int a = 0; a < 9; a++) span += fabs(g->cell.h[a / 3][a % 3]);
  g->reach = reach;
  for (int a = 0; a < 3; a++) {
    /* the small terms cover the roundings of distances and of fractional coordinates */
    const double margin = (sqrt(g->limit2) * (1 + 1e-9) + 1e-12 * span) / vt_cell_height(&g->cell, a) + 1e-9;
    const double side = fmin(floor(reach / margin), MOST_SIDE);
    g->n_cell[a] = side >= 1 ? (int)side : 1;
    n_cells *= g->n_cell[a];
  }
  while (n_cells > (double)most_cells(g->n)) {
    int a = g->n_cell[0] >= g->n_cell[1] ? 0 : 1;
    if (g->n_cell[2] > g->n_cell[a]) a = 2;
    n_cells /= g->n_cell[a];
    g->n_cell[a] = (g->n_cell[a] + 1) / 2;
    n_cells *= g->n_cell[a];
  }
}

/* What a search by cells costs, in atoms looked at one after the other as they lie: a stretch of cells, and an atom of
 * it, which is copied before. */
static double cost_of(const vt__grid *g)
{
  const double stretch = 8, atom = 2;
  double part = 1;
  for (int a = 0; a < 3; a++) part *= (double)read_along(g, a) / g->n_cell[a];
  return stretch * read_along(g, 0) * read_along(g, 1) + atom * part * g->n;
}

/* Counting sort: within a cell by place. */
static void sort_into_cells(vt__grid *g)
{
  const int n_cells = g->n_cell[0] * g->n_cell[1] * g->n_cell[2];
  VT_ASSERT(n_cells >= 1 && (size_t)n_cells <= most_cells(g->n) && g->n <= g->most);
  memset(g->start, 0, ((size_t)n_cells + 1) * sizeof *g->start);
  for (int i = 0; i < g->n; i++) {
    g->cell_of[i] = cell_of_point(g, (const double[3]){g->s[0][i], g->s[1][i], g->s[2][i]});
    g->start[g->cell_of[i]]++;
  }
  for (int c = 0, at = 0; c <= n_cells; c++) { /* to where each cell ends; the loop below counts down to its start */
    at += g->start[c];
    g->start[c] = at;
  }
  for (int i = g->n - 1; i >= 0; i--) {
    const int at = --g->start[g->cell_of[i]];
    g->slot[at] = i;
    for (int k = 0; k < 3; k++) g->by[k][at] = g->s[k][i];
  }
}

void vt__grid_fractional(const vt__grid *g, const double x[3], double s[3])
{
  for (int k = 0; k < 3; k++) s[k] = x[0] * g->hi[0][k] + x[1] * g->hi[1][k] + x[2] * g->hi[2][k];
}

vt_status vt__grid_put(vt__grid *g, const vt_frame *fr, const int *which, int n, double limit2, vt_err *err)
{
  VT_ASSERT(n <= g->most);
  g->n = n, g->cell = fr->cell, g->limit2 = limit2, g->by_cells = 0, g->looks_from = -1;
  if (!vt_cell_inverse(&g->cell, g->hi)) VT_FAIL(err, VT_EDIVERGE, "the cell cannot be inverted");
  int far = 0;
  for (int i = 0; i < n; i++) {
    double s[3];
    vt__grid_fractional(g, fr->x[which ? which[i] : i], s);
    for (int k = 0; k < 3; k++) g->s[k][i] = s[k], far |= is_far(s[k]);
  }
  if (far || !(limit2 >= 0)) return VT_OK;
  for (int reach = 1; reach <= FINE; reach++) {
    vt__grid other = *g;
    choose_cells(&other, reach);
    if (cost_of(&other) < (g->by_cells ? cost_of(g) : n)) *g = other, g->by_cells = 1;
  }
  if (g->by_cells) sort_into_cells(g);
  return VT_OK;
}

/* ------------------------------------------------------------------ searches */

/* A handful of atoms: shorter in a loop than by memcpy. */
static int copy_stretch(vt__grid *g, int from, int to, int at)
{
  for (int k = from; k < to; k++, at++) {
    g->look[0][at] = g->by[0][k];
    g->look[1][at] = g->by[1][k];
    g->look[2][at] = g->by[2][k];
    g->who[at] = g->slot[k];
  }
  return at;
}

/* The first of the cells along an axis around a point, and how many, which go on from 0 behind the last. */
static int first_along(const vt__grid *g, int axis, double s, int *n)
{
  *n = read_along(g, axis);
  if (*n == g->n_cell[axis]) return 0;
  const int c = cell_along(g, axis, s) - g->reach;
  return c < 0 ? c + g->n_cell[axis] : c;
}

/* Every atom of the cells around a point, once, into look[] and who[]; returns their number.  They are still there
 * after a search from the same cell. */
static int collect(vt__grid *g, const double s[3])
{
  int n[3], first[3], at = 0;
  const int cell = cell_of_point(g, s);
  if (cell == g->looks_from) return g->n_look;
  for (int k = 0; k < 3; k++) first[k] = first_along(g, k, s[k], &n[k]);
  const int last = g->n_cell[2], end = first[2] + n[2];
  for (int i = 0; i < n[0]; i++) {
    const int a = (first[0] + i) % g->n_cell[0];
    for (int j = 0; j < n[1]; j++) {
      const int b = (first[1] + j) % g->n_cell[1];
      const int *start = g->start + (a * g->n_cell[1] + b) * last;
      at = copy_stretch(g, start[first[2]], start[end < last ? end : last], at);
      if (end > last) at = copy_stretch(g, start[0], start[end - last], at);
    }
  }
  g->looks_from = cell, g->n_look = at;
  return at;
}

int vt__grid_find(vt__grid *g, const double s[3], int below)
{
  const double limit2 = g->limit2;
  const int *restrict who = g->who;
  double *restrict r2 = g->r2;
  int *restrict found = g->found;
  int n = 0;
  VT_ASSERT(below <= g->n);
  if (!g->by_cells || is_far(s[0]) || is_far(s[1]) || is_far(s[2])) {
    vt__fold_distances(&g->cell, s, g->s[0], g->s[1], g->s[2], below, r2);
    for (int k = 0; k < below; k++) {
      const double d2 = r2[k];
      found[n] = k, r2[n] = d2;
      n += d2 < limit2;
    }
    return n;
  }
  const int looked_at = collect(g, s);
  vt__fold_distances(&g->cell, s, g->look[0], g->look[1], g->look[2], looked_at, r2);
  for (int k = 0; k < looked_at; k++) {
    const double d2 = r2[k];
    found[n] = who[k], r2[n] = d2;
    n += d2 < limit2 && who[k] < below;
  }
  return n;
}
