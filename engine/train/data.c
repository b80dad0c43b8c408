/* data.c - labelled frames of extended XYZ files, and what is wrong with them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/train_impl.h"

#define FORCE_MOST  100.0 /* eV/A: more is another unit, or a frame nobody should learn */
#define NEAR_LEAST  0.3   /* A: no two atoms come so near */
#define SIGN_AGREES 1e-3  /* virial and stress of one frame, relative */

void vt_train_sample_drop(vt_train_sample *s)
{
  vt_train_frame_free(s->frame);
  s->frame = NULL;
}

static void free_sample(vt_train_sample *s)
{
  vt_free(s->type);
  vt_free(s->x);
  vt_free(s->f);
  vt_train_sample_drop(s);
}

void vt_train_data_free(vt_train_data *set)
{
  for (int k = 0; k < set->n; k++) free_sample(&set->s[k]);
  vt_free(set->s);
  vt_free(set->file);
  vt_free(set->comp);
  vt_buf_free(&set->mistakes);
  vt_buf_free(&set->warns);
  vt_buf_free(&set->shifts);
  *set = (vt_train_data){0};
}

vt_status vt_train_sample_frame(const vt_nep_model *m, vt_train_sample *s, vt_err *err)
{
  if (s->frame) return VT_OK;
  const vt_structure view = {.n = s->n, .cell = s->cell, .x = s->x};
  return vt_train_frame_new(m, &view, s->type, &s->frame, err);
}

/* ------------------------------------------------------------------ what a comment line says */

typedef struct reader {
  vt_train_data *set;
  const vt_structure *s;
  const char *path;
} reader;

#define MISTAKE(r, line, ...) vt__data_mistake((r)->set, (r)->path, line, __VA_ARGS__)

/* The value of a key as a word; "" where it is not there. */
static void word_of(const vt_structure *s, const char *key, char *out, size_t cap)
{
  const char *value;
  size_t n;
  int col;
  out[0] = '\0';
  if (!vt_xyz_label(s->labels, key, &value, &n, &col)) return;
  (void)snprintf(out, cap, "%.*s", (int)(n < cap ? n : cap - 1), value);
}

/* Numbers of a key: how many, 0 where it is not there or one is none (a mistake then). */
static int numbers_of(const reader *r, const char *key, double *out, int most)
{
  const char *value;
  size_t n;
  int col;
  if (!vt_xyz_label(r->s->labels, key, &value, &n, &col)) return 0;
  const int got = vt_xyz_numbers(value, n, out, most);
  if (got > 0) return got;
  MISTAKE(r, r->s->line + 1, "%s=\"%.*s\" in column %d, expected %s %d finite number%s", key, n < 40 ? (int)n : 40,
          value, col, most > 1 ? "at most" : "just", most, most > 1 ? "s" : "");
  return 0;
}

static void take_energy(const reader *r, vt_train_sample *to)
{
  double e;
  const int n = numbers_of(r, "energy", &e, 1);
  to->has_energy = n == 1;
  to->energy = n == 1 ? e : 0;
}

/* virial=, else stress= times the volume; both must say the same. */
static void take_virial(const reader *r, vt_train_sample *to)
{
  static const int full[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2}; /* of xx yy zz yz xz xy */
  double w[9], s[9], most = 1e-3, apart = 0;
  const int n = numbers_of(r, "virial", w, 9), m = numbers_of(r, "stress", s, 9);
  const double volume = fabs(vt_cell_volume(&to->cell));
  const int w_full = n == 9, s_full = m == 9 || m == 6;
  if (n > 0 && !w_full) MISTAKE(r, r->s->line + 1, "virial has %d numbers, expected 9 (eV)", n);
  if (m > 0 && !s_full) MISTAKE(r, r->s->line + 1, "stress has %d numbers, expected 9 or 6 (eV/A^3)", m);
  for (int k = 0; k < 9; k++) {
    const double of_stress = s_full ? -volume * s[m == 9 ? k : full[k]] : 0;
    to->virial[k] = w_full ? w[k] : of_stress;
    most = fmax(most, fabs(to->virial[k]));
    if (w_full && s_full) apart = fmax(apart, fabs(w[k] - of_stress));
  }
  to->has_virial = w_full || s_full;
  for (int k = 0; k < 3 && to->has_virial; k++)
    if (fabs(to->virial[3 * k + (k + 1) % 3] - to->virial[3 * ((k + 1) % 3) + k]) > 1e-3 * most + 1e-3) {
      MISTAKE(r, r->s->line + 1, "the virial is not symmetric, expected xx xy xz yx yy yz zx zy zz");
      break;
    }
  if (apart > SIGN_AGREES * most)
    MISTAKE(r, r->s->line + 1,
            "virial and stress contradict each other (%.4g eV apart), expected virial = -stress x volume", apart);
}

/* ------------------------------------------------------------------ atoms */

static int type_of(const vt_nep_model *m, const char *symbol)
{
  for (int t = 0; t < m->n_types; t++)
    if (strcmp(m->symbol[t], symbol) == 0) return t;
  return -1;
}

static vt_status take_types(const reader *r, const vt_nep_model *m, vt_train_sample *to, int *known, vt_err *err)
{
  const vt_structure *s = r->s;
  *known = 1;
  VT_PASS(VT_NEW(to->type, s->n, err));
  for (int i = 0; i < s->n; i++) {
    to->type[i] = type_of(m, s->symbol[i]);
    if (to->type[i] < 0 && *known)
      MISTAKE(r, vt_structure_line(s, i), "element %s is not one of those of the model", s->symbol[i]);
    *known = *known && to->type[i] >= 0;
  }
  return VT_OK;
}

static void check_forces(const reader *r)
{
  const vt_structure *s = r->s;
  for (int i = 0; s->f && i < s->n; i++) {
    const double *f = s->f[i], size = sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2]);
    if (size <= FORCE_MOST) continue;
    MISTAKE(r, vt_structure_line(s, i), "a force of %.4g, expected at most %g eV/A (another unit?)", size, FORCE_MOST);
    return;
  }
}

/* The formula of the atoms, elements in the order of the model. */
static void formula_of(const vt_nep_model *m, const vt_train_sample *s, char out[VT_NAME])
{
  size_t used = 0;
  out[0] = '\0';
  for (int t = 0; t < m->n_types; t++) {
    int count = 0;
    for (int i = 0; i < s->n; i++) count += s->type[i] == t;
    if (count && used < VT_NAME) used += (size_t)snprintf(out + used, VT_NAME - used, "%s%d", m->symbol[t], count);
  }
}

/* Two atoms (or images) nearer than can be. */
static vt_status check_near(const reader *r, const vt_nep_model *m, const vt_train_sample *to, vt_err *err)
{
  vt_nlist nl = {0};
  const double inner = m->zbl == VT_ZBL_UNIVERSAL ? fmax(m->zbl_inner, NEAR_LEAST) : NEAR_LEAST;
  vt_status rc = vt_nlist_open(&nl, to->n, to->type, inner, 0, err);
  if (rc == VT_OK) rc = vt_nlist_update(&nl, &to->cell, (const double(*)[3])to->x, 1, err);
  double nearest = inner;
  int a = -1, b = -1;
  for (int i = 0; rc == VT_OK && i < to->n; i++)
    for (int k = nl.first[i]; k < nl.first[i] + nl.count[i]; k++) {
      const int j = nl.neigh[k];
      const double d[3] = {nl.x[j] - nl.x[i], nl.y[j] - nl.y[i], nl.z[j] - nl.z[i]};
      const double apart = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      if (apart >= nearest) continue;
      nearest = apart;
      a = i, b = nl.owner[j];
    }
  if (a >= 0 && nearest < NEAR_LEAST)
    MISTAKE(r, vt_structure_line(r->s, a), "atoms %d and %d are nearer than %g A (%.3g A)", a + 1, b + 1, NEAR_LEAST,
            nearest);
  else if (a >= 0)
    vt__data_warn(r->set, VT__WARN_NEAR, r->path, vt_structure_line(r->s, a),
                  "atoms %d and %d are %.3g A apart, within the inner radius of ZBL (%g A)", a + 1, b + 1, nearest,
                  inner);
  vt_nlist_close(&nl);
  return rc;
}

/* ------------------------------------------------------------------ frames */

static vt_status find_composition(vt_train_data *set, const char *name, int *at, vt_err *err)
{
  for (*at = 0; *at < set->n_comp; ++*at)
    if (strcmp(set->comp[*at], name) == 0) return VT_OK;
  VT_PASS(VT_GROW(set->comp, set->n_comp, set->n_comp + 1, err));
  (void)snprintf(set->comp[set->n_comp++], VT_NAME, "%s", name);
  return VT_OK;
}

static vt_status take_words(const reader *r, const vt_nep_model *m, vt_train_sample *to, vt_err *err)
{
  char comp[VT_NAME], run[64], sample[32], t_k[16], weight[32], v_v0[32];
  word_of(r->s, "composition", comp, sizeof comp);
  word_of(r->s, "run", run, sizeof run);
  word_of(r->s, "sample", sample, sizeof sample);
  word_of(r->s, "t_k", t_k, sizeof t_k);
  word_of(r->s, "weight", weight, sizeof weight);
  word_of(r->s, "v_v0", v_v0, sizeof v_v0);
  if (!v_v0[0] || !vt_parse_f64(v_v0, strlen(v_v0), &to->v_v0)) to->v_v0 = (double)NAN;
  word_of(r->s, "config_type", to->config_type, sizeof to->config_type);
  if (!comp[0]) formula_of(m, to, comp);
  if (run[0])
    (void)snprintf(to->trajectory, sizeof to->trajectory, "run %s", run);
  else
    (void)snprintf(to->trajectory, sizeof to->trajectory, "%s %s %s", comp, sample, t_k);
  double w = 1;
  if (weight[0] && (!vt_parse_f64(weight, strlen(weight), &w) || !(w > 0) || w > 1e6))
    MISTAKE(r, r->s->line + 1, "weight=%s, expected a positive number", weight);
  to->weight *= w;
  return find_composition(r->set, comp, &to->comp, err);
}

static vt_status take_sample(const reader *r, const vt_nep_model *m, vt_structure *s, vt_train_sample *to, vt_err *err)
{
  const int before = r->set->n_mistakes;
  int known;
  to->n = s->n;
  to->cell = s->cell;
  VT_PASS(take_types(r, m, to, &known, err));
  to->x = s->x, to->f = s->f; /* taken over */
  s->x = NULL;
  if (known) VT_PASS(take_words(r, m, to, err));
  take_energy(r, to);
  take_virial(r, to);
  check_forces(r);
  s->f = NULL;
  vt__check_frame(r->set, r->path, s, to);
  if (known) VT_PASS(check_near(r, m, to, err));
  if (!to->has_energy && !to->f && !to->has_virial && r->set->n_mistakes == before)
    MISTAKE(r, s->line + 1, "no label: expected energy=, virial= or stress=, or columns force:R:3");
  return VT_OK;
}

static vt_status room_for_one(vt_train_data *set, vt_err *err)
{
  if (set->n < set->cap) return VT_OK;
  const int cap = set->cap ? 2 * set->cap : 256;
  VT_PASS(VT_GROW(set->s, set->n, cap, err));
  set->cap = cap;
  return VT_OK;
}

static vt_status read_all(vt_train_data *set, const vt_nep_model *m, vt_xyz *x, const char *path, double weight,
                          vt_err *err)
{
  for (int got = 1; got;) {
    vt_structure s = {0};
    VT_PASS(vt_xyz_next(x, &s, &got, err));
    vt_status rc = got ? room_for_one(set, err) : VT_OK;
    if (rc == VT_OK && got) {
      vt_train_sample *to = &set->s[set->n++];
      *to = (vt_train_sample){.weight = weight, .file = set->n_files - 1, .line = s.line};
      rc = take_sample(&(reader){set, &s, path}, m, &s, to, err);
    }
    vt_structure_free(&s);
    if (rc != VT_OK) return rc;
    vt_alive();
  }
  return VT_OK;
}

vt_status vt_train_data_read(vt_train_data *set, const vt_nep_model *m, const char *path, double weight, vt_err *err)
{
  vt_xyz *x = NULL;
  const int before = set->n;
  VT_PASS(VT_GROW(set->file, set->n_files, set->n_files + 1, err));
  (void)snprintf(set->file[set->n_files++], VT_PATH, "%s", path);
  VT_PASS(vt_xyz_open(&x, path, err));
  vt_xyz_keep_labels(x);
  vt_status rc = read_all(set, m, x, path, weight, err);
  vt_xyz_close(x);
  if (rc == VT_EPARSE) { /* one mistake of several; the next file is read */
    set->n_mistakes++;
    vt_buf_printf(&set->mistakes, "%s; the rest of this file was not read\n", vt_err_line(err ? err->text : path).s);
    vt_err_clear(err);
    return VT_OK;
  }
  if (rc == VT_OK && set->n == before)
    return vt_err_user(err, VT_EPARSE, path, 1, 0, "no frame in this file, expected extended XYZ");
  return rc;
}
