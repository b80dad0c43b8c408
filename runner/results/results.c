/* results.c - results.h5 out of the journal: row datasets from the tasks' arrays, tables from the fits. */
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/telemetry/telemetry.h"

/* The first n_def datasets of the store are the row datasets, in their order. */
vt_status vt_row_fill(void *ctx, int64_t row, void *const *out, vt_err *err)
{
  const vt_row_source *s = ctx;
  vt_status rc = VT_OK;
  vt_alive();
  vt_plan plan;
  vt_array_def def[VT_MAX_ARRAYS];
  double *values = NULL;
  size_t n_values;
  int n;
  VT_PASS(vt_campaign_plan(s->c, (int)row, &plan, err));
  VT_PASS(vt_results_load(s->j, &plan, NULL, &values, &n_values, err));
  if (!values) return VT_OK;
  VT_TRY_OUT(vt_replica_layout(&plan, def, VT_MAX_ARRAYS, &n, err), err, "layout of row %lld", (long long)row);
  double *at = values;
  for (int a = 0; a < n; a++) {
    int k = 0;
    while (k < s->n_def && (s->def[k].kind != plan.kind || strcmp(s->def[k].def.name, def[a].name) != 0)) k++;
    if (k == s->n_def) VT_FAIL_OUT(err, VT_EBUG, "array '%s' has no dataset", def[a].name);
    VT_TRY_OUT(vt__row_copy(VT_ROW_SCATTER, s->c, &plan.comp, &def[a], &s->def[k].def, at, out[k], err), err,
               "array '%s'", def[a].name);
    at += vt_array_count(&def[a]);
  }
out:
  vt_free(values);
  return rc;
}

static vt_status describe_row_dset(const vt_row_def *r, int64_t n_rows, vt_store_dset *d, vt_err *err)
{
  *d = (vt_store_dset){.type = VT_F64};
  vt_row_path(r, d->path);
  (void)snprintf(d->unit, sizeof d->unit, "%s", r->def.unit);
  (void)snprintf(d->doc, sizeof d->doc, "%s", r->def.doc);
  (void)snprintf(d->source, sizeof d->source, "%s", r->def.source);
  return vt__axes_of_row(r, n_rows, d, err);
}

int vt__attributes_of(const vt_campaign *c, vt_store_attr attr[VT__ATTRIBUTES])
{
  char hex[65], pot[65];
  vt_uid_hex(&c->id, hex);
  vt_uid_hex(&c->pot.sha256, pot);
  const struct {
    const char *name, *text;
  } text[VT__ATTRIBUTES] = {{"campaign", c->name},
                            {"campaign_id", hex},
                            {"potential_sha256", pot},
                            {"build", vt_build_info()->build_id},
                            {"units", "per dataset: attribute unit"}};
  for (int k = 0; k < VT__ATTRIBUTES; k++) {
    attr[k] = (vt_store_attr){.is_int = 0};
    (void)snprintf(attr[k].name, sizeof attr[k].name, "%s", text[k].name);
    (void)snprintf(attr[k].text, sizeof attr[k].text, "%s", text[k].text);
  }
  return VT__ATTRIBUTES;
}

void vt__contents_free(vt__contents *s)
{
  if (s->tables) vt_tables_free(s->tables);
  vt_free(s->tables);
  vt_free(s->dset);
  vt_free(s->row);
  *s = (vt__contents){0};
}

vt_status vt__contents_of(const vt_campaign *c, const vt_journal *j, const vt_fits *f, vt__contents *out, vt_err *err)
{
  void *p = NULL;
  *out = (vt__contents){0};
  VT_TRY(vt_row_defs(c, &out->row, &out->n_rows, err), err, "datasets");
  VT_TRY(vt_calloc64(&p, 1, sizeof *out->tables, err), err, "tables");
  vt_tables *t = out->tables = p;
  t->err = err;
  vt_tables_campaign(t, c, j);
  vt__tables_fits(t, c, f);
  vt__tables_groups(t, c, f);
  vt__tables_failures(t, c, j);
  vt__tables_axes(t, c, j, out->row, out->n_rows);
  VT_TRY(t->rc, err, "tables of the store");
  out->n = out->n_rows + t->n;
  VT_TRY(vt_calloc64(&p, (size_t)out->n, sizeof *out->dset, err), err, "datasets");
  out->dset = p;
  for (int k = 0; k < out->n_rows; k++)
    VT_TRY(describe_row_dset(&out->row[k], c->n_tasks, &out->dset[k], err), err, "datasets");
  memcpy(out->dset + out->n_rows, t->dset, (size_t)t->n * sizeof *t->dset);
  vt__tables_docs(t, f, out->dset, out->n);
  return t->rc;
}

/* The contents, and the texts that the spec of the store points at. */
typedef struct described {
  vt__contents all;
  vt_buf text, readme;
  vt_store_attr attr[VT__ATTRIBUTES];
  vt_row_source src;
  vt_store_spec spec;
} described;

static vt_status describe(const vt_campaign *c, const vt_journal *j, const vt_fits *f, described *d, vt_err *err)
{
  *d = (described){.text = {0}};
  VT_TRY(vt__contents_of(c, j, f, &d->all, err), err, "contents of the store");
  vt_campaign_canon(c, &d->text);
  VT_TRY(vt_buf_check(&d->text, err), err, "campaign text");
  vt__readme(c, &d->readme);
  VT_TRY(vt_buf_check(&d->readme, err), err, "README of the store");
  d->src = (vt_row_source){.c = c, .j = j, .def = d->all.row, .n_def = d->all.n_rows};
  d->spec = (vt_store_spec){.dset = d->all.dset,
                            .n_dset = d->all.n,
                            .attr = d->attr,
                            .n_attr = vt__attributes_of(c, d->attr),
                            .group = d->all.tables->group,
                            .n_group = d->all.tables->n_group,
                            .readme = d->readme.s,
                            .campaign_text = d->text.s,
                            .n_rows = c->n_tasks,
                            .row = vt_row_fill,
                            .ctx = &d->src};
  return VT_OK;
}

static void describe_free(described *d)
{
  vt_buf_free(&d->text);
  vt_buf_free(&d->readme);
  vt__contents_free(&d->all);
}

vt_status vt__results_promised(vt_store *s, const vt_campaign *c, const vt_journal *j, const vt_fits *f, int *same,
                               vt_err *err)
{
  described d;
  *same = 0;
  vt_status rc = describe(c, j, f, &d, err);
  if (rc == VT_OK) rc = vt_store_promises(s, &d.spec, "/timing/assembled", same, err); /* when, not what */
  describe_free(&d);
  return rc;
}

/* ------------------------------------------------------------------ on all ranks */

/* The records of all results for the writers that have no index. */
static vt_status hand_over(vt_comm *comm, const vt_campaign *c, const vt_journal *j, vt_err *err)
{
  vt_status rc = VT_OK;
  const vt_rec **rec = NULL;
  vt_buf text = {0};
  int n = 0;
  VT_TRY_OUT(VT_NEW(rec, (size_t)c->n_tasks + 1, err), err, "results of %d tasks", c->n_tasks);
  for (int i = 0; i < c->n_tasks; i++) {
    rec[n] = vt_journal_result(j, &c->task[i].uid);
    n += rec[n] != NULL;
  }
  VT_TRY_OUT(vt_journal_tell(j, rec, n, &text, err), err, "results for the writers");
out:
  if (rc != VT_OK) text.len = 0; /* whoever waits must hear something */
  for (int r = 1; r < vt_store_writers(comm); r++) {
    const vt_status sent = vt_comm_hand(comm, r, &text, err);
    if (rc == VT_OK) rc = sent;
  }
  vt_buf_free(&text);
  vt_free(rec);
  return rc;
}

/* What a writer must know that is not the first rank: the datasets of rows, and where the results are. */
static vt_status describe_rows(vt_comm *comm, const vt_campaign *c, const char *journal, described *d, vt_journal **j,
                               vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL;
  vt_buf text = {0};
  *d = (described){.text = {0}};
  VT_TRY_OUT(vt_comm_take(comm, &text, err), err, "records of the results");
  if (text.len == 0) goto out; /* the first rank says why */
  VT_TRY_OUT(vt_journal_blank(j, journal, err), err, "journal");
  VT_TRY_OUT(vt_journal_hear(*j, text.s ? text.s : "", text.len, err), err, "records of the results");
  VT_TRY_OUT(vt_row_defs(c, &d->all.row, &d->all.n_rows, err), err, "datasets");
  VT_TRY_OUT(vt_calloc64(&p, (size_t)d->all.n_rows, sizeof *d->all.dset, err), err, "datasets");
  d->all.dset = p;
  for (int k = 0; k < d->all.n_rows; k++)
    VT_TRY_OUT(describe_row_dset(&d->all.row[k], c->n_tasks, &d->all.dset[k], err), err, "datasets");
  d->src = (vt_row_source){.c = c, .j = *j, .def = d->all.row, .n_def = d->all.n_rows};
  d->spec = (vt_store_spec){.dset = d->all.dset,
                            .n_dset = d->all.n_rows,
                            .rows_only = 1,
                            .n_rows = c->n_tasks,
                            .row = vt_row_fill,
                            .ctx = &d->src};
out:
  vt_buf_free(&text);
  return rc;
}

vt_status vt_results_assemble(vt_comm *comm, const vt_campaign *c, const char *journal, const vt_journal *j,
                              const vt_fits *f, const char *path, vt_err *err)
{
  described d = {.text = {0}};
  vt_journal *heard = NULL;
  const int rank = vt_comm_rank(comm);
  vt_status rc = vt_comm_agree(comm, rank == 0 ? describe(c, j, f, &d, err) : VT_OK, err);
  if (rc == VT_OK) {
    if (rank == 0)
      rc = hand_over(comm, c, j, err);
    else if (rank < vt_store_writers(comm))
      rc = describe_rows(comm, c, journal, &d, &heard, err);
    rc = vt_comm_agree(comm, rc, err);
  }
  if (rc == VT_OK) {
    rc = vt_store_assemble(comm, path, &d.spec, err);
    if (rc != VT_OK) (void)vt_err_wrap(err, rc, __FILE__, __LINE__, "assembling '%s'", path);
  }
  describe_free(&d);
  vt_journal_free(heard);
  return rc;
}
