/* adam.c - Adam (Kingma, Ba, arXiv 1412.6980) with a clipped norm and a moving average (T 17.4). */
#include <math.h>
#include <string.h>

#include "engine/train/train_impl.h"

#define DECAY_FIRST   VT__DECAY_FIRST
#define DECAY_SECOND  0.999
#define DECAY_AVERAGE 0.999
#define DECAY_NORM    0.98
#define CLIP          2.0 /* times the mean norm: Adam does not see a factor, so a fixed limit would mean nothing */
#define SMALL         VT__SMALL
#define LAST_SHARE    0.005

vt_status vt_train_adam_open(vt_train_adam *a, const double *numbers, size_t n, vt_err *err)
{
  *a = (vt_train_adam){.n = n};
  VT_PASS(VT_NEW(a->first, n, err));
  VT_PASS(VT_NEW(a->second, n, err));
  VT_PASS(VT_NEW(a->average, n, err));
  memcpy(a->average, numbers, n * sizeof *numbers);
  return VT_OK;
}

void vt_train_adam_close(vt_train_adam *a)
{
  vt_free(a->first);
  vt_free(a->second);
  vt_free(a->average);
  vt_free(a->shape);
  vt__bases_close(a->bases);
  *a = (vt_train_adam){0};
}

static void clip(vt_train_adam *a, double *gradient)
{
  double squares = 0;
  for (size_t k = 0; k < a->n; k++) squares += gradient[k] * gradient[k];
  const double norm = sqrt(squares), limit = CLIP * a->norm;
  const double factor = a->step > 0 && norm > limit ? limit / norm : 1;
  for (size_t k = 0; factor < 1 && k < a->n; k++) gradient[k] *= factor;
  a->norm = a->step > 0 ? DECAY_NORM * a->norm + (1 - DECAY_NORM) * norm * factor : norm;
}

void vt_train_adam_step(vt_train_adam *a, double rate, double *gradient, double *numbers)
{
  clip(a, gradient);
  const double t = (double)++a->step;
  const double unbias = 1 / (1 - pow(DECAY_FIRST, t)), unbias2 = 1 / (1 - pow(DECAY_SECOND, t));
  const double keep = fmin(DECAY_AVERAGE, t / (t + 9)); /* the first steps are soon forgotten */
  const char *in_basis = a->bases ? vt__bases_step(a, rate, gradient, numbers) : NULL;
  for (size_t k = 0; k < a->n; k++) {
    const double g = gradient[k];
    if (in_basis && in_basis[k]) continue;
    a->first[k] = DECAY_FIRST * a->first[k] + (1 - DECAY_FIRST) * g;
    a->second[k] = DECAY_SECOND * a->second[k] + (1 - DECAY_SECOND) * g * g;
    numbers[k] -= rate * a->first[k] * unbias / (sqrt(a->second[k] * unbias2) + SMALL);
  }
  for (size_t k = 0; k < a->n; k++) a->average[k] = keep * a->average[k] + (1 - keep) * numbers[k];
}

double vt_train_rate(double most, double done, double warm)
{
  if (done < warm) return most * done / warm;
  const double x = warm < 1 ? (done - warm) / (1 - warm) : 1;
  return most * (LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + cos(3.14159265358979323846 * fmin(x, 1))));
}
