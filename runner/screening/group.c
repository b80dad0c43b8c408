/* group.c - the glasses of one composition at one temperature: each on its own, then together. */
#include <math.h>

#include "runner/screening/screening_impl.h"
#include "runner/telemetry/telemetry.h"

typedef struct glass {
  vt_plan plan;
  double *values;
} glass;

static vt_status group_take(vt_fits *f, int i, const glass *g, vt_tr_input *in, vt_err *err)
{
  vt_array_def def[VT_MAX_ARRAYS];
  int n;
  VT_PASS(vt_replica_layout(&g->plan, def, VT_MAX_ARRAYS, &n, err));
  VT_PASS(vt_tr_from_arrays(&g->plan, VT_TR_FRAMEWORK, def, n, g->values, &f->transport[i], err));
  vt_tr_alkali(&g->plan.comp, &f->transport[i], &f->d_alkali[i], &f->d_alkali_se[i]);
  VT_PASS(vt_structure_from_arrays(&g->plan, def, n, g->values, &f->structure[i], err));
  const double *volume = vt_array_find(def, n, g->values, &vt_a_equilibrate_volume, NULL);
  if (volume) f->volume_error[i] = volume[VT_VOLUME_ERROR];
  return vt_tr_input_from_arrays(&g->plan, def, n, g->values, in, err);
}

void vt__group_none(vt_group *g)
{
  const double no = (double)NAN;
  *g = (vt_group){.residence = {.slope = vt_no_mean(), .page_l = no, .page_z = no, .page_p = no, .page_p_exact = no}};
  vt_pool_none(&g->pool);
  for (int k = 0; k < VT_RES_CLASSES; k++) g->residence.ratio[k] = vt_no_mean();
}

vt_status vt__fits_group(const vt_campaign *c, const vt_arrays_from *from, int k, int t, vt_fits *f, vt_err *err)
{
  vt_status rc = VT_OK;
  void *p = NULL, *in_p = NULL, *tau_p = NULL, *se_p = NULL, *each_p = NULL;
  vt_group *out = &f->group[k * c->n_temp + t];
  const int *row = f->md + (ptrdiff_t)(k * c->n_temp + t) * c->n_glasses;
  const size_t most = (size_t)c->n_glasses;
  int n = 0;
  vt__group_none(out);
  VT_TRY_OUT(vt_calloc64(&p, most, sizeof(glass), err), err, "glasses of '%s'", c->comp[k].name);
  VT_TRY_OUT(vt_calloc64(&in_p, most, sizeof(vt_tr_input), err), err, "glasses of '%s'", c->comp[k].name);
  VT_TRY_OUT(vt_calloc64(&tau_p, most, sizeof(double[VT_RES_CLASSES]), err), err, "glasses of '%s'", c->comp[k].name);
  VT_TRY_OUT(vt_calloc64(&se_p, most, sizeof(double[VT_RES_CLASSES]), err), err, "glasses of '%s'", c->comp[k].name);
  VT_TRY_OUT(vt_calloc64(&each_p, most, sizeof(vt_pool_glass), err), err, "glasses of '%s'", c->comp[k].name);
  glass *g = p;
  vt_pool_glass *each = each_p;
  vt_tr_input *in = in_p;
  double(*tau)[VT_RES_CLASSES] = tau_p, (*se)[VT_RES_CLASSES] = se_p;
  for (int i = 0; i < c->n_glasses; i++) {
    VT_TRY_OUT(vt_campaign_plan(c, row[i], &g[n].plan, err), err, "plan of row %d", row[i]);
    VT_TRY_OUT(from->load(from->ctx, row[i], &g[n].plan, &g[n].values, err), err, "row %d", row[i]);
    if (!g[n].values) continue;
    VT_TRY_OUT(group_take(f, row[i], &g[n], &in[n], err), err, "row %d", row[i]);
    for (int q = 0; q < VT_RES_CLASSES; q++) {
      tau[n][q] = f->structure[row[i]].tau[VT_CONTINUOUS][q].tau_ps;
      se[n][q] = f->structure[row[i]].tau[VT_CONTINUOUS][q].se;
    }
    n++;
  }
  out->n_results = n;
  if (n == 0) goto out;
  VT_TRY_OUT(vt_pool_glasses(in, n, &out->pool, each, err), err, "glasses of '%s' at %g K", c->comp[k].name, c->t_k[t]);
  for (int i = 0, q = 0; i < c->n_glasses; i++)
    if (f->transport[row[i]].n_species > 0) f->of_pool[row[i]] = each[q++];
  VT_TRY_OUT(vt_residence_trend((const double(*)[VT_RES_CLASSES])tau, (const double(*)[VT_RES_CLASSES])se, n,
                                &out->residence, err),
             err, "glasses of '%s' at %g K", c->comp[k].name, c->t_k[t]);
out:
  for (size_t i = 0; p && i < most; i++) vt_free(((glass *)p)[i].values);
  vt_free(p);
  vt_free(in_p);
  vt_free(tau_p);
  vt_free(se_p);
  vt_free(each_p);
  return rc;
}
