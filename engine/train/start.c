/* start.c - the numbers that training begins with (T 17.3). */
#include <math.h>
#include <string.h>

#include "engine/num/num.h"
#include "engine/train/train.h"

#define CONSTANT_AT 2.0 /* the threshold of the constant neuron: tanh 2 = 0.96, its slope is small */
#define RIDGE       1e-8

enum { DRAW_NUMBERS = 2 };

static double normal(uint64_t seed, size_t k)
{
  double g[2];
  vt_rng_normal2(seed, VT_STREAM_TRAIN, DRAW_NUMBERS, (int64_t)(k / 2), 0, g);
  return g[k % 2];
}

/* ------------------------------------------------------------------ networks and coefficients */

static double *network_of(vt_nep_model *m, int type) { return m->numbers + (size_t)type * m->stride; }

void vt_train_draw(vt_nep_model *m, uint64_t seed)
{
  const size_t w0 = (size_t)m->neurons * (size_t)m->dim, h = (size_t)m->neurons, dim = (size_t)m->dim;
  const size_t first_c = (size_t)(m->c_radial - m->numbers), first_a = (size_t)(m->c_angular - m->numbers);
  memset(m->numbers, 0, m->n_numbers * sizeof *m->numbers);
  for (int t = 0; t < (m->version == 3 ? 1 : m->n_types); t++) {
    double *net = network_of(m, t);
    const size_t from = (size_t)t * (w0 + 2 * h);
    for (size_t k = dim; k < w0; k++) net[k] = 2 / sqrt((double)m->dim) * normal(seed, from + k);
    for (size_t k = 1; k < h; k++) {
      net[w0 + k] = normal(seed, from + w0 + k);
      net[w0 + h + k] = normal(seed, from + w0 + h + k) / sqrt((double)m->neurons);
    }
    net[w0] = -CONSTANT_AT;
  }
  for (size_t k = first_c; k < m->n_trained; k++)
    m->numbers[k] = normal(seed, k + ((size_t)1 << 30)) / sqrt((double)(k < first_a ? m->k_radial : m->k_angular));
  for (size_t k = 0; k < dim; k++) m->numbers[(size_t)(m->scale - m->numbers) + k] = 1;
}

/* ------------------------------------------------------------------ over frames */

/* Calls `take` with the model's values of up to `most` frames, evenly spread over those that are not skipped. */
typedef struct visit {
  const vt_nep_model *m;
  vt_train *train;
  void (*take)(void *ctx, const vt_train *t, const vt_train_sample *s, const vt_train_values *v);
  void *ctx;
} visit;

static vt_status visit_frames(const visit *v, vt_train_data *set, const int *skip, int most, vt_err *err)
{
  int n = 0, k = 0;
  for (int i = 0; i < set->n; i++) n += !(skip && skip[i]);
  const int64_t every = n > most ? most : n;
  for (int i = 0; i < set->n; i++) {
    if (skip && skip[i]) continue;
    const int64_t at = k++;
    if ((at + 1) * every / n == at * every / n) continue;
    vt_train_sample *s = &set->s[i];
    vt_train_values values;
    const int kept = s->frame != NULL;
    VT_TRY(vt_train_sample_frame(v->m, s, err), err, "%s:%d", set->file[s->file], s->line);
    VT_TRY(vt_train_forward(v->train, s->frame, &values, err), err, "%s:%d", set->file[s->file], s->line);
    v->take(v->ctx, v->train, s, &values);
    if (!kept) vt_train_sample_drop(s);
    vt_alive();
  }
  return VT_OK;
}

static vt_status visit_all(const vt_nep_model *m, vt_simd simd, vt_train_data *set, const int *skip, int most, visit *v,
                           vt_err *err)
{
  v->m = m;
  VT_PASS(vt_train_open(m, simd, &v->train, err));
  vt_train_set(v->train, m);
  const vt_status rc = visit_frames(v, set, skip, most, err);
  vt_train_close(v->train);
  return rc;
}

typedef struct ranges {
  double *lo, *hi, *sum;
  double atoms;
} ranges;

static void take_range(void *ctx, const vt_train *t, const vt_train_sample *s, const vt_train_values *v)
{
  ranges *r = ctx;
  (void)v;
  vt_train_descriptors(t, s->frame, r->lo, r->hi, r->sum);
  r->atoms += s->n;
}

vt_status vt_train_fit_scales(vt_nep_model *m, vt_simd simd, vt_train_data *set, const int *skip, int most,
                              uint64_t seed, vt_err *err)
{
  double *room = NULL;
  const size_t dim = (size_t)m->dim, w0 = (size_t)m->neurons * dim;
  VT_PASS(VT_NEW(room, 3 * dim, err));
  ranges r = {room, room + dim, room + 2 * dim, 0};
  for (size_t k = 0; k < dim; k++) r.lo[k] = 1e300, r.hi[k] = -1e300;
  const vt_status rc = visit_all(m, simd, set, skip, most, &(visit){.take = take_range, .ctx = &r}, err);
  double *scale = m->numbers + (m->scale - m->numbers);
  for (size_t k = 0; rc == VT_OK && k < dim; k++) scale[k] = r.hi[k] > r.lo[k] ? 2 / (r.hi[k] - r.lo[k]) : 1;
  for (int t = 0; rc == VT_OK && t < (m->version == 3 ? 1 : m->n_types); t++) {
    double *net = network_of(m, t);
    for (size_t j = 1; j < (size_t)m->neurons; j++) {
      double at = normal(seed, (size_t)t * (w0 + 2 * (size_t)m->neurons) + w0 + j);
      for (size_t k = 0; k < dim; k++) at += net[j * dim + k] * scale[k] * r.sum[k] / r.atoms;
      net[w0 + j] = at;
    }
  }
  vt_free(room);
  return rc;
}

/* ------------------------------------------------------------------ energies of the elements */

typedef struct normal_equations {
  int n;
  double *a, *b, weight, mean;
} normal_equations;

static void take_energy(void *ctx, const vt_train *t, const vt_train_sample *s, const vt_train_values *v)
{
  normal_equations *q = ctx;
  double share[VT_NEP_MOST_TYPES] = {0};
  (void)t;
  if (!s->has_energy) return;
  const double e = (s->energy - v->energy) / s->n;
  for (int i = 0; i < s->n; i++) share[s->type[i]] += 1.0 / s->n;
  for (int i = 0; i < q->n; i++) {
    for (int j = 0; j < q->n; j++) q->a[i * q->n + j] += s->weight * share[i] * share[j];
    q->b[i] += s->weight * share[i] * e;
  }
  q->weight += s->weight;
  q->mean += s->weight * e;
}

/* a x = b by Cholesky; b becomes x. */
static vt_status solve(double *a, double *b, int n, vt_err *err)
{
  VT_PASS(vt_cholesky(a, n, err));
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < i; j++) b[i] -= a[i * n + j] * b[j];
    b[i] /= a[i * n + i];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++) b[i] -= a[j * n + i] * b[j];
    b[i] /= a[i * n + i];
  }
  return VT_OK;
}

vt_status vt_train_fit_elements(const vt_nep_model *m, vt_simd simd, vt_train_data *set, const int *skip, int most,
                                double *e, vt_err *err)
{
  double *room = NULL;
  const int n = m->n_types;
  VT_PASS(VT_NEW(room, (size_t)n * (size_t)(n + 1), err));
  normal_equations q = {.n = n, .a = room, .b = room + (size_t)n * (size_t)n};
  int absent[VT_NEP_MOST_TYPES];
  vt_status rc = visit_all(m, simd, set, skip, most, &(visit){.take = take_energy, .ctx = &q}, err);
  if (rc == VT_OK && q.weight > 0) {
    q.mean /= q.weight;
    for (int i = 0; i < n; i++) {
      absent[i] = q.a[i * n + i] == 0;
      q.a[i * n + i] += RIDGE * q.weight; /* towards the mean energy: where elements come only together */
      q.b[i] += RIDGE * q.weight * q.mean;
    }
    rc = solve(q.a, q.b, n, err);
    for (int i = 0; rc == VT_OK && i < n; i++) e[i] = absent[i] ? 0 : q.b[i];
  } else if (rc == VT_OK)
    memset(e, 0, (size_t)n * sizeof *e);
  vt_free(room);
  return rc;
}

void vt_train_put_elements(vt_nep_model *m, const double *e)
{
  const size_t w0 = (size_t)m->neurons * (size_t)m->dim, h = (size_t)m->neurons;
  for (int t = 0; t < m->n_types; t++) {
    double *net = network_of(m, t);
    memset(net, 0, (size_t)m->dim * sizeof *net);
    net[w0] = -CONSTANT_AT;
    net[w0 + h] = e[t] / tanh(CONSTANT_AT);
  }
}
