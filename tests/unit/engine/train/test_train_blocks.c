/* Steps of SOAP in blocks (adam.c, bases.c).
 *
 * Claims: the step is that of THEORY T 17.4, written here as plain loops over every matrix; blocks stepped by 1 to 7
 * owners, each with a state of its own in which it never sees the blocks of others, give the numbers and the state of
 * one owner to the bit; owners have each block once, in loads as equal as blocks allow; blocks have each number once;
 * the norm over the blocks with a gradient is that over all numbers.
 * Tolerance of the first: none where nothing fuses products and sums, as the portable kernel then does the same sums in
 * the same order; elsewhere 1e-7, since bases of nearly equal eigenvalues turn roundings into more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

#ifdef __FP_FAST_FMA
#define FAR 1e-7
#else
#define FAR 0.0
#endif

enum { STEPS = 70, MOST = 48, MATRICES = 64, RANKS = 7 };

/* Sizes such that products have whole and broken tiles in both directions. */
static vt_nep_model *new_model(int n_types, int neurons)
{
  static const char *const symbols[] = {"Li", "Al", "Cl"};
  vt_err err = {0};
  vt_nep_model *m, f = {.version = 4,
                        .n_types = n_types,
                        .n_radial = 5,
                        .n_angular = 5,
                        .k_radial = 9,
                        .k_angular = 4,
                        .l_max = 4,
                        .neurons = neurons};
  for (int k = 0; k < n_types; k++) {
    (void)snprintf(f.symbol[k], sizeof f.symbol[k], "%s", symbols[k]);
    f.z[k] = k + 3;
    f.rc_radial[k] = 5;
    f.rc_angular[k] = 4;
  }
  VT_TEST_OK(vt_nep_new(&f, &m, &err), &err);
  vt_train_draw(m, 3);
  return m;
}

static double drawn(int stream, int k)
{
  double g[2];
  vt_rng_normal2(7, VT_STREAM_TEST, (uint32_t)stream, (uint32_t)k / 2, 0, g);
  return g[k % 2];
}

/* The gradient of a step: of some sizes, here and there large enough to be clipped, not for all pairs of types. */
static void gradient_of(const vt_nep_model *m, int step, double *g)
{
  const size_t pairs = (size_t)m->n_types * (size_t)m->n_types, nets = (size_t)(m->bias - m->numbers);
  const double size = step % 9 == 8 ? 20 : 1 + 0.1 * (step % 4);
  for (size_t k = 0; k < m->n_trained; k++) {
    g[k] = size * drawn(step + 1, (int)k) * (1 + 3 * (double)(k % 5));
    if (k > nets && (k - nets - 1) % pairs == (size_t)step % pairs) g[k] = 0;
    if (k < nets && step % 5 == 3 && k / m->stride == 0) g[k] = 0;
  }
}

/* ------------------------------------------------------------------ the step as plain loops */

typedef struct plain_matrix {
  int n, c, t;
  size_t at[MOST][MOST]; /* of its numbers */
  double left[MOST][MOST], right[MOST][MOST], ql[MOST][MOST], qr[MOST][MOST];
} plain_matrix;

typedef struct plain {
  int n_matrices, step;
  plain_matrix *matrix;
  double norm, *first, *second, *average;
  char *covered;
} plain;

static plain_matrix *one_more(plain *p, int n, int c)
{
  plain_matrix *x = &p->matrix[p->n_matrices++];
  assert_true(p->n_matrices <= MATRICES && n <= MOST && c <= MOST);
  x->n = n, x->c = c;
  for (int k = 0; k < n; k++) x->ql[k][k] = 1;
  for (int k = 0; k < c; k++) x->qr[k][k] = 1;
  return x;
}

static void cover(plain *p, plain_matrix *x, int r, int c, size_t at)
{
  x->at[r][c] = at;
  p->covered[at] = 1;
}

static void plain_open(plain *p, const vt_nep_model *m, const double *numbers)
{
  const size_t pairs = (size_t)m->n_types * (size_t)m->n_types, dim = (size_t)m->dim;
  *p = (plain){.matrix = vt_test_array(MATRICES, sizeof *p->matrix),
               .first = vt_test_array(m->n_trained, sizeof(double)),
               .second = vt_test_array(m->n_trained, sizeof(double)),
               .average = vt_test_array(m->n_trained, sizeof(double)),
               .covered = vt_test_array(m->n_trained, 1)};
  memcpy(p->average, numbers, m->n_trained * sizeof *numbers);
  for (size_t t = 0; t < (size_t)m->n_types; t++) {
    plain_matrix *x = one_more(p, m->neurons, m->dim + 1);
    for (int r = 0; r < m->neurons; r++)
      for (int c = 0; c <= m->dim; c++)
        cover(p, x, r, c,
              t * m->stride + (c < m->dim ? (size_t)r * dim + (size_t)c : (size_t)m->neurons * dim + (size_t)r));
  }
  for (int angular = 0; angular < 2; angular++)
    for (size_t pair = 0; pair < pairs; pair++) {
      const int n = angular ? m->n_angular : m->n_radial, k = angular ? m->k_angular : m->k_radial;
      const size_t from = (size_t)((angular ? m->c_angular : m->c_radial) - m->numbers);
      plain_matrix *x = one_more(p, n, k);
      for (int r = 0; r < n; r++)
        for (int c = 0; c < k; c++) cover(p, x, r, c, from + (size_t)(r * k + c) * pairs + pair);
    }
}

static void plain_close(plain *p)
{
  free(p->matrix);
  free(p->first);
  free(p->second);
  free(p->average);
  free(p->covered);
}

/* out = a b; a_turned, b_turned: of the transposed. */
static void times(double a[MOST][MOST], int a_turned, double b[MOST][MOST], int b_turned, int n, int k, int m,
                  double out[MOST][MOST])
{
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++) sum += (a_turned ? a[p][i] : a[i][p]) * (b_turned ? b[j][p] : b[p][j]);
      out[i][j] = sum;
    }
}

static void iterate(double a[MOST][MOST], int n, double q[MOST][MOST])
{
  static double x[MOST][MOST];
  times(a, 0, q, 0, n, n, n, x);
  for (int i = 0; i < n; i++) {
    double square = 0;
    for (int j = 0; j < 2 * i; j++) {
      double along = 0;
      for (int k = 0; k < n; k++) along += x[k][i] * x[k][j % i];
      for (int k = 0; k < n; k++) x[k][i] -= along * x[k][j % i];
    }
    for (int k = 0; k < n; k++) square += x[k][i] * x[k][i];
    if (!(square > 0)) return;
    const double per = 1 / sqrt(square);
    for (int k = 0; k < n; k++) x[k][i] *= per;
  }
  memcpy(q, x, sizeof x);
}

static void plain_matrix_step(plain *p, plain_matrix *m, double rate, const double *gradient, double *numbers)
{
  static double g[MOST][MOST], x[MOST][MOST], y[MOST][MOST], z[MOST][MOST];
  int any = 0;
  for (int r = 0; r < m->n; r++)
    for (int c = 0; c < m->c; c++) any |= (g[r][c] = gradient[m->at[r][c]]) != 0;
  if (!any) return;
  const double t = ++m->t, keep = fmin(0.99, t / (t + 1));
  times(g, 0, g, 1, m->n, m->c, m->n, x);
  for (int i = 0; i < m->n; i++)
    for (int j = 0; j < m->n; j++) m->left[i][j] = keep * m->left[i][j] + (1 - keep) * x[i][j];
  times(g, 1, g, 0, m->c, m->n, m->c, x);
  for (int i = 0; i < m->c; i++)
    for (int j = 0; j < m->c; j++) m->right[i][j] = keep * m->right[i][j] + (1 - keep) * x[i][j];
  times(g, 0, m->qr, 0, m->n, m->c, m->c, x);
  times(m->ql, 1, x, 0, m->n, m->n, m->c, y);
  for (int r = 0; r < m->n; r++)
    for (int c = 0; c < m->c; c++) {
      double *first = &p->first[m->at[r][c]], *second = &p->second[m->at[r][c]];
      *second = 0.98 * *second + (1 - 0.98) * y[r][c] * y[r][c];
      *first = 0.9 * *first + (1 - 0.9) * g[r][c];
      g[r][c] = *first;
      z[r][c] = 1 / (1 - pow(0.9, t)) / (sqrt(*second * (1 / (1 - pow(0.98, t)))) + 1e-12);
    }
  times(g, 0, m->qr, 0, m->n, m->c, m->c, x);
  times(m->ql, 1, x, 0, m->n, m->n, m->c, y);
  for (int r = 0; r < m->n; r++)
    for (int c = 0; c < m->c; c++) y[r][c] *= z[r][c];
  times(m->ql, 0, y, 0, m->n, m->n, m->c, x);
  times(x, 0, m->qr, 1, m->n, m->c, m->c, g);
  for (int r = 0; r < m->n; r++)
    for (int c = 0; c < m->c; c++) numbers[m->at[r][c]] -= rate * g[r][c];
  if (m->t > 32 && m->t % 16 != 0) return;
  iterate(m->left, m->n, m->ql);
  iterate(m->right, m->c, m->qr);
}

static int plain_step(plain *p, size_t n, double rate, double *g, double *numbers)
{
  double squares = 0;
  for (size_t k = 0; k < n; k++) squares += g[k] * g[k];
  const double norm = sqrt(squares), limit = 2 * p->norm;
  const int clips = p->step > 0 && norm > limit;
  for (size_t k = 0; clips && k < n; k++) g[k] *= limit / norm;
  p->norm = p->step > 0 ? 0.98 * p->norm + (1 - 0.98) * norm * (clips ? limit / norm : 1) : norm;
  const double t = ++p->step, keep = fmin(0.999, t / (t + 9));
  for (int k = 0; k < p->n_matrices; k++) plain_matrix_step(p, &p->matrix[k], rate, g, numbers);
  for (size_t k = 0; k < n; k++) {
    if (!p->covered[k]) {
      p->first[k] = 0.9 * p->first[k] + (1 - 0.9) * g[k];
      p->second[k] = 0.999 * p->second[k] + (1 - 0.999) * g[k] * g[k];
      numbers[k] -=
          rate * p->first[k] * (1 / (1 - pow(0.9, t))) / (sqrt(p->second[k] * (1 / (1 - pow(0.999, t)))) + 1e-12);
    }
    p->average[k] = keep * p->average[k] + (1 - keep) * numbers[k];
  }
  return clips;
}

static void same(const double *a, const double *b, size_t n, double far, const char *what)
{
  for (size_t k = 0; k < n; k++)
    if (!(fabs(a[k] - b[k]) <= far * (fabs(a[k]) + fabs(b[k]) + 1e-3)))
      fail_msg("%s %zu: %.17g, not %.17g", what, k, a[k], b[k]);
}

static void a_step_is_that_of_plain_loops(void **state)
{
  (void)state;
  vt_err err = {0};
  vt_nep_model *m = new_model(2, 35);
  const size_t n = m->n_trained;
  double *x = vt_test_array(n, sizeof *x), *y = vt_test_array(n, sizeof *y), *g = vt_test_array(n, sizeof *g);
  vt_train_adam a;
  plain p;
  int clipped = 0;
  memcpy(x, m->numbers, n * sizeof *x);
  memcpy(y, m->numbers, n * sizeof *y);
  plain_open(&p, m, y);
  VT_TEST_OK(vt_train_adam_open(&a, x, n, &err), &err);
  VT_TEST_OK(vt_train_adam_rotate(&a, m, VT_SIMD_PORTABLE, &err), &err);
  for (int k = 0; k < STEPS; k++) {
    gradient_of(m, k, g);
    vt_train_adam_step(&a, 0.01, g, x);
    clipped += plain_step(&p, n, 0.01, g, y);
  }
  assert_true(clipped > 2 && clipped < STEPS / 2);
  same(x, y, n, FAR, "number");
  same(a.average, p.average, n, FAR, "average");
  same(a.first, p.first, n, FAR, "first moment");
  same(&a.norm, &p.norm, 1, FAR, "norm");
  vt_train_adam_close(&a);
  plain_close(&p);
  free(x);
  free(y);
  free(g);
  vt_nep_free(m);
}

/* ------------------------------------------------------------------ owners */

typedef struct rank {
  vt_train_adam a;
  double *numbers, *gradient;
} rank;

static void rank_open(rank *r, const vt_nep_model *m)
{
  vt_err err = {0};
  r->numbers = vt_test_array(m->n_trained, sizeof(double));
  r->gradient = vt_test_array(m->n_trained, sizeof(double));
  memcpy(r->numbers, m->numbers, m->n_trained * sizeof(double));
  VT_TEST_OK(vt_train_adam_open(&r->a, r->numbers, m->n_trained, &err), &err);
  VT_TEST_OK(vt_train_adam_rotate(&r->a, m, vt_simd_best(), &err), &err);
}

static void rank_close(rank *r)
{
  vt_train_adam_close(&r->a);
  free(r->numbers);
  free(r->gradient);
}

static size_t place(const vt_train_block *b, size_t k)
{
  return b->at + k / (size_t)b->cols * b->row + k % (size_t)b->cols * b->col;
}

/* The numbers of a block alone, all others poison. */
static void only_mine(const vt_train_adam *a, const int *owner, int me, const double *from, double *to)
{
  for (size_t k = 0; k < a->n; k++) to[k] = (double)NAN;
  for (int b = 0; b < a->n_blocks; b++)
    for (size_t k = 0; owner[b] == me && k < vt_train_block_size(&a->block[b]); k++)
      to[place(&a->block[b], k)] = from[place(&a->block[b], k)];
}

static void step_of_ranks(rank *r, int ranks, const int *owner, double *numbers, const double *g)
{
  unsigned char used[64];
  memset(used, 1, sizeof used);
  const double norm = vt_train_adam_norm(&r[0].a, used, g), factor = vt_train_adam_factor(&r[0].a, norm);
  for (int k = 0; k < ranks; k++) {
    only_mine(&r[k].a, owner, k, g, r[k].gradient);
    only_mine(&r[k].a, owner, k, numbers, r[k].numbers);
    const double next = vt_train_adam_next_norm(&r[k].a, norm);
    vt_train_adam_begin(&r[k].a);
    for (int b = r[k].a.n_blocks - 1; b >= 0; b--) /* in whatever order */
      if (owner[b] == k) (void)vt_train_adam_block(&r[k].a, b, 0.01, factor, r[k].gradient, r[k].numbers);
    vt_train_adam_end(&r[k].a, next);
    for (int b = 0; b < r[k].a.n_blocks; b++)
      for (size_t i = 0; owner[b] == k && i < vt_train_block_size(&r[k].a.block[b]); i++) {
        const size_t at = place(&r[k].a.block[b], i);
        numbers[at] = r[k].numbers[at];
      }
  }
}

static void any_owners_give_the_same_bits(void **state)
{
  (void)state;
  vt_nep_model *m = new_model(3, 12);
  const size_t n = m->n_trained;
  double *numbers = vt_test_array(n, sizeof *numbers), *g = vt_test_array(n, sizeof *g), load[RANKS];
  int owner[64];
  rank one = {0};
  rank_open(&one, m);
  for (int k = 0; k < STEPS; k++) {
    gradient_of(m, k, g);
    vt_train_adam_step(&one.a, 0.01, g, one.numbers);
  }
  for (int ranks = 1; ranks <= RANKS; ranks++) {
    rank r[RANKS];
    memcpy(numbers, m->numbers, n * sizeof *numbers);
    for (int k = 0; k < ranks; k++) rank_open(&r[k], m);
    assert_true(r[0].a.n_blocks <= 64);
    vt_train_adam_owners(&r[0].a, ranks, load, owner);
    for (int k = 0; k < STEPS; k++) {
      gradient_of(m, k, g);
      step_of_ranks(r, ranks, owner, numbers, g);
    }
    assert_memory_equal(numbers, one.numbers, n * sizeof *numbers);
    assert_memory_equal(&r[ranks - 1].a.norm, &one.a.norm, sizeof one.a.norm);
    for (int b = 0; b < one.a.n_blocks; b++) {
      const vt_train_block *of = &one.a.block[b];
      const vt_train_adam *a = &r[owner[b]].a;
      for (size_t k = 0; k < vt_train_block_size(of); k++) {
        const size_t at = place(of, k);
        assert_true(a->first[at] == one.a.first[at] && a->second[at] == one.a.second[at]);
        assert_true(a->average[at] == one.a.average[at]);
      }
      assert_memory_equal(a->shape + of->shape, one.a.shape + of->shape, of->n_shape * sizeof(double));
    }
    for (int k = 0; k < ranks; k++) rank_close(&r[k]);
  }
  rank_close(&one);
  free(numbers);
  free(g);
  vt_nep_free(m);
}

static void every_block_has_one_owner_and_every_number_one_block(void **state)
{
  (void)state;
  vt_nep_model *m = new_model(3, 50);
  rank one = {0};
  rank_open(&one, m);
  unsigned char *seen = vt_test_array(m->n_trained, 1);
  double all = 0, largest = 0;
  size_t shape = 0;
  for (int b = 0; b < one.a.n_blocks; b++) {
    const vt_train_block *of = &one.a.block[b];
    for (size_t k = 0; k < vt_train_block_size(of); k++) seen[place(of, k)]++;
    all += of->cost;
    largest = fmax(largest, of->cost);
    shape += of->n_shape;
  }
  for (size_t k = 0; k < m->n_trained; k++) assert_int_equal(seen[k], 1);
  assert_int_equal(shape, one.a.n_shape);
  for (int ranks = 1; ranks <= RANKS; ranks++) {
    double load[RANKS], mine[RANKS] = {0}, most = 0, least = INFINITY;
    int owner[64];
    for (int b = 0; b < 64; b++) owner[b] = -1;
    vt_train_adam_owners(&one.a, ranks, load, owner);
    for (int b = 0; b < one.a.n_blocks; b++) {
      assert_in_range(owner[b], 0, ranks - 1);
      mine[owner[b]] += one.a.block[b].cost;
    }
    for (int r = 0; r < ranks; r++) {
      assert_true(load[r] >= mine[r] * (1 - 1e-12));
      most = fmax(most, load[r]);
      least = fmin(least, load[r]);
    }
    assert_true(most - least <= largest * (1 + 1e-12)); /* else the last block of the fullest belongs elsewhere */
    assert_true(most >= all / ranks * (1 - 1e-12));
  }
  free(seen);
  rank_close(&one);
  vt_nep_free(m);
}

static void the_norm_does_not_see_what_is_zero(void **state)
{
  (void)state;
  vt_nep_model *m = new_model(3, 12);
  rank one = {0};
  rank_open(&one, m);
  for (int step = 0; step < 8; step++) {
    unsigned char used[64] = {0};
    double squares = 0;
    gradient_of(m, step, one.gradient);
    for (int b = 0; b < one.a.n_blocks; b++)
      for (size_t k = 0; k < vt_train_block_size(&one.a.block[b]); k++)
        used[b] |= one.gradient[place(&one.a.block[b], k)] != 0;
    for (size_t k = 0; k < m->n_trained; k++) squares += one.gradient[k] * one.gradient[k];
    const double norm = vt_train_adam_norm(&one.a, used, one.gradient);
    assert_true(norm == sqrt(squares) && norm > 0);
    assert_non_null(memchr(used, 0, (size_t)one.a.n_blocks));
  }
  rank_close(&one);
  vt_nep_free(m);
}

/* Both fuse every product with its sum, in the same order. */
static void levels_that_fuse_make_the_same_step(void **state)
{
  (void)state;
  vt_err err = {0};
  if (!vt_simd_works(VT_SIMD_AVX512) || !vt_simd_works(VT_SIMD_AVX2)) skip();
  vt_nep_model *m = new_model(2, 35);
  const size_t n = m->n_trained;
  const vt_simd level[2] = {VT_SIMD_AVX2, VT_SIMD_AVX512};
  double *x[2], *g = vt_test_array(n, sizeof *g);
  vt_train_adam a[2];
  for (int k = 0; k < 2; k++) {
    x[k] = vt_test_array(n, sizeof **x);
    memcpy(x[k], m->numbers, n * sizeof **x);
    VT_TEST_OK(vt_train_adam_open(&a[k], x[k], n, &err), &err);
    VT_TEST_OK(vt_train_adam_rotate(&a[k], m, level[k], &err), &err);
    for (int step = 0; step < STEPS; step++) {
      gradient_of(m, step, g);
      vt_train_adam_step(&a[k], 0.01, g, x[k]);
    }
  }
  assert_memory_equal(x[0], x[1], n * sizeof **x);
  assert_memory_equal(a[0].shape, a[1].shape, a[0].n_shape * sizeof(double));
  for (int k = 0; k < 2; k++) {
    vt_train_adam_close(&a[k]);
    free(x[k]);
  }
  free(g);
  vt_nep_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_step_is_that_of_plain_loops),
                                     cmocka_unit_test(levels_that_fuse_make_the_same_step),
                                     cmocka_unit_test(any_owners_give_the_same_bits),
                                     cmocka_unit_test(every_block_has_one_owner_and_every_number_one_block),
                                     cmocka_unit_test(the_norm_does_not_see_what_is_zero)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
