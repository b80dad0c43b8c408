/* pieces.c - a production in pieces: what the next one begins with, and all of them as one run (T 6.14). */
#include <math.h>
#include <string.h>

#include "engine/replica/replica_impl.h"

static size_t pieces_values(const vt_array_def *defs, int n)
{
  size_t sum = 0;
  for (int k = 0; k < n; k++) sum += vt_array_count(&defs[k]);
  return sum;
}

/* How many values the result of a plan has. */
static vt_status result_values(const vt_plan *p, size_t *n, vt_err *err)
{
  vt_array_def *defs = NULL;
  int n_defs = 0;
  VT_PASS(VT_NEW(defs, VT_MAX_ARRAYS, err));
  vt_status rc = vt_replica_layout(p, defs, VT_MAX_ARRAYS, &n_defs, err);
  *n = rc == VT_OK ? pieces_values(defs, n_defs) : 0;
  vt_free(defs);
  return rc;
}

/* ------------------------------------------------------------------ going on */

/* cell[9], x[n][3], v[n][3]. */
static vt_status check_last(const vt_plan *p, const double *last, size_t n_last, vt_err *err)
{
  const size_t n = vt__replica_last_values(p);
  vt_cell cell;
  double hi[3][3];
  if (!last || n_last != n)
    VT_FAIL(err, VT_EINVAL, "how a piece ended takes %zu values, %zu given", n, last ? n_last : (size_t)0);
  for (size_t k = 0; k < n; k++)
    if (!isfinite(last[k])) VT_FAIL(err, VT_EINVAL, "how the piece ended: value %zu is %g", k, last[k]);
  memcpy(cell.h, last, sizeof cell.h);
  if (!vt_cell_inverse(&cell, hi) || !(vt_cell_volume(&cell) > 0))
    VT_FAIL(err, VT_EINVAL, "how the piece ended: its cell has the volume %g A^3", vt_cell_volume(&cell));
  return VT_OK;
}

vt_status vt_replica_continue(const vt_plan *p, const double *values, size_t n_values, const double *last,
                              size_t n_last, double **out, size_t *n_out, vt_err *err)
{
  size_t n_result = 0;
  *out = NULL;
  *n_out = 0;
  if (p->kind != VT_TASK_MD || p->protocol.version < 2)
    VT_FAIL(err, VT_EINVAL, "%s cannot be continued by another piece",
            p->kind != VT_TASK_MD ? "a glass" : "a production of protocol 1");
  VT_TRY(result_values(p, &n_result, err), err, "the piece before");
  if (!values || n_values != n_result)
    VT_FAIL(err, VT_EINVAL, "the result of a piece has %zu values, %zu given", n_result, values ? n_values : (size_t)0);
  VT_PASS(check_last(p, last, n_last, err));
  const size_t n_own = vt__replica_own_values(p), n = vt__replica_continued_values(p);
  VT_TRY(VT_NEW(*out, n, err), err, "what a piece begins with");
  memcpy(*out, values, n_own * sizeof *values);
  memcpy(*out + n_own, last, n_last * sizeof *last);
  *n_out = n;
  return VT_OK;
}

/* ------------------------------------------------------------------ joining */

void vt_joined_free(vt_joined *j)
{
  vt_free(j->values);
  *j = (vt_joined){0};
}

static vt_status check_piece(const vt_piece *piece, int i, double before_ps, vt_err *err)
{
  const vt_plan *p = piece[i].plan, *first = piece[0].plan;
  const double rounding = 1e-9;
  size_t n = 0;
  if (p->kind != VT_TASK_MD) VT_FAIL(err, VT_EINVAL, "a glass is no piece of a production");
  if ((p->piece > 1 ? p->piece : 1) != i + 1)
    VT_FAIL(err, VT_EINVAL, "piece %d stands where piece %d is expected", (int)(p->piece > 1 ? p->piece : 1), i + 1);
  if (i > 0 && !vt_uid_equal(&p->needs, &piece[i - 1].plan->uid))
    VT_FAIL(err, VT_EINVAL, "piece %d does not go on where piece %d ended", i + 1, i);
  if (!(fabs(p->before_ps - before_ps) <= rounding * (1 + before_ps)))
    VT_FAIL(err, VT_EINVAL, "piece %d begins after %g ps, those before it last %g ps", i + 1, p->before_ps, before_ps);
  if (vt_obs_run_ps(p) > p->protocol.produce_ps) VT_FAIL(err, VT_EINVAL, "piece %d is a joined run itself", i + 1);
  if (p->comp.n_species != first->comp.n_species || p->comp.n_atoms != first->comp.n_atoms || p->t_k != first->t_k ||
      p->protocol.version != first->protocol.version || p->protocol.produce_dt_fs != first->protocol.produce_dt_fs)
    VT_FAIL(err, VT_EINVAL, "piece %d is of another composition, temperature or protocol than the first", i + 1);
  VT_PASS(result_values(p, &n, err));
  if (!piece[i].values || piece[i].n_values != n)
    VT_FAIL(err, VT_EINVAL, "the result of piece %d has %zu values, expected %zu", i + 1,
            piece[i].values ? piece[i].n_values : (size_t)0, n);
  return VT_OK;
}

static vt_plan joined_plan(const vt_piece *piece, int n)
{
  vt_plan p = *piece[0].plan;
  if (n == 1) return p;
  p.run_ps = 0;
  for (int i = 0; i < n; i++) {
    p.protocol.produce_ps = fmax(p.protocol.produce_ps, piece[i].plan->protocol.produce_ps);
    p.run_ps += piece[i].plan->protocol.produce_ps;
  }
  return p;
}

vt_status vt_pieces_join(const vt_piece *piece, int n, vt_joined *out, vt_err *err)
{
  vt_status rc = VT_OK;
  double before_ps = 0;
  const vt_plan **plan = NULL;
  const double **values = NULL;
  vt_joined j = {0};
  *out = j;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "%d pieces to join", n);
  VT_TRY_OUT(VT_NEW(plan, n, err), err, "%d pieces", n);
  VT_TRY_OUT(VT_NEW(values, n, err), err, "%d pieces", n);
  for (int i = 0; i < n; i++) {
    VT_TRY_OUT(check_piece(piece, i, before_ps, err), err, "joining %d pieces of '%s'", n, piece[0].plan->comp.name);
    before_ps += piece[i].plan->protocol.produce_ps;
    plan[i] = piece[i].plan;
    values[i] = piece[i].values + vt__replica_own_values(plan[i]);
  }
  j.plan = joined_plan(piece, n);
  const size_t n_own = vt__replica_own_values(&j.plan);
  VT_TRY_OUT(result_values(&j.plan, &j.n_values, err), err, "joining %d pieces", n);
  VT_TRY_OUT(VT_NEW(j.values, j.n_values, err), err, "joining %d pieces", n);
  memcpy(j.values, piece[0].values, n_own * sizeof *j.values);
  VT_TRY_OUT(vt_obs_join(&j.plan, plan, values, n, j.values + n_own, err), err, "joining %d pieces", n);
  *out = j;
  j.values = NULL;
out:
  vt_free(j.values);
  vt_free(plan);
  vt_free(values);
  return rc;
}
