/* loss.c - what a frame adds to the loss, and its derivatives by energy, forces and virial (T 17.2). */
#include <math.h>
#include <string.h>

#include "engine/train/train.h"

#define QUADRATIC_TO 5.0 /* errors of more scales than this pull no harder: a wrong label must not rule the model */

/* rho(z), and its derivative. */
static double robust(double z, double *slope)
{
  const double size = fabs(z);
  if (size <= QUADRATIC_TO) {
    *slope = 2 * z;
    return z * z;
  }
  *slope = z > 0 ? 2 * QUADRATIC_TO : -2 * QUADRATIC_TO;
  return QUADRATIC_TO * (2 * size - QUADRATIC_TO);
}

static void energy_part(const vt_train_sample *s, double energy, double scale, vt_train_terms *t, double *d_energy)
{
  double slope;
  *d_energy = 0;
  if (!s->has_energy) return;
  const double e = (energy - s->energy) / s->n;
  t->energy = s->weight * e * e;
  t->n_e = s->weight;
  if (!(scale > 0)) return;
  t->loss += s->weight * robust(e / scale, &slope);
  *d_energy = s->weight * slope / (scale * s->n);
}

/* The scale of the forces on an atom: a part of the size of its label is forgiven, or the few atoms that sit on each
 * other would rule the fit. */
static double scale_of_atom(const double label[3], const vt_train_scales *scales)
{
  const double part = scales->force_relative;
  const double square = label[0] * label[0] + label[1] * label[1] + label[2] * label[2];
  return sqrt(scales->force * scales->force + part * part * square);
}

static void force_part(const vt_train_sample *s, const double (*f)[3], const vt_train_scales *scales, vt_train_terms *t,
                       double (*d_force)[3])
{
  double sum = 0, squares = 0;
  const double w = s->weight / (3.0 * s->n);
  memset(d_force, 0, (size_t)s->n * sizeof *d_force);
  if (!s->f) return;
  for (int i = 0; i < s->n; i++) {
    const double of = s->element_weight ? s->element_weight[s->type[i]] : 1, scale = scale_of_atom(s->f[i], scales);
    for (int a = 0; a < 3; a++) {
      const double e = f[i][a] - s->f[i][a];
      double slope;
      squares += e * e;
      if (!(scales->force > 0)) continue;
      sum += of * robust(e / scale, &slope);
      d_force[i][a] = of * w * slope / scale;
    }
  }
  t->force = w * squares;
  t->n_f = s->weight;
  t->loss += w * sum;
}

static void virial_part(const vt_train_sample *s, const double virial[9], const vt_train_scales *scales, double pull,
                        vt_train_terms *t, double d_virial[9])
{
  double sum = 0, squares = 0;
  const double w = s->weight / 9;
  memset(d_virial, 0, 9 * sizeof *d_virial);
  if (!s->has_virial) return;
  for (int k = 0; k < 9; k++) {
    const double e = (virial[k] - s->virial[k]) / s->n;
    double slope;
    squares += e * e;
    if (k % 4 == 0) t->mean_virial += s->weight * e / 3;
    if (!(scales->virial > 0)) continue;
    sum += robust(e / scales->virial, &slope);
    d_virial[k] = w * slope / (scales->virial * s->n);
  }
  t->virial = w * squares;
  t->n_v = s->weight;
  t->kind = t->mean_virial;
  t->loss += w * sum;
  if (!(scales->mean_virial > 0)) return;
  double slope;
  (void)robust(pull / scales->mean_virial, &slope);
  const double along = s->weight * slope / (scales->mean_virial * 3 * s->n);
  for (int k = 0; k < 9; k += 4) d_virial[k] += along;
}

double vt_train_robust(double z)
{
  double slope;
  return robust(z, &slope);
}

double vt_train_robust_slope(double z)
{
  double slope;
  (void)robust(z, &slope);
  return slope;
}

void vt_train_loss(const vt_train_sample *s, const vt_train_values *v, const vt_train_scales *scales, double pull,
                   vt_train_terms *terms, double *d_energy, double (*d_force)[3], double d_virial[9])
{
  *terms = (vt_train_terms){.weight = s->weight};
  energy_part(s, v->energy, scales->energy, terms, d_energy);
  force_part(s, (const double(*)[3])v->f, scales, terms, d_force);
  virial_part(s, v->virial, scales, pull, terms, d_virial);
}
