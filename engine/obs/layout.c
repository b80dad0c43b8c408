#include <math.h>
#include <stdio.h>

#include "engine/obs/obs_impl.h"

/* ------------------------------------------------------------------ sampling clock
 *
 * Counted with the full time step and then doubled where the retry ladder halved the step of the produce stage, so
 * that such a task samples at the same times and has arrays of the same shape. */

static int64_t full_steps(double ps, double dt_fs)
{
  int64_t n = (int64_t)llround(ps * 1000 / dt_fs);
  return n < 1 ? 1 : n;
}

static int64_t full_every(const vt_plan *p, const vt_obs_request *r)
{
  return full_steps(r->every_ps, p->protocol.produce_dt_fs);
}

static int halved(const vt_plan *p) { return p->half_stage == VT_STAGE_PRODUCE; }

int64_t vt_obs_produce_steps(const vt_plan *p)
{
  return full_steps(p->protocol.produce_ps, p->protocol.produce_dt_fs) << halved(p);
}

int64_t vt_obs_every_steps(const vt_plan *p, const vt_obs_request *r) { return full_every(p, r) << halved(p); }

int64_t vt_obs_samples(const vt_plan *p, const vt_obs_request *r)
{
  return vt_obs_produce_steps(p) / vt_obs_every_steps(p, r) + 1;
}

double vt_obs_run_ps(const vt_plan *p) { return p->run_ps > 0 ? p->run_ps : p->protocol.produce_ps; }

int64_t vt__obs_run_samples(const vt_plan *p, const vt_obs_request *r)
{
  if (!(p->run_ps > p->protocol.produce_ps)) return vt_obs_samples(p, r);
  return (int64_t)llround(p->run_ps / vt__obs_sample_ps(p, r)) + 1;
}

double vt__obs_sample_ps(const vt_plan *p, const vt_obs_request *r)
{
  return (double)full_every(p, r) * p->protocol.produce_dt_fs * 1e-3;
}

/* ------------------------------------------------------------------ requests and frames */

vt_status vt__obs_check(const vt_obs_doc *doc, const vt_plan *p, const vt_obs_request *r, vt_err *err)
{
  const vt_protocol *q = &p->protocol;
  if (!(q->produce_dt_fs > 0) || !(q->produce_ps > 0) || !(q->produce_ps / q->produce_dt_fs < 1e9))
    VT_FAIL(err, VT_EINVAL, "%s: %g ps of production with a step of %g fs", doc->name, q->produce_ps, q->produce_dt_fs);
  if (p->run_ps > 0 && !(p->run_ps / q->produce_dt_fs < 1e9))
    VT_FAIL(err, VT_EINVAL, "%s: %g ps of production in pieces", doc->name, p->run_ps);
  if (p->half_stage < VT_STAGE_NONE || p->half_stage > VT_STAGE_PRODUCE)
    VT_FAIL(err, VT_EINVAL, "%s: half the time step in stage %d", doc->name, (int)p->half_stage);
  if (p->comp.n_species < 1 || p->comp.n_species > VT_MAX_SPECIES || p->comp.n_atoms < 1)
    VT_FAIL(err, VT_EINVAL, "%s: %d species, %d atoms", doc->name, (int)p->comp.n_species, (int)p->comp.n_atoms);
  for (int s = 0; s < p->comp.n_species; s++)
    if (p->comp.count[s] < 1)
      VT_FAIL(err, VT_EINVAL, "%s: species %d has %d atoms", doc->name, s, (int)p->comp.count[s]);
  const double hi_ps = fmax(doc->every_hi_ps, q->produce_dt_fs / 1000); /* one step, where steps are longer still */
  if (!(r->every_ps >= doc->every_lo_ps && r->every_ps <= hi_ps))
    VT_FAIL(err, VT_EINVAL, "%s: sampled every %g ps, expected %g to %g", doc->name, r->every_ps, doc->every_lo_ps,
            hi_ps);
  for (int i = 0; i < doc->n_par; i++)
    if (!(r->par[i] >= doc->par[i].lo && r->par[i] <= doc->par[i].hi))
      VT_FAIL(err, VT_EINVAL, "%s: %s is %g, expected %g to %g %s", doc->name, doc->par[i].name, r->par[i],
              doc->par[i].lo, doc->par[i].hi, doc->par[i].unit);
  return VT_OK;
}

int vt__obs_n_pairs(const vt_plan *p) { return p->comp.n_species * (p->comp.n_species + 1) / 2; }

vt_status vt__obs_check_frame(const vt_frame *fr, const vt_composition *c, vt_err *err)
{
  if (fr->n != c->n_atoms || fr->n_species != c->n_species)
    VT_FAIL(err, VT_EBUG, "a frame of %d atoms and %d species, expected %d and %d", fr->n, fr->n_species,
            (int)c->n_atoms, (int)c->n_species);
  return VT_OK;
}

/* ------------------------------------------------------------------ arrays */

VT_OBS_ARRAYS(VT_ARRAY_NAME_DEFINE)

vt_status vt__layout_add(vt__layout *l, const vt__array *a, int n, vt_err *err)
{
  for (int k = 0; k < n; k++, a++) {
    if (l->n >= l->cap) VT_FAIL(err, VT_EINVAL, "no room for array %s: the list holds %d", a->name->path, l->cap);
    vt_array_def d = {.n_dim = a->n_dim};
    (void)snprintf(d.name, sizeof d.name, "%s", a->name->path);
    (void)snprintf(d.unit, sizeof d.unit, "%s", a->unit);
    (void)snprintf(d.doc, sizeof d.doc, "%s", a->doc);
    (void)snprintf(d.source, sizeof d.source, "%s", a->source);
    for (int i = 0; i < a->n_dim; i++) {
      d.dim[i] = a->ax[i].len;
      d.axis[i] = a->ax[i].axis;
    }
    l->defs[l->n++] = d;
  }
  return VT_OK;
}
