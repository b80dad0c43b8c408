/* part.c - what follows from the arrays of one composition's tasks alone: in one block of memory, so that another rank
 * may make it.  It is the same bytes wherever it is made. */
#include <math.h>
#include <string.h>

#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

/* ------------------------------------------------------------------ room */

int vt_fits_rows(const vt_campaign *c, int comp, int *first)
{
  int at[2]; /* the first row of a composition from comp on, and from comp + 1 on: rows are sorted by composition */
  for (int k = 0; k < 2; k++) {
    int lo = 0, hi = c->n_tasks;
    while (lo < hi) {
      const int mid = lo + (hi - lo) / 2;
      if (c->task[mid].comp < comp + k)
        lo = mid + 1;
      else
        hi = mid;
    }
    at[k] = lo;
  }
  *first = at[0];
  return at[1] - at[0];
}

/* One array of the block behind the others; block NULL: its size alone is counted. */
static void *carve(char *block, size_t *at, size_t n, size_t size)
{
  void *p = block ? block + *at : NULL;
  *at += (n * size + 15) / 16 * 16;
  return p;
}

static size_t carve_all(vt__part *p)
{
  size_t at = 0;
  const size_t n = (size_t)p->n;
  p->transport = carve(p->block, &at, n, sizeof *p->transport);
  p->of_pool = carve(p->block, &at, n, sizeof *p->of_pool);
  p->structure = carve(p->block, &at, n, sizeof *p->structure);
  p->tg = carve(p->block, &at, n, sizeof *p->tg);
  p->d_alkali = carve(p->block, &at, n, sizeof(double));
  p->d_alkali_se = carve(p->block, &at, n, sizeof(double));
  p->melt_a2 = carve(p->block, &at, n, sizeof(double));
  p->volume_error = carve(p->block, &at, n, sizeof(double));
  p->whole = carve(p->block, &at, (size_t)p->n_runs, sizeof *p->whole);
  p->group = carve(p->block, &at, (size_t)p->n_temp, sizeof *p->group);
  return at;
}

vt_status vt__part_open(const vt_campaign *c, int comp, vt__part *p, vt_err *err)
{
  void *block = NULL;
  *p = (vt__part){.comp = comp, .n_temp = c->n_temp, .n_runs = c->n_temp * c->n_glasses};
  p->n = vt_fits_rows(c, comp, &p->row);
  p->n_bytes = carve_all(p);
  VT_TRY(vt_calloc64(&block, p->n_bytes, 1, err), err, "results of '%s'", c->comp[comp].name);
  p->block = block;
  (void)carve_all(p);
  for (int i = 0; i < p->n; i++) {
    p->d_alkali[i] = p->d_alkali_se[i] = p->melt_a2[i] = p->volume_error[i] = NAN;
    p->of_pool[i] = vt_pool_glass_none();
    vt_structure_none(&p->structure[i]);
    p->tg[i] = (vt_tg){NAN, NAN, NAN, NAN, NAN, NAN, -1, VT_TG_FEW_ROWS};
  }
  for (int i = 0; i < p->n_runs; i++) vt_structure_none(&p->whole[i]);
  for (int t = 0; t < p->n_temp; t++) vt__group_none(&p->group[t]);
  return VT_OK;
}

void vt__part_close(vt__part *p)
{
  vt_free(p->block);
  *p = (vt__part){.block = NULL};
}

void vt__part_put(const vt__part *p, vt_fits *f)
{
  const size_t n = (size_t)p->n;
  const ptrdiff_t run = (ptrdiff_t)p->comp * p->n_runs, group = (ptrdiff_t)p->comp * p->n_temp;
  if (n) {
    memcpy(f->transport + p->row, p->transport, n * sizeof *p->transport);
    memcpy(f->of_pool + p->row, p->of_pool, n * sizeof *p->of_pool);
    memcpy(f->structure + p->row, p->structure, n * sizeof *p->structure);
    memcpy(f->tg + p->row, p->tg, n * sizeof *p->tg);
    memcpy(f->d_alkali + p->row, p->d_alkali, n * sizeof(double));
    memcpy(f->d_alkali_se + p->row, p->d_alkali_se, n * sizeof(double));
    memcpy(f->melt_a2 + p->row, p->melt_a2, n * sizeof(double));
    memcpy(f->volume_error + p->row, p->volume_error, n * sizeof(double));
  }
  if (p->n_runs) memcpy(f->whole + run, p->whole, (size_t)p->n_runs * sizeof *p->whole);
  if (p->n_temp) memcpy(f->group + group, p->group, (size_t)p->n_temp * sizeof *p->group);
}

/* ------------------------------------------------------------------ glasses */

/* A quench, from the melt on through all of its stops. */
typedef struct quench {
  int task, n; /* of its first glass, -1: none; rows so far */
  double npt_below_k;
  double *rows; /* [n][VT_TG_COLUMNS] */
} quench;

/* The glass transition of a whole quench. */
static vt_status quench_end(vt__part *f, quench *q, vt_err *err)
{
  vt_status rc = VT_OK;
  if (q->task >= 0) rc = vt_tg_glass(q->n, q->rows, q->npt_below_k, &f->tg[q->task - f->row], err);
  vt_free(q->rows);
  const int task = q->task;
  *q = (quench){.task = -1};
  return rc == VT_OK ? rc : vt_err_wrap(err, rc, __FILE__, __LINE__, "glass of row %d", task);
}

/* What a GLASS task adds to its quench, and how far its metals got in the melt. */
static vt_status take_glass(vt__part *f, int i, const vt_plan *p, const double *values, quench *q, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  const vt_array_def *rows;
  int n;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  const double *part = vt_array_find(def, n, values, &vt_a_glass_quench, &rows);
  if (!part) VT_FAIL(err, VT_EBUG, "a glass has no array '%s'", vt_a_glass_quench.path);
  const double *melt = vt_array_find(def, n, values, &vt_a_glass_melt_msd, NULL);
  if (melt) f->melt_a2[i - f->row] = vt_melt_metals(&p->comp, melt);
  if (p->from_k == 0)
    *q = (quench){.task = i, .npt_below_k = p->protocol.quench_npt_below_k};
  else if (q->task < 0)
    return VT_OK; /* its beginning has no result */
  const int more = rows->dim[0];
  VT_TRY(VT_GROW(q->rows, (size_t)q->n * VT_TG_COLUMNS, (size_t)(q->n + more) * VT_TG_COLUMNS, err), err,
         "rows of a quench");
  memcpy(q->rows + (ptrdiff_t)q->n * VT_TG_COLUMNS, part, (size_t)more * VT_TG_COLUMNS * sizeof *part);
  q->n += more;
  return VT_OK;
}

/* All glasses of the composition; the stops of one follow each other. */
static vt_status take_glasses(const vt_campaign *c, const vt_arrays_from *from, vt__part *f, vt_err *err)
{
  vt_status rc = VT_OK;
  quench q = {.task = -1};
  for (int i = f->row; i < f->row + f->n && rc == VT_OK; i++) {
    vt_plan plan;
    double *values = NULL;
    if (c->task[i].kind != VT_TASK_GLASS) continue;
    if (c->task[i].piece == 0) VT_TRY_OUT(quench_end(f, &q, err), err, "glasses");
    VT_TRY_OUT(vt_campaign_plan(c, i, &plan, err), err, "plan of row %d", i);
    VT_TRY_OUT(from->load(from->ctx, i, &plan, &values, err), err, "row %d", i);
    if (!values) continue;
    rc = take_glass(f, i, &plan, values, &q, err);
    vt_free(values);
  }
  if (rc == VT_OK) rc = quench_end(f, &q, err);
out:
  vt_free(q.rows);
  return rc;
}

/* ------------------------------------------------------------------ all of it */

vt_status vt__part_make(const vt_campaign *c, const vt_arrays_from *from, const int *md, vt__part *p, vt_err *err)
{
  VT_TRY(take_glasses(c, from, p, err), err, "glasses of '%s'", c->comp[p->comp].name);
  for (int t = 0; t < c->n_temp; t++) {
    vt_alive();
    VT_PASS(vt__fits_group(c, from, t, md, p, err));
  }
  return VT_OK;
}
