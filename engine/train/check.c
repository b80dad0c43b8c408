/* check.c - what is wrong with labelled frames that stand side by side (T 17.9). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train_impl.h"

#define ENERGY_APART 1.0 /* eV an atom from frames of the same formula, ... */
#define ENERGY_ARM   0.5 /* A: ... and this times the forces: what it costs to be out of balance */
#define ENERGY_BLIND 3.0 /* eV an atom where there are no forces, or only the elements are the same */
#define ENERGY_MADS  20.0
#define VIRIAL_BASE  3.0  /* eV an atom: the largest component of a virial, ... */
#define VIRIAL_ARM   7.5  /* A: ... and this times the forces */
#define SIZE_USUAL   0.6  /* A: virial per root of the number of atoms over force, the median of a file */
#define SIZE_MOST    12.0 /* times the usual: pressed crystals have much virial with little force, ... */
#define SIZE_LEAST   8.0  /* ... but where atoms are out of balance, none has so much less */
#define SIZE_FORCE   0.2  /* eV/A: frames at rest say nothing of it */
#define VOLUME_MOVED 0.02 /* ln V/N from the median of the formula: more than labels scatter */
#define SIGN_SIGMAS  4.0
enum { SIZE_FEWEST = 5, SIGN_FEWEST = 30, FIT_FEWEST = 10, FIT_ROUNDS = 12 };

typedef struct row {
  const vt_train_sample *s;
  uint64_t formula; /* of the reduced counts */
  double e, rms;    /* energy an atom; force */
  double log_v, p;  /* of the volume an atom; tr W/3N */
  int bad;          /* its energy was told */
} row;

typedef struct rows {
  vt_train_data *set;
  int n, n_types;
  row *r;
  double *room; /* [n] */
} rows;

static const char *path_of(const rows *q, const row *r) { return q->set->file[r->s->file]; }

/* ------------------------------------------------------------------ rows */

static int divisor(int a, int b)
{
  while (b) {
    const int rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

uint64_t vt__formula_of(const vt_train_sample *s)
{
  int count[VT_NEP_MOST_TYPES] = {0}, all = 0;
  uint64_t hash = 1469598103934665603u; /* FNV-1a over the counts */
  for (int i = 0; i < s->n; i++) {
    if (s->type[i] < 0) return 0;
    count[s->type[i]]++;
  }
  for (int t = 0; t < VT_NEP_MOST_TYPES; t++) all = divisor(count[t], all);
  for (int t = 0; t < VT_NEP_MOST_TYPES; t++) hash = (hash ^ (uint64_t)(count[t] / all)) * (uint64_t)1099511628211;
  return hash ? hash : 1;
}

static vt_status make_rows(rows *q, vt_err *err)
{
  VT_PASS(VT_NEW(q->r, q->set->n ? q->set->n : 1, err));
  VT_PASS(VT_NEW(q->room, q->set->n ? q->set->n : 1, err));
  for (int k = 0; k < q->set->n; k++) {
    const vt_train_sample *s = &q->set->s[k];
    const uint64_t formula = s->type ? vt__formula_of(s) : 0;
    if (!formula) continue;
    q->r[q->n++] = (row){.s = s,
                         .formula = formula,
                         .e = s->energy / s->n,
                         .rms = vt__force_rms(s),
                         .log_v = log(vt_cell_volume(&s->cell) / s->n),
                         .p = (s->virial[0] + s->virial[4] + s->virial[8]) / (3 * s->n)};
  }
  return VT_OK;
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double vt__middle(double *x, int n)
{
  qsort(x, (size_t)n, sizeof *x, ascending);
  return x[n / 2];
}

static int in_place(const row *x, const row *y)
{
  return x->s->file != y->s->file ? x->s->file - y->s->file : x->s->line - y->s->line;
}

static int by_energy(const void *a, const void *b)
{
  const row *x = a, *y = b;
  if (x->formula != y->formula) return x->formula < y->formula ? -1 : 1;
  return x->e != y->e ? (x->e < y->e ? -1 : 1) : in_place(x, y);
}

static int by_file(const void *a, const void *b)
{
  const row *x = a, *y = b;
  if (x->s->file != y->s->file) return x->s->file - y->s->file;
  if (x->formula != y->formula) return x->formula < y->formula ? -1 : 1;
  return in_place(x, y);
}

/* ------------------------------------------------------------------ units */

typedef struct unit {
  double factor;
  const char *name;
} unit;

/* The one of `u` that is nearest to `factor`, at most `slack` times off; NULL if none is. */
static const char *explain(const unit *u, int n, double factor, double slack)
{
  const char *best = NULL;
  double least = log(slack);
  for (int k = 0; k < n; k++) {
    if (!(u[k].factor * factor > 0)) continue;
    const double off = fabs(log(factor / u[k].factor));
    if (off >= least) continue;
    least = off;
    best = u[k].name;
  }
  return best;
}

static const char *explain_energy(const row *r, double expected)
{
  const unit u[] = {{1 / 27.211386, "in Ha"},
                    {1 / 13.605693, "in Ry"},
                    {96.485332, "in kJ/mol"},
                    {23.060548, "in kcal/mol"},
                    {-1, "of the wrong sign"},
                    {1.0 / r->s->n, "an energy per atom"},
                    {r->s->n, "multiplied by the number of atoms"}};
  const double slack = 1.15;
  return explain(u, r->s->n > 1 ? 7 : 5, r->e / expected, slack);
}

/* ------------------------------------------------------------------ energies */

static void check_formula(rows *q, row *r, int n)
{
  const row *mid = &r[n / 2];
  for (int k = 0; k < n; k++) {
    const int blind = !r[k].s->f || !mid->s->f;
    const double apart = r[k].e - mid->e;
    if (fabs(apart) <= (blind ? ENERGY_BLIND : ENERGY_APART + ENERGY_ARM * (r[k].rms + mid->rms))) continue;
    const char *why = explain_energy(&r[k], mid->e);
    r[k].bad = 1;
    vt__data_mistake(q->set, path_of(q, &r[k]), r[k].s->line + 1,
                     "an energy of %.4g eV an atom; %s:%d, the middle of %d frames of the same formula, has %.4g%s%s",
                     r[k].e, path_of(q, mid), mid->s->line, n, mid->e, why ? ": as if " : "", why ? why : "");
  }
}

static void check_formulas(rows *q)
{
  int n = 0;
  row *r = q->r;
  for (int k = 0; k < q->n; k++)
    if (r[k].s->has_energy) r[n++] = r[k]; /* the other rows are not asked for any more */
  q->n = n;
  qsort(r, (size_t)n, sizeof *r, by_energy);
  for (int first = 0, k = 1; k <= n; k++)
    if (k == n || r[k].formula != r[first].formula) {
      check_formula(q, r + first, k - first);
      first = k;
    }
}

/* Energies of the elements, far frames weighing little: iterated least squares with weights s/|r| beyond s (Huber). */
static vt_status fit_elements(rows *q, double *a, double *e, vt_err *err)
{
  const int nt = q->n_types;
  double spread = INFINITY;
  for (int k = 0; k < nt; k++) e[k] = 0;
  for (int round = 0; round < FIT_ROUNDS; round++) {
    double share[VT_NEP_MOST_TYPES], mean = 0, all = 0, b[VT_NEP_MOST_TYPES] = {0};
    memset(a, 0, (size_t)nt * (size_t)nt * sizeof *a);
    for (int k = 0; k < q->n; k++) {
      const vt_train_sample *s = q->r[k].s;
      double off = q->r[k].e;
      memset(share, 0, sizeof share);
      for (int i = 0; i < s->n; i++) share[s->type[i]] += 1.0 / s->n;
      for (int t = 0; t < nt; t++) off -= share[t] * e[t];
      const double w = fabs(off) > spread ? spread / fabs(off) : 1;
      for (int t = 0; t < nt; t++) {
        for (int u = 0; u < nt; u++) a[t * nt + u] += w * share[t] * share[u];
        b[t] += w * share[t] * q->r[k].e;
      }
      mean += w * q->r[k].e;
      all += w;
    }
    for (int t = 0; t < nt; t++) {
      a[t * nt + t] += 1e-6 * all;
      b[t] += 1e-6 * mean;
    }
    VT_PASS(vt__solve(a, b, nt, err));
    memcpy(e, b, (size_t)nt * sizeof *e);
    for (int k = 0; k < q->n; k++) {
      q->room[k] = q->r[k].e;
      for (int i = 0; i < q->r[k].s->n; i++) q->room[k] -= e[q->r[k].s->type[i]] / q->r[k].s->n;
      q->room[k] = fabs(q->room[k]);
    }
    spread = fmax(1.5 * 1.4826 * vt__middle(q->room, q->n), 1e-3);
  }
  return VT_OK;
}

/* Frames far from what their elements have elsewhere: the only check of a formula that is there once. */
static vt_status check_elements(rows *q, vt_err *err)
{
  double *a = NULL, e[VT_NEP_MOST_TYPES];
  if (q->n < FIT_FEWEST || q->n < 3 * q->n_types) return VT_OK;
  VT_PASS(VT_NEW(a, q->n_types * q->n_types, err));
  const vt_status rc = fit_elements(q, a, e, err);
  vt_free(a);
  if (rc != VT_OK) return rc;
  const double spread = 1.4826 * vt__middle(q->room, q->n);
  for (int k = 0; k < q->n; k++) {
    const row *r = &q->r[k];
    double expected = 0;
    for (int i = 0; i < r->s->n; i++) expected += e[r->s->type[i]] / r->s->n;
    const double apart = fabs(r->e - expected);
    if (r->bad || apart <= fmax(ENERGY_BLIND + 2 * ENERGY_ARM * r->rms, ENERGY_MADS * spread)) continue;
    const char *why = explain_energy(r, expected);
    if (why)
      vt__data_mistake(q->set, path_of(q, r), r->s->line + 1,
                       "an energy of %.4g eV an atom, where its elements have %.4g elsewhere: as if %s", r->e, expected,
                       why);
    else
      vt__data_warn(q->set, VT__WARN_ENERGY, path_of(q, r), r->s->line + 1,
                    "an energy of %.4g eV an atom, where its elements have %.4g elsewhere", r->e, expected);
  }
  return VT_OK;
}

/* ------------------------------------------------------------------ virials */

static double rms_virial(const vt_train_sample *s)
{
  double sum = 0;
  for (int k = 0; k < 9; k++) sum += s->virial[k] * s->virial[k];
  return sqrt(sum / 9);
}

/* Virials over forces, in the middle of a file: the unit.  Whether that was told. */
static int check_size(rows *q, const row *r, int n)
{
  int m = 0;
  double volume = 0, atoms = 0, each = 0;
  for (int k = 0; k < n; k++)
    if (r[k].s->has_virial && r[k].s->f && r[k].rms > SIZE_FORCE) {
      q->room[m++] = rms_virial(r[k].s) / (sqrt(r[k].s->n) * r[k].rms);
      volume += exp(r[k].log_v) * r[k].s->n;
      atoms += r[k].s->n;
      each += rms_virial(r[k].s) / r[k].s->n;
    }
  if (m < SIZE_FEWEST) return 0;
  const double size = vt__middle(q->room, m), factor = size / SIZE_USUAL;
  if (factor > 1 / SIZE_LEAST && (factor < SIZE_MOST || each / m < VIRIAL_BASE)) return 0;
  const unit u[] = {{160.21766, "a stress in GPa"},
                    {1602.1766, "a stress in kbar"},
                    {1 / 27.211386, "in Ha"},
                    {m / volume, "a stress, not times the volume"},
                    {m / atoms, "a virial per atom"},
                    {160.21766 * m / volume, "a stress in GPa, not times the volume"},
                    {1602.1766 * m / volume, "a stress in kbar, not times the volume"}};
  const double slack = 4;
  const char *why = explain(u, sizeof u / sizeof *u, factor, slack);
  vt__data_mistake(
      q->set, path_of(q, r), r->s->line + 1,
      "virials (eV) of this file are %.2g A times force times root of N in the middle, expected about %g%s%s", size,
      SIZE_USUAL, why ? ": perhaps " : "", why ? why : "");
  return 1;
}

static void check_sizes(rows *q, const row *r, int n)
{
  for (int k = 0; k < n; k++) {
    const vt_train_sample *s = r[k].s;
    double largest = 0;
    if (!s->has_virial || !s->f) continue;
    for (int c = 0; c < 9; c++) largest = fmax(largest, fabs(s->virial[c]) / s->n);
    const double most = VIRIAL_BASE + VIRIAL_ARM * r[k].rms;
    if (largest > most)
      vt__data_mistake(q->set, path_of(q, r), s->line + 1,
                       "a virial of %.4g eV an atom, expected at most %.3g with these forces (another unit?)", largest,
                       most);
    else if (largest == 0 && r[k].rms > SIZE_FORCE)
      vt__data_mistake(q->set, path_of(q, r), s->line + 1, "the virial is exactly zero, the forces are not");
  }
}

/* For each formula of a file: where frames are larger than in the middle, is the virial smaller?  The sum of signs and
 * how many. */
static void add_signs(rows *q, const row *r, int n, double *sum, int *count)
{
  int m = 0;
  for (int k = 0; k < n; k++)
    if (r[k].s->has_virial) q->room[m++] = r[k].p;
  if (m < 4) return;
  const double p = vt__middle(q->room, m);
  m = 0;
  for (int k = 0; k < n; k++)
    if (r[k].s->has_virial) q->room[m++] = r[k].log_v;
  const double log_v = vt__middle(q->room, m);
  for (int k = 0; k < n; k++) {
    const double x = r[k].log_v - log_v, y = r[k].p - p;
    if (!r[k].s->has_virial || fabs(x) < VOLUME_MOVED || y == 0) continue;
    *sum += x * y > 0 ? 1 : -1;
    ++*count;
  }
}

static void check_sign(rows *q, const row *r, int n)
{
  double sum = 0;
  int count = 0;
  for (int first = 0, k = 1; k <= n; k++)
    if (k == n || r[k].formula != r[first].formula) {
      add_signs(q, r + first, k - first, &sum, &count);
      first = k;
    }
  if (count < SIGN_FEWEST || sum < SIGN_SIGMAS * sqrt(count)) return;
  vt__data_mistake(
      q->set, path_of(q, r), r->s->line + 1,
      "virials of this file grow with the volume (%d of %d frames): the sign is wrong, expected -dE/dstrain "
      "= -volume x stress with tension positive",
      (int)lround((count + sum) / 2), count);
}

/* ------------------------------------------------------------------ labels of a file */

static void check_labels(rows *q, const row *r, int n)
{
  static const char *const name[3] = {"energy", "forces", "virial"};
  int lacks[3] = {0}, zero = 0, forces = 0;
  const row *first[3] = {NULL};
  for (int k = 0; k < n; k++) {
    const int has[3] = {r[k].s->has_energy, r[k].s->f != NULL, r[k].s->has_virial};
    for (int c = 0; c < 3; c++) {
      lacks[c] += !has[c];
      if (!has[c] && (!first[c] || in_place(&r[k], first[c]) < 0)) first[c] = &r[k];
    }
    forces += r[k].s->f && r[k].s->n > 1;
    zero += r[k].s->f && r[k].s->n > 1 && r[k].rms == 0;
  }
  for (int c = 0; c < 3; c++)
    if (lacks[c] > 0 && lacks[c] < n)
      vt__data_warn(q->set, VT__WARN_LACKS, path_of(q, r), first[c]->s->line + 1, "no %s, as in %d of %d frames",
                    name[c], lacks[c], n);
  if (forces > 2 && zero == forces)
    vt__data_mistake(q->set, path_of(q, r), r->s->line, "all forces of all %d frames are zero: no labels", forces);
}

static void check_files(rows *q)
{
  qsort(q->r, (size_t)q->n, sizeof *q->r, by_file);
  for (int first = 0, k = 1; k <= q->n; k++)
    if (k == q->n || q->r[k].s->file != q->r[first].s->file) {
      const row *r = q->r + first;
      check_labels(q, r, k - first);
      if (!check_size(q, r, k - first)) check_sizes(q, r, k - first);
      check_sign(q, r, k - first);
      first = k;
    }
}

vt_status vt_train_data_check(vt_train_data *set, const vt_nep_model *m, vt_err *err)
{
  rows q = {.set = set, .n_types = m->n_types};
  vt_status rc = make_rows(&q, err);
  if (rc == VT_OK && q.n > 0) {
    check_files(&q);
    check_formulas(&q);
    rc = check_elements(&q, err);
  }
  vt_free(q.r);
  vt_free(q.room);
  vt__data_warn_rest(set);
  return rc;
}
