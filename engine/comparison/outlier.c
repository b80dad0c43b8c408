/* Values of compositions and the variances of their errors (T 9.1), outlying glasses bounded (T 9.7). */
#include <math.h>

#include "engine/comparison/comparison_impl.h"

/* Compositions with several glasses share one variance between glasses: with five glasses each own estimate scatters by
 * a third, and weights 1/s^2 would follow that scatter (T 9.1).  A single glass has at least that variance.  Returns
 * it, NaN if nobody has two glasses. */
double vt__pool(const vt__screen *t, const double *se, double *s2)
{
  double sum = 0, dof = 0;
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    if (g < 2) continue;
    sum += (g - 1.0) * g * se[i] * se[i];
    dof += g - 1;
  }
  double per_glass = dof > 0 ? sum / dof : (double)NAN;
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    s2[i] = g > 1 ? per_glass / g : fmax(se[i] * se[i], dof > 0 ? per_glass : 0);
  }
  return per_glass;
}

/* Distance of glass j from its composition, bounded to three standard deviations where the composition has three
 * glasses (of two, nobody knows which is the outlying one). */
static double bounded(const vt__screen *t, int j, double sd, double *distance)
{
  const double most = 3;
  int i = t->owner[j];
  *distance = t->line[j]->log10_ref - t->y[i];
  if (t->fit[i]->n_glasses < 3) return *distance;
  return fmin(fmax(*distance, -most * sd), most * sd);
}

/* One step of Huber's second proposal: locations by the mean bounded distance, then the common variance. */
static double outlier_step(vt__screen *t, double variance)
{
  double move[VT_MAX_COMPARE] = {0}, sum = 0, dof = 0, distance;
  for (int j = 0; j < t->n_line; j++) move[t->owner[j]] += bounded(t, j, sqrt(variance), &distance);
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    if (g < 2) continue; /* its value is that of its fit */
    t->y[i] += move[i] / g;
    dof += g - 1;
  }
  for (int j = 0; j < t->n_line; j++) {
    if (t->fit[t->owner[j]]->n_glasses < 2) continue;
    double b = bounded(t, j, sqrt(variance), &distance);
    sum += b * b;
  }
  return sum / dof;
}

void vt__pool_lines(vt__screen *t)
{
  enum { MOST_STEPS = 1000 };
  double variance = t->per_glass; /* of all glasses as they are: the largest */
  double full[VT_MAX_COMPARE] = {0}, distance;
  if (t->n_line == 0 || !(variance > 0)) return;
  for (int s = 0; s < MOST_STEPS; s++) {
    double next = outlier_step(t, variance);
    int done = fabs(next - variance) <= 1e-14 * variance;
    variance = next;
    if (done) break;
  }
  variance = fmax(variance, vt__sampling(t, 0));
  for (int j = 0; j < t->n_line; j++) {
    double b = bounded(t, j, sqrt(variance), &distance);
    t->weight[j] = b != distance ? b / distance : 1;
    full[t->owner[j]] += b == distance;
  }
  t->per_glass = variance;
  t->dof = 0; /* bounded distances carry none: an outlying glass makes the others' intervals wider, not narrower */
  for (int i = 0; i < t->k; i++) {
    int g = t->fit[i]->n_glasses;
    full[i] = fmax(full[i], 1);
    t->s2[i] = g > 1 ? variance / full[i] : fmax(t->s2[i], variance);
    if (g > 1) t->dof += full[i] - 1;
  }
}
