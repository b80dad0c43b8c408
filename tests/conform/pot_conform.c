#include "tests/conform/pot_conform.h"
#include "tests/support/allocations.h"
#include "tests/support/files.h"
#include "tests/vt_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ evaluating */

typedef struct answer {
  int n;
  double energy, virial[9];
  double (*f)[3], *e, (*w)[9];
} answer;

static answer new_answer(int n)
{
  const size_t m = (size_t)n;
  return (answer){.n = n, .f = vt_test_array(m, sizeof(double[3])), .e = vt_test_array(m, sizeof(double)), .w = NULL};
}

static void free_answer(answer *a) { free(a->f), free(a->e), free(a->w); }

static void open_pot(const vt_pot_case *c, vt_pot *pot, double *cutoff)
{
  vt_err err = {0};
  vt_pot_info info;
  VT_TEST_OK(vt_pot_open(pot, c->kind, &c->args, &err), &err);
  vt_pot_describe(pot, &info);
  *cutoff = info.cutoff;
}

static void compute_answer(vt_pot *pot, const vt_nlist *nl, answer *a)
{
  vt_err err = {0};
  vt_force_out out = {.f = a->f, .e_atom = a->e, .w_atom = a->w};
  VT_TEST_OK(vt_pot_compute(pot, nl, &out, &err), &err);
  a->energy = out.energy;
  memcpy(a->virial, out.virial, sizeof a->virial);
}

static void evaluate_with(vt_pot *pot, double cutoff, int n, const int *type, const vt_cell *cell, const double (*x)[3],
                          answer *a)
{
  vt_err err = {0};
  vt_nlist nl;
  VT_TEST_OK(vt_nlist_open(&nl, n, type, cutoff, 0.3, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, cell, x, 1, &err), &err);
  compute_answer(pot, &nl, a);
  vt_nlist_close(&nl);
}

/* The case's potential for these atoms. */
static answer evaluate(const vt_pot_case *c, int n, const int *type, const vt_cell *cell, const double (*x)[3])
{
  vt_pot pot;
  double cutoff;
  open_pot(c, &pot, &cutoff);
  answer a = new_answer(n);
  evaluate_with(&pot, cutoff, n, type, cell, x, &a);
  vt_pot_close(&pot);
  return a;
}

static answer evaluate_case(const vt_pot_case *c) { return evaluate(c, c->n, c->type, &c->cell, c->x); }

static double largest(const double *x, size_t n)
{
  double most = 1;
  for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
  return most;
}

/* |a[i] - factor b[i]| <= tol * scale of b. */
static void close_to(const vt_pot_case *c, const char *what, const double *a, const double *b, double factor, size_t n,
                     double tol)
{
  const double scale = fabs(factor) * largest(b, n);
  for (size_t i = 0; i < n; i++)
    if (!(fabs(a[i] - factor * b[i]) <= tol * scale))
      fail_msg("%s: %s [%zu]: %.15g, expected %.15g (allowed: %.2g of %.3g)", c->label, what, i, a[i], factor * b[i],
               tol, scale);
}

static double (*copy_x(const vt_pot_case *c))[3]
{
  double(*x)[3] = vt_test_array((size_t)c->n, sizeof *x);
  memcpy(x, c->x, (size_t)c->n * sizeof *x);
  return x;
}

/* ------------------------------------------------------------------ derivatives */

void vt_pot_conform_forces(const vt_pot_case *c)
{
  const double h = 1e-5;
  vt_pot pot;
  double cutoff, (*x)[3] = copy_x(c);
  answer at = evaluate_case(c), moved = new_answer(c->n);
  const double allowed = c->tol_fd * largest(&at.f[0][0], 3 * (size_t)c->n);
  open_pot(c, &pot, &cutoff);
  for (int i = 0; i < c->n; i++) {
    for (int k = 0; k < 3; k++) {
      double e[2];
      for (int s = 0; s < 2; s++) {
        x[i][k] = c->x[i][k] + (s ? h : -h);
        evaluate_with(&pot, cutoff, c->n, c->type, &c->cell, (const double(*)[3])x, &moved);
        e[s] = moved.energy;
      }
      x[i][k] = c->x[i][k];
      double numeric = -(e[1] - e[0]) / (2 * h);
      if (!(fabs(numeric - at.f[i][k]) <= allowed))
        fail_msg("%s: atom %d axis %d: force %.12g, -dE/dx %.12g", c->label, i, k, at.f[i][k], numeric);
    }
  }
  vt_pot_close(&pot);
  free_answer(&at), free_answer(&moved), free(x);
}

/* x (1 + strain), strain with one element. */
static void strained(const vt_pot_case *c, int a, int b, double strain, vt_cell *cell, double (*x)[3])
{
  *cell = c->cell;
  for (int r = 0; r < 3; r++) cell->h[r][b] += strain * c->cell.h[r][a];
  for (int i = 0; i < c->n; i++) {
    memcpy(x[i], c->x[i], sizeof x[i]);
    x[i][b] += strain * c->x[i][a];
  }
}

void vt_pot_conform_virial(const vt_pot_case *c)
{
  const double h = 1e-6;
  answer at = evaluate_case(c);
  double(*x)[3] = copy_x(c), numeric[9];
  for (int k = 0; k < 9; k++) {
    double e[2];
    for (int s = 0; s < 2; s++) {
      vt_cell cell;
      strained(c, k / 3, k % 3, s ? h : -h, &cell, x);
      answer moved = evaluate(c, c->n, c->type, &cell, (const double(*)[3])x);
      e[s] = moved.energy;
      free_answer(&moved);
    }
    numeric[k] = -(e[1] - e[0]) / (2 * h);
  }
  if (c->tol_fd > 0) close_to(c, "virial, -dE/dstrain", numeric, at.virial, 1, 9, c->tol_fd);
  const double *w = at.virial, turned[9] = {w[0], w[3], w[6], w[1], w[4], w[7], w[2], w[5], w[8]};
  close_to(c, "symmetry of the virial", turned, w, 1, 9, c->tol);
  free_answer(&at), free(x);
}

/* ------------------------------------------------------------------ symmetries */

void vt_pot_conform_sums(const vt_pot_case *c)
{
  answer a = evaluate_case(c), with_w = new_answer(c->n);
  double force[3] = {0}, zero[3] = {0}, energy = 0, virial[9] = {0};
  const double most = largest(&a.f[0][0], 3 * (size_t)c->n);
  for (int i = 0; i < c->n; i++) {
    energy += a.e[i];
    for (int k = 0; k < 3; k++) force[k] += a.f[i][k] / most;
  }
  close_to(c, "sum of the forces", force, zero, 1, 3, c->tol * c->n);
  close_to(c, "sum of the atomic energies", &energy, &a.energy, 1, 1, c->tol);
  with_w.w = vt_test_array((size_t)c->n, sizeof *with_w.w);
  vt_pot pot;
  double cutoff;
  open_pot(c, &pot, &cutoff);
  evaluate_with(&pot, cutoff, c->n, c->type, &c->cell, c->x, &with_w);
  vt_pot_close(&pot);
  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < 9; k++) virial[k] += with_w.w[i][k];
  close_to(c, "sum of the atomic virials", virial, a.virial, 1, 9, c->tol);
  close_to(c, "forces when atomic virials are wanted", &with_w.f[0][0], &a.f[0][0], 1, 3 * (size_t)c->n, c->tol);
  free_answer(&a), free_answer(&with_w);
}

static void same_as_case(const vt_pot_case *c, const char *what, const double (*x)[3])
{
  answer a = evaluate_case(c), b = evaluate(c, c->n, c->type, &c->cell, x);
  close_to(c, what, &b.energy, &a.energy, 1, 1, c->tol);
  close_to(c, what, b.virial, a.virial, 1, 9, c->tol);
  close_to(c, what, &b.f[0][0], &a.f[0][0], 1, 3 * (size_t)c->n, c->tol);
  close_to(c, what, b.e, a.e, 1, (size_t)c->n, c->tol);
  free_answer(&a), free_answer(&b);
}

void vt_pot_conform_translation(const vt_pot_case *c)
{
  double(*x)[3] = copy_x(c);
  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < 3; k++) x[i][k] += 3.21 - 1.7 * k;
  same_as_case(c, "translation", (const double(*)[3])x);
  free(x);
}

void vt_pot_conform_wrapping(const vt_pot_case *c)
{
  double(*x)[3] = copy_x(c);
  for (int i = 0; i < c->n; i++)
    for (int r = 0; r < 3; r++)
      for (int k = 0; k < 3; k++) x[i][k] += ((i * 7 + r * 3) % 5 - 2) * c->cell.h[r][k];
  same_as_case(c, "atoms moved by lattice vectors", (const double(*)[3])x);
  free(x);
}

/* A rotation without special directions (Euler angles 0.7, 1.1, -0.4). */
static void make_rotation(double q[3][3])
{
  const double a = 0.7, b = 1.1, g = -0.4;
  const double m[3][3] = {
      {cos(a) * cos(b), cos(a) * sin(b) * sin(g) - sin(a) * cos(g), cos(a) * sin(b) * cos(g) + sin(a) * sin(g)},
      {sin(a) * cos(b), sin(a) * sin(b) * sin(g) + cos(a) * cos(g), sin(a) * sin(b) * cos(g) - cos(a) * sin(g)},
      {-sin(b), cos(b) * sin(g), cos(b) * cos(g)}};
  memcpy(q, m, sizeof m);
}

static void rotate(double q[3][3], const double from[3], double to[3])
{
  for (int k = 0; k < 3; k++) to[k] = q[k][0] * from[0] + q[k][1] * from[1] + q[k][2] * from[2];
}

void vt_pot_conform_rotation(const vt_pot_case *c)
{
  double q[3][3], (*x)[3] = copy_x(c), w[9] = {0};
  vt_cell cell;
  make_rotation(q);
  for (int r = 0; r < 3; r++) rotate(q, c->cell.h[r], cell.h[r]);
  for (int i = 0; i < c->n; i++) rotate(q, c->x[i], x[i]);
  answer a = evaluate_case(c), b = evaluate(c, c->n, c->type, &cell, (const double(*)[3])x);
  for (int i = 0; i < c->n; i++) rotate(q, a.f[i], x[i]);
  for (int k = 0; k < 81; k++) { /* Q W Q^T */
    int i = k / 27, l = k / 9 % 3, m = k / 3 % 3, j = k % 3;
    w[3 * i + l] += q[i][m] * a.virial[3 * m + j] * q[l][j];
  }
  close_to(c, "energy after rotation", &b.energy, &a.energy, 1, 1, c->tol);
  close_to(c, "forces after rotation", &b.f[0][0], &x[0][0], 1, 3 * (size_t)c->n, c->tol);
  close_to(c, "virial after rotation", b.virial, w, 1, 9, c->tol);
  free_answer(&a), free_answer(&b), free(x);
}

void vt_pot_conform_permutation(const vt_pot_case *c)
{
  const size_t n = (size_t)c->n;
  double(*x)[3] = copy_x(c);
  int *type = vt_test_array(n, sizeof *type);
  answer a = evaluate_case(c);
  for (size_t i = 0; i < n; i++) { /* reversed: neighbours of equal and of other species change places */
    memcpy(x[i], c->x[n - 1 - i], sizeof x[i]);
    type[i] = c->type[n - 1 - i];
  }
  answer b = evaluate(c, c->n, type, &c->cell, (const double(*)[3])x);
  for (size_t i = 0; i < n; i++) memcpy(x[i], b.f[n - 1 - i], sizeof x[i]);
  close_to(c, "energy in another order", &b.energy, &a.energy, 1, 1, c->tol);
  close_to(c, "forces in another order", &x[0][0], &a.f[0][0], 1, 3 * n, c->tol);
  free_answer(&a), free_answer(&b), free(x), free(type);
}

void vt_pot_conform_replication(const vt_pot_case *c)
{
  const int n8 = 8 * c->n;
  double(*x)[3] = vt_test_array((size_t)n8, sizeof *x);
  int *type = vt_test_array((size_t)n8, sizeof *type);
  vt_cell cell;
  for (int k = 0; k < 9; k++) cell.h[k / 3][k % 3] = 2 * c->cell.h[k / 3][k % 3];
  for (int m = 0; m < n8; m++) {
    const int copy = m / c->n, i = m % c->n;
    type[m] = c->type[i];
    for (int k = 0; k < 3; k++)
      x[m][k] =
          c->x[i][k] + (copy & 1) * c->cell.h[0][k] + (copy >> 1 & 1) * c->cell.h[1][k] + (copy >> 2) * c->cell.h[2][k];
  }
  answer a = evaluate_case(c), b = evaluate(c, n8, type, &cell, (const double(*)[3])x);
  close_to(c, "energy of 2x2x2 cells", &b.energy, &a.energy, 8, 1, c->tol);
  close_to(c, "virial of 2x2x2 cells", b.virial, a.virial, 8, 9, c->tol);
  for (int copy = 0; copy < 8; copy++)
    close_to(c, "forces in 2x2x2 cells", b.f[copy * c->n], &a.f[0][0], 1, 3 * (size_t)c->n, c->tol);
  free_answer(&a), free_answer(&b), free(x), free(type);
}

void vt_pot_conform_locality(const vt_pot_case *c)
{
  vt_pot pot;
  double cutoff, lo[3], hi[3];
  open_pot(c, &pot, &cutoff);
  vt_pot_close(&pot);
  memcpy(lo, c->x[0], sizeof lo), memcpy(hi, c->x[0], sizeof hi);
  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < 3; k++) lo[k] = fmin(lo[k], c->x[i][k]), hi[k] = fmax(hi[k], c->x[i][k]);
  vt_cell cell = {0};
  for (int k = 0; k < 3; k++) cell.h[k][k] = hi[k] - lo[k] + 2 * cutoff + 1; /* a droplet and two cutoffs of vacuum */
  double(*x)[3] = vt_test_array((size_t)c->n + 1, sizeof *x);
  int *type = vt_test_array((size_t)c->n + 1, sizeof *type);
  memcpy(x, c->x, (size_t)c->n * sizeof *x);
  memcpy(type, c->type, (size_t)c->n * sizeof *type);
  for (int k = 0; k < 3; k++) x[c->n][k] = hi[k] + cutoff + 0.5;
  type[c->n] = c->type[0];
  answer without = evaluate(c, c->n, type, &cell, (const double(*)[3])x);
  answer with = evaluate(c, c->n + 1, type, &cell, (const double(*)[3])x);
  answer alone = evaluate(c, 1, type, &cell, (const double(*)[3])(x + c->n));
  const double sum = without.energy + alone.energy, zero[3] = {0};
  close_to(c, "energy with a far atom", &with.energy, &sum, 1, 1, c->tol);
  close_to(c, "forces with a far atom", &with.f[0][0], &without.f[0][0], 1, 3 * (size_t)c->n, c->tol);
  close_to(c, "force on the far atom", with.f[c->n], zero, 1, 3, 0);
  free_answer(&without), free_answer(&with), free_answer(&alone), free(x), free(type);
}

/* ------------------------------------------------------------------ bits and memory */

static void same_answer(const vt_pot_case *c, const char *what, const answer *a, const answer *b)
{
  if (memcmp(&a->energy, &b->energy, sizeof a->energy) != 0 || memcmp(a->virial, b->virial, sizeof a->virial) != 0 ||
      memcmp(a->f, b->f, (size_t)a->n * sizeof *a->f) != 0 || memcmp(a->e, b->e, (size_t)a->n * sizeof *a->e) != 0)
    fail_msg("%s: other bits %s", c->label, what);
}

void vt_pot_conform_bits(const vt_pot_case *c)
{
  vt_err err = {0};
  vt_pot pot, other;
  vt_nlist nl;
  double cutoff, (*x)[3] = copy_x(c);
  open_pot(c, &pot, &cutoff);
  open_pot(c, &other, &cutoff);
  answer first = new_answer(c->n), again = new_answer(c->n), away = new_answer(c->n);
  VT_TEST_OK(vt_nlist_open(&nl, c->n, c->type, cutoff, 0.3, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &c->cell, c->x, 1, &err), &err);
  compute_answer(&pot, &nl, &first);
  compute_answer(&pot, &nl, &again);
  same_answer(c, "when computed twice", &first, &again);
  compute_answer(&other, &nl, &again);
  same_answer(c, "from another object of the same potential", &first, &again);
  for (int i = 0; i < c->n; i++) x[i][i % 3] += 0.5;
  VT_TEST_OK(vt_nlist_update(&nl, &c->cell, (const double(*)[3])x, 1, &err), &err);
  compute_answer(&pot, &nl, &away);
  VT_TEST_OK(vt_nlist_update(&nl, &c->cell, c->x, 1, &err), &err);
  compute_answer(&pot, &nl, &again);
  same_answer(c, "after other positions and a rebuild", &first, &again);
  free_answer(&first), free_answer(&again), free_answer(&away), free(x);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
  vt_pot_close(&other);
}

void vt_pot_conform_memory(const vt_pot_case *c)
{
  vt_err err = {0};
  vt_pot pot;
  vt_nlist nl;
  double cutoff;
  open_pot(c, &pot, &cutoff);
  answer a = new_answer(c->n);
  VT_TEST_OK(vt_nlist_open(&nl, c->n, c->type, cutoff, 0.3, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &c->cell, c->x, 1, &err), &err);
  compute_answer(&pot, &nl, &a);
  const long before = vt_test_allocations();
  void *p;
  VT_TEST_OK(vt_calloc64(&p, 1, 1, &err), &err);
  vt_free(p);
  assert_int_equal(vt_test_allocations(), before + 1); /* the counter sees what the engine asks for */
  for (int i = 0; i < 3; i++) compute_answer(&pot, &nl, &a);
  const long more = vt_test_allocations() - before - 1;
  if (more) fail_msg("%s: %ld allocations in compute", c->label, more);
  free_answer(&a);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
}

void vt_pot_conform_overlap(const vt_pot_case *c)
{
  vt_err err = {0};
  vt_pot pot;
  vt_nlist nl;
  double cutoff, (*x)[3] = copy_x(c);
  const int last = c->n - 1;
  memcpy(x[last], x[0], sizeof x[0]);
  for (int k = 0; k < 3; k++) x[last][k] += c->cell.h[0][k]; /* on an image of atom 0 */
  open_pot(c, &pot, &cutoff);
  answer a = new_answer(c->n);
  vt_force_out out = {.f = a.f};
  VT_TEST_OK(vt_nlist_open(&nl, c->n, c->type, cutoff, 0.3, &err), &err);
  VT_TEST_OK(vt_nlist_update(&nl, &c->cell, (const double(*)[3])x, 1, &err), &err);
  assert_int_equal(vt_pot_compute(&pot, &nl, &out, &err), VT_EDIVERGE);
  char ab[64], ba[64];
  snprintf(ab, sizeof ab, "atoms 0 and %d sit on each other", last);
  snprintf(ba, sizeof ba, "atoms %d and 0 sit on each other", last);
  if (!strstr(err.text, ab) && !strstr(err.text, ba)) fail_msg("%s: %s", c->label, err.text);
  free_answer(&a), free(x);
  vt_nlist_close(&nl);
  vt_pot_close(&pot);
}

void vt_pot_conform(const vt_pot_case *c)
{
  if (c->tol_fd > 0) vt_pot_conform_forces(c);
  vt_pot_conform_virial(c);
  vt_pot_conform_sums(c);
  vt_pot_conform_translation(c);
  vt_pot_conform_rotation(c);
  vt_pot_conform_permutation(c);
  vt_pot_conform_wrapping(c);
  vt_pot_conform_replication(c);
  vt_pot_conform_locality(c);
  vt_pot_conform_bits(c);
  vt_pot_conform_memory(c);
  vt_pot_conform_overlap(c);
}
