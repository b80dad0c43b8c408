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
  vt_free(a->block);
  vt__bases_close(a->bases);
  *a = (vt_train_adam){0};
}

double vt_train_adam_limit(const vt_train_adam *a) { return a->step > 0 ? CLIP * a->norm : (double)INFINITY; }

double vt_train_adam_factor(const vt_train_adam *a, double norm)
{
  const double limit = CLIP * a->norm;
  return a->step > 0 && norm > limit ? limit / norm : 1;
}

double vt_train_adam_next_norm(const vt_train_adam *a, double norm)
{
  return a->step > 0 ? DECAY_NORM * a->norm + (1 - DECAY_NORM) * norm * vt_train_adam_factor(a, norm) : norm;
}

void vt_train_adam_begin(vt_train_adam *a)
{
  const double t = (double)(a->step + 1);
  a->unbias = 1 / (1 - pow(DECAY_FIRST, t));
  a->unbias2 = 1 / (1 - pow(DECAY_SECOND, t));
  a->keep = fmin(DECAY_AVERAGE, t / (t + 9)); /* the first steps are soon forgotten */
}

void vt_train_adam_end(vt_train_adam *a, double norm)
{
  a->step++;
  a->norm = norm;
}

/* Plain Adam of n numbers from k on. */
static void step_plain(vt_train_adam *a, size_t k, size_t n, double rate, double factor, const double *gradient,
                       double *numbers)
{
  for (const size_t end = k + n; k < end; k++) {
    const double g = gradient[k] * factor;
    a->first[k] = DECAY_FIRST * a->first[k] + (1 - DECAY_FIRST) * g;
    a->second[k] = DECAY_SECOND * a->second[k] + (1 - DECAY_SECOND) * g * g;
    numbers[k] -= rate * a->first[k] * a->unbias / (sqrt(a->second[k] * a->unbias2) + SMALL);
  }
}

static void move_average(vt_train_adam *a, size_t k, size_t n, const double *numbers)
{
  for (const size_t end = k + n; k < end; k++) a->average[k] = a->keep * a->average[k] + (1 - a->keep) * numbers[k];
}

int vt_train_adam_block(vt_train_adam *a, int b, double rate, double factor, const double *gradient, double *numbers)
{
  const vt_train_block *of = &a->block[b];
  const int moved = vt__bases_step(a, b, rate, factor, gradient, numbers);
  if (of->rows == 1 && of->col == 1) {
    step_plain(a, of->at + of->plain, vt_train_block_size(of) - of->plain, rate, factor, gradient, numbers);
    move_average(a, of->at, vt_train_block_size(of), numbers);
    return moved;
  }
  for (int r = 0; r < of->rows; r++)
    for (int c = 0; c < of->cols; c++) {
      const size_t k = of->at + (size_t)r * of->row + (size_t)c * of->col;
      if (of->plain == 0) step_plain(a, k, 1, rate, factor, gradient, numbers);
      move_average(a, k, 1, numbers);
    }
  return moved;
}

void vt_train_adam_step(vt_train_adam *a, double rate, const double *gradient, double *numbers)
{
  double squares = 0;
  for (size_t k = 0; k < a->n; k++) squares += gradient[k] * gradient[k];
  const double norm = sqrt(squares), factor = vt_train_adam_factor(a, norm);
  vt_train_adam_begin(a);
  for (int b = 0; b < a->n_blocks; b++) (void)vt_train_adam_block(a, b, rate, factor, gradient, numbers);
  if (a->n_blocks == 0) {
    step_plain(a, 0, a->n, rate, factor, gradient, numbers);
    move_average(a, 0, a->n, numbers);
  }
  vt_train_adam_end(a, vt_train_adam_next_norm(a, norm));
}

double vt_train_rate(double most, double done, double warm)
{
  if (done < warm) return most * done / warm;
  const double x = warm < 1 ? (done - warm) / (1 - warm) : 1;
  return most * (LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + cos(3.14159265358979323846 * fmin(x, 1))));
}
