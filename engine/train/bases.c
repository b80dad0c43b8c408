/* bases.c - matrices of numbers stepped in bases of their own: SOAP (Vyas et al., arXiv 2409.11321; T 17.4).
 *
 * A matrix is the weights and thresholds of one network, or the coefficients of one pair of types by channel and basis
 * function.  In the eigenbases of the moving means of G G^T and G^T G the components of its gradient G hardly depend on
 * each other, and Adam's squares of single components say most.  `second` holds squares in these bases at the places of
 * the numbers. */
#include <math.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "engine/train/train_impl.h"

#define KEEP_SHAPE 0.99

enum { MOST = 512, REFRESH = 16, OFTEN = 32 };

typedef struct matrix {
  int rows, cols;
  size_t at, row, col; /* number (r, c) at at + r row + c col */
  size_t last;         /* not 0: the last column stands here instead, a number a row */
  size_t shape;        /* of G G^T, G^T G, both bases, and how many steps, in a->shape */
} matrix;

struct vt_train_bases {
  int n, largest;
  matrix *m;
  char *covered;   /* [n_trained] */
  double *scratch; /* [5 largest^2] */
  const vt__kernel_ops *ops;
};

static size_t place(const matrix *m, int r, int c)
{
  return m->last && c == m->cols - 1 ? m->last + (size_t)r : m->at + (size_t)r * m->row + (size_t)c * m->col;
}

static void add_matrix(vt_train_bases *b, size_t *n_shape, matrix m)
{
  if (m.rows < 1 || m.cols < 1 || m.rows > MOST || m.cols > MOST) return; /* too large to turn: plain Adam */
  m.shape = *n_shape;
  *n_shape += 2 * ((size_t)m.rows * (size_t)m.rows + (size_t)m.cols * (size_t)m.cols) + 1;
  b->largest = m.rows > b->largest ? m.rows : b->largest;
  b->largest = m.cols > b->largest ? m.cols : b->largest;
  for (int r = 0; r < m.rows; r++)
    for (int c = 0; c < m.cols; c++) b->covered[place(&m, r, c)] = 1;
  b->m[b->n++] = m;
}

static void list_matrices(vt_train_bases *b, size_t *n_shape, const vt_nep_model *m)
{
  const size_t pairs = (size_t)m->n_types * (size_t)m->n_types, dim = (size_t)m->dim;
  for (size_t t = 0; t < (m->version == 3 ? 1 : (size_t)m->n_types); t++)
    add_matrix(b, n_shape,
               (matrix){.rows = m->neurons,
                        .cols = m->dim + 1,
                        .at = t * m->stride,
                        .row = dim,
                        .col = 1,
                        .last = t * m->stride + (size_t)m->neurons * dim});
  for (size_t p = 0; p < pairs; p++) {
    add_matrix(b, n_shape,
               (matrix){.rows = m->n_radial,
                        .cols = m->k_radial,
                        .at = (size_t)(m->c_radial - m->numbers) + p,
                        .row = (size_t)m->k_radial * pairs,
                        .col = pairs});
    add_matrix(b, n_shape,
               (matrix){.rows = m->n_angular,
                        .cols = m->k_angular,
                        .at = (size_t)(m->c_angular - m->numbers) + p,
                        .row = (size_t)m->k_angular * pairs,
                        .col = pairs});
  }
}

static void unit_matrix(double *q, int n)
{
  for (int k = 0; k < n; k++) q[(size_t)k * (size_t)n + (size_t)k] = 1;
}

void vt__bases_close(vt_train_bases *b)
{
  if (!b) return;
  vt_free(b->m);
  vt_free(b->covered);
  vt_free(b->scratch);
  vt_free(b);
}

vt_status vt_train_adam_rotate(vt_train_adam *a, const vt_nep_model *m, vt_simd simd, vt_err *err)
{
  const size_t nt = (size_t)m->n_types;
  VT_PASS(VT_NEW(a->bases, 1, err));
  vt_train_bases *b = a->bases;
  b->ops = vt_simd_works(simd) ? vt__kernel_of(simd) : NULL;
  if (!b->ops) VT_FAIL(err, VT_EUNSUP, "training with SIMD level %s is not possible here", vt_simd_name(simd));
  VT_PASS(VT_NEW(b->m, nt + 2 * nt * nt, err));
  VT_PASS(VT_NEW(b->covered, m->n_trained, err));
  list_matrices(b, &a->n_shape, m);
  VT_PASS(VT_NEW(b->scratch, 5 * (size_t)b->largest * (size_t)b->largest, err));
  VT_PASS(VT_NEW(a->shape, a->n_shape ? a->n_shape : 1, err));
  for (int k = 0; k < b->n; k++) {
    const size_t rr = (size_t)b->m[k].rows * (size_t)b->m[k].rows, cc = (size_t)b->m[k].cols * (size_t)b->m[k].cols;
    unit_matrix(a->shape + b->m[k].shape + rr + cc, b->m[k].rows);
    unit_matrix(a->shape + b->m[k].shape + 2 * rr + cc, b->m[k].cols);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ a step */

static void transpose(const double *restrict a, int n, int m, double *restrict out)
{
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) out[j * n + i] = a[i * m + j];
}

/* y[n][n]: rows made orthonormal one after the other, each twice against those before; 0: one of them is nothing. */
static int orthonormal(double *y, int n)
{
  for (int i = 0; i < n; i++) {
    double *v = y + (ptrdiff_t)i * n, square = 0;
    for (int j = 0; j < 2 * i; j++) {
      const double *w = y + (ptrdiff_t)(j % i) * n;
      double along = 0;
      for (int k = 0; k < n; k++) along += v[k] * w[k];
      for (int k = 0; k < n; k++) v[k] -= along * w[k];
    }
    for (int k = 0; k < n; k++) square += v[k] * v[k];
    if (!(square > 0)) return 0;
    const double per = 1 / sqrt(square);
    for (int k = 0; k < n; k++) v[k] *= per;
  }
  return 1;
}

/* One orthogonal iteration: the columns of q[n][n] move towards the eigenvectors of the symmetric a, the largest first.
 */
static void refresh(const vt__kernel_ops *ops, const double *a, int n, double *q, double *x, double *y)
{
  ops->product(a, q, n, n, n, x);
  transpose(x, n, n, y);
  if (orthonormal(y, n)) transpose(y, n, n, q); /* else too few gradients yet: the basis stays */
}

/* a = keep a + (1 - keep) more. */
static void mix(double *a, const double *more, ptrdiff_t n, double keep)
{
  for (ptrdiff_t k = 0; k < n; k++) a[k] = keep * a[k] + (1 - keep) * more[k];
}

/* Step of one matrix; g: its gradient, then scratch. */
static void step_matrix(vt_train_adam *a, const matrix *m, double rate, double *g, double *numbers)
{
  const int n = m->rows, c = m->cols;
  const ptrdiff_t size = (ptrdiff_t)a->bases->largest * a->bases->largest;
  double *x = g + size, *y = x + size, *z = y + size, *turned = z + size;
  double *left = a->shape + m->shape, *right = left + (ptrdiff_t)n * n, *ql = right + (ptrdiff_t)c * c,
         *qr = ql + (ptrdiff_t)n * n, *count = qr + (ptrdiff_t)c * c;
  const vt__kernel_ops *ops = a->bases->ops;
  const double t = ++*count, keep = fmin(KEEP_SHAPE, t / (t + 1));
  const double unbias = 1 / (1 - pow(VT__DECAY_FIRST, t)), unbias2 = 1 / (1 - pow(VT__DECAY_SECOND, t));
  transpose(g, n, c, turned);
  ops->product(g, turned, n, c, n, x);
  mix(left, x, (ptrdiff_t)n * n, keep);
  ops->product(turned, g, c, n, c, x);
  mix(right, x, (ptrdiff_t)c * c, keep);
  ops->product(g, qr, n, c, c, x);
  ops->turned_product(ql, x, n, n, c, y);
  for (int r = 0; r < n; r++)
    for (int k = 0; k < c; k++) {
      const size_t at = place(m, r, k);
      const double e = y[r * c + k];
      a->second[at] = VT__DECAY_SECOND * a->second[at] + (1 - VT__DECAY_SECOND) * e * e;
      a->first[at] = VT__DECAY_FIRST * a->first[at] + (1 - VT__DECAY_FIRST) * g[r * c + k];
      g[r * c + k] = a->first[at];
      z[r * c + k] = unbias / (sqrt(a->second[at] * unbias2) + VT__SMALL);
    }
  ops->product(g, qr, n, c, c, x);
  ops->turned_product(ql, x, n, n, c, y);
  for (ptrdiff_t k = 0; k < (ptrdiff_t)n * c; k++) y[k] *= z[k];
  ops->product(ql, y, n, n, c, x);
  transpose(qr, c, c, turned);
  ops->product(x, turned, n, c, c, g);
  for (int r = 0; r < n; r++)
    for (int k = 0; k < c; k++) numbers[place(m, r, k)] -= rate * g[r * c + k];
  if (t > OFTEN && (int64_t)t % REFRESH != 0) return;
  refresh(ops, left, n, ql, x, y);
  refresh(ops, right, c, qr, x, y);
}

const char *vt__bases_step(vt_train_adam *a, double rate, const double *gradient, double *numbers)
{
  vt_train_bases *b = a->bases;
  for (int k = 0; k < b->n; k++) {
    const matrix *m = &b->m[k];
    int any = 0;
    for (int r = 0; r < m->rows; r++)
      for (int c = 0; c < m->cols; c++) {
        b->scratch[r * m->cols + c] = gradient[place(m, r, c)];
        any |= gradient[place(m, r, c)] != 0;
      }
    if (any) step_matrix(a, m, rate, b->scratch, numbers);
  }
  return b->covered;
}
