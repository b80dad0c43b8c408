/* observe.c - what the default observables cost a step at their default intervals. */
#include <string.h>

#include "engine/obs/obs.h"
#include "runner/bench/bench_impl.h"

static const double usual_dt_fs = 2; /* of the protocol's default */

/* Seconds a step of the clock, from as many samples as fit into a short time once the correlators have filled. */
static vt_status time_samples(vt_obs_set *set, vt_frame fr, int wall, double *s_step, vt_err *err)
{
  enum { MOST = 400 };
  const double most_s = 0.5;
  for (int pass = 0; pass < 2; pass++) { /* the first one fills */
    const double t0_s = vt__bench_clock_s(wall);
    const int64_t first = fr.step;
    double spent_s = 0;
    for (int n = 0; n < MOST && spent_s < most_s; n++) {
      const int64_t next = vt_obs_set_next(set, fr.step);
      VT_PASS(vt_obs_set_sample(set, &fr, err));
      fr.step += next;
      fr.time_ps += (double)next * usual_dt_fs * 1e-3;
      spent_s = vt__bench_clock_s(wall) - t0_s;
    }
    *s_step = spent_s / (double)(fr.step - first);
  }
  return VT_OK;
}

static void ask_for_defaults(vt_plan *p)
{
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o; o++) {
    if (!(*o)->doc.on_by_default) continue;
    vt_obs_request *r = &p->obs[p->n_obs++];
    *r = (vt_obs_request){.every_ps = (*o)->doc.every_ps};
    (void)snprintf(r->name, sizeof r->name, "%s", (*o)->doc.name);
    for (int k = 0; k < (*o)->doc.n_par; k++) r->par[k] = (*o)->doc.par[k].def;
  }
}

vt_status vt__bench_observables(const vt_composition *c, vt_md *md, int wall, double *s_step, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  vt_obs_set *set = NULL;
  VT_TRY(vt_calloc64(&block, 1, sizeof(vt_plan), err), err, "observables");
  vt_plan *p = block;
  p->kind = VT_TASK_MD;
  p->comp = *c;
  p->t_k = md->t_k;
  p->protocol.produce_ps = 1000;
  p->protocol.produce_dt_fs = usual_dt_fs;
  ask_for_defaults(p);
  vt_frame fr = vt_md_frame(md);
  fr.step = 0;
  fr.time_ps = 0;
  vt_cutoffs cut;
  vt_cutoffs_default(c, &cut);
  VT_TRY_OUT(vt_obs_set_open(&set, p, err), err, "observables");
  vt_obs_set_team(set, md->nl.team);
  VT_TRY_OUT(vt_obs_set_begin(set, &cut, err), err, "observables");
  VT_TRY_OUT(time_samples(set, fr, wall, s_step, err), err, "observables");
out:
  vt_obs_set_close(set);
  vt_free(block);
  return rc;
}
