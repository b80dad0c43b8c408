#include "engine/obs/pairs.h"

#include <math.h>
#include <string.h>

static int group_of(const vt_composition *c, int roles, int of[VT_MAX_SPECIES])
{
  int n = 0;
  for (int s = 0; s < c->n_species; s++) {
    of[s] = (vt_comp_role(c, s) & roles) != 0;
    if (of[s]) n += c->count[s];
  }
  return n;
}

vt_status vt__pairs_open(vt__pairs *p, const vt_composition *c, int first, int second, int most, vt_err *err)
{
  *p = (vt__pairs){.most = most};
  p->n_first = group_of(c, first, p->of_first);
  p->n_second = group_of(c, second, p->of_second);
  size_t a = (size_t)p->n_first, b = (size_t)p->n_second, rows = a * (size_t)most;
  VT_TRY(VT_NEW(p->doubles, 4 * rows + 1, err), err, "pairs of %zu and %zu atoms", a, b);
  vt_status rc = VT_NEW(p->ints, 2 * a + b + rows + 1, err);
  if (rc == VT_OK) rc = vt__grid_open(&p->grid, p->n_second, err);
  if (rc != VT_OK) vt__pairs_close(p);
  VT_TRY(rc, err, "pairs of %zu and %zu atoms", a, b);
  p->d = (double(*)[4])p->doubles;
  p->first = p->ints;
  p->count = p->first + a, p->second = p->count + a, p->place = p->second + b;
  VT_ASSERT(p->place + rows == p->ints + 2 * a + b + rows);
  return VT_OK;
}

void vt__pairs_close(vt__pairs *p)
{
  vt__grid_close(&p->grid);
  vt_free(p->doubles);
  vt_free(p->ints);
  *p = (vt__pairs){0};
}

static void list_atoms(vt__pairs *p, const vt_frame *fr)
{
  int a = 0, b = 0;
  for (int i = 0; i < fr->n; i++) {
    if (p->of_first[fr->type[i]]) p->first[a++] = i;
    if (p->of_second[fr->type[i]]) p->second[b++] = i;
  }
  VT_ASSERT(a == p->n_first && b == p->n_second);
}

/* Vector from fractional s to fractional t, nearest image by folding. */
static void vector_to(const vt_cell *cell, const double s[3], const double t[3], double d[3])
{
  double f[3];
  for (int k = 0; k < 3; k++) {
    f[k] = t[k] - s[k];
    f[k] -= vt__nearest(f[k]);
  }
  for (int k = 0; k < 3; k++) d[k] = f[0] * cell->h[0][k] + f[1] * cell->h[1][k] + f[2] * cell->h[2][k];
}

/* Distances squared within which a pair of species counts; the largest of those between the groups. */
static double limits(const vt__pairs *p, const vt_frame *fr, const vt_cutoffs *cut, double more_a,
                     double limit2[VT_MAX_SPECIES][VT_MAX_SPECIES])
{
  const double half = 0.5 * vt_cell_shortest_height(&fr->cell);
  double widest2 = 0;
  for (int s = 0; s < fr->n_species; s++)
    for (int t = 0; t < fr->n_species; t++) {
      double r = fmin(cut->r[s][t] + more_a, half);
      limit2[s][t] = r * r;
      if (p->of_first[s] && p->of_second[t]) widest2 = fmax(widest2, limit2[s][t]);
    }
  return widest2;
}

/* What a search found, by place: a handful of atoms. */
static void sort_found(vt__grid *g, int n)
{
  for (int k = 1; k < n; k++) {
    const int place = g->found[k];
    const double r2 = g->r2[k];
    int at = k;
    for (; at > 0 && g->found[at - 1] > place; at--) g->found[at] = g->found[at - 1], g->r2[at] = g->r2[at - 1];
    g->found[at] = place, g->r2[at] = r2;
  }
}

static vt_status fill_row(vt__pairs *p, const vt_frame *fr, int a, const double *limit2, vt_err *err)
{
  vt__grid *g = &p->grid;
  const int i = p->first[a];
  double s[3];
  vt__grid_fractional(g, fr->x[i], s);
  const int n_found = vt__grid_find(g, s, p->n_second);
  if (g->by_cells) sort_found(g, n_found);
  int n = 0;
  for (int k = 0; k < n_found; k++) {
    const int b = g->found[k], j = p->second[b];
    if (!(g->r2[k] < limit2[fr->type[j]]) || j == i) continue;
    if (n == p->most)
      VT_FAIL(err, VT_ETASK, "atom %d has more than %d neighbours within %g A", i, p->most, sqrt(limit2[fr->type[j]]));
    const double t[3] = {g->s[0][b], g->s[1][b], g->s[2][b]};
    double *d = p->d[a * p->most + n];
    vector_to(&fr->cell, s, t, d);
    d[3] = sqrt(g->r2[k]);
    p->place[a * p->most + n++] = b;
  }
  p->count[a] = n;
  return VT_OK;
}

vt_status vt__pairs_find(vt__pairs *p, const vt_frame *fr, const vt_cutoffs *cut, double more_a, vt_err *err)
{
  double limit2[VT_MAX_SPECIES][VT_MAX_SPECIES];
  const double widest2 = limits(p, fr, cut, more_a, limit2);
  list_atoms(p, fr);
  VT_PASS(vt__grid_put(&p->grid, fr, p->second, p->n_second, widest2, err));
  for (int a = 0; a < p->n_first; a++) VT_PASS(fill_row(p, fr, a, limit2[fr->type[p->first[a]]], err));
  return VT_OK;
}
