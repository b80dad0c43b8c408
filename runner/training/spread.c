/* spread.c - the mean of a committee and how far its members lie apart. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/pot/pot.h"
#include "runner/model_card/model_card.h"
#include "runner/training/training.h"

/* Mean squares of the members' distances from their mean: (eV/atom)^2 of energies, summed over frames; (eV/A)^2 of
 * forces, summed over atoms. */
typedef struct apart {
  char name[VT_NAME];
  double energy, frames, force, atoms;
} apart;

typedef struct by_name {
  apart *row;
  int n;
} by_name;

/* Moments of pairs (spread, error). */
typedef struct pairs {
  double n, x, y, xx, yy, xy;
} pairs;

typedef struct mean {
  const vt_committee *c;
  const vt_train_data *d;
  vt_train **train;       /* [c->n] */
  double (*f)[3], *f_two; /* mean forces; [n] sum of squared distances from the mean, of an atom */
  int cap;
  apart all;
  by_name comp, config;
  pairs energy, force;
} mean;

static vt_status mean_open(mean *m, const vt_committee *c, const vt_train_data *d, vt_err *err)
{
  *m = (mean){.c = c, .d = d};
  VT_PASS(VT_NEW(m->train, c->n, err));
  for (int k = 0; k < c->n; k++) {
    VT_PASS(vt_train_open(c->m[k], vt_simd_best(), &m->train[k], err));
    vt_train_set(m->train[k], c->m[k]);
  }
  return VT_OK;
}

static void mean_close(mean *m)
{
  for (int k = 0; m->train && k < m->c->n; k++) vt_train_close(m->train[k]);
  vt_free(m->train);
  vt_free(m->f);
  vt_free(m->f_two);
  vt_free(m->comp.row);
  vt_free(m->config.row);
}

static void add_pair(pairs *p, double x, double y)
{
  p->n++;
  p->x += x, p->y += y;
  p->xx += x * x, p->yy += y * y, p->xy += x * y;
}

/* Pearson's r; NaN for fewer than three pairs, or where one of both does not vary beyond roundings. */
static double correlation(const pairs *p)
{
  const double least = 1e-12;
  const double vx = p->xx - p->x * p->x / p->n, vy = p->yy - p->y * p->y / p->n, xy = p->xy - p->x * p->y / p->n;
  if (p->n < 3 || !(vx > least * p->xx) || !(vy > least * p->yy)) return (double)NAN;
  return xy / sqrt(vx * vy);
}

static vt_status row_of(by_name *t, const char *name, apart **out, vt_err *err)
{
  int k = 0;
  while (k < t->n && strcmp(t->row[k].name, name) != 0) k++;
  if (k == t->n) {
    VT_PASS(VT_GROW(t->row, t->n, t->n + 1, err));
    (void)snprintf(t->row[t->n++].name, VT_NAME, "%s", name);
  }
  *out = &t->row[k];
  return VT_OK;
}

/* Welford: the mean of k + 1 values from that of k, and the sum of squares around it; equal values stay exact. */
static double welford(double *mean_of, double value, int k)
{
  const double d = value - *mean_of;
  *mean_of += d / (k + 1);
  return d * (value - *mean_of);
}

/* The mean of the members into v and m->f; sums of squared distances into *e_two and m->f_two. */
static vt_status average(mean *m, vt_train_sample *s, vt_train_values *v, double *e_two, vt_err *err)
{
  *v = (vt_train_values){.f = m->f};
  *e_two = 0;
  memset(m->f, 0, (size_t)s->n * sizeof *m->f);
  memset(m->f_two, 0, (size_t)s->n * sizeof *m->f_two);
  for (int k = 0; k < m->c->n; k++) {
    vt_train_values one;
    vt_train_sample_drop(s); /* its form may be another */
    VT_PASS(vt_train_sample_frame(m->c->m[k], s, err));
    VT_PASS(vt_train_forward(m->train[k], s->frame, &one, err));
    *e_two += welford(&v->energy, one.energy, k);
    for (int a = 0; a < 9; a++) (void)welford(&v->virial[a], one.virial[a], k);
    for (int i = 0; i < s->n; i++)
      for (int a = 0; a < 3; a++) m->f_two[i] += welford(&m->f[i][a], one.f[i][a], k);
  }
  return VT_OK;
}

static double length(const double *a, const double *b)
{
  double two = 0;
  for (int k = 0; k < 3; k++) two += (a[k] - b[k]) * (a[k] - b[k]);
  return sqrt(two);
}

static vt_status predict_mean(void *ctx, vt_train_sample *s, vt_train_values *v, vt_err *err)
{
  mean *m = ctx;
  double e_two = 0;
  apart *comp, *config;
  if (s->n > m->cap) {
    VT_PASS(VT_GROW(m->f, m->cap, s->n, err));
    VT_PASS(VT_GROW(m->f_two, m->cap, s->n, err));
    m->cap = s->n;
  }
  VT_PASS(average(m, s, v, &e_two, err));
  VT_PASS(row_of(&m->comp, m->d->comp[s->comp], &comp, err));
  VT_PASS(row_of(&m->config, s->config_type[0] ? s->config_type : "none", &config, err));
  const double members = m->c->n, energy = e_two / members / ((double)s->n * s->n);
  double force = 0;
  for (int i = 0; i < s->n; i++) force += m->f_two[i] / members;
  apart *const to[] = {&m->all, comp, config};
  for (int k = 0; k < 3; k++) {
    to[k]->energy += energy;
    to[k]->frames++;
    to[k]->force += force;
    to[k]->atoms += s->n;
  }
  if (s->has_energy) add_pair(&m->energy, sqrt(energy), fabs(v->energy - s->energy) / s->n);
  for (int i = 0; s->f && i < s->n; i++) add_pair(&m->force, sqrt(m->f_two[i] / members), length(v->f[i], s->f[i]));
  return VT_OK;
}

static void put_apart(vt_json *o, const apart *a)
{
  const double to_milli = 1e3;
  vt_json_put(o, "energy_spread_meV_atom", vt_json_num(to_milli * sqrt(a->energy / a->frames)));
  vt_json_put(o, "force_spread_meV_A", vt_json_num(to_milli * sqrt(a->force / a->atoms)));
}

static vt_json *rows_json(const by_name *t)
{
  vt_json *o = vt_json_object();
  for (int k = 0; k < t->n; k++) {
    vt_json *row = vt_json_object();
    put_apart(row, &t->row[k]);
    vt_json_put(o, t->row[k].name, row);
  }
  return o;
}

vt_status vt_validate_committee(const vt_committee *c, vt_train_data *data, vt_json **out, vt_err *err)
{
  mean m;
  *out = NULL;
  if (c->n == 1) return vt_validate(c->m[0], data, out, err);
  vt_status rc = mean_open(&m, c, data, err);
  if (rc == VT_OK) rc = vt_validate_by(c->m[0], predict_mean, &m, data, out, err);
  if (rc == VT_OK) {
    vt_json *o = vt_json_object();
    vt_json_put(o, "n_members", vt_json_int(c->n));
    put_apart(o, &m.all);
    vt_json_put(o, "energy_spread_error_r", vt_json_num(correlation(&m.energy)));
    vt_json_put(o, "force_spread_error_r", vt_json_num(correlation(&m.force)));
    vt_json_put(o, "by_composition", rows_json(&m.comp));
    vt_json_put(o, "by_config_type", rows_json(&m.config));
    vt_json_put(*out, "committee", o);
  }
  mean_close(&m);
  return rc;
}
