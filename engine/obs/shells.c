/* shells.c - where coordination shells end in this task, from g(r) of its own equilibration (T 6.6). */
#include <math.h>
#include <string.h>

#include "engine/obs/obs_impl.h"

static const double stand_in = 1.35; /* bond lengths, where g(r) shows no minimum */

struct vt_shells {
  vt_plan plan; /* the composition; the rest only satisfies the observable */
  void *rdf;
  int64_t n_samples;
  int n_bins;
  double *r, *g; /* [n_bins], [pair][n_bins] */
};

static vt_obs_request request(void)
{
  vt_obs_request q = {.name = "rdf", .every_ps = vt__obs_rdf.doc.every_ps};
  for (int k = 0; k < vt__obs_rdf.doc.n_par; k++) q.par[k] = vt__obs_rdf.doc.par[k].def;
  return q;
}

vt_status vt_shells_open(vt_shells **out, const vt_composition *c, vt_err *err)
{
  vt_status rc = VT_OK;
  vt_shells *s = NULL;
  vt_array_def defs[2];
  int n_defs;
  const vt_obs_request q = request();
  *out = NULL;
  VT_TRY_OUT(VT_NEW(s, 1, err), err, "shells");
  s->plan.comp = *c;
  s->plan.protocol.produce_ps = s->plan.protocol.produce_dt_fs = 1;
  VT_TRY_OUT(vt__obs_rdf.layout(&s->plan, &q, defs, 2, &n_defs, err), err, "shells");
  s->n_bins = defs[0].dim[0];
  VT_TRY_OUT(vt__obs_rdf.open(&s->plan, &q, &s->rdf, err), err, "shells");
  VT_TRY_OUT(VT_NEW(s->r, vt_array_count(&defs[0]) + vt_array_count(&defs[1]), err), err, "shells");
  s->g = s->r + s->n_bins;
  *out = s, s = NULL;
out:
  vt_shells_close(s);
  return rc;
}

vt_status vt_shells_sample(vt_shells *s, const vt_frame *fr, vt_err *err)
{
  s->n_samples++;
  return vt__obs_rdf.sample(s->rdf, fr, err);
}

void vt_cutoffs_default(const vt_composition *c, vt_cutoffs *out)
{
  *out = (vt_cutoffs){.n_species = c->n_species};
  for (int i = 0; i < c->n_species; i++)
    for (int j = 0; j < c->n_species; j++) out->r[i][j] = stand_in * vt_comp_bond_length(c, i, j);
}

vt_status vt_shells_cutoffs(vt_shells *s, vt_cutoffs *out, vt_err *err)
{
  const int n = s->plan.comp.n_species;
  double *arrays[2] = {s->r, s->g};
  vt_cutoffs_default(&s->plan.comp, out);
  if (s->n_samples == 0) return VT_OK;
  VT_PASS(vt__obs_rdf.finish(s->rdf, arrays, err));
  for (int i = 0; i < n; i++)
    for (int j = i; j < n; j++) {
      double peak, minimum;
      if (!vt_first_shell(s->n_bins, s->r, s->g + (ptrdiff_t)vt_pair_index(i, j, n) * s->n_bins, &peak, &minimum))
        continue;
      out->r[i][j] = out->r[j][i] = minimum;
      out->measured[i][j] = out->measured[j][i] = 1;
    }
  return VT_OK;
}

size_t vt_shells_state_size(const vt_shells *s) { return sizeof s->n_samples + vt__obs_rdf.state_size(s->rdf); }

void vt_shells_save(const vt_shells *s, void *bytes)
{
  memcpy(bytes, &s->n_samples, sizeof s->n_samples);
  vt__obs_rdf.save(s->rdf, (char *)bytes + sizeof s->n_samples);
}

vt_status vt_shells_load(vt_shells *s, const void *bytes, size_t n, vt_err *err)
{
  if (n != vt_shells_state_size(s))
    VT_FAIL(err, VT_ECORRUPT, "state of the shells: %zu bytes, expected %zu", n, vt_shells_state_size(s));
  memcpy(&s->n_samples, bytes, sizeof s->n_samples);
  return vt__obs_rdf.load(s->rdf, (const char *)bytes + sizeof s->n_samples, n - sizeof s->n_samples, err);
}

void vt_shells_close(vt_shells *s)
{
  if (!s) return;
  vt__obs_rdf.close(s->rdf);
  vt_free(s->r);
  vt_free(s);
}
