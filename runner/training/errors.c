/* errors.c - sums of terms to errors. */
#include <math.h>
#include <string.h>

#include "runner/training/training_impl.h"

static double root_mean(double sum, double n) { return n > 0 ? sqrt(sum / n) : (double)NAN; }

vt__errors vt__errors_of(const vt_train_terms *terms, const int *comp, int n, int n_comp, double mean_virial_scale,
                         double *scratch)
{
  vt_train_terms all = {0};
  double *mean = scratch, *weight = scratch + n_comp, squares = 0, with = 0, means = 0;
  memset(scratch, 0, 2 * (size_t)n_comp * sizeof *scratch);
  for (int k = 0; k < n; k++) {
    const vt_train_terms *t = &terms[k];
    all.weight += t->weight, all.loss += t->loss;
    all.energy += t->energy, all.n_e += t->n_e;
    all.force += t->force, all.n_f += t->n_f;
    all.virial += t->virial, all.n_v += t->n_v;
    mean[comp[k]] += t->mean_virial, weight[comp[k]] += t->n_v;
  }
  for (int c = 0; c < n_comp; c++) {
    if (!(weight[c] > 0)) continue;
    const double m = mean[c] / weight[c];
    squares += weight[c] * m * m;
    if (mean_virial_scale > 0) means += weight[c] * vt_train_robust(m / mean_virial_scale);
    with += weight[c];
  }
  vt__errors e = {.energy = root_mean(all.energy, all.n_e),
                  .force = root_mean(all.force, all.n_f),
                  .virial = root_mean(all.virial, all.n_v),
                  .mean_virial = root_mean(squares, with)};
  e.loss = (all.loss + means) / all.weight;
  return e;
}
