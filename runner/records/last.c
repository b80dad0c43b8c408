/* last.c - how an MD task ended, behind the values of its result. */
#include <string.h>

#include "runner/records/records_impl.h"

enum { CELL = 9 };

static size_t last_numbers(int n_atoms) { return CELL + (size_t)n_atoms * 6; }

size_t vt__last_bytes(int n_atoms) { return sizeof(vt_last_head) + last_numbers(n_atoms) * sizeof(double); }

vt_status vt_last_pack(const vt_last_head *h, const double *last, size_t n_last, void **bytes, size_t *n, vt_err *err)
{
  *bytes = NULL;
  *n = 0;
  if (h->n_atoms < 1 || n_last != last_numbers(h->n_atoms))
    VT_FAIL(err, VT_EINVAL, "a last frame of %zu numbers for %d atoms", n_last, h->n_atoms);
  VT_TRY(vt_calloc64(bytes, vt__last_bytes(h->n_atoms), 1, err), err, "the last frame");
  memcpy(*bytes, h, sizeof *h);
  memcpy((char *)*bytes + sizeof *h, last, n_last * sizeof *last);
  *n = vt__last_bytes(h->n_atoms);
  return VT_OK;
}

vt_status vt_record_last(const vt_journal *j, const vt_rec *r, const vt_plan *p, vt_last *out, int *there, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_result_head h;
  char *payload = NULL, hex[65];
  const size_t n = vt__last_bytes(p->comp.n_atoms), n_vec = (size_t)p->comp.n_atoms * 3 * sizeof(double);
  *out = (vt_last){.x = NULL};
  *there = 0;
  vt_uid_hex(&p->uid, hex);
  VT_TRY(vt_journal_read(j, r, &payload, err), err, "result of task %.12s", hex);
  if (r->n < sizeof h) VT_FAIL_OUT(err, VT_ECORRUPT, "the result of task %.12s ends within its head", hex);
  memcpy(&h, payload, sizeof h);
  if (h.version != VT_RESULT_WITH_LAST) goto out;
  if (h.n_values > r->n / sizeof(double) || r->n != sizeof h + h.n_values * sizeof(double) + n)
    VT_FAIL_OUT(err, VT_ECORRUPT, "the result of task %.12s has %llu bytes, which do not fit %d atoms", hex,
                (unsigned long long)r->n, p->comp.n_atoms);
  const char *at = payload + sizeof h + h.n_values * sizeof(double);
  memcpy(&out->head, at, sizeof out->head);
  if (out->head.version != VT_LAST_VERSION || out->head.n_atoms != p->comp.n_atoms)
    VT_FAIL_OUT(err, VT_ECORRUPT, "the last frame of task %.12s has version %u and %d atoms, expected %d and %d", hex,
                out->head.version, out->head.n_atoms, VT_LAST_VERSION, p->comp.n_atoms);
  VT_TRY_OUT(VT_NEW(out->x, 2 * (size_t)p->comp.n_atoms, err), err, "last frame of task %.12s", hex);
  out->v = out->x + p->comp.n_atoms;
  at += sizeof out->head;
  memcpy(out->cell, at, sizeof out->cell);
  memcpy(out->x, at + sizeof out->cell, 2 * n_vec);
  *there = 1;
out:
  if (rc != VT_OK) vt_last_free(out);
  vt_free(payload);
  return rc;
}

void vt_last_free(vt_last *l)
{
  vt_free(l->x);
  *l = (vt_last){.x = NULL};
}

static vt_status begin_after_piece(const vt_journal *j, const vt_plan *p, double *values, size_t n_values, double **out,
                                   size_t *n, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_last l;
  int there = 0;
  double *last = NULL;
  char hex[65];
  const size_t n_vec = (size_t)p->comp.n_atoms * 3, n_last = 9 + 2 * n_vec;
  vt_uid_hex(&p->uid, hex);
  VT_PASS(vt_record_last(j, vt_journal_result(j, &p->uid), p, &l, &there, err));
  if (!there)
    VT_FAIL_OUT(err, VT_ETASK,
                "the result of task %.12s is of an older build, which did not keep how it ended: it "
                "cannot be continued",
                hex);
  VT_TRY_OUT(VT_NEW(last, n_last, err), err, "last frame of task %.12s", hex);
  memcpy(last, l.cell, sizeof l.cell);
  memcpy(last + 9, l.x, n_vec * sizeof *last);
  memcpy(last + 9 + n_vec, l.v, n_vec * sizeof *last);
  rc = vt_replica_continue(p, values, n_values, last, n_last, out, n, err);
out:
  vt_free(last);
  vt_last_free(&l);
  return rc;
}

vt_status vt_record_begin(const vt_journal *j, const vt_plan *before, double **values, size_t *n, vt_err *err)
{
  double *own = NULL;
  size_t n_own = 0;
  *values = NULL;
  *n = 0;
  VT_PASS(vt_results_load(j, before, NULL, &own, &n_own, err));
  if (!own || before->kind == VT_TASK_GLASS) {
    *values = own;
    *n = n_own;
    return VT_OK;
  }
  vt_status rc = begin_after_piece(j, before, own, n_own, values, n, err);
  vt_free(own);
  return rc;
}
