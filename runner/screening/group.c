/* group.c - the glasses of one composition at one temperature: each on its own, then together. */
#include <math.h>

#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

/* What one task says on its own. */
static vt_status take_row(vt__part *f, int row, const vt_piece *p, vt_err *err)
{
  const int i = row - f->row;
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  VT_PASS(vt_replica_layout(p->plan, def, VT_MAX_ARRAYS, &n, err));
  VT_PASS(vt_tr_from_arrays(p->plan, VT_TR_FRAMEWORK, def, n, p->values, &f->transport[i], err));
  vt_tr_alkali(&p->plan->comp, &f->transport[i], &f->d_alkali[i], &f->d_alkali_se[i]);
  VT_PASS(vt_structure_from_arrays(p->plan, def, n, p->values, &f->structure[i], err));
  const double *volume = vt_array_find(def, n, p->values, &vt_a_equilibrate_volume, NULL);
  if (volume) f->volume_error[i] = volume[VT_VOLUME_ERROR];
  return VT_OK;
}

/* A production: its pieces, as many as have a result from the first on. */
typedef struct production {
  vt_plan plan[VT_MOST_PIECES];
  vt_piece piece[VT_MOST_PIECES];
  double *values[VT_MOST_PIECES];
  int n;
} production;

static void production_free(production *p)
{
  for (int k = 0; k < p->n; k++) vt_free(p->values[k]);
  p->n = 0;
}

static vt_status production_load(const vt_campaign *c, const vt_arrays_from *from, int row, int most, production *p,
                                 vt_err *err)
{
  p->n = 0;
  for (int k = 0; k < most; k++) {
    vt_array_def def[VT_MAX_ARRAYS];
    int n;
    size_t total = 0;
    VT_TRY(vt_campaign_plan(c, row + k, &p->plan[k], err), err, "plan of row %d", row + k);
    VT_TRY(from->load(from->ctx, row + k, &p->plan[k], &p->values[k], err), err, "row %d", row + k);
    if (!p->values[k]) return VT_OK;
    p->n++;
    VT_PASS(vt_replica_layout(&p->plan[k], def, VT_MAX_ARRAYS, &n, err));
    for (int a = 0; a < n; a++) total += vt_array_count(&def[a]);
    p->piece[k] = (vt_piece){.plan = &p->plan[k], .values = p->values[k], .n_values = total};
  }
  return VT_OK;
}

/* Every piece on its own, and all together: joined has n 0 values without a result. */
static vt_status production_take(const vt_campaign *c, const vt_arrays_from *from, vt__part *f, int row, int most,
                                 vt_structure_summary *whole, production *p, vt_joined *joined, vt_tr_input *in,
                                 vt_err *err)
{
  vt_status rc = VT_OK;
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  *joined = (vt_joined){.values = NULL};
  VT_TRY_OUT(production_load(c, from, row, most, p, err), err, "row %d", row);
  if (p->n == 0) return VT_OK;
  for (int k = 0; k < p->n; k++) VT_TRY_OUT(take_row(f, row + k, &p->piece[k], err), err, "row %d", row + k);
  VT_TRY_OUT(vt_pieces_join(p->piece, p->n, joined, err), err, "production of row %d", row);
  VT_TRY_OUT(vt_replica_layout(&joined->plan, def, VT_MAX_ARRAYS, &n, err), err, "production of row %d", row);
  VT_TRY_OUT(vt_structure_from_arrays(&joined->plan, def, n, joined->values, whole, err), err, "production of row %d",
             row);
  VT_TRY_OUT(vt_tr_input_from_arrays(&joined->plan, def, n, joined->values, in, err), err, "production of row %d", row);
out:
  production_free(p);
  return rc;
}

void vt__group_none(vt_group *g)
{
  const double no = (double)NAN;
  *g = (vt_group){.residence = {.slope = vt_no_mean(), .page_l = no, .page_z = no, .page_p = no, .page_p_exact = no}};
  vt_pool_none(&g->pool);
  for (int k = 0; k < VT_RES_CLASSES; k++) g->residence.ratio[k] = vt_no_mean();
}

/* Room for the glasses of a group. */
typedef struct room {
  vt_joined *joined; /* [n_glasses] */
  vt_tr_input *in;
  vt_pool_glass *each;
  double (*tau)[VT_RES_CLASSES], (*se)[VT_RES_CLASSES];
  int *row; /* of the glasses with a result */
  production *p;
  int n;
} room;

static void room_free(room *r)
{
  for (int i = 0; i < r->n; i++) vt_joined_free(&r->joined[i]);
  vt_free(r->joined);
  vt_free(r->in);
  vt_free(r->each);
  vt_free(r->tau);
  vt_free(r->se);
  vt_free(r->row);
  vt_free(r->p);
}

static vt_status room_for(size_t most, room *r, vt_err *err)
{
  *r = (room){0};
  VT_PASS(VT_NEW(r->joined, most, err));
  VT_PASS(VT_NEW(r->in, most, err));
  VT_PASS(VT_NEW(r->each, most, err));
  VT_PASS(VT_NEW(r->tau, most, err));
  VT_PASS(VT_NEW(r->se, most, err));
  VT_PASS(VT_NEW(r->row, most, err));
  return VT_NEW(r->p, 1, err);
}

vt_status vt__fits_group(const vt_campaign *c, const vt_arrays_from *from, int t, const int *md, vt__part *f,
                         vt_err *err)
{
  vt_status rc = VT_OK;
  room r;
  const int k = f->comp, first = t * c->n_glasses, pieces = vt_campaign_pieces(c, k, t).n;
  vt_group *out = &f->group[t];
  VT_TRY_OUT(room_for((size_t)c->n_glasses, &r, err), err, "glasses of '%s'", c->comp[k].name);
  for (int i = 0; i < c->n_glasses; i++) {
    vt_structure_summary *whole = &f->whole[first + i];
    if (md[first + i] < 0) continue;
    VT_TRY_OUT(production_take(c, from, f, md[first + i], pieces, whole, r.p, &r.joined[r.n], &r.in[r.n], err), err,
               "glass %d of '%s' at %g K", i, c->comp[k].name, c->t_k[t]);
    if (!r.joined[r.n].values) continue;
    r.row[r.n] = md[first + i];
    for (int q = 0; q < VT_RES_CLASSES; q++) {
      r.tau[r.n][q] = whole->tau[VT_CONTINUOUS][q].tau_ps;
      r.se[r.n][q] = whole->tau[VT_CONTINUOUS][q].se;
    }
    r.n++;
  }
  out->n_results = r.n;
  if (r.n == 0) goto out;
  VT_TRY_OUT(vt_pool_glasses(r.in, r.n, &out->pool, r.each, err), err, "glasses of '%s' at %g K", c->comp[k].name,
             c->t_k[t]);
  for (int i = 0; i < r.n; i++) f->of_pool[r.row[i] - f->row] = r.each[i];
  VT_TRY_OUT(vt_residence_trend((const double(*)[VT_RES_CLASSES])r.tau, (const double(*)[VT_RES_CLASSES])r.se, r.n,
                                &out->residence, err),
             err, "glasses of '%s' at %g K", c->comp[k].name, c->t_k[t]);
out:
  room_free(&r);
  return rc;
}
