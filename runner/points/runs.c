/* runs.c - runs from names; files of one run put together. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runner/points/points_impl.h"

vt_status vt__runs_bad(vt_mistakes *m, const char *path, int line, vt_err *err, const char *fmt, ...)
{
  char text[512];
  va_list ap;
  vt_err one = {0};
  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  (void)vt_err_user(&one, VT_EPARSE, path, line, 0, "%s", text);
  const vt_status rc = vt_mistakes_note(m, path, &one);
  if (rc != VT_OK && err) *err = one;
  return rc;
}

void vt__run_free(vt_run *r)
{
  for (int k = 0; k < r->n_paths; k++) vt_free(r->path[k]);
  vt_free(r->path);
  for (int k = 0; k < VT_MAX_FACTORS; k++) vt_free(r->level[k]);
  *r = (vt_run){0};
}

void vt_runs_free(vt_runs *runs)
{
  for (int k = 0; k < runs->n; k++) vt__run_free(&runs->run[k]);
  vt_free(runs->run);
  *runs = (vt_runs){0};
}

static vt_status copy_text(char **to, const char *text, vt_err *err)
{
  const size_t n = strlen(text) + 1;
  VT_PASS(VT_NEW(*to, n, err));
  memcpy(*to, text, n);
  return VT_OK;
}

vt_status vt__runs_add(vt_runs *runs, vt_run *r, const char *path, vt_err *err)
{
  vt_status rc = VT_OK;
  if (runs->n == VT_RUNS_MOST) VT_FAIL_OUT(err, VT_EINVAL, "more than %d files", VT_RUNS_MOST);
  if (runs->n % 256 == 0) VT_TRY_OUT(VT_GROW(runs->run, runs->n, runs->n + 256, err), err, "runs");
  VT_TRY_OUT(VT_NEW(r->path, 1, err), err, "runs");
  r->n_paths = 1;
  VT_TRY_OUT(copy_text(&r->path[0], path, err), err, "runs");
  runs->run[runs->n++] = *r;
  *r = (vt_run){0};
out:
  vt__run_free(r);
  return rc;
}

/* ------------------------------------------------------------------ files of one run */

static int is_same_run(const vt_run *a, const vt_run *b)
{
  return a->glass == b->glass && a->t_k <= b->t_k * (1 + 1e-9) && b->t_k <= a->t_k * (1 + 1e-9) &&
         strcmp(a->composition, b->composition) == 0;
}

/* The file of `b` among those of `a`, whose parts are part[n_paths]. */
static vt_status append_part(vt_run *a, vt_run *b, int *part, vt_err *err)
{
  int at = a->n_paths;
  VT_PASS(VT_GROW(a->path, a->n_paths, a->n_paths + 1, err));
  for (; at > 0 && part[at - 1] > b->part; at--) {
    a->path[at] = a->path[at - 1];
    part[at] = part[at - 1];
  }
  a->path[at] = b->path[0];
  part[at] = b->part;
  a->n_paths++;
  b->n_paths = 0;
  return VT_OK;
}

/* A composition has one value of each factor. */
static vt_status check_levels(const vt_runs *runs, const vt_run *first, const vt_run *r, const char *where,
                              vt_mistakes *m, vt_err *err)
{
  for (int q = 0; q < runs->n_factors; q++)
    if (strcmp(first->level[q], r->level[q]) != 0)
      VT_PASS(vt__runs_bad(m, where, r->line, err, "%s of '%s' was '%.40s' in line %d and is '%.40s' here",
                           runs->factor[q], r->composition, first->level[q], first->line, r->level[q]));
  return VT_OK;
}

/* Add run k to those before it, runs[0..*n-1]; the parts of run j are part[j], of which there are at most n_all. */
static vt_status join_one(vt_runs *runs, int k, int *n, int **part, const char *where, vt_mistakes *m, vt_err *err)
{
  vt_run *r = &runs->run[k], *first = NULL;
  int j = 0;
  for (; j < *n; j++) {
    vt_run *before = &runs->run[j];
    if (!first && strcmp(before->composition, r->composition) == 0) first = before;
    if (is_same_run(before, r)) break;
  }
  if (first) VT_PASS(check_levels(runs, first, r, where, m, err));
  if (j == *n) {
    VT_PASS(VT_NEW(part[j], 1, err));
    part[j][0] = r->part;
    const vt_run moved = *r;
    if (j != k) *r = (vt_run){0};
    runs->run[j] = moved;
    ++*n;
    return VT_OK;
  }
  vt_run *a = &runs->run[j];
  int twice = r->part == 0;
  for (int q = 0; q < a->n_paths; q++) twice |= part[j][q] == r->part;
  if (twice)
    return where ? vt__runs_bad(m, where, r->line, err,
                                "glass %d of '%s' at %g K stands in line %d, too (files of one run have different "
                                "numbers in the column part)",
                                r->glass, r->composition, r->t_k, a->line)
                 : vt__runs_bad(m, r->path[0], 0, err,
                                "is glass %d of '%s' at %g K, as '%s' (files of one run: --table, with a column part)",
                                r->glass, r->composition, r->t_k, a->path[0]);
  if (fabs(a->dt_ps - r->dt_ps) > 1e-9 * a->dt_ps || isnan(a->dt_ps) != isnan(r->dt_ps))
    return vt__runs_bad(m, where, r->line, err, "dt_ps is not that of line %d, which is of the same run", a->line);
  VT_PASS(VT_GROW(part[j], a->n_paths, a->n_paths + 1, err));
  VT_PASS(append_part(a, r, part[j], err));
  vt__run_free(r);
  return VT_OK;
}

vt_status vt__runs_join(vt_runs *runs, const char *where, vt_mistakes *m, vt_err *err)
{
  int n = 0, **part = NULL;
  vt_status rc = VT_NEW(part, runs->n + 1, err);
  for (int k = 0; k < runs->n && rc == VT_OK; k++) rc = join_one(runs, k, &n, part, where, m, err);
  for (int k = 0; part && k < runs->n; k++) vt_free(part[k]);
  vt_free(part);
  if (rc != VT_OK || m->n > 0) return rc;
  for (int k = n; k < runs->n; k++) vt__run_free(&runs->run[k]);
  runs->n = n;
  return VT_OK;
}

/* ------------------------------------------------------------------ names */

typedef struct naming {
  vt_runs *runs;
  vt_mistakes *m;
} naming;

static vt_status name_file(void *ctx, const char *path, vt_err *err)
{
  const naming *x = ctx;
  vt_run r = {.dt_ps = (double)NAN};
  const char *why = vt__run_name(path, &r);
  if (why) return vt__runs_bad(x->m, path, 0, err, "%s (or --table)", why);
  return vt__runs_add(x->runs, &r, path, err);
}

vt_status vt_runs_from_names(const char *const *path, int n, vt_runs *runs, vt_mistakes *m, vt_err *err)
{
  naming x = {runs, m};
  const vt__walk w = {&x, name_file, m};
  vt_status rc = VT_OK;
  *runs = (vt_runs){0};
  for (int k = 0; k < n && rc == VT_OK; k++) rc = vt__walk_path(&w, path[k], err);
  if (rc == VT_OK) rc = vt__runs_join(runs, NULL, m, err);
  if (rc == VT_OK && m->n > 0) rc = vt_err_user(err, VT_EPARSE, path[0], 0, 0, "%d mistakes", m->n);
  if (rc != VT_OK) vt_runs_free(runs);
  return rc;
}
