/* cell_any.c - a neutral cell of any elements: rounded shares, and the few atoms more or less that make it neutral. */
#include <math.h>
#include <stdlib.h>

#include "config/amounts/amounts.h"

typedef struct search {
  int n_species, atoms, least, most; /* atoms of a cell */
  const int32_t *charge;
  double share[VT_MAX_SPECIES]; /* of all atoms; sum 1 */
  double best;                  /* error; infinite: nothing yet */
  int off;                      /* of the best from the atoms asked for */
  int32_t count[VT_MAX_SPECIES];
} search;

/* The largest error of a share, relative. */
static double error_of(const search *s, const int32_t *count)
{
  double worst = 0;
  int total = 0;
  for (int i = 0; i < s->n_species; i++) total += count[i];
  for (int i = 0; i < s->n_species; i++) worst = fmax(worst, fabs(count[i] / (total * s->share[i]) - 1));
  return worst;
}

static void look_at(search *s, const int32_t *count)
{
  int64_t charge = 0;
  int total = 0;
  for (int i = 0; i < s->n_species; i++) {
    if (count[i] < 1) return;
    charge += (int64_t)count[i] * s->charge[i];
    total += count[i];
  }
  if (charge != 0 || total < s->least || total > s->most) return;
  const double error = error_of(s, count), gain = s->best - error;
  const int off = abs(total - s->atoms);
  if (!(gain > 1e-12 || (gain > -1e-12 && off < s->off))) return;
  s->best = error;
  s->off = off;
  for (int i = 0; i < s->n_species; i++) s->count[i] = count[i];
}

/* Rounded shares of n atoms, and up to two of two species more or less. */
static void look_around(search *s, int n)
{
  enum { SLACK = 2 };
  int32_t count[VT_MAX_SPECIES];
  for (int i = 0; i < s->n_species; i++) count[i] = (int32_t)lround(n * s->share[i]);
  for (int i = 0; i < s->n_species; i++)
    for (int j = i; j < s->n_species; j++)
      for (int p = -SLACK; p <= SLACK; p++)
        for (int q = j == i ? 0 : -SLACK; q <= (j == i ? 0 : SLACK); q++) {
          count[i] += p, count[j] += q;
          look_at(s, count);
          count[i] -= p, count[j] -= q;
        }
}

int vt_amounts_cell_any(const vt_amounts *a, const int32_t *charge, int atoms, int32_t count[VT_MAX_SPECIES],
                        double *error)
{
  static const double window[] = {0.1, 0.25, 0.5};
  search s = {.n_species = a->n, .atoms = atoms, .charge = charge, .best = (double)INFINITY};
  double total = 0;
  for (int i = 0; i < a->n; i++) total += vt_q_f64(a->x[i]);
  for (int i = 0; i < a->n; i++) s.share[i] = vt_q_f64(a->x[i]) / total;
  for (int k = 0; k < 3 && isinf(s.best); k++) {
    s.least = (int)ceil(atoms * (1 - window[k]));
    s.most = (int)floor(atoms * (1 + window[k]));
    for (int n = s.least; n <= s.most; n++) look_around(&s, n);
  }
  if (isinf(s.best)) return 0;
  for (int i = 0; i < a->n; i++) count[i] = s.count[i];
  *error = s.best;
  return 1;
}
