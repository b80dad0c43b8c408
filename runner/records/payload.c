/* payload.c - result records out of the journal, checked against the layout that the plan promises. */
#include <stdlib.h>
#include <string.h>

#include <stdio.h>
#include <unistd.h>

#include "runner/records/records_impl.h"

static vt_status values_expected(const vt_plan *p, size_t *n, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int k;
  VT_PASS(vt_replica_layout(p, def, VT_MAX_ARRAYS, &k, err));
  *n = 0;
  for (int i = 0; i < k; i++) *n += vt_array_count(&def[i]);
  return VT_OK;
}

vt_status vt_results_load(const vt_journal *j, const vt_plan *p, vt_result_head *head, double **values, size_t *n,
                          vt_err *err)
{
  const vt_rec *r = vt_journal_result(j, &p->uid);
  *values = NULL;
  *n = 0;
  return r ? vt_record_result(j, r, p, head, values, n, err) : VT_OK;
}

int32_t vt_record_steps(const vt_plan *p)
{
  vt_plan full = *p;
  full.half_stage = VT_STAGE_NONE;
  return p->kind == VT_TASK_MD && p->protocol.version >= 2 ? (int32_t)vt_obs_produce_steps(&full) : 0;
}

int vt_record_has_length(const vt_journal *j, const vt_rec *r, const vt_plan *p)
{
  vt_result_head h;
  if (r->n < sizeof h || vt_journal_peek(j, r, &h, sizeof h, NULL) != VT_OK) return 1;
  return h.produce_steps == vt_record_steps(p);
}

vt_status vt_record_result(const vt_journal *j, const vt_rec *r, const vt_plan *p, vt_result_head *head,
                           double **values, size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  char *payload = NULL;
  void *v = NULL;
  vt_result_head h;
  char hex[65];
  size_t expected;
  *values = NULL;
  *n = 0;
  vt_uid_hex(&p->uid, hex);
  VT_TRY(values_expected(p, &expected, err), err, "layout of task %.12s", hex);
  VT_TRY(vt_journal_read(j, r, &payload, err), err, "result of task %.12s", hex);
  if (r->n < sizeof h)
    VT_FAIL_OUT(err, VT_ECORRUPT, "the result of task %.12s has only %llu bytes", hex, (unsigned long long)r->n);
  memcpy(&h, payload, sizeof h);
  if (h.version != VT_RESULT_VERSION && h.version != VT_RESULT_WITH_LAST)
    VT_FAIL_OUT(err, VT_EUNSUP, "the result of task %.12s has format %u, this program reads formats %d and %d", hex,
                h.version, VT_RESULT_VERSION, VT_RESULT_WITH_LAST);
  if (h.produce_steps != vt_record_steps(p))
    VT_FAIL_OUT(err, VT_EINVAL,
                "the result of task %.12s has a production of %d steps, the campaign asks for %d "
                "(protocol.produce.duration)",
                hex, h.produce_steps, vt_record_steps(p));
  const size_t behind = h.version == VT_RESULT_WITH_LAST ? vt__last_bytes(p->comp.n_atoms) : 0;
  if (h.n_values != expected || r->n != sizeof h + h.n_values * sizeof(double) + behind)
    VT_FAIL_OUT(err, VT_ECORRUPT, "the result of task %.12s holds %llu values, its plan promises %zu", hex,
                (unsigned long long)h.n_values, expected);
  VT_TRY_OUT(vt_calloc64(&v, expected, sizeof(double), err), err, "result of task %.12s", hex);
  memcpy(v, payload + sizeof h, expected * sizeof(double));
  if (head) *head = h;
  *values = v;
  *n = expected;
out:
  vt_free(payload);
  return rc;
}

vt_status vt_failure_load(const vt_journal *j, const vt_rec *r, vt_failure_head *out, vt_err *err)
{
  char *payload, hex[65];
  vt_uid_hex(&r->uid, hex);
  if (r->n < sizeof *out)
    VT_FAIL(err, VT_ECORRUPT, "the failure record of task %.12s has only %llu bytes", hex, (unsigned long long)r->n);
  VT_TRY(vt_journal_read(j, r, &payload, err), err, "failure record of task %.12s", hex);
  memcpy(out, payload, sizeof *out);
  vt_free(payload);
  if (out->version != VT_FAILURE_VERSION)
    VT_FAIL(err, VT_EUNSUP, "the failure record of task %.12s has format %u, this program reads format %d", hex,
            out->version, VT_FAILURE_VERSION);
  out->host[sizeof out->host - 1] = out->build_id[sizeof out->build_id - 1] = '\0';
  out->err.text[sizeof out->err.text - 1] = '\0';
  if (out->err.code <= VT_OK || out->err.code >= VT_STATUS_COUNT || out->stage < 0)
    VT_FAIL(err, VT_ECORRUPT, "the failure record of task %.12s has status %d, stage %d", hex, out->err.code,
            out->stage);
  return VT_OK;
}

typedef struct rung {
  const vt_rec *rec;
  int64_t height;
  int place; /* in the journal: of records of the same height the first counts */
} rung;

static int by_height(const void *a, const void *b)
{
  const rung *x = a, *y = b;
  if (x->height != y->height) return x->height < y->height ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

static vt_status gather(const vt_journal *j, const vt_uid *uid, rung **all, int *n, int *crashes, vt_err *err)
{
  int cap = 0;
  for (const vt_rec *r = vt_journal_failure(j, uid, 0); r; r = vt_journal_next_failure(j, r)) {
    vt_failure_head h;
    VT_PASS(vt_failure_load(j, r, &h, err));
    *crashes += h.crashed != 0;
    if (h.crashed || r->attempt < 0) continue;
    if (*n == cap) {
      cap = cap ? 2 * cap : 8;
      VT_TRY(VT_GROW(*all, *n, cap, err), err, "failed tries");
    }
    (*all)[*n] = (rung){.rec = r, .height = vt_retry_rung(r->attempt, r->half_stage), .place = *n};
    ++*n;
  }
  return VT_OK;
}

vt_status vt_record_ladder(const vt_journal *j, const vt_uid *uid, const vt_rec ***rec, int *n, int *crashes,
                           vt_err *err)
{
  rung *all = NULL;
  void *list = NULL;
  int n_all = 0;
  *rec = NULL;
  *n = *crashes = 0;
  vt_status rc = gather(j, uid, &all, &n_all, crashes, err);
  if (rc == VT_OK && n_all) rc = vt_calloc64(&list, (size_t)n_all, sizeof **rec, err);
  if (rc == VT_OK && n_all) {
    *rec = list;
    qsort(all, (size_t)n_all, sizeof *all, by_height);
    for (int i = 0; i < n_all; i++)
      if (i == 0 || all[i].height != all[i - 1].height) (*rec)[(*n)++] = all[i].rec;
  }
  vt_free(all);
  return rc;
}

vt_status vt_record_tries(const vt_journal *j, const vt_uid *uid, vt_tries *out, vt_err *err)
{
  const vt_rec **rec = NULL;
  *out = (vt_tries){0};
  VT_PASS(vt_record_ladder(j, uid, &rec, &out->failures, &out->crashes, err));
  vt_status rc = VT_OK;
  if (rec && out->failures) {
    const vt_rec *last = rec[out->failures - 1];
    rc = vt_failure_load(j, last, &out->last, err);
    out->attempt = last->attempt;
    out->half_stage = last->half_stage;
  }
  vt_free(rec);
  return rc;
}

int vt_record_n_failures(const vt_journal *j, const vt_uid *uid)
{
  vt_tries tries;
  return vt_record_tries(j, uid, &tries, NULL) == VT_OK ? tries.failures : -1;
}
