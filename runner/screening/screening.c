/* screening.c - everything that follows from the arrays: by task, by group of glasses, Arrhenius lines, comparison. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/screening/factors_impl.h"
#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

void vt_fits_free(vt_fits *f)
{
  if (!f) return;
  vt_free(f->transport);
  vt_free(f->d_alkali);
  vt_free(f->d_alkali_se);
  vt_free(f->of_pool);
  vt_free(f->structure);
  vt_free(f->whole);
  vt_free(f->gates);
  vt_free(f->melt_a2);
  vt_free(f->volume_error);
  vt_free(f->mean);
  vt_free(f->md);
  vt_free(f->group);
  vt_free(f->tg);
  vt_free(f->tg_comp);
  for (int q = 0; f->fitted && q < f->n_quantities; q++) {
    vt_free(f->fitted[q].arrh);
    vt_free(f->fitted[q].at);
    vt_free(f->fitted[q].status);
  }
  vt_free(f->fitted);
  vt_free(f);
}

static vt_status room_for_quantities(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  vt_quantity what[VT_MAX_QUANTITIES];
  void *p;
  const int n = vt_quantities_of(c, what);
  VT_TRY(vt_calloc64(&p, (size_t)n, sizeof *f->fitted, err), err, "%d quantities", n);
  f->fitted = p;
  f->n_quantities = n;
  for (int q = 0; q < n; q++) {
    vt_fitted *one = &f->fitted[q];
    one->what = what[q];
    VT_TRY(vt_calloc64(&p, (size_t)c->n_comp, sizeof *one->arrh, err), err, "fits of %d compositions", c->n_comp);
    one->arrh = p;
    VT_TRY(vt_calloc64(&p, (size_t)c->n_comp * (size_t)c->n_temp, sizeof *one->at, err), err, "values by temperature");
    one->at = p;
    VT_TRY(vt_calloc64(&p, (size_t)c->n_tasks, sizeof *one->status, err), err, "points of %d tasks", c->n_tasks);
    one->status = p;
    for (int i = 0; i < c->n_tasks; i++) one->status[i] = -1;
  }
  return VT_OK;
}

static vt_status room_for_tasks(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  const size_t n = (size_t)c->n_tasks;
  void *p;
  VT_TRY(vt_calloc64(&p, n, sizeof *f->transport, err), err, "transport of %d tasks", c->n_tasks);
  f->transport = p;
  VT_TRY(vt_calloc64(&p, n, sizeof(double), err), err, "D of %d tasks", c->n_tasks);
  f->d_alkali = p;
  VT_TRY(vt_calloc64(&p, n, sizeof(double), err), err, "D of %d tasks", c->n_tasks);
  f->d_alkali_se = p;
  VT_TRY(vt_calloc64(&p, n, sizeof *f->of_pool, err), err, "glasses of %d tasks", c->n_tasks);
  f->of_pool = p;
  VT_TRY(vt_calloc64(&p, n, sizeof *f->structure, err), err, "structure of %d tasks", c->n_tasks);
  f->structure = p;
  VT_TRY(vt_calloc64(&p, n, sizeof *f->tg, err), err, "glass transitions of %d tasks", c->n_tasks);
  f->tg = p;
  VT_TRY(vt_calloc64(&p, n, sizeof *f->gates, err), err, "gates of %d tasks", c->n_tasks);
  f->gates = p;
  VT_TRY(vt_calloc64(&p, n, sizeof(double), err), err, "melts of %d tasks", c->n_tasks);
  f->melt_a2 = p;
  VT_TRY(vt_calloc64(&p, n, sizeof(double), err), err, "volumes of %d tasks", c->n_tasks);
  f->volume_error = p;
  for (int i = 0; i < c->n_tasks; i++) {
    f->d_alkali[i] = f->d_alkali_se[i] = f->melt_a2[i] = f->volume_error[i] = NAN;
    vt_gates_none(&f->gates[i]);
    f->of_pool[i] = vt_pool_glass_none();
    vt_structure_none(&f->structure[i]);
    f->tg[i] = (vt_tg){NAN, NAN, NAN, NAN, NAN, NAN, -1, VT_TG_FEW_ROWS};
  }
  return VT_OK;
}

static vt_status room_for_groups(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  const size_t n = (size_t)c->n_comp * (size_t)c->n_temp;
  void *p;
  VT_TRY(vt_calloc64(&p, (size_t)c->n_comp, sizeof *f->tg_comp, err), err, "glass transitions");
  f->tg_comp = p;
  VT_TRY(vt_calloc64(&p, n, sizeof *f->group, err), err, "%zu groups of glasses", n);
  f->group = p;
  VT_TRY(vt_calloc64(&p, n * (size_t)c->n_glasses, sizeof *f->md, err), err, "rows of MD tasks");
  f->md = p;
  VT_TRY(vt_calloc64(&p, n * (size_t)c->n_glasses, sizeof *f->whole, err), err, "structure of productions");
  f->whole = p;
  for (size_t i = 0; i < n * (size_t)c->n_glasses; i++) {
    f->md[i] = -1;
    vt_structure_none(&f->whole[i]);
  }
  for (int i = 0; i < c->n_tasks; i++) {
    const vt_task *t = &c->task[i];
    if (t->kind == VT_TASK_MD && t->piece == 1) f->md[(t->comp * c->n_temp + t->temp) * c->n_glasses + t->glass] = i;
  }
  return VT_OK;
}

const vt_structure_summary *vt_fits_whole(const vt_fits *f, int comp, int temp, int glass)
{
  const ptrdiff_t at = (ptrdiff_t)(comp * f->n_temp + temp) * f->n_glasses + glass;
  return f->md[at] < 0 ? NULL : f->whole ? &f->whole[at] : &f->structure[f->md[at]];
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
  f->n_temp = c->n_temp;
  f->n_glasses = c->n_glasses;
  VT_TRY_OUT(room_for_tasks(c, f, err), err, "fits");
  VT_TRY_OUT(room_for_groups(c, f, err), err, "fits");
  VT_TRY_OUT(room_for_quantities(c, f, err), err, "fits");
  *out = f;
  f = NULL;
out:
  vt_fits_free(f);
  return rc;
}

/* The measured points of one composition and their tasks; returns their number. */
static int points_of(const vt_campaign *c, const vt_fits *f, int comp, int quantity, vt_point *pt, int *task)
{
  int n = 0, first;
  const int rows = vt_fits_rows(c, comp, &first);
  for (int i = first; i < first + rows; i++) {
    const vt_task *t = &c->task[i];
    if (t->kind != VT_TASK_MD || t->piece > 1 || f->transport[i].n_species == 0) continue;
    task[n] = i;
    pt[n] = (vt_point){.comp = comp, .glass = t->glass, .t_k = c->t_k[t->temp]};
    vt__quantity_at(c, f, quantity, i, &pt[n].x, &pt[n].se);
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
    int n = 0, first;
    const int rows = vt_fits_rows(c, k, &first);
    for (int i = first; i < first + rows; i++)
      if (f->tg[i].n_rows >= 0) tg[n++] = f->tg[i];
    VT_TRY_OUT(vt_tg_combine(tg, n, &f->tg_comp[k], err), err, "composition '%s'", c->comp[k].name);
  }
out:
  vt_free(tg);
  return rc;
}

/* What the fits of all quantities share. */
typedef struct bench {
  vt_point *pt;        /* of one quantity, by composition     */
  int *first;          /* [n_comp + 1] where those of each begin */
  int *task;           /* the task of each of them            */
  int32_t *status;     /* and what became of it               */
  vt_glass_line *line; /* of one quantity, all compositions   */
  vt_at_t *at;         /* of one quantity                     */
  const char **names;  /* [n_comp]                            */
  double *tg_k;        /* [n_comp]                            */
  vt__factors factors;
} bench;

static void bench_close(bench *b)
{
  vt_free(b->pt);
  vt_free(b->first);
  vt_free(b->at);
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
  VT_TRY(vt_calloc64(&p, most * n_comp, sizeof *b->pt, err), err, "points of a fit");
  b->pt = p;
  VT_TRY(vt_calloc64(&p, n_comp + 1, sizeof *b->first, err), err, "points of a fit");
  b->first = p;
  VT_TRY(vt_calloc64(&p, most * n_comp, sizeof *b->at, err), err, "values of a fit");
  b->at = p;
  VT_TRY(vt_calloc64(&p, most * n_comp, sizeof *b->task, err), err, "points of a fit");
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

/* The points of one quantity and the lines of its glasses. */
static vt_status take_quantity(const vt_campaign *c, const vt_fits *f, int q, double t_ref_k, bench *b, int *n_lines,
                               vt_err *err)
{
  int more;
  *n_lines = 0;
  for (int k = 0; k < c->n_comp; k++) {
    vt_point *pt = b->pt + b->first[k];
    const int n = points_of(c, f, k, q, pt, b->task + b->first[k]);
    b->first[k + 1] = b->first[k] + n;
    VT_TRY(vt_glass_lines(pt, n, t_ref_k, b->line + *n_lines, &more, err), err, "glasses of '%s'", c->comp[k].name);
    *n_lines += more;
  }
  return VT_OK;
}

/* Means by temperature of the points that were taken. */
static vt_status quantity_at(const vt_campaign *c, int q, bench *b, vt_fitted *out, vt_err *err)
{
  const double usual = q < VT_Q_HEADLINES + c->n_species ? VT_USUAL_LEVEL : 0; /* of rates nothing is known before */
  VT_TRY(vt_values_at(b->pt, b->first[c->n_comp], usual, b->at, &out->n_at, err), err, "%s by temperature",
         out->what.name);
  memcpy(out->at, b->at, (size_t)out->n_at * sizeof *out->at); /* no more than compositions times temperatures */
  return VT_OK;
}

/* The Arrhenius line of every composition through the points that were taken; status [n_tasks] may be NULL. */
static vt_status quantity_lines(const vt_campaign *c, double t_ref_k, double t_extra_k, int n_lines, bench *b,
                                vt_arrh *arrh, int32_t *status, vt_err *err)
{
  for (int k = 0; k < c->n_comp; k++) {
    const vt_point *pt = b->pt + b->first[k];
    const int n = b->first[k + 1] - b->first[k];
    vt_fit_spec spec = {.t_ref_k = t_ref_k, .t_extra_k = t_extra_k, .tg_k = b->tg_k[k]};
    VT_PASS(vt_scatter_of_others(b->line, n_lines, k, &spec.others, err));
    VT_TRY(vt_arrh_fit(pt, n, &spec, b->status, &arrh[k], err), err, "Arrhenius fit of '%s'", c->comp[k].name);
    vt_arrh_mark_glass(pt, n, b->tg_k[k], b->status, &arrh[k]);
    for (int i = 0; status && i < n; i++) status[b->task[b->first[k] + i]] = b->status[i];
  }
  return VT_OK;
}

static vt_status fit_quantity(const vt_campaign *c, vt_fits *f, int q, bench *b, vt_err *err)
{
  vt_fitted *out = &f->fitted[q];
  int n_lines;
  const double t_ref_k = c->compare.t_ref_k;
  VT_TRY(take_quantity(c, f, q, t_ref_k, b, &n_lines, err), err, "%s", out->what.name);
  VT_PASS(quantity_at(c, q, b, out, err));
  VT_TRY(quantity_lines(c, t_ref_k, c->compare.t_extra_k, n_lines, b, out->arrh, out->status, err), err, "%s",
         out->what.name);
  vt_compare_input in = {.fits = out->arrh,
                         .n = c->n_comp,
                         .glass = b->line,
                         .n_glass = n_lines,
                         .names = b->names,
                         .tg_k = b->tg_k,
                         .lim = limits_of(&c->compare),
                         .key = c->seed};
  VT_TRY(vt__compare_by(&in, &b->factors, &out->compare, err), err, "comparison of %s", out->what.name);
  return VT_OK;
}

vt_status vt_fits_lines(const vt_campaign *c, const vt_fits *f, int quantity, double t_ref_k, double t_extra_k,
                        vt_arrh *arrh, vt_err *err)
{
  vt_status rc = VT_OK;
  bench b = {0};
  int n_lines;
  VT_TRY_OUT(bench_open(&b, c, f, err), err, "lines");
  VT_TRY_OUT(take_quantity(c, f, quantity, t_ref_k, &b, &n_lines, err), err, "lines");
  VT_TRY_OUT(quantity_lines(c, t_ref_k, t_extra_k, n_lines, &b, arrh, NULL, err), err, "lines");
out:
  bench_close(&b);
  return rc;
}

vt_status vt_fits_compare(const vt_campaign *c, const vt_fits *f, int quantity, double share, vt_compare *out,
                          vt_err *err)
{
  vt_status rc = VT_OK;
  bench b = {0};
  int n_lines;
  VT_TRY_OUT(bench_open(&b, c, f, err), err, "comparison");
  VT_TRY_OUT(take_quantity(c, f, quantity, c->compare.t_ref_k, &b, &n_lines, err), err, "comparison");
  const vt_compare_input in = {.fits = f->fitted[quantity].arrh,
                               .n = c->n_comp,
                               .glass = b.line,
                               .n_glass = n_lines,
                               .names = b.names,
                               .lim = limits_of(&c->compare),
                               .key = c->seed,
                               .share = share};
  VT_TRY_OUT(vt_compare_fits(&in, out, err), err, "comparison");
out:
  bench_close(&b);
  return rc;
}

static vt_status fit_all(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  vt_status rc = VT_OK;
  bench b = {0};
  VT_PASS(combine_glasses(c, f, err));
  VT_TRY_OUT(bench_open(&b, c, f, err), err, "fits");
  for (int q = 0; q < f->n_quantities; q++) VT_TRY_OUT(fit_quantity(c, f, q, &b, err), err, "fits");
out:
  bench_close(&b);
  return rc;
}

vt_status vt_fits_begin(const vt_campaign *c, vt_fits **out, vt_err *err) { return fits_new(c, out, err); }

/* Rows of the MD tasks of one composition as in vt_fits.md; vt_free. */
static vt_status rows_of_md(const vt_campaign *c, const vt__part *p, int **md, vt_err *err)
{
  VT_TRY(VT_NEW(*md, (size_t)p->n_runs, err), err, "rows of MD tasks");
  for (int i = 0; i < p->n_runs; i++) (*md)[i] = -1;
  for (int i = p->row; i < p->row + p->n; i++) {
    const vt_task *t = &c->task[i];
    if (t->kind == VT_TASK_MD && t->piece == 1) (*md)[t->temp * c->n_glasses + t->glass] = i;
  }
  return VT_OK;
}

static vt_status make_part(const vt_campaign *c, const vt_arrays_from *from, int comp, vt__part *p, vt_err *err)
{
  int *md = NULL;
  VT_PASS(vt__part_open(c, comp, p, err));
  vt_status rc = rows_of_md(c, p, &md, err);
  if (rc == VT_OK) rc = vt__part_make(c, from, md, p, err);
  vt_free(md);
  if (rc != VT_OK) vt__part_close(p);
  return rc;
}

vt_status vt_fits_part(const vt_campaign *c, const vt_arrays_from *from, int comp, vt_buf *out, vt_err *err)
{
  vt__part p;
  VT_TRY(make_part(c, from, comp, &p, err), err, "fits");
  vt_buf_add(out, p.block, p.n_bytes);
  vt__part_close(&p);
  return vt_buf_check(out, err);
}

vt_status vt_fits_put(const vt_campaign *c, vt_fits *f, int comp, const char *part, size_t n, vt_err *err)
{
  vt__part p;
  VT_TRY(vt__part_open(c, comp, &p, err), err, "fits");
  if (n != p.n_bytes) {
    vt__part_close(&p);
    VT_FAIL(err, VT_EBUG, "%zu bytes of '%s', expected %zu", n, c->comp[comp].name, p.n_bytes);
  }
  memcpy(p.block, part, n);
  vt__part_put(&p, f);
  vt__part_close(&p);
  return VT_OK;
}

vt_status vt_fits_end(const vt_campaign *c, vt_fits *f, vt_err *err)
{
  VT_TRY(vt_fits_means(f, err), err, "fits");
  vt__fits_gates(c, f);
  VT_TRY(fit_all(c, f, err), err, "fits");
  return VT_OK;
}

vt_status vt_fits_make(const vt_campaign *c, const vt_arrays_from *from, vt_fits **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_fits *f = NULL;
  *out = NULL;
  VT_PASS(vt_fits_begin(c, &f, err));
  for (int k = 0; k < c->n_comp; k++) {
    vt__part p;
    VT_TRY_OUT(make_part(c, from, k, &p, err), err, "fits");
    vt__part_put(&p, f);
    vt__part_close(&p);
  }
  VT_TRY_OUT(vt_fits_end(c, f, err), err, "fits");
  *out = f;
  f = NULL;
out:
  vt_fits_free(f);
  return rc;
}
