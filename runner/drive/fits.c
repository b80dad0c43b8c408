/* fits.c - transport of every replica, Arrhenius lines, comparison; from the journal or from a store. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/drive/compare.h"
#include "runner/drive/rows.h"
#include "runner/store/store.h"

const struct vt_quantity vt_quantities[VT_N_QUANTITIES] = {
    [VT_Q_D_ALKALI] = {"D_alkali", "cm^2/s",
                       "tracer diffusion coefficient of the alkali, number-weighted over its species"},
    [VT_Q_SIGMA_T] = {"sigma_T", "mS K/cm", "total Einstein conductivity times temperature"}};

void vt_fits_free(vt_fits *f)
{
  if (!f) return;
  vt_free(f->transport);
  vt_free(f->d_alkali);
  vt_free(f->d_alkali_se);
  vt_free(f->tg);
  vt_free(f->tg_comp);
  for (int q = 0; q < VT_N_QUANTITIES; q++) {
    vt_free(f->arrh[q]);
    vt_free(f->status[q]);
  }
  vt_free(f);
}

static vt_status fits_new(const vt_campaign *c, vt_fits **out, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p;
  *out = NULL;
  VT_TRY(vt_calloc64(&p, 1, sizeof(vt_fits), err), err, "fits");
  vt_fits *f = p;
  f->n_tasks = c->n_tasks;
  f->n_comp = c->n_comp;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_tasks, sizeof *f->transport, err), err, "transport of %d tasks", c->n_tasks);
  f->transport = p;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_tasks, sizeof(double), err), err, "D of %d tasks", c->n_tasks);
  f->d_alkali = p;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_tasks, sizeof(double), err), err, "D of %d tasks", c->n_tasks);
  f->d_alkali_se = p;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_tasks, sizeof *f->tg, err), err, "glass transitions of %d tasks", c->n_tasks);
  f->tg = p;
  VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_comp, sizeof *f->tg_comp, err), err, "glass transitions");
  f->tg_comp = p;
  for (int i = 0; i < c->n_tasks; i++) {
    f->d_alkali[i] = f->d_alkali_se[i] = NAN;
    f->tg[i] = (vt_tg){NAN, NAN, NAN, NAN, NAN, NAN, -1, VT_TG_FEW_ROWS};
  }
  for (int q = 0; q < VT_N_QUANTITIES; q++) {
    VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_comp, sizeof(vt_arrh), err), err, "fits of %d compositions", c->n_comp);
    f->arrh[q] = p;
    VT_TRY_OUT(vt_calloc64(&p, (size_t)c->n_tasks, sizeof *f->status[q], err), err, "points of %d tasks", c->n_tasks);
    f->status[q] = p;
    for (int i = 0; i < c->n_tasks; i++) f->status[q][i] = -1;
  }
  *out = f;
  f = NULL;
out:
  vt_fits_free(f);
  return rc;
}

/* sum n D / sum n over the alkali species; NaN when one of them is not resolved. */
static void alkali_mean(const vt_composition *comp, const vt_transport *t, double *d, double *se)
{
  double n = 0, sum = 0, var = 0;
  for (int s = 0; s < comp->n_species; s++) {
    if (vt_element_role(comp->z[s]) != 'A') continue;
    double w = comp->count[s];
    n += w;
    sum += w * t->tracer[s].d_cm2_s;
    var += w * w * t->tracer[s].se * t->tracer[s].se;
  }
  *d = n > 0 ? sum / n : NAN;
  *se = n > 0 ? sqrt(var) / n : NAN;
}

static const char quench_array[] = "glass/quench";

/* The glass transition of a GLASS task. */
static vt_status take_glass(vt_fits *f, int i, const vt_plan *p, const double *values, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int n, k = 0;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  for (; k < n && strcmp(def[k].name, quench_array) != 0; k++) values += vt_array_count(&def[k]);
  if (k == n) VT_FAIL(err, VT_EBUG, "a glass has no array '%s'", quench_array);
  VT_TRY(vt_tg_glass(def[k].dim[0], values, p->protocol.quench_npt_below_k, &f->tg[i], err), err, "glass of task %d",
         i);
  return VT_OK;
}

static vt_status take_task(vt_fits *f, int i, const vt_plan *p, const double *values, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  if (p->kind == VT_TASK_GLASS) return take_glass(f, i, p, values, err);
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  VT_PASS(vt_tr_from_arrays(p, VT_TR_FRAMEWORK, def, n, values, &f->transport[i], err));
  alkali_mean(&p->comp, &f->transport[i], &f->d_alkali[i], &f->d_alkali_se[i]);
  return VT_OK;
}

/* The measured points of one composition and their tasks; returns their number. */
static int points_of(const vt_campaign *c, const vt_fits *f, int comp, int quantity, vt_point *pt, int *task)
{
  int n = 0;
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    if (t->comp != comp || t->kind != VT_TASK_MD || f->transport[i].n_species == 0) continue;
    double t_k = c->t_k[t->temp];
    task[n] = i;
    pt[n] = (vt_point){.comp = comp, .glass = t->glass, .t_k = t_k, .x = f->d_alkali[i], .se = f->d_alkali_se[i]};
    if (quantity == VT_Q_SIGMA_T) {
      pt[n].x = f->transport[i].sigma_mS_cm * t_k;
      pt[n].se = f->transport[i].sigma_se * t_k;
    }
    n++;
  }
  return n;
}

static vt_compare_limits limits_of(const vt_compare_spec *s)
{
  return (vt_compare_limits){.margin = s->margin, .tau_margin = s->tau_margin, .range_margin = s->range_margin};
}

/* Medians over the glasses of each composition. */
static vt_status combine_glasses(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_glasses, sizeof(vt_tg), err), err, "glass transitions");
  vt_tg *tg = p;
  for (int k = 0; k < c->n_comp; k++) {
    int n = 0;
    for (int i = 0; i < c->n_tasks; i++)
      if (c->task[i].comp == k && f->tg[i].n_rows >= 0) tg[n++] = f->tg[i];
    VT_TRY_OUT(vt_tg_combine(tg, n, &f->tg_comp[k], err), err, "composition '%s'", c->comp[k].name);
  }
out:
  vt_free(tg);
  return rc;
}

/* What the fits of all quantities share. */
typedef struct bench {
  vt_point *pt;        /* of one composition                  */
  int *task;           /* the task of each of them            */
  int32_t *status;     /* and what became of it               */
  vt_glass_line *line; /* of one quantity, all compositions   */
  const char **names;  /* [n_comp]                            */
  double *tg_k;        /* [n_comp]                            */
  vt__factors factors;
} bench;

static void bench_close(bench *b)
{
  vt_free(b->pt);
  vt_free(b->task);
  vt_free(b->status);
  vt_free(b->line);
  vt_free(b->names);
  vt_free(b->tg_k);
  vt__factors_free(&b->factors);
}

static vt_status bench_open(bench *b, const vt_campaign *c, const vt_fits *f, vt_err *err)
{
  void *p;
  size_t most = (size_t)c->n_glasses * (size_t)c->n_temp, n_comp = (size_t)c->n_comp;
  *b = (bench){0};
  VT_TRY(vt_calloc64(&p, most, sizeof *b->pt, err), err, "points of a fit");
  b->pt = p;
  VT_TRY(vt_calloc64(&p, most, sizeof *b->task, err), err, "points of a fit");
  b->task = p;
  VT_TRY(vt_calloc64(&p, most, sizeof *b->status, err), err, "points of a fit");
  b->status = p;
  VT_TRY(vt_calloc64(&p, most * n_comp, sizeof *b->line, err), err, "glasses of a fit");
  b->line = p;
  VT_TRY(vt_calloc64(&p, n_comp, sizeof *b->names, err), err, "names of compositions");
  b->names = p;
  VT_TRY(vt_calloc64(&p, n_comp, sizeof *b->tg_k, err), err, "glass transitions");
  b->tg_k = p;
  for (int k = 0; k < c->n_comp; k++) {
    b->names[k] = c->comp[k].name;
    b->tg_k[k] = f->tg_comp[k].tg_k;
  }
  return vt__factors_of(c, &b->factors, err);
}

static vt_status fit_quantity(const vt_campaign *c, vt_fits *f, int q, bench *b, vt_err *err)
{
  int n_lines = 0;
  for (int k = 0; k < c->n_comp; k++) {
    int n = points_of(c, f, k, q, b->pt, b->task), more;
    VT_TRY(vt_arrh_fit(b->pt, n, c->compare.t_ref_k, c->compare.t_extra_k, b->status, &f->arrh[q][k], err), err,
           "Arrhenius fit of %s of '%s'", vt_quantities[q].name, c->comp[k].name);
    vt_arrh_mark_glass(b->pt, n, b->tg_k[k], b->status, &f->arrh[q][k]);
    for (int i = 0; i < n; i++) f->status[q][b->task[i]] = b->status[i];
    VT_TRY(vt_glass_lines(b->pt, n, c->compare.t_ref_k, b->line + n_lines, &more, err), err, "glasses of '%s'",
           c->comp[k].name);
    n_lines += more;
  }
  vt_compare_input in = {.fits = f->arrh[q],
                         .n = c->n_comp,
                         .glass = b->line,
                         .n_glass = n_lines,
                         .names = b->names,
                         .tg_k = b->tg_k,
                         .lim = limits_of(&c->compare),
                         .key = c->seed};
  VT_TRY(vt__compare_by(&in, &b->factors, &f->compare[q], err), err, "comparison of %s", vt_quantities[q].name);
  return VT_OK;
}

static vt_status fit_all(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  vt_status rc = VT_OK;
  bench b = {0};
  VT_PASS(combine_glasses(c, f, err));
  VT_TRY_OUT(bench_open(&b, c, f, err), err, "fits");
  for (int q = 0; q < VT_N_QUANTITIES; q++) VT_TRY_OUT(fit_quantity(c, f, q, &b, err), err, "fits");
out:
  bench_close(&b);
  return rc;
}

vt_status vt_fits_from_journal(const vt_campaign *c, const vt_journal *j, vt_fits **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_fits *f = NULL;
  *out = NULL;
  VT_PASS(fits_new(c, &f, err));
  for (int i = 0; i < c->n_tasks; i++) {
    vt_plan plan;
    double *values = NULL;
    size_t n;
    VT_TRY_OUT(vt_campaign_plan(c, i, &plan, err), err, "plan of task %d", i);
    VT_TRY_OUT(vt_results_load(j, &plan, NULL, &values, &n, err), err, "task %d", i);
    if (!values) continue;
    rc = take_task(f, i, &plan, values, err);
    vt_free(values);
    if (rc != VT_OK) goto out;
  }
  VT_TRY_OUT(fit_all(c, f, err), err, "fits");
  *out = f;
  f = NULL;
out:
  vt_fits_free(f);
  return rc;
}

/* ------------------------------------------------------------------ from a store */

/* A campaign that is only read needs no potential: take any element, no hash (its uids are not used). */
static vt_status any_potential(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err)
{
  (void)ctx, (void)kind, (void)path, (void)err;
  *out = (vt_pot_facts){.cutoff = 1};
  for (int z = 1; z <= 94; z++)
    (void)snprintf(out->element[out->n_elements++], sizeof out->element[0], "%s", vt_element_symbol(z));
  return VT_OK;
}

static vt_status campaign_of_store(vt_store *s, const char *path, const vt_campaign_env *env, vt_campaign **c,
                                   vt_err *err)
{
  vt_status rc = VT_OK;
  vt_buf text = {0};
  vt_diags diags = {0};
  vt_campaign_env reading = *env;
  reading.probe = any_potential;
  VT_TRY_OUT(vt_store_read_text(s, "/campaign", &text, err), err, "campaign of '%s'", path);
  VT_TRY_OUT(vt_campaign_parse(text.s, text.len, path, ".", &reading, c, &diags, err), err,
             "the campaign text in '%s' (%s)", path, diags.n ? diags.d[0].text : "unreadable");
  VT_TRY_OUT(vt_campaign_resolve(*c, VT_SIMD_PORTABLE, err), err, "campaign of '%s'", path);
out:
  vt_buf_free(&text);
  vt_diags_free(&diags);
  return rc;
}

/* All rows of the datasets that MD tasks fill, and of the quench. */
typedef struct loaded {
  vt_row_def *def;
  int n;
  double *all[2 * VT_MAX_ARRAYS]; /* per def; NULL for the others of GLASS tasks, which nothing here needs */
} loaded;

static vt_status load_rows(vt_store *s, const vt_campaign *c, loaded *l, vt_err *err)
{
  VT_PASS(vt__row_defs(c, &l->def, &l->n, err));
  for (int k = 0; k < l->n; k++) {
    char path[96];
    size_t n, expected = vt_array_count(&l->def[k].def) * (size_t)c->n_tasks;
    if (l->def[k].kind != VT_TASK_MD && strcmp(l->def[k].def.name, quench_array) != 0) continue;
    vt__row_path(&l->def[k], path);
    VT_PASS(vt_store_read_f64(s, path, &l->all[k], &n, err));
    if (n != expected) VT_FAIL(err, VT_ECORRUPT, "dataset %s has %zu values, expected %zu", path, n, expected);
  }
  return VT_OK;
}

/* The task's own arrays out of row `i`, concatenated in layout order; what was not loaded is zero. */
static vt_status gather_task(const vt_campaign *c, const loaded *l, int i, const vt_plan *p, double **values,
                             vt_err *err)
{
  vt_status rc = VT_OK;
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  size_t total = 0;
  void *v = NULL;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  for (int a = 0; a < n; a++) total += vt_array_count(&def[a]);
  VT_TRY(vt_calloc64(&v, total, sizeof(double), err), err, "arrays of task %d", i);
  double *at = v;
  for (int a = 0; a < n; a++) {
    int k = 0;
    while (k < l->n && (!l->all[k] || strcmp(l->def[k].def.name, def[a].name) != 0)) k++;
    if (k == l->n && p->kind == VT_TASK_MD) VT_FAIL_OUT(err, VT_EBUG, "array '%s' has no dataset", def[a].name);
    if (k < l->n) {
      double *row = l->all[k] + (size_t)i * vt_array_count(&l->def[k].def);
      VT_TRY_OUT(vt__row_copy(VT_ROW_GATHER, c, &p->comp, &def[a], &l->def[k].def, at, row, err), err, "array '%s'",
                 def[a].name);
    }
    at += vt_array_count(&def[a]);
  }
  *values = v;
  v = NULL;
out:
  vt_free(v);
  return rc;
}

vt_status vt_fits_from_store(const char *path, const vt_campaign_env *env, vt_campaign **c, vt_fits **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_store *s = NULL;
  vt_fits *f = NULL;
  int64_t *done = NULL;
  loaded l = {0};
  size_t n;
  *c = NULL;
  *out = NULL;
  VT_TRY_OUT(vt_store_open(&s, path, err), err, "store");
  VT_TRY_OUT(campaign_of_store(s, path, env, c, err), err, "store");
  VT_TRY_OUT(vt_store_read_i64(s, "/tasks/done", &done, &n, err), err, "store '%s'", path);
  if (n != (size_t)(*c)->n_tasks)
    VT_FAIL_OUT(err, VT_ECORRUPT, "'%s' has %zu tasks, its campaign has %d", path, n, (*c)->n_tasks);
  VT_TRY_OUT(load_rows(s, *c, &l, err), err, "store '%s'", path);
  VT_TRY_OUT(fits_new(*c, &f, err), err, "store '%s'", path);
  for (int i = 0; i < (*c)->n_tasks; i++) {
    vt_plan plan;
    double *values = NULL;
    if (!done[i]) continue;
    VT_TRY_OUT(vt_campaign_plan(*c, i, &plan, err), err, "plan of task %d", i);
    VT_TRY_OUT(gather_task(*c, &l, i, &plan, &values, err), err, "store '%s'", path);
    rc = take_task(f, i, &plan, values, err);
    vt_free(values);
    if (rc != VT_OK) goto out;
  }
  VT_TRY_OUT(fit_all(*c, f, err), err, "fits");
  *out = f;
  f = NULL;
out:
  for (int k = 0; k < l.n; k++) vt_free(l.all[k]);
  vt_free(l.def);
  vt_free(done);
  vt_fits_free(f);
  vt_store_close(s);
  return rc;
}
