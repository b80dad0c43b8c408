/* observe.c - what the default observables cost a step at their default intervals. */
#include <string.h>

#include "engine/obs/obs.h"
#include "runner/bench/bench_impl.h"

static const double usual_dt_fs = 2; /* of the protocol's default */

/* CPU seconds of one sample, from as many as fit into a short time once the correlators have filled. */
static vt_status time_samples(const vt_obs_ops *ops, void *self, vt_frame fr, int64_t every, double *cpu_s, vt_err *err)
{
  enum { MOST = 200 };
  const double most_s = 0.1;
  *cpu_s = 0;
  for (int pass = 0; pass < 2; pass++) { /* the first one fills */
    int n = 0;
    const double t0_s = vt_cpu_s();
    double spent_s = 0;
    while (n < MOST && spent_s < most_s) {
      VT_PASS(ops->sample(self, &fr, err));
      fr.step += every;
      fr.time_ps += (double)every * usual_dt_fs * 1e-3;
      n++;
      spent_s = vt_cpu_s() - t0_s;
    }
    *cpu_s = spent_s / n;
  }
  return VT_OK;
}

static vt_status time_observable(const vt_obs_ops *ops, vt_plan *p, const vt_frame *fr, double *cpu_s_step, vt_err *err)
{
  void *self = NULL;
  double cpu_s = 0;
  vt_obs_request *r = &p->obs[0];
  *r = (vt_obs_request){.every_ps = ops->doc.every_ps};
  (void)snprintf(r->name, sizeof r->name, "%s", ops->doc.name);
  for (int k = 0; k < ops->doc.n_par; k++) r->par[k] = ops->doc.par[k].def;
  vt_cutoffs cut;
  vt_cutoffs_default(&p->comp, &cut);
  VT_PASS(ops->open(p, r, &self, err));
  const int64_t every = vt_obs_every_steps(p, r);
  vt_status rc = ops->begin ? ops->begin(self, &cut, err) : VT_OK;
  if (rc == VT_OK) rc = time_samples(ops, self, *fr, every, &cpu_s, err);
  *cpu_s_step += cpu_s / (double)every;
  if (ops->close) ops->close(self);
  return rc;
}

vt_status vt__bench_observables(const vt_composition *c, vt_md *md, double *cpu_s_step, vt_err *err)
{
  vt_status rc = VT_OK;
  void *block = NULL;
  VT_TRY(vt_calloc64(&block, 1, sizeof(vt_plan), err), err, "observables");
  vt_plan *p = block;
  p->kind = VT_TASK_MD;
  p->comp = *c;
  p->t_k = md->t_k;
  p->protocol.produce_ps = 1000;
  p->protocol.produce_dt_fs = usual_dt_fs;
  p->n_obs = 1;
  vt_frame fr = vt_md_frame(md);
  fr.step = 0;
  fr.time_ps = 0;
  *cpu_s_step = 0;
  for (const vt_obs_ops *const *o = vt_obs_builtin; *o; o++)
    if ((*o)->doc.on_by_default)
      VT_TRY_OUT(time_observable(*o, p, &fr, cpu_s_step, err), err, "observable %s", (*o)->doc.name);
out:
  vt_free(block);
  return rc;
}
