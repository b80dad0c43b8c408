/* join.c - arrays of the pieces of a production as those of the whole (T 6.14).  What an array is a mean of, or whether
 * it is a sum, stands in a table beside its layout. */
#include <math.h>
#include <string.h>

#include "engine/obs/obs_impl.h"

enum { N_THIRDS = 3 };

double vt__join_samples(const vt__piece *p, const int at[VT_MAX_DIM], size_t e)
{
  (void)at, (void)e;
  return p->samples;
}

/* ------------------------------------------------------------------ where an element of a piece goes */

static void place_of(const vt_array_def *d, size_t e, int at[VT_MAX_DIM])
{
  for (int i = d->n_dim - 1; i >= 0; i--) {
    at[i] = (int)(e % (size_t)d->dim[i]);
    e /= (size_t)d->dim[i];
  }
}

/* The third of the whole in which the middle of a third of the piece lies. */
static int third_of(const vt__pieces *all, const vt__piece *p, int third)
{
  const double middle_ps = p->begins_ps + (third + 0.5) / N_THIRDS * p->plan->protocol.produce_ps;
  const int at = (int)(N_THIRDS * middle_ps / all->run_ps);
  return at < N_THIRDS ? at : N_THIRDS - 1;
}

/* Lags of a shorter piece are the first ones of a longer one's, on whichever axis; all else has one shape. */
static int fits_into(const vt_array_def *small, const vt_array_def *large)
{
  int fits = small->n_dim == large->n_dim;
  for (int i = 0; fits && i < small->n_dim; i++) fits = small->dim[i] <= large->dim[i];
  return fits;
}

static size_t element(const vt_array_def *d, const int at[VT_MAX_DIM])
{
  size_t e = 0;
  for (int i = 0; i < d->n_dim; i++) e = e * (size_t)d->dim[i] + (size_t)at[i];
  return e;
}

/* ------------------------------------------------------------------ one array */

/* weight[count]: of what is in out[] so far; -1: nothing was there yet. */
static void add_element(const vt__join_rule *rule, const vt__piece *p, const int at[VT_MAX_DIM], size_t e, double x,
                        double *out, double *weight)
{
  const double w = rule->how == VT__JOIN_MEAN ? rule->weight(p, at, e) : 1;
  if (*weight < 0) {
    *out = x;
    *weight = w > 0 ? w : 0;
  } else if (w > 0 && !(*weight > 0)) {
    *out = x;
    *weight = w;
  } else if (w > 0) {
    *weight += w;
    *out += rule->how == VT__JOIN_MEAN ? (x - *out) * (w / *weight) : x;
  }
}

static vt_status gather(const vt__pieces *all, const vt__join_rule *rule, int k, const vt_array_def *def, double *out,
                        vt_err *err)
{
  const size_t n = vt_array_count(def);
  double *weight = NULL;
  for (int i = 0; i < all->n; i++)
    if (!fits_into(&all->piece[i].def[k], def))
      VT_FAIL(err, VT_EINVAL, "%s of piece %d has another shape than that of the longest", def->name, i + 1);
  VT_TRY(VT_NEW(weight, n, err), err, "joining %s", def->name);
  for (size_t e = 0; e < n; e++) weight[e] = -1;
  for (int i = 0; i < all->n; i++) {
    const vt__piece *p = &all->piece[i];
    const size_t own = vt_array_count(&p->def[k]);
    for (size_t e = 0; e < own; e++) {
      int at[VT_MAX_DIM] = {0}, to[VT_MAX_DIM];
      place_of(&p->def[k], e, at);
      memcpy(to, at, sizeof to);
      if (rule->third) to[rule->third - 1] = third_of(all, p, at[rule->third - 1]);
      const size_t there = element(def, to);
      add_element(rule, p, at, e, p->values[k][e], &out[there], &weight[there]);
    }
  }
  for (size_t e = 0; e < n; e++)
    if (weight[e] < 0) out[e] = rule->how == VT__JOIN_SUM ? 0 : (double)NAN;
  vt_free(weight);
  return VT_OK;
}

static vt_status join_array(const vt__pieces *all, const vt__join_rule *rule, int k, const vt_array_def *def,
                            double *out, vt_err *err)
{
  const vt__piece *longest = &all->piece[all->longest];
  switch (rule->how) {
  case VT__JOIN_SUM:
  case VT__JOIN_MEAN:
    return gather(all, rule, k, def, out, err);
  case VT__JOIN_OWN:
    rule->own(all, k, def, out);
    return VT_OK;
  case VT__JOIN_SAME:
    break;
  }
  if (vt_array_count(&longest->def[k]) != vt_array_count(def))
    VT_FAIL(err, VT_EINVAL, "%s of the longest piece has another shape than the joined run", def->name);
  memcpy(out, longest->values[k], vt_array_count(def) * sizeof *out);
  return VT_OK;
}

/* ------------------------------------------------------------------ all of them */

/* The arrays of request `r` of one plan; *values moves behind them. */
static vt_status look_at(const vt_obs_ops *ops, const vt_plan *plan, int r, const double **values, vt__piece *p,
                         vt_err *err)
{
  p->plan = plan;
  p->request = &plan->obs[r];
  VT_PASS(ops->layout(plan, p->request, p->def, VT__JOIN_MOST, &p->n_arrays, err));
  p->samples = (double)vt_obs_samples(plan, p->request);
  for (int k = 0; k < p->n_arrays; k++) {
    p->values[k] = *values;
    *values += vt_array_count(&p->def[k]);
  }
  return VT_OK;
}

static vt_status join_observable(vt__pieces *all, int r, const double **values, double **out, vt_err *err)
{
  const vt_obs_ops *ops = vt_obs_find(all->joined->obs[r].name);
  vt_array_def def[VT__JOIN_MOST];
  int n_arrays = 0;
  if (!ops) VT_FAIL(err, VT_EINVAL, "there is no observable '%.16s'", all->joined->obs[r].name);
  all->request = &all->joined->obs[r];
  VT_PASS(ops->layout(all->joined, all->request, def, VT__JOIN_MOST, &n_arrays, err));
  for (int i = 0; i < all->n; i++) {
    VT_PASS(look_at(ops, all->piece[i].plan, r, &values[i], &all->piece[i], err));
    if (all->piece[i].n_arrays != n_arrays)
      VT_FAIL(err, VT_EINVAL, "piece %d has %d arrays of %s, expected %d", i + 1, all->piece[i].n_arrays, ops->doc.name,
              n_arrays);
  }
  if (n_arrays > ops->n_join) VT_FAIL(err, VT_EBUG, "%s does not say how its arrays are joined", ops->doc.name);
  for (int k = 0; k < n_arrays; k++) {
    VT_PASS(join_array(all, &ops->join[k], k, &def[k], *out, err));
    *out += vt_array_count(&def[k]);
  }
  return VT_OK;
}

vt_status vt_obs_join(const vt_plan *joined, const vt_plan *const *plan, const double *const *values, int n,
                      double *out, vt_err *err)
{
  vt_status rc = VT_OK;
  vt__pieces all = {.n = n, .joined = joined};
  const double **at = NULL;
  if (n < 1) VT_FAIL(err, VT_EINVAL, "%d pieces to join", n);
  VT_TRY_OUT(VT_NEW(all.piece, n, err), err, "%d pieces", n);
  VT_TRY_OUT(VT_NEW(at, n, err), err, "%d pieces", n);
  for (int i = 0; i < n; i++) {
    const double ps = plan[i]->protocol.produce_ps;
    all.piece[i].plan = plan[i];
    all.piece[i].begins_ps = all.run_ps;
    all.run_ps += ps;
    if (ps > plan[all.longest]->protocol.produce_ps) all.longest = i;
    at[i] = values[i];
    if (plan[i]->n_obs != joined->n_obs || memcmp(plan[i]->obs, joined->obs, sizeof joined->obs) != 0)
      VT_FAIL_OUT(err, VT_EINVAL, "piece %d has other observables than the first", i + 1);
  }
  for (int r = 0; r < joined->n_obs; r++)
    VT_TRY_OUT(join_observable(&all, r, at, &out, err), err, "joining %d pieces of '%s'", n, joined->comp.name);
out:
  vt_free(all.piece);
  vt_free(at);
  return rc;
}
