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
  VT_TRY(VT_NEW(p->doubles, 4 * rows + 4 * b + 1, err), err, "pairs of %zu and %zu atoms", a, b);
  vt_status rc = VT_NEW(p->ints, 2 * a + b + rows + 1, err);
  if (rc != VT_OK) vt__pairs_close(p);
  VT_TRY(rc, err, "pairs of %zu and %zu atoms", a, b);
  p->d = (double(*)[4])p->doubles;
  p->s[0] = p->doubles + 4 * rows;
  p->s[1] = p->s[0] + b, p->s[2] = p->s[1] + b, p->r2 = p->s[2] + b;
  p->first = p->ints;
  p->count = p->first + a, p->second = p->count + a, p->place = p->second + b;
  VT_ASSERT(p->r2 + b <= p->doubles + 4 * rows + 4 * b && p->place + rows == p->ints + 2 * a + b + rows);
  return VT_OK;
}

void vt__pairs_close(vt__pairs *p)
{
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

static void fractional(const double (*hi)[3], const double x[3], double s[3])
{
  for (int k = 0; k < 3; k++) s[k] = x[0] * hi[0][k] + x[1] * hi[1][k] + x[2] * hi[2][k];
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

vt_status vt__pairs_find(vt__pairs *p, const vt_frame *fr, const vt_cutoffs *cut, double more_a, vt_err *err)
{
  double hi[3][3], limit2[VT_MAX_SPECIES][VT_MAX_SPECIES], widest2[VT_MAX_SPECIES] = {0};
  if (!vt_cell_inverse(&fr->cell, hi)) VT_FAIL(err, VT_EDIVERGE, "the cell cannot be inverted");
  const double half = 0.5 * vt_cell_shortest_height(&fr->cell);
  for (int s = 0; s < fr->n_species; s++)
    for (int t = 0; t < fr->n_species; t++) {
      double r = fmin(cut->r[s][t] + more_a, half);
      limit2[s][t] = r * r;
      widest2[s] = fmax(widest2[s], limit2[s][t]);
    }
  list_atoms(p, fr);
  for (int b = 0; b < p->n_second; b++) {
    double s[3];
    fractional((const double(*)[3])hi, fr->x[p->second[b]], s);
    for (int k = 0; k < 3; k++) p->s[k][b] = s[k];
  }
  for (int a = 0; a < p->n_first; a++) {
    const int i = p->first[a];
    const double *of = limit2[fr->type[i]], widest = widest2[fr->type[i]];
    double s[3];
    fractional((const double(*)[3])hi, fr->x[i], s);
    vt__fold_distances(&fr->cell, s, p->s[0], p->s[1], p->s[2], p->n_second, p->r2);
    int n = 0;
    for (int b = 0; b < p->n_second; b++) {
      if (!(p->r2[b] < widest)) continue; /* nearly all of them: spares two look-ups */
      if (!(p->r2[b] < of[fr->type[p->second[b]]]) || p->second[b] == i) continue;
      if (n == p->most)
        VT_FAIL(err, VT_ETASK, "atom %d has more than %d neighbours within %g A", i, p->most,
                sqrt(of[fr->type[p->second[b]]]));
      const double t[3] = {p->s[0][b], p->s[1][b], p->s[2][b]};
      double *d = p->d[a * p->most + n];
      vector_to(&fr->cell, s, t, d);
      d[3] = sqrt(p->r2[b]);
      p->place[a * p->most + n++] = b;
    }
    p->count[a] = n;
  }
  return VT_OK;
}
