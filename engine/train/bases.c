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

enum { MOST = 512, REFRESH = 16, OFTEN = 32, ROOMS = 5 };

/* Number (r, c) at at + r row + c col; last, if it is not 0: where the last column stands, a number a row. */
typedef struct matrix {
  int rows, cols; /* 0: none */
  size_t at, row, col, last;
  size_t shape; /* of G G^T, G^T G, both bases, and how many steps, in a->shape */
} matrix;

struct vt_train_bases {
  int largest; /* in whole vectors */
  matrix *of;  /* [n_blocks] */
  double *scratch;
  int *by_cost; /* [n_blocks] blocks, the dearest first */
  int pairs;    /* of types */
  int *there;   /* [pairs] scratch: those with a gradient */
  const vt__kernel_ops *ops;
};

static size_t whole(int n) { return (size_t)(n + VT__LANES - 1) / VT__LANES * VT__LANES; }

/* ------------------------------------------------------------------ blocks and their matrices */

/* About ns: numbers, products, the part of an orthogonal iteration that falls on a step. */
static double cost_of(const vt_train_block *b, const matrix *m)
{
  const double a_number = 5, a_product = 0.06, a_turn = 0.15, a_matrix = 300;
  const double n = m->rows, c = m->cols, vectors_n = (double)whole(m->rows), vectors_c = (double)whole(m->cols);
  const double products = n * c * (4 * vectors_c + 3 * vectors_n) + c * n * vectors_c;
  return a_number * (double)vt_train_block_size(b) + (n > 0 ? a_matrix : 0) + a_product * products +
         a_turn * (n * n * n + c * c * c);
}

static void add_matrix(vt_train_adam *a, int block, matrix m)
{
  vt_train_block *b = &a->block[block];
  if (m.rows >= 1 && m.cols >= 1 && m.rows <= MOST && m.cols <= MOST) { /* else it is too large to turn: plain Adam */
    m.shape = b->shape = a->n_shape;
    b->n_shape = 2 * ((size_t)m.rows * (size_t)m.rows + (size_t)m.cols * (size_t)m.cols) + 1;
    b->plain = (size_t)m.rows * (size_t)m.cols;
    a->n_shape += b->n_shape;
    a->bases->largest = (int)whole(m.rows) > a->bases->largest ? (int)whole(m.rows) : a->bases->largest;
    a->bases->largest = (int)whole(m.cols) > a->bases->largest ? (int)whole(m.cols) : a->bases->largest;
    a->bases->of[block] = m;
  }
  b->cost = cost_of(b, &a->bases->of[block]);
}

static vt_train_block pair_block(const vt_nep_model *m, size_t p, int angular)
{
  const size_t pairs = (size_t)m->n_types * (size_t)m->n_types;
  const int k = angular ? m->k_angular : m->k_radial;
  return (vt_train_block){.rows = angular ? m->n_angular : m->n_radial,
                          .cols = k,
                          .at = (size_t)((angular ? m->c_angular : m->c_radial) - m->numbers) + p,
                          .row = (size_t)k * pairs,
                          .col = pairs};
}

/* The order of parts of a gradient; the state of matrices stands in another: networks, then radial and angular by
 * pair. */
static void list_blocks(vt_train_adam *a, const vt_nep_model *m)
{
  const int pairs = m->n_types * m->n_types, nets = m->version == 3 ? 1 : m->n_types;
  const size_t dim = (size_t)m->dim, bias = (size_t)(m->bias - m->numbers), net = bias / (size_t)nets;
  for (int t = 0; t < nets; t++) {
    const size_t at = (size_t)t * net;
    a->block[2 * pairs + t] = (vt_train_block){.rows = 1, .cols = (int)net, .at = at, .row = net, .col = 1};
    add_matrix(a, 2 * pairs + t,
               (matrix){.rows = m->neurons,
                        .cols = m->dim + 1,
                        .at = at,
                        .row = dim,
                        .col = 1,
                        .last = at + (size_t)m->neurons * dim});
  }
  a->block[2 * pairs + nets] = (vt_train_block){.rows = 1, .cols = 1, .at = bias, .row = 1, .col = 1};
  for (int k = 0; k < 2 * pairs; k++) {
    const int p = k / 2, angular = k % 2, b = angular * pairs + p;
    const vt_train_block of = pair_block(m, (size_t)p, angular);
    a->block[b] = of;
    add_matrix(a, b, (matrix){.rows = of.rows, .cols = of.cols, .at = of.at, .row = of.row, .col = of.col});
  }
}

/* The dearest first; equal ones in their order. */
static void sort_by_cost(vt_train_adam *a)
{
  int *list = a->bases->by_cost;
  for (int n = 0; n < a->n_blocks; n++) {
    int k = n;
    for (; k > 0 && a->block[list[k - 1]].cost < a->block[n].cost; k--) list[k] = list[k - 1];
    list[k] = n;
  }
}

static void unit_matrix(double *q, int n)
{
  for (int k = 0; k < n; k++) q[(size_t)k * (size_t)n + (size_t)k] = 1;
}

void vt__bases_close(vt_train_bases *b)
{
  if (!b) return;
  vt_free(b->of);
  vt_free(b->by_cost);
  vt_free(b->there);
  vt_free(b->scratch);
  vt_free(b);
}

vt_status vt_train_adam_rotate(vt_train_adam *a, const vt_nep_model *m, vt_simd simd, vt_err *err)
{
  const size_t nt = (size_t)m->n_types, nets = m->version == 3 ? 1 : nt;
  VT_PASS(VT_NEW(a->bases, 1, err));
  vt_train_bases *b = a->bases;
  b->ops = vt_simd_works(simd) ? vt__kernel_of(simd) : NULL;
  if (!b->ops) VT_FAIL(err, VT_EUNSUP, "training with SIMD level %s is not possible here", vt_simd_name(simd));
  a->n_blocks = (int)(2 * nt * nt + nets + 1);
  VT_PASS(VT_NEW(a->block, a->n_blocks, err));
  VT_PASS(VT_NEW(b->of, a->n_blocks, err));
  VT_PASS(VT_NEW(b->by_cost, a->n_blocks, err));
  b->pairs = (int)(nt * nt);
  VT_PASS(VT_NEW(b->there, b->pairs, err));
  list_blocks(a, m);
  sort_by_cost(a);
  VT_PASS(VT_NEW(b->scratch, ROOMS * (size_t)b->largest * (size_t)b->largest + VT__LANES, err));
  VT_PASS(VT_NEW(a->shape, a->n_shape + VT__LANES, err)); /* products read a whole vector from any place */
  for (int k = 0; k < a->n_blocks; k++) {
    const matrix *of = &b->of[k];
    const size_t rr = (size_t)of->rows * (size_t)of->rows, cc = (size_t)of->cols * (size_t)of->cols;
    unit_matrix(a->shape + of->shape + rr + cc, of->rows);
    unit_matrix(a->shape + of->shape + 2 * rr + cc, of->cols);
  }
  return VT_OK;
}

/* Each to whoever has least so far, the dearest first. */
void vt_train_adam_owners(const vt_train_adam *a, int ranks, double *load, int *owner)
{
  const double norm_ns = 2; /* a number, which rank 0 takes and adds up for all */
  for (int r = 0; r < ranks; r++) load[r] = r == 0 && ranks > 1 ? norm_ns * (double)a->n : 0;
  for (int k = 0; k < a->n_blocks; k++) {
    const int b = a->bases->by_cost[k];
    int least = 0;
    for (int r = 0; r < ranks; r++) least = load[r] < load[least] ? r : least;
    owner[b] = least;
    load[least] += a->block[b].cost;
  }
}

/* ------------------------------------------------------------------ a step */

/* out[m][n] = a[n][m] turned; rows are `row` and `out_row` apart. */
static void transpose(const double *restrict a, ptrdiff_t row, int n, int m, double *restrict out, ptrdiff_t out_row)
{
  for (ptrdiff_t j = 0; j < m; j++)
    for (ptrdiff_t i = 0; i < n; i++) out[j * out_row + i] = a[i * row + j];
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
  const ptrdiff_t row = (ptrdiff_t)whole(n);
  ops->product(&(vt__product){
      .a = a, .b = q, .out = x, .a_row = n, .a_col = 1, .b_row = n, .out_row = row, .n = n, .k = n, .m = n});
  transpose(x, row, n, n, y, n);
  if (orthonormal(y, n)) transpose(y, n, n, n, q, n); /* else too few gradients yet: the basis stays */
}

/* a[n][n] = keep a + (1 - keep) more, whose rows are `row` apart. */
static void mix(double *restrict a, const double *restrict more, int n, ptrdiff_t row, double keep)
{
  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t k = 0; k < n; k++) a[i * n + k] = keep * a[i * n + k] + (1 - keep) * more[i * row + k];
}

/* The matrix at `from` as rows in whole vectors, times factor; 1: any of it is not 0. */
static int gather(const matrix *m, const double *from, double factor, double *restrict out)
{
  const size_t row = whole(m->cols);
  const int inner = m->last ? m->cols - 1 : m->cols;
  int any = 0;
  for (int r = 0; r < m->rows; r++) {
    const double *x = from + m->at + (size_t)r * m->row;
    for (int c = 0; c < inner; c++) any |= x[(size_t)c * m->col] != 0;
    for (int c = 0; c < inner; c++) out[(size_t)r * row + (size_t)c] = x[(size_t)c * m->col] * factor;
    if (!m->last) continue;
    any |= from[m->last + (size_t)r] != 0;
    out[(size_t)r * row + (size_t)inner] = from[m->last + (size_t)r] * factor;
  }
  return any;
}

/* A step of a matrix: its sizes, where its state is, and room; rows of all of these but the state in whole vectors. */
typedef struct turn {
  const vt__kernel_ops *ops;
  const matrix *m;
  int n, c;
  ptrdiff_t row_n, row_c;
  double *left, *right, *ql, *qr, *count;
  double *g, *x, *y, *z, *turned;
} turn;

static turn turn_of(const vt_train_adam *a, const matrix *m)
{
  const ptrdiff_t size = (ptrdiff_t)a->bases->largest * a->bases->largest, n = m->rows, c = m->cols;
  turn t = {.ops = a->bases->ops,
            .m = m,
            .n = m->rows,
            .c = m->cols,
            .row_n = (ptrdiff_t)whole(m->rows),
            .row_c = (ptrdiff_t)whole(m->cols),
            .left = a->shape + m->shape,
            .g = a->bases->scratch};
  t.right = t.left + n * n, t.ql = t.right + c * c, t.qr = t.ql + n * n, t.count = t.qr + c * c;
  t.x = t.g + size, t.y = t.x + size, t.z = t.y + size, t.turned = t.z + size;
  return t;
}

/* The means of G G^T and G^T G. */
static void add_shapes(const turn *t, double keep)
{
  const int n = t->n, c = t->c;
  transpose(t->g, t->row_c, n, c, t->turned, t->row_n);
  t->ops->product(&(vt__product){.a = t->g,
                                 .b = t->turned,
                                 .out = t->x,
                                 .a_row = t->row_c,
                                 .a_col = 1,
                                 .b_row = t->row_n,
                                 .out_row = t->row_n,
                                 .n = n,
                                 .k = c,
                                 .m = n});
  mix(t->left, t->x, n, t->row_n, keep);
  t->ops->product(&(vt__product){.a = t->turned,
                                 .b = t->g,
                                 .out = t->x,
                                 .a_row = t->row_n,
                                 .a_col = 1,
                                 .b_row = t->row_c,
                                 .out_row = t->row_c,
                                 .n = c,
                                 .k = n,
                                 .m = c});
  mix(t->right, t->x, c, t->row_c, keep);
}

/* y = ql^T g qr. */
static void into_bases(const turn *t)
{
  const int n = t->n, c = t->c;
  t->ops->product(&(vt__product){.a = t->g,
                                 .b = t->qr,
                                 .out = t->x,
                                 .a_row = t->row_c,
                                 .a_col = 1,
                                 .b_row = c,
                                 .out_row = t->row_c,
                                 .n = n,
                                 .k = c,
                                 .m = c});
  t->ops->product(&(vt__product){.a = t->ql,
                                 .b = t->x,
                                 .out = t->y,
                                 .a_row = 1,
                                 .a_col = n,
                                 .b_row = t->row_c,
                                 .out_row = t->row_c,
                                 .n = n,
                                 .k = n,
                                 .m = c});
}

/* g = ql y qr^T. */
static void out_of_bases(const turn *t)
{
  const int n = t->n, c = t->c;
  t->ops->product(&(vt__product){.a = t->ql,
                                 .b = t->y,
                                 .out = t->x,
                                 .a_row = n,
                                 .a_col = 1,
                                 .b_row = t->row_c,
                                 .out_row = t->row_c,
                                 .n = n,
                                 .k = n,
                                 .m = c});
  transpose(t->qr, c, c, c, t->turned, t->row_c);
  t->ops->product(&(vt__product){.a = t->x,
                                 .b = t->turned,
                                 .out = t->g,
                                 .a_row = t->row_c,
                                 .a_col = 1,
                                 .b_row = t->row_c,
                                 .out_row = t->row_c,
                                 .n = n,
                                 .k = c,
                                 .m = c});
}

/* Moments of row r, of numbers that lie `col` apart: first into g, what to divide by into z. */
static void moments(const turn *t, int r, int from, int n, size_t col, double *restrict first, double *restrict second,
                    const double unbias[2])
{
  double *g = t->g + r * t->row_c + from, *z = t->z + r * t->row_c + from;
  const double *y = t->y + r * t->row_c + from;
  for (int k = 0; k < n; k++) {
    const size_t at = (size_t)k * col;
    second[at] = VT__DECAY_SECOND * second[at] + (1 - VT__DECAY_SECOND) * y[k] * y[k];
    first[at] = VT__DECAY_FIRST * first[at] + (1 - VT__DECAY_FIRST) * g[k];
    g[k] = first[at];
    z[k] = unbias[0] / (sqrt(second[at] * unbias[1]) + VT__SMALL);
  }
}

static void all_moments(const turn *t, vt_train_adam *a, const double unbias[2])
{
  const matrix *m = t->m;
  const int inner = m->last ? t->c - 1 : t->c;
  for (int r = 0; r < t->n; r++) {
    const size_t at = m->at + (size_t)r * m->row, last = m->last + (size_t)r;
    if (m->col == 1)
      moments(t, r, 0, inner, 1, a->first + at, a->second + at, unbias);
    else
      moments(t, r, 0, inner, m->col, a->first + at, a->second + at, unbias);
    if (m->last) moments(t, r, inner, 1, 1, a->first + last, a->second + last, unbias);
  }
}

static void move(const turn *t, double rate, double *numbers)
{
  const matrix *m = t->m;
  const int inner = m->last ? t->c - 1 : t->c;
  for (int r = 0; r < t->n; r++) {
    const double *g = t->g + r * t->row_c;
    double *x = numbers + m->at + (size_t)r * m->row;
    for (int k = 0; k < inner; k++) x[(size_t)k * m->col] -= rate * g[k];
    if (m->last) numbers[m->last + (size_t)r] -= rate * g[inner];
  }
}

int vt__bases_step(vt_train_adam *a, int b, double rate, double factor, const double *gradient, double *numbers)
{
  const matrix *m = &a->bases->of[b];
  if (m->rows == 0 || !gather(m, gradient, factor, a->bases->scratch)) return 0;
  const turn s = turn_of(a, m);
  const double t = ++*s.count, keep = fmin(KEEP_SHAPE, t / (t + 1));
  const double unbias[2] = {1 / (1 - pow(VT__DECAY_FIRST, t)), 1 / (1 - pow(VT__DECAY_SECOND, t))};
  add_shapes(&s, keep);
  into_bases(&s);
  all_moments(&s, a, unbias);
  into_bases(&s);
  for (ptrdiff_t r = 0; r < s.n; r++)
    for (ptrdiff_t k = r * s.row_c; k < r * s.row_c + s.c; k++) s.y[k] *= s.z[k];
  out_of_bases(&s);
  move(&s, rate, numbers);
  if (t > OFTEN && (int64_t)t % REFRESH != 0) return 1;
  refresh(s.ops, s.left, s.n, s.ql, s.x, s.y);
  refresh(s.ops, s.right, s.c, s.qr, s.x, s.y);
  return 1;
}

/* ------------------------------------------------------------------ the norm */

/* In the order of the numbers; what is 0 adds nothing. */
double vt_train_adam_norm(const vt_train_adam *a, const unsigned char *used, const double *gradient)
{
  const int n = a->n_blocks, nets = n - 1 - 2 * a->bases->pairs, pairs = a->bases->pairs;
  double squares = 0;
  for (int b = 2 * pairs; b <= 2 * pairs + nets; b++) {
    const vt_train_block *of = &a->block[b];
    for (size_t k = of->at; used[b] && k < of->at + vt_train_block_size(of); k++) squares += gradient[k] * gradient[k];
  }
  for (int angular = 0; angular < 2; angular++) {
    const vt_train_block *of = &a->block[angular * pairs]; /* all pairs have the same form, one place apart */
    const int *there = a->bases->there;
    int n_there = 0;
    for (int p = 0; p < pairs; p++)
      if (used[angular * pairs + p]) a->bases->there[n_there++] = p;
    for (size_t k = of->at; k < of->at + vt_train_block_size(of) * of->col; k += of->col)
      for (int p = 0; p < n_there; p++) squares += gradient[k + (size_t)there[p]] * gradient[k + (size_t)there[p]];
  }
  return sqrt(squares);
}
