/* load.c - the arrays behind the fits, out of the journal or out of a store. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runner/results/results_impl.h"
#include "runner/store/store.h"
#include "runner/telemetry/telemetry.h"

/* ------------------------------------------------------------------ from the journal */

typedef struct recorded {
  const vt_journal *j;
} recorded;

static vt_status from_journal(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  const recorded *r = ctx;
  size_t n;
  (void)i;
  return vt_results_load(r->j, p, NULL, values, &n, err);
}

vt_status vt_fits_from_journal(const vt_campaign *c, const vt_journal *j, vt_fits **out, vt_err *err)
{
  recorded r = {j};
  const vt_arrays_from from = {.ctx = &r, .load = from_journal};
  return vt_fits_make(c, &from, out, err);
}

/* ------------------------------------------------------------------ from the journal, on all ranks */

typedef struct divided {
  const vt_campaign *c;
  const char *journal;
  const vt_journal *j; /* rank 0 */
  vt_fits *f;          /* rank 0 */
} divided;

/* Which composition, and the records of its results. */
static vt_status fits_ask(void *ctx, int64_t i, vt_buf *question, vt_err *err)
{
  const divided *d = ctx;
  const vt_rec **rec = NULL;
  const int32_t comp = (int32_t)i;
  int first, n = 0;
  const int rows = vt_fits_rows(d->c, comp, &first);
  VT_TRY(VT_NEW(rec, (size_t)rows + 1, err), err, "results of '%s'", d->c->comp[comp].name);
  for (int k = first; k < first + rows; k++) {
    rec[n] = vt_journal_result(d->j, &d->c->task[k].uid);
    n += rec[n] != NULL;
  }
  vt_buf_add(question, &comp, sizeof comp);
  vt_status rc = vt_journal_tell(d->j, rec, n, question, err);
  vt_free(rec);
  return rc;
}

static vt_status fits_work(void *ctx, const char *question, size_t n, vt_buf *answer, vt_err *err)
{
  const divided *d = ctx;
  vt_journal *j = NULL;
  int32_t comp;
  if (n < sizeof comp) VT_FAIL(err, VT_EBUG, "a question of %zu bytes", n);
  memcpy(&comp, question, sizeof comp);
  if (comp < 0 || comp >= d->c->n_comp) VT_FAIL(err, VT_EBUG, "no composition %d", comp);
  VT_PASS(vt_journal_blank(&j, d->journal, err));
  recorded r = {j};
  const vt_arrays_from from = {.ctx = &r, .load = from_journal};
  vt_status rc = vt_journal_hear(j, question + sizeof comp, n - sizeof comp, err);
  if (rc == VT_OK) rc = vt_fits_part(d->c, &from, comp, answer, err);
  vt_journal_free(j);
  return rc;
}

static vt_status fits_take(void *ctx, int64_t i, const char *answer, size_t n, vt_err *err)
{
  const divided *d = ctx;
  return vt_fits_put(d->c, d->f, (int)i, answer, n, err);
}

vt_status vt_fits_shared(vt_comm *comm, const vt_campaign *c, const char *journal, const vt_journal *j, vt_fits **out,
                         vt_err *err)
{
  divided d = {.c = c, .journal = journal, .j = j};
  const int first = vt_comm_rank(comm) == 0;
  *out = NULL;
  vt_status rc = first ? vt_fits_begin(c, &d.f, err) : VT_OK;
  rc = vt_comm_agree(comm, rc, err);
  if (rc == VT_OK)
    rc = vt_comm_deal(
        comm, &(vt_deal){.ctx = &d, .n = c->n_comp, .ask = fits_ask, .work = fits_work, .take = fits_take}, err);
  if (rc == VT_OK) rc = vt_comm_agree(comm, first ? vt_fits_end(c, d.f, err) : VT_OK, err);
  if (rc == VT_OK) *out = d.f, d.f = NULL;
  vt_fits_free(d.f);
  return rc;
}

/* ------------------------------------------------------------------ from a store */

vt_status vt__any_potential(void *ctx, const char *kind, const char *path, vt_pot_facts *out, vt_err *err)
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
  reading.probe = vt__any_potential;
  reading.recorded = 1;
  reading.structures = NULL;
  VT_TRY_OUT(vt_store_read_text(s, "/campaign", &text, err), err, "campaign of '%s'", path);
  VT_TRY_OUT(vt_campaign_parse(text.s, text.len, path, ".", &reading, c, &diags, err), err,
             "the campaign text in '%s' (%s)", path, diags.n ? diags.d[0].text : "unreadable");
  VT_TRY_OUT(vt_campaign_resolve(*c, VT_SIMD_PORTABLE, err), err, "campaign of '%s'", path);
out:
  vt_buf_free(&text);
  vt_diags_free(&diags);
  return rc;
}

/* Large, and nothing here reads them. */
static int is_unread(const vt_array_def *d)
{
  static const vt_array_name *const name[] = {&vt_a_vanhove_lag_ps,      &vt_a_vanhove_r,      &vt_a_vanhove_self,
                                              &vt_a_vanhove_distinct,    &vt_a_charge_path_ps, &vt_a_charge_path,
                                              &vt_a_polyhedra_angle_deg, &vt_a_polyhedra_angle};
  for (size_t k = 0; k < sizeof name / sizeof *name; k++)
    if (vt_array_is(d, name[k])) return 1;
  return 0;
}

/* Of the arrays of glasses, what is read here. */
static int is_read_of_glasses(const vt_array_def *d)
{
  return vt_array_is(d, &vt_a_glass_quench) || vt_array_is(d, &vt_a_glass_melt_msd);
}

/* All rows of the datasets that MD tasks fill, of the quench and of the melt's displacement. */
typedef struct loaded {
  const vt_campaign *c;
  int64_t *done; /* [n_tasks] */
  vt_row_def *def;
  int n;
  double *all[2 * VT_MAX_ARRAYS]; /* per def; NULL: nothing here needs it */
} loaded;

static vt_status load_rows(vt_store *s, const vt_campaign *c, loaded *l, vt_err *err)
{
  VT_PASS(vt_row_defs(c, &l->def, &l->n, err));
  for (int k = 0; k < l->n; k++) {
    char path[96];
    size_t n, expected = vt_array_count(&l->def[k].def) * (size_t)c->n_tasks;
    const vt_array_def *d = &l->def[k].def;
    if (l->def[k].kind != VT_TASK_MD ? !is_read_of_glasses(d) : is_unread(d)) continue;
    vt_row_path(&l->def[k], path);
    VT_PASS(vt_store_read_f64(s, path, &l->all[k], &n, err));
    if (n != expected) VT_FAIL(err, VT_ECORRUPT, "dataset %s has %zu values, expected %zu", path, n, expected);
  }
  return VT_OK;
}

/* The task's own arrays out of row `i`, concatenated in layout order; what was not loaded is NaN. */
static vt_status gather_task(const loaded *l, int i, const vt_plan *p, double **values, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  size_t total = 0;
  void *v = NULL;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &n, err));
  for (int a = 0; a < n; a++) total += vt_array_count(&def[a]);
  VT_TRY(vt_calloc64(&v, total, sizeof(double), err), err, "arrays of row %d", i);
  double *at = v;
  for (int a = 0; a < n; a++) {
    int k = 0;
    while (k < l->n && (!l->all[k] || strcmp(l->def[k].def.name, def[a].name) != 0)) k++;
    if (k == l->n && p->kind == VT_TASK_MD && !is_unread(&def[a]))
      VT_FAIL_OUT(err, VT_EBUG, "array '%s' has no dataset", def[a].name);
    if (k < l->n) {
      double *row = l->all[k] + (size_t)i * vt_array_count(&l->def[k].def);
      VT_TRY_OUT(vt__row_copy(VT_ROW_GATHER, l->c, &p->comp, &def[a], &l->def[k].def, at, row, err), err, "array '%s'",
                 def[a].name);
    } else {
      for (size_t q = 0; q < vt_array_count(&def[a]); q++) at[q] = NAN;
    }
    at += vt_array_count(&def[a]);
  }
  *values = v;
  v = NULL;
out:
  vt_free(v);
  return rc;
}

static vt_status from_store(void *ctx, int i, const vt_plan *p, double **values, vt_err *err)
{
  const loaded *l = ctx;
  *values = NULL;
  return l->done[i] ? gather_task(l, i, p, values, err) : VT_OK;
}

vt_status vt_fits_from_store(const char *path, const vt_campaign_env *env, const vt_compare_asked *asked,
                             vt_campaign **c, vt_fits **out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_store *s = NULL;
  loaded l = {0};
  size_t n;
  *c = NULL;
  *out = NULL;
  rc = vt_store_check_sum(path, err); /* a store without a sum may have been copied from its folder */
  if (rc == VT_ECORRUPT) VT_TRY_OUT(rc, err, "the store is damaged: `vitrion repair` or the next run makes it again");
  VT_TRY_OUT(vt_store_open(&s, path, err), err, "store");
  rc = vt_store_check_digests(s, NULL, NULL, err); /* VT_EUNSUP: of a build without digests */
  if (rc != VT_EUNSUP)
    VT_TRY_OUT(rc, err, "the store contradicts its digests: `vitrion repair` or the next run makes it again");
  VT_TRY_OUT(campaign_of_store(s, path, env, c, err), err, "store");
  if (asked) vt_compare_ask(asked, &(*c)->compare);
  VT_TRY_OUT(vt_store_read_i64(s, "/tasks/done", &l.done, &n, err), err, "store '%s'", path);
  if (n != (size_t)(*c)->n_tasks)
    VT_FAIL_OUT(err, VT_ECORRUPT, "'%s' has %zu tasks, its campaign has %d", path, n, (*c)->n_tasks);
  l.c = *c;
  VT_TRY_OUT(load_rows(s, *c, &l, err), err, "store '%s'", path);
  const vt_arrays_from from = {.ctx = &l, .load = from_store};
  VT_TRY_OUT(vt_fits_make(*c, &from, out, err), err, "store '%s'", path);
out:
  for (int k = 0; k < l.n; k++) vt_free(l.all[k]);
  vt_free(l.def);
  vt_free(l.done);
  vt_store_close(s);
  return rc;
}
