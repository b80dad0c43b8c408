/* hold.c - what training leaves where it is, and what it only pulls at (T 17.7). */
#include <math.h>
#include <string.h>

#include "engine/train/train.h"

enum { W0, B0, W1, BIASES, C_RADIAL, C_ANGULAR, BLOCKS };

/* The block of number k of a model, and the types that it concerns; -1: all. */
static int block_of(const vt_nep_model *m, size_t k, int *a, int *b)
{
  const size_t nets = (size_t)(m->bias - m->numbers), net = m->version == 3 ? nets : m->stride;
  const size_t w0 = (size_t)m->neurons * (size_t)m->dim, h = (size_t)m->neurons, nt = (size_t)m->n_types;
  *a = *b = -1;
  if (k == nets) return BIASES;
  if (k < nets) {
    const size_t r = k % net;
    if (m->version != 3) *a = *b = (int)(k / net);
    return r < w0 ? W0 : r < w0 + h ? B0 : r < w0 + 2 * h ? W1 : BIASES;
  }
  const size_t pair = (k - nets - 1) % (nt * nt); /* every block of c is a whole number of them */
  *a = (int)(pair / nt);
  *b = (int)(pair % nt);
  return m->numbers + k < m->c_angular ? C_RADIAL : C_ANGULAR;
}

void vt_train_moving(const vt_nep_model *m, int frozen, unsigned char *moves)
{
  for (size_t k = 0; k < m->n_trained; k++) {
    int a, b;
    const int block = block_of(m, k, &a, &b), is_c = block == C_RADIAL || block == C_ANGULAR;
    const int stays = (is_c ? frozen & VT_TRAIN_DESCRIPTOR : frozen & VT_TRAIN_NETWORK) ||
                      ((frozen & VT_TRAIN_ALL_BUT_LAST) && block != W1 && block != BIASES);
    moves[k] = !stays;
  }
}

void vt_train_moving_new(const vt_nep_model *m, const int *is_new, unsigned char *moves)
{
  for (size_t k = 0; k < m->n_trained; k++) {
    int a, b;
    (void)block_of(m, k, &a, &b);
    moves[k] = a >= 0 && (is_new[a] || is_new[b]);
  }
}

void vt_train_pull_scales(const vt_nep_model *m, double *scale)
{
  double mean[BLOCKS] = {0}, n[BLOCKS] = {0};
  int a, b;
  for (size_t k = 0; k < m->n_trained; k++) {
    const int block = block_of(m, k, &a, &b);
    mean[block] += fabs(m->numbers[k]);
    n[block]++;
  }
  for (size_t k = 0; k < m->n_trained; k++) {
    const int block = block_of(m, k, &a, &b);
    scale[k] = block == BIASES || !(mean[block] > 0) ? 1 : mean[block] / n[block];
  }
}

double vt_train_pull_slope(double pull, double count, double away, double scale)
{
  const double z = away / scale;
  return 2 * pull * z / (scale * count);
}

double vt_train_pull(double pull, size_t n, const double *numbers, const double *start, const double *scale,
                     const unsigned char *pulled, double *gradient)
{
  double sum = 0, count = 0;
  for (size_t k = 0; k < n; k++) count += pulled[k];
  for (size_t k = 0; k < n; k++) {
    if (!pulled[k]) continue;
    const double z = (numbers[k] - start[k]) / scale[k];
    sum += z * z;
    if (gradient) gradient[k] += vt_train_pull_slope(pull, count, numbers[k] - start[k], scale[k]);
  }
  return count > 0 ? pull * sum / count : 0;
}
