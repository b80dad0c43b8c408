/* check_start.c - labels against a model: units, and labels that belong to another cell (T 17.10). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train_impl.h"

#define STRAIN       2e-3 /* of the differences; their error is of its square */
#define LEAST_FORCE  0.3  /* eV/A: a frame at rest does not say which cell it is of, ... */
#define MOST_FORCE   2.0  /* ... and one of twice the middle force is no neighbour of the others */
#define LEAST_STIFF  2.0  /* eV an atom and unit of strain: d(tr W/3N) */
#define MOST_VAGUE   3e-3 /* standard error of a strain: crystals, where few forces know of it */
#define FINEST       1e-4 /* strains below this are rounding of labels */
#define BOTH_SIGMAS  1.5
#define TOGETHER     4.0
#define LINEAR       0.9 /* correlation of forces: the model knows these frames */
#define FACTOR_SLACK 1.2
enum { FEWEST = 30, FEWEST_OF_FORMULA = 8 };

/* Which isotropic strain of the cell would explain the labels of a frame: by its forces, by its virial. */
typedef struct probe {
  const vt_train_sample *s; /* NULL: it does not say */
  uint64_t formula;
  double by_force, error, by_virial;
} probe;

typedef struct checker {
  vt_train_data *set;
  const vt_nep_model *m;
  vt_train *t;
  int n;
  probe *p;                                        /* [n] */
  double *room;                                    /* [set->n] */
  double (*force)[3], (*change)[3];                /* of the model, of a frame; by unit of strain */
  double *label_label, *label_model, *model_model; /* [n_files] sums over forces */
} checker;

/* ------------------------------------------------------------------ strains */

/* Forces of the model for the frame in a cell stretched by `strain`, times `factor` added to f[n]; the same of tr W/3.
 */
static vt_status add_strained(checker *c, const vt_train_sample *s, double strain, double factor, double (*f)[3],
                              double *w, vt_err *err)
{
  vt_cell cell = s->cell;
  double(*x)[3] = NULL;
  vt_train_frame *frame = NULL;
  vt_train_values v;
  VT_PASS(VT_NEW(x, s->n, err));
  for (int i = 0; i < s->n; i++)
    for (int a = 0; a < 3; a++) x[i][a] = (1 + strain) * s->x[i][a];
  for (int k = 0; k < 9; k++) cell.h[k / 3][k % 3] *= 1 + strain;
  vt_status rc = vt_train_frame_new(c->m, &(vt_structure){.n = s->n, .cell = cell, .x = x}, s->type, &frame, err);
  if (rc == VT_OK) rc = vt_train_forward(c->t, frame, &v, err);
  if (rc == VT_OK) {
    for (int i = 0; i < s->n; i++)
      for (int a = 0; a < 3; a++) f[i][a] += factor * v.f[i][a];
    *w += factor * (v.virial[0] + v.virial[4] + v.virial[8]) / 3;
  }
  vt_train_frame_free(frame);
  vt_free(x);
  return rc;
}

/* Least squares: label - model = a model + strain change, over the components of a frame. */
static void take_probe(const checker *c, const vt_train_sample *s, double w, double stiff, probe *p)
{
  double ff = 0, fg = 0, gg = 0, rf = 0, rg = 0, rr = 0;
  for (int i = 0; i < s->n; i++)
    for (int a = 0; a < 3; a++) {
      const double f = c->force[i][a], g = c->change[i][a], r = s->f[i][a] - f;
      ff += f * f, fg += f * g, gg += g * g;
      rf += r * f, rg += r * g, rr += r * r;
    }
  const double det = ff * gg - fg * fg, freedom = 3 * s->n - 2;
  if (!(det > 1e-12 * ff * gg) || !(freedom > 0) || fabs(stiff) < LEAST_STIFF * s->n) return;
  const double strain = (rg * ff - rf * fg) / det, slope = (rf * gg - rg * fg) / det;
  const double error = sqrt(fmax(rr - slope * rf - strain * rg, 0) / freedom * ff / det);
  if (error > MOST_VAGUE) return;
  const double label = (s->virial[0] + s->virial[4] + s->virial[8]) / 3;
  *p = (probe){s, vt__formula_of(s), strain, error, (label - w) / stiff};
}

static vt_status probe_frame(checker *c, const vt_train_sample *s, vt_err *err)
{
  double w = 0, stiff = 0;
  const size_t bytes = (size_t)s->n * sizeof *c->force;
  memset(c->force, 0, bytes);
  memset(c->change, 0, bytes);
  VT_PASS(add_strained(c, s, 0, 1, c->force, &w, err));
  for (int i = 0; i < s->n; i++)
    for (int a = 0; a < 3; a++) {
      c->label_label[s->file] += s->f[i][a] * s->f[i][a];
      c->label_model[s->file] += s->f[i][a] * c->force[i][a];
      c->model_model[s->file] += c->force[i][a] * c->force[i][a];
    }
  if (!s->has_virial || vt__force_rms(s) < LEAST_FORCE) return VT_OK;
  VT_PASS(add_strained(c, s, STRAIN, 0.5 / STRAIN, c->change, &stiff, err));
  VT_PASS(add_strained(c, s, -STRAIN, -0.5 / STRAIN, c->change, &stiff, err));
  take_probe(c, s, w, stiff, &c->p[c->n]);
  c->n += c->p[c->n].s != NULL;
  return VT_OK;
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

/* Frames whose forces are like those of most. */
static void drop_violent(checker *c)
{
  int n = 0;
  for (int k = 0; k < c->n; k++) c->room[k] = vt__force_rms(c->p[k].s);
  const double most = MOST_FORCE * middle(c->room, c->n);
  for (int k = 0; k < c->n; k++)
    if (vt__force_rms(c->p[k].s) <= most) c->p[n++] = c->p[k];
  c->n = n;
}

static int by_formula(const void *a, const void *b)
{
  const probe *x = a, *y = b;
  if (x->formula != y->formula) return x->formula < y->formula ? -1 : 1;
  return x->s->file != y->s->file ? x->s->file - y->s->file : x->s->line - y->s->line;
}

static int by_place(const void *a, const void *b)
{
  const probe *x = a, *y = b;
  return x->s->file != y->s->file ? x->s->file - y->s->file : x->s->line - y->s->line;
}

static void centre(checker *c, probe *p, int n)
{
  for (int k = 0; k < n; k++) c->room[k] = p[k].by_force;
  const double force = middle(c->room, n);
  for (int k = 0; k < n; k++) c->room[k] = p[k].by_virial;
  const double virial = middle(c->room, n);
  for (int k = 0; k < n; k++) p[k].by_force -= force, p[k].by_virial -= virial;
}

/* Strains from those of the same formula, where the model errs alike; from all where there are few. */
static void centre_all(checker *c)
{
  probe *p = c->p;
  centre(c, p, c->n);
  qsort(p, (size_t)c->n, sizeof *p, by_formula);
  for (int first = 0, k = 1; k <= c->n; k++)
    if (k == c->n || p[k].formula != p[first].formula) {
      if (k - first >= FEWEST_OF_FORMULA) centre(c, p + first, k - first);
      first = k;
    }
  qsort(p, (size_t)c->n, sizeof *p, by_place);
}

static void say_strained(checker *c)
{
  if (c->n < FEWEST) return;
  drop_violent(c);
  centre_all(c);
  for (int k = 0; k < c->n; k++) c->room[k] = fabs(c->p[k].by_force);
  const double s_force = fmax(1.4826 * middle(c->room, c->n), FINEST);
  for (int k = 0; k < c->n; k++) c->room[k] = fabs(c->p[k].by_virial);
  const double s_virial = fmax(1.4826 * middle(c->room, c->n), FINEST);
  for (int k = 0; k < c->n; k++) {
    const probe *p = &c->p[k];
    const double s = hypot(s_force, p->error), f = p->by_force, w = p->by_virial;
    if (fabs(f) < BOTH_SIGMAS * s || fabs(w) < BOTH_SIGMAS * s_virial) continue;
    const double weight = 1 / (s * s) + 1 / (s_virial * s_virial);
    if (f * w <= 0) continue;
    const double both = (f / (s * s) + w / (s_virial * s_virial)) / weight;
    if (fabs(both) * sqrt(weight) < TOGETHER) continue;
    vt__data_warn(c->set, VT__WARN_STRAINED, c->set->file[p->s->file], p->s->line + 1,
                  "the labels look like those of a cell %.2g %% %s: by the forces %+.2g, by the virial %+.2g %% (taken "
                  "before a step of the barostat?)",
                  fabs(100 * both), both > 0 ? "longer" : "shorter", 100 * f, 100 * w);
  }
}

/* ------------------------------------------------------------------ units of forces */

static void say_units(checker *c)
{
  static const struct {
    double factor;
    const char *name;
  } unit[] = {{-1, "of the wrong sign"},     {1 / 51.422067, "in Ha/bohr"},
              {1 / 25.711034, "in Ry/bohr"}, {1 / 27.211386, "in Ha/A"},
              {23.060548, "in kcal/mol/A"},  {96.485332, "in kJ/mol/A"},
              {964.85332, "in kJ/mol/nm"},   {10, "in eV/nm"}};
  for (int k = 0; k < c->set->n_files; k++) {
    const double both = c->label_model[k], size = sqrt(c->label_label[k] * c->model_model[k]);
    if (!(fabs(both) > LINEAR * size) || !(size > 0)) continue;
    const double factor = both / c->model_model[k];
    for (size_t u = 0; u < sizeof unit / sizeof *unit; u++)
      if (factor / unit[u].factor > 1 / FACTOR_SLACK && factor / unit[u].factor < FACTOR_SLACK) {
        vt__data_mistake(c->set, c->set->file[k], 1,
                         "forces of this file are %.3g times those of the model, with a correlation of %.2f: as if %s",
                         factor, both / size, unit[u].name);
        break;
      }
  }
}

vt_status vt_train_data_check_model(vt_train_data *set, const vt_nep_model *m, vt_simd simd, vt_err *err)
{
  checker c = {.set = set, .m = m};
  double *sums = NULL;
  int most = 1;
  for (int k = 0; k < set->n; k++) most = set->s[k].n > most ? set->s[k].n : most;
  vt_status rc = vt_train_open(m, simd, &c.t, err);
  if (rc == VT_OK) rc = VT_NEW(c.p, set->n + 1, err);
  if (rc == VT_OK) rc = VT_NEW(c.room, set->n + 1, err);
  if (rc == VT_OK) rc = VT_NEW(c.force, most, err);
  if (rc == VT_OK) rc = VT_NEW(c.change, most, err);
  if (rc == VT_OK) rc = VT_NEW(sums, 3 * set->n_files + 1, err);
  if (rc == VT_OK) {
    c.label_label = sums, c.label_model = sums + set->n_files, c.model_model = sums + 2 * set->n_files;
    vt_train_set(c.t, m);
  }
  for (int k = 0; rc == VT_OK && k < set->n; k++) {
    if (set->s[k].f) rc = probe_frame(&c, &set->s[k], err);
    vt_alive();
  }
  if (rc == VT_OK) {
    say_units(&c);
    say_strained(&c);
    vt__data_warn_rest(set);
  }
  vt_train_close(c.t);
  void *const rows[] = {c.p, c.room, c.force, c.change, sums};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) vt_free(rows[k]);
  return rc;
}
