/* scales.c - files whose energies lie on another scale than those of the others, or than the model's (T 17.14). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train_impl.h"

#define FAR_FROM_MODEL  1.0  /* eV an atom, in the middle of a file: no model that knows its elements errs by that */
#define FAR_FROM_LABELS 20.0 /* ... where only other labels are known: more than bonds are worth */
#define SLACK           1.05 /* a unit explains the factor of a whole file, which a shift does not have */
#define BASE_LEAST      1e-3 /* eV an atom */
enum { LOOKED_AT = 25, ROUNDS = 8, SOLUTIONS = 3, SPARE = 2 };

typedef struct frame_at {
  vt_train_sample *s;
  double off; /* energy an atom less what was expected, eV */
} frame_at;

typedef struct scaler {
  const vt_train_rescaling *o;
  int n_types;
  vt_train *t;  /* NULL: against labels */
  frame_at *at; /* frames that are shifted */
  int n;
  /* against labels: those of the file with most energies */
  int n_base, base_file;
  uint64_t *formula;
  double *base, *room;
  double e_base[VT_NEP_MOST_TYPES];
  /* the shift that was found first; which elements its frames have */
  int is_found, has[VT_NEP_MOST_TYPES];
  double e[VT_NEP_MOST_TYPES], left;
} scaler;

static void shares_of(const vt_train_sample *s, double *share)
{
  memset(share, 0, VT_NEP_MOST_TYPES * sizeof *share);
  for (int i = 0; i < s->n; i++) share[s->type[i]] += 1.0 / s->n;
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double middle(double *x, int n)
{
  qsort(x, (size_t)n, sizeof *x, ascending);
  return x[n / 2];
}

/* ------------------------------------------------------------------ energies by element */

/* Weighted normal equations of what is left of `off` after e; b of it. */
static void equations(const frame_at *at, int n, int nt, const double *e, double spread, double *a, double *b)
{
  double share[VT_NEP_MOST_TYPES];
  memset(a, 0, (size_t)nt * (size_t)nt * sizeof *a);
  memset(b, 0, (size_t)nt * sizeof *b);
  for (int k = 0; k < n; k++) {
    double left = at[k].off;
    shares_of(at[k].s, share);
    for (int t = 0; t < nt; t++) left -= share[t] * e[t];
    const double w = fabs(left) > spread ? spread / fabs(left) : 1;
    for (int t = 0; t < nt; t++) {
      for (int u = 0; u < nt; u++) a[t * nt + u] += w * share[t] * share[u];
      b[t] += w * share[t] * left;
    }
  }
  const double ridge = 1e-6;
  for (int t = 0; t < nt; t++) a[t * nt + t] += ridge * n;
}

/* e[n_types] of the frames by iterated least squares, far ones weighing little; *left: what stays in the middle. */
static vt_status fit(const frame_at *at, int n, int nt, double *room, double *e, double *left, vt_err *err)
{
  double *a = NULL, b[VT_NEP_MOST_TYPES], share[VT_NEP_MOST_TYPES], spread = INFINITY;
  vt_status rc = VT_NEW(a, nt * nt, err);
  for (int k = 0; k < n; k++) room[k] = at[k].off;
  const double mean = middle(room, n);
  for (int t = 0; t < nt; t++) e[t] = mean;
  for (int round = 0; round < ROUNDS && rc == VT_OK; round++) {
    for (int again = 0; again < SOLUTIONS && rc == VT_OK; again++) { /* the later ones end the pull of the ridge */
      equations(at, n, nt, e, spread, a, b);
      rc = vt__solve(a, b, nt, err);
      for (int t = 0; t < nt && rc == VT_OK; t++) e[t] += b[t];
    }
    for (int k = 0; k < n; k++) {
      shares_of(at[k].s, share);
      room[k] = at[k].off;
      for (int t = 0; t < nt; t++) room[k] -= share[t] * e[t];
      room[k] = fabs(room[k]);
    }
    *left = middle(room, n);
    spread = fmax(1.5 * 1.4826 * *left, BASE_LEAST);
  }
  vt_free(a);
  return rc;
}

/* How many shifts the frames can tell apart: the rank of their compositions. */
static int rank_of(const frame_at *at, int n, int nt)
{
  double basis[VT_NEP_MOST_TYPES][VT_NEP_MOST_TYPES];
  int rank = 0;
  for (int k = 0; k < n && rank < nt; k++) {
    double *v = basis[rank], size = 0;
    shares_of(at[k].s, v);
    for (int pass = 0; pass < 2; pass++)
      for (int r = 0; r < rank; r++) {
        double along = 0;
        for (int t = 0; t < nt; t++) along += v[t] * basis[r][t];
        for (int t = 0; t < nt; t++) v[t] -= along * basis[r][t];
      }
    for (int t = 0; t < nt; t++) size += v[t] * v[t];
    if (size < 1e-8) continue;
    for (int t = 0; t < nt; t++) v[t] /= sqrt(size);
    rank++;
  }
  return rank;
}

/* ------------------------------------------------------------------ what is expected */

static int says_energy(const vt_train_sample *s) { return s->has_energy && s->type && vt__formula_of(s) != 0; }

static int count_energies(const vt_train_data *d, int file)
{
  int n = 0;
  for (int k = 0; k < d->n; k++) n += d->s[k].file == file && says_energy(&d->s[k]);
  return n;
}

/* Against labels: the file with most energies is where the others should be. */
static vt_status open_labels(scaler *c, vt_err *err)
{
  vt_train_data *d = c->o->set[0];
  frame_at *at = NULL;
  double left;
  int most = 0;
  for (int f = 0; f < d->n_files; f++) {
    const int n = count_energies(d, f);
    if (n > most) most = n, c->base_file = f;
  }
  VT_PASS(VT_NEW(c->formula, most + 1, err));
  VT_PASS(VT_NEW(c->base, most + 1, err));
  VT_PASS(VT_NEW(at, most + 1, err));
  for (int k = 0; k < d->n; k++)
    if (d->s[k].file == c->base_file && says_energy(&d->s[k])) {
      at[c->n_base] = (frame_at){&d->s[k], d->s[k].energy / d->s[k].n};
      c->formula[c->n_base] = vt__formula_of(&d->s[k]);
      c->base[c->n_base] = at[c->n_base].off;
      c->n_base++;
    }
  const vt_status rc = most > 0 ? fit(at, most, c->n_types, c->room, c->e_base, &left, err) : VT_OK;
  vt_free(at);
  return rc;
}

/* Energy an atom that the frame should have; *is_sure: from frames of its formula, or a model. */
static vt_status expect(scaler *c, const vt_train_data *d, vt_train_sample *s, double *e, int *is_sure, vt_err *err)
{
  double share[VT_NEP_MOST_TYPES];
  *is_sure = 1;
  if (c->t) {
    vt_train_values v;
    const int was_there = s->frame != NULL;
    VT_TRY(vt_train_sample_frame(c->o->m, s, err), err, "%s:%d", d->file[s->file], s->line);
    VT_TRY(vt_train_forward(c->t, s->frame, &v, err), err, "%s:%d", d->file[s->file], s->line);
    if (!was_there) vt_train_sample_drop(s);
    *e = v.energy / s->n;
    for (int i = 0; i < s->n && c->o->is_new; i++) *is_sure = *is_sure && !c->o->is_new[s->type[i]];
    return VT_OK;
  }
  int n = 0;
  const uint64_t formula = vt__formula_of(s);
  for (int k = 0; k < c->n_base; k++)
    if (c->formula[k] == formula) c->room[n++] = c->base[k];
  *is_sure = n > 0;
  *e = 0;
  shares_of(s, share);
  for (int t = 0; t < c->n_types; t++) *e += share[t] * c->e_base[t];
  if (n > 0) *e = middle(c->room, n);
  return VT_OK;
}

/* A factor that a unit explains, at every frame: the file is in that unit, which is a mistake and no other scale. */
static int is_unit(double factor)
{
  static const double unit[] = {1 / 27.211386, 1 / 13.605693, 96.485332, 23.060548, -1};
  for (size_t k = 0; k < sizeof unit / sizeof *unit; k++)
    if (factor / unit[k] > 1 / SLACK && factor / unit[k] < SLACK) return 1;
  return 0;
}

/* Do all frames of a file (of some that are looked at, evenly) lie far from what is expected, and not by a unit? */
static vt_status is_far(scaler *c, vt_train_data *d, int file, int *far, vt_err *err)
{
  const int all = count_energies(d, file), every = all > LOOKED_AT ? all / LOOKED_AT : 1;
  int seen = 0, n = 0, units = 0;
  *far = 0;
  for (int k = 0; k < d->n; k++) {
    vt_train_sample *s = &d->s[k];
    double e;
    int is_sure;
    if (s->file != file || !says_energy(s) || seen++ % every != 0) continue;
    VT_PASS(expect(c, d, s, &e, &is_sure, err));
    const double off = fabs(s->energy / s->n - e);
    units += is_unit(s->energy / s->n / e);
    *far += off > (is_sure ? (c->t ? FAR_FROM_MODEL : 3 * FAR_FROM_MODEL) : FAR_FROM_LABELS);
    n++;
    vt_alive();
  }
  const double most = 0.8;
  *far = n > 0 && *far >= most * n && units < most * n;
  return VT_OK;
}

/* ------------------------------------------------------------------ shifts */

static vt_status collect(scaler *c, vt_train_data *d, const unsigned char *far, vt_err *err)
{
  c->n = 0;
  for (int k = 0; k < d->n; k++) {
    vt_train_sample *s = &d->s[k];
    double e;
    int is_sure;
    if (!far[s->file] || !says_energy(s)) continue;
    VT_PASS(expect(c, d, s, &e, &is_sure, err));
    c->at[c->n++] = (frame_at){s, s->energy / s->n - e};
    vt_alive();
  }
  return VT_OK;
}

static void say_shift(const scaler *c, vt_train_data *d, const unsigned char *far)
{
  vt_buf *b = &d->shifts;
  int files = 0, first = -1;
  for (int f = 0; f < d->n_files; f++) {
    files += far[f];
    if (far[f] && first < 0) first = f;
  }
  vt_buf_printf(b, "%s", d->file[first]);
  if (files > 1) vt_buf_printf(b, " and %d more file%s", files - 1, files == 2 ? "" : "s");
  vt_buf_printf(b, ": energies on another scale than %s, %d frames are shifted by element, eV:",
                c->t ? "the model's" : "those of the other files", c->n);
  for (int t = 0; t < c->n_types; t++)
    if (c->has[t]) vt_buf_printf(b, " %s %.4f", c->o->m->symbol[t], -c->e[t]);
  vt_buf_printf(b, " (least squares; %.0f meV/atom are left in the middle)\n", 1e3 * c->left);
}

/* The shift of these frames, if they say enough; else, and where none was found before, they lose their energies. */
static vt_status find_shift(scaler *c, vt_train_data *d, vt_err *err)
{
  int has[VT_NEP_MOST_TYPES] = {0}, is_known = c->is_found;
  for (int k = 0; k < c->n; k++)
    for (int i = 0; i < c->at[k].s->n; i++) has[c->at[k].s->type[i]] = 1;
  for (int t = 0; t < c->n_types; t++) is_known = is_known && (c->has[t] || !has[t]);
  if (is_known) return VT_OK;
  const int rank = rank_of(c->at, c->n, c->n_types);
  c->is_found = c->n >= rank + SPARE;
  if (c->is_found) {
    memcpy(c->has, has, sizeof has);
    return fit(c->at, c->n, c->n_types, c->room, c->e, &c->left, err);
  }
  for (int k = 0; k < c->n; k++) {
    vt__data_warn(
        d, VT__WARN_ENERGY, d->file[c->at[k].s->file], c->at[k].s->line + 1,
        "the energy lies on another scale, whose shift takes at least %d such frames, and there are %d: it is "
        "left out",
        rank + SPARE, c->n);
    c->at[k].s->has_energy = 0;
  }
  return VT_OK;
}

static vt_status shift_set(scaler *c, vt_train_data *d, const unsigned char *far, vt_err *err)
{
  double share[VT_NEP_MOST_TYPES];
  VT_PASS(collect(c, d, far, err));
  if (c->n == 0) return VT_OK;
  VT_PASS(find_shift(c, d, err));
  if (!c->is_found) return VT_OK;
  for (int k = 0; k < c->n; k++) {
    vt_train_sample *s = c->at[k].s;
    shares_of(s, share);
    for (int t = 0; t < c->n_types; t++) s->energy -= s->n * share[t] * c->e[t];
  }
  say_shift(c, d, far);
  return VT_OK;
}

/* *moves: all of the set is far, and left to the model, which may be moved. */
static vt_status rescale(scaler *c, vt_train_data *d, int *moves, vt_err *err)
{
  unsigned char *far = NULL;
  int n_far = 0, n_there = 0;
  vt_status rc = VT_NEW(far, d->n_files + 1, err);
  for (int f = 0; f < d->n_files && rc == VT_OK; f++) {
    int is = 0;
    if (count_energies(d, f) == 0) continue;
    if (c->t || d != c->o->set[0] || f != c->base_file) rc = is_far(c, d, f, &is, err);
    far[f] = (unsigned char)is;
    n_far += is;
    n_there++;
  }
  *moves = c->o->model_moves && d == c->o->set[0] && n_far == n_there;
  if (rc == VT_OK && n_far > 0 && !*moves) rc = shift_set(c, d, far, err);
  vt_free(far);
  return rc;
}

vt_status vt_train_data_rescale(const vt_train_rescaling *o, vt_err *err)
{
  scaler c = {.o = o, .n_types = o->m->n_types};
  int most = 1;
  for (int k = 0; k < o->n_sets; k++) most = o->set[k]->n > most ? o->set[k]->n : most;
  vt_status rc = VT_NEW(c.at, most, err);
  if (rc == VT_OK) rc = VT_NEW(c.room, most, err);
  if (rc == VT_OK && o->by_model) rc = vt_train_open(o->m, o->simd, &c.t, err);
  if (rc == VT_OK && c.t) vt_train_set(c.t, o->m);
  if (rc == VT_OK && !c.t) rc = open_labels(&c, err);
  int moves = 0;
  for (int k = 0; k < o->n_sets && rc == VT_OK && !moves; k++)
    if (!c.t || o->set[k]->n_mistakes == 0) rc = rescale(&c, o->set[k], &moves, err);
  vt_train_close(c.t);
  void *const rows[] = {c.at, c.room, c.formula, c.base};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  return rc;
}
