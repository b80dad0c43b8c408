/* rank_source.c - the compositions of a folder or of a table, with what is ranked. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/cli/fits/fits.h"
#include "runner/results/results.h"

static const double TABLE_T_K = 500; /* the reference of `vitrion fit` for tables */

/* Room for n more entries; the first of them. */
static vt_status more_entries(vt_ranking *r, int n, vt_ranking_entry **first, vt_err *err)
{
  VT_TRY(VT_GROW(r->entry, r->n, (size_t)r->n + (size_t)n, err), err, "ranking of %d compositions", n);
  *first = r->entry + r->n;
  r->n += n;
  return VT_OK;
}

/* The measured temperature nearest t_k. */
static double nearest_measured(const vt_campaign *c, double t_k)
{
  double best = c->t_k[0];
  for (int t = 1; t < c->n_temp; t++)
    if (fabs(c->t_k[t] - t_k) < fabs(best - t_k)) best = c->t_k[t];
  return best;
}

/* What was not given is as the first source has it. */
static void settle(vt_ranking *r, const vt_campaign *c)
{
  const double ref_k = c ? c->compare.t_ref_k : TABLE_T_K;
  for (int q = 0; q < 3; q++) {
    if (!isnan(r->by[q].t_k)) continue;
    r->by[q].t_k = c && r->by[q].quantity == VT_RANKED_HAVEN ? nearest_measured(c, ref_k) : ref_k;
  }
}

/* A quantity that stands twice is computed once; -1: this is the first. */
static int same_as(const vt_ranking *r, int q)
{
  for (int k = 0; k < q; k++)
    if (r->by[k].quantity == r->by[q].quantity && r->by[k].t_k == r->by[q].t_k) return k;
  return -1;
}

static vt_status values_of_campaign(const vt_campaign *c, const vt_fits *f, const vt_ranking *r, vt_ranking_entry *e,
                                    vt_err *err)
{
  vt_status rc = VT_OK;
  vt_ranking_value *x;
  VT_TRY(VT_NEW(x, c->n_comp, err), err, "ranking");
  for (int q = 0; q < 3; q++) {
    const int same = same_as(r, q);
    if (same < 0) VT_TRY_OUT(vt_ranking_campaign(c, f, &r->by[q], x, err), err, "ranking");
    for (int k = 0; k < c->n_comp; k++) {
      if (same < 0 && !x[k].resolved) vt_cli_rank_needs(c, f, k, &r->by[q], &x[k]);
      e[k].x[q] = same < 0 ? x[k] : e[k].x[same];
    }
  }
out:
  vt_free(x);
  return rc;
}

static void note_measured(const vt_campaign *c, const vt_ranking *r, vt_rank_measured *m)
{
  vt_buf b = {0};
  for (int q = 0; q < 3; q++) m->is_there[q] |= vt_ranking_temperature(c, r->by[q].t_k) >= 0;
  for (int t = 0; t < c->n_temp && !m->text[0]; t++) vt_buf_printf(&b, "%s%g", t ? ", " : "", c->t_k[t]);
  if (b.s) (void)snprintf(m->text, sizeof m->text, "%s", b.s);
  vt_buf_free(&b);
}

static vt_status rank_folder(const vt_outdir *dir, const char *path, vt_ranking *r, vt_rank_measured *m, vt_err *err)
{
  vt_campaign *c = NULL;
  vt_fits *f = NULL;
  vt_ranking_entry *e;
  vt_status rc = VT_OK;
  VT_TRY_OUT(vt_fits_from_store(dir->store, vt_cli_env(1), NULL, &c, &f, err), err, "'%s'", path);
  vt_cli_note_old_store(dir, c, f);
  settle(r, c);
  const vt_run_counts runs = vt_count_runs(c, f, -1, -1);
  r->n_runs += runs.asked, r->n_done += runs.done;
  VT_TRY_OUT(more_entries(r, c->n_comp, &e, err), err, "'%s'", path);
  for (int k = 0; k < c->n_comp; k++) {
    (void)snprintf(e[k].name, sizeof e[k].name, "%s", c->comp[k].name);
    e[k].source = path;
  }
  note_measured(c, r, m);
  VT_TRY_OUT(values_of_campaign(c, f, r, e, err), err, "'%s'", path);
out:
  vt_fits_free(f);
  vt_campaign_free(c);
  return rc;
}

static vt_status values_of_table(const vt_table *t, const vt_ranking *r, vt_ranking_entry *e, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_ranking_value *x = NULL;
  vt_arrh *line = NULL;
  VT_TRY_OUT(VT_NEW(x, t->n_comp, err), err, "ranking");
  VT_TRY_OUT(VT_NEW(line, t->n_comp, err), err, "ranking");
  VT_TRY_OUT(vt_table_lines(t, r->by[0].t_k, r->by[0].t_k, VT_TG_OF_CLASS_K, line, err), err, "ranking");
  for (int q = 0; q < 3; q++) {
    const int same = same_as(r, q);
    if (same < 0) VT_TRY_OUT(vt_ranking_table(t, &r->by[q], x, err), err, "ranking");
    for (int k = 0; k < t->n_comp; k++) {
      if (same < 0 && !x[k].resolved) vt_cli_rank_needs_of_table(t, k, &r->by[q], &line[k], &x[k]);
      e[k].x[q] = same < 0 ? x[k] : e[k].x[same];
    }
  }
out:
  vt_free(x);
  vt_free(line);
  return rc;
}

static vt_status rank_table(const char *path, vt_ranking *r, vt_err *err)
{
  vt_table t = {0};
  vt_ranking_entry *e;
  vt_status rc = VT_OK;
  VT_PASS(vt_table_read(path, &t, err));
  settle(r, NULL);
  VT_TRY_OUT(more_entries(r, t.n_comp, &e, err), err, "'%s'", path);
  for (int k = 0; k < t.n_comp; k++) {
    (void)snprintf(e[k].name, sizeof e[k].name, "%s", t.name[k]);
    e[k].source = path;
  }
  VT_TRY_OUT(values_of_table(&t, r, e, err), err, "'%s'", path);
out:
  vt_table_free(&t);
  return rc;
}

int vt_cli_rank_source(const vt_usage *u, const char *path, vt_ranking *r, vt_rank_measured *m)
{
  vt_outdir dir;
  vt_err err = {0};
  int is_folder, code = vt_cli_fit_source(u, path, &dir, &is_folder);
  if (code >= 0) return code;
  for (int q = 0; q < 3 && !is_folder; q++)
    if (r->by[q].quantity != VT_RANKED_D && r->by[q].quantity != VT_RANKED_EA)
      return vt_cli_usage_error(u, "'%s' is a table of D, without %s: expected D or ea", path,
                                vt_ranked_name(r->by[q].quantity));
  r->n_sources++;
  const vt_status rc = is_folder ? rank_folder(&dir, path, r, m, &err) : rank_table(path, r, &err);
  return rc == VT_OK ? -1 : vt_cli_fail(&err);
}
